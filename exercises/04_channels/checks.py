"""Chapter 4: questions, right answers worked out from the data, the usual wrong ones."""


import pandas as pd

from crmlib.facts.company import Company
from crmlib.measures import channels, trials
from crmlib.show import charts
from crmlib.show.cards import card
from crmlib.show.criteria import ASKS, NO_BLAME, NO_PITCH, NOT_EMPTY, avoids, names, no_more_off, nothing_invented
from crmlib.show.questions import Mistake, Number, One, Option, Question, Several, Text, end, frame, since
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, number, percent

CALLED, LEFT_ALONE = "wechat", "not contacted"


def _sent(c: Company, channel: str | None = None) -> pd.DataFrame:
    sent = frame(c, "interactions")
    kept = (sent["direction"] == "out") & (sent["at"] >= since(c, months=c.policy.tiers.window_months))
    return sent[kept & ((sent["channel"] == channel) | (channel is None))]


def response_rate_phone(c: Company) -> float:
    rows = channels.response(c)
    return float(rows.loc[rows["segment"] == "phone", "value"].iloc[0])


def _answered(c: Company, sent: pd.DataFrame, *, only_over: bool = True) -> float:
    days = pd.Timedelta(days=c.policy.contact.respond_within_days)
    sent = sent[sent["at"] + days <= end(c)] if only_over else sent
    return float(((sent["responded_at"] - sent["at"]) <= days).mean())


def with_open_windows(c: Company) -> float:
    return _answered(c, _sent(c, "phone"), only_over=False)


def over_all_time(c: Company) -> float:
    sent = frame(c, "interactions")
    return _answered(c, sent[(sent["direction"] == "out") & (sent["channel"] == "phone")])


def by_email(c: Company) -> float:
    return _answered(c, _sent(c, "email"))


def every_channel(c: Company) -> float:
    return _answered(c, _sent(c))


def _in_30_days(c: Company, *, ours: bool = True) -> pd.Series:
    sent = frame(c, "interactions")
    kept = (sent["at"] >= since(c, days=30)) & ((sent["direction"] == "out") | (not ours))
    return sent[kept].groupby("customer_id").size()


def over_the_cap(c: Company) -> int:
    return int((_in_30_days(c) > c.policy.contact.cap_per_30_days).sum()) or None


def at_the_cap(c: Company) -> int:
    return int((_in_30_days(c) >= c.policy.contact.cap_per_30_days).sum())


def contacts_over(c: Company) -> int:
    beyond = _in_30_days(c) - c.policy.contact.cap_per_30_days
    return int(beyond.clip(lower=0).sum())


def theirs_too(c: Company) -> int:
    return int((_in_30_days(c, ours=False) > c.policy.contact.cap_per_30_days).sum())


def in_one_channel(c: Company) -> int:
    sent = frame(c, "interactions")
    kept = (sent["at"] >= since(c, days=30)) & (sent["direction"] == "out")
    each = sent[kept].groupby(["customer_id", "channel"]).size()
    return int((each > c.policy.contact.cap_per_30_days).sum())


def phone_answer_cost(c: Company) -> float:
    sent = _sent(c, "phone")
    return float(sent["cost"].sum() / sent["cost"].count() / _answered(c, sent))


def phone_contact_cost(c: Company) -> float:
    return float(_sent(c, "phone")["cost"].mean())


def phone_cost_times_rate(c: Company) -> float:
    sent = _sent(c, "phone")
    return float(sent["cost"].mean() * _answered(c, sent))


def phone_cost_in_all(c: Company) -> float:
    return float(_sent(c, "phone")["cost"].sum())


def all_channels_answer_cost(c: Company) -> float:
    sent = _sent(c)
    return float(sent["cost"].mean() / _answered(c, sent))


