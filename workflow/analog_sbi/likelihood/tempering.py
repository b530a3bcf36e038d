"""From samples of one distribution to those of a posterior, for many posteriors at once.

Sequential Monte Carlo along the geometric path from a proposal to the posterior (Del Moral,
Doucet and Jasra, J. R. Stat. Soc. B 68, 2006). Where one step of importance weights leaves half
of the particles effective it is one step; elsewhere as many as it takes. After each step particles
are drawn by weight and moved by differential evolution (ter Braak and Vrugt, Stat. Comput. 18,
2008). All happens in the logits of the unit cube of the prior's quantiles, in which no move leaves
the prior. Shapes: R posteriors, K particles, D parameters.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, logit, logsumexp

from analog_sbi.weights import log_effective, longest_power

SHARE = 0.5  # of the particles that are effective after a step
STEPS = 100  # after which the rest of the path is one step
BISECTIONS = 30  # to find the length of a step
MOVES = 5  # of all particles after a step
JUMP, STRETCHED, EVERYWHERE = 2.38, 0.5, 0.1  # differential evolution: factor, its spread, of 1
JITTER = 1e-4  # of logits, so that particles do not stay on one line
EDGE = 1e-12  # least distance of a position from the faces of the cube

LogDensity = Callable[[np.ndarray], np.ndarray]
"""Log densities (R, K) at positions (R, K, D) in the unit cube."""


@dataclass(frozen=True)
class Tempered:
    """Positions (R, K, D) of equal weight, ``log_target`` (R, K) at them, and how it went.

    ``log_evidence`` (R,) is the log of the integral of the target, ``effective`` (R,) the effective
    share of the first particles under importance weights alone, ``acceptance`` that of moves.
    """

    position: np.ndarray
    log_target: np.ndarray
    log_evidence: np.ndarray
    effective: np.ndarray
    acceptance: float


def temper(
    position: np.ndarray,
    log_proposal: LogDensity,
    log_target: LogDensity,
    generator: np.random.Generator,
    moves: int = MOVES,
    last: int = 0,
) -> Tempered:
    """Bring samples (R, K, D) of a proposal density to a target, both over the unit cube.

    The proposal is normalized, the target need not be. It may be an estimate with an error of its
    own each time that it is asked: particles keep theirs (Andrieu and Roberts, Ann. Stat. 37,
    2009). ``moves`` after each step, and ``last`` more at the end of the path.
    """
    rows, count, _ = position.shape
    state = _State(
        logit(np.clip(position, EDGE, 1 - EDGE)), log_proposal(position), log_target(position)
    )
    reached, evidence = np.zeros(rows), np.zeros(rows)
    effective = np.exp(log_effective(state.target - state.proposal)) / count
    accepted: list[float] = []
    for step in range(STEPS):
        if (reached == 1).all():
            break
        length = longest_power(state.target - state.proposal, 1 - reached, SHARE, BISECTIONS)
        if step == STEPS - 1:
            length = 1 - reached
        weights = length[:, None] * (state.target - state.proposal)
        evidence += logsumexp(weights, axis=1) - np.log(count)
        active = np.flatnonzero(reached < 1)
        index = np.tile(np.arange(count), (rows, 1))
        index[active] = _systematic(weights[active], generator)
        state = state.taken(index)
        reached = np.where(length == 1 - reached, 1.0, reached + length)
        logging.info("step %d: %.3g of the path", step + 1, reached.min())
        for _ in range(moves):
            state, rate = _move(state, reached, log_proposal, log_target, generator)
            accepted.append(rate)
    for _ in range(last):
        state, rate = _move(state, reached, log_proposal, log_target, generator)
        accepted.append(rate)
    return Tempered(
        expit(state.logits),
        state.target,
        evidence,
        effective,
        float(np.mean(accepted)) if accepted else np.nan,
    )


@dataclass(frozen=True)
class _State:
    """Logits (R, K, D), log densities of proposal and target (R, K) at their positions."""

    logits: np.ndarray
    proposal: np.ndarray
    target: np.ndarray

    def taken(self, index: np.ndarray) -> _State:
        """Particles at places (R, k)."""
        logits = np.take_along_axis(self.logits, index[..., None], axis=1)
        proposal, target = (
            np.take_along_axis(part, index, axis=1) for part in (self.proposal, self.target)
        )
        return _State(logits, proposal, target)


def _systematic(weights: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Places (R, K) of particles drawn by log weights (R, K), each with one random number."""
    rows, count = weights.shape
    cumulative = np.exp(weights - logsumexp(weights, axis=1)[:, None]).cumsum(axis=1)
    places = (np.arange(count) + generator.random((rows, 1))) / count
    index = [np.searchsorted(own, at) for own, at in zip(cumulative, places, strict=True)]
    return np.minimum(np.array(index, dtype=int).reshape(rows, count), count - 1)


def _move(
    state: _State,
    reached: np.ndarray,
    log_proposal: LogDensity,
    log_target: LogDensity,
    generator: np.random.Generator,
) -> tuple[_State, float]:
    """Move one half of the particles by differences of the other half, then the other way."""
    rows, count, size = state.logits.shape
    order = generator.permuted(np.tile(np.arange(count), (rows, 1)), axis=1)
    logits, proposal, target = (part.copy() for part in vars(state).values())
    rates = []
    for moving, staying in ((order[:, ::2], order[:, 1::2]), (order[:, 1::2], order[:, ::2])):
        own = _State(logits, proposal, target).taken(moving)
        one, other = (
            np.take_along_axis(logits, _chosen(staying, moving.shape, generator)[..., None], axis=1)
            for _ in range(2)
        )
        factor = (
            JUMP / np.sqrt(2 * size) * np.exp(STRETCHED * _normal((*moving.shape, 1), generator))
        )
        far = generator.random((rows, 1, 1)) < EVERYWHERE
        tried = own.logits + np.where(far, 1.0, factor) * (one - other)
        tried += JITTER * _normal(tried.shape, generator)
        position = expit(tried)
        # the proposal is not asked, which may take long, once nothing is left of it on the path
        proposed = log_proposal(position) if (reached < 1).any() else own.proposal
        found = _State(tried, proposed, log_target(position))
        ratio = _along(found, reached) - _along(own, reached)
        yes = np.log(generator.random(moving.shape)) < ratio
        rates.append(float(yes.mean()))
        np.put_along_axis(
            logits, moving[..., None], np.where(yes[..., None], tried, own.logits), axis=1
        )
        np.put_along_axis(proposal, moving, np.where(yes, found.proposal, own.proposal), axis=1)
        np.put_along_axis(target, moving, np.where(yes, found.target, own.target), axis=1)
    return _State(logits, proposal, target), float(np.mean(rates))


def _along(state: _State, reached: np.ndarray) -> np.ndarray:
    """Log density (R, K) of logits on the path, after a part of it (R,)."""
    part = reached[:, None]
    volume = (log_expit(state.logits) + log_expit(-state.logits)).sum(axis=-1)
    # what is left of the proposal counts only where there is some: 0 times -inf is nothing
    remaining = np.where(part < 1, (1 - part) * state.proposal, 0.0)
    found: np.ndarray = volume + remaining + part * state.target
    return found


def _chosen(
    places: np.ndarray, shape: tuple[int, ...], generator: np.random.Generator
) -> np.ndarray:
    """Random ones (R, k) of places (R, l)."""
    return np.take_along_axis(places, generator.integers(places.shape[1], size=shape), axis=1)


def _normal(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    return generator.standard_normal(shape)
