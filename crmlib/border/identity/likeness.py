"""Personal fields brought to a form in which two records can be compared: names, telephone numbers, days, places.

A name keeps how it is written and how it sounds: Chinese characters as pinyin without tones, other letters without
accents, so that 王晓明, 王小明 and "Xiaoming Wang" lie side by side. Placeholders are no values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import pandas as pd
import phonenumbers
from pypinyin import Style, lazy_pinyin, pinyin_dict


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


HAN: Final = re.compile(r"[㐀-鿿豈-\ufaff𠀀-𱍊]")
COMPANY_ZH: Final = re.compile(
    r"((股份|集团)?有限(责任)?公司|有限公.|有限.司|有.公司|.限公司|分公司|总公司|集团公司|公司|集团|工厂|商行|事务所)$"
)
"""What a Chinese company's name ends with, also with one character mistyped."""
COMPANY: Final = frozenset(
    _words(
        "co company ltd limited inc incorporated llc llp corp corporation plc pte pty gmbh ag kg ohg sa sas sarl bv nv srl spa "
        "oy ab as kk group holding holdings"
    )
)
TITLES_ZH: Final = re.compile(r"(先生|女士|小姐|太太|老师|经理|总)$")
TITLES: Final = frozenset(_words("mr mrs ms miss dr prof herr frau mme"))
COMPOUND: Final = frozenset(
    _words(
        "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 夏侯 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 "
        "慕容 令狐 司徒 宇文 长孙 長孫 端木 南宫 独孤 轩辕 百里"
    )
)
SURNAMES: Final = dict(
    [
        s.split(":")
        for s in _words(
            "单:shan 單:shan 仇:qiu 解:xie 查:zha 曾:zeng 任:ren 翟:zhai 朴:piao 盖:ge 区:ou 區:ou 尉:yu 华:hua"
        )
    ]
)
NOBODY: Final = frozenset(
    _words(
        "unknown test tester testing na none null nil anonymous customer client user guest nobody noname walkin xxx "
        "未知 测试 測試 匿名 无 無 无名 客户 用户 散客 游客 不详 保密"
    )
)
NO_PHONE: Final = re.compile(r"^(86)?(1?(\d)\3{6,}|0*|13800138000|13800000000|1?234567\d*|13912345678)$")
NO_MAIL: Final = frozenset(_words("test none no noemail unknown noreply null na abc xxx"))
NO_DAY: Final = frozenset({(1900, 1, 1), (1901, 1, 1), (1970, 1, 1)})
LATEST: Final = 2100
LONGEST: Final = 80
"""No more characters of a field are looked at."""
OFFICE: Final = re.compile(r"(info|sales|service|office|contact|admin|support|hello|mail|kontakt|hr|kefu|xiaoshou)\b")
OWN: Final = re.compile(r"\+861[3-9]\d{9}$")
NAME: Final = (
    "written",
    "sound",
    "turned",
    "letters",
    "script",
    "lead",
    "family",
    "start",
    "last",
    "company",
    "tokens",
)
TEXT: Final = (
    *NAME[:9],
    "phone",
    "email",
    "mailbox",
    "wechat",
    "birthday",
    "city",
    "region",
    "address",
    "street",
    "postcode",
    "mobile",
    "personal",
)


