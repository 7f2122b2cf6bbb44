"""Exports of the teaching company as files: written, added to, and filled in where something has come since."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crmlib.teaching.sources import WRITTEN, Text


def write_source(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """One file, the same bytes for the same frame: fixed writer settings, no time stamp, no machine's zlib."""
    path = folder / name
    if name.endswith(".parquet"):
        _keep(path, pa.Table.from_pandas(_plain(frame), preserve_index=False).replace_schema_metadata(None))
    else:
        how = _text_of(name)
        _pack(path, frame.to_csv(index=False, sep=how.delimiter, lineterminator="\n").encode(how.encoding))


def append_source(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Rows added to the end of a file, whose own rows stay as they are; the file where it is not there yet."""
    path = folder / name
    if not path.exists():
        write_source(folder, name, frame)
    elif name.endswith(".parquet"):
        before = pq.read_table(path)
        more = pa.Table.from_pandas(_plain(frame), preserve_index=False).select(before.column_names)
        _keep(path, pa.concat_tables([before, more.cast(before.schema)]))
    else:
        how = _text_of(name)
        more = frame.to_csv(index=False, header=False, sep=how.delimiter, lineterminator="\n")
        _pack(path, _unpacked(path) + more.encode(how.encoding.removesuffix("-sig")))


def fill_source(folder: Path, name: str, keys: list[str], values: pd.DataFrame) -> None:
    """Cells of a file that stay empty until something has come filled in: `values` has its `keys`, and its columns to fill."""
    path, text = folder / name, not name.endswith(".parquet")
    how = _text_of(name)
    before = pd.DataFrame() if text else pq.read_table(path)
    frame = (
        pd.read_csv(
            io.BytesIO(_unpacked(path)), sep=how.delimiter, encoding=how.encoding, dtype="object", keep_default_na=False
        )
        if text
        else before.to_pandas()
    )
    told = frame[keys].merge(values, how="left", on=keys)
    for column in values.columns.difference(keys):
        empty = (frame[column] == "") if text else frame[column].isna()
        frame[column] = frame[column].where(~empty | told[column].isna(), told[column])
    if text:
        _pack(path, frame.to_csv(index=False, sep=how.delimiter, lineterminator="\n").encode(how.encoding))
    else:
        _keep(path, pa.Table.from_pandas(frame, schema=before.schema, preserve_index=False))


def _text_of(name: str) -> Text:
    return WRITTEN.get(name.split("_")[0], Text())


def _keep(path: Path, table: pa.Table) -> None:
    whole = table.replace_schema_metadata(None)
    pq.write_table(whole, path, compression="zstd", compression_level=12, version="2.6", coerce_timestamps="us")


def _pack(path: Path, text: bytes) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.CompressedOutputStream(file, "gzip") as packed:
        packed.write(text)


def _unpacked(path: Path) -> bytes:
    with pa.OSFile(str(path), "rb") as file, pa.CompressedInputStream(file, "gzip") as packed:
        return bytes(packed.read())


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories as text; days as dates."""
    out = frame.copy()
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            out[name] = frame[name].astype(object).where(frame[name].notna(), None)
        elif name in ("day", "acquired_on", "birthday"):
            out[name] = frame[name].dt.date
    return out
