"""The engine of a company: compiled once, and never the rows of another company under the same name."""

from datetime import date

import pandas as pd
import pytest
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler

from crmlib.facts import purchases
from crmlib.facts.company import Company, company_from

DAY = date(2026, 6, 30)


def company(amount: float) -> Company:
    orders = pd.DataFrame({"order_id": ["a"], "customer_id": ["x"], "ordered_at": [pd.Timestamp("2026-06-01")]})
    return company_from({"orders": orders.assign(amount=amount)}, as_of=DAY)


def test_companies_of_the_same_names_keep_their_own_rows() -> None:
    one, other = company(1.0), company(2.0)
    first, second = (purchases.orders(c).agg(s=purchases.orders(c).net.sum()) for c in (one, other))
    assert (first.to_pandas()["s"][0], second.to_pandas()["s"][0], first.to_pandas()["s"][0]) == (1, 2, 1)
    left, right = purchases.orders(one), purchases.orders(other)
    with pytest.raises(ValueError, match="two companies"):
        left.semi_join(right, "customer_id").to_pandas()
    with pytest.raises(ValueError, match="two companies"):
        left.filter(right.net > 0).to_pandas()
    with pytest.raises(ValueError, match="two companies"):
        one._engine.compile(right)


def test_rows_outlive_the_company_that_they_were_asked_of() -> None:
    rows = purchases.orders(company(3.0))
    assert rows.to_pandas()["net"].astype(float).tolist() == [3.0]


def test_what_was_compiled_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    said, compiled = [], DuckDBCompiler.to_sqlglot
    monkeypatch.setattr(
        DuckDBCompiler, "to_sqlglot", lambda self, *given, **more: said.append(1) or compiled(self, *given, **more)
    )
    purchases.orders(company(4.0)).count().to_pandas()
    before = len(said)
    purchases.orders(company(5.0)).count().to_pandas()
    # Frames in memory are read once each, by a name of their own.
    assert len(said) - before == 1


def test_a_definition_that_differs_is_another_view() -> None:
    c = company(6.0)
    earlier, without = c.at(date(2026, 5, 31)), c.without("orders.amount")
    counts = [purchases.orders(each).count().to_pandas() for each in (c, earlier, without)]
    assert counts == [1, 0, 1]
    assert purchases.orders(c.under(c.policy)).equals(purchases.orders(c))
    names = {purchases.orders(each).get_name() for each in (c, earlier, without)}
    assert len(names) == 3
