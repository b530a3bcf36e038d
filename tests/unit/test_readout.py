"""The converter, draws of maximum and mean, and heights in batches against full traces."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from analog_sbi.backends import Setup, make
from analog_sbi.chip import readout
from analog_sbi.models import chain

# Smallest p-value that a test of its own accepts; seeds are fixed, so none fails by chance.
ACCEPTED = 1e-3


def test_digits_are_whole_and_stay_in_ten_bits():
    levels = np.array([-30.0, -0.4, 0.4, 0.6, 511.49, 511.51, 1022.6, 1023.4, 5000.0])
    expected = [0, 0, 0, 1, 511, 512, 1023, 1023, 1023]
    np.testing.assert_array_equal(readout.digitize(levels), expected)


LAYOUTS = {
    "flat": ([300.0], [3000]),
    "peak": ([300.0, 306.0, 307.0, 305.0, 304.5], [400, 30, 10, 30, 400]),
    "one sample": ([420.0], [1]),
    "high peak, hidden rest": ([310.0, 450.0, 449.0, 310.0], [2000, 15, 15, 2000]),
    "long low, short high": ([300.0, 303.0], [5000, 5]),
    "at the upper end": ([1020.0, 1022.5], [100, 100]),
    "at the lower end": ([-8.0, -3.0], [50, 50]),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_maxima_are_distributed_as_those_of_all_samples(name):
    mean, samples = (np.array(part) for part in LAYOUTS[name])
    generator = np.random.default_rng([5, *name.encode()])
    drawn = readout.sample_maximum(generator, np.tile(mean, (4000, 1)), samples.astype(float))
    level = np.repeat(mean, samples)
    full = np.concatenate(
        [readout.sample(generator, np.tile(level, (250, 1))).max(axis=1) for _ in range(8)]
    )
    assert ks_2samp(drawn, full).pvalue > ACCEPTED


def test_each_trace_has_the_maximum_of_its_own_blocks():
    """Traces with different highest blocks in one call, as in a batch."""
    mean = np.array([[300.0, 320.0, 300.0], [400.0, 300.0, 300.0], [300.0, 300.0, 500.0]] * 2000)
    samples = np.array([100.0, 50.0, 20.0])
    together = readout.sample_maximum(np.random.default_rng(0), mean, samples).reshape(-1, 3)
    for column in range(3):
        alone = readout.sample_maximum(np.random.default_rng(1), mean[column::3], samples)
        assert ks_2samp(together[:, column], alone).pvalue > ACCEPTED


def test_the_test_of_maxima_sees_a_wrong_number_of_samples():
    generator = np.random.default_rng(2)
    mean = np.full((4000, 1), 300.0)
    right = readout.sample_maximum(generator, mean, np.array([3000.0]))
    wrong = readout.sample_maximum(generator, mean, np.array([1500.0]))
    assert ks_2samp(right, wrong).pvalue < 1e-6


@pytest.mark.parametrize("count", [500, 2941])
@pytest.mark.parametrize("level", [310.0, 310.37])
def test_means_are_distributed_as_those_of_all_samples(count, level):
    generator = np.random.default_rng([7, count, int(100 * level)])
    drawn = readout.sample_mean(generator, np.full(3000, level), count)
    full = np.concatenate(
        [readout.sample(generator, np.full((250, count), level)).mean(axis=1) for _ in range(8)]
    )
    assert ks_2samp(drawn, full).pvalue > ACCEPTED
    assert drawn.std() == pytest.approx(full.std(), rel=0.08)


def backend(length):
    settings = {
        "length": length,
        "limits": {"leak": [0, 1022], "axial": [0, 1022]},
        "spike_interval": 200.0,
        "inputs": 10,
        "weight": 30,
        "serial": 59,
    }
    return make(Setup("bss2_sim", "chain", settings))


def heights(backend, table, codes, generator, traces=False):
    """Heights at codes of the whole chain (N, 2) or of each circuit; from full traces if asked."""
    inputs = chain.shared(backend.inputs)(codes) if np.shape(codes)[1] == 2 else codes
    needs = ["heights", "traces"] if traces else ["heights"]
    return backend.measure(table, inputs, generator, needs)["heights"]


@pytest.mark.parametrize("length", [2, 4])
@pytest.mark.parametrize("codes", [(511, 511), (0, 0), (0, 1022), (1022, 0), (1022, 1022)])
def test_heights_of_a_batch_are_distributed_as_those_of_traces(codes, length):
    chip = backend(length)
    generator = np.random.default_rng([11, length, *codes])
    table = chip.calibrate(generator)
    batch = heights(chip, table, np.tile(codes, (2000, 1)), generator)
    full = heights(chip, table, np.tile(codes, (150, 1)), generator, traces=True)
    pairs = [(batch[:, i, j], full[:, i, j]) for i in range(length) for j in range(length)]
    # L^2 tests a point, so Bonferroni's bound of an overall level of 1 in 200
    assert min(ks_2samp(*pair).pvalue for pair in pairs) > 1 / (200 * len(pairs))
    error = full.std(axis=0) * np.sqrt(1 / 150 + 1 / 2000)
    assert (np.abs(batch.mean(axis=0) - full.mean(axis=0)) < 4 * error).all()
    np.testing.assert_allclose(batch.std(axis=0), full.std(axis=0), rtol=0.3)
