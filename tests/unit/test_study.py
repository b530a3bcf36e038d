"""The typed configuration: every kind of error in one line, each bound from both sides, answers."""

import copy
import math
import re
from datetime import date
from itertools import pairwise

import pytest
import yaml

from analog_sbi import backends, models
from analog_sbi.errors import ConfigurationError
from analog_sbi.study import availability, command_line, load, schema, vocabulary
from analog_sbi.study.messages import branches, resolved, value_at
from tests.setups import configuration


def at(config: dict, path: str, value: object) -> dict:
    """The configuration with a value at a dotted path, whose sections are made where missing."""
    *parents, last = path.split(".")
    part = config
    for name in parents:
        part = part.setdefault(name, {})
    part[last] = value
    return config


def refusal(config: dict) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(config)
    assert str(caught.value).isprintable()
    return str(caught.value)


MINE = {
    "parameters": "global",
    "observable": "tau",
    "target": "centre",
    "rounds": [50],
    "seeds": 1,
    "estimator": {"transforms": 1, "hidden": 10},
}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        # unknown keys, with what was possibly meant
        ("bakend", "bss2", ["bakend: unknown key", "(did you mean backend?)"]),
        ("chain.lenght", 4, ["chain.lenght: unknown key", "(did you mean length?)"]),
        ("reference.global.degrees.men", 4, ["global.degrees.men: unknown key", "mean?"]),
        ("experiments.tau_2d.estimator.widht", 4, ["tau_2d.estimator.widht: unknown key"]),
        ("bss2_sim", {}, ["bss2_sim: unknown key"]),
        # types, with the meaning of the key and its unit
        ("seed", "one", ["seed: expected integer (seed of the study", "found 'one'"]),
        ("seed", True, ["seed: expected integer", "found True"]),
        ("seed", 1.5, ["seed: expected integer", "found 1.5"]),
        ("seed", None, ["seed: expected integer", "found None"]),
        ("seed", 2**63, ["seed: expected a number below 2^63"]),
        ("chip.spike_interval", [1], ["chip.spike_interval: expected number", "in us", "[1]"]),
        ("chip.spike_interval", math.nan, ["chip.spike_interval: expected finite number", "nan"]),
        ("inference.learning_rate", "5e-4", ["learning_rate: expected number", "1.0e-4"]),
        ("grid", None, ["grid: expected object", "found None"]),
        ("grid", [20], ["grid: expected object", "found [20]"]),
        ("experiments.tau_2d.rounds", 50, ["tau_2d.rounds: expected array", "found 50"]),
        ("experiments.tau_2d.rounds", [50, "x"], ["tau_2d.rounds[1]: expected integer", "'x'"]),
        ("bss2.parts", 3, ["bss2.parts: expected string", "found 3"]),
        ("bss2.parts", "", ["bss2.parts: expected at least 1 character"]),
        ("bss2.parts", "a\nb", ["bss2.parts: expected text in one line"]),
        ("experiments.tau_2d.target", date(2026, 1, 1), ["tau_2d.target: expected text", "quotes"]),
        ("experiments.Tau", MINE, ["experiments.Tau: expected a name like ^[a-z]"]),
        ("targets.a b", [0.5, 0.5], ["targets.'a b': expected a name like"]),
        # one of a few
        ("backend", "bss3", ["backend: expected one of arbor, bss2, bss2_sim", "mean bss2?"]),
        ("backend", "function", ["backend: expected one of arbor, bss2, bss2_sim"]),
        ("training", "stock", ["training: expected one of batched, sbi", "found 'stock'"]),
        ("rounds_as", "job", ["rounds_as: expected one of jobs, one_job", "'job'"]),
        ("bss2.module", "a b", ["bss2.module: expected a name like", "'a b'"]),
        (
            "experiments.tau_2d.algorithm",
            "snpe",
            ["tau_2d.algorithm: expected one of", "mean tsnpe?"],
        ),
        ("experiments.tau_2d.checked_rounds", 1, ["checked_rounds: expected one of last, all"]),
        ("compare_algorithms.algorithms", ["abc"], ["algorithms[0]: expected one of", "mcabc?"]),
        # against over-fitting
        (
            "experiments.tau_2d.estimator.weight_decay",
            -1,
            ["estimator.weight_decay: expected", "-1"],
        ),
        (
            "experiments.adex_two.estimator.gradient_penalty",
            1,
            ["penalty: expected 0 of a bounded"],
        ),
        ("experiments.tau_2d.estimator.balance", 1, ["rounds: expected one number", "balance"]),
        ("experiments.trials_ratio.estimator", {"balance": 1}, ["expected no balance, since snre"]),
        (
            "experiments.trials_ratio.estimator",
            {"bounded": True},
            ["expected no bounded, since snre"],
        ),
        # what a shell would be given
        ("bss2.container", "a.sif;touch${IFS}X", ["bss2.container: expected a name like"]),
        ("bss2.container", "a b.sif", ["bss2.container: expected a name like"]),
        ("bss2.container", "--writable", ["bss2.container: expected a name like"]),
        # parts of a round
        ("inference.validation_fraction", 0.98, ["fraction: expected at least 2 measurements to"]),
        ("inference.validation_fraction", 0.01, ["fraction: expected at least 2 measurements to"]),
        # names of a model
        (
            "experiments.tau_2d.model",
            "chian",
            ["tau_2d.model: expected one of adex, chain", "chain?"],
        ),
        ("experiments.tau_2d.model", "decay", ["tau_2d.model: expected one of adex, chain"]),
        (
            "experiments.tau_2d.parameters",
            "all",
            ["parameters: expected one of global, individual"],
        ),
        ("experiments.tau_2d.observable", "t", ["observable: expected one of tau, first"]),
        ("reference.problems", [{"parameters": "global", "observable": "F"}], ["observable: exp"]),
        ("reference.problems", [{"parameters": "g", "observable": "tau"}], ["parameters: exp"]),
        # names of other sections
        ("experiments.tau_2d.target", "center", ["target: expected one of centre", "centre?"]),
        ("reference.target", "edge", ["reference.target: expected one of centre", "'edge'"]),
        ("amortized.experiment", "tau", ["amortized.experiment: expected one of tau_2d"]),
        ("amortized.experiment", "first_7d", ["amortized.experiment: expected one of a chain"]),
        ("compare_algorithms.experiment", "F", ["compare_algorithms.experiment: expected one of"]),
        ("distances.every_round", ["tau_2d", "F"], ["distances.every_round[1]: expected one of"]),
        ("distances.every_round", ["tau_2d"] * 2, ["every_round[1]: expected each entry once"]),
        ("sizes.like", "first", ["sizes.like: expected one of", "did you mean first_7d?"]),
        ("experiment", "mine", ["experiment: expected one of tau_2d"]),
        # names that are made
        ("experiments.size_2d_1x10", MINE, ["experiments.size_2d_1x10: expected no name that siz"]),
        ("experiments.compare_snle_150", MINE, ["compare_snle_150: expected no name that compare"]),
        ("targets.random_1", [0.1, 0.1], ["targets.random_1: expected no name that amortized"]),
        # targets
        ("targets.edge", 0.5, ["targets.edge: expected [0.5, 0.5], {position: [...]} or {file"]),
        ("targets.edge", [], ["targets.edge: expected at least 1 entries"]),
        ("targets.edge", {}, ["targets.edge: expected either position or file"]),
        (
            "targets.edge",
            {"position": [0.1], "file": "a.csv"},
            ["expected either position or file"],
        ),
        ("targets.edge", {"position": [0.1], "units": {"tau": "mV"}}, ["units: expected no units"]),
        (
            "targets.edge",
            {"position": [0.1], "scale": 2},
            ["edge.scale: expected no scale without a file or another backend"],
        ),
        (
            "targets.edge",
            {"position": [0.1], "backend": "arbor"},
            ["edge.scale: expected a number or inferred"],
        ),
        (
            "targets.edge",
            {"file": "a.csv", "backend": "arbor", "scale": 2},
            ["edge.backend: expected no backend without a position"],
        ),
        (
            "targets.edge",
            {"position": [0.1], "backend": "abror", "scale": 2},
            ["edge.backend: expected one of", "arbor?"],
        ),
        ("targets.edge", {"file": "a.csv", "scale": "infered"}, ["scale: expected number or inf"]),
        ("experiments.tau_2d.scale", {"g_leak": "ln"}, ["scale.g_leak: expected"]),
        ("targets.edge", {"fiel": "a.csv"}, ["targets.edge.fiel: unknown key", "file?"]),
        (
            "targets.edge",
            {"file": "a.csv", "units": {"tau": 1}},
            ["edge.units.tau: expected string"],
        ),
        ("targets.edge", [0.5, 1.5], ["targets.edge[1]: expected at most 1", "found 1.5"]),
        ("targets", {}, ["targets: expected at least 1 entries"]),
        ("points", [[0.5]], ["points[0]: expected at least 2 entries"]),
        # pairs and prior bounds
        ("chip.limits.leak", [500, 100], ["chip.limits.leak: expected [lowest, highest]"]),
        ("arbor.tau_axial", [3.0, 3.0], ["arbor.tau_axial: expected [lowest, highest]", "in ms"]),
        ("experiments.tau_2d.prior", {"g_leak": [5, 1]}, ["prior.g_leak: expected [lowest, hi"]),
        ("experiments.tau_2d.prior", {"g_leak": [5]}, ["prior.g_leak: expected at least 2"]),
        ("experiments.tau_2d.prior", {"g leak": [1, 5]}, ["prior.'g leak': expected a name like"]),
        ("experiments.tau_2d.prior", [1, 5], ["tau_2d.prior: expected object"]),
        # budgets and seeds
        ("predictive.shown", 2000, ["shown: expected at most predictive.samples = 1000", "2000"]),
        ("predictive.seed", 10, ["predictive.seed: expected a seed of every experiment"]),
        (
            "ensemble.size",
            11,
            ["ensemble.size: expected at most the seeds of experiments.first_2d"],
        ),
        ("compare_algorithms.rounds", [[50, 50], [100]], ["rounds[1]: expected budgets of differ"]),
        (
            "compare_remedies.ways",
            {"a": {"repairs": ["pooling"]}},
            ["repairs[0]: expected", "none"],
        ),
        ("compare_remedies.ways", {"A b": {"repairs": ["none"]}}, ["compare_remedies.ways"]),
        ("compare_remedies.budgets", [10], ["compare_remedies.budgets[0]: expected at least 20"]),
        (
            "compare_remedies.seeds",
            1,
            ["compare_remedies.seeds: expected at least 2, since repair is ensem"],
        ),
        (
            "compare_remedies.problems",
            [{"parameters": "global", "observable": "width"}],
            ["compare_remedies.problems[0]: expected one of reference.problems", "global_tau"],
        ),
        (
            "experiments.tau_2d",
            MINE | {"repair": "conformal", "rounds": [99], "seeds": 2},
            ["experiments.tau_2d.rounds: expected at least 100 measurements of the other seeds"],
        ),
        # rounds_as
        (
            "experiments.tau_2d",
            MINE | {"algorithm": "snle", "rounds_as": "jobs"},
            ["one_job, since"],
        ),
        # restriction
        (
            "experiments.mine",
            MINE | {"restriction": {"measurements": 199}},
            ["restriction.measurements: expected at least 200 (", "found 199"],
        ),
        (
            "experiments.mine",
            MINE | {"restriction": {"measurements": 200, "missed": 0.5}},
            ["restriction.missed: expected less than 0.5 (", "found 0.5"],
        ),
        (
            "experiments.mine",
            MINE | {"algorithm": "genetic", "restriction": {"measurements": 200}},
            ["restriction: expected null, since genetic has no posterior"],
        ),
        # repair
        (
            "experiments.tau_2d",
            MINE | {"algorithm": "snle", "repair": "likelihood"},
            ["none, since snle trains no networks of the study"],
        ),
        (
            "experiments.tau_2d.repair",
            "weights",
            ["repair: expected one of none, conformal, ensemble"],
        ),
        (
            "experiments.tau_2d",
            MINE | {"repair": "ensemble", "seeds": 1},
            ["seeds: expected at least 2, since repair is ensemble"],
        ),
        (
            "experiments.tau_2d",
            MINE | {"repair": "conformal", "seeds": 2, "rounds": [50, 50]},
            ["rounds: expected one number, since repair is conformal"],
        ),
        # settings of estimators, by family
        (
            "experiments.tau_2d.estimator.bins",
            4,
            ["bins: expected none, since maf takes", "found 4"],
        ),
        ("experiments.tau_2d.estimator.family", "mfa", ["family: expected one of maf", "maf?"]),
        ("sizes.reverse", [[1, 1]], ["sizes.reverse[0][1]: expected at least 2"]),
        ("sizes.reverse", [[1, 10], [1, 10]], ["sizes.reverse[1]: expected each entry once"]),
        ("sizes.hidden", [10, 10], ["sizes.hidden[1]: expected each entry once"]),
        ("experiments.first_2d.estimator.family", "nsf", ["sizes.reverse: expected no entries"]),
    ],
)
def test_wrong_values_are_named(config, path, value, expected):
    message = refusal(at(config, path, value))
    for part in expected:
        assert part in message


