"""Columns: amounts, days and keys that can be read in more than one way, and those that cannot be read at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.hostile.case import HEAD, Case, Row, company


def _made(rows: list[tuple[str, str, str, str]], more: str = "", currency: str = "EUR", **also: str) -> Case.make:  # type: ignore[name-defined,valid-type]
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n").writerows([HEAD, *rows])

    def make(folder: Path) -> None:
        (folder / "orders.csv").write_text(out.getvalue(), encoding="utf-8")
        company(
            folder,
            "orders.csv",
            more,
            head=f'name = "shop"\ncurrency = "{currency}"\ntime_zone = "Europe/Berlin"\n',
            **also,
        )  # type: ignore[arg-type]

    return make


def _amounts(
    name: str,
    cells: list[str],
    meant: list[str | None],
    more: str = "",
    currency: str = "EUR",
    words: tuple[str, ...] = (),
) -> Case:
    rows = [(str(i), "c", "2026-01-05", cell) for i, cell in enumerate(cells)]
    true: list[Row] = [(str(i), "c", "2026-01-05", m) for i, m in enumerate(meant) if m is not None]
    return Case(f"amount-{name}", _made(rows, more, currency), 2 if None in meant else 0, words, true, read=len(cells))


def _days(name: str, cells: list[str], meant: list[str | None], more: str = "", words: tuple[str, ...] = ()) -> Case:
    rows = [(str(i), "c", cell, "1") for i, cell in enumerate(cells)]
    true: list[Row] = [(str(i), "c", m, "1") for i, m in enumerate(meant) if m is not None]
    return Case(f"day-{name}", _made(rows, more), 2 if None in meant else 0, words, true, read=len(cells))


def _keys(name: str, cells: list[str], meant: list[str]) -> Case:
    rows = [(str(i), cell, "2026-01-05", "1") for i, cell in enumerate(cells)]
    return Case(f"key-{name}", _made(rows), rows=[(str(i), m, "2026-01-05", "1") for i, m in enumerate(meant)])


def cases() -> Iterator[Case]:
    """All cases of columns."""
    yield from _of_amounts()
    yield from _of_days()
    yield from _of_keys()


def _of_amounts() -> Iterator[Case]:
    both = ("1.234 / 1234",)
    yield _amounts("dot-thousands-alone", ["1.234", "950"], [None, "950"], words=both)
    yield _amounts("comma-thousands-alone", ["1,234", "950"], [None, "950"], words=both)
    yield _amounts("dot-thousands-with-comma", ["1.234", "950,50"], ["1234", "950.5"])
    yield _amounts("comma-thousands-with-dot", ["1,234", "950.50"], ["1234", "950.5"])
    yield _amounts("millions-with-dots", ["1.234", "1.234.567"], ["1234", "1234567"])
    yield _amounts("millions-with-commas", ["1,234", "1,234,567"], ["1234", "1234567"])
    yield _amounts("three-decimals-with-zero", ["1.234", "0.500"], ["1.234", "0.5"])
    yield _amounts("three-decimals-of-thousands", ["1.234", "1234.567"], ["1.234", "1234.567"])
    yield _amounts("three-comma-decimals-with-zero", ["1,234", "0,500"], ["1.234", "0.5"])
    yield _amounts("contradiction", ["1.234", "1,5", "1.5"], [None, None, "1.5"], words=both)
    slip = _amounts("a-slip-in-two-hundred", ["1.234", "2,5", *["1.5"] * 200], ["1.234", None, *["1.5"] * 200])
    yield replace(slip, exit=0, words=("decimal sign",))
    yield _amounts("said-dot", ["1.234", "950"], ["1.234", "950"], 'decimal = "."')
    yield _amounts("said-comma", ["1.234", "950"], ["1234", "950"], 'decimal = ","')
    yield _amounts("said-comma-against-dots", ["12.50", "950"], [None, "950"], 'decimal = ","')
    yield _amounts("wide-alone", ["１.２３４", "９５０"], [None, "950"], words=both)
    yield _amounts("wide", ["１２．５", "９５０"], ["12.5", "950"])
    yield _amounts("spaces", ["1 234,50", "1\u00a0234,5", "1\u202f234,5", "1'234,5", "12"], ["1234.5"] * 4 + ["12"])
    yield _amounts("apostrophes", ["1'234.50", "12"], ["1234.5", "12"])
    yield _amounts("signs", ["-12.5", "12.5-", "(12.5)", "+12.5", "−12.5"], ["-12.5", "-12.5", "-12.5", "12.5", None])
    yield _amounts("currency", ["€ 12,50", "12,50 €", "EUR 12,50", "12,50 EUR"], ["12.5"] * 4)
    yield _amounts(
        "other-currency", ["€ 12.50", "$ 12.50", "12.50 USD", "£1"], ["12.5", None, None, None], words=("currency",)
    )
    yield _amounts(
        "yuan", ["¥1,234.50", "￥12", "5元", "RMB 7", "CNY8"], ["1234.5", "12", "5", "7", "8"], currency="CNY"
    )
    yield _amounts("yen-of-thousands", ["¥1,234", "¥950"], [None, "950"], currency="JPY", words=both)
    yield _amounts("scientific", ["1.5e3", "2E2", "1e-2"], ["1500", "200", "0.01"])
    yield _amounts("nothing", ["-", "n/a", "NULL", "", "无", "1"], [None] * 5 + ["1"])
    yield _amounts(
        "words", ["abc", "12 apples", "1.2.3", "1,2,3", "1..2", "0x10", "1/2", "12%", "1"], [None] * 8 + ["1"]
    )
    yield _amounts("infinite", ["inf", "nan", "1e999", "1"], [None] * 3 + ["1"])
    yield _amounts("beyond", ["99999999999999999999", "1"], [None, "1"])
    yield _amounts("formula", ["=1+1", "1"], [None, "1"])
    yield _amounts("made-safe", ["'-5", "'+7", "1"], ["-5", "7", "1"])
    yield _amounts("arabic-digits", ["١٢٣", "1"], [None, "1"])
    yield _amounts("groups-of-four", ["1,2345", "12,3456.7", "1"], ["1.2345", None, "1"])
    yield _amounts("indian-groups", ["1,00,000.50", "1.5"], [None, "1.5"])
    said = _made([("1", "c", "2026-01-05", "1.234")], fields={"amount": "number(Amount)"})
    yield Case("amount-in-an-expression", said, 2, ("orders.fields.amount", "1.234 / 1234"))


def _of_days() -> Iterator[Case]:
    fifth = "2026-01-05"
    alone = ("2026-04-03 / 2026-03-04",)
    yield _days("slashes-alone", ["03/04/2026", fifth], [None, fifth], words=alone)
    yield _days("dashes-alone", ["03-04-2026", fifth], [None, fifth], words=alone)
    yield _days("day-first", ["03/04/2026", "13/04/2026"], ["2026-04-03", "2026-04-13"])
    yield _days("month-first", ["03/04/2026", "04/13/2026"], ["2026-03-04", "2026-04-13"])
    yield _days("dashes-day-first", ["3-4-2026", "13-4-2026"], ["2026-04-03", "2026-04-13"])
    yield _days("contradiction", ["03/04/2026", "13/04/2026", "04/13/2026"], [None, None, None])
    yield _days("said-day-first", ["03/04/2026"], ["2026-04-03"], 'date_format = "%d/%m/%Y"')
    yield _days("said-month-first", ["03/04/2026"], ["2026-03-04"], 'date_format = "%m/%d/%Y"')
    yield _days("said-otherwise", ["13/04/2026", "04/03/2026"], [None, "2026-04-03"], 'date_format = "%m/%d/%Y"')
    yield _days("said-nonsense", [fifth], [None], 'date_format = "%Q"')
    yield _days(
        "short-years",
        ["31.12.26", "03/04/26", "26-12-31", fifth],
        [None] * 3 + [fifth],
        words=("2026-12-31 / 2031-12-26",),
    )
    yield _days(
        "year-first",
        ["2026-1-5", "2026/01/05", "2026.01.05", "20260105", "2026年1月5日", "２０２６-01-05"],
        [fifth] * 6,
    )
    yield _days("dots", ["05.01.2026", "5.1.2026"], [fifth] * 2)
    yield _days("no-such-day", ["2026-02-30", "2026-13-01", "31.11.2026", "2026-00-10", fifth], [None] * 4 + [fifth])
    yield _days("beyond", ["9999-12-31", "0001-01-01", "1899-12-31", "2101-01-01", fifth], [None] * 4 + [fifth])
    yield _days("serials-in-text", ["46027", "44927.5", fifth], [None, None, fifth])
    yield _days("words", ["soon", "Q1 2026", "5 Jan 2026", "yesterday", fifth], [None] * 4 + [fifth])
    yield _days("times", [f"{fifth} 13:05", f"{fifth}T13:05:07", f"{fifth} 1:05 PM", f"{fifth} 12:05 am"], [f"{fifth} 13:05:00", f"{fifth} 13:05:07", f"{fifth} 13:05:00", f"{fifth} 00:05:00"])  # fmt: skip
    yield _days("no-such-time", [f"{fifth} 25:00", f"{fifth} 12:61", f"{fifth} 13:00 AM", fifth], [None] * 3 + [fifth])
    yield _days("offsets", [f"{fifth}T12:00:00Z", f"{fifth} 12:00+08:00", f"{fifth} 12:00 -0500"], [f"{fifth} 13:00:00", f"{fifth} 05:00:00", f"{fifth} 18:00:00"])  # fmt: skip
    wrong = ["+99:99", "+15:00", "-14:01", "+08:60", "+8:00"]
    yield _days("no-such-offset", [f"{fifth} 12:00{o}" for o in wrong] + [fifth], [None] * 5 + [fifth])
    yield _days("zones-by-name", [f"{fifth} 12:00 CET", f"{fifth} 12:00 EST", fifth], [None, None, fifth])
    yield _days("nothing", ["", "-", "NULL", "0000-00-00", fifth], [None] * 4 + [fifth])
    strays = [f"2026-{1 + i % 6:02}-{1 + i % 28:02}" for i in range(180)]
    for name, stray in (("next-year", "2027-08-30"), ("mistyped-century", "2062-01-31")):
        yield _days(f"stray-{name}", [*strays, stray], [*strays, stray], words=("A review can be made of 2026-0[56]",))


def _of_keys() -> Iterator[Case]:
    composed, apart = "Andr\u00e9", "Andre\u0301"
    yield _keys("composed", [composed, apart], [composed] * 2)
    yield _keys("width", ["AB-1", "ＡＢ－１", "Ａb-1"], ["AB-1", "AB-1", "Ab-1"])
    yield _keys("invisible", ["ab", "a\u200bb", "\ufeffab", "ab\u200e", "a\u2060b"], ["ab"] * 5)
    yield _keys("spaces", ["ab", " ab ", "ab\u00a0", "\u3000ab", "ab\t"], ["ab"] * 5)
    yield _keys("leading-noughts", ["007", "7", "07"], ["007", "7", "07"])
    yield _keys("case", ["ab", "AB"], ["ab", "AB"])
    yield _keys("hangul", ["가", "\u1100\u1161"], ["가"] * 2)
    yield _keys("no-compatibility", ["①", "1", "ﬁ", "fi", "²", "2"], ["①", "1", "ﬁ", "fi", "²", "2"])
    yield _keys("formulas", ["=A1", "'=A1", "@x", "+49", "''-x"], ["=A1", "=A1", "@x", "+49", "'-x"])
    yield _keys("quotation", ["O'Hara", '"x"', "a,b", "a;b", "\\"], ["O'Hara", '"x"', "a,b", "a;b", "\\"])
    yield _keys("sql", ["'; drop table orders; --", "x' or '1'='1"], ["'; drop table orders; --", "x' or '1'='1"])
    yield _keys("emoji", ["👩‍👩‍👧", "🇨🇳"], ["👩‍👩‍👧", "🇨🇳"])
    yield _keys("rtl", ["שלום", "مرحبا"], ["שלום", "مرحبا"])
    rows = [("1", "a", "2026-01-05", "1"), ("１", "b", "2026-01-06", "2"), ("2", "c", "2026-01-07", "3")]
    yield Case("key-twice-in-two-widths", _made(rows), 2, ("1 of 3", "earlier row"), [rows[0], rows[2]])
    yield Case("key-empty", _made([("", "a", "2026-01-05", "1"), ("2", "", "2026-01-05", "1"), ("3", "c", "2026-01-05", "1")]), 2, ("empty",), [("3", "c", "2026-01-05", "1")])  # fmt: skip
    lines = [(f"{i // 2}", "c", "2026-01-05", f"{i}") for i in range(40)]
    once = [(f"{i}", "c", "2026-01-05", f"{4 * i + 1}") for i in range(20)]
    yield Case("twice-unsaid", _made([*lines, *lines], "group = true"), 2, ("repeats", "drop", "keep"))
    yield Case("twice-dropped", _made([*lines, *lines], 'group = true\nrepeats = "drop"'), rows=once)
    yield Case(
        "twice-kept",
        _made([*lines, *lines], 'group = true\nrepeats = "keep"'),
        rows=[(*r[:3], str(2 * int(r[3]))) for r in once],
    )
    yield Case("twice-by-key", _made([(f"o{i}", *r[1:]) for i, r in enumerate(lines)] * 2), 2, ("earlier row", "repeats"), [(f"o{i}", *r[1:]) for i, r in enumerate(lines)])  # fmt: skip
