"""Thresholds that a person decides: each with its unit, where it comes from, and a visible default.

`policy.toml` holds what a company sets otherwise; what it leaves out keeps the default below. Tier cuts are frozen and
dated here, never quantiles of this month's sample: a customer who did nothing must not change tier.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.problems import closest as closest
from crmlib.vocabulary.problems import limits as limits
from crmlib.vocabulary.problems import problem as problem
from crmlib.vocabulary.reasons_to_act import PRIOR_EFFECT
from crmlib.vocabulary.settings import (
    FIRST_DAY,
    LAST_DAY,
    LEAST,
    MOST_MONEY,
    AnyReason,
    ChannelCode,
    ChannelOrOther,
    Count,
    Day,
    Days,
    Hours,
    Minutes,
    Money,
    OneOf,
    Opening,
    Place,
    Plan,
    ReasonCode,
    SeverityCode,
    SeverityOrOther,
    Share,
    TargetCode,
    Text,
    Texts,
    Weekday,
    once,
)  # fmt: skip
from crmlib.vocabulary.working_hours import COUNTRIES, in_order


class PolicyError(CrmlibError):
    """A policy file that cannot be used; the message is one line that names file, key and what was expected."""


class Section(BaseModel):
    """A group of settings; unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _set(default: Any, says: str, source: str, unit: str = "", **limits: Any) -> Any:
    return Field(default, description=says, json_schema_extra={"source": source, "unit": unit}, **limits)


TIERS = ("high_value", "growth", "potential", "long_tail")
"""Tiers from the top down (D059)."""
TierCode = Annotated[str, AfterValidator(OneOf((*TIERS,)))]


ENTITLEMENTS = {
    "high_value": ("own_manager", "one_to_one", "own_functions", "industry_solutions", "club", "early_access", "salons"),
    "growth": ("standard_offer", "online_training", "white_papers", "stepped_rights", "membership"),
    "potential": ("free_trial", "small_pilot", "case_library", "starter_package"),
    "long_tail": ("automatic_contact",),
}
"""What a customer of each tier gets by default (D061, D063, D064, D069); the long tail's is the house's own."""


