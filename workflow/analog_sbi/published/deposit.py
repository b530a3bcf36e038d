"""The deposit's tables in the form of this study's, so that the same claims decide them.

    attenuation_grid_search.pkl                      columns (parameters, g_leak | g_icc),
    targets/<name>.pkl                               (amplitudes, A_ij): compartment, input
    {2d,7d}_parameter_space/<experiment>/results/<n>/posterior_samples_<k>.pkl

``attrs`` of samples name the observation. ``posteriors.pkl``, live objects of sbi, is not read.
Also the same files in one folder without those of experiments are a deposit. Shapes: T trials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from analog_sbi.errors import ArtifactError
from analog_sbi.models import Signals, load
from analog_sbi.published.unpickling import read_pickled_table

GRID = "attenuation_grid_search.pkl"
CENTRE = "511"  # code of all parameters of the target of the paper, in its file's name
EXPERIMENTS = {
    ("2d", "length_constant"): "tau_2d",
    ("2d", "amplitudes_first"): "first_2d",
    ("7d", "amplitudes_first"): "first_7d",
    ("7d", "amplitudes"): "all_7d",
}
"""Experiment by dimensions and observation."""
HEIGHT = re.compile(r"A_(\d+?)_?(\d)$")
CONDUCTANCE = re.compile(r"g_(leak|icc)(?:_(\d+))?$")


def target_files(folder: str | Path) -> dict[str, Path]:
    """Files of recorded targets by name."""
    return {path.stem.lower(): path for path in sorted(Path(folder, "targets").glob("*.pkl"))}


def measured(path: str | Path, face: Signals) -> pd.DataFrame:
    """Parameters and heights of a table, with the decay constant of each row.

    Raises ArtifactError if it has no heights of the chain of ``face``.
    """
    table = named(read_pickled_table(path), str(path))
    length = face["heights"].shape[0] or 0
    heights = [f"h_{i}{j}" for i in range(length) for j in range(length)]
    missing = [name for name in heights if name not in table]
    if missing:
        raise ArtifactError(
            f"{path}: expected heights A_ij of {length} compartments, found none for "
            f"{', '.join(missing[:3])}"
        )
    chain = load("chain")
    values = table[heights].to_numpy(float).reshape(-1, length, length)
    tau = chain.observable("tau", face)({"heights": values})
    return table.assign(tau=np.asarray(tau).reshape(len(table)))


def samples(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Posterior samples of the last round by experiment, a run of the deposit as a seed."""
    found: dict[str, list[pd.DataFrame]] = {}
    for run in sorted(Path(folder).glob("*_parameter_space/*/results/*"), key=_number):
        rounds = sorted(run.glob("posterior_samples_*.pkl"), key=_number)
        if not rounds:
            continue
        table = read_pickled_table(rounds[-1])
        key = run.relative_to(folder).parts[0][:2], str(table.attrs.get("observation"))
        if key in EXPERIMENTS:
            parts = found.setdefault(EXPERIMENTS[key], [])
            own = named(table, str(rounds[-1]))
            parts.append(own.assign(seed=len(parts), round=_number(rounds[-1])))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def named(table: pd.DataFrame, path: str) -> pd.DataFrame:
    """The parameters and heights of a table under the names of this study; no other columns.

    Raises ArtifactError if it has none.
    """
    columns = {}
    for column in table.columns:
        last = column[-1] if isinstance(column, tuple) else str(column)
        name = _name(str(last))
        if name:
            columns[name] = table[column].to_numpy(float)
    if not columns:
        raise ArtifactError(
            f"{path}: expected columns g_leak, g_icc or A_ij, found "
            f"{', '.join(str(column) for column in table.columns[:3])}"
        )
    return pd.DataFrame(columns)


def _name(column: str) -> str | None:
    height, conductance = HEIGHT.match(column), CONDUCTANCE.match(column)
    if height:
        return f"h_{height[1]}{height[2]}"
    if conductance is None:
        return None
    kind, number = conductance.groups()
    if kind == "leak":
        return "g_leak" if number is None else f"g_leak_{number}"
    return "g_axial" if number is None else f"g_axial_{number}{int(number) + 1}"


def _number(path: Path) -> int:
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else 0


def tables(
    folder: str | Path, face: Signals, targets: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    """Tables of the deposit by their paths in this study, below the folder of a backend.

    ``targets`` are names of the experiments' targets, for which the target that was recorded at
    the centre stands. Raises ArtifactError if the folder has nothing of the layout.
    """
    found: dict[str, pd.DataFrame] = {}
    if Path(folder, GRID).is_file():
        found["chain/grid.parquet"] = measured(Path(folder, GRID), face)
    centre = [path for name, path in target_files(folder).items() if CENTRE in name]
    if centre:
        table = measured(centre[0], face)
        found |= {f"chain/targets/{name}.parquet": table for name in set(targets.values())}
    found |= {f"{name}/samples.parquet": part for name, part in samples(folder).items()}
    if not found:
        raise ArtifactError(
            f"{folder}: expected the deposit ({GRID}, targets/, 2d_parameter_space/), found none"
        )
    return found
