"""Tables of claims in README and docs, filled from a run.

    python -m analog_sbi.report results/claims.parquet README.md docs/claims.md

In a table with the columns ``claim``, ``this run`` and ``holds``, rows are told by the name of
their claim; what else stands on a page stays. Between ``<!-- run -->`` and ``<!-- end -->`` it
says how many claims hold and of which version the run is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from analog_sbi.errors import ArtifactError
from analog_sbi.paper.table import cell

NAME, FILLED = "claim", ("this run", "holds")
ANSWERS = {True: "yes", False: "**no**"}
MARKED = re.compile(r"(<!-- run -->).*?(<!-- end -->)", re.DOTALL)


def filled(page: str, table: pd.DataFrame, run: str) -> str:
    """Text of a page with the values and verdicts of a table of claims.

    Raises ArtifactError for a row of a claim that the table does not have or that is open in it.
    """
    rows = {row["id"]: row for row in table.to_dict("records")}
    lines, columns = [], None
    for line in page.splitlines():
        cells = _cells(line)
        if cells is None:
            columns = None
        elif columns is None:
            columns = cells if {NAME, *FILLED} <= set(cells) else []
        elif columns and not set(line) <= set("|-: "):
            line = _row(dict(zip(columns, cells, strict=True)), rows)
        lines.append(line)
    text = "\n".join(lines) + "\n"
    return MARKED.sub(lambda found: f"{found[1]}{run}{found[2]}", text)


def _cells(line: str) -> list[str] | None:
    """Cells of a line of a table, None of another line."""
    if not line.startswith("|"):
        return None
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]


def _row(cells: Mapping[str, str], rows: Mapping[str, Mapping]) -> str:
    name = cells[NAME].removesuffix(" (ours)")
    row = rows.get(name)
    if row is None or pd.isna(row["holds"]):
        raise ArtifactError(f"claim {name}: expected a verdict in the table of claims, found none")
    own = {"this run": cell(row["value"]), "holds": ANSWERS[bool(row["holds"])]}
    return "| " + " | ".join({**cells, **own}.values()) + " |"
