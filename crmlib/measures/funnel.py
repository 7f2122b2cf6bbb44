"""How much of a customer the company can see: the collection funnel (D035) and the three stages of collection (D038)."""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.vocabulary.months import first_day
from crmlib.vocabulary.policy import TIERS
from crmlib.vocabulary.schema import TABLES

NAN = float("nan")
STAGES = ("first_contact", "registered", "reachable", "consented", "behaviour_seen", "answered")
"""Stages of the collection funnel, each a part of the one before it."""
BASIC_FIELDS = ("name", "contact_point", "region")
POINTS = ("phone_status", "email_status", "wechat_status")
COLUMNS = ["stage", "customers", "lost", "unknown", "share"]
NO_ORDER = "no_order"
"""Who is known but has no tier, for want of an order."""
NEEDS = ("customers", "orders", "consents", "surveys")


def sight(c: Company) -> Expression:
    """One row per known customer: `customer_id` and, per stage and basic field, true, false, or null where it cannot be told.

    Known is who stands in the customers, orders, contacts or service cases, `registered` who has a record among the
    customers. `behaviour_seen` (an order or use) and `answered`
    (a survey) look back `policy.tiers.window_months` months; a consent must stand on `as_of` (D035, D039 to D041).
    """
    sources = (c.tables.customers, c.tables.orders, c.tables.interactions, c.tables.tickets)
    known = ibis.union(*(source.select("customer_id") for source in sources)).distinct()
    start = first_day(c.as_of, c.policy.tiers.window_months)
    bought = c.tables.orders.filter(_.ordered_at.date() >= start).select("customer_id")
    used = c.tables.activity.filter(_.day >= start).select("customer_id")
    frame = known.left_join(_on_record(c), "customer_id").drop("customer_id_right")
    frame = _among(frame, "registered", c.tables.customers, c.tables.customers)
    frame = _among(frame, "consented", c.tables.consents.filter(_.withdrawn_at.isnull()), c.tables.consents)
    frame = _among(frame, "behaviour_seen", ibis.union(bought, used), c.tables.orders, c.tables.activity)
    return _among(frame, "answered", c.tables.surveys.filter(_["at"].date() >= start), c.tables.surveys)


def collection(c: Company) -> pd.DataFrame:
    """The collection funnel: `stage`, `customers`, `lost`, `unknown`, `share` of the known customers (D035).

    A customer passes a stage after every earlier stage that can be told; `unknown` are those of whom the company cannot tell.
    Where it can tell of no one, `customers` and `share` are NaN and the next stage starts from the one before.
    """
    return _passed(_counted(sight(c), STAGES[1:]))


def by_tier(c: Company, tiers: Expression) -> pd.DataFrame:
    """The collection funnel of each tier: `tier`, then as `collection`, shares of the tier's own known customers (D035, D059).

    `tiers` has `customer_id` and `tier`; who has none is put under "no_order". No rows without a known customer.
    """
    seen = sight(c)
    placed = seen.left_join(tiers.select("customer_id", "tier"), "customer_id").drop("customer_id_right")
    groups = _counted(placed.mutate(tier=_.tier.fill_null(NO_ORDER)), ("tier", *STAGES[1:]))
    there = [t for t in (*TIERS, NO_ORDER) if t in set(groups["tier"])]
    parts = [_passed(groups[groups["tier"] == tier]).assign(tier=tier) for tier in there]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS).assign(tier=[])
    return frame[["tier", *COLUMNS]]


def tier_matrix(stages: pd.DataFrame) -> pd.DataFrame:
    """`by_tier` as a matrix: tiers down, stages across, the share of the tier that passed."""
    wide = stages.pivot(index="tier", columns="stage", values="share").astype(float)
    tiers, across = list(dict.fromkeys(stages["tier"])), [s for s in STAGES if s in wide.columns]
    return wide.reindex(index=tiers, columns=across).dropna(axis=1, how="all").rename_axis(index=None, columns=None)


def reach_by_tier(c: Company, stages: pd.DataFrame) -> pd.DataFrame:
    """Findings `collected_share_by_tier`: customers of a tier who pass every stage, as a share; NaN with n 0 where a stage
    cannot be told.
    """
    rows = []
    for tier in dict.fromkeys(stages["tier"]):
        part = stages[stages["tier"] == tier]
        share = NAN if part["share"].isna().any() else float(part["share"].iloc[-1])
        rows.append(_exact(c, "collected_share_by_tier", share, part["customers"].iloc[0], tier))
    return findings(c, rows, needs=NEEDS)


