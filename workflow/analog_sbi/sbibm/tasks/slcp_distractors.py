"""The eight data of slcp hidden among 92 that tell nothing, of a mixture of Student's."""

import numpy as np

from analog_sbi.sbibm.archive import distractors, tensor
from analog_sbi.sbibm.faces import data
from analog_sbi.sbibm.tasks import slcp

space = slcp.space
signals, observables = data(100)


def measure(inputs, generator):
    """Points of slcp and distractors (N, 100), in a fixed random order."""
    shares, freedom, location, scale = distractors()
    which = generator.choice(len(shares), size=len(inputs), p=shares)
    noise = generator.standard_normal((len(inputs), location.shape[1]))
    spread = np.sqrt(freedom[which] / generator.chisquare(freedom[which]))
    noise = np.einsum("nij,nj->ni", scale[which], noise) * spread[:, None]
    told = slcp.measure(inputs, generator)["data"]
    whole = np.concatenate([told, location[which] + noise], axis=1)
    return {"data": whole[:, tensor("slcp", "permutation_idx.torch")]}
