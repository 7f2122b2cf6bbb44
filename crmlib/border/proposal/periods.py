"""The period of which a text speaks: by its word, or by how many days, weeks, months or years it counts."""

from __future__ import annotations

import re

from crmlib.border.proposal.words import plainly

MONTHS = {1: "month", 3: "quarter", 6: "half_year", 12: "year"}
"""Codes by how many months they last."""
DAYS = {7: "week", 28: "month", 30: "month", 31: "month", 90: "quarter", 91: "quarter", 92: "quarter", 180: "half_year",
        182: "half_year", 183: "half_year", 360: "year", 365: "year", 366: "year"}  # fmt: skip
"""Codes by how many days they last."""
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "twelve": 12, "一": 1, "两": 2, "二": 2,
           "双": 2, "三": 3, "四": 4, "五": 5, "六": 6, "九": 9, "十二": 12, "十": 10, "twice": 0, "bi": 0, "semi": 0, "half": 0,
           "other": 2, "second": 2, "third": 3}  # fmt: skip
"""Words of counting; 0 where a word says either twice a period or every two."""
_HALF = re.compile(
    r"(?<![a-z])(half|semi|bi)[-_ ]?(year\w*|annual\w*)|halbjahr\w*|halbjaehrlich|semestr\w*|(?<![a-z])h[12](?![a-z0-9])|半年"
)
"""What says half a year; one that comes twice in a year lasts half of it."""
_COUNTED = re.compile(
    r"(?<![a-z0-9])(?:p)?(\d{1,3}|twice|bi|semi|half|an?|one|two|three|four|six|twelve|other|second|third)"
    r"[-_ ]*(?:times )?(?:an? )?"
    r"(days?|d|weeks?|weekly|wks?|w|months?|monthly|mths?|mos?|m|quarters?|quarterly|q|years?|yearly|yrs?|y|annual\w*"
    r"|tage?|wochen?|monate?n?|jahre?n?)(?![a-z])"
    r"|(\d{1,3}|十二|[一两二双三四五六九十半])个?(天|日|周|星期|月|季度?|年)"
)
"""A number, or its word, and what is counted."""
_UNITS = {"w": "week", "m": "month", "q": "quarter", "y": "year", "a": "year", "j": "year", "周": "week", "星": "week",
          "月": "month", "季": "quarter", "年": "year"}  # fmt: skip
"""What is counted, by its first sign."""
_SAY = {
    "quarter": r"quarter\w*|quartal\w*|vierteljaehrlich|trimest\w*|季",
    "year": r"year\w*|annual\w*|annum|jahr\w*|jaehrlich\w*|anual\w*|annuel\w*|annuale|年",
    "month": r"month\w*|monat\w*|mensual\w*|mensuel\w*|mensile|月",
    "week": r"week\w*|woche\w*|woechentlich|semanal\w*|周|星期",
}


def period_of(text: str) -> str:
    """The code of the period; "" where it says none, one that has no code, or several."""
    plain = plainly(text)
    left = _HALF.sub(" ", plain)
    found = {"half_year"} if left != plain else set()
    for number, unit, chinese, counted in _COUNTED.findall(left):
        found.add(_lasting(number or chinese, unit or counted))
    left = _COUNTED.sub(" ", left)
    found |= {c for c, said in _SAY.items() if re.search(rf"(?<![a-z])(?:{said})(?![a-z])", left)}
    return found.pop() if len(found) == 1 else ""


def _lasting(number: str, unit: str) -> str:
    """The code of so many days, weeks, months, quarters or years; "" where none lasts as long."""
    n = int(number) if number.isdigit() else _COUNTS.get(number, 0)
    if unit[0] in "dt天日":
        return DAYS.get(n, "")
    code = _UNITS[unit[0]]
    if code == "week":
        return "week" if n == 1 else ""
    return MONTHS.get(n * {"month": 1, "quarter": 3, "year": 12}[code], "")
