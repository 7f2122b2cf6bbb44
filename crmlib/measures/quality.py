"""What the data are worth: complete, accurate, timely, compliant, by table and column (D036), and what the border turned away."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.data.tables import Tables
from crmlib.vocabulary.estimates import finding, findings
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES

NAN = float("nan")
SPLIT = " · "
DEFECTS = ("incomplete", "inaccurate", "untimely", "non_compliant")
RECORDED = tuple(name for name, table in TABLES.items() if "recorded_at" in table.names)
CONTACT_POINTS = {"phone": ("phone", "sms"), "email": ("email",), "wechat": ("wechat", "wecom")}
"""Contact points of a customer, with the channels that use them."""
STEADY = ("orders", "interactions", "tickets", "activity")
"""Tables that a running company fills every month; a month without new customers or surveys is no gap."""
THIN = 0.5
"""Share of the rows of the months before below which a month counts as a gap."""
BY_CASE = {
    "interactions": ("campaign", "script"),
    "surveys": ("expectation", "perception", "score"),
    "actions": ("outcome",),
}
"""Columns that only some cases fill: an empty cell is no defect there."""
UNDER_CONTRACT = ("service",)
"""Purposes that rest on the contract with the customer and need no consent of their own."""


def columns(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Per `table` and `column`: `rows`, `filled`, `invalid`, `completeness` (filled of rows), `accuracy` (valid of filled).

    Rests on the profile that ingest wrote, of months that ended by `as_of`. A share of nothing is NaN, and so is the
    completeness of a column that may rightly be empty (`BY_CASE`, and what is filled in afterwards) (D036).
    """
    profile = _profile(tables, as_of)
    sums = profile.group_by(["table", "column"]).agg(rows=_.rows.sum(), filled=_.filled.sum(), invalid=_.invalid.sum())
    frame = sums.order_by(["table", "column"]).execute()
    frame = _in_schema_order(frame.astype({"rows": "int64", "filled": "int64", "invalid": "int64"}))
    judged = pd.Series([c not in (*TABLES[t].later, *BY_CASE.get(t, ())) for t, c in _names(frame)], dtype=bool)
    frame["completeness"] = frame["filled"] / frame["rows"].where((frame["rows"] > 0) & judged)
    frame["accuracy"] = 1 - frame["invalid"] / frame["filled"].where(frame["filled"] > 0)
    return frame.astype({"completeness": float, "accuracy": float})


