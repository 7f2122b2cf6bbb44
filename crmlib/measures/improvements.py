"""What is changed to move a figure, and whether it helped: plan, do, check, act, kept from month to month (D128, D130)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from math import nan
from typing import Any, Final

import pandas as pd

from crmlib.facts import improvements as facts
from crmlib.facts import windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import _ as row_of
from crmlib.facts.findings import findings, resting, unsure_over_time
from crmlib.facts.improvements import ACT, CHECK, DO, PLAN
from crmlib.facts.moves import against, by_customer
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import code_label, label
from crmlib.vocabulary.language import _, listed, ngettext, number
from crmlib.vocabulary.months import month_end_before, quarter_end
from crmlib.vocabulary.stages import IMPROVING

Measure = Callable[[Company], pd.DataFrame]
"""A company to findings."""
DAYS: Final = ("due_on", *IMPROVING.day_of.values())
CHECKED: Final = ("at_start", "value", "low", "high", "n", "verdict")
COLUMNS: Final = ("number", "kpi", "stage", "begun_on", "due_on", *CHECKED, "target", "lacks", "unit", "without")
REST: Final = (*(day for day in DAYS if day not in COLUMNS), "aim")
PROPOSED: Final = 3
"""Rows that a list without any is begun with, at most."""
QUESTIONS: Final = ("question_goal", "question_problems", "question_new")
"""The three questions of an evaluation (D128)."""


def table(c: Company, months: pd.DataFrame, measures: Sequence[Measure], reachable: pd.DataFrame) -> pd.DataFrame:
    """One row per improvement on the list in the order of its numbers, what was closed over a year ago left out: `COLUMNS`, the
    days of the other stages, and `aim`.

    `at_start` is the figure as of the end of the month before the change began, which cannot have felt it, `value` today's, and
    `verdict` as of `moves.against` among all changes begun in one month; all empty where nothing has begun yet, `cannot_say`
    where `measures` do not hold the figure. `months` is `comparison.table`: of a list without any row the first are proposed from
    it, what moved for the worse beyond chance, then what missed its target by most; `aim` is what such a row aims at, else NaN:
    the target proposed in `reachable` (`targets.table`) by its day, no further than that of policy; without one that of policy,
    or the figure before it fell.
    """
    listed = facts.improvements(c).filter(row_of.acted_on.isnull() | (row_of.acted_on > c.as_of - windows.YEAR))
    rows = listed.filter(row_of.kpi.isin([*KPIS])).order_by("number").to_pandas()
    if rows.empty:
        return _proposed(c, months, reachable)
    for day in DAYS:
        rows[day] = [None if pd.isna(value) else pd.Timestamp(value).date() for value in rows[day]]
    starts = {day: month_end_before(day) for day in rows["begun_on"].dropna()}
    looks = {start: _against(c, start, measures) for start in dict.fromkeys(starts.values())}
    checks: list[dict[str, Any]] = []
    rest: dict[tuple[str, str], float] = {}
    for row in rows.to_dict("records"):
        look = looks.get(starts.get(row["begun_on"], c.as_of), pd.DataFrame(columns=["kpi"]))
        here = look[look["kpi"] == row["kpi"]].to_dict("records")
        empty = {**dict.fromkeys(CHECKED, nan), "verdict": "cannot_say" if row["begun_on"] else ""}
        checks.append({name: (here[0] if here else empty)[name] for name in CHECKED})
        rest |= {key: n for key, n in look.attrs.get("customers", {}).items() if key[0] == row["kpi"]}
    told = rows.assign(
        number=rows["number"].astype(str),
        target=rows["kpi"].map(c.policy.targets.reach).astype(float),
        unit=[KPIS[kpi].unit for kpi in rows["kpi"]],
        lacks=[_lacks(codes) for codes in rows["lacks"]],
        without=[unsure_over_time(c, kpi) for kpi in rows["kpi"]],
    )
    told = told.join(pd.DataFrame(checks, index=told.index))
    return resting(told.assign(aim=nan)[[*COLUMNS, *REST]], rest)


def shown(improved: pd.DataFrame) -> pd.DataFrame:
    """The rows as a page shows them."""
    return improved[[*COLUMNS]]


def says(c: Company, improved: pd.DataFrame) -> str:
    """How many improvements stand at which stage, in a sentence; that rows are proposed, or that there is nothing to propose."""
    if improved.empty:
        return _(
            "Nothing is on the list of improvements (private/improvements.csv), and no figure moved for the worse beyond chance "
            "or missed a target."
        )
    if _is_new(c):
        return _("Nothing is on the list of improvements; these rows are proposed, to be completed or deleted.")
    n = len(improved)
    counts = improved["stage"].value_counts()
    parts = [f"{code_label(stage)} {number(int(counts[stage]))}" for stage in IMPROVING.stages if stage in counts]
    text = ngettext("{n} improvement is on the list: {parts}.", "{n} improvements are on the list: {parts}.", n)
    return text.format(n=number(n), parts=listed(parts))


def note(improved: pd.DataFrame) -> str:
    """Where people's own words lie, and how the checks are to be read."""
    if improved.empty:
        return ""
    where = _("Goals, what is tried and who does it stand in private/improvements.csv, which people write into.")
    if not improved["stage"].isin([DO, CHECK, ACT]).any():
        return where
    how = _("Better after a change began is not better because of it: what else changed, only a lot would tell apart.")
    return f"{where} {how}"


