"""Contracts, use and snapshots, as they are proposed."""

from __future__ import annotations

from datetime import datetime

from crmlib.border.mapping import UNPIVOTED
from crmlib.border.proposal.answers import patterns
from crmlib.border.proposal.assign import Guess
from crmlib.border.proposal.attach import attach
from crmlib.border.proposal.codes import brought
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import number, seen, timed, why
from crmlib.border.proposal.monthly import in_months
from crmlib.border.proposal.no_sale import stayed_away
from crmlib.border.proposal.periods import MONTHS
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import Role
from crmlib.border.proposal.sources import again, asked, dated, fed, grouped, optional
from crmlib.border.proposal.whose import customer_of
from crmlib.border.proposal.words import tokens
from crmlib.border.proposal.writing import toml
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

MONTHLY = {"mrr", "monthly", "month", "mo", "月费", "月租", "月付", "月", "yuefei", "每月"}
YEARLY = {"arr", "annual", "annually", "yearly", "acv", "year", "年费", "年付", "年", "nianfei", "premium"}
LONGER = {code: months for months, code in MONTHS.items() if months > 1}
"""Months of the periods that are longer than one."""
RUNNING = 0.9
"""Share of ends that stand filled from which they are agreed terms and not contracts that ended."""
PERSONAL = frozenset({"name", "email", "phone", "address", "birth", "wechat", "first", "last", "description"})


def contracts(folder: Folder, file: File, role: Role) -> Block:
    """A source of contracts: start, agreed end, end, amount and its period, plan, seats, trial, renewal."""
    block = Block("contracts", file)
    guesses = role.guesses
    if not attach(folder, block):
        block.off = _("no column says whose contract it is")
    key = guesses.get("contract_id")
    if key is not None and key.score >= 0.5:
        fed(block, "contract_id", key)
        grouped(folder.engine, block, key.column)
        if block.group:  # a contract changed is a new row: its number is made
            block.lines.pop("contract_id")
            block.group = ""
            block.notes.append(
                _("{column} stands in several rows: each is a contract of its own, as after a change").format(
                    column=key.column.heading
                )
            )
    begin = guesses.get("started_on")
    if begin is None:
        block.off = _("no column of the first day")
    else:
        dated(block, "started_on", begin)
    _ends(block, guesses)
    _paid(folder, block, guesses)
    optional(block, guesses, "ended_reason", "plan", "seats")
    for name in ("trial", "renews"):
        guess = guesses.get(name)
        if guess is not None and guess.score >= 0.5 and guess.column.kind == "flag":
            fed(block, name, guess)
    return block


def _ends(block: Block, guesses: dict[str, Guess]) -> None:
    """Whether an end is what was agreed or what came: where most are empty, those contracts ended."""
    ends: dict[str, Guess] = {n: guesses[n] for n in ("ends_on", "ended_on") if n in guesses}
    columns = {g.column.heading: g for g in ends.values()}
    if len(columns) == 2:
        optional(block, ends, "ends_on", "ended_on")
        return
    for heading, guess in columns.items():
        column: Seen = guess.column
        made = datetime.fromtimestamp(block.file.sheet.modified)
        future = column.last is not None and column.last > made
        left = {"cancel", "close"} & column.concepts
        agreed = not left and ({"renew", "due"} & column.concepts or column.share_filled > RUNNING or future)
        name = "ends_on" if agreed else "ended_on"
        said = (
            _("mostly filled: when the agreed term ends")
            if agreed
            else _("empty in {share} of the rows: those still run").format(share=f"{1 - column.share_filled:.0%}")
        )
        block.put(name, timed(column), 0.8, said, ("ended_on" if agreed else "ends_on",), (heading,))


def _paid(folder: Folder, block: Block, guesses: dict[str, Guess]) -> None:
    """The amount of a period and which: a monthly one before a yearly one, by its name, else by a column of periods."""
    money = [
        s
        for s in block.file.numbers()
        if s.concepts & {"recurring", "amount", "price", "paid"} and not s.concepts & {"discount", "refund", "tax"}
    ]
    said = {s.heading: {w for w, _m in tokens(s.heading)} for s in money}
    monthly = next((s for s in money if said[s.heading] & MONTHLY), None)
    yearly = next((s for s in money if said[s.heading] & YEARLY and s is not monthly), None)
    period = guesses.get("period")
    if monthly is not None and period is not None:
        _billed(block, monthly, period)
    if monthly is not None or yearly is not None:
        column = monthly or yearly
        assert column is not None
        other = yearly if monthly is not None and yearly is not None else None
        block.put(
            "amount",
            column.heading,
            0.9,
            _("by its name, {seen}").format(seen=seen(column)),
            (other.heading,) if other else (),
        )
        block.put(
            "period",
            "'month'" if monthly is not None else "'year'",
            0.9,
            _("{column} is for such a period").format(column=column.heading),
            columns=(),
        )
        return
    guess = guesses.get("amount")
    if guess is None or guess.score < 0.5:
        return
    fed(block, "amount", guess)
    if period is not None and period.score >= 0.5:
        found, left = brought("period", period.column)
        if left:
            block.notes.append(asked("period", left))
        if len(left) < len(period.column.values):
            block.put("period", period.column.heading, period.score, why(period))
            if found:
                block.values["period"] = found
            return
    block.put("period", "'month'", 0.4, _("no column says for which period"), columns=())
    block.doubts["period"] = _("say which: week, month, quarter, half_year, year")


