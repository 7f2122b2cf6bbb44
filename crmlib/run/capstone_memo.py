"""The capstone's memo: short, in words of the trainee's own, each number one of kpis.csv, and with something done until a day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from crmlib.run.capstone_checks import Truth, Work
from crmlib.vocabulary import wording
from crmlib.vocabulary.goals import DATES
from crmlib.vocabulary.language import _, listed, number

FILE: Final = "memo.txt"
WORDS: Final = 250
LEAST: Final = 4
"""Figures that a memo must have."""
COUNTED: Final = 12
"""Whole numbers up to this one may count anything."""
COPIED: Final = 0.5
"""Share of its runs of letters from which on a memo is the review's own."""
FIGURE: Final = re.compile(r"(?<![A-Za-z0-9_.\-])(\d+(?:,\d{3})*(?:\.(\d+))?)\s*(%)?(?![A-Za-z0-9_])")
WORD: Final = re.compile(r"[A-Za-z0-9.,%'-]+|[\u4e00-\u9fff]{2}|[\u4e00-\u9fff]")


def faults_of_memo(work: Work, truth: Truth) -> list[str]:
    """What is wrong with the memo, a line each."""
    text = work.text(FILE)
    if text is None:
        return [_("{file} is not written yet.").format(file=FILE)]
    if work.review is None:
        return [_("Without a review there is no kpis.csv to take its numbers from.")]
    said = wording.plain(text)
    faults = []
    if (n := len(WORD.findall(said))) > WORDS:
        faults.append(_("{n} words; at most {most} are read.").format(n=number(n), most=number(WORDS)))
    own = work.review / "memo.txt"
    if own.exists() and copied(said, wording.plain(own.read_text(encoding="utf-8"))) > COPIED:
        faults.append(_("It is the review's own memo; say in your words what is to be decided."))
    ties = [(figure, tied(figure, work.kpis())) for figure in figures(said)]
    untied = [figure.group().strip() for figure, fields in ties if not fields]
    if untied:
        faults.append(_("Numbers that kpis.csv does not have: {numbers}.").format(numbers=listed(untied[:5])))
    if len([fields for _figure, fields in ties if fields]) < LEAST:
        faults.append(_("It has too few figures of the month; management wants at least {n}.").format(n=number(LEAST)))
    elif not any(fields & {"low", "high", "n"} for _figure, fields in ties):
        faults.append(_("No figure says how sure it is: give an interval, or how many it rests on."))
    if not wording.times(said) or not wording.ACTION.search(said):
        faults.append(_("It does not say what will be done, and until when."))
    return faults


def figures(text: str) -> list[re.Match[str]]:
    """The numbers of a text that say something: no days and hours, and no small count."""
    for pattern in (DATES, wording.CLOCK):
        text = pattern.sub(" ", text)
    small = (f for f in FIGURE.finditer(text) if f[2] is None and not f[3] and float(f[1].replace(",", "")) <= COUNTED)
    left_out = {f.start() for f in small}
    return [f for f in FIGURE.finditer(text) if f.start() not in left_out]


def tied(figure: re.Match[str], kpis: Iterable[dict[str, Any]]) -> set[str]:
    """The fields of kpis.csv (value, low, high, n) that a number can be, as far as its digits go; none where it is of nothing."""
    share = 0.01 if figure[3] else 1.0
    value, half = float(figure[1].replace(",", "")) * share, 0.5 * share * 10.0 ** -len(figure[2] or "") + 1e-9
    return {
        name
        for row in kpis
        for name in ("value", "low", "high", "n")
        if row[name] and abs(float(row[name]) - value) <= half
    }


def copied(text: str, source: str, length: int = 12) -> float:
    """The share of a text's runs of letters that stand in another."""
    runs = {text[i : i + length] for i in range(max(1, len(text) - length + 1))}
    return sum(run in source for run in runs) / len(runs)
