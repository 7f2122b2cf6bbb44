"""The dictionary as code: every canonical table, its grain, key, columns, units and labels.

A row of a table is told by its `key`; `time` is the column that says when it came to be, and rows later than a review's
`as_of` are not read, nor those whose `recorded_at` is later. Columns in `later` are times filled in afterwards (a ticket's
resolution): a value later than `as_of` is read as not yet there. `dated` names values that came after the row, each with
the column that says when. `datasets/DICTIONARY.md` is generated from this file.
"""

from __future__ import annotations

from collections.abc import Iterable

from crmlib.vocabulary.codes import CHANNELS, PURPOSES
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.scales import SCALES
from crmlib.vocabulary.tables import TYPES as TYPES
from crmlib.vocabulary.tables import Column as Column
from crmlib.vocabulary.tables import Kind as Kind
from crmlib.vocabulary.tables import Table as Table

_ID = Column("customer_id", "id", N_("Customer"), N_("The company's own id of the customer; frozen as a keyed pseudonym."), True, of="customer")
_RECORDED = Column("recorded_at", "timestamp", N_("Recorded at"), N_("When the row reached the source system (not when it was last changed); its lag behind the event is timeliness, and before it the row is not read."))
_CHANNEL = Column("channel", "text", N_("Channel"), N_("Channel code, see the list of channels."), codes=tuple(CHANNELS))
_SOURCE = Column("source_system", "text", N_("Source system"), N_("System that the row comes from."))
_CATEGORY = Column("category", "text", N_("Category"), N_("Product category; of an order the largest by amount."))
_OWNER = Column("owner", "id", N_("Owner"), N_("Who looks after the customer; frozen as a keyed pseudonym."), of="owner")

CUSTOMERS = Table(
    "customers",
    N_("Customers"),
    N_("one row per customer"),
    N_("who the customers are: type, region, industry, role, consent to be reached, and since when"),
    ("customer_id",),
    "acquired_on",
    (
        _ID,
        Column("name", "text", N_("Name"), N_("Name of the person or company."), personal=True),
        Column("type", "enum", N_("Type"), N_("Person or company."), values=("person", "company")),
        Column("region", "text", N_("Region"), N_("Sales region, province or country.")),
        Column("city", "text", N_("City"), N_("City.")),
        Column("industry", "text", N_("Industry"), N_("Industry of a company, or segment.")),
        Column("role", "enum", N_("Role"), N_("Role in the decision chain (D065)."), values=("purchasing", "technical", "user", "management")),
        Column("acquired_on", "date", N_("Acquired on"), N_("Day the customer was first known.")),
        Column("acquisition_channel", "text", N_("Acquisition channel"), N_("Channel that brought the customer."), codes=tuple(CHANNELS)),
        Column("birthday", "date", N_("Birthday"), N_("Birthday of a person, founding day of a company."), personal=True),
        _OWNER,
        _SOURCE,
        Column("phone", "text", N_("Phone"), N_("Telephone number."), personal=True),
        Column("email", "text", N_("E-mail"), N_("E-mail address."), personal=True),
        Column("wechat", "text", N_("WeChat id"), N_("WeChat id."), personal=True),
        Column("address", "text", N_("Address"), N_("Street and number."), personal=True),
        Column("postcode", "text", N_("Postcode"), N_("Postcode."), personal=True),
        Column("identifier", "text", N_("Identifier"), N_("A number that one customer alone has: tax number, loyalty card."), personal=True),
        Column("updated_at", "timestamp", N_("Updated at"), N_("When the record was last changed.")),
        _RECORDED,
    ),
    later=("updated_at",),
    dated=(
        ("type", ""), ("region", ""), ("city", ""), ("industry", ""), ("role", ""), ("acquisition_channel", ""), ("owner", ""),
        ("phone", ""), ("email", ""), ("wechat", ""), ("address", ""), ("identifier", ""),
    ),
)  # fmt: skip

