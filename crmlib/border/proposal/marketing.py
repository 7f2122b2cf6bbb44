"""Contacts, arms of trials, outcomes, consents and events, as they are proposed."""

from __future__ import annotations

from crmlib.border.proposal.answers import patterns
from crmlib.border.proposal.assign import Guess, score
from crmlib.border.proposal.attach import attach
from crmlib.border.proposal.codes import brought
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block, Joined
from crmlib.border.proposal.evidence import says, seen, timed, why
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import Role
from crmlib.border.proposal.sources import dated, fed, optional, values
from crmlib.border.proposal.whose import customer_of
from crmlib.border.proposal.words import among, tokens
from crmlib.border.sources import literal
from crmlib.vocabulary.language import _, beside

CONTROL = frozenset(
    ("control", "ctrl", "no", "none", "holdout", "hold", "对照", "对照组", "untreated", "nothing", "placebo")
)
CAME = frozenset({"convert", "visit", "redeem", "click", "outcome", "respond", "cancel"})
"""Concepts of headings that say what came of a contact."""
CHANNELS_SAID = (
    ("email", "email e-mail mail emailing newsletter 邮件"),
    ("sms", "sms 短信"),
    ("phone", "phone call calls telephone dial 电话 通话 外呼 呼叫 外拨"),
    ("wecom", "wecom 企微 企业微信"),
    ("wechat", "wechat 微信"),
    ("face_to_face", "visit visits meeting meetings 拜访 走访 上门 会面"),
)
"""Channels, and the words of a file's name or of a heading that say that all its contacts went over them."""


def arm_of(file: File) -> Seen | None:
    """The column of the arms of a trial: a few groups, one of them untouched or all of them named so."""
    for s in file.seen.values():
        if not 2 <= s.distinct <= 12 or s.kind == "date":
            continue
        cells = {w for v in s.values for w, _m in tokens(v)}
        named = "arm" in s.concepts
        if (cells & CONTROL and (named or {"category", "kind", "campaign"} & s.concepts)) or (named and came_of(file)):
            return s
    return None


def came_of(file: File) -> list[Seen]:
    """Columns of what came of a contact: yes and no, or a sum spent."""
    found = []
    for s in file.seen.values():
        binary = s.kind == "flag" or (s.kind == "number" and s.low >= 0 and s.high <= 1 and s.whole)
        money = s.kind == "number" and {"amount", "sale"} & s.concepts and s.low >= 0
        if (binary and s.concepts & CAME) or (money and s.zeros > 0.3):
            found.append(s)
    return found


def interactions(folder: Folder, file: File, role: Role) -> Block:
    """A source of contacts, with campaign and arm, and when the customer responded where a file says so."""
    block = Block("interactions", file)
    guesses = role.guesses
    arm = arm_of(file)
    if not attach(folder, block, line=arm is not None):
        block.off = _("no column says whom it was to")
    key = guesses.get("interaction_id")
    if key is not None and key.column.unique and key.score >= 0.5:
        fed(block, "interaction_id", key)
    day = guesses.get("at")
    if day is not None:
        dated(block, "at", day)
    campaign = guesses.get("campaign")
    _campaign(folder, block, campaign)
    _channel(block, guesses.get("channel"), arm)
    optional(block, guesses, "direction", "purpose", "script", "cost", "opened_at", "responded_at", "opted_out_at")
    if "direction" in block.lines:
        values(block, "direction", guesses["direction"].column)
    elif campaign is not None or arm is not None:
        block.put("direction", "'out'", 0.85, _("campaigns go from us to the customer"), columns=())
    if arm is not None:
        block.put("arm", arm.heading, 0.85, seen(arm), columns=(arm.heading,))
    if "responded_at" not in block.lines and campaign is not None:
        _responded(folder, block, campaign.column)
    return block


