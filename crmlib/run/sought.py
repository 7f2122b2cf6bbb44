"""What tells a customer in a file: codes, own ids, and values that nobody else has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape

from crmlib.border.owned import LEAST
from crmlib.border.pseudonyms import pseudonyms

TOKEN = re.compile(r"(?<![0-9A-Za-z])[a-z][0-9a-z]{12}(?:[0-9a-z]{4})?(?![0-9A-Za-z])")
"""What may be a pseudonym or the number of an action."""


@dataclass(frozen=True)
class Sought:
    """What tells a customer: pseudonyms of their records and of their `rows`, numbers of their actions, own ids.

    `contact` are values that are theirs alone wherever they stand, `called` names, which may be a word too, and are looked for
    only where people write. `headings` are columns in which the company writes ids of customers.
    """

    secret: bytes
    customers: frozenset[str]
    rows: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    contact: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    headings: frozenset[str] = frozenset()
    _known: dict[str, bool] = field(default_factory=dict, repr=False)

    @property
    def codes(self) -> frozenset[str]:
        """Every code that stands for the customer or for something of theirs."""
        return self.customers | self.rows | self.actions

    def is_theirs(self, cell: str) -> bool:
        """Whether a cell is an id of theirs, as the company writes it, or as it was written for a spreadsheet or a CRM."""
        if cell not in self._known:
            plain = (cell, cell.strip(), cell.strip().removeprefix("'"), cell.strip().removeprefix("\t"))
            crm = {re.sub(r'["|<>]', " ", one) for one in self.ids}
            coded = pseudonyms(self.secret, "customer", plain) if cell.strip() else []
            self._known[cell] = bool(self.customers.intersection(coded)) or (bool(cell) and cell in crm)
        return self._known[cell]

    def names(self, cell: str) -> bool:
        """The same of a cell that may hold several ids, parted by " | "."""
        parts = cell.split(" | ")
        some = (" | ".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1))
        return any(map(self.is_theirs, some))

    def owns(self, page: bytes) -> bool:
        """Whether a page that says whose it is as a whole is theirs."""
        whose = re.search(rb'<html\b[^>]*\bdata-customer="([^"]*)"', page)
        return bool(whose) and self.is_theirs(unescape(whose.group(1).decode("utf-8", "replace")))  # type: ignore[union-attr]

    def coded(self, text: str) -> bool:
        """Whether one of their codes stands in a text."""
        return any(token in self.codes for token in TOKEN.findall(text))

    def words(self, *, written: bool) -> re.Pattern[str] | None:
        """Values that are theirs alone; ids and names among them where people have `written`."""
        values = [*self.contact, *((*filter(_tells, self.ids), *self.called) if written else ())]
        return re.compile("|".join(map(_bounded, values))) if values else None


def _tells(one: str) -> bool:
    """Whether an id can be told from other words and numbers of a text: it has letters, and signs or length beside them."""
    letters = any(c.isalpha() for c in one)
    return letters and (len(one.encode()) >= LEAST or any(c.isdigit() for c in one))


def _bounded(value: str) -> str:
    wide = len(value) > 2 and any(ord(c) > 0x2E7F for c in value)
    forms = "|".join(re.escape(form) for form in sorted({value, escape(value), escape(value, quote=False)}))
    return f"(?:{forms})" if wide else rf"(?<!\w)(?<!\w[-.@])(?:{forms})(?!\w|[-.@]\w)"
