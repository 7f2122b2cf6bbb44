"""Consent: which contacts one covered, and whom the company may contact today, over which channel and for what (D036, D037).

Consent is for a channel and a purpose and stands until it is withdrawn (PIPL art. 13 to 15, GDPR art. 6 and 7).
"""

from __future__ import annotations

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings

NAN = float("nan")
SPLIT = " · "
CONTACT_POINTS = {"phone": ("phone", "sms"), "email": ("email",), "wechat": ("wechat", "wecom")}
"""Contact points of a customer, with the channels that use them."""
UNDER_CONTRACT = ("service",)
"""Purposes that rest on the contract with the customer and need no consent of their own."""


def compliance(c: Company) -> pd.DataFrame:
    """Findings `compliance`: contacts from us covered by a consent for their channel and purpose, in total and by channel (D036).

    The consent must stand at the time of the contact. Contacts for a purpose in `UNDER_CONTRACT` need none and are
    left out, and so are channels that no consent names; a purpose that none names is covered by any on its channel.
    """
    frame = (
        _covered(c).group_by("channel").agg(contacts=_.count(), covered=_.covered.sum()).order_by("channel").execute()
    )
    whole = [
        ("", frame["covered"].sum(), frame["contacts"].sum()),
        *frame[["channel", "covered", "contacts"]].itertuples(index=False, name=None),
    ]
    return findings(
        c,
        (finding(c, "compliance", (k / n, NAN, NAN), n=n, segment=s) for s, k, n in whole if n),
        needs=("interactions", "consents"),
    )


def standing(c: Company) -> pd.DataFrame:
    """Standing consents: `channel`, `purpose`, `customers` who consent on `as_of`, and their `share` of the known (D037).

    Empty where no consents are held.
    """
    standing = c.tables.consents.filter(_.withdrawn_at.isnull())
    counted = standing.group_by(["channel", "purpose"]).agg(customers=_.customer_id.nunique())
    frame = counted.order_by(["channel", "purpose"]).execute()
    known = _known(c)
    return frame.assign(share=frame["customers"] / known if known else NAN).astype({"share": float})


def coverage(c: Company) -> pd.DataFrame:
    """Findings `consent_coverage`: share of the known customers with a standing consent, any and by "channel · purpose"."""
    known = _known(c)
    frame = standing(c)
    if frame.empty or not known:
        return findings(c, needs=("consents",))
    anyone = int(c.tables.consents.filter(_.withdrawn_at.isnull()).customer_id.nunique().execute())
    named = frame["channel"].fillna("") + SPLIT + frame["purpose"].fillna("")
    parts = [("", anyone), *zip(named, frame["customers"], strict=True)]
    return findings(
        c,
        (finding(c, "consent_coverage", (k / known, NAN, NAN), n=known, segment=s) for s, k in parts),
        needs=("consents",),
    )


def at_fault(c: Company, covered: pd.DataFrame) -> pd.DataFrame:
    """Share at fault, `non_compliant`, by `table` and `column`: customers with a valid contact point but no consent for it, and
    contacts that none covered, which `covered` (the findings of `compliance`) tells; no rows without consents (D036).
    """
    given = c.tables.consents.filter(_.withdrawn_at.isnull()).group_by("customer_id")
    by_point = {f"{p}_given": _.channel.isin(list(c)).fill_null(False).any() for p, c in CONTACT_POINTS.items()}
    people = c.tables.customers.left_join(given.agg(**by_point), "customer_id")
    sums = {f"{p}_held": (_[f"{p}_status"] == "valid").sum().fill_null(0) for p in CONTACT_POINTS}
    sums |= {p: _.count(where=(_[f"{p}_status"] == "valid") & _[f"{p}_given"].fill_null(False)) for p in CONTACT_POINTS}
    counted = people.agg(asked=c.tables.consents.count().as_scalar(), **sums).execute().iloc[0]
    points = [p for p in CONTACT_POINTS if counted["asked"] and counted[f"{p}_held"]]
    rows = [("customers", p, 1 - float(counted[p]) / float(counted[f"{p}_held"])) for p in points]
    whole = covered.loc[covered["segment"] == "", "value"]
    rows += [("interactions", "channel", 1 - float(value)) for value in whole]
    return pd.DataFrame(rows, columns=["table", "column", "non_compliant"])


def _covered(c: Company) -> Expression:
    """Contacts from us that need a consent: `channel` and whether one `covered` them; only channels that some consent names."""
    ours = c.tables.interactions.filter(
        _.direction == "out", _.purpose.isnull() | _.purpose.notin(list(UNDER_CONTRACT))
    )
    held = c.tables.consents
    named = {c: held.select(c).distinct().order_by(c)[c].to_pandas().tolist() for c in ("channel", "purpose")}
    ours = ours.filter(_.channel.isin(named["channel"]))
    both = ours.select("interaction_id", "customer_id", "channel", "at", wanted="purpose").inner_join(
        held.select("customer_id", "channel", "granted_at", "withdrawn_at", given="purpose"), ["customer_id", "channel"]
    )
    stood = (both.granted_at <= both["at"]) & (both.withdrawn_at.isnull() | (both.withdrawn_at > both["at"]))
    same = both.wanted.isnull() | both.wanted.notin(named["purpose"]) | (both.wanted == both.given)
    with_consent = both.filter(stood, same).select("interaction_id").distinct().mutate(covered=ibis.literal(1))
    return ours.left_join(with_consent, "interaction_id").select("channel", covered=_.covered.fill_null(0))


def _known(c: Company) -> int:
    if "customers" in c.missing:
        return int(c.tables.orders.customer_id.nunique().execute())
    return int(c.tables.customers.count().execute())
