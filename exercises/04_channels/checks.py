"""Chapter 4: the right answers, the usual wrong ones."""

import pandas as pd

from crmlib.facts.company import Company
from crmlib.measures import channels
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_


def _sent(c: Company, channel: str | None = None) -> tuple[pd.DataFrame, pd.Timestamp]:
    end = pd.Timestamp(c.as_of) + pd.Timedelta(days=1)
    sent = c.tables.interactions.execute()
    kept = (sent["direction"] == "out") & (sent["at"] >= end - pd.DateOffset(months=c.policy.tiers.window_months))
    return sent[kept & ((sent["channel"] == channel) | (channel is None))], end


def response_rate_email(c: Company) -> float:
    rows = channels.response(c)
    return float(rows.loc[rows["segment"] == "email", "value"].iloc[0])


def with_open_windows(c: Company) -> float:
    sent, _end = _sent(c, "email")
    return float(
        ((sent["responded_at"] - sent["at"]) <= pd.Timedelta(days=c.policy.contact.respond_within_days)).mean()
    )


def over_all_time(c: Company) -> float:
    sent = c.tables.interactions.execute()
    sent = sent[(sent["direction"] == "out") & (sent["channel"] == "email")]
    days = pd.Timedelta(days=c.policy.contact.respond_within_days)
    observed = sent[sent["at"] + days <= pd.Timestamp(c.as_of) + pd.Timedelta(days=1)]
    return float(((observed["responded_at"] - observed["at"]) <= days).mean())


def over_the_cap(c: Company) -> int:
    sent, end = _sent(c)
    each = sent[sent["at"] >= end - pd.Timedelta(days=30)].groupby("customer_id").size()
    return int((each > c.policy.contact.cap_per_30_days).sum())


def at_the_cap(c: Company) -> int:
    sent, end = _sent(c)
    each = sent[sent["at"] >= end - pd.Timedelta(days=30)].groupby("customer_id").size()
    return int((each >= c.policy.contact.cap_per_30_days).sum())


QUESTIONS = (
    Question(
        "response_rate_email",
        response_rate_email,
        (
            N_("A contact of yesterday may still be answered: it is not a contact without response."),
            N_("Keep the contacts whose days are over, then count those answered within the days."),
        ),
        (
            (N_("contacts whose days are not over are in it; they cannot be known yet."), with_open_windows),
            (N_("that is over all time; the question is about the window."), over_all_time),
        ),
        deck=("D093",),
    ),
    Question(
        "over_the_cap",
        over_the_cap,
        (N_("Count the contacts of each customer in the 30 days."), N_("More than the cap is above it, not at it.")),
        ((N_("customers at the cap are in it; the cap is still allowed."), at_the_cap),),
        deck=("D075",),
    ),
)
