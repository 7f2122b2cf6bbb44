"""Logs of what customers did, of which some rows are purchases: those are orders too, with what they came to where it is said."""

from __future__ import annotations

import re

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import seen
from crmlib.border.proposal.no_sale import stated
from crmlib.border.proposal.orders import orders
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import Role
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

PURCHASE = re.compile(
    r"(?<![a-z])(purchas\w*|buy|bought|renew\w*|paid|payment|sold|sale|order(ed)?|order[ _]?(placed|completed?|paid))(?![a-z])"
    r"|购买|成交|支付成功|付款成功|续费|续订|已支付|下单"
)
"""Kinds of a row that say that something was bought."""
NOT_YET = re.compile(
    r"cart|basket|view|start|begin|add|wish|fav|click|fail|cancel|refund|remind|intent|购物车|加购|收藏|浏览|取消|退款|失败"
)
"""Beside such a word nothing was bought, or not yet."""


def bought(folder: Folder, file: File, role: Role) -> list[Block]:
    """The orders among the rows of a log; none where no kind of a row says that it is one."""
    found = _kinds(file)
    if found is None:
        return []
    column, paid = found
    block = orders(folder, file, role)
    who = block.lines.get("customer_id")
    if who is None or who.given == "__line" or "ordered_at" not in block.lines:
        return []
    money = [s for s in file.numbers() if s.concepts & {"amount", "price", "paid"} and not s.whole and s.low >= 0]
    block.off = ""
    block.lines.pop("amount", None)
    if len(money) == 1:
        block.put("amount", money[0].heading, 0.6, _("what a purchase came to: {seen}").format(seen=seen(money[0])))
    test = f"{quote(column.heading)} in ({', '.join(map(literal, paid))})"
    block.filters[_("no purchase")] = test, stated(column)
    return [block]


def _kinds(file: File) -> tuple[Seen, list[str]] | None:
    """The column that says of what kind a row is, and its words for a purchase; None where none has such words and others too."""
    for column in file.seen.values():
        if column.kind == "text" and column.few and column.concepts & {"kind", "use"}:
            paid = [v for v in column.values if PURCHASE.search(v.lower()) and not NOT_YET.search(v.lower())]
            if paid and len(paid) < len(column.values) and all(v.isprintable() for v in paid):
                return column, paid
    return None
