"""Text files: encodings, delimiters, line ends, quotation marks, shapes."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

from tests.hostile.case import HEAD, Case, Row, company


def _rows(names: str) -> list[Row]:
    amounts = ("12.50", "7", "1234.5", "0.99")
    return [
        (f"{i}", name, f"2026-{1 + i % 9:02}-{1 + i:02}", amounts[i % 4]) for i, name in enumerate(names.split("|"))
    ]


SCRIPTS = {
    "latin": _rows("René Müller|Zoé Brûlé|Ève Noël|Jörg Groß|Åsa Öberg|Señora Peña|Chloë à Besançon|François Lefèvre"),
    "chinese": _rows("张伟|李娜有限公司|王小明|北京大学|上海机械厂|中国银行|陈静|刘洋贸易"),
    "traditional": _rows("張偉國際|臺灣電子|國際貿易公司|陳靜怡|劉洋機械廠|臺北大學|黃麗華|鄭國強"),
    "japanese": _rows("田中さくら|カタカナの会社|ひらがなです|山田たろう|すずき商店|なかむら|さとう花子|ことり物産"),
    "korean": _rows("김철수|이영희|박지성|주식회사 한국전자|대구광역시|최민수|정수빈|강원도청"),
    "cyrillic": _rows("Иванов Иван|Петрова Анна|Санкт-Петербург|Сидоров|Кузнецов Пётр|Смирнова|Попов|Волков"),
    "polish": _rows("Wałęsa|Małgorzata|Kraków|Gdańsk|Łukasz|Święty|Poznań|Żaneta Dąb"),
}
UNASKED = {"utf-8": "chinese", "utf-8-sig": "latin", "utf-16": "korean", "gb18030": "chinese"}
NAMED = {
    "cp1252": "latin", "latin-1": "latin", "big5": "traditional", "shift_jis": "japanese", "euc_jp": "japanese", "euc_kr": "korean",
    "cp1251": "cyrillic", "koi8_r": "cyrillic", "cp1250": "polish", "utf-16-le": "latin", "utf-16-be": "chinese", "gbk": "chinese",
}  # fmt: skip
GUESSED = {
    "cp1252": "latin", "big5": "traditional", "shift_jis": "japanese", "euc_jp": "japanese", "euc_kr": "korean",
    "cp1251": "cyrillic", "koi8_r": "cyrillic", "utf-16-le": "latin", "utf-16-be": "chinese",
}  # fmt: skip


def text(
    rows: list[Row], delimiter: str = ",", end: str = "\n", *, quoted: bool = False, head: tuple[str, ...] = HEAD
) -> str:
    """The rows as a delimited text."""
    mark = '"' if quoted else ""
    return "".join(delimiter.join(f"{mark}{cell}{mark}" for cell in row) + end for row in (head, *rows))


def written(content: str | bytes, file: str = "orders.csv", encoding: str = "utf-8", **more: object) -> Case.make:  # type: ignore[name-defined,valid-type]
    """A case's folder with one file."""

    def make(folder: Path) -> None:
        raw = content if isinstance(content, bytes) else content.encode(encoding)
        (folder / file).write_bytes(gzip.compress(raw) if file.endswith(".gz") else raw)
        company(folder, file, **more)  # type: ignore[arg-type]

    return make


def cases() -> Iterator[Case]:
    """All cases of text files."""
    yield from _encodings()
    yield from _ends()
    yield from _shapes()
    yield from _refused()


