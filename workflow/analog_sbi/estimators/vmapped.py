"""The flows of all seeds at once, of any family of sbi or zuko that ``torch.func`` can stack.

One network of sbi's is called with the weights of each seed in turn, which ``torch.func.vmap``
turns into batched operations. Whatever differs between seeds must be a tensor of the state, and
the flow may not branch on values: see ``families.nsf`` for one that did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators.embeddings import learn_beforehand
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State

LARGEST_CALL = 100_000  # parameter sets of all seeds that are evaluated at once
PROBES = 64  # places at which blindness is measured


@dataclass(frozen=True)
class Library:
    """How networks that sbi builds from a library's flows are called, for one seed.

    ``log_prob`` gives log densities (B, A) of parameters (B, A, D) given observations (B, F),
    ``inverse`` parameters at positions (B, A, D) in the base. ``theta`` and ``x`` name tensors of
    the state as long as parameters and observations.
    """

    log_prob: Callable[[Any, Tensor, Tensor], Tensor]
    inverse: Callable[[Any, Tensor, Tensor], Tensor]
    theta: str
    x: str


def _zuko_log_prob(network: Any, theta: Tensor, x: Tensor) -> Tensor:
    log_prob: Tensor = network.net(network.embedding_net(x)[:, None]).log_prob(theta)
    return log_prob


def _zuko_inverse(network: Any, noise: Tensor, x: Tensor) -> Tensor:
    theta: Tensor = network.net(network.embedding_net(x)[:, None]).transform.inv(noise)
    return theta


def _rows(network: Any, values: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Values (B A, D) and the embedded observation of each, for transforms that take rows."""
    embedded = network.net._embedding_net(x)
    seen = embedded[:, None].expand(*values.shape[:2], embedded.shape[1])
    return values.flatten(0, 1), seen.flatten(0, 1)


def _nflows_log_prob(network: Any, theta: Tensor, x: Tensor) -> Tensor:
    rows, seen = _rows(network, theta, x)
    noise, log_det = network.net._transform(rows, context=seen)
    log_prob: Tensor = network.net._distribution.log_prob(noise) + log_det
    return log_prob.view(theta.shape[:2])


def _nflows_inverse(network: Any, noise: Tensor, x: Tensor) -> Tensor:
    rows, seen = _rows(network, noise, x)
    theta: Tensor = network.net._transform.inverse(rows, context=seen)[0]
    return theta.view(noise.shape)


ZUKO = Library(
    _zuko_log_prob, _zuko_inverse, "net.transform.transforms.0.loc", "_embedding_net.0._mean"
)
NFLOWS = Library(
    _nflows_log_prob,
    _nflows_inverse,
    "net._transform._transforms.0._shift",
    "net._embedding_net.0._mean",
)


