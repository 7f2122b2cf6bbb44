"""Exports of companies that were made up, with headings of many kinds, and what a careful person would map of each.

`files`: name to text, or of a workbook to its sheets (heading and rows). `lines`: "table.field" to what feeds it, alternatives
parted by " | "; "~A+B" stands for an expression over these columns. `fine`: lines that may be proposed as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from openpyxl import Workbook

Rows = list[Sequence[object]]


@dataclass(frozen=True)
class Export:
    """A company's files and what a careful person would map."""

    name: str
    files: dict[str, str | bytes | dict[str, Rows]]
    lines: dict[str, str]
    fine: frozenset[str] = field(default_factory=frozenset)

    def write(self, folder: Path) -> Path:
        """The files in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, given in self.files.items():
            if not isinstance(given, dict):
                (folder / name).write_bytes(given if isinstance(given, bytes) else given.encode())
                continue
            book = Workbook()
            book.remove(book.active)
            for title, rows in given.items():
                page = book.create_sheet(title)
                for row in rows:
                    page.append(list(row))
            book.save(folder / name)
        return folder


def text(rows: Iterable[Sequence[object]], sign: str = ",") -> str:
    """Rows as delimited text, empty for None."""
    return "\n".join(sign.join("" if c is None else str(c) for c in row) for row in rows) + "\n"


def days(rng: random.Random, n: int, start: str = "2024-01-03", length: int = 600) -> list[datetime]:
    """Times in order, spread over a length of days."""
    first = datetime.fromisoformat(start)
    return sorted(first + timedelta(minutes=rng.randrange(length * 24 * 60)) for _ in range(n))


def comma(value: float) -> str:
    """A number as Germans write it."""
    return f"{value:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")


def chinese_shop(rng: random.Random) -> Export:
    """A workbook of customers, orders and refunds with Chinese headings."""
    people = [(f"KH{i:04}", f"张{chr(0x4E00 + i)}", f"138{i:08}", rng.choice(["广东省", "浙江省"]), rng.choice(["深圳", "杭州"]),
               d.strftime("%Y-%m-%d"), rng.choice(["金卡", "银卡"])) for i, d in enumerate(days(rng, 80))]  # fmt: skip
    sold: Rows = []
    back: Rows = []
    for i, day in enumerate(days(rng, 400)):
        due, off = rng.randrange(50, 500), rng.choice([0, 0, 10, 20])
        sold.append((f"DD{i:06}", f"KH{rng.randrange(80):04}", day.strftime("%Y-%m-%d %H:%M:%S"), due, off, due - off,
                     rng.choice(["小程序", "门店", "天猫"]), rng.choice(["已完成", "已完成", "已取消"])))  # fmt: skip
        if i % 15 == 0:
            back.append(
                (f"TK{i:05}", f"DD{i:06}", due - off, (day + timedelta(days=5)).strftime("%Y-%m-%d"), "质量问题")
            )
    files: dict[str, str | bytes | dict[str, Rows]] = {
        "店铺数据.xlsx": {
            "客户": [("客户编号", "姓名", "手机号", "省份", "城市", "注册时间", "会员等级"), *people],
            "订单": [
                ("订单号", "客户编号", "下单时间", "应付金额", "优惠金额", "实付金额", "订单来源", "订单状态"),
                *sold,
            ],
            "退款": [("退款单号", "订单号", "退款金额", "退款时间", "退款原因"), *back],
        }
    }
    return Export("chinese_shop", files, {
        "orders.order_id": "订单号", "orders.customer_id": "客户编号", "orders.ordered_at": "下单时间", "orders.amount": "实付金额",
        "orders.refunded": "退款金额", "orders.refunded_at": "退款时间", "orders.channel": "订单来源", "orders.discount": "~优惠金额",
        "customers.customer_id": "客户编号", "customers.name": "姓名", "customers.phone": "手机号", "customers.region": "省份",
        "customers.city": "城市", "customers.acquired_on": "注册时间",
    })  # fmt: skip


def stripe(rng: random.Random) -> Export:
    """Customers, subscriptions and charges as a payment service exports them."""
    people = [
        (f"cus_{i:06x}", f"user{i}@mail.example", f"User {i}", d.strftime("%Y-%m-%d %H:%M"), "usd")
        for i, d in enumerate(days(rng, 120))
    ]
    subs: Rows = []
    for i, day in enumerate(days(rng, 150)):
        ended = (day + timedelta(days=200)).strftime("%Y-%m-%d %H:%M") if rng.random() < 0.25 else None
        subs.append((f"sub_{i:06x}", f"cus_{rng.randrange(120):06x}", rng.choice(["basic", "pro", "team"]), rng.choice([1, 1, 3, 10]),
                     rng.choice(["month", "year"]), rng.choice([9.0, 29.0, 99.0]), "canceled" if ended else "active",
                     day.strftime("%Y-%m-%d %H:%M"), (day + timedelta(days=400)).strftime("%Y-%m-%d %H:%M"), ended))  # fmt: skip
    paid = [(f"ch_{i:07x}", d.strftime("%Y-%m-%d %H:%M"), rng.choice([9.0, 29.0, 99.0]), rng.choice([0, 0, 0, 9.0]), "usd",
             f"cus_{rng.randrange(120):06x}", "Paid", "Invoice") for i, d in enumerate(days(rng, 900))]  # fmt: skip
    return Export("stripe", {
        "customers.csv": text([("id", "Email", "Name", "Created (UTC)", "Currency"), *people]),
        "subscriptions.csv": text([("id", "Customer ID", "Plan", "Quantity", "Interval", "Amount", "Status", "Start (UTC)", "Current Period End (UTC)", "Ended At (UTC)"), *subs]),
        "charges.csv": text([("id", "Created (UTC)", "Amount", "Amount Refunded", "Currency", "Customer ID", "Status", "Description"), *paid]),
    }, {
        "customers.customer_id": "id", "customers.name": "Name", "customers.email": "Email", "customers.acquired_on": "Created (UTC)",
        "contracts.contract_id": "id", "contracts.customer_id": "Customer ID", "contracts.started_on": "Start (UTC)",
        "contracts.ends_on": "Current Period End (UTC)", "contracts.ended_on": "Ended At (UTC)", "contracts.amount": "Amount",
        "contracts.period": "Interval", "contracts.plan": "Plan", "contracts.seats": "Quantity",
        "orders.order_id": "id", "orders.customer_id": "Customer ID", "orders.ordered_at": "Created (UTC)", "orders.amount": "Amount",
        "orders.refunded": "Amount Refunded",
    })  # fmt: skip


def bank(rng: random.Random) -> Export:
    """A snapshot of a bank's customers with a flag of those who left."""
    rows = [(i + 1, 15600000 + 7 * i, rng.choice(["Hill", "Boni", "Chu", "Onio"]) + str(i % 90), rng.randrange(400, 850), rng.choice(["France", "Spain", "Germany"]),
             rng.choice(["Male", "Female"]), rng.randrange(18, 80), rng.randrange(0, 11), round(rng.random() * 120000, 2), rng.randrange(1, 5),
             rng.randrange(2), rng.randrange(2), round(rng.random() * 199000, 2), int(rng.random() < 0.2)) for i in range(600)]  # fmt: skip
    head = ("RowNumber", "CustomerId", "Surname", "CreditScore", "Geography", "Gender", "Age", "Tenure", "Balance", "NumOfProducts", "HasCrCard",
            "IsActiveMember", "EstimatedSalary", "Exited")  # fmt: skip
    return Export("bank", {"Churn_Modelling.csv": text([head, *rows])}, {
        "customers.customer_id": "CustomerId", "states.customer_id": "CustomerId", "states.attribute": "name", "states.value": "value",
    }, frozenset({"customers.name", "customers.region"}))  # fmt: skip


