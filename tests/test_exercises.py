"""Exercises: right answers pass on any data, and every blank, misconception and guess is told apart without the key."""

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.run import exercises as made
from crmlib.run.course import rows
from crmlib.show import exercise as shown
from crmlib.show.attempts import Attempts
from crmlib.show.exercise import NOT_CARRIED, Exercise, solutions
from crmlib.show.judging import judged, same
from crmlib.show.questions import (
    Allot,
    Choices,
    Frame,
    Members,
    Number,
    One,
    Order,
    Question,
    Several,
    Text,
    chapters,
    minutes,
    questions,
)
from crmlib.show.units import agrees, read, usual
from crmlib.vocabulary import wording
from crmlib.vocabulary.language import _, using

ROOT = Path(__file__).parent.parent
USUAL = {"share": 4, "points": 3, "money": 3, "count": 1, "ratio": 2, "days": 2}
"""Slips that any figure of a unit may show, beside a question's own."""
BESIDE_THE_POINT = (
    "Dear customer, thank you for your letter.", "Our company was founded in 1998.", "We are always there for you.",
    "Quality is our highest good.", "I will see what can be done.", "The customer is king.", "Have a nice day!",
    "好的，谢谢。", "我们高度重视您的意见。", "客户是上帝。", "本公司成立于1998年。", "祝您生活愉快！", "以上内容仅供参考。",
    "Please find attached the minutes of 3 May.", "The weather was fine on Monday.", "Sales rose by 12 % in March.",
)  # fmt: skip
RULED_OUT = {
    "empty": (" We have recorded it.", "我们已记录下来。"),
    "blame": (" You should have read the manual.", "您应该先看说明书。"),
    "pitch": (" Buy now, it is your last chance!", "最后机会，立即购买！"),
    "invented": (" It costs 374 yuan.", "费用为374元。"),
    "discount": (" You get 30 % off.", "给您打7折。"),
    "taken": (" By continuing you agree.", "继续即视为同意。"),
    "unsourced": (" Winning costs ten times as much.", "获客成本是十倍。"),
    "sells": (" Here is a discount.", "这是优惠券。"),
    "us_first": (" Try our new product.", "试试我们的新产品。"),
    "guess": (" It was caused by hackers.", "这是黑客造成的。"),
    "overclaims": (" This proves it.", "这证明了一切。"),
}
each_chapter = pytest.mark.parametrize("chapter", chapters())


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    texts: list[str] = []
    monkeypatch.setattr(shown, "display", lambda bundle, raw: texts.append(bundle["text/plain"]))
    with using("en"):
        yield texts


@pytest.fixture(scope="module")
def other(teaching: Company) -> Company:
    """Every fifth customer of the teaching company by when they were first recorded (pseudonyms have another order under each
    key), as a company of its own: other numbers throughout.
    """
    recorded = teaching.tables.customers.execute().sort_values(["recorded_at", "updated_at"], kind="stable")
    customers = list(recorded["customer_id"])[::5]
    frames = {}
    for name in (
        "customers",
        "orders",
        "interactions",
        "tickets",
        "surveys",
        "activity",
        "consents",
        "actions",
        "records",
    ):
        table = getattr(teaching.tables, name)
        frames[name] = table.filter(table.customer_id.isin(customers)).execute()
    return company_from(frames, as_of=teaching.as_of, policy=teaching.policy)


def given(question: Question, key: Any) -> Any:
    """A key as a trainee would give it."""
    if isinstance(question.form, One):
        return question.letter(key)
    if isinstance(question.form, (Several, Order)):
        return [question.letter(i) for i in key]
    return [key[i] for i in question.shown] if isinstance(question.form, Allot) else key


def right(exercise: Exercise, question: Question) -> Any:
    key = exercise._key(question)
    return exercise._filled(question, _(key)) if isinstance(question.form, Text) else given(question, key)


