"""Programs for the chip on the stand-in: what they show, in closed form or from recordings.

Both generations of the interface run every program (``tests/programs``).
"""

import importlib

import numpy as np
import pytest
from scipy.optimize import curve_fit

import analog_sbi.chip.pynn as stand_in
from analog_sbi.chip import capmem, trial
from analog_sbi.chip.adex import laws, patterns
from analog_sbi.chip.adex import mismatch as of_neurons
from analog_sbi.chip.adex.integration import Courses
from analog_sbi.chip.fixed_pattern import fixed_pattern
from analog_sbi.chip.pynn import physics, simulator
from analog_sbi.chip.pynn.mismatch import mismatch

SERIAL = 3
PATTERN, EXTRA = fixed_pattern(SERIAL), mismatch(SERIAL)


@pytest.fixture(autouse=True, params=["classic", "lazy"])
def _registered(request, monkeypatch, tmp_path_factory):
    cache = tmp_path_factory.getbasetemp() / "calibrations"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr(trial, "LEAK_JITTER", 0.0)
    monkeypatch.setattr(trial, "AXIAL_JITTER", 0.0)
    monkeypatch.setattr(of_neurons, "JITTER", 0.0)
    with stand_in.registered(generation=request.param, serial=SERIAL):
        yield
    simulator.state = None


def program(name):
    return importlib.reload(importlib.import_module(f"tests.programs.{name}"))


def leak(circuit, code, mode=0):
    """Rate in 1/us of a circuit's membrane at full capacitor."""
    conductance = capmem.leak_conductance(code, mode) * PATTERN.leak[circuit]
    return float(conductance / capmem.CAPACITANCE_PF)


def rest(circuit, code, bias):
    fall = laws.rest_fall(bias)
    return capmem.rest_potential(code) + PATTERN.rest[circuit] + fall


def interval(circuit, drive, codes):
    """Interval between two spikes in us: refractory time and the way from reset to threshold.

    The membrane relaxes towards ``drive``; during the reset towards the reset potential.
    """
    period = laws.clock_us(laws.CLOCK_SCALE)
    whole, held = physics.refractory_us(codes["time"], codes["holdoff"], period)
    threshold = laws.threshold(codes["threshold"]) + EXTRA.threshold[circuit]
    reset = laws.reset(codes["reset"]) + EXTRA.reset[circuit]
    pull = laws.reset_conductance(1022, 1) * PATTERN.leak[circuit] / capmem.CAPACITANCE_PF
    start = reset + (threshold - reset) * np.exp(-held * pull)
    climb = np.log((drive - start) / (drive - threshold)) / leak(circuit, codes["leak"])
    return max(float(whole), float(held + climb))


def test_rest_follows_the_leak_code_and_falls_with_its_bias():
    measure = program("silent_neuron").resting_potential
    low, high = measure(700, 1000), measure(800, 1000)
    assert high - low == pytest.approx(79, abs=3)  # slope 0.79 of recorded rests
    assert measure(700, 250) - low == pytest.approx(16, abs=3)  # recorded


def test_a_neuron_with_its_leak_above_threshold_fires_regularly():
    spikes, times, membrane = program("leak_over_threshold").run()
    codes = {"time": 255, "holdoff": 15, "threshold": 300, "reset": 400, "leak": 200}
    expected = interval(17, rest(17, 1000, 200), codes)
    intervals = np.diff(spikes) * 1e3
    assert intervals.mean() == pytest.approx(expected, rel=0.02)
    assert 0 < intervals.std() < 0.05 * expected
    threshold = laws.threshold(300) + EXTRA.threshold[17] + PATTERN.readout[17]
    assert membrane.max() == pytest.approx(threshold, abs=8)
    reset = laws.reset(400) + EXTRA.reset[17] + PATTERN.readout[17]
    assert np.median(membrane[(times > spikes[1] + 0.004) & (times < spikes[1] + 0.012)]) == (
        pytest.approx(reset, abs=4)
    )


