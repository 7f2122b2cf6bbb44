"""Policy: every setting has a unit where it needs one and a source; a wrong file gets one line."""

import re
from collections.abc import Iterator
from datetime import date
from math import isfinite
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given, settings

from crmlib.run.first_policy import value
from crmlib.vocabulary.codes import CHANNELS
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import TIERS, Policy, PolicyError, load, sections
from crmlib.vocabulary.reasons_to_act import PERSONAL, WHAT
from crmlib.vocabulary.settings import SEVERITIES
from crmlib.vocabulary.working_hours import COUNTRIES, WEEKDAYS
from tests.extremes import codes, ends, flat, limit, policies


def test_every_setting_says_what_it_is_and_where_it_comes_from() -> None:
    for name, section in sections().items():
        assert section.__doc__
        for key, field in section.model_fields.items():
            assert field.description, f"{name}.{key}"
            assert re.fullmatch(r"D\d{3}|house", field.json_schema_extra["source"]), f"{name}.{key}"


def test_the_decks_numbers_are_the_defaults() -> None:
    policy = load(None)
    assert policy.rhythm.days == [3, 30, 90]
    assert (policy.risk.silent_months, policy.risk.frequency_drop, policy.risk.combine) == (3, 0.5, "all")
    assert (policy.risk.baseline_months, policy.contact.hold_out_share) == (6, 0.1)
    assert policy.service.first_response_hours["critical"] == 1
    assert policy.service.resolution_hours["critical"] == 24
    assert (policy.cost.tells_dissatisfied, policy.cost.tells_satisfied, policy.cost.tells_delighted) == (22, 8, 10)
    assert (policy.cost.acquisition_ratio_low, policy.cost.acquisition_ratio_high) == (5, 10)
    assert policy == Policy.model_validate({})


