"""Training by sbi's own trainers with the settings of the study."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings


def options(settings: TrainingSettings) -> dict[str, Any]:
    """Arguments of sbi's ``train``."""
    return {
        "training_batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "validation_fraction": settings.validation_fraction,
        "stop_after_epochs": settings.stop_after_epochs,
        "clip_max_norm": settings.clip_max_norm,
        "max_num_epochs": settings.max_num_epochs,
    }


def of_estimator(settings: EstimatorSettings) -> dict[str, Any]:
    """Size of a flow by the names of sbi, and its permutations."""
    return {
        "hidden_features": settings.hidden,
        "num_transforms": settings.transforms,
        "num_blocks": settings.blocks,
        "permutations": settings.permutations,
    }


def summary(trainer: Any) -> dict[str, Any]:
    """What became of a training, as plain values."""
    told = trainer.summary
    return {
        "epochs": int(told["epochs_trained"][-1]),
        "best_validation_loss": float(told["best_validation_loss"][-1]),
    }


def saved(network: Any) -> dict[str, Tensor]:
    """State of a network as plain tensors."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
