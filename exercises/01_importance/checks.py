"""Chapter 1: the right answers, the usual wrong ones."""

import math

import pandas as pd

from crmlib.facts.company import Company
from crmlib.measures import retention
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_


def _orders(c: Company) -> pd.DataFrame:
    orders = c.tables.orders.execute()
    paid = orders["amount"].astype(float)
    return orders.assign(gross=paid, net=paid - orders["refunded"].astype(float).fillna(0))


def repurchase_rate(c: Company) -> float:
    rows = retention.repurchase_rate(c)
    return float(rows.loc[rows["segment"] == "", "value"].iloc[0])


def share_of_orders(c: Company) -> float:
    orders = _orders(c)
    return 1 - orders["customer_id"].nunique() / len(orders)


def _top_fifth(orders: pd.DataFrame, column: str) -> float:
    paid = orders.groupby("customer_id")[column].sum().sort_values(ascending=False)
    return float(paid.head(math.ceil(0.2 * len(paid))).sum() / paid.sum())


def top_fifth_share(c: Company) -> float:
    return _top_fifth(_orders(c), "net")


def top_fifth_gross(c: Company) -> float:
    return _top_fifth(_orders(c), "gross")


def top_fifth_of_orders(c: Company) -> float:
    net = _orders(c)["net"].sort_values(ascending=False)
    return float(net.head(math.ceil(0.2 * len(net))).sum() / net.sum())


QUESTIONS = (
    Question(
        "repurchase_rate",
        repurchase_rate,
        (
            N_("Count the orders of each customer first."),
            N_("Then ask how many of these counts are above one, as a share of all customers."),
        ),
        (
            (
                N_("that is the share of orders that are repeat orders; the question is about customers."),
                share_of_orders,
            ),
        ),
        deck=("D004",),
    ),
    Question(
        "top_fifth_share",
        top_fifth_share,
        (
            N_("Add up what each customer paid, less what was refunded."),
            N_(
                "Sort from the largest down, take the first fifth of the customers, divide their sum by the sum of all."
            ),
        ),
        (
            (N_("refunds are still in it; a refunded order is not revenue."), top_fifth_gross),
            (N_("that is the largest fifth of the orders; add up by customer first."), top_fifth_of_orders),
        ),
        deck=("D005",),
    ),
)
