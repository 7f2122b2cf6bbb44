"""Recognisers: what in a text tells of one person by its shape, whatever the column it stands in.

A number alone may be an order's as well as a person's, so most recognisers hold to a check digit, a prefix that is given
out, or how people write such a number. What is only likely is told where a word beside it says so ("QQ", "born").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from crmlib.border.privacy.telephones import holds_phone

LONGEST = 600
"""Signs of a text that are looked at; what is longer is no code."""
CHILD = 12
"""Years before the latest day of the data from which a full date is more likely a birthday than a campaign's or a version's."""
NUMBERED = (20, 0.2)
"""Values, and share of a column's, that are bare digits of one length from which these are numbers of goods or campaigns."""
_SIGNS = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-") | dict.fromkeys("·•・∙", "."))
_WORTH_A_LOOK = re.compile(r"\d|@|://|\bat\b|[\[({] ?at|wxid|[号弄室户]|微信|wechat|weixin|加v|[vw]x|www\.", re.I)


def plain(text: str) -> str:
    """A text as recognisers read it: full-width signs as usual ones, dashes and dots of one kind, digits of any script as 0 to 9,
    nothing invisible.
    """
    if text.isascii() and text.isprintable():
        return text[:LONGEST]
    shown = unicodedata.normalize("NFKC", text[:LONGEST]).translate(_SIGNS)
    kept = (sign for sign in shown if unicodedata.category(sign) != "Cf")
    return "".join(str(unicodedata.decimal(s)) if s.isdecimal() else " " if s.isspace() else s for s in kept)


@dataclass(frozen=True)
class Recogniser:
    """What a text may hold of a person. `country`: two letters, by whose customs telephone numbers are read; `latest`: the
    latest day of the data; `bare`: lengths of bare digits that are no telephone numbers (`numbering`).
    """

    country: str
    latest: date
    bare: frozenset[int] = field(default_factory=frozenset)

    def kind(self, text: str) -> str:
        """Which kind of personal data a text holds, the first that is found; empty where none is."""
        if len(text) > LONGEST:
            return "long_text"
        if _FIGURE.fullmatch(text):
            return ""
        read = plain(text)
        if not _WORTH_A_LOOK.search(read):
            return ""
        found = (
            kind for kind, holds in _KINDS.items() if holds(self, read if kind in _WORDED else _MADE.sub(" ", read))
        )
        return next(found, "")


def numbering(values: Iterable[str]) -> frozenset[int]:
    """Lengths of bare digits in which the values of a column are numbered, as product numbers are: there a value is no
    telephone number for its digits alone.
    """
    given = [value.strip() for value in values]
    lengths = [len(value) for value in given if value.isascii() and value.isdigit()]
    least = max(NUMBERED[0], NUMBERED[1] * len(given))
    return frozenset(n for n in set(lengths) if lengths.count(n) >= least)


