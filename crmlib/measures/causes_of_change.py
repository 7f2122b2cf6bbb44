"""Why a headline figure differs from what was said last month: what customers did, who they are, what was recorded late, and what
we changed ourselves (D128, D130).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from math import nan
from typing import Any, Final, NamedTuple

import pandas as pd

from crmlib.facts import standings, windows
from crmlib.facts.company import Company
from crmlib.facts.findings import resting
from crmlib.facts.then import Then
from crmlib.models import shapley
from crmlib.vocabulary.kpi import STEPS
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.moves import CAUSES

BEHAVIOUR, MIX, LATE, POLICY = CAUSES
COLUMNS: Final = ("kpi", "said", "before", "value", "change", *CAUSES, "unit")
SPLIT: Final = tuple(kpi for kpi in standings.STANDINGS if KPIS[kpi].headline)
"""Headline figures that customers make one by one."""
Groups = Mapping[str, tuple[Fraction, Fraction]]
"""By tier, what customers of it add to a figure, and how much they weigh in it."""


class Looks(NamedTuple):
    """A figure at the end of last month as it was known then and as it is known now, and of this month."""

    then: Groups
    before: Groups
    now: Groups


def table(c: Company, then: Then | None) -> pd.DataFrame:
    """One row per headline figure that customers make one by one and that is known at both months' ends, what changed most for
    its size first: `COLUMNS`.

    `said` is what last month's review told, `before` last month as it is known now, `change` this month's less what was said
    (less `before` where nothing was said); the parts, rounded as they are written, add up to it. A part that cannot be told is
    NaN: `change_mix` where customers have no tiers, `change_late` and `change_policy` without last month's review, `change_late`
    where its tables can no longer be read.
    """
    rows: list[dict[str, Any]] = []
    rest: dict[tuple[str, str], float] = {}
    for kpi in (name for name in SPLIT if c.knows(*KPIS[name].needs)):
        looks = _looks(c, then, kpi)
        if looks is None:
            continue
        said = then.said.get(kpi) if then else None
        counted, unit = KPIS[kpi].unit == "count", KPIS[kpi].unit
        before, value = (float(figure(groups, counted=counted)) for groups in (looks[0].before, looks[0].now))
        split = parts(*looks, said=None if said is None else Fraction(said), counted=counted)
        change = value - (before if said is None else said)
        rounded = shapley.apportioned(split, change, STEPS[unit])
        rows.append({"kpi": kpi, "said": nan if said is None else said, "before": before, "value": value, "change": change}
                    | {name: rounded.get(name, nan) for name in CAUSES} | {"unit": unit})  # fmt: skip
        if then and not then.company:
            rows[-1][LATE] = nan
        rest[kpi, ""] = _customers(c, kpi)
    rows.sort(key=lambda row: -abs(row["change"]) / (abs(row["value"]) or 1))
    return resting(pd.DataFrame(rows, columns=[*COLUMNS]), rest)


def parts(looks: Looks, under_then: Looks, *, said: Fraction | None, counted: bool) -> dict[str, Fraction]:
    """By cause, what it changed, exactly: `looks` under the policy of today, and under that of then.

    What was recorded late is taken to show in this month's figure as it does in last month's. What is left between `said` and
    what this program makes of the tables and the policy of then is the program's, and stands with the policy. Without `said`
    there is behaviour and mix alone; without tiers there is no mix.
    """
    tiers = {*looks.then, *looks.before, *looks.now, *under_then.then, *under_then.before, *under_then.now}
    told = CAUSES if said is not None else (BEHAVIOUR, MIX)
    causes = [cause for cause in told if cause != MIX or tiers - {standings.NEW}]
    if MIX not in causes:
        looks, under_then = (_undivided(each, counted=counted) for each in (looks, under_then))
    value = partial(_value, looks, under_then, whole=said is None, together=MIX not in causes, counted=counted)
    found = shapley.parts(value, causes)
    if said is not None:
        found[POLICY] += value(frozenset()) - said
    return found


def figure(groups: Groups, *, counted: bool) -> Fraction:
    """The figure that the groups make."""
    top = sum((top for top, _bottom in groups.values()), Fraction(0))
    return top if counted else top / sum((bottom for _top, bottom in groups.values()), Fraction(0))


def note(then: Then | None) -> str:
    """How far the parts can be told, in the reader's language."""
    if then is None:
        return say(
            "Without a review of last month nobody knows what was said then; late data and policy are not told apart."
        )
    if then.company is None:
        return say("This program cannot read last month's tables any more: late data stand with policy and program.")
    return say("Figures that are no sums over customers (medians, forecasts, effects) are not split.")


