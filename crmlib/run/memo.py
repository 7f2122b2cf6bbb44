"""The month as a memo to hand on, a page and the text of a mail: no number that is not in `kpis.csv`, no single customer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, Final

from crmlib.run.rendering import render
from crmlib.vocabulary import language
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _

PAGE: Final = "memo.html"
TEXT: Final = "memo.txt"
HELD = (Held(TEXT, N_("the month as a memo"), N_("the text of a mail"), "published"),)
"""The page is one of the review's pages."""


def files(month: Mapping[str, Any]) -> dict[str, str]:
    """The memo by file name, of what is said of a month (`run.month.contents`), in the language in force."""
    tables = [label(table["table"], "table") for table in month["missing"]]
    shown = {
        **{name: month[name] for name in ("company", "month", "lede", "in_short", "tiles", "groups")},
        "lacking": _("Not recorded here: {names}.").format(names=language.listed(tables)) if tables else "",
    }
    return {PAGE: render("memo.html.j2", **shown), TEXT: _text(shown)}


def _text(memo: Mapping[str, Any]) -> str:
    """Paragraphs, a blank line between them, and a line for each figure and group: a mail breaks lines itself."""
    parts = [f"{memo['company']} · {memo['month']}", *memo["in_short"]]
    if memo["tiles"]:
        parts.append("\n".join([_("The figures that matter"), *map(_figure, memo["tiles"])]))
    if memo["groups"]:
        parts.append("\n".join([_("Whom to begin with"), *map(_group, memo["groups"]["rows"])]))
    if memo["lacking"]:
        parts.append(memo["lacking"])
    return "\n\n".join([*parts, memo["lede"]]) + "\n"


def _figure(tile: Mapping[str, str]) -> str:
    text = _("{label}: {value}, {range}.") if tile["range"] else _("{label}: {value}.")
    more = [tile[name] for name in ("stale", "change") if tile[name]]
    told = text.format(**tile)
    for sentence in more:
        told = _("{said} {more}").format(said=told, more=sentence)
    return f"- {told}"


def _group(group: Mapping[str, str]) -> str:
    parts = [_("{n} customers").format(n=group["customers"])]
    if group["worth"]:
        parts.append(_("expected margin {value}").format(value=group["worth"]))
    if group["due"]:
        parts.append(_("first due {day}").format(day=group["due"]))
    called = _("{reason} ({channel})").format(reason=group["why"], channel=group["channel"])
    value = reduce(lambda one, other: _("{one}; {other}").format(one=one, other=other), parts)
    return "- " + _("{label}: {value}.").format(label=called, value=value)
