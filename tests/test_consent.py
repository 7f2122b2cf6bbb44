"""A consent covers its channel, purpose and time; what stands today; who may not be reached."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import consent
from crmlib.vocabulary.policy import Policy
from tests.small_company import AS_OF, four_mails

POLICY = Policy()


def company(reverse: bool = False) -> Company:
    return company_from({k: f.iloc[::-1] if reverse else f for k, f in four_mails().items()}, as_of=AS_OF)


def coverage(c: Company) -> pd.DataFrame:
    return consent.coverage(c, consent.standing(c))


def test_where_nobody_notes_whose_contact_it_is_or_what_for_nothing_is_said_of_them() -> None:
    for column in ("interactions.direction", "interactions.purpose"):
        findings = consent.compliance(company().without(column))
        assert findings.empty
        assert findings.attrs["unknown"] == (column,)
    assert consent.compliance(company().without("consents.withdrawn_at"))["without"].eq("consents.withdrawn_at").all()


def test_a_contact_point_that_is_not_recorded_is_neither_with_nor_without_consent() -> None:
    less = company().without("customers.phone")
    assert consent.at_fault(less, consent.compliance(less))["column"].tolist() == ["email", "channel"]


@pytest.mark.deck("D036")
def test_a_consent_covers_its_channel_purpose_and_time_only() -> None:
    findings = consent.compliance(company()).set_index("segment")
    assert findings.loc["", "n"] == 4, "the service contact, the contact from the customer and the letter are left out"
    assert findings.loc["", "value"] == pytest.approx(0.5)


def test_withdrawal_counts_from_its_own_day() -> None:
    early = consent.compliance(company().at(date(2026, 5, 31))).set_index("segment")
    cut = consent.compliance(company().at(date(2026, 5, 31)).at(date(2026, 5, 31))).set_index("segment")
    assert early.loc["", "n"] == 2
    assert early.loc["", "value"] == pytest.approx(0.5)
    pd.testing.assert_frame_equal(early, cut)


@pytest.mark.deck("D037")
def test_standing_consents_are_counted_on_the_day() -> None:
    now = consent.standing(company()).set_index(["channel", "purpose"])
    then = consent.standing(company().at(date(2026, 5, 31))).set_index(["channel", "purpose"])
    assert ("email", "sales") not in now.index
    assert then.loc[("email", "sales"), "share"] == pytest.approx(0.5)


def test_whose_contact_point_has_no_consent() -> None:
    covered = consent.compliance(company())
    fault = consent.at_fault(company(), covered).set_index(["table", "column"])
    assert fault["non_compliant"].to_dict() == {
        ("customers", "phone"): 1.0,
        ("customers", "email"): 0.0,
        ("interactions", "channel"): 0.5,
    }


def test_coverage_is_of_the_known_and_counts_nobody_twice() -> None:
    told = coverage(company()).set_index("segment")
    assert told["value"].to_dict() == {"": 1.0, "email · care": 1.0}
    then = coverage(company().at(date(2026, 5, 31))).set_index("segment")
    assert then["value"].to_dict() == {"": 0.5, "email · care": 0.5, "email · sales": 0.5}


@pytest.mark.parametrize("measure", [consent.compliance, coverage])
def test_nothing_to_measure_gives_no_rows(measure) -> None:
    empty = {"customers": pd.DataFrame({"customer_id": ["a"]}), "consents": pd.DataFrame({"customer_id": []})}
    for c in (company_from({}, as_of=AS_OF), company_from(empty, as_of=AS_OF)):
        findings = measure(c.at(AS_OF))
        assert list(findings.columns) == FINDING
        assert findings.empty
        assert consent.at_fault(c.at(AS_OF), findings).empty
        assert consent.standing(c.at(AS_OF)).empty


@pytest.mark.parametrize("measure", [consent.compliance, coverage])
def test_row_order_changes_nothing(measure) -> None:
    pd.testing.assert_frame_equal(measure(company()), measure(company(reverse=True)))