def helpdesk(rng: random.Random) -> Export:
    """A Chinese help desk, a row a case."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 500)):
        first = day + timedelta(minutes=rng.randrange(5, 300))
        solved = first + timedelta(hours=rng.randrange(1, 90)) if i < 480 else None
        rows.append((f"GD{i:05}", f"C{rng.randrange(90):04}", day.strftime("%Y/%m/%d %H:%M"), first.strftime("%Y/%m/%d %H:%M"),
                     solved.strftime("%Y/%m/%d %H:%M") if solved else None, rng.choice(["高", "中", "低", "紧急"]), rng.choice(["退换货", "物流", "投诉"]),
                     "已关闭" if solved else "处理中", rng.choice(["李雷", "韩梅"]), rng.choice(["是", "否", "否"]),
                     rng.choice([1, 2, 3, 4, 5, 5, None])))  # fmt: skip
    head = (
        "工单编号",
        "客户编号",
        "创建时间",
        "首次响应时间",
        "解决时间",
        "优先级",
        "问题类型",
        "处理状态",
        "处理人",
        "是否超时",
        "满意度评分",
    )
    return Export("helpdesk", {"工单导出.csv": text([head, *rows])}, {
        "tickets.ticket_id": "工单编号", "tickets.customer_id": "客户编号", "tickets.opened_at": "创建时间", "tickets.first_response_at": "首次响应时间",
        "tickets.resolved_at": "解决时间", "tickets.severity": "优先级", "tickets.category": "问题类型", "tickets.status": "处理状态",
        "tickets.met": "~是否超时", "surveys.score": "满意度评分", "surveys.customer_id": "客户编号", "surveys.at": "解决时间", "surveys.scale_to": "5",
        "surveys.scale_from": "1",
    }, frozenset({"surveys.instrument", "surveys.item", "surveys.higher_is"}))  # fmt: skip


def campaign(rng: random.Random) -> Export:
    """A trial of two e-mails against nothing, with what came of it."""
    rows = [(f"U{i:05}", rng.choice(["Mens E-Mail", "Womens E-Mail", "Control"]), "2025-03-03", rng.randrange(2), int(rng.random() < 0.1), int(rng.random() < 0.03),
             round(rng.random() * 90, 2) if rng.random() < 0.03 else 0) for i in range(900)]  # fmt: skip
    return Export("campaign", {"spring_mailing.csv": text([("user_id", "variant", "sent_date", "opened", "visit", "converted", "revenue"), *rows])}, {
        "interactions.customer_id": "user_id", "interactions.at": "sent_date", "interactions.arm": "variant", "interactions.channel": "'email'",
        "outcomes.customer_id": "user_id", "outcomes.at": "sent_date", "outcomes.name": "name", "outcomes.value": "~",
    }, frozenset({"interactions.direction"}))  # fmt: skip


def erp(rng: random.Random) -> Export:
    """Invoice lines of a German wholesaler, with delivery dates."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 260)):
        who = rng.randrange(50)
        for pos in range(1, rng.randrange(2, 5)):
            n, price = rng.randrange(1, 60), round(rng.random() * 2000, 2)
            rows.append((f"RE-{20000 + i}", pos, 70000 + who, f"Firma {who} GmbH", day.strftime("%d.%m.%Y"), f"ART{rng.randrange(80):03}",
                         rng.choice(["Schrauben", "Dichtungen"]), n, comma(price), comma(n * price),
                         (day + timedelta(days=7)).strftime("%d.%m.%Y"), (day + timedelta(days=rng.randrange(3, 12))).strftime("%d.%m.%Y")))  # fmt: skip
    head = ("Rechnungsnr", "Pos", "Kundennr", "Kundenname", "Rechnungsdatum", "Artikelnr", "Warengruppe", "Menge", "Einzelpreis", "Nettobetrag",
            "Wunschtermin", "Lieferdatum")  # fmt: skip
    return Export("erp", {"Rechnungspositionen.csv": text([head, *rows], ";")}, {
        "orders.order_id": "Rechnungsnr", "orders.customer_id": "Kundennr", "orders.ordered_at": "Rechnungsdatum", "orders.amount": "Nettobetrag",
        "orders.promised_at": "Wunschtermin", "orders.delivered_at": "Lieferdatum", "lines.order_id": "Rechnungsnr", "lines.product": "Artikelnr",
        "lines.category": "Warengruppe", "lines.quantity": "Menge", "lines.amount": "Nettobetrag", "customers.customer_id": "Kundennr",
        "customers.name": "Kundenname",
    }, frozenset({"orders.category", "orders.quantity", "lines.customer_id", "lines.ordered_at", "customers.acquired_on", "customers.type"}))  # fmt: skip


