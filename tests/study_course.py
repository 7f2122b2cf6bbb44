"""Study: every question on other companies: the right answer passes or is not carried, and 200 answers drawn at random fail.

`python -m tests.studies course [--seeds 10] [--customers 800] [--draws 200] [FOLDER OF FROZEN TABLES ...]`: the teaching company,
the made company of other seeds, and companies frozen before. For each: how many questions are carried, misconceptions that can be
seen, and whatever passed or failed against the rule.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import pandas as pd

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import Company, read_company
from crmlib.run.lab import freeze_teaching
from crmlib.show import exercise as shown
from crmlib.show.exercise import NOT_CARRIED, Exercise
from crmlib.show.judging import judged
from crmlib.show.questions import chapters, questions
from crmlib.teaching.make import make, write
from crmlib.vocabulary.policy import load
from tests.test_exercises import given, right, wrong

SHIPPED = Path(__file__).parents[1] / "datasets" / "teaching"


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
    for folder in frozen:
        last = pd.read_parquet(Path(folder) / "orders.parquet", columns=["ordered_at"])["ordered_at"].max()
        yield Path(folder).parent.name, read_company(folder, as_of=last.date(), policy=policy)


def tried(c: Company, draws: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
    """Counts of what came out, and a line for each question that broke a rule."""
    counts: Counter[str] = Counter()
    broken = []
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
