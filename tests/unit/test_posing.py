"""What a study poses: setups, problems and targets from its configuration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analog_sbi import study as typed
from analog_sbi.backends import Setup
from analog_sbi.errors import ConfigurationError, UnavailableError
from analog_sbi.models.chain import height_names
from analog_sbi.problem import Given, Measured, Problem, Transferred
from analog_sbi.restricted import Restricted
from analog_sbi.study import posing
from tests.setups import MODULE, configuration, model_file

MINE = {
    "parameters": "global",
    "observable": "first",
    "rounds": [20],
    "seeds": 1,
    "estimator": {"transforms": 1, "hidden": 10},
    "target": "centre",
}


def study(**changed):
    return typed.load(configuration(**changed))


def with_mine(targets=None, **changed):
    """The study with an experiment ``mine``, for which ``changed`` settings are others."""
    return study(experiments={"mine": MINE | changed}, targets=targets or {})


@pytest.fixture(scope="module")
def shipped():
    return study()


def refused(call, *arguments, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)


# --- setups


def test_every_experiment_of_the_study_poses_a_problem(shipped):
    posing.check(shipped)
    for name in shipped.experiments:
        for backend in ("bss2_sim", "arbor", "bss2"):
            if not posing.has_chip(shipped, name, backend):
                continue
            problem = posing.problem(shipped, name, backend)
            assert Problem.from_plain(problem.plain()) == problem
            assert problem.setup.backend == backend


def test_setups_hold_what_a_measurement_depends_on_and_no_more(shipped):
    where = posing.setup(shipped, "bss2", "chain")
    for section, key, value in (
        ("bss2", "retries", 5),
        ("bss2", "parts", "elsewhere"),
        ("bss2", "lock_folder", "/tmp/locks"),
        ("bss2", "container", "chip.sif"),
        ("arbor", "weight", 0.1),
        ("predictive", "shown", 10),
        ("grid", "steps", 5),
    ):
        assert posing.setup(study(**{section: {key: value}}), "bss2", "chain") == where
    for section, key, value in (
        ("bss2", "averages", 2),
        ("bss2", "module", MODULE),
        ("chip", "serial", 60),
        ("chain", "length", 5),
    ):
        assert posing.setup(study(**{section: {key: value}}), "bss2", "chain") != where


def test_the_reference_is_posed_for_its_target():
    changed = study(
        targets={"edge": [0.1, 0.9]},
        reference={"target": "edge"},
        experiments={"mine": {**MINE, "target": "edge"}},
    )
    reference = posing.reference_problem(changed, "global", "first", "bss2_sim")
    assert reference.target == Measured("edge", (0.1, 0.9), 100)
    assert reference.key == posing.problem(changed, "mine", "bss2_sim").key
    assert reference.key != posing.problem(changed, "first_2d", "bss2_sim").key


def test_experiments_of_the_same_problem_have_one_key(shipped):
    keys = {
        posing.problem(shipped, name, "bss2_sim").key
        for name, experiment in shipped.experiments.items()
        if (experiment.parameters, experiment.observable, experiment.target)
        == ("global", "first", "centre")
    }
    assert keys == {posing.reference_problem(shipped, "global", "first", "bss2_sim").key}


def on_chip(serial, **changed):
    mine = {**MINE, "model": "adex", "parameters": "two", "observable": "features"}
    return study(
        experiments={"mine": {**mine, "target": "adapting_2d", "serial": serial}}, **changed
    )


def test_an_experiment_may_be_of_another_chip():
    """Its measurements lie apart, and the chip of the study is that of null."""
    own, same, other = (on_chip(serial) for serial in (None, 59, 7))
    posing.check(other)
    keys = [posing.problem(part, "mine", "bss2_sim").key for part in (own, same, other)]
    assert keys[0] == keys[1] != keys[2]
    assert posing.problem(other, "mine", "bss2_sim").setup.settings["serial"] == 7
    folders = [posing.folder_of(part, part.experiments["mine"]) for part in (own, same, other)]
    assert folders == ["adex", "adex", "adex_serial_7"]
    assert posing.folders(other)["adex_serial_7"] == ("adex", 7)
    assert posing.folders(other)["adex"] == ("adex", None)


@pytest.mark.parametrize(
    ("backend", "module", "there"),
    [
        ("bss2_sim", MODULE, True),
        ("bss2", MODULE, True),
        ("bss2", "pynn_brainscales.brainscales2", False),
        ("arbor", MODULE, False),
    ],
)
def test_other_chips_are_those_of_the_model(backend, module, there):
    posed = on_chip(7, bss2={"module": module})
    assert posing.has_chip(posed, "mine", backend) == there
    assert posing.has_chip(on_chip(59, bss2={"module": module}), "mine", backend)
    if there:
        assert posing.problem(posed, "mine", backend).setup.settings["serial"] == 7
        return
    with pytest.raises(UnavailableError, match=rf"^experiments\.mine\.serial: .* {backend}, .* 7$"):
        posing.problem(posed, "mine", backend)


def test_a_target_is_transferred_to_the_chip_of_the_study():
    far = {"position": [0.5, 0.5], "backend": "arbor", "scale": 3.4}
    changed = study(
        targets={"far": far}, experiments={"mine": {**MINE, "target": "far", "serial": 7}}
    )
    refused(posing.check, changed, message=r"^experiments\.mine\.serial: expected null, .* found 7")


def test_a_folder_of_another_chip_is_no_experiments_name():
    mine = on_chip(7).experiments["mine"].plain()
    changed = study(experiments={"mine": mine, "adex_serial_7": mine})
    refused(posing.check, changed, message="expected a name that is none of .*adex_serial_7")


def test_a_restricted_prior_is_yet_to_be_learned_and_another_problem():
    restriction = {"measurements": 500}
    mine = {**MINE, "model": "adex", "parameters": "two", "observable": "features"}
    mine |= {"target": "adapting_2d"}
    both = study(experiments={"mine": mine, "other": {**mine, "restriction": restriction}})
    posing.check(both)
    whole, other = (posing.problem(both, name, "bss2_sim") for name in ("mine", "other"))
    settings = {"measurements": 500, "missed": 0.01, "seed": both.seed}
    assert other.prior == Restricted(whole.prior, settings)
    assert other.key != whole.key
    assert not posing.tested_on_whole_range(both, "other", "bss2_sim")
    assert posing.tested_on_whole_range(both, "mine", "bss2_sim")


# --- what is refused


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"parameters": "local"}, r"^experiments\.mine\.parameters: expected one of global, indi"),
        ({"observable": "breadth"}, r"^experiments\.mine\.observable: expected one of tau, first"),
        (
            {"prior": {"g_leak": [-1, 5]}},
            r"^experiments\.mine\.prior\.g_leak: expected bounds within \[0, 1022\] DAC code",
        ),
        (
            {"prior": {"g_leak_0": [1, 5]}},
            r"^experiments\.mine\.prior\.g_leak_0: expected one of g_leak, g_axial",
        ),
        (
            {"scale": {"g_leek": "log"}},
            r"^experiments\.mine\.scale\.g_leek: expected one of g_leak, g_axial",
        ),
        (
            {"scale": {"g_leak": "log"}},
            r"^experiments\.mine\.scale\.g_leak: expected bounds above 0 .* found 0; prior may",
        ),
        (
            {"scale": {"g_leak": "log"}, "prior": {"g_leak": [5, 1023]}},
            r"^experiments\.mine\.prior\.g_leak: expected bounds within \[0, 1022\]",
        ),
        (
            {"scale": {"g_leak": "log"}, "prior": {"g_leak": {"normal": [500, 80]}}},
            r"^experiments\.mine\.prior\.g_leak: expected bounds of a parameter on a logarithmic",
        ),
        ({"model": "chian"}, r"^experiments\.mine\.model: expected one of .*chain"),
        (
            {"algorithm": "snle", "estimator": {"bounded": True}},
            r"^experiments\.mine\.estimator: expected no bounded, since snle",
        ),
        (
            {"restriction": {"measurements": 200}},
            r"^experiments\.mine\.restriction: expected null, since the model chain does not say "
            r"which runs are valid, found 200 measurements$",
        ),
        ({"model": "decay"}, r"^experiments\.mine\.model: expected one of .*found 'decay'"),
        ({"model": "models/none.py"}, r"models/none\.py: expected a .*file"),
    ],
)
def test_what_a_model_lacks_is_named_by_its_key(changed, message):
    refused(lambda: posing.check(with_mine(**changed)), message=message)


@pytest.mark.parametrize(
    ("bounds", "accepted"),
    [([0, 1022], True), ([0, 1022.5], False), ([-0.5, 1022], False)],
)
def test_bounds_of_a_prior_reach_to_those_of_the_space(bounds, accepted):
    changed = with_mine(prior={"g_leak": bounds})
    if accepted:
        posing.check(changed)
    else:
        refused(posing.check, changed, message="within")


def test_a_parameter_may_be_on_a_logarithmic_scale():
    """Its bounds and where the target was measured are known on that scale, the others' stay."""
    prior = {"g_leak": [100, 1000], "g_axial": [10, 1000]}
    changed = with_mine(prior=prior, scale={"g_leak": "log", "g_axial": "linear"})
    posing.check(changed)
    posed = posing.problem(changed, "mine", "bss2_sim")
    assert posed.parameters == ("log10_g_leak", "g_axial")
    np.testing.assert_allclose(posed.space.low, [2, 10])
    np.testing.assert_allclose(posed.space.high, [3, 1000])
    known = posing.known_parameters(changed, "mine", "bss2_sim")
    np.testing.assert_allclose(known, [np.log10(511), 511])
    assert not posing.tested_on_whole_range(changed, "mine", "bss2_sim")
    linear = posing.problem(with_mine(prior=prior), "mine", "bss2_sim")
    assert linear.key != posed.key
    same = with_mine(prior=prior, scale={"g_axial": "linear"})
    assert posing.problem(same, "mine", "bss2_sim").key == linear.key


