"""Chapter 3: questions, right answers worked out from the data, the usual wrong ones."""

from datetime import date

import pandas as pd

from crmlib.facts.company import Company
from crmlib.measures import tiers
from crmlib.show.criteria import DATE, NO_BLAME, NO_PITCH, NOT_EMPTY, names, nothing_invented
from crmlib.show.questions import (
    Allot,
    Members,
    Mistake,
    Number,
    One,
    Option,
    Order,
    Question,
    Several,
    Text,
    end,
    frame,
    since,
)
from crmlib.vocabulary.language import N_, day, money, number, percent

MINUTES = {"high_value": 90, "growth": 20, "potential": 10, "long_tail": 5}
HOURS = 120
EFFECT = 0.05


def _placed(c: Company) -> pd.DataFrame:
    if "placed in exercise 3" not in c._memo:
        placed = tiers.tiers(c).execute()
        c._memo["placed in exercise 3"] = placed.assign(
            revenue=placed["revenue"].astype(float), lacks=placed["to_next_tier_amount"].astype(float)
        )
    return c._memo["placed in exercise 3"]


def _brought(c: Company, column: str = "net", since_day: pd.Timestamp | None = None) -> pd.Series:
    orders = frame(c, "orders")
    first = since(c, months=c.policy.tiers.window_months) if since_day is None else since_day
    return orders[orders["ordered_at"] >= first].groupby("customer_id")[column].sum()


def high_value_customers(c: Company) -> int:
    return int((_placed(c)["tier"] == "high_value").sum())


def _above(c: Company, column: str = "net", first: pd.Timestamp | None = None) -> int:
    return int((_brought(c, column, first) >= c.policy.tiers.high_value_from).sum())


def over_all_time(c: Company) -> int:
    return _above(c, first=pd.Timestamp(1900, 1, 1))


def in_calendar_year(c: Company) -> int:
    return _above(c, first=pd.Timestamp(c.as_of.year, 1, 1))


def by_gross(c: Company) -> int:
    return _above(c, "amount")


