"""Where spikes go: inputs from sources at given times, synapses from neurons, and their limits.

Shapes: M inputs, S synapses of the chip between neurons. Times in us of the whole experiment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analog_sbi.chip.fixed_pattern import CIRCUITS
from analog_sbi.chip.pynn.mismatch import ROWS

SPIKE_CYCLE_US = 0.008  # spikes are sent at cycles of 125 MHz; their times are truncated
LARGEST_WEIGHT = 63  # of a synapse, 6 bit; larger weights take several synapses
RECEPTORS = ("excitatory", "inhibitory")
EXCITATORY, INHIBITORY = range(2)


def _none() -> np.ndarray:
    return np.empty(0, dtype=int)


@dataclass(frozen=True)
class Events:
    """Inputs in the order of time: ``times``, ``circuits``, ``weights`` (not negative), each (M,).

    ``receptors`` (M,) are numbers of RECEPTORS; without them all are excitatory.
    """

    times: np.ndarray
    circuits: np.ndarray
    weights: np.ndarray
    receptors: np.ndarray | None = None

    def of_receptor(self, receptor: int) -> np.ndarray:
        """Tell for each input whether it reaches this receptor (M,)."""
        if self.receptors is None:
            return np.full(len(self.times), receptor == EXCITATORY)
        return self.receptors == receptor

    def within(self, begin: float, end: float) -> Events:
        """Inputs in [begin, end)."""
        kept = (self.times >= begin) & (self.times < end)
        receptors = None if self.receptors is None else self.receptors[kept]
        return Events(self.times[kept], self.circuits[kept], self.weights[kept], receptors)


@dataclass(frozen=True)
class Synapses:
    """Synapses that the spikes of neurons reach: circuits, weights and receptors, each (S,)."""

    sources: np.ndarray = field(default_factory=_none)
    targets: np.ndarray = field(default_factory=_none)
    weights: np.ndarray = field(default_factory=lambda: np.empty(0))
    receptors: np.ndarray = field(default_factory=_none)

    def of(self, source: int) -> list[tuple[int, np.ndarray, np.ndarray]]:
        """Receptor, targets and weights of what a circuit reaches; equal targets are summed."""
        found = []
        mine = self.sources == source
        for receptor in range(len(RECEPTORS)):
            chosen = mine & (self.receptors == receptor)
            if chosen.any():
                targets, place = np.unique(self.targets[chosen], return_inverse=True)
                weights = np.bincount(place, weights=self.weights[chosen])
                found.append((receptor, targets, weights))
        return found


def route(
    projections: Sequence[Any], deviations: np.ndarray | None = None, spread: float = 0.0
) -> tuple[Events, Synapses]:
    """Inputs and synapses of projections, in the order of their creation.

    A connection takes the next free synapses of its target's column, as many as its weight
    needs. Their strengths are 1 + ``spread`` times ``deviations`` (512, 256).
    Raises RuntimeError if a column has no synapse left.
    """
    entries = [(p.from_neurons, entry) for p in projections for entry in p.inputs()]
    _check_columns([entry for _, entry in entries])
    if spread and deviations is not None:
        weights = _strengths([entry for _, entry in entries], deviations, spread)
        entries = [
            (inner, (source, circuit, weight, receptor))
            for (inner, (source, circuit, _, receptor)), weight in zip(
                entries, weights, strict=True
            )
        ]
    return (
        _events([entry for inner, entry in entries if not inner]),
        _synapses([entry for inner, entry in entries if inner]),
    )


def _events(inputs: list) -> Events:
    counts = [len(entry[0]) for entry in inputs]
    times = np.concatenate([np.empty(0), *(np.asarray(entry[0], dtype=float) for entry in inputs)])
    cycles = np.trunc(times * 1e3 / SPIKE_CYCLE_US)
    order = np.argsort(cycles, kind="stable")
    return Events(
        times=cycles[order] * SPIKE_CYCLE_US,
        circuits=np.repeat([entry[1] for entry in inputs], counts).astype(int)[order],
        weights=np.abs(np.repeat([entry[2] for entry in inputs], counts).astype(float)[order]),
        receptors=np.repeat([entry[3] for entry in inputs], counts).astype(int)[order],
    )


def _synapses(inputs: list) -> Synapses:
    sources, targets, weights, receptors = np.array(inputs, dtype=float).reshape(-1, 4).T
    return Synapses(
        sources.astype(int), targets.astype(int), np.abs(weights), receptors.astype(int)
    )


def rows_of(weight: float) -> int:
    """Count the synapses that a weight takes."""
    return max(1, int(np.ceil(abs(weight) / LARGEST_WEIGHT)))


def _rows(weights: np.ndarray) -> np.ndarray:
    return np.maximum(np.ceil(np.abs(weights) / LARGEST_WEIGHT), 1).astype(int)


def _check_columns(entries: list) -> None:
    if not entries:
        return
    circuits = np.array([entry[1] for entry in entries])
    rows = _rows(np.array([entry[2] for entry in entries], dtype=float))
    taken = np.bincount(circuits, weights=rows, minlength=CIRCUITS)
    if taken.max() > ROWS:
        raise RuntimeError(
            f"routing failed: the neuron on circuit {taken.argmax()} needs {taken.max():.0f} "
            f"synapses, a column has {ROWS}"
        )


def _strengths(entries: list, deviations: np.ndarray, spread: float) -> list[float]:
    """Weights as the synapses' strengths make them."""
    free = np.zeros(CIRCUITS, dtype=int)
    found = []
    for _, circuit, weight, _ in entries:
        weight, total = abs(float(weight)), 0.0
        for _ in range(rows_of(weight)):
            part = min(weight, LARGEST_WEIGHT)
            total += part * max(0.0, 1 + spread * deviations[circuit, free[circuit]])
            weight -= part
            free[circuit] += 1
        found.append(total)
    return found
