"""What a study needs of this machine, and what it takes of the chip."""

from __future__ import annotations

import os
from importlib.util import find_spec

from analog_sbi.errors import ConfigurationError
from analog_sbi.hardware.access import MODEL, missing
from analog_sbi.hardware.chip_time import seconds
from analog_sbi.logs import duration
from analog_sbi.study.sections import Bss2
from analog_sbi.study.typed import Study


def check_available(study: Study) -> None:
    """Raise ConfigurationError if what the backend needs is missing here.

    With a container, the module of the chip is looked for by the measuring jobs only.
    """
    if study.backend == "bss2":
        module = study.bss2.module
        if study.bss2.container is None and not _importable(module.partition(".")[0]):
            raise ConfigurationError(missing(module, "none"))
        _check_calibration_file(study.bss2)
    if study.backend == "arbor" and not _importable("arbor"):
        raise ConfigurationError(
            "backend: arbor expected the module arbor, found none; pip install arbor"
        )


def chip_time(study: Study, measurements: int) -> str:
    """How long measurements take on the chip, in words."""
    run = study.chip.spike_interval * study.chain.length * study.bss2.averages
    return duration(seconds(study.bss2.module, measurements, study.chain.length, run))


def backend_modules(study: Study, backend: str) -> list[str]:
    """Modules of this package that a measurement on a backend loads by name."""
    modules = [f"analog_sbi.backends.{backend}"]
    if backend == "bss2" and study.bss2.module == MODEL:
        modules.append(MODEL)
    return modules


def has_sbibm() -> bool:
    """Whether the files of the package sbibm are here."""
    return _importable("sbibm")


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # a module that is loaded without a file of its own
        return False


def _check_calibration_file(chip: Bss2) -> None:
    path = chip.calibration_file
    if chip.calibrate_with == "calix":
        if path is None:
            raise ConfigurationError(
                "bss2.calibration_file: expected a path that calix can write, found none"
            )
    elif path is not None and not os.path.isfile(path):
        raise ConfigurationError(
            f"bss2.calibration_file: expected a calibration of the chip, found no file {path}"
        )
