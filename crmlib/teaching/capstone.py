"""The raw folder of the capstone: a small company from a seed of the trainee's own, as its systems would hand it over.

`python -m crmlib.teaching.capstone FOLDER SEED [--solved]` writes it; with `--solved` the company.toml that reads it rightly too,
by which answers are checked: what is planted is known from the seed and lies nowhere else. Planted are a month that is cut off,
days in two forms in one column, two headings that stand over each other's column, a heading with a currency that is not that of
the amounts, customers on record twice, formulas that nobody computed, and telephone numbers in a column of remarks.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from openpyxl import Workbook

from crmlib.teaching import plan
from crmlib.teaching.capstone_mapping import CONSENTS, CONTACTS, PEOPLE, PRIORITY, SALES, SERVICE, SHOP, solved
from crmlib.teaching.people import stream
from crmlib.teaching.sources import ZH
from crmlib.teaching.world import tables, world

CUSTOMERS: Final = 700
WANTED: Final = ("customers", "orders", "interactions", "tickets", "consents")
REMARKED: Final = 0.3
"""Share of the records that bear a remark."""
REMARKS: Final = (
    "call {phone} after six",
    "husband's number {phone}",
    "prefers e-mail",
    "new number {phone}",
    "asks for Ms Lin",
)


def cut_on(seed: int) -> pd.Timestamp:
    """The day on whose morning the files were exported: the month that it lies in is cut off."""
    return pd.Timestamp(plan.END.replace(day=9)) + timedelta(days=seed % 10)


def frames(seed: int) -> dict[str, pd.DataFrame]:
    """The canonical tables of the company of a seed, up to the day of the export."""
    made = world(CUSTOMERS, seed, WANTED)
    out, end = tables(made, WANTED), cut_on(seed)
    begins = {"customers": "acquired_on", "orders": "ordered_at", "interactions": "at", "tickets": "opened_at"}
    for name, frame in out.items():
        kept = frame[frame[begins.get(name, "granted_at")] < end].reset_index(drop=True)
        for column in kept.select_dtypes("datetime"):
            if column != "birthday":
                kept[column] = kept[column].where(kept[column] < end)
        out[name] = kept
    orders = out["orders"]
    orders["refunded"] = orders["refunded"].where(orders["refunded_at"].notna(), 0.0)
    return out


def raw(seed: int) -> dict[str, pd.DataFrame]:
    """The files of the folder as frames of text, by name."""
    made, rng = frames(seed), stream(seed, 60)
    orders = made["orders"]
    at_shop = (orders["source_system"] == "shop").to_numpy()
    return {
        SHOP: _shop(orders[at_shop], rng),
        SALES: _sales(orders[~at_shop]),
        PEOPLE: _people(made["customers"], rng),
        SERVICE: _service(made["tickets"]),
        CONTACTS: _contacts(made["interactions"]),
        CONSENTS: _consents(made["consents"]),
    }


def write(folder: Path, seed: int) -> None:
    """Write the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in raw(seed).items():
        if name.endswith(".xlsx"):
            _write_book(folder / name, frame)
        else:
            how = {SHOP: ("gb18030", ","), SALES: ("utf-8-sig", ";")}.get(name, ("utf-8", ","))
            frame.to_csv(folder / name, index=False, encoding=how[0], sep=how[1], lineterminator="\n")


