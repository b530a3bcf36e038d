"""Inputs of compartments on the chip: numbers of conductances, weights, shifts of leak potentials.

Shapes: N parameter sets, L compartments, I inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analog_sbi.chip.capmem import truncate
from analog_sbi.chip.emulation import Stimulus
from analog_sbi.models import chain
from analog_sbi.models.tree import Tree
from analog_sbi.space import Space

CODE = "DAC code"


def input_space(tree: Tree, limits: Mapping[str, Any]) -> Space:
    """Space of the inputs within ``limits``, which may leave out further ones."""
    units = {chain.WEIGHT: "1", chain.LEAK_POTENTIAL: CODE}
    further = {name: (*limits[name], unit) for name, unit in units.items() if name in limits}
    return chain.input_space(
        len(tree), limits["leak"], limits["axial"], (CODE, CODE), tree, further
    )


def by_kind(space: Space, inputs: np.ndarray, stimulus: Stimulus) -> chain.Inputs:
    """Inputs (N, I) by their kind, as integers: weights are rounded, shifts truncated.

    So does the PyNN module. What is not given is as configured: the stimulus' weight, no shift.
    """
    configured = {chain.WEIGHT: float(stimulus.weight), chain.LEAK_POTENTIAL: 0.0}
    found = chain.inputs_of(space, inputs, configured)
    further = {
        chain.WEIGHT: np.rint(found.further[chain.WEIGHT]),
        chain.LEAK_POTENTIAL: truncate(found.further[chain.LEAK_POTENTIAL]),
    }
    return chain.Inputs(found.leak, found.axial, further)