class Tiers(Section):
    """Tier cuts (D057, D059), frozen and dated."""

    frozen_on: date = _set(date(2026, 1, 1), N_("Day on which a person adopted these cuts."), "D056", "date", ge=FIRST_DAY, le=LAST_DAY)
    window_months: int = _set(12, N_("Months before the as-of date over which value and frequency are counted."), "D058", "months", ge=1, le=120)
    high_value_from: float = _set(5000.0, N_("Money in the window from which a customer is high-value."), "D059", "money", ge=LEAST, le=MOST_MONEY)
    growth_from: float = _set(1500.0, N_("Money in the window from which a customer is in the growth tier."), "D059", "money", ge=LEAST, le=MOST_MONEY)
    potential_from: float = _set(300.0, N_("Money in the window from which a customer is in the potential tier; below it the long tail."), "D059", "money", ge=LEAST, le=MOST_MONEY)
    new_days: int = _set(90, N_("Days after the first order during which a customer counts as potential even below that cut."), "D064", "days", ge=0, le=3650)
    recency_cuts_days: list[Days] = _set([30, 90, 180, 365], N_("Days since the last order that part recency scores 5, 4, 3, 2 and 1."), "D057", "days")
    frequency_cuts: list[Count] = _set([2, 3, 5, 9], N_("Orders in the window from which frequency scores 2, 3, 4 and 5."), "D057", "orders")
    monetary_cuts: list[Money] = _set([300.0, 1000.0, 2500.0, 5000.0], N_("Money in the window from which monetary scores 2, 3, 4 and 5."), "D057", "money")
    trend_change: float = _set(0.25, N_("Change of how often a customer buys, as a share, from which it counts as rising or falling, where it is beyond chance."), "D059", "share", ge=LEAST, lt=1)
    trend_orders: int = _set(3, N_("Days with an order in the two half windows compared from which a trend is told."), "D059", "orders", ge=1, le=1000)
    renewal_grace_days: int = _set(15, N_("Days after a payment is due for which a subscription still counts as alive."), "D058", "days", ge=0, le=3650)
    step_order_share: float = _set(0.2, N_("Share of a typical order (the median one) from which the sum to the next tier is worth naming to a customer; almost any order brings more."), "D063", "share", ge=0, le=1)
    entitlements: dict[TierCode, Annotated[list[Text], Field(max_length=50)]] = _set(
        {tier: list(codes) for tier, codes in ENTITLEMENTS.items()},
        N_("What a customer of each tier gets: codes of the default list, or texts of the company's own."), "D061",
    )
    recut_shares: list[Share] = _set(
        [0.5, 0.8, 0.95], N_("Shares of the revenue that the customers above the high-value, growth and potential cuts bring when cuts are proposed anew."), "D059", "share"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.high_value_from > self.growth_from > self.potential_from:
            raise ValueError("high_value_from, growth_from and potential_from must stand in falling order")
        for name in ("recency_cuts_days", "frequency_cuts", "monetary_cuts"):
            cuts = getattr(self, name)
            if len(cuts) != 4 or sorted(set(cuts)) != cuts:
                raise ValueError(f"{name} must be four rising numbers, found {cuts}")
        shares = self.recut_shares
        if len(shares) != 3 or sorted(set(shares)) != shares or not 0 < shares[0] < shares[-1] < 1:
            raise ValueError(f"recut_shares must be three rising shares between 0 and 1, found {shares}")
        return self


class Rhythm(Section):
    """When to be in touch (D076, D077)."""

    days: Plan = _set([3, 30, 90], N_("Days after an order: experience, habit, repurchase."), "D077", "days")
    by_category: dict[Text, Plan] = _set({}, N_("The same for a product category with another buying cycle."), "D077", "days")
    due_within_days: int = _set(7, N_("A customer is due when such a day falls within this many days after the as-of date."), "D077", "days", ge=1, le=366)
    holidays: Annotated[list[Annotated[str, AfterValidator(OneOf(COUNTRIES))]], Field(max_length=20)] = _set([], N_("Countries on whose holidays customers are greeted, by two letters; none set is the country of the currency, where it has one."), "D078", "countries")
    lead_days: int = _set(15, N_("Days before the next order to be expected on which a customer hears of something useful, and on which the last contact after an order is due in categories that are bought in a cycle."), "D101", "days", ge=0, le=365)
    event_days: int = _set(30, N_("Days after an event of a customer (funding, expansion) within which it is taken up with them."), "D078", "days", ge=1, le=366)
    event_within_days: int = _set(7, N_("Days after such an event by which it is answered."), "D078", "days", ge=0, le=366)
    least_worth: float = _set(1.0, N_("Money that a contact which nobody asked for must be expected to add; who stands below is left in peace."), "D075", "money", ge=0, le=MOST_MONEY)
    business_review_months: int = _set(3, N_("Months between business reviews with a high-value customer."), "D076", "months", ge=1, le=120)


class Risk(Section):
    """The risk rule (D102), whose two readings the deck leaves open."""

    silent_months: int = _set(3, N_("Full months without login that make a customer silent."), "D102", "months", ge=1, le=120)
    frequency_drop: float = _set(0.5, N_("Drop of the purchase frequency that counts, as a share."), "D102", "share", ge=LEAST, le=1)
    combine: Literal["all", "any"] = _set("all", N_("Whether all signals that can be seen must hold, or any one of them."), "D102")
    window_months: int = _set(3, N_("Months of the window whose frequency is compared."), "D102", "months", ge=1, le=120)
    baseline_months: int = _set(6, N_("Months before the window that are the customer's own baseline."), "D102", "months", ge=1, le=120)
    baseline_orders: int = _set(2, N_("Orders in the baseline from which a drop can be told; with fewer it cannot be said."), "D102", "orders", ge=1, le=1000)
    come_back_from: float = _set(0.1, N_("Share of the customers known for long who bought on a second day; below it silence and fewer purchases say nothing."), "D102", "share", ge=0, le=1)
    left_attribute: str = _set("", N_("Attribute of the snapshots (states) that says who left; found by its name and its two values where empty."), "house", max_length=200)
    signs: list[Literal["order", "use", "contact", "answer", "contract"]] = _set(
        ["order", "use", "contact", "answer", "contract"], N_("What counts as a sign of life, of what the company records: orders, use, contacts of theirs, answers, a contract in force."), "D102", "kinds"
    )
    horizon_days: int = _set(90, N_("Days ahead within which the warning looks for a customer's last sign of life."), "D102", "days", ge=7, le=365)
    alive_from: float = _set(0.05, N_("Share of a customer's own gaps that last at least as long as a silence, from which they count as alive; below it the silence is beyond their own rhythm."), "D102", "share", ge=LEAST, lt=0.5)
    gone_times: float = _set(3.0, N_("Times as long as the own rhythm allows from which a silence counts as gone: not worth winning back, unless cheaply."), "house", "ratio", ge=1.01, le=100)
    complaints_from: int = _set(2, N_("Complaints within the window from which they are a reason of their own."), "D104", "count", ge=1, le=1000)


class Contracts(Section):
    """Contracts: when a renewal is due, when a trial is over, and which end belongs to which goodbye."""

    renewal_days: int = _set(60, N_("Days ahead that renewals are listed, and that one is a reason to get in touch."), "house", "days", ge=1, le=3650)
    trial_days: int = _set(60, N_("Days after a trial began within which a paid contract counts as won by it."), "house", "days", ge=1, le=3650)
    same_ending_days: int = _set(31, N_("Days between the end of a contract and a customer's goodbye up to which the two are one ending."), "house", "days", ge=0, le=3650)


class Service(Section):
    """Service promises (D119)."""

    first_response_hours: dict[SeverityCode, Hours] = _set(
        {"critical": 1.0, "high": 4.0, "medium": 8.0, "low": 24.0}, N_("Hours to the first answer by severity."), "D119", "hours"
    )
    resolution_hours: dict[SeverityCode, Hours] = _set(
        {"critical": 24.0, "high": 48.0, "medium": 72.0, "low": 120.0}, N_("Hours to the solution by severity."), "D119", "hours"
    )
    crisis_first_response_hours: float = _set(1.0, N_("Hours within which the first answer to a case of a crisis is due, round the clock."), "D119", "hours", ge=0, le=8760)
    crisis_resolution_hours: float = _set(24.0, N_("Hours within which a case of a crisis is to be solved, round the clock."), "D119", "hours", ge=0, le=8760)
    working_hours: Annotated[list[Opening], Field(max_length=12), AfterValidator(in_order)] = _set(
        [], N_("Hours of a working day in which the clocks of promises run, such as 09:00-12:00 and 13:00-18:00; none set, they run day and night."), "D119", "hours of the day"
    )
    working_days: Annotated[list[Weekday], Field(min_length=1), AfterValidator(once)] = _set(
        ["mon", "tue", "wed", "thu", "fri"], N_("Days of the week on which service works, where working hours are set."), "D119", "days"
    )
    holidays: Place = _set(
        "", N_("Country whose public holidays are kept, with the workdays that are moved for them as far as they are announced: CN, or DE-BY for a part of a country; none where empty."), "D119", "country"
    )
    days_off: Annotated[list[Day], Field(max_length=1000)] = _set([], N_("The company's own days without service."), "D119", "days")
    days_worked: Annotated[list[Day], Field(max_length=1000)] = _set([], N_("Days worked although they are none of the working days, or holidays."), "D119", "days")
    round_the_clock: Annotated[list[SeverityCode], AfterValidator(once)] = _set(["critical"], N_("Severities whose promises run day and night although working hours are set."), "D119", "severities")
    handling_hours: dict[SeverityOrOther, Hours] = _set(
        {"critical": 6.0, "high": 3.0, "medium": 1.5, "low": 0.5, "other": 1.0}, N_("Hours of work that a case takes, by severity; measure them once and write them here."), "house", "hours"
    )
    contact_minutes: dict[ChannelOrOther, Minutes] = _set(
        {"phone": 12.0, "face_to_face": 90.0, "sales_rep": 45.0, "wechat": 5.0, "wecom": 5.0, "email": 8.0, "sms": 0.0, "app": 0.0, "other": 5.0},
        N_("Minutes of work that a contact takes, by channel; contacts for sales are not counted."), "house", "minutes",
    )


class Contact(Section):
    """How much contact is too much, and what the team can do."""

    cap_per_30_days: int = _set(4, N_("Contacts from us to a customer within 30 days above which we bother them."), "D075", "contacts", ge=1, le=1000)
    min_days_between: int = _set(7, N_("Days of rest between two contacts from us."), "D075", "days", ge=0, le=3650)
    capacity: int = _set(200, N_("Actions the team can carry out in a month."), "D066", "actions", ge=0, le=10_000_000)
    owner_hours: Hours = _set(16.0, N_("Hours a month that each owner has for the list."), "D066", "hours")
    team_hours: Hours = _set(80.0, N_("Hours a month for the list of those who look after customers of no owner."), "D066", "hours")
    minutes: dict[ReasonCode, Minutes] = _set(
        {"case_overdue": 30.0, "complaints": 30.0, "silent_and_dropped": 20.0, "dropped": 20.0, "silent": 20.0, "slipping": 20.0, "overdue": 15.0, "renewal_due": 30.0, "review_due": 90.0},
        N_("Minutes of work that an action takes, by its reason, preparing included; 20 where none is set. Where a message will do, those of its channel count (service.contact_minutes)."), "house", "minutes",
    )
    cost: dict[ChannelOrOther, Annotated[float, Field(ge=0, le=MOST_MONEY)]] = _set(
        {}, N_("Cost of a contact by channel, working time apart; where none is set what contacts over it have cost, and nothing where that is not on record."), "D087", "money"
    )
    care_after_days: int = _set(14, N_("Days after a customer who was to be won back is back, on which they are asked whether it held."), "D110", "days", ge=1, le=365)
    offer_share: Share = _set(0.3, N_("Most that an offer may cost, as a share of the margin that acting is expected to keep or bring where it works."), "D108", "share")
    hold_out_share: float = _set(0.1, N_("Share of the proposed actions drawn into the untouched comparison group."), "D129", "share", ge=0, lt=1)
    lasting_share: float = _set(0.05, N_("Share of the customers whom the list leaves alone for a year, by lot, so that the whole of its worth can be told."), "D129", "share", ge=0, lt=1)
    explore_share: float = _set(0.1, N_("Share of the hours for customers drawn by lot among those that the list would not reach, so that it learns what acting is worth there."), "D129", "share", ge=0, lt=1)
    channels: Annotated[list[ChannelCode], AfterValidator(once)] = _set(
        [], N_("Channels that actions may use, the preferred first; none set are the company's own, the most answered first. For light actions phone comes last."), "D095", "channels"
    )
    act_within_days: dict[ReasonCode, Days] = _set(
        {"case_overdue": 1, "complaints": 2, "delivery_overdue": 2, "silent_and_dropped": 7, "dropped": 7, "silent": 7, "renewal_due": 14, "review_due": 14},
        N_("Days within which an action is to be done, by its reason; 7 where none is set."), "D118", "days",
    )
    respond_within_days: int = _set(14, N_("Days within which an answer counts as a response to a contact."), "D010", "days", ge=1, le=3650)
    hours_a_month: float = _set(80.0, N_("Hours a month for contacts that nobody asked for."), "D066", "hours", ge=0, le=100_000)
    budget_a_month: float = _set(2000.0, N_("Money a month for contacts."), "D066", "money", ge=0, le=MOST_MONEY)
    floor_share: float = _set(0.05, N_("Share of the customers of each tier who can be contacted that is contacted whatever it is worth."), "D061", "share", ge=0, le=1)
    assumed_effect: float = _set(0.02, N_("What a contact adds to the chance of an order, where no lot has told it."), "D093", "share", ge=0, le=1)
    goals: Texts = _set([], N_("The goals of the company's own interaction sheets; each wants a number and a date."), "D091")
    answer_within_hours: float = _set(24.0, N_("Hours within which a customer who contacts us is answered."), "D088", "hours", gt=0, le=8760)
    one_voice_days: int = _set(3, N_("Days within which two contacts of one purpose by different senders count as doubled."), "D089", "days", ge=0, le=90)
    carry: list[Literal["name", "phone"]] = _set(
        [], N_("Personal columns that the private lists for people carry; none set, they carry the company's own number of the customer alone."), "house", "columns"
    )
    systems: dict[Literal["zoho_crm", "fxiaoke"], Text] = _set(
        {}, N_("Which of the company's source systems is Zoho CRM, which Fxiaoke, by the name in customers.source_system: their task files hold its own numbers alone. Unset, the system whose name says so, or the only one there is."), "D114", "systems"
    )
    workdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)] = _set(
        [1, 2, 3, 4, 5], N_("Days of the week on which customers are contacted: 1 is Monday, 7 Sunday."), "house", "days of the week"
    )
    days_off: Annotated[list[Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]], Field(max_length=1000)] = _set([], N_("Holidays on which nobody is contacted."), "house", "dates")
    quiet_from: int = _set(20, N_("Hour of the day from which customers are left in peace."), "D075", "hour", ge=13, le=24)
    quiet_until: int = _set(9, N_("Hour of the day until which customers are left in peace."), "D075", "hour", ge=0, le=12)
    automatic_seconds: int = _set(10, N_("Seconds after sending within which an e-mail counts as opened or answered by a machine (a mail filter, a proxy)."), "house", "seconds", ge=0, le=3600)
    deck_weight: int = _set(100, N_("Contacts that the deck's judgement of a channel counts as, against those that the company has made itself."), "D087", "contacts", ge=1, le=1_000_000)
    outcome_window_days: int = _set(30, N_("Days after a proposal within which an order counts as its outcome."), "D129", "days", ge=1, le=3650)
    effect_that_matters: Share = _set(0.05, N_("Least change of the share that orders for which acting is worth the trouble."), "D129", "share")


