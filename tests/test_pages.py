from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from crmlib.run import index, month, pages, rendering, tiles
from crmlib.run.collect import KPIS_CSV
from crmlib.run.engine import Failure
from crmlib.show import withholding
from crmlib.show.findings import ACTIONS_MIME
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import BY_CHAPTER, KPIS
from tests.small_company import notebook

WIDGET = "application/vnd.jupyter.widget-view+json"
OUTWARD = re.compile(r"https?:|[\"'(=]\s*//|url\(|@import|<script|<iframe|<object|\ssrc=\"(?!data:)", re.IGNORECASE)
OURS = re.compile(
    r'<script type="application/json"[^>]*>[^<]*</script>|<script>' + re.escape(rendering.script()) + "</script>"
)


def with_outputs(*outputs: object):
    made = notebook("A title", "x", words="Why **it** matters: 1 < 2.\n\n- one\n- two")
    made.cells[-1].outputs = list(outputs)
    return made


def displayed(**data: str):
    return new_output("display_data", data={k.replace("__", "/"): v for k, v in data.items()})


def page(made: object, **more: object) -> str:
    links = [SimpleNamespace(name="01_a", title="A title"), SimpleNamespace(name="02_b", title="The next & last")]
    return pages.chapter_page(
        made, name="01_a", company="Müller & Söhne", month=date(2026, 10, 31), chapters=links, **more
    )


def test_a_page_shows_words_and_cards_and_no_code() -> None:
    text = page(with_outputs(displayed(text__html='<div class="crm-card">a card</div>', text__plain="plain")))
    assert "<h1>A title</h1>" in text
    assert "1 &lt; 2" in text
    assert "a card" in text
    assert "plain" not in text
    assert "datasets/teaching" not in text, "the parameters are hidden"
    assert '<h2 id="s1">A part of it</h2>' in text
    assert '<a href="#s1">A part of it</a>' in text
    assert "Müller &amp; Söhne · Oct 2026" in text
    assert 'href="02_b.html">The next &amp; last →' in text


def test_a_widget_leaves_its_card_and_nothing_else() -> None:
    output = displayed(text__html="<p>the card at the start</p>", text__plain="VBox()")
    output.data[WIDGET] = {"model_id": "abc"}
    bare = displayed(text__plain="VBox()")
    bare.data[WIDGET] = {"model_id": "def"}
    text = page(with_outputs(output, bare))
    assert "the card at the start" in text
    assert "VBox" not in text


def test_pictures_are_within_the_page_and_have_words() -> None:
    text = page(with_outputs(displayed(image__png="iVBO\nRw0=", text__plain="Share by channel")))
    assert '<img alt="Share by channel" src="data:image/png;base64,iVBORw0=">' in text


@pytest.mark.parametrize(
    "hostile",
    [
        '<script src="https://x.example/a.js"></script>',
        "<script>alert(1)</script>",
        '<link rel="stylesheet" href="https://x.example/a.css">',
        "<style>@import url(https://x.example/a.css);</style>",
        '<img src="https://x.example/a.png">',
        '<a href="//x.example">x</a>',
        '<iframe src="https://x.example"></iframe>',
    ],
)
def test_nothing_leads_out_of_a_page(hostile: str) -> None:
    text = page(with_outputs(displayed(text__html=f"<div>{hostile} kept</div>")))
    assert "kept" in text
    assert not OUTWARD.search(OURS.sub("", text)), OUTWARD.search(OURS.sub("", text))


def test_what_is_published_has_no_list_of_people_no_traceback_no_printing_and_no_run() -> None:
    actions = displayed(text__html="<p>x</p>")
    actions.data[ACTIONS_MIME] = [{"customer_id": "c1"}]
    made = with_outputs(
        actions,
        new_output("stream", name="stderr", text="/home/li/x.py: warning"),
        new_output("error", ename="ValueError", evalue="bad /home/li/x.csv", traceback=["File /home/li/x.py"]),
    )
    made.metadata.papermill = {"input_path": "/home/li"}
    made.cells[-1].metadata.papermill = {"duration": 3}
    before = json.dumps(made)
    text = json.dumps(pages.published(made))
    for gone in (ACTIONS_MIME, "/home/li", "duration", "stderr"):
        assert gone not in text
    assert "bad" in text
    assert json.dumps(made) == before, "the notebook itself is left as it was"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("cannot read /home/li/data.csv", "cannot read …"),
        (r"cannot read C:\Users\li\data.csv", "cannot read …"),
        ("li.wei@example.com has no orders", "… has no orders"),
        ("call +86 138 1234 5678 now", "call … now"),
        ("13812345678", "…"),
        ("see https://x.example/y", "see …"),
        ("first line\nsecond line", "first line"),
        ("12 of 30 and 2026-10 and/or 3.5", "12 of 30 and 2026-10 and/or 3.5"),
        ("", ""),
    ],
)
def test_an_error_is_told_without_paths_and_persons(message: str, said: str) -> None:
    assert pages.plain(message) == said


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_an_error_is_always_one_short_line(message: str) -> None:
    assert len(pages.plain(message).splitlines()) <= 1
    assert len(pages.plain(message)) <= pages.LONGEST_MESSAGE + 1


