"""What was known of customers before a contact: how they had bought, what snapshots and records said of them.

Of the day of the contact itself snapshots count, as they are taken before a campaign goes out; orders and contacts do not.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import clusters, contacts, people, purchases, trials
from crmlib.facts.attributes import Attribute, attribute
from crmlib.facts.company import Company
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.codes import OTHER

YEAR: Final = 365
SPAN: Final = 30
"""Days of a period of contacts, and of the orders that are looked for before and after it."""
PERIODS: Final = 3
MOST: Final = 40
"""Attributes that are looked at, those known of most customers first."""
BOUGHT: Final = ("days_since_order", "orders_before", "revenue_before")


def of_campaign(c: Company, campaign: str, outcome: str) -> pd.DataFrame:
    """One row per customer of a campaign with arms, by what it holds, customer_id in the index: arm, channel, value (of the
    outcome), and what was known before: days_since_order, orders_before and revenue_before (of a year), type, region, and each
    attribute of the snapshots.
    """
    rows = trials.results(c).filter(_.campaign == campaign, _.outcome == outcome, _.arm.notnull())
    drawn = trials.assigned(c).filter(_.campaign == campaign).select("customer_id", "day", "at", "channel")
    rows = rows.select("customer_id", "arm", "value").inner_join(drawn, "customer_id")
    known = people.customers(c).select("customer_id", "type", "region")
    rows = rows.left_join(known, "customer_id").drop("customer_id_right")
    if c.knows("orders"):
        rows = rows.left_join(_bought(c, rows), "customer_id").drop("customer_id_right")
    frame: pd.DataFrame = rows.order_by("customer_id").drop("at", "day").to_pandas().set_index("customer_id")
    stated = _stated(c, rows)
    return clusters.arranged(frame.join(stated[[name for name in stated if name not in frame]]))


def attributes(c: Company, frame: pd.DataFrame) -> list[Attribute]:
    """What `of_campaign` knew of its customers, as groups and as columns of a model; what says the same of all is left out."""
    names = [name for name in frame if name not in ("arm", "channel", "value")]
    names = sorted(names, key=lambda name: (-int(frame[name].notna().sum()), name))[:MOST]
    return [a for name in sorted(names) if (a := attribute(c, name, frame[name])) is not None]


def exposures(c: Company) -> pd.DataFrame:
    """One row per period (nth) and customer who had bought within a year before it: customer_id, channels (of contacts of ours in
    its `SPAN` days, joined by a blank), ordered (in the days after), ordered_before (in the days before), what was known at its
    beginning (`KNOWN`), and under `then_…` the same `SPAN` days before that.
    """
    known = [_known(c, c.as_of - timedelta(days=SPAN * (2 + i))) for i in range(PERIODS + 1)]
    bought = _in_spans(c, purchases.days(c)).select("customer_id", "span").distinct().to_pandas()
    sent = _in_spans(c, contacts.ours(c)).select("customer_id", "span", "channel").distinct()
    sent = sent.order_by("customer_id", "span", "channel").to_pandas()
    sent = sent.groupby(["customer_id", "span"], as_index=False)["channel"].agg(" ".join)
    parts = []
    for nth in range(PERIODS):
        # Spans are counted back from the day: a period's contacts lie in one, its orders in the span after, and before.
        rows = known[nth].join(known[nth + 1].add_prefix("then_"), how="inner")
        over = sent[sent["span"] == nth + 1].set_index("customer_id")["channel"]
        after, before = (set(bought.loc[bought["span"] == span, "customer_id"]) for span in (nth, nth + 2))
        flags = {
            "ordered": rows.index.isin(list(after)).astype(float),
            "ordered_before": rows.index.isin(list(before)).astype(float),
        }
        parts.append(rows.assign(channels=over.reindex(rows.index).fillna(""), nth=nth, **flags).sort_index())
    return pd.concat(parts).reset_index()


KNOWN: Final = ("days_since_order", "orders_before", "revenue_before", "orders_90", "contacts_90", "answers_90")


def columns(frame: pd.DataFrame, *, then: bool) -> np.ndarray:
    """What `exposures` knew at the beginning of a period (`then`: a span before it) as columns of a model, logs of counts and
    money beside whole numbers of 0, 1 and 2 orders.
    """
    prefix = "then_" if then else ""
    parts = []
    for name in KNOWN:
        values = np.maximum(frame[prefix + name].to_numpy(dtype=float), 0)
        parts += [np.log1p(values), np.sqrt(values)]
    for name in ("orders_90", "orders_before"):
        parts += [(frame[prefix + name].to_numpy() == k).astype(float) for k in (0, 1, 2)]
    parts += [(frame["nth"].to_numpy() == nth).astype(float) for nth in range(1, PERIODS)]
    return np.column_stack(parts)


def _in_spans(c: Company, rows: Table) -> Table:
    """The rows of the last spans of `SPAN` days, with the span, 0 the one that ends with the company's day."""
    span = (ibis.literal(c.as_of).delta(rows.day, unit="day") // SPAN).cast("int64")
    return rows.mutate(span=span).filter(_.span < PERIODS + 2)


def _known(c: Company, start: date) -> pd.DataFrame:
    """What was known of who had bought in the year up to the end of a day, by customer."""
    bought = purchases.days(c).filter(_.day <= start, _.day > start - timedelta(days=YEAR))
    each = bought.group_by("customer_id").agg(
        days_since_order=ibis.literal(start).delta(bought.day.max(), unit="day").cast("float64"),
        orders_before=_.count().cast("float64"),
        revenue_before=_.net.sum().cast("float64"),
        orders_90=_.count(where=_.day > start - timedelta(days=90)).cast("float64"),
    )
    sent = contacts.ours(c).filter(_.day <= start, _.day > start - timedelta(days=90))
    had = sent.group_by("customer_id").agg(
        contacts_90=_.count().cast("float64"), answers_90=_.answer_seconds.count().cast("float64")
    )
    rows = each.left_join(had, "customer_id").drop("customer_id_right")
    frame: pd.DataFrame = rows.order_by("customer_id").to_pandas().set_index("customer_id")
    return frame[list(KNOWN)].fillna(0.0)


def _bought(c: Company, rows: Table) -> Table:
    """What each customer had bought before the contact, within a year."""
    orders = purchases.orders(c).select("order_id", "net", ordered="at", on="day", buyer="customer_id")
    both = rows.select("customer_id", "day", "at").left_join(orders, rows.customer_id == orders.buyer)
    inside = (both.ordered < both["at"]) & (both.day.delta(both.on, unit="day") <= YEAR)
    return both.group_by("customer_id").agg(
        days_since_order=both.day.delta(both.on, unit="day").min(where=inside).cast("float64"),
        orders_before=both.order_id.count(where=inside).cast("float64"),
        revenue_before=both.net.sum(where=inside).cast("float64").fill_null(0.0),
    )


def _stated(c: Company, rows: Table) -> pd.DataFrame:
    """What snapshots said last of each customer up to the day of the contact, one column per attribute, by customer."""
    said = c.tables.states.filter(_.attribute != OTHER).select("attribute", "value", who="customer_id", on="at")
    both = rows.select("customer_id", "day").inner_join(said, rows.customer_id == said.who)
    last = first_of(both.filter(both.on.date() <= both.day), ["customer_id", "attribute"], ibis.desc("on"))
    long = last.select("customer_id", "attribute", "value").order_by("customer_id", "attribute").to_pandas()
    wide: pd.DataFrame = long.pivot(index="customer_id", columns="attribute", values="value")
    return wide
