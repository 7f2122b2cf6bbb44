"""What acting changes, by reason, tier and channel: learnt from the company's own comparison groups, a stated prior before that.

Who was drawn to be left alone tells what would have come anyway (D129); what acting added is a share of the room there was.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import numpy as np
import pandas as pd
from ibis import _
from scipy.special import ndtri

from crmlib.facts import proposals
from crmlib.facts.company import Company
from crmlib.facts.lookups import remembered
from crmlib.models import effects as models
from crmlib.models.effects import Drawn, Effects
from crmlib.models.fitting import Array
from crmlib.vocabulary.reasons_to_act import WHAT

FACTORS: Final = (("why",), ("channel",), ("tier",), ("why", "channel"), ("why", "tier"))
"""What groups are made of: the reasons have a prior of their own, channels, tiers, and both within a reason scatter about it."""
SEPARATOR: Final = "|"


def of(c: Company, rows: pd.DataFrame) -> pd.DataFrame:
    """By row of why, tier, channel: effect (share of what is at stake that acting keeps or brings), effect_low, effect_high (at
    the policy's confidence), harms (all of the interval lies below nought, and not by assumption alone).
    """
    known, places = learnt(c)
    mean, spread = known.of(_members(rows.assign(why=[_reason(why, places) for why in rows["why"]]), places))
    reach = float(ndtri(0.5 + c.policy.statistics.confidence / 2)) * spread
    harms = (mean + reach < 0) & (known.n > 0)
    return pd.DataFrame(
        {"effect": mean, "effect_low": mean - reach, "effect_high": mean + reach, "harms": harms}, index=rows.index
    )


def version(c: Company) -> str:
    """Eight letters that tell these effects from others; `prior` where nothing is learnt."""
    known, places = learnt(c)
    told = "|".join([*places, *(f"{value:.9g}" for value in known.mean)])
    return sha256(told.encode()).hexdigest()[:8] if known.n else "prior"


@remembered
def drawn(c: Company) -> pd.DataFrame:
    """One row per proposal whose days are over, of which it is known what came: month, why, tier, channel, acted, propensity,
    expected, room, ordered; what the list did not note is taken from the arms of its month and reason.
    """
    rows = proposals.outcomes(c).filter(_.why.notnull())
    frame = rows.select(
        "action_id", "why", "tier", "explored", "propensity", "expected", "room", month=_.proposed_on.truncate("M"),
        channel=_.channel.fill_null(""), acted=(_.arm == "act").cast("float64"), ordered=(_.orders > 0).cast("float64"),
        at=_.proposed_on,
    ).order_by("at", "why", "tier", "channel", "acted", "ordered", "expected", "room", "action_id").to_pandas()  # fmt: skip
    cell = [frame["month"], frame["why"], frame["explored"]]
    share = frame.groupby(cell)["acted"].transform("mean") if len(frame) else frame["acted"]
    frame["propensity"] = frame["propensity"].astype(float).fillna(share)
    alone = frame["ordered"].where(frame["acted"] == 0).groupby(frame["why"]).transform("mean")
    frame["expected"] = frame["expected"].astype(float).fillna(alone)
    frame["room"] = frame["room"].astype(float).fillna(1 - frame["expected"])
    inside = frame["propensity"].between(0, 1, inclusive="neither") & share.between(0, 1, inclusive="neither")
    return frame[inside & frame["expected"].notna()].reset_index(drop=True)


@remembered
def learnt(c: Company) -> tuple[Effects, dict[str, int]]:
    """The effects as learnt by the company's day, and the place of each group in them."""
    some = drawn(c) if c.knows("actions", "orders") else pd.DataFrame(columns=["why", "tier", "channel"])
    groups = [(name, 0) for name in dict.fromkeys([*WHAT, *some["why"]])]
    groups = [(f"why={why}", kind) for why, kind in groups]
    for kind, factor in enumerate(FACTORS[1:], 1):
        groups += [(label, kind) for label in sorted({*_labels(some, factor)} - {""})]
    places, kinds = {name: i for i, (name, _kind) in enumerate(groups)}, np.array([kind for _name, kind in groups])
    shares, weight = c.policy.effect.share, float(c.policy.effect.weight)
    mean = np.array([0.0 if kind else shares.get(name.removeprefix("why="), 0.0) for name, kind in groups])
    if not len(some):
        return models.prior(mean, kinds, weight=weight), places
    strata = pd.factorize(some["month"].astype(str) + some["why"] + some["explored"].astype(str))[0]
    acted, propensity, ordered, expected, room = (
        some[n].to_numpy(dtype=float) for n in ("acted", "propensity", "ordered", "expected", "room")
    )
    shown = Drawn(acted, propensity, ordered, expected, room, strata)
    return models.learn(shown, _members(some, places), mean, kinds, weight=weight), places


def _reason(why: str, places: dict[str, int]) -> str:
    """The reason whose effect holds: further moments of a rhythm are as a habit's."""
    return why if f"why={why}" in places else "habit"


def _labels(rows: pd.DataFrame, factor: tuple[str, ...]) -> list[str]:
    """The group of each row by a factor; "" where a part of it is not known."""
    parts = zip(*(rows[name].fillna("").astype(str) for name in factor), strict=True)
    return [SEPARATOR.join(f"{n}={v}" for n, v in zip(factor, row, strict=True)) if all(row) else "" for row in parts]


def _members(rows: pd.DataFrame, places: dict[str, int]) -> Array:
    """Which groups each row is a member of: customers down, groups across."""
    members = np.zeros((len(rows), len(places)))
    for factor in FACTORS:
        at = np.array([places.get(label, -1) for label in _labels(rows, factor)], dtype=int)
        inside = np.flatnonzero(at >= 0)
        members[inside, at[inside]] = 1.0
    return members
