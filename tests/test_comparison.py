"""This month against the last, the year before and the target: better or worse only where the data tell the two apart."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import moves, standings
from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import finding, findings
from crmlib.measures import comparison, first_orders, retention, rhythm, satisfaction, service
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.months import first_day, month_end_before, month_ends
from crmlib.vocabulary.policy import Policy, Statistics
from tests import study_board
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)

NAN = float("nan")
NOW, BEFORE, YEAR_BEFORE = date(2026, 10, 31), date(2026, 9, 30), date(2025, 10, 31)


def rows(kpi: str, value: float, low: float, high: float, unit: str = "share", as_of: date = NOW) -> pd.DataFrame:
    return findings(knowing(AS_OF), [finding(knowing(as_of), kpi, (value, low, high), n=100)])


@pytest.mark.parametrize(
    ("kpi", "now", "before", "verdict"),
    [
        ("repurchase_rate", (0.6, 0.55, 0.65), (0.5, 0.45, 0.549), "better"),
        ("repurchase_rate", (0.4, 0.35, 0.44), (0.5, 0.45, 0.55), "worse"),
        ("at_risk_share", (0.6, 0.55, 0.65), (0.5, 0.45, 0.549), "worse"),
        ("repurchase_rate", (0.6, 0.55, 0.65), (0.5, 0.45, 0.55), "better"),
        ("repurchase_rate", (0.55, 0.50, 0.60), (0.5, 0.45, 0.55), "too_close"),
        ("repurchase_rate", (NAN, NAN, NAN), (0.5, 0.45, 0.55), "cannot_say"),
        ("repurchase_rate", (0.6, NAN, NAN), (0.5, 0.45, 0.55), "cannot_say"),
    ],
)
def test_verdicts(kpi: str, now: tuple[float, ...], before: tuple[float, ...], verdict: str) -> None:
    assert moves.against(rows(kpi, *now), rows(kpi, *before), Statistics())["verdict"].tolist() == [verdict]


def test_counts_are_counted_and_a_figure_without_a_month_before_cannot_be_said() -> None:
    def count(kpi: str, value: float) -> pd.DataFrame:
        return rows(kpi, value, NAN, NAN, unit=KPIS[kpi].unit)

    for now, verdict in ((12, "too_close"), (40, "worse")):
        both = moves.against(count("at_risk_customers", now), count("at_risk_customers", 10), Statistics())
        assert both[["before", "value", "change", "verdict"]].to_numpy().tolist() == [[10, now, now - 10, verdict]]
    money = moves.against(count("arr", 12), count("arr", 10), Statistics())
    assert money["verdict"].tolist() == ["counted"], "what is summed is neither better nor worse by chance"
    alone = moves.against(count("at_risk_customers", 12), findings(knowing(AS_OF)), Statistics())
    assert alone["verdict"].tolist() == ["cannot_say"]
    assert moves.against(findings(knowing(AS_OF)), findings(knowing(AS_OF)), Statistics()).empty


def test_without_change_hardly_a_figure_moves_and_the_one_that_did_stands_first() -> None:
    rng = np.random.default_rng(3)
    false, _first = study_board.moved([study_board.board(800, rng) for _month in range(40)])
    _false, first = study_board.moved([study_board.board(800, rng, 3.5) for _month in range(40)])
    assert false < 0.05
    assert first >= 0.8


def test_each_measure_is_asked_as_of_both_month_ends() -> None:
    asked = []

    def measure(c: Company) -> pd.DataFrame:
        asked.append(c.as_of)
        return rows("repurchase_rate", c.as_of.month / 100, 0, 0.01, as_of=c.as_of)

    found = comparison.table(company_from({}, as_of=NOW).at(NOW), [measure])
    assert asked == [NOW, BEFORE, YEAR_BEFORE]
    assert found[["before", "value"]].to_numpy().tolist() == [[0.09, 0.10]]
    assert comparison.table(company_from({}, as_of=NOW).at(NOW), []).empty


STANDINGS = {
    retention.active_customers: ("active_customers", "active_share", "kept_share"),
    retention.repurchase_rate: ("repurchase_rate",),
    retention.repeat_revenue_share: ("repeat_revenue_share",),
    first_orders.first_orders: ("first_buyers",),
    service.attainment: ("sla_first_response", "sla_resolution"),
    service.found_by_us: ("found_by_us_share",),
    service.waiting: ("overdue_cases",),
    satisfaction.ratio: ("satisfaction_ratio",),
    satisfaction.satisfied: ("satisfied_share",),
    satisfaction.recommendation: ("net_promoter_score",),
    rhythm.pressure: ("contacts_per_customer", "over_cap_share", "short_rest_share"),
}


@pytest.mark.parametrize("measure", STANDINGS)
def test_what_customers_add_to_a_figure_comes_to_the_figure(teaching: Company, measure: comparison.Measure) -> None:
    for c in (teaching, teaching.at(BEFORE)):
        told = measure(c).query("segment == ''").set_index("kpi")["value"]
        for kpi in STANDINGS[measure]:
            rows = standings.standings(c, kpi)
            assert rows is not None
            each = rows.to_pandas()
            assert each["customer_id"].is_unique
            top = each["top"].sum()
            assert (top if KPIS[kpi].unit == "count" else top / each["bottom"].sum()) == pytest.approx(told[kpi])
    assert {*standings.STANDINGS} >= {kpi for kpis in STANDINGS.values() for kpi in kpis}


@pytest.mark.parametrize(("month_end", "least", "most"), [(date(2025, 5, 31), 0.03, 0.04), (AS_OF, 0.005, 0.01)])
def test_a_fall_of_active_customers_by_three_points_is_told_in_its_month_and_so_is_a_smaller_one(
    teaching: Company, month_end: date, least: float, most: float
) -> None:
    rest = [retention.repurchase_rate, satisfaction.satisfied, rhythm.pressure]
    found = comparison.table(teaching.at(month_end), rest, again=[retention.active_customers]).set_index("kpi")
    assert least <= -found.loc["active_share", "change"] <= most
    assert found.loc["active_share", "verdict"] == "worse"


def test_the_year_before_stands_there_only_where_figures_could_be_worked_out_by_then(teaching: Company) -> None:
    now = comparison.table(teaching, [retention.active_customers])
    assert now["before_year"].notna().all()
    year = retention.active_customers(teaching.at(YEAR_BEFORE)).set_index("kpi")["value"]
    assert now.set_index("kpi")["before_year"].to_dict() == year.to_dict()
    early = comparison.table(teaching.at(date(2024, 9, 30)), [retention.active_customers])
    assert not {"before_year", "verdict_year"} & {*early.columns}, "records begin in 2023: too late to look back a year"
    young = comparison.table(teaching.at(date(2025, 6, 30)), [retention.repurchase_rate])
    assert "before_year" not in young, "nor is a whole table taken for one that was always there"


@pytest.mark.parametrize(
    ("kpi", "look", "aim", "verdict"),
    [
        ("repurchase_rate", (0.6, 0.55, 0.65), 0.5, "reached"),
        ("repurchase_rate", (0.6, 0.55, 0.65), 0.58, "too_close"),
        ("repurchase_rate", (0.6, 0.55, 0.65), 0.7, "missed"),
        ("at_risk_share", (0.6, 0.55, 0.65), 0.7, "reached"),
        ("at_risk_share", (0.6, 0.55, 0.65), 0.5, "missed"),
        ("overdue_cases", (20, NAN, NAN), 20, "reached"),
        ("repurchase_rate", (NAN, NAN, NAN), 0.7, "cannot_say"),
    ],
)
def test_a_figure_is_held_against_its_target_where_policy_sets_one(
    kpi: str, look: tuple[float, ...], aim: float, verdict: str
) -> None:
    policy = Policy.model_validate({"targets": {"reach": {kpi: aim}}})

    def measure(c: Company) -> pd.DataFrame:
        one = finding(knowing(c.as_of), kpi, look, n=100, customers=100)
        other = finding(knowing(c.as_of), "kept_share", (0.5, 0.4, 0.6), n=100)
        return findings(knowing(AS_OF), [one, other])

    found = comparison.table(company_from({}, as_of=NOW, policy=policy), [measure]).set_index("kpi")
    assert found.loc[kpi, ["target", "verdict_target"]].tolist() == [aim, verdict]
    assert found.loc["kept_share", "verdict_target"] == ""
    assert np.isnan(found.loc["kept_share", "target"])
    without = comparison.table(company_from({}, as_of=NOW), [measure])
    assert not {"target", "verdict_target"} & {*without.columns}, "no target, no column"


def test_who_sells_once_is_compared_by_what_begins_and_not_by_who_returns() -> None:
    def stands(kpi: str) -> comparison.Measure:
        return lambda c: findings(c, [finding(c, kpi, 1.0, n=50)])

    days = pd.date_range("2024-01-01", periods=60)
    orders = pd.DataFrame({"order_id": range(60), "customer_id": range(60), "ordered_at": days, "amount": 10.0})
    orders = orders.astype({"order_id": "str", "customer_id": "str"})
    back = pd.concat([orders, orders.assign(order_id=orders["order_id"] + "b", ordered_at=days + pd.Timedelta(days=9))])
    for sold, kpi in ((orders, "first_buyers"), (back, "repurchase_rate")):
        c = company_from({"orders": sold}, as_of=NOW)
        found = comparison.table(
            c, [stands("active_share")], again=[stands("repurchase_rate")], once=[stands("first_buyers")]
        )
        assert found["kpi"].tolist() == [kpi, "active_share"]


@pytest.mark.parametrize(
    ("as_of", "months", "first"),
    [
        (NOW, 3, date(2026, 8, 1)),
        (date(2026, 11, 30), 3, date(2026, 9, 1)),
        (date(2026, 2, 28), 12, date(2025, 3, 1)),
        (date(2026, 10, 15), 1, date(2026, 9, 16)),
        (date(2026, 8, 30), 6, date(2026, 2, 28)),
    ],
)
def test_months_end_with_the_date(as_of: date, months: int, first: date) -> None:
    assert first_day(as_of, months) == first


def test_month_ends_go_back_one_by_one() -> None:
    assert month_ends(date(2026, 3, 31), 3) == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]
    assert month_end_before(date(2026, 1, 15)) == date(2025, 12, 31)
