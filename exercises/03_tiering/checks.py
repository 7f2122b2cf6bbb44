"""Chapter 3: the right answers, the usual wrong ones."""

from datetime import date

import pandas as pd

from crmlib.facts.company import Tables
from crmlib.measures import tiers
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.policy import Policy


def _placed(tables: Tables, as_of: date, policy: Policy) -> pd.DataFrame:
    return tiers.tiers(tables, as_of=as_of, policy=policy).execute()


def high_value_customers(tables: Tables, as_of: date, policy: Policy) -> int:
    return int((_placed(tables, as_of, policy)["tier"] == "high_value").sum())


def missing_to_high_value(tables: Tables, as_of: date, policy: Policy) -> float:
    placed = _placed(tables, as_of, policy)
    return float(placed.loc[placed["tier"] == "growth", "to_next_tier_amount"].astype(float).sum())


def over_all_time(tables: Tables, as_of: date, policy: Policy) -> int:
    orders = tables.until(as_of).orders.execute()
    net = (orders["amount"] - orders["refunded"].fillna(0)).astype(float).groupby(orders["customer_id"]).sum()
    return int((net >= policy.tiers.high_value_from).sum())


def by_quantile(tables: Tables, as_of: date, policy: Policy) -> int:
    return -(-len(_placed(tables, as_of, policy)) // 5)


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
    ),
    Question(
        "missing_to_high_value",
        missing_to_high_value,
        (
            N_("The growth tier lies between two cuts."),
            N_("For each of its customers take the upper cut less what they brought."),
        ),
    ),
)
