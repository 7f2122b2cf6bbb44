"""Data minimisation: personal data kept longer than needed, and personal fields that nobody uses.

Both are asked for by China's PIPL (articles 6 and 19) and the GDPR (article 5(1)(c) and (e)): only what a purpose needs,
and only as long as it needs it.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.vocabulary.months import first_day
from crmlib.vocabulary.schema import CUSTOMERS

NAN = float("nan")
SPLIT = " · "
PERSONAL = tuple(c.name for c in CUSTOMERS.columns if c.personal)
"""Columns with personal values; the frozen tables hold their status only."""
EVENTS = {
    "orders": ("ordered_at",), "interactions": ("at",), "tickets": ("opened_at",), "surveys": ("at",),
    "activity": ("day",), "consents": ("granted_at", "withdrawn_at"),
}  # fmt: skip
"""What counts as a sign of a customer, with its times."""
FIELD_COLUMNS = [
    "column", "customers", "customers_share", "contacts", "customers_used", "used_share", "channels", "verdict",
]  # fmt: skip
STEPS = (12, 24, 36)
"""Months of silence that are counted beside the policy's, so that what comes due can be seen coming."""
CHANNELS = {
    "name": ("phone", "face_to_face", "letter", "email", "wecom"),
    "phone": ("phone", "sms"),
    "email": ("email",),
    "wechat": ("wechat", "wecom"),
    "address": ("letter", "face_to_face"),
    "postcode": ("letter",),
}
"""Channels whose contacts need a personal field."""
GREETING = "birthday|anniversary|生日|周年|诞辰"
"""A campaign whose name says so greets on a birthday or founding day."""


def silence(c: Company) -> pd.DataFrame:
    """Customers with personal data by `source_system` ("" is all) and `silent_for_months`: `customers`, `silent_customers`,
    `share`, `over_limit`.

    They have a valid value in some personal column; silent is without an event in any table, nor first known, for so long.
    `silent_customers` and `share` are NaN where the data do not reach back so far. `over_limit` marks the rows of
    `policy.quality.keep_months` (PIPL art. 19, GDPR art. 5(1)(e)).
    """
    limit = c.policy.quality.keep_months
    spans = sorted({*STEPS, limit})
    held = _last_sign(c).group_by("source_system")
    quiet = {f"m{m}": (_.last_on.notnull() & (_.last_on < first_day(c.as_of, m))).sum() for m in spans}
    counted = held.agg(customers=_.count(), first=_.last_on.min(), **quiet)
    frame = counted.order_by(ibis.asc("source_system", nulls_first=False)).execute()
    start = _first_event(c)
    whole = frame.drop(columns="source_system").drop(columns="first").sum()
    rows = []
    groups = [("", whole), *((r["source_system"], r) for _i, r in frame.iterrows() if r["source_system"] is not None)]
    for source, row in groups if len(frame) else []:
        for months in spans:
            told = start is not None and start < first_day(c.as_of, months)
            silent, n = (float(row[f"m{months}"]) if told else NAN), int(row["customers"])
            rows.append((source, months, n, silent, silent / n, months == limit))
    return pd.DataFrame(
        rows, columns=["source_system", "silent_for_months", "customers", "silent_customers", "share", "over_limit"]
    )


def kept_too_long(c: Company, silent: pd.DataFrame) -> pd.DataFrame:
    """Findings `kept_too_long`: customers whose personal data are kept beyond the policy's months, as a share of those who
    have any, in total and by source system; NaN with n 0 while the data are younger than that. `silent` is `silence`.
    """
    rows = silent[silent["over_limit"].astype(bool)]
    told = zip(rows["source_system"], rows["share"], rows["customers"], strict=True)
    return findings(
        c,
        (finding(c, "kept_too_long", (v, NAN, NAN), n=0 if pd.isna(v) else n, segment=s) for s, v, n in told),
        needs=("customers",),
    )


