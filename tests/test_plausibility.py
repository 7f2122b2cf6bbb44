"""Rules of plausibility, each with a row that fails it and one that does not."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import plausibility
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def company() -> Company:
    orders = [
        ("1", "a", "2026-09-01", "10", "0", 0.0, "2026-09-01"),
        ("2", "a", "2026-09-02", "-5", "0", None, "2026-09-02"),
        ("3", "a", "2026-10-01", "10", "11", 1.5, "2026-10-02"),
        ("4", "b", "2026-10-01", "10", None, None, "2026-09-30"),
        ("5", "c", "2026-10-01", "10", None, None, None),
    ]
    columns = ["order_id", "customer_id", "ordered_at", "amount", "refunded", "discount", "recorded_at"]
    frame = pd.DataFrame(orders, columns=columns)
    frame = frame.assign(**{c: pd.to_datetime(frame[c]) for c in ("ordered_at", "recorded_at")})
    cases = pd.DataFrame({"ticket_id": ["x"], "customer_id": "a", "opened_at": at("2026-10-05 10:00")})
    times = {"first_response_at": at("2026-10-05 09:00"), "resolved_at": at("2026-11-02")}
    people = pd.DataFrame({"customer_id": ["a", "b"], "acquired_on": [date(2026, 1, 1), date(2026, 10, 2)]})
    return company_from({"orders": frame, "customers": people, "tickets": cases.assign(**times)}, as_of=AS_OF)


@pytest.mark.deck("D036")
def test_each_rule_by_hand() -> None:
    asked = plausibility.checks(company())
    rules = plausibility.impossible(asked).set_index("rule")[["rows", "failed"]]
    found = {rule: tuple(row) for rule, row in zip(rules.index, rules.to_numpy(), strict=True)}
    assert found["negative_amount"] == (5, 1)
    assert found["refund_above_amount"] == (3, 1)
    assert found["discount_outside"] == (2, 1)
    assert found["order_before_known"] == (4, 1), "c is not on record, so it cannot be asked"
    assert found["answer_before_case"] == (1, 1)
    assert "solution_before_case" not in found, "the solution came after the date"
    told = plausibility.impossible_share(knowing(AS_OF), asked).set_index("segment")
    assert told["value"].to_dict() == {"": pytest.approx(4 / 6), "orders": pytest.approx(3 / 5), "tickets": 1.0}
    matrix = plausibility.month_matrix(asked)
    assert matrix.loc["orders · negative_amount"].tolist() == [1, 0]


def test_what_comes_later_is_not_read() -> None:
    early = date(2026, 9, 30)
    asked = plausibility.checks(company().at(early))
    assert plausibility.impossible_share(knowing(early), asked).set_index("segment").loc["", "value"] == 0.5
    pd.testing.assert_frame_equal(asked, plausibility.checks(company().at(early)))


def test_nothing_to_ask_gives_no_rows() -> None:
    asked = plausibility.checks(company_from({}, as_of=AS_OF))
    findings = plausibility.impossible_share(knowing(AS_OF), asked)
    assert list(findings.columns) == FINDING
    assert findings.empty
    assert plausibility.impossible(asked).empty
    assert plausibility.month_matrix(asked).empty
