"""Service cases and surveys of the teaching company."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.special import ndtr, ndtri

from crmlib.teaching import plan
from crmlib.teaching.orders import CAUSES, Trade
from crmlib.teaching.people import Floats, Ints, codes, stream

SEVERITIES: Final = ("low", "medium", "high", "critical")
FIRST_HOURS: Final = np.array([24.0, 8.0, 4.0, 1.0])
SOLVE_HOURS: Final = np.array([120.0, 72.0, 48.0, 24.0])
KINDS: Final = ("delivery", "product_fault", "billing", "usage", "complaint", "outage", "cancellation")
KIND_CAUSE: Final = (
    "carrier_delay",
    "material",
    "wrong_invoice",
    "missing_guide",
    "slow_answer",
    "warehouse_system",
    "",
)
TICKETS_PER_30_DAYS: Final = 0.05
LOYAL_WAY: Final = {
    **dict.fromkeys(plan.LOYALTY_ITEMS, 1),
    "price_sensitivity": -1,
    "time_choosing": -1,
    "attention_to_competitors": 0,
}
"""Which way an answer goes with loyalty; attention to competitors is the market's."""
ANSWERED_WITHIN: Final = 20
"""Days within which the surveys of a quarter are answered."""
STATED: Final = ("competitor", "need_ended", "price", "service")


def tickets(people: pd.DataFrame, out: Trade, seed: int, end: float = plan.DAYS) -> pd.DataFrame:
    """One row per case before `end` in order of time:
    `entity`, `at`, `first`, `solved` (days), severity, category, cause, reopened, found_by, `breached`.
    """
    rng, n = stream(seed, 7), len(people)
    acquired = people["acquired"].to_numpy().astype(float)
    ends = np.minimum(out.left, end)
    span = np.clip(ends - acquired, 0, None) * ~people["never_buys"].to_numpy()
    usual = np.repeat(np.arange(n), rng.poisson(span * TICKETS_PER_30_DAYS / 30))
    at = acquired[usual] + rng.random(len(usual)) * span[usual]
    batch = partial(_batch, rng, end=end)
    parts = [batch(usual, at, rng.choice(5, len(usual), p=[0.36, 0.22, 0.14, 0.22, 0.06]), [0.42, 0.38, 0.16, 0.04])]
    hurt = np.flatnonzero(out.incident >= 0)
    first_day = plan.INCIDENT[0] + rng.random(len(hurt)) * 4
    parts.append(batch(hurt, first_day, np.full(len(hurt), 5), [0, 0, 0.45, 0.55], breached=out.incident[hurt] == 1))
    sour = np.flatnonzero(np.isfinite(out.left) & (out.cause == CAUSES.index("service")))
    for _ in range(2):
        before = np.clip(out.left[sour] - rng.uniform(2, 30, len(sour)), acquired[sour], None)
        parts.append(batch(sour, before, np.full(len(sour), 4), [0.1, 0.4, 0.4, 0.1], odds=0.6))
    gone = np.flatnonzero(np.isfinite(out.left) & (rng.random(n) < plan.STATED_CAUSE))
    said = out.left[gone] + rng.uniform(5, 45, len(gone))
    parts.append(batch(gone, said, np.full(len(gone), 6), [0.6, 0.4, 0, 0], cause=_stated(rng, out.cause[gone])))
    every = pd.concat(parts, ignore_index=True)
    every = every[every["at"] < end].sort_values(["at", "entity"], kind="stable", ignore_index=True)
    return every.assign(
        severity=codes(every["severity"].to_numpy(), SEVERITIES),
        category=codes(every["category"].to_numpy(), KINDS),
        found_by=codes(every["found_by"].to_numpy(), ["reported", "proactive"]),
        first=every["first"].where(every["first"] < end),
        solved=every["solved"].where(every["solved"] < end),
    )


def of_customers(cases: pd.DataFrame, out: Trade) -> pd.DataFrame:
    """The cases without those of customers whom a contact had driven away by then."""
    gone = (out.cause == CAUSES.index("contacted"))[cases["entity"]] & (cases["at"] > out.left[cases["entity"]])
    return cases[~gone].reset_index(drop=True)


