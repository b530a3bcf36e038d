"""A wrong configuration is refused with one line: the key, what was expected, what was found."""

import pytest

from analog_sbi.configuration import backend_settings, check, check_available
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
        ("training", "stock", ["training", "one of batched, sbi", "'stock'"]),
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


def test_the_chip_needs_its_library():
    with pytest.raises(ConfigurationError, match="pynn_brainscales"):
        check_available("bss2")


def test_backends_see_only_their_settings(config):
    settings = backend_settings(config, "bss2_sim")
    assert settings["length"] == config["chain"]["length"]
    assert settings["serial"] == config["chip"]["serial"]
    assert "experiments" not in settings
