"""Exports of bookings, bills, gifts, campaigns, surveys, use and snapshots as their systems write them."""

from __future__ import annotations

import random
from datetime import timedelta

from tests.exports import Export, Rows, days, text
from tests.exports_of_firms import FINE as OF_FIRMS
from tests.exports_of_shops import FINE as OF_SHOPS
from tests.exports_of_shops import FIRST, LAST, person

FINE = OF_FIRMS | OF_SHOPS | {"interactions.direction", "outcomes.campaign"}


def hotel(rng: random.Random) -> Export:
    """Bookings of a hotel, some cancelled, made long before the stay."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 320)):
        who, nights, rate, gone = (
            rng.randrange(90),
            rng.randrange(1, 6),
            rng.choice([89, 129, 210]),
            rng.random() < 0.12,
        )
        come = day + timedelta(days=rng.randrange(2, 90))
        room, food = nights * rate, rng.choice([0, 25, 60])
        rows.append((f"HB{700000 + i}", f"P{who:05}", f"{LAST[who // 10]}, {FIRST[who % 10]}".replace(",", ""), f"g{who}@travel.example", rng.choice(["GB", "DE", "US"]), day.strftime("%d-%b-%y"), come.strftime("%d-%b-%y"), (come + timedelta(days=nights)).strftime("%d-%b-%y"), nights, rng.choice(["DBL", "SGL", "STE"]), rng.choice(["BAR", "CORP"]),
                     rng.choice(["Booking.com", "Direct web", "Phone", "Expedia"]), 2, 0, f"{room:,.2f}".replace(",", ""), f"{food}.00", f"{room + food:,.2f}".replace(",", ""), "Cancelled" if gone else "Checked out", (day + timedelta(days=1)).strftime("%d-%b-%y") if gone else None))  # fmt: skip
    head = ("Confirmation No", "Profile ID", "Guest Name", "Email", "Nationality", "Booking Date", "Arrival", "Departure", "Nights", "Room Type", "Rate Code", "Source of Business", "Adults", "Children", "Room Revenue", "F&B Revenue", "Total Revenue", "Status", "Cancellation Date")  # fmt: skip
    return Export("hotel", {"reservations.csv": text([head, *rows])}, {
        "orders.order_id": "Confirmation No", "orders.customer_id": "Profile ID", "orders.ordered_at": "Booking Date | Arrival", "orders.amount": "Total Revenue", "orders.channel": "Source of Business", "customers.customer_id": "Profile ID",
        "customers.name": "Guest Name", "customers.email": "Email",
    }, FINE | {"orders.category", "customers.region", "customers.acquisition_channel"})  # fmt: skip


def workshop(rng: random.Random) -> Export:
    """Jobs of a car workshop: labour, parts and tax make the total; blank rows between months."""
    rows: Rows = []
    month = 0
    for i, day in enumerate(days(rng, 280)):
        if day.month != month:
            rows += [(None,) * 15] if rows else []
            month = day.month
        who, labour, parts = rng.randrange(80), rng.randrange(40, 400), rng.randrange(0, 300)
        rows.append((f"J{20000 + i}", day.strftime("%d/%m/%Y"), f"AC{who:04}", f"{FIRST[who % 10]} {LAST[who // 10]}", f"07700 1{who:05}", f"AB{who % 70:02} XYZ", rng.choice(["Ford", "Kia"]), "Focus", rng.randrange(9000, 120000), f"£{labour}.00", f"£{parts}.00", f"£{(labour + parts) * 0.2:.2f}",
                     f"£{(labour + parts) * 1.2:,.2f}".replace(",", ""), (day + timedelta(days=2)).strftime("%d/%m/%Y"), (day + timedelta(days=rng.randrange(1, 5))).strftime("%d/%m/%Y")))  # fmt: skip
    head = ("Job No", "Job Date", "Account", "Customer", "Mobile", "Reg No", "Make", "Model", "Mileage", "Labour", "Parts", "VAT", "Invoice Total", "Promised By", "Collected On")  # fmt: skip
    return Export("workshop", {"job cards.csv": text([head, *rows])}, {
        "orders.order_id": "Job No", "orders.customer_id": "Account", "orders.ordered_at": "Job Date", "orders.amount": "Invoice Total", "orders.promised_at": "Promised By", "orders.delivered_at": "Collected On", "customers.customer_id": "Account",
        "customers.name": "Customer", "customers.phone": "Mobile",
    }, FINE)  # fmt: skip


def bikes(rng: random.Random) -> Export:
    """Hires of bicycles, and the members."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 700)):
        took = rng.randrange(4, 90)
        rows.append((f"R{i:07}", rng.randrange(5000, 5110), day.strftime("%m/%d/%Y %H:%M"), (day + timedelta(minutes=took)).strftime("%m/%d/%Y %H:%M"), f"Station {rng.randrange(20)}", f"Station {rng.randrange(20)}", f"BK{rng.randrange(90):03}", took, f"{1 + took * 0.15:.2f}", rng.choice(["Classic", "E-bike"])))  # fmt: skip
    people = [
        (
            5000 + i,
            f"{FIRST[i % 10]} {LAST[i // 11]}",
            f"m{i}@ride.example",
            d.strftime("%m/%d/%Y"),
            rng.choice(["Annual", "Casual"]),
            f"9780{i % 9}",
        )
        for i, d in enumerate(days(rng, 110))
    ]
    return Export("bikes", {
        "rentals_2025.csv": text([("Rental ID", "Member Number", "Start Time", "End Time", "Start Station", "End Station", "Bike ID", "Duration (min)", "Fare ($)", "Bike Type"), *rows]),
        "members.csv": text([("Member Number", "Full Name", "E-mail", "Joined On", "Membership Type", "Zip"), *people]),
    }, {
        "orders.order_id": "Rental ID", "orders.customer_id": "Member Number", "orders.ordered_at": "Start Time", "orders.amount": "Fare ($)", "customers.customer_id": "Member Number", "customers.name": "Full Name", "customers.email": "E-mail",
        "customers.acquired_on": "Joined On", "customers.postcode": "Zip",
    }, FINE)  # fmt: skip


