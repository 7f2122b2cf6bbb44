"""Every folder of the hostile corpus through `crmlib check`: exit code, row account, words, and no value silently wrong."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.hostile import CASES, judged


def main(arguments: list[str]) -> int:
    """Run the cases whose names hold one of the arguments, or all; what went wrong is printed, and a count."""
    chosen = [case for case in CASES if not arguments or any(part in case.name for part in arguments)]
    wrong, codes = 0, {0: 0, 1: 0, 2: 0}
    for case in chosen:
        with tempfile.TemporaryDirectory() as folder:
            found = judged(case, Path(folder).resolve())
        codes[found.code] = codes.get(found.code, 0) + 1
        wrong += bool(found.wrong)
        for line in found.wrong:
            print(f"{case.name}: {line}")
        if "-v" in arguments:
            print(f"{case.name}: exit {found.code}: {found.err.strip()}")
        sys.stdout.flush()
    told = sum(case.rows is not None for case in chosen)
    print(f"{len(chosen)} cases ({told} with a known truth), exit codes {codes}: {wrong} not as they have to be")
    return 1 if wrong else 0
