"""How far two records agree, field by field, and what each agreement is worth: the weights of `identity`, in bits.

A weight of 10 bits makes one customer a thousand times more likely, one of -10 as much less. They are judgements, set
once and held against published data and planted truth (decision 13), and used where too little can be learnt from the
company's own records (decision 23).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Level:
    """How two values agree: `when` (SQL), its weight in bits, and for an equal value the column whose count lessens it.

    With `counted` the bits are what is taken off for values seldom right; `most` caps what the rarest value proves.
    """

    when: str
    bits: float
    agreement: str
    counted: str = ""
    most: float = 15.6


def _known(column: str) -> Level:
    return Level(f"{column}_l is null or {column}_r is null", 0, "unknown")


def one_slip(one: str, other: str) -> str:
    """SQL: one sign wrong, missing or too much, or two swapped; a slip leaves the first or the last half as it was, which is
    looked at first because it costs little.
    """
    half = f"(least(length({one}), length({other})) - 1) // 2"
    kept = f"(left({one}, {half}) = left({other}, {half}) or right({one}, {half}) = right({other}, {half}))"
    return f"(abs(length({one}) - length({other})) <= 1 and {kept} and damerau_levenshtein({one}, {other}) <= 1)"


SHORTEST: Final = 6
"""Signs of which one may be a slip."""


def typo(column: str) -> str:
    """SQL: one slip in `SHORTEST` signs or more, where the company's own values do not lie as close (`crowds`)."""
    slip = one_slip(f"{column}_l", f"{column}_r")
    return f"(length({column}_l) >= {SHORTEST} and {apart(column)} and {slip})"


def apart(column: str) -> str:
    """SQL: neither value lies in a crowd of others, where near ones are neighbours and no slips."""
    return f"not ({column}_crowded_l or {column}_crowded_r)"


SAME_ID: Final = f"(wechat_l = wechat_r or {typo('wechat')})"
OWN: Final = f"(mobile_l = mobile_r or personal_l = personal_r or {SAME_ID})"
"""What one person carries: a mobile number, an e-mail address that is no office's, a WeChat id (equal or with a slip)."""
NEAR_BY: Final = (
    "(jaro_winkler_similarity(address_l, address_r) >= 0.88 or jaro_winkler_similarity(street_l, street_r) >= 0.9)"
)

SOUNDS: Final = "(sound_l = sound_r or sound_l = turned_r or turned_l = sound_r)"
HAN_BOTH: Final = "(script_l = 'han' and script_r = 'han')"
SLIP: Final = (
    f"({one_slip('sound_l', 'sound_r')} or {one_slip('sound_l', 'turned_r')} or {one_slip('turned_l', 'sound_r')})"
)
CLOSE: Final = (
    "greatest(least(jaro_winkler_similarity(sound_l, sound_r), jaro_winkler_similarity(turned_l, turned_r)), "
    "least(jaro_winkler_similarity(sound_l, turned_r), jaro_winkler_similarity(turned_l, sound_r))) >= 0.88"
)
BRAND: Final = (
    "((company_l or company_r) and coalesce((script_l = 'han' and contains(sound_l, lead_r)) "
    "or (script_r = 'han' and contains(sound_r, lead_l)), false))"
)
ONE_OFF: Final = (
    "(length(written_l) >= 3 and length(written_l) = length(written_r) and ("
    + " or ".join(
        f"(substr(written_l, 1, {i}) = substr(written_r, 1, {i}) and substr(written_l, {i + 2}) = substr(written_r, {i + 2}))"
        for i in range(9)
    )
    + "))"
)
"""One character is another one; DuckDB's own distances count bytes, and a Chinese character has three."""


def _spells(latin: str, han: str) -> str:
    """The surname and the first or the last character of the given name, spelled in letters."""
    return " or ".join(
        f"starts_with({order}_{latin}, start_{han}) "
        f"or (starts_with({order}_{latin}, family_{han}) and ends_with({order}_{latin}, last_{han}))"
        for order in ("sound", "turned")
    )


SPELLED: Final = (
    f"coalesce((script_r = 'pinyin' and ({_spells('r', 'l')})) "
    f"or (script_l = 'pinyin' and ({_spells('l', 'r')})), false)"
)
LATIN_BOTH: Final = "(script_l = 'latin' and script_r = 'latin')"
PEOPLE: Final = "(not company_l and not company_r)"
ACROSS: Final = (
    "((script_l = 'han') <> (script_r = 'han') "
    "and (company_l or company_r or script_l = 'latin' or script_r = 'latin'))"
)
SIMILAR_NAME: Final = (
    f"({SLIP} and length(sound_l) >= 5 and not {HAN_BOTH}) or ({HAN_BOTH} and {ONE_OFF}) "
    f"or ({PEOPLE} and {LATIN_BOTH} and {CLOSE}) "
    f"or ({PEOPLE} and (list_has_all(tokens_l, tokens_r) or list_has_all(tokens_r, tokens_l))) "
    f"or ({PEOPLE} and {SPELLED})"
)
PART_OF_DAY: Final = (
    "((substr(birthday_l, 1, 4) = substr(birthday_r, 1, 4))::int + (substr(birthday_l, 6, 2) = substr(birthday_r, 6, 2))::int "
    "+ (substr(birthday_l, 9) = substr(birthday_r, 9))::int = 2 or (substr(birthday_l, 1, 4) = substr(birthday_r, 1, 4) "
    "and substr(birthday_l, 6, 2) = substr(birthday_r, 9) and substr(birthday_l, 9) = substr(birthday_r, 6, 2)))"
)

