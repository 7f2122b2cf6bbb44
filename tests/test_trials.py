"""Arms of campaigns: the first assignment counts, the control is known by its name, and what is unknown is not nought."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import contacts
from crmlib.facts import trials as facts
from crmlib.facts.company import Company, company_from
from crmlib.measures import trials
from crmlib.models import contrasts
from crmlib.models.estimates import difference
from crmlib.show import withholding
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 6, 30)
POLICY = Policy()


def drawn(sizes: dict[str, int], *, campaign: str | None = "spring", at: str = "2026-05-01") -> pd.DataFrame:
    """Assigned customers c0, c1 … in the order of the arms."""
    arms = [arm for arm, n in sizes.items() for _i in range(n)]
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(arms))], "arm": arms})
    frame = frame.assign(at=pd.Timestamp(at), channel="email", direction="out", campaign=campaign)
    return frame.assign(interaction_id=[f"{campaign}{at}{i}" for i in range(len(frame))])


def measured(values: dict[str, list[float]], *, at: str = "2026-05-10", **more: object) -> pd.DataFrame:
    """Outcomes of c0, c1 …, by name; NaN is no row."""
    rows = [(f"c{i}", name, v) for name, vs in values.items() for i, v in enumerate(vs) if not np.isnan(v)]
    frame = pd.DataFrame(rows, columns=["customer_id", "name", "value"]).assign(at=pd.Timestamp(at), **more)
    return frame.assign(outcome_id=[f"x{i}" for i in range(len(frame))])


def company(interactions: pd.DataFrame, policy: Policy = POLICY, **tables: pd.DataFrame) -> Company:
    return company_from({"interactions": interactions, **tables}, as_of=AS_OF, policy=policy)


def first(c: Company, arm: str, outcome: str = "visit") -> pd.Series:
    return trials.compare(c).set_index(["outcome", "arm"]).loc[(outcome, arm)]


VISITS = [1.0] * 30 + [0.0] * 70 + [1.0] * 10 + [0.0] * 90


@pytest.mark.deck("D129")
def test_shares_and_their_difference_by_hand() -> None:
    c = company(drawn({"Women's E-Mail": 100, "No E-Mail": 100}), outcomes=measured({"visit": VISITS}))
    row = first(c, "Women's E-Mail")
    assert row["value"] == 0.3
    assert tuple(row[["change", "change_low", "change_high"]]) == difference(30, 100, 10, 100)
    assert (row["verdict"], row["n"], row["control"]) == ("more", 100, "No E-Mail")
    assert first(c, "No E-Mail")["verdict"] == "control"
    told = trials.effects(c, trials.compare(c)).set_index(["kpi", "segment"])
    assert told.loc[("arms_apart", ""), ["value", "n"]].tolist() == [1, 1]
    assert told.loc[("arm_effect", "visit · Women's E-Mail"), "value"] == pytest.approx(0.2)


@pytest.mark.deck("D129")
def test_the_least_change_is_told_in_eight_of_ten_cases() -> None:
    """A thousand campaigns of 600 and 200 customers, one and two comparisons; as the intervals tell, so does the promise."""
    rng = np.random.default_rng(12)
    for comparisons in (1, 2):
        least = contrasts.least_share(0.2, 600, 200, comparisons=comparisons)
        level = 1 - 0.05 / comparisons
        told = [
            contrasts.shares(contrasts.Sums(600, k, k, k), contrasts.Sums(200, m, m, m), confidence=level)[1] > 0
            for k, m in zip(rng.binomial(600, 0.2 + least, 1000), rng.binomial(200, 0.2, 1000), strict=True)
        ]
        assert 0.75 < np.mean(told) < 0.85, comparisons
    assert np.isnan(contrasts.least_share(0.9, 5, 5)), "ten customers show nothing of what is left"
    # Of many customers it is the textbook's: (z + z) standard errors (Fleiss, Levin and Paik 2003).
    assert contrasts.least_share(0.5, 1e6, 1e6) == pytest.approx(2.801585 * (0.25 * 2e-6) ** 0.5, rel=0.01)
    both = contrasts.Sums.of([0.0, 2.0] * 50)
    assert contrasts.least_mean(both, both) == pytest.approx(2.801585 * (100 / 99 * 2 / 100) ** 0.5, rel=1e-5)


def test_each_comparison_says_what_it_could_have_shown_and_the_next_campaign_what_it_will() -> None:
    c = company(drawn({"Women's E-Mail": 100, "No E-Mail": 100}), outcomes=measured({"visit": VISITS}))
    compared = trials.compare(c).set_index("arm")["change_least"]
    assert compared["Women's E-Mail"] == contrasts.least_share(0.1, 100, 100)
    assert 0.1 < compared["Women's E-Mail"] < 0.2
    assert np.isnan(compared["No E-Mail"])
    assert trials.plan(c).empty, "no orders are on record"
    bought = pd.DataFrame({"customer_id": [f"c{i}" for i in range(50)], "ordered_at": pd.Timestamp("2026-05-20")})
    bought = bought.assign(amount=5.0, order_id=[f"o{i}" for i in range(50)])
    planned = trials.plan(company(drawn({"a": 100, "b": 100}), orders=bought)).set_index("hold_out_share")
    assert planned.loc[0.2, ["customers", "customers_alone", "ordered_as_usual"]].tolist() == [200, 40, 0.25]
    assert planned["change_least"].is_monotonic_decreasing, "the more are left alone, up to half, the less shows"


@pytest.mark.parametrize("name", ["Control", "hold_out", "NO E-MAIL", "no email", "对照组", "Hold-out"])
def test_the_control_is_known_by_its_name_however_it_is_written(name: str) -> None:
    c = company(drawn({"A": 40, name: 40}), outcomes=measured({"visit": [1.0, 0.0] * 40}))
    assert facts.controls(c) == {"spring": name}


def test_without_a_control_each_arm_is_held_against_all_the_rest() -> None:
    values = [1.0] * 20 + [0.0] * 20 + [1.0] * 10 + [0.0] * 30 + [1.0] * 10 + [0.0] * 30
    c = company(drawn({"A": 40, "B": 40, "C": 40}), outcomes=measured({"visit": values}))
    found = trials.compare(c)
    assert (found["control"] == "").all()
    assert first(c, "A")["change"] == pytest.approx(0.5 - 0.25)
    assert "all the rest" in trials.note(c, found)
    two = company(drawn({"A": 40, "B": 40}), outcomes=measured({"visit": values[:80]}))
    assert first(two, "B")["control"] == "A"


def test_the_first_assignment_counts_whatever_came_later() -> None:
    rows = drawn({"A": 40, "control": 40})
    later = rows.iloc[::-1].assign(arm="A", at=pd.Timestamp("2026-05-03"), interaction_id=[f"l{i}" for i in range(80)])
    once, twice = (
        company(frame, outcomes=measured({"visit": [1.0, 0.0] * 40})) for frame in (rows, pd.concat([later, rows]))
    )
    pd.testing.assert_frame_equal(trials.compare(once), trials.compare(twice))


def test_who_was_not_measured_is_unknown_and_who_is_not_on_a_list_did_not() -> None:
    values = [1.0] * 10 + [0.0] * 40 + [float("nan")] * 10 + [1.0] * 5 + [0.0] * 55
    c = company(drawn({"A": 60, "control": 60}), outcomes=measured({"visit": values}))
    assert first(c, "A")[["n", "value"]].tolist() == [50, 0.2]
    listed = [1.0] * 12 + [float("nan")] * 48 + [1.0] * 6 + [float("nan")] * 54
    c = company(drawn({"A": 60, "control": 60}), outcomes=measured({"visit": listed}))
    assert first(c, "A")[["n", "value"]].tolist() == [60, 0.2]
    young = company(
        drawn({"A": 60, "control": 60}, at="2026-06-05"), outcomes=measured({"visit": listed}, at="2026-06-10")
    )
    assert trials.compare(young).empty, "who did so far is on the list, who will is not"


@pytest.mark.parametrize(("at", "counts"), [("2026-04-30", 0), ("2026-05-01", 1), ("2026-05-31", 1), ("2026-06-01", 0)])
def test_an_outcome_counts_from_the_day_of_the_assignment_to_the_last_of_the_days(at: str, counts: int) -> None:
    c = company(drawn({"A": 1, "control": 1}), outcomes=measured({"sale": [1.0]}, at=at))
    values = facts.results(c).to_pandas().set_index("arm")["value"]
    assert values.to_dict() == {"A": counts, "control": 0}


def test_an_outcome_that_names_its_campaign_counts_there_only_and_at_any_time() -> None:
    both = pd.concat([drawn({"A": 2}), drawn({"A": 2}, campaign="autumn")])
    c = company(both, outcomes=measured({"sale": [1.0]}, at="2026-06-20", campaign="spring"))
    values = facts.results(c).to_pandas().set_index(["campaign", "customer_id"])["value"].to_dict()
    assert values == {("spring", "c0"): 1, ("spring", "c1"): 0, ("autumn", "c0"): 0, ("autumn", "c1"): 0}


def test_orders_and_money_after_the_assignment() -> None:
    orders = pd.DataFrame({"customer_id": [f"c{i}" for i in range(20)], "amount": 50.0, "refunded": 10.0})
    orders = orders.assign(order_id=orders["customer_id"], ordered_at=pd.Timestamp("2026-05-20"))
    c = company(drawn({"A": 40, "control": 40}), orders=orders)
    assert first(c, "A", "ordered")["value"] == 0.5
    spent = first(c, "A", "spent")
    assert (spent["value"], spent["unit"]) == (20, "money")
    assert spent["change_low"] > 0
    assert trials.effects(c, trials.compare(c)).query("kpi == 'arm_money_effect'")["value"].tolist() == [20]


def test_an_arm_that_was_left_alone_is_no_contact_and_cannot_respond() -> None:
    rows = drawn({"A": 40, "B": 40, "no e-mail": 40})
    rows["responded_at"] = [pd.Timestamp("2026-05-02") if i % 4 == 0 and i < 80 else pd.NaT for i in range(120)]
    c = company(rows)
    assert contacts.contacts(c).count().to_pyarrow().as_py() == 80
    found = trials.compare(c)
    assert set(found["arm"]) == {"A", "B"}
    assert set(found["outcome"]) == {"responded"}


def test_few_customers_are_not_told_and_the_note_says_so() -> None:
    c = company(drawn({"A": 29, "control": 100}), outcomes=measured({"visit": [1.0, 0.0] * 64 + [1.0]}))
    assert trials.compare(c).empty
    assert trials.effects(c, trials.compare(c)).empty
    c = company(drawn({"A": 50, "B": 29, "control": 100}), outcomes=measured({"visit": ([1.0, 0.0] * 90)[:179]}))
    assert "1 group of fewer than 30" in trials.note(c, trials.compare(c))


def company_note(rows: pd.DataFrame, outcomes: pd.DataFrame) -> str:
    c = company(rows, outcomes=outcomes)
    return trials.note(c, trials.compare(c))


def test_a_lot_makes_an_effect_and_uneven_arms_are_a_warning() -> None:
    outcomes = measured({"visit": ([1.0, 0.0] * 2000)[:3980]})
    rows = drawn({"A": 2080, "control": 1900})
    said = trials.note(c := company(rows, outcomes=outcomes), trials.compare(c))
    assert "association" in said
    assert "less even" not in company_note(drawn({"A": 1990, "control": 1990}), outcomes)
    by_lot = POLICY.model_copy(update={"trials": POLICY.trials.model_copy(update={"drawn_by_lot": ["spring"]})})
    assert "effect" in trials.note(c.under(by_lot), trials.compare(c.under(by_lot)))
    skewed = company(drawn({"A": 2120, "control": 1860}), outcomes=outcomes)
    assert "less even than chance" in trials.note(skewed, trials.compare(skewed))


def test_row_order_and_names_of_customers_change_nothing() -> None:
    rows, outcomes = drawn({"A": 100, "control": 100}), measured({"visit": VISITS})
    one = trials.compare(company(rows, outcomes=outcomes))
    two = trials.compare(company(rows.iloc[::-1], outcomes=outcomes.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one, two)
    assert trials.compare(company_from({}, as_of=AS_OF)).empty


def test_without_each_column_no_figure_becomes_another() -> None:
    rows = drawn({"A": 60, "B": 60, "control": 60}).assign(campaign_type="mail")
    rows["responded_at"] = [pd.Timestamp("2026-05-02") if i % 3 == 0 else pd.NaT for i in range(180)]
    orders = pd.DataFrame({"customer_id": [f"c{i}" for i in range(0, 180, 4)], "amount": 50.0, "refunded": 10.0})
    orders = orders.assign(order_id=orders["customer_id"], ordered_at=pd.Timestamp("2026-05-20"))
    c = company(rows, orders=orders, outcomes=measured({"visit": [1.0, 0.0, 0.0] * 60}))
    assert another_number(lambda c: trials.effects(c, trials.compare(c)), c) == {}


def test_a_mean_of_few_who_did_anything_is_withheld_with_the_difference_that_tells_it() -> None:
    visits = [3.0] * 30 + [0.0] * 70 + [40.0, 7.0] + [0.0] * 98
    c = company(drawn({"mail": 100, "none": 100}), outcomes=measured({"visits": visits}))
    compared = trials.compare(c)
    with withholding.using(5, 200):
        table = withholding.guarded(trials.table(compared)).set_index("arm")
        told = withholding.guarded(trials.effects(c, compared)).set_index(["kpi", "segment"])["value"]
    assert table["value"].isna().to_dict() == {"none": True, "mail": False}
    assert table.loc["mail", ["change", "change_low", "change_high"]].isna().all(), "the other arm's mean less this"
    assert table["n"].tolist() == [100, 100]
    assert told[["arm_mean", "arm_mean_effect"]].isna().tolist() == [arm != "mail" for arm in ("none", "mail")] + [True]
