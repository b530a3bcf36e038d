"""The chain: names, inputs, parameterizations, heights of traces, and chains of any length."""

import numpy as np
import pytest

from analog_sbi.measuring import measure
from analog_sbi.models import chain, load
from analog_sbi.models.chain import (
    axes,
    conductances,
    extract_heights,
    height_names,
    individual,
    input_space,
    length_of,
    recorded,
    shared,
    signals,
    spike_times,
)
from tests.setups import chain_on

UNITS = ("DAC code", "DAC code")
LONG = [12, 32]


def space(length):
    return input_space(length, (0, 1022), (100, 500), UNITS)


def test_names_are_those_of_the_tables():
    expected = ("g_leak_0", "g_leak_1", "g_leak_2", "g_axial_01", "g_axial_12")
    assert individual(space(3)).space.names == space(3).names == expected
    assert shared(space(3)).space.names == ("g_leak", "g_axial")
    assert height_names(2) == ["h_00", "h_01", "h_10", "h_11"]


@pytest.mark.parametrize(
    ("length", "height", "axial"),
    [(9, "h_87", "g_axial_78"), (10, "h_8_7", "g_axial_7_8"), (32, "h_8_7", "g_axial_7_8")],
)
def test_names_have_a_separator_from_ten_compartments_on(length, height, axial):
    assert chain.height_name(8, 7, length) == height
    assert axial in space(length).names


@pytest.mark.parametrize("length", [2, 9, 10, 11, *LONG])
def test_no_name_is_that_of_two(length):
    names = [*height_names(length), *space(length).names, *chain.trace_names(length)]
    assert len(set(names)) == len(names) == length**2 + 2 * length - 1 + length


def test_a_chain_has_at_least_two_compartments():
    assert length_of(space(2)) == 2
    with pytest.raises(ValueError, match="at least 2 compartments, found 1"):
        space(1)


def test_global_parameters_reach_every_circuit():
    mapping = shared(space(4))
    assert mapping.space.limits("g_leak") == (0, 1022)
    assert mapping.space.limits("g_axial") == (100, 500)
    assert mapping.space.volume == 1022 * 400
    leak, axial = conductances(mapping(np.array([[10.0, 20.0], [30.0, 40.0]])))
    np.testing.assert_array_equal(leak, [[10.0] * 4, [30.0] * 4])
    np.testing.assert_array_equal(axial, [[20.0] * 3, [40.0] * 3])


def test_individual_parameters_are_leaks_then_axial():
    leak, axial = conductances(individual(space(4))(np.arange(7.0)))
    np.testing.assert_array_equal(leak, [[0, 1, 2, 3]])
    np.testing.assert_array_equal(axial, [[4, 5, 6]])


@pytest.mark.parametrize("length", [2, 3, 4, 6, *LONG])
def test_equal_individual_parameters_are_global_ones(length):
    theta = np.repeat([7.0, 3.0], [length, length - 1])
    np.testing.assert_array_equal(
        shared(space(length))([7.0, 3.0]), individual(space(length))(theta)
    )


def test_leak_and_axial_keep_their_units():
    inputs = input_space(3, (1e-4, 2e-4), (1e-3, 2e-3), ("S/cm2", "S/cm"))
    assert inputs.units == ("S/cm2",) * 3 + ("S/cm",) * 2
    assert shared(inputs).space.units == ("S/cm2", "S/cm")


def test_axes_reach_over_the_ranges():
    leak, axial = axes(space(4), 3)
    np.testing.assert_array_equal(leak, [0, 511, 1022])
    np.testing.assert_array_equal(axial, [100, 300, 500])


def test_inputs_arrive_one_interval_apart():
    np.testing.assert_array_equal(spike_times(200.0, 4), [100, 300, 500, 700])


def test_heights_are_maximum_minus_mean_before_the_spike():
    time = np.arange(0.0, 400.0, 1.0)
    trace = np.full((2, 400), 100.0)
    trace[0, 120] = 130.0  # after the first spike, at 100
    trace[1, 310] = 95.0
    trace[1, 350] = 107.0  # after the second spike, at 300
    trace[1, 200:300] += 1.0  # raises the mean before the second spike
    heights = extract_heights(time, trace, np.array([100.0, 300.0]))
    np.testing.assert_allclose(heights, [[30.0, 0.0], [0.0, 6.0]])


@pytest.mark.parametrize(("sample", "window"), [(199, 0), (200, 1)])
def test_a_sample_at_the_midpoint_belongs_to_the_second_window(sample, window):
    trace = np.zeros(400)
    trace[sample] = 1.0
    heights = extract_heights(np.arange(400.0), trace, np.array([100.0, 300.0]))
    assert heights.argmax() == window


