"""Customer-relationship training and review: vocabulary, data, measures, show, run (imports go down these floors only)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crmlib.vocabulary.errors import CrmlibError

if TYPE_CHECKING:
    from crmlib.facts.opening import open
    from crmlib.vocabulary.policy import Policy

__version__ = "0.1.0"
__all__ = ["CrmlibError", "Policy", "__version__", "open"]

_ELSEWHERE = {"Policy": "crmlib.vocabulary.policy", "open": "crmlib.facts.opening"}
"""Names of the front door, with the module each is loaded from when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_ELSEWHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
