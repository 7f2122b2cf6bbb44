"""The five shortcomings behind the defects (D037) as a diagnosis: evidence, verdict, remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from crmlib.facts import holdings, people
from crmlib.facts.company import Company
from crmlib.facts.expressions import _ as row
from crmlib.facts.findings import finding, findings
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import N_, _

NAN = float("nan")
APART = ("customer_id", "source_system", "updated_at")


@dataclass(frozen=True)
class Shortcoming:
    """A shortcoming, the KPIs that are evidence of it, and the remedy (D037)."""

    name: str
    evidence: tuple[str, ...]
    remedy: str


SHORTCOMINGS = (
    Shortcoming(
        "scattered_channels", ("fields_in_several_systems", "surplus_records_share"),
        N_("One place where the records meet, and one number for each customer."),
    ),
    Shortcoming(
        "inconsistent_formats", ("columns_in_several_formats", "accuracy"),
        N_("One standard for each field, checked at the door."),
    ),
    Shortcoming(
        "weak_compliance", ("compliance", "consent_coverage", "due_for_deletion"),
        N_("Consent by channel and purpose, and a date on which data go."),
    ),
    Shortcoming(
        "weak_initiative", ("active_mining_coverage",),
        N_("Short questions at the right moment, each group its own."),
    ),
    Shortcoming(
        "outdated_tools", ("timeliness", "record_lag"),
        N_("Interfaces between the systems in place of files and typing."),
    ),
)  # fmt: skip
"""The five, in the deck's order, each with the figures that show it; a figure is a shortcoming beyond its limit of policy."""


def systems(c: Company) -> pd.DataFrame:
    """Per customer column: `column`, `source_systems` that fill it for somebody (count), and `main_share`, the part of its values
    that the largest of them holds. Only columns that are filled and customers whose source is stated (D037).
    """
    record = people.customers(c)
    columns = [name for name in record.columns if name not in APART]
    filled = {
        name.removeprefix("has_"): (record[name] if name.startswith("has_") else record[name].notnull())
        .sum()
        .fill_null(0)
        for name in columns
    }
    counts = record.filter(row.source_system.notnull()).group_by("source_system").agg(**filled).execute()
    told = [(name, int((n > 0).sum()), float(n.max() / n.sum())) for name, n in counts[list(filled)].items() if n.sum()]
    return pd.DataFrame(told, columns=["column", "source_systems", "main_share"])


def formats(c: Company) -> pd.DataFrame:
    """Per `table` and `column` whose shapes the border noted: `formats` (count), `main_share` (rows in the commonest) (D037)."""
    per = holdings.formats(c).group_by(["table", "column"])
    sums = per.agg(formats=row.count(), most=row.rows.max(), all=row.rows.sum())
    frame = sums.order_by(["table", "column"]).execute()
    frame["main_share"] = (frame.pop("most") / frame.pop("all")).astype(float)
    return frame.astype({"formats": "int64"})


def evidence(c: Company) -> pd.DataFrame:
    """Findings that no other measure makes: `fields_in_several_systems`, `columns_in_several_formats`.

    Each is left out where the data do not tell (no source stated, formats not noted) (D037).
    """
    fields, shapes = systems(c), formats(c)
    told = {
        "fields_in_several_systems": fields["source_systems"] > 1,
        "columns_in_several_formats": shapes["formats"] > 1,
    }
    rows = (finding(c, k, float(v.mean()), n=len(v)) for k, v in told.items() if len(v))
    return findings(c, rows, of=told)


def diagnosis(c: Company, told: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Findings weighed: one row per shortcoming and piece of evidence, `shortcoming`, `kpi`, `value`, `n`, `unit`, `limit`
    (in words), `verdict` (shows, does_not_show, cannot_say) and the deck's `remedy`, texts in the language in force.

    `told` are findings frames of whatever measures; only rows of the whole company count. `.attrs["without"]` keeps what is not
    recorded and would bear on it (D037).
    """
    found = {str(r["kpi"]): r for frame in told for r in frame[frame["segment"] == ""].to_dict("records")}
    rows = []
    for short in SHORTCOMINGS:
        for kpi in short.evidence:
            value, n = (float(found[kpi]["value"]), int(found[kpi]["n"])) if kpi in found else (NAN, 0)
            limit, beyond = _limit(c, kpi, value)
            verdict = "cannot_say" if pd.isna(value) else "shows" if beyond else "does_not_show"
            rows.append((short.name, kpi, value, n, KPIS[kpi].unit, limit, verdict, _(short.remedy)))
    weighed = pd.DataFrame(rows, columns=["shortcoming", "kpi", "value", "n", "unit", "limit", "verdict", "remedy"])
    absent = {name for short in SHORTCOMINGS for kpi in short.evidence for name in KPIS[kpi].needs if not c.knows(name)}
    weighed.attrs["without"] = tuple(sorted(absent.union(*(str(r["without"]).split() for r in found.values()))))
    return weighed


def shown(c: Company, weighed: pd.DataFrame) -> pd.DataFrame:
    """Findings `shortcomings_shown`: how many of the five some evidence shows; n is those of which the data tell something."""
    verdicts = weighed.groupby("shortcoming", sort=False)["verdict"].agg(set)
    told = [v for v in verdicts if v != {"cannot_say"}]
    value = sum("shows" in v for v in told)
    row = {
        **finding(c, "shortcomings_shown", value, n=len(told)),
        "without": " ".join(weighed.attrs["without"]),
    }
    return findings(c, [row] if told else [], of=("shortcomings_shown",))


def _limit(c: Company, kpi: str, value: float) -> tuple[str, bool]:
    """The limit of a KPI in words, and whether `value` lies beyond it."""
    quality, better = c.policy.quality, KPIS[kpi].better
    if KPIS[kpi].unit == "hours":
        hours = _("{n} hours").format(n=language.number(quality.on_time_hours))
        return _("at most {limit}").format(limit=hours), value > quality.on_time_hours
    if better == "down":
        share = quality.tolerated_share
        return _("at most {limit}").format(limit=language.percent(share, 0)), value > share
    share = quality.active_from if kpi == "active_mining_coverage" else 1 - quality.tolerated_share
    return _("at least {limit}").format(limit=language.percent(share, 0)), value < share
