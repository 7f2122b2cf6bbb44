"""The crisis drill: two incidents, whom they concern worked out from the data, and one way to play each."""

import re
from html import escape

import pandas as pd

from crmlib.facts.company import Company
from crmlib.show.incidents import Arrival, Incident, Sent
from crmlib.show.questions import end, frame, since
from crmlib.vocabulary.language import N_, _, day, money, number

EXPORT_DAYS, USED_DAYS, SOME = 14, 7, 5

IT, DESK, SALES, HEAD, CUSTOMER = N_("On call, IT"), N_("Service desk"), N_("A colleague in sales"), N_("Management"), N_("A customer")


def _exported(c: Company) -> pd.DataFrame:
    """The orders that lay open: those of the last fortnight."""
    orders = frame(c, "orders")
    return orders[(orders["ordered_at"] >= since(c, days=EXPORT_DAYS)) & (orders["ordered_at"] < end(c))]


def _waiting(c: Company) -> pd.DataFrame:
    """The orders that cannot be sent out: those of the last day on which there were any."""
    orders = frame(c, "orders")
    orders = orders[orders["ordered_at"] < end(c)]
    return orders[orders["ordered_at"].dt.normalize() == orders["ordered_at"].dt.normalize().max()]


def _users(c: Company) -> int:
    """Customers who logged in during the last week; where use is not recorded, who ordered in the last 30 days."""
    if c.knows("activity.logins"):
        use = frame(c, "activity")
        days = pd.to_datetime(use["day"])
        return use.loc[(use["logins"] > 0) & (days >= since(c, days=USED_DAYS)) & (days < end(c)), "customer_id"].nunique()
    orders = frame(c, "orders")
    return orders.loc[(orders["ordered_at"] >= since(c, days=30)) & (orders["ordered_at"] < end(c)), "customer_id"].nunique()


def _largest(rows: pd.DataFrame) -> pd.Series:
    """The order with the largest amount."""
    return rows.sort_values(["amount", "ordered_at"], ascending=[False, True], kind="stable").iloc[0]


