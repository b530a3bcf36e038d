"""What figures and claims are given, from the configuration, where Snakemake parses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from analog_sbi.errors import ConfigurationError
from analog_sbi.models import load
from analog_sbi.paper.artifacts import Frame
from analog_sbi.paper.registry import (
    Claim,
    Figure,
    claim_modules,
    claims_of,
    experiments,
    figures,
    resolve,
)
from analog_sbi.study import posing
from analog_sbi.study.typed import Study

MODEL = "chain"
EXPERIMENT = ".experiment"  # keys of the configuration that end so name an experiment


def paths(study: Study, needs: Iterable[str], backend: str) -> list[str]:
    """Paths of artifacts; without those of experiments that are not configured."""
    targets = _targets(study, backend)
    resolved = (resolve(template, backend, targets) for template in needs)
    return list(dict.fromkeys(f"results/{path}" for path in resolved if path))


def figure_paths(study: Study, figure: Figure) -> list[str]:
    """Paths of what a figure is drawn from."""
    return paths(study, figure.needs, figure.backend or study.backend)


def claim_paths(study: Study, claims: Sequence[Claim]) -> list[str]:
    """Paths of what claims are decided from; of those whose experiments are all configured."""
    targets = _targets(study, study.backend)
    decided = (
        claim
        for claim in claims
        if all(resolve(template, study.backend, targets) for template in claim.needs)
    )
    needs = [template for claim in decided for template in claim.needs]
    return paths(study, needs, study.backend)


def target_paths(study: Study, needs: Iterable[str]) -> list[str]:
    """Paths of artifacts of a target; ``{problem}`` is every problem with a reference posterior."""
    problems = [part.folder for part in study.reference.problems]
    every = dict.fromkeys(
        template.replace("{problem}", problem) for template in needs for problem in problems
    )
    return paths(study, every, study.backend)


def check_drawn(study: Study, figure: Figure) -> None:
    """Raise ConfigurationError for a figure of the chain where the compartments are a tree."""
    named = [_value(study, key) for key in figure.settings if key.endswith(EXPERIMENT)]
    needs = (*figure.needs, *(f"{{backend}}/{name}/samples" for name in named))
    if _lost(study, needs) and not figure.of_trees:
        others = ", ".join(name for name, other in figures().items() if other.of_trees)
        raise ConfigurationError(_of_a_chain(study, figure.called, f"; {others} can be drawn"))


def check_decided(study: Study, module: str) -> None:
    """Raise ConfigurationError for claims on the chain where the compartments are a tree."""
    if module in undecided(study):
        raise ConfigurationError(_of_a_chain(study, f"claims of {module}"))


def undecided(study: Study) -> list[str]:
    """Modules whose claims are on the chain, where the compartments are a tree."""
    needs = {
        name: [t for claim in claims_of(name) for t in claim.needs] for name in claim_modules()
    }
    return [name for name, part in needs.items() if _lost(study, part)]


def _of_a_chain(study: Study, what: str, hint: str = "") -> str:
    return (
        f"{what}: expected a chain, which it is about, found the tree chain.parents: "
        f"{study.chain.tree}{hint}"
    )


def _lost(study: Study, needs: Iterable[str]) -> bool:
    """Whether artifacts are of the chain where the compartments are a tree."""
    if study.chain.tree.is_chain:
        return False
    models = {
        study.experiments[name].model
        for _, name in experiments(tuple(needs))
        if name in study.experiments
    }
    folders = (f"{{backend}}/{MODEL}/", "{backend}/reference/")
    return MODEL in models or any(part.startswith(folders) for part in needs)


def figure_given(study: Study, figure: Figure) -> dict[str, Any]:
    """What a figure is given beside its artifacts, as plain data."""
    values = {key: _value(study, key) for key in figure.settings}
    named = [str(value) for key, value in values.items() if key.endswith(EXPERIMENT)]
    backend = figure.backend or study.backend
    return {**_given(study, figure.needs, backend, named), "settings": values}


def claims_given(study: Study, claims: Sequence[Claim]) -> dict[str, Any]:
    """What claims are given beside their artifacts, as plain data."""
    needs = tuple(template for claim in claims for template in claim.needs)
    return {**_given(study, needs, study.backend), "settings": {}}


def frame(study: Study, backend: str) -> Frame:
    """Frame of what is measured of the chain on a backend."""
    where = posing.setup(study, backend, MODEL)
    face = posing.face(where)
    plane = load(MODEL).parameterization(posing.plane(where), face.inputs).space
    return Frame(where, plane, face.signals)


def _given(
    study: Study, needs: tuple[str, ...], backend: str, named: Sequence[str] = ()
) -> dict[str, Any]:
    pairs = [
        (part.format(backend=backend), name)
        for part, name in [*experiments(needs), *(("{backend}", name) for name in named)]
        if name in study.experiments and posing.has_chip(study, name, part.format(backend=backend))
    ]
    return {
        "backend": backend,
        "frame": frame(study, backend).plain(),
        "problems": {
            f"{where}/{name}": posing.problem(study, name, where).plain() for where, name in pairs
        },
    }


def _targets(study: Study, backend: str) -> dict[str, str]:
    """Targets by name of the experiments whose chip a backend measures."""
    return {
        name: experiment.target
        for name, experiment in study.experiments.items()
        if posing.has_chip(study, name, backend)
    }


def _value(study: Study, key: str) -> Any:
    value = reduce(getattr, key.split("."), study)
    return [list(point) for point in value] if key == "points" else value
