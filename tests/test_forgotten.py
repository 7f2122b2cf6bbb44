"""The memory of whom a company forgot: it names nobody, and what it remembers no source file brings back."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border import forgotten
from crmlib.border.company import load_description
from crmlib.border.ingest import IngestError, check, ingest
from crmlib.border.pseudonyms import PseudonymError, key, pseudonyms
from crmlib.vocabulary.policy import Policy

IDS = ("K-1", "K-11", "100", "张 伟", 'O"Neil, A')
TOML = """
name = "acme"
currency = "EUR"
[orders]
from = "orders.csv"
[orders.fields]
order_id = "no"
customer_id = "who"
ordered_at = "day"
amount = "amount"
[orders.values.customer_id]
"old-100" = "100"
[lines]
from = "lines.csv"
[lines.fields]
line_id = "line"
order_id = "no"
product = "product"
quantity = "quantity"
[customers]
from = "people.csv"
[customers.fields]
customer_id = "who"
name = "name"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Five customers with twelve orders each, of three lines; one amount and one quantity of each cannot be read."""
    who = [name for name in IDS for _ in range(12)]
    orders = pd.DataFrame({"no": [f"A{i}" for i in range(60)], "who": who})
    orders["day"] = [f"2026-{1 + i % 12:02}-28" for i in range(60)]
    orders["amount"] = [f"{10 + i}" if i % 12 else "ten" for i in range(60)]
    orders["who"] = orders["who"].where(~orders["no"].isin(["A30"]), "old-100")
    lines = pd.DataFrame({"line": [f"L{i}" for i in range(180)], "no": [f"A{i // 3}" for i in range(180)]})
    lines = lines.assign(product="tea", quantity=["1" if i % 36 else "one" for i in range(180)])
    pd.DataFrame({"who": IDS, "name": [f"Name {i}" for i in range(5)]}).to_csv(tmp_path / "people.csv", index=False)
    orders.to_csv(tmp_path / "orders.csv", index=False)
    lines.to_csv(tmp_path / "lines.csv", index=False)
    (tmp_path / "company.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def code(home: Path, name: str) -> str:
    return pseudonyms(key(home), "customer", [name])[0]


def frozen(home: Path, into: Path) -> dict[str, pd.DataFrame]:
    ingest(load_description(home), into, policy=LENIENT)
    tables = {p.stem: pd.read_parquet(p) for p in (into / "tables").glob("*.parquet")}
    return tables | {f"rejects/{p.stem}": pd.read_csv(p) for p in (into / "private" / "rejects").glob("*.csv")}


LENIENT = Policy.model_validate({"quality": {"max_reject_share": 0.5}, "privacy": {"k": 1}})


def test_rejects_say_whose_the_row_is_under_a_pseudonym(home: Path, tmp_path: Path) -> None:
    found = frozen(home, tmp_path / "out")
    assert sorted(found["rejects/orders"]["customer_id"]) == sorted(code(home, name) for name in IDS)
    assert sorted(found["rejects/lines"]["customer_id"]) == sorted(code(home, name) for name in IDS)


@pytest.mark.parametrize("name", IDS)
def test_whom_the_memory_holds_no_source_brings_back(home: Path, tmp_path: Path, name: str) -> None:
    before = frozen(home, tmp_path / "before")
    assert not check(load_description(home), LENIENT).account["filtered"].any()
    forgotten.remember(home, [code(home, name)])
    read = check(load_description(home), LENIENT)
    assert any("1 record of a forgotten customer still stands in the source files" in note for note in read.notes)
    own = read.account.set_index("table")
    assert own["filtered"].to_dict() == {"customers": 1, "orders": 12, "lines": 36}
    assert (own["read"] == own[["filtered", "repeated", "rejected", "kept"]].sum(axis=1)).all()
    after = frozen(home, tmp_path / "after")
    gone = code(home, name)
    for table in ("customers", "orders", "lines", "rejects/orders", "rejects/lines"):
        kept = before[table][before[table]["customer_id"] != gone].reset_index(drop=True)
        assert len(kept) < len(before[table])
        pd.testing.assert_frame_equal(kept, after[table], check_dtype=False)


def test_the_memory_is_private_names_nobody_and_can_let_somebody_back(home: Path) -> None:
    forgotten.remember(home, [code(home, "K-1")])
    forgotten.remember(home, [code(home, "100")])
    file = forgotten.file_of(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert not any(code(home, name) in text for name in IDS)
    assert len(json.loads(text)["forgotten"]) == 2
    everybody = [code(home, name) for name in IDS]
    assert forgotten.read(home).among(everybody) == {code(home, "K-1"), code(home, "100")}
    assert forgotten.readmit(home, [code(home, "K-1"), code(home, "K-11")]) == 1
    assert forgotten.read(home).among(everybody) == {code(home, "100")}


def test_a_memory_that_would_recognise_nobody_stops_the_review(home: Path) -> None:
    forgotten.remember(home, [code(home, "K-1")])
    (home / ".crmlib" / "key").unlink()
    with pytest.raises(IngestError, match=r"was made under another key .* restore that key"):
        check(load_description(home), LENIENT)
    forgotten.file_of(home).write_text("{", encoding="ascii")
    with pytest.raises(PseudonymError, match="cannot be read; restore it from a copy"):
        forgotten.read(home)
