"""What is asked of a chip is asked again if it fails, after a wait, and given up after a time.

Libraries of the chip raise RuntimeError or OSError for what may pass: a lost connection, a run
that timed out. Anything else is no matter of the connection and is not tried again.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from analog_sbi.errors import BackendError, StudyError
from analog_sbi.hardware.access import ConnectionLost
from analog_sbi.hardware.program import IncompleteRecordingError

T = TypeVar("T")

GRACE_S = 10.0  # for a call to come back after its time is over, before the job is ended
LONGEST_WAIT_S = 60.0
STATUS = 1  # of a job that a call never came back to


@dataclass(frozen=True)
class Attempts:
    """How often to try, the wait before the second attempt, which doubles, and the time of one."""

    count: int = 3
    wait_s: float = 1.0
    limit_s: float | None = 300.0

    def __call__(
        self,
        what: str,
        function: Callable[[int], T],
        failed: Callable[[], None] = lambda: None,
        limited: bool = True,
    ) -> T:
        """Result of ``function`` of the number of attempts before; ``failed`` follows a failure.

        Raises IncompleteRecordingError if an attempt gave incomplete samples and none all of
        them, ConnectionLost if every attempt failed otherwise, BackendError for any other
        exception, at once.
        """
        errors: list[Exception] = []
        for number in range(self.count):
            if number:
                time.sleep(min(self.wait_s * 2 ** (number - 1), LONGEST_WAIT_S))
            try:
                with time_limit(self.limit_s if limited else None, what):
                    return function(number)
            except StudyError:
                raise
            except NotImplementedError as error:  # a RuntimeError, but one that does not pass
                raise BackendError(_line(what, error)) from error
            except (IncompleteRecordingError, RuntimeError, OSError) as error:
                logging.warning("%s failed: %s", what, error)
                errors.append(error)
                failed()
            except Exception as error:  # whatever the libraries of the chip raise
                raise BackendError(_line(what, error)) from error
        for failure in errors:
            if isinstance(failure, IncompleteRecordingError):
                raise failure
        raise ConnectionLost(
            f"backend bss2: {what}: the chip does not answer after {len(errors)} attempts: "
            f"{_text(errors[-1])}"
        ) from errors[-1]


@contextmanager
def time_limit(seconds: float | None, what: str) -> Iterator[None]:
    """Raise TimeoutError in a block that takes longer; end the process if it does not react.

    Code that runs outside of Python, as in the chip's library, cannot be interrupted; after
    ``GRACE_S`` more the process ends with ``STATUS``.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(number: int, frame: Any) -> None:
        raise TimeoutError(f"no answer within {seconds:g} s")

    def end() -> None:
        logging.error("%s: no answer within %g s, and no end; the job is given up", what, seconds)
        os._exit(STATUS)

    timer = threading.Timer(seconds + GRACE_S, end)
    timer.daemon = True
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    timer.start()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        timer.cancel()


def _line(what: str, error: Exception) -> str:
    return f"backend bss2: {what}: {type(error).__name__}: {_text(error)}"


def _text(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
