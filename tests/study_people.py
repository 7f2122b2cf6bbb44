"""Study: how many of the records that are one customer are brought together, how rightly, and how long it takes.

`python -m tests.studies people [public] [febrl] [teaching] [scale] [names]` measures each (all of them where none is named):
pairwise precision and recall of the groups on published records with known identities, on the teaching company of ten seeds,
the time and memory of 100,000 and 400,000 records, and what names alone bring together.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from pathlib import Path
from time import monotonic, process_time

import numpy as np
import pandas as pd

from crmlib.border.identity.resolution import Resolved, resolve
from crmlib.teaching import make as teaching
from crmlib.vocabulary.policy import load
from tests.test_identity import company, febrl, figures

PEOPLE = Path(__file__).parents[1].parent / "shared" / "data" / "companies" / "people"
WHAT = ("public", "febrl", "teaching", "scale", "names")
FEBRL = (("dataset1",), ("dataset2",), ("dataset3",), ("dataset4a", "dataset4b"))


def fake_1000(folder: Path = PEOPLE) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Splink's made people: name, birthday, city and e-mail, with slips and gaps."""
    x = pd.read_csv(folder / "fake_1000.csv", dtype=str)
    name = x[["first_name", "surname"]].fillna("").agg(" ".join, axis=1).str.strip()
    records = pd.DataFrame(
        {"record_id": x["unique_id"], "name": name, "birthday": _days(x["dob"]), "city": x["city"], "email": x["email"]}
    )
    return _held(records), pd.DataFrame({"record_id": x["unique_id"], "entity_id": x["cluster"]})


def rldata500(folder: Path = PEOPLE) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The German people of Sariyar and Borg (2010): first name, surname and birthday."""
    x = pd.read_csv(folder / "rldata500.csv", dtype=str)
    truth = pd.read_csv(folder / "rldata500_identity.csv")
    ids = pd.Series(x.index.astype(str))
    day = _days(x["by"] + "-" + x["bm"].str.zfill(2) + "-" + x["bd"].str.zfill(2))
    records = pd.DataFrame({"record_id": ids, "name": x["fname_c1"] + " " + x["lname_c1"], "birthday": day})
    return _held(records), pd.DataFrame({"record_id": ids, "entity_id": truth["identity"].astype(str)})


def _days(text: pd.Series) -> pd.Series:
    day = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    return day.dt.date.astype(object).where(day.notna(), None)


def _held(records: pd.DataFrame) -> pd.DataFrame:
    return records.astype(object).where(records.notna() & (records != ""), None)


def found(records: pd.DataFrame, country: str) -> Resolved:
    """The records brought together as an ingest does by default."""
    limits = load(None).identity
    return resolve(records, threshold=limits.same_from, doubtful_from=limits.doubtful_from, country=country)


def measure(name: str, held: tuple[pd.DataFrame, pd.DataFrame], country: str) -> None:
    """One line: precision and recall, and what was said of them beforehand."""
    records, truth = held
    begun = monotonic()
    resolved = found(records, country)
    precision, recall = figures(resolved.entities, truth)
    print(
        f"{name:28} n {len(records):7,}  precision {precision:.4f}  recall {recall:.4f}  {monotonic() - begun:6.1f} s",
        flush=True,
    )


def scale(records: int) -> None:
    """Time and memory of bringing so many records of a teaching company together, in a process of its own."""
    held, truth = company(round(records / 1.12), teaching.plan.SEED)
    made = held.head(records)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    begun, used = monotonic(), process_time()
    resolved = found(made, "CN")
    took, worked = monotonic() - begun, process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    precision, recall = figures(resolved.entities, truth)
    print(
        f"{len(made):,} records: {took:.1f} s ({worked:.1f} s of work), peak {peak:.2f} GB (before {before:.2f}), "
        f"precision {precision:.4f}, recall {recall:.4f}, {resolved.told}",
        flush=True,
    )


def names_only() -> None:
    """Names and nothing else: what is brought together is all mistaken or nearly so."""
    held, _ = rldata500()
    print(f"names alone: {len(held) - found(held[['record_id', 'name']], 'DE').entities['entity_id'].nunique()} merged")
    rng = np.random.default_rng(1)
    birthday = [f"19{y:02d}-01-01" for y in rng.integers(0, 99, len(held))]
    few = held[["record_id", "name"]].assign(birthday=_days(pd.Series(birthday)))
    print(f"names and years of birth by lot: {len(held) - found(few, 'DE').entities['entity_id'].nunique()} merged")


def main(arguments: list[str]) -> int:
    """Measure what is asked for, a line each."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies people")
    parser.add_argument("what", nargs="*", choices=[*WHAT, []])
    parser.add_argument("--records", type=int, help="only this size, in this process")
    asked = parser.parse_args(arguments)
    if asked.records:
        scale(asked.records)
        return 0
    what = asked.what or WHAT
    if "public" in what:
        measure("fake_1000", fake_1000(), "GB")
        measure("rldata500", rldata500(), "DE")
    if "febrl" in what:
        for files in FEBRL:
            measure("febrl " + ", ".join(files), febrl(*files), "AU")
    if "teaching" in what:
        for seed in range(1, 11):
            measure(f"teaching, seed {seed}", company(8000, seed), "CN")
    if "names" in what:
        names_only()
    if "scale" in what:
        for n in (100_000, 400_000):
            subprocess.run([sys.executable, "-m", "tests.studies", "people", "--records", str(n)], check=True)
    return 0
