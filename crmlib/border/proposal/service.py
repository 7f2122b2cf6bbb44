"""Service cases and surveys, as they are proposed."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from crmlib.border.proposal.attach import attach, required
from crmlib.border.proposal.buying import grouped, optional, values
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import moment, number, plain, seen, timed, why
from crmlib.border.proposal.files import Sheet
from crmlib.border.proposal.profile import Seen
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import Role, items, scale_of
from crmlib.border.proposal.words import tokens
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

LASTING = {"status": "last", "closed_at": "last", "met": "last", "severity": "last", "category": "last", "cause": "last", "resolved_at": "last", "due_at": "last",
           "first_response_at": "min", "reassigned": "max", "reopened": "max", "reopened_at": "min", "recorded_at": "min"}  # fmt: skip
"""How the rows of a log become one case."""
UNITS = {"hours": "to_minutes(cast(60 * {n} as bigint))", "minutes": "to_minutes(cast({n} as bigint))", "seconds": "to_seconds(cast({n} as bigint))",
         "days": "to_minutes(cast(1440 * {n} as bigint))"}  # fmt: skip


def tickets(folder: Folder, file: File, role: Role) -> Block:
    """A source of service cases: one row each, or the rows of a log put together."""
    block = Block("tickets", file)
    guesses = role.guesses
    opened = guesses.get("opened_at")
    if opened is None:
        block.off = _("no column of days")
    else:
        block.put("opened_at", timed(opened.column), opened.score, why(opened), opened.others, (opened.column.heading,))
        required(block, "opened_at", opened.column)
    if not attach(folder, block):
        block.off = block.off or _("no column says whose case it is")
    key = guesses.get("ticket_id")
    if key is not None:
        block.put("ticket_id", key.column.heading, key.score, why(key), key.others)
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


def _state(block: Block, guesses: dict[str, object]) -> None:
    """Open or closed: a flag of what is active, or the words of a state."""
    columns = list(block.file.seen.values())
    active = next(
        (s for s in columns if "active" in s.concepts and s.distinct == 2 and "status" not in s.concepts), None
    )
    state = next((s for s in columns if "status" in s.concepts and s.few), None)
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


def _flags(block: Block, guesses: dict[str, object]) -> None:
    for name in ("met", "reopened"):
        guess = guesses.get(name)
        if guess is None or guess.score < 0.5 or guess.column.share_filled <= 0.002:  # type: ignore[attr-defined]
            continue
        column: Seen = guess.column  # type: ignore[attr-defined]
        given = column.heading
        if column.kind == "number":
            given = f"{number(column)} > 0"
        elif column.kind == "text":
            met = [
                v for v in column.values if not any(w in v.lower() for w in ("breach", "late", "no", "超", "未", "违"))
            ]
            given = (
                f"{quote(column.heading)} = {literal(met[0])}"
                if met and len(met[0]) < 100 and met[0].isprintable()
                else ""
            )
        elif name == "met" and {w for w, _m in tokens(column.heading)} & {
            "breach",
            "breached",
            "超时",
            "违约",
            "chaoshi",
        }:
            given = f"lower(cast({quote(column.heading)} as varchar)) in ('0', 'false', 'f', 'no', 'n', '否')"
        if given:
            block.put(name, given, guess.score, seen(column), guess.others, (column.heading,))  # type: ignore[attr-defined]


def surveys(folder: Folder, file: File, role: Role) -> Block:
    """A source of answers: a row an answer, or a wide file of a column an item."""
    block = Block("surveys", file)
    asked = items(file)
    wide = bool(asked) and not (role.guesses.get("item") and "score" in role.guesses)
    columns = asked if wide else []
    guesses = role.guesses
    score = guesses.get("score")
    if not wide and score is None:
        block.off = _("no column of answers")
        return block
    attach(folder, block, line=True)
    day = guesses.get("at") or next((g for n, g in guesses.items() if n == "asked_at"), None)
    days = [s for s in file.dates()]
    if day is not None:
        block.put("at", timed(day.column), day.score, why(day), day.others, (day.column.heading,))
        required(block, "at", day.column)
        if (
            (asked_at := guesses.get("asked_at")) is not None
            and asked_at.column is not day.column
            and asked_at.score >= 0.5
        ):
            block.put(
                "asked_at",
                timed(asked_at.column),
                asked_at.score,
                why(asked_at),
                asked_at.others,
                (asked_at.column.heading,),
            )
    elif days:
        block.put("at", timed(days[0]), 0.5, seen(days[0]), columns=(days[0].heading,))
    _instrument(block, guesses, [score.column] if score and not wide else columns)
    if wide:
        block.unpivot = patterns([s.heading for s in columns], file.sheet)
        block.put("item", "name", 0.9, _("{n} columns of answers on one scale").format(n=len(columns)), columns=())
        if stem := _stems(columns):
            block.put("dimension", stem, 0.8, _("letters before the number of the item"), columns=())
        block.put("score", "value", 0.9, seen(columns[0]), columns=())
    elif score is not None:
        item = guesses.get("item")
        if item is not None and item.score >= 0.5:
            block.put("item", item.column.heading, item.score, why(item), item.others)
        else:
            block.put(
                "item",
                literal(_name(score.column.heading)),
                0.8,
                _("one question: {column}").format(column=score.column.heading),
                columns=(),
            )
        block.put("score", score.column.heading, score.score, why(score), score.others)
        if score.column.share_filled < 0.97:
            test = f"{quote(score.column.heading)} is not null"
            given = test if score.column.native else f"trim(coalesce({quote(score.column.heading)}, '')) <> ''"
            block.filters[_("not answered")] = (
                given,
                _("{share} of the rows").format(share=f"{1 - score.column.share_filled:.1%}"),
            )
        optional(block, guesses, "dimension")
    _scale(block, columns if wide else [score.column] if score else [])
    return block


def _instrument(block: Block, guesses: dict[str, object], columns: list[Seen]) -> None:
    """Whose questions they are: recommendation, satisfaction, or a survey of the company's own."""
    said = block.file.words | {c for s in columns for c in s.concepts}
    words = {w for s in columns for w, _m in tokens(s.heading)} | {w for w, _m in tokens(block.file.sheet.called)}
    low, high = scale_of(columns)
    if words & {"nps", "recommend", "recommendation", "推荐", "推荐意愿", "净推荐"} and (low, high) == (0, 10):
        block.put("instrument", "'nps'", 0.85, _("recommendation from 0 to 10"), columns=())
    elif len(columns) == 1 and (said & {"score", "survey"}) and (low, high) == (1, 5):
        block.put("instrument", "'csat'", 0.8, _("satisfaction from 1 to 5"), columns=())
    else:
        name = _name(block.file.sheet.place.origin.split(".")[0])
        block.put("instrument", literal(name or "survey"), 0.6, _("a name for this survey"), columns=())


