"""All that is handed out: caps, quiet hours, consent and hold-outs hold for any company; each file is what it says it is."""

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.models import sending
from crmlib.run import calendars, handed_out, tasks, wecom
from crmlib.run.worklists import Own
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy
from tests.packs import breaches, events
from tests.small_company import AS_OF

POLICY = Policy.model_validate({})
SYSTEMS = ["crm", "erp", "shop", "zoho"]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_no_list_breaks_a_cap_quiet_hours_consent_or_hold_out(seed: int) -> None:
    assert breaches(seed) == []


DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@settings(max_examples=200, deadline=None)
@given(DAYS, st.integers(0, 40), st.lists(DAYS, max_size=12), st.sampled_from(["day", "week", "month"]), st.booleans())
def test_a_day_for_a_message_is_open_and_has_room(
    after: date, ahead: int, sent: list[date], cap: sending.Cap, first: bool
) -> None:
    due = date.fromordinal(after.toordinal() + ahead)
    sent = [*sent, *(date.fromordinal(after.toordinal() + n) for n in range(8))]

    def may(day: date) -> bool:
        return sending.is_open(day, (1, 3, 5), (due,)) and sending.has_room(day, sent, cap)

    day = sending.day_for(after, due, may, first=first)
    assert day is not None
    assert day > after
    assert may(day)
    open_days = [d for n in range(1, ahead + 1) if may(d := date.fromordinal(after.toordinal() + n))]
    if open_days:
        assert day == (open_days[0] if first else open_days[-1])


def test_caps_by_hand() -> None:
    leap = [date(2028, 2, 1 + n) for n in range(29)]
    assert not sending.has_room(date(2028, 2, 29), leap[:29], "month")
    assert sending.has_room(date(2028, 2, 29), leap[:28], "month")
    assert sending.has_room(date(2028, 3, 1), leap, "month")
    week = [date(2026, 11, 2 + n) for n in range(7)]
    assert not sending.has_room(date(2026, 11, 8), week, "week")
    assert sending.has_room(date(2026, 11, 9), week, "week")
    assert not sending.has_room(date(2026, 11, 2), week, "day")
    assert sending.day_for(AS_OF, AS_OF, lambda _day: False, first=True) is None


@pytest.mark.parametrize(
    ("day", "zone", "begin"),
    [
        (date(2026, 3, 28), "Europe/Berlin", "2026-03-28T08:00"), (date(2026, 3, 29), "Europe/Berlin", "2026-03-29T07:00"),
        (date(2026, 10, 25), "Europe/Berlin", "2026-10-25T08:00"), (date(2026, 11, 1), "America/New_York", "2026-11-01T14:00"),
        (date(2026, 11, 2), "Asia/Shanghai", "2026-11-02T01:00"),
    ],
)  # fmt: skip
def test_a_contact_begins_at_the_same_hour_of_the_day_when_clocks_change(day: date, zone: str, begin: str) -> None:
    spans = list(sending.slots(day, [15, 30], zone, opens=9, closes=20))
    assert spans[0][0].strftime("%Y-%m-%dT%H:%M") == begin
    assert spans[0][0].astimezone(ZoneInfo(zone)).hour == 9
    assert spans[1][0] == spans[0][1]


def test_a_calendar_escapes_folds_and_gives_the_same_bytes() -> None:
    row = {"action_id": "a1", "customer_id": "K-1", "why": "silent", "why_text": "a; b, c\\d\r\nnew line \x07" + "界" * 60,
           "what": "w", "what_text": "=1", "channel": "phone", "owner": "li",
           "due_on": "2026-11-06", "arm": "act", "rank": 1}  # fmt: skip
    made = calendars.files([row], AS_OF, "云溪 & Co", "Asia/Shanghai", POLICY)
    assert made == calendars.files([row], AS_OF, "云溪 & Co", "Asia/Shanghai", POLICY)
    (event,) = events(bytes(made["calendar/li.ics"]))  # type: ignore[arg-type]
    assert event["UID"] == "a1@co.crmlib"
    assert event["DTSTAMP"] == "20261031T000000Z"
    assert r"a\; b\, c\\d\nnew line " in event["DESCRIPTION"]
    assert datetime.strptime(event["DTSTART"], "%Y%m%dT%H%M%SZ").date() == date(2026, 11, 2), (
        "silence is asked about soon"
    )
    held = calendars.files([{**row, "arm": "hold_out"}], AS_OF, "x", "UTC", POLICY)
    assert held == {}
    assert calendars.file_names(["a/b", "a\\b", "", "A_b", "..", "李娜"]) == {
        "": "without_owner", "..": "without_owner-2", "A_b": "A_b", "a/b": "a_b-2", "a\\b": "a_b-3", "李娜": "李娜",
    }  # fmt: skip