def by_quantile(c: Company) -> int:
    return -(-len(_placed(c)) // 5)


def missing_to_high_value(c: Company) -> float:
    placed = _placed(c)
    return float(placed.loc[placed["tier"] == "growth", "lacks"].sum())


def missing_each(c: Company) -> float:
    placed = _placed(c)
    return float(placed.loc[placed["tier"] == "growth", "lacks"].mean())


def missing_of_potential(c: Company) -> float:
    placed = _placed(c)
    return float(placed.loc[placed["tier"] == "potential", "lacks"].sum())


def missing_of_all(c: Company) -> float:
    placed = _placed(c)
    return float((c.policy.tiers.high_value_from - placed.loc[placed["tier"] != "high_value", "revenue"]).sum())


def brought_by_growth(c: Company) -> float:
    placed = _placed(c)
    return float(placed.loc[placed["tier"] == "growth", "revenue"].sum())


def _days_since(c: Company, on: date, which: str = "max") -> pd.Series:
    orders = frame(c, "orders")
    days = orders["ordered_at"].dt.normalize()
    each = days if which == "each" else days.groupby(orders["customer_id"]).agg(which)
    return (pd.Timestamp(on) - each).dt.days


def median_recency(c: Company) -> float:
    return float(_days_since(c, c.as_of).median())


def mean_recency(c: Company) -> float:
    return float(_days_since(c, c.as_of).mean())


def recency_from_today(c: Company) -> float:
    return float(_days_since(c, date.today()).median())


def since_first(c: Company) -> float:
    return float(_days_since(c, c.as_of, "min").median())


def of_orders(c: Company) -> float:
    return float(_days_since(c, c.as_of, "each").median())


def _of_companies(c: Company, column: str = "net", how: str = "mean", *, months: int | None = None, everybody: bool = False) -> float:
    customers = frame(c, "customers")
    companies = customers.loc[(customers["type"] == "company") | everybody, "customer_id"]
    each = _brought(c, column, since(c, months=months) if months else None)
    return float(each[each.index.isin(companies)].agg(how))


def yearly_purchase(c: Company) -> float:
    return _of_companies(c)


def yearly_gross(c: Company) -> float:
    return _of_companies(c, "amount")


def yearly_of_all(c: Company) -> float:
    return _of_companies(c, everybody=True)


def yearly_median(c: Company) -> float:
    return _of_companies(c, how="median")


def all_years(c: Company) -> float:
    return _of_companies(c, months=1200)


def near_the_step(c: Company, share: float = 0.2) -> set[str]:
    placed = _placed(c)
    near = (placed["tier"] == "growth") & (placed["lacks"] <= share * c.policy.tiers.high_value_from)
    return set(placed.loc[near, "customer_id"]) or None


def near_any_step(c: Company) -> set[str]:
    placed = _placed(c)
    return set(placed.loc[placed["lacks"] <= 0.2 * c.policy.tiers.high_value_from, "customer_id"])


def near_by_own(c: Company) -> set[str]:
    placed = _placed(c)
    return set(placed.loc[(placed["tier"] == "growth") & (placed["lacks"] <= 0.2 * placed["revenue"]), "customer_id"])


def all_of_growth(c: Company) -> set[str]:
    placed = _placed(c)
    return set(placed.loc[placed["tier"] == "growth", "customer_id"])


def _reduced(c: Company, *, least: int = 3, share: float = 0.7, off: float = 0.1) -> int:
    orders = frame(c, "orders")
    each = (orders["discount"].fillna(0) >= off).groupby(orders["customer_id"]).agg(["size", "mean"])
    return int(((each["size"] >= least) & (each["mean"] >= share)).sum())


def by_discount(c: Company) -> int:
    return _reduced(c) or None


def by_any_discount(c: Company) -> int:
    return _reduced(c, off=0.0001)


def by_one_order(c: Company) -> int:
    return _reduced(c, least=1)


def by_one_discount(c: Company) -> int:
    return _reduced(c, share=0.0001)


def not_by_discount(c: Company) -> int:
    orders = frame(c, "orders")
    return int((orders.groupby("customer_id").size() >= 3).sum()) - _reduced(c)


def _quiet(c: Company) -> pd.DataFrame:
    """By tier: customers without an order for 90 days, and what they brought in the window on average."""
    placed, recent = _placed(c), frame(c, "orders")
    lately = set(recent.loc[recent["ordered_at"] >= end(c) - pd.Timedelta(days=90), "customer_id"])
    quiet = placed[~placed["customer_id"].isin(lately)]
    return quiet.groupby("tier")["revenue"].agg(["size", "mean"]).reindex(list(MINUTES))


def worth(c: Company, hours: tuple[float, ...]) -> float:
    each = _quiet(c)
    reached = [min(h * 60 / m, n) for h, m, n in zip(hours, MINUTES.values(), each["size"], strict=True)]
    return float(sum(r * EFFECT * m for r, m in zip(reached, each["mean"], strict=True)))


def best_hours(c: Company) -> tuple[float, ...]:
    each = _quiet(c)
    if each["size"].isna().any():
        return None
    order = sorted(range(4), key=lambda i: -float(each["mean"].iloc[i]) / list(MINUTES.values())[i])
    left, hours = float(HOURS), [0.0] * 4
    for i in order:
        hours[i] = min(left, float(each["size"].iloc[i]) * list(MINUTES.values())[i] / 60)
        left -= hours[i]
    return tuple(round(h, 1) for h in hours)


def equal_hours(_c: Company) -> tuple[float, ...]:
    return (HOURS / 4,) * 4


def by_heads(c: Company) -> tuple[float, ...]:
    heads = _quiet(c)["size"]
    return tuple(float(h) for h in HOURS * heads / heads.sum())


def highest_first(c: Company) -> tuple[float, ...]:
    high = min(float(HOURS), float(_quiet(c)["size"].iloc[0]) * MINUTES["high_value"] / 60)
    return (high, HOURS - high, 0.0, 0.0)


def quiet_figures(c: Company) -> dict[str, str]:
    each = _quiet(c)
    return {
        **{f"n{i}": number(n) for i, n in enumerate(each["size"].tolist())},
        **{f"m{i}": money(m) for i, m in enumerate(each["mean"].tolist())},
        **{f"t{i}": number(t) for i, t in enumerate(MINUTES.values())},
        "hours": number(HOURS),
        "effect": percent(EFFECT, 0),
    }


def _step(c: Company) -> tuple[float, float]:
    placed = _placed(c)
    near = placed[placed["tier"] == "growth"].nsmallest(5, "lacks").iloc[-1]
    return round(float(near["lacks"])), round(float(c.policy.tiers.high_value_from))


def step_figures(c: Company) -> dict[str, str]:
    lacks, cut = _step(c)
    return {"lacks": number(lacks), "cut": number(cut), "day": day(date(c.as_of.year, 12, 31))}


def sizes_figures(c: Company) -> dict[str, str]:
    placed = _placed(c)
    top = placed["tier"] == "high_value"
    return {"heads": percent(top.mean()), "money": percent(placed.loc[top, "revenue"].sum() / placed["revenue"].sum()), "n": number(len(placed))}


N_STEP = N_("Good day, you are {lacks} short of {cut} this year; from {cut} on your service line opens. If you plan an order anyway, placing it by {day} is enough; if not, everything stays as it is.")

QUESTIONS = (
    Question(
        "high_value_customers",
        "measure",
        N_("High-value customers"),
        N_("How many customers brought, in the last `c.policy.tiers.window_months` months up to `c.as_of`, at least `c.policy.tiers.high_value_from`, refunds taken off?"),
        Number("count"),
        high_value_customers,
        N_("A cut in money, a window that moves with the day, and net. So a tier changes when the customer changes, and for no other reason."),
        (
            N_("Keep the orders of the window first; the months before it do not count."),
            N_("Take refunds off, add up by customer, and compare with the cut."),
            N_("The window begins at `pd.Timestamp(c.as_of) + pd.Timedelta(days=1) - pd.DateOffset(months=…)`; count the sums that are `>=` the cut."),
        ),
        (
            Mistake("all_time", N_("that is over all time; a tier looks at the window only."), over_all_time),
            Mistake("calendar_year", N_("that is the calendar year; the window is so many months back from the day."), in_calendar_year),
            Mistake("gross_for_net", N_("refunds are still in it."), by_gross),
            Mistake("quantile_for_cut", N_("a fifth of the customers is a quantile; the cut is a sum of money."), by_quantile),
        ),
        deck=("D056", "D059"),
        needs=("orders",),
    ),
    Question(
        "missing_to_high_value",
        "measure",
        N_("The way up"),
        N_("Take the customers of the growth tier (from `c.policy.tiers.growth_from` to below `high_value_from` in the window). How much money, added up, do they lack to the high-value tier?"),
        Number("money"),
        missing_to_high_value,
        N_("This is what stepped rights may reach for at the most. Beside the cost of the rights it says whether the stairs are worth building."),
        (
            N_("The growth tier lies between two cuts."),
            N_("For each of its customers take the upper cut less what they brought."),
            N_("`(high_value_from - growth).sum()`, where `growth` holds the net sums that lie between the cuts."),
        ),
        (
            Mistake("mean_for_sum", N_("that is what each of them lacks on average."), missing_each),
            Mistake("one_below", N_("those are customers one tier below, on their way to growth."), missing_of_potential),
            Mistake("everybody", N_("everybody below the upper cut is in it."), missing_of_all),
            Mistake("brought_for_missing", N_("that is what they brought, not what they lack."), brought_by_growth),
        ),
        deck=("D059", "D063"),
        needs=("orders",),
    ),
    Question(
        "median_recency",
        "measure",
        N_("How long ago?"),
        N_("For each customer with an order: whole days from the day of the last order to `c.as_of`. What is the median?"),
        Number("days"),
        median_recency,
        N_("The R of RFM, on the day the data end and not the day you look. Half of the customers have been away longer."),
        (
            N_("Recency runs to the company's day, whenever you read it."),
            N_("One number a customer first: the last order."),
            N_("`orders[\"ordered_at\"].dt.normalize()`, its maximum by customer, subtracted from `pd.Timestamp(c.as_of)`, `.dt.days.median()`."),
        ),
        (
            Mistake("mean_for_median", N_("that is the mean; those long gone pull it up."), mean_recency),
            Mistake("from_today", N_("that runs to today; the data end on the company's day."), recency_from_today),
            Mistake("first_for_last", N_("that is since the first order."), since_first),
            Mistake("orders_for_customers", N_("that is of all orders; each customer counts once, with the last one."), of_orders),
        ),
        deck=("D057",),
        needs=("orders",),
    ),
    Question(
        "yearly_purchase",
        "measure",
        N_("Yearly purchase value"),
        N_("Of the customers of type `company` who ordered in the window (last `c.policy.tiers.window_months` months): what did one bring on average, refunds taken off?"),
        Number("money"),
        yearly_purchase,
        N_("Manufacturers are sized by what they buy in a year, software by its recurring revenue: the measure follows the trade, the tiers follow the measure."),
        (
            N_("Companies only, window only, net."),
            N_("Add up by customer before you average."),
            N_("Filter the orders, `groupby(\"customer_id\")` and sum, keep the ids of companies, then `.mean()`."),
        ),
        (
            Mistake("gross_for_net", N_("refunds are still in it."), yearly_gross),
            Mistake("everybody", N_("persons are in it too."), yearly_of_all),
            Mistake("median_for_mean", N_("that is the median; the mean was asked."), yearly_median),
            Mistake("all_time", N_("that is over all time."), all_years),
        ),
        deck=("D058", "D060"),
        needs=("orders", "customers.type"),
    ),
    Question(
        "near_the_step",
        "measure",
        N_("Close to the step"),
        N_("Give the ids of the growth customers who lack at most a fifth of `c.policy.tiers.high_value_from` to the high-value tier, as a set."),
        Members(),
        near_the_step,
        N_("For these one order may do it. Tell them what they lack: that is a service; the others would only hear an advertisement."),
        (
            N_("Growth only, and a fifth of the cut."),
            N_("What they lack is the cut less what they brought."),
            N_("A fifth of the cut below it: the sums from 0.8 times the cut to just under it; `set(growth.index[…])`."),
        ),
        (
            Mistake("and_dropped", N_("customers of other tiers are in it."), near_any_step),
            Mistake("other_base", N_("that is a fifth of what each brought, not of the cut."), near_by_own),
            Mistake("everybody", N_("that is all of the growth tier."), all_of_growth),
        ),
        deck=("D063", "D069"),
        needs=("orders",),
    ),
    Question(
        "by_discount",
        "measure",
        N_("Loyal to the discount"),
        N_("How many customers with at least 3 orders bought at least 70 % of them with 10 % off or more (`discount` is a share; where none is noted there was none)?"),
        Number("count"),
        by_discount,
        N_("They come back for the price. It looks like loyalty until the coupon ends: incentive loyalty, in the deck's words."),
        (
            N_("Three conditions, all on the same customer."),
            N_("Mark each order first, then ask each customer for number and share."),
            N_("`(discount.fillna(0) >= 0.1).groupby(customer_id).agg([\"size\", \"mean\"])`, then both conditions joined with `&`."),
        ),
        (
            Mistake("any_discount", N_("the smallest discounts are counted as well."), by_any_discount),
            Mistake("no_minimum", N_("customers with one or two orders are in it; they have no habit yet."), by_one_order),
            Mistake("one_is_enough", N_("one discounted order is taken as enough."), by_one_discount),
            Mistake("others", N_("those are the others."), not_by_discount),
        ),
        deck=("D070", "D072"),
        needs=("orders.discount",),
    ),
    Question(
        "few_and_much",
        "read",
        N_("Few customers, much money"),
        N_("In the high-value tier stand {heads} of {n} customers; they brought {money} of the window's revenue. What may be said?"),
        One((
            Option(N_("A loss there costs many times one elsewhere; what it takes to keep them has to be asked.")),
            Option(N_("An hour spent on them brings more than an hour spent on others."), N_("that is about what an hour changes; the figures say only what they brought.")),
            Option(N_("The others may be left to themselves."), N_("those of tomorrow's high-value tier are among them.")),
            Option(N_("They are our most loyal customers."), N_("money is not loyalty; some have no choice.")),
        )),
        lambda c: 0,
        N_("Value says what is at stake, not what helps. Resources follow both: value, and what acting changes."),
        (
            N_("What was counted: money, not effects and not feelings."),
            N_("One option stops at what is at stake."),
            N_("It speaks of a loss, and of a question that is still open."),
        ),
        deck=("D011", "D059", "D066"),
        needs=("orders",),
        figures=sizes_figures,
    ),
    Question(
        "moving_cuts",
        "judge",
        N_("Why did they fall?"),
        N_("The top tier was \"the best fifth of this month\". Sixty large newcomers came, and 40 old customers fell out of it. What is to be done?"),
        One((
            Option(N_("Set the cut as a sum of money that a person adopts and dates; then only behaviour moves anybody.")),
            Option(N_("Call the 40 at once: something has happened to them."), N_("nothing happened to them; others came.")),
            Option(N_("Take the best quarter, so that they stay in."), N_("a wider quantile moves with the next newcomers just as well.")),
            Option(N_("Leave newcomers out for ever."), N_("newcomers have a value as well; it is the yardstick that moved.")),
        )),
        lambda c: 0,
        N_("Dynamic tiering means that customers move, not the ruler. A cut that is frozen and dated makes every movement a piece of news."),
        (
            N_("What did the 40 do differently?"),
            N_("If nothing: what changed?"),
            N_("Choose the option that fixes the ruler."),
        ),
        deck=("D056",),
    ),
    Question(
        "hours_by_tier",
        "judge",
        N_("A hundred and twenty hours"),
        N_("There are {hours} hours for customers without an order in 90 days. A contact keeps {effect} of what a customer brings a year, in every tier, once each. Split the hours."),
        Allot(
            (
                Option(N_("High-value: {n0} customers, {m0} a year each, {t0} minutes a contact")),
                Option(N_("Growth: {n1} customers, {m1} a year each, {t1} minutes a contact")),
                Option(N_("Potential: {n2} customers, {m2} a year each, {t2} minutes a contact")),
                Option(N_("Long tail: {n3} customers, {m3} a year each, {t3} minutes a contact")),
            ),
            HOURS,
            worth,
        ),
        best_hours,
        N_("What counts is what a minute brings: money kept over the time it takes. Fill the best until nobody is left there, then the next. That is why the dear contact goes to few, and the long tail gets what runs by itself."),
        (
            N_("Neither the richest nor the most numerous, but what a minute brings."),
            N_("Divide what a customer brings by the minutes, for each tier."),
            N_("Begin with the tier of the highest quotient; it can take customers times minutes, divided by 60, in hours. What is left goes to the next."),
        ),
        (
            Mistake("equal", N_("equal shares treat a minute as if it brought the same everywhere."), equal_hours),
            Mistake("by_heads", N_("that goes by heads; the most numerous bring least a minute."), by_heads),
            Mistake("highest_first", N_("the dearest contacts eat all the hours; look at what a minute brings."), highest_first),
        ),
        deck=("D061", "D064", "D066"),
        needs=("orders",),
        figures=quiet_figures,
    ),
    Question(
        "offers_that_fit",
        "judge",
        N_("Which offers fit?"),
        N_("Which of these fit the tier and the kind of customer? Choose all."),
        Several((
            Option(N_("High-value manufacturer: a manager of its own, and a seat among the first to try what is new.")),
            Option(N_("Growth retailer: online training, and a service line from a yearly purchase on.")),
            Option(N_("Potential office: a small trial of four weeks with a case like its own.")),
            Option(N_("Long tail: an invitation to a closed dinner with the board."), N_("one of them costs more than its tier will ever bring; something automatic fits there.")),
            Option(N_("Purchaser of a hospital: points for private goods with each order."), N_("one of them pays a person for spending another's money; points are for consumers.")),
        )),
        lambda c: {0, 1, 2},
        N_("Dear and personal above, stairs in the middle, proof below, automatic for the many. Companies get upgrades and support by yearly purchases, persons points and levels."),
        (
            N_("What does it cost, beside what the tier brings?"),
            N_("Who benefits: the company or a person in it?"),
            N_("Two of five do not fit: one is too dear, one is improper."),
        ),
        deck=("D061", "D062", "D063", "D064", "D069"),
    ),
    Question(
        "who_reads_what",
        "judge",
        N_("Three readers, three papers"),
        N_("At a hospital, purchasing, the technicians and the nurses decide together. Who gets which paper?"),
        One((
            Option(N_("Purchasing the return on cost, technicians the interfaces, nurses a film of two minutes at the bed.")),
            Option(N_("All three the complete brochure, so that nobody feels left out."), N_("what is written for everybody answers nobody's question.")),
            Option(N_("Purchasing the interfaces, technicians the return on cost, nurses the brochure."), N_("ask what each is judged by: cost, fit, or ease.")),
            Option(N_("Only the one who signs, as the others follow."), N_("who cannot sign can still refuse.")),
        )),
        lambda c: 0,
        N_("Cost, compatibility, ease of use: each link of the chain weighs something else, and each can break it."),
        (
            N_("By what is each of them judged?"),
            N_("Purchasing by cost, technicians by what fits, users by what is easy."),
            N_("Match these three in this order."),
        ),
        deck=("D051", "D060", "D065"),
    ),
    Question(
        "who_would_stay",
        "judge",
        N_("Who would stay?"),
        N_("Tomorrow a rival opens with the same goods at the same price, and changing costs nothing. Who stays? Choose all."),
        Several((
            Option(N_("Who recommends us and says that we solve problems before they notice them.")),
            Option(N_("Who gets more from us than they pay for, and says so.")),
            Option(N_("Who buys every month because nobody else delivers there."), N_("one of them stays for lack of choice; the rival is the choice.")),
            Option(N_("Who orders with each coupon."), N_("one of them is loyal to the coupon.")),
            Option(N_("Who has put years into our format and would lose them."), N_("one of them is held by what changing costs, and that has just fallen away.")),
        )),
        lambda c: {0, 1},
        N_("Behaviour looked alike, attitude did not. Benefit and feeling hold; monopoly, habit, coupons and the cost of changing hold only until they end."),
        (
            N_("Take away what binds: who wants to stay?"),
            N_("Positive drivers are benefit and emotion; negative ones are sunk and switching costs."),
            N_("Two of five speak of what they get; the others of what they cannot or would not give up."),
        ),
        deck=("D070", "D071", "D072", "D073", "D074"),
    ),
    Question(
        "the_flywheel",
        "judge",
        N_("The flywheel"),
        N_("Five things happened to one customer. Put them in the order of the lifecycle."),
        Order((
            Option(N_("Saw a film of another customer and left an address."), N_("one thing happened before what makes it possible.")),
            Option(N_("Placed a first order after a trial."), N_("one thing happened before what makes it possible.")),
            Option(N_("Was shown on day 30 how to make it a habit, and still uses it."), N_("one thing happened before what makes it possible.")),
            Option(N_("Ordered the part that goes with it on day 90."), N_("one thing happened before what makes it possible.")),
            Option(N_("Brought a neighbour along."), N_("one thing happened before what makes it possible.")),
        )),
        lambda c: (0, 1, 2, 3, 4),
        N_("Acquire, convert, retain, repeat, recommend, and the recommended one stands at the beginning again. What a customer expects grows with each stage, from goods that work to being part of it."),
        (
            N_("Nobody recommends what they have not kept."),
            N_("Using it comes before buying more of it."),
            N_("Acquire, convert, retain, repeat, recommend."),
        ),
        deck=("D067", "D068"),
    ),
    Question(
        "tell_the_step",
        "say",
        N_("So close"),
        N_("A growth customer lacks {lacks} to {cut} this year, from which a service line opens. Write the message, in two or three sentences: what is lacking, what opens, until {day}, and no pressure."),
        Text((
            nothing_invented(_step),
            names(r"\d", N_("It does not say what is lacking."), "number"),
            DATE,
            names(r"service|line|热线|服务|专线", N_("It does not say what opens."), "right"),
            NO_PITCH,
            NO_BLAME,
            NOT_EMPTY,
        )),
        lambda c: N_STEP,
        N_("A fact, a right, a day, and the freedom to leave it. The customer can plan with it; that is why it works without a discount."),
        (
            N_("Say only what you were given."),
            N_("How much, what for, until when."),
            N_("\"You are {lacks} short of {cut}; … opens. … by {day} is enough; if not, all stays as it is.\""),
        ),
        deck=("D063", "D069"),
        needs=("orders",),
        figures=step_figures,
    ),
)
