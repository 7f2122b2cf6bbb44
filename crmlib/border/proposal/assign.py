"""Which column feeds which field of a table: all fields at once, so that the best whole is taken and not the best single line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.patterns import FIELDS, context, phrases
from crmlib.border.proposal.words import likeness
from crmlib.vocabulary.schema import TABLES, Column

LEAST = 0.3
"""Score below which a column is not proposed for a field."""
REQUIRED = 1.6
"""How much more a field weighs without which no row is used."""
BY_KIND = {
    "date": "time",
    "timestamp": "time",
    "money": "amount sale currency",
    "number": "amount currency count",
    "id": "id",
    "flag": "flag id",
    "text": "id",
    "enum": "id",
}
"""Concepts that a heading of a kind may carry without saying more."""
CLASH: dict[tuple[str, str], frozenset[str]] = {
    ("orders", "amount"): frozenset(
        {"seconds", "minutes", "hours", "days", "use", "count", "seats", "score", "age", "tenure", "tax"}
    ),
    ("orders", "ordered_at"): frozenset({"due"}),
    ("orders", "order_id"): frozenset(
        {"product", "customer", "ticket", "campaign", "category", "kind", "use", "price"}
    ),
    ("lines", "order_id"): frozenset({"price"}),
    ("orders", "channel"): frozenset({"ship", "deliver", "paid", "shipping"}),
    ("orders", "category"): frozenset({"ship", "deliver", "paid", "customer"}),
    ("lines", "category"): frozenset({"ship", "deliver", "paid", "customer"}),
    ("customers", "name"): frozenset({"product", "item", "plan", "campaign", "feature", "system", "category"}),
    ("customers", "type"): frozenset({"product", "order", "sale", "paid", "ship"}),
    ("contracts", "ends_on"): frozenset({"start"}),
    ("contracts", "ended_on"): frozenset({"start"}),
    ("tickets", "category"): frozenset({"contact", "channel", "customer"}),
    ("activity", "events"): frozenset({"minutes", "hours", "seconds", "days", "amount", "score", "age", "tenure"}),
    ("activity", "logins"): frozenset({"minutes", "hours", "seconds", "days", "amount", "score", "age", "tenure"}),
}
"""Concepts with which a heading speaks of something else, however well the rest fits."""
NO_CUSTOMER = frozenset({"ticket", "order", "sale", "product", "campaign", "survey"})
"""Concepts of a number of something that customers have, where the heading speaks of no customer."""
NAMED = frozenset({"customer", "partner", "company", "email", "phone"})
"""Concepts with which it does."""
STATED = NO_CUSTOMER | {"contract", "deal"}
"""Concepts of what is in a state, and in no region."""
NO_AMOUNT = frozenset({"discount", "refund", "tax", "shipping", "cost", "price", "balance", "income"})
"""Concepts of money that is not the amount of an order, though a sign of a currency stands beside it."""
SAID, CODES = 0.6, 12
"""Below such a score a column of so few whole numbers, in four times as many rows, is one of counts or codes, and no money."""
AROUND = frozenset({"customer"})


@dataclass(frozen=True)
class Guess:
    """A column for a field: how sure (0 to 1), and the columns that came next."""

    column: Seen
    score: float
    others: tuple[str, ...] = ()


def assigned(table: str, columns: list[Seen], fixed: dict[str, Seen] | None = None) -> dict[str, Guess]:
    """The best column for each field of a table, a column feeding one field only; `fixed` fields are not looked for."""
    fixed = fixed or {}
    fields = [f for f in FIELDS[table] if f not in fixed]
    free = [c for c in columns if c not in fixed.values()]
    if not free:
        return {}
    scores = np.array([[score(table, f, c) for c in free] for f in fields])
    weights = np.array([REQUIRED if TABLES[table][f].required else 1.0 for f in fields])
    rows, cols = linear_sum_assignment(-(np.where(scores >= LEAST, scores, 0.0) ** 1.5) * weights[:, None])
    found: dict[str, Guess] = {}
    for i, j in zip(rows, cols, strict=True):
        if scores[i, j] >= LEAST:
            near = [k for k in np.argsort(-scores[i], kind="stable") if k != j and scores[i, k] >= LEAST][:3]
            found[fields[i]] = Guess(free[j], min(float(scores[i, j]), 0.99), tuple(free[k].heading for k in near))
    return found


def score(table: str, name: str, seen: Seen) -> float:
    """How well a column feeds a field: its heading's words times what its cells can be."""
    column = TABLES[table][name]
    fit = fits(column, seen)
    if not fit or seen.concepts & CLASH.get((table, name), frozenset()):
        return 0.0
    if column.of == "customer" and seen.concepts & NO_CUSTOMER and not seen.concepts & NAMED:
        return 0.0
    if name == "category" and seen.kind == "number" and not seen.concepts & {"category", "id"}:
        return 0.0  # how many kinds there were
    if name == "region" and "status" in seen.concepts and seen.concepts & STATED:
        return 0.0
    around = context(table) | frozenset(BY_KIND.get(column.kind, "").split())
    if column.of != "customer":
        around |= AROUND
    said = max((w * likeness(seen.heading, p, around) for p, w in phrases(table, name)), default=0.0)
    if column.kind == "money" and name == "amount" and seen.signs and not seen.concepts & NO_AMOUNT:
        said = max(said, 0.45)
    if column.kind == "money" and said < SAID and coded(seen):
        return 0.0
    if said < LEAST and column.required and name == TABLES[table].time:
        said = 0.3
    return said * fit


