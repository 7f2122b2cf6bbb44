"""The win-back board: who was warned of, how far winning back has come with each, and who is back (D103, D110)."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import proposals, purchases
from crmlib.facts.company import Company, fact
from crmlib.vocabulary.reasons_to_act import LEAVING
from crmlib.vocabulary.stages import DAY_OF, ENDS, STAGES


@fact
def board(c: Company) -> Table:
    """One row per customer and warning: customer_id, the days of `DAY_OF`, cause, plan, owner, stage, since (day of the stage).

    What is on record moves a customer on by itself: an order after the warning is back, and an action that was carried out after
    the plan is contacted. A customer who is back or lost goes on only with a new warning.
    """
    rows = c.tables.board
    bought = purchases.days(c).filter(_.is_kept).select("customer_id", bought_on="day")
    came = rows.select("customer_id", "warned_on").inner_join(bought, "customer_id").filter(_.bought_on > _.warned_on)
    came = came.group_by("customer_id", "warned_on").agg(bought_on=_.bought_on.min())
    acted = proposals.proposals(c).filter(_.done_at.notnull(), _.why.isin(list(LEAVING)))
    acted = acted.select("customer_id", acted_on=_.done_at.date())
    done = rows.filter(_.planned_on.notnull()).select("customer_id", "warned_on", "planned_on")
    done = done.inner_join(acted, "customer_id").filter(_.acted_on >= _.planned_on)
    done = done.group_by("customer_id", "warned_on").agg(acted_on=_.acted_on.min())
    for part in (came, done):
        rows = rows.left_join(part, ["customer_id", "warned_on"]).drop("customer_id_right", "warned_on_right")
    rows = rows.mutate(
        contacted_on=rows.contacted_on.coalesce(rows.acted_on),
        back_on=rows.lost_on.isnull().ifelse(rows.back_on.coalesce(rows.bought_on), rows.back_on),
    ).drop("acted_on", "bought_on")
    last = [(rows[DAY_OF[stage]].notnull(), stage) for stage in reversed(STAGES)]
    since = [(rows[DAY_OF[stage]].notnull(), rows[DAY_OF[stage]]) for stage in reversed(STAGES)]
    return rows.mutate(stage=ibis.cases(*last), since=ibis.cases(*since))


@fact
def going_on(c: Company) -> Table:
    """The rows of customers who are neither back nor lost."""
    return board(c).filter(_.stage.notin(list(ENDS)))
