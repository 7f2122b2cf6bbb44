"""What a column most likely is: its heading against the dictionary of synonyms, its cells against what they must be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

import duckdb
import pandas as pd

from crmlib.border import checks
from crmlib.border.sources import Loaded, quote
from crmlib.border.synonyms import FIELDS, HINTS
from crmlib.vocabulary.schema import TABLES, Column

FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y", "%b %d, %Y", "%Y%m%d%H%M%S")


@dataclass(frozen=True)
class Guess:
    """A proposed line: the canonical field, what feeds it, how sure (0 to 1), why."""

    field: str
    column: str
    confidence: float
    why: str


@dataclass(frozen=True)
class Sample:
    """A file in the engine, with its first rows as text."""

    name: str
    loaded: Loaded
    sample: pd.DataFrame
    rows: int


def plain(heading: str) -> str:
    """A heading as it is compared."""
    return re.sub(r"[\s_\-()()]", "", heading.lower())


def guesses_for(engine: duckdb.DuckDBPyConnection, table: str, file: Sample) -> dict[str, Guess]:
    """The best column for each field of a table, a column feeding one field only (ids and names may share theirs)."""
    found = []
    for field, synonyms in FIELDS[table].items():
        column = TABLES[table][field]
        for heading in file.loaded.columns:
            confidence, why = _alike(heading, [plain(s) for s in synonyms.split("|")])
            if confidence:
                fits = _fits(engine, column, file, heading)
                found.append(
                    (
                        confidence * fits,
                        field,
                        heading,
                        why if fits > 0.9 else f"{why}, but only {fits:.0%} of its cells fit",
                    )
                )
    taken: dict[str, Guess] = {}
    used: set[str] = set()
    for confidence, field, heading, why in sorted(found, key=lambda g: (-g[0], list(FIELDS[table]).index(g[1]))):
        shared = field in ("customer_id", "name", "email")
        if field not in taken and confidence >= 0.3 and (heading not in used or shared):
            taken[field] = Guess(field, heading, round(confidence, 2), why)
            used.add(heading)
    return taken


def _alike(heading: str, synonyms: list[str]) -> tuple[float, str]:
    compared = plain(heading)
    if compared in synonyms:
        return 0.99 - 0.003 * synonyms.index(compared), "known heading"
    for synonym in synonyms:
        if len(synonym) >= (2 if synonym > "\u3000" else 5) and synonym in compared:
            return 0.3 + 0.4 * len(synonym) / len(compared), f"holds {synonym!r}"
    best = max((SequenceMatcher(None, compared, s).ratio() for s in synonyms), default=0.0)
    return (0.6 * best, "spelt alike") if best > 0.85 else (0.0, "")


def _fits(engine: duckdb.DuckDBPyConnection, column: Column, file: Sample, heading: str) -> float:
    """Share of the sample's filled cells that can be read as the column's kind, in any format this knows."""
    if column.kind in ("date", "timestamp"):
        return max([share for _formats, share in date_readings(engine, file, heading)], default=0.0)
    if column.kind in ("money", "number", "integer"):
        return max([share for _decimal, share in number_readings(engine, file, heading)], default=0.0)
    filled = file.sample[heading].fillna("").str.strip().ne("").mean() if len(file.sample) else 1.0
    return float(0.5 + 0.5 * filled) if column.required else 1.0


def _share(engine: duckdb.DuckDBPyConnection, file: Sample, heading: str, sql: str) -> float:
    cells = pd.DataFrame({"x": file.sample[heading].astype("str").where(file.sample[heading].notna(), None)})
    engine.register("cells", cells)
    text = checks.filled("cast(x as varchar)", "number")
    both = f"select {text} as t, {sql.replace('$x', text)} as v from cells"
    query = f"select count_if(v is not null) / nullif(count(t), 0) from ({both})"
    share = engine.execute(query).fetchall()[0][0]
    engine.unregister("cells")
    return 0.0 if share is None else float(share)


def date_readings(engine: duckdb.DuckDBPyConnection, file: Sample, heading: str) -> list[tuple[list[str], float]]:
    """Formats to say in company.toml ([] where none is needed) with the share of cells they read, best first."""
    read = checks.moment("$x", [], "UTC", serials=file.loaded.serials)
    readings: list[tuple[list[str], float]] = [([], _share(engine, file, heading, read))]
    if readings[0][1] < 0.95:
        for day in FORMATS:
            formats = [day, f"{day} %H:%M", f"{day} %H:%M:%S"]
            readings.append((formats, _share(engine, file, heading, checks.moment("$x", formats, "UTC"))))
    return sorted(readings, key=lambda r: -r[1])


def number_readings(engine: duckdb.DuckDBPyConnection, file: Sample, heading: str) -> list[tuple[str | None, float]]:
    """Decimal signs to say in company.toml (None where none is needed) with the share of cells they read, best first."""
    currency = currency_of(file, heading)
    decimals: tuple[str | None, ...] = (None, ".", ",")
    readings = [(d, _share(engine, file, heading, checks.number("$x", d, currency, "DECIMAL(18,4)"))) for d in decimals]
    return sorted(readings, key=lambda r: -r[1])


def currency_of(file: Sample, heading: str) -> str:
    """Currency code that the cells carry a sign of, else the one likely for the language of the headings."""
    cells = "".join(file.sample[heading].dropna().astype("str").head(200))
    for sign, code in (("€", "EUR"), ("£", "GBP"), ("$", "USD"), ("¥", "CNY"), ("¥", "CNY")):
        if sign in cells:
            return code
    return "CNY" if any("\u4e00" <= c <= "\u9fff" for c in "".join(file.loaded.columns)) else "USD"


def table_of(engine: duckdb.DuckDBPyConnection, file: Sample) -> tuple[str, float, dict[str, Guess]]:
    """The table a file most likely is, how likely, and its guesses."""
    best: tuple[str, float, dict[str, Guess]] = ("", 0.0, {})
    for table in FIELDS:
        guesses = guesses_for(engine, table, file)
        if table == "orders" and "amount" not in guesses and (product := _product(file)):
            guesses["amount"] = product
        required = [c.name for c in TABLES[table].columns if c.required]
        score = sum(guesses[f].confidence for f in required if f in guesses) / len(required)
        if any(f not in guesses for f in required):
            score = 0.0
        hint = any(plain(h) in plain(file.name) for h in HINTS[table].split("|"))
        score += (
            (0.3 if hint else 0.0)
            + 0.01 * len(guesses)
            - (0.3 if table in ("tickets", "interactions") and not hint else 0.0)
        )
        if score > best[1] and all(f in guesses for f in required):
            best = (table, score, guesses)
    return best


def _product(file: Sample) -> Guess | None:
    """Quantity times unit price, where a file of lines has no amount."""
    known = {plain(c): c for c in file.loaded.columns}
    quantity = next((known[q] for q in ("quantity", "qty", "lineitemquantity", "数量", "件数") if q in known), None)
    price = next((known[p] for p in ("price", "unitprice", "lineitemprice", "单价", "价格") if p in known), None)
    if quantity is None or price is None:
        return None
    return Guess(
        "amount", f"number({quote(quantity)}) * number({quote(price)})", 0.7, "no amount, so quantity times price"
    )
