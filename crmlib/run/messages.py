"""The message catalogues, kept level with the code and the chapters, and the chapters in the other languages made from them.

`crmlib/vocabulary/locale/<language>.po` holds what the code says; `chapters/<language>/prose.po` holds what the chapters
say, a message for each markdown cell, told by chapter and cell id. `python -m crmlib.run.messages` brings both up to date
and writes `chapters/<language>/*.ipynb`. What has no translation yet is shown in English and listed; a translation whose English
changed is stale: it is no longer shown, and the build fails until someone renews it.
"""

from __future__ import annotations

import ast
import io
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import nbformat
from babel import localedata
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from crmlib.run.shipped import PACKAGE, shipped
from crmlib.vocabulary.language import LANGUAGES, LOCALE

CHAPTERS = shipped("chapters")
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")


def said_in_code(folders: tuple[Path, ...] = (PACKAGE, shipped("exercises"))) -> Catalog:
    """Every message marked in the library, its page templates and the exercises' checks, without translations."""
    catalogue = Catalog()
    for path in sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in {".py", ".j2"}):
        for message in _marked_in_template(path) if path.suffix == ".j2" else _marked_in_python(path):
            catalogue.add(message)
    return catalogue


def _marked_in_python(path: Path) -> Iterator[str | tuple[str, str]]:
    """The literal arguments of the marking functions (`say` is `_` beside the `_` of Ibis), in f-strings too, in order."""
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    for call in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
        name = (
            call.func.id
            if isinstance(call.func, ast.Name)
            else call.func.attr
            if isinstance(call.func, ast.Attribute)
            else ""
        )
        texts = [a.value for a in call.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name in {"_", "N_", "say"} and texts:
            yield texts[0]
        elif name == "ngettext" and len(texts) == 2:
            yield texts[0], texts[1]


def _marked_in_template(path: Path) -> Iterator[str | tuple[str, str]]:
    with path.open("rb") as file:
        for _line, _function, message, _comments in babel_extract(file, ["_", "ngettext"], [], {}):
            if isinstance(message, tuple):
                yield str(message[0]), str(message[1])
            elif message:
                yield str(message)


def said_in_chapters(chapters: Path = CHAPTERS) -> Catalog:
    """Every markdown cell of the English chapters as a message whose context is `chapter:cell`."""
    catalogue = Catalog()
    for path in sorted(chapters.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                catalogue.add(cell.source, context=f"{path.stem}:{cell.id}")
    return catalogue


def levelled(template: Catalog, translated: Catalog) -> Catalog:
    """The template's messages in its order, with the translations of exactly the same messages.

    A message that was changed keeps the translation of its old text, marked as one to renew (fuzzy): in a chapter the old text
    of its cell, else the closest text that is said no more. It is not shown before the mark is taken away.
    """
    level = Catalog(locale=translated.locale, fuzzy=False)
    gone = {_key(m): m for m in translated if m.id and any(m.string) and not _same(m, template)}
    for message in template:
        if not message.id:
            continue
        known = _same(message, translated)
        old = None if known else gone.get(_closest(message, gone))
        found = known or old
        marks = {"fuzzy"} if old or (known and known.fuzzy) else set()
        level.add(message.id, found.string if found else "", flags=marks, context=message.context)
    return level


def _key(message: Message) -> str:
    """What a message is found again by when its text has changed: its place in a chapter, else its own English."""
    return message.context or (message.id if isinstance(message.id, str) else message.id[0])


def _same(message: Message, catalogue: Catalog) -> Message | None:
    """The message of a catalogue with the very same text and context."""
    return catalogue.get(message.id if isinstance(message.id, str) else message.id[0], message.context)


def _closest(message: Message, gone: Mapping[str, Message]) -> str:
    if message.context:
        return message.context
    alike = [key for key, m in gone.items() if not m.context and isinstance(m.id, str) == isinstance(message.id, str)]
    return next(iter(get_close_matches(_key(message), alike, n=1, cutoff=0.7)), "")


def stale(template: Catalog, translated: Catalog) -> list[str]:
    """Translations of a text that is said no more, or marked as ones to renew, by their context or their English."""
    return [_key(m) for m in translated if m.id and any(m.string) and (m.fuzzy or not _same(m, template))]


def open_messages(catalogue: Catalog) -> list[str]:
    """What has no translation yet, by its context or its English; it is shown in English."""
    return [_key(m) for m in catalogue if m.id and not _whole(m)]


def _whole(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, (list, tuple)) else bool(message.string)


def load(path: Path, language: str) -> Catalog:
    """The catalogue in a file; an empty one where there is no file yet."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def written(catalogue: Catalog) -> bytes:
    """A catalogue as the bytes of its file: no line numbers, no dates, nothing that changes when no message does."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, no_location=True, omit_header=True)
    plural = f'"Plural-Forms: {catalogue.plural_forms}\\n"\n' if catalogue.locale else ""
    head = f'msgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n{plural}\n'
    return head.encode() + buffer.getvalue()


def translated_chapter(
    notebook: nbformat.NotebookNode, prose: Catalog, chapter: str, language: str
) -> nbformat.NotebookNode:
    """A chapter with its markdown cells translated and its `language` parameter set; an open message stays English."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            message = prose.get(cell.source, f"{chapter}:{cell.id}")
            cell.source = message.string if message and message.string and not message.fuzzy else cell.source
        elif "parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace('language = "en"', f'language = "{language}"')
    return copy


def places(language: str) -> tuple[tuple[Catalog, Path], ...]:
    """What is said in code and in the chapters, each with the file of its translations."""
    return ((said_in_code(), LOCALE / f"{language}.po"), (said_in_chapters(), CHAPTERS / language / "prose.po"))


def level_all(languages: Iterable[str]) -> None:
    """Bring both catalogues of each language up to date and write its chapters."""
    for language in languages:
        for template, path in places(language):
            level = levelled(template, load(path, language))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(level))
        for path in sorted(CHAPTERS.glob("*.ipynb")):
            chapter = translated_chapter(nbformat.read(path, as_version=4), level, path.stem, language)
            (CHAPTERS / language / path.name).write_text(nbformat.writes(chapter) + "\n", encoding="utf-8")


def account(language: str) -> tuple[list[str], bool]:
    """Lines that list what is stale and what is untranslated, and whether anything is stale."""
    lines, found = [], False
    for template, path in places(language):
        known = load(path, language)
        groups = {
            "stale, to be renewed": stale(template, known),
            "not translated yet": open_messages(levelled(template, known)),
        }
        lines += [f"{path}: {len(texts)} {what}" for what, texts in groups.items()]
        lines += [f"  {what.split(',')[0]}: {text[:100]!r}" for what, texts in groups.items() for text in texts]
        found |= bool(groups["stale, to be renewed"])
    return lines, found


def main(arguments: Sequence[str] | None = None) -> int:
    """Level the catalogues, or with `--check` change nothing; list what is open. 1 where a translation is stale."""
    parser = ArgumentParser(prog="python -m crmlib.run.messages", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--add", metavar="LANGUAGE", help="begin a language, such as fr or pt_BR")
    asked = parser.parse_args(arguments)
    if asked.add and asked.add not in localedata.locale_identifiers():
        parser.error(f"{asked.add!r} is no language that numbers and dates can be written in; for example fr, pt_BR")
    languages = dict.fromkeys([*TRANSLATED, *([asked.add] if asked.add else [])])
    if not asked.check:
        level_all(languages)
    accounts = [account(language) for language in languages]
    print("\n".join(line for lines, _stale in accounts for line in lines))
    return int(any(found for _lines, found in accounts))


if __name__ == "__main__":
    sys.exit(main())
