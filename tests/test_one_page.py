"""The teaching company's month in a browser: within its budget, on one printed page, open to who reads by keyboard or by ear."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from crmlib.run import month
from crmlib.run.chapters import CHAPTERS
from crmlib.run.collect import kpis_csv, read_kpis
from crmlib.run.folders import manifest_of
from crmlib.run.index import reviews_page
from crmlib.show.withholding import using
from crmlib.vocabulary import language
from crmlib.vocabulary.months import last_day
from tests.conftest import NOW
from tests.memos import untied, words
from tests.served import ARGUMENTS, CHROMIUM
from tests.test_browser import opened

WORDS, CHAPTER_WORDS, SCREENS = 450, 900, 5
SCREEN = (1280, 900)
WIDTHS = (1280, 768, 390)
EVERY_WIDTH = "CRMLIB_EVERY_WIDTH"
"""Set by the study that looks at each page at all of them."""
BEFORE = [f"2025-{m:02}" for m in (11, 12)] + [f"2026-{m:02}" for m in range(1, 10)]
COUNT = """() => {
  const kept = document.querySelector("article") || document.body;
  const pictures = [...kept.querySelectorAll("[role=img], table.crm-heat")];
  const shown = pictures.map(picture => picture.style.display);
  pictures.forEach(picture => picture.style.display = "none");
  const words = [...new Intl.Segmenter(document.documentElement.lang, {granularity: "word"}).segment(kept.innerText)];
  pictures.forEach((picture, i) => picture.style.display = shown[i]);
  return words.filter(part => part.isWordLike).length;
}"""
"""Words of what is seen while all folds are closed, a chapter's own without its contents; those within a picture made of markup
count no more than those within one that is drawn. Chinese is written without spaces: its words are those of the browser's
dictionary (ICU), some 1.6 characters each, which is what the same text has in English within a tenth.
"""
FOLDS = "open => document.querySelectorAll('details').forEach(fold => fold.open = open)"
SMALL = """() => [
  ...[...document.querySelectorAll("figure.crm-picture img[width]")]
    .filter(img => img.clientWidth && 13.7 * img.clientWidth / img.getAttribute("width") < 9.5).map(img => img.alt),
  ...[...document.querySelectorAll("table.crm-heat td")]
    .filter(td => td.clientWidth && parseFloat(getComputedStyle(td).fontSize) < 11).map(td => td.textContent)]"""
"""Pictures whose words (9.5 points, 13.7 pixels as drawn) are shown at less than 9.5 pixels, and digits at less than 11."""
SPOKEN = ("en", "zh")
CHAPTER_PAGES = sorted(f"{p.stem}.html" for p in CHAPTERS.glob("*.ipynb"))
ALL = "../../index.html"
PAGES = [ALL, "index.html", "memo.html", *CHAPTER_PAGES, "private/first_actions.html"]

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
def reviewed(months: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Under `en` and `zh` the month of the teaching company with a front page and memo that look back on eleven months before it,
    whose figures are drawn about its own, so that its tiles have all that a tile may have.
    """
    out = tmp_path_factory.mktemp("one_page")
    for spoken, month_of in months.items():
        copytree(month_of.parents[1], out / spoken)
        folder = out / spoken / month_of.parent.name / NOW
        now, earlier = read_kpis(folder), []
        for i, of in enumerate(BEFORE):
            earlier.append(folder.with_name(of))
            drawn = np.random.default_rng(i).uniform(0.85, 0.97, len(now))
            before = now.assign(period=of, **{name: now[name] * drawn for name in ("value", "low", "high")})
            earlier[-1].mkdir()
            (earlier[-1] / "kpis.csv").write_text(kpis_csv(before), encoding="utf-8")
        manifest = {**manifest_of(folder), "notes": []}
        with language.using(spoken, manifest["currency"]), using(manifest["k"]):
            for name, text in month.files(manifest, now, earlier).items():
                (folder / name).write_text(text, encoding="utf-8")
    return out


def of(reviewed: Path, spoken: str) -> Path:
    """The folder of the month."""
    return next((reviewed / spoken).glob(f"*/{NOW}"))