def _drawn(c: Company) -> pd.DataFrame:
    """Who was drawn into which arm of the campaign by lot, when, whether they answered, and whether they ordered within the days."""
    contacts, named = frame(c, "interactions"), list(c.policy.trials.drawn_by_lot)
    arms = contacts[contacts["campaign"].isin(named) & contacts["arm"].notna()].sort_values("at")
    arms = arms.drop_duplicates("customer_id")[["customer_id", "arm", "at", "responded_at"]]
    ordered = arms.merge(frame(c, "orders")[["customer_id", "ordered_at"]], on="customer_id")
    days = (ordered["ordered_at"].dt.normalize() - ordered["at"].dt.normalize()).dt.days
    hit = (days > 0) & (days <= c.policy.contact.outcome_window_days)
    before = (days < 0) & (days >= -c.policy.contact.outcome_window_days)
    return arms.assign(
        ordered=arms["customer_id"].isin(ordered.loc[hit, "customer_id"]),
        before=arms["customer_id"].isin(ordered.loc[before, "customer_id"]),
        answered=arms["responded_at"].notna(),
    )


def wechat_effect(c: Company) -> float:
    rows = _drawn(c).groupby("arm")["ordered"].mean()
    return float(rows[CALLED] - rows[LEFT_ALONE])


def answered_for_assigned(c: Company) -> float:
    drawn = _drawn(c)
    taken = drawn[(drawn["arm"] == CALLED) & drawn["answered"]]
    return float(taken["ordered"].mean() - drawn.loc[drawn["arm"] == LEFT_ALONE, "ordered"].mean())


def arm_alone(c: Company) -> float:
    drawn = _drawn(c)
    return float(drawn.loc[drawn["arm"] == CALLED, "ordered"].mean())


def before_and_after(c: Company) -> float:
    drawn = _drawn(c)
    arm = drawn[drawn["arm"] == CALLED]
    return float(arm["ordered"].mean() - arm["before"].mean())


def against_other_arms(c: Company) -> float:
    drawn = _drawn(c)
    return float(drawn.loc[drawn["arm"] == CALLED, "ordered"].mean() - drawn.loc[drawn["arm"] != CALLED, "ordered"].mean())


def response_for_effect(c: Company) -> float:
    drawn = _drawn(c)
    return float(drawn.loc[drawn["arm"] == CALLED, "answered"].mean())


def response_card(c: Company) -> tuple[str, str]:
    rows = channels.response(c)
    return card(c, rows, charts.bars(rows[rows["segment"] != ""]))


def overlapping(c: Company) -> int:
    """The best two channels cannot be told apart (0), or they can (1)."""
    rows = channels.response(c)
    best = rows[rows["segment"] != ""].nlargest(2, "value")
    return None if len(best) < 2 else int(best["low"].iloc[0] > best["high"].iloc[1])


def best_names(c: Company) -> dict[str, str]:
    rows = channels.response(c)
    best = rows[rows["segment"] != ""].nlargest(2, "value")["segment"].tolist()
    return {"first": code_label(best[0]), "second": code_label(best[1])}


def _effects(c: Company) -> pd.DataFrame:
    compared = trials.compare(c)
    lot = compared[compared["campaign"].isin(list(c.policy.trials.drawn_by_lot))]
    ordered = lot[lot["outcome"] == "ordered"].set_index("arm")
    answered = lot[lot["outcome"] == "responded"].set_index("arm")["value"]
    return ordered.assign(answered=answered)


ARMS = ("wechat", "phone", "sms", "email")


def effect_figures(c: Company) -> dict[str, str]:
    rows = _effects(c)
    made = {}
    for i, arm in enumerate(ARMS):
        row = rows.loc[arm]
        made |= {f"a{i}": percent(row["answered"], 0), f"o{i}": percent(row["value"], 0), f"k{i}": code_label(arm)}
    return {**made, "alone": percent(rows.loc[LEFT_ALONE, "value"], 0)}


def to_stop(c: Company) -> int:
    verdicts = _effects(c)["verdict"]
    harmful = [i for i, arm in enumerate(ARMS) if verdicts[arm] == "less"]
    return harmful[0] if len(harmful) == 1 else None


def limits(c: Company) -> dict[str, str]:
    contact = c.policy.contact
    return {"cap": number(contact.cap_per_30_days), "rest": number(contact.min_days_between), "quiet": number(contact.quiet_from), "wake": number(contact.quiet_until)}


