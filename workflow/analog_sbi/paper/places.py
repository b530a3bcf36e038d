"""Where figures, claims and texts of a backend are: each has its own, the default's on top."""

from __future__ import annotations

from collections.abc import Iterable

DEFAULT = "bss2_sim"
"""Backend whose figures and claims lie right below the results."""


def folder(backend: str) -> str:
    """Folder below which ``figures``, ``claims`` and the tables of claims of a backend are."""
    return "results" if backend == DEFAULT else f"results/{backend}"


def shown(paths: Iterable[str]) -> list[str]:
    """Files among paths that are there to be looked at: pictures, texts and pages."""
    kinds = (".png", ".md", ".html")
    return [path for path in paths if path.endswith(kinds)]
