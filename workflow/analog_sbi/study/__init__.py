"""The configuration as a typed value: ``load`` checks it before any work starts.

``python -m analog_sbi.study`` writes ``config/README.md`` and ``config/schema.json`` from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from analog_sbi.errors import ConfigurationError
from analog_sbi.study import messages
from analog_sbi.study.experiments import ALGORITHMS, FAMILIES, Experiment, Target
from analog_sbi.study.typed import BACKENDS, Study

__all__ = [
    "ALGORITHMS",
    "BACKENDS",
    "FAMILIES",
    "Experiment",
    "Study",
    "Target",
    "check_names",
    "load",
]


def load(config: Mapping[str, Any], algorithms: Sequence[str] = ALGORITHMS) -> Study:
    """Check a configuration and make it a value; ``algorithms`` are names that it may use.

    Raises ConfigurationError for the first thing that is wrong, in one line: the key, what was
    expected and what was found.
    """
    plain = messages.plain(config)
    try:
        return Study.model_validate(plain, context={"algorithms": tuple(algorithms)})
    except ValidationError as error:
        schema = Study.model_json_schema()
        raise ConfigurationError(messages.refused(error, plain, schema)) from None


def check_names(
    study: Study,
    parameterizations: Mapping[str, Sequence[str]],
    observables: Mapping[str, Sequence[str]],
) -> None:
    """Raise ConfigurationError for a name that is none of a model's.

    Both mappings tell names by model. Models, parameterizations and observables that are files
    (``.py``) are not looked into.
    """
    for name, experiment in study.configured.items():
        key, model = f"experiments.{name}", experiment.model
        if model.endswith(".py"):
            continue
        if model not in parameterizations:
            raise ConfigurationError(_other(f"{key}.model", [*parameterizations], model))
        for part, names in (("parameters", parameterizations), ("observable", observables)):
            _check_name(f"{key}.{part}", getattr(experiment, part), names[model])
    for index, problem in enumerate(study.reference.problems):
        _check_name(
            f"reference.problems[{index}].observable", problem.observable, observables["chain"]
        )


def _check_name(key: str, name: str, names: Sequence[str]) -> None:
    if name not in names and not name.endswith(".py"):
        raise ConfigurationError(_other(key, names, name))


def _other(key: str, names: Sequence[str], name: str) -> str:
    hint = messages.near(name, names)
    return f"{key}: expected one of {', '.join(names)}, found {messages.short(name)}{hint}"