def test_conformal_levels_ask_for_measurements_of_other_seeds(config):
    config["compare_remedies"] |= {"seeds": 2, "budgets": [99]}
    message = refusal(config)
    assert "compare_remedies.budgets: expected at least 100 measurements of the other" in message
    config["compare_remedies"]["budgets"] = [100]
    load(config)


def test_unknown_keys_are_told_before_other_faults(config):
    assert refusal(at(at(config, "seed", -1), "sizes.lik", "x")).startswith("sizes.lik: unknown")


def removable() -> list[str]:
    whole = schema.whole()
    inner = [
        f"{name}.{key}"
        for name, part in whole["properties"].items()
        for key in resolved(part, whole).get("required", ())
    ]
    return [*whole["required"], *inner, "experiments.tau_2d.rounds"]


@pytest.mark.parametrize("path", removable())
def test_missing_keys_are_named_with_what_is_expected(config, path):
    *parents, last = path.split(".")
    del value_at(config, parents)[last]
    assert re.match(rf"{re.escape(path)}: missing; expected .+", refusal(config))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1: {}", "expected names as keys, found 1"),
        ("chain: {1: 2}", "chain: expected names as keys, found 1"),
        ("chain: {'': 2}", "chain: expected names as keys, found ''"),
        ('chain: {"\\n": 2}', "chain: expected names as keys"),
        ("chain: {length: [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}", "expected at most 12 levels"),
        (f"seed: {'9' * 500}", "seed: expected a number below 2^63, found one of 1661 bits"),
        ("seed: !!binary aGk=", "seed: expected text or a number, found b'hi'"),
    ],
)
def test_what_is_no_configuration_is_refused(config, text, expected):
    assert expected in refusal({**config, **yaml.safe_load(text)})


