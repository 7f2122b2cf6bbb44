"""What the data are worth: complete, accurate, timely, compliant, by table and column (D036), and what the border turned away."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression
from scipy.stats import binom

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.vocabulary.schema import TABLES

NAN = float("nan")
SPLIT = " · "
DEFECTS = ("incomplete", "inaccurate", "untimely", "non_compliant")
RECORDED = tuple(name for name, table in TABLES.items() if "recorded_at" in table.names)
CHANCE = 0.05
"""Chance, over all months judged, of an outbreak that is none."""
BY_CASE = {
    "interactions": ("campaign", "script"),
    "surveys": ("expectation", "perception", "score"),
    "actions": ("outcome",),
}
"""Columns that only some cases fill: an empty cell is no defect there."""


def columns(c: Company) -> pd.DataFrame:
    """Per `table` and `column`: `rows`, `filled`, `invalid`, `completeness` (filled of rows), `accuracy` (valid of filled).

    Rests on the profile that ingest wrote, of months that ended by `as_of`. A share of nothing is NaN, and so is the
    completeness of a column that may rightly be empty (`BY_CASE`, and what is filled in afterwards) (D036).
    """
    profile = _profile(c)
    sums = profile.group_by(["table", "column"]).agg(rows=_.rows.sum(), filled=_.filled.sum(), invalid=_.invalid.sum())
    frame = sums.order_by(["table", "column"]).execute()
    frame = _in_schema_order(frame.astype({"rows": "int64", "filled": "int64", "invalid": "int64"}))
    judged = pd.Series([c not in (*TABLES[t].later, *BY_CASE.get(t, ())) for t, c in _names(frame)], dtype=bool)
    frame["completeness"] = frame["filled"] / frame["rows"].where((frame["rows"] > 0) & judged)
    frame["accuracy"] = 1 - frame["invalid"] / frame["filled"].where(frame["filled"] > 0)
    return frame.astype({"completeness": float, "accuracy": float})


def defects(c: Company, at_fault: pd.DataFrame, lagged: pd.DataFrame) -> pd.DataFrame:
    """The four defects as shares per `table` and `column`: `incomplete`, `inaccurate`, `untimely`, `non_compliant` (D036).

    Timeliness is told of a table's time column by `lagged` (the frame of `lags`), compliance of what `at_fault` tells
    (`table`, `column`, `non_compliant`); NaN elsewhere and wherever the table that would tell is missing.
    """
    frame = columns(c)
    late = 1 - lagged.set_index("table")["on_time"]
    frame["incomplete"], frame["inaccurate"] = 1 - frame["completeness"], 1 - frame["accuracy"]
    on_time_column = frame["column"] == frame["table"].map({name: TABLES[name].time for name in TABLES})
    frame["untimely"] = frame["table"].map(late).where(on_time_column).astype(float)
    told = at_fault.set_index(["table", "column"])["non_compliant"].to_dict()
    frame["non_compliant"] = [told.get(pair, NAN) for pair in _names(frame)]
    return frame[["table", "column", "rows", *DEFECTS]]


def by_month(c: Company, late: pd.DataFrame) -> pd.DataFrame:
    """The defects that have a month, of months that ended by `as_of`: `table`, `column`, `defect`, `month`, `rows`, `at_fault`,
    `share`, `usual_share`, `outbreak`.

    `late` is `late_by_month`. `rows` is what the share is of: cells, filled cells, or rows with both times. `usual_share` is
    the share of the column's other months; an outbreak has so many at fault that, over all the months judged, chance alone
    would bring one in fewer than one review in twenty (binomial tail, Bonferroni). Rows without a time have no month (D036).
    """
    profile = _profile(c).filter(_.month.notnull()).order_by(["table", "column", "month"])
    cells = profile.select("table", "column", "month", "rows", "filled", "invalid").execute()
    may_be_empty = np.array([c in (*TABLES[t].later, *BY_CASE.get(t, ())) for t, c in _names(cells)], dtype=bool)
    empty = cells.assign(defect="incomplete", at_fault=cells["rows"] - cells["filled"])[~may_be_empty]
    wrong = cells.assign(defect="inaccurate", at_fault=cells["invalid"], rows=cells["filled"])
    at_fault = (late["late_share"] * late["rows"]).round()
    times = late["table"].map({name: TABLES[name].time for name in TABLES})
    late = late.assign(defect="untimely", column=times, at_fault=at_fault)
    kept = ["table", "column", "defect", "month", "rows", "at_fault"]
    frame = pd.concat(
        [f[kept].assign(month=pd.to_datetime(f["month"])) for f in (empty, wrong, late)], ignore_index=True
    )
    frame = frame[frame["rows"] > 0].astype({"rows": "int64", "at_fault": "int64"})
    place = frame["defect"].map({d: i for i, d in enumerate(DEFECTS)})
    frame = _in_schema_order(frame.assign(place=place).sort_values(["place", "month"], kind="stable"))
    return _with_outbreaks(frame.drop(columns="place"))


def month_matrix(months: pd.DataFrame, *, last: int = 18) -> pd.DataFrame:
    """`by_month` as a matrix, "table · defect" down and the `last` months across, the share at fault of all columns together;
    only rows with a fault in some month.
    """
    recent = sorted(months["month"].unique())[-last:]
    named = months.assign(name=months["table"] + SPLIT + months["defect"])
    sums = named[named["month"].isin(recent)].groupby(["name", "month"], sort=False)[["at_fault", "rows"]].sum()
    share = (sums["at_fault"] / sums["rows"]).unstack("month") if len(sums) else pd.DataFrame()
    names = [n for n in dict.fromkeys(named["name"]) if n in share.index and share.loc[n].gt(0).any()]
    return share.reindex(index=names, columns=recent).astype(float).rename_axis(index=None, columns=None)


def outbreaks(c: Company, months: pd.DataFrame) -> pd.DataFrame:
    """Findings `defect_outbreaks`: months of a column in which a defect stood out, in total and by defect, of n judged."""
    if months.empty:
        return findings(c)
    out = months["outbreak"].groupby(months["defect"]).agg(["sum", "size"])
    parts = [("", out["sum"].sum(), out["size"].sum()), *((d, *out.loc[d]) for d in DEFECTS if d in out.index)]
    return findings(c, (finding(c, "defect_outbreaks", (k, NAN, NAN), n=n, segment=s) for s, k, n in parts))


def worst(shares: pd.DataFrame, *, most: int = 24) -> pd.DataFrame:
    """The columns with the largest defects as a matrix, "table · column" down, the four defects across; none without one."""
    largest = shares[list(DEFECTS)].max(axis=1).fillna(0)
    kept = shares[largest > 0].assign(largest=largest).sort_values("largest", ascending=False, kind="stable").head(most)
    kept = kept.sort_index()
    return kept.set_index(kept["table"] + SPLIT + kept["column"])[list(DEFECTS)]


def completeness(c: Company) -> pd.DataFrame:
    """Findings `completeness`: filled cells as a share of all cells, in total and per table; n in cells (D036)."""
    frame = columns(c).dropna(subset=["completeness"])
    return _shares(c, "completeness", frame["table"], frame["filled"], frame["rows"])


def accuracy(c: Company) -> pd.DataFrame:
    """Findings `accuracy`: filled cells that passed every check as a share of filled cells, in total and per table (D036)."""
    frame = columns(c)
    return _shares(c, "accuracy", frame["table"], frame["filled"] - frame["invalid"], frame["filled"])


def timeliness(c: Company, lagged: pd.DataFrame) -> pd.DataFrame:
    """Findings `timeliness`: rows recorded within `policy.quality.on_time_hours` of the event, in total and per table; `lagged`
    is `lags` (D036).
    """
    return _shares(c, "timeliness", lagged["table"], lagged["in_time"], lagged["rows"])


def lags(c: Company) -> pd.DataFrame:
    """Lag between event and record per `table`: `rows`, `in_time`, `on_time` (share), `median_hours` (D036).

    Only events whose hours were over by the end of `as_of`; a record that came later counts as late, with its wait so far.
    """
    waits = _waits(c)
    sums = waits.group_by("table").agg(rows=_.count(), in_time=_.in_time.sum(), seconds=_.seconds.median())
    frame = sums.execute().set_index("table").reindex(list(RECORDED)).dropna().rename_axis("table").reset_index()
    frame = frame.astype({"rows": "int64", "in_time": "int64", "seconds": float})
    frame["on_time"] = (frame["in_time"] / frame["rows"]).astype(float)
    return frame.assign(median_hours=frame.pop("seconds") / 3600)


def usual_lag(c: Company, lagged: pd.DataFrame) -> pd.DataFrame:
    """Findings `record_lag`: median hours between event and record per table; the total is the slowest. `lagged` is `lags`."""
    slowest = lagged.sort_values("median_hours", kind="stable").tail(1).assign(table="")
    parts = pd.concat([slowest, lagged])[["table", "median_hours", "rows"]].itertuples(index=False, name=None)
    return findings(c, (finding(c, "record_lag", (hours, NAN, NAN), n=n, segment=s) for s, hours, n in parts))


def late_by_month(c: Company) -> pd.DataFrame:
    """Share of rows recorded too late (`late_share`) by `table` and `month` of the event, with `rows` (D036)."""
    waits = _waits(c)
    sums = waits.group_by(["table", "month"]).agg(rows=_.count(), in_time=_.in_time.sum())
    frame = sums.order_by(["table", "month"]).execute()
    frame["late_share"] = (1 - frame.pop("in_time") / frame["rows"]).astype(float)
    return frame


def account(c: Company) -> pd.DataFrame:
    """Where every source row went, by `table` and `file`: `read` = `filtered` + `repeated` + `rejected` + `kept` (D042)."""
    frame = c.tables.account.order_by([_.table.asc(nulls_first=True), _.file.asc(nulls_first=True)]).execute()
    return _in_schema_order(
        frame.astype(dict.fromkeys(("read", "filtered", "repeated", "rejected", "kept"), "int64")), "file"
    )


def rejected(c: Company) -> pd.DataFrame:
    """Findings `rejected_share`: source rows turned away at the border as a share of rows read, in total and per table (D036)."""
    frame = account(c)
    return _shares(c, "rejected_share", frame["table"], frame["rejected"], frame["read"])


def _profile(c: Company) -> Expression:
    """The profile of whole months up to `as_of`; a row without a month (the time is unknown) is kept."""
    month_after = c.as_of + timedelta(days=1)
    return c.tables.profile.filter(_.month.isnull() | (_.month < date(month_after.year, month_after.month, 1)))


def _waits(c: Company) -> Expression:
    """Rows with a time and a record time whose hours are over: `table`, `month`, `seconds` of wait, `in_time` (1 or 0)."""
    end = ibis.literal(c.as_of + timedelta(days=1), type="date").cast("timestamp(6)").epoch_seconds()
    allowed = int(c.policy.quality.on_time_hours * 3600)
    parts = []
    for name in RECORDED:
        table = _customer_records(c) if name == "customers" else getattr(c.tables, name)
        event = table[TABLES[name].time].cast("timestamp(6)")
        at, seen = event.epoch_seconds(), table.recorded_at.epoch_seconds()
        over = table.filter(event.notnull(), table.recorded_at.notnull(), at + allowed < end)
        parts.append(
            over.select(table=ibis.literal(name), month=event.strftime("%Y-%m"), seconds=ibis.least(seen, end) - at)
        )
    return ibis.union(*parts).mutate(in_time=(_.seconds <= allowed).cast("int64"))


def _customer_records(c: Company) -> Expression:
    """Each record that a customer has in a source system: the merged customer's dates are those of different records."""
    single = c.tables.customers.anti_join(c.tables.records, "customer_id").select("acquired_on", "recorded_at")
    return ibis.union(single, c.tables.records.select("acquired_on", "recorded_at"))