def pinyin(rng: random.Random) -> Export:
    """A shop whose headings are pinyin."""
    sold = [(f"D{i:05}", f"K{rng.randrange(70):03}", d.strftime("%Y-%m-%d %H:%M:%S"), round(rng.random() * 300 + 5, 2), rng.randrange(1, 6), rng.choice(["weixin", "mendian"]))
            for i, d in enumerate(days(rng, 500))]  # fmt: skip
    people = [
        (f"K{i:03}", f"ming{i}", f"139{i:08}", rng.choice(["shanghai", "beijing"]), d.strftime("%Y-%m-%d"))
        for i, d in enumerate(days(rng, 70))
    ]
    return Export("pinyin", {
        "dingdan.csv": text([("dingdan_bianhao", "kehu_bianhao", "xiadan_shijian", "shifu_jine", "shuliang", "qudao"), *sold]),
        "kehu.csv": text([("kehu_bianhao", "xingming", "shouji", "chengshi", "zhuce_riqi"), *people]),
    }, {
        "orders.order_id": "dingdan_bianhao", "orders.customer_id": "kehu_bianhao", "orders.ordered_at": "xiadan_shijian", "orders.amount": "shifu_jine",
        "orders.quantity": "shuliang", "orders.channel": "qudao", "customers.customer_id": "kehu_bianhao", "customers.name": "xingming",
        "customers.phone": "shouji", "customers.city": "chengshi", "customers.acquired_on": "zhuce_riqi",
    })  # fmt: skip


