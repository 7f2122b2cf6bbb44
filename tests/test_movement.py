"""Why customers moved: parts that add up, one sentence each, and the planted movers."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import Company, company_from, read_company
from crmlib.measures import movement
from crmlib.teaching import make as teaching
from crmlib.teaching.world import tables as canonical
from crmlib.teaching.world import world
from crmlib.vocabulary.language import using
from crmlib.vocabulary.policy import TIERS, Policy, load
from crmlib.vocabulary.schema import TABLES

AS_OF = date(2026, 10, 31)

DATA = Path(__file__).parent.parent / "datasets" / "teaching"
TEACHING = load(DATA / "policy.toml")
POLICY = Policy.model_validate({})
Row = tuple[str, str, str, str | None]


def made(rows: list[Row]) -> Company:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount", "refunded"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    frame["order_id"] = [f"o{i}" for i in range(len(frame))]
    frame["amount"] = frame["amount"].map(Decimal)
    frame["refunded"] = pd.Series([float("nan") if r[3] is None else Decimal(r[3]) for r in rows], dtype=object)
    return company_from({"orders": frame}, as_of=AS_OF)


def moved(c: Company, customers: int = 10, policy: Policy = POLICY) -> pd.DataFrame:
    return movement.moved(c.under(policy), customers=customers)


ROWS: list[Row] = [
    ("up", "2026-01-01", "1000", None),
    ("up", "2026-10-05", "4500", None),
    ("up_refunded", "2026-01-01", "1000", None),
    ("up_refunded", "2026-10-05", "4500", "400"),
    ("down", "2025-10-05", "6000", "500"),
    ("down", "2026-10-05", "100", None),
    ("out", "2025-10-20", "2000", None),
    ("no_longer_new", "2026-07-10", "10", None),
    ("stays", "2025-10-05", "10000", None),
    ("stays", "2026-10-05", "10000", None),
    ("newcomer", "2026-10-05", "10000", None),
]


@pytest.mark.deck("D056")
def test_reasons_by_hand() -> None:
    with using("en", "EUR"):
        found = moved(made(ROWS)).set_index("customer_id")
    assert found.index.to_list() == ["down", "up", "up_refunded", "out", "no_longer_new"]
    assert found["change_amount"].to_list() == [-5400.0, 4500.0, 4100.0, -2000.0, 0.0]
    assert found.loc["down", list(movement.PARTS)].to_list() == [100.0, -5500.0, 0.0]
    assert found["says"].to_list() == [
        "From high-value to long tail: new orders brought €100; €5,500 left the window.",
        "From potential to high-value: new orders brought €4,500.",
        "From potential to high-value: new orders brought €4,500, and €400 was paid back.",
        "From growth to long tail: orders of €2,000 left the window, and no new one came.",
        "From potential to long tail: the 90 days as a new customer are over.",
    ]
    assert moved(made(ROWS), customers=2)["customer_id"].to_list() == ["down", "up"]
    assert found["is_beyond_chance"].to_list() == [False, True, False, False, True], "one large order is no habit"


row = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.dates(date(2025, 9, 1), AS_OF).map(str),
    st.integers(0, 600_000).map(lambda cents: str(Decimal(cents) / 100)),
    st.sampled_from([None, "12.5"]),
)


@settings(max_examples=4, deadline=None)
@given(st.lists(row, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_parts_add_up_to_the_change_whatever_the_order_of_rows(rows: list[Row], random) -> None:  # type: ignore[no-untyped-def]
    found = moved(made(rows))
    assert found[list(movement.PARTS)].sum(axis=1).to_list() == pytest.approx(found["change_amount"].to_list())
    assert (found["from_tier"] != found["to_tier"]).all()
    pd.testing.assert_frame_equal(moved(made(random.sample(rows, len(rows)))), found)
    strangers: list[Row] = [("s", "2026-10-30", "70000", None), ("s2", "2025-10-05", "70000", None)]
    again = moved(made(rows + strangers))
    pd.testing.assert_frame_equal(again[~again["customer_id"].str.startswith("s")].reset_index(drop=True), found)


def test_without_orders_nobody_moved() -> None:
    assert moved(company_from({}, as_of=AS_OF)).empty


def found_movers(moves: pd.DataFrame, person: pd.Series[Any], planted: pd.DataFrame) -> tuple[set[Any], set[Any]]:
    """Planted movers as (person, direction), and those of them found among the movements."""
    rank = {tier: i for i, tier in enumerate(TIERS)}
    rises = moves["from_tier"].map(rank) > moves["to_tier"].map(rank)
    found = set(zip(moves["customer_id"].map(person), rises.map({True: "up", False: "down"}), strict=True))
    expected = set(zip(planted["entity_id"], planted["direction"], strict=True))
    return expected, found & expected


def test_planted_movers_are_found_among_the_largest_movements() -> None:
    made_up = teaching.make(only=("orders",), defects=False)
    movers, truth = made_up.truth["movers"], made_up.truth["records"]
    assert isinstance(movers, pd.DataFrame)
    assert isinstance(truth, pd.DataFrame)
    orders = canonical(world(8000, teaching.plan.SEED, ("orders",), defects=False), ("orders",))["orders"]
    entity = truth.astype({"record_id": str}).set_index("record_id")["entity_id"]
    plain = orders[["order_id", "ordered_at", "amount", "refunded"]].assign(
        customer_id=orders["customer_id"].astype(str).map(entity).astype(str)
    )
    moves = moved(company_from({"orders": plain}, as_of=AS_OF), len(movers), TEACHING)
    person = pd.Series({str(e): e for e in movers["entity_id"]})
    expected, found = found_movers(moves, person, movers)
    assert len(expected) == 24
    assert len(found) >= 22
    ten = moves.head(10)
    assert ten["customer_id"].isin(person.index).all()
    assert (ten["new_orders_amount"].where(ten["change_amount"] > 0, -ten["left_window_amount"]) > 8000).all()


def test_planted_movers_are_found_behind_the_border(tmp_path: Path) -> None:
    made_up = teaching.make(1400, only=("customers", "orders"), defects=False)
    teaching.write(tmp_path, made_up)
    for name in ("company.toml", "policy.toml"):
        shutil.copy(DATA / name, tmp_path / name)
    company = load_description(tmp_path / "company.toml")
    others = {name: [] for name in TABLES if name not in ("customers", "orders")}
    ingest(company.model_copy(update=others), tmp_path / "out", policy=TEACHING)
    c = read_company(tmp_path / "out" / "tables", as_of=AS_OF)
    ids = pd.read_parquet(tmp_path / "out" / "private" / "ids.parquet").query("kind == 'customer'")
    movers, records = made_up.truth["movers"], made_up.truth["records"]
    assert isinstance(movers, pd.DataFrame)
    assert isinstance(records, pd.DataFrame)
    entity = records.astype({"record_id": str}).set_index("record_id")["entity_id"]
    person = ids.assign(entity=ids["id"].map(entity)).drop_duplicates("pseudonym").set_index("pseudonym")["entity"]
    expected, found = found_movers(moved(c, 30, TEACHING), person, movers)
    assert len(expected) == 4
    assert found == expected


def test_money_paid_back_since_for_an_earlier_order_is_a_reason_and_adds_up() -> None:
    frame = pd.DataFrame(
        {
            "order_id": ["o1", "o2"],
            "customer_id": ["a", "a"],
            "ordered_at": pd.to_datetime(["2026-02-01", "2026-05-01"]),
            "amount": [Decimal("5200"), Decimal("100")],
            "refunded": [Decimal("800"), None],
            "refunded_at": pd.to_datetime(["2026-10-15", None]),
        }
    )
    with using("en", "EUR"):
        (row,) = moved(company_from({"orders": frame}, as_of=AS_OF)).to_dict("records")
    assert row["change_amount"] == row["refunds_amount"] == -800.0
    assert row["says"] == "From high-value to growth: €800 of earlier orders was paid back."
