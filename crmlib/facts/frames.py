"""Frames in memory as the tables of a company: money exact, what lines leave to their order taken from it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table as Expression


def of_order(rows: Expression, orders: Expression, names: tuple[str, ...]) -> Expression:
    """Lines with what they do not say themselves taken from the order of their number."""
    order = orders.select(number="order_id", **{f"order_{n}": orders[n] for n in names})
    both = rows.left_join(order, rows.order_id == order.number)
    return both.select(
        **{n: ibis.coalesce(both[n], both[f"order_{n}"]) if n in names else both[n] for n in rows.columns}
    )


def exact(frame: pd.DataFrame, columns: Mapping[str, ibis.expr.datatypes.DataType]) -> pd.DataFrame:
    """The frame with its money as decimals, whether it came as floats, integers, decimals or None."""
    cent = Decimal("0.0001")
    money = [c for c in frame.columns if columns[c].is_decimal() and not isinstance(frame[c].dtype, pd.ArrowDtype)]
    exact = {c: [None if pd.isna(v) else Decimal(str(v)).quantize(cent) for v in frame[c]] for c in money}
    return frame.assign(**{c: pd.Series(v, dtype="object", index=frame.index).fillna(np.nan) for c, v in exact.items()})
