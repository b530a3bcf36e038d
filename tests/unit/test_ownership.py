"""Locks of killed runs are removed; those of living ones, other hosts and strangers are not."""

import json
import os
import signal
import subprocess
import sys

import pytest

from analog_sbi.ownership import TOLERANCE_S, claim_locks, release_abandoned_locks

RUN = """
import sys, time
from pathlib import Path
from analog_sbi.ownership import claim_locks
folder = Path(sys.argv[1])
(folder / "locks" / f"{sys.argv[2]}.input.lock").write_text("a file")
claim_locks(folder)
print("claimed", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "locks").mkdir()
    return tmp_path


@pytest.fixture
def start(folder):
    """Start a run that takes a lock and claims it; all are killed in the end."""
    runs = []

    def run(number=0):
        runs.append(
            subprocess.Popen(
                [sys.executable, "-c", RUN, str(folder), str(number)],
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert runs[-1].stdout.readline().strip() == "claimed"
        return runs[-1]

    yield run
    for one in runs:
        one.kill()
        one.wait()
        one.stdout.close()


def locks(folder):
    return sorted(path.name[0] for path in (folder / "locks").iterdir())


def change(folder, **values):
    """Edit the only note of an owner."""
    (path,) = (folder / "owners").iterdir()
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_locks_stay_while_their_owner_lives(folder, start):
    run = start()
    release_abandoned_locks(folder)
    assert locks(folder) == ["0"]
    run.send_signal(signal.SIGSTOP)  # it does not run, but has not ended
    release_abandoned_locks(folder)
    assert locks(folder) == ["0"]
    run.kill()
    run.wait()
    release_abandoned_locks(folder)
    assert locks(folder) == []
    assert not list((folder / "owners").iterdir())


def test_a_killed_process_that_nobody_waited_for_has_ended(folder, start):
    run = start()
    run.kill()
    os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOWAIT)
    release_abandoned_locks(folder)
    assert locks(folder) == []


def test_of_two_runs_only_the_killed_one_loses_its_lock(folder, start):
    first, _ = start(0), start(1)
    first.kill()
    first.wait()
    release_abandoned_locks(folder)
    assert locks(folder) == ["1"]


def test_locks_of_another_host_and_unclaimed_ones_stay(folder, start):
    run = start()
    run.kill()
    run.wait()
    change(folder, host="elsewhere")
    (folder / "locks" / "1.output.lock").write_text("")
    release_abandoned_locks(folder)
    assert locks(folder) == ["0", "1"]


def test_a_lock_of_the_same_name_by_a_later_run_stays(folder, start):
    run = start()
    run.kill()
    run.wait()
    lock = folder / "locks" / "0.input.lock"
    os.utime(lock, ns=(0, lock.stat().st_mtime_ns + 1))
    release_abandoned_locks(folder)
    assert locks(folder) == ["0"]


@pytest.mark.parametrize(("later", "left"), [(0.5, ["0"]), (1.5, [])])
def test_another_process_of_the_same_number_is_no_owner(folder, later, left):
    (folder / "locks" / "0.input.lock").write_text("")
    claim_locks(folder)
    (path,) = (folder / "owners").iterdir()
    started = json.loads(path.read_text())["started"]
    change(folder, started=started - later * TOLERANCE_S)
    release_abandoned_locks(folder)
    assert locks(folder) == left


@pytest.mark.parametrize("text", ["", "[]", '{"pid": 1}'])
def test_a_damaged_note_says_nothing(folder, text):
    (folder / "owners").mkdir()
    (folder / "owners" / "host-1.json").write_text(text)
    (folder / "locks" / "0.input.lock").write_text("")
    release_abandoned_locks(folder)
    assert locks(folder) == ["0"]
