"""Why a customer stays: the six types of loyalty by the signs that define them (D072).

A sign is a share or a rate against a cut of the policy; a type says on which side of it a customer should lie who stays
for this reason and for no other. Nothing is fitted to a company.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

TYPES: Final = ("monopoly", "inertia", "convenience", "price", "incentive", "super_value")
UNKNOWN: Final = "unknown_type"
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
WAYS: Final = tuple(tuple(sign.types.get(name, 0) for name in TYPES) for sign in SIGNS)
"""Of each sign on which side of its cut each type lies: 1 above, -1 below, 0 either."""
