"""Words that want to be more than words: in cells, headings, names of files and every value of a company.toml.

None reads another file, writes one, opens a connection, runs a program, or works for longer than it is given. Expressions have a
corpus of their own in test_expressions.py.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmlib.border import lines
from crmlib.border.company import load_description
from crmlib.border.ingest import border
from crmlib.border.propose import init
from crmlib.vocabulary.errors import CrmlibError
from tests.test_expressions import HOSTILE

SECRET = "the-key-of-the-house"

WORDS = [
    "'; copy (select 'owned') to 'owned.csv'; --",
    "\"; copy (select 1) to 'owned.csv'; --",
    "x' or read_text('secret.csv') = 'y",
    "') union all select content from read_text('secret.csv') --",
    "\"); attach 'owned.db' as o; --",
    "'; install httpfs; load httpfs; --",
    "'; set enable_external_access = true; --",
    "'; pragma database_list; --",
    "$$; copy (select 1) to 'owned.csv'; $$",
    "/* */; export database 'owned'; /*",
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "=cmd|' /C calc'!A0",
    "$(touch owned.csv)",
    "`touch owned.csv`",
    "../secret.csv",
    "/etc/passwd",
    "http://127.0.0.1:9/x.csv",
    "%s%s%n{0}{secret}",
    "{read_text('secret.csv')}",
    "<script>fetch('http://127.0.0.1:9')</script>",
    "[link](http://127.0.0.1:9)[bold]",
    "\\x27; copy (select 1) to 'owned.csv'; --",
    "ʼ; copy (select 1) to ʼowned.csvʼ; --",
    "＇; copy (select 1) to ＇owned.csv＇; --",
    "x" * 100_000,
]
"""What is put wherever a company or a mapping can put a word."""

TOML = {
    "field": ("[orders.fields]", "category = {word}"),
    "filter": ("[orders.filter]", "kept = {word}"),
    "filter name": ("[orders.filter]", "{word} = 'true'"),
    "value map": ("[orders.values]", "category = {{ {word} = {word} }}"),
    "order by": ("[orders]", "group = true\norder_by = {word}"),
    "repeats": ("[orders]", "repeats = 'drop'\nrepeat_columns = [{word}]"),
    "missing": ("[orders]", "missing = [{word}]"),
    "unpivot": ("[orders]", "unpivot = [{word}]"),
    "date format": ("[orders]", "date_format = [{word}]"),
    "sheet": ("[orders]", "sheet = {word}"),
    "table": ("[orders]", "table = {word}"),
    "encoding": ("[orders]", "encoding = {word}"),
    "from": ("[[customers]]", "from = {word}\n[customers.fields]\ncustomer_id = 'id'"),
    "join on": ("[[orders.join]]", "from = 'secret.csv'\non = {{ No = {word} }}"),
    "join take": ("[[orders.join]]", "from = 'pay.csv'\non = ['No']\ntake = {{ {word} = 'sum' }}"),
    "join from": ("[[orders.join]]", "from = {word}\non = ['No']"),
    "title": ("", "title = {word}"),
    "policy": ("", "policy = {word}"),
    "data": ("", "data = {word}"),
    "time zone": ("", "time_zone = {word}"),
    "sqlite": ("[[customers]]", "from = 'sqlite:///shop.db'\ntable = {word}\n[customers.fields]\ncustomer_id = 'id'"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A company's folder, the working directory too, with a file above it and one in it that nobody may read."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setattr(lines, "SECONDS", 20)
    opened: list[str] = []

    def never(*given: object, **_more: object) -> None:
        opened.append(repr(given[:2]))
        raise OSError("no connection is opened here")

    for owner, name in ((socket.socket, "connect"), (socket, "getaddrinfo"), (subprocess, "Popen"), (os, "system")):
        monkeypatch.setattr(owner, name, never)
    for place in (tmp_path, home):
        (place / "secret.csv").write_text(f"word\n{SECRET}\n", encoding="utf-8")
    (home / "pay.csv").write_text("No,paid\n1,2\n", encoding="utf-8")
    yield home
    assert opened == []


def written(
    folder: Path, more: str = "", top: str = "", csv: str = "No,Customer,Date,Amount,Note\n1,a,2026-01-01,1.5,x\n"
) -> None:
    """The company's files; the first line of `more` is the part of company.toml that the others are added to."""
    (folder / "orders.csv").write_text(csv, encoding="utf-8")
    fields = 'order_id = "No"\ncustomer_id = "Customer"\nordered_at = "Date"\namount = "Amount"\n'
    part, _, rest = more.partition("\n")
    own = {"[orders]": "", "[orders.fields]": ""} | ({part: rest} if part.startswith("[orders") else {})
    parts = [f'name = "shop"\ncurrency = "EUR"\n{top}\n[orders]\nfrom = "orders.csv"\n{own.pop("[orders]")}\n']
    parts += [f"[orders.fields]\n{fields}{own.pop('[orders.fields]')}\n", *(f"{k}\n{v}\n" for k, v in own.items())]
    parts += [] if part.startswith("[orders") else [more]
    (folder / "company.toml").write_text("".join(parts), encoding="utf-8")


