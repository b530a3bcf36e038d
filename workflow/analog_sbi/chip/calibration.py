"""Calibration of a chain: measure, compare, search codes, as calix does.

Leak potential, synaptic time constant and synaptic strength are equalized over the
compartments (paper, section 4.1). Leak and axial conductance are deliberately left alone
(paper, footnote 3). Each search is a binary search over the codes, one step for all compartments
at once, that keeps the best code it has tried (calix, ``common/algorithms.py``).
Shapes: L compartments. Units: us, MADC LSB.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analog_sbi.chip import capmem, circuit, readout
from analog_sbi.chip.emulation import Configuration, Stimulus
from analog_sbi.chip.fixed_pattern import FixedPattern

RUNS = 5  # amplitudes are averaged over five runs (calix, hagen/neuron_synin.py)
TRACE_US = 60.0
LINE_AMPLITUDE = 200.0  # ASSUME: LSB by which events move the synaptic line at its readout
LEAK_CODE = capmem.MAX_CODE // 2

# A compartment is calibrated when it comes this close to its target, relative (rest: LSB).
TOLERANCE = {"rest": 3.0, "tau_synapse": 0.03, "amplitude": 0.05}

CODE_OF = {
    "rest": "leak_v_leak",
    "tau_synapse": "excitatory_input_i_bias_tau",
    "amplitude": "excitatory_input_i_bias_gm",
}


def calibrate(
    pattern: FixedPattern,
    circuits: np.ndarray,
    stimulus: Stimulus,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """Calibrate the compartments on ``circuits`` (L,).

    Returns one row a compartment: the codes found, each quantity as measured with the nominal
    code (``*_before``) and afresh with the code found, and ``success``.
    """
    count = len(circuits)
    nominal = {
        "rest": round((capmem.REST_TARGET - capmem.REST_OFFSET) / capmem.REST_SLOPE),
        "tau_synapse": capmem.SYNAPSE_CODE,
        "amplitude": capmem.SYNAPSE_CODE,
    }
    bench = _Bench(pattern, circuits, stimulus, generator)
    table = pd.DataFrame({"compartment": np.arange(count), "circuit": circuits})
    success = np.ones(count, dtype=bool)

    def run(name: str, measure: Callable, target: float | None, relative: bool) -> np.ndarray:
        before = measure(np.full(count, nominal[name]))
        goal = float(np.median(before)) if target is None else target
        rising = name != "tau_synapse"
        codes = search(measure, goal, count, rising)
        after = measure(codes)
        table[CODE_OF[name]] = codes
        table[f"{name}_before"] = before
        table[name] = after
        error = np.abs(after - goal) / (goal if relative else 1.0)
        success[:] &= error < TOLERANCE[name]
        return codes

    tau_codes = run("tau_synapse", bench.tau_synapse, capmem.TAU_SYNAPSE_US, True)
    run("amplitude", lambda codes: bench.amplitude(codes, tau_codes), None, True)
    run("rest", bench.rest, capmem.REST_TARGET, False)
    return table.assign(success=success)


def configuration(table: pd.DataFrame) -> Configuration:
    """Codes of a calibration table, in the order of the compartments."""
    table = table.sort_values("compartment")
    return Configuration(
        circuits=table["circuit"].to_numpy(),
        **{code: table[code].to_numpy() for code in CODE_OF.values()},
    )


def search(
    measure: Callable[[np.ndarray], np.ndarray], target: float, count: int, rising: bool
) -> np.ndarray:
    """Codes (count,) for which ``measure`` comes closest to ``target``, by bisection.

    ``rising`` tells whether the measured quantity grows with the code.
    """
    low = np.zeros(count, dtype=int)
    high = np.full(count, capmem.MAX_CODE)
    best = np.zeros(count, dtype=int)
    closest = np.full(count, np.inf)
    for _ in range(int(np.ceil(np.log2(capmem.CODES))) + 1):
        codes = (low + high) // 2
        values = measure(codes)
        distance = np.abs(values - target)
        best = np.where(distance < closest, codes, best)
        closest = np.minimum(distance, closest)
        raise_code = (values < target) == rising
        low = np.where(raise_code, np.minimum(codes + 1, high), low)
        high = np.where(raise_code, high, np.maximum(codes, low))
    return best


class _Bench:
    """Measurements of isolated compartments that the calibration searches over."""

    def __init__(
        self,
        pattern: FixedPattern,
        circuits: np.ndarray,
        stimulus: Stimulus,
        generator: np.random.Generator,
    ) -> None:
        self.pattern, self.circuits = pattern, circuits
        self.stimulus, self.generator = stimulus, generator
        self.time = readout.sample_times(TRACE_US)

    def rest(self, codes: np.ndarray) -> np.ndarray:
        """Mean potential without input, in LSB."""
        index = self.circuits
        level = capmem.rest_potential(codes) + self.pattern.rest[index]
        level = np.clip(level + self.pattern.readout[index], 0, readout.LARGEST)
        return readout.sample(
            self.generator, np.repeat(level[:, None], len(self.time), axis=1)
        ).mean(axis=1)

    def tau_synapse(self, codes: np.ndarray) -> np.ndarray:
        """Time constant of the synaptic line after an input, by an exponential fit, in us."""
        tau = capmem.synaptic_time_constant(codes) * self.pattern.tau_synapse[self.circuits]
        level = capmem.REST_TARGET + LINE_AMPLITUDE * np.exp(-self.time / tau[:, None])
        traces = readout.sample(self.generator, level)
        return np.array([fit_decay(self.time, trace) for trace in traces])

    def amplitude(self, codes: np.ndarray, tau_codes: np.ndarray) -> np.ndarray:
        """PSP height of each compartment alone, leak at the centre, in LSB."""
        index = self.circuits
        tau = capmem.synaptic_time_constant(tau_codes) * self.pattern.tau_synapse[index]
        weight = self.stimulus.inputs * self.stimulus.weight
        current = capmem.synaptic_current(codes, weight) * self.pattern.strength[index]
        leak = capmem.leak_conductance(LEAK_CODE) * self.pattern.leak[index][:, None]
        alone = np.zeros((len(index), 1, 1))
        network = circuit.modes(capmem.REFERENCE_PF, leak, alone)
        psp = circuit.response(network, 0, 1 / tau, current, self.time)[:, 0]
        level = capmem.REST_TARGET + psp
        peaks = [readout.sample(self.generator, level).max(axis=1) for _ in range(RUNS)]
        return np.mean(peaks, axis=0) - capmem.REST_TARGET


def fit_decay(time: np.ndarray, trace: np.ndarray) -> float:
    """Time constant of an exponential decay to a constant level; NaN if none can be fitted."""
    from scipy.optimize import curve_fit  # most jobs that measure fit nothing

    level = float(trace[-len(trace) // 10 :].mean())
    amplitude = float(trace[0] - level)
    fallen = np.abs(trace - level) < np.abs(amplitude) / np.e
    guess = max(time[np.argmax(fallen)] if fallen.any() else time[-1], time[1])
    try:
        fitted, _ = curve_fit(
            lambda t, a, tau, b: a * np.exp(-t / tau) + b,
            time,
            trace,
            p0=(amplitude, guess, level),
        )
    except RuntimeError:
        return float("nan")
    return float(abs(fitted[1]))
