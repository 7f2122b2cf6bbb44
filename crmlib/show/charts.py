"""A frame in, a picture out: every chart draws exactly the frame it is given, and carries it along as its data.

Columns and codes are labelled in the language in force. An empty frame gives None, which `Chapter.show` puts in words.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import dates
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter

from crmlib.show.canvas import (
    BENEATH,
    INK,
    PALETTE,
    SMALL,
    Picture,
    above,
    alt_text,
    blank,
    crosses,
    dashes,
    drawable,
    finished,
    foot,
    hatched,
    hidden,
    in_lines,
    kpi_of,
    legend,
    most_lines,
    name_rows,
    names,
    readable,
    shades,
    told_apart,
    unit_in,
    value_label,
    write_ticks,
)
from crmlib.show.findings import begun, quantity
from crmlib.show.flows import flow as flow
from crmlib.show.heatmaps import heatmap as heatmap
from crmlib.show.stacks import stacks as stacks
from crmlib.show.withholding import guarded
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label, unit_of
from crmlib.vocabulary.language import _

MONTHS = 4
"""Months that an axis names."""
THICK = 0.72
"""Of the room of a place, what its bars fill."""


def bars(
    frame: pd.DataFrame,
    *,
    x: str = "segment",
    y: str = "value",
    by: str | None = None,
    unit: str | None = None,
    reference: float | None = None,
) -> Picture | None:
    """Horizontal bars, one per row of `x`, grouped by `by`; whiskers from `low` to `high` where the frame has them.

    None also of a single bar, which has nothing to be compared with. Of many places those withheld are counted, not drawn.
    """
    whole = drawable(frame, x, y, by, unit=unit)
    if len(whole) < 2 or whole[y].isna().all():
        return None
    unit, frame = unit_in(whole, unit), readable(whole, x, y)
    groups = list(dict.fromkeys(frame[by])) if by else [None]
    places = list(dict.fromkeys(frame[x]))
    called, shared = told_apart(names(places, x, kpi_of(frame)))
    called = in_lines(called)
    figure, axes = blank(
        BENEATH + above(frame, by) + (0.055 + 0.135 * max(most_lines(called), len(groups))) * len(places)
    )
    sns.barplot(
        x=frame[y].astype(float),
        y=pd.Categorical(frame[x], places),
        orient="y",
        errorbar=None,
        saturation=1,
        linewidth=0,
        width=THICK,
        ax=axes,
        **shades(frame, by),
    )
    turn = [groups.index(group) for group in frame[by]] if by else [0] * len(frame)
    at = [places.index(v) + ((i + 0.5) / len(groups) - 0.5) * THICK for v, i in zip(frame[x], turn, strict=True)]
    if {"low", "high"} <= set(frame) and frame["low"].notna().any():
        reach = np.vstack([frame[y] - frame["low"], frame["high"] - frame[y]]).clip(min=0)
        whiskers = axes.errorbar(frame[y], at, xerr=reach, fmt="none", ecolor=INK, elinewidth=1.1, capsize=2.5)
        for part in (*whiskers.lines[1], *whiskers.lines[2]):
            part.set_path_effects([withStroke(linewidth=2.6, foreground="white")])
    for spot, text in zip(at, hidden(frame, y), strict=True):
        axes.annotate(text, (0, spot), xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALL)
    axes.set_yticks(range(len(places)), called)
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set(xlabel=foot(whole, places, x, y, shared), ylabel="")
    axes.grid(axis="y", visible=False)
    if reference is not None:
        axes.axvline(reference, color=INK, linewidth=1, linestyle="--")
    write_ticks(axes.xaxis, unit)
    if all(str(place)[:1].isdigit() for place in places):
        name_rows(axes, begun(label(x)))
    if len(groups) > 1:
        hatched(axes)
        legend(axes)
    return finished(figure, axes, whole, alt_text(_("Bar chart"), y, x, whole), unit)


def lines(
    frame: pd.DataFrame,
    *,
    x: str = "period",
    y: str = "value",
    by: str | None = None,
    unit: str | None = None,
    step: bool = False,
) -> Picture | None:
    """A line per group over `x` (months, dates, numbers), a band from `low` to `high`, a cross for what is withheld.

    None also where two of three places or more are withheld: crosses beside a few points show no course.
    """
    whole = drawable(frame, x, y, by, unit=unit)
    frame = whole.dropna(subset=[y])
    if frame[x].nunique() * 3 <= whole[x].nunique():
        return None
    unit = unit_in(frame, unit)
    figure, axes = blank(2.2 + above(frame, by))
    groups = list(dict.fromkeys(frame[by])) if by else [None]
    at = pd.to_datetime(frame[x]) if x in ("period", "month") else frame[x]
    few = frame[x].nunique() <= 24 and not step
    sns.lineplot(
        x=at,
        y=frame[y].astype(float),
        estimator=None,
        linewidth=2,
        drawstyle="steps-post" if step else "default",
        marker="o" if few else None,
        markersize=4,
        markeredgewidth=0,
        ax=axes,
        **shades(frame, by),
        **dashes(frame, by),
    )
    axes.set_xlabel("")
    if {"low", "high"} <= set(frame) and frame["low"].notna().any():
        shown = frame.assign(at=at).sort_values("at", kind="stable")
        post: Literal["post"] | None = "post" if step else None
        for group, colour in zip(groups, PALETTE * len(groups), strict=False):
            part = shown if group is None else shown[shown[by] == group]
            axes.fill_between(part["at"], part["low"], part["high"], color=colour, alpha=0.28, linewidth=0, step=post)
    if x in ("period", "month") or pd.api.types.is_datetime64_any_dtype(frame[x]):
        axes.xaxis.set_major_locator(
            dates.MonthLocator(interval=-(-_months(whole[x]) // MONTHS))
            if x in ("period", "month")
            else dates.AutoDateLocator(maxticks=MONTHS)
        )
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _p: language.month(dates.num2date(value))))
    else:
        axes.set_xlabel(begun(label(x)))
        write_ticks(axes.xaxis, unit_of(x))
    write_ticks(axes.yaxis, unit)
    axes.set_ylabel(value_label(frame, y))
    if unit in ("share", "count", "money"):
        axes.set_ylim(bottom=min(0, float(frame[y].min())))
    crossed = crosses(axes, whole, x, y)
    if (by and len(groups) > 1) or crossed:
        legend(axes, "" if not by or any(isinstance(group, str) for group in groups) else begun(label(by)))
    return finished(figure, axes, whole, alt_text(_("Line chart"), y, x, frame), unit)


def _months(at: pd.Series[Any]) -> int:
    """Months from the first to the last, whether or not anything is told of those between."""
    days = pd.to_datetime(at)
    return int((days.max().year - days.min().year) * 12 + days.max().month - days.min().month + 1)


def lorenz(frame: pd.DataFrame, *, x: str = "customers", y: str = "revenue") -> Picture | None:
    """Cumulative share of `y` over cumulative share of `x`, both 0 to 1, with the line of equal shares."""
    if frame.empty:
        return None
    frame = guarded(frame, unit="share").drop_duplicates()
    figure, axes = blank(2.6, width=3.5)
    axes.plot([0, 1], [0, 1], color="#9aa7ad", linewidth=1, linestyle="--")
    axes.plot(frame[x], frame[y], color=PALETTE[0], linewidth=2)
    axes.fill_between(frame[x], frame[y], frame[x], color=PALETTE[0], alpha=0.28, linewidth=0)
    for axis, name in ((axes.xaxis, x), (axes.yaxis, y)):
        write_ticks(axis, "share")
        axis.set_label_text(_("Share of {what}").format(what=label(name)))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return finished(figure, axes, frame, alt_text(_("Lorenz curve"), y, x, frame))


def waterfall(frame: pd.DataFrame, *, x: str = "segment", y: str = "value", unit: str | None = None) -> Picture | None:
    """Parts that add up, in the frame's order, and their total at the end; None where all of them are nought. Where one is
    withheld they are bars beside each other, as there is no total.
    """
    frame = drawable(frame, x, y, unit=unit)
    if frame[y].isna().any():
        return bars(frame, x=x, y=y, unit=unit)
    if not frame[y].any():
        return None
    unit = unit_in(frame, unit)
    called = in_lines([*names(frame[x], x, kpi_of(frame)), begun(_("total"))])
    figure, axes = blank(BENEATH + (0.08 + 0.135 * most_lines(called)) * len(called))
    ends = frame[y].cumsum().to_numpy()
    starts = np.concatenate([[0.0], ends[:-1]])
    axes.barh(range(len(frame)), frame[y], left=starts, height=0.62, color=PALETTE[1])
    axes.barh(len(frame), ends[-1], height=0.62, color=PALETTE[0])
    for i, (start, part) in enumerate([*zip(starts, frame[y], strict=True), (0.0, ends[-1])]):
        axes.annotate(
            quantity(part, unit),
            (start + part, i),
            xytext=(4 if part >= 0 else -4, 0),
            textcoords="offset points",
            ha="left" if part >= 0 else "right",
            va="center",
            fontsize=SMALL,
        )
    axes.set_yticks(range(len(called)), called)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.22)
    write_ticks(axes.xaxis, unit)
    return finished(figure, axes, frame, alt_text(_("Waterfall chart"), y, x, frame))


def funnel(frame: pd.DataFrame, *, x: str = "stage", y: str = "customers") -> Picture | None:
    """Stages from the widest to the narrowest, each with its count and its share of the first."""
    frame = drawable(frame, x, y)
    if frame.empty or not frame[y].max() > 0 or pd.isna(frame[y].iloc[0]):
        return None
    texts = hidden(frame, y)
    figure, axes = blank(0.4 + 0.33 * len(frame))
    axes.barh(range(len(frame)), frame[y], left=(frame[y].max() - frame[y]) / 2, height=0.74, color=PALETTE[0])
    for i, count in enumerate(frame[y]):
        text = texts[i] or f"{language.number(count)}  ({language.percent(count / frame[y].iloc[0], 0)})"
        count = 0 if texts[i] else count
        inside = count > 0.35 * frame[y].max()
        place = frame[y].max() / 2 if inside else (frame[y].max() + count) / 2
        axes.annotate(
            text,
            (place, i),
            xytext=(0 if inside else 6, 0),
            textcoords="offset points",
            va="center",
            ha="center" if inside else "left",
            color="white" if inside else INK,
        )
    axes.set_yticks(range(len(frame)), in_lines(names(frame[x], x)))
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.grid(visible=False)
    return finished(figure, axes, frame, alt_text(_("Funnel"), y, x, frame))
