"""One process at a time on a chip."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from analog_sbi.errors import BackendError
from analog_sbi.logs import announce

PRIVATE, SHARED = 0o600, 0o666  # modes of lock files


@contextmanager
def chip_lock(chip: str, folder: str | Path | None = None) -> Iterator[None]:
    """Hold the chip of this name; wait for another process that does, and say so.

    The operating system releases the lock when a process dies. ``folder`` must be the same for
    all processes that could reach the chip, of any user; without it the lock is among the
    processes of this user on this machine.
    Raises BackendError if the lock file cannot be written or locked.
    """
    path = Path(folder or private_folder()) / f"analog_sbi-{_plain(chip)}.lock"
    # A lock without flock would outlive its process.
    lock = FileLock(path, mode=SHARED if folder else PRIVATE, fallback_to_soft=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            announce(f"waiting for chip {chip}: another process holds {path}")
            lock.acquire()
    except OSError as error:
        raise BackendError(f"{path}: expected a lock file to write, found: {error}") from error
    try:
        yield
    finally:
        lock.release()


def private_folder() -> Path:
    """Folder of this user below that of temporary files, which nobody else may enter.

    Raises BackendError if there is something else in its place.
    """
    path = Path(tempfile.gettempdir()) / f"analog_sbi-{os.getuid()}"
    try:
        path.mkdir(mode=stat.S_IRWXU, exist_ok=True)
        status = path.lstat()
    except OSError as error:
        raise BackendError(f"{path}: expected a folder for lock files, found: {error}") from error
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise BackendError(f"{path}: expected a folder of this user, found one of another")
    return path


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)
