"""Parting a file: what is the customer's and what is not add up to the file, whatever ids, quotes and encodings there are."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from html import escape
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.border.pseudonyms import pseudonyms
from crmlib.run.holdings import closed
from crmlib.run.places import place_of, place_within
from crmlib.run.sought import Sought
from crmlib.run.traces import MARK, parted
from crmlib.run.worklists import HELD as LISTS
from crmlib.vocabulary.held import COPY

SECRET = b"k" * 32
ACTIONS = LISTS[0]
ids = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9).map(str.strip).filter(bool)
cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=12)


def code(who: str) -> str:
    return pseudonyms(SECRET, "customer", [who])[0]


def sought(who: str) -> Sought:
    return Sought(
        SECRET, frozenset({code(who)}), ids=frozenset({who}), headings=frozenset({"customer_id", "other_ids"})
    )


def theirs(cell: str, who: str) -> bool:
    return who in (cell, cell.strip(), cell.strip().removeprefix("'"))


@settings(deadline=None, max_examples=150)
@given(
    ids,
    st.lists(st.tuples(ids, cells), max_size=8),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-16-le"]),
)
def test_of_a_list_exactly_the_rows_of_the_customer_go(
    who: str, rows: list[tuple[str, str]], mark: str, encoding: str
) -> None:
    rows = [*rows, (who, "theirs"), (f"{who}0", "100"), ("100", who)]
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows([["customer_id", "outcome"], *rows])
    data = ("\ufeff" + out.getvalue()).encode(encoding)
    plain = Sought(SECRET, frozenset({code(who)}), headings=frozenset({"customer_id"}))
    for place in (ACTIONS, COPY):
        kept, taken = parted("list.csv", data, place, plain)
        assert kept is not None
        left = list(csv.reader(io.StringIO(kept.decode(encoding), newline=""), delimiter=mark))[1:]
        assert left == [list(row) for row in rows if not theirs(row[0], who)]
        assert len(taken) == len(rows) - len(left)
        assert parted("list.csv", kept, place, plain) == (kept, [])


@settings(deadline=None, max_examples=60)
@given(ids, st.lists(ids, max_size=6))
def test_of_frozen_tables_exactly_the_rows_of_the_customer_go(who: str, others: list[str]) -> None:
    codes = [code(one) for one in (*others, who, f"{who}0")]
    frame = pd.DataFrame({"order_id": [f"p{i:016x}" for i in range(len(codes))], "customer_id": codes, "amount": 100.0})
    kept, taken = parted(
        "tables/orders.parquet", frame.to_parquet(index=False), place_of("tables/orders.parquet"), sought(who)
    )
    assert kept is not None
    left = pd.read_parquet(io.BytesIO(kept))
    pd.testing.assert_frame_equal(left, frame[frame["customer_id"] != code(who)].reset_index(drop=True))
    assert [row["customer_id"] for row in taken] == [c for c in codes if c == code(who)]


@settings(deadline=None, max_examples=60)
@given(ids, st.lists(st.tuples(ids, cells), min_size=1, max_size=6))
def test_of_pages_and_notebooks_the_rows_go_and_the_rest_stays(who: str, rows: list[tuple[str, str]]) -> None:
    rows = [row for row in rows if row[0] != who]
    body = "".join(f"<tr><td>{code(one)}</td><td>{escape(cell)}</td></tr>" for one, cell in (*rows, (who, "theirs")))
    page = f'<p>first {code(who)} then</p><table><tbody>{body}</tbody></table><img alt="{code(who)}">'
    clean = page.replace(f"<tr><td>{code(who)}</td><td>theirs</td></tr>", "").replace(code(who), MARK)
    kept, taken = parted("01.html", page.encode(), place_of("01.html"), sought(who))
    assert kept == clean.encode()
    assert len(taken) == 3
    book = {"cells": [{"outputs": [{"data": {"text/html": [page], "text/plain": [f"0 {code(who)}\n", "1 rest"]}}]}]}
    kept, taken = parted("01.ipynb", json.dumps(book).encode(), place_of("01.ipynb"), sought(who))
    assert kept is not None
    assert json.loads(kept) == {"cells": [{"outputs": [{"data": {"text/html": [clean], "text/plain": ["1 rest"]}}]}]}
    assert len(taken) == 4


def test_a_file_without_the_customer_keeps_its_bytes() -> None:
    files = {
        "list.csv": b"customer_id,a\r\nK-1,\"x\"\r\n", "x.json": b'{"a": [1,2]}', "x.html": b"<p>K-11 c2fn274iekerl</p>",
        "x.bin": b"\x00\x01", "broken.parquet": b"PAR1", "broken.xlsx": b"PK\x03\x04", "x.md": "Über K-12".encode("latin-1"),
    }  # fmt: skip
    for name, data in files.items():
        assert parted(name, data, COPY, sought("K-0")) == (data, [])


def test_what_cannot_be_read_and_names_the_customer_goes_whole() -> None:
    assert parted("x.pdf", b"%PDF " + code("K-0").encode(), COPY, sought("K-0")) == (None, [{"whole": True}])
    assert parted("K-0.png", b"x", COPY, sought("K-0")) == (None, [{"file": "….png"}])


def test_a_name_that_is_a_word_stays_where_a_review_wrote_it() -> None:
    named = Sought(
        SECRET,
        frozenset({code("K-0")}),
        ids=frozenset({"K-0"}),
        called=("Berlin",),
        headings=frozenset({"customer_id"}),
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("acme/2026-12/kpis.csv", "kpi,segment\nshare,Berlin\n")
        archive.writestr("acme/2026-12/01.html", "<p>Berlin</p>")
        archive.writestr("acme/notes.txt", "rest\nBerlin called\n")
    kept, taken = parted("acme.zip", packed.getvalue(), COPY, named)
    assert kept is not None
    with zipfile.ZipFile(io.BytesIO(kept)) as archive:
        assert archive.read("acme/2026-12/kpis.csv") == b"kpi,segment\nshare,Berlin\n"
        assert archive.read("acme/2026-12/01.html") == b"<p>Berlin</p>"
        assert archive.read("acme/notes.txt") == b"rest\n"
    assert [one["in"] for one in taken] == ["acme/notes.txt"]
    assert place_within("acme/2026-12/private/actions.csv") is ACTIONS


def test_what_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    """A PDF, an archive with a password and a damaged one; an archive that opens, a picture and a table are looked into."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "customer_id\nK-0\n")
    whole = packed.getvalue()
    sealed = bytearray(whole)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        sealed[whole.index(mark) + at] |= 1
    damaged = whole.replace(b"PK\x01\x02", b"PK\x09\x09")
    home = tmp_path / "reviews" / "acme"
    home.mkdir(parents=True)
    files = {
        "open.zip": whole,
        "sealed.zip": sealed,
        "damaged.zip": damaged,
        "a.pdf": b"%PDF",
        "a.png": b"",
        "a.csv": b"a\n1\n",
    }
    for name, data in files.items():
        (home / name).write_bytes(data)
        parted(name, bytes(data), COPY, sought("K-0"))
    assert {f.name for f in closed(home)} == {"sealed.zip", "damaged.zip", "a.pdf"}


