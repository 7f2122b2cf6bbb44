"""What actions were worth: by the arm they were drawn into, once their days are over."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from ibis import _

from crmlib.facts import ledger, proposals
from crmlib.facts.company import Company, company_from
from crmlib.measures import experiments, months_to_tell, worth_by_reason
from crmlib.models import sequential

AS_OF = date(2026, 10, 31)
SEPTEMBER = date(2026, 9, 30)


def actions(act: int, held: int, on: date = SEPTEMBER, why: str = "silent", first: int = 0) -> pd.DataFrame:
    number = range(first, first + act + held)
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in number], "arm": ["act"] * act + ["hold_out"] * held})
    return frame.assign(action_id=[f"{on}-{why}-{i}" for i in number], proposed_on=on, why=why)


def orders(customers: list[str], on: date, amount: float = 100.0) -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": customers, "ordered_at": pd.Timestamp(on), "amount": amount})
    return frame.assign(order_id=[f"{c}-{on}" for c in customers])


def company(acted: pd.DataFrame, *bought: pd.DataFrame) -> Company:
    return company_from({"actions": acted, "orders": pd.concat(bought)}, as_of=AS_OF)


def whole(c: Company, kpi: str) -> pd.Series:
    found = experiments.effect(c.at(AS_OF)).set_index(["kpi", "segment"])
    return found.loc[(kpi, "")]


@pytest.mark.deck("D129")
def test_effect_of_one_month_by_hand() -> None:
    c = company(
        actions(40, 20),
        orders([f"c{i}" for i in range(20)], date(2026, 10, 10)),
        orders([f"c{i}" for i in range(41, 46)], date(2026, 10, 2)),
    )
    effect = whole(c, "action_effect")
    assert effect["value"] == pytest.approx(20 / 40 - 5 / 20)
    assert effect["n"] == 60
    assert whole(c, "ordered_alone_share")["value"] == pytest.approx(5 / 20)
    won = whole(c, "incremental_orders")[["value", "low", "high"]]
    assert won.tolist() == pytest.approx([40 * e for e in effect[["value", "low", "high"]]])
    # An order is 100, of which policy takes 30 % for margin.
    assert whole(c, "incremental_margin")["value"] == pytest.approx(40 * (15 - 7.5))
    month = experiments.effect(c).set_index(["kpi", "segment"]).loc[("action_effect", "2026-09")]
    assert month["value"] == effect["value"]
    assert effect["low"] < month["low"] < effect["value"] < month["high"] < effect["high"]


def months(
    shares: list[tuple[int, int, float]], *, lift: float = 0.0, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lists of several months, each acted on, held out, and the share that orders anyway; acting adds `lift` exactly."""
    lists, came = [], []
    for at, (act, held, share) in enumerate(shares):
        on = date(2026, 9 - at, 30 if at else 29)
        part = actions(act, held, on=on, first=1000 * at + seed)
        acts = part.loc[part["arm"] == "act", "customer_id"].tolist()[: round(act * (share + lift))]
        lists.append(part)
        came.append(
            orders(
                acts + part.loc[part["arm"] == "hold_out", "customer_id"].tolist()[: round(held * share)],
                on + timedelta(days=5),
            )
        )
    return pd.concat(lists), pd.concat(came)


def test_months_of_another_hold_out_make_no_effect() -> None:
    """Simpson's paradox: two months without effect, 10 % then 50 % held out, of which one has the fewer orders."""
    drawn, bought = months([(900, 100, 0.6), (500, 500, 0.1)])
    c = company(drawn, bought)
    effect = whole(c, "action_effect")
    pooled = ledger.rows(c).groupby("arm")["ordered"].mean()
    assert pooled["act"] - pooled["hold_out"] > 0.2
    assert effect["value"] == pytest.approx(0, abs=0.01)
    assert effect["low"] < 0 < effect["high"]
    assert whole(c, "incremental_margin")["value"] == pytest.approx(0, abs=300)


