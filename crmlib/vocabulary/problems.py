"""What is wrong with a file of settings, in one line: file, key, what was found, what is allowed, the closest match."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo


def closest(word: str, allowed: list[str]) -> str:
    """'; did you mean X?' for the closest of `allowed`, else the empty string."""
    match = get_close_matches(word, allowed, n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else ""


_BEYOND = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"}


def problem(error: ValidationError, model: type[BaseModel], file: str) -> str:
    """The first problem of a validation error (an unknown key before what it leaves missing) in one line."""
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    path = [str(part) for part in first["loc"] if part != "[key]"]
    if first["type"] == "extra_forbidden":
        allowed = _keys(model, path[:-1])
        return (
            f"{file}: unknown key {'.'.join(path)!r}{closest(path[-1], allowed)} (allowed here: {', '.join(allowed)})"
        )
    if first["type"] == "value_error":
        return f"{file}: {'.'.join(path)}: {first['ctx']['error']}"
    found = "" if first["type"] == "missing" else f", found {_short(first.get('input'))}"
    expected = limits(model, path) if first["type"] in _BEYOND else ""
    said = f"expected {expected}" if expected else f"{first['msg'][0].lower()}{first['msg'][1:]}"
    return f"{file}: {'.'.join(path)}: {said}{found}"


def _short(found: Any) -> str:
    text = str(found) if isinstance(found, date) else repr(found)
    return text if len(text) <= 80 else text[:80] + "…"


def limits(model: type[BaseModel], path: list[str]) -> str:
    """Between what a number or day must lie, in words ("at least 1 and at most 120"); empty where nothing is said."""
    kind: Any = model
    found: list[Any] = []
    for part in path:
        kind, found = _below(kind, part)
    words = (("gt", "more than"), ("ge", "at least"), ("lt", "less than"), ("le", "at most"))
    return " and ".join(f"{word} {_plain(getattr(m, name))}" for name, word in words for m in found if hasattr(m, name))


def _below(kind: Any, part: str) -> tuple[Any, list[Any]]:
    """Type and limits of a field of a model, of a cell of a list, or of a value of a table; nothing where it cannot be told."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        named = {key: field for name, field in kind.model_fields.items() for key in (name, field.alias or name)}
        return (named[part].annotation, named[part].metadata) if part in named else (None, [])
    kinds = [each for each in (kind, *get_args(kind)) if get_origin(each) in (list, dict)]
    if not kinds:
        return None, []
    inner = get_args(kinds[0])[-1]
    metadata = [
        m for given in get_args(inner)[1:] for m in (given.metadata if isinstance(given, FieldInfo) else [given])
    ]
    return (get_args(inner)[0] if metadata else inner), metadata


def _plain(limit: Any) -> str:
    return f"{limit:.15g}" if isinstance(limit, float) else str(limit)


def _keys(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        nested = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
        if nested:
            model = nested[0]
    return [field.alias or name for name, field in model.model_fields.items()]