@pytest.mark.parametrize("kind", ["error", "stalled", "too_long", "died"])
def test_every_failure_names_its_cell_and_what_to_do(kind: str) -> None:
    what, then = pages.explained(Failure("repurchase-rate", kind, "KeyError", "'amount'"))  # type: ignore[arg-type]
    assert "“repurchase-rate”" in what
    assert "again" in then


# Front pages


ROW = {
    "table": "orders",
    "file": "1",
    "read": 5,
    "kept": 3,
    "filtered": 1,
    "repeated": 0,
    "rejected": 1,
}
IMPORTANCE = {"name": "01_importance", "title": "Why", "status": "fresh"}
MANIFEST = {
    "company": "acme",
    "title": "Acme <Ltd>",
    "month": "2026-10",
    "as_of": "2026-10-31",
    "language": "en",
    "currency": "EUR",
    "crmlib": "0.1.0",
    "to_act_on": 1234,
    "notes": [],
    "account": [ROW],
    "unnamed": [{"table": "orders", "column": "category", "why": "few", "values": 7, "rows": 9}],
    "missing": [{"table": "tickets", "tells": "how fast service answers"}],
    "chapters": [IMPORTANCE, {"name": "02_data", "title": "Data", "status": "failed"}],
}


def manifest(**more: object) -> dict[str, object]:
    return {**MANIFEST, **more}


def kpis(value: float, low: float, high: float, period: str = "2026-10", status: str = "fresh") -> pd.DataFrame:
    return pd.DataFrame(
        [["01_importance", "repurchase_rate", period, "", value, low, high, 900, "share", "", float("nan"), status]],
        columns=KPIS_CSV,
    )


def earlier(folder: Path, month: str, frame: pd.DataFrame) -> Path:
    review = folder / "acme" / month
    review.mkdir(parents=True)
    frame.to_csv(review / "kpis.csv", index=False)
    (review / "manifest.json").write_text(json.dumps(manifest(month=month)), encoding="utf-8")
    return review


@pytest.mark.parametrize(
    ("now", "says", "mark"),
    [
        (kpis(0.70, 0.68, 0.72), "Up from 60.0% in Sept 2026.", "crm-better"),
        (kpis(0.50, 0.48, 0.52), "Down from 60.0% in Sept 2026.", "crm-worse"),
        (kpis(0.61, 0.58, 0.64), "No clear change from 60.0% in Sept 2026.", ""),
        (kpis(0.60, 0.58, 0.62), "Unchanged from 60.0% in Sept 2026.", ""),
    ],
)
def test_a_tile_calls_a_change_better_or_worse_only_where_the_intervals_part(
    tmp_path: Path, now: pd.DataFrame, says: str, mark: str
) -> None:
    before = earlier(tmp_path, "2026-09", kpis(0.60, 0.58, 0.62, "2026-09"))
    text = month.files(manifest(), now, [before])["index.html"]
    tile = text[text.index('<ul class="crm-tiles">') : text.index("</ul>")]
    assert says in tile
    assert ("crm-better" in tile, "crm-worse" in tile) == (mark == "crm-better", mark == "crm-worse")


def test_the_front_page_says_how_many_words_were_not_published() -> None:
    with withholding.using(5):
        text = month.files(manifest(), kpis(0.6, 0.58, 0.62), [])["index.html"]
    assert "Category (Orders): 7 values were not published, each held by fewer than 5 customers (10 rows)." in text


def test_the_front_page_links_every_headline_to_its_definition_and_says_what_is_missing() -> None:
    text = month.files(manifest(), kpis(0.6, 0.58, 0.62), [])["index.html"]
    assert 'href="#kpi-repurchase_rate"' in text
    assert 'id="kpi-repurchase_rate"' in text
    assert "between 58.0% and 62.0%" in text
    assert "1,234" in text
    assert "how fast service answers" in text
    assert "Acme &lt;Ltd&gt;" in text
    assert "It stopped before its end" in text
    assert not OUTWARD.search(OURS.sub("", text))


def test_every_link_within_the_front_page_has_its_target() -> None:
    chapters = [{"name": n, "title": n, "status": "fresh"} for n in BY_CHAPTER]
    stated = kpis(0.6, 0.58, 0.62)
    text = month.files(manifest(chapters=chapters), stated, [])["index.html"]
    targets = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= targets
    assert {t for t in targets if t.startswith("kpi-")} == {f"kpi-{name}" for name in stated["kpi"]}, "no others"


def test_three_months_give_a_course_in_words_and_as_a_line(tmp_path: Path) -> None:
    past = [earlier(tmp_path, m, kpis(v, v - 0.01, v + 0.01, m)) for m, v in (("2026-08", 0.5), ("2026-09", 0.6))]
    text = month.files(manifest(), kpis(0.7, 0.69, 0.71), past)["index.html"]
    assert 'aria-label="Course over 3 months"' in text
    assert 'points="0.0,22.0 60.0,12.0 120.0,2.0"' in text


