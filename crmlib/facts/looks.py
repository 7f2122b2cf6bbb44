"""How customers looked at the end of each month, from what was known by then: signs of life, money, trouble (D102, D104).

All month ends come out of one query: what happened is summed by customer and month of being known, laid out month by month, and
summed over the months before by windows. Join by join, the same takes twice as long.
"""

from __future__ import annotations

from typing import Final

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table, Value

from crmlib.facts import lookups, signs
from crmlib.facts.company import Company
from crmlib.models import nbd

PACES: Final = {"pace_15": 0.5, "pace_30": 1.0, "pace_45": 1.5, "pace_90": 3.0}
"""Spans at a month end, in months, whose signs are held against those of the months before."""
HALF: Final = 15
MONTH: Final = 30.44
LN2: Final = 0.6931471805599453
"""Days of the later half of a month, and of a whole one."""
SHORT: Final = 3
"""Months up to which a sum is put together from the months."""
MONEY: Final = 4
"""Decimals of money."""
LIVED: Final = ("first_sign", "last_sign", "days")
PRIORS: Final = 5_000
"""Customers of a month end from whose gaps the prior of all is fitted."""
STATES: Final = ("alive", "overdue", "gone")
"""Alive: silent no longer than the own rhythm allows. Overdue: longer, to be won back. Gone: so long that few come back."""


def features(c: Company) -> tuple[str, ...]:
    """Names of what is known of a customer at a month end, of what the company records."""
    there, counted = signs.kinds(c), signs.values(c)
    by_kind = (
        [f"{what}_{kind}" for kind in there for what in (*PACES, "usual", "since", "missed")] if len(there) > 1 else []
    )
    more = {
        "orders": ("order_days",) if "order" in there else (),
        "net": ("net_3", "net_12", "net_change"),
        "discounted": ("discounted_share",),
        "cases": ("cases_3",),
        "complaints": ("complaints_3",),
        "open_cases": ("open_cases",),
        "refunds": ("refunds_3",),
        "goodbyes": ("goodbyes_3",),
        "errors": ("errors_3",),
    }
    always = ("silence", "beyond", "usual_gap", "tenure", *PACES, "days_12")
    return (*always, *by_kind, *(name for value, names in more.items() if value in counted for name in names))


def at_month_ends(c: Company, months: int, *, step: int = 1) -> Table:
    """One row per customer and month end on which they had shown a sign of life: customer_id, back (months before the company's
    day), at (that day), first_sign, last_sign, days (with one), state (`STATES`), allowed (days of silence that the own rhythm
    allows), where orders are on record first_order and last_order, lately (days with a sign in the last month, and by
    kind), and the `features`.

    Own rhythm: gaps are exponential at a rate of the customer's own, drawn in to all customers' by a gamma prior (Lomax gaps),
    which is fitted anew at each month end. The sum of n gaps stands for n + 1 n-ths of itself: signs spread evenly over a time
    leave that much of it after the last. `step`: of all customers every so many-th only, by what their life holds.
    """
    laid = _laid_out(c, months, step)
    return _features(c, _placed(c, laid, months))


def _laid_out(c: Company, months: int, step: int) -> Table:
    """By customer and month end what was summed and last seen until then."""
    there, counted = signs.kinds(c), signs.values(c)
    rows = signs.happenings(c)
    rows = rows.mutate(back=signs.periods_back(c, rows.known_on))
    kinds = {f"is_{kind}": (_.kind == kind).any().cast("int64") for kind in there} if len(there) > 1 else {}
    by_day = rows.group_by("customer_id", "day", "back").agg(
        is_sign=_.kind.notnull().any().cast("int64"), **kinds, **{name: _[name].sum() for name in counted}
    )
    flags = [*kinds] or ["is_sign"]
    by_day = by_day.mutate(
        is_late=(by_day.back > signs.periods_back(c, by_day.day + ibis.interval(days=HALF))).cast("int64")
    )
    seen = {
        "days": _.is_sign.sum(),
        "first_sign": _.day.min(where=_.is_sign == 1),
        "last_sign": _.day.max(where=_.is_sign == 1),
    }
    seen["late"] = (_.is_sign * _.is_late).sum()
    own = {f"days_{f.removeprefix('is_')}": _[f].sum() for f in kinds}
    own |= {f"late_{f.removeprefix('is_')}": (_[f] * _.is_late).sum() for f in kinds}
    own |= {f"last_{f.removeprefix('is_')}": _.day.max(where=_[f] == 1) for f in kinds}
    own |= {"first_order": _.day.min(where=_[flags[0]] == 1)} if "order" in there else {}
    by_month = by_day.group_by("customer_id", "back").agg(
        **seen, **own, **{name: _[name].fill_null(0).sum() for name in counted}
    )
    grid = _grid(c, by_month, months, step)
    wide = grid.left_join(by_month, ["customer_id", "back"]).drop("customer_id_right", "back_right")
    return _summed(c, wide, months)


