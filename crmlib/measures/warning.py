"""Early warning by the deck's rule: who shows the signs of leaving, which signs can be seen at all (D102, D104, D105)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, marked, share_of, shares_of
from crmlib.facts.risk_rule import REASONS, SIGNALS
from crmlib.facts.risk_rule import signals as signals
from crmlib.vocabulary.policy import TIERS

NAN = float("nan")
RISK = ("at_risk_customers", "at_risk_share")


def at_risk(c: Company, signals: Expression, *, tiers: Expression | None = None) -> pd.DataFrame:
    """Findings: customers at risk, whole and by reason; their share of those the rule can judge; what they brought.

    `signals` is the frame of that name; `tiers` has `customer_id` and `revenue` (money) and adds the last.
    """
    judged = _judgeable(signals)
    frame = judged.group_by("why").agg(judged=_.count(), risky=_.risky.sum()).to_pandas()
    if frame.empty:
        return findings(c, of=RISK)
    n, risky = int(frame["judged"].sum()), int(frame["risky"].sum())
    rows = [
        finding(c, "at_risk_customers", risky, n=n),
        share_of(c, "at_risk_share", risky, n),
    ]
    if tiers is not None:
        worth = judged.filter(_.risky == 1).inner_join(tiers.select("customer_id", "revenue"), "customer_id")
        value = float(worth.revenue.cast("decimal(18, 4)").sum().to_pyarrow().as_py() or 0)
        rows.append(finding(c, "at_risk_value", value, n=risky))
    by_reason = frame.dropna(subset=["why"]).set_index("why")["risky"]
    for why in (w for w in REASONS if w in by_reason):
        rows.append(finding(c, "at_risk_customers", by_reason[why], n=n, segment=why))
    return findings(c, rows)


def by_tier(c: Company, signals: Expression, tiers: Expression) -> pd.DataFrame:
    """Findings `at_risk_share` by tier (as segment), Wilson interval; `tiers` has `customer_id` and `tier` (D066)."""
    judged = _judgeable(signals).inner_join(tiers.select("customer_id", "tier"), "customer_id")
    frame = judged.group_by("tier").agg(n=_.count(), risky=_.risky.sum()).to_pandas().set_index("tier")
    tiered = sorted(frame.index, key=lambda t: (TIERS.index(t) if t in TIERS else len(TIERS), t))
    parts = ((tier, frame["risky"][tier], frame["n"][tier]) for tier in tiered)
    return shares_of(c, "at_risk_share", parts, uses=("orders.refunded",))


def visibility(c: Company, signals: Expression) -> pd.DataFrame:
    """One row per signal without the lapsed: `signal`, `customers_seen` (whom it can be said of), `seen_share`,
    `customers_showing` (whom it holds for; None where it cannot be said of anybody), `read_from` (table and column), and
    `recorded` (whether the company records it). Without logins it is less sure who is lapsed.
    """
    watched = signals.filter(_.state != "lapsed")
    counts = {f"{s}_seen": watched[s].count() for s in SIGNALS} | {f"{s}_showing": watched[s].sum() for s in SIGNALS}
    row = watched.agg(n=watched.count(), **counts).to_pandas().iloc[0].fillna(0)
    seen = [int(row[f"{s}_seen"]) for s in SIGNALS]
    showing = [int(row[f"{s}_showing"]) if n else None for s, n in zip(SIGNALS, seen, strict=True)]
    frame = pd.DataFrame(
        {
            "signal": list(SIGNALS),
            "customers_seen": seen,
            "seen_share": [n / int(row["n"]) if row["n"] else NAN for n in seen],
            "customers_showing": pd.Series(showing, dtype=object),
            "read_from": list(SIGNALS.values()),
            "recorded": [c.knows(column) for column in SIGNALS.values()],
        }
    )
    return marked(c, frame, SIGNALS["silent"])


def _judgeable(signals: Expression) -> Expression:
    return signals.filter(_.state.isin(["at_risk", "steady"])).mutate(risky=(_.state == "at_risk").cast("int64"))
