"""A file parted in two: what it holds of one customer, and what it is without that. Nothing is written here.

Tables lose the rows that name the customer, pages the rows of their tables, texts the lines; a pseudonym that stands anywhere
else becomes a neutral mark. What cannot be read and holds the customer is theirs as a whole.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from openpyxl import load_workbook

from crmlib.run.places import place_within
from crmlib.run.sought import TOKEN, Sought
from crmlib.vocabulary.held import COPY, Held

MARK = "…"
"""What stands where something was erased from the middle of a text."""
_ROW = re.compile(r"<tr\b[^>]*>(?:(?!<tr\b|</tr>).)*</tr>\s?", re.DOTALL | re.IGNORECASE)
_MARKUP = re.compile(r"<(?:html|div|p|table|tr|td|svg)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
_FOLD = re.compile(r"\r\n ")
_EVENT = re.compile(r"BEGIN:VEVENT\r?\n.*?END:VEVENT\r?\n", re.DOTALL)
TEXTS = {
    ".txt",
    ".md",
    ".ics",
    ".jsonl",
    ".log",
    ".toml",
    ".xml",
    ".rels",
    ".svg",
    ".html",
    ".htm",
    ".json",
    ".ipynb",
    ".css",
    ".js",
}
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}

Taken = list[dict[str, Any]]
Parted = tuple[bytes | None, Taken]
"""What is left of a file (None: nothing), and what it held of the customer."""


def parted(path: str, data: bytes, place: Held, sought: Sought) -> Parted:
    """A file's bytes parted; `path` is its name, `place` what it is."""
    name = PurePosixPath(path)
    suffix = name.suffix.lower()
    if place is COPY and (sought.is_theirs(name.stem) or sought.coded(name.name)):
        return None, [{"file": MARK + suffix}]
    if place.whole:
        return (None, [{"text": _TAG.sub(" ", unescape(data.decode()))}]) if sought.owns(data) else (data, [])
    by_kind: dict[str, Callable[[bytes, Held, Sought], Parted]] = {
        ".parquet": _parquet, ".csv": _csv, ".tsv": _csv, ".xlsx": _workbook, ".xlsm": _workbook,
        ".ipynb": _json, ".json": _json,
    }  # fmt: skip
    try:
        if suffix == ".gz":
            kept, taken = parted(name.stem, gzip.decompress(data), place, sought)
            return (data if not taken else None if kept is None else gzip.compress(kept, mtime=0)), taken
        if suffix in by_kind:
            return by_kind[suffix](data, place, sought)
        if data[:4] == b"PK\x03\x04":
            return _archive(data, sought)
        if suffix in TEXTS:
            return _text(data, place, sought)
    except (ValueError, OSError, EOFError, BadZipFile, KeyError, RuntimeError, csv.Error, pa.ArrowException):
        pass
    return _unread(data, sought)


def is_closed(path: str) -> bool:
    """Whether a file is of a kind that cannot be looked into, so that nobody can say whom it holds."""
    suffixes = {s.lower() for s in PurePosixPath(path).suffixes[-2:]} or {""}
    readable = (
        TEXTS | PICTURES | {".parquet", ".csv", ".tsv", ".xlsx", ".xlsm", ".zip", ".docx", ".pptx", ".lock", ".draft"}
    )
    return not suffixes & readable


def _unread(data: bytes, sought: Sought) -> Parted:
    found = any(code.encode() in data or code.encode("utf-16-le") in data for code in sought.codes)
    return (None, [{"whole": True}]) if found else (data, [])


