"""Lives of customers, and the days back that forecasts are tried from, against the same worked out order by order."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import lives
from crmlib.facts.company import Company, company_from
from crmlib.models.origins import months_back
from crmlib.vocabulary.policy import Forecast, Policy
from tests.simulated import END, company

ROWS = [
    ("a", "2026-01-01", 100),
    ("a", "2026-01-29", 40),
    ("a", "2026-01-29", 10),
    ("a", "2026-10-03", 30),
    ("b", "2026-10-31", 80),
]


def made(rows: list[tuple[str, str, int]]) -> Company:
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    orders = frame.assign(order_id=[f"o{i}" for i in frame.index], ordered_at=pd.to_datetime(frame["day"])).drop(
        columns="day"
    )
    return company_from({"orders": orders}, as_of=END)


def test_purchases_are_days_and_a_span_leaves_out_its_first_day() -> None:
    c = made(ROWS)
    found = lives.purchases_between(c, date(2026, 1, 1), date(2026, 10, 3)).order_by("day").to_pandas()
    assert found["net"].astype(float).to_list() == [50.0, 30.0]
    assert lives.summary(c).order_by("customer_id").to_pandas()["mean_value"].to_list() == pytest.approx([60.0, 80.0])


def test_a_few_stray_early_orders_are_no_history() -> None:
    rows = [(f"k{i}", f"2025-{1 + i % 12:02}-15", 10) for i in range(240)]
    assert lives.months_on_record(made(rows)) == 22
    assert lives.months_on_record(made([("old", "2009-05-05", 1), *rows])) == 22
    assert lives.months_on_record(made(rows[:0])) == 0


@pytest.mark.parametrize(
    ("months", "held_out", "backs"),
    [
        (15, 0, ()),
        (16, 6, (6, 8, 10)),
        (20, 10, (10, 12, 14)),
        (22, 12, (12, 14, 16)),
        (26, 12, (12, 14, 16, 18, 20)),
        (36, 12, (12, 16, 21, 26, 30)),
        (200, 12, (12, 24, 36, 48, 60)),
    ],
)
def test_as_much_is_held_out_as_the_records_allow(months: int, held_out: int, backs: tuple[int, ...]) -> None:
    found = months_back(months, 12, least=6, most=5)
    assert found == (held_out, pytest.approx(backs, abs=1)) if backs else found == (0, ())
    assert all(months - back >= 6 for back in found[1])


@pytest.mark.parametrize("kind", ["refunds", "seasonal"])
def test_origins_are_what_was_known_then_and_what_came_after(kind: str) -> None:
    """The engine's against the same by hand: late refunds, the months held out, their quarters, and the yardstick."""
    made_up = company(kind, np.random.default_rng(4), most=600, months=40)
    c = company_from({"orders": made_up.frame()}, as_of=END)
    for one, other in zip(lives.origins(c), made_up.origins(), strict=True):
        assert (one.on, one.days, one.months, one.quarters) == (other.on, other.days, other.months, other.quarters)
        assert one.yardstick == pytest.approx(other.yardstick)
        columns = ["frequency", "recency", "T", "came", "mean_value", "revenue"]
        frames = [o.lives[columns].sort_values(columns, ignore_index=True).astype(float) for o in (one, other)]
        pd.testing.assert_frame_equal(*frames, rtol=1e-3, check_dtype=False)
    found, expected = lives.season(c)(END), made_up.season(END)
    assert found is not None
    assert expected is not None
    assert found.factors == pytest.approx(expected.factors)


def test_of_very_many_customers_every_nth_is_tried_and_stands_for_all() -> None:
    made_up = company("pareto", np.random.default_rng(9), least=2500, most=4000, months=30)
    c = company_from({"orders": made_up.frame()}, as_of=END)
    few = c.under(Policy.model_copy(c.policy, update={"forecast": Forecast(sample=1000, origins=3)}))
    whole, some = (
        lives.origins(c.under(few.policy.model_copy(update={"forecast": Forecast(origins=3)}))),
        lives.origins(few),
    )
    step = -(-len(lives.lives(c)) // 1000)
    assert step > 1
    for one, part in zip(whole, some, strict=True):
        assert len(part.lives) == pytest.approx(len(one.lives) / step, abs=1)
        assert part.lives["came"].sum() * step == pytest.approx(one.lives["came"].sum(), rel=0.15)
        assert part.yardstick * step == pytest.approx(one.yardstick, rel=0.15)
