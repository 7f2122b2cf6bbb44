"""Study: the crisis drill in JupyterLab, in Debian's chromium: begun, written, killed, gone on with and played to its end.

`python -m tests.studies drill [--pictures FOLDER]` opens a trainee's copy in a server of its own and plays one incident in
English and one in Chinese: the messages of the model are written and sent, the clock is put forward, the kernel is restarted in
the middle, and the end is scored; the folder gets what was seen. It drives a whole JupyterLab, and so hangs on how busy the
machine is: a study.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Locator, Page

from crmlib.facts.company import Company, read_company
from crmlib.run import lab
from crmlib.show.attempts import FILE, Attempts
from crmlib.show.incidents import ADDRESSEES, FOLDER, Incident, incidents
from crmlib.vocabulary.language import _, using
from crmlib.vocabulary.policy import load
from tests.served import lab_page

PLAYED = (("en", "data_leak"), ("zh", "service_down"))
STEP = 300_000
"""Milliseconds for a step: a kernel starts, a company is opened."""


def opened(page: Page, home: str, language: str) -> None:
    """The drill with all its cells run, in a kernel of its own."""
    suffix = "" if language == "en" else f".{language}"
    page.goto(f"{home}/lab/tree/exercises/{FOLDER}/exercise{suffix}.ipynb?reset", timeout=STEP)
    page.get_by_text(re.compile(r"\| Idle")).first.wait_for(timeout=STEP)
    page.locator(".lm-MenuBar-item", has_text="Kernel").first.click(timeout=STEP)
    page.locator(".lm-Menu-itemLabel", has_text="Restart Kernel and Run All").first.click(timeout=STEP)
    page.get_by_role("button", name="Confirm Kernel Restart").or_(
        page.locator(".jp-Dialog button.jp-mod-warn")
    ).first.click(timeout=STEP)


def window(page: Page, incident: Incident) -> Locator:
    """The widgets of an incident."""
    found = page.locator(".jp-OutputArea-output", has_text=_(incident.title)).filter(has=page.locator("textarea"))
    found.last.wait_for(timeout=STEP)
    return found.last


def press(there: Locator, text: str) -> None:
    there.get_by_role("button", name=text, exact=True).click(timeout=STEP)


def write(there: Locator, to: str, text: str) -> None:
    """Choose whom to write to, write it, and send."""
    there.locator("select").first.select_option(label=to)
    area = there.locator("textarea")
    area.fill(text)
    area.blur()
    own = there.locator(".crm-post.crm-own")
    before = own.count()
    press(there, _("Send"))
    own.nth(before).wait_for(timeout=STEP)


def play(page: Page, home: str, language: str, incident: Incident, c: Company) -> Locator:
    """Play the model to its end; after its third message the kernel is restarted and everything run again."""
    opened(page, home, language)
    there = window(page, incident)
    press(there, _("Begin"))
    there.locator(".crm-post").first.wait_for(timeout=STEP)
    press(there, _("Pause"))
    coming = [one.minute for one in incident.arrivals]
    for n, one in enumerate(incident.model):
        if n == 3:
            opened(page, home, language)
            there = window(page, incident)
            there.locator(".crm-post.crm-own").nth(2).wait_for(timeout=STEP)
        for minute in [m for m in coming if m <= one.minute]:
            if minute > 0:
                press(there, _("To the next message"))
                text = incident.said(c, next(a.text for a in incident.arrivals if a.minute == minute))
                there.locator(".crm-post", has_text=text).first.wait_for(timeout=STEP)
            coming.remove(minute)
        write(there, _(ADDRESSEES[one.to]), incident.said(c, one.text))
    press(there, _("End and score"))
    there.locator(".crm-points").wait_for(timeout=STEP)
    return there


def walked(tmp_path: Path, pictures: Path | None) -> list[str]:
    """The walk, in both languages; a line each. Raises where a step is not as it has to be."""
    lines = []
    with lab_page(tmp_path, height=9_000, wait=STEP) as (page, home, place):
        teaching = place / lab.TEACHING
        company = read_company(teaching / "tables", as_of=date(2026, 10, 31), policy=load(teaching / "policy.toml"))
        for language, name in PLAYED:
            with using(language, company.currency):
                there = play(page, home, language, incidents()[name], company)
                missed = there.locator(".crm-missed").all_inner_texts()
                if pictures is not None:
                    there.screenshot(path=str(pictures / f"drill_{name}_{language}.png"))
            assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr], .jp-mod-error").count() == 0
            events = [r["event"] for r in Attempts(place / FILE).rows() if r["question"] == name]
            lines.append(
                f"{name} ({language}): {len(events)} lines kept, ended {events[-1]}, missed {missed or 'nothing'}"
            )
    assert set(Attempts(place / FILE).states().values()) == {"right"}, lines
    return lines


def main(arguments: Sequence[str] = ()) -> int:
    """Walk; raises where a step fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies drill")
    parser.add_argument("--pictures", type=Path)
    asked = parser.parse_args(arguments)
    lab.freeze_teaching()
    with TemporaryDirectory() as folder:
        print(*walked(Path(folder), asked.pictures), sep="\n")
    return 0