def _encodings() -> Iterator[Case]:
    for delimiter, sign in ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")):
        for encoding, script in (UNASKED | NAMED).items():
            more = f'encoding = "{encoding}"' if encoding in NAMED else ""
            rows = SCRIPTS[script]
            make = written(text(rows, delimiter), encoding=encoding, more=more)
            yield Case(f"encoding-{encoding}-{sign}", make, rows=rows, read=len(rows))
    for encoding, script in GUESSED.items():
        make = written(text(SCRIPTS[script]), encoding=encoding)
        yield Case(f"unnamed-{encoding}", make, 2, (f'encoding = "{encoding}"', "orders.csv"))
    for held, said in (
        ("utf-8", "cp1252"), ("utf-8", "latin-1"), ("utf-8", "gb18030"), ("utf-8", "cp1251"), ("utf-8", "big5"),
        ("cp1252", "gb18030"), ("cp1252", "utf-8"), ("cp1252", "ascii"), ("gb18030", "cp1252"), ("gb18030", "latin-1"), ("gb18030", "utf-8"),
        ("cp1252", "cp1251"),
    ):  # fmt: skip
        script = "chinese" if held == "gb18030" else "latin"
        make = written(text(SCRIPTS[script]), encoding=held, more=f'encoding = "{said}"')
        better = {"utf-8": "utf-8", "cp1252": "cp1252", "gb18030": "gb18030"}[held]
        yield Case(f"named-{said}-holds-{held}", make, 2, (f'"{better}"',))
    for name in (
        "klingon",
        "hex",
        "rot13",
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "punycode",
        "undefined",
        "zlib",
        "",
        "utf\\u0000",
    ):
        yield Case(
            f"no-encoding-{name}", written(text(SCRIPTS["latin"]), more=f'encoding = "{name}"'), 2, ("encoding",)
        )
    parts = {
        name: text(SCRIPTS[name]).encode(code)
        for name, code in (("latin", "cp1252"), ("chinese", "gb18030"), ("korean", "utf-8"))
    }
    for one, other in (("korean", "latin"), ("korean", "chinese"), ("latin", "korean"), ("latin", "chinese")):
        mixed = parts[one] + parts[other].split(b"\n", 1)[1]
        yield Case(f"mixed-{one}-{other}", written(mixed), 2, ("orders.csv", "line"))


def _ends() -> Iterator[Case]:
    rows = SCRIPTS["latin"]
    for end, called in (("\n", "lf"), ("\r\n", "crlf"), ("\r", "cr")):
        for quoted in (False, True):
            for last in (True, False):
                content = text(rows, end=end, quoted=quoted)
                content = content if last else content.removesuffix(end)
                name = f"ends-{called}-{'quoted' if quoted else 'plain'}-{'closed' if last else 'open'}"
                yield Case(name, written(content), rows=rows, read=len(rows))
    yield Case(
        "ends-mixed",
        written(text(rows[:4]) + text(rows[4:], end="\r\n").split("\r\n", 1)[1]),
        rows=rows,
        read=len(rows),
    )
    for kind in ("csv.gz", "txt", "tsv", "CSV"):
        yield Case(f"kind-{kind}", written(text(rows), f"orders.{kind}"), rows=rows)


def _shapes() -> Iterator[Case]:
    rows = SCRIPTS["latin"]
    plain = text(rows)
    for n, title in enumerate(
        ("Sales", "Sales,,,", "Sales of 2026,,,\n\nas of,2026-12-31,,", ",,,\n,,,", "sep=,", "a\nb\nc\nd\ne")
    ):
        yield Case(
            f"titles-{n}",
            written(f"{title}\n{plain}"),
            words=("above the heading",) * (title != ",,,\n,,,"),
            rows=rows,
            read=len(rows),
        )
    yield Case("blank-lines", written(plain.replace("\n", "\n\n")), rows=rows, read=len(rows))
    yield Case("cells-with-breaks", written(plain.replace("René Müller", '"René\nMüller"')), rows=[(r[0], r[1].replace("René Müller", "René\nMüller"), *r[2:]) for r in rows], read=len(rows))  # fmt: skip
    yield Case("cells-with-marks", written(plain.replace("René Müller", '"René ""M"" Müller"')), rows=[(r[0], r[1].replace("René Müller", 'René "M" Müller'), *r[2:]) for r in rows])  # fmt: skip
    yield Case("spaces-around", written(plain.replace(",", " , ")), rows=rows)
    yield Case("nbsp-around", written(plain.replace(",", "\u00a0,\u3000")), rows=rows)
    yield Case("heading-in-bom-twice", written("\ufeff\ufeff" + plain), rows=rows)
    yield Case("zero-width-heading", written(plain.replace("No,", "N\u200bo,", 1)), rows=rows)
    yield Case(
        "trailing-columns",
        written(plain.replace("Amount", "Amount,,").replace("\n", ",,\n").replace(",,,,", ",,")),
        rows=rows,
    )
    yield Case("many-columns", written("\n".join(line + ("," + ",".join(f"{'h' if i == 0 else ''}{k}" for k in range(900))) for i, line in enumerate(plain.splitlines())) + "\n"), rows=rows)  # fmt: skip
    short, long = plain + "99,x,2026-01-01\n", plain + "99,x,2026-01-01,1,2,3\n"
    for name, content in (("short", short), ("long", long)):
        yield Case(f"row-{name}", written(content), 2, ("1 of 9", "orders.csv:10"), rows=rows, read=len(rows) + 1)
    yield Case("delimiter-named", written(text(rows, ":"), more='delimiter = ":"'), rows=rows)
    yield Case(
        "null-written", written(plain + "98,NULL,2026-01-01,1\n"), rows=[*rows, ("98", "NULL", "2026-01-01", "1")]
    )


