"""Money is held out too: right where the values of orders stay, not promised where they do not."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from crmlib.models import gamma_gamma, mbgnbd, nbd
from crmlib.models.choice import Choice, Rules, choose
from crmlib.models.origins import Trial
from crmlib.models.worth import worth
from tests.simulated import END, company

ALL = partial(gamma_gamma.fit, first=True)


@pytest.fixture(scope="module")
def choice() -> Choice:
    orders = company("one_time", np.random.default_rng(6), least=3000, most=4000, months=40)
    return choose(orders.origins(), orders.lives(END), [mbgnbd.fit, nbd.fit], Rules(), on=END)


def dearer(choice: Choice, factor: float) -> Choice:
    """The same, had every order after the origins brought so many times as much."""

    def so(trial: Trial) -> Trial:
        paid = trial.origin.lives.assign(revenue=trial.origin.lives["revenue"] * factor)
        return replace(trial, origin=replace(trial.origin, lives=paid))

    return replace(choice, tried=tuple(so(trial) for trial in choice.tried))


def test_with_first_purchases_the_money_of_who_bought_is_right(choice: Choice) -> None:
    assert worth(choice, ALL, Rules()).ratio == pytest.approx(1.0, abs=0.12)


def test_money_is_held_against_what_came(choice: Choice) -> None:
    as_is, twice = worth(choice, ALL, Rules()), worth(dearer(choice, 2.0), ALL, Rules())
    assert twice.ratio == pytest.approx(as_is.ratio / 2)
    assert twice.gate.least == pytest.approx(as_is.gate.least / 2)
    assert twice.gate.state == "missed"
    by_hand = [(t.expected @ ALL(t.lives).expected(t.lives)) / t.origin.lives["revenue"].sum() for t in choice.tried]
    assert as_is.gate.least == pytest.approx(min(by_hand))
    assert as_is.gate.most == pytest.approx(max(by_hand))


def test_money_in_another_currency_is_as_far_off(choice: Choice) -> None:
    """A thousandth of the money, before and after: the same ratios."""

    def so(trial: Trial) -> Trial:
        columns = ["revenue", "monetary_value", "mean_value"]
        lives = trial.origin.lives.assign(**{name: trial.origin.lives[name] / 1000 for name in columns})
        return replace(trial, origin=replace(trial.origin, lives=lives), lives=lives)

    small = replace(choice, tried=tuple(so(trial) for trial in choice.tried))
    one, other = worth(choice, ALL, Rules()).gate, worth(small, ALL, Rules()).gate
    assert (other.ratio, other.miss, other.factor) == pytest.approx((one.ratio, one.miss, one.factor), rel=1e-3)


def test_without_money_nothing_is_promised(choice: Choice) -> None:
    nothing = dearer(choice, 0.0)
    assert worth(nothing, ALL, Rules()).gate.state == "untested"
    poor = replace(choice, lives=choice.lives.head(5))
    assert worth(poor, ALL, Rules()).gate.state == "unusable"
