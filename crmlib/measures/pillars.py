"""Five failures and four pillars of keeping customers, measured instead of guessed (D009 to D014, D019 to D022).

Each figure is a share of what the tables show and comes with its n; one whose table or column is missing gives no row.
Contacts, orders and answers are counted over `policy.tiers.window_months`, customers are those with an order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from statistics import NormalDist

import pandas as pd

from crmlib.facts import answers, cases, clusters, contacts, people, purchases, use, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import (
    clustered_share_of,
    clustered_shares,
    finding,
    findings,
    share_of,
    shares_of,
    unrecorded_of,
)
from crmlib.models.estimates import Clustered, mean_from
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import TIERS
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.unlocks import CARE, SALES, WIN_BACK

Counted = tuple[int, int] | Clustered
"""Of so many customers or cases so many are so; or contacts, by customer."""
SELLING = (SALES, WIN_BACK)
"""Purposes of a contact that want an order."""
NEAR = timedelta(days=7)
"""A care contact belongs to an anniversary that lies within so long of it."""
FOLLOW_UP = timedelta(days=30)
"""A solved case counts as evaluated when the customer answers a survey within this time."""
PILLARS = {
    "data_driven": ("customer_record_share", "behaviour_seen_share", "consent_recorded_share"),
    "omnichannel": ("several_channels_share", "buys_in_several_channels_share"),
    "emotional": ("care_contact_share", "birthday_known_share", "survey_answered_share"),
    "proactive_service": ("found_first_share", "case_evaluated_share"),
}
"""The pillars (D014) with the shares they are measured by; of each, more is better."""


def silos(c: Company) -> pd.DataFrame:
    """Finding `scattered_share`: customers whose records stand in more than one source system under different ids (D009).

    Segments are the source systems: of the customers with a record there, those who stand in another too. Where records
    were not compared, `several_sources_share` instead: customers whose orders and record are linked across systems; near
    nought the same person may stand in each as a stranger. A company with one system, or without the column, gives no row.
    """
    if not c.about["records_compared"]:
        return _linked(c)
    known = people.records(c).filter(_.source_system.notnull())
    each = known.group_by("customer_id").aggregate(systems=_.source_system.nunique(), ids=_.record_id.nunique())
    whole = each.select("customer_id", apart=(_.systems > 1) & (_.ids > 1))
    placed = known.select("customer_id", "source_system").distinct().join(whole, "customer_id")
    counted = placed.group_by("source_system").aggregate(hits=_.count(where=_.apart), n=_.count())
    by_system = counted.order_by("source_system").to_pandas()
    if len(by_system) < 2:
        return findings(c)
    parts = [("", *_share(whole, _.apart)), *by_system.itertuples(index=False)]
    return shares_of(c, "scattered_share", parts)


def single_channel(c: Company) -> pd.DataFrame:
    """Finding `single_channel_share`: customers we contacted over one channel only, of all we contacted (D010).

    Segments say which channel that one is and add up to the whole.
    """
    reached = _contacted(c)
    alone = reached.filter(_.channels == 1).group_by("channel").aggregate(customers=_.count()).order_by("channel")
    n = int(reached.count().to_pyarrow().as_py())
    by_channel = alone.to_pandas()
    parts = [("", by_channel["customers"].sum(), n), *((c, hits, n) for c, hits in by_channel.itertuples(index=False))]
    return shares_of(c, "single_channel_share", parts)


def one_size_for_all(c: Company, tiered: Table) -> pd.DataFrame:
    """Findings `contacts_by_tier` and `contact_focus`: does a valuable customer hear from us more often (D011)?

    `tiered` holds `customer_id` and `tier`, one row per customer. Contacts per customer with an order in the window, with a t
    interval, for all and for each tier with such customers. `contact_focus` is the mean of the high-value customers over
    that of all others, interval on the log scale (delta method); NaN where either hears nothing. Without contacts no rows.
    """
    of, confidence = ("contacts_by_tier", "contact_focus"), c.policy.statistics.confidence
    heard = _recent(c, contacts.ours(c)).group_by("customer_id").aggregate(contacts=_.count())
    buyers = tiered.select("customer_id", "tier").semi_join(purchases.recent(c), "customer_id")
    joined = buyers.left_join(heard, "customer_id").mutate(contacts=_.contacts.fill_null(0))
    sums = joined.group_by("tier").aggregate(n=_.count(), s=_.contacts.sum(), ss=(_.contacts * _.contacts).sum())
    groups = sums.to_pandas().set_index("tier").astype(float).reindex([*TIERS]).dropna()
    if not groups["s"].sum():
        return findings(c, of=of)
    rows = []
    for tier, (n, s, ss) in [("", groups.sum()), *((str(t), group) for t, group in groups.iterrows())]:
        deviation = (max(0.0, ss - s * s / n) / (n - 1)) ** 0.5 if n > 1 else float("nan")
        estimate = mean_from(s / n, deviation, n, confidence=confidence)
        rows.append(finding(c, "contacts_by_tier", estimate, n=n, segment=tier))
    top = groups.index == TIERS[0]
    focus = _ratio(groups[top].sum(), groups[~top].sum(), confidence)
    rows.append(finding(c, "contact_focus", focus, n=groups["n"].sum()))
    return findings(c, rows, of=of)


def emotion(c: Company) -> pd.DataFrame:
    """Findings `care_contact_share`, `birthday_known_share`, `birthday_care_share`, `anniversary_care_share` (D012).

    Our contacts that sell nothing, of those whose purpose is known; customers whose birthday or founding day is known; of
    those among them who bought in the window, who had a care contact in it (the day itself stays at the border); and of the
    buyers whose anniversary (of the first order or of being won, the earlier) lies in the last 12 months and 7 days behind
    us, who had one within 7 days of it.
    """
    cared = _cared(c)
    shares: dict[str, Counted] = {"care_contact_share": cared, **_shares(c, ("birthday_known_share",))}
    care, buyers = contacts.ours(c).filter(_.purpose == CARE), purchases.recent(c)
    if cared.rows:
        known = people.customers(c).filter(_.has_birthday).semi_join(buyers, "customer_id")
        greeted = _recent(c, care).select("customer_id").distinct().mutate(cared=True)
        there = known.select("customer_id").left_join(greeted, "customer_id")
        shares["birthday_care_share"] = _share(there, _.cared)
        due = _anniversaries(c).semi_join(buyers, "customer_id")
        days = due.left_join(care.select("customer_id", "day"), "customer_id")
        off = days.anniversary.delta(days.day, unit="day").abs()
        near = days.group_by("customer_id").aggregate(cared=(off <= NEAR.days).fill_null(False).any())
        shares["anniversary_care_share"] = _share(near, _.cared)
    return _found(c, shares)


def passive_response(c: Company) -> pd.DataFrame:
    """Finding `found_first_share`: service cases found by us before the customer, of those where it is known (D013).

    Segments are the severities that occur, as `severity_low`: `low` alone is the end of an interval.
    """
    known = _recent(c, cases.cases(c)).filter(_.is_found_by_us.notnull())
    graded = dict(clusters.by_customer_in(known, _.is_found_by_us, ["severity"]))
    parts = [("", clusters.by_customer(known, _.is_found_by_us))]
    parts += [(f"severity_{s}", graded[s,]) for s in TABLES["tickets"]["severity"].values if (s,) in graded]
    return clustered_shares(c, "found_first_share", parts)


def indicators(c: Company) -> pd.DataFrame:
    """Findings of every share in `PILLARS` that can be measured, in that order; segment is "" throughout
    (D019, D020, D021, D022).
    """
    kpis = tuple(kpi for kpis in PILLARS.values() for kpi in kpis)
    return _found(c, _shares(c, kpis))


def pillars(c: Company, measured: pd.DataFrame) -> pd.DataFrame:
    """Finding `pillar_strength` per pillar: the plain mean of its shares among the findings of `indicators` (D014).

    The interval treats the shares as independent; n is the smallest n among them. A pillar of fewer than two gives no row; one
    that stands on fewer shares for want of a table or column is marked as without it.
    """
    rows = []
    for pillar, kpis in PILLARS.items():
        part = measured[measured["kpi"].isin(kpis)]
        if len(part) > 1:
            value = float(part["value"].mean())
            below = float(((part["value"] - part["low"]) ** 2).sum() ** 0.5 / len(part))
            above = float(((part["high"] - part["value"]) ** 2).sum() ** 0.5 / len(part))
            row = finding(
                c, "pillar_strength", (value, value - below, value + above), n=part["n"].min(), segment=pillar
            )
            wanted = dict.fromkeys(name for kpi in kpis for name in (*KPIS[kpi].needs, *KPIS[kpi].uses))
            rows.append({**row, "without": " ".join(unrecorded_of(c, [*wanted]))})
    return findings(c, rows, of=("pillar_strength",))


def _shares(c: Company, kpis: tuple[str, ...]) -> dict[str, Counted]:
    """What is counted of the named shares of `PILLARS`; n is 0 where one cannot be measured."""
    ever, bought = purchases.buyers(c), purchases.recent(c).group_by("customer_id")
    buyers = bought.aggregate(known=_.channel.count(), channels=_.channel.nunique())
    opened = _recent(c, cases.cases(c))
    measured: dict[str, Callable[[], Counted]] = {
        "customer_record_share": lambda: _seen(ever, people.customers(c)),
        "behaviour_seen_share": lambda: _seen(buyers, _recent(c, use.days(c))),
        "consent_recorded_share": lambda: _seen(ever, people.consents(c)),
        "several_channels_share": lambda: _share(_contacted(c), _.channels > 1),
        "buys_in_several_channels_share": lambda: _share(buyers.filter(_.known > 1), _.channels > 1),
        "care_contact_share": lambda: _cared(c),
        "birthday_known_share": lambda: _share(people.customers(c).filter(_.has_birthday.notnull()), _.has_birthday),
        "survey_answered_share": lambda: _seen(buyers, _recent(c, answers.answers(c))),
        "found_first_share": lambda: clusters.by_customer(opened.filter(_.is_found_by_us.notnull()), _.is_found_by_us),
        "case_evaluated_share": lambda: _evaluated(c),
    }
    return {kpi: measured[kpi]() for kpi in kpis}


def _cared(c: Company) -> Clustered:
    """Our contacts whose purpose is known, by customer, and those of them that sell nothing."""
    return clusters.by_customer(_recent(c, contacts.ours(c)).filter(_.purpose.notnull()), _.purpose.notin(SELLING))


def _share(rows: Table, success: ex.Deferred) -> tuple[int, int]:
    counts = rows.aggregate(hits=_.count(where=success), n=_.count()).to_pandas().iloc[0]
    return int(counts["hits"]), int(counts["n"])


def _seen(customers: Table, where: Table) -> tuple[int, int]:
    """How many of the customers have a row in `where`; (0, 0) where that table is empty, which tells nothing."""
    there = where.aggregate(rows=_.count())
    hits = customers.semi_join(where, "customer_id").aggregate(hits=_.count())
    row = customers.aggregate(n=_.count()).cross_join(hits).cross_join(there).to_pandas().iloc[0]
    return (int(row["hits"]), int(row["n"])) if row["rows"] else (0, 0)


def _evaluated(c: Company) -> Counted:
    """Cases solved and old enough for the follow-up to be over, by customer, and those of them after which they were heard."""
    over = _.resolved_at.notnull() & (_.resolved_at.date() <= c.as_of - FOLLOW_UP)
    solved, heard = _recent(c, cases.cases(c)).filter(over), _recent(c, answers.answers(c))
    if not int(heard.count().to_pyarrow().as_py()):
        return 0, 0
    answered = heard.select("customer_id", answered=_["at"])
    pairs = solved.select("case_id", "customer_id", "resolved_at").join(answered, "customer_id")
    wait = _.answered.date().delta(_.resolved_at.date(), unit="day")
    after = pairs.filter((_.answered >= _.resolved_at) & (wait <= FOLLOW_UP.days)).select("case_id").distinct()
    told = solved.left_join(after.mutate(is_heard=True), "case_id")
    return clusters.by_customer(told, _.is_heard)


def _recent(c: Company, rows: Table) -> Table:
    """The rows of a fact whose `day` lies in the policy's window."""
    return rows.filter(_.day >= windows.start(c))


