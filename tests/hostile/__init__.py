"""Folders that a careless colleague, a bad disk or an attacker may hand to `crmlib check`, each with what has to come of it."""

from tests.hostile import books, columns, mappings, places, texts
from tests.hostile.case import Case, judged

CASES: tuple[Case, ...] = tuple(case for module in (texts, books, columns, mappings, places) for case in module.cases())
"""Every case, in a fixed order."""

__all__ = ["CASES", "Case", "judged"]
