"""A certificate is earned on the data, and an altered byte, a foreign key and a key that others read are found."""

import os
import re
import stat
from datetime import date
from pathlib import Path

import pytest

from crmlib.run import certificate as made
from crmlib.run.certificate import CertificateError, Earned, claimed, judge, name_on_it, recorded, required, runs, told
from crmlib.run.certificate_page import as_html, as_pdf
from crmlib.run.course import Row, pieces
from crmlib.run.signing import SignatureError, key_at, signed, signer, verified
from crmlib.show.attempts import Attempts
from crmlib.show.exercise import Exercise
from crmlib.show.questions import One, Option, Question
from crmlib.vocabulary.language import _, using
from tests.small_company import knowing

HINTS = ("one", "two", "three")
DAY = date(2026, 11, 29)
NAME = "李薇 <b>--></b>"
ROWS = tuple(
    Row("01_importance", kind, name, name, (item,), 4)
    for kind, name, item in (("read", "chosen", "D001"), ("measure", "coded", "D002"), ("judge", "unknown", "D004"))
)


def question(kind: str, name: str, key: int | None = 0) -> Question:
    return Question(name, kind, name, "?", One((Option("x"), Option("y"))), lambda c: key, "because", HINTS)


@pytest.fixture
def exercises() -> dict[str, Exercise]:
    asked = (question("read", "chosen"), question("measure", "coded"), question("judge", "unknown", None))
    return {"01_importance": Exercise(knowing(DAY), {q.name: q for q in asked}, "01_importance")}


def test_what_is_kept_is_judged_again_and_what_the_data_cannot_carry_does_not_count(
    exercises: dict[str, Exercise], tmp_path: Path
) -> None:
    asked = exercises["01_importance"].questions["chosen"]
    attempts = Attempts(tmp_path / "progress.jsonl")
    nothing = judge(ROWS, exercises, attempts)
    assert nothing.right == ()
    assert [row.name for row in nothing.open] == ["chosen", "coded"]
    attempts.note("01_importance", "coded", "check", state="right", given=None)
    attempts.note("01_importance", "chosen", "check", state="right", given=asked.letter(1))
    forged = judge(ROWS, exercises, attempts)
    assert ([r.name for r in forged.right], [r.name for r in forged.open]) == (["coded"], ["chosen"])
    attempts.note("01_importance", "chosen", "check", state="right", given=asked.letter(0))
    earned = judge(ROWS, exercises, attempts)
    assert [r.name for r in earned.right] == ["chosen", "coded"]
    assert ([r.name for r in earned.not_carried], earned.open, earned.judged_again) == (["unknown"], (), 1)


def test_it_takes_every_question_and_a_company_that_carries_nearly_all() -> None:
    row = ROWS[0]
    required(Earned((row,) * 9, (row,), (), 9))
    with pytest.raises(CertificateError, match="carries 8 of 10"):
        required(Earned((row,) * 8, (row,) * 2, (), 8))
    with pytest.raises(CertificateError, match=r"1 of 10 questions .* 01_importance, chosen"):
        required(Earned((row,) * 9, (), (row,), 9))


def test_larger_pieces_that_are_done_stand_on_it_and_are_not_asked_for(tmp_path: Path) -> None:
    attempts, larger = Attempts(tmp_path / "progress.jsonl"), pieces()
    drill, memo = larger[0], larger[-1]
    assert recorded(larger, attempts) == []
    attempts.note(drill.chapter, drill.name, "check", state="right", given=None)
    attempts.note(memo.chapter, memo.name, "check", state="wrong", given=None)
    done = recorded(larger, attempts)
    assert done == [drill]
    earned = Earned(ROWS[:2], ROWS[2:], (), 1)
    with using("zh"):
        assert dict(told(claimed(NAME, earned, "all", [], DAY, done)))["综合任务（以记录为准）"] == _(drill.title)
        assert "综合任务（以记录为准）" not in dict(told(claimed(NAME, earned, "all", [], DAY)))
        old = {k: v for k, v in claimed(NAME, earned, "all", [], DAY).items() if k != "pieces"}
        assert told(old) == told(claimed(NAME, earned, "all", [], DAY))


@pytest.mark.parametrize("kind", [".html", ".pdf"])
def test_one_altered_byte_fails(kind: str, tmp_path: Path) -> None:
    key, was_made = key_at(tmp_path / "keys" / "key.pem")
    assert was_made
    with using("zh"):
        claims = claimed(NAME, Earned(ROWS[:2], ROWS[2:], (), 1), "without_code", ["ab" * 32], DAY)
        document = (as_html if kind == ".html" else as_pdf)(claims, signer(key))
        again = (as_html if kind == ".html" else as_pdf)(claims, signer(key))
        pairs = dict(told(claims))
    assert document == again
    assert pairs["路线"] == "不含编程"
    data = signed(document, kind, claims, key)
    found = verified(data, "c")
    assert (found.claims, found.signer) == (claims, signer(key))
    if kind == ".html":
        assert NAME.encode() not in data
        assert b"<script" not in data
        assert b"http" not in re.sub(rb"http-equiv", b"", data)
        assert data.count(b"crmlib-claims") == 1
    else:
        assert data.rindex(b"startxref") > len(data) - 1024, "readers look for it there"
    near_the_end = range(len(data) - 1200, len(data))
    for at in (*range(0, len(data), 997), *near_the_end):
        for bit in (1, 32):
            altered = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            with pytest.raises(SignatureError):
                verified(altered, "c")
    without_one = (data[:at] + data[at + length :] for at in near_the_end for length in (1, 4))
    for cut in (*without_one, data + b"\n", data + data, document, b""):
        with pytest.raises(SignatureError):
            verified(cut, "c")


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "key.pem"
    first, second = key_at(file), key_at(file)
    assert (first[1], second[1]) == (True, False)
    assert signer(first[0]) == signer(second[0])
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        with pytest.raises(SignatureError, match="chmod 600"):
            key_at(file)
        file.chmod(0o600)
    file.write_text("no key")
    with pytest.raises(SignatureError, match="no Ed25519 key"):
        key_at(file)


def test_verify_says_which_key_and_refuses_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, _was_made = key_at(tmp_path / "key.pem")
    claims = claimed("Li Wei", Earned(ROWS[:2], (), (), 1), "all", ["ab" * 32], DAY)
    file = tmp_path / "certificate.html"
    with using("en"):
        file.write_bytes(signed(as_html(claims, signer(key)), ".html", claims, key))
    made.verify(file, signer(key).upper(), "en")
    assert "Li Wei" in (said := capsys.readouterr().out)
    assert "cannot prove" not in said
    made.verify(file, "", "en")
    assert "cannot prove" in capsys.readouterr().out
    with pytest.raises(CertificateError, match="not by 0000"):
        made.verify(file, "0000", "en")


def test_names_and_items_are_written_shortly() -> None:
    assert name_on_it("  Li \n Wei ") == "Li Wei"
    for bad in ("", " ", "x" * 81, "a\x00b"):
        with pytest.raises(CertificateError, match="NAME"):
            name_on_it(bad)
    assert runs(["D001", "D002", "D003", "D007"]) == "D001–D003 D007"
    assert runs([]) == ""


def test_a_copy_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="no copy of the course"):
        made.opened(tmp_path, "en")
