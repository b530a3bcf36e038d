"""Are ranks uniform? Their cumulative shares at given levels, and bands for uniform ranks.

A rank is the number, 0 to K, of K samples below a value. If the value is drawn as the samples are,
ranks are uniform on these K + 1 numbers. Rank r stands for the position (r + 1/2) / (K + 1).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SIMULATIONS = 10_000  # of uniform ranks, that the band is calibrated with
SEED = 0  # of the simulations: the band is a table of numbers and the same in every study


def cumulative(ranks: np.ndarray, samples: int, levels: np.ndarray) -> np.ndarray:
    """Share (L,) of ranks (N,) among ``samples`` whose position is at most each level (L,)."""
    position = (np.asarray(ranks)[:, None] + 0.5) / (samples + 1)
    return (position <= levels).mean(axis=0)


def expected(samples: int, levels: np.ndarray) -> np.ndarray:
    """The same shares (L,) of ranks that are exactly uniform."""
    return cumulative(np.arange(samples + 1), samples, levels)


def band(
    tests: int, samples: int, levels: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Limits (L,) that the shares of ``tests`` uniform ranks keep to, at all levels at once.

    Levels increase. Each has the central interval of the binomial distribution of its count; the
    intervals are widened alike until a fraction ``confidence`` of simulated sets of ranks stays
    within all of them (Säilynoja, Bürkner and Vehtari, 2022, "Graphical test for discrete
    uniformity and its applications in goodness-of-fit evaluation and multiple sample comparison").
    """
    return _band(tests, samples, tuple(levels), confidence)


@lru_cache(maxsize=32)
def _band(
    tests: int, samples: int, levels: tuple[float, ...], confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    from scipy.stats import binom

    share = expected(samples, np.array(levels))
    steps = np.diff(share, prepend=0.0, append=1.0)
    simulated = np.random.default_rng(SEED).multinomial(tests, steps, SIMULATIONS)
    cumulated = simulated[:, :-1].cumsum(axis=1)
    counts = np.arange(tests + 1)[:, None]
    tail = np.minimum(binom.cdf(counts, tests, share), binom.sf(counts - 1, tests, share))
    least = tail[cumulated, np.arange(len(share))].min(axis=1)
    inside = tail >= np.quantile(least, 1 - confidence, method="lower")
    return inside.argmax(axis=0) / tests, 1 - inside[::-1].argmax(axis=0) / tests