def test_thresholds_are_those_of_recordings():
    highest = []
    for code in (150, 250, 350):
        _, _, membrane = program("leak_over_threshold").run(threshold_v_threshold=code)
        highest.append(membrane.max() - EXTRA.threshold[17] - PATTERN.readout[17])
    slope, offset = np.polyfit([150, 250, 350], highest, 1)
    assert slope == pytest.approx(0.98, abs=0.04)
    assert offset == pytest.approx(106, abs=12)


def test_the_refractory_time_counts_cycles_of_64_ns():
    intervals = []
    for counter in (50, 100, 250):
        spikes, _, _ = program("leak_over_threshold").run(refractory_period_refractory_time=counter)
        intervals.append(np.diff(spikes).mean() * 1e3)
    np.testing.assert_allclose(np.diff(intervals), [50 * 0.064, 150 * 0.064], rtol=0.05)


def test_the_f_i_curve_is_that_of_a_leaky_integrator():
    currents = np.array([0, 150, 400, 600, 800, 1000])
    found = program("fi_curve").rates(currents)
    codes = {"time": 10, "holdoff": 0, "threshold": 250, "reset": 300, "leak": 150}
    threshold = laws.threshold(250) + EXTRA.threshold[5]
    for current, rate in zip(currents, found, strict=True):
        push = physics.constant_current(current, False) * EXTRA.current[5]
        drive = rest(5, 530, 150) + push / capmem.CAPACITANCE_PF / leak(5, 150)
        if drive < threshold - 5:
            assert rate == 0
        elif drive > threshold + 20:
            assert rate == pytest.approx(1e3 / interval(5, drive, codes), rel=0.03)
    assert found[-1] > found[-2] > found[-3]


@pytest.mark.parametrize("code", [150, 300])
def test_a_membrane_relaxes_with_its_time_constant_after_a_current_step(code):
    before, during, after = program("current_step").run(code)
    assert before.t_start.magnitude == 0
    assert float(during.t_start) == pytest.approx(0.2)
    assert float(after.t_start) == pytest.approx(0.3)
    level = before.magnitude.mean()
    push = physics.constant_current(500, False) * EXTRA.current[3]
    rise = push / capmem.CAPACITANCE_PF / leak(3, code)
    assert during.magnitude[-300:].mean() - level == pytest.approx(rise, rel=0.05)
    times = (after.times.magnitude - float(after.t_start)) * 1e3
    (_, tau, _), _ = curve_fit(
        lambda t, a, tau, b: a * np.exp(-t / tau) + b,
        times,
        after.magnitude[:, 0],
        p0=(rise, 10, level),
    )
    assert tau == pytest.approx(1 / leak(3, code), rel=0.06)


def test_leaks_in_normal_mode_have_the_time_constants_of_recordings():
    """10.5 to 18 us at full capacitor and code 150."""
    taus = capmem.CAPACITANCE_PF / (capmem.leak_conductance(150, 0) * PATTERN.leak)
    assert 10.5 < np.median(taus) < 18


def test_an_inhibitory_input_cancels_an_excitatory_one():
    run = program("inhibition").run
    up, down, both = run(60, 0), run(0, 60), run(60, 60)
    assert up.max() > 40
    np.testing.assert_allclose(down.min(), -up.max(), rtol=0.25)  # 5 % spread, each synapse
    assert np.abs(both).max() < 0.35 * up.max()


def test_a_calibrated_neuron_has_the_time_constants_of_the_target():
    """Alpha function t exp(-t / tau): recorded membranes and synapses both have 10.8 us."""
    trace = program("inhibition").run(60, 0)
    times = np.arange(len(trace)) * 0.034
    (height, tau), _ = curve_fit(
        lambda t, a, tau: a * np.clip(t - 100.4, 0, None) * np.exp(-(t - 100.4) / tau),
        times,
        trace,
        p0=(10, 10),
    )
    assert tau == pytest.approx(10.0, rel=0.12)
    assert height / (5 * 60) == pytest.approx(0.16, rel=0.25)  # slope in LSB/us per weight


