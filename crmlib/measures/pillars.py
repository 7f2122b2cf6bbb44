"""Five failures and four pillars of keeping customers, measured instead of guessed (D009 to D014, D019 to D022).

Each figure is a share of what the tables show and comes with its n; one whose table or column is missing gives no row.
Contacts, orders and answers are counted over `policy.tiers.window_months`, customers are those with an order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from statistics import NormalDist

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.data.tables import Tables
from crmlib.vocabulary.estimates import finding, findings, mean_from, wilson
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES

SELLING = ("sales", "win_back")
"""Purposes of a contact that want an order."""
FIFTHS = 5
FOLLOW_UP = timedelta(days=30)
"""A solved case counts as evaluated when the customer answers a survey within this time."""
PILLARS = {
    "data_driven": ("customer_record_share", "behaviour_seen_share", "consent_recorded_share"),
    "omnichannel": ("several_channels_share", "buys_in_several_channels_share"),
    "emotional": ("care_contact_share", "birthday_known_share", "survey_answered_share"),
    "proactive_service": ("found_first_share", "case_evaluated_share"),
}
"""The pillars (D014) with the shares they are measured by; of each, more is better."""


def silos(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Finding `several_sources_share`: customers whose orders and record are linked across source systems (D009).

    A share near nought with several systems in use means that the same person may stand in each as a stranger. A company
    with one system, or without the column, gives no row.
    """
    tables = tables.until(as_of)
    record = tables.customers.select("customer_id", "source_system")
    rows = tables.orders.select("customer_id", "source_system").union(record).filter(_.source_system.notnull())
    if int(rows.source_system.nunique().to_pyarrow().as_py()) < 2:
        return findings()
    known = rows.group_by("customer_id").aggregate(systems=_.source_system.nunique())
    return _found({"several_sources_share": _share(known, _.systems > 1)}, as_of, policy)


