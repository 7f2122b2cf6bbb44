"""Which model of buying is used and why, whether its forecast is promised, and what the models say of themselves, in words.

Every sentence here is about the model that was chosen, so that no page describes one model under the figures of another.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crmlib.facts import lives
from crmlib.facts.company import Company
from crmlib.facts.findings import marked
from crmlib.models import choice as models
from crmlib.models import worth as money
from crmlib.models.choice import Choice, Rules
from crmlib.models.fitting import FEWEST, Fit
from crmlib.models.gates import FEWEST_ORIGINS, Gate
from crmlib.models.histories import YEAR_DAYS
from crmlib.models.origins import APART, Fitting
from crmlib.models.worth import Pricing, Worth
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import N_, _, listed, number
from crmlib.vocabulary.policy import TIERS

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


DECLINED = {
    "untested": N_(
        "No forecast is promised: with {on_record} months of orders on record it cannot be tried on months held out; that takes "
        "{needed}."
    ),
    "missed": N_(
        "No forecast is promised: held out, it expected {ratio} of what came ({least} to {most} over {origins} trials, {lately} "
        "at the last); at most {tolerance} is allowed, either way."
    ),
    "behind": N_(
        "No forecast is promised: held out, the orders of the same months a year before came nearer to what came than the model."
    ),
}
"""Why orders are not promised, by what came of the gate."""
UNPRICED = {
    "untested": N_("No contribution is promised: what orders are worth could not be tried on enough months held out."),
    "missed": N_(
        "No contribution is promised: held out, {ratio} of the money that came was expected ({least} to {most} over {origins} "
        "trials); at most {tolerance} is allowed, either way."
    ),
}
"""Why money is not promised, the orders being so."""


def rules(c: Company) -> Rules:
    """What is promised, by the policy."""
    policy = c.policy.forecast
    return Rules(
        months=policy.months,
        days=YEAR_DAYS,
        tolerance=policy.expected_over_actual,
        drift=policy.yearly_drift,
        confidence=c.policy.statistics.confidence,
        most=policy.sample,
        groups=TIERS,
    )


def choose(c: Company, candidates: Sequence[Fitting]) -> Choice:
    """The candidate that came nearest on the months held out, with a season where the data show one, and its gate
    (`crmlib.models.choice.choose`).
    """
    return models.choose(lives.origins(c), lives.lives(c), candidates, rules(c), on=c.as_of, seasons=lives.season(c))


def price(c: Company, choice: Choice, fit: Pricing) -> Worth:
    """What orders are worth, tried on the same months held out, with its gate."""
    return money.worth(choice, fit, rules(c))


def declined(c: Company, choice: Choice, worth: Worth | None = None) -> str:
    """Why no orders, or with `worth` no money, are promised, in one sentence; empty where they are."""
    gate, texts = choice.gate, DECLINED
    if gate.passed and worth is not None:
        gate, texts = worth.gate, UNPRICED
    if gate.passed:
        return ""
    if gate.state == "unusable":
        return problem(choice.model.fit) or problem(worth.spending.fit if worth else choice.model.fit)
    least = c.policy.forecast.least_months
    return _(texts[gate.state]).format(
        **_figures(gate),
        on_record=number(lives.months_on_record(c)),
        needed=number(2 * least + (FEWEST_ORIGINS - 1) * APART),
        tolerance=f"{c.policy.forecast.expected_over_actual:.2f}",
    )


def promise(c: Company, choice: Choice, worth: Worth | None = None) -> str:
    """What the promise rests on, or why there is none, in the reader's language; of money nothing where not even orders are
    promised, which is said where the model is chosen.
    """
    if worth is not None and not choice.gate.passed:
        return ""
    gate = worth.gate if worth is not None else choice.gate
    said = declined(c, choice, worth)
    if said:
        return said
    texts = [
        _(
            "Held out, it expected {ratio} for each that came ({least} to {most} over {origins} trials of {months} months); the "
            "forecast is multiplied by {factor} for that."
        ).format(**_figures(gate), factor=f"{gate.factor:.2f}")
    ]
    if gate.months < c.policy.forecast.months:
        text = _("A whole year could not be held out, so the interval is widened to a year.")
        texts.append(text)
    return " ".join(texts)


def _figures(gate: Gate) -> dict[str, str]:
    """What the trials came to, written out."""
    ratios = {name: f"{getattr(gate, name):.2f}" for name in ("ratio", "least", "most", "lately")}
    return {**ratios, "origins": number(gate.origins), "months": number(int(gate.months))}


def trials(c: Company, choice: Choice) -> pd.DataFrame:
    """One row per origin that the chosen model was tried from, the latest first: day, months (held out), expected_orders (then),
    orders (that came), ratio, yardstick_ratio (of the same months a year before, to what came).
    """
    columns = ["day", "months", "n", "expected_orders", "orders", "ratio", "yardstick_ratio"]
    rows = []
    for trial in choice.tried:
        expected, came = float(trial.expected.sum()), float(trial.came.sum())
        ratios = (expected / came, trial.origin.yardstick / came) if came else (float("nan"),) * 2
        rows.append((trial.origin.on, trial.origin.months, len(trial.came), expected, came, *ratios))
    return marked(c, pd.DataFrame(rows, columns=columns).assign(unit="index"), *KPIS["calibration_ratio"].uses)


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


def leaving(c: Company, choice: Choice) -> str:
    """What the model in use supposes of leaving, in the reader's language; "" where nothing is forecast from it."""
    return "" if declined(c, choice) else _(LEAVING[choice.model.fit.model])


def table(c: Company, choice: Choice) -> pd.DataFrame:
    """The candidates, the best first: the columns of `Choice.table`, why (it cannot be used; else null), unit."""
    why = [problem(fit) or None for fit in choice.fits]
    return marked(c, choice.table.assign(why=why, unit="index"), *KPIS["alive_share"].uses)


def note(c: Company, choice: Choice) -> str:
    """Which model is used and why, and whether its forecast is promised, in the reader's language."""
    fit = choice.model.fit
    if not fit.usable:
        return _("No model of buying can be used. {why}").format(why=problem(fit))
    said = [
        _("{model} is used: its forecasts came nearest on the months held out.").format(model=fit.model)
        if choice.tried and choice.gate.state != "untested"
        else _("{model} can be fitted, but is untested.").format(model=fit.model)
    ]
    if choice.season is not None:
        said.append(_("It counts in the time of an even year, as the orders show a season that came again."))
    said.append(promise(c, choice))
    rows = choice.table
    aside = rows.loc[rows["state"].isin(["boundary", "not_converged"]) & ~rows["chosen"], "model"]
    if len(aside):
        text = _("Set aside, as the data do not settle their parameters: {models}.")
        said.append(text.format(models=listed(list(aside))))
    return " ".join(said)
