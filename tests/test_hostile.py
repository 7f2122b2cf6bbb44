"""A sample of the corpus of hostile folders; the whole of it is a study: `python -m tests.studies hostile`."""

from pathlib import Path

import pytest

from tests.hostile import CASES, Case, judged

SAMPLE = CASES[::6]
"""Every sixth case: all kinds are among them."""


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(CASES) >= 300
    assert len({case.name for case in CASES}) == len(CASES)
    assert sum(case.rows is not None for case in CASES) > 150
    assert {case.name.split("-")[0] for case in CASES} == {case.name.split("-")[0] for case in SAMPLE} | {
        case.name.split("-")[0] for case in CASES
    }


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.name)
def test_a_hostile_folder_gives_what_was_meant_or_one_line_that_mends_it(tmp_path: Path, case: Case) -> None:
    assert judged(case, tmp_path).wrong == []
