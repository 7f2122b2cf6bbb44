"""What is told of the code, made from it: `datasets/DICTIONARY.md`, the claim ledger `claims.csv` and `deck.csv`.

The dictionary holds tables and columns, figures, policy, and which chapter calls which function; `deck.csv` says where each
item of the deck stands, and by what it is computed, tested and practised.
"""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from crmlib.vocabulary.claims import CLAIMS
from crmlib.vocabulary.kpis import BY_CHAPTER
from crmlib.vocabulary.policy import sections
from crmlib.vocabulary.schema import CHANNELS, PURPOSES, TABLES

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "datasets" / "DICTIONARY.md"
CLAIMS_TARGET = ROOT / "datasets" / "claims.csv"
DECK_TARGET = ROOT / "datasets" / "deck.csv"
DECK_COLUMNS = ("deck", "chapter", "section", "cell", "functions", "tests", "exercise")
FRAME_TEST = "tests/test_chapters.py"
"""Holds the place of an item that is taught in words."""


def functions_of(notebook: Path) -> list[str]:
    """The measures a chapter calls, as `module.function`, in the order of their first call."""
    cells = nbformat.read(notebook, as_version=4).cells
    return functions_in("\n".join(c.source for c in cells if c.cell_type == "code"))


def functions_in(source: str) -> list[str]:
    """The measures that a piece of code calls, as `module.function`, in the order of their first call."""
    tree = ast.parse(source)
    known = {p.stem for p in (ROOT / "crmlib" / "measures").glob("[a-z]*.py")}
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name))
    named = [(n.lineno, n.col_offset, f"{n.value.id}.{n.attr}") for n in calls if n.value.id in known]  # type: ignore[attr-defined]
    return list(dict.fromkeys(name for _line, _column, name in sorted(named)))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = list(head)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return [*lines, *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows), ""]


def dictionary(chapters: Path = ROOT / "chapters") -> str:
    """The whole dictionary as Markdown."""
    out = [
        "# Dictionary",
        "",
        "Made from the code by `make data`; change the code, not this file.",
        "",
        "## Tables",
        "",
    ]
    for table in TABLES.values():
        key = ", ".join(table.key)
        out += [f"### {table.name}: {table.grain}", "", f"Key: {key}. Tells {table.tells}.", ""]
        columns: list[tuple[str, ...]] = []
        for column in table.columns:
            marks = [m for m, holds in (("required", column.required), ("personal", column.personal)) if holds]
            allowed = f" One of: {', '.join(column.values)}." if column.values else ""
            columns.append((f"`{column.name}`", column.kind, column.unit, ", ".join(marks), column.says + allowed))
        out += _table(("column", "kind", "unit", "", "meaning"), columns)
    out += [f"Channels: {', '.join(CHANNELS)}. Purposes: {', '.join(PURPOSES)}.", "", "## Figures", ""]
    for chapter, kpis in BY_CHAPTER.items():
        rows = [(f"`{k.name}`", k.label, k.unit, ", ".join(k.deck), ", ".join(k.needs), k.definition) for k in kpis]
        out += [f"### {chapter}", "", *_table(("figure", "label", "unit", "deck", "needs", "definition"), rows)]
    out += ["## Policy", ""]
    for name, section in sections().items():
        settings: list[tuple[str, ...]] = []
        for key, setting in section.model_fields.items():
            extra = setting.json_schema_extra or {}
            assert isinstance(extra, dict)
            settings.append(
                (
                    f"`{name}.{key}`",
                    str(setting.default),
                    str(extra["unit"]),
                    str(extra["source"]),
                    str(setting.description),
                )
            )
        out += _table(("setting", "default", "unit", "source", "meaning"), settings)
    out += ["## Which chapter calls which function", ""]
    out += _table(
        ("chapter", "functions"),
        ((p.stem, ", ".join(f"`{f}`" for f in functions_of(p))) for p in sorted(chapters.glob("*.ipynb"))),
    )
    return "\n".join(out).rstrip() + "\n"


def claims() -> str:
    """The claim ledger as CSV: a row a claim, its columns as in `crmlib.vocabulary.claims.Claim`; an open end is empty."""
    head = ("deck", "claim", "chapter", "says", "value", "low", "high", "unit", "testable", "test", "tables")
    rows = [
        (c.deck, c.name, c.chapter, c.says, *(_plain(v) for v in (c.value, c.low, c.high)), c.unit,
         "yes" if c.figure_unit else "no", c.test, " ".join(c.tables))
        for c in CLAIMS
    ]  # fmt: skip
    return _csv(head, rows)


def _plain(number: float) -> str:
    return "" if number != number else f"{number:.10g}"


def deck(chapters: Path = ROOT / "chapters") -> str:
    """Where each item of the deck stands, as CSV: a row for each item and markdown cell that names it, in the order of both.

    `section` is the heading above the cell, `functions` the measures of the code cells up to the next markdown cell, `tests` the
    files that test those (or the chapter's frame), `exercise` the chapter's exercise.
    """
    rows: list[tuple[str, ...]] = []
    for path in sorted(chapters.glob("*.ipynb")):
        cells, section = nbformat.read(path, as_version=4).cells, ""
        for place, cell in enumerate(cells):
            section = next(iter(re.findall(r"^#+ (.+)$", cell.source, re.M)), section) if _words(cell) else section
            after = cells[place + 1 :]
            until = next((i for i, c in enumerate(after) if _words(c)), len(after))
            called = functions_in("\n".join(c.source for c in after[:until])) if _words(cell) else []
            tests = [f"tests/test_{m}.py" for m in dict.fromkeys(f.split(".")[0] for f in called)] or [FRAME_TEST]
            exercise = f"exercises/{path.stem}/exercise.ipynb"
            where = (path.stem, section, cell.id, " ".join(called), " ".join(tests), exercise)
            rows += [(item, *where) for item in cell.metadata.get("deck", [])]
    rows.sort(key=lambda row: row[:2])
    return _csv(DECK_COLUMNS, rows)


def _words(cell: nbformat.NotebookNode) -> bool:
    return bool(cell.cell_type == "markdown")


def _csv(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([head, *rows])
    return buffer.getvalue()


def main() -> None:
    """Write all three."""
    for target, text in ((TARGET, dictionary()), (CLAIMS_TARGET, claims()), (DECK_TARGET, deck())):
        target.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
