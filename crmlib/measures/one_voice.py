"""One voice and answers in time: contacts that contradict or double one another, and customers who waited too long (D088, D089).

Whether two contacts come from different senders is told by who made them, where that is on record, else by their campaigns, else
by their channels. What a company does not record breaks no rule.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pandas as pd

from crmlib.facts import cases, clusters, contacts, replies, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import BooleanValue, Table, _
from crmlib.facts.findings import clustered_share_of, findings, share_of
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.codes import OTHER

MONTHS: Final = 3
"""Months that are looked at: what is older nobody can put right."""
KINDS: Final = ("doubled", "sold_while_waiting", "late_answer")
HOUR: Final = 3600
WAIT_DAYS: Final = 14
RECORDED: Final = 0.5
"""Share of a channel's contacts with an answer on record from which none on record means that there was none."""
SELLING: Final = ("sales", "win_back")
COLUMNS: Final = {
    "customer_id": "string", "kind": "string", "day": "date", "channel": "string", "earlier_on": "date",
    "earlier_channel": "string", "late_hours": "float64",
}  # fmt: skip


def violations(c: Company) -> Table:
    """One row per broken rule of the last months, the latest first: customer_id, kind, day, channel, earlier_on, earlier_channel,
    late_hours (beyond the promise).

    `doubled`: two contacts of one purpose by different senders within `policy.contact.one_voice_days`. `sold_while_waiting`: an
    offer to a customer whose case was open. `late_answer`: a customer's contact that we answered more than
    `policy.contact.answer_within_hours` later, or not yet; unknown where our answers are not on record.
    """
    parts = [ex.memtable(pd.DataFrame(columns=list(COLUMNS)), schema=ex.schema(dict(COLUMNS)))]
    if c.knows("interactions.direction", "interactions.purpose"):
        parts.append(_doubled(c))
        if c.knows("tickets.resolved_at"):
            parts.append(_sold_while_waiting(c))
    if c.knows("interactions.direction"):
        answered = _answered(c).filter(_.is_late)
        parts.append(_row(answered, "late_answer", earlier=answered.day.nullif(answered.day)))
    rows = ex.union(*parts) if len(parts) > 1 else parts[0]
    return rows.order_by([_.day.desc(), _.customer_id, _.kind, _.channel])


def stated(c: Company, broken: Table) -> pd.DataFrame:
    """Findings `voice_broken_share` (customers contacted in the last months with a contact that doubled or contradicted another,
    in total and by kind) and `late_answers_share` (their contacts answered too late, by customer).
    """
    stated_ = ("voice_broken_share", "late_answers_share")
    reached = contacts.ours(c).filter(_.day >= windows.last(c, MONTHS)).customer_id.nunique().to_pyarrow().as_py() or 0
    counted = broken.filter(_.kind != "late_answer")
    each = counted.group_by("kind").agg(n=_.customer_id.nunique()).to_pandas().set_index("kind")["n"]
    uses = tuple(
        name for name in ("interactions.sender", "interactions.campaign") if not c.knows("interactions.sender")
    )
    rows = []
    if reached:
        whole = counted.customer_id.nunique().to_pyarrow().as_py() or 0
        rows.append(share_of(c, stated_[0], whole, reached, uses=uses))
        known = {"doubled": True, "sold_while_waiting": c.knows("tickets.resolved_at")}
        rows += [
            share_of(c, stated_[0], each.get(kind, 0), reached, segment=kind, uses=uses)
            for kind in known
            if known[kind]
        ]
    waited = clusters.by_customer(_answered(c), _.is_late)
    if waited.rows:
        rows.append(clustered_share_of(c, stated_[1], waited))
    return findings(c, rows, of=stated_)


def _row(rows: Table, kind: str, earlier: ex.Value) -> Table:
    known = {name: rows[name] for name in ("earlier_channel", "late_hours") if name in rows.columns}
    values = {
        "customer_id": rows.customer_id,
        "kind": ex.literal(kind),
        "day": rows.day,
        "channel": rows.channel,
        "earlier_on": earlier,
        **known,
    }
    return rows.select(**{name: values.get(name, ex.null(kind_)).cast(kind_) for name, kind_ in COLUMNS.items()})


def _sent(c: Company) -> Table:
    return contacts.ours(c).filter(_.day >= windows.last(c, MONTHS), (_.purpose != OTHER).fill_null(False))


def _doubled(c: Company) -> Table:
    own = ex.window(group_by=["customer_id", "purpose"], order_by=["at", "contact_id"])
    rows = _sent(c).mutate(
        earlier=_.day.lag(1).over(own),
        earlier_channel=_.channel.lag(1).over(own),
        earlier_campaign=_.campaign.lag(1).over(own),
        earlier_sender=_.sender.lag(1).over(own),
    )
    near = rows.day.delta(rows.earlier, unit="day") <= c.policy.contact.one_voice_days
    found = rows.filter(near.fill_null(False), _differ(rows))
    return _row(found, "doubled", found.earlier)


def _differ(rows: Table) -> BooleanValue:
    """Whether a contact and the one before come from different senders, by the surest that both of them tell."""
    return ex.coalesce(
        rows.sender != rows.earlier_sender, rows.campaign != rows.earlier_campaign, rows.channel != rows.earlier_channel
    ).fill_null(False)


def _sold_while_waiting(c: Company) -> Table:
    sold = _sent(c).filter(_.purpose.isin(SELLING)).select("contact_id", "customer_id", "at", "day", "channel")
    had = cases.cases(c).select("opened_at", "resolved_at", who="customer_id", earlier=_.day)
    both = sold.inner_join(had, sold.customer_id == had.who)
    open_then = (both.opened_at < both["at"]) & (both.resolved_at.isnull() | (both.resolved_at > both["at"]))
    found = first_of(both.filter(open_then), "contact_id", [ex.desc("opened_at"), ex.desc("earlier")])
    return _row(found, "sold_while_waiting", found.earlier)


def _answered(c: Company) -> Table:
    """Contacts from customers whose hours are over, in channels in which our answers are on record: is_late, late_hours.

    An answer is the next contact of ours that is not of another purpose, or the first answer of a case opened within a day of
    it. Only what asks something of us waits for one: contacts of purpose service, and of none on record. A channel counts where
    at least `RECORDED` of its contacts have an answer within `WAIT_DAYS`: else answers are not written down there.
    """
    promised, since = c.policy.contact.answer_within_hours * HOUR, windows.last(c, MONTHS)
    asked = replies.asked(c).filter(_.day >= since)
    reply = replies.replies(c).select("begun", who="customer_id", when="at")
    both = asked.left_join(reply, [asked.customer_id == reply.who, reply.when >= asked["at"]])
    soon = (both.begun.epoch_seconds() - both["at"].epoch_seconds()).between(-24 * HOUR, WAIT_DAYS * 24 * HOUR)
    each = both.group_by("contact_id", "customer_id", "at", "day", "channel").agg(when=_.when.min(where=soon))
    end = ex.literal(c.as_of + timedelta(days=1), type="date").cast("timestamp(6)").epoch_seconds()
    waited = ex.coalesce(each.when.epoch_seconds(), end) - each["at"].epoch_seconds()
    over = each["at"].epoch_seconds() + ex.literal(promised) <= end
    each = each.mutate(is_late=waited > promised, late_hours=(waited - promised) / HOUR).filter(over)
    recorded = each.when.notnull().mean().over(ex.window(group_by="channel"))
    return each.mutate(recorded=recorded).filter(_.recorded >= RECORDED).drop("recorded", "when")
