"""The course from the command line: every question in a line, the next one opened, and what is mastered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import typer

from crmlib.run.arguments import CourseFolder, LabBrowser, LabName, LabRoot, Port
from crmlib.vocabulary.errors import require
from crmlib.vocabulary.language import LANGUAGES, N_, _, number, using

course = typer.Typer(help="The course: questions chapter by chapter, and how far you are.", invoke_without_command=True)
WithoutCode = Annotated[bool, typer.Option("--without-code", help="Only what needs no code: read, judge and say.")]
Language = Annotated[str, typer.Option("--language", metavar="|".join(LANGUAGES), help="Language to say it in.")]
CAPSTONE = "capstone"
PARTS: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("capstone_mapping", N_("The mapping"), ("D019", "D036", "D037"), 90),
    ("capstone_review", N_("The review"), ("D001", "D130"), 30),
    ("capstone_list", N_("The list of ten"), ("D102", "D106", "D129"), 30),
    ("capstone_memo", N_("The memo"), ("D006", "D131"), 45),
)
"""The parts of the capstone: name, title, items of the deck, minutes; an estimate, as nothing can be reckoned from words here."""
LEVELS: Mapping[str, str] = {"right": N_("mastered"), "wrong": N_("begun"), "": N_("to do")}


@dataclass(frozen=True)
class Row:
    """A question in the course: its chapter, kind, name, title, items of the deck, and minutes reckoned for it."""

    chapter: str
    kind: str
    name: str
    title: str
    deck: tuple[str, ...]
    minutes: int


def rows(without_code: bool = False) -> list[Row]:
    """Every question of the course in its order."""
    from crmlib.run.exercises import code_of, solution_lines
    from crmlib.show.questions import chapters, minutes, questions

    found = []
    for chapter in chapters():
        code = code_of(chapter)
        for q in questions(chapter).values():
            if q.kind != "measure" or not without_code:
                needed = minutes(q, solution_lines(code.get(q.name, "")))
                found.append(Row(chapter, q.kind, q.name, q.title, q.deck, needed))
    return found


def pieces() -> list[Row]:
    """The larger pieces beside the questions: the incidents of the crisis drill, and the parts of the capstone."""
    from crmlib.show.incidents import FOLDER, incidents

    drill = [Row(FOLDER, "drill", i.name, i.title, i.deck, i.minutes) for i in incidents().values()]
    return [*drill, *(Row(CAPSTONE, "capstone", *part) for part in PARTS)]


def everything(without_code: bool = False) -> list[Row]:
    """All that progress counts: the questions, then the larger pieces."""
    return [*rows(without_code), *pieces()]


@course.callback()
def opened(
    asked: typer.Context,
    folder: CourseFolder = None,
    name: LabName = "",
    port: Port = None,
    browser: LabBrowser = True,
    allow_root: LabRoot = False,
    without_code: WithoutCode = False,
    language: Language = "en",
) -> None:
    """Open the next question; `list` names them all, `progress` says what is mastered."""
    if asked.invoked_subcommand:
        return
    require("notebooks")
    from crmlib.run.lab import serve, where
    from crmlib.show.attempts import FILE, Attempts

    with using(language):
        left = todo(everything(without_code), Attempts(where(folder, name) / FILE).states())
        typer.echo(_next(left))
        suffix = "" if language == "en" else f".{language}"
        there = left and left[0].chapter != CAPSTONE
        page = f"exercises/{left[0].chapter}/exercise{suffix}.ipynb" if there else "exercises"
        raise typer.Exit(serve(folder, name=name, port=port, browser=browser, allow_root=allow_root, page=page))


@course.command("list", epilog="Example: crmlib course list --without-code")
def listed(without_code: WithoutCode = False, language: Language = "en") -> None:
    """Print every question and larger piece, one a line: chapter, kind, name, items of the deck, minutes."""
    require("notebooks")
    with using(language):
        for row in everything(without_code):
            typer.echo(f"{row.chapter:<22} {row.kind:<8} {row.name:<30} {','.join(row.deck):<30} {row.minutes:>3}")


@course.command(epilog="Example: crmlib course progress")
def progress(
    folder: CourseFolder = None, name: LabName = "", without_code: WithoutCode = False, language: Language = "en"
) -> None:
    """Say what is mastered by chapter and item of the deck, and what to do next."""
    require("notebooks")
    from crmlib.run.lab import where
    from crmlib.show.attempts import FILE, Attempts

    with using(language):
        for line in report(everything(without_code), Attempts(where(folder, name) / FILE).states()):
            typer.echo(line)


def todo(asked: Iterable[Row], states: Mapping[tuple[str, str], str]) -> list[Row]:
    """The questions not yet answered rightly, in their order."""
    return [row for row in asked if states.get((row.chapter, row.name)) != "right"]


def report(asked: list[Row], states: Mapping[tuple[str, str], str]) -> list[str]:
    """What is mastered and begun, a line a chapter, then the items of the deck, then the next question."""
    lines = []
    for chapter in dict.fromkeys(row.chapter for row in asked):
        here = [row for row in asked if row.chapter == chapter]
        left = todo(here, states)
        text = _("{chapter}: {right} of {n} mastered, {begun} begun, about {minutes} minutes left")
        begun = sum(states.get((row.chapter, row.name)) == "wrong" for row in here)
        counts = {
            "right": len(here) - len(left),
            "n": len(here),
            "begun": begun,
            "minutes": sum(row.minutes for row in left),
        }
        lines.append(text.format(chapter=chapter, **{k: number(v) for k, v in counts.items()}))
    by_level: dict[str, list[str]] = {level: [] for level in LEVELS}
    for item in sorted({item for row in asked for item in row.deck}):
        of_item = [states.get((row.chapter, row.name), "") for row in asked if item in row.deck]
        level = "right" if all(s == "right" for s in of_item) else "wrong" if any(of_item) else ""
        by_level[level].append(item)
    for level, items in by_level.items():
        what = _("{level}, items of the deck ({n}):")
        lines.append(" ".join([what.format(level=_(LEVELS[level]), n=number(len(items))), *items]))
    return [*lines, _next(todo(asked, states))]


def _next(left: list[Row]) -> str:
    if not left:
        return _("Every question is answered.")
    row = left[0]
    said = _("Next: {title} ({kind}, about {minutes} minutes), exercises/{chapter}, {call}")
    from crmlib.show.questions import KINDS

    if row.kind == "capstone":
        text = _(
            "Next: {title} (capstone, about {minutes} minutes): crmlib course capstone, and with --check what of it is right"
        )
        return text.format(title=_(row.title), minutes=row.minutes)
    kinds: dict[str, str] = {**KINDS, "drill": N_("crisis drill")}  # type: ignore[dict-item]
    call = f'{"crisis.play" if row.kind == "drill" else "ex.ask"}("{row.name}")'
    kind = _(kinds[row.kind])
    return said.format(title=_(row.title), kind=kind, minutes=row.minutes, chapter=row.chapter, call=call)