class _Call(nn.Module):
    """Lets ``functional_call`` call any function of a network."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, function: Callable[..., Tensor], *values: Tensor) -> Tensor:
        return function(self.network, *values)


class VmappedFlow:
    """Log density and inverse of S flows whose trained weights are one tensor (S, P).

    ``network`` is any of the family and size, ``state`` that of all seeds.
    """

    def __init__(self, network: Any, library: Library, state: Mapping[str, Tensor]) -> None:
        """Take the weights and buffers of a stacked state."""
        self.library = library
        self._call = _Call(network.eval().requires_grad_(False))
        self._names = [name for name, _ in network.named_parameters()]
        self._shapes = [state[name].shape[1:] for name in self._names]
        self.weights = _flat(state, self._names)
        # what all seeds have alike, such as masks and indices, costs less if it is not stacked
        buffers = {name: value for name, value in state.items() if name not in self._names}
        self._shared = {name: value[0] for name, value in buffers.items() if _alike(value)}
        self._buffers = {name: v for name, v in buffers.items() if name not in self._shared}

    def select(self, seeds: Tensor) -> VmappedFlow:
        """Flow of the seeds at the given positions only."""
        selected = copy(self)
        selected.weights = self.weights[seeds]
        selected._buffers = {name: value[seeds] for name, value in self._buffers.items()}
        return selected

    def trained(self, state: Mapping[str, Tensor], weights: Tensor) -> State:
        """Copy of the state that the flow was made from, with weights (S, P) for its own."""
        new = {name: part.clone() for name, part in self._parts(weights).items()}
        return {name: new.get(name, value).clone() for name, value in state.items()}

    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (S, B, A) of parameters (S, B, A, D) given observations (S, B, F)."""
        return self._of_each(self.library.log_prob, self.weights, theta, x)

    def log_density(self, theta: Tensor, x: Tensor, weights: Tensor) -> Tensor:
        """Log densities (S, A, B) of parameters (S, D, A, B) given observations (S, F, B)."""
        found = self._of_each(self.library.log_prob, weights, theta.permute(0, 3, 2, 1), x.mT)
        return found.mT

    def inverse(self, noise: Tensor, x: Tensor) -> Tensor:
        """Parameters (S, B, A, D) at positions of the base distribution given x (S, B, F)."""
        with torch.no_grad():
            return self.moving(noise, x)

    def moving(self, noise: Tensor, x: Tensor) -> Tensor:
        """The same with gradients."""
        return self._of_each(self.library.inverse, self.weights, noise, x)

    def _parts(self, weights: Tensor) -> State:
        """Weights (..., P) by name in their shapes."""
        parts = weights.split([shape.numel() for shape in self._shapes], dim=-1)
        return {
            name: part.view(*weights.shape[:-1], *shape)
            for name, part, shape in zip(self._names, parts, self._shapes, strict=True)
        }

    def _of_each(
        self, function: Callable[..., Tensor], weights: Tensor, values: Tensor, x: Tensor
    ) -> Tensor:
        """Call a function of the library with values (S, B, A, D) and x (S, B, F) of each seed."""

        def call(weights: Tensor, buffers: State, values: Tensor, x: Tensor) -> Tensor:
            state = self._parts(weights) | buffers | self._shared
            of_network = {f"network.{name}": value for name, value in state.items()}
            found: Tensor = functional_call(self._call, of_network, (function, values, x))
            return found

        seeds_at_once = max(1, LARGEST_CALL // max(1, values.shape[1] * values.shape[2]))
        found: Tensor = vmap(call, chunk_size=seeds_at_once)(weights, self._buffers, values, x)
        return found


@dataclass(frozen=True)
class VmappedFamily:
    """A family of sbi's networks (see ``protocol.Family``).

    ``build_network`` makes one of sbi's estimators for parameters (N, D) and observations (N, F),
    ``stackable`` changes what ``vmap`` cannot do, or does slowly, in a network that is not handed
    out. Networks of fewer than ``seeing`` transforms of several parameters are blind in one
    direction.
    """

    build_network: Callable[[EstimatorSettings, Tensor, Tensor], Any]
    library: Library
    options: frozenset[str] = frozenset()
    stackable: Callable[[Any], Any] = lambda network: network
    seeing: int = 1

    def build(self, settings: EstimatorSettings, theta: Tensor, x: Tensor) -> State:
        """State of one new network for parameters (N, D) and observations (N, F)."""
        network = self.build_network(settings, theta, x)
        state = network.state_dict()
        mean = state[self.library.x]
        learn_beforehand(network, (x - mean) / state[self.library.x.replace("_mean", "_std")])
        return dict(network.state_dict())

    def shapes(
        self, settings: EstimatorSettings, parameters: int, features: int
    ) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the state of one network."""
        state = self._any(settings, parameters, features).state_dict()
        return {name: tuple(value.shape) for name, value in state.items()}

    def flow(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> VmappedFlow:
        """Flow of the networks of all seeds."""
        network = self._any(
            settings, state[self.library.theta].shape[1], state[self.library.x].shape[1]
        )
        return VmappedFlow(self.stackable(network), self.library, state)

    def network(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> Any:
        """Rebuild sbi's estimator of one seed; torch's global state is kept."""
        network = self._any(settings, len(state[self.library.theta]), len(state[self.library.x]))
        network.load_state_dict(dict(state), strict=True)
        return network

    def blind(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> Tensor:
        """Whether the network of a seed is blind to the observation in one direction: (S,) bool.

        Measured by gradients d theta / d x at fixed positions in the base: a network is blind if
        a parameter's samples do not move with the observation, wherever they are.
        """
        flow = self.flow(settings, state)
        seeds, parameters = state[self.library.theta].shape
        features = state[self.library.x].shape[1]
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(PROBES, 1, parameters, generator=generator)
        spread = torch.randn(PROBES, features, generator=generator)
        mean = state[self.library.x][:, None]
        scale = state[self.library.x.replace("_mean", "_std")][:, None]
        x = (mean + scale * spread).requires_grad_(True)
        theta = flow.moving(noise.expand(seeds, *noise.shape), x)
        moves = []
        for value in theta.unbind(dim=-1):
            (gradient,) = torch.autograd.grad(value.sum(), x, retain_graph=True)
            moves.append((gradient != 0).flatten(1).any(dim=1))
        return ~torch.stack(moves).all(dim=0)

    def never_blind(self, settings: EstimatorSettings, parameters: int) -> EstimatorSettings:
        """The same settings; raises ConfigurationError if networks of the size are blind."""
        if settings.transforms < self.seeing and parameters > 1:
            raise ConfigurationError(
                f"transforms: expected at least {self.seeing} of a {settings.family} that is not "
                f"blind, found {settings.transforms}"
            )
        return settings

    def history(
        self, settings: EstimatorSettings, state: Mapping[str, Tensor]
    ) -> list[dict[str, Any]]:
        """No further facts, for every seed."""
        return [{} for _ in range(len(state[self.library.theta]))]

    def _any(self, settings: EstimatorSettings, parameters: int, features: int) -> Any:
        """Any network of the size; torch's global state is kept."""
        with torch.random.fork_rng(devices=[]):
            return self.build_network(settings, torch.rand(4, parameters), torch.rand(4, features))


def _flat(state: Mapping[str, Tensor], names: list[str]) -> Tensor:
    """Weights (S, P) of a stacked state."""
    return torch.cat([state[name].flatten(1) for name in names], dim=1)


def _alike(value: Tensor) -> bool:
    """Whether a buffer (S, ...) is of the architecture and the same for all seeds."""
    return not value.is_floating_point() and torch.equal(value, value[:1].expand_as(value))
