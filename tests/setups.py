"""Settings of each backend, and a model in a file, that tests share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from analog_sbi import study as typed
from analog_sbi.backends import Backend, Setup, make

ROOT = Path(__file__).parents[1]
MODULE = "analog_sbi.chip.pynn"

CHIP = {
    "length": 4,
    "limits": {"leak": [0, 1022], "axial": [0, 1022]},
    "spike_interval": 200.0,
    "inputs": 10,
    "weight": 30,
    "serial": 59,
}
ARBOR = {
    "length": 4,
    "spike_interval": 200.0,
    "weight": 0.05,
    "tau_synapse": 10.0,
    "tau_membrane": [12.0, 30.0],
    "tau_axial": [3.0, 30.0],
    "compartment_length": 1000.0,
    "compartment_diameter": 4.0,
    "capacitance": 125.0,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "bss2_sim": CHIP,
    "bss2": CHIP | {"module": MODULE},
    "arbor": ARBOR,
}

LINE = '''"""A line through noise, and a trace of it; it fails left of -4."""

import numpy as np

from analog_sbi.models import Features, Signal
from analog_sbi.space import Space

space = Space(("slope", "offset"), ("mV/ms", "mV"), [-5.0, 0.0], [5.0, 1.0])
signals = {
    "ends": Signal((2,), "mV", limits=(-100.0, 100.0)),
    "trace": Signal((None,), "mV", limits=(-100.0, 100.0)),
}


def measure(inputs, generator):
    slope, offset = inputs.T
    if (slope < -4).any():
        raise ArithmeticError("too steep")
    time = np.linspace(0, 1, 5)
    trace = offset[:, None] + slope[:, None] * time
    trace = trace + 0.1 * generator.standard_normal(trace.shape)
    return {"ends": trace[:, [0, -1]], "trace": trace}


def ends(signals):
    return Features(("first", "last"), ("mV", "mV"), ("ends",), lambda s: s["ends"])


def middle(signals):
    return Features(("middle",), ("mV",), ("trace",), lambda s: s["trace"][:, [2]])


observables = {"ends": ends, "middle": middle}
'''


def configuration(**changed: Any) -> dict[str, Any]:
    """The shipped configuration, with some of its sections changed key by key."""
    content = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    for key, value in changed.items():
        merge = isinstance(value, dict) and isinstance(content.get(key), dict)
        content[key] = {**content[key], **value} if merge else value
    return content


def setup(backend: str, **changed: Any) -> Setup:
    """Setup of the chain on a backend; one without settings here gets those of the study."""
    settings = SETTINGS.get(backend) or typed.load(configuration()).backend_settings(backend)
    return Setup(backend, "chain", {**settings, **changed})


def chain_on(backend: str, **changed: Any) -> Backend:
    """The chain on a backend."""
    return make(setup(backend, **changed))


def neuron(backend: str, **changed: Any) -> Setup:
    """Setup of the spiking neuron on a backend."""
    return replace(setup(backend, **changed), model="adex")


def neuron_on(backend: str, **changed: Any) -> Any:
    """The spiking neuron on a backend."""
    return make(neuron(backend, **changed))


PARENTS = [None, 0, 1, 1, 0]
FURTHER: dict[str, dict[str, Any]] = {
    "arbor": {"limits": {"weight": [0.01, 0.1], "leak_potential": [-10.0, 10.0]}},
} | {
    name: {"limits": {**CHIP["limits"], "weight": [1, 63], "leak_potential": [-100, 100]}}
    for name in ("bss2", "bss2_sim")
}
"""Settings by which a backend has all inputs of the chain."""


def tree(backend: str, **changed: Any) -> Setup:
    """Setup of a tree of five compartments on a backend, with all inputs."""
    return setup(backend, parents=PARENTS, **FURTHER[backend], **changed)


def model_file(folder: Path, content: str = LINE, name: str = "line.py") -> str:
    """Path of a model's file, written below ``folder``."""
    path = folder / name
    path.write_text(content)
    return str(path)
