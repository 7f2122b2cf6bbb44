"""The command for what became of the actions: take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmlib.run.arguments import Reviews
from crmlib.vocabulary.errors import require

actions = typer.Typer(help="Actions that reviews proposed.", no_args_is_help=True)


@actions.callback()
def _actions() -> None:
    pass


@actions.command(epilog="Example: crmlib actions take ~/Downloads/actions.xlsx")
def take(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The list filled in, tasks a CRM exported, or WeCom's send results.")
    ],
    company: Annotated[
        str, typer.Option(metavar="NAME|COMPANY.toml", help="Of this company alone; by default of any under --out.")
    ] = "",
    out: Reviews = Path("reviews"),
) -> None:
    """Take back what became of the actions: into the months that proposed them, for the next review.

    Example: crmlib actions take ~/Downloads/actions.xlsx
    """
    require("notebooks")
    from datetime import date

    from crmlib.run.checking import line
    from crmlib.run.taking import take as taken

    for said in taken(file, out=out, company=company, today=date.today()):
        line(said)
