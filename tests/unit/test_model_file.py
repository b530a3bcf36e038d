"""Models in files: what a file needs, and what is said of one that is none."""

import numpy as np
import pytest

from analog_sbi.backends import Setup, make
from analog_sbi.backends.function import BATCH, Function
from analog_sbi.errors import BackendError, ModelError
from analog_sbi.measuring import measure
from analog_sbi.models import load
from tests.setups import LINE, model_file


def test_a_file_is_a_model(tmp_path):
    path = model_file(tmp_path)
    model, backend = load(path), make(Setup("function", path))
    assert list(model.parameterizations) == ["identity"]
    assert model.tabulated == ("ends",)  # the trace is of unknown size
    mapping = model.parameterization("identity", backend.inputs)
    assert mapping.space == backend.inputs
    np.testing.assert_array_equal(mapping([[1.0, 0.5]]), [[1.0, 0.5]])


def test_a_file_can_name_parameterizations_and_what_is_tabulated(tmp_path):
    more = """
from analog_sbi.models import Mapped
parameterizations = {
    "slope": lambda inputs: Mapped(
        inputs.select(["slope"]), lambda theta: np.column_stack([theta[:, 0], 0 * theta[:, 0]])
    )
}
tabulated = ["middle"]
"""
    path = model_file(tmp_path, LINE + more)
    model = load(path)
    assert list(model.parameterizations) == ["identity", "slope"]
    assert model.tabulated == ("middle",)
    found = measure(
        make(Setup("function", path)),
        path,
        None,
        np.array([[2.0]]),
        "slope",
        ["middle"],
        np.random.default_rng(0),
    )
    assert found.table["middle"].iloc[0] == pytest.approx(1.0, abs=0.5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("def f(:", "can be imported, found SyntaxError"),
        ("import no_such_module", "found ModuleNotFoundError"),
        ("raise SystemExit(2)", "found SystemExit"),
        (LINE.replace("space =", "sapce ="), "expected space of type Space, found NoneType"),
        (LINE.replace("signals = {", "signals = [").replace("100.0)),\n}", "100.0)),\n]"), "found"),
        (LINE + "\nsignals = []", "expected signals of type dict, found list"),
        (LINE + "\nsignals = {}", "at least one entry in signals"),
        (LINE + "\nobservables = {}", "at least one entry in observables"),
        (LINE + "\nsignals = {'ends': 3}", "expected signals ends of type Signal, found int"),
        (LINE + "\ndel observables", "expected observables of type dict, found NoneType"),
        (LINE + "\nmeasure = 3", r"expected a function measure\(inputs, generator\)"),
        (LINE + "\ntabulated = ['width']", "tabulated expected among ends, middle, found 'width'"),
        (LINE.replace('("ends",), lambda', '("end",), lambda'), "observable ends: .* found 'end'"),
        (LINE + "\nobservables = {'ends': 3}", "observable ends"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(tmp_path, wrong, message):
    path = model_file(tmp_path, wrong)
    with pytest.raises(ModelError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.py: expected a Python file with a model"):
        load(str(tmp_path / "none.py"))


def test_the_backend_measures_files_only():
    with pytest.raises(BackendError, match="expected a model in a Python file, found 'chain'"):
        make(Setup("function", "chain"))


# --- measuring


def returning(tmp_path, value):
    body = LINE.replace('return {"ends": trace[:, [0, -1]], "trace": trace}', f"return {value}")
    assert body != LINE
    return Function(model_file(tmp_path, body))


def run(backend, inputs=((1.0, 0.5), (2.0, 0.5)), needs=("ends", "trace")):
    return backend.measure(None, np.array(inputs), np.random.default_rng(1), needs)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("trace", "expected measure to return the signals ends, trace, found ndarray"),
        ("{'ends': trace}", "found ends"),
        ("{'ends': trace[:, [0, -1]], 'trace': trace, 'more': 1}", "found ends, trace, more"),
        ("{'ends': trace, 'trace': trace}", r"expected ends of shape \(2, 2\) .* found \(2, 5\)"),
        ("{'ends': trace[:1, :2], 'trace': trace}", r"found \(1, 2\)"),
        ("{'ends': trace[:, [0, -1]], 'trace': trace[0]}", r"expected trace of shape \(2, None\)"),
        ("{'ends': 'ab', 'trace': trace}", "expected numbers in ends"),
    ],
)
def test_other_signals_than_the_file_names_are_refused(tmp_path, value, message):
    with pytest.raises(ModelError, match=message) as caught:
        run(returning(tmp_path, value))
    assert "\n" not in str(caught.value)


def test_sizes_that_differ_between_parameters_are_refused(tmp_path, monkeypatch):
    value = "{'ends': trace[:, [0, -1]], 'trace': np.zeros((len(inputs), int(slope[0])))}"
    backend = returning(tmp_path, value)
    monkeypatch.setattr("analog_sbi.backends.function.BATCH", 1)
    with pytest.raises(ModelError, match=r"trace of one shape .* found \(1,\) and \(2,\)"):
        run(backend)


def test_batches_join_in_order_and_report_their_size(tmp_path):
    backend = Function(model_file(tmp_path))
    inputs = backend.inputs.draw(BATCH + 1, np.random.default_rng(0)) * [0.5, 1]
    done = []
    found = backend.measure(None, inputs, np.random.default_rng(0), ["ends"], done.append)
    assert done == [BATCH, 1]
    expected = np.column_stack([inputs[:, 1], inputs.sum(axis=1)])
    np.testing.assert_allclose(found["ends"], expected, atol=0.7)


def test_a_failing_set_leaves_the_others_as_they_are_alone(tmp_path, caplog):
    backend = Function(model_file(tmp_path))
    found = run(backend, [(1.0, 0.5), (-4.5, 0.5), (2.0, 0.5)])
    assert np.isnan(found["trace"]).all(axis=1).tolist() == [False, True, False]
    random = np.random.default_rng(1)
    for index, inputs in ((0, (1.0, 0.5)), (2, (2.0, 0.5))):
        alone = backend.measure(None, np.array([inputs]), random, ["trace"])["trace"][0]
        np.testing.assert_array_equal(found["trace"][index], alone)
    assert "missing at [-4.5, 0.5]: too steep" in caplog.text


def test_integers_are_measurements_too(tmp_path):
    backend = returning(
        tmp_path, "{'ends': np.ones((len(slope), 2), int), 'trace': np.zeros((len(slope), 1), int)}"
    )
    assert run(backend)["ends"].dtype == float


def test_an_observable_that_raises_is_named_in_one_line(tmp_path):
    path = model_file(tmp_path, LINE.replace('s["trace"][:, [2]]', 's["trace"][:, [9]]'))
    with pytest.raises(ModelError, match=r"line\.py: observable middle: IndexError") as caught:
        measure(
            make(Setup("function", path)),
            path,
            None,
            np.array([[1.0, 0.5]]),
            "identity",
            ["middle"],
            np.random.default_rng(0),
        )
    assert "\n" not in str(caught.value)


VALID = """
from analog_sbi.models import Validity
"""


def test_a_file_says_which_runs_are_valid(tmp_path):
    own = (
        VALID + 'valid = Validity(("first",), lambda values: values["first"] > 0, "start above 0")'
    )
    valid = load(model_file(tmp_path, LINE + own)).valid
    assert valid({"first": np.array([-1.0, 1.0, np.nan])}).tolist() == [False, True, False]
    assert valid.words == "start above 0"


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ("valid = 1", "expected valid of type Validity, found int"),
        ('valid = Validity(("middle",), abs, "")', "valid: .* among first, last, found 'middle'"),
        ('valid = Validity((), abs, "")', "valid: expected needs among first, last, found none"),
    ],
)
def test_a_rule_of_a_file_is_checked(tmp_path, own, message):
    with pytest.raises(ModelError, match=message):
        load(model_file(tmp_path, LINE + VALID + own))


def test_what_a_files_rule_raises_names_the_file(tmp_path):
    own = VALID + 'valid = Validity(("first",), lambda values: 1 / 0, "are")'
    path = model_file(tmp_path, LINE + own)
    with pytest.raises(ModelError, match=f"{path}: valid: ZeroDivisionError"):
        load(path).valid({"first": np.zeros(2)})
