"""Stacked bars: parts of each month above and below nought, with the line that they add up to."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmlib.show.canvas import (
    HATCHES,
    INK,
    PALETTE,
    Picture,
    above,
    alt_text,
    blank,
    drawable,
    finished,
    hidden,
    legend,
    names,
    unit_in,
    value_label,
    write_ticks,
)
from crmlib.show.findings import begun
from crmlib.show.withholding import said
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _

MOST = 8
"""Months that an axis names."""


def stacks(
    frame: pd.DataFrame,
    *,
    x: str = "month",
    y: str = "value",
    by: str = "segment",
    unit: str | None = None,
    whole: pd.DataFrame | None = None,
) -> Picture | None:
    """A bar per `x` (months, in order) of the parts `by`: what adds above nought, what takes away below it; a mark where they
    come to, a cross where one of them is withheld. `whole` has `y` of all of them together, which may be told where a part is
    not. None where all of them are nought.
    """
    frame = drawable(frame, x, y, by, unit=unit)
    if not frame[y].fillna(0).any():
        return None
    unit = unit_in(frame, unit)
    table = frame.pivot_table(index=x, columns=by, values=y, aggfunc="sum", sort=False).fillna(0).sort_index()
    table = table.loc[:, (table != 0).any()]
    figure, axes = blank(2.5 + above(frame, by))
    places, ends = np.arange(len(table)), {1: np.zeros(len(table)), -1: np.zeros(len(table))}
    forms = zip(table.columns, PALETTE * len(table.columns), HATCHES * len(table.columns), strict=False)
    for part, colour, hatch in forms:
        values = table[part].to_numpy(dtype=float)
        below = np.where(values < 0, ends[-1], ends[1])
        axes.bar(
            places, values, bottom=below, width=0.74, color=colour, linewidth=0, hatch=hatch, label=names([part], by)[0]
        )
        ends[1], ends[-1] = ends[1] + values.clip(min=0), ends[-1] + values.clip(max=0)
    _marks(axes, frame, table.sum(axis=1), None if whole is None else drawable(whole, x, y, unit=unit), x, y)
    axes.axhline(0, color=INK, linewidth=0.8)
    step = max(1, -(-len(table) // MOST))
    shown = places[::-1][::step][::-1]
    axes.set_xticks(
        shown, [language.month(table.index[i]) for i in shown], rotation=40, ha="right", rotation_mode="anchor"
    )
    axes.grid(axis="x", visible=False)
    write_ticks(axes.yaxis, unit)
    axes.set_ylabel(value_label(frame, y))
    legend(axes)
    return finished(figure, axes, frame, alt_text(_("Stacked bars"), y, x, frame), unit)


def _marks(axes: Axes, frame: pd.DataFrame, sums: pd.Series[float], whole: pd.DataFrame | None, x: str, y: str) -> None:
    """Where the parts come to, and where one of them is withheld."""
    withheld = {month for month, text in zip(frame[x], hidden(frame, y), strict=True) if text}
    told = sums[~sums.index.isin(withheld)] if whole is None else whole.dropna(subset=[y]).set_index(x)[y]
    places = {month: place for place, month in enumerate(sums.index)}
    told = told[told.index.isin(sums.index)]
    if len(told):
        at, called = [places[month] for month in told.index], begun(_("together"))
        axes.plot(at, told, linestyle="none", marker="D", markersize=4, color=INK, label=called)
    if crossed := [places[month] for month in withheld]:
        axes.plot(crossed, [0] * len(crossed), "x", color=INK, markersize=5, label=begun(said("")))
