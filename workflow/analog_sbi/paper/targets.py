"""Targets of Snakemake that figures and claims make; Makefile and tests take the list from here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from analog_sbi.paper.places import DEFAULT, folder
from analog_sbi.paper.registry import claim_modules, figures, numbered


@dataclass(frozen=True)
class Target:
    """A target: files that it asks for, and artifacts by template beside them.

    ``{problem}`` in a template is every problem with a reference posterior.
    """

    name: str
    title: str
    files: tuple[str, ...]
    needs: tuple[str, ...] = ()


ERRORS = ("{backend}/reference/{problem}/error.parquet",)
TEXTS = {
    "algorithms": ("algorithms.md",),
    "remedies": ("remedies.md",),
    "transfer": ("transfer.md",),
}
"""Texts of a target, in the folder of the backend's figures."""
BESIDE = {
    "reference": ERRORS,
    "trust": (
        "{backend}/first_7d/distances.parquet",
        "{backend}/all_7d/distances.parquet",
        *ERRORS,
    ),
    "benchmark": ("benchmark.md",),
    "sbibm": ("sbibm.md",),
    "transfer": ("{backend}/transfer/page.html", "{backend}/transfer_relative/page.html"),
}
TITLES = {
    "adex": "The second study: a spiking neuron, its posteriors, and their claims.",
    "adex_reference": "Reference posteriors of the spiking neuron, distances to them, and claims.",
    "trust": "Distances to the reference posterior, ensembles, coverage, and their claims.",
    "algorithms": "Algorithms at equal budgets: table and figure.",
    "remedies": "Remedies against over-confidence at equal budgets: table, figure and claims.",
    "benchmark": "Speed of the parts of the study as ratios, measured on this machine.",
    "sbibm": "SNPE on the ten tasks of sbibm, beside its published numbers: table and figure.",
    "transfer": "A target of another backend inferred here: figure, table and certificates.",
    "reference": "Reference posteriors, what is known about their error, and SNPE's beside them.",
}
INCLUDED = {"trust": ("reference",)}
"""Targets that others include."""


def targets(backend: str = DEFAULT, undecided: Collection[str] = ()) -> list[Target]:
    """All targets of a study on a backend: figures of the paper, claims, all, and our own.

    A figure has the claims of its module beside it, but for those ``undecided``.
    """
    every = figures().values()
    own = list(dict.fromkeys(figure.target for figure in every))
    one_command = tuple(path for figure in every if figure.number for path in figure.files(backend))
    claims = f"{folder(backend)}/claims.md"
    return [
        Target("all", "Every figure, and the claims.", (*one_command, claims)),
        Target("claims", "The table of claims: the paper's numbers and this run's.", (claims,)),
        *(
            Target(
                name,
                TITLES.get(name) or f"{figures()[name].title}.",
                _files(name, backend, undecided),
                BESIDE.get(name, ()),
            )
            for name in own
        ),
    ]


def _files(name: str, backend: str, undecided: Collection[str]) -> tuple[str, ...]:
    names = (name, *INCLUDED.get(name, ()))
    shown = [figure for figure in figures().values() if figure.target in names]
    drawn = tuple(path for figure in shown for path in figure.files(backend))
    # Claims that compare backends are no part of a figure of one of them.
    decided = {figure.module for figure in shown if figure.backend is None} - set(undecided)
    tables = tuple(module_table(module, backend) for module in claim_modules() if module in decided)
    texts = tuple(f"{folder(backend)}/{text}" for text in TEXTS.get(name, ()))
    return drawn + tables + texts


def module_table(module: str, backend: str) -> str:
    """Path of the table of a module's claims."""
    return f"{folder(backend)}/claims/{module}.parquet"


def collected(backend: str) -> list[str]:
    """Tables of claims that the table of all figures collects."""
    return [module_table(module, backend) for module in numbered()]
