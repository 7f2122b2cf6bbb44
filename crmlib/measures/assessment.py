"""What the company thinks of its four pillars, and how far that lies from what its data show (D014, D019 to D022)."""

from __future__ import annotations

from math import isnan, nan

import pandas as pd

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings

ACTIONS = {
    "data_driven": ("data_platform", "profile_model", "behaviour_watched", "data_rules"),
    "omnichannel": ("one_plan", "channel_quality", "automation", "channels_informed"),
    "emotional": ("campaigns_with_feeling", "community", "social_media", "feedback_answered"),
    "proactive_service": ("early_warning", "service_systems", "trained_team", "service_evaluated"),
}
"""Four things to build for each pillar; a question each."""
MOST = 4
"""The best mark; 0 is the worst."""
QUESTIONS = {
    f"{pillar} · {action}": (0.0, float(MOST), 1.0, nan) for pillar, them in ACTIONS.items() for action in them
}
"""The questions as a what-if takes them: least, most, step, and no answer yet."""


def gap(c: Company, strength: pd.DataFrame, **marks: float) -> pd.DataFrame:
    """The findings `pillar_strength` in `strength`, beside them the company's own view and how far the two lie apart.

    `marks` are answers to `QUESTIONS`, 0 to `MOST`; NaN is no answer. Of a pillar none of whose questions is among them nothing
    is said, and without any marks all are asked. Finding `marks_given` counts the answers, n is the number of questions asked;
    `own_view` by pillar is their mean as a share of the best mark (n marks; no interval, since it is an opinion); `gap_<pillar>`
    is the own view less what is measured, with interval and n of the measured. A pillar without a mark gives neither, one
    without data no gap. Raises `TypeError` for a question that is none (D019, D020, D021, D022).
    """
    strange = sorted(set(marks) - set(QUESTIONS))
    if strange:
        raise TypeError(f"{strange[0]!r} is none of the questions")
    given = {question: float(mark) for question, mark in marks.items() if not isnan(mark)}
    asked = {question.partition(" · ")[0] for question in marks or QUESTIONS}
    questions = sum(len(actions) for pillar, actions in ACTIONS.items() if pillar in asked)
    rows = [finding(c, "marks_given", len(given), n=questions)]
    measured = {row["segment"]: row for row in strength.to_dict("records") if row["segment"] in asked}
    for pillar, actions in ACTIONS.items():
        own = [given[q] for q in (f"{pillar} · {action}" for action in actions) if q in given]
        if not own:
            continue
        view = sum(own) / len(own) / MOST
        rows.append(finding(c, "own_view", view, n=len(own), segment=pillar))
        if pillar in measured:
            shown = measured[pillar]
            low, value, high = (view - float(shown[end]) for end in ("high", "value", "low"))
            row = finding(c, f"gap_{pillar}", (value, low, high), n=shown["n"])
            rows.append({**row, "without": shown["without"]})
    return findings(c, [*measured.values(), *rows])
