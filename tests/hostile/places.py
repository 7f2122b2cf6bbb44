"""The file system: files that are not there, that are no files, that lie elsewhere, with names that nobody expects."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.hostile.case import Case, Row, company

ROWS: list[Row] = [(str(i), f"c{i % 3}", f"2026-01-{1 + i:02}", f"{i + 0.5}") for i in range(9)]
HEAD = "No,Customer,Date,Amount\n"
TEXT = HEAD + "".join(",".join(row) + "\n" for row in ROWS)


def _case(name: str, file: str, put: Callable[[Path], object], **more: object) -> Case:
    def make(folder: Path) -> None:
        put(folder)
        company(folder, file)

    return Case(f"place-{name}", make, **more)  # type: ignore[arg-type]


def _at(name: str, text: str = TEXT) -> Callable[[Path], object]:
    def put(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return put


def cases() -> Iterator[Case]:
    """All cases of files and folders."""
    out = ("leaves the data folder", "--data")
    for n, name in enumerate(
        (
            "with space.csv",
            "客户订单.csv",
            "o'hara.csv",
            'quo"te.csv',
            "semi;colon.csv",
            "$(touch x).csv",
            "`id`.csv",
            "-rf.csv",
            "%s{x}.csv",
            "a..b.csv",
        )
    ):
        yield _case(f"name-{n}", name, _at(name), rows=ROWS, read=9)
    yield _case("folder-inside", "exports/2026/orders.csv", _at("exports/2026/orders.csv"), rows=ROWS)
    yield _case("pattern", "o-*.csv", lambda f: (_at("o-1.csv")(f), _at("o-2.csv", HEAD + "x,c,2026-01-20,1\n")(f)), rows=[*ROWS, ("x", "c", "2026-01-20", "1")], read=10)  # fmt: skip
    yield _case("pattern-deep", "**/orders.csv", _at("a/b/orders.csv"), rows=ROWS)
    yield _case("pattern-brackets", "o[1].csv", _at("o[1].csv"), rows=ROWS)
    yield _case("pattern-nothing", "o-*.csv", _at("orders.csv"), exit=2, words=("no such file",))
    yield _case("pattern-bad", "**orders.csv", _at("orders.csv"), exit=2, words=("neither a file nor a pattern",))
    yield _case("pattern-columns-differ", "o-*.csv", lambda f: (_at("o-1.csv")(f), _at("o-2.csv", "No,Who,Date,Amount\nx,c,2026-01-20,1\n")(f)), exit=2, words=("o-2.csv", "no column 'Customer'"))  # fmt: skip
    yield _case("composed-otherwise", "donn\u00e9es.csv", _at("donne\u0301es.csv"), rows=ROWS)
    yield _case("missing", "orders.csv", lambda _f: None, exit=2, words=("no such file",))
    yield _case("a-folder", "orders.csv", lambda f: (f / "orders.csv").mkdir(), exit=2, words=("orders.csv",))
    yield _case("up", "../orders.csv", lambda f: _at("x.csv")(f), exit=2, words=out)
    yield _case("up-and-down", "exports/../../orders.csv", _at("exports/orders.csv"), exit=2, words=out)
    yield _case("up-pattern", "../*/orders.csv", _at("orders.csv"), exit=2, words=out)
    yield _case("absolute", "/etc/hosts", _at("orders.csv"), exit=2, words=out)
    yield _case("absolute-pattern", "/etc/*.csv", _at("orders.csv"), exit=2, words=out)
    yield _case("home", "~/orders.csv", _at("orders.csv"), exit=2, words=("no such file",))
    yield _case("link-out", "orders.csv", lambda f: os.symlink("/etc/hosts", f / "orders.csv"), exit=2, words=out)
    yield _case(
        "link-to-folder-out",
        "all/*.csv",
        lambda f: os.symlink(f.parent, f / "all"),
        exit=2,
        words=("leaves the data folder|no such file",),
    )
    yield _case(
        "link-inside", "orders.csv", lambda f: (_at("real.csv")(f), os.symlink("real.csv", f / "orders.csv")), rows=ROWS
    )
    yield _case(
        "link-to-itself",
        "orders.csv",
        lambda f: os.symlink("orders.csv", f / "orders.csv"),
        exit=2,
        words=("orders.csv",),
    )
    yield _case(
        "link-to-nothing",
        "orders.csv",
        lambda f: os.symlink("gone.csv", f / "orders.csv"),
        exit=2,
        words=("no such file",),
    )
    yield _case("pipe", "orders.csv", lambda f: os.mkfifo(f / "orders.csv"), exit=2, words=("no such file",))
    yield _case("device", "/dev/zero", _at("orders.csv"), exit=2, words=out)
    yield _case("long-name", "x" * 300 + ".csv", _at("orders.csv"), exit=2, words=("company.toml|no such file",))
    yield _case("nul-name", "or\\u0000ders.csv", _at("orders.csv"), exit=2, words=("no such file|neither a file",))

    def elsewhere(data: str) -> Callable[[Path], None]:
        def make(folder: Path) -> None:
            _at("orders.csv")(folder)
            company(folder, head=f'name = "shop"\ncurrency = "EUR"\ndata = "{data}"\n')

        return make

    for name, data in (("root", "/"), ("up", ".."), ("etc", "/etc"), ("up-and-down", "x/../..")):
        yield Case(f"data-{name}", elsewhere(data), 2, ("company.toml", "--data"))
    yield Case("data-here", elsewhere("."), rows=ROWS)

    def folder_for_file(folder: Path) -> None:
        (folder / "company.toml").mkdir()

    yield Case("company-is-a-folder", folder_for_file, 2, ("company.toml",))
    yield Case("company-missing", lambda _f: None, 2, ("company.toml", "crmlib init"))

    def key_for(content: bytes | None) -> Callable[[Path], None]:
        def make(folder: Path) -> None:
            _at("orders.csv")(folder)
            company(folder)
            (folder / ".crmlib").mkdir()
            (folder / ".crmlib" / "forgotten").write_bytes(content or b"")

        return make

    yield Case("memory-damaged", key_for(b"{"), 2, ("forgotten", "restore"))