def test_signals_of_traces_share_their_times():
    time = np.arange(0.0, 800.0)
    traces = np.zeros((2, 4, 800))
    traces[1, 2, 110] = 5.0
    found = recorded(time, traces, spike_times(200.0, 4))
    assert found["heights"].shape == (2, 4, 4)
    assert found["heights"][1, 2, 0] == 5
    assert found["time"].shape == (2, 800)


def test_observables_take_their_heights():
    heights = 100 * np.exp(-np.arange(4.0))[None, :, None] + np.zeros((2, 4, 4))
    heights[1] = np.arange(16.0).reshape(4, 4)
    face, model = signals(4, "MADC LSB", "us"), load("chain")
    values = {
        name: model.observable(name, face)({"heights": heights}) for name in ("tau", "first", "all")
    }
    np.testing.assert_array_equal(values["all"][1], np.arange(16))
    np.testing.assert_array_equal(values["first"][1], [0, 4, 8, 12])
    assert values["tau"].shape == (2, 1)
    assert values["tau"][0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("unit", "limits", "heights"),
    [("MADC LSB", (0, 1023), (-1023, 1023)), ("mV", (-np.inf, np.inf), (-np.inf, np.inf))],
)
def test_the_readout_bounds_signals_by_their_unit(unit, limits, heights):
    face = signals(4, unit, "us")
    assert face["traces"].limits == limits
    assert face["heights"].limits == heights


@pytest.mark.parametrize(
    ("name", "length"),
    [("bss2_sim", 12), ("bss2_sim", 32), ("arbor", 12), ("arbor", 32), ("bss2", 12)],
)
def test_long_chains_are_measured_with_a_name_for_each_height(name, length):
    backend = chain_on(name, length=length, spike_interval=50.0)
    random = np.random.default_rng(0)
    calibration = backend.calibrate(random)
    found = measure(
        backend,
        "chain",
        calibration,
        shared(backend.inputs).space.scale([[0.5, 0.5]]),
        "global",
        ["all", "tau"],
        random,
    )
    assert list(found.table) == [*height_names(length), "tau"]
    assert found.missing == 0
    assert set(found.units) == set(found.table)
    assert found.table["h_1_10"].iloc[0] != found.table["h_11_0"].iloc[0]


# --- width and latency


def response(time, arrival, rise, fall, height):
    """A trapezoid on a base of 300: half of its height is passed at known times."""
    points = arrival + np.array([0, 2 * rise, 2 * rise + fall - rise, 2 * fall])
    return 300 + height * np.interp(time, points, [0, 1, 1, 0], left=0, right=0)


def test_width_and_latency_of_known_responses():
    time, arrivals = np.arange(0, 200, 0.1), spike_times(50.0, 4)
    rises, falls = np.array([1.0, 2.0, 3.0, 4.0]), np.array([8.0, 9.0, 10.0, 11.0])
    parts = zip(rises, falls, (80, 40, 20, 10), strict=True)
    traces = np.stack([response(time, arrivals[0], *part) for part in parts])[None]
    face, model = signals(4, "MADC LSB", "us"), load("chain")
    values = recorded(time, traces, arrivals)
    late, wide = (model.observable(name, face) for name in ("latency", "width"))
    assert late.names == ("latency_00", "latency_10", "latency_20", "latency_30")
    assert wide.units == ("us",) * 4
    np.testing.assert_allclose(late(values)[0], rises, atol=1e-6)
    fall = 2 * rises + (falls - rises) + (falls * 2 - falls - rises) / 2
    np.testing.assert_allclose(wide(values)[0], fall - rises, atol=1e-6)


def test_traces_without_a_response_have_neither():
    time, arrivals = np.arange(0, 200, 0.1), spike_times(50.0, 4)
    flat = np.full((4, len(time)), 300.0)
    flat[1, time > arrivals[0]] = 350.0  # never falls
    flat[2] = np.nan
    found = chain.half_height(time, flat, arrivals)
    assert np.isnan(found[[0, 2, 3]]).all()
    assert np.isfinite(found[1]).tolist() == [True, False]


def test_width_and_latency_on_the_chip_model():
    """Responses come later and are wider the further they travel."""
    backend = chain_on("bss2_sim")
    random = np.random.default_rng(0)
    calibration = backend.calibrate(random)
    inputs = np.full((3, 7), 500.0)
    names = ["width", "latency"]
    table = measure(backend, "chain", calibration, inputs, "individual", names, random).table
    assert table.notna().all().all()
    late = table[[f"latency_{i}0" for i in range(4)]].mean().to_numpy()
    assert (np.diff(late) > 0).all()
    assert late[0] > 0.4  # us, the synaptic delay
    assert (table[[f"width_{i}0" for i in range(4)]] > late[0]).all().all()
