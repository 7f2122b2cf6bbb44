"""A month on one page (D125, D129): what its front page and its memo say, made from its figures and its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from crmlib.border import accounts
from crmlib.run import first_actions, memo, tiles
from crmlib.run.collect import read_kpis
from crmlib.run.in_short import in_short
from crmlib.run.rendering import render
from crmlib.show import withholding
from crmlib.show.withholding import counted, least
from crmlib.vocabulary import language
from crmlib.vocabulary.kpi import KPI, UNITS
from crmlib.vocabulary.kpis import BY_CHAPTER, KPIS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _, ngettext
from crmlib.vocabulary.policy import Statistics

STATUS = {"fresh": N_("up to date"), "failed": N_("stopped"), "not_run": N_("not in this run")}
SHOWN_MONTHS = 12
ACTING = "actions_proposed"
"""Counted in the list itself."""
BY_PART = ("dimension_index",)
"""Figures that have no whole, and are told by their parts."""
NAMED = 3
"""Tables that are not here, called by name before the fold is opened."""


def files(
    manifest: Mapping[str, Any],
    kpis: pd.DataFrame,
    earlier: Sequence[Path],
    rules: Statistics | None = None,
    moves: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The front page of one month and its memo by file name, in the language in force; `earlier` are the finished reviews before
    it, oldest first; `rules` are the policy's; `moves` the verdicts of the chapters on what figures did since last month.
    """
    shown = contents(manifest, kpis, earlier, rules or Statistics(), moves or {})
    return {"index.html": render("month.html.j2", **shown), **memo.files(shown)}


def contents(
    manifest: Mapping[str, Any],
    kpis: pd.DataFrame,
    earlier: Sequence[Path],
    rules: Statistics,
    moves: Mapping[str, str],
) -> dict[str, Any]:
    """What is said of a month, in words: sentences, tiles, groups of the list, chapters, and what stands of the data."""
    past = [(folder.name, to_tell(read_kpis(folder))) for folder in earlier[-SHOWN_MONTHS:]]
    as_of, acting = date.fromisoformat(manifest["as_of"]), manifest["to_act_on"]
    rows = tiles.in_order(to_tell(kpis), manifest.get("shape", ""))
    shown = tiles.tiles(rows[rows["kpi"] != ACTING].reset_index(drop=True), past, rules, moves)
    return {
        "company": manifest["title"],
        "month": language.month(as_of),
        "lede": _("Everything known up to {day}, computed from the company's own data.").format(
            day=language.day(as_of)
        ),
        "told": withholding.rule(),
        "notes": manifest["notes"],
        "in_short": in_short(kpis, shown, acting, past[-1][0] if past else None),
        "tiles": shown[: tiles.SHOWN],
        "more": shown[tiles.SHOWN :],
        "acting": None if acting is None else counted(acting),
        "nobody": acting == 0,
        "groups": _groups(kpis, as_of),
        "chapters": [
            {**c, "said": _(STATUS[c["status"]]), "line": _chapter_line(c, kpis, shown)} for c in manifest["chapters"]
        ],
        "missing": manifest["missing"],
        "lacking": _lacking([label(table["table"], "table") for table in manifest["missing"]]),
        "account": _account(manifest["account"]),
        "rows": {name: _rows(manifest["account"], name) for name in ("read", "kept")},
        "unnamed": accounts.unnamed(manifest["unnamed"], least(), counted),
        "glossary": _glossary(manifest["chapters"], kpis),
        "unit_called": lambda unit: _(UNITS[unit]),
        "foot": _(
            "Made with crmlib {version}; every input and output is listed with its hash in manifest.json."
        ).format(version=manifest["crmlib"]),
    }


def _groups(kpis: pd.DataFrame, as_of: date) -> dict[str, Any]:
    rows = first_actions.groups(kpis, as_of)
    return {"rows": rows, "worth": any(row["worth"] for row in rows)} if rows else {}


def _lacking(tables: Sequence[str]) -> str:
    """What the data lack, in a line: some tables by name, the rest counted."""
    more = len(tables) - NAMED
    named = [*tables[:NAMED], ngettext("{n} more", "{n} more", more).format(n=language.number(more))]
    return _("Not here: {tables}").format(tables=language.listed(named if more > 1 else tables))


def _account(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Where every row went, as it may be published: file names without their folders, numbers in words."""
    numbers = ("read", "kept", "filtered", "repeated", "rejected", "unmatched")
    return [
        {"table": str(row["table"]), "file": Path(str(row["file"])).name}
        | {name: "" if row.get(name) is None else counted(row[name]) for name in numbers}
        for row in rows
    ]


def _rows(account: Sequence[Mapping[str, Any]], name: str) -> str:
    """All rows read, or kept, of files that are not joined to others."""
    return counted(sum(int(row[name]) for row in account if row.get("unmatched") is None))


def _glossary(chapters: Sequence[Mapping[str, Any]], kpis: pd.DataFrame) -> list[tuple[str, list[KPI]]]:
    """The KPIs that the review has a figure of, by the chapter that states them."""
    stated = set(kpis.loc[kpis["value"].notna(), "kpi"])
    parts = [(c["title"], [kpi for kpi in BY_CHAPTER.get(c["name"], ()) if kpi.name in stated]) for c in chapters]
    return [(title, told) for title, told in parts if told]


def headline(kpis: pd.DataFrame) -> pd.DataFrame:
    """The front page's figures of the whole company, one row each, of the latest period, in the order of the vocabulary."""
    there = {True, *kpis["kpi"]}
    order = {name: i for i, (name, kpi) in enumerate(KPIS.items()) if kpi.headline in there}
    told = kpis["value"].notna() | (kpis["status"] == "withheld")
    rows = kpis[kpis["kpi"].isin(order) & (kpis["segment"] == "") & told]
    rows = rows.sort_values("period", kind="stable").drop_duplicates("kpi", keep="last")
    return rows.sort_values("kpi", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def to_tell(kpis: pd.DataFrame) -> pd.DataFrame:
    """The front page's figures: those of `headline`, and where they are fewer than it has room for, those of `BY_PART` part by
    part: a company that only asks its customers is told by what it asks.
    """
    rows = headline(kpis)
    if (rows["status"] != "withheld").sum() >= tiles.SHOWN:
        return rows
    parts = kpis[kpis["kpi"].isin(BY_PART) & (kpis["segment"] != "") & kpis["value"].notna()]
    parts = parts.sort_values("period", kind="stable").drop_duplicates(["kpi", "segment"], keep="last")
    return pd.concat([rows, parts.sort_values(["kpi", "segment"])], ignore_index=True) if len(parts) else rows


def _chapter_line(chapter: Mapping[str, Any], kpis: pd.DataFrame, shown: Sequence[Mapping[str, str]]) -> str:
    """The chapter's own sentence: its first headline figure, in the order of the tiles."""
    if chapter["status"] == "failed":
        return _("It stopped before its end; its page says where and what to do.")
    own = {kpi.name for kpi in BY_CHAPTER.get(chapter["name"], ())}
    first = next((tile for tile in shown if tile["kpi"] in own), None)
    if first is not None:
        text = _("{label}: {value}, {range}.") if first["range"] else _("{label}: {value}.")
        return text.format(**first)
    n = int((kpis["chapter"] == chapter["name"]).sum())
    if not n and chapter["status"] == "fresh":
        return _("no figure: what it measures is not on record here, or for other kinds of business")
    return ngettext("{n} figure", "{n} figures", n).format(n=language.number(n)) if n else ""
