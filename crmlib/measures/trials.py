"""What the arms of a campaign did to what came of it, by one estimator whoever drew them (D128, D129).

Each arm is held against the control: the one arm that policy knows by its name, else all the rest together. A comparison is told
only where both sides have `policy.statistics.min_n` customers, and counts as beyond chance only if it still does among all that
are told (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import nan
from typing import Any

import pandas as pd

from crmlib.facts import trials, windows
from crmlib.facts.company import Company
from crmlib.facts.findings import fewest, finding, findings, resting
from crmlib.models import contrasts
from crmlib.models.contrasts import Sums
from crmlib.vocabulary.labels import SPLIT
from crmlib.vocabulary.language import _, listed, ngettext, number

LEVELS = {"share": "arm_share", "ratio": "arm_mean", "money": "arm_money"}
EFFECTS = {"share": "arm_effect", "ratio": "arm_mean_effect", "money": "arm_money_effect"}
TOLD = {"value": LEVELS, "change": EFFECTS}
"""Figures of an arm and of its difference, by the unit of the outcome."""
COLUMNS = [
    "campaign", "outcome", "arm", "control", "n", "value", "low", "high", "change", "change_low", "change_high", "verdict",
    "unit", "p", "change_least",
]  # fmt: skip
POWER = 0.8
"""Chance with which the least effect is told."""
LEFT_ALONE = (0.1, 0.2, 0.3, 0.5)
"""Shares left alone that are tried for the next campaign."""


def compare(c: Company) -> pd.DataFrame:
    """One row per campaign, outcome and arm, the control first: campaign, outcome, arm, control ("" where it is all the rest), n
    (customers), value with low and high, change (less the control) with change_low and change_high, verdict (`more`, `less`,
    `not_enough`, `control`), unit (of the outcome: share, ratio, money), p (corrected for all comparisons), change_least (the
    least change that so many customers show in `POWER` of cases, at the usual level and among as many comparisons).

    Arms that nobody answered from are left out of `responded`: they may have had nothing to answer. A level, and a difference,
    rests on the customers who did something, however many did not.
    """
    parts = list(_parts(c))
    many = sum(len(_names(c, campaign, arms)[1]) for campaign, _outcome, _unit, arms in parts)
    rows = [row for part in parts for row in _compared(c, *part, many)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["p"] = contrasts.holm(frame["p"].astype(float))
    least = 1 - c.policy.statistics.confidence
    beyond = frame["p"] <= least
    frame.loc[frame["verdict"] != "control", "verdict"] = "not_enough"
    frame.loc[beyond & (frame["change"] > 0), "verdict"] = "more"
    frame.loc[beyond & (frame["change"] < 0), "verdict"] = "less"
    return resting(frame, {(_place(row), name): size for row in rows for name, size in row["on"].items()})


def _place(row: Mapping[str, Any]) -> tuple[str, ...]:
    return row["campaign"], row["outcome"], row["arm"]


def effects(c: Company, compared: pd.DataFrame) -> pd.DataFrame:
    """Findings of `compare`: the level of each arm and its difference, by campaign, outcome and arm, and `arms_apart`: how many
    of all comparisons are beyond chance.
    """
    several, rows = compared["campaign"].nunique() > 1, []
    on: dict[Any, int] = {}
    told, uses = compared[compared["verdict"] != "control"], trials.surer(c)
    if len(told):
        apart = float(told["verdict"].isin(["more", "less"]).sum())
        rows.append(finding(c, "arms_apart", apart, n=len(told), uses=uses))
    for row in compared.to_dict("records"):
        segment = SPLIT.join(filter(None, [row["campaign"] if several else "", row["outcome"], row["arm"]]))
        sizes = compared.attrs["customers"]
        on |= {((of[row["unit"]], segment), "value"): sizes[_place(row), name] for name, of in TOLD.items()}
        level = (row["value"], row["low"], row["high"])
        rows.append(finding(c, LEVELS[row["unit"]], level, n=row["n"], segment=segment, uses=uses))
        if row["verdict"] != "control":
            change = (row["change"], row["change_low"], row["change_high"])
            rows.append(finding(c, EFFECTS[row["unit"]], change, n=row["n"], segment=segment, uses=uses))
    return resting(findings(c, rows, of=("arms_apart",)), on)


def table(compared: pd.DataFrame) -> pd.DataFrame:
    """`compare` as a page shows it: without the control's name, which the note says, and without intervals of the levels."""
    shown = compared.drop(columns=["control", "p", "low", "high"])
    if (shown["campaign"] != "").any():
        return shown
    sizes = compared.attrs["customers"].items()
    return resting(shown.drop(columns="campaign"), {(place[1:], name): size for (place, name), size in sizes})


