"""``python -m analog_sbi.report TABLE PAGE...`` fills tables of claims in pages from a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analog_sbi.artifacts import read_metadata, read_table, write_text
from analog_sbi.errors import StudyError
from analog_sbi.paper.table import SCHEMA, counted
from analog_sbi.report.pages import filled


def main(table: str, pages: Sequence[str]) -> None:
    """Fill pages from a table of claims and those of single modules beside it."""
    path = Path(table)
    parts = [path, *sorted(path.with_suffix("").glob("*.parquet"))]
    claims = pd.concat([read_table(part, SCHEMA) for part in parts]).drop_duplicates("id")
    maker = read_metadata(path)["maker"]
    run = f"{counted(claims)}, in a run of version {maker['version']}."
    for page in pages:
        write_text(filled(Path(page).read_text(), claims, run), page)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:])
    except StudyError as error:
        sys.exit(str(error))