def _persons(c: Company, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of customers who are persons, where that is recorded and there are any."""
    if not c.knows("customers.type"):
        return rows
    customers = frame(c, "customers")
    some = rows[rows["customer_id"].isin(customers.loc[customers["type"] == "person", "customer_id"])]
    return rows if some.empty else some


def leak(c: Company) -> dict[str, str] | None:
    rows = _exported(c)
    if rows.empty:
        return None
    one = _largest(_persons(c, rows))
    return {
        "n": number(rows["customer_id"].nunique()),
        "orders": number(len(rows)),
        "first": day(rows["ordered_at"].min().date()),
        "last": day(rows["ordered_at"].max().date()),
        "ordered_on": day(one["ordered_at"].date()),
        "amount": money(one["amount"]),
    }


def outage(c: Company) -> dict[str, str] | None:
    rows, n = _waiting(c), _users(c)
    if rows.empty or not n:
        return None
    one = _largest(rows)
    used = _("logged in during the last seven days") if c.knows("activity.logins") else _("ordered during the last 30 days")
    return {
        "n": number(n),
        "used": used,
        "waiting": number(len(rows)),
        "ordered_on": day(one["ordered_at"].date()),
        "amount": money(one["amount"]),
    }


def _listed(rows: pd.DataFrame) -> str:
    """The largest of the orders concerned, as a table."""
    largest = rows.sort_values(["amount", "ordered_at"], ascending=[False, True], kind="stable").head(SOME)
    names = (_("Order"), _("Customer"), _("Day"), _("Amount"))
    heads = "".join(f'<th scope="col"{" class=crm-number" if text == names[-1] else ""}>{escape(text)}</th>' for text in names)
    body = "".join(
        f"<tr><td>{escape(str(row.order_id))}</td><td>{escape(str(row.customer_id))}</td><td>{escape(day(row.ordered_at.date()))}</td>"
        f'<td class="crm-number">{escape(money(row.amount))}</td></tr>'
        for row in largest.itertuples()
    )
    said = _("The largest of the {n} orders concerned").format(n=number(len(rows)))
    table = f'<table class="crm-table"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="crm-card"><details><summary>{escape(said)}</summary>{table}</details></div>'


LEAK = Incident(
    "data_leak",
    N_("A file lay open"),
    N_("You speak for the company today. Messages come in, you write to the team, to all customers concerned, and to the customer who writes to you. The clock begins at 09:10 on day 1; it can stand still, run faster, or be put forward to the next message. The drill ends at 10:10 on day 2."),
    (
        Arrival(0, IT, N_("A partner has just told us: a file with our orders from {first} to {last} could be opened on the web without a password. It holds {n} customers with {orders} orders: name, telephone and address. There are no passwords in it and no means of payment. I took it off the web at 09:05. Who opened it before, and how it came to be there, we do not know yet.")),
        Arrival(15, DESK, N_("The first customers are calling: are they in it? Nobody here says anything before you do. What do we answer, and who calls back whom?")),
        Arrival(25, SALES, N_("That can only have been the agency. Write that it is the agency's fault, then we are out of it.")),
        Arrival(35, HEAD, N_("What you may give to those concerned: free delivery for {months} months, an adviser of their own, and a seat on our service-improvement committee for who wants one. No money and no discounts.")),
        Arrival(70, CUSTOMER, N_("I had to read in a chat group that my address stands on the web. I ordered on {ordered_on} for {amount}. I live alone, and since then I have not opened the door to anybody. How could this happen?")),
        Arrival(150, IT, N_("Now we know: we put the file there ourselves for a test on {last}, and nobody took it away afterwards. By the log nobody opened it but the partner who told us.")),
        Arrival(300, DESK, N_("In the chat group somebody writes that passwords were stolen too. Half of the callers ask about it.")),
        Arrival(600, HEAD, N_("Decided: from tomorrow such files lie behind a log-in only and are deleted after 7 days. I want the plan to be with the customers before the {plan} hours are over.")),
        Arrival(1380, DESK, N_("Good morning. People ask what happens now. In an hour it is a day since they first heard of it.")),
    ),
    lambda c: None if (found := leak(c)) is None else {**found, "plan": number(c.policy.service.crisis_resolution_hours)},
    lambda c: _listed(_exported(c)),
    re.compile(r"\b(names?|addresse?s?|telephone|phone|orders?|file|data)\b|姓名|地址|电话|订单|文件|数据|资料", re.IGNORECASE),
    cause_at=150,
    asked_at=70,
    free_months=12,
    model=(
        Sent(10, "team", N_("To all: a file with the orders from {first} to {last} lay open; IT has taken it off the web. IT finds out by 11:40 who opened it and tells me. The service desk tells callers what I write to the customers in a quarter of an hour, and nothing else; whoever wants to be called back is called back today. Nobody speaks of causes before we know them.")),
        Sent(25, "customers", N_("We are sorry: a file with names, telephone numbers and addresses from orders of {first} to {last} could be opened on the web without a password. You are among the {n} customers in it. There are no passwords in it and no means of payment. We have taken it off the web. Who opened it before and how it came to be there we do not know yet. We will write to you again by 13:00 today, also if there is nothing new.")),
        Sent(85, "one", N_("I understand that you are frightened, and I am sorry that you had to read it elsewhere first. How it could happen we do not know yet; what we do know is that the file is off the web since 09:05. I will call you myself today by 13:00 and tell you what we have found. An adviser of your own is there for you until then.")),
        Sent(160, "customers", N_("You have been worried since this morning, and we are sorry for that. The cause is now known: we put the file there ourselves for a test and did not take it away. By our log nobody opened it but the partner who told us of it. We will write again by 18:00 today.")),
        Sent(310, "customers", N_("Some of you ask whether passwords are in it as well: they are not. We will tell you more by 20:00 today.")),
        Sent(620, "customers", N_("We are sorry for this day. It happened because we left a file from a test on the web. From tomorrow such files lie behind a log-in only, and we will delete each of them after 7 days. To make good what you went through, your deliveries are free for {months} months, an adviser of your own is there for you, and there is a seat for you on our service-improvement committee if you want to see to it yourself.")),
    ),
    deck=("D119", "D120", "D121", "D122", "D115"),
    minutes=30,
)

OUTAGE = Incident(
    "service_down",
    N_("Nothing works"),
    LEAK.opening,
    (
        Arrival(0, IT, N_("Since 09:00 nobody gets in: no log-in and no order. {n} customers {used}; the {waiting} orders of {ordered_on} cannot be sent out. As far as we see no data are lost. The cause we do not know yet. A spare server is being set up; it takes over by 18:00 today.")),
        Arrival(15, DESK, N_("The telephone does not stop ringing. What may we say, and when do we call back?")),
        Arrival(25, SALES, N_("Surely the supplier again. Write that the supplier is to blame, then it is not us.")),
        Arrival(35, HEAD, N_("What you may give to those concerned: free delivery for {months} months, an adviser of their own, and a seat on our service-improvement committee. No money and no discounts.")),
        Arrival(70, CUSTOMER, N_("I have been trying since 09:00! I ordered on {ordered_on} for {amount}, my own customers are waiting for it, and nobody can tell me whether it comes. Do you care at all?")),
        Arrival(150, IT, N_("The cause: the disk of the main server was full, because our own clean-up had not run for weeks. The spare server takes over at 16:30, earlier than we said.")),
        Arrival(440, IT, N_("The spare server is running, everybody can get in again. The {waiting} orders are on their way.")),
        Arrival(600, HEAD, N_("Decided: the clean-up is looked at every morning, and at 80 % an alarm rings. I want the plan to be with the customers before the {plan} hours are over.")),
        Arrival(1380, DESK, N_("Good morning. People ask whether it will hold now. In an hour it is a day since they first heard of it.")),
    ),
    lambda c: None if (found := outage(c)) is None else {**found, "plan": number(c.policy.service.crisis_resolution_hours)},
    lambda c: _listed(_waiting(c)),
    re.compile(r"\b(log[- ]?in|orders?|down|get in|works?|not available|unavailable)\b|登录|下单|订单|无法|中断|不能用|用不了|故障", re.IGNORECASE),
    cause_at=150,
    asked_at=70,
    free_months=3,
    model=(
        Sent(10, "team", N_("To all: since 09:00 neither log-in nor orders work. IT sets up the spare server and tells me by 10:00 how far it is. The service desk tells callers what I write to the customers in ten minutes, and nothing else, and calls back whoever asks for it by 18:00 today. Nobody speaks of causes before we know them.")),
        Sent(20, "customers", N_("We are sorry: since 09:00 you cannot log in or order, and orders of {ordered_on} wait. As far as we see no data are lost. The cause we do not know yet. A spare server is being set up and takes over by 18:00 today. We will write to you again by 12:00, also if there is nothing new.")),
        Sent(85, "one", N_("I understand how annoying that is, with your own customers waiting. Why it happened we do not know yet. Your order of {ordered_on} is not lost: it will go out as soon as the spare server is up, today by 18:00. I will call you then and tell you that it has left.")),
        Sent(160, "customers", N_("You have been waiting since the morning, and we are sorry. The cause is now known: the disk of our server was full, because our own clean-up had not run. The spare server takes over at 16:30. We will write to you again by 17:00.")),
        Sent(445, "customers", N_("Everybody can log in and order again, and the {waiting} orders are on their way. What we do so that it stays so we will tell you by 20:00 today.")),
        Sent(620, "customers", N_("We are sorry for this day. It happened because our own clean-up had not run and a disk was full. From tomorrow we will look at it every morning, and at 80 % an alarm rings. To make good what you went through, your deliveries are free for {months} months, an adviser of your own is there for you, and there is a seat for you on our service-improvement committee.")),
    ),
    deck=("D119", "D120", "D121", "D122", "D115"),
    minutes=30,
)

INCIDENTS = (LEAK, OUTAGE)
