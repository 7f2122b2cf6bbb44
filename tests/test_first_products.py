"""What customers began with: the largest of the first basket, who came back, what they brought."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import products as facts
from crmlib.facts.company import Company, company_from
from crmlib.measures import first_products
from crmlib.models.estimates import wilson
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)
BEGUN = date(2025, 3, 1)
POLICY = Policy.model_validate({"lifecycle": {"settled_days": 0}})


def line(customer: str, product: str, *, day: int = 0, amount: float = 10.0, **more: object) -> dict[str, object]:
    at = pd.Timestamp(BEGUN + timedelta(days=day))
    return {"customer_id": customer, "product": product, "amount": amount, "ordered_at": at, "quantity": 1.0, **more}


def company(rows: list[dict[str, object]], as_of: date = AS_OF) -> Company:
    lines = pd.DataFrame(rows)
    lines["order_id"] = lines["customer_id"] + lines["ordered_at"].astype(str)
    lines["line_id"] = [f"l{i}" for i in range(len(lines))]
    orders = lines.groupby(["order_id", "customer_id", "ordered_at"], as_index=False)["amount"].sum()
    return company_from(
        {"lines": lines, "orders": orders.assign(amount=orders["amount"].clip(lower=0))}, as_of=as_of, policy=POLICY
    )


def begun(back: dict[str, tuple[int, int]]) -> list[dict[str, object]]:
    """By first product so many customers, of whom so many come back after 100 days."""
    rows = []
    for product, (n, k) in back.items():
        rows += [line(f"{product}{i}", product, amount=50.0) for i in range(n)]
        rows += [line(f"{product}{i}", "refill", day=100, amount=20.0) for i in range(k)]
    return rows


@pytest.mark.deck("D067")
def test_shares_and_worth_by_hand() -> None:
    c = company(begun({"bread": (200, 120), "cake": (200, 40), "tea": (10, 5)}))
    told = first_products.cohorts(c).set_index("product")
    assert first_products.horizon(c) == 365
    assert tuple(told.loc["bread", ["share", "low", "high"]]) == wilson(120, 200)
    assert told.loc["bread", "worth"] == pytest.approx(50 + 20 * 0.6)
    assert told.loc[["bread", "cake"], "verdict"].tolist() == ["more", "less"]
    assert told.loc[first_products.OTHER, ["customers", "verdict"]].tolist() == [10, "not_enough"]
    findings = first_products.told(c, first_products.cohorts(c)).set_index(["kpi", "segment"])
    assert findings.loc[("first_product_days", ""), ["value", "n"]].tolist() == [365, 410]
    assert findings.loc[("first_product_worth", "cake"), "value"] == pytest.approx(54)


def test_the_first_product_is_the_largest_of_the_first_basket_and_returns_are_none() -> None:
    rows = [line("a", "small", amount=5), line("a", "large", amount=9), line("a", "larger", amount=99, day=3)]
    rows += [line("a", "back", amount=-20, quantity=-1.0), line("b", "y"), line("b", "x")]
    first = facts.first(company(rows)).to_pandas().set_index("customer_id")["item"]
    assert first.to_dict() == {"a": "large", "b": "x"}


def test_categories_stand_for_products_that_are_many() -> None:
    rows = [line(f"c{i}", f"p{i}", category="even" if i % 2 == 0 else "odd") for i in range(facts.FEW + 1)]
    assert facts.grain(company(rows)) == "category"
    assert facts.grain(company(rows[:-1])) == "product"
    assert set(facts.baskets(company(rows)).to_pandas()["item"]) == {"even", "odd"}


def test_the_days_are_the_longest_that_half_were_watched_for() -> None:
    rows = begun({"bread": (100, 40), "cake": (100, 40)})
    for ago, days in ((364, 90), (89, 30), (29, 0)):
        assert first_products.horizon(company(rows, as_of=BEGUN + timedelta(days=ago))) == days
    assert first_products.cohorts(company(rows, as_of=BEGUN + timedelta(days=29))).empty


def test_the_rate_of_false_discoveries_is_the_policys() -> None:
    def told(rate: float, confidence: float) -> list[str]:
        statistics = {"false_discovery_rate": rate, "confidence": confidence}
        policy = Policy.model_validate({"lifecycle": {"settled_days": 0}, "statistics": statistics})
        return first_products.cohorts(c.under(policy))["verdict"].tolist()

    c = company(begun({"bread": (200, 100), "cake": (200, 78)}))
    assert told(0.1, 0.99) == ["more", "less"]
    assert told(0.01, 0.8) == ["not_enough", "not_enough"]


def test_products_that_do_not_differ_are_seldom_told_apart() -> None:
    cried = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        c = company(begun({f"p{i}": (80, int(rng.binomial(80, 0.3))) for i in range(8)}))
        cried += (first_products.cohorts(c)["verdict"] != "not_enough").any()
    assert cried <= 1


def test_without_each_column_no_figure_becomes_another() -> None:
    rows = [{**row, "category": str(row["product"])[:1]} for row in begun({"bread": (60, 30), "cake": (60, 10)})]
    c = company(rows)
    assert another_number(first_products.cohorts, c) == {}
    assert another_number(lambda c: first_products.told(c, first_products.cohorts(c)), c) == {}
    assert first_products.cohorts(company_from({}, as_of=AS_OF)).empty


def test_where_orders_have_no_money_units_are_told() -> None:
    c = company(begun({"bread": (60, 30), "cake": (60, 10)})).without("orders.amount")
    told = first_products.cohorts(c).set_index("product")
    assert told.loc["bread", "units"] == pytest.approx(1.5)
    assert "worth" not in told.columns
    kpis = set(first_products.told(c, first_products.cohorts(c))["kpi"])
    assert kpis == {"first_product_days", "first_product_return", "first_product_units"}
