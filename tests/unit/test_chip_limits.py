"""Where the chip model meets its limits: overlapping PSPs, long chains, the converter's range."""

import numpy as np
import pytest

from analog_sbi.backends import Setup, make
from analog_sbi.chip import wiring
from analog_sbi.errors import BackendError

CHIP = {
    "length": 4,
    "limits": {"leak": [0, 1022], "axial": [0, 1022]},
    "spike_interval": 200.0,
    "inputs": 10,
    "weight": 30,
    "serial": 59,
}


def chip(backend="bss2_sim", **changes):
    return make(Setup(backend, "chain", CHIP | changes))


@pytest.mark.parametrize("interval", [50, 75, 149, 151, 200])
@pytest.mark.parametrize("codes", [(100, 300), (1000, 100)])
def test_heights_in_batches_are_those_of_traces(interval, codes):
    model = chip(spike_interval=interval)
    calibration = model.calibrate(np.random.default_rng(0))
    inputs = np.repeat([[codes[0]] * 4 + [codes[1]] * 3], 400, axis=0)
    fast = model.measure(calibration, inputs, np.random.default_rng(1), ["heights"])["heights"]
    slow = model.measure(calibration, inputs[:60], np.random.default_rng(2), ["heights", "traces"])[
        "heights"
    ]
    spread = np.sqrt(fast.var(axis=0) / len(fast) + slow.var(axis=0) / len(slow))
    assert (np.abs(fast.mean(axis=0) - slow.mean(axis=0)) < 4.5 * spread).all()


@pytest.mark.parametrize("backend", ["bss2_sim", "bss2"])
def test_a_chain_is_no_longer_than_a_row_of_circuits(backend):
    assert chip(backend, length=wiring.LONGEST).inputs.names[-1] == "g_axial_62_63"
    with pytest.raises(BackendError, match=r"chain.length: expected at most 64 .* found 65"):
        chip(backend, length=65)


def test_clipped_potentials_are_warned_of(recwarn):
    inputs = np.repeat([[0.0] * 4 + [500] * 3], 20, axis=0)

    def measure(**changes):
        model = chip(**changes)
        calibration = chip().calibrate(np.random.default_rng(0))
        model.measure(calibration, inputs, np.random.default_rng(1), ["heights"])

    measure()
    assert not recwarn.list
    with pytest.warns(UserWarning, match="clipped at the largest code"):
        measure(inputs=30, weight=63)
