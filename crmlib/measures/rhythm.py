"""When to be in touch: contact pressure (D075), the days after an order (D077), the business review of large customers (D076)."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from crmlib.facts import category_cycles, contacts, people, purchases
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, share_of, shares_of
from crmlib.models.estimates import mean_from
from crmlib.vocabulary.language import listed, number
from crmlib.vocabulary.months import first_day

NAN = float("nan")
PRESSURE = ("contacts_per_customer", "over_cap_share", "short_rest_share")
MOMENTS = ("experience", "habit", "repurchase")
"""What the deck's three days after an order are for, in their order (D077)."""


def pressure(c: Company) -> pd.DataFrame:
    """Findings on the customers contacted by us in the last 30 days, Wilson intervals (D075, D094).

    `contacts_per_customer` (mean, t interval), `over_cap_share` (more contacts than `policy.contact.cap_per_30_days`),
    `short_rest_share` (at least one contact too soon after the one before).
    """
    # Whole numbers: a deviation taken by the engine differs in its last bits with the order its threads finish in.
    sums = contacts.pressure_by_us(c).agg(
        n=_.count(),
        s=_.contacts.sum(),
        ss=(_.contacts * _.contacts).sum(),
        over=(_.contacts > c.policy.contact.cap_per_30_days).sum(),
        short=(_.short_rests > 0).sum(),
    )
    row = sums.execute().iloc[0]
    n = int(row["n"])
    if not n:
        return findings(c, of=PRESSURE)
    level = c.policy.statistics.confidence
    s, ss = int(row["s"]), int(row["ss"])
    deviation = ((ss - s * s / n) / (n - 1)) ** 0.5 if n > 1 else NAN
    average = mean_from(s / n, deviation, n, confidence=level)
    rows = [finding(c, PRESSURE[0], average, n=n)]
    for kpi, part in zip(PRESSURE[1:], ("over", "short"), strict=True):
        rows.append(share_of(c, kpi, row[part], n))
    return findings(c, rows, of=PRESSURE)


def spread(c: Company) -> pd.DataFrame:
    """How many `customers` got how many `contacts` from us in the last 30 days, 0 the others known; empty without any."""
    spans = contacts.pressure_by_us(c)
    frame = spans.group_by("contacts").agg(customers=_.count()).order_by("contacts").execute()
    if frame.empty:
        return frame.astype({"contacts": "int64", "customers": "int64"})
    known = ex.union(people.everyone(c), spans.select("customer_id"), distinct=True)
    silent = int(known.count().execute()) - int(frame["customers"].sum())
    every = pd.DataFrame({"contacts": range(int(frame["contacts"].max()) + 1)}).merge(frame, how="left").fillna(0)
    every.loc[0, "customers"] = silent
    return every.astype({"contacts": "int64", "customers": "int64"})


def due(c: Company) -> Expression:
    """Who is due for a contact after the last order, one row per customer and moment (D077).

    `customer_id`, `category`, `ordered_on`, `moment` (experience, habit, repurchase, or step_4 …), `days_after`, `due_on`
    (within `policy.rhythm.due_within_days` after the day), and `within_limits`: whether a contact on that day keeps the cap
    and the rest of `policy.contact`; null where it is not known which contacts are ours. A new order starts the rhythm anew.
    `without` names the category where days go by it and it is not recorded. Where customers do not come back
    (`purchases.comes_back`) only the first moment is due: the others wait for a habit.
    """
    newest = ex.window(group_by="customer_id", order_by=[ex.desc("at"), ex.desc("order_id")])
    last = purchases.orders(c).mutate(place=ex.row_number().over(newest)).filter(_.place == 0)
    plans = list(plans_of(c))
    last = last.select(
        "customer_id",
        "category",
        ordered_on="day",
        plan=_.category.isin(plans).fill_null(False).ifelse(_.category, "") if plans else ex.literal(""),
    )
    planned = last.inner_join(_calendar(c), "plan").drop("plan")
    planned = planned.mutate(due_on=(_.ordered_on + _.days_after.as_interval("D")).cast("date"))
    soon = planned.filter(_.due_on > c.as_of, _.due_on <= c.as_of + timedelta(days=c.policy.rhythm.due_within_days))
    unsure = not c.knows("orders.category")
    listed = _within_limits(c, soon).mutate(without=ex.literal("orders.category" if unsure else ""))
    return listed.order_by("due_on", "customer_id", "days_after")


