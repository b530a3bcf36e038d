"""The posterior of an experiment by brute force: which parameters measure like the target?

    python examples/by_rejection.py examples/hodgkin_huxley.yaml results/function/axon --runs 100000

Half of the runs are drawn from the prior, half from the part of it that holds what the first half
leaves. Kept are those nearest to the target in units of the spread of its trials (Mahalanobis).
Prints mean and standard deviation of each parameter, beside those of the experiment's samples, and
how well a classifier tells the two apart (C2ST; 0.5: it cannot).
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from analog_sbi import study as typed
from analog_sbi.backends import make
from analog_sbi.diagnostics.reference_distance import Reference, distances
from analog_sbi.features import feature_values, read_trials
from analog_sbi.measuring import measure
from analog_sbi.problem import Problem
from analog_sbi.randomness import generator
from analog_sbi.study import posing

SHIPPED = Path(__file__).resolve().parents[1] / "config" / "config.yaml"
MARGIN = 0.1  # around the part of the prior that the first half of the runs leaves


def rejected(problem: Problem, trials: np.ndarray, runs: int, keep: int, seed: int) -> np.ndarray:
    """Parameters (keep, D) of the runs that are nearest to the mean of trials (T, F)."""
    random = generator(seed, "by_rejection")
    space = problem.space
    near = nearest(problem, trials, space.draw(runs // 2, random), keep, random)
    margin = MARGIN * np.ptp(near, axis=0)
    low = np.maximum(near.min(axis=0) - margin, space.low)
    high = np.minimum(near.max(axis=0) + margin, space.high)
    print("within", ", ".join(f"{a:g} .. {b:g}" for a, b in zip(low, high, strict=True)))
    box = space.narrowed(dict(zip(space.names, np.stack([low, high], axis=1), strict=True)))
    return nearest(problem, trials, box.draw(runs // 2, random), keep, random)


def nearest(
    problem: Problem,
    trials: np.ndarray,
    theta: np.ndarray,
    keep: int,
    random: np.random.Generator,
) -> np.ndarray:
    """Measure parameters (N, D) and keep the nearest ones (keep, D)."""
    backend, model = make(problem.setup), problem.setup.model
    calibration = backend.calibrate(random)
    table = measure(
        *(backend, model, calibration, theta, problem.parameterization, [problem.observable]),
        random,
    ).table
    away = feature_values(table, problem) - trials.mean(axis=0)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(trials.T)))
    distance = np.einsum("nf,fg,ng->n", away, inverse, away)
    return theta[np.argsort(np.where(np.isfinite(distance), distance, np.inf))[:keep]]


def main() -> None:
    """Compare the samples of an experiment with those that rejection leaves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configuration", type=Path, help="the question, a YAML file")
    parser.add_argument("results", type=Path, help="folder of the experiment's results")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--keep", type=int, default=500)
    asked = parser.parse_args()
    content = yaml.safe_load(SHIPPED.read_text())
    for key, value in yaml.safe_load(asked.configuration.read_text()).items():
        content[key] = content[key] | value if isinstance(value, dict) else value
    study = typed.load(content)
    name = study.experiment or asked.results.name
    backend = posing.backend_of(study, study.experiments[name].model)
    problem = posing.problem(study, name, backend)
    folder = asked.results.parent / Path(problem.setup.folder).name / "targets"
    trials = read_trials(folder / f"{problem.target.name}.parquet", problem)
    trials = trials[list(problem.features)].dropna().to_numpy()
    exact = rejected(problem, trials, asked.runs, asked.keep, study.seed)
    table = pd.read_parquet(asked.results / "samples.parquet")
    ours = table[table["round"] == table["round"].max()]
    ours = ours.sample(asked.keep, random_state=0)[list(problem.parameters)].to_numpy()
    for index, parameter in enumerate(problem.parameters):
        both = (
            f"{part[:, index].mean():.4g} +- {part[:, index].std():.2g}" for part in (exact, ours)
        )
        print(f"{parameter}: %s by rejection, %s inferred" % tuple(both))
    told = distances(ours, Reference(exact, problem.space), seed=0)
    print(f"C2ST {told['c2st']:.3f}")


if __name__ == "__main__":
    main()
