"""The dictionary as code: every canonical table, its grain, key, columns, units and labels.

A row of a table is told by its `key`; `time` is the column that says when it came to be, and rows later than a review's
`as_of` are not read, nor those whose `recorded_at` is later. Columns in `later` are times filled in afterwards (a ticket's
resolution): a value later than `as_of` is read as not yet there. `dated` names values that came after the row, each with
the column that says when. `datasets/DICTIONARY.md` is generated from this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import ibis.expr.datatypes as dt

from crmlib.vocabulary.kpi import Unit
from crmlib.vocabulary.language import N_

Kind = Literal["id", "text", "enum", "date", "timestamp", "money", "number", "integer", "flag"]

TYPES: dict[Kind, dt.DataType] = {
    "id": dt.string,
    "text": dt.string,
    "enum": dt.string,
    "date": dt.date,
    "timestamp": dt.Timestamp(scale=6),
    "money": dt.Decimal(18, 4),
    "number": dt.float64,
    "integer": dt.int64,
    "flag": dt.boolean,
}
"""Engine type of each kind of column. Timestamps are plain local times of the company's time zone; money is decimal."""


@dataclass(frozen=True)
class Column:
    """One column: `of` names whose id it is (ids are frozen as pseudonyms), `personal` values never leave the border."""

    name: str
    kind: Kind
    label: str
    says: str
    required: bool = False
    unit: Unit | Literal[""] = ""
    values: tuple[str, ...] = ()
    of: str = ""
    personal: bool = False

    @property
    def frozen_name(self) -> str:
        """Name in the frozen table: a personal column leaves only whether it was there and valid, as `<name>_status`.

        A status is missing, invalid or valid; null where the company maps no such column.
        """
        return f"{self.name}_status" if self.personal else self.name

    @property
    def frozen_type(self) -> dt.DataType:
        """Engine type in the frozen table."""
        return dt.string if self.personal else TYPES[self.kind]

    @property
    def not_yet(self) -> int | bool | None:
        """What is true of a value before the day it came: no money, no flag; of all else nothing is known."""
        return {"money": 0, "flag": False}.get(self.kind)


