"""What cannot be: amounts, sums and sequences of events that no real business produces (D036)."""

from __future__ import annotations

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.vocabulary.schema import TABLES

NAN = float("nan")
COLUMNS = ["table", "rule", "month", "rows", "failed"]


def checks(c: Company) -> pd.DataFrame:
    """Per `table`, `rule` and `month` of the row ("YYYY-MM"): `rows` that the rule could be asked of, and `failed` ones (D036).

    The rule "any" counts rows that failed at least one. Rows later than `as_of` are not read, so that dates in the
    future are seen at the border and not here.
    """
    parts = [_counted(name, rows, rules) for name, (rows, rules) in _rules(c).items()]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return frame[frame["rows"] > 0].reset_index(drop=True)


def impossible(asked: pd.DataFrame) -> pd.DataFrame:
    """`checks` over all months: `table`, `rule`, `rows`, `failed`, `share`; every rule that could be asked, the worst first."""
    rules = asked[asked["rule"] != "any"]
    frame = rules.groupby(["table", "rule"], sort=False)[["rows", "failed"]].sum().reset_index()
    frame = frame.assign(share=(frame["failed"] / frame["rows"]).astype(float))
    return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def month_matrix(asked: pd.DataFrame, *, last: int = 18) -> pd.DataFrame:
    """Failed rows as a matrix, "table · rule" down and the `last` months across; only rules that some row failed."""
    rules = asked[asked["rule"] != "any"].assign(name=asked["table"] + " · " + asked["rule"])
    rules = rules.assign(month=pd.to_datetime(rules["month"]))
    recent = sorted(rules["month"].dropna().unique())[-last:]
    wide = rules[rules["month"].isin(recent)].pivot_table(index="name", columns="month", values="failed", aggfunc="sum")
    if wide.empty:
        return pd.DataFrame()
    return wide[wide.sum(axis=1) > 0].rename_axis(index=None, columns=None)


def impossible_share(c: Company, asked: pd.DataFrame) -> pd.DataFrame:
    """Findings `impossible_share`: rows that failed at least one rule, as a share of rows, in total and per table (D036)."""
    sums = asked[asked["rule"] == "any"].groupby("table", sort=False)[["failed", "rows"]].sum()
    if sums.empty:
        return findings(c)
    parts = [("", sums["failed"].sum(), sums["rows"].sum()), *sums.itertuples(name=None)]
    return findings(c, (finding(c, "impossible_share", (k / n, NAN, NAN), n=n, segment=s) for s, k, n in parts))


def _counted(name: str, rows: Expression, rules: dict[str, BooleanValue]) -> pd.DataFrame:
    any_failed, any_asked = ibis.literal(False), ibis.literal(False)
    for failed in rules.values():
        any_failed, any_asked = any_failed | failed.fill_null(False), any_asked | failed.notnull()
    every = {"any": any_asked.ifelse(any_failed, ibis.null("boolean")), **rules}
    flagged = rows.select(month=rows[TABLES[name].time].cast("timestamp(6)").strftime("%Y-%m"), **every)
    sums = {f"{rule}{i}": (_[rule].count(), _[rule].sum())[i].fill_null(0) for rule in every for i in (0, 1)}
    wide = flagged.group_by("month").agg(**sums).order_by(ibis.asc("month", nulls_first=True)).execute()
    long = [wide.assign(table=name, rule=r, rows=wide[f"{r}0"], failed=wide[f"{r}1"])[COLUMNS] for r in every]
    return pd.concat(long, ignore_index=True).astype({"rows": "int64", "failed": "int64"})


def _rules(c: Company) -> dict[str, tuple[Expression, dict[str, BooleanValue]]]:
    """Per table its rows and the rules: true where a row cannot be, null where it cannot be asked."""
    known = c.tables.customers.select("customer_id", "acquired_on")
    orders = c.tables.orders.left_join(known, "customer_id").drop("customer_id_right")
    calls, cases, held = c.tables.interactions, c.tables.tickets, c.tables.consents
    rules: dict[str, tuple[Expression, dict[str, BooleanValue]]] = {
        "orders": (
            orders,
            {
                "negative_amount": orders.amount < 0,
                "refund_above_amount": (orders.refunded < 0) | (orders.refunded > orders.amount.abs()),
                "discount_outside": (orders.discount < 0) | (orders.discount > 1),
                "order_before_known": orders.ordered_at.date() < orders.acquired_on,
            },
        ),
        "interactions": (calls, {"answer_before_contact": calls.responded_at < calls["at"]}),
        "tickets": (
            cases,
            {
                "answer_before_case": cases.first_response_at < cases.opened_at,
                "solution_before_case": cases.resolved_at < cases.opened_at,
            },
        ),
        "consents": (held, {"withdrawn_before_given": held.withdrawn_at < held.granted_at}),
    }
    for name, (rows, asked) in rules.items():
        if "recorded_at" in rows.columns:
            asked["record_before_event"] = rows.recorded_at.date() < rows[TABLES[name].time].date()
    return rules
