"""The command that lets the teaching company live on: a copy of one's own, a month at a time.

The copy lies in a folder with its reviews. The month is made by `crmlib.teaching` in a process of its own, on a draft that takes
the copy's place once what became of the list has been taken back; so a run that was killed is simply run again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from shutil import copytree, rmtree
from typing import Annotated, Any

import typer

from crmlib.vocabulary import language
from crmlib.vocabulary.errors import CrmlibError, require
from crmlib.vocabulary.language import _

teach = typer.Typer(help="The teaching company, for those who teach.", no_args_is_help=True)
WORKPLACE, COMPANY, REVIEWS = Path("crmlib-living"), "company", "reviews"
DRAFT, OLD = ".company.next", ".company.old"
TEACHING, STATE = "datasets/teaching", "living.json"


class TeachingError(CrmlibError):
    """The teaching company cannot live on; one line."""


@teach.callback()
def _teach() -> None:
    pass


@teach.command("next", epilog="Example: crmlib teach next")
def following(
    folder: Annotated[
        Path, typer.Option("--folder", metavar="FOLDER", help="Where the copy of the company and its reviews lie.")
    ] = WORKPLACE,
) -> None:
    """Let a copy of the teaching company live its next month: the list is carried out, customers react, the month is reviewed.

    Example: crmlib teach next --folder crmlib-living
    """
    require("notebooks")
    from crmlib.run.checking import line

    lines, failed = next_month(folder.absolute())
    for said in lines:
        line(said)
    raise typer.Exit(1 if failed else 0)


def next_month(place: Path) -> tuple[list[str], bool]:
    """Live the next month in the folder and review it; what was done, what it was worth and where the page lies, in three lines,
    and whether a chapter stopped. Raises `TeachingError`.
    """
    from crmlib.border.company import load_description
    from crmlib.run.folders import Place, locked, months

    with locked(Place(place, "living")):
        home = _copy(place)
        company = load_description(home / "company.toml")
        about = _state(home)
        reviewed = [folder.name for folder in months(place / REVIEWS / company.name)]
        if about.get("month", "") <= max(reviewed, default="") or not about:
            if not reviewed:
                _review(home)
            about = _live(home, months(place / REVIEWS / company.name)[-1])
        review = _review(home, about["month"])
        with language.using(company.language, company.currency):
            return told(about, review.folder), bool(review.failed)


def told(about: dict[str, Any], review: Path) -> list[str]:
    """What was done with the list, what acting has brought beside what is planted, and where the page lies."""
    from crmlib.run.pages import month_called

    n = {name: language.number(count) for name, count in about["fates"].items()}
    done = _(
        "{month}: {all} proposals; {done} done in time, {late} late, {not_done} not done, {not_allowed} no longer allowed, "
        "{held_out} held out and left alone."
    ).format(month=month_called(about["month"]), all=language.number(sum(about["fates"].values())), **n)
    figures = _effects(review)
    worth = _(
        "So many more of those on the lists ordered because they were acted on: {so_far}; on the last list alone: {last}."
    ).format(
        so_far=_beside(figures.get(""), about["planted_of_all"]),
        last=_beside(figures.get(_before(about["month"])), about["planted"]),
    )
    return [done, worth, _("The review lies in {file}").format(file=(review / "index.html").resolve())]


def _effects(review: Path) -> dict[str, tuple[float, float, float]]:
    """What chapter 6 tells of acting, with its interval, by the month of the list; "" of all."""
    from crmlib.border.lists import rows_of

    file = review / "private" / "kpis.csv"
    rows = rows_of(file if file.exists() else review / "kpis.csv")
    # What is taken over from an earlier review because the chapter stopped is not of this month.
    rows = [row for row in rows if row["kpi"] == "action_effect" and row["period"] == review.name]
    named = {row["segment"]: tuple(row[name] for name in ("value", "low", "high")) for row in rows}
    return {of: (float(a), float(b), float(c)) for of, (a, b, c) in named.items() if a and b and c}


def _beside(measured: tuple[float, float, float] | None, planted: float) -> str:
    truth = _("planted {share}").format(share=language.percent(planted))
    if measured is None:
        return _("not enough to tell ({planted})").format(planted=truth)
    value, low, high = (language.percent(part) for part in measured)
    return _("{value} ({low} to {high}; {planted})").format(value=value, low=low, high=high, planted=truth)


def _before(month: str) -> str:
    """The month before, on whose last day the list was made."""
    from datetime import date

    from crmlib.vocabulary.months import month_end_before

    return f"{month_end_before(date.fromisoformat(f'{month}-01')):%Y-%m}"


def _copy(place: Path) -> Path:
    """The copy of the company, made the first time; one whose replacing was cut short is put right."""
    from crmlib.run.shipped import MADE, shipped

    home, draft, old = place / COMPANY, place / DRAFT, place / OLD
    if old.exists() and not home.exists():
        old.rename(home)
    for left in (draft, old):
        rmtree(left, ignore_errors=True)
    if not home.exists():
        there = [path.name for path in place.iterdir() if path.name != ".living.lock"]
        if there:
            raise TeachingError(f"{place}: holds other things ({there[0]}); name an empty or a new folder by --folder")
        if not (shipped(TEACHING) / "company.toml").exists():
            raise TeachingError(
                f"{shipped(TEACHING)}: the teaching company is not there; in a checkout `make data` makes it"
            )
        copytree(shipped(TEACHING), draft, ignore=lambda _folder, names: [n for n in names if n in MADE])
        draft.rename(home)
    return home


def _state(home: Path) -> dict[str, Any]:
    file = home / STATE
    if not file.exists():
        return {}
    with suppress(ValueError):
        read = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(read, dict):
            return read
    raise TeachingError(f"{file}: damaged; delete {home.parent} to begin anew")


def _live(home: Path, last: Path) -> dict[str, Any]:
    """Live the month after the review `last` on a draft, take the list back, and put the draft in place."""
    from crmlib.border.company import load_description
    from crmlib.border.lists import PROPOSALS
    from crmlib.run.taking import take
    from crmlib.vocabulary.months import last_day

    proposed, place = last / "private" / PROPOSALS, home.parent
    if not proposed.exists():
        raise TeachingError(
            f"{proposed}: the review has no list; make it anew with: crmlib review {home / 'company.toml'}"
        )
    draft, old = place / DRAFT, place / OLD
    copytree(home, draft)
    command = [sys.executable, "-m", "crmlib.teaching.continued", str(draft), str(proposed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TeachingError((done.stderr.strip().splitlines() or ["the month could not be made"])[-1])
    about = _state(draft)
    name = load_description(home / "company.toml").name
    take(draft / about["list"], out=place / REVIEWS, company=name, today=last_day(about["month"]))
    home.rename(old)
    draft.rename(home)
    rmtree(old, ignore_errors=True)
    return about


def _review(home: Path, month: str | None = None) -> Any:
    from crmlib.run.progress import Bars
    from crmlib.run.review import Request, review

    with Bars() as bars:
        request = Request(home / "company.toml", month, home.parent / REVIEWS, resume=True)
        return review(request, listener=bars)
