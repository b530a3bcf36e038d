"""Draw the parameters of the first round from the prior, for all seeds.

Output: parameters and ``seed``. A seed's parameters depend on the prior, the study's seed and its
own number alone, so that all experiments and estimators start from the same ones.
"""

from analog_sbi.jobs import job

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.plans import planned, restricted
from analog_sbi.prior import prior_of
from analog_sbi.problem import read_region
from analog_sbi.randomness import generator
from analog_sbi.tables.measurements import parameters_schema


def main(
    *,
    seed: int,
    prior: dict,
    budget: int,
    seeds: int,
    problem: str | None,
    maker: Maker,
    region: str | None,
    output: str,
) -> None:
    """Draw ``budget`` parameter sets for each of ``seeds`` seeds.

    ``problem`` is the key that the ``region`` of a restricted prior belongs to.
    """
    space = prior_of(prior).space
    plan = {"kind": "prior", "count": budget, "seeds": range(seeds), "prior": prior}
    if region and problem:
        plan = restricted(plan, read_region(region, problem))
    table = planned(plan, space, None, seed, generator(seed, "prior"))
    write_table(table, output, parameters_schema(space.names, "seed"), maker, space.unit_of)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            seed=snakemake.params.seed,
            prior=snakemake.params.prior,
            budget=snakemake.params.budget,
            seeds=snakemake.params.seeds,
            problem=snakemake.params.problem,
            maker=maker,
            region=snakemake.input.get("region") or None,
            output=snakemake.output[0],
        )
