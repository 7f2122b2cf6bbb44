"""Chapter 5: the right answers, the usual wrong ones."""

from datetime import date

import pandas as pd

from crmlib.data.tables import Tables
from crmlib.show.exercise import Question
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.policy import Policy


def _end(as_of: date) -> pd.Timestamp:
    return pd.Timestamp(as_of) + pd.Timedelta(days=1)


def _silent(tables: Tables, as_of: date, policy: Policy, *, logins_only: bool) -> int:
    read = tables.until(as_of)
    use = read.activity.execute()
    use = use[use["logins"] > 0] if logins_only else use
    last = pd.to_datetime(use.groupby("customer_id")["day"].max())
    last = last[last.index.isin(set(read.orders.customer_id.execute()))]
    return int((last < _end(as_of) - pd.DateOffset(months=policy.risk.silent_months)).sum())


def silent_customers(tables: Tables, as_of: date, policy: Policy) -> int:
    return _silent(tables, as_of, policy, logins_only=True)


def any_use(tables: Tables, as_of: date, policy: Policy) -> int:
    return _silent(tables, as_of, policy, logins_only=False)


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


def of_the_answered(tables: Tables, as_of: date, policy: Policy) -> float:
    critical, promise = _critical(tables, as_of, policy)
    answered = critical.dropna(subset=["first_response_at"])
    return float(((answered["first_response_at"] - answered["opened_at"]) <= promise).mean())


QUESTIONS = (
    Question(
        "silent_customers",
        silent_customers,
        (
            N_("A day of use without a login is not a login."),
            N_("Take each customer's last login and compare it with the first day of the silent months."),
        ),
        (
            (N_("any use counts for you; the rule asks for logins."), any_use),
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
        ((N_("you left out the cases nobody answered; they are the worst of all."), of_the_answered),),
    ),
)
