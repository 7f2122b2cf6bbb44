"""What acting was worth by reason: stopped or done more of only where the interval says so, small groups drawn in."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import worth_by_reason
from crmlib.models import pooling
from tests.test_experiments import AS_OF, actions, orders


def told(cost: float = 1.0) -> pd.DataFrame:
    """Of four reasons one brings orders, one none, one keeps customers away, and one has hardly anybody."""
    lists, who = [], []
    for at, (why, n, act, held) in enumerate(
        [("silent", 600, 0.5, 0.2), ("dropped", 600, 0.3, 0.3), ("habit", 600, 0.1, 0.35), ("overdue", 8, 0.5, 0.5)]
    ):
        part = actions(n, n // 2, why=why, first=5000 * at).assign(channel="phone", cost=cost)
        lists.append(part)
        sides = (part.loc[part["arm"] == arm, "customer_id"] for arm in ("act", "hold_out"))
        who += [c for side, share in zip(sides, (act, held), strict=True) for c in side[: round(len(side) * share)]]
    c = company_from({"actions": pd.concat(lists), "orders": orders(who, date(2026, 10, 10))}, as_of=AS_OF)
    return worth_by_reason.table(c).set_index("segment")


def test_stop_and_more_are_said_where_the_interval_says_so() -> None:
    frame = told()
    assert frame["verdict"].to_dict() == {
        "silent": "more_of_this", "dropped": "not_enough", "habit": "stop_this", "overdue": "not_enough",
    }  # fmt: skip
    assert frame["change"].to_dict() == pytest.approx(
        {"silent": 0.3, "dropped": 0.0, "habit": -0.25, "overdue": np.nan}, abs=0.04, nan_ok=True
    )
    assert frame.loc["silent", "margin_an_action"] == pytest.approx(0.3 * 30, abs=1)
    assert frame["cost_an_action"].eq(1).all()
    assert told(cost=5.0).loc["dropped", "verdict"] == "stop_this", "it costs more than it can bring"


def test_groups_are_drawn_in_by_how_much_they_scatter() -> None:
    rng, inside, nearer = np.random.default_rng(4), [], []
    for _time in range(300):
        truth, error = rng.normal(0.1, 0.05, 8), rng.uniform(0.03, 0.12, 8)
        seen = rng.normal(truth, error)
        found = pooling.towards_each_other(seen, error)
        inside.append(np.abs(found.value - truth) < 1.96 * found.error)
        nearer.append(np.mean((found.value - truth) ** 2) < np.mean((seen - truth) ** 2))
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
    assert np.mean(nearer) > 0.8
    alone = pooling.towards_each_other([0.2], [0.1])
    assert alone.value.tolist() == [0.2]
