"""Chip objects from files, and which chip this is, as ``pynn_brainscales.brainscales2.helper``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analog_sbi.chip.pynn import simulator
from analog_sbi.chip.pynn.chips import Chip
from analog_sbi.chip.pynn.standardmodels.parameters import MEMBERS
from analog_sbi.chip.pynn.unsupported import OF_THE_HELPER, refused

FILE = "spiking_cocolist.pbin"


def chip_from_file(path: str | Path) -> Chip:
    """Read a calibrated chip object.

    Raises FileNotFoundError, or RuntimeError if the file is damaged or of another kind.
    """
    return Chip.load(path)


def chip_from_portable_binary(data: bytes) -> Chip:
    """Chip object of a file's content. Raises RuntimeError if it is of another kind."""
    return Chip.parse(data, "portable binary")


def get_unique_identifier() -> list[str]:
    """Names of the chips that programs reach: of one."""
    return [f"model-{_serial()}"]


def nightly_calib_path() -> Path:
    """Path of the chip's latest calibration; the model writes it when it is first asked for.

    Lies below ``$XDG_CACHE_HOME`` or ``~/.cache``.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "analog_sbi" / "calibration" / get_unique_identifier()[0] / "stable"
    for name in ("latest-weekly", "latest"):
        path = folder / name / FILE
        if not _is_current(path):
            Chip.calibrated(_serial()).save(path)
    return path


def _is_current(path: Path) -> bool:
    """Whether a file of this version of the model is there."""
    try:
        Chip.load(path)
    except (FileNotFoundError, RuntimeError):
        return False
    return True


def get_values_of_atomic_neuron(neuron: Any, exclude: Sequence[str] = ()) -> dict[str, Any]:
    """Parameters of a ``lola.AtomicNeuron`` with the hierarchy flattened."""
    return {name: value for name, value in neuron.flat().items() if name not in exclude}


def decompose_in_member_names(name: str) -> tuple[str, str]:
    """Member of ``lola.AtomicNeuron`` and its attribute, of a flattened name."""
    for member in sorted(MEMBERS, key=len, reverse=True):
        if name.startswith(f"{member}_"):
            return member, name.removeprefix(f"{member}_")
    raise AttributeError(f"no parameter of a neuron: {name}")


def chip_from_nightly() -> Chip:
    """Read the chip's latest calibration."""
    return chip_from_file(nightly_calib_path())


def _serial() -> int:
    state = simulator.state
    return simulator.world.serial if state is None else state.serial


def __getattr__(name: str) -> object:
    """Stand for what the real module has and this one refuses."""
    if name in OF_THE_HELPER:
        return refused(f"helper.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
