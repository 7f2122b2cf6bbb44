"""Receipt numbers that begin again each day or in each shop: the order is its number with the day, and the shop, beside it."""

from __future__ import annotations

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import moment
from crmlib.border.proposal.relations import File, Folder, day_sql
from crmlib.border.proposal.whose import LOOKED_AT, ONE, customer_of, one_each
from crmlib.border.sources import quote
from crmlib.vocabulary.language import _, beside

OTHER = frozenset(
    {
        "customer", "product", "line", "owner", "staff", "system", "region", "campaign", "ticket", "contract", "email",
        "phone", "postcode", "quantity", "price", "amount", "device", "warehouse", "parent", "category", "kind", "partner",
        "plan", "feature",
    }
)  # fmt: skip
"""Concepts of numbers that are those of something else than a receipt."""
SHOPS = frozenset({"system", "region", "warehouse"})
"""Concepts of headings that may name the shop."""
SAME = 0.2
"""Share of the numbers with one day each from which they do not begin again."""
SEVERAL = 20
"""Receipts with several rows whose customer is known, from which it is told that those of one have one."""


def receipt(folder: Folder, file: File, day: Seen) -> tuple[Seen, ...]:
    """The columns that together are the key of an order: the shop where its number stands in several on one day, the day, and
    a number that comes back on other days; nothing where no such number has one customer a day.
    """
    customer = customer_of(folder, file)[0]
    if customer is None:
        return ()
    numbers = (s for s in file.seen.values() if s is not customer and _numbers(s))
    for number in (s for s in numbers if not one_each(folder, file, s, day, SAME)):
        shops = [
            s for s in file.seen.values() if s.few and s.concepts & SHOPS and s.share_filled > ONE and s is not customer
        ]
        for shop in sorted(shops, key=lambda s: "system" not in s.concepts):
            if _keys(folder, file, (shop, day, number)) > _keys(folder, file, (day, number)):
                if _one(folder, file, (shop, day, number), customer):
                    return shop, day, number
                break
        else:
            if _one(folder, file, (day, number), customer):
                return day, number
    return ()


def again_each_day(block: Block, parts: tuple[Seen, ...]) -> None:
    """The order's key of shop, day and a number that comes back."""
    called = [s.heading for s in parts]
    said = _("{number} begins again: {columns} together are the receipt").format(
        number=called[-1], columns=beside(called)
    )
    block.put("order_id", _written(parts), 0.7, said, columns=tuple(called))
    block.group = _("rows of one receipt are its lines")


def _written(columns: tuple[Seen, ...]) -> str:
    """The key as an expression."""
    parts = (
        f"cast(cast({moment(s)} as date) as varchar)" if s.kind == "date" else f"cast({quote(s.heading)} as varchar)"
        for s in columns
    )
    return " || '-' || ".join(parts)


def _numbers(seen: Seen) -> bool:
    called = seen.concepts & {"id", "order", "sale"} and not seen.concepts & OTHER
    digits = all(any(c.isdigit() for c in v) for v in seen.values[:30])
    return (
        bool(called) and seen.code and seen.kind != "flag" and digits and seen.distinct > 2 and seen.share_filled > ONE
    )


def _keys(folder: Folder, file: File, columns: tuple[Seen, ...]) -> int:
    return int(
        folder.engine.execute(f"select count(distinct ({_key(file, columns)})) from {_rows(file)}").fetchall()[0][0]
    )


def _one(folder: Folder, file: File, columns: tuple[Seen, ...], customer: Seen) -> bool:
    """Whether the rows of a key have one customer, where several say who it is."""
    who = f"nullif(trim(cast({quote(customer.heading)} as varchar)), '')"
    key = f"select ({_key(file, columns)}) as key, {who} as who from {_rows(file)}"
    each = f"select count(distinct who) as n, count(who) as said from ({key}) group by key having count(who) > 1"
    receipts, one = folder.engine.execute(f"select count(*), avg(cast(n = 1 as integer)) from ({each})").fetchall()[0]
    return receipts >= SEVERAL and one >= ONE


def _rows(file: File) -> str:
    return f"(select * from {file.sheet.name} limit {LOOKED_AT})"


def _key(file: File, columns: tuple[Seen, ...]) -> str:
    return ", ".join(f"cast({day_sql(file, s)} as date)" if s.kind == "date" else quote(s.heading) for s in columns)