def _refused() -> Iterator[Case]:
    plain = text(SCRIPTS["latin"])
    for name, content, words in (
        ("empty", b"", ("empty",)),
        ("only-breaks", b"\n\n\r\n", ("empty",)),
        ("only-bom", b"\xef\xbb\xbf", ("empty",)),
        ("only-heading", b"No,Customer,Date,Amount\n", ("no row",)),
        ("open-quotation-mark", plain.replace("Ève", '"Ève'), ("line 4", "quotation mark")),
        ("same-heading-twice", plain.replace("Date", "No", 1), ("no column 'No'", r"No \[1\]")),
        ("same-heading-other-case", plain.replace("Date", "NO", 1), ("no column 'No'", r"No \[1\]")),
        ("heading-underscores", plain.replace("Date", "__line", 1), ("two underscores",)),
        ("heading-missing", plain.split("\n", 1)[1], ("no column",)),
        ("heading-mistyped", plain.replace("Amount", "Amuont", 1), ("did you mean 'Amuont'",)),
        ("nul-in-heading", plain.replace("No", "N\0o", 1), ("NUL|no column",)),
        ("binary", bytes(range(256)) * 40, ("orders.csv",)),
        ("a-picture", b"\x89PNG\r\n\x1a\n" + bytes(range(200, 256)) * 60, ("orders.csv",)),
        ("html", "<html><body><table><tr><td>No</td></tr></table></body></html>\n", ("no column",)),
        ("json", '[{"No": 1, "Customer": "a"}]\n', ("no column",)),
        ("wrong-delimiter", text(SCRIPTS["latin"], "^"), ("no column",)),
        ("long-line", "No,Customer,Date,Amount\n1,a,2026-01-01," + "9" * (1 << 24) + "\n", ("line 2", "characters")),
        ("long-heading", "N" * ((1 << 24) + 5) + "\n", ("line 1", "characters")),
        ("long-cell-of-many-lines", 'No,Customer,Date,Amount\n1,"' + ("x" * 999_999 + "\n") * 18 + '",2026-01-01,1\n', ("line 2",)),
    ):  # fmt: skip
        yield Case(f"refused-{name}", written(content), 2, ("orders.csv", *words))
    for name, raw in (("truncated", gzip.compress(plain.encode())[:-20]), ("no-gzip", plain.encode())):

        def make(folder: Path, raw: bytes = raw) -> None:
            (folder / "orders.csv.gz").write_bytes(raw)
            company(folder, "orders.csv.gz")

        yield Case(f"gzip-{name}", make, 2, ("orders.csv.gz", "cannot be read"))
    yield Case("kind-json", written(plain, "orders.json"), 2, ("orders.json", "no table"))
    for kind in ("xls", "ods", "pdf", "docx", "zip", "sas7bdat", ""):
        file = f"orders.{kind}" if kind else "orders"
        yield Case(f"kind-{kind or 'none'}", written(plain, file), 2, ("cannot be read", "save it as CSV"))
