"""A small company, a stand-in for the border, and small chapters, for the tests of the review."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from ibis.expr.types import Table
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from crmlib.border import known
from crmlib.border.pseudonyms import PREFIX, key
from crmlib.facts.company import Company, Recorded, company_from, read_company
from crmlib.show.findings import ACTIONS_MIME, FINDINGS_MIME
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES

PARAMETERS = 'tables = "datasets/teaching/tables"\nas_of = "2026-10-31"\npolicy = ""\nlanguage = "en"'
SHOW = "from IPython.display import display\n"


def finding(
    value: float = 0.61, *, kpi: str = "repurchase_rate", segment: str = "", low: float | None = 0.58
) -> dict[str, Any]:
    """One findings row as it travels."""
    high = None if low is None else value + 0.03
    return {
        "kpi": kpi,
        "period": "2026-10",
        "segment": segment,
        "value": value,
        "low": low,
        "high": high,
        "n": 1200,
        "unit": "share",
    }


def action(number: int, arm: str = "act", **more: Any) -> dict[str, Any]:
    """One proposed action as it travels."""
    row = {
        "action_id": f"2026-10-{number:03}", "customer_id": f"c{number:012}", "owner": "o000000000001", "due_on": "2026-11-07",
        "why": "risk", "why_text": "Silent for three months.", "what": "call", "what_text": "Call and ask what changed.",
        "channel": "phone",
        "arm": arm, "tier": "high_value", "value_at_stake": 1234.5, "priority": number,
    }  # fmt: skip
    return {**row, **more}


def emits(
    findings: list[dict[str, Any]] | None = None, actions: list[dict[str, Any]] | None = None, html: str = ""
) -> str:
    """A cell that displays a card carrying the given rows, which its own source does not spell out."""
    card = html or '<div class="crm-card"><p class="crm-say">A sentence to say.</p></div>'
    bundle: dict[str, Any] = {"text/html": card, "text/plain": "A sentence to say."}
    if findings is not None:
        bundle[FINDINGS_MIME] = findings
    if actions is not None:
        bundle[ACTIONS_MIME] = actions
    packed = base64.b64encode(json.dumps(bundle).encode()).decode()
    return f"{SHOW}import base64, json\ndisplay(json.loads(base64.b64decode({packed!r})), raw=True)"


def notebook(title: str, *cells: str, parameters: str = PARAMETERS, words: str = "Why it matters.") -> Any:
    """A chapter whose code cells have the ids result-1, result-2, …"""
    code = [new_code_cell(source, id=f"result-{i}") for i, source in enumerate(cells, start=1)]
    first = [
        new_markdown_cell(f"# {title}\n\n{words}\n\n## A part of it", id="title"),
        new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]}),
    ]
    made = new_notebook(
        cells=[*first, *code],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.validate(made)
    return made


def write_chapters(folder: Path, **chapters: Any) -> Path:
    """Write notebooks as <folder>/<name>.ipynb; a leading underscore of a name is dropped."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in chapters.items():
        nbformat.write(made, folder / f"{name.lstrip('_')}.ipynb")
    return folder


