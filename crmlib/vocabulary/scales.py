"""The scales that answers to the deck's own surveys are given on, where a company's mapping names no other."""

from __future__ import annotations

SCALES: dict[str, tuple[float, float]] = {
    "csat": (1.0, 5.0),
    "nps": (0.0, 10.0),
    "servqual": (1.0, 7.0),
    "loyalty": (1.0, 7.0),
}
"""Lowest and highest answer of each survey (D041, D123 to D126)."""
ANSWERS = ("expectation", "perception", "score")
"""Columns of an answer that are given on the scale of its question."""
SLIPS = 0.05
"""Share of a survey's answers beyond its usual scale up to which they are slips; from then on another scale was used."""
