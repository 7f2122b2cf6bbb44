"""Study: how much of an oracle's margin the list brings on the made company that lives on, and its effect beside the planted one.

`python -m tests.studies living [--months 5] [--seeds 3] [--customers 8000]`: each month the list is made as chapter 5 makes it,
carried out as a team would, and the next month comes of what is planted. By month: the effect of the list as chapter 6 tells it
beside the planted one, and the share of the margin of an oracle (the same candidates, channels, minutes and lots) that the list
brings. The last list is made after so many months of learning, beyond the company's own programme.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from crmlib.facts import lots
from crmlib.facts.company import Company
from crmlib.measures import experiments
from crmlib.teaching import continued as truth
from crmlib.teaching import plan
from crmlib.teaching.carrying import FATES
from crmlib.teaching.living import Life, begun, live
from crmlib.teaching.programmes import month_start
from crmlib.teaching.world import ALL, tables, world
from crmlib.vocabulary.policy import load
from crmlib.vocabulary.reasons_to_act import WHAT
from crmlib.vocabulary.schema import TABLES
from tests.lists import filled
from tests.small_company import frozen
from tests.study_list import YEAR, gains, proposed_in_full
from tests.study_warning import one_record, typed

POLICY = Path(__file__).parents[1] / "datasets" / "teaching" / "policy.toml"


@dataclass
class Living:
    """A company that lives on, and its tables with each customer one record."""

    customers: int
    seed: int
    life: Life = field(init=False)
    frames: dict[str, pd.DataFrame] = field(init=False)

    def __post_init__(self) -> None:
        self.life = begun(self.customers, self.seed, defects=False)
        past = world(self.customers, self.seed, ALL, defects=False)
        self.frames = {name: self._one_record(frame) for name, frame in tables(past, ALL).items()}

    @property
    def day(self) -> int:
        """The first day of the month to come, by number."""
        return month_start(self.life.month)

    def _one_record(self, frame: pd.DataFrame) -> pd.DataFrame:
        return one_record(frame, self.life.made.held)

    def company(self, folder: Path) -> Company:
        """As known at the end of the last month."""
        policy = load(POLICY)
        part = {"capacity": max(1, round(policy.contact.capacity * self.customers / 8000))}
        part |= {name: getattr(policy.contact, name) * self.customers / 8000 for name in ("owner_hours", "team_hours")}
        policy = policy.model_copy(update={"contact": policy.contact.model_copy(update=part)})
        rows = {name: typed(name, frame) for name, frame in self.frames.items()}
        return frozen(rows, folder, as_of=plan.START + timedelta(days=self.day - 1), policy=policy)

    def next_month(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Carry the list out, and live the month; what became of it (`carrying.carried_out`)."""
        due = (pd.to_datetime(rows["due_on"]) - pd.Timestamp(plan.START)).dt.days
        purpose = [WHAT.get(why, WHAT["habit"])[1] for why in rows["why"]]
        explored = rows["explore"].fillna(False).astype(bool)
        listed = rows.assign(entity=rows["customer_id"].astype(int), due=due.fillna(self.day), purpose=purpose)
        listed = listed.assign(explored=explored)
        listed = listed[["entity", "why", "purpose", "channel", "arm", "due", "explored"]].reset_index(drop=True)
        made_on = pd.Timestamp(plan.START) + pd.Timedelta(days=self.day - 1)
        lived = live(self.life, listed)
        for name, frame in lived.frames.items():
            self.frames[name] = pd.concat([self.frames[name], self._one_record(frame)], ignore_index=True)
        withdrawn = self._one_record(lived.withdrawn)
        self.frames["tickets"] = _filled_in(self.frames["tickets"], lived.solved, ["ticket_id"])
        self.frames["consents"] = _filled_in(self.frames["consents"], withdrawn, ["customer_id", "channel", "purpose"])
        done = pd.Timestamp(plan.START) + pd.to_timedelta(lived.done["at"], unit="D")
        kept = rows[[name for name in rows.columns if name in TABLES["actions"].frozen]].reset_index(drop=True)
        status = np.where(done.notna(), "done", np.where(lived.done["fate"] == FATES[3], "called_off", "open"))
        kept = kept.assign(
            due_on=pd.to_datetime(kept["due_on"]),
            proposed_on=made_on,
            done_at=done.dt.floor("s"),
            status=np.where(kept["arm"] == "act", status, None),
        )
        self.frames["actions"] = pd.concat([self.frames["actions"], kept], ignore_index=True)
        return lived.done


