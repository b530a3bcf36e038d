"""The table of claims: decide, write, and collect the tables of all figures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analog_sbi.artifacts import Maker, read_table, write_table, write_text
from analog_sbi.chain import Limits, bounds, scale
from analog_sbi.checks.register import CLAIMS, OWN, Claim, claims_of
from analog_sbi.errors import ArtifactError
from analog_sbi.observables import FitBounds

COLUMNS = ("id", "figure", "paper", "value", "criterion")
SCHEMA = pa.DataFrameSchema(
    {
        **{name: pa.Column(nullable=name == "value") for name in COLUMNS},
        "holds": pa.Column("boolean", nullable=True),
    },
    strict=True,
)


@dataclass(frozen=True)
class Verdict:
    """What a run found, as text with the numbers, and whether the criterion holds, if known."""

    value: str
    holds: bool | None


@dataclass(frozen=True)
class Artifacts:
    """Tables of a study by their path below the results folder, and what frames them."""

    folder: Path
    backend: str
    length: int
    limits: Limits
    fit_bounds: FitBounds
    height_unit: str
    spike_interval: float
    centre: tuple[float, float]
    arbor_area: float

    def table(self, path: str) -> pd.DataFrame:
        """Table at a path such as ``{backend}/grid.parquet``."""
        return read_table(self.folder / path.format(backend=self.backend))

    @property
    def area(self) -> float:
        """Area of the prior over global parameters."""
        return self.limits.area

    def theta(self) -> np.ndarray:
        """Target parameters theta*, (2,): leak and axial."""
        return scale(np.array(self.centre), *bounds("global", 2, self.limits))


def decide(module: str, artifacts: Artifacts, available: set[str]) -> pd.DataFrame:
    """Decide the claims of a module; those whose artifacts are not ``available`` stay open.

    A claim that cannot be decided stays open too and says why; it does not hide the others.
    """
    checks = import_module(f"analog_sbi.checks.{module}")
    rows = []
    for claim in claims_of(module):
        needs = {path.format(backend=artifacts.backend) for path in claim.needs}
        verdict = None
        if needs <= available:
            verdict = _decided(getattr(checks, claim.id.replace("-", "_")), artifacts)
        rows.append(_row(claim, verdict))
    return _frame(rows)


def _decided(check: Callable[[Artifacts], Verdict], artifacts: Artifacts) -> Verdict:
    try:
        return check(artifacts)
    except ArtifactError:
        raise  # a damaged file is no finding
    except Exception as error:
        logging.warning("%s cannot be decided: %r", check.__name__, error)
        return Verdict(f"cannot be decided: {type(error).__name__} {error}", None)


def write(table: pd.DataFrame, path: str | Path, maker: Maker) -> None:
    """Write a table of claims."""
    write_table(table, path, SCHEMA, maker)


def collect(folder: Path, maker: Maker | None = None) -> str:
    """Write the table of claims from the tables of single figures below ``folder``.

    Claims without a table of their figure are listed as not computed. Returns one line that
    counts them, empty if there is no table yet.
    """
    parts = [read_table(path, SCHEMA) for path in sorted((folder / "claims").glob("*.parquet"))]
    if not parts:
        return ""
    decided = pd.concat(parts).set_index("id")
    rows = [
        decided.loc[claim.id].to_dict() | {"id": claim.id}
        if claim.id in decided.index
        else _row(claim, None)
        for claim in CLAIMS
    ]
    table = _frame(rows)
    write(table, folder / "claims.parquet", maker or Maker.of("collect_claims", {}))
    write_text(markdown(table), folder / "claims.md")
    write_text(page(table), folder / "claims.html")
    return counted(table)


def counted(table: pd.DataFrame) -> str:
    """How many claims hold, fail, and are not computed."""
    holds = table["holds"]
    held, missing = int(holds.sum()), int(holds.isna().sum())
    return f"{held} hold, {len(holds) - held - missing} fail, {missing} not computed"


def markdown(table: pd.DataFrame) -> str:
    """Table of claims as text."""
    answers = {True: "yes", False: "**no**"}
    own = {claim.id for claim in CLAIMS if claim.source == OWN}
    lines = [
        "# Claims",
        "",
        f"{counted(table)}. Criteria are for the chip model at full budgets.",
        "",
        "| claim | figure | the paper says | this run | criterion | holds |",
        "|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        answer = "not computed" if pd.isna(row["holds"]) else answers[bool(row["holds"])]
        value = "" if pd.isna(row["value"]) else row["value"]
        name = f"{row['id']} (ours)" if row["id"] in own else row["id"]
        cells = (name, row["figure"], row["paper"], value, row["criterion"], answer)
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def page(table: pd.DataFrame) -> str:
    """Table of claims as a page of its own, for the report."""
    shown = table.assign(
        holds=table["holds"].map({True: "yes", False: "no"}).fillna("not computed"),
        value=table["value"].fillna(""),
    )
    style = "body{font:14px sans-serif} td,th{padding:4px 8px;text-align:left;vertical-align:top}"
    body = shown.to_html(index=False, border=0, justify="left")
    return f"<!doctype html><meta charset=utf-8><style>{style}</style><h1>Claims</h1>{body}"


def _row(claim: Claim, verdict: Verdict | None) -> dict[str, Any]:
    return {
        "id": claim.id,
        "figure": claim.figure,
        "paper": claim.paper,
        "value": verdict.value if verdict else None,
        "criterion": claim.criterion,
        "holds": None if verdict is None or verdict.holds is None else bool(verdict.holds),
    }


def _frame(rows: list[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*COLUMNS, "holds"]).astype({"holds": "boolean"})
