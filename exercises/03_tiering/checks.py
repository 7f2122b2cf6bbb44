"""Chapter 3: the right answers, the usual wrong ones."""

import pandas as pd

from crmlib.facts.company import Company
from crmlib.measures import tiers
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_


def _placed(c: Company) -> pd.DataFrame:
    return tiers.tiers(c).execute()


def high_value_customers(c: Company) -> int:
    return int((_placed(c)["tier"] == "high_value").sum())


def missing_to_high_value(c: Company) -> float:
    placed = _placed(c)
    return float(placed.loc[placed["tier"] == "growth", "to_next_tier_amount"].astype(float).sum())


def over_all_time(c: Company) -> int:
    orders = c.tables.orders.execute()
    net = (orders["amount"] - orders["refunded"].fillna(0)).astype(float).groupby(orders["customer_id"]).sum()
    return int((net >= c.policy.tiers.high_value_from).sum())


def by_quantile(c: Company) -> int:
    return -(-len(_placed(c)) // 5)


QUESTIONS = (
    Question(
        "high_value_customers",
        high_value_customers,
        (
            N_("Keep the orders of the window first; the months before it do not count."),
            N_("Take refunds off, add up by customer, and compare with the cut."),
        ),
        (
            (N_("that is over all time; a tier looks at the window only."), over_all_time),
            (N_("a fifth of the customers is a quantile; the cut is a sum of money."), by_quantile),
        ),
        deck=("D059",),
    ),
    Question(
        "missing_to_high_value",
        missing_to_high_value,
        (
            N_("The growth tier lies between two cuts."),
            N_("For each of its customers take the upper cut less what they brought."),
        ),
        deck=("D063",),
    ),
)
