"""The chapters keep their frame: parameters, stable ids, small cells, no outputs, every deck item in its place."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from crmlib.run import dictionary
from crmlib.run.parameters import HANDED
from crmlib.vocabulary.kpis import BY_CHAPTER, KPIS

ROOT = Path(__file__).parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
DECK = {
    "01_importance": range(1, 35),
    "02_data_collection": range(35, 56),
    "03_tiering": range(56, 75),
    "04_channels": range(75, 101),
    "05_proactive_service": range(101, 123),
    "06_evaluation": range(123, 133),
}
PARAMETERS = {"tables": str, "as_of": str, "policy": str, "language": str}

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)


def cells(path: Path, kind: str) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def test_the_six_are_there_and_nothing_stray() -> None:
    assert [p.stem for p in CHAPTERS] == list(DECK) == list(BY_CHAPTER)
    stray = [p for p in ROOT.rglob("*.ipynb") if not {".venv", "reviews", ".ipynb_checkpoints"} & set(p.parts)]
    assert all(p.parts[len(ROOT.parts)] in {"chapters", "exercises"} for p in stray)


@each_chapter
def test_no_outputs_no_counts_and_stable_ids(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    ids = [c.id for c in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{2,60}", i) for i in ids), (
        "ids are words, so that translations can hold on to them"
    )
    for cell in cells(path, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None


@each_chapter
def test_one_parameters_cell_of_the_four_scalars(path: Path) -> None:
    tagged = [c for c in cells(path, "code") if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    found = {n.targets[0].id: ast.literal_eval(n.value) for n in ast.parse(tagged[0].source).body}
    kinds = {k: type(v) for k, v in found.items()}
    # What the review hands only to a chapter that takes it.
    assert {k: kind for k, kind in kinds.items() if HANDED.get(k) is not kind} == PARAMETERS


@each_chapter
def test_words_here_logic_in_the_library(path: Path) -> None:
    code = cells(path, "code")
    assert sum(c.source.count("\n") + 1 for c in code) <= 110
    for cell in code:
        assert cell.source.count("\n") + 1 <= 12, cell.id
        tree = ast.parse(cell.source)
        kinds = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.If)
        assert not any(isinstance(n, kinds) for n in ast.walk(tree)), cell.id
        assert "read_csv" not in cell.source
        assert "open(" not in cell.source.replace("chapter.open(", "")


@each_chapter
def test_every_result_has_its_words_and_the_chapter_its_frame(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[-1].cell_type == "markdown"
    for before, cell in zip(notebook.cells, notebook.cells[1:], strict=False):
        if cell.cell_type == "code" and "chapter." in cell.source and "start(" not in cell.source:
            assert before.cell_type == "markdown", f"{cell.id}: a result without words before it"


@each_chapter
def test_every_deck_item_has_its_place(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    placed = {d for c in notebook.cells for d in c.metadata.get("deck", [])}
    assert placed >= {f"D{i:03d}" for i in DECK[path.stem]}
    assert all(re.fullmatch(r"D\d{3}", d) for d in placed)


@each_chapter
def test_it_calls_only_functions_that_exist(path: Path) -> None:
    import importlib

    for name in dictionary.functions_of(path):
        module, function = name.split(".")
        assert hasattr(importlib.import_module(f"crmlib.measures.{module}"), function), name


def test_kpis_are_whole() -> None:
    assert len(KPIS) == sum(len(k) for k in BY_CHAPTER.values()), "a KPI stands in one chapter"
    for kpi in KPIS.values():
        assert kpi.label
        assert kpi.definition.endswith(".")
        assert kpi.sentence.endswith(".")
        assert not kpi.below or kpi.below.endswith(".")
        assert all(re.fullmatch(r"D\d{3}", d) for d in kpi.deck)
        assert set(re.findall(r"{(\w+)}", kpi.sentence + kpi.below)) <= {"value", "low", "high", "n", "rate"}, kpi.name


def test_the_dictionary_is_the_one_the_code_makes() -> None:
    assert dictionary.TARGET.read_text(encoding="utf-8") == dictionary.dictionary(), "run `make data`"


def test_who_is_left_alone_stands_where_no_screen_cuts_it_off() -> None:
    (listed,) = [
        c.source for c in cells(ROOT / "chapters" / "05_proactive_service.ipynb", "code") if c.id == "action-list"
    ]
    columns = re.findall(r'"(\w+)"', listed.splitlines()[0])
    assert columns[:2] == ["customer_id", "arm"]
