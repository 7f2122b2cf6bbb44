"""Personas: planted ones come back, noise has none, and nothing but behaviour up to the date counts."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import personas
from crmlib.models.grouping import grouped
from crmlib.teaching import make as teaching
from crmlib.teaching.world import tables as canonical
from crmlib.teaching.world import world
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)


def company(orders: pd.DataFrame, as_of: date = AS_OF) -> Company:
    return company_from({"orders": orders.assign(order_id=[f"o{i}" for i in range(len(orders))])}, as_of=as_of)


def fitted(orders: pd.DataFrame) -> personas.Personas:
    return personas.fit(company(orders))


def crowd(kinds: list[tuple[int, float, float, str]], seed: int = 3, categories: str = "ab") -> pd.DataFrame:
    """Orders of customers of some kinds: (customers, orders beyond the first, order value, channels to draw from)."""
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(len(kinds)), [k[0] for k in kinds])
    customer = np.repeat(np.arange(len(kind)), 1 + rng.poisson(np.array([k[1] for k in kinds])[kind]))
    mine, level = kind[customer], rng.normal(0, 0.3, len(kind))
    first = rng.integers(0, 600, len(kind))
    days = first[customer] + (rng.random(len(customer)) * (1000 - first[customer])).astype(int)
    drawn = np.array([rng.choice(list(kinds[k][3])) for k in mine])
    return pd.DataFrame(
        {
            "customer_id": [f"c{c:05}" for c in customer],
            "ordered_at": pd.Timestamp(AS_OF - timedelta(days=1001)) + pd.to_timedelta(days, unit="D"),
            "amount": (
                np.array([k[2] for k in kinds])[mine] * np.exp(level[customer] + rng.normal(0, 0.3, len(mine)))
            ).round(2),
            "channel": drawn,
            "category": rng.choice(list(categories), len(mine)),
            "discount": np.where(rng.random(len(mine)) < 0.3, 0.1, 0.0),
        }
    )


TWO_KINDS = [(220, 6.0, 900.0, "s"), (260, 6.0, 60.0, "w")]


@cache
def two_kinds() -> personas.Personas:
    return fitted(crowd(TWO_KINDS))


def test_planted_personas_are_recovered() -> None:
    made = world(1500, 11, ("orders",))
    truth = teaching.make(1500, 11, only=("orders",)).truth
    customers, records = truth["customers"], truth["records"]
    assert isinstance(customers, pd.DataFrame)
    assert isinstance(records, pd.DataFrame)
    orders = canonical(made, ("orders",))["orders"]
    kept = ["order_id", "customer_id", "ordered_at", "amount", "refunded", "discount", "channel", "category"]
    plain = orders[kept].astype({"customer_id": str, "channel": object, "category": object})
    found = personas.fit(company_from({"orders": plain}, as_of=AS_OF))
    entity = records.astype({"record_id": str}).set_index("record_id")["entity_id"]
    planted = customers.set_index("entity_id")["persona"].astype(str)
    assert found.state == "found"
    true = found.customers["customer_id"].map(entity).map(planted)
    assert adjusted_rand_score(true, found.customers["persona"]) >= 0.8
    assert {"sales_rep", "app", "store", "marketplace"} <= set(found.profile["main_channel"])


@pytest.mark.parametrize(("seed", "beyond"), [(1, 4.0), (2, 0.6)])
def test_a_company_without_structure_is_told_so(seed: int, beyond: float) -> None:
    found = fitted(crowd([(700, beyond, 200.0, "abc")], seed))
    assert found.state == "none"
    assert found.verdict.startswith("No personas")
    assert found.customers.empty
    assert found.profile.empty
    assert personas.shares(found).empty
    rows = personas.persona_findings(knowing(AS_OF), found)
    assert rows["kpi"].tolist() == ["persona_stability"]
    assert rows["value"].isna().all()
    assert rows["n"].tolist() == [700]


@pytest.mark.deck("D049")
def test_two_kinds_are_found_named_and_counted() -> None:
    found = two_kinds()
    assert dict(zip(found.profile["persona"], found.profile["customers"], strict=True)) == {
        "large_orders · regular": 220,
        "small_orders · regular": 260,
    }
    first = found.customers["customer_id"].str[1:].astype(int) < 220
    assert (found.customers["persona"].str.startswith("large") == first).all()
    assert found.profile["main_channel"].tolist() == ["s", "w"]
    assert found.profile["customer_share"].sum() == pytest.approx(1)
    assert found.profile["net_revenue_share"].sum() == pytest.approx(1)
    rows = personas.persona_findings(knowing(AS_OF), found)
    assert list(rows.columns) == FINDING
    stable = rows[rows["kpi"] == "persona_stability"].iloc[0]
    assert 0.95 <= stable["low"] <= stable["value"] <= stable["high"] <= 1
    sizes = rows[rows["kpi"] == "persona_customers"].set_index("segment")["value"]
    assert sizes[""] == sizes.drop("").sum() == 480
    parts = personas.shares(found).groupby("part")["share"].sum()
    assert parts.to_numpy() == pytest.approx([1, 1])


def test_neither_row_order_nor_later_rows_change_anything() -> None:
    orders = crowd(TWO_KINDS)
    late = orders.head(300).assign(ordered_at=pd.Timestamp("2026-11-20"), amount=1.0, channel="w")
    mixed = pd.concat([late, orders]).sample(frac=1, random_state=5)
    again = personas.fit(company(mixed, date(2026, 12, 31)).at(AS_OF))
    pd.testing.assert_frame_equal(again.customers, two_kinds().customers, check_exact=True)
    pd.testing.assert_frame_equal(again.profile, two_kinds().profile, check_exact=True)
    pd.testing.assert_frame_equal(again.choice, two_kinds().choice, check_exact=True)
    assert again.stability == two_kinds().stability


def test_who_is_called_what_changes_nothing() -> None:
    """The same company under other pseudonyms has the same personas, stability and silhouettes to the last digit."""
    orders = crowd(TWO_KINDS)
    ids = np.sort(orders["customer_id"].unique())
    other = dict(zip(ids, np.random.default_rng(2).permutation(ids), strict=True))
    again = fitted(orders.assign(customer_id=orders["customer_id"].map(other)))
    pd.testing.assert_frame_equal(again.profile, two_kinds().profile, check_exact=True)
    pd.testing.assert_frame_equal(again.choice, two_kinds().choice, check_exact=True)
    assert again.stability == two_kinds().stability
    mine = two_kinds().customers.assign(customer_id=two_kinds().customers["customer_id"].map(other))
    both = mine.merge(again.customers, on="customer_id")
    assert (both["persona_x"] == both["persona_y"]).all()


@cache
def refunding() -> tuple[Company, pd.DataFrame]:
    """A company that records every aspect, and its findings."""
    orders = crowd(TWO_KINDS).assign(margin=1.0)
    c = company(orders.assign(refunded=np.where(orders.index % 9 == 0, 5.0, np.nan)))
    return c, personas.persona_findings(c, personas.fit(c))


@pytest.mark.parametrize("column", ["refunded", "discount", "channel", "category", "margin"])
def test_an_aspect_that_is_not_recorded_is_absent_and_the_figures_say_so(column: str) -> None:
    c, whole = refunding()
    less = c.without(f"orders.{column}")
    habits = personas.customer_habits(less)
    aspect = {"refunded": "refund"}.get(column, column)
    assert habits.filter(regex=f"^{aspect}:").to_numpy().sum() == 0
    told = personas.persona_findings(less, personas.fit(less))
    assert (
        whole.drop(columns="without").equals(told.drop(columns="without"))
        or (told["without"] == f"orders.{column}").all()
    )


def test_orders_with_nothing_but_an_amount_are_enough() -> None:
    plain = crowd([(200, 8.0, 2000.0, "a"), (250, 8.0, 20.0, "a")])[["customer_id", "ordered_at", "amount"]]
    found = fitted(plain)
    assert found.profile["customers"].tolist() == [200, 250]
    assert not {"main_channel", "main_category", "discounted_share"} & set(found.profile)


def test_without_money_on_record_personas_have_no_share_of_it() -> None:
    """Half of the customers come for one thing in a shop, half for another over the web; nobody pays."""
    rows = crowd([(200, 8.0, 100.0, "a"), (250, 8.0, 100.0, "b")]).drop(columns="amount")
    found = fitted(rows)
    assert found.state == "found"
    assert not {"revenue", "net_revenue_share", "order_amount"} & set(found.profile)
    assert personas.shares(found)["part"].unique().tolist() == ["customers_share"]


@pytest.mark.parametrize("customers", [0, 1, 299])
def test_too_few_customers_are_not_enough_to_tell(customers: int) -> None:
    found = fitted(crowd([(customers, 2.0, 100.0, "ab")])) if customers else fitted(crowd(TWO_KINDS).head(0))
    assert (found.state, found.n) == ("too_few", customers)
    assert "not enough to tell" in found.verdict
    rows = personas.persona_findings(knowing(AS_OF), found)
    assert len(rows) == (1 if customers else 0)
    assert rows["value"].isna().all()
    assert personas.shares(found).empty


@pytest.mark.parametrize("amount", [0.0, -5.0, 10.0])
def test_customers_who_are_all_the_same_have_no_personas(amount: float) -> None:
    same = pd.DataFrame(
        {
            "customer_id": [f"c{i:04}" for i in range(400)],
            "ordered_at": pd.Timestamp("2026-05-05 10:00"),
            "amount": amount,
        }
    )
    assert fitted(same).state == "none"


def test_habits_by_hand() -> None:
    rows = [
        ("a", "2026-10-01 09:00", 100.0, None, 0.1, "app"),
        ("a", "2026-10-01 21:00", 50.0, 20.0, 0.0, "app"),
        ("a", "2026-10-21 09:00", 25.0, None, None, None),
        ("b", "2026-10-31 23:00", 0.0, None, 0.0, "store"),
    ]
    names = ["customer_id", "ordered_at", "amount", "refunded", "discount", "channel"]
    frame = pd.DataFrame(rows, columns=names).astype({"ordered_at": "datetime64[us]"})
    made = personas.customer_habits(company(frame)).set_index("customer_id")
    a, b = made.loc["a"], made.loc["b"]
    assert (a["orders"], a["purchases"], a["days_since_last"], a["days_between"]) == (3, 2, 10, 20)
    assert (a["revenue"], a["valued"], a["log_value"]) == (155, 3, 46052 + 39120 + 32189)
    assert (a["discount:known"], a["discount:yes"], a["refund:yes"]) == (2, 1, 1)
    assert (a["channel:known"], a["channel:app"], a["channel:store"]) == (2, 2, 0)
    assert (b["valued"], b["log_value"], b["days_since_last"]) == (0, 0, 0)
    assert np.isnan(b["days_between"])


def test_what_is_no_habit_is_left_out() -> None:
    """Two kinds of channel: one always keeps to its own, the other draws afresh each time."""
    customers = 60
    mine = np.arange(customers) % 2
    habit = pd.DataFrame({"channel:known": 4, "channel:a": 4 * mine, "channel:b": 4 * (1 - mine)})
    chance = pd.DataFrame({"channel:known": 4, "channel:a": 2, "channel:b": 2}, index=range(customers))
    found = personas._habit(habit, "channel", 30)
    assert found is not None
    assert found.var(axis=0).sum() == pytest.approx(1)
    assert len(np.unique(found, axis=0)) == 2
    assert personas._habit(chance, "channel", 30) is None
    assert personas._habit(habit.head(20), "channel", 30) is None


def test_names_by_rule_and_never_twice() -> None:
    company_medians = pd.Series({"order_amount": 100.0, "between_days": 40.0, "discounted_share": 0.1})
    base = {"order_amount": 100.0, "median_orders": 5.0, "between_days": 40.0, "discounted_share": 0.0}
    rows = [
        {**base, "order_amount": 150.0, "main_channel": "app", "main_category": None},
        {**base, "order_amount": 60.0, "discounted_share": 0.9, "between_days": 10.0},
        {**base, "median_orders": 1.0, "between_days": np.nan},
        {**base, "main_channel": "app", "main_category": "tea"},
        {**base, "main_channel": "app", "main_category": "cups"},
        {**base, "main_channel": "app", "main_category": "cups"},
    ]
    frame = pd.DataFrame(rows, columns=[*base, "main_channel", "main_category"])
    assert personas._names(frame, company_medians) == [
        "large_orders · regular",
        "bargain_seekers · small_orders · frequent",
        "one_off",
        "regular · app · tea",
        "regular · app · cups",
        "regular · app · cups · 2",
    ]


def test_groups_are_found_where_they_are_and_only_there() -> None:
    rng = np.random.default_rng(8)
    centres = np.array([[0, 0, 0], [6, 0, 0], [0, 6, 6]])
    truth = np.arange(300) % 3
    made = grouped(centres[truth] + rng.normal(size=(300, 3)), least=30, seed=1)
    assert made.labels is not None
    assert made.groups == 3
    assert adjusted_rand_score(truth, made.labels) > 0.95
    nothing = grouped(rng.normal(size=(300, 3)) * [3, 1, 1], least=30, seed=1)
    assert nothing.labels is None
