"""The certificate as people see it: a page that opens without network, and the same on a sheet of A4."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from textwrap import wrap
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from crmlib.run.certificate import told
from crmlib.run.rendering import render
from crmlib.show.canvas import INK, fonts
from crmlib.vocabulary.language import _

TEAL, SOFT = "#1f6f78", "#55666f"


def as_html(claims: Mapping[str, Any], signer: str) -> bytes:
    """The certificate as a page, in the language in force."""
    return render("certificate.html.j2", name=claims["name"], told=told(claims)[1:], proves=proves(signer)).encode()


def proves(signer: str) -> str:
    """What the signature proves, and what it does not."""
    return _(
        "Signed with the key {signer}: nothing was altered since. Who answered it does not prove, nor whose key it is: compare "
        "the key with what its owner told you. Check with: crmlib course verify FILE"
    ).format(signer=signer)


def as_pdf(claims: Mapping[str, Any], signer: str) -> bytes:
    """The certificate as one sheet, in the language in force; the same claims make the same bytes."""
    with rc_context({"font.family": fonts(), "text.parse_math": False, "text.color": INK, "pdf.fonttype": 3}):
        sheet = Figure(figsize=(11.69, 8.27))
        FigureCanvasPdf(sheet)
        sheet.text(0.08, 0.88, _("Certificate"), fontsize=15, color=TEAL)
        sheet.text(0.08, 0.79, claims["name"], fontsize=30 if len(claims["name"]) < 36 else 18)
        sheet.text(0.08, 0.73, "\n".join(_lines(_says(), 96)), fontsize=12, va="top")
        top = 0.62
        for what, value in told(claims)[1:]:
            lines = _lines(value, 92)
            sheet.text(0.08, top, what, fontsize=10, color=SOFT, va="top", linespacing=1.35)
            sheet.text(0.27, top, "\n".join(lines), fontsize=10, va="top", linespacing=1.35)
            top -= 0.024 * len(lines) + 0.022
        sheet.text(0.08, 0.09, "\n".join(_lines(proves(signer), 120)), fontsize=9, color=SOFT, linespacing=1.4)
        made = BytesIO()
        described = {"Title": _("Certificate"), "Author": claims["name"], "CreationDate": None, "Producer": None}
        sheet.savefig(made, format="pdf", metadata=described)
    return made.getvalue()


def _says() -> str:
    return _("has answered every question of the course on keeping customers rightly that these data can carry.")


def _lines(text: str, width: int) -> list[str]:
    """A text in lines; a Chinese sign is as wide as two others, and a line of them may break anywhere."""
    if sum(ord(sign) > 0x2E80 for sign in text) > len(text) / 3:
        return [text[i : i + width // 2] for i in range(0, len(text), width // 2)]
    return wrap(text, width)
