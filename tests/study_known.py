"""Study: no figure of the six chapters becomes another number when a column is not recorded, or rows are recorded later.

`python -m tests.studies known [COMPANY ...]` takes every optional column away from each company, runs all chapters, and counts
the figures that changed into another number. COMPANY is `teaching`, `desk` (a service desk made here: orders, cases and
contacts with half of their columns), or the folder of a mapping under datasets/companies (with --data FOLDER).
"""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path
from shutil import copy, copytree
from tempfile import TemporaryDirectory
from time import monotonic

import duckdb
import numpy as np
import pandas as pd

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import Company, company_from, read_company
from crmlib.run.lab import freeze_teaching
from crmlib.teaching.make import make, write
from crmlib.vocabulary import language
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import load
from crmlib.vocabulary.schema import TABLES
from tests.known import OPTIONAL
from tests.listed import every_row, others, whole_list
from tests.told import differences, told

ROOT = Path(__file__).parents[1]
TEACHING = ROOT / "datasets" / "teaching"
DAY = date(2026, 10, 31)


def desk_tables(customers: int = 400, seed: int = 7) -> dict[str, pd.DataFrame]:
    """A service desk: orders without refunds, cases with both clocks but no cause, contacts without a response time."""
    rng = np.random.default_rng(seed)
    ids = [f"k{i:04d}" for i in range(customers)]

    def times(n: int) -> pd.Series:
        return pd.Timestamp(DAY) - pd.to_timedelta(rng.integers(0, 700 * 1440, n), unit="min")

    n_orders, n_cases, n_contacts = 3 * customers, customers, 4 * customers
    opened = pd.Series(times(n_cases))
    orders = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(n_orders)],
            "customer_id": rng.choice(ids, n_orders),
            "ordered_at": times(n_orders),
            "amount": rng.gamma(2.0, 60.0, n_orders).round(2),
            "channel": rng.choice(["online", "store"], n_orders),
        }
    )
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"t{i}" for i in range(n_cases)],
            "customer_id": rng.choice(ids, n_cases),
            "opened_at": opened,
            "first_response_at": opened + pd.to_timedelta(rng.exponential(6, n_cases), unit="h"),
            "resolved_at": (opened + pd.to_timedelta(rng.exponential(40, n_cases), unit="h")).where(
                rng.random(n_cases) < 0.9
            ),
            "severity": rng.choice(["low", "medium", "high"], n_cases),
            "category": rng.choice(["complaint", "question"], n_cases),
        }
    )
    interactions = pd.DataFrame(
        {
            "interaction_id": [f"i{i}" for i in range(n_contacts)],
            "customer_id": rng.choice(ids, n_contacts),
            "at": times(n_contacts),
            "channel": rng.choice(["letter", "phone"], n_contacts),
            "direction": rng.choice(["out", "in"], n_contacts),
        }
    )
    for column in ("first_response_at", "resolved_at"):
        tickets[column] = tickets[column].dt.floor("s")
    return {"orders": orders, "tickets": tickets, "interactions": interactions}


def opened(name: str, data: Path, home: Path, customers: int | None = None) -> Company:
    """A company by name, opened on its latest month; the teaching company also with fewer customers."""
    if name == "teaching" and customers:
        write(home, make(customers))
        for file in ("company.toml", "policy.toml"):
            copy(TEACHING / file, home / file)
        described = load_description(home / "company.toml")
        policy = load(described.policy)
        ingest(described, home / name, policy=policy)
        return read_company(home / name / "tables", as_of=DAY, policy=policy)
    if name == "teaching":
        return read_company(freeze_teaching(), as_of=DAY, policy=load(TEACHING / "policy.toml"))
    if name == "desk":
        return company_from(desk_tables(), as_of=DAY)
    described = load_description(ROOT / "datasets" / "companies" / name / "company.toml", data=data)
    policy = load(described.policy)
    read = ingest(described, home / name, policy=policy)
    return read_company(home / name / "tables", as_of=last_day(read.latest_month), policy=policy)


def recorded_later(folder: Path, as_of: date, seed: int = 5) -> None:
    """Adds to each frozen table a fifth of its rows once more, under other keys and recorded after the day."""
    engine = duckdb.connect()
    engine.execute(f"select setseed({seed / 10})")
    for name, table in TABLES.items():
        path = folder / f"{name}.parquet"
        if not path.exists() or "recorded_at" not in table.names:
            continue
        late = f"timestamp '{as_of + timedelta(days=3)} 12:00:00'"
        keys = ", ".join(f"{k} || 'late' as {k}" for k in table.key if table[k].kind == "id")
        engine.execute(f"create or replace table t as select * from read_parquet('{path}')")
        more = f"select * replace ({keys}, {late} as recorded_at) from t using sample 20 percent (bernoulli, {seed})"
        engine.execute(f"copy (select * from t union all by name {more}) to '{path}' (format parquet)")


def by_cell(found: list[str]) -> list[str]:
    """How many figures changed in each cell, and the first of them."""
    cells: dict[str, list[str]] = {}
    for words in found:
        cells.setdefault(words.partition(" ")[0], []).append(words)
    return [f"{len(all_of_it)} x {all_of_it[0][:400]}" for all_of_it in cells.values()]


def main(arguments: list[str]) -> int:
    """Run the study; the exit code says whether every figure was equal, gone or marked."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies known")
    parser.add_argument("companies", nargs="*", default=["teaching", "desk"])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--customers", type=int)
    parser.add_argument("--columns", nargs="*", default=None)
    given = parser.parse_args(arguments)
    wrong = 0
    with TemporaryDirectory() as home, language.using("en", "CNY"):
        for name in given.companies:
            c = opened(name, given.data, Path(home), given.customers)
            begun, whole, rows = monotonic(), told(c), every_row(c)
            known = [column for column in given.columns or OPTIONAL if c.knows(column)]
            print(f"{name}: {len(whole)} things told, {len(known)} columns to take away", flush=True)
            for column in known:
                try:
                    less = c.without(column)
                    found = differences(whole, told(less), column) + others(rows, whole_list(less), column)
                except Exception as error:
                    found = [f"stops with {type(error).__name__}: {error}"]
                wrong += len(found)
                print(f"  {column}: {len(found)}", *by_cell(found), sep="\n      ", flush=True)
            if name == "teaching" and given.columns is None:
                frozen = Path(home) / name / "tables" if given.customers else freeze_teaching()
                folder = copytree(frozen, Path(home) / "later")
                recorded_later(folder, DAY)
                later = told(read_company(folder, as_of=DAY, policy=c.policy))
                found = differences(whole, later, "") + differences(later, whole, "")
                wrong += len(found)
                print(f"  rows recorded after the day: {len(found)}", *by_cell(found), sep="\n      ", flush=True)
            print(f"  {monotonic() - begun:.0f} s")
    print(f"{wrong} figures changed into another number")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
