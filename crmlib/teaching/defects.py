"""The defects planted in the teaching company's data, each one known by table, file, row key, column and kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from crmlib.teaching import plan
from crmlib.teaching.people import stream
from crmlib.teaching.world import LAST, stamps

COLUMNS = ["table", "file", "key", "column", "kind"]


class Defects:
    """Plants defects and keeps the list of them."""

    def __init__(self, seed: int) -> None:
        self.rng: Generator = stream(seed, 40)
        self.found: list[pd.DataFrame] = []

    def truth(self) -> pd.DataFrame:
        """One row per planted defect."""
        return pd.concat(self.found, ignore_index=True) if self.found else pd.DataFrame(columns=COLUMNS)

    def note(self, table: str, file: str, keys: pd.Series, column: str, kind: str) -> None:
        """Keep what was planted."""
        listed = pd.DataFrame({"key": keys.astype(str).to_numpy(dtype=object)})
        self.found.append(listed.assign(table=table, file=file, column=column, kind=kind)[COLUMNS])

    def pick(self, n: int, kind: str, among: np.ndarray | None = None) -> np.ndarray:
        """Rows that get the defect: its share of those `among`, at least one where there are any."""
        fit = np.arange(n) if among is None else np.flatnonzero(among)
        count = min(len(fit), max(1, round(plan.DEFECTS[kind] * len(fit))))
        return np.sort(self.rng.permutation(fit)[:count])


def late(frames: dict[str, pd.DataFrame], defects: Defects) -> None:
    """Rows that arrive days late: some orders and customers, and every order of the shop on the days of the outage."""
    if "orders" in frames:
        o = frames["orders"]
        day = (o["ordered_at"] - pd.Timestamp(plan.START)).dt.total_seconds().to_numpy() / 86400
        lost = (day >= plan.OUTAGE[0]) & (day < plan.OUTAGE[1] + 1) & (o["source_system"] == "shop").to_numpy()
        arrives = (o["recorded_at"] - pd.Timestamp(plan.START)).dt.total_seconds().to_numpy() / 86400
        arrives[lost] = plan.OUTAGE_ARRIVES + defects.rng.uniform(0, 0.4, int(lost.sum()))
        rows = defects.pick(len(o), "late_order", ~lost & (day < plan.DAYS - 13))
        arrives[rows] = day[rows] + defects.rng.uniform(3, 11, len(rows))
        o["recorded_at"] = stamps(arrives)
        defects.note("orders", "", o["order_id"][lost], "recorded_at", "outage")
        defects.note("orders", "", o["order_id"].iloc[rows], "recorded_at", "late_order")
    if "customers" in frames:
        c = frames["customers"]
        day = (c["acquired_on"] - pd.Timestamp(plan.START)).dt.days.to_numpy()
        rows = defects.pick(len(c), "late_customer", day < plan.DAYS - 22)
        arrives = (c["recorded_at"] - pd.Timestamp(plan.START)).dt.total_seconds().to_numpy() / 86400
        arrives[rows] = np.minimum(day[rows] + defects.rng.uniform(4, 20, len(rows)), LAST)
        c["recorded_at"] = stamps(arrives)
        c["updated_at"] = c[["updated_at", "recorded_at"]].max(axis=1)
        defects.note("customers", "", c["customer_id"].iloc[rows], "recorded_at", "late_customer")


def spoil(files: dict[str, pd.DataFrame], defects: Defects) -> None:
    """Defects inside the exported files."""
    for name in list(files):
        frame = files[name]
        if name.startswith("shop_orders"):
            _overwrite(files, name, "orders", "订单号", "下单时间", "wrong_date", "2025/13/41 10:00:00", defects)
            files[name] = _repeat(files[name], "orders", name, "订单号", defects)
        elif name == "crm_sales.csv.gz":
            _overwrite(files, name, "orders", "Receipt", "Sold at", "wrong_date", "31.02.2025 09:30:00", defects)
        elif name == "erp_invoices.parquet":
            rows = defects.pick(len(frame), "negative_amount")
            frame.loc[rows, "amount_fen"] = -frame.loc[rows, "amount_fen"]
            defects.note("orders", name, frame["invoice_no"].iloc[rows], "amount", "negative_amount")
        elif name == "desk_cases.csv.gz":
            _overwrite(files, name, "tickets", "Case", "Priority", "unknown_code", "P9", defects)
            files[name] = _repeat(files[name], "tickets", name, "Case", defects)
        elif name == "shop_members.csv.gz":
            _overwrite(files, name, "customers", "会员编号", "客户类型", "unknown_code", "机构", defects)
            _people(files, name, "会员编号", "手机号", "邮箱", "生日", "/", defects)
        elif name == "crm_contacts.csv.gz":
            _people(files, name, "Contact ID", "Mobile", "E-mail", "Birthday", ".", defects)


def _overwrite(
    files: dict[str, pd.DataFrame],
    name: str,
    table: str,
    key: str,
    column: str,
    kind: str,
    value: str,
    defects: Defects,
) -> None:
    frame = files[name]
    rows = defects.pick(len(frame), kind)
    frame[column] = frame[column].astype(object)
    frame.loc[rows, column] = value
    defects.note(table, name, frame[key].iloc[rows], column, kind)


def _repeat(frame: pd.DataFrame, table: str, name: str, key: str, defects: Defects) -> pd.DataFrame:
    rows = defects.pick(len(frame), "duplicate_row")
    defects.note(table, name, frame[key].iloc[rows], "", "duplicate_row")
    return pd.concat([frame, frame.iloc[rows]], ignore_index=True)


def _people(
    files: dict[str, pd.DataFrame],
    name: str,
    key: str,
    phone: str,
    email: str,
    birthday: str,
    sign: str,
    defects: Defects,
) -> None:
    frame = files[name]
    for column, kind in ((phone, "phone_too_short"), (email, "email_without_at")):
        rows = defects.pick(len(frame), kind, frame[column].notna().to_numpy())
        text = frame[column].astype(object)
        bad = (
            text.iloc[rows].str.replace("@", ".", regex=False)
            if column == email
            else text.iloc[rows].str[:5].str.strip()
        )
        text.iloc[rows] = bad.to_numpy()
        frame[column] = text
        defects.note("customers", name, frame[key].iloc[rows], column, kind)
    old = defects.pick(len(frame), "birthday_1900", frame[birthday].notna().to_numpy())
    rest = frame[birthday].notna().to_numpy().copy()
    rest[old] = False
    future = defects.pick(len(frame), "birthday_future", rest)
    dates = {"/": ("1900/01/01", "2031/07/15"), ".": ("01.01.1900", "15.07.2031")}[sign]
    for rows, kind, value in ((old, "birthday_1900", dates[0]), (future, "birthday_future", dates[1])):
        frame.loc[rows, birthday] = value
        defects.note("customers", name, frame[key].iloc[rows], birthday, kind)
