"""Chapter 1: questions, right answers worked out from the data, the usual wrong ones."""

import math

import numpy as np
import pandas as pd

from crmlib.facts.company import Company
from crmlib.measures import pillars, retention
from crmlib.show import charts
from crmlib.show.cards import card
from crmlib.show.criteria import DATE, NOT_EMPTY, NUMBER, avoids, names, nothing_invented
from crmlib.show.questions import Mistake, Number, One, Option, Order, Question, Several, Text, end, frame
from crmlib.vocabulary.claims import CLAIMS
from crmlib.vocabulary.language import N_, money, number, percent

YEAR = pd.DateOffset(years=1)


def repurchase_rate(c: Company) -> float:
    rows = retention.repurchase_rate(c)
    return float(rows.loc[rows["segment"] == "", "value"].iloc[0])


def share_of_orders(c: Company) -> float:
    orders = frame(c, "orders")
    return 1 - orders["customer_id"].nunique() / len(orders)


def of_all_on_file(c: Company) -> float:
    often = frame(c, "orders").groupby("customer_id").size()
    return float((often > 1).sum() / max(1, len(frame(c, "customers"))))


def orders_each(c: Company) -> float:
    orders = frame(c, "orders")
    return len(orders) / orders["customer_id"].nunique()


def in_calendar_year(c: Company) -> float:
    orders = frame(c, "orders")
    often = orders[orders["ordered_at"] >= pd.Timestamp(c.as_of.year, 1, 1)].groupby("customer_id").size()
    return float((often > 1).mean())


def _top_fifth(orders: pd.DataFrame, column: str, by: str = "customer_id", share: float = 0.2) -> float:
    paid = orders.groupby(by)[column].sum().sort_values(ascending=False)
    return float(paid.head(math.ceil(share * len(paid))).sum() / paid.sum())


def top_fifth_share(c: Company) -> float:
    return _top_fifth(frame(c, "orders"), "net")


def top_fifth_gross(c: Company) -> float:
    return _top_fifth(frame(c, "orders"), "amount")


def top_fifth_of_orders(c: Company) -> float:
    return _top_fifth(frame(c, "orders"), "net", "order_id")


def top_twentieth(c: Company) -> float:
    return _top_fifth(frame(c, "orders"), "net", share=0.05)


def top_by_orders(c: Company) -> float:
    each = frame(c, "orders").groupby("customer_id").agg(n=("net", "size"), net=("net", "sum"))
    each = each.sort_values(["n", "net"], ascending=False)
    return float(each["net"].head(math.ceil(0.2 * len(each))).sum() / each["net"].sum())


def _active(c: Company, day: pd.Timestamp) -> set[str]:
    """Customers who ordered within policy's days before `day` (the first moment after it)."""
    orders = frame(c, "orders")
    days = pd.Timedelta(days=c.policy.cost.inactive_days)
    there = (orders["ordered_at"] < day) & (orders["ordered_at"] >= day - days)
    return set(orders.loc[there, "customer_id"])


def _then(c: Company) -> pd.Timestamp:
    return pd.Timestamp(c.as_of) - YEAR + pd.Timedelta(days=1)


def kept_share(c: Company) -> float:
    rows = retention.active_customers(c)
    return float(rows.loc[rows["kpi"] == "kept_share", "value"].iloc[0])


def active_share(c: Company) -> float:
    return len(_active(c, end(c))) / frame(c, "orders")["customer_id"].nunique()


def kept_of_now(c: Company) -> float:
    then, now = _active(c, _then(c)), _active(c, end(c))
    return len(then & now) / len(now)


def now_over_then(c: Company) -> float:
    return len(_active(c, end(c))) / len(_active(c, _then(c)))


def ordered_since(c: Company) -> float:
    orders, then = frame(c, "orders"), _active(c, _then(c))
    return len(then & set(orders.loc[orders["ordered_at"] >= _then(c), "customer_id"])) / len(then)


def _year_before(c: Company, column: str, who: set[str]) -> float:
    orders = frame(c, "orders")
    year = (orders["ordered_at"] < _then(c)) & (orders["ordered_at"] >= _then(c) - YEAR)
    return float(orders.loc[year & orders["customer_id"].isin(who), column].sum())


def lost_revenue(c: Company) -> float:
    return _year_before(c, "net", _active(c, _then(c)) - _active(c, end(c)))


