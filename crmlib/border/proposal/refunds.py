"""What was paid back, as it is proposed: a column of the orders, or a file of refunds by order."""

from __future__ import annotations

import re

from crmlib.border.proposal.assign import Guess, score
from crmlib.border.proposal.codes import says
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block, Joined
from crmlib.border.proposal.evidence import number, timed, why
from crmlib.border.proposal.no_sale import stated
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.sources import SURE, optional_one
from crmlib.border.proposal.whose import order_of
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

GIVEN_BACK = re.compile(
    r"(?<![a-z])(refund|charge[ _-]?back|credit(?![ _-]*(card|limit))|reversal|reversed|returned?(?![a-z])|clawback|gutschrift"
    r"|erstattung|rueckerstattung|rückerstattung|rembours|avoir|devoluc|reembols)|退款|退货|退回|退费|冲红|冲销"
)
"""Kinds of a row that say that money was paid back."""
METHOD = re.compile(r"(?<![a-z])(cash|debit|card|paypal|transfer|visa|voucher|bank)(?![a-z])|现金|支付宝|微信|银行")
"""Beside such words a credit is a way to pay."""


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
    for other in (f for f in folder.files if f is not block.file and f.rows <= block.file.rows):
        speaks = "refund" in other.words or any("refund" in s.concepts for s in other.seen.values())
        for column, there in _pointing(folder, other, block, key.given) if speaks or _kinds(other) is not None else ():
            if met(folder, column, other, there, block.file) >= 0.5 and _paid_back(block, other, column, there.heading):
                return


def _pointing(folder: Folder, other: File, block: Block, key: str) -> list[tuple[Seen, Seen]]:
    """Columns of a file that may say which order a row is about, each with the column of the orders that it stands in: the
    number of the order, or another one that is new with each of their rows.
    """
    column, sure = order_of(folder, other)
    found = [(column, block.file.seen[key])] if column is not None and sure >= SURE else []
    who = block.lines["customer_id"].given if "customer_id" in block.lines else ""
    links = [k for k in folder.links_of(other) if k.to is block.file and k.key != who]
    return [*found, *((other.seen[k.column], block.file.seen[k.key]) for k in links)]


def returned(block: Block) -> list[File]:
    """The joined files that say what was paid back."""
    fed = set(block.lines["refunded"].columns) if "refunded" in block.lines else set()
    return [j.file for j in block.joins if fed & {*j.take}]


def _kinds(file: File) -> tuple[Seen, list[str]] | None:
    """The column that says of what kind a row is, and its words for what is paid back; None where none has such words."""
    for column in file.seen.values():
        kinds = column.kind == "text" and (column.few or column.distinct == 1) and column.concepts & {"kind", "use"}
        if kinds and "paid" not in column.concepts and not any(METHOD.search(v.lower()) for v in column.values):
            back = [v for v in column.values if GIVEN_BACK.search(v.lower()) and v.isprintable()]
            if back:
                return column, back
    return None


def _counted(other: File) -> dict[str, tuple[str, str]]:
    """Filters that leave out the rows of a file by which nothing was paid back: of another kind, asked for, or refused."""
    found: dict[str, tuple[str, str]] = {}
    kinds = _kinds(other)
    if kinds is not None and len(kinds[1]) < len(kinds[0].values):
        found[_("of another kind")] = _among(kinds[0], kinds[1]), stated(kinds[0])
    for s in other.seen.values():
        state = s.kind == "text" and s.few and s.concepts & {"status", "approve", "refund", "outcome"}
        read = {v: says("paid_back", v) for v in s.values if v.isprintable()} if state else {}
        if "no" in read.values() and not (kinds and s is kinds[0]):
            yes = [v for v, code in read.items() if code == "yes"]
            no = [v for v, code in read.items() if code == "no"]
            test = _among(s, yes) if yes else f"not ({_among(s, no)})"
            found[_("not paid back")] = test, stated(s)
            break
    return found


def _among(column: Seen, values: list[str]) -> str:
    return f"coalesce({quote(column.heading)}, '') in ({', '.join(map(literal, values))})"


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
        block.joins.append(Joined(other, {key: column.heading}, take, called, _counted(other)))
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
