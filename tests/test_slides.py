"""Slides of a chapter: a section each, of what the chapter says, draws and asks to decide; without script and network."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from crmlib.run.folders import write
from crmlib.run.slides import LONGEST, SlidesError, _is, deck, slides, write_slides
from crmlib.vocabulary.language import _, using

CARD = (
    '<div class="crm-card"><p class="crm-say">Half come back (n = 40).</p><p class="crm-say">More.</p>'
    '<figure class="crm-picture"><img alt="Bars" src="data:image/png;base64,AAAA"></figure>'
    '<details class="crm-definition"><summary>Definition</summary><dl><dt>Rate</dt><dd>Part of all. <span>D004</span></dd></dl>'
    "</details></div>"
)
SILENT = '<div class="crm-card crm-silent"><p>Not recorded.</p></div>'
LABELS = {"en": ("**Why it matters.** ", "**Decide** "), "zh": ("**为什么重要**：", "**作出决定**：")}


def shown(html: str, cell: str) -> nbformat.NotebookNode:
    made = new_code_cell("secret_code()", id=cell)
    made.outputs = [new_output("display_data", {"text/html": html})]
    return made


def chapter(language: str = "en") -> nbformat.NotebookNode:
    why, decide = LABELS[language]
    long = "It goes on and on. " * 60
    return new_notebook(
        cells=[
            new_markdown_cell("# Chapter 1 · Coming back\n\nAfter this chapter you can\n\n- tell.", id="title"),
            new_markdown_cell(f"## 1.1 Do they?\n\nFirst words.\n\n{why}The second order pays. {long}", id="a"),
            shown(CARD + "<script>alert(1)</script>", "b"),
            new_markdown_cell(f"**Say it** aloud. {decide}who calls.", id="c"),
            new_markdown_cell("## 1.2 Nothing here\n\nWords.", id="d"),
            shown(SILENT, "e"),
            new_markdown_cell("## 1.3 Without a label\n\nOnly words <b>&</b>.", id="f"),
            shown(CARD.replace("Half", "Third"), "g"),
            new_markdown_cell("## What to decide\n\n1. **Which?** The one in 1.3.\n2. **Who?**", id="decisions"),
        ]
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_section_is_a_slide_with_one_of_each(language: str) -> None:
    with using(language):
        first, second = slides(chapter(language))
        assert [first.heading, second.heading] == ["1.1 Do they?", "1.3 Without a label"]
        assert "The second order pays." in first.why
        assert "First words" not in first.why
        assert len(first.why) < LONGEST + 20
        assert "Half come back" in first.sentence
        assert "More" not in first.sentence
        assert first.picture.count("<figure") == 1
        assert first.measure == ("Rate", "Part of all.")
        assert ("who calls." in first.decision, "Say it" in first.decision) == (True, False)
        assert "The one in 1.3" in second.decision
        html = deck(chapter(language), "01_importance", "<Acme>")
    assert html.count('<section class="crm-slide') == 4
    assert "&lt;Acme&gt;" in html
    assert "secret_code" not in html
    assert "<script" not in html
    assert "Nothing here" not in html
    assert not re.search(r"(src|href)=\"(?!data:|#)", html)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_labels_are_those_that_the_chapters_use(language: str) -> None:
    folder = Path(__file__).parent.parent / "chapters" / ("" if language == "en" else language)
    words = "\n".join(
        cell.source
        for file in sorted(folder.glob("0*.ipynb"))
        for cell in nbformat.read(file, as_version=4).cells
        if cell.cell_type == "markdown"
    )
    leads = re.findall(r"\*\*([^*]+)\*\*", words)
    with using(language):
        for label in (_("Why it matters"), _("Decide")):
            assert sum(_is(lead, label) for lead in leads) >= 5, label


def test_slides_lie_beside_the_review_in_its_language(tmp_path: Path) -> None:
    review = tmp_path / "acme" / "2026-10"
    told = '{"month": "2026-10", "as_of": "2026-10-31", "language": "zh", "currency": "CNY", "title": "云溪", "chapters": [], '
    write(review / "manifest.json", told + '"to_act_on": 0, "missing": []}')
    with pytest.raises(SlidesError, match="no chapters"):
        write_slides(review, out=tmp_path)
    nbformat.write(chapter("zh"), review / "01_importance.ipynb")
    (page,) = write_slides(None, out=tmp_path)
    assert page == tmp_path / "acme" / "2026-10-slides" / "01_importance.html"
    assert "作出决定" in page.read_text(encoding="utf-8")
    assert 'lang="zh-Hans"' in page.read_text(encoding="utf-8")