ORDERS = Table(
    "orders",
    N_("Orders"),
    N_("one row per order"),
    N_("what was bought, when and for how much"),
    ("order_id",),
    "ordered_at",
    (
        Column("order_id", "id", N_("Order"), N_("Order or invoice number."), True, of="order"),
        _ID,
        Column("ordered_at", "timestamp", N_("Ordered at"), N_("When the order was placed, local time."), True),
        Column("amount", "money", N_("Amount"), N_("Value of the order before refunds, in the company's currency."), unit="money", essential=True),
        Column("margin", "money", N_("Margin"), N_("Contribution margin of what the customer kept of the order, refunds taken off, where known."), unit="money"),
        Column("refunded", "money", N_("Refunded"), N_("Part of the amount that was paid back."), unit="money"),
        Column("refunded_at", "timestamp", N_("Refunded at"), N_("When it was paid back; before that day nothing is taken off.")),
        Column("discount", "number", N_("Discount"), N_("Discount as a share of the list price, 0 to 1."), unit="share"),
        Column("lines", "integer", N_("Lines"), N_("Lines of the order."), unit="count"),
        Column("quantity", "number", N_("Quantity"), N_("Units bought, of all lines."), unit="count"),
        Column("promised_at", "timestamp", N_("Promised at"), N_("When delivery was promised.")),
        Column("delivered_at", "timestamp", N_("Delivered at"), N_("When the order reached the customer.")),
        _CHANNEL,
        _CATEGORY,
        _SOURCE,
        _RECORDED,
    ),
    later=("refunded_at", "delivered_at"),
    dated=(("refunded", "refunded_at"),),
)

LINES = Table(
    "lines",
    N_("Order lines"),
    N_("one row per line of an order"),
    N_("which products customers begin with, and what they buy next"),
    ("line_id",),
    "ordered_at",
    (
        Column("line_id", "id", N_("Line"), N_("Number of the line; made where the company has none."), True, of="line"),
        Column("order_id", "id", N_("Order"), N_("Order or invoice number."), True, of="order"),
        Column("customer_id", "id", N_("Customer"), N_("The company's own id of the customer; that of the order where it is not mapped."), of="customer"),
        Column("ordered_at", "timestamp", N_("Ordered at"), N_("When the order was placed; that of the order where it is not mapped.")),
        Column("product", "text", N_("Product"), N_("Product, as code or name."), True),
        _CATEGORY,
        Column("quantity", "number", N_("Quantity"), N_("Units of the product."), unit="count"),
        Column("amount", "money", N_("Amount"), N_("Value of the line, in the company's currency."), unit="money", essential=True),
        _RECORDED,
    ),
    made="line_id",
    of_order=("customer_id", "ordered_at"),
)

CONTRACTS = Table(
    "contracts",
    N_("Contracts"),
    N_("one row per contract or subscription, a new one where plan or amount change"),
    N_("recurring revenue and how it moves, which renewals are due, and why contracts end"),
    ("contract_id",),
    "started_on",
    (
        Column("contract_id", "id", N_("Contract"), N_("Number of the contract; made where the company has none."), True, of="contract"),
        _ID,
        Column("started_on", "date", N_("Started on"), N_("First day of the contract."), True),
        Column("ends_on", "date", N_("Ends on"), N_("Day on which the agreed term ends or renews.")),
        Column("ended_on", "date", N_("Ended on"), N_("Day from which the contract was no more; empty while it runs.")),
        Column("ended_reason", "text", N_("Reason of ending"), N_("Why it ended.")),
        Column("amount", "money", N_("Amount"), N_("What is paid for each period, in the company's currency."), unit="money", essential=True),
        Column("period", "enum", N_("Period"), N_("Period that the amount is for."), values=("week", "month", "quarter", "half_year", "year")),
        Column("plan", "text", N_("Plan"), N_("Plan or product that was agreed.")),
        Column("seats", "number", N_("Seats"), N_("Users or units agreed."), unit="count"),
        Column("trial", "flag", N_("Trial"), N_("Whether it is a trial that nothing is paid for.")),
        Column("renews", "flag", N_("Renews"), N_("Whether it goes on by itself when its term ends.")),
        _RECORDED,
    ),
    later=("ended_on",),
    dated=(("ended_reason", "ended_on"),),
    made="contract_id",
)

INTERACTIONS = Table(
    "interactions",
    N_("Contacts"),
    N_("one row per contact with a customer, in either direction"),
    N_("which channel is used for whom, how often, at what cost, and whether the customer responds"),
    ("interaction_id",),
    "at",
    (
        Column("interaction_id", "id", N_("Contact"), N_("Number of the contact; made where the company has none."), True, of="interaction"),
        _ID,
        Column("at", "timestamp", N_("At"), N_("When the contact took place."), True),
        Column("channel", "text", N_("Channel"), N_("Channel code, see the list of channels."), True, codes=tuple(CHANNELS)),
        Column("direction", "enum", N_("Direction"), N_("out: from us to the customer; in: from the customer to us."), values=("in", "out")),
        Column("purpose", "text", N_("Purpose"), N_("Purpose code, see the list of purposes."), codes=tuple(PURPOSES)),
        Column("campaign", "text", N_("Campaign"), N_("Campaign that the contact belongs to.")),
        Column("campaign_type", "text", N_("Type of campaign"), N_("What kind of campaign it is; results are told by it.")),
        Column("arm", "text", N_("Arm"), N_("Arm of a trial that the customer was drawn into or stood in.")),
        Column("script", "text", N_("Script"), N_("Script that was used.")),
        Column("cost", "money", N_("Cost"), N_("Cost of the contact."), unit="money"),
        Column("opened_at", "timestamp", N_("Opened at"), N_("When the customer opened or answered it.")),
        Column("responded_at", "timestamp", N_("Responded at"), N_("When the customer responded.")),
        Column("opted_out_at", "timestamp", N_("Opted out at"), N_("When the customer asked for no more of them.")),
        Column("sender", "id", N_("Sender"), N_("Who made the contact, a person or a department; frozen as a keyed pseudonym."), of="owner"),
        _RECORDED,
    ),
    later=("opened_at", "responded_at", "opted_out_at"),
    made="interaction_id",
)

