"""Service hours by hand; cuts that are tried change the tiers only."""

from datetime import date
from decimal import Decimal
from math import isnan

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.facts.company import Company, company_from
from crmlib.measures import resources, tiers
from crmlib.show import withholding
from crmlib.vocabulary.policy import TIERS, Policy
from tests.small_company import knowing

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)
SPENT = {"high": "6000", "growth": "2000", "small": "400", "quiet": "20"}


def made(spent: dict[str, str] = SPENT, *, cases: bool = True, contacts: bool = True) -> Company:
    orders = pd.DataFrame(
        {
            "order_id": [f"o{c}" for c in spent],
            "customer_id": list(spent),
            "ordered_at": pd.Timestamp("2026-01-10"),
            "amount": [Decimal(v) for v in spent.values()],
        }
    )
    tickets = pd.DataFrame(
        [
            ("high", "2026-05-01", "critical"),
            ("high", "2025-10-31", "critical"),
            ("growth", "2026-05-01", "low"),
            ("small", "2026-05-01", None),
            ("nobody", "2026-05-01", "high"),
        ],
        columns=["customer_id", "opened_at", "severity"],
    )
    interactions = pd.DataFrame(
        [
            ("high", "2026-05-02", "phone", "in", "service"),
            ("high", "2026-05-02", "phone", "out", "sales"),
            ("growth", "2026-05-02", "face_to_face", "out", "review"),
            ("small", "2026-05-02", "pigeon", "in", None),
            ("quiet", "2026-05-02", "sms", "out", "care"),
        ],
        columns=["customer_id", "at", "channel", "direction", "purpose"],
    )
    frames = {"orders": orders}
    if cases:
        frames["tickets"] = tickets.assign(
            ticket_id=[f"t{i}" for i in range(5)], opened_at=pd.to_datetime(tickets["opened_at"])
        )
    if contacts:
        frames["interactions"] = interactions.assign(
            interaction_id=[f"i{i}" for i in range(5)], at=pd.to_datetime(interactions["at"])
        )
    return company_from(frames, as_of=AS_OF)


def told(c: Company, **cuts: float) -> pd.Series:  # type: ignore[type-arg]
    effort = resources.effort(c.at(AS_OF))
    return resources.by_tier(knowing(AS_OF), effort, **cuts).set_index(["kpi", "segment"])["value"]


@pytest.mark.deck("D066")
def test_hours_by_hand() -> None:
    found = told(made())
    hours = {"": 6.2 + 2.0 + 1.0 + 5 / 60, "high_value": 6.2, "growth": 2.0, "potential": 1 + 5 / 60, "long_tail": 0.0}
    assert found["service_hours"].to_dict() == pytest.approx(hours)
    assert found["revenue_per_service_hour"]["high_value"] == pytest.approx(6000 / 6.2)
    assert pd.isna(found["revenue_per_service_hour"]["long_tail"])
    assert found["tier_customer_share"].to_dict() == dict.fromkeys(TIERS, 0.25)
    assert found["tier_hours_share"].sum() == pytest.approx(1)
    assert found["tier_revenue_share"]["high_value"] == pytest.approx(6000 / 8420)


def test_other_cuts_change_the_tiers_and_crossing_ones_give_way() -> None:
    lower = told(made(), high_value_from=2000)
    assert lower["service_hours"][["", "high_value", "growth"]].to_list() == pytest.approx([9.283333, 8.2, 0], abs=1e-5)
    crossed = told(made(), high_value_from=300, growth_from=1500)
    assert crossed["tier_customer_share"].to_list() == [0.75, 0.0, 0.0, 0.25]


def test_cases_alone_give_hours_and_contacts_alone_do_not() -> None:
    assert told(made(contacts=False))["service_hours"][""] == pytest.approx(7.5)
    c = made(cases=False)
    stated = resources.by_tier(c, resources.effort(c))
    assert set(stated["kpi"]) == {"tier_customers", "tier_revenue", "tier_customer_share", "tier_revenue_share"}


