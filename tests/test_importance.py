"""Which dimension goes with buying again: by hand, and what is planted is found first."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import importance

AS_OF = date(2026, 10, 31)


def company(seed: int, n: int = 400) -> Company:
    """Asked in May about two dimensions: who perceived more reliability orders again more often, tangibles do nothing."""
    rng = np.random.default_rng(seed)
    who = [f"c{i:03}" for i in range(n)]
    seen = {name: rng.integers(1, 8, n).astype(float) for name in ("reliability", "tangibles")}
    parts = [
        pd.DataFrame({"customer_id": who, "item": name, "expectation": 6.0, "perception": values})
        for name, values in seen.items()
    ]
    surveys = pd.concat(parts).assign(instrument="servqual", at=pd.Timestamp("2026-05-10"))
    again = rng.random(n) < 0.1 + 0.1 * seen["reliability"]
    bought = pd.DataFrame({"customer_id": np.array(who)[again], "ordered_at": pd.Timestamp("2026-06-20")})
    early = pd.DataFrame({"customer_id": who, "ordered_at": pd.Timestamp("2026-05-01")})
    late = pd.DataFrame({"customer_id": who, "ordered_at": pd.Timestamp("2026-09-20")})
    orders = pd.concat([bought, early, late]).assign(amount=10.0)
    orders["order_id"] = [f"o{i}" for i in range(len(orders))]
    return company_from({"surveys": surveys, "orders": orders}, as_of=AS_OF)


@pytest.mark.deck("D124")
def test_what_is_planted_is_found_and_comes_first() -> None:
    """A point more is a tenth more who order again, a deviation two points: 0.2."""
    told = [importance.for_return(company(seed)) for seed in range(10)]
    assert all(f["segment"].tolist() == ["reliability", "tangibles"] for f in told)
    inside = [f["low"].to_numpy() <= [0.2, 0.0] for f in told], [f["high"].to_numpy() >= [0.2, 0.0] for f in told]
    assert (np.array(inside[0]) & np.array(inside[1])).sum() >= 18
    assert all(f["low"][0] > 0.1 for f in told)
    assert (told[0]["n"] == 400).all()


def test_answers_whose_days_are_not_over_are_not_counted() -> None:
    assert importance.for_return(company(0).at(date(2026, 7, 31))).empty
    assert len(importance.for_return(company(0).at(date(2026, 8, 9)))) == 2
