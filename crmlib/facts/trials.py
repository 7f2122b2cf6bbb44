"""Trials: who stood in which arm of which campaign, which arm is the control, and what came of it (D128, D129).

An assignment is the first contact of a campaign with a customer, or the row that says they were left alone. Whether arms were
drawn by lot only the company can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue, Table
from numpy.typing import ArrayLike

from crmlib.facts import purchases
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of, remembered
from crmlib.models import contrasts
from crmlib.vocabulary.codes import OTHER

RESPONDED, ORDERED, SPENT = "responded", "ordered", "spent"
"""What came of an assignment where no table of outcomes says it: an answer at any time, an order and money within the days."""
EXACT = "decimal(38, 8)"
EVERY = "all"
"""Stands for every campaign where policy names those that were drawn by lot."""
ALIKE, UNEVEN = 0.1, 0.001
"""Arms within so much of equal sizes were meant to be equal; sizes that chance makes as seldom as that are said to be uneven."""


@fact
def assigned(c: Company) -> Table:
    """One row per campaign and customer: campaign, campaign_type (either "" where there is none), customer_id, arm (null without
    arms), at, day, responded_at, channel, is_over (the days of `policy.contact.outcome_window_days` are over).

    Where the company says that a campaign was drawn by lot, and it has no arms, what was drawn are its channels.

    The first row of a customer in a campaign counts; contacts from customers are none. Rows without campaign and arm are no
    assignments, nor are those of campaigns and arms that have no name here: several would be compared as if they were one.
    """
    rows = c.tables.interactions.filter(_.campaign.notnull() | _.arm.notnull())
    rows = rows.filter((_.campaign != OTHER).fill_null(True), (_.arm != OTHER).fill_null(True))
    rows = rows.filter((_.direction != "in").fill_null(True)).mutate(campaign=_.campaign.fill_null(""))
    rows = first_of(rows, ["campaign", "customer_id"], ["at", "interaction_id"])
    if c.policy.trials.drawn_by_lot:
        armless = _.arm.isnull().all().over(ibis.window(group_by="campaign"))
        drawn = armless & _.campaign.isin(c.policy.trials.drawn_by_lot)
        rows = rows.mutate(arm=drawn.ifelse(_.channel, _.arm))
    over_by = c.as_of - timedelta(days=c.policy.contact.outcome_window_days)
    return rows.select(
        "campaign", "customer_id", "arm", "at", "responded_at", "channel",
        campaign_type=_.campaign_type.fill_null(""),
        day=_["at"].date(),
        is_over=_["at"].date() <= over_by,
    )  # fmt: skip


@fact
def results(c: Company) -> Table:
    """One row per assignment and outcome that is known of it: campaign, campaign_type, arm, customer_id, outcome, value.

    Outcomes of the company's own are those within the days from the assignment on or, where they name their campaign, of that
    campaign at any time: the highest value where all are 0 or 1, else the sum. A name of which noughts are on record was
    measured customer by customer: no row is unknown. Of any other only who had it is on record, so that no row is nought: so far,
    where outcomes and answers belong to their campaign, else once the days are over.
    """
    parts = []
    if c.knows("outcomes"):
        parts.append(_measured(c))
    if c.knows("interactions.responded_at"):
        parts.append(_responded(c))
    if c.knows("orders"):
        parts += _bought(c)
    if not parts:
        return assigned(c).select(*_KEYS).mutate(outcome=ibis.null("string"), value=ibis.null("float64")).limit(0)
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


_KEYS = ("campaign", "campaign_type", "arm", "customer_id")


@fact
def kinds(c: Company) -> Table:
    """One row per outcome of the company's own: name, rows, is_yes_no (all values are 0 or 1), is_measured (noughts are on
    record), is_named (rows name their campaign).
    """
    each = c.tables.outcomes.filter(_["name"] != OTHER).group_by("name")
    return each.agg(
        rows=_.count(),
        is_yes_no=_.value.isin([0, 1]).all(),
        is_measured=(_.value == 0).any(),
        is_named=_.campaign.notnull().any(),
    )


def is_by_lot(c: Company, campaign: str) -> bool:
    """Whether the company says that the arms of a campaign were drawn by lot (`policy.trials.drawn_by_lot`)."""
    said = named(c.policy.trials.drawn_by_lot)
    return plain(campaign) in said or plain(EVERY) in said


def judged_by(c: Company, campaign: str) -> str:
    """The yes-or-no outcome that tells most of what a campaign did: of the company's own the one that is least rare (or least
    usual), else an order; "" where neither is known. An answer is no outcome: who was left alone had nothing to answer.
    """
    every = summed(c)
    held = every[every["campaign"] == campaign].groupby("outcome", as_index=False)[["n", "k"]].sum()
    held = held[held["n"] > 0].assign(even=lambda f: -(f["k"] / f["n"] - 0.5).abs()).set_index("outcome")
    own = (
        set(kinds(c).filter(_.is_yes_no).select("name").to_pyarrow()["name"].to_pylist())
        if c.knows("outcomes")
        else set()
    )
    mine = held[[name in own for name in held.index]].sort_index().sort_values("even", ascending=False, kind="stable")
    if len(mine):
        return str(mine.index[0])
    return ORDERED if ORDERED in held.index else ""


@remembered
def surer(c: Company) -> tuple[str, ...]:
    """What would make results surer: of which campaign an outcome is, where there are several, and what orders came to."""
    several = int(assigned(c).campaign.nunique().to_pyarrow().as_py()) > 1
    named = ["outcomes.campaign"] if several and c.knows("outcomes") else []
    return (*named, *(["orders.amount"] if c.knows("orders") else []))


@remembered
def controls(c: Company) -> dict[str, str]:
    """The control arm of each campaign that has exactly one by the names of `policy.trials.control`."""
    arms = assigned(c).filter(_.arm.notnull()).select("campaign", "arm").distinct().order_by("campaign", "arm")
    wanted = named(c.policy.trials.control)
    found: dict[str, list[str]] = {}
    for row in arms.to_pyarrow().to_pylist():
        if plain(row["arm"]) in wanted:
            found.setdefault(row["campaign"], []).append(row["arm"])
    return {campaign: arms[0] for campaign, arms in found.items() if len(arms) == 1}


def unevenness(c: Company, arms: list[str], counts: ArrayLike) -> float | None:
    """Probability that a lot makes sizes as far from those that were meant (chi-square): by the policy's shares, else equal where
    they nearly are; None where nobody said what was meant.
    """
    stated = {plain(arm): share for arm, share in c.policy.trials.shares.items()}
    sizes = np.asarray(counts, dtype=float)
    if all(plain(arm) in stated for arm in arms):
        return contrasts.uneven(sizes, [stated[plain(arm)] for arm in arms])
    alike = len(arms) > 1 and bool((abs(sizes / sizes.mean() - 1) <= ALIKE).all())
    return contrasts.uneven(sizes, [1.0] * len(arms)) if alike else None


def is_left_alone(c: Company, rows: Table) -> BooleanValue:
    """Whether a row of interactions says only that its customer was left alone (`policy.trials.not_contacted`)."""
    alone = _left_alone(c) if c.knows("interactions.arm") else ()
    return rows.arm.isin(alone).fill_null(False) if alone else ibis.literal(False)


@remembered
def _left_alone(c: Company) -> tuple[str, ...]:
    """The arms on record whose customers were left alone."""
    wanted = named(c.policy.trials.not_contacted)
    arms = c.tables.interactions.filter(_.arm.notnull()).select("arm").distinct().to_pyarrow()["arm"].to_pylist()
    return tuple(sorted(arm for arm in arms if plain(arm) in wanted))


def named(names: Iterable[str]) -> set[str]:
    """Names of arms as they are compared."""
    return {plain(name) for name in names}


def plain(name: str) -> str:
    """A name without case, spaces and marks, so that "No E-Mail" is "no email"."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _measured(c: Company) -> Table:
    days = c.policy.contact.outcome_window_days
    there = assigned(c).cross_join(kinds(c))
    seen = c.tables.outcomes.select(who="customer_id", what="name", when=_["at"].date(), amount="value", of="campaign")
    both = there.left_join(seen, (there.customer_id == seen.who) & (there.name == seen.what))
    after = both.when.delta(both.day, unit="day")
    inside = both.of.isnull().ifelse((after >= 0) & (after <= days), (after >= 0) & (both.of == both.campaign))
    sums = both.group_by([*_KEYS, "name", "is_over", "is_yes_no", "is_measured", "is_named"]).agg(
        most=_.amount.max(where=inside), whole=_.amount.cast(EXACT).sum(where=inside)
    )
    came = sums.is_yes_no.ifelse(sums.most, sums.whole.cast("float64"))
    none = ~sums.is_measured & (sums.is_named | sums.is_over)
    told = sums.mutate(value=came.fill_null(none.ifelse(0.0, ibis.null("float64"))))
    return told.filter(_.value.notnull()).select(*_KEYS, outcome="name", value="value")


