"""Chapter 2: questions, right answers worked out from the data, the usual wrong ones."""

import pandas as pd

from crmlib.facts.company import Company
from crmlib.measures import funnel
from crmlib.show import charts
from crmlib.show.cards import card
from crmlib.show.criteria import ASKS, DATE, NO_PITCH, NOT_EMPTY, NUMBER, avoids, names
from crmlib.show.questions import Mistake, Number, One, Option, Order, Question, Several, Text, frame, since
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, number, percent


def _status(c: Company, column: str, *wanted: str) -> float:
    return float(frame(c, "customers")[column].isin(wanted).mean())


def phone_completeness(c: Company) -> float:
    return _status(c, "phone_status", "valid", "invalid")


def phone_valid(c: Company) -> float:
    return _status(c, "phone_status", "valid")


def phone_invalid(c: Company) -> float:
    return _status(c, "phone_status", "invalid")


def email_completeness(c: Company) -> float:
    return _status(c, "email_status", "valid", "invalid")


def any_contact_point(c: Company) -> float:
    known = frame(c, "customers")[["phone_status", "email_status", "wechat_status"]]
    return float((known.isin(["valid", "invalid"])).all(axis=1).mean())


def phone_accuracy(c: Company) -> float:
    return phone_valid(c) / phone_completeness(c)


def valid_over_invalid(c: Company) -> float:
    return phone_invalid(c) / phone_valid(c)


def inaccuracy(c: Company) -> float:
    return phone_invalid(c) / phone_completeness(c)


def _sales_email(c: Company, *, standing: bool = True, purpose: bool = True, valid: bool = True, either: bool = False) -> float:
    customers, consents = frame(c, "customers"), frame(c, "consents")
    kept = (consents["channel"] == "email") & (consents["withdrawn_at"].isna() | (not standing))
    kept &= (consents["purpose"] == "sales") | (not purpose)
    agreed = customers["customer_id"].isin(consents.loc[kept, "customer_id"])
    there = (customers["email_status"] == "valid") | (not valid)
    return float(((agreed | there) if either else (agreed & there)).mean())


def sales_email(c: Company) -> float:
    return _sales_email(c)


def with_withdrawn(c: Company) -> float:
    return _sales_email(c, standing=False)


def any_purpose(c: Company) -> float:
    return _sales_email(c, purpose=False)


def consent_alone(c: Company) -> float:
    return _sales_email(c, valid=False)


def consent_or_address(c: Company) -> float:
    return _sales_email(c, either=True)


def surplus_records(c: Company) -> int:
    records = frame(c, "records")
    return len(records) - records["customer_id"].nunique() or None


def doubled_customers(c: Company) -> int:
    return int((frame(c, "records").groupby("customer_id").size() > 1).sum())


def all_records(c: Company) -> int:
    return len(frame(c, "records"))


def records_of_doubled(c: Company) -> int:
    each = frame(c, "records").groupby("customer_id").size()
    return int(each[each > 1].sum())


def _seen(c: Company, months: int | None) -> tuple[set[str], set[str]]:
    orders, use = frame(c, "orders"), frame(c, "activity")
    begins = pd.Timestamp(c.as_of.year, 1, 1) if months is None else since(c, months=months)
    used = use[(use["logins"] > 0) & (pd.to_datetime(use["day"]) >= begins)]
    return set(orders.loc[orders["ordered_at"] >= begins, "customer_id"]), set(used["customer_id"])


def behaviour_seen(c: Company) -> float:
    ordered, used = _seen(c, c.policy.tiers.window_months)
    return len(ordered | used) / len(frame(c, "customers"))


def both_seen(c: Company) -> float:
    ordered, used = _seen(c, c.policy.tiers.window_months)
    return len(ordered & used) / len(frame(c, "customers"))


def orders_alone(c: Company) -> float:
    return len(_seen(c, c.policy.tiers.window_months)[0]) / len(frame(c, "customers"))


