"""What sources of every table have in common: rows put together, fields that could be left out, value maps."""

from __future__ import annotations

import duckdb

from crmlib.border.proposal.assign import Guess
from crmlib.border.proposal.attach import required
from crmlib.border.proposal.codes import TAKEN, brought
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import timed, why
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.sources import quote
from crmlib.vocabulary.language import _, beside

SURE = 0.5
"""Score from which a field that could be left out is proposed and not only named."""


def grouped(engine: duckdb.DuckDBPyConnection, block: Block, *keys: Seen) -> None:
    """Say whether rows of one key are lines of one thing, or the same row written twice."""
    file = block.file
    rows, whole, different = _rows(file, engine, keys)
    if different >= rows:
        return
    n, m = f"{rows:,}", f"{different:,}"
    again = rows - whole
    if whole <= different:
        block.drop = _("{n} rows are written twice, word for word").format(n=f"{again:,}")
        return
    block.group = _("{n} rows, {m} different keys: rows are lines").format(n=n, m=m)
    if again > 0.2 * rows:
        block.drop = _("{n} rows are written twice, word for word").format(n=f"{again:,}")
    elif again:
        block.notes.append(
            _(
                '{n} rows are equal to another, word for word: repeats = "drop" where they are the same exported twice'
            ).format(n=f"{again:,}")
        )


def _rows(file: File, engine: duckdb.DuckDBPyConnection, keys: tuple[Seen, ...]) -> tuple[int, int, int]:
    """Rows with a key, different whole rows among them, different keys."""
    keyed = ", ".join(quote(k.heading) for k in keys)
    there = " and ".join(f"{quote(k.heading)} is not null" for k in keys)
    own = ", ".join(quote(c) for c in file.sheet.columns)
    rows, different = engine.execute(
        f"select count(*), count(distinct ({keyed})) from {file.sheet.name} where {there}"
    ).fetchall()[0]
    if different == rows:
        return rows, rows, rows
    whole = engine.execute(
        f"select count(*) from (select distinct {own} from {file.sheet.name} where {there})"
    ).fetchall()[0][0]
    return rows, whole, different


def fed(block: Block, name: str, guess: Guess) -> None:
    """A field by the column that was guessed for it."""
    column = guess.column
    block.put(name, timed(column), guess.score, why(guess), guess.others, (column.heading,))


def dated(block: Block, name: str, guess: Guess) -> None:
    """The day of a row; rows without one are left out by a filter that says so, where there are many."""
    fed(block, name, guess)
    required(block, name, guess.column)


def optional_one(block: Block, name: str, guess: Guess | None) -> None:
    """A field that could be left out: proposed where it is sure enough, named where not."""
    if guess is None or guess.column.share_filled <= 0.002:
        return
    if guess.score >= SURE:
        fed(block, name, guess)
    else:
        block.notes.append(f"{name}: {guess.column.heading}? ({why(guess)})")


def optional(block: Block, guesses: dict[str, Guess], *names: str) -> None:
    """Fields that could be left out."""
    for name in names:
        optional_one(block, name, guesses.get(name))


def values(block: Block, name: str, column: Seen) -> None:
    """The value map of a field, where the company's own words are not the codes."""
    kind = "channel" if name == "acquisition_channel" else name
    found, left = brought(kind, column)
    if block.table == "orders":  # what is sold over a website is sold by an online shop
        found = {v: {"website": "online"}.get(code, code) for v, code in found.items()}
    if found:
        block.values[name] = found
    if left and name in TAKEN:
        block.doubts[name] = _("are {values} {code}? They are taken for it").format(
            values=beside(left[:8]), code=TAKEN[name]
        )
    elif left and name not in ("channel", "acquisition_channel"):
        block.notes.append(asked(name, left))


def asked(name: str, left: list[str]) -> str:
    """What is asked of values that no rule knows."""
    return _("{field}: what do these mean: {values}?").format(field=name, values=beside(left[:8]))


def again(folder: Folder, block: Block) -> None:
    """Say where a fifth of the rows or more are written twice."""
    own = ", ".join(quote(c) for c in block.file.sheet.columns)
    whole = folder.engine.execute(
        f"select count(*) from (select distinct {own} from {block.file.sheet.name})"
    ).fetchall()[0][0]
    if block.file.rows - whole > 0.2 * block.file.rows:
        block.drop = _("{n} rows are written twice, word for word").format(n=f"{block.file.rows - whole:,}")
