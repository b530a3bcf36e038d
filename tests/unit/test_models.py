"""Models by name: signals, parameterizations, observables, and what every model has."""

import numpy as np
import pytest

from analog_sbi import models
from analog_sbi.errors import ModelError
from analog_sbi.models import Features, Mapped, Signal, chain, features, load, scale
from analog_sbi.space import Space

SIGNALS = chain.signals(4, "MADC LSB", "us")
INPUTS = chain.input_space(4, (0, 1022), (0, 1022), ("DAC code", "DAC code"))


def test_models_of_the_package_are_found_by_name():
    assert "chain" in models.names()
    assert not {"file", "decay"} & set(models.names())
    assert load("chain") is chain.MODEL
    with pytest.raises(ModelError, match=r"model: expected one of .*chain.* or a Python file"):
        load("chian")


@pytest.mark.parametrize(
    ("name", "file", "stem"),
    [("chain", False, "chain"), ("models/mine.py", True, "mine"), ("a/b.c.py", True, "b.c")],
)
def test_names_of_models(name, file, stem):
    assert models.is_file(name) == file
    assert models.stem(name) == stem


def test_unknown_parts_of_a_model_are_refused():
    model = load("chain")
    with pytest.raises(ModelError, match=r"parameters: expected one of global, individual.*found"):
        model.parameterization("local", INPUTS)
    with pytest.raises(ModelError, match=r"observable: expected one of tau, first.*found"):
        model.observable("breadth", SIGNALS)


def test_what_can_be_had_from_a_table():
    model = load("chain")
    assert all(model.tabular(name, SIGNALS) for name in ("tau", "first", "all"))

    def peaks(face):
        return Features(("peak",), ("mV",), ("traces",), lambda s: s["traces"].max(axis=(1, 2)))

    richer = models.Model(
        model.parameterizations,
        {**model.observables, "peaks": peaks},
        model.tabulated,
        model.stored,
    )
    assert not richer.tabular("peaks", SIGNALS)


def test_signals_go_to_plain_data_and_back():
    assert models.signals_of(models.plain_signals(SIGNALS)) == SIGNALS
    without = {"x": Signal((None, 2), "mV")}
    assert models.signals_of(models.plain_signals(without)) == without


def test_features_of_several_observables_stand_once_each():
    calls = []

    def made(names, value):
        def function(signals):
            calls.append(names)
            return np.full((3, len(names)), value)

        return Features(names, ("mV",) * len(names), (), function)

    columns = features([made(("a", "b"), 1.0), made(("b",), 2.0), made(("c",), 3.0)], {})
    assert list(columns) == ["a", "b", "c"]
    assert columns["b"].tolist() == [1, 1, 1]
    assert calls == [("a", "b"), ("c",)]


@pytest.mark.parametrize("shape", [(2,), (3, 1), (3, 3), (3, 2, 1)])
def test_an_observable_of_another_shape_is_refused_in_one_line(shape):
    wrong = Features(("a", "b"), ("mV", "mV"), (), lambda s: np.zeros(shape))
    with pytest.raises(ModelError, match=r"a, b: expected shape \(N, 2\), found") as caught:
        features([wrong], {})
    assert "\n" not in str(caught.value)


def test_a_map_takes_one_point_as_a_row():
    space = Space(("a",), ("mV",), [0.0], [1.0])
    assert Mapped(space, lambda theta: 2 * theta)([3.0]).tolist() == [[6.0]]


@pytest.mark.parametrize("name", models.names())
def test_every_model_is_whole(name):
    model = load(name)
    assert model.parameterizations
    assert set(model.tabulated) <= set(model.observables)
    assert set(model.stored.values()) <= set(model.observables)


def test_any_parameterization_has_a_logarithmic_scale():
    positive = Space(INPUTS.names, INPUTS.units, 1 + INPUTS.low, 1 + INPUTS.high)
    linear, scaled = (load("chain").parameterization(n, positive) for n in ("global", "global_log"))
    assert scaled.space.names == ("log10_g_leak", "log10_g_axial")
    theta = linear.space.draw(5, np.random.default_rng(0))
    np.testing.assert_allclose(scaled(np.log10(theta)), linear(theta))
    assert scaled.space.contains(np.log10(theta)).all()
    with pytest.raises(ModelError, match=r"global_log: g_leak: expected bounds above 0 .* found 0"):
        load("chain").parameterization("global_log", INPUTS)


def test_some_parameters_have_a_logarithmic_scale():
    """Bounds in the name stand for a range that begins at 0."""
    name = scale.named("global", {"g_axial": (50.0, 1000.0)})
    assert scale.split(name) == ("global", {"g_axial": (50.0, 1000.0)})
    linear, scaled = (load("chain").parameterization(n, INPUTS) for n in ("global", name))
    assert scaled.space.names == ("g_leak", "log10_g_axial")
    assert scaled.space.units[1] == f"log10({linear.space.units[1]})"
    np.testing.assert_allclose(scaled.space.limits("log10_g_axial"), np.log10([50, 1000]))
    assert scaled.space.limits("g_leak") == linear.space.limits("g_leak")
    theta = np.array([[0.0, 50.0], [900.0, 300.0]])
    asked = np.stack([theta[:, 0], np.log10(theta[:, 1])], axis=1)
    np.testing.assert_allclose(scaled(asked), linear(theta))
    assert (asked[:, 1] == np.log10(theta[:, 1])).all()  # what was asked stays as it was


@pytest.mark.parametrize("bounds", [{}, {"a": (1e-5, 2.5)}, {"b": (1.0, 2.0), "a_1": (0.1, 1e9)}])
def test_scaled_names_are_read_as_they_were_written(bounds):
    assert scale.split(scale.named("individual", bounds)) == ("individual", bounds)


AREA = """
from analog_sbi.models import Features


def observable(signals):
    return Features(("area",), (signals["heights"].unit,), ("heights",),
                    lambda s: s["heights"].sum(axis=(1, 2))[:, None])
"""


def test_an_observable_may_be_a_file(tmp_path):
    path = tmp_path / "area.py"
    path.write_text(AREA)
    model = load("chain")
    made = model.observable(str(path), SIGNALS)
    assert made.names == ("area",)
    assert made({"heights": np.ones((2, 4, 4))}).tolist() == [[16], [16]]
    assert model.tabular(str(path), SIGNALS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "expected a Python file with an observable, found no file"),
        ("import no_such_module", "found ModuleNotFoundError"),
        ("x = 1", r"expected a function observable\(signals\), found none"),
        (AREA.replace('("heights",)', '("hights",)'), "expected needs among heights, .* 'hights'"),
        (AREA.replace('("area",)', '("a", "b")'), "expected a unit for each name"),
    ],
)
def test_what_is_no_observable_is_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "area.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ModelError, match=message) as caught:
        load("chain").observable(str(path), SIGNALS)
    assert str(caught.value).startswith(f"observable: {path}: ")
    assert "\n" not in str(caught.value)
