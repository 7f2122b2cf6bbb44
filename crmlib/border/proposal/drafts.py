"""What is proposed: sources of canonical tables with their lines, each with its evidence, before it is written as TOML."""

from __future__ import annotations

from dataclasses import dataclass, field

from crmlib.border.proposal.relations import File


@dataclass
class Line:
    """A field and what feeds it (column or expression), how sure that is (0 to 1), by which evidence, and what else could."""

    given: str
    sure: float
    why: str
    others: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass
class Joined:
    """Columns of a further file: `take` says how several rows of a key become one, None where there are not several."""

    file: File
    on: dict[str, str]
    take: dict[str, str | None]
    why: str = ""
    filters: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Block:
    """A source of a table. `off` says why it stands commented out, empty where it is proposed."""

    table: str
    file: File
    lines: dict[str, Line] = field(default_factory=dict)
    joins: list[Joined] = field(default_factory=list)
    group: str = ""
    drop: str = ""
    unpivot: list[str] = field(default_factory=list)
    combine: dict[str, str] = field(default_factory=dict)
    filters: dict[str, tuple[str, str]] = field(default_factory=dict)
    offers: dict[str, tuple[str, str]] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    order_by: str = ""
    formats: tuple[str, ...] = ()
    decimal: str | None = None
    off: str = ""
    notes: list[str] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> set[str]:
        """Columns that feed something, or by which rows are joined."""
        return {c for line in self.lines.values() for c in line.columns} | {c for j in self.joins for c in j.on}

    def put(
        self, name: str, given: str, sure: float, why: str, others: tuple[str, ...] = (), columns: tuple[str, ...] = ()
    ) -> None:
        """Add a line."""
        self.lines[name] = Line(given, round(min(sure, 0.99), 2), why, others, columns or (given,))
