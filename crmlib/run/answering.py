"""Controls on a page: their inputs, the card at the start, and the card at each of their states for the script of the page.

Without a script the inputs stay hidden, and the card says what it says at the start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from crmlib.show.controls import state_of, unpacked
from crmlib.vocabulary.language import _


def answering(html: str, groups: Sequence[Mapping[str, Any]]) -> str:
    """The card `html` of the start under the controls that answer with another (`controls.page_of`); groups that have a name fold
    beneath it, each with a card of its own.
    """
    if [group["called"] for group in groups] == [""]:
        return f'<div class="crm-try">{_inside(groups[0], html)}</div>'
    folds = []
    for group in groups:
        start = unpacked(group, state_of(group, [each["start"] for each in group["controls"]]))
        called = escape(_("Answer yourself: {what}").format(what=group["called"]))
        folds.append(
            f'<details class="crm-lesson crm-try" hidden><summary>{called}</summary>{_inside(group, start)}</details>'
        )
    return html + "".join(folds)


def written(told: Any) -> str:
    """JSON that may stand within a script of data: no tag begins or ends in it."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _inside(group: Mapping[str, Any], html: str) -> str:
    inputs = "".join(map(_question if group["kind"] == "questions" else _slider, group["controls"]))
    states = written({name: group[name] for name in ("keys", "templates", "states")})
    return (
        f'<div class="crm-controls" hidden>{inputs}</div><div class="crm-answer">{html}</div>'
        f'<p class="crm-unseen" role="status"></p><script type="application/json">{states}</script>'
    )


def _slider(given: Mapping[str, Any]) -> str:
    start, texts = given["start"], given["texts"]
    stops = escape(json.dumps(texts, ensure_ascii=False), quote=True)
    return (
        f'<label><span>{escape(given["called"])}</span><input type="range" min="0" max="{len(texts) - 1}" value="{start}" '
        f'autocomplete="off" aria-valuetext="{escape(texts[start], quote=True)}" data-stops="{stops}">'
        f"<b>{escape(texts[start])}</b></label>"
    )


def _question(given: Mapping[str, Any]) -> str:
    marks = "".join(f'<option value="{i}">{escape(text)}</option>' for i, text in enumerate(given["texts"]))
    return (
        f'<label><span>{escape(given["called"])}</span><select autocomplete="off"><option value="">–</option>{marks}</select>'
        "</label>"
    )
