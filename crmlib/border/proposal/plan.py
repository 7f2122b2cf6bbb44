"""Every file gets its tables: which one it mainly is, what else it holds, and which files are only looked up in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from crmlib.border.proposal import answers, marketing, service, using
from crmlib.border.proposal.agreed import agreed
from crmlib.border.proposal.assign import Guess, assigned
from crmlib.border.proposal.bought import bought
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.customers import customers
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.items import items
from crmlib.border.proposal.monthly import in_months, monthly_orders
from crmlib.border.proposal.orderlines import lines
from crmlib.border.proposal.orders import movements, orders
from crmlib.border.proposal.priced import priced
from crmlib.border.proposal.refunds import returned
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import Role, likeliest, roles
from crmlib.border.proposal.whose import customer_of, one_each, order_of
from crmlib.border.sources import quote
from crmlib.vocabulary.language import _

Builder = Callable[[Folder, File, Role], Block]
BUILD: dict[str, Builder] = {
    "customers": customers,
    "contracts": using.contracts,
    "interactions": marketing.interactions,
    "tickets": service.tickets,
    "surveys": answers.surveys,
    "activity": using.activity,
    "outcomes": marketing.outcomes,
    "events": marketing.events,
    "consents": marketing.consents,
}
DATED = ("orders", "contracts", "interactions", "tickets", "activity", "outcomes", "events")
"""Tables beside which a snapshot is only worth a file of its own where it says who left."""


OF_CUSTOMERS = ("name", "region", "city", "industry", "type", "phone", "email", "postcode", "owner")
"""What the rows of orders may say of their customers."""


def plan(folder: Folder) -> list[Block]:
    """The sources of all tables that the files of a folder give, in the order of the schema's tables."""
    every = roles(folder)
    main = _main(folder, every)
    blocks: list[Block] = []
    wide = _by_month(folder, every, main)
    sold = [*_orders(folder, every, main), *wide]
    blocks += [*sold, *_lines(folder, every, main, sold)]
    for i, role in main.items():
        if role.table in BUILD:
            blocks.append(BUILD[role.table](folder, folder.files[i], role))
    blocks += _beside(folder, every, main, blocks)
    bare = [
        b
        for b in blocks
        if b.table == "customers" and len(b.lines) == 1 and any(o.table == "orders" and not o.off for o in blocks)
    ]
    blocks = [b for b in blocks if b not in bare]
    _customers_of_orders(folder, blocks, main)
    return [*blocks, *_undecided(folder, blocks)]


def _undecided(folder: Folder, blocks: list[Block]) -> list[Block]:
    """Files that feed nothing and are looked up in by none: what they are most like, to be decided by a person."""
    used = {id(f) for b in blocks for f in (b.file, *(j.file for j in b.joins))}
    found = []
    for file in (f for f in folder.files if id(f) not in used):
        if any(k.to is file for k in folder.links) and len(folder.files) > 1:
            continue
        role = likeliest(folder, file)
        build = {**BUILD, "orders": orders}.get(role.table)
        block = build(folder, file, role) if build else Block(role.table, file)
        block.off = _("nothing tells for certain which table this is")
        found.append(block)
    return found


def _by_month(folder: Folder, every: dict[int, list[Role]], main: dict[int, Role]) -> list[Block]:
    """Orders in files with a column a month. What such a file is beside them can be a file of customers and nothing else."""
    found = []
    for i, file in enumerate(folder.files):
        if block := monthly_orders(folder, file):
            found.append(block)
            customer = next((r for r in every[i] if r.table == "customers"), None)
            main.pop(i, None)
            if customer is not None:
                main[i] = customer
    return found


def _main(folder: Folder, every: dict[int, list[Role]]) -> dict[int, Role]:
    """The one table that each file mainly is; of files of one table that say the same rows again, the likeliest."""
    main: dict[int, Role] = {}
    for i in sorted(every, key=lambda i: -(every[i][0].score if every[i] else 0)):
        for role in every[i]:
            rivals = [folder.files[k] for k, r in main.items() if r.table == role.table]
            if all(_apart(folder, role.table, folder.files[i], other) for other in rivals):
                main[i] = role
                break
    return main


