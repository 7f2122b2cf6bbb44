"""Why a customer stays: the six types of loyalty by the signs that define them, and how sure a customer's signs are
(D072).

A sign is a share or a rate against a cut. What is seen of it gives the probability that the customer truly lies above
the cut, so three orders say less than thirty; a type is as likely as its signs are together. Nothing is fitted to a
company.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc, gammaincc

TYPES: Final = ("monopoly", "inertia", "convenience", "price", "incentive", "super_value")
UNKNOWN: Final = "unknown_type"
PRIOR: Final = 2.0
"""Weight of the prior in observations, put at the cut: nothing seen says nothing."""
CAP: Final = 0.95
"""No sign alone is surer than this: a type is a description, and customers do not read it."""
HIGH, LOW = 1, -1


@dataclass(frozen=True)
class Sign:
    """What is looked at, and which types lie above its cut (HIGH) or below (LOW); a type that is not named may be
    either.

     `presence` signs count only where they are there: not buying spare parts does not speak against a monopoly.
    """

    name: str
    kind: Literal["share", "rate"]
    types: dict[str, int]
    presence: bool = False


SIGNS: Final = (
    Sign(
        "discounted_orders",
        "share",
        {"monopoly": LOW, "inertia": LOW, "convenience": LOW, "price": HIGH, "incentive": HIGH, "super_value": LOW},
    ),
    Sign("coupon_sized", "share", {"price": LOW, "incentive": HIGH}),
    Sign("bought_only_here", "share", {"monopoly": HIGH}, presence=True),
    Sign(
        "visits",
        "rate",
        {"monopoly": HIGH, "inertia": LOW, "convenience": HIGH, "price": HIGH, "incentive": HIGH, "super_value": HIGH},
    ),
    Sign(
        "clicks_per_login",
        "rate",
        {"monopoly": HIGH, "inertia": LOW, "convenience": LOW, "price": HIGH, "super_value": HIGH},
    ),
    Sign("notices_contacts", "share", {"monopoly": LOW, "inertia": LOW, "incentive": HIGH, "super_value": HIGH}),
    Sign("detractor", "share", {"monopoly": HIGH, "convenience": LOW, "super_value": LOW}),
    Sign("promoter", "share", {"monopoly": LOW, "inertia": LOW, "super_value": HIGH}),
    Sign(
        "price_matters",
        "share",
        {"monopoly": LOW, "inertia": LOW, "convenience": LOW, "price": HIGH, "incentive": HIGH, "super_value": LOW},
    ),
    Sign(
        "watches_rivals",
        "share",
        {"monopoly": HIGH, "inertia": LOW, "convenience": LOW, "price": HIGH, "super_value": LOW},
    ),
    Sign("brand_matters", "share", {"monopoly": LOW, "price": LOW, "super_value": HIGH}),
)
"""The definitions, as a table: what one would expect to see of a customer who stays for this reason and for no other."""


def above(sign: Sign, seen: pd.Series, of: pd.Series, cut: float) -> NDArray[np.float64]:
    """Probability that the true share or rate lies above `cut`, given `seen` out of `of` (cases, or exposure); 0.5
    without any.
    """
    k, n = seen.to_numpy(dtype=float), of.to_numpy(dtype=float)
    if sign.kind == "share":
        sure = 1 - betainc(PRIOR * cut + k, PRIOR * (1 - cut) + n - k, cut)
    else:
        sure = gammaincc(PRIOR + k, (PRIOR / cut + n) * cut)
    sure = np.clip(sure, 1 - CAP, CAP)
    sure = np.maximum(sure, 0.5) if sign.presence else sure
    return np.where(n > 0, sure, 0.5)


def likelihoods(sure: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Probability of each type (columns as `TYPES`), all as likely before anything is seen; rows sum to 1."""
    size = len(next(iter(sure.values())))
    total = np.zeros((size, len(TYPES)))
    for sign in SIGNS:
        p = sure[sign.name]
        for column, name in enumerate(TYPES):
            way = sign.types.get(name, 0)
            total[:, column] += np.log(p if way == HIGH else 1 - p if way == LOW else np.full(size, 0.5))
    each = np.exp(total - total.max(axis=1, keepdims=True))
    return np.asarray(each / each.sum(axis=1, keepdims=True))
