"""What a cell of text says, as SQL: the same text for what is written alike, a number, a moment. Nothing is guessed."""

from __future__ import annotations

from babel.numbers import get_currency_symbol

from crmlib.border.sources import literal

EMPTY = "('', '-', '--', '—', '/', 'n/a', 'na', 'null', 'none', 'nan', 'nat', '#n/a', '无', '空')"
"""What people write into an empty cell of a number, date or flag; in text and ids only the empty cell and \\N are empty."""

WIDE = "translate({x}, '０１２３４５６７８９．，－＋（）／：￥％　', '0123456789.,-+()/:¥% ')"
"""SQL: a text with the signs of numbers and dates in usual width."""

INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff"
"""Signs that take no room: two ids that differ in them alone are one."""
MARKED = "^'('*[=+@\t\r＝＋－＠-])"
"""A cell that got an apostrophe so that no spreadsheet computes it (`vocabulary.cells`)."""
_LETTERS = tuple(
    "".join(chr(c + shift) for a, b in ("09", "AZ", "az") for c in range(ord(a), ord(b) + 1)) for shift in (0xFEE0, 0)
)
_SIGNS = tuple("".join(chr(c + shift) for c in range(0x21, 0x7F)) for shift in (0xFEE0, 0))

EITHER = "?"
"""In place of a decimal sign: cells of the source can be read two ways, and nothing tells which."""
TWO_WAYS = "[1-9][0-9]{0,2}[.,][0-9]{3}"
"""A number of thousands to one reader, one with three decimals to another."""
ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
"""What an e-mail address looks like, where it stands as a key."""
DAY_FIRST, MONTH_FIRST = "day", "month"
"""How a date with the year at its end is written."""


def alike(text: str, kind: str) -> str:
    """SQL: a text as it is compared: composed (é is one sign), letters and digits of usual width, no sign that nobody sees, and
    without the mark that keeps a spreadsheet from computing it. In an id all signs have the usual width.
    """
    wide, usual = (literal(s) for s in (_SIGNS if kind == "id" else _LETTERS))
    plain = f"nfc_normalize(translate(regexp_replace(c, '[{INVISIBLE}]', '', 'g'), {wide}, {usual}))"
    ascii_ = f"case when strlen(c) = length(c) then c else {plain} end"
    unmarked = (
        f"case when starts_with(c, {literal(chr(39))}) then regexp_replace(c, {literal(MARKED)}, '\\1') else c end"
    )
    return f"list_transform(list_transform([{text}], lambda c: {ascii_}), lambda c: {unmarked})[1]"


def filled(text: str, kind: str) -> str:
    """SQL: the trimmed text as it is compared, or null where nothing is said."""
    trimmed = alike(f"trim({text}, ' \t\r\n\u00a0\u3000')", kind)
    empty = "c in ('', '\\N')" if kind in ("id", "text", "enum") else f"lower(c) in {EMPTY} or c = '\\N'"
    # Two systems write one address in capitals or not; few keys hold the sign, so that it is looked for first.
    mail = f"contains(c, '@') and regexp_matches(c, {literal(ADDRESS)})"
    lowered = f" when {mail} then lower(c)" if kind == "id" else ""
    return f"list_transform([{trimmed}], lambda c: case when {empty} then null{lowered} else c end)[1]"


def signs(currency: str) -> str:
    """Regular expression of what is written for a currency."""
    known = {
        "CNY": ["¥", "RMB", "CN¥", "元", "人民币"],
        "JPY": ["¥", "円"],
        "USD": ["$", "US$"],
        "EUR": ["€"],
        "GBP": ["£"],
        "HKD": ["HK$"],
    }
    symbols = {
        currency,
        get_currency_symbol(currency, locale="en"),
        *known.get(currency, ["$"] if currency.endswith("D") else []),
    }
    return "|".join(s.replace("$", "\\$") for s in sorted(symbols, key=lambda s: (-len(s), s)))


def plain_number(text: str, decimal: str | None, currency: str) -> str:
    """SQL: the cell as digits, sign and point; null where it is no number, or one that could be read two ways.

    `decimal` is the sign that the source uses, `EITHER` where its cells do not tell, None where none raises the question.
    """
    squeezed = f"regexp_replace({WIDE.format(x=text)}, '[\\s\u00a0\u2009\u202f'']', '', 'g')"
    bare = f"regexp_replace({squeezed}, '(?i)^([-+(]?)({signs(currency)})|({signs(currency)})([-)]?)$', '\\1\\4')"
    signed = f"regexp_replace(regexp_replace({bare}, '^\\(([^()-]*)\\)$', '-\\1'), '^([^-]+)-$', '-\\1')"
    plain = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"
    sure = r"^[-+]?[0-9]{1,3}((,[0-9]{3})+\.[0-9]+|(,[0-9]{3}){2,})$"
    grouped = {
        None: sure,
        EITHER: sure,
        ".": r"^[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$",
        ",": r"^[-+]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?$",
    }[decimal]
    mended = "replace(replace(s, '.', ''), ',', '.')" if decimal == "," else "replace(s, ',', '')"
    direct = "" if decimal == "," else f"when regexp_matches(s, '{plain}') then s "
    if decimal == EITHER:
        direct = f"when regexp_matches(s, '^[-+]?{TWO_WAYS}$') then null {direct}"
    return (
        f"list_transform([{signed}], lambda s: case {direct}when regexp_matches(s, '{grouped}') then {mended} end)[1]"
    )


