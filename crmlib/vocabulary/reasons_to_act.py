"""The reasons to get in touch with a customer, what each asks for, and what makes it surer (D102, D106 to D108)."""

from __future__ import annotations

from crmlib.vocabulary.language import N_
from crmlib.vocabulary.signs_of_leaving import READ_FROM

DUTY = "case_overdue"
"""An answer owed: never held out, and no cap keeps us from giving it."""
RENEWAL = "renewal_due"
"""A contract comes up for renewal: at stake is what it brings in a year."""
SLIPPING, OVERDUE = "slipping", "overdue"
"""Alive and likely to give the last sign of life soon; silent beyond the own rhythm."""
BY_SIGNS = (SLIPPING, OVERDUE)
WHAT = {
    DUTY: ("solve_case", "service"),
    "silent_and_dropped": ("find_cause", "win_back"),
    "silent": ("find_cause", "win_back"),
    "dropped": ("find_cause", "win_back"),
    "complaints": ("make_good", "win_back"),
    RENEWAL: ("talk_renewal", "service"),
    SLIPPING: ("find_cause", "win_back"),
    OVERDUE: ("ask_back", "win_back"),
    "review_due": ("hold_review", "review"),
    "experience": ("share_tip", "care"),
    "habit": ("check_in", "care"),
    "repurchase": ("offer_complement", "sales"),
}
"""What to do and the purpose of the contact, by reason, the most urgent first; other moments of a rhythm are as `habit`."""
WHOLE_VALUE = (DUTY, "silent_and_dropped", "silent", "dropped", "complaints", *BY_SIGNS)
"""Reasons for which all that the customer brought in the tiers' window is at stake; for the others, renewals apart, one order."""
PERSONAL = (*WHOLE_VALUE, RENEWAL, "review_due")
"""Reasons that want a talk; for the others a message will do."""
WHAT_TEXT = {
    "solve_case": N_("Solve the case; say what went wrong and until when it is put right."),
    "find_cause": N_("Ask for the cause, listen, and agree on one step with a date."),
    "ask_back": N_("Ask whether the need is still there, and invite back with one step that costs nothing."),
    "make_good": N_("Apologise, name the cause, and make good with something countable that has a date."),
    "talk_renewal": N_("Talk about the renewal before its day: what the contract brought, and what should change."),
    "hold_review": N_("Arrange the business review with the customer value report."),
    "share_tip": N_("Send a tip that makes the first use easier."),
    "check_in": N_("Ask how it goes and show one thing that makes it a habit."),
    "offer_complement": N_("Offer what goes with the last order."),
}
USES = {
    DUTY: ("tickets.first_response_at", "tickets.resolved_at"),
    **dict.fromkeys(WHOLE_VALUE[1:4], ("activity.logins",)),
    **dict.fromkeys(BY_SIGNS, READ_FROM),
    RENEWAL: ("contracts.ends_on", "contracts.renews", "contracts.ended_on", "contracts.trial", "contracts.period"),
    "review_due": ("customers.type",),
    "channel": ("interactions.direction", "interactions.responded_at", "consents.withdrawn_at"),
    "value_at_stake": ("orders.refunded",),
}
"""Columns that make a reason surer, the channel, and the value."""
