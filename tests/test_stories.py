"""The stories of what customers are like inside, each recovered from the frozen tables at the size that is planted.

What is planted is joined to the tables by the company's own key; no table holds it.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from ibis import _
from scipy import stats

from crmlib.border.pseudonyms import key, pseudonyms
from crmlib.facts import proposals
from crmlib.facts.company import Company
from crmlib.measures import loyalty, trials
from crmlib.teaching import plan, reactions
from crmlib.teaching.make import Teaching, make
from crmlib.teaching.orders import KINDS, Trade
from crmlib.teaching.reactions import TYPES, chances, react
from crmlib.teaching.realised_inside import before
from crmlib.vocabulary.reasons_to_act import DUTY
from crmlib.vocabulary.schema import TABLES
from tests.conftest import TEACHING

SURE = 2.58
"""Half width of the intervals in standard errors: 99 %."""


@pytest.fixture(scope="module")
def made() -> Teaching:
    return make(only=("orders", "actions", "tickets"))


@pytest.fixture(scope="module")
def planted(teaching: Company, made: Teaching) -> pd.DataFrame:
    """What is planted of each frozen customer, by `customer_id`; of one that is several in truth nothing is said."""
    truth = made.truth["customers"].assign(left=lambda f: f["left_at"].dt.floor("s"))
    own = pseudonyms(key(TEACHING), "customer", truth["record_id"].tolist())
    held = teaching.tables.records.select("record_id", "customer_id").to_pandas().set_index("record_id")["customer_id"]
    found = truth.assign(customer_id=held.reindex(own).to_numpy()).dropna(subset=["customer_id"])
    return found[~found["customer_id"].duplicated(keep=False)].set_index("customer_id")


@pytest.fixture(scope="module")
def acted(teaching: Company, planted: pd.DataFrame) -> pd.DataFrame:
    """The earlier actions as the tables hold them, each with the planted type of its customer and whether an order came."""
    rows = proposals.outcomes(teaching).to_pandas()
    return rows.join(planted[["reaction"]], on="customer_id", how="inner").assign(ordered=lambda f: f["orders"] > 0)


def difference(rows: pd.DataFrame) -> tuple[float, float, float]:
    """Share that ordered among the contacted less among the held out, its standard error, and the share of the held out."""
    acting, held = (rows.loc[rows["arm"] == arm, "ordered"] for arm in ("act", "hold_out"))
    error = sqrt(sum(max(p.mean() * (1 - p.mean()), 0.01) / len(p) for p in (acting, held)))
    return acting.mean() - held.mean(), error, held.mean()


def expected(truth: pd.DataFrame, base: float) -> float:
    """What the planted chances make of contacts in a group of which the share `base` orders uncontacted."""
    chance = truth.loc[truth["arm"] == "act", ["chance_extra", "chance_lost"]].mean()
    return float(chance["chance_extra"] * (1 - base) - chance["chance_lost"] * base)


@pytest.mark.deck("D106")
def test_contact_moves_the_persuadable_and_drives_sleeping_dogs_away(acted: pd.DataFrame, made: Teaching) -> None:
    customers = made.truth["customers"]
    truth = made.truth["actions"].merge(customers[["entity_id", "reaction"]], on="entity_id")
    found = {name: difference(acted[acted["reaction"] == name]) for name in TYPES}
    for name, (value, error, base) in found.items():
        assert abs(value - expected(truth[truth["reaction"] == name], base)) < SURE * error, name
    assert found["persuadable"][0] > SURE * found["persuadable"][1]
    assert found["sleeping_dog"][0] < -SURE * found["sleeping_dog"][1]
    assert found["sure"][2] > found["lost"][2], "the sure order anyway, the lost seldom"
    shares = customers["reaction"].value_counts(normalize=True)
    by_type = pd.crosstab(customers["loyalty_type"], customers["reaction"], normalize="index")
    assert shares.min() > 0.1
    assert by_type["sleeping_dog"].idxmax() == "inertia"
    assert by_type["persuadable"].idxmax() == "incentive"


@pytest.mark.deck("D106", "D108")
def test_what_an_action_brings_goes_by_reason_and_channel(acted: pd.DataFrame, made: Teaching) -> None:
    truth, off = made.truth["actions"], 0.0
    cells = [(why, channel) for why in ("dropped", "silent") for channel in ("wechat", "phone", "sms")]
    for why, channel in cells:
        value, error, base = difference(acted[(acted["why"] == why) & (acted["channel"] == channel)])
        of = truth[(truth["why"] == why) & (truth["channel"] == channel)]
        off += ((value - expected(of, base)) / error) ** 2
    assert off < stats.chi2.ppf(0.99, len(cells))
    by_channel = {
        name: truth.loc[truth["channel"] == name, "chance_extra"].mean() for name in ("phone", "wechat", "sms")
    }
    assert by_channel["phone"] > by_channel["wechat"] > 1.5 * by_channel["sms"]


@pytest.mark.deck("D087", "D129")
def test_the_channel_test_tells_the_channel_that_works_from_the_one_that_harms(
    teaching: Company, made: Teaching
) -> None:
    told = trials.compare(teaching)
    rows = told[told["campaign"].str.startswith("channel-test") & (told["outcome"] == "ordered")].set_index("arm")
    assert rows["verdict"].to_dict() == {
        "not contacted": "control", "wechat": "more", "phone": "less", "sms": "not_enough", "email": "not_enough",
    }  # fmt: skip
    test = made.truth["channel_test"]
    chance = test.groupby("arm")[["chance_extra", "chance_lost"]].mean()
    base = rows["value"]["not contacted"]
    for name in plan.TEST_CHANNELS:
        wanted = chance["chance_extra"][name] * (1 - base) - chance["chance_lost"][name] * base
        half = (rows["change_high"][name] - rows["change_low"][name]) / 2 * SURE / 1.96
        assert abs(rows["change"][name] - wanted) < half, name


@pytest.mark.deck("D119")
def test_after_late_service_fewer_orders_come(teaching: Company, made: Teaching) -> None:
    promise, days = teaching.policy.service, plan.LATE_SERVICE["days"]
    cases = teaching.tables.tickets.to_pandas()
    cases = cases[cases["category"].isin(["delivery", "product_fault", "billing", "usage"])].dropna(subset=["severity"])
    late = np.zeros(len(cases), dtype=bool)
    for done, hours in (("first_response_at", promise.first_response_hours), ("resolved_at", promise.resolution_hours)):
        late |= ((cases[done] - cases["opened_at"]).dt.total_seconds() / 3600 > cases["severity"].map(hours)).to_numpy()
    over = cases["opened_at"] + pd.Timedelta(days=days) < pd.Timestamp(teaching.as_of)
    joined = cases[over].assign(late=late[over])[["ticket_id", "customer_id", "opened_at", "late"]]
    orders = teaching.tables.orders.select("customer_id", "ordered_at").to_pandas()
    both = joined.merge(orders, on="customer_id", how="left")
    after = both["ordered_at"] - both["opened_at"]
    inside = (after > pd.Timedelta(0)) & (after <= pd.Timedelta(days=days))
    count = inside.groupby([both["late"], both["ticket_id"]]).sum()
    ratio = count[True].mean() / count[False].mean()
    error = sqrt(sum((count[k].std() / count[k].mean()) ** 2 / len(count[k]) for k in (True, False)))
    assert abs(np.log(ratio / (1 - plan.LATE_SERVICE["orders_lost"]))) < SURE * error
    assert np.log(ratio) < -SURE * error
    assert made.truth["cases"]["breached"].sum() > len(count[True])


@pytest.mark.deck("D101")
def test_quarterly_buyers_are_told_from_those_who_buy_at_random(teaching: Company, planted: pd.DataFrame) -> None:
    orders = teaching.tables.orders.select("customer_id", "ordered_at").to_pandas().sort_values("ordered_at")
    gaps = orders.groupby("customer_id")["ordered_at"].diff().dt.total_seconds() / 86400
    by = gaps.groupby(orders["customer_id"]).agg(["mean", "std", "count", "median"]).query("count >= 5")
    known = by.join(planted[["regularity", "cycle_days"]], how="inner")
    even = known["std"] / known["mean"] < 0.45
    regular = known["regularity"] > 1
    assert even[regular].mean() > 0.8
    assert even[~regular].mean() < 0.05
    own = (known["median"] / known["cycle_days"])[regular & even]
    assert abs(own.median() - 1) < 0.05


def mailed(c: Company, planted: pd.DataFrame) -> pd.DataFrame:
    """Mailings with what a response depends on: `before`, those of the 30 days before, and what else counts."""
    rows = before(c.tables.interactions.to_pandas())
    orders = c.tables.orders.select("customer_id", since="ordered_at").to_pandas().sort_values("since")
    rows = pd.merge_asof(rows.sort_values("at"), orders, left_on="at", right_on="since", by="customer_id")
    rows = rows.join(planted[["loyalty_type", "left"]], on="customer_id", how="inner")
    rows["engaged"] = rows["at"] - rows["since"] <= pd.Timedelta(days=30)
    return rows[~(rows["left"] < rows["at"])]


@pytest.mark.deck("D075")
def test_more_mailings_make_less_response_and_more_who_withdraw(teaching: Company, planted: pd.DataFrame) -> None:
    rows = mailed(teaching, planted)
    rows["answered"] = rows["responded_at"].notna()
    strata = rows.groupby(["channel", "loyalty_type", "engaged", "before"], observed=True)["answered"]
    counts = strata.agg(["sum", "size"]).unstack("before")
    for many in (1, 2):
        sums, sizes = counts["sum"][[0, many]].dropna(), counts["size"][[0, many]].dropna()
        whole = sizes.sum(axis=1)
        over = (sums[many] * sizes[0] / whole).sum()
        under = (sums[0] * sizes[many] / whole).sum()
        spread = ((sizes[0] * sizes[many] * sums.sum(axis=1) / whole**2) - sums[0] * sums[many] / whole).sum()
        error = sqrt(spread / (over * under))
        assert abs(np.log(over / under) - many * np.log(reactions.FATIGUE)) < SURE * error, "Mantel and Haenszel"
        assert np.log(over / under) < -SURE * error
    for many in (0, 1, 2, 5):
        part = rows[rows["before"] == many]
        left = part["opted_out_at"].notna().sum()
        low, high = stats.binomtest(int(left), len(part)).proportion_ci(0.99)
        assert low < reactions.opt_out(np.array([many]))[0] < high


def latest(c: Company, instrument: str) -> pd.DataFrame:
    rows = c.tables.surveys.filter(_.instrument == instrument).to_pandas().sort_values("at")
    return rows.drop_duplicates(["customer_id", "item"], keep="last")


@pytest.mark.deck("D107", "D126")
def test_most_leavers_were_satisfied_but_those_who_left_over_service(teaching: Company, planted: pd.DataFrame) -> None:
    last = latest(teaching, "nps").join(planted[["left", "cause", "loyalty_type"]], on="customer_id", how="inner")
    usual = last["loyalty_type"].astype(str).map({name: t.nps for name, t in plan.LOYALTY.items()})
    until = last["left"] - last["at"]
    gone = last[(until > pd.Timedelta(0)) & (until < pd.Timedelta(days=plan.SOURED["days"]))]
    points, over = (last["score"].astype(float) - usual)[gone.index], gone["cause"].isin(["service", "incident"])
    error = sqrt(points[over].var() / over.sum() + points[~over].var() / (~over).sum())
    soured = points[over].mean() - points[~over].mean()
    assert abs(soured + 0.9 * plan.SOURED["by"]) < SURE * error
    content = (gone["score"].astype(float) >= 9)[~over]
    assert stats.binomtest(int(content.sum()), len(content)).proportion_ci(0.99).low > 0.2, "satisfied, and gone"


@pytest.mark.deck("D126")
def test_satisfaction_goes_with_loyalty_and_two_moderators(teaching: Company, planted: pd.DataFrame) -> None:
    felt = latest(teaching, "servqual").astype({"expectation": float, "perception": float})
    felt = felt.groupby("customer_id")[["expectation", "perception"]].mean()
    items = (
        latest(teaching, "loyalty").astype({"score": float}).pivot(index="customer_id", columns="item", values="score")
    )
    ways = {name: way for name, way in loyalty.INDICATORS.items() if name != "attention_to_competitors"}
    index = sum(items[name] * way for name, way in ways.items()) / len(ways)
    frame = felt.assign(index=index, rivals=items["attention_to_competitors"]).join(
        planted[["loyalty", "loyalty_type"]], how="inner"
    )
    frame = frame.dropna(subset=["index", "rivals"])
    standard = frame[["perception", "expectation", "rivals"]] - frame[["perception", "expectation", "rivals"]].mean()
    standard /= standard.std()
    kinds = pd.get_dummies(frame["loyalty_type"].astype(str)).to_numpy(dtype=float)
    link = [
        standard["perception"],
        standard["perception"] * standard["expectation"],
        standard["perception"] * standard["rivals"],
    ]
    given = np.column_stack([*link, standard["expectation"], standard["rivals"], kinds])
    inverse = np.linalg.inv(given.T @ given)
    answered, true = (inverse @ given.T @ y.to_numpy() for y in (frame["index"], plan.LOYAL_ANSWER * frame["loyalty"]))
    rest = frame["index"].to_numpy() - given @ answered
    error = np.sqrt(np.diag(inverse) * (rest @ rest) / (len(rest) - given.shape[1]))
    assert (np.abs(answered - true)[:3] < SURE * error[:3]).all(), "answers tell the planted link"
    assert (answered[:3] > 1.96 * error[:3]).all(), "satisfaction counts, and more where more is expected or offered"
    told = loyalty.association(teaching).set_index("segment")
    assert told["low"][""] > 0
    assert told["low"]["expectation"] > 0, "and the chapter tells so"
    assert told["value"]["attention_to_competitors"] > 0


def test_no_table_holds_what_is_planted(teaching: Company, planted: pd.DataFrame) -> None:
    inside = {"reaction", "mailed", "loyalty", "satisfaction", "competition", "dropout", "regularity", "left_at"}
    assert inside <= {*planted.columns}
    for name in TABLES:
        assert not inside & {*getattr(teaching.tables, name).columns}, name


def one(**of: object) -> tuple[float, float, float]:
    given = {"reaction": "persuadable", "gone": False, "why": "dropped", "channel": "phone", "recent": 0} | of
    found = chances([given["reaction"]], np.array([given["gone"]]), given["why"], given["channel"], given["recent"])
    return float(found.orders[0]), float(found.stays_away[0]), float(found.leaves[0])


def test_reactions_by_hand() -> None:
    assert one() == (0.85, 0, 0)
    assert one(recent=2)[0] == pytest.approx(0.85 * reactions.FATIGUE**2)
    assert one(gone=True)[0] == pytest.approx(0.85 * reactions.WON_BACK)
    assert one(reaction="sure") == one(reaction="lost") == (0, 0, 0)
    assert one(why="offer") == (0, reactions.ANNOYS, 0), "a call where a message would do"
    assert one(reaction="lost", why="offer") == (0, 0, 0)
    assert one(reaction="sleeping_dog") == (0, reactions.DOG_STAYS_AWAY, reactions.DOG_LEAVES)
    assert one(reaction="sleeping_dog", why=DUTY) == one(reaction="sleeping_dog", gone=True) == (0, 0, 0)
    assert one(why="a moment of the company's own", channel="wechat")[0] == reactions.OF_OTHER_REASONS
    assert one(channel="a channel of the company's own") == (0, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_reactions_keep_what_was_before_and_nobody_who_left_buys_on(seed: int) -> None:
    rng, n = np.random.default_rng(seed), 400
    customer = np.repeat(np.arange(n), 6)
    at = np.sort(rng.uniform(0, 200, (n, 6)), axis=1).ravel()
    nobody = np.full(n, -1)
    trade = Trade(customer, at, np.zeros(len(at), dtype=np.int8), np.full(n, np.inf), nobody.copy(), nobody)
    before = trade.at[trade.at <= 100].copy()
    who = np.arange(0, n, 2)
    would = trade.ordered(100, 131)
    kinds = rng.choice(TYPES, len(who))
    likely = chances(kinds, np.zeros(len(who), dtype=bool), "offer", "phone")
    came = react(rng, trade, who, np.full(len(who), 100.0), likely, since=100, until=131, kind="action")
    assert np.array_equal(trade.at[(trade.at <= 100) & (trade.kind == 0)], before)
    assert not (came["extra_order"] & would[who]).any()
    assert not (trade.at > trade.left[trade.customer]).any()
    assert not (came["lost_order"] & (kinds == "lost")).any()
    others = np.setdiff1d(np.arange(n), who)
    assert np.array_equal(trade.ordered(100, 131)[others], would[others])
    assert (trade.kind[trade.kind > 0] == KINDS.index("action")).all()
