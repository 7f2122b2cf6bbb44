"""Purchase cycles: who buys regularly and not at random, when the next order comes, whom to be in touch with before it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import cycles as facts
from crmlib.facts.company import company_from
from crmlib.measures import cycles
from crmlib.models import cycles as models
from crmlib.models.cycles import Gaps

AS_OF = date(2026, 10, 31)
FIRST, DAYS = pd.Timestamp(AS_OF) - pd.Timedelta(days=3 * 365), 3 * 365


def visits(rng: np.random.Generator, kind: str, until: int) -> np.ndarray:
    """Days of orders of a customer, at random at a rate of their own, or about every quarter."""
    if kind == "random":
        days = rng.uniform(0, until, rng.poisson(rng.gamma(2.0, 1 / 120) * until))
    else:
        usual = 91 * np.exp(rng.normal(0, 0.1))
        days = rng.uniform(0, usual) + np.cumsum(rng.gamma(25, usual / 25, 40))
    return np.unique(np.floor(days[days < until])).astype(int)


def orders(seed: int, random: int, quarterly: int, *, ahead: int = 200) -> tuple[pd.DataFrame, pd.Series]:
    """Orders until the day, and the days from then to each customer's next one."""
    rng, rows, following = np.random.default_rng(seed), [], {}
    for i, kind in enumerate(["random"] * random + ["quarterly"] * quarterly):
        who, days = f"{kind[0]}{i:04}", visits(rng, kind, DAYS + ahead)
        rows += [(who, day) for day in days[days <= DAYS]]
        later = days[days > DAYS]
        following[who] = later[0] - DAYS if len(later) else np.nan
    frame = pd.DataFrame(rows, columns=["customer_id", "day"])
    frame = frame.assign(ordered_at=FIRST + pd.to_timedelta(frame["day"], unit="D"), amount=50.0, category="shelves")
    return frame.drop(columns="day").assign(order_id=[f"o{i}" for i in range(len(frame))]), pd.Series(following)


@pytest.mark.deck("D101")
def test_few_who_buy_at_random_are_called_regular_most_quarterly_are_and_four_fifths_of_the_intervals_hold() -> None:
    called, found, held = [], [], []
    for seed in range(4):
        frame, following = orders(seed, 250, 120)
        c = company_from({"orders": frame}, as_of=AS_OF)
        known = facts.gaps(c).set_index("customer_id")["is_regular"]
        called.append(known[known.index.str.startswith("r")].sum() / 250)
        found.append(known[known.index.str.startswith("q")].mean())
        rows = facts.expected(c)
        rows = rows[rows["customer_id"].str.startswith("q")]
        days = rows["customer_id"].map(following)
        low, high = ([(day - AS_OF).days for day in rows[name]] for name in ("low_on", "high_on"))
        held += [low_ <= day <= high_ for low_, day, high_ in zip(low, days, high, strict=True) if day == day]
    assert np.mean(called) <= 0.05
    assert np.mean(found) >= 0.8
    assert 0.75 <= np.mean(held) <= 0.85


def test_where_all_buy_at_random_hardly_anybody_is_called_regular_whatever_their_rate() -> None:
    rng, told = np.random.default_rng(2), []
    for _time in range(400):
        gaps = np.ceil(rng.exponential(rng.uniform(10, 200), rng.integers(3, 15))) - 0.5
        told.append((len(gaps), gaps.mean(), np.log(gaps).mean(), np.log(gaps).std(ddof=1)))
    found = Gaps(*np.array(told).T)
    assert (models.chance(found) < 0.05).mean() < 0.075
    assert models.regular(found, 0.1).mean() < 0.01


def test_a_silence_that_no_gap_has_lasted_ends_a_cycle_and_a_longer_wait_moves_the_day_on() -> None:
    gaps = Gaps(*(np.full(3, x) for x in (8.0, 91.0, np.log(90.0), 0.15)))
    middle, low, high = models.next_gap(gaps, np.array([10.0, 100.0, 200.0]), (0.02, 10.0), 0.8)
    assert middle[0] == pytest.approx(90, abs=1)
    assert low[0] < 90 < high[0]
    assert low[1] > 100, "it has not come by now"
    assert np.isnan(middle[2])


def test_who_is_due_hears_fifteen_days_before_and_not_before_tomorrow() -> None:
    frame, _later = orders(5, 0, 80)
    c = company_from({"orders": frame}, as_of=AS_OF)
    due = cycles.due(c).to_pandas()
    nxt, on = (pd.to_datetime(due[name]).dt.date for name in ("next_on", "due_on"))
    assert len(due) > 10
    assert all(d == max(n - timedelta(days=15), AS_OF + timedelta(days=1)) for n, d in zip(nxt, on, strict=True))
    assert all(AS_OF < d <= AS_OF + timedelta(days=31) for d in on)
    told = cycles.told(c).set_index("kpi")
    assert told.loc["cycle_due_customers", "value"] == len(due)
    assert told.loc["cycle_days", "value"] == pytest.approx(91, abs=6)
    assert cycles.by_category(c).iloc[0][["category", "customers"]].tolist() == ["shelves", 80]


def test_who_is_too_new_has_the_cycle_of_the_category_where_most_have_one() -> None:
    frame, _later = orders(6, 0, 60)
    new = pd.DataFrame(
        {"order_id": ["n1"], "customer_id": ["new"], "ordered_at": pd.Timestamp(AS_OF) - pd.Timedelta(days=20)}
    )
    c = company_from({"orders": pd.concat([frame, new.assign(amount=5.0, category="shelves")])}, as_of=AS_OF)
    row = facts.expected(c).set_index("customer_id").loc["new"]
    assert row["by"] == "category"
    assert abs((row["next_on"] - AS_OF).days - 71) < 10
    other, _none = orders(6, 60, 0)
    mixed = pd.concat([other, new.assign(amount=5.0, category="shelves")])
    assert "new" not in set(facts.expected(company_from({"orders": mixed}, as_of=AS_OF))["customer_id"])


def test_who_pays_under_a_contract_is_not_told_that_an_order_comes_up() -> None:
    frame, _following = orders(5, 0, 120)
    began = pd.DataFrame({"customer_id": frame["customer_id"].unique()[:80], "started_on": FIRST.date()})
    terms = began.assign(contract_id=[f"s{i}" for i in range(80)], amount=50.0, period="quarter", ended_on=None)
    told = []
    for model in ("orders", "subscription"):
        c = company_from({"orders": frame, "contracts": terms}, as_of=AS_OF)
        c = replace(c, about={**c.about, "revenue_model": model})
        told.append({*facts.expected(c)["customer_id"]} & {*began["customer_id"]})
    assert len(told[0]) > 40
    assert not told[1]


def test_without_orders_nothing_is_said() -> None:
    c = company_from({}, as_of=AS_OF)
    assert cycles.told(c).empty
    assert cycles.due(c).to_pandas().empty
    assert cycles.listed(c).empty