def note(c: Company, compared: pd.DataFrame) -> str:
    """How the comparisons are to be read, in the reader's language: control, lot, correction, sizes, what is left out."""
    if compared.empty:
        return ""
    told = int((compared["verdict"] != "control").sum())
    said = [*_against(compared), *_drawn(c, compared)]
    said.append(
        ngettext(
            "One comparison is told.",
            "Beyond chance is what stays so among all {n} comparisons (Holm's correction).",
            told,
        ).format(n=number(told))
    )
    return " ".join([*said, *_sizes(c), *_left_out(c)])


def plan(c: Company) -> pd.DataFrame:
    """One row per share left alone in the next campaign, if it goes to as many customers as the median campaign of the last year:
    hold_out_share, customers, customers_alone, ordered_as_usual (share within the policy's days after a campaign), change_least
    (of it that is told in `POWER` of cases), customers_needed (in all, to tell a rise as large as policy cares about). None
    without orders or a campaign whose days are over.
    """
    names = ["hold_out_share", "customers", "customers_alone", "ordered_as_usual", "change_least", "customers_needed"]
    if not c.knows("orders", "interactions.campaign"):
        return pd.DataFrame(columns=names)
    sent = trials.assigned(c).filter(trials.assigned(c).is_over, trials.assigned(c).day >= windows.last(c, 12))
    sizes = sent.group_by("campaign").agg(n=lambda t: t.count()).to_pandas()["n"]
    every = trials.results(c)
    ordered = every.filter(every.outcome == trials.ORDERED).agg(k=lambda t: t.value.sum(), n=lambda t: t.count())
    k, n = ordered.to_pandas().iloc[0].astype(float)
    if not len(sizes) or not n > 0:
        return pd.DataFrame(columns=names)
    customers, usual = int(sizes.median()), k / n
    rows = []
    for share in LEFT_ALONE:
        alone = round(customers * share)
        level = c.policy.statistics.confidence
        least = contrasts.least_share(usual, customers - alone, alone, power=POWER, confidence=level)
        needed = contrasts.customers_for(
            usual, c.policy.contact.effect_that_matters, share, power=POWER, confidence=level
        )
        rows.append((share, customers, alone, usual, least, needed))
    return pd.DataFrame(rows, columns=names)


def _parts(c: Company) -> Iterator[tuple[str, str, str, dict[str, Sums]]]:
    """Campaign, outcome, its unit, and the sums of each arm that has enough customers; at least two arms."""
    frame = trials.summed(c)
    kinds = trials.kinds(c).to_pandas().set_index("name")["is_yes_no"].to_dict()
    known = {trials.RESPONDED: "share", trials.ORDERED: "share", trials.SPENT: "money"}
    for (campaign, outcome), part in frame.groupby(["campaign", "outcome"], sort=True):
        unit = known.get(str(outcome)) or ("share" if kinds[outcome] else "ratio")
        least = c.policy.statistics.min_n
        arms = {row.arm: Sums(row.n, row.k, row.s, row.ss, row.least) for row in part.itertuples() if row.n >= least}
        if outcome == trials.RESPONDED:
            arms = {arm: sums for arm, sums in arms.items() if sums.k}
        if len(arms) > 1:
            yield str(campaign), str(outcome), unit, arms


def _names(c: Company, campaign: str, arms: dict[str, Sums]) -> tuple[str | None, list[str]]:
    """The control, where there is one, and the arms that are held against it, or against all the rest."""
    control = trials.controls(c).get(campaign)
    control = control if control in arms else None
    if not control and len(arms) == 2:
        control = next(iter(arms))
    return control, [arm for arm in arms if arm != control]