def _grid(c: Company, by_month: Table, months: int, step: int) -> Table:
    """Every month of every customer from the first on, but no more than the spans before the first month end need."""
    each = by_month.group_by("customer_id").agg(
        since=_.back.max(), first_sign=_.first_sign.min(), last_sign=_.last_sign.max(), days=_.days.sum()
    )
    each = each.filter(_.first_sign.notnull())
    if step > 1:
        placed = ibis.row_number().over(ibis.window(order_by=[*LIVED, "customer_id"]))
        each = each.mutate(place=placed).filter(_.place % step == c.policy.statistics.seed % step)
    return each.select("customer_id", back=ibis.range(0, each.since + 1).unnest())


def _summed(c: Company, wide: Table, months: int) -> Table:
    there, counted = signs.kinds(c), signs.values(c)
    before = ibis.window(group_by="customer_id", order_by=ibis.desc("back"))
    so_far = ibis.window(group_by="customer_id", order_by=ibis.desc("back"), preceding=None, following=0)

    def over(span: int) -> ibis.expr.builders.WindowBuilder:
        return ibis.window(group_by="customer_id", order_by=ibis.desc("back"), preceding=span - 1, following=0)

    def back(name: str, n: int) -> Value:
        return wide[name].lag(n).over(before).fill_null(0)

    def total(name: str, span: int) -> Value:
        if span <= SHORT:
            # A few rows back are looked up in half the time that a sum over a frame takes, and there are dozens of these.
            each = [wide[name].fill_null(0), *(back(name, n) for n in range(1, span))]
            summed = sum(each[1:], each[0])
        else:
            summed = wide[name].sum().over(over(span)).fill_null(0)
        # The last digit of a sum of money hangs on the order in which threads add it up, and a model must not.
        return summed.round(MONEY) if name == "net" else summed

    several = len(there) > 1
    sums: dict[str, Value] = {}
    for kind in ("", *(f"_{kind}" for kind in there if several)):
        days, late = f"days{kind}", f"late{kind}"
        sums |= {f"days_{span}{kind}": total(days, span) for span in (1, 3, 12)}
        sums |= {late: wide[late].fill_null(0), f"late_before{kind}": back(late, 1)}
    for kind in there if several else ():
        sums[f"last_{kind}"] = wide[f"last_{kind}"].max().over(so_far)
    if "order" in there:
        sums["first_order"] = wide.first_order.min().over(so_far)
        sums["order_days"] = wide["days_order" if several else "days"].sum().over(so_far).fill_null(0)
    for name in counted:
        if name == "open_cases":
            sums[name] = wide[name].sum().over(so_far).fill_null(0)
        elif name in ("net", "orders", "discounted"):
            sums[f"{name}_12"] = total(name, 12)
        if name not in ("open_cases", "orders", "discounted"):
            sums[f"{name}_3"] = total(name, 3)
    lived = {"first_sign": wide.first_sign.min(), "last_sign": wide.last_sign.max(), "days": wide.days.sum()}
    told = wide.select("customer_id", "back", **{n: v.over(so_far) for n, v in lived.items()}, **sums)
    return told.filter(told.back < months, told.first_sign.notnull())


