"""What one contact more brings and costs: answers and opt-outs, what the cap costs, and the best time (D075, D094).

All of it is association: who is written to often is chosen, so the fifth contact goes to other customers than the first.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlib.facts import clusters, contacts, lookups, people, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import finding, findings, marked
from crmlib.models.estimates import clustered, clustered_difference
from crmlib.models.pooling import beats, pooled

MOST: Final = 6
"""From this contact on they are taken together."""
SECONDS: Final = 86_400
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PARTS: Final = {"before_9": 9, "from_9": 12, "from_12": 14, "from_14": 18, "from_18": 21, "after_21": 24}
"""Parts of the day, each to its last hour."""
GROUPS: Final = ("channel", "weekday", "day_part")
TIMES: Final = [
    "channel",
    "weekday",
    "day_part",
    "share",
    "low",
    "high",
    "other_times_share",
    "observed",
    "customers",
    "verdict",
]
TIMED: Final = 0.5
"""Share of contacts with a time of day from which hours are on record at all."""
STATED: Final = ("beyond_cap_contacts", "beyond_cap_answered", "beyond_cap_opted_out")


def by_nth(c: Company) -> pd.DataFrame:
    """One row per number of the contact within 30 days: `nth` (`MOST` and more are one), `observed` (contacts whose
    answer is known), `customers`, `share` answered with `low` and `high` (by customer), and `opted_out_share` with
    `opted_low` and `opted_high`: followed within `policy.contact.respond_within_days` by the wish to hear no more.
    """
    rows, level = _counted(c), c.policy.statistics.confidence
    names = [
        "nth",
        "observed",
        "customers",
        "share",
        "low",
        "high",
        "opted_out_share",
        "opted_low",
        "opted_high",
        "unit",
    ]
    answered = {
        n: s for (n,), s in clusters.by_customer_in(rows.filter(_.is_answered.notnull()), _.is_answered, ["nth"])
    }
    left = {}
    if _opting_known(c):
        left = {n: s for (n,), s in clusters.by_customer_in(rows.filter(_.is_over), _.opted_out, ["nth"])}
    out = []
    for nth in sorted({*answered, *left}, key=int):
        one, other = answered.get(nth), left.get(nth)
        nothing = (np.nan,) * 3
        share = clustered(one, confidence=level) if one else nothing
        opted = clustered(other, confidence=level) if other else nothing
        base = one or other
        assert base is not None
        out.append((int(nth), int(base.rows), int(base.clusters), *share, *opted, "share"))
    return marked(c, pd.DataFrame(out, columns=names), "interactions.opted_out_at", "consents.withdrawn_at")


def beyond_cap(c: Company) -> pd.DataFrame:
    """Findings of the tiers' window: `beyond_cap_contacts` (contacts of ours above `policy.contact.cap_per_30_days`),
    `beyond_cap_answered` (share of them answered, less that of the others) and `beyond_cap_opted_out` (the same of opting out).
    """
    cap = c.policy.contact.cap_per_30_days
    rows = _counted(c).mutate(beyond=_.nth_exact > cap)
    sums = rows.agg(n=_.count(where=_.beyond), customers=_.customer_id.nunique(where=_.beyond)).to_pandas().iloc[0]
    out = [finding(c, STATED[0], float(sums["n"]), n=int(sums["n"]), customers=float(sums["customers"]))]
    compared = {STATED[1]: (rows.is_answered, rows.is_answered.notnull())}
    if _opting_known(c):
        compared[STATED[2]] = (rows.opted_out, rows.is_over)
    for kpi, (hit, there) in compared.items():
        each = rows.filter(there).mutate(hit=hit.cast("int64")).group_by("customer_id")
        sides = {f"{name}_{side}": value for side in ("in", "out") for name, value in (
            ("k", _.hit.sum(where=_.beyond == (side == "out"))), ("n", _.count(where=_.beyond == (side == "out")))
        )}  # fmt: skip
        frame = each.agg(**sides).order_by("customer_id").to_pandas().fillna(0)
        over, under = ((frame[f"k_{side}"], frame[f"n_{side}"]) for side in ("out", "in"))
        if over[1].sum() >= c.policy.statistics.min_n and (over[1] > 0).sum() > 1:
            change = clustered_difference(over, under, confidence=c.policy.statistics.confidence)
            out.append(finding(c, kpi, change, n=int(over[1].sum()), customers=float((over[1] > 0).sum())))
    return findings(c, out if len(rows.limit(1).to_pandas()) else [], of=STATED)


def times(c: Company) -> pd.DataFrame:
    """The time at which each channel is answered most: `channel`, `weekday`, `day_part` (where hours are on record), `share`
    answered with `low` and `high`, `other_times_share` at the channel's other times, `observed` (contacts over the channel),
    `customers` (at that time), `verdict` (`supported`, `not_enough`).

    Shares of few contacts are drawn in. It is told where the best time is ahead of the others with the policy's confidence even
    if it is only the luckiest of so many.
    """
    rows = contacts.contacts(c).filter(_.day >= windows.start(c), _.is_answered.notnull())
    hour = rows["at"].hour()
    known = rows.agg(part=((hour > 0) | (rows["at"].minute() > 0)).mean()).to_pyarrow()["part"][0].as_py()
    part = ex.cases(*((hour < end, name) for name, end in PARTS.items()))
    parted = rows.mutate(
        weekday=rows.day.day_of_week.index().cases(*enumerate(DAYS)),
        day_part=part if (known or 0) >= TIMED else ex.literal(""),
    )
    counted = clusters.by_customer_in(parted, _.is_answered, GROUPS)
    frame = pd.DataFrame([name for name, _sums in counted], columns=list(GROUPS))
    if frame.empty:
        return pd.DataFrame(columns=TIMES)
    sums = [part for _name, part in counted]
    frame["observed"], frame["customers"] = [int(s.rows) for s in sums], [int(s.clusters) for s in sums]
    cases = frame["observed"] * sum(s.effective for s in sums) / sum(s.rows for s in sums)
    hits = np.array([s.hits / s.rows for s in sums]) * cases
    codes = [pd.factorize(frame[name], sort=True)[0] for name in GROUPS]
    told = pooled(hits, cases, codes, confidence=c.policy.statistics.confidence)
    frame = frame.assign(share=told.share, low=told.low, high=told.high)
    each = [row for _name, rows in frame.groupby("channel", sort=True) if (row := _best(c, rows)) is not None]
    best = pd.DataFrame(each, columns=TIMES).sort_values("observed", ascending=False, kind="stable", ignore_index=True)
    return best.drop(columns="day_part") if len(best) and (best["day_part"] == "").all() else best


def _best(c: Company, rows: pd.DataFrame) -> dict[str, Any] | None:
    """The best time of a channel; None where it has one only of enough contacts."""
    rows = rows[rows["observed"] >= c.policy.statistics.min_n]
    if len(rows) < 2:
        return None
    first, *rest = rows.sort_values(["share", *GROUPS], ascending=[False, True, True, True], kind="stable").to_dict(
        "records"
    )
    n = np.array([row["observed"] for row in rest], dtype=float)
    usual = float(np.average([row["share"] for row in rest], weights=n))
    level = c.policy.statistics.confidence
    reach = float(ndtri(0.5 + level / 2))
    deviation = max((first["high"] - first["low"]) / 2 / reach, 1e-6)
    weight = max(first["share"] * (1 - first["share"]) / deviation**2 - 1, 2.0)
    sure = beats((first["share"], weight), (usual, float(n.sum()))) >= 1 - (1 - level) / len(rows)
    told = {
        "other_times_share": usual,
        "observed": int(rows["observed"].sum()),
        "verdict": "supported" if sure else "not_enough",
    }
    return first | told


def _opting_known(c: Company) -> bool:
    return c.knows("interactions.opted_out_at") or c.knows("consents.withdrawn_at")


@lookups.remembered
def _counted(c: Company) -> Table:
    """Contacts of ours in the tiers' window with nth_exact (which contact within 30 days it is), nth (as text), and opted_out.

    Held, as it is read in several ways.
    """
    rows = contacts.ours(c)
    when = rows["at"].epoch_seconds()
    framed = ex.range_window(preceding=contacts.SPAN * SECONDS - 1, following=0, group_by="customer_id", order_by=when)
    rows = rows.mutate(nth_exact=rows.contact_id.count().over(framed))
    rows = rows.mutate(nth=ex.least(rows.nth_exact, MOST).cast("string")).filter(_.day >= windows.start(c))
    wished = [rows.filter(_.opted_out_at.notnull()).select("contact_id", "at", left="opted_out_at")]
    if c.knows("consents.withdrawn_at"):
        gone = (
            people.consents(c)
            .filter(_.withdrawn_at.notnull())
            .select(who="customer_id", way="channel", left="withdrawn_at")
        )
        both = rows.select("contact_id", "customer_id", "channel", "at").inner_join(
            gone, [_.customer_id == gone.who, _.channel == gone.way]
        )
        wished.append(both.select("contact_id", "at", "left"))
    left = ex.union(*wished) if len(wished) > 1 else wished[0]
    after = left.left.epoch_seconds() - left["at"].epoch_seconds()
    left = (
        left.filter((after >= 0) & (after <= c.policy.contact.respond_within_days * SECONDS))
        .select("contact_id")
        .distinct()
    )
    marked_ = rows.left_join(left.mutate(opted_out=ex.literal(True)), "contact_id").drop("contact_id_right")
    return lookups.held(c, "counted", marked_.mutate(opted_out=_.opted_out.fill_null(False)))
