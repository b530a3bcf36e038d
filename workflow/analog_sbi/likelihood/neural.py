"""A likelihood that a flow has learned: the density of observations at places of the prior.

Neural likelihood estimation (Papamakarios, Sterratt and Murray, AISTATS 2019) with the measurements
that are there. As sbi's ``NLE`` it trains a flow by maximum likelihood; here the flows of all seeds
are trained together, as those of posteriors are in their first round, with parameters and
observations in each other's place. Parameters are positions in the unit cube of the prior's
quantiles. Values of a feature that has few, such as a number of spikes, are spread evenly over the
steps between them, since they have no density that a flow could learn (Theis, van den Oord and
Bethge, ICLR 2016).
Shapes: S seeds, N measurements, M parameter sets, K samples, D parameters, F features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.stats import kstest
from torch import Tensor

from analog_sbi.estimators.families import maf, zuko_nsf
from analog_sbi.estimators.rounds import RoundData, TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State, select
from analog_sbi.estimators.training import train_round
from analog_sbi.likelihood.smooth import expect_varying
from analog_sbi.posterior.base import expect_keys

FLOW = EstimatorSettings(family="maf", transforms=5, hidden=50, permutations="reverse")
"""The size of sbi's likelihoods by default; of reversed order, it is never blind."""
OF_ONE = EstimatorSettings(family="zuko_nsf", transforms=3, hidden=50)
"""Of a single feature, whose density a masked autoregressive flow takes for normal."""
FAMILIES: dict[str, Any] = {"maf": maf.FAMILY, "zuko_nsf": zuko_nsf.FAMILY}
CHUNK = 20_000  # parameter sets whose densities are found at once
ROUNDED = 1e-9  # of the range of a feature, below which two values are the same
FEW = 0.5  # share of different values below which a feature has steps
TESTED, SAMPLES = 200, 200  # measurements that have levels, and samples that tell one


@dataclass(frozen=True, eq=False)
class Neural:
    """Flow of F ``features`` given positions: its settings, and the state (1, ...) of a network."""

    estimator: EstimatorSettings
    features: int
    state: State

    @cached_property
    def flow(self) -> Any:
        """The flow itself."""
        return FAMILIES[self.estimator.family].flow(self.estimator, self.state)

    @torch.no_grad()
    def log_likelihood(self, position: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Log likelihoods (M,) at positions (M, D) of one observation (F,) or as many (M, F)."""
        found = np.empty(len(position))
        given, of = _single(position), _single(np.broadcast_to(x, (len(position), self.features)))
        for start in range(0, len(position), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = self.flow.log_prob(of[None, part, None], given[None, part])[0, :, 0]
        return found

    @torch.no_grad()
    def levels(self, position: np.ndarray, x: np.ndarray, seed: int) -> np.ndarray:
        """Levels (M,) of highest density of observations (M, F) made at positions (M, D).

        Uniform from 0 to 1 if the likelihood is true, as far as ``SAMPLES`` samples tell.
        """
        given, of = _single(position)[None], _single(x)[None, :, None]
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(1, len(position), SAMPLES, self.features, generator=generator)
        among = self.flow.log_prob(self.flow.inverse(noise, given), given)
        found: np.ndarray = (among > self.flow.log_prob(of, given)).double().mean(dim=2)[0].numpy()
        return found

    def plain(self) -> dict[str, Any]:
        """Plain data that ``neural_of`` reads."""
        return {
            "estimator": asdict(self.estimator),
            "features": self.features,
            "state": dict(self.state),
        }


KEYS = ("estimator", "features", "state")


def neural_of(content: Mapping[str, Any]) -> Neural:
    """Likelihood of plain data; raises PosteriorFormatError naming the key that is wrong."""
    expect_keys("likelihoods.estimator", content["estimator"], asdict(FLOW))
    estimator = EstimatorSettings(**content["estimator"])
    return Neural(estimator, content["features"], dict(content["state"]))


def fit(
    positions: Sequence[np.ndarray],
    observations: Sequence[np.ndarray],
    seeds: Sequence[int],
    numbers: Sequence[int],
) -> list[Neural]:
    """Train a flow of each seed on observations (N, F) at positions (N, D) in the unit cube.

    ``seeds`` seed the training of each, ``numbers`` are their names in messages. Raises
    MeasurementError if a seed has too few measurements or a feature that never varies,
    TrainingError if a flow cannot be trained.
    """
    rows: dict[int, list[int]] = {}
    for index, x in enumerate(observations):
        expect_varying(x)
        rows.setdefault(len(x), []).append(index)
    found: dict[int, Neural] = {}
    for members in rows.values():
        size = observations[members[0]].shape[1]
        flow = OF_ONE if size == 1 else FLOW
        spread = [_spread(observations[i], np.random.default_rng(seeds[i])) for i in members]
        trained = train_round(
            [RoundData(np.stack(spread), np.stack([positions[i] for i in members]))],
            None,
            estimator=flow,
            settings=TrainingSettings(),
            seeds=[seeds[i] for i in members],
            numbers=[numbers[i] for i in members],
        )
        for row, index in enumerate(members):
            found[index] = Neural(flow, size, select(trained.state, [row]))
    return [found[index] for index in range(len(seeds))]


def mistrust(neural: Neural, position: np.ndarray, x: np.ndarray, seed: int) -> float:
    """Probability that a true likelihood has levels as uneven as those of fresh measurements.

    By Kolmogorov and Smirnov's test, of at most ``TESTED`` observations (N, F) at positions (N, D).
    """
    part = slice(TESTED)
    generator = np.random.default_rng(seed)
    levels = neural.levels(position[part], _spread(x, generator)[part], seed)
    return float(kstest(levels, "uniform").pvalue)


def _spread(x: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Observations (N, F) whose features with steps are spread evenly over them."""
    steps = np.array([_step(values) for values in x.T])
    spread: np.ndarray = x + steps * (generator.random(x.shape) - 0.5)
    return spread


def _step(values: np.ndarray) -> float:
    """Least step between the values (N,) of a feature that has few, else 0."""
    if len(np.unique(values)) >= FEW * len(values):
        return 0.0
    steps = np.diff(np.unique(values))
    return float(steps[steps > ROUNDED * np.ptp(values)].min())


def _single(values: np.ndarray) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)
