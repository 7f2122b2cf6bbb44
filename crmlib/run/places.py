"""Every kind of file that a review writes, as it was declared where it is written."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from crmlib.border import freeze, personal
from crmlib.border.identity import pairs
from crmlib.run import boards, chapters, collect, faults, handed_out, improved, leavers, outputs, taking
from crmlib.run.folders import MONTH
from crmlib.vocabulary.held import COPY, FROZEN, Held

PLACES: tuple[Held, ...] = (
    *FROZEN, *pairs.HELD, *freeze.HELD, personal.HELD, personal.CARRIED,
    *handed_out.HELD, *taking.HELD, *boards.HELD, *improved.HELD, *leavers.HELD, *collect.HELD, *outputs.HELD, chapters.HELD,
    faults.HELD,
)  # fmt: skip
"""Every kind of file that a review writes."""


def place_of(name: str) -> Held:
    """What kind of place a file of a month's folder is."""
    depth = name.count("/")
    return next((p for p in PLACES if fnmatchcase(name, p.path) and p.path.count("/") == depth), COPY)


def place_within(name: str) -> Held:
    """What kind of place a file of an archive is: one of a review, where a folder of its name is a month's."""
    inside = re.search(rf"(?:^|/){MONTH}/(.+)", name)
    return place_of(inside.group(2)) if inside else COPY
