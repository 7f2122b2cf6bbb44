"""What a reader sees: sentences that admit too little data, cards that escape and explain, pictures with their data."""

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from PIL import Image

import crmlib
from crmlib import CrmlibError
from crmlib.facts.company import company_from
from crmlib.facts.findings import finding, findings
from crmlib.measures import tiers
from crmlib.models.estimates import wilson
from crmlib.show import charts, listing, withholding
from crmlib.show.cards import card
from crmlib.show.chapter import Chapter, start
from crmlib.show.findings import begun, contrast, entry, payload, quantity, read_payload, segment_label, sentence, tells
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import kinds_in, label, unit_of
from crmlib.vocabulary.policy import Statistics
from crmlib.vocabulary.schema import TABLES
from tests.small_company import knowing

DAY = date(2026, 10, 31)
LIMITS = Statistics()


def rate(successes: int, n: int, segment: str = "") -> dict[str, object]:
    return finding(knowing(DAY), "repurchase_rate", wilson(successes, n), n=n, segment=segment)


def test_a_sentence_is_built_from_its_own_numbers() -> None:
    assert (
        sentence(rate(700, 1000), LIMITS)
        == "70.0% of all customers have ordered more than once (between 67.1% and 72.8%, n = 1,000)."
    )


def test_too_few_or_too_wide_is_not_enough_to_tell() -> None:
    assert (
        sentence(rate(7, 10), LIMITS)
        == "Repurchase rate: not enough to tell (n = 10; anything from 39.7% to 89.2% fits)."
    )
    assert sentence(rate(0, 0), LIMITS) == "Repurchase rate: not enough to tell (n = 0)."
    assert not tells(rate(15, 30), LIMITS)
    assert tells(rate(50, 100), LIMITS)
    counted = finding(knowing(DAY), "active_customers", (3.0, np.nan, np.nan), n=3)
    assert tells(counted, LIMITS)


def test_segments_are_contrasted_only_as_far_as_they_differ() -> None:
    apart = findings(knowing(DAY), [rate(900, 1000, "growth"), rate(100, 1000, "potential"), rate(1, 2, "long_tail")])
    said = "Repurchase rate: highest for growth (90.0%), lowest for potential (10.0%)"
    assert contrast(apart[apart["n"] > 2], LIMITS) == f"{said}; more than chance makes of 2 groups."
    left_out = "Groups too small to tell are left out."
    assert contrast(apart, LIMITS) == f"{said}; more than chance makes of 2 groups. {left_out}"
    together = findings(knowing(DAY), [rate(52, 100, "growth"), rate(50, 100, "potential")])
    assert contrast(together, LIMITS).endswith("chance alone sets 2 groups as far apart: not enough to tell.")
    assert contrast(findings(knowing(DAY), [rate(52, 100, "growth")]), LIMITS).endswith(
        "not enough to tell the groups apart."
    )
    assert segment_label("orders", "impossible_share") == "Orders"
    with language.using("zh"):
        assert entry("customers · industry", *kinds_in("row")) == "客户 · 行业"
    tied = findings(knowing(DAY), [rate(23, 32, "growth"), rate(23, 32, "potential")])
    assert contrast(tied, LIMITS) == "Repurchase rate: not enough to tell the groups apart."
    counted = apart.assign(low=np.nan, high=np.nan, unit="count", value=[9.0, 1.0, 3.0])
    assert contrast(counted, LIMITS) == "Repurchase rate: highest for growth (9), lowest for potential (1)."


def test_sums_over_groups_of_different_size_are_not_contrasted() -> None:
    c, nan = knowing(DAY), float("nan")
    for kpi, compared in (("tier_revenue", False), ("expected_orders_12m", False), ("revenue_per_service_hour", True)):
        rows = [finding(c, kpi, (v, nan, nan), n=100, segment=t) for v, t in ((9.0, "growth"), (1.0, "potential"))]
        assert ("lowest for" in card(c, findings(c, rows), segments=True)[1]) == compared


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, "share", "12.3%"),
        (-0.05, "change", "-5.0 points"),
        (0.05, "change", "+5.0 points"),
        (1234.5, "money", "£1,234"),
        (12.5, "money", "£12.50"),
        (12.34, "days", "12.3 days"),
        (3.0, "hours", "3 hours"),
        (239.5, "hours", "240 hours"),
        (7957.0, "hours", "332 days"),
        (1_000_000, "count", "1,000,000"),
        (0.4567, "index", "0.457"),
        (2.0, "ratio", "2.00"),
        (float("nan"), "share", "–"),
    ],
)
def test_quantities_are_written_in_their_unit(value: float, unit: str, text: str) -> None:
    with language.using("en", "GBP"):
        assert quantity(value, unit) == text