def test_experiments_are_not_named_as_models():
    changed = study(experiments={"chain": MINE})
    refused(posing.check, changed, message=r"experiments\.chain: expected a name that is none of")


@pytest.mark.parametrize("name", ["reference", "figures", "claims"])
def test_experiments_are_not_named_as_other_folders(name):
    with pytest.raises(ConfigurationError, match=rf"experiments\.{name}: expected no name of an"):
        study(experiments={name: MINE})


def test_two_models_of_one_name_are_refused(tmp_path):
    paths = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        paths.append(model_file(tmp_path / folder))
    of_file = MINE | {"parameters": "identity", "observable": "ends"}
    changed = study(
        targets={"spot": {"position": [0.5, 0.5]}},
        experiments={
            f"mine_{i}": of_file | {"model": path, "target": "spot"} for i, path in enumerate(paths)
        },
    )
    refused(posing.check, changed, message=r"experiments\.mine_1\.model: expected another name")
    path = model_file(tmp_path, name="chain.py")
    changed = study(
        targets={"spot": {"position": [0.5, 0.5]}},
        experiments={"mine": of_file | {"model": path, "target": "spot"}},
    )
    refused(posing.check, changed, message=r"experiments\.mine\.model: expected another name")


# --- models in files


def test_a_file_is_measured_by_its_own_function(tmp_path):
    path = model_file(tmp_path)
    changed = with_mine(
        {"spot": {"position": [0.5, 0.5]}},
        model=path,
        parameters="identity",
        observable="ends",
        target="spot",
    )
    posing.check(changed)
    assert posing.backend_of(changed, path) == "function"
    assert posing.models(changed)[-1] == path
    assert posing.folders(changed)["line"] == (path, None)
    problem = posing.problem(changed, "mine", "function")
    assert problem.parameters == ("slope", "offset")
    assert posing.plane(problem.setup) == "identity"
    edited = path.replace("line.py", "edited.py")
    (tmp_path / "edited.py").write_text(
        (tmp_path / "line.py").read_text().replace("0.1 *", "0.2 *")
    )
    other = posing.setup(changed, "function", edited)
    assert other.settings != problem.setup.settings


