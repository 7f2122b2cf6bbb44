"""Marks on customers that say who agreed to be contacted, as consents."""

from __future__ import annotations

import re
from typing import Final

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _, beside

AGREED: Final = re.compile(
    r"(do|does)[ _-]?not[ _-]?(e?-?mail|call|contact|phone|text)|\bdn[ce]\b|opt(ed)?[ _-]?(in|out)|newsletter|marketing|subscri"
    r"|werbe|einwilligung|营销|拒收|接收|订阅|免打扰|退订"
)
"""Headings of marks of who may be written or called."""
REFUSED: Final = re.compile(r"(do|does)[ _-]?not|\bdn[ce]\b|opt(ed)?[ _-]?out|unsubscri|拒收|免打扰|退订")
"""Those among them whose yes is a no."""
YES: Final = frozenset({
    "true", "t", "yes", "y", "1", "1.0", "on", "ja", "j", "oui", "si", "sí", "x", "in", "subscribed", "accepted", "agreed",
    "granted", "allowed", "opted-in", "opted_in", "opted in", "opt-in", "是", "同意", "允许", "接收", "已订阅",
})  # fmt: skip
NO: Final = frozenset({
    "false", "f", "no", "n", "0", "0.0", "off", "nein", "non", "out", "unsubscribed", "declined", "denied", "refused",
    "opted-out", "opted_out", "opted out", "opt-out", "否", "不同意", "拒绝", "不接收", "未订阅", "退订",
})  # fmt: skip
CHANNELS: Final = (
    ("email", re.compile(r"e-?mail|newsletter|邮件|邮箱"), "email"),
    ("sms", re.compile(r"sms|text|短信"), "phone"),
    ("wechat", re.compile(r"we-?chat|微信"), "wechat"),
    ("phone", re.compile(r"phone|call|\bdnc\b|\btel|电话"), "phone"),
    ("letter", re.compile(r"letter|post|direct.?mail|mailing|信函"), "address"),
)
"""Channel that a heading names, and the contact point that one which names none is taken for, the likeliest first."""


def marks(block: Block) -> list[Seen]:
    """The marks of a file of customers that say who agreed to be contacted."""
    told = (
        s for s in block.file.seen.values() if s.concepts & {"consent", "withdraw"} or AGREED.search(s.heading.lower())
    )
    few = (s for s in told if s.kind in ("flag", "text", "number") and 0 < s.distinct <= 4)
    return [s for s in few if s.heading not in block.used]


def agreed(customers: Block) -> list[Block]:
    """Consents of those whom a mark names. A mark has no day of its own: the customer's first stands for it, and says so. One
    without such a day, or of other words than yes and no, is only pointed at.
    """
    found = []
    for mark in marks(customers):
        block = _consents(customers, mark)
        if block is None:
            customers.notes.append(
                _(
                    "{column} says {values}: is that who agreed to be contacted? Feed the table consents from it; "
                    "until then nobody is known to have said no"
                ).format(column=mark.heading, values=beside(mark.values[:4]))
            )
        else:
            found.append(block)
    return found


def _consents(customers: Block, mark: Seen) -> Block | None:
    said = {value: value.strip().lower() for value in mark.values}
    who, day, channel = (
        customers.lines.get("customer_id"),
        customers.lines.get("acquired_on"),
        _channel(customers, mark),
    )
    if who is None or day is None or not channel or customers.group or not {*said.values()} <= YES | NO:
        return None
    wanted = NO if REFUSED.search(mark.heading.lower()) else YES
    words = sorted({plain for plain in said.values() if plain in wanted})
    if not words:
        return None
    block = Block("consents", customers.file)
    block.lines["customer_id"] = who
    block.put("channel", literal(channel), 0.6, _("by the name of {column}").format(column=mark.heading), columns=())
    block.put("purpose", "'sales'", 0.5, _("no column says for what"), columns=())
    block.put("granted_at", day.given, 0.5, _("the customer's first day: no column says when"), columns=day.columns)
    block.doubts["purpose"] = _("say which: sales, service, care, survey …")
    cell = f"lower(trim(coalesce(cast({quote(mark.heading)} as varchar), '')))"
    test = f"{cell} in ({', '.join(map(literal, words))})"
    block.filters[_("did not agree")] = (
        test,
        _("{column} says {values}").format(column=mark.heading, values=beside(mark.values[:4])),
    )
    return block


def _channel(customers: Block, mark: Seen) -> str:
    heading = mark.heading.lower()
    named = next((channel for channel, says, _point in CHANNELS if says.search(heading)), "")
    return named or next((channel for channel, _says, point in CHANNELS if point in customers.lines), "")
