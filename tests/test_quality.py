"""The four defects, and what the border turned away: hand-computed, censored at the as-of date, and on hostile input."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import quality
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES
from tests.small_company import AS_OF, knowing

POLICY = Policy()


def profile(*rows: tuple[str, str, date | None, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["table", "column", "month", "rows", "filled", "invalid"])


NONE_AT_FAULT = pd.DataFrame({"table": [], "column": [], "non_compliant": []})
PROFILE = profile(
    ("orders", "category", date(2026, 9, 1), 10, 8, 0),
    ("orders", "category", date(2026, 10, 1), 10, 6, 2),
    ("orders", "amount", date(2026, 10, 1), 10, 10, 1),
    ("customers", "region", None, 4, 1, 0),
    ("consents", "withdrawn_at", date(2026, 10, 1), 5, 1, 0),
)


def of_cells(frame: pd.DataFrame, *unmapped: str) -> Company:
    """A company that records every column but the unmapped, with these cells counted at the border."""
    return knowing(AS_OF, profile=frame).without(*unmapped)


def company(reverse: bool = False) -> Company:
    more = profile(("customers", "phone", None, 2, 1, 0), ("customers", "email", None, 2, 2, 0))
    counted = pd.concat([PROFILE, more])
    return of_cells(counted.iloc[::-1] if reverse else counted)


def test_columns_are_summed_over_months_by_hand() -> None:
    frame = quality.columns(of_cells(PROFILE).at(AS_OF))
    category = frame[frame["column"] == "category"].iloc[0]
    assert (category["rows"], category["filled"], category["invalid"]) == (20, 14, 2)
    assert category["completeness"] == pytest.approx(0.7)
    assert category["accuracy"] == pytest.approx(1 - 2 / 14)
    assert list(frame["table"]) == ["customers", "orders", "orders", "consents"]
    assert (frame["invalid"] <= frame["filled"]).all()
    assert (frame["filled"] <= frame["rows"]).all()


def test_a_column_that_is_not_recorded_is_named_and_neither_full_nor_empty() -> None:
    counted = pd.concat([PROFILE, profile(("orders", "margin", date(2026, 10, 1), 10, 0, 0))])
    less = of_cells(counted, "orders.margin", "tickets")
    assert quality.completeness(of_cells(counted)).set_index("segment").loc["orders", "value"] == pytest.approx(24 / 40)
    told = quality.completeness(less).set_index("segment")
    assert told.loc["orders", "value"] == pytest.approx(24 / 30)
    assert told.loc["orders", "without"] == "orders.margin"
    assert told.loc["", "without"] == "orders.margin tickets"
    assert told.loc["customers", "without"] == ""
    assert "margin" not in set(quality.defects(less, NONE_AT_FAULT, quality.lags(less))["column"])
    assert "margin" not in set(quality.by_month(less, quality.late_by_month(less))["column"])
    named = quality.unrecorded(less)
    assert named.to_numpy().tolist() == [["orders", "margin", TABLES["orders"]["margin"].says]]


def test_a_month_that_had_not_ended_is_not_read() -> None:
    c = of_cells(PROFILE)
    early = quality.columns(c.at(date(2026, 10, 30)))
    assert early.loc[early["column"] == "category", "rows"].item() == 10
    assert "amount" not in set(early["column"])


def test_a_column_that_may_rightly_be_empty_is_not_judged_incomplete() -> None:
    c = of_cells(PROFILE)
    frame = quality.columns(c.at(AS_OF)).set_index("column")
    assert pd.isna(frame.loc["withdrawn_at", "completeness"])
    findings = quality.completeness(c.at(AS_OF)).set_index("segment")
    assert "consents" not in findings.index
    assert findings.loc["", "value"] == pytest.approx((14 + 10 + 1) / (20 + 10 + 4))
    assert findings.loc["", "n"] == findings.drop(index="")["n"].sum()


@pytest.mark.deck("D036")
def test_accuracy_is_of_filled_cells() -> None:
    findings = quality.accuracy(of_cells(PROFILE).at(AS_OF)).set_index("segment")
    assert findings.loc["orders", "value"] == pytest.approx(21 / 24)
    assert findings.loc["", "n"] == 14 + 10 + 1 + 1


@pytest.mark.deck("D036")
def test_defects_stand_at_their_columns() -> None:
    at_fault = pd.DataFrame([("customers", "phone", 1.0)], columns=["table", "column", "non_compliant"])
    lagged = quality.lags(company().at(AS_OF))
    frame = quality.defects(company().at(AS_OF), at_fault, lagged).set_index(["table", "column"])
    assert frame.loc[("customers", "phone"), "non_compliant"] == 1.0
    assert pd.isna(frame.loc[("customers", "email"), "non_compliant"])
    assert frame.loc[("orders", "category"), "incomplete"] == pytest.approx(0.3)
    assert frame["untimely"].isna().all(), "nothing says when a row was recorded"
    assert list(quality.worst(frame.reset_index(), most=2).index) == ["customers · region", "customers · phone"]


def recorded(*rows: tuple[str, str, str | None]) -> Company:
    frame = pd.DataFrame(list(rows), columns=["order_id", "ordered_at", "recorded_at"])
    frame = frame.assign(customer_id="a", amount="1", ordered_at=pd.to_datetime(frame["ordered_at"], format="ISO8601"))
    return company_from(
        {"orders": frame.assign(recorded_at=pd.to_datetime(frame["recorded_at"], format="ISO8601"))}, as_of=AS_OF
    )


def test_lags_by_hand_and_without_the_hours_that_are_not_over() -> None:
    c = recorded(
        ("1", "2026-10-01 00:00", "2026-10-02 00:00"),
        ("2", "2026-10-02 00:00", "2026-10-04 00:00"),
        ("3", "2026-10-03 00:00", "2026-10-09 00:00"),
        ("4", "2026-10-04 00:00", None),
        ("5", "2026-10-30 12:00", "2026-10-30 13:00"),
        ("6", "2026-10-28 00:00", "2026-11-05 00:00"),
    )
    row = quality.lags(c).set_index("table").loc["orders"]
    assert (row["rows"], row["in_time"]) == (3, 2), (
        "one has no record time, one has hours to go, one came after the day"
    )
    assert row["median_hours"] == pytest.approx(48)
    late = quality.late_by_month(c)
    assert late["late_share"].tolist() == pytest.approx([1 / 3])


def slow(days: int = 200, each: int = 40) -> Company:
    """Every day 40 orders, of which 30 are on record the same day, 6 after three days and 4 after ten."""
    rows = [(AS_OF - timedelta(days=d), 0 if i < 30 else 3 if i < 36 else 10) for d in range(days) for i in range(each)]
    frame = pd.DataFrame(rows, columns=["day", "lag"])
    at = pd.to_datetime(frame["day"]) + pd.Timedelta(hours=9)
    frame = pd.DataFrame({"ordered_at": at, "recorded_at": at + pd.to_timedelta(frame["lag"], unit="D")})
    frame = frame.assign(order_id=[f"o{i}" for i in range(len(frame))], customer_id="a", amount="1")
    return company_from({"orders": frame}, as_of=AS_OF)


def test_rows_still_to_come_are_neither_in_time_nor_forgotten() -> None:
    told = quality.timeliness(slow(), quality.lags(slow())).set_index("segment")
    assert told.loc["orders", "value"] == pytest.approx(0.75), "the late rows of the last days are not there yet"
    assert told.loc["orders", "n"] == 198 * 40 - 8 * 4 - 1 * 6
    late = quality.late_by_month(slow())
    assert late["late_share"].tolist() == pytest.approx([0.25] * len(late))


def test_the_last_days_carry_the_share_that_is_still_to_come() -> None:
    frame = quality.still_to_come(slow()).set_index("day")
    assert frame.loc[pd.Timestamp(AS_OF), ["rows", "still_to_come"]].tolist() == pytest.approx([30, 0.25])
    assert frame.loc[pd.Timestamp(AS_OF - timedelta(days=4)), ["rows", "still_to_come"]].tolist() == pytest.approx(
        [36, 0.1]
    )
    assert frame["expected_rows"].tolist() == pytest.approx([40] * 7)
    young = quality.still_to_come(slow(days=80))
    assert young.empty, "no day is old enough to say how late rows come"


def test_where_nobody_notes_when_rows_came_in_the_page_says_so() -> None:
    assert quality.on_late_rows(slow()) == ""
    unknown = slow().without("orders.recorded_at")
    assert quality.still_to_come(unknown).empty
    assert quality.timeliness(unknown, quality.lags(unknown)).empty
    assert quality.on_late_rows(unknown).startswith("Late rows cannot be told of Orders")
    assert "Use, States and Consents:" in quality.on_late_rows(knowing(AS_OF).without("actions"))


def test_what_is_recorded_after_the_date_does_not_change_its_figures() -> None:
    known = recorded(
        ("1", "2026-09-01", "2026-09-02"), ("2", "2026-09-02", "2026-10-20"), ("3", "2026-10-20", "2026-10-20")
    )
    later = recorded(("1", "2026-09-01", "2026-09-02"), ("2", "2026-09-02", "2026-10-30"), ("3", "2026-10-21", None))
    when = date(2026, 9, 30)
    one, other = (quality.lags(t.at(when)) for t in (known, later))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.deck("D042")
def test_the_border_accounts_for_every_row() -> None:
    account = pd.DataFrame(
        {
            "table": ["orders", "customers"],
            "file": ["o.csv", "c.csv"],
            "read": [100, 50],
            "filtered": [5, 0],
            "repeated": [1, 0],
        }
    ).assign(rejected=[4, 1], kept=[90, 49])
    c = company_from({"account": account}, as_of=AS_OF)
    frame = quality.account(c)
    assert frame["table"].tolist() == ["customers", "orders"]
    assert (frame["read"] == frame[["filtered", "repeated", "rejected", "kept"]].sum(axis=1)).all()
    findings = quality.rejected(c).set_index("segment")
    assert findings.loc["", "value"] == pytest.approx(5 / 150)
    assert findings.loc["orders", "n"] == 100


def test_months_of_a_defect_and_the_one_that_stands_out() -> None:
    months = [date(2026, m, 1) for m in range(1, 11)]
    rows = [("orders", "category", m, 1000, 900 if m.month != 6 else 700, 3) for m in months]
    c = of_cells(profile(*rows))
    late = quality.late_by_month(c.at(AS_OF))
    frame = quality.by_month(c.at(AS_OF), late)
    out = frame[frame["outbreak"]]
    assert out[["column", "defect", "at_fault"]].to_numpy().tolist() == [["category", "incomplete", 300]]
    assert out["month"].item() == pd.Timestamp("2026-06-01")
    assert out["usual_share"].item() == pytest.approx(0.1)
    matrix = quality.month_matrix(frame, last=3)
    assert list(matrix.index) == ["orders · incomplete", "orders · inaccurate"]
    assert matrix.iloc[0].tolist() == pytest.approx([0.1] * 3)
    told = quality.outbreaks(knowing(AS_OF), frame).set_index("segment")
    assert told.loc["", ["value", "n"]].tolist() == [1, 20]
    early = quality.by_month(c.at(date(2026, 5, 31)), late)
    assert not early["outbreak"].any()


def test_a_single_month_is_no_outbreak() -> None:
    c = of_cells(profile(("orders", "category", date(2026, 9, 1), 50, 0, 0)))
    late = quality.late_by_month(c.at(AS_OF))
    frame = quality.by_month(c.at(AS_OF), late)
    assert frame["share"].tolist() == [1.0]
    assert not frame["outbreak"].any()


def test_the_usual_lag_is_that_of_the_slowest_table() -> None:
    lagged = pd.DataFrame(
        {"table": ["orders", "tickets"], "rows": [5, 7], "in_time": [5, 1], "median_hours": [2.0, 9.0]}
    ).assign(expected_rows=[5.0, 7.0])
    told = quality.usual_lag(knowing(AS_OF), lagged).set_index("segment")
    assert told["value"].to_dict() == {"": 9.0, "orders": 2.0, "tickets": 9.0}
    assert quality.timeliness(knowing(AS_OF), lagged).set_index("segment").loc["", "value"] == 0.5


MEASURES = (quality.completeness, quality.accuracy, quality.rejected)


@pytest.mark.parametrize("measure", MEASURES)
def test_nothing_to_measure_gives_no_rows(measure) -> None:
    empty = {"orders": pd.DataFrame({"order_id": [], "customer_id": []}), "consents": pd.DataFrame({"customer_id": []})}
    for c in (company_from({}, as_of=AS_OF), company_from(empty, as_of=AS_OF)):
        findings = measure(c.at(AS_OF))
        assert list(findings.columns) == FINDING
        assert findings.empty


def test_without_a_profile_there_are_no_defects_and_no_months() -> None:
    c = company_from({}, as_of=AS_OF)
    lagged = quality.lags(c)
    assert quality.worst(quality.defects(c, NONE_AT_FAULT, lagged)).empty
    late = quality.late_by_month(c)
    months = quality.by_month(c, late)
    assert quality.month_matrix(months).empty
    for told in (quality.outbreaks(knowing(AS_OF), months), quality.timeliness(knowing(AS_OF), lagged)):
        assert told.empty
    assert quality.usual_lag(knowing(AS_OF), lagged).empty


@pytest.mark.parametrize("measure", MEASURES)
def test_row_order_changes_nothing(measure) -> None:
    pd.testing.assert_frame_equal(measure(company().at(AS_OF)), measure(company(reverse=True).at(AS_OF)))
