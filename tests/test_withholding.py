"""What leaves a chapter rests on k customers or is withheld, and says so: findings, tables, pictures, lists, controls."""

from datetime import date
from math import isnan, nan

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.facts.findings import estimated, finding, findings, share_of
from crmlib.models.estimates import wilson
from crmlib.show import charts, listing, withholding
from crmlib.show.cards import card
from crmlib.show.findings import FINDINGS_MIME, WHOLE_MIME, carried, read_payload
from crmlib.show.withholding import BESIDE, FEW, guarded
from crmlib.vocabulary import language
from tests.differencing import Shown, attack, made, month_ends, published, shown
from tests.small_company import knowing
from tests.told import CHAPTERS

K = 5
AS_OF = date(2026, 10, 31)


def parts(*told: tuple[str, int, int], kpi: str = "repurchase_rate") -> pd.DataFrame:
    c = knowing(AS_OF)
    return pd.DataFrame([share_of(c, kpi, part, n, segment=segment) for segment, part, n in told])


def withheld(frame: pd.DataFrame) -> set[tuple[object, object]]:
    return {*withholding.why(frame)}


def test_a_share_of_few_of_all_but_few_and_among_few_is_withheld() -> None:
    with withholding.using(K, 500):
        safe = guarded(
            parts(("a", 3, 100), ("b", 98, 100), ("c", 2, 4), ("d", 40, 100), ("e", 0, 100), ("f", 100, 100))
        )
    assert withheld(safe) == {(0, "value"), (1, "value"), (2, "value"), (2, "n")}
    assert safe["value"].isna().tolist() == [True, True, True, False, False, False]
    assert safe.loc[safe["value"].isna(), ["low", "high"]].isna().all(axis=None)
    assert safe["value"].tolist()[3:] == [0.4, 0.0, 1.0]


def test_counts_are_told_to_the_nearest_k_and_shares_of_counts_so_told() -> None:
    with withholding.using(K, 500):
        safe = guarded(parts(("", 63, 208)))
    assert safe["n"].tolist() == [210]
    assert safe["value"].tolist() == [65 / 210]


def test_a_figure_of_things_is_told_as_it_is() -> None:
    frame = parts(("", 3, 4)).assign(kpi="gap_months", unit="count", value=3.0)
    with withholding.using(K, 500):
        assert guarded(frame)["value"].tolist() == [3.0]


def test_none_of_what_a_total_grows_by_is_told_as_few_are() -> None:
    months = pd.DataFrame({"month": ["2026-08", "2026-09", "2026-10"], "first_buyers": [0, 3, 12]})
    with withholding.using(K, 500):
        assert withheld(guarded(months, axes=["month"])) == {(0, "first_buyers"), (1, "first_buyers")}
        assert withheld(guarded(months.set_axis(["tier", "customers"], axis=1))) == {(1, "customers")}


def test_a_table_hides_the_row_of_few_with_its_money_and_what_it_would_follow_from() -> None:
    frame = pd.DataFrame({"tier": ["a", "b", "c"], "customers": [12, 12, 4], "revenue": [10.0, 20.0, 777.25]})
    with withholding.using(K, 500):
        safe = guarded(frame)
        html = listing.table(frame)
    assert withholding.why(safe)[2, "revenue"] == FEW
    assert withholding.why(safe)[0, "customers"] == BESIDE
    assert "777" not in html
    assert "fewer than 5" in html
    assert "withheld" in html


def test_a_list_of_individuals_stands_from_k_of_them_on() -> None:
    with withholding.using(K, 500):
        for n, stands in ((4, False), (5, True)):
            safe = guarded(pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], "revenue": [1.0] * n}))
            assert bool(len(safe)) is stands


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_a_card_says_that_a_figure_is_withheld_and_why(spoken: str) -> None:
    c = knowing(AS_OF)
    with withholding.using(K, 500), language.using(spoken):
        html, text = card(c, findings(c, parts(("", 3, 100)).to_dict("records")))
    assert {"en": "fewer than 5 customers", "zh": "客户不足5个"}[spoken] in text
    assert "3.0%" not in html


def test_what_was_counted_goes_beside_what_is_published_and_apart_from_it() -> None:
    with withholding.using(K, 500):
        bundle = carried(parts(("", 3, 100)))
    published_row, whole = bundle[FINDINGS_MIME][0], bundle[WHOLE_MIME][0]
    assert (published_row["value"], published_row["withheld"]) == (None, FEW)
    assert whole["value"] == 0.03
    assert isnan(read_payload(bundle[FINDINGS_MIME])["value"].iloc[0])
    with withholding.using(1):
        assert WHOLE_MIME not in carried(parts(("", 3, 100)))


def test_a_chart_draws_what_is_left_and_marks_what_is_withheld() -> None:
    with withholding.using(K, 500):
        picture = charts.bars(parts(("a", 3, 100), ("b", 30, 100), ("c", 50, 100)))
        matrix = charts.heatmap(pd.DataFrame({"x": [3, 40], "y": [50, 60]}, index=["a", "b"]), unit="count")
        month = pd.DataFrame({"month": ["2026-08", "2026-09", "2026-10"], "first_buyers": [3, 9, 12]})
        line = charts.lines(month, x="month", y="first_buyers", unit="count")
    assert picture is not None
    assert matrix is not None
    assert line is not None
    assert "fewer than 5" in [text.get_text() for text in picture.figure.axes[0].texts]
    assert len([bar for bar in picture.figure.axes[0].patches if bar.get_width() > 0]) == 2
    assert "<td>×</td>" in matrix.html
    with withholding.using(K, 500):
        assert "fewer than 5" in listing.table(matrix.data)
        assert "fewer than 5" in listing.table(line.data)
    assert [mark.get_marker() for mark in line.figure.axes[0].lines].count("x") == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=1, max_size=6), st.integers(3, 9))
