"""Two shops, two regions: whether a group has moved away from the others, and how far such groups do by themselves (D128, D129).

Nobody drew these groups, so that a lead of one says who its customers are. What is told is the change of that lead against the
spans before, each customer's own past taken into account: a reason to look, and no proof. Where policy says that a lot drew the
groups (`trials.drawn_by_lot`), the lead itself is the effect. Comparisons count as beyond chance if they still do among all
(Holm 1979), as somebody is praised or blamed for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlib.facts import groups, trials
from crmlib.facts.company import Company
from crmlib.facts.findings import aside, fewest, finding, findings, resting, share_of
from crmlib.facts.groups import Span
from crmlib.facts.trials import ORDERED, SPENT
from crmlib.models import adjusted, contrasts, leads, sequential
from crmlib.models.fitting import Array
from crmlib.models.leads import Change
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _, beside, day, listed, ngettext, number

COLUMNS: Final = [
    "group", "outcome", "n", "value", "change_before", "change_now", "change", "change_low", "change_high", "verdict",
    "change_least", "customers_needed", "unit", "p", "wander",
]  # fmt: skip
MOST: Final = 12
"""Groups that are compared, the largest."""
POWER: Final = 0.8
"""Chance with which the least change is told."""
CHANGES: Final = {ORDERED: "group_change", SPENT: "group_money_change"}


def compare(c: Company) -> pd.DataFrame:
    """One row per outcome and group, the largest first: group, outcome, n (customers who had bought in the days before the latest
    span), value (share that ordered, or mean spent), change_before and change_now (lead over all the rest, or over the other of
    two, adjusted for what customers had bought before: on average in the spans before, and now), change (the difference) with
    change_low and change_high, verdict (`more`, `less`, `not_enough`; of two groups the larger is the `control`), change_least
    (told in `POWER` of cases), customers_needed (in all, to tell what policy cares about; NaN where none are enough), unit, p
    (corrected), wander (standard deviation of such leads from span to span). A level, and a lead, rests on the customers who
    bought, however many did not.
    """
    told = groups.spans(c)
    names = _names(c, told[0]) if told else []
    if len(names) < 2:
        none = pd.DataFrame(columns=COLUMNS)
        return none if _is_misnamed(c) else aside(none)
    outcomes = [ORDERED] if told[0].spent is None else [ORDERED, SPENT]
    many = len(outcomes) * (len(names) if len(names) > 2 else 1)
    rows = [row for of in outcomes for row in _rows(c, told, names, of, many)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["p"] = contrasts.holm(frame["p"].astype(float))
    beyond = frame["p"] <= 1 - c.policy.statistics.confidence
    frame.loc[beyond, "verdict"] = np.where(frame.loc[beyond, "change"] > 0, "more", "less")
    return resting(frame, {((r["group"], r["outcome"]), name): n for r in rows for name, n in r["on"].items()})


def effects(c: Company, compared: pd.DataFrame) -> pd.DataFrame:
    """Findings of `compare`: `groups_apart` (comparisons beyond chance), the share of each group that ordered (`group_share`),
    and its change against the others (`group_change`, `group_money_change`).
    """
    told, rows, on = compared[compared["verdict"] != "control"], [], {}
    if len(compared):
        apart = float(told["verdict"].isin(["more", "less"]).sum())
        rows.append(finding(c, "groups_apart", apart, n=int(told["change"].notna().sum())))
    for row in compared.to_dict("records"):
        if row["outcome"] == ORDERED:
            rows.append(share_of(c, "group_share", round(row["value"] * row["n"]), row["n"], segment=row["group"]))
        if row["change"] == row["change"]:
            change = (row["change"], row["change_low"], row["change_high"])
            rows.append(finding(c, CHANGES[row["outcome"]], change, n=row["n"], segment=row["group"]))
            size = compared.attrs["customers"][(row["group"], row["outcome"]), "change"]
            on[(CHANGES[row["outcome"]], row["group"]), "value"] = size
    frame = resting(findings(c, rows, of=("groups_apart",)), on)
    return frame if rows else aside(frame)


def table(compared: pd.DataFrame) -> pd.DataFrame:
    """`compare` as a page shows it."""
    shown = compared.drop(columns=["p", "wander"])
    shown.attrs = compared.attrs
    return shown


def note(c: Company, compared: pd.DataFrame) -> str:
    """How the comparison is to be read, in the reader's language: lot or none, spans, wander, correction, what is left out."""
    by = c.policy.groups.by
    if _is_misnamed(c):
        text = _(
            "groups.by in the policy names {by}, which is no attribute on record here; it may be one of {allowed}."
        )
        return text.format(by=repr(by), allowed=beside([*groups.OF_CUSTOMERS, groups.CHANNEL]))
    if compared.empty:
        return ""
    spans = groups.spans(c)
    told = int(compared["change"].notna().sum())
    since = _(
        "Customers by {by} who had bought in the {days} days before, and what they bought from {start} to {end}"
    ).format(by=_named(by), days=number(spans[0].looked_back), start=day(spans[0].start), end=day(spans[0].end))
    if groups.is_by_lot(c):
        said = [
            f"{since}.",
            _("The groups were drawn by lot, so that a difference is an effect."),
            *_uneven(c, spans[0]),
        ]
    elif len(spans) - 1 < leads.LEAST:
        text = _("{since}; fewer than {least} such spans before it are on record, so that no change can be told.")
        said = [text.format(since=since, least=number(leads.LEAST))]
    else:
        text = _("{since}, against {n} spans of that length before it.")
        said = [text.format(since=since, n=number(len(spans) - 1))]
        said.append(_("Nobody drew these groups by lot: a change is a reason to go and look, and no proof."))
        wander = compared.loc[compared["outcome"] == ORDERED, "wander"].dropna()
        said += [_wander(float(wander.iloc[0]))] if len(wander) else []
    if told:
        text = ngettext(
            "One comparison is told.",
            "Beyond chance is what stays so among all {n} comparisons (Holm's correction).",
            told,
        )
        said.append(text.format(n=number(told)))
    return " ".join([*said, *_left_out(c, spans[0])])


