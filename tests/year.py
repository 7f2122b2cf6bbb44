"""Twelve months of reviews of a small company without a kernel, and a search of every byte of them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pandas as pd
import pytest
from nbformat.v4 import new_output
from openpyxl import Workbook, load_workbook

from crmlib.border.company import Description
from crmlib.border.ingest import Ingested, ingest
from crmlib.border.pseudonyms import key, pseudonyms
from crmlib.run import review as reviews
from crmlib.run.engine import Done
from crmlib.run.review import Request, review
from crmlib.show import listing
from crmlib.show.findings import ACTIONS_MIME, FINDINGS_MIME, payload
from tests.small_company import finding, notebook, write_chapters

PEOPLE = {
    "K-1": ("Ada Quillfeather", "+49 171 5550101", "ada.q@example.org"),
    "K-11": ("Ben Thistlewood", "+49 171 5550102", "ben.t@example.org"),
    "100": ("Cleo Marchbanks", "+49 171 5550103", "cleo.m@example.org"),
    "张 伟-7": ("张伟明", "+49 171 5550104", "weiming@example.org"),
    'O"Neil, A': ('Pat O"Neil', "+49 171 5550105", "pat.o@example.org"),
    "=1+1": ("Dora Equalson", "+49 171 5550106", "dora.e@example.org"),
    "a | b": ("Eve Pipewright", "+49 171 5550107", "eve.p@example.org"),
    "x<y>&z": ("Finn Angleton", "+49 171 5550108", "finn.a@example.org"),
    "M-77": ("Gita Doublemayer", "+49 171 5550109", "gita.d@example.org"),
    "C-77": ("Gita Doublemayer", "+49 171 5550109", "gita.d@example.org"),
}
"""Name, telephone and e-mail by id; the last two are one customer."""
MONTHS = [f"2026-{m:02}" for m in range(1, 13)]
ID_COLUMNS = {"customer_id", "other_ids", "record_a", "record_b", "record_id", "Related To", "客户编号", "id", "who"}
TOML = """
name = "acme"
title = "Acme Ltd"
currency = "EUR"
time_zone = "Europe/Berlin"
language = "{language}"
[customers]
from = "people.csv"
[customers.fields]
customer_id = "who"
name = "name"
phone = "phone"
email = "email"
[orders]
from = "orders.csv"
[orders.fields]
order_id = "no"
customer_id = "who"
ordered_at = "day"
amount = "amount"
[tickets]
from = "cases.csv"
[tickets.fields]
ticket_id = "case"
customer_id = "who"
opened_at = "opened"
[lines]
from = "lines.csv"
[lines.fields]
line_id = "line"
order_id = "no"
product = "product"
quantity = "quantity"
"""


def write_company(home: Path, language: str = "en") -> Path:
    """Every customer orders and opens a case each month; each has an amount that cannot be read, and one pays 100."""
    home.mkdir()
    people = [(i, *values) for i, values in PEOPLE.items()]
    people += [(f"Z-{n}", f"Zed Number{n}", "", f"zed{n}@example.org") for n in range(40)]
    pd.DataFrame(people, columns=["who", "name", "phone", "email"]).to_csv(home / "people.csv", index=False)
    rows = [(f"S{i}-{month}", who, f"{month}-15", 100 + i) for month in MONTHS for i, (who, *_r) in enumerate(people)]
    orders = pd.DataFrame(rows, columns=["no", "who", "day", "amount"])
    orders = orders.assign(amount=orders["amount"].astype(str).mask(orders["day"].str.startswith("2026-01"), "ten"))
    pd.concat([orders, orders.tail(3).assign(no=["L1", "L2", "L3"], day="2026-12-31")]).to_csv(
        home / "orders.csv", index=False
    )
    cases = orders.assign(case="T" + orders["no"], opened=orders["day"])[["case", "who", "opened"]]
    cases.to_csv(home / "cases.csv", index=False)
    lines = orders.assign(line="P" + orders["no"], product="tea", quantity="1")
    lines.loc[::7, "quantity"] = "one"
    lines[["line", "no", "product", "quantity"]].to_csv(home / "lines.csv", index=False)
    (home / "policy.toml").write_text("[quality]\nmax_reject_share = 0.5\n")
    policy = 'policy = "policy.toml"\n[customers]'
    (home / "company.toml").write_text(
        TOML.format(language=language).replace("[customers]", policy, 1), encoding="utf-8"
    )
    return home / "company.toml"


def ran(work: Any) -> dict[str, Done]:
    """What a chapter would show: every customer in a table, as text, in the actions, and a case in a sentence."""
    tables = work.place.partial / "tables"
    customers = pd.read_parquet(tables / "customers.parquet")["customer_id"]
    cases = (
        pd.read_parquet(tables / "tickets.parquet").drop_duplicates("customer_id", keep="last").set_index("customer_id")
    )
    shown = pd.DataFrame({"customer_id": customers, "tier": "growth"})
    acts = shown.assign(
        action_id=[f"a{work.place.month[2:4]}{work.place.month[5:]}{i:08x}" for i in range(len(shown))],
        case_id=shown["customer_id"].map(cases["ticket_id"]), why="risk", what="call", channel="phone", arm="act",
        due_on=f"{work.place.month}-28", value_at_stake=100.0, priority=range(1, len(shown) + 1),
    )  # fmt: skip
    html = f'<div class="crm-card"><p class="crm-say">{acts["case_id"].iloc[0]}</p>{listing.table(shown)}</div>'
    data = {
        "text/html": html,
        "text/plain": shown.to_string(),
        FINDINGS_MIME: [finding()],
        ACTIONS_MIME: payload(acts),
        "application/vnd.crmlib.all+json": dict.fromkeys(customers, 1),
    }
    done = {}
    for chapter in work.chapters:
        made = deepcopy(chapter.notebook)
        made.cells[-1].outputs = [new_output("display_data", data)]
        done[chapter.name] = Done(made, 0.1, 1, (), None)
    return done


@dataclass
class Frozen:
    """The border, once for several months: what it froze of one is handed out for those after it that are not `read`."""

    folder: Path
    read: tuple[str, ...] = ("2026-01", "2026-02", "2026-12")
    last: Ingested | None = None

    def __call__(self, company: Description, into: Path, *, month: str | None = None, **given: Any) -> Ingested:
        if month in self.read or self.last is None:
            self.last = ingest(company, into, month=month, **given)
            rmtree(self.folder, ignore_errors=True)
            copytree(into, self.folder)
        else:
            copytree(self.folder, into, dirs_exist_ok=True)
        return self.last


def write_year(folder: Path, months: list[str] = MONTHS, language: str = "en") -> Path:
    """Reviews of these months of a company that is written first."""
    company = write_company(folder / "co", language)
    write_chapters(folder / "chapters", _01_importance=notebook("Why it matters", "pass"))
    border = Frozen(folder / "frozen")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reviews.Work, "run", ran)
        for month in months:
            review(Request(company, month=month, out=folder / "reviews", chapters=folder / "chapters"), ingest=border)
    rmtree(border.folder)
    return company


def write_copies(home: Path, months: list[str] = MONTHS) -> None:
    """What people put beside the reviews."""
    last = home / months[-1]
    lists = last / "private"
    pairs = [("K-1", "K-11", "0.7", "no"), ("Z-1", "Z-2", "0.6", ""), ("C-77", "Z-3", "0.6", "")]
    frame = pd.DataFrame(pairs, columns=["record_a", "record_b", "probability", "same"])
    frame.to_csv(lists / "doubtful_pairs.csv", index=False, encoding="utf-8-sig")
    acts = pd.read_csv(lists / "actions.csv", dtype=str, keep_default_na=False)
    acts.loc[acts["customer_id"] == "Z-5", "outcome"] = "sent by Ada Quillfeather, K-11 and ben.t@example.org"
    acts.to_csv(lists / "actions.csv", index=False, encoding="utf-8-sig")
    (lists / "saved.csv").write_bytes(("\ufeff" + acts.to_csv(index=False, sep=";")).encode("utf-16-le"))
    book = Workbook()
    for row in [list(acts.columns), *acts.to_numpy().tolist()]:
        book.active.append([re.sub("^=", "'=", v) for v in row])
    book.save(lists / "saved.xlsx")
    (last / "K-1.txt").write_text("everything about them")
    (home / "notes.md").write_text(
        "# Notes\n" + "".join(f"- {n}, {i} at {m}\n" for i, (n, _p, m) in PEOPLE.items()) + "- rest\n"
    )
    with gzip.open(home / "old.csv.gz", "wt", encoding="utf-8") as file:
        file.write(acts.to_csv(index=False))
    with zipfile.ZipFile(home.parent / "acme-offline.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in last.rglob("*") if p.is_file()):
            archive.write(path, f"acme/{path.relative_to(home)}")
    (home / ".2027-01.partial" / "private").mkdir(parents=True)
    (home / ".2027-01.partial" / "private" / "actions.csv").write_text(acts.to_csv(index=False))
    (home / ".incoming-dead" / "tables").mkdir(parents=True)
    (home / ".incoming-dead.lock").touch()
    (home / ".incoming-dead" / "tables" / "orders.parquet").write_bytes(
        (last / "tables" / "orders.parquet").read_bytes()
    )


def code(company: Path, who: str) -> str:
    """The pseudonym of a customer's record."""
    return pseudonyms(key(company.parent), "customer", [who])[0]


