"""Calibrated chip objects: what ``helper.chip_from_file`` returns and ``setup`` takes.

The stand-in of ``lola.Chip``: parameters of all 512 circuits, the serial number of the chip that
was calibrated, and, where runs are to be repeatable, a seed of their noise. Stored as JSON.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analog_sbi.chip import capmem
from analog_sbi.chip.calibration import CODE_OF
from analog_sbi.chip.fixed_pattern import CIRCUITS, fixed_pattern
from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS

FORMAT = "analog_sbi chip"

# Threshold of the default calibration, 125 CADC LSB, lies about 130 MADC LSB above the leak
# potential of 80 CADC LSB. ASSUME the code that sets it for every circuit.
THRESHOLD_CODE = 378

# What a calibration for spiking neurons sets alike on all circuits (calix, default target).
# Leak conductances are not calibrated here (paper, footnote 3); ASSUME they are left at centre.
COMMON = {
    "excitatory_input_enable": True,
    "excitatory_input_i_bias_gm": float(capmem.SYNAPSE_CODE),
    "excitatory_input_i_bias_tau": float(capmem.SYNAPSE_CODE),
    "leak_v_leak": float(round((capmem.REST_TARGET - capmem.REST_OFFSET) / capmem.REST_SLOPE)),
    "leak_i_bias": float(capmem.MAX_CODE // 2),
    "leak_enable_division": True,
    "membrane_capacitance_capacitance": float(capmem.CAPACITANCE_MAX_CODE),
    "threshold_enable": True,
    "threshold_v_threshold": float(THRESHOLD_CODE),
}


@dataclass(frozen=True)
class Chip:
    """Parameters of the circuits, name to values (512,), of the chip with this serial number."""

    serial: int
    parameters: dict[str, np.ndarray] = field(repr=False)
    noise_seed: int | None = None

    @classmethod
    def from_calibration(
        cls, table: pd.DataFrame, serial: int, noise_seed: int | None = None
    ) -> Chip:
        """Chip object of a calibration table (``chip.calibration``).

        Circuits that the table does not name keep the codes from which calibration starts.
        """
        parameters = _common()
        circuits = table["circuit"].to_numpy()
        for name in CODE_OF.values():
            parameters[name][circuits] = table[name].to_numpy()
        return cls(int(serial), parameters, noise_seed)

    @classmethod
    def calibrated(cls, serial: int, noise_seed: int | None = None) -> Chip:
        """Chip object of a flawless calibration of all circuits."""
        parameters, pattern = _common(), fixed_pattern(serial)
        code = float(capmem.SYNAPSE_CODE)
        exact = {
            "excitatory_input_i_bias_gm": code / pattern.strength,
            "excitatory_input_i_bias_tau": code * pattern.tau_synapse,
            "leak_v_leak": (
                capmem.REST_TARGET - pattern.rest - pattern.readout - capmem.REST_OFFSET
            )
            / capmem.REST_SLOPE,
        }
        for name, values in exact.items():
            parameters[name] = np.clip(np.rint(values), 0.0, capmem.MAX_CODE)
        return cls(int(serial), parameters, noise_seed)

    def with_noise(self, seed: int | None) -> Chip:
        """Return the same chip with runs that repeat their noise after each setup."""
        return replace(self, noise_seed=seed)

    def save(self, path: str | Path) -> None:
        """Write the file at once or not at all."""
        content = {
            "format": FORMAT,
            "serial": self.serial,
            "noise_seed": self.noise_seed,
            "parameters": {name: column.tolist() for name, column in self.parameters.items()},
        }
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(content, file)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | Path) -> Chip:
        """Read a file.

        Raises FileNotFoundError, or RuntimeError that names the file if it is damaged or of
        another kind.
        """
        text = Path(path).read_bytes()
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise ValueError(f"format {content['format']!r}")
            seed = content["noise_seed"]
            columns = {name: _column(name, v) for name, v in content["parameters"].items()}
            return cls(int(content["serial"]), columns, None if seed is None else int(seed))
        except (KeyError, TypeError, ValueError) as error:
            raise RuntimeError(f"{path}: expected a chip object, found {error}") from error


def _common() -> dict[str, np.ndarray]:
    return {name: np.full(CIRCUITS, value) for name, value in COMMON.items()}


def _column(name: str, values: list) -> np.ndarray:
    column = np.array(values, dtype=type(DEFAULTS[name]))
    if column.shape != (CIRCUITS,):
        raise ValueError(f"{column.size} values of {name}")
    return column