def write_company(folder: Path, *, name: str = "acme", language: str = "en", more: str = "") -> Path:
    """company.toml with a CSV of orders beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["Order ID,Customer ID,Order Date,Amount"]
    start = datetime(2026, 1, 5)
    rows += [f"A{i},K-{i % 40:04},{start + timedelta(days=i):%Y-%m-%d},{20 + i % 7}.50" for i in range(300)]
    (folder / "orders.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "company.toml").write_text(
        f'name = "{name}"\ntitle = "Acme Ltd"\ncurrency = "EUR"\ntime_zone = "Europe/Berlin"\nlanguage = "{language}"\n{more}\n'
        '[orders]\nfrom = "orders.csv"\n[orders.fields]\norder_id = "Order ID"\ncustomer_id = "Customer ID"\n'
        'ordered_at = "Order Date"\namount = "Amount"\n',
        encoding="utf-8",
    )
    return folder / "company.toml"


@dataclass
class Border:
    """A stand-in for ingest: writes what the real one does, and remembers with what it was called."""

    latest_month: str = "2026-10"
    orders: int = 3
    called: list[Any] = field(default_factory=list)
    actions: list[list[Path]] = field(default_factory=list)
    verdicts: list[list[Path]] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def __call__(
        self,
        company: Any,
        into: Path,
        *,
        policy: Any,
        actions: list[Path],
        verdicts: list[Path],
        month: str | None = None,
    ) -> Border:
        self.called.append(company)
        self.actions.append(actions)
        self.verdicts.append(verdicts)
        (into / "tables").mkdir(parents=True)
        (into / "private").mkdir()
        pd.DataFrame({"order_id": [f"x{i}" for i in range(self.orders)]}).to_parquet(into / "tables" / "orders.parquet")
        (into / "tables" / "about.json").write_text('{"company": "acme"}', encoding="utf-8")
        people = [(f"c{i:012}", "customer", f"K-{i:04}") for i in range(1, 40)]
        ids = pd.DataFrame([*people, ("o000000000001", "owner", "zhang.wei")], columns=["pseudonym", "kind", "id"])
        ids["chosen"] = True
        ids.to_parquet(into / "private" / "ids.parquet")
        return self

    @property
    def account(self) -> pd.DataFrame:
        """Where the rows went."""
        return pd.DataFrame(
            [
                {
                    "table": "orders",
                    "file": "orders.csv",
                    "read": 5,
                    "filtered": 1,
                    "repeated": 0,
                    "rejected": 1,
                    "unmatched": None,
                    "kept": 3,
                }
            ]
        )


AS_OF = date(2026, 10, 31)


def orders(ago: dict[str, list[int]], amount: float = 100.0) -> pd.DataFrame:
    """Orders by customer, each so many days before the date."""
    rows = [(c, pd.Timestamp(AS_OF - timedelta(days=d))) for c, days in ago.items() for d in days]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    return frame.assign(order_id=[f"o{i}" for i in range(len(frame))], amount=amount)


def four_mails() -> dict[str, pd.DataFrame]:
    """Four e-mails that need consent: the first is covered, the second came after the withdrawal, the third before the grant."""
    at = pd.Timestamp
    contacts = [
        ("i1", "a", at("2026-05-01"), "email", "out", "sales"),
        ("i2", "a", at("2026-07-01"), "email", "out", "sales"),
        ("i3", "b", at("2026-05-01"), "email", "out", "win_back"),
        ("i4", "b", at("2026-07-01"), "email", "out", "win_back"),
        ("i5", "b", at("2026-07-02"), "email", "out", "service"),
        ("i6", "b", at("2026-07-03"), "email", "in", "sales"),
        ("i7", "b", at("2026-07-04"), "letter", "out", "sales"),
    ]
    consents = [
        ("a", "email", "sales", at("2026-01-01"), at("2026-06-01")),
        ("a", "email", "care", at("2026-01-01"), pd.NaT),
        ("b", "email", "care", at("2026-06-01"), pd.NaT),
    ]
    return {
        "customers": pd.DataFrame(
            {"customer_id": ["a", "b"], "email_status": ["valid", "valid"], "phone_status": ["valid", "missing"]}
        ),
        "interactions": pd.DataFrame(
            contacts, columns=["interaction_id", "customer_id", "at", "channel", "direction", "purpose"]
        ),
        "consents": pd.DataFrame(consents, columns=["customer_id", "channel", "purpose", "granted_at", "withdrawn_at"]),
    }


def knowing(as_of: date, policy: Policy | None = None, **tables: pd.DataFrame) -> Company:
    """A company that records everything there is to record, and in which nothing ever happened but what `tables` tell."""
    c = company_from(tables, as_of=as_of, policy=policy)
    since = {f"{t.name}.{name}": date.min for t in TABLES.values() for name in t.names}
    return replace(c, missing=frozenset(), _recorded=Recorded(since, lambda: since))


def complete(folder: Path) -> None:
    """What a frozen folder must hold beside its tables."""
    there = [name for name in TABLES if (folder / f"{name}.parquet").exists()]
    known.write(folder, {name: TABLES[name].names for name in there})


def frozen(tables: Mapping[str, Table], folder: Path, *, as_of: date, policy: Policy) -> Company:
    """A company as a review reads it: from frozen tables, which lie in the folder, by an engine of its own that goes with it."""
    for name, rows in tables.items():
        rows.order_by("customer_id", TABLES[name].time).to_parquet(folder / f"{name}.parquet")
    (folder / "about.json").write_text("{}")
    complete(folder)
    return read_company(folder, as_of=as_of, policy=policy)


def row_code(home: Path, number: str, kind: str = "order") -> str:
    """The pseudonym under which an order (a ticket, an interaction, an action) of the company in `home` is frozen."""
    return PREFIX[kind] + hmac.new(key(home), f"{kind}:{number}".encode(), sha256).hexdigest()[:16]
