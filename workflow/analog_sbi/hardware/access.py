"""Which PyNN module a program runs on, and what to do if it is missing."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType

from analog_sbi.errors import BackendError

REAL = "pynn_brainscales.brainscales2"
MODEL = "analog_sbi.chip.pynn"
HALCO = "pyhalco_hicann_dls_vx_v3"

# Where a job runs on: what Slurm at Heidelberg, quiggeldy at EBRAINS and containers set.
ENVIRONMENT = (
    "SLURM_HARDWARE_LICENSES",
    "SLURM_FPGA_IPS",
    "QUIGGELDY_IP",
    "QUIGGELDY_PORT",
    "APPTAINER_CONTAINER",
    "SINGULARITY_CONTAINER",
)


class ConnectionLost(BackendError):  # noqa: N818 - read as a sentence in the log
    """The chip does not answer any more; what was measured is kept."""


@dataclass(frozen=True)
class Library:
    """A PyNN module by name. It is imported on first use: jobs that do not measure lack it.

    The attributes raise BackendError that names what is needed if it cannot be imported.
    """

    name: str

    @cached_property
    def pynn(self) -> ModuleType:
        """The module itself."""
        return self._import(self.name)

    @cached_property
    def synapse(self) -> type:
        """Its static synapse."""
        return self._import(f"{self.name}.standardmodels.synapses").StaticSynapse

    @cached_property
    def halco(self) -> ModuleType:
        """Coordinates of the chip."""
        return self._import(f"{MODEL}.dlens.halco" if self.name == MODEL else HALCO)

    def _import(self, name: str) -> ModuleType:
        try:
            return import_module(name)
        except ImportError as error:
            raise BackendError(missing(self.name, str(error))) from error


def missing(module: str, found: str) -> str:
    """What to say where the PyNN module cannot be imported."""
    return (
        f"backend: bss2 expected the module {module} (bss2.module), found {found}. "
        "pynn_brainscales is not on PyPI: use the BrainScaleS-2 container, the EBRAINS kernel or a "
        f"build of your own (docs/hardware.md). Without a chip, use backend=bss2_sim, or "
        f"bss2.module: {MODEL} to run the chip's program on its model"
    )


def versions() -> dict[str, str]:
    """Versions of what a measurement depends on; what is not a package is left out."""
    found = {}
    for package in ("analog-sbi", "PyNN", "neo", "numpy", "pynn-brainscales"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def surroundings() -> dict[str, str]:
    """Date (UTC) and the variables that tell on which setup and in which container a job runs."""
    variables = {name: os.environ[name] for name in ENVIRONMENT if os.environ.get(name)}
    return {"date": datetime.now(UTC).isoformat(timespec="seconds"), **variables}


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
