"""Why customers stay: six types of loyalty, with "unknown" allowed, and whether they foretell what a price rise does.

Types come from the definitions in `crmlib.vocabulary.loyalty_signs` and the cuts in `policy.loyalty`; those of use and notice are
relative to the company's own customers, so that it does not matter how much of it is logged (D070 to D074).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crmlib.facts import answers, contacts, purchases, use, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, marked, share_of, sized
from crmlib.models.estimates import ratio_of_sums
from crmlib.models.fitting import Array
from crmlib.models.loyalty_signs import above, agreeing, likelihoods, stated
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.loyalty_signs import HIGH, SIGNS, TYPES, UNKNOWN, WAYS

NAN = float("nan")
AGREES_FROM = 5
"""Answer of 1 to 7 from which someone agrees."""
PRICE_DAYS = 180
"""Days before and after a price rise that are compared."""
ANSWERS = {
    "price_matters": "price_sensitivity",
    "watches_rivals": "attention_to_competitors",
    "brand_matters": "attention_to_brand",
}
FROM_ORDERS = ("discounted_orders", "coupon_sized", "bought_only_here")
"""Signs that orders alone give: they say what is bought, and a type says why, so one sign more is needed."""
READS: dict[str, tuple[str, ...]] = {
    "discounted_orders": ("orders.discount",),
    "coupon_sized": ("orders.discount",),
    "bought_only_here": ("orders.category",),
    "visits": ("activity.logins",),
    "clicks_per_login": ("activity.logins", "activity.events"),
    "notices_contacts": ("interactions.direction", "interactions.opened_at"),
    **dict.fromkeys(("detractor", "promoter", *ANSWERS), ("surveys.score",)),
}
"""What each sign is read from; where contacts opened are not recorded, those answered say the same of fewer."""
RELATIVE = ("visits", "clicks_per_login", "notices_contacts")
"""Signs whose cut is relative to the company's own customers."""
SHIFTS = (0.7, 1 / 0.7)
"""What those cuts are multiplied by, one at a time, to see who would be of another type."""
AGREE, MOST = 2 / 3, 0.9
"""Share of the sure signs that must speak for a type; the highest cut of a share."""
MONEY = ("revenue", "coupon_revenue", "coupon_list_value", "coupon_margin", "coupon_margin_of")


@dataclass(frozen=True)
class Types:
    """`customers`: one row per customer with an order in the tiers' window, in order of id: customer_id, loyalty_type
    (or unknown), probability (stated, of the likeliest type), money in the window (revenue net of refunds; of it
    coupon_revenue at a discount of coupon size, coupon_list_value without the discount, coupon_margin where known and
    the coupon_margin_of that belongs to it), and the probability of each type. `evidence`: the signs seen.
    """

    customers: pd.DataFrame
    evidence: pd.DataFrame


def evidence(c: Company) -> pd.DataFrame:
    """One row per customer with an order in the tiers' window: per sign `<sign>` (cases seen) and `<sign>_of` (of how
    many).

    Read from `policy.loyalty.evidence_months`; what was not seen of a customer, or is not recorded at all, is 0 of 0.
    """
    start = windows.last(c, c.policy.loyalty.evidence_months)
    rows = _bought(c, start)
    for more in (_used(c, start), _noticed(c, start), _answered(c, start)):
        rows = rows.left_join(more, "customer_id").drop("customer_id_right")
    frame = rows.order_by("customer_id").to_pandas()
    counts = [f"{s.name}{end}" for s in SIGNS for end in ("", "_of")]
    frame[counts] = frame[counts].astype(float).fillna(0.0)
    return frame[["customer_id", *MONEY, *counts]].astype(dict.fromkeys(MONEY, float))


def types(c: Company) -> Types:
    """The likeliest reason of each customer to stay, where at least two signs were seen, one of them beyond orders, they do not
    disagree (`AGREE`), and they are sure enough together even if the company's own levels lay elsewhere (`SHIFTS`); else
    unknown (D072).
    """
    seen, limits = evidence(c), c.policy.loyalty
    cuts = _cuts(c, seen)
    sure = _sure(seen, cuts)
    shifted = [{**cuts, name: cuts[name] * by} for name in RELATIVE for by in SHIFTS]
    likely = stated([likelihoods(one, WAYS) for one in (sure, *(_sure(seen, other) for other in shifted))])
    best = likely.argmax(axis=1) if len(seen) else np.zeros(0, dtype=int)
    top = likely.max(axis=1) if len(seen) else np.zeros(0)
    there = pd.DataFrame({s.name: (seen[f"{s.name}_of"] > 0) & (cuts[s.name] > 0) for s in SIGNS})
    enough = (there.sum(axis=1) > 1) & there.drop(columns=list(FROM_ORDERS)).any(axis=1)
    enough &= agreeing(sure, WAYS, best) >= AGREE
    given = np.where((top >= limits.sure_from) & enough.to_numpy(), np.array(TYPES, dtype=object)[best], UNKNOWN)
    made = seen[["customer_id", *MONEY]].assign(
        loyalty_type=given, probability=top, **dict(zip(TYPES, likely.T, strict=True))
    )
    return Types(marked(c, made, *KPIS["driver_revenue"].uses), seen)


