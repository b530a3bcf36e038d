"""Measuring: parts, features, units, and what is missing."""

from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest

from analog_sbi import measuring
from analog_sbi.errors import MeasurementError, ModelError
from analog_sbi.measuring import accept, measure, measure_members
from analog_sbi.models import Features, Model, chain


class Toy:
    """A chain of two whose heights are its inputs; ``missing`` sets fail."""

    inputs = chain.input_space(2, (0, 10), (0, 10), ("S", "S"))
    signals = chain.signals(2, "mV", "ms")

    def __init__(self, missing=()):
        self.missing, self.calls = set(missing), []

    def measure(self, calibration, inputs, generator, needs, progress=None):
        self.calls.append((len(inputs), list(needs)))
        values = np.repeat(inputs[:, :1], 4, axis=1).reshape(-1, 2, 2)
        values[[value in self.missing for value in inputs[:, 0]]] = np.nan
        if progress is not None:
            progress(len(inputs))
        found = {"heights": values, "traces": np.zeros((len(inputs), 2, 3)) + values[:, :, :1]}
        return {name: found[name] for name in needs}


THETA = np.column_stack([np.arange(1.0, 6.0), np.ones(5)])


def run(
    backend, observables=("first",), theta=THETA, name="global", progress=None, max_missing=1.0
):
    random = np.random.default_rng(0)
    return measure(backend, "chain", None, theta, name, observables, random, progress, max_missing)


def test_features_stand_once_with_their_units():
    found = run(Toy(), ["all", "first", "tau"])
    assert list(found.table) == ["h_00", "h_01", "h_10", "h_11", "tau"]
    assert found.units == dict.fromkeys(["h_00", "h_01", "h_10", "h_11"], "mV") | {
        "tau": "compartments"
    }
    assert found.table["h_00"].tolist() == [1, 2, 3, 4, 5]
    assert found.missing == 0


def test_missing_measurements_are_counted_and_warned_of(caplog):
    found = run(Toy({2.0, 4.0}), ["first", "tau"])
    assert found.missing == 2
    assert found.table.isna().all(axis=1).tolist() == [False, True, False, True, False]
    assert "2 of 5 measurements are missing" in caplog.text
    caplog.clear()
    assert run(Toy()).missing == 0
    assert not caplog.records


def test_all_may_be_missing():
    assert run(Toy(range(1, 6))).missing == 5


@pytest.mark.parametrize(("part", "sizes"), [(4, [4, 1]), (5, [5]), (6, [5])])
def test_signals_of_a_part_are_in_memory_at_once(monkeypatch, part, sizes):
    monkeypatch.setattr(measuring, "PART", part)
    backend, done = Toy(), []
    assert run(backend, progress=done.append).table["h_00"].tolist() == [1, 2, 3, 4, 5]
    assert [size for size, _ in backend.calls] == sizes
    assert done == sizes


def test_signals_of_unknown_size_come_in_smaller_parts(monkeypatch):
    monkeypatch.setattr(measuring, "PART_OF_UNKNOWN_SIZE", 2)

    def peak(face):
        return Features(("peak",), ("mV",), ("traces",), lambda s: s["traces"].max(axis=2)[:, :1])

    model = Model({"global": chain.shared}, {"peak": peak}, ())
    monkeypatch.setattr(measuring, "load", lambda name: model)
    backend = Toy()
    assert run(backend, ["peak"]).table["peak"].tolist() == [1, 2, 3, 4, 5]
    assert [size for size, _ in backend.calls] == [2, 2, 1]


def test_only_what_observables_need_is_measured():
    backend = Toy()
    run(backend, ["tau", "all"])
    assert backend.calls == [(5, ["heights"])]


def test_nothing_to_measure():
    found = run(Toy(), ["all", "tau"], np.empty((0, 2)))
    assert len(found.table) == found.missing == 0
    assert {dtype.kind for dtype in found.table.dtypes} == {"f"}


def test_unknown_names_are_refused():
    with pytest.raises(ModelError, match="parameters: expected one of global, individual"):
        run(Toy(), name="local")
    with pytest.raises(ModelError, match="observable: expected one of"):
        run(Toy(), ["breadth"])


# --- what cannot be a measurement


class Readout(Toy):
    """A chain of two, read out by a converter of 10 bit; ``change`` spoils its heights."""

    signals = chain.signals(2, "MADC LSB", "us")

    def __init__(self, change):
        super().__init__()
        self.change = change

    def measure(self, calibration, inputs, generator, needs, progress=None):
        values = generator.normal(100, 1, (len(inputs), 2, 2))
        return {"heights": self.change(values)}


def spoiled(value, count):
    def change(values):
        values[:count] = value
        return values

    return change


def one_of(value, count):
    def change(values):
        values[:count, 1, 0] = value
        return values

    return change