def short(rng: random.Random) -> Export:
    """Abbreviated headings, a price of one unit, no amount."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 300)):
        who = rng.randrange(60)
        for _ in range(rng.randrange(1, 4)):
            rows.append(
                (
                    f"T{i:06}",
                    f"{who:05}",
                    day.strftime("%Y%m%d"),
                    f"SKU{rng.randrange(40)}",
                    rng.randrange(1, 9),
                    round(rng.random() * 50 + 1, 2),
                )
            )
    people = [
        (f"{i:05}", f"Name {i}", rng.choice(["N", "S", "W"]), d.strftime("%Y%m%d")) for i, d in enumerate(days(rng, 60))
    ]
    return Export("short", {
        "TXN_DTL.csv": text([("TXN_NBR", "CUST_NO", "TXN_DT", "SKU_CD", "QTY", "UNIT_PRC"), *rows]),
        "CSTMR.csv": text([("CUST_NO", "CUST_NM", "RGN_CD", "CRT_DT"), *people]),
    }, {
        "orders.order_id": "TXN_NBR", "orders.customer_id": "CUST_NO", "orders.ordered_at": "TXN_DT", "orders.amount": "~QTY+UNIT_PRC",
        "lines.order_id": "TXN_NBR", "lines.product": "SKU_CD", "lines.quantity": "QTY", "lines.amount": "~QTY+UNIT_PRC",
        "customers.customer_id": "CUST_NO", "customers.name": "CUST_NM", "customers.region": "RGN_CD", "customers.acquired_on": "CRT_DT",
    }, frozenset({"orders.quantity", "lines.customer_id", "lines.ordered_at"}))  # fmt: skip


def till(rng: random.Random) -> Export:
    """Lines of a till without an order number, days with the month first."""
    rows = [
        (
            f"M{rng.randrange(90):04}",
            d.strftime("%m/%d/%Y"),
            rng.choice(["tea", "milk", "rice"]),
            round(rng.random() * 20 + 1, 2),
        )
        for d in days(rng, 900)
    ]
    return Export("till", {"loyalty purchases.csv": text([("member", "date", "product", "spend"), *rows])}, {
        "orders.order_id": "~date", "orders.customer_id": "member", "orders.ordered_at": "date", "orders.amount": "spend",
        "lines.product": "product", "lines.amount": "spend",
    }, frozenset({"lines.order_id", "lines.customer_id", "lines.ordered_at"}))  # fmt: skip


def answers(rng: random.Random) -> Export:
    """A wide survey on a scale to five, and recommendation in a long one."""
    wide = [
        (f"R{i:04}", d.strftime("%Y-%m-%d"), *(rng.choice([1, 2, 3, 4, 5, 5, 4, None]) for _ in range(10)))
        for i, d in enumerate(days(rng, 200, length=60))
    ]
    long = [
        (f"R{rng.randrange(200):04}", d.strftime("%Y-%m-%d"), rng.randrange(0, 11), "fine")
        for d in days(rng, 300, length=60)
    ]
    return Export("answers", {
        "service_survey.csv": text([("respondent_id", "submitted_at", *(f"Q{i}" for i in range(1, 11))), *wide]),
        "nps.csv": text([("respondent_id", "answered_on", "nps_score", "comment"), *long]),
    }, {
        "surveys.customer_id": "respondent_id", "surveys.at": "submitted_at | answered_on", "surveys.item": "name | 'nps_score'",
        "surveys.score": "value | nps_score", "surveys.scale_to": "5 | 10", "surveys.scale_from": "1 | 0",
    }, frozenset({"surveys.instrument", "surveys.higher_is", "surveys.dimension"}))  # fmt: skip


def months(rng: random.Random) -> Export:
    """Six files of orders of one shape, and logins."""
    head = ("order_no", "client_id", "order_date", "total_amount", "sales_channel")
    files: dict[str, str | bytes | dict[str, Rows]] = {}
    for month in range(1, 7):
        rows = [(f"{month}-{i}", f"c{rng.randrange(80)}", d.strftime("%Y-%m-%d"), round(rng.random() * 99 + 1, 2), rng.choice(["web", "store"]))
                for i, d in enumerate(days(rng, 90, f"2025-0{month}-01", 28))]  # fmt: skip
        files[f"orders_2025_0{month}.csv"] = text([head, *rows])
    files["logins.csv"] = text(
        [
            ("client_id", "login_time"),
            *((f"c{rng.randrange(80)}", d.strftime("%Y-%m-%d %H:%M:%S")) for d in days(rng, 700, "2025-01-01", 180)),
        ]
    )
    return Export("months", files, {
        "orders.order_id": "order_no", "orders.customer_id": "client_id", "orders.ordered_at": "order_date", "orders.amount": "total_amount",
        "orders.channel": "sales_channel", "activity.customer_id": "client_id", "activity.day": "login_time", "activity.logins": "1",
    })  # fmt: skip


def contacts(rng: random.Random) -> Export:
    """A log of contacts in both directions, and consents."""
    log = [(f"I{i:05}", f"A{rng.randrange(70):03}", d.strftime("%d/%m/%Y %H:%M"), rng.choice(["Call", "Email", "Visit"]), rng.choice(["inbound", "outbound"]),
            rng.choice(["spring", "renewal", None]), (d + timedelta(days=2)).strftime("%d/%m/%Y %H:%M") if rng.random() < 0.2 else None)
           for i, d in enumerate(days(rng, 500))]  # fmt: skip
    given = [(f"A{i:03}", c, "marketing", d.strftime("%d/%m/%Y"), None if rng.random() < 0.8 else (d + timedelta(days=90)).strftime("%d/%m/%Y"))
             for c in ("email", "phone") for i, d in enumerate(days(rng, 70))]  # fmt: skip
    return Export("contacts", {
        "contact_log.csv": text([("contact_id", "account_no", "contacted_at", "contact_type", "direction", "campaign", "responded_at"), *log]),
        "consents.csv": text([("account_no", "channel", "purpose", "opt_in_date", "opt_out_date"), *given]),
    }, {
        "interactions.interaction_id": "contact_id", "interactions.customer_id": "account_no", "interactions.at": "contacted_at",
        "interactions.channel": "contact_type", "interactions.direction": "direction", "interactions.campaign": "campaign",
        "interactions.responded_at": "responded_at", "consents.customer_id": "account_no", "consents.channel": "channel", "consents.purpose": "purpose",
        "consents.granted_at": "opt_in_date", "consents.withdrawn_at": "opt_out_date",
    })  # fmt: skip


def history(rng: random.Random) -> Export:
    """A log of cases, several rows each, the last of which is the state now."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 200)):
        at, n, done = day, rng.randrange(2, 6), rng.random() < 0.9
        solved = day + timedelta(hours=rng.randrange(2, 200))
        for k in range(n):
            last = k == n - 1
            rows.append((f"INC{i:05}", f"u{rng.randrange(40)}" if k == 0 else rows[-1][1], day.strftime("%Y-%m-%d %H:%M"), at.strftime("%Y-%m-%d %H:%M"),
                         "Closed" if last and done else "New" if k == 0 else "In Progress", rng.choice(["P1", "P2", "P3"]) if k == 0 else rows[-1][5],
                         k, solved.strftime("%Y-%m-%d %H:%M") if last and done else None))  # fmt: skip
            at += timedelta(minutes=40)
    head = ("ticket_no", "requester_id", "created_at", "last_updated", "state", "prio", "reassignments", "resolved_at")
    return Export("history", {"ticket_history.csv": text([head, *rows])}, {
        "tickets.ticket_id": "ticket_no", "tickets.customer_id": "requester_id", "tickets.opened_at": "created_at", "tickets.status": "state",
        "tickets.severity": "prio", "tickets.reassigned": "reassignments", "tickets.resolved_at": "resolved_at",
    })  # fmt: skip


