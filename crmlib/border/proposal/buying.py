"""Orders, their lines and the customers, as they are proposed."""

from __future__ import annotations

from crmlib.border.proposal import amounts
from crmlib.border.proposal.assign import Guess, score
from crmlib.border.proposal.attach import attach, required
from crmlib.border.proposal.codes import brought
from crmlib.border.proposal.drafts import Block, Joined
from crmlib.border.proposal.evidence import moment, number, seen, timed, why
from crmlib.border.proposal.profile import Seen
from crmlib.border.proposal.relations import File, Folder, Link, customer_of, order_of
from crmlib.border.proposal.roles import Role, birthday_of, names_of, product_of
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

SURE = 0.5
"""Score from which a field that could be left out is proposed and not only named."""
MONEY = ("amount", "margin", "refunded")


def orders(folder: Folder, file: File, role: Role) -> Block:
    """A source of orders: its number (made of customer and day where there is none), day, amount before refunds, and the rest."""
    block = Block("orders", file)
    guesses = role.guesses
    day = _closing(file) or guesses.get("ordered_at")
    attached = attach(folder, block)
    if day is None:
        block.off = _("no column of days")
    elif not attached:
        block.off = _("no column says whose order it is")
    if day is not None:
        block.put("ordered_at", timed(day.column), day.score, why(day), day.others, (day.column.heading,))
        required(block, "ordered_at", day.column)
    _number(folder, block, guesses, day)
    money = _amount(folder, block, guesses)
    for name in ("margin", "quantity", "promised_at", "delivered_at", "channel", "category"):
        _optional(block, name, guesses.get(name))
    _refunded(folder, block, guesses, money)
    _discount(folder, block, guesses, money)
    if "channel" in block.lines:
        values(block, "channel", guesses["channel"].column)
    if block.group:
        block.combine |= {"quantity": "sum"} if "quantity" in block.lines else {}
    _states(block, file)
    return block


def _closing(file: File) -> Guess | None:
    """Of files of deals the day on which one was closed: before that nothing was sold."""
    if "deal" not in file.words:
        return None
    closed = next((s for s in file.dates() if "close" in s.concepts), None)
    return Guess(closed, 0.85) if closed is not None else None


def _number(folder: Folder, block: Block, guesses: dict[str, Guess], day: Guess | None) -> None:
    """The order number, and whether rows are lines of it."""
    file = block.file
    column, sure = order_of(folder, file)
    guess = guesses.get("order_id")
    if column is None and guess is not None and _numbering(guess):
        column, sure = guess.column, max(guess.score, 0.6)
    if column is None or sure < SURE:
        customer = block.lines.get("customer_id")
        if customer is not None and day is not None:
            who = customer.given if customer.given == "__line" else quote(customer.given)
            made = f"cast({who} as varchar) || '-' || cast(cast({moment(day.column)} as date) as varchar)"
            block.put(
                "order_id", made, 0.6, _("no order number: customer and day make one"), columns=(day.column.heading,)
            )
            block.doubts["order_id"] = _("purchases of one customer on one day count as one order")
            block.group = _("customer and day are the order")
        return
    block.put("order_id", column.heading, sure, seen(column), guess.others if guess else ())
    required(block, "order_id", column)
    grouped(folder.engine, block, column)


def _numbering(guess: Guess) -> bool:
    """Whether a column that is not called an order number is one: sure enough by its heading, or numbers that hardly repeat."""
    column = guess.column
    numbered = sum(any(c.isdigit() for c in v) for v in column.values) >= 0.9 * len(column.values)
    return column.distinct >= 0.02 * column.filled and (guess.score >= SURE or (numbered and guess.score >= 0.3))


def grouped(engine: object, block: Block, *keys: Seen) -> None:
    """Say whether rows of one key are lines of one thing, or the same row written twice."""
    file = block.file
    rows, whole, different = _rows(file, engine, keys)
    if different >= rows:
        return
    n, m = f"{rows:,}", f"{different:,}"
    again = rows - whole
    if whole <= different:
        block.drop = _("{n} rows are written twice, word for word").format(n=f"{again:,}")
        return
    block.group = _("{n} rows, {m} different keys: rows are lines").format(n=n, m=m)
    if again > 0.2 * rows:
        block.drop = _("{n} rows are written twice, word for word").format(n=f"{again:,}")
    elif again:
        block.notes.append(
            _(
                '{n} rows are equal to another, word for word: repeats = "drop" where they are the same exported twice'
            ).format(n=f"{again:,}")
        )


