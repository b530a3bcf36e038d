"""What a study poses: setups, problems and targets, from its configuration.

Everything that later travels as a value to a job is made here, once, where Snakemake parses.
"""

from analog_sbi.study.posing.checks import check, try_model
from analog_sbi.study.posing.files import trials, trials_settings
from analog_sbi.study.posing.positions import known_parameters, tested_on_whole_range
from analog_sbi.study.posing.problems import problem, reference_problem
from analog_sbi.study.posing.setups import (
    backend_of,
    face,
    folder_of,
    folders,
    has_chip,
    models,
    plane,
    setup,
)
from analog_sbi.study.posing.tables import (
    features,
    observables,
    tabulated,
    with_tabulated,
)
from analog_sbi.study.posing.targets import position_parameterization, target, transferred
from analog_sbi.study.posing.told import facts

__all__ = [
    "backend_of",
    "check",
    "face",
    "facts",
    "features",
    "folder_of",
    "folders",
    "has_chip",
    "known_parameters",
    "models",
    "observables",
    "plane",
    "position_parameterization",
    "problem",
    "reference_problem",
    "setup",
    "tabulated",
    "target",
    "tested_on_whole_range",
    "transferred",
    "trials",
    "trials_settings",
    "try_model",
    "with_tabulated",
]