TICKETS = Table(
    "tickets",
    N_("Service cases"),
    N_("one row per service case"),
    N_("how fast service answers and solves, which causes recur, and how much is found before the customer reports it"),
    ("ticket_id",),
    "opened_at",
    (
        Column("ticket_id", "id", N_("Case"), N_("Number of the case; made where the company has none."), True, of="ticket"),
        _ID,
        Column("opened_at", "timestamp", N_("Opened at"), N_("When the case was opened."), True),
        Column("first_response_at", "timestamp", N_("First response at"), N_("When the customer was first answered.")),
        Column("resolved_at", "timestamp", N_("Resolved at"), N_("When the case was solved.")),
        Column("closed_at", "timestamp", N_("Closed at"), N_("When the case was closed, where that is noted beside when it was solved; what is closed was solved by then.")),
        Column("status", "enum", N_("Status"), N_("Whether the case still waits, where its last state is on record."), values=("open", "closed")),
        Column("due_at", "timestamp", N_("Due at"), N_("The company's own deadline for solving it.")),
        Column("paused_hours", "number", N_("Paused"), N_("Hours in which the promise of a solution stood still, since the case waited for the customer; in hours of the promise's own clock."), unit="hours"),
        Column("met", "flag", N_("Promise kept"), N_("The company's own verdict whether its promise was kept.")),
        Column("reassigned", "integer", N_("Reassigned"), N_("How often the case was handed to someone else."), unit="count"),
        Column("severity", "enum", N_("Severity"), N_("Severity of the case."), values=("low", "medium", "high", "critical")),
        Column("category", "text", N_("Category"), N_("Kind of case; 'complaint' counts as a complaint.")),
        Column("cause", "text", N_("Cause"), N_("Cause found.")),
        Column("diagnosed_at", "timestamp", N_("Diagnosed at"), N_("When the cause was found.")),
        Column("reopened", "flag", N_("Reopened"), N_("Whether the case was opened again.")),
        Column("reopened_at", "timestamp", N_("Reopened at"), N_("When the case was opened again.")),
        Column("found_by", "enum", N_("Found by"), N_("Whether we found it or the customer reported it."), values=("proactive", "reported")),
        _RECORDED,
    ),
    later=("first_response_at", "resolved_at", "closed_at", "diagnosed_at", "reopened_at"),
    dated=(
        ("cause", "diagnosed_at"), ("reopened", "reopened_at"), ("reassigned", ""), ("paused_hours", ""),
        ("status", "resolved_at"), ("status", "closed_at"), ("met", "resolved_at"), ("met", "closed_at"),
    ),
    made="ticket_id",
)

SURVEYS = Table(
    "surveys",
    N_("Surveys"),
    N_("one row per question answered or only asked"),
    N_("what customers expected and what they perceived, and how loyal they say they are"),
    ("customer_id", "at", "instrument", "item", "answer_id"),
    "at",
    (
        Column("answer_id", "id", N_("Answer"), N_("Number of the answer; made where the company has none."), True, of="answer"),
        _ID,
        Column("at", "timestamp", N_("At"), N_("When the answer was given; where none came, when it was asked for."), True),
        Column("instrument", "text", N_("Survey"), N_("Survey: csat, nps, servqual and loyalty are those of the deck; any other name is one of the company's own."), True, codes=tuple(SCALES)),
        Column("item", "text", N_("Question"), N_("Question: for servqual one of the five dimensions, for loyalty one of the seven indicators."), True),
        Column("dimension", "text", N_("Dimension"), N_("What the question is one of several measures of.")),
        Column("asked_at", "timestamp", N_("Asked at"), N_("When it was asked.")),
        Column("order_id", "id", N_("Order"), N_("Order that was asked about, where the question is about one."), of="order"),
        Column("expectation", "number", N_("Expectation"), N_("What was expected, on the scale of the question."), unit="points"),
        Column("perception", "number", N_("Perception"), N_("What was perceived, on the scale of the question."), unit="points"),
        Column("score", "number", N_("Score"), N_("Answer where there is one only, on the scale of the question."), unit="points"),
        Column("scale_from", "number", N_("Scale from"), N_("Lowest answer that can be given; of csat 1, nps 0, servqual and loyalty 1 where it is not mapped."), unit="points"),
        Column("scale_to", "number", N_("Scale to"), N_("Highest answer that can be given; of csat 5, nps 10, servqual and loyalty 7 where it is not mapped."), unit="points"),
        Column("higher_is", "enum", N_("Higher is"), N_("Whether a higher answer is a better one."), values=("better", "worse")),
        _RECORDED,
    ),
    made="answer_id",
)

