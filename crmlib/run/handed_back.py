"""What reviews handed out and people wrote into, read back by the next one: actions, doubtful pairs, the win-back board and
improvements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

from crmlib.border import improvements
from crmlib.border.board import BOARD, taken_over
from crmlib.border.company import Description
from crmlib.border.ingest import Ingested
from crmlib.border.lists import IN_PLACE, handed_out
from crmlib.run.folders import months
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import Policy

LATEST = "9999-12-31"


def read_in(
    ingest: Callable[..., Ingested], company: Description, home: Path, month: str | None, fresh: Path, policy: Policy
) -> Ingested:
    """The frozen tables; what reviews of earlier months handed out is read back: actions, and what people said of doubtful pairs
    and on the win-back board, in the lists of this month too.
    """

    def lists(until: str | None) -> dict[str, list[Path]]:
        return {
            "actions": _lists_before(home, until, IN_PLACE[0]),
            "verdicts": _lists_before(home, until, "doubtful_pairs.csv", included=True),
        }

    def read_of(until: str | None) -> tuple[Ingested, dict[str, list[Path]], list[Path]]:
        before, boards = lists(until), _lists_before(home, until, BOARD, included=True)
        own, said = taken_over(company, boards, fresh, last_day(until).isoformat() if until else LATEST)
        read = ingest(own, fresh, policy=policy, month=month, **before)
        return (replace(read, notes=(*read.notes, *said)) if said else read), before, boards

    read, *first = read_of(month)
    if month is None:
        latest = read.latest_month
        again = [lists(latest), _lists_before(home, latest, BOARD, included=True)]
        if again != first or again[1]:
            for name in ("tables", "private"):
                rmtree(fresh / name, ignore_errors=True)
            read = read_of(latest)[0]
    reviewed = month or read.latest_month
    changed = _lists_before(home, reviewed, improvements.LIST, included=True)
    said = improvements.taken_over(changed, fresh, last_day(reviewed).isoformat())
    return replace(read, notes=(*read.notes, *said)) if said else read


def _lists_before(home: Path, month: str | None, name: str, *, included: bool = False) -> list[Path]:
    """This list of each review before the month, or up to it; of all reviews where no month is given."""
    held = [r for r in months(home) if month is None or r.name < month or (included and r.name == month)]
    lists = [handed_out(r / "private" / name) for r in held]
    return [path for path in lists if path.exists()]
