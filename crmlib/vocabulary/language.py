"""Every text a person reads: the message catalogue, and numbers, money and dates written as the reader's language does.

English is the source language; `locale/<language>.po` holds the others. A text is marked where it is written: `_("…")`
translates now, `N_("…")` only marks a constant so that the catalogue has it, to be translated where it is shown.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from math import isfinite
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import (
    NumberPattern,
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
    format_scientific,
    parse_pattern,
)

from crmlib.vocabulary.errors import CrmlibError

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "en_GB", "zh": "zh_CN"} | {p.stem: p.stem for p in sorted(LOCALE.glob("*.po")) if p.stem != "zh"}
"""Language codes this suite speaks, one beside English for each catalogue, with the locale of their numbers and dates."""

_active: ContextVar[str] = ContextVar("language", default="en")
_currency: ContextVar[str] = ContextVar("currency", default="CNY")


class UnknownLanguageError(CrmlibError):
    """A language that has no catalogue."""


def current() -> str:
    """Code of the language in force, one of `LANGUAGES`."""
    return _active.get()


def use(language: str, currency: str | None = None) -> None:
    """Put `language`, and the currency (ISO 4217) money is written in, in force for this context.

    Raises `UnknownLanguageError`.
    """
    if language not in LANGUAGES:
        raise UnknownLanguageError(f"language {language!r} is not known; one of: {', '.join(LANGUAGES)}")
    _active.set(language)
    if currency:
        _currency.set(currency)


@contextmanager
def using(language: str, currency: str | None = None) -> Iterator[None]:
    """`use`, for the length of a with block."""
    before = current(), _currency.get()
    use(language, currency)
    try:
        yield
    finally:
        use(*before)


@cache
def catalogue(path: Path) -> _gettext.NullTranslations:
    """The catalogue in a `.po` file, compiled in memory: no `.mo` file that could be stale."""
    if not path.exists():
        return _gettext.NullTranslations()
    with path.open("rb") as file:
        messages = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return _gettext.GNUTranslations(compiled)


def _(message: str) -> str:
    """`message` in the language in force; the message itself where the catalogue lacks it."""
    return catalogue(LOCALE / f"{current()}.po").gettext(message) if message else ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form for `n`: `ngettext("{n} order", "{n} orders", n)`; the caller fills in `{n}`."""
    return catalogue(LOCALE / f"{current()}.po").ngettext(singular, plural, n)


def N_(message: str) -> str:
    """Mark a constant for the catalogue and return it unchanged."""
    return message


def everywhere(said: Callable[[], str]) -> tuple[str, ...]:
    """What is said in each language, without repeats."""
    found = []
    for spoken in LANGUAGES:
        with using(spoken):
            found.append(said())
    return tuple(dict.fromkeys(found))


def number(value: float | int | Decimal, digits: int = 0) -> str:
    """`value` with `digits` decimals and the language's grouping: 1,234.5; from a quadrillion on as a power of ten."""
    if abs(float(value)) >= 1e15:
        return str(format_scientific(float(f"{value:.2e}"), locale=LANGUAGES[current()]))
    if isfinite(value) and not round(float(value), digits):
        value = 0  # not "-0.00"
    return str(format_decimal(value, format=_written("#,##0", digits), locale=_locale(current())))


def percent(share: float, digits: int = 1) -> str:
    """A share (0 to 1) as a percentage: 0.125 is written 12.5 %."""
    return str(format_percent(share, format=_written("0", digits, "%"), locale=_locale(current())))


def money(amount: float | Decimal, currency: str | None = None, *, compact: bool = False, exact: bool = False) -> str:
    """`amount` in major units of `currency` (default: the one in force), whole units from 100 on.

    `compact` is for axes and tiles: 12K, 12万; `exact` writes two decimals whatever the size.
    """
    locale, currency = _locale(current()), currency or _currency.get()
    if compact and isfinite(amount):
        return str(format_compact_currency(amount, currency, locale=locale, fraction_digits=1))
    whole = (abs(float(amount)) >= 100 or not amount) and not exact
    return str(
        format_currency(amount, currency, _written("¤#,##0", 0 if whole else 2), locale=locale, currency_digits=False)
    )


@cache
def _written(whole: str, digits: int, end: str = "") -> NumberPattern:
    """A pattern of so many decimals, read once: a list of contacts writes thousands of numbers."""
    return parse_pattern(whole + ("." + "0" * digits if digits else "") + end)


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(LANGUAGES[name])


def day(when: date) -> str:
    """A date as the language writes it: 31 Oct 2026."""
    return str(format_date(when, "medium", locale=LANGUAGES[current()]))


def month(when: date) -> str:
    """A month as the language writes it: Oct 2026."""
    return str(format_skeleton("yMMM", when, locale=LANGUAGES[current()]))


def listed(texts: Sequence[str]) -> str:
    """Texts as an enumeration: a, b and c; a、b和c."""
    return format_list(list(texts), locale=LANGUAGES[current()])


def beside(texts: Iterable[str]) -> str:
    """Names or values side by side, where no "and" is wanted: a, b; a、b."""
    return _(", ").join(texts)
