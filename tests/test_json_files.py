"""JSON exports: an object a line, or one list of objects; every line ends in the account."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.border.company import load_description
from crmlib.border.encodings import SourceError
from crmlib.border.ingest import check
from crmlib.border.jsonfiles import MOST, json_rows
from crmlib.border.propose import init
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
ORDERS: list[dict[str, Any]] = [
    {
        "order": {"id": f"A{i:04}", "total": 10.5 + i},
        "customer_id": f"c{i % 70}",
        "created_at": f"2026-0{1 + i % 6}-{1 + i % 28:02}T10:00:00Z",
        "gift": i % 2 == 0,
        "tags": ["a", "b"],
        "note": None,
    }
    for i in range(300)
]


def written(path: Path, text: str) -> Path:
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def lines(rows: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(row) for row in rows) + "\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("orders.jsonl", lines(ORDERS)),
        ("orders.ndjson.gz", lines(ORDERS)),
        ("orders.json", json.dumps(ORDERS, indent=2)),
        ("orders.json", json.dumps({"page": 1, "data": ORDERS})),
    ],
)
def test_a_folder_of_json_is_drafted_and_every_row_is_used(tmp_path: Path, name: str, text: str) -> None:
    written(tmp_path / name, text)
    proposal = init(tmp_path)
    chosen = {row.field: row.column for row in proposal.lines.query("table == 'orders'").itertuples()}
    assert {
        "order_id": "order.id",
        "customer_id": "customer_id",
        "ordered_at": "created_at",
        "amount": "order.total",
    }.items() <= chosen.items()
    checked = check(load_description(tmp_path), POLICY)
    told = checked.tables.query("table == 'orders'").iloc[0]
    assert (told["rows"], told["customers"], checked.stops) == (300, 70, "")
    assert told["amount"] == sum(Decimal(str(row["order"]["total"])) for row in ORDERS)


def test_a_line_that_is_torn_is_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    written(tmp_path / "orders.jsonl", lines(ORDERS)[:-30] + '\n[1, 2]\n"text"\n')
    init(tmp_path)
    told = check(load_description(tmp_path), POLICY).tables.query("table == 'orders'").iloc[0]
    assert (told["read"], told["kept"], told["rejected"]) == (302, 299, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2, 3]", "no table stands here"),
        ("{}", "no table stands here"),
        ("[" * 100_000, "no table stands here"),
        ("[{}", "no table stands here"),
        (json.dumps({"a": [{"x": 1}], "b": [{"y": 1}]}, indent=1), "several lists stand here (a, b)"),
        (f"{json.dumps({f'c{i}': {'n': 1} for i in range(MOST + 1)})}\n" * 2, "different names"),
        ('{"name": "settings", "version": 1}', "no table stands here"),
        ("\x00\x01", "no table stands here"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path / "x.json", text)
    with pytest.raises(SourceError) as refused:
        list(json_rows(path))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)


def test_another_encoding_is_named_or_read_as_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes('{"name": "客户"}'.encode("gb18030"))
    with pytest.raises(SourceError, match="encoding"):
        list(json_rows(path))
    assert [*json_rows(path, "gb18030")][1] == (1, ["客户"])


VALUES = (
    st.none()
    | st.booleans()
    | st.text(max_size=5)
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1), min_size=1, max_size=6)


@given(OBJECTS)
def test_lines_and_a_list_say_the_same(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    folder = tmp_path_factory.mktemp("json")
    by_line = [*json_rows(written(folder / "x.jsonl", lines(rows)))]
    assert by_line == [*json_rows(written(folder / "x.json", json.dumps(rows)))]
    (_line, names), cells = by_line[0], by_line[1:]
    for (_n, told), row in zip(cells, rows, strict=True):
        assert {n: v for n, v in zip(names, told, strict=True) if v is not None} == {
            k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in row.items() if v is not None
        }