def _scale(block: Block, columns: list[Seen]) -> None:
    low, high = scale_of(columns)
    least, most = min(s.low for s in columns), max(s.high for s in columns)
    said = _("answers run from {low} to {high}").format(low=plain(least), high=plain(most))
    block.put("scale_from", str(low), 0.8, said, columns=())
    block.put("scale_to", str(high), 0.8, said, columns=())
    block.put(
        "higher_is",
        "'better'",
        0.6,
        _('look at the questions: "worse" where a higher answer is a complaint'),
        columns=(),
    )


def _name(text: str) -> str:
    plain_ = "_".join(w for w, _m in tokens(text)) or "survey"
    return plain_[:60]


_STEM = re.compile(r"^([A-Za-z_]{2,}?)_?[0-9]*$")


def _stems(columns: list[Seen]) -> str:
    """An expression for the dimension where headings are letters and a number (CUSA1, CUSA2): empty where they are not."""
    stems = [_STEM.match(s.heading) for s in columns]
    groups = {m.group(1) for m in stems if m}
    numbered = sum(s.heading[-1].isdigit() for s in columns)
    if not all(stems) or numbered < 0.6 * len(columns) or not 1 < len(groups) < len(columns):
        return ""
    return "regexp_extract(name, '^([A-Za-z_]{2,}?)_?[0-9]*$', 1)"


def patterns(headings: list[str], sheet: Sheet) -> list[str]:
    """Names and patterns (Q*) that name these columns of a sheet and no others; a pattern for numbered headings only."""
    found: list[str] = []
    for heading in headings:
        if any(heading == f or (f.endswith("*") and fnmatchcase(heading, f)) for f in found):
            continue
        stem = heading.rstrip("0123456789")
        met = [c for c in sheet.columns if fnmatchcase(c, f"{stem}*")]
        safe = 0 < len(stem) < len(heading) and not set(stem) & set("*?[]")
        found.append(f"{stem}*" if safe and len(met) > 1 and set(met) <= set(headings) else heading)
    return found


def satisfaction(file: File, tickets_: Block) -> Seen | None:
    """A column of answers that stands on the rows of cases."""
    for s in file.seen.values():
        fine = s.kind == "number" and s.whole and s.low >= 0 and s.high <= 10 and 2 <= s.distinct <= 11
        if (
            fine
            and "score" in s.concepts
            and s.heading not in {c for ln in tickets_.lines.values() for c in ln.columns}
        ):
            return s
    return None
