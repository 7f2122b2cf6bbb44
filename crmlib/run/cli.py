"""The command line. No traceback reaches a user: what can go wrong is one line on standard error and an exit code."""

from __future__ import annotations

import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmlib import CrmlibError, __version__
from crmlib.run.acting import actions
from crmlib.run.again import again
from crmlib.run.arguments import CompanyFile, DataFolder, LabBrowser, LabFolder, LabName, LabRoot, Port, Reviews
from crmlib.run.capstone import capstone
from crmlib.run.certificate import certificate, verify
from crmlib.run.class_commands import class_
from crmlib.run.course import course
from crmlib.run.game import game
from crmlib.run.guarded import guarded, stop, stopping
from crmlib.run.rights import audit, export, forget
from crmlib.run.teach import teach
from crmlib.vocabulary.errors import require

if TYPE_CHECKING:
    from crmlib.run.review import Request

EXIT_CODES = (
    "Exit codes: 0 done; 1 a chapter stopped (the others are published), or a fault of crmlib itself, whose log is named; "
    "2 something to mend in what was given; 130 stopped with Ctrl-C."
)
app = typer.Typer(
    name="crmlib",
    help="Learn, review and publish how customers are kept, from a company's own data.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

tiers = typer.Typer(help="Tiers of customers.", no_args_is_help=True)
app.add_typer(tiers, name="tiers")

app.add_typer(actions, name="actions")

app.add_typer(teach, name="teach")
teach.command(epilog="Example: crmlib teach game tables.csv --to game.html")(game)

app.add_typer(course, name="course")
app.add_typer(class_, name="class")
for piece, takes in ((certificate, '"Li Wei" --without-code'), (verify, "certificate.pdf"), (capstone, "--check")):
    course.command(epilog=f"Example: crmlib course {piece.__name__} {takes}")(piece)


class Log(StrEnum):
    """In what form a run tells how far it is."""

    json = "json"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"crmlib {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is, and leave.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: crmlib init exports/2026")
def init(
    folder: Annotated[Path, typer.Argument(help="Folder with the company's files.")],
    force: Annotated[bool, typer.Option("--force", help="Write company.toml anew where there is one.")] = False,
    ready: Annotated[
        str, typer.Option(metavar="NAME", help="Take the ready mapping of a known source, such as shopify, instead.")
    ] = "",
) -> None:
    """Propose company.toml and policy.toml for the files in FOLDER, to be corrected by a person."""
    from crmlib.run.beginning import begin
    from crmlib.run.checking import written
    from crmlib.run.shipped import copy_mapping

    if ready:
        return written(copy_mapping(ready, folder, force=force))
    begin(folder, force=force)


@app.command(epilog="Example: crmlib explain currency")
def explain(
    word: Annotated[str, typer.Argument(help="A word of company.toml, or a table; by default all words.")] = "",
) -> None:
    """Explain the words of company.toml, each with an example."""
    from crmlib.run.explain import explain as told

    told(word)


@app.command(epilog="Example: crmlib check exports/company.toml")
def check(company: CompanyFile, data: DataFolder = None) -> None:
    """Read everything, change nothing: what would be kept, what rejected and why."""
    from crmlib.run.checking import report

    raise typer.Exit(report(company, data))


@app.command(epilog="Example: crmlib review exports/company.toml")
def review(
    company: CompanyFile,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Month to review; by default the latest that the data fill.")
    ] = None,
    out: Reviews = Path("reviews"),
    workers: Annotated[
        int | None, typer.Option(min=1, help="Chapters run side by side; by default one per core.")
    ] = None,
    only: Annotated[str, typer.Option(metavar="3,5", help="Run these chapters only.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a broken-off run of the month ended.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a month that is already there, once the new one is whole.")
    ] = False,
    data: DataFolder = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Set a parameter of the chapters."),
    ] = None,
    hook: Annotated[
        str,
        typer.Option(
            metavar="COMMAND", help="When the review is whole, run this with its folder as the last argument."
        ),
    ] = "",
    tries: Annotated[int, typer.Option(min=1, max=10, help="How often the hook is run where it fails.")] = 3,
    log: Annotated[
        Log | None, typer.Option(help="Tell how far it is as lines of JSON on standard error, one an event.")
    ] = None,
    chapters: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Take the chapters from here.", hidden=True)
    ] = None,
) -> None:
    """Run the six chapters on the company's data and write the month's review, in the `language` of company.toml (en or zh)."""
    require("notebooks")
    from crmlib.run.chapters import CHAPTERS
    from crmlib.run.hook import command_of
    from crmlib.run.review import Request

    request = Request(
        company=company,
        month=month,
        out=out,
        workers=workers,
        only=_numbers(only),
        resume=resume,
        force=force,
        data=data,
        chapters=chapters or CHAPTERS,
        parameters=_pairs(parameter or []),
    )
    raise typer.Exit(_reviewed(request, command_of(hook) if hook else [], tries, log))


