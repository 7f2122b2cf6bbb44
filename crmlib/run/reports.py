"""The customer value report (D076, D131): a page for each account whose quarterly review is due, with its own figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from crmlib.facts.company import Company
from crmlib.measures import rhythm, tiers, value_report
from crmlib.run.calendars import file_names
from crmlib.run.rendering import render
from crmlib.run.worklists import Own
from crmlib.vocabulary import language
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, _, ngettext

SHOWN = 6
"""Categories of a report; the rest is one line."""
WIDE, HIGH, EDGE = 460, 200, 30
"""Size of the curve, and the room for its words, in pixels."""
HELD = (
    Held(
        "private/reports/*.html",
        N_("the customer value report of an account"),
        N_("the account and we look at it in the quarterly review"),
        "private",
        whole=True,
    ),
)


def due(c: Company, alone: frozenset[str]) -> list[str]:
    """The accounts whose review is due, but for those to be left `alone`: pseudonyms, longest waiting first."""
    waiting = rhythm.review_due(c, tiers.tiers(c)).to_pandas()["customer_id"]
    return [who for who in waiting if who not in alone]


def files(c: Company, customers: Sequence[str], own: Own, company: str) -> dict[str, str | bytes]:
    """The reports by file name, in the language in force, of at most as many accounts as the team can work with."""
    listed = list(customers)[: c.policy.contact.capacity]
    if not listed:
        return {}
    frame = pd.DataFrame({"customer_id": listed, "arm": "act", "due_on": ""})
    called = dict(zip(listed, own.rows(frame, ""), strict=True))
    told = value_report.summary(c, listed).to_dict("records")
    months = dict(tuple(value_report.months(c, listed).groupby("customer_id")))
    bought = dict(tuple(value_report.categories(c, listed).groupby("customer_id")))
    names = file_names([str(row["customer_id"]) for row in called.values()])
    made: dict[str, str | bytes] = {}
    for row in told:
        who = called[row["customer_id"]]
        page = _page(c, row, months.get(row["customer_id"]), bought.get(row["customer_id"]), who, company)
        made[f"reports/{names[str(who['customer_id'])]}.html"] = page
    return made


def _page(
    c: Company,
    row: Mapping[Any, Any],
    months: pd.DataFrame | None,
    bought: pd.DataFrame | None,
    who: Mapping[str, Any],
    company: str,
) -> str:
    called = str(who.get("name") or who["customer_id"])
    curve, said = _curve(months, c.as_of)
    unknown = [what for column, what in (("use_days", _("use")), ("cases", _("service cases"))) if pd.isna(row[column])]
    return render(
        "report.html.j2",
        company=company,
        whose=str(who["customer_id"]),
        title=_("Customer value report for {customer}").format(customer=called),
        lede=_("What we did together, up to {day}; all figures are of this account alone.").format(
            day=language.day(c.as_of)
        ),
        tiles=_tiles(row),
        curve=curve,
        curve_said=said,
        bought=_bought(bought, row),
        advice=_advice(c, row, bought),
        missing=_("Not on record here: {what}.").format(what=language.listed(unknown)) if unknown else "",
        foot=_("Made with crmlib from the company's own records of {month}.").format(month=language.month(c.as_of)),
    )


def _tiles(row: Mapping[Any, Any]) -> list[dict[str, str]]:
    tiles = []

    def tile(name: str, value: str, change: str = "") -> None:
        tiles.append({"label": name, "value": value, "change": change})

    if pd.notna(row["net"]):
        tile(_("Purchases, 12 months"), language.money(row["net"]), _against(row["net"], row["net_before"]))
    if pd.notna(row["orders"]):
        tile(_("Orders, 12 months"), language.number(row["orders"]), _against(row["orders"], row["orders_before"]))
    if pd.notna(row["use_days"]):
        tile(
            _("Days of use, 12 months"),
            language.number(row["use_days"]),
            _against(row["use_days"], row["use_days_before"]),
        )
    if pd.notna(row["cases"]):
        solved = _("{share} solved").format(share=language.percent(row["solved"], 0)) if pd.notna(row["solved"]) else ""
        tile(_("Service cases, 12 months"), language.number(row["cases"]), solved)
    if pd.notna(row["promised"]) and row["promised"]:
        kept = language.percent(row["in_time"] / row["promised"], 0)
        of = ngettext("of {n} promise", "of {n} promises", int(row["promised"])).format(
            n=language.number(row["promised"])
        )
        tile(_("Promises kept"), kept, of)
    if pd.notna(row["ends_on"]):
        tile(_("Contract runs until"), language.day(pd.Timestamp(row["ends_on"])))
    return tiles


def _against(now: float, before: float) -> str:
    """Against the 12 months before, where there is something to compare with."""
    if pd.isna(before) or before <= 0:
        return _("nothing in the 12 months before") if now > 0 else ""
    change = now / before - 1
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    return _("{change} against the 12 months before").format(change=f"{sign}{language.percent(abs(change), 0)}")


def _bought(bought: pd.DataFrame | None, row: Mapping[Any, Any]) -> list[dict[str, str]]:
    if bought is None or not len(bought) or not row["net"] > 0:
        return []
    rows = [(code_label(r["category"]), float(r["net"])) for r in bought.head(SHOWN).to_dict("records")]
    rest = float(row["net"]) - sum(net for _category, net in rows)
    if rest > 0.005 * float(row["net"]):
        rows.append((_("everything else"), rest))
    return [
        {"category": name, "net": language.money(net), "share": language.percent(net / float(row["net"]), 0)}
        for name, net in rows
    ]


def _advice(c: Company, row: Mapping[Any, Any], bought: pd.DataFrame | None) -> list[str]:
    """What follows from the figures, the owed first; each only where its figures are known."""
    lines = []
    if pd.notna(row["waiting"]) and (n := int(row["waiting"])):
        lines.append(
            ngettext(
                "We owe you {n} answer or solution beyond what we promised: we name the day today.",
                "We owe you {n} answers or solutions beyond what we promised: we name the days today.",
                n,
            ).format(n=language.number(n))
        )
    if (
        pd.notna(row["ends_on"])
        and (pd.Timestamp(row["ends_on"]) - pd.Timestamp(c.as_of)).days <= c.policy.contracts.renewal_days
    ):
        lines.append(
            _("The contract is up for renewal on {day}: what should change?").format(
                day=language.day(pd.Timestamp(row["ends_on"]))
            )
        )
    drop = c.policy.risk.frequency_drop
    if (
        pd.notna(row["use_days"])
        and row["use_days_before"] > 0
        and row["use_days"] <= (1 - drop) * row["use_days_before"]
    ):
        lines.append(_("You use it much less than a year ago: half an hour with those who work with it shows why."))
    if pd.notna(row["net"]) and row["net_before"] > 0:
        if row["net"] < 0.9 * row["net_before"]:
            lines.append(
                _(
                    "You ordered less than the year before: let us see which part went elsewhere, or is not needed any more."
                )
            )
        elif row["net"] > 1.1 * row["net_before"]:
            lines.append(
                _(
                    "You ordered more than the year before: a plan for the quarter saves single orders and keeps stock ready."
                )
            )
    if bought is not None and len(bought) and row["net"] > 0 and float(bought["net"].iloc[0]) > 0.8 * float(row["net"]):
        name = code_label(bought["category"].iloc[0])
        lines.append(
            _("Nearly all of it is {category}: what you need beside it can come with the same order.").format(
                category=name
            )
        )
    return lines or [_("Nothing calls for a change: let us agree on one goal with a date for the next quarter.")]


def _curve(months: pd.DataFrame | None, as_of: date) -> tuple[Markup, str]:
    """The net revenue of the 12 months up to each month end as a line, and what it says; nothing without amounts."""
    if months is None or len(months) < 2 or not months["year_net"].abs().sum():
        return Markup(), ""
    values, days = [float(v) for v in months["year_net"]], list(months["month"])
    low, high = min(0.0, *values), max(values)
    step, span = (WIDE - 2 * EDGE) / (len(values) - 1), (high - low) or 1.0
    points = [(EDGE + i * step, HIGH - EDGE - (HIGH - 2 * EDGE) * (v - low) / span) for i, v in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    area = f"{points[0][0]:.1f},{HIGH - EDGE} {line} {points[-1][0]:.1f},{HIGH - EDGE}"
    said = _(
        "Purchases of twelve months, refunds taken off, month by month: from {first} ({day}) to {last} ({now})."
    ).format(
        first=language.money(values[0]),
        day=language.month(days[0]),
        last=language.money(values[-1]),
        now=language.month(as_of),
    )
    ends = [(0, "start"), (len(values) - 1, "end")]
    words = "".join(
        f'<text x="{points[i][0]:.1f}" y="{max(points[i][1] - 10, 14):.1f}" text-anchor="{anchor}">'
        f"{escape(language.money(values[i]))}</text>"
        f'<text x="{points[i][0]:.1f}" y="{HIGH - EDGE + 22}" text-anchor="{anchor}">{escape(language.month(days[i]))}</text>'
        for i, anchor in ends
    )
    return Markup(
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{escape(said)}" style="width:100%;font:14px sans-serif">'
        f'<line x1="{EDGE}" y1="{HIGH - EDGE}" x2="{WIDE - EDGE}" y2="{HIGH - EDGE}" stroke="#8a979d"/>'
        f'<polygon points="{area}" fill="#1f6f78" opacity="0.12"/>'
        f'<polyline points="{line}" fill="none" stroke="#1f6f78" stroke-width="2.5" stroke-linejoin="round"/>'
        f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="4" fill="#1f6f78"/>{words}</svg>'
    ), said