def wrong(question: Question, c: Company, key: Any, rng: random.Random) -> Any:
    """An answer drawn at random that is not right; None where the draw happens to be."""
    form, letters = question.form, [question.letter(i) for i in range(len(question.options))]
    if isinstance(form, Number):
        value = rng.choice(
            [rng.uniform(-1, 2), key * rng.uniform(0.2, 3), rng.uniform(0, 10_000), float(rng.randint(0, 5000))]
        )
        return None if agrees(value, key, form.unit) else value
    if isinstance(form, Members):
        return {*rng.sample(sorted(key), len(key) // 2), f"c{rng.random()}"}
    if isinstance(form, Frame):
        return key + rng.uniform(0.1, 2)
    if isinstance(form, Text):
        return " ".join(rng.sample([*BESIDE_THE_POINT, question.asks], 2)) if rng.random() < 0.7 else question.asks
    if isinstance(form, Allot):
        parts = [rng.random() for _letter in letters]
        split = [form.total * part / sum(parts) for part in parts]
        placed = tuple(split[question.shown.index(i)] for i in range(len(split)))
        return None if form.worth(c, placed) >= form.enough * form.worth(c, key) else split
    drawn = rng.sample(
        letters,
        1 if isinstance(form, One) else len(letters) if isinstance(form, Order) else rng.randint(1, len(letters)),
    )
    is_right = drawn == given(question, key) if isinstance(form, Order) else set(drawn) == set(given(question, key))
    return None if is_right else drawn


def leaked(question: Question, key: Any, text: str, option: Callable[[int], str]) -> bool:
    """Whether a text has the key in it: a number in any of its usual forms, the words of the right option, all its letters."""
    if isinstance(question.form, Number):
        shapes = {f"{key:.3g}", f"{key:.4g}", f"{100 * key:.1f}", f"{key:,.0f}", f"{key:.0f}"} - {"0", "1", "2", "3"}
        return bool(shapes & set(re.findall(r"\d[\d,]*\.?\d*", text)))
    return isinstance(question.form, One) and option(key).lower() in text.lower()


@each_chapter
def test_right_passes_and_all_else_is_told_apart(chapter: str, teaching: Company, said: list[str]) -> None:
    rng, exercise = random.Random(chapter), Exercise(teaching, questions(chapter), chapter)
    for name, question in exercise.questions.items():
        key = exercise._key(question)
        assert key is not NOT_CARRIED, name
        exercise.ask(name)
        assert "{" not in said[-1]
        told = len(said)
        assert [exercise.check(name, blank) for blank in (..., "", None, [], " … ")] == ["not attempted"] * 5
        for answer in (object(), float("nan"), {"x": 1}, [object()], 1 + 2j, True, "?!", pd.DataFrame({"x": [1]})):
            assert exercise.check(name, answer) == "wrong", (name, answer)
        drawn = (wrong(question, teaching, key, rng) for _n in range(20))
        for answer in (a for a in drawn if a is not None):
            assert exercise.check(name, answer) == "wrong", (name, answer)
        for mistake in question.mistakes:
            found = judged(question, teaching, key, given(question, mistake.answer(teaching)), exercise._mistaken)
            assert (found.state, found.code) == ("wrong", mistake.code), (
                f"{name}: {mistake.code} cannot be seen in these data"
            )
            said.append(found.says)
        for _step in question.hints:
            exercise.hint(name)

        def option(place: int, question: Question = question) -> str:
            return exercise._filled(question, _(question.options[place].text))

        assert not [text for text in said[told:] if leaked(question, key, text, option)], name
        assert exercise.check(name, right(exercise, question)) == "right", (name, said[-1])
        exercise.solution(name)


@each_chapter
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_thing_that_a_text_lacks_is_named(chapter: str, language: str, teaching: Company) -> None:
    exercise = Exercise(teaching, questions(chapter), chapter, language=language)
    with using(language):
        for question in (q for q in exercise.questions.values() if isinstance(q.form, Text)):
            model = right(exercise, question)
            assert exercise.check(question.name, model) == "right", model
            for criterion in question.form.criteria:
                bland = "Good day to you all." if language == "en" else "大家好，祝大家一切顺利。"
                bad = RULED_OUT.get(criterion.code)
                text = (
                    bad[language == "zh"] + bland
                    if bad
                    else re.sub(r"\d+", "9999", model)
                    if criterion.code == "promise"
                    else bland
                )
                found = judged(question, teaching, "", text, exercise._mistaken)
                assert _(criterion.says) in found.says, (question.name, criterion.code)


@each_chapter
def test_on_other_data_the_key_is_another(chapter: str, teaching: Company, other: Company, said: list[str]) -> None:
    here, there = (Exercise(c, questions(chapter), chapter) for c in (teaching, other))
    for name, question in there.questions.items():
        if there._key(question) is NOT_CARRIED:
            there.ask(name)
            assert there.check(name, 1) == "not carried"
            continue
        assert there.check(name, right(there, question)) == "right", (name, said[-1])
        if question.kind == "measure":
            assert there.check(name, here._key(question)) == "wrong", name


def test_a_company_of_orders_alone_counts_what_it_can_carry(teaching: Company, said: list[str]) -> None:
    orders = teaching.tables.orders.limit(2000).select("order_id", "customer_id", "ordered_at", "amount").execute()
    c = company_from({"orders": orders}, as_of=teaching.as_of)
    states = {}
    for chapter in chapters():
        exercise = Exercise(c, questions(chapter), chapter)
        for name, question in exercise.questions.items():
            exercise.ask(name)
            carried = exercise._key(question) is not NOT_CARRIED
            states[name] = exercise.check(name, right(exercise, question) if carried else 1)
            exercise.solution(name)
    assert set(states.values()) == {"right", "not carried"}
    assert states["repurchase_rate"] == "right"
    assert states["silent_customers"] == "not carried"


def test_the_course_is_as_long_and_as_broad_as_it_says() -> None:
    asked = rows()
    by_chapter = {chapter: [r for r in asked if r.chapter == chapter] for chapter in chapters()}
    assert list(by_chapter) == sorted(p.stem for p in (ROOT / "chapters").glob("0*.ipynb"))
    assert {10 <= len(of) <= 14 for of in by_chapter.values()} == {True}
    assert {
        kind for of in by_chapter.values() for kind in ({r.kind for r in of} ^ {"read", "judge", "say", "measure"})
    } == set()
    assert len(asked) >= 66
    assert sum(r.kind != "measure" for r in asked) >= 30
    assert 9 <= sum(r.minutes for r in asked) / 60 <= 11
    assert len({item for r in asked for item in r.deck}) >= 110
    assert len({r.name for r in asked}) == len(asked)


def test_every_question_has_what_its_form_needs() -> None:
    for chapter in chapters():
        for q in questions(chapter).values():
            assert len(q.hints) == len(set(q.hints)) == 3
            assert q.deck, q.name
            assert minutes(q) > 0
            if isinstance(q.form, Number):
                assert len(q.mistakes) + USUAL[q.form.unit] >= 4, q.name
            if isinstance(q.form, Choices) and not isinstance(q.form, Allot):
                assert sum(not option.why for option in q.options) <= len(q.options) / 2 + 1, q.name


def test_no_place_is_the_right_one_and_no_order_is_shown_as_it_should_be(teaching: Company) -> None:
    places = []
    for chapter in chapters():
        exercise = Exercise(teaching, questions(chapter), chapter)
        for q in exercise.questions.values():
            key = exercise._key(q)
            if isinstance(q.form, One):
                places.append(q.shown.index(key))
            elif isinstance(q.form, Order):
                assert q.shown not in (tuple(key), tuple(reversed(key))), f"{q.name}: choose another SPREAD"
            elif isinstance(q.form, Several):
                assert {*q.shown[: len(key)]} != key, f"{q.name}: choose another SPREAD"
    assert max(places.count(place) for place in range(4)) <= 0.3 * len(places)


@each_chapter
def test_the_pair_is_the_one_that_questions_and_solutions_make(chapter: str) -> None:
    code = made.code_of(chapter)
    for name, solved in (("exercise", False), ("solution", True)):
        text = (ROOT / "exercises" / chapter / f"{name}.ipynb").read_text(encoding="utf-8")
        assert made.written(made.notebook(chapter, code, solved=solved)) == text, "run `python -m crmlib.run.exercises`"
    assert set(code) == {q.name for q in questions(chapter).values() if q.kind == "measure"}
    assert "BEGIN SOLUTION" not in made.written(made.notebook(chapter, code))


@each_chapter
def test_untouched_all_runs_and_solved_all_is_right(
    chapter: str, teaching: Company, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "start", lambda **_parameters: SimpleNamespace(company=teaching))
    code = made.code_of(chapter)
    for solved, language in ((False, "zh"), (True, "en")):
        told, space = len(said), {}
        for cell in made.notebook(chapter, code, solved=solved, language=language).cells:
            if cell.cell_type == "code":
                exec(cell.source, space)
        states = [text for text in said[told:] if text.startswith(("Right.", "Not ", "尚未作答", "还没答对"))]
        assert len(states) == len(code)
        assert {text.startswith("Right." if solved else "尚未作答") for text in states} == {True}, states


def test_a_whole_shared_out_in_rounded_parts_is_not_more_than_there_is(teaching: Company) -> None:
    """Four parts of one decimal each may come to 120.1 of 120, and that is how the key itself is written."""
    question = questions("03_tiering")["hours_by_tier"]

    def said_of(*hours: float) -> str:
        return judged(question, teaching, hours, list(hours), lambda _mistake: None).code

    assert said_of(61.7, 24.7, 18.7, 15.0) != "budget"
    assert said_of(61.7, 24.7, 18.7, 15.3) == "budget"


def test_numbers_are_read_as_people_write_them() -> None:
    for text, value in {
        "12.3%": 0.123, "12.3 ％": 0.123, "0.123": 0.123, ".123": 0.123, "1,234": 1234, "¥1,234.5": 1234.5, "1.2万": 12000,
        "−3": -3, "25 000": 25000, "4.5e3": 4500, "12 days": 12, "１２": 12,
    }.items():  # fmt: skip
        assert read(text).value == pytest.approx(value), text
    assert [read(x) for x in ("", "abc", "1.2.3", "12,34", "nan", True, None, float("inf"), "1e99999")] == [None] * 9


def test_usual_slips_are_told_by_unit() -> None:
    cases = {
        ("share", 0.123): {12.3: "percent_for_share", 0.877: "complement", 0.12: "rounded", 3.0: "outside"},
        ("points", 0.05): {5.0: "percent_for_share", -0.05: "sign", 0.053: "rounded"},
        ("money", 123_456.0): {123.456: "thousands", 12.3456: "thousands", -123_456.0: "sign", 123_000.0: "rounded"},
        ("count", 12.0): {11.5: "not_whole", -12.0: "not_whole", 13.0: ""},
        ("ratio", 0.9): {1 / 0.9: "upside_down", 0.903: "rounded"},
        ("days", 30.0): {720.0: "hours_for_days", 30.3: "rounded"},
    }
    for (unit, key), slips in cases.items():
        assert {v: usual(read(v), key, unit)[0] for v in slips} == slips
        assert not any(agrees(v, key, unit) for v in slips)
    assert agrees(read("12.3%").value, 0.1234, "share")


def test_frames_are_the_same_whatever_their_order() -> None:
    series = pd.Series([1.0, 2.0], index=["a", "b"])
    assert same(series.iloc[::-1], series)
    assert not same(series + 0.1, series)
    assert not same(series.iloc[:1], series)
    assert same(series.to_frame().iloc[::-1], series.to_frame())


def test_times_discounts_and_numbers_are_found_in_both_languages() -> None:
    assert wording.promised_hours("within 2 hours, it took 30 minutes; 两天内，等了半小时，半小时之内") == [2, 48, 0.5]
    assert sorted(wording.discounts("10 % off, 另享9折, a discount of 20 %, 优惠15%")) == [0.1, 0.1, 0.15, 0.2]
    assert wording.invented("By 18:00 on 3 May 40 of 95 are back within 2 hours", [40]) == ["95"]
    assert wording.invented("5月3日18:00前，95位中的40位在2小时内恢复", [40]) == ["95"]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("I understand that this is annoying. The cause is our server. We will mend it by noon.", True),
        ("The cause is our server. I understand that this is annoying. We will mend it by noon.", False),
        ("I understand. We will mend it by noon.", False),
        ("我理解您着急。原因在服务器。我们会在24小时内完成扩容。", True),
        ("原因在服务器，我们会在24小时内修好。", False),
    ],
)
def test_empathy_comes_before_the_cause_and_the_deed_after_it(text: str, holds: bool) -> None:
    assert wording.in_order(text) is holds


