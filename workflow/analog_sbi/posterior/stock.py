"""Posteriors of sbi's own trainers, kept as the states of their networks and how to rebuild them.

``surrogates``: likelihoods or ratios, sampled by Markov chains; what they are to be divided by to
be densities is estimated once and kept (``normalization``).
``fields``: vector fields, amortized. Noise is added to parameters there, so they have to be on
the scale of the noise: parameters are brought to mean 0 and variance 1 under the prior. With the
codes of the chip, which reach 1022, they are hardly diffused, and score matching returns little
else than the prior. (sbi's ``compose_standardization`` would do the same, but answers one
observation at a time.)
Shapes: S seeds, M parameter sets or observations, D parameters, F features.
"""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.posterior.base import (
    PosteriorFormatError,
    bounds,
    common,
    common_of,
    described,
    expect_index,
    inside,
    observation,
    seeded,
    supported,
    within,
)
from analog_sbi.posterior.kinds import kind
from analog_sbi.posterior.normalization import log_evidence
from analog_sbi.posterior.rejection import doubling, rejection
from analog_sbi.prior import Box, Prior, median_and_spread
from analog_sbi.problem import Problem
from analog_sbi.space import Space
from analog_sbi.torch_prior import TorchPrior, as_sbi

KIND = "stock"
# sbi's default sampler; more walkers that keep each second step, for many samples at once.
WALKERS = {"num_chains": 50, "warmup_steps": 100, "thin": 2}
EDGE = math.sqrt(3)  # a uniform distribution from -EDGE to EDGE has variance 1
PLACES = 500  # parameters at a time at which many trials are evaluated
NORMALIZING_SEED, STARTS = 9, 2000  # of the estimate of a constant
LARGEST_BATCH = 100_000  # samples of all observations at a time, the most that sbi allows


def trainer(method: str, prior: Any, build: Callable | None = None) -> Any:
    """One of sbi's trainers, without its log folder; ``build`` makes its network of data.

    Raises PosteriorFormatError for an unknown method.
    """
    from sbi.inference import FMPE, NLE, NPSE, NRE

    from analog_sbi.estimators.stock import Silent

    kinds = {
        "likelihood": (NLE, "density_estimator"),
        "ratio": (NRE, "classifier"),
        "flow_matching": (FMPE, "vf_estimator"),
        "score": (NPSE, "vf_estimator"),
    }
    if method not in kinds:
        raise PosteriorFormatError(f"method: expected one of {', '.join(kinds)}, found {method!r}")
    kind, name = kinds[method]
    network = {} if build is None else {name: build}
    return kind(prior, tracker=Silent(), show_progress_bars=False, **network)


def builder(method: str, settings: Mapping[str, Any]) -> Callable:
    """Function that builds the network of a method for parameters (N, D) and observations (N, F).

    A likelihood has a flow of the given size, the others have sbi's default networks.
    """
    from sbi.neural_nets import (
        classifier_nn,
        likelihood_nn,
        posterior_flow_nn,
        posterior_score_nn,
    )

    if method == "likelihood":
        flow = likelihood_nn("maf", **{k: settings[k] for k in settings if k != "permutations"})

        def build(theta: Tensor, x: Tensor) -> Any:
            network = flow(theta, x)
            if settings["permutations"] == "reverse":
                for name, buffer in network.named_buffers():
                    if name.endswith("_permutation"):
                        buffer.copy_(torch.arange(len(buffer)).flip(0))
            return network

        return build
    if method == "ratio":
        return classifier_nn("resnet")
    return posterior_flow_nn() if method == "flow_matching" else posterior_score_nn()


def standard_prior(prior: Prior) -> Any:
    """The prior of standard parameters."""
    if not isinstance(prior, Box):
        return TorchPrior(prior, *median_and_spread(prior))
    from sbi.utils import BoxUniform

    size = len(prior.space)
    return BoxUniform(torch.full((size,), -EDGE), torch.full((size,), EDGE))


def standard(prior: Prior, theta: Tensor) -> Tensor:
    """Parameters (..., D) brought to mean 0 and variance 1 under a uniform prior.

    Under another to median 0, and to a central 68 % from -1 to 1.
    """
    if not isinstance(prior, Box):
        middle, spread = _single(prior)
        return (theta - middle) / spread
    low, high = bounds(prior.space)
    return (theta - low) / (high - low) * (2 * EDGE) - EDGE


def unstandard(prior: Prior, values: Tensor) -> Tensor:
    """Parameters (..., D) that ``standard`` brings to the values."""
    if not isinstance(prior, Box):
        middle, spread = _single(prior)
        return middle + values * spread
    low, high = bounds(prior.space)
    return low + (values + EDGE) / (2 * EDGE) * (high - low)


