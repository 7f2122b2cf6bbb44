"""How many months it still takes to tell the effect that policy cares about, and what a larger hold-out would save (D129)."""

from __future__ import annotations

from math import isnan, nan
from typing import Final

import numpy as np
import pandas as pd

from crmlib.facts import ledger
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.models import sequential
from crmlib.vocabulary.language import _, number

LARGER: Final = (0.1, 0.2, 0.3, 0.5)
"""Shares left alone that are tried where they are larger than that of now."""
POWER: Final = 0.8
"""Chance from which a number of months is said to be enough."""
SOON: Final = 6
"""Months within which the chance is told."""


def plan(c: Company) -> pd.DataFrame:
    """One row per share left alone, that of the last months first: hold_out_share, left_alone (customers a month), months_needed
    (for a chance of `POWER`, null beyond three years), chance_soon (within `SOON` months).

    From where the months so far stand; where they tell the effect already, from anew, as for a measure that begins. As many are
    acted on in each row: who is left alone takes no hours.
    """
    drawn = ledger.drawn(c, "ordered")
    looks = sequential.looks(drawn)
    names = ["hold_out_share", "left_alone", "months_needed", "chance_soon"]
    if not sequential.begun(looks).variance:
        return pd.DataFrame(columns=names)
    now = sequential.share_held(drawn)
    so_far = sequential.NOTHING if is_told(c) else looks[-1]
    rows = []
    for share in (now, *(larger for larger in LARGER if larger > now + 0.02)):
        month = sequential.usual(drawn, held=share)
        chances = sequential.chances(
            c.policy.contact.effect_that_matters, month, month if is_told(c) else sequential.begun(looks), so_far,
            confidence=c.policy.statistics.confidence,
        )  # fmt: skip
        enough = np.flatnonzero(chances >= POWER)
        left = round(month.acted * share / (1 - share))
        rows.append((share, left, float(enough[0] + 1) if len(enough) else nan, float(chances[SOON - 1])))
    return pd.DataFrame(rows, columns=names)


def still(c: Company, planned: pd.DataFrame) -> pd.DataFrame:
    """Finding `months_to_tell` of `plan` at the present hold-out; none where the effect is told or three years are too few."""
    frame = ledger.rows(c)
    rows = []
    if len(planned) and not is_told(c) and not isnan(planned["months_needed"].iloc[0]):
        alone = frame.loc[frame["acted"] == 0, "customer_id"].nunique()
        rows.append(finding(c, "months_to_tell", planned["months_needed"].iloc[0], n=len(frame), customers=alone))
    return findings(c, rows, of=("months_to_tell",))


def note(c: Company) -> str:
    """From where the months are counted and for which effect, in the reader's language."""
    if not ledger.months(c):
        return ""
    begins = (
        _("The months so far tell the effect already; the table counts from anew, as for a measure that begins.")
        if is_told(c)
        else _("Counted from where the months so far stand.")
    )
    rest = _("An effect of {least} points is told in {power} % of cases within the months needed.")
    least = number(c.policy.contact.effect_that_matters * 100, 1)
    return f"{begins} {rest.format(least=least, power=number(POWER * 100))}"


def is_told(c: Company) -> bool:
    """Whether the sequence of all months leaves nought, or all that matters, outside."""
    looks = ledger.so_far(c, "ordered")
    if not looks or isnan(looks[-1][1]):
        return False
    _value, low, high = looks[-1]
    return low > 0 or high < c.policy.contact.effect_that_matters
