"""What is planted in the teaching company: its calendar, personas, loyalty types and stories, each with its true size.

Every number here is a truth that an estimator can be held against; `datasets/STORIES.md` is written from this file.
Names of personas and causes are codes, and all rates are per customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

SEED: Final = 20231101
START: Final = date(2023, 11, 1)
END: Final = date(2026, 10, 31)
DAYS: Final = (END - START).days + 1
MONTHS: Final = 36


def day(text: str) -> int:
    """Day number of an ISO date, 0 on the first day of the data."""
    return (date.fromisoformat(text) - START).days


@dataclass(frozen=True)
class Persona:
    """A kind of buyer: how often, how much, where and what. `regularity` 1 is a Poisson process, larger is a steady cycle."""

    kind: str
    share: float
    orders_per_30_days: float
    regularity: float
    amount: float
    home: str
    channels: dict[str, float]
    categories: dict[str, float]


PERSONAS: Final = {
    "app_regular": Persona(
        "person", 0.30, 0.85, 1, 130, "shop", {"app": 0.92, "online": 0.08}, {"kitchen": 0.85, "storage": 0.15}
    ),
    "store_family": Persona(
        "person", 0.20, 0.42, 1, 420, "crm", {"store": 0.94, "app": 0.06}, {"textiles": 0.88, "kitchen": 0.12}
    ),
    "bargain_hunter": Persona(
        "person", 0.18, 0.60, 1, 85, "shop", {"marketplace": 0.93, "online": 0.07}, {"storage": 0.88, "kitchen": 0.12}
    ),
    "gift_giver": Persona(
        "person", 0.12, 0.25, 1, 700, "shop", {"online": 0.93, "store": 0.07}, {"gifts": 0.90, "textiles": 0.10}
    ),
    "small_business": Persona(
        "company", 0.13, 0.75, 1, 520, "erp", {"online": 0.85, "sales_rep": 0.15}, {"consumables": 0.80, "office": 0.20}
    ),
    "quarterly_buyer": Persona(
        "company", 0.07, 0.33, 20, 1700, "erp", {"sales_rep": 0.95, "online": 0.05}, {"shelving": 0.92, "office": 0.08}
    ),
}
RATE_SHAPE: Final = 4.0
"""Shape of the gamma distribution of a persona's order rates; those with a cycle vary by `CYCLE_SPREAD` only."""
CYCLE_SPREAD: Final = 0.06


@dataclass(frozen=True)
class Loyalty:
    """A loyalty type (D072). `answers` are the means of the seven loyalty items, 1 to 7, in the order of `LOYALTY_ITEMS`."""

    person: float
    company: float
    dropout: tuple[float, float]
    elasticity: float
    leaves_at_rise: float
    discounted: float
    logins: float
    events: float
    opens: float
    responds: float
    nps: float
    answers: tuple[float, ...]


LOYALTY: Final = {
    "monopoly": Loyalty(0.05, 0.24, (0.4, 3.2), -0.1, 0.00, 0.02, 3.0, 14, 0.20, 0.04, 5.2, (3, 2, 6, 2, 3, 6, 2)),
    "inertia": Loyalty(
        0.17, 0.20, (0.5, 2.5), -0.3, 0.01, 0.04, 0.7, 4, 0.12, 0.03, 7.3, (2, 1.5, 1.5, 3, 4.5, 5.5, 5)
    ),
    "convenience": Loyalty(
        0.22, 0.12, (0.6, 1.8), -1.0, 0.03, 0.05, 4.5, 2, 0.35, 0.10, 8.0, (3, 1.5, 3, 3.5, 5.5, 5, 3)
    ),
    "price": Loyalty(0.22, 0.14, (0.75, 1.5), -3.0, 0.14, 0.80, 4.5, 11, 0.45, 0.12, 7.1, (6.5, 6, 6, 2, 4, 3, 2)),
    "incentive": Loyalty(0.20, 0.10, (0.7, 1.6), -2.0, 0.08, 0.85, 2.6, 7, 0.75, 0.34, 7.8, (5.5, 4, 4, 3.5, 5, 4, 3)),
    "super_value": Loyalty(
        0.14, 0.20, (0.35, 3.4), -0.4, 0.00, 0.08, 6.5, 10, 0.65, 0.22, 9.6, (2, 3, 2, 6.5, 6.5, 6.5, 6)
    ),
}
LOYALTY_ITEMS: Final = (
    "price_sensitivity",
    "time_choosing",
    "attention_to_competitors",
    "attention_to_brand",
    "need_satisfaction",
    "repeat_purchase",
    "tolerance",
)
CAUSES: Final = {"competitor": 0.36, "need_ended": 0.32, "price": 0.17, "service": 0.15}
"""Why customers leave of themselves (D107); the price rise and the incident add to it."""

