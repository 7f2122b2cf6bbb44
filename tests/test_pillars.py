"""Five failures and four pillars: counted by hand, silent where the table is missing, blind to what comes later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from math import exp, isnan, sqrt
from typing import Any

import ibis
import pandas as pd
import pytest
from ibis import _

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import pillars
from crmlib.models.estimates import Clustered, clustered, wilson
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)


def one_size(c: Company) -> pd.DataFrame:
    """Everybody with an order by the number of their name, the lowest the highest tier."""
    tiers = ibis.cases(*((_.customer_id == c, t) for c, t in TIER_OF.items()), else_="long_tail")
    tiered = c.tables.orders.select("customer_id").distinct().mutate(tier=tiers)
    return pillars.one_size_for_all(c, tiered)


def strength(c: Company) -> pd.DataFrame:
    return pillars.pillars(c, pillars.indicators(c))


TIER_OF = {"c00": "high_value", "c01": "high_value", "c02": "growth", "c03": "growth", "a": "high_value", "b": "growth"}
MEASURES = (
    pillars.silos,
    pillars.single_channel,
    one_size,
    pillars.emotion,
    pillars.passive_response,
    pillars.indicators,
    strength,
)


def rows(names: str, *values: tuple[Any, ...]) -> pd.DataFrame:
    """A frame of the named columns; texts in `…_at`, `at` and `day` become times."""
    frame = pd.DataFrame(list(values), columns=names.split())
    for column in frame.columns:
        if column == "at" or column.endswith("_at"):
            frame[column] = pd.to_datetime(frame[column], format="ISO8601")
        if column in ("amount", "refunded"):
            frame[column] = frame[column].map(lambda v: Decimal(str(v)))
    return frame


ORDERS = rows(
    "order_id customer_id ordered_at amount channel source_system",
    ("1", "a", "2026-03-01", 10, "store", "till"),
    ("2", "a", "2026-04-01", 10, "online", "shop"),
    ("3", "b", "2026-03-01", 20, "store", "till"),
    ("4", "b", "2026-03-02", 20, "store", "till"),
    ("5", "c", "2026-03-01", 30, "store", None),
    ("6", "d", "2024-01-01", 40, "store", "till"),
    ("7", "later", "2026-11-01", 40, "store", "till"),
)
CUSTOMERS = rows(
    "customer_id source_system birthday_status acquired_on",
    ("a", "till", "valid", date(2025, 1, 1)),
    ("b", "till", "missing", None),
    ("c", "crm", "invalid", date(2025, 1, 1)),
    ("later", "till", "valid", date(2026, 11, 1)),
)
CONTACTS = rows(
    "interaction_id customer_id at channel direction purpose",
    ("1", "a", "2026-03-01", "email", "out", "sales"),
    ("2", "a", "2026-03-02", "phone", "out", "care"),
    ("3", "b", "2026-03-02", "email", None, "win_back"),
    ("4", "b", "2026-03-03", "email", "out", None),
    ("5", "b", "2026-03-04", "phone", "in", "service"),
    ("6", "c", "2026-03-05", "wechat", "out", "survey"),
    ("7", "d", "2025-10-31 23:00", "phone", "out", "sales"),
    ("8", "later", "2026-11-01", "phone", "out", "sales"),
)
TICKETS = rows(
    "ticket_id customer_id opened_at resolved_at severity found_by",
    ("1", "a", "2026-03-01", "2026-03-02", "high", "proactive"),
    ("2", "a", "2026-03-01", "2026-05-02", "low", "reported"),
    ("3", "b", "2026-03-01", "2026-10-20", "low", "reported"),
    ("4", "b", "2026-03-01", "2026-03-02", None, None),
    ("5", "b", "2026-11-01", "2026-11-02", "low", "proactive"),
)
SURVEYS = rows(
    "customer_id at instrument item score",
    ("a", "2026-03-20", "csat", "overall", 4.0),
    ("a", "2026-03-21", "nps", "overall", 9.0),
    ("b", "2026-11-02", "csat", "overall", 1.0),
)
ACTIVITY = rows("customer_id day logins", ("a", date(2026, 10, 1), 1), ("b", date(2025, 10, 31), 1))
CONSENTS = rows(
    "customer_id channel purpose granted_at",
    ("a", "email", "sales", "2024-01-01"),
    ("d", "email", "sales", "2024-01-01"),
)
ALL = {
    "orders": ORDERS,
    "customers": CUSTOMERS,
    "interactions": CONTACTS,
    "tickets": TICKETS,
    "surveys": SURVEYS,
    "activity": ACTIVITY,
    "consents": CONSENTS,
}


def found(measure: Callable[..., pd.DataFrame], tables: Company | None = None) -> pd.DataFrame:
    result = measure((tables or company_from(ALL, as_of=date(2026, 12, 31))).at(AS_OF))
    assert list(result.columns) == FINDING
    return result


def shares(frame: pd.DataFrame) -> dict[str, list[float]]:
    whole = frame[frame["segment"] == ""]
    return {k: list(v) for k, *v in whole[["kpi", "value", "low", "high", "n"]].itertuples(index=False)}


def share(hits: int, n: int) -> list[float]:
    return pytest.approx([*wilson(hits, n), n])  # type: ignore[return-value]


CARED = pytest.approx([*clustered(Clustered.of([1, 1], [2, 1])), 3])
"""Two of three contacts, which two customers had."""
SOLVED = pytest.approx([*clustered(Clustered.of([1, 0], [2, 1])), 3])
"""One of three cases of two customers: found by us first, and also: after which the customer was heard."""


@pytest.mark.deck("D019", "D020", "D021", "D022")
def test_every_share_by_hand() -> None:
    assert shares(found(pillars.indicators)) == {
        "customer_record_share": share(3, 4),
        "behaviour_seen_share": share(1, 3),
        "consent_recorded_share": share(2, 4),
        "several_channels_share": share(1, 3),
        "buys_in_several_channels_share": share(1, 2),
        "care_contact_share": CARED,
        "birthday_known_share": share(1, 3),
        "survey_answered_share": share(1, 3),
        "found_first_share": SOLVED,
        "case_evaluated_share": SOLVED,
    }


@pytest.mark.deck("D009", "D010", "D012", "D013")
def test_the_five_failures_by_hand() -> None:
    assert shares(found(pillars.silos)) == {"several_sources_share": share(1, 4)}
    single = found(pillars.single_channel)
    assert shares(single) == {"single_channel_share": share(2, 3)}
    assert single["segment"].tolist() == ["", "email", "wechat"]
    assert single["value"].iloc[1:].sum() == pytest.approx(single["value"].iloc[0])
    assert shares(found(pillars.emotion)) == {
        "care_contact_share": CARED,
        "birthday_known_share": share(1, 3),
        "birthday_care_share": share(1, 1),
        "anniversary_care_share": share(0, 2),
    }
    passive = found(pillars.passive_response)
    assert shares(passive) == {"found_first_share": SOLVED}
    assert passive["segment"].tolist() == ["", "severity_low", "severity_high"]
    assert passive["value"].tolist() == pytest.approx([1 / 3, 0, 1])


def contacts(per_customer: list[int]) -> Company:
    """Customer i brings i in revenue and is contacted per_customer[i] times."""
    customers = [f"c{i:02d}" for i in range(len(per_customer))]
    orders = rows("order_id customer_id ordered_at amount", *((c, c, "2026-05-01", i) for i, c in enumerate(customers)))
    made = [
        (f"{c}{k}", c, "2026-06-01", "email", "out")
        for c, n in zip(customers, per_customer, strict=True)
        for k in range(n)
    ]
    sent = rows("interaction_id customer_id at channel direction", *made)
    return company_from({"orders": orders, "interactions": sent}, as_of=AS_OF)


@pytest.mark.deck("D011")
def test_contacts_by_tier_by_hand() -> None:
    result = found(one_size, contacts([4, 8, 0, 2, 1, 1, 0]))
    by_tier = result[(result["segment"] != "")]
    assert by_tier["segment"].tolist() == ["high_value", "growth", "long_tail"]
    assert by_tier["value"].tolist() == pytest.approx([6, 1, 2 / 3])
    assert by_tier["n"].tolist() == [2, 2, 3]
    value, low, high, n = shares(result)["contact_focus"]
    others = [0, 2, 1, 1, 0]
    spread = exp(1.959964 * sqrt(8 / 2 / 6**2 + pd.Series(others).var() / 5 / 0.8**2))
    assert [value, low, high, n] == pytest.approx([7.5, 7.5 / spread, 7.5 * spread, 7])
    assert shares(result)["contacts_by_tier"][0] == pytest.approx(16 / 7)


def test_the_same_for_all_gives_a_focus_of_one() -> None:
    result = shares(found(one_size, contacts([2] * 15)))
    assert result["contact_focus"][:3] == pytest.approx([1, 1, 1])


def test_a_focus_on_nobody_is_not_told() -> None:
    assert isnan(shares(found(one_size, contacts([3, 1, 0, 0, 0])))["contact_focus"][0])
    assert isnan(shares(found(one_size, contacts([0, 0, 0, 0, 3])))["contact_focus"][0])
    assert isnan(shares(found(one_size, contacts([1])))["contact_focus"][0])
    assert found(one_size, contacts([0] * 8)).empty


def test_a_customer_without_an_order_in_the_window_is_in_no_tier_mean() -> None:
    old = rows("order_id customer_id ordered_at amount", ("1", "a", "2024-01-01", 5), ("2", "b", "2026-05-01", 5))
    sent = ((str(i), c, "2026-06-01", "email", "out") for i, c in enumerate("aab"))
    told = rows("interaction_id customer_id at channel direction", *sent)
    result = found(one_size, company_from({"orders": old, "interactions": told}, as_of=AS_OF))
    assert result[result["segment"] != ""][["segment", "value", "n"]].to_numpy().tolist() == [["growth", 1, 1]]


RECORDS = rows(
    "record_id customer_id source_system acquired_on",
    ("r1", "a", "shop", date(2025, 1, 1)),
    ("r2", "a", "crm", None),
    ("r3", "b", "shop", None),
    ("r4", "b", "shop", None),
    ("r5", "c", "till", None),
    ("r6", "c", "shop", date(2026, 11, 1)),
    ("r7", "d", None, None),
)


def test_people_scattered_over_systems_are_counted_from_the_records() -> None:
    result = found(pillars.silos, company_from({**ALL, "records": RECORDS}, as_of=date(2026, 12, 31)))
    assert result["kpi"].unique().tolist() == ["scattered_share"]
    assert result["segment"].tolist() == ["", "crm", "shop", "till"]
    assert result["value"].tolist() == pytest.approx([1 / 3, 1, 1 / 2, 0])
    assert result["n"].tolist() == [3, 1, 2, 1]
    single = RECORDS.assign(source_system="shop")
    assert found(pillars.silos, company_from({**ALL, "records": single}, as_of=date(2026, 12, 31))).empty


def test_one_record_that_names_two_systems_is_linked_already() -> None:
    same = rows("record_id customer_id source_system", ("r1", "a", "shop"), ("r1", "a", "crm"), ("r2", "b", "crm"))
    result = found(pillars.silos, company_from({**ALL, "records": same}, as_of=date(2026, 12, 31)))
    assert shares(result) == {"scattered_share": share(0, 2)}


def anniversary(first: str, cared: str, purpose: str = "care", as_of: date = AS_OF) -> list[float] | None:
    orders = rows("order_id customer_id ordered_at amount", ("1", "a", first, 1), ("2", "a", f"{as_of} 10:00", 1))
    told = [("1", "a", cared, "email", purpose), ("2", "z", f"{as_of}", "email", "sales")]
    contacts_ = rows("interaction_id customer_id at channel purpose", *told).assign(direction="out")
    c = company_from({"orders": orders, "interactions": contacts_}, as_of=as_of)
    return shares(pillars.emotion(c.at(as_of))).get("anniversary_care_share")


@pytest.mark.parametrize(
    ("first", "cared", "kept"),
    [
        ("2024-06-15", "2026-06-22 23:00", 1),
        ("2024-06-15", "2026-06-08 01:00", 1),
        ("2024-06-15", "2026-06-23", 0),
        ("2024-06-15", "2025-06-15", 0),
        ("2024-02-29", "2026-03-07", 1),
        ("2024-10-24", "2026-10-30", 1),
        ("2024-10-25", "2025-10-20", 1),
        ("2024-12-31", "2026-01-03", 1),
    ],
)
def test_an_anniversary_is_kept_within_a_week_of_the_latest_one_that_is_over(first: str, cared: str, kept: int) -> None:
    assert anniversary(first, cared) == share(kept, 1)


def test_a_customer_of_less_than_a_year_has_no_anniversary() -> None:
    assert anniversary("2025-10-25", "2026-10-25") is None
    assert anniversary("2025-10-24", "2026-10-25") == share(1, 1)
    assert anniversary("2024-06-15", "2026-06-15", purpose="sales") == share(0, 1)
    assert anniversary("2024-02-29", "2028-02-28", as_of=date(2028, 4, 1)) == share(1, 1)


@pytest.mark.deck("D014")
def test_pillars_are_the_mean_of_their_shares() -> None:
    by_pillar = found(strength).set_index("segment")
    measured = found(pillars.indicators).set_index("kpi")
    assert list(by_pillar.index) == list(pillars.PILLARS)
    for pillar, kpis in pillars.PILLARS.items():
        assert by_pillar.loc[pillar, "value"] == pytest.approx(measured.loc[list(kpis), "value"].mean())
        assert by_pillar.loc[pillar, "n"] == measured.loc[list(kpis), "n"].min()
        assert 0 <= by_pillar.loc[pillar, "low"] <= by_pillar.loc[pillar, "value"] <= by_pillar.loc[pillar, "high"] <= 1


def test_later_rows_and_row_order_change_nothing() -> None:
    times = {
        "orders": "ordered_at",
        "interactions": "at",
        "tickets": "opened_at",
        "surveys": "at",
        "consents": "granted_at",
    }
    earlier = {
        name: frame[frame[times[name]] < "2026-11-01"] if name in times else frame for name, frame in ALL.items()
    }
    earlier = {name: frame.sample(frac=1, random_state=3) for name, frame in earlier.items()}
    earlier["customers"] = earlier["customers"].query("customer_id != 'later'")
    c = company_from(earlier, as_of=AS_OF)
    for measure in (
        pillars.silos,
        pillars.single_channel,
        one_size,
        pillars.emotion,
        pillars.passive_response,
        pillars.indicators,
    ):
        pd.testing.assert_frame_equal(found(measure), found(measure, c))


def test_an_absent_table_or_an_empty_column_gives_no_row() -> None:
    only_orders = company_from({"orders": ORDERS.drop(columns=["channel", "source_system"])}, as_of=date(2026, 12, 31))
    for measure in MEASURES:
        assert found(measure, only_orders).empty
        assert found(measure, company_from({}, as_of=AS_OF)).empty
    bare = {
        **ALL,
        "customers": CUSTOMERS[["customer_id"]],
        "interactions": CONTACTS[["interaction_id", "customer_id", "at", "channel"]],
        "tickets": TICKETS[["ticket_id", "customer_id", "opened_at"]],
    }
    told = set(found(pillars.indicators, company_from(bare, as_of=date(2026, 12, 31)))["kpi"])
    silent = {"care_contact_share", "birthday_known_share", "found_first_share", "case_evaluated_share"}
    silent |= {"several_channels_share"}
    assert told == {kpi for kpis in pillars.PILLARS.values() for kpi in kpis} - silent


def test_one_source_system_cannot_be_a_silo() -> None:
    one = ORDERS.assign(source_system="till")
    assert found(pillars.silos, company_from({"orders": one}, as_of=date(2026, 12, 31))).empty