def _with_outbreaks(frame: pd.DataFrame) -> pd.DataFrame:
    """The shares, what is usual for the column in its other months, and which months stand out from it."""
    others = frame.groupby(["table", "column", "defect"])[["at_fault", "rows"]].transform("sum")
    others = others - frame[["at_fault", "rows"]]
    usual = (others["at_fault"] + 0.5) / (others["rows"] + 1)
    tail = binom.sf(frame["at_fault"] - 1, frame["rows"], usual)
    seen = (others["rows"] > 0) & (tail < CHANCE / max(1, len(frame)))
    shares = {
        "share": frame["at_fault"] / frame["rows"],
        "usual_share": others["at_fault"] / others["rows"].where(others["rows"] > 0),
    }
    return frame.assign(**shares, outbreak=seen.astype(bool)).astype({"share": float, "usual_share": float})


def _in_schema_order(frame: pd.DataFrame, second: str = "column") -> pd.DataFrame:
    places = {
        (t, c): (i, j)
        for i, table in enumerate(TABLES.values())
        for j, c in enumerate(table.names)
        for t in (table.name,)
    }
    order = {name: i for i, name in enumerate(TABLES)}
    keys = [
        (order.get(t, len(order)), places.get((t, c), (0, 999))[1], str(c))
        for t, c in zip(frame["table"], frame[second], strict=True)
    ]
    return frame.iloc[sorted(range(len(frame)), key=keys.__getitem__)].reset_index(drop=True)


def _names(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """The pairs of table and column, row by row."""
    return list(zip(frame["table"], frame["column"], strict=True))


def _shares(c: Company, kpi: str, groups: pd.Series, part: pd.Series, whole: pd.Series) -> pd.DataFrame:
    """One finding in total and one per group, of counts that are exact; no rows where the whole is empty."""
    if not len(groups) or not whole.sum():
        return findings(c)
    sums = (
        pd.DataFrame({"group": groups, "part": part, "whole": whole})
        .groupby("group", sort=False)[["part", "whole"]]
        .sum()
    )
    rows = [("", part.sum(), whole.sum()), *((str(g), p, w) for g, p, w in sums.itertuples(name=None) if w)]
    return findings(c, (finding(c, kpi, (float(p) / float(w), NAN, NAN), n=w, segment=s) for s, p, w in rows))
