"""The win-back board: how many customers stand at which stage and for how long, who comes on to it, and care after a return
(D103, D109, D110).
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from crmlib.facts import board as facts
from crmlib.facts import expressions as ex
from crmlib.facts import reachability, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, marked, share_of
from crmlib.vocabulary.reasons_to_act import CARE, LEAVING
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.stages import ENDS, STAGES

COLUMNS = (*TABLES["board"].names, "stage", "days_in_stage", "care_on")
KPIS = ("board_customers", "won_back_share")


def rows(c: Company, proposed: pd.DataFrame) -> pd.DataFrame:
    """The board of the month, `COLUMNS`: who stood on it, with what came since, and who comes on to it, as the list (`proposed`,
    as of `actions.propose`) acts on them because they may leave. Ended ways stand there for a year.

    `care_on` is the day of the care after a return. A customer has one way that goes on at most; columns of days are dates.
    """
    there = facts.board(c)
    kept = there.filter(_.stage.notin(list(ENDS)) | (_.since > c.as_of - windows.YEAR))
    frame = kept.order_by("warned_on", "customer_id").to_pandas()
    open_ = set(frame.loc[~frame["stage"].isin(ENDS), "customer_id"])
    new = proposed[(proposed["arm"] == "act") & proposed["why"].isin(LEAVING) & ~proposed["customer_id"].isin(open_)]
    again = frame["customer_id"].isin(new["customer_id"]) & (frame["warned_on"].map(_date) == c.as_of)
    new = new[~new["customer_id"].isin(frame.loc[again, "customer_id"])]
    begun = new[["customer_id", "owner"]].assign(warned_on=c.as_of, stage=STAGES[0], since=c.as_of)
    whole = pd.concat([frame.astype(object), begun.astype(object)], ignore_index=True) if len(begun) else frame
    back = whole["stage"] == ENDS[0]
    after = timedelta(days=c.policy.contact.care_after_days)
    whole = whole.assign(
        days_in_stage=[(c.as_of - _date(day)).days if pd.notna(day) else None for day in whole["since"]],
        care_on=[_date(day) + after if is_back else None for day, is_back in zip(whole["since"], back, strict=True)],
    )
    return whole.reindex(columns=list(COLUMNS))


def counts(c: Company, board: pd.DataFrame) -> pd.DataFrame:
    """One row per stage in order: stage, customers, days_in_stage (half of them have stood there longer), longest_days; none
    where nobody stands on the board.
    """
    each = board.assign(days=board["days_in_stage"].astype(float)).groupby("stage")["days"]
    table = pd.DataFrame({"customers": each.size(), "days_in_stage": each.median(), "longest_days": each.max()})
    table = table.reindex([stage for stage in STAGES if stage in table.index]).rename_axis("stage").reset_index()
    return marked(c, table, "board", "orders")


def told(c: Company, board: pd.DataFrame) -> pd.DataFrame:
    """Findings: `board_customers` on the way, whole and by stage, and of the ways that ended the share that came back."""
    stages = board["stage"].value_counts()
    going = {stage: int(stages.get(stage, 0)) for stage in STAGES if stage not in ENDS}
    n = sum(going.values())
    uses = (*reachability.read_from(c), "interactions.direction")
    found = [finding(c, KPIS[0], n, n=n, uses=uses)]
    found += [finding(c, KPIS[0], k, n=n, segment=s, uses=uses) for s, k in going.items() if k]
    back, lost = (int(stages.get(stage, 0)) for stage in ENDS)
    if back + lost:
        found.append(share_of(c, KPIS[1], back, back + lost))
    return findings(c, found if len(board) else [], of=KPIS)


def care_due(c: Company) -> Expression:
    """Who came back and is due for care: customer_id, moment (`care_after_return`), back_on, due_on, within the coming month
    and not already on the way again.
    """
    away = facts.going_on(c).select("customer_id")
    back = facts.board(c).filter(_.stage == ENDS[0]).anti_join(away, "customer_id")
    back = back.group_by("customer_id").agg(back_on=_.back_on.max())
    after = c.policy.contact.care_after_days
    due = back.mutate(due_on=(back.back_on + ex.interval(days=after)).cast("date"), moment=ex.literal(CARE))
    return due.filter(_.due_on > c.as_of, _.due_on <= c.as_of + timedelta(days=31)).select(
        "customer_id", "moment", "back_on", "due_on"
    )


def _date(day: date) -> date:
    return pd.Timestamp(day).date()
