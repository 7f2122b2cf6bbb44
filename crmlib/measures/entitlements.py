"""What a tier gives, what it takes to get there, and what each customer is told about the next step (D061, D063, D064, D069)."""

from __future__ import annotations

from datetime import date

import pandas as pd

from crmlib.facts import contracts, purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import marked
from crmlib.facts.tiers import floor_of, placed
from crmlib.vocabulary import language
from crmlib.vocabulary.entitlements import right
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.months import quarter_end
from crmlib.vocabulary.policy import ENTITLEMENTS, TIERS


def rights(c: Company) -> pd.DataFrame:
    """One row per tier: tier, customers, gets and takes (sentences in the reader's language) (D061, D064, D069)."""
    sizes = placed(c).group_by("tier").agg(customers=_.count()).to_pandas().set_index("tier")["customers"]
    rows = [
        {"tier": tier, "customers": int(sizes.get(tier, 0)), "gets": _listed(c, tier), "takes": _takes(c, tier)}
        for tier in TIERS
    ]
    return marked(c, pd.DataFrame(rows), "orders.refunded")


def nearest(c: Company, *, customers: int = 10) -> pd.DataFrame:
    """The customers who need to spend the least to reach a higher tier by the end of the quarter: customer_id, tier,
    next_tier, revenue, missing_amount, says; at most `customers` rows.

    `missing_amount` is the next cut less what of today's revenue still counts on that day: orders that leave the window
    until then no longer do. Spending it by that day, without refunds, puts the customer into the next tier on that day.
    Left out are sums below `policy.tiers.step_order_share` of the company's median order in the window: nearly any order
    brings them, and a sum that small is none to name to a customer (D063).
    """
    cuts, day = floor_of(c.policy.tiers), quarter_end(c.as_of)
    least = _typical_order(c) * c.policy.tiers.step_order_share
    each = placed(c).filter(_.next_tier.notnull() & ((_.orders > 0) | contracts.are_worth(c)))
    chosen = each.mutate(missing_amount=each.next_tier.cases(*cuts.items()) - each.revenue_kept)
    chosen = chosen.filter(_.missing_amount > 0, _.missing_amount.cast("float64") >= least)
    chosen = chosen.order_by([_.missing_amount, _.customer_id]).limit(customers)
    frame: pd.DataFrame = chosen.select("customer_id", "tier", "next_tier", "revenue", "missing_amount").to_pandas()
    recurring = c.revenue_model == "subscription"
    says = [
        _says(c, float(amount), up, day, recurring=recurring)
        for amount, up in zip(frame["missing_amount"], frame["next_tier"], strict=True)
    ]
    frame = frame.astype({"revenue": float, "missing_amount": float})
    told = frame.assign(says=pd.Series(says, dtype=object, index=frame.index))
    return marked(c, told, "orders.refunded")


def _typical_order(c: Company) -> float:
    """Median net value of the orders in the window; 0 without one."""
    orders = purchases.orders(c).filter(_.day >= windows.value_start(c), _.net > 0)
    return float(orders.net.median().to_pyarrow().as_py() or 0)


def _says(c: Company, amount: float, up: str, day: date, *, recurring: bool) -> str:
    template = (
        say("{amount} more a year unlocks {tier}: {rights}.")
        if recurring
        else say("{amount} more by {day} unlocks {tier}: {rights}.")
    )
    rights_of = _listed(c, up) or say("no rights are set")
    return template.format(amount=language.money(amount), day=language.day(day), tier=code_label(up), rights=rights_of)


def _listed(c: Company, tier: str) -> str:
    return language.listed([right(code) for code in c.policy.tiers.entitlements.get(tier, ENTITLEMENTS[tier])])


def _takes(c: Company, tier: str) -> str:
    cuts, model = c.policy.tiers, c.revenue_model
    if tier == "long_tail":
        return say("any order, whenever it was")
    amount = language.money(getattr(cuts, f"{tier}_from"))
    if model == "subscription":
        template = (
            say("{amount} of recurring revenue a year, or a first order within the last {days} days")
            if tier == "potential"
            else say("{amount} of recurring revenue a year")
        )
    else:
        template = (
            say("{amount} within {months} months, or a first order within the last {days} days")
            if tier == "potential"
            else say("{amount} within {months} months")
        )
    return template.format(amount=amount, months=windows.value_months(c), days=cuts.new_days)
