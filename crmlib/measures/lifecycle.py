"""Lifecycle: each customer's stage, who moved, and the flywheel from the first contact to recommendation (D067,
D068).

Stages are rules on a customer's own purchases; the cuts stand in `policy.lifecycle`, and others say only how much evidence a
rise or a fall takes (`facts.trends`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pandas as pd

from crmlib.facts import answers, lookups, people, purchases, trends, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import among, finding, findings, marked, share_of, sized
from crmlib.vocabulary.unlocks import REFERRAL

STAGES = ("life_potential", "life_growth", "life_maturity", "life_decline", "life_gone")
NOT_YET = "not_yet_known"
"""Where a customer comes from who was not known a month ago."""
TURN_DAYS = 90
"""Days that a first order, or the next one, is waited for."""


def stages(c: Company) -> Expression:
    """One row per known customer whose stage can be told: customer_id, life_stage, orders (days with an order),
    days_since_first, days_since_last, revenue (in the tiers' window).

    Rules, the first that holds: *potential* without an order, or the first within `tiers.new_days`; *lost* when no longer
    active (`cost.inactive_days`) and silent longer than `lost_cycles` of the own interval; *decline* with one day of orders
    only, or silent longer than `overdue_cycles` of the own interval and beyond chance, or purchases falling; *growth* when
    they rise; else *maturity*. The own interval is the mean between days with an order; the trend compares the last
    `trend_months` with as long before, or what there was of them since the first order, and must pass `trend_change`
    and chance (`facts.trends`). Who ordered in the first months on record may have done so before: they do not count as new or
    as growing from nothing, and within `tiers.new_days` nothing can be told of them.
    """
    rows = _judged(c)
    young = _.days_since_first < c.policy.tiers.new_days
    stage = ex.cases(
        (_.orders.isnull() | (young & _.is_new), STAGES[0]),
        (young, ex.null("string")),
        (_.is_lost, STAGES[4]),
        (_.is_overdue.fill_null(True) | _.falls.fill_null(False), STAGES[3]),
        (_.rises.fill_null(False) | (_.has_begun & _.is_new), STAGES[1]),
        else_=STAGES[2],
    )
    kept = ("customer_id", "life_stage", "orders", "days_since_first", "days_since_last", "revenue")
    whole = rows.mutate(life_stage=stage, orders=_.orders.fill_null(ex.literal(0, "int64")))
    whole = whole.mutate(revenue=_.revenue.fill_null(ex.literal(0).cast("decimal(38, 4)")))
    return whole.filter(_.life_stage.notnull()).select(*kept)


def at_quarter_starts(c: Company) -> Expression:
    """One row per customer and quarter of the tiers' window: customer_id, quarter (its first day), life_stage (at the end of the
    quarter before, as known then).
    """
    first = windows.start(c)
    quarters = pd.period_range(pd.Period(first, "Q"), pd.Period(c.as_of, "Q"), freq="Q").start_time.date
    days = [(day, day - timedelta(days=1)) for day in quarters]
    parts = [
        stages(c.at(end)).select("customer_id", "life_stage", quarter=ex.literal(day))
        for day, end in days
        if end <= c.as_of
    ]
    return ex.union(*parts, distinct=False) if len(parts) > 1 else parts[0]


def sizes(c: Company) -> pd.DataFrame:
    """One row per stage, empty ones too: life_stage, customers, customer_share, revenue, net_revenue_share, mean_revenue."""
    counted = stages(c).group_by("life_stage").agg(customers=_.count(), revenue=_.revenue.sum())
    frame = sized(counted.to_pandas().set_index("life_stage"), STAGES)
    if not c.knows("orders.amount"):
        frame[["revenue", "net_revenue_share", "mean_revenue"]] = float("nan")
    return marked(c, frame, "orders.refunded")


def size_findings(c: Company, frame: pd.DataFrame) -> pd.DataFrame:
    """Findings of `sizes`: `lifecycle_decline_share` of the customers neither new nor lost (Wilson), and
    `lifecycle_customers` by stage.
    """
    counts = frame.set_index("life_stage")["customers"]
    here = int(counts[["life_growth", "life_maturity", "life_decline"]].sum())
    if not counts.sum():
        return findings(c)
    rows = [share_of(c, "lifecycle_decline_share", counts["life_decline"], here)]
    for stage, count in counts.items():
        rows.append(finding(c, "lifecycle_customers", float(count), n=int(counts.sum()), segment=str(stage)))
    return findings(c, rows)


def movement(c: Company) -> pd.DataFrame:
    """Stage at the end of the month before (down) by stage now (across), shares of each row, as a matrix; a stage
    that was empty stays out.

    Who was not known then has a row of their own.
    """
    now = stages(c).select("customer_id", to_stage="life_stage")
    then = stages(c.at(windows.month_before(c))).select("customer_id", from_stage="life_stage")
    pairs = now.left_join(then, "customer_id").mutate(from_stage=_.from_stage.fill_null(NOT_YET))
    counted = pairs.group_by(["from_stage", "to_stage"]).agg(n=_.count()).to_pandas()
    if counted.empty:
        return pd.DataFrame()
    wide = counted.pivot(index="from_stage", columns="to_stage", values="n").fillna(0.0)
    wide = wide.reindex(columns=pd.Index(STAGES, name="to_stage"), fill_value=0.0)
    wide = wide.reindex(pd.Index([s for s in (*STAGES, NOT_YET) if s in wide.index], name="from_stage"))
    shares = among(wide.div(wide.sum(axis=1), axis=0), wide.sum(axis=1).to_dict())
    return marked(c, shares, "orders.recorded_at", "customers.recorded_at", "customers.acquired_on")


def flywheel(c: Company) -> pd.DataFrame:
    """Findings `flywheel_turn`: the company's rate at each turn of the flywheel, Wilson intervals, in its order
    (D068).

    acquire: brought by customers, of those won in the last 12 months whose channel is known; convert: ordered within
    90 days of becoming known, of those known for 90 to 455 days; retain: active now, of those active a year ago;
    repeat: ordered on another day within 90 days of the first, of the newcomers whose first order is 90 to 455 days old;
    recommend: answered 9 or 10, of those asked in the tiers' window (latest answer). A turn without a case, or whose
    columns (`TURNS`) are not recorded, has no row.
    """
    rows = []
    for turn, (count, needs) in TURNS.items():
        if all(c.knows(name) for name in needs):
            k, n = (int(v) for v in count(c).to_pandas().fillna(0).iloc[0])
            if n:
                uses = ("orders.recorded_at",) if turn == "turn_retain" else ()
                rows.append(share_of(c, "flywheel_turn", k, n, segment=turn, uses=uses))
    return findings(c, rows)


def _purchases(c: Company) -> Expression:
    """One row per customer with an order: days with one in all, lately and before, how long ago, revenue in the window,
    is_active, is_new (the first on record is their first).
    """
    months = c.policy.lifecycle.trend_months
    split, before = windows.last(c, months), windows.last(c, 2 * months)
    known, began = purchases.buyers(c), purchases.newcomers_from(c) or c.as_of
    daily = purchases.days(c).inner_join(known.select("customer_id", "first_day"), "customer_id")
    each = daily.group_by("customer_id").agg(
        late=(_.day >= split).sum().cast("int64"),
        early=((_.day >= before) & (_.day < split) & (_.day > _.first_day)).sum().cast("int64"),
        revenue=_.net.sum(where=_.day >= windows.start(c)),
    )
    rows, today = known.inner_join(each, "customer_id"), ex.literal(c.as_of)
    return rows.select(
        "customer_id",
        "late",
        "early",
        "revenue",
        "is_active",
        orders="days",
        is_new=rows.first_day >= began,
        days_since_first=today.delta(rows.first_day, unit="day"),
        days_since_last=today.delta(rows.last_day, unit="day"),
    )


def _judged(c: Company) -> Expression:
    """Everybody known with their purchases, is_lost, is_overdue (null with one day of orders), falls and rises (null where it
    cannot be told), has_begun (younger than the months compared: purchases rise from nothing, as a first order is no rate).

    The lost are not asked whether they fall, so that what is chance among the others is not judged by them.
    """
    cut = c.policy.lifecycle
    late_days = (c.as_of - windows.last(c, cut.trend_months)).days + 1
    early_days = (c.as_of - windows.last(c, 2 * cut.trend_months)).days + 1 - late_days
    rows = people.everyone(c).left_join(_purchases(c), "customer_id").drop("customer_id_right")
    interval = (rows.days_since_first - rows.days_since_last) / (rows.orders - 1).nullif(0)
    rows = rows.mutate(is_lost=~rows.is_active & (rows.days_since_last > cut.lost_cycles * interval).fill_null(True))
    exposure = ex.greatest(ex.least(rows.days_since_first - late_days, early_days), 0).nullif(0).cast("int64")
    asked = rows.mutate(
        late_days=ex.literal(late_days, "int64"),
        early_days=rows.is_lost.ifelse(ex.null("int64"), exposure),
        has_begun=exposure.isnull(),
        days_bought=rows.is_lost.ifelse(ex.null("int64"), rows.orders),
    )
    # Held, as two tests and the stages read it.
    asked = lookups.held(c, "asked", asked)
    compared = trends.compared(c, asked, least=1, change=cut.trend_change)
    return trends.silent(c, compared, cycles=cut.overdue_cycles)


def _referred(c: Company) -> Expression:
    """Nobody is told apart where no customer was ever marked as referred."""
    won = people.customers(c).filter(_.acquisition_channel.notnull())
    referred = won.acquisition_channel == REFERRAL
    new = won.mutate(is_marked=referred.any().over(ex.window()), is_referred=referred)
    new = new.filter(_.is_marked, _.acquired_on >= windows.last(c, 12))
    return new.agg(k=_.is_referred.sum(), n=_.count())


def _converted(c: Company) -> Expression:
    last, began = c.as_of - timedelta(days=TURN_DAYS), purchases.newcomers_from(c) or c.as_of
    won = people.customers(c).filter(_.acquired_on <= last, _.acquired_on > last - windows.YEAR)
    won = won.filter(_.acquired_on >= began)
    rows = won.left_join(purchases.buyers(c).select("customer_id", "first_day"), "customer_id")
    soon = (rows.first_day.delta(rows.acquired_on, unit="day") <= TURN_DAYS).fill_null(False)
    return rows.agg(k=soon.sum(), n=rows.count())


def _retained(c: Company) -> Expression:
    then = purchases.buyers(c.at(c.as_of - windows.YEAR)).filter(_.is_active).select("customer_id")
    now = then.inner_join(purchases.buyers(c).select("customer_id", "is_active"), "customer_id")
    return now.agg(k=_.is_active.sum(), n=_.count())


def _repeated(c: Company) -> Expression:
    last = c.as_of - timedelta(days=TURN_DAYS)
    first = purchases.newcomers(c).filter(_.first_day <= last, _.first_day > last - windows.YEAR)
    again = first.select("customer_id", "first_day").inner_join(purchases.days(c), "customer_id")
    since = again.day.delta(again.first_day, unit="day")
    each = again.group_by("customer_id").agg(again=((since > 0) & (since <= TURN_DAYS)).any())
    return each.agg(k=_.again.sum(), n=_.count())


def _recommended(c: Company) -> Expression:
    asked = answers.answers(c).filter(_.instrument == "nps", _.day >= windows.start(c), _.scaled.notnull())
    return answers.latest(asked).agg(k=(_.scaled >= answers.PROMOTER_FROM).sum(), n=_.count())


TURNS: dict[str, tuple[Callable[[Company], Expression], tuple[str, ...]]] = {
    "turn_acquire": (_referred, ("customers.acquired_on", "customers.acquisition_channel")),
    "turn_convert": (_converted, ("customers.acquired_on", "orders")),
    "turn_retain": (_retained, ("orders",)),
    "turn_repeat": (_repeated, ("orders",)),
    "turn_recommend": (_recommended, ("surveys.score",)),
}
"""The turns of the flywheel: how each is counted, and the columns it needs."""
OF_TURNS = tuple(dict.fromkeys(name for _count, needs in TURNS.values() for name in needs))
"""All that the flywheel needs."""