def test_whole_numbers_with_a_point_are_integers(config):
    assert load(at(config, "seed", 3.0)).seed == 3


BOUNDS = {
    "minimum": ("at least", 0, -1),
    "maximum": ("at most", 0, 1),
    "exclusiveMinimum": ("more than", 1e-6, 0),
    "exclusiveMaximum": ("less than", -1e-6, 0),
}


def bounds(part: dict, whole: dict, path: tuple = ()) -> list[tuple]:
    """Path, bound and its value for all of a part of the schema."""
    found = []
    for branch in branches(part, whole):
        found += [(path, name, branch[name], branch["type"]) for name in BOUNDS if name in branch]
        for name, inner in branch.get("properties", {}).items():
            found += bounds(resolved(inner, whole), whole, (*path, name))
        for inner in branch.get("patternProperties", {}).values():
            name = {"targets": "centre", "prior": "g_leak"}.get(path[-1], "tau_2d")
            found += bounds(resolved(inner, whole), whole, (*path, name))
        for index, inner in enumerate(branch.get("prefixItems", [])):
            found += bounds(resolved(inner, whole), whole, (*path, index))
        if "items" in branch:
            found += bounds(resolved(branch["items"], whole), whole, (*path, 0))
    return found


ALL_BOUNDS = sorted(set(bounds(schema.whole(), schema.whole())), key=str)
DEFAULTS = {
    "position": [0.5, 0.5],
    "bins": 1,
    "blocks": 1,
    "rounds": [50],
    "seeds": 1,
    "restriction": {"measurements": 1000},
}


