"""Policy: every setting has a unit where it needs one and a source; a wrong file gets one line."""

import re
from pathlib import Path

import pytest

from crmlib.vocabulary.policy import Policy, PolicyError, load, sections


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
        ("[risk]\nfrequency_drop = 1.5\n", r"risk.frequency_drop: .*less than or equal to 1, found 1.5"),
        ('[risk]\ncombine = "both"\n', r"risk.combine: .*'all' or 'any', found 'both'"),
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


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"no such policy file"):
        load(tmp_path / "none.toml")
