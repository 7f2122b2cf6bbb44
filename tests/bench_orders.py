"""Speed and memory on very many orders, as ratios of ways that run in turn: `python -m tests.bench orders [MILLIONS]` (10).

A generator of its own makes the orders within DuckDB (a quarter of a minute for ten million), frozen as by a review. Each way
runs in a process of its own, in turn, three times; told are medians, and the memory resident at its highest. `whole` adds the
border on the same orders in one Parquet file, against DuckDB's own aggregate of that file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import duckdb

from tests import by_hand

AS_OF = date(2026, 10, 31)
FIRST = date(2023, 11, 1)
EACH, TIMES = 6.7, 3
"""Orders of a customer on average, and how often each way is run."""
WAYS = {
    "summary": ("ours", "lifetimes", "pandas", "by_hand", "scan"),
    "cohorts": ("ours", "pandas", "by_hand", "scan"),
    "border": ("ours", "scan"),
}
ORDERS = """
    with customers as (
        select i, cast(hash(i) % 1000 as int) as born, -ln((1 + hash(i, 1) % 999999) / 1e6) as pace
        from range({customers}) r(i)
    ),
    bought as (
        select i, born, k, cast(hash(i, k) % 1000000007 as bigint) as h
        from customers, range(1 + cast(floor({each} * 0.87 * pace) as bigint)) n(k)
    )
    select
        'o' || row_number() over () as order_id, 'c' || i as customer_id,
        date '{first}' + cast(born + (case when k = 0 then 0 else (h % 1000) / 1000.0 * (1095 - born) end) as int)
            + interval 1 second * (h % 86400) as ordered_at,
        cast(5 + (h % 20000) / 100.0 as decimal(18, 4)) as amount,
        case when h % 50 = 0 then cast(5 as decimal(18, 4)) end as refunded,
        ['web', 'app', 'store'][1 + h % 3] as channel
    from bought
"""


def orders(engine: duckdb.DuckDBPyConnection, millions: float) -> None:
    """Makes the table `made` of about so many million orders."""
    customers = int(millions * 1e6 / EACH)
    engine.execute(f"create table made as {ORDERS.format(customers=customers, each=EACH, first=FIRST)}")


def freeze(engine: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The orders as a frozen table, by customer and time."""
    from crmlib.vocabulary.schema import TABLES
    from tests.small_company import complete

    there = {"order_id", "customer_id", "ordered_at", "amount", "refunded", "channel"}
    columns = ", ".join(
        f"cast({name if name in there else 'null'} as {_sql(kind)}) as {name}"
        for name, kind in TABLES["orders"].frozen.items()
    )
    path = folder / "orders.parquet"
    engine.execute(f"copy (select {columns} from made order by customer_id, ordered_at) to '{path}' (format parquet)")
    (folder / "about.json").write_text("{}")
    complete(folder)


def _sql(kind: Any) -> str:
    if kind.is_decimal():
        return "decimal(18, 4)"
    names = {"string": "varchar", "int64": "bigint", "float64": "double", "boolean": "boolean", "date": "date"}
    return names.get(str(kind), "timestamp")


def highest() -> float:
    """Gigabytes that this process had resident at its highest: `getrusage` would give a child what its parent had, on Linux."""
    status = Path("/proc/self/status")
    if not status.exists():
        return getrusage(RUSAGE_SELF).ru_maxrss / 2**30
    return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 2**20


def once(what: str, way: str, folder: Path) -> dict[str, float]:
    """Seconds and gigabytes of one way, in this process; what it imports is not counted in its seconds."""
    work = {"ours": _ours, "by_hand": _sql_of, "scan": _sql_of}.get(way, _pandas)(what, way, folder)
    begun = time.perf_counter()
    work()
    return {"seconds": time.perf_counter() - begun, "gigabytes": highest()}


def _ours(what: str, _way: str, folder: Path) -> Callable[[], object]:
    from crmlib.border.company import load_description
    from crmlib.border.ingest import ingest
    from crmlib.facts import lives
    from crmlib.facts.company import Company, read_company
    from crmlib.measures import retention
    from crmlib.vocabulary.policy import Policy

    policy = Policy.model_validate({})

    def company() -> Company:
        return read_company(folder, as_of=AS_OF, policy=policy)

    if what == "border":
        described = load_description(folder / "raw" / "company.toml")
        return lambda: ingest(described, Path(mkdtemp(dir=folder)), policy=policy)
    if what == "summary":
        return lambda: lives.summary(company()).to_pyarrow()
    return lambda: retention.cohorts(company())


