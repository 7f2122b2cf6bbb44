"""The files of the capstone's raw folder, and the company.toml that reads them rightly."""

from __future__ import annotations

from typing import Final

from crmlib.teaching.sources import ZH

SHOP, SALES, PEOPLE, SERVICE, CONTACTS, CONSENTS = (
    "订单导出.csv", "sales_export.csv", "customers.csv", "service.xlsx", "contacts.csv", "consents.csv",
)  # fmt: skip
PRIORITY: Final = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}


def solved() -> str:
    """The company.toml that reads the folder rightly."""
    channels = "\n".join(f'"{own}" = "{code}"' for code, own in ZH["channel"].items())
    categories = "\n".join(f'"{own}" = "{code}"' for code, own in ZH["category"].items())
    priorities = "\n".join(f'"{own}" = "{code}"' for code, own in PRIORITY.items())
    return SOLVED.format(channels=channels, categories=categories, priorities=priorities)


SOLVED: Final = f"""name = "capstone"
currency = "CNY"
time_zone = "Asia/Shanghai"

[customers]
from = "{PEOPLE}"
[customers.fields]
customer_id = "No"
name = "Name"
type = "Kind"
city = "City"
acquired_on = "Customer since"
birthday = "Birthday"
owner = "Account manager"
phone = "Phone"
email = "E-mail"
wechat = "WeChat"

[[orders]]
from = "{SHOP}"
encoding = "gb18030"
date_format = ["%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M"]
[orders.fields]
order_id = "订单号"
customer_id = "会员编号"
ordered_at = "下单时间"
amount = "订单金额"
margin = "毛利"
refunded = "退款金额"
channel = "渠道"
category = "品类"
[orders.values.channel]
{{channels}}
[orders.values.category]
{{categories}}

[[orders]]
from = "{SALES}"
delimiter = ";"
[orders.fields]
order_id = "Receipt"
customer_id = "Customer no"
ordered_at = "Sold at"
amount = "Total USD"
margin = "Paid back"
refunded = "Margin"
channel = "Sold through"
category = "Category"

[tickets]
from = "{SERVICE}"
[tickets.fields]
ticket_id = "Case"
customer_id = "Customer no"
opened_at = "Opened"
first_response_at = "First answer"
resolved_at = "Solved"
severity = "Priority"
category = "Kind"
[tickets.values.severity]
{{priorities}}

[interactions]
from = "{CONTACTS}"
[interactions.fields]
customer_id = "Customer no"
at = "At"
channel = "Channel"
direction = "Direction"
purpose = "Purpose"
responded_at = "Answered at"

[consents]
from = "{CONSENTS}"
[consents.fields]
customer_id = "Customer no"
channel = "Channel"
purpose = "Purpose"
granted_at = "Given on"
withdrawn_at = "Withdrawn on"
"""
