"""What a wrong mapping looks like is told before a review is made, and a sound company is left in peace."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from crmlib.border.company import load_description
from crmlib.border.doubts import _strangers
from crmlib.border.ingest import check
from crmlib.border.lines import Read
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES

POLICY = Policy.model_validate({"quality": {"max_reject_share": 1}})
HEAD = 'name = "c"\ncurrency = "EUR"\ntime_zone = "UTC"\n'
ORDERS = '[orders]\nfrom = "o.csv"\n[orders.fields]\n'
ORDERS += 'order_id = "no"\ncustomer_id = "who"\nordered_at = "on"\namount = "paid EUR"\n'
CASES = '[tickets]\nfrom = "t.csv"\n[tickets.fields]\nticket_id = "id"\ncustomer_id = "client"\nopened_at = "at"\n'


def told(
    home: Path, orders: list[str], toml: str = HEAD + ORDERS, head: str = "no,who,on,paid EUR,back", **files: str
) -> str:
    """The notes of `check` in one text."""
    (home / "o.csv").write_text("\n".join([head, *orders]) + "\n")
    for name, text in files.items():
        (home / f"{name}.csv").write_text(text)
    (home / "company.toml").write_text(toml)
    with language.using("en", "EUR"):
        return " ".join(check(load_description(home), POLICY).notes)


def rows(n: int = 60, back: str = "0") -> list[str]:
    """Two orders of each customer."""
    return [f"o{i},c{i // 2},2026-0{1 + i % 9}-1{i % 9},{20 + i},{back}" for i in range(n)]


def test_a_sound_company_is_left_in_peace(tmp_path: Path) -> None:
    cases = "id,client,at\n" + "".join(f"t{i},c{i % 30},2026-05-01\n" for i in range(40))
    assert told(tmp_path, rows(), HEAD + ORDERS + CASES, t=cases) == ""


@pytest.mark.parametrize(
    ("orders", "more", "says"),
    [
        ([f"o{i},o{i},2026-01-1{i % 9},5,0" for i in range(40)], "", "Each of the 40 customers has exactly one order"),
        (rows(back="100"), 'refunded = "back"\n', "In 60 of 60 orders with a refund it is larger than the amount"),
        (rows(back="15"), 'refunded = "back"\n', None),
        (
            [f"o{i},c{i // 2},2026-01-1{i % 9},100,60" for i in range(40)],
            'refunded = "back"\n',
            "60% of what was paid was paid back",
        ),
        ([*rows(back="1"), "r1,c1,2026-05-05,-9,0"], 'refunded = "back"\n', "1 orders have a negative amount"),
        ([*rows(), "x,c1,2028-01-01,5,0"], "", "Orders: 1 rows lie after"),
        ([r for r in rows() for _again in range(2)], "repeats", "60 of 120 rows are equal to an earlier row"),
    ],
)
def test_each_doubt(tmp_path: Path, orders: list[str], more: str, says: str | None) -> None:
    toml = HEAD + ORDERS + more
    if more == "repeats":
        toml = HEAD + ORDERS.replace('"o.csv"\n', '"o.csv"\ngroup = true\nrepeats = "keep"\n')
    found = told(tmp_path, orders, toml)
    assert found == "" if says is None else says in found


def test_keys_that_meet_nobody_and_a_currency_nobody_wrote(tmp_path: Path) -> None:
    cases = "id,client,at\n" + "".join(f"t{i},{9000 + i},2026-05-01\n" for i in range(40))
    assert "Service cases: of 40 customers 0 are known from any other table" in told(
        tmp_path, rows(), HEAD + ORDERS + CASES, t=cases
    )
    plain = ORDERS.replace("paid EUR", "paid")
    assert "No heading and no cell names a currency; company.toml says EUR." in told(
        tmp_path, rows(), HEAD + plain, "no,who,on,paid,back"
    )
    signed = [",".join([*row.split(",")[:3], "€" + row.split(",")[3], "0"]) for row in rows()]
    assert told(tmp_path, signed, HEAD + plain, "no,who,on,paid,back") == ""


LEFT = """[contracts]
from = "k.csv"
[contracts.fields]
contract_id = "id"
customer_id = "who"
started_on = "began"
ended_on = "ended"
[events]
from = "e.csv"
[events.fields]
event_id = "id"
customer_id = "who"
at = "on"
kind = "'cancellation'"
"""


@pytest.mark.parametrize("ended", ["", "2026-06-30"])
def test_whoever_left_has_no_contract_that_runs(tmp_path: Path, ended: str) -> None:
    k = "id,who,began,ended\n" + "".join(f"k{i},c{i},2026-01-01,{ended}\n" for i in range(40))
    e = "id,who,on\n" + "".join(f"e{i},c{i},2026-06-30\n" for i in range(40))
    found = told(tmp_path, rows(80), HEAD + ORDERS + LEFT, k=k, e=e)
    assert ("Of 40 customers with a cancellation on record 40 still have a contract that runs" in found) == (not ended)


@pytest.mark.parametrize("ours", [True, False])
def test_a_list_that_a_review_wrote_is_no_table_that_knows_the_others(ours: bool) -> None:
    engine = duckdb.connect()
    engine.execute("create table rows_tickets as select range as customer_id from range(400)")
    engine.execute("create table rows_actions as select range as customer_id from range(4)")
    company: Any = SimpleNamespace(sources=lambda name: [SimpleNamespace(ours=ours and name == "actions")])
    reads = [Read(TABLES[name], {}, frozenset(), (), {}) for name in ("tickets", "actions")]
    assert len(list(_strangers(engine, company, reads))) == (not ours)