def flat(rng: random.Random) -> Export:
    """One flat file of order lines with everything on it."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 250)):
        who = rng.randrange(60)
        for _ in range(rng.randrange(1, 4)):
            rows.append((len(rows) + 1, f"US-{i:05}", day.strftime("%m/%d/%Y"), (day + timedelta(days=4)).strftime("%m/%d/%Y"), rng.choice(["First Class", "Standard"]),
                         f"CG-{who:05}", f"Claire {who}", rng.choice(["Consumer", "Corporate"]) if who % 2 else "Consumer", f"Town{who % 20}", f"State{who % 7}",
                         f"P-{rng.randrange(50):04}", rng.choice(["Furniture", "Technology"]), f"Chair {rng.randrange(50)}", round(rng.random() * 400 + 3, 4),
                         rng.randrange(1, 9), rng.choice([0, 0.2, 0.4]), round(rng.random() * 50 - 10, 4)))  # fmt: skip
    head = ("Row ID", "Order ID", "Order Date", "Ship Date", "Ship Mode", "Customer ID", "Customer Name", "Segment", "City", "State", "Product ID", "Category",
            "Product Name", "Sales", "Quantity", "Discount", "Profit")  # fmt: skip
    return Export("flat", {"superstore.csv": text([head, *rows])}, {
        "orders.order_id": "Order ID", "orders.customer_id": "Customer ID", "orders.ordered_at": "Order Date", "orders.amount": "Sales",
        "orders.margin": "Profit", "orders.discount": "Discount", "orders.category": "Category", "lines.product": "Product ID | Product Name",
        "lines.category": "Category", "lines.quantity": "Quantity", "lines.amount": "Sales", "lines.order_id": "Order ID",
        "customers.customer_id": "Customer ID", "customers.name": "Customer Name", "customers.region": "State", "customers.city": "City",
    }, frozenset({"orders.quantity", "customers.acquired_on", "customers.type", "lines.customer_id", "lines.ordered_at"}))  # fmt: skip


def streaming(rng: random.Random) -> Export:
    """Members, payments and daily listening under a key whose name says nothing."""
    people = [
        (
            f"m{i:05x}==",
            rng.randrange(1, 22),
            rng.choice(["male", "female", None]),
            rng.choice([3, 4, 7]),
            d.strftime("%Y%m%d"),
        )
        for i, d in enumerate(days(rng, 200))
    ]
    paid = [(f"m{rng.randrange(200):05x}==", 30, 149, rng.choice([149, 149, 119]), d.strftime("%Y%m%d"), (d + timedelta(days=30)).strftime("%Y%m%d"), int(rng.random() < 0.05))
            for d in days(rng, 1200)]  # fmt: skip
    logs = [
        (
            f"m{rng.randrange(200):05x}==",
            d.strftime("%Y%m%d"),
            rng.randrange(9),
            rng.randrange(50),
            round(rng.random() * 9000, 1),
        )
        for d in days(rng, 2500)
    ]
    return Export("streaming", {
        "members.csv": text([("msno", "city", "gender", "registered_via", "registration_init_time"), *people]),
        "transactions.csv": text([("msno", "payment_plan_days", "plan_list_price", "actual_amount_paid", "transaction_date", "membership_expire_date", "is_cancel"), *paid]),
        "user_logs.csv": text([("msno", "date", "num_25", "num_100", "total_secs"), *logs]),
    }, {
        "customers.customer_id": "msno", "customers.city": "city", "customers.acquired_on": "registration_init_time", "orders.customer_id": "msno",
        "orders.ordered_at": "transaction_date", "orders.amount": "actual_amount_paid", "orders.order_id": "~msno+transaction_date",
        "activity.customer_id": "msno", "activity.day": "date", "activity.events": "1",
    }, frozenset({"customers.acquisition_channel"}))  # fmt: skip


def deals(rng: random.Random) -> Export:
    """Opportunities of which some were won, and accounts, by name."""
    won = [(f"006{i:06}", f"Acme {rng.randrange(70)}", "Jo", rng.choice(["Closed Won", "Closed Lost", "Prospecting"]), d.strftime("%m/%d/%Y"), rng.randrange(1, 90) * 500,
            rng.choice(["New Business", "Renewal"]), "Web", (d - timedelta(days=40)).strftime("%m/%d/%Y")) for i, d in enumerate(days(rng, 300))]  # fmt: skip
    firms = [
        (
            f"Acme {i}",
            "Tech",
            "Paris",
            "France",
            "Jo",
            d.strftime("%m/%d/%Y"),
            f"+33 1 40 20 {50 + i % 40} {10 + i % 80}",
        )
        for i, d in enumerate(days(rng, 70))
    ]
    return Export("deals", {
        "opportunities.csv": text([("Opportunity ID", "Account Name", "Opportunity Owner", "Stage", "Close Date", "Amount", "Type", "Lead Source", "Created Date"), *won]),
        "accounts.csv": text([("Account Name", "Industry", "Billing City", "Billing Country", "Account Owner", "Created Date", "Phone"), *firms]),
    }, {
        "orders.order_id": "Opportunity ID", "orders.customer_id": "Account Name", "orders.ordered_at": "Close Date", "orders.amount": "Amount",
        "customers.customer_id": "Account Name", "customers.name": "Account Name", "customers.industry": "Industry", "customers.city": "Billing City",
        "customers.region": "Billing Country", "customers.owner": "Account Owner", "customers.acquired_on": "Created Date", "customers.phone": "Phone",
    }, frozenset({"orders.category", "orders.channel", "customers.type"}))  # fmt: skip


def receipts(rng: random.Random) -> Export:
    """Lines of Chinese receipts: quantity times price less a discount is what was paid."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 250)):
        for _ in range(rng.randrange(1, 4)):
            n, price, off = rng.randrange(1, 5), rng.randrange(5, 60), rng.choice([0, 0, 2])
            rows.append((f"X{i:06}", f"V{i * 7 % 60:05}", day.strftime("%Y/%m/%d"), rng.choice(["人民路店", "新区店"]), f"{690000 + rng.randrange(50)}",
                         f"商品{rng.randrange(50)}", n, price, off, n * price - off))  # fmt: skip
    head = ("小票号", "会员卡号", "消费日期", "门店", "商品编码", "商品名称", "数量", "单价", "折扣金额", "实收金额")
    return Export("receipts", {"sales_2024.csv": text([head, *rows])}, {
        "orders.order_id": "小票号", "orders.customer_id": "会员卡号", "orders.ordered_at": "消费日期", "orders.amount": "实收金额",
        "orders.discount": "~折扣金额+数量+单价", "lines.order_id": "小票号", "lines.product": "商品编码 | 商品名称", "lines.quantity": "数量",
        "lines.amount": "实收金额",
    }, frozenset({"orders.quantity", "orders.channel", "lines.customer_id", "lines.ordered_at"}))  # fmt: skip


