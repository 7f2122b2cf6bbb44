from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.border.company import load_description
from crmlib.run.chapters import ChapterError
from crmlib.run.collect import KPIS_CSV, kpis_csv, read_kpis
from crmlib.run.folders import FolderError, Place, held_folder, locked, noted_of
from crmlib.run.outputs import inputs
from crmlib.run.parameters import ParameterError, checked
from crmlib.run.review import Request, ReviewError, last_day, review
from crmlib.vocabulary.schema import TABLES
from tests.small_company import PARAMETERS, Border, action, emits, finding, notebook, write_chapters, write_company

GIVEN = {"tables": "t", "as_of": "2026-10-31", "policy": "", "language": "en"}


class Heard:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.begun: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def chapter(self, name: str, title: str, cells: int) -> Any:
        self.begun.append(name)
        return lambda: None

    def ended(self, name: str, failed: bool) -> None:
        pass


def request(folder: Path, **more: Any) -> Request:
    return Request(folder / "co" / "company.toml", out=folder / "reviews", chapters=folder / "chapters", **more)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_company(tmp_path / "co")
    write_chapters(tmp_path / "chapters", _01_importance=notebook("Why it matters", emits([finding()])))
    return tmp_path


# Parameters


def test_parameters_are_taken_as_the_chapter_declares_them() -> None:
    made = notebook("A", parameters=PARAMETERS + "\nyears = 3\nrate = 0.5\nwide = False")
    found = checked(made, "01_a", {**GIVEN, "years": "4", "rate": "1", "wide": "true"})
    assert found == {**GIVEN, "years": 4, "rate": 1.0, "wide": True}
    assert checked(made, "01_a", {**GIVEN, "before": "../2026-09"}) == GIVEN, (
        "what a chapter does not take it is not handed"
    )


@pytest.mark.parametrize(
    ("parameters", "given_", "says"),
    [
        (PARAMETERS, {**GIVEN, "as_off": "x"}, "unknown parameter 'as_off'; did you mean 'as_of'?"),
        (PARAMETERS, {k: v for k, v in GIVEN.items() if k != "policy"}, "'policy' was not given"),
        (PARAMETERS, {**GIVEN, "as_of": "31.10.2026"}, "expected a day as YYYY-MM-DD"),
        (PARAMETERS, {**GIVEN, "as_of": 20261031}, "expected a text"),
        (PARAMETERS, {**GIVEN, "language": "xx"}, "one of: en, zh"),
        (PARAMETERS.replace("as_of", "asof"), GIVEN, "'as_of' is missing"),
        (PARAMETERS + "\nyears = 3", {**GIVEN, "years": "three"}, "expected a whole number, found 'three'"),
        (PARAMETERS + "\nyears = [3]", GIVEN, "line 5: expected a text, a number"),
        (PARAMETERS + "\nimport os", GIVEN, "expected a line of the form name = value"),
        (PARAMETERS + "\nx = (", GIVEN, "not Python"),
    ],
)
def test_a_wrong_parameter_is_one_clear_line(parameters: str, given_: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match="01_a") as raised:
        checked(notebook("A", parameters=parameters), "01_a", given_)
    assert says in str(raised.value)
    assert str(raised.value).startswith("01_a: ")
    assert "\n" not in str(raised.value)


def test_a_wrong_parameter_stops_before_anything_is_read_or_written(place: Path) -> None:
    border = Border()
    with pytest.raises(ParameterError, match="languag"):
        review(request(place, parameters={"languag": "zh"}), ingest=border)
    assert not border.called
    assert not (place / "reviews").exists()


@pytest.mark.parametrize("month", ["2026-13", "2026", "October", "2026-1", "2026-10-31"])
def test_a_month_that_is_none_is_refused(place: Path, month: str) -> None:
    with pytest.raises(ReviewError, match="expected YYYY-MM"):
        review(request(place, month=month), ingest=Border())


def test_a_month_later_than_the_data_is_refused(place: Path) -> None:
    with pytest.raises(ReviewError, match="fill months up to 2026-10"):
        review(request(place, month="2026-11"), ingest=Border())
    assert not (place / "reviews" / "acme" / "2026-11").exists()


