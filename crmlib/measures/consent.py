"""Consent: which contacts one covered, and whom the company may contact today, over which channel and for what (D036, D037).

Consent is for a channel and a purpose and stands until it is withdrawn (PIPL art. 13 to 15, GDPR art. 6 and 7).
"""

from __future__ import annotations

import pandas as pd

from crmlib.facts import contacts, people, reachability
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import among, finding, findings, marked
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import SPLIT

NAN = float("nan")
CHANNELS = {point: [k for k, v in reachability.POINTS.items() if v == point] for point in ("phone", "email", "wechat")}
"""Contact points of a customer, with the channels that use them."""
UNDER_CONTRACT = ("service",)
"""Purposes that rest on the contract with the customer and need no consent of their own."""


def compliance(c: Company) -> pd.DataFrame:
    """Findings `compliance`: contacts from us covered by a consent for their channel and purpose, in total and by channel (D036).

    The consent must stand at the time of the contact. Contacts for a purpose in `UNDER_CONTRACT` need none and are left out, and
    so are those whose purpose is not known or has no name here (`other`), and channels that no consent names; a purpose that
    none names is covered by any on its channel.
    """
    counted = _covered(c).group_by("channel").agg(covered=_.covered.sum(), contacts=_.count())
    frame = counted.order_by("channel").execute()
    whole = [("", frame["covered"].sum(), frame["contacts"].sum()), *frame.itertuples(index=False, name=None)]
    rows = (finding(c, "compliance", k / n, n=n, segment=s) for s, k, n in whole if n)
    return findings(c, rows, of=("compliance",))


def standing(c: Company) -> pd.DataFrame:
    """Standing consents: `channel`, `purpose`, `customers` who consent on the day, and their `share` of the known (D037).

    Empty where no consents are on record.
    """
    by_use = people.consents(c).filter(_.stands).group_by(["channel", "purpose"])
    frame = by_use.agg(customers=_.customer_id.nunique()).order_by(["channel", "purpose"]).execute()
    known = _known(c)
    frame = among(frame.assign(share=frame["customers"] / (known or NAN)).astype({"share": float}), known)
    return marked(c, frame, *KPIS["consent_coverage"].uses)


def matrix(standing: pd.DataFrame) -> pd.DataFrame:
    """The shares of `standing` as a matrix, purposes down and channels across."""
    cells = standing.pivot(index="purpose", columns="channel", values="share")
    cells.attrs = standing.attrs
    return cells


def coverage(c: Company, standing: pd.DataFrame) -> pd.DataFrame:
    """Findings `consent_coverage`: share of the known customers with a standing consent, any and by "channel · purpose", of
    which `standing` (the frame of that name) tells.
    """
    known = _known(c)
    if standing.empty or not known:
        return findings(c, of=("consent_coverage",))
    anyone = int(people.consents(c).filter(_.stands).customer_id.nunique().execute())
    named = standing["channel"].fillna("") + SPLIT + standing["purpose"].fillna("")
    parts = [("", anyone), *zip(named, standing["customers"], strict=True)]
    return findings(c, (finding(c, "consent_coverage", k / known, n=known, segment=s) for s, k in parts))


def at_fault(c: Company, covered: pd.DataFrame) -> pd.DataFrame:
    """Share at fault, `non_compliant`, by `table` and `column`: customers with a valid contact point but no consent for it, and
    contacts that none covered, which `covered` (the findings of `compliance`) tells; no rows without consents (D036).
    """
    given = people.consents(c).filter(_.stands).group_by("customer_id")
    by_point = {f"{p}_given": _.channel.isin(channels).any() for p, channels in CHANNELS.items()}
    joined = people.customers(c).left_join(given.agg(**by_point), "customer_id")
    valid = {p: _.count(where=_[f"has_{p}"]) for p in CHANNELS}
    agreed = {f"{p}_agreed": _.count(where=_[f"has_{p}"] & _[f"{p}_given"]) for p in CHANNELS}
    counted = joined.agg(**valid, **agreed).execute().iloc[0]
    points = [p for p in CHANNELS if c.knows("consents.channel") and counted[p]]
    rows = [("customers", p, 1 - float(counted[f"{p}_agreed"]) / float(counted[p])) for p in points]
    rows += [("interactions", "channel", 1 - float(v)) for v in covered.loc[covered["segment"] == "", "value"]]
    frame = pd.DataFrame(rows, columns=["table", "column", "non_compliant"])
    return marked(c, frame, *KPIS["consent_coverage"].uses)


def _covered(c: Company) -> Table:
    """Contacts from us that need a consent: `channel` and whether one `covered` them (1 or 0); only channels that some names."""
    given = people.consents(c)
    named = {
        use: given.select(use).distinct().order_by(use)[use].to_pandas().tolist() for use in ("channel", "purpose")
    }
    ours = contacts.ours(c).filter(
        _.purpose.notin((*UNDER_CONTRACT, OTHER)), _.channel != OTHER, _.channel.isin(named["channel"])
    )
    both = ours.select("contact_id", "customer_id", "channel", "at", wanted="purpose").inner_join(
        given.select("customer_id", "channel", "granted_at", "withdrawn_at", given="purpose"),
        ["customer_id", "channel"],
    )
    stood = (both.granted_at <= both["at"]) & (both.withdrawn_at.isnull() | (both.withdrawn_at > both["at"]))
    same = both.wanted.notin(named["purpose"]) | (both.wanted == both.given)
    covered = both.filter(stood, same).select("contact_id").distinct()
    marked = ours.left_join(covered, "contact_id")
    return marked.select("channel", covered=marked.contact_id_right.notnull().cast("int64"))


def _known(c: Company) -> int:
    return int(people.everyone(c).count().execute())
