"""Cuts for tiers and RFM proposed from a company's data: a first policy for `crmlib init`, and for `crmlib tiers recut` new
ones, with whom they would move.

A policy that is there is never changed: the proposal is text for a person to paste into policy.toml.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from rich.table import Table
from rich.text import Text

from crmlib.border.company import Description, load_description
from crmlib.border.ingest import ingest
from crmlib.border.places import files_of
from crmlib.facts import contracts, cuts, purchases
from crmlib.facts.company import Company, read_company
from crmlib.run import first_policy
from crmlib.run.checking import empty, line, terminal
from crmlib.run.folders import MONTH, write
from crmlib.vocabulary import language
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.labels import code_label, label
from crmlib.vocabulary.language import _
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import TIERS, Policy, Tiers, load
from crmlib.vocabulary.schema import TABLES

PROPOSED = "policy.proposed.toml"
LARGE = 20_000_000
"""Bytes of files of customers from which a first policy does not wait for records to be compared."""


class RecutError(CrmlibError):
    """A wish that cannot be met; one line."""


def recut(path: Path, month: str | None = None, data: Path | None = None, *, keep: bool = False) -> None:
    """Print proposed cuts as of the end of `month` (YYYY-MM; the latest that the data fill where None), whom they would move
    and what each tier would hold; with `keep` also write them to `policy.proposed.toml` beside the company file.

    Raises `RecutError`, `CompanyError`, `PolicyError`, `IngestError`, `SourceError`.
    """
    if month is not None and not re.fullmatch(MONTH, month):
        raise RecutError(f"--month: expected YYYY-MM such as 2026-10, found {month!r}")
    company = load_description(path, data=data)
    policy = load(company.policy)
    with TemporaryDirectory(prefix="crmlib-recut-") as folder, language.using(company.language, company.currency):
        c = _opened(company, Path(folder), month, policy)
        proposed = cuts.proposed_cuts(c)
        _print(c, proposed)
        if keep:
            target = company.home / PROPOSED
            write(target, block(proposed, policy.tiers))
            line(_("Written: {file}. Nothing is adopted until a person copies it into the policy.").format(file=target))


def draft(path: Path, read: Description | None = None) -> None:
    """Write the policy beside a new company file, where there is none yet: every threshold as a comment, cuts as `recut` proposes
    them, in the company's own currency. Where none can be proposed the file says why.

    `read`: the same company over samples of its files, where these are too large to be read once more.
    """
    path = Path(path)
    target = path.parent / "policy.toml"
    if target.exists():
        return
    try:
        company: Description | None = load_description(path)
        target = company.policy or target if company else target
    except CrmlibError as error:
        company, problem = None, " ".join(str(error).split()).removeprefix(f"{path}: ")
    if target.exists():
        return
    if company is None:
        write(target, first_policy.text(_head(None, problem), None))
        return
    with TemporaryDirectory(prefix="crmlib-init-") as folder, language.using(company.language, company.currency):
        write(target, _drafted(read or company, Path(folder), sampled=read is not None))


def _drafted(read: Description, folder: Path, *, sampled: bool) -> str:
    policy = Policy.model_validate({})
    proposed, problem, compared = policy.tiers, "", True
    try:
        files = [file for source in read.sources("customers") for file in files_of(source, read.folder)]
        compared = sum(file.stat().st_size for file in files) <= LARGE and not sampled
        read = read if compared else read.model_copy(update={"customers": []})
        if read.sources("orders") or read.sources("contracts"):
            proposed = cuts.proposed_cuts(_opened(read, folder, None, policy))
            if proposed == policy.tiers.model_copy(update={"frozen_on": proposed.frozen_on}):
                problem = _("too few customers, or too few who came back")
        else:
            problem = _("neither orders nor contracts are mapped")
    except (CrmlibError, OSError) as error:
        problem = " ".join(str(error).split())
    lines = _head(proposed, problem)
    if not problem and sampled:
        lines.append(_("They come from a sample of the customers; `crmlib tiers recut` reads all."))
    elif not problem and not compared:
        lines.append(_("Records of one customer were not put together for them; `crmlib tiers recut` does so."))
    return first_policy.text(lines, None if problem else proposed)


def _head(proposed: Tiers | None, problem: str) -> list[str]:
    lines = [
        _(
            "Thresholds that a person decides. What stands behind # is the default, which holds as long as nothing else is said."
        )
    ]
    if problem or proposed is None:
        return [*lines, _("No cuts could be proposed: {problem}").format(problem=problem)]
    lines.append(
        _("Cuts as `crmlib tiers recut` proposes them, from the records up to {day}.").format(day=proposed.frozen_on)
    )
    return [*lines, _("They are frozen: change them when the business decides to, and date it.")]


def block(proposed: Tiers, old: Tiers) -> str:
    """The cuts as a section of policy.toml, with what stood there before beside each that changes."""
    lines = ["[tiers]"]
    for name in first_policy.CUTS:
        new, was = getattr(proposed, name), getattr(old, name)
        note = "" if new == was else "   # " + _("before: {value}").format(value=was)
        lines.append(f"{name} = {new}{note}")
    return "\n".join(lines) + "\n"


def _opened(company: Description, folder: Path, month: str | None, policy: Policy) -> Company:
    # Orders say up to when the data reach; contracts do not, so that the other tables are read beside them.
    spare = [n for n in TABLES if n not in ("customers", "orders", "contracts")] if company.sources("orders") else []
    read = ingest(company.model_copy(update={name: [] for name in spare}), folder, policy=policy, month=month)
    if month is not None and month > read.latest_month:
        raise RecutError(f"--month: {month} is later than the data, which fill months up to {read.latest_month}")
    c = read_company(folder / "tables", as_of=last_day(month or read.latest_month), policy=policy)
    if not (contracts.are_worth(c) or purchases.buyers(c).count().to_pyarrow().as_py()):
        raise RecutError(f"--month: no orders up to {c.as_of}; name a later month")
    return c


def _print(c: Company, proposed: Tiers) -> None:
    moved = cuts.moves(c, proposed)
    line(
        _(
            "Proposed as of {day}, from up to four dates a quarter apart. Nothing is changed: only a person adopts cuts."
        ).format(day=language.day(c.as_of))
    )
    terminal().print(_matrix(moved), _tiers(moved), sep="\n")
    changed = int(moved.loc[moved["tier"] != moved["proposed_tier"], "customers"].sum())
    line(
        _("{n} of {all} customers would stand in another tier.").format(
            n=language.number(changed), all=language.number(int(moved["customers"].sum()))
        )
    )
    line(_("To adopt it, put these lines into the policy in place of those with the same names, and set the day:"))
    terminal().print(Text(block(proposed, c.policy.tiers)), soft_wrap=True)


def _matrix(moved: pd.DataFrame) -> Table:
    """Tier today down, tier under the proposed cuts across; customers in the cells."""
    drawn = empty(_("Who would move (customers)"))
    drawn.add_column(Text(f"{label('tier')} → {label('proposed_tier')}"))
    for name in TIERS:
        drawn.add_column(Text(code_label(name)), justify="right")
    counts = moved.pivot(index="tier", columns="proposed_tier", values="customers")
    for name in TIERS:
        drawn.add_row(code_label(name), *(language.number(int(counts.at[name, to])) for to in TIERS))
    return drawn


def _tiers(moved: pd.DataFrame) -> Table:
    """Customers and revenue of each tier under the cuts in force and under the proposed ones."""
    drawn = empty(_("What each tier would hold"))
    for name in (
        label("tier"), _("customers before"), _("customers after"), _("revenue before"), _("revenue after"),
    ):  # fmt: skip
        drawn.add_column(Text(name), justify="left" if name == label("tier") else "right")
    sums = {c: moved.groupby(c)[["customers", "revenue"]].sum() for c in ("tier", "proposed_tier")}
    for name in TIERS:
        both = [sums[c].loc[name] for c in ("tier", "proposed_tier")]
        drawn.add_row(
            code_label(name),
            *(language.number(int(h["customers"])) for h in both),
            *(language.money(float(h["revenue"])) for h in both),
        )
    return drawn
