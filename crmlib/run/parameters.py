"""The parameters of a chapter, checked before any cell is run: papermill itself only warns of a wrong one."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from datetime import date
from typing import Any

from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import LANGUAGES
from crmlib.vocabulary.policy import closest

KNOWN: dict[str, type] = {"tables": str, "as_of": str, "policy": str, "language": str}
"""Scalars every chapter takes; the review sets all four."""
HANDED: dict[str, type] = {"before": str}
"""What the review hands to those chapters that take it: the folder of last month's review, "" without one."""
SCALARS = (str, int, float, bool)


class ParameterError(CrmlibError):
    """A parameter that a chapter does not take, lacks, or takes in another type; one line."""


def declared(notebook: Any, name: str) -> dict[str, Any]:
    """The defaults in the chapter's parameters cell, by name. Raises `ParameterError`."""
    cells = [c for c in notebook.cells if c.cell_type == "code" and "parameters" in c.metadata.get("tags", ())]
    if len(cells) != 1:
        raise ParameterError(f"{name}: expected one code cell tagged 'parameters', found {len(cells)}")
    try:
        lines = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise ParameterError(f"{name}: parameters cell, line {error.lineno}: not Python: {error.msg}") from None
    found: dict[str, Any] = {}
    for line in lines:
        if not (isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name)):
            raise ParameterError(
                f"{name}: parameters cell, line {line.lineno}: expected a line of the form name = value"
            )
        found[line.targets[0].id] = _literal(line.value, name, line.lineno)
    return found


def _literal(value: ast.expr, name: str, line: int) -> Any:
    try:
        found = ast.literal_eval(value)
    except ValueError:
        found = None
    if not isinstance(found, SCALARS):
        raise ParameterError(f"{name}: parameters cell, line {line}: expected a text, a number, or True or False")
    return found


def checked(notebook: Any, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` as the chapter takes it: all known scalars there, none unknown, each of its type. Raises `ParameterError`."""
    takes = declared(notebook, name)
    for known, kind in KNOWN.items():
        if known not in takes:
            raise ParameterError(f"{name}: parameters cell: {known!r} is missing")
        if type(takes[known]) is not kind:
            raise ParameterError(f"{name}: parameters cell: {known!r} is to be a text, found {takes[known]!r}")
        if known not in given:
            raise ParameterError(f"{name}: parameter {known!r} was not given")
    wanted = {key: value for key, value in given.items() if key in takes or key not in HANDED}
    return {key: _typed(takes, name, key, value) for key, value in wanted.items()}


def _typed(takes: Mapping[str, Any], name: str, key: str, value: Any) -> Any:
    if key not in takes:
        raise ParameterError(
            f"{name}: unknown parameter {key!r}{closest(key, list(takes))} (this chapter takes: {', '.join(takes)})"
        )
    kind = type(takes[key])
    if type(value) is not kind and isinstance(value, str):
        value = _read(value, kind, name, key)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ParameterError(f"{name}: parameter {key!r}: expected {_called(kind)}, found {value!r}")
    if key == "as_of":
        _day(value, name)
    if key == "language" and value not in LANGUAGES:
        raise ParameterError(f"{name}: parameter 'language': {value!r} is not known; one of: {', '.join(LANGUAGES)}")
    return value


def _read(text: str, kind: type, name: str, key: str) -> Any:
    """A value given as text on the command line."""
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        raise ParameterError(f"{name}: parameter {key!r}: expected {_called(kind)}, found {text!r}") from None


def _called(kind: type) -> str:
    return {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}[kind]


def _day(value: str, name: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ParameterError(f"{name}: parameter 'as_of': expected a day as YYYY-MM-DD, found {value!r}") from None
