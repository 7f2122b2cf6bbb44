"""The spans of time that figures are counted over, each with its one first day.

A window ends with the company's day and is counted back in calendar months from the day after it: three months to
31 October begin on 1 August.
"""

from __future__ import annotations

from datetime import date, timedelta

from crmlib.facts.company import Company
from crmlib.vocabulary.months import first_day, month_end_before, month_ends, months_ahead
from crmlib.vocabulary.schema import TABLES

YEAR = timedelta(days=365)
AHEAD = 3
"""Months ahead for which a target is proposed."""


def start(c: Company) -> date:
    """First day of the window that tiers, and most shares of customers, are counted over (`policy.tiers.window_months`)."""
    return first_day(c.as_of, c.policy.tiers.window_months)


def value_months(c: Company) -> int:
    """Months over which a customer's value is counted: the policy's, twelve where yearly purchases are the measure (D058)."""
    return 12 if c.revenue_model == "yearly_purchases" else c.policy.tiers.window_months


def value_start(c: Company) -> date:
    """First day of the window that a customer's value is counted over."""
    return first_day(c.as_of, value_months(c))


def is_whole(c: Company, *names: str) -> bool:
    """Whether tables and columns were on record already when the window that ends with the company's day began."""
    dated = [name if "." in name else f"{name}.{TABLES[name].time}" for name in names]
    return c.at(start(c)).knows(*dated)


def last(c: Company, months: int) -> date:
    """First day of the last `months` months."""
    return first_day(c.as_of, months)


def month_before(c: Company) -> date:
    """Last day of the month before: the day that a movement since last month is counted from."""
    return month_end_before(c.as_of)


def active_after(c: Company) -> date:
    """Who bought after this day is active, who did not is lost (`policy.cost.inactive_days`, D006)."""
    return c.as_of - timedelta(days=c.policy.cost.inactive_days)


def same_month_last_year(c: Company) -> date:
    """Last day of the month a year before the company's."""
    return month_ends(c.as_of, 13)[0]


def ahead(c: Company) -> date:
    """Day by which a proposed target is to be reached."""
    return months_ahead(c.as_of, AHEAD)
