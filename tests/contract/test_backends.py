"""What every backend keeps to, so that rules and scripts need not know which one measures.

A backend that measures the chain with the settings of the study is tested as it is; others have
an entry in ``CASES``, as have the spiking neuron and trees with all inputs that the backends of the
package have.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp

import analog_sbi.chip.pynn as pynn
from analog_sbi import backends, measuring
from analog_sbi.backends import Backend, Setup, make
from analog_sbi.errors import BackendError, StudyError
from analog_sbi.hardware.program import IncompleteRecordingError
from analog_sbi.models import Model, load
from analog_sbi.models.chain import FURTHER as FURTHER_INPUTS
from analog_sbi.tables.measurements import CALIBRATION
from tests import setups

FURTHER = set(FURTHER_INPUTS)
SETS = 3  # parameter sets of a measurement; the second is the one that fails


@dataclass(frozen=True)
class Case:
    """How a backend is made, and how the second parameter set is made to fail, if it can.

    ``fail`` gets inputs (N, I) and returns those of a call in which that happens.
    """

    setup: Callable[[Path], Setup]
    fail: Callable[[pytest.MonkeyPatch, np.ndarray], np.ndarray] | None = None


def fail_second_set(
    monkeypatch: pytest.MonkeyPatch, inputs: np.ndarray, first: int = 4
) -> np.ndarray:
    """Let the stand-in return incomplete recordings of one compartment, in every attempt.

    ``first`` is the number of compartments, hence of the first run of the second set.
    """
    run, calls = pynn.run, iter(range(1000))

    def broken(runtime, command=pynn.RunCommand.EXECUTE):
        if command == pynn.RunCommand.EXECUTE and first <= next(calls) < first + 3:
            raise IncompleteRecordingError("no samples")
        return run(runtime, command)

    monkeypatch.setattr(pynn, "run", broken)
    return inputs


def too_steep(monkeypatch: pytest.MonkeyPatch, inputs: np.ndarray) -> np.ndarray:
    """Inputs at which the function of the file raises."""
    changed = inputs.copy()
    changed[1, 0] = -4.5
    return changed


def of_a_file(folder: Path) -> Setup:
    return Setup("function", setups.model_file(folder))


CASES = {
    "bss2": Case(lambda folder: setups.setup("bss2"), fail_second_set),
    "function": Case(of_a_file, too_steep),
    "bss2 of a tree": Case(
        lambda folder: setups.tree("bss2"), partial(fail_second_set, first=len(setups.PARENTS))
    ),
    "bss2 of a neuron": Case(
        lambda folder: setups.neuron("bss2"), partial(fail_second_set, first=1)
    ),
    "bss2_sim of a neuron": Case(lambda folder: setups.neuron("bss2_sim")),
    "bss2_sim of a tree": Case(lambda folder: setups.tree("bss2_sim")),
    "arbor of a neuron": Case(lambda folder: setups.neuron("arbor")),
    "arbor of a tree": Case(lambda folder: setups.tree("arbor")),
}


@pytest.fixture(params=[*backends.names(), *(key for key in CASES if " of a " in key)])
def case(request) -> Case:
    name = request.param
    return CASES.get(name) or Case(lambda folder: setups.setup(name))


@pytest.fixture
def where(case, tmp_path) -> Setup:
    return case.setup(tmp_path)


@pytest.fixture
def backend(where) -> Backend:
    return make(where, {"retry_wait": 0.0})


@pytest.fixture
def calibration(backend):
    return backend.calibrate(np.random.default_rng(3))


def inputs_of(backend: Backend, count: int = SETS, seed: int = 0) -> np.ndarray:
    """Inputs (count, I) well within the range."""
    unit = 0.3 + 0.4 * np.random.default_rng(seed).random((count, len(backend.inputs)))
    return backend.inputs.scale(unit)


def observables_of(model: Model, backend: Backend) -> list[str]:
    """Observables that can be had of a backend's signals."""
    every = replace(model, tabulated=tuple(model.observables))
    return list(every.tabulated_of(backend.signals))


