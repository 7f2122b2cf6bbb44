"""Workbooks, Parquet files and databases: types, damage, passwords, charts, formulas."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.hostile.case import HEAD, Case, Row, company

ROWS: list[Row] = [
    ("1", "a", "2026-01-05", "12.5"),
    ("2", "b", "2026-01-06", "1234"),
    ("3", "c", "2026-02-07", "0.125"),
]
CELLS: list[list[Any]] = [
    [1, "a", datetime(2026, 1, 5), 12.5],
    [2.0, "b", date(2026, 1, 6), 1234],
    ["3", "c", "2026-02-07", 0.125],
]


def _book(
    change: Callable[[Workbook, Any], object] = lambda _book, _page: None, cells: list[list[Any]] = CELLS, **more: str
) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        book = Workbook()
        page = book.active
        page.title = "Orders"
        page.append(list(HEAD))
        for row in cells:
            page.append(row)
        change(book, page)
        book.save(folder / "orders.xlsx")
        company(folder, "orders.xlsx", **more)

    return make


def _chart(book: Workbook, page: Any, at: int = 0) -> None:
    chart = BarChart()
    chart.add_data(Reference(page, min_col=4, min_row=1, max_row=4), titles_from_data=True)
    book.create_chartsheet("Chart", at).add_chart(chart)


def cases() -> Iterator[Case]:
    """All cases of workbooks, Parquet files and databases."""
    yield from _books()
    yield from _formulas()
    yield from _damaged()
    yield from _parquet()
    yield from _databases()


def _books() -> Iterator[Case]:
    def from_1904(book: Workbook, _page: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    yield Case("book-plain", _book(), rows=ROWS, read=3)
    yield Case("book-1904-days", _book(from_1904), rows=ROWS)
    serials = [[1, "a", 44565, 12.5], [2, "b", 44566, 1234], [3, "c", 44598, 0.125]]
    yield Case("book-1904-serials", _book(from_1904, serials), rows=ROWS)
    yield Case(
        "book-1900-serials", _book(cells=[[n, who, day + 1462, paid] for n, who, day, paid in serials]), rows=ROWS
    )
    yield Case(
        "book-serials-with-time",
        _book(cells=[[1, "a", 46027.5, 12.5]]),
        rows=[("1", "a", "2026-01-05 12:00:00", "12.5")],
    )
    yield Case(
        "book-numbers-of-three-decimals",
        _book(cells=[[1, "a", "2026-01-05", 1.234]]),
        rows=[("1", "a", "2026-01-05", "1.234")],
    )
    yield Case(
        "book-text-of-three-decimals",
        _book(cells=[[1, "a", "2026-01-05", "1.234"], [2, "b", "2026-01-06", 7]]),
        2,
        ("1.234 / 1234",),
    )
    yield Case("book-german-text", _book(cells=[[1, "a", "05.01.2026", "12,50"], [2, "b", "6.1.2026", "1.234"]]), rows=[("1", "a", "2026-01-05", "12.5"), ("2", "b", "2026-01-06", "1234")])  # fmt: skip
    yield Case("book-gaps", _book(lambda _b, p: p.append([]) or p.append([]) or p.append([4, "d", "2026-02-08", 1])), rows=[*ROWS, ("4", "d", "2026-02-08", "1")], read=4)  # fmt: skip
    yield Case(
        "book-beside",
        _book(lambda _b, p: p.cell(3, 9, "a remark")),
        2,
        ("9 cells|no column|1 of 3",),
        rows=ROWS,
        whole=False,
    )
    yield Case("book-titles", _book(lambda _b, p: p.insert_rows(1, 2) or p.cell(1, 1, "Sales of 2026")), words=("above the heading",), rows=ROWS, read=3)  # fmt: skip
    yield Case(
        "book-title-merged",
        _book(lambda _b, p: p.insert_rows(1) or (p.cell(1, 1, "Sales") and p.merge_cells("A1:D1"))),
        rows=ROWS,
        read=3,
    )
    yield Case(
        "book-hidden-sheet", _book(lambda b, p: setattr(b.create_sheet("Other"), "sheet_state", "hidden")), rows=ROWS
    )
    yield Case("book-chart-first", _book(_chart), rows=ROWS)
    yield Case("book-chart-named", _book(_chart, more='sheet = "Chart"'), 2, ("holds a chart", "Orders"))
    yield Case("book-charts-only", _book(lambda b, p: (_chart(b, p), b.remove(p))), 2, ("charts only|damaged",))
    yield Case("book-sheet-mistyped", _book(more='sheet = "Order"'), 2, ("did you mean 'Orders'",))
    yield Case("book-sheet-empty", _book(lambda b, p: b.create_sheet("Empty", 0)), 2, ("empty",))
    yield Case(
        "book-errors", _book(cells=[*CELLS, [4, "d", "2026-02-08", "#DIV/0!"]]), 2, ("orders.xlsx:5",), rows=ROWS
    )
    yield Case(
        "book-flags", _book(cells=[*CELLS, [4, True, "2026-02-08", 1]]), rows=[*ROWS, ("4", "True", "2026-02-08", "1")]
    )
    yield Case("book-long-number", _book(cells=[[123456789012345, "a", "2026-01-05", 1e15]]), rows=[("123456789012345", "a", "2026-01-05", "1E+15")], whole=False, exit=2)  # fmt: skip
    for name, content in (
        (
            "password",
            bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 4088 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 4000,
        ),
        ("old", bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 4088 + "Workbook".encode("utf-16-le") + b"\0" * 4000),
    ):

        def make(folder: Path, content: bytes = content) -> None:
            (folder / "orders.xlsx").write_bytes(content)
            company(folder, "orders.xlsx")

        yield Case(f"book-{name}", make, 2, ("password",))


def _formulas() -> Iterator[Case]:
    yield Case("formula-uncomputed", _book(cells=[[1, "a", "2026-01-05", "=1+1"], [2, "b", "2026-01-06", "=A1"]]), 2, ("cell D2", "'Amount'", "2 formulas", "Excel"))  # fmt: skip
    yield Case(
        "formula-in-an-expression",
        _book(cells=[[1, "a", "2026-01-05", "=1+1"]], fields={"amount": 'number("Amount") * 2'}),
        2,
        ("cell D2",),
    )
    yield Case("formula-not-needed", _book(lambda _b, p: p.cell(1, 5, "Total") and p.cell(2, 5, "=D2*2")), rows=ROWS)

    def computed(folder: Path) -> None:
        _book(cells=[[1, "a", "2026-01-05", "=10+2.5"]])(folder)
        _changed(folder, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v></v>", b"<v>12.5</v>").replace(b"<v />", b"<v>12.5</v>").replace(b"<v/>", b"<v>12.5</v>"))  # fmt: skip

    yield Case("formula-computed", computed, rows=ROWS[:1])


def _changed(folder: Path, part: str, change: Callable[[bytes], bytes], file: str = "orders.xlsx") -> None:
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(folder / file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(folder / file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(content) if name == part else content)


def _damaged() -> Iterator[Case]:
    sheet = "xl/worksheets/sheet1.xml"
    many = [[i, f"c{i}", "2026-01-05", 1.5] for i in range(400)]
    damages: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
        "sheet-cut": (sheet, lambda xml: xml[: len(xml) // 2]),
        "sheet-empty": (sheet, lambda _xml: b""),
        "sheet-no-xml": (sheet, lambda _xml: b"\x00\x01 nothing"),
        "sheet-tag-lost": (sheet, lambda xml: xml.replace(b"</row>", b"", 1)),
        "workbook-cut": ("xl/workbook.xml", lambda xml: xml[:60]),
        "styles-cut": ("xl/styles.xml", lambda xml: xml[:80]),
        "rels-empty": ("xl/_rels/workbook.xml.rels", lambda _xml: b""),
        "types-empty": ("[Content_Types].xml", lambda _xml: b""),
        "bomb": (sheet, lambda _xml: b"<worksheet>" + b" " * (300 << 20)),
    }
    for name, (part, change) in damages.items():

        def make(folder: Path, part: str = part, change: Callable[[bytes], bytes] = change) -> None:
            _book(cells=many)(folder)
            _changed(folder, part, change)

        yield Case(f"damaged-{name}", make, 2, ("orders.xlsx",))
    cuts: dict[str, Callable[[bytes], bytes]] = {
        "half": lambda raw: raw[: len(raw) // 2],
        "bytes": lambda raw: raw[: len(raw) // 3] + bytes(b ^ 0x55 for b in raw[len(raw) // 3 : -400]) + raw[-400:],
        "text": lambda _raw: b"no workbook",
        "zip-of-nothing": lambda _raw: b"PK\x05\x06" + b"\0" * 18,
    }
    for name, cut in cuts.items():

        def make_cut(folder: Path, cut: Callable[[bytes], bytes] = cut) -> None:
            _book(cells=many)(folder)
            (folder / "orders.xlsx").write_bytes(cut((folder / "orders.xlsx").read_bytes()))

        yield Case(f"damaged-file-{name}", make_cut, 2, ("orders.xlsx",))


_TYPES = {
    "text": ("'1.5'", "'2026-01-05'", "'1'"),
    "double": ("1.5::double", "date '2026-01-05'", "1::bigint"),
    "float": ("1.5::float", "timestamp '2026-01-05 00:00:00'", "1.0::double"),
    "decimal": ("1.5::decimal(9,2)", "timestamp '2026-01-05 00:00:00'::timestamp_ms", "1::utinyint"),
    "zone": ("1.5::double", "timestamptz '2026-01-04 23:00:00+00'", "'1'"),
    "nano": ("1.5::double", "timestamp_ns '2026-01-05 00:00:00'", "1::hugeint"),
    "blob": ("1.5::double", "date '2026-01-05'", "'1'::blob"),
}


def _parquet() -> Iterator[Case]:
    for name, (amount, day, no) in _TYPES.items():

        def make(
            folder: Path, columns: str = f'{no} as "No", \'a\' as "Customer", {day} as "Date", {amount} as "Amount"'
        ) -> None:
            duckdb.execute(f"copy (select {columns}) to '{folder}/orders.parquet'")
            company(folder, "orders.parquet")

        yield Case(f"parquet-{name}", make, rows=[("1", "a", "2026-01-05", "1.5")], read=1)
    for name, amount, says in (
        ("list", "[1.5]", "amount|number"), ("struct", "{'a': 1.5}", "amount|number"), ("map", "map {'a': 1.5}", "amount|number"),
        ("nan", "'nan'::double", "number|empty|value"), ("infinite", "'inf'::double", "number"), ("null", "null::double", "empty|value"),
    ):  # fmt: skip

        def make_odd(folder: Path, amount: str = amount) -> None:
            duckdb.execute(
                f"copy (select '1' as \"No\", 'a' as \"Customer\", date '2026-01-05' as \"Date\", {amount} as \"Amount\") to '{folder}/orders.parquet'"
            )
            company(folder, "orders.parquet")

        yield Case(f"parquet-amount-{name}", make_odd, 2, ("orders.parquet", says))

    def zero(folder: Path) -> None:
        duckdb.execute(f"copy (select * from (select '1' as \"No\", 'a' as \"Customer\", '2026-01-05' as \"Date\", '1' as \"Amount\") where false) to '{folder}/orders.parquet'")  # fmt: skip
        company(folder, "orders.parquet")

    yield Case("parquet-no-rows", zero, 2, ("orders.parquet", "no row"))
    for at in (0.0, 0.02, 0.2, 0.5, 0.8, 0.97, 0.999):

        def make_damaged(folder: Path, at: float = at) -> None:
            path = folder / "orders.parquet"
            duckdb.execute(
                f'copy (select i::varchar as "No", \'c\' || i % 97 as "Customer", \'2026-01-05\' as "Date", (i % 89 + 0.5)::varchar as "Amount", '
                f"md5(i::varchar) as \"Note\" from range(40000) r(i)) to '{path}'"
            )
            raw = bytearray(path.read_bytes())
            begin = min(int(len(raw) * at), len(raw) - 64)
            for i in range(begin, begin + 64):
                raw[i] ^= 0x5A
            path.write_bytes(raw)
            company(folder, "orders.parquet", fields={"category": "Note"})

        yield Case(f"parquet-damaged-{at:g}", make_damaged, 2, ("orders.parquet",))
    for name, change in (
        ("text", lambda _raw: b"no parquet"),
        ("cut", lambda raw: raw[: len(raw) // 2]),
        ("head-only", lambda raw: raw[:4]),
    ):

        def make_cut(folder: Path, change: Callable[[bytes], bytes] = change) -> None:
            duckdb.execute(f"copy (select 1 as \"No\") to '{folder}/orders.parquet'")
            (folder / "orders.parquet").write_bytes(change((folder / "orders.parquet").read_bytes()))
            company(folder, "orders.parquet")

        yield Case(f"parquet-broken-{name}", make_cut, 2, ("not a readable Parquet file",))


def _databases() -> Iterator[Case]:
    def shop(
        folder: Path, more: str = 'table = "orders"', amount: str = "12.5", url: str = "sqlite:///shop.db"
    ) -> None:
        with sqlite3.connect(folder / "shop.db") as base:
            base.execute('create table orders ("No" integer, "Customer" text, "Date" text, "Amount")')
            base.execute(f"insert into orders values (1, 'a', '2026-01-05', {amount})")
        base.close()
        company(folder, url, more)

    yield Case("sqlite", shop, rows=[("1", "a", "2026-01-05", "12.5")])
    yield Case(
        "sqlite-number-of-three-decimals", lambda f: shop(f, amount="1.234"), rows=[("1", "a", "2026-01-05", "1.234")]
    )
    yield Case("sqlite-text-of-three-decimals", lambda f: shop(f, amount="'1.234'"), 2, ("1.234 / 1234",))
    yield Case("sqlite-no-table", lambda f: shop(f, 'table = "order"'), 2, ("did you mean 'orders'",))
    yield Case("sqlite-table-unsaid", lambda f: shop(f, ""), 2, ("there are: orders",))
    yield Case("sqlite-table-injected", lambda f: shop(f, 'table = "orders; drop table orders"'), 2, ("no table",))
    yield Case("sqlite-no-file", lambda f: shop(f, url="sqlite:///shp.db"), 2, ("did you mean 'shop.db'",))

    def no_base(folder: Path) -> None:
        (folder / "shop.db").write_text("no database at all, but text of some length", encoding="utf-8")
        company(folder, "sqlite:///shop.db", 'table = "orders"')

    yield Case("sqlite-text", no_base, 2, ("shop.db",))
    yield Case(
        "duckdb-text",
        lambda f: (no_base(f), company(f, "duckdb:///shop.db", 'table = "orders"')),
        2,
        ("shop.db", "does not answer"),
    )
    for url in ("mysql://x/y", "http://127.0.0.1:9/orders.csv", "s3://bucket/orders.parquet", "file:///etc/hosts.csv"):
        yield Case(f"url-{url.split(':')[0]}", lambda f, url=url: company(f, url), 2, ("company.toml|no such file",))
    yield Case(
        "postgres-silent",
        lambda f: company(f, "postgresql://u:secret@127.0.0.1:1/shop", 'table = "orders"'),
        2,
        ("does not answer",),
    )
