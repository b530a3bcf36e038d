"""Chip objects from files, and which chip this is, as ``pynn_brainscales.brainscales2.helper``."""

from __future__ import annotations

import os
from pathlib import Path

from analog_sbi.chip.pynn import simulator
from analog_sbi.chip.pynn.chips import Chip
from analog_sbi.chip.pynn.unsupported import refuse

OF_THE_HELPER = frozenset(
    {
        "chip_from_portable_binary",
        "nightly_calib_url",
        "nightly_calix_native_path",
        "filter_atomic_neuron",
        "get_values_of_atomic_neuron",
        "decompose_in_member_names",
    }
)


def chip_from_file(path: str | Path) -> Chip:
    """Read a calibrated chip object.

    Raises FileNotFoundError, or RuntimeError if the file is damaged or of another kind.
    """
    return Chip.load(path)


def get_unique_identifier() -> str:
    """Name of the chip that programs reach."""
    return f"model-{_serial()}"


def nightly_calib_path() -> Path:
    """Path of the chip's latest calibration; the model writes it when it is first asked for.

    Lies below ``$XDG_CACHE_HOME`` or ``~/.cache``.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "analog_sbi" / "calibration" / get_unique_identifier()
    path = folder / "spiking_cocolist.json"
    if not path.exists():
        Chip.calibrated(_serial()).save(path)
    return path


def chip_from_nightly() -> Chip:
    """Read the chip's latest calibration."""
    return chip_from_file(nightly_calib_path())


def _serial() -> int:
    state = simulator.state
    return simulator.world.serial if state is None or state.chip is None else state.chip.serial


def __getattr__(name: str) -> object:
    """Refuse by name what the real module has and this one does not."""
    if name in OF_THE_HELPER:
        refuse(f"helper.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
