"""The claim ledger: every number of the deck that stands there as a fact without a source, once, and how it could be tested.

Cases, effects and sizes are claims. What the deck asks a company to do (3, 30 and 90 days, three months without a login)
is a rule that policy sets, and no claim. `datasets/claims.csv` is made from this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

from crmlib.vocabulary import language
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.policy import Policy

NAN = float("nan")
VERDICTS = ("supported", "contradicted", "not_enough", "not_testable")


@dataclass(frozen=True)
class Claim:
    """One claim. `value`, `low`, `high` in `unit` are the deck's; `figure_unit` is the company's own figure's, "" where there is none.

    `test` says what the own figure measures, `needs` the tables and columns that it takes. A level is judged by the range
    `within`. An effect is judged from `null`, where nothing would happen, towards `size`, which the deck says (NaN: a direction
    only); `falls` says that the claimed direction is down. `lacks` says why a claim is not judged and what that would take: an
    effect without a lot or a design that stands for one, a level of another firm, beside which the own figure may stand. `case`
    is an effect in one firm: where it does not show, nothing is contradicted. `marks` are regular expressions of the number as
    prose writes it.
    """

    name: str
    deck: str
    chapter: str
    says: str
    value: float
    low: float
    high: float
    unit: str
    test: str = ""
    needs: tuple[str, ...] = ()
    figure_unit: str = ""
    within: tuple[float, float] | None = None
    null: float = NAN
    size: float = NAN
    falls: bool = False
    case: bool = False
    lacks: str = ""
    marks: tuple[str, ...] = ()


_LOT = ("actions.arm", "actions.why", "orders")
_ONE_FIRM = N_("The level of one other firm: your own stands beside it, and neither bears the other out.")

CLAIMS: tuple[Claim, ...] = (
    Claim("churn_forecast", "D015", "01_importance", N_("A finance app foresaw that 30 % of its customers might leave."), 0.30, NAN, NAN, "share",
        N_("Share of those active a year ago who are active no more."), ("orders",), "share", lacks=_ONE_FIRM, marks=(r"30 %",)),
    Claim("early_action", "D015", "01_importance", N_("Acting early on them kept 8.5 points more."), 0.085, NAN, NAN, "change",
        N_("Share that ordered within the outcome window: those to be contacted less those held out by lot."), _LOT, "change", null=0, size=0.085, case=True, marks=(r"8\.5",)),
    Claim("channels_joined", "D016", "01_importance", N_("Joining WeChat, stores and text messages raised a clothing brand's returning customers from 25 to 38 %."), 0.13, NAN, NAN, "change",
        lacks=N_("No table says on which day channels were joined, and who uses several channels buys more for other reasons; it needs a day of change or a lot."), marks=(r"25 to 38",)),
    Claim("greetings", "D017", "01_importance", N_("Birthday messages and holiday coupons raised a restaurant chain's \"emotion index\" by 17 %."), 0.17, NAN, NAN, "relative",
        lacks=N_("Who is greeted is chosen for other reasons too, and the deck does not define its index; it needs greetings drawn by lot and the recommendation score of both groups after them."), marks=(r"\b17 %",)),
    Claim("warning_service", "D018", "01_importance", N_("A warning service brought a software firm 92 % satisfied customers."), 0.92, NAN, NAN, "share",
        N_("Answers of 4 or 5 of 5 within 30 days after a case that the company found itself."), ("tickets.found_by", "tickets.resolved_at", "surveys.score"), "share", lacks=_ONE_FIRM, marks=(r"92 %",)),
    Claim("word_of_mouth", "D026", "01_importance", N_("The word of a customer works 10 times as well as advertising."), 10, NAN, NAN, "ratio",
        lacks=N_("No table says whom a recommendation or an advertisement reached; it needs, for both, how many were reached and how many of them came."), marks=(r"\bten times\b", r"\b10 times\b")),
    Claim("winning_cost", "D027", "01_importance", N_("Winning a customer costs 5 to 10 times as much as keeping one."), NAN, 5, 10, "ratio",
        N_("Cost of contacts up to the day a customer is known, for each one won, over the cost of later contacts for each year of an active customer."), ("interactions.cost", "customers.acquired_on", "orders"), "ratio", within=(5, 10), marks=(r"\b5 to 10\b", r"\b5[–-]10\b")),
    Claim("told_dissatisfied", "D028", "01_importance", N_("A dissatisfied customer tells 22 people."), 22, NAN, NAN, "count",
        lacks=N_("No table records what customers say to others; it takes a survey that asks whom they told."), marks=(r"\b22 people\b", r"\b22/8/10\b")),
    Claim("told_satisfied", "D028", "01_importance", N_("A satisfied customer tells 8 people."), 8, NAN, NAN, "count",
        lacks=N_("No table records what customers say to others; it takes a survey that asks whom they told."), marks=(r"satisfied one 8\b",)),
    Claim("told_delighted", "D028", "01_importance", N_("A highly satisfied customer tells 10 people or more."), NAN, 10, NAN, "count",
        lacks=N_("No table records what customers say to others; it takes a survey that asks whom they told."), marks=(r"delighted one 10\b",)),
    Claim("not_the_price", "D030", "01_importance", N_("Customers leave because needs are not met, not because of price."), NAN, NAN, 0.5, "share",
        N_("Share of stated causes of cancelling that name the price; the claim holds below a half."), ("tickets.category", "tickets.cause"), "share", within=(0, 0.5)),
    Claim("manufacturers", "D049", "02_data_collection", N_("A profile to look for: manufacturers with more than 50 million CNY of revenue."), NAN, 50_000_000, NAN, "money",
        lacks=N_("No table holds the customers' own revenue; it needs a field bought or asked for."), marks=(r"\b50 million\b",)),
    Claim("transit_stock", "D052", "02_data_collection", N_("A logistics firm that asks for software needs 30 % less stock in transit."), -0.30, NAN, NAN, "relative",
        lacks=N_("The stock is the customer's and stands in none of our tables; ask the customer for it before and after."), marks=(r"30 % less",)),
    Claim("private_domain", "D053", "02_data_collection", N_("A channel of its own to customers raised a brand's repeat purchase by 40 %."), 0.40, NAN, NAN, "relative",
        lacks=N_("Who agrees to WeChat or WeCom is fonder of the brand already; it needs the invitation to that channel drawn by lot, or the day on which it opened and customers who could not join."), marks=(r"40 %",)),
    Claim("large_accounts", "D062", "03_tiering", N_("An ERP vendor gives customers above 5 million CNY a year a team of their own."), NAN, 5_000_000, NAN, "money",
        lacks=N_("A rule of one firm, not an effect: there is nothing to find true or false."), marks=(r"\bfive million\b", r"\b5 million\b")),
    Claim("script_for_role", "D065", "03_tiering", N_("Each role in the decision chain answers to a text of its own."), NAN, NAN, NAN, "",
        N_("Share of contacts answered with the script made for the customer's role, less that with another role's script."), ("interactions.direction", "interactions.script", "interactions.responded_at", "customers.role"), "change", null=0),
    Claim("meeting_attendance", "D081", "04_channels", N_("More than 80 % of those invited took part in a tax-software vendor's closed meeting."), NAN, 0.80, NAN, "share",
        N_("Share of invitations to a club or event that were answered."), ("interactions.direction", "interactions.responded_at"), "share", lacks=_ONE_FIRM, marks=(r"more than 80 %",)),
    Claim("meeting_renewals", "D081", "04_channels", N_("Renewals rose by 27 % in the year after that meeting."), 0.27, NAN, NAN, "relative",
        lacks=N_("Those invited are chosen because they are close already; it needs invitations drawn by lot."), marks=(r"27 %",)),
    Claim("labour_cost", "D096", "04_channels", N_("A customer film with \"labour cost down 20 %\" wins more than a list of features."), -0.20, NAN, NAN, "relative",
        lacks=N_("No table says which content a new customer saw; it needs two contents, drawn by lot."), marks=(r"down 20 %",)),
    Claim("trial_days", "D097", "04_channels", N_("Companies are won by a sandbox of 7 days with nothing to install."), 7, NAN, NAN, "days",
        lacks=N_("An offer without a figure for its effect; it needs trials marked as such in the contacts."), marks=(r"\b7 days\b",)),
    Claim("first_order_price", "D097", "04_channels", N_("Persons are won by a first order at half the price, to be returned within 30 days."), -0.5, NAN, NAN, "relative",
        lacks=N_("An offer without a figure for its effect; it needs first orders at both prices, drawn by lot."), marks=(r"half the price",)),
    Claim("referrer_discount", "D099", "04_channels", N_("Who recommends gets 10 % off the next year."), -0.10, NAN, NAN, "relative",
        lacks=N_("An offer without a figure for its effect; it needs referred orders with and without it."), marks=(r"10 % off",)),
    Claim("referee_discount", "D099", "04_channels", N_("Who comes by recommendation gets 20 % off the first year."), -0.20, NAN, NAN, "relative",
        lacks=N_("An offer without a figure for its effect; it needs referred orders with and without it."), marks=(r"20 % off",)),
    Claim("referral_rate", "D100", "04_channels", N_("Cash back and a free course raised a course platform's recommendations by 35 %."), 0.35, NAN, NAN, "relative",
        lacks=N_("No table says when a programme of recommendation began and for whom; a rise from one year to the next has many causes. It needs a programme offered to some customers by lot."), marks=(r"35 %",)),
    Claim("quarterly_cycle", "D101", "05_proactive_service", N_("Customers with a rhythm buy about every quarter."), 91, NAN, NAN, "days",
        N_("Median days between orders of customers whose orders come at even intervals."), ("orders",), "days", within=(91 * 0.9, 91 * 1.1), marks=(r"\b15 days ahead\b",)),
    Claim("most_won_back", "D112", "05_proactive_service", N_("An online shop won back most of the valuable customers whom it was warned of."), NAN, 0.5, NAN, "share",
        N_("Share of those to be contacted who ordered within the outcome window."), _LOT, "share", lacks=_ONE_FIRM),
    Claim("function_mended", "D113", "05_proactive_service", N_("Mending the functions that customers disliked made things better for them."), NAN, NAN, NAN, "",
        N_("Errors for each login after an invitation to a trial over before, of those who took it up over those who did not."), ("interactions.direction", "interactions.campaign", "interactions.responded_at", "activity.logins", "activity.errors"), "ratio", null=1, falls=True),
    Claim("zoho_firms", "D114", "05_proactive_service", N_("Zoho CRM is used by 250,000 firms."), 250_000, NAN, NAN, "count",
        lacks=N_("A vendor's own advertising; nothing in a company's tables bears on it."), marks=(r"250,000",)),
    Claim("zoho_countries", "D114", "05_proactive_service", N_("Zoho CRM is used in 180 countries."), 180, NAN, NAN, "count",
        lacks=N_("A vendor's own advertising; nothing in a company's tables bears on it."), marks=(r"\b180 countries\b",)),
    Claim("quicker_answers", "D118", "05_proactive_service", N_("More bandwidth within 24 hours answers 80 % faster."), 0.80, NAN, NAN, "relative",
        lacks=N_("No table holds the speed of the service; measure it before and after, with the customer watching."), marks=(r"80 % faster",)),
    Claim("crisis_clocks", "D119", "05_proactive_service", N_("A crisis answered within 1 hour and settled within 24 keeps customers."), NAN, 1, 24, "hours",
        N_("Share with neither order nor use from 91 to 180 days after an outage or data leak: promise broken less promise kept."), ("tickets.category", "tickets.severity", "tickets.first_response_at", "tickets.resolved_at", "orders", "activity"), "change",
        lacks=N_("The gravest cases are answered late and cost customers for their own sake; it needs crises of one kind whose answer was late by chance.")),
    Claim("actions_bring_orders", "D129", "06_evaluation", N_("Winning back brings orders that would not have come."), NAN, NAN, NAN, "",
        N_("Share that ordered within the outcome window: those to be contacted less those held out by lot."), _LOT, "change", null=0),
)
"""Every claim, in the order of the deck."""


def judge(claim: Claim, estimate: tuple[float, float, float, int], policy: Policy) -> tuple[str, str]:
    """Verdict and its reason for one claim, given the company's figure: value, low, high and n.

    What is not judged says what it lacks. An effect is *supported* when its whole interval lies on the claimed side of none,
    *contradicted* when all of it falls short of half the claimed size (or, where only a direction is claimed, lies on the other
    side) and more than one firm is spoken of. A level is the one when its whole interval lies inside the claimed range and the
    other when it lies outside. All else is *not enough*.
    """
    _value, low, high, n = estimate
    if claim.lacks:
        return "not_testable", _(claim.lacks)
    if n < policy.statistics.min_n:
        # How many there are is told, if at all, with the figure: few of them are not to be counted here.
        return "not_enough", _("Too few cases: fewer than {n}.").format(n=language.number(policy.statistics.min_n))
    if isnan(low) or isnan(high):
        return "not_enough", _("The data give it no interval.")
    if claim.within is not None:
        least, most = claim.within
        if least <= low and high <= most:
            return "supported", _("Your figure lies within what is claimed.")
        if high < least or low > most:
            return "contradicted", _("Your figure lies outside what is claimed.")
        return "not_enough", _("Your interval reaches over the edge of what is claimed.")
    low, high = (claim.null - high, claim.null - low) if claim.falls else (low - claim.null, high - claim.null)
    half = 0.0 if isnan(claim.size) else abs(claim.size - claim.null) / 2
    if high < half and claim.case:
        return "not_enough", _("It does not show here, which does not contradict what one firm saw.")
    if high < half:
        return "contradicted", _("The effect is less than half of what is claimed, or none, or the other way.")
    if low > 0:
        return "supported", _("The effect has the claimed direction; compare its size.")
    return "not_enough", _("Your interval holds both no effect and the claimed one.")


def claimed(claim: Claim) -> str:
    """The deck's figure as the reader writes it: one value, a range, an end of one, or that there is none."""
    value, low, high = (_bare(v, claim.unit) for v in (claim.value, claim.low, claim.high))
    units = {"days": _("{n} days"), "hours": _("{n} hours"), "ratio": _("{n} times"), "change": _("{n} points")}
    unit = units.get(claim.unit, "{n}")
    if value:
        return unit.format(n=value)
    if low and high:
        return unit.format(n=_("{low} to {high}").format(low=low, high=high))
    if low:
        return unit.format(n=_("at least {low}").format(low=low))
    return unit.format(n=_("at most {high}").format(high=high)) if high else _("a direction only")


def _bare(value: float, unit: str) -> str:
    """A figure without the name of its unit; nothing where there is none."""
    if isnan(value):
        return ""
    sign = "+" if value > 0 and unit in ("change", "relative") else ""
    if unit in ("share", "relative"):
        return sign + language.percent(value, 0)
    if unit == "money":
        return language.money(value, "CNY")
    return sign + (language.number(value * 100, 1) if unit == "change" else language.number(value))
