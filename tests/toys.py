"""Problems and posteriors for tests that measure nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import torch

from analog_sbi.backends import Setup
from analog_sbi.estimators import family
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import stack
from analog_sbi.measuring import Measurements
from analog_sbi.posterior import Networks
from analog_sbi.prior import Box, median_and_spread
from analog_sbi.problem import Measured, Problem
from analog_sbi.restricted import Restricted
from analog_sbi.restricting import learn
from analog_sbi.space import Space

MEASURED = 1000
"""Runs that a toy's restricted prior is learned from."""


def toy_problem(parameters: int, features: int, low: float = 0.0, high: float = 100.0) -> Problem:
    """Problem of parameters p0, p1, ... in a box and features h_00, h_10, ..."""
    space = Space(
        tuple(f"p{i}" for i in range(parameters)),
        ("code",) * parameters,
        np.full(parameters, low),
        np.full(parameters, high),
    )
    return Problem(
        setup=Setup("toy", "chain", {"length": 4}),
        parameterization="global",
        observable="first",
        prior=Box(space),
        features=tuple(f"h_{i}0" for i in range(features)),
        units=("LSB",) * features,
        signals={},
        target=Measured("centre", (0.5,) * parameters, 10),
    )


def untrained(
    places: Sequence[tuple[float, ...]],
    estimator: EstimatorSettings,
    *,
    features: int = 3,
    high: float = 100.0,
    spread: float = 6.0,
    seeds: Sequence[int] | None = None,
    seen: float = 1.0,
) -> Networks:
    """Networks a place each, around which they are nearly normal.

    ``seen`` multiplies their weights for the observation.
    """
    states, of = [], family(estimator.family)
    with torch.random.fork_rng():
        for seed, place in enumerate(places):
            torch.manual_seed(seed)
            theta = torch.tensor(place) + spread * torch.randn(200, len(place))
            state = of.build(estimator, theta, torch.randn(200, features))
            for name in state:
                if "context_layer.weight" in name:
                    state[name] = seen * state[name]
            states.append(state)
    return Networks(
        toy_problem(len(places[0]), features, high=high),
        torch.zeros(features),
        estimator,
        tuple(range(len(places))) if seeds is None else tuple(seeds),
        0,
        stack(states),
        tuple({} for _ in places),
    )


def as_measured() -> Problem:
    """A toy problem of two parameters that are the two features."""
    return toy_problem(2, 2)


@cache
def restricted(problem: Callable[[], Problem], seed: int = 3) -> Problem:
    """A toy problem whose prior is restricted to the upper half of its first parameter."""
    posed = problem()
    prior = Restricted(posed.prior, {"measurements": MEASURED, "missed": 0.01, "seed": seed})
    theta = posed.prior.draw(MEASURED, np.random.default_rng(seed))
    return replace(posed, prior=prior).within(learn(prior, theta, upper(posed, theta), seed))


def upper(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Whether parameters (N, D) are above the first one's median: what is valid of toys."""
    return theta[:, 0] > median_and_spread(problem.prior)[0][0]


def of_each_seed(measure):
    """Measurements of all seeds, from a function of parameters (N, D) and a generator."""

    def measured(theta, random):
        parts = [measure(*share) for share in zip(theta, random, strict=True)]
        table = pd.concat([part.table for part in parts], ignore_index=True)
        return Measurements(table, parts[0].units, sum(part.missing for part in parts))

    return measured
