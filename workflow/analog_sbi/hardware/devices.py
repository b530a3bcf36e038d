"""What a chip and its model do besides running the program: calibrate, characterize, identify.

Shapes: L compartments, K codes. Units: us, CapMem codes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from analog_sbi.chip import calibration as chip_calibration
from analog_sbi.chip import characterization, emulation
from analog_sbi.chip.fixed_pattern import fixed_pattern
from analog_sbi.chip.wiring import Wiring
from analog_sbi.errors import BackendError
from analog_sbi.hardware import calix_bench
from analog_sbi.hardware.access import MODEL, Library, file_digest
from analog_sbi.hardware.program import ChainProgram


class Site(Protocol):
    """A chip, or a model of one, that can be identified."""

    def lock_name(self) -> str:
        """Name of what no two processes may use at once."""
        ...

    def identifier(self) -> str:
        """Name of the chip."""
        ...

    def options(self) -> dict[str, Any]:
        """Options of ``setup`` without a calibration."""
        ...

    def begin(self, seed: int) -> None:
        """Start on a parameter set; a model draws its noise from the seed."""
        ...


class Device(Site, Protocol):
    """A chip that can be calibrated, measured and identified."""

    @property
    def answers_at_once(self) -> bool:
        """Whether ``calibrate`` takes no longer than a run."""
        ...

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate; one row a compartment, with its circuit, codes and ``success``."""
        ...

    def characterize(
        self,
        table: pd.DataFrame,
        leak: np.ndarray,
        axial: np.ndarray,
        generator: np.random.Generator,
    ) -> pd.DataFrame:
        """Measure membrane and axial time constants at codes (K,)."""
        ...

    def initial_config(self, table: pd.DataFrame) -> Any:
        """Chip object for ``setup`` of a calibration table."""
        ...


@dataclass(frozen=True)
class ModelSite:
    """The model of the chip with a serial number."""

    library: Library
    serial: int

    def lock_name(self) -> str:
        """Name after the process: models of the same chip do not disturb each other."""
        return f"{self.identifier()}-{os.getpid()}"

    def identifier(self) -> str:
        """Name after the serial number."""
        return f"model-{self.serial}"

    def options(self) -> dict[str, Any]:
        """Chip object without parameters: nothing else says which chip it is."""
        return {"initial_config": self.library.pynn.Chip(self.serial, noise_seed=0)}

    def begin(self, seed: int) -> None:
        """Draw the noise of the next runs from the seed."""
        self.library.pynn.simulator.state.noise = np.random.default_rng(seed)