def message(i: int, **more: object) -> dict[str, object]:
    told = {"action_id": f"a{i}", "customer_id": f"K-{i}", "why": "silent", "why_text": "Silent.", "what": "w",
            "channel": "wecom",
            "owner": "lina", "due_on": "2026-11-07", "arm": "act", "rank": i, "tier": "growth", "script": "Hello.",
            "wecom": f"wm{i:024}", "without": ""}  # fmt: skip
    return {**told, **more}


def test_what_cannot_go_over_wecom_is_told_and_tags_of_last_month_go(tmp_path: object) -> None:
    rows = [
        message(1),
        message(2, owner=""),
        message(3, wecom=""),
        message(4, script="界" * 1400),
        message(5, arm="hold_out"),
    ]
    rules = Policy.model_validate({"wecom": {"tags": {"growth": "et_g", "silent": "et_s", "dropped": "et_d"}}})
    made, notes = wecom.files(rows, AS_OF, "Asia/Shanghai", rules, sent={})
    assert [json.loads(x)["action_id"] for x in bytes(made["wecom/add_msg_template.jsonl"]).decode().splitlines()] == [
        "a1"
    ]  # type: ignore[arg-type]
    assert len(notes) == 3
    (tag,) = (json.loads(x) for x in bytes(made["wecom/mark_tag.jsonl"]).decode().splitlines())  # type: ignore[arg-type]
    assert tag["body"] == {"userid": "lina", "external_userid": f"wm{1:024}", "add_tag": ["et_g", "et_s"]}
    from pathlib import Path

    before = Path(str(tmp_path))
    old = "external_userid,userid,customer_id,tags,add,remove,action_id\n"
    old += f"wm{1:024},lina,K-1,growth dropped,,,a9\nwm{9:024},lina,K-9,growth,,,a8\n"
    (before / "tags.csv").write_text(old)
    made, _notes = wecom.files(rows[:1], AS_OF, "Asia/Shanghai", rules, sent={}, before=before)
    bodies = [json.loads(x)["body"] for x in bytes(made["wecom/mark_tag.jsonl"]).decode().splitlines()]  # type: ignore[arg-type]
    assert bodies == [
        {"userid": "lina", "external_userid": f"wm{1:024}", "add_tag": ["et_s"], "remove_tag": ["et_d"]},
        {"userid": "lina", "external_userid": f"wm{9:024}", "remove_tag": ["et_g"]},
    ]
    assert wecom.files([message(1, channel="phone")], AS_OF, "UTC", rules, sent={}) == ({}, [])


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_a_task_file_speaks_one_language_and_holds_one_systems_records(spoken: str) -> None:
    rows = [
        {
            **message(i, channel="phone"),
            "records": [(f"K-{i}", "crm" if i < 3 else "shop"), (f"Z-{i}", "zoho" if i != 2 else "erp")],
        }
        for i in range(1, 5)
    ]
    with language.using(spoken, "CNY"):
        made, notes = tasks.files(rows, {}, SYSTEMS)
        text = str(made["zoho_crm_tasks.csv"])
        assert "fxiaoke_tasks.csv" not in made
        assert len(notes) == 2
    lines = text.splitlines()
    assert [f"Z-{i}" in text for i in range(1, 5)] == [True, False, True, True]
    assert "K-" not in text
    letters = any("\u4e00" <= c <= "\u9fff" for c in text.replace("Silent.", "").replace("Hello.", ""))
    assert letters == (spoken == "zh")
    assert len(lines) == 4
    with language.using(spoken, "CNY"):
        assert "K-1" in str(tasks.files(rows, {"zoho_crm": "crm"}, SYSTEMS)[0]["zoho_crm_tasks.csv"])
        alone = [{**row, "records": [(row["customer_id"], "")]} for row in rows]
        assert set(tasks.files(alone, {}, [])[0]) == {"zoho_crm_tasks.csv", "fxiaoke_tasks.csv"}


def test_the_same_list_gives_the_same_workbook() -> None:
    frame = pd.DataFrame([{k: v for k, v in message(1).items() if k not in ("rank", "wecom")}])
    ids = pd.DataFrame([("K-1", "customer", "K1", True)], columns=["pseudonym", "kind", "id", "chosen"])
    one, two = (handed_out.files(frame, Own(ids), AS_OF, POLICY)[0]["actions.xlsx"] for _time in range(2))
    assert one == two
