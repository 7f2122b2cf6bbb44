"""Workbooks for people: the figures of a month, and the same bytes for the same rows."""

from __future__ import annotations

import io
import re
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from crmlib.show.findings import segment_label, segments
from crmlib.vocabulary.cells import safe
from crmlib.vocabulary.kpi import UNITS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _

COLUMNS = {
    **{"chapter": 22, "kpi": 34, "segment": 30, "period": 10, "value": 14},
    **{"low": 14, "high": 14, "n": 10, "unit": 12, "status": 12},
}
"""Columns of the figures, with how wide each is."""
STATUSES = {"fresh": N_("up to date"), "stale": N_("stale"), "withheld": N_("withheld")}
_AGAIN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def figures(kpis: pd.DataFrame) -> bytes:
    """`kpis.csv` as a workbook: a row a figure, called as the pages call it, in the language in force; numbers are numbers."""
    book = Workbook()
    sheet = book.active
    sheet.title = _("Figures")
    sheet.append(
        [_("Chapter") if name == "chapter" else f"{label(name)[:1].upper()}{label(name)[1:]}" for name in COLUMNS]
    )
    among = segments(kpis)
    for row in kpis.to_dict("records"):
        segment = str(row["segment"] or "")
        called = {
            "kpi": label(str(row["kpi"]), "kpi"),
            "segment": segment_label(segment, str(row["kpi"]), among[str(row["kpi"])]) if segment else "",
            "chapter": int(str(row["chapter"])[:2]),
            "unit": _(UNITS[row["unit"]]),
            "status": _(STATUSES[row["status"]]),
        }
        sheet.append([_cell(called.get(name, row[name])) for name in COLUMNS])
    for i, width in enumerate(COLUMNS.values(), 1):
        sheet.column_dimensions[get_column_letter(i)].width = width
        sheet.cell(1, i).font = Font(bold=True)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions
    out = io.BytesIO()
    book.save(out)
    return same_bytes(out.getvalue())


def _cell(value: object) -> object:
    if isinstance(value, str):
        return safe(value) or None
    return None if pd.isna(value) else value


def same_bytes(made: bytes) -> bytes:
    """A workbook without the time at which it was made: the same bytes for the same rows."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(made)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "docProps/core.xml":
                data = _AGAIN.sub(rb"\g<1>2000-01-01T00:00:00Z", data)
            new.writestr(ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), data, ZIP_DEFLATED)
    return out.getvalue()
