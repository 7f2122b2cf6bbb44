"""The message catalogues, kept level with the code and the chapters, and the chapters in the other languages made from them.

`crmlib/vocabulary/locale/<language>.po` holds what the code says; `chapters/<language>/prose.po` holds what the chapters
say, a message for each markdown cell, told by chapter and cell id. `python -m crmlib.run.messages` brings both up to date
and writes `chapters/<language>/*.ipynb`; a message whose English changed loses its translation until someone renews it.
"""

from __future__ import annotations

import io
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from crmlib.vocabulary.language import LANGUAGES, LOCALE

ROOT = Path(__file__).parents[2]
CHAPTERS = ROOT / "chapters"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")


def said_in_code(folders: tuple[Path, ...] = (ROOT / "crmlib", ROOT / "exercises")) -> Catalog:
    """Every message marked in the library and in the exercises' checks, without translations."""
    catalogue = Catalog()
    found = [f for folder in folders for f in extract_from_dir(str(folder), [("**.py", "python")], keywords=KEYWORDS)]
    for file, line, message, _comments, context in found:
        catalogue.add(message, locations=[(file, line)], context=context)
    return catalogue


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
            print(f"{path.relative_to(ROOT)}: {len(level)} messages, {len(open_messages(level))} open")
        for path in sorted(CHAPTERS.glob("*.ipynb")):
            chapter = translated_chapter(nbformat.read(path, as_version=4), level, path.stem, language)
            (CHAPTERS / language / path.name).write_text(nbformat.writes(chapter) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
