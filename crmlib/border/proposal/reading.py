"""How the cells of a source are to be read: formats of its days and sign of its decimals, for all its columns together."""

from __future__ import annotations

from collections import Counter

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.writing import plain_formats
from crmlib.vocabulary.language import _
from crmlib.vocabulary.schema import TABLES

AS_IS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
)
"""Formats of days that need none by themselves, for sources in which another column needs one."""
SWAPPED = {"%d": "%m", "%m": "%d"}


def read_as(block: Block) -> None:
    """Set `formats` and `decimal` of a block by the columns that its lines name, joined ones too."""
    columns = used(block)
    days = [c for c in columns if c.kind == "date" and not c.native and not c.epoch]
    needing = [c for c in days if c.dates]
    if needing:
        formats = _one_way(needing)
        if len(needing) < len(days):
            formats = (*formats, *AS_IS)
        block.formats = plain_formats(formats)
        if any(_either(c) for c in needing):
            block.doubts["date_format"] = _("day and month could stand the other way round: look at the file")
    block.missing = tuple(dict.fromkeys(c.unknown for c in columns if c.unknown))
    signs = Counter(c.decimal for c in columns if c.kind == "number" and not c.native and _is_number(block, c))
    if signs.get(","):
        block.decimal = ","
    elif signs.get("."):
        block.decimal = "."


def used(block: Block) -> list[Seen]:
    """The columns that the lines of a block name, its own and those of joined files."""
    there = dict(block.file.seen)
    for join in block.joins:
        there |= {c: join.file.seen[c] for c in join.take if c in join.file.seen}
    names = {c for line in block.lines.values() for c in line.columns if c in there}
    return [there[n] for n in there if n in names]


def _is_number(block: Block, column: Seen) -> bool:
    lines = [(n, line) for n, line in block.lines.items() if column.heading in line.columns]
    return any(
        TABLES[block.table][n].kind in ("money", "number", "integer") or line.given != column.heading
        for n, line in lines
    )


def _one_way(columns: list[Seen]) -> tuple[str, ...]:
    """The formats of all columns; where one column could be day first or month first, as the others are."""
    days = Counter(f.split(" %")[0].split("T%")[0] for c in columns for f in c.dates)
    sure = [c for c in columns if not _either(c)]
    wanted = Counter(f[:2] for c in sure for f in c.dates if "/" in f or "-" in f)
    found: list[str] = []
    for c in columns:
        for f in c.dates:
            swap = _either(c) and wanted and f[:2] in SWAPPED and wanted.most_common(1)[0][0] != f[:2]
            found.append(_swap(f) if swap else f)
    return tuple(dict.fromkeys(sorted(found, key=lambda f: -days[f.split(" %")[0]])))


def _swap(form: str) -> str:
    return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _either(column: Seen) -> bool:
    """Whether all its days could be read with day and month the other way round."""
    first = column.dates[0][:2] if column.dates else ""
    if first not in SWAPPED or "%b" in column.dates[0] or "%B" in column.dates[0]:
        return False
    parts = [v.replace("-", "/").replace(".", "/").split("/") for v in column.values]
    return all(
        len(p) >= 3 and p[0].strip().isdigit() and p[1].isdigit() and max(int(p[0]), int(p[1])) <= 12 for p in parts
    )
