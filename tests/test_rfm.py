"""RFM by hand and on CDNOW; segments that partition; cuts that move nobody who did nothing."""

from datetime import date, timedelta
from decimal import Decimal
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.facts import lives
from crmlib.facts.company import Company, company_from
from crmlib.measures import rfm
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)


def made(rows: list[tuple[str, str, float, float | None]], as_of: date = AS_OF) -> Company:
    """Company of orders (customer, day, amount, refunded)."""
    frame = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(len(rows))],
            "customer_id": [r[0] for r in rows],
            "ordered_at": pd.to_datetime([f"{r[1]} 15:30" for r in rows]),
            "amount": [Decimal(str(r[2])) for r in rows],
            "refunded": pd.Series([float("nan") if r[3] is None else Decimal(str(r[3])) for r in rows], dtype=object),
        }
    )
    return company_from({"orders": frame}, as_of=as_of)


def summary(c: Company, as_of: date = AS_OF, **options: str) -> pd.DataFrame:
    return lives.summary(c.at(as_of), **options).order_by("customer_id").to_pandas().set_index("customer_id")  # type: ignore[arg-type]


def scores(c: Company, as_of: date = AS_OF, policy: Policy = POLICY) -> pd.DataFrame:
    return rfm.scores(c.at(as_of).under(policy)).order_by("customer_id").to_pandas().set_index("customer_id")


ROWS = [
    ("a", "2026-01-01", 100.0, None),
    ("a", "2026-01-29", 40.0, None),
    ("a", "2026-01-29", 20.0, 10.0),
    ("a", "2026-10-03", 30.0, None),
    ("b", "2026-10-31", 80.0, None),
    ("c", "2024-10-31", 500.0, None),
    ("d", "2026-05-01", 60.0, 60.0),
]


def test_the_summary_by_hand_in_days() -> None:
    found = summary(made(ROWS), unit="days")
    assert list(found.loc["a", ["frequency", "recency", "T", "monetary_value"]]) == [2, 275, 303, 40.0]
    assert list(found.loc["b", ["frequency", "recency", "T", "monetary_value"]]) == [0, 0, 0, 0.0]
    assert list(found.loc["c", ["frequency", "recency", "T", "monetary_value"]]) == [0, 0, 730, 0.0]
    assert "d" not in found.index
    assert set(found["time_unit"]) == {"days"}


def test_weeks_are_days_over_seven_and_say_so() -> None:
    days, weeks = summary(made(ROWS), unit="days"), summary(made(ROWS))
    assert set(weeks["time_unit"]) == {"weeks"}
    for column in ("recency", "T"):
        assert weeks[column].to_list() == (days[column] / 7).to_list()
    assert weeks["monetary_value"].equals(days["monetary_value"])


def test_the_cdnow_sample_gives_the_published_summary() -> None:
    packaged = Path(str(find_spec("lifetimes").origin)).parent / "datasets"  # type: ignore[union-attr]
    names = ["master", "customer_id", "day", "cds", "amount"]
    orders = pd.read_csv(packaged / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names, dtype=str)
    rows = [
        (c, f"{d[:4]}-{d[4:6]}-{d[6:]}", float(a), None)
        for c, d, a in zip(orders["customer_id"], orders["day"], orders["amount"], strict=True)
    ]
    found = summary(made(rows, as_of=date(1998, 6, 30)), as_of=date(1997, 9, 30)).reset_index()
    published = pd.read_csv(packaged / "cdnow_customers_summary_with_transactions.csv")
    assert len(found) == len(published) == 2357
    assert found["frequency"].to_list() == published["x"].to_list()
    assert found["recency"].to_numpy() == pytest.approx(published["t_x"].to_numpy(), abs=0.006)
    assert found["T"].to_numpy() == pytest.approx(published["T"].to_numpy(), abs=0.006)
    assert found["monetary_value"].to_numpy() == pytest.approx(published["zbar"].to_numpy(), abs=0.006)


