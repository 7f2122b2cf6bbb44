"""The made company lives on: the past stays, the same lists give the same months, and what a list brings is what is planted."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from crmlib.run import teach
from crmlib.run.teach import TeachingError
from crmlib.teaching import ahead, carrying, continued, plan, reactions
from crmlib.teaching.ahead import LONGEST
from crmlib.teaching.contacts import CHANNELS
from crmlib.teaching.files import _unpacked, write_source
from crmlib.teaching.living import Life, Lived, begun, live
from crmlib.teaching.make import make, write
from crmlib.teaching.programmes import month_start
from crmlib.teaching.world import ALL, tables, world
from crmlib.vocabulary.reasons_to_act import OWED, PERSONAL, WHAT
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.statuses import words

SIZE, SEED = 800, 7
DATED = {"orders": "ordered_at", "interactions": "at", "tickets": "opened_at", "surveys": "at", "activity": "day"}


def listed(life: Life, n: int, *, hold_out: float = 0.25) -> pd.DataFrame:
    """A list of quiet customers, by lot, of every reason and over every channel; some held out."""
    rng, first = np.random.default_rng([life.made.seed, life.month]), month_start(life.month)
    last, _orders = life.made.trade.last_before(first, len(life.made.people))
    fit = np.flatnonzero(first - last > 30)
    who = np.sort(rng.choice(fit, min(n, len(fit)), replace=False))
    why = rng.choice([w for w in WHAT if w not in OWED], len(who))
    return pd.DataFrame(
        {
            "entity": who,
            "why": why,
            "purpose": [WHAT[w][1] for w in why],
            "channel": rng.choice(["phone", "wechat", "sms", "email", ""], len(who)),
            "arm": np.where(rng.random(len(who)) < hold_out, "hold_out", "act"),
            "due": first + rng.integers(0, 14, len(who)).astype(float),
            "explored": False,
        }
    )


def lives(months: int, seed: int = SEED, size: int = SIZE) -> tuple[Life, list[Lived]]:
    life = begun(size, seed)
    return life, [live(life, listed(life, size // 8)) for _month in range(months)]


@cache
def three() -> tuple[Life, list[Lived]]:
    return lives(3)


def test_the_past_stays_and_nothing_before_the_month_is_added() -> None:
    life, lived = three()
    past = world(SIZE, SEED, ALL)
    first = month_start(plan.MONTHS)
    assert first == plan.DAYS
    before = life.made.orders["at"] < first
    pd.testing.assert_frame_equal(life.made.orders[before].reset_index(drop=True), past.orders)
    for month, one in enumerate(lived):
        begins, ends = (
            pd.Timestamp(plan.START) + pd.Timedelta(days=month_start(plan.MONTHS + month + k)) for k in (0, 1)
        )
        for name, frame in one.frames.items():
            assert list(frame.columns) == list(tables(past, ALL)[name].columns), name
            assert len(frame), name
            if name in DATED:
                assert frame[DATED[name]].between(begins, ends, inclusive="left").all(), name
            for column in frame.select_dtypes("datetime"):
                if column not in ("acquired_on", "birthday"):
                    assert not (frame[column] >= ends).any(), (name, column)
        assert (one.solved["resolved_at"].between(begins, ends, inclusive="left")).all()
        assert (one.withdrawn["withdrawn_at"].between(begins, ends, inclusive="left")).all()


def test_keys_go_on_and_every_row_is_of_a_customer() -> None:
    life, lived = three()
    known = set(life.made.held["record_id"])
    past = tables(world(SIZE, SEED, ALL), ALL)
    for name in lived[0].frames:
        parts = [past[name], *(one.frames[name] for one in lived)]
        every = pd.concat([part.assign(customer_id=part["customer_id"].astype(str)) for part in parts])
        assert set(every["customer_id"]) <= known, name
        keys = [key for key in TABLES[name].key if key in every]
        assert not every.duplicated(keys).any(), name
    people = pd.concat([past["customers"], *(one.frames["customers"] for one in lived)])
    for point, form in (
        ("phone", r"1470\d{7}"),
        ("email", r"[a-z.]+\d+@example\.(com|org|net)"),
        ("wechat", r"yx_[a-z]+\d+"),
    ):
        new = people[point].iloc[len(past["customers"]) :].dropna()
        assert not new.isin(people[point].iloc[: len(past["customers"])]).any()
        assert new.is_unique
        assert new.str.fullmatch(form).all(), "nobody real"


def test_the_same_lists_give_the_same_months_and_other_lists_others() -> None:
    _life, first = three()
    _again, second = lives(3)
    for one, other in zip(first, second, strict=True):
        for name, frame in one.frames.items():
            pd.testing.assert_frame_equal(frame, other.frames[name])
        pd.testing.assert_frame_equal(one.done, other.done)
    life = begun(SIZE, SEED)
    idle = live(life, listed(life, 0))
    assert not (idle.frames["interactions"]["campaign"] == carrying.CAMPAIGN).any()
    bought = [
        {*zip(o["customer_id"], o["ordered_at"].dt.date, strict=True)}
        for o in (first[0].frames["orders"], idle.frames["orders"])
    ]
    assert 0.7 < len(bought[0] & bought[1]) / len(bought[1]) < 1, "most orders come of themselves"


def test_each_row_has_a_fate_and_the_held_out_are_left_alone() -> None:
    life, lived = three()
    for one in lived:
        done = one.done
        assert set(done["fate"]) <= set(carrying.FATES)
        assert ((done["fate"] == "held_out") == (done["arm"] == "hold_out")).all()
        acted = done["fate"].isin(("done", "late"))
        assert (acted == done["at"].notna()).all()
        assert not done.loc[~acted, ["extra_order", "lost_order", "left", "answered"]].any().any()
        assert (done.loc[~acted, "expected"] == 0).all()
        day = np.floor(done["at"])
        assert (day <= done["due"])[done["fate"] == "done"].all()
        assert (day > done["due"])[done["fate"] == "late"].all()
        ids = life.made.held["record_id"].to_numpy()
        entity = dict(zip(ids, life.made.held["entity_id"], strict=True))
        contacts = one.frames["interactions"]
        ours = contacts[contacts["campaign"] == carrying.CAMPAIGN]
        assert sorted(ours["customer_id"].astype(str).map(entity)) == sorted(done.loc[acted, "entity"])
    shares = pd.concat([one.done for one in lived])
    shares = shares.loc[shares["arm"] == "act", "fate"].value_counts(normalize=True)
    assert 0.7 < shares["done"] < 0.9
    assert shares["late"] > 0.03 < shares["not_done"]


def test_the_planted_effect_is_what_came_over_many_companies() -> None:
    gaps, spread = [], []
    for seed in range(40, 48):
        _life, lived = lives(2, seed)
        done = pd.concat([one.done for one in lived])
        done = done[done["arm"] == "act"]
        came = done["extra_order"].astype(float) - done["lost_order"]
        gaps.append((came - done["expected"]).sum())
        spread.append((done["expected"].abs() * (1 - done["expected"].abs())).sum())
    assert abs(sum(gaps)) < 3.5 * np.sqrt(sum(spread))
    assert sum(spread) > 30


def test_intention_to_treat_covers_what_is_planted() -> None:
    """The difference of the ordering shares of both arms, as chapter 6 takes it, over companies."""
    found = []
    for seed in range(60, 68):
        life, lived = lives(1, seed, 1500)
        done, first = lived[0].done, plan.DAYS
        ordered = life.made.trade.ordered(first, first + plan.OUTCOME_DAYS)[done["entity"].to_numpy()]
        act = (done["arm"] == "act").to_numpy()
        gap = ordered[act].mean() - ordered[~act].mean() - done.loc[act, "expected"].mean()
        found.append(gap / np.sqrt(ordered[act].var() / act.sum() + ordered[~act].var() / (~act).sum()))
    assert abs(np.mean(found)) < 3.5 / np.sqrt(len(found))
    assert np.abs(found).max() < 4


def test_reactions_know_every_reason_and_an_answer_owed_wakes_nobody() -> None:
    assert set(WHAT) <= set(reactions.PERSUADES)
    assert {why for why in WHAT if why not in PERSONAL} == set(reactions.MESSAGES) - {"offer"}
    assert set(reactions.TALK) | set(reactions.MESSAGE) <= set(CHANNELS)
    dog = np.array(["sleeping_dog"])
    for why in WHAT:
        likely = reactions.chances(dog, np.array([False]), why, "wechat")
        assert (likely.stays_away[0] == 0) == (why in OWED), why


def test_customers_go_on_as_before() -> None:
    life, _lived = lives(6, 3, 4000)
    orders = life.made.orders
    month = (pd.Timestamp(plan.START) + pd.to_timedelta(orders["at"], unit="D")).dt.to_period("M")
    count = orders.groupby(month).size()
    recent, after = count["2025-12":"2026-04"].sum(), count["2026-12":"2027-04"].sum()  # type: ignore[misc]
    assert 0.85 < after / recent < 1.25, "the same months a year later"
    steady = np.flatnonzero((life.made.people["regularity"] > 1) & (life.made.people["acquired"] < plan.DAYS - 200))
    own = life.made.orders[life.made.orders["entity"].isin(steady)].sort_values(["entity", "at"])
    gap = own.groupby("entity")["at"].diff()
    over = gap[(own["at"] >= plan.DAYS) & (own["at"] - gap < plan.DAYS)]
    assert 60 < over.median() < 130, "no gap at the seam"


def test_a_company_ends_with_its_calendar() -> None:
    life = begun(30, 2)
    live(life, listed(life, 3))
    life.month = plan.MONTHS + LONGEST - 1
    live(life, listed(life, 3))
    assert month_start(life.month) == ahead.HORIZON
    with pytest.raises(ValueError, match="has; begin another one"):
        live(life, listed(life, 3))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Exports of a small company, as a copy that has not lived on yet."""
    write(tmp_path / "company", make(SIZE, SEED))
    (tmp_path / "company" / continued.STATE).write_text(json.dumps({"seed": SEED, "customers": SIZE}))
    return tmp_path / "company"


