"""Types of loyalty: planted ones come back, thin evidence stays unknown, strangers move nobody."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from ibis import _
from sklearn.metrics import balanced_accuracy_score

from crmlib.facts.company import Company, company_from
from crmlib.measures import loyalty_at_stake, loyalty_types
from crmlib.models.loyalty_signs import above, agreeing, likelihoods, stated
from crmlib.teaching import make as teaching
from crmlib.teaching.plan import SEED
from crmlib.teaching.world import tables as canonical
from crmlib.teaching.world import world
from crmlib.vocabulary.loyalty_signs import SIGNS, TYPES, UNKNOWN, WAYS
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({})
PLANTED = Policy.model_validate({"loyalty": {"price_rise_on": "2025-09-01", "bought_only_here": ["parts"]}})
WANTED = ("customers", "orders", "interactions", "surveys", "activity")
KEPT = {
    "orders": ["order_id", "customer_id", "ordered_at", "amount", "refunded", "margin", "discount", "category"],
    "interactions": ["interaction_id", "customer_id", "at", "direction", "opened_at", "responded_at"],
    "surveys": ["customer_id", "at", "instrument", "item", "score"],
    "activity": ["customer_id", "day", "logins", "events"],
}


@cache
def company(customers: int, seed: int) -> tuple[Company, pd.Series]:
    """The teaching company with every record on its true customer, and each customer's planted type."""
    made = world(customers, seed, WANTED)
    frames = canonical(made, WANTED)
    entity = made.held.assign(record_id=made.held["record_id"].astype(str)).set_index("record_id")["entity_id"]
    plain = {}
    for name, columns in KEPT.items():
        frame = frames[name][columns].copy()
        text = [c for c in frame if isinstance(frame[c].dtype, pd.CategoricalDtype)]
        frame[text] = frame[text].astype(object)
        frame["customer_id"] = "e" + frame["customer_id"].map(entity).astype(str).str.zfill(6)
        plain[name] = frame
    use = plain["activity"]
    use["day"] = pd.to_datetime(use["day"]).dt.date
    plain["activity"] = use.groupby(["customer_id", "day"], as_index=False).sum()
    truth = teaching.make(customers, seed, only=("orders",)).truth["customers"]
    assert isinstance(truth, pd.DataFrame)
    names = "e" + truth["entity_id"].astype(str).str.zfill(6)
    return company_from(plain, as_of=AS_OF), pd.Series(truth["loyalty_type"].astype(str).to_numpy(), index=names)


@pytest.mark.deck("D072")
@pytest.mark.parametrize(("customers", "seed"), [(2000, SEED), (1500, 7)])
@pytest.mark.parametrize("policy", [POLICY, PLANTED], ids=["default", "teaching"])
def test_planted_types_are_recovered(customers: int, seed: int, policy: Policy) -> None:
    tables, planted = company(customers, seed)
    found = loyalty_types.types(tables.at(AS_OF).under(policy)).customers
    true = found["customer_id"].map(planted)
    known = found["loyalty_type"] != UNKNOWN
    assert balanced_accuracy_score(true[known], found["loyalty_type"][known]) >= 0.85
    assert (found["loyalty_type"] == true).groupby(true).mean().mean() >= 0.65, "unknown counted as wrong"
    assert 0.05 < 1 - known.mean() < 0.35


def logged(c: Company, times: float, *columns: str) -> Company:
    """The company had it logged only so many of its events, or logins."""
    rows = c.tables.activity.mutate(**{name: (_[name] * times).round().cast("int64") for name in columns})
    return replace(c, tables=c.tables.but(activity=rows), _memo={})


@pytest.mark.parametrize(("customers", "seed"), [(2000, SEED), (1500, 7)])
def test_how_much_is_logged_changes_neither_types_nor_how_sure_they_are(customers: int, seed: int) -> None:
    tables, planted = company(customers, seed)
    right = {}
    for times in (1.0, 0.4):
        found = loyalty_types.types(logged(tables.at(AS_OF), times, "events")).customers
        known = found["loyalty_type"] != UNKNOWN
        true = found["customer_id"].map(planted)
        right[times] = (found["loyalty_type"] == true)[known].mean()
        assert found["probability"][known].mean() == pytest.approx(right[times], abs=0.05), (
            "as many are right as is stated"
        )
    assert right[0.4] == pytest.approx(right[1.0], abs=0.03)
    assert right[1.0] > 0.9


