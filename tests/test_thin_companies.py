"""Every chapter runs and reads well on companies of which there is hardly anything to say, and without each optional table."""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import nbformat
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.measures import __path__ as measures
from crmlib.show.findings import FINDINGS_MIME
from crmlib.teaching.make import make, write
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import load
from crmlib.vocabulary.schema import TABLES

ROOT = Path(__file__).parent.parent
TEACHING = ROOT / "datasets" / "teaching"
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
LAST, BEFORE = "2026-10-31", "2023-06-30"
OPTIONAL = [t for t in TABLES if t != "orders" and load_description(TEACHING).sources(t)]
THIN = {"nothing yet": "en", "one order": "zh", "one customer": "en", "one month": "zh", "orders only": "en"}
OF_THE_BORDER = {"rejected_share", "columns_in_several_formats", "shortcomings_shown", "assessment_answered"}
"""KPIs of what the border counted, or of questions asked of the reader, which no date cuts."""
WRONG = re.compile(
    r"\b(?:nan|NaN|NaT|None|inf)\b|–\s?%|[{}]|\b[a-z]+_[a-z_]+\b|\b1 customers\b|\b0 of (?:the )?0\b|\s[.,;:]|\.\.(?!\.)"
)
FINISHED = re.compile(r"[.:。：]$|^…")
ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")
ROWS = 'name = "thin"\ntitle = "Thin"\ncurrency = "CNY"\ntime_zone = "Asia/Shanghai"\nlanguage = "en"\n[orders]\nfrom = "o.csv"\n'
FIELDS = '[orders.fields]\norder_id = "id"\ncustomer_id = "who"\nordered_at = "on"\namount = "paid"\n'


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    with language.using("en", "CNY"):
        yield


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of frozen tables: a small teaching company, and companies with little more than nothing."""
    home = tmp_path_factory.mktemp("thin")
    write(home, make(1200))
    for name in ("company.toml", "policy.toml"):
        copy(TEACHING / name, home / name)
    october = date(2026, 10, 1)
    made = {
        "one order": [("k", october)],
        "one customer": [("k", date(2026, month, 5)) for month in (1, 3, 6, 9)],
        "one month": [(f"k{i % 47}", october + timedelta(days=i % 31)) for i in range(90)],
    }
    for name, rows in made.items():
        folder = home / name
        folder.mkdir()
        lines = [f"a{i},{who},{on},{50 + i % 13 * 10}" for i, (who, on) in enumerate(rows)]
        (folder / "o.csv").write_text("\n".join(["id,who,on,paid", *lines]))
        (folder / "company.toml").write_text(ROWS + FIELDS)
    found = {}
    for name in ("", *made):
        described = load_description(home / name / "company.toml")
        ingest(described, home / name, policy=load(described.policy))
        found[name] = home / name / "tables"
    only = copytree(found[""], home / "orders only")
    for table in OPTIONAL:
        (only / f"{table}.parquet").unlink()
    return {**found, "nothing yet": found[""], "orders only": only}


def code(path: Path) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def run(cells: list[nbformat.NotebookNode], monkeypatch: pytest.MonkeyPatch, **given: str) -> dict[str, list[Any]]:
    """What each cell displays, by its id."""
    shown: dict[str, list[Any]] = {}
    names: dict[str, Any] = {}
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    for cell in cells:
        here = shown.setdefault(cell.id, [])
        monkeypatch.setattr("crmlib.show.chapter.display", lambda bundle, raw=False, to=here: to.append(bundle))
        exec(compile(cell.source, cell.id, "exec"), names)
        if "parameters" in cell.metadata.get("tags", []):
            names.update(given)
    return {cell: bundles for cell, bundles in shown.items() if bundles}


def said(html: str) -> list[str]:
    """The sentences of a card, without its tables."""
    parts = re.findall(r'<(?:p class="crm-(?:say|note|under)"|li)>(.*?)</', html, flags=re.DOTALL)
    return [unescape(line) for part in parts for line in part.split("<br>")]


def faults(shown: dict[str, list[Any]], *, until: str, lang: str) -> list[str]:
    """What a reader would stumble over, cell by cell."""
    found = []
    for cell, bundles in shown.items():
        for bundle in bundles:
            html = bundle["text/html"]
            words = unescape(re.sub(r"<(style|svg).*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL))
            lines = said(html)
            found += [f"{cell}: {line}" for line in lines if WRONG.search(line) or not FINISHED.search(line)]
            found += [f"{cell}: {bad}" for bad in re.findall(r"\b(?:nan|NaN|NaT|None|inf)\b|–\s?%", words)]
            if not lines and "<td" not in html and "<img" not in html:
                found.append(f"{cell}: an empty card")
            if re.search(r"<tbody>(?:<tr>(?:<td[^>]*>–</td>)+</tr>)+</tbody>", html):
                found.append(f"{cell}: a table of dashes")
            if lang == "zh":
                found += [f"{cell}: {line}" for line in lines if ENGLISH.search(line)]
            for row in bundle.get(FINDINGS_MIME, []):
                if row["period"] > until[:7] or (until == BEFORE and row["kpi"] not in OF_THE_BORDER and row["value"]):
                    found.append(f"{cell}: {row['kpi']} knows what came later")
    return found


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
@pytest.mark.parametrize("name", THIN)
def test_a_thin_company_gives_a_chapter_that_reads_well(
    companies: dict[str, Path], name: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until, lang = BEFORE if name == "nothing yet" else LAST, THIN[name]
    policy = str(TEACHING / "policy.toml")
    shown = run(code(path), monkeypatch, tables=str(companies[name]), as_of=until, policy=policy, language=lang)
    assert len(shown) > 5
    assert faults(shown, until=until, lang=lang) == []


def test_a_desk_without_severities_owes_nobody_an_answer_that_can_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(300)]
    orders = [f"a{i},k{i % 60},{day},{50 + i % 7 * 10}" for i, day in enumerate(days)]
    (tmp_path / "o.csv").write_text("\n".join(["id,who,on,paid", *orders]))
    cases = [f"t{i},k{i % 9},{day},{day if i % 3 else ''}" for i, day in enumerate(days[::10])]
    (tmp_path / "t.csv").write_text("\n".join(["id,who,opened,solved", *cases]))
    mapped = 'ticket_id = "id"\ncustomer_id = "who"\nopened_at = "opened"\nresolved_at = "solved"\n'
    (tmp_path / "company.toml").write_text(f'{ROWS}{FIELDS}[tickets]\nfrom = "t.csv"\n[tickets.fields]\n{mapped}')
    ingest(load_description(tmp_path / "company.toml"), tmp_path, policy=load(None))
    given = {"tables": str(tmp_path / "tables"), "as_of": LAST, "policy": "", "language": "en"}
    shown = run(code(ROOT / "chapters" / "05_proactive_service.ipynb"), monkeypatch, **given)
    (waiting,) = [bundle["text/html"] for bundle in shown["cases-waiting"]]
    assert "Not recorded here: First response at and Severity (Service cases)." in waiting
    assert faults(shown, until=LAST, lang="en") == []


def readers(table: str) -> set[str]:
    """The measures that read a table, through whichever facts."""
    rooms = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "crmlib" / "facts").glob("[a-z]*.py")}
    facts = {name for name, text in rooms.items() if f"tables.{table}" in text}
    while more := {n for n, text in rooms.items() if any(imports(text, f) for f in facts)} - facts:
        facts |= more
    files = {p.stem: p.read_text(encoding="utf-8") for p in Path(next(iter(measures))).glob("[a-z]*.py")}
    return {n for n, text in files.items() if f"tables.{table}" in text or any(imports(text, f) for f in facts)}


def imports(text: str, fact: str) -> bool:
    """Whether a file's text imports a module of facts."""
    return bool(re.search(rf"^from crmlib\.facts(?:\.{fact} import| import .*\b{fact}\b)", text, re.M))


