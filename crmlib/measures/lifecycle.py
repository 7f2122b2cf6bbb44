"""Lifecycle: each customer's stage, who moved, and the flywheel from the first contact to recommendation (D067,
D068).

Stages are rules on a customer's own purchases and on nobody else's; the cuts stand in `policy.lifecycle`.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import wilson
from crmlib.vocabulary.months import first_day, month_end_before
from crmlib.vocabulary.unlocks import REFERRAL

NAN = float("nan")
STAGES = ("life_potential", "life_growth", "life_maturity", "life_decline", "life_gone")
NOT_YET = "not_yet_known"
"""Where a customer comes from who was not known a month ago."""
TURN_DAYS = 90
"""Days that a first order, or the next one, is waited for."""
YEAR = timedelta(days=365)
PROMOTER = 9


def stages(c: Company) -> Expression:
    """One row per known customer: customer_id, life_stage, orders (days with an order), days_since_first, days_since_last,
    revenue (in the tiers' window).

    Rules, the first that holds: *potential* without an order, or the first within `tiers.new_days`; *lost* when
    silent longer than `cost.inactive_days` and `lost_cycles` of the own interval; *decline* with one day of orders
    only, or silent longer than `overdue_cycles` of the own interval, or purchases falling; *growth* when they rise;
    else *maturity*. The own interval is the mean between days with an order; the trend compares the last
    `trend_months` with as long before, or what there was of them since the first order, and must pass `trend_change`
    and chance.
    """
    cut = c.policy.lifecycle
    bought = _purchases(c)
    known = ibis.union(c.tables.customers.select("customer_id"), c.tables.orders.select("customer_id"), distinct=True)
    rows = known.left_join(bought, "customer_id").drop("customer_id_right")
    interval = (rows.days_since_first - rows.days_since_last) / (rows.orders - 1).nullif(0)
    rows = rows.mutate(interval=interval, trend=_trend(c, rows))
    silent = _.days_since_last
    lost = (silent > c.policy.cost.inactive_days) & (silent > cut.lost_cycles * _.interval).fill_null(True)
    overdue = (silent > cut.overdue_cycles * _.interval).fill_null(True)
    stage = ibis.cases(
        (_.orders.isnull() | (_.days_since_first < c.policy.tiers.new_days), STAGES[0]),
        (lost, STAGES[4]),
        (overdue | (_.trend < 0), STAGES[3]),
        (_.trend > 0, STAGES[1]),
        else_=STAGES[2],
    )
    kept = ("customer_id", "life_stage", "orders", "days_since_first", "days_since_last", "revenue")
    whole = rows.mutate(life_stage=stage, orders=_.orders.fill_null(ibis.literal(0, "int64")))
    return whole.mutate(revenue=_.revenue.fill_null(ibis.literal(0).cast("decimal(38, 4)"))).select(*kept)


def sizes(c: Company) -> pd.DataFrame:
    """One row per stage, empty ones too: life_stage, customers, customer_share, revenue, net_revenue_share, mean_revenue."""
    placed = stages(c)
    counted = placed.group_by("life_stage").agg(customers=_.count(), revenue=_.revenue.sum()).to_pandas()
    frame = counted.set_index("life_stage").reindex(pd.Index(STAGES, name="life_stage")).reset_index()
    customers, revenue = frame["customers"].fillna(0).astype(int), frame["revenue"].astype(float).fillna(0.0)
    return pd.DataFrame(
        {
            "life_stage": list(STAGES),
            "customers": customers,
            "customer_share": customers / customers.sum() if customers.sum() else NAN,
            "revenue": revenue,
            "net_revenue_share": revenue / revenue.sum() if revenue.sum() > 0 else NAN,
            "mean_revenue": revenue / customers.where(customers > 0),
        }
    )


def size_findings(c: Company, frame: pd.DataFrame) -> pd.DataFrame:
    """Findings of `sizes`: `lifecycle_decline_share` of the customers neither new nor lost (Wilson), and
    `lifecycle_customers` by stage.
    """
    counts = frame.set_index("life_stage")["customers"]
    here = int(counts[["life_growth", "life_maturity", "life_decline"]].sum())
    if not counts.sum():
        return findings(c)
    share = wilson(counts["life_decline"], here, confidence=c.policy.statistics.confidence)
    rows = [finding(c, "lifecycle_decline_share", share, n=here)]
    for stage, count in counts.items():
        told = (float(count), NAN, NAN)
        n = int(counts.sum())
        rows.append(finding(c, "lifecycle_customers", told, n=n, segment=str(stage)))
    return findings(c, rows)


def movement(c: Company) -> pd.DataFrame:
    """Stage at the end of the month before (down) by stage now (across), shares of each row, as a matrix; a stage
    that was empty stays out.

    Who was not known then has a row of their own.
    """
    now = stages(c).select("customer_id", to_stage="life_stage")
    then = stages(c.at(month_end_before(c.as_of))).select("customer_id", from_stage="life_stage")
    pairs = now.left_join(then, "customer_id").mutate(from_stage=_.from_stage.fill_null(NOT_YET))
    counted = pairs.group_by(["from_stage", "to_stage"]).agg(n=_.count()).to_pandas()
    if counted.empty:
        return pd.DataFrame()
    wide = counted.pivot(index="from_stage", columns="to_stage", values="n").fillna(0.0)
    wide = wide.reindex(columns=pd.Index(STAGES, name="to_stage"), fill_value=0.0)
    wide = wide.reindex(pd.Index([s for s in (*STAGES, NOT_YET) if s in wide.index], name="from_stage"))
    return wide.div(wide.sum(axis=1), axis=0)


def flywheel(c: Company) -> pd.DataFrame:
    """Findings `flywheel_turn`: the company's rate at each turn of the flywheel, Wilson intervals, in its order
    (D068).

     acquire: brought by customers, of those won in the last 12 months whose channel is known; convert: ordered within
    90 days of becoming known, of those known for 90 to 455 days; retain: active now, of those active a year ago;
    repeat: ordered on another day within 90 days of the first, of those whose first order is 90 to 455 days old;
    recommend: answered 9 or 10, of those asked in the tiers' window (latest answer). A turn without a case has no
    row.
    """
    level = c.policy.statistics.confidence
    turns = {
        "turn_acquire": _referred(c),
        "turn_convert": _converted(c),
        "turn_retain": _retained(c),
        "turn_repeat": _repeated(c),
        "turn_recommend": _recommended(c),
    }
    rows = []
    for turn, counted in turns.items():
        k, n = (int(v) for v in counted.fillna(0).iloc[0])
        if n:
            share = wilson(k, n, confidence=level)
            rows.append(finding(c, "flywheel_turn", share, n=n, segment=turn))
    return findings(c, rows, needs=("customers", "surveys"))


def _purchases(c: Company) -> Expression:
    """One row per customer with an order: days with one in all, lately and before, how long ago, revenue in the window."""
    split = first_day(c.as_of, c.policy.lifecycle.trend_months)
    window = first_day(c.as_of, c.policy.tiers.window_months)
    net = (_.amount - _.refunded.fill_null(0)).cast("decimal(18, 4)")
    daily = (
        c.tables.orders.mutate(net=net, day=_.ordered_at.date()).group_by(["customer_id", "day"]).agg(net=_.net.sum())
    )
    first = daily.group_by("customer_id").agg(first=_.day.min())
    daily = daily.inner_join(first, "customer_id").select("customer_id", "day", "net", "first")
    before = first_day(c.as_of, 2 * c.policy.lifecycle.trend_months)
    return daily.group_by("customer_id").agg(
        orders=_.count(),
        late=(_.day >= split).sum(),
        early=((_.day >= before) & (_.day < split) & (_.day > _.first)).sum(),
        days_since_first=ibis.literal(c.as_of).delta(daily.day.min(), unit="day"),
        days_since_last=ibis.literal(c.as_of).delta(daily.day.max(), unit="day"),
        revenue=_.net.sum(where=_.day >= window),
    )


def _trend(c: Company, rows: Expression) -> ibis.Value:
    """1 where purchases a day rise, −1 where they fall, 0 where neither can be told. The first order is a start, not
    a rate: of a customer younger than the months compared, purchases rise from nothing.
    """
    cut = c.policy.lifecycle
    late_days = (c.as_of - first_day(c.as_of, cut.trend_months)).days + 1
    early_days = (c.as_of - first_day(c.as_of, 2 * cut.trend_months)).days + 1 - late_days
    exposure = ibis.greatest(ibis.least(rows.days_since_first - late_days, early_days), 0).nullif(0).cast("float64")
    late, early = rows.late / late_days, rows.early / exposure
    beyond = cut.trend_sigmas * (rows.late / late_days**2 + rows.early / (exposure * exposure)).sqrt()
    rises = (late > early * (1 + cut.trend_change)) & (late - early > beyond)
    falls = (late < early * (1 - cut.trend_change)) & (early - late > beyond)
    return ibis.cases((exposure.isnull() | rises, 1), (falls, -1), else_=0)


def _referred(c: Company) -> pd.DataFrame:
    new = c.tables.customers.filter(_.acquired_on >= first_day(c.as_of, 12), _.acquisition_channel.notnull())
    return new.agg(k=(_.acquisition_channel == REFERRAL).sum(), n=_.count()).to_pandas()


def _converted(c: Company) -> pd.DataFrame:
    last = c.as_of - timedelta(days=TURN_DAYS)
    won = c.tables.customers.filter(_.acquired_on <= last, _.acquired_on > last - YEAR)
    first = c.tables.orders.group_by("customer_id").agg(day=_.ordered_at.date().min())
    rows = won.select("customer_id", "acquired_on").left_join(first, "customer_id")
    soon = (rows.day.delta(rows.acquired_on, unit="day") <= TURN_DAYS).fill_null(False)
    return rows.agg(k=soon.sum(), n=rows.count()).to_pandas()


def _retained(c: Company) -> pd.DataFrame:
    idle = timedelta(days=c.policy.cost.inactive_days)
    days = c.tables.orders.mutate(day=_.ordered_at.date()).group_by("customer_id")
    then = (_.day <= c.as_of - YEAR) & (_.day > c.as_of - YEAR - idle)
    each = days.agg(then=then.any(), now=(_.day > c.as_of - idle).any())
    return each.filter(_.then).agg(k=_.now.sum(), n=_.count()).to_pandas()


def _repeated(c: Company) -> pd.DataFrame:
    last = c.as_of - timedelta(days=TURN_DAYS)
    days = c.tables.orders.select("customer_id", day=_.ordered_at.date()).distinct()
    first = days.group_by("customer_id").agg(first=_.day.min()).filter(_.first <= last, _.first > last - YEAR)
    again = first.inner_join(days, "customer_id").group_by("customer_id")
    each = again.agg(again=((_.day > _.first) & (_.day.delta(_.first, unit="day") <= TURN_DAYS)).any())
    return each.agg(k=_.again.sum(), n=_.count()).to_pandas()


def _recommended(c: Company) -> pd.DataFrame:
    start = first_day(c.as_of, c.policy.tiers.window_months)
    asked = c.tables.surveys.filter(_.instrument == "nps", _.score.notnull(), _["at"].date() >= start)
    newest = ibis.window(group_by="customer_id", order_by=[ibis.desc("at"), ibis.asc("score")])
    last = asked.mutate(nth=ibis.row_number().over(newest)).filter(_.nth == 0)
    return last.agg(k=(_.score >= PROMOTER).sum(), n=_.count()).to_pandas()
