"""Loggers as ``pynn.logger`` (pylogging) has them, over Python's own logging.

Levels are named as there; ``log.INFO("a", b)`` joins what it is given.
"""

from __future__ import annotations

import logging
import sys
from enum import IntEnum
from typing import Any


class LogLevel(IntEnum):
    """Levels of pylogging with Python's numbers; TRACE lies below DEBUG."""

    TRACE = 5
    DEBUG = logging.DEBUG
    INFO = logging.INFO
    WARN = logging.WARNING
    ERROR = logging.ERROR
    FATAL = logging.CRITICAL


for _level in LogLevel:
    logging.addLevelName(_level, _level.name)

_FORMAT = "%(levelname)-5s %(asctime)s %(name)s %(message)s"
_handlers: list[logging.Handler] = []


class Logger:
    """A named logger; methods are the levels in capitals, or in lower case."""

    def __init__(self, name: str) -> None:
        """Wrap Python's logger of that name."""
        self.python = logging.getLogger(name)

    @property
    def name(self) -> str:
        """Name of the logger."""
        return self.python.name

    def _log(self, level: int, parts: tuple) -> None:
        if self.python.isEnabledFor(level):
            self.python.log(level, "%s", "".join(str(part) for part in parts), stacklevel=3)

    def TRACE(self, *parts: Any) -> None:  # noqa: N802 - as pylogging names it
        """Log the finest detail."""
        self._log(LogLevel.TRACE, parts)

    def DEBUG(self, *parts: Any) -> None:  # noqa: N802
        """Log detail."""
        self._log(LogLevel.DEBUG, parts)

    def INFO(self, *parts: Any) -> None:  # noqa: N802
        """Log progress."""
        self._log(LogLevel.INFO, parts)

    def WARN(self, *parts: Any) -> None:  # noqa: N802
        """Log something suspicious."""
        self._log(LogLevel.WARN, parts)

    def ERROR(self, *parts: Any) -> None:  # noqa: N802
        """Log a failure."""
        self._log(LogLevel.ERROR, parts)

    def FATAL(self, *parts: Any) -> None:  # noqa: N802
        """Log a failure that ends the program."""
        self._log(LogLevel.FATAL, parts)

    trace, debug, info, warn, warning, error, fatal = (
        TRACE,
        DEBUG,
        INFO,
        WARN,
        WARN,
        ERROR,
        FATAL,
    )


def get(name: str) -> Logger:
    """Logger of that name."""
    return Logger(name)


def get_root() -> Logger:
    """Logger above all others."""
    return Logger("")


def default_config(
    level: int = LogLevel.WARN,
    fname: str = "",
    dual: bool = False,
    print_location: bool = False,
    color: bool = True,
    date_format: str = "ABSOLUTE",
) -> None:
    """Log to stderr from ``level`` on, or to a file ``fname``, or with ``dual`` to both."""
    reset()
    handlers: list[logging.Handler] = []
    if fname:
        handlers.append(logging.FileHandler(fname))
    if dual or not fname:
        handlers.append(logging.StreamHandler(sys.stderr))
    root = logging.getLogger()
    text = _FORMAT + (" (%(pathname)s:%(lineno)d)" if print_location else "")
    for handler in handlers:
        handler.setFormatter(logging.Formatter(text))
        root.addHandler(handler)
        _handlers.append(handler)
    root.setLevel(int(level))


def set_loglevel(log: Logger | str, level: int) -> None:
    """Set the level from which a logger speaks."""
    logging.getLogger(log if isinstance(log, str) else log.name).setLevel(int(level))


def reset() -> None:
    """Take back what ``default_config`` has set up."""
    while _handlers:
        handler = _handlers.pop()
        logging.getLogger().removeHandler(handler)
        handler.close()


def string_to_loglevel(text: str) -> LogLevel:
    """Level of that name. Raises KeyError for an unknown one."""
    return LogLevel[text.upper()]
