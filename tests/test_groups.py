"""Groups that nobody drew: a planted change is told and a standing lead is not, and what is unknown stays so."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import groups as facts
from crmlib.facts.company import Company, company_from
from crmlib.facts.trials import ORDERED, SPENT
from crmlib.measures import groups
from crmlib.models import contrasts
from crmlib.show import withholding
from crmlib.show.cards import does_not_apply
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy
from tests import study_groups
from tests.known import another_number

AS_OF = date(2026, 10, 31)
SHARE = {"East": 0.45, "West": 0.30, "North": 0.30}
"""Chance with which customers of a region order in a month: the East leads, and always did."""


def policy(**settings: object) -> Policy:
    return Policy.model_validate({"groups": settings})


def frames(sizes: dict[str, int], *, gone: float = 0.0, seed: int = 1, months: int = 30) -> dict[str, pd.DataFrame]:
    """Customers of regions who order each month by chance; of the West a share `gone` stops three months before the end."""
    rng = np.random.default_rng(seed)
    region = np.repeat([*sizes], [*sizes.values()])
    ids = np.array([f"c{i:04}" for i in range(len(region))])
    chance, rows = np.array([SHARE[name] for name in region]), []
    stops = (region == "West") & (rng.random(len(region)) < gone)
    for at, begin in enumerate(pd.date_range(end="2026-10-01", periods=months, freq="MS")):
        did = (rng.random(len(ids)) < chance) & ~(stops & (at >= months - 3))
        rows.append(pd.DataFrame({"customer_id": ids[did], "ordered_at": begin + pd.Timedelta(days=at % 20)}))
    orders = pd.concat(rows, ignore_index=True)
    orders = orders.assign(
        amount=rng.lognormal(4, 0.5, len(orders)).round(2), order_id=[f"o{i}" for i in range(len(orders))]
    )
    orders = orders.assign(channel=np.where(orders["customer_id"] < "c0200", "store", "app"), refunded=0.0)
    return {"orders": orders, "customers": pd.DataFrame({"customer_id": ids, "region": region})}


def company(given: dict[str, pd.DataFrame], **settings: object) -> Company:
    return company_from(given, as_of=AS_OF, policy=policy(**settings))


SIZES = {"East": 300, "West": 250, "North": 120}


@pytest.mark.deck("D128")
def test_a_lead_that_always_was_is_no_news_and_a_planted_fall_is() -> None:
    still = groups.compare(company(frames(SIZES))).set_index(["outcome", "group"])
    assert (still["verdict"] == "not_enough").all()
    assert still.loc[(ORDERED, "East"), "change_before"] > 0.02, "the East leads, also beyond its customers' own past"
    c = company(frames(SIZES, gone=0.5))
    compared = groups.compare(c)
    fell = compared.set_index(["outcome", "group"])
    assert fell.loc[(ORDERED, "West"), "verdict"] == "less"
    assert fell.loc[(ORDERED, "West"), "change_high"] < -0.1
    assert fell.loc[(SPENT, "West"), "change_high"] < 0
    told = groups.effects(c, compared).set_index(["kpi", "segment"])
    assert told.loc[("groups_apart", ""), "n"] == 6
    assert told.loc[("group_change", "West"), "value"] == fell.loc[(ORDERED, "West"), "change"]
    assert told.loc[("group_share", "West"), "value"] == pytest.approx(fell.loc[(ORDERED, "West"), "value"])
    note = groups.note(c, compared)
    assert "no proof" in note
    assert "against 5 spans" in note
    assert "among all 6 comparisons" in note


def test_who_counts_is_who_had_bought_in_the_year_before_and_what_counts_is_the_latest_months() -> None:
    c = company(frames(SIZES))
    orders = frames(SIZES)["orders"]
    span = facts.spans(c)[0]
    assert (span.start, span.end) == (date(2026, 8, 1), AS_OF)
    before = orders[(orders["ordered_at"] >= "2025-08-01") & (orders["ordered_at"] < "2026-08-01")][
        "customer_id"
    ].unique()
    since = orders[orders["ordered_at"] >= "2026-08-01"]["customer_id"].unique()
    assert len(span.ordered) == len(before)
    assert span.ordered.sum() == len(np.intersect1d(before, since))
    assert [s.start for s in facts.spans(c)][1:3] == [date(2026, 5, 1), date(2026, 2, 1)]
    assert all(
        a.start.toordinal() - 1 == b.end.toordinal() for a, b in zip(facts.spans(c), facts.spans(c)[1:], strict=False)
    )


def test_of_a_young_company_less_is_looked_back_upon_and_shorter_spans_are_more() -> None:
    young = frames(SIZES, months=20)
    assert {(span.looked_back, len(facts.spans(company(young)))) for span in facts.spans(company(young))} == {(182, 4)}
    monthly = facts.spans(company(young, months=1))
    assert (monthly[0].start, monthly[0].looked_back, len(monthly)) == (date(2026, 10, 1), 365, 8)
    assert len(groups.compare(company(young, months=1))) == 6


def test_two_groups_are_one_comparison_and_the_larger_is_what_the_other_is_held_against() -> None:
    c = company(frames({"East": 300, "West": 250}, gone=0.5))
    compared = groups.compare(c)
    assert compared["verdict"].tolist() == ["control", "less", "control", "less"]
    assert groups.effects(c, compared).set_index("kpi").loc["groups_apart", "n"] == 2


def test_neither_the_order_of_rows_nor_names_of_customers_change_anything() -> None:
    given = frames(SIZES, gone=0.3)
    one = groups.compare(company(given))
    renamed = {name: frame.assign(customer_id="x" + frame["customer_id"].str[::-1]) for name, frame in given.items()}
    two = groups.compare(company({name: frame.iloc[::-1] for name, frame in renamed.items()}))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_channels_and_attributes_of_snapshots_are_groups_too_and_a_misspelt_one_is_said() -> None:
    given = frames(SIZES)
    states = (
        given["customers"].rename(columns={"region": "value"}).assign(attribute="shop", at=pd.Timestamp("2026-01-01"))
    )
    shops = company({"orders": given["orders"], "states": states}, by="shop")
    pd.testing.assert_frame_equal(groups.compare(shops), groups.compare(company(given)))
    assert set(groups.compare(company(given, by="channel"))["group"]) == {"store", "app"}
    wrong = company(given, by="regoin")
    compared = groups.compare(wrong)
    assert compared.empty
    assert not does_not_apply(compared), "it is said, and its section is not left out"
    with language.using("en"):
        assert "groups.by in the policy names 'regoin'" in groups.note(wrong, compared)


def test_without_groups_or_with_few_customers_or_months_nothing_is_told() -> None:
    given = frames(SIZES)
    nowhere = company({"orders": given["orders"]})
    assert does_not_apply(groups.compare(nowhere))
    assert does_not_apply(groups.effects(nowhere, groups.compare(nowhere)))
    assert groups.note(nowhere, groups.compare(nowhere)) == ""
    young = company(frames(SIZES, months=11))
    compared = groups.compare(young)
    assert compared["change"].isna().all()
    assert set(compared["verdict"]) == {"not_enough"}
    assert "no change can be told" in groups.note(young, compared)
    every = frames(SIZES)
    daily = [
        every["orders"],
        *(every["customers"].assign(ordered_at=day) for day in pd.date_range("2024-05-02", AS_OF, freq="MS")),
    ]
    rows = pd.concat(daily).assign(amount=5.0).drop(columns="region")
    all_order = company({**every, "orders": rows.assign(order_id=[f"o{i}" for i in range(len(rows))])})
    assert groups.compare(all_order).query("outcome == @ORDERED")["change"].isna().all()
    assert "wander" not in groups.note(all_order, groups.compare(all_order)), (
        "of a share that everybody has nothing is known"
    )
    few = company(frames({"East": 300, "West": 250, "North": 20}))
    assert "North" not in set(groups.compare(few)["group"])
    assert "1 group of fewer than 30" in groups.note(few, groups.compare(few))
    assert groups.compare(company({"customers": given["customers"]})).empty


@pytest.mark.deck("D129")
def test_groups_drawn_by_lot_are_an_effect_and_uneven_ones_a_warning() -> None:
    drawn = {"groups": {"by": "region"}, "trials": {"drawn_by_lot": ["region"]}}
    lot = company_from(frames({"East": 300, "West": 290}), as_of=AS_OF, policy=Policy.model_validate(drawn))
    compared = groups.compare(lot)
    row = compared.set_index(["outcome", "group"]).loc[(ORDERED, "West")]
    assert row["change"] == row["change_now"]
    assert (row["change_before"], row["wander"]) == (0, 0)
    assert "difference is an effect" in groups.note(lot, compared)
    assert "less even" not in groups.note(lot, compared)
    shares = drawn | {"trials": drawn["trials"] | {"shares": {"East": 0.7, "West": 0.3}}}
    uneven = company_from(frames({"East": 300, "West": 290}), as_of=AS_OF, policy=Policy.model_validate(shares))
    assert "less even than chance makes them" in groups.note(uneven, groups.compare(uneven))


def test_without_each_column_no_figure_becomes_another() -> None:
    c = company(frames(SIZES, gone=0.3))
    assert (
        another_number(
            lambda c: groups.effects(c, groups.compare(c)), c, "orders.amount", "orders.refunded", "customers.region"
        )
        == {}
    )


def test_planted_nothing_is_rarely_told_and_intervals_hold() -> None:
    """Of 60 companies whose leads wander; the study has many more, and stated power."""
    told = list(study_groups.simulated(60, (500, 300, 200), wander=0.03))
    assert np.mean([frame["verdict"].isin(["more", "less"]).any() for frame in told]) <= 0.1
    rows = pd.concat([frame[frame["change"].notna()] for frame in told])
    assert ((rows["change_low"] <= 0) & (rows["change_high"] >= 0)).mean() >= 0.93


def test_customers_a_campaign_needs_are_those_of_the_textbook() -> None:
    """25 % against 30 % at 80 % power: 1,251 customers in each group (Fleiss, Levin and Paik 2003, uncorrected)."""
    assert contrasts.customers_for(0.25, 0.05, 0.5) == pytest.approx(2 * 1251, rel=0.002)
    some, most = (contrasts.customers_for(0.25, 0.05, alone) for alone in (0.3, 0.1))
    assert some < most, "the fewer are left alone, the more it takes"
    assert np.isnan(contrasts.customers_for(0.98, 0.05, 0.2)), "a share cannot rise beyond all"


def test_what_few_of_a_group_bought_is_withheld_with_the_lead_that_tells_it() -> None:
    given = frames(SIZES)
    orders = given["orders"].merge(given["customers"], on="customer_id")
    kept = (orders["region"] != "North") | (orders["ordered_at"] < "2026-08-01") | (orders["customer_id"] <= "c0554")
    c = company(given | {"orders": orders[kept].drop(columns="region")})
    compared = groups.compare(c)
    bought = compared.set_index(["outcome", "group"])["value"] * compared.set_index(["outcome", "group"])["n"]
    assert 0 < round(bought[ORDERED, "North"]) < 5
    with withholding.using(5, 670):
        safe = withholding.guarded(groups.table(compared)).set_index(["outcome", "group"])
        told = withholding.guarded(groups.effects(c, compared)).set_index(["kpi", "segment"])
    hidden = ["value", "change_now", "change", "change_low", "change_high"]
    assert safe.loc[[(ORDERED, "North"), (SPENT, "North")], hidden].isna().all(axis=None)
    assert safe.loc[(SPENT, "North"), "n"] > 0
    assert safe.loc[[(ORDERED, "West"), (SPENT, "West")], ["value", "change_now"]].notna().all(axis=None)
    there = {*told.index[told["value"].notna()]}
    assert not {(kpi, "North") for kpi in ("group_share", "group_change", "group_money_change")} & there
    assert {("group_share", "West"), ("group_change", "West")} <= there
