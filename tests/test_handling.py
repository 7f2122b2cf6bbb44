"""How long cases take, how often they come back or are handed on: by hand, against chance, and without each column."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import handling, service
from tests.known import another_number

AS_OF = date(2026, 10, 31)
SEEDS = (1, 2, 3)


def company(frame: pd.DataFrame, as_of: date = AS_OF) -> Company:
    frame = frame.assign(ticket_id=[f"t{i}" for i in range(len(frame))])
    if "customer_id" not in frame:
        frame["customer_id"] = [f"c{i}" for i in range(len(frame))]
    times = [name for name in frame if name.endswith("_at")]
    return company_from(
        {"tickets": frame.assign(**{n: pd.to_datetime(frame[n], format="ISO8601") for n in times})}, as_of=as_of
    )


def drawn(seed: int, n: int = 400, mean: float = 48.0) -> pd.DataFrame:
    """Cases of the last months, solved after exponential times; what lies after the day stays open."""
    rng = np.random.default_rng(seed)
    opened = pd.Timestamp("2026-08-01") + pd.to_timedelta(rng.uniform(0, 91 * 24, n), unit="h")
    solved = opened + pd.to_timedelta(rng.exponential(mean, n), unit="h")
    return pd.DataFrame({"opened_at": opened, "resolved_at": solved}).apply(lambda times: times.dt.floor("s"))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_true_median_lies_in_the_interval_with_cases_still_open(seed: int) -> None:
    row = handling.resolution(company(drawn(seed))).iloc[0]
    assert row["low"] < 48 * np.log(2) < row["high"]
    assert row["n"] == 400


def test_a_backlog_makes_the_time_longer_and_not_shorter() -> None:
    frame = drawn(1)
    stuck = frame.assign(resolved_at=frame["resolved_at"].mask(np.arange(len(frame)) % 3 == 0))
    assert handling.resolution(company(stuck)).iloc[0]["value"] > handling.resolution(company(frame)).iloc[0]["value"]


def test_what_is_solved_nobody_knows_when_takes_no_time_and_waits_for_nothing() -> None:
    frame = pd.DataFrame(
        {
            "opened_at": ["2026-10-01"] * 4,
            "resolved_at": ["2026-10-02", None, None, None],
            "closed_at": ["2026-10-05", "2026-10-03", None, None],
            "status": ["closed", "closed", "closed", "open"],
            "severity": "critical",
        }
    )
    c = company(frame)
    assert handling.resolution(c).iloc[0]["n"] == 3, "solved, closed and open"
    assert service.overdue(c)["case_id"].tolist() == ["t3"]
    kept = service.attainment(c).set_index(["kpi", "segment"]).loc[("sla_resolution", "")]
    assert (kept["value"], kept["n"]) == (pytest.approx(1 / 3), 3)
    ledger = handling.ledger(c).set_index("span")
    assert ledger.loc["all_months", ["cases", "solved", "waiting"]].tolist() == [4, 3, 1]
    assert ledger["reopened"].isna().all()
    assert handling.ledger(c).attrs["without"] == ()
    assert handling.ledger(c.without("tickets.status")).attrs["without"] == ("tickets.status",)


def test_a_case_opened_again_waits_again_while_its_last_state_is_open() -> None:
    frame = pd.DataFrame(
        {
            "opened_at": ["2026-10-01"] * 2, "resolved_at": ["2026-10-02"] * 2, "reopened_at": ["2026-10-03"] * 2,
            "reopened": True, "status": ["open", "closed"], "severity": "critical",
        }
    )  # fmt: skip
    assert service.overdue(company(frame))["case_id"].tolist() == ["t0"]


def test_before_it_was_closed_a_case_waits_whatever_its_last_state() -> None:
    frame = pd.DataFrame(
        {
            "opened_at": ["2026-09-01"] * 3,
            "resolved_at": ["2026-10-20", None, "2026-09-01 10:00"],
            "closed_at": [None, "2026-10-21", None],
            "status": "closed",
            "met": [False, False, True],
            "severity": "critical",
        }
    )
    september = company(frame).at(date(2026, 9, 30))
    assert service.overdue(september)["case_id"].tolist() == ["t0", "t1"]
    assert service.own_verdict(september).set_index("kpi").loc["own_verdict_ever", ["value", "n"]].tolist() == [1.0, 1]
    assert len(service.overdue(company(frame))) == 0


@pytest.mark.deck("D119")
def test_the_own_deadline_and_verdict_stand_beside_the_promise_of_policy() -> None:
    frame = pd.DataFrame(
        {
            "opened_at": ["2026-10-01 00:00"] * 4,
            "resolved_at": ["2026-10-01 20:00", "2026-10-02 20:00", None, "2026-10-01 01:00"],
            "due_at": ["2026-10-01 10:00", "2026-10-03 10:00", "2026-10-04 00:00", None],
            "met": [False, True, None, True],
            "severity": ["critical", "critical", None, "critical"],
        }
    )
    c = company(frame)
    kept = service.attainment(c).query("segment == ''").set_index("kpi")[["value", "n"]]
    assert kept.loc["sla_resolution"].tolist() == [pytest.approx(2 / 3), 3]
    assert kept.loc["own_deadline_kept"].tolist() == [pytest.approx(1 / 3), 3]
    assert service.own_verdict(c)["value"].tolist() == pytest.approx([2 / 3, 2 / 3])
    assert service.overdue(c)[["case_id", "waits_for"]].to_numpy().tolist() == [["t2", "own_deadline"]]
    late = service.waiting(c).set_index(["kpi", "segment"])["value"]
    assert (late["overdue_cases", ""], late["own_overdue_cases", ""]) == (0, 1)
    without = c.without("tickets.severity")
    assert set(service.attainment(without)["kpi"]) == {"own_deadline_kept"}
    assert set(service.waiting(without)["kpi"]) == {"own_overdue_cases"}


def test_reopened_and_handed_on_by_hand_with_intervals_by_customer() -> None:
    frame = pd.DataFrame(
        {
            "opened_at": "2026-10-01", "reopened": [True, False, None, False] * 20, "reassigned": [0, 1, 3, None] * 20,
            "customer_id": [f"c{i // 4}" for i in range(80)],
        }
    )  # fmt: skip
    found = handling.rework(company(frame)).set_index("kpi")
    assert found["value"].to_dict() == pytest.approx(
        {"reopened_share": 1 / 3, "reassigned_share": 2 / 3, "reassignments": 4 / 3}
    )
    assert found["n"].tolist() == [60] * 3
    assert found["customers"].tolist() == [20] * 3


@pytest.mark.parametrize(
    "measure",
    [
        handling.resolution, handling.resolution_by_month, handling.rework, handling.ledger,
        service.own_verdict, service.attainment_by_month,
    ],
)  # fmt: skip
def test_without_cases_or_their_times_nothing_is_said(measure: object) -> None:
    orders = pd.DataFrame(
        {"order_id": ["o"], "customer_id": ["c"], "ordered_at": [pd.Timestamp("2026-10-01")], "amount": [1.0]}
    )
    assert measure(company_from({"orders": orders}, as_of=AS_OF)).empty  # type: ignore[operator]
    bare = pd.DataFrame({"opened_at": ["2026-10-01"] * 3})
    told = measure(company(bare))  # type: ignore[operator]
    assert told.empty or measure is handling.ledger


@pytest.mark.parametrize(
    "measure",
    [
        handling.resolution, handling.rework, handling.ledger, service.attainment, service.own_verdict,
        service.overdue, service.waiting,
    ],
)  # fmt: skip
def test_without_a_column_no_figure_becomes_another_number(measure: object) -> None:
    frame = drawn(3, 120)
    rng = np.random.default_rng(5)
    frame = frame.assign(
        severity=rng.choice(["critical", "high"], 120), category=rng.choice(["login", "billing"], 120),
        reopened=rng.random(120) < 0.2, reassigned=rng.integers(0, 3, 120), met=rng.random(120) < 0.7,
        due_at=frame["opened_at"] + pd.Timedelta(hours=30),
        closed_at=frame["resolved_at"] + pd.Timedelta(hours=5), status="closed",
    )  # fmt: skip
    silent = rng.random(120) < 0.2
    frame.loc[silent, "resolved_at"] = pd.NaT
    frame.loc[silent & (rng.random(120) < 0.5), "closed_at"] = pd.NaT
    assert another_number(measure, company(frame)) == {}  # type: ignore[arg-type]


@pytest.mark.deck("D119", "D130")
def test_the_backlog_of_each_month_end_by_hand() -> None:
    rows = [
        ("2026-08-10", "2026-08-20"),
        ("2026-08-11", "2026-09-02"),
        ("2026-09-05", None),
        ("2026-10-01", "2026-10-31 23:00"),
    ]
    frame = pd.DataFrame(rows, columns=["opened_at", "resolved_at"]).assign(first_response_at=None, status="open")
    frame.loc[len(frame)] = ["2026-10-02", None, None, "closed"]
    c = company(frame)
    found = handling.backlog(c)
    by_month = handling.backlog_by_month(c).set_index("period")
    assert found[found["kpi"] == "backlog_cases"]["value"].tolist() == [1]
    assert by_month["value"].to_dict() == {"2026-08": 1, "2026-09": 1, "2026-10": 1}
    assert by_month["n"].to_dict() == {"2026-08": 2, "2026-09": 1, "2026-10": 1}
    months = found[found["kpi"] == "backlog_months"].iloc[0]
    assert (months["value"], months["n"]) == (1.0, 3), "three were solved in three months, one waits"
    assert handling.backlog(company(frame.drop(columns="resolved_at"))).empty


def test_the_first_answer_is_there_by_the_solution_at_the_latest() -> None:
    frame = drawn(1).assign(first_response_at=None)
    frame.loc[:199, "first_response_at"] = frame.loc[:199, "opened_at"] + pd.Timedelta(hours=2)
    rows = handling.resolution(company(frame)).set_index(["kpi", "segment"])
    assert rows.loc[("first_answer_hours", ""), "value"] <= rows.loc[("resolution_hours", ""), "value"]
    assert rows.loc[("first_answer_hours", ""), "low"] == 2
