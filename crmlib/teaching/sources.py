"""The exports of the teaching company's systems: headings, formats, encodings and codes of their own.

The shop writes Chinese in GB18030, the CRM English with semicolons and dates with dots, the ERP Parquet with amounts in
fen. `WRITTEN` says how each file is written; `datasets/teaching/company.toml` is what brings them to one form again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlib.teaching.names import CITY_ZH
from crmlib.teaching.people import CITIES

ZH: Final = {
    "type": {"person": "个人", "company": "企业"},
    "region": {
        "East China": "华东",
        "North China": "华北",
        "South China": "华南",
        "South-west China": "西南",
        "Central China": "华中",
        "Abroad": "海外",
    },
    "city": dict(zip(CITIES, CITY_ZH, strict=True)),
    "industry": {
        "manufacturing": "制造",
        "retail": "零售",
        "logistics": "物流",
        "healthcare": "医疗",
        "finance": "金融",
        "education": "教育",
    },
    "role": {"purchasing": "采购", "technical": "技术", "user": "使用者", "management": "管理层"},
    "channel": {
        "app": "手机应用",
        "online": "官网",
        "marketplace": "电商平台",
        "store": "门店",
        "sales_rep": "销售代表",
    },
    "acquisition_channel": {
        "online": "官网",
        "marketplace": "电商平台",
        "store": "门店",
        "social": "社交媒体",
        "wechat": "微信",
        "sales_rep": "销售代表",
        "referral": "老客户推荐",
    },
    "category": {
        "kitchen": "厨房用品",
        "storage": "收纳",
        "textiles": "家纺",
        "gifts": "礼品",
        "consumables": "耗材",
        "office": "办公家具",
        "shelving": "货架",
        "parts": "配件",
    },
}
MEMBERS: Final = {
    "customer_id": "会员编号",
    "name": "姓名",
    "type": "客户类型",
    "region": "大区",
    "city": "城市",
    "industry": "行业",
    "role": "决策角色",
    "acquired_on": "注册日期",
    "acquisition_channel": "来源渠道",
    "birthday": "生日",
    "phone": "手机号",
    "email": "邮箱",
    "wechat": "微信号",
    "updated_at": "更新时间",
    "recorded_at": "入库时间",
}
CONTACTS: Final = {
    "customer_id": "Contact ID",
    "name": "Full name",
    "type": "Kind",
    "region": "Region",
    "city": "City",
    "industry": "Industry",
    "role": "Decision role",
    "acquired_on": "First seen",
    "acquisition_channel": "Lead source",
    "birthday": "Birthday",
    "owner": "Account manager",
    "phone": "Mobile",
    "email": "E-mail",
    "wechat": "WeChat",
    "updated_at": "Last modified",
    "recorded_at": "Created in CRM",
}
SHOP_ORDERS: Final = {
    "order_id": "订单号",
    "customer_id": "会员编号",
    "ordered_at": "下单时间",
    "amount": "订单金额",
    "margin": "毛利",
    "refunded": "退款金额",
    "refunded_at": "退款时间",
    "discount": "折扣率",
    "lines": "商品行数",
    "channel": "渠道",
    "category": "品类",
    "recorded_at": "同步时间",
}
SALES: Final = {
    "order_id": "Receipt",
    "customer_id": "Contact ID",
    "ordered_at": "Sold at",
    "amount": "Total CNY",
    "margin": "Margin CNY",
    "refunded": "Paid back CNY",
    "refunded_at": "Paid back at",
    "discount": "Discount",
    "lines": "Lines",
    "channel": "Sold through",
    "category": "Category",
    "recorded_at": "Booked at",
}
CASES: Final = {
    "ticket_id": "Case",
    "customer_id": "Customer no",
    "opened_at": "Opened",
    "first_response_at": "First answer",
    "resolved_at": "Solved",
    "severity": "Priority",
    "category": "Kind",
    "cause": "Cause",
    "diagnosed_at": "Diagnosed",
    "reopened": "Reopened",
    "reopened_at": "Reopened at",
    "found_by": "Found by",
    "recorded_at": "Entered",
}
PRIORITY: Final = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}
FILES: Final = {
    "customers": {"shop": "shop_members.csv.gz", "crm": "crm_contacts.csv.gz", "erp": "erp_partners.parquet"},
    "orders": {"shop": "shop_orders_{year}.csv.gz", "crm": "crm_sales.csv.gz", "erp": "erp_invoices.parquet"},
    "interactions": {"": "marketing_contacts.parquet"},
    "tickets": {"": "desk_cases.csv.gz"},
    "surveys": {"": "survey_answers.parquet"},
    "activity": {"": "web_use.parquet"},
    "consents": {"": "consents.parquet"},
    "actions": {"": "actions.csv.gz"},
}


@dataclass(frozen=True)
class Text:
    """How a text file is written."""

    encoding: str = "utf-8"
    delimiter: str = ","


WRITTEN: Final = {"shop": Text("gb18030"), "crm": Text("utf-8-sig", ";"), "desk": Text("utf-8", "\t")}


def sources(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The canonical tables as the systems export them, by file name."""
    out: dict[str, pd.DataFrame] = {}
    if "customers" in frames:
        out |= _customers(frames["customers"])
    if "orders" in frames:
        out |= _orders(frames["orders"])
    if "tickets" in frames:
        t = frames["tickets"]
        t = t.assign(severity=_coded(t["severity"], PRIORITY), reopened=np.where(t["reopened"], "yes", "no"))
        out["desk_cases.csv.gz"] = _headed(_written(t, "%Y-%m-%d %H:%M:%S"), CASES)
    if "actions" in frames:
        out["actions.csv.gz"] = _written(frames["actions"], "%Y-%m-%d %H:%M:%S", days=("proposed_on", "due_on"))
    for table in ("interactions", "surveys", "activity", "consents"):
        if table in frames:
            out[FILES[table][""]] = frames[table]
    return out