class Effect(Section):
    """What acting is taken to change before the company's own comparison groups say it: assumptions."""

    share: dict[AnyReason, Annotated[float, Field(ge=-1, le=1)]] = _set(
        dict(PRIOR_EFFECT), N_("Share of what is at stake that acting keeps or brings, by its reason, before anything is learnt (an assumption); 0 where none is set."), "D112", "share"
    )
    weight: int = _set(50, N_("Customers acted on, and as many left alone, that this assumption counts as; the more, the longer it holds against what comes."), "house", "customers", ge=1, le=1_000_000)


class Wecom(Section):
    """Messages through WeCom (企业微信), of which none is sent: files for whoever sends them."""

    cap: Literal["month", "week", "day"] = _set("day", N_("How many messages to many a customer may be sent, as the company set it in WeCom: as many a month as it has days, 7 a week, or 1 a day (work.weixin.qq.com, document 92135, November 2025)."), "house")
    tags: dict[Text, Text] = _set({}, N_("WeCom's own id of the tag that stands for a tier or a reason, by its code; what has none is listed by its name, and no request is written for it."), "house", "tags")


class Trials(Section):
    """How the arms of a campaign are compared."""

    control: Texts = _set(
        ["control", "control group", "hold out", "none", "no contact", "no e-mail", "not contacted", "untreated", "baseline", "对照", "对照组", "空白组", "不触达", "未触达"],
        N_("Names of the arm that the others are compared with, however they are written; where a campaign has none of them, or several, each arm is compared with all the rest."),
        "D129", "arms",
    )
    not_contacted: Texts = _set(
        ["hold out", "none", "no contact", "no e-mail", "not contacted", "untreated", "空白组", "不触达", "未触达"],
        N_("Names of arms that were left alone: a row of theirs says who stood in the arm, and is no contact."), "D129", "arms",
    )
    drawn_by_lot: Texts = _set(
        [], N_("Campaigns whose arms were drawn by lot, 'all' for every one; of any other a difference is called an association."), "D129", "campaigns"
    )
    shares: dict[Text, Share] = _set(
        {}, N_("Share of the customers that each arm was to get, by its name; set, the sizes of the arms are held against it."), "D129", "share"
    )


