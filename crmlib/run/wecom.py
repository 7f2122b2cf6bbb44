"""The month's pack for WeCom (企业微信): tags, send lists and requests as files. Nothing is sent.

A request of `add_msg_template` makes a task that the member confirms before anything goes to a customer; `mark_tag` gives and
takes tags of a member's contact (work.weixin.qq.com, documents 92135 and 92118). Neither was tried against an account.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from crmlib.border.lists import rows_of
from crmlib.models import sending
from crmlib.run.calendars import file_names
from crmlib.run.worklists import Row, shown_row
from crmlib.vocabulary import language
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.reasons_to_act import PERSONAL

CHANNEL = "wecom"
BYTES = 4000
"""Bytes of UTF-8 that the text of a message may have (document 92135)."""
SEND_LIST = ["send_on", "userid", "external_userid", "customer_id", "why", "script", "action_id", "time_zone"]
TAGS = ["external_userid", "userid", "customer_id", "tags", "add", "remove", "action_id"]
LEFT = {
    "no_contact": N_("no external_userid is on record"),
    "no_member": N_("nobody looks after the customer, so that no member can send it"),
    "no_script": N_("there is no script, or it is longer than 4,000 bytes"),
    "no_day": N_("no day is left under the cap"),
}
"""Why an action over WeCom is not in the pack."""
HELD = tuple(
    Held(
        f"private/wecom/{name}",
        says,
        N_("members send it in WeCom"),
        "private",
        own=("customer_id",),
        text=("action_id",),
        in_text=True,
    )
    for name, says in (
        ("send_list.csv", N_("who is sent what through WeCom, and on which day")),
        ("members/*.csv", N_("the same for each member")),
        ("tags.csv", N_("tags of contacts in WeCom, and how they change")),
        ("add_msg_template.jsonl", N_("requests for messages, one a line")),
        ("mark_tag.jsonl", N_("requests for tags, one a line")),
    )
)


def files(
    rows: Sequence[Row],
    as_of: date,
    zone: str,
    policy: Policy,
    *,
    sent: Mapping[str, Sequence[date]],
    before: Path | None = None,
) -> tuple[dict[str, str | bytes], list[str]]:
    """The pack by file name, and what there is to say of actions over WeCom that it does not hold.

    `sent` are the days of earlier messages by the customer's own id, `before` the folder of the last pack, whose tags go.
    """
    acting = [row for row in rows if row["arm"] == "act" and row["channel"] == CHANNEL]
    if not acting:
        return {}, []
    planned, left = [], Counter[str]()
    for row in acting:
        day, why = _day(row, as_of, policy, sent.get(str(row["customer_id"]), ()))
        left.update([why] if why else [])
        planned += [(day, row)] if day else []
    if not planned:
        return {}, _notes(left)
    planned.sort(key=lambda one: (one[0], str(one[1]["owner"]), int(one[1]["rank"])))
    sends = [_send(day, row, zone) for day, row in planned]
    members = file_names([one["userid"] for one in sends])
    tagged = _tags([row for _day, row in planned], rows_of(before / "tags.csv") if before else [])
    made: dict[str, str | bytes] = {
        "send_list.csv": _csv(SEND_LIST, sends),
        "tags.csv": _csv(TAGS, tagged),
        "add_msg_template.jsonl": _lines(_message(one) for one in sends),
        "mark_tag.jsonl": _lines(body for one in tagged if (body := _marking(one, policy.wecom.tags))),
    }
    for member, name in members.items():
        made[f"members/{name}.csv"] = _csv(SEND_LIST, [one for one in sends if one["userid"] == member])
    return {f"wecom/{name}": content for name, content in made.items()}, _notes(left)


def _day(row: Row, as_of: date, policy: Policy, sent: Sequence[date]) -> tuple[date | None, str]:
    """The day on which a message goes, or why it does not."""
    if not row["wecom"]:
        return None, "no_contact"
    if not row["owner"]:
        return None, "no_member"
    if not row.get("script") or len(str(row["script"]).encode()) > BYTES:
        return None, "no_script"
    rules = policy.contact

    def may(day: date) -> bool:
        return sending.is_open(day, rules.workdays, rules.days_off) and sending.has_room(day, sent, policy.wecom.cap)

    due = date.fromisoformat(row["due_on"]) if row["due_on"] else as_of
    day = sending.day_for(as_of, due, may, first=row["why"] in PERSONAL)
    return day, "" if day else "no_day"


def _send(day: date, row: Row, zone: str) -> dict[str, str]:
    shown = shown_row(row)
    told = {"send_on": day.isoformat(), "userid": row["owner"], "external_userid": row["wecom"], "why": shown["why"]}
    return {**told, **{c: str(row[c]) for c in ("customer_id", "script", "action_id")}, "time_zone": zone}


def _message(one: Mapping[str, str]) -> dict[str, Any]:
    """A request of add_msg_template, and when it is to be made."""
    body = {
        "chat_type": "single",
        "external_userid": [one["external_userid"]],
        "sender": one["userid"],
        "text": {"content": one["script"]},
    }
    return {"send_on": one["send_on"], "action_id": one["action_id"], "body": body}


def _tags(rows: Sequence[Row], before: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Tags by contact: tier and reason of those on the list; what last month's list gave and holds no more goes."""
    had = {row["external_userid"]: row for row in before}
    found = []
    for row in rows:
        tags = [str(row[c]) for c in ("tier", "why") if row.get(c)]
        old = had.pop(row["wecom"], {}).get("tags", "").split()
        told = {"external_userid": row["wecom"], "userid": row["owner"], "customer_id": row["customer_id"]}
        told |= {"tags": " ".join(tags), "action_id": row["action_id"]}
        told |= {"add": " ".join(t for t in tags if t not in old), "remove": " ".join(t for t in old if t not in tags)}
        found.append(told)
    gone = [row for row in had.values() if row.get("tags")]
    return found + [{**{c: row.get(c, "") for c in TAGS}, "tags": "", "add": "", "remove": row["tags"]} for row in gone]


def _marking(one: Mapping[str, str], known: Mapping[str, str]) -> dict[str, Any] | None:
    """A request of mark_tag of the tags that have an id; None where none has."""
    add, remove = ([known[t] for t in one[way].split() if t in known] for way in ("add", "remove"))
    if not add and not remove:
        return None
    body: dict[str, Any] = {"userid": one["userid"], "external_userid": one["external_userid"]}
    body |= {name: tags for name, tags in (("add_tag", add), ("remove_tag", remove)) if tags}
    return {"action_id": one["action_id"], "body": body}


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    return csv_text(columns, ([row[c] for c in columns] for row in rows))


def _lines(rows: Any) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _notes(left: Counter[str]) -> list[str]:
    text = _("WeCom: {n} actions over it are not in its pack: {why}.")
    return [text.format(n=language.number(n), why=_(LEFT[code])) for code, n in sorted(left.items())]
