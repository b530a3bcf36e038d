"""Are amortized posteriors calibrated? sbi's diagnostics on fresh parameters of the prior.

M tests are parameters (M, D) from the prior and an observation (M, F) of each.

- ``coverage``: share of tests whose parameters lie in the highest-density region of a level
  (Deistler et al., 2022; Hermans et al., 2022): below the level for an over-confident posterior,
  above it for a conservative one;
- ``sbc``: share of tests whose rank among the samples, parameter by parameter, is below a level
  (Talts et al., 2018): the level itself if the marginal is calibrated;
- ``tarp``: coverage of balls around random points (Lemos et al., 2023), which also sees errors
  that the density of the posterior itself hides;
- ``lc2st``: p-value of a classifier two-sample test at one observation (Linhart et al., 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.stats import kstwo
from torch import Tensor

from analog_sbi.artifacts import table_schema

BAND = 0.95
CURVES = table_schema(
    numbers=("level", "value"),
    integers=("member",),
    strings=("kind", "method", "parameter"),
)
"""``kind`` is seed or ensemble; ``parameter`` is empty where a method looks at all together."""

SUMMARY = table_schema(
    numbers=("area", "lowest", "sbc_p", "tarp_area", "tarp_p", "lc2st_p"),
    integers=("member", "tests"),
    strings=("kind",),
    booleans=("blind",),
    nullable=True,
)
"""``area`` is the mean of coverage minus level (positive: conservative), ``lowest`` its minimum,
``sbc_p`` the smallest p-value times the number of parameters, at most 1.
"""


@dataclass(frozen=True)
class Draws:
    """Parameters (M, D) from the prior, with names, and observations (M, F) of them."""

    theta: Tensor
    x: Tensor
    names: tuple[str, ...]


def half_width(tests: int) -> float:
    """Half the width of the band that holds a whole calibrated curve in 95 % of cases.

    Quantile of Kolmogorov's statistic for ``tests`` ranks.
    """
    return float(kstwo.ppf(BAND, tests))


def diagnose(
    posterior: Any, tests: Draws, levels: np.ndarray, seed: int
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Coverage, ranks and TARP of a posterior that sbi's diagnostics can sample and evaluate.

    Returns curves (``method``, ``parameter``, ``level``, ``value``) and the numbers of ``SUMMARY``.
    """
    from sbi.diagnostics import check_tarp, run_sbc, run_tarp
    from sbi.diagnostics.sbc import check_uniformity_frequentist

    count = posterior.sample_batched((), tests.x).shape[0]
    quiet = {"num_posterior_samples": count, "show_progress_bar": False}
    ranks, _ = run_sbc(tests.theta, tests.x, posterior, **quiet)
    below, _ = run_sbc(tests.theta, tests.x, posterior, reduce_fns=posterior.log_prob, **quiet)
    credibility = 1 - below[:, 0].numpy() / count
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # of the points that TARP draws
        ecp, alpha = run_tarp(tests.theta, tests.x, posterior, **quiet)

    coverage = share_below(credibility, levels)
    parts = [("coverage", "", levels, coverage), ("tarp", "", alpha.numpy(), ecp.numpy())]
    for name, column in zip(tests.names, ranks.numpy().T, strict=True):
        parts.append(("sbc", name, levels, share_below(column / count, levels)))
    curves = pd.concat(
        [
            pd.DataFrame({"method": method, "parameter": name, "level": at, "value": value})
            for method, name, at, value in parts
        ],
        ignore_index=True,
    ).astype({"level": float, "value": float})
    p_values = check_uniformity_frequentist(ranks, count).numpy()
    tarp_area, tarp_p = check_tarp(ecp, alpha)
    return curves, {
        "area": float((coverage - levels).mean()),
        "lowest": float((coverage - levels).min()),
        "sbc_p": float(min(1.0, p_values.min() * len(p_values))),
        "tarp_area": float(tarp_area),
        "tarp_p": float(tarp_p),
    }


def share_below(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Share of values (M,) below each of the levels (L,)."""
    return (values[:, None] < levels).mean(axis=0)


def local_test(
    posterior: Any, tests: Draws, samples: Tensor, x: Tensor, trials: int, seed: int
) -> float:
    """p-value of L-C2ST for posterior samples (N, D) given one observation x (F,).

    The classifiers are sbi's; ``trials`` of them learn the distribution without a difference.
    """
    from sbi.diagnostics import LC2ST

    drawn = posterior.sample_batched((), tests.x)[0]
    test = LC2ST(
        tests.theta, tests.x, drawn, seed=seed % 2**31, z_score=True, num_trials_null=trials
    )
    test.train_on_observed_data(verbosity=0).train_under_null_hypothesis(verbosity=0)
    return float(test.p_value(samples, x))
