"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CompanyFile = Annotated[Path, typer.Argument(metavar="COMPANY.toml", help="Description of the company.")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="Where the company's data lie, if not where it says.")
]
Reviews = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where reviews are kept.")]
