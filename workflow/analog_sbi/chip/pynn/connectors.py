"""PyNN's connectors, which also choose compartments of multi-compartment neurons by their label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyNN.connectors as common

_NAMES = (
    "AllToAllConnector",
    "ArrayConnector",
    "CloneConnector",
    "DisplacementDependentProbabilityConnector",
    "DistanceDependentProbabilityConnector",
    "FixedNumberPostConnector",
    "FixedNumberPreConnector",
    "FixedProbabilityConnector",
    "FixedTotalNumberConnector",
    "FromFileConnector",
    "FromListConnector",
    "IndexBasedProbabilityConnector",
    "SmallWorldConnector",
)
__all__ = [*_NAMES, "OneToOneConnector"]  # noqa: PLE0604 - a list of names


def _selecting(base: type) -> type:
    """Connector that takes the labels of compartments at either end."""

    def __init__(  # noqa: N807 - of the class below
        self: Any,
        *args: Any,
        location_selector: str | None = None,
        source_location_selector: str | None = None,
        **kwargs: Any,
    ) -> None:
        base.__init__(self, *args, **kwargs)
        self.location_selector = location_selector
        self.source_location_selector = source_location_selector

    return type(base.__name__, (base,), {"__init__": __init__, "__doc__": base.__doc__})


globals().update({name: _selecting(getattr(common, name)) for name in _NAMES})


class OneToOneConnector(_selecting(common.OneToOneConnector)):  # type: ignore[misc]
    """Connect cells of equal index.

    Of populations of one cell, too, where PyNN 0.13 fails under numpy 2.
    """

    def connect(self, projection: Any) -> None:
        """Connect a projection."""
        before, after = projection.pre.size, projection.post.size

        def columns(mask: np.ndarray | None = None) -> Iterator[np.ndarray]:
            chosen = np.arange(after) if mask is None else np.arange(after)[mask]
            return (np.arange(before) == column for column in chosen)

        self._standard_connect(projection, columns)
