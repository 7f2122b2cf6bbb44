"""Recurring payments as facts: which gaps are monthly, quarterly, yearly, and when a customer has stopped, at the boundaries."""

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from crmlib.facts import contracts
from crmlib.facts.company import company_from
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"tiers": {"renewal_grace_days": 15}})


def recurring(*ago: int, paid: tuple[float, ...] = ()) -> tuple[Decimal, int] | None:
    """Recurring revenue and payments a year of who paid so many days ago, 100 each time unless said otherwise."""
    frame = pd.DataFrame(
        {"ordered_at": [pd.Timestamp(AS_OF - timedelta(days=d)) for d in ago], "amount": paid or 100.0}
    )
    orders = frame.assign(order_id=[f"o{i}" for i in range(len(frame))], customer_id="a")
    rows = contracts.recurring(company_from({"orders": orders}, as_of=AS_OF, policy=POLICY)).to_pandas()
    return (rows.loc[0, "recurring_revenue"], int(rows.loc[0, "payments_a_year"])) if len(rows) else None


@pytest.mark.parametrize(
    ("shortest", "longest", "a_year"), [(25, 38, 12), (84, 99, 4), (350, 380, 1)], ids=["month", "quarter", "year"]
)
def test_gaps_are_of_a_kind_from_their_shortest_to_their_longest(shortest: int, longest: int, a_year: int) -> None:
    revenue = Decimal(100 * a_year)
    assert recurring(0, shortest, shortest + longest) == (revenue, a_year)
    assert recurring(0, longest, 2 * longest) == (revenue, a_year)
    assert recurring(0, shortest - 1, 2 * shortest - 1) is None, "one gap is too short"
    assert recurring(0, longest + 1, 2 * longest + 1) is None, "one gap is too long"


@pytest.mark.parametrize(("gap", "longest"), [(30, 38), (90, 99), (365, 380)])
def test_who_is_overdue_by_more_than_the_days_of_grace_has_stopped(gap: int, longest: int) -> None:
    last = longest + 15
    assert recurring(last, last + gap) is not None
    assert recurring(last + 1, last + 1 + gap) is None


def test_a_single_payment_is_the_first_of_a_year() -> None:
    assert recurring(395) == (Decimal(100), 1)
    assert recurring(396) is None


def test_only_the_gaps_between_the_last_three_payments_count_and_the_last_payment_is_what_recurs() -> None:
    assert recurring(0, 30, 60, 200, paid=(150, 100, 100, 100)) == (Decimal(1800), 12)
    assert recurring(0, 30, 90) is None, "the gaps are of two kinds"
    assert recurring(0, 30, 60, 61, 62) == (Decimal(1200), 12)


def test_two_orders_of_a_day_are_one_payment_and_what_was_paid_back_is_none() -> None:
    assert recurring(0, 0, 30, paid=(60, 40, 100)) == (Decimal(1200), 12)
    assert recurring(0, 20, 30, paid=(100, 0, 100)) == (Decimal(1200), 12), "a day on which nothing was paid is none"
