"""The month on one page: three sentences that say what their rows say, six tiles by the kind of business."""

import re
from pathlib import Path

import pandas as pd
import pytest

from crmlib.run import tiles
from crmlib.run.checking import ending
from crmlib.run.in_short import in_short
from crmlib.run.month import to_tell
from crmlib.show.findings import quantity
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import Statistics

MOVED = {"label": "Repurchase rate", "value": "61.0%", "change": "Up.", "arrow": "▲", "verdict": "crm-better"}
STILL = {"label": "Active customers", "value": "300", "change": "No clear change.", "arrow": "", "verdict": ""}
WORSE = {"label": "Completeness", "value": "90.0%", "change": "Down.", "arrow": "▼", "verdict": "crm-worse"}


def row(kpi: str, value: float, low: float = float("nan"), high: float = float("nan"), segment: str = "") -> dict:
    return {
        "chapter": "", "kpi": kpi, "period": "2026-10", "segment": segment, "value": value, "low": low, "high": high,
        "n": 500, "unit": KPIS[kpi].unit, "status": "fresh",
    }  # fmt: skip


LISTED = [
    row("actions_proposed", 40),
    row("actions_proposed", 30, segment="overdue"),
    row("actions_proposed", 10, segment="slipping"),
    row("list_worth", 12_000),
]


def told(
    rows: list[dict], acting: int | None = 40, before: str | None = "2026-09", shown: tuple = (STILL,)
) -> list[str]:
    frame = pd.DataFrame(rows, columns=list(row("list_worth", 1)))
    with language.using("en", "EUR"):
        return in_short(frame, shown, acting, before)


def test_the_first_month_has_nothing_to_be_held_against() -> None:
    assert told([], before=None)[0].startswith("This is the first month reviewed")


def test_what_moved_is_said_the_worse_first_and_noise_is_no_news() -> None:
    assert told([], shown=(MOVED, STILL, WORSE))[0] == (
        "Clearly moved since Sept 2026: Completeness ▼ 90.0% and Repurchase rate ▲ 61.0%."
    )
    assert "has moved beyond chance" in told([], shown=(STILL,))[0]
    assert "Others moved too" in told([], shown=(MOVED,) * 5)[0]
    assert "Others" not in told([], shown=(MOVED,) * 3)[0]
    assert "held against" in told([], shown=({**STILL, "change": ""},))[0]


def test_whom_to_act_on_and_what_that_is_worth() -> None:
    text = told(LISTED)[1]
    assert text.startswith("40 customers to act on")
    assert "(30)" in text
    assert "€12,000" in text
    assert "cannot be told" in told([], acting=40)[1]
    assert told([], acting=0)[1] == "What is on record gives no reason to contact anybody this month."
    assert "no list was made" in told([], acting=None)[1]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "cannot be told yet"),
        ([row("incremental_margin", 900, 100, 1_700)], "have brought €900 in margin, beyond chance"),
        ([row("incremental_margin", 900, -100, 1_900)], "cannot be told yet: between"),
        ([row("incremental_margin", -900, -1_700, -100)], "have cost more than they brought"),
        ([row("action_effect", 0.05, 0.01, 0.09)], "raised the share who ordered by +5.0 points"),
        ([row("action_effect", 0.05)], "cannot be told yet: that takes"),
        ([{**row("incremental_margin", 900, 100, 1_700), "status": "stale"}], "cannot be told yet: that takes"),
    ],
)
def test_what_acting_earned_is_said_only_where_the_interval_says_so(rows: list[dict], says: str) -> None:
    assert says in told(rows)[2]


def test_every_number_of_the_sentences_is_that_of_a_row() -> None:
    rows = [*LISTED, row("incremental_margin", 4_321, 1_234, 7_654)]
    with language.using("en", "EUR"):
        known = {quantity(r[c], r["unit"]) for r in rows for c in ("value", "low", "high") if r[c] == r[c]}
    for text in told(rows)[1:]:
        numbers = re.findall(r"€?\d[\d,.]*\d|\d+", text)
        assert numbers
        assert {*numbers} <= known


