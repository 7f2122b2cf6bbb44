"""What comes back of the lists: what became of each action, by people, a CRM or WeCom, line by line.

A line is never lost: it says something of an action, or it is named with what could not be read, or it is counted as a task of
somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from crmlib.border import written_days
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.statuses import SENT, UNREAD, words

if TYPE_CHECKING:
    from crmlib.border.lists import Table

TOKEN = re.compile(r"(?<![0-9A-Za-z])a\d{4}[0-9a-f]{8}(?![0-9A-Za-z])")
"""The number of an action in the text of a task."""
LOOKED_AT = 10
"""Lines in which a heading is looked for."""
HEADINGS = {
    "action_id": "action_id;action id",
    "status": "status;state;task status;状态;任务状态;执行状态;发送状态;完成状态",
    "done_at": "done_at;done at;done on;closed time;completed time;completion time;completed on;completed date;completion date;"
    "完成时间;完成日期;完成于;实际完成时间;实际完成日期;关闭时间;结束时间",
    "outcome": "outcome;result;results;closing remarks;结果;处理结果;跟进结果;执行结果;完成情况;反馈",
    "proposed_on": "proposed_on",
    "due_on": "due_on;due date;截止时间;截止日期;到期日",
    "external_userid": "external_userid;external userid;外部联系人id;客户external_userid",
    "userid": "userid;sender;成员userid",
    "send_time": "send_time;发送时间",
}
"""Names that a column has in our lists, in exports of CRMs and in results of WeCom."""
SAYS = ("status", "done_at", "outcome")


@dataclass(frozen=True)
class Said:
    """What a line says of an action; `done_at` in ISO form, empty where nothing is said."""

    action_id: str
    line: int
    status: str = ""
    done_at: str = ""
    outcome: str = ""

    @property
    def told(self) -> tuple[str, str, str]:
        """What it says, without where."""
        return self.status, self.done_at, self.outcome


@dataclass(frozen=True)
class Unread:
    """A cell that could not be read: its line and column, what stood there, and why (`statuses.WHY`)."""

    line: int
    column: str
    found: str
    why: str
    action_id: str = ""


@dataclass(frozen=True)
class Known:
    """The actions that reviews have proposed, by number with their day; `sent` the actions that messages of WeCom packs are, by
    contact and member, the latest last.
    """

    actions: Mapping[str, str]
    sent: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    zone: str = "UTC"


@dataclass(frozen=True)
class Back:
    """All that a file says: lines, cells that could not be read, and how many lines are of other tasks."""

    said: tuple[Said, ...] = ()
    unread: tuple[Unread, ...] = ()
    others: int = 0


def read(tables: Iterable[Table], known: Known) -> Back:
    """What the tables of a file say of the actions that are `known`."""
    said: list[Said] = []
    unread: list[Unread] = []
    others = 0
    for table in tables:
        lines = [(1, list(table.headings)), *table.lines]
        at, begin = _heading([cells for _line, cells in lines[:LOOKED_AT]])
        body = lines[begin + 1 :]
        order = written_days.order(
            [cells[at[n]] for n in ("proposed_on", "due_on", "done_at") if n in at for _line, cells in body]
        )
        for line, cells in body:
            row = {name: cells[i].strip() for name, i in at.items()}
            which = _which(row, cells, known)
            if isinstance(which, Unread):
                unread.append(Unread(line, which.column, which.found, which.why))
            elif not which:
                others += 1
            else:
                one, missed = _line(line, which, row, known, order, table.day_0)
                said += [one] if any(one.told) else []
                unread += missed
    return Back(tuple(said), tuple(unread), others)


def _heading(lines: list[list[str]]) -> tuple[dict[str, int], int]:
    """Where each column stands, and which of the first lines is the heading: that with the most columns that are known."""
    found = [_columns(cells) for cells in lines] or [{}]
    best = max(range(len(found)), key=lambda i: (len(found[i]), -i))
    return found[best], best


def _columns(cells: Sequence[str]) -> dict[str, int]:
    known = _names()
    named = [(known.get(" ".join(cell.casefold().split())), i) for i, cell in enumerate(cells)]
    at: dict[str, int] = {}
    for name, i in named:
        if name:
            at.setdefault(name, i)
    return at


def _which(row: Mapping[str, str], cells: Sequence[str], known: Known) -> str | Unread:
    """The number of the action that a line is about; what could not be read, or nothing for another task."""
    if number := row.get("action_id", ""):
        return number if number in known.actions else Unread(0, "action_id", number, "no_action")
    for cell in cells:
        if met := next((t for t in TOKEN.findall(cell) if t in known.actions), ""):
            return met
    if who := row.get("external_userid", ""):
        return _message(row, who, known) or Unread(0, "external_userid", who, "nobody")
    if lost := next((t for cell in cells for t in TOKEN.findall(cell)), ""):
        return Unread(0, "action_id", lost, "no_action")
    if "action_id" in row and any(row.get(name) for name in SAYS):
        return Unread(0, "action_id", " ".join(filter(None, (row.get(n) for n in SAYS))), "no_number")
    return ""


def _message(row: Mapping[str, str], who: str, known: Known) -> str:
    """The latest action that was this message and was proposed by the day it was sent."""
    on = _sent_on(row.get("send_time", ""), known.zone)[:10]
    actions = known.sent.get((who, row.get("userid", ""))) or known.sent.get((who, ""), ())
    return next((a for a in reversed(actions) if not on or known.actions[a] <= on), "")


def _line(
    line: int, action: str, row: Mapping[str, str], known: Known, order: str, day_0: str
) -> tuple[Said, list[Unread]]:
    missed: list[Unread] = []
    status, done_at = _status(row), ""
    if status is None:
        missed.append(Unread(line, "status", row["status"], "no_status", action))
    cell = row.get("done_at", "")
    if words().get(cell.casefold()) is not None:
        status, cell = status or words()[cell.casefold()], ""
    if cell:
        done_at, why = _done_at(cell, known.actions[action], order, day_0)
        missed += [Unread(line, "done_at", cell, why, action)] if why else []
    elif row.get("external_userid") and status == "done":
        done_at = _sent_on(row.get("send_time", ""), known.zone)
    status = status or ("done" if done_at else UNREAD if missed else "")
    return Said(action, line, status, done_at, row.get("outcome", "")), missed


def _status(row: Mapping[str, str]) -> str | None:
    """The code of a status, empty where none is written, None where it is not known."""
    cell = row.get("status", "")
    if not cell:
        return ""
    if row.get("external_userid") and cell in SENT:
        return SENT[cell]
    return words().get(cell.casefold())


def _done_at(cell: str, proposed_on: str, order: str, day_0: str) -> tuple[str, str]:
    """The day in ISO form, or why there is none."""
    found = written_days.iso(cell, order, proposed_on[:10], day_0)
    if not found:
        return "", "no_day"
    if proposed_on and found[:10] < proposed_on[:10]:
        return "", "before"
    if proposed_on and date.fromisoformat(found[:10]) > date.fromisoformat(proposed_on[:10]) + timedelta(
        days=written_days.WITHIN
    ):
        return "", "later"
    return found, ""


def _sent_on(cell: str, zone: str) -> str:
    """A moment of WeCom, in seconds since 1970, as the company's own time; empty where none is told."""
    if not cell.isdecimal() or not int(cell) or len(cell) > 11:
        return ""
    return datetime.fromtimestamp(int(cell), UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


@cache
def _names() -> Mapping[str, str]:
    """Each way of heading a column, in small letters, to the name by which we know it."""
    found = {text: name for name, texts in HEADINGS.items() for text in texts.split(";")}
    for spoken in language.LANGUAGES:
        with language.using(spoken):
            found |= {label(name).casefold(): name for name in HEADINGS}
    return found