def donors(rng: random.Random) -> Export:
    """Gifts to a charity and who gave."""
    gifts = [(f"G-{i:06}", f"C{rng.randrange(100):05}", f"{FIRST[i % 10]} {LAST[i % 9]}", d.strftime("%m/%d/%Y"), f"${rng.choice([25, 50, 100, 1250]):,}.00".replace(",", ""), rng.choice(["Cash", "Pledge payment", "Stock"]), rng.choice(["Annual Fund", "Building"]), rng.choice(["Spring Mailing", "Gala", "Web"]), rng.choice(["Check", "Credit card"]), "Y")
             for i, d in enumerate(days(rng, 420))]  # fmt: skip
    people = [(f"C{i:05}", FIRST[i % 10], LAST[i // 10], f"d{i}@give.example", f"{i} Elm St", f"Portland {i % 4}", "OR", f"972{i % 40:02}", d.strftime("%m/%d/%Y"), rng.choice(["Individual", "Organization"]), "N") for i, d in enumerate(days(rng, 100, "2021-01-01", 900))]  # fmt: skip
    return Export("donors", {
        "gifts.csv": text([("Gift ID", "Constituent ID", "Donor Name", "Gift Date", "Gift Amount", "Gift Type", "Fund", "Appeal", "Payment Method", "Receipted"), *gifts]),
        "constituents.csv": text([("Constituent ID", "First Name", "Last Name", "Email Address", "Address Line 1", "City", "State", "ZIP Code", "Date Added", "Constituent Type", "Deceased"), *people]),
    }, {
        "orders.order_id": "Gift ID", "orders.customer_id": "Constituent ID", "orders.ordered_at": "Gift Date", "orders.amount": "Gift Amount", "customers.customer_id": "Constituent ID", "customers.name": "~First Name+Last Name", "customers.email": "Email Address",
        "customers.city": "City", "customers.region": "State", "customers.postcode": "ZIP Code", "customers.acquired_on": "Date Added", "customers.type": "Constituent Type",
    }, FINE - {"customers.type"})  # fmt: skip


def telecom_bills(rng: random.Random) -> Export:
    """Monthly bills of a telephone company."""
    rows: Rows = []
    for i in range(420):
        who, month = i % 70, i // 70 + 1
        plan, used, off = rng.choice([19, 29, 49]), round(rng.random() * 20, 2), rng.choice([0, 0, 5])
        total = round((plan + used - off) * 1.2, 2)
        rows.append((f"BL2025{month:02}{who:05}", f"{800100 + who}", f"4477009{who:05}", f"2025-{month:02}-05", f"2025-{month:02}-26", rng.choice(["SIM Only 20GB", "Unlimited"]), plan, used, off, round(total / 6, 2), total, total if rng.random() < 0.95 else 0, f"2025-{month:02}-{rng.randrange(6, 27):02}", rng.choice(["Direct Debit", "Card"])))  # fmt: skip
    head = ("Bill Number", "Account Number", "MSISDN", "Bill Date", "Due Date", "Tariff Plan", "Monthly Charge", "Usage Charges", "Discounts", "VAT", "Total Amount Due", "Amount Paid", "Payment Date", "Payment Method")  # fmt: skip
    return Export("telecom_bills", {"bills_h1_2025.csv": text([head, *rows])}, {
        "orders.order_id": "Bill Number", "orders.customer_id": "Account Number", "orders.ordered_at": "Bill Date", "orders.amount": "Total Amount Due | Amount Paid",
    }, FINE | {"orders.discount", "orders.promised_at", "customers.customer_id", "customers.phone"})  # fmt: skip


def stripe_payments(rng: random.Random) -> Export:
    """Payments as Stripe lists them, failed and refunded ones among them."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 380)):
        value, bad, back = rng.choice([19.0, 49.0, 120.0]), rng.random() < 0.08, rng.random() < 0.05
        rows.append((f"ch_3P{i:08x}", "Subscription update", None, day.strftime("%Y-%m-%d %H:%M:%S"), f"{value:.2f}", f"{value if back and not bad else 0:.2f}", "usd", f"{value:.2f}", "usd", f"{value * 0.029 + 0.3:.2f}", "0.00", "Failed" if bad else "Refunded" if back else "Paid", "ACME", f"cus_P{i % 80:06x}", None,
                     f"s{i % 80}@pay.example", "true" if not bad else "false", f"card_1{i % 80:06x}", f"in_1{i:07x}", None))  # fmt: skip
    head = ("id", "Description", "Seller Message", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Converted Amount", "Converted Currency", "Fee", "Taxes On Fee", "Status", "Statement Descriptor", "Customer ID", "Customer Description", "Customer Email", "Captured", "Card ID", "Invoice ID", "Transfer")  # fmt: skip
    return Export("stripe_payments", {"unified_payments.csv": text([head, *rows])}, {
        "orders.order_id": "id", "orders.customer_id": "Customer ID", "orders.ordered_at": "Created date (UTC)", "orders.amount": "Amount | Converted Amount", "orders.refunded": "Amount Refunded",
    }, FINE | {"customers.customer_id", "customers.email"})  # fmt: skip


def mailchimp(rng: random.Random) -> Export:
    """An audience, and to whom a campaign was sent and what they did."""
    form = "%Y-%m-%d %H:%M:%S"
    people = [(f"n{i}@list.example", FIRST[i % 10], LAST[i // 15], f"+1 503 555 {i:04}", rng.randrange(1, 6), d.strftime(form), "1.2.3.4", d.strftime(form), "US", "OR", (d + timedelta(days=9)).strftime(form), 40000 + i, f"{i:010x}", None) for i, d in enumerate(days(rng, 140))]  # fmt: skip
    sent = [(f"n{rng.randrange(140)}@list.example", rng.choice(["June news", "Summer sale"]), d.strftime(form), (d + timedelta(hours=3)).strftime(form) if rng.random() < 0.4 else None, (d + timedelta(hours=4)).strftime(form) if rng.random() < 0.1 else None,
             (d + timedelta(hours=5)).strftime(form) if rng.random() < 0.02 else None, "N") for d in days(rng, 800, "2025-06-01", 60)]  # fmt: skip
    return Export("mailchimp", {
        "subscribed_members_export_1a2b3c.csv": text([("Email Address", "First Name", "Last Name", "Phone Number", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CC", "REGION", "LAST_CHANGED", "LEID", "EUID", "NOTES"), *people]),
        "campaign_recipients.csv": text([("Email Address", "Campaign Title", "Send Date", "Opened At", "Clicked At", "Unsubscribed At", "Bounced"), *sent]),
    }, {
        "customers.customer_id": "Email Address", "customers.name": "~First Name+Last Name", "customers.email": "Email Address", "customers.phone": "Phone Number", "customers.region": "REGION | CC", "customers.acquired_on": "OPTIN_TIME | CONFIRM_TIME",
        "interactions.customer_id": "Email Address", "interactions.at": "Send Date", "interactions.campaign": "Campaign Title", "interactions.channel": "'email'", "interactions.opened_at": "Opened At", "interactions.responded_at": "Clicked At",
        "interactions.opted_out_at": "Unsubscribed At",
    }, FINE)  # fmt: skip


def coupons(rng: random.Random) -> Export:
    """优惠券 given to some of two groups, and what was redeemed."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 600, "2025-05-01", 30)):
        used = rng.random() < 0.2
        rows.append((f"HY{i:06}", rng.choice(["618大促", "会员日"]), rng.choice(["短信", "微信"]), rng.choice(["实验组", "对照组"]), day.strftime("%Y-%m-%d %H:%M"), "是" if used else "否", (day + timedelta(days=2)).strftime("%Y-%m-%d %H:%M") if used else None, rng.randrange(30, 300) if used else 0))  # fmt: skip
    return Export("coupons", {"营销触达名单.csv": text([("会员ID", "活动名称", "触达渠道", "实验分组", "发送时间", "是否核销", "核销时间", "核销订单金额(元)"), *rows])}, {
        "interactions.customer_id": "会员ID", "interactions.campaign": "活动名称", "interactions.channel": "触达渠道", "interactions.arm": "实验分组", "interactions.at": "发送时间", "interactions.responded_at": "核销时间", "outcomes.customer_id": "会员ID",
        "outcomes.at": "发送时间 | 核销时间", "outcomes.name": "name | ~", "outcomes.value": "~",
    }, FINE)  # fmt: skip


def wecom(rng: random.Random) -> Export:
    """企业微信: customers and talks with them."""
    people = [
        (
            f"wmA{i:08x}",
            person(i),
            f"{person(i)}-老客户",
            f"{person(i)}公司",
            person(i % 5 + 60),
            "销售部",
            d.strftime("%Y-%m-%d %H:%M:%S"),
            rng.choice(["扫描二维码", "搜索手机号", "名片分享"]),
            f"188{i:08}",
            "A类",
        )
        for i, d in enumerate(days(rng, 90))
    ]
    talks = [
        (
            f"MSG{i:07}",
            f"wmA{rng.randrange(90):08x}",
            person(i % 5 + 60),
            rng.choice(["发送", "接收"]),
            d.strftime("%Y-%m-%d %H:%M:%S"),
            rng.choice(["文本", "图片"]),
            "您好",
        )
        for i, d in enumerate(days(rng, 800))
    ]
    return Export("wecom", {
        "客户列表.csv": text([("客户ID", "客户名称", "备注名", "企业名称", "添加人", "添加人所属部门", "添加时间", "来源", "手机", "标签"), *people]),
        "聊天记录.csv": text([("消息ID", "客户ID", "员工", "消息方向", "发送时间", "消息类型", "消息内容"), *talks]),
    }, {
        "customers.customer_id": "客户ID", "customers.name": "客户名称", "customers.acquired_on": "添加时间", "customers.acquisition_channel": "来源", "customers.phone": "手机", "interactions.interaction_id": "消息ID", "interactions.customer_id": "客户ID",
        "interactions.at": "发送时间", "interactions.direction": "消息方向",
    }, (FINE - {"interactions.direction"}) | {"interactions.channel", "customers.owner", "customers.type"})  # fmt: skip


def wenjuanxing(rng: random.Random) -> Export:
    """问卷星: a wide survey whose headings are whole questions."""
    asked = (
        "1、您对产品质量的满意度",
        "2、您对服务人员态度的满意度",
        "3、您对物流速度的满意度",
        "4、您对价格的满意度",
        "5、您对售后的满意度",
        "6、您对我们的总体满意度",
    )
    rows = [(i + 1, d.strftime("%Y/%m/%d %H:%M:%S"), f"{rng.randrange(40, 400)}秒", rng.choice(["微信", "手机提交"]), "N/A", "117.136.0.1(江苏-南京)", *(rng.choice([5, 5, 4, 4, 3, 2, 1]) for _ in asked), rng.choice(["没有", "希望快一点"]), f"VIP{i * 7 % 400:05}")
            for i, d in enumerate(days(rng, 260, length=40))]  # fmt: skip
    return Export("wenjuanxing", {"274839201_按序号_客户满意度调查_260_260.csv": text([("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", *asked, "7、您的建议", "8、会员号"), *rows])}, {
        "surveys.customer_id": "8、会员号", "surveys.at": "提交答卷时间", "surveys.item": "name", "surveys.score": "value", "surveys.scale_from": "1", "surveys.scale_to": "5",
    }, FINE | {"surveys.dimension", "surveys.answer_id"})  # fmt: skip


def typeform(rng: random.Random) -> Export:
    """A recommendation of each order, with why."""
    form = "%Y-%m-%d %H:%M:%S"
    sold = [
        (f"OR-{i:05}", f"K{rng.randrange(80):04}", d.strftime(form), f"{rng.random() * 90 + 9:.2f}")
        for i, d in enumerate(days(rng, 300))
    ]
    said = [
        (f"{i:08x}", rng.choice([10, 9, 9, 8, 7, 6, 3, 0]), "Quick delivery", row[1], row[0], row[2], row[2], "n1")
        for i, row in enumerate(sold)
        if i % 2
    ]
    return Export("typeform", {
        "orders.csv": text([("Order No.", "Client No.", "Placed", "Order Value"), *sold]),
        "responses.csv": text([("#", "How likely are you to recommend us to a friend or colleague?", "What is the main reason for your score?", "client_no", "order_no", "Start Date (UTC)", "Submit Date (UTC)", "Network ID"), *said]),
    }, {
        "orders.order_id": "Order No.", "orders.customer_id": "Client No.", "orders.ordered_at": "Placed", "orders.amount": "Order Value", "surveys.customer_id": "client_no", "surveys.order_id": "order_no", "surveys.at": "Submit Date (UTC)",
        "surveys.score": "How likely are you to recommend us to a friend or colleague?", "surveys.instrument": "'nps'", "surveys.scale_to": "10", "surveys.scale_from": "0",
    }, (FINE - {"surveys.instrument", "surveys.scale_to", "surveys.scale_from"}) | {"surveys.asked_at", "surveys.answer_id"})  # fmt: skip


def analytics(rng: random.Random) -> Export:
    """Events of an app, with a day as digits and a clock in microseconds."""
    rows = [(d.strftime("%Y%m%d"), int(d.timestamp() * 1e6), rng.choice(["page_view", "scroll", "purchase", "session_start"]), f"{rng.randrange(120) * 7919:010}.{1700000000}", f"uid{rng.randrange(120):05}", rng.choice(["WEB", "IOS"]), "mobile", "Germany", rng.randrange(1, 30)) for d in days(rng, 2500, "2025-04-01", 90)]  # fmt: skip
    return Export("analytics", {"events_export.csv": text([("event_date", "event_timestamp", "event_name", "user_pseudo_id", "user_id", "platform", "device_category", "geo_country", "engagement_time_sec"), *rows])}, {
        "activity.customer_id": "user_id | user_pseudo_id", "activity.day": "event_date", "activity.events": "1",
    })  # fmt: skip


def lessons(rng: random.Random) -> Export:
    """Use of an online school: who learned when, for how long."""
    rows = [
        (
            f"XY{rng.randrange(90):05}",
            person(rng.randrange(90)),
            d.strftime("%Y-%m-%d %H:%M"),
            rng.choice(["iOS", "安卓", "网页"]),
            rng.randrange(3, 90),
            rng.randrange(0, 5),
        )
        for d in days(rng, 1500)
    ]
    return Export("lessons", {"学习记录.csv": text([("学员编号", "学员姓名", "登录时间", "终端", "学习时长(分钟)", "完成课时数"), *rows])}, {
        "activity.customer_id": "学员编号", "activity.day": "登录时间", "activity.logins": "1",
    }, FINE | {"activity.events", "customers.customer_id", "customers.name"})  # fmt: skip


def mobile_snapshot(rng: random.Random) -> Export:
    """How each telephone number stands, and whether it left; nothing else names the customer."""
    rows = [
        (
            f"13{800000000 + i * 7919}",
            rng.randrange(1, 120),
            rng.choice(["畅享59", "5G129"]),
            round(rng.random() * 150, 2),
            round(rng.random() * 40, 1),
            rng.choice(["是", "否"]),
            rng.randrange(0, 4),
            "是" if rng.random() < 0.2 else "否",
        )
        for i in range(400)
    ]
    return Export("mobile_snapshot", {"用户宽表.csv": text([("手机号码", "在网时长(月)", "套餐名称", "月均消费(元)", "月均流量(GB)", "是否5G", "投诉次数", "是否离网"), *rows])}, {
        "states.customer_id": "手机号码", "states.attribute": "name", "states.value": "value",
    }, FINE | {"customers.customer_id", "customers.phone"})  # fmt: skip


def calls(rng: random.Random) -> Export:
    """The log of a call centre in both directions."""
    rows = [(f"CALL{i:07}", f"AC{rng.randrange(90):05}", d.strftime("%d.%m.%Y %H:%M:%S"), rng.choice(["Inbound", "Outbound"]), rng.choice(["Sales", "Retention"]), FIRST[i % 6], rng.randrange(2, 90), rng.randrange(20, 900), rng.choice(["Resolved", "Voicemail", "Call back"])) for i, d in enumerate(days(rng, 600))]  # fmt: skip
    return Export("calls", {"call_log.csv": text([("Call ID", "Account No", "Call Start", "Direction", "Queue", "Agent", "Wait (s)", "Talk time (s)", "Disposition"), *rows], ";")}, {
        "interactions.interaction_id": "Call ID", "interactions.customer_id": "Account No", "interactions.at": "Call Start", "interactions.direction": "Direction", "interactions.channel": "'phone'",
    }, (FINE - {"interactions.direction"}) | {"interactions.purpose"})  # fmt: skip
