"""Personas: groups of customers who buy in the same way, found by clustering and named by plain rules (D049).

A persona is made of habits: the value of an order, its rhythm, its price, where and what is bought. A habit is what a
customer's orders share beyond chance; it is drawn towards the company's mean where a customer has few orders, and an
aspect in which two orders of one customer agree no more than two orders of strangers is left out. Groups must stand
apart further than those cut from customers without structure, and come out again when half of the customers are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import RobustScaler

from crmlib.facts import expressions as ex
from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.facts.expressions import Column, Table
from crmlib.facts.expressions import _ as col
from crmlib.facts.findings import finding, findings, marked, resting
from crmlib.models.grouping import Matrix, grouped
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import SPLIT
from crmlib.vocabulary.language import _, number

NEEDED: Final = 10
"""Customers needed, as a multiple of the policy's least n: each half of them must still fill several groups."""
MIN_HABIT: Final = 0.1
"""Agreement of two orders of one customer beyond chance (0 to 1) from which an aspect is a habit."""
WEIGHTS: Final = {"rhythm": 0.5, "value": 1.0, "discount": 0.5, "refund": 0.5, "channel": 1.0, "category": 1.0}
"""What an aspect weighs: rhythm also shows how long a customer has been one, and price what the company offered."""
HABITS_FROM: Final = KPIS["persona_customers"].uses
"""Columns that habits are read from; an aspect that is not recorded is absent."""
KINDS: Final = {"channel": 8, "category": 12}
"""How many of a company's channels and categories, the most used first, are told apart."""
LOGS: Final = 10_000
"""Logarithms are summed in the engine as whole ten-thousandths, so that the sum does not depend on the order of rows."""
APART: Final = 1.5
"""Ratio to the company's median from which a persona's median is called large or small."""
MAIN: Final = 0.5


@dataclass(frozen=True)
class Personas:
    """What was found. `state` is "found", "none" or "too_few"; without personas all frames but `choice` are empty.

    `customers`: customer_id, persona. `profile`: one row per persona, the one with most revenue first. `choice`: one row
    per number of groups tried. `stability`: mean adjusted Rand index between groups fitted on halves, and the range that
    95 % of the refits lie in. `n`: customers with an order. `verdict`: it in words.
    """

    state: str
    customers: pd.DataFrame
    profile: pd.DataFrame
    choice: pd.DataFrame
    stability: tuple[float, float, float]
    n: int
    verdict: str


def fit(c: Company) -> Personas:
    """Personas of the customers with an order up to the day; k-means on at most `SAMPLE` of them, drawn by the policy's
    seed, then one pass over all. The number of groups is the one with the best silhouette among the stable ones (D049).
    """
    frame = customer_habits(c)
    n, needed, nan = len(frame), NEEDED * c.policy.statistics.min_n, float("nan")
    empty = pd.DataFrame({"customer_id": [], "persona": []}, dtype=str)
    if n < needed:
        text = _("Personas: not enough to tell (n = {n}; at least {needed} customers with an order are needed).")
        verdict = text.format(n=number(n), needed=number(needed))
        return Personas("too_few", empty, pd.DataFrame(), pd.DataFrame(), (nan, nan, nan), n, verdict)
    limits = c.policy.statistics
    made = grouped(_scaled(c, frame), least=limits.min_n, seed=limits.seed, confidence=limits.confidence)
    if made.labels is None:
        verdict = _(
            "No personas: no groups stand out that come out again from half of the customers and lie further apart than "
            "chance puts them. Tiers and segments carry the decisions."
        )
        return Personas(
            "none", empty, pd.DataFrame(), marked(c, made.choice, *HABITS_FROM), (nan, nan, nan), n, verdict
        )
    profile, names = _profile(frame, made.labels)
    verdict = _(
        "{groups} personas: their silhouette is {silhouette}; customers without any structure would show {chance} at most."
    ).format(groups=made.groups, silhouette=number(made.silhouette, 2), chance=number(made.chance, 2))
    who = pd.DataFrame({"customer_id": frame["customer_id"].astype(str), "persona": [names[g] for g in made.labels]})
    profile, choice = (marked(c, table, *HABITS_FROM) for table in (profile, made.choice))
    return Personas("found", who, profile, choice, made.stability, n, verdict)


def persona_findings(c: Company, found: Personas) -> pd.DataFrame:
    """Findings `persona_stability` (index, interval of the refits; NaN where no personas are found) and `persona_customers`
    (counts, in all and by persona). No rows without a customer.
    """
    if not found.n:
        return findings(c)
    rows = [finding(c, "persona_stability", found.stability, n=found.n)]
    if found.state == "found":
        rows.append(finding(c, "persona_customers", found.n, n=found.n))
        for name, size in zip(found.profile["persona"], found.profile["customers"], strict=True):
            rows.append(finding(c, "persona_customers", size, n=found.n, segment=name))
    return findings(c, rows)


