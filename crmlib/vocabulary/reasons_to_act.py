"""The reasons to get in touch with a customer, what each asks for, and what makes it surer (D102, D106 to D108)."""

from __future__ import annotations

from crmlib.vocabulary.language import N_
from crmlib.vocabulary.signs_of_leaving import READ_FROM

DUTY = "case_overdue"
SOON = "case_due"
DELIVERY = "delivery_overdue"
"""An order has not come, as far as is recorded, though its promised day is over."""
OWED = (DUTY, SOON, DELIVERY)
"""An answer owed: late already, promised by the end of the next working day, or where an order is that should have come. Never
held out, and no cap keeps us from giving it."""
RENEWAL = "renewal_due"
"""A contract comes up for renewal: at stake is what it brings in a year."""
SLIPPING, OVERDUE = "slipping", "overdue"
"""Alive and likely to give the last sign of life soon; silent beyond the own rhythm."""
BY_SIGNS = (SLIPPING, OVERDUE)
LIKELY = "likely_leaver"
"""Still there, and of a kind of which clearly more than usual have left, by a snapshot of what is known of customers."""
DISSATISFIED = "unhappy_answer"
"""Answered lately that they are not satisfied, or would not recommend us, and nobody has been in touch since."""
OFFER = "make_offer"
"""What a price reason gets: no service call."""
CYCLE = "cycle_due"
"""The next order is to be expected soon."""
CARE = "care_after_return"
"""Who was won back is asked whether it held (D110)."""
BY_CAUSE = {"price": OFFER, "service": "make_good", "product": "fit_need", "delivery": "make_good"}
"""What a customer who may leave is to be told, where the cause is known; a cause that is not is to be found."""
WHAT = {
    DUTY: ("solve_case", "service"),
    SOON: ("keep_promise", "service"),
    DELIVERY: ("tell_delivery", "service"),
    "silent_and_dropped": ("find_cause", "win_back"),
    "silent": ("find_cause", "win_back"),
    "dropped": ("find_cause", "win_back"),
    "complaints": ("make_good", "win_back"),
    DISSATISFIED: ("ask_what_was_missing", "service"),
    RENEWAL: ("talk_renewal", "service"),
    SLIPPING: ("find_cause", "win_back"),
    LIKELY: ("find_cause", "win_back"),
    OVERDUE: ("ask_back", "win_back"),
    "review_due": ("hold_review", "review"),
    CARE: ("ask_whether_it_held", "care"),
    CYCLE: ("suggest_before", "sales"),
    "experience": ("share_tip", "care"),
    "habit": ("check_in", "care"),
    "repurchase": ("offer_complement", "sales"),
}
"""What to do and the purpose of the contact, by reason, the most urgent first; other moments of a rhythm are as `habit`."""
LEAVING = ("silent_and_dropped", "silent", "dropped", "complaints", *BY_SIGNS, LIKELY)
"""Reasons of who may leave or has: what to do goes by the cause."""
WHOLE_VALUE = (*OWED, *LEAVING, DISSATISFIED)
"""Reasons for which the whole customer is at stake."""
PERSONAL = (*WHOLE_VALUE, RENEWAL, "review_due")
"""Reasons that want a talk; for the others a message will do."""
PRIOR_EFFECT = {
    DUTY: 0.1, SOON: 0.1, DELIVERY: 0.1, "silent_and_dropped": 0.05, "silent": 0.05, "dropped": 0.05, "complaints": 0.1,
    DISSATISFIED: 0.05, LIKELY: 0.05,
    RENEWAL: 0.1, SLIPPING: 0.1, OVERDUE: 0.03, "review_due": 0.03, CARE: 0.05, CYCLE: 0.05, "experience": 0.02, "habit": 0.02,
    "repurchase": 0.03,
}  # fmt: skip
"""Share of what is at stake that acting is taken to keep or bring before anything is learnt (policy `effect.share`)."""
WHAT_TEXT = {
    "solve_case": N_("Solve the case; say what went wrong and until when it is put right."),
    "keep_promise": N_("Answer before the promise is over; if the solution takes longer, say until when."),
    "tell_delivery": N_(
        "Say where the order is and on which day it comes; if it cannot come, say so and put it right."
    ),
    "find_cause": N_("Ask for the cause, listen, and agree on one step with a date."),
    "ask_back": N_("Ask whether the need is still there, and invite back with one step that costs nothing."),
    "make_good": N_("Apologise, name the cause, and make good with something countable that has a date."),
    "ask_what_was_missing": N_(
        "Thank them for the answer, ask what was missing, and say what will be done until when."
    ),
    OFFER: N_(
        "Name one offer and what it is tied to; the limit stands beside it. No talk about service: the price was the reason."
    ),
    "fit_need": N_("Ask what the product should do instead, and show the one that does it, or say that there is none."),
    "talk_renewal": N_("Talk about the renewal before its day: what the contract brought, and what should change."),
    "hold_review": N_("Arrange the business review with the customer value report."),
    "ask_whether_it_held": N_("Ask whether what was agreed held, and sell nothing."),
    "suggest_before": N_(
        "Send what helps with the next order before it is due: a plan for its use, what has changed, what goes with it."
    ),
    "share_tip": N_("Send a tip that makes the first use easier."),
    "check_in": N_("Ask how it goes and show one thing that makes it a habit."),
    "offer_complement": N_("Offer what goes with the last order."),
}
USES = {
    **dict.fromkeys(
        (DUTY, SOON), ("tickets.first_response_at", "tickets.resolved_at", "tickets.category", "tickets.paused_hours")
    ),
    DELIVERY: ("orders.promised_at", "orders.delivered_at", "orders.refunded"),
    **dict.fromkeys(LEAVING[:3], ("activity.logins",)),
    **dict.fromkeys(BY_SIGNS, READ_FROM),
    DISSATISFIED: ("interactions.direction",),
    RENEWAL: ("contracts.ends_on", "contracts.renews", "contracts.ended_on", "contracts.trial", "contracts.period"),
    "review_due": ("customers.type",),
    "channel": ("interactions.direction", "interactions.responded_at", "consents.withdrawn_at"),
    "value_at_stake": ("orders.refunded", "orders.margin"),
}
"""Columns that make a reason surer, the channel, and the value."""
READ = (
    "orders", "activity", "interactions", "contracts", "tickets.customer_id", "surveys.customer_id", "states.customer_id",
)  # fmt: skip
"""Where none of these is on record nobody has a reason that could be told: that is not the same as that nobody has one."""
