"""The same month lived under the choices of several tables: the hours of the month allotted to tiers, common random numbers.

`python -m crmlib.teaching.game FOLDER CHOICES` plays the month that follows the last one of the exports in FOLDER (a copy that
has lived on, or the company as it comes). CHOICES is JSON: hours by tier for each table. Who is quiet, who is held out by lot, in
which order each tier is called, what a customer would have bought, and how the dice of their reaction fall are the same under
every choice; so tables differ by what they chose, and by nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import t

from crmlib.teaching import plan, reactions
from crmlib.teaching.continued import lived_on
from crmlib.teaching.living import Life
from crmlib.teaching.orders import Bools, order_frame
from crmlib.teaching.people import Floats, Ints, stream
from crmlib.teaching.programmes import month_start
from crmlib.vocabulary.policy import TIERS, Policy, load

QUIET_DAYS, HOLD_OUT, GAME = 90, 0.25, 5000
"""Days without an order from which on a customer is in the game; share of each tier that is left alone; a stream of its own."""
MINUTES: Final = {"high_value": 90, "growth": 20, "potential": 10, "long_tail": 5}
"""What a contact takes in each tier."""
CHANNELS: Final = {"high_value": "face_to_face", "growth": "phone", "potential": "wechat", "long_tail": "sms"}
HOUR: Final = 60.0
"""What an hour of the team costs, in yuan."""
WHY: Final = "silent"
COLUMNS: Final = ("tier", "customers", "free", "hours", "contacted", "held_out", "bought", "bought_held_out")


@dataclass(frozen=True)
class Month:
    """The month before anybody chooses: a row per quiet customer (entity, tier, worth of an order in margin, place in the tier's
    order by lot, held out), and five uniform draws each, for whatever a contact does.
    """

    life: Life
    customers: pd.DataFrame
    draws: Floats
    first: int

    @property
    def until(self) -> int:
        """The end of the window in which orders count."""
        return self.first + plan.OUTCOME_DAYS


def month_of(life: Life, policy: Policy) -> Month:
    """The next month of a company, and who is in the game."""
    first = month_start(life.month)
    made = life.made
    n = len(made.people)
    orders = _past_orders(life, first)
    last, count = made.trade.last_before(first, n)
    revenue = np.bincount(orders["entity"], weights=orders["net"].where(orders["recent"], 0.0), minlength=n)
    margin = np.bincount(orders["entity"], weights=orders["margin"], minlength=n) / np.maximum(count, 1)
    cuts = policy.tiers.potential_from, policy.tiers.growth_from, policy.tiers.high_value_from
    tier = np.array(list(reversed(TIERS)), dtype=object)[np.searchsorted(cuts, revenue, side="right")]
    rng = stream(made.seed, GAME + life.month)
    draws, lot, held = rng.random((5, n)), rng.random(n), rng.random(n) < HOLD_OUT
    quiet = (count > 0) & (first - last > QUIET_DAYS) & (made.people["acquired"].to_numpy() < first)
    rows = pd.DataFrame({"entity": np.arange(n), "tier": tier, "worth": margin.round(2), "lot": lot, "held_out": held})[
        quiet
    ]
    rows = rows.sort_values(["tier", "lot"], ignore_index=True)
    return Month(life, rows, draws, first)


def _past_orders(life: Life, first: int) -> pd.DataFrame:
    """All orders before the month: entity, net, margin, and whether they lie in the twelve months that tiers look at."""
    made = life.made
    rows = made.orders if len(made.orders) else order_frame(made.people, made.trade, made.seed)
    rows = rows[rows["at"] < first]
    return pd.DataFrame(
        {
            "entity": rows["entity"].astype(np.int64),
            "net": (rows["amount"] - rows["refunded"].fillna(0)).astype(float),
            "margin": rows["margin"].fillna(0).astype(float),
            "recent": rows["at"] >= first - 365,
        }
    )


def played(month: Month, hours: Mapping[str, float]) -> dict[str, Any]:
    """The month lived under a choice of hours by tier: what the contacts brought, as it is estimated and as it is.

    `estimate`, `low`, `high`: margin that the contacts brought, by tier contacted less held out, 95 %; None where a tier has too
    few of either. `truth`: the same month with and without them. `cost` of the hours used. `tiers`: a row of counts each.
    """
    rows = month.customers.assign(contacted=False)
    for tier in TIERS:
        free = rows.index[(rows["tier"] == tier) & ~rows["held_out"]]
        rows.loc[free[: int(hours.get(tier, 0.0) * 60 // MINUTES[tier])], "contacted"] = True
    bought = _bought(month, rows)
    alone = _bought(month, rows.assign(contacted=False))
    rows = rows.assign(bought=bought, brought=bought * rows["worth"], alone=alone * rows["worth"])
    used = sum(MINUTES[tier] * int(n) for tier, n in rows.groupby("tier")["contacted"].sum().items()) / 60
    truth = float((rows["brought"] - rows["alone"])[rows["contacted"]].sum())
    return {
        **_estimated(rows),
        "truth": round(truth, 2),
        "cost": round(used * HOUR, 2),
        "contacted": int(rows["contacted"].sum()),
        "tiers": [_counts(rows[rows["tier"] == tier], tier, hours) for tier in TIERS],
    }


def _bought(month: Month, rows: pd.DataFrame) -> Ints:
    """The orders of each customer in the month's window, those marked as contacted."""
    trade = deepcopy(month.life.made.trade)
    who = rows.loc[rows["contacted"], "entity"].to_numpy(np.int64)
    ways = rows.loc[rows["contacted"], "tier"].map(CHANNELS).to_numpy(dtype=object)
    at = month.first + 1.0 + np.floor(10 * month.draws[4][who]) + 0.4
    likely = reactions.chances(month.life.made.people["reaction"].to_numpy()[who], trade.left[who] < at, WHY, ways)
    soonest, latest = reactions.WITHIN
    part = soonest + (latest - soonest) * month.draws[3][who]
    reactions.carried(
        trade,
        who,
        at,
        likely,
        month.draws[:3, who],
        part,
        since=month.first,
        until=month.until,
        kind="action",
        end=np.inf,
    )
    inside: Bools = (trade.at >= month.first) & (trade.at < month.until)
    found = np.bincount(trade.customer[inside], minlength=len(month.life.made.people))
    return np.asarray(found[rows["entity"].to_numpy()])


