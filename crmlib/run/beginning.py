"""What `crmlib init` does and says: a first company.toml and policy.toml, and in three lines what to do next."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from rich.markup import escape

from crmlib.border.proposal.files import named
from crmlib.border.propose import SCHEMA, Proposal, init
from crmlib.run.checking import drawn, line, terminal
from crmlib.run.progress import Bars
from crmlib.run.recut import draft
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _
from crmlib.vocabulary.schema import TABLES

THRESHOLDS = "thresholds"
MOST = 10
"""Files that are not settled of which each is named."""


def begin(folder: Path, *, force: bool = False) -> Proposal:
    """Write both files into the folder, a policy only where there is none, and say what was understood. Raises `SourceError`."""
    folder = Path(folder)
    with (
        TemporaryDirectory(prefix="crmlib-init-") as scratch,
        Bars() as bars,
        bars.steps(_ahead(folder), _called) as told,
    ):
        proposal = init(folder, force=force, told=told, scratch=Path(scratch))
        told(THRESHOLDS)
        draft(folder / "company.toml", proposal.sample)
    with language.using(proposal.language):
        if len(proposal.lines):
            lines = proposal.lines.drop(columns="doubt").assign(
                confidence=[f"{c:.0%}" for c in proposal.lines["confidence"]]
            )
            terminal().print(drawn(lines, _("How the columns are understood")))
        _next(folder, proposal)
    return proposal


def _ahead(folder: Path) -> dict[str, float]:
    """Steps known of before a file is opened, and how long each takes beside the others: a file as many bytes as it has."""
    sizes = {file.name: float(file.stat().st_size) for file in named(folder)[0]} if folder.is_dir() else {}
    return {**sizes, THRESHOLDS: sum(sizes.values()) / 2}


def _called(step: str) -> str:
    if step == THRESHOLDS:
        return _("proposing thresholds")
    tried = _("trying {table}").format(table=label(step, "table"))
    return tried if step in TABLES else _("reading {file}").format(file=escape(step))


def _next(folder: Path, proposal: Proposal) -> None:
    """What was passed over or is not settled, and three lines on what to do."""
    for passed in proposal.passed:
        line(_("Passed over: {file} ({why})").format(file=passed.file, why=_(passed.why)))
    for said in proposal.unsettled[:MOST]:
        line(_("Not settled: {what}").format(what=said))
    if (left := len(proposal.unsettled) - MOST) > 0:
        line(_("Not settled: {n} more, in {file}").format(n=left, file=folder / "company.toml"))
    if proposal.unused:
        line(_("Not used: {files}").format(files=language.beside(proposal.unused)))
    written = (str(folder / f) for f in ("company.toml", SCHEMA, "policy.toml"))
    line(_("Written: {files}").format(files=language.beside(written)))
    line(
        _("1. Read {file}: each line says how sure it is and why; look at those that are a guess.").format(
            file=folder / "company.toml"
        )
    )
    if proposal.active:
        line(_("2. Run: crmlib check {file}").format(file=folder / "company.toml"))
    else:
        line(_("2. No table could be told: take the # away from the lines that are right. The words: crmlib explain"))
    line(
        _("3. Decide the thresholds in {file}, then run: crmlib review {company}").format(
            file=folder / "policy.toml", company=folder / "company.toml"
        )
    )
