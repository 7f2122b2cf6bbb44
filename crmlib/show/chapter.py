"""What stands in a chapter: `start` opens the tables, `show` makes a result a card that says, draws and defines it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import HTML, display

from crmlib.facts import people
from crmlib.facts.company import Company, TablesError, read_company
from crmlib.facts.shape import shape
from crmlib.facts.then import Then, read_then
from crmlib.show import listing, withholding
from crmlib.show.canvas import Picture
from crmlib.show.cards import EMPTY, SILENT, card, does_not_apply, folded, note, nothing, say, unrecorded, without
from crmlib.show.controls import Range
from crmlib.show.findings import ACTIONS_MIME, BOARD_MIME, IMPROVEMENTS_MIME, MOVES_MIME, carried, payload
from crmlib.show.strips import Markup
from crmlib.vocabulary import language as _language
from crmlib.vocabulary.claims import VERDICTS
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _, ngettext
from crmlib.vocabulary.policy import load

SHAPE_MIME = "application/vnd.crmlib.shape+json"
"""Carries the kind of business from the opening cell to the page, which leaves out what is for others."""

REVIEWED = {
    "stated": N_("Reviewed as {shape}, as company.toml states."),
    "contracts": N_("Reviewed as {shape}: {n} contracts are on record."),
    "accounts": N_(
        "Reviewed as {shape}: it sells to companies, and of {n} customers who first bought long enough ago {part} bought on a "
        "second day."
    ),
    "returning": N_(
        "Reviewed as {shape}: of {n} customers who first bought long enough ago {part} bought on a second day."
    ),
    "few": N_(
        "Reviewed as {shape} for now: too few customers first bought long enough ago to tell whether they come back (n = {n})."
    ),
    "cases": N_("Reviewed as {shape}: {n} service cases are on record, and no orders."),
    "nothing": N_(
        "What kind of business this is cannot be told from its data; the word shape in company.toml can say it."
    ),
}
"""By what the kind of business is told, in a sentence."""


@dataclass(frozen=True)
class Chapter:
    """The company that a chapter is about, and its ways to show a result."""

    company: Company
    then: Then | None = None
    """What last month's review froze and said, where the review hands it in."""
    _unrecorded: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    _read: set[str] = field(default_factory=set, repr=False, compare=False)

    def show(
        self,
        findings: pd.DataFrame,
        picture: Picture | None = None,
        *,
        data: pd.DataFrame | None = None,
        segments: bool = False,
        needs: Sequence[str] = (),
        requires: Sequence[str] = (),
    ) -> None:
        """One card: what the findings say, the picture, its data, the definitions. Carries the findings for the review.

        `data` is the twin where it is not the picture's own; `segments` adds a sentence that contrasts them; `needs`
        names tables and columns beside those that the KPIs declare. What the company does not record is named where
        nothing else is left to say, and at the chapter's end (`unrecorded`). Without any one of `requires` nothing is shown.
        """
        needs = (*needs, *requires)
        if not self.company.knows(*requires):
            findings, picture, data = findings.head(0), None, None
        html, text = card(self.company, findings, picture, data=data, segments=segments, needs=needs)
        self._remember(findings, needs)
        bundle: dict[str, Any] = {"text/html": html, "text/plain": text, **carried(findings)}
        display(bundle, raw=True)

    def table(
        self,
        frame: pd.DataFrame,
        *,
        needs: Sequence[str] = (),
        note: str = "",
        says: str = "",
        moves: bool = False,
        improvements: pd.DataFrame | None = None,
    ) -> None:
        """A table card under what it `says`; where something it needs is not recorded or there is nothing to list, the card says
        so instead. `moves`: it tells what figures did since last month (`kpi`, `verdict`), which the front page says too;
        `improvements`: the rows of the list that people go on with.
        """
        absent = unrecorded(self.company, frame, needs)
        self._remember(frame, needs)
        safe = withholding.guarded(frame)
        few = _("Fewer than {k} customers: the list is not published.").format(k=_language.number(withholding.least()))
        otherwise = few if len(frame) > len(safe) else note or says or _("Nothing to list here.")
        listed = len(safe) and not absent
        body = (say(says) if says else "") + listing.table(safe) if listed else nothing(self.company, absent, otherwise)
        body += "".join(without(self.company, frame)) if listed or (note and not absent) else ""
        under = f'<p class="crm-under">{escape(note)}</p>' if note and listed else ""
        silent = absent or does_not_apply(frame)
        mark = f" {SILENT}" if silent else "" if listed or note or says or len(frame) else f" {EMPTY}"
        html = f'<div class="crm-card{mark}">{body}{under}</div>'
        told = {MOVES_MIME: payload(frame[["kpi", "verdict"]])} if moves else {}
        told |= {} if improvements is None else {IMPROVEMENTS_MIME: payload(improvements)}
        display({"text/html": html, "text/plain": safe.head(20).to_string(), **told}, raw=True)

    def claims(self, verdicts: pd.DataFrame) -> None:
        """Claims of the deck beside the company's own figures (`measures.claims.verdicts`), and how many came out how."""
        counts = verdicts["verdict"].value_counts()
        parts = [
            _("{n} {verdict}").format(n=_language.number(int(counts[code])), verdict=label(code, "code"))
            for code in VERDICTS
            if code in counts
        ]
        says = ngettext(
            "Of {n} claim of the deck here: {parts}.", "Of {n} claims of the deck here: {parts}.", len(verdicts)
        ).format(n=_language.number(len(verdicts)), parts=_("; ").join(parts))
        self.table(verdicts, says=says)

    def business(self) -> None:
        """As what kind of business the company is reviewed, and by what that is told."""
        text = reviewed_as(self.company)
        display({"text/html": f'<div class="crm-card">{note(text)}</div>', "text/plain": text}, raw=True)

    def unrecorded(self) -> None:
        """What the chapter could not say because the company does not record it, in one fold, and which of the columns that it
        read are known as they stood when the tables were frozen only; nothing where there is neither.
        """
        undated = [name for name in self.company.undated() if name in self._read]
        if self._unrecorded or undated:
            html = folded(self._unrecorded, undated)
            display({"text/html": html, "text/plain": ", ".join([*self._unrecorded, *undated])}, raw=True)

    def _remember(self, frame: pd.DataFrame, needs: Sequence[str] = ()) -> None:
        self._read.update(name for kpi in frame.get("kpi", ()) for name in (*KPIS[kpi].needs, *KPIS[kpi].uses))
        for name, kpis in unrecorded(self.company, frame, needs).items():
            self._unrecorded[name] = tuple(dict.fromkeys((*self._unrecorded.get(name, ()), *kpis)))

    def actions(self, frame: pd.DataFrame, board: pd.DataFrame | None = None) -> None:
        """The proposed actions: how many in each group are said and the whole list is carried for the review, with the win-back
        board where there is one.
        """
        to_do, held = int((frame["arm"] == "act").sum()), int((frame["arm"] != "act").sum())
        text = ngettext("{n} customer to act on", "{n} customers to act on", to_do).format(n=withholding.counted(to_do))
        text = _("{acting}; {held} drawn into the comparison group and left alone.").format(
            acting=text, held=withholding.counted(held)
        )
        warned = ""
        if to_do and "consents" in self.company.missing:
            warned = note(
                _("No consents are on record here: make sure that a customer may be contacted before you do.")
            )
        html = f'<div class="crm-card">{say(text)}{warned}</div>'
        beside = {} if board is None else {BOARD_MIME: payload(board)}
        display({"text/html": html, "text/plain": text, ACTIONS_MIME: payload(frame), **beside}, raw=True)

    def what_if(
        self,
        function: Callable[..., pd.DataFrame],
        picture: Callable[[pd.DataFrame], Markup | None] | None = None,
        **sliders: Range,
    ) -> None:
        """`function(**values)` under sliders (least, most, step, start), or questions where the start is NaN; a page has the card
        at each of their stops (`controls`), and what is printed or read without a script has it at the start values.
        """
        from crmlib.show.widgets import what_if

        def drawn(**values: float) -> tuple[str, pd.DataFrame]:
            findings = function(**values)
            self._remember(findings)
            return card(self.company, findings, picture(findings) if picture else None)[0], findings

        display(what_if(drawn, **sliders), raw=True)


