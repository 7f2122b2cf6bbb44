"""Templates filled in: every page has the one sheet and the one script written into it, and asks for nothing else."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from crmlib.run import answering
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _, ngettext

TEMPLATES = Path(__file__).parent / "templates"
SHEET = Path(__file__).parent.parent / "show" / "style.css"
SCRIPT = TEMPLATES / "page.js"


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.globals.update(_=_, ngettext=ngettext, number=language.number, label=label, KPIS=KPIS)
    return made


def render(template: str, **values: Any) -> str:
    """A template of this folder, filled in, with the one sheet and the one script written into it."""
    tag = {"zh": "zh-Hans"}.get(language.current(), language.current().replace("_", "-"))
    ours = {"sheet": Markup(sheet()), "script": Markup(script()), "script_hash": _hash(script()), "words": _said()}
    return _environment().get_template(template).render(**ours, language=tag, **values)


@cache
def sheet() -> str:
    """The style sheet all pages share, without its comments."""
    return re.sub(r"/\*.*?\*/", "", SHEET.read_text(encoding="utf-8"), flags=re.DOTALL).strip()


@cache
def script() -> str:
    """The script all pages share, as it stands between its tags."""
    return f"\n{SCRIPT.read_text(encoding='utf-8')}"


def _hash(text: str) -> str:
    """What the content security policy allows the one script by."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")


def _said() -> Markup:
    """What the script writes, in the language in force."""
    said = {"filter": _("Show rows with …"), "dark": _("Dark"), "light": _("Light")}
    return Markup(answering.written(said))
