"""Claims on Figure 5: exponential fits to the heights along the chain."""

from __future__ import annotations

import numpy as np

from analog_sbi.checks.register import TRACES
from analog_sbi.checks.table import Artifacts, Verdict
from analog_sbi.observables import exponential, heights_of_traces


def scaled_exponentials(artifacts: Artifacts) -> Verdict:
    """Largest residual of the fit at each marked point, relative to h00."""
    heights = heights_of_traces(artifacts.table(TRACES), artifacts.spike_interval)
    first = heights[:, :, 0]
    tau, a, b = exponential(first, artifacts.fit_bounds)
    fitted = a[:, None] * np.exp(-np.arange(first.shape[1]) / tau[:, None]) + b[:, None]
    residuals = np.abs(fitted - first).max(axis=1) / first[:, 0]
    text = ", ".join(f"{100 * value:.1f} %" for value in residuals)
    return Verdict(f"at points 1 to {len(residuals)}: {text}", bool((residuals < 0.1).all()))
