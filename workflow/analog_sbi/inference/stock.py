"""The same round by stock sbi, one seed after another: the reference for ``training``."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch

from analog_sbi.inference.estimator import blind, build_network, permutations, stack
from analog_sbi.inference.posterior import Posterior, Problem, as_sbi
from analog_sbi.inference.rounds import RoundData, SeedData, TrainingSettings, complete
from analog_sbi.inference.training import Progress


def train_round(
    rounds: Sequence[RoundData],
    previous: Posterior | None,
    *,
    problem: Problem,
    settings: TrainingSettings,
    seeds: Sequence[int],
    max_missing: float = 0.1,
    progress: Progress | None = None,
) -> Posterior:
    """Train the posterior of every seed on all rounds so far (see ``training.train_round``)."""
    data = complete(rounds, max_missing)
    networks, histories = [], []
    for index, part in enumerate(data):
        proposal = None if previous is None else as_sbi(previous, index)
        network, history = train_seed(part, proposal, problem, settings, seeds[index])
        networks.append(network)
        histories.append(history | {"excluded": part.excluded})
        if progress is not None:
            progress(index + 1, len(data) - index - 1)
    state = stack(networks)
    for index, history in enumerate(histories):
        history["blind"] = bool(blind(state)[index])
        history["permutations"] = permutations(state)[index].tolist()
    return Posterior(problem, len(rounds) - 1, state, tuple(histories))


def train_seed(
    data: SeedData, proposal: Any, problem: Problem, settings: TrainingSettings, seed: int
) -> tuple[Any, dict[str, Any]]:
    """Train one network by sbi's ``NPE_C``, in a process that need not have seen earlier rounds.

    Training goes on from the network of ``proposal``, the posterior after the round before
    (None in the first round).
    """
    from sbi.inference import NPE_C
    from sbi.utils import BoxUniform

    if proposal is None:

        def build(theta: torch.Tensor, x: torch.Tensor) -> Any:
            return build_network(problem.estimator, theta, x)

    else:

        def build(theta: torch.Tensor, x: torch.Tensor) -> Any:
            return deepcopy(proposal.posterior_estimator)

    trainer = NPE_C(
        BoxUniform(problem.low, problem.high),
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
    return deepcopy(network), {
        "epochs": int(summary["epochs_trained"][-1]),
        "best_validation_loss": float(summary["best_validation_loss"][-1]),
        "training": [float(value) for value in summary["training_loss"]],
        "validation": [float(value) for value in summary["validation_loss"]],
    }


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
