"""What came of each campaign among those it was meant for, by campaign and by type of campaign (D128).

A share among those contacted says what a campaign reached, not what it caused: for that see the arms.
"""

from __future__ import annotations

import pandas as pd

from crmlib.facts import clusters, trials
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import clustered_shares, findings
from crmlib.facts.lookups import remembered
from crmlib.models.estimates import Clustered
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.labels import SPLIT

SHOWN = 20
"""Campaigns that a page lists, the largest."""


def by_type(c: Company) -> pd.DataFrame:
    """Findings `campaign_type_result`: of the customers in campaigns of a type, who had the outcome (`told_by`).

    A customer counts once for each campaign; the interval holds by customer. Arms that were left alone or are the control of
    their campaign are left out. n is customers times campaigns.
    """
    parts = (
        _parts(c, _rows(c).filter(_.campaign_type.notin(("", OTHER))), "campaign_type")
        if c.knows("interactions.campaign_type")
        else []
    )
    parts = sorted(parts, key=lambda part: -part[1].hits / part[1].rows)
    return clustered_shares(c, "campaign_type_result", parts, uses=trials.surer(c))


def by_campaign(c: Company) -> pd.DataFrame:
    """Findings `campaign_result`, as `by_type`: over all, and by campaign, the largest `SHOWN`; none below
    `policy.statistics.min_n` customers.
    """
    rows = _rows(c)
    parts = sorted(_parts(c, rows.filter(_.campaign != ""), "campaign"), key=lambda part: (-part[1].rows, part[0]))[
        :SHOWN
    ]
    whole = [("", clusters.by_customer(rows, _.value > 0))] if parts else []
    parts = sorted(parts, key=lambda part: -part[1].hits / part[1].rows)
    return clustered_shares(c, "campaign_result", [*whole, *parts], uses=trials.surer(c))


def results(c: Company) -> pd.DataFrame:
    """The findings of `by_campaign` and `by_type`."""
    rows = [row for part in (by_campaign(c), by_type(c)) for row in part.to_dict("records")]
    return findings(c, rows, of=("campaign_result", "campaign_type_result"))


def drawn(results: pd.DataFrame) -> pd.DataFrame:
    """What a picture shows of `results`: the types of campaign, else the campaigns."""
    types = results[results["kpi"] == "campaign_type_result"]
    return types if len(types) > 1 else results[(results["kpi"] == "campaign_result") & (results["segment"] != "")]


@remembered
def told_by(c: Company) -> str:
    """The outcome that results are told by: of the company's own those that are yes or no, the one with most rows, else the
    response; "" where neither is recorded.
    """
    named = trials.kinds(c).filter(_.is_yes_no).order_by([_.rows.desc(), _.name]).limit(1)
    own: list[str] = named.to_pyarrow()["name"].to_pylist()
    return own[0] if own else trials.RESPONDED if c.knows("interactions.responded_at") else ""


def _rows(c: Company) -> Table:
    """The results by `told_by` of those whom a campaign was meant for."""
    rows = trials.results(c).filter(_.outcome == told_by(c))
    controls = pd.DataFrame(sorted(trials.controls(c).items()), columns=["campaign", "arm"])
    if len(controls):
        rows = rows.anti_join(
            ex.memtable(controls, schema={"campaign": "string", "arm": "string"}), ["campaign", "arm"]
        )
    return rows.filter(~trials.is_left_alone(c, rows))


def _parts(c: Company, rows: Table, name: str) -> list[tuple[str, Clustered]]:
    counted = clusters.by_customer_in(rows, _.value > 0, [name])
    of = SPLIT + told_by(c)
    return [(names[0] + of, sums) for names, sums in counted if sums.clusters >= c.policy.statistics.min_n]
