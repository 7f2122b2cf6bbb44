"""Loyalty in deed and in mind, apart: who comes again, and who would want to (Dick and Basu 1994; D070, D071)."""

from __future__ import annotations

import ibis
import pandas as pd
from ibis import _

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import wilson
from crmlib.vocabulary.months import first_day

ITEMS = ("attention_to_brand", "need_satisfaction", "tolerance")
"""Loyalty questions on attitude, answered 1 to 7; the recommendation, 0 to 10, joins them."""
SIDES = {
    (True, True): "true_loyalty",
    (True, False): "spurious_loyalty",
    (False, True): "latent_loyalty",
    (False, False): "no_loyalty",
}
"""Name by loyal behaviour and loyal attitude."""
NEEDS = ("surveys",)


def both_sides(c: Company) -> pd.DataFrame:
    """One row per customer heard within the window: customer_id, orders (days with an order in it), attitude (0 to
    1), side.

     Heard are answers on loyalty or recommendation; each is scaled to 0 to 1 and averaged. Cuts in `policy.loyalty`
    (D070, D071).
    """
    start = first_day(c.as_of, c.policy.tiers.window_months)
    given = c.tables.surveys.filter(_["at"].date() >= start, _.score.notnull())
    asked = (_.instrument == "nps") | ((_.instrument == "loyalty") & _["item"].isin(ITEMS))
    scaled = (_.instrument == "nps").ifelse(_.score / 10, (_.score - 1) / 6).cast("decimal(18, 6)")
    heard = given.filter(asked).mutate(scaled=scaled).group_by("customer_id").agg(sum=_.scaled.sum(), n=_.count())
    days = c.tables.orders.select("customer_id", day=_.ordered_at.date()).filter(_.day >= start).distinct()
    bought = days.group_by("customer_id").agg(orders=_.count())
    joined = heard.left_join(bought, "customer_id").drop("customer_id_right")
    frame = joined.mutate(orders=_.orders.fill_null(ibis.literal(0, "int64"))).order_by("customer_id").to_pandas()
    attitude = frame["sum"].astype(float) / frame["n"].astype(float)
    deed, mind = frame["orders"] >= c.policy.loyalty.repeat_orders, attitude >= c.policy.loyalty.attitude_from
    side = [SIDES[bool(d), bool(m)] for d, m in zip(deed, mind, strict=True)]
    made = pd.DataFrame({"customer_id": frame["customer_id"], "orders": frame["orders"], "attitude": attitude})
    return made.assign(side=pd.Series(side, dtype="object", index=made.index))


def side_findings(c: Company, sides: pd.DataFrame) -> pd.DataFrame:
    """Findings `spurious_share`: loyal in deed only, of those loyal in deed; and `loyalty_side_share`: each of the
    four (Wilson).
    """
    n, level = len(sides), c.policy.statistics.confidence
    if not n:
        return findings(c, needs=NEEDS)
    counts = sides["side"].value_counts().reindex(list(SIDES.values()), fill_value=0)
    come = int(counts["true_loyalty"] + counts["spurious_loyalty"])
    spurious = wilson(counts["spurious_loyalty"], come, confidence=level)
    rows = [finding(c, "spurious_share", spurious, n=come)]
    for side, count in counts.items():
        share = wilson(count, n, confidence=level)
        rows.append(finding(c, "loyalty_side_share", share, n=n, segment=str(side)))
    return findings(c, rows, needs=NEEDS)