def _rows(file: File, engine: object, keys: tuple[Seen, ...]) -> tuple[int, int, int]:
    """Rows with a key, different whole rows among them, different keys."""
    keyed = ", ".join(quote(k.heading) for k in keys)
    there = " and ".join(f"{quote(k.heading)} is not null" for k in keys)
    own = ", ".join(quote(c) for c in file.sheet.columns)
    rows, different = engine.execute(  # type: ignore[attr-defined]
        f"select count(*), count(distinct ({keyed})) from {file.sheet.name} where {there}"
    ).fetchall()[0]
    if different == rows:
        return rows, rows, rows
    whole = engine.execute(
        f"select count(*) from (select distinct {own} from {file.sheet.name} where {there})"
    ).fetchall()[0][0]  # type: ignore[attr-defined]
    return rows, whole, different


def _amount(folder: Folder, block: Block, guesses: dict[str, Guess]) -> Seen | None:
    """The amount of an order: the column, or what it is made of; the column where it is one."""
    file, guess = block.file, guesses.get("amount")
    known = amounts.equations(folder.engine, file)
    for kind, gross, less, net in known:
        lessened = file.seen[less]
        if kind == "difference" and "refund" in lessened.concepts and file.seen[gross].kind == "number":
            why_ = _("{gross} less {less} is {net}: before refunds").format(gross=gross, less=less, net=net)
            block.put("amount", gross, 0.95, why_, (net,))
            return file.seen[gross]
    pair = product_of(file)
    whole = next(((c, q, p) for kind, q, p, c in known if kind == "product" and pair and p == pair[1].heading), None)
    if guess is not None and not (pair and guess.column is pair[1]) and not (pair and _lesser(guess.column, whole)):
        net = next(((g, d) for kind, g, d, n in known if kind == "difference" and n == guess.column.heading), None)
        said = _("{gross} less {less}").format(gross=net[0], less=net[1]) if net else why(guess)
        block.put("amount", guess.column.heading, guess.score + 0.2 * bool(net), said, guess.others)
        _header(folder, block, guess.column)
        return guess.column
    if whole:
        block.put("amount", whole[0], 0.9, _("{a} times {b} on every row").format(a=whole[1], b=whole[2]))
        return file.seen[whole[0]]
    if pair:
        given = f"{number(pair[0])} * {number(pair[1])}"
        said = _("{column} is the price of one: times {quantity}").format(
            column=pair[1].heading, quantity=pair[0].heading
        )
        block.put("amount", given, 0.8, said, columns=(pair[0].heading, pair[1].heading))
        return None
    if joined := _paid(folder, block):
        return joined
    fallback = [
        s
        for s in file.numbers()
        if not s.concepts & {"id", "phone", "postcode", "quantity", "line", "count", "age"} and not s.unique
    ]
    if len(fallback) == 1:
        block.put(
            "amount",
            fallback[0].heading,
            0.4,
            _("the only numbers that could be money: {seen}").format(seen=seen(fallback[0])),
        )
        return fallback[0]
    if not block.off:
        block.off = _("no column of amounts")
    block.notes += [
        _("{column} could be the amount ({seen})").format(column=s.heading, seen=seen(s)) for s in fallback[:5]
    ]
    return None


def _lesser(column: Seen, whole: tuple[str, str, str] | None) -> bool:
    return amounts.is_price(column) or (whole is not None and column.heading in whole[1:])


def _header(folder: Folder, block: Block, column: Seen) -> None:
    """Where an order's whole amount stands on each of its lines, take it once."""
    key = block.lines.get("order_id")
    if not block.group or key is None or key.given not in block.file.seen:
        return
    name = quote(column.heading)
    query = (
        f"select count(*), avg(cast(same as integer)) from (select count(distinct {name}) = 1 as same from {block.file.sheet.name} "
        f"where {quote(key.given)} is not null group by {quote(key.given)} having count({name}) > 1 limit 20000)"
    )
    several, same = folder.engine.execute(query).fetchall()[0]
    if several >= 10 and same >= 0.97 and column.distinct > 3:
        block.combine["amount"] = "first"
        block.doubts["amount"] = _("the same on all lines of an order, so it is the order's own and counts once")


