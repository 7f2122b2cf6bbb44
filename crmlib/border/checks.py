"""How a cell is read and judged at the border, as SQL: strict, and saying what would mend it.

A cell that a reader could take for two different values is not guessed at: the rule that rejects it names the key of
company.toml which settles it.
"""

from __future__ import annotations

import phonenumbers
from babel.numbers import get_currency_symbol

from crmlib.border.plausible import FIRST_BIRTH, LIMITS
from crmlib.border.sources import literal
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.schema import Column
from crmlib.vocabulary.tables import MOST

RULES = {
    "columns": N_("The row has not as many cells as the heading; look for a delimiter or line break inside a cell."),
    "missing": N_("A required cell is empty."),
    "number": N_("This is no number."),
    "ambiguous": N_('This number could be read two ways; say decimal = "." or decimal = "," for this source.'),
    "currency": N_("The currency sign is not the company's; convert the amounts, or filter these rows out."),
    "date": N_(
        'This date is not understood without guessing; say date_format for this source, for example date_format = "%d/%m/%Y".'
    ),
    "date_range": N_("The date lies before 1900 (a birthday: before 1000) or after 2100."),
    "size": N_(
        "The number is beyond what any figure can be made of (money and numbers 10 million million, whole numbers a thousand "
        "million); look at the decimal sign, and whether this is the right column."
    ),
    "flag": N_("This is neither yes nor no."),
    "value": N_("This is none of the allowed values; add it to the value map of the field."),
    "range": N_("The number lies outside the possible range."),
    "scale": N_(
        "The answer lies outside the scale of its question; say scale_from and scale_to where that is another."
    ),
    "personal": N_(
        "A text tells of one person: a name, number or address of your customers, or the shape of one. It is published as "
        '"other"; map another column, clean this one, or declare the value under values if it is none.'
    ),
    "duplicate_key": N_(
        'The key stands in an earlier row; say repeats = "drop" for equal rows, or group = true where rows are lines.'
    ),
    "key_elsewhere": N_(
        "The key stands in an earlier source too. If it means something else there, put the system before it here, and "
        "wherever it is named; if the same, read one source only and join the other's columns to it."
    ),
}
"""What each rule means and what mends it."""

EMPTY = "('', '-', '--', '—', '/', 'n/a', 'na', 'null', 'none', 'nan', 'nat', '#n/a', '无', '空')"
"""What people write into an empty cell of a number, date or flag; in text and ids only the empty cell and \\N are empty."""

WIDE = "translate({x}, '０１２３４５６７８９．，－＋（）／：￥％　', '0123456789.,-+()/:¥% ')"

NATIVE_NUMBERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "FLOAT", "DOUBLE", "DECIMAL",
)  # fmt: skip


def shape(text: str) -> str:
    """SQL: how a text is written, in 30 signs: digits as 9, wide ones as ９, any letter as a, other signs but the usual as ?."""
    plain = f"regexp_replace(left({text}, 30), '[0-9]', '9', 'g')"
    for found, sign in (("[０-９]", "９"), ("[\\p{L}\\p{M}〇]", "a"), ("[^ -~９：／．－（）　]", "?")):
        plain = f"regexp_replace({plain}, '{found}', '{sign}', 'g')"
    return plain