def scales(rng: random.Random) -> Export:
    """A long Chinese survey whose questions stand on different scales."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 150, length=40)):
        for asked in ("服务态度", "响应速度", "推荐意愿"):
            rows.append(
                (
                    f"W{i:04}",
                    f"C{i:04}",
                    day.strftime("%Y-%m-%d %H:%M:%S"),
                    asked,
                    rng.randrange(0 if asked == "推荐意愿" else 1, 11),
                )
            )
    return Export("scales", {"问卷结果.csv": text([("问卷编号", "客户编号", "答题时间", "题目", "得分"), *rows])}, {
        "surveys.customer_id": "客户编号", "surveys.at": "答题时间", "surveys.item": "题目", "surveys.score": "得分", "surveys.scale_from": "~推荐意愿",
        "surveys.scale_to": "10",
    }, frozenset({"surveys.instrument", "surveys.higher_is"}))  # fmt: skip


def ledger(rng: random.Random) -> Export:
    """A Chinese register of contracts, customers and visits, by the customer's name."""
    form = "%Y年%m月%d日"
    signed = [(f"HT-{i:05}", f"客户{rng.randrange(60)}有限公司", d.strftime(form), (d + timedelta(days=5)).strftime(form), (d + timedelta(days=370)).strftime(form),
               rng.randrange(1, 90) * 1000, rng.choice(["年付", "季付", "月付"]), rng.choice(["标准版", "专业版"])) for i, d in enumerate(days(rng, 200))]  # fmt: skip
    firms = [
        (
            f"客户{i}有限公司",
            rng.choice(["制造", "零售"]),
            rng.choice(["江苏", "山东"]),
            rng.choice(["王强", "赵敏"]),
            d.strftime(form),
        )
        for i, d in enumerate(days(rng, 60))
    ]
    seen = [
        (
            f"BF{i:05}",
            f"客户{rng.randrange(60)}有限公司",
            d.strftime(form + " %H:%M"),
            rng.choice(["上门", "电话", "微信"]),
            "了解需求",
        )
        for i, d in enumerate(days(rng, 300))
    ]
    return Export("ledger", {
        "合同台账.csv": text([("合同编号", "客户名称", "签订日期", "生效日期", "到期日期", "合同金额(元)", "付款周期", "产品版本"), *signed]),
        "客户档案.csv": text([("客户名称", "所属行业", "省份", "客户经理", "建档日期"), *firms]),
        "拜访记录.csv": text([("记录编号", "客户名称", "拜访时间", "拜访方式", "沟通内容"), *seen]),
    }, {
        "contracts.contract_id": "合同编号", "contracts.customer_id": "客户名称", "contracts.started_on": "生效日期", "contracts.ends_on": "到期日期",
        "contracts.amount": "合同金额(元)", "contracts.period": "付款周期", "contracts.plan": "产品版本", "customers.customer_id": "客户名称",
        "customers.name": "客户名称", "customers.industry": "所属行业", "customers.region": "省份", "customers.owner": "客户经理",
        "customers.acquired_on": "建档日期", "interactions.interaction_id": "记录编号", "interactions.customer_id": "客户名称", "interactions.at": "拜访时间",
        "interactions.channel": "拜访方式",
    }, frozenset({"customers.type"}))  # fmt: skip


