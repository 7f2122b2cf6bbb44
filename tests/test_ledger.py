"""The claim ledger is whole, every item of the deck has its place, and prose keeps the deck's numbers beside their ids."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from crmlib.measures import claims
from crmlib.run import dictionary
from crmlib.show.incidents import FOLDER, incidents
from crmlib.show.questions import questions
from crmlib.vocabulary.claims import CLAIMS, claimed
from crmlib.vocabulary.kpis import BY_CHAPTER
from crmlib.vocabulary.language import using
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.unlocks import CODES

ROOT = Path(__file__).parent.parent
ITEMS = {f"D{i:03d}" for i in range(1, 133)}
BY_NAME = {c.name: c for c in CLAIMS}


def test_the_ledger_is_whole() -> None:
    assert len(BY_NAME) == len(CLAIMS)
    assert {c.name for c in CLAIMS if c.figure_unit} == set(claims.TESTS)
    for c in CLAIMS:
        assert re.fullmatch(r"D\d{3}", c.deck)
        assert c.chapter in BY_CHAPTER
        assert all(text.endswith(".") for text in (c.says, c.test, c.lacks) if text)
        for table, _dot, column in (name.partition(".") for name in c.needs):
            assert not column or TABLES[table][column]
        assert bool(c.needs) == bool(c.figure_unit) == bool(c.test)
        assert bool(c.lacks) != ((c.within is not None) or not np.isnan(c.null)), "judged, or said why not"
    assert [c.deck for c in CLAIMS] == sorted(c.deck for c in CLAIMS)


def test_the_written_ledgers_are_those_the_code_makes() -> None:
    assert dictionary.CLAIMS_TARGET.read_text(encoding="utf-8") == dictionary.claims(), "run `make data`"
    assert dictionary.DECK_TARGET.read_text(encoding="utf-8") == dictionary.deck(), "run `make data`"
    rows = list(csv.DictReader(dictionary.claims().splitlines()))
    assert [(r["deck"], r["claim"], r["says"]) for r in rows] == [(c.deck, c.name, c.says) for c in CLAIMS]
    assert next(r for r in rows if r["claim"] == "winning_cost")["low"] == "5"


def test_the_dictionary_names_every_code_and_what_it_unlocks() -> None:
    text = dictionary.TARGET.read_text(encoding="utf-8")
    for code in CODES:
        table, _dot, column = code.column.partition(".")
        assert TABLES[table][column].kind in ("text", "enum")
        assert f"| `{code.column}` | `{code.code}` | {code.unlocks} |" in text
    assert {"referral", "outage", "birthday", "complaint", "trial", "price"} <= {code.code for code in CODES}


def test_every_item_of_the_deck_has_its_place() -> None:
    rows = list(csv.DictReader(dictionary.deck().splitlines()))
    assert {r["deck"] for r in rows} == ITEMS
    assert all(row["section"] and row["cell"] for row in rows)
    tested = {r["deck"] for r in rows if "claims.verdicts" in r["functions"]}
    assert tested == {c.deck for c in CLAIMS if c.figure_unit}


def test_what_the_deck_file_names_is_there_and_bears_the_mark() -> None:
    for row in csv.DictReader(dictionary.deck().splitlines()):
        for name in set(row["functions"].split()) - {"claims.verdicts"}:
            module, function = name.split(".")
            rooms = [r for r in ("facts", "models", "measures") if (ROOT / "crmlib" / r / f"{module}.py").exists()]
            found = [getattr(import_module(f"crmlib.{room}.{module}"), function, None) for room in rooms]
            assert any(row["deck"] in (f.__doc__ or "") for f in found if f), row
        for name in row["tests"].split():
            file, test = name.split("::")
            source = (ROOT / "tests" / file).read_text(encoding="utf-8")
            marked = re.findall(r"^@pytest\.mark\.deck\(([^)]*)\)$.*?^def (\w+)", source, re.M | re.S)
            assert any(f'"{row["deck"]}"' in items and name == test for items, name in marked), row
        for name in row["exercise"].split():
            chapter, question = name.split("/")
            practised = incidents() if chapter == FOLDER else questions(chapter)
            assert row["deck"] in practised[question].deck, row


def test_only_items_of_the_deck_are_marked() -> None:
    marks = re.findall(
        r"mark\.deck\((.*)\)", "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").glob("*.py"))
    )
    assert {item for mark in marks for item in re.findall(r'"(\w+)"', mark)} <= ITEMS


def test_what_bears_no_mark_stands_nowhere(tmp_path: Path) -> None:
    for folder in ("tests", "crmlib/measures", "exercises/01_importance", "chapters"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "crmlib/measures/stay.py").write_text(
        'def rate(c):\n    """The rate (D001, D002)."""\n\ndef _own():\n    """D003"""\n'
    )
    (tmp_path / "tests/test_stay.py").write_text(
        '@pytest.mark.deck("D002")\ndef test_rate(): ...\n\ndef test_other():\n    """D004"""\n'
    )
    (tmp_path / "exercises/01_importance/checks.py").write_text(
        'Q = (Question("rate", f, (), deck=("D003",)), Question("x", f, ()))\n'
    )
    cell = new_markdown_cell("# A heading", metadata={"deck": ["D001", "D002", "D003", "D004"]}, id="there")
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "chapters" / "01_importance.ipynb")
    rows = list(csv.DictReader(dictionary.deck(tmp_path / "chapters", tmp_path).splitlines()))
    assert [(r["functions"], r["tests"], r["exercise"]) for r in rows] == [
        ("stay.rate", "", ""),
        ("stay.rate", "test_stay.py::test_rate", ""),
        ("", "", "01_importance/rate"),
        ("", "", ""),
    ]


def test_an_item_without_a_place_is_missed(tmp_path: Path) -> None:
    chapter = nbformat.read(ROOT / "chapters" / "06_evaluation.ipynb", as_version=4)
    chapter.cells = [c for c in chapter.cells if c.id != "source-book"]
    nbformat.write(chapter, tmp_path / "06_evaluation.ipynb")
    assert "D132," not in dictionary.deck(tmp_path)


def paragraphs(source: str) -> Iterator[str]:
    """Blocks between blank lines, with each row of a table and each item of a list a paragraph of its own."""
    for block in re.split(r"\n\s*\n", source):
        for part in re.split(r"\n(?=\s*(?:\||[-*] |\d+\. ))", block):
            yield re.sub(r"\s+", " ", re.sub(r"[\s\u00a0]*%", " %", part))


def without_id(paragraph: str) -> list[str]:
    """Numbers of claims in a paragraph that holds the id of none of the claims they may be of."""
    hits = [(m.span(), m[0], c.deck) for c in CLAIMS for mark in c.marks for m in re.finditer(mark, paragraph)]
    there = set(re.findall(r"D\d{3}", paragraph))
    may_be = {(span, text): {d for (x, y), _t, d in hits if x < span[1] and span[0] < y} for span, text, _d in hits}
    return sorted({text for (_span, text), ids in may_be.items() if not ids & there})


def prose() -> list[tuple[str, str]]:
    cells = [(p.stem, c) for p in sorted((ROOT / "chapters").glob("*.ipynb")) for c in nbformat.read(p, 4).cells]
    return [(f"{n}:{c.id}", text) for n, c in cells if c.cell_type == "markdown" for text in paragraphs(c.source)]


def test_a_number_of_the_deck_stands_beside_its_id() -> None:
    assert [(where, found) for where, text in prose() if (found := without_id(text))] == []


def test_what_prose_calls_a_claim_is_in_the_ledger_and_the_marks_are_used() -> None:
    marked = [part for _where, text in prose() for part in re.findall(r"\(([^()]*\bclaims?\b[^()]*)\)", text)]
    called = {d for part in marked for d in re.findall(r"D\d{3}", part)}
    assert called >= {"D015", "D027", "D081"}
    assert called <= {c.deck for c in CLAIMS}
    whole = [text for _where, text in prose()]
    for c in CLAIMS:
        for mark in c.marks[:1]:
            assert any(re.search(mark, text) and c.deck in text for text in whole), (c.name, mark)


@pytest.mark.parametrize(
    "text", ["It kept 8.5 points more.", "from 25 to 38%", "costs 5 to 10 times", "tells 22 people"]
)
def test_a_number_without_its_id_is_found(text: str) -> None:
    assert without_id(next(paragraphs(text)))
    assert not without_id(next(paragraphs(f"{text} (D015, D016, D027, D028)")))


def test_an_id_in_another_paragraph_does_not_count() -> None:
    assert [bool(without_id(p)) for p in paragraphs("| 92 % |\n| D018 |\n\nand so on")] == [True, False, False]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("churn_forecast", "30%"),
        ("early_action", "+8.5 points"),
        ("winning_cost", "5 to 10 times"),
        ("told_delighted", "at least 10"),
        ("not_the_price", "at most 50%"),
        ("transit_stock", "-30%"),
        ("crisis_clocks", "1 to 24 hours"),
        ("script_for_role", "a direction only"),
    ],
)
def test_the_decks_figure_is_written_as_the_reader_writes(name: str, text: str) -> None:
    assert claimed(BY_NAME[name]) == text
    with using("zh"):
        assert claimed(BY_NAME[name])
