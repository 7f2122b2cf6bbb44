"""Loyalty as far as the data tell: seven indicators, stated and revealed, and satisfaction beside it (D125, D126)."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.facts import answers as surveys
from crmlib.facts import cases, purchases, use, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import aside, finding, findings, share_of
from crmlib.models.estimates import mean
from crmlib.models.moderation import moderated
from crmlib.vocabulary.kpis import KPIS

INDICATORS = {
    "repeat_purchase": 1,
    "need_satisfaction": 1,
    "attention_to_brand": 1,
    "tolerance": 1,
    "price_sensitivity": -1,
    "attention_to_competitors": -1,
    "time_choosing": -1,
}
"""The deck's seven indicators as survey items, and which way each points: the loyal say little to the last three (D125)."""
DEEDS = {
    "repeat_purchase": "repeat_buyer_share",
    "price_sensitivity": "discount_buyer_share",
    "attention_to_brand": "brand_attention_share",
    "tolerance": "tolerance_share",
}
"""What customers do that shows an indicator; the others leave no trace in a company's own data."""
MODERATORS = {"expectation": "expectation", "competitors": "attention_to_competitors"}
RETURN_DAYS = 90
"""Days after a case within which a customer who tolerated it orders again."""


def stated(c: Company) -> pd.DataFrame:
    """Findings `loyalty_answer`: mean answer by indicator, points of 1 to 7; t interval, n customers (latest answers).

    And `loyalty_index`: the customers' mean over their indicators, each turned so that 1 is loyal and 0 is not. A company that
    never asks them is not told that it has no answers.
    """
    wide = _answers(c)
    level = c.policy.statistics.confidence
    if wide.empty:
        none = findings(c, of=("loyalty_index", "loyalty_answer"))
        return aside(none) if surveys.never_asked(c, "loyalty") else none
    index = _index(wide).dropna()
    rows = [finding(c, "loyalty_index", mean(index, confidence=level), n=len(index))] if len(index) else []
    for item in (i for i in INDICATORS if ("score", i) in wide):
        given = wide["score", item].dropna()
        rows.append(finding(c, "loyalty_answer", mean(given, confidence=level), n=len(given), segment=item))
    return findings(c, rows, of=("loyalty_index", "loyalty_answer"))


def revealed(c: Company) -> pd.DataFrame:
    """Findings on what customers do, Wilson intervals; each only where the company records it (D125).

    `repeat_buyer_share` of the buyers of the tiers' window with a second order in it; `discount_buyer_share` of them with most
    orders at a discount; `brand_attention_share` of them who logged in during the last month; `tolerance_share` of the
    customers with a case 90 to 365 days old who ordered again within 90 days of it.
    """
    shares = _bought(c) | _forgave(c)
    return findings(
        c,
        (share_of(c, kpi, k, n) for kpi, (k, n) in shares.items() if n),
        of=("repeat_buyer_share", "discount_buyer_share", "brand_attention_share", "tolerance_share"),
    )


def seven(c: Company) -> pd.DataFrame:
    """One row per indicator (D125): indicator, said_loyal (mean latest answer from 0 to 1, loyal) of n, deed (the figure that
    shows it), deed_share of n_deed, lacking: why neither is known ("" where one is): the table or column that is not
    recorded, `never_asked`, or `not_enough`.
    """
    turned, done = _answers(c), _bought(c) | _forgave(c)
    rows = []
    for name in INDICATORS:
        given = turned["turned", name].dropna() if ("turned", name) in turned else pd.Series(dtype=float)
        deed = DEEDS.get(name, "")
        part, of = done.get(deed, (0, 0))
        known = bool(deed) and all(c.knows(need) for need in KPIS[deed].needs) and of > 0
        said = float(given.mean()) if len(given) else np.nan
        share = part / of if known else np.nan
        rows.append(
            (name, said, len(given), deed, share, of if known else 0, "" if len(given) or known else _lacking(c, deed))
        )
    frame = pd.DataFrame(rows, columns=["indicator", "said_loyal", "n", "deed", "deed_share", "n_deed", "lacking"])
    return frame if (frame["lacking"] == "").any() else aside(frame.head(0))


def _lacking(c: Company, deed: str) -> str:
    needs = KPIS[deed].needs if deed else ()
    absent = next((name for name in ("surveys.score", *needs) if not c.knows(name)), "")
    return absent or ("never_asked" if surveys.never_asked(c, "loyalty") else "not_enough")


def association(c: Company) -> pd.DataFrame:
    """Findings `satisfaction_loyalty`: Spearman's rank correlation of satisfaction and loyalty between customers (D126), and
    `link_moderated`: by how much a deviation more of expectation, or of attention to competitors, changes the slope of loyalty on
    satisfaction, both in deviations (`models.moderation`: all in one regression).

    Satisfaction is the mean perceived service (SERVQUAL), loyalty the index of `stated` without attention to competitors; both
    from the tiers' window. Fisher z and HC3 intervals, n customers. Associations, not effects.
    """
    both, level = _paired(c), c.policy.statistics.confidence
    rows = []
    if len(both):
        estimate = _spearman(both["satisfaction"], both["loyalty"], level)
        rows.append(finding(c, "satisfaction_loyalty", estimate, n=len(both)))
    asked = [name for name in MODERATORS if both[name].notna().any()]
    whole = both.dropna(subset=asked)
    told = moderated(whole["loyalty"], whole["satisfaction"], [whole[name] for name in asked], confidence=level)
    for name, estimate in zip(asked, told[1:], strict=True):
        rows.append(finding(c, "link_moderated", estimate, n=len(whole), segment=MODERATORS[name]))
    return findings(c, rows, of=("satisfaction_loyalty", "link_moderated"))


