"""The two real data sets of the specification; skipped where ../shared/data does not stand beside the project."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import Checked, check, ingest
from crmlib.border.propose import init
from crmlib.facts.company import read_company
from crmlib.run.recut import draft
from crmlib.vocabulary.policy import load

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (SHARED / "online_retail_ii.parquet").exists(), reason="../shared/data is not beside the project"
)
READY = ROOT / "datasets" / "companies"


def copied(name: str, folder: Path, old: str = "", new: str = "") -> Path:
    """A ready mapping in a folder of its own, so that no key is made in the project."""
    text = (READY / name / "company.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "company.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    shutil.copy(READY / name / "policy.toml", folder)
    return folder


def orders(checked: Checked) -> dict[str, object]:
    row = checked.tables.set_index("table").loc["orders"]
    assert row["read"] == row["kept"] + row["filtered"] + row["repeated"] + row["rejected"]
    return dict(row)


def test_online_retail_ii_by_its_mapping(tmp_path: Path) -> None:
    company = load_description(copied("online_retail_ii", tmp_path), data=SHARED)
    done = ingest(company, tmp_path / "out", policy=load(company.policy))
    account = done.account.set_index("table").loc["orders"]
    assert tuple(account[["read", "filtered", "repeated", "rejected", "kept"]]) == (1067371, 261822, 26124, 0, 779425)
    reasons = done.filtered[done.filtered["table"] == "orders"]
    assert dict(zip(reasons["reason"], reasons["rows"], strict=True)) == {
        "customer unknown": 243007,
        "cancellation": 18744,
        "price not positive": 71,
    }
    everything = read_company(tmp_path / "out" / "tables", as_of=date(2011, 12, 9)).tables.orders
    assert everything.count().execute() == 36969
    assert everything.customer_id.nunique().execute() == 5878
    assert Decimal(everything.amount.sum().execute()).quantize(Decimal("0.01")) == Decimal("17374804.27")
    per_customer = everything.group_by("customer_id").agg(n=everything.count())
    assert round((per_customer.n > 1).mean().execute(), 4) == 0.7239
    november = read_company(tmp_path / "out" / "tables", as_of=date(2011, 11, 30)).tables.orders
    assert (november.count().execute(), november.customer_id.nunique().execute()) == (36191, 5850)
    assert done.latest_month == "2011-11"
    assert {"tickets", "interactions", "surveys"} <= set(done.missing)


def test_online_retail_ii_with_repeated_lines_kept(tmp_path: Path) -> None:
    company = load_description(
        copied("online_retail_ii", tmp_path, 'repeats = "drop"', 'repeats = "keep"'), data=SHARED
    )
    found = orders(check(company, load(company.policy)))
    assert (found["kept"], found["rows"], found["customers"]) == (805549, 36969, 5878)
    assert Decimal(str(found["amount"])).quantize(Decimal("0.01")) == Decimal("17743429.18")


def test_the_superstore_by_its_mapping(tmp_path: Path) -> None:
    company = load_description(copied("superstore_cn", tmp_path), data=SHARED)
    done = ingest(company, tmp_path / "out", policy=load(company.policy))
    own = done.account["unmatched"].isna()
    assert list(done.account.loc[own, "kept"]) == [10000, 10000]
    joined = done.account[~own].set_index("file")
    assert (joined["read"] == joined["kept"] + joined["unmatched"]).all()
    assert set(joined.index) == {"returns.parquet", "managers.parquet"}
    tables = tmp_path / "out" / "tables"
    count = "select count(*), count(distinct {key}) from '{file}'"
    assert duckdb.sql(count.format(key="customer_id", file=tables / "customers.parquet")).fetchall() == [(790, 790)]
    assert duckdb.sql(count.format(key="order_id", file=tables / "orders.parquet")).fetchall() == [(2773, 2773)]
    sums = f"select sum(amount), count(nullif(refunded, 0)) from '{tables / 'orders.parquet'}'"
    total = duckdb.sql(sums).fetchall()[0]
    assert total == (Decimal("16117548.2370"), 296)
    assert duckdb.sql(f"select count(owner) from '{tables / 'customers.parquet'}'").fetchall() == [(790,)]
    assert done.latest_month == "2017-12"
    assert any("1407" in note for note in done.notes)


def test_init_proposes_the_superstore_rightly(tmp_path: Path) -> None:
    for name in ("orders.parquet", "returns.parquet"):
        shutil.copy(SHARED / name, tmp_path)
    init(tmp_path)
    draft(tmp_path)
    company = load_description(tmp_path)
    fields = company.sources("orders")[0].fields
    assert {f: fields[f] for f in ("order_id", "customer_id", "ordered_at", "amount")} == {
        "order_id": "订单 ID",
        "customer_id": "客户 ID",
        "ordered_at": "订单日期",
        "amount": "销售额",
    }
    found = orders(check(company, load(company.policy)))
    assert (found["customers"], found["rows"], str(found["amount"])) == (790, 2773, "16117548.2370")
