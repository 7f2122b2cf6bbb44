"""Lives of customers as the models of buying read them: first and last purchase, how many, and what they brought (D057)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.facts.tiers import placed
from crmlib.models import seasons
from crmlib.models.fitting import DAYS_PER, TimeUnit
from crmlib.models.histories import HISTORY
from crmlib.models.origins import Origin, months_back
from crmlib.models.seasons import Season
from crmlib.vocabulary.months import first_day

ORDERED = (*HISTORY, "monetary_value", "mean_value", "tier")
"""What a life is put in order by, so that neither sums nor draws depend on who is called what; equal lives are alike."""
BEGUN = 0.99
"""Share of the customers who came after the records begin in earnest: a few stray early orders are no history."""
QUARTERS = 4


def summary(c: Company, *, unit: TimeUnit = "weeks") -> Table:
    """One row per customer who kept a purchase: customer_id, frequency, recency, T, monetary_value, mean_value, time_unit.

    A purchase is a day with orders of which not all was refunded. frequency counts those after the first, recency runs
    from the first to the last and T from the first to the day, both in `unit`; monetary_value is the mean net value of the
    purchases after the first, 0 without one (Fader, Hardie and Lee 2005), mean_value that of all of them.
    """
    each = (
        purchases.days(c)
        .filter(_.is_kept)
        .group_by("customer_id")
        .agg(first=_.day.min(), last=_.day.max(), purchases=_.count(), net=_.net.sum(), at_first=_.net.argmin(_.day))
    )
    again, length = each.purchases - 1, DAYS_PER[unit]
    return each.select(
        customer_id=each.customer_id,
        frequency=again,
        recency=each.last.delta(each.first, unit="day") / length,
        T=ibis.literal(c.as_of).delta(each.first, unit="day") / length,
        monetary_value=((each.net - each.at_first).cast("float64") / again.nullif(0)).fill_null(0.0),
        mean_value=(each.net.cast("float64") / each.purchases).fill_null(0.0),
        time_unit=ibis.literal(unit),
    )


def purchases_between(c: Company, start: date, end: date) -> Table:
    """One row per customer and day with a purchase after `start` and until `end`, as `summary` counts them: customer_id, day,
    net (money).
    """
    days = purchases.days(c)
    kept = days.filter(days.is_kept & (days.day > ibis.literal(start)) & (days.day <= ibis.literal(end)))
    return kept.select("customer_id", "day", "net")


def lives(c: Company) -> pd.DataFrame:
    """The summary in memory with each customer's tier beside it: where one row per customer leaves the engine.

    The rows come by what they hold.
    """
    ordered: pd.DataFrame = _tiered(c).order_by(*ORDERED, "customer_id").to_pandas()
    return ordered


def origins(c: Company) -> list[Origin]:
    """The days back that forecasts are tried from, the latest first, each with what was known then and what came after.

    Of very many customers every n-th is taken, by what their life holds. Origins with fewer than `policy.statistics.min_n`
    customers are left out.
    """
    policy = c.policy.forecast
    months = months_on_record(c)
    held_out, backs = months_back(months, policy.months, least=policy.least_months, most=policy.origins)
    customers = int(purchases.buyers(c).count().execute()) if backs else 0
    tried = [_origin(c, back, held_out, months - back, customers) for back in backs]
    return [origin for origin in tried if len(origin.lives) >= c.policy.statistics.min_n]


def months_on_record(c: Company) -> int:
    """Months since orders are on record in earnest, to the nearest; 0 without one."""
    buyers = purchases.buyers(c)
    ages = buyers.select(age=ibis.literal(c.as_of).delta(buyers.first_day, unit="day"))
    age = ages.agg(age=_.age.quantile(BEGUN)).to_pyarrow().to_pylist()[0]["age"]
    return round((age + 1) * 12 / 365.25) if age is not None else 0


def season(c: Company) -> Callable[[date], Season | None]:
    """The season of repeat purchases, by the months that are over by a day; None where they are too few or show none."""
    kept = purchases.days(c).filter(_.is_kept)
    own = ibis.window(group_by="customer_id")
    again = kept.select("day", first=kept.day.min().over(own)).filter(_.day > _.first)
    counted = again.group_by(month=_.day.truncate("M")).agg(purchases=_.count()).to_pandas()
    counts = counted.set_index(pd.PeriodIndex(pd.to_datetime(counted["month"]), freq="M"))["purchases"].sort_index()
    begun = pd.Period(first_day(c.as_of, months_on_record(c)), freq="M")

    def until(day: date) -> Season | None:
        last = pd.Period(day + timedelta(days=1), freq="M") - 1
        if last < begun:
            return None
        months = pd.period_range(begun, last, freq="M")
        return seasons.fit(counts.reindex(months).fillna(0).astype(float))

    return until


def _tiered(c: Company) -> Table:
    return summary(c).inner_join(placed(c).select("customer_id", "tier"), "customer_id")


def _origin(c: Company, back: int, months: int, before: int, customers: int) -> Origin:
    """What was known `back` months ago, after `before` months on record, and what came in the `months` after; `customers` there
    are now.
    """
    on, end = _day(c, back), _day(c, back - months)
    then, days = c.at(on), (end - on).days
    cuts = [on + timedelta(days=round(days * i / QUARTERS)) for i in range(QUARTERS + 1)]
    came = purchases_between(c, on, end)
    parts = {f"quarter_{i}": ((came.day > cuts[i]) & (came.day <= cuts[i + 1])).sum() for i in range(QUARTERS)}
    later = came.group_by("customer_id").agg(came=came.count(), revenue=came.net.sum().cast("float64"), **parts)
    spans = (12, 12 - months) if before >= 12 else (months, 0)
    lately = purchases_between(then, _day(c, back + spans[0]), _day(c, back + spans[1]))
    each = _tiered(then).left_join(later, "customer_id").drop("customer_id_right")
    each = each.left_join(lately.group_by("customer_id").agg(lately=_.count()), "customer_id").drop("customer_id_right")
    each = each.mutate(**{name: each[name].fill_null(0) for name in ("came", "revenue", "lately", *parts)})
    frame = _sampled(c, each, customers).drop(columns="customer_id").rename(columns={"tier": "group"})
    quarters = tuple(float(frame.pop(name).sum()) for name in parts)
    covered = months if before >= 12 else min(months, before)
    yardstick = float(frame.pop("lately").sum()) * months / covered
    return Origin(on, days, back, months, frame, quarters, yardstick)


def _sampled(c: Company, each: Table, customers: int) -> pd.DataFrame:
    """The rows by what they hold; every n-th of them where the customers are more than `policy.forecast.sample`."""
    step = max(1, -(-customers // c.policy.forecast.sample))
    order = [*ORDERED, "came", "revenue", "customer_id"]
    if step > 1:
        placed_ = each.mutate(place=ibis.row_number().over(ibis.window(order_by=order)))
        each = placed_.filter(placed_.place % step == c.policy.statistics.seed % step).drop("place")
    ordered: pd.DataFrame = each.order_by(*order).to_pandas()
    return ordered


def _day(c: Company, months: int) -> date:
    """The company's day so many months back."""
    return first_day(c.as_of, months) - timedelta(days=1) if months else c.as_of
