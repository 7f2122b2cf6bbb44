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

CAUSES: Final = ("change_behaviour", "change_mix", "change_late", "change_policy")
"""Why a figure differs from what was said a month ago: what customers did, which of them there are, what was recorded late, and
what the company itself changed in its policy or its program."""