def _asked(c: Company, instrument: str) -> Table:
    return surveys.answers(c).filter((_.instrument == instrument) & (_.day >= windows.start(c)))


def _answers(c: Company) -> pd.DataFrame:
    """One row per customer: their latest answer to each indicator within the tiers' window, as (`score`, item) in points and as
    (`turned`, item) from 0 to 1, where 1 is loyal; no rows where none was asked.

    Which way an indicator points is the deck's, unless the company says itself whether higher is better.
    """
    asked = _asked(c, "loyalty").filter(_["item"].isin(list(INDICATORS)))
    last = surveys.latest(asked, "item").select("customer_id", "item", "score", "low", "high", "higher_is")
    frame = last.order_by("customer_id", "item").to_pandas()
    loyal_high = frame["item"].map(INDICATORS) > 0
    loyal_high = (frame["higher_is"] == "better").where(frame["higher_is"].notna(), loyal_high)
    low, high, score = (frame[name].astype(float) for name in ("low", "high", "score"))
    frame["turned"] = (score - low).where(loyal_high, high - score) / (high - low)
    return frame.pivot(index="customer_id", columns="item", values=["score", "turned"]).astype(float)


def _index(wide: pd.DataFrame, *, without: tuple[str, ...] = ()) -> pd.Series:
    """Mean over a customer's indicators, turned and scaled: 1 is loyal, 0 is not."""
    turned = {i: wide["turned", i] for i in INDICATORS if ("turned", i) in wide and i not in without}
    return pd.DataFrame(turned, index=wide.index).mean(axis=1)


def _bought(c: Company) -> dict[str, tuple[int, int]]:
    """Per share of the buyers of the tiers' window: how many, of how many of whom it is known."""
    buyers = purchases.recent(c).group_by("customer_id").agg(
        orders=_.count(), priced=_.discount.count(), discounted=_.count(where=_.discount > 0)
    )  # fmt: skip
    here = buyers.semi_join(use.logins(c).filter(_.day >= windows.last(c, 1)), "customer_id")
    row = buyers.agg(
        n=_.count(),
        again=_.count(where=_.orders > 1),
        priced=_.count(where=_.priced > 0),
        cheap=_.count(where=_.discounted * 2 > _.priced),
        here=here.count().as_scalar(),
    ).to_pandas()
    counts = {name: int(value) for name, value in row.iloc[0].items()}
    return {
        "repeat_buyer_share": (counts["again"], counts["n"]),
        "discount_buyer_share": (counts["cheap"], counts["priced"]),
        "brand_attention_share": (counts["here"], counts["n"]),
    }


def _forgave(c: Company) -> dict[str, tuple[int, int]]:
    """Customers whose latest case is old enough to tell, and how many of them ordered again in time."""
    over, oldest = c.as_of - timedelta(days=RETURN_DAYS), c.as_of - windows.YEAR
    last = cases.cases(c).filter((_.day <= over) & (_.day >= oldest)).group_by("customer_id").agg(case_on=_.day.max())
    joined = last.inner_join(purchases.days(c), "customer_id")
    after = joined.day.delta(joined.case_on, unit="day")
    again = joined.filter((after >= 1) & (after <= RETURN_DAYS)).customer_id.nunique()
    return {"tolerance_share": (int(again.to_pandas()), int(last.count().to_pandas()))}


def _paired(c: Company) -> pd.DataFrame:
    """One row per customer with both: `satisfaction`, `expectation`, `loyalty`, `competitors` (NaN where not asked)."""
    wide = _answers(c)
    asked = surveys.service(c).filter(_.day >= windows.start(c))
    sums = {side: asked[side].cast("decimal(18, 6)").sum().cast("float64") for side in ("perception", "expectation")}
    felt = asked.group_by("customer_id").agg(n=asked.count(), **sums).order_by("customer_id").to_pandas()
    felt = felt.set_index("customer_id")
    frame = pd.DataFrame(
        {"satisfaction": felt["perception"] / felt["n"], "expectation": felt["expectation"] / felt["n"]}
    )
    frame = frame.join(_index(wide, without=("attention_to_competitors",)).rename("loyalty"), how="inner")
    rival = ("score", "attention_to_competitors")
    frame["competitors"] = wide[rival].reindex(frame.index) if rival in wide else np.nan
    return frame.dropna(subset=["satisfaction", "loyalty"]).sort_index()


def _spearman(x: pd.Series, y: pd.Series, confidence: float) -> tuple[float, float, float]:
    """Rank correlation with the Fisher z interval of Bonett and Wright (2000); NaN below four rows or without spread."""
    n = len(x)
    if n < 4 or x.nunique() < 2 or y.nunique() < 2:
        return (float("nan"),) * 3
    r = float(np.clip(np.corrcoef(x.rank(), y.rank())[0, 1], -1.0, 1.0))
    if abs(r) == 1:
        return r, float("nan"), float("nan")
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * float(np.sqrt((1 + r * r / 2) / (n - 3)))
    return r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))
