"""`crmlib init`: from whatever lies in a folder to a proposed, commented company.toml.

What could not be settled stands there commented out with the candidates. Nothing here is used by a review: what a person
has corrected is.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from crmlib.border.company import Description
from crmlib.border.locked import connect
from crmlib.border.proposal import files, heading, plan, profile, reading, relations, trial
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.heading import SCHEMA as SCHEMA
from crmlib.border.proposal.writing import block_text
from crmlib.border.sources import SourceError
from crmlib.vocabulary import language
from crmlib.vocabulary.schema import TABLES

LINES = ["table", "field", "column", "confidence", "why", "doubt"]


@dataclass(frozen=True)
class Proposal:
    """What `init` writes, `lines` (one row per proposed field), and what was passed over, is not settled or not used."""

    company_toml: str
    lines: pd.DataFrame
    passed: tuple[files.Passed, ...]
    unsettled: tuple[str, ...]
    unused: tuple[str, ...]
    language: str
    active: bool
    sample: Description | None


def propose(folder: Path, told: files.Told = lambda _file: None, scratch: Path | None = None) -> Proposal:
    """A mapping for whatever lies in a folder; `told` hears what is being done. Raises `SourceError` without a folder.

    Where `scratch` is given, a sample of large files is left there, which the proposal's `sample` reads.
    """
    folder = Path(folder)
    names, passed = files.named(folder)
    with TemporaryDirectory(prefix="crmlib-init-") as temporary:
        engine = connect(names, scratch or Path(temporary))
        try:
            sheets, unread = files.read(engine, folder, names, told)
            every = [relations.File(sheet, profile.profile(engine, sheet)) for sheet in sheets]
            spoken = heading.language_of(every)
            with language.using(spoken):
                whole = relations.related(engine, every)
                blocks = plan.plan(whole)
                for block in blocks:
                    reading.read_as(block)
                head = heading.Head.of(folder, whole, blocks, spoken)
                samples = trial.Samples(engine, scratch or Path(temporary))
                trial.tried(blocks, head.given(), told, samples)
                head = head.settled(whole, blocks)
                sample = trial.sampled(blocks, head.given(), samples) if scratch else None
                return _proposal(every, blocks, head, [*passed, *unread], sample)
        finally:
            engine.close()


def init(
    folder: Path, *, force: bool = False, told: files.Told = lambda _file: None, scratch: Path | None = None
) -> Proposal:
    """Write `company.toml` into the folder, and beside it the schema that editors check it by. Raises `SourceError`."""
    folder = Path(folder)
    target = folder / "company.toml"
    if target.exists() and not force:
        raise SourceError(f"{target}: already there; correct it by hand, or say --force to write it anew")
    proposal = propose(folder, told, scratch)
    target.write_text(proposal.company_toml, encoding="utf-8")
    schema = resources.files("crmlib") / "border" / SCHEMA
    (folder / SCHEMA).write_text(schema.read_text(encoding="utf-8"), encoding="utf-8")
    return proposal


def _proposal(
    every: list[relations.File],
    blocks: list[Block],
    head: heading.Head,
    passed: list[files.Passed],
    sample: Description | None,
) -> Proposal:
    order = list(TABLES)
    blocks.sort(key=lambda b: (bool(b.off), order.index(b.table)))
    used = {id(f.sheet) for b in blocks for f in (b.file, *(j.file for j in b.joins))}
    unused = [f for f in every if id(f.sheet) not in used]
    counts = {t: sum(b.table == t and not b.off for b in blocks) for t in TABLES}
    texts = [block_text(b, several=counts[b.table] > 1 and not b.off) for b in blocks]
    rows = [
        [b.table, n, line.given, line.sure, line.why, b.doubts.get(n, "")]
        for b in blocks
        if not b.off
        for n, line in b.lines.items()
    ]
    return Proposal(
        company_toml="\n".join([head.text(passed, unused), *texts]),
        lines=pd.DataFrame(rows, columns=LINES),
        passed=tuple(passed),
        unsettled=tuple(f"{b.file.sheet.called} → {b.table}: {b.off}" for b in blocks if b.off),
        unused=tuple(f.sheet.called for f in unused),
        language=head.language,
        active=any(not b.off for b in blocks),
        sample=sample,
    )
