"""The chain in Arbor: time constants, batches, threads, and the shape of its heights."""

import sys

import numpy as np
import pytest

from analog_sbi.backends import make
from analog_sbi.backends.arbor import Cable, simulate_one
from analog_sbi.chip.circuit import chain_coupling, modes, response
from analog_sbi.errors import BackendError
from analog_sbi.models.chain import FIT_BOUNDS, extract_heights, individual, shared
from analog_sbi.models.decay import decay_constant
from tests.setups import chain_on, setup


@pytest.fixture(scope="module")
def chain():
    return chain_on("arbor")


def heights(chain, inputs, seed=0, progress=None):
    random = np.random.default_rng(seed)
    return chain.measure(None, inputs, random, ["heights"], progress)["heights"]


def corners(chain):
    mapping = shared(chain.inputs)
    return mapping(mapping.space.grid(2))


def equal_compartments(chain, leak, axial):
    """Inputs at ends, 0 or 1, of the ranges of both conductances."""
    mapping = shared(chain.inputs)
    return mapping(mapping.space.scale([[leak, axial]]))


def test_limits_are_the_time_constants_of_the_configuration():
    cable = Cable(1000.0, 4.0, 125.0)
    area_cm2 = np.pi * 4e-4 * 0.1
    assert cable.leak_conductance(12.0) * area_cm2 == pytest.approx(125e-12 / 12e-3)
    section_cm2 = np.pi * (2e-4) ** 2
    assert cable.axial_conductivity(3.0) * section_cm2 / 0.1 == pytest.approx(125e-12 / 3e-3)


def unequal(chain, count):
    return chain.inputs.draw(count, np.random.default_rng(4))


def test_the_parameters_reach_from_the_slowest_to_the_fastest_time_constant(chain):
    table = chain.characterize(chain.calibrate(None), 3, None)
    for quantity, count, slow, fast in (("membrane", 4, 30.0, 12.0), ("axial", 3, 30.0, 3.0)):
        rows = table[table["quantity"] == quantity]
        assert rows.groupby("parameter").size().to_list() == [count] * 3
        times = rows.groupby("parameter")["time_constant"].mean().to_numpy()
        np.testing.assert_allclose(times, [slow, 2 / (1 / slow + 1 / fast), fast])


def test_every_compartment_counts_as_calibrated(chain):
    table = chain.calibrate(None)
    assert table["compartment"].to_list() == [0, 1, 2, 3]
    assert table["success"].all()
    assert (table["tau_synapse"] == 10.0).all()


def short_inputs(length):
    """A chain whose inputs are over long before a membrane decays, in fine steps."""
    fast = {"length": length, "tau_synapse": 0.1, "spike_interval": 100.0, "time_step": 0.005}
    return chain_on("arbor", **fast)


@pytest.mark.parametrize(("end", "tau"), [(0, 30.0), (1, 12.0)])
def test_a_passive_membrane_decays_with_its_time_constant(end, tau):
    """The mean potential of equal compartments is a compartment without neighbours."""
    chain = short_inputs(2)
    time, traces = chain.simulate(equal_compartments(chain, end, 1))
    decay = (time > 55.0) & (time < 95.0)  # after the first input at 50 ms
    slope = np.polyfit(time[decay], np.log(traces[0].mean(axis=0)[decay] + 65.0), 1)[0]
    # Implicit steps stretch a decay by half a step.
    assert -1 / slope == pytest.approx(tau, rel=1e-3)


@pytest.mark.parametrize(("end", "tau"), [(0, 30.0), (1, 3.0)])
def test_neighbours_even_out_with_the_axial_time_constant(end, tau):
    """The difference of two compartments decays with 1 / tau_membrane + 2 / tau_axial."""
    chain = short_inputs(2)
    time, traces = chain.simulate(equal_compartments(chain, 0, end))
    decay = (time > 52.0) & (time < 58.0)
    difference = traces[0, 0, decay] - traces[0, 1, decay]
    slope = np.polyfit(time[decay], np.log(difference), 1)[0]
    assert 2 / (-slope - 1 / 30.0) == pytest.approx(tau, rel=5e-3)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_batch_equals_single_simulations(chain, threads):
    batch = make(setup("arbor"), {"threads": threads})
    for points in (corners(chain), unequal(chain, 5)):
        time, together = batch.simulate(points)
        for trace, row in zip(together, points, strict=True):
            alone_time, alone = simulate_one(chain, row)
            np.testing.assert_array_equal(time, alone_time)
            np.testing.assert_allclose(trace, alone, rtol=0, atol=1e-9)


def test_batches_of_any_size_keep_the_order(chain, monkeypatch):
    points = unequal(chain, 5)
    whole = heights(chain, points)
    monkeypatch.setattr("analog_sbi.backends.arbor.BATCH", 2)
    done = []
    parts = heights(chain, points, progress=done.append)
    np.testing.assert_allclose(parts, whole, rtol=1e-9)
    assert done == [2, 2, 1]
    assert np.abs(np.diff(whole[:, 0, 0])).min() > 1e-3  # the order could be seen


