"""The flows of all seeds at once, in batched matrix products on sbi's weights.

The same function as sbi's estimator computes seed by seed: masked autoregressive transforms
(Papamakarios et al., 2017) with affine elementwise maps, softplus scales and tanh units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import softplus

from analog_sbi.inference.estimator import PREFIX, permutations, trainable

EPSILON = 1e-3  # smallest scale of an affine map (nflows)


class StackedFlow:
    """Log density and inverse of S flows.

    ``state`` holds sbi's tensors with the seeds as leading axis. Weights may be given anew at
    each call as a flat tensor (S, P), for training.
    """

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights and buffers of a stacked state."""
        self.names = trainable(state)
        self.shapes = [state[name].shape[1:] for name in self.names]
        self.sizes = [math.prod(shape) for shape in self.shapes]
        self.shift = state[f"{PREFIX}.0._shift"][:, None]
        self.scale = state[f"{PREFIX}.0._scale"][:, None]
        self.mean = state["net._embedding_net.0._mean"][:, None]
        self.std = state["net._embedding_net.0._std"][:, None]
        orders = permutations(state)
        self.transforms, self.features = orders.shape[1:]
        self.blocks = sum(f"{PREFIX}.1.autoregressive_net.blocks" in n for n in self.names) // 2
        # z[permutation] as a product with a matrix of zeros and ones
        identity = torch.eye(self.features)
        self.orders = [identity[orders[:, t]].mT for t in range(self.transforms)]
        self.masks = {
            name: state[name.replace(".weight", ".mask")][0].mT.contiguous()
            for name in self.names
            if name.replace(".weight", ".mask") in state and name.endswith(".weight")
        }
        self.weights = torch.cat([state[name].flatten(1) for name in self.names], dim=1)

    def select(self, index: Tensor) -> None:
        """Keep only the seeds at ``index``."""
        for name in ("shift", "scale", "mean", "std", "weights"):
            setattr(self, name, getattr(self, name)[index])
        self.orders = [order[index] for order in self.orders]

    def unpack(self, flat: Tensor) -> dict[str, Tensor]:
        """View flat weights (S, P) by name: masked matrices (S, in, out), biases (S, 1, out)."""
        parts = {}
        for name, shape, part in zip(
            self.names, self.shapes, flat.split(self.sizes, dim=1), strict=True
        ):
            tensor = part.view(-1, *shape)
            if name.endswith(".weight"):
                matrix = tensor.mT
                parts[name] = matrix * self.masks[name] if name in self.masks else matrix
            else:
                parts[name] = tensor[:, None]
        return parts

    def log_prob(self, theta: Tensor, x: Tensor, flat: Tensor | None = None) -> Tensor:
        """Log densities (S, B, A) of parameters (S, B, A, D) given observations (S, B, F)."""
        seeds, items, atoms, features = theta.shape
        weights = self.unpack(self.weights if flat is None else flat)
        context = (x - self.mean) / self.std
        z = theta.reshape(seeds, items * atoms, features) * self.scale + self.shift
        log_scale = self.scale.log().sum(dim=-1)  # (S, 1)
        log_det = log_scale.expand(seeds, items * atoms)
        for t in range(self.transforms):
            scale, shift = self._affine(t, z, context, atoms, weights)
            z = torch.bmm(scale * z + shift, self.orders[t])
            log_det = log_det + scale.log().sum(dim=-1)
        base = -0.5 * (z * z).sum(dim=-1) - 0.5 * features * math.log(2 * math.pi)
        return (base + log_det).view(seeds, items, atoms)

    @torch.no_grad()
    def inverse(self, z: Tensor, x: Tensor) -> Tensor:
        """Parameters (S, B, A, D) at positions z of the base distribution given x (S, B, F)."""
        seeds, items, atoms, features = z.shape
        weights = self.unpack(self.weights)
        context = (x - self.mean) / self.std
        z = z.reshape(seeds, items * atoms, features)
        for t in reversed(range(self.transforms)):
            target = torch.bmm(z, self.orders[t].mT)
            z = torch.zeros_like(target)
            for _ in range(features):  # one more parameter is right after each turn
                scale, shift = self._affine(t, z, context, atoms, weights)
                z = (target - shift) / scale
        return ((z - self.shift) / self.scale).view(seeds, items, atoms, features)

    def _affine(
        self, t: int, z: Tensor, context: Tensor, atoms: int, weights: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Scale and shift (S, B A, D) of transform t. The context is shared by its atoms."""
        name = f"{PREFIX}.{2 * t + 1}.autoregressive_net"

        def linear(values: Tensor, layer: str) -> Tensor:
            return torch.baddbmm(
                weights[f"{name}.{layer}.bias"], values, weights[f"{name}.{layer}.weight"]
            )

        seen = torch.tanh(linear(context, "context_layer"))
        hidden = linear(z, "initial_layer")
        seeds, rows, units = hidden.shape
        hidden = hidden.view(seeds, rows // atoms, atoms, units) + seen[:, :, None]
        hidden = torch.tanh(hidden).view(seeds, rows, units)
        for block in range(self.blocks):
            hidden = torch.tanh(linear(hidden, f"blocks.{block}.linear"))
        output = linear(hidden, "final_layer").view(seeds, rows, self.features, 2)
        return softplus(output[..., 0]) + EPSILON, output[..., 1]
