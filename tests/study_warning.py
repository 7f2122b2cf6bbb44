"""Study: whether the warning names those who leave while they are still there, and calls a useless one useless.

`python -m tests.studies warning [teaching|coverage|noise|retail] [--seeds 10] [--customers 8000] [--months 18]`:

teaching: at each month end those named of the made company, held against the planted day of leaving. coverage: how often the
interval of the precision holds the precision over many companies of the kind. noise: companies in which nothing shows before
leaving, and how often every way is called useless. retail: Online Retail II, of the 200 from whom fewest orders are expected the
share without one in 90 days.
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from crmlib.facts import hindsight, looks, ways
from crmlib.facts.company import Company, company_from
from crmlib.measures import warning_grade
from crmlib.models.grading import named
from crmlib.teaching import plan
from crmlib.teaching.world import World, tables, world
from crmlib.vocabulary.policy import Policy, load
from crmlib.vocabulary.schema import TABLES
from tests.leaving import company
from tests.public_companies import orders, there
from tests.small_company import frozen

WANTED = ("orders", "interactions", "tickets", "surveys", "activity")
POLICY = Path(__file__).parents[1] / "datasets" / "teaching" / "policy.toml"
HORIZON = 90
POINTS = ("name", "phone", "email", "wechat")


def teaching_company(
    folder: Path, customers: int, seed: int, wanted: tuple[str, ...] = WANTED
) -> tuple[Company, pd.Series, World]:
    """The made company, each customer one record, the day of leaving (a number of days; infinite), and what is true of it."""
    made: World = world(customers, seed, wanted, defects=False)
    rows = {name: typed(name, one_record(frame, made.held)) for name, frame in tables(made, wanted).items()}
    policy = load(POLICY)
    capacity = max(1, round(policy.contact.capacity * customers / 8000))
    policy = policy.model_copy(update={"contact": policy.contact.model_copy(update={"capacity": capacity})})
    left = pd.Series(made.trade.left + plan.START.toordinal(), index=made.people["entity_id"].astype(str))
    return frozen(rows, folder, as_of=plan.END, policy=policy), left, made


def one_record(frame: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """A table of the made company with each customer one record, whichever of `held` a row came in with."""
    entity = dict(zip(held["record_id"], held["entity_id"], strict=True))
    frame = frame.assign(customer_id=frame["customer_id"].astype(str).map(entity).astype(str))
    frame = frame.assign(**{c: frame[c].astype("str") for c in frame.select_dtypes("category")})
    if "phone" in frame:
        frame = frame.drop_duplicates("customer_id")
        frame = frame.assign(**{f"{p}_status": np.where(frame[p].notna(), "valid", "missing") for p in POINTS})
    return frame


def typed(name: str, frame: pd.DataFrame) -> Table:
    """A table with the columns and types that are frozen; null what the frame does not have."""
    kinds = TABLES[name].frozen
    rows = ibis.memtable(frame[[c for c in frame.columns if c in kinds]])
    return rows.select(**{c: rows[c].cast(k) if c in rows.columns else ibis.null(k) for c, k in kinds.items()})


def teaching(seeds: int, customers: int, months: int) -> None:
    """By seed: of those named the share gone for more than 30 days, how many times the base rate leave within 90 days, and of all
    who left how many had been named in the 90 days before.
    """
    told = []
    for seed in range(1, seeds + 1):
        with TemporaryDirectory() as home:
            c, left, _made = teaching_company(Path(home), customers, seed)
            told.append(_held_against(c, left, months))
            print(
                f"seed {seed}: gone {told[-1][0]:.1%}, lift {told[-1][1]:.2f}, base {told[-1][2]:.1%}, found {told[-1][3]:.1%}",
                flush=True,
            )
    gone, lift, base, found = np.mean(told, axis=0)
    print(f"mean of {seeds}: gone {gone:.1%}, lift {lift:.2f}, base {base:.1%}, found {found:.1%}")


def _held_against(c: Company, left: pd.Series, months: int) -> tuple[float, float, float, float]:
    past, names, places = (
        hindsight.hindsight(c),
        list(looks.features(c)),
        c.policy.contact.capacity / hindsight.hindsight(c).step,
    )
    rows, last, model = [], None, None
    for back in range(months, 0, -1):
        here = past.rows[past.rows["back"] == back]
        if (months - back) % ways.REFIT == 0:
            model = ways.learned(c, until=int(here["on"].iloc[0]))
        last = here if model is None else here.assign(weight=named(model.log_odds(here[names].to_numpy(float)), places))
        rows.append(last)
    frame = pd.concat(rows)
    frame["weight"] = frame.get("weight", pd.Series(0.0, index=frame.index)).fillna(0.0)
    away = frame["customer_id"].map(left) - frame["on"]
    leaves = (away >= 0) & (away < HORIZON)
    whole = frame["weight"].sum()
    base = float(leaves[frame["on"] + HORIZON <= c.as_of.toordinal()].mean())
    over = frame["on"] + HORIZON <= c.as_of.toordinal()
    precision = float((frame["weight"] * leaves)[over].sum() / frame["weight"][over].sum())
    first, final = int(frame["on"].min()), int(frame["on"].max())
    leavers = left[(left > first) & (left < final)].index
    caught = frame[leaves].groupby("customer_id")["weight"].max().reindex(leavers).fillna(0)
    return float(frame["weight"][away < -30].sum() / whole), precision / base, base, float(caught.mean())


def coverage(seeds: int, customers: int) -> None:
    """Whether the stated interval of the precision holds the true one: that of many more companies of the same kind."""
    truth, intervals = [], []
    for seed in range(seeds):
        done = ways.tried(company(1000 + seed, customers))
        if not done.graded:
            continue
        graded = done.graded["way_rhythm"]
        intervals.append(graded.precision(0.95))
        truth.append(float((graded.weight * graded.left).sum() / graded.weight.sum()))
        print(
            f"seed {1000 + seed}: {truth[-1]:.1%}, between {intervals[-1][1]:.1%} and {intervals[-1][2]:.1%}",
            flush=True,
        )
    true = float(np.mean(truth))
    held = np.mean([low <= true <= high for _value, low, high in intervals])
    print(f"{len(intervals)} seeds: precision {true:.1%} on average, held by {held:.1%} of the intervals")


def noise(seeds: int, customers: int) -> None:
    """How often every way is called useless where nothing shows before leaving."""
    told = []
    for seed in range(seeds):
        told.append(warning_grade.verdict(company(2000 + seed, customers, falls_to=1.0)))
        print(f"seed {2000 + seed}: {told[-1]}", flush=True)
    useless, few = (np.mean([word in text for text in told]) for word in ("useless", "too little"))
    print(f"{seeds} seeds: called useless in {useless:.1%}, too little to judge in {few:.1%}")


def retail() -> None:
    """Of those alive at seven month ends, the 200 from whom fewest orders are expected."""
    if "online_retail_ii" not in there():
        print("Online Retail II is not here")
        return
    frame = orders("online_retail_ii")
    shares, base = [], []
    for end in pd.date_range("2011-02-28", "2011-08-31", freq="ME"):
        c = company_from({"orders": frame}, as_of=end.date(), policy=Policy())
        here = looks.at_month_ends(c, 1).to_pandas()
        here = here[here["state"] == looks.STATES[0]].assign(on=end.date().toordinal())
        score = ways.expects_orders(c, here)
        later = frame[(frame["ordered_at"] > end) & (frame["ordered_at"] <= end + timedelta(days=HORIZON))]
        none = ~here["customer_id"].isin(set(later["customer_id"])).to_numpy()
        weight = named(score, 200) if score is not None else np.full(len(here), 200 / len(here))
        shares.append(float((weight * none).sum() / weight.sum()))
        base.append(float(none.mean()))
        print(
            f"{end.date()}: {len(here)} alive, of the 200 {shares[-1]:.3f} without an order, of all {base[-1]:.3f}",
            flush=True,
        )
    print(f"mean: {np.mean(shares):.3f}, base {np.mean(base):.3f}")


def main(arguments: list[str]) -> int:
    """What is named, or all of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies warning")
    parser.add_argument("part", nargs="?", choices=("teaching", "coverage", "noise", "retail"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--customers", type=int, default=8000)
    parser.add_argument("--months", type=int, default=18)
    given = parser.parse_args(arguments)
    small = min(given.customers, 400)
    parts = {
        "teaching": lambda: teaching(given.seeds, given.customers, given.months),
        "coverage": lambda: coverage(given.seeds, small),
        "noise": lambda: noise(given.seeds, small),
        "retail": retail,
    }
    for name in [given.part] if given.part else list(parts):
        parts[name]()
    return 0