def serious(page: Page, **options: Any) -> list[tuple[str, Any]]:
    """What axe finds that keeps people out, with the first place of each."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [(v["id"], v["nodes"][0]["target"]) for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("spoken", SPOKEN)
def test_the_front_page_is_read_in_a_minute_and_is_a_screen_and_a_half(
    browser: Browser, reviewed: Path, spoken: str
) -> None:
    page, asked, complaints = opened(browser, (of(reviewed, spoken) / "index.html").as_uri(), width=SCREEN[0])
    assert page.locator(".crm-tile svg:visible").count() == 6
    assert page.locator(".crm-cards tbody tr").count() == 5
    assert 200 < page.evaluate(COUNT) <= WORDS
    assert page.evaluate("document.documentElement.scrollHeight") <= 1.5 * SCREEN[1]
    assert (asked, complaints) == ([], [])
    page.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("spoken", SPOKEN)
def test_the_front_page_is_printed_on_one(browser: Browser, reviewed: Path, spoken: str, paper: str) -> None:
    page, _asked, _complaints = opened(browser, (of(reviewed, spoken) / "index.html").as_uri())
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "12mm")
    printed = page.pdf(format=paper, margin=margin, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("spoken", SPOKEN)
def test_every_page_is_open_to_everybody_at_every_width_by_day_and_in_the_dark(
    browser: Browser, reviewed: Path, spoken: str, name: str
) -> None:
    """Nothing serious or critical, no complaint, nobody asked, nothing that sticks out, with the folds shut and open. Contrast,
    which takes axe most of its time, is looked at where the sheet differs: on the widest and the narrowest page, and in the dark.
    Here each page is seen at one width in each language; `python -m tests.studies access` sees all.
    """
    file = of(reviewed, spoken) / name
    if name == ALL:
        file = reviewed / spoken / "index.html"
        with language.using(spoken):
            file.write_text(reviews_page(reviewed / spoken), encoding="utf-8")
    turn = (PAGES.index(name) + SPOKEN.index(spoken)) % len(WIDTHS)
    widths = WIDTHS if EVERY_WIDTH in os.environ else WIDTHS[turn : turn + 1]
    page, asked, complaints = opened(browser, file.as_uri(), width=widths[0])
    for width in widths:
        page.set_viewport_size({"width": width, "height": SCREEN[1]})
        page.evaluate(FOLDS, False)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
        page.evaluate(FOLDS, True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nor with the folds open"
        assert serious(page, rules={"color-contrast": {"enabled": width != WIDTHS[1]}}) == [], width
        assert page.evaluate(SMALL) == [], width
    if WIDTHS[1] in widths:
        page.emulate_media(color_scheme="dark")
        assert serious(page, runOnly=["color-contrast"]) == []
    assert (asked, complaints) == ([], [])
    page.close()


@pytest.mark.parametrize("name", CHAPTER_PAGES)
@pytest.mark.parametrize("spoken", SPOKEN)
def test_a_chapter_is_read_in_three_minutes_on_five_screens(
    browser: Browser, reviewed: Path, spoken: str, name: str
) -> None:
    page, _asked, _complaints = opened(browser, (of(reviewed, spoken) / name).as_uri(), width=SCREEN[0])
    assert 300 < page.evaluate(COUNT) <= CHAPTER_WORDS
    assert page.evaluate("document.documentElement.scrollHeight") <= SCREENS * SCREEN[1]
    page.close()


@pytest.mark.parametrize("spoken", SPOKEN)
def test_every_number_of_the_teaching_companys_memo_is_that_of_a_row(reviewed: Path, spoken: str) -> None:
    manifest = manifest_of(of(reviewed, spoken))
    folders = (of(reviewed, spoken), of(reviewed, spoken).with_name(BEFORE[-1]))
    rows = pd.concat([read_kpis(folder) for folder in folders], ignore_index=True)
    as_of = last_day(NOW)
    with language.using(spoken, manifest["currency"]), using(manifest["k"]):
        for name in ("memo.txt", "memo.html"):
            text = (of(reviewed, spoken) / name).read_text(encoding="utf-8")
            text = words(text) if name.endswith("html") else text
            assert untied(text, rows, [*BEFORE, NOW], as_of, manifest["title"]) == []
