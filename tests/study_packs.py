"""1,000 companies at random: no list breaks a cap, quiet hours, consent or hold-out, calendars parse, statuses come back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from multiprocessing import Pool

from tests.packs import breaches


def main(given: Sequence[str] | None = None) -> int:
    """Print what does not hold, company by company; 1 where something does not."""
    parser = argparse.ArgumentParser(prog="packs", description=__doc__)
    parser.add_argument("--companies", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(given)
    seeds = range(chosen.first, chosen.first + chosen.companies)
    wrong = 0
    with Pool(chosen.workers) as pool:
        for n, found in enumerate(pool.imap(breaches, seeds, chunksize=5), 1):
            wrong += bool(found)
            for line in found:
                print(line)
            if n % 100 == 0:
                print(f"{n} companies, {wrong} with a breach", flush=True)
    print(f"packs: {len(seeds)} companies, {wrong} with a breach")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
