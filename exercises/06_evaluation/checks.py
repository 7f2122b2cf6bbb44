"""Chapter 6: questions, right answers worked out from the data, the usual wrong ones."""

import pandas as pd

from crmlib.facts import ledger
from crmlib.facts.company import Company
from crmlib.measures import experiments, satisfaction
from crmlib.show import charts
from crmlib.show.cards import card
from crmlib.show.criteria import NO_BLAME, NOT_EMPTY, NUMBER, TIME, avoids, names, nothing_invented
from crmlib.show.questions import Frame, Mistake, Number, One, Option, Question, Several, Text, frame, since
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, number

DIMENSIONS = ("reliability", "tangibles", "responsiveness", "assurance", "empathy")


def satisfaction_ratio(c: Company) -> float:
    rows = satisfaction.ratio(c)
    return float(rows.loc[(rows["kpi"] == "satisfaction_ratio") & (rows["segment"] == ""), "value"].iloc[0])


def _asked(c: Company, *, recent: bool = True) -> pd.DataFrame:
    answers = frame(c, "surveys")
    answers = answers[(answers["instrument"] == "servqual") & (answers["expectation"] > 0)]
    return answers[answers["at"] >= since(c, months=c.policy.rhythm.business_review_months)] if recent else answers


def upside_down(c: Company) -> float:
    return 1 / satisfaction_ratio(c)


def over_all_time(c: Company) -> float:
    answers = _asked(c, recent=False)
    return float(answers["perception"].sum() / answers["expectation"].sum())


def mean_of_ratios(c: Company) -> float:
    answers = _asked(c)
    return float((answers["perception"] / answers["expectation"]).mean())


def gap_for_ratio(c: Company) -> float:
    answers = _asked(c)
    return float((answers["perception"] - answers["expectation"]).mean())


def action_effect(c: Company) -> float:
    seen = ledger.rows(c).groupby("arm")["ordered"].mean()
    return float(seen["act"] - seen["hold_out"])


def done_against_held_out(c: Company) -> float:
    seen = ledger.rows(c)
    done = seen[(seen["arm"] == "act") & seen["done"]]
    return float(done["ordered"].mean() - seen.loc[seen["arm"] == "hold_out", "ordered"].mean())


def share_of_the_acted(c: Company) -> float:
    seen = ledger.rows(c)
    return float(seen.loc[seen["arm"] == "act", "ordered"].mean())


def relative_change(c: Company) -> float:
    seen = ledger.rows(c).groupby("arm")["ordered"].mean()
    return float(seen["act"] / seen["hold_out"] - 1)


def customers_for_actions(c: Company) -> float:
    seen = ledger.rows(c).groupby(["arm", "customer_id"])["ordered"].max().groupby("arm").mean()
    return float(seen["act"] - seen["hold_out"])


def _gaps(c: Company, *, recent: bool = True) -> pd.Series:
    answers = _asked(c, recent=recent)
    each = (answers["perception"] - answers["expectation"]).groupby([answers["item"], answers["customer_id"]]).mean()
    return each.groupby("item").mean()


def gaps(c: Company) -> pd.Series:
    found = _gaps(c)
    return found if len(found) else None


def gaps_turned(c: Company) -> pd.Series:
    return -_gaps(c)


def gaps_all_time(c: Company) -> pd.Series:
    return _gaps(c, recent=False)


def perceived_alone(c: Company) -> pd.Series:
    answers = _asked(c)
    return answers.groupby("item")["perception"].mean()


def ratios(c: Company) -> pd.Series:
    sums = _asked(c).groupby("item")[["perception", "expectation"]].sum()
    return sums["perception"] / sums["expectation"]


def _scores(c: Company, *, latest: bool = True) -> pd.Series:
    answers = frame(c, "surveys")
    answers = answers[(answers["instrument"] == "csat") & answers["score"].notna()].sort_values("at")
    return answers.groupby("customer_id")["score"].last() if latest else answers["score"]


def satisfied_share(c: Company) -> float:
    return float((_scores(c) >= 4).mean())


def of_all_answers(c: Company) -> float:
    return float((_scores(c, latest=False) >= 4).mean())


def delighted(c: Company) -> float:
    return float((_scores(c) >= 5).mean())


def mean_score(c: Company) -> float:
    return float(_scores(c).mean())


def of_everybody(c: Company) -> float:
    return float((_scores(c) >= 4).sum() / len(frame(c, "customers")))


def dissatisfied(c: Company) -> float:
    return float((_scores(c) <= 2).mean())


