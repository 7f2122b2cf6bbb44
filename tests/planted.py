"""A small company in whose columns of codes somebody wrote what tells of persons, and a search for it in what is published."""

from __future__ import annotations

import base64
import binascii
import html
import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from crmlib.vocabulary.schema import TABLES

FREQUENCIES = (1, 30)
"""Customers that hold a planted value: one, and more than any small company's policy asks for."""
START = datetime(2025, 11, 1, 10)
CODES = {
    "channel": ("email", "phone", "store"), "acquisition_channel": ("store", "online"), "purpose": ("sales", "care"),
    "category": ("kitchen", "garden", "complaint"), "product": ("kettle", "spade", "lamp"), "region": ("North", "South"),
    "city": ("Hamburg", "上海"), "industry": ("retail", "logistics"), "source_system": ("shop", "crm"),
    "plan": ("basic", "large"),
    "ended_reason": ("price", "moved"), "campaign": ("spring 2026", "double 11"), "campaign_type": ("voucher", "news"),
    "arm": ("control", "mail"), "script": ("roi_report", "short"), "cause": ("parcel lost", "part broken"), "item": ("q1", "q2"),
    "instrument": ("csat", "visit"), "dimension": ("speed", "care"), "attribute": ("seats", "colour"), "value": ("3", "blue"),
    "name": ("visit", "spend"), "kind": ("cancellation", "funding"), "reason": ("price", "merger"), "why": ("silent", "dropped"),
    "what": ("call", "check_in"), "outcome": ("reached", "bought"),
    "stratum": ("silent|growth", "dropped|potential"), "policy": ("0f3a", "77b1"), "model": ("stumps 1", "rule 1"),
    "stage": ("warned", "contacted"), "status": ("done", "open"),
}  # fmt: skip
"""Words that are codes, by column: enough customers hold each."""
SYLLABLES = re.findall("...", "bracaldoverifengolhuxilmjorkellummovnarostpelquirossultavurnvexwynyolzeb")


@dataclass(frozen=True)
class Planted:
    """A value that was planted: where, how often, and what of it must be found nowhere, without punctuation."""

    kind: str
    column: str
    times: int
    text: str
    secret: str


@dataclass
class Person:
    """A customer on record."""

    name: str
    phone: str
    address: str


