"""What a chapter has to say: sentences built from findings, and the rows themselves beside what the reader sees.

A result is displayed as HTML; the same display carries `FINDINGS_MIME` (a list of rows with the columns of
`crmlib.facts.findings.FINDING`) or `ACTIONS_MIME` (a list of proposed actions). The review reads them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isfinite, isnan, nan
from typing import Any

import pandas as pd

from crmlib.facts.findings import FINDING
from crmlib.models.estimates import apart
from crmlib.show.withholding import FEW, guarded, least
from crmlib.vocabulary import language
from crmlib.vocabulary.kpi import Kind
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import SPLIT, called, kinds_in, own_words
from crmlib.vocabulary.language import _
from crmlib.vocabulary.policy import Statistics

FINDINGS_MIME = "application/vnd.crmlib.findings+json"
ACTIONS_MIME = "application/vnd.crmlib.actions+json"
BOARD_MIME = "application/vnd.crmlib.board+json"
"""Carries the win-back board, for the person who runs the review."""
IMPROVEMENTS_MIME = "application/vnd.crmlib.improvements+json"
"""Carries the list of improvements, for the person who runs the review."""
MOVES_MIME = "application/vnd.crmlib.moves+json"
"""Carries what each figure did since last month, for the front page to say the same."""
WHOLE_MIME = "application/vnd.crmlib.whole+json"
"""Carries findings as they were counted, for the person who runs the review: nothing is withheld or rounded."""

MANY_HOURS = 240
"""Hours from which they are written in days."""


def quantity(value: float, unit: str) -> str:
    """A figure in its unit, as the reader writes it; an en dash where there is none."""
    if value is None or not isfinite(value):
        return "–"
    if unit == "share":
        return language.percent(value, _digits(value))
    if unit == "change":
        return ("+" if value > 0 else "") + _("{n} points").format(n=language.number(value * 100, 1))
    if unit == "money":
        return language.money(value)
    if unit == "hours" and abs(value) >= MANY_HOURS:
        value, unit = value / 24, "days"
    if unit in ("count", "days", "hours", "months"):
        digits = 0 if unit == "count" or abs(value) >= 100 else 1
        text = language.number(value, digits if value != int(value) else 0)
        units = {"days": _("{n} days"), "hours": _("{n} hours"), "months": _("{n} months")}
        return units[unit].format(n=text) if unit in units else text
    return language.number(value, 3 if unit == "index" else 2)


def _digits(share: float) -> int:
    """One decimal, up to three where a share would else be written as nought or all, and is neither."""
    exact = Decimal(str(share))  # rounds as what is written does, half to even
    return next((d for d in (1, 2) if round(exact, d + 2) not in (0, 1)), 3) if share not in (0, 1) else 1


def tells(row: Mapping[str, Any], limits: Statistics) -> bool:
    """Whether a finding carries a conclusion: a value, n (of customers where rows are theirs) of at least `min_n`, and a share's
    interval not too wide.

    A count is counted, not estimated: it needs no n.
    """
    value, low, high = (float(row[c]) for c in ("value", "low", "high"))
    if isnan(value):
        return False
    if isnan(low) and isnan(high) and row["unit"] in ("count", "money"):
        return True
    wide = row["unit"] in ("share", "change") and (high - low) / 2 > limits.max_half_width * max(1.0, value)
    return independent(row) >= limits.min_n and not wide


def independent(row: Mapping[str, Any]) -> int:
    """What a finding rests on that is independent of each other: customers where its n are rows of theirs, else n."""
    return int(row["n"]) if isnan(customers := float(row.get("customers", nan))) else int(customers)


def sentence(row: Mapping[str, Any], limits: Statistics) -> str:
    """The one sentence to say of a finding, or that it is not enough to tell and why.

    Raises `KeyError` for a KPI that is not registered.
    """
    kpi = KPIS[str(row["kpi"])]
    if row.get("withheld") or isnan(float(row["n"])):
        return withheld(_(kpi.label), str(row.get("withheld") or FEW))
    written = {c: quantity(float(row[c]), kpi.unit) for c in ("value", "low", "high")}
    n, told = language.number(int(row["n"])), tells(row, limits)
    if independent(row) != int(row["n"]) and ("n = {n}" in _(kpi.sentence) or not told):
        n = _("{n} from {customers} customers").format(n=n, customers=language.number(independent(row)))
    if not told:
        if isnan(float(row["value"])) or isnan(float(row["low"])) or int(row["n"]) == 0:
            return _("{label}: not enough to tell (n = {n}).").format(label=_(kpi.label), n=n)
        return _("{label}: not enough to tell (n = {n}; anything from {low} to {high} fits).").format(
            label=_(kpi.label), n=n, low=written["low"], high=written["high"]
        )
    rate = quantity(limits.false_discovery_rate, "share")
    if kpi.below and float(row["value"]) < 0:
        written["value"] = quantity(-float(row["value"]), kpi.unit)
        return _(kpi.below).format(**written, n=n)
    return _(kpi.sentence).format(**written, n=n, rate=rate)


def withheld(what: str, why: str) -> str:
    """That a figure is not published, and why (`crmlib.show.withholding`)."""
    if why == FEW:
        return _("{what}: fewer than {k} customers; not published.").format(what=what, k=language.number(least()))
    return _("{what}: not published, as another figure of fewer than {k} customers would follow from it.").format(
        what=what, k=language.number(least())
    )


def _spread_on(row: Mapping[str, Any]) -> float:
    """On how many the spread of a figure rests: of customers with a few or many rows each about half, as the many weigh more."""
    return independent(row) / (1 if isnan(float(row.get("customers", nan))) else 2)


def contrast(rows: pd.DataFrame, limits: Statistics) -> str:
    """One sentence on the segments of one KPI: the highest against the lowest, and whether the data tell them apart beyond what
    chance makes of the extremes of so many (`models.estimates.apart`).
    """
    told = rows[[tells(r, limits) for r in rows.to_dict("records")]] if len(rows) else rows
    kpi = _(KPIS[str(rows["kpi"].iloc[0])].label) if len(rows) else ""
    if len(told) < 2:
        return _("{kpi}: not enough to tell the groups apart.").format(kpi=kpi)
    ordered = told.sort_values(["value", "segment"])
    least, most = ordered.iloc[0], ordered.iloc[-1]
    unit = str(most["unit"])
    if quantity(least["value"], unit) == quantity(most["value"], unit):
        return _("{kpi}: not enough to tell the groups apart.").format(kpi=kpi)
    if told[["low", "high"]].isna().all(axis=None):
        template = _("{kpi}: highest for {top} ({top_value}), lowest for {bottom} ({bottom_value}).")
    elif apart(
        *(tuple(row[["value", "low", "high"]].astype(float)) for row in (most, least)),
        groups=len(told),
        n=min(_spread_on(row) for row in told.to_dict("records")),
        confidence=limits.confidence,
    ):
        template = _(
            "{kpi}: highest for {top} ({top_value}), lowest for {bottom} ({bottom_value}); "
            "more than chance makes of {groups} groups."
        )
    else:
        template = _(
            "{kpi}: highest for {top} ({top_value}), lowest for {bottom} ({bottom_value}); "
            "chance alone sets {groups} groups as far apart: not enough to tell."
        )
    text = template.format(
        kpi=kpi,
        groups=language.number(len(told)),
        top=segment_label(most["segment"], most["kpi"], rows["segment"]),
        top_value=quantity(most["value"], unit),
        bottom=segment_label(least["segment"], least["kpi"], rows["segment"]),
        bottom_value=quantity(least["value"], unit),
    )
    small = rows["value"].notna().sum() > len(told)
    return _("{sentence} Groups too small to tell are left out.").format(sentence=text) if small else text


def segment_label(segment: object, kpi: object = "", among: Iterable[object] = ()) -> str:
    """A segment of a KPI as the reader calls it `among` its others, part by part; the whole company where it is empty."""
    if segment in ("", None):
        return _("all")
    kinds = kinds_in("segment", kpi)
    return SPLIT.join(text for text, _known in called(segment, own_words([segment, *among], *kinds), *kinds))


def segments(rows: pd.DataFrame) -> dict[str, list[str]]:
    """The segments of each KPI in rows of findings, the whole left out."""
    parted = rows[rows["segment"].notna() & (rows["segment"] != "")]
    return {str(kpi): list(parted.loc[parted["kpi"] == kpi, "segment"]) for kpi in rows["kpi"].unique()}


def entry(name: object, *kinds: Kind, own: Mapping[str, tuple[Kind, ...]] | None = None) -> str:
    """A name of one of these `kinds`, a code where none is given, that stands by itself in a cell or at an axis: its parts begin
    large, but a company's own words. `own` is what `own_words` says of those it stands among, itself alone without.
    """
    if name in ("", None):
        return begun(_("all"))
    kinds = kinds or ("code",)
    parts = called(name, own_words([name], *kinds) if own is None else own, *kinds)
    return SPLIT.join(begun(text) if known or " " in text else text for text, known in parts)


def entries(names: Iterable[object], *kinds: Kind) -> list[str]:
    """Each of the names of a column or an axis as it is called among the others."""
    names = list(names)
    own = own_words(names, *kinds)
    return [entry(name, *kinds, own=own) for name in names]


def begun(text: str) -> str:
    """A heading, an axis title or an entry: its first letter large; a single letter is a symbol and stays."""
    return text[:1].upper() + text[1:] if len(text) > 1 else text


def carried(frame: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The rows of a findings frame as a bundle carries them: as they are published, and beside these as they were counted."""
    safe = guarded(frame)
    published = payload(safe[[name for name in (*FINDING, "withheld") if name in safe]])
    return {FINDINGS_MIME: published, **({WHOLE_MIME: payload(frame[FINDING])} if safe is not frame else {})}


def payload(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame as JSON rows (NaN and missing as null, dates as ISO text), for one of the two MIME types."""
    rows: list[dict[str, Any]] = json.loads(
        frame.to_json(orient="records", date_format="iso", date_unit="s", double_precision=15)
    )
    return rows


def read_payload(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The findings frame of a `FINDINGS_MIME` payload."""
    marks = ["withheld"] if any("withheld" in row for row in rows) else []
    frame = pd.DataFrame(rows, columns=[*FINDING, *marks])
    return frame.astype({"value": float, "low": float, "high": float, "customers": float})