def _passed(groups: pd.DataFrame) -> pd.DataFrame:
    still = groups["n"]
    known = float(still.sum())
    rows = [{"stage": "first_contact", "customers": known, "lost": 0.0, "unknown": 0.0}]
    for stage in STAGES[1:]:
        yes, unknown = groups[stage].eq(True).fillna(False), groups[stage].isna()
        row = {"stage": stage, "customers": NAN, "lost": 0.0, "unknown": float(still[unknown].sum())}
        if not unknown.all() or not still.sum():
            row |= {"customers": float(still[yes].sum()), "lost": float(still[~yes & ~unknown].sum())}
            still = still.where(yes, 0)
        rows.append(row)
    frame = pd.DataFrame(rows)
    return frame.assign(share=frame["customers"] / (known or NAN))


def reach(c: Company, stages: pd.DataFrame) -> pd.DataFrame:
    """Findings `collected_share`: known customers who pass each stage, as a share; the total is the last stage (D035, D038).

    `stages` is `collection`. The total is NaN with n 0 as long as one of the stages cannot be told.
    """
    frame = stages
    known = frame["customers"].iloc[0]
    if not known:
        return findings(c, needs=NEEDS)
    whole = NAN if frame["share"].isna().any() else frame["share"].iloc[-1]
    named = [("", whole), *zip(frame["stage"], frame["share"], strict=True)]
    return findings(c, (_exact(c, "collected_share", v, known, s) for s, v in named), needs=NEEDS)


def coverage(c: Company) -> pd.DataFrame:
    """Findings of the three stages (D038): `basic_coverage` (also by field), `behavioural_coverage`, `active_mining_coverage`.

    Basic is a name, a valid contact point and a region together; behavioural an order or use, active mining an answered
    survey, both within `policy.tiers.window_months`. Unlike the funnel each stage is counted of all known customers.
    """
    frame = sight(c)
    groups = _counted(frame, (*BASIC_FIELDS, "behaviour_seen", "answered"))
    known = float(groups["n"].sum())
    if not known:
        return findings(c, needs=NEEDS)

    def share(*fields: str) -> float:
        if any(groups[f].isna().all() for f in fields):
            return NAN
        return float(groups["n"][groups[list(fields)].eq(True).fillna(False).all(axis=1)].sum()) / known

    rows = [_exact(c, "basic_coverage", share(*BASIC_FIELDS), known)]
    rows += [_exact(c, "basic_coverage", share(field), known, field) for field in BASIC_FIELDS]
    rows.append(_exact(c, "behavioural_coverage", share("behaviour_seen"), known))
    rows.append(_exact(c, "active_mining_coverage", share("answered"), known))
    return findings(c, rows, needs=NEEDS)


def holdings(c: Company) -> pd.DataFrame:
    """What the company holds: one row per canonical `table` with `held`, `rows` and `customers` up to `as_of` (D047)."""
    rows = []
    for name in TABLES:
        counts = getattr(c.tables, name).agg(rows=_.count(), customers=_.customer_id.nunique()).execute().iloc[0]
        rows.append((name, name not in c.missing, int(counts["rows"]), int(counts["customers"])))
    return pd.DataFrame(rows, columns=["table", "held", "rows", "customers"])


def _counted(frame: Expression, flags: tuple[str, ...]) -> pd.DataFrame:
    """How many customers there are of each combination of flags: a handful of rows, whatever the size of the company."""
    return (
        frame.group_by(list(flags)).agg(n=_.count()).order_by([frame[f].asc(nulls_first=True) for f in flags]).execute()
    )


def _on_record(c: Company) -> Expression:
    """Per customer on record whether name, contact point and region are there; null where the column is not held at all."""
    customers = c.tables.customers
    points = [(customers[p] == "valid").fill_null(False) for p in POINTS]
    a_point = points[0] | points[1] | points[2]
    stated = ibis.coalesce(*(customers[p] for p in POINTS)).notnull()
    return customers.select(
        "customer_id",
        name=customers.name_status == "valid",
        contact_point=_where(stated, a_point),
        reachable=_where(stated, a_point),
        region=_where(customers.region.notnull().any().over(ibis.window()), customers.region.notnull()),
    )


def _among(frame: Expression, name: str, who: Expression, *sources: Expression) -> Expression:
    """`frame` with a column that says whether a customer is among `who`; null throughout where all the sources are empty."""
    held = reduce(or_, (source.count().as_scalar() > 0 for source in sources))
    there = who.select("customer_id").distinct().mutate(there=ibis.literal(True))
    joined = frame.left_join(there, "customer_id").drop("customer_id_right")
    return joined.mutate(**{name: _where(held, joined.there.fill_null(False))}).drop("there")


def _where(told: BooleanValue, value: BooleanValue) -> BooleanValue:
    return told.ifelse(value, ibis.null("boolean"))


def _exact(c: Company, kpi: str, share: float, known: float, segment: str = "") -> dict[str, object]:
    """A share of the known customers, who are all counted: n is 0 where it cannot be told."""
    n = 0 if pd.isna(share) else known
    return finding(c, kpi, (share, NAN, NAN), n=n, segment=segment)
