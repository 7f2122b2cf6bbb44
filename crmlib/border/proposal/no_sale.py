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
    r"(?<![a-z])(cancel|void|no[- _]?show|declin|reject|abort|abandon|fail|draft|storn|annul|abgebr|abgelehnt|fehlgeschl|anulad)"
    r"|取消|[易已单]关闭|作废|失败|撤销|拒绝|草稿"
)
"""States of an order that was no sale, in the words of shops, tills and desks."""
IN_PART = re.compile(r"(?<![a-z])(part|teil|not|un|nicht)|部分|未|不")
"""Beside such a word only a part was called off, or nothing."""
NO, YES = {"0", "n", "no", "false", "f", "nein", "否"}, {"1", "y", "yes", "true", "t", "ja", "是"}


def called_off(block: Block, file: File) -> None:
    """A filter that leaves out the orders that a state, a mark or a day calls off; where no word is known, a note."""
    for s in file.seen.values():
        if "status" in s.concepts and s.few and s.kind == "text" and not _won(block, s):
            off = [v for v in s.values if CALLED_OFF.search(v.lower()) and not IN_PART.search(v.lower())]
            if off and len(off) < len(s.values) and all(v.isprintable() for v in off):
                test = f"coalesce({quote(s.heading)}, '') not in ({', '.join(map(literal, off))})"
                block.filters.setdefault(_("called off"), (test, stated(s)))
            else:
                block.notes.append(_("{said}: a filter leaves out what was no sale").format(said=stated(s)))
        elif CALLED_OFF.search(s.heading.lower()) and s.distinct and s.heading not in block.used:
            _marked(block, s)


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
