"""The border: a company's sources become frozen canonical tables, and every source row is accounted for.

Holds per table and file: rows read = kept + filtered + repeated + rejected. Rejected rows and emptied cells are listed
with file, line, column, rule and what was found; personal columns leave only a status, and ids only pseudonyms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

import duckdb
import pandas as pd

from crmlib.border import accounts, days, forgotten, freeze, personal
from crmlib.border.company import Description
from crmlib.border.doubts import doubts
from crmlib.border.forgotten import Forgotten
from crmlib.border.identity import entities, pairs
from crmlib.border.identity.resolution import Resolved
from crmlib.border.identity.verdicts import Verdicts
from crmlib.border.identity.verdicts import read as read_verdicts
from crmlib.border.lines import Read, read_lines
from crmlib.border.lists import Listed
from crmlib.border.locked import connect, refused
from crmlib.border.places import files_of
from crmlib.border.privacy import codes
from crmlib.border.privacy.recognisers import Recogniser
from crmlib.border.pseudonyms import PseudonymError
from crmlib.border.sources import SourceError
from crmlib.vocabulary import language
from crmlib.vocabulary.codes import STATUSES
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import _
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES


class IngestError(CrmlibError):
    """Sources that cannot become tables; one line naming file, place and mend."""


@dataclass(frozen=True)
class Ingested:
    """What was frozen: `account`, `filtered` and `rejects` by the columns that `accounts` names."""

    account: pd.DataFrame
    filtered: pd.DataFrame
    rejects: pd.DataFrame
    latest_month: str
    missing: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Checked(Ingested):
    """What an ingest would give; `tables`: per table its files, account, rows, customers, amount, first and last day; `unnamed`:
    the words that would not be published, by `accounting.UNNAMED`.

    `stops` says in one line why a review must not go on, and is empty where it may.
    """

    tables: pd.DataFrame
    unnamed: pd.DataFrame
    stops: str


@dataclass(frozen=True)
class Border:
    """Everything read and judged, still in the engine."""

    engine: duckdb.DuckDBPyConnection
    company: Description
    reads: list[Read]
    account: pd.DataFrame
    filtered: pd.DataFrame
    rejects: pd.DataFrame
    latest: date
    notes: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Canonical tables that the company does not map."""
        return tuple(t for t in TABLES if t not in {r.table.name for r in self.reads})

    @property
    def latest_month(self) -> str:
        """The latest month that the data fill: that of the last order, or the one before where three days or more lack."""
        last = pd.Timestamp(self.latest)
        filled = last.days_in_month - last.day < 3
        return f"{last if filled else last - pd.DateOffset(months=1):%Y-%m}"

    @property
    def counts(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str, tuple[str, ...]]:
        """What `Ingested` begins with."""
        return self.account, self.filtered, self.rejects, self.latest_month, self.missing


Told = Callable[[str], None]
"""Who is told which step begins: the name of a table that is read, or one of `STEPS`."""
STEPS = JUDGED, PEOPLE, FROZEN = "judged", "people", "frozen"
"""What follows once all tables are read; a check freezes nothing."""


def check(company: Description, policy: Policy, told: Told = lambda _step: None) -> Checked:
    """Read and judge everything, freeze nothing. Raises `IngestError` for a source that cannot be read at all."""
    with border(company, told=told) as read_in:
        told(PEOPLE)
        found = doubts(read_in.engine, company, read_in.reads, read_in.latest)
        notes = (*read_in.notes, *_entities(read_in, policy, read_in.latest_month)[1], *found)
        tables = pd.DataFrame([freeze.summary(read_in.engine, r, read_in.account) for r in read_in.reads])
        unnamed = codes.keep_codes(read_in.engine, company, read_in.reads, policy)
        return Checked(*read_in.counts, notes, tables, unnamed, _stops(read_in, policy))


