"""Members of an artifact, its seeds or ensembles, that stay when others are added.

What takes long to make, measurements of the chip and networks, holds a digest of what each of its
members was made from. A job that is asked for other members than an artifact has keeps those that
would be made from the same. One that is asked for just the members that are there makes them all
again: that is what ``snakemake -R`` is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.artifacts import read_metadata, read_table
from analog_sbi.errors import ArtifactError

COLUMNS = ("seed", "ensemble")
"""Columns that tell the members of a table."""
ENTRY = "members"
"""Their digests in the metadata of an artifact."""


def column(table: pd.DataFrame) -> str | None:
    """Column of the members of a table, None if it has none."""
    return next((name for name in COLUMNS if name in table), None)


def digest(*parts: Any) -> str:
    """Digest of arrays, tables and texts."""
    whole = hashlib.sha256()
    for part in parts:
        values = part.to_numpy() if isinstance(part, pd.DataFrame) else np.asarray(part)
        whole.update(repr((values.shape, values.dtype.str)).encode())
        whole.update(np.ascontiguousarray(values).tobytes())
    return whole.hexdigest()[:16]


def places(table: pd.DataFrame) -> dict[int, np.ndarray]:
    """Positions of the rows of each member of a table; none if it has no members."""
    by = column(table)
    if by is None:
        return {}
    return {int(number): np.flatnonzero(table[by] == number) for number in table[by].unique()}


def digests(table: pd.DataFrame) -> dict[int, str]:
    """Digest of the rows of each member of a table, in their order."""
    return {number: digest(table.iloc[rows]) for number, rows in places(table).items()}


def plain(of_members: Mapping[int, str]) -> dict[str, str]:
    """Digests as the metadata hold them."""
    return {str(number): found for number, found in of_members.items()}


def stay(path: str | Path, key: str, wanted: Mapping[int, str]) -> set[int]:
    """Members of the artifact at a path that a job keeps which is asked for ``wanted``.

    ``key`` is the lineage without the number of seeds. None stay of an artifact that has another
    one, that is damaged, or whose members are just those that are asked for.
    """
    present = members(path, key)
    if set(present) == set(wanted):
        return set()
    return {number for number, found in wanted.items() if present.get(number) == found}


def stay_in_all(paths: Iterable[str | Path], key: str, wanted: Mapping[int, str]) -> set[int]:
    """Members that stay in all artifacts of a job, which makes or keeps them together."""
    return set.intersection(*(stay(path, key, wanted) for path in paths))


def expected_to_stay(path: str | Path, key: str, wanted: Collection[int]) -> set[int]:
    """The same before it is known what they would be made from."""
    present = set(members(path, key))
    return set() if present == set(wanted) else present & set(wanted)


def kept(
    table: pd.DataFrame, path: str | Path, key: str, wanted: Mapping[int, str]
) -> pd.DataFrame:
    """A new table with the rows of the one at a path for the members that ``stay``.

    What was computed for other members beside them may differ in the last bit, and would be
    measured again.
    """
    by = column(table)
    staying = stay(path, key, wanted) if by else set()
    if not staying:
        return table
    before, table = read_table(path), table.copy()
    for number in staying:
        for name in map(str, table.columns):
            table.loc[table[by] == number, name] = before.loc[before[by] == number, name].to_numpy()
    return table


def members(path: str | Path, key: str) -> dict[int, str]:
    """Digests of the members of an artifact; none if it was made from something else."""
    if not key or not Path(path).is_file():
        return {}
    try:
        facts = read_metadata(path)
    except ArtifactError:
        return {}
    if facts.get("lineage", {}).get("of_a_seed") != key:
        return {}
    return {int(number): str(found) for number, found in facts.get(ENTRY, {}).items()}
