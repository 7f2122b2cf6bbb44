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
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any that is free.")]
CourseFolder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="FOLDER", help="Your copy; by default in crmlib-course in your home folder."),
]
LabFolder = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FOLDER]", help="Your copy; by default in crmlib-course in your home folder, made if it is not there."
    ),
]
LabName = Annotated[
    str,
    typer.Option(
        "--name", metavar="NAME", help="Whose copy, where several people share a login; by default the login name."
    ),
]
LabBrowser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open JupyterLab in a browser.")]
LabRoot = Annotated[bool, typer.Option("--allow-root", help="As root: say nothing of it.")]
