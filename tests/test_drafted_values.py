"""What a company's own words say of a state, a period or a refund is drafted as a person would read it, denials too."""

from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import check, ingest
from crmlib.border.proposal.codes import brought, says
from tests.test_other_trades import N, day, drafted, fields, put
from tests.test_propose import POLICY


def people(folder: Path) -> None:
    put(
        folder,
        "customers.csv",
        [{"customer_id": f"c{i:03}", "email": f"u{i}@o{i}.example", "joined": day(i)} for i in range(90)],
    )


KINDS: list[tuple[str, dict[str, str]]] = [
    ("status", {
        "open": "Unresolved,Incomplete,Pending resolution,Not resolved,Not yet resolved,Ready to close,Undone,Reopened,"
                "Unassigned,Partially refunded,Nicht gelöst,ungelöst,No resuelto,未解决,未完成,待解决,未关闭,退款中,Offen,"
                "In Progress,On Hold",
        "closed": "Resolved,Work Completed,Erledigt,Geschlossen,Abgeschlossen,Gelöst,Resuelto,Cerrado,Terminé,Chiuso,Fixed,"
                  "Archived,Refunded,Won't fix,Closed - not resolved,退款成功,退款关闭,已处理,已结束,客户未回复已关闭",
        "": "Approved,Verified,成功,Inactive",
    }),
    ("severity", {
        "critical": "Urgent,Highest,1 - Critical,紧急,非常紧急,最高,Dringend",
        "high": "High,Major,Not critical but important,Hoch,高",
        "medium": "Normal,Mittel,一般",
        "low": "Not urgent,Non-urgent,Unimportant,Less important,Lowest,不紧急,非紧急,不重要,不是很紧急,Niedrig",
        "": "Routine,S1",
    }),
    ("period", {
        "month": "1 month,Monthly,per month,每月,30 days,P1M",
        "quarter": "3 months,3m,Quarterly,三个月,季付,vierteljährlich",
        "half_year": "6 months,Bi-annual,Half-yearly,半年付,6个月",
        "year": "12 months,Yearly,1y,Annual (12 months),年付,jährlich",
        "": "24 month,Two years,Semi-monthly,Every 2 months,Bi-monthly,Biweekly,每两周,双月,两年,半月,"
            "12 month contract billed monthly",
    }),
    ("direction", {"in": "Inbound,incoming,呼入", "out": "Outbound call,outgoing,呼出", "": "Internal,Invited,In person"}),
    ("type", {
        "company": "Private company,retail chain,Retailer,Non-profit organisation,小型企业,Corporate,Firma",
        "person": "Non-business,Not a company,非企业,Private individual,Retail,个人客户",
    }),
    ("channel", {"social": "Facebook", "website": "Live Chat,webshop", "store": "in-store,门店", "": "Platform,Word of mouth"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "wanted"), KINDS, ids=[k for k, _w in KINDS])
def test_words_that_deny_are_not_read_as_what_they_deny(kind: str, wanted: dict[str, str]) -> None:
    listed = {code: said.split(",") for code, said in wanted.items()}
    taken = {"status": "open"}.get(kind, "")
    for code, values in listed.items():
        found, left = brought(kind, SimpleNamespace(values=values, unknown=""))  # type: ignore[arg-type]
        assert {v: found.get(v, v.lower()) for v in values if v not in left} == (
            {} if not code else dict.fromkeys(values, code)
        )
        assert left == ([] if code else values)
        assert all(found.get(v, "") == taken for v in left), "what nobody knows is taken for one code, or left"


@pytest.mark.parametrize(
    ("said", "code"),
    [("Payment completed", "closed"), ("Agent resolved", "closed"), ("Client closed", "closed"), ("Isn't resolved", "open"),
     ("wasnt fixed", "open"), ("Cannot be solved", "open")],
)  # fmt: skip
def test_a_word_that_ends_as_a_denial_does_is_none(said: str, code: str) -> None:
    assert says("status", said) == code


def cases(folder: Path, **columns: tuple[str, ...]) -> str:
    """Service cases with further columns of so many values in turn; the draft as it is written."""
    people(folder)
    rows: list[dict[str, object]] = []
    for i in range(N):
        known = {"ticket_no": f"T{i:04}", "customer_id": f"c{i * 7 % 90:03}", "opened": day(i), "resolved": day(i + 2)}
        rows.append({**known, **{name.replace("_", " "): values[i % len(values)] for name, values in columns.items()}})
    put(folder, "tickets.csv", rows)
    drafted(folder)
    return (folder / "company.toml").read_text()


def test_a_state_that_no_rule_knows_is_asked_about(tmp_path: Path) -> None:
    text = cases(tmp_path, status=("Resolved", "Unresolved", "Frobbed"))
    assert 'Unresolved = "open"' in text
    assert "are Frobbed open? They are taken for it" in next(
        line for line in text.splitlines() if line.startswith("status =")
    )


def test_a_period_without_a_code_is_asked_about_and_no_month(tmp_path: Path) -> None:
    people(tmp_path)
    rows: list[dict[str, object]] = [
        {"subscription_id": f"S{i}", "customer_id": f"c{i % 90:03}", "plan": "Pro",
         "billing period": ("1 month", "24 months")[i % 2], "amount": 10.5 + i % 9, "started": day(i)} for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "subscriptions.csv", rows)
    assert "period" not in fields(drafted(tmp_path), "contracts")
    assert "period: what do these mean: 24 months?" in (tmp_path / "company.toml").read_text()


REFUNDS = {
    "refund_status": ("approved", "rejected", "pending"),
    "退款状态": ("退款成功", "退款关闭", "退款中"),
}
"""Columns of refunds that say how far one is, with the word of those that were paid back first."""


@pytest.mark.parametrize("several", [False, True], ids=["one an order", "several an order"])
@pytest.mark.parametrize("state", REFUNDS)
def test_only_refunds_that_were_paid_back_count(tmp_path: Path, state: str, several: bool) -> None:
    people(tmp_path)
    orders: list[dict[str, object]] = [
        {"order_id": f"O{i:04}", "customer_id": f"c{i % 90:03}", "order_date": day(i), "amount": 100 + i % 9}
        for i in range(N)
    ]
    refunds: list[dict[str, object]] = [
        {"refund_id": f"R{i:04}", "order_id": f"O{(i // 2 if several else i) * 3:04}", "refund_amount": 60 + i % 5,
         state: REFUNDS[state][i % 3], "refund_date": day(i + 9)} for i in range(100)
    ]  # fmt: skip
    put(tmp_path, "orders.csv", orders)
    put(tmp_path, "refunds.csv", refunds)
    company = drafted(tmp_path)
    ingest(company, tmp_path / "out", policy=POLICY)
    (back,) = duckdb.sql(f"select sum(refunded) from '{tmp_path}/out/tables/orders.parquet'").fetchall()[0]
    assert back == sum(60 + i % 5 for i in range(0, 100, 3))
    found = check(company, POLICY).account
    joined = found[found["file"] == "refunds.csv"].iloc[0]
    assert joined[["read", "filtered", "unmatched", "kept"]].tolist() == [100, 66, 0, 34]
    assert f"{state} says" in (tmp_path / "company.toml").read_text().replace("的取值为", " says")


def test_money_of_rows_whose_kind_is_a_refund_is_no_second_sale(tmp_path: Path) -> None:
    people(tmp_path)
    sold: list[dict[str, object]] = [
        {"id": f"txn_{i:06}", "customer_id": f"c{i % 90:03}", "billed_at": day(i), "grand_total": 100.5 + i % 9}
        for i in range(N)
    ]
    changed: list[dict[str, object]] = [
        {"id": f"adj_{i:05}", "action": ("refund", "chargeback", "credit", "tax note")[i % 4],
         "transaction_id": f"txn_{i * 3:06}", "customer_id": f"c{i * 3 % 90:03}",
         "total": 20.5 + i % 5, "status": ("approved", "rejected")[i % 3 == 0],
         "created_at": day(i + 9)} for i in range(120)
    ]  # fmt: skip
    put(tmp_path, "transactions.csv", sold)
    put(tmp_path, "adjustments.csv", changed)
    company = drafted(tmp_path)
    assert [s.origin for s in company.sources("orders")] == ["transactions.csv"]
    assert not company.sources("states")
    ingest(company, tmp_path / "out", policy=POLICY)
    (back,) = duckdb.sql(f"select sum(refunded) from '{tmp_path}/out/tables/orders.parquet'").fetchall()[0]
    assert back == sum(20.5 + i % 5 for i in range(120) if i % 4 != 3 and i % 3)


def test_a_credit_card_is_no_credit(tmp_path: Path) -> None:
    """Payments of orders by card, in a file that points at them."""
    people(tmp_path)
    orders: list[dict[str, object]] = [
        {"order_id": f"O{i:04}", "customer_id": f"c{i % 90:03}", "order_date": day(i), "amount": 100 + i % 9}
        for i in range(N)
    ]
    paid: list[dict[str, object]] = [
        {"payment_no": f"P{i:04}", "order_id": f"O{i:04}", "type": ("credit", "debit")[i % 2], "value": 100 + i % 9}
        for i in range(N)
    ]
    put(tmp_path, "orders.csv", orders)
    put(tmp_path, "payments.csv", paid)
    assert "refunded" not in fields(drafted(tmp_path), "orders")


PROMISES = [
    ("SLA status", ("Within SLA", "Not within SLA"), ("true", "false")),
    ("是否达标", ("达标", "不达标"), ("true", "false")),
    ("SLA breached", ("Breached", "Not breached"), ("false", "true")),
    ("SLA breached", ("Yes", "No"), ("false", "true")),
    ("是否超时", ("是", "否"), ("false", "true")),
    ("SLA", ("Missed", "Met"), ("false", "true")),
]
"""Columns of whether a promise was kept: heading, words, and what each says."""


@pytest.mark.parametrize("turned", [False, True], ids=["first the one", "first the other"])
@pytest.mark.parametrize(("heading", "words", "kept"), PROMISES, ids=[f"{h} {w[0]}" for h, w, _k in PROMISES])
def test_whether_a_promise_was_kept_is_not_turned_round(
    tmp_path: Path, heading: str, words: tuple[str, str], kept: tuple[str, str], turned: bool
) -> None:
    cases(tmp_path, **{heading.replace(" ", "_"): words[::-1] if turned else words})
    (source,) = load_description(tmp_path).sources("tickets")
    assert source.fields["met"] == heading
    assert source.values["met"] == dict(zip(words, kept, strict=True))
    assert "status" not in source.fields


@pytest.mark.parametrize(("on_time", "heading"), [("Yes", "SLA met"), ("是", "是否达标")])
def test_a_yes_to_a_promise_kept_stays_as_it_is(tmp_path: Path, on_time: str, heading: str) -> None:
    cases(tmp_path, **{heading.replace(" ", "_"): (on_time, {"Yes": "No", "是": "否"}[on_time])})
    (source,) = load_description(tmp_path).sources("tickets")
    assert (source.fields["met"], source.values) == (heading, {})


@pytest.mark.parametrize(
    ("heading", "values", "left_out"),
    [
        ("Status", ("Sales Order", "Quotation", "Quotation Sent", "Cancelled"), 3),
        ("Status", ("Accepted quote", "Offer", "Paid"), 1),
        ("Statut", ("Payé", "Devis", "Angebot"), 2),
        ("订单状态", ("已付款", "报价"), 1),
        ("Gift Type", ("Cash", "Pledge", "Pledge Payment", "In-Kind"), 2),
        ("Gift Type", ("Cash", "Pledge", "Stock"), 0),
    ],
)
def test_what_was_offered_or_promised_only_is_no_sale(
    tmp_path: Path, heading: str, values: tuple[str, ...], left_out: int
) -> None:
    people(tmp_path)
    rows: list[dict[str, object]] = [
        {"order_id": f"O{i:04}", "customer_id": f"c{i % 90:03}", "order_date": day(i), "amount": 100.5 + i % 9,
         heading: values[i % len(values)]} for i in range(300)
    ]  # fmt: skip
    put(tmp_path, "orders.csv", rows)
    found = check(drafted(tmp_path), POLICY).tables.set_index("table")
    assert found.loc["orders", "filtered"] == 300 * left_out // len(values)


def test_whoever_declined_or_did_not_come_used_nothing(tmp_path: Path) -> None:
    people(tmp_path)
    states = ("Attended", "No Show", "Declined", "Registered", "Cancelled")
    rows: list[dict[str, object]] = [
        {"session": f"E{i % 6}", "attended_on": day(i), "customer_id": f"c{i * 7 % 90:03}", "status": states[i % 5]}
        for i in range(N)
    ]
    put(tmp_path, "class_attendance.csv", rows)
    found = check(drafted(tmp_path), POLICY).tables.set_index("table")
    assert found.loc["activity", "filtered"] == 3 * N // 5


@pytest.mark.parametrize("heading", ["物流公司", "Shipping company", "Courier company", "快递公司"])
def test_who_ships_to_a_customer_makes_no_firm_of_them(tmp_path: Path, heading: str) -> None:
    rows: list[dict[str, object]] = [
        {
            "customer_id": f"K{i:03}",
            "姓名": f"张{chr(0x4E00 + i)}",
            "joined": day(i),
            heading: ("圆通速递", "顺丰速运有限公司")[i % 2],
        }
        for i in range(90)
    ]
    put(tmp_path, "customers.csv", rows)
    company = drafted(tmp_path)
    assert "type" not in fields(company, "customers")
    assert company.business_model == "b2c"


def test_keys_that_two_tables_share_and_the_customers_do_not_are_doubted(tmp_path: Path) -> None:
    people(tmp_path)
    orders: list[dict[str, object]] = [
        {"order_id": f"O{i:04}", "customer_id": f"Firm {i % 90}", "order_date": day(i), "amount": 100.5 + i % 9}
        for i in range(N)
    ]
    tickets: list[dict[str, object]] = [
        {"ticket_no": f"T{i:04}", "customer_id": f"Firm {i * 7 % 90}", "opened": day(i)} for i in range(N)
    ]
    put(tmp_path, "orders.csv", orders)
    put(tmp_path, "tickets.csv", tickets)
    said = check(drafted(tmp_path), POLICY).notes
    wanted = "of 90 customers 0 have a record in the table of customers; are these the same numbers as there?"
    assert [n.split(":")[0] for n in said if wanted in n] == ["Orders", "Service cases"]
