"""Findings as facts: figures with n and interval, what is left out, and groups with nobody in them."""

from datetime import date
from math import isnan

import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.facts.findings import FINDING, finding, findings, marked, share_of, shares_of, sized
from crmlib.models.estimates import wilson
from crmlib.show.findings import sentence
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import Policy, Statistics
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
WITH_NEEDS = next(kpi for kpi, entry in KPIS.items() if entry.needs)


def test_a_bare_number_is_counted_and_an_estimate_keeps_its_interval() -> None:
    row = finding(knowing(AS_OF), "repurchase_rate", 7, n=3.9)
    assert (row["value"], row["n"], row["period"], row["segment"]) == (7.0, 3, "2026-10", "")
    assert isnan(row["low"])
    assert isnan(row["high"])
    assert row["unit"] == KPIS["repurchase_rate"].unit
    row = finding(knowing(AS_OF), "repurchase_rate", (0.5, 0.4, 0.6), n=10, segment="x")
    assert [row[name] for name in ("value", "low", "high", "n", "segment")] == [0.5, 0.4, 0.6, 10, "x"]
    assert list(row) == FINDING


def test_columns_that_would_make_a_figure_surer_are_named_once_they_are_not_recorded() -> None:
    c = knowing(AS_OF)
    assert finding(c, "repurchase_rate", 1, n=1, uses=["orders.margin"])["without"] == ""
    assert (
        "orders.margin"
        in finding(c.without("orders.margin"), "repurchase_rate", 1, n=1, uses=["orders.margin"])["without"]
    )
    frame = marked(c.without("orders.margin"), pd.DataFrame(), "orders.margin", "orders.amount")
    assert frame.attrs["without"] == ("orders.margin",)


def test_a_share_has_wilsons_interval_at_the_policys_confidence_and_an_empty_group_has_none() -> None:
    c = knowing(AS_OF).under(Policy.model_validate({"statistics": {"confidence": 0.8}}))
    row = share_of(c, "repurchase_rate", 3, 8)
    assert (row["value"], row["low"], row["high"]) == wilson(3, 8, confidence=0.8)
    frame = shares_of(c, "repurchase_rate", [("x", 1, 4), ("y", 0, 0), ("z", 0, 2)])
    assert frame["segment"].to_list() == ["x", "z"]
    assert frame["n"].to_list() == [4, 2]


def test_a_figure_without_what_it_needs_is_left_out_and_named() -> None:
    nothing = company_from({}, as_of=AS_OF)
    row = finding(nothing, WITH_NEEDS, 1, n=1)
    for frame in (findings(nothing, [row]), findings(nothing, of=(WITH_NEEDS,))):
        assert frame.empty
        assert frame.attrs["left_out"] == (WITH_NEEDS,)
        assert frame.attrs["unknown"] == KPIS[WITH_NEEDS].needs
    kept = findings(knowing(AS_OF), [row], of=(WITH_NEEDS,))
    assert len(kept) == 1
    assert kept.attrs["left_out"] == kept.attrs["unknown"] == ()


def test_groups_are_sized_and_nobody_is_nothing() -> None:
    counted = pd.DataFrame({"customers": [1, 3], "revenue": [30, 10]}, index=pd.Index(["a", "b"], name="tier"))
    frame = sized(counted, ["b", "c", "a"]).set_index("tier")
    assert frame["customers"].to_dict() == {"b": 3, "c": 0, "a": 1}
    assert frame["customer_share"].to_dict() == {"b": 0.75, "c": 0.0, "a": 0.25}
    assert frame["revenue"].to_dict() == {"b": 10.0, "c": 0.0, "a": 30.0}
    assert frame["net_revenue_share"].to_dict() == {"b": 0.25, "c": 0.0, "a": 0.75}
    assert frame["mean_revenue"].loc[["a", "b"]].to_list() == [30.0, pytest.approx(10 / 3)]
    assert isnan(frame.loc["c", "mean_revenue"])
    paid_back = sized(counted.assign(revenue=[30, -30]), ["a", "b"])
    assert paid_back["net_revenue_share"].isna().all()
    assert sized(counted.head(0), ["a"])[["customer_share", "net_revenue_share", "mean_revenue"]].isna().all(axis=None)
    little = sized(counted.assign(revenue=[0.25, 0.25]), ["a", "b"])
    assert little["net_revenue_share"].to_list() == [0.5, 0.5]


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_what_n_rests_on_is_said_where_n_stands_by_itself_and_not_within_a_sentence(spoken: str) -> None:
    c = knowing(AS_OF)
    with language.using(spoken):
        pile = sentence(finding(c, "backlog_months", 0.0, n=270, customers=210), Statistics())
        asked = sentence(finding(c, "compliance", wilson(250, 270), n=270, customers=210), Statistics())
    assert (
        pile
        == {
            "en": "At the pace of the last months the cases that wait take 0 months to solve (n = 270 from 210 customers).",
            "zh": "按最近几个月的速度，解决等待中的工单需要0个月（n = 270，来自210位客户）。",
        }[spoken]
    )
    assert "270" in asked
    assert "210" not in asked


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_a_difference_below_nought_is_so_much_less_and_no_score_of_its_own(spoken: str) -> None:
    c = knowing(AS_OF)
    less, more = (
        finding(c, "delivery_score_gap", (sign * 1.97, sign * 1.97 - 0.1, sign * 1.97 + 0.1), n=300, customers=300)
        for sign in (-1, 1)
    )
    late = "Against orders on time, late ones score"
    with language.using(spoken):
        told = [sentence(row, Statistics()) for row in (less, more)]
    assert (
        told
        == {
            "en": [
                f"{late} 1.97 points less (the difference lies between -2.07 and -1.87, n = 300).",
                f"{late} 1.97 points more (the difference lies between 1.87 and 2.07, n = 300).",
            ],
            "zh": [
                "与准时订单相比，迟到订单的评分低1.97分（相差的区间为-2.07至-1.87，n = 300）。",
                "与准时订单相比，迟到订单的评分高1.97分（相差的区间为1.87至2.07，n = 300）。",
            ],
        }[spoken]
    )


def test_of_nothing_compared_nothing_is_said() -> None:
    c = knowing(AS_OF, orders=pd.DataFrame({"order_id": ["a"], "customer_id": ["x"]}))
    assert findings(c, [finding(c, "groups_apart", 0.0, n=0)], of=("groups_apart",)).empty
    assert len(findings(c, [finding(c, "groups_apart", 0.0, n=3)])) == 1