def number(text: str, decimal: str | None, currency: str, type_: str) -> str:
    """SQL: a text cell as a number of `type_`; a percentage (20%) becomes a share."""
    digits = plain_number(f"rtrim({text}, '%％')", decimal, currency)
    share = f"case when regexp_matches({text}, '[%％]$') then 0.01 else 1 end"
    if type_ == "DOUBLE":
        return f"(try_cast({digits} as double) * {share})"
    return f"try_cast({plain_number(text, decimal, currency)} as {type_})"


def moment(text: str, formats: list[str], zone: str, *, day_0: str = "", order: str = "") -> str:
    """SQL: a text cell as a local timestamp. Year first, or day.month.year with dots; with `formats`, those only.

    `day_0` is the SQL of the day that serial numbers count from, `order` that of day and month before the year where it is known.
    """
    if formats:
        listed = "[" + ", ".join(literal(f) for f in formats) + "]"
        return f"try_strptime({WIDE.format(x=text)}, {listed})::timestamp"
    tidy = f"regexp_replace(regexp_replace({WIDE.format(x=text)}, '\\s*[年月]\\s*', '-', 'g'), '\\s*日\\s*', ' ')"
    sign = "[-/.]" if order == DAY_FIRST else "[.]"
    day = "([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})|([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})"
    day += f"|([0-9]{{1,2}}){sign}([0-9]{{1,2}}){sign}([0-9]{{4}})"
    day += "|([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4})" if order == MONTH_FIRST else "|()()()"
    clock = "([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\\.[0-9]+)?)(?: ?([AaPp][Mm]))?"
    offset = "Z|UTC|GMT|[-+](?:0[0-9]|1[0-3])(?::?[0-5][0-9])?|[-+]14(?::?00)?"
    pattern = f"^(?:{day})(?:[T ]+{clock})?(?: ?({offset}))?[ ]*$"
    names = "['y', 'm', 'd', 'y2', 'm2', 'd2', 'd3', 'm3', 'y3', 'm4', 'd4', 'y4', 'clock', 'half', 'offset']"
    hour = "try_cast(split_part(p.clock, ':', 1) as integer)"
    stamp = (
        "try_cast((p.y || p.y2 || p.y3 || p.y4) || '-' || lpad(p.m || p.m2 || p.m3 || p.m4, 2, '0') || '-' "
        "|| lpad(p.d || p.d2 || p.d3 || p.d4, 2, '0') || ' ' || case when p.clock = '' then '00:00' else p.clock "
        "end || case when regexp_matches(p.clock, ':[0-9]{2}:') then '' else ':00' end as timestamp) "
        f"+ case when lower(p.half) = 'pm' and {hour} < 12 then interval 12 hour "
        f"when lower(p.half) = 'am' and {hour} = 12 then -interval 12 hour "
        f"when lower(p.half) = 'am' and {hour} > 12 then null else interval 0 hour end"
    )
    minutes = (
        "case when p.offset in ('Z', 'UTC', 'GMT') then 0 else (case when p.offset[1] = '-' then -1 else 1 end) "
        "* (60 * try_cast(p.offset[2:3] as integer) "
        "+ coalesce(try_cast(nullif(right(replace(p.offset, ':', ''), -3), '') as integer), 0)) end"
    )
    local = f"timezone({literal(zone)}, timezone('UTC', w.t - to_minutes(cast({minutes.replace('p.', 'w.p.')} as integer))))"
    parsed = (
        f"list_transform([regexp_extract({tidy}, {literal(pattern)}, {names})], lambda p: {{'p': p, 't': {stamp}}})"
    )
    read = f"list_transform({parsed}, lambda w: case when w.p.offset = '' then w.t else {local} end)[1]"
    iso = "^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?$"
    read = f"case when regexp_matches({text}, '{iso}') then try_cast({text} as timestamp) else {read} end"
    if day_0:
        days = f"try_cast({text} as double)"
        excel = f"{day_0} + to_microseconds(cast(round({days} * 86400) as bigint) * 1000000)"
        read = f"coalesce(case when regexp_matches({text}, '^[0-9]{{5}}(\\.[0-9]+)?$') then {excel} end, {read})"
    return read