def equal(one, other) -> None:
    assert set(one) == set(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


# --- what it is


def test_inputs_and_signals_are_named_in_units(backend):
    assert len(backend.inputs) > 0
    assert all(backend.inputs.units)
    assert backend.signals
    for signal in backend.signals.values():
        assert signal.unit
        assert np.dtype(signal.dtype).kind == "f"
        assert signal.limits is None or signal.limits[0] < signal.limits[1]


def test_every_parameterization_and_observable_of_its_model_can_be_made(backend, where):
    model = load(where.model)
    made = model.parameterizations_of(backend.inputs)
    assert next(iter(made)) == next(iter(model.parameterizations))
    for mapping in made.values():
        count, width = mapping(mapping.space.grid(2)).shape
        assert count == 2 ** len(mapping.space)
        assert width == len(backend.inputs) or set(backend.inputs.names[width:]) <= FURTHER
    made_of = observables_of(model, backend)
    assert set(made_of) >= set(model.observables) - {"tau"}  # which is of a chain alone
    for name in made_of:
        observable = model.observable(name, backend.signals)
        assert len(observable.names) == len(observable.units) > 0
        assert set(observable.needs) <= set(backend.signals)


def test_a_calibration_is_a_table_with_success(backend, calibration):
    assert len(calibration) >= 1
    CALIBRATION.validate(calibration)
    assert calibration["success"].all()


def test_a_calibration_is_determined_by_its_generator(backend, where, calibration):
    again = make(where).calibrate(np.random.default_rng(3))
    assert again.equals(calibration)


def test_provenance_is_plain_text(backend, calibration):
    found = backend.provenance(calibration)
    assert all(type(key) is str and type(value) is str for key, value in found.items())


def test_what_it_needs_is_imported_only_to_measure(where):
    """Infrastructure that it does not know changes nothing and is no error."""
    assert make(where, {"threads": 2, "no_such_key": 1}).inputs == make(where).inputs


def test_a_model_that_it_does_not_measure_is_refused(where):
    with pytest.raises(BackendError) as caught:
        make(replace(where, model="no_such_model"))
    line = str(caught.value)
    assert "\n" not in line
    assert where.backend in line
    assert "no_such_model" in line


def test_an_unknown_backend_is_refused():
    with pytest.raises(BackendError, match=r"one of arbor, .*found 'bss3'"):
        make(Setup("bss3", "chain"))


# --- what it measures


def test_signals_have_their_shape_type_and_limits(backend, calibration):
    inputs = inputs_of(backend)
    signals = backend.measure(calibration, inputs, np.random.default_rng(1), list(backend.signals))
    sizes: dict[str, int] = {}
    for name, signal in backend.signals.items():
        values = signals[name]
        assert values.dtype == np.dtype(signal.dtype), name
        assert values.ndim == 1 + len(signal.shape), name
        assert len(values) == SETS
        for size, expected in zip(values.shape[1:], signal.shape, strict=True):
            assert size == (expected or size)
        sizes[name] = values.shape[-1]
        assert np.isfinite(values).all()
        low, high = signal.limits or (-np.inf, np.inf)
        assert ((values >= low) & (values <= high)).all(), name
    unknown = {sizes[name] for name, signal in backend.signals.items() if None in signal.shape}
    assert len(unknown) <= 1  # traces and their times have equally many samples


def test_only_what_is_needed_is_returned(backend, calibration):
    inputs = inputs_of(backend)
    for needs in ([name] for name in backend.signals):
        signals = backend.measure(calibration, inputs, np.random.default_rng(1), needs)
        assert list(signals) == needs


def test_equal_generators_give_equal_signals_with_and_without_progress(backend, calibration, where):
    inputs = inputs_of(backend)
    for needs in (["heights"] if "heights" in backend.signals else [], list(backend.signals)):
        done: list[int] = []
        first = backend.measure(calibration, inputs, np.random.default_rng(1), needs)
        again = make(where).measure(
            calibration, inputs, np.random.default_rng(1), needs, done.append
        )
        equal(first, again)
        assert sum(done) == SETS


def test_members_are_measured_the_same_however_many_there_are(backend, calibration, where):
    """Bit for bit: with others after them, beside others of another size, and on their own."""
    model = load(where.model)
    name = list(model.parameterizations_of(backend.inputs))[-1]  # the inputs themselves
    shares = [inputs_of(backend, count, seed) for seed, count in enumerate((2, 1, 2))]

    def found(*members, device=backend):
        table = measuring.measure_members(
            device,
            where.model,
            calibration,
            [shares[member] for member in members],
            name,
            observables_of(model, backend),
            [np.random.default_rng([7, member]) for member in members],
        ).table
        ends = np.cumsum([len(shares[member]) for member in members])
        return dict(zip(members, np.split(table.to_numpy(), ends[:-1]), strict=True))

    few = found(0, 1)
    assert np.isfinite(few[0]).all()
    for others in (found(0, 1, 2), found(2, 1), found(1, device=make(where)), found(0)):
        for member in set(few) & set(others):
            np.testing.assert_array_equal(others[member], few[member])


def test_parameter_sets_are_measured_in_their_order(backend, calibration):
    inputs = backend.inputs.scale(
        np.linspace(0.2, 0.8, SETS)[:, None] * np.ones(len(backend.inputs))
    )
    name = next(iter(backend.signals))
    along = backend.measure(calibration, inputs, np.random.default_rng(1), [name])[name]
    back = backend.measure(calibration, inputs[::-1], np.random.default_rng(1), [name])[name]
    there, here = (values.reshape(SETS, -1) for values in (along, back[::-1]))
    spread = np.abs(there - here).max()
    assert spread < np.abs(there[0] - there[-1]).max()


def test_it_changes_none_of_its_arguments(backend, calibration):
    inputs, table = inputs_of(backend), calibration.copy()
    before = inputs.copy()
    backend.measure(table, inputs, np.random.default_rng(1), list(backend.signals)[:1])
    np.testing.assert_array_equal(inputs, before)
    assert table.equals(calibration)


def test_nothing_to_measure_gives_an_empty_table(backend, calibration, where):
    model = load(where.model)
    name = next(iter(model.parameterizations))
    theta = np.empty((0, len(model.parameterization(name, backend.inputs).space)))
    found = measuring.measure(
        backend,
        where.model,
        calibration,
        theta,
        name,
        list(model.tabulated_of(backend.signals)),
        np.random.default_rng(0),
    )
    assert len(found.table) == found.missing == 0
    assert list(found.table) == list(found.units)


# --- what fails


def test_a_failed_run_is_missing_and_counted(
    backend, calibration, where, case, monkeypatch, caplog
):
    if case.fail is None:
        pytest.skip("no run of it can fail")
    model = load(where.model)
    inputs = case.fail(monkeypatch, inputs_of(backend))
    name = list(model.parameterizations_of(backend.inputs))[-1]  # the inputs themselves
    tabulated = model.tabulated_of(backend.signals)
    found = measuring.measure(
        backend, where.model, calibration, inputs, name, tabulated, np.random.default_rng(1)
    )
    assert found.table.isna().any(axis=1).to_list() == [False, True, False]
    assert found.missing == 1
    assert "1 of 3 measurements are missing" in caplog.text


def test_a_failed_run_is_missing_in_signals_of_any_size(backend, calibration, case, monkeypatch):
    if case.fail is None:
        pytest.skip("no run of it can fail")
    inputs = case.fail(monkeypatch, inputs_of(backend))
    signals = backend.measure(calibration, inputs, np.random.default_rng(1), list(backend.signals))
    for name, values in signals.items():
        missing = np.isnan(values.reshape(SETS, -1))
        assert name in ("time", "arrivals") or missing.any(axis=1).tolist() == [
            False,
            True,
            False,
        ], name


def test_a_job_whose_every_run_failed_is_missing(backend, calibration, where, case, monkeypatch):
    if case.fail is None:
        pytest.skip("no run of it can fail")
    model = load(where.model)
    inputs = case.fail(monkeypatch, inputs_of(backend))[1:2]
    if where.backend == "bss2":
        monkeypatch.setattr(pynn, "run", _always_incomplete)
    signals = backend.measure(calibration, inputs, np.random.default_rng(1), list(backend.signals))
    assert all(np.isnan(values).all() for values in signals.values())
    found = measuring.measure(
        backend,
        where.model,
        calibration,
        inputs,
        list(model.parameterizations_of(backend.inputs))[-1],
        observables_of(model, backend),
        np.random.default_rng(1),
    )
    assert found.missing == len(found.table) == 1
    assert list(found.table) == list(found.units)


def _always_incomplete(runtime, command=pynn.RunCommand.EXECUTE):
    raise IncompleteRecordingError("no samples")


def test_missing_values_of_any_backend_are_counted(backend, calibration, where):
    model = load(where.model)

    class Failing:
        inputs, signals = backend.inputs, backend.signals

        def measure(self, *arguments):
            values = backend.measure(*arguments)
            return {
                name: np.where(
                    np.arange(SETS).reshape(-1, *[1] * (part.ndim - 1)) == 1, np.nan, part
                )
                for name, part in values.items()
            }

    name = list(model.parameterizations_of(backend.inputs))[-1]
    arguments = calibration, inputs_of(backend), name, observables_of(model, backend)
    found = measuring.measure(Failing(), where.model, *arguments, np.random.default_rng(1))
    assert found.missing == 1
    assert found.table.isna().all(axis=1).to_list() == [False, True, False]


# --- one physics


@pytest.mark.parametrize("codes", [(511, 511), (100, 900)])
def test_the_chip_and_its_model_measure_the_same(codes):
    """Features of bss2 on the stand-in and of bss2_sim are of one distribution."""
    features = []
    for name, runs in (("bss2", 100), ("bss2_sim", 3000)):
        backend = setups.chain_on(name)
        calibration = setups.chain_on("bss2_sim").calibrate(np.random.default_rng(3))
        found = measuring.measure(
            backend,
            "chain",
            calibration,
            np.tile(np.array(codes, dtype=float), (runs, 1)),
            "global",
            ["tau", "first"],
            np.random.default_rng([5, *codes]),
        )
        features.append(found.table)
    one, many = features
    values = [ks_2samp(one[name], many[name]).pvalue for name in many]
    # the smallest of 5 uniform p-values is below 2e-4 once in 1000 times
    assert min(values) > 2e-4
    shift = np.abs(one.mean() - many.mean()) / many.std()
    assert shift.max() < 0.5


def test_errors_of_a_backend_end_in_one_line():
    assert issubclass(BackendError, StudyError)


@pytest.mark.parametrize("name", [name for name in backends.names() if name != "arbor"])
def test_modules_of_the_chip_are_imported_lazily(name):
    """Only Arbor's own backend imports Arbor, and none imports the chip's software."""
    path = Path(backends.__path__[0]) / f"{name}.py"
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not names & {"arbor", "pynn_brainscales", "calix"}
