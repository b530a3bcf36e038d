"""Networks repaired by likelihoods that are fitted to the measurements they were trained on.

Samples of a network, and some of the prior for what it leaves out (a defensive mixture: Hesterberg,
Technometrics 37, 1995), get importance weights by the likelihood; where few of them remain, they
are brought to the posterior in several steps (``likelihood.tempering``). Nothing lies outside the
prior, a blind network sees, and the density is normalized by the evidence.
Positions are in the unit cube of the unrestricted prior's quantiles.
Shapes: S seeds, N measurements, K particles, M parameter sets or observations, D parameters,
F features.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from analog_sbi.dataset import Dataset
from analog_sbi.likelihood.tempering import Tempered, temper
from analog_sbi.posterior.answers import Prepared, ask, of_random_members
from analog_sbi.posterior.base import (
    LeakageError,
    PosteriorFormatError,
    common,
    common_of,
    expect_keys,
    within,
)
from analog_sbi.posterior.networks import Networks, networks_of
from analog_sbi.prior import Prior
from analog_sbi.remedies.base import SeedBySeed

PARTICLES = 1000  # at least, of a seed given the target
LAST = 50  # moves of particles, until they have forgotten which of them were drawn twice
OF_THE_PRIOR = 0.2  # share of the particles that are drawn from the prior
LEAST_MASS = 0.1  # ASSUME of a network within the bounds, for its samples to be of use
FEW = 0.01  # effective share of the particles below which the network is warned of
AT_ONCE = 100  # observations that particles are in memory for at once


class Likelihood(Protocol):
    """A likelihood over the unit cube of the unrestricted prior's quantiles."""

    def log_likelihood(self, position: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Log likelihoods (M,) at positions (M, D) of one observation (F,) or as many (M, F)."""
        ...

    def plain(self) -> dict[str, Any]:
        """Plain data."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Reweighted(SeedBySeed):
    """Posteriors of networks under a likelihood a seed; ``kind`` tells whose."""

    base: Networks
    likelihoods: tuple[Likelihood, ...]
    history: tuple[dict[str, Any], ...]
    kind: str

    def select(self, positions: Sequence[int]) -> Reweighted:
        """The seeds at some positions only."""
        return replace(
            self,
            base=self.base.select(positions),
            likelihoods=tuple(self.likelihoods[i] for i in positions),
            history=tuple(self.history[i] for i in positions),
        )

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """Draw samples (S, count, D) given the target; ``seeds`` seed a generator for each.

        The acceptance (S,) is one: nothing lies outside the prior's bounds.
        """
        parts = []
        for index, seed in enumerate(seeds):
            found = self._tempered(index, seed, max(count, PARTICLES), max_draws)
            chosen = np.random.default_rng(seed).permutation(found.position.shape[1])[:count]
            parts.append(_theta(self.problem.prior, found.position[0, chosen]))
        return torch.stack(parts), torch.ones(len(parts))

    @cached_property
    def tempered(self) -> tuple[Tempered, ...]:
        """How the particles of each seed went, with the same random numbers whenever asked for."""
        numbers = enumerate(self.seeds)
        return tuple(self._tempered(i, n, PARTICLES, 100 * PARTICLES) for i, n in numbers)

    @property
    def log_evidence(self) -> Tensor:
        """Log of the density (S,) of the target under prior and likelihood."""
        return torch.tensor([float(found.log_evidence[0]) for found in self.tempered])

    def log_prob_at(self, theta: Tensor) -> Tensor:
        """Log densities (S, M) at parameters of each seed's own (S, M, D), -inf out of bounds.

        Normalized as far as ``PARTICLES`` particles tell.
        """
        rows = zip(self.likelihoods, self.log_evidence, theta, strict=True)
        x = self.target.double().numpy()
        return torch.stack(
            [
                _log_joint(likelihood, self.problem.prior, place, x) - norm
                for likelihood, norm, place in rows
            ]
        )

    def answers(
        self, x: Tensor, count: int, seeds: Sequence[int], max_draws: int
    ) -> list[RepairedAnswers]:
        """Ask each seed for ``count`` samples given each of the observations (M, F).

        ``seeds`` seed a generator for each. Where a network has too few samples within the prior's
        bounds for one of the observations, those of the prior stand in.
        """
        found, prior = [], self.problem.prior
        for index, seed in enumerate(seeds):
            network = self.base.select([index])
            parts = []
            for number, some in enumerate(x.split(AT_ONCE)):
                try:
                    (own,) = ask(network, some, count, [seed + number], max_draws)
                    theta, log_mass = own.samples.movedim(0, 1), own.log_mass[0]
                except LeakageError as error:
                    logging.warning("%s; its samples are replaced by the prior's", error)
                    theta = torch.full((len(some), count, len(prior.space)), torch.nan)
                    log_mass = None
                likelihood = self.likelihoods[index]
                parts.append(
                    _temper(network, prior, likelihood, theta, log_mass, some, seed + number)
                )
            samples = torch.cat([_theta(prior, part.position) for part in parts])
            evidence = torch.tensor(np.concatenate([part.log_evidence for part in parts]))
            own_seed = self.select([index])
            found.append(RepairedAnswers(x, samples.movedim(0, 1), own_seed, evidence[None]))
        return found

    def mix(self, parts: Sequence[RepairedAnswers], seed: int) -> RepairedAnswers:
        """Answers of the equal mixture of all seeds, of which each sample is one's at random."""
        evidence = torch.cat([part.log_evidence for part in parts])
        return RepairedAnswers(parts[0].x, of_random_members(parts, seed), self, evidence)

    def plain(self) -> dict[str, Any]:
        """Plain data that ``reweighted_of`` reads."""
        likelihoods = [
            {
                name: torch.as_tensor(value) if isinstance(value, np.ndarray) else value
                for name, value in likelihood.plain().items()
            }
            for likelihood in self.likelihoods
        ]
        return common(self.kind, self) | {"base": self.base.plain(), "likelihoods": likelihoods}

    def _tempered(self, index: int, seed: int, count: int, max_draws: int) -> Tempered:
        network, prior = self.base.select([index]), self.problem.prior
        try:
            theta, mass = network.sample(count, [seed], max_draws)
            log_mass = mass.log()
        except LeakageError as error:
            logging.warning("%s; its samples are replaced by the prior's", error)
            theta, log_mass = torch.full((1, count, len(prior.space)), torch.nan), None
        return _temper(
            network, prior, self.likelihoods[index], theta, log_mass, self.target[None], seed
        )


@dataclass(frozen=True, eq=False)
class RepairedAnswers(Prepared):
    """What the equal mixture of repaired seeds answers to observations.

    As ``posterior.answers.Answers``; the log of the mass within the prior's bounds is 0.
    ``log_evidence`` (S, M) is of each seed.
    """

    posterior: Reweighted
    log_evidence: Tensor

    @property
    def log_mass(self) -> Tensor:
        """Zeros (S, M): all mass lies within the prior's bounds."""
        return torch.zeros_like(self.log_evidence)

    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (A,) at theta (A, D) given one of the observations (F,)."""
        place = self.place(x)
        prior, observed = self.posterior.problem.prior, x.double().numpy()
        of_each = torch.stack(
            [
                _log_joint(likelihood, prior, theta, observed) - norm
                for likelihood, norm in zip(
                    self.posterior.likelihoods, self.log_evidence[:, place], strict=True
                )
            ]
        )
        return torch.logsumexp(of_each, dim=0) - np.log(len(of_each))


def reweighted(networks: Networks, likelihoods: Sequence[Likelihood], kind: str) -> Reweighted:
    """Networks repaired by likelihoods of their seeds.

    Warns where the networks' samples were of little use given the target.
    """
    histories = []
    posterior = Reweighted(networks, tuple(likelihoods), networks.history, kind)
    for number, found, history in zip(
        posterior.seeds, posterior.tempered, networks.history, strict=True
    ):
        effective = float(found.effective[0])
        if effective < FEW:
            logging.warning(
                "seed %d: of the network's samples given the target only %.1f %% are effective; "
                "they were moved to the posterior in several steps",
                number,
                100 * effective,
            )
        facts = {
            "blind": False,
            "blind_network": bool(history.get("blind", False)),
            "effective": effective,
            "log_evidence": float(found.log_evidence[0]),
        }
        histories.append({**history, **facts})
    return replace(posterior, history=tuple(histories))


def measured(
    networks: Networks, data: Sequence[Dataset]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Positions (N, D) and observations (N, F) of all measurements of each seed that are whole."""
    parts = [part.complete() for part in data]
    cube = networks.problem.prior.unrestricted
    return [cube.position(p.theta) for p in parts], [np.asarray(p.x, dtype=float) for p in parts]


def reweighted_of(
    content: Mapping[str, Any],
    keys: Sequence[str],
    likelihood_of: Callable[[Mapping[str, Any]], Likelihood],
) -> Reweighted:
    """Posterior of plain data, whose likelihoods have ``keys``.

    Raises PosteriorFormatError naming the key that is wrong.
    """
    parts = common_of(content, "base", "likelihoods")
    base = networks_of(content["base"])
    if len(content["likelihoods"]) != len(base.seeds):
        raise PosteriorFormatError(
            f"likelihoods: expected {len(base.seeds)} seeds, found {len(content['likelihoods'])}"
        )
    for part in content["likelihoods"]:
        expect_keys("likelihoods", part, keys)
    likelihoods = tuple(likelihood_of(part) for part in content["likelihoods"])
    return Reweighted(base, likelihoods, parts["history"], content["kind"])


def _temper(
    network: Networks,
    prior: Prior,
    likelihood: Likelihood,
    theta: Tensor,
    log_mass: Tensor | None,
    x: Tensor,
    seed: int,
) -> Tempered:
    """Bring a network's samples theta (M, K, D) to the posteriors given x (M, F).

    ``log_mass`` (M,) is that of the network within the bounds; None puts the prior in its place,
    and so does a mass below ``LEAST_MASS``: what leaks so much lies at the edge.
    """
    generator = np.random.default_rng(seed)
    cube = prior.unrestricted
    position = _drawn(prior, theta.shape, generator)
    observed = x.double().numpy()
    if log_mass is None:
        log_mass = torch.full((len(theta),), -torch.inf)
    of_use = log_mass.numpy() > np.log(LEAST_MASS)
    share = np.where(of_use, OF_THE_PRIOR, 1.0)[:, None]
    kept = round((1 - OF_THE_PRIOR) * theta.shape[1])
    position[of_use, :kept] = cube.position(theta[of_use, :kept].double().numpy())

    # outside of a region, where the target is 0, what this tells of the proposal does not matter
    def log_proposal(place: np.ndarray) -> np.ndarray:
        if not of_use.any():
            return np.full(place.shape[:2], -np.log(prior.share))
        values = _theta(prior, place)
        with torch.no_grad():
            density = network.flow.log_prob(values[None], x[None])[0] - log_mass[:, None]
        relative = density.double().numpy() - cube.log_prob(values.double().numpy())
        relative = np.where(np.isfinite(relative) & of_use[:, None], relative, -np.inf)
        with np.errstate(divide="ignore"):
            return np.logaddexp(np.log(1 - share) + relative, np.log(share / prior.share))

    def log_target(place: np.ndarray) -> np.ndarray:
        rows, count, size = place.shape
        of_each = np.repeat(observed, count, axis=0)
        found = likelihood.log_likelihood(place.reshape(-1, size), of_each).reshape(rows, count)
        if prior is cube:
            return found
        inside = prior.contains(_theta(prior, place).double().numpy().reshape(-1, size))
        return np.where(inside.reshape(rows, count), found - np.log(prior.share), -np.inf)

    return temper(position, log_proposal, log_target, generator, last=LAST)


def _log_joint(likelihood: Likelihood, prior: Prior, theta: Tensor, x: np.ndarray) -> Tensor:
    """Log of prior times likelihood (M,) at theta (M, D), -inf out of bounds."""
    inside = within(prior.space, theta)
    found = torch.full((len(theta),), -torch.inf, dtype=torch.float64)
    values = theta[inside].double().numpy()
    if len(values):
        position = prior.unrestricted.position(values)
        density = prior.log_prob(values) + likelihood.log_likelihood(position, x)
        found[inside] = torch.as_tensor(density)
    return found


def _drawn(prior: Prior, shape: Sequence[int], generator: np.random.Generator) -> np.ndarray:
    """Positions (..., D) that are drawn from the prior."""
    cube = prior.unrestricted
    if prior is cube:
        return generator.random(shape)
    return cube.position(prior.draw(math.prod(shape[:-1]), generator)).reshape(shape)


def _theta(prior: Prior, position: np.ndarray) -> Tensor:
    """Parameters (..., D) at positions, in single precision and within the bounds."""
    cube = prior.unrestricted
    low, high = (np.asarray(part, dtype=np.float32) for part in (cube.space.low, cube.space.high))
    return torch.as_tensor(np.clip(cube.scale(position).astype(np.float32), low, high))
