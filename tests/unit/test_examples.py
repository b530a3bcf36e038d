"""The shipped examples: models that measure, and posteriors by rejection."""

import importlib.util

import numpy as np
import pytest

from analog_sbi.backends import Setup, make
from analog_sbi.problem import Given, pose
from tests.setups import ROOT


def example(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_a_program_of_pynn_is_a_model():
    """A larger leak relaxes faster and rises less, a larger capacitor slower; noise is seeded."""
    backend = make(Setup("function", str(ROOT / "examples" / "current_step.py")))
    inputs = np.array([[100.0, 40.0], [400.0, 40.0], [100.0, 60.0]])

    def measured(seed):
        random = np.random.default_rng(seed)
        return backend.measure(None, inputs, random, ["relaxation"])["relaxation"]

    found = measured(1)
    _, rise, tau = found.T
    assert rise[0] > 2 * rise[1]
    assert tau[0] > 2 * tau[1]
    assert tau[2] > 1.2 * tau[0]
    np.testing.assert_array_equal(found, measured(1))
    assert (found != measured(2)).any()


NORMAL = """
import numpy as np
from analog_sbi.models import Features, Signal
from analog_sbi.space import Space

space = Space(("a", "b"), ("1", "1"), [-10.0, -10.0], [10.0, 10.0])
signals = {"values": Signal((2,), "1")}


def measure(inputs, generator):
    return {"values": inputs + [0.5, 1.0] * generator.standard_normal(inputs.shape)}


observables = {
    "values": lambda signals: Features(("x", "y"), ("1", "1"), ("values",), lambda s: s["values"])
}
"""


def test_rejection_finds_a_posterior_of_known_width(tmp_path, capsys):
    path = tmp_path / "normal.py"
    path.write_text(NORMAL)
    where = Setup("function", str(path), {"code": "0"})
    target = Given("own", "own.csv", "0")
    problem = pose(where, make(where), "identity", "values", {}, target)
    trials = [1.0, -2.0] + [0.5, 1.0] * np.random.default_rng(0).standard_normal((50, 2))
    near = example("by_rejection").rejected(problem, trials, 40_000, 400, seed=0)
    np.testing.assert_allclose(near.mean(axis=0), trials.mean(axis=0), atol=0.2)
    assert near.std(axis=0) == pytest.approx([0.5, 1.0], rel=0.15)
    assert "within" in capsys.readouterr().out
