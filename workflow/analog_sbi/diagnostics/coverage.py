"""Do regions of a posterior hold what they say? sbi's diagnostics, with bands for exact ones.

A test is a parameter set drawn from the prior and one measurement at it. The posterior is asked
for K samples given each of the N measurements. docs/coverage.md says what each diagnostic sees.

- ``coverage``: expected coverage, the share of tests inside the highest-density region of each
  level (Hermans et al., 2022; by ranks of the log density, Deistler et al., 2022);
- ``sbc``: ranks of a parameter among its samples, cumulative (Talts et al., 2018);
- ``tarp``: the share of tests inside balls around random points that hold each level of the
  samples (Lemos et al., 2023);
- ``lc2st``: can a classifier that saw all tests tell posterior samples given the target from true
  ones (Linhart et al., 2023)?
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pandera.pandas as pa
import torch
from torch import Tensor

from analog_sbi.artifacts import table_schema
from analog_sbi.dataset import Dataset
from analog_sbi.diagnostics.uniformity import band, cumulative
from analog_sbi.features import feature_values
from analog_sbi.problem import Problem

CONFIDENCE = 0.95  # that the whole curve of an exact posterior stays within the band
CURVES = table_schema(
    numbers=("level", "value", "low", "high"),
    integers=("member",),
    strings=("kind", "method", "parameter"),
)
"""``kind`` is seed or ensemble; ``low`` and ``high`` are the band at the level."""


def summary_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """One row a network or ensemble; a ``ks_`` column for each parameter."""
    return table_schema(
        numbers=(
            *("acceptance", "coverage_error", "tarp_error", "tarp_p", "lc2st", "lc2st_p"),
            *(f"ks_{name}" for name in names),
        ),
        integers=("member", "tests", "samples"),
        strings=("kind",),
        booleans=("blind",),
    )


class Asked(Protocol):
    """A posterior, as far as sbi's diagnostics use it."""

    def sample_batched(
        self, sample_shape: torch.Size, x: Tensor, show_progress_bars: bool
    ) -> Tensor:
        """Samples (K, N, D) given each of the observations (N, F)."""
        ...

    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (A,) at theta (A, D) given an observation (F,)."""
        ...


class History(Protocol):
    """A posterior of networks, each with what became of it."""

    @property
    def history(self) -> Sequence[Mapping[str, Any]]:
        """An entry a network, with ``blind``."""
        ...


class Answers(Asked, Protocol):
    """What a posterior answers to several observations x (M, F): samples (K, M, D).

    ``log_mass`` (S, M) is that of its networks within the prior's bounds.
    """

    @property
    def posterior(self) -> History:
        """The networks that answer."""
        ...

    @property
    def x(self) -> Tensor:
        """The observations (M, F)."""
        ...

    @property
    def samples(self) -> Tensor:
        """Samples (K, M, D)."""
        ...

    @property
    def log_mass(self) -> Tensor:
        """Logarithms (S, M) of mass within the prior's bounds."""
        ...


@dataclass(frozen=True)
class PriorTests:
    """Parameters (N, D) drawn from the prior and what was measured at them (N, F)."""

    theta: Tensor
    x: Tensor


@dataclass(frozen=True)
class AtTarget:
    """Samples (K, D) of a posterior given the target observation (F,)."""

    samples: Tensor
    x: Tensor


@dataclass(frozen=True)
class Settings:
    """Samples given each test, even steps of the level, classifiers under the null hypothesis."""

    samples: int
    levels: int
    trials: int


@dataclass(frozen=True)
class Diagnosis:
    """Curves (method, parameter, level, value, low, high) and numbers by column of the summary."""

    curves: pd.DataFrame
    numbers: dict[str, float]


def prior_tests(table: pd.DataFrame, problem: Problem) -> PriorTests:
    """Tests of a table of measurements; those with a missing feature are left out."""
    every = Dataset(table[list(problem.parameters)].to_numpy(), feature_values(table, problem))
    known = every.complete()
    if len(known) < len(every):
        logging.warning("%d of %d tests are left out", len(every) - len(known), len(every))
    theta, x = (torch.tensor(values.astype(np.float32)) for values in (known.theta, known.x))
    return PriorTests(theta, x)


def diagnose(
    posterior: Asked,
    tests: PriorTests,
    target: AtTarget,
    names: Sequence[str],
    settings: Settings,
    seed: int,
) -> Diagnosis:
    """Run all diagnostics of a posterior over parameters ``names``.

    ``seed`` fixes the points of ``tarp`` and the classifiers.
    """
    with _seeded(seed):
        parts = [
            expected(posterior, tests, settings.samples, settings.levels),
            _rank_statistics(posterior, tests, names, settings),
            _tarp(posterior, tests, settings),
        ]
        local = _local(posterior, tests, target, settings, seed)
    numbers = {key: value for part in parts for key, value in part.numbers.items()}
    return Diagnosis(pd.concat([part.curves for part in parts]), numbers | local)


