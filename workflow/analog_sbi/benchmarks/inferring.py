"""Speed of training all seeds together against stock sbi, seed after seed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from analog_sbi.backends import make
from analog_sbi.benchmarks.timing import Row, row, seconds
from analog_sbi.chain import bounds, scale
from analog_sbi.inference import stock, training
from analog_sbi.inference.estimator import EstimatorSettings
from analog_sbi.inference.posterior import Problem, as_sbi, sample
from analog_sbi.inference.rounds import RoundData, TrainingSettings, complete

ESTIMATOR = EstimatorSettings(transforms=5, hidden=10)
LARGEST_DIFFERENCE = 1e-3  # of best validation losses, ours against stock sbi's


class Emulator:
    """Rounds of emulated heights F for all seeds, on the chip model."""

    def __init__(self, chip: Mapping[str, Any], seeds: int) -> None:
        """Calibrate a chip and measure the target at the centre."""
        self.device = make("bss2_sim", chip)
        self.generator = np.random.default_rng(0)
        self.calibration = self.device.calibrate(self.generator)
        low, high = bounds("global", self.device.length, self.device.limits)
        target = self.observe(np.tile((low + high) / 2, (1, 100, 1)))[0].mean(axis=0)
        self.problem = Problem(
            estimator=ESTIMATOR,
            low=torch.as_tensor(low, dtype=torch.float32),
            high=torch.as_tensor(high, dtype=torch.float32),
            parameters=("g_leak", "g_axial"),
            observable="first",
            features=tuple(f"h_{i}0" for i in range(self.device.length)),
            target=torch.as_tensor(target, dtype=torch.float32),
            seeds=tuple(range(seeds)),
        )

    def prior(self, size: int) -> np.ndarray:
        """Parameters (S, size, 2) from the prior."""
        unit = self.generator.random((len(self.problem.seeds), size, 2))
        return scale(unit, self.problem.low.numpy(), self.problem.high.numpy())

    def observe(self, theta: np.ndarray) -> np.ndarray:
        """Heights F (S, N, L) at parameters (S, N, 2)."""
        flat = self.device.measure(self.calibration, theta.reshape(-1, 2), self.generator)
        return flat[:, :, 0].reshape(*theta.shape[:2], -1)


def ten_seeds(
    name: str,
    chip: Mapping[str, Any],
    *,
    rounds: Sequence[int],
    seeds: int,
    settings: TrainingSettings,
    goal: float,
    copy_proposal: bool,
    progress: Callable[[str], None],
) -> Row:
    """Train ``seeds`` seeds over ``rounds``; stock sbi trains one of them in every round.

    Round by round all seeds are trained together and then one of them, another each round, by stock
    sbi on the same data from the same generator. It must stop at the same epoch with the same
    loss. The time of stock sbi for all seeds is its time an epoch in that round times the epochs
    of all seeds. The spread is that of the rounds' ratios. ``copy_proposal`` leaves stock sbi its
    deep copy of the proposal for every batch.
    """
    emulator = Emulator(chip, seeds)
    data, previous, pairs = [], None, []
    theta = emulator.prior(rounds[0])
    for number, _ in enumerate(rounds):
        data.append(RoundData(theta, emulator.observe(theta)))
        of_training = [1000 * number + s for s in range(seeds)]
        start = time.perf_counter()
        found = training.train_round(
            data, previous, problem=emulator.problem, settings=settings, seeds=of_training
        )
        ours = time.perf_counter() - start
        chosen = number % seeds
        proposal = None if previous is None else as_sbi(previous, chosen)
        if proposal is not None and not copy_proposal:
            proposal.__deepcopy__ = lambda memo, same=proposal: same
        part = complete(data, 0.1)[chosen]
        start = time.perf_counter()
        _, theirs = stock.train_seed(
            part, proposal, emulator.problem, settings, of_training[chosen]
        )
        per_epoch = (time.perf_counter() - start) / theirs["epochs"]
        mine = found.history[chosen]
        difference = abs(mine["best_validation_loss"] - theirs["best_validation_loss"])
        if mine["epochs"] != theirs["epochs"] or difference > LARGEST_DIFFERENCE:
            raise RuntimeError(
                f"round {number}, seed {chosen}: expected the epochs and loss of stock sbi, "
                f"{theirs['epochs']} and {theirs['best_validation_loss']:.4f}, found "
                f"{mine['epochs']} and {mine['best_validation_loss']:.4f}"
            )
        pairs.append((ours, per_epoch * sum(h["epochs"] for h in found.history)))
        progress(f"{name}, round {number}: {pairs[-1][1] / ours:.1f} x")
        previous = found
        if number + 1 < len(rounds):
            drawn, _ = sample(found, rounds[number + 1], of_training, 10**6)
            theta = drawn.double().numpy()
    by_round = row(name, np.array(pairs), goal)
    ours, theirs = np.sum(pairs, axis=0)
    return Row(
        name,
        float(ours),
        float(theirs),
        float(theirs / ours),
        by_round.ratio_min,
        by_round.ratio_max,
        goal,
    )


def growth(chip: Mapping[str, Any], numbers: Sequence[int], size: int) -> pd.DataFrame:
    """Seconds of 100 epochs of the first round over the number of seeds trained together."""
    settings = TrainingSettings(max_num_epochs=99, stop_after_epochs=100)
    rows = []
    for number in numbers:
        emulator = Emulator(chip, number)
        theta = emulator.prior(size)
        data = [RoundData(theta, emulator.observe(theta))]

        def train(data=data, emulator=emulator, number=number) -> None:
            training.train_round(
                data, None, problem=emulator.problem, settings=settings, seeds=range(number)
            )

        rows.append(("seeds", number, seconds(train)))
    return pd.DataFrame(rows, columns=["of", "size", "seconds"])
