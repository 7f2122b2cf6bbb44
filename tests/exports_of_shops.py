"""Exports of shops, tills and wholesalers as their systems write them, with headings, formats and side columns of each kind."""

from __future__ import annotations

import random
from datetime import timedelta

from tests.exports import Export, Rows, comma, days, text

FIRST = ("Anna", "Ben", "Carla", "David", "Emma", "Frank", "Grace", "Henry", "Iris", "Jack")
LAST = ("Smith", "Jones", "Miller", "Brown", "Garcia", "Young", "King", "Hill", "Scott", "Green")
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴", "伟芳娜敏静强磊洋艳勇杰娟涛明超霞平刚"
FINE = frozenset({
    "orders.quantity", "orders.lines", "orders.category", "orders.recorded_at", "lines.customer_id", "lines.ordered_at", "customers.acquired_on",
    "customers.type", "customers.updated_at", "lines.line_id", "lines.category", "customers.address",
})  # fmt: skip
"""Lines that may be proposed of files of sales, and need not be."""


def person(i: int) -> str:
    """A Chinese name."""
    return SURNAMES[i % 10] + GIVEN[i % 18] + (GIVEN[(i * 7) % 18] if i % 3 else "")


def shopify(rng: random.Random) -> Export:
    """Orders of a web shop, their lines below each other with the totals on the first only, and customers."""
    sold: Rows = []
    for i, day in enumerate(days(rng, 260)):
        who = rng.randrange(70)
        items = [
            (rng.randrange(1, 4), rng.randrange(30), rng.choice([9.9, 19.0, 45.5])) for _ in range(rng.randrange(1, 4))
        ]
        subtotal, off = sum(n * p for n, _s, p in items), rng.choice([0, 0, 0, 5.0])
        made, back = day.strftime("%Y-%m-%d %H:%M:%S +0100"), rng.random() < 0.06
        for k, (n, sku, price) in enumerate(items):
            whole = ("refunded" if back else "paid", made, "fulfilled", made, "yes", "EUR", f"{subtotal:.2f}", "4.90", "0.00",
                     f"{subtotal + 4.9 - off:.2f}", "WELCOME5" if off else None, f"{off:.2f}") if k == 0 else (None,) * 12  # fmt: skip
            sold.append((f"#{1001 + i}", f"{FIRST[who % 10].lower()}{who}@mail.example", *whole, "Standard" if k == 0 else None, made, n, f"Mug {sku}", price, f"MUG-{sku:03}", "true",
                         *((f"{FIRST[who % 10]} {LAST[who // 10]}", f"Berlin {who % 4}", f"{10115 + who}", "DE", f"+49 30 {555000 + who}", None, "Shopify Payments",
                            f"{subtotal if back else 0:.2f}", "Acme", f"{5500000000 + i}", "web") if k == 0 else (None,) * 11)))  # fmt: skip
    head = ("Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total",
            "Discount Code", "Discount Amount", "Shipping Method", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku",
            "Lineitem requires shipping", "Billing Name", "Billing City", "Billing Zip", "Billing Country", "Billing Phone", "Cancelled at", "Payment Method",
            "Refunded Amount", "Vendor", "Id", "Source")  # fmt: skip
    people = [(f"'{7700000 + i}", FIRST[i % 10], LAST[i // 10], f"{FIRST[i % 10].lower()}{i}@mail.example", "yes", None, f"Berlin {i % 4}", "BE", "DE", f"{10115 + i}",
               f"+49 30 {555000 + i}", "no", f"{rng.random() * 400:.2f}", rng.randrange(1, 9), None, "false", "vip" if i % 9 == 0 else None) for i in range(70)]  # fmt: skip
    return Export("shopify", {
        "orders_export_1.csv": text([head, *sold]),
        "customers_export.csv": text([("Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing", "Default Address Company", "Default Address City",
                                       "Default Address Province Code", "Default Address Country Code", "Default Address Zip", "Phone", "Accepts SMS Marketing", "Total Spent",
                                       "Total Orders", "Note", "Tax Exempt", "Tags"), *people]),
    }, {
        "orders.order_id": "Name | Id", "orders.customer_id": "Email | Customer ID", "orders.ordered_at": "Created at", "orders.amount": "Total", "orders.refunded": "Refunded Amount",
        "orders.discount": "~Discount Amount", "orders.channel": "Source", "lines.order_id": "Name | Id", "lines.product": "Lineitem sku | Lineitem name", "lines.quantity": "Lineitem quantity",
        "lines.amount": "~Lineitem quantity+Lineitem price", "customers.customer_id": "Email | Customer ID", "customers.name": "~First Name+Last Name", "customers.email": "Email",
        "customers.phone": "Phone", "customers.city": "Default Address City", "customers.region": "Default Address Province Code | Default Address Country Code",
        "customers.postcode": "Default Address Zip",
    }, FINE)  # fmt: skip


def woocommerce(rng: random.Random) -> Export:
    """Orders of a British web shop, an item a row with the order's totals on each."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 240)):
        who = rng.randrange(60)
        items = [
            (rng.randrange(1, 4), rng.randrange(25), rng.choice([12.5, 30.0, 7.99])) for _ in range(rng.randrange(1, 4))
        ]
        subtotal, off = sum(n * p for n, _s, p in items), rng.choice([0, 0, 3.0])
        for k, (n, sku, price) in enumerate(items, 1):
            rows.append((4000 + i, rng.choice(["Completed", "Completed", "Completed", "Cancelled"]) if k == 1 else rows[-1][1], day.strftime("%d/%m/%Y %H:%M"), None, FIRST[who % 10], LAST[who // 10], None,
                         f"{who} High St", f"Leeds {who % 3}", "LS", f"LS{1 + who % 9} {who % 8}AB", "GB", f"u{who}@post.example", f"07700 9{who:05}", "Card", off, f"{subtotal:.2f}", "Flat rate", "4.50",
                         "0.00" if i % 20 else f"{subtotal:.2f}", f"{subtotal + 4.5 - off:.2f}", f"{(subtotal - off) / 6:.2f}", f"TEE-{sku:03}", k, f"T-shirt {sku}", n, f"{price:.2f}",
                         "SPRING" if off else None))  # fmt: skip
    head = ("Order Number", "Order Status", "Order Date", "Customer Note", "First Name (Billing)", "Last Name (Billing)", "Company (Billing)", "Address 1&2 (Billing)", "City (Billing)",
            "State Code (Billing)", "Postcode (Billing)", "Country Code (Billing)", "Email (Billing)", "Phone (Billing)", "Payment Method Title", "Cart Discount Amount",
            "Order Subtotal Amount", "Shipping Method Title", "Order Shipping Amount", "Order Refund Amount", "Order Total Amount", "Order Total Tax Amount", "SKU", "Item #",
            "Item Name", "Quantity", "Item Cost", "Coupon Code")  # fmt: skip
    return Export("woocommerce", {"orders-2025-10-03-11-02-44.csv": text([head, *rows])}, {
        "orders.order_id": "Order Number", "orders.customer_id": "Email (Billing)", "orders.ordered_at": "Order Date", "orders.amount": "Order Total Amount",
        "orders.refunded": "Order Refund Amount", "lines.order_id": "Order Number", "lines.product": "SKU | Item Name", "lines.quantity": "Quantity",
        "lines.amount": "~Quantity+Item Cost", "customers.customer_id": "Email (Billing)", "customers.name": "~First Name (Billing)+Last Name (Billing)",
        "customers.city": "City (Billing)", "customers.phone": "Phone (Billing)",
    }, FINE | {"orders.discount", "customers.region", "customers.postcode", "customers.email"})  # fmt: skip


def magento(rng: random.Random) -> Export:
    """The grid of orders of an American shop: days in words, money with signs and commas."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 350)):
        who, value = rng.randrange(80), rng.random() * 2400 + 10
        name = f"{FIRST[who % 10]} {LAST[who // 10]}"
        rows.append((f"{100000000 + i:09}", "Main Website", day.strftime("%b %-d, %Y %-I:%M:%S %p"), name, name, f"${value + 9:,.2f}", f"${value + 9:,.2f}", rng.choice(["Complete", "Processing", "Canceled"]),
                     f"{who} Oak St Austin TX", "Flat Rate - Fixed", f"{name.split()[0].lower()}.{who}@shop.example", rng.choice(["General", "Wholesale"]), f"${value:,.2f}", "$9.00", name, "checkmo",
                     f"${value if i % 25 == 0 else 0:,.2f}"))  # fmt: skip
    head = ("ID", "Purchase Point", "Purchase Date", "Bill-to Name", "Ship-to Name", "Grand Total (Base)", "Grand Total (Purchased)", "Status", "Billing Address", "Shipping Information",
            "Customer Email", "Customer Group", "Subtotal", "Shipping and Handling", "Customer Name", "Payment Method", "Total Refunded")  # fmt: skip
    return Export("magento", {"export.csv": text([head, *([f'"{c}"' if "," in str(c) else c for c in r] for r in rows)])}, {
        "orders.order_id": "ID", "orders.customer_id": "Customer Email", "orders.ordered_at": "Purchase Date", "orders.amount": "Grand Total (Base) | Grand Total (Purchased)",
        "orders.refunded": "Total Refunded", "customers.customer_id": "Customer Email", "customers.name": "Customer Name",
    }, FINE | {"orders.channel", "customers.email"})  # fmt: skip


def square(rng: random.Random) -> Export:
    """Items sold over a till, of customers who are known for six in ten."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 330)):
        who = rng.randrange(60) if rng.random() < 0.6 else None
        for _ in range(rng.randrange(1, 4)):
            n, price, off = rng.randrange(1, 3), rng.choice([3.5, 4.25, 8.0]), rng.choice([0, 0, 0, 0.5])
            rows.append((day.strftime("%m/%d/%y"), day.strftime("%H:%M:%S"), "Eastern Time (US & Canada)", rng.choice(["Coffee", "Bakery"]), rng.choice(["Latte", "Mocha", "Bagel"]), f"{n}.0", "Regular",
                         None, None, f"${n * price:.2f}", f"-${off:.2f}" if off else "$0.00", f"${n * price - off:.2f}", f"${(n * price - off) * 0.08:.2f}", f"t{i:05}XQZ", f"p{i:05}AAB", "Front till", None,
                         "https://squareup.com/dashboard", "Payment", "Main St", "For Here", f"SQ{who:04}CUST" if who is not None else None,
                         f"{FIRST[who % 10]} {LAST[who // 10]}" if who is not None else None, None))  # fmt: skip
    head = ("Date", "Time", "Time Zone", "Category", "Item", "Qty", "Price Point Name", "SKU", "Modifiers Applied", "Gross Sales", "Discounts", "Net Sales", "Tax", "Transaction ID",
            "Payment ID", "Device Name", "Notes", "Details", "Event Type", "Location", "Dining Option", "Customer ID", "Customer Name", "Customer Reference ID")  # fmt: skip
    return Export("square", {"items-2024-01-01-2025-09-01.csv": text([head, *rows])}, {
        "orders.order_id": "Transaction ID | Payment ID", "orders.customer_id": "Customer ID", "orders.ordered_at": "Date | ~Date+Time", "orders.amount": "Net Sales | Gross Sales",
        "lines.order_id": "Transaction ID | Payment ID", "lines.product": "Item", "lines.category": "Category", "lines.quantity": "Qty", "lines.amount": "Net Sales | Gross Sales",
        "customers.customer_id": "Customer ID", "customers.name": "Customer Name",
    }, FINE | {"orders.discount", "orders.channel", "customers.region"})  # fmt: skip


def taobao(rng: random.Random) -> Export:
    """Orders of a shop on Taobao, in GB18030, numbers kept from Excel by a formula."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 320)):
        who, goods, post = rng.randrange(75), rng.randrange(20, 400), rng.choice([0, 0, 8])
        done = rng.random() < 0.9
        rows.append((f'"=""{2200000000000 + i * 977}"""', f"tb{who:05}_88", f"138****{who:04}", f"{goods:.2f}", f"{post:.2f}", 0, f"{goods + post:.2f}", 0, f"{goods + post if done else 0:.2f}",
                     rng.choice(["交易成功", "交易成功", "卖家已发货，等待买家确认"]) if done else "交易关闭", None, person(who), "浙江省 杭州市 西湖区", "快递", f"'1390000{who:04}",
                     day.strftime("%Y-%m-%d %H:%M:%S"), (day + timedelta(minutes=3)).strftime("%Y-%m-%d %H:%M:%S") if done else None, f"纯棉T恤{rng.randrange(20)}", 1, f"YT{i:09}" if done else None,
                     "圆通速递" if done else None, None, rng.randrange(1, 4), "88123", "某某旗舰店", "订单未关闭" if done else "买家未付款", "手机订单", f"{goods if done and i % 18 == 0 else 0:.2f}"))  # fmt: skip
    head = ("订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额", "返点积分", "买家实际支付金额", "订单状态", "买家留言", "收货人姓名", "收货地址",
            "运送方式", "联系手机", "订单创建时间", "订单付款时间", "宝贝标题", "宝贝种类", "物流单号", "物流公司", "订单备注", "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因", "是否手机订单",
            "退款金额")  # fmt: skip
    return Export("taobao", {"ExportOrderList202509.csv": text([head, *rows]).encode("gb18030")}, {
        "orders.order_id": "订单编号", "orders.customer_id": "买家会员名", "orders.ordered_at": "订单创建时间 | 订单付款时间", "orders.amount": "买家实际支付金额", "orders.refunded": "退款金额",
        "orders.quantity": "宝贝总数量",
    }, FINE | {f"customers.{c}" for c in ("customer_id", "name", "phone", "wechat", "address", "region", "city")} | {"orders.discount"})  # fmt: skip


def jingdong(rng: random.Random) -> Export:
    """Orders of a shop on JD, a line a product."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 260)):
        who, number = rng.randrange(70), 290000000000 + i * 131
        items = [
            (rng.randrange(1, 3), rng.randrange(30), rng.choice([59, 129, 88])) for _ in range(rng.randrange(1, 3))
        ]
        whole, off = sum(n * p for n, _s, p in items), rng.choice([0, 10])
        rows += [(number, 100000 + s, f"空气炸锅{s}号", n, "在线支付", day.strftime("%Y-%m-%d %H:%M:%S"), p, whole, whole - off, 0, whole - off, "完成", "SOP", f"jd_{who:06x}", person(who), "北京朝阳区", f"1370000{who:04}",
                  None, "电子普通发票", (day + timedelta(minutes=9)).strftime("%Y-%m-%d %H:%M:%S"), (day + timedelta(days=5)).strftime("%Y-%m-%d %H:%M:%S"), rng.choice(["APP", "微信", "PC"]))
                 for n, s, p in items]  # fmt: skip
    head = ("订单号", "商品ID", "商品名称", "订购数量", "支付方式", "下单时间", "京东价", "订单金额", "结算金额", "余额支付", "应付金额", "订单状态", "订单类型", "下单帐号", "客户姓名", "客户地址",
            "联系电话", "订单备注", "发票类型", "付款确认时间", "订单完成时间", "订单来源")  # fmt: skip
    return Export("jingdong", {"全部订单_2025.csv": "\ufeff" + text([head, *rows])}, {
        "orders.order_id": "订单号", "orders.customer_id": "下单帐号", "orders.ordered_at": "下单时间", "orders.amount": "结算金额 | 应付金额 | 订单金额", "orders.channel": "订单来源",
        "lines.order_id": "订单号", "lines.product": "商品ID | 商品名称", "lines.quantity": "订购数量", "lines.amount": "~京东价+订购数量", "customers.customer_id": "下单帐号", "customers.name": "客户姓名",
        "customers.phone": "联系电话",
    }, FINE)  # fmt: skip


def pinduoduo(rng: random.Random) -> Export:
    """Orders of a shop on Pinduoduo: whose they are says a telephone only, units stand in brackets."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 300)):
        who, whole, own, theirs = rng.randrange(80), rng.randrange(15, 90), rng.choice([0, 0, 2]), rng.choice([0, 1, 3])
        sent = day + timedelta(hours=rng.randrange(3, 40))
        rows.append(("洗脸巾100抽", f"{day:%y%m%d}-{10000000 + i}", rng.choice(["已发货，待签收", "已签收", "已签收"]), whole, 0, own, theirs, whole - own - theirs, whole - own, rng.randrange(1, 4), (day + timedelta(hours=48)).strftime("%Y-%m-%d %H:%M:%S"),
                     sent.strftime("%Y-%m-%d %H:%M:%S"), (sent + timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S"), 88000 + rng.randrange(9), "白色", f"SF{i:010}", "顺丰", day.strftime("%Y-%m-%d %H:%M:%S"),
                     rng.choice(["无售后或售后取消", "退款成功"]) if i % 12 == 0 else "无售后或售后取消", person(who), f"150{who:08}", "江苏省", ("苏州市", "无锡市")[who % 2], "吴中区"))  # fmt: skip
    head = ("商品", "订单号", "订单状态", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)", "用户实付金额(元)", "商家实收金额(元)", "商品数量(件)", "承诺发货时间", "发货时间", "确认收货时间", "商品id",
            "商品规格", "快递单号", "快递公司", "订单成交时间", "售后状态", "收货人", "手机", "省", "市", "区")  # fmt: skip
    return Export("pinduoduo", {"orders_export2025-09-01-10-00-00.csv": text([head, *rows])}, {
        "orders.order_id": "订单号", "orders.customer_id": "手机", "orders.ordered_at": "订单成交时间", "orders.amount": "用户实付金额(元) | 商家实收金额(元)", "orders.quantity": "商品数量(件)",
        "orders.delivered_at": "确认收货时间", "customers.customer_id": "手机", "customers.name": "收货人", "customers.phone": "手机", "customers.region": "省", "customers.city": "市",
    }, FINE | {"lines.order_id", "lines.product", "lines.quantity", "lines.amount", "orders.discount"})  # fmt: skip


def youzan(rng: random.Random) -> Export:
    """Orders and members of a shop in WeChat, as a workbook."""
    people = [(f"YZ{i:06}", f"微信用户{i}", person(i), f"186{i:08}", rng.choice(["女", "男"]), d.strftime("%Y-%m-%d %H:%M:%S"), rng.choice(["微信小程序", "门店", "导入"]), rng.randrange(900)) for i, d in enumerate(days(rng, 70))]  # fmt: skip
    rows: Rows = []
    for i, day in enumerate(days(rng, 300)):
        who, goods, off = rng.randrange(70), rng.randrange(30, 500), rng.choice([0, 0, 15])
        rows.append((f"E{day:%Y%m%d}{i:08}", "普通订单", rng.choice(["交易完成", "交易完成", "交易关闭"]), f"YZ{who:06}", f"微信用户{who}", f"186{who:08}", day.strftime("%Y-%m-%d %H:%M:%S"), (day + timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S"),
                     goods, 0, off, goods - off, goods - off, goods - off if i % 16 == 0 else 0, rng.choice(["微信小程序", "公众号", "线下门店"]), "总店"))  # fmt: skip
    return Export("youzan", {"有赞导出.xlsx": {
        "订单": [("订单号", "订单类型", "订单状态", "客户编号", "买家昵称", "买家手机号", "下单时间", "付款时间", "商品合计", "运费", "店铺优惠合计", "应收订单金额", "订单实付金额", "已退款金额", "订单渠道", "归属店铺"), *rows],
        "客户": [("客户编号", "昵称", "姓名", "手机号", "性别", "成为客户时间", "来源渠道", "积分"), *people],
    }}, {
        "orders.order_id": "订单号", "orders.customer_id": "客户编号", "orders.ordered_at": "下单时间", "orders.amount": "订单实付金额 | 应收订单金额", "orders.refunded": "已退款金额", "orders.channel": "订单渠道",
        "orders.discount": "~店铺优惠合计", "customers.customer_id": "客户编号", "customers.name": "姓名", "customers.phone": "手机号", "customers.acquired_on": "成为客户时间",
        "customers.acquisition_channel": "来源渠道",
    }, FINE)  # fmt: skip


def kingdee(rng: random.Random) -> Export:
    """Notes of goods issued, of an ERP: a workbook with real days, a title above and a sum below."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 240)):
        who = rng.randrange(40)
        for _ in range(rng.randrange(1, 4)):
            n, price = rng.randrange(10, 300), rng.choice([12.5, 3.8, 99.0])
            rows.append((f"XSCKD{i:06}", "标准销售出库单", day.replace(hour=0, minute=0), f"CUST{who:04}", f"华东{who}号商贸有限公司", person(who % 5), f"WL.{rng.randrange(60):04}", "轴承", "6204-2RS", n, "Pcs", price,
                         round(n * price, 2), round(n * price * 0.115, 2), "成品仓", "人民币", "已审核"))  # fmt: skip
    head = ("单据编号", "单据类型", "日期", "客户编码", "客户名称", "销售员", "物料编码", "物料名称", "规格型号", "实发数量", "库存单位", "含税单价", "价税合计", "税额", "仓库", "结算币别", "单据状态")  # fmt: skip
    total = ("合计", *(None,) * 11, sum(float(str(r[12])) for r in rows), *(None,) * 4)
    return Export("kingdee", {"销售出库单_20250930.xlsx": {"销售出库单": [("销售出库单列表",), ("打印日期：2025-09-30",), head, *rows, total]}}, {
        "orders.order_id": "单据编号", "orders.customer_id": "客户编码", "orders.ordered_at": "日期", "orders.amount": "价税合计", "lines.order_id": "单据编号", "lines.product": "物料编码 | 物料名称",
        "lines.quantity": "实发数量", "lines.amount": "价税合计", "customers.customer_id": "客户编码", "customers.name": "客户名称", "customers.owner": "销售员",
    }, FINE)  # fmt: skip


def sap(rng: random.Random) -> Export:
    """Items of sales documents out of SAP, with German numbers and days, and spaces around cells."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 230)):
        who = rng.randrange(45)
        for k in range(rng.randrange(1, 4)):
            n, price = rng.randrange(1, 80), round(rng.random() * 900 + 5, 2)
            rows.append((f"{4500000 + i:010}", (k + 1) * 10, f"{100200 + who:010}", f"Werk {who} AG", day.strftime("%d.%m.%Y"), f"MAT-{rng.randrange(70):05}", "Ventil DN50", rng.choice(["VENT", "PUMP"]), comma(n), "ST",
                         comma(price), comma(n * price), "EUR", "1000", (day + timedelta(days=14)).strftime("%d.%m.%Y"), "10", "TA"))  # fmt: skip
    head = ("Sales Document", "Item", "Sold-to Party", "Name 1", "Document Date", "Material", "Description", "Material Group", "Order Quantity", "SU", "Net Price", "Net Value", "Curr.", "Plant", "Req.deliv.date",
            "Distribution Channel", "Sales Doc. Type")  # fmt: skip
    return Export("sap", {"VA05_EXPORT.csv": text([head, *rows], ";")}, {
        "orders.order_id": "Sales Document", "orders.customer_id": "Sold-to Party", "orders.ordered_at": "Document Date", "orders.amount": "Net Value", "orders.promised_at": "Req.deliv.date",
        "lines.order_id": "Sales Document", "lines.product": "Material", "lines.category": "Material Group", "lines.quantity": "Order Quantity", "lines.amount": "Net Value",
        "customers.customer_id": "Sold-to Party", "customers.name": "Name 1",
    }, FINE | {"orders.channel"})  # fmt: skip


def distributor(rng: random.Random) -> Export:
    """Lines of invoices of an Indian distributor: a rate, discounts, tax, and what is left."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 240)):
        who = rng.randrange(50)
        for _ in range(rng.randrange(1, 4)):
            n, rate, off = rng.randrange(1, 90), rng.choice([120.0, 45.5, 310.0]), rng.choice([0, 5, 10])
            gross = n * rate
            less = round(gross * off / 100, 2)
            tax = round((gross - less) * 0.18, 2)
            rows.append((f"INV/25-26/{i:05}", day.strftime("%d-%m-%Y"), f"C{who:05}", f"Sri {LAST[who % 10]} Traders", rng.choice(["Ravi", "Meena"]), f"ITM{rng.randrange(60):04}", "Soap 100g", rng.choice(["Lux", "Dove"]), "CTN", n, rate, off, less,
                         f"{gross - less:.2f}", tax, f"{gross - less + tax:.2f}"))  # fmt: skip
    head = ("Inv No", "Inv Date", "Cust Code", "Cust Name", "Salesman", "Item Code", "Item Description", "Brand", "UOM", "Qty", "Rate", "Disc %", "Disc Amt", "Taxable Value", "GST Amt", "Net Amount")  # fmt: skip
    return Export("distributor", {"Sales Register FY25-26.csv": text([head, *rows])}, {
        "orders.order_id": "Inv No", "orders.customer_id": "Cust Code", "orders.ordered_at": "Inv Date", "orders.amount": "Net Amount | Taxable Value", "lines.order_id": "Inv No", "lines.product": "Item Code | Item Description",
        "lines.category": "Brand", "lines.quantity": "Qty", "lines.amount": "Net Amount | Taxable Value", "customers.customer_id": "Cust Code", "customers.name": "Cust Name", "customers.owner": "Salesman",
    }, FINE | {"orders.discount"})  # fmt: skip


def meituan(rng: random.Random) -> Export:
    """Dishes sold in restaurants, with membership cards for most."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 280)):
        who = rng.randrange(70) if rng.random() < 0.7 else None
        for _ in range(rng.randrange(1, 5)):
            n, price, off = rng.randrange(1, 3), rng.choice([18, 36, 58]), rng.choice([0, 0, 3])
            rows.append((day.strftime("%Y/%m/%d"), rng.choice(["望京店", "国贸店"]), f"MT{day:%Y%m%d}{i:05}", day.strftime("%Y/%m/%d %H:%M"), (day + timedelta(minutes=50)).strftime("%Y/%m/%d %H:%M"), *rng.choice([("宫保鸡丁", "热菜"), ("拍黄瓜", "凉菜")]), n, price, n * price,
                         off, n * price - off, f"88{who:06}" if who is not None else None, f"135{who:08}" if who is not None else None, rng.choice(["堂食", "外卖"]), rng.choice(["扫码点餐", "收银台"])))  # fmt: skip
    head = ("营业日期", "门店名称", "订单号", "下单时间", "结账时间", "菜品名称", "菜品分类", "数量", "单价（元）", "菜品金额（元）", "优惠金额（元）", "实收金额（元）", "会员卡号", "会员手机号", "就餐方式", "订单来源")  # fmt: skip
    return Export("meituan", {"菜品销售明细.csv": text([head, *rows]).encode("gb18030")}, {
        "orders.order_id": "订单号", "orders.customer_id": "会员卡号", "orders.ordered_at": "下单时间 | 结账时间", "orders.amount": "实收金额（元）", "orders.channel": "订单来源 | 就餐方式", "lines.order_id": "订单号", "lines.product": "菜品名称",
        "lines.category": "菜品分类", "lines.quantity": "数量", "lines.amount": "实收金额（元）",
    }, FINE | {"orders.discount", "customers.customer_id", "customers.phone", "customers.region"})  # fmt: skip


def yonyou(rng: random.Random) -> Export:
    """Delivery notes of an ERP, with and without tax, in GB18030."""
    rows: Rows = []
    for i, day in enumerate(days(rng, 220)):
        who = rng.randrange(40)
        for _ in range(rng.randrange(1, 4)):
            n, price = rng.randrange(5, 200), rng.choice([11.3, 56.5, 226.0])
            rows.append((f"FH{i:08}", day.strftime("%Y-%m-%d"), f"0{who:03}", f"{person(who)}经销部", "销售一部", person(who % 4 + 20), f"CH{rng.randrange(50):04}", "润滑油", "18L", "桶", n, price, f"{n * price:,.2f}", f"{n * price / 1.13:,.2f}",
                         f"{n * price - n * price / 1.13:,.2f}", None))  # fmt: skip
    head = ("发货单号", "发货日期", "客户编码", "客户简称", "部门", "业务员", "存货编码", "存货名称", "规格型号", "主计量", "数量", "含税单价", "价税合计", "无税金额", "税额", "备注")  # fmt: skip
    return Export("yonyou", {"发货单列表.csv": text([head, *([f'"{c}"' if "," in str(c) else c for c in r] for r in rows)]).encode("gb18030")}, {
        "orders.order_id": "发货单号", "orders.customer_id": "客户编码", "orders.ordered_at": "发货日期", "orders.amount": "价税合计 | 无税金额", "lines.order_id": "发货单号", "lines.product": "存货编码 | 存货名称", "lines.quantity": "数量",
        "lines.amount": "价税合计 | 无税金额", "customers.customer_id": "客户编码", "customers.name": "客户简称", "customers.owner": "业务员",
    }, FINE)  # fmt: skip
