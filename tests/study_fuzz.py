"""What the border's parsers make of anything at all: a value or one line to mend; and what is written is read back."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmlib.border import cells
from crmlib.border.company import Place, load_description
from crmlib.border.lists import action_rows
from crmlib.border.settling import readings, settled
from crmlib.border.textfiles import csv_rows
from crmlib.vocabulary.cells import csv_text, safe, written
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.policy import load

ENGINE = duckdb.connect()
NUMERIC = st.text("0123456789.,-+()€¥% '\u00a0１２３．，eE", max_size=24)
DATED = st.text("0123456789-/.:TZ +年月日 apmAPM", max_size=30)
TOML = st.text("abcdefgh_=\"[]{}\n.#'\\0123456789", max_size=400)
BYTES = st.binary(max_size=2000)
KNOWN = 'name = "shop"\ncurrency = "EUR"\n[orders]\nfrom = "orders.csv"\n[orders.fields]\norder_id = "a"\n'


def value(sql: str, text: str) -> object:
    return ENGINE.execute(f"select {sql} from (select ?::varchar as x)", [text]).fetchall()[0][0]


def told(run: Callable[[], object]) -> None:
    """A result, or an error that a person can mend."""
    with suppress(CrmlibError):
        run()


@given(
    st.one_of(NUMERIC, st.text(max_size=40)),
    st.sampled_from([None, ".", ",", cells.EITHER]),
    st.sampled_from(["EUR", "CNY", "USD"]),
)
def amounts(text: str, decimal: str | None, currency: str) -> None:
    for type_ in ("DECIMAL(18,4)", "DOUBLE", "BIGINT"):
        value(cells.number(cells.filled("x", "number"), decimal, currency, type_), text)


@given(st.decimals(-(10**12), 10**12, places=2), st.sampled_from([".", ","]), st.booleans())
def amounts_come_back(amount: Decimal, decimal: str, grouped: bool) -> None:
    shown = f"{amount:,.2f}" if grouped else f"{amount:.2f}"
    shown = shown.translate({ord("."): ",", ord(","): "."}) if decimal == "," else shown
    assert value(cells.number("x", decimal, "EUR", "DECIMAL(18,4)"), shown) == amount


@given(st.one_of(DATED, st.text(max_size=40)), st.sampled_from(["", cells.DAY_FIRST, cells.MONTH_FIRST]), st.booleans())
def moments(text: str, order: str, serials: bool) -> None:
    day_0 = "timestamp '1899-12-30'" if serials else ""
    value(cells.moment(cells.filled("x", "timestamp"), [], "Asia/Shanghai", day_0=day_0, order=order), text)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)),
    st.sampled_from(
        ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%d/%m/%Y %H:%M:%S"]
    ),
)
def moments_come_back(at: datetime, form: str) -> None:
    at = at.replace(microsecond=0)
    order = cells.DAY_FIRST if "/%Y" in form else ""
    assert value(cells.moment("x", [], "UTC", order=order), at.strftime(form).replace("%Y", f"{at.year:04}")) == at


@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 12, 31)), st.integers(-12 * 60, 14 * 60))
def offsets_come_back(at: datetime, minutes: int) -> None:
    at = at.replace(microsecond=0)
    shown = f"{at:%Y-%m-%d %H:%M:%S}{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    assert value(cells.moment("x", [], "UTC"), shown) == at - timedelta(minutes=minutes)


@given(st.lists(st.one_of(NUMERIC, DATED, st.text(max_size=20)), max_size=12))
def columns(texts: list[str]) -> None:
    ENGINE.execute("create or replace temp table t (x varchar)")
    if texts:
        ENGINE.executemany("insert into t values (?)", [[t] for t in texts])
    found = settled(ENGINE, "t", ["x"], ["x"])
    assert found.decimals["x"] in (None, ".", ",", cells.EITHER)
    for text in texts:
        readings(text)


@given(st.text(max_size=30), st.sampled_from(["id", "text", "enum"]))
def texts(text: str, kind: str) -> None:
    once = value(cells.filled("x", kind), text)
    if isinstance(once, str) and not once.startswith("'"):
        assert value(cells.filled("x", kind), once) == once


@given(BYTES, st.sampled_from([None, "cp1252", "gb18030", "utf-16", "shift_jis"]))
def rows(raw: bytes, encoding: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(raw)
        told(lambda: list(csv_rows(path, Place.model_validate({"from": "x.csv", "encoding": encoding}))))


ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1e\x1d"), max_size=12)


@given(st.lists(st.lists(ANY, min_size=2, max_size=4), min_size=1, max_size=6))
def rows_come_back(table: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_text(csv_text(table[0], table[1:]), encoding="utf-8", newline="")
        place = Place.model_validate({"from": "x.csv", "delimiter": ",", "encoding": "utf-8"})
        read = [[written(c) for c in found] for _line, found in csv_rows(path, place)]
        meant = [row for row in table if any(map(str, row))]
        meant[:1] = [[meant[0][0].removeprefix("\ufeff"), *meant[0][1:]]] if meant else []
        assert read == meant


@given(BYTES)
def lists(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "actions.csv"
        path.write_bytes(b"action_id;customer_id;proposed_on;done_at\n" + raw)
        told(lambda: list(action_rows(path)))


@given(st.one_of(TOML, st.builds(lambda a: KNOWN + a, TOML), st.text(max_size=200)))
def mappings(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "company.toml").write_bytes(text.encode("utf-8", errors="surrogatepass"))
        told(lambda: load_description(Path(folder)))


@given(st.one_of(TOML, st.builds(lambda a: "[quality]\nmax_reject_share = " + a, TOML), st.text(max_size=200)))
def policies(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "policy.toml").write_bytes(text.encode("utf-8", errors="surrogatepass"))
        told(lambda: load(Path(folder) / "policy.toml"))


@given(st.text(max_size=40))
def safe_cells(text: str) -> None:
    assert written(safe(text)) == text


PARSERS = (
    amounts, amounts_come_back, moments, moments_come_back, offsets_come_back, columns, texts, rows, rows_come_back, lists,
    mappings, policies, safe_cells,
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """So many examples of each parser (by default 300); of those named, if any are."""
    examples = next((int(a) for a in arguments if a.isdecimal()), 300)
    named = [a for a in arguments if not a.isdecimal()]
    wrong = 0
    for parser in PARSERS:
        if named and parser.__name__ not in named:
            continue
        run = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))(
            parser
        )
        try:
            run()
            print(f"{parser.__name__:18} {examples} examples: nothing but results and lines to mend")
        except BaseException as error:
            wrong += 1
            notes = " | ".join(getattr(error, "__notes__", [])).replace("\n", " ")
            print(f"{parser.__name__:18} {type(error).__name__}: {str(error)[:300]} {notes[:300]}")
        sys.stdout.flush()
    return 1 if wrong else 0
