"""Study: what an attacker works out of twelve months of published pages, with small cells withheld, only hidden, and told.

`python -m tests.studies differencing [--months 12] [--customers 60] [--seeds 1]` prints, for each way of publishing, how many
counts of fewer than k customers there are in all that is published and how many of them a linear programme recovers
(`tests.differencing`): all told (`privacy.k = 1`), the few hidden and nothing else done, and as the pages are. It fails where one
is recovered as the pages are, and where none is otherwise, as then the attack would show nothing.
"""

from __future__ import annotations

import argparse
from time import monotonic

from tests.differencing import attack, made, month_ends, published, shown

K = 5
WAYS = {"all told": (1, False), "few hidden": (K, True), "as published": (K, False)}


def main(arguments: list[str]) -> int:
    """Attack each way of publishing."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies differencing")
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--customers", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args(arguments)
    failed = False
    for seed in range(given.seeds):
        known = made(seed, customers=given.customers)
        months = [shown(known(day), moving=True) for day in month_ends(given.months)]
        for way, (k, naive) in WAYS.items():
            begun = monotonic()
            got = attack([published(month, k, naive=naive) for month in months], K)
            taken = monotonic() - begun
            print(f"seed {seed}  {way:13} {len(got.recovered):5} of {got.small} recovered  ({taken:.0f} s)", flush=True)
            for month, cell in sorted(got.recovered)[:20] if way == "as published" else ():
                print(f"  month {month + 1}: {' | '.join(cell)}")
            failed |= bool(got.recovered) == (way == "as published")
    return int(failed)
