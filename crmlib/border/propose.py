"""`crmlib init`: from the headings and the cells of a folder's files to a proposed, commented company.toml.

Each proposed line says how sure it is. Nothing here is used by a review: what a person has corrected is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from crmlib.border.company import Place
from crmlib.border.guesses import (
    Guess,
    Sample,
    currency_of,
    date_readings,
    guesses_for,
    number_readings,
    plain,
    table_of,
)
from crmlib.border.locked import connect
from crmlib.border.sources import SourceError, literal, load, quote
from crmlib.border.synonyms import FIELDS, RETURNED
from crmlib.vocabulary.schema import TABLES

KINDS = (".csv", ".tsv", ".txt", ".csv.gz", ".xlsx", ".parquet")
TYPES_OF_CUSTOMER = {
    **dict.fromkeys(("消费者", "个人", "个人客户", "consumer", "individual", "b2c", "private"), "person"),
    **dict.fromkeys(
        ("公司", "企业", "企业客户", "小型企业", "corporate", "small business", "home office", "business", "b2b"),
        "company",
    ),
}
LONGEST_MARK = 200
"""Characters of a cell that is still taken for a status."""
LINES = ["table", "field", "column", "confidence", "why"]


@dataclass(frozen=True)
class Proposal:
    """What `init` writes, and `lines`: one row per proposed field with its confidence."""

    company_toml: str
    lines: pd.DataFrame


def propose(folder: Path) -> Proposal:
    """A mapping for the files of a folder. Raises `SourceError` where none of them can be orders."""
    folder = Path(folder)
    names = _names(folder)
    engine = connect(folder / name for name in names if name.lower().endswith(".parquet"))
    try:
        files = _files(engine, folder, names)
        blocks, lines, chosen = _blocks(engine, files)
    finally:
        engine.close()
    toml = _head(folder, files, chosen) + "\n".join(blocks)
    return Proposal(toml, pd.DataFrame(lines, columns=LINES))


def init(folder: Path, *, force: bool = False) -> Proposal:
    """Write `company.toml` into the folder. Raises `SourceError`."""
    folder = Path(folder)
    target = folder / "company.toml"
    if target.exists() and not force:
        raise SourceError(f"{target}: already there; correct it by hand, or say --force to write it anew")
    proposal = propose(folder)
    target.write_text(proposal.company_toml, encoding="utf-8")
    return proposal


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; give the folder that holds the exported files")
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name.lower().endswith(KINDS))
    if not names:
        raise SourceError(f"{folder}: no CSV, XLSX or Parquet file here")
    return names


def _files(engine: duckdb.DuckDBPyConnection, folder: Path, names: list[str]) -> list[Sample]:
    files = []
    for i, name in enumerate(names):
        loaded = load(engine, Place.model_validate({"from": name}), folder, f"file_{i}")
        columns = ", ".join(f"cast({quote(c)} as varchar) as {quote(c)}" for c in loaded.columns)
        sample = engine.execute(f"select {columns} from {loaded.name} limit 2000").df()
        rows = engine.execute(f"select count(*) from {loaded.name}").fetchall()[0][0]
        files.append(Sample(name, loaded, sample, rows))
    return files


def _blocks(engine: duckdb.DuckDBPyConnection, files: list[Sample]) -> tuple[list[str], list[list[object]], Sample]:
    """The TOML of each table, the proposed lines, and the file of the orders."""
    tables = {f.name: table_of(engine, f) for f in files}
    order = max(
        (f for f in files if tables[f.name][0] == "orders"), key=lambda f: (tables[f.name][1], f.rows), default=None
    )
    if order is None:
        heads = "; ".join(f"{f.name}: {', '.join(f.loaded.columns[:12])}" for f in files[:5])
        raise SourceError(
            f"no file has columns for order number, customer, date and amount; write company.toml by hand (found {heads})"
        )
    guesses = tables[order.name][2]
    joins = [j for f in files if f is not order and (j := _returns(order, f, guesses))]
    blocks = [_block(engine, "orders", order, guesses, joins)]
    lines: list[list[object]] = [["orders", g.field, g.column, g.confidence, g.why] for g in guesses.values()]
    seen = {"orders"}
    for file in files:
        table, _score, own = tables[file.name]
        if file is not order and table and table not in seen:
            seen.add(table)
            blocks.append(_block(engine, table, file, own, []))
            lines += [[table, g.field, g.column, g.confidence, g.why] for g in own.values()]
    if "customers" not in seen:
        own = {
            k: g for k, g in guesses_for(engine, "customers", order).items() if k not in ("acquired_on", "updated_at")
        }
        own["customer_id"] = guesses["customer_id"]
        if len(own) > 1:
            own["acquired_on"] = Guess("acquired_on", guesses["ordered_at"].column, 0.6, "first order")
            blocks.append(_block(engine, "customers", order, own, []))
            lines += [["customers", g.field, g.column, g.confidence, g.why] for g in own.values()]
    return blocks, lines, order


def _returns(order: Sample, file: Sample, guesses: dict[str, Guess]) -> tuple[str, str, str, str] | None:
    """A file that marks returned orders: its name, the key, the marking column and the mark."""
    key = guesses["order_id"].column
    marks = [c for c in file.loaded.columns if plain(c) in RETURNED.split("|") and c not in order.loaded.columns]
    if key not in file.loaded.columns or not marks:
        return None
    cells = file.sample[marks[0]].dropna().mode()
    mark = str(cells.iloc[0]) if len(cells) else "yes"
    if len(mark) > LONGEST_MARK or not mark.isprintable():
        return None
    amount = guesses["amount"].column
    money = quote(amount) if amount in order.loaded.columns else amount
    guesses["refunded"] = Guess(
        "refunded",
        f"case when {quote(marks[0])} = {literal(mark)} then {money} end",
        0.7,
        f"returned, in {file.name}",
    )
    return file.name, key, marks[0], mark


def _block(
    engine: duckdb.DuckDBPyConnection,
    table: str,
    file: Sample,
    guesses: dict[str, Guess],
    joins: list[tuple[str, str, str, str]],
) -> str:
    """The TOML section of a table."""
    key = [guesses[k].column for k in TABLES[table].key if k in guesses]
    distinct = engine.execute(
        f"select count(distinct ({', '.join(quote(k) for k in key)})) from {file.loaded.name}"
    ).fetchall()[0][0]
    lines = ["", f"[{table}]", f"from = {_toml(file.name)}"]
    if distinct < file.rows:
        lines.append(f"group = true    # {file.rows} rows, {distinct} different keys: rows are lines")
        lines.append('repeats = "keep"    # "drop" where equal rows are the same line exported twice')
        if table == "orders":
            lines.append('combine = { ordered_at = "first" }')
    else:
        lines.append('repeats = "drop"')
    lines += _readings(engine, table, file, guesses)
    lines += ["", f"[{table}.fields]"]
    for name in (n for n in TABLES[table].names if n in guesses):
        guess = guesses[name]
        lines.append(
            f"{name} = {_toml(guess.column)}    # {_sure(guess.confidence)} ({guess.confidence:.2f}): {_remark(guess.why)}"
        )
    missing = [n for n in TABLES[table].names if n not in guesses]
    lines.append(f"# not found: {', '.join(missing)}")
    if (kind := guesses.get("type")) and (
        values := [v for v in file.sample[kind.column].dropna().unique() if v.lower() in TYPES_OF_CUSTOMER]
    ):
        lines += [
            "",
            f"[{table}.values.type]",
            *(f"{_toml(v)} = {_toml(TYPES_OF_CUSTOMER[v.lower()])}" for v in sorted(values)),
        ]
    for name, on, mark, _value in joins:
        lines += ["", f"[[{table}.join]]", f"from = {_toml(name)}", f"on = [{_toml(on)}]", f"take = [{_toml(mark)}]"]
    return "\n".join(lines) + "\n"


def _readings(engine: duckdb.DuckDBPyConnection, table: str, file: Sample, guesses: dict[str, Guess]) -> list[str]:
    """`date_format` and `decimal` where the cells need them."""
    lines = []
    when = guesses.get(TABLES[table].time)
    if when and (readings := date_readings(engine, file, when.column)) and readings[0][0]:
        formats, share = readings[0]
        rivals = [r[0][0] for r in readings[1:] if r[0] and r[1] == share]
        doubt = f"; {rivals[0]} fits as well: look at the file" if rivals else ""
        lines.append(
            f"date_format = [{', '.join(_toml(f) for f in formats)}]    # reads {share:.0%} of the dates{doubt}"
        )
    amount = guesses.get("amount")
    if amount and amount.column in file.loaded.columns:
        decimal, share = number_readings(engine, file, amount.column)[0]
        if decimal:
            lines.append(f"decimal = {_toml(decimal)}    # reads {share:.0%} of the amounts")
    return lines


def _sure(confidence: float) -> str:
    return "sure" if confidence >= 0.9 else "likely" if confidence >= 0.6 else "a guess, look at it"


def _toml(text: str) -> str:
    """A TOML string: what JSON writes, and the one control character that it leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _remark(text: str) -> str:
    """Text that may stand behind # in one line."""
    return "".join(c if c.isprintable() else " " for c in text)


def _head(folder: Path, files: list[Sample], order: Sample) -> str:
    chinese = any("\u4e00" <= c <= "\u9fff" for c in "".join(order.loaded.columns))
    name = re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower()).strip("_") or "company"
    amount = next(
        (c for c in order.loaded.columns if plain(c) in (plain(s) for s in FIELDS["orders"]["amount"].split("|"))),
        None,
    )
    currency = currency_of(order, amount) if amount else currency_of(order, order.loaded.columns[0])
    others = _remark(", ".join(f.name for f in files))
    return f"""# Proposed from the headings and cells of: {others}
# Correct what is wrong, then run `crmlib check company.toml`. After each field stands how sure the proposal is.

name = {_toml(name)}
title = {_toml(folder.resolve().name)}
currency = "{currency}"    # look at it: no file says this for certain
time_zone = "{"Asia/Shanghai" if chinese else "UTC"}"    # look at it: where the company's days begin
language = "{"zh" if chinese else "en"}"
business_model = "b2c"    # or "b2b"
policy = "policy.toml"
data = "."
"""