def _placed(c: Company, laid: Table, months: int) -> Table:
    """With the own rhythm: how long a silence it allows, and the state that the present silence makes."""
    held = lookups.held(c, "laid_out", laid)
    counts = held.filter(_.days > 1).select("back", x=_.days - 1, T=_.last_sign.delta(_.first_sign, unit="day"))
    priors = _priors(c, counts.group_by("back", "x", "T").agg(customers=_.count()).to_pandas(), months)
    looked = ibis.memtable(
        priors, schema=ibis.schema({"back": "int64", "at": "date", "shape": "float64", "scale": "float64"})
    )
    both = held.inner_join(looked, "back")
    x = both.days - 1
    T = (both.last_sign.delta(both.first_sign, unit="day") * (1 + 1 / x.nullif(0))).fill_null(0.0)
    silence = both["at"].delta(both.last_sign, unit="day").cast("float64")
    allowed = (both.scale + T) * ((-np.log(c.policy.risk.alive_from) / (both.shape + x)).exp() - 1)
    told = both.mutate(silence=silence, allowed=allowed, usual_gap=(both.scale + T) / (both.shape + x))
    beyond = told.silence / told.allowed
    state = ibis.cases((beyond <= 1, STATES[0]), (beyond <= c.policy.risk.gone_times, STATES[1]), else_=STATES[2])
    return told.mutate(beyond=beyond, state=state)


def _priors(c: Company, counts: pd.DataFrame, months: int) -> pd.DataFrame:
    """Shape and scale of the gamma distribution of the customers' rates of signs, by month end; where gaps are too few to fit one
    everybody's gaps are taken together, and where there are none the month end is left out.
    """
    rows = []
    for back in range(months):
        own = counts[counts["back"] == back].sort_values(["x", "T"])
        if not len(own):
            continue
        summary = own.loc[own.index.repeat(own["customers"])] if len(own) < PRIORS else own
        summary = summary.iloc[:: max(1, len(summary) // PRIORS)]
        span = summary["T"] * (1 + 1 / summary["x"])
        known = pd.DataFrame({"frequency": summary["x"], "recency": summary["T"], "T": span, "time_unit": "days"})
        fit = nbd.fit(known).fit
        shape, scale = fit.values if fit.usable else (summary["x"].sum(), span.sum())
        rows.append((back, signs.month_end(c, back), float(shape), float(scale)))
    return pd.DataFrame(rows, columns=["back", "at", "shape", "scale"])


def _features(c: Company, rows: Table) -> Table:
    there, counted = signs.kinds(c), signs.values(c)
    told = {"tenure": rows["at"].delta(rows.first_sign, unit="day").cast("float64")}
    for kind in ("", *(f"_{kind}" for kind in there if len(there) > 1)):
        told |= {f"{name}{kind}": _pace(rows, kind, span) for name, span in PACES.items()}
    for kind in there if len(there) > 1 else ():
        since = rows["at"].delta(rows[f"last_{kind}"], unit="day").cast("float64")
        usual = rows[f"days_12_{kind}"] / ibis.least(ibis.greatest(told["tenure"] / MONTH, 1.0), 12.0)
        told |= {f"since_{kind}": since, f"usual_{kind}": usual, f"missed_{kind}": since / MONTH * usual}
    if "net" in counted:
        told["net_change"] = rows.net_3 / (rows.net_12 / 4 + 1)
    if "discounted" in counted:
        told["discounted_share"] = rows.discounted_12 / rows.orders_12.nullif(0)
    if "order" in there:
        told["last_order"] = rows["last_order"] if len(there) > 1 else rows.last_sign
    for kind in ("", *(f"_{kind}" for kind in there if len(there) > 1)):
        told[f"lately{kind}"] = rows[f"days_1{kind}"]
    rows = rows.mutate(**told)
    names = features(c)
    keep = ["customer_id", "back", "at", "first_sign", "last_sign", "days", "state", "allowed"]
    orders = ["first_order", "last_order"] if "order" in there else []
    words = ["lately", *(f"lately_{kind}" for kind in there if len(there) > 1)]
    return rows.select(*keep, *orders, *words, **{name: rows[name].cast("float64") for name in names})


def _pace(rows: Table, kind: str, span: float) -> Value:
    """Evidence, as a log likelihood ratio of counts (Poisson), that signs have come half as often in the last `span` months as in
    the other months of the year before them; null for who was there for fewer than two months before.
    """
    lately = {
        0.5: rows[f"late{kind}"],
        1.0: rows[f"days_1{kind}"],
        1.5: rows[f"days_1{kind}"] + rows[f"late_before{kind}"],
        3.0: rows[f"days_3{kind}"],
    }[span]
    before = ibis.least(rows["at"].delta(rows.first_sign, unit="day") / MONTH, 12.0) - span
    expected = (rows[f"days_12{kind}"] - lately) / before * span
    return (before >= 2).ifelse(expected / 2 - lately * LN2, ibis.null("float64"))