def test_of_what_is_handed_out_the_customers_own_goes_and_the_rest_stays() -> None:
    sent = Sought(SECRET, frozenset({code("K-1")}), actions=frozenset({"a2610aaaaaaaa"}), ids=frozenset({"K-1"}))
    event = "BEGIN:VEVENT\r\nUID:{}@x.crmlib\r\nDESCRIPTION:long\r\n  line\r\nEND:VEVENT\r\n"
    calendar = (
        "BEGIN:VCALENDAR\r\n" + event.format("a2610aaaaaaaa") + event.format("a2610bbbbbbbb") + "END:VCALENDAR\r\n"
    ).encode()
    place = place_within("acme/2026-10/private/calendar/li.ics")
    kept, taken = parted("private/calendar/li.ics", calendar, place, sent)
    assert kept == ("BEGIN:VCALENDAR\r\n" + event.format("a2610bbbbbbbb") + "END:VCALENDAR\r\n").encode()
    assert len(taken) == 1
    lines = [json.dumps({"action_id": a, "body": {"sender": "li"}}) for a in ("a2610aaaaaaaa", "a2610bbbbbbbb")]
    place = place_within("acme/2026-10/private/wecom/add_msg_template.jsonl")
    kept, taken = parted("private/wecom/add_msg_template.jsonl", ("\n".join(lines) + "\n").encode(), place, sent)
    assert kept == (lines[1] + "\n").encode()
    for name, theirs_ in (("K-1", True), ("K-12", False)):
        page = (
            f'<!DOCTYPE html>\n<html lang="en" data-customer="{name}"><style>x</style><p>Orders 5</p></html>'.encode()
        )
        place = place_within("acme/2026-10/private/reports/x.html")
        kept, taken = parted("private/reports/x.html", page, place, sent)
        assert (kept is None) == theirs_
        assert ("Orders 5" in str(taken)) == theirs_
    for name in ("taken.csv", "unread.csv", "proposals.csv"):
        rows = b"action_id,customer_id,found\na2610aaaaaaaa,K-1,x\na2610bbbbbbbb,K-2,y\na2610aaaaaaaa,,z\n"
        kept, taken = parted(name, rows, place_within(f"acme/2026-10/private/{name}"), sent)
        assert kept == b"action_id,customer_id,found\na2610bbbbbbbb,K-2,y\n", name
