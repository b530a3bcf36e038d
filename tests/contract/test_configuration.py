"""A wrong configuration is refused with one line: the key, what was expected, what was found."""

import pytest

from analog_sbi.configuration import (
    backend_modules,
    backend_settings,
    check,
    check_available,
    chip_time,
)
from analog_sbi.errors import ConfigurationError


def set_key(config: dict, path: str, value: object) -> None:
    *parents, last = path.split(".")
    for name in parents:
        config = config[name]
    config[last] = value


def test_the_shipped_configuration_is_valid(config, schema):
    check(config, schema)


@pytest.mark.parametrize(
    ("path", "value", "parts"),
    [
        ("chain.lenght", 4, ["chain.lenght", "unknown key", "did you mean length?"]),
        ("bakend", "bss2", ["bakend", "unknown key", "did you mean backend?"]),
        ("backend", "bss3", ["backend", "one of bss2_sim, arbor, bss2", "'bss3'"]),
        ("chain.length", 1, ["chain.length", "at least 2", "found 1"]),
        ("target.trials", -100, ["target.trials", "at least 2", "-100"]),
        ("experiments.tau_2d.rounds", [50, -50], ["experiments.tau_2d.rounds[1]", "-50"]),
        ("experiments.tau_2d.rounds", [50, 50.5], ["rounds[1]", "integer", "50.5"]),
        ("experiments.tau_2d.rounds", "fifty", ["rounds", "array", "'fifty'"]),
        ("experiments.tau_2d.target", "center", ["tau_2d.target", "centre", "'center'"]),
        ("points", [[0.5, 1.5]], ["points[0][1]", "at most 1", "1.5"]),
        ("points", [[511, 511]], ["points[0][", "at most 1", "511"]),
        ("predictive.shown", 2000, ["predictive.shown", "predictive.samples", "2000"]),
        ("predictive.seed", 10, ["predictive.seed", "counted from 0", "10"]),
        ("chip.limits.leak", [500, 100], ["chip.limits.leak", "lowest, highest"]),
        ("chip.limits.leak", [0, 5000], ["chip.limits.leak[1]", "at most 3068", "5000"]),
        ("bss2.module", "pynn brainscales", ["bss2.module", "a name like", "pynn brainscales"]),
        ("bss2.calibrate_with", "hand", ["bss2.calibrate_with", "one of file, calix", "'hand'"]),
        ("bss2.averages", 0, ["bss2.averages", "at least 1", "found 0"]),
        ("training", "stock", ["training", "one of batched, sbi", "'stock'"]),
        ("amortized.experiment", "tau", ["amortized.experiment", "one of tau_2d", "'tau'"]),
        ("amortized.experiment", "first_7d", ["amortized.experiment", "global", "'first_7d'"]),
        ("compare_algorithms.experiment", "F", ["compare_algorithms.experiment", "tau_2d", "'F'"]),
        ("distances.every_round", ["tau_2d", 3], ["distances.every_round[1]", "string", "found 3"]),
        ("distances.every_round", ["tau_2d", "F"], ["distances.every_round[1]", "first_2d", "'F'"]),
    ],
)
def test_wrong_values_are_named(config, schema, path, value, parts):
    set_key(config, path, value)
    with pytest.raises(ConfigurationError) as caught:
        check(config, schema)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_missing_keys_are_named(config, schema):
    del config["chain"]["length"]
    with pytest.raises(ConfigurationError, match=r"chain\.length: missing"):
        check(config, schema)


def test_the_chip_needs_its_library(config):
    config["backend"] = "bss2"
    with pytest.raises(ConfigurationError, match=r"pynn_brainscales.*docs/hardware\.md"):
        check_available(config)
    config["bss2"]["container"] = "bss2.sif"  # looked for inside, by the measuring jobs
    check_available(config)
    config["bss2"] |= {"container": None, "module": "analog_sbi.chip.pynn"}
    check_available(config)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"calibration_file": "no.pbin"}, "expected a calibration of the chip, found no file no"),
        ({"calibrate_with": "calix"}, "expected a path that calix can write, found none"),
    ],
)
def test_calibration_files_are_looked_for_before_any_work(config, settings, expected):
    config["backend"] = "bss2"
    config["bss2"] |= {"module": "analog_sbi.chip.pynn"} | settings
    with pytest.raises(ConfigurationError, match=rf"bss2\.calibration_file: {expected}"):
        check_available(config)


def test_the_way_to_the_chip_is_no_matter_of_its_model(config):
    assert set(backend_settings(config, "bss2")) - set(backend_settings(config, "bss2_sim")) == (
        set(config["bss2"])
    )
    assert backend_modules(config, "bss2") == ["analog_sbi.backends.bss2"]
    config["bss2"]["module"] = "analog_sbi.chip.pynn"
    assert "analog_sbi.chip.pynn" in backend_modules(config, "bss2")


def test_chip_time_is_told_in_words(config):
    # 1600 grid points of 4 runs in half an hour (experiments of the original study)
    assert chip_time(config, 1600) == "32 min"
    assert chip_time(config, 10_000) == "3.3 h"
    config["bss2"]["averages"] = 10
    assert chip_time(config, 60) == "74 s"


def test_backends_see_only_their_settings(config):
    settings = backend_settings(config, "bss2_sim")
    assert settings["length"] == config["chain"]["length"]
    assert settings["serial"] == config["chip"]["serial"]
    assert "experiments" not in settings
