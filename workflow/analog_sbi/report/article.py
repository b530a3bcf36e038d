"""The article: its numbers from a run, set by typst beside the run's figures."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analog_sbi.artifacts import replacing
from analog_sbi.errors import StudyError
from analog_sbi.paper import registry

HOLDS = {True: "yes", False: "no"}


class ArticleError(StudyError):
    """The article cannot be set."""


def numbers(claims: pd.DataFrame, facts: Mapping[str, str]) -> dict[str, Any]:
    """What the article says of a run: claims by id, how many of the paper's hold, and facts.

    ``claims`` has a row a claim that was looked at. Where one was not computed, its value is a
    dash and ``holds`` is "open".
    """
    undecided = claims["holds"].isna()
    verdicts = claims["holds"].fillna(False).map(HOLDS).where(~undecided, "open")
    values = claims["value"].where(~undecided, "–")
    columns = zip(claims["id"], claims["paper"], values, verdicts, strict=True)
    registered = registry.claims()
    rows = {
        claim.id: {"paper": claim.paper, "value": "–", "holds": "open"} for claim in registered
    } | {
        name: {"paper": paper, "value": value, "holds": holds}
        for name, paper, value, holds in columns
    }
    own = {claim.id for claim in registered if claim.source == registry.OWN}
    decided = [row for name, row in rows.items() if name not in own and row["holds"] != "open"]
    count = {
        "paper": str(len(decided)),
        "paper_holds": str(sum(row["holds"] == "yes" for row in decided)),
    }
    return {"claims": rows, "count": count, "facts": dict(facts)}


def gather(parts: list[str], folder: Path) -> None:
    """Put the article's source and its figures into a folder of their own."""
    for path in map(Path, parts):
        shutil.copyfile(path, folder / path.name)


def typeset(folder: Path, output: str | Path) -> None:
    """Set the article that was gathered in a folder as PDF.

    Raises ArticleError where typst is missing or refuses the source.
    """
    try:
        import typst
    except ImportError:
        raise ArticleError(
            "article: expected the package typst, found none; "
            "pip install --requirement envs/article.txt (make article does)"
        ) from None
    try:
        content = typst.compile(str(folder / "article.typ"), root=str(folder))
    except typst.TypstError as error:
        raise ArticleError(f"{folder / 'article.typ'}: {error}") from None
    with replacing(output) as temporary:
        temporary.write_bytes(content)
