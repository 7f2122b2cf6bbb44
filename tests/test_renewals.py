"""Renewals that are due, counted and listed, and nothing where no term is on record."""

from datetime import date, timedelta

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import renewals
from tests.known import another_number
from tests.subscriptions import AS_OF, made


def company(**columns: list[object]) -> Company:
    """Five contracts by the year; the first two renew within the sixty days, the third and the last later."""
    began = [AS_OF - timedelta(days=365 - ahead) for ahead in (60, 5, 61, 10, 200)]
    frame = pd.DataFrame(
        {
            "customer_id": list("abcbe"),
            "started_on": began,
            "amount": [10.0, 20, 40, 80, 160],
            "period": "year",
            **columns,
        }
    )
    frame = frame.assign(contract_id=list("12345"), ended_on=None, plan="pro")
    return company_from({"contracts": frame}, as_of=AS_OF)


RENEWS = company(renews=[True] * 5)


@pytest.mark.deck("D101")
def test_what_is_due_is_counted_with_what_it_brings() -> None:
    told = renewals.due(RENEWS).set_index(["kpi", "segment"])["value"].to_dict()
    assert told == {
        ("renewals_due", ""): 3,
        ("renewals_due_revenue", ""): 110,
        ("renewals_due", "renews_itself"): 3,
        ("renewals_due_revenue", "renews_itself"): 110,
    }
    listed = renewals.listed(RENEWS)
    assert list(listed["recurring_revenue"]) == [20, 80, 10]
    assert list(pd.to_datetime(listed["renews_on"]).dt.date) == [AS_OF + timedelta(days=d) for d in (5, 10, 60)]


def test_a_customer_is_named_once_with_all_that_is_due() -> None:
    frame = renewals.by_customer(RENEWS).to_pandas().set_index("customer_id")
    assert frame["renewals"].to_dict() == {"a": 1, "b": 2}
    assert frame["recurring_revenue"].astype(float).to_dict() == {"a": 10, "b": 100}
    assert pd.Timestamp(frame.loc["b", "renews_on"]).date() == AS_OF + timedelta(days=5)


def test_those_to_be_signed_and_those_of_which_it_is_not_known_stand_apart() -> None:
    soon = [date(2026, 12, 1)] * 5
    c = company(ends_on=soon, renews=[True, False, None, False, True])
    told = renewals.due(c).query("kpi == 'renewals_due'").set_index("segment")["value"].to_dict()
    assert told == {"": 5, "renews_itself": 2, "to_be_signed": 2, "renewal_unknown": 1}


@pytest.mark.parametrize("c", [company(), RENEWS.without("contracts.ended_on"), company_from({}, as_of=AS_OF)])
def test_without_a_term_or_an_end_on_record_nothing_is_due(c: Company) -> None:
    assert renewals.due(c).empty
    assert renewals.listed(c).empty


def test_from_month_to_month_no_term_is_known_and_nothing_is_nought() -> None:
    monthly = company(period=["month"] * 5, renews=[True] * 5)
    assert renewals.unknown(monthly) == renewals.TERMS[:1]
    assert renewals.due(monthly).empty
    far = company(ends_on=[AS_OF + timedelta(days=900)] * 5, renews=[True] * 5)
    assert renewals.due(far).query("segment == ''")["value"].tolist() == [0, 0], "known, and none comes up"


def test_what_is_missing_is_named_only_where_no_term_is_known() -> None:
    assert renewals.unknown(RENEWS) == ()
    assert renewals.unknown(company()) == renewals.TERMS[:2]
    assert renewals.unknown(RENEWS.without("contracts.period")) == ("contracts.ends_on", "contracts.period")


def test_no_figure_becomes_another_number_without_a_column() -> None:
    c = made(2, customers=80).company("activity")
    columns = [f"contracts.{name}" for name in ("amount", "period", "ended_on", "trial", "renews", "plan")]
    assert another_number(renewals.due, c, *columns) == {}
    assert (
        another_number(renewals.due, company(ends_on=[AS_OF + timedelta(days=3)] * 5, renews=[True] * 5), *columns)
        == {}
    )
