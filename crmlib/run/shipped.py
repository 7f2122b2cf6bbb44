"""Ready mappings that come with the library, copied into a folder of one's own."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.policy import closest
from crmlib.vocabulary.shipping import CHECKOUT as CHECKOUT
from crmlib.vocabulary.shipping import PACKAGE as PACKAGE
from crmlib.vocabulary.shipping import shipped as shipped

MADE = ("tables", ".crmlib", ".lock", "__pycache__", ".ipynb_checkpoints")
"""What a checkout makes for itself and nobody is given; a company's key above all."""
MAPPING = ("company.toml", "policy.toml")


class ShippedError(CrmlibError):
    """A name that does not come with the library, or a place that is taken; one line."""


def copy_mapping(name: str, into: Path, *, force: bool = False) -> Path:
    """The ready mapping `name` written as `company.toml` and `policy.toml` into a folder. Raises `ShippedError`."""
    known = sorted(p.parent.name for p in shipped("datasets/companies").glob("*/company.toml"))
    if name not in known:
        raise ShippedError(f"no ready mapping {name!r}{closest(name, known)} (there are: {', '.join(known)})")
    if not into.is_dir():
        raise ShippedError(f"{into}: no such folder; give the folder that holds the exported files")
    taken = [file for file in MAPPING if (into / file).exists()]
    if taken and not force:
        raise ShippedError(f"{into / taken[0]}: already there; correct it by hand, or say --force to write it anew")
    for file in MAPPING:
        copyfile(shipped(f"datasets/companies/{name}/{file}"), into / file)
    return into / "company.toml"
