"""The crisis drill: known transcripts have known points, the clock is handed in, and a killed kernel is gone on with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import nbformat
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.run import exercises as made
from crmlib.run.course import everything, report
from crmlib.run.personal_copy import bring
from crmlib.show import drill as shown
from crmlib.show import drill_window
from crmlib.show.attempts import Attempts
from crmlib.show.crisis_rubric import RUBRIC, Played, mastered, points, shares
from crmlib.show.drill import Drill, Drills
from crmlib.show.drill_page import carried
from crmlib.show.drill_window import Window
from crmlib.show.incidents import FOLDER, Clock, Incident, Sent, hour, incidents
from crmlib.vocabulary import crisis_wording as said
from crmlib.vocabulary.language import _, using
from tests.crisis_transcripts import TRANSCRIPTS, Transcript

ROOT = Path(__file__).parent.parent
both = pytest.mark.parametrize("name", ["data_leak", "service_down"])


class Hand:
    """A clock that somebody turns: the seconds of the room."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def turn(self, minutes_of_drill: float, speed: float = 12.0) -> None:
        self.seconds += 60 * minutes_of_drill / speed


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with using("en"):
        yield


def sent(transcript: Transcript, incident: Incident, c: Company) -> tuple[Sent, ...]:
    """The messages of a transcript; the model's with the company's figures."""
    if not transcript.model:
        return transcript.sent
    return tuple(Sent(one.minute, one.to, incident.said(c, one.text)) for one in incident.model)


@pytest.mark.deck("D115", "D119", "D120", "D121", "D122")
@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda t: f"{t.called} ({t.incident}, {t.language})")
def test_each_transcript_has_the_points_that_are_known_of_it(transcript: Transcript, teaching: Company) -> None:
    incident = incidents()[transcript.incident]
    with using(transcript.language, teaching.currency):
        scored = points(Played(incident, teaching, sent(transcript, incident, teaching)))
    assert {code for code, had in scored.items() if not had} == set(transcript.misses)
    assert mastered(scored) == (transcript.model or transcript.called == "a word not kept")


def test_each_criterion_is_missed_by_some_transcript_and_had_by_the_models() -> None:
    codes = {point.code for point in RUBRIC}
    assert len(codes) == len(RUBRIC) == 16
    spoken = [t.misses for t in TRANSCRIPTS if t.sent]
    assert frozenset().union(*spoken) == codes
    assert {(t.incident, t.language) for t in TRANSCRIPTS if t.model} == {
        (name, language) for name in incidents() for language in ("en", "zh")
    }
    assert len(TRANSCRIPTS) == 12
    assert {group: of for group, (_had, of) in shares(dict.fromkeys(codes, True)).items()} == {
        "speed": 5, "warmth": 5, "truth": 6,
    }  # fmt: skip


@both
def test_whom_it_concerns_comes_from_the_company(name: str, teaching: Company) -> None:
    incident = incidents()[name]
    orders = teaching.tables.orders.execute()
    part = company_from(
        {"orders": orders.sort_values(["ordered_at", "amount"], ignore_index=True)[::3]}, as_of=teaching.as_of
    )
    here, there = incident.filled(teaching), incident.filled(part)
    assert here is not None
    assert there is not None
    assert here["n"] != there["n"]
    assert incident.rows(teaching) != incident.rows(part)
    with using("zh"):
        assert incident.said(teaching, incident.arrivals[0].text) != incident.said(part, incident.arrivals[0].text)
    nobody = company_from({"orders": orders[orders["ordered_at"] > "2030"]}, as_of=teaching.as_of)
    assert carried(incident, teaching)
    assert not carried(incident, nobody)


def test_the_number_of_those_concerned_is_the_one_in_the_tables(teaching: Company) -> None:
    orders, use = teaching.tables.orders.execute(), teaching.tables.activity.execute()
    open_file = orders[orders["ordered_at"].between("2026-10-18", "2026-11-01", inclusive="left")]
    filled = incidents()["data_leak"].filled(teaching)
    assert filled is not None
    assert (filled["n"], filled["orders"]) == (f"{open_file['customer_id'].nunique():,}", f"{len(open_file):,}")
    lately = use[(use["logins"] > 0) & (use["day"].astype(str) >= "2026-10-25")]
    down = incidents()["service_down"].filled(teaching)
    assert down is not None
    assert down["n"] == f"{lately['customer_id'].nunique():,}"


