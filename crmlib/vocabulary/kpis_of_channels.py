"""What chapter 4 states: how often customers are contacted, over which channel, and what comes of it."""

from __future__ import annotations

from crmlib.vocabulary.kpi import KPI
from crmlib.vocabulary.language import N_

CHANNELS: tuple[KPI, ...] = (
    KPI("contacts", N_("Contacts from us"), "count", "", ("D087", "D093"), ("interactions.direction",),
        N_("Contacts from the company to customers within the policy's window."),
        N_("The company contacted customers {value} times within the window."), counts="theirs"),
    KPI("cost_per_contact", N_("Cost per contact"), "money", "down", ("D087",), ("interactions.direction", "interactions.cost"),
        N_("Cost of the contacts from us whose cost is known, divided by their number."),
        N_("A contact cost {value} on average (n = {n})."), counts="theirs"),
    KPI("deck_reversals", N_("Where the deck's matrix is wrong here"), "count", "", ("D087",), ("interactions.direction",),
        N_("Pairs of channels of the deck's matrix that come out the other way round here beyond chance, by what a contact cost, how long an answer took and how many were answered "
           "(Holm's correction over all pairs that could be told; the intervals hold by customer)."),
        N_("Of {n} comparisons of the deck's matrix that the contacts can tell, {value} come out the other way round beyond chance."), counts="things"),
    KPI("response_rate", N_("Response rate"), "share", "up", ("D010", "D093"), ("interactions.direction", "interactions.responded_at"),
        N_("Contacts from us answered within the policy's days, as a share of those whose days are over. "
           "A channel without any response on record is left out: no answer cannot be told from none noted; and an e-mail answered within seconds, as mail filters do it. An association, not an effect of the channel. The interval holds by customer, as the contacts of one are alike."),
        N_("{value} of the contacts were answered in time (between {low} and {high}, n = {n})."), headline=True, counts="theirs"),
    KPI("response_rate_by_tier", N_("Response rate by channel and tier"), "share", "up", ("D010", "D094"), ("interactions.direction", "interactions.responded_at"),
        N_("The response rate of contacts to customers who have a tier, by channel and the tier in which the customer stood when the month of the contact began. An association, not an effect."),
        N_("Of the contacts to customers with a tier, {value} were answered in time (between {low} and {high}, n = {n})."), uses=("orders.amount", "orders.refunded"), counts="theirs"),
    KPI("best_channel_told", N_("Groups whose best channel can be told"), "count", "up", ("D093", "D094"), ("interactions.direction", "interactions.responded_at", "orders"),
        N_("Groups of customers of one tier and one stage of life, both at the time of the contact, in which one channel is answered more than the next one with the policy's confidence. "
           "Shares of few contacts are drawn towards what channel, tier and stage say of them. An association, not an effect of the channel."),
        N_("Of {n} groups of tier and stage, in {value} it can be told which channel is answered most."), counts="things", uses=("orders.amount", "orders.refunded")),
    KPI("channel_effect", N_("Effect of a channel, by lot"), "change", "up", ("D093", "D129"), ("interactions.campaign",),
        N_("Change of the share of customers with the outcome (an order, or the company's own yes-or-no outcome that tells most) in the arm of a channel, by the arm that the lot drew, against the control, or "
           "all other arms where there is none. Several campaigns are weighted by their precision."),
        N_("Drawn by lot, a contact changes the share with the outcome by {value} (between {low} and {high}, n = {n})."), uses=("orders.recorded_at",)),
    KPI("channel_effect_adjusted", N_("Effect of a channel, adjusted"), "change", "up", ("D093",), ("interactions.direction", "orders"),
        N_("Share of customers who ordered in the 30 days after a period of 30 days in which they were contacted over the channel, less that of others like them in what was known before (augmented inverse-probability weighting, "
           "cross-fitted). An estimate and no proof; told only where the orders before the contact do not differ."),
        N_("Adjusted for what was known before, a contact goes with a change of {value} (between {low} and {high}, n = {n})."), uses=("orders.amount", "orders.refunded", "interactions.responded_at", "orders.recorded_at")),
    KPI("policy_value", N_("Outcome if each gets the best arm"), "share", "up", ("D093", "D094"), ("interactions.campaign",),
        N_("Share of customers with the outcome where each gets the arm that a model tells to be best for them, by doubly robust estimate on customers that the model had not seen."),
        N_("With the arm told to be best for each, {value} would have the outcome (between {low} and {high}, n = {n}).")),
    KPI("policy_gain", N_("What choosing gains"), "change", "up", ("D093", "D094"), ("interactions.campaign",),
        N_("The same less the share where all get the one arm that is best for all, chosen on other customers."),
        N_("Against the one arm that is best for all, that is a change of {value} (between {low} and {high}, n = {n}).")),
    KPI("contacts_per_customer", N_("Contacts per contacted customer"), "ratio", "", ("D075", "D094"), ("interactions.direction",),
        N_("Contacts from us within 30 days per customer contacted at all in them."),
        N_("A contacted customer heard from us {value} times in the last 30 days (between {low} and {high}, n = {n}).")),
    KPI("over_cap_share", N_("Customers contacted too often"), "share", "down", ("D075", "D094"), ("interactions.direction",),
        N_("Customers with more contacts from us within 30 days than the policy's cap, as a share of those contacted."),
        N_("{value} of the contacted customers heard from us more often than the cap allows (between {low} and {high}, n = {n}).")),
    KPI("short_rest_share", N_("Customers contacted again too soon"), "share", "down", ("D075", "D094"), ("interactions.direction",),
        N_("Customers with a contact from us sooner after the one before than the policy's days of rest, as a share of those contacted within 30 days."),
        N_("{value} of them were contacted again before their days of rest were over (between {low} and {high}, n = {n}).")),
    KPI("due_customers", N_("Customers due after an order"), "count", "", ("D077",), ("orders",),
        N_("Customers whose last order reaches one of the policy's days (3, 30 and 90, or those of its category) in the coming days."),
        N_("Customers due for a contact after their last order in the coming days: {value}.")),
    KPI("due_within_limits_share", N_("Due and within the limits"), "share", "up", ("D075", "D077"), ("orders", "interactions.direction"),
        N_("Due contacts that would keep both the cap and the days of rest, as a share of all due contacts."),
        N_("{value} of the {n} due contacts would keep the cap and the days of rest.")),
    KPI("reviews_due_share", N_("Business reviews due"), "share", "down", ("D076",), ("interactions.purpose",),
        N_("High-value company customers without a business review in the policy's months, as a share of all such customers."),
        N_("{value} of the high-value company customers are due for a business review (between {low} and {high}, n = {n})."), uses=("customers.type", "orders.refunded")),
    KPI("complement_pairs", N_("Products that complement another"), "count", "", ("D077",), ("lines",),
        N_("Pairs of products (or categories, where products are many) of which the second follows the first within the last of the days after an order more often than in as large baskets "
           "without the first, at the false discovery rate of policy.statistics (Mantel-Haenszel; Benjamini-Hochberg). Customers who had the second already are left out. An association."),
        N_("Of {n} pairs of products that could be tested, in {value} the second follows more often than chance makes of so many."), counts="things"),
    KPI("next_pairs", N_("Products bought next"), "count", "", ("D077",), ("lines", "orders"),
        N_("The same of newcomers' second basket after their first, the same product included."),
        N_("Of {n} pairs that could be tested, in {value} the first basket tells what lies in the second, more often than chance makes of so many."), counts="things"),
)