def test_a_file_changes_only_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[risk]\ncombine = "any"\n')
    policy = load(file)
    assert policy.risk.combine == "any"
    assert policy.model_copy(update={"risk": load(None).risk}) == load(None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[tiers]\nhigh_value = 3\n",
            r"unknown key 'tiers.high_value'; did you mean 'high_value_from'\? \(allowed here: ",
        ),
        ("[tier]\n", r"unknown key 'tier'; did you mean 'tiers'\? \(allowed here: tiers, rhythm"),
        ('[tiers]\ngrowth_from = "much"\n', r"tiers.growth_from: .*valid number.*found 'much'"),
        ("[risk]\nfrequency_drop = 1.5\n", r"risk.frequency_drop: expected at least 0.001 and at most 1, found 1.5"),
        ('[risk]\ncombine = "both"\n', r"risk.combine: .*'all' or 'any', found 'both'"),
        (
            "[tiers]\nhigh_value_from = inf\n",
            r"tiers.high_value_from: expected at least 0.001 and at most \d+, found inf",
        ),
        ("[cost]\nmargin_rate = nan\n", r"cost.margin_rate: expected at least 0.001 and at most 1, found nan"),
        ("[statistics]\nconfidence = 0.9999999\n", r"statistics.confidence: expected more than 0.5 and at most 0.999"),
        (
            "[statistics]\nmin_n = 1000000000\n",
            r"statistics.min_n: expected at least 2 and at most \d+, found 1000000000",
        ),
        ("[rhythm]\ndays = [3, -30]\n", r"rhythm.days.1: expected at least 1 and at most 3650, found -30"),
        ("[rhythm]\ndays = []\n", r"rhythm.days: list should have at least 1 item.*found \[\]"),
        (
            "[lifecycle]\nsettled_days = -1\n",
            r"lifecycle.settled_days: expected at least 0 and at most 36500, found -1",
        ),
        (
            "[loyalty]\nprice_rise_on = 0001-01-01\n",
            r"loyalty.price_rise_on: expected at least 1900-01-01 and at most 2100",
        ),
        (
            '[contact]\nchannels = ["carrier pigeon"]\n',
            r"contact.channels.0: 'carrier pigeon' is not known \(allowed: phone,",
        ),
        ('[contact]\nchannels = ["emial"]\n', r"contact.channels.0: 'emial' is not known; did you mean 'email'\?"),
        ('[contact]\nchannels = ["sms", "sms"]\n', r"contact.channels: 'sms' stands there more than once"),
        (
            "[service.first_response_hours]\nurgent = 3\n",
            r"first_response_hours.urgent: 'urgent' is not known \(allowed: low",
        ),
        ("[contact.act_within_days]\nsilent = -1\n", r"act_within_days.silent: expected at least 0 and at most 3650"),
        ("[risk\n", r"not valid TOML"),
        ("[tiers]\ngrowth_from = 9000\n", r"tiers: .*high_value_from.*growth_from.*potential_from.*falling order"),
        ("[tiers]\nfrequency_cuts = [5, 3, 2, 9]\n", r"tiers: .*frequency_cuts.*four.*rising"),
        ("[cost]\nacquisition_ratio_low = 20\n", r"cost: .*acquisition_ratio_low.*acquisition_ratio_high"),
    ],
)
def test_a_wrong_file_gets_one_line_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(PolicyError, match=said) as caught:
        load(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def parts(kind: Any, metadata: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """A setting's type taken apart: each number, day and text in it with its limits."""
    if hasattr(kind, "__metadata__"):
        yield from parts(get_args(kind)[0], [*metadata, *flat(kind.__metadata__)])
    elif get_origin(kind) in (list, dict):
        for part in get_args(kind):
            yield from parts(part, [])
    elif get_origin(kind) in (UnionType, Union):
        for part in get_args(kind):
            yield from parts(part, metadata)
    else:
        yield kind, metadata


def test_every_number_and_day_has_a_least_and_a_most_and_every_code_is_one_of_the_vocabulary() -> None:
    held: dict[str, tuple[str, ...]] = {}
    numbers = 0
    for name, section in sections().items():
        assert section.model_config["allow_inf_nan"] is False
        for key, setting in section.model_fields.items():
            for kind, limits in parts(setting.annotation, list(setting.metadata)):
                place = f"{name}.{key}"
                if kind in (int, float, date):
                    numbers += 1
                    low, high = ends(kind, limits)
                    assert low < high, place
                    assert kind is date or isfinite(high), place
                elif kind is str and codes(limits):
                    held[place] = codes(limits)
                elif kind is str:
                    assert limit(limits, "max_length"), f"{place}: a text of any length"
                else:
                    assert kind is type(None) or get_origin(kind) is Literal, place
    assert numbers > 80
    assert held == {
        "tiers.entitlements": TIERS,
        "service.first_response_hours": SEVERITIES,
        "service.resolution_hours": SEVERITIES,
        "service.working_days": WEEKDAYS,
        "service.round_the_clock": SEVERITIES,
        "service.handling_hours": (*SEVERITIES, "other"),
        "service.contact_minutes": (*CHANNELS, "other"),
        "contact.channels": (*CHANNELS,),
        "rhythm.holidays": COUNTRIES,
        "contact.act_within_days": (*PERSONAL,),
        "contact.minutes": (*PERSONAL,),
        "contact.cost": (*CHANNELS, "other"),
        "effect.share": (*WHAT,),
        "targets.reach": tuple(name for name, kpi in KPIS.items() if kpi.better),
    }


@settings(max_examples=25, deadline=None)
@given(policies())
def test_whatever_keeps_to_the_limits_is_read_back_from_the_file_it_is_written_to(
    tmp_path_factory: pytest.TempPathFactory, made: dict[str, dict[str, Any]]
) -> None:
    lines = [f"[{name}]\n" + "".join(f"{k} = {value(v)}\n" for k, v in keys.items()) for name, keys in made.items()]
    file = tmp_path_factory.mktemp("policy") / "policy.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert load(file) == Policy.model_validate(made)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"no such policy file"):
        load(tmp_path / "none.toml")
