"""Speed, mostly as ratios within one run, so that they say the same on another machine: `python -m tests.bench`.

`python -m tests.bench models 1000000` times the models alone, on so many customers, `month_ends 1000000` what is known at
month ends alone. Wall-clock seconds, and of the models also seconds of processor, which other work on the machine moves less.

Ours against lifetimes and against the usual pandas on the same rows, and of two million orders against SQL by hand; then
records a second brought together, rows a second at the border, and the seconds of the six chapters' cells, pictures included.
`python -m tests.bench entities` brings together alone, `channels` allocates channels, `orders 10` takes ten million orders
(`bench_orders.py`). Nothing is asserted: the figures are there to be read.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import ibis
import nbformat
import numpy as np
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from crmlib.border.company import load_description
from crmlib.border.identity.resolution import resolve
from crmlib.border.ingest import ingest
from crmlib.facts import looks
from crmlib.facts.company import read_company
from crmlib.models import bgnbd, gamma_gamma, mbgnbd, pareto_nbd
from crmlib.models.allocation import Limits, plan
from crmlib.teaching.make import make, write
from crmlib.teaching.plan import SEED
from crmlib.vocabulary.policy import Policy, load
from crmlib.vocabulary.schema import TABLES
from tests import bench_orders
from tests.small_company import complete
from tests.test_identity import company as contacts

AS_OF = date(2026, 10, 31)
PROJECT = Path(__file__).parents[1]
SIMULATED, PEOPLE, COMPANY, TIMES = 200_000, 44_000, 10_000, 10
"""Customers of the models' rows, behind the records brought together (about 50,000), of the company
that passes the border, and how often it is repeated for the chapters."""
REPEATS = 5
CONTACTED = 100_000
"""Customers among whom channels are allocated."""


def line(what: str, size: str, ours: str, other: str = "", ratio: str = "") -> None:
    print(f"{what:<30} {size:>22} {ours:>16} {other:>20} {ratio:>9}", flush=True)


def timed(work: Callable[[], Any], repeats: int = 1) -> tuple[float, Any]:
    """Seconds of the quickest of `repeats` runs, and what the last one gave."""
    best, given = float("inf"), None
    for _run in range(repeats):
        start = time.perf_counter()
        given = work()
        best = min(best, time.perf_counter() - start)
    return best, given


def against(
    what: str, size: str, ours: Callable[[], Any], name: str, other: Callable[[], Any], *, processor: bool = False
) -> tuple[Any, Any]:
    """Prints a line, with `processor` a second one of processor time; what both gave, None from who cannot run."""
    start = time.process_time()
    mine, given = timed(ours, REPEATS)
    busy, start = (time.process_time() - start) / REPEATS, time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs, others = timed(other)
    except Exception as error:
        line(what, size, f"{mine:.3f} s", f"{name} cannot run: {type(error).__name__}")
        return given, None
    line(what, size, f"{mine:.3f} s", f"{name} {theirs:.2f} s", f"{theirs / mine:.0f} times")
    if processor:
        used = time.process_time() - start
        line("  of processor", "", f"{busy:.3f} s", f"{name} {used:.2f} s", f"{used / busy:.0f} times")
    return given, others


def simulated(n: int) -> pd.DataFrame:
    """Histories in weeks of `n` customers who buy as BG/NBD says, with order values as Gamma-Gamma says."""
    rng = np.random.default_rng(SEED)
    rate, leaving, age = rng.gamma(0.6, 1 / 9, n), rng.beta(0.8, 2.5, n), rng.integers(20, 105, n).astype(float)
    x, t_x, now, alive = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    while alive.any():
        now = np.where(alive, now + rng.exponential(1 / rate), now)
        alive &= now <= age
        x, t_x = x + alive, np.where(alive, now, t_x)
        alive &= rng.random(n) >= leaving
    t_x = np.where(x > 0, np.maximum(np.ceil(t_x * 7) / 7, 1 / 7), 0.0)
    mean = rng.gamma(np.maximum(4.0 * x, 1)) / np.maximum(x, 1) * 200 / rng.gamma(3.0, size=n)
    money = np.where(x > 0, np.maximum(mean.round(2), 0.01), 0.0)
    return pd.DataFrame({"frequency": x, "recency": t_x, "T": age, "monetary_value": money, "time_unit": "weeks"})


def models(customers: int) -> None:
    from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter

    folder = Path(str(find_spec("lifetimes").origin)).parent / "datasets"  # type: ignore[union-attr]
    cdnow = pd.read_csv(folder / "cdnow_customers_summary_with_transactions.csv").assign(time_unit="weeks")
    cdnow = cdnow.rename(columns={"x": "frequency", "t_x": "recency", "zbar": "monetary_value"})
    kinds: list[tuple[str, Any, Any]] = [("BG/NBD", bgnbd.fit, BetaGeoFitter)]
    more: list[tuple[str, Any, Any]] = [
        ("MBG/NBD", mbgnbd.fit, ModifiedBetaGeoFitter),
        ("Pareto/NBD", pareto_nbd.fit, ParetoNBDFitter),
    ]
    for rows, source in ((cdnow, "CDNOW"), (simulated(customers), "simulated")):
        size = f"{source}, {len(rows):,}"
        again = rows[(rows["frequency"] > 0) & (rows["monetary_value"] > 0)]
        history, spent = [rows[c] for c in ("frequency", "recency", "T")], [again["frequency"], again["monetary_value"]]
        money: list[tuple[str, Any, Any]] = [("Gamma-Gamma", gamma_gamma.fit, GammaGammaFitter)]
        for name, ours, theirs in kinds + (more if source == "CDNOW" else []) + money:
            known = spent if name == "Gamma-Gamma" else history
            compare(name, size, lambda f=ours, r=rows: f(r), lambda c=theirs, k=known: c().fit(*k))  # type: ignore[misc]


def compare(name: str, size: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    """A model's fit by both, and how far the parameters are apart."""
    mine, other = against(f"{name} fit", size, ours, "lifetimes", theirs, processor=True)
    if other is not None:
        found = np.array(mine.fit.values)
        apart = np.abs(other.params_.to_numpy() / found - 1).max()
        line("  parameters apart by", "", f"{apart:.1e}")


