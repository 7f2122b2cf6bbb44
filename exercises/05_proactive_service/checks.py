"""Chapter 5: questions, right answers worked out from the data, the usual wrong ones."""

from datetime import date

import numpy as np
import pandas as pd

from crmlib.facts.company import Company
from crmlib.show.criteria import (
    APOLOGY,
    ASKS,
    IN_ORDER,
    NO_BLAME,
    NO_PITCH,
    NOT_EMPTY,
    TIME,
    avoids,
    names,
    nothing_invented,
    within,
)
from crmlib.show.questions import Mistake, Number, One, Option, Order, Question, Several, Text, end, frame, since
from crmlib.vocabulary.language import N_, number


def _silent(c: Company, *, before: pd.Timestamp | None = None) -> set[str]:
    use, orders = frame(c, "activity"), frame(c, "orders")
    last = pd.to_datetime(use[use["logins"] > 0].groupby("customer_id")["day"].max())
    quiet = last < (before or since(c, months=c.policy.risk.silent_months))
    return set(last.index[quiet]) & set(orders["customer_id"])


def silent_customers(c: Company) -> int:
    return len(_silent(c)) or None


def without_order(c: Company) -> int:
    last = frame(c, "orders").groupby("customer_id")["ordered_at"].max()
    return int((last < since(c, months=c.policy.risk.silent_months)).sum())


def never_logged_in_too(c: Company) -> int:
    use, orders = frame(c, "activity"), frame(c, "orders")
    first = since(c, months=c.policy.risk.silent_months)
    lately = set(use.loc[(use["logins"] > 0) & (pd.to_datetime(use["day"]) >= first), "customer_id"])
    return len(set(orders["customer_id"]) - lately)


def silent_from_today(c: Company) -> int:
    return len(_silent(c, before=pd.Timestamp(date.today()) - pd.DateOffset(months=c.policy.risk.silent_months)))


def silent_one_month(c: Company) -> int:
    return len(_silent(c, before=since(c, months=1)))


def _rates(c: Company, least: int) -> pd.DataFrame:
    """By customer: orders a month in the window, and in the months before it; as the risk rule compares them."""
    orders, risk = frame(c, "orders"), c.policy.risk
    window = since(c, months=risk.window_months)
    before = since(c, months=risk.window_months + risk.baseline_months)
    now = orders[orders["ordered_at"] >= window].groupby("customer_id").size()
    base = orders[(orders["ordered_at"] < window) & (orders["ordered_at"] >= before)].groupby("customer_id").size()
    rates = pd.DataFrame({"base": base[base >= least]})
    return rates.assign(now=now.reindex(rates.index).fillna(0))


def _dropped(c: Company, *, least: int = 0) -> set[str]:
    risk = c.policy.risk
    rates = _rates(c, least or risk.baseline_orders)
    fell = rates["now"] / risk.window_months <= (1 - risk.frequency_drop) * rates["base"] / risk.baseline_months
    return set(rates.index[fell])


def both_signs(c: Company) -> int:
    return len(_dropped(c) & _silent(c)) or None


def either_sign(c: Company) -> int:
    return len(_dropped(c) | _silent(c))


def drop_alone(c: Company) -> int:
    return len(_dropped(c))


def silence_alone(c: Company) -> int:
    return len(_silent(c))


def no_minimum(c: Company) -> int:
    return len(_dropped(c, least=1) & _silent(c))


def _in_time(c: Company, column: str = "first_response_at", *, severity: str = "critical", hours: float | None = None, answered: bool = False) -> float:
    cases = frame(c, "tickets")
    promise = pd.Timedelta(hours=hours or c.policy.service.first_response_hours["critical"])
    due = cases[((cases["severity"] == severity) | (severity == "")) & (cases["opened_at"] + promise <= end(c))]
    due = due[due[column].notna()] if answered else due
    return float(((due[column] - due["opened_at"]) <= promise).mean())