def _paid(folder: Folder, block: Block) -> Seen | None:
    """The amount from another file of the same orders: payments before lines."""
    file = block.file
    key = block.lines.get("order_id")
    if key is None or key.given not in file.seen:
        return None
    found: list[tuple[float, Seen, Seen, File]] = []
    for other in (f for f in folder.files if f is not file):
        column, sure = order_of(folder, other)
        if column is None or sure < SURE or "refund" in other.words:
            continue
        met = _met(folder, file.seen[key.given], file, column, other)
        for money in other.numbers():
            worth = (
                score("orders", "amount", money)
                + 0.2 * bool({"paid"} & (other.words | money.concepts))
                - 0.3 * ("shipping" in money.concepts)
            )
            taken = money.heading.lower() in {h.lower() for h in file.seen}
            if met >= 0.5 and worth >= 0.45 and not taken and not product_of(other):
                found.append((worth * met, money, column, other))
    if not found:
        return None
    worth, money, column, other = max(found, key=lambda e: e[0])
    way = "sum" if column.distinct < column.filled else None
    block.joins.append(
        Joined(other, {key.given: column.heading}, {money.heading: way}, _("what was paid, added up by order"))
    )
    block.put(
        "amount",
        money.heading,
        min(worth, 0.9),
        _("from {file}, by order").format(file=other.sheet.called),
        columns=(money.heading,),
    )
    share = _met(folder, file.seen[key.given], file, column, other)
    if share < 0.97:
        block.filters[_("amount unknown")] = (
            f"{quote(money.heading)} is not null",
            _("{share} of the orders").format(share=f"{1 - share:.1%}"),
        )
    return money


def _met(folder: Folder, key: Seen, file: File, column: Seen, other: File) -> float:
    there = f"select trim(cast({quote(column.heading)} as varchar)) from {other.sheet.name}"
    here = f"select distinct trim(cast({quote(key.heading)} as varchar)) as v from {file.sheet.name}"
    query = f"select avg(cast(v in ({there}) as integer)) from (select v from ({here}) order by hash(v) limit 3000)"
    return float(folder.engine.execute(query).fetchall()[0][0] or 0)


def _refunded(folder: Folder, block: Block, guesses: dict[str, Guess], money: Seen | None) -> None:
    """What was paid back: a column, or a file of refunds by order."""
    guess = guesses.get("refunded")
    if (
        guess is not None
        and guess.score >= SURE
        and "amount" in block.lines
        and guess.column.heading != block.lines["amount"].given
    ):
        given = guess.column.heading if guess.column.low >= 0 else f"abs({number(guess.column)})"
        block.put("refunded", given, guess.score, why(guess), guess.others, (guess.column.heading,))
        _optional(block, "refunded_at", guesses.get("refunded_at"))
        return
    key = block.lines.get("order_id")
    if key is None or key.given not in block.file.seen or "amount" not in block.lines:
        return
    for other in folder.files:
        column, sure = order_of(folder, other)
        if other is block.file or column is None or sure < SURE or other.rows > block.file.rows:
            continue
        if "refund" in other.words or any("refund" in s.concepts for s in other.seen.values()):
            if _met(folder, column, other, block.file.seen[key.given], block.file) >= 0.5 and _paid_back(
                block, other, column, key.given
            ):
                return