def coded(seen: Seen) -> bool:
    """Whether a column of numbers holds a few whole ones again and again, as counts and codes do."""
    return seen.whole and seen.distinct <= CODES and seen.filled >= 4 * CODES


def fits(column: Column, seen: Seen) -> float:
    """What the cells of a column are worth to a field of its kind, 0 to 1."""
    if not seen.filled:
        return 0.0
    full = 0.4 + 0.6 * seen.share_filled if column.required else 1.0 if seen.share_filled > 0.01 else 0.4
    if column.kind in ("date", "timestamp"):
        return full if seen.kind == "date" else 0.0
    if seen.kind == "date" and not seen.epoch:
        return 0.0
    if column.kind in ("money", "number", "integer"):
        return full if seen.kind == "number" else 0.5 if seen.kind == "flag" and column.kind != "money" else 0.0
    if column.kind == "flag":
        counted = seen.kind == "number" and seen.whole and seen.low >= 0 and seen.high < 1000
        return 1.0 if seen.kind == "flag" else 0.8 if counted else 0.7 if seen.distinct == 2 else 0.0
    if column.kind == "enum":
        return full if (seen.few and seen.kind != "flag") or seen.distinct <= 12 else 0.2
    if column.kind == "id":
        if column.of == "order" and seen.distinct < 0.005 * seen.filled:
            return 0.0
        if column.of == "customer" and seen.tally:
            return 0.0
        return full * (1.0 if seen.distinct > 1 or seen.rows < 3 else 0.7) if seen.code else 0.0
    if column.personal:
        return _personal(column.name, seen)
    if seen.kind == "flag":
        return 0.3
    if seen.length > 64 or (seen.kind == "number" and not seen.whole):
        return 0.0
    if seen.distinct == 1 and seen.rows >= 30 and column.name in ("category", "channel", "plan", "campaign", "product"):
        return 0.3
    if column.name in ("region", "city", "industry"):
        full *= 0.6 + 0.4 * seen.share_filled
    many = seen.distinct <= 2000 and column.name == "category"
    return full if seen.few or many or seen.distinct <= 40 or column.name in ("product", "city", "campaign") else 0.7


def _personal(name: str, seen: Seen) -> float:
    """What cells are worth that should name or reach a person."""
    cells = seen.values[:30]
    if seen.kind == "flag" or seen.length > 120 or not cells:
        return 0.0
    if name == "email":
        return float(sum("@" in v for v in cells) >= 0.5 * len(cells))
    if name in ("phone", "postcode"):
        least = 6 if name == "phone" else 3
        return float(sum(sum(c.isdigit() for c in v) >= least for v in cells) >= 0.5 * len(cells) and seen.length < 25)
    if name == "address" and "id" in seen.concepts and seen.kind == "number":
        return 0.0
    if name != "name":
        return 1.0
    numbered = not seen.concepts & {"name", "first", "last", "nick"} and _digits(cells) > 0.5
    return float(seen.kind == "text" and seen.distinct > 2 and not numbered)


def _digits(cells: tuple[str, ...]) -> float:
    return sum(any(c.isdigit() for c in v) for v in cells) / len(cells)
