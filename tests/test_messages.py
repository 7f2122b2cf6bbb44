"""No text escapes the catalogues, no translation is stale, and the translated chapters are the ones the catalogue makes."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import nbformat
import pytest

from crmlib.run import messages
from crmlib.vocabulary import language
from crmlib.vocabulary.language import LOCALE
from tests.small_company import write_company


@pytest.mark.parametrize("lang", messages.TRANSLATED)
def test_no_translation_is_stale(lang: str) -> None:
    for said, path in messages.places(lang):
        assert messages.stale(said, messages.load(path, lang)) == [], "renew it, or run `make messages`"


@pytest.mark.parametrize("lang", messages.TRANSLATED)
def test_a_translation_keeps_the_fields_of_its_message(lang: str) -> None:
    for message in messages.load(LOCALE / f"{lang}.po", lang):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in filter(None, strings):
            assert set(re.findall(r"{\w+}", string)) == set(re.findall(r"{\w+}", ids[-1])), message.id


@pytest.mark.parametrize("lang", messages.TRANSLATED)
def test_translated_chapters_are_the_english_ones_through_the_catalogue(lang: str) -> None:
    prose = messages.load(messages.CHAPTERS / lang / "prose.po", lang)
    english = sorted(messages.CHAPTERS.glob("*.ipynb"))
    assert [p.name for p in english] == sorted(p.name for p in (messages.CHAPTERS / lang).glob("*.ipynb"))
    for path in english:
        made = messages.translated_chapter(nbformat.read(path, as_version=4), prose, path.stem, lang)
        assert nbformat.writes(made) + "\n" == (messages.CHAPTERS / lang / path.name).read_text(encoding="utf-8"), (
            "run `make messages`"
        )


@pytest.mark.parametrize("lang", messages.TRANSLATED)
def test_translated_prose_keeps_deck_ids_and_numbers_of_claims(lang: str) -> None:
    for message in messages.load(messages.CHAPTERS / lang / "prose.po", lang):
        if message.id and message.string:
            assert set(re.findall(r"D\d{3}", message.string)) == set(re.findall(r"D\d{3}", message.id)), message.context


def catalogue(**texts: str) -> messages.Catalog:
    """English and its translation; a name with a `:` is the context of a chapter's cell."""
    made = messages.Catalog(locale="zh")
    for english, translation in texts.items():
        where, _colon, words = english.rpartition("|")
        made.add(words, translation, context=where or None)
    return made


def test_a_new_message_is_listed_and_nothing_fails() -> None:
    known = catalogue(**{"Customers": "客户", "c:x|Why it matters": "为何重要"})
    said = catalogue(**{"Customers": "", "Their dogs": "", "c:x|Why it matters": "", "c:y|A new cell": ""})
    assert messages.stale(said, known) == []
    level = messages.levelled(said, known)
    assert messages.open_messages(level) == ["Their dogs", "c:y"]
    assert level.get("Why it matters", "c:x").string == "为何重要"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("c:x|Why it matters", "c:x|What may be done about that", "c:x"),
        ("{n} customers answered last month", "{n} customers answered this month", "{n} customers answered last month"),
    ],
)
def test_a_translation_of_words_that_changed_is_stale_until_it_is_renewed(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    known, said = catalogue(**{old: "旧的说法", "Customers": "客户"}), catalogue(**{new: "", "Customers": ""})
    assert messages.stale(said, known) == [key]
    for _again in range(2):
        (tmp_path / "zh.po").write_bytes(messages.written(messages.levelled(said, known)))
        known = messages.load(tmp_path / "zh.po", "zh")
        assert len(messages.stale(said, known)) == 1, "running the command twice does not mend it"
        assert messages.open_messages(known) == []
    shown = language.catalogue(tmp_path / "zh.po")
    where, _bar, words = new.rpartition("|")
    assert (shown.pgettext(where, words) if where else shown.gettext(words)) == words, "nobody is shown the old words"
    assert shown.gettext("Customers") == "客户"
    chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words, id="x")])
    assert messages.translated_chapter(chapter, known, "c", "zh").cells[0].source == words
    text = re.sub("#, fuzzy\n|fuzzy, ", "", (tmp_path / "zh.po").read_text("utf-8")).replace("旧的说法", "新的说法")
    (tmp_path / "zh.po").write_text(text, encoding="utf-8")
    assert messages.stale(said, messages.load(tmp_path / "zh.po", "zh")) == []


def test_a_text_that_is_gone_leaves_with_its_translation() -> None:
    known, said = catalogue(**{"Customers": "客户", "c:x|Why": "为何"}), catalogue(**{"Somewhat else": ""})
    assert messages.stale(said, known) == ["Customers", "c:x"]
    level = messages.levelled(said, known)
    assert messages.stale(said, level) == []
    assert [m.id for m in level if m.id] == ["Somewhat else"]