@pytest.mark.parametrize(
    ("cut", "factor"),
    [
        ("visits_of_usual", 0.75),
        ("clicks_of_usual", 1.3),
        ("clicks_of_usual", 0.75),
        ("notices_of_usual", 1.3),
        ("discounted_from", 1.3),
    ],
)
def test_no_cut_has_to_be_exact(cut: str, factor: float) -> None:
    tables, planted = company(2000, SEED)
    changed = getattr(POLICY.loyalty, cut) * factor
    policy = Policy.model_validate({"loyalty": {cut: changed}})
    found = loyalty_types.types(tables.at(AS_OF).under(policy)).customers
    known = found["loyalty_type"] != UNKNOWN
    true = found["customer_id"].map(planted)
    assert balanced_accuracy_score(true[known], found["loyalty_type"][known]) >= 0.7


def test_the_types_of_the_day_before_foretell_the_price_rise() -> None:
    tables, _planted = company(2000, SEED)
    found = loyalty_types.price_response(tables.at(AS_OF).under(PLANTED)).set_index("segment")
    assert list(found.index) == ["", *TYPES]
    assert found.loc["price", "high"] < found.loc["super_value", "low"]
    assert found.loc["price", "value"] < found.loc["", "value"] < found.loc["super_value", "value"]
    assert loyalty_types.price_response(tables.at(AS_OF)).empty
    soon = Policy.model_validate({"loyalty": {"price_rise_on": "2026-09-01"}})
    assert loyalty_types.price_response(tables.at(AS_OF).under(soon)).empty


def test_a_sign_is_as_sure_as_what_was_seen_of_it() -> None:
    seen = above(pd.Series([0, 1, 9, 90, 0]), pd.Series([0, 1, 10, 100, 10]), 0.5)
    assert seen[0] == 0.5
    assert 0.5 < seen[1] < seen[2] <= seen[3] == 0.95
    assert seen[4] == pytest.approx(0.05)
    assert above([30.0], [10.0], 1.5, rate=True)[0] > 0.9
    assert above([0], [50], 0.2, presence=True)[0] == 0.5
    assert above([0], [0], 0.2)[0] == 0.5


def test_nothing_seen_says_nothing() -> None:
    even = likelihoods([np.full(3, 0.5) for _sign in SIGNS], WAYS)
    np.testing.assert_allclose(even, 1 / 6)


def test_a_type_is_as_likely_as_its_signs_are_together() -> None:
    sure = [np.array([0.9, 0.5]), np.array([0.2, 0.5])]
    likely = likelihoods(sure, [(1, -1, 0), (-1, 1, 0)])
    weights = np.array([[0.9 * 0.8, 0.1 * 0.2, 0.25], [0.25, 0.25, 0.25]])
    np.testing.assert_allclose(likely, weights / weights.sum(axis=1, keepdims=True))


def orders(customer: str, discounts: list[float], amount: float = 90.0) -> pd.DataFrame:
    n = len(discounts)
    at = pd.date_range("2026-01-15", periods=n, freq="20D")
    ids = [f"{customer}-{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "order_id": ids,
            "customer_id": customer,
            "ordered_at": at,
            "amount": amount,
            "refunded": 0.0,
            "discount": discounts,
        }
    )


def opened(customer: str, share: float, n: int = 20) -> pd.DataFrame:
    at = pd.date_range("2026-01-02", periods=n, freq="10D")
    hours = [t + pd.Timedelta(hours=3) if i < share * n else pd.NaT for i, t in enumerate(at)]
    ids = [f"{customer}-{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "interaction_id": ids,
            "customer_id": customer,
            "at": at,
            "direction": "out",
            "opened_at": pd.to_datetime(hours),
        }
    )


