"""What every chart stands on: fonts that know Chinese, one palette, axes written in the reader's units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import noto_cjk_sans_otc
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from crmlib.show.findings import quantity, segment_label
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _

PALETTE = ["#1f6f78", "#d9822b", "#5b6fb5", "#8aa35b", "#b5546a", "#7a6a58"]
"""Teal, amber, blue, olive, rose, umber: told apart by colour-blind readers too."""
INK, PALE = "#26323a", "#e9eef0"
WIDTH = 7.2
DPI = 160


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
            "axes.edgecolor": "#b8c4c9",
            "axes.labelcolor": INK,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "grid.color": PALE,
            "font.size": 10.5,
        },
    )
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return figure, figure.subplots()


def write_ticks(axis: Axis, unit: str) -> None:
    """Have an axis written in a unit of `crmlib.vocabulary.kpis`."""

    def write(value: float, _position: int | None = None) -> str:
        if unit == "money":
            return language.money(value, compact=True)
        if unit == "share":
            return language.percent(value, 0)
        return (
            quantity(value, unit)
            if unit in ("change", "index")
            else language.number(value, 0 if float(value).is_integer() else 1)
        )

    axis.set_major_formatter(FuncFormatter(write))
    axis.set_major_locator(MaxNLocator(6, integer=unit == "count"))


def unit_in(frame: pd.DataFrame, unit: str | None) -> str:
    """The unit given, else the one a findings frame carries, else a count."""
    return unit or (str(frame["unit"].iloc[0]) if "unit" in frame else "count")


def names(values: pd.Series[Any]) -> list[str]:
    """Values of an axis as the reader calls them."""
    return [language.month(v) if isinstance(v, pd.Timestamp) else segment_label(v) for v in values]


def finished(figure: Figure, axes: Axes, frame: pd.DataFrame, alt: str, unit: str = "") -> Picture:
    """The picture of a figure whose axes are drawn; `unit` is that of its numbers, where no column says another."""
    sns.despine(ax=axes, left=True, bottom=True)
    if unit:
        frame = frame.copy(deep=False)
        frame.attrs["unit"] = unit
    return Picture(figure, frame, alt)


def alt_text(kind: str, y: str, x: str, frame: pd.DataFrame) -> str:
    """What a chart of `y` over `x` shows, for those who do not see it."""
    return _("{kind}: {y} by {x}, {n} values; the data stand below the picture.").format(
        kind=kind, y=label(y), x=label(x), n=len(frame)
    )
