"""Where a problem's target lies in its own parameters, and over which range it is tested."""

from __future__ import annotations

import numpy as np

from analog_sbi.models import load, scale
from analog_sbi.prior import Box
from analog_sbi.problem import Measured
from analog_sbi.study.posing.problems import problem
from analog_sbi.study.posing.setups import face
from analog_sbi.study.posing.targets import position_parameterization
from analog_sbi.study.typed import Study


def known_parameters(study: Study, name: str, backend: str) -> list[float] | None:
    """Where the target of an experiment was measured, in its own parameters; None if not known.

    Nor is it where the target's position is one of another parameterization.
    """
    posed = problem(study, name, backend)
    if not isinstance(posed.target, Measured):
        return None
    model, inputs = load(posed.setup.model), face(posed.setup).inputs
    linear, _ = scale.split(posed.parameterization)
    if linear not in model.parameterizations:
        linear = linear.removesuffix(scale.LOGARITHMIC)
    space = model.parameterization(linear, inputs).space
    measured = position_parameterization(study, posed.setup, posed.target.name)
    if linear != measured:
        return None
    values = space.scale(np.array(posed.target.position))
    return [
        float(value) if own == name else float(np.log10(value))
        for value, name, own in zip(values, space.names, posed.parameters, strict=True)
    ]


def tested_on_whole_range(study: Study, name: str, backend: str) -> bool:
    """Whether the prior of an experiment is uniform over all of the range of its parameters.

    None is that has the logarithms of some, whose range the experiment states.
    """
    posed = problem(study, name, backend)
    if scale.split(posed.parameterization)[1]:
        return False
    mapping = load(posed.setup.model).parameterization(
        posed.parameterization, face(posed.setup).inputs
    )
    return bool(mapping.space.finite.all()) and posed.prior == Box(mapping.space)
