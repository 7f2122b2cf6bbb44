"""What every chart stands on: fonts that know Chinese, one palette, axes written in the reader's units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, log10
from pathlib import Path
from textwrap import fill
from typing import Any

import noto_cjk_sans_otc
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from crmlib.show.axis_names import LINE, fit, inches
from crmlib.show.findings import begun, entries, entry
from crmlib.show.withholding import guarded, said, why
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import SPLIT, kinds_in, label, own_words
from crmlib.vocabulary.language import _, ngettext

PALETTE = ["#225968", "#cd8429", "#7493df", "#06040a"]
"""Teal, amber, blue, black: told apart by colour-blind readers too, by daylight and in the dark. A fifth group repeats the first
colour in another form.
"""
HATCHES = ["", "///", "...", "xxx", "\\\\\\", "+++", "ooo", "---"]
DASHES: list[Any] = ["", (4, 1.5), (1, 1), (6, 1.5, 1, 1.5), (2, 2), (8, 2), (3, 1, 1, 1, 1, 1), (1, 2.5)]
"""Forms of bars and lines by group, so that colour is never all that tells two of them apart."""
INK, PALE = "#26323a", "#e9eef0"
WIDTH = 4.5
"""Inches of half a page, where a picture stands as large as it is drawn; a telephone shows it at three quarters."""
TEXT, SMALL = 9.5, 8.5
"""Points of the words of a picture, and of those beside its marks."""
DPI = 160
BESIDE, BESIDE_MANY = 1.45, 2.1
"""Inches that words beside an axis may take before they go on in a second line; where they are many, one line each is shorter."""
BENEATH = 0.55
"""Inches that the ticks and the words under bars take."""
MANY = 12
"""Places from which on those without a bar would only hide the others."""
CROSSES = 30
"""Marks of what is withheld that an axis has room for."""


@dataclass(frozen=True)
class Picture:
    """A figure, the data it draws, and what it shows in words for those who do not see it."""

    figure: Figure
    data: pd.DataFrame
    alt: str


@cache
def fonts() -> list[str]:
    """Latin font first, then the Chinese face of the font package, which matplotlib falls back to glyph by glyph."""
    file = next(Path(noto_cjk_sans_otc.__file__).parent.glob("*.tt[cf]"))
    font_manager.fontManager.addfont(str(file))
    return ["DejaVu Sans", "Noto Sans CJK SC"]


def blank(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """An empty figure (inches) in the house style, and its axes."""
    sns.set_theme(
        style="whitegrid",
        palette=PALETTE,
        rc={
            "font.family": fonts(),
            "axes.unicode_minus": False,
            "text.parse_math": False,
            "axes.edgecolor": "#b8c4c9",
            "axes.labelcolor": INK,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "grid.color": PALE,
            "font.size": TEXT,
            "axes.labelsize": TEXT,
            "xtick.labelsize": TEXT,
            "ytick.labelsize": TEXT,
            "legend.fontsize": TEXT,
            "hatch.color": "white",
            "hatch.linewidth": 0.7,
        },
    )
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return figure, figure.subplots()


def write_ticks(axis: Axis, unit: str) -> None:
    """Have an axis written in a unit of `crmlib.vocabulary.kpis`."""

    def write(value: float, _position: int | None = None) -> str:
        if unit == "money":
            return language.money(value, compact=True)
        scale = 100 if unit in ("share", "change") else 1
        digits = _decimals(axis.get_majorticklocs() * scale)
        if unit == "share":
            return language.percent(value, digits)
        if unit == "change":
            sign = "+" if round(value, 9) > 0 else ""
            return sign + _("{n} points").format(n=language.number(value * 100, digits))
        return language.number(value, digits)

    axis.set_major_formatter(FuncFormatter(write))
    whole = unit == "count"  # of a range below one the nought alone is named, not parts of a thing
    axis.set_major_locator(
        MaxNLocator(
            4 if isinstance(axis, XAxis) else 6, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1 if whole else 2
        )
    )


def _decimals(ticks: Any) -> int:
    """Decimals that tell the ticks of an axis apart, none of them rounded."""
    step = float(min(abs(ticks[1:] - ticks[:-1]), default=1.0)) or 1.0
    return max(0, ceil(-log10(step) - 1e-6))


def unit_in(frame: pd.DataFrame, unit: str | None) -> str:
    """The unit given, else the one a findings frame carries, else a count."""
    return unit or (str(frame["unit"].iloc[0]) if "unit" in frame else "count")


def names(values: Iterable[Any], column: object, kpi: object = "") -> list[str]:
    """Values of an axis as the reader calls them; they are those of a column, or the segments of a KPI."""
    kinds, values = kinds_in(column, kpi), list(values)
    own = own_words(values, *kinds)
    return [language.month(v) if isinstance(v, pd.Timestamp) else entry(v, *kinds, own=own) for v in values]


def drawable(frame: pd.DataFrame, x: str, y: str, by: str | None = None, *, unit: str | None = None) -> pd.DataFrame:
    """A frame as it may be published, without the rows that have no `y`, but with those whose `y` is withheld."""
    frame = guarded(frame, axes=[x, *([by] if by else [])], unit=unit or "")
    withheld = pd.Series(hidden(frame, y), index=frame.index, dtype="str").ne("")
    return frame[withheld | frame[y].notna()]


def name_rows(axes: Axes, name: str) -> None:
    """Say what the numbers beside the bars are: along the axis, or above it where it is too short for the words."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    if inches(name) <= figure.get_figheight() - BENEATH:
        axes.set_ylabel(name)
    else:
        axes.set_title(name, loc="left", fontsize=TEXT)
        figure.set_figheight(figure.get_figheight() + LINE)


