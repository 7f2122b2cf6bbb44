"""From what customers say to what they need: ask, observe, verify (D050 to D054).

Stated are survey answers below expectation and causes of service cases; observed is what the same customers then did. The two
are compared with customers who were asked, or had a case, as well but did not state it: an association, no effect.
"""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from crmlib.facts import answers, cases, purchases, use, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import finding, findings, share_of
from crmlib.facts.lookups import first_of
from crmlib.models.estimates import difference, ratio_of_sums
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.unlocks import CANCELLATION

NAN = float("nan")
AFTER = 90
"""Days after somebody stated something in which it is seen what they do."""
STATED_COLUMNS = [
    "table", "stated", "customers", "gap", "ordered_share", "others_ordered_share", "difference", "low", "high",
    "others", "used_share", "verdict", "unit",
]  # fmt: skip
TRIAL_COLUMNS = ["group", "period", "customers", "active", "logins", "clicks_per_login", "errors_per_login"]


def stated_and_observed(c: Company) -> pd.DataFrame:
    """Ask, observe: one row per thing stated, the deepest gap and the most frequent cause first (D050, D051).

    `table` it was stated in, `stated` (question below expectation, or cause of a case), `customers` who did, `gap` (points, mean
    of perception less expectation of all who answered), `ordered_share` of them with an order within 90 days after,
    `others_ordered_share` of the `others` who did not state it, their `difference` with `low` and `high` (Newcombe), `used_share`
    (with use in those days, NaN without a table of use), and `verdict`: agree (who stated it orders less), differ (orders more),
    no_sign (the interval holds 0), not_enough. The others of a case never cancelled; where cases have no category that is not
    known, and causes are left out. Looks at the policy's window; only what was stated at least 90 days before the day counts.
    """
    spoke = _stated(c)
    did = spoke.mutate(key=ex.row_number().over(ex.window(order_by=["table", "stated", "customer_id", "on"])))
    for name, done in (("ordered", purchases.days(c)), ("used", use.days(c))):
        after = _after(did, done, name)
        did = did.left_join(after, "key").drop("key_right").mutate(**{name: _[name].fill_null(0)})
    sums = did.group_by(["table", "stated", "is_stated"]).agg(
        n=_.count(), ordered=_.ordered.sum(), used=_.used.sum(), gap=_.gap.sum()
    )
    frame = sums.order_by(["table", "stated", "is_stated"]).execute()
    rows = [_compared(c, t, s, part) for (t, s), part in frame.groupby(["table", "stated"])]
    made = pd.DataFrame(rows, columns=STATED_COLUMNS)
    made = made[made["customers"] > 0]
    order = made.assign(deep=made["gap"].fillna(0)).sort_values(
        ["table", "deep", "customers", "stated"], ascending=[True, True, False, True], kind="stable"
    )
    return order.drop(columns="deep").reset_index(drop=True)


def confirmed(c: Company, stated: pd.DataFrame) -> pd.DataFrame:
    """Findings `confirmed_needs`: things stated that show in what customers do (verdict agree), of those that can be told."""
    told = stated[stated["verdict"] != "not_enough"]
    agree = int((told["verdict"] == "agree").sum())
    rows = [finding(c, "confirmed_needs", agree, n=len(told))] if len(told) else []
    return findings(c, rows, of=("confirmed_needs",))


def trial_use(c: Company) -> pd.DataFrame:
    """Verify: use of those invited to a trial, by `group` (users answered the invitation, others did not) and `period`.

    `customers` invited, `active` of them with a login in the period, `logins`, `clicks_per_login`, `errors_per_login`; before
    are the 120 days up to the invitation, after those behind it. NaN where not recorded, no rows without an invitation (D054).
    """
    frame = _trial_rows(c)
    rows = []
    for users, group in ((1, "trial_users"), (0, "trial_others")):
        part = frame[frame["users"] == users]
        for period in ("before", "after") if len(frame) else ():
            logins, events, errors = (
                float(part[f"{what}_{period}"].sum(min_count=1)) for what in ("logins", "events", "errors")
            )
            active = NAN if pd.isna(logins) else float((part[f"logins_{period}"] > 0).sum())
            each = (events / (logins or NAN), errors / (logins or NAN))
            rows.append((group, f"trial_{period}", len(part), active, logins, *each))
    return pd.DataFrame(rows, columns=TRIAL_COLUMNS)


