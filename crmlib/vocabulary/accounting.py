"""What the border counts and keeps beside the canonical tables: columns and engine types of each."""

from __future__ import annotations

from crmlib.vocabulary.schema import TYPES
from crmlib.vocabulary.stages import IMPROVING

LIKENESS = ("name", "phone", "email", "wechat", "birthday", "city", "region", "address", "postcode")
"""Fields by which two records are compared."""

PROFILE = {
    "table": TYPES["text"],
    "column": TYPES["text"],
    "month": TYPES["date"],
    "rows": TYPES["integer"],
    "filled": TYPES["integer"],
    "invalid": TYPES["integer"],
}
"""What ingest records beside the tables: per table, column and month of the row's time, rows read as usable,
cells filled (a failed one too), and of those the cells that failed a check."""

ACCOUNT = {
    "table": TYPES["text"],
    "file": TYPES["text"],
    "read": TYPES["integer"],
    "filtered": TYPES["integer"],
    "repeated": TYPES["integer"],
    "rejected": TYPES["integer"],
    "unmatched": TYPES["integer"],
    "kept": TYPES["integer"],
}
"""Where every source row went, per table and file: read = filtered + repeated + rejected + kept. `unmatched` is of joined files
only, whose rows are read = unmatched + kept: unmatched are those whose key no row of the table has."""

KNOWN = {"table": TYPES["text"], "column": TYPES["text"], "mapped": TYPES["flag"], "first_on": TYPES["date"]}
"""Of each column whether the company maps it, and the first day on which a value of it was known; null where
it never held one."""

RECORDS = {
    "record_id": TYPES["text"],
    "customer_id": TYPES["text"],
    "source_system": TYPES["text"],
    "acquired_on": TYPES["date"],
    "recorded_at": TYPES["timestamp"],
}
"""Whom each record of the source systems counts for: pseudonyms of the record's own id and of the customer."""

LINKS = {
    "record_a": TYPES["text"],
    "record_b": TYPES["text"],
    "probability": TYPES["number"],
    "same": TYPES["flag"],
    **dict.fromkeys(LIKENESS, TYPES["text"]),
}
"""Pairs of records that may be one customer: how likely that is, whether they count as one, and per field
whether it is equal, similar, different or unknown."""

UNNAMED = {
    "table": TYPES["text"],
    "column": TYPES["text"],
    "why": TYPES["text"],
    "values": TYPES["integer"],
    "rows": TYPES["integer"],
}
"""Words of a column that were not published but counted as `other`: how many different ones, and in how many rows. `why` is few
(held by fewer customers than policy.privacy.k) or personal (it tells of a person)."""

FORMATS = {
    "table": TYPES["text"],
    "column": TYPES["text"],
    "file": TYPES["text"],
    "format": TYPES["text"],
    "rows": TYPES["integer"],
}
"""In which shapes a source writes dates and telephone numbers: every digit as 9, every letter as a."""

REJECTED = {
    "table": TYPES["text"],
    "file": TYPES["text"],
    "line": TYPES["integer"],
    "column": TYPES["text"],
    "rule": TYPES["text"],
    "found": TYPES["text"],
    "effect": TYPES["text"],
    "customer_id": TYPES["text"],
}
"""One row per problem met at the border: `effect` is row (the row was rejected) or cell
(kept, the cell emptied); `found` is masked where personal, the customer stands under the pseudonym of the row's own id."""

IMPROVEMENTS = {
    "number": TYPES["integer"],
    "kpi": TYPES["text"],
    "due_on": TYPES["date"],
    **dict.fromkeys(IMPROVING.day_of.values(), TYPES["date"]),
    "lacks": TYPES["text"],
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
