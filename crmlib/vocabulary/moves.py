"""What is said of a figure beside an earlier one, or beside its target."""

from __future__ import annotations

from typing import Final

from crmlib.vocabulary.language import N_

VERDICTS: Final = {
    "better": N_("better"),
    "worse": N_("worse"),
    "moved": N_("moved"),
    "too_close": N_("too close to tell"),
    "reached": N_("reached"),
    "missed": N_("missed"),
    "counted": N_("counted, not estimated"),
    "cannot_say": N_("cannot be said"),
}
