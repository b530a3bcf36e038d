"""Whether a study is smaller than the shipped one, whose budgets the criteria of claims are for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from analog_sbi.study.typed import Study


def smaller(study: Study, full: str | Path) -> list[str]:
    """Keys of the configuration that have less than in the file ``full``; none of what is new."""
    if not Path(full).is_file():  # deployed without it
        return []
    shipped = Study.model_validate(yaml.safe_load(Path(full).read_text()))
    expected = dict(_budgets(shipped))
    return [key for key, value in _budgets(study) if value < expected.get(key, 0)]


def _budgets(study: Study) -> Iterator[tuple[str, int]]:
    yield "grid.steps", study.grid.steps
    yield "target.trials", study.target.trials
    yield "predictive.samples", study.predictive.samples
    for name, experiment in study.configured.items():
        yield f"experiments.{name}.rounds", sum(experiment.rounds)
        yield f"experiments.{name}.seeds", experiment.seeds