def _stated(rng: Generator, cause: Ints) -> np.ndarray:
    """The cause a leaver names: mostly the true one."""
    true = np.array([0, 1, 2, 3, 2, 3, 3])[cause]
    named = np.where(rng.random(len(cause)) < plan.STATED_RIGHT, true, rng.integers(0, 4, len(cause)))
    return np.array(STATED, dtype=object)[named]


def _batch(
    rng: Generator,
    who: Ints,
    at: Floats,
    kind: Ints,
    severities: list[float],
    *,
    breached: np.ndarray | None = None,
    odds: float = plan.NORMAL_BREACH,
    cause: np.ndarray | None = None,
    end: float = plan.DAYS,
) -> pd.DataFrame:
    n = len(who)
    severity = rng.choice(4, n, p=severities)
    late = rng.random(n) < odds if breached is None else breached
    first = FIRST_HOURS[severity] * np.where(late, rng.uniform(1.3, 5, n), rng.beta(1.4, 3.2, n))
    solve = SOLVE_HOURS[severity] * np.where(late & (rng.random(n) < 0.8), rng.uniform(1.1, 3, n), rng.beta(2, 3, n))
    solved = at + np.maximum(solve, first + 0.2) / 24
    proactive = rng.random(n) < np.where(at >= plan.PROACTIVE_START, plan.PROACTIVE["after"], plan.PROACTIVE["before"])
    proactive &= (kind != 4) & (kind != 6)
    usual = np.array(KIND_CAUSE, dtype=object)[kind]
    return pd.DataFrame(
        {
            "entity": who,
            "at": at,
            "first": at + first / 24,
            "solved": np.where((rng.random(n) < plan.LEFT_OPEN) & (at > end - plan.OPEN_DAYS), np.nan, solved),
            "severity": severity,
            "category": kind,
            "cause": np.where(rng.random(n) < 0.08, "", usual) if cause is None else cause,
            "reopened": rng.random(n) < np.where(late, 0.16, 0.04),
            "found_by": proactive.astype(int),
            "breached": late,
        }
    )


def surveys(people: pd.DataFrame, out: Trade, cases: pd.DataFrame, greeted: np.ndarray, seed: int) -> pd.DataFrame:
    """One row per answered question in order of customer and time:
    `entity`, `at`, instrument, item, expectation, perception, score.
    """
    rng = stream(seed, 8)
    parts = [after_cases(people, out, rng, cases), *quarterly(people, out, greeted, rng, range(1, 12))]
    return answered(parts, 0, plan.DAYS)


def answered(parts: list[pd.DataFrame], since: float, until: float) -> pd.DataFrame:
    """The answers given from `since` on and before `until`, in order of customer and time, none twice."""
    every = pd.concat(parts, ignore_index=True)
    every = every[(every["at"] >= since) & (every["at"] < until)]
    every = every.drop_duplicates(["entity", "at", "instrument", "item"])
    return every.sort_values(["entity", "at", "instrument", "item"], kind="stable", ignore_index=True)


def feeling(people: pd.DataFrame, out: Trade, who: Ints, at: Floats) -> Floats:
    """How satisfied customers are at a time: as they are disposed, and less shortly before they leave over service."""
    over = np.isin(out.cause[who], [CAUSES.index("service"), CAUSES.index("incident")])
    soured = over & (out.left[who] - at < plan.SOURED["days"])
    return people["satisfaction"].to_numpy()[who] - plan.SOURED["by"] * soured


def asked_from(quarter: int) -> int:
    """The day from which the surveys of a quarter are answered."""
    return 91 * quarter + 60


def after_cases(people: pd.DataFrame, out: Trade, rng: Generator, cases: pd.DataFrame) -> pd.DataFrame:
    """Answers after some of the cases that were solved."""
    done = cases[cases["solved"].notna() & (cases["category"] != "cancellation")]
    done = done[rng.random(len(done)) < 0.4]
    proactive = (done["found_by"] == "proactive").to_numpy()
    content = np.where(proactive, plan.SATISFIED["proactive"], plan.SATISFIED["kept"])
    content = np.where(done["breached"] & ~proactive, plan.SATISFIED["breached"], content)
    felt = plan.CONTENT_CASE * feeling(people, out, done["entity"].to_numpy(), done["at"].to_numpy())
    happy = rng.random(len(done)) < ndtr(ndtri(content) * np.sqrt(1 + plan.CONTENT_CASE**2) + felt)
    score = np.where(happy, rng.choice([4, 5], len(done)), rng.choice([1, 2, 3], len(done), p=[0.2, 0.3, 0.5]))
    at = done["solved"].to_numpy() + rng.exponential(1.0, len(done)) + 0.02
    return _answers(done["entity"].to_numpy(), at, "csat", "service_case", score=score.astype(float))


