"""Value from fitted models: sums by tier with intervals, calibration on CDNOW's second half, and models that cannot be used."""

from datetime import date
from decimal import Decimal
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.lives import lives as lives_of
from crmlib.measures import clv, model_choice, rfm
from crmlib.models import bgnbd, forecasts, gamma_gamma, mbgnbd, nbd
from crmlib.models.bgnbd import NAMES, BetaGeometric
from crmlib.models.choice import Choice
from crmlib.models.gates import Gate
from crmlib.models.worth import Worth
from crmlib.vocabulary.policy import Forecast, Policy
from tests.buyers import Buyers, beta_geometric, known, promised
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)

FOLDER = Path(str(find_spec("lifetimes").origin)).parent / "datasets"  # type: ignore[union-attr]
POLICY = Policy.model_validate({})
HALF, END = date(1997, 9, 30), date(1998, 6, 30)
Models = tuple[pd.DataFrame, BetaGeometric, gamma_gamma.GammaGamma]


@pytest.fixture(scope="module")
def cdnow() -> Company:
    names = ["master", "customer_id", "day", "cds", "amount"]
    orders = pd.read_csv(FOLDER / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names, dtype=str)
    frame = orders.assign(
        order_id=[f"o{i}" for i in orders.index],
        ordered_at=pd.to_datetime(orders["day"]),
        amount=orders["amount"].map(Decimal),
    )
    return company_from({"orders": frame[["order_id", "customer_id", "ordered_at", "amount"]]}, as_of=END)


@pytest.fixture(scope="module")
def models(cdnow: Company) -> Models:
    known = lives_of(cdnow.at(HALF))
    return known, bgnbd.fit(known), gamma_gamma.fit(known)


def value(models: Models) -> pd.DataFrame:
    return clv.value_findings(knowing(HALF), *promised(*models), margin_rate=0.3)


def test_tiers_add_up_to_the_whole(models: Models) -> None:
    found = value(models).set_index(["kpi", "segment"])
    for kpi in ("expected_orders_12m", "value_12m"):
        whole, parts = found.loc[(kpi, ""), "value"], found.loc[kpi].drop("")["value"].sum()
        assert parts == pytest.approx(whole)
    each = clv.customer_values(knowing(AS_OF), *promised(*models), margin_rate=0.3)
    assert each["expected_margin"].sum() == pytest.approx(found.loc[("value_12m", ""), "value"])
    assert each["p_alive"].mean() == pytest.approx(found.loc[("alive_share", ""), "value"])
    assert len(each) == found.loc[("value_12m", ""), "n"] == 2357
    large = found[found["n"] >= 30]
    assert ((large["low"] < large["value"]) & (large["value"] < large["high"])).all()


def test_the_same_input_gives_the_same_interval_to_the_byte(models: Models) -> None:
    pd.testing.assert_frame_equal(value(models), value(models), check_exact=True)


def chosen(c: Company, least_months: int = 4) -> tuple[Choice, Worth]:
    """What came of trying two models on a company with little on record."""
    policy = c.policy.model_copy(update={"forecast": Forecast(least_months=least_months, expected_over_actual=2.0)})
    c = c.under(policy)
    choice = model_choice.choose(c, [bgnbd.fit, mbgnbd.fit])
    return choice, model_choice.price(c, choice, partial(gamma_gamma.fit, first=True))


def test_calibration_is_of_the_months_held_out_last(cdnow: Company) -> None:
    choice, worth = chosen(cdnow)
    frame = clv.calibration(knowing(AS_OF), choice)
    last = choice.tried[0]
    assert frame["n"].sum() == 2 * len(last.came)
    total = (frame["value"] * frame["n"]).groupby(frame["series"]).sum()
    assert total["actual"] == pytest.approx(last.came.sum())
    assert total["expected"] == pytest.approx(last.expected.sum())
    found = clv.calibration_findings(knowing(END), choice, worth).set_index("kpi")
    ratios = [trial.expected.sum() / trial.came.sum() for trial in choice.tried]
    assert min(ratios) < found.loc["calibration_ratio", "value"] < max(ratios)
    assert ((found["low"] < found["value"]) & (found["value"] < found["high"])).all()
    assert found["n"].to_list() == [len(last.came)] * 2


