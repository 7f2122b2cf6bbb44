"""What cannot be: amounts, sums and sequences of events that no real business produces (D036)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import expressions as ex
from crmlib.facts import holdings
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings
from crmlib.vocabulary.labels import SPLIT


def checks(c: Company) -> pd.DataFrame:
    """Per `table`, `rule` and `month` of the row ("YYYY-MM"): `rows` that the rule could be asked of, and `failed` ones (D036).

    The rule "any" counts rows that failed at least one. Rows later than the day are not read, so that dates in the
    future are seen at the border and not here.
    """
    asked = holdings.judged(c).mutate(month=_.day.strftime("%Y-%m"))
    sums = asked.group_by(["table", "rule", "place", "month"]).agg(rows=_.failed.count(), failed=_.failed.sum())
    ordered = sums.filter(_.rows > 0).order_by(["place", ex.asc("month", nulls_first=True)]).drop("place")
    return ordered.execute().astype({"rows": "int64", "failed": "int64"})


def impossible(asked: pd.DataFrame) -> pd.DataFrame:
    """`checks` over all months: `table`, `rule`, `rows`, `failed`, `share`; every rule that could be asked, the worst first."""
    rules = asked[asked["rule"] != holdings.ANY]
    frame = rules.groupby(["table", "rule"], sort=False)[["rows", "failed"]].sum().reset_index()
    frame = frame.assign(share=(frame["failed"] / frame["rows"]).astype(float))
    return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def month_matrix(asked: pd.DataFrame) -> pd.DataFrame:
    """Failed rows as a matrix, "table · rule" down and the last 18 months across; only rules that some row failed."""
    rules = asked[asked["rule"] != holdings.ANY].assign(name=asked["table"] + SPLIT + asked["rule"])
    rules = rules.assign(month=pd.to_datetime(rules["month"]))
    recent = sorted(rules["month"].dropna().unique())[-18:]
    wide = rules[rules["month"].isin(recent)].pivot_table(index="name", columns="month", values="failed", aggfunc="sum")
    if wide.empty:
        return pd.DataFrame()
    return wide[wide.sum(axis=1) > 0].rename_axis(index=None, columns=None)


def impossible_share(c: Company, asked: pd.DataFrame) -> pd.DataFrame:
    """Findings `impossible_share`: rows that failed at least one rule, as a share of rows, in total and per table (D036)."""
    sums = asked[asked["rule"] == holdings.ANY].groupby("table", sort=False)[["failed", "rows"]].sum()
    parts = [("", *sums.sum()), *sums.itertuples(name=None)] if len(sums) else []
    rows = (finding(c, "impossible_share", k / n, n=n, segment=s) for s, k, n in parts)
    return findings(c, rows, of=("impossible_share",))