def checked(folder: Path) -> str:
    """Why the company cannot be read, if so; every file is as it was, and no word of what nobody may read was read or said."""
    before = {p: p.read_bytes() for p in folder.parent.rglob("*") if p.is_file()}
    said = ""
    try:
        with border(load_description(folder)) as read:
            for one in read.reads:
                assert SECRET not in str(read.engine.execute(f"select * from {one.lines}").fetchall())
    except CrmlibError as error:
        said = str(error)
    assert SECRET not in said
    assert "\n" not in said
    assert {p: p.read_bytes() for p in folder.parent.rglob("*") if p.is_file()} == before
    return said


@pytest.mark.parametrize("place", TOML)
def test_a_value_of_a_mapping_is_a_word_whatever_it_says(folder: Path, place: str) -> None:
    for word in WORDS[list(TOML).index(place) % 4 :: 4]:
        key, line = TOML[place]
        line = line.format(word=json.dumps(word, ensure_ascii=False))
        written(folder, f"{key}\n{line}") if key else written(folder, top=line)
        checked(folder)


def test_cells_and_headings_are_words_whatever_they_say(folder: Path) -> None:
    cells = [w for w in WORDS if len(w) < 1000]
    rows = "".join(
        ",".join('"' + c.replace('"', '""') + '"' for c in (f"{i}{w}", w, "2026-01-01", "1", w)) + "\n"
        for i, w in enumerate(cells)
    )
    written(folder, '[orders.fields]\ncategory = "Note"\nchannel = "Note"', csv="No,Customer,Date,Amount,Note\n" + rows)
    assert checked(folder) == ""
    for word in cells[::3]:
        heading = '"' + word.replace('"', '""') + '"'
        written(folder, f"[orders.fields]\ncategory = {json.dumps(word, ensure_ascii=False)}",
                csv=f"No,Customer,Date,Amount,{heading}\n1,a,2026-01-01,1,fine\n")  # fmt: skip
        checked(folder)


@pytest.mark.parametrize("word", [w for w in WORDS if "/" not in w and len(w) < 200])
def test_a_files_name_is_a_name_to_init_and_check(folder: Path, word: str) -> None:
    rows = "".join(
        f"{i},a{i % 7},2026-01-{1 + i % 28:02},{i + 1}.5,{word.replace(',', ' ').replace(chr(34), '')}\n"
        for i in range(40)
    )
    for lost in ("secret.csv", "pay.csv"):
        (folder / lost).unlink()
    (folder / f"{word}.csv").write_text(f"Order ID,Customer ID,Order Date,Amount,Note\n{rows}", encoding="utf-8")
    before = {p: p.read_bytes() for p in folder.parent.rglob("*") if p.is_file()}
    init(folder)
    after = {p: p.read_bytes() for p in folder.parent.rglob("*") if p.is_file()}
    assert {p.name for p in set(after) - set(before)} == {"company.toml", "company.schema.json"}
    assert all(after[p] == content for p, content in before.items())
    checked(folder)


SLOW = [
    "regexp_replace(Note, '(a+)+$', 'b', 'g')",
    "regexp_matches(Note, '(a|aa)+$')::varchar",
    "regexp_extract(Note, '((a{1,100}){1,100}){1,100}', 0)",
    "regexp_matches(Note, '^(([a-z])+.)+[A-Z]([a-z])+$')::varchar",
    "list_transform(string_split(Note, ''), x -> md5(x || Note))[1]",
    "list_transform(string_split(Note, 'a'), x -> list_transform(string_split(Note, 'a'), y -> y))[1][1]",
    "lpad(Note, 10000, Note)",
    "replace(Note, 'a', 'aaaaaaaaaa')",
    "split_part(Note, 'a', 1000000000)",
    'strftime(moment("Date"), \'' + "%Y" * 1000 + "')",
    "(10 ** 300 * 10 ** 300)::varchar",
    "cast('" + "9" * 9000 + "' as double)::varchar",
    "date_trunc('century', timestamp '9999-12-31')::varchar || (timestamp '9999-12-31' + interval 999999 year)::varchar",
]


@pytest.mark.parametrize("given", SLOW)
def test_no_expression_takes_more_than_it_is_given(folder: Path, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "SECONDS", 5)
    rows = "".join(f"{i},a,2026-01-01,1,{'a' * 2000}b\n" for i in range(200))
    written(folder, f"[orders.fields]\ncategory = {json.dumps(given)}", csv=f"No,Customer,Date,Amount,Note\n{rows}")
    assert re.match("$|company.toml: orders", checked(folder))


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(WORDS) + len(TOML) + len(SLOW) + len(HOSTILE) >= 150