def traces(rng: random.Random) -> Export:
    """Who did what when, in seconds since 1970; and a snapshot by a plain number."""
    log = [
        (
            rng.randrange(1, 200),
            rng.randrange(9999),
            rng.randrange(80),
            rng.choice(["pv", "cart", "buy"]),
            int(d.timestamp()),
        )
        for d in days(rng, 2000, "2025-03-01", 30)
    ]
    who = [(i, rng.randrange(1940, 2000), rng.choice(["PhD", "Master"]), rng.choice(["Single", "Married"]), rng.randrange(20000, 90000), d.strftime("%d-%m-%Y"), rng.randrange(900), rng.randrange(2))
           for i, d in enumerate(days(rng, 200), 1)]  # fmt: skip
    return Export("traces", {
        "UserBehavior.csv": text([("user_id", "item_id", "category_id", "behavior_type", "timestamp"), *log]),
        "people.csv": text([("ID", "Year_Birth", "Education", "Marital_Status", "Income", "Dt_Customer", "MntWines", "Complain"), *who]),
    }, {
        "activity.customer_id": "user_id", "activity.day": "~timestamp", "activity.events": "1", "customers.customer_id": "ID", "customers.acquired_on": "Dt_Customer",
    })  # fmt: skip


EXPORTS: tuple[Callable[[random.Random], Export], ...] = (
    chinese_shop, stripe, bank, helpdesk, campaign, erp, pinyin, short, till, answers, months, contacts, history, flat,
    streaming, deals, receipts, scales, ledger, traces,
)  # fmt: skip
"""Every export, made of a seed."""
