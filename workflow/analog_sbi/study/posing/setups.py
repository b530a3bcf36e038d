"""What measures a model: its backend with the settings that a measurement depends on."""

from __future__ import annotations

from analog_sbi.backends import Backend, Setup, depends_on, make
from analog_sbi.models import is_file, load, stem
from analog_sbi.provenance import config_digest, file_digest
from analog_sbi.study.typed import Study


def models(study: Study) -> list[str]:
    """Models of all experiments, by name or path, each once."""
    return list(dict.fromkeys(experiment.model for experiment in study.experiments.values()))


def model_of(study: Study, folder: str) -> str:
    """Model that a folder of results is of."""
    return next(model for model in models(study) if stem(model) == folder)


def backend_of(study: Study, model: str) -> str:
    """Backend that measures a model in this study: a user's file is its own."""
    return "function" if is_file(model) else study.backend


def setup(study: Study, backend: str, model: str) -> Setup:
    """Backend and model with the settings that a measurement depends on."""
    if is_file(model):
        return Setup(backend, model, {"code": file_digest(model)})
    names, settings = depends_on(backend, model), study.backend_settings(backend)
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
