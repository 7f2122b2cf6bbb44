import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest
from openpyxl import Workbook

from crmlib.border.company import Place
from crmlib.border.encodings import detected
from crmlib.border.locked import connect
from crmlib.border.sources import SourceError, load
from tests.postgres import MissingError, server

TEXT = "客户,金额\n张伟,1\n李娜,2\n"


def rows(folder: Path, origin: str, **more: str) -> list[tuple[object, ...]]:
    engine = connect(folder.glob("*.parquet"))
    loaded = load(engine, Place(origin=origin, **more), folder, "t")
    columns = ", ".join(f'"{c}"' for c in loaded.columns)
    return engine.execute(f"select __file, __line, __fault, {columns} from t order by 1, 2").fetchall()


def refused(folder: Path, origin: str, **more: str) -> str:
    with pytest.raises(SourceError) as raised:
        rows(folder, origin, **more)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_each_encoding_is_detected(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(TEXT.encode(encoding))
    assert rows(tmp_path, "a.csv") == [(0, 2, None, "张伟", "1"), (0, 3, None, "李娜", "2")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_detected_also_gzipped(tmp_path: Path, delimiter: str) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wb") as out:
        out.write(TEXT.replace(",", delimiter).encode())
    assert rows(tmp_path, "a.csv.gz") == [(0, 2, None, "张伟", "1"), (0, 3, None, "李娜", "2")]


def test_latin_text_is_not_taken_for_chinese(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name,city\nRené,Köln\nZoë,Århus\n".encode("cp1252"))
    assert "line 2" in refused(tmp_path, "a.csv")
    assert "encoding" in refused(tmp_path, "a.csv")
    assert rows(tmp_path, "a.csv", encoding="cp1252")[0][3:] == ("René", "Köln")


def test_a_wrong_named_encoding_gives_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(TEXT.encode("gb18030"))
    assert "line 1 is not valid utf-8" in refused(tmp_path, "a.csv", encoding="utf-8")
    assert "not known" in refused(tmp_path, "a.csv", encoding="klingon")


def test_lines_are_those_of_the_file_also_with_breaks_inside_cells_and_blank_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b\n1,"x\ny"\n\n2,z\n3\n4,5,6\n', encoding="utf-8")
    assert rows(tmp_path, "a.csv") == [
        (0, 2, None, "1", "x\ny"),
        (0, 5, None, "2", "z"),
        (0, 6, "1 cells, 2 headings", "3", None),
        (0, 7, "3 cells, 2 headings", "4", "5"),
    ]


def test_an_open_quotation_mark_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b\n1,2\n3,"4\n5,6\n', encoding="utf-8")
    assert "line 3: a quotation mark is opened" in refused(tmp_path, "a.csv")


def test_a_glob_reads_files_in_name_order_and_columns_by_name(tmp_path: Path) -> None:
    (tmp_path / "o-2.csv").write_text("b,a\n3,4\n", encoding="utf-8")
    (tmp_path / "o-1.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert rows(tmp_path, "o-*.csv") == [(0, 2, None, "1", "2"), (1, 2, None, "4", "3")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("a,A,a [1]\n1,2,3\n", "two headings are called the same"),
        ("__line,a\n1,2\n", "two underscores"),
    ],
)
def test_a_hostile_heading_is_one_line(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    assert says in refused(tmp_path, "a.csv")
    assert "a.csv" in refused(tmp_path, "a.csv")


def test_missing_things_name_the_closest(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("a\n1\n", encoding="utf-8")
    assert "did you mean 'orders.csv'" in refused(tmp_path, "order.csv")
    assert "no such data folder" in refused(tmp_path / "nowhere", "orders.csv")
    (tmp_path / "a.xls").write_text("x", encoding="utf-8")
    assert "save it as CSV" in refused(tmp_path, "a.xls")
    (tmp_path / "a.parquet").write_text("x", encoding="utf-8")
    assert "not a readable Parquet" in refused(tmp_path, "a.parquet")
    (tmp_path / "a.xlsx").write_text("x", encoding="utf-8")
    assert "not a readable XLSX" in refused(tmp_path, "a.xlsx")
    (tmp_path / "a.csv.gz").write_text("x", encoding="utf-8")
    assert "cannot be read" in refused(tmp_path, "a.csv.gz")


def test_xlsx_keeps_ids_dates_and_lines_and_names_the_sheets(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    page.title = "订单"
    page.append(["编号", "日期", "金额"])
    page.append([1001.0, pd.Timestamp("2026-10-31 08:30"), 12.5])
    page.append([])
    page.append([1002, 46326, "x"])
    book.save(tmp_path / "a.xlsx")
    expected = [(0, 2, None, "1001", "2026-10-31 08:30:00", "12.5"), (0, 4, None, "1002", "46326", "x")]
    assert rows(tmp_path, "a.xlsx") == expected
    assert rows(tmp_path, "a.xlsx", sheet="订单") == expected
    assert "no sheet '订但'; did you mean '订单'?" in refused(tmp_path, "a.xlsx", sheet="订但")


def test_sqlite_and_duckdb_are_read_by_url(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute('create table orders (id integer, "客户 ID" text, total real)')
        shop.execute("insert into orders values (1, '张', 2.5), (2, '李', 'not a number')")
    shop.close()
    assert rows(tmp_path, "sqlite:///shop.db", table="orders") == [
        (0, 1, None, "1", "张", "2.5"),
        (0, 2, None, "2", "李", "not a number"),
    ]
    with duckdb.connect(tmp_path / "shop.duckdb") as other:
        other.execute("create table orders as select 1 as id, 2.5::double as total")
    assert rows(tmp_path, "duckdb:///shop.duckdb", table="orders") == [(0, 1, None, 1, 2.5)]
    assert "did you mean 'orders'" in refused(tmp_path, "sqlite:///shop.db", table="order")
    assert "no such database file" in refused(tmp_path, "sqlite:///shp.db", table="orders")


def test_a_database_that_does_not_answer_is_one_line_without_its_password(tmp_path: Path) -> None:
    message = refused(tmp_path, "postgresql://anna:secret@127.0.0.1:1/shop", table="orders")
    assert "does not answer" in message
    assert "secret" not in message


@pytest.fixture
def postgres() -> Iterator[str]:
    try:
        with server() as url:
            yield url
    except MissingError as lacking:
        pytest.skip(str(lacking))


def test_postgresql_is_read_by_url(tmp_path: Path, postgres: str) -> None:
    with psycopg.connect(postgres) as there:
        there.execute('create table orders (id int, "客户 ID" text, total numeric(10,2), at timestamptz)')
        there.execute("insert into orders values (1, '张', 2.50, '2026-10-31T20:00:00+00:00')")
    engine = connect()
    loaded = load(engine, Place(origin=postgres, table="orders"), tmp_path, "t")
    assert loaded.columns == ("id", "客户 ID", "total", "at")
    read = engine.execute(
        'select id, "客户 ID", cast(total as varchar), timezone(\'Asia/Shanghai\', "at") from t'
    ).fetchall()
    assert read[0][:3] == (1, "张", "2.50")
    assert str(read[0][3]) == "2026-11-01 04:00:00"
    assert "did you mean 'orders'" in refused(tmp_path, postgres, table="ordrs")


def test_an_encoding_that_is_for_certain_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n")
    assert detected(tmp_path / "a.csv") == "utf-8-sig"


@pytest.mark.parametrize("pattern", [".", "**orders.csv"])
def test_what_is_no_pattern_of_files_is_one_line(tmp_path: Path, pattern: str) -> None:
    assert "neither a file nor a pattern" in refused(tmp_path, pattern)


def test_utf_16_without_its_mark_is_told_and_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("No,Customer\n1,a\n".encode("utf-16-le"))
    assert 'encoding = "utf-16-le"' in refused(tmp_path, "a.csv")
    assert rows(tmp_path, "a.csv", encoding="utf-16-le")
