"""A month in three sentences: what moved, whom to act on and what that is worth, what acting has earned (D125, D129).

Each number is a row of `kpis.csv`; what cannot be told is said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from crmlib.run.pages import month_called
from crmlib.show.findings import quantity
from crmlib.show.withholding import counted
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _, listed, ngettext

MOST_MOVED: Final = 3
ACTING, WORTH, WON, EFFECT = "actions_proposed", "list_worth", "incremental_margin", "action_effect"


def in_short(
    kpis: pd.DataFrame, tiles: Sequence[Mapping[str, str]], acting: int | None, before: str | None
) -> list[str]:
    """The three sentences. `tiles` of all headline figures, `acting` the customers to act on (None: no list was made), `before`
    the last month reviewed (YYYY-MM; None: this is the first).
    """
    return [_moved(tiles, before), _to_act_on(kpis, acting), _earned(kpis)]


def _moved(tiles: Sequence[Mapping[str, str]], before: str | None) -> str:
    if before is None:
        return _("This is the first month reviewed; from the next one on, what moved stands here.")
    clear = [tile for tile in tiles if tile["verdict"]]
    month = month_called(before)
    if not clear:
        if any(tile["change"] for tile in tiles):
            return _("None of the headline figures that {month} knew too has moved beyond chance.").format(month=month)
        return _("Nothing of this month can be held against {month}.").format(month=month)
    # What got worse is read first.
    clear.sort(key=lambda tile: tile["verdict"] != "crm-worse")
    told = [
        _("{label} {arrow} {value}").format(label=t["label"], arrow=t["arrow"], value=t["value"])
        for t in clear[:MOST_MOVED]
    ]
    text = _("Clearly moved since {month}: {told}.").format(month=month, told=listed(told))
    if len(clear) == len(told):
        return text
    return _("{said} {more}").format(said=text, more=_("Others moved too; they stand among the figures."))


def _to_act_on(kpis: pd.DataFrame, acting: int | None) -> str:
    if acting is None:
        return _("Whom to act on cannot be told: no list was made of what is on record here.")
    if acting == 0:
        return _("What is on record gives no reason to contact anybody this month.")
    text = ngettext("{n} customer to act on", "{n} customers to act on", acting).format(n=counted(acting))
    reasons = kpis[(kpis["kpi"] == ACTING) & (kpis["segment"] != "") & kpis["value"].notna()]
    worth = _row(kpis, WORTH)
    if len(reasons):
        most = reasons.sort_values(["value", "segment"], ascending=[False, True]).iloc[0]
        text = _("{acting}, most often because of: {reason} ({n})").format(
            acting=text, reason=label(str(most["segment"]), "code"), n=quantity(float(most["value"]), "count")
        )
    if worth is None:
        return _("{acting}; what that is worth cannot be told.").format(acting=text)
    return _("{acting}; worked through, the list is expected to bring {worth}.").format(
        acting=text, worth=quantity(float(worth["value"]), str(worth["unit"]))
    )


def _earned(kpis: pd.DataFrame) -> str:
    won = _row(kpis, WON)
    row = _row(kpis, EFFECT) if won is None else won
    if row is None or pd.isna(row["low"]):
        return _(
            "What acting earns cannot be told yet: that takes a list with customers held out, and the days after it."
        )
    low, high, value = (quantity(float(row[name]), str(row["unit"])) for name in ("low", "high", "value"))
    if float(row["low"]) > 0 and won is not None:
        text = _("The actions so far have brought {value} in margin, beyond chance: between {low} and {high}.")
    elif float(row["low"]) > 0:
        text = _("The actions so far raised the share who ordered by {value}, beyond chance: between {low} and {high}.")
    elif float(row["high"]) < 0:
        text = _("The actions so far have cost more than they brought, beyond chance: between {low} and {high}.")
    else:
        text = _("Whether the actions so far have earned anything cannot be told yet: between {low} and {high}.")
    return text.format(value=value, low=low, high=high)


def _row(kpis: pd.DataFrame, name: str) -> Mapping[Any, Any] | None:
    """The fresh, published figure of the whole company."""
    rows = kpis[(kpis["kpi"] == name) & (kpis["segment"] == "") & (kpis["status"] == "fresh") & kpis["value"].notna()]
    return rows.iloc[-1].to_dict() if len(rows) else None
