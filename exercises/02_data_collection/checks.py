"""Chapter 2: the right answers, the usual wrong ones."""

import pandas as pd

from crmlib.facts.company import Company
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_


def _customers(c: Company) -> pd.DataFrame:
    return c.tables.customers.execute()


def phone_completeness(c: Company) -> float:
    return float((_customers(c)["phone_status"] != "missing").mean())


def phone_valid(c: Company) -> float:
    return float((_customers(c)["phone_status"] == "valid").mean())


def phone_accuracy(c: Company) -> float:
    return phone_valid(c) / phone_completeness(c)


def _consenting(c: Company, *, standing: bool) -> float:
    consents = c.tables.consents.execute()
    kept = consents[(consents["channel"] == "email") & (consents["withdrawn_at"].isna() | (not standing))]
    return float(_customers(c)["customer_id"].isin(kept["customer_id"]).mean())


def may_be_written_to(c: Company) -> float:
    return _consenting(c, standing=True)


def ever_consented(c: Company) -> float:
    return _consenting(c, standing=False)


def share_of_rows(c: Company) -> float:
    consents = c.tables.consents.execute()
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
        deck=("D036",),
    ),
    Question(
        "phone_accuracy",
        phone_accuracy,
        (N_("The whole is not all customers here."), N_("Divide the valid numbers by the numbers that are there.")),
        ((N_("you divided by all customers; what is missing can be neither right nor wrong."), phone_valid),),
        deck=("D036",),
    ),
    Question(
        "may_be_written_to",
        may_be_written_to,
        (N_("A consent stands while withdrawn_at is empty."), N_("Ask of each customer whether one such row exists.")),
        (
            (N_("withdrawn consents are still in it."), ever_consented),
            (N_("that is a share of consents; the question is about customers."), share_of_rows),
        ),
        deck=("D037",),
    ),
)