def test_no_finding_published_tells_of_fewer_than_k(told: list[tuple[int, int]], k: int) -> None:
    rows = [(f"s{i}", min(part, n), n) for i, (part, n) in enumerate(told)]
    with withholding.using(k, 200):
        safe = guarded(parts(*rows))
    for (_segment, part, n), row in zip(rows, safe.to_dict("records"), strict=True):
        few = 0 < n < k or 0 < part < k or 0 < n - part < k
        assert not few or isnan(row["value"])
        assert isnan(row["n"]) or (row["n"] % k == 0 and abs(row["n"] - n) <= k / 2)
        if not isnan(row["value"]):
            assert abs(row["value"] * row["n"] - round(row["value"] * row["n"] / k) * k) < 1e-6


@pytest.fixture(scope="module")
def months() -> list[Shown]:
    known = made(3, customers=40)
    return [shown(known(day), CHAPTERS[:1]) for day in month_ends(3)]


@pytest.mark.slow
def test_what_is_hidden_is_recovered_where_the_rest_is_told_and_is_not_as_published(months: list[Shown]) -> None:
    hidden = attack([published(month, K, naive=True) for month in months], K)
    assert hidden.recovered, "the attack shows nothing where it finds nothing"
    got = attack([published(month, K) for month in months], K)
    assert got.small > 0
    assert got.recovered == set()


def test_parts_of_a_whole_are_shares_of_the_whole() -> None:
    rows = [("high_value", 28, 0.35), ("growth", 18, 0.225), ("potential", 16, 0.2), ("long_tail", 18, 0.225)]
    frame = pd.DataFrame(
        [
            {"kpi": "tier_customer_share", "segment": s, "value": v, "low": nan, "high": nan, "n": n, "unit": "share"}
            for s, n, v in rows
        ]
    )
    with withholding.using(K, 80):
        safe = guarded(frame)
    assert safe["value"].tolist() == [30 / 80, 20 / 80, 15 / 80, 20 / 80]


@settings(max_examples=60, deadline=None)
@given(st.integers(5, 400), st.data())
def test_an_interval_is_told_outwards_and_holds_its_figure(n: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, n))
    value, low, high = wilson(part, n, confidence=0.95)
    frame = parts(("", part, n)).assign(value=value, low=low, high=high)
    with withholding.using(K, 500):
        row = guarded(frame).iloc[0]
    if not isnan(row["value"]):
        assert 0 <= row["low"] <= min(low + 1e-12, row["value"])
        assert max(high - 1e-12, row["value"]) <= row["high"] <= 1
        assert row["high"] - row["low"] <= high - low + 4 * K / n


def test_money_is_told_to_what_one_customer_brings() -> None:
    frame = pd.DataFrame({"tier": ["a", "b"], "customers": [28, 52], "revenue": [35942.0, 26870.0]})
    with withholding.using(K, 80):
        assert guarded(frame)["revenue"].tolist() == [36000.0, 27000.0]


def test_an_estimated_share_of_few_or_of_all_but_few_is_withheld_and_others_are_told_as_shares_of_counts_are() -> None:
    c = knowing(AS_OF)
    estimates = [(0.99 / 4620, 4620), (4616.8 / 4620, 4620), (12.4 / 4620, 4620), (0.0, 80)]
    rows = [finding(c, "repurchase_within_30_days", (v, v / 2, min(1, v * 2)), n=n) for v, n in estimates]
    with withholding.using(K, 5000):
        safe = guarded(findings(c, rows))
    assert withheld(safe) == {(0, "value"), (1, "value")}
    assert safe.loc[[0, 1], ["value", "low", "high"]].isna().all(axis=None)
    assert safe["value"].tolist()[2:] == [10 / 4620, 0.0]


def test_a_curve_of_who_came_back_is_told_in_steps_of_k_from_k_of_them_on() -> None:
    back = [0, 1, 4, 5, 9, 12]
    frame = pd.DataFrame({"days_since_first": range(6), "share": [n / 1000 for n in back], "returned": back})
    with withholding.using(K, 1000):
        safe = guarded(estimated(frame, "share", "returned", 1000), axes=["days_since_first"])
    assert withheld(safe) == {(1, "share"), (2, "share")}
    assert safe["share"].dropna().tolist() == [0.0, 0.005, 0.01, 0.01]
    assert "returned" not in safe


def test_where_none_counts_as_few_what_is_nobodys_is_not_told_as_nought() -> None:
    months = pd.DataFrame(
        {"month": ["2026-08", "2026-09", "2026-10"], "customers": [0, 3, 12], "revenue": [0.0, 9.0, 40.0]}
    )
    with withholding.using(K, 500):
        assert guarded(months, axes=["month"])["revenue"].isna().tolist() == [True, True, False]


def test_a_stack_tells_the_whole_of_a_month_whose_parts_are_of_few() -> None:
    month = pd.Timestamp("2026-10-01")
    parts = pd.DataFrame(
        {"month": [month] * 2, "movement": ["new", "churn"], "customers": [40, 2], "mrr_change": [400.0, -33.0]}
    )
    whole = pd.DataFrame({"month": [month], "customers": [42], "mrr_change": [367.0]})
    with withholding.using(K, 500):
        picture = charts.stacks(parts, y="mrr_change", by="movement", unit="money", whole=whole)
    assert picture is not None
    marks = {line.get_marker(): [*map(float, line.get_ydata())] for line in picture.figure.axes[0].lines}
    assert marks["D"] == [370.0]
    assert marks["x"] == [0.0]