def test_a_synfire_chain_passes_a_volley_on():
    volleys = program("synfire_chain").run(weight=40)
    firsts = [np.median([train[0] for train in link]) for link in volleys]
    steps = np.diff([0.05, *firsts]) * 1e3  # us
    assert all(len(train) >= 1 for link in volleys for train in link)
    assert (steps > physics.LOOP_DELAY_US).all()
    assert (steps < 15).all()  # a PSP of seven inputs crosses within its rise
    silent = program("synfire_chain").run(weight=3)
    assert not any(len(train) for link in silent for train in link)


def test_a_closed_chain_keeps_firing():
    volleys = program("synfire_chain").run(weight=50, closed=True)
    assert min(len(train) for train in volleys[0]) > 3


def test_poisson_sources_have_the_rate_and_its_variance():
    rate, size = 2e4, 40
    trains = program("poisson_input").run(rate, size=size)
    counts = np.array([len(train) for train in trains])
    expected = rate * 4.0 / 1e3
    assert counts.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / size))
    assert 0.4 < counts.var(ddof=1) / expected < 2.0
    spikes = np.concatenate(trains)
    assert spikes.min() >= 0.5
    assert spikes.max() <= 4.5
    intervals = np.concatenate([np.diff(train) for train in trains])
    assert intervals.std() / intervals.mean() == pytest.approx(1.0, abs=0.06)


@pytest.fixture
def steady(monkeypatch):
    """Runs that do not differ: at the codes of a pattern some trials have a spike more or less."""
    for name in ("NOISE_LSB_PER_US", "THRESHOLD_NOISE_LSB"):
        monkeypatch.setattr(of_neurons, name, 0.0)
    monkeypatch.setattr(trial, "DRIFT_LSB", 0.0)


def adapting(pattern):
    """Run the neuron that ``patterns`` has codes for, by the protocol of the public demo."""
    stand_in.use(serial=patterns.SERIAL)
    codes = dict(zip(laws.RANGES, patterns.CODES[pattern], strict=True))
    followed = codes["leak_v_leak"] + laws.LEAK_FOLLOWED_BY
    return program("adaptation").run(
        first=0, adaptation_v_leak=followed, exponential_enable=True, **codes
    )


def test_a_subthreshold_neuron_rings_as_recorded(steady):
    """Recording: rest 325, overshoot 455, plateau 422, undershoot 287 (10 %)."""
    spikes, states, membranes = adapting("subthreshold")
    assert not any(len(train) for train in spikes)
    before, during, after = (signal.magnitude for signal in membranes)
    smooth = np.convolve(during[:, 0], np.ones(30) / 30, "valid")
    level = before.mean()
    assert level == pytest.approx(325, rel=0.1)
    assert smooth.max() - level == pytest.approx(130, rel=0.25)
    assert during[-500:].mean() - level == pytest.approx(97, rel=0.25)
    assert after.min() < level - 20
    assert states[1].magnitude.max() - states[0].magnitude.mean() == pytest.approx(73, rel=0.25)


def test_spike_frequency_adapts(steady):
    """Recording: 13 spikes in a step of 0.6 ms, the intervals grow from 23 to 55 us."""
    (before, during, after), states, _ = adapting("adaptation")
    assert len(before) == len(after) == 0
    assert 9 <= len(during) <= 18
    intervals = np.diff(during) * 1e3
    assert intervals[-1] > 1.2 * intervals[0]
    jumps = np.diff(states[1].magnitude[:, 0])
    assert jumps.max() > 10  # within a step of the model
    assert states[1].magnitude.max() > states[0].magnitude.mean() + 60


