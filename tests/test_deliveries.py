"""Delivery by its day: late, on time, not come; how late orders are judged, and whether customers come again."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import deliveries as facts
from crmlib.facts.company import Company, company_from
from crmlib.measures import candidates, deliveries
from crmlib.models.estimates import wilson
from tests.known import another_number

AS_OF = date(2026, 10, 31)
DAY = timedelta(days=1)
PROMISED = date(2026, 6, 15)


def order(
    customer: str, *, late: int | None = 0, ordered: date = date(2026, 6, 1), promised: date = PROMISED
) -> dict[str, object]:
    """An order that came so many days after its promise (None: not at all)."""
    came = pd.NaT if late is None else pd.Timestamp(promised + late * DAY) + pd.Timedelta(hours=23)
    row = {"customer_id": customer, "ordered_at": pd.Timestamp(ordered), "delivered_at": came}
    return {**row, "promised_at": pd.Timestamp(promised), "order_id": f"{customer}{ordered}", "amount": 10.0}


def company(rows: list[dict[str, object]], **tables: pd.DataFrame) -> Company:
    return company_from({"orders": pd.DataFrame(rows), **tables}, as_of=AS_OF)


@pytest.mark.parametrize(("late", "is_late"), [(-3, False), (0, False), (1, True)])
def test_an_order_on_the_promised_day_is_on_time_at_whatever_hour(late: int, is_late: bool) -> None:
    assert facts.deliveries(company([order("a", late=late)])).to_pandas()["is_late"].tolist() == [is_late]


@pytest.mark.parametrize(("promised", "is_late"), [(AS_OF - DAY, True), (AS_OF, None), (AS_OF + DAY, None)])
def test_what_has_not_come_is_late_once_its_day_is_over(promised: date, is_late: bool | None) -> None:
    c = company([order("a", late=None, promised=promised), order("b")])
    told = facts.deliveries(c).order_by("customer_id").to_pyarrow()["is_late"].to_pylist()
    assert told == [is_late, False]


def test_without_deliveries_on_record_nothing_is_late() -> None:
    rows = [{k: v for k, v in order(f"c{i}").items() if k != "delivered_at"} for i in range(50)]
    c = company(rows)
    assert facts.deliveries(c).to_pyarrow()["is_late"].to_pylist() == [None] * 50
    assert deliveries.kept(c).empty
    assert "orders.delivered_at" in deliveries.kept(c).attrs["unknown"]


@pytest.mark.deck("D119")
def test_shares_by_hand() -> None:
    rows = [order(f"a{i}") for i in range(40)] + [order(f"b{i}", late=2) for i in range(6)]
    rows += [order(f"c{i}", late=None) for i in range(4)]
    told = deliveries.kept(company(rows)).set_index("kpi")
    assert told.loc["on_time_share", ["value", "low", "high", "customers"]].tolist() == pytest.approx(
        [*wilson(40, 50), 50]
    )
    assert told.loc["delivered_late_share", ["value", "n"]].tolist() == [6 / 46, 46]
    assert told.loc["never_delivered_share", ["value", "n"]].tolist() == [4 / 50, 50]
    months = deliveries.by_month(company(rows))
    assert months[["value", "n"]].to_numpy().tolist() == [[0.8, 50]]
    assert [*months.attrs["customers"].values()] == [50]


def answers(scores: dict[str, float], *, days: int = 5, named: bool = False) -> pd.DataFrame:
    rows = [(c, pd.Timestamp(PROMISED + 3 * DAY + days * DAY), "csat", "order", s) for c, s in scores.items()]
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "instrument", "item", "score"])
    frame["answer_id"] = [f"s{i}" for i in range(len(frame))]
    return frame.assign(order_id=[f"{c}{date(2026, 6, 1)}" for c in scores]) if named else frame


@pytest.mark.parametrize("named", [True, False])
def test_late_orders_are_judged_worse_by_what_was_planted(named: bool) -> None:
    rng = np.random.default_rng(3)
    rows = [order(f"a{i}") for i in range(200)] + [order(f"b{i}", late=3) for i in range(60)]
    scores = {f"a{i}": float(rng.integers(3, 6)) for i in range(200)} | {
        f"b{i}": float(rng.integers(1, 4)) for i in range(60)
    }
    told = deliveries.judged(company(rows, surveys=answers(scores, named=named))).set_index(["kpi", "segment"])
    gap = told.loc[("delivery_score_gap", "")]
    assert gap["low"] < -2 < gap["high"]
    assert gap["n"] == 60
    assert told.loc[("judged_late_share", ""), "value"] == pytest.approx(60 / 260)
    means = told["value"].xs("delivery_score")
    assert means["late"] - means["on_time"] == pytest.approx(gap["value"])


@pytest.mark.parametrize(("days", "heard"), [(facts.HEARD - 3, 1), (facts.HEARD - 2, 0), (-4, 0)])
def test_an_answer_that_names_no_order_is_about_the_last_that_came_shortly_before(days: int, heard: int) -> None:
    c = company([order("a")], surveys=answers({"a": 4.0}, days=days))
    assert facts.judged(c).count().to_pyarrow().as_py() == heard


def test_who_orders_again_is_counted_from_the_promised_day_by_customer() -> None:
    rows = [order(f"a{i}") for i in range(60)] + [order(f"b{i}", late=3) for i in range(60)]
    rows += [order(f"a{i}", ordered=PROMISED + 90 * DAY, promised=AS_OF) for i in range(30)]
    rows += [order(f"b{i}", ordered=PROMISED + (91 if i % 2 else 0) * DAY, promised=AS_OF) for i in range(20)]
    told = deliveries.again(company(rows)).set_index(["kpi", "segment"])
    assert told.loc[("again_after_delivery", "on_time"), "value"] == 0.5
    assert told.loc[("again_after_delivery", "late"), "value"] == 0
    assert told.loc[("again_after_late_change", ""), "high"] < 0
    once = deliveries.again(company([order(f"a{i}", late=i % 2, ordered=date(2025, 6, 1)) for i in range(200)]))
    assert once.empty, "where nobody comes back nobody stays away"


def test_without_each_column_no_figure_becomes_another() -> None:
    rows = [order(f"a{i}", late=i % 3 - 1) for i in range(60)] + [
        order(f"a{i}", ordered=PROMISED + 9 * DAY) for i in range(40)
    ]
    c = company(rows, surveys=answers({f"a{i}": float(1 + i % 5) for i in range(60)}, named=True))
    for measure in (deliveries.kept, deliveries.judged, deliveries.again, deliveries.by_month):
        assert another_number(measure, c) == {}


@pytest.mark.deck("D106", "D119")
def test_who_waits_past_the_promised_day_is_told_where_the_order_is() -> None:
    late = {"late": None, "promised": AS_OF - 5 * DAY}
    rows = [
        order("waits", **late), order("waits", ordered=date(2026, 6, 2), late=None, promised=AS_OF - 9 * DAY),
        order("came", late=3, promised=AS_OF - 5 * DAY), order("today", late=None, promised=AS_OF),
        order("forgotten", late=None, promised=AS_OF - (facts.WAITED + 1) * DAY), {**order("back", **late), "refunded": 10.0},
    ]  # fmt: skip
    c = company([{"refunded": 0.0, **row} for row in rows])
    assert facts.waited_for(c).to_pandas()[["customer_id", "promised_on"]].to_numpy().tolist() == [
        ["waits", pd.Timestamp(AS_OF - 9 * DAY)]
    ]
    found = candidates.candidates(c, told=[deliveries.waiting(c)]).to_pandas()
    assert found[["customer_id", "why", "what", "purpose"]].to_numpy().tolist() == [
        ["waits", "delivery_overdue", "tell_delivery", "service"]
    ]
    assert "22 Oct 2026" in found["reasons"].iloc[0]
    blind = company([{k: v for k, v in row.items() if k != "delivered_at"} for row in rows])
    assert deliveries.waiting(blind).to_pandas().empty, "what came is not on record"
    assert deliveries.waiting(company_from({}, as_of=AS_OF)).to_pandas().empty
