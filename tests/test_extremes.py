"""The six chapters under policies at the ends of what is allowed: none stops, none says "nan".

The wide form is `python -m tests.studies extremes`.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import find

from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy, sections
from crmlib.vocabulary.tables import MOST
from tests.extremes import Ends, one_at_a_time, policies, stops
from tests.study_known import DAY, desk_tables
from tests.told import CHAPTERS


@pytest.fixture(scope="module")
def desk() -> Company:
    """A service desk whose amounts are as small and as large as the border lets through, side by side."""
    frames = desk_tables(60)
    most, orders = Decimal(int(MOST["money"])), frames["orders"]
    amounts = [
        most if i % 50 == 7 else -most if i % 50 == 9 else Decimal(str(a)) for i, a in enumerate(orders["amount"])
    ]
    return company_from({**frames, "orders": orders.assign(amount=amounts)}, as_of=DAY)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "at"),
    [(path, ("low", "high")[i % 2]) for i, path in enumerate(CHAPTERS)],
    ids=lambda p: getattr(p, "stem", p),
)
def test_a_chapter_carries_every_setting_at_its_end(desk: Company, path: Path, at: Ends) -> None:
    policy = Policy.model_validate(find(policies(at), lambda _made: True))
    assert stops(desk, policy, [path]) == {}


def test_every_number_is_tried_at_both_ends() -> None:
    tried = dict(one_at_a_time())
    kinds = (int, float, date, int | None, float | None, date | None)
    numbers = [f for section in sections().values() for f in section.model_fields.values() if f.annotation in kinds]
    assert len(tried) == 2 * len(numbers) > 120
    ordered = ("tiers.high_value_from", "tiers.growth_from", "tiers.potential_from", "cost.acquisition_ratio")
    for name, made in tried.items():
        if not name.startswith(ordered):
            Policy.model_validate(made)