NEVER_BOUGHT: Final = 0.06
DUPLICATES: Final = 0.12
THREE_RECORDS: Final = 0.1
"""Share of the duplicated customers who stand in all three systems."""
EVENTS_ON_SECOND: Final = 0.35

PRICE_RISE: Final = day("2025-09-01")
PRICE_FACTOR: Final = 1.10
OUTAGE: Final = (day("2025-06-09"), day("2025-06-12"))
OUTAGE_ARRIVES: Final = day("2025-06-17")
INCIDENT: Final = (day("2026-03-09"), day("2026-03-13"))
INCIDENT_SHARE: Final = 0.14
INCIDENT_BREACH: Final = 0.70
INCIDENT_LEAVE: Final = {"breached": 0.30, "met": 0.03}
"""Probability of leaving within 90 days of the incident because of it, by whether the promised times were kept."""
NORMAL_BREACH: Final = 0.12
LATE_SERVICE: Final = {"days": 90, "orders_lost": 0.40}
"""Of the orders of so many days after the opening of a case that was answered late, the share that does not come (D119)."""
LEFT_OPEN, OPEN_DAYS = 0.2, 60
"""Share of the cases of the last so many days that nobody has solved yet."""

REFUND_DAYS, REOPEN_DAYS = 21, 14
"""Days after an order within which its refund is paid, and after a solution within which a case is opened again."""

ACTION_DATES: Final = tuple(
    f"2026-{m:02d}-{d}" for m, d in ((2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30))
)
ACTION_SHARE: Final = 0.05
"""Actions proposed each month as a share of all customers, the held-out included."""
ACTION_HOLD_OUT: Final = 0.25
ACTION_CHANNELS: Final = {
    "person": {"wechat": 0.5, "phone": 0.25, "sms": 0.25},
    "company": {"phone": 0.6, "wechat": 0.4},
}
"""The channel of an action, drawn by lot for the held-out too."""

CHANNEL_TEST: Final = "2026-05-11"
CHANNEL_TEST_ARM: Final = 0.05
"""Size of each arm of the channel test as a share of all customers."""
CHANNEL_RESPONSE: Final = {
    "wechat": 2.0,
    "wecom": 1.4,
    "face_to_face": 1.5,
    "app": 1.2,
    "sms": 1.0,
    "social": 0.8,
    "phone": 0.7,
    "club": 2.5,
    "letter": 0.5,
    "email": 0.35,
}
"""What a channel does to the response, other things being equal."""
TEST_CHANNELS: Final = ("wechat", "sms", "phone", "email")
OUTCOME_DAYS: Final = 30
"""Days within which a contact of the channel test or of the actions changes what is ordered."""
ENGAGED: Final = {"recent": 2.2, "other": 1.0, "left": 0.2}
"""Response of those who ordered in the last 30 days, of the others, and of those who have left."""

SCRIPTS: Final = {
    "purchasing": "roi_report",
    "technical": "api_docs",
    "user": "how_to_video",
    "management": "industry_insight",
}
SCRIPT_RESPONSE: Final = {"matched": 0.30, "other": 0.10}
"""Response of company contacts to the script made for their role and to another one (D065)."""

TRIAL: Final = day("2026-07-01")
TRIAL_SHARE: Final = 0.07
TRIAL_ERRORS: Final = 0.45
"""Errors per login of the users of the trial feature, as a share of what they were (D054)."""
ERRORS_PER_LOGIN: Final = 0.16

REFERRAL_START: Final = day("2025-10-01")
REFERRAL: Final = {"before": 0.10, "after": 0.135}
REFERRED_DROPOUT: Final = 0.6
"""Dropout of referred customers as a share of the others' (D026)."""

GREETED: Final = 0.5
GREETED_NPS: Final = 0.8
"""Recommendation points more for those greeted on their birthday within a year (D017)."""

PROACTIVE: Final = {"before": 0.12, "after": 0.32}
PROACTIVE_START: Final = day("2026-01-01")
SATISFIED: Final = {"proactive": 0.92, "kept": 0.82, "breached": 0.45}
"""Probability of a satisfaction of 4 or 5 after a case (D018, D119)."""

SERVQUAL: Final = {
    "reliability": (6.2, -0.9),
    "tangibles": (5.0, 0.1),
    "responsiveness": (6.0, -1.4),
    "assurance": (5.8, -0.3),
    "empathy": (5.4, -0.7),
}
"""Mean expectation, and mean of perception less expectation (D124)."""

