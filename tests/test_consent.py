"""A consent covers its channel, purpose and time; what stands today; who may not be reached."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from small_company import AS_OF, four_mails

from crmlib.facts.company import Tables, tables_from
from crmlib.measures import consent
from crmlib.models.estimates import FINDING
from crmlib.vocabulary.policy import Policy

POLICY = Policy()


def company(reverse: bool = False) -> Tables:
    return tables_from({k: f.iloc[::-1] if reverse else f for k, f in four_mails().items()}, as_of=AS_OF)


def test_a_consent_covers_its_channel_purpose_and_time_only() -> None:
    findings = consent.compliance(company(), as_of=AS_OF, policy=POLICY).set_index("segment")
    assert findings.loc["", "n"] == 4, "the service contact, the contact from the customer and the letter are left out"
    assert findings.loc["", "value"] == pytest.approx(0.5)


def test_withdrawal_counts_from_its_own_day() -> None:
    early = consent.compliance(company(), as_of=date(2026, 5, 31), policy=POLICY).set_index("segment")
    cut = consent.compliance(company().until(date(2026, 5, 31)), as_of=date(2026, 5, 31), policy=POLICY).set_index(
        "segment"
    )
    assert early.loc["", "n"] == 2
    assert early.loc["", "value"] == pytest.approx(0.5)
    pd.testing.assert_frame_equal(early, cut)


def test_standing_consents_are_counted_on_the_day() -> None:
    now = consent.standing(company(), as_of=AS_OF, policy=POLICY).set_index(["channel", "purpose"])
    then = consent.standing(company(), as_of=date(2026, 5, 31), policy=POLICY).set_index(["channel", "purpose"])
    assert ("email", "sales") not in now.index
    assert then.loc[("email", "sales"), "share"] == pytest.approx(0.5)


def test_whose_contact_point_has_no_consent() -> None:
    covered = consent.compliance(company(), as_of=AS_OF, policy=POLICY)
    fault = consent.at_fault(company(), covered, as_of=AS_OF, policy=POLICY).set_index(["table", "column"])
    assert fault["non_compliant"].to_dict() == {
        ("customers", "phone"): 1.0,
        ("customers", "email"): 0.0,
        ("interactions", "channel"): 0.5,
    }


def test_coverage_is_of_the_known_and_counts_nobody_twice() -> None:
    told = consent.coverage(company(), as_of=AS_OF, policy=POLICY).set_index("segment")
    assert told["value"].to_dict() == {"": 1.0, "email · care": 1.0}
    then = consent.coverage(company(), as_of=date(2026, 5, 31), policy=POLICY).set_index("segment")
    assert then["value"].to_dict() == {"": 0.5, "email · care": 0.5, "email · sales": 0.5}


@pytest.mark.parametrize("measure", [consent.compliance, consent.coverage])
def test_nothing_to_measure_gives_no_rows(measure) -> None:
    empty = {"customers": pd.DataFrame({"customer_id": ["a"]}), "consents": pd.DataFrame({"customer_id": []})}
    for tables in (tables_from({}, as_of=AS_OF), tables_from(empty, as_of=AS_OF)):
        findings = measure(tables, as_of=AS_OF, policy=POLICY)
        assert list(findings.columns) == FINDING
        assert findings.empty
        assert consent.at_fault(tables, findings, as_of=AS_OF, policy=POLICY).empty
        assert consent.standing(tables, as_of=AS_OF, policy=POLICY).empty


@pytest.mark.parametrize("measure", [consent.compliance, consent.coverage])
def test_row_order_changes_nothing(measure) -> None:
    pd.testing.assert_frame_equal(
        measure(company(), as_of=AS_OF, policy=POLICY), measure(company(reverse=True), as_of=AS_OF, policy=POLICY)
    )
