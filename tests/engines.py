"""What must be the same on every engine: each fact, each measure of a company alone, and all that the six chapters show."""

from __future__ import annotations

import inspect
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pandas as pd

import crmlib.facts
import crmlib.measures
from crmlib.facts.company import Company
from tests.postgres import MissingError, server
from tests.told import CHAPTERS, told

ENGINES = ("postgres", "spark")
GIVEN = "CRMLIB_TEST_POSTGRES"
"""Where the environment may name a server; else one is started."""
SPARK = "local[2]"
DAY = date(2026, 3, 31)
AGREE = 1e-9
"""How far apart two sums of floating point may be: engines add in different orders."""


@contextmanager
def engine(name: str) -> Iterator[str]:
    """The URL of an engine. Raises `MissingError`."""
    if name == "spark":
        if not find_spec("pyspark"):
            raise MissingError("pyspark is not installed: pip install 'crmlib[spark]'")
        if not shutil.which("java"):
            raise MissingError("Spark needs Java 17")
        yield SPARK
    elif GIVEN in os.environ:
        yield os.environ[GIVEN]
    else:
        with server() as url:
            yield url


def definitions(*packages: Any) -> Iterator[tuple[str, Any]]:
    """Each public function that asks for a company and nothing else, with its name."""
    for package in packages:
        for found in iter_modules(package.__path__):
            if found.name.startswith("engine"):
                continue
            module = import_module(f"{package.__name__}.{found.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                wanted = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
                if not name.startswith("_") and function.__module__ == module.__name__ and wanted == ["c"]:
                    yield f"{found.name}.{name}", function


def unlike(
    c: Company,
    other: Company,
    packages: tuple[Any, ...] = (crmlib.facts, crmlib.measures),
    of: tuple[str, ...] = (),
) -> list[str]:
    """Which definitions (of some modules, where they are named) give something else of the `other`, the same company on another
    engine; or fail there.
    """
    found = []
    for name, define in definitions(*packages):
        if of and name.partition(".")[0] not in of:
            continue
        try:
            said = _said(define(c))
        except Exception:
            continue  # What this company cannot be asked; the tests of the measure say what it raises.
        try:
            found += [f"{name}: {words}" for words in _apart(said, _said(define(other)))]
        except Exception as error:
            found.append(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}")
    return found


def told_otherwise(c: Company, other: Company, chapters: list[Path] = CHAPTERS) -> list[str]:
    """What the chapters show of the `other` that they do not show of the company."""
    here, there = told(c, chapters), told(other, chapters)
    found = [f"{place} is shown once only" for place in here.keys() ^ there.keys()]
    return found + [f"{p}: {words}" for p in here.keys() & there.keys() for words in _apart(here[p], there[p])]


def _said(given: Any) -> Any:
    """Rows as a frame in an order of their own; what holds a function cannot be compared."""
    if hasattr(given, "to_pandas"):
        frame = given.to_pandas()
        if isinstance(frame, pd.DataFrame):
            given = frame.sort_values(list(frame.columns), key=lambda s: s.astype(str), ignore_index=True)
    return given


def _apart(one: Any, two: Any) -> list[str]:
    try:
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=AGREE, atol=AGREE)
        elif isinstance(one, pd.Series):
            pd.testing.assert_series_equal(one, two, check_dtype=False, rtol=AGREE, atol=AGREE)
        elif "<function" not in (said := repr(one)) and said != repr(two):
            return [f"{said[:200]} is {two!r:.200}"]
    except AssertionError as error:
        return [" ".join(str(error).split())[:300]]
    return []


def hostile() -> dict[str, pd.DataFrame]:
    """Two hundred customers with what engines see differently: moments at the ends of days and months, on leap days, within hours
    that clocks skip or repeat; ties, money of four digits, nulls wherever they may stand, empty and wide texts.
    """
    rng = np.random.default_rng(3)
    moments = pd.to_datetime(
        [
            "2024-02-29 00:00:00", "2024-02-29 23:59:59.999999", "2024-12-31 23:59:59", "2025-01-01 00:00:00",
            "2025-03-30 02:30:00", "2025-10-26 02:30:00", "2025-02-28 23:59:59", "2025-03-01 00:00:00", "2025-06-30 12:00:00",
            "2025-12-31 23:59:59.5", "2026-01-31 00:00:00", "2026-02-28 12:00:00", "2026-03-01 00:00:00", "2026-03-29 02:59:59",
            "2026-03-30 09:00:00", "2026-03-31 23:59:59", "2026-04-01 00:00:00",
        ],
        format="ISO8601",
    ).as_unit("us")  # fmt: skip
    ids = [f"客户-{i:03}" if i % 3 else f"k'{i:03}\\" for i in range(200)]

    def some(n: int, values: Any, gaps: float = 0.2) -> pd.Series:
        picked = pd.Series(np.asarray(values, dtype=object)[rng.integers(0, len(values), n)])
        return picked.where(rng.random(n) >= gaps, None)

    def at(n: int) -> pd.Series:
        return pd.Series(moments[rng.integers(0, len(moments), n)])

    n = 1_500
    ordered = at(n)
    orders = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(n)], "customer_id": some(n, ids, 0), "ordered_at": ordered,
            "amount": some(n, [0, 0.0001, 0.005, 19.99, 19.99, 1e6 + 0.1]), "margin": some(n, [-1.5, 0, 4.4449]),
            "channel": some(n, ["online", "store", ""]), "category": some(n, ["书", "toys", " toys", ""]),
            "refunded": some(n, [0, 0.0001, 19.99], 0.8), "refunded_at": ordered + pd.Timedelta(days=3),
            "promised_at": ordered + pd.Timedelta(days=2),
            "delivered_at": (ordered + pd.Timedelta(hours=47)).where(rng.random(n) < 0.7),
        }
    )  # fmt: skip
    orders["refunded_at"] = orders["refunded_at"].where(orders["refunded"].notna())
    opened = at(300)
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"t{i}" for i in range(300)], "customer_id": some(300, ids, 0), "opened_at": opened,
            "first_response_at": (opened + pd.to_timedelta(rng.integers(0, 90_000, 300), unit="s")).where(rng.random(300) < 0.8),
            "resolved_at": (opened + pd.to_timedelta(rng.integers(90_000, 900_000, 300), unit="s")).where(rng.random(300) < 0.6),
            "severity": some(300, ["low", "medium", "high"]), "category": some(300, ["complaint", "question"]),
        }
    )  # fmt: skip
    interactions = pd.DataFrame(
        {
            "interaction_id": [f"i{i}" for i in range(900)], "customer_id": some(900, ids, 0), "at": at(900),
            "channel": some(900, ["phone", "email", "wechat"], 0), "direction": some(900, ["out", "in"], 0),
            "purpose": some(900, ["promotion", "service"]), "responded_at": pd.Series([pd.NaT] * 900, dtype="datetime64[us]"),
        }
    )  # fmt: skip
    asked = at(400)
    surveys = pd.DataFrame(
        {
            "answer_id": [f"s{i}" for i in range(400)], "customer_id": some(400, ids, 0), "asked_at": asked,
            "at": (asked + pd.Timedelta(days=1)).where(rng.random(400) < 0.7), "instrument": some(400, ["nps", "csat"], 0),
            "item": some(400, ["a", "b"], 0), "score": some(400, [0, 1, 5, 6, 9, 10]), "scale_from": 0.0, "scale_to": 10.0,
        }
    )  # fmt: skip
    surveys.loc[surveys["at"].isna(), "score"] = None
    return {"orders": orders, "tickets": tickets, "interactions": interactions, "surveys": surveys}