def shares(found: Personas) -> pd.DataFrame:
    """Two rows per persona, what share it is of the customers and of the revenue: persona, part, share. Of the revenue none where
    orders carry no money.
    """
    parts = {"customer_share": "customers_share", "net_revenue_share": "revenue_share"}
    if found.profile.empty:
        return pd.DataFrame({"persona": [], "part": [], "share": []})
    named = found.profile.rename(columns=parts)
    long = named.melt("persona", [part for part in parts.values() if part in named], "part", "share")
    long = long.astype({"share": float})
    long.attrs = found.profile.attrs
    return resting(long, dict(zip(found.profile["persona"], found.profile["customers"], strict=True)))


def customer_habits(c: Company) -> pd.DataFrame:
    """One row per customer with an order, counted in the engine: customer_id, orders, purchases (days with an order),
    days_since_last, days_between (mean, null below two purchases), revenue (net), and what the habits are made of:
    valued, log_value and log_squares (whole numbers), and for each aspect `<aspect>:known` (orders of which it is known,
    none where the company does not record it) and `<aspect>:<kind>` counts.

    The rows come by what they hold. So neither sums nor samples depend on who is called what; equal rows are alike.
    """
    orders = purchases.orders(c)
    logged = (orders.amount > 0).ifelse((orders.amount.nullif(0).abs().cast("float64").ln() * LOGS).round(), None)
    logged = logged.cast("int64")
    counts: dict[str, Any] = {
        "discount:known": orders.discount.notnull().sum(),
        "discount:yes": (orders.discount > 0).sum(),
        "refund:known": ex.literal(c.knows("orders.refunded")).cast("int64") * orders.count(),
        "refund:yes": (orders.net < orders.amount).sum(),
    }
    for aspect, most in KINDS.items():
        counts[f"{aspect}:known"] = orders[aspect].notnull().sum()
        counts |= {f"{aspect}:{kind}": (orders[aspect] == kind).sum() for kind in _kinds(orders, aspect, most)}
    lives = orders.group_by("customer_id").agg(
        orders=orders.count(),
        purchases=orders.day.nunique(),
        days_since_last=ex.literal(c.as_of).delta(orders.day.max(), unit="day"),
        life=orders.day.max().delta(orders.day.min(), unit="day"),
        revenue=orders.net.sum(),
        valued=logged.count(),
        log_value=logged.sum(),
        log_squares=(logged * logged).sum(),
        **counts,
    )
    what_they_hold = [name for name in lives.columns if name != "customer_id"]
    frame: pd.DataFrame = lives.order_by(*what_they_hold, "customer_id").to_pandas()
    whole = frame.drop(columns=["customer_id", "revenue"]).fillna(0).astype("int64")
    between = whole["life"] / (whole["purchases"] - 1).where(whole["purchases"] > 1)
    known = whole.drop(columns="life").assign(days_between=between, revenue=frame["revenue"].astype(float))
    return pd.concat([frame[["customer_id"]], known], axis=1)


def _kinds(orders: Table, aspect: str, most: int) -> list[str]:
    column: Column = orders[aspect]
    used = orders.filter(column.notnull() & (column != OTHER)).group_by(kind=column).agg(used=col.count())
    return [str(k) for k in used.order_by([col.used.desc(), col.kind]).limit(most).to_pandas()["kind"]]


def _scaled(c: Company, frame: pd.DataFrame) -> Matrix:
    """The habits of each customer, every aspect scaled to a spread of one and weighted; robust against outliers."""
    log_between = np.log(frame["days_between"].clip(lower=1))
    rhythm = [np.log(frame["orders"]), np.log1p(frame["days_since_last"]), log_between.fillna(log_between.median())]
    blocks = [WEIGHTS["rhythm"] * _robust(c.fillna(0.0).to_numpy(dtype=float)) for c in rhythm]
    blocks.append(WEIGHTS["value"] * _robust(_order_value(frame)))
    for aspect in ("discount", "refund", *KINDS):
        block = _habit(frame, aspect, c.policy.statistics.min_n)
        if block is not None:
            blocks.append(WEIGHTS[aspect] * block)
    return np.hstack(blocks)


def _robust(values: NDArray[np.float64]) -> Matrix:
    """One column with median 0 and the quartiles of a standard normal, cut at 3."""
    scaled: Matrix = RobustScaler(unit_variance=True).fit_transform(values.reshape(-1, 1))
    return scaled.clip(-3, 3)


def _order_value(frame: pd.DataFrame) -> NDArray[np.float64]:
    """A customer's mean log order value, drawn to the mean of all by what lies within and between customers (one-way
    analysis of variance)."""
    n = frame["valued"].to_numpy(dtype=float)
    total, squares = (
        frame["log_value"].to_numpy(dtype=float) / LOGS,
        frame["log_squares"].to_numpy(dtype=float) / LOGS**2,
    )
    some, again = n > 0, n > 1
    mean = np.divide(total, n, out=np.zeros_like(n), where=some)
    if not again.any():
        return np.where(some, mean, mean[some].mean() if some.any() else 0.0)
    within = float((squares - n * mean**2)[again].sum() / (n[again] - 1).sum())
    between = max(float(mean[some].var()) - within * float((1 / n[some]).mean()), 1e-9)
    centre = float(mean[some].mean())
    return np.asarray(centre + n / (n + max(within, 0.0) / between) * (mean - centre))


