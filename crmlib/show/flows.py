"""A flow chart: who went from which place to which, as bands between two columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from crmlib.show.canvas import INK, PALETTE, SMALL, Picture, blank, finished
from crmlib.show.findings import begun, entry, segment_label
from crmlib.show.withholding import guarded
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import kinds_in, label
from crmlib.vocabulary.language import N_, _

BAR, GAP, LEAST = 0.045, 0.035, 0.115
"""Width of a bar; gap between two; height that a bar's words need, as a share of the whole."""
WRITTEN = 0.03
"""Share of the whole from which a band carries its number."""
WAYS = {"up": (N_("up"), PALETTE[0]), "down": (N_("down"), PALETTE[1]), "new": (N_("new"), PALETTE[2])}


def flow(frame: pd.DataFrame, *, x: str = "from_tier", to: str = "to_tier", y: str = "customers") -> Picture | None:
    """Bands from the places of column `x` (left) to those of `to` (right), as wide as `y`; places stand in the frame's order,
    the best first.

    Only who changed place is drawn, as those who stay would crowd them out; how many stay is written beside each place.
    A place that is on the left only holds newcomers; what is withheld is not drawn. None where nobody moved.
    """
    whole = guarded(frame, axes=[x, to])
    frame = whole.dropna(subset=[y])
    left, right = list(dict.fromkeys(frame[x])), list(dict.fromkeys(frame[to]))
    moved = frame[(frame[x] != frame[to]) & (frame[y] > 0)]
    if moved.empty:
        return None
    figure, axes = blank(4.2)
    total = float(moved[y].sum())
    tops = {
        x: _tops(moved.groupby(x)[y].sum().reindex(left, fill_value=0) / total),
        to: _tops(moved.groupby(to)[y].sum().reindex(right, fill_value=0) / total),
    }
    shares = moved.assign(share=moved[y] / total, at=moved[to].map(right.index))
    used = {side: dict(tops[side]) for side in tops}
    ways = []
    for row in shares.to_dict("records"):
        way = "new" if row[x] not in right else "up" if right.index(row[x]) > row["at"] else "down"
        ways.append(way)
        start, end = used[x][row[x]], used[to][row[to]]
        _band(axes, start, end, row["share"], WAYS[way][1])
        if row["share"] >= WRITTEN:
            axes.text(
                BAR + 0.02, start - row["share"] / 2, language.number(row[y]), va="center", fontsize=SMALL, color=INK
            )
        used[x][row[x]], used[to][row[to]] = start - row["share"], end - row["share"]
    stay = frame[frame[x] == frame[to]].set_index(x)[y]
    for side, column, place in ((0.0, x, "right"), (1.0 - BAR, to, "left")):
        for name, top in tops[column].items():
            height = float(moved.loc[moved[column] == name, y].sum()) / total
            axes.bar(side, height, bottom=top - height, width=BAR, align="edge", color=INK)
            said = _said(int(height * total + 0.5), stay.get(name), leaves=column == x)
            at = -0.025 if place == "right" else 1.025
            axes.text(
                at,
                top - max(height, 0.02) / 2,
                f"{entry(name, *kinds_in(column))}\n{said}",
                va="center",
                ha=place,
                fontsize=SMALL,
            )
    low = min(used[x].values()) if used[x] else 0.0
    axes.set(xlim=(-0.6, 1.42), ylim=(min(low, min(used[to].values())) - 0.04, 1.06), xticks=[], yticks=[])
    axes.text(0, 1.04, begun(label(x)), ha="right", fontsize=SMALL)
    axes.text(1, 1.04, begun(label(to)), ha="left", fontsize=SMALL)
    axes.grid(visible=False)
    axes.legend(
        handles=[Patch(color=WAYS[w][1], label=begun(_(WAYS[w][0]))) for w in WAYS if w in ways],
        frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3,
    )  # fmt: skip
    return finished(figure, axes, whole, _alt(frame, moved, x, to, y))


def _tops(shares: pd.Series[float]) -> dict[str, float]:
    """Where each bar of a column begins, from the top down, with room for its words."""
    tops, at = {}, 1.0
    for name, share in shares.items():
        tops[str(name)] = at - max(0.0, LEAST - share) / 2
        at -= max(share, LEAST) + GAP
    return tops


def _band(axes: Axes, start: float, end: float, width: float, colour: str) -> None:
    at = np.linspace(0, 1, 60)
    middle = start + (end - start) * (3 * at**2 - 2 * at**3)
    axes.fill_between(BAR + at * (1 - 2 * BAR), middle - width, middle, color=colour, edgecolor="white", linewidth=0.6)


def _said(moving: int, stay: float | None, *, leaves: bool) -> str:
    if stay is None:
        return _("{n} came").format(n=language.number(moving))
    if leaves:
        return _("{stay} stay, {n} leave").format(stay=language.number(stay), n=language.number(moving))
    return _("{n} arrive").format(n=language.number(moving))


def _alt(frame: pd.DataFrame, moved: pd.DataFrame, x: str, to: str, y: str) -> str:
    widest = moved.sort_values(y, kind="stable").iloc[-1]
    return _(
        "Flow chart: {moved} of {n} changed place; the widest flow, {most}, goes from {source} to {target}."
    ).format(
        moved=language.number(moved[y].sum()),
        n=language.number(frame[y].sum()),
        most=language.number(widest[y]),
        source=segment_label(widest[x]),
        target=segment_label(widest[to]),
    )
