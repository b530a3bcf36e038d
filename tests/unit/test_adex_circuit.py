"""The spiking circuit against solve_ivp, closed forms, Arbor, half the step, and recordings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_sbi.chip.adex import laws, patterns
from analog_sbi.chip.adex.emulation import emulate
from analog_sbi.chip.adex.integration import STEP_US, Protocol, integrate
from analog_sbi.chip.adex.laws import RESET_US, Neurons, neurons
from analog_sbi.chip.adex.mismatch import DRAWS, mismatch, varied

NAMES = list(laws.RANGES)
LOW, HIGH = np.array(list(laws.RANGES.values())).T


def at(pattern: str) -> Neurons:
    return mismatch(59).applied(neurons(np.array([patterns.CODES[pattern]])))


def spikes_of(courses, run: int = 0) -> np.ndarray:
    return courses.spikes[run][~np.isnan(courses.spikes[run])]


# --- numerics


def reference(p: Neurons, v0: float, w0: float) -> list[float]:
    """Spike times by solve_ivp with an event, from one spike to the next."""
    value = {name: float(part[0]) for name, part in vars(p).items()}

    def slope(t, state, current, held=False):
        v, w = state
        share = 1 / (1 + np.exp(-(v - value["onset"]) / value["slope"]))
        dv = value["leak"] * (value["rest"] - v) + value["exponential"] * share
        if held:
            dv = value["pull"] * (value["reset"] - v)
        dv += current - value["adaptation_strength"] * (w - value["adaptation_reference"])
        dw = value["adaptation_rate"] * (value["adaptation_reference"] - w)
        dw += value["adaptation_drive"] * (v - value["adaptation_leak"])
        return [dv, dw]

    def crossing(t, state, *rest):
        return state[0] - value["threshold"]

    crossing.terminal, crossing.direction = True, 1  # type: ignore[attr-defined]
    found: list[float] = []
    state = [v0, w0]
    for begin, end, current in ((0, 100, 0.0), (100, 700, value["current"]), (700, 1000, 0.0)):
        t = float(begin)
        while t < end:
            options = {"rtol": 1e-9, "atol": 1e-9}
            run = solve_ivp(slope, (t, end), state, events=crossing, args=(current,), **options)
            t, state = run.t[-1], run.y[:, -1].tolist()
            if run.status == 1:
                found.append(t)
                state = [value["threshold"], state[1] + value["adaptation_jump"]]
                stop = t + RESET_US
                held = solve_ivp(slope, (t, stop), state, args=(current, True), **options)
                t, state = stop, held.y[:, -1].tolist()
    return found


@pytest.mark.parametrize("pattern", list(patterns.RECORDED))
def test_spikes_are_those_of_solve_ivp(pattern):
    neuron = at(pattern)
    courses = integrate(neuron)
    expected = reference(neuron, float(courses.v[0, 0]), float(courses.w[0, 0]))
    assert len(expected) == len(patterns.RECORDED[pattern]["spikes"])
    np.testing.assert_allclose(spikes_of(courses), expected, atol=0.02)


def test_half_the_step_moves_nothing_by_a_tenth_of_what_trials_differ_by():
    for pattern in ("transient", "adaptation", "bursting"):
        neuron = at(pattern)
        whole, half = integrate(neuron), integrate(neuron, step=STEP_US / 2)
        codes = np.tile(patterns.CODES[pattern], (100, 1))
        trials = emulate(codes, mismatch(59), np.random.default_rng(0))
        for of in ("v", "w"):
            values = [getattr(run, of).mean() for run in (whole, half)]
            spread = getattr(trials, of).mean(axis=1).std()
            assert abs(values[0] - values[1]) < spread / 10
        first = trials.spikes[:, 0]
        moved = np.abs(spikes_of(whole) - spikes_of(half))
        assert moved[0] < np.nanstd(first) / 10
        assert moved.max() < 0.02


def linear(**changed: float) -> Neurons:
    """A neuron without exponential term, threshold out of reach, but for what is changed."""
    base = neurons(np.array([patterns.CODES["subthreshold"]]))
    rest = float(base.rest[0])  # no offset current
    values = {"exponential": 0.0, "threshold": 899.0, "adaptation_leak": rest, **changed}
    return replace(base, **{name: np.array([value]) for name, value in values.items()})


def test_the_subthreshold_response_is_that_of_the_linear_equations():
    """Overshoot and return of two coupled first-order equations, by the matrix exponential."""
    p = linear(current=4.0)
    courses = integrate(p)
    strength, rate = float(p.adaptation_strength[0]), float(p.adaptation_rate[0])
    matrix = np.array([[-float(p.leak[0]), -strength], [float(p.adaptation_drive[0]), -rate]])
    rates, vectors = np.linalg.eig(matrix.astype(complex))
    steady = -np.linalg.solve(matrix, [4.0, 0.0])
    time = np.arange(600) + 0.5
    weights = np.linalg.solve(vectors, -steady)
    course = (vectors @ (weights[:, None] * np.exp(rates[:, None] * time))).real + steady[:, None]
    np.testing.assert_allclose(courses.v[0, 100:700] - p.rest[0], course[0], atol=0.1)
    np.testing.assert_allclose(
        courses.w[0, 100:700] - p.adaptation_reference[0], course[1], atol=0.1
    )


@pytest.mark.parametrize("current", [12.0, 16.0, 30.0])
def test_without_adaptation_it_fires_as_a_leaky_integrator(current):
    """f-I curve: T = reset + tau ln((I tau - (V_0 - E)) / (I tau - (theta - E))).

    V_0 is where a reset ends.
    """
    p = linear(
        current=current,
        threshold=500.0,
        reset=350.0,
        leak=0.05,
        adaptation_drive=0.0,
        adaptation_jump=0.0,
    )
    rest, drive, pull = float(p.rest[0]), current / 0.05, float(p.pull[0])
    level = 350 + current / pull
    start = level + (500 - level) * np.exp(-pull * RESET_US)
    expected = RESET_US + 20 * np.log((drive - (start - rest)) / (drive - (500 - rest)))
    np.testing.assert_allclose(np.diff(spikes_of(integrate(p))), expected, rtol=2e-4)


def test_it_is_arbors_adex_cell_where_the_exponential_does_not_saturate():
    arbor = pytest.importorskip("arbor")
    from arbor import units

    leak, rate, strength, gain = 0.05, 0.01, 0.05, -0.2
    steep, threshold, reset, jump, target = 15.0, 500.0, 380.0, 30.0, 620.0
    far = 200.0
    rest, current = 400.0, leak * (target - 400.0)
    ours = linear(
        rest=rest,
        leak=leak,
        threshold=threshold,
        reset=reset,
        current=current,
        adaptation_rate=rate,
        adaptation_drive=gain * rate,
        adaptation_leak=target,  # of Arbor's cell there is one potential for both
        adaptation_jump=jump,
        adaptation_strength=strength,
        adaptation_reference=400.0,
        exponential=leak * steep * np.exp(far / steep),
        onset=threshold + far,
        slope=steep,
        pull=np.inf,  # Arbor's cell is clamped
    )
    protocol = Protocol(begin=0.0, end=400.0, duration=400.0)
    courses = integrate(ours, protocol, reset=0.05)  # Arbor holds w as well in that time
    pull = strength * gain
    begin = (leak * rest + pull * target) / (leak + pull)  # the rest of both equations
    start = begin, gain * (begin - target)
    # Arbor 0.12 refuses any w at the beginning and begins with 0.005 nA, for which the
    # capacitance is chosen. It records no spikes of these cells: they are read off V.
    nano = 0.005 / start[1]  # nA per LSB of w
    pf = nano / strength * 1e3

    class Recipe(arbor.recipe):
        def num_cells(self):
            return 1

        def cell_kind(self, gid):
            return arbor.cell_kind.adex

        def cell_description(self, gid):
            cell = arbor.adex_cell("source", "target")
            cell.C_m, cell.g = pf * units.pF, leak * pf * 1e-3 * units.uS
            cell.E_L, cell.E_R, cell.V_m = (x * units.mV for x in (target, reset, start[0]))
            cell.V_th, cell.delta = threshold * units.mV, steep * units.mV
            cell.t_ref, cell.tau = 0.05 * units.ms, 1 / rate * units.ms
            cell.a, cell.b = gain * nano * units.uS, jump * nano * units.nA
            return cell

        def probes(self, gid):
            return [arbor.adex_probe_voltage("v"), arbor.adex_probe_adaption("w")]

    simulation = arbor.simulation(Recipe())
    schedule = arbor.regular_schedule(0.05 * units.ms)
    handles = [simulation.sample((0, name), schedule) for name in ("v", "w")]
    simulation.run(400.0 * units.ms, 0.005 * units.ms)
    (time, v), (_, w) = (simulation.samples(handle)[0][0].T for handle in handles)
    assert w[0] == pytest.approx(0.005, rel=1e-3)
    times, own = time[1:][np.diff(v) < -50], spikes_of(courses)
    assert len(times) == len(own) > 5
    np.testing.assert_allclose(times, own, rtol=2e-3, atol=0.1)


# --- laws


@pytest.mark.parametrize("name", NAMES)
def test_every_law_is_monotone_in_its_code(name):
    codes = np.tile((LOW + HIGH) / 2, (50, 1))
    index = NAMES.index(name)
    codes[:, index] = np.linspace(LOW[index], HIGH[index], 50)
    columns = neurons(codes).columns()
    steps = np.diff(columns, axis=0)
    moving = np.abs(steps).sum(axis=0) > 0
    assert moving.any()
    for column in steps[:, moving].T:
        assert (column >= 0).all() or (column <= 0).all()


@pytest.mark.parametrize("wrong", [-1.0, 1023.0])
def test_codes_outside_of_their_range_are_refused(wrong):
    codes = np.array([patterns.CODES["bursting"]], dtype=float)
    codes[0, 3] = wrong
    with pytest.raises(ValueError, match="0 to 1022"):
        neurons(codes)


# --- chips and trials


def test_a_serial_is_a_chip():
    codes = np.array([patterns.CODES["bursting"]])
    one, again, other = (
        integrate(mismatch(serial).applied(neurons(codes))) for serial in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.v, again.v)
    assert np.abs(one.v - other.v).max() > 10


def test_batches_do_not_change_runs():
    codes = np.array(list(patterns.CODES.values()))
    whole = emulate(codes, mismatch(59), np.random.default_rng(2))
    generator = np.random.default_rng(2)
    parts = [
        emulate(codes[:1], mismatch(59), generator),
        emulate(codes[1:], mismatch(59), generator),
    ]
    np.testing.assert_array_equal(whole.v, np.concatenate([part.v for part in parts]))
    np.testing.assert_array_equal(whole.spikes, np.concatenate([part.spikes for part in parts]))


def test_trials_vary():
    p = neurons(np.tile(patterns.CODES["adaptation"], (2000, 1)))
    normal = np.random.default_rng(0).standard_normal((2000, DRAWS))
    assert varied(p, normal).leak.std() / p.leak[0] == pytest.approx(0.045, rel=0.1)


def test_w_stops_at_its_rails_and_readings_at_those_of_the_madc():
    codes = np.array([patterns.CODES["bursting"]] * 2, dtype=float)
    codes[:, 5] = 500  # largest jump
    codes[:, 9] = 1000  # largest current
    codes[1, 6] = 1000  # w at rest beyond its rail
    courses = integrate(neurons(codes))
    assert courses.w.max() <= laws.ADAPTATION_RAILS[1]
    read = emulate(codes, mismatch(59), np.random.default_rng(0))
    assert (read.v >= 0).all()
    assert (read.v <= 1023).all()


# --- recordings


@pytest.mark.parametrize("pattern", list(patterns.RECORDED))
def test_codes_within_the_sliders_show_what_was_recorded(pattern):
    codes = np.array(patterns.CODES[pattern])
    assert ((codes >= LOW) & (codes <= HIGH)).all()
    _, table = patterns.reproduced(pattern)
    assert not table["own"].isna().any()
    assert table["deviation"].max() < 0.1