def comparable(records: pd.DataFrame, country: str) -> pd.DataFrame:
    """One row per record, in the same order: the columns `TEXT` (text or None), `company` (bool) and `tokens` (list).

    `script` is "han" (characters), "pinyin" (letters that spell nothing but Chinese syllables) or "latin" (any other).
    `country` (two letters) is where telephone numbers without a country code belong.
    """
    city = _each(records, "city", _place)
    names = [_name(n, c) for n, c in zip(_each(records, "name", lambda text: text or None), city, strict=True)]
    phones = _each(records, "phone", lambda text: phone(text, country))
    emails = _each(records, "email", _email)
    addresses = _each(records, "address", _place)
    handles = zip(_each(records, "wechat", _handle), phones, strict=True)
    out: dict[str, list[Any]] = dict(
        zip(NAME, (list(part) for part in zip(*names, strict=True)) if names else [[] for _ in NAME], strict=True)
    )
    out |= {
        "phone": phones,
        "mobile": [p if p and mobile(p) else None for p in phones],
        "email": emails,
        "personal": [None if e is None or OFFICE.match(e) else e for e in emails],
        "mailbox": [e and e.partition("@")[0] for e in emails],
        "wechat": [None if w and p and p.endswith(w) else w for w, p in handles],
        "birthday": _each(records, "birthday", _day),
        "city": city,
        "region": _each(records, "region", _place),
        "address": addresses,
        "street": [a and " ".join(sorted(a.split(), key=lambda w: (w.isdigit(), w))) for a in addresses],
        "postcode": _each(records, "postcode", lambda text: re.sub(r"[\W_]", "", text).casefold() or None),
    }
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in out.items()})


def _each(records: pd.DataFrame, field: str, read: Callable[[Any], str | None]) -> list[str | None]:
    """The field's values read, each different one once; None where the field is missing or empty."""
    if field not in records:
        return [None] * len(records)
    known: dict[Any, str | None] = {}
    out: list[str | None] = []
    for value, held in zip(records[field].astype(object), records[field].notna(), strict=True):
        if not held:
            out.append(None)
            continue
        if value not in known:
            known[value] = read(_clean(value) if isinstance(value, str) else value)
        out.append(known[value])
    return out


def _clean(text: str) -> str:
    return unicodedata.normalize("NFKC", text[: 4 * LONGEST]).strip()[:LONGEST]


def _plain(text: str) -> str:
    """Small letters without accents; ü is u as in most exports, ß is ss."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return bare.replace("ø", "o").replace("ł", "l").replace("đ", "d")


@cache
def _name(text: str | None, city: str | None) -> tuple[Any, ...]:
    """The columns `NAME` of one name."""
    nothing = (*(None for _ in NAME[:9]), False, None)
    if text is None:
        return nothing
    chinese = len(HAN.findall(text)) >= 2 or bool(HAN.match(text))
    written, tokens, company = _chinese(text) if chinese else _letters(text)
    if not tokens or written in NOBODY or "".join(tokens) in NOBODY:
        return nothing
    sound, family, start, last = "".join(tokens), None, None, None
    turned, script = tokens[-1] + "".join(tokens[:-1]), "han"
    if chinese:
        cut = 2 if len(written) > 2 and written[:2] in COMPOUND else 1
        family, turned = "".join(tokens[:cut]), "".join(tokens[cut:] + tokens[:cut])
        if len(tokens) > cut + 1 and not company:
            start, last = "".join(tokens[: cut + 1]), tokens[-1]
        tokens = [family, "".join(tokens[cut:])]
    else:
        script = "pinyin" if _spelled(sound) else "latin"
    lead = None if chinese else _lead(tokens, city)
    turned = sound if company else turned
    return written, sound, turned, "".join(sorted(sound)), script, lead, family, start, last, company, tokens


def _chinese(text: str) -> tuple[str, list[str], bool]:
    """A name in characters, and how each of them sounds."""
    written = "".join(HAN.findall(text))
    stem = COMPANY_ZH.sub("", written)
    if (stem != written and len(stem) >= 2) or len(written) > 5:
        return stem, lazy_pinyin(stem), True
    stem = TITLES_ZH.sub("", written) or written
    first = SURNAMES.get(stem[0]) or _syllable(stem[0])
    return stem, [first, *(_syllable(c) for c in stem[1:])], False


def _letters(text: str) -> tuple[str, list[str], bool]:
    """A name in letters: its words; "Smith, Mary Ann" keeps its order, hyphens and dots join or part nothing."""
    words = HAN.sub(lambda found: f" {_syllable(found[0])} ", re.sub(r"[-'’`.]", "", _plain(text)))
    tokens = [t for t in re.split(r"[\W_]+", words) if t]
    while len(tokens) > 1 and tokens[0] in TITLES:
        tokens = tokens[1:]
    stem = list(tokens)
    while len(stem) > 1 and stem[-1] in COMPANY:
        stem = stem[:-1]
    company = len(stem) < len(tokens)
    if not company and _spelled("".join(stem)):
        stem = [re.sub(r"^([ln])(?:v|yu)(e?)$", r"\1u\2", t) for t in stem]
    return " ".join(stem), stem, company


def _lead(tokens: list[str], city: str | None) -> str | None:
    """The words a company is told by: the first beside the city's name; the first two where the city is not known."""
    many = 2 if city is None or tokens[0] == city else 1
    lead = "".join(tokens[:many])
    return lead if len(lead) >= 5 and len(tokens) > many else None


