"""Study: an exercise in JupyterLab, in Debian's chromium: from the chapter's link to a right answer, and progress moves.

`python -m tests.studies lab` opens a trainee's copy in a server of its own, once in English and once in Chinese: the link under
a section, a wrong answer, a hint, the right answer. It drives a whole JupyterLab, and
so hangs on how busy the machine is: a study.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from crmlib.run import lab
from crmlib.show.attempts import FILE, Attempts
from crmlib.show.questions import questions
from crmlib.vocabulary.language import _, using
from tests.served import lab_page

CHAPTER, NAME = "03_tiering", "moving_cuts"
STEP = 300_000
"""Milliseconds for a step: a kernel starts, a company is opened."""


def opened(page: Page, home: str, language: str) -> None:
    """The exercise, by the link under the chapter's section, with all its cells run."""
    folder = "" if language == "en" else f"{language}/"
    page.goto(f"{home}/lab/tree/chapters/{folder}{CHAPTER}.ipynb?reset", timeout=STEP)
    with using(language):
        title = _(questions(CHAPTER)[NAME].title)
    page.locator(".jp-MarkdownOutput a", has_text=re.compile(rf"^\d+\. {re.escape(title)}")).first.click(timeout=STEP)
    tab = f"exercise{'' if language == 'en' else f'.{language}'}.ipynb"
    page.locator(".lm-TabBar-tab.lm-mod-current", has_text=tab).wait_for(timeout=STEP)
    page.get_by_text(re.compile(r"\| Idle")).first.wait_for(timeout=STEP)
    page.locator(".lm-MenuBar-item", has_text="Run").first.click(timeout=STEP)
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click(timeout=STEP)


def walked(tmp_path: Path) -> None:
    """The walk, in both languages. Raises where a step is not as it has to be."""
    states, question = [], questions(CHAPTER)[NAME]
    with lab_page(tmp_path, height=15_000, wait=STEP) as (page, home, place):
        for language in ("en", "zh"):
            opened(page, home, language)
            with using(language):
                check, hint, right = _("Check"), _("Hint"), _("Right.")
                asks = _(question.asks)
            asked = page.locator(".jp-OutputArea-output.jp-mod-visible, .jp-OutputArea-output", has_text=asks).filter(
                has=page.locator(".widget-radio")
            )
            asked.first.wait_for(timeout=STEP)
            for letter in (question.letter(1), question.letter(0)):
                asked.first.locator("input[type=radio]").nth("abcd".index(letter)).click(timeout=STEP)
                asked.first.get_by_role("button", name=check).click(timeout=STEP)
                asked.first.locator(".crm-wrong" if letter != question.letter(0) else ".crm-right").wait_for(
                    timeout=STEP
                )
                if letter != question.letter(0):
                    asked.first.get_by_role("button", name=hint).click(timeout=STEP)
                    asked.first.locator(".crm-hint").wait_for(timeout=STEP)
            assert right in asked.first.locator(".crm-right").inner_text()
            assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr], .jp-mod-error").count() == 0
            assert page.get_by_text("Jupyter news").count() == 0
            states.append([r["event"] for r in Attempts(place / FILE).rows()])
    assert states[0] == ["check", "hint", "check"]
    assert states[1] == states[0] * 2
    assert Attempts(place / FILE).states() == {(CHAPTER, NAME): "right"}


def main(arguments: list[str]) -> int:
    """Walk; 1 where a step fails."""
    if arguments:
        print("no arguments are taken")
        return 2
    lab.freeze_teaching()
    with TemporaryDirectory() as folder:
        walked(Path(folder))
    print(
        "opened from the chapter's link, answered wrong, hint read, answered right, progress moved: in English and in Chinese"
    )
    return 0
