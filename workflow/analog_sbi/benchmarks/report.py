"""The tables of comparisons and of growth, and the former as text."""

from __future__ import annotations

import pandas as pd

from analog_sbi.artifacts import table_schema

NUMBERS = ("ours_s", "theirs_s", "ratio", "ratio_min", "ratio_max", "goal")
SCHEMA = table_schema(numbers=NUMBERS, strings=("name",), booleans=("holds",), nullable=True)
GROWTH = table_schema(numbers=("seconds",), integers=("size",), strings=("of",))


def as_text(table: pd.DataFrame, cores: int) -> str:
    """Markdown table of ours against theirs."""
    lines = [
        "# Benchmark",
        "",
        f"Both sides in turn in one run on {cores} cores; medians, and the range of the ratios.",
        "",
        "| ours / theirs | ours (s) | theirs (s) | ratio | range | goal | holds |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        goal = "" if pd.isna(row["goal"]) else f"{row['goal']:g}"
        answer = "" if pd.isna(row["goal"]) else "yes" if row["holds"] else "**no**"
        lines.append(
            f"| {row['name']} | {row['ours_s']:.4g} | {row['theirs_s']:.4g} | {row['ratio']:.3g} "
            f"| {row['ratio_min']:.3g} to {row['ratio_max']:.3g} | {goal} | {answer} |"
        )
    return "\n".join(lines) + "\n"
