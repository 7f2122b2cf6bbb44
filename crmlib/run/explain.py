"""`crmlib explain`, docs/company.md and the JSON schema of company.toml: all of one table of words and the schema of tables."""

from __future__ import annotations

import json
from typing import Any

from crmlib.border.company import Description
from crmlib.border.language_of_mapping import WORDS, Word
from crmlib.run.checking import line
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.policy import closest
from crmlib.vocabulary.schema import TABLES

PARTS = {
    "company": N_("Of the company"),
    "source": N_("Of a source of a table"),
    "join": N_("Of a joined file"),
}
EDITORS = N_(
    "The first line of a draft names company.schema.json, which `crmlib init` writes beside it: editors that read TOML by a "
    "schema (Taplo; in VS Code, Even Better TOML) complete and check the file by it, without a network. Where the file is "
    "moved, move the schema with it, or take the line away."
)
INTRO = N_(
    "company.toml says where a company's data lie and which column feeds which field. `crmlib init FOLDER` proposes it, "
    "`crmlib check company.toml` says what comes of it."
)


RIGHTS = (
    "## What comes back",
    "",
    "```sh",
    "crmlib actions take actions.xlsx --company shop/company.toml",
    "```",
    "",
    "A review's own lists are its actions of earlier months, with what `take` brought back of them or people wrote into them",
    "where they lie. `[[actions]]` adds a table of your own; rows of the same number are the lists' own, and take from the table",
    "when they were done and what came of them. In policy.toml, `contact.carry` has lists carry names and telephone numbers,",
    "`contact.systems` says which `source_system` is Zoho CRM or Fxiaoke. Their files were never tried against an account.",
    "",
    "## What customers may ask",
    "",
    "```sh",
    "crmlib export shop/company.toml K-0042 --to answer.zip",
    "crmlib forget shop/company.toml K-0042 --yes",
    "crmlib audit shop/company.toml --to audit.md",
    "```",
    "",
    "`export` writes what is held of one customer, `forget` removes it from every month and keeps the customer out of later",
    "reviews, `audit` says what is held at all, what for, how long and who may see it. Records that count as one customer go",
    "together; the company's own files are listed and never touched. What is held where: datasets/DICTIONARY.md.",
)


class ExplainError(CrmlibError):
    """A word that company.toml does not have; one line."""


def explain(word: str = "") -> None:
    """Print every word in a line, or one word or table in full. Raises `ExplainError` for what is neither."""
    if not word:
        for part, called in PARTS.items():
            line(f"\n{_(called)}")
            for one in (w for w in WORDS if w.of == part):
                line(f"  {one.name:16} {_(one.says)}")
        line(f"\n{_('Tables')}")
        for name, table in TABLES.items():
            line(f"  {name:16} {_(table.grain)}")
        return line("\n" + _("In full, with an example: crmlib explain WORD, or the name of a table"))
    found = [w for w in WORDS if w.name == word]
    if found:
        for one in found:
            line(f"{one.name}: {_(one.says)}\n\n{one.example.rstrip()}")
    elif word in TABLES:
        _table(word)
    else:
        known = [*(w.name for w in WORDS), *TABLES]
        raise ExplainError(f"no word {word!r}{closest(word, known)} (there are: {', '.join(known)})")


def _table(name: str) -> None:
    table = TABLES[name]
    line(f"[{name}] {_(table.grain)}: {_(table.tells)}\n")
    for column in table.columns:
        marks = [
            m
            for m, holds in (
                (_("required"), column.required and column.name != table.made),
                (_("personal"), column.personal),
            )
            if holds
        ]
        allowed = _(" One of: {values}.").format(values=", ".join(column.values)) if column.values else ""
        line(f"  {column.name:18} {column.kind:10} {', '.join(marks):10} {_(column.says)}{allowed}")


def document() -> str:
    """docs/company.md."""
    out = [
        "# company.toml",
        "",
        "Made from the code by `make dictionary`; change the code, not this file.",
        "",
        INTRO,
        "",
        EDITORS,
        "",
    ]
    for part, called in PARTS.items():
        out += [f"## {called}", ""]
        for word in (w for w in WORDS if w.of == part):
            out += _entry(word)
    out += [
        "## Tables",
        "",
        "Any one of them makes a company. Fields and their meaning: `crmlib explain TABLE`, datasets/DICTIONARY.md.",
        "",
    ]
    for name, table in TABLES.items():
        needed = ", ".join(f"`{c.name}`" for c in table.columns if c.required and c.name != table.made)
        out.append(f"- `[{name}]` {table.grain}; needs {needed}.")
    return "\n".join([*out, "", *RIGHTS]) + "\n"


def _entry(word: Word) -> list[str]:
    return [f"### `{word.name}`", "", word.says, "", "```toml", word.example.rstrip(), "```", ""]


def schema() -> str:
    """The JSON schema of company.toml, by which editors complete and check it."""
    made: dict[str, Any] = Description.model_json_schema(by_alias=True)
    made["title"] = "company.toml"
    definitions = made["$defs"]
    plain = definitions.pop("Source")
    for word in WORDS:
        for properties in _properties(word, made, definitions, plain):
            if word.name in properties:
                properties[word.name]["description"] = word.says
    for name in ("unpivot", "date_format", "missing"):
        plain["properties"][name] = _one_or_list(plain["properties"][name])
    plain["properties"]["filter"] = {"anyOf": [{"type": "string"}, plain["properties"]["filter"]]}
    for name, table in TABLES.items():
        source = json.loads(json.dumps(plain)) | {"title": f"Source of {name}", "description": table.grain}
        columns = {c.name: {"type": "string", "description": c.says} for c in table.columns}
        source["properties"]["fields"] = {"type": "object", "properties": columns, "additionalProperties": False}
        definitions[f"source_of_{name}"] = source
        one = {"$ref": f"#/$defs/source_of_{name}"}
        made["properties"][name] = {"anyOf": [one, {"type": "array", "items": one}], "description": table.tells}
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _properties(
    word: Word, made: dict[str, Any], definitions: dict[str, Any], plain: dict[str, Any]
) -> list[dict[str, Any]]:
    where = {"company": [made], "source": [plain, definitions["Join"]], "join": [definitions["Join"]]}[word.of]
    return [w["properties"] for w in where]


def _one_or_list(listed: dict[str, Any]) -> dict[str, Any]:
    return {
        "anyOf": [{"type": "string"}, {k: v for k, v in listed.items() if k not in ("title", "description")}],
        "description": listed.get("description", ""),
    }
