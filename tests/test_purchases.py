"""What an order brought, which days count as purchases, and who is active, by hand."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from crmlib.facts import purchases, windows
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
ROWS = [
    ("a", "2025-10-31 09:00", 100.0, None, 30.0),
    ("a", "2025-11-01 00:00", 50.0, 20.0, 9.0),
    ("a", "2025-11-01 23:00", 10.0, 10.0, 0.0),
    ("b", "2026-10-31 23:59", 40.0, 40.0, 0.0),
    ("c", "2026-05-05 12:00", 0.0, None, None),
    ("d", "2026-05-06 12:00", 30.0, 29.5, None),
]


def company(rows: Sequence[tuple[str, str, float, float | None, float | None]] = ROWS, **policy: object) -> Company:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount", "refunded", "margin"])
    frame = frame.assign(order_id=[f"o{i}" for i in range(len(rows))], ordered_at=pd.to_datetime(frame["ordered_at"]))
    return company_from({"orders": frame}, as_of=AS_OF, policy=Policy.model_validate(policy))


def test_net_is_what_was_kept_and_the_margin_is_as_recorded() -> None:
    made = purchases.orders(company()).order_by("order_id").to_pandas()
    assert made["net"].to_list() == [Decimal(100), Decimal(30), Decimal(0), Decimal(0), Decimal(0), Decimal("0.5")]
    assert made["refunded"].to_list() == [
        Decimal(0),
        Decimal(20),
        Decimal(10),
        Decimal(40),
        Decimal(0),
        Decimal("29.5"),
    ]
    assert made["margin"].astype(float).fillna(-1).to_list() == [30, 9, 0, 0, -1, -1]
    assert made["day"].astype(str).to_list()[1:3] == ["2025-11-01", "2025-11-01"]


def test_without_refunds_on_record_net_is_the_amount() -> None:
    made = purchases.orders(company().without("orders.refunded")).to_pandas()
    assert (made["net"] == made["amount"]).all()


def test_a_day_counts_as_a_purchase_unless_all_of_it_was_paid_back() -> None:
    made = purchases.days(company()).order_by("customer_id", "day").to_pandas()
    assert made["orders"].to_list() == [1, 2, 1, 1, 1]
    assert made["net"].astype(float).to_list() == [100, 30, 0, 0, 0.5]
    assert made["is_kept"].to_list() == [True, True, False, True, True]
    assert not purchases.days(company([("a", "2026-01-01", -5.0, None, None)])).to_pandas()["is_kept"].any()


@pytest.mark.parametrize(("days", "active"), [(365, "abcd"), (364, "bcd"), (179, "bd"), (178, "b")])
def test_buyers_have_a_first_and_a_last_day_and_are_active_for_so_many_days(days: int, active: str) -> None:
    made = purchases.buyers(company(cost={"inactive_days": days})).to_pandas().set_index("customer_id")
    assert "".join(sorted(made.index[made["is_active"]])) == active
    a = made.loc["a"]
    assert (str(a["first_day"])[:10], str(a["last_day"])[:10], a["orders"], a["days"]) == (
        "2025-10-31",
        "2025-11-01",
        3,
        2,
    )
    assert a["net"] == Decimal(130)


def test_the_window_begins_on_a_first_day_of_a_month_and_holds_the_last_day() -> None:
    c = company(tiers={"window_months": 12})
    assert windows.start(c) == date(2025, 11, 1)
    recent = purchases.recent(c)
    assert recent.count().to_pyarrow().as_py() == 5
    assert recent.net.sum().to_pyarrow().as_py() == Decimal("30.5")
    assert windows.last(c, 1) == date(2026, 10, 1)


def paced(*gaps: int, least: int, settled: int | None = None) -> date | None:
    """First day on which a customer counts as new, where single customers came back after `gaps` days from 1 January on."""
    start = pd.Timestamp("2026-01-01")
    rows = [
        (f"c{i}", str(start + pd.Timedelta(days=d)), 1.0, None, None) for i, gap in enumerate(gaps) for d in (0, gap)
    ]
    return purchases.newcomers_from(company(rows, statistics={"min_n": least}, lifecycle={"settled_days": settled}))


def test_who_is_new_counts_once_the_gap_that_nine_of_ten_do_not_exceed_is_over() -> None:
    gaps = range(1, 12)
    assert paced(*gaps, least=11) == date(2026, 1, 11), "ten of the gaps are at most ten days"
    assert paced(*gaps, least=12) == date(2026, 1, 1), "too few gaps: every first order counts"
    assert paced(1, 2, least=2) == date(2026, 1, 3), "1.9 days are two"
    assert paced(*gaps, least=11, settled=45) == date(2026, 2, 15)
    assert paced(*gaps, least=11, settled=0) == date(2026, 1, 1)
    assert paced(least=2) is None
    late = [("n", "2026-01-11", 1.0, None, None), ("m", "2026-01-10", 1.0, None, None)]
    rows = [(f"c{g}", f"2026-01-{1 + d:02}", 1.0, None, None) for g in gaps for d in (0, g)]
    known = purchases.newcomers(company([*rows, *late], statistics={"min_n": 11}, lifecycle={})).to_pandas()
    assert known["customer_id"].to_list() == ["n"]
    assert purchases.newcomers(company([])).count().execute() == 0


@pytest.mark.parametrize(("again", "once", "comes"), [(2, 8, True), (1, 8, False), (1, 7, True), (0, 7, True)])
def test_customers_come_back_where_enough_of_the_old_ones_did(again: int, once: int, comes: bool) -> None:
    """Two of ten are enough, one of nine is not; below nine nothing is held against it."""
    rows = [("c" + str(i), day, 1.0, None, None) for i in range(again) for day in ("2025-10-01", "2025-10-02")]
    rows += [("d" + str(i), "2025-10-31", 1.0, None, None) for i in range(once)]
    rows += [("e" + str(i), "2025-11-01", 1.0, None, None) for i in range(50)]
    policy = {"cost": {"inactive_days": 365}, "risk": {"come_back_from": 0.2}, "statistics": {"min_n": 9}}
    assert purchases.comes_back(company(rows, **policy)) is comes


def test_two_orders_of_a_day_are_one_visit_that_is_kept_unless_all_was_paid_back() -> None:
    rows = [
        ("a", "2026-01-01 08:00", 5.0, 5.0, None),
        ("a", "2026-01-01 09:00", 1.0, 0.5, None),
        ("b", "2026-01-02 10:00", 3.0, 3.0, None),
    ]
    made = purchases.days(company(rows)).order_by("customer_id").to_pandas()
    assert made[["orders", "net", "is_kept"]].to_numpy().tolist() == [[2, Decimal("0.5"), True], [1, Decimal(0), False]]
