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
CASE_MARGIN = 0.1
"""A single level that a case reports is read as itself, give or take a tenth of it."""

SCRIPTS = {
    "purchasing": "roi_report",
    "technical": "api_docs",
    "user": "how_to_video",
    "management": "industry_insight",
}
"""Script made for each role of the decision chain (D065, D079)."""
CRISES = ("outage", "data_leak")
"""Categories of a case that are a crisis (D120)."""
GREETING, TRIAL = "birthday", "trial"
"""How the name of a campaign of birthday greetings, or of invitations to a trial, begins."""


@dataclass(frozen=True)
class Claim:
    """One claim. `value`, `low`, `high` in `unit` are the deck's; `figure_unit` is the company's own figure's, "" where it cannot be tested.

    A level is judged by the range `within`. An effect is judged from `null`, where nothing would happen, towards `size`, which
    the deck says (NaN: a direction only); `falls` says that the claimed direction is down. `marks` are regular expressions of
    the number as prose writes it.
    """

    name: str
    deck: str
    chapter: str
    says: str
    value: float
    low: float
    high: float
    unit: str
    test: str
    tables: tuple[str, ...] = ()
    figure_unit: str = ""
    within: tuple[float, float] | None = None
    null: float = NAN
    size: float = NAN
    falls: bool = False
    marks: tuple[str, ...] = ()


def _case(value: float, most: float = float("inf")) -> tuple[float, float]:
    return value * (1 - CASE_MARGIN), min(most, value * (1 + CASE_MARGIN))