def _billed(block: Block, monthly: Seen, period: Guess) -> None:
    """Say how the amount of a month is brought to the period in which each contract is billed: renewals are known by that one."""
    found, left = brought("period", period.column)
    longer = {c: [v for v in period.column.values if found.get(v, v.strip().lower()) == c] for c in LONGER}
    if period.score < 0.5 or left or not any(longer.values()):
        return
    name, amount = quote(period.column.heading), number(monthly)
    cases = (
        f"when {name} in ({', '.join(map(literal, words))}) then {amount} * {LONGER[code]}"
        for code, words in longer.items()
        if words
    )
    told = toml(f"case {' '.join(cases)} else {amount} end")
    block.notes.append(
        _("{period} says for how long each is billed, and so when it renews; to be told of renewals: {lines}").format(
            period=period.column.heading,
            lines=f"amount = {told}, period = {toml(period.column.heading)}",
        )
    )


def activity(folder: Folder, file: File, role: Role) -> Block:
    """A source of use: rows put together by customer and day."""
    block = Block("activity", file)
    guesses = role.guesses
    if not attach(folder, block):
        block.off = _("no column says who used it")
    day = guesses.get("day")
    if day is None:
        block.off = _("no column of days")
    else:
        dated(block, "day", day)
    for name in ("logins", "events", "errors"):
        guess = guesses.get(name)
        if guess is not None and guess.score >= 0.5 and guess.column.kind in ("number", "flag") and guess.column.whole:
            fed(block, name, guess)
    entered = day is not None and "login" in file.words | day.column.concepts
    if (
        day is not None
        and ("logins" if entered else "events") not in block.lines
        and (entered or "logins" not in block.lines)
    ):
        name = "logins" if entered else "events"
        block.put(name, "1", 0.7, _("each row is one use"), columns=())
    stayed_away(block, file)
    block.group = _("rows are put together by customer and day")
    again(folder, block)
    return block


def states(folder: Folder, file: File) -> Block:
    """A snapshot: each column that says something of a customer as a row of its own."""
    block = Block("states", file)
    attach(folder, block, line=True)
    key = customer_of(folder, file)[0]
    day = next((s for s in file.dates() if {"month"} & s.concepts or s.distinct <= max(3, s.rows // 50)), None)
    months = in_months(file)
    apart = [s for s in file.seen.values() if s is not key and s is not day and s.heading not in months]
    told = [s for s in apart if said(s) and not (s.code and s.unique)]
    if len(told) < 2:
        block.off = _("too few columns that say something of a customer")
        return block
    names = {s.heading.lower() for s in file.seen.values() if s not in told}
    if names & {*UNPIVOTED}:
        block.off = _("columns called name or value stand beside: rename them first")
    block.unpivot = patterns([s.heading for s in told], file.sheet)
    if day is not None:
        block.put("at", timed(day), 0.7, seen(day), columns=(day.heading,))
    block.put(
        "attribute", "name", 0.9, _("{n} columns that say something of a customer").format(n=len(told)), columns=()
    )
    block.put("value", "value", 0.9, _("the cell"), columns=())
    return block


def said(column: Seen) -> bool:
    """Whether a column says something of a customer that is no name, number or text of a person."""
    if not column.filled or column.kind == "date" or column.length > 60:
        return False
    personal = column.concepts & PERSONAL and not (column.kind in ("flag",) or column.distinct <= 4)
    return not personal and (column.few or column.kind in ("number", "flag")) and "id" not in column.concepts


def left(file: File) -> Seen | None:
    """The flag of a snapshot that says who left."""
    return next(
        (s for s in file.seen.values() if "cancel" in s.concepts and s.distinct <= 3 and s.kind != "date"), None
    )