def is_phone(text: str, country: str) -> bool:
    """Whether a number could be dialled: a valid one of its country, or of `country` where it names none."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, country))
    except phonenumbers.NumberParseException:
        return False


def filled(text: str, kind: str) -> str:
    """SQL: the trimmed text, or null where nothing is said."""
    trimmed = f"trim({text}, ' \t\r\n\u00a0\u3000')"
    if kind in ("id", "text", "enum"):
        return f"case when {trimmed} in ('', '\\N') then null else {trimmed} end"
    return f"case when lower({trimmed}) in {EMPTY} or {trimmed} = '\\N' then null else {trimmed} end"


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
    """SQL: the cell as digits, sign and point; null where it is no number, or one that could be read two ways."""
    squeezed = f"regexp_replace({WIDE.format(x=text)}, '[\\s\u00a0\u2009\u202f'']', '', 'g')"
    bare = f"regexp_replace({squeezed}, '(?i)^([-+(]?)({signs(currency)})|({signs(currency)})([-)]?)$', '\\1\\4')"
    signed = f"regexp_replace(regexp_replace({bare}, '^\\(([^()-]*)\\)$', '-\\1'), '^([^-]+)-$', '-\\1')"
    plain = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"
    grouped = {
        None: r"^[-+]?[0-9]{1,3}((,[0-9]{3})+\.[0-9]+|(,[0-9]{3}){2,})$",
        ".": r"^[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$",
        ",": r"^[-+]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?$",
    }[decimal]
    mended = "replace(replace(s, '.', ''), ',', '.')" if decimal == "," else "replace(s, ',', '')"
    direct = "" if decimal == "," else f"when regexp_matches(s, '{plain}') then s "
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


def moment(text: str, formats: list[str], zone: str, *, serials: bool = False) -> str:
    """SQL: a text cell as a local timestamp. Year first, or day.month.year with dots; with `formats`, those only."""
    if formats:
        listed = "[" + ", ".join(literal(f) for f in formats) + "]"
        return f"try_strptime({WIDE.format(x=text)}, {listed})::timestamp"
    tidy = f"regexp_replace(regexp_replace({WIDE.format(x=text)}, '\\s*[年月]\\s*', '-', 'g'), '\\s*日\\s*', ' ')"
    day = "([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})|([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})"
    day += "|([0-9]{1,2})\\.([0-9]{1,2})\\.([0-9]{4})"
    clock = "([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\\.[0-9]+)?)(?: ?([AaPp][Mm]))?"
    pattern = f"^(?:{day})(?:[T ]+{clock})?(?: ?(Z|UTC|GMT|[-+][0-9]{{2}}:?[0-9]{{2}}|[-+][0-9]{{2}}))?[ ]*$"
    names = "['y', 'm', 'd', 'y2', 'm2', 'd2', 'd3', 'm3', 'y3', 'clock', 'half', 'offset']"
    stamp = (
        "try_cast((p.y || p.y2 || p.y3) || '-' || lpad(p.m || p.m2 || p.m3, 2, '0') || '-' || lpad(p.d || p.d2 || p.d3, 2, '0') "
        "|| ' ' || case when p.clock = '' then '00:00' else p.clock "
        "end || case when regexp_matches(p.clock, ':[0-9]{2}:') then '' else ':00' end as timestamp) "
        "+ case when lower(p.half) = 'pm' and try_cast(split_part(p.clock, ':', 1) as integer) < 12 then interval 12 hour "
        "when lower(p.half) = 'am' and split_part(p.clock, ':', 1) = '12' then -interval 12 hour else interval 0 hour end"
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
    if serials:
        days = f"try_cast({text} as double)"
        excel = f"timestamp '1899-12-30' + to_microseconds(cast(round({days} * 86400) as bigint) * 1000000)"
        read = f"coalesce(case when regexp_matches({text}, '^[0-9]{{5}}(\\.[0-9]+)?$') then {excel} end, {read})"
    return read


FLAGS = {
    "true": "('1', 'true', 't', 'yes', 'y', '是', '对', '有', '√')",
    "false": "('0', 'false', 'f', 'no', 'n', '否', '错', '没有', '×')",
}


def read_cell(
    column: Column,
    raw: str,
    type_: str,
    *,
    decimal: str | None,
    formats: list[str],
    zone: str,
    currency: str,
    serials: bool,
) -> str:
    """SQL: the raw value `raw` of engine type `type_` as the canonical column's type; null where it cannot be."""
    kind = column.kind
    base = type_.split("(")[0]
    if kind in ("date", "timestamp"):
        if base == "TIMESTAMP WITH TIME ZONE":
            stamp = f"timezone({literal(zone)}, {raw})"
        elif base.startswith(("TIMESTAMP", "DATE")):
            stamp = f"try_cast({raw} as timestamp)"
        else:
            stamp = moment(filled(f"cast({raw} as varchar)", kind), formats, zone, serials=serials)
        return f"try_cast({stamp} as {'date' if kind == 'date' else 'timestamp'})"
    if kind in ("money", "number", "integer"):
        target = {"money": "DECIMAL(18,4)", "number": "DOUBLE", "integer": "BIGINT"}[kind]
        if base in NATIVE_NUMBERS:
            finite = f"case when isfinite({raw}) then {raw} end" if base in ("FLOAT", "DOUBLE") else raw
            return f"try_cast({finite} as {target})"
        return number(filled(f"cast({raw} as varchar)", kind), decimal, currency, target)
    if kind == "flag":
        low = f"lower({filled(f'cast({raw} as varchar)', kind)})"
        return f"case when {low} in {FLAGS['true']} then true when {low} in {FLAGS['false']} then false end"
    if base in ("FLOAT", "DOUBLE"):
        whole = f"{raw} = trunc({raw}) and abs({raw}) < 1e15"
        exact = f"when {whole} then cast(try_cast({raw} as bigint) as varchar)"
        text = f"case {exact} when isfinite({raw}) then cast({raw} as varchar) end"
    else:
        text = f"cast({raw} as varchar)" if base in NATIVE_NUMBERS else filled(f"cast({raw} as varchar)", kind)
    codes = column.values or column.codes
    if codes:
        listed = ", ".join(literal(c) for c in codes)
        other = "null" if kind == "enum" else "c"
        return f"list_transform([{text}], lambda c: case when lower(c) in ({listed}) then lower(c) else {other} end)[1]"
    return text


def failed_rule(
    column: Column, table: str, raw: str, value: str, empty: str, currency: str, *, outside: str = ""
) -> str:
    """SQL: the rule that a cell breaks (`raw` its text, `value` as read, `empty` whether nothing stands there), or null.

    `outside`: SQL of whether an answer lies outside the scale of its question.
    """
    kind = column.kind
    missing = "'missing'" if column.required or column.essential else "null"
    cases = [f"when {empty} then {missing}"]
    if kind in ("money", "number", "integer"):
        foreign = (
            f"regexp_matches({raw}, '[¥￥€£$₹₩]|[A-Z]{{3}}') and not regexp_matches({raw}, '(?i)({signs(currency)})')"
        )
        # What no type holds is read as null: then the digits tell.
        digits = f"try_cast(regexp_replace({raw}, '[^0-9.eE+-]', '', 'g') as double)"
        cases += [
            f"when {value} is null and {foreign} then 'currency'",
            f"when abs(coalesce({value}::double, {digits})) > {MOST[kind]} then 'size'",
            f"when {value} is null and regexp_matches({raw}, '[0-9][,.，．][0-9]') then 'ambiguous'",
        ]
        cases += [f"when {value} is null then 'number'"]
    elif kind in ("date", "timestamp"):
        cases += [
            f"when {value} is null then 'date'",
            f"when year({value}) not between {FIRST_BIRTH if column.personal else 1900} and 2100 then 'date_range'",
        ]
    elif kind in ("flag", "enum"):
        cases += [f"when {value} is null then '{'flag' if kind == 'flag' else 'value'}'"]
    if limit := LIMITS.get((table, column.name)):
        cases += [f"when not ({limit.format(v=value)}) then 'range'"]
    if outside:
        cases += [f"when {outside} then 'scale'"]
    return f"cast(case {' '.join(cases)} end as varchar)"
