"""A proposal read by the border itself before it is written: what would not be accepted is mended, or commented out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
from pydantic import ValidationError

from crmlib.border.company import Description, Source
from crmlib.border.ingest import IngestError, border
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.files import Sheet, Told
from crmlib.border.proposal.writing import source
from crmlib.border.sources import SourceError, quote, write_parquet
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import _
from crmlib.vocabulary.schema import TABLES

ROWS = 20_000
"""Rows of a file that are tried; of larger ones every so many."""
MOST_LOST = 0.04
"""Share of rejected rows, or of emptied cells of a field, above which it is not proposed as it stands."""
TRIES = 6
IN_PLACE: dict[str, object] = {"sheet": None, "encoding": None, "heading": []}
"""What a sample needs no more of what its file was read by."""
LARGE = 200_000
"""Rows of a file from which a sample of the customers is enough to propose thresholds."""


def tried(blocks: list[Block], head: dict[str, object], told: Told, samples: Samples) -> None:
    """Change blocks until the border reads each of them, or put them `off` with the reason."""
    for table in TABLES:
        own = [b for b in blocks if b.table == table and not b.off]
        for block in own:
            told(table)
            bare = table == "lines" and not {"customer_id", "ordered_at"} <= set(block.lines)
            beside = [b for b in blocks if b.table == "orders" and not b.off] if bare else []
            _settle(block, head, samples, beside)
        own = [b for b in own if not b.off]
        if len(own) > 1:
            _together(own, head, samples)


class Samples:
    """Files as the border may read them: the rows of a sheet, or every so many of them, as Parquet."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, into: Path) -> None:
        self._engine, self.into = engine, into
        self._made: dict[tuple[str, bool, str], str] = {}

    def of(self, sheet: Sheet, *, whole: bool, by: str = "") -> str:
        """Name of the file of a sheet: its every so many rows, all `whole`, or all rows of every so many values of a column."""
        at = (sheet.name, whole, by)
        if at not in self._made:
            name = f"sample_{len(self._made)}.parquet"
            columns = ", ".join(quote(c) for c in sheet.columns)
            rows = f"select *, row_number() over () as __row from {sheet.name}"
            step = max(1, -(-sheet.rows // (LARGE if whole else ROWS)))
            if whole and by:
                test = f"hash(cast({quote(by)} as varchar)) % {step} = 0"
            else:
                test = "true" if whole else f"__row % {step} = 0"
            write_parquet(self._engine, f"select {columns} from ({rows}) where {test}", self.into / name)
            self._made[at] = name
        return self._made[at]


def _settle(block: Block, head: dict[str, object], samples: Samples, beside: list[Block]) -> None:
    for _try in range(TRIES):
        problem = _tried(block, head, samples, beside)
        if not problem:
            return
        name, why, share = problem
        column = TABLES[block.table][name] if name in TABLES[block.table].names else None
        if column is not None and not column.required and name in block.lines:
            line = block.lines.pop(name)
            block.combine.pop(name, None)
            block.values.pop(name, None)
            block.notes.append(_("{field}: {given}? {why}").format(field=name, given=line.given, why=why))
            if column.essential and name == "amount" and block.table == "orders":
                break
        elif column is not None and column.required and name in block.lines and share <= 0.5:
            block.doubts[name] = _("{share} of the rows are rejected: {why}").format(share=f"{share:.0%}", why=why)
            _offered(block, name)
            return
        else:
            block.off = why
            return
    else:
        block.off = _("the border does not read it")


def _offered(block: Block, name: str) -> None:
    """A filter, commented out, that leaves out the rows whose required cell cannot be read."""
    line = block.lines[name]
    column = line.columns[0] if len(line.columns) == 1 else ""
    kind = TABLES[block.table][name].kind
    reads = {"date": "moment", "timestamp": "moment", "money": "number", "number": "number"}.get(kind)
    if column and line.given == column and reads:
        test = f"{reads}({quote(column)}) is not null"
        block.offers[_("{field} unreadable").format(field=name)] = (test, _("leaves these rows out"))


def _tried(
    block: Block, head: dict[str, object], samples: Samples, beside: list[Block]
) -> tuple[str, str, float] | None:
    """The field that is at fault, "" for the source as a whole, and why; None where all is read."""
    try:
        with border(_company([block, *beside], head, samples), everybody=True) as read:
            account = read.account[read.account["table"] == block.table]
            own = account[account["unmatched"].isna()] if "unmatched" in account else account
            rows, rejected = int(own["read"].sum()), int(own["rejected"].sum())
            used = rows - int(own["filtered"].sum()) - int(own["repeated"].sum())
            faults = read.rejects[read.rejects["table"] == block.table]
            if rejected > MOST_LOST * max(used, 1):
                worst = faults[faults["effect"] == "row"].iloc[0]
                return (
                    str(worst["column"]).split(",")[0].strip(),
                    f"{worst['rule']}: {worst['mend']}",
                    rejected / max(used, 1),
                )
            for row in faults[faults["effect"] == "cell"].to_dict("records"):
                if row["rows"] > 0.2 * max(used, 1):
                    return str(row["column"]), f"{row['rule']}: {row['mend']}", row["rows"] / max(used, 1)
            if rows and not int(own["kept"].sum()):
                return "", _("no row is left"), 1.0
    except (IngestError, SourceError) as error:
        return _named(str(error), block), " ".join(str(error).split())[:400], 1.0
    except (CrmlibError, ValidationError) as error:
        return "", " ".join(str(error).split())[:400], 1.0
    return None


def _named(error: str, block: Block) -> str:
    """The field that an error names."""
    return next((n for n in block.lines if f"{block.table}.fields.{n}:" in error or f".{n}:" in error), "")


def sampled(blocks: list[Block], head: dict[str, object], samples: Samples) -> Description | None:
    """The company's orders and customers over samples of their files, by customer; None where its files are small."""
    own = [b for b in blocks if b.table in ("orders", "customers") and not b.off]
    if not own or max(b.file.rows for b in own) <= LARGE:
        return None
    return _company(own, head, samples, by_customer=True)


def _company(
    blocks: Iterable[Block], head: dict[str, object], samples: Samples, *, by_customer: bool = False
) -> Description:
    """A company of these blocks over samples of their files."""
    tables: dict[str, list[Source]] = {}
    for block in blocks:
        made = source(block)
        who = block.lines["customer_id"].given if by_customer and "customer_id" in block.lines else ""
        by = who if who in block.file.seen else ""
        made |= IN_PLACE | {"from": samples.of(block.file.sheet, whole=by_customer, by=by)}
        for join, other in zip(made["join"], block.joins, strict=True):  # type: ignore[call-overload]
            join |= IN_PLACE | {"from": samples.of(other.file.sheet, whole=True)}
        tables.setdefault(block.table, []).append(Source.model_validate(made))
    mapped = {t: [s.model_dump(by_alias=True) for s in found] for t, found in tables.items()}
    company = Description.model_validate({"name": "x", "exported_on": "2026-01-01"} | head | mapped)
    company._home = company._folder = samples.into
    for table in tables:
        time = TABLES[table][TABLES[table].time]
        for one in company.sources(table):
            if time.required:
                one.fields.setdefault(time.name, f"date '{company.exported_on}'")
    return company


def _together(blocks: list[Block], head: dict[str, object], samples: Samples) -> None:
    """Sources of one table whose keys meet: the later ones are put off."""
    kept = blocks[:1]
    for block in blocks[1:]:
        problem = None
        try:
            with border(_company([*kept, block], head, samples), everybody=True) as read:
                faults = read.rejects[
                    (read.rejects["table"] == block.table) & (read.rejects["rule"] == "key_elsewhere")
                ]
                if len(faults) and int(faults["rows"].sum()) > MOST_LOST * min(b.file.rows for b in (*kept, block)):
                    problem = str(faults.iloc[0]["mend"])
        except CrmlibError as error:
            problem = " ".join(str(error).split())[:400]
        if problem:
            block.off = problem
        else:
            kept.append(block)
