"""The month's reading of a chapter: the question, the sentence, the picture and the decision of a section stand on the page;
what it teaches and its long tables fold beneath them. The lesson in JupyterLab shows them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Any

from crmlib.run.folding import Part
from crmlib.show.listing import NAMED
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _, ngettext

IN_FULL = re.compile(r"(^|-)(decisions|say)$")
"""Ids of the cells that a page shows in full: what to say, and what to decide."""
SHORT_TABLE = 45
"""Words up to which a table stands on the page beside the sentence or the picture of its section."""
FIRST_ROWS, FEW_ROWS = 3, 5
"""Rows that a page shows of a longer table which is all that its section has to show, and rows up to which it shows all."""

_TABLE = re.compile(
    r'(?<!</summary>)(?P<open><div class="crm-scroll[^>]*><table class="crm-table"><thead>.*?</thead><tbody>)'
    r"(?P<rows>.*?)(?P<close></tbody></table></div>)(?P<more><p class=\"crm-under\">…[^<]*</p>)?",
    re.DOTALL,
)
_LETTERS = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+")


def lesson(html: str, cell: str) -> str:
    """Words of a cell as the month's page shows them: the heading, and what it teaches under a fold, called by its first words
    where they stand out. Words of a cell whose id says that they are to be said or decided stand in full.
    """
    found = re.match(r"\s*((?:<h[1-3]\b.*?</h[1-3]>\s*)*)(.*)", html, flags=re.DOTALL)
    heading, words = found.groups() if found else ("", html)
    if IN_FULL.search(cell) or not words.strip():
        return html
    lead = None if heading else re.match(r"<p><strong>(.*?)</strong>", words.strip())
    called = lead.group(1).rstrip(".。:：") if lead else escape(_("Why it matters, and how to read it"))
    if "<h1" in heading:
        called = escape(_("What this chapter teaches"))
    return f'{heading}<details class="crm-lesson"><summary>{called}</summary>{words}</details>'


def says_by_itself(notebook: Any, parts: list[Part]) -> set[int]:
    """Numbers of the cells in whose section, or subsection, a sentence or a picture stands, so that its tables may fold."""
    narrowest = {i: number for number, part in enumerate(parts) for i in part.cells}
    told = {narrowest.get(i) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and _tells(cell)}
    return {i for i, part in narrowest.items() if part in told}


def _tells(cell: Any) -> bool:
    shown = "".join(output.get("data", {}).get("text/html", "") for output in cell.get("outputs", ()))
    return 'class="crm-say"' in shown or "<figure" in shown


def tables(html: str, *, beside: bool) -> str:
    """The cards of a cell with their long tables folded: whole where a sentence or a picture stands `beside` them, else after
    the first rows. A short table stays.
    """
    return _TABLE.sub(_folding(beside), html)


def _folding(beside: bool) -> Callable[[re.Match[str]], str]:
    def folded(found: re.Match[str]) -> str:
        whole, rows = found.group(0), re.findall(r"<tr>.*?</tr>", found["rows"], flags=re.DOTALL)
        if len(_LETTERS.findall(_text(whole))) <= SHORT_TABLE or (not beside and len(rows) <= FEW_ROWS):
            return whole
        heads = [_text(head).strip() for head in re.findall(r"<th\b.*?</th>", found["open"], flags=re.DOTALL)]
        named = heads[:NAMED] + (["…"] if len(heads) > NAMED else [])
        left = rows if beside else rows[FIRST_ROWS:]
        called = ngettext("Table: {columns} ({n} row)", "Table: {columns} ({n} rows)", len(left)) if beside else ""
        called = called or ngettext("{n} more row", "{n} more rows", len(left))
        called = called.format(columns=" · ".join(named), n=language.number(len(left)))
        first = "" if beside else f"{found['open']}{''.join(rows[:FIRST_ROWS])}{found['close']}"
        rest = f"{found['open']}{''.join(left)}{found['close']}{found['more'] or ''}"
        kind = "crm-data" if beside else "crm-data crm-more"
        return f'{first}<details class="{kind}"><summary>{escape(called)}</summary>{rest}</details>'

    return folded


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html))
