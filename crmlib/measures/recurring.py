"""Recurring revenue as contracts state it: how much, how it moves, how much of it stays, and who leaves (D004, D058).

All of it rests on one definition of which contracts run on a day (`facts.contracts`). Where it is not on record when contracts
end nobody can say which run, and nothing is stated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import wraps
from math import nan

import numpy as np
import pandas as pd

from crmlib.facts import contracts, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import Addition, adding_up, finding, findings, marked, resting, share_of
from crmlib.models.estimates import Clustered, clustered, ratio, wilson
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.months import first_day

Measure = Callable[[Company], pd.DataFrame]
MONTHS = 24
"""Months that are drawn."""
LEVELS = ("arr", "mrr", "contract_customers", "unpriced_contracts")
RETENTION = ("net_revenue_retention", "gross_revenue_retention")
CHURN = ("logo_churn_year", "logo_churn_month")


def _stating(*kpis: str) -> Callable[[Measure], Measure]:
    """Of a measure that states these figures, and none of them where it is not known when contracts end."""

    def guard(measure: Measure) -> Measure:
        @wraps(measure)
        def guarded(c: Company) -> pd.DataFrame:
            if contracts.ends_are_known(c) or "contracts" in c.missing:
                return measure(c)
            empty = findings(c, of=kpis)
            empty.attrs["nothing"] = say(
                "It is not on record when contracts end, so that nobody can say which of them run."
            )
            return empty

        return guarded

    return guard


@_stating(*LEVELS)
def levels(c: Company) -> pd.DataFrame:
    """Findings `arr` and `mrr` (money a year and a month), `contract_customers` (count), all at the end of the day; and
    `unpriced_contracts` where the amount of some is not known. n is the customers with a paid contract (D058).
    """
    sums = contracts.on(c, c.as_of).agg(
        n=_.count(), arr=_.arr.sum(), mrr=_.mrr.sum(), unpriced=_.unpriced.sum(), of=_.count(where=_.unpriced > 0)
    )
    row = sums.to_pyarrow().to_pylist()[0]
    n, uses = int(row["n"]), contracts.surer(c)
    values = [float(row["arr"] or 0), float(row["mrr"] or 0), n]
    rows = [finding(c, kpi, value, n=n, uses=uses) for kpi, value in zip(LEVELS, values, strict=False)]
    unpriced = int(row["unpriced"] or 0)
    if unpriced and c.knows(*contracts.PRICED):
        rows.append(finding(c, LEVELS[3], unpriced, n=unpriced, uses=uses, customers=int(row["of"])))
    return findings(c, rows, of=LEVELS[:3])


def by_month(c: Company) -> pd.DataFrame:
    """Recurring revenue of each month: month (first day), opening, the movements (`contracts.KINDS`), closing (money a month),
    customers (with a paid contract at its end), won and left (customers); from the first contract on. `.attrs["customers"]` says
    on how many customers an amount rests.

    The movements of a month are its closing less its opening revenue, to the cent; the last month goes to the day. Money is NaN
    where amounts are not recorded.
    """
    each = contracts.movements(c).group_by("month", "kind").agg(change=_.change.sum(), customers=_.count())
    frame = each.to_pandas()
    frame["month"] = pd.to_datetime(frame["month"]).astype("datetime64[ns]")
    end = pd.Timestamp(c.as_of).to_period("M").to_timestamp()
    months = pd.date_range(frame["month"].min(), end, freq="MS", name="month") if len(frame) else pd.DatetimeIndex([])
    money, counts = (
        frame.pivot(index="month", columns="kind", values=column).reindex(index=months, columns=list(contracts.KINDS))
        for column in ("change", "customers")
    )
    money, counts = money.fillna(0).astype(float), counts.fillna(0).astype("int64")
    closing = money.sum(axis=1).cumsum().round(4)
    won, left = counts["new"] + counts["reactivation"], counts["churn"]
    table = money.assign(closing=closing, customers=(won - left).cumsum(), won=won, left=left)
    table.insert(0, "opening", closing.shift(fill_value=0.0))
    if not c.knows(*contracts.PRICED):
        table[["opening", *contracts.KINDS, "closing"]] = nan
    table = table.rename_axis("month").rename_axis(columns=None).reset_index()
    begun = table["customers"].shift(fill_value=0)
    on = {(month, kind): n for kind in contracts.KINDS for month, n in zip(months, counts[kind], strict=True)}
    on |= {(month, "opening"): n for month, n in zip(months, begun, strict=True)}
    moved = zip(table["closing"] - table["opening"], counts.sum(axis=1), strict=True)
    ends = [zip(table[name], n, strict=True) for name, n in (("opening", begun), ("closing", table["customers"]))]
    ways = {month: ((whole,), (start, end)) for month, whole, start, end in zip(months, moved, *ends, strict=True)}
    table = adding_up(resting(table, on), Addition(contracts.KINDS, ways))
    return marked(c, table, *contracts.surer(c))


def month_findings(c: Company, monthly: pd.DataFrame) -> pd.DataFrame:
    """Finding `mrr_change`: by how much the recurring revenue of the last month of `monthly` moved, whole and by kind."""
    return _moved(c, monthly.tail(1), "mrr_change")


def year_findings(c: Company, monthly: pd.DataFrame) -> pd.DataFrame:
    """Finding `mrr_change_year`: the same of the last twelve months together."""
    return _moved(c, monthly.tail(12), "mrr_change_year")


def _moved(c: Company, months: pd.DataFrame, kpi: str) -> pd.DataFrame:
    kinds, uses = list(contracts.KINDS), contracts.surer(c)
    if months.empty:
        return findings(c, of=(kpi,))
    sums, sizes = months[kinds].sum().round(4), _movers(c, months)
    parts = [("", sums.sum()), *((kind, sums[kind]) for kind in kinds if sums[kind])]
    rows = [finding(c, kpi, float(value), n=sizes[kind], segment=kind, uses=uses) for kind, value in parts]
    ways = {kpi: _ways(months, sizes)}
    return adding_up(
        findings(c, rows, of=(kpi,)), Addition(contracts.KINDS, ways, named="segment", column="value", by="kpi")
    )


def _movers(c: Company, months: pd.DataFrame) -> dict[str, int]:
    """How many customers moved so within some months, by kind; under the empty string how many moved at all."""
    rows = contracts.movements(c).filter(_.month >= months["month"].iloc[0].date())
    each = rows.group_by("kind").agg(n=_.customer_id.nunique()).to_pandas().set_index("kind")["n"]
    return {"": int(rows.customer_id.nunique().to_pyarrow().as_py()), **each.reindex(contracts.KINDS, fill_value=0)}


def _ways(months: pd.DataFrame, sizes: Mapping[str, int]) -> tuple[tuple[tuple[float, float], ...], ...]:
    """From which amounts the movements of some months together can be known, and of how many customers these are: from their sum,
    or from what there was before them and after.
    """
    first, last = months.iloc[0], months.iloc[-1]
    before = int(first["customers"] - first["won"] + first["left"])
    whole = float(last["closing"] - first["opening"])
    return ((whole, sizes[""]),), ((float(first["opening"]), before), (float(last["closing"]), int(last["customers"])))


def drawn(monthly: pd.DataFrame) -> pd.DataFrame:
    """The movements of the last `MONTHS` months one a row, for the chart: month, movement, customers, mrr_change; the first
    months of a company, whose revenue is all new, among them.
    """
    shown, kinds = monthly.tail(MONTHS), list(contracts.KINDS)
    on, ways = monthly.attrs["customers"], monthly.attrs["addition"].ways
    long = shown.melt("month", kinds, var_name="movement", value_name="mrr_change").astype({"movement": "str"})
    sizes = [on[month, kind] for month, kind in zip(long["month"], long["movement"], strict=True)]
    long.insert(2, "customers", sizes)
    long.attrs = {}
    return adding_up(long, Addition(contracts.KINDS, ways, named="movement", column="mrr_change", by="month"))


def together(monthly: pd.DataFrame) -> pd.DataFrame:
    """What the movements of each of the last `MONTHS` months come to: month, customers (who moved), mrr_change."""
    shown, on = monthly.tail(MONTHS), monthly.attrs["customers"]
    sizes = [sum(on[month, kind] for kind in contracts.KINDS) for month in shown["month"]]
    frame = pd.DataFrame(
        {"month": shown["month"], "customers": sizes, "mrr_change": shown["closing"] - shown["opening"]}
    )
    frame.attrs = {}
    return frame


def bridge(c: Company, monthly: pd.DataFrame) -> pd.DataFrame:
    """From the recurring revenue of twelve months ago to today's: movement, mrr_change (money a month), which add up to it, and
    of how many customers each is (customers).
    """
    year = monthly.tail(12)
    if year.empty:
        none = {"movement": "str", "mrr_change": "float64", "customers": "int64"}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in none.items()})
    sums, sizes = year[list(contracts.KINDS)].sum(), _movers(c, year)
    ways = _ways(year, sizes)
    (opening, before), _end = ways[1]
    rows = [("year_before", opening, before), *((kind, v, sizes[kind]) for kind, v in sums.items() if v)]
    frame = pd.DataFrame(rows, columns=["movement", "mrr_change", "customers"])
    return adding_up(frame, Addition(contracts.KINDS, {"": ways}, named="movement", column="mrr_change"))


@_stating(*RETENTION)
def retention(c: Company) -> pd.DataFrame:
    """Findings `net_revenue_retention` and `gross_revenue_retention` over the last twelve months, n = customers with a paid
    contract then (D004, D029).

    Of the customers who brought something twelve months ago: what they bring today, by what they brought then (net); each with
    no more than then (gross). Intervals by customer: `ratio` for the one, `clustered` for the other, which is a share.
    """
    then, now = (contracts.on(c, day).select("customer_id", mrr=_.mrr) for day in (_year_ago(c), c.as_of))
    both = then.filter(_.mrr > 0).left_join(now.rename(now="mrr"), "customer_id")
    frame = (
        both.order_by("customer_id")
        .select(then=_.mrr.cast("float64"), now=_.now.fill_null(0).cast("float64"))
        .to_pandas()
    )
    if frame.empty:
        return findings(c, of=RETENTION)
    before, after = frame["then"].to_numpy(), frame["now"].to_numpy()
    kept, level = np.minimum(before, after), c.policy.statistics.confidence
    gross = clustered(Clustered.of(kept, before), confidence=level)
    # Where nobody brings more the two are one and the same, and where all left no ratio has a logarithm.
    net = ratio(after, before, confidence=level) if (after > before).any() else gross
    estimates = zip(RETENTION, (net, gross), strict=True)
    return findings(c, [finding(c, kpi, e, n=len(frame), uses=contracts.surer(c)) for kpi, e in estimates])


@_stating(*CHURN)
def logo_churn(c: Company) -> pd.DataFrame:
    """Findings `logo_churn_year` and `logo_churn_month`: of the customers with a paid contract twelve months ago, and at the end
    of the month before, the share who have none today; Wilson intervals.
    """
    now, rows = contracts.on(c, c.as_of).select("customer_id"), []
    for kpi, day in zip(CHURN, (_year_ago(c), windows.month_before(c)), strict=True):
        then = contracts.on(c, day)
        n, stay = (int(t.count().to_pyarrow().as_py()) for t in (then, then.semi_join(now, "customer_id")))
        rows += [share_of(c, kpi, n - stay, n, uses=contracts.surer(c))] if n else []
    return findings(c, rows, of=CHURN)


def churn_by_month(c: Company, monthly: pd.DataFrame) -> pd.DataFrame:
    """Of the customers with a paid contract at the start of each of the last months the share who have none at its end: month,
    share, low, high (Wilson), n; months that began with fewer than `policy.statistics.min_n` customers are left out.
    """
    table = monthly.assign(n=monthly["customers"].shift(fill_value=0)).tail(MONTHS)
    table = table[table["n"] >= c.policy.statistics.min_n]
    level = c.policy.statistics.confidence
    shares = [wilson(k, n, confidence=level) for k, n in zip(table["left"], table["n"], strict=True)]
    frame = pd.DataFrame(shares, columns=["share", "low", "high"], index=table.index, dtype=float)
    frame.insert(0, "month", table["month"])
    return marked(c, frame.assign(n=table["n"], unit="share").reset_index(drop=True), *contracts.surer(c))


def trials(c: Company) -> pd.DataFrame:
    """Finding `trial_won_share`: of the customers who began with a trial, and whose days to decide are over, the share with a
    paid contract within them; Wilson interval (D064, D097).
    """
    over = contracts.trials(c).filter(_.is_over).agg(n=_.count(), won=_.count(where=_.is_won))
    row = over.to_pyarrow().to_pylist()[0]
    return findings(
        c, [share_of(c, "trial_won_share", row["won"], row["n"])] if row["n"] else [], of=("trial_won_share",)
    )


def _year_ago(c: Company) -> date:
    """The day twelve months before the company's: the end of a month where that is one."""
    return first_day(c.as_of, 12) - timedelta(days=1)
