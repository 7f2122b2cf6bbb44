"""Targets that can be reached: by the figure's own course, beyond chance, and with what acting more may add."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import ledger
from crmlib.facts.company import Company, company_from
from crmlib.measures import comparison, retention, targets
from crmlib.vocabulary import language
from crmlib.vocabulary.months import months_ahead
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"targets": {"reach": {"active_customers": 400, "active_share": 0.9}}})


def company(a_month: float, *, months: int = 34) -> Company:
    """Customers who order twice a quarter and never stop; `a_month` more come each month."""
    rng, rows = np.random.default_rng(4), []
    begins = pd.date_range(end="2026-10-01", periods=months, freq="MS")
    for at, begin in enumerate(begins):
        for who in range(60 if at == 0 else rng.poisson(a_month)):
            days = pd.date_range(begin + pd.Timedelta(days=who % 25), AS_OF, freq="45D")
            rows += [(f"{at}-{who}", day, 10.0) for day in days]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    orders = orders.assign(order_id=[f"o{i}" for i in range(len(orders))])
    return company_from({"orders": orders}, as_of=AS_OF, policy=POLICY)


def told(c: Company) -> pd.DataFrame:
    months = comparison.table(c, [], again=[retention.active_customers])
    return targets.table(c, months).set_index("kpi")


@pytest.mark.deck("D091")
def test_a_course_that_rises_reaches_a_target_with_odds_and_is_the_figure_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    c = company(20)
    rows = told(c)
    row = rows.loc["active_customers"]
    assert targets.course(c, "active_customers")[-1] == row["value"]
    assert row["months_known"] == targets.MONTHS
    assert row["ahead"] == pytest.approx(row["value"] + 60, abs=25)
    assert row["ahead_low"] < row["ahead"] < row["proposed"] < row["ahead_high"]
    assert row["verdict"] == "target_proposed"
    assert 0 <= row["odds"] <= 1
    assert pd.isna(row["acting_low"]), "nobody knows what acting brings"
    assert rows.loc["active_share", "verdict"] == "not_enough", "everybody is active in every month: no course to read"
    with language.using("en"):
        assert "20 of 100 cases by 31 Jan 2027" in targets.note(c, rows.reset_index())
    monkeypatch.setattr(ledger, "so_far", lambda _c, _outcome: [(0.1, 0.05, 0.2)])
    added = told(c).loc["active_customers"]
    assert added[["acting_low", "acting_high"]].tolist() == pytest.approx([30, 120]), "200 a month, of whom none yet"
    monkeypatch.setattr(ledger, "so_far", lambda _c, _outcome: [(0.1, -0.05, 0.2)])
    assert pd.isna(told(c).loc["active_customers", "acting_low"])


def test_no_target_is_proposed_on_noise_or_on_few_months() -> None:
    still = told(company(0.3)).loc["active_customers"]
    assert still["verdict"] == "within_noise"
    assert pd.isna(still["proposed"])
    short = told(company(20, months=16)).loc["active_customers"]
    assert short["verdict"] == "not_enough"
    assert short[["ahead", "proposed"]].isna().all()


def test_months_ahead_end_where_months_end() -> None:
    assert months_ahead(AS_OF, 3) == date(2027, 1, 31)
    assert months_ahead(date(2026, 11, 30), 3) == date(2027, 2, 28)