ACTIVITY = Table(
    "activity",
    N_("Use"),
    N_("one row per customer and day with any use"),
    N_("who has stopped logging in, the earliest sign of leaving"),
    ("customer_id", "day"),
    "day",
    (
        _ID,
        Column("day", "date", N_("Day"), N_("Day of use, local time."), True),
        Column("logins", "integer", N_("Logins"), N_("Logins on that day."), unit="count"),
        Column("events", "integer", N_("Events"), N_("Clicks and actions on that day."), unit="count"),
        Column("errors", "integer", N_("Errors"), N_("Errors the customer met on that day."), unit="count"),
    ),
)

CONSENTS = Table(
    "consents",
    N_("Consents"),
    N_("one row per customer, channel, purpose and time of consent"),
    N_("whom you may contact, over which channel and for what"),
    ("customer_id", "channel", "purpose", "granted_at"),
    "granted_at",
    (
        _ID,
        Column("channel", "text", N_("Channel"), N_("Channel code, see the list of channels."), True, codes=tuple(CHANNELS)),
        Column("purpose", "text", N_("Purpose"), N_("Purpose code, see the list of purposes."), True, codes=tuple(PURPOSES)),
        Column("granted_at", "timestamp", N_("Granted at"), N_("When consent was given."), True),
        Column("withdrawn_at", "timestamp", N_("Withdrawn at"), N_("When consent was withdrawn.")),
    ),
    later=("withdrawn_at",),
)

ACTIONS = Table(
    "actions",
    N_("Actions"),
    N_("one row per proposed action of an earlier review"),
    N_("what last month's actions were worth against the customers left alone"),
    ("action_id",),
    "proposed_on",
    (
        Column("action_id", "id", N_("Action"), N_("Number of the action."), True, of="action"),
        _ID,
        Column("proposed_on", "date", N_("Proposed on"), N_("As-of date of the review that proposed it."), True),
        Column("why", "text", N_("Why"), N_("Reason code of the action.")),
        Column("what", "text", N_("What"), N_("What is to be done.")),
        _CHANNEL,
        _OWNER,
        Column("due_on", "date", N_("Due on"), N_("Day by which it is to be done.")),
        Column("arm", "enum", N_("Group"), N_("act: to be contacted; hold_out: drawn into the untouched comparison group; lasting: drawn to be left alone for a year."), True, values=("act", "hold_out", "lasting")),
        Column("propensity", "number", N_("Propensity"), N_("Chance with which the lot drew those listed to be contacted."), unit="share"),
        Column("stratum", "text", N_("Stratum"), N_("Reason and tier within which the lot was drawn, joined by a bar.")),
        Column("explore", "flag", N_("Explored"), N_("Whether the customer was drawn by lot among those that the list would not have reached.")),
        Column("expected", "number", N_("Expected"), N_("Chance of an order within the days of the outcome if nobody acts, as it was seen then."), unit="share"),
        Column("room", "number", N_("Room"), N_("Most that acting could have added to that chance."), unit="share"),
        Column("minutes", "number", N_("Minutes"), N_("Minutes of work.")),
        Column("cost", "money", N_("Cost"), N_("Cost of the contact, working time apart."), unit="money"),
        Column("policy", "text", N_("Policy"), N_("Version of the policy that the list was made under.")),
        Column("model", "text", N_("Model"), N_("Version of the effects that the list was ranked by.")),
        Column("status", "text", N_("Status"), N_("How far it is, in the doer's words or code.")),
        Column("stage", "text", N_("Stage"), N_("Where the customer stood on the win-back board.")),
        Column("done_at", "timestamp", N_("Done at"), N_("When it was done.")),
        Column("outcome", "text", N_("Outcome"), N_("What came of it, in the doer's words or code.")),
        Column("outcome_at", "timestamp", N_("Outcome at"), N_("When what came of it was known.")),
    ),
    later=("done_at", "outcome_at"),
    dated=(("outcome", "outcome_at"), ("status", ""), ("stage", "")),
)

