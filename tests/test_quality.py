"""The four defects, what the border turned away, and gaps: hand-computed, censored at the as-of date, and on hostile input."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.data.tables import Tables, tables_from
from crmlib.measures import quality
from crmlib.vocabulary.estimates import FINDING
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def profile(*rows: tuple[str, str, date | None, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["table", "column", "month", "rows", "filled", "invalid"])


PROFILE = profile(
    ("orders", "category", date(2026, 9, 1), 10, 8, 0),
    ("orders", "category", date(2026, 10, 1), 10, 6, 2),
    ("orders", "amount", date(2026, 10, 1), 10, 10, 1),
    ("customers", "region", None, 4, 1, 0),
    ("consents", "withdrawn_at", date(2026, 10, 1), 5, 1, 0),
)


def company(reverse: bool = False) -> Tables:
    """Four e-mails that need consent: the first is covered, the second came after the withdrawal, the third before the grant."""
    contacts = [
        ("i1", "a", at("2026-05-01"), "email", "out", "sales"),
        ("i2", "a", at("2026-07-01"), "email", "out", "sales"),
        ("i3", "b", at("2026-05-01"), "email", "out", "win_back"),
        ("i4", "b", at("2026-07-01"), "email", "out", "win_back"),
        ("i5", "b", at("2026-07-02"), "email", "out", "service"),
        ("i6", "b", at("2026-07-03"), "email", "in", "sales"),
        ("i7", "b", at("2026-07-04"), "letter", "out", "sales"),
    ]
    consents = [
        ("a", "email", "sales", at("2026-01-01"), at("2026-06-01")),
        ("a", "email", "care", at("2026-01-01"), pd.NaT),
        ("b", "email", "care", at("2026-06-01"), pd.NaT),
    ]
    frames = {
        "customers": pd.DataFrame(
            {"customer_id": ["a", "b"], "email_status": ["valid", "valid"], "phone_status": ["valid", "missing"]}
        ),
        "interactions": pd.DataFrame(
            contacts, columns=["interaction_id", "customer_id", "at", "channel", "direction", "purpose"]
        ),
        "consents": pd.DataFrame(consents, columns=["customer_id", "channel", "purpose", "granted_at", "withdrawn_at"]),
        "profile": pd.concat(
            [PROFILE, profile(("customers", "phone", None, 2, 1, 0), ("customers", "email", None, 2, 2, 0))]
        ),
    }
    return tables_from({k: f.iloc[::-1] if reverse else f for k, f in frames.items()}, as_of=AS_OF)


def test_columns_are_summed_over_months_by_hand() -> None:
    frame = quality.columns(tables_from({"profile": PROFILE}, as_of=AS_OF), as_of=AS_OF, policy=POLICY)
    category = frame[frame["column"] == "category"].iloc[0]
    assert (category["rows"], category["filled"], category["invalid"]) == (20, 14, 2)
    assert category["completeness"] == pytest.approx(0.7)
    assert category["accuracy"] == pytest.approx(1 - 2 / 14)
    assert list(frame["table"]) == ["customers", "orders", "orders", "consents"]
    assert (frame["invalid"] <= frame["filled"]).all()
    assert (frame["filled"] <= frame["rows"]).all()


def test_a_month_that_had_not_ended_is_not_read() -> None:
    tables = tables_from({"profile": PROFILE}, as_of=AS_OF)
    early = quality.columns(tables, as_of=date(2026, 10, 30), policy=POLICY)
    assert early.loc[early["column"] == "category", "rows"].item() == 10
    assert "amount" not in set(early["column"])


def test_a_column_that_may_rightly_be_empty_is_not_judged_incomplete() -> None:
    tables = tables_from({"profile": PROFILE}, as_of=AS_OF)
    frame = quality.columns(tables, as_of=AS_OF, policy=POLICY).set_index("column")
    assert pd.isna(frame.loc["withdrawn_at", "completeness"])
    findings = quality.completeness(tables, as_of=AS_OF, policy=POLICY).set_index("segment")
    assert "consents" not in findings.index
    assert findings.loc["", "value"] == pytest.approx((14 + 10 + 1) / (20 + 10 + 4))
    assert findings.loc["", "n"] == findings.drop(index="")["n"].sum()


def test_accuracy_is_of_filled_cells() -> None:
    findings = quality.accuracy(tables_from({"profile": PROFILE}, as_of=AS_OF), as_of=AS_OF, policy=POLICY).set_index(
        "segment"
    )
    assert findings.loc["orders", "value"] == pytest.approx(21 / 24)
    assert findings.loc["", "n"] == 14 + 10 + 1 + 1


def test_a_consent_covers_its_channel_purpose_and_time_only() -> None:
    findings = quality.compliance(company(), as_of=AS_OF, policy=POLICY).set_index("segment")
    assert findings.loc["", "n"] == 4, "the service contact, the contact from the customer and the letter are left out"
    assert findings.loc["", "value"] == pytest.approx(0.5)


def test_withdrawal_counts_from_its_own_day() -> None:
    early = quality.compliance(company(), as_of=date(2026, 5, 31), policy=POLICY).set_index("segment")
    cut = quality.compliance(company().until(date(2026, 5, 31)), as_of=date(2026, 5, 31), policy=POLICY).set_index(
        "segment"
    )
    assert early.loc["", "n"] == 2
    assert early.loc["", "value"] == pytest.approx(0.5)
    pd.testing.assert_frame_equal(early, cut)


def test_standing_consents_are_counted_on_the_day() -> None:
    now = quality.consents(company(), as_of=AS_OF, policy=POLICY).set_index(["channel", "purpose"])
    then = quality.consents(company(), as_of=date(2026, 5, 31), policy=POLICY).set_index(["channel", "purpose"])
    assert ("email", "sales") not in now.index
    assert then.loc[("email", "sales"), "share"] == pytest.approx(0.5)


def test_defects_stand_at_their_columns() -> None:
    frame = quality.defects(company(), as_of=AS_OF, policy=POLICY).set_index(["table", "column"])
    assert frame.loc[("customers", "phone"), "non_compliant"] == 1.0
    assert frame.loc[("customers", "email"), "non_compliant"] == 0.0
    assert frame.loc[("orders", "category"), "incomplete"] == pytest.approx(0.3)
    assert frame["untimely"].isna().all(), "nothing says when a row was recorded"
    assert list(quality.worst(frame.reset_index(), most=2).index) == ["customers · region", "customers · phone"]


def recorded(*rows: tuple[str, str, str | None]) -> Tables:
    frame = pd.DataFrame(list(rows), columns=["order_id", "ordered_at", "recorded_at"])
    frame = frame.assign(customer_id="a", amount="1", ordered_at=pd.to_datetime(frame["ordered_at"], format="ISO8601"))
    return tables_from(
        {"orders": frame.assign(recorded_at=pd.to_datetime(frame["recorded_at"], format="ISO8601"))}, as_of=AS_OF
    )


def test_lags_by_hand_and_without_the_hours_that_are_not_over() -> None:
    tables = recorded(
        ("1", "2026-10-01 00:00", "2026-10-02 00:00"),
        ("2", "2026-10-02 00:00", "2026-10-04 00:00"),
        ("3", "2026-10-03 00:00", "2026-10-09 00:00"),
        ("4", "2026-10-04 00:00", None),
        ("5", "2026-10-30 12:00", "2026-10-30 13:00"),
        ("6", "2026-10-28 00:00", "2026-11-05 00:00"),
    )
    row = quality.lags(tables, as_of=AS_OF, policy=POLICY).set_index("table").loc["orders"]
    assert (row["rows"], row["in_time"]) == (4, 2)
    assert row["median_hours"] == pytest.approx((48 + 96) / 2), "the row that is still to come has waited four days"
    late = quality.late_by_month(tables, as_of=AS_OF, policy=POLICY)
    assert late["late_share"].tolist() == [0.5]


def test_what_is_recorded_after_the_date_does_not_change_its_figures() -> None:
    known = recorded(
        ("1", "2026-09-01", "2026-09-02"), ("2", "2026-09-02", "2026-10-20"), ("3", "2026-10-20", "2026-10-20")
    )
    later = recorded(("1", "2026-09-01", "2026-09-02"), ("2", "2026-09-02", "2026-10-30"), ("3", "2026-10-21", None))
    when = date(2026, 9, 30)
    one, other = (quality.lags(t, as_of=when, policy=POLICY) for t in (known, later))
    pd.testing.assert_frame_equal(one, other)


def test_a_missing_month_is_a_gap_and_growth_is_not() -> None:
    months = [date(2026, m, 1) for m in range(1, 11)]
    counts = [10, 20, 40, 60, 80, 100, 0, 100, 30, 100]
    rows = [("orders", "order_id", m, n, n, 0) for m, n in zip(months, counts, strict=True) if n]
    tables = tables_from({"profile": profile(*rows, ("surveys", "at", months[0], 5, 5, 0))}, as_of=AS_OF)
    arrivals = quality.arrivals(tables, as_of=AS_OF, policy=POLICY)
    assert arrivals["rows"].tolist() == counts
    assert arrivals["usual"].isna().sum() == 3
    gaps = quality.gaps(tables, as_of=AS_OF, policy=POLICY).set_index("segment")
    assert gaps.loc["", "value"] == 2
    assert gaps.loc["", "n"] == 7


def test_a_table_that_begins_later_than_another_has_no_months_before_its_first() -> None:
    months = [date(2026, m, 1) for m in range(1, 7)]
    rows = [("orders", "order_id", m, 5, 5, 0) for m in months]
    rows += [("interactions", "at", m, 3, 3, 0) for m in months[3:]]
    arrivals = quality.arrivals(tables_from({"profile": profile(*rows)}, as_of=AS_OF), as_of=AS_OF, policy=POLICY)
    assert arrivals.groupby("table")["rows"].sum().to_dict() == {"interactions": 9, "orders": 30}
    assert len(arrivals) == 9


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
    tables = tables_from({"account": account}, as_of=AS_OF)
    frame = quality.account(tables, as_of=AS_OF, policy=POLICY)
    assert frame["table"].tolist() == ["customers", "orders"]
    assert (frame["read"] == frame[["filtered", "repeated", "rejected", "kept"]].sum(axis=1)).all()
    findings = quality.rejected(tables, as_of=AS_OF, policy=POLICY).set_index("segment")
    assert findings.loc["", "value"] == pytest.approx(5 / 150)
    assert findings.loc["orders", "n"] == 100


MEASURES = (
    quality.completeness,
    quality.accuracy,
    quality.timeliness,
    quality.compliance,
    quality.gaps,
    quality.rejected,
)


@pytest.mark.parametrize("measure", MEASURES)
def test_nothing_to_measure_gives_no_rows(measure) -> None:
    empty = {"orders": pd.DataFrame({"order_id": [], "customer_id": []}), "consents": pd.DataFrame({"customer_id": []})}
    for tables in (tables_from({}, as_of=AS_OF), tables_from(empty, as_of=AS_OF)):
        findings = measure(tables, as_of=AS_OF, policy=POLICY)
        assert list(findings.columns) == FINDING
        assert findings.empty
    assert quality.worst(quality.defects(tables_from({}, as_of=AS_OF), as_of=AS_OF, policy=POLICY)).empty


@pytest.mark.parametrize("measure", MEASURES)
def test_row_order_changes_nothing(measure) -> None:
    pd.testing.assert_frame_equal(
        measure(company(), as_of=AS_OF, policy=POLICY), measure(company(reverse=True), as_of=AS_OF, policy=POLICY)
    )
