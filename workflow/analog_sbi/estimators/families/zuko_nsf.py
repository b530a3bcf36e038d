"""Neural spline flow of zuko: autoregressive, rational-quadratic splines of ``bins`` bins (8).

Each parameter sees the observation in each transform, so that no network is blind by construction.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from analog_sbi.estimators.embeddings import embedding
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.vmapped import ZUKO, VmappedFamily


def build_network(settings: EstimatorSettings, theta: Tensor, x: Tensor) -> Any:
    """Build sbi's network for parameters (N, D) and observations (N, F)."""
    from sbi.neural_nets.net_builders.flow import build_zuko_nsf

    return build_zuko_nsf(
        theta,
        x,
        hidden_features=[settings.hidden] * settings.blocks,
        num_transforms=settings.transforms,
        num_bins=settings.bins or 8,
        embedding_net=embedding(settings, x.shape[1]),
    )


FAMILY = VmappedFamily(build_network, ZUKO, options=frozenset({"bins", "embedding", "summaries"}))
