"""Controls without a kernel: what a page holds of each state is the card that Python draws there, to the sign."""

from __future__ import annotations

import random
from itertools import product
from math import nan
from pathlib import Path
from unittest.mock import patch

import ibis
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser

from crmlib.measures import loyalty_types, resources
from crmlib.run import pages
from crmlib.show.cards import SILENT
from crmlib.show.controls import (
    CONTROLS_MIME,
    FOR_PAGES,
    MOST_STATES,
    control,
    grouped,
    packed,
    page_of,
    state_of,
    unpacked,
)
from crmlib.show.widgets import what_if
from tests.controls import Played, played, state
from tests.differencing import Shown, attack, made, month_ends, published
from tests.moved import CUTS, Moved, in_tier, spent
from tests.small_company import knowing
from tests.test_browser import browser as browser
from tests.test_browser import needs_chromium, opened
from tests.test_loyalty_at_stake import typed
from tests.test_pages import page
from tests.test_widgets import AS_OF, drawn
from tests.told import CHAPTERS

MOST_BYTES = 300_000
"""By which the controls of a chapter may make its page heavier."""
TRIED = {
    "01_importance": ["churn-cost", "retention-value", "self-assessment"],
    "03_tiering": ["rival", "coupon", "resources"],
    "04_channels": ["allocation"],
}


@pytest.fixture(scope="module")
def tried() -> dict[str, list[Played]]:
    """The what-ifs of every chapter that has one, over a small company whose customers' reasons to stay are given."""
    c = made(0, customers=200)(month_ends(1)[0])
    known = loyalty_types.Types(pd.concat([typed()] * 20, ignore_index=True), pd.DataFrame())
    with patch.multiple(loyalty_types, types=lambda _c: known, signs=lambda *_given: None):
        return {p.stem: [*played(c, p)] for p in CHAPTERS if "what_if" in p.read_text(encoding="utf-8")}


def states(one: Played) -> list[tuple[int, list[int | None], str]]:
    """Of every group each state of its sliders, and of questions a sample, since only how many and how much counts: the number of
    the group, the stops, and the card that Python draws there.
    """
    told: list[tuple[int, list[int | None], str]] = []
    for i, some in enumerate(grouped(one.controls).values()):
        stops = [[None, *range(len(each.stops))] if each.is_question else [*range(len(each.stops))] for each in some]
        every = [*product(*stops)]
        asks = some[0].is_question
        for at in random.Random(1).sample(every, 40) if asks else every:
            pairs = zip(some, at, strict=True)
            values = {each.name: nan if stop is None else each.stops[stop] for each, stop in pairs}
            told.append((i, [*at], one.draw(**values) if asks else one.cards[state(values)]))
    return told


def test_every_state_of_every_control_is_what_python_draws_there(tried: dict[str, list[Played]]) -> None:
    assert {name: [one.cell for one in those] for name, those in tried.items()} == TRIED
    for those in tried.values():
        for one in those:
            moved = 0
            for i, at, html in states(one):
                assert unpacked(one.groups[i], state_of(one.groups[i], at)) == html, (one.cell, at)
                moved += html != one.bundle["text/html"]
            assert moved or SILENT in one.bundle["text/html"], f"{one.cell}: no state differs from the start"


def test_the_controls_of_a_chapter_weigh_little(tried: dict[str, list[Played]]) -> None:
    for name, those in tried.items():
        weight = len("".join(page_with(one) for one in those)) - len(
            "".join(page_with(one, bare=True) for one in those)
        )
        assert 1_000 < weight < MOST_BYTES, (name, weight)


def page_with(one: Played, *, bare: bool = False) -> str:
    """A page of one card, or of its start alone."""
    bundle = {name: one.bundle[name] for name in ("text/html", *([] if bare else [CONTROLS_MIME]))}
    return page(new_notebook(cells=[new_code_cell("x", id="tried", outputs=[new_output("display_data", bundle)])]))


def seen(html: str) -> list[str]:
    """What a reader sees of a card: its sentences, bars and data."""
    read = BeautifulSoup(html, "html.parser")
    bars = [bar["style"] for bar in read.select(".crm-track > *")]
    return [" ".join(part.get_text().split()) for part in read.select(".crm-say, .crm-strip, tbody td")] + bars


MOVE = """([group, stops]) => {
  const place = document.querySelectorAll(".crm-try")[group];
  const inputs = [...place.querySelectorAll(".crm-controls input, .crm-controls select")];
  inputs.forEach((input, i) => input.value = stops[i] === null ? "" : stops[i]);
  inputs[0].dispatchEvent(new Event("input", {bubbles: true}));
  return place.querySelector(".crm-answer").innerHTML;
}"""


