"""Calibration and time constants by calix. Runs on the chip only: nothing here is tested without.

``dlens_vx_v3`` and ``calix`` come with the BrainScaleS-2 software (docs/hardware.md). Calls follow
the scripts of calix and of the original study (``calix_generate_default_calibration.py``,
``measure_tau_mem.py`` and ``measure_tau_icc.py``). Units: us.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.chip.capmem import mode
from analog_sbi.errors import BackendError

LEAK_OF_ICC_US = 60.0  # membrane time constant that calix sets to measure axial conductances


def calibrate(path: str | Path) -> None:
    """Run the default calibration for spiking neurons and write it as portable binary."""
    hxcomm, sta, _, _ = _chip_libraries()
    import calix.spiking

    with hxcomm.ManagedConnection() as connection:
        sta.run(connection, sta.ExperimentInit().generate()[0].done())
        result = calix.spiking.calibrate(connection)
    builder = sta.PlaybackProgramBuilderDumper()
    result.apply(builder)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(sta.to_portablebinary(builder.done()))
    Path(temporary).replace(path)


def characterize(
    path: str,
    circuits: Iterable[int],
    resistors: Iterable[int],
    leak: np.ndarray,
    axial: np.ndarray,
) -> pd.DataFrame:
    """Time constants of the circuits at codes: columns as ``chip.characterization``.

    calix measures all circuits. The axial conductance of a link is that of the circuit of its
    resistor; 1 / tau_measured = 2 / tau_axial + 1 / tau_membrane.
    """
    membrane = _measure(path, leak, "leak")[:, list(circuits)]
    total = _measure(path, axial, "axial")[:, list(resistors)]
    with np.errstate(divide="ignore"):
        coupled = 2 / (1 / total - 1 / LEAK_OF_ICC_US)
    rows = []
    for quantity, codes, values in (("membrane", leak, membrane), ("axial", axial, coupled)):
        for code, line in zip(codes, np.where(values > 0, values, np.nan), strict=True):
            rows += [(quantity, index, float(code), tau) for index, tau in enumerate(line)]
    return pd.DataFrame(rows, columns=["quantity", "compartment", "parameter", "time_constant"])


def _measure(path: str, parameters: np.ndarray, kind: str) -> np.ndarray:
    """Time constants (K, 512) in us at numbers 0..3068 of leak or axial conductance."""
    hxcomm, sta, halco, pq = _chip_libraries()
    from calix.common import base
    from calix.hagen import neuron_helpers
    from calix.hagen.neuron_leak_bias import MembraneTimeConstCalibOffset
    from calix.multicomp.neuron_icc_bias import ICCMADCCalib

    dumper = sta.DumperDone()
    sta.from_portablebinary(dumper, Path(path).read_bytes())
    containers = dict(dumper.tolist())
    coordinates = list(halco.iter_all(halco.AtomicNeuronOnDLS))
    configs = [containers[coordinate].asNeuronConfig() for coordinate in coordinates]
    for config in configs:
        config.enable_threshold_comparator = False
    if kind == "leak":
        routine = MembraneTimeConstCalibOffset(neuron_configs=configs, target=10 * pq.us)
        routine.adjust_bias_range = False
        flags = "enable_leak_division", "enable_leak_multiplication"
    else:
        routine = ICCMADCCalib(neuron_configs=configs, target=1.0 * pq.us)
        flags = (
            "enable_divide_multicomp_conductance_bias",
            "enable_multiply_multicomp_conductance_bias",
        )
    results = []
    with hxcomm.ManagedConnection() as connection:
        base.run(connection, sta.ExperimentInit().generate()[0])
        builder, _ = neuron_helpers.configure_chip(sta.PlaybackProgramBuilder())
        builder.merge_back(sta.convert_to_builder(dumper))
        base.run(connection, builder)
        routine.prelude(connection)
        for coding, code in zip(*mode(parameters), strict=True):
            builder = sta.PlaybackProgramBuilder()
            for place, config in zip(
                halco.iter_all(halco.NeuronConfigOnDLS), routine.neuron_configs, strict=True
            ):
                setattr(config, flags[0], bool(coding < 0))
                setattr(config, flags[1], bool(coding > 0))
                builder.write(place, config)
            routine.configure_parameters(builder, int(code))
            found = routine.measure_results(connection, builder)
            results.append(found.rescale("us").magnitude if hasattr(found, "rescale") else found)
    return np.array(results, dtype=float)


def _chip_libraries() -> tuple[Any, Any, Any, Any]:
    try:
        import calix  # noqa: F401
        import quantities
        from dlens_vx_v3 import halco, hxcomm, sta
    except ImportError as error:
        raise BackendError(
            f"calibration on the chip: expected calix and dlens_vx_v3, found: {error}. Both come "
            "with the BrainScaleS-2 software (docs/hardware.md)"
        ) from error
    return hxcomm, sta, halco, quantities