def _paid_back(block: Block, other: File, column: Seen, key: str) -> bool:
    taken = {h.lower() for h in (*block.file.seen, *(t for j in block.joins for t in j.take))}
    free = [s for s in other.seen.values() if s.heading.lower() not in taken and s is not column]
    sums = sorted((s for s in free if s.kind == "number"), key=lambda s: -_back(s))
    days = sorted((s for s in free if s.kind == "date"), key=lambda s: -score("orders", "refunded_at", s))
    marks = [s for s in free if "refund" in s.concepts and s.kind in ("flag", "text") and s.distinct <= 4]
    called = _("paid back, in {file}").format(file=other.sheet.called)
    several = column.distinct < column.filled
    if sums and _back(sums[0]) >= 0.4:
        take: dict[str, str | None] = {sums[0].heading: "sum" if several else None}
        given = sums[0].heading if sums[0].low >= 0 else f"abs({number(sums[0])})"
        block.put("refunded", given, 0.85, called, columns=(sums[0].heading,))
        if days:
            take[days[0].heading] = "max" if several else None
            block.put("refunded_at", timed(days[0]), 0.85, called, columns=(days[0].heading,))
        block.joins.append(Joined(other, {key: column.heading}, take, called))
        return True
    if marks and (mark := _mark(marks[0])):
        block.joins.append(
            Joined(other, {key: column.heading}, {marks[0].heading: "first" if several else None}, called)
        )
        amount = block.lines["amount"].given
        paid = quote(amount) if amount in block.file.seen else amount
        given = f"case when {quote(marks[0].heading)} = {literal(mark)} then {paid} end"
        block.put("refunded", given, 0.7, called, columns=(marks[0].heading,))
        return True
    return False


def _back(column: Seen) -> float:
    return max(score("orders", "refunded", column), 0.9 * score("orders", "amount", column))


def _mark(column: Seen) -> str:
    """The value that says that an order came back, the most frequent that is no "no"; empty where none may be written."""
    told = [v for v in column.values if v.lower() not in ("no", "n", "false", "0", "否", "没有")]
    return told[0] if told and len(told[0]) <= 200 and told[0].isprintable() else ""


def _discount(folder: Folder, block: Block, guesses: dict[str, Guess], money: Seen | None) -> None:
    """The discount as a share of the list price."""
    guess = guesses.get("discount")
    if guess is None or guess.score < SURE or "amount" not in block.lines:
        return
    column = guess.column
    if column.low >= 0 and column.high <= 1:
        block.put("discount", column.heading, guess.score, why(guess), guess.others)
    elif money is not None and money.heading in block.file.seen:
        known = amounts.equations(folder.engine, block.file)
        gross = next(
            (g for kind, g, d, n in known if kind == "difference" and d == column.heading and n == money.heading), None
        )
        less, paid = f"abs({number(column)})", number(money)
        listed = number(block.file.seen[gross]) if gross else f"({paid} + {less})"
        said = _("{less} of {gross}").format(
            less=column.heading, gross=gross or _("what was paid and {less}").format(less=column.heading)
        )
        block.put("discount", f"{less} / nullif({listed}, 0)", 0.8 if gross else 0.5, said, columns=(column.heading,))
        if not gross:
            block.doubts["discount"] = _("is it taken off {amount} already?").format(amount=money.heading)


def _optional(block: Block, name: str, guess: Guess | None) -> None:
    """A field that could be left out: proposed where it is sure enough, named where not."""
    if guess is None or guess.column.share_filled <= 0.002:
        return
    if guess.score >= SURE:
        given = timed(guess.column) if guess.column.kind == "date" else guess.column.heading
        block.put(name, given, guess.score, why(guess), guess.others, (guess.column.heading,))
    else:
        block.notes.append(f"{name}: {guess.column.heading}? ({why(guess)})")


def optional(block: Block, guesses: dict[str, Guess], *names: str) -> None:
    """Fields that could be left out."""
    for name in names:
        _optional(block, name, guesses.get(name))


def values(block: Block, name: str, column: Seen) -> None:
    """The value map of a field, where the company's own words are not the codes."""
    kind = "channel" if name == "acquisition_channel" else name
    found, left = brought(kind, column)
    if block.table == "orders":  # what is sold over a website is sold by an online shop
        found = {v: {"website": "online"}.get(code, code) for v, code in found.items()}
    if found:
        block.values[name] = found
    if left and name not in ("channel", "acquisition_channel"):
        block.notes.append(_("{field}: what do these mean: {values}?").format(field=name, values=", ".join(left[:8])))


