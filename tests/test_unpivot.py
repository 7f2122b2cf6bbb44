"""Wide files: one line of mapping makes of each row a row per column."""

from datetime import date
from pathlib import Path

import duckdb
import ibis
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import IngestError, check, ingest
from crmlib.facts.company import read_company
from crmlib.measures import actions, candidates, reach, worth
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({"privacy": {"k": 1}})
SURVEY = """
[surveys]
from = "answers.csv"
unpivot = {unpivot}
[surveys.fields]
customer_id = "__line"
instrument = "'mobile'"
item = "name"
score = "value"
scale_from = "1"
scale_to = "10"
"""
HEAD = 'name = "x"\nexported_on = 2026-03-31\n'


def company(folder: Path, rows: str, unpivot: str, text: str = SURVEY) -> Path:
    (folder / "answers.csv").write_text(rows, encoding="utf-8")
    (folder / "company.toml").write_text(HEAD + text.format(unpivot=unpivot), encoding="utf-8")
    return folder


def test_a_wide_survey_becomes_a_row_per_item_with_the_empty_ones(tmp_path: Path) -> None:
    at = company(tmp_path, "A1,A2,B1,age\n7,,9,31\n1,10,,42\n", '["A*", "B1"]')
    checked = check(load_description(at), POLICY)
    assert checked.tables.set_index("table").loc["surveys", "rows"] == 6
    ingest(load_description(at), tmp_path / "out", policy=POLICY)
    path = tmp_path / "out" / "tables" / "surveys.parquet"
    found = duckdb.execute(f"select item, count(*), count(score), sum(score) from '{path}' group by item order by item")
    assert found.fetchall() == [("A1", 2, 2, 8.0), ("A2", 2, 1, 10.0), ("B1", 2, 1, 9.0)]
    answered = duckdb.execute(f"select count(distinct customer_id) from '{path}'").fetchall()
    assert answered == [(2,)]


@pytest.mark.parametrize(("who", "known"), [('"__line"', False), ('"who"', True)])
def test_an_answer_that_stands_by_the_number_of_its_line_names_nobody(who: str, known: bool, tmp_path: Path) -> None:
    at = company(tmp_path, "who,A1\nann,7\nbob,1\n", '"A*"', SURVEY.replace('"__line"', who))
    ingest(load_description(at), tmp_path / "out", policy=POLICY)
    c = read_company(tmp_path / "out" / "tables", as_of=date(2026, 3, 31))
    assert c.knows("surveys.customer_id") == known
    assert c.knows("surveys.score")
    nobody = ibis.memtable({"customer_id": []}, schema={"customer_id": "string"})
    reasons = candidates.candidates(c)
    proposed = actions.propose(c, worth.valued(c, reasons, reach.channel_for(c, reasons)), nobody)
    assert ("actions_proposed" in set(actions.summary(c, proposed)["kpi"])) == known


def test_the_other_columns_stay_beside(tmp_path: Path) -> None:
    text = SURVEY.replace('"__line"', '"who"')
    at = company(tmp_path, "who,A1,A2\nann,7,8\nbob,1,10\n", '"A*"', text)
    found = check(load_description(at), POLICY).tables.set_index("table").loc["surveys"]
    assert (found["rows"], found["customers"]) == (4, 2)


@pytest.mark.parametrize(
    ("head", "unpivot", "said"),
    [
        ("A1,A2,value", '["A*"]', "column 'value' stands beside those of `unpivot`"),
        ("A1,A2,Name", '["A*"]', "column 'Name' stands beside those of `unpivot`"),
        ("A1,A2,B1", '["C*"]', "unpivot.*no column 'C\\*'"),
        ("A1,A2,B1", '["a1"]', "unpivot.*no column 'a1'"),
    ],
)
def test_what_cannot_be_unpivoted_is_one_line(tmp_path: Path, head: str, unpivot: str, said: str) -> None:
    at = company(tmp_path, f"{head}\n1,2,3\n", unpivot)
    with pytest.raises(IngestError, match=said):
        check(load_description(at), POLICY)


def test_headings_with_brackets_are_names_before_they_are_patterns(tmp_path: Path) -> None:
    at = company(tmp_path, "[1] price?,[2] staff,B1\n1,2,3\n", '["[1] price?", "[2] staff"]')
    assert check(load_description(at), POLICY).tables["rows"].iloc[0] == 2
