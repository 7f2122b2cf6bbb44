"""What was paid back, as it is proposed: a column of the orders, or a file of refunds by order."""

from __future__ import annotations

from crmlib.border.proposal.assign import Guess, score
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block, Joined
from crmlib.border.proposal.evidence import number, timed, why
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.sources import SURE, optional_one
from crmlib.border.proposal.whose import order_of
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _


def refunded(folder: Folder, block: Block, guesses: dict[str, Guess], money: Seen | None) -> None:
    """What was paid back: a column, or a file of refunds by order."""
    guess = guesses.get("refunded")
    if (
        guess is not None
        and guess.score >= SURE
        and "amount" in block.lines
        and guess.column.heading != block.lines["amount"].given
    ):
        given = guess.column.heading if guess.column.low >= 0 else f"abs({number(guess.column)})"
        block.put("refunded", given, guess.score, why(guess), guess.others, (guess.column.heading,))
        optional_one(block, "refunded_at", guesses.get("refunded_at"))
        return
    key = block.lines.get("order_id")
    if key is None or key.given not in block.file.seen or "amount" not in block.lines:
        return
    for other in folder.files:
        column, sure = order_of(folder, other)
        if other is block.file or column is None or sure < SURE or other.rows > block.file.rows:
            continue
        speaks = "refund" in other.words or any("refund" in s.concepts for s in other.seen.values())
        ours = speaks and met(folder, column, other, block.file.seen[key.given], block.file) >= 0.5
        if ours and _paid_back(block, other, column, key.given):
            return


def _paid_back(block: Block, other: File, column: Seen, key: str) -> bool:
    taken = {h.lower() for h in (*block.file.seen, *(t for j in block.joins for t in j.take))}
    free = [s for s in other.seen.values() if s.heading.lower() not in taken and s is not column]
    sums = sorted((s for s in free if s.kind == "number"), key=lambda s: -_back(s))
    days = sorted((s for s in free if s.kind == "date"), key=lambda s: -score("orders", "refunded_at", s))
    marks = [s for s in free if "refund" in s.concepts and s.kind in ("flag", "text") and s.distinct <= 4]
    called = _("paid back, in {file}").format(file=other.sheet.called)
    several = column.distinct < column.filled
    if sums and _back(sums[0]) >= 0.4:
        take: dict[str, str | None] = {sums[0].heading: "sum" if several else None}
        given = sums[0].heading if sums[0].low >= 0 else f"abs({number(sums[0])})"
        block.put("refunded", given, 0.85, called, columns=(sums[0].heading,))
        if days:
            take[days[0].heading] = "max" if several else None
            block.put("refunded_at", timed(days[0]), 0.85, called, columns=(days[0].heading,))
        block.joins.append(Joined(other, {key: column.heading}, take, called))
        return True
    if marks and (mark := _mark(marks[0])):
        block.joins.append(
            Joined(other, {key: column.heading}, {marks[0].heading: "first" if several else None}, called)
        )
        amount = block.lines["amount"].given
        paid = quote(amount) if amount in block.file.seen else amount
        given = f"case when {quote(marks[0].heading)} = {literal(mark)} then {paid} end"
        block.put("refunded", given, 0.7, called, columns=(marks[0].heading,))
        return True
    return False


def _back(column: Seen) -> float:
    return max(score("orders", "refunded", column), 0.9 * score("orders", "amount", column))


def _mark(column: Seen) -> str:
    """The value that says that an order came back, the most frequent that is no "no"; empty where none may be written."""
    told = [v for v in column.values if v.lower() not in ("no", "n", "false", "0", "否", "没有")]
    return told[0] if told and len(told[0]) <= 200 and told[0].isprintable() else ""


def met(folder: Folder, key: Seen, file: File, column: Seen, other: File) -> float:
    """Share of the different values of a column that stand in a column of another file."""
    there = f"select trim(cast({quote(column.heading)} as varchar)) from {other.sheet.name}"
    here = f"select distinct trim(cast({quote(key.heading)} as varchar)) as v from {file.sheet.name}"
    query = f"select avg(cast(v in ({there}) as integer)) from (select v from ({here}) order by hash(v) limit 3000)"
    return float(folder.engine.execute(query).fetchall()[0][0] or 0)