def test_a_card_says_defines_and_escapes() -> None:
    rows = findings(
        knowing(DAY), [rate(700, 1000), rate(300, 400, "<script>alert(1)</script>"), rate(400, 600, "growth")]
    )
    html, text = card(knowing(DAY), rows, charts.bars(rows[rows["segment"] != ""]), segments=True)
    assert "70.0% of all customers" in text
    assert KPIS["repurchase_rate"].definition in html
    assert "D004" in html
    assert "<script>" not in html
    assert 'alt="Bar chart: ' in html
    assert html.count("<tr>") == 1 + 2


def test_what_is_not_recorded_is_named_where_nothing_else_is_said() -> None:
    c = knowing(DAY).without("actions.done_at")
    lacking = findings(c, of=("done_share",))
    assert "Not recorded here: Done at (Actions)." in card(c, lacking)[0]
    assert "Nothing to show here" in card(knowing(DAY), findings(knowing(DAY), of=("done_share",)))[0]
    some = findings(c, [rate(700, 1000)], of=("done_share",))
    assert "Not recorded" not in card(c, some)[0], "the chapter's end says so once"


def test_a_figure_says_without_what_it_was_counted() -> None:
    row = {**rate(700, 1000), "without": "orders.refunded"}
    html = card(knowing(DAY), findings(knowing(DAY), [row]))[0]
    assert "Counted without Refunded (Orders): not recorded here." in html
    assert "orders.refunded" not in html
    assert "Counted without" not in card(knowing(DAY), findings(knowing(DAY), [rate(700, 1000)]))[0]


def test_what_is_not_recorded_is_named_by_table_and_in_one_line() -> None:
    row = {
        **rate(700, 1000),
        "without": "orders.discount orders.category activity.logins activity.events surveys.score",
    }
    c = replace(knowing(DAY), missing=frozenset({"activity"}))
    html = card(c, findings(knowing(DAY), [row]))[0]
    assert "Counted without Discount and Category (Orders); Use; Score (Surveys): not recorded here." in html
    everything = " ".join(f"{t.name}.{column}" for t in TABLES.values() for column in t.names)
    html = card(c, findings(knowing(DAY), [{**row, "without": everything}]))[0]
    (line,) = [line for line in re.findall(r"<p class=.crm-under.>(.*?)</p>", html) if "Counted without" in line]
    assert len(line) < 150
    assert re.search(r"; \d+ more: not recorded here\.$", line)


def test_a_card_without_figures_is_not_counted_without_anything() -> None:
    empty = findings(knowing(DAY), of=("repurchase_rate",))
    empty.attrs["without"] = ("orders.refunded",)
    html = card(knowing(DAY), empty)[0]
    assert "Counted without" not in html
    assert "Nothing to show here" in html, "a column that makes figures surer is not why there are none"
    empty.attrs["without"] = ("activity.logins",)
    assert "Not recorded here: Use." in card(replace(knowing(DAY), missing=frozenset({"activity"})), empty)[0]


def test_people_still_waited_for_are_counted_and_no_share() -> None:
    frame = pd.DataFrame({"share": [0.5], "at_risk": [102.0], "test": [""]})
    frame.attrs["unit"] = "share"
    html = listing.table(frame)
    assert ">102<" in html
    assert ">–<" in html, "what is empty is not everybody"