def _customers(c: pd.DataFrame) -> dict[str, pd.DataFrame]:
    shop, crm, erp = (c[c["source_system"] == s].reset_index(drop=True) for s in ("shop", "crm", "erp"))
    shop = shop.assign(**{name: _coded(shop[name], ZH[name]) for name in MEMBERS if name in ZH})
    crm = crm.assign(phone=_spaced(crm["phone"], ""))
    erp = erp.assign(phone=_spaced(erp["phone"], "+86 "))
    return {
        "shop_members.csv.gz": _headed(_written(shop, "%Y/%m/%d %H:%M:%S", days=("acquired_on", "birthday")), MEMBERS),
        "crm_contacts.csv.gz": _headed(_written(crm, "%d.%m.%Y %H:%M:%S", days=("acquired_on", "birthday")), CONTACTS),
        "erp_partners.parquet": erp.drop(columns=["source_system"]).rename(columns={"customer_id": "partner_no"}),
    }


def _orders(o: pd.DataFrame) -> dict[str, pd.DataFrame]:
    shop, crm, erp = (o[o["source_system"] == s].reset_index(drop=True) for s in ("shop", "crm", "erp"))
    year = shop["ordered_at"].dt.year
    shop = shop.assign(**{name: _coded(shop[name], ZH[name]) for name in ("channel", "category")})
    shop = _headed(_written(shop, "%Y/%m/%d %H:%M:%S"), SHOP_ORDERS)
    out = {f"shop_orders_{y}.csv.gz": shop[year == y].reset_index(drop=True) for y in sorted(year.unique())}
    out["crm_sales.csv.gz"] = _headed(_written(crm, "%d.%m.%Y %H:%M:%S"), SALES)
    fen = {f"{name}_fen": (erp[name] * 100).round().astype("Int64") for name in ("amount", "margin", "refunded")}
    erp = erp.drop(columns=["amount", "margin", "refunded", "source_system"]).assign(**fen)
    out["erp_invoices.parquet"] = erp.rename(columns={"order_id": "invoice_no", "customer_id": "partner_no"})
    return out


def _coded(column: pd.Series, names: dict[str, str]) -> pd.Series:
    return column.astype(object).map(names).where(column.notna(), None)


def _headed(frame: pd.DataFrame, headings: dict[str, str]) -> pd.DataFrame:
    return frame[list(headings)].rename(columns=headings)


def _spaced(phones: pd.Series, prefix: str) -> pd.Series:
    """Numbers as people write them: 147 0001 2345."""
    text = phones.astype(object)
    return text.where(text.isna(), prefix + text.str[:3] + " " + text.str[3:7] + " " + text.str[7:])


def _written(frame: pd.DataFrame, style: str, days: tuple[str, ...] = ()) -> pd.DataFrame:
    """Dates and times as text in the system's own style."""
    out = frame.copy()
    for name in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            text = frame[name].dt.strftime(style.split(" ")[0] if name in days else style)
            out[name] = text.astype(object).where(frame[name].notna(), None)
    return out
