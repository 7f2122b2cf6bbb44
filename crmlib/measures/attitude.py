"""Loyalty in deed and in mind, apart: who comes again, and who would want to (Dick and Basu 1994; D070, D071)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import answers, purchases, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import findings, share_of

ITEMS = ("attention_to_brand", "need_satisfaction", "tolerance")
"""Loyalty questions on attitude, answered 1 to 7; the recommendation, 0 to 10, joins them."""
SIDES = {
    (True, True): "true_loyalty",
    (True, False): "spurious_loyalty",
    (False, True): "latent_loyalty",
    (False, False): "no_loyalty",
}
"""Name by loyal behaviour and loyal attitude."""
KPIS = ("spurious_share", "loyalty_side_share")


def both_sides(c: Company) -> pd.DataFrame:
    """One row per customer heard within the window: customer_id, orders (days with an order in it), attitude (0 to
    1), side.

     Heard are answers on loyalty or recommendation; each is scaled to 0 to 1 and averaged. Cuts in `policy.loyalty`
    (D070, D071).
    """
    given = answers.answers(c).filter(_.day >= windows.start(c), _.scaled.notnull())
    asked = (_.instrument == "nps") | ((_.instrument == "loyalty") & _["item"].isin(ITEMS))
    heard = given.filter(asked).group_by("customer_id").agg(sum=_.scaled.sum(), n=_.count())
    days = purchases.days(c).filter(_.day >= windows.start(c)).group_by("customer_id").agg(orders=_.count())
    joined = heard.left_join(days, "customer_id").drop("customer_id_right")
    frame = joined.mutate(orders=_.orders.fill_null(ex.literal(0, "int64"))).order_by("customer_id").to_pandas()
    attitude = frame["sum"].astype(float) / frame["n"].astype(float)
    deed, mind = frame["orders"] >= c.policy.loyalty.repeat_orders, attitude >= c.policy.loyalty.attitude_from
    side = [SIDES[bool(d), bool(m)] for d, m in zip(deed, mind, strict=True)]
    made = pd.DataFrame({"customer_id": frame["customer_id"], "orders": frame["orders"], "attitude": attitude})
    return made.assign(side=pd.Series(side, dtype="object", index=made.index))


def side_findings(c: Company, sides: pd.DataFrame) -> pd.DataFrame:
    """Findings `spurious_share`: loyal in deed only, of those loyal in deed; and `loyalty_side_share`: each of the
    four (Wilson).
    """
    n = len(sides)
    if not n:
        return findings(c, of=KPIS)
    counts = sides["side"].value_counts().reindex(list(SIDES.values()), fill_value=0)
    come = int(counts["true_loyalty"] + counts["spurious_loyalty"])
    rows = [share_of(c, "spurious_share", counts["spurious_loyalty"], come)]
    for side, count in counts.items():
        rows.append(share_of(c, "loyalty_side_share", count, n, segment=str(side)))
    return findings(c, rows, of=KPIS)
