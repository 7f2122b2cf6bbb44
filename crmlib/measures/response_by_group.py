"""Which channel is answered by whom: response by channel, tier and stage of life at the time, thin cells drawn in (D093, D094).

Cells of a few contacts are noise: each is drawn towards what its channel, its tier and its stage say of it, the more the fewer
customers it rests on (`models.pooling`). An association, not an effect of the channel.
"""

from __future__ import annotations

import pandas as pd
from scipy.special import ndtri

from crmlib.facts import clusters, contacts, tiers, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings
from crmlib.models.pooling import beats, pooled
from crmlib.vocabulary.policy import TIERS

PARTS = ("channel", "tier", "life_stage")


def cells(c: Company, stages: Expression) -> pd.DataFrame:
    """One row per channel, tier and stage at the time with a contact that could be answered: `channel`, `tier`, `life_stage`,
    `observed` (contacts), `customers`, `value` (share answered, as counted), `share` (drawn in) with `low` and `high` (credible),
    `weight` (independent contacts that the pooled share counts as).

    `stages` has `customer_id`, `quarter` (first day) and `life_stage` (`lifecycle.at_quarter_starts`); the tier is that of the
    start of the contact's month. Contacts of customers who had none of the two yet are left out.
    """
    rows = contacts.contacts(c).filter(_.day >= windows.start(c), _.is_answered.notnull())
    rows = rows.mutate(month=_.day.truncate("M"), quarter=_.day.truncate("Q"))
    rows = rows.inner_join(tiers.at_month_starts(c), ["customer_id", "month"])
    rows = rows.inner_join(stages, ["customer_id", "quarter"])
    counted = clusters.by_customer_in(rows, _.is_answered, PARTS)
    frame = pd.DataFrame([names for names, _sums in counted], columns=list(PARTS))
    sums = [part for _names, part in counted]
    frame["observed"] = [int(part.rows) for part in sums]
    frame["customers"] = [int(part.clusters) for part in sums]
    frame["value"] = [part.hits / part.rows for part in sums]
    if frame.empty:
        return frame.assign(share=0.0, low=0.0, high=0.0, cases=0.0)
    # How alike the contacts of a customer are is taken from all cells together: a small one cannot tell.
    effective, rows_in = sum(part.effective for part in sums), sum(part.rows for part in sums)
    cases = frame["observed"] * effective / rows_in
    codes = [pd.factorize(frame[name], sort=True)[0] for name in PARTS]
    told = pooled(frame["value"] * cases, cases, codes, confidence=c.policy.statistics.confidence)
    return frame.assign(share=told.share, low=told.low, high=told.high, cases=cases)


def best(c: Company, frame: pd.DataFrame) -> pd.DataFrame:
    """The channel answered most in each tier and stage: `tier`, `life_stage`, `channel`, `observed` (contacts of the group over
    all channels), `customers` (of the cell), `share` with `low` and `high`, `verdict`.

    `supported`: more likely than not by `policy.statistics.confidence` that it is answered more than the next one; else
    `not_enough`. Groups of one channel only have nothing to be compared with and are left out.
    """
    level, rows = c.policy.statistics.confidence, []
    for (tier, stage), part in frame.groupby(["tier", "life_stage"], sort=False):
        ranked = part.sort_values(["share", "channel"], ascending=[False, True], kind="stable").to_dict("records")
        if len(ranked) < 2 or sum(row["observed"] for row in ranked) < c.policy.statistics.min_n:
            continue
        first, second = ranked[:2]
        surely = beats(_beta(first, level), _beta(second, level)) >= level
        rows.append(
            {
                "tier": tier,
                "life_stage": stage,
                "channel": first["channel"],
                "share": first["share"],
                "low": first["low"],
                "high": first["high"],
                "observed": sum(row["observed"] for row in ranked),
                "customers": first["customers"],
                "verdict": "supported" if surely else "not_enough",
                "unit": "share",
            }
        )
    names = ["tier", "life_stage", "channel", "share", "low", "high", "observed", "customers", "verdict", "unit"]
    told = pd.DataFrame(rows, columns=names)
    places = {tier: i for i, tier in enumerate(TIERS)}
    return told.sort_values(
        ["tier", "life_stage"], key=lambda s: s.map(lambda v: places.get(v, len(places)) if s.name == "tier" else v),
        kind="stable", ignore_index=True,
    )  # fmt: skip


def stated(c: Company, told: pd.DataFrame) -> pd.DataFrame:
    """Finding `best_channel_told`: in how many groups of tier and stage one channel is answered more than the next, n groups."""
    surely = float((told["verdict"] == "supported").sum())
    rows = [finding(c, "best_channel_told", surely, n=len(told))] if len(told) else []
    return findings(c, rows, of=("best_channel_told",))


def _beta(row: dict[str, float], level: float) -> tuple[float, float]:
    """A cell as mean and cases, so wide as its interval says."""

    deviation = (row["high"] - row["low"]) / (2 * float(ndtri(0.5 + level / 2)))
    share = min(max(row["share"], 1e-6), 1 - 1e-6)
    return share, max(share * (1 - share) / max(deviation, 1e-6) ** 2 - 1, 2.0)
