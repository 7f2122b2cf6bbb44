"""Study: how many words the pages of a month's chapters hold, unfolded and in all, how many screens and bytes they are.

`python -m tests.studies words` reviews a company with nothing but orders (CDNOW) from the draft that `init` makes; with `--month
FOLDER` it counts the pages of a review that is there. Words are those of the chapter itself, not of its contents beside it; a
screen is 1280 × 900.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.public_companies import orders
from tests.served import ARGUMENTS, CHROMIUM

SCREEN = {"width": 1280, "height": 900}
WORDS = """() => [...new Intl.Segmenter(document.documentElement.lang, {granularity: "word"})
    .segment(document.querySelector("article").innerText)].filter(part => part.isWordLike).length"""
HEIGHT = "document.documentElement.scrollHeight"
UNFOLD = "document.querySelectorAll('details').forEach(fold => fold.open = true)"


def counted(pages: list[Path]) -> list[tuple[int, int, float]]:
    """Of each page the words that a reader sees before opening a fold, all of them, and the screens before opening one."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for path in pages:
            page = browser.new_page(viewport={"width": SCREEN["width"], "height": SCREEN["height"]})
            page.goto(path.as_uri())
            seen, screens = page.evaluate(WORDS), page.evaluate(HEIGHT) / SCREEN["height"]
            page.evaluate(UNFOLD)
            found.append((seen, page.evaluate(WORDS), screens))
            page.close()
        browser.close()
    return found


def main(arguments: list[str]) -> int:
    """Review the company where no month is given, and count."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies words")
    parser.add_argument("--month", type=Path)
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        month = given.month.absolute() if given.month else reviewed(Path(folder) / "cdnow")
        pages = sorted(month.glob("0*.html"))
        sizes, rows = [page.stat().st_size for page in pages], counted(pages)
    for page, size, (seen, whole, screens) in zip(pages, sizes, rows, strict=True):
        told = f"{seen:6,} words unfolded, {whole:6,} in all, {screens:4.1f} screens, {size / 1000:5.0f} kB"
        print(f"  {page.stem:22} {told}")
    return 0


def reviewed(home: Path) -> Path:
    """The review of a company with nothing but orders."""
    home.mkdir()
    rows = orders("cdnow")
    rows.assign(date=rows["ordered_at"].dt.date).drop(columns="ordered_at").to_csv(home / "orders.csv", index=False)
    for command in (["init", str(home)], ["review", str(home / "company.toml")]):
        subprocess.run([sys.executable, "-m", "crmlib", *command], cwd=home, check=True, capture_output=True)
    return next(home.glob("reviews/*/*/index.html")).parent
