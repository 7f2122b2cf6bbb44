"""Recurring revenue: a made company's truth on several seeds, retention by hand, and what is not known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import contracts
from crmlib.facts.company import Company, company_from
from crmlib.measures import recurring
from crmlib.models.estimates import ratio
from crmlib.show import withholding
from crmlib.vocabulary.months import month_ends
from crmlib.vocabulary.policy import Policy
from tests.known import another_number
from tests.subscriptions import AS_OF, Made, Planted, made

YEAR_AGO = date(2025, 10, 31)
SEEDS = range(3)


@pytest.fixture(scope="module", params=SEEDS)
def one(request: pytest.FixtureRequest) -> Made:
    return made(request.param)


def values(frame: pd.DataFrame) -> dict[str, float]:
    return dict(zip(frame["kpi"].where(frame["segment"] == "", frame["segment"]), frame["value"], strict=True))


def everything(c: Company) -> pd.DataFrame:
    monthly = recurring.by_month(c)
    stated = [
        recurring.levels(c), recurring.month_findings(c, monthly), recurring.year_findings(c, monthly),
        recurring.retention(c), recurring.logo_churn(c), recurring.trials(c),
    ]  # fmt: skip
    return pd.concat([frame for frame in stated if len(frame)] or stated[:1])


@pytest.mark.deck("D058")
def test_revenue_movements_and_retention_are_those_that_were_made(one: Made) -> None:
    c, ends = one.company(), month_ends(AS_OF, 30)
    monthly = recurring.by_month(c)
    truth = [one.mrr(end) for end in ends]
    closing = monthly.tail(len(ends))["closing"]
    assert [round(v, 4) for v in closing] == [float(sum(level.values())) for level in truth]
    assert list(monthly.tail(len(ends))["customers"]) == [len(level) for level in truth]
    moved = monthly[list(contracts.KINDS)].sum(axis=1)
    np.testing.assert_allclose(moved, monthly["closing"] - monthly["opening"], atol=1e-6)
    told = values(everything(c))
    assert told["mrr"] == pytest.approx(float(sum(truth[-1].values())), abs=1e-9)
    assert told["arr"] == pytest.approx(12 * told["mrr"], abs=0.01)
    then, now = one.mrr(YEAR_AGO), truth[-1]
    base = sum(then.values())
    assert told["net_revenue_retention"] == pytest.approx(float(sum(now.get(w, Decimal(0)) for w in then) / base))
    kept = sum(min(then[w], now.get(w, Decimal(0))) for w in then)
    assert told["gross_revenue_retention"] == pytest.approx(float(kept / base))
    assert told["logo_churn_year"] == pytest.approx(1 - len(then.keys() & now) / len(then))
    assert told["logo_churn_month"] == pytest.approx(1 - len(truth[-2].keys() & now) / len(truth[-2]))
    assert recurring.bridge(c, monthly)["mrr_change"].sum() == pytest.approx(told["mrr"], abs=1e-6)


def test_the_planted_shares_lie_in_their_intervals() -> None:
    planted, hits = Planted(win_back=0), []
    for seed in range(8):
        c = made(seed, planted, customers=250).company("activity")
        told = pd.concat([recurring.trials(c), recurring.logo_churn(c)]).set_index("kpi")
        yearly = 1 - (1 - planted.leave) ** (365 / 30)
        for kpi, truth in (("trial_won_share", planted.trial_won), ("logo_churn_year", yearly)):
            hits.append(told.loc[kpi, "low"] <= truth <= told.loc[kpi, "high"])
    assert np.mean(hits) >= 0.85


def test_intervals_of_net_retention_hold_what_a_crowd_of_such_customers_keeps() -> None:
    rng = np.random.default_rng(3)

    def drawn(n: int) -> tuple[np.ndarray, np.ndarray]:
        before = np.exp(rng.normal(0, 0.8, n))
        kept = rng.choice([0, 0.6, 1, 1.4], n, p=[0.12, 0.1, 0.55, 0.23])
        return before, before * kept

    truth = 0.1 * 0.6 + 0.55 + 0.23 * 1.4
    estimates = [ratio(after, before) for before, after in (drawn(80) for _ in range(600))]
    assert np.mean([low <= truth <= high for _value, low, high in estimates]) >= 0.93
    assert np.isnan(ratio([0, 0], [1, 2])).all()
    assert np.isnan(ratio([5, 0], [0, 0])).all()
    assert np.isnan(ratio([5, 1], [1000, 1])[1])


def company(*rows: tuple[str, date, date | None, float], as_of: date = AS_OF) -> Company:
    frame = pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "amount"])
    frame = frame.assign(contract_id=[f"k{i}" for i in range(len(frame))], period="month")
    return company_from({"contracts": frame}, as_of=as_of)


BEGAN = date(2025, 3, 1)


def test_net_and_gross_retention_by_hand() -> None:
    c = company(
        ("a", BEGAN, date(2026, 2, 1), 100), ("a", date(2026, 2, 1), None, 150), ("b", BEGAN, date(2026, 5, 1), 100),
        ("c", BEGAN, None, 200), ("late", date(2026, 1, 1), None, 999), ("gone", BEGAN, YEAR_AGO, 500),
    )  # fmt: skip
    told = values(recurring.retention(c))
    assert told == {"net_revenue_retention": 350 / 400, "gross_revenue_retention": 300 / 400}
    assert set(recurring.retention(c)["n"]) == {3}


def test_where_nobody_brings_more_net_and_gross_are_one() -> None:
    stays = company(*((f"c{i}", BEGAN, None, 10.0 + i) for i in range(40)))
    frame = recurring.retention(stays).set_index("kpi")[["value", "low", "high"]]
    assert frame.iloc[0].equals(frame.iloc[1])
    assert frame["value"].iloc[0] == 1
    assert 0.8 < frame["low"].iloc[0] < 1, "all of forty does not say all of all"
    left = recurring.retention(company(*((f"c{i}", BEGAN, date(2026, 9, 9), 10.0) for i in range(40))))
    assert set(left["value"]) == {0}
    assert (left["high"] > 0).all()


def test_a_shrinking_company_moves_down_and_one_that_begins_moves_up() -> None:
    c = company(("a", date(2026, 10, 5), None, 70), ("b", BEGAN, date(2026, 10, 9), 30), ("c", BEGAN, None, 5))
    told = values(recurring.month_findings(c, recurring.by_month(c)))
    assert told == {"mrr_change": 40, "new": 70, "churn": -30}
    assert recurring.by_month(c.at(date(2025, 2, 1))).empty
    assert recurring.churn_by_month(c, recurring.by_month(c)).empty, "two customers are too few for a share"
    few = c.under(Policy.model_validate({"statistics": {"min_n": 2}}))
    assert recurring.churn_by_month(few, recurring.by_month(few))["n"].tolist() == [2] * 19


def test_without_knowing_when_contracts_end_nothing_is_stated_and_it_is_said_why() -> None:
    c = company(("a", BEGAN, date(2026, 5, 1), 100), ("c", BEGAN, None, 200)).without("contracts.ended_on")
    for measure in (recurring.levels, recurring.retention, recurring.logo_churn):
        frame = measure(c)
        assert frame.empty
        assert "when contracts end" in frame.attrs["nothing"]
    none = recurring.levels(company_from({}, as_of=AS_OF))
    assert none.attrs["left_out"] == recurring.LEVELS[:3]


READ = [f"contracts.{name}" for name in ("amount", "period", "ended_on", "ended_reason", "trial", "renews", "plan")]


@pytest.mark.parametrize("measure", [everything, recurring.by_month])
def test_no_figure_becomes_another_number_without_a_column(measure: Callable[[Company], pd.DataFrame]) -> None:
    assert another_number(measure, made(1, customers=80).company("activity"), *READ) == {}


def test_an_unpriced_contract_is_told_apart() -> None:
    frame = pd.DataFrame(
        {"customer_id": ["a", "b"], "started_on": BEGAN, "ended_on": [None, None], "amount": [10.0, 20.0]}
    )
    frame = frame.assign(contract_id=["1", "2"], period=["month", None])
    told = values(recurring.levels(company_from({"contracts": frame}, as_of=AS_OF)))
    assert told == {"arr": 120, "mrr": 10, "contract_customers": 2, "unpriced_contracts": 1}


def moving(lost: int, back: int, less: int = 20) -> Company:
    """Two hundred customers of 100 to 299 a month: this October so many leave, come back, pay 10 less, and 40 pay 900 more."""
    day = date(2026, 10, 5)
    rows: list[tuple[str, date, date | None, float]] = []
    for i in range(200):
        amount, change = 100.0 + i, 900 if i < 40 else -10 if i < 40 + less else 0
        if i >= 200 - lost:
            rows.append((f"c{i}", BEGAN, day, amount))
        elif i >= 200 - lost - back:
            rows += [(f"c{i}", BEGAN, date(2026, 5, 1), amount), (f"c{i}", day, None, amount)]
        elif change:
            rows += [(f"c{i}", BEGAN, day, amount), (f"c{i}", day, None, amount + change)]
        else:
            rows.append((f"c{i}", BEGAN, None, amount))
    return company(*rows)


def hidden(frame: pd.DataFrame, by: str, column: str) -> set[str]:
    """The movements of which nothing is published."""
    safe = withholding.guarded(frame)
    return {*safe.loc[safe[column].isna(), by]}


def test_movements_of_few_customers_are_withheld_wherever_they_are_told() -> None:
    c = moving(lost=1, back=2)
    monthly = recurring.by_month(c)
    found = recurring.month_findings(c, monthly)
    assert dict(zip(found["segment"], found["n"], strict=True)) == {
        "": 63, "reactivation": 2, "expansion": 40, "contraction": 20, "churn": 1,
    }  # fmt: skip
    year = recurring.year_findings(c, monthly)
    assert dict(zip(year["segment"], year["n"], strict=True))["churn"] == 3, (
        "who left in May is back, and left all the same"
    )
    with withholding.using(5, 200):
        assert hidden(found, "segment", "value") == {"reactivation", "churn"}
        assert hidden(year, "segment", "value") == {"reactivation", "churn"}
        assert hidden(recurring.bridge(c, monthly), "movement", "mrr_change") == {"reactivation", "churn"}
        table = withholding.guarded(monthly.tail(24).iloc[::-1])
        shown = withholding.guarded(recurring.drawn(monthly), axes=["month", "movement"])
    last = table.iloc[0]
    assert last[["new", "reactivation", "churn", "left"]].isna().all()
    assert last[["opening", "expansion", "contraction", "closing", "customers"]].notna().all()
    told = shown.pivot(index="month", columns="movement", values="mrr_change")[list(contracts.KINDS)]
    both = table.set_index("month").sort_index()[list(contracts.KINDS)]
    assert told.isna().to_numpy().tolist() == both.isna().to_numpy().tolist(), (
        "a picture shows what its table does, no more"
    )


def test_a_movement_of_one_customer_is_not_had_by_taking_the_others_away() -> None:
    # Nobody came back, and whoever left brought more than what the others are rounded by.
    day = date(2026, 10, 5)
    rows: list[tuple[str, date, date | None, float]] = [(f"c{i}", BEGAN, None, 10.0) for i in range(60)]
    for i in range(30):
        rows += [(f"m{i}", BEGAN, day, 10.0), (f"m{i}", day, None, 11.0)]
    c = company(*rows, ("large", BEGAN, day, 5000.0))
    monthly = recurring.by_month(c)
    with withholding.using(5, 91):
        assert hidden(recurring.month_findings(c, monthly), "segment", "value") == {"churn", "expansion"}
        last = withholding.guarded(monthly.tail(24)).iloc[-1]
    assert last[["churn", "expansion"]].isna().all()
