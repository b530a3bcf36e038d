"""Train the networks of all seeds of a round together.

SNPE-C (Greenberg et al., 2019) as sbi 0.27 trains one network after another: maximum likelihood
in the first round, the atomic loss afterwards, Adam, clipped gradients, early stopping. Here the
networks are stacked; a seed that has stopped leaves the stack. Each seed has its own generator
and draws from it what sbi draws from torch's global one (split, initial weights, order of the
batches, atoms), so that a seed trains as it would alone in sbi.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators import bounded, family
from analog_sbi.estimators.losses import AtomicLoss, Balanced, Batch, Loss, Steady, likelihood_loss
from analog_sbi.estimators.protocol import Flow
from analog_sbi.estimators.rounds import (
    RoundData,
    SeedData,
    Trained,
    TrainingError,
    TrainingSettings,
    complete,
    split,
    warn_of_degenerate,
)
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State, select, stack
from analog_sbi.prior import Box, Prior
from analog_sbi.restricted import Restricted

Progress = Callable[[int, int], None]
"""Called after each epoch with the epochs so far and the seeds still in training."""

LARGEST = 200_000
"""Parameters of all seeds in a step: more at once are no faster, and of splines take a gigabyte."""
BETA_1, BETA_2, ADAM_EPSILON = 0.9, 0.999, 1e-8  # torch's defaults


def train_round(
    rounds: Sequence[RoundData],
    previous: State | None,
    *,
    estimator: EstimatorSettings,
    settings: TrainingSettings,
    seeds: Sequence[int],
    numbers: Sequence[int],
    max_missing: float = 0.1,
    progress: Progress | None = None,
    prior: Prior | None = None,
) -> Trained:
    """Train the network of every seed on all rounds so far.

    ``previous`` is the state after the round before, from which training starts and whose
    posterior proposed the last round's parameters; None in the first round. ``seeds`` seed the
    training of each network, ``numbers`` are the names of the seeds in messages. ``prior`` is that
    of the problem (None: uniform). Raises
    MeasurementError if too many measurements are missing, TrainingError if a network cannot be
    trained.
    """
    data = complete(rounds, max_missing, numbers)
    warn_of_degenerate(data, numbers)
    histories: list[dict[str, Any]] = [{} for _ in data]
    states: list[State] = [{} for _ in data]
    groups: dict[int, list[int]] = {}
    for index, part in enumerate(data):
        groups.setdefault(len(part.theta), []).append(index)
    for members in _together(groups.values(), data, settings, is_first=previous is None):
        trained, epochs = _train_group(
            [data[i] for i in members],
            None if previous is None else select(previous, members),
            [seeds[i] for i in members],
            [numbers[i] for i in members],
            estimator,
            settings,
            progress,
            prior,
        )
        for row, index in enumerate(members):
            states[index] = {name: tensor[row] for name, tensor in trained.items()}
            histories[index] = epochs[row]
    return described(stack(states), histories, data, estimator)


def _together(
    groups: Iterable[Sequence[int]],
    data: Sequence[SeedData],
    settings: TrainingSettings,
    is_first: bool,
) -> Iterator[list[int]]:
    """Seeds that train together: of equal numbers of simulations, and ``LARGEST`` values a step."""
    for members in groups:
        rows, size = data[members[0]].theta.shape
        atoms = 1 if is_first else settings.num_atoms
        most = max(1, LARGEST // (min(settings.batch_size, rows) * atoms * size))
        for start in range(0, len(members), most):
            yield list(members[start : start + most])


def described(
    state: State,
    histories: Sequence[Mapping[str, Any]],
    data: Sequence[SeedData],
    estimator: EstimatorSettings,
) -> Trained:
    """Add to the histories of the seeds what their trained networks and data are like."""
    of = family(estimator.family)
    blind, facts = of.blind(estimator, state).tolist(), of.history(estimator, state)
    return Trained(
        state,
        tuple(
            {**histories[i], "blind": blind[i], **facts[i], "excluded": part.excluded}
            for i, part in enumerate(data)
        ),
    )


@dataclass
class _Split:
    """Training and validation parts of K seeds: (K, N, ...) tensors and batch sizes."""

    theta: Tensor
    x: Tensor
    train: Tensor  # indices (K, N_train)
    validate: Tensor  # indices (K, N_validate)
    log_prior: Tensor | None = None  # (K, N), None where it is constant

    def select(self, keep: Tensor) -> _Split:
        """Parts of the seeds at some positions."""
        log_prior = None if self.log_prior is None else self.log_prior[keep]
        return _Split(
            self.theta[keep], self.x[keep], self.train[keep], self.validate[keep], log_prior
        )


def _train_group(
    data: Sequence[SeedData],
    start: State | None,
    seeds: Sequence[int],
    numbers: Sequence[int],
    estimator: EstimatorSettings,
    settings: TrainingSettings,
    progress: Progress | None,
    prior: Prior | None,
) -> tuple[State, list[dict[str, Any]]]:
    """Train seeds with equal numbers of simulations; ``numbers`` are their names in messages."""
    theta = torch.stack([part.theta for part in data])
    x = torch.stack([part.x for part in data])
    total = theta.shape[1]
    trained = split(total, settings)
    space = None if prior is None else prior.space
    generators, orders, states = [], [], []
    for index, seed in enumerate(seeds):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            order = torch.randperm(total)
            if start is None:
                rows = order[:trained]
                states.append(bounded.build(estimator, theta[index, rows], x[index, rows], space))
            generators.append(torch.Generator().set_state(torch.get_rng_state()))
        orders.append(order)
    order = torch.stack(orders)
    of_prior = None
    if start is not None:
        of_prior = log_prior(prior, theta)
    elif estimator.balance:
        of_prior = density_of_prior(prior, theta)
    parts = _Split(theta, x, order[:, :trained], order[:, trained:], of_prior)
    state = stack(states) if start is None else start
    flow = bounded.flow(estimator, state, space)
    loss = _loss(estimator, start is None, settings)
    decay = estimator.weight_decay
    weights, histories = _run(flow, parts, generators, loss, settings, decay, numbers, progress)
    return flow.trained(state, weights), histories


def _loss(estimator: EstimatorSettings, is_first: bool, settings: TrainingSettings) -> Loss:
    """Loss of a round, with what the estimator adds to it."""
    loss: Loss = likelihood_loss if is_first else AtomicLoss(settings.num_atoms)
    if estimator.balance and not is_first:
        raise ConfigurationError("balance: expected a single round, found more")
    loss = Balanced(loss, estimator.balance) if estimator.balance else loss
    return Steady(loss, estimator.gradient_penalty) if estimator.gradient_penalty else loss


def log_prior(prior: Prior | None, theta: Tensor) -> Tensor | None:
    """Log densities (K, N) of parameters (K, N, D); None if constant where all of them lie.

    Rounded to single precision a parameter may lie beyond its bound by a little.
    """
    inner = prior.base if isinstance(prior, Restricted) else prior
    return None if inner is None or isinstance(inner, Box) else density_of_prior(prior, theta)


def density_of_prior(prior: Prior | None, theta: Tensor) -> Tensor:
    """The same of any prior; raises ConfigurationError for None, whose bounds nobody knows."""
    if prior is None:
        raise ConfigurationError("balance: expected a prior, found none")
    low, high = np.nextafter(prior.space.low, np.inf), np.nextafter(prior.space.high, -np.inf)
    density = prior.log_prob_of_draws if isinstance(prior, Restricted) else prior.log_prob
    return torch.tensor(density(np.clip(theta.double().numpy(), low, high)), dtype=torch.float32)


@dataclass
class _Adam:
    """Adam (Kingma and Ba, 2015) on flat weights (K, P), all networks at the same step.

    ``decay`` of the weights a step, times the learning rate, is apart from the gradient as in AdamW
    (Loshchilov and Hutter, 2019).
    """

    learning_rate: float
    mean: Tensor
    square: Tensor
    decay: float = 0.0
    steps: int = 0

    def step(self, weights: Tensor, gradient: Tensor) -> None:
        self.steps += 1
        self.mean.lerp_(gradient, 1 - BETA_1)
        self.square.mul_(BETA_2).addcmul_(gradient, gradient, value=1 - BETA_2)
        size = self.learning_rate / (1 - BETA_1**self.steps)
        root = (self.square.sqrt() / (1 - BETA_2**self.steps) ** 0.5).add_(ADAM_EPSILON)
        if self.decay:
            weights.mul_(1 - self.learning_rate * self.decay)
        weights.addcdiv_(self.mean, root, value=-size)


def _run(
    flow: Flow,
    split: _Split,
    generators: list[torch.Generator],
    loss: Loss,
    settings: TrainingSettings,
    decay: float,
    numbers: Sequence[int],
    progress: Progress | None,
) -> tuple[Tensor, list[dict[str, Any]]]:
    """Epochs until every seed has stopped; returns the best weights (K, P) and histories."""
    count = len(generators)
    weights = flow.weights.clone()
    empty = torch.zeros_like(weights)
    adam = _Adam(settings.learning_rate, empty, empty.clone(), decay)
    final = weights.clone()
    best_weights = weights.clone()
    best = torch.full((count,), float("inf"), dtype=torch.float64)
    idle = torch.zeros(count, dtype=torch.long)
    members = torch.arange(count)
    histories: list[dict[str, Any]] = [
        {"epochs": 0, "best_validation_loss": float("inf"), "training": [], "validation": []}
        for _ in range(count)
    ]
    epoch = 0
    while len(members) and epoch <= settings.max_num_epochs:
        trained = _epoch(flow, split, split.train, weights, generators, loss, settings, adam)
        checked = _epoch(flow, split, split.validate, weights, generators, loss, settings, None)
        epoch += 1
        wrong = torch.nonzero(~torch.isfinite(trained + checked)).flatten()
        if len(wrong):
            row = int(wrong[0])
            raise TrainingError(
                f"seed {numbers[int(members[row])]}, epoch {epoch}: expected finite losses, found "
                f"{float(trained[row])} in training and {float(checked[row])} in validation"
            )
        for row, member in enumerate(members.tolist()):
            histories[member]["epochs"] = epoch
            histories[member]["training"].append(float(trained[row]))
            histories[member]["validation"].append(float(checked[row]))
        better = checked < best if epoch > 1 else torch.ones_like(idle, dtype=torch.bool)
        best = torch.where(better, checked, best)
        best_weights[better] = weights[better]
        idle = torch.where(better, 0, idle + 1)
        done = idle > settings.stop_after_epochs - 1
        if progress is not None:
            progress(epoch, int((~done).sum()))
        if epoch > settings.max_num_epochs:
            done = torch.ones_like(done)
        if done.any():
            for row in torch.nonzero(done).flatten().tolist():
                final[members[row]] = best_weights[row]
                histories[int(members[row])]["best_validation_loss"] = float(best[row])
            keep = torch.nonzero(~done).flatten()
            members, best, idle = members[keep], best[keep], idle[keep]
            weights, best_weights = weights[keep].clone(), best_weights[keep]
            adam.mean, adam.square = adam.mean[keep], adam.square[keep]
            generators = [generators[i] for i in keep.tolist()]
            split = split.select(keep)
            flow = flow.select(keep)
    return final, histories


def _epoch(
    flow: Flow,
    split: _Split,
    indices: Tensor,
    weights: Tensor,
    generators: Sequence[torch.Generator],
    loss: Loss,
    settings: TrainingSettings,
    adam: _Adam | None,
) -> Tensor:
    """One pass over the batches, in a fresh order for each seed; mean loss (K,) in double.

    Takes a step after each batch if there is an optimizer. Items that do not fill a batch are
    left out.
    """
    size = indices.shape[1]
    batch = min(settings.batch_size, size)
    orders = []
    for generator in generators:
        torch.empty((), dtype=torch.int64).random_(generator=generator)  # DataLoader's base seed
        orders.append(torch.randperm(size, generator=generator))
    rows = indices.gather(1, torch.stack(orders))
    pick = torch.arange(len(rows))[:, None]
    theta, x = split.theta[pick, rows], split.x[pick, rows]
    prior = None if split.log_prior is None else split.log_prior[pick, rows]
    total = torch.zeros(len(rows), dtype=torch.float64)
    batches = size // batch
    for start in range(0, batches * batch, batch):
        part = slice(start, start + batch)
        own = None if prior is None else prior[:, part]
        items = Batch(theta[:, part], x[:, part], generators, own)
        if adam is None:
            with torch.no_grad():
                losses = loss(flow, weights, items)
        else:
            weights.requires_grad_(True)
            losses = loss(flow, weights, items)
            (gradient,) = torch.autograd.grad(losses.mean(dim=1).sum(), weights)
            weights.requires_grad_(False)
            norm = gradient.norm(dim=1, keepdim=True)
            gradient *= (settings.clip_max_norm / (norm + 1e-6)).clamp(max=1.0)
            adam.step(weights, gradient)
        total += losses.detach().sum(dim=1).double()
    return total / (batches * batch)
