"""Study: how many words the six pages of a company with nothing but orders hold (CDNOW), unfolded and in all.

`python -m tests.studies words` reviews it from the draft that `init` makes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bs4 import BeautifulSoup

from tests.public_companies import orders


def words(page: Path) -> tuple[int, int]:
    """Words that a reader of a page sees before opening a fold, and all of them."""
    read = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for unread in read(["style", "script", "svg", "head"]):
        unread.decompose()
    whole = len(re.findall(r"\S+", read.get_text(" ")))
    for fold in reversed(read("details")):
        for part in list(fold.children):
            if getattr(part, "name", None) != "summary":
                part.extract()
    return len(re.findall(r"\S+", read.get_text(" "))), whole


def main(arguments: list[str]) -> int:
    """Review the company and count."""
    with TemporaryDirectory() as folder:
        home = Path(folder) / "cdnow"
        home.mkdir()
        rows = orders("cdnow")
        rows.assign(date=rows["ordered_at"].dt.date).drop(columns="ordered_at").to_csv(home / "orders.csv", index=False)
        for command in (["init", str(home)], ["review", str(home / "company.toml")]):
            subprocess.run([sys.executable, "-m", "crmlib", *command], cwd=home, check=True, capture_output=True)
        pages = sorted(home.glob("reviews/*/*/0*.html"))
        counted = [words(page) for page in pages]
    for page, (seen, whole) in zip(pages, counted, strict=True):
        print(f"  {page.stem:22} {seen:6,} unfolded, {whole:6,} in all")
    print(
        f"{len(pages)} pages: {sum(seen for seen, _ in counted):,} words unfolded, {sum(w for _, w in counted):,} in all"
    )
    return 0
