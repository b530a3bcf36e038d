"""What the package sbibm ships of a task: observations, reference posteriors, constants.

The package is never imported, since what it needs is of 2021: only its files are read.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.serialization import safe_globals

from analog_sbi.errors import ConfigurationError
from analog_sbi.sbibm import NO_SBIBM

VARIANTS = {  # tasks of another's folder, and what their observations end in
    "bernoulli_glm_raw": ("bernoulli_glm", "_raw"),
    "slcp_distractors": ("slcp", "_distractors"),
}
PYRO = (
    "pyro.distributions.torch.MixtureSameFamily",
    "pyro.distributions.torch.Categorical",
    "pyro.distributions.torch.Independent",
    "pyro.distributions.torch.Chi2",
    "pyro.distributions.multivariate_studentt.MultivariateStudentT",
)
"""Classes that the mixture of distractors was saved with, of which only the numbers are read."""


def folder() -> Path:
    """Folder of the tasks; raises ConfigurationError if the package is not there."""
    spec = find_spec("sbibm")
    if spec is None or spec.origin is None:
        raise ConfigurationError(NO_SBIBM)
    return Path(spec.origin).parent / "tasks"


def observation(task: str, number: int) -> np.ndarray:
    """Observation (F,) of a task, by its number from 1."""
    place, end = VARIANTS.get(task, (task, ""))
    return _table(_numbered(place, number) / f"observation{end}.csv")[0]


def reference(task: str, number: int) -> np.ndarray:
    """Samples (10 000, D) of the reference posterior given an observation."""
    place, _ = VARIANTS.get(task, (task, ""))
    return _table(_numbered(place, number) / "reference_posterior_samples.csv.bz2")


def true_parameters(task: str, number: int) -> np.ndarray:
    """Parameters (D,) that an observation was simulated with."""
    place, _ = VARIANTS.get(task, (task, ""))
    return _table(_numbered(place, number) / "true_parameters.csv")[0]


@cache
def tensor(task: str, name: str) -> np.ndarray:
    """A tensor among the files of a task."""
    return torch.load(folder() / task / "files" / name, weights_only=True).numpy()


@cache
def distractors() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mixture of Student distributions: shares (K,), freedom (K,), locations (K, M), scales.

    The scales (K, M, M) are lower triangular.
    """
    classes: list[Any] = [(type(name.rpartition(".")[2], (), {}), name) for name in PYRO]
    with safe_globals(classes):
        whole = torch.load(folder() / "slcp" / "files" / "gmm.torch", weights_only=True)
    part = whole._component_distribution.base_dist
    shares = whole._mixture_distribution.probs.double().numpy()
    freedom, location, scale = (
        values.double().numpy() for values in (part.df, part.loc, part._unbroadcasted_scale_tril)
    )
    return shares / shares.sum(), freedom, location, scale


def _numbered(task: str, number: int) -> Path:
    return folder() / task / "files" / f"num_observation_{number}"


def _table(path: Path) -> np.ndarray:
    return pd.read_csv(path).to_numpy(dtype=float)
