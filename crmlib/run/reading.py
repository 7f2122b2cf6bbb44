"""The month's reading of a chapter: the question, the sentence, the picture and the decision of a section stand on the page;
what it teaches and its long tables fold beneath them. The lesson in JupyterLab shows them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape, unescape
from itertools import groupby
from typing import Any

from crmlib.run.folding import Part
from crmlib.show.listing import NAMED
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _, ngettext

CLAIMS = re.compile(r"claims\b")
"""Ids of the sections that test what the deck claims."""
CARD = '<div class="crm-card'
TRIED = "crm-try"
"""Class of a card that a control redraws."""
IN_FULL = re.compile(r"(^|-)(decisions|say)$")
"""Ids of the cells that a page shows in full: what to say, and what to decide."""
ANSWER = "answer"
"""Tag of the cell that answers the question of its section, where that is not the first which tells something."""
SHORT_TABLE = 45
"""Words up to which a table stands on the page beside the sentence or the picture of its section."""
FIRST_SAID, MORE_NAMED = 1, 1
"""Sentences of a card that a page shows at once, and names by which it calls what it folds."""
FIRST_ROWS, FEW_ROWS = 3, 5
"""Rows that a page shows of a longer table which is all that its section has to show, and rows up to which it shows all."""

_TABLE = re.compile(
    r'(?<!</summary>)(?P<open><div class="crm-scroll[^>]*><table class="crm-table"><thead>.*?</thead><tbody>)'
    r"(?P<rows>.*?)(?P<close></tbody></table></div>)(?P<more><p class=\"crm-under\">…[^<]*</p>)?",
    re.DOTALL,
)
_SAID = re.compile(r'<p class="crm-say">(.*?)</p>', re.DOTALL)
_TOLD = re.compile(r'<p class="crm-say">|<figure|class="crm-(?:strips|heat)"')
_LESSON = re.compile(r'\s*(?:<h3\b.*?</h3>\s*)?<details class="crm-lesson">', re.DOTALL)
_HEADED = re.compile(r"\s*(<h2\b.*?</h2>)(.*)", re.DOTALL)
_LETTERS = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+")


@dataclass(frozen=True)
class Section:
    """One cell as the page shows it, or a section of several; `of` says which, and of a cell whether it answers its section.
    `abreast`: its cards may stand side by side, as no other section stands beside it.
    """

    id: str
    html: str
    of: str = "cell"
    abreast: bool = False


def arranged(cells: Sequence[Section]) -> list[Section]:
    """Cells as the month reads them, section by section: the question, what answers it first, then why it matters; what else the
    section has to show is under one fold, called by what it asks. What to decide stays whole.
    """
    parts: list[list[Section]] = []
    for cell in cells:
        if _HEADED.match(cell.html) or not parts:
            parts.append([])
        parts[-1].append(cell)
    return [*_in_rows([section for part in parts for section in _arranged(part)])]


def _in_rows(sections: Sequence[Section]) -> Iterator[Section]:
    """Sections with cards stand in rows of two; of an odd number on end the last has its row to itself, and its cards room."""
    for has_cards, run in groupby(sections, key=lambda one: one.of == "part" and CARD in one.html):
        *those, last = run
        yield from (replace(one, abreast=False) for one in those)
        yield replace(last, abreast=last.abreast and has_cards and len(those) % 2 == 0)


def _arranged(part: Sequence[Section]) -> Iterator[Section]:
    headed = _HEADED.match(part[0].html)
    if headed is None or IN_FULL.search(part[0].id):
        yield from part
        return
    rest = [*part[1:]]
    told = [one for one in rest if _TOLD.search(one.html)]
    answer = next((one for one in told if one.of == ANSWER), next(iter(told), None))
    answer = answer or next((one for one in rest if not _LESSON.match(one.html)), None)
    said = [one for one in rest if IN_FULL.search(one.id)]
    rest = [one for one in rest if one is not answer and one not in said]
    first = [replace(answer, html=_first_said(answer.html))] if answer else []
    shown = "".join(map(_cell, [*first, *(replace(one, html=_first_paragraph(one.html)) for one in said)]))
    lesson = f'<div class="crm-cell">{headed.group(2)}</div>' if headed.group(2).strip() else ""
    several = answer is not None and answer.html.count(CARD) > 1
    yield Section(part[0].id, f"{headed.group(1)}{shown}{lesson}{_more(rest)}", "part", abreast=several)


def _first_said(html: str) -> str:
    """A card that says much, with what it says first; the rest folds. A card that a control redraws stays whole."""
    said = [*_SAID.finditer(html)]
    if len(said) <= FIRST_SAID or TRIED in html:
        return html
    begins, ends = said[FIRST_SAID].start(), said[-1].end()
    if _SAID.sub("", html[begins:ends]).strip():
        return html
    left = len(said) - FIRST_SAID
    more = ngettext("{n} more sentence", "{n} more sentences", left).format(n=language.number(left))
    fold = f'<details class="crm-lesson"><summary>{escape(more)}</summary>{html[begins:ends]}</details>'
    return f"{html[:begins]}{fold}{html[ends:]}"


def _first_paragraph(html: str) -> str:
    """What to say or decide, and folded beneath it what there is to say about it."""
    first, end, rest = html.partition("</p>")
    fold = f'<details class="crm-lesson"><summary>{escape(_("More"))}</summary>{rest}</details>' if rest.strip() else ""
    return f"{first}{end}{fold}"


def _more(rest: Sequence[Section]) -> str:
    if not rest:
        return ""
    html = "".join(one.html for one in rest)
    asked = re.findall(r'crm-lesson"><summary>(.*?)</summary>|<h3\b[^>]*>(.*?)</h3>', html, re.DOTALL)
    named = [_text(one or other).strip().rstrip("?？") for one, other in asked]
    named = [name for name in named if name != _("Why, and how to read it")]
    named = named[:MORE_NAMED] + (["…"] if len(named) > MORE_NAMED else [])
    called = _("More: {what}").format(what=" · ".join(named)) if named else _("More")
    return f'<details class="crm-rest"><summary>{escape(called)}</summary>{"".join(map(_cell, rest))}</details>'


def _cell(one: Section) -> str:
    return f'<section class="crm-cell" id="{escape(one.id, quote=True)}">{one.html}</section>'


def in_short(cells: Sequence[Section], most: int = 3) -> list[str]:
    """The first sentence of each of the first sections that say one. What a control says is of no month, nor is how many claims
    of the deck were tested.
    """
    parts = [one for one in arranged(cells) if one.of == "part" and not CLAIMS.match(one.id)]
    found = ((section.html, _SAID.search(section.html)) for section in parts)
    return [
        said.group(1) for html, said in found if said and TRIED not in html[: html.find("</section>", said.start())]
    ][:most]


def lesson(html: str, cell: str) -> str:
    """Words of a cell as the month's page shows them: the heading, and what it teaches under a fold, called by its first words
    where they stand out. Words of a cell whose id says that they are to be said or decided stand in full.
    """
    found = re.match(r"\s*((?:<h[1-3]\b.*?</h[1-3]>\s*)*)(.*)", html, flags=re.DOTALL)
    heading, words = found.groups() if found else ("", html)
    if IN_FULL.search(cell) or not words.strip():
        return html
    lead = None if heading else re.match(r"<p><strong>(.*?)</strong>", words.strip())
    called = lead.group(1).rstrip(".。:：") if lead else escape(_("Why, and how to read it"))
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
    return _TOLD.search(shown) is not None


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
