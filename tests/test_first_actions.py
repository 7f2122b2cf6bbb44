"""What heads the list: groups of k customers where it is published, single customers on a page under private/ alone."""

import re

import numpy as np
import pandas as pd
import pytest

from crmlib.measures import list_groups
from crmlib.run import first_actions
from crmlib.run.first_actions import FIRST, FIRST_PAGE
from crmlib.run.places import place_of
from crmlib.run.sought import Sought
from crmlib.run.traces import parted
from crmlib.run.worklists import Own
from crmlib.show.findings import carried, read_payload
from crmlib.show.withholding import using
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy
from tests.small_company import action, knowing
from tests.test_list_groups import AS_OF, listed


def told(*parts: pd.DataFrame, k: int = 5) -> pd.DataFrame:
    """The figures as they are published."""
    c = knowing(AS_OF, Policy.model_validate({"privacy": {"k": k}}))
    found = list_groups.summary(c, pd.concat(parts, ignore_index=True))
    with using(k, 400):
        rows = read_payload(next(iter(carried(found).values())))
    why = rows["withheld"].fillna("") if "withheld" in rows else ""
    return rows.assign(status=np.where(why == "", "fresh", "withheld"))


def test_groups_come_in_the_order_of_the_list_with_what_they_are_worth_and_when_k_of_them_are_due() -> None:
    rows = told(
        listed("overdue", 20, channel="email", worth=30.0),
        listed("overdue", 10, channel="", worth=90.0),
        listed("case_overdue", 5, worth=1.0),
        listed("overdue", 30, arm="hold_out", channel="email"),
    )
    with language.using("en", "EUR"):
        groups = first_actions.groups(rows, AS_OF)
    assert [(g["why"], g["channel"], g["customers"], g["worth"], g["due"]) for g in groups] == [
        ("Case waits beyond the promise", "phone", "5", "€5.00", "5 Nov 2026"),
        ("Silent beyond own rhythm", "yours to choose", "10", "€900", "5 Nov 2026"),
        ("Silent beyond own rhythm", "e-mail", "20", "€600", "5 Nov 2026"),
    ]


def test_a_group_of_fewer_than_k_is_published_with_none_of_its_numbers() -> None:
    rows = told(listed("overdue", 20), listed("slipping", 4, worth=777.0))
    small = rows[rows["segment"].str.startswith("slipping")]
    assert len(small) == 2, "and by when they are due is nobody's but theirs"
    assert small[["value", "low", "high"]].isna().all(axis=None)
    with language.using("en", "EUR"):
        assert len(first_actions.groups(rows, AS_OF)) == 1


def test_nothing_of_a_group_tells_how_many_it_is_but_to_the_nearest_k() -> None:
    rows = told(listed("overdue", 23), listed("slipping", 12))
    assert {*rows.loc[rows["kpi"] == "group_customers", "value"]} == {25, 10}
    assert (rows["n"] % 5 == 0).all()


def test_what_is_not_known_is_left_open() -> None:
    rows = told(listed("overdue", 20, worth=float("nan")).assign(due_on=None))
    with language.using("en", "EUR"):
        (group,) = first_actions.groups(rows, AS_OF)
    assert (group["worth"], group["due"]) == ("", "")


def rows_of(n: int, **more: object) -> list[dict[str, object]]:
    made = [action(i, "hold_out" if i == 2 else "act", worth=100.0 * i, **more) for i in range(1, n + 1)]
    ids = [(f"c{i:012}", "customer", f"K-<{i:04}>") for i in range(1, n + 1)]
    frame = pd.DataFrame([*ids, ("o000000000001", "owner", "zhang.wei")], columns=["pseudonym", "kind", "id"])
    carried = pd.DataFrame({"pseudonym": ["c000000000001"], "name": ["Ada Quillfeather"]})
    return Own(frame.assign(chosen=True), carried).rows(pd.DataFrame(made), "2026-10-31")


@pytest.mark.parametrize(("spoken", "says"), [("en", "Whom to begin with"), ("zh", "先联系谁")])
def test_the_first_ten_stand_on_a_page_by_the_companys_own_numbers(spoken: str, says: str) -> None:
    with language.using(spoken, "EUR"):
        page = first_actions.files(rows_of(14), AS_OF, "Acme Ltd")[FIRST_PAGE]
    assert says in page
    numbers = re.findall(r'<th scope="row">K-&lt;(\d+)&gt;', page)
    assert numbers == [f"{i:04}" for i in (1, *range(3, 12))]
    assert len(numbers) == FIRST
    assert "Ada Quillfeather" in page
    assert "€1,100" in page
    assert "zhang.wei" in page
    assert "c00000" not in page


def test_with_nobody_to_act_on_there_is_no_page() -> None:
    assert first_actions.files(rows_of(2)[1:], AS_OF, "Acme Ltd") == {}


def test_a_forgotten_customer_leaves_the_page_whatever_their_number_looks_like() -> None:
    numbers = [f"a2610{i:08x}" for i in range(1, 5)]
    made = pd.DataFrame([action(i, action_id=number) for i, number in enumerate(numbers, start=1)])
    ids = pd.DataFrame({"pseudonym": made["customer_id"], "kind": "customer", "id": list("abcd"), "chosen": True})
    with language.using("en", "EUR"):
        page = first_actions.files(Own(ids).rows(made, "2026-10-31"), AS_OF, "Acme Ltd")[FIRST_PAGE]
    sought = Sought(b"key", frozenset({"c000000000002"}), actions=frozenset({numbers[1]}))
    left, taken = parted(f"private/{FIRST_PAGE}", page.encode(), place_of(f"private/{FIRST_PAGE}"), sought)
    assert len(taken) == 1
    assert re.findall(r'<th scope="row">(\w)', left.decode()) == ["a", "c", "d"]
