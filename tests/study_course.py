"""Study: every question on other companies: the right answer passes or is not carried, blanks and answers drawn at random fail.

`python -m tests.studies course [--seeds 10] [--customers 800] [--draws 200] [FOLDER OF FROZEN TABLES ...]`: the teaching company,
the made company of other seeds, a company of orders alone and one of contracts (Online Retail II and `saas` of ../shared/data,
where they lie), and companies frozen before. For each: how many questions are carried, misconceptions that can be seen, the
slowest check after a question's first, and whatever passed or failed against the rule.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile, copytree
from tempfile import TemporaryDirectory
from time import perf_counter

import pandas as pd

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import Company, read_company
from crmlib.run.beginning import begin
from crmlib.run.lab import freeze_teaching
from crmlib.show import exercise as shown
from crmlib.show.exercise import NOT_CARRIED, Exercise
from crmlib.show.judging import judged
from crmlib.show.questions import Question, chapters, questions
from crmlib.teaching.make import make, write
from crmlib.vocabulary.policy import load
from tests.test_exercises import given, right, wrong

SHIPPED = Path(__file__).parents[1] / "datasets" / "teaching"
MAPPING = SHIPPED.parent / "companies" / "online_retail_ii"
SHARED = Path(__file__).parents[2] / "shared" / "data"
SLOW = 0.5
"""Seconds that a check may take after a question's first."""


def companies(seeds: int, customers: int, frozen: Sequence[str]) -> Iterator[tuple[str, Company]]:
    policy = load(SHIPPED / "policy.toml")
    teaching = freeze_teaching()
    day = pd.Timestamp("2026-10-31").date()
    yield "teaching", read_company(teaching, as_of=day, policy=policy)
    for seed in range(1, seeds + 1):
        with TemporaryDirectory() as home:
            place = Path(home) / "company"
            write(place, make(customers, seed))
            for name in ("company.toml", "policy.toml"):
                copyfile(SHIPPED / name, place / name)
            ingest(load_description(place / "company.toml"), Path(home) / "out", policy=policy)
            yield f"seed {seed}", read_company(Path(home) / "out" / "tables", as_of=day, policy=policy)
    if (SHARED / "online_retail_ii.parquet").exists():
        with described(MAPPING, data=SHARED) as c:
            yield "orders alone", c
    if (SHARED / "companies" / "saas").is_dir():
        with TemporaryDirectory() as home:
            place = copytree(SHARED / "companies" / "saas", Path(home) / "saas")
            begin(place, force=True)
            with described(place) as c:
                yield "saas", c
    for folder in frozen:
        last = pd.read_parquet(Path(folder) / "orders.parquet", columns=["ordered_at"])["ordered_at"].max()
        yield Path(folder).parent.name, read_company(folder, as_of=last.date(), policy=policy)


@contextmanager
def described(place: Path, data: Path | None = None) -> Iterator[Company]:
    """A company by its description, at the end of the latest month that its data fill."""
    company = load_description(place, data=data)
    policy = load(company.policy)
    with TemporaryDirectory() as out:
        month = ingest(company, Path(out), policy=policy).latest_month
        yield read_company(Path(out) / "tables", as_of=pd.Period(month).end_time.date(), policy=policy)


def seconds(exercise: Exercise, question: Question) -> float:
    """What a check takes after the first, which works out the key and the misconceptions."""
    exercise.check(question.name, 1)
    begun = perf_counter()
    exercise.check(question.name, 1)
    return perf_counter() - begun


def tried(c: Company, draws: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
    """Counts of what came out, and a line for each question that broke a rule."""
    counts: Counter[str] = Counter()
    broken, slowest = [], (0.0, "")
    for chapter in chapters():
        exercise = Exercise(c, questions(chapter), chapter)
        for name, question in exercise.questions.items():
            key = exercise._key(question)
            exercise.ask(name)
            if key is NOT_CARRIED:
                counts["not carried"] += 1
                broken += [] if exercise.check(name, 1) == "not carried" else [f"{name}: counted"]
                continue
            counts["carried"] += 1
            broken += [] if exercise.check(name, right(exercise, question)) == "right" else [f"{name}: right failed"]
            broken += [] if exercise.check(name, ...) == "not attempted" else [f"{name}: a blank counted"]
            slowest = max(slowest, (seconds(exercise, question), name))
            for _n in range(draws):
                answer = wrong(question, c, key, rng)
                if answer is not None and judged(question, c, key, answer, exercise._mistaken).state != "wrong":
                    broken.append(f"{name}: passed {str(answer)[:80]!r}")
            for mistake in question.mistakes:
                planted = exercise._mistaken(mistake)
                if planted is None:
                    continue
                seen = judged(question, c, key, given(question, planted), exercise._mistaken)
                counts["misconceptions seen" if seen.code == mistake.code else "hidden by these data"] += 1
    print(f"slowest check after the first: {slowest[0]:.3f} s, {slowest[1]}", flush=True)
    broken += [f"{slowest[1]}: slow"] if slowest[0] > SLOW else []
    return counts, broken


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.studies course")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--customers", type=int, default=800)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("frozen", nargs="*")
    asked = parser.parse_args(arguments)
    shown.display = lambda _bundle, raw: None
    failed = 0
    for name, c in companies(asked.seeds, asked.customers, asked.frozen):
        counts, broken = tried(c, asked.draws, random.Random(name))
        print(
            f"{name:22}",
            ", ".join(f"{n} {what}" for what, n in sorted(counts.items())),
            *broken,
            sep="\n  ",
            flush=True,
        )
        failed += len(broken)
    return int(failed > 0)
