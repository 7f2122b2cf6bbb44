"""What a missing field costs: hide it, decide again, and count the money of the customers who are then placed wrongly.

An ablation, as it is done with features of a model: the decisions are those the company takes anyway (tier, risk list,
channel), handed in as functions of the tables. What to collect next can so be ordered by money.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from scipy.stats import kendalltau

from crmlib.facts import expressions as ex
from crmlib.facts import people, use
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, marked
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import TIERS

NAN = float("nan")
Decision = Callable[[Company], Expression]
"""A frame with `customer_id` and the column of its name in `PLACED`; customers without a row are placed nowhere."""
PLACED = {"tier": "tier", "risk_list": "state", "channel": "channel"}
READS = {
    "tier": ("refunded",),
    "risk_list": ("activity", "tickets"),
    "channel": ("phone", "email", "wechat", "consents", "interactions"),
}
"""What each decision reads beside the orders that every company has: a table, or a field of `FIELDS`."""
FIELDS = {"refunded": "orders.refunded", **{p: f"customers.{p}" for p in ("phone", "email", "wechat")}}
"""Table and column of each field that is no whole table."""
DECIDES = {"activity": "activity.logins", "tickets": "tickets.category", "interactions": "interactions.direction"}
"""The column of a table without which no decision can read it."""
POINTS = ("phone", "email", "wechat")
BY_CUSTOMER = (*POINTS, "consents", "activity")
"""Fields of which each customer should have something, so that a gap in them can be told."""
COLUMNS = ["field", "decision", "customers", "moved", "moved_share", "rank_correlation", "misplaced_value"]


def wanted(worth: Expression, *, purpose: str = "sales") -> Expression:
    """Every customer of `worth` as one to be contacted: `customer_id`, `purpose`, `light`; what a channel is chosen for."""
    listed = worth.select("customer_id", purpose=ex.literal(purpose), light=ex.literal(True))
    return ex.memtable(listed.order_by("customer_id").to_pyarrow())


def effects(c: Company, decisions: Mapping[str, Decision], worth: Expression) -> pd.DataFrame:
    """One row per field and decision that reads it: how many of the `customers` of `worth` are placed elsewhere without it.

    `moved`, `moved_share`, `misplaced_value` (money: the `revenue` in `worth` of those moved, losses as 0) and, for the tier,
    `rank_correlation` (Kendall's tau-b of the tiers with and without). `worth` has `customer_id` and `revenue`. Fields that
    the company does not record, or not as far as a decision could read them, are left out.
    """
    money = worth.select("customer_id", revenue=_.revenue.cast("decimal(18, 4)")).order_by("customer_id").execute()
    money = money.set_index("customer_id")["revenue"].astype(float).clip(lower=0)
    rows = []
    for name, decide in decisions.items():
        fields = [f for f in READS[name] if c.knows(DECIDES.get(f, FIELDS.get(f, f)))] if len(money) else []
        full = _placed(decide(c), name, money.index) if fields else pd.Series(dtype=object)
        for field in fields:
            less = _placed(decide(c.without(FIELDS.get(field, field))), name, money.index)
            moved = full != less
            value = round(float(money[moved].sum()), 2)
            order = _kendall(full, less) if name == "tier" else NAN
            rows.append((field, name, len(money), int(moved.sum()), float(moved.mean()), order, value))
    return marked(c, pd.DataFrame(rows, columns=COLUMNS), *KPIS["misplaced_value"].uses)


def collect_next(c: Company, effect: pd.DataFrame, worth: Expression) -> pd.DataFrame:
    """What to collect next, ordered by money: `field`, `misplaced_value` (were it gone, the largest of its decisions),
    `missing_share` (customers of `worth` without it today), `gap_value` (what those may be misplaced by), `decision`.

    `gap_value` supposes that customers without the field are placed wrongly as often, and with as much money, as those with it
    would be if it were hidden: misplaced value of a holder times those without. NaN where a gap cannot be told (D046).
    """
    first = effect.sort_values(["misplaced_value", "decision"], ascending=[False, True], kind="stable")
    first = first.drop_duplicates("field")
    shares = {f: _missing(c, f, worth) for f in first["field"] if f in BY_CUSTOMER}
    missing = first["field"].map(shares).astype(float)
    gap = (first["misplaced_value"] / (1 - missing.where(missing < 1)) * missing).round(2)
    frame = first[["field", "decision", "misplaced_value"]].assign(missing_share=missing, gap_value=gap)
    frame = frame.sort_values(
        ["gap_value", "misplaced_value", "field"], ascending=[False, False, True], na_position="last", ignore_index=True
    )
    return marked(c, frame, *KPIS["gap_value"].uses)


def cost(c: Company, effect: pd.DataFrame, ranked: pd.DataFrame) -> pd.DataFrame:
    """Findings `misplaced_value` per field and decision, and `gap_value` per field whose gap can be told; n in customers.

    The total of each is the largest: a customer may be placed wrongly for several reasons, so that the parts do not add up.
    """
    if effect.empty:
        return findings(c, of=("misplaced_value", "gap_value"))
    n = int(effect["customers"].iloc[0])
    named = [f"{f} · {d}" for f, d in zip(effect["field"], effect["decision"], strict=True)]
    gaps = ranked.dropna(subset=["gap_value"])
    parts = [("misplaced_value", "", effect["misplaced_value"].max())]
    parts += [("misplaced_value", s, v) for s, v in zip(named, effect["misplaced_value"], strict=True)]
    if len(gaps):
        parts.append(("gap_value", "", gaps["gap_value"].max()))
        parts += [("gap_value", f, v) for f, v in zip(gaps["field"], gaps["gap_value"], strict=True)]
    return findings(c, (finding(c, k, v, n=n, segment=s) for k, s, v in parts))


def _placed(frame: Expression, decision: str, customers: pd.Index) -> pd.Series:
    """Where each customer is placed, "" for nowhere; of the risk list only whether they stand on it."""
    rows = frame.select("customer_id", placed=PLACED[decision]).execute().set_index("customer_id")["placed"]
    told = rows.reindex(customers).fillna("")
    return (told == "at_risk") if decision == "risk_list" else told


def _kendall(one: pd.Series, other: pd.Series) -> float:
    ranks = [s.map({tier: i for i, tier in enumerate(TIERS)}).fillna(len(TIERS)).to_numpy() for s in (one, other)]
    if any(len(set(r)) < 2 for r in ranks):
        return NAN
    return round(float(kendalltau(*ranks).statistic), 6)


def _missing(c: Company, field: str, worth: Expression) -> float:
    there = {"consents": people.consents, "activity": use.days}.get(field, people.customers)(c)
    given = there.filter(there[f"has_{field}"]) if field in POINTS else there
    without = worth.anti_join(given.select("customer_id"), "customer_id")
    return float((without.count().as_scalar() / worth.count().as_scalar()).execute())
