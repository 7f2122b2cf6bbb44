"""The capstone: each trainee's folder has its dirt, right work passes, and each fault has its line, which gives nothing away."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree

import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.run import capstone as run
from crmlib.run.capstone import CapstoneError, Folder, generated, make, seed_of
from crmlib.run.capstone_checks import Truth, Work, truth_of, work_in
from crmlib.run.capstone_list import code_of, faults_of_list
from crmlib.run.capstone_mapping import faults_of_mapping
from crmlib.run.capstone_memo import faults_of_memo
from crmlib.run.capstone_review import faults_of_review, true_figures
from crmlib.run.cli import app
from crmlib.run.course import CAPSTONE, PARTS
from crmlib.show.attempts import FILE, Attempts
from crmlib.vocabulary.language import using
from crmlib.vocabulary.policy import load

NAME = "Li Wei"
ALONE, ACT = "hold_out", "act"
OWN = " ".join(f"The review's memo says of {what} that it went as it always goes, and little else." for what in (
    "customers", "orders", "refunds", "cases", "answers", "contacts", "consents", "tiers",
))  # fmt: skip


@dataclass(frozen=True)
class Done:
    """A capstone that was done rightly, and its truth."""

    here: Folder
    truth: Truth
    work: Work


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    place, draft = tmp_path_factory.mktemp("mine") / CAPSTONE, tmp_path_factory.mktemp("truth")
    here = Folder(place)
    with using("en"):
        make(here, NAME)
        about = generated(draft / "raw", seed_of(NAME), solved=True)
        truth = truth_of(draft, about, load(None))
    (here.raw / "company.toml").write_bytes((draft / "raw" / "company.toml").read_bytes())
    review = place / "reviews" / "capstone" / truth.month
    (review / "private").mkdir(parents=True)
    copytree(truth.tables, review / "tables")
    (review / "manifest.json").write_text("{}", encoding="utf-8")
    figures = pd.DataFrame(true_figures(truth))[["kpi", "period", "segment", "value", "low", "high", "n"]]
    figures.assign(period=truth.month).to_csv(review / "kpis.csv", index=False)
    (review / "memo.txt").write_text(OWN, encoding="utf-8")
    consents = truth.consents()
    who = consents.loc[(consents["Channel"] == "phone") & (consents["Withdrawn on"] == ""), "Customer no"].unique()[:14]
    rows = pd.DataFrame({"customer_id": who, "why": "silent", "channel": "phone", "due_on": "2026-11-05"})
    rows.assign(arm=[*[ACT] * 12, ALONE, ALONE]).to_csv(review / "private" / "proposals.csv", index=False)
    rows.head(10).to_csv(place / run.LIST, index=False)
    (place / run.MEMO).write_text(memo(figures), encoding="utf-8")
    return Done(here, truth, work_in(here))


def memo(figures: pd.DataFrame) -> str:
    """A memo with the figures of a review."""
    of = figures.set_index("kpi")
    rate, active = of.loc["repurchase_rate"], of.loc["active_customers"]
    return (
        f"We have {active['value']:,.0f} active customers of {active['n']:,.0f}. {100 * rate['value']:.1f}% have come back "
        f"(between {100 * rate['low']:.1f}% and {100 * rate['high']:.1f}%). We will call ten of them by Friday, 6 November."
    )


@pytest.fixture(autouse=True)
def english() -> None:
    from crmlib.vocabulary.language import use

    use("en", "CNY")


def test_right_work_has_no_faults_in_any_part(done: Done) -> None:
    for check in (faults_of_mapping, faults_of_review, faults_of_list, faults_of_memo):
        assert check(done.work, done.truth) == [], check.__name__
    assert {kpi["kpi"] for kpi in true_figures(done.truth)} >= {
        "active_customers",
        "repurchase_rate",
        "gini",
        "sla_first_response",
    }


def test_the_folder_has_its_dirt_and_not_its_truth(done: Done) -> None:
    raw, end = done.here.raw, pd.Timestamp(json.loads((done.here.place / run.STATE).read_text("utf-8"))["exported_on"])
    shop = pd.read_csv(raw / "订单导出.csv", encoding="gb18030", dtype="str")
    forms = shop["下单时间"].str.replace(r"\d", "9", regex=True).value_counts()
    assert set(forms.index) == {"9999/99/99 99:99", "99.99.9999 99:99"}
    assert forms.min() > 0.2 * forms.sum(), "both forms are to be met"
    sales = pd.read_csv(raw / "sales_export.csv", sep=";")
    assert "Total USD" in sales
    assert (sales["Margin"] == 0).mean() > 0.8 > 0.2 > (sales["Paid back"] == 0).mean()
    assert pd.Timestamp(done.truth.month) + pd.DateOffset(months=1) < end
    assert pd.to_datetime(sales["Sold at"]).max() < end
    people = pd.read_csv(raw / "customers.csv", dtype="str", keep_default_na=False)
    assert people["Remark"].str.contains(r"147 \d{4} \d{4}").sum() > 50
    twice = people[people["WeChat"] != ""]
    assert twice["WeChat"].duplicated().sum() > 5, "some customers stand there twice, under two numbers"
    cells = next(load_workbook(raw / "service.xlsx").active.iter_rows(min_row=2, max_row=2, values_only=True))
    assert str(cells[-1]).startswith("=")
    known = {p.name for p in done.here.place.rglob("*") if p.is_file() and "reviews" not in p.parts}
    assert known == {"capstone.json", "task.txt", "list_of_ten.csv", "memo.txt", "company.toml"} | {
        p.name for p in raw.iterdir()
    }
    assert set(json.loads((done.here.place / run.STATE).read_text("utf-8"))) == {"name", "exported_on"}


def test_a_name_has_its_own_folder_and_what_was_done_in_it_stays(done: Done, tmp_path: Path) -> None:
    assert seed_of("Li  wei ") == seed_of(NAME) != seed_of("Li Wen")
    before = {p: p.read_bytes() for p in done.here.raw.iterdir()}
    with using("zh"):
        lines = make(done.here, "somebody else")
    assert "映射" in "".join(lines)
    assert {p: p.read_bytes() for p in done.here.raw.iterdir()} == before
    assert done.here.made_for == NAME
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(CapstoneError, match="holds other things"):
        make(Folder(tmp_path), NAME)
    with pytest.raises(CapstoneError, match="no capstone is here yet"):
        assert Folder(tmp_path).made_for


def test_a_mapping_as_the_headings_say_is_told_column_by_column(done: Done, tmp_path: Path) -> None:
    text = (done.here.raw / "company.toml").read_text(encoding="utf-8")
    wrong = (
        text.replace('currency = "CNY"', 'currency = "USD"')
        .replace('margin = "Paid back"\nrefunded = "Margin"', 'margin = "Margin"\nrefunded = "Paid back"')
        .replace('city = "City"', 'city = "Remark"')
        .replace('resolved_at = "Solved"', 'resolved_at = "First answer"')
        .replace('withdrawn_at = "Withdrawn on"\n', "")
    )
    wrong = re.sub(r"\[interactions\].*?(?=\[consents\])", "", wrong, flags=re.DOTALL)
    copytree(done.here.raw, tmp_path / "raw")
    (tmp_path / "raw" / "company.toml").write_text(wrong, encoding="utf-8")
    company = load_description(tmp_path / "raw" / "company.toml")
    review = tmp_path / "reviews" / "capstone" / done.truth.month
    ingest(company, review, policy=load(None))
    faults = faults_of_mapping(replace(done.work, place=tmp_path, company=company, review=review), done.truth)
    assert [f.partition(":")[0] for f in faults] == [
        "company.toml, currency", "Customers, city", "Orders, Margin", "Orders, Refunded", "Service cases, Resolved at",
        "Contacts", "Consents, Withdrawn at",
    ]  # fmt: skip
    told = " ".join(faults)
    assert not [key for key in ("CNY", "Paid back", "Solved", "Withdrawn on", done.truth.month) if key in told]
    figures = faults_of_review(replace(done.work, review=review), done.truth)
    assert figures, "this review says nothing"
    assert not re.search(r"\d", " ".join(figures).replace("20 %", ""))


def test_a_review_of_a_month_that_is_cut_off_and_figures_beside_the_true_ones(done: Done, tmp_path: Path) -> None:
    assert faults_of_review(replace(done.work, review=None), done.truth)[0].startswith("There is no review yet")
    for month, says in (("2026-10", "cut off"), ("2026-08", "later month")):
        assert says in faults_of_review(replace(done.work, review=tmp_path / month), done.truth)[0]
    review = tmp_path / done.truth.month
    copytree(done.work.review, review)
    rows = pd.read_csv(review / "kpis.csv")
    of = rows["kpi"].isin(("active_customers", "gini"))
    rows.assign(value=rows["value"].where(~of, rows["value"] * 1.4)).to_csv(review / "kpis.csv", index=False)
    faults = faults_of_review(replace(done.work, review=review), done.truth)
    assert sorted(f.partition(":")[0] for f in faults) == ["Active customers", "Gini coefficient of revenue"]
    assert not re.search(r"\d", " ".join(faults))


def ten(done: Done) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((done.here.place / run.LIST).read_text("utf-8"))))


def listed(done: Done, rows: list[dict[str, str]], place: Path) -> list[str]:
    pd.DataFrame(rows).to_csv(place / run.LIST, index=False)
    return faults_of_list(replace(done.work, place=place), done.truth)


def test_each_fault_of_the_list_has_its_line(done: Done, tmp_path: Path) -> None:
    rows, proposed = ten(done), done.work.proposals()
    alone = next(row["customer_id"] for row in proposed if row["arm"] == ALONE)
    cases = {
        "ten are asked for": rows[:9],
        "stands here twice": [*rows[:9], rows[0]],
        "comparison group": [*rows[:9], {**rows[9], "customer_id": alone}],
        "proposes nothing": [*rows[:9], {**rows[9], "customer_id": "X-1"}],
        "none that there is": [*rows[:9], {**rows[9], "channel": "pigeon"}],
        "does not say why": [*rows[:9], {**rows[9], "why": " "}],
        "until when": [*rows[:9], {**rows[9], "due_on": "soon"}],
        "before the month was over": [*rows[:9], {**rows[9], "due_on": "2026-09-12"}],
        "no consent": [*rows[:9], {**rows[9], "channel": "letter"}],
    }
    for says, given in cases.items():
        faults = listed(done, given, tmp_path)
        assert len(faults) == 1, (says, faults)
        assert says in faults[0]
    assert listed(done, [*rows[:9], {**rows[9], "channel": "电话"}], tmp_path) == [], "in either language"
    assert faults_of_list(replace(done.work, place=tmp_path / "nowhere"), done.truth) == [
        "list_of_ten.csv names nobody yet."
    ]
    assert [code_of(text) for text in ("WeChat", "微信", "phone", "carrier pigeon")] == [
        "wechat",
        "wechat",
        "phone",
        "",
    ]


def test_a_consent_that_was_withdrawn_is_no_consent(done: Done, tmp_path: Path) -> None:
    consents = done.truth.consents()
    each = consents.groupby(["Customer no", "Channel"])["Withdrawn on"].agg(["min", "max"])
    who, channel = next(iter(each[(each["min"] != "") & (each["max"] < f"{done.truth.month}-30")].index))
    review = tmp_path / done.truth.month
    copytree(done.work.review, review)
    proposals = pd.read_csv(review / "private" / "proposals.csv", dtype="str")
    proposals.loc[0, ["customer_id", "channel"]] = [who, "face_to_face"]
    proposals.to_csv(review / "private" / "proposals.csv", index=False)
    (tmp_path / "list").mkdir()
    rows = [{**ten(done)[0], "customer_id": who, "channel": channel}, *ten(done)[1:]]
    pd.DataFrame(rows).to_csv(tmp_path / "list" / run.LIST, index=False)
    faults = faults_of_list(replace(done.work, place=tmp_path / "list", review=review), done.truth)
    assert faults == ["Row 1: there is no consent to this channel that still holds."]


def test_each_fault_of_the_memo_has_its_line(done: Done, tmp_path: Path) -> None:
    good = (done.here.place / run.MEMO).read_text(encoding="utf-8")
    sure = ", ".join(f"{float(row['value']):.3f}" for row in done.work.kpis() if row["value"])
    cases = {
        "does not have: 4,321": f"{good} And 4,321 more.",
        "at most 250": good + " again and again" * 90,
        "the review's own memo": f"{OWN} {good}",
        "too few figures": re.sub(r"\d+\.\d%", "many", good),
        "how sure it is": f"{sure}: so it stands. We will call ten of them by Friday.",
        "what will be done": good.partition(" We will call")[0],
    }
    for says, text in cases.items():
        (tmp_path / run.MEMO).write_text(text, encoding="utf-8")
        faults = faults_of_memo(replace(done.work, place=tmp_path), done.truth)
        assert len([f for f in faults if says in f]) == 1, (says, faults)
    assert faults_of_memo(replace(done.work, place=tmp_path / "nowhere"), done.truth) == [
        "memo.txt is not written yet."
    ]
    chinese = good.replace("We have", "我们有").partition("We will")[0] + "我们会在11月6日之前给十位客户打电话。"
    (tmp_path / run.MEMO).write_text(chinese, encoding="utf-8")
    assert faults_of_memo(replace(done.work, place=tmp_path), done.truth) == []


def test_the_command_says_part_by_part_and_counts(done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {name: [] for name, *_more in PARTS} | {"capstone_list": ["Row 3: something."]}
    monkeypatch.setattr(run, "checked", lambda _here: found)
    told = CliRunner().invoke(app, ["course", "capstone", "--check", "--folder", str(tmp_path)])
    assert told.exit_code == 2
    assert told.output.splitlines() == [
        "The mapping: right.", "The review: right.", "The list of ten:", "  - Row 3: something.", "The memo: right.",
    ]  # fmt: skip
    states = Attempts(tmp_path / FILE).states()
    assert states[CAPSTONE, "capstone_memo"] == "right"
    assert states[CAPSTONE, "capstone_list"] == "wrong"


def test_a_company_file_that_cannot_be_read_is_told_by_its_own_line(done: Done, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    work = work_in(Folder(tmp_path))
    assert "no such company file" in faults_of_mapping(work, done.truth)[0]
    assert faults_of_list(work, done.truth) == ["list_of_ten.csv names nobody yet."]