WEIGHTS: Final[dict[str, tuple[Level, ...]]] = {
    "name": (
        _known("sound"),
        Level(f"{SOUNDS} and (not {HAN_BOTH} or written_l = written_r)", 0, "equal", "letters"),
        Level(SOUNDS, -5, "similar", "letters"),
        Level(f"letters_l = letters_r and {SLIP} and length(sound_l) >= 6", 7.5, "similar"),
        Level(f"{SLIP} and {LATIN_BOTH} and birthday_l = birthday_r and length(sound_l) >= 6", 7.5, "similar"),
        Level(BRAND, 6, "similar"),
        Level(f"({SIMILAR_NAME}) and {OWN}", 3.5, "similar"),
        Level(SIMILAR_NAME, 1, "similar"),
        Level(f"tokens_l[1] = tokens_r[1] and {PEOPLE} and {LATIN_BOTH} and birthday_l = birthday_r", 2, "similar"),
        Level("wechat_l = wechat_r and family_l = family_r", 4, "similar"),
        Level(f"{SAME_ID} and (wechat_l = wechat_r or birthday_l = birthday_r)", -4, "different"),
        Level(typo("wechat"), -6, "different"),
        Level(f"birthday_l = birthday_r and {NEAR_BY} and (phone_l is null or phone_r is null)", 1, "different"),
        Level(ACROSS, -13, "different"),
        Level("ELSE", -18, "different"),
    ),
    "phone": (
        _known("phone"),
        Level("phone_l = phone_r", 0, "equal", "phone"),
        Level(typo("phone"), 5, "similar"),
        Level("ELSE", -2.5, "different"),
    ),
    "email": (
        _known("email"),
        Level("email_l = email_r", 0, "equal", "email"),
        Level(f"{typo('email')} or (mailbox_l = mailbox_r and length(mailbox_l) >= 6)", 5, "similar"),
        Level("ELSE", -1, "different"),
    ),
    "wechat": (
        _known("wechat"),
        Level("wechat_l = wechat_r", 0, "equal", "wechat"),
        Level(typo("wechat"), 5, "similar"),
        Level("ELSE", -2, "different"),
    ),
    "birthday": (
        _known("birthday"),
        Level("birthday_l = birthday_r", 0, "equal", "birthday", 13.3),
        Level(PART_OF_DAY, 2.5, "similar"),
        Level("damerau_levenshtein(replace(birthday_l, '-', ''), replace(birthday_r, '-', '')) <= 2", 0, "similar"),
        Level(SAME_ID, -2, "different"),
        Level(SOUNDS, -8.5, "different"),
        Level("ELSE", -16, "different"),
    ),
    "city": (
        _known("city"),
        Level("city_l = city_r", 2.5, "equal"),
        Level("jaro_winkler_similarity(city_l, city_r) >= 0.9", 1.5, "similar"),
        Level("ELSE", -1.5, "different"),
    ),
    "region": (_known("region"), Level("region_l = region_r", 0.3, "equal"), Level("ELSE", -0.5, "different")),
    "address": (
        _known("address"),
        Level("address_l = address_r and phone_l = phone_r", 0, "equal"),
        Level(f"address_l = address_r and {SAME_ID}", 8, "equal"),
        Level("address_l = address_r", 0, "equal", "address", 7),
        Level(f"{NEAR_BY} and {SAME_ID}", 8, "similar"),
        Level(NEAR_BY, 5.5, "similar"),
        Level("ELSE", -0.5, "different"),
    ),
    "postcode": (
        _known("postcode"),
        Level("postcode_l = postcode_r and phone_l = phone_r", 0, "equal"),
        Level(f"postcode_l = postcode_r and {SAME_ID}", 4.5, "equal"),
        Level("postcode_l = postcode_r", 2, "equal"),
        Level(f"damerau_levenshtein(postcode_l, postcode_r) = 1 and {SAME_ID}", 2, "similar"),
        Level("damerau_levenshtein(postcode_l, postcode_r) = 1", 1, "similar"),
        Level("ELSE", -0.5, "different"),
    ),
}
"""Per field, from the closest agreement down; the first that fits counts."""
