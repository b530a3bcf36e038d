"""What measures a model: its backend with the settings that a measurement depends on."""

from __future__ import annotations

from analog_sbi.backends import Backend, Setup, depends_on, make
from analog_sbi.models import is_file, load, stem
from analog_sbi.provenance import config_digest, file_digest
from analog_sbi.study.experiments import Experiment
from analog_sbi.study.typed import Study

MODEL = "analog_sbi.chip.pynn"
"""PyNN module that runs the chip's program on its model, of any serial."""


def models(study: Study) -> list[str]:
    """Models of all experiments, by name or path, each once."""
    return list(dict.fromkeys(experiment.model for experiment in study.experiments.values()))


def folder_of(study: Study, experiment: Experiment) -> str:
    """Folder of what is measured of the model of an experiment, on its chip, below the backend."""
    name, serial = stem(experiment.model), other_serial(study, experiment)
    return name if serial is None else f"{name}_serial_{serial}"


def folders(study: Study) -> dict[str, tuple[str, int | None]]:
    """Model and serial by folder of results, of all experiments; the serial None: the study's."""
    own = {stem(model): (model, None) for model in models(study)}
    return own | {
        folder_of(study, part): (part.model, other_serial(study, part))
        for part in study.experiments.values()
    }


def has_chip(study: Study, name: str, backend: str) -> bool:
    """Whether a backend measures the chip of an experiment: the study's, or any, of the model."""
    experiment = study.experiments[name]
    if other_serial(study, experiment) is None:
        return True
    modelled = backend == "bss2_sim" or (backend == "bss2" and study.bss2.module == MODEL)
    return modelled and not is_file(experiment.model)


def other_serial(study: Study, experiment: Experiment) -> int | None:
    """Serial of an experiment's chip where that is another one than the study's."""
    return None if experiment.serial == study.chip.serial else experiment.serial


def backend_of(study: Study, model: str) -> str:
    """Backend that measures a model in this study: a user's file is its own."""
    return "function" if is_file(model) else study.backend


def setup(study: Study, backend: str, model: str, serial: int | None = None) -> Setup:
    """Backend and model with the settings that a measurement depends on.

    ``serial`` is that of another chip than the study's (see ``has_chip``).
    """
    other = {} if serial is None else {"serial": serial}
    if is_file(model):
        return Setup(backend, model, {"code": file_digest(model)} | other)
    names, settings = depends_on(backend, model), study.backend_settings(backend) | other
    if names is not None:
        settings = {name: settings[name] for name in names}
    return Setup(backend, model, settings)


def face(where: Setup) -> Backend:
    """Backend as far as its inputs and signals go; nothing is measured with it."""
    key = config_digest(where.plain())
    if key not in _FACES:
        _FACES[key] = make(where)
    return _FACES[key]


def plane(where: Setup) -> str:
    """First parameterization of a model, over whose space grids are measured."""
    return next(iter(load(where.model).parameterizations))


_FACES: dict[str, Backend] = {}
