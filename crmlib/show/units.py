"""Numbers as people write them, read with their unit, and how closely an answer has to agree."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, Final, Literal

from crmlib.vocabulary.language import N_

Unit = Literal["share", "points", "money", "count", "ratio", "days"]
UNITS: Final[dict[Unit, str]] = {
    "share": N_("a share between 0 and 1, such as 0.123 or 12.3%"),
    "points": N_("a difference of two shares, such as 0.045 or 4.5%"),
    "money": N_("an amount of money, to the unit"),
    "count": N_("a whole number"),
    "ratio": N_("a ratio, to three decimals"),
    "days": N_("days, to one decimal"),
}
"""What an answer is expected as, by unit."""
WRITTEN: Final = re.compile(
    r"(?P<sign>-?)(?P<number>\d+(,\d{3})*(\.\d*)?|\.\d+)(e(?P<power>-?\d+))?(?P<suffix>%|k|m|千|万|亿)?"
)
DROPPED: Final = re.compile(r"cny|rmb|eur|usd|元|人民币|[¥€$£\s]|days?|天|人|位|个|单|customers?|orders?")
FACTORS: Final = {"%": 0.01, "k": 1e3, "m": 1e6, "千": 1e3, "万": 1e4, "亿": 1e8}


@dataclass(frozen=True)
class Read:
    """A number that was given, and whether a percent sign came with it."""

    value: float
    percent: bool = False


def read(given: Any) -> Read | None:
    """The number that somebody gave, as a number or as text ("12.3 %", "1,234", "1.2万"); None where it is none."""
    if isinstance(given, str):
        text = DROPPED.sub("", unicodedata.normalize("NFKC", given).lower().replace("−", "-"))
        found = WRITTEN.fullmatch(text)
        if not found:
            return None
        power = int(found["power"] or 0)
        if abs(power) > 30:
            return None
        value = float(found["number"].replace(",", "")) * 10.0**power * FACTORS.get(found["suffix"] or "", 1.0)
        return Read(-value if found["sign"] else value, found["suffix"] == "%")
    if isinstance(given, bool) or type(given).__name__ == "bool" or not isinstance(given, (Real, Decimal)):
        return None
    value = float(given)
    return Read(value) if math.isfinite(value) else None


def tolerance(unit: Unit, right: float) -> float:
    """How far an answer may be off: half of the last digit that is asked for."""
    return {
        "share": 0.0005,
        "points": 0.0005,
        "money": max(0.5, 0.0005 * abs(right)),
        "count": 0.0,
        "ratio": 0.0005 * max(1.0, abs(right)),
        "days": 0.05,
    }[unit] + 1e-9


def agrees(given: float, right: float, unit: Unit, factor: float = 1.0) -> bool:
    """Whether a number is the right one as far as its unit asks; `factor` widens the tolerance."""
    return abs(given - right) <= factor * tolerance(unit, right)


def usual(given: Read, right: float, unit: Unit) -> tuple[str, str]:
    """A slip that can happen with any figure of this unit, as (code, what to say); empty where it is none of these."""
    value = given.value
    if unit in ("share", "points") and not given.percent and agrees(value / 100, right, unit):
        return "percent_for_share", N_(
            "that looks like percent; write a share, such as 0.123, or write the sign, as in 12.3%."
        )
    if unit == "count" and not 0 <= value == math.floor(value):
        return "not_whole", N_("customers, orders and cases are counted in whole numbers from 0.")
    if unit == "share" and not 0 <= value <= 1:
        return "outside", N_("a share lies between 0 and 1.")
    if unit == "share" and agrees(1 - value, right, unit):
        return "complement", N_("that is the share of the others.")
    if unit == "money" and any(agrees(value * factor, right, unit) for factor in (1e3, 1e4, 1e6, 1e-3)):
        return "thousands", N_(
            "the digits are there, the unit is not: write the amount in whole units of the currency."
        )
    if unit in ("points", "money") and right and agrees(-value, right, unit):
        return "sign", N_("look at the sign again: which of the two is taken from which?")
    if unit == "ratio" and right and value and agrees(1 / value, right, unit):
        return "upside_down", N_("that is the ratio the other way round.")
    if unit == "days" and agrees(value / 24, right, unit):
        return "hours_for_days", N_("those are hours; days are asked.")
    if unit != "count" and agrees(value, right, unit, 10):
        return "rounded", N_("close by; it was rounded too early or too far. Keep all digits until the last step.")
    return "", ""
