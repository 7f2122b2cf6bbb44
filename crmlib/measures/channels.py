"""What the company's own contacts show about its channels (D082 to D087, D093, D094).

A response rate by channel is an observed association: who is contacted how is chosen, so it is not the channel's effect.
"""

from __future__ import annotations

import pandas as pd

from crmlib.facts import clusters, contacts, tiers, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import clustered_shares, finding, findings, resting
from crmlib.vocabulary.labels import SPLIT
from crmlib.vocabulary.policy import TIERS

NAN = float("nan")


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


def use(c: Company) -> pd.DataFrame:
    """Findings `contacts` and `cost_per_contact` of the same window, in total and by channel (D087, D093)."""
    own = by_channel(c)
    own = own[own["contacts"] > 0]
    costed = own[own["costed"] > 0]
    reached = int(_window(c).filter(_.is_ours).customer_id.nunique().to_pyarrow().as_py())
    sent = [("", own["contacts"].sum(), reached)] if len(own) else []
    sent += list(own[["channel", "contacts", "customers"]].itertuples(index=False, name=None))
    rows = [finding(c, "contacts", n, n=n, segment=channel, customers=of) for channel, n, of in sent]
    spent = (
        [("", costed["cost"].sum() / costed["costed"].sum(), costed["costed"].sum(), reached)] if len(costed) else []
    )
    spent += list(costed[["channel", "cost_per_contact", "costed", "customers"]].itertuples(index=False, name=None))
    rows += [finding(c, "cost_per_contact", cost, n=n, segment=way, customers=of) for way, cost, n, of in spent]
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
