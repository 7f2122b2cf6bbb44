"""A case of the corpus, how it is written to disk, run by the command line in this process, and judged."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from crmlib.border import ingest
from crmlib.run.cli import app
from crmlib.run.guarded import guarded

Row = tuple[str, str, str, str]
"""Order, customer, day and amount as they are meant, in ISO form and with a point."""

HEAD = ("No", "Customer", "Date", "Amount")
FIELDS = {"order_id": "No", "customer_id": "Customer", "ordered_at": "Date", "amount": "Amount"}
MENDS = re.compile(
    r"\b(say|save|rename|name|give|expected|did you mean|open|close|mend|restore|write|make|copy|there are|look|put|delete|allowed|"
    r"shorten|add|map|set|filter|convert|holds no row|for example|at most|required|at least|leave|cannot be used here|no SQL expression|must be|use|is missing|"
    r"should be|not valid TOML|clean|fill|save|writes|expects|rows are)\b",
    re.IGNORECASE,
)
"""Words by which a line says what mends it."""


@dataclass(frozen=True)
class Case:
    """`make` writes the folder; `rows` are what the source means (where that is known), all of which must be kept where `whole`."""

    name: str
    make: Callable[[Path], None]
    exit: int = 0
    words: tuple[str, ...] = ()
    rows: Sequence[Row] | None = None
    whole: bool = True
    read: int | None = None


@dataclass
class Judged:
    """What came of a case: exit code, what was said, and everything that is not as it has to be."""

    code: int
    out: str
    err: str
    wrong: list[str] = field(default_factory=list)


def company(
    folder: Path, file: str = "orders.csv", more: str = "", fields: dict[str, str] | None = None, head: str = ""
) -> None:
    """A company.toml over one file of orders."""
    lines = "".join(f"{k} = '''{v}'''\n" for k, v in (FIELDS | (fields or {})).items())
    top = head or 'name = "shop"\ncurrency = "EUR"\ntime_zone = "Europe/Berlin"\n'
    text = f"{top}[orders]\nfrom = '''{file}'''\n{more}\n[orders.fields]\n{lines}"
    (folder / "company.toml").write_text(text, encoding="utf-8")


def run(arguments: list[str]) -> tuple[int, str, str]:
    """A command of the command line in this process: its exit code and what it said."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = guarded(lambda: app(args=arguments, standalone_mode=False), arguments)
    return code, out.getvalue(), err.getvalue()


def judged(case: Case, folder: Path) -> Judged:
    """Write, check and judge a case in an empty folder."""
    case.make(folder)
    seen: dict[str, Any] = {}
    reading = ingest._read

    def kept(engine: Any, *given: Any, **more: Any) -> Any:
        border = reading(engine, *given, **more)
        names = [read.table.name for read in border.reads]
        query = "select order_id, customer_id, cast(ordered_at as varchar), amount from rows_orders"
        seen["rows"] = engine.execute(query).fetchall() if "orders" in names else []
        seen["account"] = border.account
        return border

    with patch.object(ingest, "_read", kept):
        code, out, err = run(["check", str(folder / "company.toml")])
    found = Judged(code, out, err)
    _said(case, found)
    _accounted(case, found, seen.get("account"))
    _meant(case, found, seen.get("rows"))
    return found


def _said(case: Case, found: Judged) -> None:
    both = found.out + found.err
    if found.code != case.exit:
        found.wrong.append(f"exit {found.code}, not {case.exit}: {found.err.strip()[:300]}")
    if "Traceback" in both or "a fault of crmlib" in both:
        found.wrong.append("a fault of ours")
    if found.code == 2:
        line = found.err.strip() or found.out.strip().splitlines()[-1]
        if found.err.count("\n") > 1:
            found.wrong.append("more than one line")
        if not re.search(
            r"company\.toml|policy\.toml|[\w*?-]+\.(toml|csv|tsv|txt|xlsx?|parquet|gz|db|duckdb|json)|://|\.crmlib/",
            line,
        ):
            found.wrong.append(f"names no file: {line}")
        if not MENDS.search(line):
            found.wrong.append(f"says no mend: {line}")
    found.wrong += [f"does not say {w!r}: {both[-600:]}" for w in case.words if not re.search(w, both, re.S)]


def _accounted(case: Case, found: Judged, account: Any) -> None:
    if account is None:
        return
    own = account[account["unmatched"].isna()]
    parts = own[["filtered", "repeated", "rejected", "kept"]].sum(axis=1)
    if not (own["read"] == parts).all():
        found.wrong.append("the account does not add up")
    if case.read is not None and int(own["read"].sum()) != case.read:
        found.wrong.append(f"read {int(own['read'].sum())} rows, not {case.read}")


def _meant(case: Case, found: Judged, rows: Any) -> None:
    """Whether what would be frozen is what was meant: rejecting a row is no fault where the case allows it, another value is."""
    if case.rows is None or rows is None:
        return
    meant = {
        (no, who, f"{day} 00:00:00" if len(day) == 10 else day, Decimal(amount).normalize())
        for no, who, day, amount in case.rows
    }
    frozen = {(no, who, day, amount.normalize() if amount is not None else None) for no, who, day, amount in rows}
    found.wrong += [f"silently wrong: {row}" for row in sorted(frozen - meant, key=str)]
    if case.whole:
        found.wrong += [f"not kept: {row}" for row in sorted(meant - frozen, key=str)]
