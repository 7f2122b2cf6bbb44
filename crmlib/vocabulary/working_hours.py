"""Hours of a working day, days of the week and places with holidays, as policy writes them."""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC "
    "CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD "
    "GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH "
    "KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW "
    "MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC "
    "SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UK UM US "
    "UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "
)
COUNTRIES = tuple(_COUNTRIES.split())
"""Countries whose holidays are known, by two letters (ISO 3166)."""


def opening(span: str) -> str:
    """A span of a day as HH:MM-HH:MM, 24:00 as its end. Raises `ValueError` in one line."""
    told = re.fullmatch(
        r"([01]?[0-9]|2[0-3]):([0-5][0-9]) ?[-–] ?(?:([01]?[0-9]|2[0-3]):([0-5][0-9])|24:00)", span.strip()
    )
    if told is None:
        raise ValueError(f"{span!r} is no span of hours such as '09:00-18:00'")
    h, m, h2, m2 = (int(part) if part else 0 for part in told.groups())
    until = (h2, m2) if told[3] else (24, 0)
    if (h, m) >= until:
        raise ValueError(f"{span!r} ends before it begins; write two spans for hours beyond midnight")
    return f"{h:02}:{m:02}-{until[0]:02}:{until[1]:02}"


def in_order(spans: list[str]) -> list[str]:
    """Spans of a day in order. Raises `ValueError` where two overlap."""
    told = sorted(spans)
    for one, other in pairwise(told):
        if other[:5] < one[6:]:
            raise ValueError(f"{one!r} and {other!r} overlap")
    return told


def ends_of(span: str) -> tuple[time, time]:
    """From when until when; 24:00 as midnight."""
    begins, ends = span.split("-")
    return time.fromisoformat(begins), time(0) if ends == "24:00" else time.fromisoformat(ends)


def hours_of(span: str) -> float:
    """How long a span is."""
    (h, m), (h2, m2) = (map(int, end.split(":")) for end in span.split("-"))
    return h2 - h + (m2 - m) / 60


def known_place(place: str) -> str:
    """A country of which holidays are known, with a part of it after a dash; or nothing. Raises `ValueError` in one line."""
    # It takes a quarter of a second, which who names no place need not wait.
    from holidays.utils import list_supported_countries

    country, _dash, part = place.strip().upper().partition("-")
    known = list_supported_countries() if country else {"": []}
    if country not in known:
        raise ValueError(f"{place!r} is no country whose holidays are known; write its two letters, such as CN")
    if part and part not in known[country]:
        raise ValueError(
            f"{place!r}: no such part of {country} is known (there are: {', '.join(known[country]) or 'none'})"
        )
    return f"{country}-{part}" if part else country
