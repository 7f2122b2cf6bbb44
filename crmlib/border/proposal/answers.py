"""Surveys, as they are proposed: a row an answer, or a wide file of a column an item."""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatchcase

from crmlib.border.proposal.assign import Guess
from crmlib.border.proposal.attach import attach
from crmlib.border.proposal.cells import figure
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import plain, says, seen, timed, why
from crmlib.border.proposal.files import Sheet
from crmlib.border.proposal.items import ITEMS, items, scale_between, scale_of
from crmlib.border.proposal.relations import File, Folder, Link
from crmlib.border.proposal.roles import Role
from crmlib.border.proposal.sources import dated, fed, optional
from crmlib.border.proposal.whose import order_of
from crmlib.border.proposal.words import tokens
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

_STEM = re.compile(r"^([A-Za-z_]{2,}?)_?[0-9]*$")


def surveys(folder: Folder, file: File, role: Role) -> Block:
    """A source of answers: a row an answer, or a wide file of a column an item."""
    block = Block("surveys", file)
    asked = items(file)
    wide = bool(asked) and not (role.guesses.get("item") and "score" in role.guesses)
    columns = asked if wide else []
    guesses = role.guesses
    score = guesses.get("score")
    if not wide and score is None:
        block.off = _("no column of answers")
        return block
    attach(folder, block, line=True)
    _days(block, guesses)
    _instrument(block, guesses, [score.column] if score and not wide else columns)
    if link := next((k for k in folder.links_of(file) if k.to is not file and _is_order(folder, k)), None):
        said = _("{share} of its values stand there").format(share=f"{link.share:.0%}")
        block.put("order_id", link.column, 0.9 * link.share, _("{a}: {b}").format(a=link.to.sheet.called, b=said))
    elif any(order_of(folder, f)[0] is not None for f in folder.files if f is not file):
        column, sure = order_of(folder, file)
        if column is not None and sure >= 0.8:
            block.put("order_id", column.heading, sure, seen(column))
    if wide:
        block.unpivot = patterns([s.heading for s in columns], file.sheet)
        block.put("item", "name", 0.9, _("{n} columns of answers on one scale").format(n=len(columns)), columns=())
        if stem := _stems(columns):
            block.put("dimension", stem, 0.8, _("letters before the number of the item"), columns=())
        block.put("score", "value", 0.9, seen(columns[0]), columns=())
    elif score is not None:
        _one(block, guesses, score)
    _scale(block, columns if wide else [score.column] if score else [])
    if wide and len({scale_between(s.low, s.high) for s in columns}) > 1 and len(columns) < ITEMS:
        _by_item(block, quote("name"), {s.heading: scale_between(s.low, s.high) for s in columns}, ())
        told = [s.heading for s in columns if "recommend" in s.concepts and scale_between(s.low, s.high) == (0, 10)]
        if told:
            which = " or ".join(f"{quote('name')} = {literal(h)}" for h in told)
            own = literal(_name(file.sheet.place.origin.split(".")[0]))
            given = f"case when {which} then 'nps' else {own} end"
            block.put("instrument", given, 0.7, _("recommendation from 0 to 10"), columns=())
    if not wide and "item" in block.lines and block.lines["item"].given in file.seen and score is not None:
        _scales(folder, block, file.seen[block.lines["item"].given], score.column)
    return block


def _is_order(folder: Folder, link: Link) -> bool:
    """Whether a link leads to the number of an order in a file that has one."""
    key, sure = order_of(folder, link.to)
    return key is not None and key.heading == link.key and sure >= 0.6


def _scales(folder: Folder, block: Block, item: Seen, answer: Seen) -> None:
    """A scale for each question, where questions of one file are answered on different ones."""
    if item.distinct > 40 or not all(v.isprintable() and len(v) <= 100 for v in item.values):
        return
    read = figure(f"trim(cast({quote(answer.heading)} as varchar))", answer.decimal)
    rows = folder.engine.execute(
        f"select trim(cast({quote(item.heading)} as varchar)) as i, min({read})::double, max({read})::double "
        f"from {block.file.sheet.name} where {read} is not null group by i order by i"
    ).fetchall()
    _by_item(block, quote(item.heading), {i: scale_between(low, high) for i, low, high in rows if i}, (item.heading,))


def _by_item(block: Block, item: str, scales: dict[str, tuple[int, int]], columns: tuple[str, ...]) -> None:
    """The ends of the scale of each question, where they are not the same for all."""
    for name, end in (("scale_from", 0), ("scale_to", 1)):
        ends = Counter(scale[end] for scale in scales.values())
        if len(ends) > 1:
            usual = ends.most_common(1)[0][0]
            others = " ".join(
                f"when {item} = {literal(i)} then {scale[end]}" for i, scale in scales.items() if scale[end] != usual
            )
            block.put(
                name,
                f"case {others} else {usual} end",
                0.7,
                _("questions are answered on different scales"),
                columns=columns,
            )


