"""Sequential neural posterior estimation (SNPE-C) with masked autoregressive flows.

Letters for shapes: S seeds, N simulations of a seed, D parameters, F features of an
observation, B items of a batch, A atoms, H hidden units, P weights of a network.
"""

TRAINERS = {
    "batched": f"{__name__}.training",
    "sbi": f"{__name__}.stock",
}
"""Modules that train a round, by the value of the key ``training``."""
