"""The figures and claims of the paper and of further studies, as their modules register them.

A module of this package holds how a figure is drawn, the claims on it, and the artifacts that both
need. Snakemake reads the registry where it parses, so no module imports torch, matplotlib or
seaborn before it is used. Adding a figure with a claim is adding a module. A module of a further
study, in a package of its own below ``studies``, is named with its study: ``adex.patterns``.

Artifacts are named by templates below the results folder: ``{backend}`` is the backend of the
study, ``{tau_2d.target}`` the name of the target of an experiment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules, walk_packages
from types import SimpleNamespace
from typing import TYPE_CHECKING

from analog_sbi import models
from analog_sbi.paper.criteria import Criterion
from analog_sbi.paper.places import folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from analog_sbi.paper.artifacts import Artifacts
    from analog_sbi.paper.verdicts import Finding

PACKAGE = "analog_sbi.paper"
STUDIES = "analog_sbi.studies"
PAPER, OWN = "paper", "ours"


@dataclass(frozen=True)
class Figure:
    """How a figure is drawn, and from what.

    ``number`` is the paper's, None for figures of our own. ``settings`` are keys of the
    configuration that it is given beside its artifacts. ``backend`` is what ``{backend}`` stands
    for, None for the backend of the study. ``target`` is the target of Snakemake that it belongs
    to, ``category`` that of the report (None: not in it), ``caption`` the name of its file there,
    ``size`` width (None: two columns) and height in inches, ``of_trees`` whether it can be drawn
    of a tree that is no chain.
    """

    name: str
    title: str
    module: str
    draw: Callable[[Canvas, Artifacts], None]
    needs: tuple[str, ...]
    settings: tuple[str, ...]
    size: tuple[float | None, float]
    target: str
    category: str | None
    caption: str
    number: str | None
    backend: str | None
    of_trees: bool = False

    def files(self, backend: str) -> tuple[str, str]:
        """Paths of the figure as it is drawn in a study on a backend."""
        path = f"{folder(backend)}/figures/{self.name}"
        return f"{path}.svg", f"{path}.png"

    @property
    def called(self) -> str:
        """Name for messages."""
        return f"figure {self.number}" if self.number else self.title[0].lower() + self.title[1:]


@dataclass(frozen=True)
class Claim:
    """One sentence with a number in it, the artifacts that it needs and what decides it."""

    id: str
    figure: str
    paper: str
    module: str
    needs: tuple[str, ...]
    holds: Criterion
    find: Callable[[Artifacts], Finding]
    source: str

    @property
    def criterion(self) -> str:
        """The criterion as text, made from what decides."""
        return self.holds.text


_FIGURES: dict[str, Figure] = {}
_CLAIMS: dict[str, Claim] = {}


def figure(
    name: str,
    title: str,
    *,
    needs: tuple[str, ...],
    height: float,
    width: float | None = None,
    settings: tuple[str, ...] = (),
    target: str | None = None,
    category: str | None = "Figures",
    caption: str | None = None,
    backend: str | None = None,
    of_trees: bool = False,
) -> Callable:
    """Register the decorated function ``draw(canvas, artifacts)`` as a figure."""

    def register(draw: Callable[[Canvas, Artifacts], None]) -> Callable:
        number = re.fullmatch(r"figure(\d+)", name)
        _FIGURES[name] = Figure(
            name=name,
            title=title,
            module=module_of(draw),
            draw=draw,
            needs=needs,
            settings=settings,
            size=(width, height),
            target=target or name,
            category=category,
            caption=caption or name,
            number=number.group(1) if number else None,
            backend=backend,
            of_trees=of_trees,
        )
        return draw

    return register


def claim(
    id: str,
    *,
    figure: str,
    paper: str,
    needs: tuple[str, ...],
    holds: Criterion,
    source: str = PAPER,
) -> Callable:
    """Register the decorated function as the one that finds what a claim is decided from.

    It takes ``Artifacts`` and returns a ``Finding`` whose quantities ``holds`` is about.
    """

    def register(find: Callable[[Artifacts], Finding]) -> Callable:
        _CLAIMS[id] = Claim(
            id, figure, paper, module_of(find), tuple(dict.fromkeys(needs)), holds, find, source
        )
        return find

    return register


def module_of(function: Callable) -> str:
    """Name of the module of this package, or of a study, that a function is in."""
    name = function.__module__
    return name.removeprefix(f"{STUDIES}.") if in_study(name) else name.rpartition(".")[2]


def in_study(name: str) -> bool:
    """Whether a dotted name is that of a module of a further study."""
    return name.startswith(f"{STUDIES}.")


def dotted(module: str) -> str:
    """Dotted name of a module by its name here, to import it."""
    return f"{STUDIES if '.' in module else PACKAGE}.{module}"


@cache
def read() -> None:
    """Import every module of this package and of studies: all figures and claims are registered."""
    for name in (*modules(), *study_modules()):
        import_module(dotted(name))


def modules() -> list[str]:
    """Names of the modules of this package, figures of the paper first, by their number."""
    names = [part.name for part in iter_modules(import_module(PACKAGE).__path__)]
    return sorted((name for name in names if not name.startswith("_")), key=_place)


def study_modules() -> list[str]:
    """Names of the modules of all further studies."""
    found = walk_packages(import_module(STUDIES).__path__, f"{STUDIES}.")
    return sorted(part.name.removeprefix(f"{STUDIES}.") for part in found if not part.ispkg)


def figures() -> dict[str, Figure]:
    """All figures by name."""
    read()
    return {name: _FIGURES[name] for name in sorted(_FIGURES, key=_place)}


def claims() -> list[Claim]:
    """All claims on the paper's questions: the paper's first, then ours."""
    read()
    of_paper = [claim for claim in _CLAIMS.values() if not in_study(dotted(claim.module))]
    return sorted(of_paper, key=lambda claim: (claim.source != PAPER, _place(claim.module)))


def figure_of(module: str, name: str) -> Figure:
    """Figure of a module, of which alone it is read."""
    import_module(dotted(module))
    return _FIGURES[name]


def claims_of(module: str) -> list[Claim]:
    """Claims of a module, of which alone they are read, in their order there."""
    import_module(dotted(module))
    return [claim for claim in _CLAIMS.values() if claim.module == module]


def claim_modules() -> list[str]:
    """Modules that have claims, those of studies included."""
    read()
    return sorted({claim.module for claim in _CLAIMS.values()}, key=_place)


def numbered() -> list[str]:
    """Modules with claims on figures of the paper: those that the table of claims collects."""
    return [name for name in claim_modules() if name in figures() and figures()[name].number]


def resolve(template: str, backend: str, targets: Mapping[str, str]) -> str | None:
    """Path of an artifact below the results; None if it is of an experiment that there is not.

    ``targets`` are the names of the experiments' targets.
    """
    known = {name: SimpleNamespace(target=target) for name, target in targets.items()}
    try:
        path = template.format(backend=backend, **known)
    except KeyError:
        return None
    return path if _of_experiment(path) in (None, *targets) else None


def experiments(needs: tuple[str, ...]) -> list[tuple[str, str]]:
    """Backend (as in the template) and name of the experiments that artifacts are of, each once."""
    found = [
        (template.split("/")[0], name)
        for template in needs
        if (name := _of_experiment(template)) or (name := _of_target(template))
    ]
    return list(dict.fromkeys(found))


SHARED = (*models.names(), "reference")
"""Folders of results that are of no experiment."""


def _of_experiment(path: str) -> str | None:
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[1] not in SHARED else None


def _of_target(template: str) -> str | None:
    named = re.search(r"\{(\w+)\.target\}", template)
    return named.group(1) if named else None


def _place(name: str) -> tuple[bool, int, str]:
    number = re.fullmatch(r"figure(\d+)", name)
    return number is None, int(number.group(1)) if number else 0, name
