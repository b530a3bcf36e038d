"""Check a configuration before any work starts, and cut out what a backend depends on."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from analog_sbi.errors import ConfigurationError
from analog_sbi.hardware.access import MODEL, missing
from analog_sbi.hardware.chip_time import seconds
from analog_sbi.logs import duration


def check(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise ConfigurationError for the first thing that is wrong with a configuration.

    The message names the key, what was expected and what was found.
    """
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        raise ConfigurationError(_describe(error))
    _check_limits(config)
    _check_experiments(config)
    _check_named_experiments(config)
    _check_amortized(config)
    _check_seeds(config)


def check_available(config: Mapping[str, Any]) -> None:
    """Raise ConfigurationError if what the backend needs is missing here.

    With a container, the module of the chip is looked for by the measuring jobs only.
    """
    backend, chip = config["backend"], config["bss2"]
    if backend == "bss2":
        module = chip["module"]
        if chip["container"] is None and find_spec(module.partition(".")[0]) is None:
            raise ConfigurationError(missing(module, "none"))
        _check_calibration_file(chip)
    if backend == "arbor" and find_spec("arbor") is None:
        raise ConfigurationError(
            "backend: arbor expected the module arbor, found none; pip install arbor"
        )


def chip_time(config: Mapping[str, Any], measurements: int) -> str:
    """How long measurements take on the chip, in words."""
    chip, length = config["bss2"], config["chain"]["length"]
    run = config["chip"]["spike_interval"] * length * chip["averages"]
    return duration(seconds(chip["module"], measurements, length, run))


def _check_calibration_file(chip: Mapping[str, Any]) -> None:
    path = chip["calibration_file"]
    if chip["calibrate_with"] == "calix":
        if path is None:
            raise ConfigurationError(
                "bss2.calibration_file: expected a path that calix can write, found none"
            )
    elif path is not None and not Path(path).is_file():
        raise ConfigurationError(
            f"bss2.calibration_file: expected a calibration of the chip, found no file {path}"
        )


def backend_settings(config: Mapping[str, Any], backend: str) -> dict[str, Any]:
    """Settings that a measurement on this backend depends on."""
    if backend == "bss2":
        return {**config["chain"], **config["chip"], **config["bss2"]}
    return {**config["chain"], **config["chip" if backend == "bss2_sim" else backend]}


def backend_modules(config: Mapping[str, Any], backend: str) -> list[str]:
    """Modules of this package that a measurement on this backend loads by name."""
    modules = [f"analog_sbi.backends.{backend}"]
    if backend == "bss2" and config["bss2"]["module"] == MODEL:
        modules.append(MODEL)
    return modules


def _describe(error: ValidationError) -> str:
    key = _key(error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = next(name for name in error.instance if name not in known)
        prefix = f"{key}." if key else ""
        near = get_close_matches(unknown, known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        return f"{prefix}{unknown}: unknown key; expected one of {', '.join(known)}{hint}"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        prefix = f"{key}." if key else ""
        return f"{prefix}{missing}: missing; expected {_meaning(error.schema, missing)}"
    meaning = error.schema.get("description")
    expected = _expectation(error)
    return (
        f"{key}: expected {expected}{f' ({meaning})' if meaning else ''}, found {error.instance!r}"
    )


def _expectation(error: ValidationError) -> str:
    value = error.validator_value
    phrases = {
        "type": f"{value}",
        "enum": f"one of {', '.join(map(str, value))}" if isinstance(value, list) else "",
        "minimum": f"at least {value}",
        "maximum": f"at most {value}",
        "exclusiveMinimum": f"more than {value}",
        "exclusiveMaximum": f"less than {value}",
        "minItems": f"at least {value} entries",
        "maxItems": f"at most {value} entries",
        "minProperties": f"at least {value} entries",
        "pattern": f"a name like {value}",
    }
    return phrases.get(error.validator, f"{error.validator} {value}")


def _meaning(schema: Mapping[str, Any], name: str) -> str:
    properties = schema.get("properties", {}).get(name, {})
    return properties.get("description", properties.get("type", "a value"))


def _key(path: Any) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _check_limits(config: Mapping[str, Any]) -> None:
    for kind, (low, high) in config["chip"]["limits"].items():
        if low >= high:
            raise ConfigurationError(
                f"chip.limits.{kind}: expected [lowest, highest] code, found [{low}, {high}]"
            )


def _check_experiments(config: Mapping[str, Any]) -> None:
    for name, experiment in config["experiments"].items():
        if experiment["target"] not in config["targets"]:
            raise ConfigurationError(
                f"experiments.{name}.target: expected one of "
                f"{', '.join(config['targets'])} (keys of targets), found {experiment['target']!r}"
            )


def _check_named_experiments(config: Mapping[str, Any]) -> None:
    named = {
        f"{section}.experiment": config[section]["experiment"]
        for section in ("amortized", "compare_algorithms")
    } | {
        f"distances.every_round[{index}]": name
        for index, name in enumerate(config["distances"]["every_round"])
    }
    for key, name in named.items():
        if name not in config["experiments"]:
            raise ConfigurationError(
                f"{key}: expected one of {', '.join(config['experiments'])}, found {name!r}"
            )


def _check_amortized(config: Mapping[str, Any]) -> None:
    name = config["amortized"]["experiment"]
    if config["experiments"][name]["parameters"] != "global":
        raise ConfigurationError(
            f"amortized.experiment: expected one with global parameters, found {name!r}"
        )


def _check_seeds(config: Mapping[str, Any]) -> None:
    if config["predictive"]["shown"] > config["predictive"]["samples"]:
        raise ConfigurationError(
            f"predictive.shown: expected at most predictive.samples = "
            f"{config['predictive']['samples']}, found {config['predictive']['shown']}"
        )
    for name, experiment in config["experiments"].items():
        if config["predictive"]["seed"] >= experiment["seeds"]:
            raise ConfigurationError(
                f"predictive.seed: expected a seed of every experiment ({name} has "
                f"{experiment['seeds']}, counted from 0), found {config['predictive']['seed']}"
            )


def plane_settings(config: Mapping[str, Any], backend: str) -> dict[str, Any]:
    """Settings for what is shown and decided in the plane of leak and axial conductance."""
    return {
        "backend": backend,
        "settings": backend_settings(config, backend),
        "simulator": backend_settings(config, "arbor"),
        "points": config["points"],
        "centre": config["targets"]["centre"],
        "shown": config["predictive"]["shown"],
        "seed": config["predictive"]["seed"],
    }
