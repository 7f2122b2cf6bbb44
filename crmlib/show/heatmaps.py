"""A matrix in shades, as a table of markup: its digits are as large as the words about it at any width, and it is dark where the
page is. On a narrow screen it is moved under its rows' names, which stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from crmlib.show.canvas import names
from crmlib.show.findings import begun
from crmlib.show.grids import grid
from crmlib.show.strips import Markup
from crmlib.show.withholding import counted, guarded, why
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _

SHORT = 4
"""Letters of a heading that stand level over its column."""


def heatmap(
    frame: pd.DataFrame, *, unit: str = "share", top: float | None = None, n: pd.Series[int] | None = None
) -> Markup | None:
    """A matrix (index down, columns across) in shades from nought to `top`, else to its largest cell but at least to a written
    one; a null cell stays empty, which is not the same as zero.

    `n`, by the same index, is written beside each row and stands in the data as `n`. None of a single cell, or of nulls alone.
    """
    frame, withheld = (frame, {}) if frame.empty else grid(frame, n, unit)
    if frame.size < 2 or frame.isna().all(axis=None):
        return None
    most = top or max(float(frame.max(axis=None)), 1 / _scale(unit))
    rows = [
        f'<tr><th scope="row">{escape(called)}</th>{_count(n, row)}'
        + "".join(_cell(value, most, unit, (row, column) in withheld) for column, value in cells.items())
        + "</tr>"
        for called, (row, cells) in zip(names(frame.index, frame.index.name or "row"), frame.iterrows(), strict=True)
    ]
    alt = _(
        "Heat map of {rows} rows and {columns} columns; empty cells cannot be observed yet or hold nothing."
    ).format(rows=frame.shape[0], columns=frame.shape[1])
    alt = _("{alt} A cross stands for what is withheld.").format(alt=alt) if withheld else alt
    html = (
        f'<div class="crm-scroll" tabindex="0" role="group" aria-label="{escape(alt, quote=True)}"><table class="crm-heat">'
        f"<thead>{_headings(frame, n is not None)}</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    data = twin_of(frame, withheld, n)
    data.attrs |= {"unit": unit, "codes": tuple(frame.columns)}
    return Markup(html, data, alt)


def _headings(frame: pd.DataFrame, counted: bool) -> str:
    """What the columns are, where they have a name, and the columns, upright where they would not fit."""
    across = names(frame.columns, frame.columns.name)
    kind = "" if all(len(text) <= SHORT for text in across) else ' class="crm-upright"'
    corner = escape(begun(label(frame.index.name))) if frame.index.name else ""
    heads = [f"<td>{corner}</td>", *(['<th scope="col">n</th>'] if counted else [])]
    heads += [f'<th scope="col"{kind}><span>{escape(text)}</span></th>' for text in across]
    of = escape(begun(label(frame.columns.name))) if frame.columns.name else ""
    over = f'<tr><td></td>{"<td></td>" if counted else ""}<td colspan="{len(across)}">{of}</td></tr>' if of else ""
    return f"{over}<tr>{''.join(heads)}</tr>"


def _count(n: pd.Series[Any] | None, row: Any) -> str:
    return "" if n is None else f"<td>{escape(counted(int(n[row])))}</td>"


def _cell(value: float, most: float, unit: str, withheld: bool) -> str:
    if withheld:
        return "<td>×</td>"
    if pd.isna(value):
        return "<td></td>"
    written = value * _scale(unit)
    text = f"<{language.number(1)}" if 0 < written < 0.5 else language.number(written)
    return f'<td style="--v:{round(100 * min(1.0, max(0.0, value / most)))}%">{escape(text)}</td>'


def _scale(unit: str) -> int:
    """How many times a value its number is written: shares in percent."""
    return 100 if unit == "share" else 1


def twin_of(frame: pd.DataFrame, withheld: Mapping[tuple[Any, Any], str], n: pd.Series[Any] | None) -> pd.DataFrame:
    """A matrix as the table of its data, with `n` of each row beside it."""
    reasons = [(frame.index.get_loc(row), column, reason) for (row, column), reason in withheld.items()]
    twin = frame.rename_axis(index=frame.index.name or "row").reset_index()
    if n is not None:
        sizes = guarded(pd.DataFrame({"row": [""] * len(frame), "n": [int(n[row]) for row in frame.index]}))
        twin.insert(1, "n", sizes["n"].to_numpy())
        reasons += [(row, "n", reason) for (row, _column), reason in why(sizes).items()]
    twin.attrs |= {"guarded": True, "withheld": tuple(reasons)}
    return twin