def proposals(life: Life, file: Path) -> Path:
    """The list as a review writes it."""
    rows = listed(life, 100)
    ids = life.made.held["record_id"].to_numpy()[rows["entity"]]
    days = pd.Timestamp(plan.START) + pd.to_timedelta(rows["due"], unit="D")
    frame = rows.assign(customer_id=ids, due_on=days.dt.strftime("%Y-%m-%d"), explore="False")
    frame["action_id"] = [f"a{i:04}{'0' * 8}" for i in range(len(frame))]
    frame[continued.READ].to_csv(file, index=False, encoding="utf-8-sig")
    return file


def test_exports_are_added_to_and_what_stood_there_stays(copied: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in copied.iterdir()}
    cases = pd.read_csv(copied / "desk_cases.csv.gz", sep="\t", dtype="str")
    told = continued.next_month(copied, proposals(begun(SIZE, SEED), tmp_path / "list.csv"))
    assert told["month"] == "2026-11"
    assert sum(told["fates"].values()) == 100
    for name, old in before.items():
        (tmp_path / "old").mkdir(exist_ok=True)
        (tmp_path / "old" / name).write_bytes(old)
        if name.endswith(".gz") and name not in ("desk_cases.csv.gz",):
            assert _unpacked(copied / name).startswith(_unpacked(tmp_path / "old" / name)), name
        elif name.endswith(".parquet"):
            new, was = (pq.read_table(folder / name) for folder in (copied, tmp_path / "old"))
            assert new.schema == was.schema
            if name != "consents.parquet":
                assert new.slice(0, len(was)).equals(was), name
    after = pd.read_csv(copied / "desk_cases.csv.gz", sep="\t", dtype="str").iloc[: len(cases)]
    dated = ["First answer", "Solved"]
    pd.testing.assert_frame_equal(after.drop(columns=dated), cases.drop(columns=dated))
    for name in dated:
        changed = (after[name] != cases[name]) & ~(after[name].isna() & cases[name].isna())
        assert cases.loc[changed, name].isna().all()
        assert after.loc[changed, name].str.startswith("2026-11").all()
    lists = pd.read_csv(copied / told["list"], dtype="str", keep_default_na=False)
    assert (lists["status"].isin(["done", "open", "called_off"]) == (lists["arm"] == "act")).all()
    assert set(lists["status"]) - {""} <= set(words().values())
    assert lists.loc[lists["status"] == "done", "done_at"].str.startswith("2026-11").all()


