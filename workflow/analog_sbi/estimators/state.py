"""States of networks: plain tensors by name, with the seeds as leading axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

State = dict[str, Tensor]


def stack(states: Sequence[Mapping[str, Tensor]]) -> State:
    """Stack the states of networks of equal size along a new leading axis."""
    return {name: torch.stack([state[name] for state in states]) for name in states[0]}


def seed_state(state: Mapping[str, Tensor], index: int) -> State:
    """State of the network of one seed."""
    return {name: tensor[index].clone() for name, tensor in state.items()}


def select(state: Mapping[str, Tensor], indices: Sequence[int]) -> State:
    """State of the networks of some seeds."""
    return {name: tensor[list(indices)] for name, tensor in state.items()}