def _shop(orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The shop's export: days in another form since its system was changed, on a day by lot."""
    changed = orders["ordered_at"].quantile(float(rng.uniform(0.4, 0.7)))
    old, new = (orders["ordered_at"].dt.strftime(form) for form in ("%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M"))
    return pd.DataFrame(
        {
            "订单号": orders["order_id"],
            "会员编号": orders["customer_id"].astype(str),
            "下单时间": old.where(orders["ordered_at"] < changed, new),
            "订单金额": orders["amount"],
            "毛利": orders["margin"],
            "退款金额": orders["refunded"],
            "渠道": orders["channel"].astype(str).map(ZH["channel"]),
            "品类": orders["category"].astype(str).map(ZH["category"]),
        }
    )


def _sales(orders: pd.DataFrame) -> pd.DataFrame:
    """The sales export, made with another subsidiary's template: Margin and Paid back stand over each other's column."""
    return pd.DataFrame(
        {
            "Receipt": orders["order_id"],
            "Customer no": orders["customer_id"].astype(str),
            "Sold at": orders["ordered_at"].dt.strftime("%Y-%m-%d %H:%M"),
            "Total USD": orders["amount"],
            "Margin": orders["refunded"],
            "Paid back": orders["margin"],
            "Sold through": orders["channel"].astype(str),
            "Category": orders["category"].astype(str),
        }
    )


def _people(customers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """All records of all systems in one file, and remarks with telephone numbers in them."""
    n = len(customers)
    phone = [f"147 {a:04} {b:04}" for a, b in rng.integers(0, 9999, (n, 2))]
    lot, which = rng.random(n), rng.integers(0, len(REMARKS), n)
    remark = [REMARKS[i].format(phone=p) if x < REMARKED else "" for i, p, x in zip(which, phone, lot, strict=True)]
    return pd.DataFrame(
        {
            "No": customers["customer_id"].astype(str),
            "Name": customers["name"],
            "Kind": customers["type"].astype(str),
            "City": customers["city"].astype(object),
            "Customer since": customers["acquired_on"].dt.strftime("%Y-%m-%d"),
            "Phone": customers["phone"],
            "E-mail": customers["email"],
            "WeChat": customers["wechat"],
            "Birthday": customers["birthday"].dt.strftime("%Y-%m-%d"),
            "Account manager": customers["owner"].astype(object),
            "Remark": remark,
        }
    )


def _service(tickets: pd.DataFrame) -> pd.DataFrame:
    days = {name: tickets[name] for name in ("opened_at", "first_response_at", "resolved_at")}
    return pd.DataFrame(
        {
            "Case": tickets["ticket_id"],
            "Customer no": tickets["customer_id"].astype(str),
            "Opened": days["opened_at"],
            "First answer": days["first_response_at"],
            "Solved": days["resolved_at"],
            "Priority": tickets["severity"].astype(str).map(PRIORITY),
            "Kind": tickets["category"].astype(str),
            "Days open": [f"=E{row}-C{row}" for row in range(2, len(tickets) + 2)],
        }
    )


def _contacts(contacts: pd.DataFrame) -> pd.DataFrame:
    form = "%Y-%m-%d %H:%M:%S"
    return pd.DataFrame(
        {
            "Customer no": contacts["customer_id"].astype(str),
            "At": contacts["at"].dt.strftime(form),
            "Channel": contacts["channel"].astype(str),
            "Direction": contacts["direction"].astype(str),
            "Purpose": contacts["purpose"].astype(str),
            "Answered at": contacts["responded_at"].dt.strftime(form),
        }
    )


def _consents(consents: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Customer no": consents["customer_id"].astype(str),
            "Channel": consents["channel"].astype(str),
            "Purpose": consents["purpose"].astype(str),
            "Given on": consents["granted_at"].dt.strftime("%Y-%m-%d"),
            "Withdrawn on": consents["withdrawn_at"].dt.strftime("%Y-%m-%d"),
        }
    )


def _write_book(path: Path, frame: pd.DataFrame) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet("Cases")
    page.append(list(frame.columns))
    for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False):
        page.append([v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for v in row])
    book.save(path)


def told(seed: int) -> dict[str, Any]:
    """What is to be said of the folder: the day of the export, and the last month that is whole."""
    end = cut_on(seed)
    return {"exported_on": f"{end:%Y-%m-%d}", "month": f"{end.replace(day=1) - timedelta(days=1):%Y-%m}"}


def main(arguments: list[str]) -> int:
    """Write the folder of a seed; what is to be said of it as one line of JSON."""
    folder, seed = Path(arguments[0]), int(arguments[1])
    write(folder, seed)
    if "--solved" in arguments:
        (folder / "company.toml").write_text(solved(), encoding="utf-8")
    print(json.dumps(told(seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
