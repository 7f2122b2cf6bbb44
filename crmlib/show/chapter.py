"""What stands in a chapter: `start` opens the tables, `show` makes a result a card that says, draws and defines it."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import HTML, display
from matplotlib.backends.backend_agg import FigureCanvasAgg

from crmlib.data.tables import Tables, TablesError, read_tables
from crmlib.show.canvas import Picture
from crmlib.show.findings import ACTIONS_MIME, FINDINGS_MIME, contrast, payload, quantity, segment_label, sentence
from crmlib.vocabulary import language as _language
from crmlib.vocabulary.estimates import FINDING
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import label, unit_of
from crmlib.vocabulary.language import _, ngettext
from crmlib.vocabulary.policy import Policy, Statistics, load
from crmlib.vocabulary.schema import TABLES

SHOWN_ROWS = 200
"""Rows of a data twin that a page shows; the rest is counted."""


LONG_TEXT = 30
"""Bytes from which a text in a cell may wrap: about as many Latin letters, or a third as many Chinese characters."""
SCREEN_DPI = 104
"""Pixels of the page to an inch of a figure, so that text is of one size in all of them."""


@dataclass(frozen=True)
class Chapter:
    """The open tables, the date and the policy of one chapter, and its ways to show a result."""

    tables: Tables
    as_of: date
    policy: Policy

    def show(
        self,
        findings: pd.DataFrame,
        picture: Picture | None = None,
        *,
        data: pd.DataFrame | None = None,
        segments: bool = False,
        needs: Sequence[str] = (),
    ) -> None:
        """One card: what the findings say, the picture, its data, the definitions. Carries the findings for the review.

        `data` is the twin where it is not the picture's own; `segments` adds a sentence that contrasts them; `needs`
        names tables beside those that the KPIs and the measure name. A table that is needed, missing and leaves nothing
        to say is named instead.
        """
        html, text = card(
            findings,
            picture,
            data=data,
            segments=segments,
            needs=needs,
            missing=self.tables.missing,
            limits=self.policy.statistics,
        )
        bundle: dict[str, Any] = {"text/html": html, "text/plain": text, FINDINGS_MIME: payload(findings[FINDING])}
        display(bundle, raw=True)

    def table(self, frame: pd.DataFrame, *, needs: Sequence[str] = (), note: str = "") -> None:
        """A table card; where a needed table is missing or there is nothing to list, the card says so instead."""
        lines = _needs([n for n in needs if n in self.tables.missing])
        body = "".join(lines) if lines else _table(frame) if len(frame) else _note(_("Nothing to list here."))
        under = f'<p class="crm-under">{escape(note)}</p>' if note and not lines else ""
        display(
            {"text/html": f'<div class="crm-card">{body}{under}</div>', "text/plain": frame.head(20).to_string()},
            raw=True,
        )

    def actions(self, frame: pd.DataFrame) -> None:
        """The proposed actions: how many in each group are said and the whole list is carried for the review."""
        to_do, held = int((frame["arm"] == "act").sum()), int((frame["arm"] == "hold_out").sum())
        text = ngettext("{n} customer to act on", "{n} customers to act on", to_do).format(n=_language.number(to_do))
        text = _("{acting}; {held} drawn into the comparison group and left alone.").format(
            acting=text, held=_language.number(held)
        )
        warned = ""
        if to_do and "consents" in self.tables.missing:
            warned = _note(
                _("No consents are on record here: make sure that a customer may be contacted before you do.")
            )
        html = f'<div class="crm-card"><p class="crm-say">{escape(text)}</p>{warned}</div>'
        display({"text/html": html, "text/plain": text, ACTIONS_MIME: payload(frame)}, raw=True)

    def what_if(
        self,
        function: Callable[..., pd.DataFrame],
        picture: Callable[[pd.DataFrame], Picture | None] | None = None,
        **sliders: tuple[float, float, float, float],
    ) -> None:
        """`function(**values)` under sliders (least, most, step, start); without a kernel its card at the start values."""
        from crmlib.show.widgets import what_if

        def drawn(**values: float) -> tuple[str, pd.DataFrame]:
            findings = function(**values)
            html, _text = card(
                findings,
                picture(findings) if picture else None,
                missing=self.tables.missing,
                limits=self.policy.statistics,
            )
            return html, findings

        display(what_if(drawn, **sliders), raw=True)


def start(*, tables: str, as_of: str, policy: str = "", language: str = "en") -> Chapter:
    """Open a chapter on the tables frozen in folder `tables`, as of a day (YYYY-MM-DD).

    A relative path is looked for here and in the folders above, so chapters/ and chapters/zh/ name the same data.
    Raises `TablesError`, `PolicyError`, `UnknownLanguageError`, `ValueError` for a day that is none.
    """
    day = date.fromisoformat(as_of)
    opened = read_tables(_above(tables), as_of=day)
    _language.use(language, opened.currency)
    if "ipykernel" in sys.modules:
        sheet = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
        display(HTML(f"<style>{sheet}</style>"))
    return Chapter(opened, day, load(_above(policy) if policy else None))


def _above(path: str) -> Path:
    """A relative path from here or from the nearest folder above in which it exists."""
    here = Path.cwd()
    candidates = [Path(path)] if Path(path).is_absolute() else [folder / path for folder in (here, *here.parents)]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise TablesError(
        f"{path}: not found here or in any folder above; run `make lab` for the teaching company, `crmlib review` for yours"
    )


def card(
    findings: pd.DataFrame,
    picture: Picture | None = None,
    *,
    data: pd.DataFrame | None = None,
    segments: bool = False,
    needs: Sequence[str] = (),
    missing: frozenset[str] = frozenset(),
    limits: Statistics,
) -> tuple[str, str]:
    """The card of a result as (HTML, plain text)."""
    wanted = {*needs, *findings.attrs.get("needs", ())}
    told = findings[findings["value"].notna()]
    silent = [k for k in dict.fromkeys(findings["kpi"]) if not (told["kpi"] == k).any()]
    absent = [
        t
        for t in TABLES
        if t in missing and (t in {n for k in silent for n in KPIS[k].needs} or (not len(told) and t in wanted))
    ]
    excused = {k for k in silent if missing.intersection(KPIS[k].needs)}
    spoken = findings[~findings["kpi"].isin(excused)]
    said = [sentence(row, limits) for row in spoken.to_dict("records") if not row["segment"]]
    if segments:
        said += [contrast(part, limits) for _kpi, part in spoken[spoken["segment"] != ""].groupby("kpi", sort=False)]
    parts = [f'<p class="crm-say">{escape(s)}</p>' for s in said] + _needs(absent)
    twin = data if data is not None else picture.data if picture is not None else spoken
    if not parts and not len(twin):
        parts.append(_note(_("Nothing to show yet: the data hold no case of it up to this date.")))
    if picture is not None:
        parts.append(_figure(picture))
    if len(twin):
        parts.append(f'<details class="crm-data"><summary>{escape(_("Data"))}</summary>{_table(twin)}</details>')
    parts += _definitions(list(dict.fromkeys(findings["kpi"])))
    return f'<div class="crm-card">{"".join(parts)}</div>', "\n".join(said)


def _needs(tables: Sequence[str]) -> list[str]:
    return [
        _note(
            _(
                "This section needs the table {table} ({grain}), which the company's description does not map yet."
            ).format(table=label(t), grain=_(TABLES[t].grain)),
            _("It would tell {tells}.").format(tells=_(TABLES[t].tells)),
        )
        for t in tables
    ]


def _note(*lines: str) -> str:
    return f'<p class="crm-note">{"<br>".join(escape(line) for line in lines)}</p>'


def _figure(picture: Picture) -> str:
    buffer = BytesIO()
    # savefig lays out and draws everything twice, for boxes that only a cropped figure needs.
    FigureCanvasAgg(picture.figure).print_png(buffer, metadata={"Software": None})
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


def _table(frame: pd.DataFrame) -> str:
    named = [c for c in frame.columns if c != "unit"]
    shown = frame.head(SHOWN_ROWS)
    marks = {c: _mark(shown[c]) for c in named}
    head = "".join(f'<th scope="col"{marks[c]}>{escape(_head(c))}</th>' for c in named)
    unit = str(frame.attrs.get("unit", "ratio"))
    rows = []
    for row in shown.to_dict("records"):
        rows.append("".join(f"<td{marks[c]}>{escape(_cell(c, row[c], row, unit))}</td>" for c in named))
    body = "".join(f"<tr>{r}</tr>" for r in rows)
    more = len(frame) - SHOWN_ROWS
    foot = (
        f'<p class="crm-under">{escape(_("… and {n} more rows").format(n=_language.number(more)))}</p>'
        if more > 0
        else ""
    )
    table = f'<table class="crm-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="crm-scroll">{table}</div>{foot}'


def _mark(column: pd.Series[Any]) -> str:
    """The class of a column's cells: numbers stand right, sentences get room, short words stay on one line."""
    there = column.dropna()
    if len(there) and all(isinstance(v, (int, float, Decimal)) and not isinstance(v, bool) for v in there):
        return ' class="crm-number"'
    return (
        ' class="crm-long"'
        if any(isinstance(v, str) and len(v.encode()) > LONG_TEXT for v in there)
        else ' class="crm-short"'
    )


def _head(column: Any) -> str:
    """A column's heading: its label, beginning large; a month as months are written."""
    if isinstance(column, (date, pd.Timestamp)):
        return _language.month(column)
    text = label(column)
    return text[:1].upper() + text[1:] if len(text) > 1 else text


def _cell(column: Any, value: Any, row: dict[Any, Any], unit: str) -> str:
    """A cell as the reader writes it: by the row's unit in a findings frame, by the column's elsewhere, or by `unit`."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return "–"
    if column in ("value", "low", "high", "before", "change") and "unit" in row:
        differs = column == "change" and row["unit"] == "share"
        return quantity(float(value), "change" if differs else str(row["unit"]))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (date, pd.Timestamp)):
        return _language.day(value)
    if column == "kpi" or isinstance(value, str):
        return segment_label(value)
    if isinstance(value, int) and unit_of(column) in ("", "count"):
        return _language.number(value)
    return quantity(float(value), unit_of(column) or unit)
