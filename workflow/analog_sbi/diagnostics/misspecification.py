"""Whether an observation is one that the prior can produce, by the tests that sbi has.

A network that is asked for an observation unlike those it was trained on answers confidently and
wrongly, and no predictive check of a training run shows it. N prior-predictive observations of F
features are compared with a target in two ways:

- ``density``: the share of them whose density is as low as the target's under a flow fitted to
  others of them (sbi's ``calc_misspecification_logprob``);
- ``mmd``: the share whose maximum mean discrepancy to the others is as large as the target's
  (Schmitt et al., 2023, "Detecting model misspecification in amortized Bayesian inference with
  neural networks"; sbi's ``calc_misspecification_mmd`` in the space of the observations).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import table_schema
from analog_sbi.inference.stock import Silent

SCHEMA = table_schema(
    numbers=("p_value",), strings=("target", "method"), booleans=("misspecified",)
)

FLOW = "maf"  # sbi's default, nsf, does not fit the one-dimensional, skewed distribution of tau


def check(
    prior_predictive: np.ndarray,
    targets: Mapping[str, np.ndarray],
    *,
    compared: int,
    alpha: float,
    seed: int,
) -> pd.DataFrame:
    """Test each target (F,) against prior-predictive observations (N, F), in random order.

    Up to half of the observations and at most ``compared`` are what targets are compared with; the
    flow is fitted to the others. Logs a warning for each target that a test refuses at level
    ``alpha``, a share of which are false alarms. Incomplete observations are left out.
    """
    complete = prior_predictive[np.isfinite(prior_predictive).all(axis=1)]
    centre, spread = complete.mean(axis=0), complete.std(axis=0)
    known = torch.tensor((complete - centre) / spread, dtype=torch.float32)
    size = min(compared, len(known) // 2)
    rows = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        estimator = _flow(known[size:])
        for name, observation in targets.items():
            asked = torch.tensor((observation - centre) / spread, dtype=torch.float32)[None]
            for method, p_value in _p_values(known[:size], asked, estimator, alpha).items():
                refused = p_value < alpha
                rows.append((name, method, p_value, refused))
                if refused:
                    logging.warning(
                        "target %s looks unlike what the prior produces (%s, p = %.3g); if it is, "
                        "posteriors given it are not to be trusted",
                        name,
                        method,
                        p_value,
                    )
    return pd.DataFrame(rows, columns=["target", "method", "p_value", "misspecified"])


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
    mmd, _ = calc_misspecification_mmd(asked, known)
    return {"density": float(density), "mmd": float(mmd)}
