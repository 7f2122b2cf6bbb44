"""The text of a first policy.toml: every threshold as a comment, with what it is, its unit, its source and its default."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crmlib.vocabulary.language import _, beside
from crmlib.vocabulary.policy import Policy, Tiers, sections


def text(head: Sequence[str], cuts: Tiers | None) -> str:
    """`head` as comments, then every section; the cuts of `cuts` in force where they are given, all else commented out."""
    default = Policy.model_validate({})
    lines = [f"# {line}" for line in head]
    for name, section in sections().items():
        lines += ["", "", f"[{name}]"]
        for key, setting in section.model_fields.items():
            extra = setting.json_schema_extra
            assert isinstance(extra, dict)
            was = getattr(getattr(default, name), key)
            now = getattr(cuts, key) if cuts is not None and name == "tiers" else was
            lines += ["", f"# {_said(str(setting.description), str(extra['unit']), str(extra['source']))}"]
            lines.append(
                _line(key, was, now, in_force=now != was or (name == "tiers" and cuts is not None and key in CUTS))
            )
    return "\n".join(lines) + "\n"


CUTS = (
    "frozen_on", "high_value_from", "growth_from", "potential_from", "recency_cuts_days", "frequency_cuts", "monetary_cuts",
)  # fmt: skip
"""The cuts that are frozen and dated."""


def _said(says: str, unit: str, source: str) -> str:
    """What a threshold is, in which unit, and where it comes from; company.toml alone says which currency money is in."""
    unit = _("the company's currency") if unit == "money" else unit
    origin = source if re.fullmatch(r"D\d{3}", source) else _("the house's own")
    return _("{says} ({source})").format(says=_(says), source=beside(part for part in (unit, origin) if part))


def _line(key: str, was: Any, now: Any, *, in_force: bool) -> str:
    if in_force:
        note = "" if now == was else f"    # {_('default: {value}').format(value=value(was))}"
        return f"{key} = {value(now)}{note}"
    if was is None:
        return f"# {key} = 0    # {_('not set')}"
    return f"# {key} = {value(was)}"


def value(given: Any) -> str:
    """A setting as TOML writes it, in one line."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, date):
        return given.isoformat()
    if isinstance(given, str):
        return json.dumps(given, ensure_ascii=False)
    if isinstance(given, Mapping):
        parts = ", ".join(
            f"{k if re.fullmatch('[A-Za-z0-9_-]+', k) else json.dumps(k)} = {value(v)}" for k, v in given.items()
        )
        return f"{{ {parts} }}" if parts else "{}"
    if isinstance(given, (list, tuple)):
        return "[" + ", ".join(value(v) for v in given) + "]"
    return repr(given)
