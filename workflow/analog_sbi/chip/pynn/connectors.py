"""PyNN's connectors, which also choose compartments of multi-compartment neurons by their label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyNN.connectors as common


def _selecting(base: Any) -> Any:
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


AllToAllConnector = _selecting(common.AllToAllConnector)
ArrayConnector = _selecting(common.ArrayConnector)
CloneConnector = _selecting(common.CloneConnector)
DisplacementDependentProbabilityConnector = _selecting(
    common.DisplacementDependentProbabilityConnector
)
DistanceDependentProbabilityConnector = _selecting(common.DistanceDependentProbabilityConnector)
FixedNumberPostConnector = _selecting(common.FixedNumberPostConnector)
FixedNumberPreConnector = _selecting(common.FixedNumberPreConnector)
FixedProbabilityConnector = _selecting(common.FixedProbabilityConnector)
FixedTotalNumberConnector = _selecting(common.FixedTotalNumberConnector)
FromFileConnector = _selecting(common.FromFileConnector)
FromListConnector = _selecting(common.FromListConnector)
IndexBasedProbabilityConnector = _selecting(common.IndexBasedProbabilityConnector)
SmallWorldConnector = _selecting(common.SmallWorldConnector)


_OneToOne: Any = _selecting(common.OneToOneConnector)


class OneToOneConnector(_OneToOne):
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
