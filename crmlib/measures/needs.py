"""From what customers say to what they need: ask, observe, verify (D050 to D054).

Said are survey answers below expectation and causes of service cases; done is what the same customers then did. The two are
compared with customers who were asked, or had a case, as well but did not say it: an association, no effect.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.facts.use import trials
from crmlib.models.estimates import difference, ratio_of_sums, wilson
from crmlib.vocabulary.months import first_day

NAN = float("nan")
AFTER = 90
"""Days after somebody said something in which it is seen what they do."""
CANCELLED = "cancellation"
"""Category of a case that says goodbye: whoever had one is no measure of what others do."""
SAID_COLUMNS = [
    "table", "said", "customers", "gap", "ordered_share", "others_ordered_share", "difference", "low", "high",
    "others", "used_share", "verdict",
]  # fmt: skip


def said_and_done(c: Company) -> pd.DataFrame:
    """Ask, observe: one row per thing said, the deepest gap and the most frequent cause first (D050, D051).

    `table` it was said in, `said` (question below expectation, or cause of a case), `customers` who said it, `gap` (points, mean
    of perception less expectation of all who answered), `ordered_share` of them with an order within 90 days after,
    `others_ordered_share` of the `others` who did not say it, their `difference` with `low` and `high` (Newcombe), `used_share`
    (with use in those days, NaN without a table of use), and `verdict`: agree (who said it orders less), differ (orders more),
    no_sign (the interval holds 0), not_enough. The others of a case never cancelled. Looks at the policy's window; only what was
    said at least 90 days before `as_of` counts.
    """
    spoke = _asked(c)
    used = c.tables.activity.select("customer_id", on=_.day)
    did = spoke.mutate(key=ibis.row_number().over(ibis.window(order_by=["table", "said", "customer_id", "on"])))
    bought = _after(did, c.tables.orders.select("customer_id", on=_.ordered_at.date()), "ordered")
    seen = _after(did, used, "used")
    rows = did.left_join(bought, "key").drop("key_right").left_join(seen, "key").drop("key_right")
    rows = rows.mutate(ordered=_.ordered.fill_null(0), used=_.used.fill_null(0))
    sums = rows.group_by(["table", "said", "is_said"]).agg(
        n=_.count(), ordered=_.ordered.sum(), used=_.used.sum(), gap=_.gap.sum()
    )
    frame = sums.order_by(["table", "said", "is_said"]).execute()
    has_use = int(c.tables.activity.count().execute()) > 0
    told = [_compared(c, t, s, part, has_use) for (t, s), part in frame.groupby(["table", "said"])]
    made = pd.DataFrame(told, columns=SAID_COLUMNS)
    made = made[made["customers"] > 0]
    order = made.assign(deep=made["gap"].fillna(0)).sort_values(
        ["table", "deep", "customers", "said"], ascending=[True, True, False, True], kind="stable"
    )
    return order.drop(columns="deep").assign(unit="change").reset_index(drop=True)


def confirmed(c: Company, said: pd.DataFrame) -> pd.DataFrame:
    """Findings `confirmed_needs`: things said that show in what customers do (verdict agree), of those that can be told."""
    told = said[said["verdict"] != "not_enough"]
    if told.empty:
        return findings(c, needs=("surveys", "tickets"))
    agree = int((told["verdict"] == "agree").sum())
    return findings(c, [finding(c, "confirmed_needs", (agree, NAN, NAN), n=len(told))], needs=("surveys", "tickets"))


def trial_use(c: Company) -> pd.DataFrame:
    """Verify: use of those invited to a trial, by `group` (users answered the invitation, others did not) and `period`.

    `customers` invited, `active` of them with a login in the period, `logins`, `clicks_per_login`, `errors_per_login`; before
    are the 120 days up to the invitation, after those behind it. No rows without one (D054).
    """
    frame = _trial_rows(c)
    if frame.empty:
        return pd.DataFrame(
            columns=["group", "period", "customers", "active", "logins", "clicks_per_login", "errors_per_login"]
        )
    rows = []
    for users, group in ((1, "trial_users"), (0, "trial_others")):
        part = frame[frame["users"] == users]
        for period in ("before", "after"):
            logins = part[f"logins_{period}"]
            whole = float(logins.sum()) or NAN
            clicks, errors = part[f"events_{period}"].sum() / whole, part[f"errors_{period}"].sum() / whole
            rows.append(
                (group, f"trial_{period}", len(part), int((logins > 0).sum()), int(logins.sum()), clicks, errors)
            )
    return pd.DataFrame(
        rows, columns=["group", "period", "customers", "active", "logins", "clicks_per_login", "errors_per_login"]
    )


def trial(c: Company) -> pd.DataFrame:
    """Findings of the test of a small product (D054, D113): did those invited use it, do they click more, do errors fall?

    `trial_used_share` (Wilson), and `trial_click_ratio` and `trial_error_ratio`: clicks and errors a login after the invitation
    over before, among users, over the same among the other invited; 1 is no change. Intervals by the delta method over
    customers. NaN with n where a sum is 0, no rows without an invitation.
    """
    frame = _trial_rows(c)
    level, needs = c.policy.statistics.confidence, ("interactions", "activity")
    if frame.empty:
        return findings(c, needs=needs)
    n = len(frame)
    used = wilson(float(frame["users"].sum()), n, confidence=level)
    rows = [finding(c, "trial_used_share", used, n=n)]
    for kpi, what in (("trial_click_ratio", "events"), ("trial_error_ratio", "errors")):
        change = _double_ratio(frame, what, level)
        seen = int((frame["logins_before"] + frame["logins_after"] > 0).sum())
        rows.append(finding(c, kpi, change, n=0 if pd.isna(change[0]) else seen))
    return findings(c, rows, needs=needs)


def _asked(c: Company) -> Expression:
    """One row per customer and question or cause, the last: `table`, `said`, `customer_id`, `on`, `is_said` (1 or 0), `gap`."""
    start, end = first_day(c.as_of, c.policy.tiers.window_months), c.as_of - timedelta(days=AFTER)
    inside = (_.on >= start) & (_.on <= end)
    answers = c.tables.surveys.filter(_.expectation.notnull(), _.perception.notnull())
    answers = answers.mutate(on=_["at"].date(), gap=_.perception - _.expectation).filter(inside)
    below = answers.select(
        "customer_id", "on", "gap", table=ibis.literal("surveys"), said=_["item"], is_said=(_.gap < 0).cast("int64")
    )
    cases = c.tables.tickets.filter(_.cause.notnull()).mutate(on=_.opened_at.date()).filter(inside)
    causes = cases.select(said=_.cause).distinct()
    own = cases.group_by(["customer_id", "cause"]).agg(on=_.on.max())
    left = (_.category == CANCELLED).fill_null(False).any()
    last = cases.group_by("customer_id").agg(last_on=_.on.max(), left=left)
    crossed = last.cross_join(causes).left_join(own.mutate(said=_.cause), ["customer_id", "said"])
    crossed = crossed.filter(crossed.on.notnull() | ~crossed.left)
    named = crossed.select(
        "customer_id",
        on=ibis.coalesce(crossed.on, crossed.last_on),
        gap=ibis.null("float64"),
        table=ibis.literal("tickets"),
        said=crossed.said,
        is_said=crossed.on.notnull().cast("int64"),
    )
    both = ibis.union(below, named.select(*below.columns))
    latest = ibis.window(
        group_by=["table", "said", "customer_id"], order_by=[ibis.desc("on"), ibis.desc("is_said"), ibis.asc("gap")]
    )
    return both.mutate(nth=ibis.row_number().over(latest)).filter(_.nth == 0).drop("nth")


def _after(said: Expression, done: Expression, name: str) -> Expression:
    """Keys of `said` after which the customer did it within the days."""
    joined = said.select("key", "customer_id", said_on="on").inner_join(done, "customer_id")
    within = (joined.on > joined.said_on) & (joined.on.delta(joined.said_on, unit="day") <= AFTER)
    return joined.filter(within).select("key").distinct().mutate(**{name: ibis.literal(1)})


def _compared(c: Company, table: str, said: str, part: pd.DataFrame, has_use: bool) -> tuple[object, ...]:
    limits, sides = c.policy.statistics, part.set_index("is_said")
    n, k, u = (int(sides[c].get(1, 0)) for c in ("n", "ordered", "used"))
    others, bought = (int(sides[c].get(0, 0)) for c in ("n", "ordered"))
    value, low, high = difference(k, n, bought, others, confidence=limits.confidence) if n and others else (NAN,) * 3
    thin = min(n, others) < limits.min_n or (high - low) / 2 > limits.max_half_width
    verdict = "not_enough" if thin else "agree" if high < 0 else "differ" if low > 0 else "no_sign"
    gap = float(part["gap"].sum()) / (n + others) if table == "surveys" else NAN
    share, other_share, use = (a / b if b else NAN for a, b in ((k, n), (bought, others), (u, n)))
    return table, said, n, gap, share, other_share, value, low, high, others, use if has_use else NAN, verdict


def _trial_rows(c: Company) -> pd.DataFrame:
    """The fact `trials` as a frame whose sums are whole numbers; `users` is 1 or 0."""
    rows = trials(c).filter(_.is_user.notnull()).mutate(users=_.is_user.cast("int64"))
    return rows.drop("is_user", "invited_on").order_by("customer_id").to_pandas()


def _double_ratio(frame: pd.DataFrame, what: str, confidence: float) -> tuple[float, float, float]:
    """A rate per login of users after over before, over the same of the others."""
    users = frame["users"]
    column = {
        f"{name}_{period}_{u}": frame[f"{name}_{period}"] * (users == u)
        for name in (what, "logins")
        for period in ("before", "after")
        for u in (0, 1)
    }
    over = (f"{what}_after_1", "logins_before_1", f"{what}_before_0", "logins_after_0")
    under = ("logins_after_1", f"{what}_before_1", "logins_before_0", f"{what}_after_0")
    names = (*over, *under)
    wide = pd.DataFrame(column)[list(names)].astype(float)
    moments = {name: float(wide[name].sum()) for name in names}
    moments |= {f"{a}.{b}": float((wide[a] * wide[b]).sum()) for i, a in enumerate(names) for b in names[i:]}
    return ratio_of_sums(moments, over, under, confidence=confidence)
