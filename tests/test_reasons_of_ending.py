"""Reasons of ending: planted shares found again, the unknown apart, each ending once, and nothing where none is on record."""

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import reasons_of_ending as endings
from tests.known import another_number
from tests.subscriptions import AS_OF, REASONS, Planted, made

LEAVING = Planted(leave=0.05, upgrade=0, downgrade=0, second=0, trial=0, win_back=0)


def said(*rows: tuple[str, str | None]) -> Company:
    frame = pd.DataFrame(rows, columns=["customer_id", "reason"]).assign(kind="cancellation", at=pd.Timestamp(AS_OF))
    return company_from({"events": frame.assign(event_id=frame.index.astype(str))}, as_of=AS_OF)


@pytest.mark.deck("D030", "D107")
def test_planted_reasons_lie_in_their_intervals() -> None:
    hits, known = [], 1 - REASONS[None]
    for seed in range(6):
        rows = endings.ending_findings(made(seed, LEAVING).company("activity"))
        shares = rows[rows["kpi"] == "ending_share"].set_index("segment")
        for reason in ("price", "features", "service"):
            hits.append(shares.loc[reason, "low"] <= REASONS[reason] / known <= shares.loc[reason, "high"])
        unknown = rows.set_index("kpi").loc["ending_unknown_share"]
        hits.append(unknown["low"] <= REASONS[None] <= unknown["high"])
    assert np.mean(hits) >= 0.85


def test_each_ending_counts_once_and_the_shares_of_what_is_known_are_one() -> None:
    one = made(9, LEAVING)
    table = endings.reasons(one.company("activity"))
    assert table["endings"].sum() == sum(row["ended_on"] is not None for row in one.contracts)
    assert table["share"].sum() == pytest.approx(1)
    assert table["reason_of_ending"].iloc[-1] == "unknown"
    assert np.isnan(table["share"].iloc[-1])
    assert table["endings"].iloc[:-1].is_monotonic_decreasing


def test_endings_of_one_customer_do_not_make_a_share_surer() -> None:
    alone = endings.ending_findings(said(*((f"c{i}", "price" if i % 2 else "service") for i in range(40))))
    again = endings.ending_findings(said(*((f"c{i % 10}", "price" if i % 2 else "service") for i in range(40))))

    def width(frame: pd.DataFrame) -> float:
        row = frame[frame["segment"] == "price"].iloc[0]
        return float(row["high"] - row["low"])

    assert width(again) > 1.5 * width(alone)


def test_reasons_by_hand() -> None:
    c = said(("a", "pricing"), ("a", "pricing"), ("b", None), ("c", "Unknown"), ("d", "features"))
    told = endings.ending_findings(c).set_index(["kpi", "segment"])["value"].to_dict()
    assert told == {
        ("endings", ""): 5,
        ("ending_share", "pricing"): 2 / 3,
        ("ending_share", "features"): 1 / 3,
        ("ending_unknown_share", ""): 2 / 5,
    }
    table = endings.reasons(c).set_index("reason_of_ending")
    assert table["customers"].to_dict() == {"pricing": 1, "features": 1, "unknown": 2}
    assert table["endings_year"].to_dict() == {"pricing": 2, "features": 1, "unknown": 2}
    assert table["ended_revenue"].isna().all()


def test_what_ended_with_them_is_told_where_it_is_known() -> None:
    frame = pd.DataFrame(
        {"customer_id": list("abc"), "ended_on": [AS_OF] * 3, "ended_reason": ["price", "price", None]}
    )
    frame = frame.assign(
        contract_id=list("123"), started_on=AS_OF.replace(year=2025), amount=[10.0, 20, 5], period="month"
    )
    c = company_from({"contracts": frame}, as_of=AS_OF)
    revenue = endings.ending_findings(c).query("kpi == 'ending_revenue'").set_index("segment")["value"].to_dict()
    assert revenue == {"": 420, "price": 360, "unknown": 60}
    assert set(endings.ending_findings(c.without("contracts.amount"))["kpi"]) == {*endings.STATED} - {"ending_revenue"}


def test_where_no_reason_is_on_record_nothing_is_stated_and_the_columns_are_named() -> None:
    c = said(("a", None))
    assert endings.ending_findings(c).empty
    assert set(endings.unknown(c)) == {"contracts.ended_reason", "events.reason"}
    assert endings.unknown(said(("a", "price"))) == ()
    assert endings.reasons(company_from({}, as_of=AS_OF)).empty


def test_no_figure_becomes_another_number_without_a_column() -> None:
    one = made(4, LEAVING, customers=80)
    ended = [row for row in one.contracts if row["ended_on"]]
    one.events = [
        {
            "event_id": f"e{i}",
            "customer_id": row["customer_id"],
            "at": pd.Timestamp(row["ended_on"]),
            "kind": "cancellation",
            "reason": "price",
        }
        for i, row in enumerate(ended[::3])
    ]
    columns = [f"contracts.{name}" for name in ("amount", "period", "ended_on", "trial", "renews", "ended_reason")]
    columns += ["events.reason", "events.customer_id"]
    assert another_number(endings.ending_findings, one.company("activity"), *columns) == {}
    assert another_number(endings.reasons, one.company("activity"), *columns) == {}
