"""What the experiments of a configuration ask for: targets, rounds, and references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analog_sbi.errors import ConfigurationError
from analog_sbi.randomness import generator


def targets(config: Mapping[str, Any]) -> dict[str, list[float]]:
    """Positions of all targets: those of the configuration, and random ones (paper, 4.4)."""
    drawn = generator(config["seed"], "amortized").random((config["amortized"]["targets"], 2))
    return config["targets"] | {
        f"random_{number}": [float(value) for value in position]
        for number, position in enumerate(drawn, start=1)
    }


def amortized_targets(config: Mapping[str, Any]) -> list[str]:
    """Names of the targets that the first round's posterior is asked for."""
    return ["centre", *(name for name in targets(config) if name.startswith("random_"))]


def experiment_settings(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Settings of an experiment that its training depends on, with the position of its target."""
    experiment = config["experiments"][name]
    keys = ("parameters", "observable", "seeds", "estimator")
    return {key: experiment[key] for key in keys} | {
        "position": config["targets"][experiment["target"]]
    }


def compared(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Experiments of the comparison of algorithms, ``compare_<algorithm>_<budget>``."""
    settings = config["compare_algorithms"]
    like = config["experiments"][settings["experiment"]]
    problem = {key: like[key] for key in ("parameters", "observable", "estimator", "target")}
    return {
        f"compare_{algorithm}_{sum(rounds)}": {
            **problem,
            "rounds": rounds,
            "seeds": settings["seeds"],
            "algorithm": algorithm,
        }
        for rounds in settings["rounds"]
        for algorithm in settings["algorithms"]
    }


def in_one_job(config: Mapping[str, Any]) -> list[str]:
    """Experiments whose algorithm runs as a whole: all but SNPE-C, and those that are compared."""
    others = [
        name
        for name, experiment in config["experiments"].items()
        if experiment.get("algorithm", "snpe_c") != "snpe_c"
    ]
    return [*dict.fromkeys((*others, *compared(config)))]


def training_settings(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Settings of training of an experiment in one job."""
    if name not in compared(config):
        return config["inference"]
    return config["inference"] | {"batch_size": config["compare_algorithms"]["batch_size"]}


def checked_rounds(experiment: Mapping[str, Any]) -> list[int]:
    """Rounds of an experiment whose posterior is sampled and checked."""
    last = len(experiment["rounds"]) - 1
    return list(range(last + 1)) if experiment.get("checked_rounds") == "all" else [last]


def compared_rounds(config: Mapping[str, Any], name: str) -> list[int]:
    """Rounds of an experiment that are compared with the reference posterior."""
    last = len(config["experiments"][name]["rounds"]) - 1
    every = name in config["distances"]["every_round"]
    return list(range(last + 1)) if every else sorted({0, last})


def reference_problem(config: Mapping[str, Any], name: str) -> str:
    """Name of the inference problem whose reference posterior an experiment is compared with.

    Raises ConfigurationError if its target is another than the reference's, the centre.
    """
    experiment = config["experiments"][name]
    if experiment["target"] != "centre":
        raise ConfigurationError(
            f"experiments.{name}.target: expected centre, the target of the reference posterior, "
            f"found {experiment['target']!r}"
        )
    return f"{experiment['parameters']}_{experiment['observable']}"


def asked_targets(config: Mapping[str, Any], name: str) -> list[str]:
    """Names of the targets that posteriors of an experiment are asked for."""
    if name == config["amortized"]["experiment"]:
        return amortized_targets(config)
    return [config["experiments"][name]["target"]]