def _is_misnamed(c: Company) -> bool:
    """Whether policy names neither a column nor an attribute on record by the day."""
    return not groups.is_known(c) and c.policy.groups.by not in (*groups.OF_CUSTOMERS, groups.CHANNEL)


def _named(by: str) -> str:
    """What customers are compared by, inside a sentence; a company's own attribute as it writes it."""
    return label(by).lower() if by in (*groups.OF_CUSTOMERS, groups.CHANNEL) else by


def _wander(deviation: float) -> str:
    """How far leads differ from span to span although nothing changed."""
    if round(deviation, 3) > 0:
        text = _("Such leads wander by {points} points from span to span, which is counted in.")
        return text.format(points=number(deviation * 100, 1))
    return _("So far such leads wander no further than customers' own coming and going makes them.")


def _names(c: Company, span: Span) -> list[str]:
    """The groups that have enough customers, the largest first."""
    found, counts = np.unique(span.group.astype(str), return_counts=True)
    kept = [(-n, name) for name, n in zip(found, counts, strict=True) if n >= c.policy.statistics.min_n]
    return [str(name) for _n, name in sorted(kept)[:MOST]]


def _rows(c: Company, spans: tuple[Span, ...], names: list[str], outcome: str, many: int) -> Iterator[dict[str, Any]]:
    """The rows of one outcome."""
    told, wander = _changes(c, spans, names, outcome)
    level, effect = c.policy.statistics.confidence, c.policy.contact.effect_that_matters
    inside = np.isin(spans[0].group, names)
    for name in names:
        values = _values(spans[0], outcome)[spans[0].group == name]
        row = dict.fromkeys(COLUMNS, nan) | {
            "group": name, "outcome": outcome, "n": len(values), "value": float(values.mean()), "verdict": "not_enough",
            "unit": "share" if outcome == ORDERED else "money", "wander": wander, "on": _on(spans, name, names, outcome),
        }  # fmt: skip
        if len(names) == 2 and name == names[0]:
            yield {**row, "verdict": "control"}
            continue
        if name in told:
            change = told[name]
            row |= {"change_before": change.before, "change_now": change.now, "p": change.chance}
            row |= dict(zip(("change", "change_low", "change_high"), change.interval(confidence=level), strict=True))
            row["change_least"] = change.least(comparisons=many, power=POWER, confidence=level)
            if outcome == ORDERED:
                times = change.times_as_many(effect, comparisons=many, power=POWER, confidence=level)
                row["customers_needed"] = float(np.ceil(times * inside.sum()))
        yield row


