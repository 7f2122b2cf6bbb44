"""What the executed notebooks have to say: findings become `kpis.csv`, proposed actions become lists for people and their CRM."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from crmlib.facts.findings import FINDING
from crmlib.run.folding import folded
from crmlib.show.findings import ACTIONS_MIME, FINDINGS_MIME, WHOLE_MIME, read_payload
from crmlib.vocabulary.cells import csv_text, written
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_

KPIS_CSV = ["chapter", *FINDING, "status"]
ACTIONS_CSV = [
    "action_id",
    "customer_id",
    "other_ids",
    "proposed_on",
    "why",
    "what",
    "channel",
    "owner",
    "due_on",
    "arm",
    "tier",
    "minutes",
    "margin_untouched",
    "value_at_stake",
    "effect",
    "cost",
    "worth",
    "worth_text",
    "offer_limit",
    "again",
    "explore",
    "propensity",
    "expected",
    "room",
    "stratum",
    "policy",
    "model",
    "priority",
    "channel_text",
    "case_id",
    "without",
    "status",
    "stage",
    "done_at",
    "outcome",
]
# Known of Zoho CRM: the help says that a file's first row holds field names, which are then mapped by hand, that dates are
# MM/dd/yyyy unless set otherwise, and that cells must not hold " | < >. Known of Fxiaoke: no more than the usual labels of a
# task; its import wants the template of one's own tenant, so copy these columns over. Neither was tried against an account.
ZOHO_TASKS = ["Subject", "Due Date", "Related To", "Task Owner", "Status", "Priority", "Description"]
"""Headings of an import into Zoho CRM's module Tasks."""
FXIAOKE_TASKS = ["主题", "客户编号", "负责人", "截止时间", "优先级", "状态", "描述"]
"""Headings of an import of tasks into 纷享销客 (Fxiaoke)."""
_IMPORT = N_("the same actions, to be imported into a CRM"), N_("they are done where people work")
HELD = (
    Held(
        "private/actions.csv",
        N_("whom to contact, why and until when, and what came of it"),
        N_("people act on it, and next month measures what it was worth"),
        "private",
        own=("customer_id", "other_ids"),
    ),
    Held("private/zoho_crm_tasks.csv", *_IMPORT, "private", own=("Related To",), text=("Description",)),
    Held("private/fxiaoke_tasks.csv", *_IMPORT, "private", own=("客户编号",), text=("描述",)),
    Held("kpis.csv", N_("the figures"), N_("what the review says, to compare months"), "published"),
    Held("private/kpis.csv", N_("the figures as they were counted"), N_("to see what is withheld"), "private"),
)


def no_figures() -> pd.DataFrame:
    """`kpis.csv` without rows."""
    return pd.DataFrame(columns=KPIS_CSV)


def findings(notebook: Any, chapter: str, *, whole: bool = False) -> pd.DataFrame:
    """Rows of `KPIS_CSV`, in order of appearance; a figure shown twice counts once. Status `withheld` marks what is not published
    as it rests on too few customers; `whole` gives the figures as they were counted.
    """
    mimes = (WHOLE_MIME, FINDINGS_MIME) if whole else (FINDINGS_MIME,)
    frames = [read_payload(rows) for rows in _carried(notebook, *mimes)]
    frames = [f for f in frames if len(f)]
    if not frames:
        return no_figures()
    rows = pd.concat(frames, ignore_index=True).drop_duplicates(["kpi", "period", "segment"], keep="first")
    why = rows["withheld"].fillna("") if "withheld" in rows else [""] * len(rows)
    status = ["withheld" if reason else "fresh" for reason in why]
    return rows.assign(chapter=chapter, status=status)[KPIS_CSV].reset_index(drop=True)


def actions(notebook: Any) -> pd.DataFrame | None:
    """The proposed actions under pseudonyms, by priority; None where the chapter proposed none at all."""
    carried = list(_carried(notebook, ACTIONS_MIME))
    if not carried:
        return None
    frame = pd.DataFrame([row for rows in carried for row in rows])
    if not len(frame):
        return frame
    return frame.drop_duplicates("action_id").sort_values(["priority", "action_id"], ignore_index=True)


def _carried(notebook: Any, *mimes: str) -> Iterable[list[dict[str, Any]]]:
    """What each output carries under the first of the types that it has."""
    elsewhere = folded(notebook).elsewhere
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()) if i not in elsewhere else ():
            if mime := next((m for m in mimes if m in output.get("data", {})), ""):
                yield output.data[mime]