def due_now(c: Company) -> pd.DataFrame:
    """Findings `due_customers`: how many are due after an order in the coming days, in total and per moment (D077).

    And `due_within_limits_share`: the part of them whose contact would keep the cap and the rest. No rows without an order.
    """
    stated = ("due_customers", "due_within_limits_share")
    if not purchases.buyers(c).count().execute():
        return findings(c, of=stated)
    coming = due(c)
    per_moment = (
        coming.group_by("moment")
        .agg(customers=_.customer_id.nunique(), day=_.days_after.min())
        .order_by(["day", "moment"])
        .execute()
    )
    whole = (
        coming.agg(customers=_.customer_id.nunique(), rows=_.within_limits.count(), kept=_.within_limits.sum())
        .execute()
        .iloc[0]
    )
    counts = [("", whole["customers"]), *zip(per_moment["moment"], per_moment["customers"], strict=True)]
    uses = ("orders.category",)
    rows = [finding(c, stated[0], float(k), n=k, segment=s, uses=uses) for s, k in counts]
    if whole["rows"]:
        rows.append(finding(c, stated[1], float(whole["kept"]) / float(whole["rows"]), n=whole["rows"], uses=uses))
    return findings(c, rows, of=stated)


def review_due(c: Company, groups: Expression) -> Expression:
    """High-value company customers whose business review is due, longest waiting first (D076).

    `customer_id`, `last_review_on` (null: none on record). `groups` has one row per customer with `customer_id` and `tier`.
    Due is who has had no contact of purpose review for `policy.rhythm.business_review_months`, counted to the end of
    `policy.rhythm.due_within_days`; nobody where purposes are not recorded. Persons are left out; in a b2b company a customer
    of unknown type counts as a company.
    """
    horizon = c.as_of + timedelta(days=c.policy.rhythm.due_within_days)
    recent = first_day(horizon, c.policy.rhythm.business_review_months)
    reviews = contacts.contacts(c).filter(_.purpose == "review").group_by("customer_id").agg(last_review_on=_.day.max())
    high = _companies(c, groups).left_join(reviews, "customer_id").select("customer_id", "last_review_on")
    waiting = high.filter(_.last_review_on.isnull() | (_.last_review_on < recent), c.knows("interactions.purpose"))
    return waiting.order_by([_.last_review_on.asc(nulls_first=True), _.customer_id])


def reviews_due(c: Company, groups: Expression) -> pd.DataFrame:
    """Finding `reviews_due_share`: high-value company customers whose business review is due, as a share of them (D076)."""
    high = int(_companies(c, groups).count().execute())
    return shares_of(c, "reviews_due_share", [("", review_due(c, groups).count().execute(), high)])


def plans_of(c: Company) -> dict[str, list[int]]:
    """Days after an order by category: what policy says, else those of the default whose last comes `policy.rhythm.lead_days`
    before the next order is usual, for categories that are bought in a cycle (D077, D101).
    """
    *first, _last = sorted(c.policy.rhythm.days)
    before = max(first, default=0)
    found = {name: days - c.policy.rhythm.lead_days for name, days in category_cycles.found(c).items()}
    own = {name: [*first, day] for name, day in found.items() if day > before}
    return own | {name: list(days) for name, days in c.policy.rhythm.by_category.items()}


def cycles(c: Company) -> pd.DataFrame:
    """One row per category with days of its own: `category`, `cycle_days` (found; NaN where policy alone says so), `planned` (the
    days after an order, in words).
    """
    found = category_cycles.found(c)
    rows = [
        (name, float(found.get(name, NAN)), listed([number(day) for day in sorted(days)]))
        for name, days in sorted(plans_of(c).items())
    ]
    return pd.DataFrame(rows, columns=["category", "cycle_days", "planned"])


def _calendar(c: Company) -> Expression:
    """Days after an order by plan: "" for the default, else the category that has its own."""
    plans = {"": c.policy.rhythm.days, **plans_of(c)}
    steps = None if purchases.comes_back(c) else 1
    rows = [
        (plan, MOMENTS[i] if i < len(MOMENTS) else f"step_{i + 1}", days)
        for plan, all_days in sorted(plans.items())
        for i, days in enumerate(sorted(all_days)[:steps])
    ]
    frame = pd.DataFrame(rows, columns=["plan", "moment", "days_after"])
    return ex.memtable(frame, schema=ex.schema({"plan": "string", "moment": "string", "days_after": "int64"}))


def _within_limits(c: Company, soon: Expression) -> Expression:
    """`soon` with `within_limits`: fewer contacts than the cap in the last 30 days, and rested by the day it is due."""
    if not c.knows("interactions.direction"):
        return soon.mutate(within_limits=ex.null("boolean"))
    pressed = contacts.pressure(c).select("customer_id", "contacts", "last_on")
    joined = soon.left_join(pressed, "customer_id").drop("customer_id_right")
    room = joined.contacts.fill_null(0) < c.policy.contact.cap_per_30_days
    rested = (joined.due_on.delta(joined.last_on, unit="day") >= c.policy.contact.min_days_between).fill_null(True)
    return joined.mutate(within_limits=room & rested).drop("contacts", "last_on")


def _companies(c: Company, groups: Expression) -> Expression:
    """High-value customers that are companies."""
    kind = people.customers(c).select("customer_id", "type")
    typed = groups.filter(_.tier == "high_value").select("customer_id").left_join(kind, "customer_id")
    company = (typed.type == "company").fill_null(c.about["business_model"] == "b2b")
    return typed.filter(company).select("customer_id")
