"""Policies at the ends of what is allowed, as strategies of hypothesis, and the six chapters run in this process under them."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator
from datetime import date
from html import unescape
from math import nextafter
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from unittest.mock import patch

import nbformat
from hypothesis import strategies as st
from pydantic import AfterValidator
from pydantic.fields import FieldInfo

from crmlib.facts.company import Company
from crmlib.vocabulary.policy import Policy, sections
from crmlib.vocabulary.settings import OneOf
from tests.told import CHAPTERS

TAGS = re.compile(r"<(style|svg|script).*?</\1>|<[^>]+>", re.DOTALL)
WRONG = re.compile(r"\b(?:nan|NaN|NaT|None|inf)\b|–\s?%")
"""What no page says."""

Ends = Literal["low", "high", "any"]
"""Every number at its least, at its most, or anything between, the ends as often as all else."""


def flat(metadata: Any) -> list[Any]:
    """The limits in what a type is annotated with."""
    return [m for given in metadata for m in (given.metadata if isinstance(given, FieldInfo) else [given])]


def limit(metadata: list[Any], *names: str) -> Any:
    """The first limit of one of these names; None where none is set."""
    found = [getattr(m, name) for m in metadata for name in names if getattr(m, name, None) is not None]
    return found[0] if found else None


def codes(metadata: list[Any]) -> tuple[str, ...]:
    """The codes that a text is held to; empty for any text."""
    checks = [m.func for m in metadata if isinstance(m, AfterValidator)]
    return next((check.allowed for check in checks if isinstance(check, OneOf)), ())


def ends(kind: type, metadata: list[Any]) -> tuple[Any, Any]:
    """Least and most that a number or a day may be. Raises `AssertionError` where one of them is missing."""
    low, high = limit(metadata, "ge", "gt"), limit(metadata, "le", "lt")
    assert low is not None, "no least"
    assert high is not None, "no most"
    if limit(metadata, "gt") is not None:
        low = low + 1 if kind is int else nextafter(low, float("inf"))
    if limit(metadata, "lt") is not None:
        high = high - 1 if kind is int else nextafter(high, float("-inf"))
    return kind(low) if kind is not date else low, kind(high) if kind is not date else high


def values(kind: Any, metadata: list[Any], at: Ends) -> st.SearchStrategy[Any]:
    """What a field of this type and these limits may be."""
    if get_origin(kind) is not None and hasattr(kind, "__metadata__"):
        return values(get_args(kind)[0], [*metadata, *flat(kind.__metadata__)], at)
    if kind in (int, float, date):
        low, high = ends(kind, metadata)
        if at != "any":
            return st.just(low if at == "low" else high)
        some = {int: st.integers, date: st.dates}.get(kind, st.floats)(low, high)  # type: ignore[operator]
        return st.one_of(st.just(low), st.just(high), some)
    if kind is str:
        return st.sampled_from(codes(metadata)) if codes(metadata) else st.text("aé 对$\"'", min_size=1, max_size=200)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is list:
        each = get_args(kind)[0]
        fewest = limit(metadata, "min_length") or 0
        most = {"low": fewest, "high": min(limit(metadata, "max_length") or 4, 12)}.get(at, 4)
        least = most if at == "high" and not _coded(each) else fewest
        return st.lists(values(each, [], at), min_size=least, max_size=most, unique=_coded(each))
    if get_origin(kind) is dict:
        key, value = get_args(kind)
        named = values(key, [], "any")
        return st.dictionaries(named, values(value, [], at), max_size=0 if at == "low" else 6)
    parts = [part for part in get_args(kind) if part is not type(None)]
    assert len(parts) == 1, kind
    wanted = values(parts[0], metadata, at)
    return st.one_of(st.none(), wanted) if at == "any" else wanted


def _coded(kind: Any) -> bool:
    return bool(codes(flat(getattr(kind, "__metadata__", ()))))


def rising(least: Any, most: Any, n: int, whole: bool, at: Ends) -> st.SearchStrategy[list[Any]]:
    """`n` rising numbers between two ends, close to the one wanted."""
    step: Any = 1 if most > 1 else 0.001
    if at != "any":
        first = least if at == "low" else most - step * (n - 1)
        return st.just([first + step * i for i in range(n)])
    each = st.integers(least, most) if whole else st.floats(least, most)
    return st.lists(each, min_size=n, max_size=n, unique=True).map(sorted)


def _together(name: str, found: dict[str, Any], draw: Any, at: Ends) -> None:
    """Settings that hold each other in order."""
    if name == "tiers":
        low, middle, high = draw(rising(0.001, 1e13, 3, False, at))
        found.update(potential_from=low, growth_from=middle, high_value_from=high)
        found["recency_cuts_days"] = draw(rising(0, 3650, 4, True, at))
        found["frequency_cuts"] = draw(rising(1, 10**6, 4, True, at))
        found["monetary_cuts"] = draw(rising(0.001, 1e13, 4, False, at))
        found["recut_shares"] = draw(rising(0.001, 0.999, 3, False, at))
    if name == "service":
        days = {"low": [], "high": ["00:00-24:00"]}.get(at, ["09:00-12:00", "13:00-13:01"])
        found.update(working_hours=days, holidays=draw(st.sampled_from(["", "CN", "DE-BY"])))
    if name == "cost":
        pair = sorted(found[f"acquisition_ratio_{end}"] for end in ("low", "high"))
        found["acquisition_ratio_low"], found["acquisition_ratio_high"] = pair


@st.composite
def policies(draw: Any, at: Ends = "any") -> dict[str, dict[str, Any]]:
    """A whole policy.toml as it could be read, every setting named."""
    made: dict[str, dict[str, Any]] = {}
    for name, section in sections().items():
        found = {key: draw(values(f.annotation, list(f.metadata), at)) for key, f in section.model_fields.items()}
        _together(name, found, draw, at)
        made[name] = {key: value for key, value in found.items() if value is not None}
    return made


def one_at_a_time() -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Each number of the policy at each of its ends, all else at its default: "section.key=value" and the policy."""
    for name, section in sections().items():
        for key, setting in section.model_fields.items():
            kind = next(
                (k for k in (setting.annotation, *get_args(setting.annotation)) if k in (int, float, date)), None
            )
            for value in ends(kind, list(setting.metadata)) if kind else ():
                yield f"{name}.{key}={value}", {name: {key: value}}


