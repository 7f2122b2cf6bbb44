"""Of whom the numbers of a result are: which columns count customers or what is theirs, and which are settings."""

from __future__ import annotations

BASES = ("customers", "n", "customers_seen", "rows", "at_risk", "observed", "cases", "read")
"""Columns that say on how many a row rests, the surer first."""
COUNTS = frozenset({
    *BASES, "first_buyers", "lost", "unknown", "moved", "active", "silent_customers", "customers_showing", "customers_used",
    "one_order_away", "won", "left", "others", "other_n", "still_there", "solved", "waiting", "came_back", "reopened",
    "reassigned", "endings", "endings_year", "count", "contacts", "contacts_in", "costed", "orders", "filtered",
    "repeated", "unmatched",
    "rejected", "kept", "filled", "in_time", "expected_rows", "at_fault", "failed", "elsewhere", "records", "smallest_group",
    "purchases",
})  # fmt: skip
"""Columns that count customers, or what is theirs: fewer than k of them are not told."""
SETTINGS = frozenset({
    "limit", "cut", "over_limit", "claimed", "scale_from", "scale_to", "years", "months", "points", "probability", "weight",
    "priority", "period", "silhouette", "stability", "inactive_days", "discount_rate", "setting", "target", "high_value_from",
    "growth_from", "potential_from",
    "p_alive", "p_alive_12m", "months_known", "confidence", "deck_cost", "deck_speed", "deck_richness", "deck_interactivity",
})  # fmt: skip
"""Columns of numbers that say nothing of customers: settings, claims, what a model says of anybody."""
INDIVIDUALS = ("customer_id", "record_a")
"""Columns that make a table a list of individuals, under pseudonyms."""
FEW_OF_NONE = frozenset({"month", "cohort", "first_buyers", "newcomers"})
"""Months and figures whose counts make a running total grow: none of them is told as few are, as else several months in a row of
"fewer than k, and not none" would tell how many they were.
"""
