"""What a customer needs: industry by scenario by role in the decision chain, and what to hand to each role (D060, D065)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import contacts, people, purchases
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, marked, resting, share_of
from crmlib.facts.lookups import first_of
from crmlib.models.estimates import Clustered, clustered, clustered_difference
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.unlocks import SCRIPTS

NAN = float("nan")
NOT_KNOWN, PERSON = "not_known", "person"
BY = ("industry", "scenario", "role")
SIDES = ("customers.industry", "orders.category", "customers.role")
"""The column that each of these is read from."""


def needs(c: Company) -> pd.DataFrame:
    """One row per industry, scenario and role with an order in the tiers' window, the largest revenue first.

     industry, scenario, role, customers, orders, revenue (net), share (of all revenue). The scenario is the category
    a customer spent most on in the window: what is bought is the only sign of use an order carries. What is not on
    record is `not_known`; a private person has no industry or role, and stands there as `person` (D060). No row where
    the company records none of the three.
    """
    sums = _placed(c).group_by(list(BY))
    counted = sums.agg(customers=_.count(), orders=_.orders.sum(), revenue=_.revenue.sum())
    frame = counted.order_by([ex.desc("revenue"), *BY]).to_pandas()
    frame["revenue"] = frame["revenue"].astype(float)
    total = round(float(frame["revenue"].sum()), 2)
    frame = frame.assign(share=frame["revenue"] / total if total > 0 else NAN)
    frame = frame if any(map(c.knows, SIDES)) else frame.head(0)
    return marked(c, frame, *SIDES, "customers.type", "orders.refunded")


def matrix(needed: pd.DataFrame) -> pd.DataFrame:
    """Shares of revenue of `needs`, industries down and scenarios across, what is not known last; empty cells null."""
    if needed.empty or needed["share"].isna().all():
        return pd.DataFrame()
    wide = needed.groupby(["industry", "scenario"])["share"].sum().unstack()
    order = {
        axis: sorted(names, key=lambda name: (name == NOT_KNOWN, name == PERSON, -float(total[name]), str(name)))
        for axis, names, total in ((0, wide.index, wide.sum(axis=1)), (1, wide.columns, wide.sum(axis=0)))
    }
    wide = wide.loc[order[0], order[1]]
    wide.attrs = needed.attrs
    return resting(wide, needed.groupby(["industry", "scenario"])["customers"].sum().to_dict())


def customers_in(needed: pd.DataFrame, *, down: str = "industry") -> pd.Series[int]:
    """Customers of each row of `matrix`."""
    return needed.groupby(down)["customers"].sum()


def role_findings(c: Company, needed: pd.DataFrame) -> pd.DataFrame:
    """Findings `need_known_share`: of the buyers not on record as private persons those whose industry and role are
    known (Wilson), and `role_revenue` by role (counted).
    """
    rows, n = [], int(needed.loc[needed["industry"] != PERSON, "customers"].sum())
    if n:
        known = needed[~needed["industry"].isin((NOT_KNOWN, PERSON)) & ~needed["role"].isin((NOT_KNOWN, PERSON))]
        rows.append(share_of(c, "need_known_share", known["customers"].sum(), n))
    for role in SCRIPTS:
        part = needed[needed["role"] == role]
        count = int(part["customers"].sum())
        if count:
            rows.append(finding(c, "role_revenue", round(float(part["revenue"].sum()), 2), n=count, segment=role))
    return findings(c, rows, of=("need_known_share", "role_revenue"))


def handed(c: Company) -> pd.DataFrame:
    """What to hand to each role, and whether it was answered: one row per role, and "" for all (D065).

    role, script (made for it), answered_share of n contacts with it, other_share of other_n contacts with a script made
    for another role, difference with low and high (by customer), customers (with either), unit. Contacts from us whose days
    to respond are over, all of the history; NaN where there was none, no rows where what it needs is not recorded.
    """
    each, level, rows = _by_customer(c), c.policy.statistics.confidence, []
    for role in ("", *SCRIPTS):
        part = each if not role else each[each["role"] == role]
        (_k1, n1), (_k0, n0) = arms = [(part[f"hits_{arm}"], part[f"n_{arm}"]) for arm in ("own", "other")]
        lift = clustered_difference(*arms, confidence=level) if n1.sum() and n0.sum() else (NAN,) * 3
        own, other = (k.sum() / n.sum() if n.sum() else NAN for k, n in arms)
        rows.append((role, SCRIPTS.get(role), own, int(n1.sum()), other, int(n0.sum()), *lift, len(part), "change"))
    columns = [
        "role",
        "script",
        "answered_share",
        "n",
        "other_share",
        "other_n",
        "difference",
        "low",
        "high",
        "customers",
    ]
    return pd.DataFrame(rows if c.knows(*KPIS["script_lift"].needs) else [], columns=[*columns, "unit"])


def script_findings(c: Company, given: pd.DataFrame) -> pd.DataFrame:
    """Findings `script_lift` of `handed`, in all and by role: response to the script for one's role less to another's."""
    rows = []
    for row in given.to_dict("records"):
        n, other = int(row["n"]), int(row["other_n"])
        lift = (row["difference"], row["low"], row["high"])
        if n and other:
            more = {"segment": str(row["role"]), "customers": row["customers"]}
            rows.append(finding(c, "script_lift", lift, n=n + other, **more))
    return findings(c, rows, of=("script_lift",))


def responses(c: Company) -> pd.DataFrame:
    """The response to each role's own script and to others, for a picture: segment (role), part, value, low, high
    (by customer), n (contacts), customers, unit.
    """
    each, rows = _by_customer(c), []
    for arm in ("own", "other"):
        for role in SCRIPTS:
            part = each[(each["role"] == role) & (each[f"n_{arm}"] > 0)]
            sums = Clustered.of(part[f"hits_{arm}"], part[f"n_{arm}"])
            answered = clustered(sums, confidence=c.policy.statistics.confidence)
            rows += [(role, f"{arm}_script", *answered, int(sums.rows), len(part), "share")] if len(part) else []
    rows = rows if c.knows(*KPIS["script_lift"].needs) else []
    return pd.DataFrame(rows, columns=["segment", "part", "value", "low", "high", "n", "customers", "unit"])


def _by_customer(c: Company) -> pd.DataFrame:
    """Contacts with a script by customer, in order of id: customer_id, role, n_own, hits_own, n_other, hits_other."""
    own, hit = _.is_own, _.is_answered
    counted = {
        "n_own": own.sum(),
        "hits_own": (own & hit).sum(),
        "n_other": (~own).sum(),
        "hits_other": (~own & hit).sum(),
    }
    each = contacts.scripted(c).group_by("customer_id", "role").agg(**counted).order_by("customer_id").to_pandas()
    return each.astype(dict.fromkeys(counted, float))


def _placed(c: Company) -> Expression:
    """One row per customer with an order in the window: industry, scenario, role, orders, revenue."""
    recent = purchases.recent(c)
    worth = recent.group_by("customer_id").agg(orders=_.count(), revenue=_.net.sum())
    spent = recent.filter(_.category.notnull()).group_by(["customer_id", "category"]).agg(net=_.net.sum())
    main = first_of(spent, "customer_id", [ex.desc("net"), ex.asc("category")])
    private = ex.cases((_.type == PERSON, PERSON))
    known = people.customers(c).select(
        "customer_id", industry=ex.coalesce(_.industry, private), role=ex.coalesce(_.role, private)
    )
    joined = worth.left_join(main.select("customer_id", scenario="category"), "customer_id").drop("customer_id_right")
    joined = joined.left_join(known, "customer_id").drop("customer_id_right")
    return joined.mutate(**{name: joined[name].cast("string").fill_null(NOT_KNOWN) for name in BY})
