"""Chapter 5: the right answers, the usual wrong ones."""

import pandas as pd

from crmlib.facts.company import Company
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_


def _end(c: Company) -> pd.Timestamp:
    return pd.Timestamp(c.as_of) + pd.Timedelta(days=1)


def _long_ago(c: Company, last: pd.Series) -> int:
    return int((last < _end(c) - pd.DateOffset(months=c.policy.risk.silent_months)).sum())


def silent_customers(c: Company) -> int:
    read = c
    use = read.tables.activity.filter(read.tables.activity.logins > 0).execute()
    last = pd.to_datetime(use.groupby("customer_id")["day"].max())
    return _long_ago(c, last[last.index.isin(set(read.tables.orders.customer_id.execute()))])


def without_order(c: Company) -> int:
    orders = c.tables.orders.execute()
    return _long_ago(c, orders.groupby("customer_id")["ordered_at"].max())


def never_logged_in_too(c: Company) -> int:
    read = c
    use = read.tables.activity.filter(read.tables.activity.logins > 0).execute()
    since = (_end(c) - pd.DateOffset(months=c.policy.risk.silent_months)).date()
    lately = set(use.loc[pd.to_datetime(use["day"]).dt.date >= since, "customer_id"])
    return len(set(read.tables.orders.customer_id.execute()) - lately)


def _critical(c: Company) -> tuple[pd.DataFrame, pd.Timedelta]:
    promise = pd.Timedelta(hours=c.policy.service.first_response_hours["critical"])
    tickets = c.tables.tickets.execute()
    return tickets[(tickets["severity"] == "critical") & (tickets["opened_at"] + promise <= _end(c))], promise


def critical_in_time(c: Company) -> float:
    critical, promise = _critical(c)
    return float(((critical["first_response_at"] - critical["opened_at"]) <= promise).mean())


def solved_in_time(c: Company) -> float:
    critical, promise = _critical(c)
    return float(((critical["resolved_at"] - critical["opened_at"]) <= promise).mean())


QUESTIONS = (
    Question(
        "silent_customers",
        silent_customers,
        (
            N_("Silence says nothing of someone who never logged in."),
            N_("Take each customer's last login and compare it with the first day of the silent months."),
        ),
        (
            (N_("that looks at orders; silence is about logins."), without_order),
            (N_("customers who never logged in are in it; of them silence says nothing."), never_logged_in_too),
        ),
        deck=("D102",),
    ),
    Question(
        "critical_in_time",
        critical_in_time,
        (
            N_("What happens to a case without an answer?"),
            N_("Unanswered and overdue is missed: it stays in the whole."),
        ),
        ((N_("that is the solution; the promise is about the first answer."), solved_in_time),),
        deck=("D119",),
    ),
)