def test_without_either_table_hours_are_not_known_and_sizes_are() -> None:
    c = made(cases=False, contacts=False)
    effort = resources.effort(c)
    found = resources.by_tier(knowing(AS_OF), effort)
    hours = found[found["kpi"].isin(["service_hours", "revenue_per_service_hour", "tier_hours_share"])]
    assert hours["value"].isna().all()
    assert (found.loc[found["kpi"] == "service_hours", "n"] == 0).all()
    assert (found.loc[found["kpi"] == "tier_customer_share", "value"] == 0.25).all()


def test_sliders_start_at_the_cuts_and_the_picture_shows_all_three_shares() -> None:
    effort = resources.effort(made())
    found = resources.sliders(knowing(AS_OF), effort)
    assert found["high_value_from"][1] == 5000.0
    assert all(start in stops for stops, start in found.values())
    many = ibis.memtable(
        {"customer_id": range(900), "revenue": [float(20 * i) for i in range(900)], "days_since_first": [999] * 900}
    )
    assert resources.sliders(knowing(AS_OF), many)["potential_from"] == ((150.0, 300.0, 450.0, 600.0, 750.0), 300.0)
    few = Policy.model_validate({"privacy": {"k": 10}})
    assert resources.sliders(knowing(AS_OF, few), many)["potential_from"] == ((300.0, 750.0), 300.0), (
        "too few lie between"
    )
    drawn = resources.shares(resources.by_tier(knowing(AS_OF), effort))
    assert drawn.groupby("part")["share"].sum().to_dict() == pytest.approx({"customers": 1, "hours": 1, "revenue": 1})
    whole = drawn.set_index(["part", "tier"])["value"]
    assert whole[[("customers", "growth"), ("revenue", "growth"), ("hours", "growth")]].to_list() == [1, 2000, 2]


def test_without_orders_there_is_nothing() -> None:
    nothing = company_from({}, as_of=AS_OF)
    effort = resources.effort(nothing)
    assert resources.by_tier(knowing(AS_OF), effort).empty


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 8000), min_size=1, max_size=8))
def test_sizes_are_those_of_the_tiers(spent: list[int]) -> None:
    c = made({f"c{i}": str(v) for i, v in enumerate(spent)})
    sizes = tiers.sizes(c).set_index("tier")
    effort = resources.effort(c)
    found = resources.by_tier(knowing(AS_OF), effort)
    share = found[found["kpi"] == "tier_customer_share"].set_index("segment")
    assert share["n"].to_dict() == sizes["customers"].to_dict()


def of_tiers(high: int, growth: int, potential: int = 0) -> Company:
    spent = {
        f"c{i}": "6000" if i < high else "2000" if i < high + growth else "400"
        for i in range(high + growth + potential)
    }
    return made(spent, cases=False, contacts=False)


def test_a_tried_cut_tells_no_more_of_a_tier_of_few_than_the_figures_do() -> None:
    c = of_tiers(98, 2)
    found = resources.by_tier(c, resources.effort(c))
    with withholding.using(5, 100):
        told = withholding.guarded(found).set_index(["kpi", "segment"])["value"]
        moved = withholding.guarded(resources.shares(found), axes=["tier", "part"]).set_index(["part", "tier"])["share"]
    for tier in ("high_value", "growth"):
        assert isnan(told["tier_customer_share", tier])
        assert isnan(moved["customers", tier]), "the rest of all are few"
    assert moved["customers", "potential"] == 0


def test_a_tier_withheld_beside_one_of_few_is_so_in_each_figure_and_under_the_controls() -> None:
    c = of_tiers(12, 12, 4)
    found = resources.by_tier(c, resources.effort(c))
    with withholding.using(5, 28):
        told = withholding.guarded(found).set_index(["kpi", "segment"])["value"]
        moved = withholding.guarded(resources.shares(found), axes=["tier", "part"]).set_index(["part", "tier"])["share"]
    hidden = {tier for tier in TIERS if isnan(told["tier_customers", tier])}
    assert len(hidden) == 2, "12 is told as 10, and 28 less twice 12 at most is four"
    assert {tier for tier in TIERS if isnan(told["tier_customer_share", tier])} == hidden
    assert {tier for tier in TIERS if isnan(moved["customers", tier])} == hidden