def _states(block: Block, file: File) -> None:
    for s in file.seen.values():
        if "status" in s.concepts and s.few and s.kind == "text":
            block.notes.append(
                _("{column} says {values}: a filter leaves out what was no sale").format(
                    column=s.heading, values=", ".join(s.values[:8])
                )
            )


def lines(folder: Folder, file: File, role: Role, order: Block | None) -> Block:
    """A source of order lines: order, product, quantity and the line's own amount."""
    block = Block("lines", file)
    guesses = role.guesses
    column, sure = order_of(folder, file)
    product = guesses.get("product")
    if order is not None and order.file is file and "order_id" in order.lines:
        line = order.lines["order_id"]
        block.put("order_id", line.given, line.sure, line.why, columns=line.columns)
        block.joins += (
            [j for j in order.joins if any(t in order.lines["customer_id"].columns for t in j.take)]
            if "customer_id" in order.lines
            else []
        )
        for name in ("customer_id", "ordered_at"):
            if name in order.lines:
                block.lines[name] = order.lines[name]
        block.filters |= order.filters
    elif column is not None:
        block.put("order_id", column.heading, sure, seen(column))
        required(block, "order_id", column)
        if customer_of(folder, file)[1] >= 0.6:
            attach(folder, block)
        day = guesses.get("ordered_at")
        if order is None and day is not None:
            block.put("ordered_at", timed(day.column), day.score, why(day), day.others, (day.column.heading,))
    if product is None or "order_id" not in block.lines:
        block.off = _("no column of products") if product is None else _("no column says which order a line belongs to")
        return block
    block.put("product", product.column.heading, product.score, why(product), product.others)
    required(block, "product", product.column)
    _optional(block, "category", guesses.get("category"))
    _of_product(folder, block)
    _optional(block, "quantity", guesses.get("quantity"))
    if order is None or order.combine.get("amount") != "first":
        _line_amount(folder, block, guesses)
    _twice(folder, block)
    return block


def _line_amount(folder: Folder, block: Block, guesses: dict[str, Guess]) -> None:
    known = amounts.equations(folder.engine, block.file)
    whole = next(((c, q, p) for kind, q, p, c in known if kind == "product"), None)
    pair, guess = product_of(block.file), guesses.get("amount")
    if guess is not None and not (pair and (guess.column is pair[1] or _lesser(guess.column, whole))):
        price = next((s for s in block.file.numbers() if amounts.is_price(s)), None)
        if "shipping" in guess.column.concepts and price is not None:
            block.put(
                "amount",
                price.heading,
                0.7,
                _("the price of a line: {seen}").format(seen=seen(price)),
                (guess.column.heading,),
            )
        elif "shipping" not in guess.column.concepts:
            block.put("amount", guess.column.heading, guess.score, why(guess), guess.others)
    elif whole:
        block.put("amount", whole[0], 0.9, _("{a} times {b} on every row").format(a=whole[1], b=whole[2]))
    elif pair:
        said = _("{column} is the price of one: times {quantity}").format(
            column=pair[1].heading, quantity=pair[0].heading
        )
        block.put(
            "amount", f"{number(pair[0])} * {number(pair[1])}", 0.8, said, columns=(pair[0].heading, pair[1].heading)
        )


def _of_product(folder: Folder, block: Block) -> None:
    """The category of a line from a file of products."""
    if "category" in block.lines or "product" not in block.lines:
        return
    link = next((k for k in folder.links_of(block.file) if k.column == block.lines["product"].given), None)
    if link is not None:
        joined_category(block, link)


def joined_category(block: Block, link: Link) -> None:
    """Join the category of a product to a block."""
    taken = {h.lower() for h in block.file.seen}
    scored = [(score("lines", "category", s), s) for s in link.to.seen.values() if s.heading.lower() not in taken]
    best = max(scored, key=lambda e: (round(e[0], 2), -e[1].distinct), default=(0.0, None))
    if best[1] is not None and best[0] >= SURE:
        block.joins.append(Joined(link.to, {link.column: link.key}, {best[1].heading: None}, _("what the product is")))
        block.put(
            "category",
            best[1].heading,
            best[0],
            _("from {file}, {seen}").format(file=link.to.sheet.called, seen=seen(best[1])),
        )


