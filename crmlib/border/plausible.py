"""What is possible and what is plausible of a cell that could be read, as SQL over its row."""

from __future__ import annotations

from collections.abc import Callable

from crmlib.border.sources import literal
from crmlib.vocabulary.scales import ANSWERS, SCALES, SLIPS
from crmlib.vocabulary.schema import TICKETS

LIMITS: dict[tuple[str, str], str] = {
    ("orders", "discount"): "{v} between 0 and 1",
    ("orders", "lines"): "{v} >= 0",
    ("orders", "quantity"): "{v} >= 0",
    ("contracts", "amount"): "{v} >= 0",
    ("contracts", "seats"): "{v} >= 0",
    ("interactions", "cost"): "{v} >= 0",
    ("activity", "logins"): "{v} >= 0",
    ("activity", "events"): "{v} >= 0",
    ("activity", "errors"): "{v} >= 0",
}
"""Cells outside are emptied."""

NOTES: dict[str, dict[str, str]] = {
    "orders": {
        "amount": "amount < 0",
        "refunded": "refunded < 0 or refunded > abs(amount)",
        "refunded_at": "refunded_at < cast(cast(ordered_at as date) as timestamp)",
        "delivered_at": "delivered_at < cast(cast(ordered_at as date) as timestamp)",
        "promised_at": "promised_at < cast(cast(ordered_at as date) as timestamp)",
        "recorded_at": "recorded_at < cast(cast(ordered_at as date) as timestamp)",
    },
    "contracts": {
        "ends_on": "ends_on < started_on",
        "ended_on": "ended_on < started_on",
    },
    "interactions": {
        "opened_at": 'opened_at < "at"',
        "responded_at": 'responded_at < "at"',
        "opted_out_at": 'opted_out_at < cast(cast("at" as date) as timestamp)',
        "recorded_at": 'recorded_at < cast(cast("at" as date) as timestamp)',
    },
    "tickets": {
        **{name: f"{name} < opened_at" for name in (*TICKETS.later, "due_at")},
        "recorded_at": "recorded_at < cast(cast(opened_at as date) as timestamp)",
    },
    "consents": {"withdrawn_at": "withdrawn_at < granted_at"},
}
"""What is kept and counted as invalid in the profile. Dates after the company's latest order are added for every table."""

FIRST_BIRTH = 1000
"""Year from which a day of birth, or of founding, is plausible: records of people reach back beyond 1900."""

VALID = {
    "name": "length({v}) >= 2 and regexp_matches({v}, '\\p{{L}}') "
    "and lower({v}) not in ('test', 'unknown', 'n/a', 'none', '测试', '未知', '匿名')",
    "birthday": "{v} <> date '1900-01-01' and {v} <= {latest}",
    "phone": "{v} in (select phone from valid_phones)",
    "email": "regexp_matches({v}, '^[^@\\s,;]+@[^@\\s,;.]+(\\.[^@\\s,;.]+)+$')",
    "wechat": "regexp_matches({v}, '^([A-Za-z][-_A-Za-z0-9]{{5,19}}|1[3-9][0-9]{{9}})$')",
    "address": "length({v}) >= 4",
    "identifier": "length({v}) >= 3 and regexp_matches({v}, '[0-9A-Za-z]')",
    "postcode": "regexp_matches({v}, '^[A-Za-z0-9][A-Za-z0-9 -]{{1,8}}[A-Za-z0-9]$')",
}
"""When a personal cell counts as valid; only the status is frozen. 1900-01-01 is what systems write for an unknown day."""


def outside(column: str, value: str, read: Callable[[str], str]) -> str:
    """SQL: whether an answer lies outside its scale, over the rows of one source; empty where `column` is no answer.

    `read` gives the SQL of another column of the row, null where it is not mapped. A scale that the mapping gives is held to;
    the usual one of a survey only where nearly all of its answers keep to it: else another was used, and nothing is emptied.
    """
    if column not in ANSWERS:
        return ""
    survey = f"lower({read('instrument')})"
    own = [read("scale_from"), read("scale_to")]
    usual = [
        f"case {survey} {' '.join(f'when {literal(name)} then {ends[i]}' for name, ends in SCALES.items())} end"
        for i in (0, 1)
    ]
    low, high = (f"coalesce({given}, {other})" for given, other in zip(own, usual, strict=True))
    beyond = f"({value} < {low} or {value} > {high})"
    mapped = " or ".join(f"{given} is not null" for given in own)
    hit = f"case when {beyond} then 1.0 when {value} is not null then 0.0 end"
    among = f"avg({hit}) over (partition by {survey}, {own[0]}, {own[1]})"
    return f"({beyond} and ({mapped} or {among} <= {SLIPS}))"
