"""What the company's own contacts show about its channels, beside what the deck says of each (D082 to D087, D093, D094).

A response rate by channel is an observed association: who is contacted how is chosen, so it is not the channel's effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import wilson
from crmlib.vocabulary.months import first_day
from crmlib.vocabulary.policy import TIERS

NAN = float("nan")
SPLIT = " · "
DAY = 86_400

DECK_MATRIX = {
    "face_to_face": ("cost_high", "speed_rather_slow", "richness_very_high", "interactivity_strong"),
    "letter": ("cost_medium", "speed_slow", "richness_high", "interactivity_weak"),
    "email": ("cost_low", "speed_fast", "richness_high", "interactivity_rather_weak"),
    "website": ("cost_low", "speed_fast", "richness_high", "interactivity_rather_weak"),
    "phone": ("cost_high", "speed_very_fast", "richness_low", "interactivity_rather_strong"),
}
"""The deck's judgement of five channels (D087): cost, speed, richness of content, interactivity. Claims, not measurements."""


def deck_matrix() -> pd.DataFrame:
    """The deck's matrix (D087) as codes: `channel`, `deck_cost`, `deck_speed`, `deck_richness`, `deck_interactivity`."""
    rows = [(channel, *judged) for channel, judged in DECK_MATRIX.items()]
    return pd.DataFrame(rows, columns=["channel", "deck_cost", "deck_speed", "deck_richness", "deck_interactivity"])


def contacts(c: Company) -> pd.DataFrame:
    """What the last `policy.tiers.window_months` months of contacts show, one row per `channel`, most used first.

    `contacts` from us and `customers` they reached, `contacts_in` from customers, `cost` (money) of the `costed` contacts
    whose cost is known, `cost_per_contact` (money, of those), `observed` contacts whose response window is over,
    `response_rate` (share of them), `response_hours` (median, of the responses). NaN where the table does not say (D087).
    """
    window = _window(c)
    per_channel = window.group_by("channel").agg(
        contacts=_.ours.sum(),
        customers=_.customer_id.nunique(where=_.ours == 1),
        contacts_in=(_.direction == "in").sum(),
        cost=_.cost.sum(where=_.ours == 1),
        costed=_.cost.count(where=_.ours == 1),
        observed=_.observed.sum(),
        responded=_.responded.sum(),
        seconds=_.seconds.median(where=_.responded == 1),
    )
    frame = per_channel.execute().fillna({"contacts": 0, "contacts_in": 0, "observed": 0, "responded": 0, "costed": 0})
    frame = frame.astype(
        dict.fromkeys(("contacts", "customers", "contacts_in", "observed", "responded", "costed"), "int64")
    )
    frame = frame.astype({"cost": float, "seconds": float}).sort_values(
        ["contacts", "channel"], ascending=[False, True], kind="stable"
    )
    frame["cost_per_contact"] = frame["cost"] / frame["costed"].where(frame["costed"] > 0)
    frame["response_rate"] = frame["responded"] / frame["observed"].where(frame["responded"] > 0)
    frame["response_hours"] = frame["seconds"] / 3600
    return frame.drop(columns=["responded", "seconds"]).astype({"response_rate": float}).reset_index(drop=True)


def beside_deck(c: Company) -> pd.DataFrame:
    """The deck's matrix beside the company's own figures, one row per channel of either (D087)."""
    own = contacts(c)
    measured = own[["channel", "contacts", "cost_per_contact", "response_hours", "response_rate", "observed"]]
    merged = deck_matrix().merge(measured, on="channel", how="outer", sort=False)
    places = {c: i for i, c in enumerate([*DECK_MATRIX, *own["channel"]][::-1])}
    return merged.iloc[sorted(range(len(merged)), key=lambda i: -places[merged["channel"].iloc[i]])].reset_index(
        drop=True
    )


def use(c: Company) -> pd.DataFrame:
    """Findings `contacts` and `cost_per_contact` of the same window, in total and by channel (D087, D093)."""
    own = contacts(c)
    own = own[own["contacts"] > 0]
    if own.empty:
        return findings(c, needs=("interactions",))
    rows = [_count(c, "contacts", own["contacts"].sum(), own["contacts"].sum(), "count")]
    rows += [_count(c, "contacts", r.contacts, r.contacts, "count", r.channel) for r in own.itertuples()]
    costed = own[own["costed"] > 0]
    if len(costed):
        rows.append(
            _count(
                c, "cost_per_contact", costed["cost"].sum() / costed["costed"].sum(), costed["costed"].sum(), "money"
            )
        )
        rows += [
            _count(c, "cost_per_contact", r.cost_per_contact, r.costed, "money", r.channel) for r in costed.itertuples()
        ]
    return findings(c, rows, needs=("interactions",))


