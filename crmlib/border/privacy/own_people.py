"""The people of the company itself: whether a text names one of its customers or employees, or holds a number or address of
theirs.

What is compared is written alike first: width, case, accents' composition and punctuation do not count, nor does which of
two or three names comes first. A name of one Latin word must be the whole text, as it is too often a word of its own; a
Chinese name counts wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pandas as pd
import phonenumbers

from crmlib.border.company import Description
from crmlib.border.lines import Read
from crmlib.border.privacy.recognisers import plain
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.codes import CODES, WORDS

LONGEST = 12
"""Words of a name or address that are compared."""
PLACEHOLDER = (5, 0.01)
"""Records, and share of them, from which one name is none: "walk-in customer"."""
LEAST_DIGITS = 8
"""Digits from which a bare number is a person's, and not by chance one of another list."""

_UNIT = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W_぀-ヿ㐀-鿿가-힯]+")
_WIDE = re.compile(r"[぀-ヿ㐀-鿿가-힯]")
_TOKEN = re.compile(r"[a-z0-9][a-z0-9_./-]*[a-z0-9]")
_DIGITS = re.compile(r"(?<![a-z0-9])[+(]?\d(?:[ ./()-]{0,2}\d){6,16}(?![a-z0-9])")
_NAMED = "owner"


def units(text: str) -> list[str]:
    """The words of a text, each Chinese, Japanese or Korean sign a word of its own."""
    return _UNIT.findall(plain(text).casefold())


@dataclass(frozen=True)
class OwnPeople:
    """Names and addresses as words in a row (`sequences`), names of one word (`alone`), telephone numbers, and other numbers."""

    sequences: frozenset[str]
    alone: frozenset[str]
    phones: frozenset[str]
    numbers: frozenset[str]
    prefix: str
    longest: int

    def holds(self, text: str) -> bool:
        """Whether a text names one of them, or is or holds a number or address of theirs."""
        found = units(text)
        if " ".join(found) in self.alone:
            return True
        for i in range(len(found)):
            if any(" ".join(found[i:j]) in self.sequences for j in range(i + 2, min(i + self.longest, len(found)) + 1)):
                return True
        read = plain(text).casefold()
        if self.phones and any(self._is_phone(run.group()) for run in _DIGITS.finditer(read)):
            return True
        return bool(self.numbers) and not self.numbers.isdisjoint((read.strip(), *_TOKEN.findall(read)))

    def _is_phone(self, run: str) -> bool:
        number = subscriber(run, self.prefix)
        return number in self.phones and (len(number) >= LEAST_DIGITS or not run.isdigit())


def subscriber(number: str, prefix: str) -> str:
    """A telephone number as digits without what is dialled before it: the country's `prefix`, the trunk's noughts."""
    digits = re.sub(r"\D", "", plain(number)).lstrip("0")
    if prefix and digits.startswith(prefix) and len(digits) - len(prefix) >= LEAST_DIGITS:
        digits = digits[len(prefix) :].lstrip("0")
    return digits


def own_people(
    engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read], texts: Iterable[str]
) -> OwnPeople:
    """Who is on record, of the rows that are used; of their numbers, those that stand in one of the `texts`."""
    names = [n for n, many in _counted(engine, reads, "name") if not many]
    owners = {
        value for read in reads for c in read.table.columns if c.of == _NAMED for value in _column(engine, read, c.name)
    }
    customers = [r for r in reads if r.table.name == "customers"]
    addresses = [value for read in customers for value in _column(engine, read, "address")]
    sequences, alone = set(), set()
    for name in (*names, *sorted(owners)):
        words = units(name)
        if len(words) == 1 and len(words[0]) > 1 and not words[0].isdigit() and words[0] not in _CODES:
            alone.add(words[0])
        elif 2 <= len(words) <= LONGEST and not all(w.isdigit() for w in words):
            sequences.add(" ".join(words))
            if len(words) <= 3 and not _WIDE.search(name):
                sequences |= {" ".join([*words[1:], words[0]]), " ".join([words[-1], *words[:-1]])}
    for address in addresses:
        words = units(address)
        if len(words) >= 2 and (any(sign.isdigit() for sign in address) or len(words) > 5):
            sequences.add(" ".join(words[:LONGEST]))
    prefix = str(phonenumbers.country_code_for_region(company.country) or "")
    phones = {subscriber(value, prefix) for read in customers for value in _column(engine, read, "phone")}
    return OwnPeople(
        frozenset(sequences),
        frozenset(alone),
        frozenset(number for number in phones if len(number) >= 7),
        _numbers(engine, reads, texts),
        prefix,
        max((s.count(" ") + 1 for s in sequences), default=0),
    )


_CODES = frozenset(word.casefold() for word in (*CODES, *WORDS))


def _column(engine: duckdb.DuckDBPyConnection, read: Read, name: str) -> list[str]:
    if name not in read.mapped:
        return []
    query = f"select distinct {quote(name)} from {read.lines} where __state = 'kept' and {quote(name)} is not null order by 1"
    return [str(value) for (value,) in engine.execute(query).fetchall()]


def _counted(engine: duckdb.DuckDBPyConnection, reads: list[Read], name: str) -> list[tuple[str, bool]]:
    """Each value of a column of the customers, and whether it is held by too many records to be one person's."""
    read = next((r for r in reads if r.table.name == "customers" and name in r.mapped), None)
    if read is None:
        return []
    rows = engine.execute(
        f"select {quote(name)}, count(distinct customer_id) from {read.lines} "
        f"where __state = 'kept' and {quote(name)} is not null group by 1 order by 1"
    ).fetchall()
    least = max(PLACEHOLDER[0], PLACEHOLDER[1] * sum(n for _value, n in rows))
    return [(str(value), n >= least) for value, n in rows]


def _numbers(engine: duckdb.DuckDBPyConnection, reads: list[Read], texts: Iterable[str]) -> frozenset[str]:
    """Numbers of records, persons, orders, cases … among the words of the texts, that are long enough to be nothing else."""
    words = {word for text in texts for word in _words(plain(text).casefold())}
    engine.register("words", pd.DataFrame({"word": sorted(words)}, dtype="str"))
    engine.execute("create or replace temp table words_of_texts as select word::varchar as word from words")
    engine.unregister("words")
    found: set[str] = set()
    for read in reads:
        for column in read.table.columns:
            own = column.of or column.name in ("identifier", "wechat")
            if own and column.name in read.mapped and words:
                query = (
                    f"select distinct word from words_of_texts where word in "
                    f"(select lower({quote(column.name)}) from {read.lines} where __state = {literal('kept')})"
                )
                found |= {word for (word,) in engine.execute(query).fetchall()}
    return frozenset(found)


def _words(text: str) -> Iterable[str]:
    for word in (text.strip(), *_TOKEN.findall(text)):
        digits = sum(sign.isdigit() for sign in word)
        mixed = digits and digits < len(word) and len(word) >= 5
        if mixed or digits >= LEAST_DIGITS or (len(word) >= 6 and {"_", "-"} & set(word)):
            yield word
