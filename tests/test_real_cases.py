"""A log of 141,712 events of a service desk becomes its cases; skipped where ../shared/data does not stand beside the project."""

from datetime import date
from pathlib import Path

import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import Company, read_company
from crmlib.measures import handling, service
from crmlib.vocabulary.policy import Policy

LOGS = Path(__file__).parent.parent.parent / "shared" / "data" / "companies" / "tickets"
pytestmark = [
    pytest.mark.skipif(not LOGS.exists(), reason="../shared/data is not beside the project"),
    pytest.mark.slow,
]
TOML = """
name = "desk"
[tickets]
from = "incident_event_log.csv.gz"
group = true
order_by = "sys_updated_at"
missing = "?"
date_format = "%d/%m/%Y %H:%M"
[tickets.fields]
ticket_id = "number"
customer_id = "caller_id"
opened_at = "opened_at"
resolved_at = "resolved_at"
closed_at = "closed_at"
status = "case when active = 'true' then 'open' else 'closed' end"
met = "made_sla"
severity = "priority"
reassigned = "reassignment_count"
reopened = "number(reopen_count) > 0"
[tickets.values.severity]
1 = "critical"
2 = "high"
3 = "medium"
4 = "low"
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "company.toml").write_text(TOML, encoding="utf-8")
    ingest(load_description(folder, data=LOGS), folder, policy=Policy(), month="2017-02")
    return read_company(folder / "tables", as_of=date(2017, 2, 28))


def test_what_was_promised_by_policy_and_what_the_log_itself_says(desk: Company) -> None:
    may = service.attainment(desk.at(date(2016, 5, 31))).set_index(["kpi", "segment"])
    assert may.loc[("sla_resolution", ""), ["value", "n"]].tolist() == pytest.approx([0.69722, 7626], abs=5e-6)
    ever = service.own_verdict(desk).set_index("kpi").loc["own_verdict_ever"]
    assert (round(ever["value"], 4), ever["n"]) == (0.6342, 24915)


def test_no_solved_case_waits_and_those_opened_again_are_counted(desk: Company) -> None:
    ledger = handling.ledger(desk).set_index("span").loc["all_months"]
    assert ledger[["cases", "solved", "waiting", "reopened"]].tolist() == [24915, 24915, 0, 275]
    assert service.overdue(desk).empty
