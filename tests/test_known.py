"""What is not known is never read as "did not happen"."""

from collections.abc import Callable

import pandas as pd
import pytest

from crmlib.facts.company import Company
from crmlib.measures import experiments, loyalty, satisfaction
from tests.known import OPTIONAL, another_number, changed

READS = {
    experiments.effect: ("actions", "orders"),
    experiments.arms: ("actions", "orders"),
    satisfaction.ratio: ("surveys",),
    satisfaction.satisfied: ("surveys",),
    satisfaction.recommendation: ("surveys",),
    loyalty.stated: ("surveys",),
    loyalty.revealed: ("orders", "activity", "tickets"),
    loyalty.association: ("surveys",),
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