def _loyalty(c: Company, item: str = "price_sensitivity", *, latest: bool = True, how: str = "mean") -> float:
    answers = frame(c, "surveys")
    answers = answers[(answers["instrument"] == "loyalty") & (answers["item"] == item)].sort_values("at")
    scores = answers.groupby("customer_id")["score"].last() if latest else answers["score"]
    return float(scores.agg(how))


def price_sensitivity(c: Company) -> float:
    return _loyalty(c)


def price_all_answers(c: Company) -> float:
    return _loyalty(c, latest=False)


def price_median(c: Company) -> float:
    return _loyalty(c, how="median")


def other_item(c: Company) -> float:
    return _loyalty(c, "tolerance")


def other_way(c: Company) -> float:
    return 8 - _loyalty(c)


def widest(c: Company) -> int:
    found = _gaps(c).reindex(list(DIMENSIONS))
    return None if found.isna().any() or found.min() >= 0 else int(found.to_numpy().argmin())


def dimension_names(_c: Company) -> dict[str, str]:
    return {f"d{i}": code_label(name) for i, name in enumerate(DIMENSIONS)}


def gap_card(c: Company) -> tuple[str, str]:
    rows = satisfaction.gaps(c)
    return card(c, rows, charts.bars(rows[rows["segment"] != ""], reference=0))


def effect_card(c: Company) -> tuple[str, str]:
    rows = experiments.effect(c)
    return card(c, rows[(rows["kpi"] == "action_effect") & (rows["segment"] == "")])


def _effect(c: Company) -> pd.Series:
    rows = experiments.effect(c)
    return rows[(rows["kpi"] == "action_effect") & (rows["segment"] == "")].iloc[0]


def effect_figures(c: Company) -> dict[str, str]:
    row = _effect(c)
    return {k: number(100 * float(row[name]), 1) for k, name in (("value", "value"), ("low", "low"), ("high", "high"))}


def reading_of_effect(c: Company) -> int:
    row = _effect(c)
    return 0 if row["low"] > 0 else 1 if row["high"] < 0 else 2 if row["low"] <= 0 <= row["high"] else None


def effect_given(c: Company) -> list[float]:
    row = _effect(c)
    exact = [100 * float(row[name]) for name in ("value", "low", "high")]
    return [abs(round(v, digits)) for v in exact for digits in (0, 1)] + [95, 100]


N_SHORT = N_("Two of your five cases of this quarter waited longer than we promised, and we are sorry. The cause is mended; by 15 January Ms Lin reports to you whether it holds.")
N_REACHED = N_("Yes: of those on the list {value} points more ordered than of those held out by lot (between {low} and {high}); we go on and look again at the end of next month.")