def signs(c: Company, given: Types) -> pd.DataFrame:
    """How each type is known: per sign its cut, the company's own median and n customers it is seen of, above or below by
    type, and lacking: the column that a sign needs and the company does not record.
    """
    rows = []
    for sign, cut in zip(SIGNS, _cuts(c, given.evidence).values(), strict=True):
        of = given.evidence[f"{sign.name}_of"]
        seen = (given.evidence[sign.name] / of)[of > 0]
        unit = "share" if sign.kind == "share" else "ratio"
        way = {t: ("above_cut" if sign.types[t] == HIGH else "below_cut") if t in sign.types else None for t in TYPES}
        lacking = next((name for name in READS[sign.name] if not c.knows(name)), None)
        rows.append((sign.name, cut, seen.median(), len(seen), *way.values(), lacking, unit))
    frame = pd.DataFrame(rows, columns=["sign", "cut", "own_median", "n", *TYPES, "lacking", "unit"])
    frame.attrs["codes"] = TYPES
    return frame


def sizes(given: Types) -> pd.DataFrame:
    """One row per type and for unknown, empty ones too: loyalty_type, customers, customer_share, revenue,
    net_revenue_share, mean_revenue. No row where nobody's type is known.
    """
    every = given.customers.groupby("loyalty_type")["revenue"].agg(customers="count", revenue="sum").round(2)
    frame = sized(every, (*TYPES, UNKNOWN))
    frame.attrs = given.customers.attrs
    return frame if frame.loc[frame["loyalty_type"] != UNKNOWN, "customers"].any() else frame.head(0)


def type_findings(c: Company, given: Types) -> pd.DataFrame:
    """Findings `loyalty_type_known_share` (Wilson) of the buyers in the window, and `loyalty_type_share` of those
    known, by type.
    """
    known = given.customers.loc[given.customers["loyalty_type"] != UNKNOWN, "loyalty_type"]
    n = len(given.customers)
    if known.empty:
        return findings(c, [finding(c, "loyalty_type_known_share", NAN, n=0)])
    rows = [share_of(c, "loyalty_type_known_share", len(known), n)]
    for name, count in known.value_counts().reindex(TYPES, fill_value=0).items():
        rows.append(share_of(c, "loyalty_type_share", count, len(known), segment=str(name)))
    return findings(c, rows)


def price_response(c: Company) -> pd.DataFrame:
    """Findings `price_response`: orders in the 180 days from the last price rise over those in the 180 days before
    it, by the type that each customer had on the day before. The types know nothing of what came after, so this tests
    them (D072).

    Delta method over customers with an order in the days before. Below 1 in every type, as some leave anyway:
    compare types. No rows without `policy.loyalty.price_rise_on`, or before its days are over.
    """
    rise, span = c.policy.loyalty.price_rise_on, timedelta(days=PRICE_DAYS)
    if rise is None or rise + span > c.as_of:
        return findings(c, of=("price_response",))
    then = types(c.at(rise - timedelta(days=1))).customers
    near = purchases.orders(c).filter(_.day >= rise - span, _.day < rise + span).group_by("customer_id")
    counts = near.agg(before=(_.day < rise).sum(), after=(_.day >= rise).sum()).order_by("customer_id").to_pandas()
    both = then[["customer_id", "loyalty_type"]].merge(counts[counts["before"] > 0], on="customer_id")
    rows = []
    for segment in ("", *TYPES):
        part = both if not segment else both[both["loyalty_type"] == segment]
        ratio = _ratio(part["after"].astype(float), part["before"].astype(float), c.policy.statistics.confidence)
        if len(part):
            rows.append(finding(c, "price_response", ratio, n=len(part), segment=segment))
    return findings(c, rows, of=("price_response",))


def _ratio(over: pd.Series, under: pd.Series, level: float) -> tuple[float, float, float]:
    each = {"a": over, "b": under, "a.a": over * over, "a.b": over * under, "b.b": under * under}
    return ratio_of_sums({name: float(v.sum()) for name, v in each.items()}, ("a",), ("b",), confidence=level)


def _sure(seen: pd.DataFrame, cuts: dict[str, float]) -> list[Array]:
    """Of each sign how sure it is that a customer lies above its cut."""
    reached = {s.name: cuts[s.name] if s.kind == "rate" else min(cuts[s.name], MOST) for s in SIGNS}
    return [
        above(seen[s.name], seen[f"{s.name}_of"], reached[s.name], rate=s.kind == "rate", presence=s.presence)
        for s in SIGNS
    ]


