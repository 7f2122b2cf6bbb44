"""What to say to each customer on the list, with the customer's own facts: last order, case, contract, and what others of the
industry do (D065, D079).

Nothing is invented: a script that needs a fact which is not known gives way to one without it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlib.facts import cases, contracts, people, purchases, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.lookups import first_of
from crmlib.vocabulary import language
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.scripts import INSIGHT, LONGEST, chosen


def written(c: Company, proposed: pd.DataFrame) -> pd.DataFrame:
    """`proposed` (as `actions.propose` gives it) with a column `script`: what to say, at most `LONGEST` characters, in the
    language in force; empty for who is held out, and where the language has no script.
    """
    listed = proposed["customer_id"].unique()
    facts = known(c, list(listed)) if len(listed) else pd.DataFrame()
    facts = facts.set_index("customer_id").to_dict("index") if len(facts) else {}
    shared = _peers(c)
    opened = _cases(c, [case for case in proposed.get("case_id", []) if isinstance(case, str) and case])
    texts = []
    for row in proposed.to_dict("records"):
        own = {**facts.get(row["customer_id"], {}), **opened.get(row.get("case_id"), {}), "due": row["due_on"]}
        texts.append("" if row["arm"] != "act" else _said(row, own, shared))
    return proposed.assign(script=pd.Series(texts, index=proposed.index, dtype="object"))


def known(c: Company, customers: list[str]) -> pd.DataFrame:
    """What is known of these customers for a script, one row each, null where it is not.

    customer_id, last_order (day), silent_days, category (of it), since (year), had (all categories, joined by a bar), ends_on (of
    the contract that runs out first), complaints (of the risk window), case_category (cause of the last), industry.
    """
    who = ex.memtable({"customer_id": customers}, schema={"customer_id": "string"})
    bought = purchases.orders(c).semi_join(who, "customer_id")
    newest = ex.window(group_by="customer_id", order_by=[ex.desc("at"), ex.desc("order_id")])
    last = bought.mutate(place=ex.row_number().over(newest)).filter(_.place == 0)
    last = last.select("customer_id", "category", last_order="day")
    had = bought.group_by("customer_id").agg(first=_.day.min(), had=_.category.group_concat("|"))
    ends = contracts.contracts(c).filter(_.ends_on >= c.as_of, _.until.isnull() | (_.until > c.as_of))
    ends = ends.group_by("customer_id").agg(ends_on=_.ends_on.min())
    told = cases.cases(c).filter(_.is_complaint, _.day >= windows.last(c, c.policy.risk.window_months))
    newest = first_of(told.filter(_.cause.notnull()), "customer_id", [ex.desc("opened_at"), "cause"])
    told = told.group_by("customer_id").agg(complaints=_.count())
    told = told.left_join(newest.select("customer_id", case_category="cause"), "customer_id").drop("customer_id_right")
    rows = _joined(who, last, had, ends, told, people.customers(c).select("customer_id", "industry", "acquired_on"))
    frame = rows.order_by("customer_id").to_pandas()
    begin = purchases.orders(c).day.min().to_pandas()
    return _plain(frame, c, begin)


def _joined(who: Table, *others: Table) -> Table:
    for other in others:
        who = who.left_join(other, "customer_id").drop("customer_id_right")
    return who


def _plain(frame: pd.DataFrame, c: Company, begin: Any) -> pd.DataFrame:
    """Days and counts as such; the first order says since when only where the records reach further back."""
    day = pd.to_datetime(frame["last_order"])
    since = pd.to_datetime(frame["acquired_on"]).dt.year
    first = pd.to_datetime(frame["first"])
    settled = (
        first.dt.year.where(first > pd.Timestamp(begin) + pd.DateOffset(months=6)) if pd.notna(begin) else first.dt.year
    )
    return frame.assign(
        silent_days=(pd.Timestamp(c.as_of) - day).dt.days,
        since=since.fillna(settled),
        complaints=frame["complaints"].where(frame["complaints"] > 1),
    ).drop(columns=["first", "acquired_on"])


def _cases(c: Company, numbers: list[str]) -> dict[Any, dict[str, Any]]:
    """Days open and category by the number of a case."""
    if not numbers:
        return {}
    wanted = ex.memtable({"case_id": numbers}, schema={"case_id": "string"})
    rows = cases.cases(c).semi_join(wanted, "case_id").select("case_id", "day", case_category="category")
    frame = rows.to_pandas()
    frame["case_days"] = (pd.Timestamp(c.as_of) - pd.to_datetime(frame.pop("day"))).dt.days
    return frame.set_index("case_id").to_dict("index")


def _peers(c: Company) -> dict[str, dict[str, Any]]:
    """By industry what its customers do within the tiers' window: peers (buyers), peer_orders (median of their orders), shares of
    them by category. Only of industries, and categories, of at least `policy.privacy.k` customers.
    """
    k, start = c.policy.privacy.k, windows.start(c)
    named = people.customers(c).filter(_.industry.notnull(), _.industry != OTHER).select("customer_id", "industry")
    bought = purchases.orders(c).filter(_.day >= start).inner_join(named, "customer_id")
    each = bought.group_by("industry", "customer_id").agg(orders=_.count())
    buyers = each.group_by("industry").agg(peers=_.count(), peer_orders=_.orders.median())
    taken = bought.filter(_.category.notnull(), _.category != OTHER).group_by("industry", "category")
    taken = taken.agg(customers=_.customer_id.nunique())
    found: dict[str, dict[str, Any]] = {}
    for row in buyers.filter(_.peers >= k).order_by("industry").to_pandas().to_dict("records"):
        found[row["industry"]] = {"peers": int(row["peers"]), "peer_orders": int(row["peer_orders"]), "shares": []}
    for row in (
        taken.filter(_.customers >= k).order_by([ex.desc("customers"), "category"]).to_pandas().to_dict("records")
    ):
        if row["industry"] in found:
            share = row["customers"] / found[row["industry"]]["peers"]
            found[row["industry"]]["shares"].append((row["category"], share))
    return {name: {**told, "months": c.policy.tiers.window_months} for name, told in found.items()}


def _said(row: dict[Any, Any], own: dict[str, Any], shared: dict[str, dict[str, Any]]) -> str:
    """The script of a row, filled."""
    spoken = language.current()
    told = {name: text for name, value in own.items() if (text := _in_words(name, value))}
    if insight := _insight(own, shared, spoken):
        told["insight"] = insight
    text = chosen(str(row["why"]), str(row.get("tier") or ""), str(row.get("channel") or ""), told, spoken)
    return text.format(**told)[:LONGEST] if text else ""


def _insight(own: dict[str, Any], shared: dict[str, dict[str, Any]], spoken: str) -> str:
    """What others of the customer's industry do, and the customer does not yet."""
    industry = own.get("industry")
    peers = shared.get(industry) if isinstance(industry, str) else None
    if not peers:
        return ""
    had = set(own["had"].split("|")) if isinstance(own.get("had"), str) else set()
    news = next(((category, share) for category, share in peers["shares"] if category not in had), None)
    facts = {"industry": industry, **{n: peers[n] for n in ("peers", "months", "peer_orders")}}
    if news and had:
        facts |= {"peer_category": news[0], "peer_share": news[1]}
    told = {name: text for name, value in facts.items() if (text := _in_words(name, value))}
    text = chosen(INSIGHT, "", "", told, spoken)
    return text.format(**told) if text else ""


def _in_words(name: str, value: Any) -> str:
    """A fact as the reader writes it; empty where it is not known, or is a word that is not published."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)) or value in ("", OTHER):
        return ""
    if name in ("last_order", "ends_on", "due"):
        return language.day(pd.Timestamp(value))
    if name == "since":
        return str(int(value))
    if name == "peer_share":
        return language.percent(float(value), 0)
    return code_label(value) if isinstance(value, str) else language.number(int(value))
