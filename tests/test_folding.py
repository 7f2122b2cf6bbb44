"""A page leaves out what nothing is recorded for and what is for other kinds of business, and says so in one place."""

from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from crmlib.run import collect
from crmlib.run.folding import folded
from crmlib.show.cards import SILENT
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
