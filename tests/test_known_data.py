"""What chapter 2 says when a company stops recording a column: equal, gone, or marked."""

from collections.abc import Callable

import pandas as pd
import pytest

from crmlib.facts.company import Company
from crmlib.measures import arrivals, consent, funnel, minimisation, needs, plausibility, quality, shortcomings
from tests.known import another_number

CUSTOMERS = tuple(f"customers.{name}" for name in ("name", "region", "phone", "email", "wechat", "birthday"))
CONTACTS = tuple(f"interactions.{name}" for name in ("direction", "purpose", "campaign", "responded_at", "opened_at"))
CASES = tuple(f"tickets.{name}" for name in ("first_response_at", "resolved_at", "severity", "category", "cause"))
USE = ("activity.logins", "activity.events", "activity.errors")
RECORDED = tuple(f"{table}.recorded_at" for table in ("customers", "orders", "interactions", "tickets", "surveys"))


def reached(c: Company) -> pd.DataFrame:
    return funnel.reach(c, funnel.collection(c))


def consenting(c: Company) -> pd.DataFrame:
    return pd.concat([consent.compliance(c), consent.coverage(c, consent.standing(c))])


def kept(c: Company) -> pd.DataFrame:
    # The teaching company is too young for its policy: five years.
    policy = c.policy.model_copy(update={"quality": c.policy.quality.model_copy(update={"keep_months": 12})})
    young = c.under(policy)
    return minimisation.due_for_deletion(young, minimisation.silence(young))


def unused(c: Company) -> pd.DataFrame:
    return minimisation.unused(c, minimisation.fields(c))


def confirmed(c: Company) -> pd.DataFrame:
    return needs.confirmed(c, needs.stated_and_observed(c))


def impossible(c: Company) -> pd.DataFrame:
    return plausibility.impossible_share(c, plausibility.checks(c))


def in_time(c: Company) -> pd.DataFrame:
    lags = quality.lags(c)
    return pd.concat([quality.timeliness(c, lags), quality.usual_lag(c, lags)])


def filled(c: Company) -> pd.DataFrame:
    return pd.concat([quality.completeness(c), quality.accuracy(c)])


def outbreaks(c: Company) -> pd.DataFrame:
    return quality.outbreaks(c, quality.by_month(c, quality.late_by_month(c)))


READS: dict[Callable[[Company], pd.DataFrame], tuple[str, ...]] = {
    funnel.collection: (*CUSTOMERS, "consents.withdrawn_at"),
    reached: (*CUSTOMERS, "consents.withdrawn_at"),
    funnel.coverage: (*CUSTOMERS, *USE[:1]),
    consenting: (*CONTACTS, "consents.withdrawn_at"),
    kept: (*CUSTOMERS, "customers.acquired_on", "customers.source_system", "consents.withdrawn_at"),
    minimisation.fields: (*CUSTOMERS, *CONTACTS),
    unused: (*CUSTOMERS, *CONTACTS),
    confirmed: (*CASES, "surveys.expectation", "surveys.perception", "surveys.score"),
    needs.trial: (*CONTACTS, *USE),
    needs.trial_use: (*CONTACTS, *USE),
    impossible: ("customers.acquired_on", "orders.refunded", "orders.discount", *CONTACTS, *CASES, *RECORDED),
    in_time: (*RECORDED, "customers.acquired_on"),
    filled: (*CUSTOMERS, *CASES, "orders.margin"),
    outbreaks: ("orders.category", "orders.recorded_at"),
    shortcomings.evidence: (*CUSTOMERS, "customers.source_system", "customers.acquired_on"),
    arrivals.gaps: ("orders.recorded_at", "tickets.severity"),
}


@pytest.mark.parametrize("measure", READS, ids=lambda m: f"{m.__module__.rpartition('.')[2]}.{m.__name__}")
def test_a_column_taken_away_gives_no_other_number(
    measure: Callable[[Company], pd.DataFrame], teaching: Company
) -> None:
    assert len(measure(teaching)) > 0
    assert another_number(measure, teaching, *READS[measure]) == {}


@pytest.mark.parametrize("table", ["interactions", "tickets", "surveys", "activity", "consents"])
def test_a_table_taken_away_gives_no_other_number_unmarked(table: str, teaching: Company) -> None:
    for measure in (reached, funnel.coverage, kept, arrivals.gaps, filled):
        whole = measure(teaching).set_index(["kpi", "segment"])["value"]
        for row in measure(teaching.without(table)).to_dict("records"):
            marks = {name.partition(".")[0] for name in str(row["without"]).split()}
            assert table in marks or row["value"] == pytest.approx(whole[row["kpi"], row["segment"]])