def _twice(folder: Folder, block: Block) -> None:
    own = ", ".join(quote(c) for c in block.file.sheet.columns)
    whole = folder.engine.execute(
        f"select count(*) from (select distinct {own} from {block.file.sheet.name})"
    ).fetchall()[0][0]
    if block.file.rows - whole > 0.2 * block.file.rows:
        block.drop = _("{n} rows are written twice, word for word").format(n=f"{block.file.rows - whole:,}")


def customers(folder: Folder, file: File, role: Role) -> Block:
    """A source of customers: one row each, or the first of several rows."""
    block = Block("customers", file)
    guesses = role.guesses
    guess = guesses.get("customer_id")
    sure = customer_of(folder, file)[1]
    if guess is not None and guess.score > sure:
        block.put("customer_id", guess.column.heading, guess.score, why(guess), guess.others)
    elif sure < 0.4 or (sure < 0.6 and not _enough(folder, file)):
        stem = literal(file.sheet.called.split(".")[0] + "-")
        block.put(
            "customer_id",
            f"{stem} || __line",
            0.6,
            _("no column names the customer: the number of the line stands for it"),
            columns=(),
        )
        block.doubts["customer_id"] = _("each line is taken for a customer of its own")
    else:
        attach(folder, block)
    key = file.seen.get(block.lines["customer_id"].given)
    if key is not None:
        required(block, "customer_id", key)
        grouped(folder.engine, block, key)
    _names(block, guesses)
    _birthday(block, guesses)
    for name in (
        "region",
        "city",
        "industry",
        "role",
        "acquired_on",
        "acquisition_channel",
        "owner",
        "phone",
        "email",
        "wechat",
        "address",
        "postcode",
        "identifier",
        "updated_at",
    ):
        _optional(block, name, guesses.get(name))
    if "acquisition_channel" in block.lines:
        values(block, "acquisition_channel", guesses["acquisition_channel"].column)
    _type(block, guesses, key)
    if "acquired_on" not in block.lines and role.table == "orders" and (day := guesses.get("ordered_at")):
        block.put("acquired_on", timed(day.column), 0.6, _("first order"), columns=(day.column.heading,))
    return block


def _enough(folder: Folder, file: File) -> bool:
    """Whether the column that names customers stands in most rows."""
    column, _sure = customer_of(folder, file)
    return column is not None and column.share_filled > 0.95


def _names(block: Block, guesses: dict[str, Guess]) -> None:
    if both := names_of(block.file):
        first, last = both
        given = f"concat_ws(' ', {quote(first.heading)}, {quote(last.heading)})"
        block.put(
            "name",
            given,
            0.9,
            _("{a} and {b}").format(a=first.heading, b=last.heading),
            columns=(first.heading, last.heading),
        )
        return
    guess = guesses.get("name")
    if guess is not None:
        _optional(block, "name", guess)
    elif (key := block.file.seen.get(block.lines["customer_id"].given)) is not None and "name" in key.concepts:
        block.put("name", key.heading, 0.8, seen(key))


def _birthday(block: Block, guesses: dict[str, Guess]) -> None:
    parts = birthday_of(block.file)
    if "birthday" in guesses and guesses["birthday"].column.kind == "date":
        _optional(block, "birthday", guesses["birthday"])
    elif parts:
        given = ", ".join(f"cast({number(s)} as bigint)" for s in parts)
        a, b, c = (s.heading for s in parts)
        said = _("year, month and day in {a}, {b} and {c}").format(a=a, b=b, c=c)
        block.put("birthday", f"make_date({given})", 0.85, said, columns=(a, b, c))


def _type(block: Block, guesses: dict[str, Guess], key: Seen | None) -> None:
    guess = guesses.get("type")
    if guess is not None and guess.score >= SURE:
        found, left = brought("type", guess.column)
        if found and not left:
            block.put("type", guess.column.heading, guess.score, why(guess), guess.others)
            block.values["type"] = found
            return
    heads = {c for s in block.file.seen.values() for c in s.concepts}
    if "company" in heads or ("industry" in heads and "birth" not in heads):
        block.put("type", "'company'", 0.8, _("companies: headings speak of firms or industries"), columns=())