def _parquet(data: bytes, place: Held, sought: Sought) -> Parted:
    rows = pq.read_table(io.BytesIO(data))
    texts = [f.name for f in rows.schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    named = texts if place.names == ("*",) else [*place.names, *place.rows]
    own = [c for c in texts if c in (sought.headings if place.names == ("*",) else place.own)]
    codes = pa.array(sorted(sought.customers | (sought.rows if "*" in place.names or place.own else frozenset())))
    mask = pa.array([False] * rows.num_rows)
    for column in (c for c in named if c in texts and (c in place.names or "*" in place.names)):
        mask = pc.or_(
            mask, pc.fill_null(pc.is_in(rows[column], value_set=codes.cast(rows.schema.field(column).type)), False)
        )
    for column in own:
        mask = pc.or_(mask, pa.array([bool(v) and sought.names(v) for v in rows[column].to_pylist()]))
    if not pc.any(mask).as_py():
        return data, []
    taken = [_own_only(row, place, sought) for row in rows.filter(mask).to_pylist()]
    out = io.BytesIO()
    pq.write_table(rows.filter(pc.invert(mask)), out, compression="zstd")
    return out.getvalue(), taken


def _own_only(row: dict[str, Any], place: Held, sought: Sought) -> dict[str, Any]:
    """A row without what it says of others: of a pair, the other record."""
    others = {c for c in (*place.names, *place.own, *(sought.headings if "*" in place.names else ())) if c in row}

    def theirs(value: str) -> bool:
        return value in sought.codes or sought.names(value)

    return {c: MARK if c in others and isinstance(v, str) and v and not theirs(v) else v for c, v in row.items()}


def decoded(data: bytes) -> tuple[str, str]:
    """A text file's text, and the encoding that gives the same bytes back."""
    wide = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "")
    for encoding in filter(None, (wide, "utf-8", "gb18030")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.encode(encoding) == data:
            return text, encoding
    return data.decode("latin-1"), "latin-1"


def _records(text: str, mark: str) -> Iterator[tuple[list[str], str]]:
    """Each record of a CSV file: its cells, and its text as it stands there."""
    read: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            read.append(line)
            yield line

    for cells in csv.reader(lines(), delimiter=mark):
        yield cells, "".join(read)
        read.clear()


def _csv(data: bytes, place: Held, sought: Sought) -> Parted:
    text, encoding = decoded(data)
    mark = max(",;\t", key=text.split("\n", 1)[0].count)
    records = _records(text, mark)
    heads, first = next(records, ([], ""))
    heads = [h.strip().removeprefix("\ufeff") for h in heads]
    if place.names == ("customer_id",) and "customer_id" not in heads:
        return None, [{"file": MARK}]
    kept, taken = [first], []
    words = sought.words(written=True) if place is COPY or place.own or place.in_text else None
    for cells, raw in records:
        row = dict(zip(heads, cells, strict=False))
        if _named(row, place, sought):
            taken.append(_own_only(row, place, sought))
        elif words and words.search(raw):
            cells = [words.sub(MARK, cell) for cell in cells]
            taken.append({"mention": True})
            out = io.StringIO()
            csv.writer(out, delimiter=mark, lineterminator=re.findall(r"\r?\n?\Z", raw)[0]).writerow(cells)
            kept.append(out.getvalue())
        else:
            kept.append(raw)
    return ("".join(kept).encode(encoding) if taken else data), taken


def _named(row: dict[str, Any], place: Held, sought: Sought) -> bool:
    """Whether a row of a table of text is the customer's."""
    anywhere = "*" in place.names
    own = sought.headings if anywhere else place.own
    cells = {h: "" if v is None else str(v) for h, v in row.items()}
    coded = cells.values() if anywhere else [cells.get(h, "") for h in (*place.names, *place.text)]
    return any(sought.names(cells[h]) for h in own if cells.get(h)) or any(sought.coded(cell) for cell in coded)


def _workbook(data: bytes, place: Held, sought: Sought) -> Parted:
    book = load_workbook(io.BytesIO(data))
    taken: Taken = []
    words = sought.words(written=True)
    for page in book.worksheets:
        heads = [str(cell.value or "").strip() for cell in page[1]] if page.max_row else []
        for number in range(page.max_row, 1, -1):
            cells = page[number]
            row = {h: "" if c.value is None else _shown(c.value) for h, c in zip(heads, cells, strict=False)}
            if _named(row, place, sought):
                taken.append(_own_only(row, place, sought))
                page.delete_rows(number)
                continue
            for cell in cells:
                if words and isinstance(cell.value, str) and words.search(cell.value):
                    cell.value = words.sub(MARK, cell.value)
                    taken.append({"mention": True})
    if not taken:
        return data, []
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), taken


def _shown(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _text(data: bytes, place: Held, sought: Sought) -> Parted:
    text, encoding = decoded(data)
    kept, taken = _without(text, sought, written=place.seen_by != "published")
    return (kept.encode(encoding) if taken else data), taken


def _without(text: str, sought: Sought, *, written: bool) -> tuple[str, Taken]:
    """A text without rows or lines that name the customer, other mentions as `MARK`."""
    taken: Taken = []
    words = sought.words(written=written)

    def told(found: str) -> bool:
        found = _FOLD.sub("", found)
        return sought.coded(found) or bool(words and words.search(found))

    if not told(text):
        return text, []

    def dropped(found: re.Match[str]) -> str:
        if not told(found.group()):
            return found.group()
        taken.append(
            {"text": " · ".join(filter(None, (t.strip() for t in _TAG.sub("\n", unescape(found.group())).split("\n"))))}
        )
        return ""

    if text.startswith("BEGIN:VCALENDAR") or _MARKUP.search(text):
        text = _ROW.sub(dropped, _EVENT.sub(dropped, text))
    elif "\n" in text.strip():
        text = re.sub(r"[^\n]*\n|[^\n]+\Z", dropped, text)

    def masked(found: re.Match[str]) -> str:
        if found.re is TOKEN and found.group() not in sought.codes:
            return found.group()
        taken.append({"mention": True})
        return MARK

    text = TOKEN.sub(masked, text)
    return (words.sub(masked, text) if words else text), taken


def _json(data: bytes, place: Held, sought: Sought) -> Parted:
    whole = json.loads(data)
    taken: Taken = []

    def walked(value: Any) -> Any:
        if isinstance(value, str):
            kept, found = _without(value, sought, written=place is COPY)
            taken.extend(found)
            return kept
        if isinstance(value, list):
            if len(value) > 1 and all(isinstance(v, str) for v in value) and all(v.endswith("\n") for v in value[:-1]):
                lines = "".join(map(str, value))
                kept = walked(lines)
                return value if kept == lines else kept.splitlines(keepends=True)
            return [walked(v) for v in value]
        return {walked(k): walked(v) for k, v in value.items()} if isinstance(value, dict) else value

    left = walked(whole)
    if not taken:
        return data, []
    return (json.dumps(left, ensure_ascii=False, indent=1, separators=(",", ": ")) + "\n").encode(), taken


def _archive(data: bytes, sought: Sought) -> Parted:
    """An archive with each of its files parted; those that are theirs as a whole are left out."""
    taken: Taken = []
    out = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(out, "w") as new:
        new.comment = old.comment
        for entry in old.infolist():
            inside = old.read(entry)
            kept, found = (
                (inside, []) if entry.is_dir() else parted(entry.filename, inside, place_within(entry.filename), sought)
            )
            taken += [{"in": MARK if kept is None else entry.filename, **one} for one in found]
            if kept is not None:
                new.writestr(entry, kept)
    return (out.getvalue() if taken else data), taken
