"""A result becomes a card: what it says, what it was counted without, the picture, its data, the definitions."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from html import escape
from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from crmlib.facts.company import Company
from crmlib.show import listing
from crmlib.show.canvas import Picture
from crmlib.show.findings import contrast, sentence
from crmlib.show.strips import Markup
from crmlib.show.withholding import guarded
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _, ngettext
from crmlib.vocabulary.schema import TABLES

SILENT = "crm-silent"
"""Class of a card that only names what the company does not record."""
EMPTY = "crm-empty"
"""Class of a table that has nothing to list, which by itself is no reason to show the part that it stands in."""
COLOURS = 128
SCREEN_DPI = 104
"""Pixels of the page to an inch of a figure, so that text is of one size in all of them."""
ROOM = 68
"""Letters that the names of what is not recorded may fill, so that they stay one line."""


def card(
    c: Company,
    findings: pd.DataFrame,
    picture: Picture | Markup | None = None,
    *,
    data: pd.DataFrame | None = None,
    segments: bool = False,
    needs: Iterable[str] = (),
) -> tuple[str, str]:
    """The card of a result as (HTML, plain text); where nothing is left to say it names what the company does not record."""
    limits = c.policy.statistics
    findings, data = guarded(findings), None if data is None else guarded(data)
    said = [sentence(row, limits) for row in findings.to_dict("records") if not row["segment"]]
    if segments:
        parted = findings[findings["segment"] != ""].groupby("kpi", sort=False)
        said += [contrast(part, limits) for kpi, part in parted if len(part) > 1 and not KPIS[str(kpi)].adds_up]
    parts = [say(s) for s in said]
    twin = data if data is not None else picture.data if picture is not None else findings
    twin = twin.head(0) if picture is None and _says_nothing(twin) else twin
    frames = [findings] if data is None else [findings, data]
    silent = ""
    if parts or len(twin):
        parts += without(c, *frames)
    else:
        absent = unrecorded(c, findings, needs) or [n for n in _unused(frames) if n.partition(".")[0] in c.missing]
        empty = findings.attrs.get("nothing") or _(
            "Nothing to show here: up to this date the data hold no case of it, or too few."
        )
        parts.append(nothing(c, absent, empty))
        silent = f" {SILENT}" if (absent or does_not_apply(findings)) and picture is None else ""
    if picture is not None:
        parts.append(picture.html if isinstance(picture, Markup) else _figure(picture))
    if len(twin):
        parts.append(f'<details class="crm-data"><summary>{escape(_("Data"))}</summary>{listing.table(twin)}</details>')
    parts += _definitions(list(dict.fromkeys(findings["kpi"])))
    return f'<div class="crm-card{silent}">{"".join(parts)}</div>', "\n".join(said)


def without(c: Company, *frames: pd.DataFrame) -> list[str]:
    """One line that names what would make the figures of some frames surer and is not recorded; none where nothing is."""
    names = _unused(frames)
    text = _("Counted without {columns}: not recorded here.").format(columns=_named(c, names))
    return [f'<p class="crm-under">{escape(text)}</p>'] if names else []


def _unused(frames: Iterable[pd.DataFrame]) -> dict[str, None]:
    """Columns and tables that some frames were counted without, each once."""
    told = [name for frame in frames for names in frame.get("without", ()) for name in str(names).split()]
    return dict.fromkeys([*told, *(name for frame in frames for name in frame.attrs.get("without", ()))])


def unrecorded(c: Company, frame: pd.DataFrame, needs: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """What the company does not record of what a result needs, each with the KPIs that are left out for want of it: columns,
    and whole tables in place of their columns.
    """
    wanted = [(name, "") for name in needs]
    wanted += [(name, kpi) for kpi in frame.attrs.get("left_out", ()) for name in KPIS[kpi].needs]
    found: dict[str, tuple[str, ...]] = {}
    for name, kpi in wanted:
        if not c.knows(name):
            table = name.partition(".")[0]
            name = table if table in c.missing else name
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), kpi)))
    return {name: tuple(filter(None, kpis)) for name, kpis in found.items()}


def does_not_apply(frame: pd.DataFrame) -> bool:
    """Whether an empty result is of something that the company does not do at all, such as surveys of its own."""
    return not len(frame) and bool(frame.attrs.get("does_not_apply"))


def nothing(c: Company, absent: Iterable[str], otherwise: str) -> str:
    """What stands in an empty card: the names of what is not recorded, else the words given."""
    return note(_("Not recorded here: {names}.").format(names=_named(c, absent)) if absent else otherwise)


def _named(c: Company, names: Iterable[str]) -> str:
    """Names of tables and columns, the columns by their table and a table that is missing in place of them; what would not fit
    into a line is counted.
    """
    by_table: dict[str, list[str]] = {}
    for name in names:
        table, _dot, column = name.partition(".")
        by_table.setdefault(table, []).extend([column] if column and table not in c.missing else [])
    parts: list[str] = []
    room, more = ROOM, 0
    for table, columns in by_table.items():
        shown = columns.copy()
        while len(shown) > 1 and listing.letters(_columns(table, shown)) > room:
            shown.pop()
        text = _columns(table, shown)
        if parts and listing.letters(text) > room:
            more += max(len(columns), 1)
        else:
            parts, room, more = [*parts, text], room - listing.letters(text), more + len(columns) - len(shown)
    parts += [ngettext("{n} more", "{n} more", more).format(n=language.number(more))] if more else []
    if not any(len(columns) > 1 for columns in by_table.values()):
        return language.listed(parts)
    return reduce(lambda one, other: _("{one}; {other}").format(one=one, other=other), parts)


def _columns(table: str, columns: Sequence[str]) -> str:
    """Columns of a table as a reader calls them: "Discount and Category (Orders)"."""
    if not columns:
        return label(table, "table")
    listed = language.listed([_(TABLES[table][column].label) for column in columns])
    return _("{column} ({table})").format(column=listed, table=label(table, "table"))


def folded(absent: Mapping[str, Sequence[str]], undated: Sequence[str] = ()) -> str:
    """What each table and column that is not recorded would tell, in one fold; beneath it the columns that have no day of
    their own and are read as they stood when the tables were frozen.
    """
    lines = []
    for name, kpis in absent.items():
        line = _("Not recorded here: {names}.")
        if name in TABLES:
            line = _("Not recorded here: {names}. It would tell {tells}.")
        elif kpis:
            line = _("Not recorded here: {names}. It would tell: {tells}.")
        tells = _(TABLES[name].tells) if name in TABLES else language.listed([label(k, "kpi") for k in kpis])
        line = line.format(names=label(name, "table", "column"), tells=tells)
        lines.append(f"<li>{escape(line)}</li>")
    head = ngettext(
        "{n} thing that this company does not record, and what it would tell",
        "{n} things that this company does not record, and what they would tell",
        len(lines),
    ).format(n=language.number(len(lines)))
    fold = f'<details class="crm-unrecorded"><summary>{escape(head)}</summary><ul>{"".join(lines)}</ul></details>'
    late = _("As recorded when the tables were frozen, not on the day: {columns}.").format(
        columns=language.listed([label(name, "column") for name in undated])
    )
    under = f'<p class="crm-under">{escape(late)}</p>' if undated else ""
    return f'<div class="crm-card">{fold if lines else ""}{under}</div>'


def _says_nothing(frame: pd.DataFrame) -> bool:
    """Whether a frame counts something, and all of it is nought or missing."""
    if frame.attrs.get("withheld"):
        return False
    numbers = frame.select_dtypes("number")
    return len(numbers.columns) > 0 and not numbers.fillna(0).any(axis=None)


def say(text: str) -> str:
    """A sentence of a card; a line never ends within "n = 357"."""
    return f'<p class="crm-say">{escape(text).replace("n = ", "n&nbsp;=&nbsp;")}</p>'


def note(text: str) -> str:
    """A line where a result would stand."""
    return f'<p class="crm-note">{escape(text)}</p>'


def _figure(picture: Picture) -> str:
    buffer = BytesIO()
    # savefig lays out and draws everything twice, for boxes that only a cropped figure needs.
    canvas = FigureCanvasAgg(picture.figure)
    canvas.draw()
    # A chart has few colours: with a palette the page weighs half.
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    drawn.save(buffer, "png", optimize=True)
    image = base64.b64encode(buffer.getvalue()).decode("ascii")
    alt, width = escape(picture.alt, quote=True), round(picture.figure.get_figwidth() * SCREEN_DPI)
    return f'<figure class="crm-picture"><img alt="{alt}" width="{width}" src="data:image/png;base64,{image}"></figure>'


def _definitions(kpis: Sequence[str]) -> list[str]:
    terms = []
    for kpi in (KPIS[k] for k in kpis):
        terms.append(
            f"<dt>{escape(_(kpi.label))}</dt><dd>{escape(_(kpi.definition))} <span>{escape(', '.join(kpi.deck))}</span></dd>"
        )
    return (
        [
            f'<details class="crm-definition"><summary>{escape(_("Definition"))}</summary><dl>{"".join(terms)}</dl></details>'
        ]
        if terms
        else []
    )