def test_the_command_lists_what_is_open_and_fails_for_the_stale_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copytree(messages.CHAPTERS, tmp_path / "chapters")
    copytree(LOCALE, tmp_path / "locale")
    monkeypatch.setattr(messages, "CHAPTERS", tmp_path / "chapters")
    monkeypatch.setattr(messages, "LOCALE", tmp_path / "locale")
    monkeypatch.setattr(messages.said_in_chapters, "__defaults__", (tmp_path / "chapters",))
    assert messages.main(["--check"]) == 0
    file = tmp_path / "chapters" / "01_importance.ipynb"
    chapter = nbformat.read(file, as_version=4)
    chapter.cells.append(nbformat.v4.new_markdown_cell("## And their dogs", id="dogs"))
    nbformat.write(chapter, file)
    capsys.readouterr()
    assert messages.main([]) == 0
    assert "not translated yet: '01_importance:dogs'" in capsys.readouterr().out
    made = nbformat.read(tmp_path / "chapters" / "zh" / "01_importance.ipynb", as_version=4)
    assert made.cells[-1].source == "## And their dogs"
    first = next(c for c in chapter.cells if c.cell_type == "markdown")
    first.source += "\n\nAnd more."
    nbformat.write(chapter, file)
    assert messages.main([]) == 1
    assert messages.main(["--check"]) == 1
    assert f"stale: '01_importance:{first.id}'" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        messages.main(["--add", "xx_YY"])
    assert messages.main(["--add", "fr"]) == 1
    french = nbformat.read(tmp_path / "chapters" / "fr" / "01_importance.ipynb", as_version=4)
    assert french.cells[0].source == first.source
    assert any('language = "fr"' in c.source for c in french.cells)
    assert len(messages.load(tmp_path / "locale" / "fr.po", "fr")) > 1000


def test_a_catalogue_is_all_that_a_language_needs_to_be_spoken(tmp_path: Path) -> None:
    package = tmp_path / "crmlib"
    copytree(messages.PACKAGE, package, ignore=ignore_patterns("__pycache__"))
    (package / "vocabulary" / "locale" / "fr.po").write_bytes(
        messages.written(messages.levelled(catalogue(Customers=""), catalogue(Customers="Clients")))
    )
    file = write_company(tmp_path / "co", language="fr")
    code = (
        "import sys; from crmlib.border.company import load_description; from crmlib.vocabulary import language\n"
        "with language.using(load_description(sys.argv[1]).language): print(language._('Customers'), language.percent(0.5))"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", code, str(file)]
    said = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said == "Clients 50,0%\n"


def said_in_chinese() -> list[str]:
    """Every Chinese text of both catalogues."""
    texts = []
    for _said, path in messages.places("zh"):
        for message in messages.load(path, "zh"):
            if message.id:
                texts += [message.string] if isinstance(message.string, str) else list(message.string)
    return texts


@pytest.mark.parametrize(
    ("never", "instead"),
    [
        ("怎么读|如何阅读", "如何解读"),
        (r"\*\*(?:这样说|怎么说)", "如何汇报"),
        ("你", "您"),
        (r"\}个客户(?!资料)", "位客户"),
        ("买家|购买客户", "购买者"),
        ("比重", "比例, 占比"),
        ("(?<!接)触点", "渠道"),
        ("回答过调查|答过问卷", "答复过调查"),
        ("清点", "实际计数"),
        ("个人数据", "个人信息"),
        (r"（(?:在|介于|置信区间)?\{low\}", "区间{low}至{high}"),
        (r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]", "full-width punctuation"),
        (r"[\u4e00-\u9fff][A-Za-z`]|[A-Za-z`][\u4e00-\u9fff]", "a space beside a Latin word"),
        (r"[\u4e00-\u9fff] \{n\}|\{n\} [\u4e00-\u9fff]", "no space beside a number"),
    ],
)
def test_the_chinese_text_has_one_word_for_one_thing(never: str, instead: str) -> None:
    assert [text for text in said_in_chinese() if re.search(never, text)] == [], instead


def test_messages_are_marked_with_literals_only() -> None:
    """`_(variable)` is fine for a message marked elsewhere; `_(f"…")` would never be found by the extraction."""
    for path in messages.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"_", "N_", "ngettext"}
            ):
                assert not any(isinstance(a, (ast.JoinedStr, ast.BinOp)) for a in node.args), (
                    f"{path.name}:{node.lineno}"
                )


def test_the_language_in_force_decides_and_is_put_back() -> None:
    with language.using("zh", "GBP"):
        assert language._("Customers") == "客户"
        assert language.money(1234) == "£1,234"
        assert language.money(120_000, "CNY", compact=True) == "¥12万"
        with language.using("en"):
            assert language._("Customers") == "Customers"
        assert language._("Customers") == "客户"
    assert language.current() == "en"
    with pytest.raises(language.UnknownLanguageError, match="'xx' is not known; one of: en, zh"):
        language.use("xx")


def test_no_other_name_hides_a_text_from_the_catalogue() -> None:
    for path in sorted(messages.PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "crmlib.vocabulary.language":
                names = {a.name: a.asname for a in node.names}
                assert names.get("_") in (None, "say"), f"{path.name}: the catalogue reads `_` and `say`"
                assert names.get("N_") is None, path.name
