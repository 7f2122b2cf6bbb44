"""A trainee's own copy of chapters and exercises, brought up to date without losing what was written into it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from filecmp import cmp
from pathlib import Path

import nbformat

from crmlib.run import exercises
from crmlib.run.cross_links import link
from crmlib.run.shipped import MADE
from crmlib.show.attempts import MARKER
from crmlib.show.incidents import DRILLED, incidents
from crmlib.show.incidents import FOLDER as DRILL
from crmlib.show.questions import chapters, questions
from crmlib.vocabulary.language import LANGUAGES, using
from crmlib.vocabulary.shipping import shipped


def bring(place: Path) -> None:
    """Bring chapters and exercises into `place`: what the trainee did not touch is replaced, what they did is merged."""
    for name, text in _course():
        _put(place / name, place / MARKER / name, text)


def bring_data(name: str, place: Path) -> None:
    """Copy a shipped folder of data that nobody writes in, frozen tables too; a file that is the same stays."""
    source = shipped(name)
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        inside = path.relative_to(source)
        if set(inside.parts) & {*MADE[1:]} or (inside.parts[0] == "tables" and not (source / "tables").is_dir()):
            continue
        target = place / name / inside
        if not target.exists() or not cmp(path, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


def _course() -> Iterator[tuple[str, str]]:
    """Each notebook of the course by its place in the copy, chapters and questions linked; solutions are not among them."""
    drills = {language: exercises.drill_notebook(language) for language in LANGUAGES}
    for chapter in chapters():
        code = exercises.code_of(chapter)
        for language in LANGUAGES:
            source = shipped("chapters") / ("" if language == "en" else language) / f"{chapter}.ipynb"
            if not source.exists():
                continue
            told, asked = nbformat.read(source, as_version=4), exercises.notebook(chapter, code, language=language)
            name = f"exercises/{chapter}/exercise{'' if language == 'en' else f'.{language}'}.ipynb"
            place = f"chapters/{source.relative_to(shipped('chapters')).as_posix()}"
            up = "../" * place.count("/")
            with using(language):
                link(told, asked, questions(chapter).values(), to_chapter=f"../../{place}", to_exercise=f"{up}{name}")
                if chapter == DRILLED:
                    drill = name.replace(chapter, DRILL)
                    played, there = incidents().values(), f"../../{place}"
                    link(told, drills[language], played, to_chapter=there, to_exercise=f"{up}{drill}", near=0)
                    yield drill, exercises.written(drills[language])
            yield place, exercises.written(told)
            yield name, exercises.written(asked)


def _put(target: Path, given: Path, text: str) -> None:
    """Write a notebook; `given` keeps what was given, to tell later what the trainee changed."""
    before = given.read_text(encoding="utf-8") if given.exists() else None
    if not target.exists():
        _write(target, text)
    elif before is not None and before != text:
        mine = target.read_text(encoding="utf-8")
        _write(target, text if mine == before else merged(before, mine, text))
    if before != text:
        _write(given, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def merged(before: str, mine: str, text: str) -> str:
    """The new notebook with the trainee's cells: those they changed as they left them, those they added after the one before."""
    try:
        old, own = nbformat.reads(before, as_version=4), nbformat.reads(mine, as_version=4)
    except ValueError:
        return mine
    new = nbformat.reads(text, as_version=4)
    given, there = {cell.id: cell.source for cell in old.cells}, {cell.id for cell in new.cells}
    written = {cell.id: cell for cell in own.cells if given.get(cell.id) != cell.source}
    cells = [written.get(cell.id, cell) for cell in new.cells]
    last = ""
    for cell in own.cells:
        if cell.id in written and cell.id not in there:
            at = next((i + 1 for i, kept in enumerate(cells) if kept.id == last), len(cells))
            cells.insert(at, cell)
        last = cell.id
    new.cells = cells
    return exercises.written(new)
