"""Measuring: parts, features, units, and what is missing."""

import numpy as np
import pytest

from analog_sbi import measuring
from analog_sbi.errors import ModelError
from analog_sbi.measuring import measure
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


def run(backend, observables=("first",), theta=THETA, name="global", progress=None):
    random = np.random.default_rng(0)
    return measure(backend, "chain", None, theta, name, observables, random, progress)


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
        run(Toy(), ["width"])
