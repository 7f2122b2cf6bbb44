"""What losing customers costs in a year, and what keeping more of them is worth (D006, D008, D027 to D029, D033).

Every assumption is a value of `policy.cost`, shown beside the result by `assumptions`; a keyword overrides it for a what-if.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import accumulate, pairwise
from math import nan
from operator import mul

import pandas as pd

from crmlib.facts import answers, purchases
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import finding, findings, share_of
from crmlib.facts.lookups import remembered
from crmlib.facts.windows import YEAR
from crmlib.models.estimates import wilson
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.policy import Cost


def churn_cost(
    c: Company,
    *,
    inactive_days: float | None = None,
    margin_rate: float | None = None,
    lost_dissatisfied_share: float | None = None,
    deterred_share: float | None = None,
) -> pd.DataFrame:
    """Findings `lost_customers`, `returned_share` and `churn_cost` (money a year, D006) whose parts, as segments, add up.

    A customer is lost `inactive_days` after the last order; counted are those lost within the last 365 days. `margin_lost`:
    what they brought in the 365 days before they left; `come_back`: taken off for those who will return, as of those who
    counted as lost a year ago `returned_share` have since (n of these; its interval is that of the whole); `bad_word` and
    `praise_lost`: people who hear bad or no longer hear good (D028), the share of them that changes its mind, each worth what a
    lost customer was. n is the number of lost customers. NaN and n 0 where the history is too short for anyone to be lost, and
    for the whole and what follows from it where fewer than `policy.statistics.min_n` were lost a year ago.
    """
    cost = c.policy.cost
    idle = timedelta(days=int(cost.inactive_days if inactive_days is None else inactive_days))
    n, margin = _gone(c, idle, margin_rate)
    back = _returned(c, idle)
    unhappy = cost.lost_dissatisfied_share if lost_dissatisfied_share is None else lost_dissatisfied_share
    moved = cost.deterred_share if deterred_share is None else deterred_share
    share, most, least = (1 - end for end in back[:3])
    net = _times((share, least, most), margin) if back[3] >= c.policy.statistics.min_n else (nan,) * 3
    bad, good = unhappy * cost.tells_dissatisfied * moved, (1 - unhappy) * cost.tells_satisfied * moved
    parts = {
        "": _times(net, 1 + bad + good),
        "margin_lost": (margin, nan, nan),
        "come_back": (net[0] - margin, net[1] - margin, net[2] - margin),
        "bad_word": _times(net, bad),
        "praise_lost": _times(net, good),
    }
    lost = nan if margin != margin else n
    rows = [finding(c, "lost_customers", lost, n=n), finding(c, "returned_share", back[:3], n=back[3])]
    told = {name: part for name, part in parts.items() if not name or part[0] == part[0]}
    rows += [finding(c, "churn_cost", e, n=n if e[0] == e[0] else 0, segment=s) for s, e in told.items()]
    return findings(c, rows)


def replacement(c: Company) -> pd.DataFrame:
    """Findings `replacement_cost`: winning as many new customers as will stay lost, at the two ends of a claim (D027).

    `claim_low` and `claim_high`: winning one costs `policy.cost.acquisition_ratio_low` and `…_high` times what keeping one for
    a year does. It is spent instead of bearing the margin lost, so the two are never added. No rows without the company's own
    `policy.cost.keeping_cost`, nor where `churn_cost` knows no whole; n is the number of lost customers.
    """
    cost = c.policy.cost
    whole = churn_cost(c).query("segment == '' and n > 0").set_index("kpi")
    if cost.keeping_cost is None or "churn_cost" not in whole.index:
        empty = findings(c, of=("replacement_cost",))
        if cost.keeping_cost is None:
            empty.attrs["nothing"] = say(
                "Nobody has stated yet what keeping a customer costs (cost.keeping_cost in policy.toml)."
            )
        return empty
    n = int(whole.loc["churn_cost", "n"])
    stay = n * (1 - float(whole.loc["returned_share", "value"])) * cost.keeping_cost
    ends = {"claim_low": cost.acquisition_ratio_low, "claim_high": cost.acquisition_ratio_high}
    rows = [finding(c, "replacement_cost", stay * end, n=n, segment=s) for s, end in ends.items()]
    return findings(c, rows)


def retention_value(
    c: Company,
    kept: pd.DataFrame,
    *,
    points: float = 5.0,
    years: float = 3,
    margin_rate: float | None = None,
    discount_rate: float | None = None,
) -> pd.DataFrame:
    """Finding `retention_value`: discounted margin over `years` from keeping `points` percentage points more a year (D008).

    `kept` is the company's own curve (columns years, share, low, high): without a change, today's customers go as those of
    earlier years went, and after its last year as in that one. With it each year keeps so many points more of those still
    there. low and high follow the interval of the curve. Segments `year_1` … add up to the whole. Starts from the margin that
    the customers active today brought in the last 365 days. NaN and n 0 where either is unknown. Costs of keeping are not
    taken off.
    """
    cost = c.policy.cost
    n, margin = _active(c, margin_rate)
    if n == 0 or kept["share"].isna().all():
        return findings(c, [finding(c, "retention_value", nan, n=0)])
    rate = cost.discount_rate if discount_rate is None else discount_rate
    curves = [_gains(kept.sort_values("years")[end], points / 100, int(years)) for end in ("share", "low", "high")]
    parts = []
    for year, gains in enumerate(zip(*curves, strict=True), start=1):
        worth = [margin * gain / (1 + rate) ** year for gain in gains]
        parts.append((worth[0], min(worth), max(worth)))
    whole = _sum(parts)
    named = {"": whole, **{f"year_{i}": part for i, part in enumerate(parts, start=1)}}
    return findings(c, (finding(c, "retention_value", e, n=n, segment=s) for s, e in named.items()))


def _gains(curve: Iterable[float], more: float, years: int) -> list[float]:
    """Per year how many more of the customers are there, as a share of all at the start, when each year keeps `more`."""
    shares = [1.0, *curve]
    rates = [min(1.0, now / before) if before else 0.0 for before, now in pairwise(shares)]
    rates += rates[-1:] * (years - len(rates))
    usual = accumulate(rates[:years], mul)
    better = accumulate((min(1.0, rate + more) for rate in rates[:years]), mul)
    return [b - u for b, u in zip(better, usual, strict=True)]


def word_of_mouth(c: Company) -> pd.DataFrame:
    """Findings `dissatisfied_share` and `people_told` by attitude, from each customer's latest satisfaction score (D028).

    Scores in the lowest quarter of the scale (1 and 2 of 5) are dissatisfied, its highest (5 of 5) delighted, what lies between
    satisfied; told are the deck's 22, 8 and 10 people each, a
    claim. Without satisfaction surveys no rows.
    """
    cost = c.policy.cost
    given = answers.latest(answers.answers(c).filter(_.instrument == "csat", _.scaled.notnull()))
    counts = given.aggregate(
        n=_.count(),
        bad=_.count(where=_.scaled <= answers.DISSATISFIED_TO),
        best=_.count(where=_.scaled >= answers.DELIGHTED_FROM),
    )
    n, bad, best = (int(v) for v in counts.to_pandas().iloc[0])
    rows = []
    if n:
        told = {
            "dissatisfied": (bad, cost.tells_dissatisfied),
            "satisfied": (n - bad - best, cost.tells_satisfied),
            "delighted": (best, cost.tells_delighted),
        }
        rows.append(share_of(c, "dissatisfied_share", bad, n))
        for attitude, (customers, each) in told.items():
            rows.append(finding(c, "people_told", customers * each, n=customers, segment=attitude))
    return findings(c, rows, of=("dissatisfied_share", "people_told"))


def assumptions(c: Company) -> pd.DataFrame:
    """The assumptions of `policy.cost`: setting, value (NaN where not set), unit, source (deck id), says; one row each."""
    rows = []
    for name, field in Cost.model_fields.items():
        value = getattr(c.policy.cost, name)
        told = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        rows.append(
            {
                "setting": name,
                "value": nan if value is None else float(value),
                "unit": "count" if told.get("unit") == "people" else str(told.get("unit", "")),
                "source": str(told.get("source", "")),
                "says": say(field.description or ""),
            }
        )
    return pd.DataFrame(rows)


def _long_enough(c: Company, idle: timedelta) -> bool:
    """Whether the orders reach back so far that somebody can have been lost."""
    first = purchases.days(c).day.min().to_pyarrow().as_py()
    return first is not None and bool(first <= c.as_of - idle)


def _lost(c: Company, on: date, idle: timedelta) -> Table:
    """Customers lost within the year up to a day, as known then: customer_id, last (day with an order), is_back (came since)."""
    known = purchases.days(c).group_by("customer_id")
    each = known.aggregate(last=_.day.max(where=_.day <= on), is_back=(_.day > on).any())
    return each.filter((_.last <= on - idle) & (_.last > on - idle - YEAR))


@remembered
def _gone(c: Company, idle: timedelta, margin_rate: float | None) -> tuple[int, float]:
    """The customers lost within the last year and the margin they had brought; a control tries many assumptions on it."""
    return _margin(c, _lost(c, c.as_of, idle), margin_rate) if _long_enough(c, idle) else (0, nan)


@remembered
def _active(c: Company, margin_rate: float | None) -> tuple[int, float]:
    """The customers active today and the margin they brought in the last 365 days."""
    active = purchases.buyers(c).filter(_.is_active).select("customer_id", last="last_day")
    return _margin(c, active.mutate(last=ex.literal(c.as_of, type="date")), margin_rate)


@remembered
def _returned(c: Company, idle: timedelta) -> tuple[float, float, float, int]:
    """Of the customers who counted as lost a year ago the share who came back since, and how many they were."""
    counts = _lost(c, c.as_of - YEAR, idle).aggregate(n=_.count(), back=_.count(where=_.is_back)).to_pandas().iloc[0]
    n = int(counts["n"])
    return *wilson(int(counts["back"]), n, confidence=c.policy.statistics.confidence), n


def _times(estimate: tuple[float, float, float], factor: float) -> tuple[float, float, float]:
    value, low, high = estimate
    return value * factor, low * factor, high * factor


def _sum(parts: Iterable[tuple[float, float, float]]) -> tuple[float, float, float]:
    value, low, high = (sum(ends) for ends in zip(*parts, strict=True))
    return value, low, high


def _margin(c: Company, until: Table, margin_rate: float | None) -> tuple[int, float]:
    """Customers in `until` (customer_id, last) and the margin of their 365 days to `last`: as recorded, else the net amount
    times the policy's rate; a given rate is used for all.
    """
    orders = purchases.orders(c).join(until.select("customer_id", "last"), "customer_id")
    sums = orders.filter(_.day > _.last - ex.interval(days=YEAR.days)).aggregate(
        n=_.customer_id.nunique(),
        recorded=_.margin.sum(),
        unrecorded=_.net.sum(where=_.margin.isnull()),
        net=_.net.sum(),
    )
    n, recorded, unrecorded, net = (0 if pd.isna(v) else v for v in sums.to_pandas().iloc[0])
    if margin_rate is not None:
        return int(n), float(net) * margin_rate
    return int(n), float(recorded) + float(unrecorded) * c.policy.cost.margin_rate
