"""Figures are the same on whichever engine: PostgreSQL and Spark say what DuckDB says; what is not here is skipped by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ibis
import pandas as pd
import pytest
from ibis.common.exceptions import IbisError

import crmlib.facts
from crmlib.border.company import load_description
from crmlib.facts import engine, purchases
from crmlib.facts.company import Company, company_from, read_company
from crmlib.vocabulary.errors import CrmlibError
from tests.engines import DAY, ENGINES, hostile, told_otherwise, unlike
from tests.engines import engine as running
from tests.postgres import MissingError
from tests.study_known import opened
from tests.told import CHAPTERS

# PySpark 4.3 warns of each pandas of the third series.
pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


STUDIED = "Spark takes a second a query: python -m tests.studies engines has the whole"

OF_DAYS = ("cases", "contacts", "cycles", "deliveries", "lives", "purchases", "tiers", "windows")
"""Facts in which days, ties and money of hostile rows tell most, which are compared on Spark too."""


@pytest.fixture(scope="module", params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    try:
        with running(request.param) as named:
            yield named
    except MissingError as lacking:
        pytest.skip(str(lacking))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Path]:
    """The teaching company of 300 customers, and where it lies frozen."""
    home = tmp_path_factory.mktemp("small")
    c = opened("teaching", home, home, 300)
    return c, next(path.parent for path in home.rglob("known.parquet"))


@pytest.mark.slow
def test_facts_are_the_same(url: str, small: tuple[Company, Path]) -> None:
    if "://" not in url:
        pytest.skip(STUDIED)
    c, folder = small
    there = read_company(folder, as_of=c.as_of, policy=c.policy, engine=url)
    assert unlike(c, there, (crmlib.facts,)) == []


@pytest.mark.slow
def test_facts_of_hostile_rows_are_the_same(url: str) -> None:
    c, there = company_from(hostile(), as_of=DAY), company_from(hostile(), as_of=DAY, engine=url)
    assert unlike(c, there, (crmlib.facts,), of=() if "://" in url else OF_DAYS) == []


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_tells_the_same(url: str, chapter: Path) -> None:
    if "://" not in url and chapter != CHAPTERS[0]:
        pytest.skip(STUDIED)
    c, there = company_from(hostile(), as_of=DAY), company_from(hostile(), as_of=DAY, engine=url)
    assert told_otherwise(c, there, [chapter]) == []


def test_an_engine_that_reckons_otherwise_is_seen() -> None:
    rows = hostile()
    rows["orders"]["amount"] = rows["orders"]["amount"] + 1
    found = unlike(company_from(hostile(), as_of=DAY), company_from(rows, as_of=DAY), (crmlib.facts,))
    assert any(words.startswith("purchases.orders:") for words in found)


def test_companies_on_one_engine_are_kept_apart(url: str) -> None:
    rows = {"orders": hostile()["orders"]}
    whole, few = (company_from({"orders": o}, as_of=DAY, engine=url) for o in (rows["orders"], rows["orders"].head(10)))
    counts = [purchases.orders(c).count().to_pyarrow().as_py() for c in (whole, few, whole)]
    assert counts[1] < counts[0] == counts[2]
    with pytest.raises((ValueError, IbisError), match=r"two companies|Multiple backends"):
        purchases.orders(whole).union(purchases.orders(few)).to_pyarrow()


def test_what_is_made_in_a_database_goes_with_the_session(url: str) -> None:
    if "://" not in url:
        pytest.skip("Spark keeps no tables")
    c = company_from({"orders": hostile()["orders"]}, as_of=DAY, engine=url)
    assert len(purchases.orders(c).to_pandas())
    made = "select relpersistence, count(*) from pg_class where relname ~ '^(given|no|purchases|orders)_' group by 1"
    kinds = dict(c._engine.raw_sql(made).fetchall())
    assert kinds.keys() == {"t"}, "temporary, and nothing else"
    assert kinds["t"] > 10


def test_an_unknown_engine_is_one_line() -> None:
    with pytest.raises(
        engine.EngineError, match=r"^engine 'mysql://x': expected duckdb, a PostgreSQL server such as"
    ) as said:
        engine.engine_of("mysql://x")
    assert isinstance(said.value, CrmlibError)


def test_a_server_that_does_not_answer_is_one_line_without_its_password() -> None:
    with pytest.raises(engine.EngineError) as said:
        engine.engine_of("postgres://reader:secret@127.0.0.1:1/sales")
    assert "\n" not in str(said.value)
    assert "127.0.0.1" in str(said.value)
    assert "secret" not in str(said.value)


def test_a_company_says_on_which_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    frame = pd.DataFrame({"order": ["a"], "customer": ["k"], "day": ["2026-01-31"]})
    frame.to_csv(tmp_path / "orders.csv", index=False)
    head = '[orders]\nfrom = "orders.csv"\n[orders.fields]\norder_id = "order"\ncustomer_id = "customer"\nordered_at = "day"\n'
    file = tmp_path / "company.toml"
    file.write_text(f'name = "acme"\nengine = "local[2]"\n{head}', encoding="utf-8")
    assert load_description(file).engine == "local[2]"
    file.write_text(f'name = "acme"\nengine = "oracle"\n{head}', encoding="utf-8")
    with pytest.raises(CrmlibError, match=r"engine.*expected duckdb"):
        load_description(file)


def test_an_engine_is_named_for_a_review_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engine.VARIABLE, "duckdb")
    with engine.named("duckdb"):
        assert isinstance(engine.engine_of(), engine.Embedded)
    with pytest.raises(engine.EngineError), engine.named("mysql://x"):
        pass
    assert isinstance(engine.engine_of(), engine.Embedded)


def test_what_is_divided_by_nought_is_unknown() -> None:
    c = company_from({"orders": hostile()["orders"]}, as_of=DAY)
    rows = purchases.orders(c).mutate(by_nought=purchases.orders(c).net.cast("float64") / ibis.literal(0.0))
    assert rows.by_nought.count().to_pyarrow().as_py() == 0
