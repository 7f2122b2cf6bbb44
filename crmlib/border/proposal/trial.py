"""A proposal read by the border itself before it is written: what would not be accepted is mended, or commented out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from crmlib.border.company import Description, Source
from crmlib.border.ingest import IngestError, border
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.files import Sheet, Told
from crmlib.border.proposal.relations import File
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


def tried(engine: duckdb.DuckDBPyConnection, blocks: list[Block], head: dict[str, object], told: Told, into: Path) -> None:
    """Change blocks until the border reads each of them, or put them `off` with the reason."""
    samples = Samples(engine, into)
    for table in TABLES:
        own = [b for b in blocks if b.table == table and not b.off]
        for block in own:
            told(table)
            beside = [b for b in blocks if b.table == "orders" and not b.off] if table == "lines" else []
            _settle(block, head, samples, beside)
        own = [b for b in own if not b.off]
        if len(own) > 1:
            _together(own, head, samples)


class Samples:
    """Files as the border may read them: the rows of a sheet, or every so many of them, as Parquet."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, into: Path) -> None:
        self._engine, self.into = engine, into
        self._made: dict[tuple[str, bool], str] = {}

    def of(self, sheet: Sheet, *, whole: bool) -> str:
        """Name of the file of a sheet; `whole` where keys are to be found in it."""
        if (sheet.name, whole) not in self._made:
            name = f"{sheet.name}{'_whole' if whole else ''}.parquet"
            step = 1 if whole else max(1, -(-sheet.rows // ROWS))
            columns = ", ".join(quote(c) for c in sheet.columns)
            rows = f"select *, row_number() over () as __row from {sheet.name}"
            write_parquet(self._engine, f"select {columns} from ({rows}) where __row % {step} = 0", self.into / name)
            self._made[sheet.name, whole] = name
        return self._made[sheet.name, whole]


def _settle(block: Block, head: dict[str, object], samples: Samples, beside: list[Block]) -> None:
    for _try in range(TRIES):
        problem = _tried(block, head, samples, beside)
        if not problem:
            return
        name, why = problem
        column = TABLES[block.table][name] if name in TABLES[block.table].names else None
        if column is not None and not column.required and name in block.lines:
            line = block.lines.pop(name)
            block.combine.pop(name, None)
            block.values.pop(name, None)
            block.notes.append(_("{field}: {given}? {why}").format(field=name, given=line.given, why=why))
            if column.essential and name == "amount" and block.table == "orders":
                break
        else:
            block.off = why
            return
    else:
        block.off = _("the border does not read it")


def _tried(block: Block, head: dict[str, object], samples: Samples, beside: list[Block]) -> tuple[str, str] | None:
    """The field that is at fault, "" for the source as a whole, and why; None where all is read."""
    try:
        with border(_company([block, *beside], head, samples)) as read:
            account = read.account[read.account["table"] == block.table]
            own = account[account["unmatched"].isna()] if "unmatched" in account else account
            rows, rejected = int(own["read"].sum()), int(own["rejected"].sum())
            used = rows - int(own["filtered"].sum()) - int(own["repeated"].sum())
            faults = read.rejects[read.rejects["table"] == block.table]
            if rejected > MOST_LOST * max(used, 1):
                worst = faults[faults["effect"] == "row"].iloc[0]
                return str(worst["column"]).split(",")[0].strip(), f"{worst['rule']}: {worst['mend']}"
            for row in faults[faults["effect"] == "cell"].to_dict("records"):
                if row["rows"] > 0.2 * max(used, 1):
                    return str(row["column"]), f"{row['rule']}: {row['mend']}"
            if rows and not int(own["kept"].sum()):
                return "", _("no row is left")
    except (IngestError, SourceError) as error:
        return _named(str(error), block), " ".join(str(error).split())[:400]
    except CrmlibError as error:
        return "", " ".join(str(error).split())[:400]
    return None


def _named(error: str, block: Block) -> str:
    """The field that an error names."""
    return next((n for n in block.lines if f"{block.table}.fields.{n}:" in error or f".{n}:" in error), "")


def _company(blocks: Iterable[Block], head: dict[str, object], samples: Samples) -> Description:
    """A company of these blocks over samples of their files."""
    tables: dict[str, list[Source]] = {}
    for i, block in enumerate(blocks):
        made = source(block)
        files: list[File] = [j.file for j in block.joins]
        made |= {"from": samples.of(block.file.sheet, whole=i > 0), "sheet": None}
        for join, file in zip(made["join"], files, strict=True):  # type: ignore[call-overload]
            join |= {"from": samples.of(file.sheet, whole=True), "sheet": None}
        tables.setdefault(block.table, []).append(Source.model_validate(made))
    given = {"name": "x", "exported_on": "2026-01-01"} | head
    company = Description.model_validate(given | {t: [s.model_dump(by_alias=True) for s in found] for t, found in tables.items()})
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
            with border(_company([*kept, block], head, samples)) as read:
                faults = read.rejects[(read.rejects["table"] == block.table) & (read.rejects["rule"] == "key_elsewhere")]
                if len(faults) and int(faults["rows"].sum()) > MOST_LOST * min(b.file.rows for b in (*kept, block)):
                    problem = str(faults.iloc[0]["mend"])
        except CrmlibError as error:
            problem = " ".join(str(error).split())[:400]
        if problem:
            block.off = problem
        else:
            kept.append(block)
