"""Study: a review run again from its frozen tables after later months exist gives the same `kpis.csv`, to the byte.

`python -m tests.studies again [--months 12] [--customers 400]`: the made company is reviewed, lives on for so many months, each
with a list carried out, statuses taken back, moves on the win-back board and a review of its own; then its files are exported
anew with other amounts, its key is lost, and the first month and one of those in between are run again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import TemporaryDirectory

import pandas as pd

from crmlib.border.board import BOARD
from crmlib.run import teach
from crmlib.run.from_frozen import Again, run_again, told
from crmlib.run.review import Request, review
from crmlib.teaching.make import make, write
from crmlib.vocabulary.months import last_day

AMOUNTS = ("amount_fen", "margin_fen", "refunded_fen")
SHIPPED = Path(__file__).parents[1] / "datasets" / "teaching"


def settled(place: Path, customers: int, seed: int) -> Request:
    """A made company in `place`, and the request for its reviews."""
    home = place / teach.COMPANY
    write(home, make(customers, seed))
    for name in ("company.toml", "policy.toml"):
        copyfile(SHIPPED / name, home / name)
    (home / teach.STATE).write_text(json.dumps({"seed": seed, "customers": customers}))
    return Request(home / "company.toml", out=place / teach.REVIEWS)


def lived(request: Request, *, only: Sequence[int] = ()) -> str:
    """One month later: the last list carried out and taken back, causes found for those warned of, the month reviewed; which."""
    home = request.company.parent
    last = max((request.out / "yunxi").glob("[0-9]*"))
    board = last / "private" / BOARD
    if board.exists():
        rows = pd.read_csv(board, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        early = rows["warned_on"].ne("") & rows["cause_found_on"].eq("") & rows["back_on"].eq("")
        rows.loc[early, ["cause_found_on", "cause"]] = (str(last_day(last.name)), "price")
        rows.to_csv(board, index=False, encoding="utf-8-sig")
    month = str(teach._live(home, last)["month"])
    review(replace(request, month=month, only=tuple(only)))
    return month


def exported_anew(home: Path) -> None:
    """The company's files as another export gives them: half of each order, and nobody's key."""
    orders = home / "erp_invoices.parquet"
    frame = pd.read_parquet(orders)
    frame.assign(**{name: frame[name] // 2 for name in AMOUNTS}).to_parquet(orders)
    rmtree(home / ".crmlib")


def again(request: Request, month: str) -> Again:
    """The month run again, and said so."""
    found = run_again(replace(request, month=month))
    print("\n".join(told(found)), flush=True)
    return found


def main(arguments: list[str]) -> int:
    """The whole of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies again")
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        request = settled(Path(folder), given.customers, given.seed)
        months = [review(request).folder.name]
        for _later in range(given.months):
            # Lists and board come from chapter 5; of the others no later month reads anything.
            months.append(lived(request, only=(5,)))
            print(f"{months[-1]} reviewed", flush=True)
        exported_anew(request.company.parent)
        found = [again(request, month) for month in (months[0], months[len(months) // 2])]
    same = sum(not one.differing and not one.failed for one in found)
    print(f"{same} of {len(found)} months are the same, to the byte, after {given.months} more months")
    return 0 if same == len(found) else 1
