"""What was recorded after the day, or under another key, changes nothing: the tables of a small company, frozen twice."""

import shutil
from collections.abc import Callable
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts import people, purchases
from crmlib.facts.company import Company, read_company
from crmlib.vocabulary.policy import Policy

Rows = dict[str, list[list[str]]]
DAY = date(2026, 3, 31)
COMPANY = """
name = "acme"
currency = "EUR"
time_zone = "Europe/Berlin"
"""
FIELDS = {
    "customers": ["customer_id", "name", "phone", "region", "source_system", "acquired_on", "recorded_at"],
    "orders": ["order_id", "customer_id", "ordered_at", "amount", "refunded", "refunded_at", "recorded_at"],
    "tickets": [
        "ticket_id", "customer_id", "opened_at", "cause", "diagnosed_at", "reopened", "reopened_at", "resolved_at", "recorded_at",
    ],
    "surveys": ["customer_id", "at", "instrument", "item", "score", "recorded_at"],
}  # fmt: skip


def rows() -> Rows:
    """Forty customers, two of whom are one person, with an order a week or so."""
    customers = [
        [f"K{i}", f"Person {i}", f"0151234{i:05}", "North", "crm", "2025-01-05", "2025-01-06"] for i in range(40)
    ]
    customers.append(["L7", "Person 7", "015123400007", "North", "shop", "2025-06-01", "2025-06-01"])
    orders, tickets, surveys = [], [], []
    for i in range(400):
        day = date(2025, 3, 1) + timedelta(days=i)
        if day > DAY:
            continue
        back = ["5", f"{day + timedelta(days=3)}"] if i % 9 == 0 and day + timedelta(days=3) <= DAY else ["0", ""]
        orders.append([f"S{i}", f"K{i * 7 % 40}", f"{day}", f"{10 + i % 13}", *back, f"{day}"])
        if i % 10 == 0:
            tickets.append([f"T{i}", f"K{i % 40}", f"{day}", "material", f"{day}", "no", "", f"{day}", f"{day}"])
            surveys.append([f"K{i % 40}", f"{day}", "nps", "recommend", f"{i % 11}", f"{day}"])
    return {"customers": customers, "orders": orders, "tickets": tickets, "surveys": surveys}


def frozen(folder: Path, held: Rows, key: Path | None = None) -> Path:
    """The company's tables, under the key of another folder where one is given."""
    folder.mkdir()
    text = COMPANY
    for name, names in FIELDS.items():
        lines = [",".join(row) for row in (names, *held[name])]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        text += f'[{name}]\nfrom = "{name}.csv"\n[{name}.fields]\n' + "".join(f'{c} = "{c}"\n' for c in names)
    (folder / "company.toml").write_text(text, encoding="utf-8")
    if key:
        shutil.copytree(key / ".crmlib", folder / ".crmlib")
    ingest(load_description(folder), folder / "out", policy=Policy.model_validate({}), month=f"{DAY:%Y-%m}")
    return folder / "out" / "tables"


def orders_of(customer: str) -> Callable[[Rows], None]:
    """Orders of the day before yesterday that came in two days after the day."""
    many = [[f"N{i}", f"{customer}{i}", "2026-03-20", "900", "0", "", "2026-04-02"] for i in range(20)]
    return lambda held: held["orders"].extend(many)


def records(held: Rows) -> None:
    """Second records of persons who have one."""
    held["customers"] += [
        [f"B{i}", f"Person {i}", f"0151234{i:05}", "South", "shop", "2026-01-01", "2026-04-01"] for i in range(9)
    ]


def refunds(held: Rows) -> None:
    """Every tenth order that was kept so far is paid back after the day."""
    for row in [row for row in held["orders"] if row[4] == "0"][::10]:
        row[4:6] = ["7", "2026-04-01"]


def cases(held: Rows) -> None:
    """The cases of the last month are reopened, and one more comes in."""
    for row in held["tickets"][-3:]:
        row[5:7] = ["yes", "2026-04-03"]
    held["tickets"].append(["T999", "K3", "2026-03-30", "billing", "2026-04-02", "no", "", "2026-04-04", "2026-04-01"])


def answers(held: Rows) -> None:
    """An answer that came in late."""
    held["surveys"].append(["K3", "2026-03-30", "nps", "recommend", "0", "2026-04-01"])


LATER = {
    "orders of known customers": orders_of("K"), "orders of new customers": orders_of("A"), "records of customers": records,
    "refunds": refunds, "cases": cases, "answers": answers,
}  # fmt: skip


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return frozen(tmp_path_factory.mktemp("before") / "acme", rows())


def held(c: Company) -> dict[str, pd.DataFrame]:
    """Every table that is of the day, row by row as it is read; what ingest counts of files is of the ingest."""
    names = [f.name for f in fields(c.tables) if f.name not in {"account", "formats", "places"}]
    return {name: getattr(c.tables, name).to_pyarrow().to_pandas() for name in names}


@pytest.mark.parametrize("what", LATER)
def test_what_is_recorded_after_the_day_changes_no_table(before: Path, tmp_path: Path, what: str) -> None:
    more = rows()
    LATER[what](more)
    assert more != rows()
    after = frozen(tmp_path / "acme", more, key=before.parents[1])
    for day in (DAY, DAY - timedelta(days=60)):
        one, two = (read_company(folder, as_of=day) for folder in (before, after))
        for (name, old), new in zip(held(one).items(), held(two).values(), strict=True):
            pd.testing.assert_frame_equal(old, new, obj=f"{name} of {day}")
        told = [people.in_order(c, purchases.buyers(c)).to_pandas() for c in (one, two)]
        pd.testing.assert_frame_equal(*told)


def test_another_key_changes_names_only(before: Path, tmp_path: Path) -> None:
    other = frozen(tmp_path / "acme", rows())
    one, two = (read_company(folder, as_of=DAY) for folder in (before, other))
    names = dict(zip(*(c.tables.places.order_by("place").to_pandas()["customer_id"] for c in (one, two)), strict=True))
    assert all(a != b for a, b in names.items())
    for (name, old), new in zip(held(one).items(), held(two).values(), strict=True):
        ids = [c for c in old.columns if c in {"order_id", "ticket_id", "record_id", "record_a", "record_b"}]
        if "customer_id" in old:
            old = old.assign(customer_id=old["customer_id"].map(names))
        pd.testing.assert_frame_equal(old.drop(columns=ids), new.drop(columns=ids), obj=name)
