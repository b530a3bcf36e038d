"""The backend bss2 on the model's PyNN module: against bss2_sim, failures, interruptions."""

import json
import multiprocessing
import os
import stat
import tempfile
import time
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
from scipy.stats import ks_2samp

import analog_sbi.chip.pynn as pynn
from analog_sbi.backends import make
from analog_sbi.chip.pynn import Chip, simulator
from analog_sbi.errors import BackendError
from analog_sbi.hardware import program
from analog_sbi.hardware.access import ConnectionLost
from analog_sbi.hardware.lock import chip_lock
from analog_sbi.models import adex
from analog_sbi.models.chain import extract_heights
from tests import setups
from tests.setups import chain_on
from tests.unit.pynn_programs import SERIAL

REAL = "pynn_brainscales.brainscales2"
CENTRE = np.full((1, 7), 511.0)
INFRASTRUCTURE = ("retries", "retry_wait", "run_limit", "parts", "lock_folder")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("SLURM_HARDWARE_LICENSES", "QUIGGELDY_IP", "QUIGGELDY_PORT"):
        monkeypatch.delenv(name, raising=False)
    yield
    simulator.state = None


@pytest.fixture(scope="module")
def calibration():
    return chain_on("bss2_sim").calibrate(np.random.default_rng(3))


def backend(**settings):
    infrastructure = {name: settings.pop(name) for name in INFRASTRUCTURE if name in settings}
    infrastructure.setdefault("retry_wait", 0.0)
    return make(setups.setup("bss2", **settings), infrastructure)


def equal_compartments(leak, axial, length=4):
    return (leak,) * length + (axial,) * (length - 1)


def heights_of(chip, calibration, inputs, random, progress=None):
    heights = chip.measure(calibration, inputs, random, ["heights"], progress)["heights"]
    if hasattr(chip, "forget"):
        chip.forget()
    return heights


# --- one physics


@pytest.mark.parametrize(
    "codes",
    [
        equal_compartments(511, 511),
        equal_compartments(0, 0),
        equal_compartments(1022, 0),
        equal_compartments(0, 1022),
        equal_compartments(1022, 1022),
        (100, 900, 300, 600, 250, 800, 500),
        (1500, 200, 2100, 1022, 1600, 900, 2500),  # normal and multiplication modes
    ],
)
def test_heights_have_the_distribution_of_the_batched_model(codes, calibration):
    runs = 100
    generator = np.random.default_rng([5, *codes])
    one = heights_of(backend(), calibration, np.tile(codes, (runs, 1)), generator)
    many = heights_of(chain_on("bss2_sim"), calibration, np.tile(codes, (3000, 1)), generator)
    values = [ks_2samp(one[:, i, j], many[:, i, j]).pvalue for i in range(4) for j in range(4)]
    # 16 tests a point: the smallest of 16 uniform p-values is below 2e-4 once in 300 times
    assert min(values) > 2e-4
    shift = np.abs(one.mean(axis=0) - many.mean(axis=0)) / many.std(axis=0)
    assert shift.max() < 5 / np.sqrt(runs)
    assert (one.std(axis=0) > 0).all()


def test_calibration_and_time_constants_are_those_of_the_batched_model(calibration):
    chip, batched = backend(), chain_on("bss2_sim")
    table = chip.calibrate(np.random.default_rng(3))
    assert table.drop(columns="chip").equals(calibration)
    first = chip.characterize(table, 3, np.random.default_rng(1))
    assert first.equals(batched.characterize(table, 3, np.random.default_rng(1)))