@needs_chromium
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("name", [*TRIED])
def test_a_page_without_a_network_shows_every_state_as_python_does(
    browser: Browser, tried: dict[str, list[Played]], tmp_path: Path, name: str
) -> None:
    for one in (one for one in tried[name] if SILENT not in one.bundle["text/html"]):
        (tmp_path / "page.html").write_text(page_with(one), encoding="utf-8")
        shown, asked, complaints = opened(browser, (tmp_path / "page.html").as_uri())
        for i, at, html in states(one):
            assert seen(shown.evaluate(MOVE, [i, at])) == seen(html), (one.cell, at)
        assert (asked, complaints) == ([], [])
        shown.close()


@needs_chromium
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_slider_is_moved_by_keyboard_and_says_so(
    browser: Browser, tried: dict[str, list[Played]], tmp_path: Path
) -> None:
    one = tried["03_tiering"][0]
    (tmp_path / "page.html").write_text(page_with(one), encoding="utf-8")
    shown, _asked, _complaints = opened(browser, (tmp_path / "page.html").as_uri())
    slider = shown.get_by_role("slider")
    before = shown.locator(".crm-say").all_inner_texts()
    slider.press("ArrowRight")
    after = shown.locator(".crm-say").all_inner_texts()
    assert after != before
    assert slider.get_attribute("aria-valuetext") == shown.locator(".crm-controls b").inner_text() == "0.35"
    assert shown.get_by_role("status").inner_text().split() == " ".join(after).split()
    shown.close()


@needs_chromium
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_without_a_script_the_start_stands_there_and_no_control(
    browser: Browser, tried: dict[str, list[Played]], tmp_path: Path
) -> None:
    for one in tried["01_importance"]:
        (tmp_path / "page.html").write_text(page_with(one), encoding="utf-8")
        shown = browser.new_context(java_script_enabled=False).new_page()
        shown.goto((tmp_path / "page.html").as_uri())
        assert shown.locator("input:visible, select:visible, button:visible, .crm-try summary:visible").count() == (
            0 if one.cell == "self-assessment" else shown.locator(".crm-answer summary:visible").count()
        )
        assert seen(shown.content())[: len(seen(one.bundle["text/html"]))] == seen(one.bundle["text/html"])
        shown.context.close()


def test_only_a_chapter_that_is_run_for_its_page_draws_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CONTROLS_MIME not in what_if(drawn, points=(0, 15, 5, 5))
    monkeypatch.setenv(FOR_PAGES, "1")
    assert len(what_if(drawn, points=(0, 15, 5, 5))[CONTROLS_MIME][0]["states"]) == 4


def test_a_slider_stops_at_its_start_too_and_a_group_has_not_too_many_states() -> None:
    assert control("points", (0, 15, 5, 7.5)).stops == (0, 5, 7.5, 10, 15)
    assert control("points", (0, 0.3, 0.1, 0.1)).stops == (0, 0.1, 0.2, 0.3)
    many = [control(name, (0, 100, 1, 5)) for name in ("points", "years")]
    with pytest.raises(ValueError, match=str(101 * 101)):
        page_of(lambda **_values: "", many)
    assert MOST_STATES < 101 * 101


@given(st.lists(st.text(alphabet="ab 1,.|<−3%", max_size=12), min_size=1, max_size=8))
def test_whatever_is_packed_is_unpacked(texts: list[str]) -> None:
    texts = [text.replace("|", "") for text in texts]
    group = packed(texts)
    assert [unpacked(group, i) for i in range(len(texts))] == texts


@pytest.mark.parametrize("careless", [False, True])
def test_who_moves_the_cuts_of_the_tiers_learns_of_no_few_customers(careless: bool) -> None:
    c, rng, k, n = knowing(AS_OF), np.random.default_rng(1), 5, 120
    drawn_at = {"revenue": np.round(np.exp(rng.normal(6.5, 1.4, n)), 2), "days_since_first": rng.integers(1, 900, n)}
    each = pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], **drawn_at, "hours": 1.0})
    effort = ibis.memtable(each)
    stops = {name: stops for name, (stops, _start) in resources.sliders(c, effort).items()}
    if careless:
        cuts = [float(getattr(c.policy.tiers, name)) for name in CUTS]
        stops = {name: tuple(cut * half / 2 for half in range(1, 6)) for name, cut in zip(CUTS, cuts, strict=True)}
    states = [dict(zip(stops, at, strict=True)) for at in product(*stops.values())]
    assert len(states) > 8
    frames = [(values, resources.by_tier(c, effort, **values)) for values in states]
    told = Shown(n, moved=[("cuts", Moved({}, frames, spent(c, each, stops), in_tier))])
    got = attack([published(told, k)], k)
    assert bool(got.recovered) == careless


def test_what_is_kept_of_the_notebook_beside_the_page_has_no_states(tried: dict[str, list[Played]]) -> None:
    bundle = {name: tried["03_tiering"][0].bundle[name] for name in ("text/html", CONTROLS_MIME)}
    notebook = new_notebook(cells=[new_code_cell("x", outputs=[new_output("display_data", bundle)])])
    assert [*pages.published(notebook).cells[0].outputs[0].data] == ["text/html"]
