"""How the posterior narrows with the number of trials that it is given, on the chip model.

    python examples/several_trials.py several_trials.png

Networks trained on one round are given 1, 10 and 100 trials at the centre of the range. Prints the
standard deviation of each parameter, median over seeds, and draws it.
"""

import sys

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from serials import chip, trained

from analog_sbi.features import feature_values
from analog_sbi.posterior.repeated import sample_given
from analog_sbi.randomness import generator

NUMBERS = (1, 10, 100)
SERIAL, SAMPLES = 59, 2000


def main(path: str) -> None:
    """Print and draw the widths."""
    torch.set_num_threads(1)
    study, on = chip(SERIAL, "first")
    posterior = trained(study, on).posterior
    random = generator(study.seed, "several_trials")
    centre = on.problem.space.scale(np.full(2, 0.5))
    measured = on.measured(np.repeat(centre[None], max(NUMBERS), axis=0), random)
    x = torch.tensor(feature_values(measured, on.problem), dtype=torch.float32)
    widths = []
    for number in NUMBERS:
        samples, worth = sample_given(posterior, x[:number], SAMPLES, seed=1)
        widths.append(np.median(samples.std(axis=1), axis=0))
        away = np.median(np.abs(samples.mean(axis=1) - centre), axis=0)
        print(f"{number} trials: sd {widths[-1]}, mean off by {away}, worth {worth.min():.0f}")
    figure, axes = plt.subplots(figsize=(4, 3), layout="constrained")
    for values, name in zip(np.transpose(widths), on.problem.parameters, strict=True):
        (line,) = axes.loglog(NUMBERS, values, "o-", label=name)
        axes.loglog(NUMBERS, values[0] / np.sqrt(NUMBERS), ":", color=line.get_color(), lw=1)
    axes.set_xlabel("trials given\n(dotted: one over the root of their number)")
    axes.set_ylabel("standard deviation (DAC code)")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main(sys.argv[1])
