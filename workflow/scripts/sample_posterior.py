"""Draw posterior samples given the target, for every seed or for ensembles of seeds.

Outputs: parameters with ``log_prob``, ``seed`` or ``ensemble``, and ``round``; and for every seed
and round what became of its network: ``epochs``, ``best_validation_loss``, ``acceptance``,
``weights``, ``blind`` (to the observation in one direction), ``excluded`` measurements. Posteriors
that are not networks of the study's have no rows there. Of searches the best points. Given several
trials one by one, samples are drawn again from weighted ones; their density is up to a constant.
Seeds and ensembles stay as they are in tables that are there already if they are of the same
networks (``members``).
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd
import torch

from analog_sbi import members
from analog_sbi.artifacts import Maker, write_table
from analog_sbi.dataset import unstack_seeds
from analog_sbi.features import complete_trials
from analog_sbi.posterior import Networks, ensembles, read, read_networks
from analog_sbi.posterior.networks import states
from analog_sbi.posterior.repeated import given_trials
from analog_sbi.problem import expect_same
from analog_sbi.randomness import integer_seed
from analog_sbi.tables.posteriors import ESTIMATORS, samples_schema

FACTS = ("epochs", "best_validation_loss", "excluded", "blind")


def main(
    *,
    backend: str,
    seed: int,
    name: str,
    size: int | None,
    samples: int,
    max_draws: int,
    problem: str,
    trials: tuple[str, int] | None,
    maker: Maker,
    posteriors: list[str],
    output_samples: str,
    output_estimators: str | None,
) -> None:
    """Draw ``samples`` of each seed, or ensemble of ``size`` seeds, from each of the posteriors.

    ``problem`` is the key of the problem that they have to be of. ``trials`` are the table of a
    target, and the number of its trials that are given one by one.
    """
    torch.set_num_threads(1)
    acceptance = torch.ones(1)
    member, purpose = ("seed", "sample") if size is None else ("ensemble", "sample_ensemble")
    parts, estimators = [], []
    tensors: dict[int, list[torch.Tensor]] = {}
    for path in posteriors:
        posterior = read(path) if size is None else ensembles(read_networks(path), size)
        expect_same(problem, posterior.problem.key, path)
        number, names = posterior.round, posterior.problem.parameters
        seeds = [integer_seed(seed, backend, name, number, purpose, s) for s in posterior.seeds]
        for s, state in states(posterior).items():
            tensors.setdefault(s, []).extend(state.values())
        if trials is None:
            theta, acceptance = posterior.sample(samples, seeds, max_draws)
            density = posterior.log_prob_at(theta) - acceptance.log()[:, None]
        else:
            x = complete_trials(trials[0], posterior.problem, trials[1])
            theta, density, _ = given_trials(posterior, x, samples, seeds)
        table = unstack_seeds(theta.double().numpy(), names, posterior.seeds)
        log_prob = density.flatten().double().numpy()
        parts.append(
            table.rename(columns={"seed": member}).assign(round=np.int64(number), log_prob=log_prob)
        )
        networks = getattr(posterior, "base", posterior)
        if isinstance(networks, Networks):
            estimators += [
                {key: history[key] for key in FACTS}
                | {"seed": s, "round": number, "acceptance": float(rate)}
                | {"weights": networks.flow.weights.shape[1]}
                for s, history, rate in zip(
                    posterior.seeds, posterior.history, acceptance, strict=True
                )
            ]
    table, schema = pd.concat(parts, ignore_index=True), samples_schema(names, member)
    digests = {s: members.digest(*parts) for s, parts in tensors.items()}
    entry = {members.ENTRY: members.plain(digests)} if digests else {}
    table = members.kept(table, output_samples, maker.of_a_seed, digests)
    units = posterior.problem.space.unit_of
    write_table(table, output_samples, schema, maker, units, problem=problem, **entry)
    if output_estimators:
        types = {key: column.dtype.type for key, column in ESTIMATORS.columns.items()}
        of_seeds = pd.DataFrame(estimators, columns=list(types)).astype(types)
        of_seeds = members.kept(of_seeds, output_estimators, maker.of_a_seed, digests)
        write_table(of_seeds, output_estimators, ESTIMATORS, maker, problem=problem, **entry)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            size=snakemake.params.get("size"),
            samples=snakemake.params.samples,
            max_draws=snakemake.params.max_draws,
            problem=snakemake.params.problem,
            trials=(snakemake.input.trials, snakemake.params.trials)
            if snakemake.input.get("trials")
            else None,
            maker=maker,
            posteriors=list(snakemake.input.posteriors),
            output_samples=snakemake.output.samples,
            output_estimators=snakemake.output.get("estimators"),
        )
