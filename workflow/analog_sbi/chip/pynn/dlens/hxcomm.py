"""Connections to the chip: the model is always there."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from analog_sbi.chip.pynn.unsupported import refused


class Connection:
    """A connection to the model of the chip."""

    def get_unique_identifier(self, *_: Any) -> list[str]:
        """Names of the chips that are reached: of one."""
        from analog_sbi.chip.pynn import helper

        return helper.get_unique_identifier()


class ManagedConnection:
    """Context of a connection."""

    def __enter__(self) -> Connection:
        """Connect."""
        return Connection()

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Do nothing: there is nothing to close."""


def __getattr__(name: str) -> object:
    """Stand for what this module does not have."""
    if name.startswith("_"):
        raise AttributeError(name)
    return refused(f"hxcomm.{name}")