def test_who_is_called_what_changes_nothing(cdnow: Company) -> None:
    """The same company under other pseudonyms says the same to the last digit, sample and draws included."""
    orders = cdnow.tables.orders.to_pandas()[["order_id", "customer_id", "ordered_at", "amount"]]
    ids = np.sort(orders["customer_id"].unique())
    other = dict(zip(ids, np.random.default_rng(4).permutation(ids), strict=True))
    renamed = company_from({"orders": orders.assign(customer_id=orders["customer_id"].map(other))}, as_of=END)
    told = [everything(c) for c in (cdnow, renamed)]
    for one, same in zip(*told, strict=True):
        pd.testing.assert_frame_equal(one, same, check_exact=True)


def everything(c: Company) -> list[pd.DataFrame]:
    """All that is found, and the values of customers by what is known of them."""
    c = c.under(c.policy.model_copy(update={"forecast": Forecast(least_months=4, sample=1000)}))
    choice, worth = chosen(c)
    with pytest.MonkeyPatch.context() as few:
        few.setattr(forecasts, "DRAWN", 500)
        found = [
            clv.independence(c, choice.lives),
            clv.value_findings(c, choice, worth, margin_rate=0.3),
            clv.calibration(c, choice),
            clv.calibration_findings(c, choice, worth),
            model_choice.trials(c, choice),
        ]
    each = clv.customer_values(c, choice, worth, margin_rate=0.3).drop(columns="customer_id")
    assert len(each)
    return [*found, each.sort_values(list(each.columns), ignore_index=True)]


@pytest.mark.parametrize("column", ["refunded", "margin", "discount", "channel", "category", "lines"])
def test_what_is_not_recorded_leaves_a_figure_as_it_is_or_marks_it(column: str) -> None:
    crowd = beta_geometric(150, (0.9, 9.0, 0.8, 2.5), np.random.default_rng(3))
    weeks = crowd.summary.loc[crowd.summary.index.repeat(crowd.summary["frequency"].astype(int) + 1)]
    rng, n = np.random.default_rng(5), len(weeks)
    ago = (weeks["T"] * 7 * rng.random(n)).astype(int)
    orders = pd.DataFrame(
        {
            "customer_id": weeks["customer_id"].to_numpy(),
            "ordered_at": pd.Timestamp(AS_OF) - pd.to_timedelta(ago.to_numpy(), unit="D"),
            "order_id": [f"o{i}" for i in range(n)],
            "amount": rng.gamma(4.0, 30.0, n).round(2),
            "margin": rng.gamma(4.0, 9.0, n).round(2),
            "refunded": np.where(rng.random(n) < 0.1, 20.0, np.nan),
            "discount": 0.1,
            "channel": "app",
            "category": "tea",
            "lines": 1,
        }
    )
    orders["recorded_at"], orders["refunded_at"] = (
        orders["ordered_at"],
        orders["ordered_at"].where(orders["refunded"].notna()),
    )
    c = company_from({"orders": orders}, as_of=AS_OF)
    whole, less = (measured(at).set_index(["kpi", "segment"]) for at in (c, c.without(f"orders.{column}")))
    assert (whole["without"] == "").all()
    for row, figure in less.iterrows():
        same = row in whole.index and whole.loc[row, "value"] == pytest.approx(figure["value"], nan_ok=True, rel=1e-12)
        assert same or figure["without"] == f"orders.{column}", row


def measured(c: Company) -> pd.DataFrame:
    lives = lives_of(c)
    ready = promised(lives, bgnbd.fit(lives), gamma_gamma.fit(lives, first=True))
    value = clv.value_findings(c, *ready, margin_rate=clv.margin_rate(c))
    return pd.concat([value, clv.independence(c, lives), rfm.segment_findings(c)])


