"""How a cell is read and judged at the border, as SQL: strict, and saying what would mend it.

A cell that a reader could take for two different values is not guessed at: the rule that rejects it names the key of
company.toml which settles it.
"""

from __future__ import annotations

import phonenumbers
from babel.numbers import list_currencies

from crmlib.border.cells import TWO_WAYS, WIDE, filled, moment, number, signs
from crmlib.border.plausible import FIRST_BIRTH, LIMITS
from crmlib.border.sources import literal
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.schema import Column
from crmlib.vocabulary.tables import MOST

RULES = {
    "columns": N_("The row has not as many cells as the heading; look for a delimiter or line break inside a cell."),
    "missing": N_("A required cell is empty; fill it, or filter such rows out."),
    "number": N_("This is no number, or one too large to be true; clean the cell, or filter such rows out."),
    "ambiguous": N_(
        "This number could be read two ways, as {readings}, and nothing in its column tells which; "
        'say decimal = "." or decimal = "," for this source.'
    ),
    "decimal": N_(
        'This number has another decimal sign than most of its column; say decimal = "." or decimal = "," for this source, '
        "and mend the cells that are written otherwise."
    ),
    "currency": N_("The currency sign is not the company's; convert the amounts, or filter these rows out."),
    "date": N_(
        'This date is not understood without guessing; say date_format for this source, for example date_format = "%d/%m/%Y".'
    ),
    "date_order": N_(
        "This date could be read two ways, as {readings}, and nothing in its column tells which; say date_format for this "
        'source, for example date_format = "%d/%m/%Y" or "%m/%d/%Y".'
    ),
    "date_range": N_("The date lies before 1900 (a birthday: before 1000) or after 2100; clean the cell."),
    "size": N_(
        "The number is beyond what any figure can be made of (money and numbers 10 million million, whole numbers a thousand "
        "million); look at the decimal sign, and whether this is the right column."
    ),
    "flag": N_("This is neither yes nor no; say in the value map of the field which it is."),
    "value": N_("This is none of the allowed values; add it to the value map of the field."),
    "range": N_("The number lies outside the possible range; clean the cell, or map another column."),
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

TWO_ORDERS = (
    "^(0?[1-9]|1[0-2])[-/](0?[1-9]|1[0-2])[-/][0-9]{4}([^0-9].*)?$|^[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}([^0-9].*)?$"
)
"""A date with day and month before the year that can stand either way, or with a year of two digits."""

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


_CODES = f"({'|'.join(sorted(list_currencies()))})"
MONEY = rf"[¥￥€£$₹₩]|[0-9.]\s*{_CODES}([^A-Za-z]|$)|(^|[^A-Za-z]){_CODES}[\s.:]*[-+(]?[0-9]"
"""What says a currency: a sign, or a code of ISO 4217 by itself beside a number. FALSE holds none, and TOP names none."""

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
    day_0: str = "",
    order: str = "",
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
            stamp = moment(filled(f"cast({raw} as varchar)", kind), formats, zone, day_0=day_0, order=order)
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
    text = id_text(raw, type_, kind)
    codes = column.values or column.codes
    if codes:
        listed = ", ".join(literal(c) for c in codes)
        other = "null" if kind == "enum" else "c"
        return f"list_transform([{text}], lambda c: case when lower(c) in ({listed}) then lower(c) else {other} end)[1]"
    return text


def id_text(raw: str, type_: str, kind: str = "id") -> str:
    """SQL: a raw value as the text it is known by; a whole number without decimals, whatever type it was stored in."""
    base = type_.split("(")[0]
    if base in ("FLOAT", "DOUBLE"):
        whole = f"{raw} = trunc({raw}) and abs({raw}) < 1e15"
        exact = f"when {whole} then cast(try_cast({raw} as bigint) as varchar)"
        return f"case {exact} when isfinite({raw}) then cast({raw} as varchar) end"
    return f"cast({raw} as varchar)" if base in NATIVE_NUMBERS else filled(f"cast({raw} as varchar)", kind)


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
        foreign = f"regexp_matches({raw}, '{MONEY}') and not regexp_matches({raw}, '(?i)({signs(currency)})')"
        # What no type holds is read as null: then the digits tell.
        digits = f"try_cast(regexp_replace({raw}, '[^0-9.eE+-]', '', 'g') as double)"
        cases += [
            f"when {value} is null and {foreign} then 'currency'",
            f"when abs(coalesce({value}::double, {digits})) > {MOST[kind]} then 'size'",
            f"when {value} is null and regexp_matches({WIDE.format(x=raw)}, '^[^0-9]*{TWO_WAYS}[^0-9]*$') then 'ambiguous'",
            f"when {value} is null and regexp_matches({raw}, '[0-9][,.，．][0-9]') then 'decimal'",
        ]
        cases += [f"when {value} is null then 'number'"]
    elif kind in ("date", "timestamp"):
        cases += [
            f"when {value} is null and regexp_matches({WIDE.format(x=raw)}, '{TWO_ORDERS}') then 'date_order'",
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
