"""The six chapters of a small company: with a column not recorded no figure becomes another number, and no cell stops.

The long form, every optional column of larger companies, is `python -m tests.studies known`.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.vocabulary import language
from tests.listed import every_row, others, whole_list
from tests.study_known import DAY, desk_tables
from tests.told import CHAPTERS, differences, told

CUSTOMERS = 120
TAKEN = {
    "orders.refunded": ("01", "02", "03", "05", "06"),
    "orders.recorded_at": ("03", "06"),
    "orders.category": ("03",),
    "orders.discount": ("03",),
    "interactions.direction": ("01", "04", "05"),
    "interactions.responded_at": ("04",),
    "tickets.first_response_at": ("05",),
    "tickets.resolved_at": ("05", "06"),
    "tickets.severity": ("05",),
    "customers.phone": ("02", "05"),
    "customers.acquired_on": ("02", "03"),
}
"""The most telling columns, and the chapters that read them."""


@pytest.fixture(scope="module")
def small() -> Company:
    """The service desk with all columns of `TAKEN`, a tenth of the orders recorded a month late."""
    rng, frames = np.random.default_rng(11), desk_tables(CUSTOMERS)
    orders, contacts = frames["orders"], frames["interactions"]
    late = pd.to_timedelta(np.where(rng.random(len(orders)) < 0.1, 30, 0), unit="D")
    orders = orders.assign(
        refunded=np.where(rng.random(len(orders)) < 0.15, orders["amount"], 0.0),
        recorded_at=(orders["ordered_at"] + late).clip(upper=pd.Timestamp(DAY)),
        category=rng.choice(["paper", "parts"], len(orders)),
        discount=rng.choice([0.0, 0.2], len(orders)),
    )
    answered = contacts["at"] + pd.Timedelta(days=1)
    contacts = contacts.assign(
        responded_at=answered.where((contacts["direction"] == "out") & (rng.random(len(contacts)) < 0.4))
    )
    customers = pd.DataFrame({"customer_id": [f"k{i:04d}" for i in range(CUSTOMERS)]}).assign(
        phone_status=rng.choice(["valid", "missing"], CUSTOMERS),
        acquired_on=(pd.Timestamp(DAY) - pd.to_timedelta(rng.integers(0, 800, CUSTOMERS), unit="D")).date,
    )
    frames |= {"orders": orders, "interactions": contacts, "customers": customers}
    return company_from(frames, as_of=DAY)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_a_column_taken_away_leaves_every_figure_equal_gone_or_marked(path: Path, small: Company) -> None:
    found = {}
    with language.using("en", "CNY"):
        whole = told(small, [path])
        for column in (name for name, chapters in TAKEN.items() if path.stem[:2] in chapters):
            assert small.knows(column), column
            found[column] = differences(whole, told(small.without(column), [path]), column)
    assert {column: words[:3] for column, words in found.items() if words} == {}


def test_of_the_action_list_too(small: Company) -> None:
    then = every_row(small)
    read = [name for name, chapters in TAKEN.items() if "05" in chapters]
    found = {column: others(then, whole_list(small.without(column)), column) for column in read}
    assert {column: words[:3] for column, words in found.items() if words} == {}


def test_nought_in_place_of_what_is_not_known_is_seen(small: Company) -> None:
    path, tables = CHAPTERS[5], small.tables
    assert path.stem.startswith("06")
    taken = small.without("orders.refunded")
    pretending = Company(
        small.as_of, small.policy, taken.tables, small.missing, small.about, small._recorded, small._engine
    )
    assert tables is not taken.tables
    with language.using("en", "CNY"):
        assert differences(told(small, [path]), told(pretending, [path]), "orders.refunded") != []
    then, less = every_row(small), whole_list(small)
    assert others(then, less, "orders.refunded") == []
    assert others(then, less.assign(due_on="2026-12-24"), "orders.refunded") != []