def _campaign(folder: Folder, block: Block, guess: Guess | None) -> None:
    """The campaign, and its day and kind from a file of campaigns."""
    if guess is None:
        return
    fed(block, "campaign", guess)
    link = next((k for k in folder.links_of(block.file) if k.column == guess.column.heading), None)
    if link is None:
        return
    taken = {h.lower() for h in block.file.seen}
    free = [s for s in link.to.seen.values() if s.heading.lower() not in taken]
    take: dict[str, str | None] = {}
    days = sorted(((score("interactions", "at", s), s) for s in free if s.kind == "date"), key=lambda e: -e[0])
    called = _("from {file}").format(file=link.to.sheet.called)
    if "at" not in block.lines and days and days[0][0] >= 0.3:
        first = days[0][1]
        take[first.heading] = None
        block.put(
            "at",
            timed(first),
            0.8,
            _("when the campaign began, {called}").format(called=called),
            columns=(first.heading,),
        )
    kinds = [
        s
        for s in free
        if s.kind == "text" and {"category", "kind", "name", "campaign"} & s.concepts and s.distinct >= 2
    ]
    kinds.sort(key=lambda s: (not {"category", "kind"} & s.concepts, s.distinct))
    if kinds:
        take[kinds[0].heading] = None
        says = (_("{a}, {b}").format(a=called, b=seen(kinds[0])), (guess.column.heading,), (kinds[0].heading,))
        # A type beside the campaign, as one customer may be in several of a type; a name in its place.
        if {"category", "kind"} & kinds[0].concepts:
            block.put("campaign_type", kinds[0].heading, 0.75, says[0], columns=says[2])
        else:
            block.put("campaign", kinds[0].heading, 0.75, *says)
    channel = next((s for s in free if "channel" in s.concepts and s.few), None)
    if channel is not None:
        take[channel.heading] = None
        block.put(
            "channel",
            channel.heading,
            0.85,
            _("{a}, {b}").format(a=called, b=seen(channel)),
            columns=(channel.heading,),
        )
        values(block, "channel", channel)
    if take:
        block.joins.append(Joined(link.to, {link.column: link.key}, take, called))


def _channel(block: Block, guess: Guess | None, arm: Seen | None) -> None:
    if "channel" in block.lines:
        return
    if (
        guess is not None
        and guess.score >= 0.5
        and (arm is None or (brought("channel", guess.column)[0] and "contact" in guess.column.concepts))
    ):
        fed(block, "channel", guess)
        values(block, "channel", guess.column)
        return
    own = [line.given for line in block.lines.values()]
    told = ([block.file.sheet.called], arm.values if arm else (), own, block.file.seen)
    words = [{w for t in texts for w, _m in tokens(t)} for texts in told]
    said = next((code for there in words for code, listed in CHANNELS_SAID if there & among(listed)), "")
    given = said or "other"
    block.put("channel", literal(given), 0.7 if said else 0.4, _("no column says over which channel"), columns=())
    block.doubts["channel"] = _("say which: email, letter, sms, phone, wechat, app …")


def _responded(folder: Folder, block: Block, campaign: Seen) -> None:
    """When a customer responded to a campaign, from a file of responses with customer, campaign and day."""
    whose = block.lines.get("customer_id")
    if whose is None or whose.given not in block.file.seen:
        return
    taken = {h.lower() for h in (*block.file.seen, *(t for j in block.joins for t in j.take))}
    for other in (f for f in folder.files if f is not block.file):
        theirs = customer_of(folder, other)[0]
        same = next((s for s in other.seen.values() if s.heading.lower() == campaign.heading.lower()), None)
        days = [s for s in other.dates() if s.heading.lower() not in taken]
        speaks = {"redeem", "respond", "convert", "click"} & (
            other.words | {c for s in other.seen.values() for c in s.concepts}
        )
        if theirs is None or same is None or not days or not speaks or same is theirs:
            continue
        on = {whose.given: theirs.heading, campaign.heading: same.heading}
        called = _("first response, from {file}").format(file=other.sheet.called)
        block.joins.append(Joined(other, on, {days[0].heading: "min"}, called))
        block.put("responded_at", timed(days[0]), 0.8, called, columns=(days[0].heading,))
        return


