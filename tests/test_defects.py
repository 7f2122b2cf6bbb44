"""Every defect planted in the teaching company is found at the border or in the quality measures, and none on a clean copy."""

from datetime import date
from pathlib import Path
from shutil import copy

import pandas as pd
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import Ingested, ingest
from crmlib.facts.company import Company, read_company
from crmlib.measures import quality
from crmlib.teaching.make import make, write
from crmlib.vocabulary.policy import load

TEACHING = Path(__file__).parents[1] / "datasets" / "teaching"
AS_OF = date(2026, 10, 31)
Frozen = tuple[Ingested, Company, pd.DataFrame]


def frozen(folder: Path, *, defects: bool) -> Frozen:
    made = make(2500, 77, defects=defects)
    write(folder, made)
    for name in ("company.toml", "policy.toml"):
        copy(TEACHING / name, folder / name)
    done = ingest(load_description(folder), folder / "out", policy=load(folder / "policy.toml"))
    return done, read_company(folder / "out" / "tables", as_of=AS_OF), made.truth["defects"]


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    return frozen(tmp_path_factory.mktemp("spoilt"), defects=True)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    return frozen(tmp_path_factory.mktemp("clean"), defects=False)


def found(of: Frozen) -> pd.Series:
    """Number of faults by table and column, wherever they are told."""
    done, tables, _truth = of
    wrong = tables.tables.profile.execute().groupby(["table", "column"])["invalid"].sum()
    turned_away = done.rejects[done.rejects["effect"] == "row"].groupby(["table", "column"])["rows"].sum()
    repeated = done.account.groupby("table")["repeated"].sum()
    repeated.index = pd.MultiIndex.from_product([repeated.index, ["repeated"]])
    lags = quality.lags(tables.at(AS_OF).under(load(None))).set_index("table")
    late = lags["rows"] - lags["in_time"]
    late.index = pd.MultiIndex.from_product([late.index, ["late"]])
    counts = pd.concat([wrong, turned_away, repeated, late])
    return counts[counts > 0].astype(int).sort_index()


WHERE = {
    "late_order": "late",
    "outage": "late",
    "late_customer": "late",
    "duplicate_row": "repeated",
    "wrong_date": "ordered_at",
    "negative_amount": "amount",
    "phone_too_short": "phone",
    "email_without_at": "email",
    "birthday_1900": "birthday",
    "birthday_future": "birthday",
}
CODES = {"customers": "type", "tickets": "severity"}


def test_each_planted_defect_is_found_in_its_table_and_column_and_nothing_else_is(spoilt: Frozen) -> None:
    truth = spoilt[2]
    column = truth["kind"].map(WHERE).fillna(truth["table"].map(CODES))
    planted = truth.groupby([truth["table"], column]).size().sort_index()
    assert found(spoilt).to_dict() == planted.to_dict()
    assert set(truth["kind"]) == {*WHERE, "unknown_code"}


def test_a_clean_copy_has_no_defect(clean: Frozen) -> None:
    assert found(clean).to_dict() == {}
    assert clean[0].rejects.empty
