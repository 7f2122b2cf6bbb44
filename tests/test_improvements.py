"""The list of improvements: moves that may be and that may not, checks by the suite, first rows, and on from month to month."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border import improvements as border
from crmlib.facts import improvements as facts
from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import finding, findings
from crmlib.measures import comparison, improvements
from crmlib.run import improved
from crmlib.run.places import place_of
from crmlib.run.sought import Sought
from crmlib.run.traces import parted
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
HEAD = ",".join(border.COLUMNS) + "\n"


def read(folder: Path, *lines: str, head: str = HEAD) -> tuple[pd.DataFrame, list[str]]:
    path = folder / "improvements.csv"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    with language.using("en", "EUR"):
        return border.read(path, AS_OF.isoformat())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,active_share,45 % by June,call,li,,2026-08-31,,2026-09-30,,", "to check is refused: the stage before it has no day"),
        ("1,active_share,,call,li,,2026-08-31,2026-09-02,,,", "the move to do is refused: what it rests on is not written"),
        ("1,active_share,45 % by June,call,,,2026-08-31,2026-09-02,2026-10-01,2026-10-02,", "act is refused: what it rests"),
        ("1,active_share,45 % by June,call,li,,2026-08-31,2026-12-01,,,", "the move to do is refused: its day lies ahead"),
        ("1,active_share,45 % by June,call,li,,2026-08-31,2026-08-01,,,", "the move to do is refused: its day lies before"),
        ("1,active_share,45 % by June,call,li,soon,2026-08-31,,,,", "line 2: 'soon' is no day that can be read"),
        ("1,actve_share,45 % by June,call,li,,2026-08-31,,,,", "so that nothing is checked; did you mean 'active_share'?"),
    ],
)  # fmt: skip
def test_a_move_that_may_not_be_is_refused_in_one_line_and_the_row_stays(tmp_path: Path, line: str, why: str) -> None:
    rows, said = read(tmp_path, line)
    assert len(said) == 1
    assert why in said[0]
    assert rows["tried"].tolist() == ["call"], "nothing that somebody wrote is lost"


def test_rows_without_number_or_day_begin_now_and_headings_in_words_are_read(tmp_path: Path) -> None:
    rows, said = read(tmp_path, "2,active_share,,,,,,,,,", ",Repurchase rate,,,,,,,,,", "2,active_share,,,,,,,,,")
    assert said == []
    assert rows["number"].tolist() == ["2", "1", "3"]
    assert rows["kpi"].tolist() == ["active_share", "repurchase_rate", "active_share"]
    assert rows["planned_on"].tolist() == [AS_OF.isoformat()] * 3


def shares(by_month: dict[date, float]) -> improvements.Measure:
    """Measure of one figure, the share of 400 customers that it says for each day."""

    def measure(c: Company) -> pd.DataFrame:
        share = by_month[c.as_of]
        return findings(c, [finding(c, "active_share", (share, share - 0.02, share + 0.02), n=400)])

    return measure


def company(*rows: dict[str, object], policy: Policy | None = None) -> Company:
    orders = {"order_id": ["o"], "customer_id": ["a"], "ordered_at": pd.to_datetime(["2026-01-05"]), "amount": [5.0]}
    given = {"orders": pd.DataFrame(orders)}
    if rows:
        given["improvements"] = pd.DataFrame([{"kpi": "active_share", "lacks": "", **row} for row in rows])
    return company_from(given, as_of=AS_OF, policy=policy)


REACHABLE = pd.DataFrame({"kpi": ["active_customers"], "proposed": [900.0]})
"""Targets proposed, none of them of the figure of `shares`."""
BEGUN = {"number": 1, "planned_on": date(2026, 7, 31), "begun_on": date(2026, 8, 10)}


@pytest.mark.deck("D130")
def test_the_suite_checks_a_change_from_the_end_of_the_month_before_it_began() -> None:
    c = company(
        {**BEGUN, "due_on": date(2026, 10, 15)}, {"number": 2, "planned_on": AS_OF, "lacks": "goal_date"},
        {**BEGUN, "number": 3, "kpi": "response_rate"},
    )  # fmt: skip
    measure = shares({AS_OF: 0.5, date(2026, 9, 30): 0.49, date(2025, 10, 31): 0.4, date(2026, 7, 31): 0.4})
    rows = improvements.table(c, comparison.table(c, [measure]), [measure], REACHABLE).set_index("number")
    assert rows["stage"].to_dict() == {"1": "pdca_check", "2": "pdca_plan", "3": "pdca_do"}, "due is to be checked"
    assert rows.loc["1", ["at_start", "value", "verdict"]].tolist() == [0.4, 0.5, "better"]
    assert pd.isna(rows.loc["2", "at_start"])
    assert rows["verdict"].to_dict() == {"1": "better", "2": "", "3": "cannot_say"}
    with language.using("en"):
        assert "3 improvements are on the list: plan 1, do 1 and check 1" in improvements.says(c, rows.reset_index())
        assert (
            improvements.table(c, comparison.table(c, [measure]), [measure], REACHABLE)["lacks"].tolist()[1] == "a date"
        )
    early = facts.improvements(c.at(date(2026, 8, 9))).to_pandas()
    assert early["stage"].tolist() == ["pdca_plan"] * 2, "what was begun later was not known by then"


def test_an_empty_list_is_begun_with_what_fell_and_what_missed_its_target_and_with_nothing_that_is_chance() -> None:
    days = {AS_OF: 0.40, date(2026, 9, 30): 0.50, date(2025, 10, 31): 0.5}
    fell = company()
    months = comparison.table(fell, [shares(days)])
    rows = improvements.table(fell, months, [], REACHABLE)
    assert rows[["kpi", "stage", "value", "aim"]].to_numpy().tolist() == [["active_share", "pdca_plan", 0.40, 0.50]]
    still = comparison.table(fell, [shares(days | {AS_OF: 0.49})])
    none = improvements.table(fell, still, [], REACHABLE)
    assert none.empty
    aimed = company(policy=Policy.model_validate({"targets": {"reach": {"active_share": 0.7}}}))
    short = comparison.table(aimed, [shares(days | {AS_OF: 0.49})])
    assert improvements.table(aimed, short, [], REACHABLE)["aim"].tolist() == [0.7]
    with language.using("en"):
        assert "no figure moved for the worse" in improvements.says(fell, none)
        assert "these rows are proposed" in improvements.says(fell, rows)
        answers = improvements.answers(short, improvements.table(aimed, short, [], REACHABLE))["answer"].tolist()
        assert answers[0] == "Target missed: Share of customers still active."
        assert "Nobody has begun to change anything about: Share of customers still active" in answers[1]
        assert "Nothing that can be told" in answers[2]
    assert improvements.answers(months.head(0), none).empty


@pytest.mark.deck("D130")
@pytest.mark.parametrize(
    ("target", "proposed", "aim", "due_on"),
    [
        (None, 0.43, 0.43, date(2027, 1, 31)),
        (0.7, 0.43, 0.43, date(2027, 1, 31)),
        (0.42, 0.43, 0.42, date(2027, 3, 31)),
        (None, 0.38, 0.50, date(2027, 3, 31)),
        (0.7, None, 0.7, date(2027, 3, 31)),
        (None, None, 0.50, date(2027, 3, 31)),
    ],
)
def test_first_rows_aim_at_the_proposed_target_by_its_day_and_no_further_than_policy(
    target: float | None, proposed: float | None, aim: float, due_on: date
) -> None:
    reach = {} if target is None else {"active_share": target}
    c = company(policy=Policy.model_validate({"targets": {"reach": reach}}))
    months = comparison.table(c, [shares({AS_OF: 0.40, date(2026, 9, 30): 0.50, date(2025, 10, 31): 0.5})])
    reachable = pd.DataFrame({"kpi": ["active_share"], "proposed": [float("nan") if proposed is None else proposed]})
    row = improvements.table(c, months, [], reachable).iloc[0]
    assert (row["aim"], row["due_on"]) == (aim, due_on)


def test_whoever_is_forgotten_leaves_peoples_words_and_the_row_stays() -> None:
    row = ["1", "active_share", "45 % by June", "call, K-0003 first", "Li", "", "2026-08-31", "", "", "", ""]
    data = border.csv_text(border.COLUMNS, [row]).encode()
    gone = Sought(b"k" * 32, frozenset(), ids=frozenset({"K-0003"}))
    kept, taken = parted(border.LIST, data, place_of(f"private/{border.LIST}"), gone)
    assert kept == data.replace(b"K-0003", "…".encode())
    assert len(taken) == 1


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_the_list_is_written_with_a_whole_goal_and_goes_on_with_what_people_wrote(tmp_path: Path, spoken: str) -> None:
    c = company()
    months = comparison.table(c, [shares({AS_OF: 0.40, date(2026, 9, 30): 0.50, date(2025, 10, 31): 0.5})])
    path = tmp_path / border.LIST
    with language.using(spoken):
        path.write_text(improved.text(improvements.table(c, months, [], REACHABLE), path), encoding="utf-8")
        rows, said = border.read(path, AS_OF.isoformat())
        assert said == []
        assert border.lacking(rows.loc[0, "goal"]) == [], "a number and a date"
        kept = rows.assign(tried="=call", owner="Li", begun_on="2026-10-20")
        other = kept.assign(number="7", kpi="hot line", begun_on="")
        path.write_text(border.csv_text(border.COLUMNS, pd.concat([kept, other]).to_numpy().tolist()), encoding="utf-8")
        told = company({**BEGUN, "begun_on": date(2026, 10, 20)})
        measure = shares({AS_OF: 0.40, date(2026, 9, 30): 0.50, date(2025, 10, 31): 0.5})
        text = improved.text(improvements.table(told, months, [measure], REACHABLE), path)
        path.write_text(text, encoding="utf-8")
        again, said = border.read(path, AS_OF.isoformat())
    assert again[["number", "kpi", "tried", "owner"]].to_numpy().tolist() == [
        ["1", "active_share", "=call", "Li"], ["7", "hot line", "=call", "Li"]
    ]  # fmt: skip
    assert again.loc[0, "begun_on"] == "2026-10-20"
    assert len(said) == 1, "the row of no figure is told of, and stays"