_FIGURE = re.compile(r"-?(?:0|[1-9]\d{0,6})(?:\.\d{1,6})?")
"""A number too short to be a person's."""
_MADE = re.compile(r"\b(?:[0-9a-f]{24,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b", re.I)
"""A code that a program made (a hash, a UUID): numbers stand in it by chance."""
_EMAIL = re.compile(
    r"[\w.+%-] ?@ ?[^\W_][\w-]* ?\. ?\w|\w ?[\[({] ?at ?[\])}] ?\w"
    r"|(?<![\w.+-])(?=[\w.+-]*[._\d+-])[\w.+-]+ at [\w-]+(?:\.| dot | ?[\[({]dot[\])}] ?)[a-z]{2,}"
    r"|\w at [\w-]+(?: dot | ?[\[({]dot[\])}] ?)[a-z]{2,}",
    re.I,
)
_URL = re.compile(
    r"\w{2,}://[^\s/@]+:[^\s/@]*@"
    r"|(?:\w{2,}://|www\.|\b[\w-]{2,40}\.[a-z]{2,6}/)\S*[?&#;](?!utm_)(?:[\w.-]*(?:token|key|auth|sess|sid|sig|secret|code|user|"
    r"uid|uuid|mail|phone|mobile|openid|login|pass|invite|reset|ticket|account|customer|member)[\w.-]*)=[^\s&]"
    r"|\w{2,}://\S*/(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{20,}",
    re.I,
)
_HANDLE = re.compile(
    r"\bwxid_\w{4,}"
    r"|(?:微信号?|wechat|weixin|(?<![a-z])[wv]x|加[vV微])(?: ?(?:id|号))? ?[:：=号是] ?(?![一-鿿])[a-z][-\w]{4,19}(?![\w])"
    r"|(?:微信号?|wechat|weixin|(?<![a-z])[wv]x|加[vV微])(?: ?(?:id|号))? ?(?=[-\w]*\d)[a-z][-a-z0-9_]{5,19}(?![\w])"
    r"|(?<![a-z])(?:qq|扣扣|企鹅号)(?: ?(?:id|no\.?|number|号码?))?[^\w]{0,4}(?:是|为)? ?[1-9]\d{4,10}(?!\d)",
    re.I,
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][ .-]?"
    r"(?=[A-HJ-NP-Z]{0,5}\d)[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
)
_PASSPORT = re.compile(
    r"(?:passport|护照)\D{0,8}[a-z]{0,2}\d{6,9}(?!\d)"
    r"|(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d-])",
    re.I,
)
"""A passport's number by the word beside it, and a social security number of the United States by how it is written."""
_CHINA_ID = re.compile(
    r"(?<!\d)(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)\d{4}(?:(\d{8})\d{3}[\dXx]|(\d{6})\d{3})(?![\dXx])"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?\d{2}(?=[ -]?[A-Za-z0-9])")
_CARD = re.compile(r"(?<![A-Za-z0-9])\d(?:[ -]?\d){13,18}(?![A-Za-z0-9])")
_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "KZ": 20,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "QA": 29, "RO": 24,
    "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
"""Signs of an IBAN by country (SWIFT's registry)."""
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAMED = "|".join(m + r"[a-z]*" for m in _MONTHS)
_DATE = re.compile(
    rf"(?<!\d)(?:(?P<y>\d{{4}}) ?[-/.年] ?(?P<m>\d{{1,2}}) ?[-/.月] ?(?P<d>\d{{1,2}})(?!\d)日?"
    rf"|(?P<a>\d{{1,2}}) ?[-/.] ?(?P<b>\d{{1,2}}) ?[-/.] ?(?P<y2>\d{{4}})(?!\d)"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th|\.)?[ -](?:of )?(?P<n3>{_NAMED})\.?,?[ -](?P<y3>\d{{4}})(?!\d)"
    rf"|(?P<y5>(?:19|20)\d\d)(?P<m5>0[1-9]|1[0-2])(?P<d5>0[1-9]|[12]\d|3[01])(?!\d))"
    rf"|\b(?P<n4>{_NAMED})\.? (?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y4>\d{{4}})(?!\d)",
    re.I,
)
_BORN = re.compile(
    r"(?:\bborn\b|\bd\.?o\.?b\b|date of birth|birth ?date|出生|生于|生年月日|\bgeb\b\.?|geboren|né[e]? le|nacid[oa])(?=.*\d)"
    r"|(?:生日|诞辰|birthday|b-?day)(?: is)?[ :：是为]*(?:\d{1,2} ?月 ?\d{1,2}|\d{1,2}[ -](?:"
    + _NAMED
    + r")|(?:"
    + _NAMED
    + r") \d{1,2}(?!\d))",
    re.I,
)
_HOUSE = (
    r"(?<![\w.])\d{1,5}[a-z]?,? (?!(?:gb|tb|mb|ft|inch|in|pcs?|pieces?|packs?|pk|ports?|way|tier|seats?|person|doors?|drawers?|"
    r"mm|cm|oz|lbs?|kg|ml|watts?|volts?|amp|rpm|speed|steps?|sets?|counts?|ct|mp|g?hz|minutes?|hours?|days?|years?)\b)"
)
"""The number of a house: no measure or count of goods."""
_NUMERAL = "[0-9一二三四五六七八九十百〇零两]"
_STREET = r"street|st\.|road|rd\.?|avenue|ave\.?|lane|boulevard|blvd\.?|terrace|crescent|highway"
_MAYBE_STREET = r"st|drive|dr\.?|way|court|ct\.?|place|pl\.?|square|sq\.?|close|parkway|pkwy"
_TOWN = r", ?[a-z][a-z' .-]+(?:,.*)?| [a-z .-]*\b[a-z]{2},? \d{5}.*| [a-z .-]*\b[a-z]{1,2}\d[\da-z]? ?\d[a-z]{2}"
"""What follows a street: a town, a state and its postcode, or a British postcode."""
_ADDRESS = re.compile(
    "|".join(
        (
            rf"[一-鿿](?:路|街|大道|巷|弄|胡同|里) ?{_NUMERAL}{{1,6}} ?[-甲乙丙]?{_NUMERAL}* ?[号弄]",
            rf"{_NUMERAL}{{1,4}} ?(?:号楼|栋|幢|单元|座) ?(?:{_NUMERAL}{{1,3}} ?单元)? ?[A-Za-z]?{_NUMERAL}{{1,5}} ?[室号户]",
            r"\d{1,3}丁目|〒 ?\d{3}-?\d{4}|\bp\.? ?o\.? ?box \d+|\bpostfach \d+",
            rf"{_HOUSE}(?:[a-z][\w'.-]*,? ){{1,4}}(?:{_STREET})(?![\w-])",
            rf"{_HOUSE}(?:[a-z][\w'.-]* ){{1,4}}(?:{_MAYBE_STREET})(?:{_TOWN})$",
            r"\b[\wäöüß-]{2,}(?:straße|strasse|str\.|gasse|allee) ?\d{1,4}(?!\d)|\b[\wäöüß.-]+ straße \d{1,4}(?!\d)",
            r"\b[\wäöüß-]{2,}(?:weg|platz|ring|damm|ufer) \d{1,4} ?[a-z]?, ?\d{4,5} ",
            r"(?<![\w.])\d{1,4}(?: ?bis| ?ter)?,? (?:rue|boulevard|impasse|chemin|quai|allée) ",
            r"\b(?:calle|avenida|rua|viale|piazza|plaza) [a-zà-ÿ][\w à-ÿ.']*?,? (?:n[.º°o]* ?)?\d{1,4}(?!\d)",
            r"(?-i:\bVia (?:[A-Z][\wà-ÿ]+ ){1,3}\d{1,4}(?!\d))",
        )
    ),
    re.I,
)


