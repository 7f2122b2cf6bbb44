"""Why a figure differs from what was said last month: four months, each changed by one cause, and one by all of them."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.then import Then, read_then
from crmlib.measures import causes_of_change as causes
from crmlib.measures import retention, service
from crmlib.models import shapley
from crmlib.show import withholding
from crmlib.vocabulary.kpi import STEPS
from crmlib.vocabulary.moves import CAUSES
from crmlib.vocabulary.policy import Policy

NOW, BEFORE = date(2026, 10, 31), date(2026, 9, 30)
SERVICE = "sla_first_response"
SIZES = {"rich": 80, "poor": 120}


@pytest.fixture(autouse=True)
def of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One figure at a time: the companies below are made for it."""
    assert SERVICE in causes.SPLIT
    monkeypatch.setattr(causes, "SPLIT", (SERVICE,))


def company(kept: dict[tuple[str, int], int], cases: dict[tuple[str, int], int], hours: float = 5.0) -> Company:
    """Customers of two tiers with so many cases in a month, so many of them answered within 5 hours, the others after 30."""
    who = [f"{tier}{i}" for tier, n in SIZES.items() for i in range(n)]
    orders = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(len(who))],
            "customer_id": who,
            "ordered_at": pd.Timestamp("2026-03-01"),
            "amount": [9000.0 if name.startswith("rich") else 50.0 for name in who],
        }
    )
    rows = []
    for (tier, month), n in cases.items():
        for i in range(n):
            opened = pd.Timestamp(2026, month, 3, 9) + timedelta(hours=i % 50)
            first = opened + timedelta(hours=hours if i < kept[tier, month] else 30)
            rows.append((f"t{tier}{month}.{i}", f"{tier}{i % SIZES[tier]}", opened, first, "medium"))
    names = ["ticket_id", "customer_id", "opened_at", "first_response_at", "severity"]
    return company_from({"orders": orders, "tickets": pd.DataFrame(rows, columns=names)}, as_of=NOW)


SAME = {("rich", 9): 50, ("rich", 10): 50, ("poor", 9): 50, ("poor", 10): 50}
CASES = {("rich", 9): 60, ("rich", 10): 60, ("poor", 9): 100, ("poor", 10): 100}


def frozen(c: Company, policy: Policy | None = None) -> Then:
    """The review of last month, of tables as they are known there."""
    old = replace(c, policy=policy or c.policy, _memo={}).at(BEFORE)
    told = service.attainment(old).query("segment == ''").set_index("kpi")["value"]
    return Then(old, told.to_dict())


def split(c: Company, then: Then) -> dict[str, Fraction]:
    looks = causes._looks(c, then, SERVICE)
    assert looks is not None
    found = causes.parts(*looks, said=Fraction(then.said[SERVICE]), counted=False)
    change = causes.figure(looks[0].now, counted=False) - Fraction(then.said[SERVICE])
    assert sum(found.values()) == change != 0, "the parts add up to the change, to the last digit"
    return {cause: part / change for cause, part in found.items()}


def strict(hours: float) -> Policy:
    return Policy.model_validate({"service": {"first_response_hours": {"medium": hours}}})


def test_a_month_in_which_customers_of_each_tier_were_answered_otherwise_is_behaviour() -> None:
    c = company({**SAME, ("rich", 10): 40, ("poor", 10): 40}, CASES)
    assert split(c, frozen(c))["change_behaviour"] >= Fraction(95, 100)


def test_a_month_with_more_cases_of_one_tier_answered_as_before_is_mix() -> None:
    c = company({**SAME, ("poor", 10): 90}, {**CASES, ("poor", 10): 180})
    assert split(c, frozen(c))["change_mix"] >= Fraction(95, 100)


def test_a_month_in_which_rows_came_late_alone_is_late_data() -> None:
    c = company(SAME, CASES)
    less = company({**SAME, ("poor", 9): 30}, {**CASES, ("poor", 9): 40})
    assert split(c, frozen(less))["change_late"] >= Fraction(95, 100)


def test_a_month_in_which_we_promised_otherwise_is_policy_and_so_is_what_the_program_tells_otherwise() -> None:
    c = company(SAME, CASES)
    assert split(c, frozen(c, strict(2.0)))["change_policy"] >= Fraction(95, 100)
    then = frozen(c)
    other = Then(then.company, {SERVICE: then.said[SERVICE] - 0.04})
    assert split(c, other)["change_policy"] >= Fraction(95, 100)


