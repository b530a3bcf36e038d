"""The table of claims as parquet, as text and as a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.paper.registry import OWN, Claim
from analog_sbi.paper.verdicts import COLUMNS

SCHEMA = pa.DataFrameSchema(
    {
        **{name: pa.Column(nullable=name == "value") for name in COLUMNS[:-1]},
        "holds": pa.Column("boolean", nullable=True),
    },
    strict=True,
)


def write(table: pd.DataFrame, path: str | Path, maker: Maker) -> None:
    """Write a table of claims."""
    write_table(table, path, SCHEMA, maker)


def collect(paths: Sequence[str | Path], claims: Sequence[Claim]) -> pd.DataFrame:
    """One table of the tables of several modules, in the order of ``claims``."""
    parts = pd.concat([read_table(path, SCHEMA) for path in paths])
    order = {claim.id: place for place, claim in enumerate(claims)}
    return parts.sort_values("id", key=lambda ids: ids.map(order)).reset_index(drop=True)


def counted(table: pd.DataFrame) -> str:
    """How many claims hold, fail, and are not computed."""
    holds = table["holds"]
    held, missing = int(holds.sum()), int(holds.isna().sum())
    return f"{held} hold, {len(holds) - held - missing} fail, {missing} not computed"


def caution(smaller: Sequence[str]) -> str:
    """What is to be said of claims that are decided on small budgets; "" of others."""
    if not smaller:
        return ""
    named = ", ".join(smaller[:3]) + (f" and {len(smaller) - 3} more" if smaller[3:] else "")
    return (
        "Small budgets: the criteria are for full ones, so these verdicts mean little. "
        f"Less than in config/config.yaml: {named}."
    )


def cell(text: str) -> str:
    """Text as it stands in a cell of Markdown: bars divide no cells, stars (F*) mark nothing."""
    return re.sub(r"[|*]", r"\\\g<0>", text)


def markdown(table: pd.DataFrame, claims: Sequence[Claim], smaller: Sequence[str] = ()) -> str:
    """Table of claims as text; ``smaller`` are keys of the configuration with small budgets."""
    answers = {True: "yes", False: "**no**"}
    own = {claim.id for claim in claims if claim.source == OWN}
    lines = [
        "# Claims",
        "",
        *([f"**{caution(smaller)}**", ""] if smaller else []),
        f"{counted(table)}. Criteria are for the chip model at full budgets; they decide medians "
        "over seeds where a value says for how many seeds it holds.",
        "",
        "| claim | figure | the paper says | this run | criterion | holds |",
        "|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        answer = "not computed" if pd.isna(row["holds"]) else answers[bool(row["holds"])]
        value = "" if pd.isna(row["value"]) else row["value"]
        name = f"{row['id']} (ours)" if row["id"] in own else row["id"]
        words = (name, row["figure"], row["paper"], value, row["criterion"])
        lines.append("| " + " | ".join([*map(cell, words), answer]) + " |")
    return "\n".join(lines) + "\n"


def page(table: pd.DataFrame, smaller: Sequence[str] = ()) -> str:
    """Table of claims as a page of its own, for the report."""
    answers = {True: "yes", False: "<b class=no>no</b>"}
    shown = table.drop(columns="holds").fillna("").map(escape)
    shown["holds"] = table["holds"].map(answers).fillna("not computed")
    style = (
        "body{font:14px sans-serif} td,th{padding:4px 8px;text-align:left;vertical-align:top} "
        "tr:has(.no){background:#fdecea} .no{color:#b3261e}"
    )
    body = shown.to_html(index=False, border=0, justify="left", escape=False)
    words = f"<p><b>{caution(smaller)}</b></p>" if smaller else ""
    title = f"<h1>Claims</h1><p>{counted(table)}.</p>{words}"
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{title}{body}"


def reported(paths: Sequence[Path], smaller: Sequence[str] = ()) -> list[str]:
    """Lines on tables of claims that are there: how many hold, and which fail."""
    parts = [read_table(path, SCHEMA) for path in paths]
    if not parts:
        return []
    table = pd.concat(parts)
    failing = table[table["holds"].eq(False).fillna(False)].to_dict("records")
    return [
        f"Claims in {paths[0].parent.as_posix()}/: {counted(table)}",
        *(f"  fails: {row['id']}: {row['value']} (asked: {row['criterion']})" for row in failing),
        *([caution(smaller)] if smaller else []),
    ]
