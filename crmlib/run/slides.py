"""Slides out of a finished review: a page a chapter that opens without network and needs no script.

A section is a slide: why it matters, one measure, one picture, one sentence, one decision, each taken from the chapter as it ran.
What a page leaves out (`folding`) is no slide, and nothing is shown that the review has not published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup

from crmlib.run import folding, pages
from crmlib.run.folders import manifest_of, write
from crmlib.run.publish import find
from crmlib.run.rendering import render
from crmlib.vocabulary import language
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import _

LONGEST = 360
"""Bytes of a paragraph that a slide shows, a Chinese sign being three; whole sentences only."""
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s|$)|[。！？]|$)", re.DOTALL)
_LEAD = re.compile(r"\*\*(?P<lead>[^*]+)\*\*[:：]?\s*")
_FIGURE = re.compile(r"<figure.*?</figure>", re.DOTALL)
_SAID = re.compile(r'<p class="crm-say">.*?</p>', re.DOTALL)
_MEASURE = re.compile(r"<dt>(?P<name>.*?)</dt><dd>(?P<means>.*?)(?:<span>.*?</span>)?</dd>", re.DOTALL)
_ITEM = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
_SECTION = re.compile(r"\d+\.\d+")


class SlidesError(CrmlibError):
    """A review without chapters; one line."""


@dataclass(frozen=True)
class Slide:
    """A section on one slide; what the section does not have is empty. `measure` is a name and what it means."""

    heading: str
    why: Markup
    sentence: Markup
    picture: Markup
    measure: tuple[Markup, Markup] | None
    decision: Markup


def write_slides(review: Path | None, *, out: Path, into: Path | None = None) -> list[Path]:
    """Write the slides of a review, by default the last one, into a folder beside its own; in the review's own language.

    Raises `PublishError` where there is no review, `SlidesError` where it has no chapters.
    """
    found = find(review, out)
    manifest, folder = manifest_of(found), into or found.with_name(f"{found.name}-slides")
    written = []
    with language.using(manifest["language"], manifest["currency"]):
        for file in sorted(found.glob("[0-9][0-9]_*.ipynb")):
            html = deck(nbformat.read(file, as_version=4), file.stem, str(manifest["title"]))
            write(folder / f"{file.stem}.html", html)
            written.append(folder / f"{file.stem}.html")
    if not written:
        raise SlidesError(f"{found}: this review has no chapters to make slides of")
    return written


def deck(notebook: Any, name: str, company: str) -> str:
    """The slides of an executed chapter, in the language in force."""
    left = folding.folded(notebook)
    first = next((cell for cell in notebook.cells if cell.cell_type == "markdown"), None)
    last = next((cell for cell in notebook.cells if pages.DECISIONS.search(str(cell.get("id", "")))), None)
    opening = folding.told(first, left).partition("\n")[2] if first else ""
    closing = folding.told(last, left) if last else ""
    return render(
        "slides.html.j2",
        title=pages.title_of(notebook, name),
        company=company,
        opening=_html(opening),
        slides=slides(notebook),
        closing=_html(re.sub(r"^##\s+.*\n", "", closing)),
        closed=next(iter(re.findall(r"^##\s+(.*)$", closing, re.MULTILINE)), ""),
    )


def slides(notebook: Any) -> list[Slide]:
    """A slide for each section that says or draws something, in their order."""
    left = folding.folded(notebook)
    decided = [cell for cell in notebook.cells if pages.DECISIONS.search(str(cell.get("id", "")))]
    listed = [item for cell in decided for item in _ITEM.findall(folding.told(cell, left))]
    made = []
    for part in folding.parts(notebook):
        cells = [notebook.cells[i] for i in part.cells if i not in left.cells]
        if part.rank != 2 or any(cell in decided for cell in cells):
            continue
        words = [p for cell in cells if cell.cell_type == "markdown" for p in _paragraphs(folding.told(cell, left))]
        cards = "".join(pages.safe(html) for cell in cells for html in _shown(cell))
        sentence, picture = _first(_SAID, cards), _first(_FIGURE, cards)
        if sentence or picture:
            made.append(
                Slide(
                    part.heading,
                    _html(_short(_why(words))),
                    sentence,
                    picture,
                    _measure(cards),
                    _html(_short(_decision(part.heading, words, listed))),
                )
            )
    return made


def _paragraphs(source: str) -> list[str]:
    return [p.strip() for p in source.split("\n\n") if p.strip() and not p.lstrip().startswith(("#", "|", "- ", "1. "))]


def _why(paragraphs: Iterable[str]) -> str:
    """The paragraph that says why a section matters, without that label; else its first."""
    found = list(paragraphs)
    for paragraph in found:
        if (lead := _LEAD.match(paragraph)) and _is(lead["lead"], _("Why it matters")):
            return paragraph[lead.end() :]
    return found[0] if found else ""


def _decision(heading: str, paragraphs: Iterable[str], listed: Iterable[str]) -> str:
    """What a section asks to decide: its own words, else the item of the chapter's list that names its number."""
    for paragraph in paragraphs:
        for mark in _LEAD.finditer(paragraph):
            if _is(mark["lead"], _("Decide")):
                return paragraph[mark.end() :]
    number = _SECTION.match(heading)
    named = [item for item in listed if number and number.group() in _SECTION.findall(item)]
    return named[0] if named else ""


def _is(lead: str, label: str) -> bool:
    return lead.strip(" .。:：").casefold() == label.casefold()


def _short(paragraph: str) -> str:
    """The first sentences of a paragraph, as many as a slide holds, one at least."""
    kept = ""
    for sentence in _SENTENCE.findall(paragraph):
        if kept and len((kept + sentence).encode()) > LONGEST:
            break
        kept += sentence
    return kept.strip()


def _shown(cell: Any) -> list[str]:
    outputs = cell.get("outputs", ()) if cell.cell_type == "code" else ()
    return ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]


def _first(pattern: re.Pattern[str], html: str) -> Markup:
    found = pattern.search(html)
    return Markup(found.group() if found else "")


def _measure(html: str) -> tuple[Markup, Markup] | None:
    found = _MEASURE.search(html)
    return (Markup(found["name"]), Markup(found["means"].strip())) if found else None


def _html(words: str) -> Markup:
    return Markup(pages.words(words)) if words.strip() else Markup("")
