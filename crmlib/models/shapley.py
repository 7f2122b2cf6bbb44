"""A change told by its causes: each cause's Shapley value, the mean of what it changes over every order in which causes may come.

Whatever causes do together is shared fairly between them, and the parts add up to the whole change (Shapley 1953); numbers are
exact fractions, so that they do so to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial, floor

Value = Callable[[frozenset[str]], Fraction]
"""What the figure would be if only these causes had come about."""


def parts(value: Value, causes: Sequence[str]) -> dict[str, Fraction]:
    """By cause, what it changed; they add up to value(all causes) less value(none)."""
    n = len(causes)
    known = {some: value(some) for size in range(n + 1) for some in map(frozenset, combinations(causes, size))}
    found = {}
    for cause in causes:
        without = [some for some in known if cause not in some]
        weights = (Fraction(factorial(len(some)) * factorial(n - len(some) - 1), factorial(n)) for some in without)
        found[cause] = sum(
            (w * (known[some | {cause}] - known[some]) for some, w in zip(without, weights, strict=True)), Fraction(0)
        )
    return found


def apportioned(shares: Mapping[str, Fraction | float], whole: float, step: float) -> dict[str, float]:
    """Parts of a whole rounded to multiples of `step` that add up to the whole so rounded (largest remainders)."""
    unit = Fraction(repr(step))
    exact = {name: Fraction(part) / unit for name, part in shares.items()}
    whole_steps = round(Fraction(whole) / unit)
    steps = {name: floor(part) for name, part in exact.items()}
    left = whole_steps - sum(steps.values())
    order = sorted(exact, key=lambda name: steps[name] - exact[name])
    for i in range(abs(left)):
        # Where rounding the whole took more away than the remainders hold, it goes round again.
        steps[order[i % len(order)] if left > 0 else order[-1 - i % len(order)]] += 1 if left > 0 else -1
    return {name: float(count * unit) for name, count in steps.items()}
