"""Locks that a killed run has left behind.

Snakemake locks its working folder and leaves the lock when it is killed, so that the next run
refuses to start. A lock of the operating system ends with its process and tells the two cases
apart.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


def release_stale_locks(folder: Path) -> IO[str] | None:
    """Remove left-over locks below ``folder`` unless a run that holds them is alive.

    Returns an open file that marks this process as alive; keep it until the process ends. None
    if another run is alive.
    """
    folder.mkdir(exist_ok=True)
    alive = (folder / "alive").open("w")
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        alive.close()
        return None
    for lock in (folder / "locks").glob("*.lock"):
        lock.unlink(missing_ok=True)
    return alive