def critical_in_time(c: Company) -> float:
    return _in_time(c)


def solved_in_time(c: Company) -> float:
    return _in_time(c, "resolved_at")


def every_severity(c: Company) -> float:
    return _in_time(c, severity="")


def promise_of_high(c: Company) -> float:
    return _in_time(c, hours=c.policy.service.first_response_hours["high"])


def critical_answered(c: Company) -> float:
    cases = frame(c, "tickets")
    return float(cases.loc[cases["severity"] == "critical", "first_response_at"].notna().mean())


def _due_soon(c: Company, how: str = "median", *, ahead: tuple[int, int] | None = None, least: int = 4) -> int:
    orders = frame(c, "orders")
    days = orders.assign(day=orders["ordered_at"].dt.normalize())[["customer_id", "day"]].drop_duplicates().sort_values("day")
    gaps = days.groupby("customer_id")["day"].diff().dt.days
    each = gaps.groupby(days["customer_id"]).agg(["count", how])
    last = days.groupby("customer_id")["day"].max()
    left = (last - pd.Timestamp(c.as_of)).dt.days + each[how]
    return int((left.between(*(ahead or (1, c.policy.rhythm.lead_days))) & (each["count"] >= least - 1)).sum())


def due_soon(c: Company) -> int:
    return _due_soon(c) or None


def due_by_mean(c: Company) -> int:
    return _due_soon(c, "mean")


def overdue_too(c: Company) -> int:
    return _due_soon(c, ahead=(-100_000, c.policy.rhythm.lead_days))


def few_orders_too(c: Company) -> int:
    return _due_soon(c, least=2)


def within_month(c: Company) -> int:
    return _due_soon(c, ahead=(1, 30))


def _complaining(c: Company, *, months: int = 3, only: bool = True, least: int = 2, customers: bool = True) -> int:
    cases = frame(c, "tickets")
    kept = ((cases["category"] == "complaint") | (not only)) & (cases["opened_at"] >= since(c, months=months))
    each = cases[kept].groupby("customer_id").size()
    return int((each >= least).sum() if customers else each[each >= least].sum())


def complaining(c: Company) -> int:
    return _complaining(c) or None


def any_case(c: Company) -> int:
    return _complaining(c, only=False)


def ever_complained(c: Company) -> int:
    return _complaining(c, months=1200)


def one_complaint(c: Company) -> int:
    return _complaining(c, least=1)


def complaints_for_customers(c: Company) -> int:
    return _complaining(c, customers=False)


CALLS = ((12_000, 0.9, 0.02, 30), (4_000, 0.5, 0.2, 20), (900, 0.6, 0.3, 5), (6_000, 0.1, 0.3, 30))


def by_minute(_c: Company) -> tuple[int, ...]:
    worth = [value * leaves * kept / minutes for value, leaves, kept, minutes in CALLS]
    return tuple(int(i) for i in np.argsort([-w for w in worth], kind="stable"))


def crisis(c: Company) -> dict[str, str]:
    service = c.policy.service
    return {"first": number(service.crisis_first_response_hours), "plan": number(service.crisis_resolution_hours)}


def first_hours(c: Company) -> float:
    return c.policy.service.crisis_first_response_hours


def plan_hours(c: Company) -> float:
    return c.policy.service.crisis_resolution_hours


SLOW = [24, 80, 3]
N_SLOW = N_("I understand how annoying it is when every click takes a minute, many felt the same at first. The cause is our server: it has too little bandwidth for the mornings. We will widen it within 24 hours, answers come 80 % faster, and the next 3 months of operation are free for you.")
N_OUTAGE = N_("Since 14:10 our service is down, and we are sorry: you cannot work. What went wrong we do not know yet. A spare server takes over, and we will have you back no later than 18:00 today; the next message comes within 1 hour, at this number.")
N_CARE = N_("Good day, it is good to have you back. How has it been since, and what would you still change? I will call again in two weeks and tell you what became of it.")

