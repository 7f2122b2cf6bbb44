"""MBG/NBD: the published figures, planted parameters, and forecasts that come true."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlib.models import bgnbd, mbgnbd
from crmlib.models.bgnbd import NAMES, BetaGeometric
from tests.buyers import beta_geometric, forecasts_are_borne_out, known

CDNOW = Path(str(find_spec("lifetimes").origin)).parent / "datasets" / "cdnow_customers_summary.csv"  # type: ignore[union-attr]
TRUTH = (0.6, 9.0, 0.8, 2.5)


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return pd.read_csv(CDNOW).assign(time_unit="weeks")


def test_cdnow_gives_the_published_estimates(cdnow: pd.DataFrame) -> None:
    """Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24:201-209."""
    found = mbgnbd.fit(cdnow).fit
    assert found.state == "fitted"
    assert found.values == pytest.approx((0.5248, 6.1830, 0.8914, 1.6140), rel=1e-3)
    assert found.log_likelihood == pytest.approx(-9582.13, abs=0.006)


def test_its_forecast_of_the_second_half_of_cdnow_is_lower(cdnow: pd.DataFrame) -> None:
    """Computed here: who bought once only may have left, so weeks 40 to 78 bring less than in BG/NBD."""
    expected = mbgnbd.fit(cdnow).expected(cdnow, days=39 * 7)
    assert expected.sum() == pytest.approx(1576.74, rel=1e-4)
    once = (cdnow["frequency"] == 0).to_numpy()
    assert (expected[once] < bgnbd.fit(cdnow).expected(cdnow, days=39 * 7)[once]).all()


def test_planted_parameters_are_recovered() -> None:
    found = mbgnbd.fit(beta_geometric(30_000, TRUTH, np.random.default_rng(7), first=True).summary).fit
    spread = np.sqrt(np.diag(found.covariance))
    assert (np.abs(np.log(found.values) - np.log(TRUTH)) < 3.5 * spread).all()
    assert (spread < 0.3).all()


def test_forecasts_are_borne_out() -> None:
    rng = np.random.default_rng(9)
    model = BetaGeometric(known("MBG/NBD", NAMES, TRUTH), "weeks", 1)
    forecasts_are_borne_out(model, beta_geometric(100_000, TRUTH, rng, first=True), rng)


def test_row_order_changes_nothing_to_the_byte(cdnow: pd.DataFrame) -> None:
    assert mbgnbd.fit(cdnow.sample(frac=1, random_state=5)).fit.values == mbgnbd.fit(cdnow).fit.values


def test_who_never_came_back_may_have_left_at_once(cdnow: pd.DataFrame) -> None:
    lives = pd.DataFrame({"frequency": 0.0, "recency": 0.0, "T": [0.0, 10.0, 200.0], "time_unit": "weeks"})
    alive = mbgnbd.fit(cdnow).p_alive(lives)
    assert 1 > alive[0] > alive[1] > alive[2] > 0
    assert (bgnbd.fit(cdnow).p_alive(lives) == 1).all()