def reviewed_as(c: Company) -> str:
    """As what kind of business a company is reviewed, in a sentence that says by what that is told."""
    told = shape(c)
    text = _(REVIEWED[told.by]).format(
        shape=label(told.name, "code"), n=withholding.counted(told.n), part=withholding.counted(told.part)
    )
    if told.by in ("stated", "nothing"):
        return text
    return _("{said} The word shape in company.toml can say otherwise.").format(said=text)


def start(*, tables: str, as_of: str, policy: str = "", language: str = "en", before: str = "") -> Chapter:
    """Open a chapter on the tables frozen in folder `tables`, as of a day (YYYY-MM-DD); `before` is last month's review.

    A relative path is looked for here and in the folders above, so chapters/ and chapters/zh/ name the same data.
    Raises `TablesError`, `PolicyError`, `UnknownLanguageError`, `ValueError` for a day that is none.
    """
    # What is imported by now stays: without this each collection of garbage would go through it, half a second in all.
    gc.freeze()
    day = date.fromisoformat(as_of)
    opened = read_company(_above(tables), as_of=day, policy=load(_above(policy) if policy else None))
    _language.use(language, opened.currency)
    withholding.use(opened.policy.privacy.k, int(people.anyone(opened).count().execute()))
    if "ipykernel" in sys.modules:
        sheet = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
        display(HTML(f"<style>{sheet}</style>"))
        display({SHAPE_MIME: {"name": shape(opened).name}, "text/plain": ""}, raw=True)
    return Chapter(opened, _then(before))


def _then(before: str) -> Then | None:
    """Last month's review, None where it no longer lies there: what was said then is not known any more."""
    try:
        return read_then(_above(before)) if before else None
    except TablesError:
        return None


def _above(path: str) -> Path:
    """A relative path from here or from the nearest folder above in which it exists."""
    here = Path.cwd()
    candidates = [Path(path)] if Path(path).is_absolute() else [folder / path for folder in (here, *here.parents)]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise TablesError(
        f"{path}: not found here or in any folder above; run `make lab` for the teaching company, `crmlib review` for yours"
    )
