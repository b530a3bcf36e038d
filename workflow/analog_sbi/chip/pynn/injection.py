"""Injections into the program of the chip: they may be made and handed over while empty."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from analog_sbi.chip.pynn.dlens.sta import AbsoluteTimePlaybackProgramBuilder


class _Injection:
    def contents(self) -> list[str]:
        """Names of what is not empty."""
        return [f.name for f in fields(self) if getattr(self, f.name)]  # type: ignore[arg-type]


@dataclass
class InjectedConfiguration(_Injection):
    """What is written at which point of a run."""

    pre_non_realtime: Any = field(default_factory=dict)
    pre_realtime: Any = field(default_factory=dict)
    inside_realtime_begin: Any = field(default_factory=dict)
    inside_realtime: Any = field(default_factory=AbsoluteTimePlaybackProgramBuilder)
    inside_realtime_end: Any = field(default_factory=dict)
    post_realtime: Any = field(default_factory=dict)
    ppu_symbols: Any = field(default_factory=dict)


@dataclass
class InjectedReadout(_Injection):
    """What is read at which point of a run."""

    pre_realtime: Any = field(default_factory=set)
    inside_realtime_begin: Any = field(default_factory=set)
    inside_realtime_end: Any = field(default_factory=set)
    post_realtime: Any = field(default_factory=set)
    ppu_symbols: Any = field(default_factory=set)