def test_heights_do_not_depend_on_random_numbers(chain):
    points = corners(chain)
    first = heights(chain, points, 0)
    again = heights(chain, points, 1)
    np.testing.assert_array_equal(first, again)


def test_traces_are_sampled_and_start_at_rest(chain):
    time, traces = chain.simulate(corners(chain))
    assert traces.shape == (4, 4, 8000)
    np.testing.assert_allclose(time, 0.1 * np.arange(8000), atol=1e-9)
    np.testing.assert_allclose(traces[:, :, time < 100.0], -65.0, atol=1e-9)
    assert traces.max() < 0.0  # the reversal potential
    for compartment, spike in enumerate(chain.spike_times):
        peak = traces[:, compartment, (time >= spike) & (time < spike + 100.0)].max(axis=1)
        np.testing.assert_allclose(peak, traces[:, compartment].max(axis=1))


def test_the_decay_constant_falls_with_the_leak_and_rises_with_the_axial_conductance(chain):
    mapping = shared(chain.inputs)
    first = heights(chain, mapping(mapping.space.grid(4)))[:, :, 0]
    tau = decay_constant(first, FIT_BOUNDS["mV"]).reshape(4, 4)
    assert (np.diff(tau, axis=0) < 0).all()
    assert (np.diff(tau, axis=1) > 0).all()
    assert 0.2 < tau.min() < 1.0
    assert 2.0 < tau.max() < 5.0


def test_time_steps_are_fine_enough(chain):
    fine = chain_on("arbor", time_step=0.005)
    expected = heights(fine, corners(chain))
    np.testing.assert_allclose(heights(chain, corners(chain)), expected, rtol=1e-3)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 0.0, -1.0])
@pytest.mark.parametrize(("column", "name"), [(0, "leak"), (4, "axial")])
def test_conductances_that_are_not_positive_are_refused(chain, column, name, wrong):
    points = corners(chain)
    points[2, column] = wrong
    with pytest.raises(ValueError, match=f"{name} .* found {wrong:g}"):
        heights(chain, points)


def test_a_missing_arbor_tells_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "arbor", None)
    monkeypatch.delitem(sys.modules, "analog_sbi.backends.arbor.simulation", raising=False)
    monkeypatch.delattr("analog_sbi.backends.arbor.simulation", raising=False)
    chain = chain_on("arbor")  # jobs that do not measure need no Arbor
    assert chain.inputs.units[0] == "S/cm2"
    with pytest.raises(BackendError, match=r"backend arbor: .*pip install arbor"):
        heights(chain, corners(chain))


def test_heights_attenuate_and_both_ends_are_alike(chain):
    for h in heights(chain, corners(chain)):
        assert (np.diff(h[:, 0]) < 0).all()
        # not equal: later inputs meet the tails of earlier ones
        np.testing.assert_allclose(h[0, 0], h[3, 3], rtol=0.02)


def test_individual_conductances_reach_their_compartments(chain):
    middle = chain.inputs.scale(np.full((1, 7), 0.5))
    same = heights(chain, middle)
    weak = individual(chain.inputs)(middle).copy()
    weak[0, 6] = chain.inputs.low[6]  # connection between 2 and 3
    changed = heights(chain, weak)[0]
    assert changed[3, 0] < 0.8 * same[0, 3, 0]
    assert changed[1, 0] == pytest.approx(same[0, 1, 0], rel=0.05)


def test_small_inputs_agree_with_the_exact_circuit():
    """Every trace of unequal compartments against the sum of exact responses to all inputs.

    A weak synapse carries an exponential current: with peaks of 0.001 mV the driving force of
    65 mV stays the same to 2e-5. What remains is first order in the steps of 0.005 ms.
    """
    weak = chain_on("arbor", weight=1e-6, time_step=0.005)
    theta = unequal(weak, 1)
    time, traces = weak.simulate(theta)
    tau_membrane = weak.cable.leak_conductance(1.0) / theta[:, :4]
    tau_axial = weak.cable.axial_conductivity(1.0) / theta[:, 4:]
    network = modes(125.0, 125.0 / tau_membrane, chain_coupling(125.0 / tau_axial))
    current = 1e-6 * 65.0 * 1e3  # uS mV = nA; pA for a capacitance in pF
    expected = sum(
        response(network, source, 1 / 10.0, current, time - spike)[0]
        for source, spike in enumerate(weak.spike_times)
    )
    peak = expected.max()
    assert 1e-4 < peak < 2e-3
    np.testing.assert_allclose(traces[0] + 65.0, expected, atol=1e-3 * peak)
    found = extract_heights(time, expected, weak.spike_times)
    np.testing.assert_allclose(heights(weak, theta)[0], found, rtol=2e-3)
