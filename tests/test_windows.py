"""The first and last days of the spans that figures are counted over."""

from dataclasses import replace
from datetime import date

from crmlib.facts import windows
from crmlib.facts.company import company_from
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({"tiers": {"window_months": 24}, "cost": {"inactive_days": 180}})


def test_windows_by_hand() -> None:
    c = company_from({}, as_of=date(2026, 10, 31), policy=POLICY)
    assert windows.start(c) == date(2024, 11, 1)
    assert windows.last(c, 3) == date(2026, 8, 1)
    assert windows.month_before(c) == date(2026, 9, 30)
    assert windows.active_after(c) == date(2026, 5, 4)
    assert (windows.value_months(c), windows.value_start(c)) == (24, date(2024, 11, 1))
    yearly = replace(c, about={**c.about, "revenue_model": "yearly_purchases"})
    assert (windows.value_months(yearly), windows.value_start(yearly)) == (12, date(2025, 11, 1))
