"""Occasions to be in touch beside the days after an order: events, anniversaries, holidays (D075, D078, D098).

A list of contacts is not the list of all customers: who no longer buys, and whose contact brings less than policy asks, is left
out and counted.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import holidays
import pandas as pd

from crmlib.facts import expressions as ex
from crmlib.facts import happenings, people, purchases
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings
from crmlib.facts.lookups import first_of
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.language import ngettext

COUNTRY: Final = {
    "CNY": "CN",
    "USD": "US",
    "GBP": "GB",
    "JPY": "JP",
    "HKD": "HK",
    "TWD": "TW",
    "CAD": "CA",
    "AUD": "AU",
}
"""Country whose holidays are kept where policy names none, by currency."""
GREETED: Final = (
    "new year",
    "spring festival",
    "dragon boat",
    "mid-autumn",
    "national day",
    "thanksgiving",
    "christmas",
    "easter sunday",
)
"""Words of holidays on which a greeting is in place; on days of mourning it is not."""
REASONS: Final = ("event", "review_due", "experience", "habit", "repurchase", "anniversary", "holiday")
"""Reasons for a contact, the most pressing first."""
COLUMNS: Final = {"customer_id": "string", "reason": "string", "due_on": "date", "detail": "string", "times": "int64"}
STATED: Final = ("rhythm_due", "rhythm_left_out")


def festivals(c: Company) -> list[tuple[date, str]]:
    """The holidays of the coming days of `policy.rhythm.due_within_days` on which to send a greeting, each by its first day and
    name, in the reader's language where the calendar has it.
    """
    places = c.policy.rhythm.holidays or ([COUNTRY[c.currency]] if c.currency in COUNTRY else [])
    end = c.as_of + timedelta(days=c.policy.rhythm.due_within_days)
    found: dict[str, tuple[date, str]] = {}
    for place in places:
        years = [c.as_of.year, end.year]
        named = holidays.country_holidays(place, years=years, observed=False, language="en_US")
        own = holidays.country_holidays(place, years=years, observed=False, language=_spoken(place))
        for day in sorted(named):
            name = named[day].lower()
            if any(word in name for word in GREETED) and "eve" not in name and c.as_of < day <= end:
                found.setdefault(f"{place}|{name}", (day, str(own.get(day, named[day]))))
    return sorted(found.values())


def planned(c: Company, due: Expression, reviews: Expression) -> Expression:
    """Whom to contact in the coming days and why, one row per customer by the most pressing reason: customer_id, reason, due_on,
    detail (kind of event, name of the holiday), times (days after the order, years), worth (money), left_out ("" or why).

    `due` is `rhythm.due`, `reviews` `rhythm.review_due`. Left out: `no_longer_buys` (for `policy.cost.inactive_days`) and
    `worth_little` (a contact is expected to add less than `policy.rhythm.least_worth`); events and reviews are not weighed.
    """
    parts = [
        _row(due, "moment", due.due_on, times=due.days_after),
        _row(reviews, "review_due", ex.literal(c.as_of + timedelta(days=c.policy.rhythm.due_within_days))),
        *_events(c),
        *_anniversaries(c),
    ]
    everyone = purchases.buyers(c)
    parts += [_row(everyone, "holiday", ex.literal(day), detail=ex.literal(name)) for day, name in festivals(c)]
    rows = ex.union(*parts)
    urgency = rows.reason.cases(*((reason, i) for i, reason in enumerate(REASONS)), else_=REASONS.index("habit"))
    rows = first_of(rows, "customer_id", [urgency, rows.due_on, rows.detail])
    rows = rows.left_join(purchases.order_margin(c), "customer_id").drop("customer_id_right")
    active = purchases.buyers(c).filter(_.is_active).select("customer_id", active=ex.literal(True))
    rows = rows.left_join(active, "customer_id").drop("customer_id_right")
    weighed = rows.reason.notin(["event", "review_due"])
    worth = (rows.margin * c.policy.contact.assumed_effect).round(2)
    low = (worth < c.policy.rhythm.least_worth).fill_null(True) if c.knows("orders.amount") else ex.literal(False)
    why = ex.cases((weighed & rows.active.isnull(), "no_longer_buys"), (weighed & low, "worth_little"), else_="")
    rows = rows.mutate(worth=worth, left_out=why).drop("margin", "active")
    return rows.order_by("due_on", "reason", "customer_id")


def stated(c: Company, rows: Expression) -> pd.DataFrame:
    """Findings `rhythm_due` (customers to contact in the coming days, in total and by reason) and `rhythm_left_out` (by why)."""
    if "orders" in c.missing:
        return findings(c, of=STATED)
    counted = rows.group_by("left_out", "reason").agg(n=_.count()).order_by("left_out", "reason").to_pandas()
    kept = counted[counted["left_out"] == ""].groupby("reason")["n"].sum()
    gone = counted[counted["left_out"] != ""].groupby("left_out")["n"].sum()
    every = int(counted["n"].sum())
    uses = ("orders.amount", "orders.margin", "customers.acquired_on", "events", "interactions.direction")
    out = [finding(c, STATED[0], float(kept.sum()), n=every, uses=uses)]
    out += [
        finding(c, STATED[0], float(kept[r]), n=every, segment=r, uses=uses)
        for r in sorted(kept.index, key=lambda r: -kept[r])
    ]
    out += [finding(c, STATED[1], float(gone.sum()), n=every, uses=uses)] if every else []
    out += [finding(c, STATED[1], float(n), n=every, segment=str(why), uses=uses) for why, n in gone.items()]
    return findings(c, out, of=STATED)


def listed(c: Company, rows: Expression, *, most: int = 10) -> pd.DataFrame:
    """The first `most` customers to contact, each of another reason as far as there are: customer_id, due_on, why_text."""
    kept = rows.filter(_.left_out == "")
    own = ex.window(group_by="reason", order_by=["due_on", "customer_id"])
    kept = kept.mutate(nth=ex.row_number().over(own)).order_by("nth", "due_on", "reason", "customer_id").limit(most)
    frame = kept.to_pandas()
    frame["why_text"] = [_why(row) for row in frame.to_dict("records")]
    return frame[["customer_id", "due_on", "why_text"]]


def _why(row: dict[str, object]) -> str:
    reason, detail, times = str(row["reason"]), row["detail"], row["times"]
    if reason == "event":
        return say("{what}: answer with a plan of your own.").format(what=code_label(detail))
    if reason == "holiday":
        return say("{day}: a greeting.").format(day=detail)
    n = 0 if pd.isna(times) else int(str(times).split(".")[0])
    if reason == "anniversary":
        return ngettext("With us for {n} year.", "With us for {n} years.", n).format(n=language.number(n))
    if reason == "review_due":
        return say("A business review is due.")
    return say("Day {days} after the last order: {moment}.").format(days=language.number(n), moment=code_label(reason))


def _row(rows: Expression, reason: str, due_on: ex.Value, **more: ex.Value) -> Expression:
    values = {"customer_id": rows.customer_id, "due_on": due_on, **more}
    values["reason"] = rows.moment if reason == "moment" else ex.literal(reason)
    return rows.select(**{name: values.get(name, ex.null(kind)).cast(kind) for name, kind in COLUMNS.items()})


def _events(c: Company) -> list[Expression]:
    """Events of a customer of late that nobody has taken up with them yet."""
    if "events" in c.missing:
        return []
    rows = happenings.untaken(c)
    tomorrow = ex.literal(c.as_of + timedelta(days=1))
    by = ex.greatest(rows.day + ex.interval(days=c.policy.rhythm.event_within_days), tomorrow)
    return [_row(rows, "event", by, detail=rows["kind"])]


def _anniversaries(c: Company) -> list[Expression]:
    """Customers known, or buying, for whole years on one of the coming days."""
    since = people.customers(c).filter(_.acquired_on.notnull()).select("customer_id", began="acquired_on")
    first = purchases.buyers(c).anti_join(since, "customer_id").select("customer_id", began="first_day")
    rows = ex.union(since, first)
    days = [c.as_of + timedelta(days=i) for i in range(1, c.policy.rhythm.due_within_days + 1)]
    on = ex.cases(*(((rows.began.month() == d.month) & (rows.began.day() == d.day), ex.literal(d)) for d in days))
    rows = rows.mutate(due_on=on).filter(_.due_on.notnull())
    rows = rows.mutate(years=rows.due_on.year() - rows.began.year()).filter(_.years > 0)
    return [_row(rows, "anniversary", rows.due_on, times=rows.years)]


def _spoken(place: str) -> str:
    """The language in force as the calendar of a place names it, where it has it; else English."""
    spoken = holidays.country_holidays(place).supported_languages
    return next((name for name in spoken if name.split("_")[0] == language.current()), "en_US")