class Groups(Section):
    """Groups that nobody drew, such as shops or regions, and how they are compared."""

    by: Text = _set("region", N_("What customers are compared by: region, city, type, industry, acquisition_channel, channel (of their first order), or an attribute of the snapshots."), "D128", "")
    months: int = _set(3, N_("Months of the latest span, and of each before it that a group's lead is held against."), "house", "months", ge=1, le=12)


class Cost(Section):
    """What losing a customer costs: assumptions, shown beside each result."""

    margin_rate: float = _set(0.3, N_("Contribution margin as a share of revenue where orders carry none."), "D006", "share", ge=LEAST, le=1)
    inactive_days: int = _set(180, N_("Days without an order after which a customer no longer counts as active."), "D006", "days", ge=1, le=3650)
    keeping_cost: float | None = _set(None, N_("Cost of keeping one customer for a year, from the company's own accounts; without it nothing is said of what replacing one costs."), "D027", "money", ge=0, le=MOST_MONEY)
    acquisition_ratio_low: float = _set(5.0, N_("Acquiring costs at least this many times keeping (a claim)."), "D027", "ratio", ge=0, le=1000)
    acquisition_ratio_high: float = _set(10.0, N_("Acquiring costs at most this many times keeping (a claim)."), "D027", "ratio", ge=0, le=1000)
    tells_dissatisfied: float = _set(22.0, N_("People a dissatisfied customer tells (a claim)."), "D028", "people", ge=0, le=1000)
    tells_satisfied: float = _set(8.0, N_("People a satisfied customer tells (a claim)."), "D028", "people", ge=0, le=1000)
    tells_delighted: float = _set(10.0, N_("People a highly satisfied customer tells, at least (a claim)."), "D028", "people", ge=0, le=1000)
    lost_dissatisfied_share: float = _set(0.5, N_("Share of lost customers who leave dissatisfied; the others leave content."), "D029", "share", ge=0, le=1)
    deterred_share: float = _set(0.01, N_("Share of those told who change their mind because of it, for or against."), "D028", "share", ge=0, le=1)
    discount_rate: float = _set(0.1, N_("Yearly rate at which later margin counts for less."), "D008", "share", ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.acquisition_ratio_low > self.acquisition_ratio_high:
            raise ValueError("acquisition_ratio_low must not exceed acquisition_ratio_high")
        return self


class Forecast(Section):
    """When a forecast of the next twelve months is promised (D059, D066)."""

    expected_over_actual: float = _set(1.25, N_("Factor by which a forecast may have missed what came, either way, when it was tried on months held out; beyond it nothing is promised."), "D059", "ratio", ge=1.01, le=100)
    least_months: int = _set(6, N_("Months that must be held out, and be on record before them, for a forecast to count as tried."), "D059", "months", ge=3, le=12)
    origins: int = _set(5, N_("Days back from which a forecast is tried, at most; it takes three."), "D059", "count", ge=3, le=12)
    yearly_drift: float = _set(0.12, N_("Spread, as a share, that a year may bring beyond what the months held out have shown (an assumption, counted as two independent trials)."), "house", "share", ge=LEAST, lt=1)
    sample: int = _set(10_000, N_("Customers above which models are compared on every n-th of them."), "house", "count", ge=1000, le=10_000_000)

    @property
    def months(self) -> int:
        """Months ahead that are forecast."""
        return 12


class Lifecycle(Section):
    """When a customer is new, growing, steady, falling or gone (D067)."""

    trend_months: int = _set(6, N_("Months whose purchases are compared with those before, for a customer's trend."), "D067", "months", ge=1, le=120)
    trend_change: float = _set(0.25, N_("Change of the purchases a day from which a trend counts, as a share, where it is beyond chance."), "D067", "share", ge=LEAST, le=100)
    overdue_cycles: float = _set(2.0, N_("Times a customer's own interval between purchases from which silence is decline, where it is beyond chance."), "D067", "ratio", ge=LEAST, le=1000)
    settled_days: int | None = _set(
        None, N_("Days after the first order on record from which a first order counts as a customer's first; 0 where the records begin with the company. Unset, they are estimated from the data."), "D067", "days", ge=0, le=36_500
    )
    lost_cycles: float = _set(3.0, N_("The same from which a customer is lost, once cost.inactive_days are over too."), "D067", "ratio", ge=LEAST, le=1000)


class Loyalty(Section):
    """Cuts of the signs of loyalty, and what is assumed when the reason to stay ends (D070 to D074)."""

    evidence_months: int = _set(24, N_("Months of orders, use, contacts and answers that signs of loyalty are read from."), "D072", "months", ge=1, le=120)
    discounted_from: float = _set(0.5, N_("Share of discounted orders from which someone buys at a discount."), "D072", "share", ge=LEAST, lt=1)
    coupon_from: float = _set(0.1, N_("Discount from which it counts as a coupon, not as a small reduction."), "D072", "share", ge=LEAST, lt=1)
    coupon_share_from: float = _set(0.7, N_("Share of coupons among the discounted orders from which someone lives by coupons."), "D072", "share", ge=LEAST, lt=1)
    price_rise_on: date | None = _set(None, N_("Day of the last general price rise, if there was one."), "D072", "date", ge=FIRST_DAY, le=LAST_DAY)
    bought_only_here: Texts = _set([], N_("Product categories that customers can buy from nobody else."), "D072", "categories")
    only_here_from: float = _set(0.2, N_("Share of orders in such categories from which a customer is tied."), "D072", "share", ge=LEAST, lt=1)
    visits_of_usual: float = _set(0.5, N_("Logins without an order from which someone visits often, as a multiple of the company's own median customer."), "D072", "ratio", ge=LEAST, le=1000)
    clicks_of_usual: float = _set(1.0, N_("Clicks a login from which someone looks around instead of coming for one thing, as a multiple of the company's own median customer."), "D072", "ratio", ge=LEAST, le=1000)
    notices_of_usual: float = _set(1.0, N_("Share of our contacts opened or answered from which someone takes notice, as a multiple of the company's own median customer."), "D072", "ratio", ge=LEAST, le=1000)
    sure_from: float = _set(0.6, N_("Probability from which a type is given; below it the customer's type is unknown."), "D072", "share", ge=LEAST, le=1)
    repeat_orders: int = _set(3, N_("Days with an order in the window from which behaviour is loyal."), "D070", "count", ge=1, le=1000)
    attitude_from: float = _set(0.65, N_("Mean answer on loyalty and recommendation, from 0 to 1, from which attitude is loyal."), "D071", "share", ge=LEAST, lt=1)
    rival_leaving_share: float = _set(0.3, N_("Share of the tied who leave once a rival appears (an assumption)."), "D072", "share", ge=0, le=1)
    coupon_elasticity: float = _set(-2.0, N_("Change of purchases in percent per percent of price among those who buy with coupons (an assumption)."), "D072", "ratio", ge=-100, le=0)


class Targets(Section):
    """What figures are to reach; a figure without a target is held against none (D091, D128)."""

    reach: dict[TargetCode, Annotated[float, Field(ge=-MOST_MONEY, le=MOST_MONEY)]] = _set(
        {}, N_("Value that a figure is to reach, by its name (a share as 0.9); which way is better the figure itself says."), "D128", "in the figure's own"
    )


class Quality(Section):
    """When data are good enough."""

    max_reject_share: float = _set(0.05, N_("Share of rejected rows above which the review stops."), "D036", "share", ge=0, le=1)
    on_time_hours: float = _set(48.0, N_("Hours between an event and its record within which it is timely."), "D036", "hours", ge=LEAST, le=87_600)
    keep_months: int = _set(60, N_("Months after which personal data of a customer without any event should go."), "D036", "months", ge=1, le=1200)
    tolerated_share: float = _set(0.05, N_("Share at fault up to which a defect is no shortcoming."), "D037", "share", ge=0, lt=1)
    active_from: float = _set(0.2, N_("Share of the known customers heard in a survey from which collecting counts as active."), "D041", "share", ge=0, le=1)
    used_from: float = _set(0.1, N_("Share of the customers who gave a personal field for whom it must be used, else ask why it is collected."), "D037", "share", ge=0, le=1)


class Identity(Section):
    """When two records of the source systems count as one customer (D055)."""

    same_from: float = _set(0.95, N_("Probability from which two records count as one customer where their weights are set beforehand."), "D055", "share", gt=0.5, le=1)
    precision_from: float = _set(0.99, N_("Share of the pairs of records counted as one customer that must be right, by which the threshold is set where weights are learnt."), "D055", "share", ge=0.99, le=1)
    doubtful_from: float = _set(0.5, N_("Probability from which two records are listed as doubtful, for a person to look at."), "D055", "share", ge=0, le=1)


class Privacy(Section):
    """From how many customers on something may be told of them."""

    k: int = _set(5, N_("Different customers from which a value, a group or a figure is published; 1 publishes all."), "house", "customers", ge=1, le=1000)


class Statistics(Section):
    """When to say that it is not enough to tell."""

    confidence: float = _set(0.95, N_("Confidence level of every interval."), "house", "share", gt=0.5, le=0.999)
    false_discovery_rate: float = _set(0.1, N_("Share of those told among many (customers who buy less or are overdue, products that go together) that at most may be so by chance."), "house", "share", ge=LEAST, lt=0.5)
    min_n: int = _set(30, N_("Observations below which a figure is not enough to tell."), "house", "count", ge=2, le=1_000_000)
    max_half_width: float = _set(0.15, N_("Half width of a share's interval above which it is not enough to tell."), "house", "share", ge=LEAST, le=1)
    seed: int = _set(20261031, N_("Seed of every draw."), "house", ge=0, le=2**32 - 1)


class Policy(Section):
    """All settings; `Policy()` is the default."""

    tiers: Annotated[Tiers, Field(default_factory=Tiers)]
    rhythm: Annotated[Rhythm, Field(default_factory=Rhythm)]
    risk: Annotated[Risk, Field(default_factory=Risk)]
    contracts: Annotated[Contracts, Field(default_factory=Contracts)]
    service: Annotated[Service, Field(default_factory=Service)]
    contact: Annotated[Contact, Field(default_factory=Contact)]
    effect: Annotated[Effect, Field(default_factory=Effect)]
    wecom: Annotated[Wecom, Field(default_factory=Wecom)]
    trials: Annotated[Trials, Field(default_factory=Trials)]
    groups: Annotated[Groups, Field(default_factory=Groups)]
    cost: Annotated[Cost, Field(default_factory=Cost)]
    forecast: Annotated[Forecast, Field(default_factory=Forecast)]
    lifecycle: Annotated[Lifecycle, Field(default_factory=Lifecycle)]
    loyalty: Annotated[Loyalty, Field(default_factory=Loyalty)]
    targets: Annotated[Targets, Field(default_factory=Targets)]
    quality: Annotated[Quality, Field(default_factory=Quality)]
    identity: Annotated[Identity, Field(default_factory=Identity)]
    privacy: Annotated[Privacy, Field(default_factory=Privacy)]
    statistics: Annotated[Statistics, Field(default_factory=Statistics)]


def sections() -> dict[str, type[Section]]:
    """Section name to its model, in the order of `policy.toml`."""
    return {name: field.annotation for name, field in Policy.model_fields.items()}  # type: ignore[misc]


def load(path: str | Path | None) -> Policy:
    """The policy in a TOML file; the defaults for None or "". Raises `PolicyError`."""
    if not path:
        return Policy.model_validate({})
    path = Path(path)
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        raise PolicyError(f"{path}: no such policy file; leave the setting out to use the defaults") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise PolicyError(f"{path}: not valid TOML: {reason}") from None
    except ValidationError as error:
        raise PolicyError(problem(error, Policy, str(path))) from None