def test_a_month_of_all_four_adds_up_and_as_it_is_written_too() -> None:
    c = company({**SAME, ("rich", 10): 44, ("poor", 10): 70}, {**CASES, ("poor", 10): 150})
    less = company({**SAME, ("poor", 9): 33}, {**CASES, ("poor", 9): 61})
    then = frozen(less, strict(4.0))
    assert all(abs(part) > Fraction(1, 100) for part in split(c, then).values())
    for k in (1, 5):
        with withholding.using(k, 200):
            row = withholding.guarded(causes.table(c, then)).set_index("kpi").loc[SERVICE]
        steps = [round(row[name] / STEPS["share"]) for name in (*CAUSES, "change")]
        assert sum(steps[:-1]) == steps[-1]
        assert row["change"] == pytest.approx(row["value"] - row["said"])
        assert [row[name] / STEPS["share"] for name in CAUSES] == pytest.approx(steps[:-1])


@pytest.mark.parametrize("k", [1, 5, 20])
def test_what_is_rounded_for_privacy_makes_no_cause_of_nought_and_hides_no_change(k: int) -> None:
    c = company({**SAME, ("rich", 10): 43, ("poor", 10): 46}, CASES)
    for then in (frozen(c), None):
        with withholding.using(k, 200):
            row = withholding.guarded(causes.table(c, then)).set_index("kpi").loc[SERVICE]
        base = row["before"] if then is None else row["said"]
        assert row["change"] == pytest.approx(row["value"] - base)
        told = row[[name for name in CAUSES if name in row and not np.isnan(row[name])]]
        assert told.sum() == pytest.approx(row["change"], abs=5.1e-4)
        assert (told.drop("change_behaviour") == 0).all(), "nothing else changed"


def test_what_cannot_be_told_is_left_open() -> None:
    c = company({**SAME, ("rich", 10): 40}, CASES)
    alone = causes.table(c, None).set_index("kpi").loc[SERVICE]
    assert np.isnan([alone["said"], alone["change_late"], alone["change_policy"]]).all()
    assert alone["change_behaviour"] + alone["change_mix"] == pytest.approx(alone["change"], abs=6e-4)
    unread = Then(None, frozen(c).said)
    row = causes.table(c, unread).set_index("kpi").loc[SERVICE]
    assert np.isnan(row["change_late"])
    assert row["change_behaviour"] + row["change_mix"] + row["change_policy"] == pytest.approx(row["change"], abs=6e-4)
    assert not len(causes.table(c.without("tickets", "orders"), None))
    assert len({causes.note(None), causes.note(unread), causes.note(frozen(c))}) == 3


def test_last_months_review_is_read_as_it_lies_there(teaching: Company, tmp_path: Path) -> None:
    review = tmp_path / "2026-09"
    (review / "private").mkdir(parents=True)
    (review / "tables").symlink_to(Path(__file__).parents[1] / "datasets" / "teaching" / "tables")
    (review / "policy.toml").write_text("[cost]\ninactive_days = 90\n")
    rows = retention.active_customers(teaching.at(BEFORE)).assign(chapter="01_importance", status="fresh")
    rows.to_csv(review / "private" / "kpis.csv", index=False)
    then = read_then(review)
    assert then.company is not None
    assert (then.company.as_of, then.company.policy.cost.inactive_days) == (BEFORE, 90)
    assert then.said["active_customers"] == rows["value"].iloc[0]
    (review / "policy.toml").write_text("[costs]\n")
    assert read_then(review).company is None


def test_parts_of_a_game_are_fair_and_rounded_parts_add_up() -> None:
    worth = {frozenset(): 0, frozenset("a"): 1, frozenset("b"): 2, frozenset("ab"): 6}
    assert shapley.parts(lambda some: Fraction(worth[some]), "ab") == {"a": Fraction(5, 2), "b": Fraction(7, 2)}
    rng = np.random.default_rng(1)
    for _draw in range(200):
        given = dict(zip("abcd", rng.normal(0, 0.01, 4), strict=True))
        whole = float(sum(given.values()))
        rounded = shapley.apportioned(given, whole, 0.001)
        assert round(sum(rounded.values()) / 0.001) == round(whole / 0.001)
        assert all(abs(rounded[name] - given[name]) <= 0.0015 for name in given)
