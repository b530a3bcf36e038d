"""Which parameters of another backend have the time constants of posterior samples?

Outputs: some of the last round's samples as inputs of the other backend, with ``seed`` and
``round``; and the parameters here that have the time constants of where the target was measured.
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.diagnostics.evidence import last_round
from analog_sbi.models import load
from analog_sbi.problem import Problem, Transferred, parameterization_of
from analog_sbi.space import Space
from analog_sbi.studies.transfer.translation import Circuits, nearest, translated
from analog_sbi.tables.measurements import CHARACTERIZATION, parameters_schema


def main(
    *,
    problem: dict,
    inputs_by_place: dict[str, dict],
    count: int,
    source_parameterization: str,
    maker: Maker,
    samples: str,
    here: str,
    there: str,
    output_samples: str,
    output_expected: str,
) -> None:
    """Translate ``count`` samples, spread evenly over those of all seeds.

    ``inputs_by_place`` are the spaces of inputs here and there.
    """
    posed = Problem.from_plain(problem)
    assert isinstance(posed.target, Transferred)
    inputs, source = (Space.from_plain(inputs_by_place[place]) for place in ("here", "there"))
    own, other = (
        Circuits(read_table(path, CHARACTERIZATION), part.settings["spike_interval"])
        for path, part in ((here, posed.setup), (there, posed.target.setup))
    )
    table = last_round(read_table(samples))
    table = table.iloc[np.linspace(0, len(table) - 1, min(count, len(table))).astype(int)]
    mapping = parameterization_of(posed, inputs)
    moved = translated(mapping(table[list(posed.parameters)].to_numpy()), own, other)
    names = source.names
    written = pd.DataFrame(moved, columns=list(names)).assign(
        seed=table["seed"].to_numpy(), round=table["round"].to_numpy()
    )
    write_table(
        written,
        output_samples,
        parameters_schema(names, "seed", "round"),
        maker,
        source.unit_of,
        problem=posed.key,
    )
    measured = load(posed.setup.model).parameterization(source_parameterization, source)
    theta = measured.space.scale(np.array([posed.target.position]))
    expected = nearest(mapping, translated(measured(theta), other, own), inputs)
    write_table(
        pd.DataFrame([expected], columns=list(posed.parameters)),
        output_expected,
        parameters_schema(posed.parameters),
        maker,
        posed.space.unit_of,
        problem=posed.key,
    )


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            inputs_by_place=snakemake.params.inputs,
            count=snakemake.params.shown,
            source_parameterization=snakemake.params.source_parameterization,
            maker=maker,
            samples=snakemake.input.samples,
            here=snakemake.input.here,
            there=snakemake.input.there,
            output_samples=snakemake.output.samples,
            output_expected=snakemake.output.expected,
        )
