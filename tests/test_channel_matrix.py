"""The deck's matrix as a prior: the deck's to the word without contacts, moved by them, called wrong only beyond chance."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import channel_matrix as matrix
from crmlib.measures import channels
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
LIKE_DECK = {
    "face_to_face": (120.0, 24.0, 0.6),
    "letter": (12.0, 200.0, 0.05),
    "email": (0.05, 8.0, 0.2),
    "phone": (90.0, 1.0, 0.35),
}
"""Cost of a contact, hours to the answer and share answered, as the deck would have them."""


def company(
    truth: dict[str, tuple[float, float, float]], n: int, seed: int = 1, policy: Policy | None = None
) -> Company:
    rng = np.random.default_rng(seed)
    parts = []
    for channel, (cost, hours, share) in truth.items():
        at = pd.Timestamp("2026-03-02 09:00") + pd.to_timedelta(rng.integers(0, 200, n), unit="D")
        wait = pd.to_timedelta((hours * 3600 * rng.lognormal(0, 0.8, n)).round(), unit="s")
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": [f"c{i:05}" for i in rng.integers(0, max(n, 1), n)],
                    "at": at,
                    "channel": channel,
                    "direction": "out",
                    "cost": np.round(cost * rng.uniform(0.8, 1.2, n), 4),
                    "responded_at": pd.Series(at + wait).where(rng.random(n) < share),
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.assign(interaction_id=[f"i{i}" for i in range(len(frame))], at=frame["at"].dt.as_unit("us"))
    return company_from(
        {"interactions": frame.assign(responded_at=frame["responded_at"].dt.as_unit("us"))}, as_of=AS_OF, policy=policy
    )


def words(c: Company) -> pd.DataFrame:
    return matrix.against_deck(c, channels.by_channel(c)).set_index("channel")[[f"deck_{q}" for q in matrix.QUALITIES]]


@pytest.mark.deck("D087")
def test_without_a_contact_it_is_the_deck_to_the_word() -> None:
    told = words(company_from({}, as_of=AS_OF))
    assert {name: tuple(row) for name, row in told.iterrows()} == matrix.DECK_MATRIX


@pytest.mark.deck("D087")
def test_contacts_like_the_deck_leave_it_and_speak_for_it() -> None:
    c = company(LIKE_DECK, 600)
    told = words(c)
    assert told.loc["email"].tolist() == list(matrix.DECK_MATRIX["email"])
    assert told.loc["face_to_face", "deck_cost"] == "cost_high"
    found, tested = matrix.reversals(c)
    assert found == []
    assert tested > 10
    assert matrix.says(c) == "", "how many comparisons there are and how many differ is a figure's own sentence"


def test_contacts_move_a_word_and_the_more_of_them_the_further() -> None:
    truth = LIKE_DECK | {"phone": (0.05, 1.0, 0.35), "email": (90.0, 8.0, 0.2)}
    places = []
    for n in (5, 100, 3000):
        c = company(truth, n)
        here = matrix.evidence(c)["cost"]
        place = matrix.measured_place("cost", here["phone"], here)
        assert place is not None
        places.append((n * place + 100) / (n + 100))
    assert places[0] > places[1] > places[2]
    with language.using("en"):
        assert words(company(truth, 3000)).loc["phone", "deck_cost"].startswith("high →")
        assert words(company(truth, 5)).loc["phone", "deck_cost"] == "cost_high"


def test_the_deck_is_called_wrong_where_it_is_and_the_sentence_names_both() -> None:
    c = company(LIKE_DECK | {"phone": (0.05, 1.0, 0.35), "email": (90.0, 8.0, 0.2)}, 400)
    found, _tested = matrix.reversals(c)
    assert {(r.quality, r.more, r.less) for r in found} >= {("cost", "email", "phone")}
    with language.using("en", "CNY"):
        text = matrix.says(c)
    assert "the deck's matrix is wrong" in text
    assert "e-mail costs more than one by phone" in text
    told = matrix.stated(c).iloc[0]
    assert (told["value"], told["n"]) == (len(found), _tested)


def test_chance_calls_the_deck_wrong_seldom() -> None:
    alike = dict.fromkeys(LIKE_DECK, (10.0, 8.0, 0.3))
    wrong = [bool(matrix.reversals(company(alike, 60, seed))[0]) for seed in range(20)]
    assert sum(wrong) <= 3


def test_what_is_not_recorded_moves_nothing() -> None:
    c = company(LIKE_DECK | {"phone": (0.05, 1.0, 0.35)}, 600)
    for column, quality in (
        ("interactions.cost", "cost"),
        ("interactions.responded_at", "speed"),
        ("interactions.direction", "cost"),
    ):
        told = words(c.without(column))
        nth = matrix.QUALITIES.index(quality)
        assert told[f"deck_{quality}"].to_dict() == {name: said[nth] for name, said in matrix.DECK_MATRIX.items()}, (
            column
        )
