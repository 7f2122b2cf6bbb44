"""Chapter 1 on a company that stops recording a column: each figure is equal, gone or marked, never another number."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import assessment, churn_cost, claims, concentration, deck_cases, pillars, retention
from crmlib.vocabulary.policy import Policy
from tests.known import OPTIONAL, another_number
from tests.small_company import AS_OF
from tests.test_claims import planted
from tests.test_pillars import ALL, one_size


def own_figures(c: Company) -> pd.DataFrame:
    """The company's own figures beside the claims, of those that have one, and the verdicts."""
    made = claims.verdicts(c)
    return made.loc[made["n"] > 0, ["claim", "verdict", "value", "low", "high", "n"]]


def strength(c: Company) -> pd.DataFrame:
    """The shares that pillars are made of, the pillars, and how far the company's own marks lie from them."""
    shares = pillars.indicators(c)
    gap = assessment.gap(c, pillars.pillars(c, shares), **dict.fromkeys(assessment.QUESTIONS, 2.0))
    return pd.concat([shares, gap], ignore_index=True)


ORDERS, EVERY = ("orders",), ("orders", "customers", "interactions", "tickets", "surveys")
MEASURES: dict[str, tuple[Callable[[Company], pd.DataFrame], tuple[str, ...]]] = {
    "active": (retention.active_customers, ORDERS),
    "kept": (retention.kept_curve, ORDERS),
    "repurchase": (retention.repurchase_within, ORDERS),
    "repeat": (retention.repeat_revenue_share, ORDERS),
    "monthly": (retention.revenue_by_month, ORDERS),
    "cohorts": (retention.cohorts, ORDERS),
    "concentration": (concentration.concentration, ORDERS),
    "lorenz": (concentration.lorenz, ORDERS),
    "largest": (concentration.largest_customers, ORDERS),
    "returning": (deck_cases.returning, ORDERS),
    "churn_cost": (churn_cost.churn_cost, ORDERS),
    "replacement": (churn_cost.replacement, ORDERS),
    "retention_value": (lambda c: churn_cost.retention_value(c, retention.kept_curve(c)), ORDERS),
    "word_of_mouth": (churn_cost.word_of_mouth, ("surveys",)),
    "silos": (pillars.silos, ("orders", "customers")),
    "single_channel": (pillars.single_channel, ("interactions",)),
    "one_size": (one_size, ("orders", "interactions")),
    "emotion": (pillars.emotion, ("orders", "customers", "interactions")),
    "passive": (pillars.passive_response, ("tickets",)),
    "pillars": (strength, EVERY),
    "claims": (own_figures, (*EVERY, "activity", "actions")),
}
POLICY = Policy.model_validate({"cost": {"keeping_cost": 20.0}})


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Company]:
    """A small one with the teaching company's columns, and one of a dozen rows."""
    made = planted(tmp_path_factory.mktemp("known"), 500, 3)
    return made.under(POLICY), company_from(ALL, as_of=AS_OF, policy=POLICY)


@pytest.mark.parametrize("name", MEASURES)
def test_a_column_less_changes_no_figure_into_another(name: str, companies: tuple[Company, Company]) -> None:
    measure, tables = MEASURES[name]
    columns = [column for column in OPTIONAL if column.partition(".")[0] in tables]
    for c in companies:
        assert another_number(measure, c, *columns) == {}
