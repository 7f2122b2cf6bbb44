"""Study: code lines by room, without docstrings and blank lines, and what must be said once.

`python -m tests.studies size [--beside FOLDER]` counts this checkout, and another beside it.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
HANDED = re.compile(r"\bas_of=as_of, policy=policy\b|\btables: Tables, \*, as_of: date, policy: Policy\b")
NET = re.compile(r"amount\s*-\s*\S*refunded|amount\s*-\s*back\b")


def code_lines(path: Path) -> int:
    """Lines of a file that are neither blank nor part of a docstring or of a text that stands by itself."""
    source = path.read_text(encoding="utf-8")
    words: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        for statement in getattr(node, "body", None) if isinstance(getattr(node, "body", None), list) else []:
            if isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "value", None), str):
                words |= set(range(statement.lineno, (statement.end_lineno or 0) + 1))
    return sum(1 for i, line in enumerate(source.splitlines(), 1) if line.strip() and i not in words)


def rooms(checkout: Path) -> Counter[str]:
    """Code lines by room of `crmlib`; the made company is `teaching` wherever it stands."""
    found: Counter[str] = Counter()
    for path in sorted((checkout / "crmlib").rglob("*.py")):
        inside = path.relative_to(checkout / "crmlib")
        room = (
            "teaching" if "teaching" in str(inside) else inside.parts[0] if len(inside.parts) > 1 else "the front door"
        )
        found[room] += code_lines(path)
    return found


def main(arguments: list[str]) -> int:
    """Print the counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies size")
    parser.add_argument("--beside", type=Path)
    given = parser.parse_args(arguments)
    for checkout in (ROOT, *([given.beside] if given.beside else [])):
        by_room = rooms(checkout)
        print(checkout.name)
        for room, lines in sorted(by_room.items()):
            print(f"  {room:16} {lines:6,}")
        print(f"  {'all':16} {by_room.total():6,}")
        print(f"  {'but teaching':16} {by_room.total() - by_room['teaching']:6,}")
        texts = {p: p.read_text(encoding="utf-8") for p in (checkout / "crmlib").rglob("*.py")}
        nets = {p.relative_to(checkout): len(NET.findall(t)) for p, t in texts.items() if NET.search(t)}
        print(f"  handed along as (tables, as_of, policy): {sum(len(HANDED.findall(t)) for t in texts.values())}")
        print(f"  definitions of net revenue: {sum(nets.values())} in {', '.join(map(str, nets))}")
    return 0
