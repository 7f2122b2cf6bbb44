"""The deck's claims, tested on the company's own data: supported, contradicted, not enough to tell, or not testable.

A claim is never taken over: its figure and the company's stand side by side. Ratios carry an interval on the log scale by
the delta method over customers, shares Wilson's, differences of shares Newcombe's (both by customer for contacts and
answers), a median that of its order statistics, what acting brought the confidence sequence of all months.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import combinations_with_replacement
from math import nan

import pandas as pd

from crmlib.facts import answers, cases, clusters, contacts, ledger, people, proposals, purchases, use, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.models.estimates import clustered, clustered_difference, difference, median, ratio_of_sums, wilson
from crmlib.vocabulary import language
from crmlib.vocabulary.claims import CLAIMS, Claim, claimed, judge
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.unlocks import CANCELLATION, CLUB, CRISES, PRICE

COLUMNS = ["deck", "claim", "claimed", "test", "value", "low", "high", "n", "unit", "verdict", "why"]
Estimate = tuple[float, float, float, int]
"""Value, low, high and n."""
NONE: Estimate = (nan, nan, nan, 0)
HEARD = timedelta(days=30)
"""An answer belongs to a case solved within so long before it."""
EVEN, INTERVALS = 0.35, 4
"""Coefficient of variation below which, and number of intervals from which, a customer has a rhythm."""
SETTLED = (90, 180)
"""Days after a crisis between which somebody who stayed has been seen."""


def verdicts(c: Company, *, chapter: str = "") -> pd.DataFrame:
    """One row per claim of the ledger, in its order, or of one chapter only.

    `deck`, `claim` (what the deck says), `claimed` (its figure), `test` (what the own figure measures, null where there is
    none), `value`, `low`, `high`, `n`, `unit` (the company's own), `verdict` and `why`, texts in the language in force; the rule
    is that of `crmlib.vocabulary.claims.judge`. n is what the figure rests on, 0 where there is none.
    """
    return pd.DataFrame([_row(c, claim) for claim in CLAIMS if chapter in ("", claim.chapter)], columns=COLUMNS)


def _row(c: Company, claim: Claim) -> tuple[object, ...]:
    absent = [name for name in claim.needs if not c.knows(name)]
    estimate = TESTS[claim.name](c) if claim.figure_unit and not absent else NONE
    verdict, why = judge(claim, estimate, c.policy)
    if absent and not claim.lacks:
        whole = dict.fromkeys(name if c.knows(name.partition(".")[0]) else name.partition(".")[0] for name in absent)
        names = language.listed([label(name, "table", "column") for name in whole])
        why = say("Not recorded here: {names}.").format(names=names)
    test = say(claim.test) if claim.test else None
    return (claim.deck, say(claim.says), claimed(claim), test, *estimate, claim.figure_unit, verdict, why)


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
    """Share of rows whose `hit` holds, by customer where rows say of whom they are."""
    if "customer_id" in rows.columns:
        sums = clusters.by_customer(rows, _.hit)
        return *clustered(sums, confidence=c.policy.statistics.confidence), int(sums.rows)
    counted = rows.aggregate(hits=_.count(where=_.hit), n=_.count()).to_pandas().iloc[0]
    hits, n = int(counted["hits"]), int(counted["n"])
    return *wilson(hits, n, confidence=c.policy.statistics.confidence), n


def _contrast(c: Company, rows: Table) -> Estimate:
    """Share whose `hit` holds among rows with `treated`, less that among the others, by customer where rows say of whom they
    are.
    """
    by = [name for name in rows.columns if name == "customer_id"]
    sums = rows.filter(_.treated.notnull()).aggregate(
        by=by,
        a=_.count(where=_.treated & _.hit), m=_.count(where=_.treated),
        b=_.count(where=~_.treated & _.hit), n=_.count(where=~_.treated),
    )  # fmt: skip
    counted = sums.order_by(by).to_pandas() if by else sums.to_pandas()
    a, m, b, n = (counted[name].astype(float) for name in "ambn")
    among, level = int(m.sum() + n.sum()), c.policy.statistics.confidence
    if by:
        return *clustered_difference((a, m), (b, n), confidence=level), among
    return *difference(a.sum(), m.sum(), b.sum(), n.sum(), confidence=level), among


def _lost(c: Company) -> Estimate:
    then = c.as_of - windows.YEAR
    days = purchases.days(c).group_by("customer_id")
    known = days.aggregate(last=_.day.max(), before=_.day.max(where=_.day <= then))
    active = known.filter(_.before > windows.active_after(c) - windows.YEAR)
    return _share(c, active.select(hit=_.last <= windows.active_after(c)))


def _acting(c: Company) -> Estimate:
    """Change of the share that ordered among those acted on, with the confidence sequence (`facts.ledger`)."""
    looks = ledger.so_far(c, "ordered")
    return *(looks[-1] if looks else (nan, nan, nan)), len(ledger.rows(c))


def _found_first(c: Company) -> Estimate:
    solved = (
        cases.cases(c).filter(_.resolved_at.notnull()).select("case_id", "customer_id", "resolved_at", "is_found_by_us")
    )
    asked = answers.answers(c).filter((_.instrument == "csat") & _.scaled.notnull())
    pairs = (
        asked.select("customer_id", "at", "item", "scaled").join(solved, "customer_id").filter(_.resolved_at <= _["at"])
    )
    pairs = pairs.filter(_["at"].date().delta(_.resolved_at.date(), unit="day") <= HEARD.days)
    order = [_.resolved_at.desc(), _.case_id]
    place = ex.row_number().over(ex.window(group_by=["customer_id", "at", "item"], order_by=order))
    after = pairs.mutate(place=place).filter((_.place == 0) & _.is_found_by_us)
    return _share(c, after.select("customer_id", hit=_.scaled >= answers.SATISFIED_FROM))


def _winning_cost(c: Company) -> Estimate:
    idle, end = c.policy.cost.inactive_days, c.as_of
    buyers = purchases.buyers(c).select("customer_id", first="first_day", last="last_day")
    seen = people.customers(c).select("customer_id", known="acquired_on")
    seen = seen.union(buyers.select("customer_id", known="first"))
    every = seen.group_by("customer_id").aggregate(known=_.known.min()).left_join(buyers, "customer_id")
    since, most = _.last.delta(_.first, unit="day") + idle, 1 - _.first.delta(end, unit="day")
    every = every.select(
        "customer_id", "known", won=_.first.notnull().cast("int64"), days=ex.least(since, most).fill_null(0)
    )
    paid = every.left_join(contacts.contacts(c).select("customer_id", "day", "cost"), "customer_id")
    rows = paid.mutate(cents=(_.cost * 100).round().cast("int64")).group_by("customer_id", "won", "days")
    sums = rows.aggregate(
        winning=_.cents.sum(where=_.day <= _.known).fill_null(0),
        keeping=_.cents.sum(where=_.day > _.known).fill_null(0),
    )
    return _ratio(c, sums, ("winning", "days"), ("won", "keeping"), factor=1 / 365)


def _price(c: Company) -> Estimate:
    stated = cases.cases(c).filter((_.category == CANCELLATION) & _.cause.notnull())
    return _share(c, stated.select(hit=_.cause == PRICE))


def _club(c: Company) -> Estimate:
    invited = contacts.ours(c).filter((_.channel == CLUB) & _.is_answered.notnull())
    return _share(c, invited.select("customer_id", hit=_.is_answered))


def _cycle(c: Company) -> Estimate:
    gap = _.day.delta(_.day.lag().over(ex.window(group_by="customer_id", order_by="day")), unit="day")
    gaps = purchases.days(c).mutate(gap=gap).group_by("customer_id")
    each = gaps.aggregate(k=_.gap.count(), s=_.gap.sum(), ss=(_.gap * _.gap).sum())
    variation = (_.ss - _.s * _.s / _.k) / (_.k - 1) / (_.s / _.k) ** 2
    even = each.filter(_.k >= INTERVALS).filter(variation < EVEN**2).select(mean=_.s / _.k, customer_id=_.customer_id)
    means = even.to_pandas()["mean"]
    return *median(means, confidence=c.policy.statistics.confidence), len(means)


def _trial(c: Company) -> Estimate:
    seen = use.trials(c).filter(_.is_user.notnull() & (_.logins_before + _.logins_after > 0))
    sides = {
        f"{what}_{side}_{int(user)}": (_.is_user == user).ifelse(_[f"{what}_{side}"], 0)
        for what in ("errors", "logins") for side in ("before", "after") for user in (True, False)
    }  # fmt: skip
    over = ("errors_after_1", "logins_before_1", "errors_before_0", "logins_after_0")
    return _ratio(
        c, seen.select(**sides), over, ("logins_after_1", "errors_before_1", "logins_before_0", "errors_after_0")
    )


def _crisis(c: Company) -> Estimate:
    old = cases.cases(c).filter(_.category.isin(CRISES) & (_.day <= c.as_of - timedelta(days=SETTLED[1])))
    clocks = (
        cases.clocks(c)
        .filter(_.waits_for != cases.OWN)
        .select("case_id", "waits_for", "is_met")
        .join(old.select("case_id", "customer_id", "day"), "case_id")
    )
    promised = clocks.group_by("case_id", "customer_id", "day").aggregate(late=(~_.is_met).any(), clocks=_.count())
    hit = promised.filter(_.clocks == len(cases.CLOCKS)).group_by("customer_id")
    hit = hit.aggregate(day=_.day.max(), treated=_.late.any())
    seen = purchases.days(c).select(who="customer_id", on="day").union(use.days(c).select(who="customer_id", on="day"))
    joined = hit.left_join(seen, hit.customer_id == seen.who)
    after = joined.on.delta(joined.day, unit="day")
    stayed = ((after > SETTLED[0]) & (after <= SETTLED[1])).fill_null(False).any()
    each = joined.group_by("customer_id", "treated").aggregate(stayed=stayed)
    return _contrast(c, each.select("treated", hit=~_.stayed))


TESTS: dict[str, Callable[[Company], Estimate]] = {
    "churn_forecast": _lost,
    "early_action": _acting,
    "warning_service": _found_first,
    "winning_cost": _winning_cost,
    "not_the_price": _price,
    "script_for_role": lambda c: _contrast(
        c, contacts.scripted(c).select("customer_id", treated="is_own", hit="is_answered")
    ),
    "meeting_attendance": _club,
    "quarterly_cycle": _cycle,
    "most_won_back": lambda c: _share(c, proposals.compared(c).filter(_.arm == "act").select(hit=_.orders > 0)),
    "function_mended": _trial,
    "crisis_clocks": _crisis,
    "actions_bring_orders": _acting,
}
"""How each claim with a figure of the company's own is measured, by its name in the ledger."""
