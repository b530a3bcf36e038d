"""The same round by stock sbi, one seed after another: the reference for ``training``."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators import family
from analog_sbi.estimators.rounds import (
    RoundData,
    SeedData,
    Trained,
    TrainingSettings,
    complete,
    split,
)
from analog_sbi.estimators.settings import REGULARIZATION, EstimatorSettings
from analog_sbi.estimators.state import State, seed_state, stack
from analog_sbi.estimators.training import Progress, described
from analog_sbi.prior import Box, Prior
from analog_sbi.torch_prior import as_sbi


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
    """Train the network of every seed on all rounds so far (see ``training.train_round``)."""
    data = complete(rounds, max_missing, numbers)
    for part in data:
        split(len(part.theta), settings)
    states, histories = [], []
    for index, part in enumerate(data):
        start = None if previous is None else seed_state(previous, index)
        state, history = train_seed(part, start, estimator, settings, seeds[index], prior=prior)
        states.append(state)
        histories.append(history)
        if progress is not None:
            progress(index + 1, len(data) - index - 1)
    return described(stack(states), histories, data, estimator)


def train_seed(
    data: SeedData,
    start: State | None,
    estimator: EstimatorSettings,
    settings: TrainingSettings,
    seed: int,
    copy_proposal: bool = True,
    prior: Prior | None = None,
) -> tuple[State, dict[str, Any]]:
    """Train one network by sbi's ``NPE_C``, in a process that need not have seen earlier rounds.

    ``start`` is its state after the round before, whose posterior proposed the last round (None in
    the first round). A uniform prior (None, too) is one over a box around the simulations: of that
    of the problem, sbi takes a constant into the loss, which drops out. ``copy_proposal`` leaves
    sbi its deep copy of the proposal for every batch, which no number depends on.
    """
    from sbi.inference import NPE_C
    from sbi.inference.posteriors import DirectPosterior

    if estimator.bounded:
        raise ConfigurationError("training: expected batched for a bounded estimator, found sbi")
    for name in REGULARIZATION:
        if getattr(estimator, name):
            raise ConfigurationError(f"training: expected batched for {name}, found sbi")
    of = family(estimator.family)
    own = _around(data.theta) if prior is None or isinstance(prior, Box) else as_sbi(prior)
    proposal = None
    if start is not None:
        proposal = DirectPosterior(of.network(estimator, start), own)
        proposal.set_default_x(data.x[-1])  # sbi asks for one, and does not use it
        if not copy_proposal:
            proposal.__deepcopy__ = lambda memo, same=proposal: same

    def build(theta: torch.Tensor, x: torch.Tensor) -> Any:
        return of.network(estimator, of.build(estimator, theta, x) if start is None else start)

    trainer = NPE_C(
        own,
        density_estimator=build,
        tracker=Silent(),
        show_progress_bars=False,
    )
    for number in range(int(data.round_of.max()) + 1):
        part = data.round_of == number
        trainer.append_simulations(
            data.theta[part], data.x[part], proposal=proposal if number else None
        )
    printed = io.StringIO()
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(printed):
        torch.manual_seed(seed)
        network = trainer.train(
            num_atoms=settings.num_atoms,
            training_batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            validation_fraction=settings.validation_fraction,
            stop_after_epochs=settings.stop_after_epochs,
            max_num_epochs=settings.max_num_epochs,
            clip_max_norm=settings.clip_max_norm,
        )
    logging.info("sbi: %s", " ".join(printed.getvalue().split()))
    summary = trainer.summary
    return dict(deepcopy(network).state_dict()), {
        "epochs": int(summary["epochs_trained"][-1]),
        "best_validation_loss": float(summary["best_validation_loss"][-1]),
        "training": [float(value) for value in summary["training_loss"]],
        "validation": [float(value) for value in summary["validation_loss"]],
    }


def _around(theta: torch.Tensor) -> Any:
    """Uniform prior over a box around parameters (N, D)."""
    from sbi.utils import BoxUniform

    low, high = theta.amin(dim=0), theta.amax(dim=0)
    return BoxUniform(low - (high - low), high + (high - low))


class Silent:
    """A tracker that keeps sbi from writing its own log folder."""

    log_dir = None

    def log_metric(self, *args: Any, **kwargs: Any) -> None:
        """Ignore a metric."""

    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        """Ignore metrics."""

    def log_params(self, *args: Any, **kwargs: Any) -> None:
        """Ignore parameters."""

    def add_figure(self, *args: Any, **kwargs: Any) -> None:
        """Ignore a figure."""

    def flush(self) -> None:
        """Do nothing."""
