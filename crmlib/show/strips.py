"""Bars made of nothing but markup, for cards that a control redraws: they are drawn at once, fit any width, and weigh little, so
that a page can hold them for every state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
import pandas as pd

from crmlib.show.canvas import alt_text, drawable, hidden, kpi_of, names, unit_in
from crmlib.show.findings import begun, quantity
from crmlib.vocabulary.language import _


@dataclass(frozen=True)
class Markup:
    """A picture made of HTML, the data it draws, and what it shows in words."""

    html: str
    data: pd.DataFrame
    alt: str


@dataclass(frozen=True)
class _Strip:
    """A bar from one number to another, what it is called and what stands beside it, its colour, and its whiskers."""

    called: str
    ends: tuple[float, float]
    says: str
    colour: int = 0
    reach: tuple[float, float] | None = None


def bars(
    frame: pd.DataFrame, *, x: str = "segment", y: str = "value", by: str | None = None, unit: str | None = None
) -> Markup | None:
    """A bar for each row, those of one `x` under its name where they are told apart `by` another column; whiskers from `low` to
    `high` where the frame has them. None of a single bar, which has nothing to be compared with.
    """
    frame = drawable(frame, x, y, by, unit=unit)
    if len(frame) < 2 or frame[y].isna().all():
        return None
    unit = unit_in(frame, unit)
    groups = list(dict.fromkeys(frame[by])) if by else [None]
    if by:
        at = list(dict.fromkeys(frame[x]))
        frame = frame.iloc[sorted(range(len(frame)), key=lambda i: at.index(frame[x].iloc[i]))]
    told = names(frame[by] if by else frame[x], by or x, kpi_of(frame))
    numbers = frame.assign(low=frame.get("low", np.nan), high=frame.get("high", np.nan))[[y, "low", "high"]].astype(
        float
    )
    strips: list[_Strip | str] = []
    for i, (called, missing, (value, low, high)) in enumerate(
        zip(told, hidden(frame, y), numbers.itertuples(index=False), strict=True)
    ):
        if by and (i == 0 or frame[x].iloc[i] != frame[x].iloc[i - 1]):
            strips += names([frame[x].iloc[i]], x, kpi_of(frame))
        ends = (0.0, 0.0 if missing else value)
        reach = None if missing or np.isnan(low) or np.isnan(high) else (low, high)
        colour = groups.index(frame[by].iloc[i]) if by else 0
        strips.append(_Strip(called, ends, missing or quantity(value, unit), colour, reach))
    return _drawn(strips, frame, alt_text(_("Bar chart"), y, x, frame), unit)


def waterfall(frame: pd.DataFrame, *, x: str = "segment", y: str = "value", unit: str | None = None) -> Markup | None:
    """Parts that add up, in the frame's order, and their total at the end; None where all of them are nought. Where one is
    withheld they are bars beside each other, as there is no total.
    """
    frame = drawable(frame, x, y, unit=unit)
    if frame[y].isna().any():
        return bars(frame, x=x, y=y, unit=unit)
    if not frame[y].any():
        return None
    unit = unit_in(frame, unit)
    at = [0.0, *frame[y].cumsum().astype(float)]
    told = zip(names(frame[x], x, kpi_of(frame)), pairwise(at), frame[y].astype(float), strict=True)
    strips: list[_Strip | str] = [_Strip(called, ends, quantity(part, unit), 1) for called, ends, part in told]
    strips.append(_Strip(begun(_("total")), (0.0, at[-1]), quantity(at[-1], unit)))
    return _drawn(strips, frame, alt_text(_("Waterfall chart"), y, x, frame), unit)


def _drawn(strips: Sequence[_Strip | str], frame: pd.DataFrame, alt: str, unit: str) -> Markup:
    edges = [edge for s in strips if isinstance(s, _Strip) for edge in (*s.ends, *(s.reach or ()))]
    least, most = min(0.0, *edges), max(0.0, *edges)

    def across(one: float, other: float) -> str:
        """From where to where, in thousandths of the width."""
        left, right = (round(1000 * (v - least) / ((most - least) or 1)) for v in sorted((one, other)))
        return f"left:{left / 10:g}%;width:{(right - left) / 10:g}%"

    rows = []
    for strip in strips:
        if isinstance(strip, str):
            rows.append(f'<div class="crm-strips-of">{escape(strip)}</div>')
            continue
        reach = f'<i style="{across(*strip.reach)}"></i>' if strip.reach else ""
        rows.append(
            f'<div class="crm-strip"><span>{escape(strip.called)}</span>'
            f'<span class="crm-track"><b class="crm-c{strip.colour}" style="{across(*strip.ends)}"></b>{reach}</span>'
            f"<span>{escape(strip.says)}</span></div>"
        )
    data = frame.copy(deep=False)
    data.attrs |= {"unit": unit or "ratio"}
    return Markup(
        f'<div class="crm-strips" role="img" aria-label="{escape(alt, quote=True)}">{"".join(rows)}</div>', data, alt
    )