def test_eight_held_out_without_an_order_tell_nothing_of_orders_and_of_money_alike() -> None:
    c = company(actions(70, 8), orders([f"c{i}" for i in range(12)], date(2026, 10, 10), amount=3000.0))
    for kpi in ("action_effect", "incremental_orders", "incremental_margin"):
        assert whole(c, kpi)[["value", "low", "high"]].isna().all()
    assert set(experiments.table(c)["verdict"]) == {"", "not_enough"}


def test_one_order_decides_nothing_of_money() -> None:
    who = [f"c{i}" for i in range(40)]
    acted = actions(150, 100)
    bought = orders(who + [f"c{i}" for i in range(150, 176)], date(2026, 10, 10))
    huge = bought.assign(amount=bought["amount"].where(bought["customer_id"] != "c0", 1_000_000.0))
    one, other = (whole(company(acted, b), "incremental_margin") for b in (bought, huge))
    assert np.isfinite(one["low"])
    pd.testing.assert_series_equal(one, other)


def test_the_verdict_goes_by_the_sequence() -> None:
    verdicts = {}
    for name, shares, lift in (
        ("works", (1500, 1500, 0.2), 0.2),
        ("harms", (1500, 1500, 0.4), -0.2),
        ("too_small", (2500, 2500, 0.04), 0.0),
        ("not_enough", (100, 50, 0.3), 0.0),
    ):
        drawn, bought = months([shares], lift=lift)
        c = company_from({"actions": drawn, "orders": bought.drop(columns="amount")}, as_of=AS_OF)
        table = experiments.table(c)
        assert set(table["outcome"]) == {"ordered"}, "without amounts nothing is said of money"
        verdicts[name] = table.set_index("looked_at").loc["all_months", "verdict"]
    assert all(name == verdict for name, verdict in verdicts.items()), verdicts


def test_each_look_is_that_of_who_looked_then() -> None:
    drawn, bought = months([(300, 100, 0.2), (300, 100, 0.2), (300, 100, 0.2)], lift=0.1)
    c = company(drawn, bought)
    looks = experiments.by_look(c)
    assert looks["month"].tolist() == ["2026-07", "2026-08", "2026-09"]
    assert (looks["high"] - looks["low"]).is_monotonic_decreasing
    then = experiments.by_look(c.at(date(2026, 8, 31)))
    pd.testing.assert_frame_equal(then, looks.head(1))


def test_a_first_month_without_any_order_blocks_nothing() -> None:
    drawn, bought = months([(300, 300, 0.2), (300, 300, 0.2)], lift=0.2)
    first = actions(300, 300, on=date(2026, 7, 31), first=9000)
    c = company(pd.concat([first, drawn]), bought)
    told = whole(c, "action_effect")
    assert told["low"] > 0
    assert np.isfinite(told["high"])
    nothing = company(first, orders(["x"], date(2020, 1, 1)))
    assert whole(nothing, "action_effect")[["value", "low", "high"]].isna().all()
    assert months_to_tell.plan(nothing).empty
    assert worth_by_reason.table(nothing).empty


def test_who_stayed_a_year_on_is_told_by_those_left_alone_for_a_year() -> None:
    rows = actions(400, 300, on=date(2025, 9, 30))
    rows["arm"] = rows["arm"].replace("hold_out", "lasting")
    here = [f"c{i}" for i in (*range(240), *range(400, 460))]
    c = company(rows, orders(here, date(2026, 8, 1)))
    effect = whole(c, "retention_effect")
    assert effect["value"] == pytest.approx(240 / 400 - 60 / 300)
    assert effect["low"] > 0
    assert experiments.table(c)["outcome"].tolist() == ["stayed"]


