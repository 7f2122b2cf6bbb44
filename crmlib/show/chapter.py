"""What stands in a chapter: `start` opens the tables, `show` makes a result a card that says, draws and defines it."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from crmlib.facts.company import Company, TablesError, read_company
from crmlib.facts.findings import FINDING
from crmlib.show import listing
from crmlib.show.canvas import Picture
from crmlib.show.findings import ACTIONS_MIME, FINDINGS_MIME, contrast, payload, sentence
from crmlib.vocabulary import language as _language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _, ngettext
from crmlib.vocabulary.policy import Statistics, load
from crmlib.vocabulary.schema import TABLES

COLOURS = 128
SCREEN_DPI = 104
"""Pixels of the page to an inch of a figure, so that text is of one size in all of them."""


@dataclass(frozen=True)
class Chapter:
    """The company that a chapter is about, and its ways to show a result."""

    company: Company

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
            missing=self.company.missing,
            limits=self.company.policy.statistics,
        )
        bundle: dict[str, Any] = {"text/html": html, "text/plain": text, FINDINGS_MIME: payload(findings[FINDING])}
        display(bundle, raw=True)

    def table(self, frame: pd.DataFrame, *, needs: Sequence[str] = (), note: str = "") -> None:
        """A table card; where a needed table is missing or there is nothing to list, the card says so instead."""
        lines = _needs([n for n in needs if n in self.company.missing])
        body = (
            "".join(lines)
            if lines
            else listing.table(frame)
            if len(frame)
            else _note(note or _("Nothing to list here."))
        )
        under = f'<p class="crm-under">{escape(note)}</p>' if note and len(frame) and not lines else ""
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
        if to_do and "consents" in self.company.missing:
            warned = _note(
                _("No consents are on record here: make sure that a customer may be contacted before you do.")
            )
        html = f'<div class="crm-card">{_say(text)}{warned}</div>'
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
                missing=self.company.missing,
                limits=self.company.policy.statistics,
            )
            return html, findings

        display(what_if(drawn, **sliders), raw=True)


def start(*, tables: str, as_of: str, policy: str = "", language: str = "en") -> Chapter:
    """Open a chapter on the tables frozen in folder `tables`, as of a day (YYYY-MM-DD).

    A relative path is looked for here and in the folders above, so chapters/ and chapters/zh/ name the same data.
    Raises `TablesError`, `PolicyError`, `UnknownLanguageError`, `ValueError` for a day that is none.
    """
    day = date.fromisoformat(as_of)
    opened = read_company(_above(tables), as_of=day, policy=load(_above(policy) if policy else None))
    _language.use(language, opened.currency)
    if "ipykernel" in sys.modules:
        sheet = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
        display(HTML(f"<style>{sheet}</style>"))
    return Chapter(opened)


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
        parted = spoken[spoken["segment"] != ""].groupby("kpi", sort=False)
        said += [contrast(part, limits) for _kpi, part in parted if len(part) > 1]
    parts = [_say(s) for s in said] + _needs(absent)
    twin = data if data is not None else picture.data if picture is not None else spoken
    twin = twin.head(0) if picture is None and _says_nothing(twin) else twin
    if not parts and not len(twin):
        parts.append(_note(_("Nothing to show yet: the data hold no case of it up to this date.")))
    if picture is not None:
        parts.append(_figure(picture))
    if len(twin):
        parts.append(f'<details class="crm-data"><summary>{escape(_("Data"))}</summary>{listing.table(twin)}</details>')
    parts += _definitions(list(dict.fromkeys(findings["kpi"])))
    return f'<div class="crm-card">{"".join(parts)}</div>', "\n".join(said)


def _says_nothing(frame: pd.DataFrame) -> bool:
    """Whether a frame counts something, and all of it is nought or missing."""
    numbers = frame.select_dtypes("number")
    return len(numbers.columns) > 0 and not numbers.fillna(0).any(axis=None)


def _say(text: str) -> str:
    """A sentence of a card; a line never ends within "n = 357"."""
    return f'<p class="crm-say">{escape(text).replace("n = ", "n&nbsp;=&nbsp;")}</p>'


def _needs(tables: Sequence[str]) -> list[str]:
    return [
        _note(
            _(
                "This section needs the table {table} ({grain}), which the company's description does not map yet."
            ).format(table=label(t, "table"), grain=_(TABLES[t].grain)),
            _("It would tell {tells}.").format(tells=_(TABLES[t].tells)),
        )
        for t in tables
    ]


def _note(*lines: str) -> str:
    return f'<p class="crm-note">{"<br>".join(escape(line) for line in lines)}</p>'


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
