"""What the border counts and keeps beside the canonical tables: columns and engine types of each."""

from __future__ import annotations

import ibis.expr.datatypes as dt

from crmlib.vocabulary.schema import TYPES
from crmlib.vocabulary.stages import IMPROVING

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
"""What ingest records beside the tables: per table, column and month of the row's time, rows read as usable,
cells filled (a failed one too), and of those the cells that failed a check."""

ACCOUNT = {
    "table": dt.string,
    "file": dt.string,
    "read": dt.int64,
    "filtered": dt.int64,
    "repeated": dt.int64,
    "rejected": dt.int64,
    "unmatched": dt.int64,
    "kept": dt.int64,
}
"""Where every source row went, per table and file: read = filtered + repeated + rejected + kept. `unmatched` is of joined files
only, whose rows are read = unmatched + kept: unmatched are those whose key no row of the table has."""

KNOWN = {"table": dt.string, "column": dt.string, "mapped": dt.boolean, "first_on": dt.date}
"""Of each column whether the company maps it, and the first day on which a value of it was known; null where
it never held one."""

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
"""Pairs of records that may be one customer: how likely that is, whether they count as one, and per field
whether it is equal, similar, different or unknown."""

UNNAMED = {
    "table": dt.string,
    "column": dt.string,
    "why": dt.string,
    "values": dt.int64,
    "rows": dt.int64,
}
"""Words of a column that were not published but counted as `other`: how many different ones, and in how many rows. `why` is few
(held by fewer customers than policy.privacy.k) or personal (it tells of a person)."""

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
    "customer_id": dt.string,
}
"""One row per problem met at the border: `effect` is row (the row was rejected) or cell
(kept, the cell emptied); `found` is masked where personal, the customer stands under the pseudonym of the row's own id."""

IMPROVEMENTS = {
    "number": dt.int64,
    "kpi": dt.string,
    "due_on": dt.date,
    **dict.fromkeys(IMPROVING.day_of.values(), dt.date),
    "lacks": dt.string,
}
"""The list of improvements without anybody's words: which figure is to move, by when, the day of each stage, and what the goal
lacks (codes joined by a space)."""

BESIDE = {
    "profile": PROFILE,
    "account": ACCOUNT,
    "records": RECORDS,
    "links": LINKS,
    "formats": FORMATS,
    "unnamed": UNNAMED,
    "improvements": IMPROVEMENTS,
}
"""What is frozen beside the canonical tables, by name."""
