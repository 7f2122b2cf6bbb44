"""A class from the command line: what a trainer does beside nbgrader's own commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from crmlib.run.course import Language
from crmlib.vocabulary.errors import CrmlibError, require
from crmlib.vocabulary.language import _, ngettext, number, using

class_ = typer.Typer(
    help="A class: release exercises, collect and mark what trainees hand in, and see what to talk about next.",
    no_args_is_help=True,
)
Folder = Annotated[
    Path, typer.Option("--folder", metavar="FOLDER", help="The class, a folder that nbgrader works in as well.")
]
HERE = Path("crmlib-class")
Chapter = Annotated[str, typer.Option("--chapter", metavar="1,3", help="These chapters only.")]


@class_.command(epilog="Example: crmlib class release --chapter 1,2")
def release(
    chapter: Chapter = "",
    folder: Folder = HERE,
    company: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Your own company: a folder with tables and policy.toml of a review."),
    ] = None,
    as_of: Annotated[str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The last day of your own company.")] = "",
    language: Language = "en",
) -> None:
    """Make the folder of a class, and have nbgrader make the notebooks that are released in it."""
    require("class")
    from crmlib.run import class_flow
    from crmlib.run.class_folder import lay

    with using(language):
        laid = lay(folder, _chapters(chapter), language=language, company=company, as_of=as_of)
        for name, n in laid.items():
            class_flow.release(folder, name)
            said = ngettext("{chapter}: {n} question, {file}", "{chapter}: {n} questions, {file}", n)
            typer.echo(said.format(chapter=name, n=number(n), file=folder / "release" / name / "exercise.ipynb"))


@class_.command(epilog="Example: crmlib class collect handed-in --chapter 1")
def collect(
    places: Annotated[
        list[Path],
        typer.Argument(metavar="PLACE...", help="Trainees' copies, archives of them (.zip), or folders of either."),
    ],
    chapter: Chapter = "",
    folder: Folder = HERE,
    language: Language = "en",
) -> None:
    """Take trainees' copies as handed in, each under the name of its folder or archive, and have nbgrader collect them."""
    require("class")
    from crmlib.run import class_flow

    with using(language):
        counts = class_flow.collect(folder, places, _released(folder, chapter), _say)
        for name, n in counts.items():
            said = ngettext("{chapter}: {n} submission collected", "{chapter}: {n} submissions collected", n)
            typer.echo(said.format(chapter=name, n=number(n)))


@class_.command(epilog="Example: crmlib class grade --chapter 1 --workers 2")
def grade(
    chapter: Chapter = "",
    folder: Folder = HERE,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Submissions that run side by side; by default one per core.")
    ] = None,
    unconfined: Annotated[
        bool, typer.Option("--unconfined", help="Run submissions even where this system cannot confine them.")
    ] = False,
    language: Language = "en",
) -> None:
    """Mark everything that was handed in, in nbgrader's own gradebook: each submission runs confined and is judged outside."""
    require("class")
    from crmlib.run import class_flow
    from crmlib.run.confined import landlock

    with using(language):
        if not landlock() and not unconfined:
            raise CrmlibError(
                "this system cannot confine what it runs (Linux 5.13 or newer can): a submission could read keys and other "
                "submissions; to run them all the same: --unconfined"
            )
        for name in _released(folder, chapter):
            n = class_flow.grade(folder, name, class_flow.workers_of(workers), _say)
            said = ngettext("{chapter}: {n} submission marked", "{chapter}: {n} submissions marked", n)
            typer.echo(said.format(chapter=name, n=number(n)))


@class_.command(epilog="Example: crmlib class report --language zh")
def report(chapter: Chapter = "", folder: Folder = HERE, language: Language = "en") -> None:
    """Write who can do what by item of the deck, as a page and as CSV, and say what to talk about next."""
    require("class")
    from crmlib.run import class_report
    from crmlib.run.folders import write

    with using(language):
        names = _released(folder, chapter)
        graded, lacking = class_report.marked(folder, names)
        write(folder / "class.html", class_report.page(names, graded, lacking))
        write(folder / "class.csv", class_report.table(names, graded).encode("utf-8-sig"))
        for line in class_report.lines(class_report.talks(graded)[: class_report.TALKED]):
            typer.echo(line)
        for file in ("class.html", "class.csv"):
            typer.echo(_("Written: {file}").format(file=folder / file))


def _say(line: str) -> None:
    typer.echo(f"crmlib: {line}", err=True)


def _chapters(text: str) -> list[str]:
    """The chapters that are named by their numbers; all where none is. Raises `CrmlibError`."""
    from crmlib.show.questions import chapters

    by_number = {str(int(name[:2])): name for name in chapters()}
    asked = [part.strip() for part in text.split(",") if part.strip()]
    if unknown := [part for part in asked if part not in by_number]:
        raise CrmlibError(
            f"--chapter: expected numbers such as 1,3 (there are {', '.join(by_number)}), found {unknown[0]!r}"
        )
    return [by_number[part] for part in dict.fromkeys(asked)] or list(by_number.values())


def _released(folder: Path, text: str) -> Sequence[str]:
    """Those of the chapters asked for that were released in a class. Raises `ClassError`."""
    from crmlib.run.class_judging import ClassError, home_of

    home_of(folder.absolute())
    found = [name for name in _chapters(text) if (folder / "release" / name / "exercise.ipynb").exists()]
    if not found:
        raise ClassError(f"{folder}: none of these chapters was released here; `crmlib class release` does it")
    return found