BOARD = Table(
    "board",
    N_("Win-back board"),
    N_("one row per customer and warning"),
    N_("how far winning back has come with each customer who was warned of, and where it waits"),
    ("customer_id", "warned_on"),
    "warned_on",
    (
        _ID,
        Column("warned_on", "date", N_("Warned on"), N_("Day of the review that put the customer on the board."), True),
        Column("cause_found_on", "date", N_("Cause found on"), N_("Day on which the cause was found.")),
        Column("planned_on", "date", N_("Planned on"), N_("Day on which it was decided what to do.")),
        Column("contacted_on", "date", N_("Contacted on"), N_("Day on which it was done.")),
        Column("back_on", "date", N_("Back on"), N_("Day on which the customer was back.")),
        Column("lost_on", "date", N_("Lost on"), N_("Day on which the customer was given up.")),
        Column("cause", "text", N_("Cause"), N_("Cause found, as a code.")),
        Column("plan", "text", N_("Plan"), N_("What was decided, as a code.")),
        _OWNER,
    ),
    later=("cause_found_on", "planned_on", "contacted_on", "back_on", "lost_on"),
    dated=(("cause", "cause_found_on"), ("plan", "planned_on"), ("owner", "")),
)

STATES = Table(
    "states",
    N_("States"),
    N_("one row per customer, day and attribute: a snapshot"),
    N_("who left, by what is known of customers, and who is likely to be next"),
    ("customer_id", "at", "attribute"),
    "at",
    (
        _ID,
        Column("at", "timestamp", N_("At"), N_("Day of the snapshot."), True),
        Column("attribute", "text", N_("Attribute"), N_("What is stated: plan, balance, churned."), True),
        Column("value", "text", N_("Value"), N_("What it was, as text or number."), figures=True),
    ),
)

OUTCOMES = Table(
    "outcomes",
    N_("Outcomes"),
    N_("one row per customer, day and outcome"),
    N_("what the arms of a trial are judged by, where it is no order"),
    ("outcome_id",),
    "at",
    (
        Column("outcome_id", "id", N_("Outcome"), N_("Number of the row; made where the company has none."), True, of="outcome"),
        _ID,
        Column("at", "timestamp", N_("At"), N_("When it was measured."), True),
        Column("name", "text", N_("Name"), N_("What was measured: visit, conversion, spend."), True),
        Column("value", "number", N_("Value"), N_("Its value; 1 and 0 for yes and no."), True),
        Column("campaign", "text", N_("Campaign"), N_("Campaign that it came of, where that is on record; empty where it may have come of any.")),
        _RECORDED,
    ),
    made="outcome_id",
)

EVENTS = Table(
    "events",
    N_("Events"),
    N_("one row per event, of a customer or of all"),
    N_("what happened to customers that is no order, contact or case: who left and why, funding, a change of policy"),
    ("event_id",),
    "at",
    (
        Column("event_id", "id", N_("Event"), N_("Number of the event; made where the company has none."), True, of="event"),
        Column("customer_id", "id", N_("Customer"), N_("The company's own id of the customer; empty where it concerns all."), of="customer"),
        Column("at", "timestamp", N_("At"), N_("When it happened."), True),
        Column("kind", "text", N_("Kind"), N_("Kind of event; 'cancellation' says that the customer left."), True),
        Column("reason", "text", N_("Reason"), N_("Reason, as a code.")),
        _RECORDED,
    ),
    made="event_id",
)

_ALL = (
    CUSTOMERS, ORDERS, LINES, CONTRACTS, INTERACTIONS, TICKETS, SURVEYS, ACTIVITY, STATES, OUTCOMES, EVENTS, CONSENTS, ACTIONS, BOARD
)  # fmt: skip
TABLES: dict[str, Table] = {t.name: t for t in _ALL}
"""Every canonical table by name. Any one of them that holds days makes a company."""


def dating(names: Iterable[str]) -> tuple[str, ...]:
    """The columns that say what was known of these tables and columns ("orders.refunded") on an earlier day: when rows were
    recorded, and when values that came later did.
    """
    found: dict[str, bool] = {}
    for name in names:
        table, _dot, column = name.partition(".")
        when = ("recorded_at", *TABLES[table].dating(column))
        found |= {f"{table}.{by}": True for by in when if by in TABLES[table].names}
    return tuple(found)
