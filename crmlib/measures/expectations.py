"""What customers expect at each stage of the lifecycle, and what the data can check of it (D067)."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.models.estimates import mean_from, wilson
from crmlib.vocabulary.months import first_day

NAN = float("nan")
SELLS = ("sales", "win_back")
WELCOMES = ("onboarding", "care")
SCALE = 10_000
GAPS = {"tangibles_gap": "tangibles", "service_gap": None, "empathy_gap": "empathy"}
CONTACTS = ("welcomed", "attended", "invited")
COLUMNS = ["life_stage", "level", "expectation", "check", "value", "low", "high", "n", "lacking", "unit"]
TABLE = (
    ("life_potential", "basic", "good_tangibles", "tangibles_gap"),
    ("life_potential", "basic", "matching_products", "kept_orders"),
    ("life_potential", "beyond", "more_benefit", "reduced_orders"),
    ("life_potential", "beyond", "companys_care", "welcomed"),
    ("life_growth", "basic", "all_of_the_former", "tangibles_gap"),
    ("life_growth", "beyond", "uncommon_attention", "attended"),
    ("life_maturity", "basic", "all_of_the_former", "tangibles_gap"),
    ("life_maturity", "basic", "value_given_and_got", "service_gap"),
    ("life_maturity", "beyond", "part_of_the_company", "invited"),
    ("life_maturity", "beyond", "importance_recognised", "empathy_gap"),
)
"""Stage, level of the expectation (basic, or beyond it), the expectation, and the figure that bears on it."""
SOURCES = {
    **dict.fromkeys(GAPS, "surveys"),
    **dict.fromkeys(CONTACTS, "interactions"),
    **dict.fromkeys(("kept_orders", "reduced_orders"), "orders"),
}


def checks(c: Company, placed: Expression) -> pd.DataFrame:
    """One row per expectation of the deck's table: life_stage, level, expectation, check, value with low and high of n,
    lacking, unit.

    `placed` is `lifecycle.stages`; all figures are of the customers in that stage, from the tiers' window. Gaps are
    perception less expectation in points (mean of customers, t), the others shares (Wilson) of orders or customers.
    `lacking` is the table that a row without a value needs, or not_enough where n is below `policy.statistics.min_n`
    (D067).
    """
    start = first_day(c.as_of, c.policy.tiers.window_months)
    at = placed.select("customer_id", "life_stage")
    for each in (_gaps(c, start), _orders(c, start), _contacts(c, start)):
        at = at.left_join(each, "customer_id").drop("customer_id_right")
    # Whole numbers throughout: sums of floats would show in which order the engine's threads finish.
    sums = at.group_by("life_stage").agg(
        customers=_.count(),
        **{f"{c}_{what}": told for c in GAPS for what, told in _moments(at[c]).items()},
        **{c: at[c].sum() for c in ("kept_orders", "kept_orders_of", "reduced_orders", "reduced_orders_of", *CONTACTS)},
    )
    counted = sums.to_pandas().set_index("life_stage").astype(float).fillna(0.0)
    contacts = bool(c.tables.interactions.limit(1).count().execute())
    rows = []
    for stage, level, expectation, check in TABLE:
        row = counted.loc[stage] if stage in counted.index else pd.Series(0.0, index=counted.columns)
        n = int(row.get(f"{check}_n", row.get(f"{check}_of", row["customers"] if contacts else 0)))
        estimate = _told(row, check, n, c.policy.statistics.confidence)
        lacking = None if n >= c.policy.statistics.min_n else "not_enough" if n else SOURCES[check]
        unit = "points" if check in GAPS else "share"
        rows.append((stage, level, expectation, check, *estimate, n, lacking, unit))
    return pd.DataFrame(rows, columns=COLUMNS)


def _told(row: pd.Series, check: str, n: int, level: float) -> tuple[float, float, float]:
    if check not in GAPS or not n:
        return wilson(0 if check in GAPS else row[check], n, confidence=level)
    total, squares = row[f"{check}_sum"] / SCALE, row[f"{check}_squares"] / SCALE**2
    deviation = (max(0.0, squares - total * total / n) / (n - 1)) ** 0.5 if n > 1 else NAN
    return mean_from(total / n, deviation, n, confidence=level)


def _moments(gap: ibis.expr.types.NumericColumn) -> dict[str, ibis.Value]:
    return {"n": gap.count(), "sum": gap.sum(), "squares": (gap * gap).sum()}


def _gaps(c: Company, start: date) -> Expression:
    """Each customer's mean gap in ten-thousandths of a point, of all service questions and of two of them."""
    asked = c.tables.surveys.filter(_.instrument == "servqual", _.expectation.notnull(), _.perception.notnull())
    asked = asked.filter(_["at"].date() >= start)
    gap = ((_.perception - _.expectation) * SCALE).round().cast("int64")
    wanted = {
        c: ibis.literal(True) if item is None else (_["item"] == item).fill_null(False) for c, item in GAPS.items()
    }
    sums = asked.mutate(gap=gap, **wanted).group_by("customer_id")
    each = sums.agg(
        **{f"{c}_sum": _.gap.sum(where=_[c]) for c in GAPS}, **{f"{c}_n": _[c].sum().nullif(0) for c in GAPS}
    )
    return each.select("customer_id", **{c: (each[f"{c}_sum"] / each[f"{c}_n"]).round().cast("int64") for c in GAPS})


def _orders(c: Company, start: date) -> Expression:
    recent = c.tables.orders.filter(_.ordered_at.date() >= start).group_by("customer_id")
    return recent.agg(
        kept_orders=(_.refunded == 0).sum(),
        kept_orders_of=_.refunded.count(),
        reduced_orders=(_.discount > 0).sum(),
        reduced_orders_of=_.discount.count(),
    )


def _contacts(c: Company, start: date) -> Expression:
    """Per customer 1 where a contact from us welcomes, sells nothing, or meets them."""
    ours = c.tables.interactions.filter(_.direction.fill_null("out") == "out", _["at"].date() >= start)
    kinds = {
        "welcomed": _.purpose.isin(WELCOMES),
        "attended": _.purpose.notnull() & _.purpose.notin(SELLS),
        "invited": (_.purpose == "review") | _.channel.isin(("club", "face_to_face")),
    }
    return ours.group_by("customer_id").agg(**{c: kind.any().cast("int64") for c, kind in kinds.items()})
