"""Tables of posterior samples, densities, networks and costs."""

from __future__ import annotations

from collections.abc import Sequence

import pandera.pandas as pa

from analog_sbi.artifacts import table_schema

# What became of each seed's network: epochs and loss, leakage, size, and whether it is blind.
ESTIMATORS = table_schema(
    numbers=("best_validation_loss", "acceptance"),
    integers=("seed", "round", "epochs", "excluded", "weights"),
    booleans=("blind",),
)

# Measurements and seconds that an algorithm needed for each seed.
COST = table_schema(
    numbers=("emulating_s", "thinking_s"), integers=("seed", "emulations"), booleans=("blind",)
)


def samples_schema(names: Sequence[str], member: str = "seed") -> pa.DataFrameSchema:
    """Posterior samples with the logarithm of their density inside the prior's bounds.

    The density is missing where an algorithm has none. ``member`` names the column of seeds or
    of ensembles.
    """
    schema = table_schema(numbers=(*names, "log_prob"), integers=(member, "round"))
    return schema.update_column("log_prob", nullable=True)


def density_schema(names: Sequence[str], *keys: str) -> pa.DataFrameSchema:
    """Logarithm of densities over the plane of two parameters, -inf where there is no mass."""
    return table_schema(numbers=(*names, "log_prob"), integers=keys)


def positions_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Where parameters of tests lie among samples of an amortized posterior, 0 to 1."""
    return table_schema(numbers=names, integers=("seed",), nullable=True)


def amortized_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Samples given several targets."""
    return table_schema(numbers=(*names, "log_prob"), integers=("seed",), strings=("target",))


def recovered_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Each target's own parameters among the samples given it.

    ``level`` is the share of samples that are denser than the target's parameters.
    """
    return table_schema(
        numbers=(*names, "level", "distance", "prior_distance"),
        integers=("seed",),
        strings=("target",),
    )


def trials_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Samples given several numbers of trials, and how many independent ones they are worth."""
    return table_schema(numbers=(*names, "worth"), integers=("seed", "trials"))


RESTRICTION = table_schema(
    integers=("measurements", "epochs", "tested"),
    numbers=("valid", "kept", "valid_inside", "missed", "threshold"),
    nullable=True,
)
"""What became of a restricted prior: runs over the whole prior and the share of valid ones, epochs
of the classifier, the share of the prior that is kept and the threshold; of runs that were held out
(``tested``) the share of valid ones inside, and of those that are outside among the valid."""
