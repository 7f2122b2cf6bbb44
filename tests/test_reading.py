"""The month's reading of a chapter: lessons and long tables fold, what to say and decide does not, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from crmlib.run import pages, reading
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
        "Why, and how to read it",
        "How soon?",
    ]
    assert "Because." in folds[1][1]
    assert "4.1 All" not in folds[1][1]
    assert not any("both numbers" in words or "Who?" in words for _called, words in folds)


def test_the_sentences_of_the_month_are_none_that_a_control_or_a_claim_says() -> None:
    said = '<p class="crm-say">{}</p>'
    cells = [
        reading.Section("a", f'<h2 id="s1">One</h2>{said.format("If kept, much.")}<div class="crm-try"></div>'),
        reading.Section("claims-why", f'<h2 id="s3">Claims</h2>{said.format("Of 7 claims 2.")}'),
        reading.Section("b", f'<h2 id="s2">Two</h2>{said.format("Many are active.")}'),
    ]
    assert reading.in_short(cells) == ["Many are active."]


def test_of_an_odd_number_of_sections_the_cards_of_the_last_stand_side_by_side() -> None:
    def section(name: str, cards: int) -> list[reading.Section]:
        shown = '<div class="crm-card"><p class="crm-say">So.</p></div>' * cards or "<p>Said.</p>"
        return [reading.Section(name, f'<h2 id="s{name}">{name}</h2>'), reading.Section(f"{name}-cell", shown)]

    def abreast(*cards: int) -> list[str]:
        cells = [cell for name, n in zip("abcde", cards, strict=False) for cell in section(name, n)]
        return [one.id for one in reading.arranged(cells) if one.abreast]

    assert abreast(2, 2, 2) == ["c"]
    assert abreast(2, 2, 2, 2) == []
    assert abreast(1, 1, 1) == []
    assert abreast(2, 0, 1, 2, 2) == ["a", "e"]


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
        ("words", "## 4.2 Data"),
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


def test_a_section_shows_what_answers_its_question_first_then_why_and_folds_the_rest() -> None:
    said = '<div class="crm-card"><p class="crm-say">Ten.</p><p class="crm-say">Of twenty.</p></div>'
    cells = [
        new_markdown_cell("# One\n\nAfter this chapter", id="title"),
        new_markdown_cell("## 4.1 How many?\n\nBecause.", id="all-why"),
        output_cell('<div class="crm-card"><p class="crm-note">Aside.</p></div>'),
        output_cell(said),
        new_markdown_cell("**How soon?** The rate has a flaw.", id="soon"),
        output_cell('<div class="crm-card"><p class="crm-say">In May.</p></div>'),
        new_markdown_cell("**Decide** by noon.", id="all-say"),
        new_markdown_cell("## What to decide\n\n1. Who?", id="decisions"),
    ]
    html = page(new_notebook(cells=cells))
    whole = re.search(r'<section class="crm-part" id="all-why">(.*?)\n</section>\n', html, flags=re.DOTALL)[1]
    order = [
        "How many?",
        "Ten.",
        "1 more sentence",
        "Of twenty.",
        "by noon",
        "Why, and how to read it",
        "Because.",
        "More: How soon",
        "Aside.",
        "In May.",
    ]
    assert [whole.index(words) for words in order] == sorted(whole.index(words) for words in order)
    rest = whole[whole.index('<details class="crm-rest">') :]
    assert "Ten." not in rest
    assert "In May." in rest
    assert '<section class="crm-cell" id="decisions">' in html
    short = re.search(r'<ol class="crm-short".*?</ol>', html, flags=re.DOTALL)[0]
    assert re.findall(r"<li>(.*?)</li>", short) == ["Ten."]


def test_every_cell_of_a_chapter_stands_on_its_page_once() -> None:
    cells = [new_markdown_cell("# One\n\nWords", id="title")]
    for i in range(3):
        cells += [
            new_markdown_cell(f"## 4.{i} Part\n\nWhy {i}.", id=f"part{i}-why"),
            *(output_cell(listed(9)) for _ in range(2)),
        ]
        cells[-1].id, cells[-2].id = f"b{i}", f"a{i}"
    html = page(new_notebook(cells=cells))
    assert sorted(re.findall(r'<section class="crm-(?:cell|part)" id="(.*?)"', html)) == sorted(
        cell.id for cell in cells
    )


def test_what_answers_a_section_comes_first_where_a_cell_says_that_it_does() -> None:
    told = [f'<div class="crm-card"><p class="crm-say">{word}.</p></div>' for word in ("A check", "The answer")]
    cells = [new_markdown_cell("## 4.1 Worth\n\nBecause.", id="worth"), *map(output_cell, told)]
    first = page(new_notebook(cells=cells))
    cells[-1].metadata["tags"] = ["answer"]
    other = page(new_notebook(cells=cells))
    for html, leads, folds in ((first, "A check", "The answer"), (other, "The answer", "A check")):
        before, _sign, rest = html.partition('<details class="crm-rest">')
        assert leads in before
        assert folds not in before
        assert folds in rest
