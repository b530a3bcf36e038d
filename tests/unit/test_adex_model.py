"""The model of the spiking neuron, and the backend that measures it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from analog_sbi import measuring
from analog_sbi.backends import Setup, make
from analog_sbi.chip.adex import laws, patterns
from analog_sbi.errors import BackendError
from analog_sbi.hardware.neuron import NeuronProgram
from analog_sbi.models import adex, load
from tests import setups

SETTINGS = {"serial": 59}


def backend(serial: int = 59):
    return make(Setup("bss2_sim", "adex", {"serial": serial}))


def signals(times: list[list[float]], v: float = 400.0) -> dict[str, np.ndarray]:
    spikes = np.full((len(times), adex.SPIKES), float(adex.DURATION_US))
    for row, of in zip(spikes, times, strict=True):
        row[: len(of)] = of
    trace = np.full((len(times), adex.DURATION_US), v, dtype=np.float32)
    return {"v": trace, "w": trace.copy(), "spikes": spikes}


def named(values: np.ndarray, row: int = 0) -> dict[str, float]:
    return dict(zip(adex.FEATURES, values[row].tolist(), strict=True))


# --- features


def test_features_of_a_run_are_what_they_are_called():
    content = signals([[50, 110, 130, 170, 690, 800]])
    content["v"][0, 720] = 250
    found = named(adex.features(content))
    intervals = np.array([20, 40, 520])
    assert found == pytest.approx(
        {
            "spike_count": 4,
            "spikes_outside": 2,
            "latency": 10,
            "last_spike": 590,
            "isi_first": 20,
            "isi_last": 520,
            "isi_cv": intervals.std() / intervals.mean(),
            "v_rest": 400,
            "v_low": 400,
            "v_high": 400,
            "v_end": 400,
            "v_undershoot": -150,
        }
    )


def test_runs_with_too_few_spikes_have_all_features():
    values = adex.features(signals([[], [150], [150, 200], [20]]))
    assert np.isfinite(values).all()
    none, one, two, outside = (named(values, row) for row in range(4))
    assert (none["latency"], none["last_spike"], none["isi_first"]) == (600, 0, 600)
    assert (one["latency"], one["isi_last"], one["isi_cv"]) == (50, 600, 0)
    assert (two["isi_first"], two["isi_last"], two["isi_cv"]) == (50, 50, 0)
    assert (outside["spike_count"], outside["spikes_outside"], outside["latency"]) == (0, 1, 600)


@pytest.mark.parametrize("name", list(adex.MODEL.observables))
def test_a_missing_run_is_missing_in_every_observable(name):
    content = signals([[150], [150]])
    content["v"][1] = np.nan
    content["spikes"][1] = np.nan
    values = adex.MODEL.observable(name, adex.signals())(content)
    assert np.isfinite(values[0]).all()
    assert np.isnan(values[1]).all()


def test_a_trace_has_its_means_and_spikes_in_their_bins():
    content = signals([[150, 155, 999]])
    content["v"][0] = np.arange(1000)
    values = adex.MODEL.observable("trace_spikes", adex.signals())(content)[0]
    np.testing.assert_allclose(values[:100], np.arange(100) * 10 + 4.5)
    assert values[100:].sum() == 3
    assert values[107] == 2
    assert values[-1] == 1


# --- parameters


def test_what_is_not_inferred_is_as_in_the_recorded_pattern():
    assert tuple(adex.BASE.values()) == patterns.CODES["adaptation"]
    assert tuple(adex.BASE) == tuple(laws.RANGES)
    for name, size in (("two", 2), ("seven", 7), ("all", 10)):
        mapping = load("adex").parameterization(name, backend().inputs)
        assert len(mapping.space) == size
        theta = np.array([[adex.BASE[key] for key in mapping.space.names]])
        np.testing.assert_array_equal(mapping(theta)[0], patterns.CODES["adaptation"])


# --- backends


def test_signals_have_their_shape_type_and_limits():
    device = backend()
    inputs = device.inputs.draw(50, np.random.default_rng(0))
    found = device.measure(
        device.calibrate(np.random.default_rng(0)),
        inputs,
        np.random.default_rng(1),
        list(device.signals),
    )
    for name, signal in device.signals.items():
        assert found[name].shape == (50, *signal.shape)
        assert found[name].dtype == np.dtype(signal.dtype)
        assert np.isfinite(found[name]).all()
        low, high = signal.limits or (0, adex.DURATION_US)
        assert ((found[name] >= low) & (found[name] <= high)).all()


def test_what_is_needed_does_not_change_what_is_measured(monkeypatch):
    inputs = backend().inputs.draw(5, np.random.default_rng(0))
    whole = backend().measure(None, inputs, np.random.default_rng(1), ["v", "w", "spikes"])
    monkeypatch.setattr("analog_sbi.backends.bss2_sim.BATCH_OF_NEURONS", 2)
    done: list[int] = []
    part = backend().measure(None, inputs, np.random.default_rng(1), ["spikes"], done.append)
    assert list(part) == ["spikes"]
    assert done == [2, 2, 1]
    np.testing.assert_array_equal(whole["spikes"], part["spikes"])


def test_the_recorded_pattern_is_measured_through_the_house():
    theta = np.array([[adex.BASE[name] for name in adex.SEVEN]] * 20)
    found = measuring.measure(
        backend(), "adex", None, theta, "seven", ["features"], np.random.default_rng(0)
    )
    assert found.missing == 0
    assert found.table["spike_count"].mean() == pytest.approx(13, abs=1)
    assert found.table["isi_last"].mean() == pytest.approx(55, rel=0.1)
    empty = measuring.measure(
        backend(), "adex", None, theta[:0], "seven", ["features"], np.random.default_rng(0)
    )
    assert list(empty.table) == list(adex.FEATURES)


def test_runs_without_spikes_are_measurements():
    device = backend()
    theta = (
        load("adex")
        .parameterization("seven", device.inputs)
        .space.draw(200, np.random.default_rng(0))
    )
    found = measuring.measure(
        device, "adex", None, theta, "seven", ["features"], np.random.default_rng(0)
    )
    assert found.missing == 0
    assert (found.table["spike_count"] == 0).mean() > 0.3


def test_chips_differ():
    theta = np.array([[adex.BASE[name] for name in adex.BASE]])
    one, other = (
        backend(serial).measure(None, theta, np.random.default_rng(0), ["v"])["v"]
        for serial in (1, 2)
    )
    assert np.abs(one - other).max() > 10


def test_a_program_states_the_protocol_of_the_demo():
    """Two circuits, the second without leak, capacitor and threshold; three snippets."""
    device = setups.neuron_on("bss2")
    table = device.calibrate(np.random.default_rng(0))
    device.measure(
        table, np.array([list(adex.BASE.values())]), np.random.default_rng(0), ["spikes"]
    )
    program = NeuronProgram(device.library, device.device.options())
    program.set_codes(adex.BASE)
    values = dict(zip(WATCHED, program.circuits.get(list(WATCHED)), strict=True))
    assert {name: tuple(column) for name, column in values.items()} == WATCHED
    v, w, spikes = program.run()
    assert v.shape == w.shape == (1000,)
    assert ((spikes > 100) & (spikes < 700)).mean() > 0.9
    before, during, after = ([0, 100], [150, 700], [900, 1000])
    level = v[slice(*before)].mean()
    assert np.median(v[slice(*during)]) > level + 20
    assert v[slice(*after)].mean() < level + 5
    program.close()


WATCHED = {
    "membrane_capacitance_capacitance": (63, 0),
    "leak_i_bias": (136, 0),
    "leak_v_leak": (707, 0),
    "adaptation_v_leak": (507, 0),
    "leak_enable_division": (False, True),
    "threshold_enable": (True, False),
    "reset_i_bias": (1022, 0),
    "refractory_period_refractory_time": (30, 0),
    "multicompartment_connect_right": (True, False),
}


def test_a_table_of_another_chip_is_refused():
    device = setups.neuron_on("bss2")
    table = setups.neuron_on("bss2", serial=3).calibrate(np.random.default_rng(0))
    inputs = np.array([list(adex.BASE.values())])
    with pytest.raises(BackendError, match=r"one of chip model-59, found one of model-3"):
        device.measure(table, inputs, np.random.default_rng(0), ["v"])


# --- one physics


@pytest.mark.parametrize("pattern", ["adaptation", "bursting", "transient", "anywhere"])
def test_the_chip_and_its_model_measure_the_same(pattern):
    """Features of bss2 on the stand-in and of bss2_sim are of one distribution.

    At the codes of a pattern, and at codes from the whole range, the same for both.
    """
    space, runs = backend().inputs, 80
    generator = np.random.default_rng(11)
    codes = (
        space.draw(runs, generator)
        if pattern == "anywhere"
        else np.tile(np.array(patterns.CODES[pattern], dtype=float), (runs, 1))
    )
    features = []
    for name, repetitions in (("bss2", 1), ("bss2_sim", 30)):
        device = setups.neuron_on(name)
        found = measuring.measure(
            device,
            "adex",
            device.calibrate(generator),
            np.tile(codes, (repetitions, 1)),
            "all",
            ["features"],
            np.random.default_rng(5),
        )
        assert found.missing == 0
        features.append(found.table)
    one, many = features
    values = [ks_2samp(one[name], many[name]).pvalue for name in many]
    # the smallest of 12 uniform p-values is below 1e-4 about once in 1000 times
    assert min(values) > 1e-4
    if pattern == "anywhere":  # run by run, in units of what runs at the same codes differ by
        repeated = many.to_numpy().reshape(30, runs, -1)
        spread = repeated.std(axis=0) + 0.5
        scores = (one.to_numpy() - repeated.mean(axis=0)) / spread
        assert np.mean(np.abs(scores) < 3) > 0.97
        assert np.abs(scores.mean(axis=0)).max() < 0.5
    else:
        shift = np.abs(one.mean() - many.mean()) / (many.std() + 1e-9)
        assert shift.max() < 0.5
