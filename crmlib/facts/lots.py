"""Lots: who is left alone for comparison, this month or for a year, and who is drawn to explore (D129).

Each is a hash of the seed, a span of time and the customer alone: nobody else who joins, leaves or is reordered changes a
customer's draw, no list of who was drawn is kept, and nobody can be moved across by wishing. The year of a customer begins with
the first list on which they stood, so that whoever is left alone then is so for the whole year after it.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import numpy as np
import pandas as pd

from crmlib.facts import proposals
from crmlib.facts.company import Company
from crmlib.facts.lookups import remembered
from crmlib.models.fitting import Array

YEAR = 12
"""Months that a lasting draw holds, from the first list on which a customer stood."""
EVEN = 0.5
"""Share of those drawn to explore who are acted on; the others are what they are compared with."""


def arms(c: Company, customer_id: pd.Series) -> Array:
    """`lasting`, `hold_out` or `act` of each: `policy.contact.lasting_share` of the customers are left alone in all twelve months
    of a year of their own, `hold_out_share` of the others this month.
    """
    month, begun = _month(c.as_of), _begun(c)
    years = [(month - begun.get(who, month)) // YEAR for who in customer_id]
    seed, contact = c.policy.statistics.seed, c.policy.contact
    lasting = np.array([number(seed, "lasting", y, who) for y, who in zip(years, customer_id, strict=True)])
    monthly = np.array([number(seed, f"{c.as_of:%Y-%m}", who) for who in customer_id])
    return np.where(
        lasting < contact.lasting_share, "lasting", np.where(monthly < contact.hold_out_share, "hold_out", "act")
    ).astype(object)


@remembered
def _begun(c: Company) -> dict[str, int]:
    """The month of the first list into which each customer was drawn, or on which they were left alone."""
    rows = proposals.drawn_in(proposals.proposals(c)).group_by("customer_id")
    first = rows.agg(first=lambda t: t.proposed_on.min()).to_pandas()
    return {str(who): _month(day) for who, day in zip(first["customer_id"], first["first"], strict=True)}


def _month(day: date) -> int:
    return day.year * YEAR + day.month - 1


def propensity(c: Company) -> float:
    """Chance with which a customer is drawn to be acted on."""
    return (1 - c.policy.contact.lasting_share) * (1 - c.policy.contact.hold_out_share)


def exploring(c: Company, customer_id: pd.Series) -> pd.DataFrame:
    """Of each the place in the order of the lot that explores (a number from 0 to 1), and whether they are acted on if drawn."""
    seed, month = c.policy.statistics.seed, f"{c.as_of:%Y-%m}"
    return pd.DataFrame(
        {
            "place": [number(seed, "explore", month, who) for who in customer_id],
            "acts": [number(seed, "coin", month, who) < EVEN for who in customer_id],
        },
        index=customer_id.index,
    ).astype({"place": float, "acts": bool})


def number(*parts: object) -> float:
    """A number from 0 to 1 that the parts alone decide."""
    # Twelve hexadecimal digits, which a float holds exactly.
    return int(sha256("|".join(map(str, parts)).encode()).hexdigest()[:12], 16) / 16**12
