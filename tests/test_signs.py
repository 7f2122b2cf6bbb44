"""Signs of life: only what is recorded and counted, on the day on which it was known; months that end with the company's day."""

import gc
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crmlib.facts import hindsight, looks, signs
from crmlib.facts.company import Company, company_from
from crmlib.measures import slipping
from crmlib.vocabulary.months import first_day
from crmlib.vocabulary.policy import Policy
from tests.small_company import frozen

AS_OF = date(2026, 10, 31)


def at(*days: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(days)))


def whole() -> dict[str, pd.DataFrame]:
    return {
        "orders": pd.DataFrame({"order_id": ["o1", "o2"], "customer_id": "a", "ordered_at": at("2026-08-01", "2026-09-30"),
                                "amount": [10.0, 20.0], "recorded_at": at("2026-08-01", "2026-10-02")}),
        "activity": pd.DataFrame({"customer_id": "a", "day": at("2026-08-05", "2026-08-06"), "logins": [1, 0], "events": [0, 0]}),
        "interactions": pd.DataFrame({"interaction_id": ["i1", "i2", "i3"], "customer_id": "a", "channel": "email",
                                      "at": at("2026-07-01", "2026-07-02", "2026-07-03"), "direction": ["in", "out", "out"],
                                      "responded_at": at("2026-07-01", "2026-07-09", "NaT")}),
        "tickets": pd.DataFrame({"ticket_id": ["t1", "t2"], "customer_id": "a", "opened_at": at("2026-06-01", "2026-06-02"),
                                 "found_by": ["reported", "proactive"], "category": ["complaint", "question"]}),
        "surveys": pd.DataFrame({"customer_id": "a", "at": at("2026-05-01", "2026-05-02"), "instrument": "nps", "item": "",
                                 "score": [9.0, None]}),
        "contracts": pd.DataFrame({"contract_id": ["k"], "customer_id": "b", "started_on": at("2026-06-15"),
                                   "ended_on": at("2026-08-20")}),
    }  # fmt: skip


def told(c: Company) -> set[tuple[str, str, str]]:
    frame = signs.happenings(c).filter(lambda t: t.kind.notnull()).to_pandas()
    return {(w, k, f"{pd.Timestamp(d):%m-%d}") for w, k, d in frame[["customer_id", "kind", "day"]].to_numpy()}


@pytest.mark.deck("D104")
def test_each_kind_is_what_the_customer_did() -> None:
    assert told(company_from(whole(), as_of=AS_OF)) == {
        ("a", "order", "08-01"), ("a", "order", "09-30"), ("a", "use", "08-05"), ("a", "contact", "07-01"),
        ("a", "answer", "07-09"), ("a", "contact", "06-01"), ("a", "answer", "05-01"),
        ("b", "contract", "06-15"), ("b", "contract", "06-30"), ("b", "contract", "07-31"), ("b", "contract", "08-19"),
    }  # fmt: skip


def test_what_is_not_recorded_or_not_counted_gives_no_sign() -> None:
    c = company_from(whole(), as_of=AS_OF)
    assert signs.kinds(c.without("interactions.direction", "tickets")) == ("order", "use", "answer", "contract")
    assert signs.kinds(c.without("contracts.ended_on")) == ("order", "use", "contact", "answer")
    fewer = c.under(Policy.model_validate({"risk": {"signs": ["use"]}}))
    assert told(fewer) == {("a", "use", "08-05")}
    assert "complaints" not in signs.values(c.without("tickets.category"))
    assert signs.days(company_from({}, as_of=AS_OF)).to_pandas().empty


def test_a_sign_counts_in_the_month_in_which_it_was_known() -> None:
    c = company_from(whole(), as_of=AS_OF)
    frame = signs.happenings(c).filter(lambda t: t.kind == "order").mutate(
        back=lambda t: signs.periods_back(c, t.known_on)
    ).to_pandas()  # fmt: skip
    assert sorted(frame["back"]) == [0, 2], "the order of 30 September was on record in October only"
    assert ("a", "order", "09-30") not in told(c.at(date(2026, 9, 30)))


@pytest.mark.parametrize("only", [["contracts"], ["surveys", "states"], ["states"]])
def test_signs_of_a_frozen_company_outlast_what_they_were_made_from(only: list[str], tmp_path: Path) -> None:
    given = {
        **whole(),
        "states": pd.DataFrame({"customer_id": ["a"], "at": at("2026-01-01"), "attribute": "plan", "value": "x"}),
    }
    c = company_from({name: given[name] for name in only}, as_of=AS_OF)
    kept = frozen({name: getattr(c.tables, name) for name in only}, tmp_path, as_of=AS_OF, policy=c.policy)
    signs.happenings(kept)
    gc.collect()
    columns = ["customer_id", "day"]
    expected, there = (signs.days(known).to_pandas().sort_values(columns, ignore_index=True) for known in (c, kept))
    pd.testing.assert_frame_equal(there, expected, check_dtype=bool(len(expected)))
    assert set(looks.features(kept)) == set(looks.features(c))
    assert len(hindsight.hindsight(kept).rows) == len(hindsight.hindsight(c).rows)


@pytest.mark.parametrize("as_of", ["2026-10-31", "2026-02-28", "2024-02-29", "2026-06-30", "2026-03-30", "2026-05-15"])
def test_a_month_ends_with_the_companys_day(as_of: str) -> None:
    day = date.fromisoformat(as_of)
    days = [date.fromordinal(day.toordinal() - ago) for ago in range(800)]
    orders = pd.DataFrame(
        {"order_id": [f"o{i}" for i in range(800)], "customer_id": "a", "ordered_at": pd.to_datetime(days)}
    )
    c = company_from({"orders": orders}, as_of=day)
    frame = signs.happenings(c).select("day", back=lambda t: signs.periods_back(c, t.day)).to_pandas()
    assert len(frame) == 800
    for on, back in zip(pd.to_datetime(frame["day"]).dt.date, frame["back"], strict=True):
        assert first_day(day, back + 1) <= on <= signs.month_end(c, back)


def test_where_customers_buy_once_no_silence_after_it_says_anything() -> None:
    days = pd.date_range("2024-01-01", periods=600, freq="D")
    orders = pd.DataFrame({"order_id": [f"o{i}" for i in range(600)], "customer_id": [f"c{i:03}" for i in range(600)]})
    orders = orders.assign(ordered_at=days, amount=10.0)
    answers = orders[["customer_id"]].assign(at=days + pd.Timedelta(days=9), instrument="csat", item="", score=4.0)
    once = company_from({"orders": orders, "surveys": answers}, as_of=AS_OF)
    assert signs.kinds(once) == ()
    assert slipping.warned(once).to_pandas().empty, "nobody is overdue who was never to come back"
    use = orders[["customer_id"]].assign(day=days, logins=1)
    assert signs.kinds(company_from({"orders": orders, "activity": use}, as_of=AS_OF)) == ("use",)
    again = orders.assign(order_id=orders["order_id"] + "b", ordered_at=days + pd.Timedelta(days=40))
    back = company_from({"orders": pd.concat([orders, again]), "surveys": answers}, as_of=AS_OF)
    assert signs.kinds(back) == ("order", "answer")
