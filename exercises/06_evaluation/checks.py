"""Chapter 6: the right answers, the usual wrong ones."""

import pandas as pd

from crmlib.facts import ledger
from crmlib.facts.company import Company
from crmlib.measures import satisfaction
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_


def satisfaction_ratio(c: Company) -> float:
    rows = satisfaction.ratio(c)
    return float(rows.loc[(rows["kpi"] == "satisfaction_ratio") & (rows["segment"] == ""), "value"].iloc[0])


def upside_down(c: Company) -> float:
    return 1 / satisfaction_ratio(c)


def _asked(c: Company) -> pd.DataFrame:
    answers = c.tables.surveys.execute()
    return answers[(answers["instrument"] == "servqual") & (answers["expectation"] > 0)]


def over_all_time(c: Company) -> float:
    answers = _asked(c)
    return float(answers["perception"].sum() / answers["expectation"].sum())


def mean_of_ratios(c: Company) -> float:
    answers = _asked(c)
    months = pd.DateOffset(months=c.policy.rhythm.business_review_months)
    answers = answers[answers["at"] >= pd.Timestamp(c.as_of) + pd.Timedelta(days=1) - months]
    return float((answers["perception"] / answers["expectation"]).mean())


def action_effect(c: Company) -> float:
    seen = ledger.rows(c).groupby("arm")["ordered"].mean()
    return float(seen["act"] - seen["hold_out"])


def done_against_held_out(c: Company) -> float:
    seen = ledger.rows(c)
    done = seen[(seen["arm"] == "act") & seen["done"]]
    return float(done["ordered"].mean() - seen.loc[seen["arm"] == "hold_out", "ordered"].mean())


def share_of_the_acted(c: Company) -> float:
    seen = ledger.rows(c)
    return float(seen.loc[seen["arm"] == "act", "ordered"].mean())


QUESTIONS = (
    Question(
        "satisfaction_ratio",
        satisfaction_ratio,
        (N_("b is what was perceived, a what was expected."), N_("Add up both columns and divide once.")),
        (
            (N_("that is a/b: above one it would mean that more was expected than came."), upside_down),
            (N_("that is over all time; the question is about the last months."), over_all_time),
            (N_("that is the mean of the ratios; here the ratio of the sums is asked."), mean_of_ratios),
        ),
        deck=("D123",),
    ),
    Question(
        "action_effect",
        action_effect,
        (
            N_("Compare the groups as they were drawn, not as they turned out."),
            N_("For each action ask whether an order falls in its days; then take the share of each arm."),
        ),
        (
            (N_("you took only the actions that were done; who gets done is not drawn by lot."), done_against_held_out),
            (N_("that is the share after acting; some would have ordered without it."), share_of_the_acted),
        ),
        deck=("D129",),
    ),
)