def response(c: Company) -> pd.DataFrame:
    """Findings `response_rate`: contacts answered within `policy.contact.respond_within_days`, in total and by channel.

    Wilson interval. Left out are contacts whose days are not over by the end of `as_of`, and channels without any response on
    record, where no answer cannot be told from none noted (D010, D093).
    """
    observed = _observed(_window(c))
    counts = observed.group_by("channel").agg(n=_.count(), k=_.responded.sum()).order_by("channel").execute()
    return _rates(c, "response_rate", counts, ["channel"])


def response_by(c: Company, groups: Expression) -> pd.DataFrame:
    """Findings `response_rate_by_tier` by channel and group ("email · growth"), and over all grouped customers.

    Wilson interval. `groups` has one row per customer with `customer_id` and `tier`; contacts of customers without one are
    left out (D010, D094).
    """
    observed = _observed(_window(c))
    joined = observed.inner_join(groups.select("customer_id", "tier").filter(_.tier.notnull()), "customer_id")
    counts = (
        joined.group_by(["channel", "tier"])
        .agg(n=_.count(), k=_.responded.sum())
        .order_by(["channel", "tier"])
        .execute()
    )
    return _rates(c, "response_rate_by_tier", counts, ["channel", "tier"])


def crossed(rows: pd.DataFrame, *, order: Sequence[str] = TIERS, least: int = 1) -> pd.DataFrame:
    """Findings by channel and tier as a matrix, tiers across in `order`; a cell that rests on fewer than `least` stays empty."""
    parts = rows[rows["segment"].str.contains(SPLIT, regex=False)]
    if parts.empty:
        return pd.DataFrame()
    split = parts["segment"].str.split(SPLIT, n=1, expand=True)
    long = pd.DataFrame({"channel": split[0], "tier": split[1], "value": parts["value"].where(parts["n"] >= least)})
    matrix = long.pivot(index="channel", columns="tier", values="value")
    places = {tier: i for i, tier in enumerate(order)}
    return matrix[sorted(matrix.columns, key=lambda tier: (places.get(tier, len(places)), tier))]


def _window(c: Company) -> Expression:
    """Contacts of the window: `ours`, `observed` (ours, its days to respond over) and `responded` as 0 or 1, and `seconds`."""
    start = first_day(c.as_of, c.policy.tiers.window_months)
    end = ibis.literal(c.as_of + timedelta(days=1), type="date").cast("timestamp(6)").epoch_seconds()
    allowed = c.policy.contact.respond_within_days * DAY
    rows = c.tables.interactions.filter(_["at"].date() >= start).mutate(
        ours=(_.direction == "out").fill_null(False).cast("int64")
    )
    rows = rows.mutate(
        seconds=_.responded_at.epoch_seconds() - _["at"].epoch_seconds(),
        observed=_.ours * (_["at"].epoch_seconds() + allowed <= end).cast("int64"),
    )
    in_time = (_.seconds >= 0) & (_.seconds <= allowed)
    return rows.mutate(responded=_.observed * in_time.fill_null(False).cast("int64"))


def _observed(window: Expression) -> Expression:
    """Contacts whose response, or its absence, is known: their days are over and the channel has a response on record at all."""
    noted = window.group_by("channel").agg(noted=_.responded.sum()).filter(_.noted > 0)
    return window.filter(_.observed == 1).semi_join(noted, "channel")


def _rates(c: Company, kpi: str, counts: pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    if counts.empty:
        return findings(c, needs=("interactions",))
    named = [("", counts["k"].sum(), counts["n"].sum())]
    named += [(SPLIT.join(str(row[p]) for p in parts), row["k"], row["n"]) for row in counts.to_dict("records")]
    rows = []
    for segment, k, n in named:
        estimate = wilson(int(k), int(n), confidence=c.policy.statistics.confidence)
        rows.append(finding(c, kpi, estimate, n=n, segment=segment))
    return findings(c, rows, needs=("interactions",))


def _count(c: Company, kpi: str, value: float, n: float, unit: str, segment: str = "") -> dict[str, object]:
    return finding(c, kpi, (float(value), NAN, NAN), n=n, segment=segment)
