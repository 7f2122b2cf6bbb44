"""Those who did not answer against those who did: by hand, against a published example, and a planted difference found."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlib.facts.company import Company, company_from
from crmlib.measures import nonresponse

AS_OF = date(2026, 10, 31)


def company(seed: int, *, silent_buy: float, n: int = 200, noted: bool = True) -> Company:
    """Half of those asked on 1 October answer; they ordered four times in the year before, the others `silent_buy` times."""
    rng = np.random.default_rng(seed)
    who, answered = [f"c{i:03}" for i in range(n)], np.arange(n) % 2 == 0
    surveys = pd.DataFrame(
        {
            "customer_id": who, "at": pd.Timestamp("2026-10-01 12:00"), "instrument": "csat", "item": "question",
            "score": np.where(answered, 4.0, np.nan),
        }
    )  # fmt: skip
    times = 1 + rng.poisson(np.where(answered, 4.0, silent_buy))
    rows = pd.DataFrame({"customer_id": np.repeat(who, times)})
    rows["ordered_at"] = pd.Timestamp("2026-09-30") - pd.to_timedelta(rng.integers(0, 365, len(rows)), unit="D")
    rows = rows.drop_duplicates(["customer_id", "ordered_at"])
    rows["order_id"] = [f"o{i}" for i in range(len(rows))]
    surveys = surveys if noted else surveys.dropna(subset=["score"])
    return company_from({"surveys": surveys, "orders": rows.assign(amount=10.0)}, as_of=AS_OF)


def test_cohens_d_is_that_of_a_published_example() -> None:
    """Borenstein, Hedges, Higgins and Rothstein (2009, chapter 4): means 103 and 100, deviations 5.5 and 4.5, 50 in each: d is
    0.5970, its variance 0.0418.
    """

    def sample(mean: float, deviation: float) -> pd.Series:
        x = np.tile([-1.0, 1.0], 25)
        return pd.Series(mean + deviation * x / x.std(ddof=1))

    d, low, high = nonresponse.apart(sample(103, 5.5), sample(100, 4.5), confidence=0.95)
    assert d == pytest.approx(0.5970, abs=1e-4)
    assert ((high - low) / 2 / stats.t.ppf(0.975, 98)) ** 2 == pytest.approx(0.0418, abs=1e-4)


@pytest.mark.deck("D130")
def test_a_planted_difference_is_found_and_none_is_made_up() -> None:
    found = [nonresponse.differences(company(seed, silent_buy=1.5)).set_index("segment") for seed in range(5)]
    assert all(f.loc["orders_before", "high"] < 0 and f.loc["net_before", "high"] < 0 for f in found)
    assert all(f.loc["days_since_last", "low"] > 0 for f in found), "and their last order lay further back"
    assert (found[0]["n"] == 100).all()
    alike = pd.concat([nonresponse.differences(company(seed, silent_buy=4.0)) for seed in range(20)])
    wrong = ((alike["low"] > 0) | (alike["high"] < 0)).groupby(alike.groupby("segment").cumcount()).any()
    assert wrong.sum() <= 3


def test_where_only_answers_are_on_record_nothing_is_said() -> None:
    told = nonresponse.differences(company(0, silent_buy=1.5, noted=False))
    assert told.empty
    assert told.attrs["does_not_apply"]
