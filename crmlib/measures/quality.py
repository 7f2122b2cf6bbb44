"""What the data are worth: complete, accurate, timely, compliant, by table and column (D036), and what the border turned away."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from scipy.stats import binom

from crmlib.facts import holdings
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, marked
from crmlib.vocabulary.labels import SPLIT, label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.language import listed, number
from crmlib.vocabulary.schema import TABLES

NAN = float("nan")
DEFECTS = ("incomplete", "inaccurate", "untimely", "non_compliant")
LAST, LEAST = 7, 0.005
"""Days at the end of the month of which it is shown how much is still to come, and the share from which it is."""
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

    Columns that the company records, in months that ended by the day. A share of nothing is NaN, and so is the completeness of
    a column that may rightly be empty (`BY_CASE`, and what is filled in afterwards) (D036).
    """
    sums = (
        holdings.profile(c)
        .group_by(["table", "column"])
        .agg(rows=_.rows.sum(), filled=_.filled.sum(), invalid=_.invalid.sum())
    )
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
    return marked(c, frame[["table", "column", "rows", *DEFECTS]], "consents.withdrawn_at")


def by_month(c: Company, late: pd.DataFrame) -> pd.DataFrame:
    """The defects that have a month, of months that ended by the day: `table`, `column`, `defect`, `month`, `rows`, `at_fault`,
    `share`, `usual_share`, `outbreak`.

    `late` is `late_by_month`. `rows` is what the share is of: cells, filled cells, or rows with both times. `usual_share` is
    the share of the column's other months; an outbreak has so many at fault that, over all the months judged, chance alone
    would bring one in fewer than one review in twenty (binomial tail, Bonferroni). Rows without a time have no month (D036).
    """
    cells = holdings.profile(c).filter(_.month.notnull()).order_by(["table", "column", "month"]).execute()
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
    out = months["outbreak"].groupby(months["defect"]).agg(["sum", "size"])
    parts = [("", *out.sum()), *((d, *out.loc[d]) for d in DEFECTS if d in out.index)] if len(months) else []
    rows = (finding(c, "defect_outbreaks", k, n=n, segment=s) for s, k, n in parts)
    return _marked(c, findings(c, rows, of=("defect_outbreaks",)))


def worst(shares: pd.DataFrame, *, most: int = 24) -> pd.DataFrame:
    """The columns with the largest defects as a matrix, "table · column" down, the four defects across; none without one."""
    largest = shares[list(DEFECTS)].max(axis=1).fillna(0)
    kept = shares[largest > 0].assign(largest=largest).sort_values("largest", ascending=False, kind="stable").head(most)
    kept = kept.sort_index()
    return kept.set_index(kept["table"] + SPLIT + kept["column"])[list(DEFECTS)]


def unrecorded(c: Company) -> pd.DataFrame:
    """What is not recorded here, once: `table`, `column`, and what it `would_tell`, in the language in force; columns of the
    tables that the company has (D037).
    """
    names = [name.split(".") for name in holdings.unrecorded(c) if "." in name]
    rows = [(table, column, say(TABLES[table][column].says)) for table, column in names]
    return pd.DataFrame(rows, columns=["table", "column", "would_tell"])


def completeness(c: Company) -> pd.DataFrame:
    """Findings `completeness`: filled cells as a share of all cells, in total and per table; n in cells (D036)."""
    frame = columns(c).dropna(subset=["completeness"])
    return _marked(c, _shares(c, "completeness", frame["table"], frame["filled"], frame["rows"]))


def accuracy(c: Company) -> pd.DataFrame:
    """Findings `accuracy`: filled cells that passed every check as a share of filled cells, in total and per table (D036)."""
    frame = columns(c)
    return _marked(c, _shares(c, "accuracy", frame["table"], frame["filled"] - frame["invalid"], frame["filled"]))


def timeliness(c: Company, lagged: pd.DataFrame) -> pd.DataFrame:
    """Findings `timeliness`: rows recorded within `policy.quality.on_time_hours` of the event, as a share of those recorded and
    those still to come, in total and per table; n in rows on record. `lagged` is `lags` (D036).
    """
    return _shares(c, "timeliness", lagged["table"], lagged["in_time"], lagged["expected_rows"], n=lagged["rows"])


def lags(c: Company) -> pd.DataFrame:
    """Lag between event and record per `table`: `rows`, `in_time`, `expected_rows`, `on_time` (share), `median_hours` (D036).

    Only events whose hours were over by the end of the day. The late rows of the last days are not on record yet:
    `expected_rows` adds those that experience says are still to come, so that the share does not flatter.
    """
    sums = _days(c).groupby("table")[["over", "in_time", "expected_over"]].sum()
    median = holdings.recordings(c).filter(_.is_over).group_by("table").agg(median_hours=_.seconds.median() / 3600)
    frame = sums.join(median.execute().set_index("table"), how="inner").reindex([t for t in TABLES if t in sums.index])
    frame = frame.dropna().rename(columns={"over": "rows", "expected_over": "expected_rows"})
    frame.insert(3, "on_time", frame["in_time"] / frame["expected_rows"])
    return frame.astype({"rows": "int64", "in_time": "int64"}).rename_axis("table").reset_index()


def usual_lag(c: Company, lagged: pd.DataFrame) -> pd.DataFrame:
    """Findings `record_lag`: median hours between event and record per table; the total is the slowest. `lagged` is `lags`."""
    slowest = lagged.sort_values("median_hours", kind="stable").tail(1).assign(table="")
    parts = pd.concat([slowest, lagged])[["table", "median_hours", "rows"]].itertuples(index=False, name=None)
    return findings(c, (finding(c, "record_lag", h, n=n, segment=s) for s, h, n in parts), of=("record_lag",))


