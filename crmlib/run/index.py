"""The page of all months of all companies, made from what lies in the review folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crmlib.run.collect import read_kpis
from crmlib.run.folders import Place, damage, locked, manifest_of, months, write
from crmlib.run.month import ACTING, headline
from crmlib.run.pages import month_called, render
from crmlib.show import withholding
from crmlib.show.findings import quantity
from crmlib.show.withholding import FEW, counted, said
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _, ngettext

HEADLINE_COLUMNS = 5


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