def this_year(c: Company) -> float:
    ordered, used = _seen(c, None)
    return len(ordered | used) / len(frame(c, "customers"))


def ever_seen(c: Company) -> float:
    ordered, used = _seen(c, 1200)
    return len(ordered | used) / len(frame(c, "customers"))


STAGES = ("reachable", "consented", "behaviour_seen", "answered")


def _lost(c: Company) -> pd.DataFrame:
    return funnel.collection(c).set_index("stage").loc[list(STAGES)]


def largest_loss(c: Company) -> int:
    lost = _lost(c)["lost"].astype(float)
    return None if lost.isna().any() or lost.sum() == 0 else int(lost.to_numpy().argmax())


def funnel_card(c: Company) -> tuple[str, str]:
    stages = funnel.collection(c)
    return card(c, funnel.reach(c, stages).head(0), charts.funnel(stages))


def stage_names(c: Company) -> dict[str, str]:
    return {f"s{i}": code_label(stage) for i, stage in enumerate(STAGES)}


def answer_figures(c: Company) -> dict[str, str]:
    stages = funnel.collection(c).set_index("stage")
    answered, seen = float(stages.loc["answered", "customers"]), float(stages.loc["behaviour_seen", "customers"])
    return {"share": percent(answered / seen), "n": number(answered)}


N_CONSENT = N_("May we e-mail you about new parts for your machines, once a month at most? You can withdraw at any time with one click, and your service stays the same without it.")
N_VERIFY = N_("We show ten customers a prototype of the English page; by 31 March at least 6 of 10 use it every week, else we stop.")

