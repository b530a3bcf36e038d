"""Cells of a table in a user's file, CSV or parquet, as they are; what they mean is told elsewhere.

A CSV file is UTF-8 with commas between cells. Its first row names the columns; a second one may
hold their units, as the metadata of a parquet file of this study do. Columns and rows at the end
without a name or a value are left out, as spreadsheets write such.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd

from analog_sbi.artifacts import read_metadata
from analog_sbi.errors import ArtifactError

SUFFIXES = {".csv": "CSV", ".parquet": "parquet"}
MISSING = {"", "nan", "na", "n/a", "null", "none"}  # cells without a value, in any case
COUNT = "1"  # the unit of counts, and how that of a rate begins: 1/s
NUMBER = re.compile(r"[+-]?[.,]?\d")
FOREIGN = {";": "semicolons", "\t": "tabs", "|": "bars"}  # in place of commas


def read_cells(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Table of a file and the units that it tells, by the names of columns.

    Cells of a CSV file are text, or None where there is no value. Raises ArtifactError in one line
    for what is no such table, has no row, or has two columns of one name.
    """
    if path.suffix not in SUFFIXES:
        raise ArtifactError(f"{path}: expected a .csv or .parquet file, found {path.name!r}")
    if not path.is_file():
        raise ArtifactError(f"{path}: expected a table of trials, found no file")
    table = _csv(path) if path.suffix == ".csv" else _parquet(path)
    names = [str(name).strip() for name in table.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArtifactError(f"{path}: expected different columns, found {twice[0]} twice")
    table.columns = pd.Index(names)
    if table.empty:
        raise ArtifactError(f"{path}: expected a row a trial, found none")
    if path.suffix == ".csv":
        first = table.iloc[0].dropna()
        if not are_units(list(first)):
            return table, {}
        return table.iloc[1:].reset_index(drop=True), dict(first)
    units = read_metadata(path).get("units", {})
    return table, dict(units) if isinstance(units, dict) else {}


def are_units(cells: list[str]) -> bool:
    """Whether the cells of a row are units: some text, and no number but 1, the unit of counts."""
    others = [cell for cell in cells if cell != COUNT]
    return bool(others) and not any(_is_value(cell) for cell in others)


def _is_value(cell: str) -> bool:
    if cell.startswith(f"{COUNT}/"):
        return False
    return bool(NUMBER.match(cell)) or cell.lower() in ("true", "false", "inf", "-inf", "+inf")


def _csv(path: Path) -> pd.DataFrame:
    rows = [row for row in _rows(path) if row]
    if not any(any(row) for row in rows):
        raise ArtifactError(f"{path}: expected a CSV table, found no cells")
    header, *rows = rows
    while len(rows) > 1 and not any(rows[-1]):
        rows.pop()
    width = len(header)
    while width and not header[width - 1] and not any(any(row[width - 1 :]) for row in rows):
        width -= 1
    if width == 1:
        for letter, word in FOREIGN.items():
            if letter in header[0]:
                raise ArtifactError(
                    f"{path}: expected commas between the columns, found {word}: {header[0]!r:.60}"
                )
    for number, row in enumerate(rows, start=1):
        if len(row) < width or any(row[width:]):
            raise ArtifactError(
                f"{path}: expected a CSV table with as many cells in every row as columns, "
                f"{width}, found {len(row)} in row {number}"
            )
    if "" in header[:width]:
        place = header.index("") + 1
        raise ArtifactError(
            f"{path}: expected a name of every column, found none of column {place}"
        )
    cells = [[None if cell.lower() in MISSING else cell for cell in row[:width]] for row in rows]
    return pd.DataFrame(cells, columns=header[:width], dtype=object)


def _rows(path: Path) -> list[list[str]]:
    """Rows of a CSV file, without spaces around cells."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True, skipinitialspace=True)
            return [[cell.strip() for cell in row] for row in reader]
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise ArtifactError(
            f"{path}: expected a CSV table in UTF-8, found the byte 0x{byte:02x}"
        ) from error
    except (csv.Error, OSError) as error:
        raise ArtifactError(f"{path}: expected a CSV table, found: {error}") from error


def _parquet(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path)
    except Exception as error:  # pandas and pyarrow raise many kinds for what is no table
        found = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ArtifactError(f"{path}: expected a parquet table, found: {found}") from error
    return table if table.index.names == [None] else table.reset_index()