def priced(crowd: Buyers, rng: np.random.Generator, yearly: float) -> tuple[pd.DataFrame, np.ndarray]:
    """The crowd's summary with what it paid until now, and what each then pays within a year, later money counted for less."""
    n, x = len(crowd.summary), crowd.summary["frequency"].to_numpy()
    rate, soon = rng.gamma(4.0, 1 / 60.0, n), crowd.after <= 365 / 7
    who, years = crowd.who[soon], crowd.after[soon] * 7 / 365
    paid = np.bincount(who, rng.gamma(3.0, size=len(who)) / rate[who] * (1 + yearly) ** -years, n)
    mean = np.where(x > 0, rng.gamma(np.maximum(3 * x, 1e-9)) / rate / np.maximum(x, 1), 0.0)
    return crowd.summary.assign(monetary_value=mean, mean_value=mean, tier="growth"), paid


@pytest.mark.slow
def test_intervals_hold_what_comes_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 200 simulated companies the 90 % intervals hold in 86 to 94 % the orders and the discounted contribution of the
    next year and the share still active; of their customers, of whom anything is expected at all, 86 to 94 % too.
    """
    monkeypatch.setattr(forecasts, "DRAWS", 60)
    policy = Policy.model_validate({"statistics": {"confidence": 0.9}, "cost": {"discount_rate": 0.2}})
    rng, held, customers = np.random.default_rng(13), [], []
    for company in range(200):
        crowd = beta_geometric(400, (0.6, 9.0, 0.8, 2.5), rng)
        lives, paid = priced(crowd, rng, 0.2)
        models = bgnbd.fit(lives), gamma_gamma.fit(lives)
        if not models[0].fit.usable:
            continue
        truth = {
            "expected_orders_12m": crowd.later(365 / 7).sum(),
            "value_12m": paid.sum() * 0.3,
            "alive_share": (crowd.left_at > lives["T"]).mean(),
        }
        found = clv.value_findings(knowing(END, policy), *promised(lives, *models), margin_rate=0.3)
        rows = found[found["segment"] == ""].set_index("kpi")
        held.append([rows.loc[k, "low"] <= v <= rows.loc[k, "high"] for k, v in truth.items()])
        if company % 20 == 0:
            each = clv.customer_values(knowing(AS_OF, policy), *promised(lives, *models), margin_rate=0.3)
            inside = (each["low"] <= paid * 0.3) & (paid * 0.3 <= each["high"])
            customers.extend(inside[each["high"] > 0])
    share = np.mean(held, axis=0)
    assert len(held) >= 190
    assert ((share >= 0.86) & (share <= 0.94)).all(), share
    assert 0.86 <= np.mean(customers) <= 0.94


def test_later_money_counts_for_less(models: Models) -> None:
    lives, buying, _spending = models
    plain = buying.expected(lives, days=365)
    assert buying.expected(lives, days=365, yearly=0.0) == pytest.approx(plain)
    some = pd.concat([lives.head(20), lives.head(3).assign(frequency=[0.0, 1.0, 9.0], recency=[0.0, 0.5, 1.0], T=1.0)])
    ends = np.linspace(0, 365, 2921)
    within = np.array([buying.expected(some, days=day) for day in ends])
    for yearly in (0.1, 0.5):
        middle = (1 + yearly) ** -((ends[1:] + ends[:-1]) / 2 / 365)
        exact = middle @ np.diff(within, axis=0)
        assert buying.expected(some, days=365, yearly=yearly) == pytest.approx(exact, rel=5e-5)


def test_ranges_hold_the_expectation_of_who_buys_often_and_start_at_nothing_for_who_left(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clv, "RANGED", 10_000)
    each = clv.customer_values(knowing(AS_OF), *promised(*models), margin_rate=0.3)
    often = each[each["expected_orders"] > 3]
    assert len(often) > 5
    assert ((often["low"] <= often["expected_margin"]) & (often["expected_margin"] <= often["high"])).all()
    gone = each[each["p_alive"] < 0.02]
    assert len(gone) >= 10
    assert (gone[["low", "high"]] == 0).all(axis=None)
    assert (each["p_alive_12m"] <= each["p_alive"]).all()


def test_only_those_worth_most_have_a_range(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clv, "RANGED", 5)
    each = clv.customer_values(knowing(AS_OF), *promised(*models), margin_rate=0.3)
    ranged = each[each["high"].notna()]
    assert len(ranged) == 5
    assert ranged["expected_margin"].min() >= each[each["high"].isna()]["expected_margin"].max()


def test_a_model_without_leaving_says_nothing_about_who_is_active(models: Models) -> None:
    lives, _buying, spending = models
    plain = nbd.fit(lives)
    found = value((lives, plain, spending)).set_index(["kpi", "segment"])  # type: ignore[arg-type]
    assert np.isnan(found.loc[("alive_share", ""), "value"])
    assert found.loc[("alive_share", ""), "n"] == 0
    assert found.loc[("value_12m", ""), "value"] > 0
    ready = promised(lives, plain, spending)
    assert clv.customer_values(knowing(AS_OF), *ready, margin_rate=0.3)["p_alive"].isna().all()
    assert clv.alive_curves(knowing(AS_OF), ready[0]).empty


def test_a_known_model_leaves_chance_only() -> None:
    """With parameters without any error the interval of the orders is that of the drawn futures."""
    model = BetaGeometric(known("BG/NBD", NAMES, (0.6, 9.0, 0.8, 2.5)), "weeks", 0)
    lives = beta_geometric(400, (0.6, 9.0, 0.8, 2.5), np.random.default_rng(3)).summary.assign(tier="growth")
    unpriced = gamma_gamma.fit(lives.head(0).assign(monetary_value=0.0))
    found = clv.value_findings(knowing(END), *promised(lives, model, unpriced), margin_rate=0.3)
    row = found[(found["kpi"] == "expected_orders_12m") & (found["segment"] == "")].iloc[0]
    totals = model.draw(lives, days=365, rng=np.random.default_rng(4), times=2000).sum(axis=1)
    assert row["value"] == pytest.approx(totals.mean(), rel=0.02)
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * totals.std(), rel=0.2)


def test_a_model_that_cannot_be_used_promises_nothing(models: Models) -> None:
    known, buying, _spending = models
    few, poor = bgnbd.fit(known.head(5)), gamma_gamma.fit(known.head(5))
    assert value((known, few, poor)).empty
    half = value((known, buying, poor)).set_index(["kpi", "segment"])
    assert half.loc[("expected_orders_12m", ""), "value"] > 0
    assert np.isnan(half.loc[("value_12m", ""), "value"])
    choice, worth = promised(known, few, poor)
    assert clv.customer_values(knowing(AS_OF), choice, worth, margin_rate=0.3).empty
    assert clv.alive_curves(knowing(AS_OF), choice).empty
    assert clv.calibration(knowing(AS_OF), choice).empty
    assert clv.calibration_findings(knowing(END), choice, worth).empty


def test_what_failed_the_gate_is_nowhere_promised(models: Models) -> None:
    known, buying, spending = models
    missed = Gate("missed", ratio=1.65, least=1.5, most=1.8, spreads=(0.3,) * 5, freedom=4.0, origins=3, months=12)
    choice, worth = promised(known, buying, spending, gate=missed)
    assert clv.value_findings(knowing(AS_OF), choice, worth, margin_rate=0.3).empty
    assert clv.customer_values(knowing(AS_OF), choice, worth, margin_rate=0.3).empty
    assert clv.alive_curves(knowing(AS_OF), choice).empty
    assert "it expected 1.65 of what came" in model_choice.promise(knowing(AS_OF), choice)
    choice, worth = promised(known, buying, spending, money=missed)
    found = clv.value_findings(knowing(AS_OF), choice, worth, margin_rate=0.3).set_index(["kpi", "segment"])
    assert found.loc[("expected_orders_12m", ""), "value"] > 0
    assert (found.loc["value_12m", "n"] == 0).all()
    assert clv.customer_values(knowing(AS_OF), choice, worth, margin_rate=0.3).empty
    assert "1.65 of the money that came" in model_choice.promise(knowing(AS_OF), choice, worth)


def test_the_gate_sets_every_figure_right_by_the_same_factor_and_widens_the_interval(models: Models) -> None:
    known, buying, spending = models
    plain = value(models).set_index(["kpi", "segment"])
    spreads = (0.1, 0.2, 0.2, 0.2, 0.2)
    gates = {"gate": Gate("passed", factor=0.8, spreads=spreads), "money": Gate("passed", factor=0.5, spreads=spreads)}
    choice, worth = promised(known, buying, spending, **gates)
    found = clv.value_findings(knowing(HALF), choice, worth, margin_rate=0.3).set_index(["kpi", "segment"])
    for kpi, factor in (("expected_orders_12m", 0.8), ("value_12m", 0.5)):
        assert found.loc[kpi, "value"].to_numpy() == pytest.approx(plain.loc[kpi, "value"].to_numpy() * factor)
        half = np.log(found.loc[(kpi, ""), "high"] / found.loc[(kpi, ""), "value"])
        alone = np.log(plain.loc[(kpi, ""), "high"] / plain.loc[(kpi, ""), "value"]) / 1.959964
        assert half == pytest.approx(gates["gate"].quantile(0.95) * np.hypot(alone, 0.1), rel=0.01)
    each = clv.customer_values(knowing(HALF), choice, worth, margin_rate=0.3)
    assert each["expected_orders"].sum() == pytest.approx(found.loc[("expected_orders_12m", ""), "value"])
    assert each["expected_margin"].sum() == pytest.approx(found.loc[("value_12m", ""), "value"])
    by_tier = each.groupby("tier")["expected_margin"].sum()
    assert by_tier.to_dict() == pytest.approx(found.loc["value_12m", "value"].drop("")[by_tier.index].to_dict())


def test_longer_silence_never_makes_a_customer_more_active(models: Models) -> None:
    curves = clv.alive_curves(knowing(AS_OF), promised(*models)[0])
    for _orders, part in curves.groupby("orders"):
        assert part["p_alive"].is_monotonic_decreasing


def test_the_margin_rate_is_the_orders_own_or_the_policys(cdnow: Company) -> None:
    """A margin is that of what was kept, so it stands over net revenue: refunds are taken off once."""
    assert clv.margin_rate(cdnow.at(HALF)) == POLICY.cost.margin_rate
    frame = pd.DataFrame(
        {
            "order_id": ["1", "2", "3", "4"],
            "customer_id": ["a", "a", "a", "b"],
            "ordered_at": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]),
            "amount": [100.0, 50.0, 80.0, 60.0],
            "margin": [25.0, np.nan, 10.0, 0.0],
            "refunded": [np.nan, np.nan, 40.0, 60.0],
        }
    )
    assert clv.margin_rate(company_from({"orders": frame}, as_of=AS_OF)) == pytest.approx(35 / 140)
    assert clv.margin_rate(company_from({"orders": frame.assign(margin=0.0).tail(1)}, as_of=AS_OF)) == 0.3


def test_whether_how_often_and_how_much_are_unrelated_is_measured() -> None:
    rng, c = np.random.default_rng(9), knowing(AS_OF)
    x = rng.integers(1, 9, 5000)
    independent = pd.DataFrame(
        {"frequency": x, "monetary_value": rng.gamma(4.0 * x) / rng.gamma(3.0, 1 / 200.0, 5000) / x}
    )
    row = clv.independence(c, independent).iloc[0]
    assert abs(row["value"]) < 0.1
    assert row["low"] < row["value"] < row["high"]
    once = pd.DataFrame({"frequency": 0, "monetary_value": [5.0, 7.0]})
    assert clv.independence(c, pd.concat([independent, once])).iloc[0]["value"] == row["value"]
    tied = independent.assign(monetary_value=independent["frequency"] * 10.0)
    assert clv.independence(c, tied).iloc[0]["value"] == pytest.approx(1)
    nothing = clv.independence(c, independent.head(0)).iloc[0]
    assert (np.isnan(nothing["value"]), nothing["n"]) == (True, 0)