class World:
    """Draws what has not been drawn before."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.drawn: set[str] = set()

    def new(self, make: Callable[[], str]) -> str:
        """Something that no earlier call gave."""
        while (value := make()) in self.drawn:
            pass
        self.drawn.add(value)
        return value

    def digits(self, n: int) -> str:
        """So many digits that were not drawn yet."""
        return self.new(lambda: "".join(self.rng.choice("0123456789") for _ in range(n)))

    def word(self) -> str:
        """A word that no language has."""
        return self.new(lambda: "".join(self.rng.choice(SYLLABLES) for _ in range(3)).capitalize())

    def person(self) -> Person:
        """A customer with a name, a mobile number and a street of their own."""
        words = (self.word(), self.word()) if self.rng.random() < 0.6 else (self.chinese(),)
        return Person(" ".join(words), f"139{self.digits(8)}", f"{self.rng.randint(2, 99)} {self.word()} Lane")

    def chinese(self) -> str:
        """A Chinese name."""
        return self.new(
            lambda: self.rng.choice("张王李赵陈杨") + "".join(chr(self.rng.randint(0x5000, 0x9000)) for _ in range(2))
        )

    def birthday(self) -> date:
        """A day between 1950 and 2005."""
        text = self.new(lambda: (date(1950, 1, 1) + timedelta(days=self.rng.randrange(20_000))).isoformat())
        return date.fromisoformat(text)


def _card(w: World) -> str:
    body = "4" + w.digits(14)
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(body))
    return body + str(-total % 10)


def _china_id(w: World) -> str:
    born = w.birthday().strftime("%Y%m%d")
    body = f"330106{born}{w.rng.randint(0, 999):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * k for d, k in zip(body, weights, strict=True)) % 11]


def _iban(w: World) -> str:
    account = w.digits(18)
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02}{account}"


def _grouped(text: str, *sizes: int, by: str = " ") -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return by.join([*parts, text[at:]] if at < len(text) else parts)


Made = tuple[str, str]
KINDS: dict[str, Callable[[World, Person], Made]] = {
    "mobile": lambda w, p: (n := f"138{w.digits(8)}", n),
    "mobile, dotted": lambda w, p: (_grouped(n := f"137{w.digits(8)}", 3, 4, by="."), n),
    "mobile, +86": lambda w, p: ("+86 " + _grouped(n := f"136{w.digits(8)}", 3, 4, by="-"), n),
    "mobile in words": lambda w, p: (f"请拨打{(n := '135' + w.digits(8))}找我", n),
    "mobile, wide": lambda w, p: (
        (n := f"159{w.digits(8)}").translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        n,
    ),
    "abroad, 0049": lambda w, p: (f"0049 171 {(n := w.digits(7))}", f"171{n}"),
    "abroad, +44": lambda w, p: (f"+44 20 79{(n := w.digits(6))[:2]} {n[2:]}", f"2079{n}"),
    "trunk, 0171": lambda w, p: (f"0171 {(n := w.digits(7))}", f"171{n}"),
    "North America": lambda w, p: (f"(212) 555-{(n := '0' + w.digits(3))}", f"212555{n}"),
    "landline": lambda w, p: (f"021-6{(n := w.digits(7))}", f"216{n}"),
    "identity card": lambda w, p: (n := _china_id(w), n),
    "identity card in words": lambda w, p: (f"身份证{(n := _china_id(w))}", n),
    "account": lambda w, p: (_grouped(n := _iban(w), 4, 4, 4, 4, 4), n),
    "payment card": lambda w, p: (_grouped(n := _card(w), 4, 4, 4), n),
    "wxid": lambda w, p: (f"wxid_{(n := w.word().lower() + w.digits(4))}", n),
    "WeChat": lambda w, p: (f"微信：{(n := w.word().lower() + w.digits(3))}", n),
    "QQ": lambda w, p: (f"QQ {(n := '5' + w.digits(8))}", n),
    "e-mail": lambda w, p: (f"{(n := w.word().lower())}@example.com", n),
    "e-mail, wide": lambda w, p: (f"{(n := w.word().lower())}＠example.com", n),
    "e-mail, at": lambda w, p: (f"{(n := w.word().lower())}.{w.word().lower()} at example.com", n),
    "name": lambda w, p: (p.name, p.name),
    "name in words": lambda w, p: (f"called by {p.name} again", p.name),
    "own number": lambda w, p: (_grouped(p.phone, 3, 4, by="/"), p.phone),
    "own street": lambda w, p: (f"deliver to {p.address}", p.address),
    "street": lambda w, p: (f"{w.rng.randint(2, 999)} {(n := w.word())} Street", n),
    "street in Chinese": lambda w, p: (f"杭州市{(n := w.chinese())}路{w.rng.randint(2, 99)}号", n),
    "birthday": lambda w, p: (n := w.birthday().isoformat(), n),
    "birthday in words": lambda w, p: (f"born {(d := w.birthday()).day} {d:%B} {d.year}", f"{d.day}{d:%B}{d.year}"),
    "link": lambda w, p: (f"https://shop.example/reset?token={(n := w.word() + w.digits(6))}", n),
}
"""Each kind of what tells of a person: the value as somebody wrote it, and what must be found nowhere."""


def columns() -> dict[str, list[str]]:
    """The columns of codes, by table."""
    return {
        t.name: [c.name for c in t.columns if c.is_code] for t in TABLES.values() if any(c.is_code for c in t.columns)
    }


def write(folder: Path, *, frequencies: tuple[int, ...] = FREQUENCIES, seed: int = 5) -> list[Planted]:
    """The company's files and company.toml under `folder`, each kind planted in each column of codes in so many rows, under as
    many customers; what was planted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    w = World(seed)
    size = sum(frequencies) * len(KINDS) + 100
    people = [w.person() for _ in range(size)]
    customers = _customers(people)
    planted: list[Planted] = []
    toml = ['name = "acme"', 'title = "Acme"', 'currency = "CNY"', 'time_zone = "Asia/Shanghai"', 'language = "en"']
    for table, names in columns().items():
        frame = customers if table == "customers" else _rows(table, size)
        at = 0
        for kind, make in KINDS.items():
            for times in frequencies:
                for name in names:
                    text, secret = make(w, w.rng.choice(people))
                    planted.append(Planted(kind, f"{table}.{name}", times, text, plain(secret)))
                    frame.loc[at : at + times - 1, name] = text
                at += times
        frame.to_csv(folder / f"{table} of {people[0].name}.csv", index=False)
        toml += [f'[{table}]\nfrom = "{table} of {people[0].name}.csv"', f"[{table}.fields]"]
        toml += [f'{name} = "{name}"' for name in frame.columns]
    (folder / "company.toml").write_text("\n".join(toml) + "\n", encoding="utf-8")
    return planted


