"""What the script of a page does with its tables and its looks: sort, filter, hand out, dark and light, by keyboard too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page

from crmlib.show import charts, listing
from crmlib.vocabulary.cells import csv_text
from tests.test_browser import browser as browser
from tests.test_browser import needs_chromium, opened
from tests.test_pages import page

ROWS = 12
TOLD = pd.DataFrame(
    {
        "customer": [f"c{i:02}" for i in range(ROWS)],
        "revenue": [1500.0, 20.0, 300.0, *(1000.0 - i for i in range(ROWS - 3))],
        "change": [-0.5, 0.25, *([0.0] * (ROWS - 2))],
        "last_day": [date(2026, 10 - i % 9, 3) for i in range(ROWS)],
        "says": ["=1+1", "+86", "a, b", '"no"', *["plain words"] * (ROWS - 4)],
    }
)
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    said = '<p class="crm-say">Ten.</p><figure class="crm-picture"><img alt="Bars" src="data:image/png;base64,iVBORw0="></figure>'
    fold = f'<details class="crm-data"><summary>Data</summary>{listing.table(TOLD.head(4))}</details>'
    heat = charts.heatmap(pd.DataFrame({"a <b>": [0.5, 0.25]}, index=["x", "y"]))
    assert heat is not None
    within = [f"{said}{fold}", listing.table(TOLD), f"{heat.html}{fold}"]
    cards = [f'<div class="crm-card">{html}</div>' for html in within]
    cells = [new_markdown_cell("# One\n\n## 1.1 Said", id="said-why")]
    for i, card in enumerate(cards):
        cells.append(new_code_cell("x", id=f"card{i}", outputs=[new_output("display_data", {"text/html": card})]))
        cells.append(new_markdown_cell("## 1.2 Listed", id=f"listed{i}-why"))
    (tmp_path / "page.html").write_text(page(new_notebook(cells=cells)), encoding="utf-8")
    made, asked, complaints = opened(browser, (tmp_path / "page.html").as_uri())
    yield made
    assert (asked, complaints) == ([], [])
    made.close()


def column(shown: Page, n: int) -> list[str]:
    return shown.locator(f"#card1 tbody tr:visible td:nth-child({n})").all_inner_texts()


def test_a_table_is_sorted_by_keyboard_and_says_how(shown: Page) -> None:
    head = shown.locator("#card1 th").nth(1)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(shown, 1) == TOLD.sort_values("revenue")["customer"].tolist(), "folded rows come along"
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert column(shown, 1)[0] == "c00"
    for n, name in ((2, "change"), (3, "last_day")):
        shown.locator("#card1 th").nth(n).get_by_role("button").click()
        assert (
            column(shown, 1)
            == TOLD.set_index("customer").loc[column(shown, 1)].sort_values(name, kind="stable").index.tolist()
        )
    assert shown.locator("#card1 th[aria-sort]").count() == 1


def test_rows_are_filtered_as_one_types(shown: Page) -> None:
    shown.locator("#card1").get_by_role("searchbox").fill("c1")
    assert column(shown, 1) == ["c10", "c11"]
    shown.locator("#card1").get_by_role("searchbox").fill("")
    assert len(column(shown, 1)) == ROWS


def test_a_table_is_taken_along_as_its_page_shows_it_and_no_cell_is_a_formula(shown: Page) -> None:
    with shown.expect_download() as told:
        shown.locator("#card1").get_by_role("button", name="CSV").click()
    text = told.value.path().read_text(encoding="utf-8-sig")
    heads, *rows = shown.locator("#card1 table").evaluate_all(
        "tables => tables.flatMap(t => [...t.rows].map(r => [...r.cells].map(c => c.textContent.trim())))"
    )
    rows = [row for row in rows if row != heads]
    assert text == csv_text(heads, rows)
    assert "'=1+1" in text
    assert len(rows) == ROWS
    assert told.value.suggested_filename == "page-card1.csv"


def test_a_picture_is_taken_along_from_beside_its_data(shown: Page) -> None:
    shown.locator("#card0 summary").click()
    with shown.expect_download() as told:
        shown.locator("#card0").get_by_role("button", name="PNG").click()
    assert told.value.suggested_filename == "page-card0.png"


def test_a_heat_map_is_taken_along_as_it_looks(shown: Page) -> None:
    shown.locator("#card2 summary").click()
    with shown.expect_download() as told:
        shown.locator("#card2").get_by_role("button", name="SVG").click()
    drawn = ElementTree.fromstring(told.value.path().read_text(encoding="utf-8"))
    assert {"x", "y", "50", "25", "A <b>"} <= {element.text for element in drawn.iter() if element.text}
    fills = [element.get("fill") for element in drawn.iter() if element.tag.endswith("rect")]
    assert {"none", "rgb(255, 255, 255)", "rgb(99, 163, 171)", "rgb(177, 209, 213)"} == {*fills}


def test_a_page_is_dark_where_the_system_is_and_light_where_one_asks_and_on_paper(shown: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = shown.evaluate(ground)
    shown.emulate_media(color_scheme="dark")
    dark = shown.evaluate(ground)
    assert dark != light
    found = Axe().run(shown).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    shown.get_by_role("button", name="Light").click()
    assert shown.evaluate(ground) == light
    shown.get_by_role("button", name="Dark").click()
    assert shown.evaluate(ground) == dark
    shown.emulate_media(media="print", color_scheme="dark")
    assert shown.evaluate("getComputedStyle(document.body).color") == "rgb(29, 42, 49)"