QUESTIONS = (
    Question(
        "phone_completeness",
        "measure",
        N_("Complete"),
        N_("Of what share of customers do we have a telephone number, right or wrong? `phone_status` is `valid`, `invalid` or `missing`."),
        Number("share"),
        phone_completeness,
        N_("Complete asks whether something is there. What is missing is asked for; what is wrong is corrected: two jobs, two owners."),
        (
            N_("Complete asks whether something is there, not whether it is right."),
            N_("A wrong number is there."),
            N_("Count every status but missing, and take the share of all customers."),
        ),
        (
            Mistake("valid_for_there", N_("that counts the valid ones only; a wrong number is there, it is inaccurate."), phone_valid),
            Mistake("other_column", N_("that is about e-mail."), email_completeness),
            Mistake("and_for_one", N_("that asks for telephone, e-mail and WeChat together."), any_contact_point),
        ),
        deck=("D036", "D039"),
        needs=("customers.phone",),
    ),
    Question(
        "phone_accuracy",
        "measure",
        N_("Accurate"),
        N_("Of the telephone numbers that are there, what share is valid?"),
        Number("share"),
        phone_accuracy,
        N_("What is missing can be neither right nor wrong. Kept apart, the two figures say whether to ask or to correct."),
        (
            N_("The whole is not all customers here."),
            N_("Leave out who has no number."),
            N_("Divide the valid numbers by the valid and the invalid together."),
        ),
        (
            Mistake("other_whole", N_("you divided by all customers; what is missing can be neither right nor wrong."), phone_valid),
            Mistake("ratio_for_share", N_("that sets the wrong against the right; a share has both in its whole."), valid_over_invalid),
            Mistake("other_question", N_("that is completeness, the question before."), phone_completeness),
        ),
        deck=("D036", "D043"),
        needs=("customers.phone",),
    ),
    Question(
        "sales_email",
        "measure",
        N_("To whom may a sales e-mail go?"),
        N_("What share of customers has a valid e-mail address and a consent that stands for channel `email` and purpose `sales`?"),
        Number("share"),
        sales_email,
        N_("Address, purpose and consent, all three today. A campaign is planned on this number, not on the size of the address book."),
        (
            N_("A consent stands while `withdrawn_at` is empty."),
            N_("A consent is for one purpose; service is not sales."),
            N_("Find the ids with such a consent, then ask of each customer: among them, and `email_status` valid?"),
        ),
        (
            Mistake("withdrawn_in", N_("withdrawn consents are still in it."), with_withdrawn),
            Mistake("any_purpose", N_("a consent for another purpose is taken for one to sales."), any_purpose),
            Mistake("no_address", N_("some of them have no valid address."), consent_alone),
            Mistake("or_for_and", N_("one of the two is not enough; both are asked."), consent_or_address),
        ),
        deck=("D035", "D037", "D042"),
        needs=("customers.email", "consents.purpose", "consents.withdrawn_at"),
    ),
    Question(
        "surplus_records",
        "measure",
        N_("One customer, many records"),
        N_("`c.tables.records` has a row for each record of the source systems, and the customer it belongs to. How many records could be merged away, so that each customer has one?"),
        Number("count"),
        surplus_records,
        N_("Each surplus record is a customer who is greeted twice and counted twice. Merging them makes every other figure of the course true."),
        (
            N_("How many would be left?"),
            N_("One for each customer; the others are surplus."),
            N_("Rows less different customer ids."),
        ),
        (
            Mistake("customers_for_records", N_("that counts the customers who have more than one; a customer may have several to spare."), doubled_customers),
            Mistake("all", N_("that is all of them."), all_records),
            Mistake("one_kept", N_("of each of them one record is kept."), records_of_doubled),
        ),
        deck=("D009", "D037", "D055"),
        needs=("customers.source_system",),
    ),
    Question(
        "behaviour_seen",
        "measure",
        N_("Whose behaviour do we see?"),
        N_("What share of all customers ordered or logged in (`logins` above 0) in the last `c.policy.tiers.window_months` months up to `c.as_of`?"),
        Number("share"),
        behaviour_seen,
        N_("Of the others we know what they told us once, and nothing since. This is how far the second stage, behaviour, reaches."),
        (
            N_("One of the two is enough."),
            N_("The window ends with the day of `c.as_of` and begins so many months before."),
            N_("Two sets of ids, joined with `|`, over the number of customers."),
        ),
        (
            Mistake("and_for_or", N_("that asks for both, an order and a login."), both_seen),
            Mistake("one_source", N_("that looks at orders only; who uses and does not buy is seen too."), orders_alone),
            Mistake("calendar_year", N_("that is the calendar year; the window is so many months back from the day."), this_year),
            Mistake("all_time", N_("that is over all time."), ever_seen),
        ),
        deck=("D038", "D040", "D044", "D047"),
        needs=("orders", "activity.logins"),
    ),
    Question(
        "largest_loss",
        "read",
        N_("Where most get lost"),
        N_("At which step of the funnel are most customers lost to our sight?"),
        One((
            Option("{s0}", N_("count how many fewer bars reach this step than the one before; another step loses more.")),
            Option("{s1}", N_("count how many fewer bars reach this step than the one before; another step loses more.")),
            Option("{s2}", N_("count how many fewer bars reach this step than the one before; another step loses more.")),
            Option("{s3}", N_("the lowest bar is what is left at the end, not what is lost on the way; compare neighbours.")),
        )),
        largest_loss,
        N_("A funnel is mended where it leaks most, not where it is narrowest. What comes in lower down cannot be more than what passes there."),
        (
            N_("The narrowest place is not the place that loses most."),
            N_("Compare each bar with the one before it."),
            N_("Write down the differences between neighbours; the largest names the step."),
        ),
        deck=("D035", "D038", "D042"),
        needs=("customers",),
        figures=stage_names,
        shows=funnel_card,
    ),
    Question(
        "who_answers",
        "read",
        N_("Who answered"),
        N_("{share} of the customers whose behaviour we see answered a survey within the window (n = {n} who answered). They are content. What may be said?"),
        One((
            Option(N_("Those who answered are content; of the silent we do not know.")),
            Option(N_("Our customers are content."), N_("that speaks for those who did not answer, too.")),
            Option(N_("Those who did not answer are discontent."), N_("silence is unknown; it is neither yes nor no.")),
            Option(N_("With so many answers the silent no longer matter."), N_("more answers make the figure surer for those who answer; for the others nothing changes.")),
        )),
        lambda c: 0,
        N_("A survey speaks for who answers. Telephone some of the silent before the figure goes to the board."),
        (
            N_("For whom does the figure speak?"),
            N_("Unknown is a third state beside yes and no."),
            N_("One option says of the silent what is known of them: nothing."),
        ),
        deck=("D036", "D041", "D045"),
        needs=("customers", "surveys"),
        figures=answer_figures,
    ),
    Question(
        "ask_observe_verify",
        "judge",
        N_("From a wish to a need"),
        N_("A customer asks for a new screen. Put the steps in the order in which a hidden need is found and proved."),
        Order((
            Option(N_("Ask: what would be different for you if you had it?"), N_("one step stands too late or too early; ask first, and build last.")),
            Option(N_("Observe: where in the log do they stop, repeat, or make errors?"), N_("one step comes before what it rests on.")),
            Option(N_("Verify: show a rough prototype and see whether they use it."), N_("one step comes before what it rests on.")),
            Option(N_("Build the smallest version of the core, and count clicks and errors."), N_("one step comes before what it rests on.")),
            Option(N_("Roll it out to all, with a day on which to look again."), N_("one step comes before what it rests on.")),
        )),
        lambda c: (0, 1, 2, 3, 4),
        N_("Words first, deeds second, proof third, and money last. Each step is cheaper than the one it may save."),
        (
            N_("What is cheapest comes first."),
            N_("What they say, what they do, what they do with something new."),
            N_("Ask, observe, verify; then the smallest version, and only then everybody."),
        ),
        deck=("D050", "D054"),
    ),
    Question(
        "real_need",
        "judge",
        N_("The logistics firm"),
        N_("A logistics firm wants to buy transport software. Which question finds the need behind it?"),
        One((
            Option(N_("Where do goods wait today, what does that cost you, and who notices first?")),
            Option(N_("Which functions should it have?"), N_("that asks for the solution; the customer has thought of one already.")),
            Option(N_("How large is your budget?"), N_("that tells what they may pay, not what they lack.")),
            Option(N_("Are you content with your present supplier?"), N_("yes or no ends the talk before it begins.")),
        )),
        lambda c: 0,
        N_("It asks for the process, the cost and the person: the three views of a need in one. The software is a guess at a solution; goods that lie in transit are the problem."),
        (
            N_("Software is a solution. To what?"),
            N_("A need shows in the process, in the chain of those who decide, and in the trade."),
            N_("Choose the question that names no function and no price."),
        ),
        deck=("D050", "D051", "D052"),
    ),
    Question(
        "misuse_of_data",
        "judge",
        N_("What may be done with it"),
        N_("Which of these uses should be stopped today? Choose all."),
        Several((
            Option(N_("Customers agreed to service messages; sales writes to them about an offer.")),
            Option(N_("The registration form will not go on without the birthday, \"for statistics\".")),
            Option(N_("An analyst takes the full list with names home to make a chart.")),
            Option(N_("Sales reads in the news that a customer was funded and congratulates them."), N_("one of them is in order: what is public may be read, and a congratulation is no campaign.")),
            Option(N_("Log-ins are counted by customer to see who needs help, as the terms say."), N_("one of them is in order: it was said beforehand and serves the customer.")),
        )),
        lambda c: {0, 1, 2},
        N_("A purpose that was not agreed, a field that nobody needs, names where numbers would do. Each costs trust that no data brings back."),
        (
            N_("Ask three things: agreed to this purpose? needed? as few people as possible?"),
            N_("News that anybody can read is no personal secret."),
            N_("Three of the five fail one of the three questions."),
        ),
        deck=("D037", "D042", "D048"),
    ),
    Question(
        "which_loop",
        "judge",
        N_("Collected, analysed, and then?"),
        N_("Which of these is a whole loop from collecting to applying?"),
        One((
            Option(N_("Errors are logged; the function with most errors is mended; a month later the errors are counted again.")),
            Option(N_("Clicks, log-ins and purchases are collected in real time and shown on a wall."), N_("it is looked at, and nothing is done with it.")),
            Option(N_("Interviews are held each quarter and filed with care."), N_("it is kept, and nobody decides by it.")),
            Option(N_("A list is bought, cleaned, and sent to sales."), N_("nothing comes back that says whether it helped.")),
        )),
        lambda c: 0,
        N_("Something was noticed, something was changed, and the same figure was read again. A field that changes no decision is a cost and a risk."),
        (
            N_("What was done differently because of the data?"),
            N_("And who looked whether it helped?"),
            N_("A loop ends with the figure with which it began."),
        ),
        deck=("D034", "D040", "D044", "D046", "D047"),
    ),
    Question(
        "what_a_cluster_says",
        "read",
        N_("What a group tells"),
        N_("Clustering by behaviour finds a group of manufacturers who buy large and rarely. Sales wants to \"address the persona\". Which sentence may stand?"),
        One((
            Option(N_("These customers behave alike so far; whether an offer works for them has to be tried.")),
            Option(N_("They want digitalisation urgently."), N_("habits were grouped; wishes were not asked.")),
            Option(N_("Each of them will buy large again."), N_("a group describes its middle and the past, not each of its members and the future.")),
            Option(N_("There are exactly so many kinds of customers."), N_("the number of groups was chosen; another choice would show others.")),
        )),
        lambda c: 0,
        N_("A cluster is a summary of habits. It is a good start for questions and a poor end for them."),
        (
            N_("What went into the grouping?"),
            N_("Alike in what they did is not alike in what they want."),
            N_("Choose the sentence that keeps to the past and proposes a trial."),
        ),
        deck=("D049", "D051"),
    ),
    Question(
        "ask_for_consent",
        "say",
        N_("Asking for consent"),
        N_("Write the two or three sentences with which the registration page asks for consent to e-mails: what for, and how to withdraw it."),
        Text((
            ASKS,
            names(r"\b(about|for|with|on)\b.{3,}|关于|用于|告诉您|介绍|发送|通知", N_("It does not say what for."), "purpose"),
            names(r"withdraw|unsubscribe|revoke|opt out|change your mind|撤回|退订|取消|撤销", N_("It does not say how to withdraw."), "withdraw"),
            NO_PITCH,
            avoids(r"by continuing|automatically agree|must agree|required to|继续即|视为同意|默认同意|必须同意|自动同意", N_("It takes the consent instead of asking for it."), "taken"),
        )),
        lambda c: N_CONSENT,
        N_("A question that can be answered with no, a purpose, and a way out. Who agrees to that will read what you send."),
        (
            N_("Can it be answered with no?"),
            N_("What will come, and how does one stop it?"),
            N_("\"May we … about …? You can withdraw …\" has the three parts."),
        ),
        deck=("D037", "D041", "D042", "D043"),
    ),
    Question(
        "verify_a_need",
        "say",
        N_("The test of a need"),
        N_("Customers say that they need an English page (or a private domain of their own). Write the test in one or two sentences: what is shown, what is counted, what number, by when."),
        Text((
            NUMBER,
            DATE,
            names(r"click|use|using|log|error|repeat|order|return|点击|使用|登录|报错|复购|下单|回访", N_("Nothing that customers do is counted."), "counted"),
            names(r"prototype|trial|pilot|MVP|version|page|sandbox|test|show|原型|试用|试点|最小|版本|页面|展示|测试", N_("It does not say what is shown to them."), "shown"),
            NOT_EMPTY,
        )),
        lambda c: N_VERIFY,
        N_("What they do with a rough piece, counted, with a number that was named before. Private domains, too, are bought out of worry about keeping: test the worry, not the tool."),
        (
            N_("Saying yes costs nothing; using it does."),
            N_("Name the number before you look."),
            N_("So many of so many use it every week by a day; else we stop."),
        ),
        deck=("D053", "D054"),
    ),
)
