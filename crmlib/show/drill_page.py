"""How the crisis drill looks: what came in and went out, the rubric, and what it came to, as HTML and as text."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from crmlib.facts.company import Company
from crmlib.show.crisis_rubric import ENOUGH, GROUPS, RUBRIC, Point, mastered, shares
from crmlib.show.incidents import ADDRESSEES, Incident, Sent, hour
from crmlib.vocabulary.language import _, beside, number, percent

if TYPE_CHECKING:
    from crmlib.show.drill import Drill


def carried(incident: Incident, c: Company) -> bool:
    """Whether the company has anybody whom the incident concerns."""
    return bool(c.knows("orders") and incident.filled(c))


def not_carried() -> tuple[str, str]:
    """What is said instead of an incident that concerns nobody here."""
    head, text = _("Does not count here."), _("No customer of this company would be concerned.")
    said = f'<p class="crm-say"><strong>{escape(head)}</strong> {escape(text)}</p>'
    return f'<div class="crm-card crm-open" role="status">{said}</div>', f"{head} {text}"


def limits(c: Company) -> dict[str, str]:
    """The hours that policy gives to the first word and to the plan, as they stand in the rubric."""
    service = c.policy.service
    return {
        "first": number(service.crisis_first_response_hours),
        "plan": number(service.crisis_resolution_hours),
    }


def rubric(c: Company) -> tuple[str, str]:
    """What is scored, group by group."""
    parts, lines = [], []
    for group, title in GROUPS.items():
        asks = [_(point.asks).format(**limits(c)) for point in RUBRIC if point.group == group]
        parts.append(
            f"<p><strong>{escape(_(title))}</strong></p><ul>{''.join(f'<li>{escape(t)}</li>' for t in asks)}</ul>"
        )
        lines += [_(title), *(f"- {text}" for text in asks)]
    enough = _(
        "Each of these is a point. Mastered is a drill with {share} of the points of each group, if none of these four is "
        "missed: the first word in time, nobody blamed, no cause before it is known, nothing beyond what may be given."
    ).format(share=percent(ENOUGH, 0))
    html = f'<div class="crm-card crm-asks">{"".join(parts)}<p>{escape(enough)}</p></div>'
    return html, "\n".join([*lines, enough])


def opening(incident: Incident, c: Company) -> str:
    """What stands at the head of an incident."""
    text = escape(incident.said(c, incident.opening))
    return f'<div class="crm-card crm-asks"><p><strong>{escape(_(incident.title))}</strong></p><p>{text}</p></div>'


def head(drill: Drill) -> str:
    """The clock, and how fast it goes."""
    state = (
        _("not begun")
        if not drill.begun
        else _("ended")
        if drill.over
        else _("{n} minutes of the drill in a minute").format(n=number(drill.clock.speed))
        if drill.clock.running
        else _("stands still")
    )
    return f'<p class="crm-clock"><strong>{escape(hour(drill.clock.now()))}</strong> {escape(state)}</p>'


def posts(drill: Drill) -> str:
    """What came in and went out, in the order of the clock."""
    incident, c = drill.incident, drill.company
    rows: list[tuple[float, int, str]] = [
        (a.minute, 0, _post(hour(a.minute), _(a.sender), incident.said(c, a.text))) for a in drill.arrived()
    ]
    rows += [(s.minute, 1, _sent(s)) for s in drill.sent]
    listed = "".join(text for _minute, _own, text in sorted(rows, key=lambda row: row[:2]))
    table = incident.rows(c) if drill.begun else ""
    return f'<div class="crm-posts" role="log">{listed}</div>{table}'


def _post(when: str, who: str, text: str, own: bool = False) -> str:
    mine = " crm-own" if own else ""
    return f'<div class="crm-post{mine}"><p class="crm-under">{escape(when)} · {escape(who)}</p><p>{escape(text)}</p></div>'


def _sent(sent: Sent) -> str:
    to = _("You, to: {whom}").format(whom=_(ADDRESSEES[sent.to]))
    return _post(hour(sent.minute), to, sent.text, own=True)


def verdict(incident: Incident, c: Company, scored: Mapping[str, bool]) -> str:
    """What a drill came to: points by group, each criterion, and one way to play it."""
    right = mastered(scored)
    told = beside(
        _("{group} {had} of {n}").format(group=_(GROUPS[group]), had=number(had), n=number(of))
        for group, (had, of) in shares(scored).items()
    )
    title = _("Mastered.") if right else _("Not yet:")
    rows = "".join(_point(point, c, scored[point.code]) for point in RUBRIC)
    closing = _("A crisis answered in this way is not where customers leave, but where they see whom they have.")
    model = "".join(_sent(Sent(s.minute, s.to, incident.said(c, s.text))) for s in incident.model)
    style = "crm-right" if right else "crm-wrong"
    return (
        f'<div class="crm-card {style}" role="status"><p class="crm-say"><strong>{escape(title)}</strong> {escape(told)}</p>'
        f'<ul class="crm-points">{rows}</ul>{f"<p>{escape(closing)}</p>" if right else ""}'
        f'<details><summary>{escape(_("One way to play it"))}</summary><div class="crm-posts">{model}</div></details></div>'
    )


def _point(point: Point, c: Company, had: bool) -> str:
    """A criterion in the list of them: what was asked where it was had, else what was missed."""
    style, word = ("crm-had", _("had")) if had else ("crm-missed", _("missed"))
    text = _(point.asks).format(**limits(c)) if had else _(point.missed)
    return f'<li class="{style}"><strong>{escape(word)}</strong> {escape(text)}</li>'