@cache
def _syllable(character: str) -> str:
    """How one character sounds most often."""
    return "".join(lazy_pinyin(character, style=Style.NORMAL)).replace("v", "u")


@cache
def _syllables() -> frozenset[str]:
    """Every Chinese syllable as it is spelled without its tone."""
    readings = {_plain(r) for known in pinyin_dict.pinyin_dict.values() for r in known.split(",")}
    return frozenset(r for r in readings | {"lyu", "nyu", "lv", "nv"} if re.fullmatch(r"[a-z]*[aeiouv][a-z]*", r))


def _spelled(letters: str) -> bool:
    """Whether the letters are Chinese syllables from end to end."""
    known, reached = _syllables(), [0]
    for end in range(1, len(letters) + 1):
        if any(letters[start:end] in known for start in reached if end - start <= 6):
            reached.append(end)
        elif end - reached[-1] >= 6:
            return False
    return reached[-1] == len(letters)


def phone(text: str, country: str) -> str | None:
    """The number in the international form (E.164, an extension after x); only its digits where it is no possible
    number; None for placeholders and what is too short to tell people apart.
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) < 7 or NO_PHONE.match(digits):
        return None
    if country == "CN" and re.fullmatch(r"(?:\+?86)?[ -]?1[3-9](?:[ -]?\d){9}", text):
        return "+86" + digits[-11:]
    try:
        number = phonenumbers.parse(re.sub("转|轉|分机", " ext ", text), country)
    except phonenumbers.NumberParseException:
        return digits
    if not phonenumbers.is_possible_number(number):
        return digits
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain}x{number.extension}" if number.extension else plain


@cache
def mobile(number: str) -> bool:
    """Whether a number in the international form is surely a mobile one, which a household shares less than a landline."""
    if OWN.match(number) or not number.startswith("+") or "x" in number:
        return bool(OWN.match(number))
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return bool(kind == phonenumbers.PhoneNumberType.MOBILE)


def _email(text: str) -> str | None:
    mailbox, sign, domain = text.casefold().rpartition("@")
    if mailbox in NO_MAIL or "." not in domain or len(domain) < 5:
        return None
    if not sign:
        return domain
    return f"{mailbox.partition('+')[0] or mailbox}@{domain}"


def _handle(text: str) -> str | None:
    name = re.sub(r"\s", "", text).casefold()
    return None if len(name) < 5 or name in NOBODY or NO_PHONE.match(name) else name


def _day(value: Any) -> str | None:
    """The day as text; None for days that systems put in where none was given."""
    day = pd.Timestamp(value) if not hasattr(value, "year") else value
    if (day.year, day.month, day.day) in NO_DAY or day.year > LATEST:
        return None
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


def _place(text: str) -> str | None:
    """A place as it sounds; where it is written in characters, a final 市, 省 or 区 says nothing."""
    if HAN.search(text):
        text = " ".join(lazy_pinyin(re.sub(r"(?<=..)[市省区]$", "", text))).replace("v", "u")
        return re.sub(r"\W", "", _plain(text)) or None
    return " ".join(re.findall(r"[^\W_]+", _plain(text))) or None