def test_the_clock_runs_stands_and_is_put_forward_but_never_back() -> None:
    hand = Hand()
    clock = Clock(hand)
    hand.turn(30)
    assert clock.now() == 0, "it stands until it is started"
    clock.start()
    hand.turn(30)
    assert clock.now() == pytest.approx(30)
    clock.stop()
    hand.turn(500)
    assert clock.now() == pytest.approx(30)
    clock.start()
    clock.go_at(30)
    hand.turn(30, speed=30)
    assert clock.now() == pytest.approx(60)
    clock.forward(50)
    assert clock.now() == pytest.approx(60)
    clock.forward(90)
    assert clock.now() == pytest.approx(90)
    assert (hour(0), hour(65), hour(900)) == ("Day 1, 09:10", "Day 1, 10:15", "Day 2, 00:10")


@both
def test_it_is_played_to_its_end_and_counts(name: str, teaching: Company, tmp_path: Path) -> None:
    hand, attempts = Hand(), Attempts(tmp_path / "progress.jsonl")
    incident = incidents()[name]
    drill = Drill(incident, teaching, attempts, Clock(hand))
    assert drill.send("customers", "We are sorry.")
    drill.begin()
    assert [a.minute for a in drill.arrived()] == [0]
    assert drill.send("one", "I am sorry to hear it.") == "No customer has written yet."
    assert drill.send("customers", " … ") == "A sentence at least is needed."
    assert "1,200" in drill.send("customers", "a" * 1300)
    for one in incident.model:
        hand.turn(one.minute - drill.clock.now())
        assert drill.send(one.to, incident.said(teaching, one.text)) == ""
    while not drill.over:
        drill.onward()
    assert drill.scored is not None
    assert all(drill.scored.values())
    assert attempts.states() == {(FOLDER, name): "right"}
    last = attempts.rows()[-1]
    assert (last["event"], last["state"], last["why"], len(last["points"])) == ("check", "right", "", 16)
    assert "1 of 2 mastered" in next(line for line in report(everything(), attempts.states()) if FOLDER in line)
    again = Drill.gone_on_with(incident, teaching, attempts, Clock(hand))
    assert again.over
    assert again.scored == drill.scored
    again.begin()
    assert (again.sent, again.over, again.clock.now()) == ([], False, 0)
    assert attempts.states() == {(FOLDER, name): "right"}, "what was mastered once stays so"


def test_a_killed_kernel_is_gone_on_with_where_it_wrote_last(teaching: Company, tmp_path: Path) -> None:
    hand, attempts = Hand(), Attempts(tmp_path / "progress.jsonl")
    drill = Drill(incidents()["service_down"], teaching, attempts, Clock(hand))
    drill.begin()
    hand.turn(20)
    drill.send("customers", "We are sorry: you cannot log in.")
    hand.turn(20)
    drill.pause()
    hand.turn(400)
    with (tmp_path / "progress.jsonl").open("a", encoding="utf-8") as torn:
        torn.write('{"chapter": "crisis_dri')
    other = Drill.gone_on_with(
        incidents()["service_down"], teaching, Attempts(tmp_path / "progress.jsonl"), Clock(Hand())
    )
    assert other.begun
    assert not other.over
    assert [(s.minute, s.to) for s in other.sent] == [(20, "customers")]
    assert other.clock.now() == pytest.approx(40)
    assert not other.clock.running, "nobody sits before it yet"
    other.pause()
    assert other.clock.running
    leak = Drill.gone_on_with(incidents()["data_leak"], teaching, attempts, Clock(hand))
    assert not leak.begun
    rows = [
        json.loads(line) for line in (tmp_path / "progress.jsonl").read_text("utf-8").splitlines() if line[-1] == "}"
    ]
    assert [row["event"] for row in rows] == ["begin", "send", "pause", "go"]