def few() -> dict[str, pd.DataFrame]:
    bought = [orders("coupon", [0.1, 0.2, 0.15, 0.1] * 3), orders("habit", [0.0] * 12), orders("single", [0.0])]
    use = pd.DataFrame(
        {
            "customer_id": "habit",
            "day": [date(2026, 1, 15), date(2026, 3, 16), date(2026, 8, 22)],
            "logins": 2,
            "events": 6,
        }
    )
    contacts = pd.concat([opened("coupon", 0.9), opened("habit", 0.05)], ignore_index=True)
    return {"orders": pd.concat(bought, ignore_index=True), "interactions": contacts, "activity": use}


def usual() -> dict[str, pd.DataFrame]:
    """The few among forty who come five times a month, look at eight things and open half of what they get."""
    mates, own = [f"mate{i:02}" for i in range(40)], few()
    days = [d.date() for d in pd.date_range("2026-01-03", "2026-10-30", freq="6D")]
    use = [pd.DataFrame({"customer_id": mate, "day": days, "logins": 1, "events": 8}) for mate in mates]
    more = {
        "orders": [orders(mate, [0.0]) for mate in mates],
        "interactions": [opened(mate, 0.5) for mate in mates],
        "activity": use,
    }
    return {name: pd.concat([own[name], *frames], ignore_index=True) for name, frames in more.items()}


@pytest.mark.deck("D072")
def test_types_by_their_definitions() -> None:
    found = loyalty_types.types(company_from(usual(), as_of=AS_OF)).customers
    named = dict(zip(found["customer_id"], found["loyalty_type"], strict=True))
    assert (named["coupon"], named["habit"], named["single"]) == ("incentive", "inertia", UNKNOWN)
    assert found[list(TYPES)].sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_orders_alone_do_not_say_why() -> None:
    c = company_from({"orders": few()["orders"]}, as_of=AS_OF)
    found = loyalty_types.types(c)
    assert set(found.customers["loyalty_type"]) == {UNKNOWN}
    told = loyalty_types.type_findings(knowing(AS_OF), found)
    assert told["value"].isna().all()
    assert told["n"].tolist() == [0]
    assert loyalty_at_stake.drivers(knowing(AS_OF), found.customers).empty
    stake = loyalty_at_stake.rival(knowing(AS_OF), found.customers, rival_leaving_share=0.3)
    assert stake["value"].isna().all()


def test_too_few_to_know_what_is_usual_tell_nothing_of_use_and_notice() -> None:
    given = loyalty_types.types(company_from(few(), as_of=AS_OF))
    signs = loyalty_types.signs(company_from(few(), as_of=AS_OF), given).set_index("sign")
    assert signs.loc[list(loyalty_types.RELATIVE), "cut"].isna().all()
    assert set(given.customers["loyalty_type"]) == {UNKNOWN}


def test_signs_that_disagree_leave_it_unknown() -> None:
    ways = [(1, -1)] * 3
    sure = [np.array([0.95, 0.95]), np.array([0.95, 0.05]), np.array([0.95, 0.05])]
    assert agreeing(sure, ways, np.array([0, 0])).tolist() == [1.0, pytest.approx(1 / 3)]
    assert agreeing([np.array([0.5])], [(1, -1)], np.array([1])).tolist() == [1.0], (
        "nothing sure disagrees with nothing"
    )


def test_who_is_another_by_the_next_cut_is_stated_as_less_sure() -> None:
    firm, shaky = np.array([[0.8, 0.2]]), np.array([[0.2, 0.8]])
    assert stated([firm])[0, 0] == pytest.approx(0.64 / 0.68)
    assert stated([firm, shaky])[0].tolist() == [0.5, 0.5]