def texts(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """Every text in a file, with the column it stands in ("" for none): tables decoded, archives opened, escapes undone."""
    yield "", name
    yield "", data.decode("latin-1")
    suffix = Path(name).suffix
    if suffix == ".gz":
        yield from texts(name[:-3], gzip.decompress(data))
    elif suffix == ".parquet":
        for column, values in pd.read_parquet(io.BytesIO(data)).items():
            yield from ((str(column), str(v)) for v in values.dropna().unique())
    elif suffix == ".xlsx":
        for page in load_workbook(io.BytesIO(data)).worksheets:
            heads, *rows = page.iter_rows(values_only=True)
            yield from ((str(h), str(v)) for row in rows for h, v in zip(heads, row, strict=True) if v is not None)
    elif suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.namelist():
                yield from texts(entry, archive.read(entry))
    elif suffix in (".ipynb", ".json"):
        yield from _strings(json.loads(data))
    else:
        text = data.decode("utf-16-le" if data[:2] == b"\xff\xfe" else "utf-8", errors="replace")
        yield "", unescape(text)
        yield from (
            ("", base64.b64decode(part + "==").decode("latin-1")) for part in re.findall(r"base64,([\w+/]+)", text)
        )
        if suffix == ".csv":
            mark = ";" if text.split("\n")[0].count(";") > 3 else ","
            frame = pd.read_csv(io.StringIO(text.lstrip("\ufeff")), dtype=str, keep_default_na=False, sep=mark)
            yield from ((str(c), v) for c, values in frame.items() for v in values)


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield "", value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(one)
    yield from (("", k) for k in (value if isinstance(value, dict) else ()))


def met(folder: Path, sought: dict[str, Iterable[str]]) -> dict[str, set[str]]:
    """By customer, the files below a folder in which they are met: by id, name, telephone, e-mail or one of these codes."""
    found: dict[str, set[str]] = {who: set() for who in sought}
    tests = {who: _told(who, codes) for who, codes in sought.items()}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        for column, text in texts(str(path.relative_to(folder)), path.read_bytes()):
            for who, told in tests.items():
                if (column in ID_COLUMNS and who in (text, text.removeprefix("'"), *text.split(" | "))) or told.search(
                    text
                ):
                    found[who].add(str(path.relative_to(folder)))
    return found


def _told(who: str, codes: Iterable[str]) -> re.Pattern[str]:
    name, phone, mail = PEOPLE[who]
    anywhere = [re.escape(one) for one in (*codes, name, mail, phone, phone.replace(" ", ""))]
    return re.compile("|".join([*anywhere, *([] if who.isdigit() else [rf"(?<![\w-]){re.escape(who)}(?![\w-])"])]))