QUESTIONS = (
    Question(
        "satisfaction_ratio",
        "measure",
        N_("Perceived over expected"),
        N_("c = b/a: of the answers (instrument `servqual`, expectation above 0) of the last `c.policy.rhythm.business_review_months` months, all that was perceived over all that was expected."),
        Number("ratio"),
        satisfaction_ratio,
        N_("Below 1 less came than was expected. The ratio of sums lets each point of expectation weigh the same, and no single small expectation can rule it."),
        (
            N_("b is what was perceived, a what was expected."),
            N_("Add up both columns and divide once."),
            N_("`recent[\"perception\"].sum() / recent[\"expectation\"].sum()`, recent from the first day of the months on."),
        ),
        (
            Mistake("upside_down", N_("that is a/b: above one it would mean that more was expected than came."), upside_down),
            Mistake("all_time", N_("that is over all time; the question is about the last months."), over_all_time),
            Mistake("mean_of_ratios", N_("that is the mean of the ratios; here the ratio of the sums is asked."), mean_of_ratios),
            Mistake("gap_for_ratio", N_("that is the gap, a difference in points."), gap_for_ratio),
        ),
        deck=("D123",),
        needs=("surveys.expectation", "surveys.perception"),
    ),
    Question(
        "gaps",
        "measure",
        N_("Five gaps"),
        N_("From the same answers: for each dimension (`item`) the mean, over customers, of perceived less expected; a customer with several answers counts once, with the mean of them. Give a Series with the dimension as index."),
        Frame(),
        gaps,
        N_("The five dimensions of service, each beside what was expected of it. The widest gap below 0 is where a quarter's work shows first."),
        (
            N_("A difference for each answer first."),
            N_("Then two means: within a customer, and over customers."),
            N_("`diff.groupby([item, customer_id]).mean().groupby(\"item\").mean()`."),
        ),
        (
            Mistake("sign", N_("the sign is turned: perceived less expected, so that below 0 is short."), gaps_turned),
            Mistake("all_time", N_("that is over all time."), gaps_all_time),
            Mistake("no_comparison", N_("that is what was perceived, without what was expected."), perceived_alone),
            Mistake("ratio_for_gap", N_("that is the ratio; a difference is asked."), ratios),
        ),
        deck=("D124", "D130"),
        needs=("surveys.expectation", "surveys.perception"),
    ),
    Question(
        "satisfied_share",
        "measure",
        N_("Satisfied"),
        N_("Instrument `csat` asks for a score from 1 to 5. Of the customers who answered, what share gave 4 or 5 in their latest answer?"),
        Number("share"),
        satisfied_share,
        N_("One customer, one voice, the latest. Who answers often would otherwise speak for the others; and who is satisfied may still leave."),
        (
            N_("One answer of each customer: which?"),
            N_("Sort by time, take the last of each."),
            N_("`csat.sort_values(\"at\").groupby(\"customer_id\")[\"score\"].last()`, then the share of 4 and above."),
        ),
        (
            Mistake("answers_for_customers", N_("all answers are in it; who answers often counts more than once."), of_all_answers),
            Mistake("only_best", N_("those who gave the best score only."), delighted),
            Mistake("mean_for_share", N_("that is the mean score."), mean_score),
            Mistake("silent_as_no", N_("those who never answered are in the whole; of them nothing is known."), of_everybody),
            Mistake("other_end", N_("those are the dissatisfied."), dissatisfied),
        ),
        deck=("D123", "D130"),
        needs=("surveys.score",),
    ),
    Question(
        "price_sensitivity",
        "measure",
        N_("How much price matters"),
        N_("Instrument `loyalty`, item `price_sensitivity`, a score from 1 to 7: the mean over customers, each with the latest answer."),
        Number("ratio"),
        price_sensitivity,
        N_("The first of seven signs of loyalty. The loyal say little here; how they buy when prices rise is the check on it."),
        (
            N_("One item of seven, one answer a customer."),
            N_("The latest, then the mean."),
            N_("Filter instrument and item, sort by `at`, `groupby(\"customer_id\")[\"score\"].last().mean()`."),
        ),
        (
            Mistake("answers_for_customers", N_("all answers are in it, old ones as well."), price_all_answers),
            Mistake("median_for_mean", N_("that is the median."), price_median),
            Mistake("other_item", N_("that is another of the seven signs."), other_item),
            Mistake("scale_turned", N_("the scale is turned round."), other_way),
        ),
        deck=("D125",),
        needs=("surveys.score",),
    ),
    Question(
        "action_effect",
        "measure",
        N_("What acting was worth"),
        N_("`from crmlib.facts import ledger` and take `ledger.rows(c)`: a row for each action, its `arm` (`act` or `hold_out`, by lot) and whether the customer `ordered`. By how much is the share that ordered higher in `act`?"),
        Number("points"),
        action_effect,
        N_("Everybody in the group they were drawn into, done or not. That is what the list is worth as it is really carried out, and the only figure that nobody can flatter."),
        (
            N_("Compare the groups as they were drawn, not as they turned out."),
            N_("The share that ordered in each arm, then the difference."),
            N_("`rows.groupby(\"arm\")[\"ordered\"].mean()`; act less hold_out."),
        ),
        (
            Mistake("contacted_for_assigned", N_("you took only the actions that were done; who gets done is not drawn by lot."), done_against_held_out),
            Mistake("no_comparison", N_("that is the share after acting; some would have ordered without it."), share_of_the_acted),
            Mistake("relative_for_points", N_("that is the change relative to the held out; the difference in points is asked."), relative_change),
            Mistake("customers_for_actions", N_("that counts customers who ever ordered; whoever was on more lists had more chances."), customers_for_actions),
        ),
        deck=("D128", "D129"),
        needs=("actions.arm", "orders"),
    ),
    Question(
        "what_the_effect_says",
        "read",
        N_("What the line says"),
        N_("The card has the effect of acting: {value} points, between {low} and {high}. Which sentence may stand?"),
        One((
            Option(N_("Acting brings orders that would not have come."), N_("does the whole interval lie above 0?")),
            Option(N_("Acting costs orders."), N_("does the whole interval lie below 0?")),
            Option(N_("It cannot be told yet whether acting brings anything."), N_("that would be so if 0 lay within the interval.")),
            Option(N_("{value} of a hundred customers on the list order."), N_("it is a difference between two groups, not a share of one.")),
        )),
        reading_of_effect,
        N_("The interval decides which of three sentences may be said: yes, no, not yet. The third is an answer as well, and it says what to do: wait, or hold out more."),
        (
            N_("Where does 0 lie?"),
            N_("Outside the interval on one side: yes or no. Inside: not yet."),
            N_("Compare {low} and {high} with 0."),
        ),
        deck=("D128", "D129"),
        needs=("actions.arm", "orders"),
        figures=effect_figures,
        shows=effect_card,
    ),
    Question(
        "two_branches",
        "read",
        N_("Two branches"),
        N_("Branch A: expected 6.0, perceived 5.4, c = 0.90. Branch B: expected 3.0, perceived 3.3, c = 1.10. What may be said?"),
        One((
            Option(N_("B surprises customers who expect little; A serves better and falls short of a high promise.")),
            Option(N_("B serves better than A."), N_("look at what was perceived in each.")),
            Option(N_("A should lower what customers expect."), N_("the ratio would rise and nobody would be served better.")),
            Option(N_("A customer who expects 0 is infinitely content."), N_("nothing is defined there; it says something of the formula, not of the customer.")),
        )),
        lambda c: 0,
        N_("c = b/a, of the textbook on which the deck stands, rewards low expectations and hangs on where the scale begins. Read it beside the gap and beside b itself."),
        (
            N_("Three numbers: which of them is the service?"),
            N_("A ratio rises as well when what it is divided by falls."),
            N_("Who got more: 5.4 or 3.3?"),
        ),
        deck=("D123", "D132"),
    ),
    Question(
        "satisfied_and_loyal",
        "read",
        N_("Satisfied, so loyal?"),
        N_("Satisfaction and loyalty go together, closer where customers expect much and have many to choose from. Which conclusions hold? Choose all."),
        Several((
            Option(N_("Where there is no choice, loyal buying may hide discontent.")),
            Option(N_("Where there is much choice, even the content may leave.")),
            Option(N_("Raise satisfaction by a tenth, and loyalty rises by a tenth."), N_("one of them makes a cause of what goes together.")),
            Option(N_("Who is satisfied need not be looked after."), N_("one of them forgets those who were satisfied and left.")),
        )),
        lambda c: {0, 1},
        N_("Two things moderate it: expectation and competition. So the same score means something else in another market, and keeping goes on where satisfaction ends."),
        (
            N_("Go together is not bring about."),
            N_("What does the other shop across the street change?"),
            N_("Two speak of choice; these hold."),
        ),
        deck=("D029", "D126"),
    ),
    Question(
        "cola",
        "read",
        N_("The loyal cola drinker"),
        N_("The deck names a case of loyal cola customers by its title only. What would such a customer say or do? Choose all."),
        Several((
            Option(N_("Sold out: goes to the next shop for it.")),
            Option(N_("A bad bottle: laughs, and buys the next.")),
            Option(N_("Takes a second to choose.")),
            Option(N_("Compares prices at each purchase."), N_("one of them shows the opposite of one of the seven signs.")),
            Option(N_("Knows every new drink of the rival."), N_("one of them shows the opposite of one of the seven signs.")),
        )),
        lambda c: {0, 1, 2},
        N_("Little price sensitivity, little time to choose, little eye for rivals; much for the brand, much forgiveness. A title is no evidence, but the seven signs can be asked and watched."),
        (
            N_("Go through the seven signs one by one."),
            N_("The loyal say little to price, rivals and time spent choosing."),
            N_("Two of five are what the disloyal do."),
        ),
        deck=("D070", "D071", "D125", "D127"),
    ),
    Question(
        "which_dimension",
        "judge",
        N_("Which dimension first?"),
        N_("There are hours for one dimension next quarter. By the gaps on the card, which one is first in line?"),
        One((
            Option("{d0}", N_("another dimension falls further short of what was expected.")),
            Option("{d1}", N_("another dimension falls further short of what was expected.")),
            Option("{d2}", N_("another dimension falls further short of what was expected.")),
            Option("{d3}", N_("another dimension falls further short of what was expected.")),
            Option("{d4}", N_("another dimension falls further short of what was expected.")),
        )),
        widest,
        N_("The widest gap below 0, if it also goes with buying again. Name the figure and the day on which you will look whether it closed."),
        (
            N_("Below 0 is short of what was expected."),
            N_("The longest bar to the left, not the longest of all."),
            N_("Read the five values and take the smallest."),
        ),
        deck=("D124", "D130"),
        needs=("surveys.expectation", "surveys.perception"),
        figures=dimension_names,
        shows=gap_card,
    ),
    Question(
        "which_to_stop",
        "judge",
        N_("Go on, wait, or stop?"),
        N_("Less than 2 points would not matter. Three actions: A +9 points (5 to 13); B −1 (−6 to 4); C +0.2 (−0.4 to 0.8). What is done?"),
        One((
            Option(N_("A goes on, B waits for more customers, C stops.")),
            Option(N_("A goes on, B and C stop."), N_("of one of these two it is not known yet whether it helps; a wide interval is no verdict.")),
            Option(N_("A goes on, B and C wait."), N_("of one of these two enough is known: nothing that would matter can be in it.")),
            Option(N_("All go on: two of three are above 0."), N_("the ends of the interval count, not the sign of its middle.")),
        )),
        lambda c: 0,
        N_("A wide interval is not a bad result, and a narrow one near 0 is not a good one. Waiting costs a month; stopping what helps costs more."),
        (
            N_("Two questions for each: may it be large? may it be nothing?"),
            N_("Compare both ends with 0 and with 2."),
            N_("B may be +4 or −6; C is below 1 for certain."),
        ),
        deck=("D110", "D128", "D129", "D130"),
    ),
    Question(
        "looked_every_day",
        "judge",
        N_("Looked every day"),
        N_("A colleague watched the comparison daily and stopped on the day when it was \"significant\". \"We have proved it.\" What is wrong?"),
        One((
            Option(N_("Who looks often enough sees chance at its best; the day to stop, or a band made for looking, is fixed beforehand.")),
            Option(N_("Nothing; significant is significant."), N_("that holds for one look, fixed before.")),
            Option(N_("There should have been no comparison group, to be fair to customers."), N_("without it nothing could be said at all.")),
            Option(N_("It should have been judged by the response rate."), N_("another figure looked at daily has the same flaw.")),
        )),
        lambda c: 0,
        N_("Chance wanders, and whoever stops at its peak finds an effect where there is none. The suite's band may be looked at each month; a plain interval may be looked at once."),
        (
            N_("How many chances did chance have?"),
            N_("When was the day of stopping chosen?"),
            N_("Choose the option that fixes something beforehand."),
        ),
        deck=("D128", "D129"),
    ),
    Question(
        "where_we_fell_short",
        "say",
        N_("Where we fell short"),
        N_("For the quarterly value report of a customer: two of five cases waited longer than promised; the cause is mended; Ms Lin looks after it. Write these two or three sentences: the figure, the apology or the cause, and who reports by when."),
        Text((
            NUMBER,
            TIME,
            names(r"Lin|林", N_("It names nobody who answers for it."), "owner"),
            names(r"sorry|apolog|cause|because|longer|promised|short|抱歉|歉意|原因|超出|承诺|没有做到|未能", N_("It does not say where we fell short."), "short"),
            nothing_invented(lambda c: [2, 5]),
            NO_BLAME,
            NOT_EMPTY,
        )),
        lambda c: N_SHORT,
        N_("This row makes the others of the report believed. A value report is also our own evaluation, and the customer reads along."),
        (
            N_("How many of how many?"),
            N_("Who answers for it, and until when?"),
            N_("\"Two of your five cases … The cause is mended; by … Ms Lin reports …\""),
        ),
        deck=("D076", "D130", "D131"),
    ),
    Question(
        "was_it_reached",
        "say",
        N_("Was the goal reached?"),
        N_("The goal: those on the list order more often than those held out. Effect: {value} points ({low} to {high}). Write the answer for the board in one or two sentences: yes, no or not yet, the figure, what it is compared with, and what is done next."),
        Text((
            NUMBER,
            names(r"held|hold|left alone|control|comparison|than those|对照|未触达|留作|相比|没有被触达", N_("It does not say with whom it is compared."), "compared"),
            names(r"\byes\b|\bno\b|not yet|cannot|reached|brings|是的|是，|达到|没有达到|还不|说不清|尚", N_("It does not answer: yes, no, or not yet."), "answer"),
            nothing_invented(effect_given),
            names(r"go on|continue|next|stop|wait|look again|hold out more|keep|继续|下月|下一步|停|等|再看|扩大", N_("It does not say what is done next."), "next"),
            avoids(r"prove[sdn]?\b|guarantee|always|证明了|保证|一定会|必然", N_("It claims more than an interval can carry."), "overclaims"),
        )),
        lambda c: N_REACHED,
        N_("An answer, its figure with both ends, its comparison, its consequence. Four things, and a board can decide in a minute."),
        (
            N_("Begin with yes, no, or not yet."),
            N_("Then the figure and beside whom."),
            N_("\"Yes: {value} points more than those held out ({low} to {high}); we …\""),
        ),
        deck=("D110", "D128", "D129"),
        needs=("actions.arm", "orders"),
        figures=effect_figures,
    ),
)
