"""What the numbers behind a warning say of a customer, in plain words (D102, D104)."""

from __future__ import annotations

from typing import Final

from crmlib.vocabulary.language import N_

KIND_TEXT: Final = {
    "order": N_("Orders on {lately} days of the last month, usually on {usual}; the last {since} days ago."),
    "use": N_("Use on {lately} days of the last month, usually on {usual}; the last {since} days ago."),
    "contact": N_(
        "Got in touch on {lately} days of the last month, usually on {usual}; the last time {since} days ago."
    ),
    "answer": N_("Answered on {lately} days of the last month, usually on {usual}; the last time {since} days ago."),
    "contract": N_("Last under contract {since} days ago."),
}
"""Of one kind of signs of life."""
SILENCE_TEXT: Final = N_("No sign of life for {silence} days; the usual gap is {gap} days.")
OVERDUE_TEXT: Final = N_("No sign of life for {silence} days; the own rhythm allows {allowed}.")
VALUE_TEXT: Final = {
    "goodbyes_3": N_("Said goodbye in the last three months."),
    "complaints_3": N_("Complaints in the last three months: {n}."),
    "open_cases": N_("Cases still open: {n}."),
    "cases_3": N_("Service cases in the last three months: {n}."),
    "refunds_3": N_("Refunds in the last three months: {n}."),
    "errors_3": N_("Errors met in the last three months: {n}."),
    "discounted_share": N_("Share of the year's orders at a discount: {share}."),
    "net_3": N_("Net revenue of the last three months: {recent}, of the year: {year}."),
    "tenure": N_("First seen {n} days ago."),
}
"""Of one number; what goes with it in a model is told by it (`OF`)."""
OF: Final = {"net_12": "net_3", "net_change": "net_3", "order_days": "order"}
"""Features that another one, or a kind of signs, speaks for."""
CONTACT, COMPLAINTS = "contact", "complaints_3"
ACTIVE: Final = ("goodbyes_3", COMPLAINTS)
"""What a customer does who leaves with a word; who leaves without one falls silent."""
LISTS: Final = ("slipping", "overdue", "gone")
"""Alive and likely to give the last sign within the horizon; silent beyond the own rhythm, to be won back; silent so long that
few come back."""
READ_FROM: Final = (
    "orders.recorded_at", "orders.amount", "orders.discount", "orders.refunded", "orders.refunded_at", "activity.logins",
    "activity.events", "activity.errors", "interactions.direction", "interactions.responded_at", "interactions.recorded_at",
    "tickets.category", "tickets.found_by", "tickets.resolved_at", "tickets.closed_at", "tickets.reopened_at", "tickets.status",
    "tickets.recorded_at", "surveys.score", "surveys.expectation", "surveys.perception", "surveys.recorded_at",
    "contracts.ends_on", "contracts.ended_on", "contracts.renews", "contracts.trial", "contracts.amount", "contracts.period",
    "events.kind", "events.customer_id", "events.recorded_at",
)  # fmt: skip
"""Columns that signs and what is summed beside them are read from, beside those that every company has."""
