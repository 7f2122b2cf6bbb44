"""A company described in `company.toml`: what it is, where its data are, and which column feeds which canonical field."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from unicodedata import normalize
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.numbers import list_currencies
from pydantic import AfterValidator, ConfigDict, Field, PrivateAttr, ValidationError, WithJsonSchema, field_validator

from crmlib.border.named import NO_CURRENCY as NO_CURRENCY
from crmlib.border.named import CompanyError as CompanyError
from crmlib.border.named import Filters, check_money, check_names
from crmlib.vocabulary.engines import known
from crmlib.vocabulary.language import LANGUAGES
from crmlib.vocabulary.policy import Section, problem
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.settings import FIRST_DAY, LAST_DAY

Shape = Literal["sells_once", "sells_again", "subscription", "service_desk", "account_business"]
"""What kind of business it is, by which chapters choose what applies to it."""

_PARTS = "aAbBcdDfgGhHIjmMnpsStTuUvVwWxXyYzZ%"
"""What may follow a per cent sign in a format of dates, as the engine reads it."""

Way = Literal["sum", "mean", "min", "max", "first", "last", "largest", "count"]
JoinWay = Literal["sum", "mean", "min", "max", "first", "last", "count"]
_LINE = {"type": "integer", "minimum": 1}
_LINES = {"anyOf": [_LINE, {"type": "array", "items": _LINE}]}


class Place(Section):
    """Where rows come from: a file, a glob or a database URL, relative to the company's data folder."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    origin: str = Field(alias="from", min_length=1)
    sheet: str | None = None
    table: str | None = None
    encoding: str | None = Field(None, min_length=1)
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    heading: Annotated[list[int], WithJsonSchema(_LINES)] = Field(default_factory=list)

    @field_validator("heading", mode="before")
    @classmethod
    def _one_line(cls, given: Any) -> Any:
        return [given] if isinstance(given, int) else given

    @field_validator("heading")
    @classmethod
    def _in_order(cls, given: list[int]) -> list[int]:
        if any(n < 1 for n in given) or any(a >= b for a, b in pairwise(given)):
            raise ValueError("expected a line of the file, counted from 1, or several in order")
        return given

    @property
    def ours(self) -> bool:
        """Whether it is a list that an earlier review wrote and people filled in."""
        return False

    @property
    def called(self) -> str:
        """`origin` as it may be told: a URL without its user and password."""
        return re.sub(r"^(\w+://)[^/]*@", r"\1", self.origin.split("?")[0]) if "://" in self.origin else self.origin


class Join(Place):
    """Columns of a further file, found by a key; where a key stands in several rows, `take` says how they become one."""

    on: list[str] | dict[str, str]
    take: list[str] | dict[str, JoinWay] = Field(default_factory=list)
    filter: Filters = Field(default_factory=dict)

    @property
    def ways(self) -> dict[str, JoinWay | None]:
        """Each taken column to the way in which several rows of a key become one; None where nothing is said."""
        return {**self.take} if isinstance(self.take, dict) else dict.fromkeys(self.take)

    @property
    def pairs(self) -> dict[str, str]:
        """This source's column to the other's."""
        return self.on if isinstance(self.on, dict) else {c: c for c in self.on}


LINE: Final = "__line"
"""The word of a mapping for the number of the line."""


