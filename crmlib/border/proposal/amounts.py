"""Which amount is which, by arithmetic on the rows: quantity times price, list less discount, paid less refunded."""

from __future__ import annotations

from itertools import combinations, permutations

import duckdb
import numpy as np

from crmlib.border.proposal.cells import figure, without_signs
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.relations import File
from crmlib.border.sources import quote

ROWS, COLUMNS = 4_000, 14
"""Rows and columns of numbers that are tried."""
HOLDS = 0.95
"""Share of the rows in which an equation must hold."""
TELLING = 0.02
"""Share of the rows in which its second term must not be trivial."""

APART = 0.5
"""Share of what a money differs within products that is left beside quantities, below which it is that of the whole line."""
COMPARED = 20
"""Rows of products with several quantities from which that is told."""

Equation = tuple[str, str, str, str]
"""`product` (a × b = c), `difference` (a - b = c) or `lessened` (the two headings in a multiplied, less b, are c); a, b, c."""


def equations(engine: duckdb.DuckDBPyConnection, file: File) -> list[Equation]:
    """What holds between the columns of numbers of a file."""
    columns = [s for s in file.numbers() if not s.concepts & {"id", "phone", "postcode", "month"}][:COLUMNS]
    if len(columns) < 3:
        return []
    order = list(file.seen)
    cells = ", ".join(
        f"cast({figure(without_signs(f'c{order.index(s.heading)}'), s.decimal)} as double) as {quote(str(i))}"
        for i, s in enumerate(columns)
    )
    rows = engine.execute(f"select {cells} from {file.sheet.name}_sample limit {ROWS}").fetchnumpy()
    values = [np.ma.filled(rows[str(i)].astype(float), np.nan) for i in range(len(columns))]
    found: list[Equation] = []
    for a, b in combinations(range(len(columns)), 2):
        for c in (k for k in range(len(columns)) if k not in (a, b)):
            if _holds(values[a] * values[b], values[c], where=values[c]) and all(
                _telling(values[k], t) for k, t in ((a, 1), (b, 1), (c, 0))
            ):
                price, quantity = (a, b) if columns[b].whole else (b, a)
                found.append(("product", columns[quantity].heading, columns[price].heading, columns[c].heading))
    for d in (k for k, s in enumerate(columns) if "discount" in s.concepts and _telling(values[k], 0)):
        for a, b in combinations([k for k in range(len(columns)) if k != d], 2):
            for c in (k for k in range(len(columns)) if k not in (a, b, d)):
                if _holds(values[a] * values[b] - values[d], values[c], where=values[d]) and _telling(values[c], 0):
                    found.append(
                        (
                            "lessened",
                            columns[a].heading + "\0" + columns[b].heading,
                            columns[d].heading,
                            columns[c].heading,
                        )
                    )
    for a, b, c in permutations(range(len(columns)), 3):
        if (
            _holds(values[a] - values[b], values[c], where=values[b])
            and _telling(values[b], 0)
            and _telling(values[c], 0)
        ):
            found.append(("difference", columns[a].heading, columns[b].heading, columns[c].heading))
    return found


def _holds(left: np.ndarray, right: np.ndarray, where: np.ndarray | None = None) -> bool:
    asked = np.isfinite(left) & np.isfinite(right)
    close = np.abs(left - right) <= 0.011 + 0.002 * np.abs(right)
    if asked.sum() < 5 or close[asked].mean() < HOLDS:
        return False
    if where is not None:
        asked &= where != 0
        return bool(asked.sum() >= 3 and close[asked].mean() >= 0.9)
    return True


def _telling(values: np.ndarray, trivial: float) -> bool:
    there = values[np.isfinite(values)]
    return bool(len(there) and (there != trivial).mean() >= TELLING and len(np.unique(there)) > 1)


def is_price(seen: Seen) -> bool:
    """Whether a heading speaks of what one unit costs."""
    return "price" in seen.concepts and not seen.concepts & {"amount", "list", "paid", "line"}


def is_part(column: Seen, whole: tuple[str, str, str] | None) -> bool:
    """Whether a column is only a factor of an amount: a unit price, or what a product is made of."""
    return is_price(column) or (whole is not None and column.heading in whole[1:])


def grows(engine: duckdb.DuckDBPyConnection, file: File, product: Seen, quantity: Seen, money: Seen) -> bool:
    """Whether a money rises with the quantity within a product, as the worth of a line does, and a price of one not."""
    order = list(file.seen)
    n, paid = (
        f"cast({figure(without_signs(f'c{order.index(s.heading)}'), s.decimal)} as double)" for s in (quantity, money)
    )
    what = f"c{order.index(product.heading)}"
    read = f"(select {what} as what, {n} as n, {paid} as paid from {file.sheet.name}_sample)"
    rows = f"(select what, ln(n) as n, ln(paid) as paid from {read} where what is not null and n > 0 and paid > 0)"
    left = "sum(rows * apart) as alone, sum(rows * beside) as beside"
    each = (
        "select count(*) as rows, var_pop(paid) as apart, var_pop(paid - n) as beside "
        f"from {rows} group by what having count(distinct n) > 1"
    )
    compared, alone, beside = engine.execute(f"select sum(rows), {left} from ({each})").fetchall()[0]
    return bool(compared) and compared >= COMPARED and beside < APART * alone