def test_silence_ends_by_the_clock_alone(teaching: Company) -> None:
    hand = Hand()
    drill = Drill(incidents()["service_down"], teaching, clock=Clock(hand))
    drill.begin()
    hand.turn(26 * 60)
    drill.look()
    assert drill.scored is not None
    assert not any(drill.scored.values())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_window_plays_it(language: str, teaching: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand, attempts, windows = Hand(), Attempts(tmp_path / "progress.jsonl"), []
    monkeypatch.setattr(shown, "display", lambda bundle, raw: None)
    monkeypatch.setattr(ipywidgets.VBox, "_repr_mimebundle_", lambda _box: {})

    class Kept(Window):
        def __init__(self, drill: Drill, language: str) -> None:
            super().__init__(drill, language)
            windows.append(self)

    monkeypatch.setattr(drill_window, "Window", Kept)
    incident = incidents()["data_leak"]
    crisis = Drills(teaching, language, attempts, hand)
    crisis.rubric()
    crisis.play("data_leak")
    (window,) = windows
    assert window.writing.layout.display == "none"
    window.begin.click()
    assert (window.begin.layout.display, window.writing.layout.display) == ("none", "")
    window.send.click()
    with using(language, teaching.currency):
        assert _("A sentence at least is needed.") in window.said.value
        for one in incident.model:
            hand.turn(one.minute - window.drill.clock.now())
            window.to.value, window.text.value = one.to, incident.said(teaching, one.text)
            window.send.click()
            assert (window.said.value, window.text.value) == ("", "")
    assert window.posts.value.count("crm-own") == len(incident.model)
    window.pause.click()
    assert not window.drill.clock.running
    window.onward.click()
    window.end.click()
    assert "crm-right" in window.result.value
    assert "crm-missed" not in window.result.value
    crisis.play("data_leak")
    assert "crm-right" in windows[-1].result.value, "what it came to is there after the cell is run again"
    with pytest.raises(KeyError, match="no incident 'data_lek'; did you mean 'data_leak'"):
        crisis.play("data_lek")


def test_a_company_that_nobody_is_concerned_at_says_so(teaching: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[dict[str, Any]] = []
    monkeypatch.setattr(shown, "display", lambda bundle, raw: texts.append(bundle))
    cases = company_from({"tickets": teaching.tables.tickets.limit(50).execute()}, as_of=teaching.as_of)
    Drills(cases, attempts=Attempts()).play("service_down")
    assert "Does not count here." in texts[-1]["text/plain"]


def test_the_notebook_is_made_from_the_incidents_and_linked_with_its_section(tmp_path: Path) -> None:
    text = (ROOT / "exercises" / FOLDER / "exercise.ipynb").read_text(encoding="utf-8")
    assert made.written(made.drill_notebook()) == text, "run `python -m crmlib.run.exercises`"
    bring(tmp_path)
    for language, folder in (("en", ""), ("zh", "zh/")):
        name = f"exercises/{FOLDER}/exercise{'' if language == 'en' else f'.{language}'}.ipynb"
        drill = {c.id: c.source for c in nbformat.read(tmp_path / name, as_version=4).cells}
        chapter = nbformat.read(tmp_path / "chapters" / folder / "05_proactive_service.ipynb", as_version=4)
        with using(language):
            title = _(incidents()["data_leak"].title)
        assert f'language = "{language}"' in drill["parameters"]
        assert f"../../chapters/{folder}05_proactive_service.ipynb#" in drill["ask-data-leak"]
        (cell,) = [c for c in chapter.cells if f"{name}#1.-{title.replace(' ', '-')}" in c.source]
        assert "D119" in cell.metadata["deck"]
    assert not list((tmp_path / "exercises" / FOLDER).glob("*.py"))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("We will write to you again by 13:00 today.", 780),
        ("The next update comes at 3 pm.", 900),
        ("You will hear from us again by noon.", 720),
        ("We will tell you more within two hours.", 700),
        ("Our service is back by 18:00.", None),
        ("We write again by 8:30 tomorrow.", 1440 + 510),
        ("今天13:00之前，我们会再次向您通报。", 780),
        ("下午3点半之前再向您说明进展。", 930),
        ("两小时内再次向您通报。", 700),
        ("明早8点再向您通报。", 1440 + 480),
        ("服务18:00恢复。", None),
    ],
)
def test_the_time_of_the_next_news_is_read(text: str, at: float | None) -> None:
    assert said.next_word(text, 580) == at


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("Delivery is free for two years.", 24),
        ("It is free for 3 months. We answer within 2 days.", 3),
        ("为您免运费12个月。", 12),
        ("免费一年，两天内答复。", 12),
        ("We answer within 2 days.", 0),
    ],
)
def test_how_long_something_is_free_is_read(text: str, months: float) -> None:
    assert said.free_months(text) == pytest.approx(months)
