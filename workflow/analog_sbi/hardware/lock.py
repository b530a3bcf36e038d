"""One process at a time on a chip."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analog_sbi.errors import BackendError


@contextmanager
def chip_lock(chip: str, folder: str | Path | None = None) -> Iterator[None]:
    """Hold the chip of this name; wait for another process that does.

    The operating system releases the lock when a process dies. ``folder`` must be the same for
    all processes that could reach the chip; the folder for temporary files by default.
    Raises BackendError if the lock file cannot be written.
    """
    folder = Path(folder or tempfile.gettempdir())
    path = folder / f"analog_sbi-{re.sub(r'[^A-Za-z0-9._-]', '_', chip)}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise BackendError(f"{path}: expected a lock file to write, found: {error}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            logging.info("waiting for chip %s: another process holds %s", chip, path)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