def defects(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """The four defects as shares per `table` and `column`: `incomplete`, `inaccurate`, `untimely`, `non_compliant` (D036).

    Timeliness is told of a table's time column, compliance of the contact points and of the contacts' channel; NaN elsewhere
    and wherever the table that would tell is missing.
    """
    tables = tables.until(as_of)
    frame = columns(tables, as_of=as_of, policy=policy)
    late = 1 - lags(tables, as_of=as_of, policy=policy).set_index("table")["on_time"]
    frame["incomplete"], frame["inaccurate"] = 1 - frame["completeness"], 1 - frame["accuracy"]
    on_time_column = frame["column"] == frame["table"].map({name: TABLES[name].time for name in TABLES})
    frame["untimely"] = frame["table"].map(late).where(on_time_column).astype(float)
    at_fault = _without_consent_by_column(tables, policy)
    frame["non_compliant"] = [at_fault.get((t, c), NAN) for t, c in _names(frame)]
    return frame[["table", "column", "rows", *DEFECTS]]


def worst(shares: pd.DataFrame, *, most: int = 24) -> pd.DataFrame:
    """The columns with the largest defects as a matrix, "table · column" down, the four defects across; none without one."""
    largest = shares[list(DEFECTS)].max(axis=1).fillna(0)
    kept = shares[largest > 0].assign(largest=largest).sort_values("largest", ascending=False, kind="stable").head(most)
    kept = kept.sort_index()
    return kept.set_index(kept["table"] + SPLIT + kept["column"])[list(DEFECTS)]


def completeness(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `completeness`: filled cells as a share of all cells, in total and per table; n in cells (D036)."""
    frame = columns(tables, as_of=as_of, policy=policy).dropna(subset=["completeness"])
    return _shares("completeness", frame["table"], frame["filled"], frame["rows"], as_of)


def accuracy(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `accuracy`: filled cells that passed every check as a share of filled cells, in total and per table (D036)."""
    frame = columns(tables, as_of=as_of, policy=policy)
    return _shares("accuracy", frame["table"], frame["filled"] - frame["invalid"], frame["filled"], as_of)


def timeliness(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `timeliness`: rows recorded within `policy.quality.on_time_hours` of the event, in total and per table (D036)."""
    frame = lags(tables, as_of=as_of, policy=policy)
    return _shares("timeliness", frame["table"], frame["in_time"], frame["rows"], as_of)


def compliance(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `compliance`: contacts from us covered by a consent for their channel and purpose, in total and by channel (D036).

    The consent must stand at the time of the contact. Contacts for a purpose in `UNDER_CONTRACT` need none and are
    left out, and so are channels that no consent names; a purpose that none names is covered by any on its channel.
    """
    tables = tables.until(as_of)
    frame = (
        _covered(tables, policy)
        .group_by("channel")
        .agg(contacts=_.count(), covered=_.covered.sum())
        .order_by("channel")
        .execute()
    )
    covered = _shares("compliance", frame["channel"], frame["covered"], frame["contacts"], as_of)
    covered.attrs["needs"] = ("interactions", "consents")
    return covered


def consents(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Standing consents: `channel`, `purpose`, `customers` who consent on `as_of`, and their `share` of the known (D037).

    Empty where no consents are held.
    """
    tables = tables.until(as_of)
    standing = tables.consents.filter(_.withdrawn_at.isnull())
    counted = standing.group_by(["channel", "purpose"]).agg(customers=_.customer_id.nunique())
    frame = counted.order_by(["channel", "purpose"]).execute()
    known = _known(tables)
    return frame.assign(share=frame["customers"] / known if known else NAN).astype({"share": float})


def lags(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Lag between event and record per `table`: `rows`, `in_time`, `on_time` (share), `median_hours` (D036).

    Only events whose hours were over by the end of `as_of`; a record that came later counts as late, with its wait so far.
    """
    waits = _waits(tables, as_of, policy)
    sums = waits.group_by("table").agg(rows=_.count(), in_time=_.in_time.sum(), seconds=_.seconds.median())
    frame = sums.execute().set_index("table").reindex(list(RECORDED)).dropna().rename_axis("table").reset_index()
    frame = frame.astype({"rows": "int64", "in_time": "int64", "seconds": float})
    frame["on_time"] = (frame["in_time"] / frame["rows"]).astype(float)
    return frame.assign(median_hours=frame.pop("seconds") / 3600)


def late_by_month(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Share of rows recorded too late (`late_share`) by `table` and `month` of the event, with `rows` (D036)."""
    waits = _waits(tables, as_of, policy)
    sums = waits.group_by(["table", "month"]).agg(rows=_.count(), in_time=_.in_time.sum())
    frame = sums.order_by(["table", "month"]).execute()
    frame["late_share"] = (1 - frame.pop("in_time") / frame["rows"]).astype(float)
    return frame


def arrivals(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Rows per `table` and `month`, and `usual`: the rows as a share of the median of the six months before (D036).

    A gap is an outage or a file that never came: months with nothing between a table's first month and the last of all stand
    there with 0. Only tables that a running company fills every month (`STEADY`); `usual` is NaN in a table's first three months.
    """
    dated = _profile(tables, as_of).filter(_.month.notnull(), _.table.isin(STEADY))
    sums = dated.group_by(["table", "month"]).agg(rows=_.rows.max()).order_by(["table", "month"]).execute()
    if sums.empty:
        return pd.DataFrame({"table": [], "month": [], "rows": [], "usual": []})
    sums["month"] = pd.PeriodIndex(pd.to_datetime(sums["month"]), freq="M")
    wide = sums.pivot(index="month", columns="table", values="rows")
    wide = wide.reindex(pd.period_range(wide.index.min(), wide.index.max(), freq="M"))
    wide = wide.where(wide.ffill().isna(), wide.fillna(0))
    usual = (wide / wide.shift(1).rolling(6, min_periods=3).median().clip(lower=1)).rename_axis("month")
    rows = wide.rename_axis("month").stack().dropna().rename("rows")
    long = rows.to_frame().join(usual.stack().rename("usual")).reset_index()
    long = long.astype({"rows": "int64", "month": str}).sort_values(["table", "month"], ignore_index=True)
    return long[["table", "month", "rows", "usual"]]


def gaps(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `gap_months`: months in which a table received less than half of its usual rows, in total and per table (D036)."""
    frame = arrivals(tables, as_of=as_of, policy=policy)
    if frame.empty:
        return findings()
    frame = frame.dropna(subset=["usual"])
    thin = (frame["usual"] < THIN).groupby(frame["table"]).agg(["sum", "size"])
    parts = [("", thin["sum"].sum(), thin["size"].sum()), *thin.itertuples(name=None)]
    return findings(
        finding("gap_months", (k, NAN, NAN), n=n, unit="count", as_of=as_of, segment=s) for s, k, n in parts
    )


def account(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Where every source row went, by `table` and `file`: `read` = `filtered` + `repeated` + `rejected` + `kept` (D042)."""
    frame = tables.account.order_by([_.table.asc(nulls_first=True), _.file.asc(nulls_first=True)]).execute()
    return _in_schema_order(
        frame.astype(dict.fromkeys(("read", "filtered", "repeated", "rejected", "kept"), "int64")), "file"
    )


def rejected(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `rejected_share`: source rows turned away at the border as a share of rows read, in total and per table (D036)."""
    frame = account(tables, as_of=as_of, policy=policy)
    return _shares("rejected_share", frame["table"], frame["rejected"], frame["read"], as_of)


def _profile(tables: Tables, as_of: date) -> Expression:
    """The profile of whole months up to `as_of`; a row without a month (the time is unknown) is kept."""
    month_after = as_of + timedelta(days=1)
    return tables.profile.filter(_.month.isnull() | (_.month < date(month_after.year, month_after.month, 1)))


def _waits(tables: Tables, as_of: date, policy: Policy) -> Expression:
    """Rows with a time and a record time whose hours are over: `table`, `month`, `seconds` of wait, `in_time` (1 or 0)."""
    tables = tables.until(as_of)
    end = ibis.literal(as_of + timedelta(days=1), type="date").cast("timestamp(6)").epoch_seconds()
    allowed = int(policy.quality.on_time_hours * 3600)
    parts = []
    for name in RECORDED:
        table = getattr(tables, name)
        event = table[TABLES[name].time].cast("timestamp(6)")
        at, seen = event.epoch_seconds(), table.recorded_at.epoch_seconds()
        over = table.filter(event.notnull(), table.recorded_at.notnull(), at + allowed < end)
        parts.append(
            over.select(table=ibis.literal(name), month=event.strftime("%Y-%m"), seconds=ibis.least(seen, end) - at)
        )
    return ibis.union(*parts).mutate(in_time=(_.seconds <= allowed).cast("int64"))


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


def _shares(kpi: str, groups: pd.Series, part: pd.Series, whole: pd.Series, as_of: date) -> pd.DataFrame:
    """One finding in total and one per group, of counts that are exact; no rows where the whole is empty."""
    if not len(groups) or not whole.sum():
        return findings()
    sums = (
        pd.DataFrame({"group": groups, "part": part, "whole": whole})
        .groupby("group", sort=False)[["part", "whole"]]
        .sum()
    )
    rows = [("", part.sum(), whole.sum()), *((str(g), p, w) for g, p, w in sums.itertuples(name=None) if w)]
    return findings(
        finding(kpi, (float(p) / float(w), NAN, NAN), n=w, unit="share", as_of=as_of, segment=s) for s, p, w in rows
    )


def _covered(tables: Tables, policy: Policy) -> Expression:
    """Contacts from us that need a consent: `channel` and whether one `covered` them; only channels that some consent names."""
    ours = tables.interactions.filter(_.direction == "out", _.purpose.isnull() | _.purpose.notin(list(UNDER_CONTRACT)))
    held = tables.consents
    named = {c: held.select(c).distinct().order_by(c)[c].to_pandas().tolist() for c in ("channel", "purpose")}
    ours = ours.filter(_.channel.isin(named["channel"]))
    both = ours.select("interaction_id", "customer_id", "channel", "at", wanted="purpose").inner_join(
        held.select("customer_id", "channel", "granted_at", "withdrawn_at", given="purpose"), ["customer_id", "channel"]
    )
    stood = (both.granted_at <= both["at"]) & (both.withdrawn_at.isnull() | (both.withdrawn_at > both["at"]))
    same = both.wanted.isnull() | both.wanted.notin(named["purpose"]) | (both.wanted == both.given)
    with_consent = both.filter(stood, same).select("interaction_id").distinct().mutate(covered=ibis.literal(1))
    return ours.left_join(with_consent, "interaction_id").select("channel", covered=_.covered.fill_null(0))


def _without_consent_by_column(tables: Tables, policy: Policy) -> dict[tuple[str, str], float]:
    """Share at fault by (table, column): customers with a valid contact point but no consent for it, contacts without one."""
    found: dict[tuple[str, str], float] = {}
    if not tables.consents.count().execute():
        return found
    for point, channels in CONTACT_POINTS.items():
        holders = tables.customers.filter(_[f"{point}_status"] == "valid")
        standing = tables.consents.filter(_.withdrawn_at.isnull(), _.channel.isin(channels))
        held = int(holders.count().execute())
        if held:
            found["customers", point] = int(holders.anti_join(standing, "customer_id").count().execute()) / held
    contacts = _covered(tables, policy).agg(n=_.count(), covered=_.covered.sum()).execute().iloc[0]
    if contacts["n"]:
        found["interactions", "channel"] = 1 - float(contacts["covered"]) / float(contacts["n"])
    return found


def _known(tables: Tables) -> int:
    if "customers" in tables.missing:
        return int(tables.orders.customer_id.nunique().execute())
    return int(tables.customers.count().execute())
