"""The flows of all seeds at once, in batched matrix products on sbi's weights.

The same function as sbi's estimator computes seed by seed: masked autoregressive transforms
(Papamakarios et al., 2017) with affine elementwise maps, softplus scales and tanh units, in
sbi 0.27 made of nflows' modules.

Values are kept as (S, units, items): long contiguous rows make the small products and the
elementwise functions several times faster than (S, items, units). The parameters stay in the
order of theta throughout. Instead of permuting values between transforms, each transform's
weights are put in that order once, which leaves the density as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy

import torch
from torch import Tensor
from torch.nn.functional import softplus

from analog_sbi.estimators.state import State

PREFIX = "net._transform._transforms"
EPSILON = 1e-3  # smallest scale of an affine map (nflows)
KINDS = ("weight", "bias")


class StackedFlow:
    """Log density and inverse of S flows of T transforms, whose weights are one tensor (S, P).

    ``weights`` are those of the state, masked ones included, in the order in which they are used;
    other weights in the same order may be given to ``log_prob``, for training, and ``trained``
    turns them into a state.
    """

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights and buffers of a stacked state."""
        orders = permutations(state)
        self.transforms, self.features = orders.shape[1:]
        layers = [f"{PREFIX}.{2 * t + 1}.autoregressive_net" for t in range(self.transforms)]
        self.hidden = state[f"{layers[0]}.initial_layer.bias"].shape[1]
        self.blocks = sum(name.startswith(f"{layers[0]}.blocks.") for name in trainable(state)) // 2
        self.index, self.orders = _arrangement(state, layers, orders)
        inputs = state[f"{layers[0]}.initial_layer.mask"][0].sum(dim=1)  # that each unit sees
        self.units = inputs.argsort(stable=True).tolist()
        self.ready = [int((inputs <= known).sum()) for known in range(self.features)]
        self.weights = _flat(state).gather(1, self.index)
        self.mask = _flat(_masks(state)).gather(1, self.index)
        self.shift = state[f"{PREFIX}.0._shift"][:, :, None]
        self.scale = state[f"{PREFIX}.0._scale"][:, :, None]
        self.mean = state["net._embedding_net.0._mean"][:, :, None]
        self.std = state["net._embedding_net.0._std"][:, :, None]

    def select(self, seeds: Tensor) -> StackedFlow:
        """Flow of the seeds at the given positions only."""
        selected = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(selected, name, value[seeds])
        return selected

    def trained(self, state: Mapping[str, Tensor], weights: Tensor) -> State:
        """Copy of the state that the flow was made from, with weights (S, P) for its own."""
        flat = torch.empty_like(weights).scatter_(1, self.index, weights)
        names = trainable(state)
        parts = flat.split([state[name][0].numel() for name in names], dim=1)
        new = {name: part.view_as(state[name]) for name, part in zip(names, parts, strict=True)}
        return {name: tensor.clone() for name, tensor in (dict(state) | new).items()}

    def log_prob(self, theta: Tensor, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """Log densities (S, B, A) of parameters (S, B, A, D) given observations (S, B, F)."""
        weights = self.weights if weights is None else weights
        density = self.log_density(theta.permute(0, 3, 2, 1), x.mT, weights)
        return density.mT

    def log_density(self, theta: Tensor, x: Tensor, weights: Tensor) -> Tensor:
        """Log densities (S, A, B) of parameters (S, D, A, B) given observations (S, F, B)."""
        seeds, features, atoms, items = theta.shape
        layers = self._layers(weights)
        seen = self._seen(layers, x)
        z = theta.reshape(seeds, features, atoms * items) * self.scale + self.shift
        scales = []
        for t in range(self.transforms):
            scale, shift = self._affine(layers, t, z, seen[:, t])
            z = torch.addcmul(shift, scale, z)
            scales.append(scale)
        log_det = torch.cat(scales, dim=1).log().sum(dim=1)
        constant = self.scale.log().sum(dim=1) - 0.5 * features * math.log(2 * math.pi)
        density = torch.add(log_det + constant, (z * z).sum(dim=1), alpha=-0.5)
        return density.view(seeds, atoms, items)

    @torch.no_grad()
    def inverse(self, noise: Tensor, x: Tensor) -> Tensor:
        """Parameters (S, B, A, D) at positions of the base distribution given x (S, B, F)."""
        seeds, items, atoms, features = noise.shape
        layers = self._layers(self.weights)
        seen = self._seen(layers, x.mT)
        rows = noise.permute(0, 3, 2, 1).reshape(seeds, features, atoms * items)
        # noise[j] belongs to the parameter that is input j after the last transform
        order = self.orders[:, -1, :, None].expand_as(rows)
        target = torch.empty_like(rows).scatter_(1, order, rows)
        for t in reversed(range(self.transforms)):
            target = self._inverted(layers, t, target, seen[:, t])
        theta = (target - self.shift) / self.scale
        return theta.view(seeds, features, atoms, items).permute(0, 3, 2, 1)

    def _layers(self, weights: Tensor) -> list[Tensor]:
        """Views of the masked weights, as ``_arrangement`` ordered them.

        A list of context weights (S, T H, F) and biases (S, T H, 1), then for each transform the
        weights (S, out, in) and biases (S, out, 1) of its layers in turn.
        """
        context = self.mean.shape[1]
        inputs = [self.features] + [self.hidden] * (self.blocks + 1)
        outputs = [self.hidden] * (self.blocks + 1) + [2 * self.features]
        shapes = [(self.transforms * self.hidden, context), (self.transforms * self.hidden, 1)]
        for _ in range(self.transforms):
            for rows, columns in zip(outputs, inputs, strict=True):
                shapes += [(rows, columns), (rows, 1)]
        masked = (weights * self.mask).split([a * b for a, b in shapes], dim=1)
        return [part.view(-1, *shape) for part, shape in zip(masked, shapes, strict=True)]

    def _seen(self, layers: Sequence[Tensor], x: Tensor) -> Tensor:
        """What each transform takes from the observations (S, F, B): (S, T, H, 1, B)."""
        seen = torch.tanh(torch.baddbmm(layers[1], layers[0], (x - self.mean) / self.std))
        return seen.view(len(x), self.transforms, self.hidden, 1, x.shape[2])

    def _affine(
        self, layers: Sequence[Tensor], t: int, z: Tensor, seen: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Scale and shift (S, D, A B) of transform t at z (S, D, A B)."""
        (weight, bias), *inner, last = self._own(layers, t)
        seeds, features, rows = z.shape
        items = seen.shape[-1]
        hidden = torch.baddbmm(bias, weight, z)
        hidden = hidden.view(seeds, self.hidden, rows // items, items) + seen
        hidden = torch.tanh(hidden).view(seeds, self.hidden, rows)
        for weight, bias in inner:
            hidden = torch.tanh(torch.baddbmm(bias, weight, hidden))
        output = torch.baddbmm(last[1], last[0], hidden)
        return softplus(output[:, :features]) + EPSILON, output[:, features:]

    def _inverted(self, layers: Sequence[Tensor], t: int, target: Tensor, seen: Tensor) -> Tensor:
        """Values (S, D, A B) that transform t takes to the target (S, D, A B).

        One input after the other is found, and each hidden unit computed once: as soon as the
        inputs that it sees are known.
        """
        first, *inner, last = self._own(layers, t)
        units, order = self.units, self.orders[:, t]
        seeds, features, rows = target.shape
        w_first, b_first = (part[:, units] for part in first)
        seen = seen[:, units]
        inner = [(w[:, units][:, :, units], b[:, units]) for w, b in inner]
        # scale and shift of each input
        both = torch.stack([order, order + features], dim=2).flatten(1)
        weight, bias = (part.take_along_dim(both[:, :, None], dim=1) for part in last)
        weight = weight[:, :, units].view(seeds, features, 2, -1)
        bias = bias.view(seeds, features, 2, 1)

        hidden = [target.new_empty(seeds, self.hidden, rows) for _ in range(1 + len(inner))]
        z, before = torch.zeros_like(target), 0
        for known, ready in enumerate(self.ready):
            new = slice(before, ready)
            if before < ready:
                sums = torch.baddbmm(b_first[:, new], w_first[:, new], z)
                sums = sums.view(seeds, -1, rows // seen.shape[-1], seen.shape[-1])
                hidden[0][:, new] = torch.tanh(sums + seen[:, new]).view(seeds, -1, rows)
                for (w, b), lower, upper in zip(inner, hidden[:-1], hidden[1:], strict=True):
                    sums = torch.baddbmm(b[:, new], w[:, new, :ready], lower[:, :ready])
                    upper[:, new] = torch.tanh(sums)
            output = torch.baddbmm(
                bias[:, known], weight[:, known, :, :ready], hidden[-1][:, :ready]
            )
            place = order[:, known, None, None].expand(-1, 1, rows)
            scale, shift = softplus(output[:, :1]) + EPSILON, output[:, 1:]
            z.scatter_(1, place, (target.gather(1, place) - shift) / scale)
            before = ready
        return z

    def _own(self, layers: Sequence[Tensor], t: int) -> list[tuple[Tensor, Tensor]]:
        """Weight and bias of each layer of transform t in turn."""
        size = 2 * (self.blocks + 2)
        own = layers[2 + t * size : 2 + (t + 1) * size]
        return list(zip(own[::2], own[1::2], strict=True))


def permutations(state: Mapping[str, Tensor]) -> Tensor:
    """Permutation after each transform, for every seed: (S, transforms, D)."""
    orders = [tensor for name, tensor in state.items() if name.endswith("_permutation")]
    return torch.stack(orders, dim=1)


def trainable(state: Mapping[str, Tensor]) -> list[str]:
    """Names of the weights that are trained, in sbi's order; the rest are buffers."""
    return [name for name in state if name.endswith((".weight", ".bias"))]


def _flat(state: Mapping[str, Tensor]) -> Tensor:
    """Weights (S, P) of a stacked state in its own order."""
    return torch.cat([state[name].flatten(1) for name in trainable(state)], dim=1)


def _masks(state: Mapping[str, Tensor]) -> State:
    """Masks of the weights by the names of the weights; ones where sbi has none."""
    found = {}
    for name in trainable(state):
        layer, _, kind = name.rpartition(".")
        ones = torch.ones_like(state[name])
        found[name] = state.get(f"{layer}.mask", ones) if kind == "weight" else ones
    return found


def _arrangement(
    state: Mapping[str, Tensor], layers: Sequence[str], orders: Tensor
) -> tuple[Tensor, Tensor]:
    """Find the weights of the layers in the state's order.

    Returns the positions (S, P) of the weights as ``StackedFlow`` takes them, and the parameters
    of theta (S, T + 1, D) at the inputs of each transform and of the base distribution. ``orders``
    are the permutations (S, T, D): after a transform, its output ``orders[j]`` becomes the next
    one's input j.
    """
    seeds, _, features = orders.shape
    names = trainable(state)
    sizes = [state[name][0].numel() for name in names]
    own = torch.arange(sum(sizes)).split(sizes)
    place = {
        name: part.view(state[name].shape[1:]).expand(state[name].shape)
        for name, part in zip(names, own, strict=True)
    }
    order = torch.arange(features).expand(seeds, features)  # parameter at each input
    at_inputs = [order]
    found = [place[f"{layer}.context_layer.{kind}"] for kind in KINDS for layer in layers]
    for t, layer in enumerate(layers):
        at = order.argsort(dim=1)  # input of each parameter
        weight = place[f"{layer}.initial_layer.weight"]
        found.append(weight.gather(2, at[:, None].expand_as(weight)))
        found.append(place[f"{layer}.initial_layer.bias"])
        found += [place[n] for n in names if n.startswith(f"{layer}.blocks.")]
        # outputs come in pairs of scale and shift
        rows = torch.cat([2 * at, 2 * at + 1], dim=1)
        weight = place[f"{layer}.final_layer.weight"]
        found.append(weight.gather(1, rows[:, :, None].expand_as(weight)))
        found.append(place[f"{layer}.final_layer.bias"].gather(1, rows))
        order = order.gather(1, orders[:, t])
        at_inputs.append(order)
    return torch.cat([part.flatten(1) for part in found], dim=1), torch.stack(at_inputs, dim=1)
