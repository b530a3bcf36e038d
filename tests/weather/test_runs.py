"""Runs that are killed, that find changed numbers, orphans, foreign tables or a full disk."""

import random
import resource
import shutil
import subprocess
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.weather.amounts import KINDS
from tests.weather.conftest import finished
from tests.weather.kills import disturbed
from tests.weather.studies import (
    CHAIN,
    EXPERIMENT,
    OTHER_CHIP,
    command,
    copied,
    differing,
    plan,
    run,
)
from tests.workflow import SNAKEMAKE, copy_of_the_study, environment, start

# Delays the grid so that a run can be killed and another one finish meanwhile.
SLOW = """
import sys, time
if any(word.endswith(".measure.py") for word in sys.orig_argv) and not sys.flags.interactive:
    import analog_sbi.artifacts as artifacts
    write = artifacts.write_table
    def late(*arguments, **named):
        time.sleep(4)
        return write(*arguments, **named)
    artifacts.write_table = late
"""


TOGETHER = 10
"""Kills in a study, at most."""
STUDIES = 3
"""Studies for a kill, at most: one may end before its time has come."""


def random_of(kind: str, number: int) -> random.Random:
    return random.Random(f"{kind} {number}")


def test_a_killed_run_goes_on(undisturbed, tmp_path_factory):
    """Many kills in a study, which is started again until it is done."""
    kind, number = KINDS["kill"], 0
    while kind.tried < kind.count:
        assert number < STUDIES * kind.count
        folder = copy_of_the_study(tmp_path_factory.mktemp("killed"))
        at_most = min(TOGETHER, kind.count - kind.tried)
        hit = disturbed(folder, random_of("kill", number), at_most)
        with kind.trials(len(hit)):
            done = run(folder)
            assert done.returncode == 0, done.stdout + done.stderr
            assert differing(folder, undisturbed.folder) == []
            assert plan(folder) == {}
        number += 1


CHANGED = (
    {"predictive": {"samples": 25, "shown": 20}},
    {"target": {"trials": 6}},
    OTHER_CHIP,
    {"experiments": {"tau_2d": {"rounds": [30, 25]}}},
    {"experiments": {"tau_2d": {"algorithm": "snle"}}},
)


def test_a_change_is_seen_after_a_kill(undisturbed, tmp_path_factory):
    kind, number, fresh = KINDS["changed"], 0, {}
    while kind.tried < kind.count:
        assert number < STUDIES * kind.count
        which = number % len(CHANGED)
        if which not in fresh:
            fresh[which] = finished(tmp_path_factory.mktemp("fresh"), CHANGED[which]).folder
        folder = copied(undisturbed.folder, tmp_path_factory.mktemp("changed"))
        at_most = min(TOGETHER, kind.count - kind.tried)
        hit = disturbed(folder, random_of("changed", number), at_most, CHANGED[which])
        with kind.trials(len(hit)):
            done = run(folder, CHANGED[which])
            assert done.returncode == 0, done.stdout + done.stderr
            assert differing(folder, fresh[which]) == []
        number += 1


@pytest.mark.kind("orphan")
def test_an_orphan_overwrites_nothing(other_chip, tmp_path, number):
    """It would write seconds later, when the other run has made its own."""
    rng = random_of("orphan", number)
    folder = copy_of_the_study(tmp_path)
    (folder / "workflow" / "sitecustomize.py").write_text(SLOW)
    process = start(folder, *command(folder))
    log = folder / "results/logs/search_grid/bss2_sim_chain.log"
    end = time.monotonic() + 120
    while not log.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(rng.uniform(0, 1))
    process.kill()
    process.wait()
    (folder / "workflow" / "sitecustomize.py").unlink()
    done = run(folder, OTHER_CHIP)
    assert done.returncode == 0, done.stdout + done.stderr
    assert differing(folder, other_chip.folder) == []
    assert plan(folder, OTHER_CHIP) == {}