@dataclass(frozen=True)
class ModelDevice(ModelSite):
    """The model of the chip with a serial number; ``calibration_file`` is a saved chip object."""

    wiring: Wiring
    stimulus: emulation.Stimulus
    calibration_file: str | None = None

    @property
    def answers_at_once(self) -> bool:
        """No: it searches for codes."""
        return False

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate as ``bss2_sim`` does, or take the codes of the file."""
        circuits = self.wiring.circuits
        if self.calibration_file is None:
            pattern = fixed_pattern(self.serial)
            table = chip_calibration.calibrate(pattern, circuits, self.stimulus, generator)
            return table.assign(chip=self.identifier())
        chip = read_config(self.library, self.calibration_file)
        codes = {n: chip.parameters[n][circuits] for n in chip_calibration.CODE_OF.values()}
        return _table(circuits, codes, self.calibration_file).assign(chip=self.identifier())

    def characterize(
        self,
        table: pd.DataFrame,
        leak: np.ndarray,
        axial: np.ndarray,
        generator: np.random.Generator,
    ) -> pd.DataFrame:
        """Measure as ``bss2_sim`` does."""
        codes = chip_calibration.configuration(table)
        chain = emulation.configure(fixed_pattern(self.serial), codes, self.stimulus, self.wiring)
        return characterization.characterize(chain, leak, axial, generator)

    def initial_config(self, table: pd.DataFrame) -> Any:
        """Chip object with the codes of the table."""
        return self.library.pynn.Chip.from_calibration(table, self.serial, noise_seed=0)


@dataclass(frozen=True)
class ChipSite:
    """The chip that the environment connects to."""

    library: Library

    def lock_name(self) -> str:
        """Name of the setup from the environment, which needs no connection, else of the chip."""
        address = ":".join(os.environ.get(f"QUIGGELDY_{part}", "") for part in ("IP", "PORT"))
        setups = os.environ.get("SLURM_HARDWARE_LICENSES"), address.strip(":")
        return next(filter(None, setups), None) or self.identifier()

    def identifier(self) -> str:
        """Name of the chip, or the first of all chips of the connection: programs use that one."""
        names = self.library.pynn.helper.get_unique_identifier()
        return names if isinstance(names, str) else str(names[0])

    def options(self) -> dict[str, Any]:
        """None."""
        return {}

    def begin(self, seed: int) -> None:
        """Nothing to do: the noise of the chip is its own."""


@dataclass(frozen=True)
class ChipDevice(ChipSite):
    """The chip that the environment connects to.

    ``calibrate_with`` is ``file`` (use ``calibration_file``, or the nightly calibration where none
    is named) or ``calix`` (calibrate now and write ``calibration_file``).
    """

    wiring: Wiring
    stimulus: emulation.Stimulus
    calibration_file: str | None = None
    calibrate_with: str = "file"

    @property
    def answers_at_once(self) -> bool:
        """Only if it takes what a file holds: calix measures for long."""
        return self.calibrate_with == "file"

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate with calix or take a calibration file; the chip's codes go into the table.

        Raises BackendError if a file is missing or none is named for calix to write.
        """
        if self.calibrate_with == "calix":
            if self.calibration_file is None:
                raise BackendError("calibrate_with: calix expected a calibration_file to write")
            calix_bench.calibrate(self.calibration_file)
        path = self.calibration_file or str(self.library.pynn.helper.nightly_calib_path())
        config = read_config(self.library, path)
        program = ChainProgram(self.library, self.wiring, self.stimulus, 1, config)
        codes = program.calibrated_codes(list(chip_calibration.CODE_OF.values()))
        program.close()
        return _table(self.wiring.circuits, codes, path).assign(chip=self.identifier())

    def characterize(
        self,
        table: pd.DataFrame,
        leak: np.ndarray,
        axial: np.ndarray,
        generator: np.random.Generator,
    ) -> pd.DataFrame:
        """Measure with the routines of calix."""
        return calix_bench.characterize(
            _checked_file(table), table["circuit"], self.wiring.resistors, leak, axial
        )

    def initial_config(self, table: pd.DataFrame) -> Any:
        """Chip object of the table's file.

        Raises BackendError if the file has changed or is of another chip.
        """
        path, chip = _checked_file(table), self.identifier()
        if table["chip"].iloc[0] != chip:
            raise BackendError(
                f"{path}: expected a calibration of chip {chip}, found one of "
                f"{table['chip'].iloc[0]}"
            )
        return read_config(self.library, path)


def device_of(
    library: Library, wiring: Wiring, stimulus: emulation.Stimulus, settings: dict[str, Any]
) -> Device:
    """Device behind a PyNN module."""
    path = settings.get("calibration_file")
    if library.name == MODEL:
        return ModelDevice(library, settings["serial"], wiring, stimulus, path)
    return ChipDevice(library, wiring, stimulus, path, settings.get("calibrate_with", "file"))


def site_of(library: Library, settings: dict[str, Any]) -> Site:
    """Chip behind a PyNN module, for experiments without a calibration."""
    return ModelSite(library, settings["serial"]) if library.name == MODEL else ChipSite(library)


def read_config(library: Library, path: str | Path) -> Any:
    """Read a chip object. Raises BackendError if the file is missing or damaged."""
    try:
        return library.pynn.helper.chip_from_file(path)
    except (OSError, RuntimeError) as error:
        raise BackendError(f"calibration_file: expected a calibration, found: {error}") from error


def _table(circuits: np.ndarray, codes: dict[str, np.ndarray], path: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "compartment": np.arange(len(circuits)),
            "circuit": circuits,
            **{name: column.astype(int) for name, column in codes.items()},
            "success": True,
            "calibration_file": str(Path(path).resolve()),
            "calibration_sha256": file_digest(path),
        }
    )


def _checked_file(table: pd.DataFrame) -> str:
    if "calibration_file" not in table:
        raise BackendError("calibration: expected the table of a calibration file of this chip")
    path, digest = table["calibration_file"].iloc[0], table["calibration_sha256"].iloc[0]
    if not Path(path).exists() or file_digest(path) != digest:
        raise BackendError(f"{path}: expected the file that was calibrated with, found another")
    return path
