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

from crmlib.run.explain import document, schema
from crmlib.run.places import PLACES
from crmlib.run.shipped import PACKAGE, shipped
from crmlib.vocabulary.claims import CLAIMS
from crmlib.vocabulary.codes import CHANNELS, PURPOSES
from crmlib.vocabulary.held import READERS
from crmlib.vocabulary.kpis import BY_CHAPTER
from crmlib.vocabulary.policy import sections
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.unlocks import CODES

CHAPTERS = shipped("chapters")
TARGET = shipped("datasets/DICTIONARY.md")
CLAIMS_TARGET = shipped("datasets/claims.csv")
DECK_TARGET = shipped("datasets/deck.csv")
COMPANY_TARGET = shipped("docs/company.md")
SCHEMA_TARGET = PACKAGE / "border" / "company.schema.json"
DECK_COLUMNS = ("deck", "chapter", "section", "cell", "functions", "tests", "exercise")
ITEM = re.compile(r"\bD\d{3}\b")
"""How an item of the deck is named, wherever it is marked."""


def functions_of(notebook: Path) -> list[str]:
    """The measures a chapter calls, as `module.function`, in the order of their first call."""
    cells = nbformat.read(notebook, as_version=4).cells
    return functions_in("\n".join(c.source for c in cells if c.cell_type == "code"))


def functions_in(source: str) -> list[str]:
    """The measures that a piece of code calls, as `module.function`, in the order of their first call."""
    tree = ast.parse(source)
    known = {p.stem for p in (PACKAGE / "measures").glob("[a-z]*.py")}
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name))
    named = [(n.lineno, n.col_offset, f"{n.value.id}.{n.attr}") for n in calls if n.value.id in known]  # type: ignore[attr-defined]
    return list(dict.fromkeys(name for _line, _column, name in sorted(named)))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = list(head)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return [*lines, *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows), ""]


def dictionary(chapters: Path = CHAPTERS) -> str:
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
    out += [
        f"Channels: {', '.join(CHANNELS)}. Purposes: {', '.join(PURPOSES)}.",
        "",
        "## Codes and what they unlock",
        "",
    ]
    out += [
        "A value map of `company.toml` brings a company's own words to these; without one the figure is absent.",
        "",
    ]
    out += _table(("column", "code", "unlocks"), ((f"`{k.column}`", f"`{k.code}`", k.unlocks) for k in CODES))
    out += ["## Figures", ""]
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
    out += _held()
    out += ["## Which chapter calls which function", ""]
    out += _table(
        ("chapter", "functions"),
        ((p.stem, ", ".join(f"`{f}`" for f in functions_of(p))) for p in sorted(chapters.glob("*.ipynb"))),
    )
    return "\n".join(out).rstrip() + "\n"


def _held() -> list[str]:
    rows = (
        (f"`{p.path}`", p.says, ", ".join(f"`{c}`" for c in (*p.names, *p.own)), READERS[p.seen_by]) for p in PLACES
    )
    return [
        "## Where something of a customer is held",
        "",
        "The list that `crmlib export`, `crmlib forget` and `crmlib audit` walk.",
        "",
        *_table(("file of a month", "what", "names a customer in", "who may see it"), rows),
    ]


def claims() -> str:
    """The claim ledger as CSV: a row a claim, its columns as in `crmlib.vocabulary.claims.Claim`; an open end is empty."""
    head = ("deck", "claim", "chapter", "says", "value", "low", "high", "unit", "judged", "test", "needs", "lacks")
    rows = [
        (c.deck, c.name, c.chapter, c.says, *(_plain(v) for v in (c.value, c.low, c.high)), c.unit,
         "no" if c.lacks else "yes", c.test, " ".join(c.needs), c.lacks)
        for c in CLAIMS
    ]  # fmt: skip
    return _csv(head, rows)


def _plain(number: float) -> str:
    return "" if number != number else f"{number:.10g}"


def deck(chapters: Path = CHAPTERS, root: Path = shipped(".")) -> str:
    """Where each item of the deck stands and what it is worked out, tested and practised by, as CSV: a row for each item and
    markdown cell that names it, in the order of both.

    `section` is the heading above the cell. `functions`, `tests` and `exercise` are what bears the item's mark: a public function
    of facts, models or measures by its docstring, a test by `@pytest.mark.deck`, a question by its `deck`; a claim that data can
    test is worked out by `claims.verdicts`. Empty where nothing bears it.
    """
    marks = [_functions(root), _tests(root), _questions(root)]
    rows: list[tuple[str, ...]] = []
    for path in sorted(chapters.glob("*.ipynb")):
        section = ""
        for cell in nbformat.read(path, as_version=4).cells:
            section = next(iter(re.findall(r"^#+ (.+)$", cell.source, re.M)), section) if _words(cell) else section
            for item in cell.metadata.get("deck", []):
                rows.append((item, path.stem, section, cell.id, *(" ".join(mark.get(item, ())) for mark in marks)))
    rows.sort(key=lambda row: row[:2])
    return _csv(DECK_COLUMNS, rows)


def _functions(root: Path) -> dict[str, list[str]]:
    """The public functions that name an item in their docstring, as `module.function`, by item."""
    found: dict[str, list[str]] = {c.deck: ["claims.verdicts"] for c in CLAIMS if c.figure_unit}
    for folder in ("facts", "models", "measures"):
        for path in sorted((root / "crmlib" / folder).glob("[a-z]*.py")):
            for function in _defined(path):
                for item in ITEM.findall(ast.get_docstring(function) or ""):
                    _add(found, item, f"{path.stem}.{function.name}")
    return found


def _tests(root: Path) -> dict[str, list[str]]:
    """The tests that are marked with an item, as `file::test`, by item."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / "tests").glob("test_*.py")):
        for test in _defined(path):
            for mark in test.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.deck":
                    for item in mark.args:
                        _add(found, ast.literal_eval(item), f"{path.name}::{test.name}")
    return found


def _questions(root: Path) -> dict[str, list[str]]:
    """The questions, and the incidents of the drill, that practise an item, as `chapter/question`, by item."""
    found: dict[str, list[str]] = {}
    folder = root / "exercises"
    for path in sorted([*folder.glob("*/checks.py"), *folder.glob("*/incidents.py")]):
        calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
        for call in calls:
            given = {k.arg: k.value for k in call.keywords}
            if ast.unparse(call.func) in ("Question", "Incident") and "deck" in given:
                for item in ast.literal_eval(given["deck"]):
                    _add(found, item, f"{path.parent.name}/{ast.literal_eval(call.args[0])}")
    return found


def _defined(path: Path) -> list[ast.FunctionDef]:
    """The public functions of a file, in its order."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return [n for n in body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]


def _add(found: dict[str, list[str]], item: str, name: str) -> None:
    if name not in found.setdefault(item, []):
        found[item].append(name)


def _words(cell: nbformat.NotebookNode) -> bool:
    return bool(cell.cell_type == "markdown")


def _csv(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([head, *rows])
    return buffer.getvalue()


def main() -> None:
    """Write them all."""
    for target, text in (
        (COMPANY_TARGET, document()),
        (SCHEMA_TARGET, schema()),
        (TARGET, dictionary()),
        (CLAIMS_TARGET, claims()),
        (DECK_TARGET, deck()),
    ):
        target.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