def _contacted(c: Company) -> Table:
    sent = _recent(c, contacts.ours(c)).group_by("customer_id")
    return sent.aggregate(channels=_.channel.nunique(), channel=_.channel.min())


def _ratio(over: pd.Series[float], under: pd.Series[float], confidence: float) -> tuple[float, float, float]:
    """Mean of one group (n, s the sum, ss the sum of squares) over that of another, with its interval on the log scale."""
    log_variance = 0.0
    for n, s, ss in (over, under):
        if not s:
            return (float("nan"),) * 3
        log_variance += max(0.0, ss - s * s / n) / (n - 1) / n / (s / n) ** 2 if n > 1 else float("nan")
    value = float(over["s"] / over["n"] / (under["s"] / under["n"]))
    spread = math.exp(NormalDist().inv_cdf(0.5 + confidence / 2) * log_variance**0.5)
    return value, value / spread, value * spread


def _linked(c: Company) -> pd.DataFrame:
    ordered = purchases.orders(c).select("customer_id", "source_system")
    rows = ordered.union(people.customers(c).select("customer_id", "source_system")).filter(_.source_system.notnull())
    if int(rows.source_system.nunique().to_pyarrow().as_py()) < 2:
        return findings(c)
    known = rows.group_by("customer_id").aggregate(systems=_.source_system.nunique())
    return _found(c, {"several_sources_share": _share(known, _.systems > 1)})


