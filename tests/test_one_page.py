"""The teaching company's month in a browser: within its budget, on one printed page, open to who reads by keyboard or by ear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from served import ARGUMENTS, CHROMIUM
from test_browser import opened

from crmlib.run import month
from crmlib.run.chapters import CHAPTERS, read_chapters
from crmlib.run.collect import kpis_csv, read_kpis
from crmlib.run.folders import manifest_of
from crmlib.run.index import reviews_page
from crmlib.run.review import Request, review
from crmlib.show.withholding import using
from crmlib.vocabulary import language
from crmlib.vocabulary.months import last_day
from tests.conftest import TEACHING
from tests.memos import untied, words

WORDS = 450
SCREEN = (1280, 900)
WIDTHS = (1280, 768, 390)
MONTHS = [f"2025-{m:02}" for m in (11, 12)] + [f"2026-{m:02}" for m in range(1, 10)]
NOW = "2026-10"
COUNT = """() => [...new Intl.Segmenter(document.documentElement.lang, {granularity: "word"}).segment(document.body.innerText)]
    .filter(part => part.isWordLike).length"""
"""Words of what is seen while all folds are closed; of Chinese, by a dictionary."""
SPOKEN = ("en", "zh")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is missing (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The latest month of the teaching company, reviewed, and eleven before it whose figures are drawn about those of it, so that
    its tiles have all that a tile may have; its front page and memo in each language under `en` and `zh`.
    """
    out = tmp_path_factory.mktemp("one_page")
    done = review(Request(TEACHING / "company.toml", month=NOW, out=out))
    assert not done.failed
    now, earlier = read_kpis(done.folder), []
    for i, of in enumerate(MONTHS):
        earlier.append(done.folder.with_name(of))
        drawn = np.random.default_rng(i).uniform(0.85, 0.97, len(now))
        before = now.assign(period=of, **{name: now[name] * drawn for name in ("value", "low", "high")})
        earlier[-1].mkdir()
        (earlier[-1] / "kpis.csv").write_text(kpis_csv(before), encoding="utf-8")
    for spoken in SPOKEN:
        titles = {c.name: c.title for c in read_chapters(CHAPTERS, language=spoken)}
        manifest = {**done.manifest, "notes": []}
        manifest["chapters"] = [{**c, "title": titles[c["name"]]} for c in manifest["chapters"]]
        (done.folder / spoken).mkdir()
        with language.using(spoken, manifest["currency"]), using(manifest["k"]):
            for name, text in month.files(manifest, now, earlier).items():
                (done.folder / spoken / name).write_text(text, encoding="utf-8")
    return done.folder


def serious(page: Page) -> list[tuple[str, Any]]:
    """What axe finds that keeps people out, with the first place of each."""
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["target"]) for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("spoken", SPOKEN)
def test_the_front_page_is_read_in_a_minute_and_is_a_screen_and_a_half(
    browser: Browser, reviewed: Path, spoken: str
) -> None:
    page, asked, complaints = opened(browser, (reviewed / spoken / "index.html").as_uri(), width=SCREEN[0])
    assert page.locator(".crm-tile svg:visible").count() == 6
    assert page.locator(".crm-cards tbody tr").count() == 5
    assert 200 < page.evaluate(COUNT) <= WORDS
    assert page.evaluate("document.documentElement.scrollHeight") <= 1.5 * SCREEN[1]
    assert (asked, complaints) == ([], [])
    page.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("spoken", SPOKEN)
def test_the_front_page_is_printed_on_one(browser: Browser, reviewed: Path, spoken: str, paper: str) -> None:
    page, _asked, _complaints = opened(browser, (reviewed / spoken / "index.html").as_uri())
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "12mm")
    printed = page.pdf(format=paper, margin=margin, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["index.html", "memo.html"])
@pytest.mark.parametrize("spoken", SPOKEN)
def test_what_is_handed_on_is_open_to_everybody(
    browser: Browser, reviewed: Path, spoken: str, name: str, width: int
) -> None:
    page, asked, complaints = opened(browser, (reviewed / spoken / name).as_uri(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nor with the folds open"
    assert (asked, complaints) == ([], [])
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", [*sorted(p.stem for p in CHAPTERS.glob("*.ipynb")), "private/first_actions"])
def test_chapters_are_open_to_everybody_with_all_their_folds(
    browser: Browser, reviewed: Path, name: str, width: int
) -> None:
    page, asked, complaints = opened(browser, (reviewed / f"{name}.html").as_uri(), width=width)
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    assert serious(page) == []
    assert (asked, complaints) == ([], [])
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_all_reviews_are_open_to_everybody(browser: Browser, reviewed: Path, width: int) -> None:
    (reviewed.parents[1] / "index.html").write_text(reviews_page(reviewed.parents[1]), encoding="utf-8")
    page, asked, complaints = opened(browser, (reviewed.parents[1] / "index.html").as_uri(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page) == []
    assert (asked, complaints) == ([], [])
    page.close()


@pytest.mark.parametrize("spoken", SPOKEN)
def test_every_number_of_the_teaching_companys_memo_is_that_of_a_row(reviewed: Path, spoken: str) -> None:
    manifest = manifest_of(reviewed)
    months = (reviewed, reviewed.with_name(MONTHS[-1]))
    rows = pd.concat([read_kpis(folder) for folder in months], ignore_index=True)
    as_of = last_day(NOW)
    with language.using(spoken, manifest["currency"]), using(manifest["k"]):
        for name in ("memo.txt", "memo.html"):
            text = (reviewed / spoken / name).read_text(encoding="utf-8")
            text = words(text) if name.endswith("html") else text
            assert untied(text, rows, [*MONTHS, NOW], as_of, manifest["title"]) == []
