"""What customers began with, and what became of them: who came back and what they brought, by the first product (D004, D067).

The first product is the largest of a newcomer's first basket. Who begins with what is their own choice, so that a first product
that goes with more is a sign and no cause.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from crmlib.facts import products, purchases
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings, marked
from crmlib.models import contrasts
from crmlib.models.contrasts import Sums

HORIZONS = (365, 90, 30)
"""Days after the first order over which its product is followed: the longest for which half of the newcomers were watched."""
SHOWN = 12
"""First products that stand by themselves, the most frequent; the others are put together."""
OTHER = "other_products"
WORTH, UNITS = ("worth", "worth_low", "worth_high"), ("units", "units_low", "units_high")
"""What a newcomer brought: money, or where orders have none units, each with its interval."""
COLUMNS = ["product", "customers", "share", "low", "high", "verdict", "unit"]


def horizon(c: Company) -> int:
    """Days after the first order that are told; 0 where fewer than `policy.statistics.min_n` newcomers were watched for any."""
    old = {str(days): _.count(where=_.first_day <= c.as_of - timedelta(days=days)) for days in HORIZONS}
    row = products.first(c).aggregate(n=_.count(), **old).to_pyarrow().to_pylist()[0]
    enough = [days for days in HORIZONS if row[str(days)] >= max(c.policy.statistics.min_n, row["n"] / 2)]
    return enough[0] if enough else 0


def cohorts(c: Company) -> pd.DataFrame:
    """One row per first product, most frequent first: product, customers, share who came back on a later day within `horizon`
    (low, high: Wilson), verdict (`more`, `less`, `not_enough`: coming back, against all others, at a false discovery rate of one
    less the confidence), unit (of the share), and `WORTH` or `UNITS`: what a newcomer brought within the days.

    Products of fewer than `policy.statistics.min_n` newcomers, and those beyond `SHOWN`, are `OTHER`; nothing where that is all.
    """
    days = horizon(c)
    groups = _grouped(c, days) if days else {}
    groups = groups if len(groups) > 1 else {}
    level, rows = c.policy.statistics.confidence, []
    for name, (back, worth) in groups.items():
        share, money = contrasts.share(back, confidence=level), contrasts.mean(worth, confidence=level)
        rest = contrasts.together(other for other, _worth in (groups[n] for n in groups if n != name))
        p = contrasts.chance(contrasts.shares, back, rest)
        verdict = "more" if share[0] > rest.k / rest.n else "less"
        rows.append((name, int(back.n), *share, verdict, "share", *money, p))
    columns = [*COLUMNS, *_worth(c)]
    frame = pd.DataFrame(rows, columns=[*columns, "p"])
    if len(frame):
        chance = stats.false_discovery_control(frame["p"].to_numpy(dtype=float))
        frame.loc[(chance > 1 - level) | (frame["product"] == OTHER), "verdict"] = "not_enough"
    return marked(c, frame[columns], *_uses(c))


def told(c: Company, begun: pd.DataFrame) -> pd.DataFrame:
    """Findings of `cohorts`: `first_product_days`, and `first_product_return` and `first_product_worth` by product."""
    rows: list[dict[str, Any]] = []
    uses = _uses(c)
    if len(begun):
        rows.append(finding(c, "first_product_days", float(horizon(c)), n=int(begun["customers"].sum()), uses=uses))
    kpi = "first_product_worth" if c.knows("orders.amount") else "first_product_units"
    for row in begun.to_dict("records"):
        base = {"n": row["customers"], "segment": row["product"], "uses": uses}
        rows.append(finding(c, "first_product_return", (row["share"], row["low"], row["high"]), **base))
        rows.append(finding(c, kpi, [row[name] for name in _worth(c)], **base))
    return findings(c, rows, of=("first_product_days",))


def _worth(c: Company) -> tuple[str, ...]:
    return WORTH if c.knows("orders.amount") else UNITS


def _uses(c: Company) -> tuple[str, ...]:
    """What decides on the grain, on the largest of a basket, and on what it brought."""
    return ("lines.category", "lines.amount", "lines.quantity", "orders.refunded")


def _grouped(c: Company, days: int) -> dict[str, tuple[Sums, Sums]]:
    """Who came back, and what they brought, by first product."""
    begun = products.first(c).filter(_.first_day <= c.as_of - timedelta(days=days))
    each = _followed(c, begun, days)
    square = _.worth * _.worth
    counted = each.group_by("item").agg(
        n=_.count(), k=_.count(where=_.is_back), w=_.count(where=_.worth != 0), s=_.worth.sum().cast("float64"),
        ss=square.cast("decimal(38, 6)").sum().cast("float64"), least=_.worth.min().cast("float64"),
    )  # fmt: skip
    frame = counted.order_by([_.n.desc(), _.item]).to_pandas()
    named = (frame["n"] >= c.policy.statistics.min_n) & (np.arange(len(frame)) < SHOWN)
    groups: dict[str, list[tuple[Sums, Sums]]] = {}
    for name, row in zip(frame["item"].where(named, OTHER), frame.itertuples(), strict=True):
        back = Sums(row.n, row.k, row.k, row.k)
        groups.setdefault(name, []).append((back, Sums(row.n, row.w, row.s, row.ss, row.least)))
    return {
        name: (contrasts.together(b for b, _w in parts), contrasts.together(w for _b, w in parts))
        for name, parts in groups.items()
    }


def _followed(c: Company, begun: Any, days: int) -> Any:
    """One row per newcomer: item, is_back, worth (decimal)."""
    visits = purchases.days(c).select(who="customer_id", on="day", brought="net")
    if not c.knows("orders.amount"):
        units = (
            products.baskets(c).group_by(["customer_id", "day"]).agg(brought=_.quantity.sum().cast("decimal(18, 4)"))
        )
        visits = units.select("brought", who="customer_id", on="day")
    both = begun.left_join(visits, begun.customer_id == visits.who)
    after = both.on.delta(both.first_day, unit="day")
    near = ((after >= 0) & (after <= days)).fill_null(False)
    sums = both.group_by(["customer_id", "item"])
    return sums.agg(is_back=(near & (after > 0)).any(), worth=both.brought.sum(where=near).fill_null(0))