def _days(block: Block, guesses: dict[str, Guess]) -> None:
    """When the answer was given, and when it was asked for."""
    day = guesses.get("at") or next((g for n, g in guesses.items() if n == "asked_at"), None)
    days = block.file.dates()
    if day is not None:
        dated(block, "at", day)
        if (
            (asked_at := guesses.get("asked_at")) is not None
            and asked_at.column is not day.column
            and asked_at.score >= 0.5
        ):
            block.put(
                "asked_at",
                timed(asked_at.column),
                asked_at.score,
                why(asked_at),
                asked_at.others,
                (asked_at.column.heading,),
            )
    elif days:
        block.put("at", timed(days[0]), 0.5, seen(days[0]), columns=(days[0].heading,))


def _one(block: Block, guesses: dict[str, Guess], score: Guess) -> None:
    """The question and its answer, of a file with one column of answers."""
    item = guesses.get("item")
    if item is not None and item.score >= 0.5:
        fed(block, "item", item)
    else:
        block.put(
            "item",
            literal(_name(score.column.heading)),
            0.8,
            _("one question: {column}").format(column=score.column.heading),
            columns=(),
        )
    fed(block, "score", score)
    if score.column.share_filled < 0.97:
        block.filters[_("not answered")] = (
            says(score.column),
            _("{share} of the rows").format(share=f"{1 - score.column.share_filled:.1%}"),
        )
    optional(block, guesses, "dimension")


def _instrument(block: Block, guesses: dict[str, Guess], columns: list[Seen]) -> None:
    """Whose questions they are: recommendation, satisfaction, or a survey of the company's own."""
    said = block.file.words | {c for s in columns for c in s.concepts}
    words = {w for s in columns for w, _m in tokens(s.heading)} | {w for w, _m in tokens(block.file.sheet.called)}
    low, high = scale_of(columns)
    if (
        words & {"nps", "recommend", "recommendation", "推荐", "推荐意愿", "净推荐"}
        and (low, high) == (0, 10)
        and (len(columns) == 1 or all("recommend" in s.concepts for s in columns))
    ):
        block.put("instrument", "'nps'", 0.85, _("recommendation from 0 to 10"), columns=())
    elif len(columns) == 1 and (said & {"score", "survey"}) and (low, high) == (1, 5):
        block.put("instrument", "'csat'", 0.8, _("satisfaction from 1 to 5"), columns=())
    else:
        name = _name(block.file.sheet.place.origin.split(".")[0])
        block.put("instrument", literal(name or "survey"), 0.6, _("a name for this survey"), columns=())


def _scale(block: Block, columns: list[Seen]) -> None:
    low, high = scale_of(columns)
    least, most = min(s.low for s in columns), max(s.high for s in columns)
    said = _("answers run from {low} to {high}").format(low=plain(least), high=plain(most))
    block.put("scale_from", str(low), 0.8, said, columns=())
    block.put("scale_to", str(high), 0.8, said, columns=())
    block.put(
        "higher_is",
        "'better'",
        0.6,
        _('look at the questions: "worse" where a higher answer is a complaint'),
        columns=(),
    )


def _name(text: str) -> str:
    plain_ = "_".join(w for w, _m in tokens(text)) or "survey"
    return plain_[:60]


def _stems(columns: list[Seen]) -> str:
    """An expression for the dimension where headings are letters and a number (CUSA1, CUSA2): empty where they are not."""
    stems = [_STEM.match(s.heading) for s in columns]
    groups = {m.group(1) for m in stems if m}
    numbered = sum(s.heading[-1].isdigit() for s in columns)
    if not all(stems) or numbered < 0.6 * len(columns) or not 1 < len(groups) < len(columns):
        return ""
    return "regexp_extract(name, '^([A-Za-z_]{2,}?)_?[0-9]*$', 1)"


def patterns(headings: list[str], sheet: Sheet) -> list[str]:
    """Names and patterns (Q*) that name these columns of a sheet and no others; a pattern for numbered headings only."""
    found: list[str] = []
    for heading in headings:
        if any(heading == f or (f.endswith("*") and fnmatchcase(heading, f)) for f in found):
            continue
        stem = heading.rstrip("0123456789")
        met = [c for c in sheet.columns if fnmatchcase(c, f"{stem}*")]
        safe = 0 < len(stem) < len(heading) and not set(stem) & set("*?[]")
        found.append(f"{stem}*" if safe and len(met) > 1 and set(met) <= set(headings) else heading)
    return found


def satisfaction(file: File, tickets_: Block) -> Seen | None:
    """A column of answers that stands on the rows of cases."""
    for s in file.seen.values():
        fine = s.kind == "number" and s.whole and s.low >= 0 and s.high <= 10 and 2 <= s.distinct <= 11
        if (
            fine
            and "score" in s.concepts
            and s.heading not in {c for ln in tickets_.lines.values() for c in ln.columns}
        ):
            return s
    return None
