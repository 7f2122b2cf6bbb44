"""The deck's claims, tested on the company's own data: supported, contradicted, not enough to tell, or not testable.

A claim is never taken over: its figure and the company's stand side by side. Ratios carry an interval on the log scale by
the delta method over customers, shares Wilson's, differences of shares Newcombe's, a median that of its order statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import combinations_with_replacement
from math import nan

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Company
from crmlib.models.estimates import difference, median, ratio_of_sums, risk_ratio, wilson
from crmlib.vocabulary.claims import CLAIMS, CRISES, GREETING, SCRIPTS, TRIAL, Claim, claimed, judge
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.months import first_day

COLUMNS = ["deck", "claim", "claimed", "value", "low", "high", "n", "unit", "verdict", "why"]
Estimate = tuple[float, float, float, int]
"""Value, low, high and n."""
NONE: Estimate = (nan, nan, nan, 0)
HEARD = timedelta(days=30)
"""An answer belongs to a case solved within so long before it."""
EVEN, INTERVALS = 0.35, 4
"""Coefficient of variation below which, and number of intervals from which, a customer has a rhythm."""
SETTLED = (90, 180)
"""Days after a crisis between which somebody who stayed has been seen."""
BEFORE = timedelta(days=120)
"""How long before the invitation to a trial is compared with after."""


def verdicts(c: Company, *, chapter: str = "") -> pd.DataFrame:
    """One row per claim of the ledger, in its order, or of one chapter only.

    `deck`, `claim` (what the deck says), `claimed` (its figure), `value`, `low`, `high`, `n`, `unit` (the company's own),
    `verdict` and `why`, texts in the language in force; the rule is that of `crmlib.vocabulary.claims.judge`. n is what the
    figure rests on, 0 where there is none.
    """
    return pd.DataFrame([_row(c, claim) for claim in CLAIMS if chapter in ("", claim.chapter)], columns=COLUMNS)


def _row(c: Company, claim: Claim) -> tuple[object, ...]:
    absent = [name for name in claim.tables if name in c.missing]
    estimate = TESTS[claim.name](c) if claim.figure_unit and not absent else NONE
    verdict, why = judge(claim, estimate, c.policy)
    if absent:
        why = say("It needs the table {table}.").format(table=label(absent[0], "table"))
    return (claim.deck, say(claim.says), claimed(claim), *estimate, claim.figure_unit, verdict, why)


def _ratio(c: Company, rows: Table, over: tuple[str, ...], under: tuple[str, ...], factor: float = 1.0) -> Estimate:
    """Product of the sums of columns `over` by that of `under`, times `factor`; columns are whole numbers, rows independent."""
    names = (*over, *under)
    sums = {name: _[name].sum() for name in names}
    crossed = {f"{a}.{b}": (_[a] * _[b]).sum() for a, b in combinations_with_replacement(names, 2)}
    found = rows.select(**{name: rows[name].cast("int64") for name in names}).aggregate(n=_.count(), **sums, **crossed)
    moments = {name: float(value or 0) for name, value in found.to_pyarrow().to_pylist()[0].items()}
    value, low, high = ratio_of_sums(moments, over, under, confidence=c.policy.statistics.confidence)
    return value * factor, low * factor, high * factor, int(moments["n"])


def _share(c: Company, rows: Table) -> Estimate:
    """Share of rows whose `hit` holds."""
    counted = rows.aggregate(hits=_.count(where=_.hit), n=_.count()).to_pandas().iloc[0]
    hits, n = int(counted["hits"]), int(counted["n"])
    return *wilson(hits, n, confidence=c.policy.statistics.confidence), n


def _contrast(c: Company, rows: Table) -> Estimate:
    """Share whose `hit` holds among rows with `treated`, less that among the others."""
    counted = rows.filter(_.treated.notnull()).aggregate(
        a=_.count(where=_.treated & _.hit), m=_.count(where=_.treated),
        b=_.count(where=~_.treated & _.hit), n=_.count(where=~_.treated),
    ).to_pandas().iloc[0]  # fmt: skip
    a, m, b, n = (int(counted[c]) for c in "ambn")
    return *difference(a, m, b, n, confidence=c.policy.statistics.confidence), m + n


def _buyers(c: Company) -> Table:
    """One row per customer with an order: first and last day, number of orders."""
    orders = c.tables.orders.mutate(on=_.ordered_at.date())
    return orders.group_by("customer_id").aggregate(first=_.on.min(), last=_.on.max(), orders=_.count())


def _seen(c: Company) -> Table:
    """Days on which a customer gave a sign, by an order or by use: `who`, `on`."""
    use = c.tables.activity.select(who=_.customer_id, on=_.day)
    return c.tables.orders.select(who=_.customer_id, on=_.ordered_at.date()).union(use)


def _lost(c: Company) -> Estimate:
    idle, then = timedelta(days=c.policy.cost.inactive_days), c.as_of - timedelta(days=365)
    orders = c.tables.orders.mutate(on=_.ordered_at.date()).group_by("customer_id")
    known = orders.aggregate(last=_.on.max(), before=_.on.max(where=_.on <= then))
    return _share(c, known.filter(_.before > then - idle).select(hit=_.last <= c.as_of - idle))


def _outcomes(c: Company) -> Table:
    """One row per earlier action whose days are over and whose month and reason have both arms: `treated`, `hit`."""
    days = c.policy.contact.outcome_window_days
    proposed = c.tables.actions.filter(
        _.arm.isin(["act", "hold_out"]) & (_.proposed_on <= c.as_of - timedelta(days=days))
    )
    bought = c.tables.orders.select(buyer=_.customer_id, on=_.ordered_at.date())
    joined = proposed.left_join(bought, proposed.customer_id == bought.buyer)
    after = joined.on.delta(joined.proposed_on, unit="day")
    each = joined.group_by("action_id", "proposed_on", "why", "arm").aggregate(
        orders=((after >= 1) & (after <= days)).sum()
    )
    month = each.proposed_on.year() * 12 + each.proposed_on.month()
    group = ibis.window(group_by=[month, each.why])
    both = each.mutate(arms=(each.arm == "act").max().over(group) & (each.arm == "hold_out").max().over(group))
    return both.filter(_.arms).select(treated=_.arm == "act", hit=_.orders.fill_null(0) > 0)


def _greetings(c: Company) -> Estimate:
    place = ibis.row_number().over(ibis.window(group_by="customer_id", order_by=[_["at"].desc(), _["item"]]))
    asked = c.tables.surveys.filter((_.instrument == "nps") & _.score.notnull())
    latest = asked.mutate(place=place).filter(_.place == 0).select("customer_id", "at", "score")
    sent = c.tables.interactions.filter(_.campaign.startswith(GREETING) & (_.direction.fill_null("out") == "out"))
    greeted = sent.group_by("customer_id").aggregate(first=_["at"].min())
    known = latest.semi_join(c.tables.customers.filter(_.birthday_status == "valid"), "customer_id")
    rows = known.left_join(greeted, "customer_id").mutate(t=(_.first <= _["at"]).fill_null(False).cast("int64"))
    points = (_.score * 100).round().cast("int64")
    rows = rows.select("t", c=1 - _.t, y=points * _.t, x=points * (1 - _.t))
    return _ratio(c, rows, ("y", "c"), ("t", "x"))


def _found_first(c: Company) -> Estimate:
    cases = c.tables.tickets.filter(_.resolved_at.notnull()).select(
        "ticket_id", "customer_id", "resolved_at", "found_by"
    )
    asked = c.tables.surveys.filter((_.instrument == "csat") & _.score.notnull()).select(
        "customer_id", "at", "item", "score"
    )
    pairs = asked.join(cases, "customer_id").filter(_.resolved_at <= _["at"])
    pairs = pairs.filter(_["at"].date().delta(_.resolved_at.date(), unit="day") <= HEARD.days)
    order = [_.resolved_at.desc(), _.ticket_id]
    place = ibis.row_number().over(ibis.window(group_by=["customer_id", "at", "item"], order_by=order))
    after = pairs.mutate(place=place).filter((_.place == 0) & (_.found_by == "proactive"))
    return _share(c, after.select(hit=_.score >= 4))


def _referred(c: Company) -> Estimate:
    came = c.tables.customers.filter(_.acquisition_channel.notnull()).select(
        "customer_id", brought=_.acquisition_channel == "referral"
    )
    gone = c.as_of - timedelta(days=c.policy.cost.inactive_days)
    last = _seen(c).group_by("who").aggregate(seen=_.on.max())
    old = _buyers(c).filter(_.first <= gone).join(came, "customer_id")
    old = old.join(last, old.customer_id == last.who).mutate(lost=_.seen <= gone)
    strata = old.group_by(month=_.first.year() * 12 + _.first.month()).aggregate(
        a=_.count(where=_.brought & _.lost), m=_.count(where=_.brought),
        b=_.count(where=~_.brought & _.lost), n=_.count(where=~_.brought),
    )  # fmt: skip
    cells = strata.order_by("month").to_pandas().astype(float)[["a", "m", "b", "n"]].to_numpy()
    return *risk_ratio(cells, confidence=c.policy.statistics.confidence), int(cells[:, [1, 3]].sum())


def _winning_cost(c: Company) -> Estimate:
    idle, end = c.policy.cost.inactive_days, c.as_of
    buyers = _buyers(c)
    seen = c.tables.customers.select("customer_id", known=_.acquired_on).union(
        buyers.select("customer_id", known=_.first)
    )
    people = seen.group_by("customer_id").aggregate(known=_.known.min()).left_join(buyers, "customer_id")
    since, most = _.last.delta(_.first, unit="day") + idle, 1 - _.first.delta(end, unit="day")
    people = people.select(
        "customer_id", "known", won=_.first.notnull().cast("int64"), days=ibis.least(since, most).fill_null(0)
    )
    cents = (_.cost.fill_null(0) * 100).round().cast("int64")
    paid = people.left_join(c.tables.interactions.select("customer_id", "at", "cost"), "customer_id").mutate(
        cents=cents
    )
    rows = paid.group_by("customer_id", "won", "days").aggregate(
        winning=_.cents.sum(where=_["at"].date() <= _.known).fill_null(0),
        keeping=_.cents.sum(where=_["at"].date() > _.known).fill_null(0),
    )
    return _ratio(c, rows, ("winning", "days"), ("won", "keeping"), factor=1 / 365)


def _price(c: Company) -> Estimate:
    said = c.tables.tickets.filter((_.category == "cancellation") & _.cause.notnull())
    return _share(c, said.select(hit=_.cause == "price"))


def _private_domain(c: Company) -> Estimate:
    agreed = c.tables.consents.group_by("customer_id").aggregate(
        t=_.channel.isin(["wechat", "wecom"]).cast("int64").max()
    )
    rows = agreed.join(_buyers(c), "customer_id").mutate(again=(_.orders > 1).cast("int64"))
    rows = rows.select("t", c=1 - _.t, y=_.again * _.t, x=_.again * (1 - _.t))
    return _ratio(c, rows, ("y", "c"), ("t", "x"))


def _observed(c: Company) -> Table:
    """Contacts from us whose days to respond are over, with `hit`: whether they were answered in time."""
    days = c.policy.contact.respond_within_days
    out = c.tables.interactions.filter(
        (_.direction.fill_null("out") == "out") & (_["at"].date() <= c.as_of - timedelta(days=days))
    )
    wait = _.responded_at.date().delta(_["at"].date(), unit="day")
    return out.mutate(hit=(wait <= days).fill_null(False))


def _scripts(c: Company) -> Estimate:
    roles = c.tables.customers.select("customer_id", made_for=_.role.cases(*SCRIPTS.items(), else_=None))
    sent = _observed(c).filter(_.script.isin(list(SCRIPTS.values()))).join(roles, "customer_id")
    return _contrast(c, sent.filter(_.made_for.notnull()).select("hit", treated=_.script == _.made_for))


def _referrals(c: Company) -> Estimate:
    start = first_day(c.as_of, 12)
    came = c.tables.customers.filter(_.acquired_on.notnull() & _.acquisition_channel.notnull())
    rows = came.mutate(t=(_.acquired_on >= start).cast("int64"), r=(_.acquisition_channel == "referral").cast("int64"))
    return _ratio(c, rows.select("t", c=1 - _.t, y=_.r * _.t, x=_.r * (1 - _.t)), ("y", "c"), ("t", "x"))


def _cycle(c: Company) -> Estimate:
    days = c.tables.orders.select("customer_id", on=_.ordered_at.date()).distinct()
    gap = _.on.delta(_.on.lag().over(ibis.window(group_by="customer_id", order_by="on")), unit="day")
    each = (
        days.mutate(gap=gap).group_by("customer_id").aggregate(k=_.gap.count(), s=_.gap.sum(), ss=(_.gap * _.gap).sum())
    )
    variation = (_.ss - _.s * _.s / _.k) / (_.k - 1) / (_.s / _.k) ** 2
    even = each.filter(_.k >= INTERVALS).filter(variation < EVEN**2).select(mean=_.s / _.k, customer_id=_.customer_id)
    means = even.to_pandas()["mean"]
    return *median(means, confidence=c.policy.statistics.confidence), len(means)


def _trial(c: Company) -> Estimate:
    sent = c.tables.interactions.filter(_.campaign.startswith(TRIAL) & (_.direction.fill_null("out") == "out"))
    invited = sent.group_by("customer_id").aggregate(
        on=_["at"].date().min(), t=_.responded_at.notnull().cast("int64").max()
    )
    used = c.tables.activity.join(invited, "customer_id").filter(
        (_.day != _.on) & (_.on.delta(_.day, unit="day") <= BEFORE.days)
    )
    sides = {
        f"{what}{t}{int(after)}": _[what].sum(where=(_.t == t) & ((_.day > _.on) == after)).fill_null(0)
        for what in ("errors", "logins") for t in (0, 1) for after in (False, True)
    }  # fmt: skip
    rows = used.group_by("customer_id").aggregate(**sides)
    over = ("errors11", "logins10", "errors00", "logins01")
    return _ratio(c, rows, over, ("logins11", "errors10", "logins00", "errors01"))


def _crisis(c: Company) -> Estimate:
    first, solve = c.policy.service.first_response_hours, c.policy.service.resolution_hours
    cases = c.tables.tickets.filter(_.category.isin(CRISES) & _.severity.isin([s for s in first if s in solve]))
    cases = cases.filter(_.opened_at.date() <= c.as_of - timedelta(days=SETTLED[1]))
    waits = {
        c: (_[c].epoch_seconds() - _.opened_at.epoch_seconds()) / 3600 for c in ("first_response_at", "resolved_at")
    }
    late = (waits["first_response_at"] > _.severity.cases(*first.items(), else_=None)).fill_null(True)
    slow = (waits["resolved_at"] > _.severity.cases(*solve.items(), else_=None)).fill_null(True)
    hit = (
        cases.mutate(late=late | slow)
        .group_by("customer_id")
        .aggregate(day=_.opened_at.date().max(), treated=_.late.any())
    )
    seen = _seen(c)
    joined = hit.left_join(seen, hit.customer_id == seen.who)
    after = joined.on.delta(joined.day, unit="day")
    stayed = ((after > SETTLED[0]) & (after <= SETTLED[1])).fill_null(False).any()
    each = joined.group_by("customer_id", "treated").aggregate(stayed=stayed)
    return _contrast(c, each.select("treated", hit=~_.stayed))


TESTS: dict[str, Callable[[Company], Estimate]] = {
    "churn_forecast": _lost,
    "early_action": lambda c: _contrast(c, _outcomes(c)),
    "greetings": _greetings,
    "warning_service": _found_first,
    "word_of_mouth": _referred,
    "winning_cost": _winning_cost,
    "not_the_price": _price,
    "private_domain": _private_domain,
    "script_for_role": _scripts,
    "meeting_attendance": lambda c: _share(c, _observed(c).filter(_.channel == "club")),
    "referral_rate": _referrals,
    "quarterly_cycle": _cycle,
    "most_won_back": lambda c: _share(c, _outcomes(c).filter(_.treated)),
    "function_mended": _trial,
    "crisis_clocks": _crisis,
    "actions_bring_orders": lambda c: _contrast(c, _outcomes(c)),
}
"""How each claim that can be tested is tested, by its name in the ledger."""
