"""Locks of killed runs are removed, those of living ones are not."""

import subprocess
import sys

from analog_sbi.stale import release_stale_locks

HOLD = """
import sys, time
from pathlib import Path
from analog_sbi.stale import release_stale_locks
alive = release_stale_locks(Path(sys.argv[1]))
print(alive is not None, flush=True)
time.sleep(60)
"""


def test_only_locks_without_a_living_owner_are_removed(tmp_path):
    lock = tmp_path / "locks" / "0.input.lock"
    lock.parent.mkdir()
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout.readline().strip() == "True"
    lock.touch()
    assert release_stale_locks(tmp_path) is None
    assert lock.exists()
    owner.kill()
    owner.wait()
    alive = release_stale_locks(tmp_path)
    assert alive is not None
    assert not lock.exists()
    alive.close()
