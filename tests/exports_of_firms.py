"""Exports of customer files, contracts and service desks as their systems write them."""

from __future__ import annotations

import random
from datetime import timedelta

from tests.exports import Export, Rows, days, text
from tests.exports_of_shops import FIRST, LAST, person

FINE = frozenset({
    "customers.type", "customers.updated_at", "customers.acquired_on", "orders.recorded_at", "orders.category", "orders.channel", "contracts.recorded_at", "customers.address",
    "surveys.instrument", "surveys.item", "surveys.scale_from", "surveys.scale_to", "surveys.higher_is", "surveys.at", "surveys.customer_id", "tickets.recorded_at", "tickets.cause",
    "orders.quantity", "tickets.closed_at",
})  # fmt: skip
"""Lines that may be proposed of files of firms and cases, and need not be."""
ISO = "%Y-%m-%d %H:%M:%S"


def salesforce(rng: random.Random) -> Export:
    """Accounts, opportunities and cases by the names of the interface."""
    form = "%Y-%m-%dT%H:%M:%S.000Z"
    firms = [(f"0015g00000{i:05}AAA", f"{LAST[i % 10]} Industries {i}", rng.choice(["Customer", "Prospect"]), rng.choice(["Energy", "Retail"]), f"Lyon {i % 4}", "France", f"+33 4 72 {i:06}", f"0055g{i % 4}",
              d.strftime(form), rng.randrange(1, 90) * 10000, rng.randrange(5, 900)) for i, d in enumerate(days(rng, 70))]  # fmt: skip
    won: Rows = []
    for i, day in enumerate(days(rng, 260)):
        stage = rng.choice(["Closed Won", "Closed Won", "Closed Lost", "Negotiation"])
        won.append((f"0065g00000{i:05}BBB", f"0015g00000{rng.randrange(70):05}AAA", f"Renewal {i}", stage, rng.randrange(1, 80) * 500.0, 100 if stage == "Closed Won" else 0, day.strftime("%Y-%m-%d"), str(stage == "Closed Won").lower(),
                    str(stage.startswith("Closed")).lower(), rng.choice(["Web", "Partner Referral"]), rng.choice(["New Business", "Existing Business"]), (day - timedelta(days=50)).strftime(form), f"0055g{i % 4}"))  # fmt: skip
    cases: Rows = []
    for i, day in enumerate(days(rng, 240)):
        done = rng.random() < 0.9
        cases.append((f"5005g00000{i:05}CCC", f"{1000 + i:08}", f"0015g00000{rng.randrange(70):05}AAA", rng.choice(["Problem", "Question"]), "Closed" if done else "Working", rng.choice(["Installation", "Breakdown"]), rng.choice(["Phone", "Web", "Email"]),
                      rng.choice(["High", "Medium", "Low"]), day.strftime(form), (day + timedelta(hours=rng.randrange(2, 200))).strftime(form) if done else None, str(done).lower(), "false"))  # fmt: skip
    return Export("salesforce", {
        "Account.csv": text([("Id", "Name", "Type", "Industry", "BillingCity", "BillingCountry", "Phone", "OwnerId", "CreatedDate", "AnnualRevenue", "NumberOfEmployees"), *firms]),
        "Opportunity.csv": text([("Id", "AccountId", "Name", "StageName", "Amount", "Probability", "CloseDate", "IsWon", "IsClosed", "LeadSource", "Type", "CreatedDate", "OwnerId"), *won]),
        "Case.csv": text([("Id", "CaseNumber", "AccountId", "Type", "Status", "Reason", "Origin", "Priority", "CreatedDate", "ClosedDate", "IsClosed", "IsEscalated"), *cases]),
    }, {
        "customers.customer_id": "Id", "customers.name": "Name", "customers.industry": "Industry", "customers.city": "BillingCity", "customers.region": "BillingCountry", "customers.phone": "Phone",
        "customers.owner": "OwnerId", "customers.acquired_on": "CreatedDate", "orders.order_id": "Id", "orders.customer_id": "AccountId", "orders.ordered_at": "CloseDate", "orders.amount": "Amount",
        "tickets.ticket_id": "Id | CaseNumber", "tickets.customer_id": "AccountId", "tickets.opened_at": "CreatedDate", "tickets.resolved_at": "ClosedDate", "tickets.status": "Status",
        "tickets.severity": "Priority", "tickets.category": "Type",
    }, FINE)  # fmt: skip


