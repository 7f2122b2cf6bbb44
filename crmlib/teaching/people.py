"""The people and companies of the teaching company, and the records that three source systems hold of them.

An entity is a true customer; a record is what one system knows of it under an id of its own. About one entity in eight
stands in two systems or in three, and those pairs are the truth an entity resolution is held against.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from crmlib.teaching import plan

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REGIONS: Final = {
    "East China": ("Shanghai", "Hangzhou", "Suzhou", "Nanjing"),
    "North China": ("Beijing", "Tianjin"),
    "South China": ("Guangzhou", "Shenzhen"),
    "South-west China": ("Chengdu", "Chongqing"),
    "Central China": ("Wuhan", "Changsha"),
    "Abroad": ("Singapore", "London"),
}
CITIES: Final = tuple(city for cities in REGIONS.values() for city in cities)
CITY_REGION: Final = np.array([region for region, cities in REGIONS.items() for _ in cities])
CITY_SHARES: Final = (0.15, 0.09, 0.11, 0.07, 0.12, 0.05, 0.09, 0.11, 0.07, 0.04, 0.05, 0.03, 0.01, 0.01)
INDUSTRIES: Final = {
    "manufacturing": 0.38,
    "retail": 0.22,
    "logistics": 0.14,
    "healthcare": 0.12,
    "finance": 0.08,
    "education": 0.06,
}
ROLES: Final = {"purchasing": 0.42, "technical": 0.22, "user": 0.24, "management": 0.12}
ACQUISITION: Final = {
    "online": 0.28,
    "marketplace": 0.20,
    "store": 0.18,
    "social": 0.16,
    "wechat": 0.12,
    "sales_rep": 0.06,
}
SYSTEMS: Final = ("shop", "crm", "erp")
OWNERS: Final = tuple(
    f"u.{name}" for name in ("chen", "zhao", "sun", "miller", "qian", "wu", "zheng", "baker", "lin", "xu", "he", "gao")
)


def stream(seed: int, concept: int) -> Generator:
    """A random stream of its own for each concept, so that what is asked for changes nothing else."""
    return np.random.default_rng([seed, concept])


def draw(rng: Generator, shares: dict[str, float], n: int) -> Ints:
    """`n` positions into `shares`, drawn with those shares."""
    weights = np.cumsum(list(shares.values()))
    return np.minimum(np.searchsorted(weights / weights[-1], rng.random(n), side="right"), len(shares) - 1)


def codes(positions: Ints, names: tuple[str, ...] | list[str]) -> pd.Categorical:
    """Positions as a categorical column of `names`; -1 is missing."""
    return pd.Categorical.from_codes(positions, categories=list(names))


def entities(customers: int, seed: int, acquired: Ints | None = None) -> pd.DataFrame:
    """One row per entity, in order of its number: who it is, how it buys, why it stays. The truth about customers.

    `acquired` are the days on which they come, where these are given.
    """
    rng = stream(seed, 1)
    personas = list(plan.PERSONAS.values())
    persona = draw(rng, {name: p.share for name, p in plan.PERSONAS.items()}, customers)
    company = np.array([p.kind == "company" for p in personas])[persona]
    types = list(plan.LOYALTY.values())
    as_person = draw(rng, {k: v.person for k, v in plan.LOYALTY.items()}, customers)
    as_company = draw(rng, {k: v.company for k, v in plan.LOYALTY.items()}, customers)
    loyalty = np.where(company, as_company, as_person)
    acquired = _acquired(rng, customers) if acquired is None else acquired
    referred = rng.random(customers) < np.where(
        acquired >= plan.REFERRAL_START, plan.REFERRAL["after"], plan.REFERRAL["before"]
    )
    channel = np.where(referred, len(ACQUISITION), draw(rng, ACQUISITION, customers))
    a, b = (np.array([t.dropout[i] for t in types])[loyalty] for i in (0, 1))
    rate = np.array([p.orders_per_30_days for p in personas])[persona] / 30
    steady = np.array([p.regularity for p in personas])[persona] > 1
    pace = np.where(
        steady, rng.normal(1, plan.CYCLE_SPREAD, customers), rng.gamma(plan.RATE_SHAPE, 1 / plan.RATE_SHAPE, customers)
    )
    city = draw(rng, {str(i): s for i, s in enumerate(CITY_SHARES)}, customers)
    frame = pd.DataFrame(
        {
            "entity_id": np.arange(customers),
            "type": codes(company.astype(int), ["person", "company"]),
            "persona": codes(persona, list(plan.PERSONAS)),
            "loyalty_type": codes(loyalty, list(plan.LOYALTY)),
            "city": codes(city, CITIES),
            "industry": codes(np.where(company, draw(rng, INDUSTRIES, customers), -1), list(INDUSTRIES)),
            "role": codes(np.where(company, draw(rng, ROLES, customers), -1), list(ROLES)),
            "acquired": acquired,
            "acquisition_channel": codes(channel, [*ACQUISITION, "referral"]),
            "rate_per_day": rate * pace,
            "dropout": rng.beta(a, b) * np.where(referred, plan.REFERRED_DROPOUT, 1),
            "regularity": np.array([p.regularity for p in personas])[persona],
            "amount_level": np.array([p.amount for p in personas])[persona] * np.exp(rng.normal(0, 0.55, customers)),
            "never_buys": rng.random(customers) < plan.NEVER_BOUGHT,
            "bothered": rng.random(customers) < plan.BOTHERED,
            "owner": codes(np.where(company, rng.integers(0, len(OWNERS), customers), -1), list(OWNERS)),
        }
    )
    return frame


def coming(days: int = plan.DAYS) -> Floats:
    """How likely each day brings a customer: many in the first year, fewer later, so that growth flattens."""
    return np.asarray((0.6 + 1.6 * np.exp(-np.arange(days) / 330)) * plan.season("general", days) ** 0.5)


def _acquired(rng: Generator, n: int) -> Ints:
    weight = coming()
    return np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(n), side="right").clip(0, plan.DAYS - 1)


def records(people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row per record: `record_id`, `entity_id`, `source_system`, `created` (day), `primary`;
    an entity's first record is its primary one.
    """
    rng = stream(seed, 2)
    n = len(people)
    persona = people["persona"].cat.codes.to_numpy()
    usual = np.array([SYSTEMS.index(p.home) for p in plan.PERSONAS.values()])[persona]
    company = (people["type"] == "company").to_numpy()
    home = np.where(rng.random(n) < 0.85, usual, np.where(company, 1, (usual + 1) % 2))
    twice = np.flatnonzero(rng.random(n) < plan.DUPLICATES)
    beside = np.where(home[twice] == 1, np.where(company[twice], 2, 0), 1)
    thrice = rng.random(len(twice)) < plan.THREE_RECORDS
    third = 3 - home[twice] - beside
    acquired = people["acquired"].to_numpy()
    later = np.minimum(acquired[twice] + rng.integers(0, 300, len(twice)), plan.DAYS - 1)
    parts = [
        pd.DataFrame({"entity_id": np.arange(n), "system": home, "created": acquired, "primary": True}),
        pd.DataFrame({"entity_id": twice, "system": beside, "created": later, "primary": False}),
        pd.DataFrame({"entity_id": twice, "system": third, "created": later, "primary": False})[thrice],
    ]
    out = pd.concat(parts, ignore_index=True)
    number = np.zeros(len(out), dtype=np.int64)
    for system in range(3):
        at = np.flatnonzero(out["system"] == system)
        number[at] = rng.permutation(len(at)) + 1
    out["number"] = number
    return out


def with_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """The records with their ids as each system writes them: M100001 (shop), C-00001 (crm), K700001 (erp)."""
    number, system = frame["number"].to_numpy(), frame["system"].to_numpy()
    made = [
        np.char.add("M", (number + 100000).astype(str)),
        np.char.add("C-", np.char.zfill(number.astype(str), 5)),
        np.char.add("K", (number + 700000).astype(str)),
    ]
    ids = np.where(system == 0, made[0], np.where(system == 1, made[1], made[2]))
    return frame.assign(record_id=ids, source_system=codes(system, SYSTEMS))


def record_of(rng: Generator, held: pd.DataFrame, entity: Ints, day: Floats | Ints) -> Ints:
    """For each event of an entity on a day the row of the record it was written to: mostly the primary one."""
    n = int(held["primary"].sum())
    second = np.full(n, -1)
    extra = held.index.to_numpy()[~held["primary"].to_numpy()][::-1]
    second[held["entity_id"].to_numpy()[extra]] = extra
    other = second[entity]
    there = (other >= 0) & (held["created"].to_numpy()[other] <= day)
    return np.where(there & (rng.random(len(entity)) < plan.EVENTS_ON_SECOND), other, entity)