def _on(spans: tuple[Span, ...], name: str, names: list[str], outcome: str) -> dict[str, int]:
    """On how many customers the level of a group and its leads rest: those of it and of the others who bought."""
    sides = []
    for span in spans:
        bought, inside = _values(span, outcome) != 0, span.group == name
        sides.append((int(bought[inside].sum()), int(bought[np.isin(span.group, names) & ~inside].sum())))
    now, before = fewest(*sides[0]), fewest(*(n for side in sides[1:] for n in side))
    return {"value": sides[0][0], "change_now": now, "change_before": before, "change": fewest(now, before)}


def _changes(c: Company, spans: tuple[Span, ...], names: list[str], outcome: str) -> tuple[dict[str, Change], float]:
    """The change of the lead of each group that can be told, and how far such leads wander; of two groups that of the second."""
    lot = groups.is_by_lot(c)
    chosen = spans[:1] if lot else spans
    if not lot and len(spans) - 1 < leads.LEAST:
        return {}, nan
    fits = {}
    for name in names[1:] if len(names) == 2 else names:
        found = [_fit(span, name, names, outcome) for span in chosen]
        if all(fit is not None for fit in found):
            fits[name] = np.array([(fit.value, fit.error, fit.freedom) for fit in found if fit is not None])
    if not fits:
        return {}, nan
    if lot:
        return {name: leads.by_lot(*fit[0]) for name, fit in fits.items()}, 0.0
    every = np.array(list(fits.values()))
    told, wander = leads.changes(every[:, :, 0], every[:, :, 1], every[:, :, 2])
    return dict(zip(fits, told, strict=True)), wander


def _fit(span: Span, name: str, names: list[str], outcome: str) -> adjusted.Fit | None:
    """The lead of a group in a span; None where one of the sides tells too little (`sequential.ENOUGH`)."""
    rows = np.isin(span.group, names)
    inside, values = span.group[rows] == name, _values(span, outcome)[rows]
    for side in (values[inside], values[~inside]):
        if not len(side) or sequential.freedom(side - side.mean(), len(side) - 1.0) < sequential.ENOUGH:
            return None
    known = span.before if outcome == ORDERED else np.column_stack([span.before, span.money_before])
    fit = adjusted.fitted(values, inside, known[rows], np.arange(len(values)))
    return fit if fit is not None and fit.error > 0 else None


def _values(span: Span, outcome: str) -> Array:
    return span.ordered if outcome == ORDERED or span.spent is None else span.spent


def _uneven(c: Company, span: Span) -> list[str]:
    """Groups drawn by lot whose sizes are not what they were meant to be."""
    found, counts = np.unique(span.group.astype(str), return_counts=True)
    if (p := trials.unevenness(c, [*found], counts)) is None or p >= trials.UNEVEN:
        return []
    sizes = listed([f"{label(name, 'code')} {number(int(n))}" for name, n in zip(found, counts, strict=True)])
    text = _("The groups are less even than chance makes them ({sizes}; p = {p}): find out why before you read on.")
    return [text.format(sizes=sizes, p=f"{p:.1g}")]


def _left_out(c: Company, span: Span) -> list[str]:
    _found, counts = np.unique(span.group.astype(str), return_counts=True)
    least = c.policy.statistics.min_n
    if not (few := int((counts < least).sum())):
        return []
    text = ngettext(
        "Left out: {n} group of fewer than {least} customers.",
        "Left out: {n} groups of fewer than {least} customers.",
        few,
    )
    return [text.format(n=number(few), least=least)]