@pytest.mark.parametrize("shape", ["", *tiles.FIRST])
def test_the_tiles_of_a_business_come_first_and_all_of_them_are_headlines(shape: str) -> None:
    first = tiles.FIRST.get(shape, tiles.AGAIN)
    assert len({*first}) == tiles.SHOWN
    assert all(KPIS[name].headline for name in first)
    every = pd.DataFrame({"kpi": [name for name, kpi in KPIS.items() if kpi.headline]}).assign(status="fresh")
    assert tuple(tiles.in_order(every, shape)["kpi"][: tiles.SHOWN]) == first
    less = every[every["kpi"] != first[0]]
    assert tuple(tiles.in_order(less, shape)["kpi"][: tiles.SHOWN - 1]) == first[1:]


@pytest.mark.parametrize(
    ("verdict", "last_month", "clear"),
    [
        ("worse", "2026-09", True),
        ("too_close", "2026-09", False),
        ("worse", "2026-08", False),
        ("cannot_say", "2026-09", False),
    ],
)
def test_a_tile_says_what_the_chapter_says_of_the_same_two_months(verdict: str, last_month: str, clear: bool) -> None:
    last = pd.DataFrame([{**row("active_customers", 300), "period": last_month}])
    now = pd.DataFrame([row("active_customers", 290)])
    with language.using("en", "EUR"):
        (shown,) = tiles.tiles(now, [(last_month, last)], Statistics(), {"active_customers": verdict})
    assert bool(shown["verdict"]) == clear


@pytest.mark.parametrize(("now", "clear"), [(310, False), (400, True)])
def test_a_count_that_chance_moves_as_far_is_no_clear_change(now: int, clear: bool) -> None:
    last = pd.DataFrame([{**row("active_customers", 300), "period": "2026-09"}])
    with language.using("en", "EUR"):
        (shown,) = tiles.tiles(pd.DataFrame([row("active_customers", now)]), [("2026-09", last)], Statistics())
    assert bool(shown["verdict"]) == clear
    assert ("No clear change" in shown["change"]) == (not clear)


def test_a_company_that_only_asks_is_told_by_what_it_asks_and_what_is_withheld_comes_last() -> None:
    asked = [
        row("dimension_index", value, value - 0.03, value + 0.03, segment=name)
        for name, value in (("care", 0.7), ("price", 0.4))
    ]
    few = {**row("moved_down_share", 0.1), "status": "withheld"}
    rows = to_tell(pd.DataFrame([few, *asked, row("completeness", 0.9)]))
    earlier = pd.DataFrame([row("dimension_index", 0.9, 0.87, 0.93, segment="price")]).assign(period="2026-09")
    with language.using("en", "EUR"):
        shown = tiles.tiles(tiles.in_order(rows, ""), [("2026-09", earlier)], Statistics())
    labels = [KPIS[name].label for name in ("completeness", "dimension_index", "moved_down_share")]
    assert [tile["label"] for tile in shown] == [labels[0], f"{labels[1]} · care", f"{labels[1]} · price", labels[2]]
    assert [tile["arrow"] for tile in shown] == ["", "", "▼", ""]
    whole = [row(name, 0.5) for name in tiles.AGAIN]
    assert "dimension_index" not in set(to_tell(pd.DataFrame([*whole, *asked]))["kpi"])


@pytest.mark.parametrize(
    ("acting", "says"), [(0, "What is on record gives no reason"), (1, "1 customer to act on: "), (None, "No chapter")]
)
def test_a_terminal_is_sent_to_the_list_only_where_somebody_stands_on_it(acting: int | None, says: str) -> None:
    manifest: dict[str, object] = {
        "language": "en",
        "currency": "EUR",
        "to_act_on": acting,
        "chapters": [],
        "missing": [],
    }
    _lies, told = ending(Path("reviews/acme/2026-10"), manifest)
    assert told.startswith(says)
    assert ("actions.csv" in told) == bool(acting)
