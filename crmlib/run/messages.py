"""The message catalogues, kept level with the code and the chapters, and the chapters in the other languages made from them.

`crmlib/vocabulary/locale/<language>.po` holds what the code says; `chapters/<language>/prose.po` holds what the chapters
say, a message for each markdown cell, told by chapter and cell id. `python -m crmlib.run.messages` brings both up to date
and writes `chapters/<language>/*.ipynb`; a message whose English changed loses its translation until someone renews it.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog
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


def _marked_in_template(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for _line, _function, message, _comments in babel_extract(file, ["_"], [], {}):
            if message:
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
    """The template's messages in its order, with the translations of exactly the same messages and none of others."""
    level = Catalog(locale=translated.locale, fuzzy=False)
    for message in template:
        if message.id:
            known = translated.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
            level.add(message.id, known.string if known else "", context=message.context)
    return level


def open_messages(catalogue: Catalog) -> list[str]:
    """What still lacks a translation, by its context or its English."""
    return [
        m.context or str(m.id)
        for m in catalogue
        if m.id and not (all(m.string) if isinstance(m.string, (list, tuple)) else m.string)
    ]


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
            cell.source = message.string if message and message.string else cell.source
        elif "parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace('language = "en"', f'language = "{language}"')
    return copy


def main() -> None:
    """Level both catalogues of each language and write its chapters."""
    for language in TRANSLATED:
        places = ((said_in_code(), LOCALE / f"{language}.po"), (said_in_chapters(), CHAPTERS / language / "prose.po"))
        for template, path in places:
            level = levelled(template, load(path, language))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(level))
            print(f"{path}: {len(level)} messages, {len(open_messages(level))} open")
        for path in sorted(CHAPTERS.glob("*.ipynb")):
            chapter = translated_chapter(nbformat.read(path, as_version=4), level, path.stem, language)
            (CHAPTERS / language / path.name).write_text(nbformat.writes(chapter) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
