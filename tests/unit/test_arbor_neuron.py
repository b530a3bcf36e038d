"""The spiking neuron in Arbor against the model of the chip, without mismatch and noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analog_sbi.backends import make
from analog_sbi.chip.adex import laws, patterns
from analog_sbi.chip.adex.emulation import emulate
from analog_sbi.chip.adex.integration import Courses, integrate
from analog_sbi.chip.adex.mismatch import ideal
from analog_sbi.models import adex
from tests.setups import neuron, neuron_on

NAMES = list(patterns.CODES)
LOW, HIGH = np.array(list(laws.RANGES.values())).T
FINE_US = 0.01
NEEDS = ("v", "w", "spikes")


def simulated(codes, step=None, backend=None):
    device = backend or neuron_on("arbor")
    if step is not None:
        device = replace(device, time_step=step)
    inputs = np.atleast_2d(np.array(codes, dtype=float))
    return device.measure(device.calibrate(None), inputs, np.random.default_rng(0), NEEDS)


def signals(courses: Courses):
    spikes = np.nan_to_num(courses.spikes, nan=adex.DURATION_US)
    return {"v": courses.v, "w": courses.w, "spikes": spikes}


@pytest.fixture(scope="module")
def fine():
    return simulated(list(patterns.CODES.values()), FINE_US)


@pytest.fixture(scope="module")
def expected():
    return signals(integrate(laws.neurons(np.array(list(patterns.CODES.values())))))


@pytest.mark.parametrize(
    ("pattern", "within_us"),
    # Bursts are sensitive; a reset is of a conductance beside the others here.
    [("subthreshold", 0), ("transient", 0.1), ("adaptation", 0.3), ("bursting", 1.5)],
)
def test_in_fine_steps_spikes_are_those_of_the_chips_model(fine, expected, pattern, within_us):
    run = NAMES.index(pattern)
    own, theirs = (part["spikes"][run] for part in (fine, expected))
    assert (own < adex.DURATION_US).sum() == (theirs < adex.DURATION_US).sum()
    np.testing.assert_allclose(own, theirs, rtol=0, atol=within_us)


def test_in_fine_steps_potentials_are_those_of_the_chips_model(fine, expected):
    """Where no spike is: samples with spikes differ where these are moved."""
    for name, largest in (("v", 0.5), ("w", 0.5)):
        apart = np.abs(fine[name] - expected[name])
        assert np.median(apart, axis=1).max() < largest
    assert np.abs(fine["w"][0] - expected["w"][0]).max() < 0.5


def test_features_differ_from_the_chips_by_less_than_trials_on_it_do(expected):
    whole = adex.features(simulated(list(patterns.CODES.values())))
    apart = np.abs(whole - adex.features(expected))
    for run, codes in enumerate(patterns.CODES.values()):
        trials = emulate(np.tile(codes, (200, 1)), ideal(), np.random.default_rng(1))
        spread = adex.features(signals(trials)).std(axis=0)
        over = dict(zip(adex.FEATURES, apart[run] - spread, strict=True))
        assert max(over.values()) <= 0, (NAMES[run], over)


def test_over_the_whole_range_of_the_codes_as_many_spikes_come_as_in_the_chips_model():
    codes = np.random.default_rng(0).uniform(LOW, HIGH, (50, len(LOW)))
    counts = (simulated(codes)["spikes"] < adex.DURATION_US).sum(axis=1)
    expected = np.minimum(integrate(laws.neurons(codes)).counts, adex.SPIKES)
    assert expected.max() > 100
    assert (expected == 0).any()
    assert np.abs(counts - expected).max() <= 2
    assert (counts == expected).mean() > 0.8


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_batches_and_threads_change_nothing(threads, monkeypatch):
    codes = list(patterns.CODES.values())
    whole = simulated(codes)
    monkeypatch.setattr("analog_sbi.backends.arbor.neuron.BATCH", 3)
    parts = simulated(codes, backend=make(neuron("arbor"), {"threads": threads}))
    for name in NEEDS:
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("wrong", [-1.0, 1023.0])
def test_codes_outside_of_their_range_are_refused(wrong):
    codes = np.array(patterns.CODES["bursting"], dtype=float)
    codes[3] = wrong
    with pytest.raises(ValueError, match="0 to 1022"):
        simulated(codes)
