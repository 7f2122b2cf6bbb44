"""Days as people and spreadsheets write them into a list that we know: 05/12/2017, 12月7日, 8 Dec, 46329. Nothing is guessed.

The day near which they must lie tells the year where none is written, and in which order day and month stand where only one of
the two orders gives a day from then on, within a year. What is left open, or is no day at all (昨天), is for a person to mend.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache

from babel.dates import get_day_names, get_month_names

SPOKEN = ("en", "de", "fr", "es", "it", "pt", "nl")
"""Languages whose names of months and days are understood."""
WITHIN = 366
"""Days after the proposal within which something was done."""
_WIDE = {c + 0xFEE0: c for c in range(0x21, 0x7F)} | {0x3000: 0x20}
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?")
_DIGITS = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_SHORT = re.compile(r"(\d{1,2})([-/.])(\d{1,2})(?:\2(\d{4}|\d{2})?)?")
_CHINESE = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]")
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[.\s-]*([^\W\d_]{3,})|([^\W\d_]{3,})[.\s-]*(\d{1,2})(?:st|nd|rd|th)?)\.?(?:[,.\s-]+(\d{4}|\d{2}))?"
)
_CLOCK = re.compile(
    r"(?:[T\s]+|(?<=日))(?P<half>上午|下午|中午|早上|晚上)?\s*(?P<h>\d{1,2})[:时点](?P<m>\d{2})?分?(?::?(?P<s>\d{2})秒?(?:\.\d+)?)?"
    r"\s*(?P<noon>[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?$"
)
_CHINESE_WEEKDAY = re.compile(r"[(\s]*(?:星期|周)[一二三四五六日天][)\s]*")


def order(cells: Sequence[str]) -> str:
    """ "day" or "month", whichever stands first in these days; empty where they do not tell."""
    firsts = seconds = 0
    for cell in cells:
        if (met := _SHORT.match(plain(cell))) and met.group(2) != ".":
            firsts += int(met.group(1)) > 12
            seconds += int(met.group(3)) > 12
    return "day" if firsts > seconds == 0 else "month" if seconds > firsts == 0 else ""


def iso(cell: str, order: str, near: str | None, day_0: str) -> str:
    """A day, and its time where one is told, in ISO form; empty where it is none, or could be two. `near` is the day from which
    on it lies, in ISO form; `day_0` that from which a workbook counts.
    """
    text = plain(cell)
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return (date.fromisoformat(day_0) + timedelta(days=int(float(text)))).isoformat()
    text, clock = _clock(text)
    found = sorted({day for parts in _parts(text, order) if (day := _whole(*parts, near))})
    inside = [day for day in found if _near(day, near)] if len(found) > 1 else found
    return f"{inside[0]} {clock}".strip() if len(inside) == 1 else ""


def plain(cell: str) -> str:
    """A cell in signs of usual width, without the name of a weekday."""
    text = _CHINESE_WEEKDAY.sub(" ", cell.translate(_WIDE)).strip()
    first, _comma, rest = text.partition(" ")
    return rest.strip() if first.rstrip(".,").casefold() in _weekdays() else text


def _clock(text: str) -> tuple[str, str]:
    met = _CLOCK.search(text)
    if not met:
        return text, ""
    hour, half = int(met["h"]), met["half"] or (met["noon"] or "").lower()[:1]
    if half in ("下午", "晚上", "p") and hour < 12:
        hour += 12
    hour = 0 if half in ("a", "上午") and hour == 12 else hour
    minute, second = int(met["m"] or 0), int(met["s"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return text, ""
    return text[: met.start()].strip(), f"{hour:02}:{minute:02}" + (f":{second:02}" if met["s"] else "")


_Parts = tuple[str | None, int, int]


def _parts(text: str, order: str) -> list[_Parts]:
    """Year (None: not told), month and day, in each way in which the text can be read."""
    if met := _YEAR_FIRST.fullmatch(text) or _DIGITS.fullmatch(text):
        return [(met.group(1), int(met.group(2)), int(met.group(3)))]
    if met := _CHINESE.fullmatch(text):
        return [(None, int(met.group(1)), int(met.group(2)))]
    if met := _SHORT.fullmatch(text):
        one, sign, other, year = met.groups()
        ways = [(year, int(other), int(one)), (year, int(one), int(other))]
        return ways[:1] if sign == "." or order == "day" else ways[1:] if order == "month" else ways
    if met := _NAMED.fullmatch(text):
        day, before, after, other, year = met.groups()
        return [(year, _months().get((before or after).casefold(), 0), int(day or other))]
    return []


def _whole(year: str | None, month: int, day: int, near: str | None) -> str:
    """The day in ISO form, where there is no year the first one from `near` on; empty where there is no such day."""
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day).isoformat()
        begin = date.fromisoformat(near or "")
    except ValueError:
        return ""
    for y in (begin.year, begin.year + 1):
        try:
            if (found := date(y, month, day)) >= begin:
                return found.isoformat()
        except ValueError:
            continue
    return ""


def _near(day: str, near: str | None) -> bool:
    if not near:
        return True
    begin = date.fromisoformat(near)
    return begin <= date.fromisoformat(day) <= begin + timedelta(days=WITHIN)


@cache
def _months() -> Mapping[str, int]:
    found: dict[str, int] = {}
    for language in SPOKEN:
        for width in ("wide", "abbreviated"):
            for month, name in get_month_names(width, locale=language).items():
                found.setdefault(name.rstrip(".").casefold(), month)
    return found | {"sept": 9}


@cache
def _weekdays() -> frozenset[str]:
    widths = ("wide", "abbreviated")
    return frozenset(
        name.rstrip(".").casefold() for w in widths for s in SPOKEN for name in get_day_names(w, locale=s).values()
    )
