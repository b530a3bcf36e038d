"""How often does the certificate accept a target of the right chip, and refuse one of another?

    python examples/serials.py all

Targets are trials at random codes on the chip model of some serials. Each is inferred, by networks
that are trained once a chip on one round, on the chip that it is of and on serial 59. The argument
is the observable (first or all). Prints the verdict on each target, and how often it falls so.
"""

import argparse
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml

from analog_sbi import algorithms
from analog_sbi import study as typed
from analog_sbi.algorithms.running import Cost, Round, Streams, run
from analog_sbi.algorithms.task import pose
from analog_sbi.backends import Backend, make
from analog_sbi.dataset import unstack_seeds
from analog_sbi.diagnostics.coverage import Settings, diagnose_members, prior_tests
from analog_sbi.diagnostics.evidence import Evidence, issue
from analog_sbi.diagnostics.misspecification import check
from analog_sbi.features import feature_values
from analog_sbi.measuring import measure
from analog_sbi.posterior.answers import members
from analog_sbi.posterior.base import LeakageError
from analog_sbi.problem import Problem
from analog_sbi.randomness import generator
from analog_sbi.study import posing

SHIPPED = Path(__file__).resolve().parents[1] / "config" / "config.yaml"
INFERRED, OTHERS, TARGETS, TRIALS = 59, (7, 8, 9), 10, 20
BUDGET, SEEDS, SAMPLES, TESTS, COMPARED = 2000, 3, 300, 200, 1000
INNER = (0.1, 0.9)  # of the range of codes, where targets lie


