"""Whether an observation is one that the prior can produce, by the tests that sbi has.

A network that is asked for an observation unlike those it was trained on answers confidently and
wrongly, and no predictive check of a training run shows it. N prior-predictive observations of F
features are compared with a target in two ways:

- ``density``: the share of them whose density is as low as the target's under a flow fitted to
  others of them (sbi's ``calc_misspecification_logprob``); with one feature the flow is a normal
  distribution, so this is the share that is as far from the mean;
- ``mmd``: the share whose maximum mean discrepancy to the others is as large as the target's
  (Schmitt et al., 2023, "Detecting model misspecification in amortized Bayesian inference with
  neural networks"; sbi's ``calc_misspecification_mmd`` in the space of the observations). Its
  kernel is as wide as the median distance; where that is 0, because most observations are the
  same, there is no p-value.

A feature that has one value in all observations has no distribution. A target with this value is
tested on the other features, a target with another one is unlike all of them (p = 0).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import table_schema
from analog_sbi.errors import ArtifactError
from analog_sbi.estimators.stock import Silent

SCHEMA = table_schema(
    numbers=("p_value",), strings=("target", "method"), booleans=("misspecified",), nullable=True
)
"""``p_value`` is missing where a test cannot tell, and the target not called misspecified."""

METHODS = ("density", "mmd")
FLOW = "maf"  # sbi's default, nsf, does not fit the one-dimensional, skewed distribution of tau
FITTED = 9000  # observations to fit the flow to, at most: more take minutes and tell no more
LEAST = 10  # observations: half to fit the flow to, half to compare with


def check(
    prior_predictive: np.ndarray,
    targets: Mapping[str, np.ndarray],
    features: Sequence[str],
    *,
    compared: int,
    alpha: float,
    seed: int,
) -> pd.DataFrame:
    """Test each target (F,) against prior-predictive observations (N, F), in random order.

    Up to half of the observations and at most ``compared`` are what targets are compared with; the
    flow is fitted to at most FITTED of the others. Logs a warning for each target that a test
    refuses at level ``alpha``, a share of which are false alarms. Incomplete observations are left
    out. Raises ArtifactError for too few observations and for a target that is not complete.
    """
    complete = prior_predictive[np.isfinite(prior_predictive).all(axis=1)]
    if len(complete) < LEAST:
        raise ArtifactError(
            f"prior predictive: expected at least {LEAST} complete observations to compare "
            f"targets with, found {len(complete)}"
        )
    for name, observation in targets.items():
        _expect_complete(name, observation, features)
    constant = complete.max(axis=0) == complete.min(axis=0)
    if constant.any():
        logging.warning(
            "the prior always gives the same %s; targets are tested on the other features",
            ", ".join(np.asarray(features)[constant]),
        )
    varying = complete[:, ~constant]
    mean, spread = varying.mean(axis=0), varying.std(axis=0)
    known = torch.tensor((varying - mean) / spread, dtype=torch.float32)
    size = min(compared, len(known) // 2)
    rows = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        estimator = None if constant.all() else _flow(known[size : size + FITTED])
        for name, observation in targets.items():
            if not np.allclose(observation[constant], complete[0, constant], rtol=1e-9):
                p_values = dict.fromkeys(METHODS, 0.0)
            elif estimator is None:
                p_values = dict.fromkeys(METHODS, 1.0)
            else:
                place = (observation[~constant] - mean) / spread
                asked = torch.tensor(place, dtype=torch.float32)[None]
                p_values = _p_values(known[:size], asked, estimator, alpha)
            rows += [(name, *row) for row in _verdicts(name, p_values, alpha)]
    return pd.DataFrame(rows, columns=["target", "method", "p_value", "misspecified"])


def _expect_complete(name: str, observation: np.ndarray, features: Sequence[str]) -> None:
    """Raise ArtifactError that names the missing features of a target."""
    missing = np.asarray(features)[~np.isfinite(observation)]
    if len(missing):
        raise ArtifactError(
            f"target {name}: expected values of all features, missing {', '.join(missing)}"
        )


def _verdicts(
    name: str, p_values: Mapping[str, float], alpha: float
) -> list[tuple[str, float, bool]]:
    """Method, p-value and whether the test refuses the target, which is warned of."""
    rows = []
    for method, p_value in p_values.items():
        refused = p_value < alpha
        rows.append((method, p_value, refused))
        if refused:
            logging.warning(
                "target %s looks unlike what the prior produces (%s, p = %.3g); if it is, "
                "posteriors given it are not to be trusted",
                name,
                method,
                p_value,
            )
        if np.isnan(p_value):
            logging.warning(
                "target %s cannot be tested (%s): most observations of the prior are the same",
                name,
                method,
            )
    return rows


def _flow(observations: torch.Tensor) -> Any:
    """Fit sbi's estimator of the distribution of observations."""
    from sbi.inference import MarginalTrainer

    trainer = MarginalTrainer(FLOW, tracker=Silent(), show_progress_bars=False)
    return trainer.append_samples(observations).train()


def _p_values(
    known: torch.Tensor, asked: torch.Tensor, estimator: Any, alpha: float
) -> dict[str, float]:
    """Share of known observations (N, F) that are as unlikely as the one asked for (1, F)."""
    from sbi.diagnostics.misspecification import (
        calc_misspecification_logprob,
        calc_misspecification_mmd,
    )

    density, _ = calc_misspecification_logprob(known, asked, estimator, alpha)
    mmd, (by_chance, discrepancy) = calc_misspecification_mmd(asked, known)
    with torch.no_grad():
        log_density = estimator.log_prob(torch.cat([known, asked]))
    tells = {
        "density": not log_density.isnan().any(),
        "mmd": not (by_chance.isnan().any() or discrepancy.isnan()),
    }
    p_values = {"density": float(density), "mmd": float(mmd)}
    return {method: p_values[method] if tells[method] else np.nan for method in METHODS}