def month_ends(customers: int) -> None:
    """What is known of each customer at twelve month ends, against plain pandas; and the memory at its highest, each in a process
    of its own.
    """
    with TemporaryDirectory() as home:
        folder, rng = Path(home), np.random.default_rng(SEED)
        who, day = rng.integers(0, customers, 10 * customers), rng.integers(0, 730, 10 * customers)
        first = np.datetime64(AS_OF) - 729
        frame = pd.DataFrame(
            {"order_id": np.arange(len(who)), "customer_id": who, "ordered_at": first + day, "amount": 10.0}
        )
        given = ibis.memtable(frame.assign(ordered_at=frame["ordered_at"].astype("datetime64[us]")))
        kinds = TABLES["orders"].frozen
        typed = given.select(**{c: given[c].cast(k) if c in given.columns else ibis.null(k) for c, k in kinds.items()})
        typed.order_by("customer_id", "ordered_at").to_parquet(folder / "orders.parquet")
        (folder / "about.json").write_text("{}")
        complete(folder)
        spent = {}
        for way in ("ours", "pandas"):
            code = f"from tests.bench import month_ends_by; month_ends_by({way!r}, {str(folder)!r})"
            told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
            spent[way] = [float(x) for x in told.stdout.split()]
    (mine, held), (theirs, others) = spent["ours"], spent["pandas"]
    line(
        "month ends",
        f"{customers:,} customers",
        f"{mine:.1f} s",
        f"pandas {theirs:.1f} s",
        f"{theirs / mine:.1f} times",
    )
    line("  memory", "", f"{held:.2f} GB", f"pandas {others:.2f} GB", f"{held / others:.2f} of it")


def month_ends_by(way: str, folder: str) -> None:
    """Prints the seconds and the gigabytes (resident at the highest) of one way."""
    start = time.perf_counter()
    if way == "ours":
        c = read_company(folder, as_of=AS_OF)
        c._engine.raw_sql("set memory_limit = '2GB'")
        looks.at_month_ends(c, 12).agg(n=lambda t: t.count(), pace=lambda t: t.pace_90.sum()).to_pyarrow()
    else:
        usual_month_ends(pd.read_parquet(f"{folder}/orders.parquet", columns=["customer_id", "ordered_at", "amount"]))
    print(time.perf_counter() - start, bench_orders.highest())


def usual_month_ends(orders: pd.DataFrame) -> list[pd.DataFrame]:
    """A few of the same numbers, month end by month end: what one would write without thinking of speed."""
    told, money = [], orders["amount"].astype(float)
    for end in pd.date_range(end=AS_OF, periods=12, freq="ME"):
        known = orders["ordered_at"] <= end + pd.Timedelta(days=1)
        frame = orders[known].assign(amount=money[known], day=orders["ordered_at"][known].dt.normalize())
        each = frame.groupby("customer_id")
        row = each["day"].agg(["min", "max", "nunique"])
        for months in (1, 3, 12):
            late = frame[frame["day"] > end - pd.DateOffset(months=months)].groupby("customer_id")
            row = row.join(late["amount"].agg(["size", "sum"]).add_suffix(f"_{months}"))
        row["silence"] = (end - row["max"]).dt.days
        told.append(row.fillna({"size_1": 0, "size_3": 0, "size_12": 0}))
    return told


