"""Company and policy files: TOML, keys, values, expressions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.hostile.case import Case, Row, company

ROWS: list[Row] = [(str(i), f"c{i % 3}", f"2026-01-{1 + i:02}", f"{i + 0.5}") for i in range(9)]
TEXT = "No,Customer,Date,Amount,Note\n" + "".join(f"{','.join(row)},n{row[0]}\n" for row in ROWS)


def _files(folder: Path) -> None:
    (folder / "orders.csv").write_text(TEXT, encoding="utf-8")


def _toml(text: str | bytes) -> Case.make:  # type: ignore[name-defined,valid-type]
    def make(folder: Path) -> None:
        _files(folder)
        (folder / "company.toml").write_bytes(text if isinstance(text, bytes) else text.encode())

    return make


def _with(**more: object) -> Case.make:  # type: ignore[name-defined,valid-type]
    def make(folder: Path) -> None:
        _files(folder)
        company(folder, **more)  # type: ignore[arg-type]

    return make


def cases() -> Iterator[Case]:
    """All cases of mappings."""
    yield Case("mapping-plain", _with(), rows=ROWS, read=9)
    yield from _syntax()
    yield from _values()
    yield from _expressions()
    yield from _policies()


GOOD = (
    'name = "shop"\ncurrency = "EUR"\ntime_zone = "UTC"\n[orders]\nfrom = "orders.csv"\n[orders.fields]\norder_id = "No"\n'
    'customer_id = "Customer"\nordered_at = "Date"\namount = "Amount"\n'
)


def _syntax() -> Iterator[Case]:
    for name, text in (
        ("empty", ""), ("comment", "# nothing\n"), ("open-text", GOOD.replace('"shop"', '"shop')), ("twice", GOOD + '[orders]\nfrom = "x"\n'),
        ("key-twice", GOOD.replace("name =", 'name = "a"\nname =', 1)), ("nul", GOOD.replace("shop", "sh\0op")), ("control", GOOD.replace("shop", "sh\x01op")),
        ("json", '{"name": "shop"}'), ("yaml", "name: shop\norders:\n  from: orders.csv\n"), ("deep", "a = " + "[" * 3000 + "]" * 3000 + "\n"),
        ("curly-quotes", GOOD.replace('"', "”")), ("tabs", GOOD.replace(" = ", "\t=\t")), ("open-table", GOOD.replace("[orders]", "[orders")),
    ):  # fmt: skip
        fine = name == "tabs"
        yield Case(
            f"toml-{name}", _toml(text), 0 if fine else 2, () if fine else ("company.toml",), ROWS if fine else None
        )
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        text = GOOD.replace('"shop"', '"shop"\ntitle = "Café"').encode(encoding)
        fine = encoding == "utf-8-sig"
        yield Case(
            f"toml-{encoding}", _toml(text), 0 if fine else 2, () if fine else ("company.toml", "not valid TOML")
        )
    yield Case("toml-crlf", _toml(GOOD.replace("\n", "\r\n")), rows=ROWS)
    yield Case("toml-large", _toml(GOOD + "# " + "x" * 2_000_000 + "\n"), rows=ROWS)


def _values() -> Iterator[Case]:
    for name, old, new, words in (
        ("name-path", '"shop"', '"../shop"', ("name",)),
        ("name-missing", 'name = "shop"\n', "", ("name",)),
        ("name-number", '"shop"', "7", ("name",)),
        ("currency", '"EUR"', '"EURO"', ("currency", "ISO 4217")),
        ("currency-missing", 'currency = "EUR"\n', "", ("currency", "orders.amount")),
        ("zone", '"UTC"', '"Mars/Olympus"', ("time_zone", "Asia/Shanghai")),
        ("zone-path", '"UTC"', '"../../etc/passwd"', ("time_zone",)),
        ("language", 'name = "shop"', 'name = "shop"\nlanguage = "xx"', ("language",)),
        ("unknown-key", "[orders]", "colour = 1\n[orders]", ("colour",)),
        ("unknown-table", "[orders]", "[ordres]", ("ordres", "did you mean 'orders'|orders")),
        ("unknown-field", "amount =", "amuont =", ("amuont", "did you mean 'amount'")),
        ("field-missing", 'customer_id = "Customer"\n', "", ("customer_id", "is missing")),
        ("field-list", '"Amount"', '["Amount"]', ("amount",)),
        ("field-empty", '"Amount"', '""', ("amount",)),
        ("column-mistyped", '"Amount"', '"Amonut"', ("did you mean 'Amount'",)),
        ("column-other", '"Amount"', '"paid"', ("no column 'paid'", "there are: No, Customer")),
        ("from-missing", 'from = "orders.csv"\n', "", ("from",)),
        ("from-empty", '"orders.csv"', '""', ("from",)),
        ("from-mistyped", '"orders.csv"', '"order.csv"', ("did you mean 'orders.csv'",)),
        ("decimal", "[orders]\n", '[orders]\ndecimal = ";"\n', ("decimal",)),
        ("delimiter", "[orders]\n", '[orders]\ndelimiter = ";;"\n', ("delimiter",)),
        ("repeats", "[orders]\n", '[orders]\nrepeats = "maybe"\n', ("repeats", "'keep' or 'drop'")),
        ("repeat-column", "[orders]\n", '[orders]\nrepeats = "drop"\nrepeat_columns = ["Nr"]\n', ("no column 'Nr'",)),
        ("order-by", "[orders]\n", '[orders]\norder_by = "Date"\n', ("group = true",)),
        ("exported-on", "[orders]", "exported_on = 2026-13-01\n[orders]", ("company.toml",)),
        ("policy-missing", "[orders]", 'policy = "no.toml"\n[orders]', ("no.toml",)),
        ("data-missing", "[orders]", 'data = "nowhere"\n[orders]', ("no such data folder",)),
        ("join-key", "[orders.fields]", '[[orders.join]]\nfrom = "orders.csv"\non = ["Nr"]\n[orders.fields]', ("no column 'Nr'",)),
        ("join-file", "[orders.fields]", '[[orders.join]]\nfrom = "pay.csv"\non = ["No"]\n[orders.fields]', ("no such file",)),
        ("value-map", '"Amount"\n', '"Amount"\n[orders.values]\namount = "x"\n', ("values",)),
        ("combine", "[orders]\n", '[orders]\ngroup = true\ncombine = { amount = "most" }\n', ("combine",)),
        ("unpivot", "[orders]\n", '[orders]\nunpivot = "Q*"\n', ("unpivot", "no column 'Q\\*'")),
    ):  # fmt: skip
        yield Case(
            f"toml-{name}", _toml(GOOD.replace(old, new, 1)), 2, ("company.toml|orders.csv|no.toml|pay.csv", *words)
        )


def _expressions() -> Iterator[Case]:
    for name, given, fine in (
        ("sum", "number(Amount) + 0", True), ("case", "case when Note = 'n1' then number(Amount) else number(Amount) end", True),
        ("quoted", '"Amount"', True), ("comment", "number(Amount) -- ''", True), ("two", "1; 2", False), ("subquery", "(select 1)", False),
        ("file", "read_text('/etc/passwd')", False), ("aggregate", "sum(number(Amount))", False), ("star", "*", False),
        ("unknown-function", "amount_of(Amount)", False), ("unknown-column", "number(Amuont)", False), ("text-added", "Amount + Amount", False),
        ("open-bracket", "number(Amount", False), ("parameter", "?", False), ("division-by-nought", "number(Amount) / 0", False),
        ("repeat", "repeat('x', 1000000000)", False), ("recursive", "(with recursive r as (select 1) select * from r)", False),
    ):  # fmt: skip
        rows = ROWS if fine else None
        yield Case(
            f"expression-{name}", _with(fields={"amount": given}), 0 if fine else 2, () if fine else ("orders",), rows
        )
    for name, given in (
        ("no-condition", "number(Amount)"),
        ("always-false", "false"),
        ("all-empty", "Note is null"),
        ("broken", "Note = '"),
    ):
        more = f'[orders.filter]\nkept = """{given}"""'
        yield Case(f"filter-{name}", _with(more=more), 2, ("orders",), [])


def _policies() -> Iterator[Case]:
    for name, text in (
        ("broken", "[quality\n"), ("unknown", "[qualty]\nmax_reject_share = 0.1\n"), ("word", '[quality]\nmax_reject_share = "much"\n'),
        ("beyond", "[quality]\nmax_reject_share = 7\n"), ("latin", "# café\n".encode("cp1252").decode("latin-1")),
        ("infinite", "[quality]\nmax_reject_share = nan\n"),
    ):  # fmt: skip

        def make(folder: Path, text: str = text, name: str = name) -> None:
            _files(folder)
            company(folder, head='name = "shop"\ncurrency = "EUR"\npolicy = "policy.toml"\n')
            (folder / "policy.toml").write_bytes(text.encode("cp1252" if name == "latin" else "utf-8"))

        yield Case(f"policy-{name}", make, 2, ("policy.toml",))
