"""What customers expect at each stage of the lifecycle, and what the data can check of it (D067)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import answers, contacts, purchases, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.models.estimates import mean_from, wilson

NAN = float("nan")
SELLS = ("sales", "win_back")
WELCOMES = ("onboarding", "care")
MEETS = ("club", "face_to_face")
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
SURVEYED, CONTACTED = ("surveys.expectation", "surveys.perception"), ("interactions.direction", "interactions.purpose")
SOURCES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(GAPS, SURVEYED),
    **dict.fromkeys(CONTACTS, CONTACTED),
    "kept_orders": ("orders.refunded",),
    "reduced_orders": ("orders.discount",),
}
"""Columns that each figure is read from."""


def checks(c: Company, placed: Expression) -> pd.DataFrame:
    """One row per expectation of the deck's table: life_stage, level, expectation, check, value with low and high of n,
    lacking, unit.

    `placed` is `lifecycle.stages`; all figures are of the customers in that stage, from the tiers' window. Gaps are
    perception less expectation in points (mean of customers, t), the others shares (Wilson) of orders or customers.
    `lacking` is the table or column that a row without a value needs, or not_enough where n is below
    `policy.statistics.min_n` (D067).
    """
    at = placed.select("customer_id", "life_stage")
    for each in (_gaps(c), _orders(c), _contacts(c)):
        at = at.left_join(each, "customer_id").drop("customer_id_right")
    # Whole numbers throughout: sums of floats would show in which order the engine's threads finish.
    met = {name: at.is_met.isnull().ifelse(0, at[name]) for name in CONTACTS}
    sums = at.group_by("life_stage").agg(
        **{f"{name}_{what}": moment for name in GAPS for what, moment in _moments(at[name]).items()},
        **{
            f"{name}{end}": at[f"{name}{end}"].sum()
            for name in ("kept_orders", "reduced_orders")
            for end in ("", "_of")
        },
        **{
            f"{name}{end}": moment
            for name in CONTACTS
            for end, moment in (("", met[name].sum()), ("_of", met[name].count()))
        },
    )
    counted = sums.to_pandas().set_index("life_stage").astype(float).fillna(0.0)
    rows = []
    for stage, level, expectation, check in TABLE:
        unknown = next((name for name in SOURCES[check] if not c.knows(name)), None)
        row = counted.loc[stage] if stage in counted.index and not unknown else pd.Series(0.0, index=counted.columns)
        n = int(row[f"{check}_n" if check in GAPS else f"{check}_of"])
        estimate = _estimate(row, check, n, c.policy.statistics.confidence)
        lacking = None if n >= c.policy.statistics.min_n else _lacking(c, unknown)
        unit = "points" if check in GAPS else "share"
        rows.append((stage, level, expectation, check, *estimate, NAN if unknown else n, lacking, unit))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n": float})


def _lacking(c: Company, unknown: str | None) -> str:
    if unknown is None:
        return "not_enough"
    table = unknown.partition(".")[0]
    return table if table in c.missing else unknown


def _estimate(row: pd.Series, check: str, n: int, level: float) -> tuple[float, float, float]:
    if check not in GAPS or not n:
        return wilson(0 if check in GAPS else row[check], n, confidence=level)
    total, squares = row[f"{check}_sum"] / SCALE, row[f"{check}_squares"] / SCALE**2
    deviation = (max(0.0, squares - total * total / n) / (n - 1)) ** 0.5 if n > 1 else NAN
    return mean_from(total / n, deviation, n, confidence=level)


def _moments(gap: ex.NumericColumn) -> dict[str, ex.Value]:
    return {"n": gap.count(), "sum": gap.sum(), "squares": (gap * gap).sum()}


def _gaps(c: Company) -> Expression:
    """Each customer's mean gap in ten-thousandths of a point, of all service questions and of two of them."""
    asked = answers.service(c)
    gap = ((_.perception - _.expectation) * SCALE).round().cast("int64")
    wanted = {
        name: ex.literal(True) if item is None else (_["item"] == item).fill_null(False) for name, item in GAPS.items()
    }
    sums = asked.filter(_.day >= windows.start(c)).mutate(gap=gap, **wanted).group_by("customer_id")
    each = sums.agg(
        **{f"{name}_sum": _.gap.sum(where=_[name]) for name in GAPS},
        **{f"{name}_n": _[name].sum().nullif(0) for name in GAPS},
    )
    means = {name: (each[f"{name}_sum"] / each[f"{name}_n"]).round().cast("int64") for name in GAPS}
    return each.select("customer_id", **means)


def _orders(c: Company) -> Expression:
    return (
        purchases.recent(c)
        .group_by("customer_id")
        .agg(
            kept_orders=(_.net == _.amount).sum(),
            kept_orders_of=_.count(),
            reduced_orders=(_.discount > 0).sum(),
            reduced_orders_of=_.discount.count(),
        )
    )


def _contacts(c: Company) -> Expression:
    """Per customer with a contact from us whether one welcomes, sells nothing, or meets them; null where a purpose that is
    not on record leaves it open.
    """
    ours = contacts.ours(c).filter(_.day >= windows.start(c))
    kinds = {
        "welcomed": _.purpose.isin(WELCOMES),
        "attended": _.purpose.notin(SELLS),
        "invited": _.channel.isin(MEETS) | (_.purpose == "review"),
    }
    unknown = _.purpose.isnull().any()
    sure = {name: ex.cases((kind.any(), 1), (unknown, ex.null("int64")), else_=0) for name, kind in kinds.items()}
    return ours.group_by("customer_id").agg(is_met=ex.literal(True), **sure)
