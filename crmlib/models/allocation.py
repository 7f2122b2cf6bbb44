"""At most one channel for each customer, under limits on money and time and with a least number of each group: the most worth.

The prices of the limits minimise the Lagrangian dual (Fisher 1981), found by cutting planes within a level set (Lemaréchal,
Nemirovskii and Nesterov 1995). What prices alone settle is settled; the few choices that they leave close are solved to the end
by HiGHS, and the dual's bound proves that no other choice is worth more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, vstack

from crmlib.models.fitting import Array

Choices = NDArray[np.int64]
NOBODY: Final = -1
"""Choice of a customer who is left alone."""
ROUNDS: Final = 400
"""Cutting planes at most."""
CLOSE: Final = 1e-7
"""Part of the worth up to which two plans are called equal."""
CORE: Final = 400
MOST_CORE: Final = 40_000
"""Customers whose choice is closest, solved together: at first, and at most."""
LEVEL: Final = 0.3


@dataclass(frozen=True)
class Limits:
    """What all choices together may use of each resource: `use` (resource × channel) of one choice and `most` of each; `group` of
    each customer, and `least` customers chosen of each group.
    """

    use: Array
    most: Array
    group: Choices
    least: Array


@dataclass(frozen=True)
class Plan:
    """`choice`: the channel of each customer (-1: none); `worth` of all; `bound`: no plan is worth more; `prices`: what one more
    unit of each resource would bring; `floors`: what one more customer of each group that is owed costs; `kept`: the part of
    `least` that the limits leave room for.
    """

    choice: Choices
    worth: float
    bound: float
    prices: Array
    floors: Array
    kept: float


def plan(worth: Array, limits: Limits) -> Plan:
    """The plan of most worth; `worth` is customer × channel in money, NaN where the channel may not be used.

    Exact to `CLOSE` of the worth. Where the limits do not carry the least of each group, all of these are cut by the same part.
    """
    least, kept = _carried(worth, limits)
    limits = Limits(limits.use, limits.most, limits.group, least)
    gain = np.where(np.isnan(worth), -np.inf, worth)
    prices, bound = _prices(gain, limits)
    choice, value = _settled(gain, limits, prices, bound)
    resources = len(limits.most)
    return Plan(choice, value, max(bound, value), prices[:resources], prices[resources:], kept)


def _carried(worth: Array, limits: Limits) -> tuple[Array, float]:
    """The least of each group that there are customers for and that the limits carry, each by the channel that takes least of
    them, and which part of what was asked that is.
    """
    there = ~np.isnan(worth)
    takes = np.where(there, (limits.use / np.maximum(limits.most, 1e-12)[:, None]).sum(axis=0), np.inf)
    best, open_to = takes.argmin(axis=1), there.any(axis=1)
    asked = np.minimum(limits.least, np.bincount(limits.group[open_to], minlength=len(limits.least))).astype(float)
    cheapest = []
    for g in range(len(asked)):
        here = np.flatnonzero((limits.group == g) & open_to)
        here = here[np.argsort(takes[here, best[here]], kind="stable")]
        cheapest.append(np.cumsum(np.hstack([np.zeros((len(limits.most), 1)), limits.use[:, best[here]]]), axis=1))

    def fits(part: float) -> bool:
        need = sum(use[:, int(part * n + 1e-6)] for use, n in zip(cheapest, asked, strict=True))
        return bool(np.all(need <= limits.most + 1e-9))

    if fits(1.0):
        return asked, 1.0
    low, high = 0.0, 1.0
    for _step in range(40):
        tried = (low + high) / 2
        low, high = (tried, high) if fits(tried) else (low, tried)
    least = np.floor(low * asked + 1e-6)
    return least, float(least.sum() / asked.sum())


def _net(gain: Array, limits: Limits, prices: Array) -> Array:
    """Worth of each choice less what it uses at these prices, and with what a group is owed."""
    resources = len(limits.most)
    owed = prices[resources:][limits.group]
    net: Array = gain - prices[:resources] @ limits.use + owed[:, None]
    return net


def _cut(gain: Array, limits: Limits, prices: Array) -> tuple[float, Array]:
    """The dual at these prices, and how it changes with them."""
    net = _net(gain, limits, prices)
    best, chosen = net.argmax(axis=1), net.max(axis=1) > 0
    dual = prices @ np.concatenate([limits.most, -limits.least]) + net.max(axis=1)[chosen].sum()
    times = np.bincount(best[chosen], minlength=gain.shape[1])
    groups = np.bincount(limits.group[chosen], minlength=len(limits.least))
    slope = np.concatenate([limits.most - limits.use @ times, groups - limits.least])
    return float(dual), slope


def _prices(gain: Array, limits: Limits) -> tuple[Array, float]:
    """Prices at the least of the dual, and the dual there."""
    there = np.isfinite(gain)
    top = float(np.abs(gain[there]).max(initial=0.0)) + 1.0
    scale = np.concatenate([np.maximum(limits.use.max(axis=1), 1e-9), np.ones(len(limits.least))])
    # Beyond these prices nobody is chosen for worth, and everybody is for what a group is owed.
    ends = np.concatenate(
        [top / np.where(limits.use > 0, limits.use, np.inf).min(axis=1), np.full(len(limits.least), 2 * top)]
    )
    ends = np.minimum(ends, 1e6 * top / scale)
    at = np.zeros(len(ends))
    best, best_at = np.inf, at
    values: list[float] = []
    slopes: list[Array] = []
    for _round in range(ROUNDS):
        dual, slope = _cut(gain, limits, at)
        values.append(dual - float(slope @ at))
        slopes.append(slope)
        if dual < best:
            best, best_at = dual, at
        below = _model(values, slopes, ends)
        if best - below <= CLOSE * max(1.0, abs(best)):
            break
        at = _nearest(values, slopes, ends, best_at, below + LEVEL * (best - below), scale)
    return best_at, best


def _model(values: list[float], slopes: list[Array], ends: Array) -> float:
    """The least of the cutting planes."""
    planes = np.column_stack([np.array(slopes), -np.ones(len(slopes))])
    bounds = [*((0, end) for end in ends), (None, None)]
    found = linprog([*np.zeros(len(ends)), 1.0], A_ub=planes, b_ub=-np.array(values), bounds=bounds, method="highs")
    return float(found.fun) if found.status == 0 else -np.inf


def _nearest(values: list[float], slopes: list[Array], ends: Array, at: Array, level: float, scale: Array) -> Array:
    """The prices nearest to `at` (in the largest of the scaled differences) where no plane lies above `level`."""
    n, planes = len(ends), np.array(slopes)
    width = np.zeros((2 * n, n + 1))
    width[:n, :n], width[n:, :n] = np.diag(scale), -np.diag(scale)
    width[:, n] = -1
    above = np.column_stack([planes, np.zeros(len(planes))])
    limits = np.concatenate([level - np.array(values), scale * at, -scale * at])
    bounds = [*((0, end) for end in ends), (0, None)]
    aim = [*np.full(n, 1e-9) * scale, 1.0]
    found = linprog(aim, A_ub=np.vstack([above, width]), b_ub=limits, bounds=bounds, method="highs")
    return np.clip(found.x[:n], 0, ends) if found.status == 0 else at / 2


def _settled(gain: Array, limits: Limits, prices: Array, bound: float) -> tuple[Choices, float]:
    """The best choices: those that prices settle, and the closest ones solved together until no other can be better."""
    net = np.column_stack([_net(gain, limits, prices), np.zeros(len(gain))])
    top = net.max(axis=1)
    loss = top[:, None] - net
    first = loss.argmin(axis=1)
    second = np.partition(loss, 1, axis=1)[:, 1]
    order, size = np.argsort(second, kind="stable"), min(CORE, len(gain))
    while True:
        core = order[:size]
        found = _solved(gain, limits, first, core)
        value = found[1] if found else -np.inf
        gap = bound - value
        room = CLOSE * max(1.0, abs(bound))
        if size == len(gain) or size >= MOST_CORE or gap <= room or (found and second[order[size]] > gap):
            break
        size = min(len(gain), 4 * size)
    choice = found[0] if found else np.full(len(gain), gain.shape[1])
    return np.where(choice == gain.shape[1], NOBODY, choice).astype(np.int64), value if found else 0.0


def _solved(gain: Array, limits: Limits, first: Choices, core: Choices) -> tuple[Choices, float] | None:
    """Choices of `core` at their best beside `first` of all others; None where none keeps the limits."""
    channels = gain.shape[1]
    rest = np.ones(len(gain), dtype=bool)
    rest[core] = False
    taken = rest & (first < channels)
    used = limits.use @ np.bincount(first[taken], minlength=channels)[:channels]
    there = np.bincount(limits.group[taken], minlength=len(limits.least))
    who, which = np.nonzero(np.isfinite(gain[core]))
    own = csr_matrix((np.ones(len(who)), (who, np.arange(len(who)))), shape=(len(core), len(who)))
    groups = (limits.group[core][who] == np.arange(len(limits.least))[:, None]).astype(float)
    rows = vstack([own, csr_matrix(limits.use[:, which]), csr_matrix(-groups)])
    most = np.concatenate([np.ones(len(core)), limits.most - used, there - limits.least])
    if not len(who):
        solved = np.zeros(0)
        if (most[len(core) :] < -1e-9).any():
            return None
    else:
        result = milp(
            -gain[core][who, which],
            constraints=LinearConstraint(rows, -np.inf, most + 1e-9),
            integrality=np.ones(len(who)),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": CLOSE / 10, "time_limit": 20.0},
        )
        if result.x is None:
            return None
        solved = result.x
    choice = first.copy()
    choice[core] = channels
    chosen = solved > 0.5
    choice[core[who[chosen]]] = which[chosen]
    taken = choice < channels
    return choice, float(gain[np.flatnonzero(taken), choice[taken]].sum())
