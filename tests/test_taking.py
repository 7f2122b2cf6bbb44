"""What comes back of the lists: in whatever form, every line is read or named, and what was taken stays."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from crmlib.border import returned
from crmlib.border.company import load_description
from crmlib.border.encodings import SourceError
from crmlib.border.ingest import ingest
from crmlib.border.lists import Table, came_back
from crmlib.border.returned import Known
from crmlib.facts.company import company_from
from crmlib.facts.proposals import proposals as facts_of
from crmlib.run import handed_out, taking
from crmlib.run.folders import sha256
from crmlib.run.taking import TakingError, of_months, origins, take
from crmlib.run.worklists import Own
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy
from tests.small_company import write_company

AS_OF, TODAY = date(2017, 11, 30), date(2018, 1, 2)
POLICY = Policy.model_validate({})


def number(i: int) -> str:
    return f"a1711{i:08x}"


def proposed(n: int, held: int = 1) -> pd.DataFrame:
    rows = [
        {"action_id": number(i), "customer_id": f"c{i}", "why": "silent", "why_text": "Silent for 3 months.",
         "what": "find_cause",
         "what_text": "Ask for the cause.", "channel": "phone", "owner": "o1", "due_on": "2017-12-07",
         "arm": "hold_out" if i < held else "act", "tier": "growth", "value_at_stake": 120.5, "priority": i + 1}
        for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def own(n: int) -> Own:
    people = [(f"c{i}", "customer", f"客户-{i}", True) for i in range(n)]
    return Own(pd.DataFrame([*people, ("o1", "owner", "李娜", True)], columns=["pseudonym", "kind", "id", "chosen"]))


def month(out: Path, n: int = 4, held: int = 1, *, spoken: str = "en", called: str = "2017-11") -> Path:
    """A finished review of that month, its lists as they are handed out."""
    folder = out / "acme" / called
    (folder / "private").mkdir(parents=True)
    (folder / "kpis.csv").write_text("chapter\n")
    told = {
        "month": called,
        "as_of": AS_OF.isoformat(),
        "language": spoken,
        "currency": "CNY",
        "title": "Acme",
        "chapters": [],
    }
    told |= {"to_act_on": n - held, "missing": [], "outputs": {"kpis.csv": sha256(folder / "kpis.csv")}}
    (folder / "manifest.json").write_text(json.dumps(told))
    with language.using(spoken):
        made = handed_out.files(proposed(n, held), own(n), AS_OF, POLICY)[0]
    for name, content in made.items():
        data = content if isinstance(content, bytes) else ("\ufeff" + content).encode()
        (folder / "private" / name).parent.mkdir(exist_ok=True)
        (folder / "private" / name).write_bytes(data)
    return folder


def edited(folder: Path, *cells: tuple[str, str, str]) -> list[list[str]]:
    """The rows of the list for people with status, done_at and outcome of the first ones filled in."""
    rows = list(csv.reader((folder / "private" / "actions.csv").read_text("utf-8-sig").splitlines()))
    at = [rows[0].index(c) for c in ("status", "done_at", "outcome")]
    for row, told in zip(rows[1:], cells, strict=False):
        for i, cell in zip(at, told, strict=True):
            row[i] = cell
    return rows


def saved(path: Path, rows: list[list[str]], encoding: str = "utf-8-sig", delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def log(folder: Path, name: str = "taken.csv") -> list[dict[str, str]]:
    file = folder / "private" / name
    return list(csv.DictReader(file.read_text("utf-8-sig").splitlines())) if file.exists() else []


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8-sig", ","), ("cp1252", ";"), ("gb18030", ","), ("utf-16", "\t"), ("utf-8", ";")]
)
def test_a_list_is_taken_as_excel_left_it(tmp_path: Path, encoding: str, delimiter: str) -> None:
    folder = month(tmp_path / "reviews")
    said = "käme später" if encoding == "cp1252" else "答应下个月再来"
    wrong = "gestern" if encoding == "cp1252" else "昨天"
    rows = edited(folder, ("", "05/12/2017", said), ("done", "", ""), ("", wrong, ""))
    if encoding == "cp1252":
        rows = [[c.replace("客户", "Kd").replace("李娜", "Lina") for c in row] for row in rows]
    file = saved(tmp_path / "back.csv", rows, encoding, delimiter)
    lines = take(file, out=tmp_path / "reviews", today=TODAY)
    assert lines[0] == "Taken back: 3 actions (done 2, could not be read 1)."
    assert lines[1] == f"back.csv, line 4, done_at: {wrong!r}: no day that can be read; write it as 2026-11-03"
    assert [(r["action_id"], r["status"], r["done_at"], r["outcome"]) for r in log(folder)] == [
        (number(1), "done", "2017-12-05", said), (number(2), "done", "", ""), (number(3), "unread", "", ""),
    ]  # fmt: skip
    assert log(folder)[0]["customer_id"] == "客户-1"
    assert [(r["line"], r["column"], r["found"]) for r in log(folder, "unread.csv")] == [("4", "done_at", wrong)]


def test_a_list_of_english_words_with_few_chinese_ones_is_still_read_as_gb18030(tmp_path: Path) -> None:
    folder = month(tmp_path / "reviews", n=9)
    rows = edited(folder, ("", "12月7日", ""), ("已完成", "", "答应下月"), ("", "昨天", ""))
    rows = [[*row[:2], "CN¥160 at stake – 5 €", *row[3:]] if i else row for i, row in enumerate(rows)]
    rows = [[c.replace("客户", "K").replace("李娜", "li") for c in row] for row in rows]
    take(saved(tmp_path / "b.csv", rows, "gb18030", ";"), out=tmp_path / "reviews", today=TODAY)
    assert [(r["status"], r["done_at"], r["outcome"]) for r in log(folder)] == [
        ("done", "2017-12-07", ""), ("done", "", "答应下月"), ("unread", "", ""),
    ]  # fmt: skip
    assert log(folder, "unread.csv")[0]["found"] == "昨天"


def test_the_same_file_taken_twice_changes_nothing_and_later_words_are_added(tmp_path: Path) -> None:
    folder = month(tmp_path / "reviews")
    file = saved(tmp_path / "back.csv", edited(folder, ("", "8 Dec", "reached"), ("", "gestern", "")))
    take(file, out=tmp_path / "reviews", today=TODAY)
    before = {p.name: p.read_bytes() for p in (folder / "private").rglob("*") if p.is_file()}
    again = take(file, out=tmp_path / "reviews", today=TODAY + timedelta(days=9))
    assert again[-1] == "All of this had been taken before; nothing changed."
    assert before == {p.name: p.read_bytes() for p in (folder / "private").rglob("*") if p.is_file()}
    saved(file, edited(folder, ("", "8 Dec", "reached"), ("", "9 Dec", "")))
    take(file, out=tmp_path / "reviews", today=TODAY)
    assert (folder / "private" / "taken.csv").read_bytes().startswith(before["taken.csv"]), "lines are only added"
    assert came_back(folder / "private")[0][number(2)]["done_at"] == "2017-12-09"


DAYS_READ = {
    "05/12/2017": "2017-12-05", "12月7日": "2017-12-07", "8 Dec": "2017-12-08", "2017/12/9": "2017-12-09",
    "2017年12月3日": "2017-12-03", "3.12.17": "2017-12-03", "Dec 3, 2017": "2017-12-03", "3rd December 2017": "2017-12-03",
    "43072": "2017-12-03", "20171203": "2017-12-03", "2017-12-03 14:05": "2017-12-03 14:05",
    "2017-12-03T14:05:00Z": "2017-12-03 14:05:00", "12/13/2017 2:05 PM": "2017-12-13 14:05",
    "2017/12/3 下午2:05": "2017-12-03 14:05",
    "2017年12月3日 星期日": "2017-12-03", "Sunday, 3 December 2017": "2017-12-03", "１２月３日": "2017-12-03",
    "3 décembre": "2017-12-03",
    "5 Jan": "2018-01-05", "12月31号": "2017-12-31",
}  # fmt: skip
DAYS_REFUSED = (
    "昨天", "yesterday", "soon", "30 Feb", "31/04/2018", "next week", "03/04/2018", "12/2017", "2017", "Q4", "上周三", "?",
    "2017-11-29", "1/1/2016", "2037-12-05", "13:00", "8", "Dec", "done?",
)  # fmt: skip


@pytest.mark.parametrize("cell", DAYS_READ)
def test_a_day_is_read_as_it_is_written(tmp_path: Path, cell: str) -> None:
    folder = month(tmp_path / "reviews")
    take(saved(tmp_path / "b.csv", edited(folder, ("", cell, ""))), out=tmp_path / "reviews", today=TODAY)
    assert [r["done_at"] for r in log(folder)] == [DAYS_READ[cell]]


def test_of_83_days_none_is_lost_in_silence(tmp_path: Path) -> None:
    """As people wrote them into a list that Excel saved as GBK: each is read right, or named on the terminal and the page."""
    cells = [*DAYS_READ, *DAYS_REFUSED]
    cells = (cells * 3)[:83]
    folder = month(tmp_path / "reviews", n=84)
    lines = take(
        saved(tmp_path / "b.csv", edited(folder, *(("", c, "") for c in cells)), "gb18030"),
        out=tmp_path / "reviews", today=TODAY,
    )  # fmt: skip
    told = {r["action_id"]: r for r in log(folder)}
    assert len(told) == 83
    refused = [c for c in cells if c in DAYS_REFUSED]
    assert sum(r["status"] == "unread" for r in told.values()) == len(refused)
    for i, cell in enumerate(cells, 1):
        assert told[number(i)]["done_at"] == DAYS_READ.get(cell, ""), cell
        named = [line for line in lines if f"line {i + 1}, done_at" in line]
        assert len(named) == (cell in DAYS_REFUSED), cell
    page = of_months([folder])
    assert len(page.in_full) == len(refused)
    assert page.published[0].startswith(f"{len(refused)} cells of the lists that came back could not be read")
    assert not any(cell in page.published[0] for cell in ("昨天", "yesterday"))


def test_what_is_written_where_the_list_lies_counts_too_and_what_was_taken_outdoes_it(tmp_path: Path) -> None:
    folder = month(tmp_path / "reviews")
    saved(folder / "private" / "actions.csv", edited(folder, ("", "3/12/2017", "called"), ("", "gestern", "")))
    book = load_workbook(folder / "private" / "actions.xlsx")
    sheet = book.worksheets[0]
    heads = [c.value for c in sheet[1]]
    sheet.cell(4, heads.index("Status") + 1).value = "called off"
    book.save(folder / "private" / "actions.xlsx")
    said, missed = came_back(folder / "private")
    assert (said[number(1)]["done_at"], said[number(1)]["outcome"]) == ("2017-12-03", "called")
    assert said[number(3)]["status"] == "called_off"
    assert [(name, one.found) for name, one in missed] == [("actions.csv", "gestern")]
    take(saved(tmp_path / "b.csv", edited(folder, ("", "2017-12-04", ""))), out=tmp_path / "reviews", today=TODAY)
    assert came_back(folder / "private")[0][number(1)]["done_at"] == "2017-12-04"


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_the_workbook_written_edited_and_taken_says_the_same(tmp_path: Path, spoken: str) -> None:
    folder = month(tmp_path / "reviews", n=8, held=2, spoken=spoken)
    book = load_workbook(folder / "private" / "actions.xlsx")
    acting, alone = book.worksheets
    heads = [c.value for c in acting[1]]
    with language.using(spoken):
        words = [language._(text) for text in ("done", "begun", "called off", "not yet done")]
    place = {name: i + 1 for i, name in enumerate(heads)}
    status, done, outcome = (
        place[w] for w in (("Status", "Done at", "Outcome") if spoken == "en" else ("状态", "完成时间", "结果"))
    )
    for i, word in enumerate(words, 2):
        acting.cell(i, status).value = word
        acting.cell(i, outcome).value = f"note {i}"
    acting.cell(2, done).value = pd.Timestamp("2017-12-05").to_pydatetime()
    assert alone.max_row == 3
    alone.cell(2, [c.value for c in alone[1]].index(heads[outcome - 1]) + 1).value = "came by themselves"
    book.save(tmp_path / "back.xlsx")
    take(tmp_path / "back.xlsx", out=tmp_path / "reviews", today=TODAY)
    told = {r["action_id"]: (r["status"], r["done_at"], r["outcome"]) for r in log(folder)}
    assert told == {
        number(2): ("done", "2017-12-05", "note 2"), number(3): ("started", "", "note 3"),
        number(4): ("called_off", "", "note 4"), number(5): ("open", "", "note 5"), number(0): ("", "", "came by themselves"),
    }  # fmt: skip


def test_tasks_that_a_crm_exported_are_told_by_the_number_in_their_text(tmp_path: Path) -> None:
    folder = month(tmp_path / "reviews")
    head = ["Record Id", "Subject", "Status", "Closed Time", "Description"]
    rows = [
        ["zcrm_1", "Ask", "Completed", "Dec 5, 2017 02:05 PM", f"Silent · phone [{number(1)}]"],
        ["zcrm_2", "Ask", "Not Started", "", f"Silent · phone [{number(2)}]"],
        ["zcrm_3", "Buy milk", "Completed", "", "my own"],
        ["zcrm_4", "Ask", "Gone fishing", "", f"[{number(3)}]"],
        ["zcrm_5", "Ask", "Completed", "", "[a171199999999]"],
    ]
    lines = take(saved(tmp_path / "Tasks.csv", [head, *rows]), out=tmp_path / "reviews", today=TODAY)
    assert [(r["action_id"], r["status"], r["done_at"]) for r in log(folder)] == [
        (number(1), "done", "2017-12-05 14:05"), (number(2), "open", ""), (number(3), "unread", ""),
    ]  # fmt: skip
    assert any("Gone fishing" in line for line in lines)
    assert any("a171199999999" in line and "no action" in line for line in lines)
    assert lines[-1].startswith("1 line is of another task")
    book = Workbook()
    book.active.append(["任务导出"])
    book.active.append(["主题", "状态", "完成时间", "描述"])
    book.active.append(["回访", "已完成", pd.Timestamp("2017-12-06 09:30").to_pydatetime(), f"原因 [{number(2)}]"])
    book.save(tmp_path / "任务.xlsx")
    take(tmp_path / "任务.xlsx", out=tmp_path / "reviews", today=TODAY)
    assert (log(folder)[-1]["status"], log(folder)[-1]["done_at"]) == ("done", "2017-12-06 09:30:00")


def test_send_results_of_wecom_go_to_the_message_that_they_are_of(tmp_path: Path) -> None:
    folder = month(tmp_path / "reviews", n=6)
    (folder / "private" / "wecom").mkdir()
    sent = ["external_userid,userid,action_id,time_zone"] + [
        f"wm{i:022},lina,{number(i)},Asia/Shanghai" for i in range(1, 5)
    ]
    (folder / "private" / "wecom" / "send_list.csv").write_text("\n".join(sent) + "\n")
    results = [
        {
            "external_userid": f"wm{i:022}",
            "chat_id": "x",
            "userid": "lina",
            "status": i - 1,
            "send_time": 1512489600 if i == 2 else 0,
        }
        for i in range(1, 5)
    ]
    results.append({"external_userid": "wm" + "9" * 22, "userid": "lina", "status": 1, "send_time": 1512489600})
    (tmp_path / "r.json").write_text(json.dumps({"errcode": 0, "send_list": results}))
    lines = take(tmp_path / "r.json", out=tmp_path / "reviews", today=TODAY)
    assert [(r["action_id"], r["status"], r["done_at"]) for r in log(folder)] == [
        (number(1), "not_sent", ""), (number(2), "done", "2017-12-06 00:00:00"),
        (number(3), "not_a_friend", ""), (number(4), "had_another", ""),
    ]  # fmt: skip
    assert any("line 5, external_userid" in line for line in lines)


def test_what_cannot_be_taken_is_one_clear_line(tmp_path: Path) -> None:
    folder = month(tmp_path / "reviews")
    with pytest.raises(TakingError, match="no such file"):
        take(tmp_path / "none.csv", out=tmp_path / "reviews", today=TODAY)
    other = saved(tmp_path / "o.csv", [["a", "b"], ["1", "2"]])
    with pytest.raises(TakingError, match="none of its lines"):
        take(other, out=tmp_path / "reviews", today=TODAY)
    with pytest.raises(TakingError, match="no reviews of a company 'zeta'"):
        take(other, out=tmp_path / "reviews", company="zeta", today=TODAY)
    with pytest.raises(TakingError, match="no review here proposed"):
        take(other, out=tmp_path / "elsewhere", today=TODAY)
    (tmp_path / "r.json").write_text("{}")
    with pytest.raises(SourceError, match="send_list"):
        take(tmp_path / "r.json", out=tmp_path / "reviews", today=TODAY)
    assert not log(folder)


def test_what_came_back_reaches_the_tables_beside_what_the_company_maps(tmp_path: Path) -> None:
    folder = month(tmp_path / "reviews", n=5)
    file = write_company(tmp_path / "co")
    more = (
        '[actions]\nfrom = "crm.csv"\n[actions.fields]\naction_id = "No"\ncustomer_id = "Who"\nproposed_on = "On"\n'
        'arm = "Arm"\ndone_at = "Done"\n'
    )
    file.write_text(file.read_text("utf-8") + more, encoding="utf-8")
    rows = [[number(1), "客户-1", "2017-11-30", "act", "2017-12-01"], [number(2), "客户-2", "2017-11-30", "act", "2017-12-02"],
            ["old-1", "客户-3", "2017-06-30", "act", ""]]  # fmt: skip
    saved(file.parent / "crm.csv", [["No", "Who", "On", "Arm", "Done"], *rows])
    take(saved(tmp_path / "b.csv", edited(folder, ("", "2017-12-05", "yes"))), out=tmp_path / "reviews", today=TODAY)
    done = ingest(
        load_description(file), tmp_path / "out", policy=POLICY, actions=[folder / "private" / "proposals.csv"]
    )
    actions = duckdb.sql(f"select * from '{tmp_path}/out/tables/actions.parquet' order by proposed_on, done_at").df()
    assert len(actions) == 6
    assert [str(d)[:10] for d in actions["done_at"].dropna()] == ["2017-12-02", "2017-12-05"], (
        "the list's own word before the table's"
    )
    account = done.account[done.account["table"] == "actions"]
    assert account["rejected"].sum() == 0
    assert account["repeated"].sum() == 2
    assert (
        "5 from the lists of these reviews, 1 more from the table that company.toml maps (2 of"
        in origins(done.account)[0]
    )
    assert origins(done.account.iloc[:0]) == []


CELLS = st.one_of(
    st.text(max_size=12), st.sampled_from([*DAYS_READ, *DAYS_REFUSED, "done", "已完成", "'=1", "=1", "-", "5"])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6))
def test_no_line_is_lost_whatever_stands_in_it(cells: list[tuple[str, str, str]]) -> None:
    head = ["action_id", "proposed_on", "status", "done_at", "outcome"]
    lines = [(i + 2, [number(i), "2017-11-30", *(c.strip() for c in told)]) for i, told in enumerate(cells)]
    back = returned.read([Table(head, lines)], Known({number(i): "2017-11-30" for i in range(len(cells))}))
    said = {one.action_id for one in back.said}
    missed = {one.action_id for one in back.unread}
    for i, told in enumerate(cells):
        if any(c.strip() for c in told):
            assert number(i) in said | missed, told
    for one in back.said:
        assert not one.done_at or one.done_at >= "2017-11-30"
    assert len(back.said) == len({one.action_id for one in back.said})


def test_an_action_that_could_not_be_read_is_neither_done_nor_not_done() -> None:
    rows = pd.DataFrame(
        {"action_id": ["1", "2", "3"], "customer_id": ["a", "b", "c"], "arm": "act", "proposed_on": AS_OF}
    )
    rows = rows.assign(status=["done", "unread", None], done_at=[pd.Timestamp("2017-12-01"), None, None])
    c = company_from({"actions": rows}, as_of=date(2018, 2, 1))
    found = facts_of(c).order_by("action_id").to_pandas()["is_done"].tolist()
    assert found[:2] == [True, None] or (found[0] is True and pd.isna(found[1]))
    assert found[2] is False


def test_every_word_and_every_reason_is_in_both_languages() -> None:
    for text in taking.WHY.values():
        with language.using("zh"):
            assert language._(text) != text
