"""What came of customers after past month ends: who gave the last sign of life, who came back (D102).

A customer who was alive at a month end could be warned of where the last sign falls within the days of the horizon after
it. That is decided once the horizon and then a silence that the customer's own rhythm does not allow are over; a later sign says
no. Whose rhythm is too slow for that is left out whatever they did since, so that nobody is picked by what came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table
from numpy.typing import NDArray

from crmlib.facts import looks, lookups, signs
from crmlib.facts.company import Company, fact
from crmlib.facts.looks import STATES
from crmlib.facts.lookups import in_memory, remembered

MONTHS: Final = 30
"""Month ends that are looked back at."""
FAR: Final = 10_000_000
MIX, MOST = 2_654_435_761, 2**31 - 1
"""A multiplier and a modulus that spread days (Knuth), so that their sum tells two lives apart."""
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Hindsight:
    """`rows`: of `looks.at_month_ends` of those alive, by what they hold, with who (a number a customer), on (day of the month
    end) and decided (day from which it is known what came); `others` likewise of those overdue and gone, without features.

    `step`: so many customers stand behind each. Days are numbers (proleptic Gregorian ordinals).
    """

    rows: pd.DataFrame
    others: pd.DataFrame
    horizon: int
    step: int
    _signs: Ints

    def left(self, rows: pd.DataFrame, judged_on: int) -> Flags:
        """Whether the last sign of each row fell within the horizon, by what had happened until a day."""
        on = rows["on"].to_numpy()
        return self._any(rows, on, on + self.horizon) & ~self._any(
            rows, on + self.horizon, np.full(len(rows), judged_on)
        )

    def came_back(self, rows: pd.DataFrame) -> Flags:
        """Whether each row gave a sign within the horizon."""
        on = rows["on"].to_numpy()
        return self._any(rows, on, on + self.horizon)

    def last_sign(self, rows: pd.DataFrame) -> Ints:
        """Day of the last sign of the customer of each row, by what is known now."""
        place = np.searchsorted(self._signs, (rows["who"].to_numpy() + 1) * FAR) - 1
        return self._signs[place] % (FAR)

    def _any(self, rows: pd.DataFrame, after: Ints, until: Ints) -> Flags:
        own = rows["who"].to_numpy() * FAR
        found: Flags = np.searchsorted(self._signs, own + until, side="right") > np.searchsorted(
            self._signs, own + after, side="right"
        )
        return found


@remembered
def hindsight(c: Company) -> Hindsight:
    """The past month ends of the company; of very many customers every n-th."""
    step, every = _step(c), _every(c)
    names = list(looks.features(c))
    alive = in_memory(every.filter(every.state == STATES[0]))
    away = in_memory(every.filter(every.state != STATES[0]).select("customer_id", "back", "at", "state", "last_sign"))
    days = in_memory(signs.days(c).semi_join(every.select("customer_id").distinct(), "customer_id"))
    # Rows of equal looks are put in order by all days with a sign, so that no name and no thread says who is trained on.
    spread = pd.Series(ordinals(days["day"]) * MIX % MOST, index=days.index)
    life = spread.groupby(days["customer_id"]).sum()
    alive, away = (rows.assign(life=rows["customer_id"].map(life)) for rows in (alive, away))
    alive = alive.sort_values(["back", "first_sign", "last_sign", *names, "life"], ignore_index=True)
    away = away.sort_values(["back", "state", "last_sign", "life"], ignore_index=True)
    who = pd.Index(pd.unique(pd.concat([alive["customer_id"], away["customer_id"]])))
    for frame in (alive, away):
        frame["who"] = who.get_indexer(frame["customer_id"]).astype("int64")
        frame["on"] = ordinals(frame["at"])
    horizon = c.policy.risk.horizon_days
    alive["decided"] = alive["on"] + horizon + np.ceil(alive["allowed"]).astype("int64")
    key = np.sort(who.get_indexer(days["customer_id"]).astype("int64") * FAR + ordinals(days["day"]))
    return Hindsight(alive, away, horizon, step, key)


def today(c: Company) -> Table:
    """`looks.at_month_ends` of the company's own day, of everybody."""
    if _step(c) == 1:
        return _every(c).filter(_.back == 0)
    return lookups.held(c, "looks", looks.at_month_ends(c, 1))


@fact
def _every(c: Company) -> Table:
    """Customers at the month ends looked back at, held, as what came of them is read in several ways."""
    return lookups.held(c, "every", looks.at_month_ends(c, MONTHS, step=_step(c)))


@remembered
def _step(c: Company) -> int:
    alive = signs.happenings(c).filter(_.kind.notnull())
    customers = int(alive.customer_id.nunique().execute())
    return max(1, -(-customers // c.policy.forecast.sample))


def ordinals(days: pd.Series) -> Ints:
    """Days as numbers, as `date.toordinal` gives them."""
    first = pd.Timestamp("1970-01-01")
    return ((pd.to_datetime(days) - first).dt.days + first.toordinal()).to_numpy(dtype=np.int64)