N_DAY3 = N_("Good day, your shelf has been with you for three days. One tip: fix the lowest board first, and the rest stands straight by itself; the film of one minute shows it. Is anything unclear? Just answer here.")
N_INSIGHT = N_("Good day, three clinics of your size moved their stock to weekly orders this year and halved what expires. I have written down on one page how they did it. Shall I send it, and would ten minutes on Thursday suit you?")
N_BACK = N_("Good day, we have not seen you since spring. Was something not right? Answer here and I take care of it myself. If you like to try again, the next order is 10 % off until 30 November. Reply STOP and we write no more.")

QUESTIONS = (
    Question(
        "response_rate_phone",
        "measure",
        N_("Answered calls"),
        N_("Of our calls (channel `phone`) of the last `c.policy.tiers.window_months` months whose days are over, what share was answered within `c.policy.contact.respond_within_days` days?"),
        Number("share"),
        response_rate_phone,
        N_("A contact of yesterday may still be answered: it is not yet a no. Counted so, this month's rate can be set beside last month's."),
        (
            N_("A contact of yesterday may still be answered: it is not a contact without response."),
            N_("Keep the contacts whose days are over, then count those answered within the days."),
            N_("`over = sent[sent[\"at\"] + days <= end]`, then the mean of `responded_at - at <= days`."),
        ),
        (
            Mistake("not_yet_as_no", N_("contacts whose days are not over are in it; they cannot be known yet."), with_open_windows),
            Mistake("all_time", N_("that is over all time; the question is about the window."), over_all_time),
            Mistake("other_channel", N_("that is by e-mail."), by_email),
            Mistake("every_channel", N_("that is over all channels."), every_channel),
        ),
        deck=("D010", "D093"),
        needs=("interactions.direction", "interactions.responded_at"),
    ),
    Question(
        "over_the_cap",
        "measure",
        N_("Too many"),
        N_("How many customers had more of our contacts than `c.policy.contact.cap_per_30_days` in the last 30 days up to the end of `c.as_of`?"),
        Number("count"),
        over_the_cap,
        N_("These get nothing this week, however good the offer. Value at the right moment is remembered, the fifth message is not."),
        (
            N_("Count the contacts of each customer in the 30 days, over all channels."),
            N_("More than the cap is above it, not at it; and only what we sent counts."),
            N_("Filter `direction == \"out\"` and the 30 days, `groupby(\"customer_id\").size() > cap`, and sum."),
        ),
        (
            Mistake("at_the_cap", N_("customers at the cap are in it; the cap is still allowed."), at_the_cap),
            Mistake("contacts_for_customers", N_("that counts contacts beyond the cap; customers are asked."), contacts_over),
            Mistake("theirs_too", N_("what customers sent to us is in it."), theirs_too),
            Mistake("channel_by_channel", N_("each channel was counted by itself; for the customer they add up."), in_one_channel),
        ),
        deck=("D075", "D094"),
        needs=("interactions.direction",),
    ),
    Question(
        "phone_answer_cost",
        "measure",
        N_("What an answer costs"),
        N_("In the same window: mean cost of one of our contacts by telephone, over its response rate. What does one answer cost?"),
        Number("money"),
        phone_answer_cost,
        N_("A cheap contact that nobody answers is dear, and a dear one may be cheap. Channels are compared by what an answer costs, and then by what it causes."),
        (
            N_("Two figures of the same contacts: a mean and a share."),
            N_("How many calls does one answer take?"),
            N_("Mean cost divided by the share answered, the share as in the first question."),
        ),
        (
            Mistake("contact_for_answer", N_("that is what a call costs, answered or not."), phone_contact_cost),
            Mistake("times_for_over", N_("you multiplied; it takes several calls to get an answer, so it costs more than a call."), phone_cost_times_rate),
            Mistake("sum_for_one", N_("that is the cost of all calls together."), phone_cost_in_all),
            Mistake("every_channel", N_("that is over all channels."), all_channels_answer_cost),
        ),
        deck=("D082", "D087"),
        needs=("interactions.cost", "interactions.responded_at"),
    ),
    Question(
        "wechat_effect",
        "measure",
        N_("What WeChat caused"),
        N_("The campaign in `c.policy.trials.drawn_by_lot` drew customers by lot into arms (column `arm`). Take the share with an order within `c.policy.contact.outcome_window_days` days after the day of the draw: how much higher is it in the arm `wechat` than in `not contacted`?"),
        Number("points"),
        wechat_effect,
        N_("Everybody counts in the arm they were drawn into, answered or not. Only so are the two groups alike in all but the message, and the difference is what it caused."),
        (
            N_("The lot made the groups; do not make them anew."),
            N_("For each customer of the campaign: is there an order from the day after to so many days after?"),
            N_("`groupby(\"arm\")[\"ordered\"].mean()`; then one arm less the other."),
        ),
        (
            Mistake("contacted_for_assigned", N_("you took only those who answered; who answers is not drawn by lot."), answered_for_assigned),
            Mistake("no_comparison", N_("that is the share of the arm; some would have ordered without a message."), arm_alone),
            Mistake("before_after", N_("that compares with the days before; the season and chance are in it."), before_and_after),
            Mistake("other_control", N_("the other arms got messages as well; compare with those left alone."), against_other_arms),
            Mistake("response_for_effect", N_("that is who answered; the question is who ordered."), response_for_effect),
        ),
        deck=("D020", "D093", "D128"),
        needs=("interactions.arm", "orders"),
    ),
    Question(
        "best_channel",
        "read",
        N_("The best channel?"),
        N_("The bars show response rates with their intervals. What may be said of {first} and {second}?"),
        One((
            Option(N_("Both are answered about as often; which is answered more cannot be told from this."), N_("look at where the two intervals lie: do they touch?")),
            Option(N_("{first} is answered more often than {second}, beyond chance."), N_("look at where the two intervals lie: do they touch?")),
            Option(N_("{first} brings more orders than {second}."), N_("an answer is no order; this chart holds none.")),
            Option(N_("Whoever gets {second} should be moved to {first}."), N_("each channel was sent to other customers; the difference may be theirs.")),
        )),
        overlapping,
        N_("The interval says how far chance alone may reach. Within it, take the cheaper one, or let a lot decide between them."),
        (
            N_("Look at the lines on the bars, not at their ends."),
            N_("If two intervals overlap, the order may be chance."),
            N_("Compare the lower end of {first} with the upper end of {second}."),
        ),
        deck=("D010", "D087", "D093", "D095"),
        needs=("interactions.responded_at",),
        figures=best_names,
        shows=response_card,
    ),
    Question(
        "answered_is_not_caused",
        "judge",
        N_("Which one to stop?"),
        N_("By lot, {alone} of those left alone ordered. One of these channels should be stopped for such customers. Which?"),
        One((
            Option(N_("{k0}: {a0} answered, {o0} ordered"), N_("compare who ordered with those left alone, not who answered.")),
            Option(N_("{k1}: {a1} answered, {o1} ordered"), N_("compare who ordered with those left alone, not who answered.")),
            Option(N_("{k2}: {a2} answered, {o2} ordered"), N_("compare who ordered with those left alone, not who answered.")),
            Option(N_("{k3}: {a3} answered, {o3} ordered"), N_("few answers may be useless, but they do no harm; compare who ordered with those left alone.")),
        )),
        to_stop,
        N_("It is answered and still loses orders. What a channel causes is read against those left alone; the response rate cannot show harm."),
        (
            N_("Set each beside those who were left alone."),
            N_("A low response is no harm; fewer orders are."),
            N_("One lies far below {alone}, not just a little."),
        ),
        deck=("D087", "D093", "D128"),
        needs=("interactions.arm", "orders"),
        figures=effect_figures,
    ),
    Question(
        "task_and_channel",
        "judge",
        N_("Four tasks, four channels"),
        N_("A contract of ten pages; a quarrel about a delivery; a short question on opening hours; a first meeting of users. Which assignment fits?"),
        One((
            Option(N_("Letter, face to face, telephone, club")),
            Option(N_("Telephone, letter, club, e-mail"), N_("ten pages are not read out, and a quarrel is not settled by post.")),
            Option(N_("E-mail for all four: it is cheap and fast"), N_("cheap and fast is not all: a quarrel needs a face, a meeting a place.")),
            Option(N_("Face to face for all four: it is the richest"), N_("the richest is the dearest; for opening hours nobody wants a visit.")),
        )),
        lambda c: 0,
        N_("What has to be kept goes in writing, what is delicate goes face to face, what is small goes by telephone, what is shared goes to a club. And the customer's wish comes before the table."),
        (
            N_("Which of the four has to be kept, and which needs a voice that answers?"),
            N_("Richness costs; spend it where feelings are."),
            N_("Contract in writing, quarrel face to face: one option begins so."),
        ),
        deck=("D082", "D083", "D084", "D085", "D086", "D092", "D093"),
    ),
    Question(
        "not_today",
        "judge",
        N_("Not today"),
        N_("The rules: at most {cap} contacts in 30 days, {rest} days between two, none from {quiet} to {wake} o'clock. Which of these must not go out? Choose all."),
        Several((
            Option(N_("An offer to a customer who got a text message yesterday.")),
            Option(N_("A birthday greeting at eleven at night, as it is sent by a machine.")),
            Option(N_("News for a customer who withdrew consent and still buys every month.")),
            Option(N_("The answer to a question that a customer asked an hour ago."), N_("one of them was asked for: an answer is no disturbance.")),
            Option(N_("The third contact of the month, ten days after the last, at ten in the morning."), N_("one of them keeps all the rules.")),
        )),
        lambda c: {0, 1, 2},
        N_("Rest, night and consent stand above every campaign. What the customer asked for is not a contact of ours; it is the reason why they stay."),
        (
            N_("Ask four things: how many, how lately, at what hour, with what consent?"),
            N_("Buying is no consent."),
            N_("Three break one rule each."),
        ),
        deck=("D075", "D079", "D088", "D094"),
        figures=limits,
    ),
    Question(
        "which_event",
        "judge",
        N_("An event, and then?"),
        N_("Which of these deserve a plan of their own within the week? Choose all."),
        Several((
            Option(N_("A customer opens its tenth branch: a forecast of footfall for the new place.")),
            Option(N_("New rules for hospitals: which of them change what our customers must record.")),
            Option(N_("Five years of working together: a film with the people on both sides.")),
            Option(N_("Quarter's end: a reminder that our targets are not reached."), N_("one of them is our event, not the customer's.")),
            Option(N_("A customer logs in on a Tuesday, as always."), N_("one of them is no event: nothing has changed.")),
        )),
        lambda c: {0, 1, 2},
        N_("Funding, expansion, new rules, anniversaries: something has changed for them, and a thing made for them says that you saw it. A footfall forecast beats flowers."),
        (
            N_("For whom has something changed?"),
            N_("And what could be made that only this customer can use?"),
            N_("Three are the customer's own events."),
        ),
        deck=("D076", "D078", "D098"),
    ),
    Question(
        "closed_meeting",
        "read",
        N_("The closed meeting"),
        N_("\"More than 80 % of those invited came, and their renewals rose by 27 % in the next year.\" What may be said of the meeting?"),
        One((
            Option(N_("It was attended well; what it did for renewals cannot be told, as those invited were close already.")),
            Option(N_("It raised renewals by 27 %."), N_("nobody like them was left uninvited by lot.")),
            Option(N_("It works for all customers."), N_("those invited were chosen; others may not even come.")),
            Option(N_("It did nothing; such figures are always made up."), N_("unproved is not disproved.")),
        )),
        lambda c: 0,
        N_("Pain of the trade instead of a product pitch is a good reason to come. Whether it keeps anybody is learnt by drawing the invitations by lot among those who would be invited."),
        (
            N_("Two figures: one is a fact about the meeting, the other about later."),
            N_("Who was invited, and why?"),
            N_("Choose the option that keeps the one and leaves the other open."),
        ),
        deck=("D080", "D081", "D100"),
    ),
    Question(
        "nine_tenths",
        "read",
        N_("9折 and 8折"),
        N_("Who recommends us gets 9折 on the next year, who comes gets 8折 on the first. Both pay 10,000 at list price. What do they pay together?"),
        Number("money"),
        lambda c: 17_000,
        N_("9折 is 10 % off, 8折 is 20 % off. Misread once, and the offer gives away nine tenths."),
        (
            N_("折 says what is left to pay, in tenths."),
            N_("9折 leaves nine tenths."),
            N_("Nine tenths of 10,000 and eight tenths of 10,000, added up."),
        ),
        (
            Mistake("off_for_left", N_("that takes off what should be left to pay."), lambda c: 3_000),
            Mistake("averaged", N_("that is what one of them pays on average."), lambda c: 8_500),
            Mistake("both_on_one", N_("each discount belongs to another customer; they are not taken one after the other."), lambda c: 7_200),
            Mistake("list_price", N_("nothing was taken off."), lambda c: 20_000),
        ),
        deck=("D096", "D097", "D099"),
    ),
    Question(
        "day_three",
        "say",
        N_("Day 3"),
        N_("A first order came three days ago. Write the message of day 3: one tip for use, how to ask, and nothing to buy."),
        Text((
            names(r"tip|how to|try|first|film|video|show|fix|use|提示|技巧|先|试|视频|使用|步骤|方法", N_("There is no tip in it that helps with what was bought."), "tip"),
            ASKS,
            NO_PITCH,
            avoids(r"% off|discount|coupon|order (now|again)|折扣|优惠|再买|下单|券", N_("On day 3 nothing is sold."), "sells"),
            NOT_EMPTY,
        )),
        lambda c: N_DAY3,
        N_("Theme: what they want to know today. Structure: the tip first. Format: short, with a film. That is a message for this stage of the lifecycle, and the first step to a habit."),
        (
            N_("What goes wrong on the third day?"),
            N_("One thing to do, and one question."),
            N_("\"One tip: first …; the film shows it. Is anything unclear?\""),
        ),
        deck=("D077", "D090", "D092"),
    ),
    Question(
        "insight_not_need",
        "say",
        N_("To a high-value customer"),
        N_("Write to the director of a clinic on WeCom: begin with something about the trade that helps, then propose a short talk. Not \"what do you need?\"."),
        Text((
            NO_PITCH,
            names(r"clinic|hospital|trade|industry|others|branch|practice|peers|patients|诊所|医院|行业|同行|同类|门诊|患者", N_("There is nothing about the customer's trade in it."), "insight"),
            ASKS,
            avoids(r"our (new )?product|we are the (leading|best)|我们的(新)?产品|领先|第一品牌", N_("It speaks of us before it speaks of them."), "us_first"),
            names(r"minute|talk|call|meet|page|send|分钟|聊|电话|见面|一页|发给", N_("It proposes no next step."), "next_step"),
        )),
        lambda c: N_INSIGHT,
        N_("An insight is a gift that only you could bring; a question about needs is homework for the customer. Tag groups and quick scripts help, the first line has to be yours."),
        (
            N_("What do you know of other clinics that this one would like to know?"),
            N_("Give first, ask for little."),
            N_("\"Three clinics of your size …; I wrote it down on one page. Shall I send it?\""),
        ),
        deck=("D065", "D079", "D089"),
    ),
    Question(
        "back_by_text",
        "say",
        N_("A text message to win back"),
        N_("Write a text message of at most 240 characters to somebody who has not come for half a year: ask why, offer help yourself, at most 10 % off, a day until when, and how to stop."),
        Text(
            (
                ASKS,
                no_more_off(lambda c: 0.1, N_("It gives more off than you may give.")),
                names(r"\bstop\b|unsubscribe|no more|opt out|退订|回复TD|不再(打扰|发送)|拒收", N_("It does not say how to stop the messages."), "stop"),
                NO_BLAME,
                names(r"\bI\b|\bI'|myself|我", N_("It does not say who takes care of it."), "who"),
                nothing_invented(lambda c: [10, 9, 90]),
            ),
            longest=240,
        ),
        lambda c: N_BACK,
        N_("Short enough for the channel, a question before the offer, an offer within policy, a day, a way out. A second channel waits for those who do not answer."),
        (
            N_("Why first, offer second."),
            N_("Who takes care of it, and by which words does it end?"),
            N_("\"Was something not right? Answer here and I take care of it … % off until … Reply STOP …\""),
        ),
        deck=("D095", "D091", "D108"),
    ),
)
