"""Log of a job: everything to its file, warnings and errors to the terminal as well."""

from __future__ import annotations

import errno
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from analog_sbi.errors import BackendError, StudyError
from analog_sbi.orphans import ending_with_the_run

FULL = (errno.ENOSPC, errno.EDQUOT)
_SHOWN = {"shown": True}


@contextmanager
def job_log(path: str) -> Iterator[None]:
    """Log a job to ``path``; a StudyError ends it with one line, anything else with a traceback.

    Exits with status 1 after an exception, and when the run that the job belongs to has ended.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    # A disk that is full or a terminal that is gone ends the job by what it cannot write, if at
    # all; each line that is lost before would be a traceback.
    logging.raiseExceptions = False
    try:
        to_file = logging.FileHandler(path, mode="w")
    except OSError as error:
        sys.exit(f"ERROR: {path}: expected to write the log, found: {error.strerror}")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    to_terminal = logging.StreamHandler(sys.stderr)
    to_terminal.addFilter(lambda r: r.levelno >= logging.WARNING or hasattr(r, "shown"))
    to_terminal.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    root.handlers[:] = [to_file, to_terminal]
    logging.captureWarnings(True)
    try:
        with ending_with_the_run():
            yield
        logging.info("done")
    except StudyError as error:
        logging.error("%s", error)
        if isinstance(error, BackendError) and error.__cause__ is not None:
            logging.info("because of", exc_info=error.__cause__)
        sys.exit(1)
    except OSError as error:
        if error.errno in FULL:
            where = f" on {error.filename}" if error.filename else ""
            logging.error("no space left%s", where)
        else:
            logging.exception("the job failed")
        sys.exit(1)
    except Exception:
        logging.exception("the job failed")
        sys.exit(1)


def announce(text: str) -> None:
    """Log a line that the terminal shows too, such as how long a job will take."""
    logging.info(text, extra=_SHOWN)


def duration(seconds: float) -> str:
    """Text of a time in the largest unit that it fills: 40 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


@contextmanager
def counter(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Show progress on a terminal; call it with the number of new items.

    The log has a line for every tenth of the items, with the time that the rest will take.
    """
    started, done = time.monotonic(), 0
    with tqdm(total=total, desc=what, disable=not sys.stderr.isatty(), leave=False) as bar:

        def report(count: int) -> None:
            nonlocal done
            tenths = 10 * done // max(total, 1)
            done += count
            bar.update(count)
            if 10 * done // max(total, 1) > tenths:
                rest = (time.monotonic() - started) * (total - done) / done
                logging.info("%s: %d of %d, %s to go", what, done, total, duration(rest))

        yield report


@contextmanager
def epoch_counter(what: str, seeds: int) -> Iterator[Callable[[int, int], None]]:
    """Show epochs and how many seeds still train; also logged now and then."""
    with tqdm(desc=what, unit=" epochs", disable=not sys.stderr.isatty(), leave=False) as bar:

        def report(epoch: int, active: int) -> None:
            bar.set_postfix_str(f"{active} of {seeds} seeds training", refresh=False)
            bar.update(epoch - bar.n)
            if epoch % 100 == 0 or active == 0:
                logging.info("%s: epoch %d, %d of %d seeds training", what, epoch, active, seeds)

        yield report


@contextmanager
def collected() -> Iterator[list[str]]:
    """Warnings in this block as a list of lines, in place of the log."""
    lines: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: lines.append(" ".join(record.getMessage().split()))  # type: ignore[method-assign]
    root = logging.getLogger()
    before, root.handlers = root.handlers, [handler]
    try:
        yield lines
    finally:
        root.handlers = before
