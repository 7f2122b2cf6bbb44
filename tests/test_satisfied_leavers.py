"""Who left although satisfied: counted with an interval, named only for the company."""

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import satisfied_leavers
from crmlib.run import leavers

AS_OF = date(2026, 10, 31)


def company(answers: list[tuple[str, str, str, float]], last: dict[str, str]) -> Company:
    surveys = pd.DataFrame(answers, columns=["customer_id", "at", "instrument", "score"]).assign(item="question")
    bought = pd.DataFrame(
        {"customer_id": list(last), "ordered_at": pd.to_datetime(list(last.values())), "amount": 10.0}
    )
    surveys["at"] = pd.to_datetime(surveys["at"])
    frames = {"surveys": surveys, "orders": bought.assign(order_id=[f"o{i}" for i in range(len(bought))])}
    return company_from(frames, as_of=AS_OF)


@pytest.mark.deck("D126")
def test_the_last_answer_of_who_left_within_a_year_counts() -> None:
    """By hand: 180 days without an order were over on 1 March for all who left but the one who had gone long before."""
    last = dict.fromkeys("abcdef", "2025-09-02") | {"old": "2023-01-01", "here": "2026-10-01"}
    c = company(
        [
            ("a", "2025-08-30", "nps", 9), ("b", "2025-08-30", "nps", 8), ("c", "2025-08-30", "csat", 4),
            ("d", "2025-08-01", "csat", 5), ("d", "2025-10-01", "csat", 2), ("e", "2025-01-01", "nps", 10),
            ("old", "2023-01-01", "nps", 10), ("here", "2026-09-30", "nps", 10),
        ],
        last,
    )  # fmt: skip
    found = satisfied_leavers.share(c).iloc[0]
    assert found[["value", "n"]].tolist() == [0.5, 4], "e's answer is too old, f was never asked"
    named = satisfied_leavers.named(c)
    assert named["customer_id"].tolist() == ["a", "c"]
    assert named["instrument"].tolist() == ["nps", "csat"]
    ids = pd.DataFrame({"pseudonym": ["a", "c"], "kind": "customer", "id": ["K-1", "=K-2"], "chosen": True})
    lines = leavers.text(named, ids).splitlines()
    assert lines[0] == ",".join(leavers.COLUMNS)
    assert lines[1] == "K-1,2025-09-02,2025-08-30,nps,9"
    assert lines[2].startswith("'=K-2,"), "no cell is a formula"


def test_nobody_has_left_where_customers_do_not_come_back() -> None:
    last = {f"k{i}": "2025-09-02" for i in range(60)}
    once = company([(who, "2025-08-30", "csat", 5) for who in last], last)
    assert satisfied_leavers.share(once).empty
    assert satisfied_leavers.named(once).empty


def test_nobody_asked_or_nothing_recorded_is_said_to_be_so() -> None:
    assert satisfied_leavers.share(company([("a", "2020-01-01", "csat", 5)], {"a": "2026-10-01"})).empty
    bought = pd.DataFrame({"order_id": ["o1"], "customer_id": ["a"], "ordered_at": [pd.Timestamp("2026-01-01")]})
    nothing = satisfied_leavers.share(company_from({"orders": bought}, as_of=AS_OF))
    assert nothing.empty
    assert nothing.attrs["unknown"] == ("surveys.score",)