def _anniversaries(c: Company) -> Table:
    """Per customer the day on which the latest full year since being won, or since the first order, was complete.

    A customer of 29 February has it on the 28th. The days after it within `NEAR` are over, too; younger customers are left out.
    """
    end = c.as_of - NEAR
    won = people.customers(c).filter(_.acquired_on.notnull()).select("customer_id", day="acquired_on")
    known = purchases.buyers(c).select("customer_id", day="first_day").union(won)
    known = known.group_by("customer_id").aggregate(day=_.day.min())
    leap = (known.day.month() == 2) & (known.day.day() == 29)
    known = known.mutate(m=_.day.month(), d=leap.ifelse(28, known.day.day()))
    over = (known.m * 100 + known.d <= end.month * 100 + end.day).cast("int64")
    known = known.mutate(year=over + (end.year - 1)).filter(_.year > _.day.year())
    return known.select("customer_id", anniversary=ex.date(known.year, known.m, known.d))


def _found(c: Company, shares: Mapping[str, Counted]) -> pd.DataFrame:
    rows = []
    for kpi, counted in shares.items():
        if isinstance(counted, Clustered):
            rows += [clustered_share_of(c, kpi, counted)] if counted.rows else []
        elif counted[1]:
            rows.append(share_of(c, kpi, *counted))
    return findings(c, rows, of=shares)
