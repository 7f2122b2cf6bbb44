"""The action list in groups: in the order of the list, and due when k of a group are."""

from datetime import date, timedelta

import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import list_groups
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)


def listed(why: str, n: int, *, channel: str = "phone", arm: str = "act", worth: float = 10.0) -> pd.DataFrame:
    """Rows of the list, due one day after the other."""
    days = [AS_OF + timedelta(days=i + 1) for i in range(n)]
    frame = pd.DataFrame({"why": why, "channel": channel, "arm": arm, "worth": worth, "due_on": days})
    return frame.astype({"due_on": object})


def summary(*parts: pd.DataFrame, k: int = 5) -> pd.DataFrame:
    c = knowing(AS_OF, Policy.model_validate({"privacy": {"k": k}}))
    return list_groups.summary(c, pd.concat(parts, ignore_index=True))


@pytest.mark.deck("D103")
def test_answers_owed_come_first_and_then_what_is_worth_most() -> None:
    rows = summary(
        listed("overdue", 20, channel="email", worth=30.0),
        listed("overdue", 10, channel="", worth=90.0),
        listed("case_overdue", 5, worth=1.0),
        listed("overdue", 30, arm="hold_out", channel="email"),
    )
    figures = rows.pivot(index="segment", columns="kpi", values="value")
    assert list(dict.fromkeys(rows["segment"])) == ["case_overdue · phone", "overdue · to_choose", "overdue · email"]
    assert figures["group_customers"].to_dict() == {
        "case_overdue · phone": 5,
        "overdue · to_choose": 10,
        "overdue · email": 20,
    }
    assert figures.loc["overdue · to_choose", "group_worth"] == 900


@pytest.mark.parametrize(("k", "days"), [(1, 1), (5, 5), (12, 12)])
def test_a_group_is_first_due_on_the_day_by_which_k_of_it_are(k: int, days: int) -> None:
    rows = summary(listed("overdue", 20), k=k).set_index("kpi")["value"]
    assert rows["group_due"] == days


def test_a_day_that_is_that_of_fewer_than_k_is_stated_of_nobody() -> None:
    assert "group_due" not in {*summary(listed("overdue", 4))["kpi"]}


def test_what_is_not_known_has_no_figure() -> None:
    rows = summary(listed("overdue", 20, worth=float("nan")).assign(due_on=None))
    assert rows["kpi"].tolist() == ["group_customers"]


def test_a_company_without_anything_to_act_on_has_no_groups() -> None:
    assert list_groups.summary(company_from({}, as_of=AS_OF), listed("overdue", 0)).empty
