"""Pages in Debian's chromium: nothing is asked of any network, no error in the console, and a slider moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from crmlib.run.publish import free_port
from crmlib.run.review import Request, review
from tests.served import ARGUMENTS, CHROMIUM, served, voila
from tests.small_company import Border, emits, finding, notebook, write_chapters, write_company
from tests.test_publish import OPENS, SLIDER

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is missing (apt-get install chromium)"
)
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield found
        found.close()


TRIED = """
import pandas as pd
from IPython.display import display
from crmlib.show.widgets import what_if

def draw(points):
    return f'<div class="crm-card"><p class="crm-say">thrice is {3 * points:g}</p></div>', pd.DataFrame()

display(what_if(draw, points=(0, 10, 1, 2)), raw=True)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A review of a chapter with a slider and one that stops."""
    folder = tmp_path_factory.mktemp("pages")
    write_company(folder / "co")
    write_chapters(
        folder / "chapters",
        _01_importance=notebook("Why it matters", OPENS, SLIDER, TRIED, emits([finding()])),
        _02_data=notebook("Data", "1 / 0"),
    )
    review(
        Request(folder / "co" / "company.toml", out=folder / "reviews", chapters=folder / "chapters"), ingest=Border()
    )
    return folder


def opened(browser: Browser, url: str, *, width: int = 1280, own: str = "") -> tuple[Page, list[str], list[str]]:
    """A page, what it asked of others than `own`, and what its console complained of."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if not r.url.startswith(("data:", "blob:", own or url)) else None)
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    if not own:
        page.context.set_offline(True)
    page.goto(url, wait_until="load")
    return page, asked, complaints


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize(
    "name", ["acme/2026-10/01_importance.html", "acme/2026-10/02_data.html", "acme/2026-10/index.html", "index.html"]
)
def test_pages_open_without_a_network(browser: Browser, place: Path, name: str, width: int) -> None:
    page, asked, complaints = opened(browser, (place / "reviews" / name).as_uri(), width=width)
    assert asked == []
    assert complaints == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(247, 249, 249)", (
        "the sheet is in force"
    )
    page.close()


def test_a_reader_finds_the_way_from_all_reviews_to_a_definition(browser: Browser, place: Path) -> None:
    page, _asked, complaints = opened(browser, (place / "reviews" / "index.html").as_uri())
    page.context.set_offline(False)
    page.get_by_role("link", name="Oct 2026").click()
    page.get_by_role("link", name="Repurchase rate").first.click()
    assert page.url.endswith("#kpi-repurchase_rate")
    page.get_by_role("link", name="Data").click()
    assert page.get_by_role("alert").inner_text().startswith("This chapter could not be finished")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "crm-skip"
    assert complaints == []
    page.close()


def test_a_control_answers_on_the_page_of_a_review_without_kernel_or_network(browser: Browser, place: Path) -> None:
    page, asked, complaints = opened(browser, (place / "reviews" / "acme" / "2026-10" / "01_importance.html").as_uri())
    assert page.locator(".crm-answer").inner_text() == "thrice is 6"
    page.get_by_role("slider").first.press("ArrowRight")
    assert page.locator(".crm-answer").inner_text() == "thrice is 9"
    assert (asked, complaints) == ([], [])
    page.close()


def test_sliders_are_moved_on_a_served_chapter(browser: Browser, place: Path) -> None:
    port = free_port(0)
    home = f"http://127.0.0.1:{port}"
    with served(voila(place, port), home, place):
        page, asked, complaints = opened(browser, f"{home}/voila/render/01_importance.ipynb", own=home)
        said = page.locator(".crm-say", has_text="twice is")
        said.wait_for(timeout=120_000)
        assert said.inner_text() == "twice is 4"
        for number, answer in enumerate(("twice is 6", "thrice is 9")):
            handle = page.locator(".noUi-handle").nth(number)
            handle.focus()
            handle.press("ArrowRight")
            page.get_by_text(answer).wait_for(timeout=60_000)
        assert [url for url in asked if not url.startswith(home.replace("http", "ws"))] == []
        assert complaints == []
        assert "read_parquet" not in page.content()
        page.close()