@pytest.mark.deck("D057")
def test_everyday_scores_by_hand() -> None:
    found = scores(made(ROWS))
    columns = ["days_since_last", "orders", "r_score", "f_score", "m_score", "rfm_segment"]
    assert list(found.loc["a", columns]) == [28, 4, 5, 3, 1, "potential_loyalist"]
    assert list(found.loc["b", columns]) == [0, 1, 5, 1, 1, "new_customer"]
    assert list(found.loc["c", columns]) == [730, 0, 1, 1, 1, "rfm_lost"]
    assert list(found.loc["d", columns]) == [183, 1, 2, 1, 1, "hibernating"]
    assert found["revenue"].astype(float).to_dict() == {"a": 180.0, "b": 80.0, "c": 0.0, "d": 0.0}


@pytest.mark.parametrize(
    ("days", "score"), [(0, 5), (30, 5), (31, 4), (90, 4), (91, 3), (180, 3), (181, 2), (365, 2), (366, 1)]
)
def test_recency_cuts_include_their_day(days: int, score: int) -> None:
    found = scores(made([("a", str(AS_OF - timedelta(days=days)), 10.0, None)]))
    assert found.loc["a", "r_score"] == score


def test_every_triple_of_scores_lies_in_exactly_one_box() -> None:
    for triple in product(rfm.SCORES, repeat=3):
        assert sum(bool(rule.holds(*triple)) for rule in rfm.RULES) == 1, triple
    reached = {rule.segment for rule in rfm.RULES for triple in product(rfm.SCORES, repeat=3) if rule.holds(*triple)}
    assert reached == set(rfm.SEGMENTS)
    assert set(rfm.SLIPPING) <= set(rfm.SEGMENTS)


order = st.tuples(
    st.sampled_from("abcd"),
    st.dates(date(2024, 10, 1), date(2026, 12, 31)).map(str),
    st.integers(0, 900_000).map(lambda cents: cents / 100),
    st.sampled_from([None, 0.0, 5.0]),
)


@settings(max_examples=6, deadline=None)
@given(st.lists(order, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_later_rows_row_order_and_strangers_change_nothing(rows, random) -> None:  # type: ignore[no-untyped-def]
    whole = made(rows, as_of=date(2026, 12, 31))
    strangers = [("x", "2026-10-30", 99_999.0, None), ("y", "2025-01-01", 1.0, None)]
    other = made([r for r in random.sample(rows, len(rows)) if r[1] <= str(AS_OF)] + strangers)
    for measure in (summary, scores):
        expected, found = measure(whole, AS_OF), measure(other, AS_OF)
        pd.testing.assert_frame_equal(found[~found.index.isin(["x", "y"])], expected)


def test_segments_findings_and_grid_count_every_customer_once() -> None:
    c = made(ROWS)
    frame = rfm.segments(c)
    assert frame["rfm_segment"].to_list() == list(rfm.SEGMENTS)
    assert frame["customers"].sum() == rfm.score_grid(c).to_numpy().sum() == 4
    assert frame["customer_share"].sum() == frame["net_revenue_share"].sum() == pytest.approx(1)
    said = rfm.segment_findings(c).set_index(["kpi", "segment"])
    assert said.loc[("rfm_customers", ""), "value"] == 4
    assert said.loc[("rfm_slipping_share", ""), ["value", "n"]].to_list() == [0.0, 4]


def test_a_company_without_orders_gives_empty_results() -> None:
    nothing = company_from({}, as_of=AS_OF)
    assert summary(nothing).empty
    assert scores(nothing).empty
    assert rfm.segments(nothing)["customers"].sum() == 0
    assert rfm.segment_findings(nothing).empty
    assert rfm.score_grid(nothing).empty


def test_a_view_of_each_segment_has_its_middle_and_what_to_do() -> None:
    found = rfm.segments(made(ROWS))
    view = found[found["customers"] > 0].set_index("rfm_segment")
    assert view.loc["new_customer", ["median_days", "median_orders", "median_revenue"]].to_list() == [0.0, 1.0, 80.0]
    assert set(rfm.WHAT_TO_DO) == set(rfm.SEGMENTS)
    assert found["what"].str.endswith(".").all()
    shares = rfm.segment_shares(found)
    assert shares.groupby("part")["share"].sum().to_list() == pytest.approx([1.0, 1.0])
    assert set(shares["rfm_segment"]) == set(view.index)
