"""What a posterior says of each parameter and of pairs, in words and numbers.

Shapes: N samples, D parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analog_sbi.prior import Box, Prior

# ASSUME the limits of these words, chosen to match how such widths are usually spoken of.
DETERMINED, HARDLY = 0.25, 0.8  # width of the central 90 % as a share of the prior's
TIED = 0.6  # correlation of parameters of which only a combination is known
EDGE = 0.02  # quantile of the prior, beyond which a share of samples lies that is told
CROWDED = 0.2


@dataclass(frozen=True)
class Width:
    """Median and central 90 % of a parameter, and their width as a share of the prior's."""

    name: str
    unit: str
    low: float
    high: float
    median: float
    lower: float
    upper: float
    share: float


def widths(samples: np.ndarray, prior: Prior) -> list[Width]:
    """Width of every parameter of samples (N, D)."""
    space = prior.space
    lower, median, upper = np.quantile(samples, [0.05, 0.5, 0.95], axis=0)
    low, high = prior.scale(np.array([[0.05] * len(space), [0.95] * len(space)]))
    columns = (*prior.window, median, lower, upper, (upper - lower) / (high - low))
    return [
        Width(name, unit, *(float(column[i]) for column in columns))
        for i, (name, unit) in enumerate(zip(space.names, space.units, strict=True))
    ]


def sentences(samples: np.ndarray, prior: Prior) -> list[str]:
    """What may be concluded from samples (N, D), and what not."""
    told = widths(samples, prior)
    lines = []
    for words, end, chosen in (
        ("determines", "", [w for w in told if w.share <= DETERMINED]),
        ("narrows down", "", [w for w in told if DETERMINED < w.share < HARDLY]),
        ("hardly determines", "; of their values it says little", _hardly(told)),
    ):
        if chosen:
            each = ", ".join(
                f"{w.name} ({100 * min(w.share, 1):.0f} % of the prior)" for w in chosen
            )
            lines.append(f"The observation {words}: {each}{end}.")
    lines += [
        f"Of {a} and {b} a combination is known better than each alone (correlation {r:+.2f})."
        for a, b, r in tied(samples, prior.space.names)
    ]
    crowded = at_edge(samples, prior)
    if crowded:
        where = "bounds" if isinstance(prior, Box) else "ends"
        lines.append(
            f"Samples crowd at the prior's {where} of {', '.join(crowded)}: the parameters may lie "
            "beyond; a wider prior would tell."
        )
    return lines


def tied(samples: np.ndarray, names: Sequence[str]) -> list[tuple[str, str, float]]:
    """Pairs of parameters with a correlation beyond TIED, the strongest first."""
    if samples.shape[1] < 2:
        return []
    matrix = np.corrcoef(samples.T)
    pairs = [
        (names[i], names[j], float(matrix[i, j]))
        for i, j in combinations(range(len(names)), 2)
        if abs(matrix[i, j]) > TIED
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))


def at_edge(samples: np.ndarray, prior: Prior) -> list[str]:
    """Parameters of which more than CROWDED of the samples (N, D) lie in a tail of the prior."""
    unit = prior.position(samples)
    shares = np.maximum((unit < EDGE).mean(axis=0), (unit > 1 - EDGE).mean(axis=0))
    return [name for name, share in zip(prior.space.names, shares, strict=True) if share > CROWDED]


def _hardly(told: Sequence[Width]) -> list[Width]:
    return [width for width in told if width.share >= HARDLY]