def lost_gross(c: Company) -> float:
    return _year_before(c, "amount", _active(c, _then(c)) - _active(c, end(c)))


def lost_margin(c: Company) -> float:
    return _year_before(c, "margin", _active(c, _then(c)) - _active(c, end(c)))


def lost_since(c: Company) -> float:
    lost = _active(c, _then(c)) - _active(c, end(c))
    orders = frame(c, "orders")
    return float(orders.loc[orders["customer_id"].isin(lost), "net"].sum())


def all_then(c: Company) -> float:
    return _year_before(c, "net", _active(c, _then(c)))


def _cancelled(c: Company) -> pd.DataFrame:
    cases = frame(c, "tickets")
    return cases[cases["category"] == "cancellation"]


def price_share(c: Company) -> float:
    return float((_cancelled(c)["cause"].dropna() == "price").mean())


def price_this_year(c: Company) -> float:
    cases = _cancelled(c)
    return float((cases.loc[cases["opened_at"] >= pd.Timestamp(c.as_of.year, 1, 1), "cause"].dropna() == "price").mean())


def price_of_all_cases(c: Company) -> float:
    return float((frame(c, "tickets")["cause"].dropna() == "price").mean())


def price_or_rival(c: Company) -> float:
    return float(_cancelled(c)["cause"].dropna().isin(["price", "competitor"]).mean())


def rate_figures(c: Company) -> dict[str, str]:
    rows = retention.repurchase_rate(c)
    row = rows[rows["segment"] == ""].iloc[0]
    return {"rate": percent(row["value"]), "low": percent(row["low"]), "high": percent(row["high"]), "n": number(row["n"])}


def rate_card(c: Company) -> tuple[str, str]:
    often = retention.orders_per_customer(c)
    return card(c, retention.repurchase_rate(c), charts.bars(often, x="orders", y="customers"))


def testable(c: Company) -> set[int]:
    asked = ("early_action", "word_of_mouth", "winning_cost", "not_the_price", "channels_joined", "told_dissatisfied", "greetings", "warning_service")
    claims = {claim.name: claim for claim in CLAIMS}
    found = {i for i, name in enumerate(asked) if not claims[name].lacks and c.knows(*claims[name].needs)}
    return found or None


def _pillars(c: Company) -> pd.DataFrame:
    return pillars.pillars(c, pillars.indicators(c))


def pillar_card(c: Company) -> tuple[str, str]:
    rows = _pillars(c)
    return card(c, rows, charts.bars(rows))


PILLARS = ("data_driven", "omnichannel", "emotional", "proactive_service")


def weakest(c: Company) -> int:
    values = _pillars(c).set_index("segment")["value"]
    there = [float(values.get(name, np.nan)) for name in PILLARS]
    return int(np.nanargmin(there)) if not np.isnan(there).any() else None


def _losses(c: Company) -> pd.DataFrame:
    """By tier of a year ago: the customers active then and not now, and what they had brought in the year before."""
    orders, cuts = frame(c, "orders"), c.policy.tiers
    year = orders[(orders["ordered_at"] < _then(c)) & (orders["ordered_at"] >= _then(c) - YEAR)]
    each = year.groupby("customer_id")["net"].sum()
    lost = each[each.index.isin(_active(c, _then(c)) - _active(c, end(c)))]
    bounds = [-math.inf, cuts.potential_from, cuts.growth_from, cuts.high_value_from, math.inf]
    tier = pd.cut(lost, bounds, right=False, labels=["long_tail", "potential", "growth", "high_value"])
    return lost.groupby(tier, observed=False).agg(["size", "sum"]).loc[["high_value", "growth", "potential", "long_tail"]]


def order_of_loss(c: Company) -> tuple[int, ...]:
    losses = _losses(c)
    if (losses["size"] == 0).any():
        return None
    return tuple(int(i) for i in np.argsort(-losses["sum"].to_numpy(), kind="stable"))


def loss_figures(c: Company) -> dict[str, str]:
    losses = _losses(c)
    mean = (losses["sum"] / losses["size"].clip(lower=1)).tolist()
    return {f"{w}{i}": f(v) for i, (n, m) in enumerate(zip(losses["size"].tolist(), mean, strict=True)) for w, v, f in (("n", n, number), ("m", m, money))}


