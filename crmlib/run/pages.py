"""An executed notebook becomes a page that opens without any network: words and result cards, no code, one script of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html import escape, unescape
from typing import Any

import nbformat
import pandas as pd
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from crmlib.run import answering, folding, reading
from crmlib.run.engine import Failure
from crmlib.run.rendering import render
from crmlib.show.controls import CONTROLS_MIME
from crmlib.show.findings import (
    ACTIONS_MIME,
    BOARD_MIME,
    IMPROVEMENTS_MIME,
    MOVES_MIME,
    WHOLE_MIME,
    quantity,
    segment_label,
    segments,
)
from crmlib.show.withholding import rule
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _

HIDDEN_TAGS = {"parameters", "injected-parameters", "setup"}
DECISIONS = re.compile(r"(^|-)decisions$")
"""Ids of the cells with what to decide; where nothing of it is left, a page says at once what it leaves out."""
LONGEST_MESSAGE = 200

_PRIVATE = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+"  # e-mail
    r"|\w+://\S+"  # address
    r"|(?:~|\b[A-Za-z]:|(?<![\w.]))(?:[\\/][^\s\\/'\",:;)\]]+){2,}[\\/]?"  # path of two parts or more
    r"|(?!\d{4}-\d\d(?:-\d\d)?\b)\+?(?:\d[\s().-]{0,2}){6,}\d"  # telephone number and the like, but no date
)
_ACTIVE = re.compile(
    r"<(script|style|iframe|object)\b.*?</\1\s*>|</?(?:script|style|link|iframe|object|embed)\b[^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_NUMBERED = re.compile(r"^(?:Chapter\s+\d+|第\s*\w+\s*章|\d+)\s*[·:.：—–-]\s*", re.IGNORECASE)
_OUTWARD = re.compile(r"\s(?:href|src|srcset|action|poster)\s*=\s*([\"'])\s*(?:[a-z]+:)?//.*?\1", re.IGNORECASE)


def title_of(notebook: Any, name: str) -> str:
    """First heading of the notebook without its chapter number, else its file name."""
    for cell in notebook.cells:
        found = re.search(r"^#\s+(.+?)\s*#*$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
        if found:
            return _NUMBERED.sub("", found.group(1))
    return name


def plain(message: str) -> str:
    """One line of an error without paths, addresses, numbers of persons, and not too long."""
    line = message.strip().splitlines()[0].strip() if message.strip() else ""
    line = _PRIVATE.sub("…", line)
    return line if len(line) <= LONGEST_MESSAGE else line[:LONGEST_MESSAGE].rstrip() + "…"


def explained(failure: Failure) -> tuple[str, str]:
    """What happened and what to do, in words."""
    cell = failure.cell
    if failure.kind == "error":
        said = plain(failure.message)
        what = (
            _("The cell “{cell}” could not be computed: {message} ({kind}).").format(
                cell=cell, message=said, kind=failure.name
            )
            if said
            else _("The cell “{cell}” could not be computed ({kind}).").format(cell=cell, kind=failure.name)
        )
        return what, _(
            "Check the data with “crmlib check”, or open this chapter with “crmlib lab” "
            "and run the cell there; then run the review again with --force."
        )
    said = {
        "stalled": _("The cell “{cell}” stopped answering, and once more when the chapter was run again."),
        "too_long": _(
            "The cell “{cell}” took longer than a chapter may, and once more when the chapter was run again."
        ),
        "died": _(
            "The computation ended without a word at the cell “{cell}”, and once more when the chapter was run again; "
            "most often the memory was not enough."
        ),
    }[failure.kind]
    return said.format(cell=cell), _(
        "Close other programs and run the review again with --force; with --workers 1 it needs the least memory."
    )


def published(notebook: Any, *, for_page: bool = False) -> Any:
    """The notebook as it is kept beside its page: no action list, whole figure, traceback, printing, widget or state of one,
    nothing of the machine; `for_page` with what its page needs beyond that, which are the states of its controls.
    """
    kept = nbformat.from_dict(notebook)
    kept = nbformat.reads(nbformat.writes(kept), as_version=4)
    kept.metadata.pop("papermill", None)
    kept.metadata.pop("widgets", None)
    for cell in kept.cells:
        cell.metadata.pop("papermill", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in (_kept(o, for_page) for o in cell.outputs) if o]
    return kept


def _kept(output: Any, for_page: bool) -> Any:
    if output.output_type == "stream":
        return None
    if output.output_type == "error":
        output.evalue, output.traceback = plain(output.evalue), []
        return output
    for carried in (ACTIONS_MIME, BOARD_MIME, IMPROVEMENTS_MIME, MOVES_MIME, WHOLE_MIME):
        output.data.pop(carried, None)
    if not for_page:
        output.data.pop(CONTROLS_MIME, None)
    if output.data.pop("application/vnd.jupyter.widget-view+json", None) and "text/html" not in output.data:
        return None
    return output if output.data else None


def chapter_page(
    notebook: Any,
    *,
    name: str,
    company: str,
    month: date,
    chapters: Sequence[Any],
    failure: Failure | None = None,
    carried: pd.DataFrame | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The page of one chapter, in the language in force; `chapters` have a `name` and a `title` each, `carried` are earlier
    figures standing in for those of a failed one.
    """
    cells, contents = _sections(notebook)
    position = [c.name for c in chapters].index(name)
    return render(
        "chapter.html.j2",
        title=title_of(notebook, name),
        company=company,
        month=language.month(month),
        sections=[
            (one.id, f"{one.of} crm-abreast" if one.abreast else one.of, Markup(one.html))
            for one in reading.arranged(cells)
        ],
        in_short=[Markup(said) for said in reading.in_short(cells)],
        contents=contents,
        told=rule(),
        stopped=explained(failure) if failure else None,
        carried=figures(carried) if carried is not None else [],
        notes=notes,
        before=chapters[position - 1] if position else None,
        after=chapters[position + 1] if position + 1 < len(chapters) else None,
    )


