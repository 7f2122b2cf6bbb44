"""The deck's matrix of channels as what is believed beforehand, and the company's own contacts as evidence (D082 to D087).

With no contact the matrix is the deck's to the word. Each contact moves a channel towards its place among the others as they are
measured here: cost by what a contact cost, speed by how long an answer took, interactivity by how many were answered. Nothing
that is recorded measures richness. Where two channels come out the other way round than in the deck, beyond chance, that is said.
"""

from __future__ import annotations

from itertools import combinations
from math import exp, log, nan, sqrt
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from crmlib.facts import contacts, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, resting
from crmlib.facts.lookups import remembered
from crmlib.models import contrasts
from crmlib.models.contrasts import Sums
from crmlib.models.estimates import Clustered
from crmlib.models.pooling import drawn_in
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, money, ngettext, number, percent
from crmlib.vocabulary.language import _ as say

DECK_MATRIX: Final = {
    "face_to_face": ("cost_high", "speed_rather_slow", "richness_very_high", "interactivity_strong"),
    "letter": ("cost_medium", "speed_slow", "richness_high", "interactivity_weak"),
    "email": ("cost_low", "speed_fast", "richness_high", "interactivity_rather_weak"),
    "website": ("cost_low", "speed_fast", "richness_high", "interactivity_rather_weak"),
    "phone": ("cost_high", "speed_very_fast", "richness_low", "interactivity_rather_strong"),
}
"""The deck's judgement of five channels (D087): cost, speed, richness of content, interactivity. Claims, not measurements."""
QUALITIES: Final = ("cost", "speed", "richness", "interactivity")
WORDS: Final = {
    "cost": ("cost_low", "cost_medium", "cost_high"),
    "speed": ("speed_slow", "speed_rather_slow", "speed_fast", "speed_very_fast"),
    "interactivity": (
        "interactivity_weak",
        "interactivity_rather_weak",
        "interactivity_rather_strong",
        "interactivity_strong",
    ),
}
"""The words of each quality that contacts measure, from the least up; they are taken to be equally far apart."""
SCALE: Final = {"cost": log(100), "speed": log(100), "interactivity": 0.3}
"""From the least to the most of a quality: a hundred times the cost, a hundredth of the time, thirty points more answered (a
convention of the house, as the deck gives words only)."""
REVERSED: Final = {
    "cost": N_("a contact by {more} costs more than one by {less} ({high} against {low})"),
    "speed": N_("{more} is answered sooner than {less} ({high} against {low})"),
    "interactivity": N_("{more} is answered more often than {less} ({high} against {low})"),
}


LEAST: Final = 0.01
"""Money that a contact costs at least where costs are compared by how many times."""


class Measured(NamedTuple):
    """A quality of a channel: `value` (money; hours; share), the same on the scale it is compared on (`rank`, more of the quality
    is higher), the `error` of that, how many contacts `n` of how many `customers`, and of a share the effective `cases`.
    """

    value: float
    rank: float
    error: float
    n: int
    customers: int
    cases: float


class Reversal(NamedTuple):
    """Two channels that come out the other way round than in the deck: `more` has more of the quality here."""

    quality: str
    more: str
    less: str
    high: float
    low: float
    chance: float


def against_deck(c: Company, own: pd.DataFrame) -> pd.DataFrame:
    """One row per channel of the deck or of the company's: `channel`, the four qualities in a word (`deck_cost`, `deck_speed`,
    `deck_richness`, `deck_interactivity`), what is measured beside them: cost_per_contact, response_hours, response_rate, and
    observed.

    `own` is `channels.by_channel`. Where contacts have moved a word, both stand there ("high → medium"). A channel of which the
    deck is silent has the words of its place among the others once `policy.statistics.min_n` contacts measure it.
    """
    here = evidence(c)
    order = list(dict.fromkeys([*DECK_MATRIX, *own["channel"]]))
    words = pd.DataFrame([_row(c, channel, here) for channel in order])
    measured = own[["channel", "cost_per_contact", "response_hours", "response_rate", "observed"]]
    merged = words.merge(measured, on="channel", how="left", sort=False)
    return resting(merged, dict(zip(own["channel"], own["customers"].fillna(0), strict=True)))


@remembered
def evidence(c: Company) -> dict[str, dict[str, Measured]]:
    """What the contacts of the tiers' window measure, by quality and channel; intervals hold by customer."""
    rows = contacts.ours(c).filter(_.day >= windows.start(c))
    seconds = rows.answer_seconds.cast("float64")
    read = {
        "cost": (rows.cost.notnull(), rows.cost.cast("decimal(18, 6)")),
        "speed": (
            rows.is_answered.fill_null(False),
            seconds.fill_null(1.0).clip(lower=1.0).ln().cast("decimal(18, 6)"),
        ),
        "interactivity": (rows.is_answered.notnull(), rows.is_answered.cast("int64").cast("decimal(18, 6)")),
    }
    return {quality: _sums(quality, rows, there, value) for quality, (there, value) in read.items()}


def reversals(c: Company) -> tuple[list[Reversal], int]:
    """Pairs of channels of which the contacts say the opposite of the deck beyond chance (Holm over all pairs that could be told,
    the most certain first), and how many pairs that were.
    """
    here, least, tested = evidence(c), c.policy.statistics.min_n, []
    for quality, words in WORDS.items():
        place = {channel: words.index(said[QUALITIES.index(quality)]) for channel, said in DECK_MATRIX.items()}
        told = {name: m for name, m in here[quality].items() if name in place and min(m.n, m.customers) >= least}
        for one, other in combinations(sorted(told), 2):
            if place[one] != place[other]:
                tested.append(_compared(quality, (one, told[one]), (other, told[other]), place))
    corrected = contrasts.holm([pair.chance for pair, _opposite in tested])
    found = [
        pair._replace(chance=p)
        for (pair, opposite), p in zip(tested, corrected, strict=True)
        if opposite and p <= 1 - c.policy.statistics.confidence
    ]
    return sorted(found, key=lambda pair: (pair.chance, pair.quality, pair.more, pair.less)), len(tested)


