"""The month's reading of a chapter: lessons and long tables fold, what to say and decide does not, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from crmlib.run import pages
from crmlib.show import listing
from tests.test_pages import page


def test_the_lesson_folds_under_its_heading_and_what_to_say_and_decide_does_not() -> None:
    cells = [
        new_markdown_cell("# One\n\nAfter this chapter", id="title"),
        new_markdown_cell("## 4.1 All\n\n**Why it matters.** Because.", id="all-why"),
        new_markdown_cell("**How soon?** The rate has a flaw.", id="soon"),
        new_markdown_cell("**Say it** with both numbers.", id="all-say"),
        new_markdown_cell("## What to decide\n\n1. **Who?**", id="decisions"),
    ]
    html = page(new_notebook(cells=cells))
    folds = re.findall(r'<details class="crm-lesson"><summary>(.*?)</summary>(.*?)</details>', html, flags=re.DOTALL)
    assert [called for called, _words in folds] == [
        "What this chapter teaches",
        "Why it matters, and how to read it",
        "How soon?",
    ]
    assert "Because." in folds[1][1]
    assert "4.1 All" not in folds[1][1]
    assert not any("both numbers" in words or "Who?" in words for _called, words in folds)


def listed(rows: int, words: str = "one two three four") -> str:
    frame = pd.DataFrame({"customer": [f"c{i}" for i in range(rows)], "says": [words] * rows})
    return f'<div class="crm-card">{listing.table(frame)}</div>'


def shown_cells(*cells: tuple[str, str]) -> str:
    made = [
        new_markdown_cell(text, id=f"m{i}") if kind == "words" else output_cell(text)
        for i, (kind, text) in enumerate(cells)
    ]
    return page(new_notebook(cells=made))


def output_cell(html: str) -> Any:
    return new_code_cell("x", outputs=[new_output("display_data", {"text/html": html})])


def test_a_long_table_folds_beside_a_sentence_and_after_its_first_rows_where_it_stands_alone() -> None:
    said = '<div class="crm-card"><p class="crm-say">Ten.</p></div>'
    html = shown_cells(
        ("words", "## 4.1 Both"), ("card", said), ("card", listed(20)), ("words", "## 4.2 Alone"), ("card", listed(20))
    )
    both, alone = html.split("4.2 Alone</h2>")
    assert "<summary>Table: Customer · What it says (20 rows)</summary>" in both
    assert "<td" not in re.sub(r"<details.*?</details>", "", both, flags=re.DOTALL)
    assert "<summary>17 more rows</summary>" in alone
    assert re.sub(r"<details.*?</details>", "", alone, flags=re.DOTALL).count("<tr>") == 4
    assert html.count(">c19<") == 2, "nothing is left out"


def test_a_short_table_and_the_data_of_a_picture_stay_as_they_are() -> None:
    html = shown_cells(
        ("words", "## 4.1 Short"),
        ("card", listed(5)),
        ("card", f"<details><summary>Data</summary>{listing.table(pd.DataFrame({'n': range(99)}))}</details>"),
    )
    assert html.count("<details") == 1


def test_what_is_said_in_one_section_folds_no_table_of_another() -> None:
    said = '<div class="crm-card"><p class="crm-say">Ten.</p></div>'
    html = shown_cells(("words", "## 4.1 All"), ("card", listed(20)), ("words", "### Part"), ("card", said))
    assert "17 more rows" in html


def test_a_view_of_a_widget_without_a_page_of_its_own_is_not_published() -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "FloatProgress(value=0.0)"}
    notebook = new_notebook(cells=[new_code_cell("x", outputs=[new_output("display_data", view)])])
    assert "FloatProgress" not in page(notebook)
    assert not pages.published(notebook).cells[0].outputs
