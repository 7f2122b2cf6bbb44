"""The win-back board: moves that may be and that may not, what moves by itself, who comes on to it, and care after a return."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border import board as border
from crmlib.border.encodings import SourceError
from crmlib.facts import board as facts
from crmlib.facts.company import Company, company_from
from crmlib.measures import board
from crmlib.run import boards
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.stages import DAY_OF, STAGES

AS_OF = date(2026, 10, 31)
HEAD = "customer_id,warned_on,cause_found_on,planned_on,contacted_on,back_on,lost_on,cause,plan,owner\n"


def read(folder: Path, *lines: str, head: str = HEAD) -> tuple[list[list[str]], list[str]]:
    path = folder / "board.csv"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    with language.using("en", "EUR"):
        return border.read(path, AS_OF.isoformat())


@pytest.mark.deck("D103")
def test_a_way_that_takes_every_step_is_read_as_it_stands(tmp_path: Path) -> None:
    rows, said = read(tmp_path, "K1,2026-07-31,2026-08-03,2026-08-05,2026-08-06,2026-09-01,,price,offer,li")
    assert said == []
    assert rows == [
        ["K1", "2026-07-31", "2026-08-03", "2026-08-05", "2026-08-06", "2026-09-01", "", "price", "offer", "li"]
    ]


@pytest.mark.parametrize(
    ("line", "stage", "why"),
    [
        ("K1,2026-07-31,,2026-08-05,,,,,offer,", "planned", "the stage before it has no day"),
        ("K1,2026-07-31,,,2026-08-05,,,,,", "in touch", "the stage before it has no day"),
        ("K1,2026-07-31,2026-07-01,,,,,price,,", "cause found", "its day lies before"),
        ("K1,2026-07-31,2026-08-03,,,,,,,", "cause found", "is not written"),
        ("K1,2026-07-31,2026-08-03,2026-08-04,,,,price,,", "planned", "is not written"),
        ("K1,2026-07-31,,,,2026-08-01,2026-08-02,,,", "given up", "not both"),
        ("K1,2026-07-31,soon,,,,,price,,", "cause found", "'soon' is no day"),
        ("K1,2026-07-31,2026-12-24,,,,,price,,", "cause found", "lies ahead"),
        ("K1,2026-07-31,,,,2026-07-01,,,,", "back", "its day lies before"),
    ],
)
def test_a_move_that_may_not_be_is_refused_in_one_line_and_undone(
    tmp_path: Path, line: str, stage: str, why: str
) -> None:
    rows, said = read(tmp_path, line)
    assert len(said) == 1
    assert "line 2" in said[0]
    assert f"the move to {stage} is refused" in said[0]
    assert why in said[0]
    code = next(s for s in STAGES if code_label(s) == stage)
    assert rows[0][list(border.COLUMNS).index(DAY_OF[code])] == ""
    assert rows[0][:2] == ["K1", "2026-07-31"], "the customer stays where they stood"


def test_a_spreadsheets_days_and_foreign_columns_are_read_and_rows_of_nobody_are_told(tmp_path: Path) -> None:
    rows, said = read(
        tmp_path, "K1,2026-07-31,03.08.2026,2026年8月5日,,,,price,call,,x", ",2026-07-31,,,,,,,,,", "K2,,,,,,,,,,",
        head=HEAD.strip() + ",stage\n",
    )  # fmt: skip
    assert rows == [["K1", "2026-07-31", "2026-08-03", "2026-08-05", "", "", "", "price", "call", ""]]
    assert len(said) == 2
    with pytest.raises(SourceError, match="no column 'warned_on'"):
        read(tmp_path, "K1", head="customer_id\n")


def company(**frames: pd.DataFrame) -> Company:
    return company_from(frames, as_of=AS_OF)


def standing(**days: str) -> pd.DataFrame:
    row = {"customer_id": "a", "warned_on": date(2026, 8, 31)}
    return pd.DataFrame([row | {k: date.fromisoformat(v) if k.endswith("_on") else v for k, v in days.items()}])


def bought(on: str) -> pd.DataFrame:
    return pd.DataFrame({"order_id": ["o"], "customer_id": ["a"], "ordered_at": pd.to_datetime([on]), "amount": [5.0]})


def test_an_order_after_the_warning_is_back_and_one_before_is_not() -> None:
    stage = {
        day: facts.board(company(board=standing(), orders=bought(day))).to_pandas().iloc[0]["stage"]
        for day in ("2026-08-31", "2026-09-01")
    }
    assert stage == {"2026-08-31": "warned", "2026-09-01": "back"}
    given_up = company(board=standing(lost_on="2026-09-01"), orders=bought("2026-09-20"))
    assert facts.board(given_up).to_pandas().iloc[0]["stage"] == "lost", "it takes a new warning"
    earlier = company(board=standing(cause_found_on="2026-10-30", cause="price")).at(date(2026, 9, 30))
    assert facts.board(earlier).to_pandas().iloc[0][["stage", "cause"]].tolist()[0] == "warned"


def acted(*who: str, arm: str = "act", why: str = "overdue") -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(who), "arm": arm, "why": why, "owner": "o1"})


def test_who_is_acted_on_as_they_may_leave_comes_on_the_board_once() -> None:
    c = company(board=standing())
    listed = pd.concat([acted("a", "b"), acted("h", arm="hold_out"), acted("r", why="habit")])
    rows = board.rows(c, listed).set_index("customer_id")
    assert rows["stage"].to_dict() == {"a": "warned", "b": "warned"}
    assert rows["warned_on"].map(pd.Timestamp).dt.date.to_dict() == {"a": date(2026, 8, 31), "b": AS_OF}
    assert rows["days_in_stage"].to_dict() == {"a": 61, "b": 0}
    again = company(board=rows.reset_index()[[n for n in border.COLUMNS if n != "cause"]])
    assert len(board.rows(again, listed)) == 2, "the month made anew adds nobody twice"
    counts = board.counts(c, rows.reset_index())
    assert counts.iloc[0].tolist() == ["warned", 2, 30.5, 61]
    told = board.told(c, rows.reset_index()).set_index(["kpi", "segment"])["value"]
    assert told["board_customers", ""] == told["board_customers", "warned"] == 2


@pytest.mark.deck("D110")
def test_who_is_back_is_due_for_care_with_a_day() -> None:
    c = company(board=standing(back_on="2026-10-25"))
    due = board.care_due(c).to_pandas().iloc[0]
    assert pd.Timestamp(due["due_on"]).date() == date(2026, 11, 8)
    rows = board.rows(c, acted())
    assert rows.iloc[0]["care_on"] == date(2026, 11, 8)
    assert board.care_due(company(board=standing(back_on="2026-09-25"))).to_pandas().empty, (
        "that was care of last month"
    )
    told = board.told(c, rows).set_index("kpi")
    assert told.loc["won_back_share", ["value", "n"]].tolist() == [1.0, 1]


def test_the_board_is_written_under_the_companys_ids_without_formulas_and_read_back(tmp_path: Path) -> None:
    c = company(board=standing(cause_found_on="2026-09-02", cause="price"))
    rows = board.rows(c, acted("b"))
    ids = pd.DataFrame(
        [("a", "customer", "=cmd()", True), ("b", "customer", "K-2", True), ("o1", "owner", "@li", True)],
        columns=["pseudonym", "kind", "id", "chosen"],
    )
    with language.using("en", "EUR"):
        text = boards.text(rows, ids)
    assert "'=cmd()" in text
    assert "'@li" in text
    path = tmp_path / "board.csv"
    path.write_text("\ufeff" + text, encoding="utf-8")
    back, said = border.read(path, AS_OF.isoformat())
    assert said == []
    assert [row[0] for row in back] == ["=cmd()", "K-2"]
    assert back[0][1:3] == ["2026-08-31", "2026-09-02"]
    assert back[1][-1] == "@li"


def test_where_nobody_stands_on_it_nothing_is_told() -> None:
    c = company_from({}, as_of=AS_OF)
    assert board.told(c, board.rows(c, acted())).empty
    assert board.counts(c, board.rows(c, acted())).empty