def _apart(folder: Folder, table: str, file: File, other: File) -> bool:
    """Whether two files of one table hold different rows: the same columns (sheets of a year), or keys that do not meet."""
    if file.sheet.columns == other.sheet.columns:
        return True
    if table in ("surveys", "outcomes", "interactions", "activity", "consents", "events"):
        return True
    find = order_of if table in ("orders", "lines") else customer_of
    here, there = find(folder, file)[0], find(folder, other)[0]
    if table not in ("customers", "orders", "lines"):
        return True
    if here is None or there is None:
        return table == "customers"
    return _shared(folder, file, here, other, there) < 0.05


def _shared(folder: Folder, file: File, here: Seen, other: File, there: Seen) -> float:
    keys = f"select trim(cast({quote(there.heading)} as varchar)) from {other.sheet.name}"
    values = f"select distinct trim(cast({quote(here.heading)} as varchar)) as v from {file.sheet.name}"
    query = f"select avg(cast(v in ({keys}) as integer)) from (select v from ({values}) order by hash(v) limit 2000)"
    return float(folder.engine.execute(query).fetchall()[0][0] or 0)


def _orders(folder: Folder, every: dict[int, list[Role]], main: dict[int, Role]) -> list[Block]:
    blocks = []
    for i, role in main.items():
        file = folder.files[i]
        if role.table == "orders":
            block = orders(folder, file, role)
            blocks.append(priced(folder, block) or _numbered(block))
            if movements(file):
                blocks.append(using.activity(folder, file, _retold("activity", file)))
        elif role.table in ("events", "activity"):
            blocks += bought(folder, file, _retold("orders", file))
    back = {id(f) for b in blocks if not b.off for f in returned(b)}
    blocks = [b for b in blocks if id(b.file) not in back]
    if any(not b.off for b in blocks):
        return blocks
    # Lines without a file of orders are orders themselves, put together.
    for i, role in list(main.items()):
        other = next((r for r in every[i] if r.table == "orders"), None)
        if role.table == "lines" and other is not None:
            blocks.append(orders(folder, folder.files[i], other))
    return blocks


def _numbered(block: Block) -> Block:
    """The orders, also where nothing says what they came to, if a number of their own tells one from another."""
    number = block.lines.get("order_id")
    if block.off == _("no column of amounts") and number is not None and number.given in block.file.seen:
        block.off = ""
        block.doubts["order_id"] = _("no column of amounts: orders count, and what they came to is not known")
    return block


def _lines(folder: Folder, every: dict[int, list[Role]], main: dict[int, Role], sold: list[Block]) -> list[Block]:
    """Files of lines, and those of orders whose rows are lines."""
    blocks = []
    whole = next((b for b in sold if not b.off), None)
    for i, role in main.items():
        file = folder.files[i]
        own = next((b for b in sold if b.file is file), None)
        if role.table == "lines":
            blocks.append(lines(folder, file, role, own or whole))
        elif own is not None and own.group and not own.off:
            found = assigned("lines", list(file.seen.values()), {})
            if "product" in found and found["product"].score >= 0.55:
                blocks.append(lines(folder, file, Role("lines", role.score, found), own))
    return blocks


def _beside(folder: Folder, every: dict[int, list[Role]], main: dict[int, Role], blocks: list[Block]) -> list[Block]:
    """What files hold besides: answers on rows of cases, snapshots of customers, arms and what came of them."""
    more: list[Block] = []
    for block in (b for b in blocks if b.table == "customers" and not b.off):
        more += agreed(block)
    for block in (b for b in blocks if b.table == "tickets" and not b.off):
        score = answers.satisfaction(block.file, block)
        if score is not None and not block.group:
            more.append(_answers(folder, block, score))
    dated = any(b.table in DATED and not b.off for b in blocks)
    for i, file in enumerate(folder.files):
        role = main.get(i)
        arm, came = marketing.arm_of(file), marketing.came_of(file)
        if arm is not None and came and (role is None or role.table in ("customers", "interactions", "outcomes")):
            guesses = role.guesses if role else {}
            blocks[:] = [b for b in blocks if b.file is not file]
            more.append(marketing.interactions(folder, file, _retold("interactions", file)))
            more.append(
                marketing.outcomes(folder, file, Role("outcomes", 1.0, {k: v for k, v in guesses.items() if k == "at"}))
            )
            continue
        if _account(role, file) and not any(b.table == "contracts" and not b.off for b in (*blocks, *more)):
            more.append(using.contracts(folder, file, _retold("contracts", file)))
            continue
        back = any(other is file for b in blocks for other in returned(b))
        if not back and _snapshot(folder, file, role, dated=dated):
            block = using.states(folder, file)
            if not block.off:
                more.append(block)
    return more