def test_all_reviews_are_listed_newest_first_with_status_and_figures(tmp_path: Path) -> None:
    for of, value in (("2026-09", 0.6), ("2026-10", 0.7)):
        earlier(tmp_path, of, kpis(value, value - 0.01, value + 0.01, of))
    (tmp_path / ".hidden").mkdir()
    text = index.reviews_page(tmp_path)
    assert text.index("acme/2026-10/index.html") < text.index("acme/2026-09/index.html")
    assert "70.0%" in text
    assert "1 chapter stopped" in text
    assert not OUTWARD.search(OURS.sub("", text))
    row = re.search(r'<th scope="row">Repurchase rate</th>(.*?)</tr>', text)[1]
    assert re.findall(r">([\d.]+%)<", row) == ["70.0%", "60.0%"], "months side by side, the newest first"


def test_older_months_than_a_year_are_folded_and_can_all_be_reached(tmp_path: Path) -> None:
    names = [f"{year}-{month_:02}" for year in (2025, 2026) for month_ in range(1, 11)]
    for of in names:
        earlier(tmp_path, of, kpis(0.5, 0.4, 0.6, of))
    text = index.reviews_page(tmp_path)
    assert text.count('<th scope="col" class="crm-number">') == 12
    assert "8 earlier months" in text
    assert [of for of in names if f"acme/{of}/index.html" not in text] == []


def test_all_reviews_speak_the_language_of_the_latest(tmp_path: Path) -> None:
    earlier(tmp_path, "2026-09", kpis(0.6, 0.5, 0.7, "2026-09"))
    last = earlier(tmp_path, "2026-10", kpis(0.7, 0.6, 0.8))
    told = json.loads((last / "manifest.json").read_text(encoding="utf-8"))
    (last / "manifest.json").write_text(json.dumps({**told, "language": "zh"}), encoding="utf-8")
    text = index.reviews_page(tmp_path)
    assert '<html lang="zh-Hans">' in text
    assert "2026年9月" in text
    assert "Sept" not in text
    assert "lang=" not in text[text.index("<main") :]


@pytest.mark.parametrize("shape", ["", *tiles.FIRST])
def test_all_reviews_show_the_figures_that_come_first_for_the_kind_of_business(tmp_path: Path, shape: str) -> None:
    every = [name for name, kpi in KPIS.items() if kpi.headline]
    frame = pd.concat([kpis(0.5, 0.4, 0.6).iloc[:1].assign(kpi=name, unit=KPIS[name].unit) for name in every])
    last = earlier(tmp_path, "2026-10", frame)
    told = json.loads((last / "manifest.json").read_text(encoding="utf-8"))
    (last / "manifest.json").write_text(json.dumps({**told, "shape": shape}), encoding="utf-8")
    shown = [unescape(name) for name in re.findall(r'<th scope="row">(.*?)</th>', index.reviews_page(tmp_path))]
    assert shown == ["To act on", *(KPIS[name].label for name in tiles.FIRST.get(shape, tiles.AGAIN))]


def test_no_review_yet_is_said(tmp_path: Path) -> None:
    assert "No review has been finished yet." in index.reviews_page(tmp_path)


def test_pages_are_in_the_language_in_force() -> None:
    with language.using("zh", "CNY"):
        text = month.files(manifest(language="zh", currency="CNY"), kpis(0.6, 0.58, 0.62), [])["index.html"]
    assert '<html lang="zh-Hans">' in text
    assert "2026年10月" in text


def test_the_sheet_is_of_system_fonts_and_touches_no_page_of_jupyter() -> None:
    sheet = rendering.sheet()
    assert not OUTWARD.search(sheet)
    assert "PingFang SC" in sheet
    plain = re.sub(r"@media[^{]*\{", "", sheet)
    selectors = {s.strip() for block in re.findall(r"([^{}]+)\{", plain) for s in block.split(",")}
    assert {s for s in selectors if "crm-" not in s} <= {":root", "html"}


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("Chapter 4 · Channels", "Channels"),
        ("3 · Tiers", "Tiers"),
        ("第四章 · 渠道", "渠道"),
        ("90 days that matter", "90 days that matter"),
    ],
)
def test_a_chapter_is_listed_without_its_number(heading: str, title: str) -> None:
    assert pages.title_of(notebook(heading), "04_x") == title


def test_a_section_of_which_nothing_is_recorded_is_one_line() -> None:
    def review(card: str) -> str:
        measured = new_code_cell("m")
        measured.outputs = [new_output("display_data", {"text/html": f'<div class="{card}">card</div>'})]
        words = new_markdown_cell("## 4.3 Was it reviewed?\n\nOf large companies.")
        return page(new_notebook(cells=[new_markdown_cell("# One\n\n## 4.1 All\n\nWords."), words, measured]))

    silent = review("crm-card crm-silent")
    assert "Of large companies" not in silent
    assert silent.count("4.3 Was it reviewed") == 1
    assert "Left out, as this company records nothing that they would measure: 4.3 Was it reviewed." in silent
    assert "Of large companies" in review("crm-card")
