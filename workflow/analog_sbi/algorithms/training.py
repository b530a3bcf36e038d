"""Training and sampling by sbi's own trainers and posteriors with the settings of the study."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analog_sbi.algorithms.task import Task
from analog_sbi.inference.stock import Silent

# sbi rejects samples outside the prior for ever unless it is told when to give up.
SAMPLING = {"show_progress_bars": False, "max_sampling_time": 600.0}  # seconds


def trainer(kind: type, prior: Any, **network: Callable) -> Any:
    """Make one of sbi's trainers, without its log folder; ``network`` is how it names its own."""
    return kind(prior, tracker=Silent(), show_progress_bars=False, **network)


def options(task: Task) -> dict[str, Any]:
    """Arguments of sbi's ``train``."""
    settings = task.training
    return {
        "training_batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "validation_fraction": settings.validation_fraction,
        "stop_after_epochs": settings.stop_after_epochs,
        "clip_max_norm": settings.clip_max_norm,
        "max_num_epochs": settings.max_num_epochs,
    }
