"""Study: whether a customer is forgotten in every byte of reviews made by the real chapters, and what export lists of them.

`python -m tests.studies forget [--months 12]` reviews a small company month by month, puts copies, an archive and lists saved by
a spreadsheet beside the reviews, forgets its customers one after the other, and searches what is left.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from crmlib.border.company import load_description
from crmlib.run.forget import erase
from crmlib.run.review import Request, review
from crmlib.run.seeking import find
from tests.small_company import row_code
from tests.year import MONTHS, PEOPLE, code, met, write_company, write_copies


def main(arguments: list[str]) -> int:
    """Run it; 1 where a trace is left or export and forget disagree."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies forget")
    parser.add_argument("--months", type=int, default=12)
    months = MONTHS[-parser.parse_args(arguments).months :]
    with TemporaryDirectory() as made:
        folder = Path(made)
        company = write_company(folder / "co")
        for month in months:
            begun = monotonic()
            done = review(Request(company, month=month, out=folder / "reviews"))
            print(
                f"  {month}: reviewed in {monotonic() - begun:.0f} s, {len(done.failed)} chapters stopped", flush=True
            )
        home = folder / "reviews" / "acme"
        write_copies(home, months)
        return forgotten(company, home)


def forgotten(company: Path, home: Path) -> int:
    """Forget everybody of `PEOPLE`, and say what was found before, removed, and left."""
    orders = {who: [f"S{i}-{month}" for month in MONTHS] for i, who in enumerate(PEOPLE)}
    sought = {
        who: [
            code(company, who),
            *(row_code(company.parent, n) for n in numbers),
            *(row_code(company.parent, f"T{n}", "ticket") for n in numbers),
        ]
        for who, numbers in orders.items()
    }
    before = met(home.parent, sought)
    wrong = 0
    description = load_description(company)
    for who in PEOPLE:
        listed = [(t.file, len(t.taken)) for t in find(description, home, who).traces(home)]
        begun = monotonic()
        done = erase(description, home, who, today=date(2027, 1, 2))
        same = sorted(listed) == sorted((t.file, len(t.taken)) for t in done.traces)
        wrong += not same
        print(
            f"  {who!r}: met in {len(before[who])} files, export lists {sum(n for _f, n in listed)} things in {len(listed)}, "
            f"forget removes {'the same' if same else 'OTHERS'} in {monotonic() - begun:.1f} s",
            flush=True,
        )
    after = met(home.parent, sought)
    left = {str(f) for files in after.values() for f in files}
    print(f"files in which anything of the {len(PEOPLE)} customers is left: {len(left)} {sorted(left)[:5] or ''}")
    return 1 if left or wrong else 0
