"""Telephone numbers in a text, as people of any country write them: by sign, prefix, punctuation, or the plan of numbers."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumberType, parse
from phonenumbers.phonenumberutil import NumberParseException

TRUNK = ("CN", "DE", "GB", "FR", "AT", "CH", "NL", "BE", "SE", "AU", "JP", "KR", "IN", "TW", "ZA", "TR")
"""Countries in which a number within the country begins with 0."""

_RUN = re.compile(r"(?<![A-Za-z0-9])[+(]?\d(?:[ \-./()]{0,3}\d){6,17}(?![A-Za-z0-9])")
_CALLED = re.compile(
    r"(?:\btel(?:ephone|efon)?|phone|mobile|\bcell(?:phone)?|\bfax|handy|whatsapp|\bcall(?: me)?"
    r"|电话|手机|座机|联系方式|致电|拨打)"
    r"(?: ?(?:no\.?|number|nr\.?|at|on|号码?))?[ :.,=#]{0,3}(?:是|为)? ?([+(]?\d(?:[ \-./()]{0,3}\d){5,14})(?!\d)",
    re.I,
)
_NORTH_AMERICA = re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}")
_STUCK = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,8}1[3-9]\d{9}(?![A-Za-z0-9])")
"""A Chinese mobile number stuck to a word."""
_NO_PHONE = re.compile(r"\d{1,3}(?:\.\d{3})+|[1-9]\d*\.\d+|0\.\d+")


def holds_phone(text: str, country: str, bare: frozenset[int]) -> bool:
    """Whether a text, dates taken out, holds a telephone number of any country. `country`: by whose customs one is read that has
    no country's code; `bare`: lengths of bare digits that are none.
    """
    if any(len(re.sub(r"\D", "", found)) >= 7 for found in _CALLED.findall(text)):
        return True
    if _STUCK.search(text):
        return True
    return any(_dialled(found.group().strip(), country, bare) for found in _RUN.finditer(text))


def _dialled(run: str, country: str, bare: frozenset[int]) -> bool:
    """Whether a run of digits is a telephone number: by its sign, its prefix, its punctuation or, bare, by its plan alone."""
    digits = re.sub(r"\D", "", run)
    if run.startswith("+"):
        return 9 <= len(digits) <= 15
    if re.fullmatch(r"(?:0?0?86)?1[3-9]\d{9}", digits) and not (run == digits and len(digits) in bare):
        return True
    if re.match(r"00[1-9]", digits) and _valid("+" + digits[2:], country):
        return True
    if run == digits:
        return len(digits) not in bare and _bare(digits, country)
    if _NO_PHONE.fullmatch(run):
        return False
    if _NORTH_AMERICA.fullmatch(run):
        return True
    if digits[0] == "0" and len(digits) < 9:
        return False
    at_home = digits[0] == "0" or run[0] == "("
    return any(_valid(run, where) for where in (country, *((*TRUNK, "US") if at_home else ())))


def _bare(digits: str, country: str) -> bool:
    """Digits without any sign between them: a number within the company's country, or a mobile one within another."""
    if digits[0] == "0":
        mobile = any(_valid(digits, c, PhoneNumberType.MOBILE) for c in TRUNK) and len(digits) >= 10
        return mobile or (len(digits) >= 10 and _valid(digits, country))
    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return len(digits) >= 9 and _valid(digits, country, *kinds)


def _valid(number: str, country: str, *kinds: int) -> bool:
    try:
        read = parse(number, None if country == "ZZ" else country)
    except NumberParseException:
        return False
    return phonenumbers.is_valid_number(read) and (not kinds or phonenumbers.number_type(read) in kinds)