def quarterly(
    people: pd.DataFrame, out: Trade, greeted: np.ndarray, rng: Generator, quarters: Iterable[int]
) -> list[pd.DataFrame]:
    """Answers to the surveys of these quarters, counted from the first; each goes on for three weeks from its day on."""
    n, parts = len(people), []
    loyalty = people["loyalty_type"].cat.codes.to_numpy()
    types = list(plan.LOYALTY.values())
    for quarter in quarters:
        day = asked_from(quarter)
        last, _ = out.last_before(day, n)
        active = (day - last < 240) & (out.left > day - 60)
        asked = np.flatnonzero(active & (rng.random(n) < 0.11))
        at = day + rng.uniform(0.3, ANSWERED_WITHIN, len(asked))
        mean = np.array([t.nps for t in types])[loyalty[asked]] + plan.GREETED_NPS * greeted[asked]
        felt = 0.9 * feeling(people, out, asked, at)
        score = np.clip(np.round(mean + 1.2 * rng.normal(size=len(asked)) + felt), 0, 10)
        parts.append(_answers(asked, at, "nps", "recommend", score=score))
        u = rng.random(n)
        asked = np.flatnonzero(active & (u < 0.06))
        at = day + rng.uniform(0.3, ANSWERED_WITHIN, len(asked))
        parts += _loyal(people, rng, asked, at)
        both = u[asked] < 0.05
        asked, at = asked[both], at[both]
        content = np.array([t.nps for t in types])[loyalty[asked]] - plan.USUAL_NPS
        lean = 0.5 * feeling(people, out, asked, at) + plan.CONTENT_TYPE * content
        wishes = people["expectation"].to_numpy()[asked]
        for item, (wish, gap) in plan.SERVQUAL.items():
            expected, seen = _pair(rng, wish, gap, lean, wishes)
            parts.append(_answers(asked, at, "servqual", item, expectation=expected, perception=seen))
    return parts


def _loyal(people: pd.DataFrame, rng: Generator, asked: Ints, at: Floats) -> list[pd.DataFrame]:
    """Answers to the loyalty items: as the type answers, the more loyal turned to what each item takes for loyal."""
    loyalty = people["loyalty_type"].cat.codes.to_numpy()[asked]
    own, parts = people["loyalty"].to_numpy()[asked], []
    for position, item in enumerate(plan.LOYALTY_ITEMS):
        mean = np.array([t.answers[position] for t in plan.LOYALTY.values()])[loyalty]
        mean = mean + plan.LOYAL_ANSWER * LOYAL_WAY[item] * own
        score = np.clip(np.round(mean + rng.normal(0, 0.8, len(asked))), 1, 7)
        parts.append(_answers(asked, at, "loyalty", item, score=score))
    return parts


def _pair(rng: Generator, wish: float, gap: float, lean: Floats, wishes: Floats) -> tuple[Floats, Floats]:
    """Whole answers on 1 to 7 whose mean gap is the planted one: rounding by lot keeps means, and the ends are out of reach."""
    spread = np.clip(0.5 * wishes + rng.normal(0, 0.1, len(lean)), -0.7, 0.7)
    expected = np.clip(wish + spread, 1, 7)
    seen = wish + gap + 0.8 * np.clip(lean, -1, 1) + 0.3 * spread
    return tuple(np.clip(np.floor(v + rng.random(len(lean))), 1, 7) for v in (expected, seen))  # type: ignore[return-value]


def _answers(
    who: Ints,
    at: Floats,
    instrument: str,
    item: str,
    *,
    expectation: object = np.nan,
    perception: object = np.nan,
    score: object = np.nan,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "entity": who,
            "at": at,
            "instrument": instrument,
            "item": item,
            "expectation": expectation,
            "perception": perception,
            "score": score,
        }
    )
