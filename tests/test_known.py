"""What is not known is never read as "did not happen"."""

from collections.abc import Callable

import pandas as pd
import pytest

from crmlib.facts.company import Company
from crmlib.measures import (
    attitude,
    decision_chain,
    expectations,
    experiments,
    lifecycle,
    loyalty,
    loyalty_at_stake,
    loyalty_types,
    resources,
    satisfaction,
    tiers,
)  # fmt: skip
from tests.known import OPTIONAL, another_number, changed

READS = {
    experiments.effect: ("actions", "orders"),
    satisfaction.ratio: ("surveys",),
    satisfaction.satisfied: ("surveys",),
    satisfaction.recommendation: ("surveys",),
    loyalty.stated: ("surveys",),
    loyalty.revealed: ("orders", "activity", "tickets"),
    loyalty.association: ("surveys",),
}


def tiering(c: Company) -> pd.DataFrame:
    """All that is stated of tiers, and of the hours they take."""
    way, moves, going = tiers.way_up(c), tiers.movement(c), tiers.trends(c)
    stated = [
        tiers.size_findings(c), tiers.movement_findings(c, moves), tiers.way_up_findings(c, way),
        tiers.trend_findings(c, going), resources.by_tier(c, resources.effort(c)),
    ]  # fmt: skip
    return pd.concat(stated).drop_duplicates(["kpi", "segment"])


def expected(c: Company) -> pd.DataFrame:
    """What the data can check of expectations."""
    return expectations.checks(c, lifecycle.stages(c))


def decisions(c: Company) -> pd.DataFrame:
    """What is stated of those who decide, and of the scripts made for them."""
    stated = decision_chain.script_findings(c, decision_chain.handed(c))
    return pd.concat([decision_chain.role_findings(c, decision_chain.needs(c)), stated])


def cycle(c: Company) -> pd.DataFrame:
    """What is stated of the lifecycle and the flywheel."""
    return pd.concat([lifecycle.size_findings(c, lifecycle.sizes(c)), lifecycle.flywheel(c)])


def reasons(c: Company) -> pd.DataFrame:
    """What is stated of why customers stay, and of what is at stake if that ends."""
    given = loyalty_types.types(c)
    stated = [
        attitude.side_findings(c, attitude.both_sides(c)),
        loyalty_types.type_findings(c, given),
        loyalty_types.price_response(c),
        loyalty_at_stake.drivers(c, given.customers),
        loyalty_at_stake.rival(c, given.customers, rival_leaving_share=0.3),
        loyalty_at_stake.coupon_stop(c, given.customers, coupon_elasticity=-2.0),
    ]
    return pd.concat(stated)


READS |= {
    tiering: ("orders", "tickets", "interactions"),
    decisions: ("orders", "interactions", "customers"),
    cycle: ("orders", "customers", "surveys"),
    reasons: ("orders", "activity", "interactions", "surveys"),
    expected: ("orders", "interactions", "surveys"),
}


@pytest.mark.parametrize("measure", READS, ids=lambda m: f"{m.__module__.rpartition('.')[2]}.{m.__name__}")
def test_a_column_taken_away_gives_no_other_number(
    measure: Callable[[Company], pd.DataFrame], teaching: Company
) -> None:
    columns = [name for name in OPTIONAL if name.partition(".")[0] in READS[measure]]
    assert another_number(measure, teaching, *columns) == {}


def test_another_number_is_seen() -> None:
    whole = pd.DataFrame({"channel": ["a", "b"], "n": [3, 4]})
    assert changed(whole, pd.DataFrame({"channel": ["a", "b"], "n": [3, 4]}), "x.y") == []
    assert changed(whole, pd.DataFrame({"channel": ["a"], "n": [3]}), "x.y") == []
    assert changed(whole, pd.DataFrame({"channel": ["a", "b"], "n": [3, 0]}), "x.y") != []
    assert changed(whole, pd.DataFrame({"channel": ["c"], "n": [3]}), "x.y") != []


def test_what_was_carried_out_is_not_said_where_nobody_wrote_it_down(teaching: Company) -> None:
    silent = experiments.effect(teaching.without("actions.done_at"))
    assert "done_share" not in set(silent["kpi"])
    assert silent.attrs["unknown"] == ("actions.done_at",)
