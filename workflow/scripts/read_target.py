"""Read the trials of a target from a file of the user's.

Output: ``trial`` and the features that the file has, a row a trial.
"""

from analog_sbi.jobs import job

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.backends import Setup
from analog_sbi.tables.measurements import measurements_schema
from analog_sbi.trials import read_trials


def main(*, setup: dict, settings: dict, maker: Maker, file: str, output: str) -> None:
    """Check the file of a target and write it as a table of trials."""
    table, units = read_trials(file, Setup(**setup), **settings)
    schema = measurements_schema((), list(table.columns), "trial")
    write_table(table.assign(trial=range(len(table))), output, schema, maker, units)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            setup=snakemake.params.setup,
            settings=snakemake.params.settings,
            file=snakemake.input[0],
            output=snakemake.output[0],
            maker=maker,
        )
