"""The experiment on one spiking neuron as a PyNN program, for the chip and for its model.

The protocol is that of the public demo on the AdEx neuron (`snn_adex_helpers.py`). Two circuits
side by side are one neuron: the first is the neuron, the second carries its membrane to the other
channel of the MADC, which reads the adaptation of the first at the same time. A step of current is
three snippets. The neuron is not calibrated.
Units: us here, ms in PyNN, both hardware time; potentials in MADC LSB. T samples of 1 us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analog_sbi.chip.adex import laws
from analog_sbi.hardware.access import Library
from analog_sbi.hardware.program import (
    US_PER_MS,
    IncompleteRecordingError,
    check_complete,
    check_plausible,
)

NEURON = 0  # circuit; its readout is the next one
SNIPPETS_US = ((False, 100.0), (True, 600.0), (False, 300.0))
"""Whether the current flows, and how long."""
DURATION_US = sum(duration for _, duration in SNIPPETS_US)

FIXED: dict[str, float | bool] = {
    "reset_i_bias": laws.RESET_BIAS,
    "reset_enable_multiplication": True,
    "membrane_capacitance_capacitance": 63,
    "refractory_period_refractory_time": laws.REFRACTORY_COUNTER,
    "refractory_period_enable_pause": True,
    "threshold_v_threshold": laws.THRESHOLD_CODE,
    "threshold_enable": True,
    "adaptation_enable": True,
    "adaptation_enable_pulse": True,
    "exponential_enable": True,
    "multicompartment_connect_right": True,
}
READOUT: dict[str, float | bool] = {
    "membrane_capacitance_capacitance": 0,
    "leak_i_bias": 0,
    "leak_enable_division": True,
    "threshold_enable": False,
}
CLOCKS = {
    "enable_clocks": True,
    "clock_scale_fast": laws.CLOCK_SCALE,
    "clock_scale_slow": laws.CLOCK_SCALE,
    "clock_scale_adaptation_pulse": 7,
    "clock_scale_post_pulse": 5,
}


class NeuronProgram:
    """A neuron with its readout, set up without calibration."""

    def __init__(self, library: Library, options: Mapping[str, Any]) -> None:
        """Set the chip up, with further ``options`` of ``setup``, and join the two circuits."""
        self.pynn = library.pynn
        self.pynn.setup(neuronPermutation=[NEURON, NEURON + 1], **options)
        self.circuits = self.pynn.Population(2, self.pynn.cells.HXNeuron())
        if hasattr(self.pynn, "RunCommand"):  # see ChainProgram
            self.pynn.run(None, self.pynn.RunCommand.PREPARE)
        backends = self.pynn.simulator.state.grenade_chip_config.neuron_block.backends
        halco = library.halco
        for coordinate in halco.iter_all(halco.CommonNeuronBackendConfigOnDLS):
            for name, value in CLOCKS.items():
                setattr(backends[coordinate], name, value)
        self.neuron, self.readout = self.circuits[0:1], self.circuits[1:2]
        self.neuron.set(**FIXED)
        self.readout.set(**READOUT)

    def set_codes(self, codes: Mapping[str, float]) -> None:
        """Set codes by the names of PyNN's parameters."""
        whole = {name: int(code) for name, code in codes.items()}
        followed = whole["leak_v_leak"] + laws.LEAK_FOLLOWED_BY
        for name, code in {**whole, "adaptation_v_leak": followed}.items():
            self.neuron.set(**{name: code})

    def run(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Run once: means of V and of w over samples (T,) and times of spikes.

        Raises IncompleteRecordingError if samples are missing, and what the module raises.
        """
        command = self.pynn.RunCommand
        self.neuron.record(["adaptation", "spikes"])
        self.readout.record(["v"])
        for enabled, duration in SNIPPETS_US:
            self.neuron.set(constant_current_enable=enabled)
            self.pynn.run(duration / US_PER_MS, command.APPEND)
        self.pynn.run(None, command.EXECUTE)
        own, other = (view.get_data().segments[-1] for view in (self.neuron, self.readout))
        self.circuits.get_data(clear=True)
        self.circuits.record(None)
        self.pynn.reset()
        v, w = (means(part.irregularlysampledsignals) for part in (other, own))
        spikes = [train.times.rescale("ms").magnitude for train in own.spiketrains]
        times = np.sort(np.concatenate([np.empty(0), *spikes])) * US_PER_MS
        return v, w, times[(times >= 0) & (times < DURATION_US)]

    def close(self) -> None:
        """Release the chip."""
        self.pynn.end()


def means(signals: Sequence[Any]) -> np.ndarray:
    """Means (T,) over us of the samples of all snippets; interpolated where there is none.

    Raises IncompleteRecordingError for samples that are missing or that no converter gives.
    """
    if not signals:
        raise IncompleteRecordingError("no samples")
    times = np.concatenate([part.times.rescale("ms").magnitude for part in signals]) * US_PER_MS
    values = np.concatenate([np.asarray(part.magnitude, dtype=float)[:, 0] for part in signals])
    check_complete(times, DURATION_US)
    check_plausible(values)
    edges = np.arange(DURATION_US + 1)
    counts, _ = np.histogram(times, edges)
    sums, _ = np.histogram(times, edges, weights=values)
    known = counts > 0
    middle = edges[:-1] + 0.5
    return np.interp(middle, middle[known], sums[known] / counts[known])