def hidden(frame: pd.DataFrame, y: str) -> list[str]:
    """What stands in place of each row's `y`; the empty string where it is told."""
    withheld = why(frame)
    return [said(withheld[at, y]) if (at, y) in withheld else "" for at in frame.index]


def readable(frame: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """A frame to draw; where it has many places, without those that are withheld, which would only hide the others."""
    return frame[frame.groupby(x, observed=True)[y].transform("count") > 0] if frame[x].nunique() > MANY else frame


def foot(frame: pd.DataFrame, drawn: Sequence[Any], x: str, y: str, shared: str = "") -> str:
    """What stands under the axis of values: what they are, what all places share, and how many of the frame are not drawn."""
    left = frame[x].nunique() - len(drawn)
    said = ngettext("{n} more is withheld and not drawn", "{n} more are withheld and not drawn", left).format(n=left)
    values = begun(SPLIT.join(filter(None, [value_label(frame, y) if x != "kpi" else "", shared])))
    return "\n".join(filter(None, [values, said if left else ""]))


def crosses(axes: Axes, frame: pd.DataFrame, x: str, y: str) -> bool:
    """A cross at the foot of the axes for each `x` whose `y` is withheld, or where these are many for some of them, as crosses
    that touch are a bar; whether there is one.
    """
    at = frame.loc[[bool(text) for text in hidden(frame, y)], x].drop_duplicates()
    if not len(at):
        return False
    at = at.iloc[:: -(-frame[x].nunique() // CROSSES)]
    at = pd.to_datetime(at) if x in ("period", "month") else at
    axes.plot(
        at, [0.02] * len(at), "x", color=INK, markersize=5, transform=axes.get_xaxis_transform(), label=begun(said(""))
    )
    return True


def shades(frame: pd.DataFrame, by: str | None) -> dict[str, Any]:
    """How seaborn tells the groups of column `by` apart: named as the reader calls them, in the order of the frame."""
    if by is None:
        return {"color": PALETTE[0], "legend": False}
    groups = list(dict.fromkeys(frame[by]))
    colours = [PALETTE[i % len(PALETTE)] for i in range(len(groups))]
    called = entries(frame[by], *kinds_in(by))
    return {"hue": called, "palette": colours, "legend": "full" if len(groups) > 1 else False}


def dashes(frame: pd.DataFrame, by: str | None) -> dict[str, Any]:
    """How seaborn tells the lines of the groups of column `by` apart beside their colours."""
    if by is None:
        return {}
    called = entries(frame[by], *kinds_in(by))
    return {"style": called, "dashes": dict(zip(dict.fromkeys(called), DASHES * len(called), strict=False))}


def hatched(axes: Axes) -> None:
    """Give the bars of each group but the first a form of their own, in the axes and in the legend to come."""
    drawn = [bars for bars in axes.containers if isinstance(bars, BarContainer)]
    for marks in (drawn, [[handle] for handle in axes.get_legend_handles_labels()[0]]):
        for group, hatch in zip(marks, HATCHES * len(marks), strict=False):
            for bar in group:
                bar.set_hatch(hatch)


def kpi_of(frame: pd.DataFrame) -> str:
    """The KPI of a findings frame, the first of several; empty of any other frame."""
    return str(frame["kpi"].iloc[0]) if "kpi" in frame else ""


def told_apart(texts: Sequence[str]) -> tuple[list[str], str]:
    """Texts without the last part that all of them share, and that part, to be said once; nothing where they share none."""
    ends = {text.rpartition(SPLIT)[2] for text in texts if SPLIT in text}
    if len(texts) < 2 or len(ends) != 1 or not all(SPLIT in text for text in texts):
        return [*texts], ""
    return [text.rpartition(SPLIT)[0] for text in texts], ends.pop()


def in_lines(texts: Sequence[str]) -> list[str]:
    """Texts beside an axis, on as many lines as each needs in the room that they have."""
    room = BESIDE_MANY if len(texts) > MANY else BESIDE
    return [text if inches(text) <= room else fill(text, _letters(text, room)) for text in texts]


def _letters(text: str, room: float) -> int:
    return max(4, int(room / inches(text) * len(text)))


def most_lines(texts: Sequence[str]) -> int:
    """Lines of the text that has most of them."""
    return max((text.count("\n") + 1 for text in texts), default=1)


def _columns(texts: Sequence[str], width: float) -> int:
    """Columns of a legend that `width` inches hold."""
    each = [inches(text) + 0.7 for text in texts]
    room = width - 0.4
    return len(texts) if sum(each) < room else max(1, int(room / max(each)))


def above(frame: pd.DataFrame, by: str | None) -> float:
    """Inches that the legend of the groups of column `by` takes above the axes."""
    called = entries(dict.fromkeys(frame[by]), *kinds_in(by)) if by else []
    return LINE * -(-len(called) // _columns(called, WIDTH)) if len(called) > 1 else 0.0


def legend(axes: Axes, title: str = "") -> None:
    """The legend above the axes, in as many columns as the figure's width holds."""
    handles, texts = axes.get_legend_handles_labels()
    columns = _columns(texts, axes.figure.bbox.width / DPI)
    axes.legend(
        handles, texts, title=title or None, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns
    )


def finished(
    figure: Figure, axes: Axes, frame: pd.DataFrame, alt: str, unit: str = "", codes: Sequence[Any] = ()
) -> Picture:
    """The picture of a figure whose axes are drawn; `unit` is that of its numbers, where no column says another, and `codes`
    are the columns of its data that are headed by a code.
    """
    sns.despine(ax=axes, left=True, bottom=True)
    fit(figure, axes)
    frame = frame.copy(deep=False)
    frame.attrs |= {"unit": unit or "ratio", "codes": tuple(codes)}
    return Picture(figure, frame, alt)


def alt_text(kind: str, y: str, x: str, frame: pd.DataFrame) -> str:
    """What a chart of `y` over `x` shows, for those who do not see it."""
    return _("{kind}: {y} by {x}, {n} values; the data stand below the picture.").format(
        kind=kind, y=label(y), x=label(x), n=len(frame)
    )


def value_label(frame: pd.DataFrame, y: str) -> str:
    """The title of the axis of values: the one KPI drawn, else the column; none where a legend has to say it."""
    kpis = list(dict.fromkeys(frame["kpi"])) if "kpi" in frame else []
    if y in ("value", "count"):
        return label(kpis[0], "kpi") if len(kpis) == 1 else ""
    return begun(label(y))
