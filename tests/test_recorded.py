"""What was recorded after the day, or under another key, changes nothing: the tables of a small company, frozen twice."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import Company, read_company
from crmlib.show.findings import FINDINGS_MIME
from crmlib.teaching.defects import Defects, late
from crmlib.teaching.files import write_source
from crmlib.teaching.sources import sources
from crmlib.teaching.world import ALL, tables, world
from crmlib.vocabulary.accounting import BESIDE
from crmlib.vocabulary.policy import Policy, load
from crmlib.vocabulary.schema import TABLES
from tests.test_golden import BY_LOT
from tests.test_thin_companies import ROOT, code, run

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


NAMED = Policy.model_validate({"privacy": {"k": 1}})
"""Every word is named: whether one is hangs on who holds it by the time of freezing."""


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
    ingest(load_description(folder), folder / "out", policy=NAMED, month=f"{DAY:%Y-%m}")
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
    names = [name for name in (*TABLES, *BESIDE) if name not in {"account", "formats"}]
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


def test_another_key_changes_names_only(before: Path, tmp_path: Path) -> None:
    other = frozen(tmp_path / "acme", rows())
    one, two = (read_company(folder, as_of=DAY) for folder in (before, other))
    customers = [c.tables.customers.to_pandas()["customer_id"] for c in (one, two)]
    names = dict(zip(*customers, strict=True))
    assert all(a != b for a, b in names.items())
    for (name, old), new in zip(held(one).items(), held(two).values(), strict=True):
        numbers = {c.name for table in TABLES.values() for c in table.columns if c.of not in ("", "customer", "owner")}
        ids = [c for c in old.columns if c in numbers | {"record_id", "record_a", "record_b"}]
        if "customer_id" in old:
            old = old.assign(customer_id=old["customer_id"].map(names))
        pd.testing.assert_frame_equal(old.drop(columns=ids), new.drop(columns=ids), obj=name)


CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
OF_THE_FILES = {"rejected_share", "columns_in_several_formats"}
"""Figures of what ingest counted in the files as they are."""


def exported(held: dict[str, pd.DataFrame], folder: Path, key: Path | None = None) -> Path:
    """The teaching company's tables, as its systems export them and the border freezes them for September."""
    folder.mkdir()
    for name, frame in sources(held).items():
        write_source(folder, name, frame)
    for name in ("company.toml", "policy.toml"):
        shutil.copy(ROOT / "datasets" / "teaching" / name, folder)
    if key:
        shutil.copytree(key / ".crmlib", folder / ".crmlib")
    described = load_description(folder)
    ingest(described, folder, policy=load(described.policy), month="2026-09")
    return folder / "tables"


def by_then(held: dict[str, pd.DataFrame], end: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """What the systems would have exported at `end`."""
    then = {}
    for name, frame in held.items():
        table = TABLES[name]
        came = frame[[c for c in (table.time, "recorded_at") if c in frame]].max(axis=1)
        kept = frame[came < end].reset_index(drop=True)
        for value, since in table.dated:
            if {value, since} <= {*kept}:
                late = kept[since] >= end
                kept[value] = kept[value].astype(object).mask(late, table[value].not_yet).astype(kept[value].dtype)
        for name_of in table.later:
            if name_of != "updated_at" and name_of in kept:
                kept[name_of] = kept[name_of].mask(kept[name_of] >= end)
        then[name] = kept
    return then


@pytest.fixture(scope="module")
def september(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One September three times: with what came in October, without it, and under another key."""
    home = tmp_path_factory.mktemp("september")
    whole = tables(world(600, 5, ALL), ALL)
    late(whole, Defects(5))
    with_october = exported(whole, home / "october")
    then = by_then(whole, pd.Timestamp("2026-10-01"))
    assert sum(map(len, then.values())) < sum(map(len, whole.values()))
    without = exported(then, home / "september", key=home / "october")
    return {"october": with_october, "september": without, "key": exported(whole, home / "key")}


def figures(folder: Path, chapter: Path, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The findings of a chapter run on frozen tables, to twelve digits."""
    given = {
        "tables": str(folder),
        "as_of": "2026-09-30",
        "policy": str(folder.parent / "policy.toml"),
        "language": "en",
    }
    shown = run(code(chapter), monkeypatch, **given)
    rows = [row for bundles in shown.values() for b in bundles for row in b.get(FINDINGS_MIME, [])]
    numbers = ("value", "low", "high", "n")
    return {
        (row["kpi"], row["segment"]): (
            *(f"{row[k]:.11e}" if row[k] is not None else "" for k in numbers),
            row["without"],
        )
        for row in rows
    }


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_neither_what_came_later_nor_the_key_changes_a_figure(
    september: dict[str, Path], chapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, then, other = (figures(september[which], chapter, monkeypatch) for which in ("october", "september", "key"))
    assert len(whole) > 10
    assert {k: v for k, v in whole.items() if k[0] not in OF_THE_FILES} == {
        k: v for k, v in then.items() if k[0] not in OF_THE_FILES
    }
    assert {k: v for k, v in whole.items() if k[0] not in BY_LOT} == {
        k: v for k, v in other.items() if k[0] not in BY_LOT
    }
