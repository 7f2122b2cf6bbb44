"""Data minimisation: personal data kept longer than needed, and personal fields that nobody uses.

Both are asked for by China's PIPL (articles 6 and 19) and the GDPR (article 5(1)(c) and (e)): only what a purpose needs,
and only as long as it needs it.
"""

from __future__ import annotations

import pandas as pd

from crmlib.facts import contacts, holdings, people, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import BooleanValue, Table, _
from crmlib.facts.findings import finding, findings, marked
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import SPLIT

NAN = float("nan")
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
    quiet = {f"m{m}": (_.last_on < windows.last(c, m)).fill_null(False).sum() for m in spans}
    counted = holdings.last_signs(c).group_by("source_system").agg(customers=_.count(), **quiet)
    frame = counted.order_by(ex.asc("source_system", nulls_first=False)).execute()
    start = holdings.signs(c).day.min().to_pyarrow().as_py()
    named = frame[frame["source_system"].notna()]
    groups = (
        [frame.drop(columns="source_system").sum().to_frame().T.assign(source_system=""), named] if len(frame) else []
    )
    rows = []
    for row in pd.concat(groups).to_dict("records") if groups else []:
        for months in spans:
            reaches = start is not None and start < windows.last(c, months)
            n, silent = int(row["customers"]), float(row[f"m{months}"]) if reaches else NAN
            rows.append((row["source_system"], months, n, silent, silent / n, months == limit))
    columns = ["source_system", "silent_for_months", "customers", "silent_customers", "share", "over_limit"]
    return marked(c, pd.DataFrame(rows, columns=columns), *KPIS["due_for_deletion"].uses)


def due_for_deletion(c: Company, silent: pd.DataFrame) -> pd.DataFrame:
    """Findings `due_for_deletion`: customers whose personal data are kept beyond the policy's months, as a share of those who
    have any, in total and by source system; no rows while the data are younger than that. `silent` is `silence`.
    """
    rows = silent[silent["over_limit"].astype(bool) & silent["share"].notna()]
    parts = zip(rows["source_system"], rows["share"], rows["customers"], strict=True)
    told = (finding(c, "due_for_deletion", share, n=n, segment=s) for s, share, n in parts)
    return findings(c, told, of=("due_for_deletion",))


def fields(c: Company) -> pd.DataFrame:
    """One row per personal column that holds a value: who gave it, and for whom it was used in the policy's window.

    `column`, `customers` (with a valid value), `customers_share` of all on record, `contacts` from us that needed it,
    `customers_used` (who gave it and got one), `used_share`, `channels` (codes joined by " · "), `verdict`: keep; ask_why, used
    for fewer than `policy.quality.used_from` of them; stop_collecting, used for nobody. Where it is not recorded which contacts
    are ours or, for a birthday, what they are for, what was used and the verdict are empty (PIPL art. 6, GDPR art. 5(1)(c)).
    """
    record = people.customers(c)
    has = {name: record[f"has_{name}"].fill_null(False) for name in people.PERSONAL}
    given = (
        record.agg(on_record=_.count(), **{name: flag.sum() for name, flag in has.items()})
        .fill_null(0)
        .execute()
        .iloc[0]
    )
    sent = (
        contacts.ours(c)
        .filter(_.day >= windows.start(c))
        .inner_join(record.select("customer_id", **has), "customer_id")
    )
    uses = {name: sent[name] & _needs_it(sent, name).fill_null(False) for name in has}
    users = sent.agg(**{name: sent.customer_id.nunique(where=use) for name, use in uses.items()}).execute().iloc[0]
    per = sent.group_by("channel").agg(**{name: use.sum() for name, use in uses.items()}).order_by("channel").execute()
    rows = []
    for column in (name for name in has if given[name] > 0):
        n = int(given[column])
        row: tuple[object, ...] = (NAN, NAN, NAN, None, None)
        if c.knows(
            "interactions.direction",
            *(("interactions.purpose", "interactions.campaign") if column == "birthday" else ()),
        ):
            sums = per.set_index("channel")[column].astype("int64")
            names = SPLIT.join(map(str, sums[sums > 0].sort_values(ascending=False, kind="stable").index))
            share = int(users[column]) / n
            row = (float(sums.sum()), float(users[column]), share, names, _verdict(c, share))
        rows.append((column, n, n / given["on_record"], *row))
    return pd.DataFrame(rows, columns=FIELD_COLUMNS)


def unused(c: Company, used: pd.DataFrame) -> pd.DataFrame:
    """Findings `unused_personal_fields`: personal columns on record and used for nobody or hardly anybody; n is those that can be
    told. `used` is `fields`.
    """
    told = used[used["verdict"].notna()]
    out = int(told["verdict"].isin(["ask_why", "stop_collecting"]).sum())
    rows = [finding(c, "unused_personal_fields", out, n=len(told))] if len(told) else []
    return findings(c, rows, of=("unused_personal_fields",))


def _needs_it(sent: Table, column: str) -> BooleanValue:
    if column == "birthday":
        return (sent.purpose == "care") & sent.campaign.lower().re_search(GREETING)
    return sent.channel.isin(CHANNELS.get(column, ()))


def _verdict(c: Company, share: float) -> str:
    return "stop_collecting" if not share else "ask_why" if share < c.policy.quality.used_from else "keep"
