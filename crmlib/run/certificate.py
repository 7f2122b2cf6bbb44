"""The course's certificate: who has every question of a track right, signed so that an altered byte is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from crmlib import __version__
from crmlib.run.arguments import CourseFolder, LabName
from crmlib.run.course import Language, Row, WithoutCode, pieces, rows
from crmlib.vocabulary.errors import CrmlibError, require
from crmlib.vocabulary.language import N_, _, day, number, using

if TYPE_CHECKING:
    from crmlib.show.attempts import Attempts
    from crmlib.show.exercise import Exercise

CARRIED: Final = 0.9
"""Share of a track's questions that a company must be able to carry for a certificate to be earned on it."""
LONGEST_NAME: Final = 80
TRACKS: Final[Mapping[str, str]] = {"all": N_("with code"), "without_code": N_("without code")}
Key = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Private key to sign with, made if it is not there; by default one of your own."),
]


class CertificateError(CrmlibError):
    """A certificate that is not earned, or a name that cannot stand on one; one line."""


@dataclass(frozen=True)
class Earned:
    """What of a track is right, what the company cannot carry, what is open, and how many answers were judged again."""

    right: tuple[Row, ...]
    not_carried: tuple[Row, ...]
    open: tuple[Row, ...]
    judged_again: int


def certificate(
    trainee: Annotated[str, typer.Argument(metavar="NAME", help="The trainee's name, as it is to stand there.")],
    folder: CourseFolder = None,
    name: LabName = "",
    without_code: WithoutCode = False,
    language: Language = "en",
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write it (.html or .pdf); by default both, in the copy."),
    ] = None,
    key: Key = None,
) -> None:
    """Certify that every question of a track is right: answers are judged again, and the file is signed."""
    require("notebooks")
    from crmlib.run.certificate_page import as_html, as_pdf
    from crmlib.run.folders import write
    from crmlib.run.lab import WORKPLACE, where
    from crmlib.run.signing import key_at, signed, signer
    from crmlib.show.attempts import FILE, Attempts

    files = [to] if to else [where(folder, name) / f"certificate{kind}" for kind in (".html", ".pdf")]
    if any(file.suffix not in (".html", ".pdf") for file in files):
        raise CertificateError(f"{to}: a certificate is a file that ends in .html or .pdf")
    place, called = where(folder, name), name_on_it(trainee)
    with using(language):
        exercises, data = opened(place, language)
        earned = judge(rows(without_code), exercises, Attempts(place / FILE))
        required(earned)
        private, made = key_at(key or Path.home() / WORKPLACE / ".signing" / "ed25519.pem")
        done = recorded(pieces(), Attempts(place / FILE))
        claims = claimed(called, earned, "without_code" if without_code else "all", data, date.today(), done)
        for file in files:
            document = as_html(claims, signer(private)) if file.suffix == ".html" else as_pdf(claims, signer(private))
            write(file, signed(document, file.suffix, claims, private))
            typer.echo(_("Written: {file}").format(file=file))
        typer.echo(_("Signed with the key {signer}.").format(signer=signer(private)))
        if made:
            typer.echo(
                _("This key was made just now. Tell that line to whoever is to check; keep the key to yourself.")
            )


def verify(
    file: Annotated[Path, typer.Argument(help="A certificate, HTML or PDF.")],
    signer: Annotated[
        str, typer.Option(metavar="FINGERPRINT", help="The key that must have signed it, as its owner told you.")
    ] = "",
    language: Language = "en",
) -> None:
    """Say, without any network, whether a certificate is as it was signed, and by which key."""
    require("notebooks")
    from crmlib.run.signing import verified

    found = verified(file.read_bytes(), str(file))
    if signer and signer.strip().lower() != found.signer:
        raise CertificateError(f"{file}: signed by the key {found.signer}, not by {signer}")
    with using(language):
        typer.echo(_("Not a byte was altered since it was signed with the key {signer}.").format(signer=found.signer))
        if not signer:
            typer.echo(
                _("Whose key that is the file cannot prove: compare it with what its owner told you (--signer).")
            )
        for what, value in told(found.claims):
            typer.echo(f"{what}: {value}")


def name_on_it(text: str) -> str:
    """A name as it is given, on one line. Raises `CertificateError`."""
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise CertificateError(f"NAME: expected a name of 1 to {LONGEST_NAME} letters, found {text[:LONGEST_NAME]!r}")
    return name


def opened(place: Path, language: str) -> tuple[dict[str, Exercise], list[str]]:
    """Each chapter's exercise on the company to which the trainee's notebook of it is set, and the hash of each company's tables.

    Raises `CertificateError` where there is no copy, `TablesError`, `PolicyError`.
    """
    import nbformat

    from crmlib.facts.company import read_company
    from crmlib.run.parameters import declared
    from crmlib.show.exercise import Exercise
    from crmlib.show.questions import chapters, questions
    from crmlib.vocabulary.policy import load

    suffix = "" if language == "en" else f".{language}"
    companies: dict[tuple[str, str, str], Any] = {}
    found, hashes = {}, {}
    for chapter in chapters():
        file = place / "exercises" / chapter / f"exercise{suffix}.ipynb"
        if not file.exists():
            raise CertificateError(f"{place}: no copy of the course here; `crmlib course` makes one")
        given = declared(nbformat.read(file, as_version=4), chapter)
        at = (str(given["tables"]), str(given["as_of"]), str(given["policy"]))
        if at not in companies:
            policy = load(place / at[2] if at[2] else None)
            companies[at] = read_company(place / at[0], as_of=date.fromisoformat(at[1]), policy=policy)
            hashes[at] = hash_of(place / at[0])
        found[chapter] = Exercise(companies[at], questions(chapter), chapter, language=language)
    return found, sorted(set(hashes.values()))


