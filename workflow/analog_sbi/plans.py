"""Which parameters a job measures: a plan is a kind and its settings, as plain data.

    {kind: grid, steps: 40}                     an even grid over the space
    {kind: repeat, position: [..], count: 100}  one point of the unit cube, column ``trial``
    {kind: points, positions: [[..], ..]}       some points of it, column ``point`` (from 1)
    {kind: draw, count: 1000}                   drawn evenly from the space, with the job's numbers
    {kind: draw, count: 1000, purpose: [..]}    the same, with numbers of a purpose of their own
    {kind: draw, count: 1000, prior: {..}}      the same, from a prior that is given as plain data
    {kind: prior, count: 50, seeds: [0, 1]}     the first round of every seed, column ``seed``;
                                                may have a prior
    {kind: rows}                                all rows of a table
    {kind: box, count: 1000}                    drawn evenly from the box that a table names
    {kind: rows, points: 200, repeats: 1000}    its first rows many times, column ``point``

Shapes: N parameter sets, D parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.errors import ArtifactError
from analog_sbi.prior import Box, prior_of
from analog_sbi.randomness import generator
from analog_sbi.restricted import Region
from analog_sbi.space import Space

KEYS = ("seed", "ensemble", "round")  # columns of a table that its measurements keep

Rows = pd.DataFrame | None


def planned(
    plan: Mapping[str, Any],
    space: Space,
    rows: Rows,
    study_seed: int,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Parameters of a plan by the names of the space, and its keys.

    ``rows`` is the table that some plans take rows of, ``random`` the generator of the job.
    """
    settings = dict(plan)
    kind = settings.pop("kind")
    return PLANS[kind](space, rows, study_seed, random, **settings)


def restricted(plan: Mapping[str, Any], region: Region) -> dict[str, Any]:
    """Plan of draws from a restricted prior, with the region of that."""
    return {**plan, "prior": {**plan["prior"], "region": region.plain()}}


def _grid(space: Space, rows: Rows, seed: int, random: Any, *, steps: int) -> pd.DataFrame:
    return _table(space, space.grid(steps))


def _repeat(
    space: Space, rows: Rows, seed: int, random: Any, *, position: Sequence[float], count: int
) -> pd.DataFrame:
    theta = np.repeat(space.scale(np.array([position])), count, axis=0)
    return _table(space, theta).assign(trial=np.arange(count))


def _points(
    space: Space, rows: Rows, seed: int, random: Any, *, positions: Sequence[Sequence[float]]
) -> pd.DataFrame:
    theta = space.scale(np.array(positions))
    return _table(space, theta).assign(point=np.arange(1, len(theta) + 1))


def _draw(
    space: Space,
    rows: Rows,
    seed: int,
    random: np.random.Generator,
    *,
    count: int,
    purpose: Sequence[str] | None = None,
    prior: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    own = random if purpose is None else generator(seed, *purpose)
    return _table(space, (prior_of(prior) if prior else Box(space)).draw(count, own))


def _prior(
    space: Space,
    rows: Rows,
    seed: int,
    random: Any,
    *,
    count: int,
    seeds: Sequence[int],
    prior: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """A seed's parameters depend on the study's seed and its own number alone.

    So all experiments and estimators start from the same ones.
    """
    known = prior_of(prior) if prior else Box(space)
    parts = [
        _table(space, known.draw(count, generator(seed, "prior", number))).assign(
            seed=np.int64(number)
        )
        for number in seeds
    ]
    return pd.concat(parts, ignore_index=True)


def _rows(
    space: Space,
    rows: Rows,
    seed: int,
    random: Any,
    *,
    points: int | None = None,
    repeats: int | None = None,
) -> pd.DataFrame:
    assert rows is not None
    absent = [name for name in space.names if name not in rows]
    if absent:
        raise ArtifactError(f"expected columns of all parameters, missing {', '.join(absent)}")
    if points is None or repeats is None:
        return rows[[*space.names, *(key for key in KEYS if key in rows)]]
    chosen = rows[list(space.names)].head(points).to_numpy()
    number = np.repeat(np.arange(len(chosen), dtype=np.int64), repeats)
    return _table(space, np.repeat(chosen, repeats, axis=0)).assign(point=number)


def _box(
    space: Space, rows: Rows, seed: int, random: np.random.Generator, *, count: int
) -> pd.DataFrame:
    assert rows is not None
    bounds = rows.set_index("parameter").loc[list(space.names)]
    box = Space(space.names, space.units, bounds["low"].to_numpy(), bounds["high"].to_numpy())
    return _table(space, box.draw(count, random))


def _table(space: Space, theta: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(theta, columns=list(space.names))


PLANS: dict[str, Callable[..., pd.DataFrame]] = {
    "grid": _grid,
    "repeat": _repeat,
    "points": _points,
    "draw": _draw,
    "prior": _prior,
    "rows": _rows,
    "box": _box,
}
