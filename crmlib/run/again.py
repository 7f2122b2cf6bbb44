"""The command that runs a month again from what was frozen of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmlib.run.arguments import CompanyFile, Reviews
from crmlib.vocabulary.errors import require


def again(
    company: CompanyFile,
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month that was reviewed.")],
    out: Reviews = Path("reviews"),
    force: Annotated[
        bool, typer.Option("--force", help="Put the new figures and pages in their place; lists stay as they are.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Chapters run side by side; by default one per core.")
    ] = None,
    chapters: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Take the chapters from here.", hidden=True)
    ] = None,
) -> None:
    """Run a past month again from its frozen tables, and say whether its figures are the same, to the byte.

    Your files are not read, nor anything that later months know. Example: crmlib again shop/company.toml --month 2026-10
    """
    require("notebooks")
    from crmlib.run.chapters import CHAPTERS
    from crmlib.run.from_frozen import run_again, told
    from crmlib.run.progress import Bars
    from crmlib.run.review import Request

    request = Request(company, month, out=out, workers=workers, force=force, chapters=chapters or CHAPTERS)
    with Bars() as bars:
        found = run_again(request, listener=bars)
    for said in told(found):
        typer.echo(said)
    raise typer.Exit(1 if found.differing or found.failed else 0)