def answers(months: pd.DataFrame, improved: pd.DataFrame) -> pd.DataFrame:
    """The three questions (D128), `question`, each with its `answer` in the reader's language, from the figures compared
    (`months`) and the list.
    """
    if months.empty:
        return pd.DataFrame(columns=["question", "answer", "without"])
    verdicts = months.set_index("kpi")["verdict"]
    aims = months.set_index("kpi").get("verdict_target", pd.Series(dtype="str"))
    worked_on = set(improved.loc[improved["stage"].isin([DO, CHECK]), "kpi"])
    worse = [kpi for kpi in months["kpi"] if verdicts[kpi] == "worse" or aims.get(kpi) == "missed"]
    moved = [kpi for kpi in months["kpi"] if verdicts[kpi] in ("better", "moved") and kpi not in worked_on]
    fell = [kpi for kpi in months["kpi"] if verdicts[kpi] == "worse" and kpi not in worked_on]
    said = [_goals(aims, improved), _problems(worse, worked_on), _new(moved, fell)]
    unsure = " ".join(dict.fromkeys(name for names in months["without"] for name in names.split()))
    return pd.DataFrame({"question": QUESTIONS, "answer": said, "without": unsure})


def _goals(aims: pd.Series[Any], improved: pd.DataFrame) -> str:
    begun = improved[improved["stage"].isin([DO, CHECK, ACT])].set_index("kpi")["verdict"]
    told = [
        (_("Target reached: {figures}."), aims[aims == "reached"]),
        (_("Target missed: {figures}."), aims[aims == "missed"]),
        (_("Too close to the target to tell: {figures}."), aims[aims == "too_close"]),
        (_("Better since a change began: {figures}."), begun[begun == "better"]),
        (_("Worse since a change began: {figures}."), begun[begun == "worse"]),
        (_("Changed, and not to tell yet: {figures}."), begun[begun == "too_close"]),
    ]
    parts = [text.format(figures=_named([*dict.fromkeys(which.index)])) for text, which in told if len(which)]
    return " ".join(parts) or _("Cannot be told: no figure has a target, and no change has begun.")


def _problems(worse: Sequence[str], worked_on: set[str]) -> str:
    if not worse:
        return _("Nothing that can be told: no figure moved for the worse beyond chance, and none missed a target.")
    open_ = [kpi for kpi in worse if kpi not in worked_on]
    text = _("Worse beyond chance, or short of the target: {figures}.").format(figures=_named(worse))
    if open_:
        return text + " " + _("Nobody has begun to change anything about: {figures}.").format(figures=_named(open_))
    return text + " " + _("Something is being changed about each of them.")


def _new(moved: Sequence[str], fell: Sequence[str]) -> str:
    if not moved and not fell:
        return _("Nothing that can be told: nothing moved beyond chance that nobody had set out to change.")
    return _("Moved beyond chance without anybody's having set out to change it: {figures}.").format(
        figures=_named([*fell, *moved])
    )


def _named(kpis: Sequence[str]) -> str:
    return listed([label(kpi, "kpi") for kpi in kpis])


def _lacks(codes: str | None) -> str:
    return listed([code_label(code) for code in (codes or "").split()])


def _is_new(c: Company) -> bool:
    return not facts.improvements(c).limit(1).to_pyarrow().num_rows


def _against(c: Company, start: date, measures: Sequence[Measure]) -> pd.DataFrame:
    """The figures of the whole company today against those of an earlier day."""
    then = c.at(start)
    now, before = (pd.concat([findings(on), *(measure(on) for measure in measures)]) for on in (c, then))
    found = against(now[now["segment"] == ""], before, c.policy.statistics, paired=partial(by_customer, c, then))
    return found.rename(columns={"before": "at_start"})


def _proposed(c: Company, months: pd.DataFrame, reachable: pd.DataFrame) -> pd.DataFrame:
    """The first rows of a list: what is to be moved back, or towards its target."""
    aims: Mapping[str, float] = c.policy.targets.reach
    rows = months.assign(target=[aims.get(kpi, nan) for kpi in months["kpi"]])
    rows["is_missed"] = rows["verdict_target"] == "missed" if "verdict_target" in rows else False
    fell = rows["verdict"] == "worse"
    short = ((rows["target"] - rows["value"]) / rows["target"].abs().where(rows["target"] != 0)).abs().fillna(0.0)
    rows = rows.assign(fell=fell, short=short)[fell | rows["is_missed"]]
    rows = rows.sort_values(["fell", "short"], ascending=False, kind="stable").head(PROPOSED).reset_index(drop=True)
    near: Mapping[str, float] = reachable.set_index("kpi")["proposed"].dropna().to_dict()
    goals = [_aim(row, near.get(row["kpi"], nan)) for row in rows.to_dict("records")]
    later, soon = quarter_end(quarter_end(c.as_of)), windows.ahead(c)
    told = rows.assign(
        number=[str(i + 1) for i in rows.index],
        stage=PLAN,
        planned_on=c.as_of,
        due_on=[soon if is_near else later for _value, is_near in goals],
        at_start=rows["before"],
        aim=[value for value, _is_near in goals],
        lacks="",
        **dict.fromkeys(("begun_on", "checked_on", "acted_on")),
    )
    told = told[[*COLUMNS, *REST]]
    told.attrs = months.attrs
    return told


def _aim(row: Mapping[str, Any], near: float) -> tuple[float, bool]:
    """What a proposed row aims at, and whether that is the proposed target; one that today's figure has reached is none."""
    way = 1 if KPIS[row["kpi"]].better == "up" else -1
    far = row["target"] if row["target"] == row["target"] else row["before"]
    if not way * (near - row["value"]) > 0:
        return far, False
    return (near, True) if row["target"] != row["target"] or way * (row["target"] - near) > 0 else (far, False)