def placed(config: dict, path: tuple, value: object) -> str:
    """Put a value at a path; the key as messages write it."""
    key = ".".join(map(str, path))
    key = re.sub(r"\.(\d+)", r"[\1]", key)
    if path[:2] == ("targets", "centre") and "position" in path:
        config["targets"]["centre"] = {"position": [0.5, 0.5]}
    if path[:2] == ("targets", "centre") and "scale" in path:
        config["targets"]["centre"] = {"file": "trials.csv"}
    part = config
    for name, following in pairwise(path):
        if isinstance(part, dict) and part.get(name) is None:
            part[name] = DEFAULTS.get(name, {})
            if isinstance(following, int) and not part[name]:
                part[name] = [0.0]
        part = part[name]
    part[path[-1]] = value
    return key


def test_bounds_are_those_of_many_keys():
    assert len(ALL_BOUNDS) > 100
    assert {name for _, name, *_ in ALL_BOUNDS} == set(BOUNDS)


@pytest.mark.parametrize(("path", "name", "bound", "kind"), ALL_BOUNDS)
def test_each_bound_is_met_from_both_sides(config, path, name, bound, kind):
    words, inside, outside = BOUNDS[name]
    step = outside if kind == "integer" else outside / 1e6
    wrong = copy.deepcopy(config)
    key = placed(wrong, path, bound + step)
    assert refusal(wrong).startswith(f"{key}: expected {words} {bound:g}"), key
    key = placed(config, path, bound + inside)
    told = ""
    try:
        load(config)
    except ConfigurationError as error:  # other keys may ask for more
        told = str(error)
    assert not told.startswith(f"{key}: expected {words} {bound:g}")


