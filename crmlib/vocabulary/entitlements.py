"""What the tiers' rights are called (D061, D063, D064, D069)."""

from __future__ import annotations

from typing import Final

from crmlib.vocabulary.language import N_, _

SAYS: Final = {
    "own_manager": N_("a manager of their own"),
    "one_to_one": N_("one-to-one care"),
    "own_functions": N_("functions made for them"),
    "industry_solutions": N_("solutions for their industry"),
    "club": N_("the strategic club"),
    "early_access": N_("early access to new versions"),
    "salons": N_("salons"),
    "standard_offer": N_("the standard offer"),
    "online_training": N_("online training"),
    "white_papers": N_("white papers"),
    "stepped_rights": N_("rights that open step by step with yearly purchases"),
    "membership": N_("membership points or free upgrades"),
    "free_trial": N_("a free trial"),
    "small_pilot": N_("a small pilot"),
    "case_library": N_("cases from their trade"),
    "starter_package": N_("a packaged solution to start with"),
    "automatic_contact": N_("automatic, friendly contact"),
}


def right(code: str) -> str:
    """A right as the reader calls it; a company's own text as it stands."""
    return _(SAYS[code]) if code in SAYS else code