SATISFACTION: Final = {"link": 0.45, "expectation": 0.25, "competition": 0.22}
"""Correlation of satisfaction with loyalty (how seldom one leaves, within the type), and what a standard deviation more of
expectation and of attention to competitors adds to it (D126)."""
LOYAL_ANSWER: Final = 0.60
"""Points of a loyalty answer that a standard deviation of loyalty is worth."""
USUAL_NPS, CONTENT_TYPE = 7.9, 0.08
"""Points of perceived service that a point of recommendation more than usual is worth, as the loyalty type answers."""
CONTENT_CASE: Final = 0.5
"""What a standard deviation of satisfaction adds to the probit of a satisfied answer after a case."""
SOURED: Final = {"days": 120, "by": 1.6}
"""Standard deviations of satisfaction that those who leave over service lose so many days before; who leaves over anything else
leaves as satisfied as they were."""

NO_CONSENT: Final = {"person": 0.16, "company": 0.08}
BOTHERED: Final = 0.03
"""Share of customers who get an e-mail a week through 2026 (D075)."""
MAILED: Final = {"seldom": (0.25, 0.4), "usual": (0.5, 1.0), "often": (0.25, 1.9)}
"""Share of customers, drawn by lot, and how often they are mailed against the usual."""
MAILINGS: Final = {"email": 0.22, "wechat": 0.18, "sms": 0.065, "app": 0.045}
"""Share of customers who get a mailing over a channel each month."""
UNREACHABLE: Final = 0.045
UNLAWFUL: Final = 0.02
"""Customers without consent are mailed this much as often as those with it (D036)."""
REPS_KNOW: Final = 0.25
"""Representatives call a customer with the likelihood that the type answers, over this: the telephone only seems to work."""

DEFECTS: Final = {
    "late_order": 0.012,
    "late_customer": 0.04,
    "wrong_date": 0.002,
    "negative_amount": 0.004,
    "duplicate_row": 0.005,
    "unknown_code": 0.005,
    "email_without_at": 0.015,
    "phone_too_short": 0.015,
    "birthday_1900": 0.008,
    "birthday_future": 0.004,
}
"""Share of the rows (of those filled) that carry each planted defect; none in a clean copy."""

MOVERS: Final = 0.0015
"""Share of customers whose one large order moves them up in October 2026, and as many down because it is a year old."""
MOVER_AMOUNT: Final = 9000.0
CYCLE_CATEGORY: Final = "shelving"
STATED_CAUSE: Final = 0.25
STATED_RIGHT: Final = 0.85
"""Share of the leavers who say why when they cancel, and share of those whose stated cause is the true one (D107)."""

FESTIVALS: Final = tuple(day(text) for text in ("2024-02-10", "2025-01-29", "2026-02-17"))
SALES: Final = tuple(
    (day(a), day(b))
    for a, b in (
        ("2023-11-01", "2023-11-12"),
        ("2024-06-10", "2024-06-18"),
        ("2024-11-01", "2024-11-12"),
        ("2025-06-10", "2025-06-18"),
        ("2025-11-01", "2025-11-12"),
        ("2026-06-10", "2026-06-18"),
        ("2026-11-01", "2026-11-12"),
        ("2027-06-10", "2027-06-18"),
        ("2027-11-01", "2027-11-12"),
        ("2028-06-10", "2028-06-18"),
    )
)
"""Those after `END`, and the festivals below, are of the months in which the company lives on."""
LATER_FESTIVALS: Final = tuple(day(text) for text in ("2027-02-06", "2028-01-26"))


def season(kind: str, days: int = DAYS) -> NDArray[np.float64]:
    """Daily intensity of so many days, mean 1 over the first `DAYS`:
    of `general` buyers, `bargain` ones, `festival` givers, `business` and `cycle` buyers.
    """
    dates = np.arange(days)
    weekday = (dates + START.weekday()) % 7
    out = np.ones(days)
    if kind in ("business", "cycle"):
        out = np.where(weekday >= 5, 0.12, 1.35)
    else:
        out = np.where(weekday >= 5, 1.25, 0.9)
        for first, last in SALES:
            out[max(first, 0) : last + 1] *= {"bargain": 7.0, "festival": 1.6}.get(kind, 2.0)
    for feast in (*FESTIVALS, *LATER_FESTIVALS):
        before, during = slice(feast - 24, feast - 3), slice(feast - 3, feast + 7)
        out[before] *= {"festival": 5.0, "business": 1.1, "cycle": 1.0}.get(kind, 1.35)
        out[during] *= {"business": 0.1, "cycle": 0.1}.get(kind, 0.45)
    return out / out[:DAYS].mean()
