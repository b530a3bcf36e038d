"""Calibrated chip objects: what ``helper.chip_from_file`` returns and ``setup`` takes.

The stand-in of ``lola.Chip``: parameters of all 512 circuits, scales of the clocks, the serial
number of the chip that was calibrated, and, where runs are to be repeatable, a seed of their noise.
Stored as JSON under the name that programs give it (``spiking_cocolist.pbin``).
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analog_sbi.chip import capmem
from analog_sbi.chip.adex import laws
from analog_sbi.chip.fixed_pattern import CIRCUITS, fixed_pattern
from analog_sbi.chip.pynn import physics
from analog_sbi.chip.pynn.mismatch import SYNAPSE_SPREAD, mismatch
from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS, MEMBERS
from analog_sbi.randomness import generator

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "analog_sbi chip 2"
BACKENDS = 4  # of the neurons, see `dlens.halco`

# Targets of the default calibration for spiking neurons (calix, `neuron_calib_target.cpp`):
# leak 80, threshold 125, reset 70 in CADC LSB, 10 us membrane, 2 us refractory time.
TAU_MEMBRANE_US = 10.0
THRESHOLD_LSB = capmem.REST_TARGET + 45 * physics.CADC_LSB
RESET_LSB = capmem.REST_TARGET - 10 * physics.CADC_LSB
REFRACTORY_COUNTER = 251  # cycles of the fast clock at scale 0, 8 ns

# What a calibration leaves over. Rests of calibrated neurons are recorded to spread by 7 LSB.
# ASSUME the same of threshold and reset, and 5 % of the membrane's time constant.
LEFT_OVER_LSB = 7.0
LEFT_OVER_TAU = 0.05

_LEAK_CODE = 230.0  # normal mode: 10 us

# What a calibration for spiking neurons sets alike on all circuits (calix, default target).
COMMON = {
    "excitatory_input_enable": True,
    "excitatory_input_i_bias_gm": float(capmem.SYNAPSE_CODE),
    "excitatory_input_i_bias_tau": float(capmem.SYNAPSE_CODE),
    "inhibitory_input_enable": True,
    "inhibitory_input_i_bias_gm": float(capmem.SYNAPSE_CODE),
    "inhibitory_input_i_bias_tau": float(capmem.SYNAPSE_CODE),
    "leak_v_leak": float(round((capmem.REST_TARGET - capmem.REST_OFFSET) / capmem.REST_SLOPE)),
    "leak_i_bias": _LEAK_CODE,
    "membrane_capacitance_capacitance": float(capmem.CAPACITANCE_MAX_CODE),
    "threshold_enable": True,
    "threshold_v_threshold": float(
        round((THRESHOLD_LSB - laws.THRESHOLD_OFFSET) / laws.THRESHOLD_SLOPE)
    ),
    "reset_v_reset": float(round((RESET_LSB - laws.RESET_OFFSET) / laws.RESET_SLOPE)),
    "reset_i_bias": 1015.0,  # calix, `spiking/neuron.py`
    "reset_enable_multiplication": True,
    "refractory_period_refractory_time": float(REFRACTORY_COUNTER),
    "refractory_period_reset_holdoff": 15.0,
    "refractory_period_input_clock": 1.0,
}
SLOW, FAST = "clock_scale_slow", "clock_scale_fast"


@dataclass
class Backend:
    """Common registers of a back end; only the scales of its clocks have an effect."""

    clock_scale_slow: int = laws.CLOCK_SCALE
    clock_scale_fast: int = laws.CLOCK_SCALE
    clock_scale_adaptation_pulse: int = 0
    clock_scale_post_pulse: int = 0
    enable_clocks: bool = True
    enable_event_registers: bool = True


class _Member:
    """A member of ``AtomicNeuron``: attributes are parameters of a circuit."""

    def __init__(self, name: str, read: Any, write: Any) -> None:
        object.__setattr__(self, "_of", (name, read, write))

    def __getattr__(self, attribute: str) -> Any:
        name, read, _ = object.__getattribute__(self, "_of")
        if attribute.startswith("_") or attribute not in MEMBERS[name]:
            raise AttributeError(f"AtomicNeuron.{name} has no {attribute}")
        return read(f"{name}_{attribute}")

    def __setattr__(self, attribute: str, value: Any) -> None:
        name, _, write = self._of
        if attribute not in MEMBERS[name]:
            raise AttributeError(f"AtomicNeuron.{name} has no {attribute}")
        write(f"{name}_{attribute}", value)


class AtomicNeuron:
    """Parameters of a circuit in their hierarchy, as ``lola.AtomicNeuron``: ``leak.v_leak``."""

    def __init__(self, parameters: dict[str, np.ndarray] | None = None, circuit: int = 0) -> None:
        """Look at a circuit of ``parameters``, or make a silent one."""
        if parameters is None:
            parameters = {name: np.array([value]) for name, value in DEFAULTS.items()}
        self._parameters, self._circuit = parameters, circuit

    def __getattr__(self, name: str) -> _Member:
        """Return a member."""
        if name not in MEMBERS:
            raise AttributeError(f"AtomicNeuron has no {name}")
        return _Member(name, self.get_flat, self.set_flat)

    def get_flat(self, name: str) -> Any:
        """Value of a parameter by its flattened name."""
        if name not in self._parameters:
            return DEFAULTS[name]
        return self._parameters[name][self._circuit].item()

    def set_flat(self, name: str, value: Any) -> None:
        """Set a parameter by its flattened name."""
        if name not in self._parameters:
            self._parameters[name] = np.full(CIRCUITS, DEFAULTS[name])
        self._parameters[name][self._circuit] = value

    def flat(self) -> dict[str, Any]:
        """All parameters by their flattened names."""
        return {name: self.get_flat(name) for name in DEFAULTS}

    def __eq__(self, other: object) -> bool:
        """Compare all parameters."""
        return isinstance(other, AtomicNeuron) and self.flat() == other.flat()

    __hash__ = None  # type: ignore[assignment]


class _Circuits:
    """Circuits of a chip object."""

    def __init__(self, parameters: dict[str, np.ndarray]) -> None:
        self._parameters = parameters

    def __len__(self) -> int:
        return CIRCUITS

    def __getitem__(self, circuit: int) -> AtomicNeuron:
        if not 0 <= int(circuit) < CIRCUITS:
            raise IndexError(f"circuits are 0..{CIRCUITS - 1}, found {circuit}")
        return AtomicNeuron(self._parameters, int(circuit))

    def __setitem__(self, circuit: int, neuron: AtomicNeuron) -> None:
        own = self[circuit]
        for name, value in neuron.flat().items():
            own.set_flat(name, value)


@dataclass(frozen=True)
class NeuronBlock:
    """Neurons of a chip object and their back ends."""

    atomic_neurons: _Circuits
    backends: list[Backend]


@dataclass(frozen=True)
class Chip:
    """Parameters of the circuits, name to values (512,), of the chip with this serial number.

    Without a serial number it is for whichever chip programs reach. ``synapse_spread``: relative
    spread of the strengths of one circuit's synapses.
    """

    serial: int | None = None
    parameters: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    noise_seed: int | None = None
    synapse_spread: float = SYNAPSE_SPREAD
    backends: list[Backend] = field(
        default_factory=lambda: [Backend() for _ in range(BACKENDS)],
        repr=False,
    )

    @property
    def neuron_block(self) -> NeuronBlock:
        """Neurons and back ends, as ``lola.Chip`` has them."""
        return NeuronBlock(_Circuits(self.parameters), self.backends)

    def clock_scales(self) -> np.ndarray:
        """Scales of the slow and the fast clock of every circuit (512, 2)."""
        scales = np.array([[b.clock_scale_slow, b.clock_scale_fast] for b in self.backends])
        return np.repeat(scales.astype(float), CIRCUITS // len(self.backends), axis=0)

    @classmethod
    def from_calibration(
        cls, table: pd.DataFrame, serial: int, noise_seed: int | None = None
    ) -> Chip:
        """Chip object of a calibration table (``chip.calibration``).

        Circuits that the table does not name keep the codes from which calibration starts.
        ASSUME one strength for all synapses of a circuit, which was calibrated with all at once.
        """
        from analog_sbi.chip.calibration import CODE_OF

        parameters = _common()
        circuits = table["circuit"].to_numpy()
        for name in CODE_OF.values():
            parameters[name][circuits] = table[name].to_numpy()
        return cls(int(serial), parameters, noise_seed, synapse_spread=0.0, backends=_backends())

    @classmethod
    def calibrated(cls, serial: int, noise_seed: int | None = None) -> Chip:
        """Chip object of a calibration of all circuits as it is made every night."""
        parameters, pattern, extra = _common(), fixed_pattern(serial), mismatch(serial)

        def left(name: str) -> np.ndarray:
            return generator(serial, "calibrated", name).standard_normal(CIRCUITS)

        code = float(capmem.SYNAPSE_CODE)
        tau = TAU_MEMBRANE_US * np.exp(LEFT_OVER_TAU * left("tau"))
        leak = capmem.CAPACITANCE_PF / tau / pattern.leak
        ends = capmem.leak_conductance(np.array([0.0, capmem.MAX_CODE]), 0)
        leak_code = np.rint((leak - ends[0]) / (ends[1] - ends[0]) * capmem.MAX_CODE)
        rest = capmem.REST_TARGET + LEFT_OVER_LSB * left("rest")
        fall = laws.rest_fall(leak_code)
        threshold = THRESHOLD_LSB + LEFT_OVER_LSB * left("threshold") - extra.threshold
        reset = RESET_LSB + LEFT_OVER_LSB * left("reset") - extra.reset
        exact = {
            "excitatory_input_i_bias_gm": code / pattern.strength,
            "excitatory_input_i_bias_tau": code * pattern.tau_synapse,
            "inhibitory_input_i_bias_gm": code / extra.inhibitory_strength,
            "inhibitory_input_i_bias_tau": code * extra.inhibitory_tau,
            "leak_i_bias": leak_code,
            "leak_v_leak": (rest - fall - pattern.rest - pattern.readout - capmem.REST_OFFSET)
            / capmem.REST_SLOPE,
            "threshold_v_threshold": (threshold - laws.THRESHOLD_OFFSET) / laws.THRESHOLD_SLOPE,
            "reset_v_reset": (reset - laws.RESET_OFFSET) / laws.RESET_SLOPE,
        }
        for name, values in exact.items():
            parameters[name] = np.clip(np.rint(values), 0.0, capmem.MAX_CODE)
        return cls(int(serial), parameters, noise_seed, backends=_backends())

    def with_noise(self, seed: int | None) -> Chip:
        """Return the same chip with runs that repeat their noise after each setup."""
        return replace(self, noise_seed=seed)

    def save(self, path: str | Path) -> None:
        """Write the file at once or not at all."""
        content = {
            "format": FORMAT,
            "serial": self.serial,
            "noise_seed": self.noise_seed,
            "synapse_spread": self.synapse_spread,
            "backends": [vars(backend) for backend in self.backends],
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
        return cls.parse(Path(path).read_bytes(), path)

    @classmethod
    def parse(cls, text: bytes, name: str | Path) -> Chip:
        """Read a file's content. Raises RuntimeError that names the file if it is another one."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise ValueError(f"format {content['format']!r}")
            seed, serial = content["noise_seed"], content["serial"]
            columns = {name: _column(name, v) for name, v in content["parameters"].items()}
            return cls(
                None if serial is None else int(serial),
                columns,
                None if seed is None else int(seed),
                float(content["synapse_spread"]),
                [Backend(**backend) for backend in content["backends"]],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RuntimeError(f"{name}: expected a chip object, found {error}") from error


def _backends() -> list[Backend]:
    """Back ends as a calibration leaves them: a fast clock of 8 ns."""
    return [Backend(clock_scale_slow=0, clock_scale_fast=0) for _ in range(BACKENDS)]


def _common() -> dict[str, np.ndarray]:
    return {name: np.full(CIRCUITS, value) for name, value in COMMON.items()}


def _column(name: str, values: list) -> np.ndarray:
    column = np.array(values, dtype=type(DEFAULTS[name]))
    if column.shape != (CIRCUITS,):
        raise ValueError(f"{column.size} values of {name}")
    return column
