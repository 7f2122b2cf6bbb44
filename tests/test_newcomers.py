"""A first order on record counts as a customer's first once the records cover a typical gap before it (K8)."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from crmlib.facts import purchases
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy
from tests.small_company import AS_OF, orders

BEGUN = date(2024, 11, 1)


def steady(every: int = 30, until: date = AS_OF, **lifecycle: int) -> Company:
    """Twelve customers who buy every so many days, the first from the day on which the records begin, each other a day later."""
    last = (until - BEGUN).days
    ago = {f"c{i:02d}": list(range(last - i, -1, -every)) for i in range(12)}
    return company_from({"orders": orders(ago)}, as_of=until, policy=Policy.model_validate({"lifecycle": lifecycle}))


def test_the_gap_that_nine_of_ten_do_not_exceed_is_waited_for() -> None:
    assert purchases.newcomers_from(steady()) == BEGUN + timedelta(days=30)
    assert purchases.newcomers(steady()).count().execute() == 0
    assert purchases.newcomers_from(steady(every=7)) == BEGUN + timedelta(days=7)
    assert purchases.newcomers(steady(every=7)).count().execute() == 5


def test_the_policy_says_otherwise() -> None:
    assert purchases.newcomers_from(steady(settled_days=5)) == BEGUN + timedelta(days=5)
    assert purchases.newcomers(steady(settled_days=5)).count().execute() == 7
    assert purchases.newcomers(steady(settled_days=0)).count().execute() == 12


def test_where_hardly_anybody_comes_back_every_first_order_counts() -> None:
    once = company_from({"orders": orders({f"c{i}": [i] for i in range(90)})}, as_of=AS_OF)
    assert purchases.newcomers_from(once) == AS_OF - timedelta(days=89)
    assert purchases.newcomers(once).count().execute() == 90
    nobody = company_from({}, as_of=AS_OF)
    assert purchases.newcomers_from(nobody) is None
    assert purchases.newcomers(nobody).count().execute() == 0


def test_what_came_later_does_not_move_the_day() -> None:
    slow = orders({f"s{i}": [200, 0] for i in range(60)})
    busy = steady().tables.orders.to_pandas()[list(slow.columns)]
    busy["amount"] = busy["amount"].astype(float)
    both = company_from({"orders": pd.concat([busy, slow.assign(order_id="s" + slow["order_id"])])}, as_of=AS_OF)
    assert purchases.newcomers_from(both) == BEGUN + timedelta(days=200)
    assert purchases.newcomers_from(both.at(AS_OF - timedelta(days=1))) == BEGUN + timedelta(days=30)
