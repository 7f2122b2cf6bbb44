"""Three customers may hold hundreds of cases, contacts and orders: what is counted of these rests on three all the same."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import finding
from crmlib.show import withholding
from crmlib.show.grids import grid
from crmlib.vocabulary.counted import INDIVIDUALS
from crmlib.vocabulary.kpis import KPIS
from tests.differencing import Shown, shown
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
K = 5
LOUD = ("c000", "c001", "c002")
THEIRS = ("cases", "contacts", "observed", "solved", "waiting", "cost", "contacts_in", "other_n")
"""Columns of tables that count what is the customers'."""


def company() -> Company:
    rng = np.random.default_rng(4)
    who = [f"c{i:03}" for i in range(120)]
    day = pd.Timestamp(AS_OF)

    def days(n: int, over: int) -> pd.DatetimeIndex:
        return day - pd.to_timedelta(rng.integers(1, over, n), "D")

    orders = pd.DataFrame({"customer_id": rng.choice(who, 900), "ordered_at": days(900, 700), "amount": 50.0})
    late = pd.DataFrame({"customer_id": rng.choice(LOUD, 200), "ordered_at": days(200, 400), "amount": 40.0})
    late["promised_at"] = late["ordered_at"] + pd.Timedelta(days=3)
    late["delivered_at"] = late["promised_at"] + pd.to_timedelta(rng.integers(-2, 3, 200), "D")
    orders = pd.concat([orders, late], ignore_index=True)
    orders["order_id"] = [f"o{i}" for i in range(len(orders))]
    opened = days(400, 120)
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"t{i}" for i in range(400)],
            "customer_id": rng.choice(LOUD, 400),
            "opened_at": opened,
            "first_response_at": opened + pd.to_timedelta(rng.integers(1, 60, 400), "h"),
            "resolved_at": pd.Series(opened + pd.to_timedelta(rng.integers(2, 90, 400), "h")).where(
                rng.random(400) < 0.9
            ),
            "severity": rng.choice(["low", "medium", "high"], 400),
            "cause": rng.choice(["delivery", "fault"], 400),
            "category": rng.choice(["question", "complaint"], 400),
            "found_by": rng.choice(["us", "customer"], 400),
            "reopened": rng.random(400) < 0.2,
            "reassigned": rng.integers(0, 3, 400),
            "met": rng.random(400) < 0.7,
        }
    )
    at = days(400, 200)
    contacts = pd.DataFrame(
        {
            "interaction_id": [f"i{i}" for i in range(400)],
            "customer_id": rng.choice(LOUD, 400),
            "at": at,
            "channel": rng.choice(["email", "phone"], 400),
            "direction": "out",
            "purpose": rng.choice(["care", "sales"], 400),
            "cost": 2.0,
            "responded_at": pd.Series(at + pd.Timedelta(days=1)).where(rng.random(400) < 0.4),
        }
    )
    begun = days(60, 600)
    contracts = pd.DataFrame(
        {
            "contract_id": [f"k{i}" for i in range(60)],
            "customer_id": rng.choice(LOUD, 60),
            "started_on": begun.date,
            "ends_on": (begun + pd.Timedelta(days=620)).date,
            "ended_on": pd.Series(list((begun + pd.Timedelta(days=30)).date)).where(rng.random(60) < 0.5),
            "ended_reason": rng.choice(["price", "quality"], 60),
            "amount": 100.0,
            "period": "month",
            "renews": True,
        }
    )
    answers = pd.DataFrame(
        {
            "answer_id": [f"a{i}" for i in range(200)],
            "customer_id": late["customer_id"],
            "at": late["delivered_at"].clip(upper=day) + pd.Timedelta(hours=5),
            "instrument": "csat",
            "score": rng.integers(1, 6, 200).astype(float),
        }
    )
    proposed = days(240, 240).normalize()
    actions = pd.DataFrame(
        {
            "action_id": [f"p{i}" for i in range(240)],
            "customer_id": rng.choice(LOUD, 240),
            "proposed_on": proposed.date,
            "why": "silent",
            "arm": np.where(np.array(proposed.month) % 2, "act", "hold_out"),
            "done_at": proposed,
        }
    )
    actions = actions.drop_duplicates(["customer_id", "proposed_on"])
    return company_from(
        {
            "customers": pd.DataFrame({"customer_id": who}),
            "orders": orders,
            "tickets": tickets,
            "interactions": contacts,
            "contracts": contracts,
            "surveys": answers,
            "actions": actions,
        },
        as_of=AS_OF,
    )


@pytest.fixture(scope="module")
def told() -> Shown:
    return shown(company())


def test_no_figure_of_what_is_theirs_is_told_of_three_customers(told: Shown) -> None:
    seen, out = set(), []
    with withholding.using(K, told.everyone):
        for place, frame, _drawn in told.frames:
            if "kpi" not in frame:
                continue
            safe = withholding.guarded(frame)
            for row in safe[
                safe["kpi"].map(lambda kpi: KPIS[kpi].counts == "theirs" and bool(KPIS[kpi].needs))
            ].to_dict("records"):
                seen.add(row["kpi"])
                numbers = {c: row[c] for c in ("value", "low", "high", "n") if row.get(c, 0) > 0}
                out += [f"{place} {row['kpi']} {row.get('segment', '')} {numbers}"] if numbers else []
    assert {
        "sla_resolution",
        "response_rate",
        "on_time_share",
        "resolution_hours",
        "cost_per_contact",
    } <= seen
    assert out == []


def test_no_table_or_picture_counts_what_three_customers_hold(told: Shown) -> None:
    out, seen = [], set()
    with withholding.using(K, told.everyone):
        for place, frame, drawn in told.frames:
            if "kpi" in frame or any(name in frame for name in INDIVIDUALS) or not len(frame):
                continue
            if drawn.get("grid"):
                safe, _why = grid(frame, drawn["n"], drawn["unit"])
                if place.startswith("04_channels:response"):
                    out += [place] if safe.notna().any(axis=None) else []
                continue
            safe = withholding.guarded(frame, axes=drawn.get("axes", ()))
            for name in {*THEIRS} & {*frame.columns} - {*drawn.get("axes", ())}:
                seen.add(name)
                out += [f"{place} {name} {v}" for v in safe[name] if v > 0]
    assert "cases" in seen
    assert out == []


def test_a_figure_of_what_is_theirs_says_of_how_many_customers() -> None:
    with pytest.raises(ValueError, match="of how many customers"):
        finding(knowing(AS_OF), "overdue_cases", 4, n=9)