def test_buyers_without_use_later_rows_and_the_order_of_rows_change_nothing() -> None:
    frames = usual()
    alone = loyalty_types.types(company_from(frames, as_of=AS_OF)).customers
    more = pd.concat([frames["orders"], *(orders(f"x{i}", [0.3] * 5, 5000.0) for i in range(20))], ignore_index=True)
    late = orders("habit", [0.9]).assign(order_id="late", ordered_at=pd.Timestamp("2026-11-02"))
    mixed = {**frames, "orders": pd.concat([more, late]).iloc[::-1], "interactions": frames["interactions"].iloc[::-1]}
    crowd = loyalty_types.types(company_from(mixed, as_of=AS_OF)).customers
    there = crowd[crowd["customer_id"].isin(alone["customer_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, there)


def test_later_tables_read_as_of_an_earlier_day_say_what_was_known_then() -> None:
    frames, then = few(), date(2026, 6, 30)
    day = {"orders": "ordered_at", "interactions": "at", "activity": "day"}
    cut = {n: f[pd.to_datetime(f[day[n]]) < pd.Timestamp("2026-07-01")] for n, f in frames.items()}
    early = loyalty_types.types(company_from(cut, as_of=then).at(then)).customers
    late = loyalty_types.types(company_from(frames, as_of=AS_OF).at(then)).customers
    pd.testing.assert_frame_equal(early, late)


@pytest.mark.parametrize(
    ("column", "silent"),
    [
        ("activity.logins", {"visits", "clicks_per_login"}),
        ("activity.events", {"clicks_per_login"}),
        ("interactions.direction", {"notices_contacts"}),
        ("orders.discount", {"discounted_orders", "coupon_sized"}),
    ],
)
def test_a_sign_whose_column_is_not_recorded_says_nothing_and_names_it(column: str, silent: set[str]) -> None:
    c = company_from(few(), as_of=AS_OF).without(column)
    given = loyalty_types.types(c)
    assert (given.evidence[[f"{sign}{end}" for sign in silent for end in ("", "_of")]] == 0).all(axis=None)
    signs = loyalty_types.signs(c, given).set_index("sign")
    assert set(signs.index[signs["lacking"] == column]) == silent
    assert signs.loc[list(silent), "own_median"].isna().all()
    assert (signs.loc[list(silent), "n"] == 0).all()
    stated = loyalty_types.type_findings(c, given)
    assert stated["without"].str.contains(column).all()


def test_clicks_without_logins_hold_nobody_by_habit() -> None:
    """Who is seen on days of use of which no login was written down did not stay away."""
    days = [date(2026, month, 15) for month in range(1, 11)]
    use = pd.DataFrame({"customer_id": ["habit"] * 10 + ["single"] * 10, "day": days * 2, "events": 6})
    c = company_from({"orders": few()["orders"], "activity": use}, as_of=AS_OF)
    assert set(loyalty_types.types(c).customers["loyalty_type"]) == {UNKNOWN}
    assert loyalty_at_stake.drivers(c, loyalty_types.types(c).customers).empty


def test_one_sign_alone_is_no_type() -> None:
    c = company_from({n: f for n, f in few().items() if n != "activity"}, as_of=AS_OF).without("orders.discount")
    assert set(loyalty_types.types(c).customers["loyalty_type"]) == {UNKNOWN}


@pytest.mark.parametrize("gone", ["interactions", "surveys", "activity"])
def test_each_missing_table_leaves_the_rest(gone: str) -> None:
    frames = {n: f for n, f in usual().items() if n != gone}
    found = loyalty_types.types(company_from(frames, as_of=AS_OF))
    assert len(found.customers) == 43
    assert len(loyalty_types.signs(knowing(AS_OF), found)) == len(SIGNS)
    assert loyalty_types.sizes(found)["customers"].sum() == 43


@pytest.mark.parametrize(
    "frames", [{}, {"orders": orders("a", [0.1])}, {"orders": orders("a", [0.1]).drop(columns="discount")}]
)
def test_an_empty_and_a_tiny_company(frames: dict[str, pd.DataFrame]) -> None:
    found = loyalty_types.types(company_from(frames, as_of=AS_OF).under(PLANTED))
    assert set(found.customers["loyalty_type"]) <= {UNKNOWN}
    assert loyalty_types.sizes(found).empty, "types of which nothing is known are not drawn as nought"
    assert len(loyalty_types.signs(knowing(AS_OF, PLANTED), found)) == len(SIGNS)
    assert loyalty_types.type_findings(knowing(AS_OF, PLANTED), found)["n"].tolist() == [0]
    assert loyalty_types.price_response(company_from(frames, as_of=AS_OF).under(PLANTED)).empty
    for told in (
        loyalty_at_stake.rival(knowing(AS_OF, PLANTED), found.customers, rival_leaving_share=0.5),
        loyalty_at_stake.coupon_stop(knowing(AS_OF, PLANTED), found.customers, coupon_elasticity=-2.0),
    ):
        assert told["value"].isna().all()
