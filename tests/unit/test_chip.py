"""Codes, fixed pattern, calibration, readout and batched heights of the chip model."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from analog_sbi.backends import Setup, make
from analog_sbi.chip import calibration, capmem, circuit, emulation, readout, trial
from analog_sbi.chip.fixed_pattern import fixed_pattern
from analog_sbi.models import chain


def settings(**changes):
    base = {
        "length": 4,
        "limits": {"leak": [0, 1022], "axial": [0, 1022]},
        "spike_interval": 200.0,
        "inputs": 10,
        "weight": 30,
        "serial": 59,
    }
    return base | changes


def heights(backend, table, codes, generator, traces=False):
    """Heights at codes of the whole chain (N, 2) or of each circuit; from full traces if asked."""
    inputs = chain.shared(backend.inputs)(codes) if np.shape(codes)[1] == 2 else codes
    needs = ["heights", "traces"] if traces else ["heights"]
    return backend.measure(table, inputs, generator, needs)["heights"]


def test_codes_span_the_time_constants_of_the_paper():
    tau = capmem.REFERENCE_PF / capmem.leak_conductance(np.array([0, 1022]))
    np.testing.assert_allclose(tau, [30.0, 12.0])
    axial = capmem.REFERENCE_PF / capmem.axial_conductance(np.array([0, 511, 1022]))
    assert axial[0] > 200
    assert 6 < axial[1] < 8
    np.testing.assert_allclose(axial[2], capmem.TAU_AXIAL_US)


def test_modes_change_the_conductances_by_their_factors():
    coding, code = capmem.mode(np.array([511, 511 + 1023, 511 + 2046, 700.9]))
    np.testing.assert_array_equal(coding, [-1, 0, 1, -1])
    np.testing.assert_array_equal(code, [511, 511, 511, 700])
    leak, left = (capmem.leak_conductance(codes, coding[:3]) for codes in (code[:3], 0 * code[:3]))
    axial = capmem.axial_conductance(code[:3], coding[:3])
    np.testing.assert_allclose((leak - left)[1:] / (leak - left)[:-1], 8)
    np.testing.assert_allclose(axial[1:] / axial[:-1], 4)
    with pytest.raises(ValueError, match="from 0 to 3068, found 3069"):
        capmem.mode(np.array([3069]))
    with pytest.raises(ValueError, match="found -1"):
        capmem.mode(np.array([-1]))


def test_a_serial_number_is_a_chip():
    one, same, other = fixed_pattern(1), fixed_pattern(1), fixed_pattern(2)
    np.testing.assert_array_equal(one.leak, same.leak)
    assert not np.allclose(one.leak, other.leak)
    assert np.log(one.leak).std() == pytest.approx(0.1, rel=0.15)


@pytest.mark.parametrize("serial", [0, 1, 59])
@pytest.mark.parametrize("length", [4, 6])
def test_calibration_equalizes_synapses_and_rest(serial, length):
    backend = make(Setup("bss2_sim", "chain", settings(serial=serial, length=length)))
    table = backend.calibrate(np.random.default_rng(3))
    assert table["success"].all()
    assert table["tau_synapse"].mean() == pytest.approx(10.0, rel=0.05)
    assert table["tau_synapse"].std() < table["tau_synapse_before"].std() / 3
    assert table["amplitude"].std() < table["amplitude_before"].std() / 3
    assert np.abs(table["rest"] - capmem.REST_TARGET).max() < 3
    # against the truth, which the calibration does not see
    pattern, codes = fixed_pattern(serial), calibration.configuration(table)
    tau = capmem.synaptic_time_constant(codes.excitatory_input_i_bias_tau)
    np.testing.assert_allclose(tau * pattern.tau_synapse[codes.circuits], 10.0, rtol=0.03)


@pytest.mark.parametrize("rising", [True, False])
def test_the_search_finds_the_closest_code(rising):
    goal = np.array([0, 1, 137, 511, 1021, 1022])
    sign = 1 if rising else -1

    def measure(codes):
        return sign * (codes - goal).astype(float)

    found = calibration.search(measure, 0.0, len(goal), rising)
    np.testing.assert_array_equal(found, goal)


def test_time_stamps_lie_on_the_clock_of_the_chip():
    time = readout.sample_times(100.0)
    assert len(time) == pytest.approx(100 * 500 / 17, abs=1)
    steps = np.round(np.diff(time) * 1000).astype(int)
    assert set(steps) == {32, 40}
    assert time.max() < 100.0


def test_samples_are_integers_of_ten_bits():
    generator = np.random.default_rng(0)
    codes = readout.sample(generator, np.array([[-5.0, 300.2, 2000.0]] * 1000))
    assert codes.min() == 0
    assert codes.max() == 1023
    np.testing.assert_array_equal(codes, np.rint(codes))
    assert codes[:, 1].std() == pytest.approx(np.sqrt(readout.NOISE_LSB**2 + 1 / 12), rel=0.1)


def test_maxima_have_the_distribution_of_full_traces():
    generator = np.random.default_rng(5)
    samples = np.array([400, 30, 10, 30, 400])
    mean = np.tile([300.0, 306.0, 307.0, 305.0, 304.5], (2000, 1))
    drawn = readout.sample_maximum(generator, mean, samples.astype(float))
    full = readout.sample(generator, np.repeat(mean, samples, axis=1)).max(axis=1)
    assert ks_2samp(drawn, full).pvalue > 1e-3
    wrong = readout.sample_maximum(generator, mean, samples / 10.0)
    assert ks_2samp(wrong, full).pvalue < 1e-6


@pytest.mark.parametrize("codes", [(511, 511), (0, 0), (1022, 0), (1022, 1022)])
def test_batched_heights_have_the_distribution_of_full_traces(codes):
    backend = make(Setup("bss2_sim", "chain", settings()))
    generator = np.random.default_rng([21, *codes])
    table = backend.calibrate(generator)
    batched = heights(backend, table, np.tile([codes], (3000, 1)), generator)
    full = heights(backend, table, np.tile([codes], (300, 1)), generator, traces=True)
    values = [ks_2samp(batched[:, i, j], full[:, i, j]).pvalue for i in range(4) for j in range(4)]
    # 16 tests a point: the smallest of 16 uniform p-values is below 2e-4 once in 300 times
    assert min(values) > 2e-4
    shift = np.abs(batched.mean(axis=0) - full.mean(axis=0)) / full.std(axis=0)
    assert shift.max() < 0.25


def test_individual_codes_agree_with_full_traces():
    backend = make(Setup("bss2_sim", "chain", settings()))
    generator = np.random.default_rng(12)
    table = backend.calibrate(generator)
    codes = np.array([[100, 900, 300, 600, 250, 800, 500]], dtype=float)
    batched = heights(backend, table, np.repeat(codes, 2000, axis=0), generator)
    full = heights(backend, table, np.repeat(codes, 100, axis=0), generator, traces=True)
    values = [ks_2samp(batched[:, i, j], full[:, i, j]).pvalue for i in range(4) for j in range(4)]
    assert min(values) > 2e-4


def test_runs_differ_by_noise_and_are_reproducible():
    backend = make(Setup("bss2_sim", "chain", settings()))
    table = backend.calibrate(np.random.default_rng(0))
    theta = np.tile([[511, 511]], (50, 1))
    first = heights(backend, table, theta, np.random.default_rng(1))
    again = heights(backend, table, theta, np.random.default_rng(1))
    np.testing.assert_array_equal(first, again)
    assert (first.std(axis=0) > 0.3).all()


def test_equal_codes_truncate_alike():
    backend = make(Setup("bss2_sim", "chain", settings()))
    table = backend.calibrate(np.random.default_rng(0))
    one = heights(backend, table, np.array([[511.0, 300.0]]), np.random.default_rng(1))
    two = heights(backend, table, np.array([[511.9, 300.7]]), np.random.default_rng(1))
    np.testing.assert_array_equal(one, two)


def test_variation_has_the_assumed_size():
    variation = trial.draw_variation(np.random.default_rng(0), 4000, 4)
    assert variation.leak.std() == pytest.approx(trial.LEAK_JITTER, rel=0.05)
    assert variation.axial.std() == pytest.approx(trial.AXIAL_JITTER, rel=0.05)
    values = trial.drift_at(variation.drift, np.linspace(0, 800, 50))
    assert values.std() == pytest.approx(trial.DRIFT_LSB, rel=0.05)


def test_time_constants_are_measured_as_set():
    backend = make(Setup("bss2_sim", "chain", settings()))
    generator = np.random.default_rng(2)
    table = backend.characterize(backend.calibrate(generator), 3, generator)
    pattern = fixed_pattern(59)
    for quantity, per_circuit, circuits in (
        ("membrane", pattern.leak, [0, 2, 4, 6]),
        ("axial", pattern.axial, [2, 4, 6]),
    ):
        for index, number in enumerate(circuits):
            rows = table[(table["quantity"] == quantity) & (table["compartment"] == index)]
            conductance = (
                capmem.leak_conductance if quantity == "membrane" else capmem.axial_conductance
            )
            codes = rows["parameter"].to_numpy()
            expected = capmem.REFERENCE_PF / (conductance(np.trunc(codes)) * per_circuit[number])
            close = rows["time_constant"].to_numpy()[1:] / expected[1:]
            np.testing.assert_allclose(close, 1, atol=0.05)


@pytest.mark.parametrize("offset", [0.0, 1e-9, -1e-9, 9e-7, 1e-5])
def test_a_mode_that_agrees_with_a_synaptic_rate_gives_the_exact_height(offset):
    """Two compartments apart, the first one with the rate of its synapse."""
    rate = 0.1
    leak = capmem.REFERENCE_PF * np.array([[rate * (1 + offset), 0.06]])
    network = circuit.modes(capmem.REFERENCE_PF, leak, np.zeros((1, 2, 2)))
    chain = emulation.Chain(
        rest=np.zeros(2),
        readout_offset=np.zeros(2),
        synaptic_rate=np.full(2, rate),
        current=np.full(2, 100.0),
        leak_factor=np.ones(2),
        axial_factor=np.ones(1),
        links=np.array([[0, 1]]),
    )
    stimulus = emulation.Stimulus(interval=200.0, inputs=1, weight=1)
    rates, own, _ = emulation._exponentials(chain, stimulus, network, np.array([0]), chain.current)
    time = np.linspace(0.0, 60.0, 50)
    found = own[0, 0] @ np.exp(-rates[0][:, None] * time)
    expected = circuit.response(network, 0, rate, 100.0, time)[0, 0]
    np.testing.assert_allclose(found, expected, atol=1e-3)