def _cuts(c: Company, seen: pd.DataFrame) -> dict[str, float]:
    """The cut of each sign. What is logged, and how much of it, is each company's own: those of use and of notice are a multiple
    of its median customer's. NaN, which tells nothing, where that is nought or fewer than `statistics.min_n` show it.
    """
    cut = c.policy.loyalty
    own = {
        "visits": cut.visits_of_usual,
        "clicks_per_login": cut.clicks_of_usual,
        "notices_contacts": cut.notices_of_usual,
    }
    relative = {}
    for name in RELATIVE:
        shown = (seen[name] / seen[f"{name}_of"])[seen[f"{name}_of"] > 0]
        usual = float(shown.median()) if len(shown) >= c.policy.statistics.min_n else NAN
        relative[name] = own[name] * usual if usual > 0 else NAN
    return {
        **dict.fromkeys((s.name for s in SIGNS), 0.5),
        "discounted_orders": cut.discounted_from,
        "coupon_sized": cut.coupon_share_from,
        "bought_only_here": cut.only_here_from,
        **relative,
    }


def _bought(c: Company, start: date) -> Expression:
    """Who ordered in the tiers' window: their money in it, and what their orders since `start` are signs of."""
    cut, nothing = c.policy.loyalty, ex.literal(0).cast(purchases.MONEY)
    coupon = ((_.discount >= cut.coupon_from) & (_.discount < 1)).fill_null(False)
    listed = (_.net.cast("float64") / (1 - _.discount.cast("float64"))).cast(purchases.MONEY)
    recent = purchases.recent(c).mutate(coupon=coupon).mutate(listed=ex.cases((_.coupon, listed)))
    money = recent.group_by("customer_id").agg(
        revenue=_.net.sum(),
        coupon_revenue=_.net.sum(where=_.coupon).fill_null(nothing),
        coupon_list_value=_.listed.sum().fill_null(nothing),
        coupon_margin=_.margin.sum(where=_.coupon).fill_null(nothing),
        coupon_margin_of=_.net.sum(where=_.coupon & _.margin.notnull()).fill_null(nothing),
    )
    since = purchases.orders(c).filter(_.day >= start).mutate(coupon=coupon, only=_.category.isin(cut.bought_only_here))
    signs = since.group_by("customer_id").agg(
        discounted_orders=(_.discount > 0).sum(),
        discounted_orders_of=_.discount.count(),
        coupon_sized=_.coupon.sum(),
        coupon_sized_of=(_.discount > 0).sum(),
        bought_only_here=_.only.sum(),
        bought_only_here_of=(_.category.notnull() & bool(cut.bought_only_here)).sum(),
    )
    return money.left_join(signs, "customer_id").drop("customer_id_right")


def _used(c: Company, start: date) -> Expression:
    """Logins on days without an order over the span of 30 days that a customer was seen in, and clicks over logins."""
    days = use.days(c).filter(_.day >= start, _.logins.notnull())
    bought = purchases.days(c).select("customer_id", "day").filter(_.day >= start)
    visits = days.anti_join(bought, ["customer_id", "day"]).group_by("customer_id").agg(visits=_.logins.sum())
    seen = ex.union(days.select("customer_id", "day"), bought).group_by("customer_id")
    span = seen.agg(visits_of=_.day.max().delta(_.day.min(), unit="day") / 30)
    clicks = days.filter(_.logins > 0, _.events.notnull()).group_by("customer_id")
    looked = clicks.agg(clicks_per_login=_.events.sum(), clicks_per_login_of=_.logins.sum())
    each = days.select("customer_id").distinct()
    for more in (span, visits, looked):
        each = each.left_join(more, "customer_id").drop("customer_id_right")
    return each


def _noticed(c: Company, start: date) -> Expression:
    ours = contacts.ours(c).filter(_.day >= start, _.is_over, _.is_noticed.notnull())
    return ours.group_by("customer_id").agg(notices_contacts=_.is_noticed.sum(), notices_contacts_of=_.count())


def _answered(c: Company, start: date) -> Expression:
    given = answers.answers(c).filter(_.day >= start, _.score.notnull())
    nps = (_.instrument == "nps") & _.scaled.notnull()
    of = {name: (_.instrument == "loyalty") & (_["item"] == item) for name, item in ANSWERS.items()}
    sums = {
        "detractor": (nps & (_.scaled <= answers.DETRACTOR_TO)).sum(),
        "promoter": (nps & (_.scaled >= answers.PROMOTER_FROM)).sum(),
        "detractor_of": nps.sum(),
        "promoter_of": nps.sum(),
        **{name: (asked & (_.score >= AGREES_FROM)).sum() for name, asked in of.items()},
        **{f"{name}_of": asked.sum() for name, asked in of.items()},
    }
    return given.group_by("customer_id").agg(**sums)