def test_what_was_done_is_kept_and_a_torn_line_loses_only_itself(teaching: Company, tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    exercise = Exercise(teaching, questions("01_importance"), "01_importance", Attempts(file))
    exercise.hint("app_users")
    exercise.check("app_users", "a")
    with file.open("a", encoding="utf-8") as broken:
        broken.write('{"chapter": "01_imp')
    exercise.check("app_users", right(exercise, exercise.questions["app_users"]))
    exercise.check("app_users", "a")
    exercise.check("repurchase_rate", 0.834)
    exercise.solution("price_share")
    attempts = Attempts(file)
    assert [r["event"] for r in attempts.rows()] == ["hint", "check", "check", "check", "check", "solution"]
    assert attempts.states() == {("01_importance", "app_users"): "right", ("01_importance", "repurchase_rate"): "wrong"}
    assert attempts.rows()[-2]["why"] == "orders_for_customers"
    assert attempts.rows()[-1]["attempted"] is False
    assert attempts.last("01_importance", "app_users") == "a"
    assert attempts.last("01_importance", "repurchase_rate") is None


def test_controls_answer_as_a_call_does(teaching: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundles: list[dict[str, Any]] = []
    monkeypatch.setattr(shown, "display", lambda bundle, raw: bundles.append(bundle))
    boxes: list[Any] = []
    real = shown.controls

    def kept(*arguments: Any) -> dict[str, Any]:
        import ipywidgets

        with monkeypatch.context() as patch:
            patch.setattr(ipywidgets.VBox, "_repr_mimebundle_", lambda box: boxes.append(box) or {})
            return real(*arguments)

    monkeypatch.setattr(shown, "controls", kept)
    for chapter, names in {
        "01_importance": ("app_users", "active_or_passive", "order_of_loss", "goal_of_keeping"),
        "03_tiering": ("hours_by_tier",),
    }.items():
        exercise = Exercise(teaching, questions(chapter), chapter, Attempts(tmp_path / "progress.jsonl"), language="zh")
        for name in names:
            exercise.ask(name)
            _html, field, buttons, answer = boxes[-1].children
            check, hint, _solution = buttons.children
            check.click()
            assert "crm-open" in answer.value
            hint.click()
            assert "crm-hint" in answer.value
            with using("zh"):
                value = right(exercise, exercise.questions[name])
            _fill(field, value)
            check.click()
            assert "crm-right" in answer.value, (name, answer.value)
            exercise.ask(name)
            assert _filled(boxes[-1].children[1]) == (list(value) if not isinstance(value, str) else value)


def _fill(field: Any, value: Any) -> None:
    children = getattr(field, "children", ())
    if not children:
        field.value = value
    elif isinstance(children[0].value, bool):
        for box in children:
            box.value = box.description in value
    else:
        for one, part in zip(children, value, strict=True):
            one.value = part


def _filled(field: Any) -> Any:
    children = getattr(field, "children", ())
    if not children:
        return field.value
    if isinstance(children[0].value, bool):
        return [box.description for box in children if box.value]
    return [one.value for one in children]


def test_hints_stay_at_the_last_and_a_misspelt_question_is_named(teaching: Company, said: list[str]) -> None:
    exercise = Exercise(teaching, questions("01_importance"), "01_importance")
    for start in ("Hint 1 of 3: ", "Hint 2 of 3: ", "Hint 3 of 3: ", "Hint 3 of 3: "):
        exercise.hint("repurchase_rate")
        assert said[-1].startswith(start)
    assert "groupby" in solutions(ROOT / "exercises" / "01_importance" / "solution.ipynb")["repurchase_rate"]
    with pytest.raises(KeyError, match="no question 'repurchase'; did you mean 'repurchase_rate'"):
        exercise.check("repurchase", 1)


def test_states_look_different() -> None:
    assert (
        len({shown._card(style, "", "")[0].split('"')[1] for style in ("right", "wrong", "not attempted", "hint")}) == 4
    )
    sheet = (ROOT / "crmlib" / "show" / "style.css").read_text(encoding="utf-8")
    assert all(f".{style} " in sheet for style in shown.STYLES.values())


def test_the_notebooks_carry_no_output() -> None:
    for path in (ROOT / "exercises").glob("*/*.ipynb"):
        assert not [c for c in nbformat.read(path, as_version=4).cells if c.get("outputs")], path
