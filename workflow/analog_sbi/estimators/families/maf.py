"""The paper's family: sbi's masked autoregressive flow, with a fast path for all seeds at once.

Built by sbi; the names of the state are those of sbi's ``state_dict``. sbi itself is imported only
where networks are built or handed to users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.stacked import PREFIX, StackedFlow, permutations
from analog_sbi.estimators.state import State


class Maf:
    """Masked autoregressive flow of sbi 0.27 (see ``protocol.Family``)."""

    options = frozenset({"permutations"})

    def build(self, settings: EstimatorSettings, theta: Tensor, x: Tensor) -> State:
        """State of one new network for parameters (N, D) and observations (N, F)."""
        return dict(_build(settings, theta, x).state_dict())

    def shapes(
        self, settings: EstimatorSettings, parameters: int, features: int
    ) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the state of one network, without building one."""
        hidden, embedding = settings.hidden, "net._embedding_net.0"
        shapes: dict[str, tuple[int, ...]] = {
            f"{PREFIX}.0._shift": (parameters,),
            f"{PREFIX}.0._scale": (parameters,),
        }
        masked = {"initial_layer": (hidden, parameters), "final_layer": (2 * parameters, hidden)}
        masked |= {f"blocks.{block}.linear": (hidden, hidden) for block in range(settings.blocks)}
        for t in range(settings.transforms):
            own = f"{PREFIX}.{2 * t + 1}.autoregressive_net"
            for layer, shape in (masked | {"context_layer": (hidden, features)}).items():
                shapes |= {f"{own}.{layer}.weight": shape, f"{own}.{layer}.bias": shape[:1]}
            for layer, shape in masked.items():
                shapes |= {f"{own}.{layer}.mask": shape, f"{own}.{layer}.degrees": shape[:1]}
            shapes[f"{PREFIX}.{2 * t + 2}._permutation"] = (parameters,)
        return shapes | {f"{embedding}._mean": (features,), f"{embedding}._std": (features,)}

    def flow(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> StackedFlow:
        """Flow of the networks of all seeds."""
        return StackedFlow(state)

    def network(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> Any:
        """Rebuild sbi's estimator of one seed from its state; torch's global state is kept."""
        parameters = state[f"{PREFIX}.0._shift"].shape[0]
        features = state["net._embedding_net.0._mean"].shape[0]
        with torch.random.fork_rng():
            network = _build(settings, torch.rand(4, parameters), torch.rand(4, features))
        network.load_state_dict(dict(state), strict=True)
        return network

    def blind(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> Tensor:
        """Whether the network of a seed is blind to the observation in one direction: (S,) bool.

        The first of several outputs of each autoregressive transform never sees the context. A
        parameter that is first in every transform is therefore transformed without regard to the
        observation. The permutation after the last transform only reorders the base distribution.
        """
        orders = permutations(state)
        if orders.shape[2] == 1:
            return torch.zeros(len(orders), dtype=torch.bool)
        return (orders[:, :-1, 0] == 0).all(dim=1)

    def never_blind(self, settings: EstimatorSettings, parameters: int) -> EstimatorSettings:
        """The same size with reversed permutations.

        Raises ConfigurationError for one transform of several parameters, which is always blind.
        """
        if settings.transforms < 2 and parameters > 1:
            raise ConfigurationError(
                "transforms: expected at least 2 of a maf that is not blind, found "
                f"{settings.transforms}"
            )
        return replace(settings, permutations="reverse")

    def history(
        self, settings: EstimatorSettings, state: Mapping[str, Tensor]
    ) -> list[dict[str, Any]]:
        """Permutations after each transform, for every seed."""
        return [{"permutations": order} for order in permutations(state).tolist()]


def _build(settings: EstimatorSettings, theta: Tensor, x: Tensor) -> Any:
    """Build sbi's network for parameters (N, D) and observations (N, F)."""
    from sbi.neural_nets import posterior_nn

    builder = posterior_nn(
        "maf",
        hidden_features=settings.hidden,
        num_transforms=settings.transforms,
        num_blocks=settings.blocks,
    )
    network = builder(theta, x)
    if settings.permutations == "reverse":
        for name, buffer in network.named_buffers():
            if name.endswith("_permutation"):
                buffer.copy_(torch.arange(len(buffer)).flip(0))
    return network


FAMILY = Maf()