def _estimated(rows: pd.DataFrame) -> dict[str, float | None]:
    """What the contacts brought by the lot: in each tier the mean of the contacted less that of the held out, times how many.

    The interval is Student's, with the degrees of freedom of Welch and Satterthwaite: a few held out make it wide.
    """
    total, parts, free = 0.0, [], []
    for _tier, part in rows.groupby("tier"):
        acted, left = (part.loc[part[name], "brought"].to_numpy() for name in ("contacted", "held_out"))
        if not len(acted):
            continue
        if min(len(acted), len(left)) < 2:
            return {"estimate": None, "low": None, "high": None}
        total += len(acted) * (acted.mean() - left.mean())
        parts += [len(acted) ** 2 * one.var(ddof=1) / len(one) for one in (acted, left)]
        free += [len(acted) - 1, len(left) - 1]
    variance = sum(parts)
    degrees = variance**2 / sum(v**2 / n for v, n in zip(parts, free, strict=True)) if variance else 1.0
    half = float(t.ppf(0.975, degrees)) * variance**0.5
    return {"estimate": round(total, 2), "low": round(total - half, 2), "high": round(total + half, 2)}


def _counts(part: pd.DataFrame, tier: str, hours: Mapping[str, float]) -> dict[str, Any]:
    acted, left = part[part["contacted"]], part[part["held_out"]]
    values = (
        tier, len(part), int((~part["held_out"]).sum()), float(hours.get(tier, 0.0)), len(acted), len(left),
        int((acted["bought"] > 0).sum()), int((left["bought"] > 0).sum()),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def game(folder: Path, choices: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """The month after the last one of a folder of exports under each table's choice."""
    policy_file = folder / "policy.toml"
    life = lived_on(folder)
    month = month_of(life, load(policy_file if policy_file.exists() else None))
    return {"month": life.name, "tables": {name: played(month, hours) for name, hours in choices.items()}}


def main(arguments: list[str]) -> int:
    """Play; what came of it as one line of JSON, what went wrong as one line of text."""
    try:
        print(json.dumps(game(Path(arguments[0]), json.loads(arguments[1])), ensure_ascii=False))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