def still_to_come(c: Company) -> pd.DataFrame:
    """The last days of the month by `table`: `day`, `rows` on record, `expected_rows` by experience, `still_to_come` (share);
    days of which hardly anything is missing are left out, and so are customers, who are often entered long after (D036).
    """
    frame = _days(c)
    frame = frame[(frame["day"] > pd.Timestamp(c.as_of - timedelta(days=LAST))) & (frame["table"] != "customers")]
    frame = frame.assign(still_to_come=1 - frame["rows"] / frame["expected"]).rename(
        columns={"expected": "expected_rows"}
    )
    shown = frame[frame["still_to_come"] >= LEAST]
    return _in_schema_order(shown[["table", "day", "rows", "expected_rows", "still_to_come"]], "day")


def on_late_rows(c: Company) -> str:
    """Of which tables it cannot be told how many rows are still to come, in words; empty where there is none."""
    apart = ("customers", "board")  # the board is written by reviews
    tables = [name for name in TABLES if name not in apart and c.knows(name) and not c.knows(f"{name}.recorded_at")]
    text = say("Late rows cannot be told of {tables}: it is not on record when these rows came in.")
    return text.format(tables=listed([label(name, "table") for name in tables])) if tables else ""


def late_by_month(c: Company) -> pd.DataFrame:
    """Share of rows recorded too late or still to come (`late_share`) by `table` and `month` of the event, with `rows` (D036)."""
    days = _days(c)
    months = days["day"].dt.strftime("%Y-%m").rename("month")
    sums = days.groupby(["table", months])[["over", "in_time", "expected_over"]].sum().reset_index()
    sums = sums[sums["over"] > 0].rename(columns={"over": "rows"})
    share = (1 - sums.pop("in_time") / sums.pop("expected_over")).astype(float)
    return sums.assign(late_share=share).reset_index(drop=True)


def account(c: Company) -> pd.DataFrame:
    """Where every source row went, by `table` and `file`: `read` = `filtered` + `repeated` + `rejected` + `kept`, of
    joined files `unmatched` + `kept` (D042)."""
    frame = holdings.account(c).order_by([_.table.asc(nulls_first=True), _.file.asc(nulls_first=True)]).execute()
    counts = dict.fromkeys(("read", "filtered", "repeated", "rejected", "kept"), "int64")
    return _in_schema_order(frame.astype({**counts, "unmatched": "Int64"}), "file")


def unnamed(c: Company) -> pd.DataFrame:
    """Words of the company's own that were not published and stand as `other`: one row per `table`, `column` and `why` (few:
    held by fewer customers than `policy.privacy.k`; personal), with `values` (different ones) and `rows` (D042)."""
    frame = holdings.unnamed(c).order_by(["table", "column", "why"]).to_pandas()
    return _in_schema_order(frame.astype({"values": "int64", "rows": "int64"}))


def on_unnamed(c: Company) -> str:
    """What became of words that were not published, in words."""
    said = say(
        "Words that fewer than {k} customers hold, or that tell of a person, are counted as “other” and named nowhere. "
        "A word that is a code can be declared in company.toml."
    )
    return said.format(k=number(c.policy.privacy.k))


def rejected(c: Company) -> pd.DataFrame:
    """Findings `rejected_share`: source rows turned away at the border as a share of rows read, in total and per table (D036)."""
    frame = account(c)
    frame = frame[frame["unmatched"].isna()]
    return _shares(c, "rejected_share", frame["table"], frame["rejected"], frame["read"])


def _days(c: Company) -> pd.DataFrame:
    """The fact `days_on_record` as a frame in one order, so that its sums are always the same."""
    return holdings.days_on_record(c).order_by(["table", "day"]).to_pandas()


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
    """The rows in the order of the schema, those of one table by the column, or in the order of `second`."""
    place = {name: i for i, name in enumerate(TABLES)}
    inside = {(t.name, name): i for t in TABLES.values() for i, name in enumerate(t.names)}
    pairs = zip(frame["table"], frame[second], strict=True)
    keys = [(place.get(t, len(place)), inside.get((t, v), 999), str(v)) for t, v in pairs]
    return frame.iloc[sorted(range(len(frame)), key=keys.__getitem__)].reset_index(drop=True)


def _names(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """The pairs of table and column, row by row."""
    return list(zip(frame["table"], frame["column"], strict=True))


def _shares(
    c: Company, kpi: str, groups: pd.Series, part: pd.Series, whole: pd.Series, n: pd.Series | None = None
) -> pd.DataFrame:
    """One finding in total and one per group, of counts that are exact; no rows where the whole is empty."""
    frame = pd.DataFrame({"group": groups, "part": part, "whole": whole, "n": whole if n is None else n})
    sums = frame.groupby("group", sort=False)[["part", "whole", "n"]].sum()
    parts = [("", *sums.sum()), *sums.itertuples(name=None)]
    rows = (finding(c, kpi, float(p) / float(w), n=n, segment=str(s)) for s, p, w, n in parts if w)
    return findings(c, rows, of=(kpi,))


def _marked(c: Company, told: pd.DataFrame) -> pd.DataFrame:
    """Findings on whatever columns are recorded, marked with those that are not: of the segment's table, or of all."""
    return told.assign(without=[" ".join(holdings.unrecorded(c, *TABLES.keys() & {s})) for s in told["segment"]])
