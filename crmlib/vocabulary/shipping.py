"""Where what comes with the library lies: beside the package in a checkout, inside it where a wheel was installed."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("crmlib")))
INSIDE = PACKAGE / "shipped"
"""Where pyproject.toml has the wheel put `chapters`, `exercises` and `datasets`."""
CHECKOUT = None if INSIDE.exists() else PACKAGE.parent


def shipped(name: str) -> Path:
    """The folder or file `name`, such as chapters or datasets/teaching: to be read, and written only in a checkout."""
    return (CHECKOUT or INSIDE) / name
