"""Random generators that depend on what a job is, not on when or where it runs."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_sequence(study_seed: int, *purpose: str | int) -> np.random.SeedSequence:
    """Derive the seed of one purpose: (study seed, backend, experiment, round, step, ...)."""
    words = [
        int.from_bytes(hashlib.sha256(str(part).encode()).digest()[:8], "little")
        for part in purpose
    ]
    return np.random.SeedSequence([study_seed, *words])


def generator(study_seed: int, *purpose: str | int) -> np.random.Generator:
    """Random generator of one purpose; equal arguments give equal streams."""
    return np.random.default_rng(seed_sequence(study_seed, *purpose))


def integer_seed(study_seed: int, *purpose: str | int) -> int:
    """Derive a 63 bit integer seed for libraries that take one number, such as torch."""
    return int(seed_sequence(study_seed, *purpose).generate_state(1, np.uint64)[0] >> 1)
