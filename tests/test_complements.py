"""What is bought next and what complements what: planted pairs, days, and what chance makes."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import complements
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"lifecycle": {"settled_days": 0}})


def company(seed: int, *, planted: float, gap: int = 60, n: int = 900) -> Company:
    """Customers with a first basket and one so many days later; who began with bread buys butter then, where planted."""
    rng, items, rows = np.random.default_rng(seed), ["bread", "butter", "salt", "soap", "tea"], []
    for i in range(n):
        first = [item for item in items if rng.random() < 0.4]
        later = [item for item in items if rng.random() < 0.2]
        later += ["butter"] if "bread" in first and rng.random() < planted else []
        on = AS_OF - timedelta(days=100 + int(rng.integers(0, 60)))
        rows += [(f"c{i}", on, item) for item in first] + [
            (f"c{i}", on + timedelta(days=gap), item) for item in set(later)
        ]
    lines = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "product"])
    lines["ordered_at"] = pd.to_datetime(lines["ordered_at"])
    lines = lines.assign(
        order_id=lines["customer_id"] + lines["ordered_at"].astype(str), amount=5.0, quantity=1.0, category="food"
    )
    lines["line_id"] = [f"l{i}" for i in range(len(lines))]
    orders = lines.groupby(["order_id", "customer_id", "ordered_at"], as_index=False)["amount"].sum()
    return company_from({"lines": lines, "orders": orders}, as_of=AS_OF, policy=POLICY)


@pytest.mark.deck("D077")
def test_a_planted_complement_is_the_first_of_the_list() -> None:
    for seed in (1, 2):
        c = company(seed, planted=0.5)
        offered, tested = complements.within_days(c)
        assert offered.iloc[0][["product", "next_product"]].tolist() == ["bread", "butter"]
        assert offered.iloc[0]["times_low"] > 1.5
        assert not (offered["product"] == offered["next_product"]).any()
        told = complements.told(c, "complement_pairs", (offered, tested))
        assert told[["value", "n"]].to_numpy().tolist() == [[len(offered), tested]]
        following, _tested = complements.after_first(c)
        assert following.iloc[0][["product", "next_product"]].tolist() == ["bread", "butter"]


def test_what_comes_after_the_days_or_by_chance_is_no_complement() -> None:
    assert complements.within_days(company(3, planted=0.5, gap=95))[0].empty
    found = [not complements.within_days(company(seed, planted=0))[0].empty for seed in range(4)]
    assert sum(found) <= 1, "one company in ten may have a pair by chance"


def test_the_rate_of_false_discoveries_is_the_policys() -> None:
    """Whatever the confidence of intervals: a weak sign is told at a lax rate and not at a strict one."""

    def told(rate: float, confidence: float) -> int:
        statistics = {"false_discovery_rate": rate, "confidence": confidence}
        policy = Policy.model_validate({"lifecycle": {"settled_days": 0}, "statistics": statistics})
        return len(complements.within_days(weak.under(policy))[0])

    weak = company(7, planted=0.13)
    assert [told(0.4, 0.99), told(0.4, 0.8)] == [told(0.4, 0.95)] * 2
    assert told(0.4, 0.99) > told(0.001, 0.8) == 0


def test_few_customers_tell_nothing() -> None:
    offered, tested = complements.within_days(company(5, planted=0.9, n=25))
    assert offered.empty
    assert tested == 0
    assert complements.told(company_from({}, as_of=AS_OF), "complement_pairs", (offered, tested)).empty


def test_without_each_column_no_figure_becomes_another() -> None:
    c = company(1, planted=0.5, n=500)
    assert another_number(lambda c: complements.within_days(c)[0], c) == {}
    assert another_number(lambda c: complements.told(c, "next_pairs", complements.after_first(c)), c) == {}
