"""Numbers out of one block are neighbours and no slips: an estate stays apart, and a slip in a lone number is still one."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from crmlib.border.identity import crowds
from crmlib.border.identity.likeness import comparable
from crmlib.border.identity.resolution import _load
from tests.test_identity import figures, people, run

FIRST = [
    "Ann",
    "Bob",
    "Carla",
    "Dmitri",
    "Elena",
    "Farid",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Katja",
    "Liam",
    "Maya",
    "Noor",
    "Oscar",
    "Paula",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
]
LAST = [
    "Adler",
    "Berg",
    "Castro",
    "Dunn",
    "Fischer",
    "Huber",
    "Ivanov",
    "Jensen",
    "Kim",
    "Lopez",
    "Moreau",
    "Novak",
    "Petrov",
    "Ruiz",
    "Schmidt",
    "Tanaka",
    "Weiss",
    "Yilmaz",
]


def estate(n: int, seed: int, step: int = 1) -> list[dict[str, Any]]:
    """`n` people of few names, with a number and an address out of one counter, all different."""
    rng = np.random.default_rng(seed)
    at = range(step, (n + 1) * step, step)
    return [
        {"name": f"{rng.choice(FIRST)} {rng.choice(LAST)}", "phone": f"({212 + i // 10_000}) 555-{i % 10_000:04}"}
        | {"email": f"t{i}@home.example"}
        for i in at
    ]


def apart_or_one(n: int, seed: int, twice: float) -> tuple[list[dict[str, Any]], list[int]]:
    """`n` people with numbers by lot, a share of them `twice`: half of these with the same address, half with a slip in it,
    and a digit of the number mistyped in half of them.
    """
    rng = np.random.default_rng(seed)
    rows, truth = [], []
    for i in range(n):
        name, digits = f"{rng.choice(FIRST)} {rng.choice(LAST)}", "".join(map(str, rng.integers(0, 10, 7)))
        mail = "".join(rng.choice(list("abcdefghijklmnoprstuvwz"), 9))
        phone = f"(212) {digits[:3]}-{digits[3:]}"
        rows.append({"name": name, "phone": phone, "email": f"{mail}@home.example"})
        truth.append(i)
        if rng.random() < twice:
            slip, mistyped = rng.random(2) < 0.5
            other = f"{phone[:-1]}{(int(phone[-1]) + 3) % 10}" if mistyped else phone
            rows.append(
                {"name": name, "phone": other, "email": f"{mail[:3]}{'x' if slip else ''}{mail[3:]}@home.example"}
            )
            truth.append(i)
    return rows, truth


def measured(rows: list[dict[str, Any]], truth: list[int]) -> tuple[float, float, Any]:
    frame = people(*rows)
    found = run(frame, "US")
    known = pd.DataFrame({"record_id": frame["record_id"], "entity_id": truth})
    return *figures(found.entities, known), found.told


@pytest.mark.parametrize(
    ("n", "step", "seed"), [(60, 1, 1), (300, 1, 2), (966, 1, 3), (1500, 1, 4), (1000, 7, 5), (1000, 37, 6)]
)
def test_neighbours_of_one_name_stay_two_people(n: int, step: int, seed: int) -> None:
    found = run(people(*estate(n, seed, step)), "US")
    assert found.entities["entity_id"].nunique() == n
    similar = (found.pairs[["phone", "email"]] == "similar").sum().sum()
    assert step > 7 or similar == 0, "two numbers, not one with a slip"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_slip_in_a_lone_number_is_still_one(seed: int) -> None:
    precision, recall, _ = measured(*apart_or_one(1000, seed, 0.15))
    assert precision >= 0.99
    assert recall >= 0.99


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_estate_beside_others_keeps_apart_and_costs_them_nothing(seed: int) -> None:
    rows, truth = apart_or_one(1000, seed, 0.15)
    many = [*rows, *estate(500, seed)]
    precision, recall, told = measured(many, [*truth, *range(10_000, 10_500)])
    assert told.learnt
    assert precision >= 0.99
    assert recall >= 0.98
    assert told.precision <= precision + 0.01, "no surer than is so"


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_said_of_precision_is_measured_on_strangers(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were neighbours taken for slips, the probabilities would say 99 %, though all are wrong."""
    monkeypatch.setattr(crowds, "SPARE", 10**6)
    monkeypatch.setattr(crowds, "CHANCE", 10**6)
    monkeypatch.setattr(crowds, "MANY", 10**6)
    found = run(people(*estate(1500, seed)), "US")
    told = found.told
    assert told is not None
    assert told.n > 30, "every one of them wrong"
    assert told.precision <= 0.5


def test_a_sign_wrong_missing_or_swapped_is_near() -> None:
    near = ["t2257", "t22570", "t257", "t2275", "t2258"]
    rows = [
        {"name": f"{FIRST[i]} {LAST[i]}", "email": f"{box}@home.example"} for i, box in enumerate([*near, "q901234"])
    ]
    with duckdb.connect() as con:
        _load(con, comparable(people(*rows), "US"))
        crowds._near(con, "email")
        found = con.execute("select a, b from near where other and 't2257@home.example' in (a, b)").fetchall()
    assert {box.partition("@")[0] for pair in found for box in pair} == set(near)


def test_who_holds_a_near_value_decides_whether_it_is_a_crowd() -> None:
    lone = [{"name": f"Ann Adler{'' if i else 's'}", "phone": f"(212) 555-010{i}"} for i in range(4)]
    block = [{"name": f"{name} Berg", "phone": f"(415) 777-020{i}"} for i, name in enumerate(FIRST[:8])]
    rows = [*lone, *block, {"name": "唐伟", "phone": "(646) 333-0300"}, {"name": "Wei Tang", "phone": "(646) 333-0301"}]
    with duckdb.connect() as con:
        _load(con, comparable(people(*rows), "US"))
        marked = con.execute("select phone, phone_crowded from records order by n").fetchall()
    assert [phone for phone, crowded in marked if crowded] == [f"+141577702{i:02}" for i in range(8)]
