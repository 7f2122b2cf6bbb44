"""What a class can do by item of the deck, and what to talk about next: out of nbgrader's gradebook and the judge's words."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from crmlib.run.class_folder import handed_in
from crmlib.run.class_judging import JUDGED_MIME, MARK, NOTEBOOK
from crmlib.run.rendering import render
from crmlib.show.questions import Question, questions
from crmlib.vocabulary.language import N_, _, number

SLIPS: Final[Mapping[str, tuple[str, str]]] = {
    "gross_for_net": (N_("leave refunds in"), N_("Did we keep that money?")),
    "calendar_year": (N_("take the year since January"), N_("On which day does the window begin?")),
    "orders_for_customers": (N_("take orders for customers"), N_("What is one row, and what do we ask about?")),
    "other_whole": (N_("divide by somebody else"), N_("Of whom is this a share? Say it aloud.")),
    "newcomers_in": (N_("compare two totals"), N_("Are these the same people?")),
    "or_for_and": (N_("take one sign for two"), N_("Would you call somebody for this one sign?")),
    "and_for_or": (N_("ask for both where one is enough"), N_("Who would be left out?")),
    "mean_for_median": (N_("take the mean for the median"), N_("What does the one who left three years ago do to it?")),
    "from_today": (N_("count from today"), N_("How far do the data reach?")),
    "quantile_for_cut": (N_("take the best fifth for the tier"), N_("What happens to me when others join?")),
    "not_yet_as_no": (N_("count as unanswered what may still be answered"), N_("Could we know yet?")),
    "contacted_for_assigned": (N_("take contacted for assigned"), N_("Who decided who was reached?")),
    "no_comparison": (N_("take what happened for what was caused"), N_("What would have happened anyway?")),
    "silent_as_no": (N_("count silence as dissatisfaction"), N_("What do we know of them?")),
    "scale_turned": (N_("read the scale from the other end"), N_("Which end is good?")),
    "percent_for_share": (N_("write percent for a share"), N_("Could this be more than all of them?")),
    "left_out": (N_("leave out something that holds too"), N_("What else is true of it?")),
    "reversed": (N_("put them in order from the other end"), N_("Which comes first, and why?")),
}
"""Slips that many people make: what they do, and what to ask them before explaining."""
TALKED: Final = 12
"""Slips that a page names."""
CAN: Final[Mapping[str, tuple[str, str]]] = {
    "all": ("●", N_("can do it")),
    "some": ("◐", N_("can do part of it")),
    "none": ("○", N_("not yet")),
    "": ("", N_("not handed in")),
}
"""How far a trainee is with an item of the deck: a sign, and what it means."""


@dataclass(frozen=True)
class Marked:
    """A chapter of a trainee as it was marked: points, and by question its state, the code and words of the slip handed in, and
    codes of slips met on the way.
    """

    trainee: str
    chapter: str
    score: float
    most: float
    judged: Mapping[str, Mapping[str, Any]]

    def right(self, question: str) -> bool:
        """Whether a question is right."""
        return self.judged.get(question, {}).get("state") == "right"


@dataclass(frozen=True)
class Talk:
    """Something to talk about: how many handed a slip in, how many of the others met it on the way, of how many."""

    chapter: str
    question: Question
    code: str
    handed: int
    met: int
    of: int
    says: str

    @property
    def what(self) -> str:
        """What they do, in words."""
        return _(SLIPS[self.code][0]) if self.code in SLIPS else self.says

    @property
    def ask(self) -> str:
        """What to ask them; empty where nothing is proposed."""
        return _(SLIPS[self.code][1]) if self.code in SLIPS else ""


def marked(home: Path, chapters: Iterable[str]) -> tuple[list[Marked], list[str]]:
    """Every submission that was marked, by chapter and name; and "name, chapter" of those handed in that could not be."""
    found, lacking = [], []
    with Gradebook(f"sqlite:///{home.absolute() / 'gradebook.db'}") as book:
        for chapter in chapters:
            for name in handed_in(home, chapter):
                file = home / "autograded" / name / chapter / NOTEBOOK
                try:
                    graded = book.find_submission_notebook("exercise", chapter, name)
                    judged = _judged(nbformat.read(file, as_version=4))
                except (OSError, MissingEntry):
                    lacking.append(f"{name}, {chapter}")
                    continue
                for grade in graded.grades:
                    # A trainer may have set a mark by hand, as of a text: that is the one that counts.
                    question = next((q for q in judged if _mark_of(q) == grade.name), "")
                    if question and grade.manual_score is not None:
                        judged[question]["state"] = "right" if grade.manual_score >= grade.max_score else "wrong"
                found.append(Marked(name, chapter, graded.score, graded.max_score, judged))
    return found, lacking


def _mark_of(question: str) -> str:
    return f"{MARK}{question.replace('_', '-')}"


def _judged(notebook: nbformat.NotebookNode) -> dict[str, dict[str, Any]]:
    """What was judged, by question: of the cells that mark alone, whose outputs the judge wrote."""
    found = {}
    for cell in notebook.cells:
        if str(cell.metadata.get("nbgrader", {}).get("grade_id", "")).startswith(MARK):
            for output in cell.get("outputs", ()):
                data = output.get("data", {}).get(JUDGED_MIME)
                if data:
                    found[str(data["question"])] = dict(data)
    return found


def items(chapters: Iterable[str], graded: Sequence[Marked]) -> dict[str, list[tuple[str, str]]]:
    """The questions that were marked, as (chapter, name), by item of the deck."""
    asked = {(one.chapter, name) for one in graded for name in one.judged}
    found: dict[str, list[tuple[str, str]]] = {}
    for chapter in chapters:
        for question in questions(chapter).values():
            for item in question.deck:
                if (chapter, question.name) in asked:
                    found.setdefault(item, []).append((chapter, question.name))
    return dict(sorted(found.items()))


def level(trainee: str, asked: Sequence[tuple[str, str]], graded: Mapping[tuple[str, str], Marked]) -> str:
    """How far a trainee is with an item: a key of `CAN`."""
    there = [(graded[trainee, chapter], name) for chapter, name in asked if (trainee, chapter) in graded]
    right = sum(one.right(name) for one, name in there)
    return "" if not there else "all" if right == len(asked) else "some" if right else "none"


def talks(graded: Sequence[Marked]) -> list[Talk]:
    """What to talk about next: slips that at least two handed in or met, those that most handed in first."""
    counts: dict[tuple[str, str, str], list[Any]] = {}
    for one in graded:
        for name, judged in one.judged.items():
            handed = judged["code"] if judged["state"] == "wrong" else ""
            for code in {handed, *judged["met"]} - {"", "form"}:
                count = counts.setdefault((one.chapter, name, code), [0, 0, ""])
                count[0 if code == handed else 1] += 1
                count[2] = count[2] or (judged["says"] if code == handed else "")
    found = []
    for (chapter, name, code), (handed, met, says) in counts.items():
        question = questions(chapter)[name]
        known = next((_(m.says) for m in question.mistakes if m.code == code), "")
        says = known if known and "{" not in known else says or code
        of = sum(one.chapter == chapter for one in graded)
        found.append(Talk(chapter, question, code, handed, met, of, says))
    found.sort(key=lambda talk: (-talk.handed, -talk.met, talk.chapter, talk.question.name, talk.code))
    return [talk for talk in found if talk.handed + talk.met >= 2]


def lines(found: Sequence[Talk]) -> list[str]:
    """What to talk about next, a line each."""
    text = _("{k} of {n}: {what} ({question}, chapter {chapter})")
    return [
        text.format(
            k=number(talk.handed or talk.met), n=number(talk.of), what=talk.what.rstrip(".。"), question=_(talk.question.title),
            chapter=int(talk.chapter[:2]),
        )
        for talk in found
    ]  # fmt: skip


def page(chapters: Sequence[str], graded: Sequence[Marked], lacking: Sequence[str]) -> str:
    """The trainer's page, in the language in force."""
    by, names = {(one.trainee, one.chapter): one for one in graded}, sorted({one.trainee for one in graded})
    tables = []
    for chapter in chapters:
        here = items([chapter], graded)
        rows = [
            {
                "name": name,
                "points": f"{number(by[name, chapter].score)}/{number(by[name, chapter].most)}",
                "levels": [level(name, asked, by) for asked in here.values()],
            }
            for name in names
            if (name, chapter) in by
        ]
        able = [sum(row["levels"][i] == "all" for row in rows) for i in range(len(here))]
        tables.append({"title": _chapter(chapter), "items": list(here), "rows": rows, "able": able})
    return render(
        "class.html.j2", tables=tables, talks=talks(graded)[:TALKED], can=CAN, n=len(names), lacking=list(lacking)
    )


def _chapter(chapter: str) -> str:
    return _("Chapter {n}").format(n=int(chapter[:2]))


def table(chapters: Sequence[str], graded: Sequence[Marked]) -> str:
    """The same as CSV, a line for each trainee and item: questions asked and right, and how far they are."""
    by, names = {(one.trainee, one.chapter): one for one in graded}, sorted({one.trainee for one in graded})
    out = io.StringIO()
    write: Callable[[Iterable[object]], Any] = csv.writer(out, lineterminator="\n").writerow
    write(("trainee", "item", "questions", "right", "level"))
    for item, asked in items(chapters, graded).items():
        for name in names:
            right = sum(by[name, chapter].right(q) for chapter, q in asked if (name, chapter) in by)
            # A name that begins like a formula is not one.
            safe = f"'{name}" if name[:1] in "=+-@" else name
            write((safe, item, len(asked), right, level(name, asked, by) or "not handed in"))
    return out.getvalue()
