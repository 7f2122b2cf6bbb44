"""Study: no chapter stops, or says "nan", under any policy that is allowed: all at their ends, and many drawn at random.

`python -m tests.studies extremes [COMPANY ...] [--random 50] [--customers 300] [--seed 1] [--ends]` runs the six chapters as
they are, in this process, under each policy. COMPANY is `teaching`, `desk` or `subscriptions`; all three by default. With --ends
each number stands alone at each of its ends as well, all others at their defaults.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, find, given, seed, settings
from pydantic import ValidationError

from crmlib.facts.company import Company, company_from
from crmlib.run.first_policy import value
from crmlib.vocabulary.policy import Policy
from tests import subscriptions
from tests.extremes import one_at_a_time, policies, stops
from tests.study_known import DAY, desk_tables, opened

COMPANIES = ("teaching", "desk", "subscriptions")
Made = dict[str, dict[str, Any]]


def company(name: str, home: Path, customers: int) -> Company:
    """A company of so many customers."""
    if name == "subscriptions":
        return subscriptions.made(3, customers=customers).company()
    if name == "desk":
        return company_from(desk_tables(customers), as_of=DAY)
    return opened(name, home, home, customers)


def drawn(n: int, start: int) -> list[Made]:
    """Policies drawn at random."""
    found: list[Made] = []

    @seed(start)
    @settings(
        max_examples=n, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(policies())
    def draw(made: Made) -> None:
        found.append(made)

    draw()
    return found


def tried(given: argparse.Namespace) -> Iterator[tuple[str, Made]]:
    """What each policy is called, and the policy."""
    yield "all at their least", find(policies("low"), lambda _made: True)
    yield "all at their most", find(policies("high"), lambda _made: True)
    for i, made in enumerate(drawn(given.random, given.seed), 1):
        yield f"random {i}", made
    if given.ends:
        yield from one_at_a_time()


def main(arguments: list[str]) -> int:
    """Run the study; the exit code says whether every chapter carried every policy."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies extremes")
    parser.add_argument("companies", nargs="*", default=COMPANIES)
    parser.add_argument("--random", type=int, default=50)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ends", action="store_true")
    given = parser.parse_args(arguments)
    wrong = runs = 0
    with TemporaryDirectory() as home:
        for name in given.companies:
            c = company(name, Path(home), given.customers)
            for called, made in tried(given):
                try:
                    policy = Policy.model_validate(made)
                except ValidationError:
                    continue  # One alone that must keep an order with others.
                found, runs = stops(c, policy), runs + 1
                wrong += len(found)
                print(f"{name}, {called}: {len(found) or 'none'} stopped", flush=True)
                for cell, why in found.items():
                    print(f"  {cell}: {why}")
                if found and called.startswith("random"):
                    print(
                        "  " + "\n  ".join(f"{s}.{k} = {value(v)}" for s, keys in made.items() for k, v in keys.items())
                    )
    print(f"{runs} runs of six chapters, {wrong} stopped or read badly")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