class Source(Place):
    """One source of a canonical table."""

    fields: dict[str, str]
    unpivot: list[str] = Field(default_factory=list)
    values: dict[str, dict[str, str] | list[str]] = Field(default_factory=dict)
    filter: Filters = Field(default_factory=dict)
    join: list[Join] = Field(default_factory=list)
    decimal: Literal[".", ","] | None = None
    date_format: list[str] = Field(default_factory=list)
    repeats: Literal["keep", "drop"] | None = None
    repeat_columns: list[str] = Field(default_factory=list)
    repeats_except: list[str] = Field(default_factory=list)
    group: bool = False
    combine: dict[str, Way] = Field(default_factory=dict)
    order_by: str | None = Field(None, min_length=1)
    missing: list[str] = Field(default_factory=list)

    def mapped(self, field: str) -> dict[str, str]:
        """The company's own words of a field, each with the code that stands for it."""
        given = self.values.get(field, {})
        return given if isinstance(given, dict) else {}

    def declared(self, field: str) -> list[str]:
        """What this source itself writes of a field: the codes of its map or list, and the words of its expression. One with a
        `*` is a pattern.
        """
        given = self.values.get(field, [])
        words = re.findall(r"'((?:[^']|'')*)'", self.fields.get(field, ""))
        return [*(given.values() if isinstance(given, dict) else given), *(w.replace("''", "'") for w in words)]

    @field_validator("unpivot", mode="before")
    @classmethod
    def _one_pattern(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("date_format")
    @classmethod
    def _known_parts(cls, given: list[str]) -> list[str]:
        for part in re.findall(r"%-?(.?)", "".join(given)):
            if not part or part not in _PARTS:
                raise ValueError(f"unknown part %{part}; expected parts such as %d %m %Y %y %b %B %H %I %M %S %p")
        return given

    @field_validator("date_format", "missing", mode="before")
    @classmethod
    def _one_text(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given


class Description(Section):
    """How a company.toml describes a company; any one table makes a company."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)
    given_title: str = Field("", alias="title", max_length=200)
    currency: str = NO_CURRENCY
    time_zone: str = "UTC"
    language: str = "en"
    business_model: Literal["b2c", "b2b"] = "b2c"
    revenue_model: Literal["orders", "subscription", "yearly_purchases"] = "orders"
    shape: Shape | None = None
    exported_on: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY)
    policy_file: str | None = Field(None, alias="policy")
    data: str = "."
    engine: Annotated[str, AfterValidator(known)] = ""
    customers: list[Source] = Field(default_factory=list)
    orders: list[Source] = Field(default_factory=list)
    lines: list[Source] = Field(default_factory=list)
    contracts: list[Source] = Field(default_factory=list)
    interactions: list[Source] = Field(default_factory=list)
    tickets: list[Source] = Field(default_factory=list)
    surveys: list[Source] = Field(default_factory=list)
    activity: list[Source] = Field(default_factory=list)
    states: list[Source] = Field(default_factory=list)
    outcomes: list[Source] = Field(default_factory=list)
    events: list[Source] = Field(default_factory=list)
    consents: list[Source] = Field(default_factory=list)
    actions: list[Source] = Field(default_factory=list)
    board: list[Source] = Field(default_factory=list)
    _home: Path = PrivateAttr(Path())
    _folder: Path | None = PrivateAttr(None)
    _described: Path | None = PrivateAttr(None)

    @field_validator(*TABLES, mode="before")
    @classmethod
    def _one_source(cls, given: Any) -> Any:
        return [given] if isinstance(given, dict) else given

    @field_validator("given_title")
    @classmethod
    def _one_line(cls, given: str) -> str:
        if not given.isprintable():
            raise ValueError(f"expected one line of text, found {given!r}")
        return given

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, given: str) -> str:
        if given not in list_currencies():
            raise ValueError("expected an ISO 4217 code such as CNY, EUR or GBP")
        return given

    @field_validator("language")
    @classmethod
    def _known_language(cls, given: str) -> str:
        if given not in LANGUAGES:
            raise ValueError(f"expected one of {', '.join(LANGUAGES)}")
        return given

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError("expected an IANA time zone such as Asia/Shanghai") from error
        return given

    @property
    def country(self) -> str:
        """Two-letter code of the country of the time zone: how telephone numbers without a country code are read."""
        return str(get_global("zone_territories").get(self.time_zone, "ZZ"))

    @property
    def title(self) -> str:
        """What readers see."""
        return self.given_title or self.name

    @property
    def home(self) -> Path:
        """Folder that company.toml stands in."""
        return self._home

    @property
    def described(self) -> Path | None:
        """The company file itself, where there is one."""
        return self._described

    @property
    def folder(self) -> Path:
        """Folder the sources are read from."""
        return self._folder or self._home / self.data

    @property
    def policy(self) -> Path | None:
        """The policy file, or None for the defaults."""
        return self._home / self.policy_file if self.policy_file else None

    def sources(self, table: str) -> list[Source]:
        """Sources of a canonical table, in the order written; empty where the company maps none."""
        return list(getattr(self, table))

    def is_anonymous(self, table: str) -> bool:
        """Whether the number of the line stands for the customer: of nobody it is known who that is."""
        return {source.fields.get("customer_id") for source in self.sources(table)} == {LINE}


def load_description(path: Path | str, *, data: Path | str | None = None) -> Description:
    """The company described in a TOML file, or in `company.toml` of a folder.

    `data` overrides where its sources lie. Raises `CompanyError`.
    """
    path = Path(path) / "company.toml" if Path(path).is_dir() else Path(path)
    try:
        company = Description.model_validate(tomllib.loads(normalize("NFC", path.read_text(encoding="utf-8-sig"))))
    except FileNotFoundError:
        raise CompanyError(f"{path}: no such company file; `crmlib init FOLDER` writes one to correct") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise CompanyError(f"{path}: not valid TOML: {reason}") from None
    except ValidationError as error:
        raise CompanyError(re.sub(r"^(.*?\w)\.0\b", r"\1", problem(error, Description, str(path)))) from None
    mapped = [table for table in TABLES if company.sources(table)]
    if not mapped:
        raise CompanyError(f"{path}: no table; expected one or more of: {', '.join(TABLES)}")
    for table in mapped:
        for source in company.sources(table):
            _dated(company, table, source)
            check_names(path, table, source)
            check_money(path, company.currency, table, source)
    company._home, company._described = path.resolve().parent, path.resolve()
    company._folder = Path(data).resolve() if data is not None else None
    if data is None and not company.folder.resolve().is_relative_to(company.home):
        raise CompanyError(
            f"{path}: data = {company.data!r} leaves the folder of the company file, which a mapping must not; "
            "give it on the command line: --data FOLDER"
        )
    return company


def _dated(company: Description, table: str, source: Source) -> None:
    """Rows without a day of their own, a snapshot or a survey without dates, are of the day the files were made."""
    time = TABLES[table][TABLES[table].time]
    if company.exported_on and time.required:
        source.fields.setdefault(time.name, f"date '{company.exported_on}'")
