"""What an estimator is: its family and size."""

from __future__ import annotations

from dataclasses import dataclass

from analog_sbi import estimators
from analog_sbi.errors import ConfigurationError

PERMUTATIONS = ("random", "reverse")
EMBEDDINGS = ("cnn", "fc", "autoencoder")
KERNEL, POOL = 5, 4  # of the two convolutions of an embedding
REGULARIZATION = ("weight_decay", "gradient_penalty", "balance")
LEAST_FEATURES = KERNEL + POOL * KERNEL
"""Features that two convolutions need."""


@dataclass(frozen=True)
class EstimatorSettings:
    """Family and size of a flow (paper, section 4.3.2).

    ``transforms`` transforms of ``blocks`` blocks of ``hidden`` units; ``permutations`` of the
    parameters between them, ``random`` as sbi draws them or ``reverse``, and ``bins`` of splines
    (None: the family's own), where the family has such. ``embedding`` is a network that makes
    ``summaries`` numbers of an observation (``embeddings``; None: the flow sees the observation).
    ``bounded`` densities end at the bounds of the prior (``bounded``). Against over-fitting to few
    simulations there are ``weight_decay`` (of AdamW), ``gradient_penalty`` and, in a single round,
    ``balance`` (``losses``), all 0 in the paper.
    """

    transforms: int
    hidden: int
    blocks: int = 2
    permutations: str = "random"
    family: str = "maf"
    bins: int | None = None
    embedding: str | None = None
    summaries: int | None = None
    bounded: bool = False
    weight_decay: float = 0.0
    gradient_penalty: float = 0.0
    balance: float = 0.0

    def __post_init__(self) -> None:
        """Raise ConfigurationError for settings that no network of the family has."""
        if self.permutations not in PERMUTATIONS:
            raise ConfigurationError(
                f"permutations: expected {' or '.join(PERMUTATIONS)}, found {self.permutations!r}"
            )
        if self.embedding not in (None, *EMBEDDINGS):
            raise ConfigurationError(
                f"embedding: expected one of {', '.join(EMBEDDINGS)}, found {self.embedding!r}"
            )
        if self.summaries is not None and self.embedding is None:
            raise ConfigurationError(f"summaries: expected an embedding, found {self.summaries}")
        for name in ("transforms", "hidden", "blocks", "bins", "summaries"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigurationError(f"{name}: expected at least 1, found {value}")
        for name in REGULARIZATION:
            if not 0 <= getattr(self, name) < float("inf"):
                raise ConfigurationError(
                    f"{name}: expected a number from 0 on, found {getattr(self, name)}"
                )
        if self.bounded and self.gradient_penalty:
            # The slope of a density of logits is infinite at the bounds.
            raise ConfigurationError(
                f"gradient_penalty: expected 0 if bounded, found {self.gradient_penalty}"
            )
        options = estimators.family(self.family).options
        for name in ("permutations", "bins", "embedding", "summaries"):
            value = getattr(self, name)
            if name not in options and value not in ("random", None):
                raise ConfigurationError(f"{name}: expected none for {self.family}, found {value}")