def test_a_chapter_folds_all_that_is_not_recorded_into_one_place(shown: list[dict[str, Any]]) -> None:
    c = knowing(DAY).without("actions.done_at", "activity")
    chapter = Chapter(c)
    for _again in range(2):
        chapter.show(findings(c, of=("done_share",)))
        chapter.table(pd.DataFrame(), needs=["activity"])
        chapter.table(pd.DataFrame({"n": [3]}), needs=["orders.refunded"])
    chapter.unrecorded()
    html = shown[-1]["text/html"]
    assert html.count("<details") == 1
    assert html.count("<li>") == 2
    assert "Done at (Actions). It would tell: Actions carried out." in html
    assert "Use. It would tell who has stopped logging in" in html


def test_a_chapter_says_which_columns_it_read_as_they_stood_later(shown: list[dict[str, Any]]) -> None:
    orders = pd.DataFrame({"customer_id": ["a"], "ordered_at": [DAY], "amount": [1.0], "refunded": [0.5]})
    c = crmlib.open(orders, as_of=DAY)
    assert "orders.refunded" in c.undated()
    chapter = Chapter(c)
    chapter.unrecorded()
    assert shown == [], "it has read nothing yet"
    chapter.show(findings(c, [finding(c, "tier_revenue", (1.0, np.nan, np.nan), n=1, segment="growth")]))
    chapter.unrecorded()
    assert "As recorded when the tables were frozen, not on the day: Refunded (Orders)." in shown[-1]["text/html"]


