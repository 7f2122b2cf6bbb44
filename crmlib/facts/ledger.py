"""The ledger: every action that chance decided on and whose days are over, with what was drawn, came of it and was spent (D129).

One table a company, from its own lists; what is said of effects, by month, reason or channel, is said from it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import proposals, purchases
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of, remembered
from crmlib.models import sequential
from crmlib.models.sequential import Drawn, Estimate

Outcome = Literal["ordered", "margin", "stayed"]
SMALL: Final = 5.0
"""Customers expected in the smaller arm from which a reason of a month is a stratum of its own; the smaller ones are one."""
COUNTED: Final = 0.95
"""Share of the customers with an order whose margin counts in full; of the others as much as of these at most."""


@remembered
def rows(c: Company) -> pd.DataFrame:
    """One row per action of `facts.proposals.compared`: `action_id`, `customer_id`, `month` (text), `why`, `tier`, `channel`,
    `arm`, `acted` (1 or 0), `done` (null where it is not recorded), `cost` (money, null where not noted), `ordered` (1 or 0),
    `margin` (money, of the days of the outcome, up to what `COUNTED` of those with an order bring), what was known before
    (`is_recent`, `orders_before`, `margin_before`, `expected`), and `stratum`: whole numbers, of actions drawn in one month with
    one chance, reason by reason where it is not too small.
    """
    told = proposals.compared(c).select(
        "action_id", "customer_id", "tier", "arm", "propensity", "orders_before", why=_.why.fill_null(""),
        month=_.proposed_on.strftime("%Y-%m"), at=_.proposed_on, channel=_.channel.fill_null(""), done=_.is_done,
        acted=(_.arm == "act").cast("float64"), ordered=(_.orders > 0).cast("float64"),
        margin=_.margin.cast("float64"), margin_before=_.margin_before.cast("float64"), expected=_.expected.cast("float64"),
        is_recent=_.is_recent.cast("float64"), cost=_.cost.cast("float64"),
    )  # fmt: skip
    # No sum may depend on the keys that number the actions and the customers.
    frame = told.order_by(
        ["at", "why", "arm", "channel", "tier", "margin", "ordered", "margin_before", "orders_before",
         "is_recent", "expected", "cost", "done", "action_id"]
    ).to_pandas()  # fmt: skip
    most = up_to(frame["margin"])
    frame["margin"] = frame["margin"].clip(-most, most)
    return frame.assign(stratum=strata(frame)).drop(columns=["at", "propensity"])


def up_to(margin: pd.Series[float]) -> float:
    """Margin of a customer that counts at most: no single order may decide what is said of money."""
    most = margin[margin > 0].quantile(COUNTED, interpolation="lower")
    return float(most) if most > 0 else np.inf


def strata(frame: pd.DataFrame) -> pd.Series[int]:
    """The stratum of each row, by `month`, `why`, `propensity` (null where the list notes none) and `acted`."""
    chance = frame["propensity"].astype(float).fillna(-1.0).round(6).astype(str)
    noted = frame["propensity"].notna()
    drawn = frame.groupby([frame["month"], chance])["acted"].transform("mean")
    many = frame.groupby([frame["month"], chance, frame["why"]])["acted"].transform("size")
    # Where the list notes no chance each reason may have had its own.
    alone = frame["why"].where(~noted | (many * np.minimum(drawn, 1 - drawn) >= SMALL), "")
    labels = frame["month"] + "|" + chance + "|" + alone
    return pd.Series(pd.factorize(labels, sort=True)[0], index=frame.index)


@remembered
def drawn(c: Company, outcome: Outcome) -> Drawn:
    """The ledger as a model takes it, for one outcome: `ordered` or `margin` within the days, or `stayed` a year on."""
    return as_drawn(_stayed(c) if outcome == "stayed" else rows(c), outcome)


def as_drawn(frame: pd.DataFrame, outcome: Outcome) -> Drawn:
    """Some rows of the ledger as a model takes them."""
    expected = frame["expected"].astype(float)
    before = [
        frame["is_recent"].astype(float), np.log1p(frame["orders_before"].astype(float)),
        expected.fillna(expected.mean() if expected.notna().any() else 0.0),
    ]  # fmt: skip
    if outcome == "margin":
        # What is said of orders does not hang on whether money is on record.
        before.append(np.sqrt(np.maximum(frame["margin_before"].astype(float), 0.0)))
    return Drawn(
        frame[outcome].to_numpy(dtype=float),
        frame["acted"].to_numpy(dtype=float),
        frame["stratum"].to_numpy(dtype=int),
        pd.factorize(frame["month"], sort=True)[0],
        np.column_stack(before),
    )


def months(c: Company) -> list[str]:
    """The months (YYYY-MM) that can be compared, in the order of time."""
    frame = rows(c)
    names = sorted(frame["month"].unique())
    return [names[int(at)] for at in sequential.months(drawn(c, "ordered"))] if len(frame) else []


@remembered
def so_far(c: Company, outcome: Outcome) -> list[Estimate]:
    """The effect for each customer acted on, of the months up to each, with the confidence sequence; NaN where not enough."""
    looks = sequential.looks(drawn(c, outcome))
    level = c.policy.statistics.confidence
    return [sequential.sequence(told, sequential.begun(looks), confidence=level) for told in looks]


@fact
def year_on(c: Company) -> Table:
    """One row per customer who first stood on a list a year ago or longer, drawn into it or left alone for a year: customer_id,
    proposed_on, why, arm, stayed (ordered in the last `policy.cost.inactive_days` of that year), what was known before.
    """
    first = first_of(proposals.drawn_in(proposals.outcomes(c)), "customer_id", ["proposed_on", "action_id"])
    old = first.filter(first.proposed_on.delta(ibis.literal(c.as_of), unit="day") <= -proposals.YEAR)
    bought = purchases.days(c).select("day", buyer="customer_id")
    both = old.left_join(bought, old.customer_id == bought.buyer)
    after = both.day.delta(both.proposed_on, unit="day")
    inside = (after <= proposals.YEAR) & (after > proposals.YEAR - c.policy.cost.inactive_days)
    stayed = both.group_by("customer_id").agg(stayed=inside.fill_null(False).any())
    return old.inner_join(stayed, "customer_id")


@remembered
def under_way(c: Company) -> tuple[int, date | None]:
    """Of a company that leaves customers alone for a year: how many stand on its lists for less than that, and the day on which
    the first of them do so for a year; nobody where no list has left anybody alone for so long.
    """
    rows = proposals.drawn_in(proposals.proposals(c))
    first = first_of(rows, "customer_id", ["proposed_on", "action_id"])
    first = first.filter(first.proposed_on.delta(ibis.literal(c.as_of), unit="day") > -proposals.YEAR)
    told = first.agg(n=_.count(), day=_.proposed_on.min(), lasting=(_.arm == proposals.LASTING).sum()).to_pandas()
    n, day, lasting = told.iloc[0]
    return (int(n), day + timedelta(days=proposals.YEAR)) if lasting and lasting > 0 else (0, None)


@remembered
def _stayed(c: Company) -> pd.DataFrame:
    told = year_on(c).select(
        "action_id", "customer_id", "orders_before", month=_.proposed_on.strftime("%Y-%m"), why=_.why.fill_null(""),
        acted=(_.arm != proposals.LASTING).cast("float64"), stayed=_.stayed.cast("float64"),
        margin_before=_.margin_before.cast("float64"), expected=_.expected.cast("float64"),
        is_recent=_.is_recent.cast("float64"),
    )  # fmt: skip
    frame = told.order_by(
        ["month", "why", "acted", "stayed", "margin_before", "orders_before", "is_recent", "expected", "action_id"]
    ).to_pandas()
    return frame.assign(stratum=pd.factorize(frame["month"], sort=True)[0])