QUESTIONS = (
    Question(
        "silent_customers",
        "measure",
        N_("Who has fallen silent?"),
        N_("How many customers with an order logged in at some time, but not in the last `c.policy.risk.silent_months` months up to `c.as_of`?"),
        Number("count"),
        silent_customers,
        N_("Silence is news only of somebody who used to speak. Who never logged in has another way of being there."),
        (
            N_("Silence says nothing of someone who never logged in."),
            N_("Take each customer's last login and compare it with the first day of the silent months."),
            N_("`last = use[use[\"logins\"] > 0].groupby(\"customer_id\")[\"day\"].max()`; keep those with an order; count `last <` the first day."),
        ),
        (
            Mistake("orders_for_logins", N_("that looks at orders; silence is about logins."), without_order),
            Mistake("never_in", N_("customers who never logged in are in it; of them silence says nothing."), never_logged_in_too),
            Mistake("from_today", N_("that counts back from today; the data end on the company's day."), silent_from_today),
            Mistake("one_month", N_("that is one month of silence."), silent_one_month),
        ),
        deck=("D102", "D104"),
        needs=("activity.logins", "orders"),
    ),
    Question(
        "both_signs",
        "measure",
        N_("The rule of the deck"),
        N_("At risk is who is silent (as above) and whose orders a month in the last `window_months` months are at most half of their own mean in the `baseline_months` before (only customers with at least `baseline_orders` orders there; see `c.policy.risk`). How many are at risk?"),
        Number("count"),
        both_signs,
        N_("The deck's rule can be read as and or as or, and gives no baseline. Policy says both aloud, so that two people get one list."),
        (
            N_("Two sets of customers; what is asked of both?"),
            N_("Months differ in number: compare what came in a month, not in all."),
            N_("`now / window_months <= 0.5 * base / baseline_months`, where no order now is 0; then `len(dropped & silent)`."),
        ),
        (
            Mistake("or_for_and", N_("one of the two signs is enough for you; the rule asks for both."), either_sign),
            Mistake("one_sign", N_("that is the drop alone, without the silence."), drop_alone),
            Mistake("silence_alone", N_("that is the silence alone, without the drop."), silence_alone),
            Mistake("no_minimum", N_("customers with a single order in the months before are in it; one order is no rhythm that could fall."), no_minimum),
        ),
        deck=("D102", "D104", "D105"),
        needs=("activity.logins", "orders"),
    ),
    Question(
        "critical_in_time",
        "measure",
        N_("Answered in time"),
        N_("Of the critical cases whose time for a first answer (`c.policy.service.first_response_hours[\"critical\"]`) is over by the end of `c.as_of`, what share was answered within it?"),
        Number("share"),
        critical_in_time,
        N_("A promise is kept or broken once its time is over; what was never answered is broken. The list of the broken ones is this afternoon's work."),
        (
            N_("What happens to a case without an answer?"),
            N_("Unanswered and overdue is missed: it stays in the whole."),
            N_("`due = critical[opened_at + promise <= end]`, then the mean of `first_response_at - opened_at <= promise`."),
        ),
        (
            Mistake("solved_for_answered", N_("that is the solution; the promise is about the first answer."), solved_in_time),
            Mistake("every_severity", N_("that is of all severities, as if all had the same promise."), every_severity),
            Mistake("other_promise", N_("that is measured by the promise of another severity."), promise_of_high),
            Mistake("late_counts_too", N_("late answers are counted as well."), critical_answered),
        ),
        deck=("D111", "D119"),
        needs=("tickets.severity", "tickets.first_response_at"),
    ),
    Question(
        "due_soon",
        "measure",
        N_("Before they ask"),
        N_("Of customers with at least 4 different days with an order: the next is forecast at the last day plus the median of the days between. For how many does it fall 1 to `c.policy.rhythm.lead_days` days after `c.as_of`?"),
        Number("count"),
        due_soon,
        N_("This is next fortnight's list: what goes with the last order, before the customer thinks of it. The median forgives the one long summer break."),
        (
            N_("Two orders on a day are one day."),
            N_("Sort, `diff()` by customer, then the median by customer."),
            N_("`left = (last - as_of).dt.days + median`; count where `left` lies between 1 and the lead days and there are at least 3 gaps."),
        ),
        (
            Mistake("mean_for_median", N_("that takes the mean; one long pause moves it."), due_by_mean),
            Mistake("overdue_in", N_("those whose day has passed are in it; they are a question of their own."), overdue_too),
            Mistake("too_few_orders", N_("customers with two or three days are in it; they have no rhythm yet."), few_orders_too),
            Mistake("other_lead", N_("that is a month ahead."), within_month),
        ),
        deck=("D101",),
        needs=("orders",),
    ),
    Question(
        "complaining",
        "measure",
        N_("Complaining again"),
        N_("How many customers opened at least 2 cases of category `complaint` in the last 3 months up to the end of `c.as_of`?"),
        Number("count"),
        complaining,
        N_("Twice is no accident. A second complaint says that the first was not settled; call before there is a third, or none any more."),
        (
            N_("Customers, not complaints."),
            N_("Filter category and months first, then count by customer."),
            N_("`(complaints.groupby(\"customer_id\").size() >= 2).sum()`."),
        ),
        (
            Mistake("any_case", N_("cases of every category are in it."), any_case),
            Mistake("all_time", N_("that is over all time."), ever_complained),
            Mistake("one_is_enough", N_("one complaint is taken as enough."), one_complaint),
            Mistake("cases_for_customers", N_("that counts the complaints."), complaints_for_customers),
        ),
        deck=("D104", "D105"),
        needs=("tickets.category",),
    ),
    Question(
        "most_won_back",
        "read",
        N_("Most of them were won back"),
        N_("An online shop was warned of 100 valuable customers, called them, and 60 ordered within the quarter. \"We won back 60.\" What may be said?"),
        One((
            Option(N_("60 of those called ordered; how many would have done so anyway is not known.")),
            Option(N_("60 customers were won back."), N_("some of them had not gone.")),
            Option(N_("The warning was right in 60 of 100 cases."), N_("those who ordered are rather those of whom the warning was wrong.")),
            Option(N_("40 were lost because the call was bad."), N_("nobody was left alone; of the call nothing can be said, good or bad.")),
        )),
        lambda c: 0,
        N_("Orders after a call are not orders because of it. Leave a few by lot uncalled, and next quarter the sentence can be finished."),
        (
            N_("What would the 100 have done without a call?"),
            N_("A warning can be wrong in a friendly way."),
            N_("Choose the sentence that ends with what is not known."),
        ),
        deck=("D112", "D015", "D103"),
    ),
    Question(
        "big_vendor",
        "read",
        N_("250,000 firms"),
        N_("A tool is \"used by 250,000 firms in 180 countries\"; another is \"the first in the country\". Your service team of 12 has to choose. What do the sentences say?"),
        One((
            Option(N_("That both advertise; whether one fits shows in a trial with your own cases, channels and languages.")),
            Option(N_("That the first is better, as so many cannot be wrong."), N_("others' number says nothing of your work.")),
            Option(N_("That the second is older and so more mature."), N_("first says when, not how well.")),
            Option(N_("That both are useless."), N_("advertising disproves nothing either.")),
        )),
        lambda c: 0,
        N_("Vendors' claims are no evidence for you or against. A week with twenty of your own cases is."),
        (
            N_("Who says so, and what for?"),
            N_("What would you have to see to decide?"),
            N_("One option tells how to find out."),
        ),
        deck=("D114", "D022"),
    ),
    Question(
        "five_steps",
        "judge",
        N_("Five steps back"),
        N_("A customer has halved their orders. Put the steps in order."),
        Order((
            Option(N_("The warning names the customer, and an owner."), N_("one step stands before what it needs.")),
            Option(N_("Call and ask; read cases and use: what has changed for them?"), N_("one step stands before what it needs.")),
            Option(N_("Decide what answers that cause: service, product, or price."), N_("one step stands before what it needs.")),
            Option(N_("Do it, with a name and a day."), N_("one step stands before what it needs.")),
            Option(N_("Call again after two weeks and after a quarter: is it still good?"), N_("one step stands before what it needs.")),
        )),
        lambda c: (0, 1, 2, 3, 4),
        N_("Warning, cause, strategy, action, maintenance. Most win-backs fail at the second step, which is skipped, and at the fifth, which is forgotten."),
        (
            N_("Before you offer something, what must you know?"),
            N_("And after it was done?"),
            N_("Warning, cause, strategy, action, maintenance."),
        ),
        deck=("D103", "D106", "D110"),
    ),
    Question(
        "whom_to_call",
        "judge",
        N_("Whom to call first?"),
        N_("Rank by what a minute brings: value a year × chance of leaving × share that a call keeps, over its minutes. The best first."),
        Order((
            Option(N_("12,000 a year, leaves with 90 %, a call keeps 2 % of such, 30 minutes"), N_("work out all four products; one stands in the wrong place.")),
            Option(N_("4,000 a year, leaves with 50 %, a call keeps 20 % of such, 20 minutes"), N_("work out all four products; one stands in the wrong place.")),
            Option(N_("900 a year, leaves with 60 %, a message keeps 30 % of such, 5 minutes"), N_("work out all four products; one stands in the wrong place.")),
            Option(N_("6,000 a year, leaves with 10 %, a call keeps 30 % of such, 30 minutes"), N_("work out all four products; one stands in the wrong place.")),
        )),
        by_minute,
        N_("Not the most valuable, and not the surest to leave: what a minute of yours changes. The lost cause and the safe customer both come late."),
        (
            N_("The surest to leave may be past saving."),
            N_("Four factors, one of them below the line."),
            N_("For the second: 4,000 × 0.5 × 0.2 / 20 = 20 a minute. Do the same for the other three."),
        ),
        deck=("D066", "D102", "D108", "D112"),
    ),
    Question(
        "first_hour",
        "judge",
        N_("The first hour"),
        N_("Customer data may have leaked. What belongs into the message of the first {first} hour(s)? Choose all."),
        Several((
            Option(N_("That we are sorry, and what customers should do now.")),
            Option(N_("What has been shut off already, and until when.")),
            Option(N_("When the next message comes, and who can be reached until then.")),
            Option(N_("Who is to blame, by our first guess."), N_("one of them is a guess; a wrong one has to be taken back before everybody.")),
            Option(N_("That our other products are safe, and on offer this week."), N_("one of them sells; in this hour nobody buys.")),
        )),
        lambda c: {0, 1, 2},
        N_("Sorry, stopped, next: within the hour. The final plan and what makes good follow within {plan} hours, and something beyond what was expected: a refund, an adviser of their own, a seat where the mending is decided. Then the crisis is a turning point."),
        (
            N_("What does a frightened customer need in the first hour?"),
            N_("Only what is known, nothing that is guessed."),
            N_("Three of five help the customer, one guesses, one sells."),
        ),
        deck=("D119", "D120", "D121", "D122"),
        figures=crisis,
    ),
    Question(
        "which_cause",
        "judge",
        N_("Which cause?"),
        N_("A customer stopped using two functions, opened three cases about them, and says on the telephone: \"You are too expensive.\" What is done first?"),
        One((
            Option(N_("Ask what the two functions should do for them, mend that with a day, and see whether they use them again.")),
            Option(N_("Give 20 % off."), N_("what somebody says and what somebody does point to different causes; look at both.")),
            Option(N_("Send a holiday greeting and an invitation."), N_("care is good once the trouble is gone.")),
            Option(N_("Close the three cases, as they were answered."), N_("answered is not solved: nobody looked whether it helped.")),
        )),
        lambda c: 0,
        N_("The words name the price, the log names the functions. Ask and data mining belong together; then a measure for that cause, and a look whether it helped."),
        (
            N_("Expensive, compared with what they get."),
            N_("What do three cases and two unused functions say?"),
            N_("One option mends, dates, and looks again."),
        ),
        deck=("D107", "D108", "D111", "D113"),
    ),
    Question(
        "system_slow",
        "say",
        N_("\"Your system is slow!\""),
        N_("A customer: \"Every click takes a minute!\" You know: the server has too little bandwidth; it is widened within 24 hours; answers come 80 % faster then; 3 months of operation are free. Answer in three or four sentences."),
        Text((IN_ORDER, TIME, within(lambda c: 24.0, N_("The time that it promises is not the one that you may promise.")), nothing_invented(lambda c: SLOW), NOT_EMPTY, NO_BLAME)),
        lambda c: N_SLOW,
        N_("Empathy, attribution, action: felt, explained, promised with a number and a day. Each part alone fails: comfort without a cause, a cause without a plan, a plan for somebody who was not heard."),
        (
            N_("Do not begin with the server."),
            N_("What it means to them, why it is so, what happens by when."),
            N_("\"I understand how … The cause is … We will … within 24 hours, …\""),
        ),
        deck=("D115", "D116", "D117", "D118"),
    ),
    Question(
        "outage",
        "say",
        N_("Service is down"),
        N_("Since 14:10 customers cannot work; a spare server takes over and will be ready by 18:00; the cause is not known. Write the first message: an apology, what happens until when, and when the next message comes, within {first} hour(s)."),
        Text((
            APOLOGY,
            TIME,
            within(first_hours, N_("The next message comes too late, or no length of time is named for it.")),
            avoids(r"because of (a|the|an)|was caused by|hacker|supplier|因为.{0,6}(攻击|供应商|操作)|由于.{0,6}(攻击|供应商|操作)|黑客|供应商", N_("It names a cause that nobody knows yet."), "guess"),
            NO_BLAME,
            nothing_invented(lambda c: [14, 10, 18, 0]),
            NOT_EMPTY,
        )),
        lambda c: N_OUTAGE,
        N_("Within the hour, with a time of the clock, and honest about what is not known. Nobody minds that the plan comes tomorrow if today's message came at once."),
        (
            N_("An apology needs no cause."),
            N_("Two times: until when it is back, and when you write again."),
            N_("\"… sorry … no later than 18:00 today … next message within 1 hour\""),
        ),
        deck=("D119", "D120"),
        figures=crisis,
    ),
    Question(
        "care_after",
        "say",
        N_("After they came back"),
        N_("A customer was won back a fortnight ago. Write what you say on the telephone: no offer, an open question, and when you call again."),
        Text((
            ASKS,
            TIME,
            NO_PITCH,
            NO_BLAME,
            avoids(r"discount|coupon|% off|order now|优惠|折扣|下单|促销", N_("It sells; this call is care."), "sells"),
            names(r"\bhow\b|\bwhat\b|怎么样|如何|哪里|什么|哪些", N_("Its question can be answered with yes or no."), "open_question"),
            NOT_EMPTY,
        )),
        lambda c: N_CARE,
        N_("They left once because nobody asked. A regular call, a greeting that fits, an invitation: belonging comes from being heard and from hearing what became of it."),
        (
            N_("A question that begins with how or what."),
            N_("And a day on which they hear what became of it."),
            N_("\"How has it been since? … I will call again in two weeks …\""),
        ),
        deck=("D109", "D110", "D111"),
    ),
)