def test_a_month_made_again_is_the_same_to_the_byte_and_months_follow(copied: Path, tmp_path: Path) -> None:
    file = proposals(begun(SIZE, SEED), tmp_path / "list.csv")
    write(tmp_path / "other", make(SIZE, SEED))
    (tmp_path / "other" / continued.STATE).write_text(json.dumps({"seed": SEED, "customers": SIZE}))
    for folder in (copied, tmp_path / "other"):
        continued.next_month(folder, file)
    for path in copied.iterdir():
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes(), path.name
    life = begun(SIZE, SEED)
    live(life, continued._listed(life, pd.read_csv(file, dtype="str", keep_default_na=False)))
    assert continued.next_month(copied, proposals(life, tmp_path / "list.csv"))["month"] == "2026-12"
    assert sorted(p.name for p in (copied / "lists").iterdir()) == ["2026-11.csv", "2026-12.csv"]
    orders = pq.read_table(copied / "erp_invoices.parquet").to_pandas()
    assert orders["invoice_no"].is_unique
    assert orders["ordered_at"].max() >= pd.Timestamp("2026-12-20")


def test_what_is_wrong_is_one_line(copied: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("action_id,customer_id,why,channel,arm,due_on\na1,NOBODY,dropped,phone,act,2026-11-03\n")
    command = [sys.executable, "-m", "crmlib.teaching.continued", str(copied), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "the list names a customer whom this company does not have: NOBODY"
    file.write_text("action_id,customer_id\n")
    with pytest.raises(ValueError, match="no column 'why'"):
        continued.next_month(copied, file)


def test_a_file_that_is_not_there_yet_is_begun(tmp_path: Path) -> None:
    frame = make(60, 3, only=("orders",), defects=False).sources["crm_sales.csv.gz"]
    write_source(tmp_path, "crm_sales.csv.gz", frame)
    continued.append_source(tmp_path, "crm_2.csv.gz", frame)
    assert _unpacked(tmp_path / "crm_2.csv.gz") == _unpacked(tmp_path / "crm_sales.csv.gz")
    continued.append_source(tmp_path, "crm_2.csv.gz", frame)
    assert _unpacked(tmp_path / "crm_2.csv.gz").count(b"\xef\xbb\xbf") == 1


def test_a_folder_that_holds_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TeachingError, match=r"holds other things \(mine.txt\)"):
        teach.next_month(tmp_path)


def test_a_copy_is_made_once_without_key_and_put_right_after_a_kill(tmp_path: Path) -> None:
    home = teach._copy(tmp_path)
    there = {path.name for path in home.iterdir()}
    assert "company.toml" in there
    assert not there & {".crmlib", "tables", ".lock"}
    home.rename(tmp_path / teach.OLD)
    (tmp_path / teach.DRAFT).mkdir()
    assert {path.name for path in teach._copy(tmp_path).iterdir()} == there
    assert not (tmp_path / teach.DRAFT).exists()
    (home / teach.STATE).write_text("{")
    with pytest.raises(TeachingError, match="damaged; delete"):
        teach._state(home)


def test_three_lines_say_what_was_done_what_it_was_worth_and_where(tmp_path: Path) -> None:
    review = tmp_path / "2026-11"
    (review / "private").mkdir(parents=True)
    figures = ("2026-11,,0.145,0.11,0.177", "2026-11,2026-10,,,", "2026-10,2026-10,0.1,0.0,0.2")
    lines = ["kpi,period,segment,value,low,high", *(f"action_effect,{figure}" for figure in figures)]
    (review / "private" / "kpis.csv").write_text("\n".join(lines) + "\n")
    fates = dict(zip(carrying.FATES, (226, 26, 18, 3, 123), strict=True))
    about = {"month": "2026-11", "fates": fates, "planted": 0.06, "planted_of_all": 0.12}
    done, worth, page = teach.told(about, review)
    assert done.startswith("Nov 2026: 396 proposals; 226 done in time, 26 late, 18 not done, 3 no longer allowed, 123")
    assert "14.5% (11.0% to 17.7%; planted 12.0%)" in worth
    assert "not enough to tell (planted 6.0%)" in worth
    assert page.endswith("index.html")
