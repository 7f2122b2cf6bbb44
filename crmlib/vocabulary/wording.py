"""What can be checked in a few sentences to a customer, in English and Chinese: what a script must have and must not have.

Empathy, attribution, action in this order (D115 to D118), an apology and a time (D119), a promise that policy keeps, and no
number that nobody gave. A sentence that passes may still be a poor one; a sentence that fails lacks something that can be named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from crmlib.vocabulary.goals import DATES

EMPATHY: Final = re.compile(
    r"\bI (fully |do |can |quite )?(understand|see (how|why|that)|imagine|hear)\b|\b(I am|I'm|we are|we're) (\w+ )?sorry\b"
    r"|\bfrustrat"
    r"|\bmust (be|have been)\b|\bin your place\b|\bworr(y|ied|ying)\b|\bI know how\b|\bapologi[sz]e\b"
    "|理解|体谅|体会|明白您|抱歉|对不起|着急|担心|焦急|不容易|换作是?我|换了我|给您添|让您久等|道歉|致歉",
    re.IGNORECASE,
)
ATTRIBUTION: Final = re.compile(
    r"\bbecause\b|\b(the|one|our) (cause|reason)\b|\bdue to\b|\b(was|were|is|are) caused by\b|\bcame from\b|\bcomes from\b"
    r"|\bowing to\b|\bwhat (happened|went wrong)\b|\bran (out|short) of\b|\bhad too (few|little)\b"
    "|因为|由于|原因|造成|所致|引起|导致|出在",
    re.IGNORECASE,
)
ACTION: Final = re.compile(
    r"\b(I|we) (will|shall)\b(?! (record|note|pass (it|this) on|forward))|\b(I|we)'ll\b|\bby (tomorrow|noon|today|\d)"
    "|我会|我们会|将(在|于|为)|我(们)?(马上|立即|立刻|现在|今天|明天)|为您(安排|更换|退|补|办|升级|修)|会在|内(完成|解决|恢复|答复|给您|向您)",
    re.IGNORECASE,
)
APOLOGY: Final = re.compile(r"\bsorry\b|\bapolog(y|ies|i[sz]e)|抱歉|对不起|道歉|致歉|歉意", re.IGNORECASE)
EMPTY: Final = re.compile(
    r"\b(will|have|has been) (record|not(e|ed)|pass)(ed)?\b(?! (the|a|your) (day|date|time))|\brelevant department\b"
    r"|\bas soon as possible\b|\bin due course\b|\bvalue your feedback\b"
    "|记录下来|已(经)?记录|做好记录|会记录|相关部门|尽快|向上反映|会反映|高度重视",
    re.IGNORECASE,
)
BLAME: Final = re.compile(
    r"\byou should have\b|\byour (own )?(fault|mistake)\b|\byou (must have(?! been)|did not|didn't|failed to|forgot)\b"
    r"|\bas (you were|we) told\b|\buser error\b|\bother customers (have no|do not|don't)\b"
    "|您自己|是您(的问题|没有|忘)|您(本来)?应该|您操作|别的客户都|其他客户都",
    re.IGNORECASE,
)
QUESTION: Final = re.compile(r"[?？]")
PITCH: Final = re.compile(
    r"\bwhat do you need\b|\bbuy now\b|\bspecial offer\b|\bdon't miss\b|\blast chance\b|\bbest product\b"
    "|您需要什么|有什么需要|立即购买|机不可失|最后机会|限时|特价|最好的产品",
    re.IGNORECASE,
)
CLOCK: Final = re.compile(
    r"(?<!\d)\d{1,2}([:：]\d{2})(?!\d)|\b\d{1,2}\s?(am|pm|o'clock)\b|\d{1,2}\s*(点|时)(\d{1,2}分|半)?(?!间|段|候)",
    re.IGNORECASE,
)
SPANS: Final = re.compile(
    r"(?P<n>\d+(\.\d+)?|an?|one|two|three|four|half an|[一二两三四五六七八九十半]+)[\s-]*个?(半)?\s*"
    r"(?P<unit>minutes?|hours?|working days?|days?|weeks?|months?|years?|分钟|小时|工作日|天|日|周|星期|月|年)(?!\w*[号])",
    re.IGNORECASE,
)
WITHIN: Final = re.compile(r"\b(within|in)( the)?( next| coming)? $", re.IGNORECASE)
HOURS: Final = {"m": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0, "mo": 720.0, "y": 8760.0}
WORDS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "half an": 0.5, "半": 0.5, "两": 2} | {
    word: n for n, word in enumerate("一二三四五六七八九十", 1)
}
OFF: Final = re.compile(
    r"(?P<percent>\d+(\.\d+)?)\s*%\s*(off|discount|reduction|cheaper|less)|(discount|reduction|rebate) of (?P<of>\d+(\.\d+)?)\s*%"
    r"|(?P<fold>\d(\.\d)?)\s*折|(优惠|减免|降价|便宜)\s*(?P<zh>\d+(\.\d+)?)\s*%",
    re.IGNORECASE,
)
NUMBERS: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def plain(text: str) -> str:
    """The text with full-width digits and signs made ordinary, and blanks made one."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def amount_of(span: re.Match[str]) -> float:
    """The number in a length of time, written in digits or as a word; 0 where it is none that is known."""
    word = span["n"].lower()
    return float(word) if word[0].isdigit() else float(WORDS.get(word, 0))


