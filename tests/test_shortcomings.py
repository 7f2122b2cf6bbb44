"""Evidence weighed against its limit: a shortcoming shows, does not show, or cannot be told."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING, finding, findings
from crmlib.measures import shortcomings
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def told(**values: float) -> pd.DataFrame:
    nan = float("nan")
    return findings(knowing(AS_OF), (finding(knowing(AS_OF), k, (v, nan, nan), n=100) for k, v in values.items()))


@pytest.mark.deck("D037")
def test_each_figure_against_its_limit() -> None:
    frame = shortcomings.diagnosis(
        knowing(AS_OF), [told(accuracy=0.94, compliance=0.95), told(active_mining_coverage=0.3, record_lag=49.0)]
    ).set_index("kpi")
    assert frame.loc["accuracy", "verdict"] == "shows"
    assert frame.loc["compliance", "verdict"] == "does_not_show"
    assert frame.loc["active_mining_coverage", "verdict"] == "does_not_show"
    assert frame.loc["record_lag", "verdict"] == "shows"
    assert frame.loc["due_for_deletion", "verdict"] == "cannot_say"
    assert list(dict.fromkeys(frame["shortcoming"])) == [s.name for s in shortcomings.SHORTCOMINGS]
    shown = shortcomings.shown(knowing(AS_OF), frame.reset_index())
    assert shown[["value", "n"]].iloc[0].tolist() == [2, 4], "nothing is told of scattered channels"


def test_segments_do_not_count() -> None:
    part = told(accuracy=0.5).assign(segment="orders")
    frame = shortcomings.diagnosis(knowing(AS_OF), [part])
    assert set(frame["verdict"]) == {"cannot_say"}
    assert shortcomings.shown(knowing(AS_OF), frame).empty


def test_systems_by_field_and_own_evidence() -> None:
    people = pd.DataFrame({"customer_id": list("abcd"), "source_system": ["crm", "crm", "shop", None]})
    people = people.assign(phone_status=["valid", "valid", "valid", "valid"], region=["N", None, None, "S"])
    c = company_from({"customers": people}, as_of=AS_OF)
    frame = shortcomings.systems(c).set_index("column")
    assert frame.loc["phone", "source_systems"] == 2
    assert frame.loc["phone", "main_share"] == pytest.approx(2 / 3)
    assert frame.loc["region", "source_systems"] == 1
    own = shortcomings.evidence(c).set_index("kpi")
    assert own["value"].to_dict() == {"fields_in_several_systems": 0.5}


def test_formats_where_the_border_noted_them() -> None:
    noted = [("customers", "phone", "a.csv", "999", 6), ("customers", "phone", "b.csv", "9-99", 2)]
    noted += [("orders", "ordered_at", "a.csv", "9999-99-99", 5), ("orders", "ordered_at", "b.csv", "9999-99-99", 1)]
    formats = pd.DataFrame(noted, columns=["table", "column", "file", "format", "rows"])
    tables: Company = company_from({"formats": formats}, as_of=AS_OF)
    frame = shortcomings.formats(tables.at(AS_OF))
    assert frame["formats"].tolist() == [2, 1]
    assert frame["main_share"].tolist() == [0.75, 1.0]
    own = shortcomings.evidence(tables.at(AS_OF)).set_index("kpi")
    assert own["value"].to_dict() == {"columns_in_several_formats": 0.5}


def test_a_date_with_and_without_leading_zeros_is_of_one_format() -> None:
    noted = [("orders", "ordered_at", "9/9/9999", 5), ("orders", "ordered_at", "99/99/9999", 3)]
    noted += [("orders", "ordered_at", "9/99/9999", 2), ("orders", "recorded_at", "99/99/9999 9:99", 2)]
    noted += [
        ("orders", "recorded_at", "9.9.9999 9:99", 2),
        ("customers", "phone", "99 99", 1),
        ("customers", "phone", "9 99", 1),
    ]
    formats = pd.DataFrame(noted, columns=["table", "column", "format", "rows"]).assign(file="a.csv")
    frame = shortcomings.formats(company_from({"formats": formats}, as_of=AS_OF)).set_index("column")
    assert frame["formats"].to_dict() == {"phone": 2, "ordered_at": 1, "recorded_at": 2}


def test_what_is_shown_names_what_was_not_recorded() -> None:
    c = knowing(AS_OF).without("interactions.purpose")
    weighed = shortcomings.diagnosis(c, [told(accuracy=0.94).assign(without="orders.margin")])
    assert shortcomings.shown(c, weighed)["without"].tolist() == ["interactions.purpose orders.margin"]


def test_an_empty_company_tells_nothing() -> None:
    c = company_from({}, as_of=AS_OF)
    own = shortcomings.evidence(c)
    assert list(own.columns) == FINDING
    assert own.empty
    assert shortcomings.systems(c.at(at("2026-10-31").date())).empty
