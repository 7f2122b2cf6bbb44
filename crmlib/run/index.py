"""The page of all months of all companies, made from what lies in the review folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crmlib.run import tiles
from crmlib.run.collect import read_kpis
from crmlib.run.folders import Place, damage, locked, manifest_of, months, write
from crmlib.run.month import ACTING, SHOWN_MONTHS, headline
from crmlib.run.pages import month_called
from crmlib.run.rendering import render
from crmlib.show import withholding
from crmlib.show.findings import quantity
from crmlib.show.withholding import FEW, counted, said
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _, ngettext

Reviews = Sequence[tuple[Path, dict[str, Any]]]
"""Folders of a company's months with what they say of themselves, newest first."""


def reviews_page(out: Path) -> str:
    """`index.html` over all finished reviews under `out` that are not damaged: of each company its months side by side, newest
    first, all in the language of the latest review.
    """
    companies = []
    for folder in sorted(p for p in out.iterdir() if p.is_dir() and not p.name.startswith(".")):
        reviews = [(r, manifest_of(r)) for r in reversed(months(folder)) if not damage(r)]
        companies += [reviews] if reviews else []
    newest = [reviews[0][1] for reviews in companies]
    spoken = max(((m["month"], m["language"]) for m in newest), default=("", "en"))[1]
    sections = []
    for reviews in companies:
        first = reviews[0][1]
        with language.using(spoken, first["currency"]), withholding.using(first.get("k", 1)):
            sections.append(_company(reviews))
    with language.using(spoken):
        return render("reviews.html.j2", companies=sections)


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


def _company(reviews: Reviews) -> dict[str, Any]:
    """A company's months: the figures that come first for its kind of business, a row each, a column a month."""
    shown = reviews[:SHOWN_MONTHS]
    figures = [headline(read_kpis(review)) for review, _manifest in shown]
    there = pd.concat(figures, ignore_index=True).drop_duplicates("kpi")
    names = [n for n in tiles.in_order(there, reviews[0][1].get("shape", ""))["kpi"] if n != ACTING][: tiles.SHOWN]
    values = [{str(row["kpi"]): _value(row) for row in frame.to_dict("records")} for frame in figures]
    acting = ["–" if m["to_act_on"] is None else counted(m["to_act_on"]) for _review, m in shown]
    rows = [(_("To act on"), acting), *((label(n, "kpi"), [v.get(n, "–") for v in values]) for n in names)]
    return {
        "title": reviews[0][1]["title"],
        "months": [_month(*one) for one in shown],
        "earlier": [_month(*one) for one in reviews[SHOWN_MONTHS:]],
        "rows": [{"called": called, "values": told} for called, told in rows],
    }


def _value(row: Mapping[Any, Any]) -> str:
    return said(FEW) if row["status"] == "withheld" else quantity(float(row["value"]), str(row["unit"]))


def _month(review: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    failed = sum(chapter["status"] == "failed" for chapter in manifest["chapters"])
    stopped = ngettext("{n} chapter stopped", "{n} chapters stopped", failed).format(n=language.number(failed))
    return {
        "href": f"{review.parent.name}/{review.name}/index.html",
        "called": month_called(manifest["month"]),
        "stopped": stopped if failed else "",
    }
