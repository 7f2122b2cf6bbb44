"""The team game: one month for all tables, so that choices differ and luck does not, and honest intervals of what they earned."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crmlib.run import game as run
from crmlib.run.cli import app
from crmlib.run.game import brought, drawn, page, read_choices, told, verdict
from crmlib.run.teach import TeachingError
from crmlib.teaching import game
from crmlib.teaching.continued import lived_on
from crmlib.teaching.game import HOLD_OUT, MINUTES, Month, month_of, played
from crmlib.teaching.living import begun, live
from crmlib.vocabulary.language import using
from crmlib.vocabulary.policy import TIERS, load
from tests.test_living import listed

ROOT = Path(__file__).parent.parent
SIZE = 1500
CHOICES = {"Red": {"high_value": 60.0}, "Blue": {"growth": 20.0, "potential": 20.0}, "Green": {"long_tail": 60.0}}


@cache
def month(seed: int = 7) -> Month:
    return month_of(begun(SIZE, seed), load(ROOT / "datasets" / "teaching" / "policy.toml"))


def test_whoever_is_in_the_game_has_been_quiet_and_some_are_left_alone() -> None:
    rows, trade = month().customers, month().life.made.trade
    last, _count = trade.last_before(month().first, len(month().life.made.people))
    assert (month().first - last[rows["entity"]] > game.QUIET_DAYS).all()
    assert rows["entity"].is_unique
    assert set(rows["tier"]) == set(TIERS)
    assert rows["held_out"].mean() == pytest.approx(HOLD_OUT, abs=0.05)


def test_tables_differ_by_their_choice_and_by_nothing_else() -> None:
    none, red, again = (played(month(), hours) for hours in ({}, CHOICES["Red"], CHOICES["Red"]))
    assert red == again
    assert (none["contacted"], none["truth"], none["cost"]) == (0, 0.0, 0.0)
    for name in TIERS:
        rows = [next(r for r in came["tiers"] if r["tier"] == name) for came in (none, red)]
        assert [r["bought_held_out"] for r in rows] == [rows[0]["bought_held_out"]] * 2
    both = played(month(), {"growth": 20.0, "long_tail": 10.0})
    parts = [played(month(), {tier: hours}) for tier, hours in (("growth", 20.0), ("long_tail", 10.0))]
    assert both["truth"] == pytest.approx(sum(part["truth"] for part in parts), abs=0.02)
    assert both["estimate"] == pytest.approx(sum(part["estimate"] for part in parts), abs=0.02)
    more = played(month(), {"growth": 10.0})
    assert 0 < more["contacted"] < parts[0]["contacted"]


def test_hours_reach_as_many_as_their_minutes_allow_and_no_held_out() -> None:
    came = played(month(), {"potential": 1.0, "long_tail": 1e6})
    rows = {row["tier"]: row for row in came["tiers"]}
    assert rows["potential"]["contacted"] == 60 // MINUTES["potential"]
    assert rows["long_tail"]["contacted"] == rows["long_tail"]["free"]
    assert rows["long_tail"]["contacted"] + rows["long_tail"]["held_out"] == rows["long_tail"]["customers"]
    hours = sum(row["contacted"] * MINUTES[name] for name, row in rows.items()) / 60
    assert came["cost"] == pytest.approx(hours * game.HOUR, abs=0.01)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    came = [played(month_of(begun(400, n), load(None)), {"potential": 30.0, "long_tail": 30.0}) for n in range(1, 13)]
    assert len({one["estimate"] for one in came}) == 12
    assert sum(one["low"] <= one["truth"] <= one["high"] for one in came) >= 9


def test_too_few_of_either_say_nothing() -> None:
    rows = month().customers
    few = rows[(rows["tier"] != "high_value") | rows["held_out"]]
    one = rows[(rows["tier"] == "high_value") & ~rows["held_out"]].head(1)
    small = Month(month().life, game.pd.concat([few, one], ignore_index=True), month().draws, month().first)
    came = played(small, {"high_value": 60.0})
    assert came["estimate"] is None
    with using("en", "CNY"):
        assert brought(came) == "not enough to tell"
        assert verdict(came) == "Nobody can say."
        assert drawn({"Red": came})["Red"].estimate == drawn({"Red": came})[""].estimate


def test_the_game_goes_on_from_the_month_that_the_copy_has_lived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lists").mkdir()
    life = begun(300, 7)
    rows = listed(life, 20)
    live(life, rows)
    ids = life.made.held.drop_duplicates("entity_id").set_index("entity_id")["record_id"]
    given = rows.assign(action_id="a", customer_id=rows["entity"].map(ids), explore="False", due_on="2026-11-05")
    given.to_csv(tmp_path / "lists" / "2026-11.csv", index=False)
    (tmp_path / "living.json").write_text('{"seed": 7, "customers": 300}', encoding="utf-8")
    assert lived_on(tmp_path).name == "2026-12"
    came = game.game(tmp_path, {"Red": {"long_tail": 5.0}})
    assert (came["month"], list(came["tables"])) == ("2026-12", ["Red"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("table,high_value,growth,potential\nRed,1,1,1\n", "no column 'long_tail'"),
        ("table,high_value,growth,potential,longtail\nRed,1,1,1,1\n", "no column 'long_tail'; did you mean 'longtail'"),
        ("", "no column 'table'"),
        (
            "table,high_value,growth,potential,long_tail\nRed,1,1,1,x\n",
            "line 2: long_tail: expected hours from 0, found 'x'",
        ),
        ("table,high_value,growth,potential,long_tail\nRed,-1,1,1,1\n", "line 2: high_value: expected hours from 0"),
        (
            "table,high_value,growth,potential,long_tail\nRed,100,20,1,0\n",
            "line 2: Red allots 121 hours, there are 120",
        ),
        (
            "table,high_value,growth,potential,long_tail\nRed,1,,,\nRed,1,,,\n",
            "line 3: expected a name that no other table has",
        ),
        (
            "table,high_value,growth,potential,long_tail\n" + "".join(f"T{n},1,1,1,1\n" for n in range(13)),
            "13 tables; at most 12",
        ),
    ],
)
def test_a_file_of_choices_that_cannot_be_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "tables.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TeachingError) as error:
        read_choices(file, 120)
    assert says in str(error.value)
    with pytest.raises(TeachingError, match="no such file"):
        read_choices(tmp_path / "none.csv", 120)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_says_a_line_a_table_and_writes_the_page(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"month": "2026-11", "tables": {name: played(month(), hours) for name, hours in CHOICES.items()}}
    monkeypatch.setattr(run, "play", lambda _company, choices: found if set(choices) == set(CHOICES) else {})
    file = tmp_path / "tables.csv"
    lines = [f"{name},{','.join(str(hours.get(tier, '')) for tier in TIERS)}" for name, hours in CHOICES.items()]
    file.write_text("\n".join([f"table,{','.join(TIERS)}", *lines]), encoding="utf-8")
    to = tmp_path / "game.html"
    asked = ["teach", "game", str(file), "--to", str(to), "--language", language, "--folder", str(tmp_path)]
    came = CliRunner().invoke(app, asked)
    assert came.exit_code == 0, came.output
    with using(language, "CNY"):
        assert told(found) == came.output.splitlines()[:3]
        assert to.read_text(encoding="utf-8") == page(found, read_choices(file, 120), 120)
        for one in found["tables"].values():
            assert brought(one) in to.read_text(encoding="utf-8")
    text = to.read_text(encoding="utf-8")
    assert text.count("crm-span") >= 3
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_what_may_be_said_goes_by_the_interval() -> None:
    with using("en", "CNY"):
        assert [
            verdict({"estimate": 5.0, "low": low, "high": high, "cost": 10.0, "contacted": 1})
            for low, high in ((11.0, 20.0), (1.0, 20.0), (-20.0, -1.0), (-1.0, 20.0))
        ] == [
            "More than it cost, beyond chance.",
            "Beyond chance it brought something; whether more than it cost is open.",
            "Beyond chance it did harm.",
            "Chance alone could have brought this.",
        ]
