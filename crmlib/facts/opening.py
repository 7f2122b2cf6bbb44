"""The front door: whatever holds a company's tables becomes the company as known on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from crmlib.border.frames import FrameError, read_frames
from crmlib.facts.company import Company, company_from, read_company
from crmlib.vocabulary.policy import Policy, load


def open(
    source: Any, *, as_of: date | str, policy: Policy | str | Path | None = None, currency: str = "CNY"
) -> Company:
    """A company as known at the end of day `as_of`, for the measures of `crmlib.measures`.

    `source` is a frame of orders (pandas, Polars or Arrow: customer_id, ordered_at, amount; order_id is made where there is
    none), a mapping of table names to frames, or a folder of frozen tables. `as_of` is a date or ISO text and is never today
    by default; `policy` a `Policy` or the path of a policy.toml; `currency` an ISO 4217 code, for frames (a folder knows its
    own). Raises `CrmlibError` with one line that names the table, the place and what was expected.

    >>> import crmlib, pandas as pd
    >>> from crmlib.measures import rfm
    >>> orders = pd.DataFrame({
    ...     "customer_id": [1, 1, 2],
    ...     "ordered_at": ["2026-08-01", "2026-10-20", "2026-03-15"],
    ...     "amount": [120.0, 80.0, 35.5],
    ... })
    >>> c = crmlib.open(orders, as_of="2026-10-31", currency="EUR")
    >>> scores = rfm.scores(c).order_by("customer_id").to_pandas()
    >>> scores[["customer_id", "days_since_last", "revenue", "rfm_segment"]]
      customer_id  days_since_last  revenue         rfm_segment
    0           1               11    200.0  potential_loyalist
    1           2              230     35.5         hibernating
    """
    day = _day(as_of)
    decided = policy if isinstance(policy, Policy) else load(policy)
    if isinstance(source, (str, Path)):
        return read_company(source, as_of=day, policy=decided)
    frames = source if isinstance(source, Mapping) else {"orders": source}
    read = {
        name: table.to_pandas(types_mapper=pd.ArrowDtype)
        for name, table in read_frames(frames, currency=currency).items()
    }
    return company_from(read, as_of=day, policy=decided, currency=currency)


def _day(given: date | str) -> date:
    """A day from a date or ISO text. Raises `FrameError`."""
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise FrameError(f"as_of: expected a day such as '2026-10-31', found {given!r}") from None