def test_names_come_from_the_registries():
    assert {*vocabulary.BACKENDS, "function"} == set(backends.names())
    assert set(vocabulary.MODELS) == set(models.names())


def test_the_default_family_is_what_is_recommended(config):
    def estimator(**own):
        study = load(at(config, "experiments.mine", MINE | {"estimator": own}))
        return study.experiments["mine"].estimator.plain()

    stated = estimator(family="default", hidden=20)
    assert stated == estimator(
        family="maf", transforms=5, hidden=20, permutations="reverse", gradient_penalty=0.3
    )
    assert stated != estimator(family="maf", hidden=20)
    config["experiments"]["mine"]["estimator"] = {"family": "default", "bounded": True}
    assert "gradient_penalty: expected 0 of a bounded flow" in refusal(config)


@pytest.mark.parametrize(
    ("family", "settings"),
    [("maf", {"permutations": "reverse", "blocks": 1}), ("nsf", {"bins": 4}), ("maf", {})],
)
def test_families_take_their_settings(config, family, settings):
    estimator = {"family": family, "transforms": 2, "hidden": 10, **settings}
    study = load(at(config, "experiments.mine", MINE | {"estimator": estimator}))
    plain = study.experiments["mine"].estimator.plain()
    assert plain["family"] == family
    assert ("bins" in plain) == ("bins" in settings)


@pytest.mark.parametrize(
    ("family", "setting", "value"), [("nsf", "permutations", "reverse"), ("maf", "bins", 4)]
)
def test_families_refuse_settings_of_others(config, family, setting, value):
    estimator = {"family": family, "transforms": 2, "hidden": 10, setting: value}
    message = refusal(at(config, "experiments.mine", MINE | {"estimator": estimator}))
    assert message.startswith(
        f"experiments.mine.estimator.{setting}: expected none, since {family}"
    )


def test_an_empty_setting_of_another_family_is_none(config):
    load(at(config, "experiments.tau_2d.estimator.bins", None))


@pytest.mark.parametrize(
    ("key", "value"),
    [("retries", 9), ("parts", "elsewhere"), ("lock_folder", "/tmp"), ("container", "x.sif")],
)
def test_how_the_chip_is_reached_is_no_matter_of_a_measurement(config, key, value):
    before = load(config)
    after = load(at(copy.deepcopy(config), f"bss2.{key}", value))
    assert after.backend_settings("bss2") == before.backend_settings("bss2")
    assert after.infrastructure("bss2")[key] == value


