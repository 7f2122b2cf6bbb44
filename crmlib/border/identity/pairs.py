"""What is laid down of records and their pairs: whom each record counts for, which may be one, and a list for a person."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from crmlib.border.identity.resolution import Resolved
from crmlib.border.lines import Read
from crmlib.border.sources import write_parquet
from crmlib.vocabulary.accounting import LIKENESS
from crmlib.vocabulary.cells import csv_frame
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_

SURE = 0.999
"""A pair at this probability or above is no doubt for a person to settle."""
HELD = (
    Held(
        "tables/records.parquet",
        N_("whom each record of the source systems counts for"),
        N_("every figure counts people, not records"),
        "kept",
        names=("record_id", "customer_id"),
    ),
    Held(
        "tables/links.parquet",
        N_("pairs of records that may be one customer"),
        N_("how sure it is that records are one customer"),
        "kept",
        names=("record_a", "record_b"),
    ),
    Held(
        "private/doubtful_pairs.csv",
        N_("pairs of records for a person to look at, and what was said of them"),
        N_("a person decides what the program is not sure of"),
        "private",
        own=("record_a", "record_b"),
    ),
)


def write(engine: duckdb.DuckDBPyConnection, reads: list[Read], found: Resolved, into: Path) -> None:
    """tables/records.parquet, links.parquet and private/doubtful_pairs.csv for a person; none without customers."""
    if any(r.table.name == "customers" for r in reads):
        records = (
            "select a.pseudonym as record_id, b.pseudonym as customer_id, c.source_system, c.acquired_on, c.recorded_at "
            "from rows_customers c left join entities e on e.record_id = c.customer_id "
            "join ids a on a.kind = 'customer' and a.id = c.customer_id "
            "join ids b on b.kind = 'customer' and b.id = coalesce(e.customer_id, c.customer_id) order by a.place"
        )
        write_parquet(engine, records, into / "tables" / "records.parquet")
        engine.register("pairs", found.pairs)
        same = (
            "select p.*, a.customer_id = b.customer_id as same from pairs p "
            "join entities a on a.record_id = p.record_a join entities b on b.record_id = p.record_b"
        )
        agreement = ", ".join(
            f"p.{n}::varchar as {n}" if n in found.pairs else f"null::varchar as {n}" for n in LIKENESS
        )
        links = (
            f"select a.pseudonym as record_a, b.pseudonym as record_b, p.probability::double as probability, p.same, {agreement} "
            f"from ({same}) p join ids a on a.kind = 'customer' and a.id = p.record_a "
            "join ids b on b.kind = 'customer' and b.id = p.record_b order by a.place, b.place"
        )
        write_parquet(engine, links, into / "tables" / "links.parquet")
        _doubtful(engine, found, same, agreement, into)
        engine.unregister("pairs")


def _doubtful(engine: duckdb.DuckDBPyConnection, found: Resolved, same: str, agreement: str, into: Path) -> None:
    """private/doubtful_pairs.csv: every pair that is not sure, the nearest to the threshold first, and what a person said.

    Pairs decided already stand last, with the verdict, so that the newest list holds all of them.
    """
    threshold = found.told.threshold if found.told else 0.5
    said = pd.DataFrame(
        [(a, b, "yes" if one else "no") for (a, b), one in found.said.items()], columns=["record_a", "record_b", "said"]
    ).astype(str)
    engine.register("said", said)
    columns = "p.record_a, p.record_b, round(p.probability, 4) as probability, p.same as counted_as_one, p.said as same"
    empty = ", ".join(f"null::varchar as {n}" for n in LIKENESS)
    scored = (
        f"select {columns}, {agreement}, abs(p.probability - {threshold}) as away from "
        f"(select s.*, v.said from ({same}) s left join said v using (record_a, record_b)) p "
        f"where p.probability < {SURE} or p.said is not null"
    )
    others = (
        "select v.record_a, v.record_b, null::double, a.customer_id = b.customer_id, v.said, "
        f"{empty}, null::double from said v join entities a on a.record_id = v.record_a "
        "join entities b on b.record_id = v.record_b anti join pairs p on p.record_a = v.record_a and p.record_b = v.record_b"
    )
    listed = engine.execute(
        f"select * exclude (away) from ({scored} union all {others}) "
        "order by same is not null, away nulls last, record_a, record_b"
    ).df()
    engine.unregister("said")
    if len(listed):
        (into / "private" / "doubtful_pairs.csv").write_text("\ufeff" + csv_frame(listed), encoding="utf-8", newline="")
