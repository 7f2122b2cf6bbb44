"""The front pages: one of a month, one of all months of all companies. Both are made from what lies in the review folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from crmlib.border import accounts
from crmlib.run import first_actions, tiles
from crmlib.run.collect import read_kpis
from crmlib.run.folders import Place, damage, locked, manifest_of, months, write
from crmlib.run.in_short import in_short
from crmlib.run.pages import month_called, render
from crmlib.show import withholding
from crmlib.show.findings import quantity
from crmlib.show.withholding import FEW, counted, least, said
from crmlib.vocabulary import language
from crmlib.vocabulary.kpi import KPI
from crmlib.vocabulary.kpis import BY_CHAPTER, KPIS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _, ngettext
from crmlib.vocabulary.policy import Statistics

STATUS = {"fresh": N_("up to date"), "failed": N_("stopped"), "not_run": N_("not in this run")}
UNITS = {
    "share": N_("share"),
    "money": N_("money"),
    "count": N_("count"),
    "days": N_("days"),
    "hours": N_("hours"),
    "months": N_("months"),
    "ratio": N_("ratio"),
    "points": N_("points"),
    "index": N_("index from 0 to 1"),
    "change": N_("difference of shares"),
}
SHOWN_MONTHS = 12
ACTING = "actions_proposed"
"""Counted in the list itself."""
NAMED = 3
"""Tables that are not here, called by name before the fold is opened."""
HEADLINE_COLUMNS = 5


def month_page(
    manifest: Mapping[str, Any],
    kpis: pd.DataFrame,
    earlier: Sequence[Path],
    rules: Statistics | None = None,
    moves: Mapping[str, str] | None = None,
) -> str:
    """`index.html` of one month, in the language in force; `earlier` are the finished reviews before it, oldest first; `rules`
    are the policy's; `moves` the verdicts of the chapters on what figures did since last month.
    """
    past = [(folder.name, headline(read_kpis(folder))) for folder in earlier[-SHOWN_MONTHS:]]
    as_of, acting = date.fromisoformat(manifest["as_of"]), manifest["to_act_on"]
    rows = tiles.in_order(headline(kpis), manifest.get("shape", ""))
    shown = tiles.tiles(rows[rows["kpi"] != ACTING].reset_index(drop=True), past, rules or Statistics(), moves or {})
    return render(
        "month.html.j2",
        company=manifest["title"],
        month=language.month(as_of),
        lede=_("Everything known up to {day}, computed from the company's own data.").format(day=language.day(as_of)),
        told=withholding.rule(),
        notes=manifest["notes"],
        in_short=in_short(kpis, shown, acting, past[-1][0] if past else None),
        tiles=shown[: tiles.SHOWN],
        more=shown[tiles.SHOWN :],
        acting=None if acting is None else counted(acting),
        nobody=acting == 0,
        groups=_groups(kpis, as_of),
        chapters=[
            {**c, "said": _(STATUS[c["status"]]), "line": _chapter_line(c, kpis, shown)} for c in manifest["chapters"]
        ],
        missing=manifest["missing"],
        lacking=_lacking([label(table["table"], "table") for table in manifest["missing"]]),
        account=_account(manifest["account"]),
        rows={name: _rows(manifest["account"], name) for name in ("read", "kept")},
        unnamed=accounts.unnamed(manifest["unnamed"], least(), counted),
        glossary=_glossary(manifest["chapters"], kpis),
        unit_called=lambda unit: _(UNITS[unit]),
        foot=_("Made with crmlib {version}; every input and output is listed with its hash in manifest.json.").format(
            version=manifest["crmlib"]
        ),
    )


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


def reviews_page(out: Path) -> str:
    """`index.html` over all finished reviews under `out` that are not damaged; each company in its own language, the frame in the
    latest one's.
    """
    companies = []
    latest = ("", "en")
    for folder in sorted(p for p in out.iterdir() if p.is_dir() and not p.name.startswith(".")):
        reviews = [(r, manifest_of(r)) for r in reversed(months(folder)) if not damage(r)]
        if not reviews:
            continue
        newest = reviews[0][1]
        latest = max(latest, (newest["month"], newest["language"]))
        with language.using(newest["language"], newest["currency"]), withholding.using(newest.get("k", 1)):
            companies.append(_company(folder, reviews))
    with language.using(latest[1]):
        return render("reviews.html.j2", companies=companies)


def publish(place: Place) -> None:
    """Give a month's review its name and list it in `index.html` beside the companies, while no other run does so."""
    out = place.company.parent
    with locked(Place(out, "index"), patient=True):
        place.publish()
        write(out / "index.html", reviews_page(out))
    place.clear()


def relisted(place: Place) -> bool:
    """List a whole month whose run was killed between its name and the list; False where there was nothing to mend."""
    out = place.company.parent
    page, href = out / "index.html", f"{place.company.name}/{place.month}/index.html"
    with locked(Place(out, "index"), patient=True):
        if not place.old.exists() and page.exists() and href in page.read_text(encoding="utf-8", errors="replace"):
            return False
        write(page, reviews_page(out))
    place.clear()
    return True


def _company(folder: Path, reviews: Sequence[tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    figures = {review.name: headline(read_kpis(review)) for review, _manifest in reviews}
    present = {str(kpi) for frame in figures.values() for kpi in frame["kpi"]}
    columns = [name for name in KPIS if name in present and name != ACTING][:HEADLINE_COLUMNS]
    rows = []
    for review, manifest in reviews:
        values = {
            str(r["kpi"]): said(FEW) if r["status"] == "withheld" else quantity(float(r["value"]), str(r["unit"]))
            for r in figures[review.name].to_dict("records")
        }
        failed = sum(c["status"] == "failed" for c in manifest["chapters"])
        rows.append(
            {
                "href": f"{folder.name}/{review.name}/index.html",
                "called": month_called(manifest["month"]),
                "status": "failed" if failed else "fresh",
                "said": ngettext("{n} chapter stopped", "{n} chapters stopped", failed).format(n=failed)
                if failed
                else _("whole"),
                "acting": "–" if manifest["to_act_on"] is None else counted(manifest["to_act_on"]),
                "figures": [values.get(c, "–") for c in columns],
            }
        )
    first = reviews[0][1]
    return {
        "title": first["title"],
        "language": first["language"],
        "columns": [label(c, "kpi") for c in columns],
        "months": rows,
    }