def kept_figures(c: Company) -> dict[str, str]:
    then, now = _active(c, _then(c)), _active(c, end(c))
    lost = len(then - now)
    return {"then": number(len(then)), "lost": number(lost), "kept": percent(kept_share(c), 0), "goal": percent(kept_share(c) + 0.03, 0), "money": money(lost_revenue(c)), "year": str(c.as_of.year + 1)}


def kept_given(c: Company) -> list[float]:
    """The numbers that the question gives, as written and rounded."""
    then, now = _active(c, _then(c)), _active(c, end(c))
    share = kept_share(c)
    return [len(then), len(then - now), len(then & now), round(100 * share), round(100 * share, 1), 100 - round(100 * share), round(lost_revenue(c)), round(lost_revenue(c) / 10_000), 1]


N_KEEP = N_("By the end of December {year} at least {goal} of the customers who are active today are still active.")
N_SCEPTIC = N_("In one year {lost} of {then} active customers left us, and they had brought {money}. That much has to be won elsewhere before we grow at all; what we spend on keeping them is held against it.")

QUESTIONS = (
    Question(
        "what_the_rate_says",
        "read",
        N_("What may be said of the repurchase rate?"),
        N_("Look at the card. Which one sentence may stand in the report to the board?"),
        One((
            Option(N_("{rate} of those who ever bought have bought more than once (n = {n} customers).")),
            Option(N_("{rate} of our orders come from customers who return."), N_("the bars count customers; the share of orders is another figure.")),
            Option(N_("{rate} of today's customers will buy again."), N_("it counts what has happened. Of who comes back next it says nothing.")),
            Option(N_("Thanks to our care {rate} of customers come back."), N_("nothing here tells why they bought again; many would have without us.")),
        )),
        lambda c: 0,
        N_("It names who is counted, what they did and how many they are, and claims no cause and no future. With that a reader can check it and compare it next year."),
        (
            N_("Ask of each sentence: who is counted, and when?"),
            N_("A rate of the past is neither a forecast nor a cause."),
            N_("Two sentences are about customers and about the past; one of these two claims a reason."),
        ),
        deck=("D002", "D004", "D034"),
        needs=("orders",),
        figures=rate_figures,
        shows=rate_card,
    ),
    Question(
        "repurchase_rate",
        "measure",
        N_("Repurchase rate"),
        N_("Of all customers with an order, what share has ordered more than once? Use `c.tables.orders.execute()`."),
        Number("share"),
        repurchase_rate,
        N_("Each customer counts once, however often they ordered. It is the first figure to ask for: it says whether there is anything to keep."),
        (
            N_("Count the orders of each customer first."),
            N_("Then ask how many of these counts are above one."),
            N_("`(orders.groupby(…).size() > 1)` has a true or false for each customer; the mean of that is a share."),
        ),
        (
            Mistake("orders_for_customers", N_("that is the share of orders that are repeat orders; the question is about customers."), share_of_orders),
            Mistake("all_on_file", N_("customers without any order are in the whole; of them it cannot be asked whether they came back."), of_all_on_file),
            Mistake("calendar_year", N_("that looks at this calendar year only; the question has no window."), in_calendar_year),
            Mistake("mean_for_share", N_("that is the number of orders a customer; a share is asked."), orders_each),
        ),
        deck=("D004",),
        needs=("orders",),
    ),
    Question(
        "top_fifth_share",
        "measure",
        N_("The largest fifth"),
        N_("Rank all customers by what they brought, all orders, less what was paid back. What share of the whole comes from the first fifth of them (rounded up)?"),
        Number("share"),
        top_fifth_share,
        N_("Revenue hangs on a few. It says how many names somebody should know by heart, and how bare an average is."),
        (
            N_("What was paid back is no revenue."),
            N_("Add up by customer, then sort from the largest down."),
            N_("`net.sort_values(ascending=False).head(ceil(len(net) / 5)).sum() / net.sum()`, with the net of each customer."),
        ),
        (
            Mistake("gross_for_net", N_("refunds are still in it; a refunded order is not revenue."), top_fifth_gross),
            Mistake("orders_for_customers", N_("that is the largest fifth of the orders; add up by customer first."), top_fifth_of_orders),
            Mistake("other_part", N_("that is a twentieth of the customers, not a fifth."), top_twentieth),
            Mistake("by_frequency", N_("they are ranked by how often they ordered; rank them by money."), top_by_orders),
        ),
        deck=("D005", "D024"),
        needs=("orders",),
    ),
    Question(
        "kept_share",
        "measure",
        N_("Who is still there"),
        N_("Active is who ordered within the last `c.policy.cost.inactive_days` days, the day itself included. Of those who were active a year before `c.as_of`, what share is active on `c.as_of`?"),
        Number("share"),
        kept_share,
        N_("The same people, a year apart: newcomers cannot hide who left. In a market that no longer grows this is the figure that decides."),
        (
            N_("Two groups: active then, and active now."),
            N_("Those active then are the whole; the part is who belongs to both."),
            N_("Make two sets of ids with the same rule on two days; `len(then & now) / len(then)`."),
        ),
        (
            Mistake("other_whole", N_("that divides by everybody who ever ordered."), active_share),
            Mistake("wrong_way_round", N_("that divides by those active now: it says how many of today's were there before."), kept_of_now),
            Mistake("newcomers_in", N_("newcomers are in it: compare the same people, not two totals."), now_over_then),
            Mistake("any_time_since", N_("an order some time in the year is not the same as being active at its end."), ordered_since),
        ),
        deck=("D024", "D029", "D033"),
        needs=("orders",),
    ),
    Question(
        "lost_revenue",
        "measure",
        N_("What those who left had brought"),
        N_("Take those active a year before `c.as_of` and no longer active on it (the rule of the question before). How much net revenue had they brought in the twelve months up to that earlier day?"),
        Number("money"),
        lost_revenue,
        N_("This much has to be won elsewhere before growth begins. The hidden cost of churn has a number, and keeping can be budgeted against it."),
        (
            N_("First the people, then their money."),
            N_("The window ends on the earlier day: what they bought later does not belong to it."),
            N_("Filter the orders to the lost ids and to the twelve months before that day, then add up amount less refunded."),
        ),
        (
            Mistake("gross_for_net", N_("refunds are still in it."), lost_gross),
            Mistake("margin_for_revenue", N_("that is their margin; revenue is asked."), lost_margin),
            Mistake("all_time", N_("that is over all time, not twelve months."), lost_since),
            Mistake("other_whole", N_("those who stayed are in it too."), all_then),
        ),
        deck=("D006", "D008", "D033"),
        needs=("orders",),
    ),
    Question(
        "price_share",
        "measure",
        N_("Is it the price?"),
        N_("Of the cancellations (category `cancellation`) whose cause is known, what share names the price?"),
        Number("share"),
        price_share,
        N_("Most who leave did not leave for the price. A discount answers a question that few of them asked; look for the need that was not met."),
        (
            N_("Which cases are cancellations, and of which is the cause known?"),
            N_("Unknown is neither price nor not price: leave it out of the whole."),
            N_("Filter the category, drop the missing causes, and take the mean of `cause == \"price\"`."),
        ),
        (
            Mistake("calendar_year", N_("that is of this calendar year; the question has no window."), price_this_year),
            Mistake("other_whole", N_("that is of all cases; only cancellations are asked."), price_of_all_cases),
            Mistake("or_for_one", N_("going to a competitor is in it; that is another cause."), price_or_rival),
        ),
        deck=("D030",),
        needs=("tickets.category", "tickets.cause"),
    ),
    Question(
        "active_or_passive",
        "read",
        N_("Active or passive churn?"),
        N_("Four customers left. Who left of their own accord, because a need was not met (active churn)? Choose all."),
        Several((
            Option(N_("A clinic reported the same fault three times, then closed its account.")),
            Option(N_("A chain asked for reports by branch, waited half a year, and bought elsewhere.")),
            Option(N_("A workshop closed its business."), N_("one of them had no need any more: nothing of ours could have met it.")),
            Option(N_("A customer's card expired and the renewal failed; nobody noticed."), N_("one of them did not decide anything: an accident ended it.")),
        )),
        lambda c: {0, 1},
        N_("Two decided against us because a need stayed unmet; the others left without deciding. The first kind is mended in the product and the service, the second by reminders and by reading the signs early."),
        (
            N_("Ask of each: did the customer decide?"),
            N_("And if so: what was it that we did not do?"),
            N_("Two had told us before they left."),
        ),
        deck=("D030", "D031", "D013"),
    ),
    Question(
        "testable_claims",
        "judge",
        N_("Which claims can we test?"),
        N_("The deck names figures without a source. Which of these claims can be tested with the tables that this company records today? Choose all."),
        Several((
            Option(N_("Acting early on customers at risk keeps more of them."), N_("for one of them nobody was left alone to compare with.")),
            Option(N_("The word of a customer works ten times as well as advertising."), N_("for one of them no table says whom a recommendation or an advertisement reached.")),
            Option(N_("Winning a customer costs 5 to 10 times as much as keeping one."), N_("for one of them the costs of contacts are not recorded.")),
            Option(N_("Customers leave because of unmet needs, not because of the price."), N_("for one of them the causes of cancelling are not recorded.")),
            Option(N_("Joining the channels raised returning customers from 25 to 38 %."), N_("for one of them no day is on record on which anything was joined, and nobody was left alone.")),
            Option(N_("A dissatisfied customer tells 22 people."), N_("for one of them nobody records what customers say to others.")),
            Option(N_("Birthday messages and holiday coupons raised an \"emotion index\" by 17 %."), N_("for one of them nobody says how the index is made, and nobody was left without a greeting by lot.")),
            Option(N_("A warning service brought a software firm 92 % satisfied customers."), N_("one of them is the level of another firm: your own share can stand beside it, but nobody there went without warning.")),
        )),
        testable,
        N_("A claim can be tested where a table records what it speaks of and somebody was left alone to compare with. The others are stories: repeat them as such, with who told them."),
        (
            N_("Ask of each: which table would hold it?"),
            N_("An effect needs a group that was left alone; a price or a cause needs a column."),
            N_("Look at `c.tables`: actions have an arm, contacts a cost, cases a cause. Is there a table of conversations?"),
        ),
        deck=("D003", "D015", "D016", "D017", "D018", "D026", "D027", "D028", "D030"),
        needs=("orders",),
    ),
    Question(
        "weakest_pillar",
        "judge",
        N_("Where to begin"),
        N_("The card has the four pillars of the new way, each as the mean of what the tables show. Money is there for one. What is the first step at the weakest pillar?"),
        One((
            Option(N_("Bring the customer's records together under one id and keep it up."), N_("that step belongs to a pillar that stands better than another here.")),
            Option(N_("Plan one conversation over shop, app and message, so that each channel knows what the others said."), N_("that step belongs to a pillar that stands better than another here.")),
            Option(N_("Ask customers how they feel, answer each of them, and greet at moments that matter to them."), N_("that step belongs to a pillar that stands better than another here.")),
            Option(N_("Look for problems before the customer reports them, and evaluate each case afterwards."), N_("that step belongs to a pillar that stands better than another here.")),
        )),
        weakest,
        N_("The lowest mean is where the old way still rules, and the step is the one that this pillar is made of. A second look at its parts says which of them pulls it down."),
        (
            N_("Read the lowest bar first, then the steps."),
            N_("Each step belongs to one pillar: data, omnichannel, emotion, proactive service."),
            N_("Name the pillar of each step on paper; one of them is the lowest bar's."),
        ),
        deck=("D009", "D012", "D014", "D019", "D020", "D021", "D022"),
        needs=("orders",),
        shows=pillar_card,
    ),
    Question(
        "order_of_loss",
        "judge",
        N_("Whom can we afford to lose?"),
        N_("Four groups left within a year. Rank them by the money that left with them, the most first."),
        Order((
            Option(N_("{n0} customers who had brought {m0} a year each"), N_("money that left is how many they were times what each brought; one group stands in the wrong place.")),
            Option(N_("{n1} customers who had brought {m1} a year each"), N_("money that left is how many they were times what each brought; one group stands in the wrong place.")),
            Option(N_("{n2} customers who had brought {m2} a year each"), N_("money that left is how many they were times what each brought; one group stands in the wrong place.")),
            Option(N_("{n3} customers who had brought {m3} a year each"), N_("money that left is how many they were times what each brought; one group stands in the wrong place.")),
        )),
        order_of_loss,
        N_("Heads times money, not heads and not money alone. The customer comes first, and some losses cost more than others: with such a list the hours go where they are missed most."),
        (
            N_("Neither the largest group nor the dearest customer must come first."),
            N_("Multiply for each group."),
            N_("Round both numbers to one digit and multiply in your head; that is enough to rank them."),
        ),
        deck=("D006", "D032", "D033"),
        needs=("orders",),
        figures=loss_figures,
    ),
    Question(
        "app_users",
        "judge",
        N_("The app keeps customers, it is said"),
        N_("\"Customers with our app come back twice as often as the others. Let us get everybody to install it, and repurchase doubles.\" What is the weakest point of this?"),
        One((
            Option(N_("Those who install it were the keenest customers already; who would come back anyway cannot be won again.")),
            Option(N_("Twice as often is not enough to pay for an app."), N_("whether it pays can only be asked once it is known what it causes.")),
            Option(N_("An app is only one channel, and channels are always to be joined."), N_("true or not, it does not touch the comparison that was made.")),
            Option(N_("The figure should be a median and not a mean."), N_("another average of the same two groups has the same weakness.")),
        )),
        lambda c: 0,
        N_("Groups that chose themselves differ before anything is done to them. Offer the app to half of the customers by lot, and the difference between the halves is what it brings."),
        (
            N_("Who decided who has the app?"),
            N_("Would these customers have behaved alike without it?"),
            N_("Look for the option that speaks of what was so before."),
        ),
        deck=("D010", "D016", "D020"),
    ),
    Question(
        "which_chapter",
        "judge",
        N_("Three questions from the meeting"),
        N_("In the meeting somebody asks: \"How many of those we wrote to would have ordered anyway?\" Which part of the course answers that?"),
        One((
            Option(N_("Evaluation: the customers held out by lot show what would have happened.")),
            Option(N_("Channels: the response rate by channel."), N_("an answer to a letter is not an order that would not have come.")),
            Option(N_("Tiering: what each tier brings."), N_("what somebody brings does not say what brought it about.")),
            Option(N_("Data collection: the share of customers with an address."), N_("that says whom we could write to, not what it did.")),
        )),
        lambda c: 0,
        N_("Importance, data, tiers, channels, service, evaluation: six questions that build on each other, and the last one tells whether the other five were worth it."),
        (
            N_("The word to hear is \"anyway\"."),
            N_("To know what would have happened without us, somebody must have been left alone."),
            N_("Only one option speaks of customers who were left alone."),
        ),
        deck=("D001", "D007", "D025"),
    ),
    Question(
        "goal_of_keeping",
        "say",
        N_("A goal for keeping"),
        N_("Of {then} customers active a year ago {kept} are still active. Write next year's goal in one sentence: a number to reach, and the day by which."),
        Text((NUMBER, DATE, names(r"keep|kept|retain|retention|active|stay|return|come back|留|保|活跃|回头|复购|续", N_("It does not say what is to be kept.")), NOT_EMPTY)),
        lambda c: N_KEEP,
        N_("Somebody can be asked on that day whether it was reached. A goal is a promise to oneself with a date."),
        (
            N_("Better, more and strongly are no numbers."),
            N_("How many of a hundred, and by when?"),
            N_("By the end of which month are how many % of the customers of today still active?"),
        ),
        deck=("D005", "D023", "D091"),
        needs=("orders",),
        figures=kept_figures,
    ),
    Question(
        "answer_the_sceptic",
        "say",
        N_("\"Keeping is a cost centre\""),
        N_("Your director says: \"Looking after old customers only costs. Find me new ones!\" You know: of {then} customers active a year ago {lost} are so no more, and they had brought {money} in a year. Answer in two or three sentences, with what you know and nothing else."),
        Text((
            NUMBER,
            nothing_invented(kept_given),
            names(r"lost|left|leav|gone|no (longer|more)|losing|keep|流失|离开|失去|不再|留住", N_("It does not speak of those who left.")),
            avoids(r"ten times|five times|5\s*(to|-|–|到|至)\s*10|十倍|10\s*倍|五到十倍|5倍", N_("A claim without a source is in it; your own figure is stronger."), "unsourced"),
        )),
        lambda c: N_SCEPTIC,
        N_("Your own figure, from your own books, in the director's currency: money. No rule of thumb is as hard to wave away."),
        (
            N_("Which of the numbers is in money?"),
            N_("Say what has to be won before growth begins."),
            N_("\"{lost} customers left us who had brought {money} a year\" is half of it; the other half is what follows for the budget."),
        ),
        deck=("D008", "D027", "D033", "D034"),
        needs=("orders",),
        figures=kept_figures,
    ),
)
