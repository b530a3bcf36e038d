"""How far posterior samples are from samples of the reference posterior.

N samples of D parameters against M of the reference. sbi's and scipy's implementations, the first
two of as many samples of both: a classifier that always names the larger of two sets is right
more often than not.

- ``c2st``: cross-validated accuracy with which a classifier tells the two apart, 0.5 if it cannot
  and 1 if it always can (Lopez-Paz and Oquab, 2017), by sbi's default random forest;
- ``mmd``: unbiased estimate of the squared maximum mean discrepancy with a Gaussian kernel
  (Gretton et al., 2012), negative where noise outweighs it. The kernel's width is the median
  distance within the reference, so that all values of a problem are on one scale;
- ``wasserstein_<parameter>``: 1-Wasserstein distance of the marginal in units of the prior's
  range; ``wasserstein`` is the mean over the parameters.

The first two see parameters in units of the reference's standard deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pandera.pandas as pa
import torch
from scipy.spatial.distance import pdist
from scipy.stats import wasserstein_distance

from analog_sbi.artifacts import table_schema
from analog_sbi.diagnostics import distance
from analog_sbi.errors import ArtifactError
from analog_sbi.space import Space

FLOORS = 5  # at most; pairs of reference samples
NO_ROUND = -1
LEAST = 5  # samples of each, one for every fold of the cross-validation


def distances_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Distances of parameters ``names``.

    ``kind`` is seed, ensemble or floor, ``member`` its number; ``distance`` is the paper's E,
    missing for the floor.
    """
    marginals = (f"wasserstein_{name}" for name in names)
    return table_schema(
        numbers=("c2st", "mmd", "wasserstein", *marginals, "distance"),
        integers=("member", "round"),
        strings=("kind",),
        booleans=("blind",),
        nullable=True,
    )


@dataclass(frozen=True)
class Reference:
    """Samples (M, D) of the reference, in random order, and the space of the prior."""

    samples: np.ndarray
    space: Space

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.space.names


def distances(samples: np.ndarray, reference: Reference, seed: int) -> dict[str, float]:
    """Distances of samples (N, D) to the reference; ``seed`` is that of the classifier.

    The classifier and the kernel compare as many samples of both, the first ones. Raises
    ArtifactError if these are too few for the classifier.
    """
    from sbi.utils.metrics import c2st, unbiased_mmd_squared

    count = min(len(samples), len(reference.samples))
    if count < LEAST:
        raise ArtifactError(f"expected at least {LEAST} samples to compare, found {count}")
    known = reference.samples[:count]
    spread = known.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)  # of a reference that has come to one place
    ours, theirs = (torch.tensor(part / spread) for part in (samples[:count], known))
    marginals = {
        f"wasserstein_{name}": float(wasserstein_distance(sampled, reference_sampled) / width)
        for name, sampled, reference_sampled, width in zip(
            reference.names, samples.T, reference.samples.T, reference.space.width, strict=True
        )
    }
    kernel_width = float(np.median(pdist(known / spread))) or 1.0
    return {
        "c2st": float(c2st(theirs, ours, seed=seed)),
        "mmd": float(unbiased_mmd_squared(theirs, ours, scale=kernel_width)),
        "wasserstein": float(np.mean(list(marginals.values()))),
        **marginals,
    }


@dataclass(frozen=True)
class Members:
    """Seeds or ensembles of an experiment (``kind``): their tables, and which are ``blind``.

    ``samples`` and ``predictive`` have a column ``kind`` and ``round``, and so has ``blind``.
    """

    kind: str
    samples: pd.DataFrame
    predictive: pd.DataFrame
    blind: pd.DataFrame


def compare(
    groups: Sequence[Members],
    reference: Reference,
    target: pd.DataFrame,
    features: Sequence[str],
    rounds: Sequence[int],
    count: int,
    seed: int,
) -> pd.DataFrame:
    """Distances of up to ``count`` samples of each member after each of the ``rounds``, and floors.

    ``target`` has trials with columns ``features``, as have the tables of predictive checks.
    ``seed`` is that of the classifier.
    """
    parts, sizes = [], [count]
    for members in groups:
        samples, predictive = (
            table[table["round"].isin(rounds)] for table in (members.samples, members.predictive)
        )
        kind = members.kind
        far = distance.distances(predictive, target, features, kind)
        blind = members.blind[[kind, "round", "blind"]]
        far = far.merge(blind, on=[kind, "round"], validate="one_to_one")
        near = of_members(kind, samples, reference, count, seed)
        parts.append(near.merge(far.rename(columns={kind: "member"}), on=["member", "round"]))
        sizes += list(samples.groupby([kind, "round"]).size())
    itself = floors(reference, min(sizes), seed)
    # columns of an empty table have no type
    return pd.concat([*parts, *([itself] if len(itself) else [])], ignore_index=True)


def floors(reference: Reference, count: int, seed: int) -> pd.DataFrame:
    """Distances of the reference to itself: ``count`` of its samples against others of it.

    What an exact posterior would get. One row for each of up to ``FLOORS`` disjoint parts, none
    if the reference has fewer than 2 ``count`` samples.
    """
    rows = []
    for number in range(min(FLOORS, len(reference.samples) // count - 1)):
        part = slice((number + 1) * count, (number + 2) * count)
        rest = np.delete(reference.samples, part, axis=0)
        others = replace(reference, samples=rest)
        near = distances(reference.samples[part], others, seed)
        rows.append({"kind": "floor", "member": number, "round": NO_ROUND, **near})
    columns = list(distances_schema(reference.names).columns)
    return pd.DataFrame(rows, columns=columns).assign(distance=np.nan, blind=False)


def of_members(
    kind: str, samples: pd.DataFrame, reference: Reference, count: int, seed: int
) -> pd.DataFrame:
    """Distances of the first ``count`` samples of every seed or ensemble, and round.

    ``samples`` has the reference's parameters, a column ``kind`` (seed or ensemble) and ``round``.
    """
    rows = []
    for (member, number), part in samples.groupby([kind, "round"], sort=True):
        near = distances(part[list(reference.names)].to_numpy()[:count], reference, seed)
        rows.append({"kind": kind, "member": member, "round": number, **near})
    return pd.DataFrame(rows)


def ensembles_blind(estimators: pd.DataFrame, size: int) -> pd.DataFrame:
    """Columns ``ensemble``, ``round`` and ``blind``: whether a member is blind.

    ``estimators`` has ``seed``, ``round``, ``blind`` of single seeds, of which ``size`` in a row
    are an ensemble.
    """
    place = estimators["seed"].rank(method="dense").astype("int64") - 1
    table = estimators.assign(ensemble=place // size)
    return table.groupby(["ensemble", "round"])["blind"].any().reset_index()
