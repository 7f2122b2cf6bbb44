"""`datasets/DICTIONARY.md`, made from the code: tables and columns, figures, policy, and which chapter calls which function."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import nbformat

from crmlib.vocabulary.kpis import BY_CHAPTER
from crmlib.vocabulary.policy import sections
from crmlib.vocabulary.schema import CHANNELS, PURPOSES, TABLES

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "datasets" / "DICTIONARY.md"
MEASURES = "crmlib.measures"


def functions_of(notebook: Path) -> list[str]:
    """The measures a chapter calls, as `module.function`, in the order of their first call."""
    cells = nbformat.read(notebook, as_version=4).cells
    tree = ast.parse("\n".join(c.source for c in cells if c.cell_type == "code"))
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


if __name__ == "__main__":
    TARGET.write_text(dictionary(), encoding="utf-8")
