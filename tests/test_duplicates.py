"""Before and after of putting records together, by hand, on the teaching company, and where nothing was compared."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import duplicates
from crmlib.vocabulary.policy import load

AS_OF = date(2026, 1, 31)
POLICY = load(None)
RECORDS = pd.DataFrame(
    [
        ("r1", "c1", "shop", "2025-01-01"),
        ("r2", "c1", "crm", "2025-02-01"),
        ("r3", "c2", "shop", "2025-03-01"),
        ("r4", "c2", "shop", None),
        ("r5", "c3", "crm", "2026-02-01"),
    ],
    columns=["record_id", "customer_id", "source_system", "acquired_on"],
).assign(
    acquired_on=lambda f: pd.to_datetime(f["acquired_on"]).dt.date.astype(object).where(f["acquired_on"].notna(), None)
)
LINKS = pd.DataFrame(
    [("r1", "r2", 0.999, True, "equal"), ("r3", "r4", 0.9, True, "similar"), ("r3", "r5", 0.7, False, "different")],
    columns=["record_a", "record_b", "probability", "same", "name"],
)


def company(records: pd.DataFrame = RECORDS, links: pd.DataFrame = LINKS) -> Company:
    customers = records[["customer_id"]].drop_duplicates()
    return company_from({"customers": customers, "records": records, "links": links}, as_of=AS_OF)


@pytest.mark.deck("D055")
def test_surplus_by_hand_later_records_apart() -> None:
    made = duplicates.surplus(company()).set_index("kpi")
    assert made.loc["surplus_records_share", ["value", "n"]].tolist() == [0.5, 4]
    assert made.loc["doubtful_pairs", ["value", "n"]].tolist() == [1, 2], "r5 came later"


def test_before_and_after_by_system() -> None:
    made = duplicates.by_system(company()).set_index("source_system")
    assert made.loc["shop"].tolist() == [3, 2, 1]
    assert made.loc["crm"].tolist() == [1, 1, 1]
    assert made.loc[""].tolist() == [4, 2, 1]


def test_the_pairs_nearest_to_the_limit_come_first() -> None:
    made = duplicates.doubtful(company())
    assert made["record_a"].tolist() == ["r1", "r3"], "r5 came later"
    assert list(made.columns) == ["record_a", "record_b", "probability", "same", "name"]


def test_row_order_changes_nothing() -> None:
    turned = company(RECORDS.iloc[::-1], LINKS.iloc[::-1])
    for measure in (duplicates.surplus, duplicates.by_system, duplicates.doubtful):
        one, two = (measure(t.at(AS_OF)) for t in (company(), turned))
        pd.testing.assert_frame_equal(one, two)


def test_where_nothing_was_compared_nothing_is_said() -> None:
    for tables in (
        replace(company(), about={**company().about, "records_compared": ""}),
        company_from({}, as_of=AS_OF),
    ):
        for measure in (duplicates.surplus, duplicates.by_system):
            assert measure(tables.at(AS_OF)).empty
        assert duplicates.doubtful(company_from({}, as_of=AS_OF)).empty


def test_the_teaching_company_is_about_as_many_customers_as_it_really_has(
    teaching: Company,
) -> None:
    total = duplicates.by_system(teaching).set_index("source_system").loc[""]
    assert total["records"] == 9072
    assert 8000 <= total["customers"] <= 8000 + 60, "at least 95 of 100 planted pairs are found"


def test_how_right_the_joining_is_thought_to_be_is_said_with_how_that_is_known() -> None:
    assert duplicates.sureness(company()) == "", "nothing is said of what was not counted"
    found = {"threshold": "0.9", "weights": "learnt", "pairs": "1118", "precision": "0.9956", "recall": "0.944"}
    about = {**company().about, **{f"records_{name}": value for name, value in found.items()}}
    said = duplicates.sureness(replace(company(), about=about))
    assert all(part in said for part in ("1,118 pairs", "90", "99.6", "94.4", "learnt", "No person has checked"))
