"""A page leaves out what nothing is recorded for and what is for other kinds of business, and says so in one place."""

import re
from pathlib import Path
from typing import Any

from nbformat import read
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from crmlib.run import collect
from crmlib.run.folding import folded, told
from crmlib.show.cards import EMPTY, SILENT
from crmlib.show.chapter import SHAPE_MIME
from crmlib.show.findings import FINDINGS_MIME

TOLD, UNTOLD = '<div class="crm-card">figure</div>', f'<div class="crm-card {SILENT}">not recorded</div>'


def shown(*html: str, kpi: str = "") -> Any:
    cell = new_code_cell("m")
    for card in html:
        rows = [{"kpi": kpi, "segment": "", "period": "2026-10"}] if kpi else []
        cell.outputs.append(new_output("display_data", {"text/html": card, FINDINGS_MIME: rows}))
    return cell


def notebook(shape: str = "") -> Any:
    opening = new_code_cell("start", metadata={"tags": ["setup"]})
    opening.outputs = [new_output("display_data", {SHAPE_MIME: {"name": shape}})]
    again = {"for": ["sells_again", "subscription"]}
    return new_notebook(
        cells=[
            opening,
            new_markdown_cell("# Chapter"),
            new_markdown_cell("## 1.1 Told\n\nWords."),
            shown(TOLD, UNTOLD),
            shown(UNTOLD),
            new_markdown_cell("### A part without a figure"),
            shown(UNTOLD, UNTOLD),
            new_markdown_cell("## 1.2 Nothing of it"),
            shown(UNTOLD),
            new_markdown_cell("More of 1.2."),
            new_markdown_cell("## 1.3 Coming back", metadata=again),
            shown(TOLD, kpi="repurchase_rate"),
            new_markdown_cell("## 1.4 Words only"),
        ]
    )


def test_silent_cards_go_and_a_part_of_nothing_else_with_its_words() -> None:
    left = folded(notebook())
    assert left.cells == {4, 5, 6, 7, 8, 9}
    assert left.unrecorded == ("1.2 Nothing of it",)
    assert left.others == ()


def test_what_is_for_other_kinds_of_business_goes_with_its_figures() -> None:
    once = folded(notebook("sells_once"))
    assert once.elsewhere == {10, 11}
    assert once.others == ("1.3 Coming back",)
    assert folded(notebook("sells_again")).others == ()
    assert folded(notebook("")).others == (), "where the kind is not told nothing is left out for it"
    assert collect.findings(notebook("sells_again"), "one")["kpi"].tolist() == ["repurchase_rate"]
    assert collect.findings(notebook("sells_once"), "one").empty


LISTS_NOTHING = f'<div class="crm-card {EMPTY}">Nothing to list here.</div>'


def test_a_list_of_nothing_is_no_reason_to_show_what_is_not_recorded() -> None:
    again = {"for": ["sells_again"]}
    made = new_notebook(
        cells=[
            new_markdown_cell("# Chapter"),
            new_markdown_cell("## 1.1 Cases"),
            shown(UNTOLD),
            new_markdown_cell("**Who waits?** Words."),
            shown(UNTOLD, LISTS_NOTHING),
            new_markdown_cell("## 1.2 Answers"),
            shown(TOLD),
            new_markdown_cell("**Doubtful?** Words."),
            shown(LISTS_NOTHING),
            new_markdown_cell("**By severity.** Words."),
            shown(UNTOLD),
            new_markdown_cell("**Who would be missed?** Words.", metadata=again),
            shown(TOLD),
        ]
    )
    left = folded(made)
    assert left.cells == {1, 2, 3, 4, 9, 10}, "what is on record and of which there is none stays"
    assert left.unrecorded == ("1.1 Cases",)
    opening = new_code_cell("start", metadata={"tags": ["setup"]})
    opening.outputs = [new_output("display_data", {SHAPE_MIME: {"name": "sells_once"}})]
    made.cells.insert(0, opening)
    assert folded(made).elsewhere == {12, 13}


def test_what_to_decide_goes_with_the_sections_that_it_speaks_of() -> None:
    left = folded(notebook("sells_once"))
    assert left.sections == {"1.2", "1.3"}
    words = "## What to decide\n\n1. **One.** Of 1.2,\nsaid in two lines.\n2. **Two.** Of 1.1.\n3. Of 1.2 and 1.1."
    words += "\n\n**What you learnt.** That."
    about = {"sections": [["1.2"], ["1.1"], ["1.2", "1.1"]], "closing": ["1.3"]}
    assert told(new_markdown_cell(words, metadata=about), left) == (
        "## What to decide\n\n1. **Two.** Of 1.1.\n1. Of 1.2 and 1.1."
    )
    assert told(new_markdown_cell(words), left) == words
    teaches = "# Chapter 1\n\nYou will be able to\n\n- read 1.2;\n- count 1.3.\n\n**How to work.** So."
    assert told(new_markdown_cell(teaches, metadata={"sections": [["1.2"], ["1.3"]]}), left) == "# Chapter 1"
    assert told(new_markdown_cell(words, metadata={"sections": [["1.2"]] * 3}), left) == ""


def test_every_item_of_a_chapters_lists_says_of_which_sections_it_speaks() -> None:
    for path in sorted((Path(__file__).parent.parent / "chapters").glob("*/*.ipynb")):
        made = read(path, as_version=4)
        numbers = {
            n
            for cell in made.cells
            if cell.cell_type == "markdown"
            for n in re.findall(r"^## (\d\.\d+)", cell.source, re.M)
        }
        for cell in (c for c in made.cells if c.id in ("title", "decisions")):
            items = re.findall(r"^(?:-|\d+\.) ", cell.source, re.MULTILINE)
            assert len(items) == len(cell.metadata["sections"]), (path, cell.id)
            assert {n for about in cell.metadata["sections"] for n in about} <= numbers, (path, cell.id)
