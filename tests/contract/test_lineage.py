"""Nothing stale or foreign is used: trials on a copy of the study that has measured a little."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.workflow import QUICK, copy_of_the_study, planned, snakemake

FOLDER = "results/bss2_sim/chain"
CALIBRATION = f"{FOLDER}/calibration.parquet"
GRID, TARGET = f"{FOLDER}/grid.parquet", f"{FOLDER}/targets/centre.parquet"
ALL = {"calibrate": 1, "search_grid": 1, "measure_target": 1}
OTHER_CHIP = {"chip": {"serial": 7}}

# Kills the job of a rule before it begins, as a lost connection or the system would.
KILL = """
import os, signal, sys
if any(word.endswith(".calibrate.py") for word in sys.orig_argv):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> Path:
    """A study with a calibration, a grid and a target; and such of another chip in ``other``."""
    folder = copy_of_the_study(tmp_path_factory.mktemp("lineage"))
    assert run(folder).returncode == 0
    assert run(folder, OTHER_CHIP, "--directory", str(folder / "other")).returncode == 0
    return folder


@pytest.fixture
def study(measured, tmp_path) -> Path:
    """A copy that a test may do anything to; times of files are those of the first."""
    return Path(shutil.copytree(measured, tmp_path / "study"))


def options(folder: Path, overlay: dict | None) -> list[str]:
    if overlay is None:
        return list(QUICK)
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump(overlay))
    return [*QUICK, str(path)]


def run(folder: Path, overlay: dict | None = None, *arguments: str, targets=(GRID, TARGET)):
    given = options(folder, overlay)
    return snakemake(folder, "--cores", "1", *given, *arguments, "--", *targets)


def plan(folder: Path, overlay: dict | None = None) -> dict[str, int]:
    return planned(folder, GRID, TARGET, *options(folder, overlay))


def test_a_finished_study_and_touched_files_have_nothing_to_do(study):
    for path in (study / FOLDER).rglob("*.parquet"):
        path.touch()
    assert plan(study) == {}


def test_a_failed_job_after_a_changed_number_does_not_end_in_old_results(study, monkeypatch):
    (study / "workflow" / "sitecustomize.py").write_text(KILL)
    assert run(study, OTHER_CHIP).returncode != 0
    assert not (study / CALIBRATION).exists()
    (study / "workflow" / "sitecustomize.py").unlink()
    assert plan(study, OTHER_CHIP) == ALL
    done = run(study, OTHER_CHIP)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (GRID, TARGET):
        found, expected = (pd.read_parquet(root / name) for root in (study, study / "other"))
        pd.testing.assert_frame_equal(found, expected)
    assert plan(study, OTHER_CHIP) == {}


def test_what_was_recorded_of_the_last_run_is_not_needed(study):
    shutil.rmtree(study / ".snakemake")
    assert plan(study) == {}
    assert plan(study, OTHER_CHIP) == ALL
    done = run(study, OTHER_CHIP, "--dry-run")
    assert f"{CALIBRATION} is made again: expected the lineage " in done.stdout + done.stderr


@pytest.mark.parametrize(("name", "again"), [(CALIBRATION, ALL), (GRID, {"search_grid": 1})])
def test_results_of_another_chip_are_made_again(study, name, again):
    times = (study / name).stat()
    shutil.copy(study / "other" / name, study / name)
    os.utime(study / name, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert plan(study) == again


def test_a_table_without_lineage_is_made_again(study):
    import pyarrow.parquet as pq

    content = pq.read_table(study / CALIBRATION)
    facts = json.loads(content.schema.metadata[b"analog_sbi"])
    del facts["lineage"]
    metadata = {**content.schema.metadata, b"analog_sbi": json.dumps(facts).encode()}
    pq.write_table(content.replace_schema_metadata(metadata), study / CALIBRATION)
    assert plan(study) == ALL


@pytest.mark.parametrize("kind", ["parquet", "text"])
def test_a_file_that_the_study_did_not_write_is_neither_used_nor_overwritten(study, kind):
    own = study / TARGET
    if kind == "parquet":
        pd.DataFrame({"mine": [1.0]}).to_parquet(own)
    else:
        own.write_text("h_00,h_10\n100,50\n")
    before = own.read_bytes()
    done = run(study, OTHER_CHIP)
    assert done.returncode != 0
    assert f"{TARGET}: expected a file that this study wrote" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert own.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["figures/figure2.png", "figures/figure2.svg", "claims/figure2.md"]
)
def test_figures_and_texts_of_others_are_not_overwritten(study, name):
    own = study / "results" / name
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("mine\n")
    done = run(study, None, "--dry-run", targets=(f"results/{name}",))
    assert done.returncode != 0
    assert f"{name}: expected a file that this study wrote" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_job_refuses_a_foreign_input_even_if_told_to_trust_it(study):
    """A file that is exchanged after Snakemake has looked is found by the job."""
    original = (study / "workflow/scripts/measure.py").read_text()
    exchange = (
        f"import shutil\nshutil.copy({str(study / 'other' / CALIBRATION)!r}, {CALIBRATION!r})\n"
    )
    (study / "workflow/scripts/measure.py").write_text(
        original.replace('if __name__ == "__main__":', f'{exchange}if __name__ == "__main__":')
    )
    done = run(study, targets=(GRID,))
    assert done.returncode != 0
    assert f"{CALIBRATION}: expected the lineage " in done.stdout + done.stderr
    assert "Traceback" not in (study / "results/logs/search_grid/bss2_sim_chain.log").read_text()
    assert not (study / GRID).exists()


def test_an_edited_table_is_refused_in_one_line(study):
    stored = (study / CALIBRATION).read_bytes()
    numbers = pd.read_parquet(study / CALIBRATION).select_dtypes("float").columns
    edit(study / CALIBRATION, numbers[0])
    done = run(study, {"grid": {"steps": 11}}, targets=(GRID,))
    assert done.returncode != 0
    assert f"{CALIBRATION}: expected content with the checksum " in done.stdout + done.stderr
    (study / CALIBRATION).write_bytes(stored)
    assert plan(study) == {"search_grid": 1}


def edit(path: Path, column: str) -> None:
    """Add 1 to a value of a table and leave its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pd.read_parquet(path)
    table.loc[0, column] += 1
    content = pa.Table.from_pandas(table, preserve_index=False)
    pq.write_table(content.replace_schema_metadata(pq.read_schema(path).metadata), path)


def test_without_the_trigger_of_params_results_are_taken_as_they_are(study):
    shutil.copy(study / "other" / CALIBRATION, study / CALIBRATION)
    (study / TARGET).unlink()
    arguments = ("--rerun-triggers", "input")
    done = run(study, None, *arguments, "--dry-run", targets=(TARGET,))
    assert "calibrate" not in done.stdout + done.stderr
    assert run(study, None, *arguments, targets=(TARGET,)).returncode == 0


def test_a_change_upstream_reaches_everything_below_and_no_more(study):
    assert plan(study, {"grid": {"steps": 11}}) == {"search_grid": 1}
    assert plan(study, {"characterization": {"steps": 9}}) == {}
    assert plan(study, OTHER_CHIP) == ALL
