"""Shares of rows that come in clusters: what is counted of contacts or answers, with the customers that they are of.

The contacts of one customer are alike, so that intervals which take each for itself are too narrow: they hold by customer.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table
from numpy.typing import NDArray

from crmlib.models.estimates import Clustered

SUMS = ("hits", "rows", "clusters", "kk", "kn", "nn")
"""What `Clustered` is made of."""


def by_customer(rows: Table, hit: ibis.Deferred | ibis.Value) -> Clustered:
    """The share of `rows` (with customer_id) whose `hit` holds, by customer; a null hit counts as none."""
    return Clustered(*_summed(rows, hit, ()).to_pandas().fillna(0).astype(float)[list(SUMS)].iloc[0])


def by_customer_in(
    rows: Table, hit: ibis.Deferred | ibis.Value, parts: Sequence[str]
) -> list[tuple[tuple[str, ...], Clustered]]:
    """The same within each combination of the columns `parts`, in their order."""
    frame = _summed(rows, hit, parts).order_by(list(parts)).to_pandas()
    names = frame[list(parts)].astype("str").itertuples(index=False, name=None)
    sums = frame[list(SUMS)].astype(float).itertuples(index=False, name=None)
    return [(name, Clustered(*row)) for name, row in zip(names, sums, strict=True)]


def arranged(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in an order that hangs on what they hold and not on the index, so that whoever draws rows by place draws the same
    ones whatever customers are called; rows that are alike are interchangeable.
    """
    held = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return frame.iloc[np.argsort(held, kind="stable")]


def numbered(frame: pd.DataFrame) -> NDArray[np.int64]:
    """A number for the customer (customer_id) of each row that hangs on what all their rows hold and on no key, so that whoever
    draws folds by it draws the same ones whatever customers are called; customers whose rows are alike are interchangeable.
    """
    who, names = pd.factorize(frame["customer_id"])
    rows = pd.util.hash_pandas_object(frame.drop(columns="customer_id"), index=False).to_numpy()
    held = np.zeros(len(names), dtype=np.uint64)
    np.add.at(held, who, rows)
    place = np.empty(len(names), dtype=np.int64)
    place[np.argsort(held, kind="stable")] = np.arange(len(names))
    numbers: NDArray[np.int64] = place[who]
    return numbers


def _summed(rows: Table, hit: ibis.Deferred | ibis.Value, parts: Sequence[str]) -> Table:
    return summed(rows.aggregate(by=[*parts, "customer_id"], k=_.count(where=hit), n=_.count()), parts)


def summed(each: Table, parts: Sequence[str] = (), **more: ibis.Deferred) -> Table:
    """`SUMS` of rows with k of n of a customer, within each combination of the columns `parts`, and `more` sums beside them."""
    sums = {"hits": _.k.sum(), "rows": _.n.sum(), "clusters": _.count(where=_.n > 0)}
    squares = {"kk": (_.k * _.k).sum(), "kn": (_.k * _.n).sum(), "nn": (_.n * _.n).sum()}
    return each.aggregate(by=list(parts), **sums, **squares, **more)