@dataclass(frozen=True)
class Chip:
    """The chip model of a serial, calibrated, and the problem that is posed on it."""

    problem: Problem
    backend: Backend
    calibration: pd.DataFrame

    def measured(self, theta: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
        """Parameters (N, 2) and the features at them."""
        table = self.measurements(theta, random).table
        return table.assign(**dict(zip(self.problem.parameters, theta.T, strict=True)))

    def measurements(self, theta, random):
        """Measurements at parameters (N, 2)."""
        names = [*dict.fromkeys(["all", self.problem.observable])]
        where = self.problem.parameterization
        return measure(self.backend, "chain", self.calibration, theta, where, names, random)


def chip(
    serial: int, observable: str, measurements: int = BUDGET, compared: int = COMPARED
) -> tuple[typed.Study, Chip]:
    """The study on a chip, and the chip."""
    content = yaml.safe_load(SHIPPED.read_text())
    content["chip"]["serial"] = serial
    content["misspecification"]["compared"] = compared
    content["experiments"]["serials"] = {
        "parameters": "global",
        "observable": observable,
        "target": "centre",
        "rounds": [measurements],
        "seeds": SEEDS,
    }
    study = typed.load(content)
    problem = posing.problem(study, "serials", "bss2_sim")
    backend = make(problem.setup)
    return study, Chip(problem, backend, backend.calibrate(generator(serial, "serials")))


def targets(of: Chip, serial: int, count: int) -> dict[str, pd.DataFrame]:
    """Trials at random codes by name."""
    random = generator(serial, "serials", "targets")
    low, high = of.problem.space.scale(np.array(INNER)[:, None])
    codes = random.uniform(low, high, (count, len(low)))
    return {
        f"{serial}-{number}": of.measured(np.repeat(code[None], TRIALS, axis=0), random)
        for number, code in enumerate(codes)
    }


def trained(study: typed.Study, on: Chip) -> Round:
    """Measurements of the first round on a chip, and the networks trained on them."""
    experiment = study.experiments["serials"]
    task = pose(
        on.problem,
        np.zeros(len(on.problem.features)),
        rounds=experiment.rounds,
        seeds=experiment.seeds,
        estimator=experiment.estimator.plain(),
        inference=study.training_settings("serials"),
        trainer="batched",
    )
    streams = Streams(study.seed, "bss2_sim", "serials", task.seeds)
    cost = Cost(np.zeros(SEEDS, dtype=np.int64))
    (first,) = run(algorithms.load("snpe_c"), task, streams, on.measurements, _quiet, cost)
    return first


def _quiet(number: int) -> AbstractContextManager:
    return nullcontext(lambda epochs, left: None)


def verdicts(study: typed.Study, on: Chip, asked: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Verdict on each target, by name, of networks that are trained on a chip."""
    random, first = generator(study.seed, "serials"), trained(study, on)
    max_draws = study.inference.max_draws
    observations = first.measurements.table.assign(seed=first.parameters["seed"])
    known = random.permutation(feature_values(observations, on.problem))
    observed = {name: feature_values(t, on.problem).mean(axis=0) for name, t in asked.items()}
    tested = check(
        known,
        observed,
        on.problem.features,
        compared=study.misspecification.compared,
        alpha=0.05,
        seed=1,
    )

    tests = prior_tests(on.measured(on.problem.space.draw(TESTS, random), random), on.problem)
    how = Settings(samples=99, levels=20, trials=1)
    ask = (SEEDS, how.samples, 1, max_draws)
    answers = members(first.posterior, tests.x, *ask)
    curves, summary = diagnose_members(
        answers,
        members(first.posterior, tests.x[:1], *ask),
        tests,
        on.problem.parameters,
        how,
        1,
    )
    facts = pd.DataFrame([*first.posterior.history])
    told = {}
    for name, trials in asked.items():
        given = first.posterior.given(torch.tensor(observed[name], dtype=torch.float32))
        try:
            theta, acceptance = given.sample(SAMPLES, given.seeds, max_draws)
        except LeakageError as error:
            told[name] = f"do not use: {error}"
            continue
        samples = unstack_seeds(theta.double().numpy(), on.problem.parameters, given.seeds)
        predictive = on.measured(samples[list(on.problem.parameters)].to_numpy(), random)
        evidence = Evidence(
            samples=samples.assign(round=0),
            estimators=facts.assign(acceptance=acceptance.numpy(), round=0),
            predictive=predictive.assign(seed=samples["seed"], round=0),
            coverage=curves,
            coverage_summary=summary,
            misspecification=tested[tested["target"] == name].assign(target="centre"),
            trials=trials,
            parameters=[first.parameters],
            observations=[observations],
        )
        told[name] = issue(on.problem, evidence).verdict
    return told


def main() -> None:
    """Print verdicts on the wrong chip and on the right one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("observable", choices=["first", "all"])
    parser.add_argument("--on", choices=["other", "own"], nargs="+", default=["other", "own"])
    parser.add_argument("--targets", type=int, default=TARGETS, help="of each serial")
    parser.add_argument("--measurements", type=int, default=BUDGET, help="of each seed")
    parser.add_argument("--compared", type=int, default=COMPARED, help="measurements of the prior")
    options = parser.parse_args()
    torch.set_num_threads(1)
    chips = {
        serial: chip(serial, options.observable, options.measurements, options.compared)
        for serial in (INFERRED, *OTHERS)
    }
    asked = {serial: targets(chips[serial][1], serial, options.targets) for serial in OTHERS}
    every = {name: table for each in asked.values() for name, table in each.items()}
    if "other" in options.on:
        show(f"on serial {INFERRED}", verdicts(*chips[INFERRED], every))
    if "own" in options.on:
        own: dict[str, str] = {}
        for serial in OTHERS:
            own |= verdicts(*chips[serial], asked[serial])
        show("on their own serial", own)


def show(where: str, told: Mapping[str, str]) -> None:
    """Print verdicts and how often each grade is given."""
    for name, verdict in told.items():
        print(f"{name} {where}: {verdict}")
    print(where, dict(Counter(verdict.split(":")[0] for verdict in told.values())), flush=True)


if __name__ == "__main__":
    main()
