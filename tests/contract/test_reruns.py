"""What a setting reruns, on a study that is finished: its scripts write files without content."""

from pathlib import Path

import pytest
import yaml

from tests.workflow import QUICK, copy_of_the_study, planned, snakemake

SCRIPT = "from pathlib import Path\nfor path in snakemake.output:\n    Path(path).touch()\n"
COMPARED = {"algorithms": ["fmpe", "mcabc"]}
TABLES = [
    f"results/bss2_sim/compare_{name}_60/positions.parquet" for name in COMPARED["algorithms"]
]
OBSERVABLE = '''"""The first sample of each compartment."""

from analog_sbi.models import Features


def observable(signals):
    return Features(("v_0",), ("MADC LSB",), ("traces",), lambda s: s["traces"][:, 0, :1])
'''
OWN = {
    "model": "chain",
    "parameters": "global_weight",  # whose tests no other experiment needs
    "observable": "own.py",
    "target": "spot",
    "rounds": [50],
    "seeds": 1,
}
STEPWISE = OWN | {
    "parameters": "global",
    "observable": "first",
    "target": "place",
    "rounds": [50, 50],
    "rounds_as": "jobs",
}
QUESTION = {
    "targets": {"spot": {"position": [0.3, 0.7]}, "place": {"position": [0.2, 0.4]}},
    "experiments": {"own": OWN, "stepwise": STEPWISE},
}
OF_STEPS = "results/bss2_sim/stepwise/round_1/posterior.pt"
OF_NEURON = "results/bss2_sim/adex_two/round_0/posterior.pt"
OF_OWN = "results/bss2_sim/own/coverage.parquet"
GRID = "results/bss2_sim/chain/grid.parquet"
GOALS = (*TABLES, "results/bss2_sim/tau_2d/samples.parquet", OF_OWN, OF_STEPS, OF_NEURON, GRID)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = copy_of_the_study(tmp_path_factory.mktemp("finished"))
    (folder / "own.py").write_text(OBSERVABLE)
    for path in (folder / "workflow/scripts").glob("*.py"):
        path.write_text(SCRIPT)
    done = snakemake(folder, *GOALS, "--cores", "2", *overlay(folder, {}))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def overlay(folder: Path, changed: dict) -> tuple[str, ...]:
    path = folder / "overlay.yaml"
    own = {
        **changed,
        "compare_algorithms": COMPARED | changed.get("compare_algorithms", {}),
        "targets": QUESTION["targets"] | changed.get("targets", {}),
        "experiments": QUESTION["experiments"] | changed.get("experiments", {}),
    }
    path.write_text(yaml.safe_dump(own))
    return *QUICK, str(path)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"compare_algorithms": {"tests": 10}}, {"rank_tests": 1}),
        (
            {"experiments": {"tau_2d": {"algorithm": "tsnpe"}}},
            {"run_2_rounds": 1, "sample_posterior": 1},
        ),
        (
            {
                "compare_algorithms": {"algorithms": ["mcabc", "fmpe"]},
                "bss2": {"retries": 5},
                "arbor": {"weight": 0.1},
                "rounds_as": "one_job",
            },
            {},
        ),
        # what is drawn from the prior, and measured there, is of any target
        (
            {"targets": {"place": {"position": [0.4, 0.7]}}},
            {"measure_target": 1, "propose_round": 1, "measure_round": 1, "train_round": 2},
        ),
        # the prior is in codes that it leaves alone, as it does the neuron that spikes
        (
            {"chip": {"weight": 31}},
            {
                "calibrate": 1,
                "search_grid": 1,
                "measure_target": 3,
                "measure_tests": 2,
                "run_1_round": 3,
                "run_2_rounds": 1,
                "sample_posterior": 1,
                "rank_tests": 2,
                "check_coverage": 1,
                "propose_round": 1,
                "measure_round": 2,
                "train_round": 2,
            },
        ),
        (
            {"experiments": {"stepwise": STEPWISE | {"seeds": 2}}},
            {"draw_prior": 1, "propose_round": 1, "measure_round": 2, "train_round": 2},
        ),
    ],
    ids=["tests", "algorithm", "elsewhere", "target", "weight", "seeds"],
)
def test_a_setting_reruns_what_takes_it_and_no_more(finished, changed, expected):
    assert planned(finished, *GOALS, *overlay(finished, changed)) == expected


def test_a_file_of_an_observable_reruns_what_measures_with_it_and_no_more(finished):
    """Not the calibration, the grid, or what other experiments measure."""
    file = finished / "own.py"
    try:
        file.write_text(OBSERVABLE.replace("first", "very first"))  # of its docstring
        assert planned(finished, *GOALS, *overlay(finished, {})) == {}
        file.write_text(OBSERVABLE.replace(":1]", "1:2]"))
        assert planned(finished, *GOALS, *overlay(finished, {})) == {
            "check_coverage": 1,
            "measure_target": 1,
            "measure_tests": 1,
            "run_1_round": 1,
        }
    finally:
        file.write_text(OBSERVABLE)


MENDED = STEPWISE | {"rounds": [60], "rounds_as": "one_job", "seeds": 3, "repair": "conformal"}
JUDGED = [
    f"results/bss2_sim/remedy_{way}_120_global_first/remedies/{repair}.parquet"
    for way, repair in (("default", "ensemble"), ("plain", "none"), ("plain", "likelihood"))
]


@pytest.mark.parametrize(
    ("file", "line", "expected"),
    [
        (
            "remedies/conformal.py",
            "TESTED = 1000",
            {"repair_posterior": 1, "sample_posterior": 1},
        ),
        ("remedies/pooled.py", "TESTED = 1000", {"judge_remedy": 1}),
        ("likelihood/smooth.py", "import numpy as np", {"judge_remedy": 1}),
    ],
)
def test_a_file_of_a_remedy_reruns_what_it_repairs_and_no_more(finished, file, line, expected):
    """Not the networks."""
    goals = (*GOALS, "results/bss2_sim/mended/samples.parquet", *JUDGED)
    asked = overlay(finished, {"experiments": {"mended": MENDED}})
    done = snakemake(finished, *goals, "--cores", "2", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    own = finished / "workflow/analog_sbi" / file
    content = own.read_text()
    assert line in content
    try:
        own.write_text(content.replace(line, f"OTHER = 1\n{line}"))
        assert planned(finished, *goals, *asked) == expected
    finally:
        own.write_text(content)