def fields(c: Company) -> pd.DataFrame:
    """One row per personal column that is held: who gave it, and for whom it was used in the policy's window.

    `column`, `customers` (with a valid value), `customers_share` of all on record, `contacts` from us that needed it,
    `customers_used` (who gave it and got one), `used_share`, `channels` (codes joined by " · "), `verdict`: keep; ask_why, used
    for fewer than `policy.quality.used_from` of them; stop_collecting, used for nobody; cannot_say without a table of contacts
    (PIPL art. 6, GDPR art. 5(1)(c)).
    """
    there = [p for p in PERSONAL if f"{p}_status" in c.tables.customers.columns]
    holds = {p: (c.tables.customers[f"{p}_status"] == "valid").fill_null(False) for p in there}
    people = c.tables.customers.select("customer_id", **holds)
    held = people.agg(on_record=_.count(), **{c: _[c].sum().fill_null(0) for c in there}).execute().iloc[0]
    sent = c.tables.interactions.filter(_["at"].date() >= first_day(c.as_of, c.policy.tiers.window_months))
    sent = sent.filter(_.direction.fill_null("out") == "out").inner_join(people, "customer_id")
    uses = {c: sent[c] & _needing(sent, c).fill_null(False) for c in there}
    who = sent.agg(**{c: sent.customer_id.nunique(where=use) for c, use in uses.items()}).execute().iloc[0]
    per = sent.group_by("channel").agg(**{c: use.sum() for c, use in uses.items()}).order_by("channel").execute()
    seen = int(c.tables.interactions.count().execute()) > 0
    rows = []
    for column in (c for c in there if held[c]):
        n, used, sums = int(held[column]), int(who[column]), per.set_index("channel")[column].astype("int64")
        names = SPLIT.join(map(str, sums[sums > 0].sort_values(ascending=False, kind="stable").index))
        contacts, share = int(sums.sum()), used / n
        rows.append((column, n, n / held["on_record"], contacts, used, share, names, _verdict(c, share, seen)))
    return pd.DataFrame(rows, columns=FIELD_COLUMNS)


def unused(c: Company, held: pd.DataFrame) -> pd.DataFrame:
    """Findings `unused_personal_fields`: personal columns held and used for nobody or hardly anybody; n is those held."""
    told = held[held["verdict"] != "cannot_say"]
    if told.empty:
        return findings(c, needs=("customers", "interactions"))
    out = int(told["verdict"].isin(["ask_why", "stop_collecting"]).sum())
    return findings(
        c, [finding(c, "unused_personal_fields", (out, NAN, NAN), n=len(told))], needs=("customers", "interactions")
    )


def _needing(sent: Expression, column: str) -> BooleanValue:
    if column == "birthday":
        return (sent.purpose == "care") & sent.campaign.lower().re_search(GREETING)
    return sent.channel.isin(list(CHANNELS.get(column, ())))


def _verdict(c: Company, share: float, seen: bool) -> str:
    if not seen:
        return "cannot_say"
    return "stop_collecting" if not share else "ask_why" if share < c.policy.quality.used_from else "keep"


def _last_sign(c: Company) -> Expression:
    """One row per customer with personal data: `source_system` and the day of the last event, `last_on`."""
    people = c.tables.customers
    flags = [(people[f"{c}_status"] == "valid").fill_null(False) for c in PERSONAL if f"{c}_status" in people.columns]
    held = people.filter(reduce(or_, flags)).select("customer_id", "source_system", "acquired_on")
    last = _signs(c).group_by("customer_id").agg(seen_on=_.on.max())
    joined = held.left_join(last, "customer_id")
    return joined.select("customer_id", "source_system", last_on=ibis.greatest(_.seen_on, _.acquired_on))


def _signs(c: Company) -> Expression:
    parts = [
        getattr(c.tables, name).select("customer_id", on=_[time].date() if time != "day" else _[time])
        for name, times in EVENTS.items()
        for time in times
    ]
    return ibis.union(*parts)


def _first_event(c: Company) -> date | None:
    found = _signs(c).on.min().execute()
    return None if pd.isna(found) else pd.Timestamp(found).date()
