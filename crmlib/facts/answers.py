"""Answers to surveys, each on its scale (D041, D123 to D126)."""

from __future__ import annotations

from datetime import timedelta

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import contacts, windows
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.scales import ANSWERS, SCALES

SATISFIED_FROM, DELIGHTED_FROM, DISSATISFIED_TO = 0.75, 1.0, 0.25
"""Shares of the scale of satisfaction from which a customer is satisfied (4 of 1 to 5, 8 of 1 to 10), delighted (its end), and
up to which they are dissatisfied (2 of 1 to 5)."""
PROMOTER_FROM, DETRACTOR_TO = 0.85, 0.65
"""Shares of the scale of recommending from which someone promotes (9 of 0 to 10) and up to which they detract (6)."""
EASY_FROM = 0.65
"""Share of the scale of effort from which something was easy (5 of 1 to 7; 4 of 1 to 5)."""
UNHAPPY_TO = {"csat": DISSATISFIED_TO, "nps": DETRACTOR_TO}
"""Shares of the scale of the surveys of satisfaction and recommending up to which somebody waits to be asked why."""
HEARD = 30
"""Days within which an answer is still to be come back to: later it is rather forgotten than waited for."""
OWN_AND_MANY = "csat"
"""The one survey of the deck that may ask several questions of a company's own."""


@fact
def answers(c: Company) -> Table:
    """One row per answered question: the columns of `asked`."""
    return asked(c).filter(_.is_answered)


@fact
def asked(c: Company) -> Table:
    """One row per question that was asked, answered or not: customer_id, at, day, instrument, item, dimension, expectation,
    perception, score (points of the question's scale), low and high (the ends of that scale), higher_is, scaled (the score from
    0, the worst answer, to 1, the best), order_id (that it is about, where it names one), is_answered.

    A survey of the deck has its usual scale where the company names none and no answer lies outside of it; another has the one
    that is named, else none is known and `scaled` is null.
    """
    rows = c.tables.surveys
    # A company that records no answers but that there was one lists the questions that were answered.
    untold = not any(c.knows(f"surveys.{name}") for name in ANSWERS)
    given = [rows.score, rows.expectation, rows.perception]
    of = ibis.window(group_by="instrument")
    least, most = (ibis.least(*given).min().over(of), ibis.greatest(*given).max().over(of))
    usual = {}
    for i, end in enumerate(("low", "high")):
        there = [(rows.instrument == n, ends[i]) for n, ends in SCALES.items()]
        fits = ibis.or_(*((rows.instrument == n) & (least >= lo) & (most <= hi) for n, (lo, hi) in SCALES.items()))
        usual[end] = fits.ifelse(ibis.cases(*there), ibis.null("float64"))
    low, high = rows.scale_from.coalesce(usual["low"]), rows.scale_to.coalesce(usual["high"])
    placed = rows.mutate(low=low, high=high)
    up, span = placed.score - placed.low, (placed.high - placed.low).nullif(0)
    from_worst = (placed.higher_is == "worse").fill_null(False).ifelse(placed.high - placed.score, up)
    return placed.select(
        "customer_id",
        "at",
        "instrument",
        "item",
        "dimension",
        "expectation",
        "perception",
        "score",
        "low",
        "high",
        "higher_is",
        "order_id",
        day=placed.at.date(),
        scaled=(from_worst / span).cast("decimal(18, 6)"),
        is_answered=ibis.or_(*(placed[name].notnull() for name in ANSWERS), ibis.literal(untold)),
    )


@fact
def service(c: Company) -> Table:
    """One row per answer on service that has both sides: customer_id, at, day, item (its dimension, or the question itself where
    it names none: twenty-two questions are five dimensions, and five are five too), question, expectation and perception, points
    of the scale, turned where the company says that higher is worse (left out where its ends are not known).
    """
    rows = answers(c).filter(_.instrument == "servqual", _.expectation.notnull(), _.perception.notnull())
    worse = (rows.higher_is == "worse").fill_null(False)
    turned = {
        side: worse.ifelse(rows.low + rows.high - rows[side], rows[side]) for side in ("expectation", "perception")
    }
    told = rows.select(
        "customer_id", "at", "day", question="item", item=rows.dimension.coalesce(rows["item"]), **turned
    )
    return told.filter(_.expectation.notnull(), _.perception.notnull())


def recent_service(c: Company) -> Table:
    """Those of the last `policy.rhythm.business_review_months` months."""
    return service(c).filter(_.day >= windows.last(c, c.policy.rhythm.business_review_months))


@fact
def unhappy(c: Company) -> Table:
    """One row per customer whose latest answer of the last `HEARD` days to a survey of `UNHAPPY_TO` is at its low end, and with
    whom nobody was in touch after: customer_id, day, instrument, score, low, high. None where answers name nobody.
    """
    given = latest(answers(c).filter(_.instrument.isin(list(UNHAPPY_TO))), "instrument")
    limit = ibis.cases(*((given.instrument == name, share) for name, share in UNHAPPY_TO.items()), else_=-1.0)
    heard = given.filter(
        given.scaled <= limit, given.day > c.as_of - timedelta(days=HEARD), c.knows("surveys.customer_id")
    )
    ours = contacts.ours(c).select("customer_id", "at")
    back = heard.join(ours, [heard.customer_id == ours.customer_id, ours["at"] > heard["at"]], how="semi")
    waiting = heard.anti_join(back, ["customer_id", "instrument"])
    one = first_of(waiting, "customer_id", ["day", "scaled", "instrument"])
    return one.select("customer_id", "day", "instrument", "score", "low", "high")


def never_asked(c: Company, instrument: str) -> bool:
    """Whether a company that records surveys has never asked the questions of an instrument."""
    return c.knows("surveys") and not asked(c).filter(_.instrument == instrument).limit(1).to_pyarrow().num_rows


def latest(given: Table, *by: str) -> Table:
    """The latest of some answers with a score, one per customer (and `by`): where two are of one moment the worse counts."""
    order = [ibis.desc("at"), ibis.asc("item"), ibis.asc("scaled", nulls_first=False), ibis.asc("score")]
    return first_of(given.filter(_.score.notnull()), ["customer_id", *by], order)


def recent(c: Company, instrument: str) -> Table:
    """The answers to an instrument of the last `policy.rhythm.business_review_months` months, as `answers`."""
    since = windows.last(c, c.policy.rhythm.business_review_months)
    return answers(c).filter((_.instrument == instrument) & (_.day >= since))


def latest_recent(c: Company, instrument: str) -> Table:
    """Of these the latest of each customer whose scale is known, as `answers`."""
    return latest(recent(c, instrument).filter(_.scaled.notnull()))