def _responded(c: Company) -> Table:
    rows = assigned(c)
    answered = (rows.responded_at >= rows["at"]).fill_null(False)
    noted = answered.any().over(ibis.window(group_by="channel"))
    known = rows.mutate(value=answered.cast("float64"), is_noted=noted).filter(_.is_noted)
    return known.select(*_KEYS, outcome=ibis.literal(RESPONDED), value="value")


def _bought(c: Company) -> list[Table]:
    """Orders from the moment of the assignment to the end of the days; money where orders have it."""
    rows = assigned(c).filter(_.is_over & _.arm.notnull())
    orders = purchases.orders(c).select("order_id", "net", buyer="customer_id", ordered="at", on="day")
    both = rows.left_join(orders, rows.customer_id == orders.buyer)
    inside = (both.ordered >= both["at"]) & (
        both.on.delta(both.day, unit="day") <= c.policy.contact.outcome_window_days
    )
    sums = both.group_by(list(_KEYS)).agg(n=_.order_id.count(where=inside), net=_.net.sum(where=inside))
    values = {ORDERED: (sums.n > 0).cast("float64")}
    if c.knows("orders.amount"):
        values[SPENT] = sums.net.fill_null(0).cast("float64")
    return [sums.select(*_KEYS, outcome=ibis.literal(name), value=value) for name, value in values.items()]


@fact
def sums(c: Company) -> Table:
    """The `results` by campaign, arm and outcome, as `models.contrasts.Sums`: n, k (values that are not nought), s, ss, least."""
    value = _.value.cast("decimal(38, 6)")
    each = results(c).filter(_.arm.notnull()).group_by(["campaign", "arm", "outcome"])
    return each.agg(
        n=_.count(), k=_.count(where=_.value != 0), s=value.sum().cast("float64"),
        ss=(_.value * _.value).cast("decimal(38, 6)").sum().cast("float64"), least=_.value.min(),
    )  # fmt: skip


@remembered
def summed(c: Company) -> pd.DataFrame:
    """The `sums` in memory, by campaign, outcome and arm."""
    return sums(c).order_by(["campaign", "outcome", "arm"]).to_pandas()
