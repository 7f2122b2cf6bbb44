"""Ways to warn of a customer's last sign of life, tried on the same past month ends, and the one that the data speak for (D102).

Each way tells those alive at a month end apart, from what was known then; the learned ones were trained on earlier month ends
only, of which it was known by then what had come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table, Value
from numpy.typing import NDArray
from scipy.special import expit

from crmlib.facts import hindsight, looks, lookups, risk_rule, signs
from crmlib.facts.company import Company, fact
from crmlib.facts.hindsight import Hindsight
from crmlib.facts.lookups import remembered
from crmlib.models import bgnbd, mbgnbd, stumps
from crmlib.models.bgnbd import BetaGeometric
from crmlib.models.grading import Graded, ahead, named
from crmlib.models.stumps import Stumps, Yardstick

RULE, RHYTHM, ORDERS, LOGISTIC, BOOSTING = "way_rule", "way_rhythm", "way_orders", "way_logistic", "way_boosting"
WAYS: Final = (RULE, RHYTHM, ORDERS, LOGISTIC, BOOSTING)
"""The deck's rule; silence against the own rhythm; no order expected; and two models of all that is known, a logistic
yardstick that makes no list, and boosted stumps."""
LOOKS: Final = 6
"""Month ends that are graded: the latest of which it is known what came."""
FEWEST: Final = 3
"""Graded month ends, and `stumps.EVENTS` who left at them, below which nothing is judged and the rule stands in."""
DECIDABLE: Final = 0.75
"""Share of those alive of whom it must be known what came."""
REFIT: Final = 2
"""Graded month ends that a learned model serves."""
SAMPLE: Final = 30_000
"""Rows that a model is trained on at most."""
Scores = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Tried:
    """`rows`: those alive at the graded month ends of whom it is known what came, with `left`; by way their `scores` (higher is
    likelier to leave), `graded` at the team's capacity, and of the learned ones the `log_odds` told.

    `undecided`: rows left out as it is not known yet. `in_use`: the way that the list goes by; `useless`: ways no better than
    drawing lots; `best`: the way that beats every other beyond chance, "" where none does.
    """

    past: Hindsight
    rows: pd.DataFrame
    months: tuple[int, ...]
    undecided: int
    scores: Scores = field(default_factory=dict)
    graded: dict[str, Graded] = field(default_factory=dict)
    in_use: str = RULE
    useless: tuple[str, ...] = ()
    best: str = ""

    @property
    def enough(self) -> bool:
        """Whether there is enough to judge by."""
        left = int(self.rows["left"].sum()) if len(self.rows) else 0
        return len(self.months) >= FEWEST and min(left, len(self.rows) - left) >= stumps.EVENTS


def confidence_of_each(c: Company) -> float:
    """Confidence of one of several ways, so that all hold together (Bonferroni)."""
    return 1 - (1 - c.policy.statistics.confidence) / len(WAYS)


def learned(c: Company, until: int | None = None) -> Stumps | None:
    """The boosted stumps, trained on the month ends of which it was known by a day (the company's by default) what had come."""
    return _learned(c, until if until is not None else c.as_of.toordinal())


@remembered
def _learned(c: Company, day: int) -> Stumps | None:
    columns, left = _known_by(c, day)
    return stumps.fitted(columns, looks.features(c), left, seed=c.policy.statistics.seed) if len(left) else None


def _logistic(c: Company, day: int) -> Yardstick | None:
    """The yardstick, trained likewise."""
    columns, left = _known_by(c, day)
    return stumps.yardstick(columns, left) if len(left) else None


def _known_by(c: Company, day: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The features of those of whom it was known by a day what had come, and whether they had left by what was known then."""
    past, names = hindsight.hindsight(c), looks.features(c)
    known = past.rows[past.rows["decided"] <= day]
    known = known.iloc[:: max(1, -(-len(known) // SAMPLE))]
    return known[list(names)].to_numpy(dtype=float), past.left(known, day)


def log_odds(rows: Table, model: Stumps) -> Value:
    """The sum of a fitted model for each row, worked out where the rows are."""
    total = ibis.literal(model.base, "float64")
    for step in model.steps:
        column, least = rows[step.feature], ibis.literal(step.unknown, "float64")
        values = [ibis.literal(value, "float64") for value in step.values]
        branches = [(column <= ibis.literal(cut, "float64"), v) for cut, v in zip(step.cuts, values, strict=False)]
        total = total + ibis.cases((column.isnull(), least), *branches, else_=values[-1])
    return total


def expects_orders(c: Company, rows: pd.DataFrame) -> NDArray[np.float64] | None:
    """Probability that each of some customers places no order within the horizon, by the likelier of BG/NBD and MBG/NBD as fitted
    on them; None where orders are not on record or no model settles. Who never ordered is as likely not to as anybody.
    """
    if "first_order" not in rows:
        return None
    bought = rows["first_order"].notna()
    some = rows[bought]
    first, last = (hindsight.ordinals(some[name]) for name in ("first_order", "last_order"))
    lives = pd.DataFrame({"frequency": some["order_days"] - 1, "recency": last - first, "T": some["on"] - first})
    lives = lives.assign(time_unit="days")
    models = [fit(lives) for fit in (mbgnbd.fit, bgnbd.fit)] if len(lives) else []
    usable = [m for m in models if m.fit.usable]
    if not usable:
        return None
    model: BetaGeometric = max(usable, key=lambda m: m.fit.log_likelihood)
    r, alpha = model.fit.values[:2]
    x, T = (lives[name].to_numpy(dtype=float) for name in ("frequency", "T"))
    none = 1 - model.p_alive(lives) * (1 - ((alpha + T) / (alpha + T + c.policy.risk.horizon_days)) ** (r + x))
    told = np.ones(len(rows))
    told[bought.to_numpy()] = none
    return told


@fact
def now(c: Company) -> Table:
    """One row per customer as they look on the company's day, as `looks.at_month_ends`, with score: by the way in use the more
    likely to leave the higher, of those alive; null for the others, and for whom the rule does not warn of where it is in use.
    """
    way, rows = tried(c).in_use, hindsight.today(c)
    alive = rows.state == looks.STATES[0]
    if way == RHYTHM:
        score = rows.beyond
    elif way == BOOSTING:
        model = learned(c)
        score = log_odds(rows, model) if model else ibis.null("float64")
    else:
        told = _told_here(c, way, rows.filter(alive))
        rows = rows.left_join(told, "customer_id").drop("customer_id_right")
        score = rows.told
    placed = rows.mutate(score=(rows.state == looks.STATES[0]).ifelse(score, ibis.null("float64")))
    return lookups.held(c, "now", placed)


def _told_here(c: Company, way: str, alive: Table) -> Table:
    """customer_id and told, by a way that is worked out in memory."""
    if way == RULE:
        if not c.knows("orders"):
            return alive.select("customer_id", told=ibis.null("float64"))
        risky = risk_rule.signals(c).filter(lambda t: t.state == "at_risk")
        return risky.select("customer_id", told=ibis.literal(1.0))
    frame = alive.to_pandas().assign(on=c.as_of.toordinal())
    scores = expects_orders(c, frame)
    told = frame[["customer_id"]].assign(told=np.nan if scores is None else scores)
    return lookups.lookup(c, "told", told, {"customer_id": "string", "told": "float64"})


@remembered
def tried(c: Company) -> Tried:
    """The ways on the past month ends."""
    past, day = hindsight.hindsight(c), c.as_of.toordinal()
    alive = past.rows
    known = alive["decided"] <= day
    share = known.groupby(alive["back"]).mean()
    months = tuple(sorted(int(back) for back in share.index[share >= DECIDABLE])[:LOOKS])
    inside = alive["back"].isin(months)
    rows = alive[inside & known].reset_index(drop=True)
    rows["left"] = past.left(rows, day) if len(rows) else pd.Series(dtype=bool)
    done = Tried(past, rows, months, int((inside & ~known).sum()))
    if not done.enough:
        return done
    scores = _scores(c, rows, months)
    places = c.policy.contact.capacity / past.step
    who, left = rows["who"].to_numpy(), rows["left"].to_numpy()
    weights = {way: _by_month(rows, score, places) for way, score in scores.items()}
    graded = {way: Graded(who, weight, left) for way, weight in weights.items()}
    return _chosen(c, Tried(past, rows, months, done.undecided, scores, graded))


def _chosen(c: Company, done: Tried) -> Tried:
    level = confidence_of_each(c)
    useless = tuple(way for way, graded in done.graded.items() if not graded.lift(level)[1] > 1)
    order = sorted(done.graded, key=lambda way: (-round(done.graded[way].precision(level)[0], 9), -WAYS.index(way)))
    useful = [way for way in order if way not in (*useless, LOGISTIC)]
    top = done.graded[order[0]]
    clear = bool(useful) and all(ahead(top, done.graded[other], level)[1] > 0 for other in order[1:])
    in_use = useful[0] if useful else RULE
    return Tried(
        done.past,
        done.rows,
        done.months,
        done.undecided,
        done.scores,
        done.graded,
        in_use,
        useless,
        order[0] if clear else "",
    )


def _scores(c: Company, rows: pd.DataFrame, months: tuple[int, ...]) -> Scores:
    """Scores of each way that can be told of every graded month end."""
    parts: dict[str, list[pd.Series]] = {way: [] for way in WAYS}
    names = list(looks.features(c))
    models: tuple[Stumps | None, Yardstick | None] = (None, None)
    for i, back in enumerate(sorted(months, reverse=True)):
        here = rows[rows["back"] == back]
        if i % REFIT == 0:
            day = int(here["on"].iloc[0])
            models = learned(c, until=day), _logistic(c, day)
        columns = here[names].to_numpy(dtype=float)
        told = {
            RHYTHM: here["beyond"].to_numpy(dtype=float),
            ORDERS: expects_orders(c, here),
            RULE: _by_rule(c, here, back),
        }
        told |= {way: m.log_odds(columns) if m else None for way, m in zip((BOOSTING, LOGISTIC), models, strict=True)}
        for way, score in told.items():
            if score is not None:
                parts[way].append(pd.Series(score, index=here.index))
    return {way: pd.concat(p).reindex(rows.index).to_numpy() for way, p in parts.items() if len(p) == len(months)}


def _by_rule(c: Company, rows: pd.DataFrame, back: int) -> NDArray[np.float64] | None:
    """1 for those of whom the deck's rule warned at that month end, 0 for the others; None where there are no orders."""
    if not c.knows("orders"):
        return None
    told = risk_rule.verdicts(c.at(signs.month_end(c, back)))
    risky = told.filter(told.state == "at_risk").select("customer_id").to_pandas()["customer_id"]
    return rows["customer_id"].isin(set(risky)).to_numpy(dtype=float)


def _by_month(rows: pd.DataFrame, score: NDArray[np.float64], places: float) -> NDArray[np.float64]:
    """Places by month end, each with the team's capacity."""
    weight = np.zeros(len(rows))
    for _back, at in rows.groupby("back").indices.items():
        weight[at] = named(score[at], places)
    return weight


def probability(told: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of log odds."""
    chance: NDArray[np.float64] = expit(told)
    return chance