# --- targets


def trials_file(folder, columns, values=None):
    table = pd.DataFrame(
        np.random.default_rng(0).uniform(20, 90, (5, len(columns))) if values is None else values,
        columns=columns,
    )
    path = folder / "slice7.csv"
    table.to_csv(path, index=False)
    return {"slice7": {"file": str(path)}}


def test_targets_are_measured_or_given(tmp_path):
    changed = with_mine(trials_file(tmp_path, height_names(4)))
    assert posing.target(changed, "centre") == Measured("centre", (0.5, 0.5), 100)
    given = posing.target(changed, "slice7")
    assert isinstance(given, Given)
    assert given.path.endswith("slice7.csv")
    assert len(given.digest) == 12
    assert isinstance(posing.target(changed, "random_1"), Measured)


FOREIGN = {"other": {"position": [0.5, 0.5], "backend": "arbor", "scale": 3}}
UNSCALED = {"other": FOREIGN["other"] | {"scale": "inferred"}}


@pytest.mark.parametrize(
    ("targets", "observable", "scale"),
    [(FOREIGN, "first", 3.0), (FOREIGN, "all", 3.0), (UNSCALED, "relative", None)],
)
def test_a_target_of_another_backend_is_transferred(targets, observable, scale):
    """Nobody knows its parameters here; on its own backend it is measured as any other."""
    changed = with_mine(targets, target="other", observable=observable)
    posing.check(changed)
    problem = posing.problem(changed, "mine", "bss2_sim")
    source = posing.setup(changed, "arbor", "chain")
    assert problem.target == Transferred("other", (0.5, 0.5), 100, source, scale)
    assert Problem.from_plain(problem.plain()) == problem
    assert posing.known_parameters(changed, "mine", "bss2_sim") is None
    assert "on arbor" in posing.facts(changed, "mine", "bss2_sim")["observation"]
    there = posing.problem(changed, "mine", "arbor")
    assert there.target == Measured("other", (0.5, 0.5), 100)
    assert posing.transferred(changed, "bss2_sim")["other"] == "arbor"
    assert "other" not in posing.transferred(changed, "arbor")