def trial(c: Company) -> pd.DataFrame:
    """Findings of the test of a small product (D054, D113): did those invited use it, do they click more, do errors fall?

    `trial_used_share` (Wilson), and `trial_click_ratio` and `trial_error_ratio`: clicks and errors a login after the invitation
    over before, among users, over the same among the other invited; 1 is no change. Intervals by the delta method over
    customers. NaN with n 0 where a sum is 0, no rows without an invitation.
    """
    frame, level = _trial_rows(c), c.policy.statistics.confidence
    ratios = {"trial_click_ratio": "events", "trial_error_ratio": "errors"}
    rows = []
    if len(frame):
        rows.append(share_of(c, "trial_used_share", frame["users"].sum(), len(frame)))
    for kpi, what in ratios.items() if rows and c.knows("activity.logins") else ():
        change = _double_ratio(frame, what, level)
        seen = int((frame["logins_before"] + frame["logins_after"] > 0).sum())
        rows.append(finding(c, kpi, change, n=0 if pd.isna(change[0]) else seen))
    return findings(c, rows, of=("trial_used_share", *ratios))


def _stated(c: Company) -> Table:
    """One row per customer and question or cause, the last: `table`, `stated`, `customer_id`, `on`, `is_stated` (1, 0), `gap`."""
    inside = (_.day >= windows.start(c)) & (_.day <= c.as_of - timedelta(days=AFTER))
    asked = (
        answers.answers(c).mutate(gap=_.perception - _.expectation).filter(inside, _.gap.notnull(), _["item"] != OTHER)
    )
    below = asked.select(
        "customer_id",
        "gap",
        on=_.day,
        table=ex.literal("surveys"),
        stated=_["item"],
        is_stated=(_.gap < 0).cast("int64"),
    )
    known = cases.cases(c).filter(_.cause.notnull(), _.category.notnull(), inside)
    causes = known.filter(_.cause != OTHER).select(stated=_.cause).distinct()
    own = known.group_by(["customer_id", "cause"]).agg(on=_.day.max())
    last = known.group_by("customer_id").agg(last_on=_.day.max(), left=(_.category == CANCELLATION).any())
    crossed = last.cross_join(causes).left_join(own.mutate(stated=_.cause), ["customer_id", "stated"])
    crossed = crossed.filter(crossed.on.notnull() | ~crossed.left)
    named = crossed.select(
        "customer_id",
        on=ex.coalesce(crossed.on, crossed.last_on),
        gap=ex.null("float64"),
        table=ex.literal("tickets"),
        stated=crossed.stated,
        is_stated=crossed.on.notnull().cast("int64"),
    )
    both = ex.union(below, named.select(*below.columns))
    latest = [ex.desc("on"), ex.desc("is_stated"), ex.asc("gap")]
    return first_of(both, ["table", "stated", "customer_id"], latest)


def _after(stated: Table, done: Table, name: str) -> Table:
    """Keys of `stated` after which the customer did it within the days."""
    joined = stated.select("key", "customer_id", "on").inner_join(done.select("customer_id", "day"), "customer_id")
    days = joined.day.delta(joined.on, unit="day")
    return joined.filter((days > 0) & (days <= AFTER)).select("key").distinct().mutate(**{name: ex.literal(1)})


def _compared(c: Company, table: str, stated: str, part: pd.DataFrame) -> tuple[object, ...]:
    limits, sides = c.policy.statistics, part.set_index("is_stated")
    n, k, u = (int(sides[name].get(1, 0)) for name in ("n", "ordered", "used"))
    others, bought = (int(sides[name].get(0, 0)) for name in ("n", "ordered"))
    value, low, high = difference(k, n, bought, others, confidence=limits.confidence) if n and others else (NAN,) * 3
    thin = min(n, others) < limits.min_n or (high - low) / 2 > limits.max_half_width
    verdict = "not_enough" if thin else "agree" if high < 0 else "differ" if low > 0 else "no_sign"
    gap = float(part["gap"].sum()) / (n + others) if table == "surveys" else NAN
    shares = (k / n if n else NAN, bought / others if others else NAN)
    used = u / n if n and c.knows("activity.day") else NAN
    return table, stated, n, gap, *shares, value, low, high, others, used, verdict, "change"


def _trial_rows(c: Company) -> pd.DataFrame:
    """The fact `trials` as a frame whose sums are whole numbers; `users` is 1 or 0."""
    rows = use.trials(c).filter(_.is_user.notnull()).mutate(users=_.is_user.cast("int64"))
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
