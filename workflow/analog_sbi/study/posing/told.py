"""What an answer was made from, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analog_sbi.problem import Given, Transferred
from analog_sbi.study.posing.problems import problem
from analog_sbi.study.typed import Study


def facts(study: Study, name: str, backend: str) -> dict[str, str]:
    """What an answer was made from, for its page: in words, by name."""
    experiment, posed = study.experiments[name], problem(study, name, backend)
    target_ = posed.target
    if isinstance(target_, Given):
        observed = f"{target_.path} ({target_.digest})"
    else:
        place = ", ".join(f"{value:g}" for value in target_.position)
        observed = f"measured at {place} of the ranges"
    if isinstance(target_, Transferred):
        scaled = "of unknown scale" if target_.scale is None else f"times {target_.scale:g}"
        observed += f" on {target_.setup.backend}, {scaled}"
    return {
        "model": experiment.model,
        "backend": backend,
        "settings": in_words(posed.setup.settings),
        "observation": observed,
        "features": ", ".join(posed.features),
        "algorithm": experiment.algorithm,
        "estimator": in_words(experiment.estimator.plain()),
        "measurements": f"{experiment.seeds} seeds of {' + '.join(map(str, experiment.rounds))}",
        "seed of the study": str(study.seed),
    }


def in_words(settings: Mapping[str, Any], between: str = "; ") -> str:
    """Settings as words: what is not set stays out, and two numbers are a range."""
    return between.join(
        f"{key.replace('_', ' ')}{_value(value)}"
        for key, value in settings.items()
        if value is not None
    )


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f" of {in_words(value, ', ')}"
    if isinstance(value, list | tuple):
        words = [_value(part) for part in value]
        return (" to" if len(words) == 2 else ",").join(words)
    return " none" if value is None else f" {value:g}" if isinstance(value, float) else f" {value}"
