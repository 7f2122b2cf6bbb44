"""What trainers are told is so: names, minutes and sums of the timetables, the usual mistakes, commands and the example."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from crmlib.run.course import everything, rows
from crmlib.show.questions import chapters, questions

FOLDER = Path(__file__).parent.parent / "exercises"
ASKED = re.compile(r"`(\w+)` (\d+)")
TIMES = re.compile(r"^\| (\d\d):(\d\d)–(\d\d):(\d\d) \|")
both = pytest.mark.parametrize("name", ["TRAINER.md", "TRAINER.zh.md"])


def lines(name: str) -> list[str]:
    return (FOLDER / name).read_text(encoding="utf-8").splitlines()


@both
def test_the_timetables_have_every_question_and_piece_once_with_its_minutes(name: str) -> None:
    minutes = {row.name: row.minutes for row in everything()}
    days = [line for line in lines(name) if TIMES.match(line)]
    weeks = [line for line in lines(name) if re.match(r"^\| \d \| ", line)]
    for table in (days, weeks):
        asked = [(q, int(m)) for line in table for q, m in ASKED.findall(line)]
        assert sorted(asked) == sorted(minutes.items())
    for line in days:
        said = line.rstrip(" |").rpartition("| ")[2] if ASKED.search(line) else ""
        total = sum(int(m) for _q, m in ASKED.findall(line))
        begin, end = (int(h) * 60 + int(m) for h, m in (TIMES.match(line).groups()[:2], TIMES.match(line).groups()[2:]))
        assert (int(said or 0), total <= end - begin) == (total, True), line
    ends = [TIMES.match(line).groups() for line in days]
    assert all(a[2:] == b[:2] or b[:2] == ("09", "00") for a, b in pairwise(ends))
    coded = {row.name for row in rows() if row.kind == "measure"}
    for line in weeks:
        _week, _slides, hour, said, home, at_home = (cell.strip() for cell in line.strip("|").split("|"))
        sums = [sum(int(m) for _q, m in ASKED.findall(cell)) for cell in (hour, home)]
        assert sums == [int(said), int(at_home)]
        assert sums[0] + 10 <= 60, line
        assert not coded & {q for q, _m in ASKED.findall(hour)}


@both
def test_the_totals_said_are_those_of_the_questions(name: str) -> None:
    said = [int(n) for n in re.findall(r"\d+", " ".join(lines(name)[2:6]))]
    without = rows(without_code=True)
    totals = {len(rows()), len(without), sum(r.minutes for r in rows()), sum(r.minutes for r in without)}
    assert totals | {len(rows()) - len(without)} <= set(said)


@both
def test_each_usual_mistake_is_one_of_its_questions(name: str) -> None:
    known = {q.name: {m.code for m in q.mistakes} for chapter in chapters() for q in questions(chapter).values()}
    table = [line for line in lines(name) if re.match(r"^\| `\w+` \| `", line)]
    assert len(table) == 15
    for line in table:
        code, *where = re.findall(r"`(\w+)`", line)
        assert all(code in known[question] for question in where), line


@both
def test_the_example_for_jupyterhub_is_python(name: str) -> None:
    code = re.search(r"```python\n(.*?)```", "\n".join(lines(name)), re.DOTALL)[1]
    compile(code, name, "exec")
    inner = re.search(r'PREPARE = "(.*)"', code)[1]
    compile(inner, name, "exec")
    exec(inner.split(";")[0], {})


def test_both_languages_say_the_same_questions_in_the_same_order() -> None:
    names = [re.findall(r"`(\w+)`", "\n".join(lines(name))) for name in ("TRAINER.md", "TRAINER.zh.md")]
    assert names[0] == names[1]