def hubspot(rng: random.Random) -> Export:
    """Contacts and deals, tied by the contact's record."""
    people = [(f"{51000000 + i * 17}", FIRST[i % 10], LAST[i // 10], f"{FIRST[i % 10].lower()}.{i}@firm.example", f"+1 512-555-{i:04}", "Dana Lee", rng.choice(["Open", "Connected", None]), d.strftime("%Y-%m-%d %H:%M"),
               f"Firm {i % 30}", f"Austin {i % 3}", rng.choice(["Organic Search", "Paid Social", "Offline Sources"]), rng.choice(["Customer", "Lead"])) for i, d in enumerate(days(rng, 80))]  # fmt: skip
    sold = [(f"{9900000000 + i}", f"Firm {rng.randrange(30)} - seats", rng.choice(["Closed won", "Closed won", "Closed lost", "Contract sent"]), (d + timedelta(days=30)).strftime("%Y-%m-%d %H:%M"), "Dana Lee", rng.randrange(1, 50) * 400,
             "Sales Pipeline", d.strftime("%Y-%m-%d %H:%M"), rng.choice(["New Business", "Existing Business"]), f"{51000000 + rng.randrange(80) * 17}") for i, d in enumerate(days(rng, 260))]  # fmt: skip
    return Export("hubspot", {
        "hubspot-crm-exports-all-contacts-2025-09-30.csv": text([("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Contact owner", "Lead Status", "Create Date", "Associated Company", "City", "Original Traffic Source", "Lifecycle Stage"), *people]),
        "hubspot-crm-exports-all-deals-2025-09-30.csv": text([("Record ID", "Deal Name", "Deal Stage", "Close Date", "Deal owner", "Amount", "Pipeline", "Create Date", "Deal Type", "Associated Contact IDs"), *sold]),
    }, {
        "customers.customer_id": "Record ID", "customers.name": "~First Name+Last Name", "customers.email": "Email", "customers.phone": "Phone Number", "customers.owner": "Contact owner", "customers.city": "City",
        "customers.acquired_on": "Create Date", "customers.acquisition_channel": "Original Traffic Source", "orders.order_id": "Record ID", "orders.customer_id": "Associated Contact IDs", "orders.ordered_at": "Close Date", "orders.amount": "Amount",
    }, FINE)  # fmt: skip


def dynamics(rng: random.Random) -> Export:
    """Accounts and invoices in workbooks, the invoices by the name of the account."""
    firms = [(f"{i:08x}-11ee", "chk==", d, f"Contoso {i}", f"ACC-{1000 + i}", f"425-555-{i:04}", f"Seattle {i % 3}", f"{FIRST[i % 10]} {LAST[i // 10]}", f"c{i}@contoso.example", rng.choice(["Consulting", "Financial"]), "Active") for i, d in enumerate(days(rng, 60))]  # fmt: skip
    billed: Rows = []
    for i, day in enumerate(days(rng, 240)):
        value, off = rng.randrange(1, 90) * 110.0, rng.choice([0.0, 0.0, 50.0])
        billed.append((f"INV-{10000 + i}", f"Invoice {i}", f"Contoso {rng.randrange(60)}", rng.choice(["Complete", "Billed"]), value - off, value, off, day + timedelta(days=6), day + timedelta(days=30), day, "Kim Lee"))  # fmt: skip
    return Export("dynamics", {
        "All Accounts.xlsx": {"All Accounts": [("(Do Not Modify) Account", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On", "Account Name", "Account Number", "Main Phone", "Address 1: City", "Primary Contact", "Email", "Industry", "Status"), *firms]},
        "All Invoices.xlsx": {"All Invoices": [("Invoice ID", "Name", "Customer", "Status Reason", "Total Amount", "Detail Amount", "Total Discount Amount", "Date Delivered", "Due Date", "Created On", "Owner"), *billed]},
    }, {
        "customers.customer_id": "Account Name", "customers.name": "Account Name", "customers.phone": "Main Phone", "customers.city": "Address 1: City", "customers.email": "Email", "customers.industry": "Industry",
        "orders.order_id": "Invoice ID", "orders.customer_id": "Customer", "orders.ordered_at": "Created On", "orders.amount": "Total Amount", "orders.delivered_at": "Date Delivered", "orders.discount": "~Total Discount Amount",
    }, FINE | {"customers.updated_at", "orders.promised_at"})  # fmt: skip


def chargebee(rng: random.Random) -> Export:
    """Subscriptions of a billing service, with recurring revenue and reasons of ending."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 200, "2023-06-01")):
        ended, unit, price, n = (
            rng.random() < 0.25,
            rng.choice(["month", "year"]),
            rng.choice([49.0, 199.0]),
            rng.choice([1, 3, 10]),
        )
        rows.append((f"AzZ{i:08}", f"cb_{i * 3 % 150:05}", rng.choice(["starter-monthly", "scale-annual"]), n, price, unit, "cancelled" if ended else "active", day.strftime("%d-%b-%Y %H:%M"), (day + timedelta(days=360)).strftime("%d-%b-%Y %H:%M"),
                     (day + timedelta(days=390)).strftime("%d-%b-%Y %H:%M") if not ended else None, (day + timedelta(days=rng.randrange(30, 350))).strftime("%d-%b-%Y %H:%M") if ended else None,
                     rng.choice(["not_paid", "competitor", "price"]) if ended else None, round(n * price / (12 if unit == "year" else 1), 2), f"Company {i * 3 % 150}", f"b{i * 3 % 150}@co.example", "USD"))  # fmt: skip
    head = ("Subscription Id", "Customer Id", "Plan Id", "Plan Quantity", "Plan Unit Price", "Billing Period Unit", "Status", "Started At", "Current Term Start", "Next Billing At", "Cancelled At", "Cancel Reason Code", "MRR",
            "Customer Company", "Customer Email", "Currency Code")  # fmt: skip
    return Export("chargebee", {"Subscriptions.csv": text([head, *rows])}, {
        "contracts.contract_id": "Subscription Id", "contracts.customer_id": "Customer Id", "contracts.started_on": "Started At", "contracts.ends_on": "Next Billing At", "contracts.ended_on": "Cancelled At", "contracts.ended_reason": "Cancel Reason Code",
        "contracts.amount": "MRR", "contracts.period": "'month'", "contracts.plan": "Plan Id", "contracts.seats": "Plan Quantity",
    }, FINE | {"customers.customer_id", "customers.name", "customers.email"})  # fmt: skip


def insurance(rng: random.Random) -> Export:
    """保单: policies of an insurer."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 260, "2022-01-05", 1100)):
        ended = rng.random() < 0.12
        rows.append((f"P{2022000000 + i}", f"TB{i * 7 % 180:06}", person(i * 7 % 180), person(i % 90), rng.choice(["终身寿险", "重疾险", "医疗险"]), day.strftime("%Y/%m/%d"), (day + timedelta(days=1)).strftime("%Y/%m/%d"), (day + timedelta(days=3650)).strftime("%Y/%m/%d"),
                     rng.choice(["年交", "月交"]), rng.choice([3600, 6800, 580]), rng.choice([100000, 300000]), "终止" if ended else "有效", (day + timedelta(days=rng.randrange(20, 300))).strftime("%Y/%m/%d") if ended else None,
                     rng.choice(["资金周转", "对服务不满"]) if ended else None, f"A{i % 9:03}"))  # fmt: skip
    head = ("保单号", "投保人编号", "投保人姓名", "被保险人", "险种名称", "投保日期", "生效日期", "满期日期", "缴费方式", "期交保费(元)", "基本保额(元)", "保单状态", "退保日期", "退保原因", "业务员工号")  # fmt: skip
    return Export("insurance", {"保单清单.csv": text([head, *rows]).encode("gb18030")}, {
        "contracts.contract_id": "保单号", "contracts.customer_id": "投保人编号", "contracts.started_on": "生效日期", "contracts.ends_on": "满期日期", "contracts.ended_on": "退保日期", "contracts.ended_reason": "退保原因", "contracts.amount": "期交保费(元)",
        "contracts.period": "缴费方式", "contracts.plan": "险种名称",
    }, FINE | {"customers.customer_id", "customers.name", "customers.owner"})  # fmt: skip


def gym(rng: random.Random) -> Export:
    """会员卡 of a gym, and who came when."""
    cards: Rows = []
    for i, day in enumerate(days(rng, 200)):
        ended = rng.random() < 0.1
        cards.append((f"HT{day:%Y%m}{i:04}", f"VIP{i * 3 % 150:05}", person(i * 3 % 150), f"177{i * 3 % 150:08}", rng.choice(["年卡", "季卡", "私教卡"]), day.strftime("%Y-%m-%d"), (day + timedelta(days=365)).strftime("%Y-%m-%d"), rng.choice([2680, 3980, 899]),
                      rng.choice(["微信", "刷卡"]), "已退卡" if ended else "正常", (day + timedelta(days=rng.randrange(20, 200))).strftime("%Y-%m-%d") if ended else None, "搬家" if ended else None, person(i % 3 + 40)))  # fmt: skip
    came = [
        (
            f"VIP{rng.randrange(150):05}",
            d.strftime("%Y-%m-%d %H:%M"),
            rng.choice(["一店", "二店"]),
            rng.choice(["前台", "闸机"]),
        )
        for d in days(rng, 2000)
    ]
    return Export("gym", {
        "会员合同.csv": text([("合同编号", "会员编号", "会员姓名", "手机号码", "卡种", "开卡日期", "到期日期", "卡金额", "付款方式", "状态", "退卡日期", "退卡原因", "会籍顾问"), *cards]),
        "进店签到记录.csv": text([("会员编号", "签到时间", "门店", "签到方式"), *came]),
    }, {
        "contracts.contract_id": "合同编号", "contracts.customer_id": "会员编号", "contracts.started_on": "开卡日期", "contracts.ends_on": "到期日期", "contracts.ended_on": "退卡日期", "contracts.ended_reason": "退卡原因", "contracts.amount": "卡金额",
        "contracts.plan": "卡种", "activity.customer_id": "会员编号", "activity.day": "签到时间", "activity.logins": "1",
    }, FINE | {"contracts.period", "customers.customer_id", "customers.name", "customers.phone"})  # fmt: skip


def school(rng: random.Random) -> Export:
    """Enrolments of a school, a fee a term of payment, and who withdrew."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 220)):
        left = rng.random() < 0.15
        rows.append((f"ENR-{i:05}", f"S{i * 3 % 170:06}", f"{FIRST[i % 10]} {LAST[i % 7]}", rng.choice(["English B2", "Maths A-level"]), rng.choice(["Evening", "Day"]), day.strftime("%d %b %Y"), (day + timedelta(days=10)).strftime("%d %b %Y"), (day + timedelta(days=280)).strftime("%d %b %Y"),
                     f"£{rng.choice([120, 95, 340])}.00", rng.choice(["Monthly", "Quarterly"]), "Withdrawn" if left else "Enrolled", (day + timedelta(days=rng.randrange(30, 200))).strftime("%d %b %Y") if left else None, rng.choice(["Moved away", "Cost"]) if left else None,
                     f"parent{i}@home.example", f"07700 9{i:05}"))  # fmt: skip
    head = ("Enrolment No", "Student ID", "Student Name", "Programme", "Mode of Study", "Enrolment Date", "Start Date", "End Date", "Tuition Fee", "Billing Period", "Status", "Withdrawal Date", "Withdrawal Reason", "Guardian Email", "Guardian Phone")  # fmt: skip
    return Export("school", {"enrolments_2025.csv": text([head, *rows])}, {
        "contracts.contract_id": "Enrolment No", "contracts.customer_id": "Student ID", "contracts.started_on": "Start Date", "contracts.ends_on": "End Date", "contracts.ended_on": "Withdrawal Date", "contracts.ended_reason": "Withdrawal Reason",
        "contracts.amount": "Tuition Fee", "contracts.period": "Billing Period", "contracts.plan": "Programme",
    }, FINE | {"customers.customer_id", "customers.name", "customers.email", "customers.phone"})  # fmt: skip


def zendesk(rng: random.Random) -> Export:
    """Tickets with times to first reply and to solution in minutes, and satisfaction in words."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 420)):
        done, first = rng.random() < 0.92, rng.randrange(3, 900)
        solved = day + timedelta(minutes=first + rng.randrange(10, 9000))
        rows.append((1, 31000 + i, f"{FIRST[i % 10]} {LAST[i % 9]}", 370000000000 + rng.randrange(90), f"r{i % 90}@mail.example", "Agent Ann", rng.choice(["Support", "Billing"]), "Re: help", "billing web", rng.choice(["Solved", "Closed"]) if done else "Open", rng.choice(["Low", "Normal", "High", "Urgent"]),
                     rng.choice(["Email", "Web form", "Chat"]), rng.choice(["Question", "Incident", "Problem"]), day.strftime("%Y-%m-%d %H:%M"), (solved + timedelta(days=4)).strftime("%Y-%m-%d %H:%M"), day.strftime("%Y-%m-%d %H:%M"), f"Org {i % 40}", None, solved.strftime("%Y-%m-%d %H:%M") if done else None,
                     rng.choice(["Not Offered", "Offered", "Good", "Bad"]), rng.randrange(1, 4), int(rng.random() < 0.1), rng.randrange(1, 9), first, first // 2, int((solved - day).total_seconds() // 60) if done else None))  # fmt: skip
    head = ("Summation column", "Id", "Requester", "Requester id", "Requester email", "Assignee", "Group", "Subject", "Tags", "Status", "Priority", "Via", "Ticket type", "Created at", "Updated at", "Assigned at", "Organization", "Due date",
            "Solved at", "Satisfaction Score", "Assignee stations", "Reopens", "Replies", "First reply time in minutes", "First reply time in minutes within business hours", "Full resolution time in minutes")  # fmt: skip
    return Export("zendesk", {"tickets-export-2025.csv": text([head, *rows])}, {
        "tickets.ticket_id": "Id", "tickets.customer_id": "Requester id | Organization | Requester email", "tickets.opened_at": "Created at", "tickets.first_response_at": "~Created at+First reply time in minutes", "tickets.resolved_at": "Solved at",
        "tickets.status": "Status", "tickets.severity": "Priority", "tickets.category": "Ticket type", "tickets.reopened": "~Reopens",
    }, FINE | {"tickets.reassigned"})  # fmt: skip


def freshdesk(rng: random.Random) -> Export:
    """Tickets with the desk's own deadline and verdict."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 380)):
        done, late = rng.random() < 0.93, rng.random() < 0.2
        first, solved = day + timedelta(minutes=rng.randrange(5, 400)), day + timedelta(hours=rng.randrange(8, 90))
        rows.append((9000 + i, "Cannot log in", rng.choice(["Resolved", "Closed"]) if done else "Pending", rng.choice(["Low", "Medium", "High", "Urgent"]), rng.choice(["Portal", "Email", "Phone"]), rng.choice(["Question", "Refund", "Bug"]), "Sam", "Tier 1", day.strftime(ISO),
                     (day + timedelta(hours=48)).strftime(ISO), solved.strftime(ISO) if done else None, (solved + timedelta(days=2)).strftime(ISO) if done else None, (solved + timedelta(days=2)).strftime(ISO), first.strftime(ISO), None, "00:12:00", f"{(first - day).total_seconds() / 3600:.2f}",
                     f"{(solved - day).total_seconds() / 3600:.2f}" if done else None, rng.randrange(1, 6), ("SLA Violated" if late else "Within SLA") if done else None, "Within SLA", rng.choice(["Happy", "Unhappy", None]), f"{FIRST[i % 10]} {LAST[i % 9]}", f"f{i % 80}@mail.example", 65000000 + i % 80, f"Org {i % 30}"))  # fmt: skip
    head = ("Ticket ID", "Subject", "Status", "Priority", "Source", "Type", "Agent", "Group", "Created time", "Due by Time", "Resolved time", "Closed time", "Last update time", "Initial response time", "Tags", "Time tracked", "First response time (in hrs)",
            "Resolution time (in hrs)", "Agent interactions", "Resolution status", "First response status", "Survey results", "Full name", "Email", "Contact ID", "Company Name")  # fmt: skip
    return Export("freshdesk", {"tickets_export.csv": text([head, *rows])}, {
        "tickets.ticket_id": "Ticket ID", "tickets.customer_id": "Contact ID | Email | Company Name", "tickets.opened_at": "Created time", "tickets.due_at": "Due by Time", "tickets.resolved_at": "Resolved time", "tickets.closed_at": "Closed time",
        "tickets.first_response_at": "Initial response time | ~Created time+First response time (in hrs)", "tickets.status": "Status", "tickets.severity": "Priority", "tickets.category": "Type", "tickets.met": "~Resolution status",
    }, FINE)  # fmt: skip


def repairs(rng: random.Random) -> Export:
    """工单系统 of a service in the field, real days in a workbook, satisfaction in stars, and the customers."""
    firms = [
        (
            f"KH{i:04}",
            f"{person(i)}机械厂",
            rng.choice(["机械", "纺织"]),
            "山东省",
            rng.choice(["青岛市", "烟台市"]),
            person(i + 50),
            f"0532-8{i:07}",
            d,
        )
        for i, d in enumerate(days(rng, 60))
    ]
    rows: Rows = []
    for i, day in enumerate(days(rng, 330)):
        done, who = rng.random() < 0.94, rng.randrange(60)
        took = day + timedelta(minutes=rng.randrange(4, 200))
        rows.append((f"FW{day:%y%m%d}{i:04}", f"KH{who:04}", f"{person(who)}机械厂", day, took, took + timedelta(minutes=30), took + timedelta(hours=6), took + timedelta(hours=rng.randrange(8, 60)) if done else None, rng.choice(["电气故障", "漏油", "异响"]),
                     rng.choice(["磨损", "操作不当", "老化"]) if done else None, rng.choice(["紧急", "一般", "重要"]), "已完工" if done else "处理中", person(i % 6 + 80), "是" if i % 15 == 0 else "否", rng.choice([5, 5, 4, 3, 1]) if done else None))  # fmt: skip
    head = ("工单号", "客户编号", "客户名称", "报修时间", "受理时间", "派单时间", "到场时间", "完工时间", "故障类型", "故障原因", "紧急程度", "工单状态", "服务工程师", "是否返修", "客户评分")  # fmt: skip
    return Export("repairs", {"售后工单.xlsx": {"工单": [head, *rows], "客户档案": [("客户编号", "客户名称", "所属行业", "省份", "城市", "联系人", "联系电话", "建档日期"), *firms]}}, {
        "tickets.ticket_id": "工单号", "tickets.customer_id": "客户编号", "tickets.opened_at": "报修时间", "tickets.first_response_at": "受理时间", "tickets.resolved_at": "完工时间", "tickets.category": "故障类型", "tickets.cause": "故障原因",
        "tickets.severity": "紧急程度", "tickets.status": "工单状态", "surveys.score": "客户评分", "surveys.customer_id": "客户编号", "surveys.at": "完工时间", "customers.customer_id": "客户编号", "customers.name": "客户名称", "customers.industry": "所属行业",
        "customers.region": "省份", "customers.city": "城市", "customers.phone": "联系电话", "customers.acquired_on": "建档日期",
    }, (FINE - {"tickets.cause"}) | {"tickets.reopened"})  # fmt: skip


def intercom(rng: random.Random) -> Export:
    """Conversations with times in seconds and a rating."""
    rows: Rows = []
    form = "%Y-%m-%dT%H:%M:%SZ"
    for i, day in enumerate(days(rng, 360)):
        closed = day + timedelta(minutes=rng.randrange(20, 4000))
        rows.append((f"1899{i:06}", day.strftime(form), f"user_{rng.randrange(80):04}", f"u{i % 80}@app.example", FIRST[i % 10], rng.randrange(10, 5000), closed.strftime(form), "closed", rng.choice([5, 4, 3, None, None]), "Lee", rng.choice(["Email", "Messenger"]),
                     rng.choice(["Billing", "Bug report"]), rng.randrange(1, 5)))  # fmt: skip
    head = ("Conversation ID", "Conversation started at (UTC)", "User ID", "User email", "User name", "First response time (seconds)", "Last closed at (UTC)", "Conversation state", "Conversation rating", "Teammate assigned", "Channel", "Topic", "Teammate replies")  # fmt: skip
    return Export("intercom", {"conversations.csv": text([head, *rows])}, {
        "tickets.ticket_id": "Conversation ID", "tickets.customer_id": "User ID", "tickets.opened_at": "Conversation started at (UTC)", "tickets.first_response_at": "~Conversation started at (UTC)+First response time (seconds)", "tickets.resolved_at": "Last closed at (UTC)",
        "tickets.status": "Conversation state", "tickets.category": "Topic", "surveys.score": "Conversation rating", "surveys.customer_id": "User ID",
    }, FINE)  # fmt: skip
