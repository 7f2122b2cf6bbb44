"""Marks on customers that say who agreed to be contacted, as consents."""

from __future__ import annotations

import re
from typing import Final

from crmlib.border.proposal.codes import says
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.no_sale import NO, YES, stated
from crmlib.border.proposal.words import AND
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _, beside

AGREED: Final = re.compile(
    r"(do|does)[ _-]?not[ _-]?(e?-?mail|call|contact|phone|text)|\bdn[ce]\b|opt(ed)?[ _-]?(in|out)|newsletter|marketing|subscri"
    r"|werbe|einwilligung|营销|拒收|接收|订阅|免打扰|退订"
)
"""Headings of marks of who may be written or called."""
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
    said = {value: _said(value) for value in mark.values}
    who, day, channel = (
        customers.lines.get("customer_id"),
        customers.lines.get("acquired_on"),
        _channel(customers, mark),
    )
    if who is None or day is None or not channel or customers.group or "" in said.values():
        return None
    # A plain yes answers the heading, which may ask who refused; other words speak for themselves.
    plain = {value.strip().lower() for value in said} <= YES | NO
    wanted = "no" if plain and says("agreed", AND.sub(" ", mark.heading)) == "no" else "yes"
    words = sorted({value.strip().lower() for value, code in said.items() if code == wanted})
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
    block.filters[_("did not agree")] = test, stated(mark)
    return block


def _said(value: str) -> str:
    """What a cell says, yes or no; "" where neither."""
    plain = value.strip().lower()
    return "yes" if plain in YES else "no" if plain in NO else says("agreed", value)


def _channel(customers: Block, mark: Seen) -> str:
    heading = mark.heading.lower()
    named = next((channel for channel, says, _point in CHANNELS if says.search(heading)), "")
    return named or next((channel for channel, _says, point in CHANNELS if point in customers.lines), "")
