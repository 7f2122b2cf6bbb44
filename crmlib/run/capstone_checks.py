"""What the capstone's checks compare: the trainee's work as it lies in the folder, and the truth made again from the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from crmlib.border.company import Description, load_description
from crmlib.border.ingest import ingest
from crmlib.border.lists import PROPOSALS, rows_of
from crmlib.facts.company import Company, read_company
from crmlib.run.folders import months
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import Policy, load

if TYPE_CHECKING:
    from crmlib.run.capstone import Folder


@dataclass(frozen=True)
class Work:
    """What the trainee has done so far: the company file (or what is wrong with it), the last review, the list, the memo."""

    place: Path
    company: Description | None
    refused: str
    policy: Policy
    review: Path | None

    def tables(self) -> Path | None:
        """The tables that the last review froze."""
        return self.review / "tables" if self.review else None

    def kpis(self) -> list[dict[str, str]]:
        """The rows of the review's kpis.csv, as it published them and as it counted them."""
        if self.review is None:
            return []
        files = [self.review / "kpis.csv", self.review / "private" / "kpis.csv"]
        return [row for file in files if file.exists() for row in rows_of(file)]

    def proposals(self) -> list[dict[str, str]]:
        """What the review proposed, the held-out included."""
        file = self.review / "private" / PROPOSALS if self.review else None
        return list(rows_of(file)) if file and file.exists() else []

    def text(self, name: str) -> str | None:
        """A file beside the raw folder; None where it is not there, or holds nothing yet."""
        file = self.place / name
        text = file.read_text(encoding="utf-8-sig", errors="replace") if file.exists() else ""
        return text if text.strip() else None


@dataclass(frozen=True)
class Truth:
    """What is so: the raw folder made again, the tables that it holds, the last whole month, the company on its last day."""

    raw: Path
    tables: Path
    month: str
    company: Description
    c: Company

    def consents(self) -> pd.DataFrame:
        """The consents as the folder has them, by the company's own numbers of customers."""
        return pd.read_csv(self.raw / "consents.csv", dtype="str", keep_default_na=False)


def work_in(here: Folder) -> Work:
    """The trainee's work; a company file that cannot be read is told by its check."""
    company, refused, policy, review = None, "", load(None), None
    try:
        company = load_description(here.raw / "company.toml")
        policy = load(company.policy)
    except CrmlibError as error:
        refused = str(error)
    if company is not None:
        done = months(here.place / "reviews" / company.name)
        review = done[-1] if done else None
    return Work(here.place, company, refused, policy, review)


def truth_of(draft: Path, about: Mapping[str, Any], policy: Policy) -> Truth:
    """The truth of a raw folder that was made in `draft` with the mapping that reads it rightly, under the trainee's policy."""
    company = load_description(draft / "raw" / "company.toml")
    ingest(company, draft / "out", policy=policy)
    c = read_company(draft / "out" / "tables", as_of=last_day(about["month"]), policy=policy)
    return Truth(draft / "raw", draft / "out" / "tables", str(about["month"]), company, c)