def _habit(frame: pd.DataFrame, aspect: str, least: int) -> Matrix | None:
    """A customer's shares of each kind, drawn to the company's; None where the aspect is absent or no habit.

    Two orders of one customer agree with probability a, two of strangers with q; (a − q) / (1 − q) is the share of the
    variance that is habit, and gives the weight of the company's shares (Dirichlet-multinomial by moments).
    """
    known = frame[f"{aspect}:known"].to_numpy(dtype=float)
    kinds = frame.filter(regex=f"^{aspect}:").drop(columns=f"{aspect}:known").to_numpy(dtype=float)
    kinds = np.hstack([kinds, (known - kinds.sum(axis=1))[:, None]])
    again = known > 1
    if again.sum() < least:
        return None
    several, n = kinds[again], known[again]
    alike = float(((several * (several - 1)).sum(axis=1) / (n - 1)).sum() / n.sum())
    strangers = float(((several.sum(axis=0) / n.sum()) ** 2).sum())
    habit = (alike - strangers) / (1 - strangers) if strangers < 1 else 0.0
    if habit < MIN_HABIT:
        return None
    weight = max((1 - habit) / habit, 1e-9)
    drawn = (kinds + weight * kinds.sum(axis=0) / known.sum()) / (known + weight)[:, None]
    return np.asarray((drawn - drawn.mean(axis=0)) / np.sqrt(drawn.var(axis=0).sum()))


def _profile(frame: pd.DataFrame, labels: NDArray[np.int32]) -> tuple[pd.DataFrame, dict[int, str]]:
    """One row per persona with size, revenue and medians (columns that would be empty left out), and each group's name."""
    money = frame["revenue"] if frame["valued"].any() else frame["revenue"] * np.nan
    features = pd.DataFrame(
        {
            "order_amount": money / frame["orders"],
            "median_orders": frame["orders"].astype(float),
            "median_days": frame["days_since_last"].astype(float),
            "between_days": frame["days_between"],
            "discounted_share": frame["discount:yes"] / frame["discount:known"].where(frame["discount:known"] > 0),
        }
    )
    medians, sums = features.groupby(labels).median(), frame.groupby(labels).sum(numeric_only=True)
    size, revenue = frame.groupby(labels).size(), money.groupby(labels).sum(min_count=1)
    total = float(revenue.sum())
    table = pd.DataFrame(
        {
            "customers": size,
            "customer_share": size / len(frame),
            "revenue": revenue,
            "net_revenue_share": revenue / total if total > 0 else np.nan,
            **medians,
            **{f"main_{aspect}": _main(sums, aspect) for aspect in KINDS},
        }
    ).sort_values(["revenue", "customers"], ascending=False, kind="stable")
    names = _names(table, features.median())
    table.insert(0, "persona", names)
    by_group = dict(zip(table.index, names, strict=True))
    return table.dropna(axis=1, how="all").reset_index(drop=True), by_group


def _main(sums: pd.DataFrame, aspect: str) -> pd.Series[Any]:
    """The kind that makes up at least `MAIN` of a group's orders; null where none does."""
    kinds = sums.filter(regex=f"^{aspect}:").drop(columns=f"{aspect}:known")
    if kinds.empty or kinds.shape[1] == 0:
        return pd.Series(np.nan, index=sums.index, dtype=object)
    most = kinds.idxmax(axis=1).str.removeprefix(f"{aspect}:").astype(object)
    return most.where(kinds.max(axis=1) >= MAIN * sums[f"{aspect}:known"].clip(lower=1))


def _names(table: pd.DataFrame, company: pd.Series[Any]) -> list[str]:
    """A name for each persona from its medians against the company's; where two are alike, the main channel, then the
    main category, then a number tells them apart."""
    names = [SPLIT.join(_traits(row, company)) for row in table.to_dict("records")]
    for aspect in KINDS:
        alike = pd.Series(names).duplicated(keep=False)
        main = table[f"main_{aspect}"]
        names = [f"{n}{SPLIT}{m}" if a and pd.notna(m) else n for n, a, m in zip(names, alike, main, strict=True)]
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        names[i] = f"{name}{SPLIT}{seen[name]}" if seen[name] > 1 else name
    return names


def _traits(row: dict[Any, Any], company: pd.Series[Any]) -> list[str]:
    """Codes of what sets a persona apart, price first, then size and rhythm; always at least the rhythm."""
    price, usual = row["discounted_share"], company["discounted_share"]
    found = ["bargain_seekers"] if price >= MAIN and price >= usual + MAIN / 2 else []
    if company["order_amount"] > 0:
        size = row["order_amount"] / company["order_amount"]
        found += ["large_orders"] if size >= APART else ["small_orders"] if size <= 1 / APART else []
    if row["median_orders"] <= 1:
        return [*found, "one_off"]
    pace = row["between_days"] / company["between_days"]
    return [*found, "seldom" if pace >= APART else "frequent" if pace <= 1 / APART else "regular"]