def test_findings_survive_the_way_through_the_notebook() -> None:
    rows = findings(
        knowing(DAY), [rate(700, 1000), finding(knowing(DAY), "repurchase_rate", (np.nan,) * 3, n=0, segment="华东")]
    )
    pd.testing.assert_frame_equal(read_payload(payload(rows)), rows)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a chapter displays."""
    bundles: list[dict[str, Any]] = []
    monkeypatch.setattr("crmlib.show.chapter.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_show_carries_the_findings(shown: list[dict[str, Any]]) -> None:
    c = company_from({"orders": pd.DataFrame({"order_id": ["a"], "customer_id": ["x"]})}, as_of=DAY)
    chapter = Chapter(c)
    chapter.show(findings(knowing(DAY), [rate(700, 1000)]))
    chapter.table(pd.DataFrame({"customer_id": ["c1"], "amount": [1500.0]}))
    assert shown[0]["application/vnd.crmlib.findings+json"][0]["value"] == 0.7
    assert "1,500" in shown[1]["text/html"]


def test_start_says_what_is_wrong(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CrmlibError, match="no/such/folder: not found here or in any folder above"):
        start(tables="no/such/folder", as_of="2026-10-31")
    with pytest.raises(ValueError, match="isoformat"):
        start(tables=".", as_of="31.10.2026")


FRAMES = {
    "bars": lambda: charts.bars(findings(knowing(DAY), [rate(50, 100, "华东"), rate(70, 100, "growth")])),
    "grouped": lambda: charts.bars(
        pd.DataFrame({"tier": ["growth", "growth"], "channel": ["wechat", "phone"], "value": [1.0, 2.0]}),
        x="tier",
        by="channel",
    ),
    "lines": lambda: charts.lines(
        pd.DataFrame({"period": ["2026-01", "2026-02"], "value": [0.1, 0.2], "unit": "share"})
    ),
    "lorenz": lambda: charts.lorenz(pd.DataFrame({"customers": [0.0, 1.0], "revenue": [0.0, 1.0]})),
    "waterfall": lambda: charts.waterfall(
        pd.DataFrame({"segment": ["利润", "b"], "value": [3.0, -1.0], "unit": "money"})
    ),
    "funnel": lambda: charts.funnel(pd.DataFrame({"stage": ["已知", "b"], "customers": [10, 2]})),
}


@pytest.mark.parametrize("form", FRAMES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_chart_draws_its_frame_with_chinese_and_without_a_warning(form: str, lang: str, tmp_path) -> None:
    """A glyph the fonts lack raises a warning, and warnings are errors here."""
    with language.using(lang, "CNY"):
        picture = FRAMES[form]()
        picture.figure.savefig(tmp_path / "x.png")
    ink = np.asarray(Image.open(tmp_path / "x.png").convert("L"))
    assert (ink < 200).mean() > 0.001, "something is drawn"
    assert bool(re.search("[一-鿿]", picture.alt)) == (lang == "zh")


WRITTEN = ["$0–$50", r"$\frac{1}{2$", r"a_{1}^$", "$x$", r"\$", "100% $", "$$"]


@pytest.mark.parametrize("form", [*FRAMES, "stacks", "flow"])
def test_a_dollar_is_a_dollar_in_every_picture(form: str) -> None:
    """What stands in a cell is shown as it stands there, and nothing of it is set as mathematics."""
    n = len(WRITTEN)
    rows = pd.DataFrame(
        {"segment": WRITTEN, "stage": WRITTEN, "value": range(1, n + 1), "customers": range(n, 0, -1), "unit": "count"}
    )
    moves = pd.DataFrame({"from_tier": WRITTEN, "to_tier": WRITTEN[::-1], "customers": range(1, n + 1)})
    drawn = {
        "bars": lambda: charts.bars(rows),
        "grouped": lambda: charts.bars(rows, by="stage"),
        "lines": lambda: charts.lines(rows.assign(period="2026-01"), by="segment"),
        "lorenz": lambda: charts.lorenz(
            pd.DataFrame({"$a$": [0.0, 1.0], r"$\frac{$": [0.0, 1.0]}), x="$a$", y=r"$\frac{$"
        ),
        "waterfall": lambda: charts.waterfall(rows),
        "funnel": lambda: charts.funnel(rows),
        "stacks": lambda: charts.stacks(rows.assign(month=pd.Timestamp("2026-01-01"))),
        "flow": lambda: charts.flow(moves),
    }[form]()
    drawn.figure.savefig(io.BytesIO())
    texts = [t for t in drawn.figure.findobj(Text) if t.get_text()]
    assert texts
    assert not any(t.get_parse_math() for t in texts)
    shown = {t.get_text().strip() for t in texts}
    assert form in ("lorenz", "flow", "stacks") or any(w in s for s in shown for w in WRITTEN), shown


def test_a_line_over_a_share_has_both_axes_in_their_units() -> None:
    curve = pd.DataFrame({"reached": [0.0, 0.5, 1.0], "gain": [0.0, 0.02, 0.0]})
    with language.using("en"):
        picture = charts.lines(curve, x="reached", y="gain", unit="change")
        picture.figure.canvas.draw()
        axes = picture.figure.axes[0]
        across, up = (
            [t.get_text() for t in axis.get_ticklabels() if t.get_text()] for axis in (axes.xaxis, axes.yaxis)
        )
    assert across
    assert all(text.endswith("%") for text in across), across
    assert all(text.endswith("points") for text in up), up


def test_charts_of_nothing_are_none() -> None:
    assert charts.bars(findings(knowing(DAY))) is None
    assert charts.lines(findings(knowing(DAY))) is None
    assert charts.heatmap(pd.DataFrame()) is None
    assert charts.funnel(pd.DataFrame({"stage": [], "customers": []})) is None


def test_the_bars_are_as_long_as_the_data_say() -> None:
    picture = charts.bars(findings(knowing(DAY), [rate(50, 100, "a"), rate(70, 100, "b")]))
    assert [bar.get_width() for bar in picture.figure.axes[0].patches] == [0.5, 0.7]


def test_of_many_places_those_withheld_are_counted_under_the_bars_and_stand_in_the_data() -> None:
    many = pd.DataFrame({"segment": [f"s{i}" for i in range(20)], "customers": [40, 1, 60, 2] * 5})
    with withholding.using(5):
        picture, few = (charts.bars(rows, y="customers", unit="count") for rows in (many, many.head(8)))
    assert len(picture.figure.axes[0].patches) == 10
    assert "10 more are withheld and not drawn" in picture.figure.axes[0].get_xlabel()
    assert len(picture.data) == 20
    assert len(few.figure.axes[0].get_yticks()) == 8, "of few places each stands where it is looked for"


def test_each_kind_of_name_has_labels_of_its_own() -> None:
    assert label("customer_id") == "Customer"
    assert label("orders", "table") == "Orders"
    assert label("phone") == "Phone"
    assert label("phone", "code") == "phone"
    assert label("revenue", "code") == "revenue", "a company's own word takes no column's label"
    assert label("some_new_thing") == "some new thing"
    assert label("tickets.first_response_at") == "First response at (Service cases)"
    assert entry("email · high_value") == "E-mail · High-value"
    assert segment_label("name", "basic_coverage") == "Name"


def test_a_unit_is_declared_and_not_read_from_a_names_ending() -> None:
    assert [unit_of(c) for c in ("amount", "revenue", "response_rate")] == ["money", "money", "share"]
    assert [unit_of(c) for c in ("source_system", "high_value", "super_value", "own_days")] == [""] * 4


@pytest.mark.parametrize(("unit", "written"), [("share", "8.0%"), ("count", "0"), ("days", "0.1 days")])
def test_a_matrix_is_written_in_the_unit_it_is_told_whatever_its_codes_are_called(unit: str, written: str) -> None:
    cells = pd.DataFrame({"high_value": [0.08], "revenue": [0.31]}, index=pd.Index(["email"], name="channel"))
    picture = charts.heatmap(cells.rename_axis(columns="tier"), unit=unit)
    html = listing.table(picture.data)
    assert f'<td class="crm-number">{written}</td>' in html
    assert "CN¥" not in html
    assert re.findall(r"<th [^>]*>(.*?)</th>", html) == ["Channel", "High-value", "revenue"]


def test_a_sentence_takes_no_refunds_off_where_none_are_recorded() -> None:
    day = pd.Timestamp("2026-09-01")
    orders = pd.DataFrame({"order_id": ["1"], "customer_id": ["a"], "ordered_at": [day], "amount": [100.0]})
    c = crmlib.open(orders, as_of=DAY)
    html = card(c, tiers.size_findings(c))[0]
    told = [tiers.measure(c), *re.findall(r'<p class="crm-say">(.*?)</p>', html)]
    assert len(told) > 1
    assert not any("refund" in sentence for sentence in told)
    assert "Counted without Refunded (Orders): not recorded here." in html


def test_what_all_bars_share_is_said_once_under_them() -> None:
    told = pd.DataFrame({"segment": [f"mail-{i} · purchase" for i in range(3)], "value": [0.1, 0.2, 0.3]})
    shared = charts.bars(told)
    assert shared is not None
    (axes,) = shared.figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["mail-0", "mail-1", "mail-2"]
    assert axes.get_xlabel() == "Purchase"
    other = charts.bars(told.assign(segment=["mail-0 · purchase", "mail-1 · visit", "mail-2 · visit"]))
    assert other is not None
    assert other.figure.axes[0].get_yticklabels()[0].get_text() == "mail-0 · purchase"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("places", [2, 3, 9])
def test_what_the_numbers_beside_bars_are_is_said_whole(places: int, lang: str) -> None:
    rows = pd.DataFrame({"contacts": [str(i + 1) for i in range(places)], "customers": range(60, 60 + places)})
    with language.using(lang):
        picture = charts.bars(rows, x="contacts", y="customers", unit="count")
        assert picture is not None
        (axes,) = picture.figure.axes
        (said,) = (t for t in (axes.yaxis.label, axes.title, axes._left_title) if t.get_text())
        assert said.get_text() == begun(label("contacts"))
    picture.figure.draw_without_rendering()
    box, whole = said.get_window_extent(), picture.figure.bbox
    assert box.x0 >= whole.x0
    assert box.y0 >= whole.y0
    assert box.x1 <= whole.x1
    assert box.y1 <= whole.y1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_how_the_claims_came_out_is_one_sentence(lang: str, shown: list[dict[str, Any]]) -> None:
    c = company_from({"orders": pd.DataFrame({"order_id": ["a"], "customer_id": ["x"]})}, as_of=DAY)
    with language.using(lang):
        Chapter(c).claims(pd.DataFrame({"verdict": ["not_enough"] * 3 + ["not_testable"] * 8}))
    says = {
        "en": "Of 11 claims of the deck here: 3 not enough to tell; 8 not testable.",
        "zh": "培训课件在这里的11条说法：3条数据不足，无法判断；8条无法检验。",
    }
    assert says[lang] in shown[0]["text/html"]
