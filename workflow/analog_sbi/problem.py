"""The problem that an experiment of the config poses to an estimator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from analog_sbi.backends import Backend
from analog_sbi.chain import bounds, parameter_names
from analog_sbi.inference.estimator import EstimatorSettings
from analog_sbi.inference.posterior import Problem
from analog_sbi.observables import feature_names
from analog_sbi.tables import read_observation


def posed(
    experiment: Mapping[str, Any], device: Backend, target: str | Path, seeds: tuple[int, ...]
) -> Problem:
    """Problem of ``seeds`` of an experiment, given the mean over the trials of a target.

    Raises ArtifactError if the table ``target`` is not one of trials of that backend.
    """
    kind, observable = experiment["parameters"], experiment["observable"]
    low, high = bounds(kind, device.length, device.limits)
    observation = read_observation(target, device.length, observable)
    return Problem(
        estimator=EstimatorSettings(**experiment["estimator"]),
        low=torch.as_tensor(low, dtype=torch.float32),
        high=torch.as_tensor(high, dtype=torch.float32),
        parameters=tuple(parameter_names(kind, device.length)),
        observable=observable,
        features=tuple(feature_names(observable, device.length)),
        target=torch.as_tensor(observation, dtype=torch.float32),
        seeds=seeds,
    )