def test_another_setting_of_the_source_is_another_problem():
    keys = [
        posing.problem(
            study(
                experiments={"mine": MINE | {"target": "other"}},
                targets=FOREIGN,
                arbor={"weight": weight},
            ),
            *("mine", "bss2_sim"),
        ).key
        for weight in (0.05, 0.06)
    ]
    assert keys[0] != keys[1]


@pytest.mark.parametrize(
    ("targets", "changed", "message"),
    [
        (UNSCALED, {"observable": "first"}, r"^experiments\.mine\.observable: .* no scale changes"),
        (UNSCALED, {"observable": "tau"}, r"^experiments\.mine\.observable: .* no scale changes"),
        (FOREIGN, {"observable": "width"}, r"^experiments\.mine\.observable: .*made of heights"),
        (
            FOREIGN,
            {"model": "adex", "parameters": "two", "observable": "features"},
            r"^targets\.other: expected null as backend for the model adex, which is not",
        ),
    ],
)
def test_what_cannot_be_transferred_is_named(targets, changed, message):
    refused(posing.check, with_mine(targets, target="other", **changed), message=message)


@pytest.mark.parametrize(
    ("columns", "observable", "features"),
    [
        (height_names(4), "first", ("h_00", "h_10", "h_20", "h_30")),
        (height_names(4), "tau", ("tau",)),
        (["h_20", "h_00"], "first", ("h_00", "h_20")),
        (["h_20", "h_00"], "all", ("h_00", "h_20")),
        (["tau"], "tau", ("tau",)),
    ],
)
def test_a_file_may_hold_some_features(tmp_path, columns, observable, features):
    targets = trials_file(tmp_path, columns)
    changed = with_mine(targets, target="slice7", observable=observable)
    problem = posing.problem(changed, "mine", "bss2_sim")
    assert problem.features == features
    assert len(problem.units) == len(features)
    posing.check(changed)