def _holds(pattern: re.Pattern[str]) -> Callable[[Recogniser, str], bool]:
    return lambda _of, text: bool(pattern.search(text))


def _dates(text: str) -> list[date]:
    """Every date in a text, day or month first where both can be."""
    found = []
    for m in _DATE.finditer(text):
        g = m.groupdict()
        named = g["n3"] or g["n4"]
        month = _MONTHS.index(named[:3].lower()) + 1 if named else int(g["m"] or g["m5"] or g["b"])
        year = int(g["y"] or g["y2"] or g["y3"] or g["y4"] or g["y5"])
        day = int(g["d"] or g["d3"] or g["d4"] or g["d5"] or g["a"])
        for one, other in ((month, day), (day, month)):
            try:
                found.append(date(year, one, other))
            except ValueError:
                continue
            break
    return found


def _birthday(of: Recogniser, text: str) -> bool:
    """A full date that is too long ago for the data, or one that a word calls a birthday."""
    return bool(_BORN.search(text)) or any(1900 <= day.year <= of.latest.year - CHILD for day in _dates(text))


def _squeezed(text: str) -> str:
    return re.sub(r"(?<=\d)[ -](?=[\dXx])", "", text)


def _identity_card(_of: Recogniser, text: str) -> bool:
    """A number of the Chinese identity card (GB 11643): a province's code and a day of birth; a wrong check digit is a slip."""
    for long, short in _CHINA_ID.findall(_squeezed(text)):
        stamp = long or f"19{short}"
        try:
            day = date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:]))
        except ValueError:
            continue
        if 1900 <= day.year <= 2100:
            return True
    return False


def _iban(_of: Recogniser, text: str) -> bool:
    """An international account number (ISO 13616), by the length of its country and its check digits."""
    for found in _IBAN.finditer(text):
        number = re.sub(r"[ -]", "", found.group()).upper()
        rest = _LENGTHS.get(number[:2], 99) - len(number)
        tail = re.match(rf"(?:[ -]?[A-Za-z0-9]){{{rest}}}(?![A-Za-z0-9])", text[found.end() :]) if rest < 40 else None
        if tail:
            whole = number + re.sub(r"[ -]", "", tail.group()).upper()
            if int("".join(str(int(sign, 36)) for sign in whole[4:] + whole[:4])) % 97 == 1:
                return True
    return False


def _payment_card(_of: Recogniser, text: str) -> bool:
    """A payment card's number (ISO/IEC 7812): a prefix given to cards, a length that goes with it, and Luhn's check digit."""
    for found in _CARD.findall(text):
        digits = re.sub(r"\D", "", found)
        issued = {14: r"3(0[0-5]|[68])", 15: r"3[47]", 16: r"4|5[1-5]|2[2-7]|6|35", 17: r"62", 18: r"62", 19: r"62|4"}
        if re.match(issued[len(digits)], digits) and _luhn(digits):
            return True
    return False


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _phone(of: Recogniser, text: str) -> bool:
    """A telephone number of any country, as people write it."""
    return holds_phone(_DATE.sub(" | ", text), of.country, of.bare)


_KINDS: dict[str, Callable[[Recogniser, str], bool]] = {
    "email": _holds(_EMAIL),
    "identity_card": _identity_card,
    "iban": _iban,
    "payment_card": _payment_card,
    "handle": _holds(_HANDLE),
    "url": _holds(_URL),
    "passport": _holds(_PASSPORT),
    "phone": _phone,
    "birthday": _birthday,
    "address": _holds(_ADDRESS),
    "plate": _holds(_PLATE),
}
"""What is looked for, what is surest first."""
_WORDED = ("email", "handle", "url")
"""Kinds that a code made by a program may be part of."""