def _filled_in(frame: pd.DataFrame, values: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    told = frame[keys].merge(values, how="left", on=keys)
    told.index = frame.index
    return frame.assign(**{c: frame[c].fillna(told[c]) for c in values.columns.difference(keys)})


def captured(seed: int, customers: int, months: int) -> list[dict[str, float]]:
    """By list, the first before anything was learnt but from the programme: `list` and `by_revenue` (shares of the oracle's
    margin), and of the list before `measured`, `low`, `high` and `planted`.
    """
    company, told, planted = Living(customers, seed), [], np.nan
    for month in range(months + 1):
        with TemporaryDirectory() as home:
            c = company.company(Path(home))
            valued, found, _listed = proposed_in_full(c)
            gain = gains(c, company.life.made, valued, company.day)
            valued = valued.assign(gain=gain, arm=lots.arms(c, valued["customer_id"]))
            figures = experiments.effect(c)
        before = f"{plan.START + timedelta(days=month_start(company.life.month - 1) - 1):%Y-%m}"
        mine = figures[(figures["kpi"] == "action_effect") & (figures["segment"] == before)]
        row = {"month": float(month), **_shares(company, valued, found.rows), "planted": planted}
        row |= {
            name: float(mine[of].iloc[0]) if month and len(mine) else np.nan
            for name, of in (("measured", "value"), ("low", "low"), ("high", "high"))
        }
        told.append(row)
        words = ", ".join(
            f"{name} {row[name]:.1%}" for name in ("list", "by_revenue", "measured", "low", "high", "planted")
        )
        print(f"seed {seed}, {company.life.name}: {words} ({len(found.rows)} listed of {len(valued)})", flush=True)
        done = company.next_month(found.rows)
        planted = truth.planted(truth.compared(done))
    return told


def _shares(company: Living, valued: pd.DataFrame, listed: pd.DataFrame) -> dict[str, float]:
    acting = listed[listed["arm"] == "act"]
    minutes = float(acting["minutes"].sum())
    brought = float(valued.loc[valued["customer_id"].isin(acting["customer_id"]), "gain"].sum())
    able = valued[valued["arm"] == "act"]
    orders = company.life.made.orders
    year = orders[(orders["at"] >= company.day - YEAR) & (orders["at"] < company.day)].groupby("entity")["amount"].sum()
    able = able.assign(
        year=able["customer_id"].astype(int).map(year).fillna(0.0), a_minute=able["gain"] / able["minutes"]
    )
    best = filled(able[able["gain"] > 0].sort_values("a_minute", ascending=False), minutes)["gain"].sum()
    revenue = filled(able.sort_values("year", ascending=False), minutes)["gain"].sum()
    return {"list": brought / best, "by_revenue": float(revenue / best)}


def main(arguments: list[str]) -> int:
    """All seeds."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies living")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--months", type=int, default=5)
    parser.add_argument("--customers", type=int, default=8000)
    given = parser.parse_args(arguments)
    seeds = range(given.first, given.first + given.seeds)
    told = pd.DataFrame([row for seed in seeds for row in captured(seed, given.customers, given.months)])
    print(told.groupby("month")[["list", "by_revenue", "measured", "planted"]].mean().map("{:.1%}".format).to_string())
    known = told.dropna(subset=["measured", "planted"])
    inside = ((known["low"] <= known["planted"]) & (known["planted"] <= known["high"])).sum()
    print(f"the interval of the month holds the planted effect in {inside} of {len(known)} months")
    return 0