def figures(rows: pd.DataFrame) -> list[dict[str, str]]:
    """Rows of kpis.csv as a reader writes them."""
    shown = []
    among = segments(rows)
    for row in rows.to_dict("records"):
        kpi, unit = str(row["kpi"]), str(row["unit"])
        shown.append(
            {
                "kpi": kpi,
                "label": label(kpi, "kpi"),
                "group": segment_label(row["segment"], kpi, among[kpi]) if row["segment"] else "",
                "value": quantity(float(row["value"]), unit),
                "range": between(row),
                "period": month_called(str(row["period"])),
            }
        )
    return shown


def between(row: Any) -> str:
    """An interval in words; empty where there is none."""
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return ""
    unit = str(row["unit"])
    return _("between {low} and {high}").format(
        low=quantity(float(row["low"]), unit), high=quantity(float(row["high"]), unit)
    )


def month_called(period: str) -> str:
    """YYYY-MM as the language writes it."""
    return language.month(date.fromisoformat(f"{period}-01"))


def _sections(notebook: Any) -> tuple[list[reading.Section], list[tuple[str, str]]]:
    """What the page shows of each cell, and its contents; what it leaves out (`folding`) is named in a line at its end, or
    at its beginning where nothing is left to decide.
    """
    sections: list[reading.Section] = []
    contents: list[tuple[str, str]] = []
    left = folding.folded(notebook)
    headed = [part for part in folding.parts(notebook) if part.rank < 4]
    beside = reading.says_by_itself(notebook, headed)
    for i, cell in enumerate(notebook.cells):
        if HIDDEN_TAGS & set(cell.metadata.get("tags", ())) or i in left.cells:
            continue
        words = folding.told(cell, left) if cell.cell_type == "markdown" else ""
        html = (
            reading.lesson(_words(words, contents), str(cell.get("id", "")))
            if cell.cell_type == "markdown"
            else reading.tables("".join(map(_output, cell.get("outputs", ()))), beside=i in beside)
        )
        if html:
            of = reading.ANSWER if reading.ANSWER in cell.metadata.get("tags", ()) else "cell"
            sections.append(reading.Section(str(cell.get("id", "")), html, of))
    told = (
        (left.unrecorded, _("Left out, as this company records nothing that they would measure: {sections}.")),
        (left.others, _("Left out, as they are for other kinds of business: {sections}.")),
    )
    lines = [
        text.format(sections=language.listed([name.rstrip("?？") for name in names])) for names, text in told if names
    ]
    if lines:
        notes = "".join(f'<p class="crm-note">{escape(line)}</p>' for line in lines)
        shown = {section.id for section in sections}
        undecided = any(DECISIONS.search(c.get("id", "")) and c.id not in shown for c in notebook.cells)
        sections.insert(1 if undecided else len(sections), reading.Section("left-out", notes))
    return sections, contents


def _words(source: str, contents: list[tuple[str, str]]) -> str:
    html = MarkdownWithMath(renderer=IPythonRenderer(escape=True, exclude_anchor_links=True)).render(source)
    # A wide table is moved by keyboard too, and a corner that says nothing is no heading.
    html = html.replace("<table>", '<table tabindex="0">').replace("<th></th>", "<td></td>")

    def anchored(found: re.Match[str]) -> str:
        anchor = f"s{len(contents) + 1}"
        contents.append((anchor, unescape(re.sub(r"<[^>]+>", "", found.group(1)))))
        return f'<h2 id="{anchor}">{found.group(1)}</h2>'

    return safe(re.sub(r"<h2[^>]*>(.*?)</h2>", anchored, html, flags=re.DOTALL))


def words(source: str) -> str:
    """Words of a chapter as a page shows them."""
    return _words(source, [])


def _output(output: Any) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        html = safe(data["text/html"])
        return answering.answering(html, data[CONTROLS_MIME]) if CONTROLS_MIME in data else html
    if "image/png" in data:
        alt = escape(str(data.get("text/plain", _("Picture"))), quote=True)
        image = "".join(data["image/png"].split())
        return f'<figure class="crm-picture"><img alt="{alt}" src="data:image/png;base64,{image}"></figure>'
    if "text/markdown" in data:
        return _words(data["text/markdown"], [])
    if "text/plain" in data and "application/vnd.jupyter.widget-view+json" not in data:
        return f"<pre>{escape(data['text/plain'])}</pre>"
    return ""


def safe(html: str) -> str:
    """Markup without scripts, sheets, frames, and references that leave the page."""
    return _OUTWARD.sub("", _ACTIVE.sub("", html))
