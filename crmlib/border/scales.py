"""Answers and their scales: which scale cannot be the one that was asked on, and what to say of it."""

from __future__ import annotations

import duckdb

from crmlib.border.lines import Read
from crmlib.vocabulary import language
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.scales import ANSWERS, SCALES

ENOUGH = 30
"""Answers to a survey from which it is asked whether anybody would never have used a part of its scale."""
OUTSIDE = N_(
    "Answers to {survey} run from {low} to {high}, its usual scale from {scale_from} to {scale_to}: say scale_from and "
    "scale_to; until then no share of it is told."
)
BEYOND = N_(
    "{n} of {of} answers to {survey} lie outside the scale of {scale_from} to {scale_to} that the mapping gives (they run from "
    "{low} to {high}) and are emptied: is it the scale that was asked on?"
)
UNUSED = N_(
    "All {of} answers to {survey} lie between {low} and {high}, on a scale of {scale_from} to {scale_to}: is it the scale that "
    "was asked on?"
)


def notes(engine: duckdb.DuckDBPyConnection, read: Read) -> list[str]:
    """What a person should doubt about the scales of a company's surveys, in sentences."""
    there = [name for name in ANSWERS if name in read.mapped]
    if not there:
        return []
    ends = [name if name in read.mapped else f"null::double as {name}" for name in ("scale_from", "scale_to")]
    parts = [
        f"select instrument, {', '.join(ends)}, "
        f"coalesce({name}, try_cast(f_{name} as double)) as given, q_{name} is not null as emptied "
        f"from {read.lines} where __state = 'kept'"
        for name in there
    ]
    answered = f"select * from ({' union all '.join(parts)}) where given is not null"
    return [*_unusual(engine, answered), *_doubted(engine, answered)]


def _unusual(engine: duckdb.DuckDBPyConnection, answered: str) -> list[str]:
    """Surveys of the deck whose answers are not those of their usual scale, where no other is mapped."""
    rows = engine.execute(
        f"select lower(instrument), min(given), max(given) from ({answered} and scale_from is null and scale_to is null "
        "and not emptied) group by all order by all"
    ).fetchall()
    return [
        _told(OUTSIDE, survey=survey, low=low, high=high, ends=SCALES[survey])
        for survey, low, high in rows
        if survey in SCALES and (low < SCALES[survey][0] or high > SCALES[survey][1])
    ]


def _doubted(engine: duckdb.DuckDBPyConnection, answered: str) -> list[str]:
    """Surveys whose mapped scale is not the one that the answers show."""
    rows = engine.execute(
        "select instrument, scale_from, scale_to, min(given), max(given), count(*), count_if(emptied) "
        f"from ({answered} and scale_from is not null and scale_to is not null) group by all order by all"
    ).fetchall()
    said = []
    for survey, *ends, low, high, of, emptied in rows:
        if emptied:
            said.append(_told(BEYOND, survey=survey, low=low, high=high, ends=ends, n=emptied, of=of))
        elif of >= ENOUGH and (high - low) <= 0.5 * (ends[1] - ends[0]):
            said.append(_told(UNUSED, survey=survey, low=low, high=high, ends=ends, of=of))
    return said


def _told(template: str, *, ends: list[float] | tuple[float, float], **values: object) -> str:
    values |= dict(zip(("scale_from", "scale_to"), ends, strict=True))
    return _(template).format(**{k: v if isinstance(v, str) else _number(v) for k, v in values.items()})


def _number(value: object) -> str:
    end = float(str(value))
    return language.number(end, 0 if end.is_integer() else 2)
