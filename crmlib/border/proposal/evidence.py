"""In words: what was seen of a column, behind each proposed line."""

from __future__ import annotations

from datetime import UTC, datetime

from crmlib.border.proposal.assign import Guess
from crmlib.border.proposal.columns import Seen
from crmlib.border.sources import quote
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _


def number(column: Seen) -> str:
    """An expression that reads a column as a number."""
    return f"number({quote(column.heading)})"


def moment(column: Seen) -> str:
    """An expression that reads a column as a time."""
    if column.epoch == "days":
        return f"make_date(1899, 12, 30) + cast({number(column)} as integer)"
    if column.epoch:
        ends = " / 1000" if column.epoch == "milliseconds" else ""
        return f"to_timestamp(cast({number(column)} as double){ends})"
    return f"moment({quote(column.heading)})"


def timed(column: Seen) -> str:
    """What feeds a time from a column: itself, or an expression where it counts seconds."""
    return moment(column) if column.epoch else column.heading


def seen(column: Seen) -> str:
    """What its cells are, in a few words."""
    n = language.number(column.distinct)
    parts = []
    if column.kind == "date":
        if column.first is not None and column.last is not None:
            parts.append(
                _("days {first} to {last}").format(first=f"{column.first:%Y-%m-%d}", last=f"{column.last:%Y-%m-%d}")
            )
        else:
            parts.append(_("{n} different times").format(n=n))
    elif column.unique:
        parts.append(_("{n} distinct, once a row").format(n=n))
    elif column.kind == "number":
        parts.append(_("numbers {low} to {high}").format(low=plain(column.low), high=plain(column.high)))
    elif column.distinct <= 4 and column.length <= 20:
        parts.append(language.beside(column.values[:4]))
    else:
        parts.append(_("{n} distinct").format(n=n))
    if column.share_filled < 0.995:
        filled = _("{share} filled").format(share=f"{column.share_filled:.0%}")
        return _("{a}, {b}").format(a=parts[0], b=filled)
    return parts[0]


def plain(value: float) -> str:
    """A number as short as it can be."""
    return f"{value:.10g}"


def why(guess: Guess) -> str:
    """The evidence for a guess."""
    return seen(guess.column)


def day_of(stamp: float) -> str:
    """The day of a file's time, as ISO."""
    return f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%d}"


def says(column: Seen) -> str:
    """SQL: whether a cell holds something; an empty cell of a text file is a text without signs."""
    name = quote(column.heading)
    return f"{name} is not null" if column.native else f"trim(coalesce({name}, '')) <> ''"
