"""What to say, in our own words and both languages: `datasets/scripts.csv`, by reason, tier, purpose and channel (D065, D079)."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from crmlib.vocabulary.shipping import shipped

ANY, INSIGHT = "any", "insight"
TALK = ("", "phone", "face_to_face", "sales_rep", "store", "club")
"""Channels over which one talks, the one that is yours to choose among them; over the others one writes."""
LONGEST = 4000
"""Characters that a script may have; what WeCom takes is counted in bytes (`run.wecom`)."""
_FACT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Script:
    """One script: its reasons (`any`: all), tier, purpose and way of contact (`talk` or `written`), its texts by language."""

    reasons: frozenset[str]
    tier: str
    purpose: str
    channel: str
    texts: dict[str, str]

    @property
    def facts(self) -> frozenset[str]:
        """What must be known of the customer to say it."""
        return frozenset(fact for text in self.texts.values() for fact in _FACT.findall(text))

    def fits(self, reason: str, tier: str, channel: str, known: Collection[str]) -> bool:
        """Whether it may be said for this reason to a customer of this tier, of whom these facts are known."""
        way = "talk" if channel in TALK else "written"
        return (
            (reason in self.reasons or (ANY in self.reasons and reason != INSIGHT))
            and self.tier in (tier, ANY)
            and self.channel in (way, ANY)
            and self.facts <= set(known)
        )


@cache
def scripts() -> tuple[Script, ...]:
    """All scripts, those first that say most: for the reason itself, for the tier, with the most facts."""
    with shipped("datasets/scripts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [
        Script(
            frozenset(row["reason"].split()),
            row["tier"],
            row["purpose"],
            row["channel"],
            {name: text for name, text in row.items() if name not in ("reason", "tier", "purpose", "channel") and text},
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda s: (ANY in s.reasons, s.tier == ANY, s.channel == ANY, -len(s.facts))))


def chosen(reason: str, tier: str, channel: str, known: Collection[str], language: str) -> str:
    """The text of the first script that fits, its facts still in braces; empty where the language has none."""
    return next(
        (s.texts[language] for s in scripts() if language in s.texts and s.fits(reason, tier, channel, known)), ""
    )
