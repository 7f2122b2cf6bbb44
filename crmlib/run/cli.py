"""The command line. No traceback reaches a user: what can go wrong is one line on standard error and an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.exceptions

from crmlib import CrmlibError, __version__
from crmlib.run.acting import actions
from crmlib.run.again import again
from crmlib.run.arguments import CompanyFile, DataFolder, LabBrowser, LabFolder, LabName, LabRoot, Port, Reviews
from crmlib.run.course import course
from crmlib.run.rights import audit, export, forget
from crmlib.run.teach import teach
from crmlib.vocabulary.errors import require

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

app.add_typer(course, name="course")

STOPPED = 130
FULL = (errno.ENOSPC, errno.EDQUOT)
LONGEST = 2000
"""Characters of a line that says what went wrong: a value that it names may be of any length."""
MENDS = {
    **dict.fromkeys(FULL, "; make room there, then run it again"),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), "; make it readable and writable, or name another folder"
    ),
    **dict.fromkeys(
        (errno.ENOTDIR, errno.EEXIST, errno.EISDIR), "; a file stands where a folder is needed, or a folder for a file"
    ),
    errno.ENAMETOOLONG: "; give it a shorter name",
}
"""What mends a file or folder that cannot be used, by the system's number of the error."""


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


@app.command()
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


@app.command()
def explain(
    word: Annotated[str, typer.Argument(help="A word of company.toml, or a table; by default all words.")] = "",
) -> None:
    """Explain the words of company.toml, each with an example."""
    from crmlib.run.explain import explain as told

    told(word)


@app.command()
def check(company: CompanyFile, data: DataFolder = None) -> None:
    """Read everything, change nothing: what would be kept, what rejected and why."""
    from crmlib.run.checking import report

    raise typer.Exit(report(company, data))


@app.command()
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
    chapters: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Take the chapters from here.", hidden=True)
    ] = None,
) -> None:
    """Run the six chapters on the company's data and write the month's review."""
    require("notebooks")
    from crmlib.run.chapters import CHAPTERS
    from crmlib.run.checking import ending
    from crmlib.run.progress import Bars
    from crmlib.run.review import Request
    from crmlib.run.review import review as run

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
    with Bars() as bars:
        done = run(request, listener=bars)
    for said in ending(done.folder, done.manifest):
        typer.echo(said)
    raise typer.Exit(1 if done.failed else 0)


@app.command()
def publish(
    review: Annotated[
        Path | None, typer.Argument(metavar="[REVIEW FOLDER | COMPANY.toml]", help="By default the last review.")
    ] = None,
    out: Reviews = Path("reviews"),
    port: Port = 8866,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the front page in a browser.")] = False,
) -> None:
    """Serve the chapters of a review read-only, with sliders, on its frozen tables."""
    require("notebooks", "publish")
    from crmlib.run.publish import serve

    serve(review, out=out, port=port or 0, browser=browser)


@app.command()
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

    serve(folder, name=name, port=port, browser=browser, allow_root=allow_root)


for command in (again, export, forget, audit):
    app.command()(command)


@tiers.command()
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
    signal.signal(signal.SIGTERM, _stop)
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(_guarded(lambda: app(args=given, standalone_mode=False), given))


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _guarded(run: Callable[[], Any], given: Sequence[str] = ()) -> int:
    """The exit code of a command that was `given` these arguments; what went wrong is said in one line."""
    try:
        code = run()
        if code == STOPPED:
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except typer.Exit as left:
        return int(left.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        kept = "; the chapters that were whole are kept for --resume" if "review" in given[:1] else ""
        return _say(f"stopped{kept}", STOPPED)
    except typer.exceptions.TyperException as error:
        return _say(getattr(error, "format_message", error.__str__)(), 2)
    except CrmlibError as error:
        return _say(str(error), 2)
    except Exception as error:
        from crmlib.run.faults import said

        if isinstance(error, OSError) and (error.errno in FULL or _named(error.filename, given)):
            where = f"{error.filename}: " if error.filename else ""
            return _say(f"{where}{error.strerror or error}{MENDS.get(error.errno or 0, '')}", 2)
        if isinstance(error, ModuleNotFoundError) and error.name == "fcntl":
            return _say("this command needs Linux or macOS; on Windows, run crmlib in WSL", 2)
        return _say(said(error), 1)


def _named(file: Any, given: Sequence[str]) -> bool:
    """Whether a file is one that the command was given, lies in such a folder or beside the company's, or among the reviews."""
    if not isinstance(file, (str, bytes)):
        return False
    names = [Path(os.path.realpath(text.rpartition("=")[2])) for text in (*given, "reviews") if text]
    homes = [name.parent if name.suffix == ".toml" else name for name in names]
    return any(Path(os.path.realpath(os.fsdecode(file))).is_relative_to(home) for home in homes)


def _say(line: str, code: int) -> int:
    told = " ".join(line.split())
    print(f"crmlib: {told[:LONGEST]}{'…' if len(told) > LONGEST else ''}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
