"""The spans of time that figures are counted over, each with its one first day.

A window ends with the company's day and is counted back in calendar months from the day after it: three months to
31 October begin on 1 August.
"""

from __future__ import annotations

from datetime import date, timedelta

from crmlib.facts.company import Company
from crmlib.vocabulary.months import first_day

YEAR = timedelta(days=365)


def start(c: Company) -> date:
    """First day of the window that tiers, and most shares of customers, are counted over (`policy.tiers.window_months`)."""
    return first_day(c.as_of, c.policy.tiers.window_months)


def last(c: Company, months: int) -> date:
    """First day of the last `months` months."""
    return first_day(c.as_of, months)


def active_after(c: Company) -> date:
    """Who bought after this day is active, who did not is lost (`policy.cost.inactive_days`, D006)."""
    return c.as_of - timedelta(days=c.policy.cost.inactive_days)