def stops(c: Company, policy: Policy, chapters: list[Path] = CHAPTERS) -> dict[str, str]:
    """The chapters run as they are, pictures included, in this process: by cell what stopped it, or what reads badly there."""
    found: dict[str, str] = {}
    for path in chapters:
        names: dict[str, Any] = {}
        shown: dict[str, list[Any]] = {}
        sys.modules.pop("ipykernel", None)
        for cell in (x for x in nbformat.read(path, as_version=4).cells if x.cell_type == "code"):
            here = shown.setdefault(cell.id, [])
            try:
                with (
                    patch("crmlib.show.chapter._above", lambda given: given),
                    patch("crmlib.show.chapter.read_company", lambda *_a, **_k: c.under(policy)),
                    patch("crmlib.show.chapter.display", lambda bundle, raw=False, to=here: to.append(bundle)),
                ):
                    exec(compile(cell.source, f"{path.stem}:{cell.id}", "exec"), names)
            except Exception as error:
                found[f"{path.stem}:{cell.id}"] = "".join(traceback.format_exception(error)[-4:])
                break
            if "parameters" in cell.metadata.get("tags", []):
                names["policy"] = ""
        for cell_id, bundles in shown.items():
            words = unescape(TAGS.sub(" ", " ".join(bundle["text/html"] for bundle in bundles)))
            if bad := WRONG.findall(words):
                found[f"{path.stem}:{cell_id}"] = f"says {bad[0]}"
    return found