def outcomes(folder: Folder, file: File, role: Role) -> Block:
    """A source of what trials and campaigns are judged by: a row an outcome, or columns of visits, conversions and spend."""
    block = Block("outcomes", file)
    guesses = role.guesses
    wide = came_of(file)
    arm = arm_of(file)
    if not attach(folder, block, line=arm is not None or bool(wide)):
        block.off = _("no column says whose outcome it is")
    day = guesses.get("at")
    if day is not None:
        dated(block, "at", day)
    if arm is not None and wide:
        block.unpivot = patterns([s.heading for s in wide], file.sheet)
        block.put("name", "name", 0.85, beside(s.heading for s in wide), columns=())
        yes = "when lower(value) in ('true', 'yes', 'y', '是') then '1' when lower(value) in ('false', 'no', 'n', '否') then '0'"
        flags = any(s.kind == "flag" and not set(s.values) <= {"0", "1"} for s in wide)
        block.put("value", f"case {yes} else value end" if flags else "value", 0.85, seen(wide[0]), columns=())
        return block
    campaign = next((s for s in file.seen.values() if "campaign" in s.concepts and s.kind != "date"), None)
    if campaign is not None:
        block.put("campaign", campaign.heading, 0.8, seen(campaign))
    name, value = guesses.get("name"), guesses.get("value")
    if name is not None and name.column is not campaign and name.score >= 0.5:
        fed(block, "name", name)
    else:
        said = next((w for w, m in tokens(file.sheet.called) if {"redeem", "convert"} & set(m)), "outcome")
        block.put("name", literal(said), 0.7, _("a name for what happened"), columns=())
    if value is not None and value.score >= 0.5:
        given = (
            value.column.heading
            if value.column.kind == "number"
            else f"case when {says(value.column)} then 1 else 0 end"
        )
        block.put("value", given, value.score, why(value), value.others, (value.column.heading,))
    else:
        block.put("value", "1", 0.8, _("each row is one that happened"), columns=())
    return block


def consents(folder: Folder, file: File, role: Role) -> Block:
    """A source of consents."""
    block = Block("consents", file)
    guesses = role.guesses
    if not attach(folder, block):
        block.off = _("no column says whose consent it is")
    for name in ("channel", "purpose", "granted_at", "withdrawn_at"):
        guess = guesses.get(name)
        if guess is not None and guess.score >= 0.35:
            fed(block, name, guess)
    if "channel" in block.lines:
        values(block, "channel", guesses["channel"].column)
    if "purpose" not in block.lines:
        block.put("purpose", "'sales'", 0.5, _("no column says for what"), columns=())
        block.doubts["purpose"] = _("say which: sales, service, care, survey …")
    for name in ("channel", "granted_at"):
        if name not in block.lines:
            block.off = block.off or _("nothing feeds {field}").format(field=name)
    return block


def events(folder: Folder, file: File, role: Role) -> Block:
    """A source of what happened to customers: cancellations above all."""
    block = Block("events", file)
    guesses = role.guesses
    if not attach(folder, block):
        block.off = _("no column says whom it happened to")
    key = guesses.get("event_id")
    if key is not None and key.column.unique:
        fed(block, "event_id", key)
    day = guesses.get("at")
    if day is None:
        block.off = _("no column of days")
    else:
        dated(block, "at", day)
    kind = guesses.get("kind")
    if (
        kind is not None
        and kind.score >= 0.6
        and kind.column is not (guesses["reason"].column if "reason" in guesses else None)
    ):
        fed(block, "kind", kind)
        left = [v for v in kind.column.values[:60] if {"cancel"} & {c for _w, m in tokens(v) for c in m}]
        if left:
            block.values["kind"] = {v: "cancellation" for v in left if v != "cancellation"}
        return _reason(block, guesses)
    block.put("kind", "'cancellation'", 0.8, _("the file speaks of customers who left"), columns=())
    return _reason(block, guesses)


def _reason(block: Block, guesses: dict[str, Guess]) -> Block:
    optional(block, guesses, "reason")
    if not block.values.get("kind", {"": ""}):
        block.values.pop("kind")
    return block
