"""Reasons of jobs and their messages, as short as they can be told."""

from __future__ import annotations

import logging
import re

MOST = 3  # paths that are named
PATHS = re.compile(rf"(?<=: )[^\s,;:]+(?:, [^\s,;:]+){{{MOST},}}")


def shortened(reason: str) -> str:
    """A reason with the first paths of each of its lists, and how many more there are."""

    def few(match: re.Match[str]) -> str:
        paths = match[0].split(", ")
        return f"{', '.join(paths[:MOST])} and {len(paths) - MOST} more"

    return PATHS.sub(few, reason)


class ShortReasons(logging.Filter):
    """Shortens the reasons of the jobs that a logger tells of."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with a shorter reason if it has one."""
        reason = getattr(record, "reason", None)
        if reason is not None:
            record.reason = shortened(str(reason))
        return True