def _sql_of(what: str, way: str, folder: Path) -> Callable[[], object]:
    file, raw = folder / "orders.parquet", folder / "raw" / "sales.parquet"
    sql = f"select count(customer_id), max(ordered_at), sum(amount), sum(refunded) from '{file}'"
    if what == "border":
        sql = f"select customer_id, count(*), min(ordered_at), max(ordered_at), sum(amount) from '{raw}' group by 1"
    elif way == "by_hand":
        sql = getattr(by_hand, what)(f"'{file}'", AS_OF)
    return lambda: duckdb.sql(sql).to_arrow_table()


def _pandas(what: str, way: str, folder: Path) -> Callable[[], object]:
    """What one writes without thinking of speed, and lifetimes, from the same file."""
    import pandas as pd

    if way == "lifetimes":
        from lifetimes.utils import summary_data_from_transaction_data

    def rows() -> pd.DataFrame:
        columns = ["customer_id", "ordered_at", "amount", "refunded"]
        frame = pd.read_parquet(folder / "orders.parquet", columns=columns)
        return frame.assign(net=frame["amount"].astype(float) - frame["refunded"].astype(float).fillna(0.0))

    def summary() -> pd.DataFrame:
        days = rows().assign(day=lambda f: f["ordered_at"].dt.normalize())
        paid = days.groupby(["customer_id", "day"], as_index=False)["net"].sum().query("net > 0")
        each = paid.groupby("customer_id")
        first, last = each["day"].min(), each["day"].max()
        value = paid[paid.duplicated("customer_id")].groupby("customer_id")["net"].mean()
        length = (pd.Timestamp(AS_OF) - first).dt.days
        return pd.DataFrame(
            {"frequency": each.size() - 1, "recency": (last - first).dt.days, "T": length, "value": value}
        )

    def cohorts() -> pd.DataFrame:
        frame = rows()
        month = frame["ordered_at"].dt.year * 12 + frame["ordered_at"].dt.month
        months = pd.DataFrame({"customer_id": frame["customer_id"], "month": month})
        months["cohort"] = months.groupby("customer_id")["month"].transform("min")
        months["later"] = months["month"] - months["cohort"]
        return months.groupby(["cohort", "later"])["customer_id"].nunique().unstack()

    if way == "lifetimes":
        return lambda: summary_data_from_transaction_data(
            rows(), "customer_id", "ordered_at", monetary_value_col="net", observation_period_end=pd.Timestamp(AS_OF)
        )
    return summary if what == "summary" else cohorts


def _raw(engine: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The same orders as a company would export them: one Parquet file."""
    raw = folder / "raw"
    raw.mkdir()
    engine.execute(f"copy (select * from made) to '{raw / 'sales.parquet'}' (format parquet)")
    fields = "\n".join(
        f'{name} = "{name}"' for name in ("order_id", "customer_id", "ordered_at", "amount", "refunded", "channel")
    )
    head = 'name = "big"\ncurrency = "CNY"\n[orders]\nfrom = "sales.parquet"\n[orders.fields]\n'
    (raw / "company.toml").write_text(head + fields + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Print medians, ratios to ours, and memory."""
    millions = float(arguments[0]) if arguments else 10.0
    with TemporaryDirectory() as home, duckdb.connect() as engine:
        folder = Path(home)
        begun = time.perf_counter()
        orders(engine, millions)
        n, customers = engine.execute("select count(*), count(distinct customer_id) from made").fetchone()  # type: ignore[misc]
        freeze(engine, folder)
        whole = "whole" in arguments
        if whole:
            _raw(engine, folder)
        engine.close()
        packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "ibis-framework", "lifetimes", "pandas"))
        print(
            f"{n:,} orders of {customers:,} customers, made and frozen in {time.perf_counter() - begun:.0f} s; {packages}"
        )
        for what, ways in WAYS.items():
            if what != "border" or whole:
                _told(what, ways, folder)


def _told(what: str, ways: tuple[str, ...], folder: Path) -> None:
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _time in range(TIMES):
        for way in ways:
            code = (
                f"from tests.bench_orders import *; print(json.dumps(once({what!r}, {way!r}, Path({str(folder)!r}))))"
            )
            ran = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
            )
            if ran.returncode:
                print(f"  {way} cannot run: {ran.stderr.strip().splitlines()[-1]}")
                break
            runs[way].append(json.loads(ran.stdout.splitlines()[-1]))
    ours = median(run["seconds"] for run in runs["ours"])
    for way, told in runs.items():
        if told:
            seconds = [run["seconds"] for run in told]
            line = f"{what:<8} {way:<10} {median(seconds):7.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"
            ratio = "" if way == "ours" else f"  {median(seconds) / ours:6.2f} times ours"
            print(f"{line}  {max(run['gigabytes'] for run in told):5.2f} GB{ratio}", flush=True)
