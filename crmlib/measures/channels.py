"""What the company's own contacts show about its channels, beside what the deck says of each (D082 to D087, D093, D094).

A response rate by channel is an observed association: who is contacted how is chosen, so it is not the channel's effect.
"""

from __future__ import annotations

import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts import clusters, contacts, tiers, windows
from crmlib.facts.company import Company
from crmlib.facts.findings import clustered_shares, finding, findings, resting
from crmlib.vocabulary.policy import TIERS

NAN = float("nan")
SPLIT = " · "

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


def by_channel(c: Company) -> pd.DataFrame:
    """What the last `policy.tiers.window_months` months of contacts show, one row per `channel`, most used first.

    `contacts` from us and `customers` they reached, `contacts_in` from customers, `cost` (money) of the `costed` contacts
    whose cost is known, `cost_per_contact` (money, of those), `observed` contacts whose response window is over,
    `response_rate` (share of them), `response_hours` (median, of the responses). NaN where the company does not record it (D087).
    """
    ours = _.is_ours.fill_null(False)
    per_channel = (
        _window(c)
        .group_by("channel")
        .agg(
            contacts=_.is_ours.sum(),
            customers=_.customer_id.nunique(where=ours),
            contacts_in=_.is_theirs.sum(),
            cost=_.cost.sum(where=ours),
            costed=_.cost.count(where=ours),
            observed=_.is_over.sum(),
            response_rate=_.is_answered.mean(),
            seconds=_.answer_seconds.median(where=_.is_answered),
        )
    )
    frame = per_channel.to_pandas()
    ours_known = c.knows("interactions.direction")
    counts = dict.fromkeys(("contacts", "customers", "contacts_in", "observed"), ours_known)
    for name, known in {**counts, "costed": ours_known and c.knows("interactions.cost")}.items():
        frame[name] = frame[name].fillna(0).astype("int64") if known else NAN
    frame = frame.astype({"cost": float, "response_rate": float, "seconds": float})
    frame = frame.sort_values(["contacts", "channel"], ascending=[False, True], kind="stable", ignore_index=True)
    frame["cost_per_contact"] = frame["cost"] / frame["costed"].where(frame["costed"] > 0)
    return frame.assign(response_hours=frame.pop("seconds") / 3600)


def against_deck(c: Company) -> pd.DataFrame:
    """The deck's matrix beside the company's own figures, one row per channel of either (D087)."""
    own = by_channel(c)
    measured = own[["channel", "contacts", "cost_per_contact", "response_hours", "response_rate", "observed"]]
    order = list(dict.fromkeys([*DECK_MATRIX, *own["channel"]]))
    merged = deck_matrix().merge(measured, on="channel", how="outer", sort=False)
    return merged.sort_values("channel", key=lambda names: names.map(order.index), ignore_index=True)


def use(c: Company) -> pd.DataFrame:
    """Findings `contacts` and `cost_per_contact` of the same window, in total and by channel (D087, D093)."""
    own = by_channel(c)
    own = own[own["contacts"] > 0]
    costed = own[own["costed"] > 0]
    sent = [("", own["contacts"].sum()), *zip(own["channel"], own["contacts"], strict=True)] if len(own) else []
    rows = [finding(c, "contacts", n, n=n, segment=channel) for channel, n in sent]
    if len(costed):
        n = costed["costed"].sum()
        rows.append(finding(c, "cost_per_contact", costed["cost"].sum() / n, n=n))
    rows += [
        finding(c, "cost_per_contact", r.cost_per_contact, n=r.costed, segment=r.channel) for r in costed.itertuples()
    ]
    return findings(c, rows, of=("contacts", "cost_per_contact"))


def response(c: Company) -> pd.DataFrame:
    """Findings `response_rate`: contacts answered within `policy.contact.respond_within_days`, in total and by channel.

    Interval by customer, as the contacts of one are alike. Left out are contacts whose days are not over by the end of the
    day, and channels without any response on record, where no answer cannot be told from none noted (D010, D093).
    """
    return _rates(c, "response_rate", _window(c), ["channel"])


def response_by_tier(c: Company) -> pd.DataFrame:
    """Findings `response_rate_by_tier` by channel and tier ("email · growth"), and over all contacts of customers with a tier.

    The tier is the one in which the customer stood when the month of the contact began: today's is partly a result of the
    response. Contacts of customers who had none yet are left out; interval by customer (D010, D094).
    """
    begun = _window(c).mutate(month=_.day.truncate("M"))
    tiered = begun.inner_join(tiers.at_month_starts(c), ["customer_id", "month"])
    return _rates(c, "response_rate_by_tier", tiered, ["channel", "tier"])


def crossed(rows: pd.DataFrame, *, least: int = 1) -> pd.DataFrame:
    """Findings by channel and tier as a matrix, tiers across in their order; empty where it rests on fewer than `least`."""
    parts = rows[rows["segment"].str.contains(SPLIT, regex=False)]
    if parts.empty:
        return pd.DataFrame()
    split = parts["segment"].str.split(SPLIT, n=1, expand=True)
    long = pd.DataFrame({"channel": split[0], "tier": split[1], "value": parts["value"].where(parts["n"] >= least)})
    matrix = long.pivot(index="channel", columns="tier", values="value")
    resting(matrix, dict(zip(zip(split[0], split[1], strict=True), parts["customers"], strict=True)))
    matrix.attrs["without"] = tuple(rows["without"].iloc[0].split())
    places = {tier: i for i, tier in enumerate(TIERS)}
    return matrix[sorted(matrix.columns, key=lambda tier: (places.get(tier, len(places)), tier))]


def _window(c: Company) -> Expression:
    """The contacts of the tiers' window."""
    return contacts.contacts(c).filter(_.day >= windows.start(c))


def _rates(c: Company, kpi: str, rows: Expression, parts: list[str]) -> pd.DataFrame:
    known = rows.filter(_.is_answered.notnull())
    parted = ((SPLIT.join(names), sums) for names, sums in clusters.by_customer_in(known, _.is_answered, parts))
    return clustered_shares(c, kpi, [("", clusters.by_customer(known, _.is_answered)), *parted])
