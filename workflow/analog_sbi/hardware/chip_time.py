"""How long measurements take, known before they start."""

from __future__ import annotations

from analog_sbi.hardware.access import MODEL

# Seconds a run. On the chip 0.28 to 0.31 (experiments of the genetic search on this chain), of
# which 0.1 are waits for the analog parameter memory to settle.
SECONDS_PER_RUN = 0.3
SECONDS_PER_RUN_OF_MODEL = 0.005


def seconds(module: str, parameter_sets: int, length: int, run_us: float) -> float:
    """Time in s of measuring parameter sets on a chain of ``length``, a run a compartment.

    ``run_us`` is the emulated time of a run in us, ``module`` the PyNN module it runs on.
    """
    overhead = SECONDS_PER_RUN_OF_MODEL if module == MODEL else SECONDS_PER_RUN
    return parameter_sets * length * (overhead + run_us * 1e-6)
