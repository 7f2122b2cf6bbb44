"""Seven indicators said and done, and satisfaction beside loyalty."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlib.facts.company import Company, company_from
from crmlib.measures import loyalty
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def answers(values: dict[str, dict[str, float]], at: str = "2026-06-01") -> pd.DataFrame:
    rows = [(c, item, score) for c, given in values.items() for item, score in given.items()]
    frame = pd.DataFrame(rows, columns=["customer_id", "item", "score"])
    return frame.assign(instrument="loyalty", at=pd.Timestamp(at))


def orders(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "discount"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    return frame.assign(order_id=[f"o{i}" for i in range(len(frame))], amount=10.0)


def company(**frames: pd.DataFrame) -> Company:
    return company_from(frames, as_of=AS_OF)


@pytest.mark.deck("D125")
def test_the_index_turns_every_indicator_the_loyal_way() -> None:
    loyal = {i: (7.0 if way > 0 else 1.0) for i, way in loyalty.INDICATORS.items()}
    mixed = dict.fromkeys(loyalty.INDICATORS, 4.0)
    found = loyalty.stated(company(surveys=answers({"a": loyal, "b": mixed})))
    by = found.set_index(["kpi", "segment"])
    assert by.loc[("loyalty_index", ""), "value"] == pytest.approx(0.75)
    assert by.loc[("loyalty_answer", "price_sensitivity"), ["value", "n"]].tolist() == [2.5, 2]
    assert len(loyalty.INDICATORS) == 7


def test_the_latest_answer_within_the_window_counts() -> None:
    frame = pd.concat(
        [
            answers({"a": {"tolerance": 2}}),
            answers({"a": {"tolerance": 6}}, at="2026-09-01"),
            answers({"a": {"tolerance": 1}}, at="2026-11-01"),
        ]
    )
    old = answers({"b": {"tolerance": 1}}, at="2025-10-31")
    found = loyalty.stated(company(surveys=pd.concat([frame, old]))).set_index("segment")
    assert found.loc["tolerance", ["value", "n"]].tolist() == [6, 1]


@pytest.mark.deck("D125")
def test_deeds_by_hand() -> None:
    bought = orders(
        ("a", "2026-02-01", 0.2),
        ("a", "2026-03-01", 0.1),
        ("a", "2026-10-01", 0.0),
        ("b", "2026-06-01", 0.5),
        ("c", "2024-01-01", 0.0),
    )
    used = pd.DataFrame({"customer_id": ["a", "b"], "day": [date(2026, 10, 1), date(2026, 9, 30)], "logins": [1, 3]})
    cases = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "opened_at": pd.to_datetime(["2026-01-15", "2026-05-01", "2026-08-03"])}
    )
    c = company(orders=bought, activity=used, tickets=cases.assign(ticket_id=["1", "2", "3"]))
    found = loyalty.revealed(c).set_index("kpi")
    assert found["n"].to_dict() == {
        "repeat_buyer_share": 2,
        "discount_buyer_share": 2,
        "brand_attention_share": 2,
        "tolerance_share": 2,
    }
    assert found["value"].to_dict() == {
        "repeat_buyer_share": 0.5,
        "discount_buyer_share": 1.0,
        "brand_attention_share": 0.5,
        "tolerance_share": 1.0,
    }


def test_a_deed_without_its_data_is_not_said_to_be_zero() -> None:
    bought = orders(("a", "2026-02-01", 0.0), ("a", "2026-03-01", 0.0)).drop(columns="discount")
    found = loyalty.revealed(company(orders=bought))
    assert found["kpi"].tolist() == ["repeat_buyer_share"]


def surveys(satisfaction: np.ndarray, loyal: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    names = [f"c{i:03}" for i in range(len(loyal))]
    felt = pd.DataFrame(
        {"customer_id": names, "perception": satisfaction, "expectation": rng.uniform(4, 7, len(loyal))}
    )
    felt = felt.assign(instrument="servqual", item="empathy", at=pd.Timestamp("2026-06-01"))
    said = answers(
        {
            n: {"need_satisfaction": v, "attention_to_competitors": w}
            for n, v, w in zip(names, loyal, rng.uniform(1, 7, len(loyal)), strict=True)
        }
    )
    return pd.concat([felt, said])


@pytest.mark.deck("D126")
def test_association_is_spearmans_and_finds_a_planted_one() -> None:
    rng = np.random.default_rng(5)
    satisfaction = rng.uniform(1, 7, 200)
    loyal = np.clip(satisfaction + rng.normal(0, 1.5, 200), 1, 7)
    found = loyalty.association(company(surveys=surveys(satisfaction, loyal, rng))).set_index("segment")
    assert found.loc["", "value"] == pytest.approx(stats.spearmanr(satisfaction, loyal).statistic)
    assert found.loc["", "low"] > 0
    assert set(found.index) == {"", "expectation", "attention_to_competitors"}
    assert (found["n"] == 200).all()


@pytest.mark.deck("D126")
def test_what_makes_the_link_closer_is_found_where_it_is_and_not_where_it_is_not() -> None:
    """Forty companies whose customers are loyal more by satisfaction where more is expected; competitors change nothing."""
    rng, told = np.random.default_rng(8), []
    for _ in range(40):
        n = 150
        felt, wish, rivals = rng.normal(size=n), rng.uniform(3, 7, n), rng.uniform(1, 7, n)
        wishes = (wish - wish.mean()) / wish.std(ddof=1)
        loyal = np.clip(4 + 0.5 * felt + 0.3 * felt * wishes + rng.normal(0, 0.6, n), 1, 7)
        frame = surveys(np.clip(4 + felt, 1, 7), loyal, rng)
        asked = frame["instrument"] == "servqual"
        frame.loc[asked, "expectation"] = wish
        frame.loc[frame["item"] == "attention_to_competitors", "score"] = rivals
        told.append(loyalty.association(company(surveys=frame)).set_index("segment"))
    low, high = (
        np.array([[t.loc[s, end] for s in ("expectation", "attention_to_competitors")] for t in told])
        for end in ("low", "high")
    )
    assert (low[:, 0] > 0).mean() > 0.9
    assert ((low[:, 1] <= 0) & (high[:, 1] >= 0)).mean() > 0.9


@pytest.mark.deck("D125")
def test_each_of_the_seven_is_measured_or_said_to_be_unmeasurable() -> None:
    bought = orders(("a", "2026-02-01", 0.2), ("a", "2026-03-01", 0.1), ("b", "2026-06-01", 0.5))
    said = answers({"a": {"tolerance": 7.0, "time_choosing": 1.0}, "b": {"tolerance": 4.0}})
    told = loyalty.seven(company(orders=bought, surveys=said)).set_index("indicator")
    assert told.index.tolist() == list(loyalty.INDICATORS)
    assert told.loc["tolerance", ["said_loyal", "n"]].tolist() == [0.75, 2]
    assert told.loc["time_choosing", ["said_loyal", "n", "deed", "lacking"]].tolist() == [1.0, 1, "", ""]
    assert told.loc["repeat_purchase", ["deed_share", "n_deed", "lacking"]].tolist() == [0.5, 2, ""]
    assert told.loc["price_sensitivity", ["deed_share", "n_deed"]].tolist() == [1.0, 2]
    assert np.isnan(told.loc["tolerance", "deed_share"]), "no cases are on record"
    assert told.loc["attention_to_brand", "lacking"] == "activity"
    assert told.loc["attention_to_competitors", "lacking"] == "not_enough"
    shop = loyalty.seven(company(orders=bought)).set_index("indicator")["lacking"]
    assert shop["attention_to_competitors"] == shop["time_choosing"] == "surveys.score"
    assert loyalty.seven(company()).empty


def test_no_association_is_not_invented() -> None:
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(200):
        x, y = pd.Series(rng.normal(size=40)), pd.Series(rng.normal(size=40))
        _value, low, high = loyalty._spearman(x, y, 0.95)
        covered += low <= 0 <= high
    assert covered >= 182


def test_too_few_or_all_alike_cannot_be_said() -> None:
    rng = np.random.default_rng(1)
    alike = surveys(np.full(20, 4.0), np.linspace(1, 7, 20), rng)
    found = loyalty.association(company(surveys=alike))
    assert found["value"].isna().all()
    few = surveys(np.array([1.0, 2.0]), np.array([1.0, 2.0]), rng)
    assert loyalty.association(company(surveys=few))["value"].isna().all()


def test_row_order_changes_nothing_and_an_empty_company_has_nothing_to_say() -> None:
    rng = np.random.default_rng(2)
    frame = surveys(rng.uniform(1, 7, 30), rng.uniform(1, 7, 30), rng)
    for measure in (loyalty.stated, loyalty.association):
        first = measure(company(surveys=frame))
        pd.testing.assert_frame_equal(first, measure(company(surveys=frame.iloc[::-1])))
        assert measure(company()).empty
    assert loyalty.revealed(company()).empty