@dataclass(frozen=True)
class Table:
    """One canonical table. `dated`: values that may be filled in or changed after the row, to the column that says when; "" for none."""

    name: str
    label: str
    grain: str
    tells: str
    key: tuple[str, ...]
    time: str
    columns: tuple[Column, ...]
    later: tuple[str, ...] = ()
    dated: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, column: str) -> Column:
        """The column of that name; raises `KeyError`."""
        for candidate in self.columns:
            if candidate.name == column:
                return candidate
        raise KeyError(column)

    def since(self, column: Column) -> str:
        """The column that says from when a value was known where that may be after the row; "" for none.

        That nothing was paid back yet, and no case reopened, is known from the first.
        """
        if column.name in self.later:
            return column.name
        return dict(self.dated).get(column.name, "") if column.not_yet is None else ""

    @property
    def names(self) -> tuple[str, ...]:
        """Column names as a mapping uses them, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def frozen(self) -> dict[str, dt.DataType]:
        """Column names and engine types of the frozen table, in order."""
        return {c.frozen_name: c.frozen_type for c in self.columns}


_ID = Column("customer_id", "id", N_("Customer"), N_("The company's own id of the customer; frozen as a keyed pseudonym."), True, of="customer")
_RECORDED = Column("recorded_at", "timestamp", N_("Recorded at"), N_("When the row reached the source system (not when it was last changed); its lag behind the event is timeliness, and before it the row is not read."))
_CHANNEL = Column("channel", "text", N_("Channel"), N_("Channel code, see the list of channels."))
_SOURCE = Column("source_system", "text", N_("Source system"), N_("System that the row comes from."))
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
        Column("acquisition_channel", "text", N_("Acquisition channel"), N_("Channel that brought the customer.")),
        Column("birthday", "date", N_("Birthday"), N_("Birthday of a person, founding day of a company."), personal=True),
        _OWNER,
        _SOURCE,
        Column("phone", "text", N_("Phone"), N_("Telephone number."), personal=True),
        Column("email", "text", N_("E-mail"), N_("E-mail address."), personal=True),
        Column("wechat", "text", N_("WeChat id"), N_("WeChat id."), personal=True),
        Column("address", "text", N_("Address"), N_("Street and number."), personal=True),
        Column("postcode", "text", N_("Postcode"), N_("Postcode."), personal=True),
        Column("updated_at", "timestamp", N_("Updated at"), N_("When the record was last changed.")),
        _RECORDED,
    ),
    later=("updated_at",),
    dated=tuple(
        (name, "")
        for name in (
            *("type", "region", "city", "industry", "role", "acquisition_channel", "owner"),
            *("phone", "email", "wechat", "address"),
        )
    ),
)

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
        Column("amount", "money", N_("Amount"), N_("Value of the order before refunds, in the company's currency."), True, unit="money"),
        Column("margin", "money", N_("Margin"), N_("Contribution margin of what the customer kept of the order, refunds taken off, where known."), unit="money"),
        Column("refunded", "money", N_("Refunded"), N_("Part of the amount that was paid back."), unit="money"),
        Column("refunded_at", "timestamp", N_("Refunded at"), N_("When it was paid back; before that day nothing is taken off.")),
        Column("discount", "number", N_("Discount"), N_("Discount as a share of the list price, 0 to 1."), unit="share"),
        Column("lines", "integer", N_("Lines"), N_("Lines of the order."), unit="count"),
        _CHANNEL,
        Column("category", "text", N_("Category"), N_("Product category, the largest by amount.")),
        _SOURCE,
        _RECORDED,
    ),
    later=("refunded_at",),
    dated=(("refunded", "refunded_at"),),
)

INTERACTIONS = Table(
    "interactions",
    N_("Contacts"),
    N_("one row per contact with a customer, in either direction"),
    N_("which channel is used for whom, how often, at what cost, and whether the customer responds"),
    ("interaction_id",),
    "at",
    (
        Column("interaction_id", "id", N_("Contact"), N_("Number of the contact."), True, of="interaction"),
        _ID,
        Column("at", "timestamp", N_("At"), N_("When the contact took place."), True),
        Column("channel", "text", N_("Channel"), N_("Channel code, see the list of channels."), True),
        Column("direction", "enum", N_("Direction"), N_("out: from us to the customer; in: from the customer to us."), values=("in", "out")),
        Column("purpose", "text", N_("Purpose"), N_("Purpose code, see the list of purposes.")),
        Column("campaign", "text", N_("Campaign"), N_("Campaign that the contact belongs to.")),
        Column("script", "text", N_("Script"), N_("Script that was used.")),
        Column("cost", "money", N_("Cost"), N_("Cost of the contact."), unit="money"),
        Column("opened_at", "timestamp", N_("Opened at"), N_("When the customer opened or answered it.")),
        Column("responded_at", "timestamp", N_("Responded at"), N_("When the customer responded.")),
        _RECORDED,
    ),
    later=("opened_at", "responded_at"),
)

TICKETS = Table(
    "tickets",
    N_("Service cases"),
    N_("one row per service case"),
    N_("how fast service answers and solves, which causes recur, and how much is found before the customer reports it"),
    ("ticket_id",),
    "opened_at",
    (
        Column("ticket_id", "id", N_("Case"), N_("Number of the case."), True, of="ticket"),
        _ID,
        Column("opened_at", "timestamp", N_("Opened at"), N_("When the case was opened."), True),
        Column("first_response_at", "timestamp", N_("First response at"), N_("When the customer was first answered.")),
        Column("resolved_at", "timestamp", N_("Resolved at"), N_("When the case was solved.")),
        Column("severity", "enum", N_("Severity"), N_("Severity of the case."), values=("low", "medium", "high", "critical")),
        Column("category", "text", N_("Category"), N_("Kind of case; 'complaint' counts as a complaint.")),
        Column("cause", "text", N_("Cause"), N_("Cause found.")),
        Column("diagnosed_at", "timestamp", N_("Diagnosed at"), N_("When the cause was found.")),
        Column("reopened", "flag", N_("Reopened"), N_("Whether the case was opened again.")),
        Column("reopened_at", "timestamp", N_("Reopened at"), N_("When the case was opened again.")),
        Column("found_by", "enum", N_("Found by"), N_("Whether we found it or the customer reported it."), values=("proactive", "reported")),
        _RECORDED,
    ),
    later=("first_response_at", "resolved_at", "diagnosed_at", "reopened_at"),
    dated=(("cause", "diagnosed_at"), ("reopened", "reopened_at")),
)

SURVEYS = Table(
    "surveys",
    N_("Surveys"),
    N_("one row per answered question"),
    N_("what customers expected and what they perceived, and how loyal they say they are"),
    ("customer_id", "at", "instrument", "item"),
    "at",
    (
        _ID,
        Column("at", "timestamp", N_("At"), N_("When the answer was given."), True),
        Column("instrument", "enum", N_("Survey"), N_("Kind of survey."), True, values=("csat", "nps", "servqual", "loyalty")),
        Column("item", "text", N_("Question"), N_("Dimension or question: for servqual one of the five dimensions, for loyalty one of the seven indicators."), True),
        Column("expectation", "number", N_("Expectation"), N_("What was expected, 1 to 7."), unit="points"),
        Column("perception", "number", N_("Perception"), N_("What was perceived, 1 to 7."), unit="points"),
        Column("score", "number", N_("Score"), N_("Answer where there is one only: csat 1 to 5, nps 0 to 10, loyalty 1 to 7."), unit="points"),
        _RECORDED,
    ),
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
        Column("channel", "text", N_("Channel"), N_("Channel code, see the list of channels."), True),
        Column("purpose", "text", N_("Purpose"), N_("Purpose code, see the list of purposes."), True),
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
        Column("arm", "enum", N_("Group"), N_("act: to be contacted; hold_out: drawn into the untouched comparison group."), True, values=("act", "hold_out")),
        Column("done_at", "timestamp", N_("Done at"), N_("When it was done.")),
        Column("outcome", "text", N_("Outcome"), N_("What came of it, in the doer's words or code.")),
        Column("outcome_at", "timestamp", N_("Outcome at"), N_("When what came of it was known.")),
    ),
    later=("done_at", "outcome_at"),
    dated=(("outcome", "outcome_at"),),
)

TABLES: dict[str, Table] = {t.name: t for t in (CUSTOMERS, ORDERS, INTERACTIONS, TICKETS, SURVEYS, ACTIVITY, CONSENTS, ACTIONS)}
"""Every canonical table by name. `orders` is the only one a company must have."""


def dating(names: Iterable[str]) -> tuple[str, ...]:
    """The columns that say what was known of these tables and columns ("orders.refunded") on an earlier day: when rows were
    recorded, and when values that came later did.
    """
    found: dict[str, bool] = {}
    for name in names:
        table, _dot, column = name.partition(".")
        by = dict(TABLES[table].dated).get(column, "")
        found |= {f"{table}.{when}": True for when in ("recorded_at", by) if when in TABLES[table].names}
    return tuple(found)


LIKENESS = ("name", "phone", "email", "wechat", "birthday", "city", "region", "address", "postcode")
"""Fields by which two records are compared."""

PROFILE = {
    "table": dt.string,
    "column": dt.string,
    "month": dt.date,
    "rows": dt.int64,
    "filled": dt.int64,
    "invalid": dt.int64,
}
"""What ingest records beside the tables: per table, column and month of the row's time, rows read as usable, cells filled (a failed one too), and of those the cells that failed a check."""