@pytest.mark.parametrize(
    "kind",
    [
        partial(spoiled, np.nan),
        partial(spoiled, 0.0),
        partial(spoiled, 1023.0),
        partial(one_of, np.inf),
        partial(one_of, -np.inf),
        partial(one_of, np.nan),
        partial(one_of, 1023.5),
        partial(one_of, -1023.5),
    ],
)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_measurements_are_judged(kind, count):
    """One of five is 20 %, two are 40 %: on either side of the limit."""
    backend = Readout(kind(count))
    if count < 2:
        found = run(backend, ["all", "tau"], max_missing=0.2)
        assert found.missing == count
        assert not np.isinf(found.table.to_numpy()).any()
        assert np.isfinite(found.table.to_numpy()[count:]).all()
    else:
        with pytest.raises(MeasurementError, match=r"at most 20 % missing.*found 2 of 5"):
            run(backend, ["all", "tau"], max_missing=0.2)


def test_the_ends_of_the_readout_are_part_of_it():
    assert run(Readout(one_of(1023.0, 5)), max_missing=0.0).missing == 0
    assert run(Readout(one_of(-1023.0, 5)), max_missing=0.0).missing == 0


def test_models_without_a_readout_may_be_constant():
    assert run(Toy(), ["all"], max_missing=0.0).missing == 0


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda values: np.repeat(values, 2, axis=0), r"\(10, 2, 2\)"),
        (lambda values: values[:3], r"\(3, 2, 2\)"),
        (lambda values: values[:, 0], r"\(5, 2\)"),
        (lambda values: np.full((5, 2, 2), "x"), "could not convert"),
    ],
)
def test_signals_of_another_shape_are_refused(change, found):
    with pytest.raises(MeasurementError, match=f"heights: expected .*found.*{found}"):
        run(Readout(change))


def test_a_measurement_is_lost_if_no_observable_can_use_it(monkeypatch):
    def half(face):
        return Features(("late",), ("ms",), ("heights",), lambda s: s["heights"][:, 0, :1] * np.nan)

    model = Model({"global": chain.shared}, {"late": half, "all": chain.all_heights}, ())
    monkeypatch.setattr(measuring, "load", lambda name: model)
    assert run(Toy(), ["all", "late"], max_missing=0.0).missing == 5
    with pytest.raises(MeasurementError):
        run(Toy(), ["late"], max_missing=0.9)


def test_backends_forget_what_they_kept_when_it_is_accepted():
    class Keeping(Toy):
        def forget(self):
            self.calls.append("forget")

    backend = Keeping()
    accept(backend)
    accept(Toy())
    assert backend.calls == ["forget"]


class Noisy(Toy):
    """The same with a random number a measurement; holds whatever is held."""

    def __init__(self):
        super().__init__()
        self.held_for = []

    def measure(self, calibration, inputs, generator, needs, progress=None):
        found = super().measure(calibration, inputs, generator, needs, progress)
        noise = generator.random(len(inputs))
        return {name: values + noise[:, None, None] for name, values in found.items()}

    @contextmanager
    def held(self, count):
        self.held_for.append(count)
        yield


SHARES = [THETA[:2], THETA[2:3], THETA[3:]]


def of_members(backend, *numbers, **options):
    return measure_members(
        backend,
        "chain",
        None,
        [SHARES[number] for number in numbers],
        "global",
        ["first"],
        [np.random.default_rng(number) for number in numbers],
        **options,
    )


@pytest.mark.parametrize("there", [[0], [2], [0, 1], [0, 1, 2], []])
def test_members_that_are_there_are_not_measured_and_the_rest_as_if_all_were(there):
    whole = of_members(Noisy(), 0, 1, 2).table
    rows = {0: [0, 1], 1: [2], 2: [3, 4]}
    present = {number: whole.loc[rows[number]] + 100 for number in there}
    backend, done = Noisy(), []
    found = of_members(backend, 0, 1, 2, progress=done.append, present=present)
    expected = whole.copy()
    for number in there:
        expected.loc[rows[number]] += 100
    assert found.table.equals(expected)
    assert found.units == {"h_00": "mV", "h_10": "mV"}
    assert [size for size, _ in backend.calls] == [
        len(rows[number]) for number in rows if number not in there
    ]
    assert sum(done) == 5


def test_a_backend_is_held_for_all_members_together():
    """One call takes the backend itself."""
    for numbers, held in [((0, 1, 2), [5]), ((2,), []), ((0, 1), [3])]:
        backend = Noisy()
        of_members(backend, *numbers)
        assert backend.held_for == held


def test_what_is_missing_of_members_counts_together(caplog):
    """Half of one of them, which is a fifth of all."""
    backend = Toy({4.0})
    with pytest.raises(MeasurementError, match=r"at most 10 % missing.*found 1 of 5"):
        of_members(backend, 0, 1, 2, max_missing=0.1)
    assert of_members(backend, 0, 1, 2, max_missing=0.2).missing == 1
    assert "1 of 5 measurements are missing" in caplog.text
