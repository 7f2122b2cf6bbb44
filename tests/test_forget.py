"""`crmlib forget`, `export` and `audit` over twelve months: nothing of the customer is left, and nothing of others is touched."""

from __future__ import annotations

import json
import re
import stat
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pandas as pd
import pytest

from crmlib.border import forgotten
from crmlib.border.company import load_description
from crmlib.border.pseudonyms import key
from crmlib.run import forget as forgetting
from crmlib.run import review as reviews
from crmlib.run.answer import AnswerError, audit, export
from crmlib.run.cli import main
from crmlib.run.folders import FolderError, Place, held_folder, locked, noted_of, sha256, sha256_of
from crmlib.run.forget import forget, readmit
from crmlib.run.places import PLACES, place_of
from crmlib.run.publish import find as to_publish
from crmlib.run.review import Request, review
from crmlib.run.seeking import UnknownCustomerError, find
from crmlib.vocabulary.held import COPY
from tests.small_company import row_code
from tests.year import MONTHS, PEOPLE, code, met, ran, write_copies, write_year

FEW = ["2026-01", "2026-07", "2026-12"]
BY_HAND = ("private/actions.csv", "private/doubtful_pairs.csv")
"""What a person changed after the review."""
TWO = ("M-77", "C-77")
HARD = [who for who in PEOPLE if who != "C-77"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_year(folder)
    write_copies(folder / "reviews" / "acme")
    return folder


@pytest.fixture
def twelve(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The company, a year of its reviews, and no logs but its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    return copytree(made, tmp_path / "year", symlinks=True)


@pytest.fixture
def year(twelve: Path) -> Path:
    """The same with three months of the year, which is quicker."""
    for month in set(MONTHS) - set(FEW):
        rmtree(twelve / "reviews" / "acme" / month)
    return twelve


def traces(year: Path, who: str) -> list[Any]:
    """What an export lists, as it can be compared."""
    home = year / "reviews" / "acme"
    found = find(load_description(year / "co"), home, who).traces(home)
    return sorted((t.folder.name, t.where, json.dumps(t.taken, default=str)) for t in found)


def codes(year: Path, who: str) -> list[str]:
    company = year / "co" / "company.toml"
    people = [*PEOPLE, *(f"Z-{n}" for n in range(40))]
    orders = [f"S{people.index(who)}-{month}" for month in MONTHS]
    made = [row_code(company.parent, n) for n in orders]
    return [code(company, who), *made, *(row_code(company.parent, f"T{n}", "ticket") for n in orders)]


@pytest.mark.slow
def test_nothing_of_the_customers_is_left_in_any_byte(twelve: Path) -> None:
    sought = {who: codes(twelve, who) for who in PEOPLE}
    before = met(twelve / "reviews", sought)
    for who, files in before.items():
        assert {f"acme/{m}/tables/records.parquet" for m in MONTHS} <= files
        assert who in TWO or {f"acme/{m}/01_importance.html" for m in MONTHS} <= files
        assert {"acme-offline.zip", "acme/2026-12/private/saved.xlsx", "acme/2026-12/private/saved.csv"} <= files
    for who in HARD:
        forget(twelve / "co" / "company.toml", who, out=twelve / "reviews", yes=True)
    assert met(twelve / "reviews", sought) == {who: set() for who in PEOPLE}
    assert met(twelve / "co" / ".crmlib", sought) == {who: set() for who in PEOPLE}


@pytest.mark.parametrize("who", ["K-1", "100", "M-77"])
def test_export_lists_what_forget_removes_and_nothing_more(year: Path, who: str) -> None:
    listed = traces(year, who)
    done = forgetting.erase(load_description(year / "co"), year / "reviews" / "acme", who, today=date(2027, 1, 2))
    assert sorted((t.folder.name, t.where, json.dumps(t.taken, default=str)) for t in done.traces) == listed
    assert done.customers == 1


def seen(year: Path, who: str, within: str = "reviews") -> set[str]:
    return met(year / within, {who: codes(year, who)})[who]


def rows_of_others(home: Path, gone: set[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    for path in sorted(home.glob("2*/tables/*.parquet")):
        frame = pd.read_parquet(path)
        if "customer_id" in frame:
            yield str(path.relative_to(home)), frame[~frame["customer_id"].isin(gone)].reset_index(drop=True)
    for path in sorted(home.glob("2*/private/actions.csv")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        yield (
            str(path.relative_to(home)),
            frame[frame["customer_id"] != "100"].drop(columns="outcome").reset_index(drop=True),
        )


def test_others_keep_every_row_and_every_figure(year: Path) -> None:
    home = year / "reviews" / "acme"
    company = year / "co" / "company.toml"
    before = dict(rows_of_others(home, {code(company, "100")}))
    figures = {p: p.read_bytes() for p in home.glob("2*/kpis.csv")}
    sources = sha256_of(year / "co")
    forget(company, "100", out=year / "reviews", yes=True)
    after = dict(rows_of_others(home, set()))
    assert list(after) == list(before)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, after[name])
    assert {p: p.read_bytes() for p in home.glob("2*/kpis.csv")} == figures
    assert {n: h for n, h in sha256_of(year / "co").items() if n in sources} == sources
    assert len(seen(year, "K-11")) > 10
    assert "acme/2026-12/K-1.txt" in seen(year, "K-1")


def test_manifest_and_pages_say_how_many_and_the_hashes_hold(year: Path) -> None:
    home = year / "reviews" / "acme"
    for who in ("K-1", "M-77"):
        forget(year / "co" / "company.toml", who, out=year / "reviews", yes=True)
    said = "The data of 2 customers were erased since; the figures are those of before."
    for month in FEW:
        manifest = json.loads((home / month / "manifest.json").read_text())
        assert manifest["erased"]["customers"] == 2
        assert manifest["notes"] == [said]
        for page in (home / month).glob("*.html"):
            assert page.read_text().count(f'<p class="crm-aside" id="erased">{said}</p>') == 1
        hashes = noted_of(home / month)
        written = manifest["outputs"]
        assert {n: hashes[n] for n in written if n not in BY_HAND} == {
            n: h for n, h in written.items() if n not in BY_HAND
        }
        assert manifest["tables"] == sha256_of(home / month / "tables")
        assert stat.S_IMODE((home / month / "private").stat().st_mode) == 0o700
    assert to_publish(year / "co" / "company.toml", year / "reviews") == home / "2026-12"
    log = pd.read_csv(year / "co" / ".crmlib" / "erasures.csv")
    assert log["customers"].tolist() == [1, 1]
    assert log["months"].tolist() == [" ".join([*FEW, "2027-01"]), " ".join(FEW)]


def test_what_a_person_kept_in_a_folder_does_not_become_the_reviews_own(year: Path) -> None:
    folder = year / "reviews" / "acme" / "2026-12"
    kept = folder / "private" / "earlier" / "note.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("call back on Monday", encoding="utf-8")
    forget(year / "co" / "company.toml", "100", out=year / "reviews", yes=True)
    assert kept.read_text(encoding="utf-8") == "call back on Monday"
    written = json.loads((folder / "manifest.json").read_text())["outputs"]
    assert sha256(kept) not in written.values(), "a month made anew would drop it as its own"


def test_chinese_pages_say_so_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    company = write_year(tmp_path, ["2026-12"], "zh")
    forget(company, "100", out=tmp_path / "reviews", yes=True)
    page = (tmp_path / "reviews" / "acme" / "2026-12" / "index.html").read_text(encoding="utf-8")
    assert "此后有1位客户的数据被删除" in page
    audit(company, out=tmp_path / "reviews", to=tmp_path / "audit.md")
    assert "哪些数据" in (tmp_path / "audit.md").read_text(encoding="utf-8")


def test_a_kill_in_the_middle_is_finished_by_the_next_forget(twelve: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company, home = twelve / "co" / "company.toml", twelve / "reviews" / "acme"
    publish = Place.publish

    def killed(place: Place, made: Path | None = None) -> None:
        if place.month == "2026-07":
            place.whole.rename(place.old)
            raise KeyboardInterrupt
        publish(place, made)

    monkeypatch.setattr(Place, "publish", killed)
    with pytest.raises(KeyboardInterrupt):
        forget(company, "M-77", out=twelve / "reviews", yes=True)
    monkeypatch.setattr(Place, "publish", publish)
    assert not (home / "2026-07").exists()
    assert forgotten.read(company.parent).among([code(company, "M-77")])
    assert seen(twelve, "M-77")
    forget(company, "100", out=twelve / "reviews", yes=True)
    for who in ("M-77", "C-77", "100"):
        assert seen(twelve, who) == set()
    assert json.loads((home / "2026-07" / "manifest.json").read_text())["erased"]["customers"] == 2
    assert json.loads((home / "2026-03" / "manifest.json").read_text())["erased"]["customers"] == 2
    assert not [p for p in home.iterdir() if p.name.startswith(".") and p.suffix != ".lock"]


def test_while_a_review_runs_nothing_is_touched(year: Path) -> None:
    company, home = year / "co" / "company.toml", year / "reviews" / "acme"
    before = sha256_of(home)
    with locked(Place(home, "2026-07")), pytest.raises(FolderError, match="another review of this month is running"):
        forget(company, "100", out=year / "reviews", yes=True)
    with held_folder(home, ".incoming-"), pytest.raises(FolderError, match="a review of this company is running"):
        forget(company, "100", out=year / "reviews", yes=True)
    after = sha256_of(home)
    files = [name for name in before if not name.endswith(".lock") and not name.startswith(".incoming-dead")]
    assert {n: after[n] for n in files} == {n: before[n] for n in files}
    assert not forgotten.read(company.parent)


def test_without_yes_nothing_is_removed(year: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sha256_of(year / "reviews")
    forget(year / "co" / "company.toml", "100", out=year / "reviews")
    said = capsys.readouterr().out
    assert "Nothing was removed. With --yes it is." in said
    assert "37 rows of your own files are the customer's; crmlib does not touch them." in said
    assert sha256_of(year / "reviews") == before


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("K-111", "no customer 'K-111' in the reviews or in the source files"),
        ("Q:9", "it is written a:9, ids here a-9"),
    ],
)
def test_an_unknown_id_is_one_line_that_names_nobody_else(year: Path, who: str, says: str) -> None:
    with pytest.raises(UnknownCustomerError) as raised:
        forget(year / "co" / "company.toml", who, out=year / "reviews", yes=True)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not any(other in str(raised.value).replace(who, "") for other in PEOPLE if other != "100")


def test_without_the_key_of_the_reviews_nothing_is_said_to_be_gone(year: Path) -> None:
    company = year / "co" / "company.toml"
    file = company.parent / ".crmlib" / "key"
    text = file.read_text()
    file.unlink()
    with pytest.raises(UnknownCustomerError, match="not there, and without the key nobody can be found"):
        forget(company, "100", out=year / "reviews", yes=True)
    assert not file.exists()
    file.write_text("0" * len(text.strip()))
    with pytest.raises(UnknownCustomerError, match="restore the one they were made with"):
        forget(company, "100", out=year / "reviews", yes=True)


def test_the_command_line_says_it_in_one_line(year: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company, out = str(year / "co" / "company.toml"), str(year / "reviews")
    for command, code_ in (
        (["forget", company, "K-111", "--yes"], 2),
        (["forget", company, "100"], 0),
        (["audit", company], 0),
    ):
        with pytest.raises(SystemExit) as left:
            main([*command, "--out", out])
        assert left.value.code == code_
        said = capsys.readouterr()
        assert said.err.count("\n") == (1 if code_ else 0)


def test_the_next_review_does_not_bring_them_back_until_they_are_let_in(
    year: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = year / "co" / "company.toml"
    forget(company, "M-77", out=year / "reviews", yes=True)
    monkeypatch.setattr(reviews.Work, "run", ran)
    again = Request(company, month="2026-12", out=year / "reviews", chapters=year / "chapters", force=True)
    review(again)
    for who in ("M-77", "C-77"):
        assert seen(year, who) == set()
    readmit(company, "M-77")
    readmit(company, "C-77")
    review(again)
    assert "acme/2026-12/tables/records.parquet" in seen(year, "M-77")


def test_a_customer_who_is_gone_at_the_source_is_still_found_by_the_id(year: Path) -> None:
    company = year / "co" / "company.toml"
    for name in ("people", "orders", "cases"):
        frame = pd.read_csv(year / "co" / f"{name}.csv", dtype=str)
        frame[~frame["who"].isin(["M-77", "C-77"])].to_csv(year / "co" / f"{name}.csv", index=False)
    forget(company, "C-77", out=year / "reviews", yes=True)
    assert seen(year, "M-77", "reviews/acme/2026-07") | seen(year, "C-77", "reviews/acme/2026-07") == set()


def test_sources_that_cannot_be_read_are_said_and_stop_nothing(year: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company = year / "co" / "company.toml"
    (year / "co" / "orders.csv").unlink()
    forget(company, "100", out=year / "reviews", yes=True)
    assert "The source files cannot be read" in capsys.readouterr().out
    assert seen(year, "100", "reviews/acme/2026-07") == set()


# Export


def test_an_answer_is_private_whole_and_tells_of_nobody_else(year: Path, tmp_path: Path) -> None:
    company = year / "co" / "company.toml"
    export(company, "K-1", tmp_path / "answer", out=year / "reviews")
    assert stat.S_IMODE((tmp_path / "answer").stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "answer").iterdir()} == {0o600}
    told = json.loads((tmp_path / "answer" / "held.json").read_text(encoding="utf-8"))
    assert {row["file"] for row in told["yours"]} == {"people.csv", "orders.csv", "cases.csv", "lines.csv"}
    assert {row["row"].get("name") for row in told["yours"] if row["file"] == "people.csv"} == {"Ada Quillfeather"}
    assert sum(row["state"] == "rejected" for row in told["yours"]) == 1
    text = (tmp_path / "answer" / "held.md").read_text(encoding="utf-8")
    for other in (w for w in PEOPLE if w not in ("K-1", "100")):
        assert not re.search(rf"(?<![\w-]){re.escape(other)}(?![\w-])", text + json.dumps(told, ensure_ascii=False))
    export(company, "K-1", tmp_path / "answer.zip", out=year / "reviews")
    assert stat.S_IMODE((tmp_path / "answer.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "answer.zip") as archive:
        assert json.loads(archive.read("held.json")) == told


def test_an_answer_goes_nowhere_where_it_would_be_found_again(year: Path, tmp_path: Path) -> None:
    company = year / "co" / "company.toml"
    places = {
        year / "reviews" / "x": "lies in",
        year / "co" / "x.zip": "lies in",
        tmp_path: "already there",
        tmp_path / "a" / "b": "no such folder",
    }
    for to, says in places.items():
        with pytest.raises(AnswerError, match=says):
            export(company, "K-1", to, out=year / "reviews")


def test_after_forget_an_export_says_that_nothing_is_held(
    year: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company = year / "co" / "company.toml"
    forget(company, "100", out=year / "reviews", yes=True)
    export(company, "100", tmp_path / "answer", out=year / "reviews")
    assert "Nothing is held of this customer among the reviews." in capsys.readouterr().out
    assert json.loads((tmp_path / "answer" / "held.json").read_text())["held"] == []


# Audit, and the list itself


def test_every_file_of_a_review_has_a_place_in_the_list(year: Path) -> None:
    for month in (year / "reviews" / "acme").glob("2026-0[17]"):
        for path in (p for p in month.rglob("*") if p.is_file()):
            assert place_of(path.relative_to(month).as_posix()) is not COPY, path


def test_every_column_that_names_a_customer_is_declared(year: Path) -> None:
    """A pseudonym or an own id in a column that the list does not name would be missed by export and forget alike."""
    home, company = year / "reviews" / "acme" / "2026-07", year / "co" / "company.toml"
    people = {code(company, who) for who in PEOPLE}
    for path in (*home.glob("tables/*.parquet"), *home.glob("private/**/*.csv")):
        place = place_of(path.relative_to(home).as_posix())
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)
        for column in frame.select_dtypes(include=["object", "string"]):
            if frame[column].isin(people).any():
                assert column in place.names, (path, column)
            if frame[column].isin([w for w in PEOPLE if w != "100"]).any():
                assert column in place.own, (path, column)


def test_an_audit_counts_and_names_nobody(year: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company = year / "co" / "company.toml"
    forget(company, "100", out=year / "reviews", yes=True)
    capsys.readouterr()
    audit(company, out=year / "reviews")
    text = capsys.readouterr().out
    assert all(f"`{place.path}`" in text for place in PLACES if place.table is None)
    assert "Customers erased so far: 1, in 1 runs. Records remembered so that they do not come back: 1." in text
    assert "| Customers | Phone | personal: only whether it is missing, invalid or valid is kept |" in text
    for who, values in PEOPLE.items():
        assert code(company, who) not in text
        assert not any(v in text for v in values)
    assert key(company.parent).hex() not in text
