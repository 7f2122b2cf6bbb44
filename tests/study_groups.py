"""Groups that nobody drew: how often a change is told that is none, how often its interval is right, and stated power, by wander.

python -m tests.studies groups [companies]
"""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from crmlib.facts import groups as facts
from crmlib.facts.company import Company, company_from
from crmlib.facts.groups import Span
from crmlib.facts.trials import ORDERED
from crmlib.measures import groups
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
SPANS = 7
NOBODY = company_from({}, as_of=AS_OF, policy=Policy())


def spans(
    rng: np.random.Generator, sizes: tuple[int, ...], *, effect: float = 0.0, wander: float = 0.0, keeps: float = 0.0
) -> tuple[Span, ...]:
    """Spans of a company whose customers each order by a rate of their own, which hangs on their group too; the chance of the
    last group rises by `effect` in the latest span, and each group's wanders by so much from span to span, of which a share
    `keeps`.
    """
    group = np.repeat([f"g{i}" for i in range(len(sizes))], sizes).astype(object)
    place = np.repeat(np.arange(len(sizes)), sizes)
    usual = np.clip(rng.beta(2, 3, len(group)) + 0.1 * (place == 0), 0.02, 0.95)
    shock = rng.normal(size=(SPANS + 5, len(sizes)))
    for at in range(1, len(shock)):
        shock[at] = keeps * shock[at - 1] + np.sqrt(1 - keeps**2) * shock[at]
    chance = np.clip(usual + wander * shock[:, place], 0.0, 1.0)
    chance[-1] = np.clip(chance[-1] + effect * (place == len(sizes) - 1), 0.0, 1.0)
    did = rng.random(chance.shape) < chance
    spent = did * rng.lognormal(4, 0.8, did.shape)
    told = []
    for at in range(len(did) - 1, len(did) - SPANS - 2, -1):
        year, there = did[at - 4 : at], did[at - 4 : at].any(axis=0)
        before = np.column_stack([np.log1p(year.sum(axis=0)), year[-1], year[0]]).astype(float)
        money = np.column_stack([spent[at - 4 : at].sum(axis=0), spent[at - 1], spent[at - 4]])
        rows = (group[there], did[at, there].astype(float), spent[at, there], before[there], money[there])
        told.append(Span(AS_OF, AS_OF, *rows))
    return tuple(told)


def compared(told: tuple[Span, ...], c: Company = NOBODY) -> pd.DataFrame:
    """`groups.compare` of spans that come from nowhere else."""
    spans_of, facts.spans = facts.spans, lambda _c: told
    try:
        return groups.compare(c)
    finally:
        facts.spans = spans_of


def simulated(n: int, sizes: tuple[int, ...], **planted: float) -> Iterator[pd.DataFrame]:
    """What is told of `n` companies, by seeds 0, 1 and so on."""
    return (compared(spans(np.random.default_rng(seed), sizes, **planted)) for seed in range(n))


def figures(n: int, sizes: tuple[int, ...], **planted: float) -> dict[str, float]:
    """`false`: companies of which anything is told though nothing changed; `covered`: intervals of the share that hold what was
    planted; `told`: of a planted change as large as `least` says; `least`: its mean.
    """
    last = f"g{len(sizes) - 1}" if len(sizes) > 2 or sizes[1] <= sizes[0] else "g0"
    frames = list(simulated(n, sizes, **planted))
    false = np.mean([frame["verdict"].isin(["more", "less"]).any() for frame in frames])
    rows = [frame[(frame["outcome"] == ORDERED) & frame["change"].notna()] for frame in frames]
    covered = np.mean(np.concatenate([((r["change_low"] <= 0) & (r["change_high"] >= 0)) for r in rows]))
    least = float(np.mean([r.set_index("group").loc[last, "change_least"] for r in rows]))
    acted = [
        f.set_index(["outcome", "group"]).loc[(ORDERED, last)] for f in simulated(n, sizes, effect=least, **planted)
    ]
    return {
        "false": float(false), "covered": float(covered), "least": least,
        "told": float(np.mean([row["verdict"] == "more" for row in acted])),
        "planted": float(np.mean([row["change_low"] <= least <= row["change_high"] for row in acted])),
    }  # fmt: skip


def main(arguments: list[str]) -> int:
    """Exit code 1 where a figure misses by more than chance: false above 5 %, covered below 93 %, told not within 5 points of
    80 %; where a shock stays they are only told.
    """
    n, good = int(arguments[0]) if arguments else 60, True
    for sizes in ((600, 500), (700, 500, 300, 200), (900, 600, 400, 300, 200, 120)):
        for wander, keeps in ((0.0, 0.0), (0.03, 0.0), (0.03, 0.5)):
            told = figures(n, sizes, wander=wander, keeps=keeps)
            print(sizes, f"wander {wander} keeps {keeps}", {k: round(v, 3) for k, v in told.items()}, flush=True)
            if not keeps:
                good &= told["false"] <= 0.05 + 2 * (0.0475 / n) ** 0.5 and told["covered"] >= 0.93
                good &= abs(told["told"] - 0.8) <= 0.05 + 2 * (0.16 / n) ** 0.5
    return 0 if good else 1