def test_equal_generators_give_equal_heights(calibration):
    first, again, other = (
        heights_of(backend(), calibration, CENTRE, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_traces_are_those_of_the_runs(calibration):
    chip = backend()
    times, traces = chip.record(calibration, CENTRE, np.random.default_rng(1))
    assert traces.shape == (1, 4, len(times))
    assert times[0] == 0
    assert times[-1] == pytest.approx(800, abs=0.05)
    heights = heights_of(chip, calibration, CENTRE, np.random.default_rng(1))
    spikes = chip.stimulus.spike_times(4)
    np.testing.assert_array_equal(extract_heights(times, traces, spikes), heights)


def test_averages_reduce_the_noise(calibration):
    parameters = np.tile(CENTRE, (25, 1))
    single = heights_of(backend(), calibration, parameters, np.random.default_rng(1))
    averaged = heights_of(backend(averages=4), calibration, parameters, np.random.default_rng(1))
    # the maximum over noisy samples is smaller where the samples are less noisy
    assert (averaged.mean(axis=0) < single.mean(axis=0) - 1).all()
    np.testing.assert_allclose(averaged.mean(axis=0), single.mean(axis=0), atol=6, rtol=0.05)


def test_other_lengths(calibration):
    chip = backend(length=2)
    table = chip.calibrate(np.random.default_rng(0))
    heights = heights_of(chip, table, np.array([[300.0, 400.0, 900.0]]), np.random.default_rng(0))
    assert heights.shape == (1, 2, 2)
    assert heights[0, 0, 0] > heights[0, 1, 0] > 20


@pytest.mark.parametrize("generation", simulator.GENERATIONS)
def test_the_program_for_the_chip_runs_on_the_stand_in(generation):
    """The path of the real module: files, identifiers and both generations of the interface."""
    with pynn.registered(generation, SERIAL):
        chip = backend(module=REAL)
        table = chip.calibrate(np.random.default_rng(0))
        assert table["success"].all()
        assert (table["chip"] == f"model-{SERIAL}").all()
        codes = Chip.calibrated(SERIAL).parameters["leak_v_leak"][[0, 2, 4, 6]]
        np.testing.assert_array_equal(table["leak_v_leak"], codes)
        heights = heights_of(chip, table, CENTRE, np.random.default_rng(0))
        assert (np.diag(heights[0]) > 80).all()
        found = chip.provenance(table)
        assert found["chip"] == f"model-{SERIAL}"
        assert found["calibration_sha256"] == table["calibration_sha256"][0]
        assert found["module"] == REAL
        with pytest.raises(BackendError, match="docs/hardware"):
            chip.characterize(table, 2, np.random.default_rng(0))
        with pytest.raises(BackendError, match="calix"):
            backend(module=REAL, calibrate_with="calix", calibration_file="x").calibrate(None)
        # a calibration of another chip, or another file under the same name
        with pytest.raises(BackendError, match="expected a calibration of chip model-59"):
            heights_of(chip, table.assign(chip="W69F0"), CENTRE, np.random.default_rng(0))
        Chip.calibrated(SERIAL, noise_seed=3).save(table["calibration_file"][0])
        with pytest.raises(BackendError, match="found another"):
            heights_of(chip, table, CENTRE, np.random.default_rng(0))


def test_a_calibration_file_by_path(tmp_path):
    path = tmp_path / "chip.json"
    Chip.calibrated(SERIAL).save(path)
    chip = backend(calibration_file=str(path))
    table = chip.calibrate(np.random.default_rng(0))
    assert heights_of(chip, table, CENTRE, np.random.default_rng(0))[0, 0, 0] > 80
    assert len(chip.provenance(table)["calibration_sha256"]) == 64
    with pytest.raises(BackendError, match="expected a calibration"):
        backend(calibration_file=str(tmp_path / "no.json")).calibrate(np.random.default_rng(0))


def test_provenance_names_versions_and_date():
    chip = backend()
    found = chip.provenance(chip.calibrate(np.random.default_rng(0)))
    assert all(isinstance(value, str) for value in found.values())
    assert {"module", "chip", "date", "version of PyNN", "version of neo"} <= set(found)


# --- what goes wrong


def test_without_the_library_it_says_what_is_needed():
    chip = backend(module=REAL)  # jobs that do not measure need no module
    assert chip.inputs.limits("g_leak_0") == (0, 1022)
    with pytest.raises(BackendError, match=r"pynn_brainscales\.brainscales2.*docs/hardware\.md"):
        chip.calibrate(np.random.default_rng(0))


class Faults:
    """Let the runs of a program fail: ``plan`` gives the error of each run in turn, or None."""

    def __init__(self, monkeypatch, plan):
        self.plan, self.runs = iter(plan), 0
        self.run = pynn.run
        monkeypatch.setattr(pynn, "run", self)

    def __call__(self, runtime, command=pynn.RunCommand.EXECUTE):
        if command != pynn.RunCommand.EXECUTE:
            return self.run(runtime, command)
        self.runs += 1
        error = next(self.plan, None)
        if error is not None:
            raise error
        return self.run(runtime, command)


def test_a_failed_run_is_repeated(monkeypatch, calibration):
    faults = Faults(monkeypatch, [None, RuntimeError("timeout"), None])
    heights = heights_of(backend(), calibration, CENTRE, np.random.default_rng(0))
    assert np.isfinite(heights).all()
    assert faults.runs == 5


def test_a_run_that_keeps_failing_is_missing(monkeypatch, calibration):
    incomplete = program.IncompleteRecordingError("no samples")
    plan = [None, incomplete, RuntimeError("timeout"), incomplete]
    Faults(monkeypatch, plan)
    calls = []
    heights = heights_of(
        backend(), calibration, np.repeat(CENTRE, 2, axis=0), np.random.default_rng(0), calls.append
    )
    assert np.isnan(heights[0, 1]).all()
    assert np.isfinite(heights[0, [0, 2, 3]]).all()
    assert np.isfinite(heights[1]).all()
    assert calls == [1, 1]


@pytest.mark.parametrize("error", [RuntimeError("no backend"), ConnectionError("refused")])
def test_a_lost_connection_stops_and_the_next_call_goes_on(
    monkeypatch, calibration, tmp_path, error
):
    parameters = np.array([equal_compartments(100.0 * k, 511.0) for k in range(5)])
    whole = heights_of(backend(), calibration, parameters, np.random.default_rng(8))
    folder = tmp_path / "parts"
    with monkeypatch.context() as broken:
        Faults(broken, [None] * 9 + [error] * 3)
        with pytest.raises(ConnectionLost, match="2 of 5 measurements are kept in") as caught:
            heights_of(
                backend(parts=str(folder)), calibration, parameters, np.random.default_rng(8)
            )
        assert isinstance(caught.value, BackendError)
    (file,) = folder.iterdir()
    assert len(file.read_text().splitlines()) == 3
    with file.open("a") as half_written:
        half_written.write('{"index": 4, "hei')
    faults = Faults(monkeypatch, [])
    calls = []
    rest = heights_of(
        backend(parts=str(folder)), calibration, parameters, np.random.default_rng(8), calls.append
    )
    np.testing.assert_array_equal(rest, whole)
    assert faults.runs == 3 * 4
    assert calls == [2, 1, 1, 1]
    assert not list(folder.iterdir())


@pytest.mark.parametrize("needs", [("v", "spikes"), ("v", "w", "spikes")])
def test_a_lost_connection_to_a_neuron_stops_and_the_next_call_goes_on(
    monkeypatch, tmp_path, needs
):
    where, inputs = setups.neuron("bss2"), np.tile(list(adex.BASE.values()), (5, 1))
    random = partial(np.random.default_rng, 8)

    def chip(**infrastructure):
        return make(where, {"retry_wait": 0.0, **infrastructure})

    table = chip().calibrate(random())
    whole = chip().measure(table, inputs, random(), needs)
    assert not np.array_equal(whole["v"][0], whole["v"][1])  # so that the order can be seen
    with monkeypatch.context() as broken:
        Faults(broken, [None] * 2 + [RuntimeError("gone")] * 3)
        with pytest.raises(ConnectionLost, match="2 of 5 measurements are kept in"):
            chip(parts=str(tmp_path)).measure(table, inputs, random(), needs)
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("a") as half_written:
        half_written.write('{"index": 4, "v": "AA')
    faults, calls = Faults(monkeypatch, []), []
    again = chip(parts=str(tmp_path))
    rest = again.measure(table, inputs, random(), needs, calls.append)
    assert faults.runs == 3
    assert calls == [2, 1, 1, 1]
    for name in needs:
        assert rest[name].dtype == whole[name].dtype
        np.testing.assert_array_equal(rest[name], whole[name])
    chip(parts=str(tmp_path)).measure(table, inputs, random(), ["w"])
    assert faults.runs == 8  # of other signals nothing is there
    again.forget()
    assert not file.exists()


def test_other_calls_do_not_take_the_parts(monkeypatch, calibration, tmp_path):
    parameters = np.repeat(CENTRE, 3, axis=0)
    with monkeypatch.context() as broken:
        Faults(broken, [None] * 4 + [RuntimeError("gone")] * 3)
        with pytest.raises(ConnectionLost):
            heights_of(
                backend(parts=str(tmp_path)), calibration, parameters, np.random.default_rng(8)
            )
    for settings, seed, theta in (({}, 9, parameters), ({"weight": 31}, 8, parameters)):
        faults = Faults(monkeypatch, [])
        heights_of(
            backend(parts=str(tmp_path), **settings),
            calibration,
            theta,
            np.random.default_rng(seed),
        )
        assert faults.runs == 12
        monkeypatch.undo()
    (file,) = (p for p in tmp_path.iterdir() if p.suffix == ".jsonl")
    file.write_text(json.dumps({"key": "another", "signals": {}}) + "\n")
    heights_of(backend(parts=str(tmp_path)), calibration, parameters, np.random.default_rng(8))


def test_errors_of_the_program_are_not_taken_for_a_lost_connection(monkeypatch, calibration):
    Faults(monkeypatch, [NotImplementedError("spiking")])
    with pytest.raises(BackendError, match="run of compartment 0: NotImplementedError: spiking"):
        heights_of(backend(), calibration, CENTRE, np.random.default_rng(0))
    with pytest.raises(BackendError, match=r"ValueError: .*0 to 3068"):
        heights_of(
            backend(),
            calibration,
            np.array([equal_compartments(4000.0, 1.0)]),
            np.random.default_rng(0),
        )


def test_gaps_in_a_recording_are_found():
    times = np.arange(0, 100, 0.034)
    program.check_complete(times, 100.0)
    broken = [times[times > 10], times[times < 90], np.delete(times, slice(500, 800))]
    broken += [np.repeat(times, 2), np.where(times == times[7], np.nan, times), times[::-1]]
    for other in broken:
        with pytest.raises(program.IncompleteRecordingError):
            program.check_complete(other, 100.0)


@pytest.mark.parametrize(
    ("values", "good"),
    [
        ([1, 2, 1], True),
        ([0, 1023, 5], True),
        ([1, 1, 1], False),
        ([1023] * 3, False),
        ([1, np.nan, 2], False),
        ([-1, 1023, 5], False),
        ([0, 1024, 5], False),
        ([0.4, 0.5, 0.4], False),  # another unit
    ],
)
def test_samples_of_a_stuck_converter_are_found(values, good):
    with nullcontext() if good else pytest.raises(program.IncompleteRecordingError):
        program.check_plausible(np.array(values, dtype=float))


class Recordings:
    """Change what a program records: ``change`` of times and potentials in run ``number``."""

    def __init__(self, monkeypatch, change, runs=None):
        self.number, self.runs, self.change, self.last = 0, runs, change, None
        check = program.check_plausible

        def checked(potential):
            if self.runs is None or self.number in self.runs:
                potential[:] = self.change(potential, self.last)
            self.number += 1
            self.last = potential.copy()
            check(potential)

        monkeypatch.setattr(program, "check_plausible", checked)


BROKEN = {
    "nan": lambda v, last: np.where(np.arange(len(v)) == 9, np.nan, v),
    "inf": lambda v, last: np.full_like(v, np.inf),
    "constant": lambda v, last: np.full_like(v, 400.0),
    "rail": lambda v, last: np.full_like(v, 1023.0),
    "off the readout": lambda v, last: v - np.where(np.arange(len(v)) % 2, 0, 3000.0),
    "stale": lambda v, last: v if last is None else last,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_cannot_be_a_measurement_is_missing_and_measured_again(
    monkeypatch, calibration, tmp_path, kind
):
    """The third of four measurements fails; the next call measures it alone."""
    parameters = np.array([equal_compartments(200.0 * k, 511.0) for k in range(4)])
    whole = heights_of(backend(), calibration, parameters, np.random.default_rng(8))
    random = partial(np.random.default_rng, 8)
    with monkeypatch.context() as broken:
        Recordings(broken, BROKEN[kind], range(8, 20))
        first = backend(parts=str(tmp_path))
        heights = first.measure(calibration, parameters, random())["heights"]
    assert np.isnan(heights[2]).any()
    assert np.isfinite(heights[:2]).all()
    faults = Faults(monkeypatch, [])
    chip = backend(parts=str(tmp_path))
    again = chip.measure(calibration, parameters, random())["heights"]
    np.testing.assert_array_equal(again, whole)
    assert faults.runs in (4, 8)  # the fourth fails as well where the damage reaches it
    chip.forget()
    assert not list(tmp_path.iterdir())


def test_a_chip_that_gives_nothing_usable_is_given_up(monkeypatch, calibration, tmp_path):
    Recordings(monkeypatch, BROKEN["constant"])
    parameters = np.repeat(CENTRE, 20, axis=0)
    with pytest.raises(BackendError, match="none in 10 measurements in a row; 0 of 20"):
        heights_of(
            backend(retries=0, parts=str(tmp_path)),
            calibration,
            parameters,
            np.random.default_rng(0),
        )


def test_a_run_that_hangs_is_given_up_and_tried_again(monkeypatch, calibration):
    plan = iter([3.0])

    class Hanging(Faults):
        def __call__(self, runtime, command=pynn.RunCommand.EXECUTE):
            if command == pynn.RunCommand.EXECUTE:
                time.sleep(next(plan, 0.0))
            return super().__call__(runtime, command)

    faults = Hanging(monkeypatch, [])
    before = time.monotonic()
    chip = backend(run_limit=1.0)
    heights = heights_of(chip, calibration, CENTRE, np.random.default_rng(0))
    assert time.monotonic() - before < 3
    assert np.isfinite(heights).all()
    assert faults.runs == 4


@pytest.mark.parametrize("failures", [2, 3])
def test_connecting_is_tried_again(monkeypatch, failures):
    with pynn.registered(serial=SERIAL):
        chip = backend(module=REAL)
        identify, left = chip.library.pynn.helper.get_unique_identifier, iter(range(failures))

        def refused(*arguments):
            if next(left, None) is not None:
                raise RuntimeError("connection refused")
            return identify(*arguments)

        monkeypatch.setattr(chip.library.pynn.helper, "get_unique_identifier", refused)
        if failures < 3:
            assert chip.calibrate(np.random.default_rng(0))["success"].all()
        else:
            with pytest.raises(ConnectionLost, match="connecting: the chip does not answer after"):
                chip.calibrate(np.random.default_rng(0))


def test_averages_of_uneven_parts():
    times = np.array([0.0, 0.9, 2.0, 3.1, 4.0, 5.0, 5.9])
    mean_times, mean = program.average(times, np.arange(7.0), 2, 3.0)
    np.testing.assert_array_equal(mean_times, times[:3])
    np.testing.assert_array_equal(mean, [1.5, 2.5, 3.5])


def test_chip_time_is_known_before():
    with pynn.registered():
        chip = backend(module=REAL)
    assert chip.chip_time(1000) == pytest.approx(1200, rel=0.01)
    assert chip.chip_time(1) == pytest.approx(1.2, rel=0.01)


# --- one process at a time


def hold(folder, started):
    with chip_lock("W62F3", folder):
        started.set()
        time.sleep(0.5)


def test_a_chip_is_held_by_one_process(tmp_path, caplog):
    caplog.set_level("INFO")
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    other = context.Process(target=hold, args=(str(tmp_path), started))
    other.start()
    assert started.wait(30)
    before = time.monotonic()
    with chip_lock("W62F4", tmp_path):
        assert time.monotonic() - before < 0.3  # another chip is free
    assert not caplog.records
    with chip_lock("W62F3", tmp_path):
        assert time.monotonic() - before > 0.2
    other.join()
    (waiting,) = [record for record in caplog.records if "analog_sbi-W62F3" in record.message]
    assert waiting.message.startswith("waiting for chip W62F3: another process holds")
    assert waiting.shown  # on the terminal too


def hold_for_long(folder, started):
    with chip_lock("W62F3", folder):
        started.set()
        time.sleep(60)


def test_a_killed_process_holds_no_chip(tmp_path):
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    other = context.Process(target=hold_for_long, args=(str(tmp_path), started))
    other.start()
    assert started.wait(30)
    other.kill()
    other.join()
    before = time.monotonic()
    with chip_lock("W62F3", tmp_path):
        assert time.monotonic() - before < 5


def test_a_shared_lock_is_open_to_other_users(tmp_path):
    before = os.umask(0o077)
    try:
        with chip_lock("a/b", tmp_path / "shared"):
            pass
    finally:
        os.umask(before)
    (lock,) = (tmp_path / "shared").iterdir()
    assert lock.name == "analog_sbi-a_b.lock"
    assert stat.S_IMODE(lock.stat().st_mode) == 0o666


def test_a_lock_of_ones_own_is_out_of_reach_of_other_users(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with chip_lock("W62F3"):
        pass
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["analog_sbi-W62F3.lock"]
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackendError, match="expected a folder of this user"), chip_lock("W62F3"):
        pass


def test_a_lock_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BackendError, match="lock file"), chip_lock("x", tmp_path / "file"):
        pass


def test_the_lock_is_named_after_the_setup(monkeypatch):
    with pynn.registered(serial=4):
        device = backend(module=REAL).device
        assert device.lock_name() == "model-4"
        monkeypatch.setenv("QUIGGELDY_IP", "10.1.2.3")
        monkeypatch.setenv("QUIGGELDY_PORT", "5666")
        assert device.lock_name() == "10.1.2.3:5666"
        monkeypatch.setenv("SLURM_HARDWARE_LICENSES", "W63F3")
        assert device.lock_name() == "W63F3"
