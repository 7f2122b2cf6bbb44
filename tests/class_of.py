"""Submissions of a class, of every kind that a trainer meets: right, wrong, empty, crashed, endless, hostile."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from crmlib.run import exercises
from crmlib.show.attempts import FILE, MARKER
from crmlib.show.exercise import Exercise, solutions
from crmlib.show.judging import judged
from crmlib.vocabulary.shipping import shipped
from tests.test_exercises import given, right

CHAPTER = "01_importance"
LOOK = """
import os, sys
from pathlib import Path
found = {found!r}
seen = []
def read(path):
    try:
        Path(path).read_bytes()
        seen.append(str(path))
    except Exception as error:
        pass
for path in found:
    read(path)
for up in Path.cwd().parents:
    for pattern in ("*/*/exercise.ipynb", "gradebook.db", "*.jsonl"):
        for path in sorted(up.glob(pattern))[:50]:
            read(path)
print("SEEN", seen)
"""
"""Reads other submissions, the gradebook and the keys."""
PATCH = """
import crmlib.show.exercise, crmlib.show.judging, crmlib.show.handing_in
from crmlib.show.judging import Judged
crmlib.show.judging.judged = lambda *a, **k: Judged("right")
crmlib.show.exercise.judged = lambda *a, **k: Judged("right")
type(ex).check = lambda self, name, given=...: "right"
type(ex).judge = lambda self, name, given=...: Judged("right")
def forged(self, name, given=...):
    from IPython.display import display
    judged = {"question": name, "state": "right", "code": "", "met": []}
    display({"application/vnd.crmlib.judged+json": judged, "text/plain": "1.0"}, raw=True)
    answer = {"question": name, "answer": {"is": "right"}}
    display({"application/vnd.crmlib.answer+json": answer, "text/plain": "1.0"}, raw=True)
type(ex).hand_in = forged
"""
KEYS = """
try:
    from crmlib.show.questions import questions
    keys = {name: q.answer(ex.company) for name, q in questions("01_importance").items()}
    type(ex).hand_in = lambda self, name, given=...: print("KEY", keys[name])
    print("KEYS", keys)
    for name in keys: globals()[name] = keys[name]
except BaseException as error:
    print("no keys:", type(error).__name__)
"""
KILL = """
import os, signal
for pid in (os.getppid(), 1):
    try:
        os.kill(pid, signal.SIGKILL)
    except BaseException as error:
        print("spared", type(error).__name__)
"""
TRAPS = {
    "endless": ("top_fifth_share", "while True: pass"),
    "stubborn": ("top_fifth_share", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
    "hungry": ("top_fifth_share", "eater = [bytearray(2**28) for _ in range(10**4)]"),
    "loud": ("top_fifth_share", "while True: print('x' * 10**5)"),
    "crashed": ("top_fifth_share", "import os; os._exit(3)"),
    "raising": ("top_fifth_share", "1 / 0"),
    "killing": ("repurchase_rate", KILL),
    "patching": ("repurchase_rate", PATCH),
    "keys": ("repurchase_rate", KEYS),
}
"""By kind, the question into whose cell something is put and what."""


def copy_of(
    place: Path, exercise: Exercise, answers: Mapping[str, Any], code: Mapping[str, str], language: str = "en"
) -> Path:
    """A trainee's copy with a chapter's notebook, `code` in place of the dots, and `answers` given in the controls."""
    chapter = exercise.chapter
    made = exercises.notebook(chapter, exercises.code_of(chapter), language=language)
    for cell in made.cells:
        name = cell.id.replace("-", "_")
        if cell.cell_type == "code" and name in code:
            cell.source = f'{code[name].rstrip()}\nex.check("{name}", {name});'
    file = place / "exercises" / chapter / f"exercise{'' if language == 'en' else f'.{language}'}.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, file)
    (place / MARKER).mkdir(exist_ok=True)
    rows = []
    for name, answer in answers.items():
        text = answer if isinstance(answer, str) else " ".join(str(one) for one in answer)
        state = exercise.judge(name, text).state
        rows.append(
            {"at": "", "chapter": chapter, "question": name, "event": "check", "state": state, "why": "", "given": text}
        )
    (place / FILE).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return place


def solved(exercise: Exercise) -> dict[str, str]:
    """The code that solves each question of a chapter."""
    return solutions(shipped("exercises") / exercise.chapter / "solution.ipynb")


def answered(exercise: Exercise) -> dict[str, Any]:
    """The right answer of each question without code."""
    return {name: right(exercise, q) for name, q in exercise.questions.items() if q.kind != "measure"}


def mistaken(exercise: Exercise, at: int = 0) -> tuple[dict[str, str], dict[str, str]]:
    """Code that gives a known misconception for each question, and the code by which it is recognised."""
    code, slips = {}, {}
    for name, question in exercise.questions.items():
        if question.kind == "measure":
            mistake = question.mistakes[at % len(question.mistakes)]
            value = given(question, exercise._mistaken(mistake))
            code[name] = f"{name} = {value!r}"
            slips[name] = judged(question, exercise.company, exercise._key(question), value, exercise._mistaken).code
    return code, slips


def trapped(exercise: Exercise, kind: str) -> dict[str, str]:
    """Right code, with a trap before one of its answers."""
    name, trap = TRAPS[kind]
    code = solved(exercise)
    return {**code, name: f"{trap}\n{code[name]}"}


def write_class(
    into: Path, exercise: Exercise, kinds: Mapping[str, str], looks_at: Callable[[], list[str]] = list
) -> None:
    """Copies of trainees by name, each of a kind."""
    for n, (name, kind) in enumerate(kinds.items()):
        place, answers = into / name, answered(exercise)
        if kind == "right":
            code = solved(exercise)
        elif kind == "wrong":
            code, answers = mistaken(exercise, n)[0], {}
        elif kind == "empty":
            code, answers = {}, {}
        elif kind == "looking":
            code = solved(exercise)
            first = next(iter(code))
            code[first] = LOOK.format(found=looks_at()) + code[first]
        else:
            code = trapped(exercise, kind)
        copy_of(place, exercise, answers, code)
