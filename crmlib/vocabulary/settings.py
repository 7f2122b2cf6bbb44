"""Of which kinds the settings of a policy are, each with its limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from crmlib.vocabulary.codes import CHANNELS
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.problems import closest
from crmlib.vocabulary.reasons_to_act import PERSONAL, WHAT
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.tables import MOST
from crmlib.vocabulary.working_hours import WEEKDAYS, known_place, opening


@dataclass(frozen=True)
class OneOf:
    """Holds a code to those of the vocabulary."""

    allowed: tuple[str, ...]

    def __call__(self, code: str) -> str:
        """The code. Raises `ValueError` that names the closest one."""
        if code not in self.allowed:
            raise ValueError(
                f"{code!r} is not known{closest(code, [*self.allowed])} (allowed: {', '.join(self.allowed)})"
            )
        return code


def once(codes: list[str]) -> list[str]:
    """The codes. Raises `ValueError` where one of them stands there twice."""
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ValueError(f"{twice[0]!r} stands there more than once")
    return codes


LEAST = 0.001
"""Least that a share, a ratio or an amount may be where nought would have no meaning."""
MOST_MONEY = MOST["money"]
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
SEVERITIES = TABLES["tickets"]["severity"].values

Text = Annotated[str, Field(min_length=1, max_length=200)]
Texts = Annotated[list[Text], Field(max_length=1000)]
Share = Annotated[float, Field(ge=LEAST, le=1)]
Money = Annotated[float, Field(ge=LEAST, le=MOST_MONEY)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Days = Annotated[int, Field(ge=0, le=3650)]
Hours = Annotated[float, Field(ge=0, le=87_600)]
Minutes = Annotated[float, Field(ge=0, le=10_000)]
Plan = Annotated[list[Annotated[int, Field(ge=1, le=3650)]], Field(min_length=1, max_length=12)]
ChannelCode = Annotated[str, AfterValidator(OneOf((*CHANNELS,)))]
ChannelOrOther = Annotated[str, AfterValidator(OneOf((*CHANNELS, "other")))]
SeverityCode = Annotated[str, AfterValidator(OneOf((*SEVERITIES,)))]
SeverityOrOther = Annotated[str, AfterValidator(OneOf((*SEVERITIES, "other")))]
ReasonCode = Annotated[str, AfterValidator(OneOf((*PERSONAL,)))]
Weekday = Annotated[str, AfterValidator(OneOf(WEEKDAYS))]
Opening = Annotated[str, Field(max_length=20), AfterValidator(opening)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Place = Annotated[str, Field(max_length=20), AfterValidator(known_place)]
TargetCode = Annotated[str, AfterValidator(OneOf(tuple(name for name, kpi in KPIS.items() if kpi.better)))]
AnyReason = Annotated[str, AfterValidator(OneOf((*WHAT,)))]