def test_before_a_year_is_over_staying_is_not_enough_to_tell() -> None:
    rows = actions(400, 300, on=date(2025, 9, 30))
    bought = orders([f"c{i}" for i in range(240)], date(2026, 8, 1))
    rows["arm"] = rows["arm"].replace("hold_out", "lasting")
    early = company(rows, bought).at(date(2026, 9, 29))
    told = experiments.effect(early).set_index("kpi").loc["retention_effect"]
    assert told["n"] == 700
    assert told[["value", "low", "high"]].isna().all()
    table = experiments.table(early)
    assert table[["outcome", "verdict", "n"]].to_numpy().tolist() == [["stayed", "not_enough", 700]]
    assert experiments.note(early) == "Staying for a year can be told of nobody before 30 Sept 2026."
    nobody = experiments.effect(company(actions(400, 300, on=date(2025, 12, 31)), bought))
    assert "retention_effect" not in set(nobody["kpi"]), "a company that leaves nobody alone for a year"


def stayed(seed: int, effect: float, *, months: int = 8, size: int = 400, lasting: float = 0.1) -> pd.DataFrame:
    """The ledger of staying for a year of a company that puts so many new customers on its list each month."""
    rng, parts = np.random.default_rng([seed, 12]), []
    for month in range(months):
        before = rng.poisson(rng.gamma(1.0, 4.0, size))
        acted = (rng.random(size) >= lasting).astype(float)
        stays = rng.random(size) < 0.25 + 0.4 * np.minimum(before, 6) / 6 + effect * acted
        parts.append(
            pd.DataFrame(
                {
                    "month": f"2025-{month + 1:02}", "acted": acted, "stayed": stays.astype(float), "stratum": month,
                    "orders_before": before, "margin_before": 30.0 * before, "expected": np.nan, "is_recent": 0.0,
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_a_planted_effect_on_staying_is_held_at_every_look_and_none_is_made_up() -> None:
    """Two hundred companies: at all looks together the sequence holds the truth, and of nothing it seldom says that it works."""
    held, ends, false = [], [], []
    for seed in range(200):
        for effect in (0.12, 0.0):
            looks = sequential.looks(ledger.as_drawn(stayed(seed, effect), "stayed"))
            told = [sequential.sequence(look, looks[0]) for look in looks]
            held.append(all(not low > effect and not high < effect for _value, low, high in told))
            if effect:
                ends.append(told[-1])
            else:
                false.append(any(low > 0 or high < 0 for _value, low, high in told))
    assert np.mean(held) >= 0.93
    assert np.mean(false) <= 0.05
    values, lows, _highs = np.transpose(ends)
    assert abs(values.mean() - 0.12) < 3 * values.std(ddof=1) / len(values) ** 0.5
    assert (lows > 0).mean() > 0.3, "what is there is seen by some"


def test_small_reasons_of_a_month_stand_together_where_the_list_notes_the_chance() -> None:
    small = pd.concat([actions(8, 1, why=f"r{i}", first=100 * i) for i in range(20)])
    big = actions(90, 12, first=5000)
    c = company(pd.concat([small, big]).assign(propensity=0.9), orders(["c0"], date(2026, 10, 10)))
    rows = ledger.rows(c)
    assert rows.groupby("why")["stratum"].nunique().max() == 1
    assert rows.loc[rows["why"] != "silent", "stratum"].nunique() == 1
    assert rows["stratum"].nunique() == 2
    certain = company(
        pd.concat([small.assign(propensity=1.0), big.assign(propensity=0.9)]), orders(["c0"], date(2026, 10, 10))
    )
    assert set(ledger.rows(certain)["why"]) == {"silent"}, "who had to be acted on is compared with nobody"


@pytest.mark.parametrize(("day", "counts"), [(0, False), (1, True), (30, True), (31, False)])
def test_an_order_counts_from_the_day_after_to_the_last_day(day: int, counts: bool) -> None:
    c = company(actions(2, 2), orders(["c0"], SEPTEMBER + timedelta(days=day)))
    assert bool(ledger.rows(c)["ordered"].any()) is counts


def test_windows_not_over_are_left_out_and_counted_as_waiting() -> None:
    acted = pd.concat([actions(2, 2, on=date(2026, 10, 1)), actions(2, 2, on=date(2026, 10, 2), first=10)])
    c = company(acted, orders(["c0", "c10"], date(2026, 10, 10)))
    results = ledger.rows(c)
    assert results["month"].unique().tolist() == ["2026-10"]
    assert len(results) == 4
    assert proposals.proposals(c).filter(~_.is_over).count().to_pyarrow().as_py() == 4


def test_the_arm_counts_not_whether_it_was_carried_out() -> None:
    acted = actions(10, 10).assign(done_at=pd.Timestamp("2026-10-05"))
    unsaid = actions(10, 10).drop(columns="done_at", errors="ignore")
    undone = acted.assign(done_at=[pd.Timestamp("2026-10-05")] * 5 + [pd.NaT] * (len(acted) - 5))
    bought = orders(["c0", "c1"], date(2026, 10, 10))
    first, second = (whole(company(a, bought), "action_effect") for a in (acted, undone))
    assert first.equals(second)
    assert whole(company(acted, bought), "done_share")["value"] == 1
    assert whole(company(undone, bought), "done_share")["value"] == 0.5
    silent = experiments.effect(company(unsaid, bought))
    assert "done_share" not in set(silent["kpi"]), "what nobody wrote down is not known, and not nought"
    assert "action_effect" in set(silent["kpi"])


def test_reasons_that_were_never_held_out_have_nothing_to_be_compared_with() -> None:
    owed = actions(5, 0, why="case_overdue", first=50)
    c = company(pd.concat([actions(10, 10), owed]), orders([f"c{i}" for i in range(50, 55)], date(2026, 10, 10)))
    assert ledger.rows(c)["why"].unique().tolist() == ["silent"]


def test_refunds_count_against_margin() -> None:
    bought = orders(["c0", "c2"], date(2026, 10, 10)).assign(refunded=40.0)
    assert ledger.rows(company(actions(2, 2), bought)).groupby("arm")["margin"].sum().tolist() == [18.0, 18.0]


def test_a_planted_effect_is_inside_its_interval_and_no_effect_is_not_found() -> None:
    rng = np.random.default_rng(3)
    acted = actions(1500, 500)
    base, effect = rng.random(2000) < 0.2, rng.random(2000) < 0.1
    came = base | (effect & (acted["arm"] == "act").to_numpy())
    row = whole(company(acted, orders(acted["customer_id"][came].tolist(), date(2026, 10, 10))), "action_effect")
    assert row["low"] <= 0.08 <= row["high"]
    row = whole(company(acted, orders(acted["customer_id"][base].tolist(), date(2026, 10, 10))), "action_effect")
    assert row["low"] <= 0 <= row["high"]


def test_row_order_and_later_rows_change_nothing_and_empty_says_what_it_needs() -> None:
    acted, bought = actions(4, 4), orders(["c0", "c1", "c4"], date(2026, 10, 10))
    later = actions(3, 3, on=date(2026, 11, 5), first=90)
    first = experiments.effect(company(acted, bought))
    mixed = company(pd.concat([later, acted.iloc[::-1]]), orders(["c2"], date(2026, 11, 2)), bought.iloc[::-1])
    pd.testing.assert_frame_equal(first, experiments.effect(mixed))
    empty = experiments.effect(company_from({}, as_of=AS_OF))
    assert empty.empty
    assert "actions" in empty.attrs["unknown"]


def test_a_customer_in_both_arms_of_a_month_counts_in_neither() -> None:
    drawn = pd.DataFrame(
        {
            "action_id": ["1", "2", "3", "4"],
            "customer_id": ["a", "a", "b", "c"],
            "proposed_on": date(2026, 3, 31),
            "why": "dropped",
            "arm": ["act", "hold_out", "act", "hold_out"],
        }
    )
    made = ledger.rows(company_from({"actions": drawn}, as_of=date(2026, 6, 30)).at(date(2026, 6, 30)))
    assert made["action_id"].tolist() == ["3", "4"]
