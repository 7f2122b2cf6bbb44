"""No text escapes the catalogues, no translation is stale, and the translated chapters are the ones the catalogue makes."""

import ast
import re

import nbformat
import pytest

from crmlib.run import messages
from crmlib.vocabulary import language
from crmlib.vocabulary.language import LOCALE

PLACES = {
    "code": (messages.said_in_code, lambda lang: LOCALE / f"{lang}.po"),
    "chapters": (messages.said_in_chapters, lambda lang: messages.CHAPTERS / lang / "prose.po"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("lang", messages.TRANSLATED)
def test_every_message_is_translated_and_none_is_stale(place: str, lang: str) -> None:
    said, path = PLACES[place]
    level = messages.levelled(said(), messages.load(path(lang), lang))
    assert messages.open_messages(level) == []
    assert messages.written(level) == path(lang).read_bytes(), "run `make messages`"


@pytest.mark.parametrize("lang", messages.TRANSLATED)
def test_a_translation_keeps_the_fields_of_its_message(lang: str) -> None:
    for message in messages.load(LOCALE / f"{lang}.po", lang):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
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
        if message.id:
            assert set(re.findall(r"D\d{3}", message.string)) == set(re.findall(r"D\d{3}", message.id)), message.context


def test_a_changed_message_loses_its_translation() -> None:
    template, old = messages.Catalog(), messages.Catalog(locale="zh")
    template.add("new words", context="c:x")
    old.add("old words", "旧", context="c:x")
    assert messages.open_messages(messages.levelled(template, old)) == ["c:x"]


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
    with pytest.raises(language.UnknownLanguageError, match="'fr' is not known; one of: en, zh"):
        language.use("fr")


def test_no_other_name_hides_a_text_from_the_catalogue() -> None:
    for path in sorted(messages.PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "crmlib.vocabulary.language":
                names = {a.name: a.asname for a in node.names}
                assert names.get("_") in (None, "say"), f"{path.name}: the catalogue reads `_` and `say`"
                assert names.get("N_") is None, path.name