def hash_of(tables: Path) -> str:
    """Hash of frozen tables, by the names and the bytes of their files."""
    from crmlib.run.folders import sha256_of

    lines = (f"{name}:{hashed}\n" for name, hashed in sha256_of(tables).items())
    return sha256("".join(lines).encode()).hexdigest()


def judge(asked: Iterable[Row], exercises: Mapping[str, Exercise], attempts: Attempts) -> Earned:
    """What of the questions is right on these data. Choices, numbers and texts are judged again, whatever the trainee's file says
    of them; of what code worked out no answer is kept, so that the file is believed.
    """
    answered = {
        (row["chapter"], row["question"]): row.get("given")
        for row in attempts.rows()
        if row["event"] == "check" and row.get("state") == "right"
    }
    sorted_out: dict[str, list[Row]] = {"right": [], "not carried": [], "open": []}
    again = 0
    for row in asked:
        exercise, at = exercises[row.chapter], (row.chapter, row.name)
        state = exercise.judge(row.name).state
        if state != "not carried":
            kept = answered.get(at)
            is_kept = kept is not None and row.kind != "measure"
            state = exercise.judge(row.name, kept).state if is_kept else "right" if at in answered else state
            again += is_kept
        sorted_out[state if state in sorted_out else "open"].append(row)
    return Earned(tuple(sorted_out["right"]), tuple(sorted_out["not carried"]), tuple(sorted_out["open"]), again)


def recorded(larger: Iterable[Row], attempts: Attempts) -> list[Row]:
    """Which of the larger pieces the trainee's file says are done: they are played and handed in once, so that it is believed."""
    states = attempts.states()
    return [row for row in larger if states.get((row.chapter, row.name)) == "right"]


def required(earned: Earned) -> None:
    """Raises `CertificateError` unless every question that the company carries is right, and it carries nearly all."""
    asked = len(earned.right) + len(earned.open) + len(earned.not_carried)
    carried = asked - len(earned.not_carried)
    if carried < CARRIED * asked:
        raise CertificateError(
            f"this company carries {carried} of {asked} questions; it takes nine in ten: earn it on the teaching company"
        )
    if earned.open:
        first = earned.open[0]
        raise CertificateError(
            f"{len(earned.open)} of {carried} questions are not right yet on these data, the first: {first.chapter}, {first.name}"
        )


def claimed(
    name: str, earned: Earned, track: str, data: list[str], on: date, done: Iterable[Row] = ()
) -> dict[str, Any]:
    """What the certificate claims, for programs; `done` are the larger pieces, which it names and does not ask for."""
    by_chapter: dict[str, int] = {}
    for row in earned.right:
        by_chapter[row.chapter] = by_chapter.get(row.chapter, 0) + 1
    return {
        "name": name,
        "track": track,
        "date": on.isoformat(),
        "suite": __version__,
        "data": data,
        "chapters": by_chapter,
        "questions": [f"{row.chapter}/{row.name}" for row in earned.right],
        "not_carried": [f"{row.chapter}/{row.name}" for row in earned.not_carried],
        "items": sorted({item for row in earned.right for item in row.deck}),
        "judged_again": earned.judged_again,
        "pieces": [f"{row.chapter}/{row.name}" for row in done],
    }


def told(claims: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The claims in words, a pair each, in the language in force."""
    right, left = len(claims["questions"]), len(claims["not_carried"])
    count = _("{right} right, {again} of them judged again when it was signed; {left} do not count on these data")
    return [
        (_("Name, as given"), str(claims["name"])),
        (_("Track"), _(TRACKS[claims["track"]])),
        (_("Date"), day(date.fromisoformat(claims["date"]))),
        (_("Questions"), count.format(right=number(right), again=number(claims["judged_again"]), left=number(left))),
        (_("By chapter"), " · ".join(f"{int(chapter[:2])}: {number(n)}" for chapter, n in claims["chapters"].items())),
        (_("Items of the deck"), f"{number(len(claims['items']))}: {runs(claims['items'])}"),
        *_larger(claims.get("pieces", ())),
        (_("Suite"), f"crmlib {claims['suite']}"),
        (_("Data (SHA-256)"), " ".join(claims["data"])),
    ]


def _larger(done: Iterable[str]) -> list[tuple[str, str]]:
    """A line on the larger pieces; none where none is recorded, and on certificates that know of none."""
    titles = [_(row.title) for row in pieces() if f"{row.chapter}/{row.name}" in done]
    return [(_("Larger pieces, as recorded"), " · ".join(titles))] if titles else []


def runs(items: Iterable[str]) -> str:
    """Items of the deck, those that follow one another as a range: D001 to D004 and D007 is "D001–D004 D007"."""
    found: list[list[str]] = []
    for item in items:
        follows = found and int(item[1:]) == int(found[-1][-1][1:]) + 1
        if follows:
            found[-1].append(item)
        else:
            found.append([item])
    return " ".join(run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in found)
