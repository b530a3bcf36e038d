"""Builders of programs: they can be made, and refuse what is to be written."""

from __future__ import annotations

from typing import Any

from analog_sbi.chip.pynn.unsupported import refuse, refused


class PlaybackProgramBuilder:
    """An empty program."""

    def __len__(self) -> int:
        """Count commands: none."""
        return 0

    def write(self, *args: Any, **kwargs: Any) -> None:
        """Refuse."""
        refuse(f"sta.{type(self).__name__}.write")

    read = write


class AbsoluteTimePlaybackProgramBuilder(PlaybackProgramBuilder):
    """An empty program with given times."""


def __getattr__(name: str) -> object:
    """Stand for what this module does not have."""
    if name.startswith("_"):
        raise AttributeError(name)
    return refused(f"sta.{name}")