def ingest(
    company: Description,
    into: Path,
    *,
    policy: Policy,
    month: str | None = None,
    actions: list[Path] | None = None,
    verdicts: list[Path] | None = None,
    told: Told = lambda _step: None,
) -> Ingested:
    """Freeze the company's tables under `into`. `actions` are what its earlier reviews proposed, to which a table of actions that
    it maps adds; `verdicts` its lists of doubtful pairs, oldest first, in which a person said which records are one customer.

    Records of customers acquired by the end of `month` (YYYY-MM; the latest month where None) are put together. Writes
    tables/<table>.parquet (by customer and time), what stands `BESIDE` them and about.json; private/ids.parquet,
    doubtful_pairs.csv and rejects/<table>.csv. Raises `IngestError`, also beyond `policy.quality.max_reject_share`.
    """
    if actions:
        company = _with_actions(company, actions)
    into = Path(into)
    (into / "tables").mkdir(parents=True, exist_ok=True)
    with border(company, into, told=told) as read_in:
        for read in read_in.reads:
            freeze.write_rejects(read_in.engine, company, read, into / "private" / "rejects")
        if stops := _stops(read_in, policy):
            raise IngestError(stops)
        month = month or read_in.latest_month
        told(PEOPLE)
        found, said = _entities(read_in, policy, month, read_verdicts(verdicts) if verdicts else None)
        unnamed = codes.keep_codes(read_in.engine, company, read_in.reads, policy)
        told(FROZEN)
        account, files = accounts.numbered(read_in.account)
        try:
            freeze.write_tables(read_in.engine, company, read_in.reads, into, until=last_day(month), files=files)
            pairs.write(read_in.engine, read_in.reads, found, into)
            personal.carry(read_in.engine, read_in.reads, into, policy.contact.carry)
        except (PseudonymError, OSError) as error:
            raise IngestError(str(error)) from None
        freeze.write_frame(read_in.engine, account, into / "tables" / "account.parquet")
        freeze.write_frame(read_in.engine, unnamed, into / "tables" / "unnamed.parquet")
        files.to_csv(into / "private" / "files.csv", index=False, encoding="utf-8-sig")
        about = {
            "company": company.title,
            "currency": company.currency,
            "business_model": company.business_model,
            "revenue_model": company.revenue_model,
            "shape": company.shape or "",
            "time_zone": company.time_zone,
            "records_compared": "" if found.problem else "yes",
            **entities.sureness(found),
        }
        (into / "tables" / "about.json").write_text(
            json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        doubted = doubts(read_in.engine, company, read_in.reads, read_in.latest)
        return Ingested(*read_in.counts, (*read_in.notes, *said, *doubted))


@contextmanager
def border(
    company: Description, into: Path | None = None, *, everybody: bool = False, told: Told = lambda _step: None
) -> Iterator[Border]:
    """Everything read and judged, in an engine that writes under `into` and is closed afterwards. Forgotten customers are left
    out, unless `everybody` is wanted. Raises `IngestError`.
    """
    engine = connect(_parquet(company), into)
    try:
        yield _read(engine, company, everybody=everybody, told=told)
    except (SourceError, PseudonymError) as error:
        raise IngestError(str(error)) from None
    except duckdb.IOException as error:
        raise IngestError(str(refused(error, "the tables cannot be written"))) from None
    except duckdb.Error as error:
        raise IngestError(str(refused(error, "company.toml: an expression cannot be computed"))) from None
    finally:
        engine.close()


def _parquet(company: Description) -> Iterator[Path]:
    """The files that the engine itself opens; one that is missing is told where it is read."""
    sources = [source for name in TABLES for source in company.sources(name)]
    for place in chain(sources, *(source.join for source in sources)):
        with suppress(SourceError):
            yield from (f for f in files_of(place, company.folder) if f.name.lower().endswith(".parquet"))


def _entities(
    border: Border, policy: Policy, month: str, verdicts: Verdicts | None = None
) -> tuple[Resolved, list[str]]:
    """Records put together as of the end of the month, and what there is to say about it; silence without customers."""
    customers = next((r for r in border.reads if r.table.name == "customers"), None)
    said = verdicts.same if verdicts else None
    found = entities.find(border.engine, customers, border.company, policy=policy, as_of=last_day(month), said=said)
    return found, entities.notes(found, verdicts) if customers else []


def _read(engine: duckdb.DuckDBPyConnection, company: Description, *, everybody: bool, told: Told) -> Border:
    memory = Forgotten(b"") if everybody else forgotten.read(company.home)
    reads = []
    for name in (name for name in TABLES if company.sources(name)):
        told(name)
        reads.append(read_lines(engine, company, name, memory))
    told(JUDGED)
    account = pd.concat([accounts.account(engine, r) for r in reads], ignore_index=True)
    filtered = pd.concat([accounts.filtered(engine, r) for r in reads], ignore_index=True)
    latest = days.latest(engine, company, reads)
    codes.recognise(engine, company, reads, latest or date.max)
    for read in reads:
        freeze.list_rejects(engine, read, Recogniser(company.country, latest or date.max))
    rejects = accounts.rule_counts(engine, reads)
    if latest is None:
        raise SourceError(days.without_days(company, rejects))
    for read in reads:
        try:
            freeze.rows_of(engine, read, company)
        except duckdb.Error as error:
            name = read.table.name
            raise refused(error, f"company.toml: {name}: lines cannot be combined so") from None
    notes = tuple(note for r in reads for note in (*accounts.notes(r), *freeze.notes(engine, r)))
    notes = (*forgotten.notes(engine, reads), *notes)
    return Border(engine, company, reads, account, filtered, rejects, latest, notes)


def _stops(border: Border, policy: Policy) -> str:
    """Why a review of this must not go on, in one line; empty where it may."""
    limit = policy.quality.max_reject_share
    own = border.account[border.account["unmatched"].isna()]
    for name, table in own.groupby("table", sort=False):
        read, rejected = int(table["read"].sum()), int(table["rejected"].sum())
        if rejected > limit * read:
            worst = border.rejects[(border.rejects["table"] == name) & (border.rejects["effect"] == "row")].head(3)
            said = _("{column} ({rule}) {rows} times, first {first}: {mend}")
            rules = "; ".join(said.format(**{str(k): v for k, v in w.items()}) for w in worst.to_dict("records"))
            line = _("{table}: {n} of {read} rows rejected, more than the {limit} the policy allows.").format(
                table=name, n=rejected, read=read, limit=language.percent(limit, 0)
            )
            return f"{line} {rules}"
    return ""


def _with_actions(company: Description, files: list[Path]) -> Description:
    """The company with what its own earlier reviews proposed as the `actions` table, before what it maps itself."""
    fields = {c: c for c in TABLES["actions"].names}
    words = {"status": [*STATUSES]}
    own = [Listed.model_validate({"from": str(f.resolve()), "fields": fields, "values": words}) for f in files]
    return company.model_copy(update={"actions": [*own, *company.actions]})
