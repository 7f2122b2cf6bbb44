"""More trades, drafted as somebody who knows them would: codes of an accounting system, a practice, an app, a grid."""

import re
from pathlib import Path

import duckdb
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import check, ingest
from tests.test_other_trades import N, day, drafted, fields, put
from tests.test_propose import POLICY


def test_the_field_codes_of_a_large_accounting_system_are_words(tmp_path: Path) -> None:
    """German abbreviations that every export of it bears: KUNNR and KUNAG the customer, VBELN the document, NETWR its worth."""
    people = [
        {
            "KUNNR": f"{100_000 + i:010}", "NAME1": f"Firma {i} GmbH", "LAND1": "DE", "ORT01": "Bonn", "PSTLZ": f"{50_000 + i}",
            "ERDAT": day(i).replace("-", ""), "TELF1": f"0228 {47_110 + i}",
        }
        for i in range(90)
    ]  # fmt: skip
    bills = [
        {
            "VBELN": f"{90_000_000 + i:010}", "FKDAT": day(i).replace("-", ""), "KUNAG": f"{100_000 + i % 90:010}",
            "NETWR": 12.5 + i % 37, "WAERK": "EUR",
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "KNA1.csv", people)
    put(tmp_path, "VBRK.csv", bills)
    company = drafted(tmp_path)
    assert company.currency == "EUR"
    assert fields(company, "customers")["customer_id"] == "KUNNR"
    wanted = {"order_id": "VBELN", "customer_id": "KUNAG", "ordered_at": "FKDAT", "amount": "NETWR"}
    assert wanted.items() <= fields(company, "orders").items()
    found = check(company, POLICY).tables.set_index("table")
    assert found.loc["orders", ["rows", "customers"]].tolist() == [N, 90]


def test_a_fee_beside_which_nothing_is_counted_is_what_a_visit_came_to(tmp_path: Path) -> None:
    visits = [
        {
            "appointment_id": i, "patient_no": 1 + i % 70, "booked_on": day(i), "status": ("attended", "no-show")[i % 9 == 0],
            "doctor": f"Dr {'AB'[i % 2]}", "fee": (60, 85, 140)[i % 3],
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "appointments.csv", visits)
    company = drafted(tmp_path)
    assert fields(company, "orders")["amount"] == "fee"
    found = check(company, POLICY).tables.set_index("table")
    kept = [v["fee"] for v in visits if v["status"] == "attended"]
    assert float(found.loc["orders", "amount"]) == pytest.approx(sum(kept))


LOGS = {
    "an app": (
        "app_user_id",
        "event_type",
        ("INITIAL_PURCHASE", "RENEWAL", "RENEWAL", "CANCELLATION", "EXPIRATION"),
        3,
    ),
    "a shop": ("user_id", "event_type", ("purchase", "view", "view", "cart", "remove_from_cart"), 1),
    "a Chinese shop": ("用户ID", "行为类型", ("购买", "浏览", "浏览", "加购", "收藏"), 1),
    "nothing bought": ("user_id", "event_type", ("view", "view", "cart", "search", "remove_from_cart"), 0),
}
"""Logs of what users did: how a user and a kind are called, the kinds in turn, and how many of the five were bought."""


@pytest.mark.parametrize("priced", [True, False], ids=["prices on every row", "no prices"])
@pytest.mark.parametrize("log", LOGS)
def test_rows_of_a_log_that_say_bought_are_orders_too(log: str, priced: bool, tmp_path: Path) -> None:
    """Whose users may have numbers that begin with a dollar; a price stands beside what was looked at, too."""
    who, kind, kinds, sold = LOGS[log]
    price = {"price": lambda i: 9.99 + i % 7} if priced else {}
    rows = [
        {who: f"$RC:{i // 5:06x}", kind: kinds[i % 5], "event_time": f"{day(i)}T10:00:00Z"}
        | {name: made(i) for name, made in price.items()}
        for i in range(N)
    ]
    put(tmp_path, "events.csv", rows)
    company = drafted(tmp_path)
    found = check(company, POLICY).tables.set_index("table")
    assert ("orders" in found.index) == bool(sold)
    if sold:
        assert found.loc["orders", ["rows", "customers"]].tolist() == [sold * N // 5, N // 5]
        worth = sum(9.99 + i % 7 for i in range(N) if i % 5 < sold)
        assert float(found.loc["orders", "amount"] or 0) == (pytest.approx(worth) if priced else 0)


@pytest.mark.parametrize("ended", [True, False], ids=["some left", "all have a term"])
def test_accounts_of_which_some_have_ended_are_contracts(ended: bool, tmp_path: Path) -> None:
    """Where every one has an end it is a term, and nobody is known to have left."""
    accounts = [
        {
            "AccountNo": f"A{i:04}", "SupplyStart": day(i), "Region": "NS"[i % 2],
            "SupplyEnd": "2026-02-01" if i % 6 == 0 or not ended else "",
        }
        for i in range(120)
    ]  # fmt: skip
    bills = [
        {"AccountNo": f"A{i % 120:04}", "PeriodStart": day(i), "BilledAmount": 30.5 + i % 41, "kWh": 200.5 + i % 77}
        for i in range(3 * N)
    ]
    put(tmp_path, "accounts.csv", accounts)
    put(tmp_path, "bills.csv", bills)
    company = drafted(tmp_path)
    assert fields(company, "orders")["amount"] == "BilledAmount"
    assert len(company.sources("contracts")) == ended
    if ended:
        assert fields(company, "contracts")["ended_on"] == "SupplyEnd"


def test_a_frequent_flyer_is_a_customer(tmp_path: Path) -> None:
    put(
        tmp_path, "members.csv", [{"MEMBER_NO": 50_000 + i, "FFP_DATE": day(i), "WORK_CITY": "广州"} for i in range(90)]
    )
    flights = [
        {"PNR": f"P{i:05}", "FFP_NO": 50_000 + i % 90, "FLIGHT_DATE": day(i), "FARE": 310.5 + i % 53} for i in range(N)
    ]
    put(tmp_path, "flights.csv", flights)
    company = drafted(tmp_path)
    wanted = {"customer_id": "FFP_NO", "ordered_at": "FLIGHT_DATE", "amount": "FARE"}
    assert wanted.items() <= fields(company, "orders").items()


def test_loans_of_a_library_are_orders_whose_money_is_not_known(tmp_path: Path) -> None:
    """A number of its own tells one from another; a file without one stays unsettled."""
    loans = [
        {"order_no": f"L{i:05}", "reader_id": f"R{i % 60:03}", "order_date": day(i), "branch": "NS"[i % 2]}
        for i in range(N)
    ]
    put(tmp_path, "orders.csv", loans)
    company = drafted(tmp_path)
    assert "amount" not in fields(company, "orders")
    found = check(company, POLICY).tables.set_index("table")
    assert found.loc["orders", ["rows", "customers"]].tolist() == [N, 60]


def test_the_period_in_which_a_contract_is_billed_is_pointed_at_with_the_lines_that_use_it(tmp_path: Path) -> None:
    """Billed by the year, a contract renews once a year, whatever its amount is told for; the lines can be taken over."""
    rows = [
        {
            "subscription_id": f"S{i}", "account_id": f"A{i % 90}", "start_date": day(i), "plan": ("Pro", "Basic")[i % 2],
            "mrr_amount": 40 + i % 7, "billing_frequency": ("monthly", "annual", "quarterly")[i % 3], "auto_renew": "TRUE",
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "subscriptions.csv", rows)
    put(tmp_path, "accounts.csv", [{"account_id": f"A{i}", "account_name": f"Firm {i}"} for i in range(90)])
    drafted(tmp_path)
    path = tmp_path / "company.toml"
    text = path.read_text(encoding="utf-8")
    amount, period = re.search(r"to be told of renewals: (amount = .*), (period = .*)", text).groups()  # type: ignore[union-attr]
    text = re.sub(r"(?m)^amount = .*$", lambda _m: amount, text)
    text = re.sub(r"(?m)^period = .*$", lambda _m: period, text)
    path.write_text(
        text + '[contracts.values.period]\nmonthly = "month"\nannual = "year"\nquarterly = "quarter"\n', "utf-8"
    )
    ingest(load_description(path), tmp_path / "out", policy=POLICY)
    told = duckdb.sql(
        f"select period, min(amount), max(amount) from '{tmp_path}/out/tables/contracts.parquet' group by 1"
    )
    assert {p: (int(a), int(b)) for p, a, b in told.fetchall()} == {
        "month": (40, 46),
        "quarter": (120, 138),
        "year": (480, 552),
    }


@pytest.mark.parametrize(
    ("heading", "yes_agrees"),
    [("accepts_marketing", True), ("DoNotEmail", False), ("email_opt_out", False), ("consent_withdrawn", False),
     ("是否接收短信", True), ("拒绝营销", False), ("不接收营销", False), ("no_marketing", False), ("Unsubscribed", False)],
)  # fmt: skip
def test_a_yes_to_a_heading_of_who_refused_is_a_no(heading: str, yes_agrees: bool, tmp_path: Path) -> None:
    people = [
        {"customer_id": f"C{i}", "name": f"Ann {i}", "email": f"ann{i}@example.org", "phone": f"0151 {i * 7919 % 10**7:07}",
         "signup_date": day(i), heading: "NY"[i % 3 == 0]}
        for i in range(300)
    ]  # fmt: skip
    put(tmp_path, "customers.csv", people)
    put(
        tmp_path,
        "orders.csv",
        [{"order_id": i, "customer_id": f"C{i % 300}", "day": day(i), "total": 5 + i % 9} for i in range(N)],
    )
    kept = check(drafted(tmp_path), POLICY).tables.set_index("table").loc["consents", "rows"]
    assert kept == (100 if yes_agrees else 200)


def test_whoever_a_mark_says_did_not_agree_is_not_written_to(tmp_path: Path) -> None:
    """Two marks: a yes that is one, and a yes that is a no."""
    people = [
        {
            "customer_id": f"C{i}", "name": f"Ann {i}", "email": f"ann{i}@example.org", "phone": f"0151 {i * 7919 % 10**7:07}",
            "signup_date": day(i), "accepts_marketing": ("true", "false")[i % 3 == 0], "do_not_call": "NY"[i % 5 == 0],
        }
        for i in range(300)
    ]  # fmt: skip
    put(tmp_path, "customers.csv", people)
    put(
        tmp_path,
        "orders.csv",
        [{"order_id": i, "customer_id": f"C{i % 300}", "day": day(i), "total": 5 + i % 9} for i in range(N)],
    )
    company = drafted(tmp_path)
    ingest(company, tmp_path / "out", policy=POLICY)
    told = duckdb.sql(
        f"select channel, count(*) from '{tmp_path}/out/tables/consents.parquet' group by 1 order by 1"
    ).fetchall()
    assert told == [("email", 200), ("phone", 240)]
