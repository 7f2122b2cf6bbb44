"""JSON files as rows: an object a line (JSON Lines), or one list of objects; what stands within an object is a column of its own.

Numbers stay as they are written, so that no digit of an amount is lost; a list stays JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from crmlib.border import encodings
from crmlib.border.encodings import LONGEST, SourceError
from crmlib.border.headed import Record
from crmlib.border.textfiles import lines

KINDS = (".json", ".jsonl", ".ndjson")
MOST = 2_000
"""Names of a file's objects; where there are more, names are values, as in an object with a name for each customer."""
LARGEST = 1 << 28
"""Characters of a file that is one list, which is read whole."""
Objects = Callable[[], Iterator[tuple[int, Mapping[str, Any] | None]]]


def json_rows(path: Path, encoding: str | None = None) -> Iterator[Record]:
    """The names, in the order in which they are met, then of each object its line (in a list its place) and its cells.

    What is no object has no cells, so that it is rejected and counted. Raises `SourceError`.
    """
    encoding = encodings.known(path, encoding) if encoding else "utf-8"
    try:
        objects = _objects(path, encoding)
        names = dict.fromkeys(name for _line, one in objects() if one for name, _value in _flat(one))
        if not names:
            raise SourceError(f"{path}: no table stands here; expected an object a line, or one list of objects")
        if len(names) > MOST:
            raise SourceError(f"{path}: more than {MOST:,} different names; expected objects that have the same names")
        yield 0, list(names)
        for line, one in objects():
            cells = None if one is None else dict(_flat(one))
            yield line, [] if cells is None else [cells.get(name) for name in names]
    except UnicodeError:
        raise SourceError(encodings.unreadable(path, encoding)) from None
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read: {error}; write it again, or restore it from a copy") from None


def _objects(path: Path, encoding: str) -> Objects:
    """Line by line; a `.json` of one object is no table but for a list within it."""
    with encodings.opened(path, encoding) as text:
        filled = (line for line in iter(lambda: text.readline(LONGEST), "") if line.strip())
        first, second = _read(next(filled, "")), next(filled, "")
    if isinstance(first, dict) and (second or not path.name.lower().removesuffix(".gz").endswith(KINDS[0])):
        return lambda: _by_line(path, encoding)
    with encodings.opened(path, encoding) as text:
        whole = text.read(LARGEST + 1)
    if len(whole) > LARGEST:
        raise SourceError(f"{path}: a list of more than {LARGEST:,} characters; write an object a line (JSON Lines)")
    listed = _listed(path, _read(whole))
    return lambda: ((i, one if isinstance(one, dict) else None) for i, one in enumerate(listed, 1))


def _by_line(path: Path, encoding: str) -> Iterator[tuple[int, Mapping[str, Any] | None]]:
    with encodings.opened(path, encoding) as text:
        for n, line in enumerate(lines(path, text), 1):
            if line.strip():
                one = _read(line)
                yield n, one if isinstance(one, dict) else None


def _listed(path: Path, whole: Any) -> list[Any]:
    """The list of objects that a file is, or that stands in it under one name."""
    if isinstance(whole, list):
        return whole
    inside = {k: v for k, v in whole.items() if _is_listed(v)} if isinstance(whole, dict) else {}
    if len(inside) > 1:
        raise SourceError(f"{path}: several lists stand here ({', '.join(inside)}); save each as a file of its own")
    return next(iter(inside.values()), [])


def _is_listed(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def _read(text: str) -> Any:
    """What a text says in JSON, each number as it is written; nothing where it is no JSON."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        return None


def _flat(one: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str | None]]:
    for name, value in one.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{name}.")
        elif isinstance(value, bool):
            yield f"{within}{name}", "true" if value else "false"
        elif isinstance(value, list):
            yield f"{within}{name}", json.dumps(value, ensure_ascii=False)
        else:
            yield f"{within}{name}", value