def months_of(span: re.Match[str]) -> float:
    """A length of time in months, a year being twelve."""
    unit = _clock(span["unit"].lower())
    return amount_of(span) * {"y": 12.0, "mo": 1.0}.get(unit, HOURS[unit] / HOURS["mo"])


def promised_hours(text: str) -> list[float]:
    """The lengths of time within which a text promises something, in hours: "within 2 hours", "30分钟内"."""
    said, found = plain(text), []
    for span in SPANS.finditer(said):
        if not (WITHIN.search(said[: span.start()]) or said[span.end() :].startswith(("内", "之内", "以内"))):
            continue
        number = amount_of(span)
        found += [number * HOURS[_clock(span["unit"].lower())]] if number else []
    return found


def _clock(unit: str) -> str:
    chinese = {
        "分钟": "m",
        "小时": "h",
        "工作日": "d",
        "天": "d",
        "日": "d",
        "周": "w",
        "星期": "w",
        "月": "mo",
        "年": "y",
    }
    if unit in chinese:
        return chinese[unit]
    word = unit.removeprefix("working ")
    return "mo" if word.startswith("mo") else word[0]


def discounts(text: str) -> list[float]:
    """The discounts that a text names, as shares: "10 % off" and 9折 are both 0.1."""
    found = []
    for said in OFF.finditer(plain(text)):
        percent = said["percent"] or said["of"] or said["zh"]
        found.append(float(percent) / 100 if percent else round(1 - float(said["fold"]) / 10, 4))
    return found


def times(text: str) -> bool:
    """Whether a text names a day, an hour or a length of time by which something is done."""
    said = plain(text)
    return bool(
        DATES.search(said)
        or CLOCK.search(said)
        or promised_hours(said)
        or re.search("今天|明天|today|tomorrow", said, re.I)
    )


def invented(text: str, given: Collection[float]) -> list[str]:
    """The numbers of a text that are neither given nor part of a day, an hour or a length of time."""
    said = plain(text)
    for pattern in (CLOCK, SPANS, DATES):
        said = pattern.sub(" ", said)
    return [n for n in NUMBERS.findall(said) if not any(abs(float(n.replace(",", "")) - g) < 1e-6 for g in given)]


def in_order(text: str) -> bool:
    """Whether empathy comes before the cause, and an action after it (D115)."""
    said = plain(text)
    empathy, cause = EMPATHY.search(said), ATTRIBUTION.search(said)
    actions = [a.start() for a in ACTION.finditer(said)]
    return bool(empathy and cause and actions and empathy.start() < cause.start() < max(actions))
