"""Who holds the locks of a working folder, and which of them nobody holds any more.

A run locks its folder and, when it is killed, leaves the locks, so that the next one refuses to
start. Runs therefore note who they are beside their locks: host, process and when it started.
Locks are removed only if their owner was a process of this host that has ended; those of other
hosts, and those that nobody has claimed, stay.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

# Start times are known to the second or so: they follow the clock, which may be set meanwhile.
# Nothing else gets the number of a process within so short a time.
TOLERANCE_S = 60.0


@dataclass(frozen=True)
class Owner:
    """A process and the locks it took: names, and times of modification in ns."""

    host: str
    pid: int
    started: float
    locks: dict[str, int]

    def ended(self) -> bool:
        """Whether it is known not to run any more."""
        if self.host != socket.gethostname():
            return False
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
            return abs(process.create_time() - self.started) > TOLERANCE_S
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False


def claim_locks(folder: Path) -> None:
    """Note this process as the owner of the locks below ``folder`` that nobody has claimed."""
    claimed = [owner.locks.items() for _, owner in _owners(folder)]
    free = {
        name: time
        for name, time in _locks(folder).items()
        if not any((name, time) in locks for locks in claimed)
    }
    host, pid = socket.gethostname(), os.getpid()
    owner = Owner(host, pid, psutil.Process().create_time(), free)
    path = folder / "owners" / f"{host}-{pid}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(asdict(owner)))
    temporary.replace(path)


def release_abandoned_locks(folder: Path) -> None:
    """Remove the locks below ``folder`` whose owner has ended on this host."""
    for path, owner in _owners(folder):
        if owner.ended():
            present = _locks(folder)
            for name in owner.locks:
                if present.get(name) == owner.locks[name]:
                    (folder / "locks" / name).unlink(missing_ok=True)
            path.unlink(missing_ok=True)


def _locks(folder: Path) -> dict[str, int]:
    """Names of the locks and when they were written: a name is used again by later runs."""
    times = {}
    for path in (folder / "locks").glob("*.lock"):
        try:
            times[path.name] = path.stat().st_mtime_ns
        except FileNotFoundError:  # its run has just ended
            continue
    return times


def _owners(folder: Path) -> Iterator[tuple[Path, Owner]]:
    for path in sorted((folder / "owners").glob("*.json")):
        try:
            yield path, Owner(**json.loads(path.read_text()))
        except FileNotFoundError:  # removed by another run
            continue
        except (ValueError, TypeError):  # not one of ours: nothing is known of its locks
            continue
