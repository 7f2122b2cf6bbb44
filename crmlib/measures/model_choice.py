"""Which model of buying is used and why, and what the models say of themselves, in words.

Every sentence here is about the model that was chosen, so that no page describes one model under the figures of another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlib.facts.company import Company
from crmlib.facts.findings import marked
from crmlib.models import choice as models
from crmlib.models.choice import Choice, Fitting
from crmlib.models.fitting import FEWEST, Fit
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import N_, _, listed, number

PROBLEMS = {
    "too_few": N_("{model}: not fitted; it takes at least {least} customers (n = {n})."),
    "not_converged": N_(
        "{model}: the search for the parameters did not settle (n = {n}), so nothing is forecast from it."
    ),
    "boundary": N_(
        "{model}: the data do not settle {names} (n = {n}; the best fit is at the edge), so nothing is forecast from it."
    ),
}

LEAVING = {
    "BG/NBD": N_(
        "BG/NBD lets nobody leave before a second purchase, so every customer with a single one counts as active, "
        "however long ago it was."
    ),
    "MBG/NBD": N_(
        "MBG/NBD lets customers leave right after their first purchase already, so some of those with a single one count "
        "as gone from the start."
    ),
    "Pareto/NBD": N_(
        "Pareto/NBD lets customers leave at any moment, so after one purchase as after many, long silence makes it likely "
        "that they have."
    ),
    "NBD": N_(
        "NBD takes it that nobody leaves, so there is no probability of being active, and more orders are expected than "
        "will come if customers do leave."
    ),
}
"""What each model supposes of leaving."""
PARAMETERS = {
    **dict.fromkeys(("r", "alpha"), N_("How the rates of buying differ between customers")),
    **dict.fromkeys(("a", "b"), N_("How readily customers leave after a purchase")),
    **dict.fromkeys(("s", "beta"), N_("How soon customers leave")),
    "p": N_("How the orders of one customer differ in value"),
    **dict.fromkeys(("q", "v"), N_("How mean order values differ between customers")),
}
"""What each parameter describes."""


def choose(
    c: Company,
    before: pd.DataFrame,
    came: pd.DataFrame,
    now: pd.DataFrame,
    candidates: Sequence[Fitting],
    *,
    days: float,
) -> Choice:
    """`crmlib.models.choice.choose` with the policy's confidence."""
    return models.choose(before, came, now, candidates, days=days, confidence=c.policy.statistics.confidence)


def problem(fit: Fit) -> str:
    """Why a fit cannot be used, in one line in the reader's language; empty where it can."""
    if fit.usable:
        return ""
    n, names = number(fit.customers), listed(fit.edge)
    return _(PROBLEMS[fit.state]).format(model=fit.model, n=n, least=FEWEST, names=names)


def parameters(c: Company, fit: Fit) -> pd.DataFrame:
    """One row per parameter: the columns of `Fit.table`, and what it says of the customers in the reader's language."""
    estimates = fit.table()
    estimates.insert(1, "says", [_(PARAMETERS[name]) for name in estimates["parameter"]])
    return marked(c, estimates, *KPIS["alive_share"].uses)


def leaving(choice: Choice) -> str:
    """What the model in use supposes of leaving, or why none can be used, in the reader's language."""
    fit = choice.model.fit
    return _(LEAVING[fit.model]) if fit.usable else problem(fit)


def table(c: Company, choice: Choice) -> pd.DataFrame:
    """The candidates, the best first: the columns of `Choice.table`, why (it cannot be used; else null), unit."""
    why = [problem(fit) or None for fit in choice.fits]
    return marked(c, choice.table.assign(why=why, unit="index"), *KPIS["alive_share"].uses)


def note(choice: Choice) -> str:
    """Which model is used and why, in the reader's language."""
    fit = choice.model.fit
    if not fit.usable:
        return _("No model of buying can be used. {why}").format(why=problem(fit))
    rows = choice.table
    ratio = float(rows.loc[rows["chosen"], "ratio"].iloc[0])
    said = [
        _(
            "{model} is used: its forecasts came nearest on the period held out. "
            "It expected {ratio} orders for each that came."
        ).format(model=fit.model, ratio=f"{ratio:.2f}")
        if np.isfinite(ratio)
        else _("{model} is used, untested: there is no period before to test it on.").format(model=fit.model)
    ]
    aside = rows.loc[rows["state"].isin(["boundary", "not_converged"]) & ~rows["chosen"], "model"]
    if len(aside):
        text = _("Set aside, as the data do not settle their parameters: {models}.")
        said.append(text.format(models=listed(list(aside))))
    return " ".join(said)
