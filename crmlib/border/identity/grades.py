"""How far two records agree where weights are learnt: grades of one field each, so that Splink's training may take the
fields one by one; what is expected of each beforehand stands beside it.

`weights` holds what is used where nothing can be learnt; its levels look at several fields at once, which no training allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crmlib.border.identity.weights import (
    ACROSS,
    BRAND,
    CLOSE,
    HAN_BOTH,
    LATIN_BOTH,
    NEAR_BY,
    ONE_OFF,
    PART_OF_DAY,
    PEOPLE,
    SLIP,
    SOUNDS,
    SPELLED,
    apart,
    typo,
)


@dataclass(frozen=True)
class Grade:
    """One way in which two values agree: `when` (SQL), how many pairs of one customer show it (`m`), and its weight in bits.

    Both are what is expected before any record is seen. With `counted` the weight of an equal value follows from how many
    records hold it, and the rarest proves `most` bits.
    """

    when: str
    agreement: str
    m: float
    bits: float
    counted: str = ""
    most: float = 15.6

    @property
    def u(self) -> float:
        """How many pairs of two customers are expected to show it."""
        return self.m / 2.0**self.bits


PART: Final = (
    "(tokens_l[1] = tokens_r[1] or tokens_l[-1] = tokens_r[-1] "
    "or tokens_l[1] = tokens_r[-1] or tokens_l[-1] = tokens_r[1])"
)
"""The first or the last part of one name is a part of the other."""


def _digits(side: str) -> str:
    return f"replace(birthday_{side}, '-', '')"


DAYS_APART: Final = (
    "(substr(birthday_l, 1, 4) = substr(birthday_r, 1, 4) or substr(birthday_l, 6, 2) = substr(birthday_r, 6, 2) "
    f"or substr(birthday_l, 9) = substr(birthday_r, 9)) and damerau_levenshtein({_digits('l')}, {_digits('r')})"
)
"""SQL up to a comparison: slips in the eight digits of two days that share year, month or day."""

GRADES: Final[dict[str, tuple[Grade, ...]]] = {
    "name": (
        Grade(f"{SOUNDS} and (not {HAN_BOTH} or written_l = written_r)", "equal", 0.74, 13, "letters"),
        Grade(SOUNDS, "similar", 0.03, 10, "letters"),
        Grade(
            f"({SLIP} and length(sound_l) >= 5 and not {HAN_BOTH}) or ({HAN_BOTH} and {ONE_OFF})", "similar", 0.08, 7
        ),
        Grade(f"{PEOPLE} and {LATIN_BOTH} and {CLOSE}", "similar", 0.04, 5),
        Grade(
            f"{PEOPLE} and (list_has_all(tokens_l, tokens_r) or list_has_all(tokens_r, tokens_l))", "similar", 0.04, 3
        ),
        Grade(f"{BRAND} or ({PEOPLE} and {SPELLED})", "similar", 0.03, 5),
        Grade(f"{PEOPLE} and {PART}", "different", 0.02, 0),
        Grade(ACROSS, "different", 0.01, -6),
        Grade("ELSE", "different", 0.01, -8),
    ),
    "phone": (
        Grade("phone_l = phone_r", "equal", 0.8, 14, "phone"),
        Grade(typo("phone"), "similar", 0.03, 5),
        Grade("ELSE", "different", 0.17, -2.5),
    ),
    "email": (
        Grade("email_l = email_r", "equal", 0.7, 14, "email"),
        Grade(f"{typo('email')} or (mailbox_l = mailbox_r and length(mailbox_l) >= 6)", "similar", 0.1, 5),
        Grade(f"{apart('email')} and jaro_winkler_similarity(email_l, email_r) >= 0.88", "similar", 0.03, 4),
        Grade("ELSE", "different", 0.17, -2.5),
    ),
    "wechat": (
        Grade("wechat_l = wechat_r", "equal", 0.8, 14, "wechat"),
        Grade(typo("wechat"), "similar", 0.05, 5),
        Grade("ELSE", "different", 0.15, -2),
    ),
    "birthday": (
        Grade("birthday_l = birthday_r", "equal", 0.85, 13, "birthday", 14),
        Grade(f"{DAYS_APART} <= 1", "similar", 0.06, 7),
        Grade(PART_OF_DAY, "similar", 0.02, 3),
        Grade(f"{DAYS_APART} <= 2", "similar", 0.02, 1),
        Grade("substr(birthday_l, 1, 4) = substr(birthday_r, 1, 4)", "different", 0.02, 1),
        Grade("ELSE", "different", 0.03, -5),
    ),
    "city": (
        Grade("city_l = city_r", "equal", 0.7, 3, "city", 8),
        Grade("jaro_winkler_similarity(city_l, city_r) >= 0.88", "similar", 0.05, 2.5),
        Grade("ELSE", "different", 0.25, -1.5),
    ),
    "region": (Grade("region_l = region_r", "equal", 0.8, 1), Grade("ELSE", "different", 0.2, -1.5)),
    "address": (
        Grade("address_l = address_r", "equal", 0.6, 9, "address", 12),
        Grade(NEAR_BY, "similar", 0.2, 5.5),
        Grade("ELSE", "different", 0.2, -1.5),
    ),
    "postcode": (
        Grade("postcode_l = postcode_r", "equal", 0.75, 6, "postcode", 10),
        Grade("damerau_levenshtein(postcode_l, postcode_r) = 1", "similar", 0.1, 1),
        Grade("ELSE", "different", 0.15, -1.5),
    ),
}
"""Per field, from the closest agreement down; the first that fits counts."""
HELD_IN: Final = {field: "sound" if field == "name" else field for field in GRADES}
"""The column that says whether a field is known."""

PLACE: Final = ("city", "region", "address", "postcode")
MOST_PLACE: Final = 14.0
"""Bits that all parts of a place prove together: who shares an address shares its postcode and city too."""
ONE_ROOF: Final = 14.0
"""Bits taken from two records with different names, of whom nothing in `OWN` agrees: a household or an office shares the rest."""
NAMED_OTHERWISE: Final = tuple(i for i, grade in enumerate(GRADES["name"]) if grade.agreement == "different")
OWN: Final = {"birthday": (0, 1, 2), "wechat": (0, 1)}
"""Grades of what one person has to themselves: a birthday or its slip, an account's id."""
TELLING: Final = ("phone", "email", "wechat", "birthday", "address", "postcode")
BARE_FROM: Final = 0.96
"""Where none of these is known of both records, a name and a city stand alone, which prove less together than apart: such
a pair counts as one from this probability on only.
"""