def stale(earlier: pd.DataFrame, chapter: str) -> pd.DataFrame:
    """An earlier review's figures of a chapter, marked as such; without those that it withheld."""
    return earlier[(earlier["chapter"] == chapter) & (earlier["status"] != "withheld")].assign(status="stale")


def read_kpis(review: Path) -> pd.DataFrame:
    """`kpis.csv` of a review; without rows where there is none."""
    path = review / "kpis.csv"
    if not path.exists():
        return no_figures()
    text = {"chapter": "str", "kpi": "str", "period": "str", "segment": "str", "unit": "str", "status": "str"}
    numbers = {c: [""] for c in ("value", "low", "high", "n", "customers")}
    # A review of an earlier version may lack a column.
    read = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=numbers)
    return read.assign(**{c: read[c].map(written) for c in text if c in read}).reindex(columns=KPIS_CSV)


def kpis_csv(rows: pd.DataFrame) -> str:
    """The same text for the same figures: 12 significant digits, nothing where there is no number, LF."""
    return csv_text(KPIS_CSV, ([_exact(row[c]) for c in KPIS_CSV] for row in rows.to_dict("records")))


def _exact(value: Any) -> str:
    if isinstance(value, float):
        return repr(float(f"{value:.12g}")) if isfinite(value) else ""
    return "" if value is None else str(value)


def action_lists(proposed: pd.DataFrame, ids: pd.DataFrame, proposed_on: str) -> dict[str, str]:
    """The lists people act on, by file name, with the company's own ids looked up in `ids` (pseudonym, kind, id, chosen).

    A customer with several records goes by the `chosen` one; `other_ids` names the rest.
    """
    chosen, others = ids[ids["chosen"]], ids[~ids["chosen"]]
    own = {(str(kind), str(p)): str(i) for p, kind, i in chosen[["pseudonym", "kind", "id"]].itertuples(index=False)}
    also = others.groupby("pseudonym")["id"].agg(" | ".join).to_dict()
    rows = [
        {**_owned(row, own, proposed_on), "other_ids": also.get(row["customer_id"], "")}
        for row in proposed.to_dict("records")
    ]
    acting = [row for row in rows if row["arm"] == "act"]
    return {
        "actions.csv": csv_text(ACTIONS_CSV, ([_exact(row.get(c, "")) for c in ACTIONS_CSV] for row in rows)),
        "zoho_crm_tasks.csv": csv_text(ZOHO_TASKS, map(_zoho, acting)),
        "fxiaoke_tasks.csv": csv_text(FXIAOKE_TASKS, map(_fxiaoke, acting)),
    }


def _owned(row: Mapping[Any, Any], own: Mapping[tuple[str, str], str], proposed_on: str) -> dict[str, Any]:
    plain = {str(k): ("" if v is None or (isinstance(v, float) and not isfinite(v)) else v) for k, v in row.items()}
    plain["customer_id"] = own.get(("customer", plain["customer_id"]), plain["customer_id"])
    plain["case_id"] = own.get(("ticket", plain.get("case_id", "")), plain.get("case_id", ""))
    plain["owner"] = own.get(("owner", plain.get("owner", "")), plain.get("owner", ""))
    return {
        **plain,
        "due_on": str(plain.get("due_on", ""))[:10],
        "proposed_on": proposed_on,
        "done_at": "",
        "outcome": "",
    }


def _zoho(row: Mapping[str, Any]) -> list[str]:
    year, month, day = str(row["due_on"]).split("-") if row["due_on"] else ("", "", "")
    due = f"{month}/{day}/{year}" if year else ""
    priority = "High" if row.get("tier") == "high_value" else "Normal"
    said = (
        _said(row, "what"),
        due,
        row["customer_id"],
        row["owner"],
        "Not Started",
        priority,
        _described(row),
    )
    return [re.sub(r'["|<>]', " ", str(cell)) for cell in said]


def _fxiaoke(row: Mapping[str, Any]) -> list[str]:
    priority = "高" if row.get("tier") == "high_value" else "普通"
    said = (
        _said(row, "what"),
        row["customer_id"],
        row["owner"],
        row["due_on"],
        priority,
        "未开始",
        _described(row),
    )
    return [str(cell) for cell in said]


def _described(row: Mapping[str, Any]) -> str:
    """Why, over which channel, which case, and the action's own number."""
    parts = (_said(row, "why"), _said(row, "channel"), str(row.get("case_id") or ""))
    return f"{' · '.join(part for part in parts if part)} [{row['action_id']}]"


def _said(row: Mapping[str, Any], column: str) -> str:
    return str(row.get(f"{column}_text") or code_label(row.get(column, "")))