@pytest.mark.parametrize(
    ("key", "value"),
    [("module", "analog_sbi.chip.pynn"), ("averages", 3), ("calibration_file", "a.pbin")],
)
def test_what_is_run_on_the_chip_is(config, key, value):
    before = load(config).backend_settings("bss2")
    assert load(at(config, f"bss2.{key}", value)).backend_settings("bss2") == before | {key: value}


def test_backends_see_only_their_settings(config):
    study = load(config)
    assert set(study.backend_settings("bss2_sim")) == {*config["chain"], *config["chip"]}
    assert set(study.backend_settings("arbor")) == {*config["chain"], *config["arbor"]}
    assert study.infrastructure("bss2_sim") == study.infrastructure("arbor") == {}


def test_the_algorithm_is_among_what_results_depend_on(config):
    before = load(config).experiments["tau_2d"]
    after = load(at(config, "experiments.tau_2d.algorithm", "snle")).experiments["tau_2d"]
    assert before.plain() != after.plain()
    assert after.plain()["algorithm"] == "snle"


def test_how_rounds_run_is_not(config):
    before = load(config).experiments["tau_2d"].plain()
    assert load(at(config, "experiments.tau_2d.rounds_as", "jobs")).experiments[
        "tau_2d"
    ].plain() == before  # fmt: skip


@pytest.mark.parametrize(
    ("study_wide", "own", "backend", "expected"),
    [
        (None, None, "bss2", "jobs"),
        (None, None, "bss2_sim", "one_job"),
        ("jobs", None, "arbor", "jobs"),
        ("one_job", None, "bss2", "one_job"),
        ("one_job", "jobs", "arbor", "jobs"),
    ],
)
def test_rounds_run_as_the_nearest_key_says(config, study_wide, own, backend, expected):
    config["rounds_as"] = study_wide
    config["experiments"]["tau_2d"]["rounds_as"] = own
    study = load(config)
    assert study.rounds_as("tau_2d", backend) == expected
    assert study.rounds_as("compare_snle_150", backend) == "one_job"


def test_sizes_are_a_product(config):
    study = load(config)
    sized = [name for name in study.experiments if name.startswith("size_2d")]
    assert len(sized) == len(config["sizes"]["transforms"]) * len(config["sizes"]["hidden"])
    reverse = study.experiments["reverse_2d_3x20"]
    assert reverse.estimator.plain() | {"blocks": 2} == {
        **{"family": "maf", "transforms": 3, "hidden": 20, "blocks": 2},
        "permutations": "reverse",
    }
    assert reverse.rounds == study.experiments["first_2d"].rounds


def test_sizes_may_have_budgets_of_their_own(config):
    config["sizes"] |= {"rounds": [60], "seeds": 2}
    sized = load(config).experiments["size_2d_1x10"]
    assert (sized.rounds, sized.seeds) == ((60,), 2)


@pytest.mark.parametrize("name", ["tau_2d", "size_2d_1x10", "compare_snle_150"])
def test_any_experiment_may_be_the_one_that_is_answered(config, name):
    assert load(config).experiment is None
    assert load(at(config, "experiment", name)).experiment == name


def test_distances_are_to_a_posterior_of_the_same_target(config):
    config["targets"]["edge"] = [0.1, 0.9]
    assert load(config).reference_problem("tau_2d") == "global_tau"
    config["reference"]["target"] = "edge"
    with pytest.raises(ConfigurationError, match=r"experiments\.tau_2d\.target: expected edge"):
        load(config).reference_problem("tau_2d")


def test_the_chip_needs_its_library(config):
    config["backend"] = "bss2"
    with pytest.raises(ConfigurationError, match=r"pynn_brainscales.*docs/hardware\.md"):
        availability.check_available(load(config))
    config["bss2"]["container"] = "bss2.sif"  # looked for inside, by the measuring jobs
    availability.check_available(load(config))
    config["bss2"] |= {"container": None, "module": "analog_sbi.chip.pynn"}
    availability.check_available(load(config))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"calibration_file": "no.pbin"}, "expected a calibration of the chip, found no file no"),
        ({"calibrate_with": "calix"}, "expected a path that calix can write, found none"),
    ],
)
def test_calibration_files_are_looked_for_before_any_work(config, settings, expected):
    config["backend"] = "bss2"
    config["bss2"] |= {"module": "analog_sbi.chip.pynn"} | settings
    with pytest.raises(ConfigurationError, match=rf"bss2\.calibration_file: {expected}"):
        availability.check_available(load(config))


