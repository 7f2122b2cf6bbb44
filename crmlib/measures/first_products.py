"""What customers began with, and what became of them: who came back and what they brought, by the first product (D004, D067).

The first product is the largest of a newcomer's first basket. Who begins with what is their own choice, so that a first product
that goes with more is a sign and no cause.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.facts import expressions as ex
from crmlib.facts import products, purchases
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import finding, findings, marked
from crmlib.models import contrasts
from crmlib.models.contrasts import Sums

HORIZONS = (365, 90, 30)
"""Days after the first order over which its product is followed: the longest for which half of the newcomers were watched."""
SHOWN = 12
"""First products that stand by themselves, the most frequent; the others are put together."""
OTHER = "other_products"
BROUGHT = {"worth": ("first_product_worth", "orders.amount"), "units": ("first_product_units", "lines.quantity")}
"""What a newcomer brought: column, figure, and what it needs."""
COLUMNS = ["product", "customers", "share", "low", "high", "verdict", "unit"]


def horizon(c: Company) -> int:
    """Days after the first order that are told; 0 where fewer than `policy.statistics.min_n` newcomers were watched for any."""
    old = {str(days): _.count(where=_.first_day <= c.as_of - timedelta(days=days)) for days in HORIZONS}
    row = products.first(c).aggregate(n=_.count(), **old).to_pyarrow().to_pylist()[0]
    enough = [days for days in HORIZONS if row[str(days)] >= max(c.policy.statistics.min_n, row["n"] / 2)]
    return enough[0] if enough else 0


def cohorts(c: Company) -> pd.DataFrame:
    """One row per first product, most frequent first: product, customers, share who came back on a later day within `horizon`
    (low, high: Wilson), verdict (`more`, `less`, `not_enough`: coming back, against all others, at the policy's false discovery
    rate), unit (of the share), and what a newcomer brought within the days, as far as it is known: `worth` (net
    revenue) and `units`, each with `_low` and `_high`.

    Products of fewer than `policy.statistics.min_n` newcomers, and those beyond `SHOWN`, are `OTHER`; nothing where that is all.
    """
    days = horizon(c)
    groups = _grouped(c, days) if days else {}
    groups = groups if len(groups) > 1 else {}
    level, rows = c.policy.statistics.confidence, []
    for name, (back, *brought) in groups.items():
        rest = contrasts.together(groups[other][0] for other in groups if other != name)
        share, p = contrasts.share(back, confidence=level), contrasts.chance(contrasts.shares, back, rest)
        verdict = "more" if share[0] > rest.k / rest.n else "less"
        means = [end for part in brought for end in contrasts.mean(part, confidence=level)]
        rows.append((name, int(back.n), *share, verdict, "share", *means, p))
    columns = [*COLUMNS, *(name for kind in _known(c) for name in (kind, f"{kind}_low", f"{kind}_high"))]
    frame = pd.DataFrame(rows, columns=[*columns, "p"])
    if len(frame):
        chance = stats.false_discovery_control(frame["p"].to_numpy(dtype=float))
        rate = c.policy.statistics.false_discovery_rate
        frame.loc[(chance > rate) | (frame["product"] == OTHER), "verdict"] = "not_enough"
    frame = marked(c, frame[columns], *_uses(c))
    frame.attrs["days"] = days
    return frame


def told(c: Company, begun: pd.DataFrame) -> pd.DataFrame:
    """Findings of `cohorts`: `first_product_days`, and `first_product_return` and `first_product_worth` by product."""
    rows: list[dict[str, Any]] = []
    uses = _uses(c)
    if len(begun):
        rows.append(
            finding(c, "first_product_days", float(begun.attrs["days"]), n=int(begun["customers"].sum()), uses=uses)
        )
    for row in begun.to_dict("records"):
        base = {"n": row["customers"], "segment": row["product"], "uses": uses}
        rows.append(finding(c, "first_product_return", (row["share"], row["low"], row["high"]), **base))
        for kind in _known(c):
            rows.append(finding(c, BROUGHT[kind][0], [row[kind], row[f"{kind}_low"], row[f"{kind}_high"]], **base))
    return findings(c, rows, of=("first_product_days",))


def _known(c: Company) -> list[str]:
    """Of what newcomers brought, what the company records."""
    return [kind for kind, (_kpi, column) in BROUGHT.items() if c.knows(column)]


def _uses(c: Company) -> tuple[str, ...]:
    """What decides on the grain, on the largest of a basket, and on what it brought."""
    return ("lines.category", "lines.amount", "lines.quantity", "orders.refunded")


def _grouped(c: Company, days: int) -> dict[str, tuple[Sums, ...]]:
    """By first product who came back, and each kind of what they brought."""
    begun = products.first(c).filter(_.first_day <= c.as_of - timedelta(days=days))
    each, kinds = _followed(c, begun, days), _known(c)
    counted = {"n": each.count(), "back": each.is_back.sum()}
    for kind in kinds:
        value = each[kind]
        squares = (value * value).cast("decimal(38, 6)")
        counted |= {
            f"{kind}_k": (value != 0).sum(),
            f"{kind}_s": value.sum(),
            f"{kind}_ss": squares.sum(),
            f"{kind}_least": value.min(),
        }
    frame = each.group_by("item").agg(**counted).order_by([_.n.desc(), _.item]).to_pandas()
    numbers = frame.drop(columns="item").astype(float)
    named = (frame["n"] >= c.policy.statistics.min_n) & (np.arange(len(frame)) < SHOWN)
    groups: dict[str, list[tuple[Sums, ...]]] = {}
    for name, row in zip(frame["item"].where(named, OTHER), numbers.to_dict("records"), strict=True):
        back = Sums(row["n"], row["back"], row["back"], row["back"])
        brought = (Sums(row["n"], *(row[f"{kind}_{part}"] for part in ("k", "s", "ss", "least"))) for kind in kinds)
        groups.setdefault(name, []).append((back, *brought))
    return {name: tuple(map(contrasts.together, zip(*parts, strict=True))) for name, parts in groups.items()}


def _followed(c: Company, begun: Table, days: int) -> Table:
    """One row per newcomer: item, is_back, worth and units (decimal)."""
    none = ex.literal(0).cast(purchases.MONEY)
    orders = purchases.days(c).select(who="customer_id", on="day", net="net", units=none, is_order=True)
    bought = products.baskets(c).select(
        who="customer_id", on="day", net=none, units=_.quantity.fill_null(0).cast(purchases.MONEY), is_order=False
    )
    seen = ex.union(orders.cast({"net": purchases.MONEY}), bought)
    both = begun.left_join(seen, begun.customer_id == seen.who)
    after = both.on.delta(both.first_day, unit="day")
    near = ((after >= 0) & (after <= days)).fill_null(False)
    return both.group_by(["customer_id", "item"]).agg(
        is_back=(near & (after > 0) & both.is_order).any(),
        worth=both.net.sum(where=near).fill_null(0),
        units=both.units.sum(where=near).fill_null(0),
    )
