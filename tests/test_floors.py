"""The house holds: imports go down the floors only, every file lies in a room, no file or function is a giant."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import crmlib

ROOT = Path(__file__).parent.parent
FLOOR = {"vocabulary": 0, "models": 0, "border": 1, "facts": 2, "measures": 3, "show": 4, "run": 5}
WING = "teaching"
MODULES = sorted((ROOT / "crmlib").rglob("*.py"))
FIXED = {"chapters", "crmlib", "datasets", "exercises", "tests", "environment.yml", "Makefile"}
BESIDE = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "docs", "pyproject.toml", "requirements.lock",
    "requirements-test.lock",
}  # fmt: skip


def imports(path: Path) -> set[str]:
    """Dotted names of crmlib modules that a file imports, wherever in the file the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def offences(path: Path, room: str) -> list[str]:
    """Imports of a file in `room` that go up, sideways between the two lowest rooms or two measures, or into the wing."""
    bad = []
    for name in imports(path):
        parts = name.split(".")
        if parts[0] in {"chapters", "exercises", "tests"}:
            bad.append(name)
        if parts[0] != "crmlib" or len(parts) < 2 or parts[1] not in {*FLOOR, WING}:
            continue
        if room == WING:
            allowed = parts[1] in {WING, "vocabulary"}
        elif parts[1] == WING or (FLOOR[room] == 0 and parts[1] != room):
            allowed = False
        else:
            allowed = FLOOR[parts[1]] <= FLOOR[room] and not (room == parts[1] == "measures")
        if not allowed:
            bad.append(name)
    return bad


@pytest.mark.parametrize(
    "path", [m for m in MODULES if m.parent != ROOT / "crmlib"], ids=lambda p: str(p.relative_to(ROOT))
)
def test_imports_go_down_only(path: Path) -> None:
    assert offences(path, path.relative_to(ROOT / "crmlib").parts[0]) == []


def test_the_engines_language_has_one_door() -> None:
    """Ibis is spoken at the border and by facts; above them it comes by `facts.expressions`, below them lie the types alone."""
    speak = {m.relative_to(ROOT / "crmlib") for m in MODULES if any(i.split(".")[0] == "ibis" for i in imports(m))}
    assert {str(m) for m in speak if m.parts[0] not in {"border", "facts"}} == {"vocabulary/tables.py"}


def test_an_upward_and_a_sideways_import_are_found(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text(
        "def f():\n    from crmlib.run import review\nfrom crmlib.measures.rfm import summary\n"
        "import tests.chapters\nimport crmlib.teaching.plan\n"
    )
    assert {"crmlib.run", "crmlib.measures.rfm", "tests.chapters", "crmlib.teaching.plan"} <= set(
        offences(file, "measures")
    )


def test_every_module_is_in_a_room_with_a_name_that_says_something() -> None:
    for path in MODULES:
        room = path.relative_to(ROOT / "crmlib").parts[0]
        assert room in {*FLOOR, WING, "__init__.py", "__main__.py"}, path
        assert path.stem not in {"utils", "util", "helpers", "common", "base", "misc"}, path


def test_the_top_level_holds_what_it_should() -> None:
    ignored = {line.strip("/ \n") for line in (ROOT / ".gitignore").read_text().splitlines()}
    ignored |= {".git", "reviews", "crmlib.egg-info"}
    there = {p.name for p in ROOT.iterdir()} - ignored
    assert there >= FIXED
    assert there <= FIXED | BESIDE


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_giants(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    table_as_code = path.parent.name == "vocabulary"
    assert text.count("\n") <= (450 if table_as_code else 300), "a file of more than 300 lines wants to be two"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{path.name}: {node.name} is longer than 60 lines"


def test_measures_have_a_test_file_each() -> None:
    for path in (ROOT / "crmlib" / "measures").glob("[a-z]*.py"):
        assert (ROOT / "tests" / f"test_{path.stem}.py").exists(), f"no tests/test_{path.stem}.py"


def test_the_front_door_opens_at_once_and_loads_the_rest_when_asked() -> None:
    code = (
        "import sys; from time import perf_counter as now; begun = now(); import crmlib; took = now() - begun; "
        "print(took, *sorted({m.split('.')[0] for m in sys.modules} & {'pandas', 'numpy', 'ibis', 'duckdb', 'pydantic', "
        "'babel', 'scipy', 'IPython', 'matplotlib'})); print(crmlib.Policy().tiers.window_months, 'Policy' in vars(crmlib))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    first, second = runs[0].stdout.splitlines()
    assert first.split()[1:] == [], "heavy, and not asked for"
    assert second == "12 True"
    assert min(float(r.stdout.split()[0]) for r in runs) < 0.3
    with pytest.raises(AttributeError, match="no attribute 'Polcy'"):
        crmlib.Polcy  # noqa: B018


RAW = {"direction", "responded_at", "first_response_at", "ordered_at", "found_by", "reopened"} | {
    f"{name}_status" for name in ("name", "phone", "email", "wechat", "birthday", "address", "postcode")
}
"""Columns of the canonical tables that only a fact may read; beyond facts they are `is_ours`, `is_answered`, `day`, ..."""


def read_raw(source: str) -> list[str]:
    """What a text of code reads of the canonical tables themselves."""
    bad = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and (node.attr in RAW or node.attr == "tables"):
            bad.append(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value in RAW:
            bad.append(str(node.slice.value))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and "refunded" in ast.unparse(node.right):
            bad.append("net revenue written out")
    return bad


@pytest.mark.parametrize("path", sorted((ROOT / "crmlib" / "measures").glob("*.py")), ids=lambda p: p.stem)
def test_measures_read_facts_and_no_canonical_table(path: Path) -> None:
    assert read_raw(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").glob("*.ipynb")), ids=lambda p: p.stem)
def test_chapters_read_measures_and_no_canonical_table(path: Path) -> None:
    cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    code = ["".join(c["source"]) for c in cells if "parameters" not in c["metadata"].get("tags", [])]
    assert [bad for cell in code[1:] for bad in read_raw(cell)] == []
    assert [
        line for cell in code for line in cell.splitlines() if "read_csv" in line or line.startswith(("def ", "class "))
    ] == []


def test_what_is_raw_is_seen() -> None:
    source = (
        "c.tables.orders.filter(_.direction == 'out').mutate(net=_.amount - _.refunded.fill_null(0), d=_['ordered_at'])"
    )
    assert set(read_raw(source)) == {"tables", "direction", "net revenue written out", "ordered_at"}


def test_nobody_is_handed_tables_day_and_policy_apart() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                names = {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}
                opens = (path.parent.name, node.name) in {("show", "start"), ("show", "exercise")}
                assert opens or not {"tables", "as_of", "policy"} <= names, f"{path.name}: {node.name}"
