"""What stands above the tables: name, currency, time zone, language, and the day of files without days."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from babel.numbers import list_currencies

from crmlib.border.company import NO_CURRENCY
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import day_of
from crmlib.border.proposal.files import Passed
from crmlib.border.proposal.reading import used
from crmlib.border.proposal.relations import File, Folder, last_day_of
from crmlib.border.proposal.words import tokens
from crmlib.border.proposal.writing import remark, toml
from crmlib.vocabulary.language import _, beside
from crmlib.vocabulary.schema import TABLES

SIGNS = (
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "CNY"),
    ("￥", "CNY"),
    ("元", "CNY"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("$", "USD"),
)
SAID = {
    **{c.lower(): c for c in ("USD", "EUR", "GBP", "CNY", "JPY", "BRL", "INR", "CHF", "AUD", "CAD", "HKD", "SGD")},
    **dict.fromkeys(("rmb", "yuan", "元", "人民币"), "CNY"),
    "euro": "EUR",
}
EVENTS = ("orders", "interactions", "tickets", "surveys", "activity", "outcomes", "events")
"""Tables whose days say up to when the files reach."""
GERMAN = frozenset(
    [
        "kunde",
        "kunden",
        "kundennummer",
        "bestellung",
        "auftrag",
        "rechnung",
        "betrag",
        "datum",
        "menge",
        "umsatz",
        "preis",
    ]
)
SCHEMA = "company.schema.json"
"""By which editors complete and check a company.toml; `init` writes it beside it, so that it is found without a network."""


@dataclass(frozen=True)
class Head:
    """The keys above the tables, each with why."""

    name: str
    title: str
    currency: str
    currency_why: str
    zone: str
    language: str
    b2b: bool
    revenue: str
    exported: str
    exported_why: str

    @classmethod
    def of(cls, folder: Path, whole: Folder, blocks: list[Block], spoken: str) -> Head:
        """What can be told of a company before its tables are settled."""
        title, every = folder.resolve().name, whole.files
        name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "company"
        currency, why = _currency(every, blocks, spoken)
        german = any(w in GERMAN for f in every for h in f.seen for w in (h.lower(), *(w for w, _m in tokens(h))))
        zone = (
            "Asia/Shanghai"
            if spoken == "zh"
            else "Europe/Berlin"
            if german
            else "Europe/London"
            if currency == "GBP"
            else "UTC"
        )
        return cls(name, title, currency, why, zone, spoken, False, "orders", "", "").settled(whole, blocks)

    def settled(self, whole: Folder, blocks: list[Block]) -> Head:
        """The same once it is known which tables are proposed."""
        active = [b for b in blocks if not b.off]
        there = {b.table for b in active}
        timeless = [
            b.table
            for b in active
            if TABLES[b.table].time not in b.lines and TABLES[b.table][TABLES[b.table].time].required
        ]
        exported, why = _exported(whole, active) if timeless or not there & set(EVENTS) else ("", "")
        revenue = "subscription" if "contracts" in there and "orders" not in there else "orders"
        firms = any(line.given == "'company'" for b in active for line in b.lines.values())
        return replace(self, b2b=firms, revenue=revenue, exported=exported, exported_why=why)

    def given(self) -> dict[str, object]:
        """As `Description` takes it, for a trial."""
        day = {"exported_on": self.exported} if self.exported else {}
        return {"currency": self.currency, "time_zone": self.zone, "language": self.language, **day}

    def text(self, passed: list[Passed], unused: list[File]) -> str:
        """The head of company.toml."""
        lines = [
            f"#:schema ./{SCHEMA}",
            f"# {_('Proposed from the headings and cells of the files here. Behind # stands how sure each line is, and why.')}",
            f"# {_('Correct what is wrong, then run: crmlib check company.toml. Every word is explained by: crmlib explain')}",
        ]
        lines += [f"# {remark(_('Passed over: {file} ({why})').format(file=p.file, why=_(p.why)))}" for p in passed]
        lines += [
            f"# {remark(_('Not used: {file}, with {columns}').format(file=f.sheet.called, columns=beside([*f.seen][:30])))}"
            for f in unused
        ]
        lines += ["", f"name = {toml(self.name)}", f"title = {toml(self.title)}"]
        shown = f'currency = "{self.currency}"'
        look = _("look at it: {why}").format(why=self.currency_why)
        lines.append(
            f"{shown}    # {look}"
            if self.currency != NO_CURRENCY
            else f'# currency = "CNY"    # {_("no money is mapped")}'
        )
        lines.append(f'time_zone = "{self.zone}"    # {_("look at it: where the day of the company begins")}')
        lines.append(f'language = "{self.language}"')
        lines.append(f'business_model = "{"b2b" if self.b2b else "b2c"}"    # b2c, b2b')
        if self.revenue != "orders":
            lines.append(f'revenue_model = "{self.revenue}"    # orders, subscription, yearly_purchases')
        if self.exported:
            lines.append(f"exported_on = {self.exported}    # {_('look at it: {why}').format(why=self.exported_why)}")
        lines += ['policy = "policy.toml"', 'data = "."', ""]
        return "\n".join(lines)


def language_of(files: Iterable[File]) -> str:
    """The language of most headings."""
    heads = [h for f in files for h in (*f.seen, f.sheet.called)]
    chinese = sum(any("\u4e00" <= c <= "\u9fff" for c in h) for h in heads)
    return "zh" if chinese and chinese >= 0.2 * len(heads) else "en"


def _currency(files: list[File], blocks: list[Block], spoken: str) -> tuple[str, str]:
    """The currency, and by which evidence; none where no money is mapped."""
    money = [b for b in blocks if any(TABLES[b.table][n].kind == "money" for n in b.lines)]
    if not money:
        return NO_CURRENCY, ""
    for block in money:
        for seen in used(block):
            for sign, code in SIGNS:
                if sign in seen.signs:
                    return code, _("{sign} stands in {column}").format(sign=sign, column=seen.heading)
    known = list_currencies()
    for file in (b.file for b in money):
        for seen in file.seen.values():
            codes = [v.strip().upper() for v in seen.values[:5]]
            if "currency" in seen.concepts and seen.kind == "text" and codes and all(c in known for c in codes):
                return codes[0], _("{column} says {values}").format(column=seen.heading, values=beside(codes))
    said = Counter(SAID[w] for b in money for h in b.file.seen for w, _m in tokens(h) if w in SAID)
    if said:
        return said.most_common(1)[0][0], _("headings name it")
    comma = any(b.decimal == "," or any(s.decimal == "," for s in used(b)) for b in money)
    code = "CNY" if spoken == "zh" else "EUR" if comma else "USD"
    return code, _("no file says it")


def _exported(whole: Folder, blocks: list[Block]) -> tuple[str, str]:
    """The day of rows without one: the last of the dated tables, else that on which the files were last written."""
    last: list[tuple[date, str]] = []
    for block in blocks:
        line = block.lines.get(TABLES[block.table].time)
        if block.table in EVENTS and line is not None:
            for seen in used(block):
                if seen.heading in line.columns and (day := last_day(whole, block, seen)):
                    last.append((day, seen.heading))
    if last:
        day, column = max(last)
        return f"{day:%Y-%m-%d}", _("the last day of {column}").format(column=column)
    if not whole.files:
        return "", ""
    return day_of(max(f.sheet.modified for f in whole.files)), _("when the files were last written")


def last_day(whole: Folder, block: Block, column: Seen) -> date | None:
    """The last day of a column that a block names, of its own file or of one that is joined."""
    file = next(f for f in (block.file, *(j.file for j in block.joins)) if f.seen.get(column.heading) is column)
    return last_day_of(whole.engine, file, column)