def test_modules_of_the_chip_are_those_that_are_loaded(config):
    assert availability.backend_modules(load(config), "bss2") == ["analog_sbi.backends.bss2"]
    study = load(at(config, "bss2.module", "analog_sbi.chip.pynn"))
    assert "analog_sbi.chip.pynn" in availability.backend_modules(study, "bss2")


def test_chip_time_is_told_in_words(config):
    # 1600 grid points of 4 runs in half an hour (experiments of the original study)
    assert availability.chip_time(load(config), 1600) == "32 min"
    assert availability.chip_time(load(config), 10_000) == "3.3 h"
    assert availability.chip_time(load(at(config, "bss2.averages", 10)), 60) == "74 s"


@pytest.mark.parametrize(
    ("fraction", "split"), [(0.03, None), (0.02, "49 and 1"), (0.95, None), (0.97, "1 and 49")]
)
def test_first_rounds_of_fifty_are_split_in_two_parts(config, fraction, split):
    """Of 50 measurements 2 are validated on, and 2 trained on, at least."""
    at(config, "inference.validation_fraction", fraction)
    if split:
        assert f"split into {split}" in refusal(config)
    else:
        load(config)


@pytest.mark.parametrize(
    "image",
    ["a.sif", "/images/bss-2_1.sif", "docker://host:5000/b/c@sha256:0f", "./a+b=c.sif", None],
)
def test_images_have_names_that_mean_nothing_to_a_shell(config, image):
    assert load(at(config, "bss2.container", image)).bss2.container == image


def on_command_line(**given: str) -> dict:
    """The configuration with values as Snakemake's ``--config`` has them."""
    from snakemake.cli import parse_config
    from snakemake.utils import update_config

    config = configuration()
    told = parse_config([f"{name}={text}" for name, text in given.items()])
    update_config(config, told)
    return command_line.typed(config, told)


@pytest.mark.parametrize(
    ("name", "text", "key", "expected"),
    [
        ("grid", "{steps: 6}", "grid.steps", 6),
        ("chip", "{serial: 7, spike_interval: 150.5}", "chip.spike_interval", 150.5),
        ("inference", "{learning_rate: 1.0e-4}", "inference.learning_rate", 1e-4),
        ("bss2", "{module: analog_sbi.chip.pynn}", "bss2.module", "analog_sbi.chip.pynn"),
        ("bss2", "{container: null}", "bss2.container", None),
        ("points", "[[0.5, 0.5], [0, 1]]", "points", ((0.5, 0.5), (0.0, 1.0))),
        ("experiments", "{tau_2d: {rounds: [30, 20]}}", "experiments.tau_2d.rounds", (30, 20)),
        ("seed", "7", "seed", 7),
        ("experiment", "tau_2d", "experiment", "tau_2d"),
        ("experiment", "null", "experiment", None),
    ],
)
def test_values_of_the_command_line_are_read_as_in_a_file(name, text, key, expected):
    value = load(on_command_line(**{name: text}))
    for part in key.split("."):
        value = value[part] if isinstance(value, dict) else getattr(value, part)
    assert value == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("grid", "{steps: six}", "grid.steps: expected integer (parameters a dimension)"),
        ("grid", "{steps: 1.5}", "grid.steps: expected integer"),
        ("grid", "{steps: true}", "grid.steps: expected integer"),
        ("grid", "{steps: 6", "grid: expected object (The grid search"),
        ("inference", "{learning_rate: 1e-4}", "YAML takes it for text without a point"),
        ("grid", "{step: 6}", "grid.step: unknown key"),
    ],
)
def test_wrong_values_of_the_command_line_are_refused(name, text, expected):
    assert expected in refusal(on_command_line(**{name: text}))


def test_numbers_in_quotes_of_a_file_stay_text():
    config = at(configuration(), "grid.steps", "6")
    assert "found '6'" in refusal(command_line.typed(config, {"chip": {"serial": "7"}}))
