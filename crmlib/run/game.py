"""The team game: each table allots the hours of the month to tiers, the made company lives the same month under each choice."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from crmlib.run.teach import COMPANY, TEACHING, WORKPLACE, TeachingError
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import LANGUAGES, _
from crmlib.vocabulary.policy import TIERS, closest
from crmlib.vocabulary.shipping import shipped

HOURS: Final = 120.0
NAMED: Final = "table"
MOST: Final = 12
"""Tables that fit on a page, and into a room."""
CURRENCY: Final = "CNY"


@dataclass(frozen=True)
class Interval:
    """Where a table's estimate, its interval and the truth stand on a line from 0 to 100."""

    low: float
    high: float
    estimate: float
    truth: float


def game(
    choices: Annotated[
        Path,
        typer.Argument(
            metavar="TABLES.csv",
            help="A line per table of the room: table, high_value, growth, potential, long_tail (hours).",
        ),
    ],
    folder: Annotated[
        Path, typer.Option("--folder", metavar="FOLDER", help="Where a copy of the company lives on, if there is one.")
    ] = WORKPLACE,
    hours: Annotated[float, typer.Option(min=1, help="Hours that each table has for the month.")] = HOURS,
    to: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the page that compares the tables.")] = Path(
        "game.html"
    ),
    language_of: Annotated[
        str, typer.Option("--language", metavar="|".join(LANGUAGES), help="Language to say it in.")
    ] = "en",
) -> None:
    """Let the same month be lived under each table's choice of hours, and compare what the choices earned."""
    from crmlib.run.checking import line
    from crmlib.run.folders import write

    with language.using(language_of, CURRENCY):
        asked = read_choices(choices, hours)
        home = folder.absolute() / COMPANY
        found = play(home if home.exists() else shipped(TEACHING), asked)
        for said in told(found):
            line(said)
        write(to, page(found, asked, hours))
        line(_("The page lies in {file}").format(file=to.resolve()))


def read_choices(file: Path, hours: float) -> dict[str, dict[str, float]]:
    """The hours by tier of each table. Raises `TeachingError` in one line for what cannot be read or is more than there is."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.DictReader(text))
    except FileNotFoundError:
        raise TeachingError(
            f"{file}: no such file; expected a line per table under {','.join([NAMED, *TIERS])}"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise TeachingError(f"{file}: not a CSV in UTF-8: {error}") from None
    headings = list(rows[0]) if rows else []
    for name in (NAMED, *TIERS):
        if name not in headings:
            near = closest(name, [h for h in headings if h])
            raise TeachingError(
                f"{file}: no column {name!r}{near}; expected {','.join([NAMED, *TIERS])}, and a line per table"
            )
    if len(rows) > MOST:
        raise TeachingError(f"{file}: {len(rows)} tables; at most {MOST} are compared")
    found: dict[str, dict[str, float]] = {}
    for n, row in enumerate(rows, 2):
        name = (row[NAMED] or "").strip()
        if not name or name in found:
            raise TeachingError(f"{file}, line {n}: expected a name that no other table has, found {name!r}")
        found[name] = {tier: _hours(file, n, tier, row[tier]) for tier in TIERS}
        if sum(found[name].values()) > hours + 1e-9:
            raise TeachingError(
                f"{file}, line {n}: {name} allots {sum(found[name].values()):g} hours, there are {hours:g}"
            )
    return found


def _hours(file: Path, n: int, tier: str, text: str | None) -> float:
    try:
        value = float((text or "").strip() or 0)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise TeachingError(f"{file}, line {n}: {tier}: expected hours from 0, found {text!r}")
    return value


def play(company: Path, choices: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """What each choice came to, as `crmlib.teaching.game` says it. Raises `TeachingError`."""
    command = [sys.executable, "-m", "crmlib.teaching.game", str(company), json.dumps(choices)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TeachingError((done.stderr.strip().splitlines() or ["the month could not be played"])[-1])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def told(found: Mapping[str, Any]) -> list[str]:
    """A line per table: whom it contacted, what that brought against the held-out, for how much."""
    text = _("{table}: {n} contacted for {cost}; against the held-out they brought {brought}. {verdict}")
    return [
        text.format(
            table=name,
            n=language.number(came["contacted"]),
            cost=language.money(came["cost"]),
            brought=brought(came),
            verdict=verdict(came),
        )
        for name, came in found["tables"].items()
    ]


def brought(came: Mapping[str, Any]) -> str:
    """The estimate with its interval."""
    if came["estimate"] is None or not came["contacted"]:
        return _("not enough to tell")
    value, low, high = (language.money(came[name]) for name in ("estimate", "low", "high"))
    return _("{value} ({low} to {high})").format(value=value, low=low, high=high)


def verdict(came: Mapping[str, Any]) -> str:
    """Whether it is beyond chance that the contacts brought something, and more than they cost."""
    if came["estimate"] is None or not came["contacted"]:
        return _("Nobody can say.")
    if came["low"] > came["cost"]:
        return _("More than it cost, beyond chance.")
    if came["low"] > 0:
        return _("Beyond chance it brought something; whether more than it cost is open.")
    if came["high"] < 0:
        return _("Beyond chance it did harm.")
    return _("Chance alone could have brought this.")


def page(found: Mapping[str, Any], choices: Mapping[str, Mapping[str, float]], hours: float) -> str:
    """The trainer's page: the tables side by side, what they chose, what it brought, and what is planted."""
    from crmlib.run.pages import month_called
    from crmlib.run.rendering import render

    on = drawn(found["tables"])
    tables = [
        {
            "name": name,
            "hours": [language.number(choices[name][tier]) for tier in TIERS],
            "contacted": language.number(came["contacted"]),
            "brought": brought(came),
            "cost": language.money(came["cost"]),
            "truth": language.money(came["truth"]),
            "verdict": verdict(came),
            "on": on[name],
            "tiers": [_tier(row) for row in came["tiers"] if row["contacted"]],
        }
        for name, came in found["tables"].items()
    ]
    month, total = month_called(found["month"]), language.number(hours)
    zero = on[""].estimate
    return render(
        "game.html.j2", month=month, hours=total, tables=tables, zero=zero, tiers=[label(t, "code") for t in TIERS]
    )


def _tier(row: Mapping[str, Any]) -> dict[str, str]:
    """What a tier's contacts and its held-out did, as shares."""
    return {
        "tier": label(row["tier"], "code"),
        "contacted": language.number(row["contacted"]),
        "bought": language.percent(row["bought"] / row["contacted"]),
        "held_out": language.number(row["held_out"]),
        "bought_held_out": language.percent(row["bought_held_out"] / row["held_out"]) if row["held_out"] else "–",
    }


def drawn(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Interval]:
    """Where each table's interval stands on a common line; under "" where nothing was brought."""
    ends = [0.0, *(v for came in tables.values() for k in ("low", "high", "truth") if (v := came[k]) is not None)]
    first, last = min(ends), max(ends)
    width = (last - first) or 1.0

    def at(value: float | None) -> float:
        return round(2 + 96 * ((value or 0.0) - first) / width, 2)

    lines = {n: Interval(at(c["low"]), at(c["high"]), at(c["estimate"]), at(c["truth"])) for n, c in tables.items()}
    return {**lines, "": Interval(at(0), at(0), at(0), at(0))}
