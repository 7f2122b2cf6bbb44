"""How customers looked at month ends: by hand, later rows not read, and a kind that is not recorded gives no feature."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import hindsight, looks
from crmlib.facts.company import Company, company_from
from tests.stationary import frames

AS_OF = date(2026, 10, 31)


def orders(*days: str, customer: str = "a") -> pd.DataFrame:
    at = pd.to_datetime(list(days))
    return pd.DataFrame(
        {"order_id": [f"{customer}{d}" for d in days], "customer_id": customer, "ordered_at": at, "amount": 10.0}
    )


def seen(c: Company, months: int = 3) -> pd.DataFrame:
    frame = looks.at_month_ends(c, months).to_pandas()
    return frame.sort_values(["customer_id", "back"]).set_index(["customer_id", "back"])


def test_a_month_end_by_hand() -> None:
    monthly = [f"2025-{m:02}-10" for m in range(1, 13)] + [f"2026-{m:02}-10" for m in range(1, 9)]
    rows = seen(
        company_from({"orders": pd.concat([orders(*monthly), orders("2026-09-30", customer="b")])}, as_of=AS_OF)
    )
    now, before = rows.loc[("a", 0)], rows.loc[("a", 2)]
    assert (now["silence"], before["silence"]) == (82, 21)
    assert (now["days"], now["lately"], before["lately"], now["days_12"]) == (20, 0, 1, 10)
    assert now["tenure"] == (AS_OF - date(2025, 1, 10)).days
    assert now["net_12"] == 100
    assert before["state"] == "alive"
    assert now["pace_90"] > before["pace_90"], "nothing in two months says that fewer come"
    assert ("b", 2) not in rows.index, "not known by then"
    assert pd.isna(rows.loc[("b", 0), "pace_90"]), "too new to have a usual month"


def test_the_rhythm_allowed_is_the_gap_that_one_in_twenty_outlasts() -> None:
    rows = seen(company_from({"orders": frames(3, 400)["orders"]}, as_of=AS_OF), 1)
    few, many = rows[rows["days"] <= 3]["allowed"].median(), rows[rows["days"] > 20]["allowed"].median()
    assert few > 2 * many
    alive = (rows["state"] == "alive").mean()
    assert 0.91 < alive < 0.98, (
        "where nobody ever leaves about one in twenty is silent for longer than the own rhythm allows"
    )


def test_later_rows_are_not_read() -> None:
    whole = frames(5, 150)["orders"]
    lag = pd.to_timedelta(np.arange(len(whole)) % 7, unit="D")
    c = company_from({"orders": whole.assign(recorded_at=whole["ordered_at"] + lag)}, as_of=AS_OF)
    past, then = seen(c, 6), seen(c.at(date(2026, 7, 31)), 1)
    there = past.xs(3, level="back").sort_index()
    pd.testing.assert_frame_equal(there, then.xs(0, level="back").sort_index()[there.columns], check_dtype=False)


def test_what_is_not_recorded_gives_no_feature() -> None:
    whole = {"orders": orders("2026-09-01"), "tickets": pd.DataFrame({"ticket_id": ["t"], "customer_id": "a",
             "opened_at": pd.to_datetime(["2026-10-01"]), "category": ["complaint"]})}  # fmt: skip
    c = company_from(whole, as_of=AS_OF)
    assert {"complaints_3", "since_contact", "net_3"} <= set(looks.features(c))
    assert seen(c, 1).loc[("a", 0), "complaints_3"] == 1
    assert not {"complaints_3"} & set(looks.features(c.without("tickets.category")))
    assert not {"since_contact", "cases_3"} & set(looks.features(c.without("tickets")))
    assert not {"net_3", "net_12"} & set(looks.features(c.without("orders.amount")))
    assert seen(company_from({}, as_of=AS_OF)).empty


@pytest.mark.deck("D102")
def test_hindsight_is_decided_by_the_own_rhythm_and_a_later_sign_says_no() -> None:
    weekly = pd.date_range("2025-01-01", "2026-10-31", freq="7D").strftime("%Y-%m-%d")
    stays, leaves = (
        orders(*weekly, customer="stays"),
        orders(*[d for d in weekly if d < "2026-03-20"], customer="leaves"),
    )
    back = orders(*[d for d in weekly if d < "2026-03-20" or d > "2026-09-20"], customer="back")
    past = hindsight.hindsight(company_from({"orders": pd.concat([stays, leaves, back])}, as_of=AS_OF))
    rows = past.rows[past.rows["back"] == 8]
    assert set(rows["customer_id"]) == {"stays", "leaves", "back"}
    told = dict(zip(rows["customer_id"], past.left(rows, AS_OF.toordinal()), strict=True))
    assert told == {"stays": False, "leaves": True, "back": False}
    early = date(2026, 7, 31).toordinal()
    assert (rows["decided"] < early).all()
    told = dict(zip(rows["customer_id"], past.left(rows, early), strict=True))
    assert told == {"stays": False, "leaves": True, "back": True}, "what came later was not known by then"
    assert (past.rows[past.rows["back"] == 0]["decided"] > AS_OF.toordinal()).all()
