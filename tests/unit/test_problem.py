"""Problems: their key, plain data, and the prior."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from analog_sbi.backends import Setup
from analog_sbi.errors import ModelError, ProblemError, SpaceError
from analog_sbi.models import Signal
from analog_sbi.prior import Box, prior_of
from analog_sbi.problem import (
    Given,
    Measured,
    Problem,
    expect_same,
    parameterization_of,
    pose,
    target_of,
)
from tests.setups import CHIP, chain_on, setup

CENTRE = Measured("centre", (0.5, 0.5), 100)
FILE = Given("slice7", "data/slice7.csv", "0123456789ab")


def posed(parameters="global", observable="first", bounds=None, target=CENTRE, **settings):
    where = setup("bss2_sim", **settings)
    backend = chain_on("bss2_sim", **settings)
    return pose(where, backend, parameters, observable, bounds or {}, target)


PROBLEM = posed()


def test_a_problem_names_what_is_inferred_and_from_what():
    assert PROBLEM.parameters == ("g_leak", "g_axial")
    assert PROBLEM.features == ("h_00", "h_10", "h_20", "h_30")
    assert PROBLEM.units == ("MADC LSB",) * 4
    assert PROBLEM.name == "global parameters given first of centre"
    assert PROBLEM.space == PROBLEM.prior.space


@pytest.mark.parametrize("target", [CENTRE, FILE])
@pytest.mark.parametrize(
    ("parameters", "observable"), [("global", "tau"), ("individual", "all"), ("global", "first")]
)
def test_plain_data_make_the_same_problem(parameters, observable, target):
    problem = posed(parameters, observable, target=target)
    plain = json.loads(json.dumps(problem.plain()))  # as Snakemake and .pt files carry it
    again = Problem.from_plain(plain)
    assert again == problem
    assert again.key == problem.key
    assert again.plain() == problem.plain()


def test_arbor_has_no_limits_and_keeps_its_key():
    problem = pose(setup("arbor"), chain_on("arbor"), "global", "tau", {}, CENTRE)
    assert Problem.from_plain(json.loads(json.dumps(problem.plain()))).key == problem.key


SETUP = PROBLEM.setup
CHANGED = {
    "backend": replace(PROBLEM, setup=replace(SETUP, backend="bss2")),
    "model": replace(PROBLEM, setup=replace(SETUP, model="models/mine.py")),
    "serial": posed(serial=60),
    "length": posed(length=5),
    "limits": posed(limits={"leak": [0, 1021], "axial": [0, 1022]}),
    "weight": posed(weight=31),
    "a new setting": replace(PROBLEM, setup=replace(SETUP, settings={**CHIP, "averages": 2})),
    "parameters": posed("individual"),
    "observable": posed(observable="tau"),
    "prior": posed(bounds={"g_leak": (0.0, 1021.0)}),
    "features": replace(PROBLEM, features=PROBLEM.features[:3], units=PROBLEM.units[:3]),
    "order of features": replace(PROBLEM, features=PROBLEM.features[::-1]),
    "units": replace(PROBLEM, units=("mV",) * 4),
    "signals": replace(PROBLEM, signals={"heights": Signal((4, 4), "mV")}),
    "position": posed(target=replace(CENTRE, position=(0.5, np.nextafter(0.5, 1)))),
    "trials": posed(target=replace(CENTRE, trials=101)),
    "name of the target": posed(target=replace(CENTRE, name="middle")),
    "kind of the target": posed(target=FILE),
    "content of the file": posed(target=replace(FILE, digest="ba9876543210")),
}


def test_the_key_changes_with_every_part():
    keys = {name: problem.key for name, problem in CHANGED.items()}
    assert PROBLEM.key not in keys.values()
    assert len(set(keys.values())) == len(keys), keys


def test_the_key_changes_with_nothing_else():
    assert posed().key == PROBLEM.key
    backwards = dict(reversed(CHIP.items()))
    assert replace(PROBLEM, setup=Setup("bss2_sim", "chain", backwards)).key == PROBLEM.key
    tuples = {**CHIP, "limits": {"leak": (0, 1022), "axial": (0, 1022)}}
    assert replace(PROBLEM, setup=Setup("bss2_sim", "chain", tuples)).key == PROBLEM.key
    assert posed(bounds={"g_leak": (0.0, 1022.0)}).key == PROBLEM.key
    # bounds are numbers, whether integers or not
    assert posed(limits={"leak": [0, 1022], "axial": [0, 1022]}).key == PROBLEM.key


def test_the_key_is_that_of_a_file_s_content_wherever_it_lies():
    here, there = (posed(target=replace(FILE, path=path)) for path in ("a.csv", "data/b.csv"))
    assert here.key == there.key
    paths = ("mine.py", "models/mine.py")
    here, there = (replace(PROBLEM, setup=replace(SETUP, model=path)) for path in paths)
    assert here.key == there.key


def test_the_key_is_no_digest_of_the_process():
    code = "from tests.unit.test_problem import PROBLEM; print(PROBLEM.key)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == PROBLEM.key


def test_two_problems_are_told_apart_by_both_keys():
    other = CHANGED["observable"]
    expect_same(PROBLEM.key, posed().key, "distances")
    with pytest.raises(ProblemError, match=f"distances: .*{PROBLEM.key}.*{other.key}"):
        expect_same(PROBLEM.key, other.key, "distances")


@pytest.mark.parametrize("part", sorted(PROBLEM.plain()))
def test_plain_data_that_lack_a_part_are_refused(part):
    plain = {name: value for name, value in PROBLEM.plain().items() if name != part}
    with pytest.raises(ProblemError, match=part) as caught:
        Problem.from_plain(plain)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("target", [CENTRE, FILE])
def test_targets_go_to_plain_data_and_back(target):
    assert target_of(json.loads(json.dumps(target.plain()))) == target


# --- prior


def test_a_narrowed_prior_keeps_the_other_parameters():
    problem = posed("individual", bounds={"g_leak_0": (100.0, 900.0)})
    assert problem.space.limits("g_leak_0") == (100, 900)
    assert problem.space.limits("g_leak_1") == (0, 1022)
    draws = problem.prior.draw(1000, np.random.default_rng(0))
    assert draws[:, 0].min() >= 100
    assert draws[:, 0].max() <= 900
    assert draws[:, 1].min() < 50


def test_the_density_is_that_of_a_box_with_its_faces():
    prior = posed(bounds={"g_leak": (100.0, 300.0)}).prior
    points = np.array(
        [[100.0, 0], [300, 1022], [np.nextafter(100, 0), 5], [200, np.nextafter(1022, 2000)]]
    )
    expected = -np.log(200 * 1022)
    np.testing.assert_allclose(prior.log_prob(points), [expected] * 2 + [-np.inf] * 2)


def test_priors_go_to_plain_data_and_back():
    assert prior_of(PROBLEM.prior.plain()) == Box(PROBLEM.space)
    with pytest.raises(
        ProblemError, match="expected box, independent or restricted, found 'normal'"
    ):
        prior_of({"kind": "normal"})
    with pytest.raises(ProblemError, match="found None"):
        prior_of({})


@pytest.mark.parametrize("bounds", [{"g_leak": (-1.0, 5.0)}, {"g_leak": (5.0, 5.0)}, {"g": (0, 1)}])
def test_bounds_outside_the_space_are_refused(bounds):
    with pytest.raises(SpaceError, match=next(iter(bounds))):
        posed(bounds=bounds)


def test_names_that_the_model_lacks_are_refused():
    with pytest.raises(ModelError, match="parameters"):
        posed("local")
    with pytest.raises(ModelError, match="observable"):
        posed(observable="breadth")


def test_parameters_become_inputs_of_the_backend():
    backend = chain_on("bss2_sim")
    mapping = parameterization_of(PROBLEM, backend.inputs)
    np.testing.assert_array_equal(mapping([[1.0, 2.0]]), [[1, 1, 1, 1, 2, 2, 2]])


def test_folders_are_named_after_backend_and_model():
    assert SETUP.folder == "bss2_sim/chain"
    assert Setup("function", "models/mine.py").folder == "function/mine"
