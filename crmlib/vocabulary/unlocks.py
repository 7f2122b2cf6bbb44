"""The codes that the suite looks for in a company's own words, and what each unlocks.

Columns that are free text at the source (a category, a campaign, a channel of acquisition) tell most once a company's value
map brings its own words to these. `datasets/DICTIONARY.md` lists them; without one the figure is absent, never nought.
"""

from __future__ import annotations

from dataclasses import dataclass

REFERRAL = "referral"
COMPLAINT, CANCELLATION = "complaint", "cancellation"
CRISES = ("outage", "data_leak")
"""Categories of a case that are a crisis (D120)."""
PRICE = "price"
UNKNOWN = ("unknown", "not known", "n/a", "none", "未知", "不详", "无")
"""What stands for a reason that nobody knows."""
BIRTHDAY, TRIAL = "birthday", "trial"
"""How the name of a campaign of birthday greetings, or of invitations to a trial, begins."""
CARE, REVIEW, SALES, WIN_BACK = "care", "review", "sales", "win_back"
CLUB = "club"
SCRIPTS = {
    "purchasing": "roi_report",
    "technical": "api_docs",
    "user": "how_to_video",
    "management": "industry_insight",
}
"""Script made for each role of the decision chain (D065, D079)."""


@dataclass(frozen=True)
class Code:
    """A code, the column ("table.column") in which it is looked for, and what it unlocks, in words."""

    column: str
    code: str
    unlocks: str


CODES: tuple[Code, ...] = (
    Code(
        "customers.acquisition_channel",
        REFERRAL,
        "who came by recommendation: the referral rate and its path (chapter 3)",
    ),
    Code(
        "interactions.purpose",
        CARE,
        "contacts that sell nothing, birthdays and anniversaries that were kept (chapter 1), use of birthdays (chapter 2)",
    ),
    Code(
        "interactions.purpose",
        REVIEW,
        "business reviews held and due (chapter 4), customers asked in person (chapter 6)",
    ),
    Code("interactions.purpose", SALES, "contacts that want an order, against those that do not (chapters 1 and 6)"),
    Code(
        "interactions.purpose",
        WIN_BACK,
        "contacts that want a customer back, against those that sell nothing (chapters 1 and 6)",
    ),
    Code(
        "interactions.channel",
        CLUB,
        "invitations to a club or event and how many take part (claim D081), customers asked in person (chapter 6)",
    ),
    Code(
        "interactions.campaign",
        BIRTHDAY,
        "whether a birthday that is kept on record is used (chapter 2); the name begins so",
    ),
    Code(
        "interactions.campaign",
        TRIAL,
        "who took up a trial, and clicks and errors before and after (chapter 2, claim D113); the name begins so",
    ),
    *(
        Code("interactions.script", script, f"response to the script made for the role {role} (chapter 3, claim D065)")
        for role, script in SCRIPTS.items()
    ),
    Code("tickets.category", COMPLAINT, "complaints: repeated ones as a reason to act (chapter 5)"),
    Code(
        "tickets.category",
        CANCELLATION,
        "who says goodbye, kept apart from who stays (chapter 2); causes of leaving (claim D030)",
    ),
    *(
        Code("tickets.category", crisis, "who stays after a crisis, the promise kept or broken (claim D119)")
        for crisis in CRISES
    ),
    Code("tickets.cause", PRICE, "how many leave because of the price (claim D030)"),
    Code(
        "events.kind",
        CANCELLATION,
        "who said goodbye, and why: reasons of ending (chapter 5)",
    ),
)
"""Codes by column. Columns with a fixed list of values stand with their tables, the channels and purposes below these."""