def test_what_the_review_sets_itself_cannot_be_set(place: Path) -> None:
    with pytest.raises(ReviewError, match="--month"):
        review(request(place, parameters={"as_of": "2026-01-01"}), ingest=Border())


def test_an_unknown_chapter_is_refused(place: Path) -> None:
    with pytest.raises(ChapterError, match="there is no chapter 7"):
        review(request(place, only=(7,)), ingest=Border())


def test_the_as_of_date_is_the_last_day_of_the_month() -> None:
    assert [str(last_day(m)) for m in ("2024-02", "2026-10", "2026-12")] == ["2024-02-29", "2026-10-31", "2026-12-31"]


# A whole month


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A company and three chapters, one of which stops."""
    write_company(tmp_path / "co")
    set_ = "assert (tables, as_of, policy) == ('tables', '2026-10-31', '')"
    stops = "raise ValueError('no such thing in /s' + 'rv/sec' + 'ret/a.csv for li' + '@example.com')"
    write_chapters(
        tmp_path / "chapters",
        _01_importance=notebook("Why it matters", set_, emits([finding(), finding(1 / 3, segment="email")])),
        _02_data_collection=notebook("Data", emits([finding(kpi="completeness")]), stops),
        _05_proactive_service=notebook("Service", emits(actions=[action(2, "hold_out"), action(1), action(3)])),
    )  # fmt: skip
    return tmp_path


def test_a_review_writes_its_month_whole(whole: Path) -> None:
    heard = Heard()
    done = review(request(whole, month="2026-10"), ingest=Border(), listener=heard)
    folder = whole / "reviews" / "acme" / "2026-10"
    assert done.folder == folder
    assert done.failed == ["02_data_collection"]
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [f"{n}.{k}" for n in ("01_importance", "02_data_collection", "05_proactive_service") for k in ("html", "ipynb")]
        + ["index.html", "kpis.csv", "kpis.xlsx", "manifest.json", "memo.html", "memo.txt", "private", "tables"]
    )
    assert (whole / "reviews" / "index.html").exists()
    assert (whole / "reviews" / ".gitignore").read_text() == "*\n", "git keeps no review, wherever it lies"
    assert sorted(p.name for p in folder.parent.iterdir()) == [".2026-10.lock", "2026-10"]

    # Figures: of the chapter that stopped none, for there is no earlier month.
    lines = (folder / "kpis.csv").read_bytes().decode().split("\n")
    assert lines[0] == ",".join(KPIS_CSV)
    assert lines[1] == "01_importance,repurchase_rate,2026-10,,0.61,0.58,0.64,1200,share,,,fresh"
    assert (
        lines[2] == "01_importance,repurchase_rate,2026-10,email,0.333333333333,0.58,0.363333333333,1200,share,,,fresh"
    )
    assert lines[3:] == [""]

    # Lists: the company's own ids, by priority; those left alone are not handed to the CRM.
    private = folder / "private"
    assert sorted(p.name for p in private.iterdir()) == [
        "actions.csv",
        "actions.xlsx",
        "calendar",
        "first_actions.html",
        "fxiaoke_tasks.csv",
        "inputs.csv",
        "kpis.csv",
        "proposals.csv",
        "zoho_crm_tasks.csv",
    ]
    assert private.stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader((private / "actions.csv").read_text("utf-8-sig").splitlines()))
    assert [(r["rank"], r["customer_id"], r["what"], r["owner"]) for r in rows] == [
        ("1", "K-0001", "Call and ask what changed.", "zhang.wei"),
        ("2", "K-0003", "Call and ask what changed.", "zhang.wei"),
        ("", "K-0002", "Hold out: leave alone.", "zhang.wei"),
    ]
    kept = list(csv.DictReader((private / "proposals.csv").read_text("utf-8-sig").splitlines()))
    assert [(r["action_id"], r["customer_id"], r["proposed_on"], r["arm"]) for r in kept] == [
        ("2026-10-001", "K-0001", "2026-10-31", "act"),
        ("2026-10-002", "K-0002", "2026-10-31", "hold_out"),
        ("2026-10-003", "K-0003", "2026-10-31", "act"),
    ]
    zoho = list(csv.DictReader((private / "zoho_crm_tasks.csv").read_text("utf-8-sig").splitlines()))
    assert [t["Related To"] for t in zoho] == ["K-0001", "K-0003"]
    assert (zoho[0]["Subject"], zoho[0]["Due Date"], zoho[0]["Task Priority"], zoho[0]["Channel"]) == (
        "Call and ask what changed.", "11/07/2026", "High", "phone",
    )  # fmt: skip

    # Manifest.
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["as_of"] == "2026-10-31"
    assert manifest["to_act_on"] == 2
    assert [c["status"] for c in manifest["chapters"]] == ["fresh", "failed", "fresh"]
    assert manifest["account"][0] == {
        "table": "orders",
        "file": "1",
        "read": 5,
        "filtered": 1,
        "repeated": 0,
        "rejected": 1,
        "unmatched": None,
        "kept": 3,
    }
    assert [m["table"] for m in manifest["missing"]] == [name for name in TABLES if name != "orders"]
    assert set(manifest["inputs"]) == {"1", "2"}
    listed = pd.read_csv(private / "inputs.csv", dtype=str).set_index("input")
    assert listed["name"].to_dict() == {"1": "company.toml", "2": "orders.csv"}
    assert listed["sha256"].to_dict() == manifest["inputs"]
    assert set(manifest["outputs"]) == {*noted_of(folder)} - {"manifest.json"}

    # The page of the chapter that stopped says it in plain words; neither it nor its notebook tells more.
    for kind in ("html", "ipynb"):
        text = (folder / f"02_data_collection.{kind}").read_text("utf-8")
        assert "no such thing in" in text
        for secret in ("/srv", "secret", "li@example.com", "Traceback", str(whole)):
            assert secret not in text, secret
    page = (folder / "02_data_collection.html").read_text("utf-8")
    assert "could not be computed" in page
    assert "“result-2”" in page

    # A list of people stays in private/ even under pseudonyms.
    for path in folder.rglob("*"):
        if path.is_file() and "private" not in path.parts:
            assert b"c000000000001" not in path.read_bytes(), path
            assert b"K-0001" not in path.read_bytes(), path


def test_the_same_input_gives_the_same_figures_to_the_byte_and_force_replaces_the_month(place: Path) -> None:
    review(request(place), ingest=Border())
    folder = place / "reviews" / "acme" / "2026-10"
    first = {
        name: (folder / name).read_bytes()
        for name in ("kpis.csv", "01_importance.html", "01_importance.ipynb", "index.html")
    }
    with pytest.raises(FolderError, match="--force"):
        review(request(place), ingest=Border())
    review(request(place, force=True), ingest=Border())
    assert first == {name: (folder / name).read_bytes() for name in first}
    assert sorted(p.name for p in folder.parent.iterdir()) == [".2026-10.lock", "2026-10"]


def test_a_folder_of_other_files_is_left_to_git_as_it_is(place: Path) -> None:
    (place / "reviews").mkdir()
    (place / "reviews" / "notes.txt").write_text("mine")
    review(request(place, month="2026-10"), ingest=Border())
    assert not (place / "reviews" / ".gitignore").exists()


def test_a_chapter_that_stops_carries_last_months_figures_marked_stale(place: Path) -> None:
    border = Border(latest_month="2026-09")
    review(request(place), ingest=border)
    write_chapters(place / "chapters", _01_importance=notebook("Why it matters", "1 / 0"))
    done = review(request(place), ingest=Border())
    assert done.failed == ["01_importance"]
    kpis = read_kpis(done.folder)
    assert kpis[["kpi", "period", "value", "status"]].values.tolist() == [["repurchase_rate", "2026-10", 0.61, "stale"]]
    page = (done.folder / "01_importance.html").read_text("utf-8")
    assert "stale" in page
    assert "61.0%" in page
    assert "Stale: carried over from" in (done.folder / "index.html").read_text("utf-8")


def test_lists_of_earlier_months_become_the_actions_of_the_next(place: Path) -> None:
    write_chapters(place / "chapters", _05_service=notebook("Service", emits(actions=[action(1)])))
    for month in ("2026-08", "2026-09", "2026-10"):
        review(request(place, month=month), ingest=Border())
    border = Border()
    review(request(place, month="2026-09", force=True), ingest=border)
    assert [p.parts[-3:] for p in border.actions[-1]] == [("2026-08", "private", "proposals.csv")]
    border = Border()
    review(request(place, force=True), ingest=border)
    assert [p.parts[-3] for p in border.actions[-1]] == ["2026-08", "2026-09"], "a month's own list is not its input"


def test_a_chapter_that_takes_it_is_handed_the_review_of_the_month_before(place: Path) -> None:
    shown = "from IPython.display import display\ndisplay({'text/plain': f'handed: {before!r}'}, raw=True)"
    write_chapters(place / "chapters", _06_causes=notebook("Why", shown, parameters=PARAMETERS + '\nbefore = ""'))
    handed = {}
    for month in ("2026-07", "2026-08", "2026-10"):
        folder = review(request(place, month=month), ingest=Border()).folder
        assert not (folder / "tables" / "before").exists()
        handed[month] = re.findall(r"handed: '([^']*)'", (folder / "06_causes.ipynb").read_text("utf-8"))
    assert handed == {"2026-07": [""], "2026-08": ["../2026-07"], "2026-10": [""]}, "the month before, and no other"
    with pytest.raises(ReviewError, match="sets this itself"):
        review(request(place, parameters={"before": "elsewhere"}), ingest=Border())


def test_only_the_chapters_asked_for_are_run(whole: Path) -> None:
    done = review(request(whole, only=(1,)), ingest=Border())
    assert [c["status"] for c in done.manifest["chapters"]] == ["fresh", "not_run", "not_run"]
    assert not (done.folder / "02_data_collection.html").exists()
    assert done.manifest["to_act_on"] is None


@pytest.mark.parametrize(("stated", "acting"), [([finding(0.0, kpi="actions_proposed", low=None)], 0), ([], None)])
def test_nobody_is_said_to_need_no_contact_where_nothing_is_on_record_that_would_tell(
    stated: list[dict[str, Any]], acting: int | None, tmp_path: Path
) -> None:
    write_company(tmp_path / "co")
    write_chapters(tmp_path / "chapters", _05_proactive_service=notebook("Service", emits(stated, actions=[])))
    assert review(request(tmp_path), ingest=Border()).manifest["to_act_on"] == acting


def test_a_company_that_reads_chinese_gets_the_chinese_edition_where_there_is_one(tmp_path: Path) -> None:
    write_company(tmp_path / "co", language="zh")
    write_chapters(
        tmp_path / "chapters",
        _01_importance=notebook("English", "assert language == 'zh'"),
        _02_data=notebook("Only English"),
    )
    write_chapters(tmp_path / "chapters" / "zh", _01_importance=notebook("为什么重要", "assert language == 'zh'"))
    done = review(request(tmp_path), ingest=Border())
    assert not done.failed
    assert [c["title"] for c in done.manifest["chapters"]] == ["为什么重要", "Only English"]
    assert '<html lang="zh-Hans">' in (done.folder / "index.html").read_text("utf-8")


def test_the_policy_is_frozen_beside_the_tables(tmp_path: Path) -> None:
    write_company(tmp_path / "co", more='policy = "policy.toml"')
    (tmp_path / "co" / "policy.toml").write_text("[contact]\ncapacity = 5\n", encoding="utf-8")
    write_chapters(
        tmp_path / "chapters",
        _01_a=notebook("A", "assert policy == 'policy.toml'\nassert 'capacity' in open(policy).read()"),
    )
    done = review(request(tmp_path), ingest=Border())
    assert not done.failed
    assert done.manifest["policy"] == done.manifest["outputs"]["policy.toml"]


# Folders


def test_a_month_is_held_by_one_run_and_free_again_after_it(tmp_path: Path) -> None:
    place = Place(tmp_path / "acme", "2026-10")
    with locked(place), pytest.raises(FolderError, match="another review of this month is running"), locked(place):
        pass
    with locked(place), locked(Place(tmp_path / "acme", "2026-09")):
        pass


def test_a_replacing_that_was_cut_short_is_put_back(tmp_path: Path) -> None:
    place = Place(tmp_path / "acme", "2026-10")
    place.old.mkdir(parents=True)
    (place.old / "kpis.csv").write_text("x", encoding="utf-8")
    place.put_back()
    assert (place.whole / "kpis.csv").exists()
    assert not place.old.exists()


def test_a_review_on_its_way_out_is_never_put_back(tmp_path: Path) -> None:
    place = Place(tmp_path / "acme", "2026-10")
    place.gone.mkdir(parents=True)
    place.put_back()
    assert not place.whole.exists()
    place.clear()
    assert not place.gone.exists()


def test_what_a_killed_run_left_coming_in_is_removed_but_not_what_a_living_one_holds(tmp_path: Path) -> None:
    left = tmp_path / ".incoming-left"
    left.mkdir()
    (tmp_path / ".incoming-left.lock").touch()
    with held_folder(tmp_path, ".incoming-") as first:
        assert not left.exists()
        with held_folder(tmp_path, ".incoming-") as second:
            assert first.exists()
            assert second != first
    assert list(tmp_path.iterdir()) == []


# Figures


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(allow_infinity=False), st.integers(0, 10**9), st.text(max_size=5)), max_size=6))
def test_figures_survive_being_written_and_read_to_twelve_digits(rows: list[tuple[float, int, str]]) -> None:
    import io

    import pandas as pd

    frame = pd.DataFrame(
        [
            (
                "01_a",
                "k",
                "2026-10",
                s.replace("\x00", "").replace("\r", ""),
                v,
                float("nan"),
                v,
                n,
                "share",
                "",
                float("nan"),
                "fresh",
            )
            for v, n, s in rows
        ],
        columns=KPIS_CSV,
    )
    text = kpis_csv(frame)
    assert text == kpis_csv(frame.copy())
    back = pd.read_csv(
        io.StringIO(text),
        keep_default_na=False,
        na_values={"value": [""], "low": [""], "high": [""]},
        dtype={"segment": str},
    )
    assert [pytest.approx(v, rel=1e-11, nan_ok=True) for v in frame["value"]] == list(back["value"])
    assert list(back["n"]) == [n for _v, n, _s in rows]


def test_a_border_is_crossed_again_only_where_it_can_change_something(tmp_path: Path) -> None:
    write_chapters(tmp_path / "chapters", _05_service=notebook("Service", emits(actions=[action(1)])))
    write_company(tmp_path / "co")
    review(request(tmp_path, month="2026-10"), ingest=Border())
    border = Border()
    review(request(tmp_path, force=True), ingest=border)
    assert len(border.called) == 2, "the month's own list is not its input"


def test_the_companys_own_lists_are_its_actions_whatever_it_maps(tmp_path: Path) -> None:
    more = '[actions]\nfrom = "orders.csv"\n[actions.fields]\naction_id = "Order ID"\ncustomer_id = "Customer ID"\n'
    more += 'proposed_on = "Order Date"\narm = "\'act\'"\n'
    write_chapters(tmp_path / "chapters", _05_service=notebook("Service", emits(actions=[action(1)])))
    write_company(tmp_path / "co", more=more)
    review(request(tmp_path, month="2026-09"), ingest=Border())
    border = Border()
    review(request(tmp_path), ingest=border)
    assert [p.parts[-3] for p in border.actions[-1]] == ["2026-09"]


def test_every_source_file_is_listed_with_its_hash_also_from_several_folders(tmp_path: Path) -> None:
    file = write_company(tmp_path)
    for year in ("2025", "2026"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "orders.csv").write_bytes((tmp_path / "orders.csv").read_bytes())
    file.write_text(file.read_text("utf-8").replace('from = "orders.csv"', 'from = "20*/orders.csv"'), encoding="utf-8")
    assert set(inputs(load_description(file))) == {"company.toml", "2025/orders.csv", "2026/orders.csv"}


def test_lists_of_doubtful_pairs_up_to_the_month_are_read_back_and_what_the_border_notes_is_said(place: Path) -> None:
    write_chapters(place / "chapters", _05_service=notebook("Service", emits(actions=[action(1)])))
    for month in ("2026-08", "2026-09", "2026-10"):
        done = review(request(place, month=month), ingest=Border())
        (done.folder / "private" / "doubtful_pairs.csv").write_text("record_a,record_b,same\n")
    border, heard = Border(notes=("three pairs are followed",)), Heard()
    review(request(place, month="2026-09", force=True), ingest=border, listener=heard)
    assert [p.parts[-3:] for p in border.verdicts[-1]] == [
        (month, "private", "doubtful_pairs.csv") for month in ("2026-08", "2026-09")
    ]
    assert heard.lines.count("three pairs are followed") == 1
