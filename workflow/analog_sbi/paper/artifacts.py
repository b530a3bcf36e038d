"""What a figure or a claim is given: tables by template, the problems they belong to, the frame.

Shapes: P points, L compartments, D parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.artifacts import read_metadata, read_table
from analog_sbi.backends import Setup
from analog_sbi.models import Signals, plain_signals, signals_of
from analog_sbi.paper.registry import resolve
from analog_sbi.problem import Measured, Problem, expect_same
from analog_sbi.space import Space

GRID = "{backend}/chain/grid.parquet"
TRACES = "{backend}/chain/traces.parquet"
CALIBRATION = "{backend}/chain/calibration.parquet"
CHARACTERIZATION = "{backend}/chain/characterization.parquet"


def of_experiment(name: str, *kinds: str) -> tuple[str, ...]:
    """Templates of tables of an experiment, such as samples and predictive."""
    return tuple(f"{{backend}}/{name}/{kind}.parquet" for kind in kinds)


def target_of(name: str) -> str:
    """Template of the trials of an experiment's target."""
    return f"{{backend}}/chain/targets/{{{name}.target}}.parquet"


@dataclass(frozen=True)
class Frame:
    """What all measurements of the chain on a backend have in common.

    ``plane`` is the space of its two global parameters, leak and axial conductance.
    """

    setup: Setup
    plane: Space
    signals: Signals

    @property
    def interval(self) -> float:
        """Time between the inputs to neighbouring compartments."""
        return float(self.setup.settings["spike_interval"])

    @property
    def length(self) -> int:
        """Number of compartments."""
        return self.signals["heights"].shape[0] or 0

    @property
    def height_unit(self) -> str:
        """Unit of heights and potentials."""
        return self.signals["heights"].unit

    @property
    def time_unit(self) -> str:
        """Unit of the times of traces."""
        return self.signals["time"].unit

    def plain(self) -> dict[str, Any]:
        """Plain data that ``from_plain`` reads."""
        return {
            "setup": self.setup.plain(),
            "plane": self.plane.plain(),
            "signals": plain_signals(self.signals),
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> Frame:
        """Frame of plain data."""
        return cls(
            Setup(**content["setup"]),
            Space.from_plain(content["plane"]),
            signals_of(content["signals"]),
        )


@dataclass(frozen=True)
class Artifacts:
    """Tables of a study and what frames them.

    ``read`` gives a table by its path below the results, ``problems`` are those of experiments by
    folder (``bss2_sim/tau_2d``), ``settings`` values of the configuration by key. ``needs`` are the
    templates that may be read: those that a figure or claim declares.
    """

    read: Callable[[str], pd.DataFrame]
    backend: str
    frame: Frame
    problems: Mapping[str, Problem]
    settings: Mapping[str, Any]
    needs: tuple[str, ...]

    def of(self, needs: tuple[str, ...]) -> Artifacts:
        """The same with other templates that may be read."""
        return replace(self, needs=needs)

    def path(self, template: str) -> str | None:
        """Path of a template below the results; None for an experiment that there is not."""
        targets = {
            folder.partition("/")[2]: problem.target.name
            for folder, problem in self.problems.items()
        }
        return resolve(template, self.backend, targets)

    def table(self, template: str) -> pd.DataFrame:
        """Table of a template.

        Raises LookupError if the figure or claim does not declare it, or if it is of an experiment
        that there is not.
        """
        path = self.path(template)
        if template not in self.needs or path is None:
            raise LookupError(f"expected one of {', '.join(self.needs)}, found {template}")
        return self.read(path)

    def available(self, templates: Sequence[str]) -> list[str]:
        """Those of the templates whose experiments are configured."""
        return [template for template in templates if self.path(template)]

    def problem(self, name: str, backend: str | None = None) -> Problem:
        """Problem of an experiment, on the backend of the study or another one."""
        return self.problems[f"{backend or self.backend}/{name}"]


def reader(folder: Path, problems: Mapping[str, Problem]) -> Callable[[str], pd.DataFrame]:
    """Function that reads tables below a folder of results.

    It raises ProblemError for a table of another problem than the one that its experiment poses.
    """

    def read(path: str) -> pd.DataFrame:
        table = read_table(folder / path)
        experiment = "/".join(path.split("/")[:2])
        key = read_metadata(folder / path).get("problem")
        if key is not None and experiment in problems:
            expect_same(problems[experiment].key, key, str(folder / path))
        return table

    return read


def of_plain(
    given: Mapping[str, Any],
    needs: tuple[str, ...],
    read: Callable[[str], pd.DataFrame] | None = None,
) -> Artifacts:
    """Artifacts of the plain data that ``paper.given`` makes, read below ``results`` by default."""
    problems = {
        folder: Problem.from_plain(content) for folder, content in given["problems"].items()
    }
    return Artifacts(
        read=read or reader(Path("results"), problems),
        backend=given["backend"],
        frame=Frame.from_plain(given["frame"]),
        problems=problems,
        settings=given["settings"],
        needs=needs,
    )


def known_position(trials: pd.DataFrame, names: Sequence[str]) -> np.ndarray | None:
    """Parameters (D,) at which a target was measured; None if nobody knows them.

    Individual conductances have the value of their kind where the target has one for the chain.
    """
    columns = [name if name in trials else "_".join(name.split("_")[:2]) for name in names]
    if not set(columns) <= set(trials.columns):
        return None
    return trials[columns].mean().to_numpy()


def position(problem: Problem) -> np.ndarray:
    """Parameters (D,) of the target of a problem.

    Raises ValueError where the target is given by a file: nobody knows them.
    """
    if not isinstance(problem.target, Measured):
        raise ValueError(f"the parameters of the target {problem.target.name} are not known")
    return problem.space.scale(np.array(problem.target.position))
