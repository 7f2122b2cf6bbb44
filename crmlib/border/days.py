"""Up to when a company's data reach, by the days on which its tables have rows."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd

from crmlib.border.company import Description
from crmlib.border.lines import Read
from crmlib.vocabulary.schema import TABLES

UNDATED = ("customers", "contracts", "consents", "actions")
"""Tables whose days do not say up to when a company's data reach."""
SPARSE = 5
"""How many of its own usual gaps a table may have been silent before it counts as no longer written."""


def days_of(engine: duckdb.DuckDBPyConnection, read: Read) -> pd.Series[pd.Timestamp]:
    """The days on which kept rows of a table lie, ascending; those more than a year after the one before are left out with
    all that follow, being mistyped years.
    """
    day = f"cast({read.value(read.table[read.table.time])} as date)"
    days = f"select distinct {day} as day from {read.lines} where __state = 'kept' and {day} is not null"
    found = pd.to_datetime(engine.execute(f"select day from ({days}) order by day").df()["day"])
    far = found.diff() > pd.Timedelta(days=366)
    return found[far.cumsum() == 0]


def latest(engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read]) -> date | None:
    """The day up to which the data reach: the latest of any table, but no later than the earliest of those that are still
    written, each given the gap that is usual in it (95 of 100 gaps of its last year are no longer). None without a day.
    """
    last, reach, silent = [], [], []
    for read in (r for r in reads if r.table.name not in UNDATED and r.table.time in r.mapped):
        days = days_of(engine, read)
        if not len(days):
            continue
        gaps = days[days > days.iloc[-1] - pd.DateOffset(years=1)].diff().dropna()
        usual = pd.Timedelta(days=1) if gaps.empty else gaps.quantile(0.95)
        last.append(days.iloc[-1])
        reach.append(days.iloc[-1] + usual)
        silent.append(days.iloc[-1] + max(SPARSE * usual, pd.Timedelta(days=31)))
    if not last:
        return company.exported_on
    still = [r for r, s in zip(reach, silent, strict=True) if s >= max(last)]
    day = min(max(last), *still).date()
    return day if company.exported_on is None else min(day, company.exported_on)


def without_days(company: Description, rejects: pd.DataFrame) -> str:
    """Why there is no month to review, in one line."""
    mapped = [name for name in TABLES if company.sources(name)]
    wrong = rejects[(rejects["effect"] == "row") & ~rejects["table"].isin(UNDATED)]
    if len(wrong):
        worst = wrong.iloc[0]
        called = company.sources(worst["table"])[0].called
        return f"{called}: no row can be used; {worst['column'] or worst['table']} at {worst['first']}: {worst['mend']}"
    if set(mapped) <= set(UNDATED):
        return (
            f"company.toml: no table says up to when the data reach (there are: {', '.join(mapped)}); "
            'say exported_on = "YYYY-MM-DD", the day the files were made'
        )
    name = next(n for n in mapped if n not in UNDATED)
    called = company.sources(name)[0].called
    return f"{called}: no row can be used; the file holds no row that the filters let through"
