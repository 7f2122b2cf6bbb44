"""Small faults planted one at a time in facts/ and models/: how many the tests catch, 36 of 40 or more.

Each is planted in a copy and run against the tests that concern its file. A fault changes one thing: a comparison, a sign, a
constant, an and, a truth value, a missing value that is filled, a least that becomes a most. One that no test notices shows
a line that might as well say something else. Constants that say where a search starts and stops, how often it is begun, how
many rows are sampled and how many draws or splits are made are no such lines and are left alone (`TUNING`).
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
ROOMS = ("facts", "models")
SECONDS = 600
"""How long the tests of one fault may take; a search that never ends is noticed too."""
NEAREST = 6
"""Test files that a fault is run against at most, the nearest first."""
SLOW = {"chapters", "review", "browser", "publish", "pages", "exercises", "kernels", "wheel", "thin_companies", "setup"}
"""Test files that need kernels, a browser or minutes."""
SWAPS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "is": ("is not",), "is not": ("is",), "in": ("not in",), "not in": ("in",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "&": ("|",), "|": ("&",), "and": ("or",), "or": ("and",),
    "True": ("False",), "False": ("True",), "min": ("max",), "max": ("min",), "minimum": ("maximum",), "maximum": ("minimum",),
}  # fmt: skip
OPERATOR = re.compile("|".join(re.escape(o) for o in sorted([*SWAPS, "**", "//"], key=len, reverse=True)))
TUNING = re.compile(
    r"^(_REACH|_STEPS|_CLOSE|_FLAT|_MOST_KEYS|START|DEEP|ROWS|NODES|DRAWS|DRAWN|SETS|FUTURES|CHUNK"
    r"|SAMPLE|JUDGED|STARTS|FEWER_STARTS|HALVES|CHANCE_DRAWS)$"
)


@dataclass(frozen=True)
class Mutant:
    """One fault: what stands in `file` (below the root) from `start` to `end` becomes `new`."""

    file: Path
    start: int
    end: int
    new: str

    def of(self, text: str) -> str:
        """The text with the fault."""
        return text[: self.start] + self.new + text[self.end :]


def mutants(file: Path) -> list[Mutant]:
    """Every fault that can be planted in a file, in the order of its lines."""
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = [0]
    for line in text.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    raw = text.splitlines(keepends=True)

    def at(line: int, column: int) -> int:
        return lines[line - 1] + len(raw[line - 1].encode()[:column].decode())

    def start(node: ast.expr) -> int:
        return at(node.lineno, node.col_offset)

    def end(node: ast.expr) -> int:
        return at(node.end_lineno or 0, node.end_col_offset or 0)

    def between(left: ast.expr, right: ast.expr) -> Iterator[tuple[int, int, str]]:
        found = OPERATOR.search(text, end(left), start(right))
        if found:
            yield from ((*found.span(), new) for new in SWAPS.get(found.group(), ()))

    found: set[Mutant] = set()
    for node in _code(ast.parse(text)):
        spots: list[tuple[int, int, str]] = []
        if isinstance(node, ast.Compare):
            for left, right in zip([node.left, *node.comparators], node.comparators, strict=False):
                spots += between(left, right)
        elif isinstance(node, ast.BinOp):
            spots += between(node.left, node.right)
        elif isinstance(node, ast.BoolOp):
            spots += between(node.values[0], node.values[1])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            spots.append((start(node), start(node.operand), ""))
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            spots.append((start(node), end(node), str(not node.value)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            spots += [(start(node), end(node), repr(node.value + step)) for step in (1, -1)]
        elif isinstance(node, ast.Attribute) and node.attr in SWAPS:
            spots.append((end(node) - len(node.attr), end(node), SWAPS[node.attr][0]))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SWAPS:
            spots.append((start(node.func), end(node.func), SWAPS[node.func.id][0]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fill_null":
            spots.append((text.rindex(".", 0, end(node.func)), end(node), ""))
        found |= {Mutant(file, *spot) for spot in spots}
    return sorted(found, key=lambda m: (m.start, m.new))


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """What is worked with: neither types nor decorators, nor the constants that tune a search."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_params"} or _tunes(node):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _tunes(node: ast.AST) -> bool:
    """Whether it sets constants of `TUNING` and nothing else."""
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return bool(names) and all(TUNING.match(name) for name in names)


def tests_of(file: Path) -> list[str]:
    """Test files that concern a module: those that import it, its own first, and those named for what else imports it."""
    module, room = file.stem, file.parent.name
    naming = re.compile(rf"crmlib\.{room}\.{module}\b|from crmlib\.{room} import [^\n]*\b{module}\b")
    users = [p.stem for p in sorted((ROOT / "crmlib").rglob("*.py")) if naming.search(p.read_text(encoding="utf-8"))]
    there = {p.stem.removeprefix("test_"): p for p in sorted((ROOT / "tests").glob("test_*.py"))}
    importing = [name for name, p in there.items() if naming.search(p.read_text(encoding="utf-8"))]
    importing.sort(key=lambda name: not name.startswith(module))
    wanted = [name for name in dict.fromkeys([*importing, *users]) if name in there and name not in SLOW]
    return [f"tests/{there[name].name}" for name in wanted[:NEAREST]]


def passes(copy: Path, tests: list[str], seconds: int | None = SECONDS) -> bool:
    """Whether the tests of a copy pass in time. Bytecode is not kept: a fault of the same length would not be seen as new."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow",
        *tests,
    ]
    settings = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=settings, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """Plant the faults, say of each whether it was caught, and of those that were not where they are."""
    ask = argparse.ArgumentParser(prog="python -m tests.studies mutants")
    ask.add_argument("--of", type=int, default=40)
    ask.add_argument("--least", type=int, default=36)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--in", dest="within", default="")
    given = ask.parse_args(arguments)
    files = [p.relative_to(ROOT) for room in ROOMS for p in sorted((ROOT / "crmlib" / room).glob("[a-z]*.py"))]
    every = [m for file in files if given.within in str(file) for m in mutants(file)]
    chosen = random.Random(given.seed).sample(every, min(given.of, len(every)))
    with TemporaryDirectory() as home:
        copy = Path(home) / "copy"
        copytree(ROOT, copy, ignore=ignore_patterns(".git", "__pycache__", "reviews", ".*_cache"))
        concerned = {m.file: tests_of(m.file) for m in chosen}
        if not passes(copy, sorted({t for tests in concerned.values() for t in tests}), None):
            print("the tests fail without any fault", file=sys.stderr)
            return 1
        caught = sum(_is_caught(copy, m, concerned[m.file]) for m in chosen)
    print(f"caught: {caught} of {len(chosen)} (of {len(every)} possible; at least {given.least} wanted)")
    return int(caught < given.least)


def _is_caught(copy: Path, mutant: Mutant, tests: list[str]) -> bool:
    place = copy / mutant.file
    whole = place.read_text(encoding="utf-8")
    changed = mutant.of(whole)
    place.write_text(changed, encoding="utf-8")
    caught = bool(tests) and not passes(copy, tests)
    place.write_text(whole, encoding="utf-8")
    diff = unified_diff(whole.splitlines(), changed.splitlines(), str(mutant.file), str(mutant.file), "", "", 0, "")
    print(
        "caught  " if caught else "SURVIVED",
        *[line for line in diff if not line.startswith("---")],
        sep="\n  ",
        flush=True,
    )
    return caught
