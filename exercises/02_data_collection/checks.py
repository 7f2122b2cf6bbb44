"""Chapter 2: the right answers, the usual wrong ones."""

from datetime import date

import pandas as pd

from crmlib.facts.company import Tables
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.policy import Policy


def _customers(tables: Tables, as_of: date) -> pd.DataFrame:
    return tables.until(as_of).customers.execute()


def phone_completeness(tables: Tables, as_of: date, policy: Policy) -> float:
    return float((_customers(tables, as_of)["phone_status"] != "missing").mean())


def phone_valid(tables: Tables, as_of: date, policy: Policy) -> float:
    return float((_customers(tables, as_of)["phone_status"] == "valid").mean())


def phone_accuracy(tables: Tables, as_of: date, policy: Policy) -> float:
    return phone_valid(tables, as_of, policy) / phone_completeness(tables, as_of, policy)


def _consenting(tables: Tables, as_of: date, *, standing: bool) -> float:
    consents = tables.until(as_of).consents.execute()
    kept = consents[(consents["channel"] == "email") & (consents["withdrawn_at"].isna() | (not standing))]
    return float(_customers(tables, as_of)["customer_id"].isin(kept["customer_id"]).mean())


def may_be_written_to(tables: Tables, as_of: date, policy: Policy) -> float:
    return _consenting(tables, as_of, standing=True)


def ever_consented(tables: Tables, as_of: date, policy: Policy) -> float:
    return _consenting(tables, as_of, standing=False)


def share_of_rows(tables: Tables, as_of: date, policy: Policy) -> float:
    consents = tables.until(as_of).consents.execute()
    return float(((consents["channel"] == "email") & consents["withdrawn_at"].isna()).mean())


QUESTIONS = (
    Question(
        "phone_completeness",
        phone_completeness,
        (
            N_("Complete asks whether something is there, not whether it is right."),
            N_("Count every status but missing."),
        ),
        ((N_("that counts the valid ones only; a wrong number is there, it is inaccurate."), phone_valid),),
    ),
    Question(
        "phone_accuracy",
        phone_accuracy,
        (N_("The whole is not all customers here."), N_("Divide the valid numbers by the numbers that are there.")),
        ((N_("you divided by all customers; what is missing can be neither right nor wrong."), phone_valid),),
    ),
    Question(
        "may_be_written_to",
        may_be_written_to,
        (N_("A consent stands while withdrawn_at is empty."), N_("Ask of each customer whether one such row exists.")),
        (
            (N_("withdrawn consents are still in it."), ever_consented),
            (N_("that is a share of consents; the question is about customers."), share_of_rows),
        ),
    ),
)