def single_channel(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Finding `single_channel_share`: customers we contacted over one channel only, of all we contacted (D010).

    Segments say which channel that one is and add up to the whole.
    """
    reached = _contacted(_window(tables.until(as_of), as_of, policy))
    alone = reached.filter(_.channels == 1).group_by("channel").aggregate(customers=_.count()).order_by("channel")
    n, confidence = int(reached.count().to_pyarrow().as_py()), policy.statistics.confidence
    by_channel = alone.to_pandas()
    if not n:
        return findings()
    parts = [("", by_channel["customers"].sum()), *by_channel.itertuples(index=False)]
    return findings(
        finding(
            "single_channel_share", wilson(hits, n, confidence=confidence), n=n, unit="share", as_of=as_of, segment=s
        )
        for s, hits in parts
    )


def one_size_for_all(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `contacts_by_fifth` and `contact_focus`: does a valuable customer hear from us more often (D011)?

    Customers with an order in the window stand in five equal groups by net revenue, `fifth_1` the least; contacts per
    customer with a t interval for each, and for all. `contact_focus` is the top group's mean over the bottom group's,
    interval on the log scale (delta method); NaN where the bottom group had no contact. Below five customers no rows.
    """
    tables = _window(tables.until(as_of), as_of, policy)
    confidence = policy.statistics.confidence
    net = _.amount - _.refunded.fill_null(0).cast("decimal(18, 4)")
    customers = tables.orders.mutate(net=net).group_by("customer_id").aggregate(net=_.net.sum())
    place = ibis.ntile(FIFTHS).over(ibis.window(order_by=[_.net, _.customer_id])) + 1
    contacts = _outgoing(tables).group_by("customer_id").aggregate(contacts=_.count())
    joined = customers.mutate(fifth=place).left_join(contacts, "customer_id").mutate(contacts=_.contacts.fill_null(0))
    sums = joined.group_by("fifth").aggregate(n=_.count(), s=_.contacts.sum(), ss=(_.contacts * _.contacts).sum())
    groups = sums.order_by("fifth").to_pandas().astype({"n": int, "s": float, "ss": float})
    if len(groups) < FIFTHS or not groups["s"].sum():
        return findings()
    total = pd.DataFrame([groups[["n", "s", "ss"]].sum()])
    rows = []
    for segment, group in [("", total), *((f"fifth_{f}", groups[groups["fifth"] == f]) for f in groups["fifth"])]:
        n, s, ss = (float(group[c].iloc[0]) for c in ("n", "s", "ss"))
        deviation = (max(0.0, ss - s * s / n) / (n - 1)) ** 0.5 if n > 1 else float("nan")
        estimate = mean_from(s / n, deviation, n, confidence=confidence)
        rows.append(finding("contacts_by_fifth", estimate, n=n, unit="ratio", as_of=as_of, segment=segment))
    rows.append(finding("contact_focus", _ratio(groups, confidence), n=total["n"].iloc[0], unit="ratio", as_of=as_of))
    return findings(rows)


def emotion(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `care_contact_share` and `birthday_known_share` (D012).

    Our contacts that sell nothing, of those whose purpose is known, and customers whose birthday or founding day is known.
    """
    return _found(_shares(tables, as_of, policy, ("care_contact_share", "birthday_known_share")), as_of, policy)


def passive_response(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Finding `found_first_share`: service cases found by us before the customer, of those where it is known (D013).

    Segments are the severities that occur, as `severity_low`: `low` alone is the end of an interval.
    """
    cases = _window(tables.until(as_of), as_of, policy).tickets.filter(_.found_by.notnull())
    grouped = (
        cases.group_by("severity").aggregate(hits=_.count(where=_.found_by == "proactive"), n=_.count()).to_pandas()
    )
    grade = {severity: i for i, severity in enumerate(TABLES["tickets"]["severity"].values)}
    known = grouped[grouped["severity"].isin(list(grade))].sort_values("severity", key=lambda s: s.map(grade))
    named = known.assign(severity="severity_" + known["severity"].astype("str"))
    parts = [("", grouped["hits"].sum(), grouped["n"].sum()), *named.itertuples(index=False)]
    confidence = policy.statistics.confidence
    return findings(
        finding("found_first_share", wilson(hits, n, confidence=confidence), n=n, unit="share", as_of=as_of, segment=s)
        for s, hits, n in parts
        if n
    )


def indicators(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings of every share in `PILLARS` that can be measured, in that order; segment is "" throughout."""
    kpis = tuple(kpi for kpis in PILLARS.values() for kpi in kpis)
    return _found(_shares(tables, as_of, policy, kpis), as_of, policy)


def pillars(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Finding `pillar_strength` per pillar: the plain mean of its measured shares (D014).

    The interval treats the shares as independent; n is the smallest n among them. A pillar without any gives no row.
    """
    measured = indicators(tables, as_of=as_of, policy=policy).set_index("kpi")
    rows = []
    for pillar, kpis in PILLARS.items():
        part = measured[measured.index.isin(kpis)]
        if len(part):
            value = float(part["value"].mean())
            below = float(((part["value"] - part["low"]) ** 2).sum() ** 0.5 / len(part))
            above = float(((part["high"] - part["value"]) ** 2).sum() ** 0.5 / len(part))
            n = int(part["n"].min())
            estimate = (value, value - below, value + above)
            rows.append(finding("pillar_strength", estimate, n=n, unit="share", as_of=as_of, segment=pillar))
    return findings(rows)


def _shares(tables: Tables, as_of: date, policy: Policy, kpis: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """(successes, n) of the named shares of `PILLARS`; n is 0 where one cannot be measured."""
    tables = tables.until(as_of)
    window = _window(tables, as_of, policy)
    ever = tables.orders.select("customer_id").distinct()
    buyers = window.orders.group_by("customer_id").aggregate(known=_.channel.count(), channels=_.channel.nunique())
    measured: dict[str, Callable[[], tuple[int, int]]] = {
        "customer_record_share": lambda: _seen(ever, tables.customers),
        "behaviour_seen_share": lambda: _seen(buyers, window.activity),
        "consent_recorded_share": lambda: _seen(ever, tables.consents),
        "several_channels_share": lambda: _share(_contacted(window), _.channels > 1),
        "buys_in_several_channels_share": lambda: _share(buyers.filter(_.known > 1), _.channels > 1),
        "care_contact_share": lambda: _share(_outgoing(window).filter(_.purpose.notnull()), _.purpose.notin(SELLING)),
        "birthday_known_share": lambda: _birthdays(tables.customers),
        "survey_answered_share": lambda: _seen(buyers, window.surveys),
        "found_first_share": lambda: _share(window.tickets.filter(_.found_by.notnull()), _.found_by == "proactive"),
        "case_evaluated_share": lambda: _evaluated(window, as_of),
    }
    return {kpi: measured[kpi]() for kpi in kpis}


def _share(rows: Table, success: ibis.Deferred) -> tuple[int, int]:
    counts = rows.aggregate(hits=_.count(where=success), n=_.count()).to_pandas().iloc[0]
    return int(counts["hits"]), int(counts["n"])


def _seen(customers: Table, where: Table) -> tuple[int, int]:
    """How many of the customers have a row in `where`; (0, 0) where that table is empty, which tells nothing."""
    there = where.aggregate(rows=_.count())
    hits = customers.semi_join(where, "customer_id").aggregate(hits=_.count())
    row = customers.aggregate(n=_.count()).cross_join(hits).cross_join(there).to_pandas().iloc[0]
    return (int(row["hits"]), int(row["n"])) if row["rows"] else (0, 0)


def _birthdays(customers: Table) -> tuple[int, int]:
    known, n = _share(customers.filter(_.birthday_status.notnull()), _.birthday_status == "valid")
    return known, n if known else 0


def _evaluated(tables: Tables, as_of: date) -> tuple[int, int]:
    """Cases solved and old enough for the follow-up to be over, and those of them after which the customer was heard."""
    solved = tables.tickets.filter(_.resolved_at.notnull() & (_.resolved_at.date() <= as_of - FOLLOW_UP))
    if not int(tables.surveys.count().to_pyarrow().as_py()):
        return 0, 0
    answers = tables.surveys.select("customer_id", answered=_.at)
    pairs = solved.select("ticket_id", "customer_id", "resolved_at").join(answers, "customer_id")
    wait = _.answered.date().delta(_.resolved_at.date(), unit="day")
    heard = pairs.filter((_.answered >= _.resolved_at) & (wait <= FOLLOW_UP.days)).ticket_id.nunique()
    return int(heard.to_pyarrow().as_py()), int(solved.count().to_pyarrow().as_py())


def _window(tables: Tables, as_of: date, policy: Policy) -> Tables:
    """The tables with orders, contacts, cases, answers and use of the policy's window only."""
    start = (pd.Timestamp(as_of) + pd.Timedelta(days=1) - pd.DateOffset(months=policy.tiers.window_months)).date()
    return replace(
        tables,
        orders=tables.orders.filter(_.ordered_at.date() >= start),
        interactions=tables.interactions.filter(_["at"].date() >= start),
        tickets=tables.tickets.filter(_.opened_at.date() >= start),
        surveys=tables.surveys.filter(_["at"].date() >= start),
        activity=tables.activity.filter(_.day >= start),
    )


def _outgoing(tables: Tables) -> Table:
    """Contacts from us; where the direction is not known, from us."""
    return tables.interactions.filter(_.direction.fill_null("out") == "out")


def _contacted(tables: Tables) -> Table:
    return _outgoing(tables).group_by("customer_id").aggregate(channels=_.channel.nunique(), channel=_.channel.min())


def _ratio(groups: pd.DataFrame, confidence: float) -> tuple[float, float, float]:
    """Mean of the last group over the mean of the first, with its interval on the log scale."""
    log_variance = 0.0
    means = []
    for n, s, ss in groups[["n", "s", "ss"]].iloc[[0, -1]].itertuples(index=False):
        means.append(s / n)
        log_variance += max(0.0, ss - s * s / n) / (n - 1) / n / (s / n) ** 2 if n > 1 and s else float("nan")
    if not means[0]:
        return (float("nan"),) * 3
    value = means[1] / means[0]
    spread = math.exp(NormalDist().inv_cdf(0.5 + confidence / 2) * log_variance**0.5)
    return value, value / spread, value * spread


def _found(shares: dict[str, tuple[int, int]], as_of: date, policy: Policy) -> pd.DataFrame:
    confidence = policy.statistics.confidence
    return findings(
        finding(kpi, wilson(hits, n, confidence=confidence), n=n, unit="share", as_of=as_of)
        for kpi, (hits, n) in shares.items()
        if n
    )