def diagnose_members(
    answers: Mapping[tuple[str, int], Answers],
    of_target: Mapping[tuple[str, int], Answers],
    tests: PriorTests,
    names: Sequence[str],
    settings: Settings,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Curves and summary of seeds and ensembles, from their answers to the tests and to a target.

    The keys are kind and number. ``acceptance`` is the least mass inside the prior's bounds given
    any test.
    """
    curves, rows = [], []
    for (kind, member), answer in answers.items():
        target = of_target[kind, member]
        at_target = AtTarget(target.samples[:, 0], target.x[0])
        diagnosis = diagnose(answer, tests, at_target, names, settings, seed)
        key: dict[str, Any] = {"kind": kind, "member": np.int64(member)}
        curves.append(diagnosis.curves.assign(**key))
        own = {
            "tests": len(tests.x),
            "samples": settings.samples,
            "acceptance": float(answer.log_mass.exp().min()),
            "blind": any(history["blind"] for history in answer.posterior.history),
        }
        rows.append(key | diagnosis.numbers | own)
        error = diagnosis.numbers["coverage_error"]
        logging.info("%s %d: coverage error %+.3f", kind, member, error)
    return pd.concat(curves, ignore_index=True), pd.DataFrame(rows)


def expected(posterior: Asked, tests: PriorTests, samples: int, steps: int) -> Diagnosis:
    """Expected coverage: its curve, and ``coverage_error``, its mean distance to the level.

    ``samples`` of the posterior given each test, ``steps`` of the level.
    """
    from sbi.diagnostics import run_sbc

    ranks, _ = run_sbc(
        tests.theta,
        tests.x,
        posterior,
        num_posterior_samples=samples,
        reduce_fns=posterior.log_prob,
        show_progress_bar=False,
    )
    denser = samples - ranks[:, 0].numpy()
    levels = _levels(steps)
    share = cumulative(denser, samples, levels)
    limits = band(len(ranks), samples, levels, CONFIDENCE)
    curve = _curve("coverage", "", levels, share, limits)
    # the area to the diagonal, which the curve meets at 0 and 1
    error = float((share - levels).sum() / steps)
    return Diagnosis(curve, {"coverage_error": error})


def _rank_statistics(
    posterior: Asked, tests: PriorTests, names: Sequence[str], settings: Settings
) -> Diagnosis:
    from sbi.diagnostics import run_sbc
    from sbi.diagnostics.sbc import check_uniformity_frequentist

    ranks, _ = run_sbc(
        tests.theta,
        tests.x,
        posterior,
        num_posterior_samples=settings.samples,
        show_progress_bar=False,
    )
    levels = _levels(settings.levels)
    limits = band(len(ranks), settings.samples, levels, CONFIDENCE)
    p_values = check_uniformity_frequentist(ranks, settings.samples).tolist()
    curves, numbers = [], {}
    for name, of, p_value in zip(names, ranks.T.numpy(), p_values, strict=True):
        share = cumulative(of, settings.samples, levels)
        curves.append(_curve("sbc", name, levels, share, limits))
        numbers[f"ks_{name}"] = p_value
    return Diagnosis(pd.concat(curves), numbers)


def _tarp(posterior: Asked, tests: PriorTests, settings: Settings) -> Diagnosis:
    from sbi.diagnostics import check_tarp, run_tarp

    share, levels = run_tarp(
        tests.theta,
        tests.x,
        posterior,
        num_posterior_samples=settings.samples,
        show_progress_bar=False,
    )
    error, p_value = check_tarp(share, levels)
    # the ends are 0 and 1 by construction
    level, value = levels.double().numpy()[1:-1], share.double().numpy()[1:-1]
    # sbi counts tests with a share of samples strictly below the level
    limits = band(len(tests.x), settings.samples, _below(level, settings.samples), CONFIDENCE)
    curve = _curve("tarp", "", level, value, limits)
    return Diagnosis(curve, {"tarp_error": error, "tarp_p": float(p_value)})


def _local(
    posterior: Asked, tests: PriorTests, target: AtTarget, settings: Settings, seed: int
) -> dict[str, float]:
    from sbi.diagnostics import LC2ST

    samples = posterior.sample_batched(
        torch.Size((settings.samples,)), x=tests.x, show_progress_bars=False
    )
    test = LC2ST(
        prior_samples=tests.theta,
        xs=tests.x,
        posterior_samples=samples[0],
        z_score=True,
        num_trials_null=settings.trials,
        classifier_kwargs={"random_state": seed % 2**32},
    )
    test.train_on_observed_data(verbosity=0).train_under_null_hypothesis(verbosity=0)
    return {
        "lc2st": test.get_statistic_on_observed_data(target.samples, target.x),
        "lc2st_p": test.p_value(target.samples, target.x),
    }


def _levels(steps: int) -> np.ndarray:
    """Levels between 0 and 1, both excluded."""
    return np.arange(1, steps) / steps


def _below(levels: np.ndarray, samples: int) -> np.ndarray:
    """Levels up to which the positions of ranks lie that are less than ``levels`` times K."""
    return np.ceil(levels * samples) / (samples + 1)


def _curve(
    method: str,
    parameter: str,
    levels: np.ndarray,
    share: np.ndarray,
    limits: tuple[np.ndarray, np.ndarray],
) -> pd.DataFrame:
    columns = {"level": levels, "value": share, "low": limits[0], "high": limits[1]}
    return pd.DataFrame(columns).assign(method=method, parameter=parameter)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed torch's generator and put it back afterwards."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        yield
