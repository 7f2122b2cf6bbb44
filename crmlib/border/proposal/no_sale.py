"""Orders that were none: deals not won, bookings called off, as a state, a mark or a day says of them."""

from __future__ import annotations

import re

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import says
from crmlib.border.proposal.relations import File
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _, beside

CALLED_OFF = re.compile(
    r"(?<![a-z])(cancel|void|no[- _]?show|declin|reject|abort|abandon|fail|draft|entwurf|brouillon|borrador"
    r"|storn|annul|abgebr|abgelehnt|fehlgeschl|anulad)"
    r"|取消|[易已单]关闭|作废|失败|撤销|拒绝|草稿"
)
"""States of an order that was no sale, in the words of shops, tills and desks."""
OFFERED = re.compile(
    r"(?<![a-z])(quot(e|es|ed|ation)|offer(s|ed)?|proposal|estimate[sd]?|pro[- ]?forma|devis|angebot|offerte|presupuesto"
    r"|preventivo|cotizaci[oó]n|or[cç]amento)(?![a-z])|报价|询价"
)
"""States of an order that was only offered."""
TAKEN_UP = re.compile(
    r"accept|won|confirm|convert|approv|order(ed)?|angenommen|beauftragt|aceptad|accett|接受|成交|确认|转"
)
"""Beside such a word an offer became a sale."""
PROMISED = re.compile(r"(?<![a-z])(pledge|commitment|recurring gift|zusage|promesse|promesa)|认捐|承诺")
"""Kinds of a row that promise money, which comes in rows of its own where the same word stands beside a `PAYMENT`."""
PAYMENT = re.compile(r"pay|paid|zahl|paiement|vers|pago|install|付|款")
UNPAID = re.compile(r"(?<![a-z])(in[- _]?kind|sachspende|en nature|en especie|volunteer|pro bono)|实物|物资")
"""Kinds of a row that bring no money."""
AWAY = re.compile(
    r"(?<![a-z])(cancel|no[- _]?show|declin|absent|absence|missed|regret|not attend|unattended"
    r"|storn|abgesagt|annul|anulad)"
    r"|取消|缺席|缺勤|未到|未出席|爽约|请假|拒绝"
)
"""States of whoever was asked or booked, and did not come."""
IN_PART = re.compile(r"(?<![a-z])(part|teil|not|un|nicht)|部分|未|不")
"""Beside such a word only a part was called off, or nothing."""
NO = {"0", "0.0", "n", "no", "false", "f", "off", "nein", "non", "否"}
YES = {"1", "1.0", "y", "yes", "true", "t", "on", "x", "ja", "j", "oui", "si", "sí", "是"}
"""What cells of yes and no say."""


def called_off(block: Block, file: File) -> None:
    """Filters that leave out the orders that a state, a mark or a day calls off, or that were only offered, and rows that bring
    no money of their own; where no word of a state is known, a note.
    """
    for s in file.seen.values():
        worded = s.few and s.kind == "text"
        if "status" in s.concepts and worded and not _won(block, s):
            low = {v: v.lower() for v in s.values}
            off = [v for v in low if CALLED_OFF.search(low[v]) and not IN_PART.search(low[v])]
            only = [v for v in low if OFFERED.search(low[v]) and not TAKEN_UP.search(low[v]) and v not in off]
            if not _without(block, s, {_("called off"): off, _("only offered"): only}):
                block.notes.append(_("{said}: a filter leaves out what was no sale").format(said=stated(s)))
        elif "kind" in s.concepts and worded:
            twice = [v for v in s.values if PROMISED.search(v.lower())]
            paid = [v for v in twice if PAYMENT.search(v.lower())]
            promised = [v for v in twice if v not in paid] if paid else []
            unpaid = [v for v in s.values if UNPAID.search(v.lower())]
            _without(block, s, {_("promised, and paid in rows of its own"): promised, _("no money"): unpaid})
        elif CALLED_OFF.search(s.heading.lower()) and s.distinct and s.heading not in block.used:
            _marked(block, s)


def stayed_away(block: Block, file: File) -> None:
    """A filter that leaves out those who were asked or booked, and did not come."""
    for s in file.seen.values():
        if s.concepts & {"status", "outcome", "use"} and s.few and s.kind == "text":
            away = [v for v in s.values if AWAY.search(v.lower())]
            _without(block, s, {_("did not come"): away})


def _without(block: Block, column: Seen, values: dict[str, list[str]]) -> bool:
    """Filters that leave out values of a column, by why; False where there are none, or nothing else is left."""
    every = [v for out in values.values() for v in out]
    if not every or len(every) >= len(column.values) or not all(v.isprintable() for v in every):
        return False
    for why, out in values.items():
        if out:
            test = f"coalesce({quote(column.heading)}, '') not in ({', '.join(map(literal, out))})"
            block.filters.setdefault(why, (test, stated(column)))
    return True


def stated(column: Seen) -> str:
    """What a column says, by its usual values."""
    return _("{column} says {values}").format(column=column.heading, values=beside(column.values[:8]))


def _marked(block: Block, column: Seen) -> None:
    """A filter by a column that says of an order whether, or when, it was called off."""
    few = {v.lower() for v in column.values}
    if column.kind == "date" and column.share_filled < 0.5:
        said = _("{share} of the orders have a day there").format(share=f"{column.share_filled:.0%}")
        block.filters.setdefault(_("called off"), (f"not ({says(column)})", said))
    elif column.distinct <= 2 and few & NO and few <= NO | YES:
        no = ", ".join(literal(v) for v in column.values if v.lower() in NO)
        test = f"not ({says(column)}) or cast({quote(column.heading)} as varchar) in ({no})"
        block.filters.setdefault(_("called off"), (test, stated(column)))


def _won(block: Block, column: Seen) -> bool:
    """A filter that leaves out deals that were not won, where a state says which were."""
    won = [v for v in column.values if re.search(r"\bwon\b|赢单|成交|签约", v.lower()) and v.isprintable()]
    if not won or len(won) == column.distinct or len(won) > 3:
        return False
    test = " or ".join(f"{quote(column.heading)} = {literal(v)}" for v in won)
    block.filters[_("not won")] = (test, stated(column))
    return True