ACCOUNT = {
    "table": dt.string,
    "file": dt.string,
    "read": dt.int64,
    "filtered": dt.int64,
    "repeated": dt.int64,
    "rejected": dt.int64,
    "kept": dt.int64,
}
"""Where every source row went, per table and file: read = filtered + repeated + rejected + kept."""

KNOWN = {"table": dt.string, "column": dt.string, "mapped": dt.boolean, "first_on": dt.date}
"""Of each column whether the company maps it, and the first day on which a value of it was known; null where it never held one."""

RECORDS = {
    "record_id": dt.string,
    "customer_id": dt.string,
    "source_system": dt.string,
    "acquired_on": dt.date,
    "recorded_at": TYPES["timestamp"],
}
"""Whom each record of the source systems counts for: pseudonyms of the record's own id and of the customer."""

LINKS = {
    "record_a": dt.string,
    "record_b": dt.string,
    "probability": dt.float64,
    "same": dt.boolean,
    **dict.fromkeys(LIKENESS, dt.string),
}
"""Pairs of records that may be one customer: how likely that is, whether they count as one, and per field whether it is equal, similar, different or unknown."""

FORMATS = {
    "table": dt.string,
    "column": dt.string,
    "file": dt.string,
    "format": dt.string,
    "rows": dt.int64,
}
"""In which shapes a source writes dates and telephone numbers: every digit as 9, every letter as a."""

REJECTED = {
    "table": dt.string,
    "file": dt.string,
    "line": dt.int64,
    "column": dt.string,
    "rule": dt.string,
    "found": dt.string,
    "effect": dt.string,
}
"""One row per problem met at the border: `effect` is row (the row was rejected) or cell (kept, the cell emptied); `found` is masked where personal."""
