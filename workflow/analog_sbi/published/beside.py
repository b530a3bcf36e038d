"""What the chip says to the claims, beside what a run says: one more column of their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.models import Signals
from analog_sbi.paper.artifacts import of_plain
from analog_sbi.paper.registry import Claim
from analog_sbi.paper.table import SCHEMA, cell
from analog_sbi.paper.verdicts import decided

ON_THE_CHIP, HOLDS = "on the chip", "holds on the chip"
BOTH = SCHEMA.add_columns(
    {ON_THE_CHIP: pa.Column(nullable=True), HOLDS: pa.Column("boolean", nullable=True)}
)


def on_the_chip(
    claims: Sequence[Claim], given: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Table of claims decided from tables of the deposit; those that need others stay open.

    ``tables`` have paths below the folder of the backend that ``given`` names.
    """
    paths = {f"{given['backend']}/{path}": table for path, table in tables.items()}
    return decided(claims, of_plain(given, (), paths.__getitem__), set(paths))


def joined(run: pd.DataFrame, chip: pd.DataFrame) -> pd.DataFrame:
    """The claims of a run with what the chip says to each."""
    own = chip.set_index("id")
    return run.assign(
        **{
            ON_THE_CHIP: run["id"].map(own["value"]).astype(object),
            HOLDS: run["id"].map(own["holds"]).astype("boolean"),
        }
    )


def write(table: pd.DataFrame, path: str | Path, maker: Maker) -> None:
    """Write the joined table."""
    write_table(table, path, BOTH, maker)


def markdown(table: pd.DataFrame) -> str:
    """The joined table as text."""
    lines = [
        "# Claims, in this run and on the chip",
        "",
        "The chip's numbers are made of the authors' deposit (10.11588/data/AVFF2E) by the same "
        "code and criteria; empty where they need what the deposit's tables do not have.",
        "",
        "| claim | the paper says | this run | holds | on the chip | holds there |",
        "|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        cells = (
            *(row["id"], cell(row["paper"]), _text(row["value"]), _answer(row["holds"])),
            *(_text(row[ON_THE_CHIP]), _answer(row[HOLDS])),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _text(value: Any) -> str:
    return "" if pd.isna(value) else cell(str(value))


def _answer(holds: Any) -> str:
    return "" if pd.isna(holds) else "yes" if holds else "**no**"


def trials(table: pd.DataFrame, face: Signals) -> str:
    """Heights of a recorded target as CSV, a row a trial, units in the second row."""
    heights = table.filter(regex=r"^h_")
    units = ",".join([face["heights"].unit] * heights.shape[1])
    header, _, rows = heights.to_csv(index=False, lineterminator="\n").partition("\n")
    return f"{header}\n{units}\n{rows}"
