"""Colours that mean something stay apart for whoever sees them, by daylight and in the dark, and another form says the same.

What a colour-blind reader sees is simulated by the matrices of Machado, Oliveira and Fernandes (2009, severity 1) in linear RGB.
Distances are those of OKLab (Ottosson 2020), where black and white are 1 apart and about .02 is the least that is noticed side by
side (CSS Color 4): .2 is ten times that, enough for two marks that do not touch.
"""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from crmlib.run.rendering import SHEET
from crmlib.show import charts
from crmlib.show.canvas import DASHES, HATCHES, INK, PALETTE
from crmlib.show.flows import WAYS

APART, GRAPHIC, TEXT = 0.2, 3.0, 4.5
"""Least distance of two colours; least contrast of a mark and of words against their ground (WCAG 2.1: 1.4.11, 1.4.3)."""
SEEN = {
    "everybody": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
GREY = np.tile([0.213, 0.715, 0.072], (3, 1))
"""What `hue-rotate` keeps of a colour (Filter Effects 1)."""


def linear(colour: np.ndarray) -> np.ndarray:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def oklab(light: np.ndarray) -> np.ndarray:
    return np.cbrt(np.array(LMS) @ np.clip(light, 0, 1)) @ np.array(LAB).T


def distance(one: str, other: str, seen: str) -> float:
    a, b = (oklab(np.array(SEEN[seen]) @ linear(np.array(to_rgb(colour)))) for colour in (one, other))
    return float(np.linalg.norm(a - b))


def contrast(one: str, other: str) -> float:
    dim, bright = sorted(float(linear(np.array(to_rgb(c))) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (bright + 0.05) / (dim + 0.05)


def turned(colour: str, paper: str) -> str:
    """What the sheet makes of a colour in the dark: turned over, its hue turned back, and no channel below the card's."""
    over = np.clip((2 * GREY - np.eye(3)) @ (1 - np.array(to_rgb(colour))), 0, 1)
    return "#" + "".join(f"{round(255 * v):02x}" for v in np.maximum(over, to_rgb(paper)))


def of_sheet(*, dark: bool) -> dict[str, str]:
    """Colours by name, as the style sheet has them."""
    light, _at, night = SHEET.read_text("utf-8").partition("@media screen and (prefers-color-scheme: dark)")
    return dict(re.findall(r"--crm-([\w-]+): (#[0-9a-f]{6});", night if dark else light))


DARK, LIGHT = of_sheet(dark=True), of_sheet(dark=False)
GROUNDS = {"light": (PALETTE, LIGHT["paper"]), "dark": ([turned(c, DARK["paper"]) for c in PALETTE], DARK["paper"])}


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("ground", GROUNDS)
def test_any_two_colours_of_a_picture_stay_apart(ground: str, seen: str) -> None:
    near = {pair: distance(*pair, seen) for pair in combinations(GROUNDS[ground][0], 2)}
    assert len(near) == 6
    assert {pair: d for pair, d in near.items() if d < APART} == {}


def test_the_measure_tells_near_from_far() -> None:
    assert distance("#000000", "#ffffff", "everybody") == pytest.approx(1, abs=1e-4)
    assert distance("#1f6f78", "#b5546a", "everybody") > APART > distance("#1f6f78", "#b5546a", "protanopia")


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_colour_stands_out_from_its_ground(ground: str) -> None:
    colours, paper = GROUNDS[ground]
    assert min(contrast(colour, paper) for colour in colours) >= GRAPHIC
    assert contrast(turned(INK, paper) if ground == "dark" else INK, paper) >= TEXT


def test_bars_of_markup_have_the_colours_of_the_pictures() -> None:
    assert [LIGHT[f"c{i}"] for i in range(len(PALETTE))] == PALETTE
    assert [DARK[f"c{i}"] for i in range(len(PALETTE))] == GROUNDS["dark"][0]


@pytest.mark.parametrize("sheet", [LIGHT, DARK], ids=["light", "dark"])
def test_digits_of_a_heat_map_are_read_on_its_deepest_shade(sheet: dict[str, str]) -> None:
    assert contrast(sheet["ink"], sheet["heat"]) >= TEXT


def test_groups_differ_by_form_too_and_no_two_of_eight_have_colour_and_form_in_common() -> None:
    assert len(set(HATCHES)) == len({str(dash) for dash in DASHES}) == len(HATCHES) == 8
    rows = pd.DataFrame({"tier": ["growth"] * 6, "channel": [f"c{i}" for i in range(6)], "value": [1.0] * 6})
    bars = charts.bars(pd.concat([rows, rows.assign(tier="potential")]), x="tier", by="channel")
    lines = charts.lines(pd.concat([rows.assign(day=day) for day in (1, 2)]), x="day", by="channel")
    assert bars is not None
    assert lines is not None
    assert len({(p.get_facecolor(), p.get_hatch()) for p in bars.figure.axes[0].patches}) == 6
    shown = [h for h in bars.figure.axes[0].get_legend().legend_handles if h is not None]
    assert [p.get_hatch() for p in shown] == HATCHES[:6]
    drawn = [line for line in lines.figure.axes[0].lines if len(line.get_xdata())]
    assert len({(line.get_color(), str(line._dash_pattern)) for line in drawn}) == 6


def test_ways_of_a_flow_are_of_the_palette() -> None:
    assert {colour for _name, colour in WAYS.values()} <= {*PALETTE}