@pytest.mark.parametrize("pattern", list(patterns.RECORDED))
def test_recorded_patterns_are_those_of_programs(pattern, steady):
    """Every number within 10 %, as in ``chip.adex.patterns``."""
    spikes, states, membranes = adapting(pattern)
    v, w = (
        means(signals) - offset
        for signals, offset in zip((membranes, states), READOUT, strict=True)
    )
    times = np.concatenate(spikes) * 1e3
    courses = Courses(v[None], w[None], times[None], np.array([len(times)]))
    jump = laws.ADAPTATION_JUMP_LSB * patterns.CODES[pattern][5]
    jump *= mismatch(patterns.SERIAL).adaptation_jump[0]
    table = patterns.deviations(pattern, patterns.readings(courses, 0, jump))
    assert not table["own"].isna().any()
    assert table["deviation"].max() < 0.1


READOUT = fixed_pattern(patterns.SERIAL).readout[[1, 0]]


def means(signals):
    """Means (1000,) over 1 us of the samples of a run."""
    times = np.concatenate([signal.times.magnitude for signal in signals]) * 1e3
    values = np.concatenate([signal.magnitude[:, 0] for signal in signals])
    counts, _ = np.histogram(times, 1000, (0, 1000))
    return np.histogram(times, 1000, (0, 1000), weights=values)[0] / counts


def test_psps_decay_along_a_chain_of_compartments():
    heights = program("compartment_chain").run(4, "madc")
    for column, column_heights in enumerate(heights.T):
        assert column_heights.argmax() == column
    falling = heights[:, 0]
    assert (np.diff(falling) < 0).all()
    # heights of the public tutorial at these settings: 69..92 at, 29..39 LSB far from the input
    assert 55 < np.diag(heights).min() < np.diag(heights).max() < 115
    assert 20 < falling[-1] < 50


def test_the_chain_has_the_heights_of_the_public_tutorial():
    """Its figure, injected (rows) and recorded (columns), against the mean of five chips."""
    figure = [[78, 50, 35, 29], [57, 71, 52, 46], [47, 49, 69, 58], [39, 45, 65, 92]]
    heights = []
    for serial in (0, 3, 5, 7, 59):
        stand_in.use(serial=serial)
        heights.append(program("compartment_chain").run(4, "madc").T)
    ratios = np.mean(heights, axis=0) / figure
    assert ratios.mean() == pytest.approx(1.0, abs=0.1)
    assert np.abs(ratios - 1).max() < 0.25


def test_the_cadc_reads_all_compartments_at_once():
    heights = program("compartment_chain").run(3, "cadc", isi=0.05)
    wide = program("compartment_chain").run(3, "madc", isi=0.05)
    np.testing.assert_allclose(heights * physics.CADC_LSB, wide, atol=14)


def test_inputs_pull_their_line_down():
    for variable in ("exc_synin", "inh_synin"):
        line, membrane = program("synaptic_line").run(variable)
        assert line.name == variable
        assert membrane.name == "v"
        values, times = line.magnitude[:, 0], line.times.magnitude
        base = values[times < 0.1].mean()
        assert values.max() - base < 10
        assert base - values.min() > 20
        after = times > 0.1005
        (_, tau), _ = curve_fit(
            lambda t, a, tau: a * np.exp(-t / tau),
            (times[after] - 0.1004) * 1e3,
            base - values[after],
            p0=(200, 10),
        )
        assert tau == pytest.approx(10.0, rel=0.06)


def test_logic_with_spikes():
    fires = program("logic").fires
    for weight, table in ((60, (False, True, True, True)), (24, (False, False, False, True))):
        found = tuple(fires(*inputs, weight) for inputs in _inputs())
        assert found == table


def _inputs():
    return (([], []), ([0.2], []), ([], [0.2]), ([0.2], [0.2]))


def test_weights_change_between_snippets_and_neurons_forward_events():
    image = np.array([[0, 32, 63], [10, 0, 0], [0, 0, 5]])
    counts = program("reconfiguration").run(image)
    np.testing.assert_array_equal(counts > 0, image > 0)
    np.testing.assert_allclose(counts[image > 0], 20, atol=1)
