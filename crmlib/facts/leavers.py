"""Customers who left although they were satisfied: what they said last, and when they last bought (D126)."""

from __future__ import annotations

from datetime import timedelta

from ibis import _
from ibis.expr.types import Table

from crmlib.facts import answers, purchases, windows
from crmlib.facts.answers import PROMOTER_FROM, SATISFIED_FROM
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of

ASKED = {"csat": SATISFIED_FROM, "nps": PROMOTER_FROM}
"""Surveys on satisfaction, and the share of the scale from which an answer is a satisfied one."""


@fact
def heard(c: Company) -> Table:
    """One row per customer who left in the last year (in which `policy.cost.inactive_days` without an order were over) and had
    said how satisfied they were in as many days before their last order, or since: customer_id, last_day (of an order),
    answered_on, instrument, score, is_satisfied. The latest answer counts, the worse of two of one moment. Nobody has left where
    customers do not come back at all (`purchases.comes_back`): one order is all that most ever wanted.
    """
    silence = timedelta(days=c.policy.cost.inactive_days)
    gone = purchases.buyers(c).filter(~_.is_active, _.last_day > c.as_of - silence - windows.YEAR)
    gone = gone.filter(purchases.comes_back(c))
    given = answers.answers(c).filter(_.instrument.isin(list(ASKED)), _.scaled.notnull())
    both = given.inner_join(gone.select("customer_id", "last_day"), "customer_id")
    both = both.filter(both.day >= both.last_day - silence)
    last = first_of(both, "customer_id", [_.at.desc(), _.scaled.asc(), _["item"].asc(), _.instrument.asc()])
    content = [(last.instrument == name) & (last.scaled >= least) for name, least in ASKED.items()]
    return last.select(
        "customer_id", "last_day", "instrument", "score", answered_on="day", is_satisfied=content[0] | content[1]
    )
