"""Up to when a company's data reach, by the days on which its tables have rows."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import duckdb
import pandas as pd

from crmlib.border.company import Description
from crmlib.border.lines import Read
from crmlib.vocabulary.schema import TABLES

UNDATED = ("customers", "contracts", "consents", "actions", "board")
"""Tables whose days do not say up to when a company's data reach."""
FEWEST_MONTHS = 3
"""Months with rows that say nothing yet of how many rows a month has."""
STRAY, FEW, HARDLY_ANY = 2, 0.1, 0.02
"""Rows that are strays in any table; shares of the rows of a usual month that are few after a gap, and hardly any."""
SPARSE = 5
"""How many of its own usual gaps a table may have been silent before it counts as no longer written."""


TRICKLE = 0.25
"""Share of a table's usual week below which its last rows are a trickle, such as late answers about orders of long ago."""


def days_of(engine: duckdb.DuckDBPyConnection, read: Read) -> pd.Series[int]:
    """Kept rows of a table by the day on which they lie, ascending; days more than a year after the one before are left out
    with all that follow, being mistyped years, and so are the last months that hold next to nothing.
    """
    day = f"cast({read.value(read.table[read.table.time])} as date)"
    rows = (
        f"select {day} as day, count(*) as n from {read.lines} where __state = 'kept' and {day} is not null group by 1"
    )
    found = engine.execute(f"{rows} order by 1").df().set_index("day")["n"]
    found.index = pd.to_datetime(found.index)
    far = found.index.to_series().diff() > pd.Timedelta(days=366)
    return _dense(found[(far.cumsum() == 0).to_numpy()])


def _dense(rows: pd.Series[int]) -> pd.Series[int]:
    """The rows without last months that hold next to nothing: an order dated wrongly is not the end of the data.

    Such months have less than half the rows of any month of the year before them (the first of the data aside), and are one
    month with hardly any, or hold few after more months without a row than there ever were.
    """
    months = pd.DatetimeIndex(rows.index).to_period("M")
    counts = rows.groupby(months).sum()
    gaps = [(later - month).n for month, later in pairwise(counts.index)]
    for i in range(FEWEST_MONTHS, len(counts)):
        n, year = counts.iloc[i:].sum(), counts.iloc[1:i].iloc[-12:]
        few = gaps[i - 1] > max(1, *gaps[: i - 1]) and (n <= STRAY or n < FEW * year.median())
        if n < 0.5 * year.min() and (few or (i == len(counts) - 1 and n < HARDLY_ANY * year.median())):
            return rows[months < counts.index[i]]
    return rows


def trickles_from(rows: pd.Series[int]) -> pd.Timestamp:
    """The last day up to which a table was written as usual: that of the last week with `TRICKLE` of the usual rows."""
    year = rows[rows.index > rows.index[-1] - pd.DateOffset(years=1)]
    weeks = max(1.0, ((year.index[-1] - year.index[0]).days + 1) / 7)
    return year.rolling("7D").sum().loc[lambda week: week >= TRICKLE * year.sum() / weeks].index[-1]


def latest(engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read]) -> date | None:
    """The day up to which the data reach: the latest of any table, but no later than the earliest of those that are still
    written, each given the gap that is usual in it (95 of 100 gaps of its last year are no longer). Only what is written as
    usual tells that another table is no longer written, a trickle does not. None without a day.
    """
    last, reach, silent, usually = [], [], [], []
    for read in (r for r in reads if r.table.name not in UNDATED and r.table.time in r.mapped):
        rows = days_of(engine, read)
        if not len(rows):
            continue
        days = rows.index.to_series()
        gaps = days[days > days.iloc[-1] - pd.DateOffset(years=1)].diff().dropna()
        usual = pd.Timedelta(days=1) if gaps.empty else gaps.quantile(0.95)
        last.append(days.iloc[-1])
        usually.append(trickles_from(rows))
        reach.append(days.iloc[-1] + usual)
        silent.append(days.iloc[-1] + max(SPARSE * usual, pd.Timedelta(days=31)))
    if not last:
        return company.exported_on
    still = [r for r, s in zip(reach, silent, strict=True) if s >= max(usually)]
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