def _customers(people: list[Person]) -> pd.DataFrame:
    rows = {
        "customer_id": [_id(i) for i in range(len(people))],
        "name": [p.name for p in people],
        "phone": [p.phone for p in people],
        "address": [p.address for p in people],
        "acquired_on": [(START - timedelta(days=i % 300)).date().isoformat() for i in range(len(people))],
        "owner": [people[i % 7].name for i in range(len(people))],
    }
    return pd.DataFrame(rows).assign(**{name: _codes(name, len(people)) for name in columns()["customers"]})


def _id(i: int) -> str:
    return f"KD-{i:05}"


def _codes(name: str, n: int) -> list[str]:
    return [CODES[name][i % len(CODES[name])] for i in range(n)]


NUMBERS = {"order_id": "SO77", "line_id": "LN77", "contract_id": "CT77", "interaction_id": "IA77", "ticket_id": "TK77",
           "answer_id": "AN77", "outcome_id": "OC77", "event_id": "EV77", "action_id": "AC77"}  # fmt: skip
"""What the company's numbers of each kind begin with."""
RECORDS = re.compile(rf"(?:{'|'.join(NUMBERS.values())})\d{{6}}|KD-\d{{5}}")
"""A number of an order, case, contact … or customer."""


def _rows(table: str, size: int) -> pd.DataFrame:
    """Rows of a table, of one customer after the other, all of them and half of them again; each column of codes filled."""
    n = size * 3 // 2
    frame: dict[str, list[object]] = {}
    for column in TABLES[table].columns:
        if column.name in columns()[table]:
            frame[column.name] = [*_codes(column.name, n)]
        elif column.name in NUMBERS:
            frame[column.name] = [f"{NUMBERS[column.name]}{i:06}" for i in range(n)]
        elif column.name == "customer_id":
            frame[column.name] = [_id(i % size) for i in range(n)]
        elif column.name == TABLES[table].time:
            frame[column.name] = [(START + timedelta(hours=5 * i)).isoformat(sep=" ")[:19] for i in range(n)]
        elif column.name in ("amount", "quantity", "cost"):
            frame[column.name] = [20 + i % 9 for i in range(n)]
        elif column.name == "value":
            frame[column.name] = [i % 2 for i in range(n)]
        elif column.name == "score":
            frame[column.name] = [1 + i % 5 for i in range(n)]
        elif column.name in ("direction", "period", "severity", "arm"):
            frame[column.name] = [column.values[i % len(column.values)] for i in range(n)]
        elif column.name in ("resolved_at", "responded_at", "first_response_at"):
            frame[column.name] = [(START + timedelta(hours=5 * i + 3)).isoformat(sep=" ")[:19] for i in range(n)]
    return pd.DataFrame(frame)


def plain(text: str) -> str:
    """A text as it is compared: letters and digits only, of one width and case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def found(folder: Path, planted: list[Planted]) -> list[tuple[str, Planted]]:
    """What was planted and stands in a file under `folder` outside private/, however it is written or packed.

    A number must end a run of digits and begin no more than four before: else any page of figures would hold it by chance.
    """
    hits = []
    lengths = {len(one.secret) for one in planted if one.secret.isdigit()}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "private" not in p.relative_to(folder).parts):
        parts = [str(path.relative_to(folder)), *readings(path)]
        read = "\n".join(map(plain, parts))
        runs = {run for part in parts for run in re.findall(r"\d{8,22}", _joined(part))}
        ends = {run[-n:] for run in runs for n in lengths if n <= len(run) <= n + 4}
        hits += [
            (parts[0], one) for one in planted if (one.secret in ends if one.secret.isdigit() else one.secret in read)
        ]
    return hits


def told(folder: Path) -> list[tuple[str, str]]:
    """Numbers of records, and names of the company's files, that stand in a file under `folder` outside private/."""
    hits = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "private" not in p.relative_to(folder).parts):
        for part in (path.name, *readings(path)):
            found = [*RECORDS.findall(part), *re.findall(r"\w+ of [^/\n]{3,20}\.csv", part)]
            hits += [(str(path.relative_to(folder)), one) for one in found]
    return hits


def _joined(text: str) -> str:
    """A text whose digits stand together where only blanks or punctuation of telephone numbers parted them."""
    return re.sub(r"(?<=\d)[ ./()-]{1,3}(?=\d)", "", unicodedata.normalize("NFKC", text))


def readings(path: Path) -> Iterator[str]:
    """A file's text in every way in which it can be read: as it stands, unescaped, unpacked."""
    if path.suffix == ".parquet":
        yield json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False)
    text = path.read_bytes().decode("utf-8", errors="ignore")
    yield text
    yield html.unescape(text)
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m.group(1), 16)), text)
    for packed in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text):
        try:
            yield base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8", errors="ignore")
        except binascii.Error:
            continue