def stated(c: Company) -> pd.DataFrame:
    """Finding `deck_reversals`: how many comparisons of the deck's matrix come out the other way round, n that could be told."""
    told, tested = reversals(c)
    rows = [finding(c, "deck_reversals", float(len(told)), n=tested)] if tested else []
    return findings(c, rows, of=("deck_reversals",))


def says(c: Company, *, most: int = 3) -> str:
    """Where the deck is wrong here, in a sentence; "" where nothing speaks against it, which `stated` says."""
    told, _tested = reversals(c)
    if not told:
        return ""
    parts = [_said(pair) for pair in told[:most]]
    more = len(told) - len(parts)
    text = say("Here the deck's matrix is wrong: {parts}.").format(parts="; ".join(parts))
    if more:
        text += " " + ngettext("So it is in {n} more comparison.", "So it is in {n} more comparisons.", more).format(
            n=number(more)
        )
    return text


def _said(pair: Reversal) -> str:
    written = {
        "cost": money,
        "speed": lambda hours: say("{hours} hours").format(hours=number(hours)),
        "interactivity": lambda share: percent(share, 0),
    }
    write: Any = written[pair.quality]
    return say(REVERSED[pair.quality]).format(
        more=code_label(pair.more), less=code_label(pair.less), high=write(pair.high), low=write(pair.low)
    )


def _sums(quality: str, rows: Any, there: Any, value: Any) -> dict[str, Measured]:
    each = rows.mutate(x=value).filter(there).group_by("channel", "customer_id").agg(x=_.x.sum(), n=_.count())
    frame = each.order_by("channel", "customer_id").to_pandas().astype({"x": float, "n": float})
    return {str(name): _measured(quality, part) for name, part in frame.groupby("channel", sort=True)}


def _measured(quality: str, part: pd.DataFrame) -> Measured:
    x, n = part["x"].to_numpy(), part["n"].to_numpy()
    mean, m = x.sum() / n.sum(), len(n)
    error = sqrt(m / (m - 1) * float(((x - mean * n) ** 2).sum())) / n.sum() if m > 1 else nan
    cases = Clustered.of(x, n).effective if quality == "interactivity" else nan
    value = exp(mean) / 3600 if quality == "speed" else mean
    rank = -mean if quality == "speed" else log(max(mean, LEAST)) if quality == "cost" else mean
    return Measured(float(value), rank, error, int(n.sum()), m, cases)


def _compared(
    quality: str, one: tuple[str, Measured], other: tuple[str, Measured], place: dict[str, int]
) -> tuple[Reversal, bool]:
    """The two channels, the one with more of the quality here first, and whether the deck says the opposite."""
    (more, high), (less, low) = sorted((one, other), key=lambda part: -part[1].rank)
    if quality == "interactivity":
        sums = [Sums(m.cases, m.value * m.cases, 0, 0) for m in (high, low)]
        chance = contrasts.chance(contrasts.shares, *sums)
    else:
        # Costs are compared as money, answers as logarithms of seconds.
        apart = abs(high.value - low.value) if quality == "cost" else high.rank - low.rank
        error = sqrt(high.error**2 + low.error**2)
        chance = 2 * float(ndtr(-apart / error)) if error > 0 else float(apart == 0)
    return Reversal(quality, more, less, high.value, low.value, chance), place[more] < place[less]


def _row(c: Company, channel: str, here: dict[str, dict[str, Measured]]) -> dict[str, Any]:
    row: dict[str, Any] = {"channel": channel}
    for nth, quality in enumerate(QUALITIES):
        deck = DECK_MATRIX[channel][nth] if channel in DECK_MATRIX else ""
        now = deck if quality == "richness" else _word(c, quality, channel, deck, here[quality])
        both = deck and now != deck
        row[f"deck_{quality}"] = (
            say("{before} → {now}").format(before=code_label(deck), now=code_label(now)) if both else now or None
        )
    return row


def _word(c: Company, quality: str, channel: str, deck: str, here: dict[str, Measured]) -> str:
    """The word for a quality of a channel, the deck's drawn towards what is measured."""
    words, own = WORDS[quality], here.get(channel)
    if own is None or (not deck and own.n < c.policy.statistics.min_n):
        return deck
    place = measured_place(quality, own, here)
    if place is None:
        return deck
    steps = len(words) - 1
    if deck:
        prior = words.index(deck) / steps
        place = float(drawn_in(place, own.n, prior, c.policy.contact.deck_weight))
    return words[int(place * steps + 0.5)]


def measured_place(quality: str, own: Measured, here: dict[str, Measured]) -> float | None:
    """Where a measured channel stands between the least (0) and the most (1) of a quality.

    The deck's channels measured here stand on average where the deck has them on average; from there it is as far as the channel
    lies from their mean, `SCALE` being the whole way. None where fewer than two of them are measured.
    """
    words, nth = WORDS[quality], QUALITIES.index(quality)
    known = {name: m for name, m in here.items() if name in DECK_MATRIX}
    if len(known) < 2:
        return None
    middle = float(np.mean([words.index(DECK_MATRIX[name][nth]) / (len(words) - 1) for name in known]))
    away = own.rank - float(np.mean([m.rank for m in known.values()]))
    return min(1.0, max(0.0, middle + away / SCALE[quality]))
