"""The engines that reckon a company's figures, and how each is named."""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["duckdb", "postgres", "spark"]
BEGIN: Final[dict[Kind, tuple[str, ...]]] = {
    "duckdb": ("duckdb",),
    "postgres": ("postgres://", "postgresql://"),
    "spark": ("local[", "spark://", "yarn", "k8s://"),
}


def kind_of(named: str) -> Kind:
    """Which engine is named: DuckDB, a PostgreSQL server by its URL, Spark by its master. Raises `ValueError`."""
    for kind, begin in BEGIN.items():
        if named.startswith(begin):
            return kind
    raise ValueError(
        "expected duckdb, a PostgreSQL server such as postgres://reader@warehouse/sales, or a Spark master such as local[4]"
    )


def known(named: str) -> str:
    """The name of an engine as it was given. Raises `ValueError` where it names none."""
    kind_of(named)
    return named
