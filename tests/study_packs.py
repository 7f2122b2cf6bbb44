"""1,000 companies at random: no list breaks a cap, quiet hours, consent or hold-out, calendars parse, statuses come back.

Each worker makes way for a fresh one after some companies (`--fresh`): an engine keeps what it was handed as long as its process
lasts, so that one process for all would grow slower and larger company by company.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from multiprocessing import get_context

from tests.packs import breaches


def main(given: Sequence[str] | None = None) -> int:
    """Print what does not hold, company by company; 1 where something does not."""
    parser = argparse.ArgumentParser(prog="packs", description=__doc__)
    parser.add_argument("--companies", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first company")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fresh", type=int, default=25, help="companies after which a worker is replaced")
    chosen = parser.parse_args(given)
    seeds = range(chosen.first, chosen.first + chosen.companies)
    wrong = 0
    # Spawned, not forked: a fork would inherit the engine of its parent, and its threads' locks with it.
    with get_context("spawn").Pool(chosen.workers, maxtasksperchild=chosen.fresh) as pool:
        for n, found in enumerate(pool.imap(judged, seeds), 1):
            wrong += bool(found)
            for line in found:
                print(line, flush=True)
            if n % 50 == 0:
                print(f"{n} companies, {wrong} with a breach", flush=True)
    print(f"packs: {len(seeds)} companies, {wrong} with a breach")
    return int(wrong > 0)


def judged(seed: int) -> list[str]:
    """`breaches`; a company that cannot be judged is one of them, and does not end the study."""
    try:
        return breaches(seed)
    except Exception:
        return [f"{seed}: {traceback.format_exc()}"]


if __name__ == "__main__":
    sys.exit(main())
