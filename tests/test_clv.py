"""Value from fitted models: sums by tier with intervals, calibration on CDNOW's second half, and models that cannot be used."""

from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlib.data.tables import Tables, tables_from
from crmlib.measures import bgnbd, clv, gamma_gamma, rfm, tiers
from crmlib.vocabulary.policy import Policy

FOLDER = Path(str(find_spec("lifetimes").origin)).parent / "datasets"  # type: ignore[union-attr]
POLICY = Policy.model_validate({})
HALF, END = date(1997, 9, 30), date(1998, 6, 30)
Models = tuple[pd.DataFrame, bgnbd.BGNBD, gamma_gamma.GammaGamma]


@pytest.fixture(scope="module")
def cdnow() -> Tables:
    names = ["master", "customer_id", "day", "cds", "amount"]
    orders = pd.read_csv(FOLDER / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names, dtype=str)
    frame = orders.assign(
        order_id=[f"o{i}" for i in orders.index],
        ordered_at=pd.to_datetime(orders["day"]),
        amount=orders["amount"].map(Decimal),
    )
    return tables_from({"orders": frame[["order_id", "customer_id", "ordered_at", "amount"]]}, as_of=END)


@pytest.fixture(scope="module")
def models(cdnow: Tables) -> Models:
    placed = tiers.tiers(cdnow, as_of=HALF, policy=POLICY)
    known = clv.histories(rfm.summary(cdnow, as_of=HALF, policy=POLICY), placed)
    return known, bgnbd.fit(known), gamma_gamma.fit(known)


def value(models: Models) -> pd.DataFrame:
    return clv.value_findings(*models, margin_rate=0.3, as_of=HALF, policy=POLICY)


def test_tiers_add_up_to_the_whole(models: Models) -> None:
    found = value(models).set_index(["kpi", "segment"])
    for kpi in ("expected_orders_12m", "value_12m"):
        whole, parts = found.loc[(kpi, ""), "value"], found.loc[kpi].drop("")["value"].sum()
        assert parts == pytest.approx(whole)
    each = clv.customer_values(*models, margin_rate=0.3)
    assert each["expected_margin"].sum() == pytest.approx(found.loc[("value_12m", ""), "value"])
    assert each["p_alive"].mean() == pytest.approx(found.loc[("alive_share", ""), "value"])
    assert len(each) == found.loc[("value_12m", ""), "n"] == 2357
    large = found[found["n"] >= 30]
    assert ((large["low"] < large["value"]) & (large["value"] < large["high"])).all()


def test_the_same_input_gives_the_same_interval_to_the_byte(models: Models) -> None:
    pd.testing.assert_frame_equal(value(models), value(models), check_exact=True)


def test_calibration_on_the_second_half_of_cdnow(cdnow: Tables, models: Models) -> None:
    """Fader, Hardie and Lee (2005), figure 4: close by frequency; weeks 40 to 78 bring 1,882 purchases, 1,653 were expected."""
    known, buying, _spending = models
    came = rfm.purchases_since(cdnow, HALF, as_of=END, policy=POLICY).to_pandas()
    frame = clv.calibration(known, came, buying, days=273, policy=POLICY)
    assert frame["n"].sum() == 2 * 2357
    total = (frame["value"] * frame["n"]).groupby(frame["series"]).sum()
    assert total["actual"] == pytest.approx(1882)
    assert total["expected"] == pytest.approx(1653, rel=2e-3)
    row = clv.calibration_findings(known, came, buying, days=273, as_of=END, policy=POLICY).iloc[0]
    assert row["value"] == pytest.approx(1653 / 1882, rel=2e-3)
    assert row["low"] < row["value"] < row["high"]


def company(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, float]:
    """Histories drawn as BG/NBD describes them, and how many purchases came in the year after them."""
    ages, rate, leaving = rng.uniform(10, 100, n), rng.gamma(0.6, 1 / 9.0, n), rng.beta(0.8, 2.5, n)
    x, t_x, now, later, active = np.zeros(n), np.zeros(n), np.zeros(n), 0.0, np.ones(n, dtype=bool)
    while active.any():
        now = now + rng.exponential(1 / np.maximum(rate, 1e-9))
        active &= now <= ages + 365 / 7
        early = active & (now <= ages)
        x[early] += 1
        t_x[early] = now[early]
        later += float((active & ~early).sum())
        active &= rng.random(n) > leaving
    frame = pd.DataFrame({"frequency": x, "recency": t_x, "T": ages, "monetary_value": 50.0})
    return frame.assign(time_unit="weeks", tier="growth", customer_id=[f"c{i:03}" for i in range(n)]), later


def test_intervals_hold_the_future_about_as_often_as_they_say(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 30 simulated companies the 95 % interval of the orders of the next year holds what came in at least 25."""
    monkeypatch.setattr(clv, "DRAWS", 60)
    rng, held, unpriced = np.random.default_rng(12), 0, gamma_gamma.fit(models[0].head(0))
    for _company in range(30):
        known, later = company(rng, 800)
        found = clv.value_findings(known, bgnbd.fit(known), unpriced, margin_rate=1.0, as_of=END, policy=POLICY)
        row = found[(found["kpi"] == "expected_orders_12m") & (found["segment"] == "")].iloc[0]
        held += bool(row["low"] <= later <= row["high"])
    assert held >= 25


def test_a_model_that_cannot_be_used_leaves_nan_and_goes_on(models: Models) -> None:
    known, buying, _spending = models
    few, poor = bgnbd.fit(known.head(5)), gamma_gamma.fit(known.head(5))
    nothing = value((known, few, poor))
    assert nothing["value"].isna().all()
    assert (nothing["n"] == 0).all()
    half = value((known, buying, poor)).set_index(["kpi", "segment"])
    assert half.loc[("expected_orders_12m", ""), "value"] > 0
    assert np.isnan(half.loc[("value_12m", ""), "value"])
    assert clv.customer_values(known, few, poor, margin_rate=0.3).empty
    assert clv.alive_curves(few).empty
    came = pd.DataFrame({"customer_id": [], "purchases": []})
    assert clv.calibration(known, came, few, days=30, policy=POLICY).empty
    assert clv.calibration_findings(known, came, few, days=30, as_of=END, policy=POLICY)["n"].to_list() == [0]


def test_longer_silence_never_makes_a_customer_more_active(models: Models) -> None:
    curves = clv.alive_curves(models[1])
    for _orders, part in curves.groupby("orders"):
        assert part["p_alive"].is_monotonic_decreasing


def test_the_margin_rate_is_the_orders_own_or_the_policys(cdnow: Tables) -> None:
    assert clv.margin_rate(cdnow, as_of=HALF, policy=POLICY) == POLICY.cost.margin_rate
    frame = pd.DataFrame(
        {
            "order_id": ["1", "2"],
            "customer_id": ["a", "a"],
            "ordered_at": pd.to_datetime(["2026-01-01", "2026-01-02"]),
            "amount": [Decimal(100), Decimal(50)],
            "margin": [Decimal(25), Decimal("NaN")],
        }
    )
    assert (
        clv.margin_rate(
            tables_from({"orders": frame}, as_of=END.replace(year=2026)), as_of=END.replace(year=2026), policy=POLICY
        )
        == 0.25
    )