CHANGES = [
    (
        {"experiments": {"tau_2d": {"algorithm": "snle"}}},
        {"run_2_rounds": 1, "sample_posterior": 1},
    ),
    ({"target": {"trials": 6}}, {"measure_target": 1, "run_2_rounds": 1, "sample_posterior": 1}),
    ({"grid": {"steps": 5}}, {"search_grid": 1}),
    ({"predictive": {"samples": 21, "shown": 20}}, {"sample_posterior": 1}),
    (
        OTHER_CHIP,
        {
            "calibrate": 1,
            "measure_target": 1,
            "run_2_rounds": 1,
            "sample_posterior": 1,
            "search_grid": 1,
        },
    ),
]


@pytest.mark.kind("algorithm")
def test_what_depends_on_a_change_is_made_again(undisturbed, tmp_path, number):
    folder = copied(undisturbed.folder, tmp_path)
    overlay, expected = CHANGES[number // 2 % len(CHANGES)]
    if number % 2 == 0:
        shutil.rmtree(folder / ".snakemake")
    assert plan(folder) == {}
    assert plan(folder, overlay) == expected


def edited(path, how, rng):
    """Change a table, keeping what its metadata say, or a posterior."""
    if path.suffix == ".pt":
        content = bytearray(path.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
        return
    found = pq.read_table(path)
    frame = found.to_pandas()
    column = next(name for name in frame.columns if frame[name].dtype.kind == "f")
    if how == "value":
        frame.loc[rng.randrange(len(frame)), column] += 0.5
    elif how == "half":
        frame = frame.iloc[: len(frame) // 2]
    else:
        frame[column] = float("nan")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(found.schema.metadata), path)


USED = (
    f"{CHAIN}/targets/centre.parquet",
    f"{CHAIN}/calibration.parquet",
    f"{EXPERIMENT}/round_1/posterior.pt",
)


@pytest.mark.kind("foreign")
def test_foreign_and_edited_tables_are_not_used(undisturbed, other_chip, tmp_path, number):
    """What is used by a job that runs is refused, unless it is made again."""
    rng = random_of("foreign", number)
    folder = copied(undisturbed.folder, tmp_path)
    name = USED[number % len(USED)]
    how = ("foreign", "value", "half", "empty")[number // len(USED) % 4]
    if how == "foreign":
        shutil.copy2(other_chip.folder / name, folder / name)
    else:
        edited(folder / name, how, rng)
    for output in ("samples.parquet", "round_1/posterior.pt", "round_0/posterior.pt"):
        path = folder / EXPERIMENT / output
        if str(path.relative_to(folder)) != name:
            path.unlink(missing_ok=True)
    done = run(folder)
    if done.returncode == 0:
        assert differing(folder, undisturbed.folder) == []
    else:
        assert "ERROR: " in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.kind("disk")
def test_a_full_disk_leaves_nothing_half_written(undisturbed, tmp_path, number):
    """As a full disk does, a limit of the size of files stops writing in the middle."""
    rng = random_of("disk", number)
    folder = copy_of_the_study(tmp_path)
    size = int(10 ** rng.uniform(3.3, 5))
    arguments = command(folder)

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    subprocess.run(
        [str(SNAKEMAKE), *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        preexec_fn=limited,
        timeout=300,
        check=False,
    )
    done = run(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert differing(folder, undisturbed.folder) == []


def test_order_of_keys_and_kinds_of_numbers_change_nothing(undisturbed, tmp_path):
    """200 and 200.0 are one number, and a section is the same in any order."""
    import yaml

    folder = copied(undisturbed.folder, tmp_path)
    for name in ("config.yaml", "quick.yaml"):
        path = folder / "config" / name
        path.write_text(yaml.safe_dump(turned(yaml.safe_load(path.read_text())), sort_keys=False))
    assert plan(folder) == {}


def turned(value):
    if isinstance(value, dict):
        return {key: turned(part) for key, part in reversed(value.items())}
    if isinstance(value, list):
        return [turned(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