CLAIMS: tuple[Claim, ...] = (
    Claim("churn_forecast", "D015", "01_importance", N_("A finance app foresaw that 30 % of its customers might leave."), 0.30, NAN, NAN, "share",
        N_("Share of those active a year ago who are active no more."), ("orders",), "share", within=_case(0.30), marks=(r"30 %",)),
    Claim("early_action", "D015", "01_importance", N_("Acting early on them kept 8.5 points more."), 0.085, NAN, NAN, "change",
        N_("Share that ordered within the outcome window: those to be contacted less those held out by lot."), ("actions", "orders"), "change", null=0, size=0.085, marks=(r"8\.5",)),
    Claim("channels_joined", "D016", "01_importance", N_("Joining WeChat, stores and text messages raised a clothing brand's returning customers from 25 to 38 %."), 0.13, NAN, NAN, "change",
        N_("No table says on which day channels were joined, and who uses several channels buys more for other reasons; it needs a day of change or a lot."), marks=(r"25 to 38",)),
    Claim("greetings", "D017", "01_importance", N_("Birthday messages and holiday coupons raised a restaurant chain's \"emotion index\" by 17 %."), 0.17, NAN, NAN, "relative",
        N_("In the direction only, since the deck does not define its index: latest recommendation score of customers greeted on a birthday before it, over that of others whose birthday is known."), ("surveys", "interactions", "customers"), "ratio", null=1, marks=(r"\b17 %",)),
    Claim("warning_service", "D018", "01_importance", N_("A warning service brought a software firm 92 % satisfied customers."), 0.92, NAN, NAN, "share",
        N_("Answers of 4 or 5 of 5 within 30 days after a case that the company found itself."), ("tickets", "surveys"), "share", within=_case(0.92, 1), marks=(r"92 %",)),
    Claim("word_of_mouth", "D026", "01_importance", N_("The word of a customer works 10 times as well as advertising."), 10, NAN, NAN, "ratio",
        N_("In the direction only: share without order or use for long among customers who came by recommendation over that among the others, of equal age."), ("customers", "orders"), "ratio", null=1, falls=True, marks=(r"\bten times\b", r"\b10 times\b")),
    Claim("winning_cost", "D027", "01_importance", N_("Winning a customer costs 5 to 10 times as much as keeping one."), NAN, 5, 10, "ratio",
        N_("Cost of contacts up to the day a customer is known, for each one won, over the cost of later contacts for each year of an active customer."), ("interactions", "customers", "orders"), "ratio", within=(5, 10), marks=(r"\b5 to 10\b", r"\b5[–-]10\b")),
    Claim("told_dissatisfied", "D028", "01_importance", N_("A dissatisfied customer tells 22 people."), 22, NAN, NAN, "count",
        N_("No table records what customers say to others; it takes a survey that asks whom they told."), marks=(r"\b22 people\b", r"\b22/8/10\b")),
    Claim("told_satisfied", "D028", "01_importance", N_("A satisfied customer tells 8 people."), 8, NAN, NAN, "count",
        N_("No table records what customers say to others; it takes a survey that asks whom they told."), marks=(r"satisfied one 8\b",)),
    Claim("told_delighted", "D028", "01_importance", N_("A highly satisfied customer tells 10 people or more."), NAN, 10, NAN, "count",
        N_("No table records what customers say to others; it takes a survey that asks whom they told."), marks=(r"delighted one 10\b",)),
    Claim("not_the_price", "D030", "01_importance", N_("Customers leave because needs are not met, not because of price."), NAN, NAN, 0.5, "share",
        N_("Share of stated causes of cancelling that name the price; the claim holds below a half."), ("tickets",), "share", within=(0, 0.5)),
    Claim("manufacturers", "D049", "02_data_collection", N_("A profile to look for: manufacturers with more than 50 million CNY of revenue."), NAN, 50_000_000, NAN, "money",
        N_("No table holds the customers' own revenue; it needs a field bought or asked for."), marks=(r"\b50 million\b",)),
    Claim("transit_stock", "D052", "02_data_collection", N_("A logistics firm that asks for software needs 30 % less stock in transit."), -0.30, NAN, NAN, "relative",
        N_("The stock is the customer's and stands in none of our tables; ask the customer for it before and after."), marks=(r"30 % less",)),
    Claim("private_domain", "D053", "02_data_collection", N_("A channel of its own to customers raised a brand's repeat purchase by 40 %."), 0.40, NAN, NAN, "relative",
        N_("Share of repeat buyers among buyers with consent to WeChat or WeCom, over that among buyers with consent to other channels only."), ("consents", "orders"), "ratio", null=1, size=1.40, marks=(r"40 %",)),
    Claim("large_accounts", "D062", "03_tiering", N_("An ERP vendor gives customers above 5 million CNY a year a team of their own."), NAN, 5_000_000, NAN, "money",
        N_("A rule of one firm, not an effect: there is nothing to find true or false."), marks=(r"\bfive million\b", r"\b5 million\b")),
    Claim("script_for_role", "D065", "03_tiering", N_("Each role in the decision chain answers to a text of its own."), NAN, NAN, NAN, "",
        N_("Share of contacts answered with the script made for the customer's role, less that with another role's script."), ("interactions", "customers"), "change", null=0),
    Claim("meeting_attendance", "D081", "04_channels", N_("More than 80 % of those invited took part in a tax-software vendor's closed meeting."), NAN, 0.80, NAN, "share",
        N_("Share of invitations to a club or event that were answered."), ("interactions",), "share", within=(0.8, 1), marks=(r"more than 80 %",)),
    Claim("meeting_renewals", "D081", "04_channels", N_("Renewals rose by 27 % in the year after that meeting."), 0.27, NAN, NAN, "relative",
        N_("Those invited are chosen because they are close already; it needs invitations drawn by lot."), marks=(r"27 %",)),
    Claim("labour_cost", "D096", "04_channels", N_("A customer film with \"labour cost down 20 %\" wins more than a list of features."), -0.20, NAN, NAN, "relative",
        N_("No table says which content a new customer saw; it needs two contents, drawn by lot."), marks=(r"down 20 %",)),
    Claim("trial_days", "D097", "04_channels", N_("Companies are won by a sandbox of 7 days with nothing to install."), 7, NAN, NAN, "days",
        N_("An offer without a figure for its effect; it needs trials marked as such in the contacts."), marks=(r"\b7 days\b",)),
    Claim("first_order_price", "D097", "04_channels", N_("Persons are won by a first order at half the price, to be returned within 30 days."), -0.5, NAN, NAN, "relative",
        N_("An offer without a figure for its effect; it needs first orders at both prices, drawn by lot."), marks=(r"half the price",)),
    Claim("referrer_discount", "D099", "04_channels", N_("Who recommends gets 10 % off the next year."), -0.10, NAN, NAN, "relative",
        N_("An offer without a figure for its effect; it needs referred orders with and without it."), marks=(r"10 % off",)),
    Claim("referee_discount", "D099", "04_channels", N_("Who comes by recommendation gets 20 % off the first year."), -0.20, NAN, NAN, "relative",
        N_("An offer without a figure for its effect; it needs referred orders with and without it."), marks=(r"20 % off",)),
    Claim("referral_rate", "D100", "04_channels", N_("Cash back and a free course raised a course platform's recommendations by 35 %."), 0.35, NAN, NAN, "relative",
        N_("Share of new customers who came by recommendation in the last 12 months, over that share before."), ("customers",), "ratio", null=1, size=1.35, marks=(r"35 %",)),
    Claim("quarterly_cycle", "D101", "05_proactive_service", N_("Customers with a rhythm buy about every quarter."), 91, NAN, NAN, "days",
        N_("Median days between orders of customers whose orders come at even intervals."), ("orders",), "days", within=_case(91), marks=(r"\b15 days ahead\b",)),
    Claim("most_won_back", "D112", "05_proactive_service", N_("An online shop won back most of the valuable customers whom it was warned of."), NAN, 0.5, NAN, "share",
        N_("Share of those to be contacted who ordered within the outcome window."), ("actions", "orders"), "share", within=(0.5, 1)),
    Claim("function_mended", "D113", "05_proactive_service", N_("Mending the functions that customers disliked made things better for them."), NAN, NAN, NAN, "",
        N_("Errors for each login after an invitation to a trial over before, of those who took it up over those who did not."), ("interactions", "activity"), "ratio", null=1, falls=True),
    Claim("zoho_firms", "D114", "05_proactive_service", N_("Zoho CRM is used by 250,000 firms."), 250_000, NAN, NAN, "count",
        N_("A vendor's own advertising; nothing in a company's tables bears on it."), marks=(r"250,000",)),
    Claim("zoho_countries", "D114", "05_proactive_service", N_("Zoho CRM is used in 180 countries."), 180, NAN, NAN, "count",
        N_("A vendor's own advertising; nothing in a company's tables bears on it."), marks=(r"\b180 countries\b",)),
    Claim("quicker_answers", "D118", "05_proactive_service", N_("More bandwidth within 24 hours answers 80 % faster."), 0.80, NAN, NAN, "relative",
        N_("No table holds the speed of the service; measure it before and after, with the customer watching."), marks=(r"80 % faster",)),
    Claim("crisis_clocks", "D119", "05_proactive_service", N_("A crisis answered within 1 hour and settled within 24 keeps customers."), NAN, 1, 24, "hours",
        N_("Share with neither order nor use from 91 to 180 days after an outage or data leak: promise broken less promise kept."), ("tickets", "orders"), "change", null=0),
    Claim("actions_bring_orders", "D129", "06_evaluation", N_("Winning back brings orders that would not have come."), NAN, NAN, NAN, "",
        N_("Share that ordered within the outcome window: those to be contacted less those held out by lot."), ("actions", "orders"), "change", null=0),
)
"""Every claim, in the order of the deck."""


def judge(claim: Claim, estimate: tuple[float, float, float, int], policy: Policy) -> tuple[str, str]:
    """Verdict and its reason for one claim, given the company's figure: value, low, high and n.

    An effect is *supported* when its whole interval lies on the claimed side of none, *contradicted* when all of it falls
    short of half the claimed size (or, where only a direction is claimed, lies on the other side). A level is the one when its
    whole interval lies inside the claimed range and the other when it lies outside. All else is *not enough*.
    """
    _value, low, high, n = estimate
    if not claim.figure_unit:
        return "not_testable", _(claim.test)
    if isnan(low) or isnan(high) or n < policy.statistics.min_n:
        return "not_enough", _("Too few cases: n = {n}.").format(n=language.number(n))
    if claim.within is not None:
        least, most = claim.within
        if least <= low and high <= most:
            return "supported", _("Your figure lies within what is claimed.")
        if high < least or low > most:
            return "contradicted", _("Your figure lies outside what is claimed.")
        return "not_enough", _("Your interval reaches over the edge of what is claimed.")
    low, high = (claim.null - high, claim.null - low) if claim.falls else (low - claim.null, high - claim.null)
    half = 0.0 if isnan(claim.size) else abs(claim.size - claim.null) / 2
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