def _compared(
    c: Company, campaign: str, outcome: str, unit: str, arms: dict[str, Sums], many: int
) -> Iterator[dict[str, Any]]:
    control, others = _names(c, campaign, arms)
    names = ([control] if control else []) + others
    level = c.policy.statistics.confidence
    difference: contrasts.Difference = contrasts.shares if unit == "share" else contrasts.means
    for arm in names:
        one = arms[arm]
        value = contrasts.share(one, confidence=level) if unit == "share" else contrasts.mean(one, confidence=level)
        row = {
            "campaign": campaign,
            "outcome": outcome,
            "arm": arm,
            "control": control or "",
            "n": int(one.n),
            "unit": unit,
        }
        row |= dict(zip(("value", "low", "high"), value, strict=True))
        change, p, least = (nan, nan, nan), nan, nan
        on = {"value": one.k, "change": one.k}
        if arm != control:
            other = arms[control] if control else contrasts.together(s for name, s in arms.items() if name != arm)
            on["change"] = fewest(one.k, other.k)
            change = difference(one, other, confidence=level)
            p = contrasts.chance(difference, one, other)
            if unit == "share":
                usual = other.k / other.n
                least = contrasts.least_share(usual, one.n, other.n, comparisons=many, power=POWER, confidence=level)
            else:
                least = contrasts.least_mean(one, other, comparisons=many, power=POWER, confidence=level)
        row |= dict(zip(("change", "change_low", "change_high"), change, strict=True))
        yield {**row, "on": on, "p": p, "change_least": least, "verdict": "control" if arm == control else ""}


def _against(compared: pd.DataFrame) -> list[str]:
    """With what the arms are compared."""
    named = compared.drop_duplicates("campaign")
    rest = named.loc[named["control"] == "", "campaign"]
    controls = list(dict.fromkeys(compared.loc[compared["control"] != "", "control"]))
    said = [_("Compared with {arms}.").format(arms=listed(controls))] if controls else []
    if len(rest):
        said.append(
            _(
                "Where no arm is known as the control (trials.control in the policy), each is compared with all the rest."
            )
        )
    return said


def _drawn(c: Company, compared: pd.DataFrame) -> list[str]:
    campaigns, by_lot = set(compared["campaign"]), set(c.policy.trials.drawn_by_lot)
    if all(trials.is_by_lot(c, campaign) for campaign in campaigns):
        return [_("The arms were drawn by lot, so that a difference is an effect.")]
    if campaigns & by_lot:
        drawn = listed(sorted(campaigns & by_lot))
        return [_("Drawn by lot: {campaigns}; elsewhere a difference is an association.").format(campaigns=drawn)]
    text = _(
        "Nobody has said that the arms were drawn by lot (trials.drawn_by_lot in the policy): a difference is an association."
    )
    return [text]


def _sizes(c: Company) -> list[str]:
    """Arms whose sizes are not what they were meant to be: by the policy's shares, else equal where they nearly are."""
    arms = trials.assigned(c).filter(trials.assigned(c).arm.notnull()).group_by(["campaign", "arm"])
    frame = arms.agg(n=lambda rows: rows.count()).order_by(["campaign", "arm"]).to_pandas()
    said = []
    for campaign, part in frame.groupby("campaign", sort=True):
        p = trials.unevenness(c, list(part["arm"]), part["n"].to_numpy(dtype=float))
        if p is not None and p < trials.UNEVEN:
            sizes = listed([f"{arm} {number(int(n))}" for arm, n in zip(part["arm"], part["n"], strict=True)])
            text = _(
                "The arms{of} are less even than chance makes them ({sizes}; p = {p}): find out why before you read on."
            )
            of = _(" of {campaign}").format(campaign=campaign) if campaign else ""
            said.append(text.format(of=of, sizes=sizes, p=f"{p:.1g}"))
    return said


def _left_out(c: Company) -> list[str]:
    frame = trials.sums(c).to_pandas()
    few = int((frame["n"] < c.policy.statistics.min_n).sum())
    if not few:
        return []
    text = ngettext(
        "Left out: {n} group of fewer than {least} customers.",
        "Left out: {n} groups of fewer than {least} customers.",
        few,
    )
    return [text.format(n=number(few), least=c.policy.statistics.min_n)]
