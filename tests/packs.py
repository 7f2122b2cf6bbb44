"""Companies made at random, and what must hold of all that is handed out for each of them."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from openpyxl import load_workbook

from crmlib.border import returned
from crmlib.border.lists import Table
from crmlib.border.returned import Known
from crmlib.facts.company import Company, company_from
from crmlib.measures import scripts
from crmlib.run import handed_out
from crmlib.run.worklists import Own
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy
from tests.listed import whole_list
from tests.small_company import frozen

ENDS = [date(y, m, monthrange(y, m)[1]) for y in (2024, 2025, 2026, 2027, 2028) for m in range(1, 13)]
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Africa/Casablanca")
CHANNELS = ("wecom", "phone", "email")


@dataclass(frozen=True)
class Made:
    """One company: as known on its day, with its time zone, and the frames it was made of."""

    c: Company
    zone: str
    frames: dict[str, pd.DataFrame]
    own: Own

    @property
    def policy(self) -> Policy:
        return self.c.policy


def company(seed: int, folder: Path) -> Made:
    """The company of a seed, its tables frozen in a folder that has to last as long."""
    rng = random.Random(seed)
    as_of, n = rng.choice(ENDS), rng.randint(2, 9)
    who = [f"c{i}" for i in range(n)]

    def day(back: int) -> pd.Timestamp:
        return pd.Timestamp(as_of - timedelta(days=rng.randint(0, back))) + pd.Timedelta(hours=rng.randint(0, 23))

    customers = pd.DataFrame(
        {name: [rng.choice(some) for _ in who] for name, some in (
            ("owner", ["o1", "o2", None]), ("type", ["person", "company"]), ("wechat_status", ["valid", "valid", "missing"]),
            ("phone_status", ["valid", "missing"]), ("industry", ["retail", "finance", None]),
        )}
    ).assign(customer_id=who)  # fmt: skip
    money, words = [20.0, 900.0, 7000.0], ["a", "b, c", None]
    orders = [
        (f"x{i}", rng.choice(who), day(rng.choice([40, 200, 900])), rng.choice(money), rng.choice(words))
        for i in range(rng.randint(1, 40))
    ]
    sent = [(f"i{i}", rng.choice(who), day(45), rng.choice(CHANNELS), "out", "care") for i in range(rng.randint(0, 14))]
    given = []
    for one in who:
        for channel in CHANNELS:
            if rng.random() < 0.7:
                granted = day(500)
                gone = granted + pd.Timedelta(days=rng.randint(1, 200)) if rng.random() < 0.4 else None
                gone = gone if gone is not None and gone <= pd.Timestamp(as_of) else None
                given.append((one, channel, rng.choice(["sales", "care", "win_back"]), granted, gone))
    tickets = [
        (f"t{i}", rng.choice(who), day(60), rng.choice(["critical", "low"]), rng.choice(["billing", "complaint"]))
        for i in range(rng.randint(0, 5))
    ]
    frames = {
        "customers": customers,
        "orders": pd.DataFrame(orders, columns=["order_id", "customer_id", "ordered_at", "amount", "category"]),
        "interactions": pd.DataFrame(
            sent, columns=["interaction_id", "customer_id", "at", "channel", "direction", "purpose"]
        ),
        "consents": pd.DataFrame(given, columns=["customer_id", "channel", "purpose", "granted_at", "withdrawn_at"]),
        "tickets": pd.DataFrame(tickets, columns=["ticket_id", "customer_id", "opened_at", "severity", "category"]),
    }
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    off = [as_of + timedelta(days=d) for d in range(1, 12) if rng.random() < 0.3]
    rules = Policy.model_validate(
        {
            "contact": {
                "channels": list(CHANNELS), "hold_out_share": rng.choice([0.0, 0.3, 0.6]),
                "min_days_between": rng.choice([0, 3, 7]),
                "cap_per_30_days": rng.choice([2, 4, 9]), "workdays": sorted(rng.sample(range(1, 8), rng.randint(1, 7))),
                "days_off": off, "quiet_from": rng.choice([13, 18, 24]),
                "quiet_until": rng.choice([0, 8, 12]),
                "carry": rng.choice([[], ["name"], ["phone", "name"]]),
            },
            "wecom": {"cap": rng.choice(["month", "week", "day"]), "tags": {"silent": "et1", "high_value": "et2"}},
            "statistics": {"seed": rng.randint(0, 10**6)},
        }
    )  # fmt: skip
    ids = [(one, "customer", f'=K,{i};"客户', True, rng.choice(["zoho", "crm", None])) for i, one in enumerate(who)]
    ids += [(one, "customer", f"old-{i}", False, "zoho") for i, one in enumerate(who) if rng.random() < 0.3]
    ids += [(o, "owner", name, True, None) for o, name in (("o1", "li/na"), ("o2", "李娜"))]
    ids += [(one, "wecom", f"wm{i:024}", True, None) for i, one in enumerate(who) if rng.random() < 0.8]
    frame = pd.DataFrame(ids, columns=["pseudonym", "kind", "id", "chosen", "system"])
    carried = pd.DataFrame(
        {"pseudonym": who, "name": [f"+Name {i}" for i in range(n)], "phone": [f"+4930{i}" for i in range(n)]}
    )
    own = Own(frame, carried if rules.contact.carry else None)
    given = company_from(frames, as_of=as_of).tables
    c = frozen({name: getattr(given, name) for name in frames}, folder, as_of=as_of, policy=rules)
    return Made(c, rng.choice(ZONES), frames, own)


def breaches(seed: int) -> list[str]:
    """What does not hold of the lists of one company, in words; none where all is well."""
    with TemporaryDirectory() as folder:
        return _breaches(company(seed, Path(folder)), seed)


def _breaches(made: Made, seed: int) -> list[str]:
    spoken = "zh" if seed % 2 else "en"
    with language.using(spoken, "EUR"):
        # The warning takes most of the time, and adds a reason, not a rule.
        reasons = () if seed % 10 == 0 else ("overdue", "due", "reviews", "renewals")
        proposed = scripts.written(made.c, whole_list(made.c, *reasons))
        proposed.loc[proposed["channel"] == "", "channel"] = "phone"
        both = [
            handed_out.files(
                proposed, made.own, made.c.as_of, made.policy, company="Acme", zone=made.zone, opened=lambda: made.c
            )
            for _time in range(2)
        ]
    files = both[0][0]
    found = [] if both[0] == both[1] else ["not the same bytes twice"]
    rows = made.own.rows(proposed, made.c.as_of.isoformat())
    alone = {r["customer_id"] for r in rows if r["arm"] != "act"}
    found += _capped(made, files) + _consented(made, files, rows) + _left_alone(made, files, rows, alone)
    found += _calendars(made, files, rows) + _returned(files, rows, random.Random(seed), spoken)
    return [f"{seed}: {what}" for what in found]


def listed(content: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content))) if content else []


def _may(made: Made, day: date) -> bool:
    return day.isoweekday() in made.policy.contact.workdays and day not in made.policy.contact.days_off


def _capped(made: Made, files: dict[str, Any]) -> list[str]:
    found = []
    as_of, cap = made.c.as_of, made.policy.wecom.cap
    sends = listed(files.get("wecom/send_list.csv"))
    contact = {str(r.id): str(r.pseudonym) for r in made.own.ids[made.own.ids["kind"] == "wecom"].itertuples()}
    earlier = made.frames.get("interactions", pd.DataFrame(columns=["customer_id", "channel", "at"]))
    earlier = earlier[earlier["channel"] == "wecom"]
    for who in {s["external_userid"] for s in sends}:
        days = [date.fromisoformat(s["send_on"]) for s in sends if s["external_userid"] == who]
        before = [t.date() for t in earlier.loc[earlier["customer_id"] == contact[who], "at"]]
        for day in days:
            together = days + before
            same = {
                "day": sum(d == day for d in together) <= 1,
                "week": sum(d.isocalendar()[:2] == day.isocalendar()[:2] for d in together) <= 7,
                "month": sum(d.strftime("%Y%m") == day.strftime("%Y%m") for d in together)
                <= monthrange(day.year, day.month)[1],
            }
            if not same[cap]:
                found.append(f"{who} on {day}: more than the cap of a {cap}")
    for s in sends:
        day = date.fromisoformat(s["send_on"])
        if not as_of < day or not _may(made, day):
            found.append(f"sent on {day}, which is no day to send")
        if not s["userid"] or len(s["script"].encode()) > 4000 or not s["script"]:
            found.append("a message without member, without words or too long")
    bodies = [json.loads(line) for line in files.get("wecom/add_msg_template.jsonl", b"").decode().splitlines()]
    if [b["body"]["external_userid"] for b in bodies] != [[s["external_userid"]] for s in sends]:
        found.append("requests and send list differ")
    for line in files.get("wecom/mark_tag.jsonl", b"").decode().splitlines():
        body = json.loads(line)["body"]
        if not body["userid"] or not (body.get("add_tag") or body.get("remove_tag")):
            found.append("a request for tags without tag or member")
    members = {n: listed(content) for n, content in files.items() if n.startswith("wecom/members/")}
    if sorted(s["action_id"] for m in members.values() for s in m) != sorted(s["action_id"] for s in sends):
        found.append("the members' lists do not add up to the send list")
    return found


def _consented(made: Made, files: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    """Nobody gets a message whose last word on the channel was no."""
    consents = made.frames.get("consents")
    if consents is None:
        return []
    who = {s["customer_id"] for s in listed(files.get("wecom/send_list.csv"))}
    own = {
        str(r.pseudonym): str(r.id)
        for r in made.own.ids[(made.own.ids["kind"] == "customer") & made.own.ids["chosen"]].itertuples()
    }
    consents = consents[consents["channel"] == "wecom"]
    said_no = {own[c] for c, frame in consents.groupby("customer_id") if frame["withdrawn_at"].notna().all()}
    return [f"{one} withdrew consent" for one in who if one.removeprefix("'") in said_no]


def _left_alone(made: Made, files: dict[str, Any], rows: list[dict[str, Any]], alone: set[str]) -> list[str]:
    found = []
    numbers = {r["action_id"] for r in rows if r["arm"] != "act"}
    acts = listed(files["actions.csv"])
    for row in acts:
        held = row["action_id"] in numbers
        if held and any(row[c] for c in ("rank", "why", "channel", "script", "due_on", "minutes", "value_at_stake")):
            found.append("a customer held out looks like work")
        if held != (not row["rank"]):
            found.append("rank and hold-out do not go together")
        if ("name" in row) != ("name" in made.policy.contact.carry) or ("phone" in row) != (
            "phone" in made.policy.contact.carry
        ):
            found.append("names where policy wants none, or none where it wants them")
    first = [bool(row["rank"]) for row in acts]
    if first != sorted(first, reverse=True):
        found.append("held-out customers stand among the others")
    for name, content in files.items():
        text = content.decode("utf-8", "ignore") if isinstance(content, bytes) else content
        if name not in ("actions.csv", "proposals.csv", "actions.xlsx") and any(n in text for n in numbers):
            found.append(f"{name} holds somebody who is held out")
        if not made.policy.contact.carry and re.search(r"Name \d|\+4930", text):
            found.append(f"{name} carries a name or number")
    book = load_workbook(io.BytesIO(files["actions.xlsx"]))
    cells = [str(c.value) for c in next(book.worksheets[0].iter_cols(min_col=book.worksheets[0].max_column))]
    if numbers & set(cells) or any(c.data_type == "f" for s in book for line in s.iter_rows() for c in line):
        found.append("the workbook's first sheet holds somebody who is held out, or a formula")
    tasks = listed(files.get("zoho_crm_tasks.csv"))
    heading = next((h for h in (tasks[0] if tasks else ()) if h in ("Related To", "关联客户")), "")
    zoho = set(made.own.ids.loc[made.own.ids["system"] == "zoho", "id"])
    plain = {z.replace('"', " ") for z in zoho}
    if made.own.ids["system"].notna().any():
        found += [f"{t[heading]} is no record of Zoho" for t in tasks if t[heading].removeprefix("'") not in plain]
    return found


def events(data: bytes) -> list[dict[str, str]]:
    """The events of a calendar, read strictly after RFC 5545: raises `AssertionError` where it is none."""
    text = data.decode("utf-8")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    physical = text.split("\r\n")[:-1]
    assert all(len(line.encode()) <= 75 for line in physical), "a line of more than 75 octets"
    lines: list[str] = []
    for line in physical:
        if line.startswith(" "):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-1] == "END:VCALENDAR"
    assert sum(line.startswith("PRODID:") for line in lines) == 1
    found: list[dict[str, str]] = []
    inside = False
    for line in lines[1:-1]:
        name, sign, value = line.partition(":")
        assert sign, line
        assert re.fullmatch(r"[A-Z-]+", name), name
        assert not re.search(r"[\x00-\x08\x0a-\x1f]", value)
        if name == "BEGIN":
            assert value == "VEVENT"
            assert not inside
            inside, current = True, {}
        elif name == "END":
            assert inside
            inside = False
            assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(current)
            found.append(current)
        elif inside:
            assert name not in current, name
            assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value) or name in ("UID",), f"not escaped: {value}"
            current[name] = value
    assert not inside
    return found


def _calendars(made: Made, files: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    found, seen = [], Counter[str]()
    there = ZoneInfo(made.zone)
    rules = made.policy.contact
    for name, content in files.items():
        if not name.startswith("calendar/"):
            continue
        for event in events(content):
            begin, end = (
                datetime.strptime(event[k], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(there)
                for k in ("DTSTART", "DTEND")
            )
            seen[event["UID"].partition("@")[0]] += 1
            midnight = begin.replace(hour=0, minute=0, second=0, tzinfo=there)
            opens, closes = (midnight + timedelta(hours=h) for h in (rules.quiet_until, rules.quiet_from))
            if not (opens <= begin < end <= closes) or not _may(made, begin.date()) or not begin.date() > made.c.as_of:
                found.append(f"{name}: {begin} to {end} is no time for a contact")
    acting = [r["action_id"] for r in rows if r["arm"] == "act"]
    if any(n > 1 for n in seen.values()) or not set(seen) <= set(acting):
        found.append("an event twice, or of nobody on the list")
    missing = set(acting) - set(seen)
    days = [made.c.as_of + timedelta(days=n) for n in range(1, 80)]
    if missing and any(_may(made, d) for d in days[:30]):
        found.append(f"{len(missing)} contacts in no calendar")
    return found


def _returned(files: dict[str, Any], rows: list[dict[str, Any]], rng: random.Random, spoken: str) -> list[str]:
    """What is written into the list, with every third row filled in, comes back as it was written."""
    told = {}
    table = list(csv.reader(io.StringIO(files["actions.csv"])))
    at = {name: i for i, name in enumerate(table[0])}
    with language.using(spoken):
        words = {"done": language._("done"), "started": language._("begun"), "called_off": language._("called off")}
    for row in table[1:]:
        number = row[at["action_id"]]
        on = next(date.fromisoformat(r["proposed_on"]) for r in rows if r["action_id"] == number) + timedelta(
            days=rng.randint(0, 300)
        )
        status = rng.choice(["", *words])
        when = on.isoformat() if rng.random() < 0.5 else ""
        said = rng.choice(["", "reached", "=1+1", "答应下个月"])
        row[at["status"]], row[at["done_at"]], row[at["outcome"]] = words.get(status, ""), when, said
        if status or when or said:
            told[number] = (status or ("done" if when else ""), when, said)
    back = returned.read(
        [Table([h.lower() for h in table[0]], list(enumerate(table[1:], 2)))],
        Known({r["action_id"]: r["proposed_on"] for r in rows}),
    )
    found = [f"could not be read: {u}" for u in back.unread]
    if {s.action_id: s.told for s in back.said} != told:
        found.append("what came back is not what was written")
    return found
