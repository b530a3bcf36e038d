"""The density estimator: sbi's masked autoregressive flow, built by sbi, kept as plain tensors.

A state is a dictionary of tensors with the names of sbi's ``state_dict`` and the seeds as
leading axis. sbi itself is imported only where networks are built or handed to users.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from analog_sbi.errors import ConfigurationError

State = dict[str, Tensor]

PERMUTATIONS = ("random", "reverse")
PREFIX = "net._transform._transforms"


@dataclass(frozen=True)
class EstimatorSettings:
    """Size of a masked autoregressive flow (paper, section 4.3.2).

    ``transforms`` autoregressive transforms of ``blocks`` blocks of ``hidden`` units, and the
    permutations of the parameters between them: ``random`` as sbi draws them, or ``reverse``.
    """

    transforms: int
    hidden: int
    blocks: int = 2
    permutations: str = "random"

    def __post_init__(self) -> None:
        """Raise ConfigurationError for settings that no network has."""
        if self.permutations not in PERMUTATIONS:
            raise ConfigurationError(
                f"permutations: expected {' or '.join(PERMUTATIONS)}, found {self.permutations!r}"
            )
        for name in ("transforms", "hidden", "blocks"):
            if getattr(self, name) < 1:
                raise ConfigurationError(
                    f"{name}: expected at least 1, found {getattr(self, name)}"
                )


def build_network(settings: EstimatorSettings, theta: Tensor, x: Tensor) -> Any:
    """Build sbi's ``maf`` for parameters (N, D) and observations (N, F), with torch's global state.

    Both are standardized with their mean and standard deviation, as sbi does.
    """
    from sbi.neural_nets import posterior_nn

    builder = posterior_nn(
        "maf",
        hidden_features=settings.hidden,
        num_transforms=settings.transforms,
        num_blocks=settings.blocks,
    )
    return permuted(builder(theta, x), settings)


def permuted(network: Any, settings: EstimatorSettings) -> Any:
    """Give a network of sbi's the permutations of the settings: its own random ones or reversed."""
    if settings.permutations == "reverse":
        for name, buffer in network.named_buffers():
            if name.endswith("_permutation"):
                buffer.copy_(torch.arange(len(buffer)).flip(0))
    return network


def restore_network(settings: EstimatorSettings, state: Mapping[str, Tensor]) -> Any:
    """Rebuild sbi's estimator of one seed from its state; torch's global state is kept."""
    features = state[f"{PREFIX}.0._shift"].shape[0]
    context = state["net._embedding_net.0._mean"].shape[0]
    with torch.random.fork_rng():
        network = build_network(settings, torch.rand(4, features), torch.rand(4, context))
    network.load_state_dict(dict(state), strict=True)
    return network


def stack(networks: Sequence[Any]) -> State:
    """Stack the states of networks of equal size along a new leading axis."""
    states = [network.state_dict() for network in networks]
    return {name: torch.stack([state[name] for state in states]) for name in states[0]}


def seed_state(state: Mapping[str, Tensor], index: int) -> State:
    """State of one seed, in sbi's shapes."""
    return {name: tensor[index].clone() for name, tensor in state.items()}


def state_shapes(
    settings: EstimatorSettings, parameters: int, features: int
) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the state of one network of sbi 0.27, without building one."""
    hidden, embedding = settings.hidden, "net._embedding_net.0"
    shapes = {f"{PREFIX}.0._shift": (parameters,), f"{PREFIX}.0._scale": (parameters,)}
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


def trainable(state: Mapping[str, Tensor]) -> list[str]:
    """Names of the weights that are trained, in sbi's order; the rest are buffers."""
    return [name for name in state if name.endswith((".weight", ".bias"))]


def parameter_count(state: Mapping[str, Tensor]) -> int:
    """Weights of one network, masked ones included, as sbi and the paper count them."""
    return sum(state[name][0].numel() for name in trainable(state))


def permutations(state: Mapping[str, Tensor]) -> Tensor:
    """Permutation after each transform, for every seed: (S, transforms, D)."""
    found = [tensor for name, tensor in state.items() if name.endswith("_permutation")]
    return torch.stack(found, dim=1)


def blind(state: Mapping[str, Tensor]) -> Tensor:
    """Whether the network of a seed is blind to the observation in one direction: (S,) bool.

    The first output of each autoregressive transform never sees the context. A parameter that
    is first in every transform is therefore transformed without regard to the observation. The
    permutation after the last transform only reorders the base distribution.
    """
    between = permutations(state)[:, :-1, 0]
    return (between == 0).all(dim=1)
