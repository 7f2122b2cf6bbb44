"""Whom a contact changes, where arms were drawn by lot: by group, by a model, and what choosing by it is worth (D093, D094).

Everybody is counted in the arm that the lot drew, contacted or not. What was known of customers before tells them apart; what
differs between the arms already is none of that, and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from crmlib.facts import before, trials
from crmlib.facts.attributes import Attribute
from crmlib.facts.company import Company
from crmlib.facts.findings import aside, finding, findings
from crmlib.models import contrasts, uplift
from crmlib.models.uplift import Fitted
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _, listed, ngettext, number

UNEVEN: Final = 0.001
"""Attributes that chance spreads so unevenly over the arms as seldom as this were not known before, but are a result."""
MOST: Final = 40_000
"""Customers that models are fitted on, drawn by lot."""
SHOWN: Final = 12
COLUMNS = ["arm", "attribute", "among", "n", "change", "change_low", "change_high", "verdict", "unit"]


@dataclass(frozen=True)
class Study:
    """The campaign by lot with the most customers: its `arms`, the one that the others are held against first, the arm and the
    outcome of each customer, what was known of them, which attributes were `left_out`, and the model (None: too few customers).
    """

    campaign: str
    outcome: str
    arms: list[str]
    arm: np.ndarray[Any, np.dtype[np.int64]]
    value: np.ndarray[Any, np.dtype[np.float64]]
    attributes: list[Attribute]
    left_out: list[str]
    model: Fitted | None


def study(c: Company) -> Study | None:
    """The largest campaign whose arms were drawn by lot and whose outcome is known; None where there is none of two arms with
    `policy.statistics.min_n` customers.
    """
    counted = trials.summed(c)
    lots = [name for name in dict.fromkeys(counted["campaign"]) if trials.is_by_lot(c, name)]
    sizes = {name: trials.judged_by(c, name) for name in lots}
    judged = [sizes.get(name) == outcome for name, outcome in zip(counted["campaign"], counted["outcome"], strict=True)]
    held = counted[pd.Series(judged, index=counted.index, dtype=bool)]
    held = held[held["n"] >= c.policy.statistics.min_n].sort_values(["campaign", "arm"])
    whole = held.groupby("campaign")["n"].agg(["sum", "count"])
    whole = whole[whole["count"] > 1].sort_values("sum", ascending=False, kind="stable")
    if whole.empty:
        return None
    campaign = str(whole.index[0])
    mine = held[held["campaign"] == campaign].sort_values(["n", "arm"], ascending=[False, True], kind="stable")
    control = trials.controls(c).get(campaign)
    first = control if control in set(mine["arm"]) else mine["arm"].iloc[0]
    arms = [first, *sorted(arm for arm in mine["arm"] if arm != first)]
    frame = before.of_campaign(c, campaign, sizes[campaign])
    frame = frame[frame["arm"].isin(arms)]
    arm = frame["arm"].map({name: i for i, name in enumerate(arms)}).to_numpy(dtype=np.int64)
    known = before.attributes(c, frame)
    even = contrasts.holm([_unevenness(a, arm) for a in known])
    kept = [a for a, p in zip(known, even, strict=True) if not p < UNEVEN]
    left_out = [a.name for a, p in zip(known, even, strict=True) if p < UNEVEN]
    value = frame["value"].to_numpy(dtype=float)
    return Study(campaign, sizes[campaign], arms, arm, value, kept, left_out, _fitted(c, kept, arm, value))


def splits(c: Company, known: Study | None) -> pd.DataFrame:
    """Effects by group where they differ beyond chance (Cochran's test, Holm over all arms and attributes), the surest first:
    `arm`, `attribute`, `among` (its value), `n`, `change` with `change_low` and `change_high`, `verdict`. Groups of fewer than
    `policy.statistics.min_n` in an arm are left out.
    """
    frame = pd.DataFrame(columns=COLUMNS)
    if known is None:
        return aside(frame)
    level, tests = c.policy.statistics.confidence, []
    for nth in range(1, len(known.arms)):
        for a in known.attributes:
            here = _grouped(c, known, nth, a)
            if here is not None:
                rows, group, names = here
                split = uplift.by_group(known.arm[rows] == nth, known.value[rows], group, confidence=level)
                tests.append((known.arms[nth], a.name, names, split))
    corrected = contrasts.holm([split.chance for _arm, _name, _groups, split in tests])
    sure = [(p, *test) for p, test in zip(corrected, tests, strict=True) if p <= 1 - level]
    out = [
        (
            arm,
            name,
            group,
            int(split.n[i]),
            split.effect[i],
            split.low[i],
            split.high[i],
            _verdict(split.low[i], split.high[i]),
            "change",
        )
        for _p, arm, name, groups, split in sorted(sure, key=lambda t: (t[0], t[1], t[2]))
        for i, group in enumerate(groups)
    ]
    return pd.DataFrame(out[:SHOWN], columns=COLUMNS) if out else frame


def gains(c: Company, known: Study | None) -> pd.DataFrame:
    """The Qini curve of the arm whose told effects gain most: part of the customers `reached`, `gain`, `low`, `high`
    (outcomes a customer, beyond choosing as many by lot; the band holds everywhere at once), `arm`; empty without a model.
    """
    if known is None or known.model is None:
        return pd.DataFrame(columns=["reached", "gain", "low", "high", "arm"])
    level, seed = c.policy.statistics.confidence, c.policy.statistics.seed
    # The band is told of one arm at the most: with several, its confidence is theirs together.
    each = 1 - (1 - level) / (len(known.arms) - 1)
    curves = [
        (uplift.curve(known.model, a, seed=seed, confidence=each), name) for a, name in enumerate(known.arms) if a
    ]
    curve, arm = max(curves, key=lambda pair: float(pair[0].gain.max()))
    return pd.DataFrame({"reached": curve.part, "gain": curve.gain, "low": curve.low, "high": curve.high}).assign(
        arm=arm
    )


def stated(c: Company, known: Study | None) -> pd.DataFrame:
    """Findings `policy_value` (share with the outcome where each customer gets the arm told to be best) and `policy_gain` (what
    that brings beyond the one arm that is best for all), on customers whom the models had not seen.
    """
    if known is None:
        return aside(findings(c, of=()))
    if known.model is None:
        return findings(c, of=("policy_value", "policy_gain"))
    free = np.zeros(len(known.arms))
    value, gain, _chosen = uplift.policy(known.model, free, confidence=c.policy.statistics.confidence)
    n = len(known.model.rows)
    return findings(c, [finding(c, "policy_value", value, n=n), finding(c, "policy_gain", gain, n=n)])


def note(c: Company, known: Study | None, curve: pd.DataFrame) -> str:
    """What the model can tell, in the reader's language."""
    if known is None:
        return ""
    said = []
    if len(curve):
        text = (
            _("Choosing customers by the model gains beyond chance over choosing as many by lot ({arm}).")
            if (curve["low"] > 0).any()
            else _(
                "The model cannot tell beyond chance whom {arm} changes most: contact all or nobody, or draw by lot."
            )
        )
        said.append(text.format(arm=code_label(curve["arm"].iloc[0])))
    else:
        said.append(_("Too few customers were drawn to tell whom a contact changes."))
    if known.left_out:
        said.append(
            ngettext(
                "{names} differs between the arms more than chance allows, so it was not known before, and is left out.",
                "{names} differ between the arms more than chance allows, so they were not known before, and are left out.",
                len(known.left_out),
            ).format(names=listed(known.left_out), n=number(len(known.left_out)))
        )
    return " ".join(said)


def _fitted(c: Company, attributes: list[Attribute], arm: Any, value: Any) -> Fitted | None:
    """The model, of at most `MOST` customers; None where an arm has fewer than `min_n` in each part, or nothing is known."""
    least = c.policy.statistics.min_n * uplift.PARTS
    if not attributes or np.bincount(arm).min() < least or value.std() == 0:
        return None
    seed = c.policy.statistics.seed
    rows = np.sort(np.random.default_rng(seed).permutation(len(arm))[:MOST])
    columns = np.hstack([a.columns for a in attributes])
    return uplift.fitted(columns[rows], arm[rows], value[rows], seed=seed)


def _grouped(c: Company, known: Study, arm: int, a: Attribute) -> tuple[Any, Any, list[str]] | None:
    """Customers of an arm and of the one it is held against in groups large enough, the group of each, and the groups' names."""
    rows = np.flatnonzero((known.arm == arm) | (known.arm == 0))
    group = a.group.to_numpy()[rows]
    treated = known.arm[rows] == arm
    sizes = pd.crosstab(group, treated)
    if sizes.shape[1] < 2:
        return None
    names = [name for name in a.order if name in sizes.index and sizes.loc[name].min() >= c.policy.statistics.min_n]
    inside = np.isin(group, names)
    if len(names) < 2:
        return None
    places = {name: i for i, name in enumerate(names)}
    return rows[inside], np.array([places[name] for name in group[inside]]), names


def _unevenness(a: Attribute, arm: Any) -> float:
    """Probability that chance spreads an attribute's groups over the arms as unevenly (chi-square)."""
    table = pd.crosstab(a.group.to_numpy(), arm).to_numpy()
    return float(chi2_contingency(table, correction=False).pvalue) if min(table.shape) > 1 else 1.0


def _verdict(low: float, high: float) -> str:
    return "more" if low > 0 else "less" if high < 0 else "not_enough"
