"""A proposal as TOML that a person corrects: each line with its evidence, what is not settled commented out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from crmlib.border.company import Place
from crmlib.border.proposal.drafts import Block, Joined, Line
from crmlib.vocabulary.language import _, beside
from crmlib.vocabulary.schema import TABLES


def toml(text: str) -> str:
    """A TOML string: what JSON writes, and the one control character that it leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def remark(text: str) -> str:
    """Text that may stand behind # in one line."""
    return "".join(c if c.isprintable() else " " for c in text)


def key(name: str) -> str:
    """A TOML key, bare where it may be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml(name)


def listed(items: Iterable[str]) -> str:
    """A TOML list of strings."""
    return "[" + ", ".join(toml(i) for i in items) + "]"


def sure(line: Line) -> str:
    """How sure a line is, in words."""
    return _("sure") if line.sure >= 0.85 else _("likely") if line.sure >= 0.6 else _("a guess, look at it")


def block_text(block: Block, *, several: bool) -> str:
    """A source as TOML; `several`: whether its table has more than one. Commented out line by line where it is `off`."""
    table = block.table
    head = f"[[{table}]]" if several else f"[{table}]"
    lines = [head, *_placed(block.file.sheet.place)]
    if block.unpivot:
        lines.append(
            f"unpivot = {listed(block.unpivot)}    # "
            + _("these columns become rows: their heading as name, their cell as value")
        )
    lines += _ways(block)
    lines += ["", f"[{table}.fields]", *_fields(block)]
    lines += _rest(block)
    if block.off:
        intro = [f"# {remark(_('Not settled: {why}.').format(why=block.off))}"]
        return "\n".join([*intro, *(f"# {line}" if line else "#" for line in lines)]) + "\n"
    return "\n".join(lines) + "\n"


def _placed(place: Place) -> list[str]:
    """Where rows come from, line by line."""
    lines = [f"from = {toml(place.origin)}"]
    if place.sheet:
        lines.append(f"sheet = {toml(place.sheet)}")
    if place.encoding:
        lines.append(f"encoding = {toml(place.encoding)}    # {_('look at it: not told for certain')}")
    if place.heading:
        said = place.heading[0] if len(place.heading) == 1 else place.heading
        lines.append(f"heading = {said}    # {_('the line of the headings')}")
    return lines


def _ways(block: Block) -> list[str]:
    lines = []
    if block.group:
        lines.append(f"group = true    # {remark(block.group)}")
    if block.drop:
        lines.append(f'repeats = "drop"    # {remark(block.drop)}')
    if block.combine:
        ways = ", ".join(f'{name} = "{way}"' for name, way in block.combine.items())
        lines.append(f"combine = {{ {ways} }}")
    if block.order_by:
        lines.append(f"order_by = {toml(block.order_by)}    # {_('in this order the rows of a key came')}")
    if block.missing:
        lines.append(f"missing = {listed(block.missing)}    # {_('stands where nothing is known')}")
    if block.formats:
        note = f"    # {remark(block.doubts['date_format'])}" if block.doubts.get("date_format") else ""
        lines.append(f"date_format = {listed(block.formats)}{note}")
    if block.decimal:
        lines.append(f"decimal = {toml(block.decimal)}")
    return lines


def _fields(block: Block) -> list[str]:
    table, lines = TABLES[block.table], []
    for name in (n for n in table.names if n in block.lines):
        line = block.lines[name]
        others = (
            _("; or {columns}").format(columns=beside(o for o in line.others if o != line.given))
            if line.others and line.sure < 0.8
            else ""
        )
        doubt = _("; look: {doubt}").format(doubt=block.doubts[name]) if block.doubts.get(name) else ""
        said = _("{sure}: {why}").format(sure=sure(line), why=line.why)
        lines.append(f"{name} = {toml(line.given)}    # {remark(said + others + doubt)}")
    missing = [c.name for c in table.columns if c.required and c.name not in block.lines and c.name != table.made]
    used = block.used | {h for h in block.file.seen if any(h == p or fnmatchcase(h, p) for p in block.unpivot)}
    free = [h for h in block.file.seen if h not in used]
    for name in missing:
        if name == table.time and not block.off:
            continue
        lines.append(
            f"# {name} = ?    # {remark(_('not found; columns: {columns}').format(columns=beside(free[:15])))}"
        )
    lines += [f"# {remark(note)}" for note in block.notes]
    unfed = [n for n in table.names if n not in block.lines and n not in missing and n != table.made]
    if unfed:
        lines.append(f"# {remark(_('not fed: {fields}').format(fields=beside(unfed)))}")
    if free and len(free) <= 40:
        lines.append(f"# {remark(_('not used: {columns}').format(columns=beside(free)))}")
    return lines


def _rest(block: Block) -> list[str]:
    lines: list[str] = []
    if block.filters:
        lines += ["", f"[{block.table}.filter]"]
        lines += [f"{key(name)} = {toml(given)}    # {remark(why)}" for name, (given, why) in block.filters.items()]
    if block.offers:
        lines += [] if block.filters else ["", f"[{block.table}.filter]"]
        lines += [f"# {key(name)} = {toml(given)}    # {remark(why)}" for name, (given, why) in block.offers.items()]
    for name, found in block.values.items():
        lines += ["", f"[{block.table}.values.{name}]", *(f"{key(v)} = {toml(code)}" for v, code in found.items())]
    for join in block.joins:
        lines += ["", f"[[{block.table}.join]]{f'    # {remark(join.why)}' if join.why else ''}"]
        lines += _placed(join.file.sheet.place)
        same = all(a == b for a, b in join.on.items())
        pairs = ", ".join(f"{key(a)} = {toml(b)}" for a, b in join.on.items())
        lines.append(f"on = {listed(join.on)}" if same else f"on = {{ {pairs} }}")
        if any(join.take.values()):
            ways = ", ".join(f"{key(c)} = {toml(way or 'first')}" for c, way in join.take.items())
            lines.append(f"take = {{ {ways} }}")
        else:
            lines.append(f"take = {listed(join.take)}")
        lines += [f"[{block.table}.join.filter]"] if join.filters else []
        lines += [f"{key(name)} = {toml(given)}    # {remark(why)}" for name, (given, why) in join.filters.items()]
    return lines


def source(block: Block) -> dict[str, object]:
    """A source as company.toml says it, for `Description`."""
    made: dict[str, object] = _place(block.file.sheet.place)
    made |= {"fields": {n: line.given for n, line in block.lines.items()}}
    if block.unpivot:
        made["unpivot"] = block.unpivot
    made |= {"group": bool(block.group), "repeats": "drop" if block.drop else "keep", "combine": block.combine}
    made |= {"order_by": block.order_by or None, "missing": list(block.missing)}
    made |= {"filter": {n: given for n, (given, _why) in block.filters.items()}, "values": block.values}
    made |= {"date_format": list(block.formats), "decimal": block.decimal, "join": [_join(j) for j in block.joins]}
    return made


def _join(join: Joined) -> dict[str, object]:
    ways = {c: way or "first" for c, way in join.take.items()} if any(join.take.values()) else list(join.take)
    filters = {n: given for n, (given, _why) in join.filters.items()}
    return _place(join.file.sheet.place) | {"on": dict(join.on), "take": ways, "filter": filters}


def _place(place: Place) -> dict[str, object]:
    return place.model_dump(by_alias=True, exclude_defaults=True)


def plain_formats(formats: Iterable[str]) -> tuple[str, ...]:
    """Formats without repetition, in order."""
    return tuple(dict.fromkeys(formats))