def _single(prior: Prior) -> tuple[Tensor, Tensor]:
    """Median and spread (D,) of a prior in single precision."""
    middle, spread = (torch.tensor(part, dtype=torch.float32) for part in median_and_spread(prior))
    return middle, spread


def _log_scale(prior: Prior) -> Tensor:
    """Log of the volume that standard parameters have of a volume of parameters."""
    if not isinstance(prior, Box):
        return -torch.log(_single(prior)[1]).sum()
    low, high = bounds(prior.space)
    return torch.log(2 * EDGE / (high - low)).sum()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep sbi and its progress bars from printing, wherever they are asked not to."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        yield


@dataclass(frozen=True, eq=False, repr=False)
class Stock:
    """Networks of one of sbi's methods: a state for each seed, and settings to build them with."""

    problem: Problem
    target: Tensor
    seeds: tuple[int, ...]
    round: int
    history: tuple[dict[str, Any], ...]
    method: str
    settings: dict[str, Any]
    states: tuple[dict[str, Tensor], ...]
    log_evidence: tuple[float, ...] | None = None

    def __repr__(self) -> str:
        """One line, without the weights."""
        return described(self)

    @property
    def amortized(self) -> bool:
        """Whether it answers for any observation: vector fields do."""
        return self.method in ("flow_matching", "score")

    @cached_property
    def posteriors(self) -> list[Any]:
        """Posteriors of all seeds as sbi's objects, of standard parameters if amortized."""
        own = self.problem.prior
        prior = standard_prior(own) if self.amortized else as_sbi(own)
        build = builder(self.method, self.settings)
        made = []
        for state in self.states:
            # networks standardize with statistics that are part of their state
            with seeded(0), quiet():
                like = prior.sample((4,)), torch.rand(4, len(self.problem.features))
                network = build(*like)
                network.load_state_dict(state, strict=True)
                network.eval()
                chains = (
                    {}
                    if self.amortized
                    else {
                        "mcmc_method": "slice_np_vectorized",
                        "mcmc_parameters": WALKERS,
                    }
                )
                posterior = trainer(self.method, prior).build_posterior(network, prior, **chains)
            made.append(posterior.set_default_x(self.target))
        return made

    def given(self, target: Tensor) -> Stock:
        """The same networks given another target (F,)."""
        values = observation(target, len(self.problem.features))
        return replace(self, target=values, log_evidence=None)

    @cached_property
    def constants(self) -> tuple[float, ...]:
        """Logarithms of what the networks' densities given the target integrate to, a seed each."""
        if self.log_evidence is not None:
            return self.log_evidence
        if self.amortized:
            return (0.0,) * len(self.seeds)
        prior, found = self.problem.prior, []
        for number, posterior in zip(self.seeds, self.posteriors, strict=True):

            def density(theta: np.ndarray, of: Any = posterior) -> np.ndarray:
                with quiet(), torch.no_grad():
                    values = of.potential(torch.as_tensor(theta, dtype=torch.float32))
                return torch.as_tensor(values).double().numpy()

            generator = np.random.default_rng([NORMALIZING_SEED, number])
            start = prior.draw(STARTS, generator)
            name = f"seed {number}"
            found.append(log_evidence(density, prior.space, start, generator, name).log)
        return tuple(found)

    def normalized(self) -> Stock:
        """The same with its constants, which are kept with it."""
        return replace(self, log_evidence=self.constants)

    def select(self, positions: Sequence[int]) -> Stock:
        """The networks at some positions only."""
        return replace(
            self,
            seeds=tuple(self.seeds[i] for i in positions),
            history=tuple(self.history[i] for i in positions),
            states=tuple(self.states[i] for i in positions),
            log_evidence=None
            if self.log_evidence is None
            else tuple(self.log_evidence[i] for i in positions),
        )

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """Draw samples (S, count, D) within the prior's bounds, and the acceptance (S,).

        ``seeds`` seed sbi's generators for each network. Raises LeakageError after ``max_draws``
        draws from a vector field; walkers never leave the bounds.
        """
        if not self.amortized:
            drawn = []
            for posterior, seed in zip(self.posteriors, seeds, strict=True):
                with seeded(seed), quiet():
                    drawn.append(posterior.sample((count,), show_progress_bars=False))
            return torch.stack(drawn), torch.ones(len(drawn))
        samples, rates = [], []
        prior = self.problem.prior
        for index, seed in enumerate(seeds):

            def draw(rows: Tensor, index: int = index) -> Tensor:
                return self._draw(index, len(rows), self.target[None])[:, 0]

            names, size = [f"seed {self.seeds[index]}"], len(prior.space)
            with seeded(seed):
                theta, rate = rejection(
                    draw, inside(prior), names, count, size, max_draws, doubling(count)
                )
            samples.append(theta)
            rates.append(rate)
        return torch.cat(samples), torch.cat(rates)

    def answer(self, x: Tensor, count: int, seeds: Sequence[int]) -> Tensor:
        """Samples (S, count, M, D) given other observations (M, F), also outside the bounds."""
        answers = []
        for index, seed in enumerate(seeds):
            with seeded(seed):
                answers.append(self._draw(index, count, x))
        return torch.stack(answers)

    def _draw(self, index: int, count: int, x: Tensor) -> Tensor:
        """Samples (count, M, D) of one vector field, not rejected: it might not end."""
        with quiet(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "[0-9.]+% of samples drawn", UserWarning)
            values = self.posteriors[index].sample_batched(
                (count,),
                x,
                reject_outside_prior=False,
                max_sampling_batch_size=max(1, LARGEST_BATCH // len(x)),
                show_progress_bars=False,
            )
        return unstandard(self.problem.prior, values)

    def log_prob_at(self, theta: Tensor) -> Tensor:
        """Log densities (S, M) at parameters of each seed's own (S, M, D), -inf out of bounds.

        Those of surrogates integrate to one within the bounds, as far as ``constants`` are exact.
        """
        prior = self.problem.prior
        densities = []
        for posterior, place, constant in zip(self.posteriors, theta, self.constants, strict=True):
            with quiet():
                if self.amortized:
                    density = posterior.log_prob(standard(prior, place)) + _log_scale(prior)
                else:
                    density = torch.as_tensor(posterior.potential(place)) - constant
            densities.append(density.detach())
        return torch.where(supported(prior, theta), torch.stack(densities), -torch.inf)

    def log_prob_of(self, trials: Tensor, theta: Tensor) -> Tensor:
        """Log densities (S, M) at theta (M, D) given trials (n, F) one by one, up to a constant.

        -inf out of bounds. Raises PosteriorFormatError for vector fields, which have no likelihood.
        """
        if self.amortized:
            raise PosteriorFormatError(
                f"method: expected likelihood or ratio, found {self.method!r}"
            )
        densities = []
        for posterior in self.posteriors:
            potential = posterior.potential_fn
            with quiet():
                potential.set_x(trials, x_is_iid=True)
                parts = [potential(part, track_gradients=False) for part in theta.split(PLACES)]
                potential.set_x(self.target[None], x_is_iid=False)
            densities.append(torch.cat(parts).detach())
        return torch.where(supported(self.problem.prior, theta), torch.stack(densities), -torch.inf)

    def as_sbi(self, index: int) -> Any:
        """Posterior of one seed as sbi's ``MCMCPosterior`` or ``VectorFieldPosterior``.

        The latter is of parameters as ``standard`` makes them.
        """
        return self.posteriors[expect_index(self, index)]

    def plain(self) -> dict[str, Any]:
        """Plain data that ``stock_of`` reads."""
        own: dict[str, Any] = {
            "method": self.method,
            "settings": self.settings,
            "states": list(self.states),
        }
        if self.log_evidence is not None:
            own["log_evidence"] = list(self.log_evidence)
        return common(KIND, self) | own


@kind(KIND)
def stock_of(content: Mapping[str, Any]) -> Stock:
    """Posterior of plain data; raises PosteriorFormatError naming the key that is wrong."""
    parts = common_of(content, "method", "settings", "states")
    if len(content["states"]) != len(parts["seeds"]):
        raise PosteriorFormatError(
            f"states: expected {len(parts['seeds'])} seeds, found {len(content['states'])}"
        )
    return Stock(
        method=content["method"],
        settings=dict(content["settings"]),
        states=tuple(content["states"]),
        log_evidence=_constants(content.get("log_evidence"), len(parts["seeds"])),
        **parts,
    )


def _constants(values: Any, count: int) -> tuple[float, ...] | None:
    if values is None:
        return None
    if len(values) != count:
        raise PosteriorFormatError(f"log_evidence: expected {count} seeds, found {len(values)}")
    return tuple(map(float, values))


def positions(samples: Tensor, theta: Tensor, space: Space) -> Tensor:
    """Positions (M, D), 0 to 1, of parameters theta (M, D) among samples (K, M, D).

    Samples outside the bounds do not count; positions are missing where none is inside.
    """
    kept = within(space, samples)
    below = ((samples < theta) & kept[..., None]).sum(dim=0)
    count = kept.sum(dim=0)[:, None]
    return torch.where(count > 0, (below + 0.5) / (count + 1), torch.nan)
