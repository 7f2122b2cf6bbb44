"""Service cases, as they are proposed: a row each, or the rows of a log put together."""

from __future__ import annotations

import re

from crmlib.border.checks import FLAGS
from crmlib.border.proposal.assign import Guess
from crmlib.border.proposal.attach import attach, required
from crmlib.border.proposal.codes import brought, says
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import moment, number, seen, timed
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import Role
from crmlib.border.proposal.sources import SURE, dated, fed, grouped, optional, values
from crmlib.border.proposal.words import AND
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

LASTING = {
    **dict.fromkeys(("status", "closed_at", "met", "severity", "category", "cause", "resolved_at", "due_at"), "last"),
    **dict.fromkeys(("first_response_at", "reopened_at", "recorded_at"), "min"),
    **dict.fromkeys(("reassigned", "reopened"), "max"),
}
"""How the rows of a log become one case."""
DENIED = re.compile(r"(?<![a-z])(no|not|never|n|false|0)(?![a-z])|[未不没否无]")
"""Words that say no."""
UNITS = {
    "days": "to_minutes(cast(1440 * {n} as bigint))",
    "hours": "to_minutes(cast(60 * {n} as bigint))",
    "minutes": "to_minutes(cast({n} as bigint))",
    "seconds": "to_seconds(cast({n} as bigint))",
}
"""How a number of each unit is added to a time."""


def tickets(folder: Folder, file: File, role: Role) -> Block:
    """A source of service cases: one row each, or the rows of a log put together."""
    block = Block("tickets", file)
    guesses = role.guesses
    opened = guesses.get("opened_at")
    if opened is None:
        block.off = _("no column of days")
    else:
        dated(block, "opened_at", opened)
    if not attach(folder, block):
        block.off = block.off or _("no column says whose case it is")
    key = guesses.get("ticket_id")
    if key is not None:
        fed(block, "ticket_id", key)
        required(block, "ticket_id", key.column)
        grouped(folder.engine, block, key.column)
    if "closed_at" in guesses and "resolved_at" not in guesses:
        guesses["resolved_at"] = guesses.pop("closed_at")
    optional(
        block,
        guesses,
        "first_response_at",
        "resolved_at",
        "closed_at",
        "due_at",
        "reassigned",
        "severity",
        "category",
        "cause",
        "reopened_at",
    )
    for name, start in (("first_response_at", "respond"), ("resolved_at", "resolve")):
        if name not in block.lines and opened is not None:
            _after(block, name, start, opened.column)
    _state(block, guesses)
    _flags(block, guesses)
    if "severity" in block.lines:
        values(block, "severity", guesses["severity"].column)
        block.doubts["severity"] = (
            _("which end is the urgent one?") if guesses["severity"].column.kind == "number" else ""
        )
    if block.group:
        block.combine |= {name: way for name, way in LASTING.items() if name in block.lines}
        _in_order(block)
    return block


def _in_order(block: Block) -> None:
    """By what the rows of a log follow each other: when each was written, else a counter of changes."""
    columns = block.file.seen.values()
    times = [s for s in columns if s.kind == "date" and "update" in s.concepts and s.share_filled > 0.99]
    counters = [
        s for s in columns if s.kind == "number" and s.whole and "update" in s.concepts and "count" in s.concepts
    ]
    if found := [*times, *counters]:
        block.order_by = timed(found[0])
    else:
        block.notes.append(
            _("say order_by: by which column the rows of a case follow each other; the last is its state now")
        )


def _after(block: Block, name: str, concept: str, opened: Seen) -> None:
    """A time that the file gives as so many hours or minutes after the case was opened."""
    for s in block.file.numbers():
        unit = next((u for u in UNITS if u in s.concepts), None)
        if concept in s.concepts and unit and s.low >= 0:
            given = f"{moment(opened)} + {UNITS[unit].format(n=number(s))}"
            said = _("{column} after {opened}").format(column=s.heading, opened=opened.heading)
            block.put(name, given, 0.85, said, columns=(opened.heading, s.heading))
            return


def _state(block: Block, guesses: dict[str, Guess]) -> None:
    """Open or closed: a flag of what is active, or the words of a state."""
    columns = list(block.file.seen.values())
    active = next(
        (s for s in columns if "active" in s.concepts and s.distinct == 2 and "status" not in s.concepts), None
    )
    # The state of a promise (SLA status) is none of the case.
    state = next((s for s in columns if "status" in s.concepts and s.few and not s.concepts & {"met", "due"}), None)
    column = state or active
    if column is None:
        return
    block.put(
        "status",
        column.heading,
        0.9 if state else 0.8,
        seen(column),
        ((active or column).heading,) if state and active else (),
    )
    if state is not None:
        values(block, "status", state)
    else:
        yes = ("true", "1", "yes", "y", "是", "t")
        block.values["status"] = {v: "open" if v.lower() in yes else "closed" for v in column.values[:2]}


def _flags(block: Block, guesses: dict[str, Guess]) -> None:
    _met(block, guesses.get("met"))
    guess = guesses.get("reopened")
    if guess is None or guess.score < SURE or guess.column.share_filled <= 0.002:
        return
    column: Seen = guess.column
    given = f"{number(column)} > 0" if column.kind == "number" else column.heading
    if column.kind == "text":
        told = [v for v in column.values if v.isprintable() and not DENIED.search(v.lower())]
        given = f"{quote(column.heading)} = {literal(told[0])}" if told and len(told[0]) < 100 else ""
    if given:
        block.put("reopened", given, guess.score, seen(column), guess.others, (column.heading,))


def _met(block: Block, guess: Guess | None) -> None:
    """Whether the promise was kept: by words that say so, or by yes and no to a heading that speaks of keeping or of breaking."""
    own = [guess.column] if guess is not None and guess.score >= SURE else []
    for column in (*own, *(s for s in block.file.seen.values() if s.concepts & {"met", "due"} and s not in own)):
        if column.share_filled <= 0.002 or column.kind == "date" or column.heading in block.used:
            continue
        asked_for = says("met", AND.sub(" ", column.heading))
        found, left = brought("met", column) if column.kind == "text" and column.few else ({}, [])
        given, words = column.heading, found
        if column.kind == "number" and asked_for and column in own:
            given = f"{number(column)} {'= 0' if asked_for == 'false' else '> 0'}"
        elif column.kind == "flag" and asked_for == "false":
            given, words = _turned(column)
        elif not (column.kind == "flag" and asked_for) and not (found and not left):
            if found or column in own:
                block.notes.append(_("met: {column}? ({seen})").format(column=column.heading, seen=seen(column)))
            continue
        block.put("met", given, max(guess.score, 0.8) if guess else 0.8, seen(column), (), (column.heading,))
        if words:
            block.values["met"] = words
        return


def _turned(column: Seen) -> tuple[str, dict[str, str]]:
    """What feeds the opposite of a column of yes and no, and its value map."""
    if column.native or column.whole:
        name = f"lower(cast({quote(column.heading)} as varchar))"
        return f"case when {name} in {FLAGS['false']} then true when {name} in {FLAGS['true']} then false end", {}
    no = {v for v in column.values if f"'{v.strip().lower()}'" in FLAGS["false"]}
    return column.heading, {v: "true" if v in no else "false" for v in column.values if v != column.unknown}
