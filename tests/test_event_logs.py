"""Logs of events become cases: the last event by its time and not by the file, marks of missing values, odd delimiters."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from crmlib.border.company import CompanyError, load_description
from crmlib.border.ingest import IngestError, check, ingest
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
TOML = """
name = "desk"
exported_on = 2026-03-31
[tickets]
from = "log.csv"
group = true
{more}
[tickets.fields]
ticket_id = "number"
customer_id = "caller"
opened_at = "opened"
resolved_at = "resolved"
status = "state"
met = "sla"
severity = "priority"
reassigned = "moves"
reopened = "number(reopens) > 0"
[tickets.values.status]
Active = "open"
Closed = "closed"
"""
HEAD = "number,caller,opened,resolved,state,sla,priority,moves,reopens,updated\n"
LOG = [
    "1,a,2026-03-01 10:00,?,Active,true,high,0,0,2026-03-01 10:00",
    "1,a,2026-03-01 10:00,2026-03-03 10:00,Closed,false,critical,2,1,2026-03-05 09:00",
    "1,a,2026-03-01 10:00,?,Active,true,high,1,0,2026-03-02 10:00",
    "2,b,2026-03-30 10:00,?,Active,true,low,0,0,2026-03-30 10:00",
]


def tickets(
    folder: Path, more: str = 'order_by = "updated"\nmissing = "?"', log: str = HEAD + "\n".join(LOG)
) -> pd.DataFrame:
    (folder / "log.csv").write_text(log, encoding="utf-8")
    (folder / "company.toml").write_text(TOML.format(more=more), encoding="utf-8")
    ingest(load_description(folder), folder / "out", policy=POLICY, month="2026-03")
    frame = duckdb.sql(f"select * from '{folder}/out/tables/tickets.parquet' order by opened_at")
    return frame.to_arrow_table().to_pandas()


def test_the_last_event_is_the_latest_by_its_time_and_not_the_last_of_the_file(tmp_path: Path) -> None:
    one, other = tickets(tmp_path).to_dict("records")
    assert (one["status"], one["met"], one["severity"]) == ("closed", False, "critical")
    assert (one["reassigned"], one["reopened"]) == (2, True)
    assert one["resolved_at"] == pd.Timestamp("2026-03-03 10:00")
    assert (other["status"], other["met"], other["reopened"]) == ("open", True, False)
    assert pd.isna(other["resolved_at"])


def test_without_a_time_of_events_the_file_says_what_came_last(tmp_path: Path) -> None:
    one = tickets(tmp_path, 'missing = ["?"]').iloc[0]
    assert (one["status"], one["met"]) == ("open", True)


def test_events_are_ordered_by_number_too(tmp_path: Path) -> None:
    log = HEAD + "\n".join(line.rsplit(",", 1)[0] + f",{n}" for line, n in zip(LOG, (1, 10, 9, 1), strict=True))
    assert tickets(tmp_path, log=log).iloc[0]["status"] == "closed"


def test_an_order_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"order_by: 'state' holds neither times nor numbers"):
        tickets(tmp_path, 'order_by = "state"\nmissing = "?"')
    with pytest.raises(IngestError, match="no column 'updatet'; did you mean 'updated'"):
        tickets(tmp_path, 'order_by = "updatet"')
    text = TOML.format(more='order_by = "updated"').replace("group = true", "")
    (tmp_path / "company.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CompanyError, match="order_by: only rows that are put together"):
        load_description(tmp_path)


def test_marks_of_missing_values_are_empty_cells(tmp_path: Path) -> None:
    """Unmarked, the sign is an error in a cell of the time; marked, nothing stands there."""
    (tmp_path / "log.csv").write_text(HEAD + "\n".join(LOG), encoding="utf-8")
    for more, rows in (("", 3), ('missing = ["?", "unknown"]', 0)):
        (tmp_path / "company.toml").write_text(TOML.format(more=more), encoding="utf-8")
        rejects = check(load_description(tmp_path), POLICY).rejects
        assert rejects.loc[rejects["column"] == "resolved_at", "rows"].sum() == rows


@pytest.mark.parametrize("delimiter", [" ", "x", "~"])
def test_any_single_sign_parts_cells(tmp_path: Path, delimiter: str) -> None:
    rows = [["who", "on", "n"], ["a", "2026-03-01", "5"], ["b", "2026-03-02", "6"]]
    (tmp_path / "use.txt").write_text("\n".join(delimiter.join(row) for row in rows) + "\n", encoding="utf-8")
    (tmp_path / "company.toml").write_text(
        f'name = "x"\n[activity]\nfrom = "use.txt"\ndelimiter = "{delimiter}"\n'
        '[activity.fields]\ncustomer_id = "who"\nday = "on"\nlogins = "n"\n',
        encoding="utf-8",
    )
    assert check(load_description(tmp_path), POLICY).tables.iloc[0]["rows"] == 2