def _retold(table: str, file: File) -> Role:
    return Role(table, 1.0, assigned(table, list(file.seen.values()), {}))


def _account(role: Role | None, file: File) -> bool:
    """Whether a file of customers says of each when it began and when it left, so that it is one of contracts too."""
    days = [s for s in file.dates() if not s.concepts & {"consent", "order", "sale"}]
    began = any({"open", "start", "register"} & s.concepts for s in days)
    # An end that most have not is one that came; one that all have is a term.
    left = any(
        {"close", "cancel", "withdraw"} & s.concepts or ("end" in s.concepts and s.share_filled < using.RUNNING)
        for s in days
    )
    return began and left and (role is None or role.table == "customers")


def _snapshot(folder: Folder, file: File, role: Role | None, *, dated: bool) -> bool:
    """Whether a file says of each customer how it stands: a row a customer, and who left, or nothing dated beside it."""
    if role is not None and role.table not in ("customers", "states"):
        return False
    key, sure = customer_of(folder, file)
    once = key is not None and sure >= (0.4 if using.left(file) else 0.6) and key.distinct >= 0.97 * key.filled
    monthly = key is not None and any("month" in s.concepts for s in file.dates())
    months = in_months(file)
    told = [s for s in file.seen.values() if using.said(s) and s is not key and s.heading not in months]
    if items(file) or len(told) < 2:
        return False
    who_left = using.left(file) is not None
    anonymous = key is None and role is None and len(told) >= 3 and who_left
    few = role is None or len(role.guesses) <= 2
    return anonymous or ((once or monthly) and (who_left or few or (not dated and len(told) >= 3)))


def _answers(folder: Folder, tickets: Block, score: Seen) -> Block:
    """Satisfaction that stands on the rows of cases, as answers of a survey."""
    day = tickets.lines.get("resolved_at") or tickets.lines.get("opened_at")
    column = next((tickets.file.seen[c] for c in (day.columns if day else ()) if c in tickets.file.seen), None)
    guesses = {"score": Guess(score, 0.9)} | ({"at": Guess(column, 0.8)} if column is not None else {})
    return answers.surveys(folder, replace(tickets.file), Role("surveys", 1.0, guesses))


def _customers_of_orders(folder: Folder, blocks: list[Block], main: dict[int, Role]) -> None:
    """Where no file is one of customers, what the rows of orders say of them."""
    if any(b.table == "customers" and not b.off for b in blocks):
        return
    order = next((b for b in blocks if b.table == "orders" and not b.off), None)
    if order is None or "customer_id" not in order.lines or order.lines["customer_id"].given not in order.file.seen:
        return
    key = order.file.seen[order.lines["customer_id"].given]
    found = assigned("customers", list(order.file.seen.values()), {})
    told = {
        k: g
        for k, g in found.items()
        if k in OF_CUSTOMERS
        and g.score >= 0.5
        and (k in ("phone", "email") if key is g.column else one_each(folder, order.file, key, g.column, 0.9))
    }
    day = (
        next((order.file.seen[c] for c in order.lines["ordered_at"].columns if c in order.file.seen), None)
        if "ordered_at" in order.lines
        else None
    )
    if not told:
        return
    if day is not None:
        told["ordered_at"] = Guess(day, 0.6)
    block = customers(folder, order.file, Role("orders", 1.0, told))
    block.filters |= order.filters
    block.group = block.group or _("a customer has several orders")
    if "acquired_on" in block.lines:
        blocks.append(block)
