"""How much of a customer the company can see: the collection funnel (D035) and the three stages of collection (D038)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import answers, holdings, people, purchases, use, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import BooleanValue, Table, _
from crmlib.facts.findings import among, finding, findings, marked
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import TIERS
from crmlib.vocabulary.schema import TABLES

NAN = float("nan")
STAGES = ("first_contact", "registered", "reachable", "consented", "behaviour_seen", "answered")
"""Stages of the collection funnel, each a part of the one before it."""
BASIC_FIELDS = ("name", "contact_point", "region")
POINTS = ("phone", "email", "wechat")
MET = ("customers", "orders", "interactions", "tickets")
"""Tables in any of which a customer is known who stands there."""
COLUMNS = ["stage", "customers", "lost", "unknown", "share"]
NO_ORDER = "no_order"
"""Who is known but has no tier, for want of an order."""


def sight(c: Company) -> Table:
    """One row per known customer: `customer_id` and, per stage and basic field, true, false, or null where it cannot be told.

    Known is who stands in a table of `MET`, `registered` who has a record among the customers. `behaviour_seen` (an order or
    use) and `answered` (a survey) look back `policy.tiers.window_months` months; a consent must stand on the day (D035, D039 to
    D041). A stage is null throughout where the company does not record what would tell it.
    """
    known = holdings.rows(c).filter(_.table.isin(MET)).select("customer_id").distinct()
    start = windows.start(c)
    used = use.days(c).filter(_.day >= start)
    behaved = ex.union(purchases.recent(c).select("customer_id"), used.select("customer_id"))
    record = people.customers(c)
    frame = known.left_join(_on_record(c), "customer_id").drop("customer_id_right")
    frame = _among(frame, "registered", record, c.knows("customers.customer_id"))
    agreed = people.consents(c).filter(_.stands)
    frame = _among(frame, "consented", agreed, c.knows("consents.channel"))
    traced = c.knows("orders.ordered_at") or c.knows("activity.day")
    frame = _among(frame, "behaviour_seen", behaved, traced)
    heard = answers.answers(c).filter(_.day >= start)
    return _among(frame, "answered", heard, c.knows("surveys.at"))


def collection(c: Company) -> pd.DataFrame:
    """The collection funnel: `stage`, `customers`, `lost`, `unknown`, `share` of the known customers (D035).

    A customer passes a stage after every earlier stage that can be told; `unknown` are those of whom the company cannot tell.
    A stage of which it can tell of no one is absent, and the next starts from the one before.
    """
    groups = _counted(sight(c), STAGES[1:])
    return marked(c, among(_passed(groups, _told(groups)), groups["n"].sum()), *KPIS["collected_share"].uses)


def by_tier(c: Company, tiers: Table) -> pd.DataFrame:
    """The collection funnel of each tier: `tier`, then as `collection`, shares of the tier's own known customers (D035, D059).

    `tiers` has `customer_id` and `tier`; who has none is put under "no_order". No rows without a known customer.
    """
    seen = sight(c)
    placed = seen.left_join(tiers.select("customer_id", "tier"), "customer_id").drop("customer_id_right")
    groups = _counted(placed.mutate(tier=_.tier.fill_null(NO_ORDER)), ("tier", *STAGES[1:]))
    there = [t for t in (*TIERS, NO_ORDER) if t in set(groups["tier"])]
    parts = [_passed(groups[groups["tier"] == tier], _told(groups)).assign(tier=tier) for tier in there]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS).assign(tier=[])
    told = among(frame[["tier", *COLUMNS]], groups.groupby("tier")["n"].sum().to_dict())
    return marked(c, told, *KPIS["collected_share_by_tier"].uses)


def tier_matrix(stages: pd.DataFrame) -> pd.DataFrame:
    """`by_tier` as a matrix: tiers down, stages across, the share of the tier that passed."""
    wide = stages.pivot(index="tier", columns="stage", values="share").astype(float)
    tiers, across = list(dict.fromkeys(stages["tier"])), [s for s in STAGES if s in wide.columns]
    told = wide.reindex(index=tiers, columns=across).dropna(axis=1, how="all").rename_axis(index=None, columns=None)
    told.attrs = stages.attrs
    return told


def reach_by_tier(c: Company, stages: pd.DataFrame) -> pd.DataFrame:
    """Findings `collected_share_by_tier`: customers of a tier who pass every stage, as a share; no rows where a stage cannot be
    told.
    """
    parts = [part for _tier, part in stages.groupby("tier", sort=False) if _is_whole(part)]
    rows = (
        _exact(c, "collected_share_by_tier", part["share"].iloc[-1], part["customers"].iloc[0], part["tier"].iloc[0])
        for part in parts
    )
    return findings(c, rows, of=("collected_share_by_tier",))


def reach(c: Company, stages: pd.DataFrame) -> pd.DataFrame:
    """Findings `collected_share`: known customers who pass each stage, as a share; the total is the last stage (D035, D038).

    `stages` is `collection`. There is no total as long as one of the stages cannot be told.
    """
    known = stages["customers"].iloc[0]
    named = list(zip(stages["stage"], stages["share"], strict=True)) if known else []
    whole = [("", stages["share"].iloc[-1])] if known and _is_whole(stages) else []
    return findings(c, (_exact(c, "collected_share", v, known, s) for s, v in whole + named), of=("collected_share",))


def coverage(c: Company) -> pd.DataFrame:
    """Findings of the three stages (D038): `basic_coverage` (also by field), `behavioural_coverage`, `active_mining_coverage`.

    Basic is a name, a valid contact point and a region together; behavioural an order or use, active mining an answered
    survey, both within `policy.tiers.window_months`. Unlike the funnel each stage is counted of all known customers.
    """
    groups = _counted(sight(c), (*BASIC_FIELDS, "behaviour_seen", "answered"))
    known = float(groups["n"].sum())
    kinds = {
        "basic_coverage": BASIC_FIELDS,
        "behavioural_coverage": ("behaviour_seen",),
        "active_mining_coverage": ("answered",),
    }
    parts = [(kpi, "", fields) for kpi, fields in kinds.items()]
    parts[1:1] = [("basic_coverage", field, (field,)) for field in BASIC_FIELDS]
    rows = []
    for kpi, segment, fields in parts:
        if known and not groups[list(fields)].isna().all().any():
            passed = groups["n"][groups[list(fields)].eq(True).fillna(False).all(axis=1)].sum()
            rows.append(_exact(c, kpi, float(passed) / known, known, segment))
    return findings(c, rows, of=kinds)


def inventory(c: Company) -> pd.DataFrame:
    """What the company records: one row per canonical `table` with `recorded`, `rows` and `customers` up to the day (D047).

    Of whom the rows are is NaN where a table does not say.
    """
    counted = holdings.rows(c).group_by("table").agg(rows=_.count(), customers=_.customer_id.nunique()).execute()
    frame = counted.set_index("table").reindex(list(TABLES), fill_value=0).reset_index()
    frame.insert(1, "recorded", [c.knows(name) for name in frame["table"]])
    nobodys = [c.knows(name) and not c.knows(f"{name}.customer_id") for name in frame["table"]]
    return frame.assign(customers=frame["customers"].mask(nobodys)) if any(nobodys) else frame


def _told(groups: pd.DataFrame) -> list[str]:
    """The stages that can be told of somebody."""
    return [stage for stage in STAGES[1:] if groups[stage].notna().any()]


def _passed(groups: pd.DataFrame, stages: list[str]) -> pd.DataFrame:
    still = groups["n"]
    known = float(still.sum())
    rows: list[tuple[object, ...]] = [("first_contact", known, 0.0, 0.0)]
    for stage in stages:
        yes, unknown = groups[stage].eq(True).fillna(False), groups[stage].isna()
        rows.append((stage, *(float(still[which].sum()) for which in (yes, ~yes & ~unknown, unknown))))
        still = still.where(yes, 0)
    frame = pd.DataFrame(rows, columns=COLUMNS[:4])
    return frame.assign(share=frame["customers"] / (known or NAN))


def _is_whole(stages: pd.DataFrame) -> bool:
    return set(stages["stage"]) == set(STAGES)


def _counted(frame: Table, flags: tuple[str, ...]) -> pd.DataFrame:
    """How many customers there are of each combination of flags: a handful of rows, whatever the size of the company."""
    return (
        frame.group_by(list(flags)).agg(n=_.count()).order_by([frame[f].asc(nulls_first=True) for f in flags]).execute()
    )


def _on_record(c: Company) -> Table:
    """Per customer on record whether name, contact point and region are there; null where the company does not record it."""
    customers = people.customers(c)
    a_point = ex.or_(*(customers[f"has_{p}"].fill_null(False) for p in POINTS))
    stated = ex.coalesce(*(customers[f"has_{p}"] for p in POINTS)).notnull()
    region = customers.region.notnull() if c.knows("customers.region") else ex.null("boolean")
    reached = stated.ifelse(a_point, ex.null("boolean"))
    return customers.select("customer_id", name="has_name", contact_point=reached, reachable=reached, region=region)


def _among(frame: Table, name: str, who: Table, known: bool) -> Table:
    """`frame` with a column that says whether a customer is among `who`; null throughout where that is not known."""
    there = who.select("customer_id").distinct().mutate(there=ex.literal(True))
    joined = frame.left_join(there, "customer_id").drop("customer_id_right")
    flag: BooleanValue = joined.there.fill_null(False) if known else ex.null("boolean")
    return joined.mutate(**{name: flag}).drop("there")


def _exact(c: Company, kpi: str, share: float, known: float, segment: str = "") -> dict[str, object]:
    """A share of the known customers, who are all counted."""
    return finding(c, kpi, share, n=known, segment=segment)
