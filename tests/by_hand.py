"""The summary of buying and the cohort matrix in SQL written by hand: what leaving Ibis asks for, and what speed is held to."""

from __future__ import annotations

from datetime import date

KEPT = """
    select customer_id, cast(ordered_at as date) as day, sum(net) as net
    from (
        select customer_id, ordered_at, back, coalesce(amount, 0) - back as net
        from (
            select *, case when refunded_at >= date '{end}' then 0 else coalesce(refunded, 0) end as back
            from {orders}
            where ordered_at < date '{end}' and (recorded_at is null or recorded_at < date '{end}')
        )
    )
    group by 1, 2
    {having}
"""
SUMMARY = """
    with days as ({kept})
    select
        customer_id,
        count(*) - 1 as frequency,
        (max(day) - min(day)) / 7.0 as recency,
        (date '{as_of}' - min(day)) / 7.0 as "T",
        coalesce((sum(net) - min_by(net, day))::double / nullif(count(*) - 1, 0), 0) as monetary_value
    from days
    group by 1
"""
COHORTS = """
    with days as ({kept}),
    months as (select customer_id, (year(day) * 12 + month(day)) as m from days),
    each as (
        select customer_id, min(m) as cohort, bit_or(1::hugeint << (m - (select min(m) from months))::int) as active
        from months group by 1
    ),
    counted as (select cohort, active, count(*) as customers from each group by 1, 2)
    select
        cohort, m - cohort as later,
        cast(sum(customers) filter (where (active >> (m - (select min(m) from months))::int) & 1 = 1) as bigint) as active
    from counted, (select distinct m from months) as every
    where m >= cohort
    group by 1, 2
    order by 1, 2
"""


def summary(orders: str, as_of: date) -> str:
    """SQL of DuckDB: as `facts.lives.summary`, in weeks; `orders` is a frozen table, as SQL names it."""
    return SUMMARY.format(kept=_kept(orders, as_of, kept_only=True), as_of=as_of)


def cohorts(orders: str, as_of: date) -> str:
    """SQL of DuckDB: active customers by cohort and month since, as `measures.retention.cohorts`; 126 months at most."""
    return COHORTS.format(kept=_kept(orders, as_of, kept_only=False))


def _kept(orders: str, as_of: date, *, kept_only: bool) -> str:
    end = date.fromordinal(as_of.toordinal() + 1)
    having = "having sum(net) > 0 or (sum(net) = 0 and sum(back) = 0)" if kept_only else ""
    return KEPT.format(orders=orders, end=end, having=having)