def _reviewed(request: Request, then: list[str], tries: int, log: Log | None) -> int:
    from crmlib.run.checking import ending
    from crmlib.run.hook import call
    from crmlib.run.progress import Bars, Events, event
    from crmlib.run.review import review as run

    with Events() if log else Bars() as told:
        done = run(request, listener=told)
        if log:
            event("done", folder=str(done.folder), stopped=done.failed)
        if then:
            call(then, done.folder, tries, told.say)
    for said in () if log else ending(done.folder, done.manifest):
        typer.echo(said)
    return 1 if done.failed else 0


@app.command(epilog="Example: crmlib publish reviews/acme/2026-10 --port 0")
def publish(
    review: Annotated[
        Path | None, typer.Argument(metavar="[REVIEW FOLDER | COMPANY.toml]", help="By default the last review.")
    ] = None,
    out: Reviews = Path("reviews"),
    port: Port = 8866,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the front page in a browser.")] = False,
    address: Annotated[
        str, typer.Option(metavar="IP", help="Address to listen on; beyond this machine a token is asked for.")
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="Name under which a proxy hands requests on.")
    ] = None,
    visitors: Annotated[int, typer.Option(min=1, help="Chapters computed live at a time, at most.")] = 8,
) -> None:
    """Serve a review read-only: its finished pages at once, and its chapters live on the frozen tables."""
    require("notebooks", "publish")
    from crmlib.run.publish import serve

    serve(review, out=out, port=port or 0, address=address, names=name or (), visitors=visitors, browser=browser)


@app.command(epilog="Example: crmlib lab --no-browser")
def lab(
    folder: LabFolder = None,
    name: LabName = "",
    port: Port = None,
    browser: LabBrowser = True,
    allow_root: LabRoot = False,
) -> None:
    """Open JupyterLab on the chapters and exercises, in a copy of one's own, with the teaching company's tables."""
    require("notebooks")
    from crmlib.run.lab import serve

    raise typer.Exit(serve(folder, name=name, port=port, browser=browser, allow_root=allow_root))


@course.command(epilog="Example: crmlib course slides reviews/yunxi/2026-10")
def slides(
    review: Annotated[
        Path | None, typer.Argument(metavar="[REVIEW FOLDER | COMPANY.toml]", help="By default the last review.")
    ] = None,
    out: Reviews = Path("reviews"),
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to write; by default beside the review.")
    ] = None,
) -> None:
    """Make slides of a review's chapters, a page each that opens without network, in the language of the review."""
    require("notebooks")
    from crmlib.run.slides import write_slides

    for page in write_slides(review, out=out, into=to):
        typer.echo(page)


for command, given in (
    (again, "exports/company.toml --month 2026-09"),
    (export, "exports/company.toml K-0042 --to answer.zip"),
    (forget, "exports/company.toml K-0042 --yes"),
    (audit, "exports/company.toml --to audit.md"),
):
    app.command(epilog=f"Example: crmlib {command.__name__} {given}")(command)


@tiers.command(epilog="Example: crmlib tiers recut exports/company.toml --write")
def recut(
    company: CompanyFile,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Month to propose for; by default the latest that the data fill."),
    ] = None,
    data: DataFolder = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the proposal to policy.proposed.toml beside COMPANY.toml as well.")
    ] = False,
) -> None:
    """Propose new cuts for tiers and RFM and say whom they would move; only a person adopts them."""
    from crmlib.run.recut import recut as propose

    propose(company, month, data, keep=write)


def _numbers(text: str) -> tuple[int, ...]:
    parts = [p.strip() for p in text.split(",") if p.strip()]
    if not all(p.isdecimal() for p in parts) or (text.strip() and not parts):
        raise CrmlibError(f"--only: expected chapter numbers such as 3,5, found {text!r}")
    return tuple(dict.fromkeys(int(p) for p in parts))


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise CrmlibError(f"--parameter: expected NAME=VALUE, found {text!r}")
        pairs[name] = value
    return pairs


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; always leaves by `SystemExit`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    stopping.clear()
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(guarded(lambda: app(args=given, standalone_mode=False), given))


if __name__ == "__main__":
    main()
