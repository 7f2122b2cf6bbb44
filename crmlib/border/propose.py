"""`crmlib init`: from whatever lies in a folder to a proposed, commented company.toml.

What could not be settled stands there commented out with the candidates. Nothing here is used by a review: what a person
has corrected is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from crmlib.border.locked import connect
from crmlib.border.proposal import files, heading, plan, profile, reading, relations, trial
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.writing import block_text
from crmlib.border.sources import SourceError
from crmlib.vocabulary import language
from crmlib.vocabulary.schema import TABLES

LINES = ["table", "field", "column", "confidence", "why"]


@dataclass(frozen=True)
class Proposal:
    """What `init` writes, and `lines`: one row per proposed field with its confidence; what was passed over, what is not settled."""

    company_toml: str
    lines: pd.DataFrame
    passed: tuple[files.Passed, ...]
    unsettled: tuple[str, ...]
    unused: tuple[str, ...]
    language: str
    active: bool


def propose(folder: Path, told: Callable[[str], None] = lambda _file: None) -> Proposal:
    """A mapping for whatever lies in a folder; `told` hears what is being done. Raises `SourceError` without a folder."""
    folder = Path(folder)
    names, passed = files.named(folder)
    with TemporaryDirectory(prefix="crmlib-init-") as scratch:
        engine = connect(names, Path(scratch))
        try:
            sheets, unread = files.read(engine, folder, names, told)
            every = [relations.File(sheet, profile.profile(engine, sheet)) for sheet in sheets]
            spoken = heading.language_of(every)
            with language.using(spoken):
                every_related = relations.related(engine, every)
                blocks = plan.plan(every_related)
                head = heading.Head.of(folder, every, blocks, spoken)
                for block in blocks:
                    reading.read_as(block)
                trial.tried(engine, blocks, head.given(), told, Path(scratch))
                return _proposal(folder, every, blocks, head, [*passed, *unread])
        finally:
            engine.close()


def init(folder: Path, *, force: bool = False, told: Callable[[str], None] = lambda _file: None) -> Proposal:
    """Write `company.toml` into the folder. Raises `SourceError`."""
    folder = Path(folder)
    target = folder / "company.toml"
    if target.exists() and not force:
        raise SourceError(f"{target}: already there; correct it by hand, or say --force to write it anew")
    proposal = propose(folder, told)
    target.write_text(proposal.company_toml, encoding="utf-8")
    return proposal


def _proposal(
    folder: Path, every: list[relations.File], blocks: list[Block], head: heading.Head, passed: list[files.Passed]
) -> Proposal:
    order = list(TABLES)
    blocks.sort(key=lambda b: (bool(b.off), order.index(b.table)))
    used = {id(f.sheet) for b in blocks for f in (b.file, *(j.file for j in b.joins))}
    unused = [f for f in every if id(f.sheet) not in used]
    head = head.settled(every, blocks)
    counts = {t: sum(b.table == t and not b.off for b in blocks) for t in TABLES}
    texts = [block_text(b, several=counts[b.table] > 1 and not b.off) for b in blocks]
    toml = "\n".join([head.text(passed, unused), *texts])
    rows = [
        [b.table, name, line.given, line.sure, line.why] for b in blocks if not b.off for name, line in b.lines.items()
    ]
    return Proposal(
        toml,
        pd.DataFrame(rows, columns=LINES),
        tuple(passed),
        tuple(f"{b.file.sheet.called} → {b.table}: {b.off}" for b in blocks if b.off),
        tuple(f.sheet.called for f in unused),
        head.language,
        any(not b.off for b in blocks),
    )
