"""Chapter 5: the right answers, the usual wrong ones."""

from datetime import date

import pandas as pd

from crmlib.facts.company import Tables
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.policy import Policy


def _end(as_of: date) -> pd.Timestamp:
    return pd.Timestamp(as_of) + pd.Timedelta(days=1)


def _long_ago(last: pd.Series, as_of: date, policy: Policy) -> int:
    return int((last < _end(as_of) - pd.DateOffset(months=policy.risk.silent_months)).sum())


def silent_customers(tables: Tables, as_of: date, policy: Policy) -> int:
    read = tables.until(as_of)
    use = read.activity.filter(read.activity.logins > 0).execute()
    last = pd.to_datetime(use.groupby("customer_id")["day"].max())
    return _long_ago(last[last.index.isin(set(read.orders.customer_id.execute()))], as_of, policy)


def without_order(tables: Tables, as_of: date, policy: Policy) -> int:
    orders = tables.until(as_of).orders.execute()
    return _long_ago(orders.groupby("customer_id")["ordered_at"].max(), as_of, policy)


def never_logged_in_too(tables: Tables, as_of: date, policy: Policy) -> int:
    read = tables.until(as_of)
    use = read.activity.filter(read.activity.logins > 0).execute()
    since = (_end(as_of) - pd.DateOffset(months=policy.risk.silent_months)).date()
    lately = set(use.loc[pd.to_datetime(use["day"]).dt.date >= since, "customer_id"])
    return len(set(read.orders.customer_id.execute()) - lately)


def _critical(tables: Tables, as_of: date, policy: Policy) -> tuple[pd.DataFrame, pd.Timedelta]:
    promise = pd.Timedelta(hours=policy.service.first_response_hours["critical"])
    tickets = tables.until(as_of).tickets.execute()
    return tickets[(tickets["severity"] == "critical") & (tickets["opened_at"] + promise <= _end(as_of))], promise


def critical_in_time(tables: Tables, as_of: date, policy: Policy) -> float:
    critical, promise = _critical(tables, as_of, policy)
    return float(((critical["first_response_at"] - critical["opened_at"]) <= promise).mean())


def solved_in_time(tables: Tables, as_of: date, policy: Policy) -> float:
    critical, promise = _critical(tables, as_of, policy)
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
    ),
    Question(
        "critical_in_time",
        critical_in_time,
        (
            N_("What happens to a case without an answer?"),
            N_("Unanswered and overdue is missed: it stays in the whole."),
        ),
        ((N_("that is the solution; the promise is about the first answer."), solved_in_time),),
    ),
)