def entities(policy: Policy) -> None:
    """Records of customers brought together, as the border hands them over."""
    held, limits = contacts(PEOPLE, SEED)[0], policy.identity
    start = time.process_time()
    seconds, _found = timed(
        lambda: resolve(held, threshold=limits.same_from, doubtful_from=limits.doubtful_from, country="CN")
    )
    busy = time.process_time() - start
    line("entity resolution", f"{len(held):,} records", f"{seconds:.1f} s", "", f"{len(held) / seconds:,.0f} rows/s")
    line("  of processor", "", f"{busy:.1f} s", "", f"{len(held) / busy:,.0f} rows/s")


def channels() -> None:
    """One of six channels at most for each of `CONTACTED` customers, within money, hours and a least share of each tier."""
    rng = np.random.default_rng(SEED)
    cost, hours = np.array([6, 0.1, 0.2, 0.03, 0.06, 8.0]), np.array([12, 5, 5, 0.5, 0, 3.0]) / 60
    worth = rng.lognormal(1, 1.2, CONTACTED)[:, None] * rng.gamma(1, 0.8, (CONTACTED, 6)) - cost
    worth[rng.random((CONTACTED, 6)) < 0.2] = np.nan
    tier = rng.integers(0, 4, CONTACTED)
    limits = Limits(np.vstack([cost, hours]), np.array([20_000.0, 2_000.0]), tier, np.full(4, 1_000.0))
    seconds, made = timed(lambda: plan(worth, limits))
    behind = (made.bound - made.worth) / made.worth
    line("channels allocated", f"{CONTACTED:,} customers × 6", f"{seconds:.1f} s", "bound", f"{behind:.0e}")


def company() -> None:
    """The border on a company of `COMPANY` customers, and the six chapters on `TIMES` as many."""
    teaching = PROJECT / "datasets" / "teaching"
    with TemporaryDirectory() as home:
        folder = Path(home)
        write(folder, make(COMPANY))
        for name in ("company.toml", "policy.toml"):
            copy(teaching / name, folder / name)
        described = load_description(folder / "company.toml")
        seconds, taken = timed(lambda: ingest(described, folder, policy=load(described.policy)))
        rows = int(taken.account["read"].sum())
        line("ingest", f"{rows:,} rows", f"{seconds:.1f} s", "", f"{rows / seconds:,.0f} rows/s")
        repeat(folder / "tables")
        spent = {path.stem: chapter(path, folder) for path in sorted((PROJECT / "chapters").glob("0*.ipynb"))}
        for name, seconds in {**spent, "six chapters": sum(spent.values())}.items():
            line(name, f"{COMPANY * TIMES:,} customers", f"{seconds:.1f} s")


def repeat(frozen: Path) -> None:
    """Write each frozen table `TIMES` over, each time of other customers; what the border counted stays as it is."""
    for table in TABLES.values():
        path = frozen / f"{table.name}.parquet"
        if path.exists():
            ids = ", ".join(f"{c} || '-' || k AS {c}" for c in table.frozen if c.endswith("_id"))
            rows = f"SELECT * EXCLUDE k REPLACE ({ids}) FROM '{path}', range({TIMES}) AS r(k)"
            duckdb.sql(f"COPY ({rows} ORDER BY customer_id, \"{table.time}\") TO '{path}.new' (FORMAT parquet)")
            Path(f"{path}.new").replace(path)


def chapter(notebook: Path, folder: Path) -> float:
    """Seconds of a chapter's cells after the set-up cell."""
    shell, seconds = InteractiveShell.instance(), 0.0
    given = f'\ntables, policy, as_of = "{folder / "tables"}", "{folder / "policy.toml"}", "{AS_OF}"'
    for cell in (c for c in nbformat.read(notebook, as_version=4).cells if c.cell_type == "code"):
        tags = cell.metadata.get("tags", [])
        source = cell.source + given if "parameters" in tags else cell.source
        with capture_output():
            took, ran = timed(lambda code=source: shell.run_cell(code))  # type: ignore[misc]
        if not ran.success:
            print(f"{notebook.stem}, {cell.id}: {ran.error_in_exec or ran.error_before_exec}", file=sys.stderr)
        seconds += 0.0 if "setup" in tags else took
    return seconds


if __name__ == "__main__":
    line("", "", "ours", "other", "")
    if sys.argv[1:2] == ["models"]:
        models(int(sys.argv[2]) if len(sys.argv) > 2 else SIMULATED)
        sys.exit()
    if sys.argv[1:2] == ["month_ends"]:
        month_ends(int(sys.argv[2]) if len(sys.argv) > 2 else SIMULATED)
        sys.exit()
    if sys.argv[1:2] == ["orders"]:
        bench_orders.main(sys.argv[2:])
        sys.exit()
    if sys.argv[1:2] == ["entities"]:
        entities(load(PROJECT / "datasets" / "teaching" / "policy.toml"))
        sys.exit()
    if sys.argv[1:2] == ["channels"]:
        channels()
        sys.exit()
    models(SIMULATED)
    month_ends(SIMULATED)
    bench_orders.main(["2", "whole"])
    entities(load(PROJECT / "datasets" / "teaching" / "policy.toml"))
    channels()
    company()