def test_the_readers_of_a_table_are_found() -> None:
    assert {"service", "channels", "satisfaction"} <= readers("tickets") | readers("interactions") | readers("surveys")
    assert "satisfaction" not in readers("tickets")
    assert all(readers(table) for table in OPTIONAL)


def concerned(cells: list[nbformat.NotebookNode], table: str) -> list[nbformat.NotebookNode]:
    """The cells whose measures read the table, or that name it, and those that they build on."""
    named = readers(table)
    wanted: set[str] = set()
    kept = []
    for cell in reversed(cells):
        tree = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Name)]
        made = {n.id for n in tree if isinstance(n.ctx, ast.Store)}
        imports = (n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.ImportFrom))
        made |= {alias.asname or alias.name for statement in imports for alias in statement.names}
        read = {n.id for n in tree if isinstance(n.ctx, ast.Load)}
        tagged = {"parameters", "setup"} & set(cell.metadata.get("tags", []))
        if tagged or read & named or made & wanted or f'"{table}"' in cell.source:
            wanted |= read
            kept.append(cell)
    return kept[::-1]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
@pytest.mark.parametrize("table", OPTIONAL)
def test_without_a_table_the_chapter_says_so_where_it_matters(
    companies: dict[str, Path], table: str, path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cells = concerned(code(path), table)
    folder = copytree(companies[""], tmp_path / "tables")
    (folder / f"{table}.parquet").unlink()
    policy = str(TEACHING / "policy.toml")
    shown = run(cells, monkeypatch, tables=str(folder), as_of=LAST, policy=policy, language="en")
    assert faults(shown, until=LAST, lang="en") == []