@pytest.mark.parametrize(
    ("columns", "observable", "message"),
    [
        (["tau"], "first", r"^targets\.slice7: expected columns h_00"),
        (["h_00"], "tau", r"^targets\.slice7: expected columns tau, or those of heights"),
        (["width"], "first", r"^targets\.slice7: .*slice7\.csv: expected columns among"),
    ],
)
def test_a_file_without_the_features_is_refused_by_the_name_of_its_target(
    tmp_path, columns, observable, message
):
    changed = with_mine(trials_file(tmp_path, columns), target="slice7", observable=observable)
    refused(posing.check, changed, message=message)


def test_a_missing_file_is_refused(tmp_path):
    targets = {"slice7": {"file": str(tmp_path / "none.csv")}}
    refused(
        posing.check,
        with_mine(targets, target="slice7"),
        message=r"^targets\.slice7: .*none\.csv: expected a",
    )


def test_another_content_of_the_file_is_another_problem(tmp_path):
    keys = []
    for value in (10.0, 11.0):
        targets = trials_file(tmp_path, ["h_00", "h_10"], [[value, 5.0], [12.0, 6.0]])
        changed = with_mine(targets, target="slice7")
        keys.append(posing.problem(changed, "mine", "bss2_sim").key)
    assert keys[0] != keys[1]


def test_trials_are_read_anew_when_the_file_changes(tmp_path):
    where = posing.setup(study(), "bss2_sim", "chain")
    for columns in (["h_00"], ["h_00", "h_10"]):
        changed = with_mine(trials_file(tmp_path, columns), target="slice7")
        table, units = posing.trials(changed, where, "slice7")
        assert list(table) == columns == list(units)


def test_a_position_of_another_size_is_refused_before_any_job():
    changed = with_mine({"spot": {"position": [0.5]}}, target="spot")
    message = r"^targets\.spot: expected as many values as parameters, 2 \(global\) or 7 "
    refused(posing.check, changed, message=message)


@pytest.mark.parametrize(
    ("position", "name"), [([0.5, 0.5], "global"), ([0.5] * 7, "individual"), ([0.5], None)]
)
def test_a_position_lies_in_the_first_space_of_its_size(tmp_path, position, name):
    path = model_file(tmp_path)
    changed = with_mine(
        {"spot": {"position": position}},
        model=path,
        parameters="identity",
        observable="ends",
        target="spot",
    )
    where = posing.setup(changed, "bss2_sim", "chain")
    if name is None:
        message = r"targets\.spot: expected as many values as parameters, 2 \(global\) or 7 "
        refused(posing.position_parameterization, changed, where, "spot", message=message)
    else:
        assert posing.position_parameterization(changed, where, "spot") == name


# --- what a page tells


def test_facts_are_words():
    tree = study(chain={"parents": [None, 0, 1, 1, 0]})
    told = posing.facts(tree, "all_7d", "bss2_sim")
    assert told["settings"].startswith("length 5; parents none, 0, 1, 1, 0; serial 59; limits of ")
    assert "leak 0 to 1022, axial 0 to 1022" in told["settings"]
    assert told["estimator"].startswith("family maf; transforms 5; ")
    assert "parents" not in posing.facts(study(), "all_7d", "bss2_sim")["settings"]
    assert not set("{}[]'") & set("".join(told.values()))


# --- observables of tables


def test_tables_hold_what_cannot_be_had_from_them(shipped):
    where = posing.setup(shipped, "bss2_sim", "chain")
    assert posing.observables(shipped, where, ["first_2d", "all_7d"]) == ["all", "tau"]
    names = posing.features(where, ["all", "tau", "first"])
    assert names == (*height_names(4), "tau")
    assert posing.plane(where) == "global"


def test_faces_are_made_once():
    where = Setup("bss2_sim", "chain", posing.setup(study(), "bss2_sim", "chain").settings)
    assert posing.face(where) is posing.face(Setup(**where.plain()))


@pytest.mark.parametrize("length", [12, 32])
def test_long_chains_are_posed(length):
    changed = study(chain={"length": length})
    posing.check(changed)
    problem = posing.problem(changed, "all_7d", "bss2_sim")
    assert len(problem.features) == len(set(problem.features)) == length**2
    assert len(problem.parameters) == 2 * length - 1
