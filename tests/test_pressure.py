"""One contact more: counted within thirty days, what it brings and what it costs, and times told only beyond luck."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import pressure
from tests.known import another_number

AS_OF = date(2026, 10, 31)


def company(rows: list[tuple[str, str, str, bool, bool]], consents: list[tuple[str, str]] = []) -> Company:  # noqa: B006
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "channel", "answered", "left"])
    at = pd.to_datetime(frame["at"], format="ISO8601")
    frame = frame.assign(
        interaction_id=[f"i{i:05}" for i in range(len(frame))],
        at=at,
        direction="out",
        responded_at=(at + pd.Timedelta(hours=2)).where(frame["answered"]),
        opted_out_at=(at + pd.Timedelta(days=1)).where(frame["left"]),
    )
    tables = {"interactions": frame.drop(columns=["answered", "left"])}
    if consents:
        gone = pd.DataFrame(consents, columns=["customer_id", "withdrawn_at"]).assign(channel="email", purpose="sales")
        tables["consents"] = gone.assign(
            granted_at=pd.Timestamp("2025-01-01"), withdrawn_at=pd.to_datetime(gone["withdrawn_at"])
        )
    return company_from(tables, as_of=AS_OF)


@pytest.mark.deck("D075")
def test_the_number_of_a_contact_by_hand() -> None:
    rows = [("a", f"2026-06-{day:02} 09:00", "email", day == 1, day == 7) for day in range(1, 8)]
    rows += [("a", "2026-07-01 09:00", "email", False, False), ("b", "2026-06-01 09:00", "email", False, False)]
    told = pressure.by_nth(company(rows)).set_index("nth")
    assert told["observed"].to_dict() == {1: 2, 2: 1, 3: 1, 4: 1, 5: 1, 6: 3}, (
        "the first of July is the seventh in thirty days"
    )
    assert told.loc[1, "share"] == 0.5
    assert told.loc[6, "opted_out_share"] == pytest.approx(1 / 3)
    assert told.loc[2, "opted_out_share"] == 0


def test_a_consent_withdrawn_soon_after_counts_as_a_farewell_over_that_channel() -> None:
    rows = [("a", "2026-06-01 09:00", "email", True, False), ("a", "2026-08-01 09:00", "email", False, False)]
    told = pressure.by_nth(company(rows, [("a", "2026-06-05")]).without("interactions.opted_out_at")).set_index("nth")
    assert told.loc[1, "opted_out_share"] == 0.5
    nothing = pressure.by_nth(company(rows).without("interactions.opted_out_at"))
    assert nothing["opted_out_share"].isna().all(), "nobody knows"


def test_what_the_cap_costs_is_told_by_customer() -> None:
    rng = np.random.default_rng(1)
    rows = []
    for i in range(200):
        for day in range(1, 9 if i < 60 else 3):
            over = day > 4
            rows.append(
                (
                    f"c{i:03}",
                    f"2026-06-{day:02} 09:00",
                    "email",
                    rng.random() < (0.05 if over else 0.3),
                    over and rng.random() < 0.1,
                )
            )
    told = pressure.beyond_cap(company(rows)).set_index("kpi")
    assert told.loc["beyond_cap_contacts", "value"] == 60 * 4
    assert told.loc["beyond_cap_answered", "high"] < -0.1
    assert told.loc["beyond_cap_opted_out", "low"] > 0
    assert told.loc["beyond_cap_answered", "customers"] == 60


@pytest.mark.deck("D094")
@pytest.mark.parametrize("lift", [0.0, 0.4])
def test_a_time_is_told_beyond_luck_only_and_within_its_channel(lift: float) -> None:
    told = []
    for seed in range(4 if lift == 0 else 1):
        rng = np.random.default_rng(seed)
        at = (
            pd.Timestamp("2026-03-02")
            + pd.to_timedelta(rng.integers(0, 200, 4000), unit="D")
            + pd.to_timedelta(rng.choice([8, 10, 15, 19], 4000), unit="h")
        )
        channel = np.where(at.day_of_week == 1, "sms", rng.choice(["sms", "email"], 4000))
        share = np.where(channel == "sms", 0.3, 0.1) + lift * ((at.day_of_week == 3) & (at.hour == 19))
        answered = rng.random(4000) < share
        rows = list(
            zip(
                [f"c{i}" for i in rng.integers(0, 1500, 4000)],
                at.astype(str),
                channel,
                answered,
                [False] * 4000,
                strict=True,
            )
        )
        told.append(pressure.times(company(rows)))
    best = pd.concat(told)
    if lift:
        assert best["verdict"].tolist() == ["supported"] * 2
        assert set(best["weekday"] + best["day_part"]) == {"thufrom_18"}
    else:
        assert (best["verdict"] == "supported").mean() <= 0.25


def test_without_a_column_no_other_number() -> None:
    rows = [(f"c{i % 40}", f"2026-06-{1 + i % 28:02} 09:00", "email", i % 3 == 0, i % 11 == 0) for i in range(400)]
    c = company(rows, [("c1", "2026-06-05")])
    columns = [
        "interactions.direction",
        "interactions.responded_at",
        "interactions.opted_out_at",
        "consents.withdrawn_at",
    ]
    assert another_number(pressure.beyond_cap, c, *columns) == {}
    assert another_number(pressure.by_nth, c, *columns) == {}
