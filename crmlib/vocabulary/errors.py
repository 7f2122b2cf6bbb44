"""What can go wrong and a person can mend, told in one line; any other exception is a fault of this program."""

from __future__ import annotations

from importlib.util import find_spec

EXTRAS = {
    "notebooks": (
        "cryptography", "ipywidgets", "jinja2", "jupyterlab", "nbconvert", "noto_cjk_sans_otc", "papermill", "psutil", "seaborn",
    ),
    "publish": ("voila",),
    "databases": ("psycopg",),
    "spark": ("pyspark",),
    "class": ("nbgrader",),
}  # fmt: skip
"""Extras of the package, with the modules each one brings beside the core."""


class CrmlibError(Exception):
    """Something to mend in what was given; the message is one line that says what and where."""


class MissingExtraError(CrmlibError):
    """Packages that only some installations have; one line that says how to get them."""


def require(*extras: str) -> None:
    """Raises `MissingExtraError` where a package of one of the `extras` is not installed."""
    for extra in extras:
        missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
        if missing:
            raise MissingExtraError(f"this needs {', '.join(missing)}; install with: pip install 'crmlib[{extra}]'")