def _value(
    looks: Looks, under_then: Looks, some: frozenset[str], *, whole: bool, together: bool, counted: bool
) -> Fraction:
    """The figure if only `some` causes had come about; `whole`: late data and policy did; `together`: mix goes with behaviour."""
    told = looks if whole or POLICY in some else under_then
    known = whole or LATE in some
    moved = BEHAVIOUR in some
    weights = _of(told, known=known, now=moved if together else MIX in some, part=1)
    rates = _of(told, known=known, now=moved, part=0)
    top = sum((weights[g] * rates[g] for g in weights), Fraction(0))
    return top if counted else top / sum(weights.values(), Fraction(0))


def _of(looks: Looks, *, known: bool, now: bool, part: int) -> dict[str, Fraction]:
    """The rates (part 0) or the weights (1) of each tier: of this month or the last, with or without what was recorded late."""
    tiers = [*dict.fromkeys([*looks.then, *looks.before, *looks.now])]
    then, before, current = ({g: _part(looks, i, g, part) for g in tiers} for i in range(3))
    chosen = current if now else before
    return {g: chosen[g] + (0 if known else then[g] - before[g]) for g in tiers}


def _part(looks: Looks, at: int, tier: str, part: int) -> Fraction:
    """A tier's weight at one look; its rate there, or, where nobody of it stands there, at the look nearest to it."""
    if part == 1:
        return looks[at].get(tier, (Fraction(0), Fraction(0)))[1]
    for look in (looks[at], looks.before, looks.then, looks.now):
        top, bottom = look.get(tier, (Fraction(0), Fraction(0)))
        if bottom:
            return top / bottom
    return Fraction(0)


def _undivided(looks: Looks, *, counted: bool) -> Looks:
    """The same without groups; what counts is one group of weight 1."""
    whole = []
    for groups in looks:
        top, bottom = (sum((pair[i] for pair in groups.values()), Fraction(0)) for i in (0, 1))
        whole.append({standings.NEW: (top, Fraction(1) if counted else bottom)})
    return Looks(*whole)


def _looks(c: Company, then: Then | None, kpi: str) -> tuple[Looks, Looks] | None:
    """Both looks at last month and this month's, by the policy of today and by that of then; None where one has no figure."""
    frozen = then.company if then else None
    made: list[Looks] = []
    for policy in (c.policy, frozen.policy if frozen else c.policy):
        if made and policy == c.policy:
            made.append(made[0])
            continue
        now = c if policy == c.policy else c.under(policy)
        before = now.at(windows.month_before(c))
        old = before if frozen is None else frozen if policy == frozen.policy else frozen.under(policy)
        made.append(Looks(*(_groups(on, kpi) for on in (old, before, now))))
    counted = KPIS[kpi].unit == "count"
    known = all(counted or sum(b for _t, b in groups.values()) > 0 for looks in made for groups in looks)
    return (made[0], made[1]) if known and all(len(g) for looks in made for g in looks) else None


def _groups(c: Company, kpi: str) -> Groups:
    rows = standings.by_tier(c, kpi)
    assert rows is not None
    told: Any = rows[["top", "bottom"]].itertuples()
    return {tier: (Fraction(top), Fraction(bottom)) for tier, top, bottom in told}


def _customers(c: Company, kpi: str) -> float:
    """On how many customers the figure rests at the look where they are fewest."""
    looks = (standings.by_tier(on, kpi) for on in (c, c.at(windows.month_before(c))))
    return min(float(rows["customers"].sum()) for rows in looks if rows is not None)
